-- Where units are, as their offices' reports say: one row a record that states a position which can be read
-- (services/ledger/points.py). captured_at = when it was measured, never later than the record's earliest stamp.
-- digest = of the content that states it: of several contents of one record_id only the record's counts.

CREATE TABLE ledger.captured_points (
    status text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    record_id text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    accuracy_m double precision,
    captured_at timestamptz NOT NULL,
    PRIMARY KEY (record_id, digest)
);
CREATE INDEX captured_points_by_unit ON ledger.captured_points (status, unit, captured_at, record_id);

-- Rows that the journal holds already: the same reading in SQL, for as long as this migration takes.
CREATE FUNCTION pg_temp.readable_location(content bytea) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    found jsonb;
    accuracy jsonb;
    captured text;
BEGIN
    -- jsonb holds no U+0000.
    found := replace(convert_from(content, 'UTF8'), '\u0000', '\ufffd')::jsonb -> 'location';
    accuracy := found -> 'accuracy_m';
    captured := found ->> 'captured_at';
    IF jsonb_typeof(found) IS DISTINCT FROM 'object'
        OR jsonb_typeof(found -> 'lon') IS DISTINCT FROM 'number'
        OR jsonb_typeof(found -> 'lat') IS DISTINCT FROM 'number'
        OR coalesce(jsonb_typeof(found -> 'unit'), 'null') NOT IN ('string', 'null')
        OR coalesce(jsonb_typeof(accuracy), 'null') NOT IN ('number', 'null')
        OR coalesce(jsonb_typeof(found -> 'captured_at'), 'null') NOT IN ('string', 'null')
        OR (found ->> 'unit') !~ '^[0-9]{12}$'
        OR (accuracy <> 'null' AND accuracy::double precision < 0)
        OR captured !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?([Zz]|[-+][0-9]{2}:?[0-9]{2})$'
        OR (found -> 'lon')::double precision NOT BETWEEN 73 AND 136
        OR (found -> 'lat')::double precision NOT BETWEEN 3 AND 54
    THEN
        RETURN NULL;
    END IF;
    PERFORM captured::timestamptz;
    RETURN found;
EXCEPTION WHEN data_exception THEN
    -- No such day, a number that no double holds: not readable.
    RETURN NULL;
END
$$;

CREATE FUNCTION pg_temp.level_of(unit text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE
        WHEN unit = '000000000000' THEN 'nation'
        WHEN unit ~ '^..0{10}$' THEN 'province'
        WHEN unit ~ '^.{4}0{8}$' THEN 'prefecture'
        WHEN unit ~ '^.{6}0{6}$' THEN 'county'
        WHEN unit ~ '^.{9}000$' THEN 'township'
        ELSE 'village'
    END
$$;

INSERT INTO ledger.captured_points AS held
    (status, unit, record_id, digest, lon, lat, accuracy_m, captured_at)
SELECT status, unit, record_id, digest, (location -> 'lon')::double precision, (location -> 'lat')::double precision,
    (location ->> 'accuracy_m')::double precision,
    min(least(coalesce((location ->> 'captured_at')::timestamptz, as_of), received_at))
FROM (
    SELECT *, coalesce(location ->> 'unit', CASE WHEN cardinality(units) = 1 THEN units[1] END) AS unit
    FROM (
        SELECT *, pg_temp.readable_location(content) AS location FROM ledger.journal
        WHERE type IN ('loss_report', 'zero_report') AND source_class IN ('official_stat', 'grid')
            AND position('"location"'::bytea IN content) > 0
    ) AS candidates
    WHERE location IS NOT NULL
) AS located
WHERE pg_temp.level_of(unit) = source_level
GROUP BY status, unit, record_id, digest, location;
