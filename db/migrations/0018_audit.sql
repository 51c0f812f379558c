-- What was done, by whom, as a chain of hashes. A transaction lays its entries down as pending; the chain takes them up as
-- its last act before the commit. So the head is held for the length of a commit, after every other lock: the chain can
-- neither fork nor be half of a deadlock, has no gaps when transactions fail, and its order is the order of the commits.

CREATE TABLE somel.audit_entry (
    number bigint PRIMARY KEY CHECK (number > 0),
    form smallint NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    content text NOT NULL,
    previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32)
);
COMMENT ON TABLE somel.audit_entry IS 'What was done: a chain in which each entry holds the hash of the one before; nobody changes or deletes a row';
COMMENT ON COLUMN somel.audit_entry.number IS 'Place in the chain, from 1 on, without gaps';
COMMENT ON COLUMN somel.audit_entry.form IS 'Version of the form that content and hash have';
COMMENT ON COLUMN somel.audit_entry.at IS 'When it was done, by the platform''s clock, which may be one of a replay';
COMMENT ON COLUMN somel.audit_entry.recorded_at IS 'Wall time at which it joined the chain; part of the hash';
COMMENT ON COLUMN somel.audit_entry.actor IS 'Who: token/<name>, ven/<name>, process/<name>, or operator for the command line';
COMMENT ON COLUMN somel.audit_entry.action IS 'What was done: noun.verb';
COMMENT ON COLUMN somel.audit_entry.subject IS 'To what: kind/<key>';
COMMENT ON COLUMN somel.audit_entry.content IS 'at, actor, action, subject and the facts as canonical JSON: what is hashed';
COMMENT ON COLUMN somel.audit_entry.previous_hash IS 'Hash of the entry before; zeros for the first';
COMMENT ON COLUMN somel.audit_entry.hash IS 'SHA-256 of previous_hash, number and recorded_at [us after 1970] as eight bytes each, high byte first, and content in UTF-8';
CREATE INDEX audit_entry_subject_idx ON somel.audit_entry (subject, number);

CREATE TABLE somel.audit_head (
    is_head boolean PRIMARY KEY DEFAULT true CHECK (is_head),
    number bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
COMMENT ON TABLE somel.audit_head IS 'The end of the chain, one row: taken by one transaction at a time';
COMMENT ON COLUMN somel.audit_head.is_head IS 'Key: there is one row';
COMMENT ON COLUMN somel.audit_head.number IS 'Number of the last entry; 0 while there is none';
COMMENT ON COLUMN somel.audit_head.hash IS 'Hash of the last entry; zeros while there is none';
INSERT INTO somel.audit_head (number, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE TABLE somel.audit_pending (
    audit_pending_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    form smallint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    action text NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
    subject text NOT NULL CHECK (subject <> ''),
    content text NOT NULL
);
COMMENT ON TABLE somel.audit_pending IS 'Entries of a transaction that is not committed; always empty for everybody else';
COMMENT ON COLUMN somel.audit_pending.audit_pending_id IS 'Key';
COMMENT ON COLUMN somel.audit_pending.form IS 'As in audit_entry';
COMMENT ON COLUMN somel.audit_pending.at IS 'As in audit_entry';
COMMENT ON COLUMN somel.audit_pending.actor IS 'As in audit_entry';
COMMENT ON COLUMN somel.audit_pending.action IS 'As in audit_entry';
COMMENT ON COLUMN somel.audit_pending.subject IS 'As in audit_entry';
COMMENT ON COLUMN somel.audit_pending.content IS 'As in audit_entry';

CREATE FUNCTION somel.chain_audit() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head somel.audit_head;
    recorded_at timestamptz;
    own_hash bytea;
BEGIN
    SELECT * INTO STRICT head FROM somel.audit_head FOR UPDATE;
    recorded_at := clock_timestamp();
    own_hash := sha256(
        head.hash || int8send(head.number + 1) || int8send((extract(EPOCH FROM recorded_at) * 1000000)::bigint)
        || convert_to(NEW.content, 'UTF8')
    );
    INSERT INTO somel.audit_entry VALUES (
        head.number + 1, NEW.form, NEW.at, recorded_at, NEW.actor, NEW.action, NEW.subject, NEW.content, head.hash, own_hash
    );
    UPDATE somel.audit_head SET number = head.number + 1, hash = own_hash;
    DELETE FROM somel.audit_pending WHERE audit_pending_id = NEW.audit_pending_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION somel.chain_audit() IS 'Take a pending entry up into the chain, at the end of its transaction';
CREATE CONSTRAINT TRIGGER chain_audit AFTER INSERT ON somel.audit_pending
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION somel.chain_audit();

CREATE FUNCTION somel.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION somel.refuse_change() IS 'Refuse to change or delete rows, to the owner of the table too';
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON somel.audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION somel.refuse_change();

GRANT SELECT ON somel.audit_entry, somel.audit_head TO somel_ingest, somel_compute, somel_read;
GRANT INSERT ON somel.audit_pending TO somel_ingest, somel_compute;
