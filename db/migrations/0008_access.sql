CREATE TABLE somel.access_token (
    access_token_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE somel.access_token IS 'Bearer tokens of the API, by the SHA-256 of a 256-bit random secret';
COMMENT ON COLUMN somel.access_token.access_token_id IS 'Key';
COMMENT ON COLUMN somel.access_token.name IS 'Whose it is';
COMMENT ON COLUMN somel.access_token.secret_sha256 IS 'SHA-256 of the secret; the secret itself is shown once and not kept';
COMMENT ON COLUMN somel.access_token.scopes IS 'What it may do';
COMMENT ON COLUMN somel.access_token.created_at IS 'When it was made';
COMMENT ON COLUMN somel.access_token.expires_at IS 'After this it is not accepted; null for never';
COMMENT ON COLUMN somel.access_token.revoked_at IS 'When it was revoked';

GRANT SELECT ON somel.access_token TO somel_read;

-- One channel for every kind of news; the payload names the kind. Listeners: ingest (command), api (the rest).
CREATE FUNCTION somel.announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('somel', TG_TABLE_NAME);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION somel.announce() IS 'Tell listeners on channel somel that a table changed; PostgreSQL folds repeats in one transaction';
CREATE TRIGGER announce AFTER INSERT ON somel.ingest_batch FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();
CREATE TRIGGER announce AFTER INSERT ON somel.forecast_run FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON somel.command FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON somel.event FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON somel.event_result FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();
