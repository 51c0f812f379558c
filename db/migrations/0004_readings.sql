CREATE TABLE somel.ingest_batch (
    ingest_batch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker text NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    message_count integer NOT NULL CHECK (message_count >= 0),
    received integer NOT NULL CHECK (received >= 0),
    stored integer NOT NULL CHECK (stored >= 0),
    duplicate integer NOT NULL CHECK (duplicate >= 0),
    revised integer NOT NULL CHECK (revised >= 0),
    refused integer NOT NULL CHECK (refused >= 0),
    CHECK (received = stored + duplicate + revised + refused)
);
COMMENT ON TABLE somel.ingest_batch IS 'One committed transaction of ingest; its counts always add up';
COMMENT ON COLUMN somel.ingest_batch.ingest_batch_id IS 'Key';
COMMENT ON COLUMN somel.ingest_batch.worker IS 'Worker that wrote it';
COMMENT ON COLUMN somel.ingest_batch.committed_at IS 'When it was written';
COMMENT ON COLUMN somel.ingest_batch.message_count IS 'MQTT messages acknowledged by it';
COMMENT ON COLUMN somel.ingest_batch.received IS 'Values received; a message that cannot be read counts as one';
COMMENT ON COLUMN somel.ingest_batch.stored IS 'Values stored for the first time';
COMMENT ON COLUMN somel.ingest_batch.duplicate IS 'Values already stored with the same content';
COMMENT ON COLUMN somel.ingest_batch.revised IS 'Values that replaced a different one';
COMMENT ON COLUMN somel.ingest_batch.refused IS 'Values refused; each message refused has a row in refused_message';

CREATE TABLE somel.interval_reading (
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    quality smallint NOT NULL DEFAULT 0 CHECK (quality BETWEEN 0 AND 3),
    step_s integer NOT NULL CHECK (step_s IN (300, 600, 900, 1800, 3600)),
    start_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    value real NOT NULL
);
COMMENT ON TABLE somel.interval_reading IS 'Value of a register over [start_at, start_at + step_s): the latest known';
COMMENT ON COLUMN somel.interval_reading.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.interval_reading.register_id IS 'Register';
COMMENT ON COLUMN somel.interval_reading.quality IS '0 ok, 1 missing, 2 estimated, 3 bad';
COMMENT ON COLUMN somel.interval_reading.step_s IS 'Length of the interval [s]';
COMMENT ON COLUMN somel.interval_reading.start_at IS 'Start of the interval';
COMMENT ON COLUMN somel.interval_reading.known_at IS 'When this value became known here';
COMMENT ON COLUMN somel.interval_reading.value IS 'Value [unit of the register]; NaN where quality is missing';
SELECT create_hypertable('somel.interval_reading', by_range('start_at', INTERVAL '7 days'), create_default_indexes => false);
CREATE UNIQUE INDEX interval_reading_key ON somel.interval_reading (usage_point_id, register_id, start_at);

CREATE TABLE somel.interval_reading_revision (
    interval_reading_revision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    quality smallint NOT NULL,
    step_s integer NOT NULL,
    start_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL CHECK (replaced_at >= known_at),
    value real NOT NULL
);
COMMENT ON TABLE somel.interval_reading_revision IS 'Values that were replaced, with the span of time in which they were the latest known';
COMMENT ON COLUMN somel.interval_reading_revision.interval_reading_revision_id IS 'Key, rising in the order of replacement';
COMMENT ON COLUMN somel.interval_reading_revision.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.interval_reading_revision.register_id IS 'Register';
COMMENT ON COLUMN somel.interval_reading_revision.quality IS '0 ok, 1 missing, 2 estimated, 3 bad';
COMMENT ON COLUMN somel.interval_reading_revision.step_s IS 'Length of the interval [s]';
COMMENT ON COLUMN somel.interval_reading_revision.start_at IS 'Start of the interval';
COMMENT ON COLUMN somel.interval_reading_revision.known_at IS 'When this value became known';
COMMENT ON COLUMN somel.interval_reading_revision.replaced_at IS 'When it was replaced';
COMMENT ON COLUMN somel.interval_reading_revision.value IS 'Value [unit of the register]';
CREATE INDEX interval_reading_revision_key_idx ON somel.interval_reading_revision (usage_point_id, register_id, start_at, replaced_at);

CREATE TABLE somel.reading (
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    quality smallint NOT NULL DEFAULT 0 CHECK (quality BETWEEN 0 AND 3),
    read_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    value double precision NOT NULL
);
COMMENT ON TABLE somel.reading IS 'Value of a register at one instant';
COMMENT ON COLUMN somel.reading.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.reading.register_id IS 'Register';
COMMENT ON COLUMN somel.reading.quality IS '0 ok, 1 missing, 2 estimated, 3 bad';
COMMENT ON COLUMN somel.reading.read_at IS 'Instant of the measurement';
COMMENT ON COLUMN somel.reading.known_at IS 'When this value became known here';
COMMENT ON COLUMN somel.reading.value IS 'Value [unit of the register]';
SELECT create_hypertable('somel.reading', by_range('read_at', INTERVAL '1 day'), create_default_indexes => false);
CREATE UNIQUE INDEX reading_key ON somel.reading (usage_point_id, register_id, read_at);

CREATE TABLE somel.reading_revision (
    reading_revision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    quality smallint NOT NULL,
    read_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL CHECK (replaced_at >= known_at),
    value double precision NOT NULL
);
COMMENT ON TABLE somel.reading_revision IS 'Values that were replaced, with the span of time in which they were the latest known';
COMMENT ON COLUMN somel.reading_revision.reading_revision_id IS 'Key, rising in the order of replacement';
COMMENT ON COLUMN somel.reading_revision.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.reading_revision.register_id IS 'Register';
COMMENT ON COLUMN somel.reading_revision.quality IS '0 ok, 1 missing, 2 estimated, 3 bad';
COMMENT ON COLUMN somel.reading_revision.read_at IS 'Instant of the measurement';
COMMENT ON COLUMN somel.reading_revision.known_at IS 'When this value became known';
COMMENT ON COLUMN somel.reading_revision.replaced_at IS 'When it was replaced';
COMMENT ON COLUMN somel.reading_revision.value IS 'Value [unit of the register]';
CREATE INDEX reading_revision_key_idx ON somel.reading_revision (usage_point_id, register_id, read_at, replaced_at);

CREATE TABLE somel.refused_message (
    refused_message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    topic text NOT NULL,
    content_type text,
    code text NOT NULL,
    reason text NOT NULL,
    refused_count integer NOT NULL CHECK (refused_count > 0),
    payload_bytes integer NOT NULL CHECK (payload_bytes >= 0),
    payload bytea NOT NULL
);
COMMENT ON TABLE somel.refused_message IS 'What could not be understood or believed, to be found and mended';
COMMENT ON COLUMN somel.refused_message.refused_message_id IS 'Key';
COMMENT ON COLUMN somel.refused_message.received_at IS 'When it was received';
COMMENT ON COLUMN somel.refused_message.topic IS 'Topic it was published to, first 1,000 characters';
COMMENT ON COLUMN somel.refused_message.content_type IS 'MQTT 5 content type, if any';
COMMENT ON COLUMN somel.refused_message.code IS 'Why, as a stable code';
COMMENT ON COLUMN somel.refused_message.reason IS 'Why, as a sentence';
COMMENT ON COLUMN somel.refused_message.refused_count IS 'Values refused; a message that cannot be read counts as one';
COMMENT ON COLUMN somel.refused_message.payload_bytes IS 'Length of the whole payload [bytes]';
COMMENT ON COLUMN somel.refused_message.payload IS 'The payload, first 4,096 bytes';
CREATE INDEX refused_message_received_idx ON somel.refused_message (received_at);

GRANT SELECT ON ALL TABLES IN SCHEMA somel TO somel_ingest, somel_compute, somel_read;
GRANT INSERT ON somel.ingest_batch, somel.refused_message, somel.interval_reading_revision, somel.reading_revision
TO somel_ingest;
GRANT INSERT, UPDATE ON somel.interval_reading, somel.reading TO somel_ingest;
