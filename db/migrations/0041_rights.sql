-- What rights follow from, how a desk comes to say it, and what changes when services change.

-- Those who run a service change it at the same time; what a right once meant stays known.
ALTER TABLE pass.service ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision >= 1);
ALTER TABLE pass.service ADD COLUMN closed_at timestamptz;
COMMENT ON COLUMN pass.service.revision IS 'Grows by one with each change of the service, its venues, rights and rules';
COMMENT ON COLUMN pass.service.closed_at IS 'Since when it is closed for good: nobody joins, no rule holds; null: it is not';
ALTER TABLE pass.entitlement_kind ADD COLUMN ended_on date;
COMMENT ON COLUMN pass.entitlement_kind.ended_on IS 'Day from which nobody has it any more; its number is not given again. Null: it holds';
ALTER TABLE pass.subject ADD COLUMN derived_on date;
COMMENT ON COLUMN pass.subject.derived_on IS 'Day on which all rights were derived last; null: to be derived next';
CREATE INDEX subject_derived_idx ON pass.subject (derived_on NULLS FIRST, subject_id) WHERE left_on IS NULL;

CREATE TABLE pass.attestation (
    attestation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    holder_id uuid NOT NULL REFERENCES pass.holder (holder_id),
    kind text NOT NULL CHECK (kind IN ('residence', 'birth', 'social_tariff')),
    insee_code text CHECK (insee_code ~ '^[0-9][0-9AB][0-9]{3}$'),
    born_on date,
    quotient_below_eur integer CHECK (quotient_below_eur BETWEEN 1 AND 100000),
    document text NOT NULL CHECK (document <> ''),
    valid_until date,
    attested_on date NOT NULL,
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    UNIQUE (holder_id, kind),
    CHECK ((kind = 'residence') = (insee_code IS NOT NULL)),
    CHECK ((kind = 'birth') = (born_on IS NOT NULL)),
    CHECK ((kind = 'social_tariff') = (quotient_below_eur IS NOT NULL)),
    CHECK ((kind = 'birth') = (valid_until IS NULL))
);
COMMENT ON TABLE pass.attestation IS 'What a desk saw of a holder; never a copy of a document. Services see none of it: they have rights alone';
COMMENT ON COLUMN pass.attestation.attestation_id IS 'Key; shown to the holder alone';
COMMENT ON COLUMN pass.attestation.holder_id IS 'Of whom';
COMMENT ON COLUMN pass.attestation.kind IS 'residence, birth or social_tariff; the last of a kind takes the place of the one before';
COMMENT ON COLUMN pass.attestation.insee_code IS 'Commune of residence';
COMMENT ON COLUMN pass.attestation.born_on IS 'Day of birth';
COMMENT ON COLUMN pass.attestation.quotient_below_eur IS 'The family quotient lies below this bound of a band [EUR]';
COMMENT ON COLUMN pass.attestation.document IS 'Which kind of document was seen, of a closed list';
COMMENT ON COLUMN pass.attestation.valid_until IS 'Last day on which it counts as shown; null: for ever';
COMMENT ON COLUMN pass.attestation.attested_on IS 'Day on which the desk saw it';
COMMENT ON COLUMN pass.attestation.organisation_id IS 'Whose desk';

CREATE TABLE pass.desk_code (
    code_hash bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    holder_id uuid NOT NULL UNIQUE REFERENCES pass.holder (holder_id),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE pass.desk_code IS 'Codes that holders show at a desk, one a holder at most; deleted when taken';
COMMENT ON COLUMN pass.desk_code.code_hash IS 'SHA-256 of the code';
COMMENT ON COLUMN pass.desk_code.holder_id IS 'Of whom';
COMMENT ON COLUMN pass.desk_code.expires_at IS 'Until when it is taken';

CREATE TABLE pass.desk_session (
    session_hash bytea PRIMARY KEY CHECK (octet_length(session_hash) = 32),
    holder_id uuid NOT NULL REFERENCES pass.holder (holder_id),
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    actor text NOT NULL CHECK (actor <> ''),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE pass.desk_session IS 'Desks that have a holder before them, for some minutes';
COMMENT ON COLUMN pass.desk_session.session_hash IS 'SHA-256 of the secret that the desk has';
COMMENT ON COLUMN pass.desk_session.holder_id IS 'Who is before it; the desk never learns this key';
COMMENT ON COLUMN pass.desk_session.organisation_id IS 'Whose desk';
COMMENT ON COLUMN pass.desk_session.actor IS 'Who took the code; nobody else may use the session';
COMMENT ON COLUMN pass.desk_session.expires_at IS 'Until when it is good';
CREATE INDEX desk_session_holder_idx ON pass.desk_session (holder_id);
CREATE INDEX desk_session_expires_idx ON pass.desk_session (expires_at);

INSERT INTO pass.personal_table (name, column_name, reaches, untold, on_leaving, reason) VALUES
('pass.attestation', 'holder_id', 'holder', '{}', 'deleted', 'What desks saw'),
('pass.desk_code', 'holder_id', 'holder', '{code_hash}', 'deleted', 'Codes that are shown at desks'),
('pass.desk_session', 'holder_id', 'holder', '{session_hash}', 'deleted', 'Desks that have the holder before them');

GRANT SELECT, INSERT, UPDATE, DELETE ON pass.attestation, pass.desk_code, pass.desk_session TO somel_enjoy_pass;
-- Which communes the metropolis has, and what they are called.
GRANT SELECT ON somel.commune, somel.place TO somel_enjoy_pass;
