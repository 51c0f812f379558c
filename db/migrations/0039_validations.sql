-- Passes: the readers at doors, what they admitted, and what is counted of it.

CREATE TABLE pass.reader (
    reader_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue_id integer NOT NULL REFERENCES pass.venue (venue_id),
    title text NOT NULL CHECK (title <> '' AND length(title) <= 100),
    secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE pass.reader IS 'Readers of passes at the doors of venues; each has a secret of its own';
COMMENT ON COLUMN pass.reader.reader_id IS 'Key';
COMMENT ON COLUMN pass.reader.venue_id IS 'Where it stands';
COMMENT ON COLUMN pass.reader.title IS 'Name for people';
COMMENT ON COLUMN pass.reader.secret_sha256 IS 'SHA-256 of its secret, which was shown once';
COMMENT ON COLUMN pass.reader.created_at IS 'When it was made';
COMMENT ON COLUMN pass.reader.last_seen_at IS 'When it last fetched its rules or told its log; null: never';
COMMENT ON COLUMN pass.reader.revoked_at IS 'When it was revoked; what it still tells of before is kept and flagged; null: it is good';
CREATE INDEX reader_venue_idx ON pass.reader (venue_id);

CREATE TABLE pass.validation (
    nonce uuid PRIMARY KEY,
    reader_id integer NOT NULL REFERENCES pass.reader (reader_id),
    venue_id integer NOT NULL REFERENCES pass.venue (venue_id),
    at timestamptz NOT NULL,
    subject_id uuid,
    token_id uuid,
    serial_hmac bytea CHECK (octet_length(serial_hmac) = 32),
    step bigint,
    proof text CHECK (proof IN ('serial', 'token', 'device')),
    is_admitted boolean NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    rule_id integer,
    price_class text,
    is_offline boolean NOT NULL,
    CHECK (is_admitted = (reason = 'admitted'))
);
COMMENT ON TABLE pass.validation IS 'What was shown at readers, and whether it was admitted; after 48 hours nothing says who it was';
COMMENT ON COLUMN pass.validation.nonce IS 'Number of the scan, made by the reader: told twice, it is stored once';
COMMENT ON COLUMN pass.validation.reader_id IS 'Reader';
COMMENT ON COLUMN pass.validation.venue_id IS 'Where the reader stood';
COMMENT ON COLUMN pass.validation.at IS 'When, as the reader says where it was offline';
COMMENT ON COLUMN pass.validation.subject_id IS 'Who, for the service; null: not known, or 48 hours are over';
COMMENT ON COLUMN pass.validation.token_id IS 'Code that was shown; null: none, or 48 hours are over';
COMMENT ON COLUMN pass.validation.serial_hmac IS 'Card that was shown, as the service has it; null: none, or 48 hours are over';
COMMENT ON COLUMN pass.validation.step IS 'Half minute that the phone signed; null: none, or 48 hours are over';
COMMENT ON COLUMN pass.validation.proof IS 'How sure it was; null: nothing that could be read was shown';
COMMENT ON COLUMN pass.validation.is_admitted IS 'Whether the reader let them in; nobody is un-admitted later';
COMMENT ON COLUMN pass.validation.reason IS 'Of the closed list enjoy.reader.reasons';
COMMENT ON COLUMN pass.validation.rule_id IS 'Rule that admitted';
COMMENT ON COLUMN pass.validation.price_class IS 'What the reader said of the price';
COMMENT ON COLUMN pass.validation.is_offline IS 'Whether the reader decided alone and told later';
CREATE INDEX validation_subject_idx ON pass.validation (subject_id, at) WHERE subject_id IS NOT NULL;
CREATE INDEX validation_step_idx ON pass.validation (token_id, step) WHERE step IS NOT NULL AND is_admitted;
CREATE INDEX validation_known_idx ON pass.validation (at)
WHERE subject_id IS NOT NULL OR token_id IS NOT NULL OR serial_hmac IS NOT NULL OR step IS NOT NULL;
CREATE INDEX validation_venue_idx ON pass.validation (venue_id, at);

CREATE TABLE pass.use (
    subject_id uuid NOT NULL REFERENCES pass.subject (subject_id) ON DELETE CASCADE,
    rule_id integer NOT NULL REFERENCES pass.rule (rule_id),
    per text NOT NULL CHECK (per IN ('day', 'week', 'month', 'ever')),
    start_on date NOT NULL,
    venue text NOT NULL,
    use_count integer NOT NULL CHECK (use_count > 0),
    PRIMARY KEY (subject_id, rule_id, per, start_on, venue)
);
COMMENT ON TABLE pass.use IS 'How often somebody used what a rule limits, with no time finer than its period; forgotten when the period is over';
COMMENT ON COLUMN pass.use.subject_id IS 'Who';
COMMENT ON COLUMN pass.use.rule_id IS 'By which rule';
COMMENT ON COLUMN pass.use.per IS 'Period that the rule counts in';
COMMENT ON COLUMN pass.use.start_on IS 'First day of the period; 0001-01-01 for ever';
COMMENT ON COLUMN pass.use.venue IS 'Name of the venue where they count apart, else empty';
COMMENT ON COLUMN pass.use.use_count IS 'Admissions';

CREATE TABLE pass.first_use (
    subject_id uuid PRIMARY KEY REFERENCES pass.subject (subject_id) ON DELETE CASCADE,
    at timestamptz NOT NULL
);
COMMENT ON TABLE pass.first_use IS 'When somebody was first admitted, where rules of the service last from then on; rounded to the day when that is over';
COMMENT ON COLUMN pass.first_use.subject_id IS 'Who';
COMMENT ON COLUMN pass.first_use.at IS 'When';

CREATE TABLE pass.double_use (
    double_use_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nonce uuid NOT NULL REFERENCES pass.validation (nonce) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('uses', 'proof', 'serial', 'not_valid', 'reader_revoked')),
    service_id integer NOT NULL REFERENCES pass.service (service_id),
    venue_id integer NOT NULL REFERENCES pass.venue (venue_id),
    subject_id uuid,
    at timestamptz NOT NULL,
    UNIQUE (nonce, kind)
);
COMMENT ON TABLE pass.double_use IS 'Admissions that look wrong once all readers have told theirs; who runs the service looks into it, nobody is un-admitted';
COMMENT ON COLUMN pass.double_use.double_use_id IS 'Key';
COMMENT ON COLUMN pass.double_use.nonce IS 'Admission';
COMMENT ON COLUMN pass.double_use.kind IS 'uses: more often than the rule lets; proof: one moment of a phone at two doors; serial: one card at two doors faster than one can go; not_valid: the code was revoked or the right was over; reader_revoked';
COMMENT ON COLUMN pass.double_use.service_id IS 'Service';
COMMENT ON COLUMN pass.double_use.venue_id IS 'Where';
COMMENT ON COLUMN pass.double_use.subject_id IS 'Who, for the service; null: not known, or 48 hours are over';
COMMENT ON COLUMN pass.double_use.at IS 'When they were admitted';
CREATE INDEX double_use_service_idx ON pass.double_use (service_id, at);
CREATE INDEX double_use_known_idx ON pass.double_use (at) WHERE subject_id IS NOT NULL;

CREATE TABLE pass.statistic (
    venue_id integer NOT NULL REFERENCES pass.venue (venue_id),
    day date NOT NULL,
    price_class text NOT NULL,
    admission_count integer CHECK (admission_count > 0),
    hidden text CHECK (hidden IN ('k', 'complementary')),
    PRIMARY KEY (venue_id, day, price_class),
    CHECK ((admission_count IS NULL) = (hidden IS NOT NULL))
);
COMMENT ON TABLE pass.statistic IS 'How often venues were used, by day; only what no single holder can be told from was ever stored';
COMMENT ON COLUMN pass.statistic.venue_id IS 'Where';
COMMENT ON COLUMN pass.statistic.day IS 'Day in Lille';
COMMENT ON COLUMN pass.statistic.price_class IS 'Price class; empty: all together';
COMMENT ON COLUMN pass.statistic.admission_count IS 'Admissions; null: hidden';
COMMENT ON COLUMN pass.statistic.hidden IS 'Why it is hidden: k, fewer holders than the least; complementary, another could be worked out; null: it is not';

CREATE TABLE pass.statistic_day (
    day date PRIMARY KEY
);
COMMENT ON TABLE pass.statistic_day IS 'Days that are counted: what is told of them later changes nothing, for two versions of a number tell the difference';
COMMENT ON COLUMN pass.statistic_day.day IS 'Day in Lille';

GRANT SELECT, INSERT, UPDATE, DELETE ON
pass.reader, pass.validation, pass.use, pass.first_use, pass.double_use, pass.statistic, pass.statistic_day
TO somel_enjoy_pass;
