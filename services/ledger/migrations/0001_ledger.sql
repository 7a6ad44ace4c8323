-- The ledger: what the log said (journal, dead letters), what the worker said of it (situation, outcomes, alarms,
-- progress) with its history, and how far the log was read. Times are UTC; texts compare bytewise.

CREATE SCHEMA ledger;

-- Which Kafka the positions below belong to: one row.
CREATE TABLE ledger.log (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cluster_id text NOT NULL
);

-- The next offset to read. newest_append_at = greatest append time read so far: an entry below next_offset with a
-- later one proves that the log was cut and grew again.
CREATE TABLE ledger.positions (
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    newest_append_at timestamptz,
    PRIMARY KEY (topic, partition)
);

-- One row a log entry. content = the record's JSON as it stood on the log, byte for byte. units = the codes that it
-- names; scopes = those and the units above them but the nation, so that a county's journal shows its townships. seq = order of writing.
CREATE TABLE ledger.journal (
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    record_id text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    source_org text NOT NULL,
    source_class text COLLATE "C" NOT NULL,
    source_level text COLLATE "C" NOT NULL,
    as_of timestamptz NOT NULL,
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    units text[] COLLATE "C" NOT NULL,
    scopes text[] COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (topic, partition, log_offset)
);
CREATE INDEX journal_by_record ON ledger.journal (record_id, received_at, digest, seq);
CREATE INDEX journal_by_seq ON ledger.journal (seq);
CREATE INDEX journal_by_time ON ledger.journal (received_at, seq);
CREATE INDEX journal_by_status ON ledger.journal (status, received_at, seq);
CREATE INDEX journal_by_incident ON ledger.journal (incident_id, received_at, seq);
CREATE INDEX journal_by_type ON ledger.journal (type, received_at, seq);
CREATE INDEX journal_by_scope ON ledger.journal USING gin (scopes);

-- One id, one record (records.md 2): earliest stamp, then smaller digest. The other contents are dead letters.
CREATE VIEW ledger.records AS
SELECT DISTINCT ON (record_id)
    record_id, status, incident_id, type, received_at, recorded_at, content, digest, seq
FROM ledger.journal
ORDER BY record_id, received_at, digest, seq;

CREATE TABLE ledger.dead_letters (
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    error text NOT NULL,
    record_id text COLLATE "C",
    key bytea,
    value bytea NOT NULL,
    version bigint NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, log_offset)
);
CREATE INDEX dead_letters_by_seq ON ledger.dead_letters (seq);

-- Below, (log_partition, log_offset) is where the row's newest version stands on its output topic.

CREATE TABLE ledger.outcomes (
    record_id text COLLATE "C" PRIMARY KEY,
    status text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    disposition text COLLATE "C" NOT NULL,
    flags text[] COLLATE "C" NOT NULL,
    standing text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    published_at timestamptz NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL
);

CREATE TABLE ledger.outcome_history (
    record_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    disposition text COLLATE "C" NOT NULL,
    flags text[] COLLATE "C" NOT NULL,
    standing text COLLATE "C" NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (record_id, version)
);

CREATE TABLE ledger.incidents (
    status text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    name text,
    hazard text,
    occurred_at timestamptz,
    origin_unit text COLLATE "C",
    closed boolean NOT NULL,
    aliases text[] COLLATE "C" NOT NULL,
    merged_into text COLLATE "C",
    version bigint NOT NULL,
    published_at timestamptz NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL,
    PRIMARY KEY (status, incident_id)
);
CREATE INDEX incidents_by_id ON ledger.incidents (incident_id);
CREATE INDEX incidents_merged ON ledger.incidents (status, merged_into) WHERE merged_into IS NOT NULL;

-- figures and beside are the JSON objects of the update, byte for byte: numbers keep every digit. shown = it has any.
CREATE TABLE ledger.situation (
    status text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    figures bytea NOT NULL,
    beside bytea,
    shown boolean NOT NULL,
    published_at timestamptz NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL,
    PRIMARY KEY (status, incident_id, unit)
);

-- Every published value of a figure; value NULL: the figure left.
CREATE TABLE ledger.figure_history (
    status text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    value bytea,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (status, incident_id, unit, key, version)
);
CREATE INDEX figure_history_by_unit ON ledger.figure_history (status, incident_id, unit, version, key);

CREATE TABLE ledger.alarms (
    alarm_key text COLLATE "C" PRIMARY KEY,
    status text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    version bigint NOT NULL,
    published_at timestamptz NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL
);
CREATE INDEX alarms_by_time ON ledger.alarms (published_at, alarm_key);
CREATE INDEX alarms_by_state ON ledger.alarms (state, published_at, alarm_key);
CREATE INDEX alarms_by_incident ON ledger.alarms (incident_id, published_at, alarm_key);

CREATE TABLE ledger.progress (
    input_partition integer PRIMARY KEY,
    folded_until timestamptz NOT NULL,
    version bigint NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL
);
