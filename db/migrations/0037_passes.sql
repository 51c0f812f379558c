-- Passes and shops: who keeps them, and what every part of them refers to.

-- The organisations that run services and shops are the tenants of the catalogue.
CREATE POLICY tenant ON catalogue.organisation FOR SELECT TO somel_enjoy_pass, somel_enjoy_shop USING (true);
GRANT SELECT ON catalogue.organisation TO somel_enjoy_pass, somel_enjoy_shop;
GRANT INSERT ON somel.audit_pending TO somel_enjoy_pass, somel_enjoy_shop;

-- A shop is an organisation that a merchant makes; "partners" are those that the operator admits.
ALTER TABLE catalogue.organisation DROP CONSTRAINT organisation_kind_check;
ALTER TABLE catalogue.organisation ADD CONSTRAINT organisation_kind_check
CHECK (kind IN ('metropolis', 'commune', 'partner', 'developer', 'merchant'));
COMMENT ON COLUMN catalogue.organisation.kind IS 'metropolis, commune, partner, developer: one person''s own, or merchant: a shop';
CREATE OR REPLACE FUNCTION catalogue.may_read(asked integer) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_or(
        dataset.withdrawn_at IS NULL AND (
            dataset.openness = 'open'
            OR dataset.organisation_id = ANY (catalogue.acting())
            OR (
                dataset.openness = 'partners' AND cardinality(catalogue.acting()) > 0
                AND EXISTS (
                    SELECT FROM catalogue.organisation
                    WHERE organisation.organisation_id = ANY (catalogue.acting())
                    AND organisation.kind NOT IN ('developer', 'merchant')
                )
            )
            OR EXISTS (
                SELECT FROM catalogue.share
                WHERE share.dataset_id = asked AND share.organisation_id = ANY (catalogue.acting())
            )
        )
    ), false)
    FROM catalogue.dataset
    WHERE dataset.dataset_id = asked
$$;

-- People at a desk say who has a right, and nothing else.
ALTER TABLE catalogue.member DROP CONSTRAINT member_role_check;
ALTER TABLE catalogue.member ADD CONSTRAINT member_role_check
CHECK (role IN ('owner', 'publisher', 'desk', 'reader'));
COMMENT ON COLUMN catalogue.member.role IS 'owner: all, and members; publisher: keys that write and declare; desk: rights of holders; reader: keys that read';
ALTER TABLE catalogue.invitation DROP CONSTRAINT invitation_role_check;
ALTER TABLE catalogue.invitation ADD CONSTRAINT invitation_role_check
CHECK (role IN ('owner', 'publisher', 'desk', 'reader'));

-- Holders --------------------------------------------------------------------------------------------------------------
CREATE TABLE pass.holder (
    holder_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('anonymous', 'named')),
    email text UNIQUE CHECK (email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+$'),
    passphrase text CHECK (passphrase LIKE 'scrypt$%'),
    label text NOT NULL DEFAULT '' CHECK (length(label) <= 60),
    born_on date,
    language text NOT NULL DEFAULT 'fr' CHECK (language IN ('fr', 'en')),
    created_on date NOT NULL,
    left_on date,
    failure_count integer NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
    closed_until timestamptz,
    CHECK (kind = 'named' OR email IS NULL)
);
COMMENT ON TABLE pass.holder IS 'People who hold passes. An anonymous one has neither address nor name; a child may have no way to sign in at all, and is seen to by a guardian';
COMMENT ON COLUMN pass.holder.holder_id IS 'Key; never leaves the platform: services know a holder by pass.subject';
COMMENT ON COLUMN pass.holder.kind IS 'anonymous or named';
COMMENT ON COLUMN pass.holder.email IS 'What a named holder signs in by, in small letters';
COMMENT ON COLUMN pass.holder.passphrase IS 'Scrypt hash of the passphrase, or of an anonymous holder''s recovery code; null: nobody signs in as this holder';
COMMENT ON COLUMN pass.holder.label IS 'What the holder or their guardian calls them; shown to nobody else';
COMMENT ON COLUMN pass.holder.born_on IS 'Day of birth, where a desk or a guardian said it; rights by age and majority follow from it';
COMMENT ON COLUMN pass.holder.language IS 'fr or en';
COMMENT ON COLUMN pass.holder.created_on IS 'Day on which they came; no time, which others could match';
COMMENT ON COLUMN pass.holder.left_on IS 'Day on which they left; all that said who they were is erased then';
COMMENT ON COLUMN pass.holder.failure_count IS 'Wrong passphrases in a row';
COMMENT ON COLUMN pass.holder.closed_until IS 'No passphrase is tried before this; null: they may try';

CREATE TABLE pass.medium (
    medium_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    holder_id uuid NOT NULL REFERENCES pass.holder (holder_id),
    kind text NOT NULL CHECK (kind IN ('card', 'paper', 'phone')),
    label text NOT NULL DEFAULT '' CHECK (length(label) <= 60),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked', 'revoked')),
    replaced_by uuid REFERENCES pass.medium (medium_id),
    created_on date NOT NULL,
    ended_on date,
    CHECK ((status = 'revoked') = (ended_on IS NOT NULL))
);
COMMENT ON TABLE pass.medium IS 'What a holder shows: a Pass Pass card, a code on paper, a phone. Rights are the holder''s: a lost medium takes none along';
COMMENT ON COLUMN pass.medium.medium_id IS 'Key; shown to its holder alone';
COMMENT ON COLUMN pass.medium.holder_id IS 'Whose';
COMMENT ON COLUMN pass.medium.kind IS 'card: Pass Pass, by its serial; paper: a printed code; phone: a key that never leaves it';
COMMENT ON COLUMN pass.medium.label IS 'What the holder calls it';
COMMENT ON COLUMN pass.medium.status IS 'active; blocked: not accepted until it is found again; revoked: for good';
COMMENT ON COLUMN pass.medium.replaced_by IS 'Medium that took its place; null: none';
COMMENT ON COLUMN pass.medium.created_on IS 'Day on which it was linked';
COMMENT ON COLUMN pass.medium.ended_on IS 'Day on which it was revoked or unlinked';
CREATE INDEX medium_holder_idx ON pass.medium (holder_id);

-- Services -------------------------------------------------------------------------------------------------------------
CREATE TABLE pass.service (
    service_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{1,47}$'),
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    kind text NOT NULL CHECK (kind IN ('public', 'tourism')),
    proof text NOT NULL CHECK (proof IN ('device', 'token', 'serial')),
    stale_after_s integer NOT NULL DEFAULT 86400 CHECK (stale_after_s BETWEEN 60 AND 604800),
    is_open boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE pass.service IS 'Services that passes open: a pool, a library, a car park; or a tourism pass, which opens many houses';
COMMENT ON COLUMN pass.service.service_id IS 'Key; audience of its tokens';
COMMENT ON COLUMN pass.service.organisation_id IS 'Who runs it';
COMMENT ON COLUMN pass.service.name IS 'Name in addresses; never changes';
COMMENT ON COLUMN pass.service.title IS 'Name for people';
COMMENT ON COLUMN pass.service.description IS 'A sentence or two for people';
COMMENT ON COLUMN pass.service.kind IS 'public: rights of residents; tourism: passes that are sold';
COMMENT ON COLUMN pass.service.proof IS 'Least proof that it takes: device (a phone''s signature of the moment), token (a signed code, on paper too), serial (the number of a card, which anybody can copy; online alone)';
COMMENT ON COLUMN pass.service.stale_after_s IS 'A reader whose list is older refuses everybody [s]';
COMMENT ON COLUMN pass.service.is_open IS 'Whether holders may join it';
COMMENT ON COLUMN pass.service.created_at IS 'When it was declared';
CREATE INDEX service_organisation_idx ON pass.service (organisation_id);

CREATE TABLE pass.venue (
    venue_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_id integer NOT NULL REFERENCES pass.service (service_id),
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9-]{1,47}$'),
    title text NOT NULL CHECK (title <> ''),
    kind text NOT NULL DEFAULT 'place' CHECK (kind IN ('place', 'transport')),
    insee_code text CHECK (insee_code ~ '^[0-9][0-9AB][0-9]{3}$'),
    location geometry(Point, 4326),
    is_open boolean NOT NULL DEFAULT true,
    UNIQUE (service_id, name)
);
COMMENT ON TABLE pass.venue IS 'Where a service is used: doors, desks, gates, lines of transport';
COMMENT ON COLUMN pass.venue.venue_id IS 'Key';
COMMENT ON COLUMN pass.venue.service_id IS 'Service';
COMMENT ON COLUMN pass.venue.organisation_id IS 'Who keeps it: of a tourism pass, the partner that is paid for entries';
COMMENT ON COLUMN pass.venue.name IS 'Name in addresses, within its service';
COMMENT ON COLUMN pass.venue.title IS 'Name for people';
COMMENT ON COLUMN pass.venue.kind IS 'place or transport';
COMMENT ON COLUMN pass.venue.insee_code IS 'Commune';
COMMENT ON COLUMN pass.venue.location IS 'Where it is, WGS 84';
COMMENT ON COLUMN pass.venue.is_open IS 'Whether it takes passes now';
CREATE INDEX venue_organisation_idx ON pass.venue (organisation_id);

CREATE TABLE pass.entitlement_kind (
    service_id integer NOT NULL REFERENCES pass.service (service_id),
    number integer NOT NULL CHECK (number BETWEEN 1 AND 32767),
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{0,47}$'),
    title text NOT NULL CHECK (title <> ''),
    condition jsonb NOT NULL,
    PRIMARY KEY (service_id, number),
    UNIQUE (service_id, code)
);
COMMENT ON TABLE pass.entitlement_kind IS 'Rights that a service knows, and what they follow from';
COMMENT ON COLUMN pass.entitlement_kind.service_id IS 'Service';
COMMENT ON COLUMN pass.entitlement_kind.number IS 'Number in tokens: readers see it and never what it stands for';
COMMENT ON COLUMN pass.entitlement_kind.code IS 'Name for those who run the service';
COMMENT ON COLUMN pass.entitlement_kind.title IS 'Name for people';
COMMENT ON COLUMN pass.entitlement_kind.condition IS 'What it follows from: residence, age, social tariff; enjoy.passes.rights reads it';

CREATE TABLE pass.rule (
    rule_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_id integer NOT NULL REFERENCES pass.service (service_id),
    content jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= created_at)
);
COMMENT ON TABLE pass.rule IS 'Who is admitted, when, how often, at which price class; the first rule that admits decides';
COMMENT ON COLUMN pass.rule.rule_id IS 'Key; rules are tried in its order';
COMMENT ON COLUMN pass.rule.service_id IS 'Service';
COMMENT ON COLUMN pass.rule.content IS 'As enjoy.reader.rules reads it, on the server and in readers';
COMMENT ON COLUMN pass.rule.created_at IS 'When it was declared';
COMMENT ON COLUMN pass.rule.ended_at IS 'When it ended; null: it holds';
CREATE INDEX rule_service_idx ON pass.rule (service_id, rule_id);

-- Who a holder is to a service -----------------------------------------------------------------------------------------
CREATE TABLE pass.subject (
    subject_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    holder_id uuid NOT NULL REFERENCES pass.holder (holder_id),
    service_id integer NOT NULL REFERENCES pass.service (service_id),
    joined_on date NOT NULL,
    left_on date
);
COMMENT ON TABLE pass.subject IS 'Who a holder is to one service: a random number, so that two services cannot tell that they know the same person';
COMMENT ON COLUMN pass.subject.subject_id IS 'Pseudonym; all that a service ever sees of a holder';
COMMENT ON COLUMN pass.subject.holder_id IS 'Holder';
COMMENT ON COLUMN pass.subject.service_id IS 'Service';
COMMENT ON COLUMN pass.subject.joined_on IS 'Day on which they joined; no time, which two services could match';
COMMENT ON COLUMN pass.subject.left_on IS 'Day on which they left; null: they use it';
CREATE INDEX subject_service_idx ON pass.subject (service_id, subject_id);
CREATE INDEX subject_holder_idx ON pass.subject (holder_id);

CREATE TABLE pass.entitlement (
    subject_id uuid NOT NULL REFERENCES pass.subject (subject_id) ON DELETE CASCADE,
    number integer NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_until > valid_from),
    derived_on date NOT NULL,
    PRIMARY KEY (subject_id, number)
);
COMMENT ON TABLE pass.entitlement IS 'Rights that hold: derived, for a time, and derived again';
COMMENT ON COLUMN pass.entitlement.subject_id IS 'Whose';
COMMENT ON COLUMN pass.entitlement.number IS 'Which, of entitlement_kind of the service';
COMMENT ON COLUMN pass.entitlement.valid_from IS 'From when';
COMMENT ON COLUMN pass.entitlement.valid_until IS 'Until when; at bounds that many share';
COMMENT ON COLUMN pass.entitlement.derived_on IS 'Day on which it was derived last';

CREATE TABLE pass.token (
    token_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subject_id uuid NOT NULL REFERENCES pass.subject (subject_id),
    medium_id uuid NOT NULL REFERENCES pass.medium (medium_id),
    status_index integer NOT NULL UNIQUE CHECK (status_index >= 0),
    status smallint NOT NULL DEFAULT 0 CHECK (status IN (0, 1, 2)),
    device_key bytea CHECK (octet_length(device_key) = 32),
    issued_on date NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE pass.token IS 'Signed codes that were issued: one for each medium and service';
COMMENT ON COLUMN pass.token.token_id IS 'Number in the token (cti), random';
COMMENT ON COLUMN pass.token.subject_id IS 'For whom, at which service';
COMMENT ON COLUMN pass.token.medium_id IS 'Medium that holds it';
COMMENT ON COLUMN pass.token.status_index IS 'Place in the status list, random';
COMMENT ON COLUMN pass.token.status IS '0: valid, 1: revoked for good, 2: blocked until further notice';
COMMENT ON COLUMN pass.token.device_key IS 'Ed25519 public key of the phone for this service alone; null: on paper';
COMMENT ON COLUMN pass.token.issued_on IS 'Day on which it was issued';
COMMENT ON COLUMN pass.token.expires_at IS 'Until when; at bounds that all tokens share';
CREATE INDEX token_subject_idx ON pass.token (subject_id);
CREATE INDEX token_medium_idx ON pass.token (medium_id);

CREATE TABLE pass.card_serial (
    service_id integer NOT NULL REFERENCES pass.service (service_id),
    serial_hmac bytea NOT NULL CHECK (octet_length(serial_hmac) = 32),
    medium_id uuid NOT NULL REFERENCES pass.medium (medium_id),
    subject_id uuid NOT NULL REFERENCES pass.subject (subject_id),
    PRIMARY KEY (service_id, serial_hmac)
);
COMMENT ON TABLE pass.card_serial IS 'Serials of cards, as each service would have them: HMAC-SHA-256 under a key of the service, which never leaves the server';
COMMENT ON COLUMN pass.card_serial.service_id IS 'Service';
COMMENT ON COLUMN pass.card_serial.serial_hmac IS 'HMAC of the serial; the serial itself is nowhere';
COMMENT ON COLUMN pass.card_serial.medium_id IS 'Card';
COMMENT ON COLUMN pass.card_serial.subject_id IS 'For whom';
CREATE INDEX card_serial_medium_idx ON pass.card_serial (medium_id);
CREATE INDEX card_serial_subject_idx ON pass.card_serial (subject_id);

-- Who looked -----------------------------------------------------------------------------------------------------------
CREATE TABLE pass.access (
    access_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    holder_id uuid NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    organisation text,
    subject text NOT NULL CHECK (subject <> ''),
    purpose text NOT NULL CHECK (purpose <> '')
);
COMMENT ON TABLE pass.access IS 'Who looked at or changed what is held of a holder; the holder sees it';
COMMENT ON COLUMN pass.access.access_id IS 'Key; grows with time';
COMMENT ON COLUMN pass.access.at IS 'When';
COMMENT ON COLUMN pass.access.holder_id IS 'Whose data';
COMMENT ON COLUMN pass.access.actor IS 'Who, as in audit_entry';
COMMENT ON COLUMN pass.access.organisation IS 'For which organisation; null: the holder or their guardian';
COMMENT ON COLUMN pass.access.subject IS 'What: attestation, rights, export, medium';
COMMENT ON COLUMN pass.access.purpose IS 'What for';
CREATE INDEX access_holder_idx ON pass.access (holder_id, access_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON
pass.holder, pass.medium, pass.service, pass.venue, pass.entitlement_kind, pass.rule, pass.subject, pass.entitlement,
pass.token, pass.card_serial TO somel_enjoy_pass;
GRANT SELECT, INSERT ON pass.access TO somel_enjoy_pass;
