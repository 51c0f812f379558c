-- Ways in: files with their reports, requests that are answered once, sources that are asked again and again, and what
-- came by MQTT and waits to be looked at.

CREATE TABLE catalogue.idempotency_key (
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_sha256 bytea NOT NULL CHECK (octet_length(request_sha256) = 32),
    answered_at timestamptz NOT NULL,
    answer text NOT NULL,
    PRIMARY KEY (organisation_id, key)
);
COMMENT ON TABLE catalogue.idempotency_key IS 'Requests that were answered, by the key that their caller gave them; the same again has the same answer';
COMMENT ON COLUMN catalogue.idempotency_key.organisation_id IS 'Whose request it was';
COMMENT ON COLUMN catalogue.idempotency_key.key IS 'Header Idempotency-Key';
COMMENT ON COLUMN catalogue.idempotency_key.request_sha256 IS 'SHA-256 of the request: path, query and body';
COMMENT ON COLUMN catalogue.idempotency_key.answered_at IS 'When; forgotten a day later';
COMMENT ON COLUMN catalogue.idempotency_key.answer IS 'What was answered, JSON as it was sent';
CREATE INDEX idempotency_key_answered_idx ON catalogue.idempotency_key (answered_at);

CREATE TABLE catalogue.upload (
    upload_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id integer NOT NULL REFERENCES catalogue.dataset (dataset_id),
    name text NOT NULL CHECK (name <> ''),
    format text NOT NULL CHECK (format IN ('csv', 'geojson', 'parquet')),
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    is_dry_run boolean NOT NULL,
    uploaded_at timestamptz NOT NULL,
    uploaded_by text NOT NULL CHECK (uploaded_by <> ''),
    row_count integer NOT NULL,
    inserted_count integer NOT NULL,
    updated_count integer NOT NULL,
    unchanged_count integer NOT NULL,
    refused_count integer NOT NULL,
    refusals jsonb NOT NULL
);
COMMENT ON TABLE catalogue.upload IS 'Files that were uploaded, and what became of their rows; the files themselves are not kept';
COMMENT ON COLUMN catalogue.upload.upload_id IS 'Key; grows with time';
COMMENT ON COLUMN catalogue.upload.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.upload.name IS 'Name of the file, as its publisher gave it';
COMMENT ON COLUMN catalogue.upload.format IS 'csv, geojson or parquet';
COMMENT ON COLUMN catalogue.upload.size_bytes IS 'Size of the file [bytes]';
COMMENT ON COLUMN catalogue.upload.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN catalogue.upload.is_dry_run IS 'Whether it was only tried: nothing of it was stored';
COMMENT ON COLUMN catalogue.upload.uploaded_at IS 'When';
COMMENT ON COLUMN catalogue.upload.uploaded_by IS 'Who, as the audit log names them';
COMMENT ON COLUMN catalogue.upload.row_count IS 'Rows that were read';
COMMENT ON COLUMN catalogue.upload.inserted_count IS 'Records that were new';
COMMENT ON COLUMN catalogue.upload.updated_count IS 'Records that were corrected';
COMMENT ON COLUMN catalogue.upload.unchanged_count IS 'Records that were the same as before, and those of a key that came again in the same thousands';
COMMENT ON COLUMN catalogue.upload.refused_count IS 'Rows that do not keep the contract';
COMMENT ON COLUMN catalogue.upload.refusals IS 'The first thousand of these: row, field, code, reason; all are in catalogue.refused_record unless it was only tried';
CREATE INDEX upload_dataset_idx ON catalogue.upload (dataset_id, upload_id);

CREATE TABLE catalogue.source (
    dataset_id integer PRIMARY KEY REFERENCES catalogue.dataset (dataset_id),
    kind text NOT NULL CHECK (kind IN ('gbfs', 'json')),
    url text NOT NULL CHECK (url <> ''),
    period_s integer NOT NULL CHECK (period_s >= 10),
    mapping jsonb NOT NULL,
    declared_at timestamptz NOT NULL,
    declared_by text NOT NULL CHECK (declared_by <> ''),
    next_try_at timestamptz NOT NULL,
    tried_at timestamptz,
    succeeded_at timestamptz,
    failure_count integer NOT NULL DEFAULT 0,
    error_code text,
    error text,
    inserted_count integer NOT NULL DEFAULT 0,
    updated_count integer NOT NULL DEFAULT 0,
    unchanged_count integer NOT NULL DEFAULT 0,
    refused_count integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE catalogue.source IS 'HTTP sources that records of a dataset are pulled from';
COMMENT ON COLUMN catalogue.source.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.source.kind IS 'gbfs: a GBFS feed, by its discovery file; json: any JSON with a list in it';
COMMENT ON COLUMN catalogue.source.url IS 'Where it is';
COMMENT ON COLUMN catalogue.source.period_s IS 'Time between two pulls [s]';
COMMENT ON COLUMN catalogue.source.mapping IS 'How its items become records: enjoy.pulling.mapping';
COMMENT ON COLUMN catalogue.source.declared_at IS 'When it was declared as it is';
COMMENT ON COLUMN catalogue.source.declared_by IS 'By whom, as the audit log names them';
COMMENT ON COLUMN catalogue.source.next_try_at IS 'When it is asked next; later after failures';
COMMENT ON COLUMN catalogue.source.tried_at IS 'When it was last asked; null: never';
COMMENT ON COLUMN catalogue.source.succeeded_at IS 'When it last answered as it should; null: never';
COMMENT ON COLUMN catalogue.source.failure_count IS 'Failures since then';
COMMENT ON COLUMN catalogue.source.error_code IS 'Why it last failed, for programs; null: it did not';
COMMENT ON COLUMN catalogue.source.error IS 'Why it last failed, for people; null: it did not';
COMMENT ON COLUMN catalogue.source.inserted_count IS 'Records of the last success that were new';
COMMENT ON COLUMN catalogue.source.updated_count IS 'Records of it that were corrected';
COMMENT ON COLUMN catalogue.source.unchanged_count IS 'Records of it that were the same as before';
COMMENT ON COLUMN catalogue.source.refused_count IS 'Records of it that do not keep the contract';

CREATE TABLE catalogue.inbox (
    inbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    dataset text NOT NULL,
    payload bytea NOT NULL,
    refused_at timestamptz,
    code text,
    reason text,
    CHECK ((refused_at IS NULL) = (code IS NULL) AND (code IS NULL) = (reason IS NULL))
);
COMMENT ON TABLE catalogue.inbox IS 'Messages of publishers, as MQTT brought them: they wait here to be published, and stay where that cannot be';
COMMENT ON COLUMN catalogue.inbox.inbox_id IS 'Key; grows in the order received';
COMMENT ON COLUMN catalogue.inbox.received_at IS 'When';
COMMENT ON COLUMN catalogue.inbox.dataset IS 'Dataset that the topic names; there may be none of that name';
COMMENT ON COLUMN catalogue.inbox.payload IS 'The message';
COMMENT ON COLUMN catalogue.inbox.refused_at IS 'When it was given up; null: it waits';
COMMENT ON COLUMN catalogue.inbox.code IS 'Why, for programs';
COMMENT ON COLUMN catalogue.inbox.reason IS 'Why, for people';
CREATE INDEX inbox_waiting_idx ON catalogue.inbox (dataset, inbox_id) WHERE refused_at IS NULL;
CREATE INDEX inbox_refused_idx ON catalogue.inbox (refused_at) WHERE refused_at IS NOT NULL;

-- Who may ---------------------------------------------------------------------------------------------------------------
CREATE FUNCTION catalogue.acts_for_all() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM catalogue.organisation
        WHERE organisation_id <> ALL (catalogue.acting())
    )
$$;
COMMENT ON FUNCTION catalogue.acts_for_all() IS 'Whether this transaction acts for every organisation, as the process of periodic work does that looks after what is nobody''s';

ALTER TABLE catalogue.idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.upload ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.source ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.inbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.idempotency_key TO somel_enjoy_write USING (organisation_id = ANY (catalogue.acting()));
CREATE POLICY own ON catalogue.upload TO somel_enjoy_write USING (catalogue.may_write(dataset_id));
CREATE POLICY own ON catalogue.source TO somel_enjoy_write USING (catalogue.may_write(dataset_id));
CREATE POLICY own ON catalogue.inbox TO somel_enjoy_write
USING (dataset IN (SELECT name FROM catalogue.dataset WHERE organisation_id = ANY (catalogue.acting())));
CREATE POLICY nobodys ON catalogue.inbox TO somel_enjoy_write USING (catalogue.acts_for_all());
CREATE POLICY arriving ON catalogue.inbox FOR INSERT TO somel_ingest WITH CHECK (refused_at IS NULL);

GRANT SELECT, INSERT, UPDATE, DELETE ON catalogue.idempotency_key TO somel_enjoy_write;
GRANT SELECT, INSERT ON catalogue.upload TO somel_enjoy_write;
GRANT SELECT, INSERT, UPDATE, DELETE ON catalogue.source TO somel_enjoy_write;
GRANT SELECT, UPDATE, DELETE ON catalogue.inbox TO somel_enjoy_write;
GRANT USAGE ON SCHEMA catalogue TO somel_ingest;
GRANT INSERT ON catalogue.inbox TO somel_ingest;

CREATE TRIGGER announce AFTER INSERT ON catalogue.inbox FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();

-- Retention -------------------------------------------------------------------------------------------------------------
CREATE FUNCTION catalogue.drop_before(asked integer, instant timestamptz) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT catalogue.may_write(asked) THEN
        RAISE EXCEPTION 'the dataset is not one of those that are acted for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (SELECT count(*) FROM public.drop_chunks(format('record.%I', 'd' || asked)::regclass, older_than => instant));
END $$;
COMMENT ON FUNCTION catalogue.drop_before(integer, timestamptz) IS 'Drop the chunks of a dataset with a time that lie wholly before an instant, and return how many; only for the publisher';
REVOKE ALL ON FUNCTION catalogue.drop_before(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalogue.drop_before(integer, timestamptz) TO somel_enjoy_write;
