"""The SQL that writes the ledger's tables. Columns in the order of `rows`."""

from __future__ import annotations

from schemas.topics import RECORD_OUTCOMES, SITUATION_ALARMS, SITUATION_PROGRESS, SITUATION_UPDATES

LOG = "INSERT INTO ledger.log (cluster_id) VALUES ($1) ON CONFLICT DO NOTHING"

START = """
INSERT INTO ledger.positions (topic, partition, next_offset) VALUES ($1, $2, $3)
ON CONFLICT (topic, partition) DO UPDATE SET
    -- A partition read again from its start says nothing any more about what lies beyond.
    newest_append_at =
        CASE WHEN positions.next_offset = excluded.next_offset THEN positions.newest_append_at END,
    next_offset = excluded.next_offset
"""

ADVANCE = """
UPDATE ledger.positions AS held
SET next_offset = step.after, newest_append_at = greatest(held.newest_append_at, step.newest_append_at)
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::timestamptz[])
    AS step (topic, partition, before, after, newest_append_at)
WHERE held.topic = step.topic AND held.partition = step.partition AND held.next_offset = step.before
"""

# The same entry read again is the same row: a redelivery is no error and changes nothing.
JOURNAL = """
INSERT INTO ledger.journal (topic, partition, log_offset, record_id, status, incident_id, type,
    source_org, source_class, source_level, as_of, sent_at, received_at, recorded_at, units, scopes, content, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (topic, partition, log_offset) DO NOTHING
"""

# Every delivery of a content states the same; the earliest stamp counts (records.md 2).
CAPTURED_POINT = """
INSERT INTO ledger.captured_points AS held
    (status, unit, record_id, digest, lon, lat, accuracy_m, captured_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (record_id, digest) DO UPDATE SET captured_at = least(held.captured_at, excluded.captured_at)
"""

DEAD_LETTER = """
INSERT INTO ledger.dead_letters AS held
    (topic, partition, log_offset, error, record_id, key, value, version, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (topic, partition, log_offset) DO UPDATE SET
    error = excluded.error, record_id = excluded.record_id, key = excluded.key, value = excluded.value,
    version = excluded.version, published_at = excluded.published_at
WHERE excluded.version > held.version
"""

SITUATION_OF = """
SELECT held.status, held.incident_id, held.unit, held.version, held.figures
FROM ledger.situation AS held
JOIN unnest($1::text[], $2::text[], $3::text[]) AS wanted (status, incident_id, unit)
    ON held.status = wanted.status AND held.incident_id = wanted.incident_id AND held.unit = wanted.unit
"""

SITUATION = """
INSERT INTO ledger.situation AS held (status, incident_id, unit, version, figures, beside, shown,
    published_at, log_partition, log_offset)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (status, incident_id, unit) DO UPDATE SET
    version = excluded.version, figures = excluded.figures, beside = excluded.beside, shown = excluded.shown,
    published_at = excluded.published_at, log_partition = excluded.log_partition, log_offset = excluded.log_offset
WHERE excluded.version > held.version
"""

INCIDENT = """
INSERT INTO ledger.incidents AS held (status, incident_id, name, hazard, occurred_at, origin_unit, closed, aliases,
    merged_into, version, published_at, log_partition, log_offset)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (status, incident_id) DO UPDATE SET
    name = excluded.name, hazard = excluded.hazard, occurred_at = excluded.occurred_at,
    origin_unit = excluded.origin_unit, closed = excluded.closed, aliases = excluded.aliases,
    merged_into = excluded.merged_into, version = excluded.version, published_at = excluded.published_at,
    log_partition = excluded.log_partition, log_offset = excluded.log_offset
WHERE excluded.version > held.version
"""

# A version comes back with another value only after a power cut cost the output its last entries.
FIGURE_HISTORY = """
INSERT INTO ledger.figure_history (status, incident_id, unit, key, version, value, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (status, incident_id, unit, key, version) DO UPDATE SET
    value = excluded.value, published_at = excluded.published_at
"""

OUTCOMES_OF = """
SELECT record_id, version, incident_id, disposition, flags, standing FROM ledger.outcomes
WHERE record_id = ANY($1::text[])
"""

OUTCOME = """
INSERT INTO ledger.outcomes AS held (record_id, status, incident_id, type, disposition, flags, standing, version,
    published_at, log_partition, log_offset)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (record_id) DO UPDATE SET
    status = excluded.status, incident_id = excluded.incident_id, type = excluded.type,
    disposition = excluded.disposition, flags = excluded.flags, standing = excluded.standing,
    version = excluded.version, published_at = excluded.published_at, log_partition = excluded.log_partition,
    log_offset = excluded.log_offset
WHERE excluded.version > held.version
"""

OUTCOME_HISTORY = """
INSERT INTO ledger.outcome_history (record_id, version, incident_id, disposition, flags, standing, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (record_id, version) DO UPDATE SET
    incident_id = excluded.incident_id, disposition = excluded.disposition, flags = excluded.flags,
    standing = excluded.standing, published_at = excluded.published_at
"""

ALARM = """
INSERT INTO ledger.alarms AS held (alarm_key, status, incident_id, state, content, version, published_at,
    log_partition, log_offset)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (alarm_key) DO UPDATE SET
    status = excluded.status, incident_id = excluded.incident_id, state = excluded.state, content = excluded.content,
    version = excluded.version, published_at = excluded.published_at, log_partition = excluded.log_partition,
    log_offset = excluded.log_offset
WHERE excluded.version > held.version
"""

PROGRESS = """
INSERT INTO ledger.progress AS held (input_partition, folded_until, version, log_partition, log_offset)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (input_partition) DO UPDATE SET
    folded_until = excluded.folded_until, version = excluded.version, log_partition = excluded.log_partition,
    log_offset = excluded.log_offset
WHERE excluded.version > held.version
"""

FORGET: dict[str, tuple[str, ...]] = {
    topic.name: tuple(
        f"UPDATE ledger.{table} SET version = -1 WHERE log_partition = $1 AND log_offset >= $2"  # noqa: S608
        for table in tables
    )
    for topic, tables in (
        (SITUATION_UPDATES, ("situation", "incidents")),
        (RECORD_OUTCOMES, ("outcomes",)),
        (SITUATION_ALARMS, ("alarms",)),
        (SITUATION_PROGRESS, ("progress",)),
    )
}
"""Topic → what makes any version replace those that its log has lost. $1 partition, $2 first offset lost."""
