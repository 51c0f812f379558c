-- Passes: the keys that sign them, and the list of those that are revoked or blocked.

CREATE TABLE pass.signing_key (
    kid text PRIMARY KEY CHECK (kid ~ '^[0-9a-f]{16}$'),
    public_key text NOT NULL UNIQUE CHECK (length(public_key) = 44),
    private_key bytea NOT NULL,
    published_from timestamptz NOT NULL,
    signs_from timestamptz NOT NULL CHECK (signs_from >= published_from),
    signs_until timestamptz NOT NULL CHECK (signs_until > signs_from),
    needed_until timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE pass.signing_key IS 'Keys that sign tokens and status lists; one signs at a time, several are believed';
COMMENT ON COLUMN pass.signing_key.kid IS 'Identifier: the first 8 bytes of the SHA-256 of the public key';
COMMENT ON COLUMN pass.signing_key.public_key IS 'Ed25519 public key, base64';
COMMENT ON COLUMN pass.signing_key.private_key IS 'Private key as PEM, encrypted under the secret of passes, which is not in the database';
COMMENT ON COLUMN pass.signing_key.published_from IS 'From when readers can learn it';
COMMENT ON COLUMN pass.signing_key.signs_from IS 'From when it signs; readers have had it for a while then';
COMMENT ON COLUMN pass.signing_key.signs_until IS 'Until when it signs';
COMMENT ON COLUMN pass.signing_key.needed_until IS 'When the last token that it signed expires; published until then';
COMMENT ON COLUMN pass.signing_key.revoked_at IS 'When it was found to have leaked: what it signed is believed by nobody; null: it did not';

ALTER TABLE pass.token ADD COLUMN kid text REFERENCES pass.signing_key (kid);
COMMENT ON COLUMN pass.token.kid IS 'Key that signed it';
CREATE INDEX token_kid_idx ON pass.token (kid) WHERE status = 0;
CREATE INDEX token_expiry_idx ON pass.token (expires_at);

CREATE TABLE pass.status_list (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version bigint NOT NULL CHECK (version >= 0),
    kept_from bigint NOT NULL CHECK (kept_from >= 0),
    size integer NOT NULL CHECK (size BETWEEN 1048576 AND 134217728)
);
COMMENT ON TABLE pass.status_list IS 'The list of tokens that are revoked or blocked; whoever changes it holds this row until they commit, so that versions are in the order of commits';
COMMENT ON COLUMN pass.status_list.is_only IS 'There is one';
COMMENT ON COLUMN pass.status_list.version IS 'Number of the last change';
COMMENT ON COLUMN pass.status_list.kept_from IS 'Version from which on changes are kept; who has an older list fetches the whole';
COMMENT ON COLUMN pass.status_list.size IS 'Places; it grows when half of them are taken';
INSERT INTO pass.status_list (version, kept_from, size) VALUES (0, 0, 1048576);

CREATE TABLE pass.status_listed (
    status_index integer PRIMARY KEY CHECK (status_index >= 0),
    status smallint NOT NULL CHECK (status IN (1, 2))
);
COMMENT ON TABLE pass.status_listed IS 'What the list says of tokens that are not valid';
COMMENT ON COLUMN pass.status_listed.status_index IS 'Place in the list';
COMMENT ON COLUMN pass.status_listed.status IS '1: revoked for good, 2: blocked until further notice';

CREATE TABLE pass.status_change (
    version bigint NOT NULL CHECK (version > 0),
    status_index integer NOT NULL CHECK (status_index >= 0),
    status smallint NOT NULL CHECK (status IN (0, 1, 2)),
    changed_on date NOT NULL,
    PRIMARY KEY (version, status_index)
);
COMMENT ON TABLE pass.status_change IS 'What changed in the list with each version';
COMMENT ON COLUMN pass.status_change.version IS 'Version that brought it';
COMMENT ON COLUMN pass.status_change.status_index IS 'Place in the list';
COMMENT ON COLUMN pass.status_change.status IS '0: valid, or taken by nobody again, 1: revoked for good, 2: blocked until further notice';
COMMENT ON COLUMN pass.status_change.changed_on IS 'Day of the change; it is forgotten after some weeks';

CREATE TABLE pass.status_due (
    status_index integer PRIMARY KEY CHECK (status_index >= 0),
    due_at timestamptz NOT NULL
);
COMMENT ON TABLE pass.status_due IS 'Tokens that were replaced and come into the list at a random time, so that those of one phone, which are renewed together, are not seen together';
COMMENT ON COLUMN pass.status_due.status_index IS 'Place in the list';
COMMENT ON COLUMN pass.status_due.due_at IS 'When it is listed as revoked';
CREATE INDEX status_due_at_idx ON pass.status_due (due_at);

GRANT SELECT, INSERT, UPDATE ON pass.signing_key TO somel_enjoy_pass;
GRANT SELECT, UPDATE ON pass.status_list TO somel_enjoy_pass;
GRANT SELECT, INSERT, UPDATE, DELETE ON pass.status_listed, pass.status_change, pass.status_due TO somel_enjoy_pass;

ALTER TABLE pass.subject ADD COLUMN is_blocked boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pass.subject.is_blocked IS 'Whether the service blocked them until further notice: no token is made for them';
