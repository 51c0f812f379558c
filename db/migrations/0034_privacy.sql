-- What people decide about their data, what is stored of them, who looked at it, and how it is erased.

-- Consent for purposes that concern a usage point. What concerns a flexible resource (purpose grid) stays in somel.consent:
-- the two are never derived from each other.
CREATE TABLE somel.usage_point_consent (
    usage_point_consent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    usage_point_id integer NOT NULL REFERENCES somel.usage_point (usage_point_id),
    purpose text NOT NULL CHECK (purpose IN ('enjoy')),
    text_version text NOT NULL CHECK (text_version <> ''),
    given_at timestamptz NOT NULL,
    given_by text NOT NULL CHECK (given_by <> ''),
    given_how text NOT NULL CHECK (given_how IN ('online', 'paper', 'telephone')),
    proof text NOT NULL CHECK (proof <> ''),
    proof_sha256 bytea CHECK (octet_length(proof_sha256) = 32),
    recorded_at timestamptz NOT NULL CHECK (recorded_at >= given_at),
    withdrawn_at timestamptz CHECK (withdrawn_at >= recorded_at),
    withdrawn_by text,
    withdrawn_how text CHECK (withdrawn_how IN ('online', 'paper', 'telephone', 'erasure')),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_how IS NULL))
);
COMMENT ON TABLE somel.usage_point_consent IS 'What customers agreed to for their usage point, one consent for each purpose, and until when; these rows are the proof: none is deleted, and none changes but by its one withdrawal';
COMMENT ON COLUMN somel.usage_point_consent.usage_point_consent_id IS 'Key; grows with time';
COMMENT ON COLUMN somel.usage_point_consent.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.usage_point_consent.purpose IS 'What for; enjoy: half-hourly values are counted in sums that are published';
COMMENT ON COLUMN somel.usage_point_consent.text_version IS 'Version of the text that was agreed to';
COMMENT ON COLUMN somel.usage_point_consent.given_at IS 'When the customer gave it';
COMMENT ON COLUMN somel.usage_point_consent.given_by IS 'Account that recorded it; no person''s name';
COMMENT ON COLUMN somel.usage_point_consent.given_how IS 'online, paper or telephone';
COMMENT ON COLUMN somel.usage_point_consent.proof IS 'Where its proof is kept, such as a file number';
COMMENT ON COLUMN somel.usage_point_consent.proof_sha256 IS 'SHA-256 of the proof, so that it cannot be another later; null: not known';
COMMENT ON COLUMN somel.usage_point_consent.recorded_at IS 'When the platform learnt of it; nothing that is older than the month after this is published with it';
COMMENT ON COLUMN somel.usage_point_consent.withdrawn_at IS 'When its withdrawal was recorded; null while it holds';
COMMENT ON COLUMN somel.usage_point_consent.withdrawn_by IS 'Account that recorded the withdrawal';
COMMENT ON COLUMN somel.usage_point_consent.withdrawn_how IS 'online, paper, telephone, or erasure of all data';
-- One consent for each purpose holds at a time.
CREATE UNIQUE INDEX usage_point_consent_open_idx ON somel.usage_point_consent (usage_point_id, purpose)
WHERE withdrawn_at IS NULL;
CREATE INDEX usage_point_consent_usage_point_idx ON somel.usage_point_consent (usage_point_id, usage_point_consent_id);

CREATE FUNCTION somel.keep_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL AND (
        to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_by', 'withdrawn_how']
        = to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_by', 'withdrawn_how']
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a consent is never changed but by its withdrawal' USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION somel.keep_consent() IS 'Refuse every change of a consent but its one withdrawal, to the owner of the table too';
CREATE TRIGGER keep_consent BEFORE UPDATE OR DELETE ON somel.usage_point_consent
FOR EACH ROW EXECUTE FUNCTION somel.keep_consent();
CREATE TRIGGER refuse_change BEFORE TRUNCATE ON somel.usage_point_consent
FOR EACH STATEMENT EXECUTE FUNCTION somel.refuse_change();

-- Who looked at it --------------------------------------------------------------------------------------------------------
CREATE TABLE somel.personal_access (
    personal_access_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    accessed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL CHECK (actor <> ''),
    usage_point_id integer NOT NULL,
    subject text NOT NULL CHECK (subject <> ''),
    purpose text NOT NULL CHECK (purpose <> ''),
    start_at timestamptz,
    end_at timestamptz
);
COMMENT ON TABLE somel.personal_access IS 'Who read what is stored of a single usage point; rows are never changed, and deleted when they are older than six months at the soonest';
COMMENT ON COLUMN somel.personal_access.personal_access_id IS 'Key; grows with time';
COMMENT ON COLUMN somel.personal_access.accessed_at IS 'When it was read, by the platform''s clock';
COMMENT ON COLUMN somel.personal_access.recorded_at IS 'Wall time at which this row was written';
COMMENT ON COLUMN somel.personal_access.actor IS 'Who, as in audit_entry';
COMMENT ON COLUMN somel.personal_access.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.personal_access.subject IS 'What: load, latest, labels, quality, export';
COMMENT ON COLUMN somel.personal_access.purpose IS 'What for, as the reader said; operation where they said nothing';
COMMENT ON COLUMN somel.personal_access.start_at IS 'Start of the span that was read; null: there was none';
COMMENT ON COLUMN somel.personal_access.end_at IS 'End of the span that was read; null: there was none';
CREATE INDEX personal_access_usage_point_idx ON somel.personal_access (usage_point_id, personal_access_id);
CREATE INDEX personal_access_recorded_idx ON somel.personal_access (recorded_at);

CREATE FUNCTION somel.keep_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.recorded_at < clock_timestamp() - INTERVAL '6 months' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the access log is kept for six months at least' USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION somel.keep_access() IS 'Refuse to delete what the access log holds of the last six months, to the owner of the table too';
CREATE TRIGGER keep_access BEFORE DELETE ON somel.personal_access
FOR EACH ROW EXECUTE FUNCTION somel.keep_access();
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON somel.personal_access
FOR EACH STATEMENT EXECUTE FUNCTION somel.refuse_change();

-- What is stored of them, and what becomes of it -----------------------------------------------------------------------------
CREATE TABLE somel.erasure (
    erasure_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    usage_point_id integer NOT NULL REFERENCES somel.usage_point (usage_point_id),
    before_at timestamptz NOT NULL,
    erased_at timestamptz NOT NULL,
    erased_by text NOT NULL CHECK (erased_by <> '')
);
COMMENT ON TABLE somel.erasure IS 'Whose data was erased: what comes again of before that time is erased again';
COMMENT ON COLUMN somel.erasure.erasure_id IS 'Key';
COMMENT ON COLUMN somel.erasure.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.erasure.before_at IS 'What is older than this is erased; what is newer is the next customer''s';
COMMENT ON COLUMN somel.erasure.erased_at IS 'When, by the platform''s clock';
COMMENT ON COLUMN somel.erasure.erased_by IS 'Who, as in audit_entry';
CREATE INDEX erasure_usage_point_idx ON somel.erasure (usage_point_id);

CREATE TABLE somel.personal_table (
    name text PRIMARY KEY CHECK (name ~ '^[a-z]+\.[a-z_]+$'),
    reached_by text NOT NULL CHECK (reached_by IN ('usage_point_id', 'end_device_id', 'nothing')),
    time_column text,
    on_erasure text NOT NULL CHECK (on_erasure IN ('deleted', 'kept')),
    reason text NOT NULL CHECK (reason <> ''),
    CHECK (reached_by <> 'nothing' OR on_erasure = 'kept')
);
COMMENT ON TABLE somel.personal_table IS 'Every table that holds something of a single usage point: what export writes, and what erasure deletes';
COMMENT ON COLUMN somel.personal_table.name IS 'Schema and name of the table';
COMMENT ON COLUMN somel.personal_table.reached_by IS 'Column that says whose a row is: usage_point_id, or end_device_id of a device there; nothing: it is not exported, for the reason given';
COMMENT ON COLUMN somel.personal_table.time_column IS 'Column of the time that a row is about: only what is older than the erasure is deleted; null: all is';
COMMENT ON COLUMN somel.personal_table.on_erasure IS 'deleted or kept';
COMMENT ON COLUMN somel.personal_table.reason IS 'Why it is kept, or what it is';
INSERT INTO somel.personal_table (name, reached_by, time_column, on_erasure, reason) VALUES
('somel.interval_reading', 'usage_point_id', 'start_at', 'deleted', 'Values of its meter over intervals'),
('somel.interval_reading_revision', 'usage_point_id', 'start_at', 'deleted', 'Values that were corrected'),
('somel.reading', 'usage_point_id', 'read_at', 'deleted', 'Values of its meter at instants'),
('somel.reading_revision', 'usage_point_id', 'read_at', 'deleted', 'Values that were corrected'),
('somel.completeness', 'usage_point_id', 'day', 'deleted', 'How complete the values of a day are'),
('somel.vee_estimate', 'usage_point_id', 'day', 'deleted', 'Gaps that were filled with estimates'),
('somel.vee_finding', 'usage_point_id', 'day', 'deleted', 'What validation found in the values of a day'),
('somel.device_label', 'end_device_id', NULL, 'deleted', 'What its meter says in words'),
('somel.device_label_change', 'end_device_id', NULL, 'deleted', 'What its meter said before'),
('somel.flexibility', 'end_device_id', 'reported_at', 'deleted', 'What its resources needed, and by when'),
('somel.resource_state', 'end_device_id', NULL, 'deleted', 'How its resources stood'),
('somel.opt_out', 'end_device_id', NULL, 'deleted', 'Events that its resources sat out, and why'),
('somel.call_limit', 'end_device_id', NULL, 'deleted', 'How often its resources may be called'),
('somel.battery', 'end_device_id', NULL, 'deleted', 'Parameters of its battery'),
('somel.ev_charger', 'end_device_id', NULL, 'deleted', 'Parameters of its charger'),
('somel.heat_pump', 'end_device_id', NULL, 'deleted', 'Parameters of its heat pump'),
('somel.hot_water_tank', 'end_device_id', NULL, 'deleted', 'Parameters of its tank'),
('somel.usage_point', 'usage_point_id', NULL, 'kept', 'The place of supply, which stays; it gets another pseudonym'),
('personal.usage_point_identity', 'usage_point_id', NULL, 'kept', 'The number of the place of supply, not of a person; the next customer has the same'),
('somel.usage_point_connection', 'usage_point_id', NULL, 'kept', 'Where the building is connected; a fact of the network'),
('somel.off_peak_window', 'usage_point_id', NULL, 'kept', 'Off-peak hours that the network operator gave the place of supply'),
('somel.end_device', 'end_device_id', NULL, 'kept', 'Meters and devices installed there; their names name nobody'),
('somel.resource', 'end_device_id', NULL, 'kept', 'Devices that took part in demand response; withdrawn by the erasure'),
('somel.consent', 'end_device_id', NULL, 'kept', 'Proof of consent to demand response, for as long as claims may be made (five years, code civil art. 2224); withdrawn by the erasure'),
('somel.usage_point_consent', 'usage_point_id', NULL, 'kept', 'Proof of consent (GDPR art. 7.1); withdrawn by the erasure'),
('somel.command', 'end_device_id', NULL, 'kept', 'What devices were asked for: what statements of settlement rest on (GDPR art. 17.3 e)'),
('somel.settlement_usage_point', 'usage_point_id', NULL, 'kept', 'Statements of settlement, which are hashed and never change: claims rest on them (GDPR art. 17.3 e)'),
('somel.settlement_slot', 'usage_point_id', NULL, 'kept', 'Slots of these statements'),
('somel.personal_access', 'usage_point_id', NULL, 'kept', 'Who looked at the data: proof of security (GDPR art. 32), deleted by its age'),
('somel.erasure', 'usage_point_id', NULL, 'kept', 'That it was erased, so that it is again when it comes again'),
('somel.openadr_object', 'end_device_id', NULL, 'kept', 'Objects of OpenADR clients, in their own words; their owners delete them'),
('somel.vee_pending', 'nothing', NULL, 'kept', 'A queue of days to validate, empty again within seconds; it holds no value');

CREATE FUNCTION somel.erase_rows(asked_usage_point_id integer, before_at timestamptz, once_more boolean) RETURNS jsonb LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known somel.personal_table;
    condition text;
    deleted bigint;
    counts jsonb := '{}';
BEGIN
    FOR known IN SELECT * FROM somel.personal_table WHERE on_erasure = 'deleted' ORDER BY name LOOP
        CONTINUE WHEN once_more AND known.time_column IS NULL; -- it may be the next customer's
        condition := CASE known.reached_by
            WHEN 'usage_point_id' THEN 'usage_point_id = $1'
            ELSE 'end_device_id IN (SELECT end_device_id FROM somel.end_device WHERE usage_point_id = $1)'
        END;
        IF known.time_column IS NOT NULL THEN
            condition := condition || format(' AND %I < $2', known.time_column);
        END IF;
        EXECUTE format(
            'DELETE FROM %I.%I WHERE %s', split_part(known.name, '.', 1), split_part(known.name, '.', 2), condition
        ) USING asked_usage_point_id, before_at;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        counts := counts || jsonb_build_object(known.name, deleted);
    END LOOP;
    RETURN counts;
END $$;
COMMENT ON FUNCTION somel.erase_rows(integer, timestamptz, boolean) IS 'Delete what personal_table says is deleted of a usage point, and return how many rows of which table';
REVOKE ALL ON FUNCTION somel.erase_rows(integer, timestamptz, boolean) FROM PUBLIC;

CREATE FUNCTION somel.erase_usage_point(
    asked_usage_point_id integer, asked_before_at timestamptz, at timestamptz, actor text
) RETURNS jsonb LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE somel.usage_point_consent
    SET withdrawn_at = greatest(at, recorded_at), withdrawn_by = actor, withdrawn_how = 'erasure'
    WHERE usage_point_id = asked_usage_point_id AND withdrawn_at IS NULL;
    UPDATE somel.usage_point SET usage_point_key = gen_random_uuid() WHERE usage_point_id = asked_usage_point_id;
    INSERT INTO somel.erasure (usage_point_id, before_at, erased_at, erased_by)
    VALUES (asked_usage_point_id, asked_before_at, at, actor);
    RETURN somel.erase_rows(asked_usage_point_id, asked_before_at, false);
END $$;
COMMENT ON FUNCTION somel.erase_usage_point(integer, timestamptz, timestamptz, text) IS 'Withdraw consent for publication, give another pseudonym, delete what may be deleted, and note that it was';
REVOKE ALL ON FUNCTION somel.erase_usage_point(integer, timestamptz, timestamptz, text) FROM PUBLIC;

CREATE FUNCTION somel.erase_again() RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    once record;
    total bigint := 0;
BEGIN
    FOR once IN
        SELECT usage_point_id, max(before_at) AS before_at FROM somel.erasure GROUP BY usage_point_id
    LOOP
        total := total + (
            SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(somel.erase_rows(once.usage_point_id, once.before_at, true))
        );
    END LOOP;
    RETURN total;
END $$;
COMMENT ON FUNCTION somel.erase_again() IS 'Erase what came again, such as values that a gateway delivered once more; return how many rows';
REVOKE ALL ON FUNCTION somel.erase_again() FROM PUBLIC;

GRANT SELECT ON somel.usage_point_consent, somel.erasure, somel.personal_table, somel.personal_access
TO somel_ingest, somel_compute, somel_read;
GRANT INSERT ON somel.usage_point_consent, somel.personal_access TO somel_compute;
GRANT UPDATE (withdrawn_at, withdrawn_by, withdrawn_how) ON somel.usage_point_consent TO somel_compute;
GRANT EXECUTE ON FUNCTION somel.erase_usage_point(integer, timestamptz, timestamptz, text) TO somel_compute;
GRANT EXECUTE ON FUNCTION somel.erase_again() TO somel_compute;
