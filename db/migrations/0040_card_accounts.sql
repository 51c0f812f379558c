-- Whoever holds a card: how they sign in, who sees to children, and what is held of them.

ALTER TABLE pass.holder ADD COLUMN handle text UNIQUE CHECK (handle ~ '^[0-9A-HJKMNP-TV-Z]{8}$');
ALTER TABLE pass.holder ADD CHECK (handle IS NULL OR (kind = 'anonymous' AND passphrase IS NOT NULL));
COMMENT ON COLUMN pass.holder.handle IS 'First signs of an anonymous holder''s recovery code, random, by which they are found; null: they do not sign in by a code';

CREATE TABLE pass.session (
    secret_sha256 bytea PRIMARY KEY CHECK (octet_length(secret_sha256) = 32),
    holder_id uuid NOT NULL REFERENCES pass.holder (holder_id),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE pass.session IS 'Browsers in which a holder is signed in, by the SHA-256 of the secret in their cookie';
COMMENT ON COLUMN pass.session.secret_sha256 IS 'SHA-256 of 256 random bits';
COMMENT ON COLUMN pass.session.holder_id IS 'Who';
COMMENT ON COLUMN pass.session.expires_at IS 'After this they sign in anew';
CREATE INDEX session_holder_idx ON pass.session (holder_id);

-- Families -------------------------------------------------------------------------------------------------------------
CREATE TABLE pass.guardianship (
    member uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    guardian_id uuid NOT NULL REFERENCES pass.holder (holder_id),
    child_id uuid NOT NULL REFERENCES pass.holder (holder_id),
    began_on date NOT NULL,
    CHECK (guardian_id <> child_id),
    UNIQUE (guardian_id, child_id)
);
COMMENT ON TABLE pass.guardianship IS 'Who acts for which child; a row goes when it ends, at majority at the latest';
COMMENT ON COLUMN pass.guardianship.member IS 'Random number by which the guardian names the child, and the child the guardian; another for each guardian';
COMMENT ON COLUMN pass.guardianship.guardian_id IS 'Who acts';
COMMENT ON COLUMN pass.guardianship.child_id IS 'For whom; born_on of this holder says until when';
COMMENT ON COLUMN pass.guardianship.began_on IS 'Since which day';
CREATE INDEX guardianship_child_idx ON pass.guardianship (child_id);

CREATE TABLE pass.family_code (
    secret_sha256 bytea PRIMARY KEY CHECK (octet_length(secret_sha256) = 32),
    child_id uuid NOT NULL REFERENCES pass.holder (holder_id),
    kind text NOT NULL CHECK (kind IN ('guardian', 'claim')),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE pass.family_code IS 'Codes that let whoever has one become a child''s guardian, or let the child sign in; a row goes when its code is taken';
COMMENT ON COLUMN pass.family_code.secret_sha256 IS 'SHA-256 of 120 random bits';
COMMENT ON COLUMN pass.family_code.child_id IS 'Which child';
COMMENT ON COLUMN pass.family_code.kind IS 'guardian: become one; claim: be the child from now on';
COMMENT ON COLUMN pass.family_code.expires_at IS 'After this it is not taken';
CREATE INDEX family_code_child_idx ON pass.family_code (child_id);

-- Everything held ------------------------------------------------------------------------------------------------------
CREATE TABLE pass.personal_table (
    name text NOT NULL CHECK (name ~ '^[a-z]+\.[a-z_]+$'),
    column_name text NOT NULL,
    reaches text NOT NULL CHECK (reaches IN ('holder', 'subject', 'medium', 'token', 'nobody')),
    untold text[] NOT NULL DEFAULT '{}',
    on_leaving text NOT NULL CHECK (on_leaving IN ('deleted', 'changed', 'kept')),
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (name, column_name)
);
COMMENT ON TABLE pass.personal_table IS 'Every table that holds something of a holder: what an export tells, and what becomes of it when they leave';
COMMENT ON COLUMN pass.personal_table.name IS 'Schema and name of the table';
COMMENT ON COLUMN pass.personal_table.column_name IS 'Column that says whose a row is';
COMMENT ON COLUMN pass.personal_table.reaches IS 'What the column names; nobody: rows are not found by it, for the reason given';
COMMENT ON COLUMN pass.personal_table.untold IS 'Columns that are not exported: hashes of secrets, and numbers of other people';
COMMENT ON COLUMN pass.personal_table.on_leaving IS 'deleted; changed: enjoy.passes.leaving says how; kept';
COMMENT ON COLUMN pass.personal_table.reason IS 'What it is, or why it is kept';
INSERT INTO pass.personal_table (name, column_name, reaches, untold, on_leaving, reason) VALUES
('pass.holder', 'holder_id', 'holder', '{passphrase}', 'changed', 'Who somebody is: all that says it is erased, the number stays'),
('pass.session', 'holder_id', 'holder', '{secret_sha256}', 'deleted', 'Browsers that are signed in'),
('pass.guardianship', 'guardian_id', 'holder', '{child_id}', 'deleted', 'Children that are seen to'),
('pass.guardianship', 'child_id', 'holder', '{guardian_id}', 'deleted', 'Who sees to a child'),
('pass.family_code', 'child_id', 'holder', '{secret_sha256}', 'deleted', 'Codes that are open'),
('pass.medium', 'holder_id', 'holder', '{}', 'changed', 'Cards, codes and phones: revoked, their names erased'),
('pass.medium', 'replaced_by', 'nobody', '{}', 'changed', 'Another medium of the same holder, found by holder_id'),
('pass.subject', 'holder_id', 'holder', '{}', 'changed', 'Services that were joined: left; the random number stays, so that what a service counted goes on to add up'),
('pass.entitlement', 'subject_id', 'subject', '{}', 'deleted', 'Rights'),
('pass.token', 'subject_id', 'subject', '{}', 'changed', 'Signed codes: revoked; their place in the status list stays, so that readers refuse them'),
('pass.token', 'medium_id', 'nobody', '{}', 'changed', 'A medium of the same holder: found by subject_id'),
('pass.card_serial', 'subject_id', 'subject', '{}', 'deleted', 'Hashes of serials of cards'),
('pass.card_serial', 'medium_id', 'nobody', '{}', 'deleted', 'A medium of the same holder: found by subject_id'),
('pass.validation', 'subject_id', 'subject', '{}', 'kept', 'Admissions and refusals: they lose whose they were 48 hours later, by themselves'),
('pass.validation', 'token_id', 'nobody', '{}', 'kept', 'A token of the same holder: found by subject_id'),
('pass.use', 'subject_id', 'subject', '{}', 'deleted', 'How often something was used that a rule limits'),
('pass.first_use', 'subject_id', 'subject', '{}', 'deleted', 'When somebody was first admitted'),
('pass.double_use', 'subject_id', 'subject', '{}', 'kept', 'Admissions that look wrong: they lose whose they were 48 hours later, by themselves'),
('pass.access', 'holder_id', 'holder', '{}', 'kept', 'Who looked: proof of security (GDPR art. 32); the holder_id leads to nobody any more');

CREATE FUNCTION pass.reached_by(asked uuid, known pass.personal_table) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(CASE known.reaches
        WHEN 'holder' THEN '%I = $1'
        WHEN 'subject' THEN '%I IN (SELECT subject_id FROM pass.subject WHERE holder_id = $1)'
        WHEN 'medium' THEN '%I IN (SELECT medium_id FROM pass.medium WHERE holder_id = $1)'
        ELSE '%I IN (SELECT token_id FROM pass.token JOIN pass.subject USING (subject_id) WHERE holder_id = $1)'
    END, known.column_name)
$$;
COMMENT ON FUNCTION pass.reached_by(uuid, pass.personal_table) IS 'The condition under which a row is a holder''s ($1)';

CREATE FUNCTION pass.held_of(asked uuid) RETURNS jsonb LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known pass.personal_table;
    found jsonb;
    held jsonb := '{}';
BEGIN
    FOR known IN SELECT * FROM pass.personal_table WHERE reaches <> 'nobody' ORDER BY name, column_name LOOP
        EXECUTE format(
            'SELECT coalesce(jsonb_agg(to_jsonb(held) - $2), ''[]'') FROM %I.%I AS held WHERE %s',
            split_part(known.name, '.', 1), split_part(known.name, '.', 2), pass.reached_by(asked, known)
        ) INTO found USING asked, known.untold;
        held := held || jsonb_build_object(known.name, coalesce(held -> known.name, '[]') || found);
    END LOOP;
    RETURN held;
END $$;
COMMENT ON FUNCTION pass.held_of(uuid) IS 'Every row that personal_table says is a holder''s, by table';

CREATE FUNCTION pass.erase_rows(asked uuid) RETURNS jsonb LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known pass.personal_table;
    deleted bigint;
    counts jsonb := '{}';
BEGIN
    FOR known IN
        SELECT * FROM pass.personal_table WHERE on_leaving = 'deleted' AND reaches <> 'nobody' ORDER BY name, column_name
    LOOP
        EXECUTE format(
            'DELETE FROM %I.%I WHERE %s',
            split_part(known.name, '.', 1), split_part(known.name, '.', 2), pass.reached_by(asked, known)
        ) USING asked;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        counts := counts || jsonb_build_object(known.name, deleted + coalesce((counts ->> known.name)::bigint, 0));
    END LOOP;
    RETURN counts;
END $$;
COMMENT ON FUNCTION pass.erase_rows(uuid) IS 'Delete what personal_table says is deleted of a holder, and return how many rows of which table';
REVOKE EXECUTE ON FUNCTION pass.held_of(uuid), pass.erase_rows(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pass.held_of(uuid), pass.erase_rows(uuid) TO somel_enjoy_pass;

GRANT SELECT, INSERT, UPDATE, DELETE ON pass.session, pass.guardianship, pass.family_code TO somel_enjoy_pass;
GRANT SELECT ON pass.personal_table TO somel_enjoy_pass;
