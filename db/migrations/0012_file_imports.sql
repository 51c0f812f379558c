CREATE TABLE somel.file_import (
    file_import_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_name text NOT NULL,
    file_sha256 bytea NOT NULL CHECK (octet_length(file_sha256) = 32),
    file_bytes bigint NOT NULL CHECK (file_bytes >= 0),
    layout text NOT NULL,
    imported_by text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz CHECK (finished_at >= started_at),
    row_count bigint NOT NULL DEFAULT 0 CHECK (row_count >= 0),
    empty bigint NOT NULL DEFAULT 0 CHECK (empty >= 0),
    received bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    stored bigint NOT NULL DEFAULT 0 CHECK (stored >= 0),
    duplicate bigint NOT NULL DEFAULT 0 CHECK (duplicate >= 0),
    revised bigint NOT NULL DEFAULT 0 CHECK (revised >= 0),
    refused bigint NOT NULL DEFAULT 0 CHECK (refused >= 0),
    CHECK (received = stored + duplicate + revised + refused),
    CHECK (row_count = received + empty)
);
COMMENT ON TABLE somel.file_import IS 'One import of one file of readings; its counts always add up';
COMMENT ON COLUMN somel.file_import.file_import_id IS 'Key';
COMMENT ON COLUMN somel.file_import.file_name IS 'Name of the file; points of delivery in it are masked';
COMMENT ON COLUMN somel.file_import.file_sha256 IS 'SHA-256 of its bytes: tells whether it was imported before';
COMMENT ON COLUMN somel.file_import.file_bytes IS 'Its size [bytes]';
COMMENT ON COLUMN somel.file_import.layout IS 'What its columns and stamps were taken to mean';
COMMENT ON COLUMN somel.file_import.imported_by IS 'Account that ran the import';
COMMENT ON COLUMN somel.file_import.started_at IS 'When the import began';
COMMENT ON COLUMN somel.file_import.finished_at IS 'When it ended; null while it runs, or when it was broken off';
COMMENT ON COLUMN somel.file_import.row_count IS 'Lines read';
COMMENT ON COLUMN somel.file_import.empty IS 'Lines without a value';
COMMENT ON COLUMN somel.file_import.received IS 'Lines with a value, or with something unreadable';
COMMENT ON COLUMN somel.file_import.stored IS 'Values stored for the first time';
COMMENT ON COLUMN somel.file_import.duplicate IS 'Values already stored with the same content';
COMMENT ON COLUMN somel.file_import.revised IS 'Values that replaced a different one';
COMMENT ON COLUMN somel.file_import.refused IS 'Lines refused';
CREATE INDEX file_import_sha256_idx ON somel.file_import (file_sha256);

GRANT SELECT ON somel.file_import TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, UPDATE ON somel.file_import TO somel_ingest;
