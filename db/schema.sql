-- Generated from a migrated database by `UPDATE_SCHEMA=1 pytest tests/db/test_schema.py`; do not edit.

CREATE SCHEMA catalogue; -- Enjoy: organisations, what they publish, and under which contract
GRANT USAGE ON SCHEMA catalogue TO somel_enjoy_account;
GRANT USAGE ON SCHEMA catalogue TO somel_enjoy_pass;
GRANT USAGE ON SCHEMA catalogue TO somel_enjoy_read;
GRANT USAGE ON SCHEMA catalogue TO somel_enjoy_shop;
GRANT USAGE ON SCHEMA catalogue TO somel_enjoy_write;
GRANT USAGE ON SCHEMA catalogue TO somel_ingest;
GRANT USAGE ON SCHEMA catalogue TO somel_read;
CREATE SCHEMA enjoy; -- Published views: all that somel_enjoy_read can see
GRANT USAGE ON SCHEMA enjoy TO somel_enjoy_read;
GRANT USAGE ON SCHEMA enjoy TO somel_enjoy_shop;
GRANT USAGE ON SCHEMA enjoy TO somel_enjoy_write;
GRANT USAGE ON SCHEMA enjoy TO somel_read;
CREATE SCHEMA migration; -- Which steps of db/migrations this database has
GRANT USAGE ON SCHEMA migration TO PUBLIC;
CREATE SCHEMA pass; -- Enjoy: holders of cards and passes, what they may use, and that they used it; no role that serves data sees it
GRANT USAGE ON SCHEMA pass TO somel_enjoy_pass;
CREATE SCHEMA personal; -- What names a person's place of supply; read by somel_personal alone
GRANT USAGE ON SCHEMA personal TO somel_personal;
CREATE SCHEMA record; -- Enjoy: records of datasets, a table each, made by catalogue.open_version from its contract
GRANT USAGE ON SCHEMA record TO somel_enjoy_write;
CREATE SCHEMA shop; -- Enjoy: shops, what they sell, when it is collected, and orders
GRANT USAGE ON SCHEMA shop TO somel_enjoy_shop;
CREATE SCHEMA somel; -- The platform: territory, devices, readings, forecasts, demand response
GRANT USAGE ON SCHEMA somel TO somel_compute;
GRANT USAGE ON SCHEMA somel TO somel_enjoy_account;
GRANT USAGE ON SCHEMA somel TO somel_enjoy_pass;
GRANT USAGE ON SCHEMA somel TO somel_enjoy_shop;
GRANT USAGE ON SCHEMA somel TO somel_enjoy_write;
GRANT USAGE ON SCHEMA somel TO somel_ingest;
GRANT USAGE ON SCHEMA somel TO somel_read;

-- People who sign in to Enjoy to make keys
CREATE TABLE catalogue.account (
    account_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    email text NOT NULL, -- What they sign in by, in small letters; nobody has shown that it is theirs
    passphrase text NOT NULL, -- scrypt$<n>$<r>$<p>$<salt>$<hash>, both in base64
    organisation_id integer NOT NULL, -- Their own, of kind developer
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When they signed up
    failure_count integer NOT NULL DEFAULT 0, -- Wrong passphrases since the last right one
    closed_until timestamp with time zone, -- Until then no passphrase is looked at, after too many wrong ones; null: open
    CONSTRAINT account_pkey PRIMARY KEY (account_id),
    CONSTRAINT account_email_key UNIQUE (email),
    CONSTRAINT account_organisation_id_key UNIQUE (organisation_id),
    CONSTRAINT account_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT account_email_check CHECK (((email = lower(email)) AND (email ~ '^[^@\s]+@[^@\s]+$'::text))),
    CONSTRAINT account_failure_count_check CHECK ((failure_count >= 0)),
    CONSTRAINT account_passphrase_check CHECK ((passphrase ~~ 'scrypt$%'::text))
);
GRANT INSERT, SELECT, UPDATE ON catalogue.account TO somel_enjoy_account;

-- Keys of the Enjoy API, by the SHA-256 of a 256-bit random secret
CREATE TABLE catalogue.api_key (
    api_key_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    organisation_id integer NOT NULL, -- Organisation that it acts for
    name text NOT NULL, -- What it is for
    secret_sha256 bytea NOT NULL, -- SHA-256 of the secret; the secret itself is shown once and not kept
    scopes text[] NOT NULL, -- What it may do
    is_sandbox boolean NOT NULL DEFAULT false, -- Whether what it writes is only tried, and never stored
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was made
    expires_at timestamp with time zone, -- After this it is not accepted; null for never
    revoked_at timestamp with time zone, -- When it was revoked
    before_sha256 bytea, -- SHA-256 of the secret before the last rotation; null: there is none
    before_until timestamp with time zone, -- Until when that one is taken beside the new one
    rotated_at timestamp with time zone, -- When it was given a new secret; null: never
    quota_per_minute integer, -- Requests that it may make in a minute, 0 for any number; null: as the settings say
    CONSTRAINT api_key_pkey PRIMARY KEY (api_key_id),
    CONSTRAINT api_key_secret_sha256_key UNIQUE (secret_sha256),
    CONSTRAINT api_key_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT api_key_before_sha256_check CHECK ((octet_length(before_sha256) = 32)),
    CONSTRAINT api_key_check CHECK (((before_sha256 IS NULL) = (before_until IS NULL))),
    CONSTRAINT api_key_name_check CHECK ((name <> ''::text)),
    CONSTRAINT api_key_quota_per_minute_check CHECK ((quota_per_minute >= 0)),
    CONSTRAINT api_key_scopes_check CHECK ((cardinality(scopes) > 0)),
    CONSTRAINT api_key_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
);
CREATE INDEX api_key_organisation_idx ON catalogue.api_key USING btree (organisation_id);
CREATE UNIQUE INDEX api_key_before_idx ON catalogue.api_key USING btree (before_sha256) WHERE (before_sha256 IS NOT NULL);
CREATE TRIGGER announce AFTER UPDATE ON catalogue.api_key FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT INSERT, SELECT, UPDATE ON catalogue.api_key TO somel_enjoy_account;
GRANT SELECT ON catalogue.api_key TO somel_read;

-- What is published, under a name that never changes
CREATE TABLE catalogue.dataset (
    dataset_id integer GENERATED ALWAYS AS IDENTITY, -- Key; its records are in record.d<dataset_id>
    organisation_id integer NOT NULL, -- Publisher
    name text NOT NULL, -- Permanent name, part of addresses, unique among all
    title text NOT NULL, -- Name for people
    description text NOT NULL, -- What it holds, where it comes from, what it is not good for
    licence text NOT NULL, -- Key of core.datasets.LICENCES
    theme text NOT NULL, -- Key of core.datasets.THEMES, the data themes of the EU
    keywords text[] NOT NULL DEFAULT '{}'::text[], -- Words to be found by
    openness text NOT NULL, -- open: everybody; partners: every organisation; private: the publisher and those it is shared with
    update_period_s integer, -- Promise: records are never older; null: none [s]
    retention_s bigint, -- Age at which records are deleted; null: never [s]
    geometry_type text, -- Of every record, in WGS 84; null: there is none
    key_fields text[] NOT NULL, -- Fields that name what a record is about; of all versions
    time_field text, -- Field that says when; with it history is kept, a record for each key and time; null: one for each key
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was declared
    changed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When its description or contract last changed
    records_changed_at timestamp with time zone, -- When a record was last written or deleted; null: never
    withdrawn_at timestamp with time zone, -- When it was withdrawn; its name is not given again
    change_number bigint NOT NULL DEFAULT 0, -- Number of the last change of its records
    CONSTRAINT dataset_pkey PRIMARY KEY (dataset_id),
    CONSTRAINT dataset_name_key UNIQUE (name),
    CONSTRAINT dataset_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT dataset_change_number_check CHECK ((change_number >= 0)),
    CONSTRAINT dataset_description_check CHECK ((description <> ''::text)),
    CONSTRAINT dataset_geometry_type_check CHECK ((geometry_type = ANY (ARRAY['Point'::text, 'MultiPoint'::text, 'LineString'::text, 'MultiLineString'::text, 'Polygon'::text, 'MultiPolygon'::text, 'Geometry'::text]))),
    CONSTRAINT dataset_key_fields_check CHECK ((cardinality(key_fields) > 0)),
    CONSTRAINT dataset_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{1,47}$'::text)),
    CONSTRAINT dataset_openness_check CHECK ((openness = ANY (ARRAY['open'::text, 'partners'::text, 'private'::text]))),
    CONSTRAINT dataset_retention_s_check CHECK ((retention_s > 0)),
    CONSTRAINT dataset_title_check CHECK ((title <> ''::text)),
    CONSTRAINT dataset_update_period_s_check CHECK ((update_period_s > 0))
);
CREATE INDEX dataset_organisation_idx ON catalogue.dataset USING btree (organisation_id);
CREATE TRIGGER announce AFTER UPDATE OF records_changed_at ON catalogue.dataset FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT INSERT, SELECT, UPDATE ON catalogue.dataset TO somel_enjoy_write;
GRANT SELECT ON catalogue.dataset TO somel_enjoy_read;
GRANT SELECT (dataset_id, organisation_id, name, withdrawn_at) ON catalogue.dataset TO somel_enjoy_account;
ALTER TABLE catalogue.dataset ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.dataset FOR ALL TO somel_enjoy_write USING ((organisation_id = ANY (catalogue.acting())));
CREATE POLICY readable ON catalogue.dataset FOR SELECT TO somel_enjoy_read, somel_enjoy_write USING (catalogue.may_read(dataset_id));
CREATE POLICY told ON catalogue.dataset FOR SELECT TO somel_enjoy_account USING (true);

-- What the records of a dataset are, as catalogues say it; made from them, and made anew when they changed
CREATE TABLE catalogue.dataset_summary (
    dataset_id integer NOT NULL, -- Dataset
    summarised_at timestamp with time zone NOT NULL, -- When it was made, by the clock of the database
    records_changed_at timestamp with time zone, -- That of the dataset when it was made; another one there: it is to be made anew
    subject_count bigint NOT NULL, -- Keys that have a record; of those beyond 100,000 it is not counted how many
    west double precision, -- Least longitude of the latest records, now and each time before; null: they have no geometry [degrees]
    south double precision, -- Least latitude [degrees]
    east double precision, -- Greatest longitude [degrees]
    north double precision, -- Greatest latitude [degrees]
    first_at timestamp with time zone, -- Time of the oldest record; null: records have no time
    last_at timestamp with time zone, -- Time of the newest record; null: records have no time
    in_time_ratio double precision, -- Part of the recent time in which the newest record was no older than promised; null: nothing is promised, or too little known [ratio]
    CONSTRAINT dataset_summary_pkey PRIMARY KEY (dataset_id),
    CONSTRAINT dataset_summary_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id),
    CONSTRAINT dataset_summary_in_time_ratio_check CHECK (((in_time_ratio >= (0)::double precision) AND (in_time_ratio <= (1)::double precision))),
    CONSTRAINT dataset_summary_subject_count_check CHECK ((subject_count >= 0))
);
ALTER TABLE catalogue.dataset_summary ENABLE ROW LEVEL SECURITY;

-- Shapes that a dataset has: the newest, and older ones until their sunset
CREATE TABLE catalogue.dataset_version (
    dataset_id integer NOT NULL, -- Dataset
    version integer NOT NULL, -- From 1 on
    opened_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was opened
    deprecated_at timestamp with time zone, -- When a newer one was opened; null: it is the newest
    sunset_at timestamp with time zone, -- Until when it answers at least; a year or more after that
    CONSTRAINT dataset_version_pkey PRIMARY KEY (dataset_id, version),
    CONSTRAINT dataset_version_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id),
    CONSTRAINT dataset_version_check CHECK ((((deprecated_at IS NULL) = (sunset_at IS NULL)) AND (sunset_at >= (deprecated_at + '365 days'::interval)))),
    CONSTRAINT dataset_version_version_check CHECK ((version > 0))
);
GRANT INSERT, SELECT, UPDATE ON catalogue.dataset_version TO somel_enjoy_write;
GRANT SELECT ON catalogue.dataset_version TO somel_enjoy_read;
ALTER TABLE catalogue.dataset_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.dataset_version FOR ALL TO somel_enjoy_write USING (catalogue.may_write(dataset_id));
CREATE POLICY readable ON catalogue.dataset_version FOR SELECT TO somel_enjoy_read, somel_enjoy_write USING (catalogue.may_read(dataset_id));

-- How far energy is published: what lies before is never computed again
CREATE TABLE catalogue.energy_progress (
    dataset_id integer NOT NULL, -- Dataset
    published_until timestamp with time zone NOT NULL, -- Everything that starts before this is published, or hidden for good
    CONSTRAINT energy_progress_pkey PRIMARY KEY (dataset_id),
    CONSTRAINT energy_progress_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id)
);
GRANT INSERT, SELECT, UPDATE ON catalogue.energy_progress TO somel_enjoy_write;
ALTER TABLE catalogue.energy_progress ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.energy_progress FOR ALL TO somel_enjoy_write USING (catalogue.may_write(dataset_id));

-- What a record of a version has
CREATE TABLE catalogue.field (
    dataset_id integer NOT NULL, -- Dataset
    version integer NOT NULL, -- Version
    position integer NOT NULL, -- Place among the fields, from 1 on
    name text NOT NULL, -- Name in records
    type text NOT NULL, -- text, integer (64 bits), number (double), boolean, date, or timestamp (aware)
    unit text, -- Unit, as UCUM writes it; null: it has none
    title text NOT NULL, -- Name for people
    description text NOT NULL DEFAULT ''::text, -- What it means
    is_required boolean NOT NULL, -- Whether every record has it
    column_name text, -- Column that it is in; null: none any more, it is always null
    CONSTRAINT field_pkey PRIMARY KEY (dataset_id, version, name),
    CONSTRAINT field_dataset_id_version_position_key UNIQUE (dataset_id, version, "position"),
    CONSTRAINT field_dataset_id_version_fkey FOREIGN KEY (dataset_id, version) REFERENCES catalogue.dataset_version(dataset_id, version),
    CONSTRAINT field_column_name_check CHECK ((column_name ~ '^[a-z][a-z0-9_]{0,60}$'::text)),
    CONSTRAINT field_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,47}$'::text)),
    CONSTRAINT field_position_check CHECK (("position" > 0)),
    CONSTRAINT field_title_check CHECK ((title <> ''::text)),
    CONSTRAINT field_type_check CHECK ((type = ANY (ARRAY['text'::text, 'integer'::text, 'number'::text, 'boolean'::text, 'date'::text, 'timestamp'::text])))
);
GRANT INSERT, SELECT ON catalogue.field TO somel_enjoy_write;
GRANT SELECT ON catalogue.field TO somel_enjoy_read;
ALTER TABLE catalogue.field ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.field FOR ALL TO somel_enjoy_write USING (catalogue.may_write(dataset_id));
CREATE POLICY readable ON catalogue.field FOR SELECT TO somel_enjoy_read, somel_enjoy_write USING (catalogue.may_read(dataset_id));

-- Requests that were answered, by the key that their caller gave them; the same again has the same answer
CREATE TABLE catalogue.idempotency_key (
    organisation_id integer NOT NULL, -- Whose request it was
    key text NOT NULL, -- Header Idempotency-Key
    request_sha256 bytea NOT NULL, -- SHA-256 of the request: path, query and body
    answered_at timestamp with time zone NOT NULL, -- When; forgotten a day later
    answer text NOT NULL, -- What was answered, JSON as it was sent
    CONSTRAINT idempotency_key_pkey PRIMARY KEY (organisation_id, key),
    CONSTRAINT idempotency_key_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT idempotency_key_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
    CONSTRAINT idempotency_key_request_sha256_check CHECK ((octet_length(request_sha256) = 32))
);
CREATE INDEX idempotency_key_answered_idx ON catalogue.idempotency_key USING btree (answered_at);
GRANT DELETE, INSERT, SELECT, UPDATE ON catalogue.idempotency_key TO somel_enjoy_write;
ALTER TABLE catalogue.idempotency_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.idempotency_key FOR ALL TO somel_enjoy_write USING ((organisation_id = ANY (catalogue.acting())));

-- Messages of publishers, as MQTT brought them: they wait here to be published, and stay where that cannot be
CREATE TABLE catalogue.inbox (
    inbox_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows in the order received
    received_at timestamp with time zone NOT NULL, -- When
    dataset text NOT NULL, -- Dataset that the topic names; there may be none of that name
    payload bytea NOT NULL, -- The message
    refused_at timestamp with time zone, -- When it was given up; null: it waits
    code text, -- Why, for programs
    reason text, -- Why, for people
    CONSTRAINT inbox_pkey PRIMARY KEY (inbox_id),
    CONSTRAINT inbox_check CHECK ((((refused_at IS NULL) = (code IS NULL)) AND ((code IS NULL) = (reason IS NULL))))
);
CREATE INDEX inbox_refused_idx ON catalogue.inbox USING btree (refused_at) WHERE (refused_at IS NOT NULL);
CREATE INDEX inbox_waiting_idx ON catalogue.inbox USING btree (dataset, inbox_id) WHERE (refused_at IS NULL);
CREATE TRIGGER announce AFTER INSERT ON catalogue.inbox FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, SELECT, UPDATE ON catalogue.inbox TO somel_enjoy_write;
GRANT INSERT ON catalogue.inbox TO somel_ingest;
ALTER TABLE catalogue.inbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY arriving ON catalogue.inbox FOR a TO somel_ingest USING ();
CREATE POLICY nobodys ON catalogue.inbox FOR ALL TO somel_enjoy_write USING (catalogue.acts_for_all());
CREATE POLICY own ON catalogue.inbox FOR ALL TO somel_enjoy_write USING ((dataset IN ( SELECT dataset.name
   FROM catalogue.dataset
  WHERE (dataset.organisation_id = ANY (catalogue.acting())))));

-- Links that let whoever holds them join an organisation, once
CREATE TABLE catalogue.invitation (
    invitation_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    organisation_id integer NOT NULL, -- Organisation
    role text NOT NULL, -- As what
    secret_sha256 bytea NOT NULL, -- SHA-256 of the secret in the link
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was made
    expires_at timestamp with time zone NOT NULL, -- After this it is not taken
    taken_at timestamp with time zone, -- When it was taken, or taken back; null: it is open
    CONSTRAINT invitation_pkey PRIMARY KEY (invitation_id),
    CONSTRAINT invitation_secret_sha256_key UNIQUE (secret_sha256),
    CONSTRAINT invitation_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT invitation_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'publisher'::text, 'desk'::text, 'reader'::text]))),
    CONSTRAINT invitation_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
);
CREATE INDEX invitation_organisation_idx ON catalogue.invitation USING btree (organisation_id);
GRANT INSERT, SELECT, UPDATE ON catalogue.invitation TO somel_enjoy_account;

-- Who may make keys of which organisation
CREATE TABLE catalogue.member (
    organisation_id integer NOT NULL, -- Organisation
    account_id integer NOT NULL, -- Person
    role text NOT NULL, -- owner: all, and members; publisher: keys that write and declare; desk: rights of holders; reader: keys that read
    since timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When they joined
    CONSTRAINT member_pkey PRIMARY KEY (organisation_id, account_id),
    CONSTRAINT member_account_id_fkey FOREIGN KEY (account_id) REFERENCES catalogue.account(account_id),
    CONSTRAINT member_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT member_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'publisher'::text, 'desk'::text, 'reader'::text])))
);
CREATE INDEX member_account_idx ON catalogue.member USING btree (account_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON catalogue.member TO somel_enjoy_account;

-- Who publishes: services of the metropolis, communes, partners; each a tenant. And developers, who only read
CREATE TABLE catalogue.organisation (
    organisation_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    name text NOT NULL, -- Permanent name, part of addresses
    title text NOT NULL, -- Name for people
    kind text NOT NULL, -- metropolis, commune, partner, developer: one person's own, or merchant: a shop
    insee_code text, -- Of a commune
    homepage text, -- Its own site
    contact text, -- Where questions about its data go: an address of the organisation, not of a person
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it joined
    CONSTRAINT organisation_pkey PRIMARY KEY (organisation_id),
    CONSTRAINT organisation_name_key UNIQUE (name),
    CONSTRAINT organisation_insee_code_fkey FOREIGN KEY (insee_code) REFERENCES commune(insee_code),
    CONSTRAINT organisation_kind_check CHECK ((kind = ANY (ARRAY['metropolis'::text, 'commune'::text, 'partner'::text, 'developer'::text, 'merchant'::text]))),
    CONSTRAINT organisation_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{1,47}$'::text)),
    CONSTRAINT organisation_title_check CHECK ((title <> ''::text))
);
GRANT INSERT, SELECT ON catalogue.organisation TO somel_enjoy_account;
GRANT SELECT ON catalogue.organisation TO somel_enjoy_pass;
GRANT SELECT ON catalogue.organisation TO somel_enjoy_read;
GRANT SELECT ON catalogue.organisation TO somel_enjoy_shop;
GRANT SELECT ON catalogue.organisation TO somel_enjoy_write;
GRANT SELECT ON catalogue.organisation TO somel_read;
ALTER TABLE catalogue.organisation ENABLE ROW LEVEL SECURITY;
CREATE POLICY kept ON catalogue.organisation FOR ALL TO somel_enjoy_account USING (true);
CREATE POLICY named ON catalogue.organisation FOR SELECT TO somel_read USING (true);
CREATE POLICY shown ON catalogue.organisation FOR SELECT TO somel_enjoy_read, somel_enjoy_write USING ((kind <> 'developer'::text));
CREATE POLICY tenant ON catalogue.organisation FOR SELECT TO somel_enjoy_pass, somel_enjoy_shop USING (true);

-- What is left to keys, as all API processes together have counted; forgotten at a crash, and full then
CREATE TABLE catalogue.quota (
    api_key_id integer NOT NULL, -- API key
    remaining double precision NOT NULL, -- Requests left; below zero where processes allowed more than there was
    counted_at timestamp with time zone NOT NULL, -- When that was so
    CONSTRAINT quota_pkey PRIMARY KEY (api_key_id)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON catalogue.quota TO somel_enjoy_account;

-- Changes of records, one for each time that records were written or deleted; kept for some days
CREATE TABLE catalogue.record_change (
    dataset_id integer NOT NULL, -- Dataset
    number bigint NOT NULL, -- From 1 on without gaps, rising as changes become visible
    at timestamp with time zone NOT NULL, -- When, by the platform's clock
    inserted_count integer NOT NULL, -- New records
    updated_count integer NOT NULL, -- Records that were corrected
    deleted_count integer NOT NULL, -- Records that were deleted
    first_at timestamp with time zone, -- Earliest time of a changed record; null: they have none
    last_at timestamp with time zone, -- Latest time of a changed record; null: they have none
    keys jsonb, -- Keys of the changed records by column, where they are few; null: they are many
    noted_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When, by the wall clock
    fanned_out_at timestamp with time zone, -- When it was written down which webhooks are told; null: not yet
    CONSTRAINT record_change_pkey PRIMARY KEY (dataset_id, number),
    CONSTRAINT record_change_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id),
    CONSTRAINT record_change_deleted_count_check CHECK ((deleted_count >= 0)),
    CONSTRAINT record_change_inserted_count_check CHECK ((inserted_count >= 0)),
    CONSTRAINT record_change_number_check CHECK ((number > 0)),
    CONSTRAINT record_change_updated_count_check CHECK ((updated_count >= 0))
);
CREATE INDEX record_change_noted_idx ON catalogue.record_change USING btree (noted_at);
CREATE INDEX record_change_waiting_idx ON catalogue.record_change USING btree (dataset_id, number) WHERE (fanned_out_at IS NULL);
CREATE TRIGGER announce AFTER INSERT ON catalogue.record_change FOR EACH ROW EXECUTE FUNCTION catalogue.announce_change();
GRANT DELETE, SELECT ON catalogue.record_change TO somel_enjoy_account;
GRANT INSERT, SELECT ON catalogue.record_change TO somel_enjoy_write;
GRANT SELECT ON catalogue.record_change TO somel_enjoy_read;
GRANT UPDATE (fanned_out_at) ON catalogue.record_change TO somel_enjoy_account;
ALTER TABLE catalogue.record_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.record_change FOR ALL TO somel_enjoy_write USING (( SELECT catalogue.may_write(record_change.dataset_id) AS may_write));
CREATE POLICY readable ON catalogue.record_change FOR SELECT TO somel_enjoy_read USING (( SELECT catalogue.may_read(record_change.dataset_id) AS may_read));
CREATE POLICY told ON catalogue.record_change FOR ALL TO somel_enjoy_account USING (true);

-- Records that do not keep the contract, for their publisher to find
CREATE TABLE catalogue.refused_record (
    refused_record_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    dataset_id integer NOT NULL, -- Dataset
    refused_at timestamp with time zone NOT NULL, -- When
    source text NOT NULL, -- How it came: api, upload/<name>, mqtt, pull/<name>
    row_number integer NOT NULL, -- Place in what it came with, from 1 on
    field text, -- Field that is wrong; null: the record as a whole
    code text NOT NULL, -- Reason, for programs
    reason text NOT NULL, -- Reason, for people
    content text NOT NULL, -- The record as it came, its first 2,000 characters
    CONSTRAINT refused_record_pkey PRIMARY KEY (refused_record_id),
    CONSTRAINT refused_record_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id),
    CONSTRAINT refused_record_row_number_check CHECK ((row_number > 0)),
    CONSTRAINT refused_record_source_check CHECK ((source <> ''::text))
);
CREATE INDEX refused_record_dataset_idx ON catalogue.refused_record USING btree (dataset_id, refused_record_id);
GRANT INSERT, SELECT ON catalogue.refused_record TO somel_enjoy_write;
ALTER TABLE catalogue.refused_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.refused_record FOR ALL TO somel_enjoy_write USING (catalogue.may_write(dataset_id));

-- Browsers that are signed in, by the SHA-256 of the secret in their cookie
CREATE TABLE catalogue.session (
    secret_sha256 bytea NOT NULL, -- SHA-256 of 256 random bits
    account_id integer NOT NULL, -- Who
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When they signed in
    expires_at timestamp with time zone NOT NULL, -- After this they sign in anew
    CONSTRAINT session_pkey PRIMARY KEY (secret_sha256),
    CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES catalogue.account(account_id),
    CONSTRAINT session_check CHECK ((expires_at > created_at)),
    CONSTRAINT session_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
);
CREATE INDEX session_account_idx ON catalogue.session USING btree (account_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON catalogue.session TO somel_enjoy_account;

-- Who may read a private dataset beside its publisher
CREATE TABLE catalogue.share (
    dataset_id integer NOT NULL, -- Dataset
    organisation_id integer NOT NULL, -- Organisation that may read it
    since timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was shared
    CONSTRAINT share_pkey PRIMARY KEY (dataset_id, organisation_id),
    CONSTRAINT share_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id),
    CONSTRAINT share_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id)
);
CREATE INDEX share_organisation_idx ON catalogue.share USING btree (organisation_id);
GRANT DELETE, INSERT, SELECT ON catalogue.share TO somel_enjoy_write;
ALTER TABLE catalogue.share ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.share FOR ALL TO somel_enjoy_write USING (catalogue.may_write(dataset_id));

-- HTTP sources that records of a dataset are pulled from
CREATE TABLE catalogue.source (
    dataset_id integer NOT NULL, -- Dataset
    kind text NOT NULL, -- gbfs: a GBFS feed, by its discovery file; json: any JSON with a list in it
    url text NOT NULL, -- Where it is
    period_s integer NOT NULL, -- Time between two pulls [s]
    mapping jsonb NOT NULL, -- How its items become records: enjoy.pulling.mapping
    declared_at timestamp with time zone NOT NULL, -- When it was declared as it is
    declared_by text NOT NULL, -- By whom, as the audit log names them
    next_try_at timestamp with time zone NOT NULL, -- When it is asked next; later after failures
    tried_at timestamp with time zone, -- When it was last asked; null: never
    succeeded_at timestamp with time zone, -- When it last answered as it should; null: never
    failure_count integer NOT NULL DEFAULT 0, -- Failures since then
    error_code text, -- Why it last failed, for programs; null: it did not
    error text, -- Why it last failed, for people; null: it did not
    inserted_count integer NOT NULL DEFAULT 0, -- Records of the last success that were new
    updated_count integer NOT NULL DEFAULT 0, -- Records of it that were corrected
    unchanged_count integer NOT NULL DEFAULT 0, -- Records of it that were the same as before
    refused_count integer NOT NULL DEFAULT 0, -- Records of it that do not keep the contract
    CONSTRAINT source_pkey PRIMARY KEY (dataset_id),
    CONSTRAINT source_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id),
    CONSTRAINT source_declared_by_check CHECK ((declared_by <> ''::text)),
    CONSTRAINT source_kind_check CHECK ((kind = ANY (ARRAY['gbfs'::text, 'json'::text]))),
    CONSTRAINT source_period_s_check CHECK ((period_s >= 10)),
    CONSTRAINT source_url_check CHECK ((url <> ''::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON catalogue.source TO somel_enjoy_write;
ALTER TABLE catalogue.source ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.source FOR ALL TO somel_enjoy_write USING (catalogue.may_write(dataset_id));

-- Files that were uploaded, and what became of their rows; the files themselves are not kept
CREATE TABLE catalogue.upload (
    upload_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    dataset_id integer NOT NULL, -- Dataset
    name text NOT NULL, -- Name of the file, as its publisher gave it
    format text NOT NULL, -- csv, geojson or parquet
    size_bytes bigint NOT NULL, -- Size of the file [bytes]
    sha256 bytea NOT NULL, -- SHA-256 of the file
    is_dry_run boolean NOT NULL, -- Whether it was only tried: nothing of it was stored
    uploaded_at timestamp with time zone NOT NULL, -- When
    uploaded_by text NOT NULL, -- Who, as the audit log names them
    row_count integer NOT NULL, -- Rows that were read
    inserted_count integer NOT NULL, -- Records that were new
    updated_count integer NOT NULL, -- Records that were corrected
    unchanged_count integer NOT NULL, -- Records that were the same as before, and those of a key that came again in the same thousands
    refused_count integer NOT NULL, -- Rows that do not keep the contract
    refusals jsonb NOT NULL, -- The first thousand of these: row, field, code, reason; all are in catalogue.refused_record unless it was only tried
    CONSTRAINT upload_pkey PRIMARY KEY (upload_id),
    CONSTRAINT upload_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id),
    CONSTRAINT upload_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'geojson'::text, 'parquet'::text]))),
    CONSTRAINT upload_name_check CHECK ((name <> ''::text)),
    CONSTRAINT upload_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT upload_size_bytes_check CHECK ((size_bytes >= 0)),
    CONSTRAINT upload_uploaded_by_check CHECK ((uploaded_by <> ''::text))
);
CREATE INDEX upload_dataset_idx ON catalogue.upload USING btree (dataset_id, upload_id);
GRANT INSERT, SELECT ON catalogue.upload TO somel_enjoy_write;
ALTER TABLE catalogue.upload ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.upload FOR ALL TO somel_enjoy_write USING (catalogue.may_write(dataset_id));

-- How much Enjoy is used, by hour
CREATE TABLE catalogue.usage (
    hour timestamp with time zone NOT NULL, -- Start of the hour
    api_key_id integer NOT NULL, -- API key; 0: none was shown
    dataset text NOT NULL, -- Dataset that was asked for and found; empty: none
    route text NOT NULL, -- Method and route template
    status integer NOT NULL, -- Of the answers
    request_count bigint NOT NULL, -- Requests
    sent_bytes bigint NOT NULL, -- Bytes of the answers' bodies before compression [bytes]
    CONSTRAINT usage_pkey PRIMARY KEY (hour, api_key_id, dataset, route, status),
    CONSTRAINT usage_request_count_check CHECK ((request_count > 0)),
    CONSTRAINT usage_sent_bytes_check CHECK ((sent_bytes >= 0)),
    CONSTRAINT usage_status_check CHECK (((status >= 100) AND (status <= 599)))
);
CREATE INDEX usage_dataset_idx ON catalogue.usage USING btree (dataset, hour);
CREATE INDEX usage_key_idx ON catalogue.usage USING btree (api_key_id, hour);
GRANT DELETE, INSERT, SELECT, UPDATE ON catalogue.usage TO somel_enjoy_account;

-- Servers of organisations that are told of changes
CREATE TABLE catalogue.webhook (
    webhook_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    organisation_id integer NOT NULL, -- For whom: it is told what this organisation may read
    url text NOT NULL, -- Where to
    datasets text[] NOT NULL, -- Names of datasets
    events text[] NOT NULL, -- Types of events
    secret bytea NOT NULL, -- Signs what is sent; it has to be known for that, so it is kept as it is
    secret_before bytea, -- The one before the last rotation, which signs as well for a while; null: there is none
    before_until timestamp with time zone, -- Until when it does
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was made
    failure_count integer NOT NULL DEFAULT 0, -- Attempts that failed since the last that did not
    failing_since timestamp with time zone, -- When the first of these was; null: there are none
    retry_at timestamp with time zone, -- Not before this is it called again (wall clock); null: at once
    disabled_at timestamp with time zone, -- Since when it is not called any more; null: it is
    disabled_reason text, -- failing: for too long; gone: it answered 410
    deleted_at timestamp with time zone, -- When its organisation deleted it
    CONSTRAINT webhook_pkey PRIMARY KEY (webhook_id),
    CONSTRAINT webhook_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT webhook_check CHECK (((disabled_at IS NULL) = (disabled_reason IS NULL))),
    CONSTRAINT webhook_check1 CHECK (((secret_before IS NULL) = (before_until IS NULL))),
    CONSTRAINT webhook_datasets_check CHECK ((cardinality(datasets) > 0)),
    CONSTRAINT webhook_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['failing'::text, 'gone'::text]))),
    CONSTRAINT webhook_events_check CHECK ((cardinality(events) > 0)),
    CONSTRAINT webhook_failure_count_check CHECK ((failure_count >= 0)),
    CONSTRAINT webhook_secret_before_check CHECK (((octet_length(secret_before) >= 24) AND (octet_length(secret_before) <= 64))),
    CONSTRAINT webhook_secret_check CHECK (((octet_length(secret) >= 24) AND (octet_length(secret) <= 64)))
);
CREATE INDEX webhook_organisation_idx ON catalogue.webhook USING btree (organisation_id);
GRANT INSERT, SELECT, UPDATE ON catalogue.webhook TO somel_enjoy_write;
GRANT SELECT, UPDATE ON catalogue.webhook TO somel_enjoy_account;
ALTER TABLE catalogue.webhook ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.webhook FOR ALL TO somel_enjoy_write USING ((organisation_id = ANY (catalogue.acting())));
CREATE POLICY told ON catalogue.webhook FOR ALL TO somel_enjoy_account USING (true);

-- What webhooks are told, sent one after the other in the order of the keys
CREATE TABLE catalogue.webhook_delivery (
    webhook_delivery_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising
    webhook_id integer NOT NULL, -- Where to
    dataset_id integer NOT NULL, -- Dataset that changed
    number bigint NOT NULL, -- Which change it was
    body text NOT NULL, -- JSON, exactly as it is sent
    status text NOT NULL DEFAULT 'pending'::text, -- pending, delivered or failed (given up; its organisation may try again)
    made_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was written down
    due_from timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- Since when it is tried, this time round (wall clock)
    attempt_count integer NOT NULL DEFAULT 0, -- How often it was sent, this time round
    answer text, -- What came of the last attempt
    ended_at timestamp with time zone, -- When it was delivered or given up
    CONSTRAINT webhook_delivery_pkey PRIMARY KEY (webhook_delivery_id),
    CONSTRAINT webhook_delivery_webhook_id_dataset_id_number_key UNIQUE (webhook_id, dataset_id, number),
    CONSTRAINT webhook_delivery_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES catalogue.dataset(dataset_id),
    CONSTRAINT webhook_delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES catalogue.webhook(webhook_id),
    CONSTRAINT webhook_delivery_attempt_count_check CHECK ((attempt_count >= 0)),
    CONSTRAINT webhook_delivery_check CHECK (((status = 'pending'::text) = (ended_at IS NULL))),
    CONSTRAINT webhook_delivery_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
);
CREATE INDEX webhook_delivery_dataset_idx ON catalogue.webhook_delivery USING btree (dataset_id, number);
CREATE INDEX webhook_delivery_ended_idx ON catalogue.webhook_delivery USING btree (ended_at) WHERE (status <> 'pending'::text);
CREATE INDEX webhook_delivery_pending_idx ON catalogue.webhook_delivery USING btree (webhook_id, webhook_delivery_id) WHERE (status = 'pending'::text);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OF due_from ON catalogue.webhook_delivery FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT, UPDATE ON catalogue.webhook_delivery TO somel_enjoy_account;
GRANT SELECT, UPDATE ON catalogue.webhook_delivery TO somel_enjoy_write;
ALTER TABLE catalogue.webhook_delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.webhook_delivery FOR ALL TO somel_enjoy_write USING ((webhook_id IN ( SELECT webhook.webhook_id
   FROM catalogue.webhook)));
CREATE POLICY told ON catalogue.webhook_delivery FOR ALL TO somel_enjoy_account USING (true);

-- The communes, for everybody
CREATE VIEW enjoy.commune AS
 SELECT commune.insee_code,
    place.name,
    commune.population,
    commune.centroid,
    commune.boundary
   FROM commune
     JOIN place USING (place_id);
GRANT SELECT ON enjoy.commune TO somel_enjoy_read;
GRANT SELECT ON enjoy.commune TO somel_enjoy_shop;
GRANT SELECT ON enjoy.commune TO somel_read;

-- Migrations, each applied once, in one transaction with this row
CREATE TABLE migration.applied (
    name text NOT NULL, -- Name of the file, without its ending
    sha256 text NOT NULL, -- SHA-256 of the file when it was applied
    applied_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was applied
    CONSTRAINT applied_pkey PRIMARY KEY (name)
);
GRANT SELECT ON migration.applied TO PUBLIC;

-- Who looked at or changed what is held of a holder; the holder sees it
CREATE TABLE pass.access (
    access_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    at timestamp with time zone NOT NULL, -- When
    holder_id uuid NOT NULL, -- Whose data
    actor text NOT NULL, -- Who, as in audit_entry
    organisation text, -- For which organisation; null: the holder or their guardian
    subject text NOT NULL, -- What: attestation, rights, export, medium
    purpose text NOT NULL, -- What for
    CONSTRAINT access_pkey PRIMARY KEY (access_id),
    CONSTRAINT access_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT access_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT access_subject_check CHECK ((subject <> ''::text))
);
CREATE INDEX access_holder_idx ON pass.access USING btree (holder_id, access_id);
GRANT INSERT, SELECT ON pass.access TO somel_enjoy_pass;

-- That a partner takes a product at a venue, and what it is paid for each entry: proposed by who sells, accepted by the partner
CREATE TABLE pass.agreement (
    agreement_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    product_id integer NOT NULL, -- Product
    venue_id integer NOT NULL, -- Venue; its organisation is the partner
    settlement_eur_cent integer NOT NULL, -- Paid to the partner for each entry [EUR 0.01]
    proposed_at timestamp with time zone NOT NULL, -- When it was proposed
    accepted_at timestamp with time zone, -- When the partner accepted; null: not yet, and the product opens nothing there
    ended_at timestamp with time zone, -- When it ended, was refused, or another took its place; null: it holds
    CONSTRAINT agreement_pkey PRIMARY KEY (agreement_id),
    CONSTRAINT agreement_product_id_fkey FOREIGN KEY (product_id) REFERENCES pass.product(product_id),
    CONSTRAINT agreement_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES pass.venue(venue_id),
    CONSTRAINT agreement_check CHECK ((accepted_at >= proposed_at)),
    CONSTRAINT agreement_check1 CHECK ((ended_at >= proposed_at)),
    CONSTRAINT agreement_settlement_eur_cent_check CHECK ((settlement_eur_cent >= 0))
);
CREATE INDEX agreement_venue_idx ON pass.agreement USING btree (venue_id);
CREATE UNIQUE INDEX agreement_holds_idx ON pass.agreement USING btree (product_id, venue_id) WHERE ((accepted_at IS NOT NULL) AND (ended_at IS NULL));
CREATE UNIQUE INDEX agreement_proposed_idx ON pass.agreement USING btree (product_id, venue_id) WHERE ((accepted_at IS NULL) AND (ended_at IS NULL));
GRANT INSERT, SELECT, UPDATE ON pass.agreement TO somel_enjoy_pass;

-- What a desk saw of a holder; never a copy of a document. Services see none of it: they have rights alone
CREATE TABLE pass.attestation (
    attestation_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Key; shown to the holder alone
    holder_id uuid NOT NULL, -- Of whom
    kind text NOT NULL, -- residence, birth or social_tariff; the last of a kind takes the place of the one before
    insee_code text, -- Commune of residence
    born_on date, -- Day of birth
    quotient_below_eur integer, -- The family quotient lies below this bound of a band [EUR]
    document text NOT NULL, -- Which kind of document was seen, of a closed list
    valid_until date, -- Last day on which it counts as shown; null: for ever
    attested_on date NOT NULL, -- Day on which the desk saw it
    organisation_id integer NOT NULL, -- Whose desk
    CONSTRAINT attestation_pkey PRIMARY KEY (attestation_id),
    CONSTRAINT attestation_holder_id_kind_key UNIQUE (holder_id, kind),
    CONSTRAINT attestation_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT attestation_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT attestation_check CHECK (((kind = 'residence'::text) = (insee_code IS NOT NULL))),
    CONSTRAINT attestation_check1 CHECK (((kind = 'birth'::text) = (born_on IS NOT NULL))),
    CONSTRAINT attestation_check2 CHECK (((kind = 'social_tariff'::text) = (quotient_below_eur IS NOT NULL))),
    CONSTRAINT attestation_check3 CHECK (((kind = 'birth'::text) = (valid_until IS NULL))),
    CONSTRAINT attestation_document_check CHECK ((document <> ''::text)),
    CONSTRAINT attestation_insee_code_check CHECK ((insee_code ~ '^[0-9][0-9AB][0-9]{3}$'::text)),
    CONSTRAINT attestation_kind_check CHECK ((kind = ANY (ARRAY['residence'::text, 'birth'::text, 'social_tariff'::text]))),
    CONSTRAINT attestation_quotient_below_eur_check CHECK (((quotient_below_eur >= 1) AND (quotient_below_eur <= 100000)))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.attestation TO somel_enjoy_pass;

-- Serials of cards, as each service would have them: HMAC-SHA-256 under a key of the service, which never leaves the server
CREATE TABLE pass.card_serial (
    service_id integer NOT NULL, -- Service
    serial_hmac bytea NOT NULL, -- HMAC of the serial; the serial itself is nowhere
    medium_id uuid NOT NULL, -- Card
    subject_id uuid NOT NULL, -- For whom
    CONSTRAINT card_serial_pkey PRIMARY KEY (service_id, serial_hmac),
    CONSTRAINT card_serial_medium_id_fkey FOREIGN KEY (medium_id) REFERENCES pass.medium(medium_id),
    CONSTRAINT card_serial_service_id_fkey FOREIGN KEY (service_id) REFERENCES pass.service(service_id),
    CONSTRAINT card_serial_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES pass.subject(subject_id),
    CONSTRAINT card_serial_serial_hmac_check CHECK ((octet_length(serial_hmac) = 32))
);
CREATE INDEX card_serial_medium_idx ON pass.card_serial USING btree (medium_id);
CREATE INDEX card_serial_subject_idx ON pass.card_serial USING btree (subject_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.card_serial TO somel_enjoy_pass;

-- Codes that holders show at a desk, one a holder at most; deleted when taken
CREATE TABLE pass.desk_code (
    code_hash bytea NOT NULL, -- SHA-256 of the code
    holder_id uuid NOT NULL, -- Of whom
    expires_at timestamp with time zone NOT NULL, -- Until when it is taken
    CONSTRAINT desk_code_pkey PRIMARY KEY (code_hash),
    CONSTRAINT desk_code_holder_id_key UNIQUE (holder_id),
    CONSTRAINT desk_code_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT desk_code_code_hash_check CHECK ((octet_length(code_hash) = 32))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.desk_code TO somel_enjoy_pass;

-- Desks that have a holder before them, for some minutes
CREATE TABLE pass.desk_session (
    session_hash bytea NOT NULL, -- SHA-256 of the secret that the desk has
    holder_id uuid NOT NULL, -- Who is before it; the desk never learns this key
    organisation_id integer NOT NULL, -- Whose desk
    actor text NOT NULL, -- Who took the code; nobody else may use the session
    expires_at timestamp with time zone NOT NULL, -- Until when it is good
    CONSTRAINT desk_session_pkey PRIMARY KEY (session_hash),
    CONSTRAINT desk_session_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT desk_session_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT desk_session_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT desk_session_session_hash_check CHECK ((octet_length(session_hash) = 32))
);
CREATE INDEX desk_session_expires_idx ON pass.desk_session USING btree (expires_at);
CREATE INDEX desk_session_holder_idx ON pass.desk_session USING btree (holder_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.desk_session TO somel_enjoy_pass;

-- Admissions that look wrong once all readers have told theirs; who runs the service looks into it, nobody is un-admitted
CREATE TABLE pass.double_use (
    double_use_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    nonce uuid NOT NULL, -- Admission
    kind text NOT NULL, -- uses: more often than the rule lets; proof: one moment of a phone at two doors; serial: one card at two doors faster than one can go; not_valid: the code was revoked or the right was over; reader_revoked
    service_id integer NOT NULL, -- Service
    venue_id integer NOT NULL, -- Where
    subject_id uuid, -- Who, for the service; null: not known, or 48 hours are over
    at timestamp with time zone NOT NULL, -- When they were admitted
    CONSTRAINT double_use_pkey PRIMARY KEY (double_use_id),
    CONSTRAINT double_use_nonce_kind_key UNIQUE (nonce, kind),
    CONSTRAINT double_use_nonce_fkey FOREIGN KEY (nonce) REFERENCES pass.validation(nonce) ON DELETE CASCADE,
    CONSTRAINT double_use_service_id_fkey FOREIGN KEY (service_id) REFERENCES pass.service(service_id),
    CONSTRAINT double_use_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES pass.venue(venue_id),
    CONSTRAINT double_use_kind_check CHECK ((kind = ANY (ARRAY['uses'::text, 'proof'::text, 'serial'::text, 'not_valid'::text, 'reader_revoked'::text])))
);
CREATE INDEX double_use_known_idx ON pass.double_use USING btree (at) WHERE (subject_id IS NOT NULL);
CREATE INDEX double_use_service_idx ON pass.double_use USING btree (service_id, at);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.double_use TO somel_enjoy_pass;

-- Rights that hold: derived, for a time, and derived again
CREATE TABLE pass.entitlement (
    subject_id uuid NOT NULL, -- Whose
    number integer NOT NULL, -- Which, of entitlement_kind of the service
    valid_from timestamp with time zone NOT NULL, -- From when
    valid_until timestamp with time zone NOT NULL, -- Until when; at bounds that many share
    derived_on date NOT NULL, -- Day on which it was derived last
    CONSTRAINT entitlement_pkey PRIMARY KEY (subject_id, number),
    CONSTRAINT entitlement_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES pass.subject(subject_id) ON DELETE CASCADE,
    CONSTRAINT entitlement_check CHECK ((valid_until > valid_from))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.entitlement TO somel_enjoy_pass;

-- Rights that a service knows, and what they follow from
CREATE TABLE pass.entitlement_kind (
    service_id integer NOT NULL, -- Service
    number integer NOT NULL, -- Number in tokens: readers see it and never what it stands for
    code text NOT NULL, -- Name for those who run the service
    title text NOT NULL, -- Name for people
    condition jsonb NOT NULL, -- What it follows from: residence, age, social tariff; enjoy.passes.rights reads it
    ended_on date, -- Day from which nobody has it any more; its number is not given again. Null: it holds
    CONSTRAINT entitlement_kind_pkey PRIMARY KEY (service_id, number),
    CONSTRAINT entitlement_kind_service_id_code_key UNIQUE (service_id, code),
    CONSTRAINT entitlement_kind_service_id_fkey FOREIGN KEY (service_id) REFERENCES pass.service(service_id),
    CONSTRAINT entitlement_kind_code_check CHECK ((code ~ '^[a-z][a-z0-9_]{0,47}$'::text)),
    CONSTRAINT entitlement_kind_number_check CHECK (((number >= 1) AND (number <= 32767))),
    CONSTRAINT entitlement_kind_title_check CHECK ((title <> ''::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.entitlement_kind TO somel_enjoy_pass;

-- Entries that are paid to partners: where and on which day, and nothing of who
CREATE TABLE pass.entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    agreement_id integer NOT NULL, -- Product, venue and rate
    day date NOT NULL, -- Day, in Lille
    is_offline boolean NOT NULL, -- Whether a reader admitted on its own and said so later
    is_flagged boolean NOT NULL, -- Whether the pass should not have been admitted there, as was seen later; it is paid all the same
    settled_month date, -- First day of the month in whose statement it is; null: in none yet
    CONSTRAINT entry_pkey PRIMARY KEY (entry_id),
    CONSTRAINT entry_agreement_id_fkey FOREIGN KEY (agreement_id) REFERENCES pass.agreement(agreement_id),
    CONSTRAINT entry_settled_month_check CHECK ((settled_month = (date_trunc('month'::text, (settled_month)::timestamp with time zone))::date))
);
CREATE INDEX entry_unsettled_idx ON pass.entry USING btree (agreement_id, day) WHERE (settled_month IS NULL);
GRANT INSERT, SELECT ON pass.entry TO somel_enjoy_pass;
GRANT UPDATE (settled_month) ON pass.entry TO somel_enjoy_pass;

-- Codes that let whoever has one become a child's guardian, or let the child sign in; a row goes when its code is taken
CREATE TABLE pass.family_code (
    secret_sha256 bytea NOT NULL, -- SHA-256 of 120 random bits
    child_id uuid NOT NULL, -- Which child
    kind text NOT NULL, -- guardian: become one; claim: be the child from now on
    expires_at timestamp with time zone NOT NULL, -- After this it is not taken
    CONSTRAINT family_code_pkey PRIMARY KEY (secret_sha256),
    CONSTRAINT family_code_child_id_fkey FOREIGN KEY (child_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT family_code_kind_check CHECK ((kind = ANY (ARRAY['guardian'::text, 'claim'::text]))),
    CONSTRAINT family_code_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
);
CREATE INDEX family_code_child_idx ON pass.family_code USING btree (child_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.family_code TO somel_enjoy_pass;

-- When somebody was first admitted, where rules of the service last from then on; rounded to the day when that is over
CREATE TABLE pass.first_use (
    subject_id uuid NOT NULL, -- Who
    at timestamp with time zone NOT NULL, -- When
    CONSTRAINT first_use_pkey PRIMARY KEY (subject_id),
    CONSTRAINT first_use_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES pass.subject(subject_id) ON DELETE CASCADE
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.first_use TO somel_enjoy_pass;

-- Who acts for which child; a row goes when it ends, at majority at the latest
CREATE TABLE pass.guardianship (
    member uuid NOT NULL DEFAULT gen_random_uuid(), -- Random number by which the guardian names the child, and the child the guardian; another for each guardian
    guardian_id uuid NOT NULL, -- Who acts
    child_id uuid NOT NULL, -- For whom; born_on of this holder says until when
    began_on date NOT NULL, -- Since which day
    CONSTRAINT guardianship_pkey PRIMARY KEY (member),
    CONSTRAINT guardianship_guardian_id_child_id_key UNIQUE (guardian_id, child_id),
    CONSTRAINT guardianship_child_id_fkey FOREIGN KEY (child_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT guardianship_guardian_id_fkey FOREIGN KEY (guardian_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT guardianship_check CHECK ((guardian_id <> child_id))
);
CREATE INDEX guardianship_child_idx ON pass.guardianship USING btree (child_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.guardianship TO somel_enjoy_pass;

-- People who hold passes. An anonymous one has neither address nor name; a child may have no way to sign in at all, and is seen to by a guardian
CREATE TABLE pass.holder (
    holder_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Key; never leaves the platform: services know a holder by pass.subject
    kind text NOT NULL, -- anonymous or named
    email text, -- What a named holder signs in by, in small letters
    passphrase text, -- Scrypt hash of the passphrase, or of an anonymous holder's recovery code; null: nobody signs in as this holder
    label text NOT NULL DEFAULT ''::text, -- What the holder or their guardian calls them; shown to nobody else
    born_on date, -- Day of birth, where a desk or a guardian said it; rights by age and majority follow from it
    language text NOT NULL DEFAULT 'fr'::text, -- fr or en
    created_on date NOT NULL, -- Day on which they came; no time, which others could match
    left_on date, -- Day on which they left; all that said who they were is erased then
    failure_count integer NOT NULL DEFAULT 0, -- Wrong passphrases in a row
    closed_until timestamp with time zone, -- No passphrase is tried before this; null: they may try
    handle text, -- First signs of an anonymous holder's recovery code, random, by which they are found; null: they do not sign in by a code
    CONSTRAINT holder_pkey PRIMARY KEY (holder_id),
    CONSTRAINT holder_email_key UNIQUE (email),
    CONSTRAINT holder_handle_key UNIQUE (handle),
    CONSTRAINT holder_check CHECK (((kind = 'named'::text) OR (email IS NULL))),
    CONSTRAINT holder_check1 CHECK (((handle IS NULL) OR ((kind = 'anonymous'::text) AND (passphrase IS NOT NULL)))),
    CONSTRAINT holder_email_check CHECK (((email = lower(email)) AND (email ~ '^[^@\s]+@[^@\s]+$'::text))),
    CONSTRAINT holder_failure_count_check CHECK ((failure_count >= 0)),
    CONSTRAINT holder_handle_check CHECK ((handle ~ '^[0-9A-HJKMNP-TV-Z]{8}$'::text)),
    CONSTRAINT holder_kind_check CHECK ((kind = ANY (ARRAY['anonymous'::text, 'named'::text]))),
    CONSTRAINT holder_label_check CHECK ((length(label) <= 60)),
    CONSTRAINT holder_language_check CHECK ((language = ANY (ARRAY['fr'::text, 'en'::text]))),
    CONSTRAINT holder_passphrase_check CHECK ((passphrase ~~ 'scrypt$%'::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.holder TO somel_enjoy_pass;

-- What a holder shows: a Pass Pass card, a code on paper, a phone. Rights are the holder's: a lost medium takes none along
CREATE TABLE pass.medium (
    medium_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Key; shown to its holder alone
    holder_id uuid NOT NULL, -- Whose
    kind text NOT NULL, -- card: Pass Pass, by its serial; paper: a printed code; phone: a key that never leaves it
    label text NOT NULL DEFAULT ''::text, -- What the holder calls it
    status text NOT NULL DEFAULT 'active'::text, -- active; blocked: not accepted until it is found again; revoked: for good
    replaced_by uuid, -- Medium that took its place; null: none
    created_on date NOT NULL, -- Day on which it was linked
    ended_on date, -- Day on which it was revoked or unlinked
    CONSTRAINT medium_pkey PRIMARY KEY (medium_id),
    CONSTRAINT medium_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT medium_replaced_by_fkey FOREIGN KEY (replaced_by) REFERENCES pass.medium(medium_id),
    CONSTRAINT medium_check CHECK (((status = 'revoked'::text) = (ended_on IS NOT NULL))),
    CONSTRAINT medium_kind_check CHECK ((kind = ANY (ARRAY['card'::text, 'paper'::text, 'phone'::text]))),
    CONSTRAINT medium_label_check CHECK ((length(label) <= 60)),
    CONSTRAINT medium_status_check CHECK ((status = ANY (ARRAY['active'::text, 'blocked'::text, 'revoked'::text])))
);
CREATE INDEX medium_holder_idx ON pass.medium USING btree (holder_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.medium TO somel_enjoy_pass;

-- What providers said of payments: each is taken once
CREATE TABLE pass.payment_message (
    sale_id uuid NOT NULL, -- Sale
    message_id text NOT NULL, -- Number of the message, the provider's
    received_at timestamp with time zone NOT NULL, -- When
    CONSTRAINT payment_message_pkey PRIMARY KEY (sale_id, message_id),
    CONSTRAINT payment_message_sale_id_fkey FOREIGN KEY (sale_id) REFERENCES pass.sale(sale_id),
    CONSTRAINT payment_message_message_id_check CHECK ((message_id <> ''::text))
);
GRANT INSERT, SELECT ON pass.payment_message TO somel_enjoy_pass;

-- At whose page passes are paid, to the tourist office that runs their service; never card data
CREATE TABLE pass.payment_provider (
    organisation_id integer NOT NULL, -- Tourist office, which is paid
    url text NOT NULL, -- Page of the provider
    notify_url text, -- Where it is told of refunds; null: nowhere
    secret bytea NOT NULL, -- Shared with the provider: signs what either says
    set_at timestamp with time zone NOT NULL, -- Since when it is so
    CONSTRAINT payment_provider_pkey PRIMARY KEY (organisation_id),
    CONSTRAINT payment_provider_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT payment_provider_secret_check CHECK ((octet_length(secret) >= 32)),
    CONSTRAINT payment_provider_url_check CHECK ((url <> ''::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.payment_provider TO somel_enjoy_pass;

-- Every table that holds something of a holder: what an export tells, and what becomes of it when they leave
CREATE TABLE pass.personal_table (
    name text NOT NULL, -- Schema and name of the table
    column_name text NOT NULL, -- Column that says whose a row is
    reaches text NOT NULL, -- What the column names; nobody: rows are not found by it, for the reason given
    untold text[] NOT NULL DEFAULT '{}'::text[], -- Columns that are not exported: hashes of secrets, and numbers of other people
    on_leaving text NOT NULL, -- deleted; changed: enjoy.passes.leaving says how; kept
    reason text NOT NULL, -- What it is, or why it is kept
    CONSTRAINT personal_table_pkey PRIMARY KEY (name, column_name),
    CONSTRAINT personal_table_name_check CHECK ((name ~ '^[a-z]+\.[a-z_]+$'::text)),
    CONSTRAINT personal_table_on_leaving_check CHECK ((on_leaving = ANY (ARRAY['deleted'::text, 'changed'::text, 'kept'::text]))),
    CONSTRAINT personal_table_reaches_check CHECK ((reaches = ANY (ARRAY['holder'::text, 'subject'::text, 'medium'::text, 'token'::text, 'nobody'::text]))),
    CONSTRAINT personal_table_reason_check CHECK ((reason <> ''::text))
);
GRANT SELECT ON pass.personal_table TO somel_enjoy_pass;

-- Tourism passes that are sold: a right of the service, for so long, at venues of partners
CREATE TABLE pass.product (
    product_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    service_id integer NOT NULL, -- Service of kind tourism
    number integer NOT NULL, -- Right that it gives, of entitlement_kind
    name text NOT NULL, -- Name in addresses; never changes
    title text NOT NULL, -- Name for people, in French
    title_en text NOT NULL DEFAULT ''::text, -- The same in English; empty: the French one is shown
    description text NOT NULL DEFAULT ''::text, -- A sentence or two for people, in French
    description_en text NOT NULL DEFAULT ''::text, -- The same in English; empty: the French one is shown
    duration_s integer NOT NULL, -- How long it lasts [s]
    starts_at_first_use boolean NOT NULL DEFAULT true, -- Whether it begins at the first admission; else at a time that is chosen when it is sold
    max_entries_per_venue integer, -- Admissions at each place; null: any number. Transport is never counted
    use_within_days integer NOT NULL DEFAULT 365, -- Days from the sale in which it has to begin [days]
    price_eur_cent integer NOT NULL, -- What one costs today [EUR 0.01]
    sale_from timestamp with time zone, -- Not sold before; null: from the beginning
    sale_until timestamp with time zone, -- Not sold from then on; null: no end
    is_on_sale boolean NOT NULL DEFAULT true, -- Whether it is sold at all; what was sold stays good
    created_at timestamp with time zone NOT NULL, -- When it was declared
    CONSTRAINT product_pkey PRIMARY KEY (product_id),
    CONSTRAINT product_name_key UNIQUE (name),
    CONSTRAINT product_service_id_number_key UNIQUE (service_id, number),
    CONSTRAINT product_service_id_number_fkey FOREIGN KEY (service_id, number) REFERENCES pass.entitlement_kind(service_id, number),
    CONSTRAINT product_check CHECK ((sale_until > sale_from)),
    CONSTRAINT product_duration_s_check CHECK (((duration_s >= 3600) AND (duration_s <= 31622400))),
    CONSTRAINT product_max_entries_per_venue_check CHECK (((max_entries_per_venue >= 1) AND (max_entries_per_venue <= 1000))),
    CONSTRAINT product_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{1,47}$'::text)),
    CONSTRAINT product_price_eur_cent_check CHECK ((price_eur_cent >= 0)),
    CONSTRAINT product_title_check CHECK ((title <> ''::text)),
    CONSTRAINT product_use_within_days_check CHECK (((use_within_days >= 1) AND (use_within_days <= 1096)))
);
GRANT INSERT, SELECT, UPDATE ON pass.product TO somel_enjoy_pass;

-- Readers of passes at the doors of venues; each has a secret of its own
CREATE TABLE pass.reader (
    reader_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    venue_id integer NOT NULL, -- Where it stands
    title text NOT NULL, -- Name for people
    secret_sha256 bytea NOT NULL, -- SHA-256 of its secret, which was shown once
    created_at timestamp with time zone NOT NULL, -- When it was made
    last_seen_at timestamp with time zone, -- When it last fetched its rules or told its log; null: never
    revoked_at timestamp with time zone, -- When it was revoked; what it still tells of before is kept and flagged; null: it is good
    CONSTRAINT reader_pkey PRIMARY KEY (reader_id),
    CONSTRAINT reader_secret_sha256_key UNIQUE (secret_sha256),
    CONSTRAINT reader_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES pass.venue(venue_id),
    CONSTRAINT reader_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32)),
    CONSTRAINT reader_title_check CHECK (((title <> ''::text) AND (length(title) <= 100)))
);
CREATE INDEX reader_venue_idx ON pass.reader USING btree (venue_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.reader TO somel_enjoy_pass;

-- What providers have to give back, written with what made it due; told at least once, known by its number
CREATE TABLE pass.refund (
    refund_id uuid NOT NULL, -- What the provider knows it by: the same at each attempt
    sale_id uuid NOT NULL, -- Sale
    amount_eur_cent integer NOT NULL, -- How much [EUR 0.01]
    reason text NOT NULL, -- cancelled: passes were taken back; paid_too_late: they were gone when it was paid
    status text NOT NULL DEFAULT 'pending'::text, -- pending: to be told; sent; dead: given up, or nowhere to tell it
    made_at timestamp with time zone NOT NULL, -- When it became due
    due_from timestamp with time zone NOT NULL, -- Not told before
    attempt_count integer NOT NULL DEFAULT 0, -- How often it was tried
    answer text NOT NULL DEFAULT ''::text, -- What came of the last attempt
    CONSTRAINT refund_pkey PRIMARY KEY (refund_id),
    CONSTRAINT refund_sale_id_fkey FOREIGN KEY (sale_id) REFERENCES pass.sale(sale_id),
    CONSTRAINT refund_amount_eur_cent_check CHECK ((amount_eur_cent > 0)),
    CONSTRAINT refund_attempt_count_check CHECK ((attempt_count >= 0)),
    CONSTRAINT refund_reason_check CHECK ((reason = ANY (ARRAY['cancelled'::text, 'paid_too_late'::text]))),
    CONSTRAINT refund_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sent'::text, 'dead'::text])))
);
CREATE INDEX refund_due_idx ON pass.refund USING btree (due_from) WHERE (status = 'pending'::text);
CREATE INDEX refund_sale_idx ON pass.refund USING btree (sale_id);
GRANT INSERT, SELECT, UPDATE ON pass.refund TO somel_enjoy_pass;

-- Who is admitted, when, how often, at which price class; the first rule that admits decides
CREATE TABLE pass.rule (
    rule_id integer GENERATED ALWAYS AS IDENTITY, -- Key; rules are tried in its order
    service_id integer NOT NULL, -- Service
    content jsonb NOT NULL, -- As enjoy.reader.rules reads it, on the server and in readers
    created_at timestamp with time zone NOT NULL, -- When it was declared
    ended_at timestamp with time zone, -- When it ended; null: it holds
    CONSTRAINT rule_pkey PRIMARY KEY (rule_id),
    CONSTRAINT rule_service_id_fkey FOREIGN KEY (service_id) REFERENCES pass.service(service_id),
    CONSTRAINT rule_check CHECK ((ended_at >= created_at))
);
CREATE INDEX rule_service_idx ON pass.rule USING btree (service_id, rule_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.rule TO somel_enjoy_pass;

-- Sales of passes, by whom and at which price; who bought is nowhere
CREATE TABLE pass.sale (
    sale_id uuid NOT NULL, -- Key, random
    product_id integer NOT NULL, -- Product
    organisation_id integer NOT NULL, -- Who sold
    kind text NOT NULL, -- link: sold now; voucher: printed in stock, and sold from there
    pass_count integer NOT NULL, -- Passes in it
    price_eur_cent integer NOT NULL, -- Price of each on that day [EUR 0.01]
    reference text NOT NULL DEFAULT ''::text, -- The seller's own, of an order or a receipt; no name of a person belongs here
    payment text NOT NULL, -- seller: paid to the seller, who owes it; awaited, paid, failed: by a provider, and opened when it says that it is paid
    payment_reference text, -- The provider's own; null: none yet
    starts_at timestamp with time zone, -- When its passes begin, where they do not at their first use
    use_until timestamp with time zone NOT NULL, -- Its passes have to begin before
    sold_at timestamp with time zone NOT NULL, -- When it was sold, or put into stock
    idempotency_key text, -- The seller's, for a day; null: none
    request_sha256 bytea, -- What was asked with that key
    payment_due_at timestamp with time zone, -- By then it is paid at the provider's page, or taken back; null: paid to the seller
    CONSTRAINT sale_pkey PRIMARY KEY (sale_id),
    CONSTRAINT sale_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT sale_product_id_fkey FOREIGN KEY (product_id) REFERENCES pass.product(product_id),
    CONSTRAINT sale_check CHECK (((idempotency_key IS NULL) = (request_sha256 IS NULL))),
    CONSTRAINT sale_check1 CHECK (((payment = 'seller'::text) OR (payment_due_at IS NOT NULL))),
    CONSTRAINT sale_kind_check CHECK ((kind = ANY (ARRAY['link'::text, 'voucher'::text]))),
    CONSTRAINT sale_pass_count_check CHECK (((pass_count >= 1) AND (pass_count <= 10000))),
    CONSTRAINT sale_payment_check CHECK ((payment = ANY (ARRAY['seller'::text, 'awaited'::text, 'paid'::text, 'failed'::text]))),
    CONSTRAINT sale_price_eur_cent_check CHECK ((price_eur_cent >= 0)),
    CONSTRAINT sale_reference_check CHECK ((length(reference) <= 100)),
    CONSTRAINT sale_request_sha256_check CHECK ((octet_length(request_sha256) = 32))
);
CREATE INDEX sale_product_idx ON pass.sale USING btree (product_id);
CREATE INDEX sale_sold_idx ON pass.sale USING btree (organisation_id, sold_at);
CREATE INDEX sale_unpaid_idx ON pass.sale USING btree (payment_due_at) WHERE (payment = 'awaited'::text);
CREATE UNIQUE INDEX sale_idempotency_idx ON pass.sale USING btree (organisation_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);
GRANT INSERT, SELECT, UPDATE ON pass.sale TO somel_enjoy_pass;

-- Who may sell passes of a service beside who runs it
CREATE TABLE pass.seller (
    service_id integer NOT NULL, -- Service
    organisation_id integer NOT NULL, -- Who sells
    admitted_at timestamp with time zone NOT NULL, -- Since when
    CONSTRAINT seller_pkey PRIMARY KEY (service_id, organisation_id),
    CONSTRAINT seller_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT seller_service_id_fkey FOREIGN KEY (service_id) REFERENCES pass.service(service_id)
);
CREATE INDEX seller_organisation_idx ON pass.seller USING btree (organisation_id);
GRANT DELETE, INSERT, SELECT ON pass.seller TO somel_enjoy_pass;

-- Services that passes open: a pool, a library, a car park; or a tourism pass, which opens many houses
CREATE TABLE pass.service (
    service_id integer GENERATED ALWAYS AS IDENTITY, -- Key; audience of its tokens
    organisation_id integer NOT NULL, -- Who runs it
    name text NOT NULL, -- Name in addresses; never changes
    title text NOT NULL, -- Name for people
    description text NOT NULL DEFAULT ''::text, -- A sentence or two for people
    kind text NOT NULL, -- public: rights of residents; tourism: passes that are sold
    proof text NOT NULL, -- Least proof that it takes: device (a phone's signature of the moment), token (a signed code, on paper too), serial (the number of a card, which anybody can copy; online alone)
    stale_after_s integer NOT NULL DEFAULT 86400, -- A reader whose list is older refuses everybody [s]
    is_open boolean NOT NULL DEFAULT true, -- Whether holders may join it
    created_at timestamp with time zone NOT NULL, -- When it was declared
    revision integer NOT NULL DEFAULT 1, -- Grows by one with each change of the service, its venues, rights and rules
    closed_at timestamp with time zone, -- Since when it is closed for good: nobody joins, no rule holds; null: it is not
    CONSTRAINT service_pkey PRIMARY KEY (service_id),
    CONSTRAINT service_name_key UNIQUE (name),
    CONSTRAINT service_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT service_kind_check CHECK ((kind = ANY (ARRAY['public'::text, 'tourism'::text]))),
    CONSTRAINT service_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{1,47}$'::text)),
    CONSTRAINT service_proof_check CHECK ((proof = ANY (ARRAY['device'::text, 'token'::text, 'serial'::text]))),
    CONSTRAINT service_revision_check CHECK ((revision >= 1)),
    CONSTRAINT service_stale_after_s_check CHECK (((stale_after_s >= 60) AND (stale_after_s <= 604800))),
    CONSTRAINT service_title_check CHECK ((title <> ''::text))
);
CREATE INDEX service_organisation_idx ON pass.service USING btree (organisation_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.service TO somel_enjoy_pass;

-- Services with who runs them, as queries read them
CREATE VIEW pass.service_told AS
 SELECT service.service_id,
    service.organisation_id,
    organisation.name AS organisation,
    organisation.title AS organisation_title,
    service.name,
    service.title,
    service.description,
    service.kind,
    service.proof,
    service.stale_after_s,
    service.is_open,
    service.created_at,
    service.closed_at,
    service.revision
   FROM pass.service
     JOIN catalogue.organisation USING (organisation_id);
GRANT SELECT ON pass.service_told TO somel_enjoy_pass;

-- Browsers in which a holder is signed in, by the SHA-256 of the secret in their cookie
CREATE TABLE pass.session (
    secret_sha256 bytea NOT NULL, -- SHA-256 of 256 random bits
    holder_id uuid NOT NULL, -- Who
    expires_at timestamp with time zone NOT NULL, -- After this they sign in anew
    CONSTRAINT session_pkey PRIMARY KEY (secret_sha256),
    CONSTRAINT session_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT session_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
);
CREATE INDEX session_holder_idx ON pass.session USING btree (holder_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.session TO somel_enjoy_pass;

-- Months that are closed; nothing in them changes any more, and what comes later is in the next
CREATE TABLE pass.settlement (
    service_id integer NOT NULL, -- Service
    month date NOT NULL, -- First day of the month
    content text NOT NULL, -- Lines of all partners, as canonical JSON (RFC 8785)
    previous_sha256 bytea NOT NULL, -- Hash of the month before that was closed; zeros before the first
    content_sha256 bytea NOT NULL, -- SHA-256 of the hash before and the content
    closed_at timestamp with time zone NOT NULL, -- When it was closed
    CONSTRAINT settlement_pkey PRIMARY KEY (service_id, month),
    CONSTRAINT settlement_service_id_fkey FOREIGN KEY (service_id) REFERENCES pass.service(service_id),
    CONSTRAINT settlement_content_sha256_check CHECK ((octet_length(content_sha256) = 32)),
    CONSTRAINT settlement_month_check CHECK ((month = (date_trunc('month'::text, (month)::timestamp with time zone))::date)),
    CONSTRAINT settlement_previous_sha256_check CHECK ((octet_length(previous_sha256) = 32))
);
GRANT INSERT, SELECT ON pass.settlement TO somel_enjoy_pass;

-- Keys that sign tokens and status lists; one signs at a time, several are believed
CREATE TABLE pass.signing_key (
    kid text NOT NULL, -- Identifier: the first 8 bytes of the SHA-256 of the public key
    public_key text NOT NULL, -- Ed25519 public key, base64
    private_key bytea NOT NULL, -- Private key as PEM, encrypted under the secret of passes, which is not in the database
    published_from timestamp with time zone NOT NULL, -- From when readers can learn it
    signs_from timestamp with time zone NOT NULL, -- From when it signs; readers have had it for a while then
    signs_until timestamp with time zone NOT NULL, -- Until when it signs
    needed_until timestamp with time zone NOT NULL, -- When the last token that it signed expires; published until then
    revoked_at timestamp with time zone, -- When it was found to have leaked: what it signed is believed by nobody; null: it did not
    CONSTRAINT signing_key_pkey PRIMARY KEY (kid),
    CONSTRAINT signing_key_public_key_key UNIQUE (public_key),
    CONSTRAINT signing_key_check CHECK ((signs_from >= published_from)),
    CONSTRAINT signing_key_check1 CHECK ((signs_until > signs_from)),
    CONSTRAINT signing_key_kid_check CHECK ((kid ~ '^[0-9a-f]{16}$'::text)),
    CONSTRAINT signing_key_public_key_check CHECK ((length(public_key) = 44))
);
GRANT INSERT, SELECT, UPDATE ON pass.signing_key TO somel_enjoy_pass;

-- Passes that were sold: each is opened by a code that its buyer was given, and begins at its first use
CREATE TABLE pass.sold_pass (
    sale_id uuid NOT NULL, -- Sale
    number integer NOT NULL, -- Place in the sale, from 1
    claim_sha256 bytea NOT NULL, -- Hash of the code; the code itself is derived from the secret of passes and kept nowhere
    subject_id uuid, -- Who holds it, to its service; null: not opened yet, or over for so long that it was forgotten
    opened_on date, -- Day on which it was opened first
    is_started boolean NOT NULL DEFAULT false, -- Whether it was ever used; it is not taken back then
    started_at timestamp with time zone, -- First admission that is known; an upload may make it earlier, nothing makes it later. Forgotten two days after the end
    ends_at timestamp with time zone, -- When it is over: so long after it began as its product says
    cancelled_at timestamp with time zone, -- When it was taken back before its first use
    ended_on date, -- Day on which its codes were revoked, since it was over or never used
    CONSTRAINT sold_pass_pkey PRIMARY KEY (sale_id, number),
    CONSTRAINT sold_pass_claim_sha256_key UNIQUE (claim_sha256),
    CONSTRAINT sold_pass_subject_id_key UNIQUE (subject_id),
    CONSTRAINT sold_pass_sale_id_fkey FOREIGN KEY (sale_id) REFERENCES pass.sale(sale_id),
    CONSTRAINT sold_pass_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES pass.subject(subject_id) ON DELETE SET NULL,
    CONSTRAINT sold_pass_check CHECK (((started_at IS NULL) = (ends_at IS NULL))),
    CONSTRAINT sold_pass_check1 CHECK ((ends_at > started_at)),
    CONSTRAINT sold_pass_claim_sha256_check CHECK ((octet_length(claim_sha256) = 32)),
    CONSTRAINT sold_pass_number_check CHECK ((number >= 1))
);
CREATE INDEX sold_pass_ends_idx ON pass.sold_pass USING btree (ends_at) WHERE ((ended_on IS NULL) AND (ends_at IS NOT NULL));
GRANT INSERT, SELECT, UPDATE ON pass.sold_pass TO somel_enjoy_pass;

-- How often venues were used, by day; only what no single holder can be told from was ever stored
CREATE TABLE pass.statistic (
    venue_id integer NOT NULL, -- Where
    day date NOT NULL, -- Day in Lille
    price_class text NOT NULL, -- Price class; empty: all together
    admission_count integer, -- Admissions; null: hidden
    hidden text, -- Why it is hidden: k, fewer holders than the least; complementary, another could be worked out; null: it is not
    CONSTRAINT statistic_pkey PRIMARY KEY (venue_id, day, price_class),
    CONSTRAINT statistic_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES pass.venue(venue_id),
    CONSTRAINT statistic_admission_count_check CHECK ((admission_count > 0)),
    CONSTRAINT statistic_check CHECK (((admission_count IS NULL) = (hidden IS NOT NULL))),
    CONSTRAINT statistic_hidden_check CHECK ((hidden = ANY (ARRAY['k'::text, 'complementary'::text])))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.statistic TO somel_enjoy_pass;

-- Days that are counted: what is told of them later changes nothing, for two versions of a number tell the difference
CREATE TABLE pass.statistic_day (
    day date NOT NULL, -- Day in Lille
    CONSTRAINT statistic_day_pkey PRIMARY KEY (day)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.statistic_day TO somel_enjoy_pass;

-- What changed in the list with each version
CREATE TABLE pass.status_change (
    version bigint NOT NULL, -- Version that brought it
    status_index integer NOT NULL, -- Place in the list
    status smallint NOT NULL, -- 0: valid, or taken by nobody again, 1: revoked for good, 2: blocked until further notice
    changed_on date NOT NULL, -- Day of the change; it is forgotten after some weeks
    CONSTRAINT status_change_pkey PRIMARY KEY (version, status_index),
    CONSTRAINT status_change_status_check CHECK ((status = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT status_change_status_index_check CHECK ((status_index >= 0)),
    CONSTRAINT status_change_version_check CHECK ((version > 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.status_change TO somel_enjoy_pass;

-- What the list says of tokens from a night on: changes that services of one holder could see together are published with everybody's
CREATE TABLE pass.status_due (
    status_index integer NOT NULL, -- Place in the list
    due_at timestamp with time zone NOT NULL, -- Night from which on the list says so
    status smallint NOT NULL, -- 0: valid again, 1: revoked for good, 2: blocked until further notice
    CONSTRAINT status_due_pkey PRIMARY KEY (status_index),
    CONSTRAINT status_due_status_check CHECK ((status = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT status_due_status_index_check CHECK ((status_index >= 0))
);
CREATE INDEX status_due_at_idx ON pass.status_due USING btree (due_at);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.status_due TO somel_enjoy_pass;

-- The list of tokens that are revoked or blocked; whoever changes it holds this row until they commit, so that versions are in the order of commits
CREATE TABLE pass.status_list (
    is_only boolean NOT NULL DEFAULT true, -- There is one
    version bigint NOT NULL, -- Number of the last change
    kept_from bigint NOT NULL, -- Version from which on changes are kept; who has an older list fetches the whole
    size integer NOT NULL, -- Places; it grows when half of them are taken
    CONSTRAINT status_list_pkey PRIMARY KEY (is_only),
    CONSTRAINT status_list_is_only_check CHECK (is_only),
    CONSTRAINT status_list_kept_from_check CHECK ((kept_from >= 0)),
    CONSTRAINT status_list_size_check CHECK (((size >= 1048576) AND (size <= 134217728))),
    CONSTRAINT status_list_version_check CHECK ((version >= 0))
);
GRANT SELECT, UPDATE ON pass.status_list TO somel_enjoy_pass;

-- What the list says of tokens that are not valid
CREATE TABLE pass.status_listed (
    status_index integer NOT NULL, -- Place in the list
    status smallint NOT NULL, -- 1: revoked for good, 2: blocked until further notice
    CONSTRAINT status_listed_pkey PRIMARY KEY (status_index),
    CONSTRAINT status_listed_status_check CHECK ((status = ANY (ARRAY[1, 2]))),
    CONSTRAINT status_listed_status_index_check CHECK ((status_index >= 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.status_listed TO somel_enjoy_pass;

-- Who a holder is to one service: a random number, so that two services cannot tell that they know the same person
CREATE TABLE pass.subject (
    subject_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Pseudonym; all that a service ever sees of a holder
    holder_id uuid NOT NULL, -- Holder
    service_id integer NOT NULL, -- Service
    joined_on date NOT NULL, -- Day on which they joined; no time, which two services could match
    left_on date, -- Day on which they left; null: they use it
    is_blocked boolean NOT NULL DEFAULT false, -- Whether the service blocked them until further notice: no token is made for them
    derived_on date, -- Day on which all rights were derived last; null: to be derived next
    CONSTRAINT subject_pkey PRIMARY KEY (subject_id),
    CONSTRAINT subject_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES pass.holder(holder_id),
    CONSTRAINT subject_service_id_fkey FOREIGN KEY (service_id) REFERENCES pass.service(service_id)
);
CREATE INDEX subject_derived_idx ON pass.subject USING btree (derived_on NULLS FIRST, subject_id) WHERE (left_on IS NULL);
CREATE INDEX subject_holder_idx ON pass.subject USING btree (holder_id);
CREATE INDEX subject_service_idx ON pass.subject USING btree (service_id, subject_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.subject TO somel_enjoy_pass;

-- Signed codes that were issued: one for each medium and service
CREATE TABLE pass.token (
    token_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Number in the token (cti), random
    subject_id uuid NOT NULL, -- For whom, at which service
    medium_id uuid NOT NULL, -- Medium that holds it
    status_index integer NOT NULL, -- Place in the status list, random
    status smallint NOT NULL DEFAULT 0, -- 0: valid, 1: revoked for good, 2: blocked until further notice
    device_key bytea, -- Ed25519 public key of the phone for this service alone; null: on paper
    issued_on date NOT NULL, -- Day on which it was issued
    expires_at timestamp with time zone NOT NULL, -- Until when; at bounds that all tokens share
    kid text, -- Key that signed it
    CONSTRAINT token_pkey PRIMARY KEY (token_id),
    CONSTRAINT token_status_index_key UNIQUE (status_index),
    CONSTRAINT token_kid_fkey FOREIGN KEY (kid) REFERENCES pass.signing_key(kid),
    CONSTRAINT token_medium_id_fkey FOREIGN KEY (medium_id) REFERENCES pass.medium(medium_id),
    CONSTRAINT token_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES pass.subject(subject_id),
    CONSTRAINT token_device_key_check CHECK ((octet_length(device_key) = 32)),
    CONSTRAINT token_status_check CHECK ((status = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT token_status_index_check CHECK ((status_index >= 0))
);
CREATE INDEX token_expiry_idx ON pass.token USING btree (expires_at);
CREATE INDEX token_kid_idx ON pass.token USING btree (kid) WHERE (status = 0);
CREATE INDEX token_medium_idx ON pass.token USING btree (medium_id);
CREATE INDEX token_subject_idx ON pass.token USING btree (subject_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.token TO somel_enjoy_pass;

-- How often somebody used what a rule limits, with no time finer than its period; forgotten when the period is over
CREATE TABLE pass.use (
    subject_id uuid NOT NULL, -- Who
    rule_id integer NOT NULL, -- By which rule
    per text NOT NULL, -- Period that the rule counts in
    start_on date NOT NULL, -- First day of the period; 0001-01-01 for ever
    venue text NOT NULL, -- Name of the venue where they count apart, else empty
    use_count integer NOT NULL, -- Admissions
    CONSTRAINT use_pkey PRIMARY KEY (subject_id, rule_id, per, start_on, venue),
    CONSTRAINT use_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES pass.rule(rule_id),
    CONSTRAINT use_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES pass.subject(subject_id) ON DELETE CASCADE,
    CONSTRAINT use_per_check CHECK ((per = ANY (ARRAY['day'::text, 'week'::text, 'month'::text, 'ever'::text]))),
    CONSTRAINT use_use_count_check CHECK ((use_count > 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.use TO somel_enjoy_pass;

-- What was shown at readers, and whether it was admitted; after 48 hours nothing says who it was
CREATE TABLE pass.validation (
    nonce uuid NOT NULL, -- Number of the scan, made by the reader: told twice, it is stored once
    reader_id integer NOT NULL, -- Reader
    venue_id integer NOT NULL, -- Where the reader stood
    at timestamp with time zone NOT NULL, -- When, as the reader says where it was offline
    subject_id uuid, -- Who, for the service; null: not known, or 48 hours are over
    token_id uuid, -- Code that was shown; null: none, or 48 hours are over
    serial_hmac bytea, -- Card that was shown, as the service has it; null: none, or 48 hours are over
    step bigint, -- Half minute that the phone signed; null: none, or 48 hours are over
    proof text, -- How sure it was; null: nothing that could be read was shown
    is_admitted boolean NOT NULL, -- Whether the reader let them in; nobody is un-admitted later
    reason text NOT NULL, -- Of the closed list enjoy.reader.reasons
    rule_id integer, -- Rule that admitted
    price_class text, -- What the reader said of the price
    is_offline boolean NOT NULL, -- Whether the reader decided alone and told later
    CONSTRAINT validation_pkey PRIMARY KEY (nonce),
    CONSTRAINT validation_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES pass.reader(reader_id),
    CONSTRAINT validation_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES pass.venue(venue_id),
    CONSTRAINT validation_check CHECK ((is_admitted = (reason = 'admitted'::text))),
    CONSTRAINT validation_proof_check CHECK ((proof = ANY (ARRAY['serial'::text, 'token'::text, 'device'::text]))),
    CONSTRAINT validation_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT validation_serial_hmac_check CHECK ((octet_length(serial_hmac) = 32))
);
CREATE INDEX validation_known_idx ON pass.validation USING btree (at) WHERE ((subject_id IS NOT NULL) OR (token_id IS NOT NULL) OR (serial_hmac IS NOT NULL) OR (step IS NOT NULL));
CREATE INDEX validation_step_idx ON pass.validation USING btree (token_id, step) WHERE ((step IS NOT NULL) AND is_admitted);
CREATE INDEX validation_subject_idx ON pass.validation USING btree (subject_id, at) WHERE (subject_id IS NOT NULL);
CREATE INDEX validation_venue_idx ON pass.validation USING btree (venue_id, at);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.validation TO somel_enjoy_pass;

-- Where a service is used: doors, desks, gates, lines of transport
CREATE TABLE pass.venue (
    venue_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    service_id integer NOT NULL, -- Service
    organisation_id integer NOT NULL, -- Who keeps it: of a tourism pass, the partner that is paid for entries
    name text NOT NULL, -- Name in addresses, within its service
    title text NOT NULL, -- Name for people
    kind text NOT NULL DEFAULT 'place'::text, -- place or transport
    insee_code text, -- Commune
    location geometry(Point,4326), -- Where it is, WGS 84
    is_open boolean NOT NULL DEFAULT true, -- Whether it takes passes now
    CONSTRAINT venue_pkey PRIMARY KEY (venue_id),
    CONSTRAINT venue_service_id_name_key UNIQUE (service_id, name),
    CONSTRAINT venue_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT venue_service_id_fkey FOREIGN KEY (service_id) REFERENCES pass.service(service_id),
    CONSTRAINT venue_insee_code_check CHECK ((insee_code ~ '^[0-9][0-9AB][0-9]{3}$'::text)),
    CONSTRAINT venue_kind_check CHECK ((kind = ANY (ARRAY['place'::text, 'transport'::text]))),
    CONSTRAINT venue_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{1,47}$'::text)),
    CONSTRAINT venue_title_check CHECK ((title <> ''::text))
);
CREATE INDEX venue_organisation_idx ON pass.venue USING btree (organisation_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON pass.venue TO somel_enjoy_pass;

-- Which supply contract point a pseudonym stands for: personal data
CREATE TABLE personal.usage_point_identity (
    usage_point_id integer NOT NULL, -- Usage point
    prm text NOT NULL, -- Enedis' point of delivery (PRM/PDL), fourteen digits, a string
    CONSTRAINT usage_point_identity_pkey PRIMARY KEY (usage_point_id),
    CONSTRAINT usage_point_identity_prm_key UNIQUE (prm),
    CONSTRAINT usage_point_identity_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(usage_point_id),
    CONSTRAINT usage_point_identity_prm_check CHECK ((prm ~ '^[0-9]{14}$'::text))
);
GRANT SELECT ON personal.usage_point_identity TO somel_personal;

-- What shops there are: a closed list
CREATE TABLE shop.category (
    code text NOT NULL, -- Key, as callers write it
    title_fr text NOT NULL, -- For people, in French
    title_en text NOT NULL, -- For people, in English
    CONSTRAINT category_pkey PRIMARY KEY (code),
    CONSTRAINT category_code_check CHECK ((code ~ '^[a-z][a-z_]{1,39}$'::text)),
    CONSTRAINT category_title_en_check CHECK ((title_en <> ''::text)),
    CONSTRAINT category_title_fr_check CHECK ((title_fr <> ''::text))
);
GRANT SELECT ON shop.category TO somel_enjoy_shop;

-- Orders; who ordered is known by a secret alone, and how to reach them for a while, if they said
CREATE TABLE shop.customer_order (
    order_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Key, random
    shop_id integer NOT NULL, -- Shop
    slot_id integer NOT NULL, -- When it is collected
    state text NOT NULL DEFAULT 'draft'::text, -- draft: to be paid; placed: to be accepted; accepted; ready; and how it ended: collected, refused, cancelled, expired, no_show
    state_at timestamp with time zone NOT NULL, -- Since when it is so
    created_at timestamp with time zone NOT NULL, -- When it was made
    due_at timestamp with time zone, -- By then a draft is paid and an order is accepted, or it expires
    collect_by timestamp with time zone NOT NULL, -- After this nobody waits for it any more
    amount_eur_cent bigint NOT NULL DEFAULT 0, -- What it costs, with VAT [euro cents]
    payment text NOT NULL, -- at_shop, or handoff: at a provider's page, by signed messages; never card data
    payment_state text NOT NULL DEFAULT 'due'::text, -- due, paid, or refund_due: paid, and did not come about
    payment_id text, -- What the provider calls the payment
    email text, -- Where the customer is told; null: nowhere, or forgotten
    phone text, -- Where the shop may call; null: nowhere, or forgotten
    note text NOT NULL DEFAULT ''::text, -- What the customer says to the shop
    language text NOT NULL DEFAULT 'fr'::text, -- Of what the customer is told: fr or en
    secret_sha256 bytea, -- SHA-256 of the secret that opens it; null: forgotten
    secret_salt bytea, -- Makes the secret together with what the caller alone knows; null: forgotten
    code_hash bytea, -- Scrypt of the pickup code, salted by the key; null: forgotten
    wrong_codes integer NOT NULL DEFAULT 0, -- Pickup codes that were tried and wrong
    codes_closed_until timestamp with time zone, -- Until then no pickup code is looked at; null: open
    key_sha256 bytea, -- SHA-256 of the Idempotency-Key that it came with; null: none
    request_sha256 bytea, -- SHA-256 of the request that it came with
    forgotten_at timestamp with time zone, -- When it was forgotten who ordered; null: not yet
    CONSTRAINT customer_order_pkey PRIMARY KEY (order_id),
    CONSTRAINT customer_order_secret_sha256_key UNIQUE (secret_sha256),
    CONSTRAINT customer_order_shop_id_key_sha256_key UNIQUE (shop_id, key_sha256),
    CONSTRAINT customer_order_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop.shop(shop_id),
    CONSTRAINT customer_order_slot_id_fkey FOREIGN KEY (slot_id) REFERENCES shop.slot(slot_id),
    CONSTRAINT customer_order_amount_eur_cent_check CHECK ((amount_eur_cent >= 0)),
    CONSTRAINT customer_order_check CHECK (((state <> ALL (ARRAY['draft'::text, 'placed'::text])) OR (due_at IS NOT NULL))),
    CONSTRAINT customer_order_code_hash_check CHECK ((octet_length(code_hash) = 32)),
    CONSTRAINT customer_order_email_check CHECK ((email ~ '^[^@\s]+@[^@\s]+$'::text)),
    CONSTRAINT customer_order_key_sha256_check CHECK ((octet_length(key_sha256) = 32)),
    CONSTRAINT customer_order_language_check CHECK ((language = ANY (ARRAY['fr'::text, 'en'::text]))),
    CONSTRAINT customer_order_note_check CHECK ((length(note) <= 500)),
    CONSTRAINT customer_order_payment_check CHECK ((payment = ANY (ARRAY['at_shop'::text, 'handoff'::text]))),
    CONSTRAINT customer_order_payment_state_check CHECK ((payment_state = ANY (ARRAY['due'::text, 'paid'::text, 'refund_due'::text]))),
    CONSTRAINT customer_order_phone_check CHECK ((phone <> ''::text)),
    CONSTRAINT customer_order_request_sha256_check CHECK ((octet_length(request_sha256) = 32)),
    CONSTRAINT customer_order_secret_salt_check CHECK ((octet_length(secret_salt) = 16)),
    CONSTRAINT customer_order_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32)),
    CONSTRAINT customer_order_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'placed'::text, 'accepted'::text, 'ready'::text, 'collected'::text, 'refused'::text, 'cancelled'::text, 'expired'::text, 'no_show'::text]))),
    CONSTRAINT customer_order_wrong_codes_check CHECK ((wrong_codes >= 0))
);
CREATE INDEX customer_order_collect_idx ON shop.customer_order USING btree (collect_by) WHERE (state = ANY (ARRAY['accepted'::text, 'ready'::text]));
CREATE INDEX customer_order_due_idx ON shop.customer_order USING btree (due_at) WHERE (state = ANY (ARRAY['draft'::text, 'placed'::text]));
CREATE INDEX customer_order_forget_idx ON shop.customer_order USING btree (state_at) WHERE (forgotten_at IS NULL);
CREATE INDEX customer_order_shop_idx ON shop.customer_order USING btree (shop_id, state, created_at);
CREATE INDEX customer_order_slot_idx ON shop.customer_order USING btree (slot_id);
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON shop.customer_order FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.customer_order TO somel_enjoy_shop;

-- What was ordered, at the price of that moment
CREATE TABLE shop.order_line (
    order_id uuid NOT NULL, -- Order
    product_id integer NOT NULL, -- Product
    quantity integer NOT NULL, -- How many
    held integer NOT NULL, -- Pieces that were taken from the stock for it and are neither given back nor gone
    title text NOT NULL, -- What it was called
    unit text NOT NULL, -- What one was
    price_eur_cent integer NOT NULL, -- What one cost, with VAT [euro cents]
    vat_ratio double precision NOT NULL, -- Rate of VAT in it [ratio]
    CONSTRAINT order_line_pkey PRIMARY KEY (order_id, product_id),
    CONSTRAINT order_line_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.customer_order(order_id),
    CONSTRAINT order_line_product_id_fkey FOREIGN KEY (product_id) REFERENCES shop.product(product_id),
    CONSTRAINT order_line_check CHECK (((held >= 0) AND (held <= quantity))),
    CONSTRAINT order_line_price_eur_cent_check CHECK ((price_eur_cent >= 0)),
    CONSTRAINT order_line_quantity_check CHECK (((quantity >= 1) AND (quantity <= 1000)))
);
CREATE INDEX order_line_product_idx ON shop.order_line USING btree (product_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.order_line TO somel_enjoy_shop;

-- Orders with their shop and slot, as queries read them
CREATE VIEW shop.order_told AS
 SELECT customer_order.order_id,
    customer_order.shop_id,
    shop.name AS shop,
    customer_order.slot_id,
    slot.starts_at,
    slot.ends_at,
    customer_order.state,
    customer_order.state_at,
    customer_order.created_at,
    customer_order.due_at,
    customer_order.collect_by,
    customer_order.amount_eur_cent,
    customer_order.payment,
    customer_order.payment_state,
    customer_order.email,
    customer_order.phone,
    customer_order.note,
    customer_order.language,
    customer_order.code_hash,
    customer_order.secret_salt,
    customer_order.request_sha256,
    customer_order.forgotten_at
   FROM shop.customer_order
     JOIN shop.shop USING (shop_id)
     JOIN shop.slot USING (slot_id);
GRANT SELECT ON shop.order_told TO somel_enjoy_shop;

-- What became of orders: no order comes into a state twice
CREATE TABLE shop.order_transition (
    order_transition_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    order_id uuid NOT NULL, -- Order
    to_state text NOT NULL, -- What it became
    at timestamp with time zone NOT NULL, -- When
    actor text NOT NULL, -- customer, process/enjoy, or who of the merchant, as in audit_entry
    reason text NOT NULL DEFAULT ''::text, -- Why, for the other side
    CONSTRAINT order_transition_pkey PRIMARY KEY (order_id, to_state),
    CONSTRAINT order_transition_order_transition_id_key UNIQUE (order_transition_id),
    CONSTRAINT order_transition_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.customer_order(order_id),
    CONSTRAINT order_transition_actor_check CHECK ((actor <> ''::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.order_transition TO somel_enjoy_shop;

-- What is to be told of orders, written with what it tells of; told at least once, and known by its number
CREATE TABLE shop.outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    message_id uuid NOT NULL DEFAULT gen_random_uuid(), -- What receivers know it by: the same at each attempt
    shop_id integer NOT NULL, -- Shop
    order_id uuid, -- Order; null: none
    kind text NOT NULL, -- email; webhook: of the merchant; provider: of payments
    recipient text NOT NULL DEFAULT ''::text, -- Address of an e-mail; empty: the shop says where
    subject text NOT NULL DEFAULT ''::text, -- Subject of an e-mail
    body text NOT NULL, -- What is said; empty once it was
    status text NOT NULL DEFAULT 'pending'::text, -- pending, sent, or dead: given up
    made_at timestamp with time zone NOT NULL, -- When it was written
    due_from timestamp with time zone NOT NULL, -- Not tried before
    attempt_count integer NOT NULL DEFAULT 0, -- How often it was tried
    answer text NOT NULL DEFAULT ''::text, -- What came of the last attempt
    ended_at timestamp with time zone, -- When it was sent or given up; null: pending
    CONSTRAINT outbox_pkey PRIMARY KEY (outbox_id),
    CONSTRAINT outbox_message_id_key UNIQUE (message_id),
    CONSTRAINT outbox_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.customer_order(order_id),
    CONSTRAINT outbox_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop.shop(shop_id),
    CONSTRAINT outbox_attempt_count_check CHECK ((attempt_count >= 0)),
    CONSTRAINT outbox_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'webhook'::text, 'provider'::text]))),
    CONSTRAINT outbox_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sent'::text, 'dead'::text])))
);
CREATE INDEX outbox_due_idx ON shop.outbox USING btree (due_from, outbox_id) WHERE (status = 'pending'::text);
CREATE INDEX outbox_order_idx ON shop.outbox USING btree (order_id);
CREATE INDEX outbox_shop_idx ON shop.outbox USING btree (shop_id, outbox_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.outbox TO somel_enjoy_shop;

-- What providers said of payments: each is taken once
CREATE TABLE shop.payment_message (
    shop_id integer NOT NULL, -- Shop
    message_id text NOT NULL, -- Number of the message, the provider's
    order_id uuid NOT NULL, -- Order
    received_at timestamp with time zone NOT NULL, -- When
    CONSTRAINT payment_message_pkey PRIMARY KEY (shop_id, message_id),
    CONSTRAINT payment_message_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.customer_order(order_id),
    CONSTRAINT payment_message_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop.shop(shop_id),
    CONSTRAINT payment_message_message_id_check CHECK ((message_id <> ''::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.payment_message TO somel_enjoy_shop;

-- What shops sell
CREATE TABLE shop.product (
    product_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    shop_id integer NOT NULL, -- Shop
    title text NOT NULL, -- Name for people
    description text NOT NULL DEFAULT ''::text, -- A few sentences for people
    unit text NOT NULL DEFAULT 'piece'::text, -- What one is: piece, kg, box of six
    price_eur_cent integer NOT NULL, -- Price of one, with VAT [euro cents]
    vat_ratio double precision NOT NULL, -- Rate of VAT in it [ratio]
    stock integer, -- Pieces that nobody has ordered yet; null: not counted
    is_offered boolean NOT NULL DEFAULT true, -- Whether it can be ordered
    created_at timestamp with time zone NOT NULL, -- When it was added
    CONSTRAINT product_pkey PRIMARY KEY (product_id),
    CONSTRAINT product_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop.shop(shop_id),
    CONSTRAINT product_price_eur_cent_check CHECK (((price_eur_cent >= 0) AND (price_eur_cent <= 10000000))),
    CONSTRAINT product_stock_check CHECK ((stock >= 0)),
    CONSTRAINT product_title_check CHECK ((title <> ''::text)),
    CONSTRAINT product_unit_check CHECK ((unit <> ''::text)),
    CONSTRAINT product_vat_ratio_check CHECK ((vat_ratio = ANY (ARRAY[(0)::double precision, (0.021)::double precision, (0.055)::double precision, (0.1)::double precision, (0.2)::double precision])))
);
CREATE INDEX product_shop_idx ON shop.product USING btree (shop_id, product_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.product TO somel_enjoy_shop;

-- Shops that take orders to be collected; each is an organisation of kind merchant
CREATE TABLE shop.shop (
    shop_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    organisation_id integer NOT NULL, -- Who runs it
    name text NOT NULL, -- Name in addresses; never changes
    siret text NOT NULL, -- Number of the establishment, whose check digit is right
    title text NOT NULL, -- Name for people
    description text NOT NULL DEFAULT ''::text, -- A few sentences for people
    insee_code text NOT NULL, -- Commune
    address text NOT NULL, -- Street and number, postcode and town
    location geometry(Point,4326) NOT NULL, -- Its door, WGS 84
    hours jsonb NOT NULL, -- Opening hours, local: weekly, closures, exceptional; see enjoy.shops.hours
    language text NOT NULL DEFAULT 'fr'::text, -- Of what the merchant is told: fr or en
    notify_email text, -- Where the merchant is told of orders; null: nowhere
    state text NOT NULL DEFAULT 'applied'::text, -- applied: nobody else sees it yet; listed; refused; suspended: takes no orders
    state_reason text NOT NULL DEFAULT ''::text, -- Why it was refused or suspended, for the merchant
    state_at timestamp with time zone NOT NULL, -- Since when it is so
    created_at timestamp with time zone NOT NULL, -- When it applied
    accept_within_min integer NOT NULL DEFAULT 60, -- An order that is not accepted so long after it was placed expires [min]
    pay_within_min integer NOT NULL DEFAULT 15, -- An order whose payment was handed off and that is not paid by then expires [min]
    lead_min integer NOT NULL DEFAULT 30, -- A slot takes orders until so long before it begins [min]
    grace_min integer NOT NULL DEFAULT 30, -- What is not collected so long after its slot is not waited for any more [min]
    cancel_until text NOT NULL DEFAULT 'accepted'::text, -- Customers cancel until it is accepted, or until it is ready
    slot_min integer, -- Length of the slots that the opening hours are cut into; null: slots are made one by one [min]
    slot_orders integer, -- Orders that such a slot takes; null: any number
    slot_eur_cent bigint, -- Worth of orders that such a slot takes; null: any [euro cents]
    slot_ahead_days integer NOT NULL DEFAULT 7, -- So many days ahead there are slots [days]
    provider_url text, -- Page of the payment provider; null: everything is paid at the shop
    provider_notify_url text, -- Where the provider is told of refunds; null: nowhere
    provider_secret bytea, -- Signs what goes to the provider and what comes from it
    webhook_url text, -- Where the merchant's own system is told of orders; null: nowhere
    webhook_secret bytea, -- Signs what it is told
    wrong_codes integer NOT NULL DEFAULT 0, -- Pickup codes that were wrong since the last right one
    codes_closed_until timestamp with time zone, -- Until then no pickup code is looked at, after too many wrong ones; null: open
    CONSTRAINT shop_pkey PRIMARY KEY (shop_id),
    CONSTRAINT shop_name_key UNIQUE (name),
    CONSTRAINT shop_organisation_id_key UNIQUE (organisation_id),
    CONSTRAINT shop_siret_key UNIQUE (siret),
    CONSTRAINT shop_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES catalogue.organisation(organisation_id),
    CONSTRAINT shop_accept_within_min_check CHECK (((accept_within_min >= 1) AND (accept_within_min <= 10080))),
    CONSTRAINT shop_address_check CHECK ((address <> ''::text)),
    CONSTRAINT shop_cancel_until_check CHECK ((cancel_until = ANY (ARRAY['accepted'::text, 'ready'::text]))),
    CONSTRAINT shop_check CHECK (((slot_min IS NULL) OR (slot_orders IS NOT NULL) OR (slot_eur_cent IS NOT NULL))),
    CONSTRAINT shop_check1 CHECK (((provider_url IS NULL) = (provider_secret IS NULL))),
    CONSTRAINT shop_check2 CHECK (((webhook_url IS NULL) = (webhook_secret IS NULL))),
    CONSTRAINT shop_grace_min_check CHECK (((grace_min >= 0) AND (grace_min <= 10080))),
    CONSTRAINT shop_insee_code_check CHECK ((insee_code ~ '^[0-9][0-9AB][0-9]{3}$'::text)),
    CONSTRAINT shop_language_check CHECK ((language = ANY (ARRAY['fr'::text, 'en'::text]))),
    CONSTRAINT shop_lead_min_check CHECK (((lead_min >= 0) AND (lead_min <= 43200))),
    CONSTRAINT shop_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{1,47}$'::text)),
    CONSTRAINT shop_notify_email_check CHECK ((notify_email ~ '^[^@\s]+@[^@\s]+$'::text)),
    CONSTRAINT shop_pay_within_min_check CHECK (((pay_within_min >= 1) AND (pay_within_min <= 1440))),
    CONSTRAINT shop_provider_notify_url_check CHECK ((provider_notify_url ~ '^https?://'::text)),
    CONSTRAINT shop_provider_secret_check CHECK (((octet_length(provider_secret) >= 32) AND (octet_length(provider_secret) <= 64))),
    CONSTRAINT shop_provider_url_check CHECK ((provider_url ~ '^https?://'::text)),
    CONSTRAINT shop_siret_check CHECK ((siret ~ '^[0-9]{14}$'::text)),
    CONSTRAINT shop_slot_ahead_days_check CHECK (((slot_ahead_days >= 1) AND (slot_ahead_days <= 60))),
    CONSTRAINT shop_slot_eur_cent_check CHECK ((slot_eur_cent > 0)),
    CONSTRAINT shop_slot_min_check CHECK (((slot_min >= 5) AND (slot_min <= 1440))),
    CONSTRAINT shop_slot_orders_check CHECK (((slot_orders >= 1) AND (slot_orders <= 10000))),
    CONSTRAINT shop_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'listed'::text, 'refused'::text, 'suspended'::text]))),
    CONSTRAINT shop_title_check CHECK ((title <> ''::text)),
    CONSTRAINT shop_webhook_secret_check CHECK (((octet_length(webhook_secret) >= 24) AND (octet_length(webhook_secret) <= 64))),
    CONSTRAINT shop_webhook_url_check CHECK ((webhook_url ~ '^https?://'::text)),
    CONSTRAINT shop_wrong_codes_check CHECK ((wrong_codes >= 0))
);
CREATE INDEX shop_state_idx ON shop.shop USING btree (state, insee_code);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.shop TO somel_enjoy_shop;

-- What a shop is
CREATE TABLE shop.shop_category (
    shop_id integer NOT NULL, -- Shop
    code text NOT NULL, -- Category
    CONSTRAINT shop_category_pkey PRIMARY KEY (shop_id, code),
    CONSTRAINT shop_category_code_fkey FOREIGN KEY (code) REFERENCES shop.category(code),
    CONSTRAINT shop_category_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop.shop(shop_id)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.shop_category TO somel_enjoy_shop;

-- Shops with their organisation and categories, as queries read them
CREATE VIEW shop.shop_told AS
 SELECT shop.shop_id,
    shop.organisation_id,
    organisation.name AS organisation,
    shop.name,
    shop.siret,
    shop.title,
    shop.description,
    shop.insee_code,
    shop.address,
    st_x(shop.location) AS longitude,
    st_y(shop.location) AS latitude,
    shop.hours,
    shop.language,
    shop.notify_email,
    shop.state,
    shop.state_reason,
    shop.state_at,
    shop.created_at,
    shop.accept_within_min,
    shop.pay_within_min,
    shop.lead_min,
    shop.grace_min,
    shop.cancel_until,
    shop.slot_min,
    shop.slot_orders,
    shop.slot_eur_cent,
    shop.slot_ahead_days,
    shop.provider_url,
    shop.provider_notify_url,
    shop.provider_secret,
    shop.webhook_url,
    shop.webhook_secret,
    ARRAY( SELECT shop_category.code
           FROM shop.shop_category
          WHERE shop_category.shop_id = shop.shop_id
          ORDER BY shop_category.code) AS categories
   FROM shop.shop
     JOIN catalogue.organisation USING (organisation_id);
GRANT SELECT ON shop.shop_told TO somel_enjoy_shop;

-- Times at which orders are collected, and how many there may be
CREATE TABLE shop.slot (
    slot_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    shop_id integer NOT NULL, -- Shop
    starts_at timestamp with time zone NOT NULL, -- From when
    ends_at timestamp with time zone NOT NULL, -- Until when
    capacity_orders integer, -- Orders that it takes; null: any number
    capacity_eur_cent bigint, -- Worth of orders that it takes; null: any [euro cents]
    order_count integer NOT NULL DEFAULT 0, -- Orders that have a place in it
    held_eur_cent bigint NOT NULL DEFAULT 0, -- What these are worth [euro cents]
    is_single boolean NOT NULL, -- Whether it was made by itself and not cut from the opening hours
    closed_by text, -- Takes no orders, as the hours say (hours) or the merchant; those in it stay; null: open
    CONSTRAINT slot_pkey PRIMARY KEY (slot_id),
    CONSTRAINT slot_shop_id_starts_at_ends_at_key UNIQUE (shop_id, starts_at, ends_at),
    CONSTRAINT slot_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop.shop(shop_id),
    CONSTRAINT slot_capacity_eur_cent_check CHECK ((capacity_eur_cent >= 0)),
    CONSTRAINT slot_capacity_orders_check CHECK ((capacity_orders >= 0)),
    CONSTRAINT slot_check CHECK ((ends_at > starts_at)),
    CONSTRAINT slot_check1 CHECK ((order_count <= capacity_orders)),
    CONSTRAINT slot_check2 CHECK ((held_eur_cent <= capacity_eur_cent)),
    CONSTRAINT slot_check3 CHECK (((capacity_orders IS NOT NULL) OR (capacity_eur_cent IS NOT NULL))),
    CONSTRAINT slot_closed_by_check CHECK ((closed_by = ANY (ARRAY['hours'::text, 'merchant'::text]))),
    CONSTRAINT slot_held_eur_cent_check CHECK ((held_eur_cent >= 0)),
    CONSTRAINT slot_order_count_check CHECK ((order_count >= 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.slot TO somel_enjoy_shop;

-- Why the stock is what it is: it is the sum of these
CREATE TABLE shop.stock_movement (
    stock_movement_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    product_id integer NOT NULL, -- Product
    at timestamp with time zone NOT NULL, -- When
    kind text NOT NULL, -- counted, delivered or lost, as the merchant says; ordered, given_back
    change integer NOT NULL, -- Pieces that came; negative: that went
    order_id uuid, -- For which order; null: none
    CONSTRAINT stock_movement_pkey PRIMARY KEY (stock_movement_id),
    CONSTRAINT stock_movement_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.customer_order(order_id),
    CONSTRAINT stock_movement_product_id_fkey FOREIGN KEY (product_id) REFERENCES shop.product(product_id),
    CONSTRAINT stock_movement_kind_check CHECK ((kind = ANY (ARRAY['counted'::text, 'delivered'::text, 'lost'::text, 'ordered'::text, 'given_back'::text])))
);
CREATE INDEX stock_movement_product_idx ON shop.stock_movement USING btree (product_id, stock_movement_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON shop.stock_movement TO somel_enjoy_shop;

-- Bearer tokens of the API, by the SHA-256 of a 256-bit random secret
CREATE TABLE somel.access_token (
    access_token_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    name text NOT NULL, -- Whose it is
    secret_sha256 bytea NOT NULL, -- SHA-256 of the secret; the secret itself is shown once and not kept
    scopes text[] NOT NULL, -- What it may do
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was made
    expires_at timestamp with time zone, -- After this it is not accepted; null for never
    revoked_at timestamp with time zone, -- When it was revoked
    CONSTRAINT access_token_pkey PRIMARY KEY (access_token_id),
    CONSTRAINT access_token_secret_sha256_key UNIQUE (secret_sha256),
    CONSTRAINT access_token_scopes_check CHECK ((cardinality(scopes) > 0)),
    CONSTRAINT access_token_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
);
GRANT SELECT ON access_token TO somel_read;

-- What was done: a chain in which each entry holds the hash of the one before; nobody changes or deletes a row
CREATE TABLE somel.audit_entry (
    number bigint NOT NULL, -- Place in the chain, from 1 on, without gaps
    form smallint NOT NULL, -- Version of the form that content and hash have
    at timestamp with time zone NOT NULL, -- When it was done, by the platform's clock, which may be one of a replay
    recorded_at timestamp with time zone NOT NULL, -- Wall time at which it joined the chain; part of the hash
    actor text NOT NULL, -- Who: token/<name>, ven/<name>, process/<name>, or operator for the command line
    action text NOT NULL, -- What was done: noun.verb
    subject text NOT NULL, -- To what: kind/<key>
    content text NOT NULL, -- at, actor, action, subject and the facts as canonical JSON: what is hashed
    previous_hash bytea NOT NULL, -- Hash of the entry before; zeros for the first
    hash bytea NOT NULL, -- SHA-256 of previous_hash, number and recorded_at [us after 1970] as eight bytes each, high byte first, and content in UTF-8
    CONSTRAINT audit_entry_pkey PRIMARY KEY (number),
    CONSTRAINT audit_entry_hash_key UNIQUE (hash),
    CONSTRAINT audit_entry_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_entry_number_check CHECK ((number > 0)),
    CONSTRAINT audit_entry_previous_hash_check CHECK ((length(previous_hash) = 32))
);
CREATE INDEX audit_entry_subject_idx ON somel.audit_entry USING btree (subject, number);
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON somel.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON audit_entry TO somel_compute;
GRANT SELECT ON audit_entry TO somel_ingest;
GRANT SELECT ON audit_entry TO somel_read;

-- The end of the chain, one row: taken by one transaction at a time
CREATE TABLE somel.audit_head (
    is_head boolean NOT NULL DEFAULT true, -- Key: there is one row
    number bigint NOT NULL, -- Number of the last entry; 0 while there is none
    hash bytea NOT NULL, -- Hash of the last entry; zeros while there is none
    CONSTRAINT audit_head_pkey PRIMARY KEY (is_head),
    CONSTRAINT audit_head_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_head_is_head_check CHECK (is_head)
);
GRANT SELECT ON audit_head TO somel_compute;
GRANT SELECT ON audit_head TO somel_ingest;
GRANT SELECT ON audit_head TO somel_read;

-- Entries of a transaction that is not committed; always empty for everybody else
CREATE TABLE somel.audit_pending (
    audit_pending_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    form smallint NOT NULL, -- As in audit_entry
    at timestamp with time zone NOT NULL, -- As in audit_entry
    actor text NOT NULL, -- As in audit_entry
    action text NOT NULL, -- As in audit_entry
    subject text NOT NULL, -- As in audit_entry
    content text NOT NULL, -- As in audit_entry
    CONSTRAINT chain_audit TRIGGER DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT audit_pending_pkey PRIMARY KEY (audit_pending_id),
    CONSTRAINT audit_pending_action_check CHECK ((action ~ '^[a-z_]+\.[a-z_]+$'::text)),
    CONSTRAINT audit_pending_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT audit_pending_subject_check CHECK ((subject <> ''::text))
);
CREATE CONSTRAINT TRIGGER chain_audit AFTER INSERT ON somel.audit_pending DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chain_audit();
GRANT INSERT ON audit_pending TO somel_compute;
GRANT INSERT ON audit_pending TO somel_enjoy_account;
GRANT INSERT ON audit_pending TO somel_enjoy_pass;
GRANT INSERT ON audit_pending TO somel_enjoy_shop;
GRANT INSERT ON audit_pending TO somel_enjoy_write;
GRANT INSERT ON audit_pending TO somel_ingest;

-- How wrong a baseline method was on days without an event; all usage points together; indicative
CREATE TABLE somel.baseline_skill (
    place_id integer NOT NULL, -- Place whose enrolled usage points were looked at
    program text NOT NULL, -- Program whose events choose the usage points; empty: all enrolled ones
    method text NOT NULL, -- Baseline method
    is_adjusted boolean NOT NULL, -- With same-day adjustment
    month date NOT NULL, -- Local month, by its first day
    window_start time without time zone NOT NULL, -- Local time of day at which the hours looked at begin
    window_slots integer NOT NULL, -- How long they are [slots]
    as_of timestamp with time zone NOT NULL, -- Nothing that became known later is in it
    computed_at timestamp with time zone NOT NULL, -- When it was computed
    usage_point_count integer NOT NULL, -- Usage points
    day_count integer NOT NULL, -- Days without an event that were looked at [days]
    slot_count integer NOT NULL, -- Slots compared
    bias_w double precision NOT NULL, -- Mean of baseline less measured load; NaN: nothing to compare [W]
    mae_w double precision NOT NULL, -- Mean size of it [W]
    cv_rmse_ratio double precision NOT NULL, -- Root mean square of it, over the mean measured load [ratio]
    absolute_error_ratio double precision NOT NULL, -- Sum of the sizes over the measured energy; at most 0.35 in the monthly check [ratio]
    centring_error_ratio double precision NOT NULL, -- Size of the sum over the measured energy; at most 0.15 in the monthly check [ratio]
    CONSTRAINT baseline_skill_pkey PRIMARY KEY (place_id, program, month, window_start, window_slots, method, is_adjusted),
    CONSTRAINT baseline_skill_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id),
    CONSTRAINT baseline_skill_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT baseline_skill_window_slots_check CHECK ((window_slots > 0))
);
GRANT INSERT, SELECT, UPDATE ON baseline_skill TO somel_compute;
GRANT SELECT ON baseline_skill TO somel_ingest;
GRANT SELECT ON baseline_skill TO somel_read;

-- Stationary batteries: what a plan must know of them
CREATE TABLE somel.battery (
    end_device_id integer NOT NULL, -- Resource of the kind battery
    capacity_wh integer NOT NULL, -- Usable energy [Wh]
    min_energy_wh integer NOT NULL, -- Least that a plan leaves in it [Wh]
    max_energy_wh integer NOT NULL, -- Most that a plan puts into it [Wh]
    charge_power_w integer NOT NULL, -- Highest power into it [W]
    discharge_power_w integer NOT NULL, -- Highest power out of it [W]
    efficiency_ratio double precision NOT NULL, -- Energy that comes back out for energy put in, both ways together [ratio]
    CONSTRAINT battery_pkey PRIMARY KEY (end_device_id),
    CONSTRAINT battery_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id) ON DELETE CASCADE,
    CONSTRAINT battery_capacity_wh_check CHECK ((capacity_wh > 0)),
    CONSTRAINT battery_charge_power_w_check CHECK ((charge_power_w > 0)),
    CONSTRAINT battery_check CHECK (((max_energy_wh >= min_energy_wh) AND (max_energy_wh <= capacity_wh))),
    CONSTRAINT battery_discharge_power_w_check CHECK ((discharge_power_w >= 0)),
    CONSTRAINT battery_efficiency_ratio_check CHECK (((efficiency_ratio > (0)::double precision) AND (efficiency_ratio <= (1)::double precision))),
    CONSTRAINT battery_min_energy_wh_check CHECK ((min_energy_wh >= 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON battery TO somel_compute;
GRANT SELECT ON battery TO somel_ingest;
GRANT SELECT ON battery TO somel_read;

-- How often a resource may be called; one without a row may be called at any time. A call is an event that commanded it
CREATE TABLE somel.call_limit (
    end_device_id integer NOT NULL, -- Resource
    calls_per_day smallint, -- Most calls that start on one local day; null: no limit
    calls_per_week smallint, -- Most calls that start in one local week, Monday to Sunday; null: no limit
    calls_per_season smallint, -- Most calls that start in one season, 1 September to 31 August; null: no limit
    rest_s integer NOT NULL DEFAULT 0, -- Least time between the end of a call and the start of the next [s]
    CONSTRAINT call_limit_pkey PRIMARY KEY (end_device_id),
    CONSTRAINT call_limit_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id) ON DELETE CASCADE,
    CONSTRAINT call_limit_calls_per_day_check CHECK ((calls_per_day >= 0)),
    CONSTRAINT call_limit_calls_per_season_check CHECK ((calls_per_season >= 0)),
    CONSTRAINT call_limit_calls_per_week_check CHECK ((calls_per_week >= 0)),
    CONSTRAINT call_limit_rest_s_check CHECK ((rest_s >= 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON call_limit TO somel_compute;
GRANT SELECT ON call_limit TO somel_ingest;
GRANT SELECT ON call_limit TO somel_read;

-- Most power that may flow into a place, beside the ratings of transformers; of several that hold, the lowest counts
CREATE TABLE somel.capacity_limit (
    capacity_limit_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    place_id integer NOT NULL, -- Place, of any level
    limit_w double precision NOT NULL, -- Most net load, import positive [W]
    valid_from timestamp with time zone NOT NULL, -- From when it holds
    valid_until timestamp with time zone, -- Until when; null: until it is withdrawn
    source text NOT NULL, -- rating (of a feeder or substation), operator, or openadr (IMPORT_CAPACITY_LIMIT)
    reason text, -- Why, for people
    created_at timestamp with time zone NOT NULL, -- When it was set
    created_by text NOT NULL, -- Account that set it
    withdrawn_at timestamp with time zone, -- When it was taken back; null while it counts
    openadr_event_id text, -- OpenADR event that it follows, kept when that is deleted; null for others
    CONSTRAINT capacity_limit_pkey PRIMARY KEY (capacity_limit_id),
    CONSTRAINT capacity_limit_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id) ON DELETE CASCADE,
    CONSTRAINT capacity_limit_check CHECK ((valid_until > valid_from)),
    CONSTRAINT capacity_limit_check1 CHECK (((openadr_event_id IS NULL) OR (source = 'openadr'::text))),
    CONSTRAINT capacity_limit_created_by_check CHECK ((created_by <> ''::text)),
    CONSTRAINT capacity_limit_limit_w_check CHECK ((limit_w >= (0)::double precision)),
    CONSTRAINT capacity_limit_source_check CHECK ((source = ANY (ARRAY['rating'::text, 'operator'::text, 'openadr'::text])))
);
CREATE INDEX capacity_limit_openadr_idx ON somel.capacity_limit USING btree (openadr_event_id) WHERE ((openadr_event_id IS NOT NULL) AND (withdrawn_at IS NULL));
CREATE INDEX capacity_limit_place_idx ON somel.capacity_limit USING btree (place_id, valid_from) WHERE (withdrawn_at IS NULL);
GRANT INSERT, SELECT ON capacity_limit TO somel_compute;
GRANT SELECT ON capacity_limit TO somel_ingest;
GRANT SELECT ON capacity_limit TO somel_read;
GRANT UPDATE (withdrawn_at) ON capacity_limit TO somel_compute;

-- Certificates issued to gateways; their private keys never leave the devices
CREATE TABLE somel.certificate (
    serial text NOT NULL, -- Serial number, hexadecimal
    gateway_id integer NOT NULL, -- Gateway that it names
    sha256 bytea NOT NULL, -- SHA-256 of the certificate
    valid_from timestamp with time zone NOT NULL, -- Not valid before
    expires_at timestamp with time zone NOT NULL, -- Not valid after
    issued_at timestamp with time zone NOT NULL, -- When it was issued
    revoked_at timestamp with time zone, -- When it was revoked; null: it is not
    revocation_reason text, -- Why it was revoked, as RFC 5280 names reasons
    CONSTRAINT certificate_pkey PRIMARY KEY (serial),
    CONSTRAINT certificate_sha256_key UNIQUE (sha256),
    CONSTRAINT certificate_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(gateway_id) ON DELETE CASCADE,
    CONSTRAINT certificate_check CHECK ((expires_at > valid_from)),
    CONSTRAINT certificate_check1 CHECK (((revoked_at IS NULL) = (revocation_reason IS NULL))),
    CONSTRAINT certificate_serial_check CHECK ((serial ~ '^[0-9a-f]{1,40}$'::text)),
    CONSTRAINT certificate_sha256_check CHECK ((octet_length(sha256) = 32))
);
CREATE INDEX certificate_gateway_idx ON somel.certificate USING btree (gateway_id, expires_at);
GRANT INSERT, SELECT ON certificate TO somel_compute;
GRANT SELECT ON certificate TO somel_ingest;
GRANT SELECT ON certificate TO somel_read;

-- Usage points that are counted together in what is published, or not at all
CREATE TABLE somel.cohort (
    cohort_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    population text NOT NULL, -- residential; other: businesses and public buildings
    place_id integer NOT NULL, -- Smallest place of the lattice that all of them lie in: commune, transformer or feeder
    since timestamp with time zone NOT NULL, -- Start of the local month that it is counted from
    formed_at timestamp with time zone NOT NULL, -- When it was formed
    dissolved_at timestamp with time zone, -- When consent of one of them ended, or one moved: from then on nothing is published with it; null: it stands
    fresh_count integer NOT NULL, -- How many of them had never been in a cohort before: k or more
    usage_point_count integer NOT NULL, -- How many there are
    CONSTRAINT cohort_pkey PRIMARY KEY (cohort_id),
    CONSTRAINT cohort_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id),
    CONSTRAINT cohort_check CHECK ((dissolved_at >= formed_at)),
    CONSTRAINT cohort_check1 CHECK ((usage_point_count >= fresh_count)),
    CONSTRAINT cohort_fresh_count_check CHECK ((fresh_count > 0)),
    CONSTRAINT cohort_population_check CHECK ((population = ANY (ARRAY['residential'::text, 'other'::text])))
);
CREATE INDEX cohort_place_idx ON somel.cohort USING btree (place_id);
GRANT INSERT, SELECT ON cohort TO somel_compute;
GRANT SELECT ON cohort TO somel_ingest;
GRANT SELECT ON cohort TO somel_read;
GRANT UPDATE (dissolved_at) ON cohort TO somel_compute;

-- Who is, or was, in which cohort; kept for good, for who was in one is never fresh again
CREATE TABLE somel.cohort_member (
    usage_point_id integer NOT NULL, -- Usage point
    cohort_id integer NOT NULL, -- Cohort
    CONSTRAINT cohort_member_pkey PRIMARY KEY (usage_point_id, cohort_id),
    CONSTRAINT cohort_member_cohort_id_fkey FOREIGN KEY (cohort_id) REFERENCES cohort(cohort_id),
    CONSTRAINT cohort_member_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(usage_point_id)
);
CREATE INDEX cohort_member_cohort_idx ON somel.cohort_member USING btree (cohort_id);
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON somel.cohort_member FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON cohort_member TO somel_compute;
GRANT SELECT ON cohort_member TO somel_ingest;
GRANT SELECT ON cohort_member TO somel_read;

-- Local months whose cohorts are formed: once, and never again
CREATE TABLE somel.cohort_month (
    population text NOT NULL, -- As in cohort
    since timestamp with time zone NOT NULL, -- Start of the local month
    formed_at timestamp with time zone NOT NULL, -- When
    CONSTRAINT cohort_month_pkey PRIMARY KEY (population, since),
    CONSTRAINT cohort_month_population_check CHECK ((population = ANY (ARRAY['residential'::text, 'other'::text])))
);
GRANT INSERT, SELECT ON cohort_month TO somel_compute;
GRANT SELECT ON cohort_month TO somel_ingest;
GRANT SELECT ON cohort_month TO somel_read;

-- What a resource was told and what it answered; pending rows are the outbox of ingest
CREATE TABLE somel.command (
    command_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Correlates command and answer
    event_id uuid NOT NULL, -- Event
    end_device_id integer NOT NULL, -- Resource
    issued_at timestamp with time zone NOT NULL, -- When it was decided
    expires_at timestamp with time zone NOT NULL, -- After this it must not be obeyed
    start_at timestamp with time zone NOT NULL, -- Start of the first setpoint
    step_s integer NOT NULL DEFAULT 1800, -- Length of each setpoint [s]
    dispatch_setpoint_w real[] NOT NULL, -- Power in each step: what it draws if is_followed, else the highest [W]
    status text NOT NULL DEFAULT 'pending'::text, -- pending, sent, accepted, opted_out, refused, expired (never sent), unanswered, withdrawn or replaced
    sent_at timestamp with time zone, -- When the broker had taken it for the first time
    answered_at timestamp with time zone, -- When the answer was stored
    reason text, -- The device's reason, when it refused
    delivered_at timestamp with time zone, -- When the broker had taken it and did not say that nobody subscribes to it
    attempt_count integer NOT NULL DEFAULT 0, -- How often the broker has taken it, or since it was withdrawn its withdrawal
    retry_at timestamp with time zone, -- When it is sent again if it is still unanswered (wall clock)
    withdrawn_at timestamp with time zone, -- When it was decided that it no longer counts
    withdrawal_answered_at timestamp with time zone, -- When the answer to its withdrawal was stored
    ended_at timestamp with time zone, -- When it was found expired, unanswered or replaced
    natural_w real[], -- What the plan expected it to draw by itself in each step; null where that is not known [W]
    purpose text NOT NULL DEFAULT 'plan'::text, -- plan: when the event was approved; redispatch: called later for a shortfall; rebalance: moved to keep a limit; release: let go when the event was stopped
    is_followed boolean NOT NULL DEFAULT false, -- Whether it draws what its setpoints say, below 0 gives it back; else it draws at most that
    CONSTRAINT command_pkey PRIMARY KEY (command_id),
    CONSTRAINT command_event_id_end_device_id_issued_at_key UNIQUE (event_id, end_device_id, issued_at),
    CONSTRAINT command_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id),
    CONSTRAINT command_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id),
    CONSTRAINT command_check CHECK ((expires_at > issued_at)),
    CONSTRAINT command_purpose_check CHECK ((purpose = ANY (ARRAY['plan'::text, 'redispatch'::text, 'rebalance'::text, 'release'::text]))),
    CONSTRAINT command_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sent'::text, 'accepted'::text, 'opted_out'::text, 'refused'::text, 'expired'::text, 'unanswered'::text, 'withdrawn'::text, 'replaced'::text])))
);
CREATE INDEX command_end_device_idx ON somel.command USING btree (end_device_id, start_at);
CREATE INDEX command_open_idx ON somel.command USING btree (expires_at) WHERE (status = ANY (ARRAY['pending'::text, 'sent'::text]));
CREATE INDEX command_pending_idx ON somel.command USING btree (issued_at) WHERE (status = 'pending'::text);
CREATE INDEX command_withdrawn_idx ON somel.command USING btree (retry_at) WHERE ((status = 'withdrawn'::text) AND (withdrawal_answered_at IS NULL));
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON somel.command FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT, UPDATE ON command TO somel_compute;
GRANT SELECT ON command TO somel_ingest;
GRANT SELECT ON command TO somel_read;
GRANT UPDATE (status, sent_at, answered_at, reason, delivered_at, attempt_count, retry_at, withdrawn_at, withdrawal_answered_at, ended_at) ON command TO somel_ingest;

-- A municipality
CREATE TABLE somel.commune (
    place_id integer NOT NULL, -- Place
    level text NOT NULL DEFAULT 'commune'::text, -- Always commune
    insee_code text NOT NULL, -- INSEE code, five characters
    population integer NOT NULL, -- Municipal population [inhabitants]
    centroid geometry(Point,4326) NOT NULL, -- Point inside the commune, WGS 84 [degrees]
    boundary geometry(MultiPolygon,4326), -- Boundary, WGS 84 [degrees]; null until loaded
    CONSTRAINT commune_pkey PRIMARY KEY (place_id),
    CONSTRAINT commune_insee_code_key UNIQUE (insee_code),
    CONSTRAINT commune_place_id_level_fkey FOREIGN KEY (place_id, level) REFERENCES place(place_id, level),
    CONSTRAINT commune_insee_code_check CHECK ((insee_code ~ '^[0-9][0-9AB][0-9]{3}$'::text)),
    CONSTRAINT commune_level_check CHECK ((level = 'commune'::text)),
    CONSTRAINT commune_population_check CHECK ((population >= 0))
);
CREATE INDEX commune_boundary_idx ON somel.commune USING gist (boundary);
GRANT SELECT ON commune TO somel_compute;
GRANT SELECT ON commune TO somel_enjoy_pass;
GRANT SELECT ON commune TO somel_ingest;
GRANT SELECT ON commune TO somel_read;

-- Intervals of a usage point's local day: how many were to come and what became of them
CREATE TABLE somel.completeness (
    usage_point_id integer NOT NULL, -- Usage point
    register_id smallint NOT NULL, -- Register, of kind interval
    day date NOT NULL, -- Local day (Europe/Paris)
    step_s integer NOT NULL, -- Step of its load curve on that day [s]
    expected integer NOT NULL, -- Intervals to come: of 30 min 46, 48 or 50 a day, fewer on the day of registration
    received integer NOT NULL, -- Of those, measured and not bad
    bad integer NOT NULL, -- Of those, marked bad
    estimated integer NOT NULL, -- Of those, estimated, by the meter or here
    missing integer NOT NULL, -- Of those, without any value
    late integer NOT NULL, -- Of those received, known later than register_limit.late_s after their end
    energy double precision NOT NULL, -- Sum of the values received and estimated [unit of the register]
    checked_at timestamp with time zone NOT NULL, -- When it was last counted, by the platform's clock
    changed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When the counts last changed, by the wall clock
    tried_at timestamp with time zone, -- When the missing were last tried to be estimated; null since the counts changed
    CONSTRAINT completeness_pkey PRIMARY KEY (usage_point_id, register_id, day),
    CONSTRAINT completeness_bad_check CHECK ((bad >= 0)),
    CONSTRAINT completeness_check CHECK ((expected = (((received + bad) + estimated) + missing))),
    CONSTRAINT completeness_estimated_check CHECK ((estimated >= 0)),
    CONSTRAINT completeness_expected_check CHECK ((expected > 0)),
    CONSTRAINT completeness_late_check CHECK ((late >= 0)),
    CONSTRAINT completeness_missing_check CHECK ((missing >= 0)),
    CONSTRAINT completeness_received_check CHECK ((received >= 0)),
    CONSTRAINT completeness_step_s_check CHECK ((step_s > 0))
);
CREATE INDEX completeness_day_idx ON somel.completeness USING btree (day);
CREATE INDEX completeness_incomplete_idx ON somel.completeness USING btree (day, usage_point_id) WHERE (missing > 0);
CREATE INDEX completeness_untried_idx ON somel.completeness USING btree (changed_at) WHERE ((missing > 0) AND (tried_at IS NULL));
GRANT INSERT, SELECT, UPDATE ON completeness TO somel_ingest;
GRANT SELECT ON completeness TO somel_compute;
GRANT SELECT ON completeness TO somel_read;

-- A point of a low-voltage network where conductors meet
CREATE TABLE somel.connectivity_node (
    connectivity_node_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    power_transformer_place_id integer NOT NULL, -- Transformer of the network
    name text NOT NULL, -- Name, unique within the network
    nominal_v double precision NOT NULL, -- Nominal voltage between phases [V]
    CONSTRAINT connectivity_node_pkey PRIMARY KEY (connectivity_node_id),
    CONSTRAINT connectivity_node_connectivity_node_id_power_transformer_pl_key UNIQUE (connectivity_node_id, power_transformer_place_id),
    CONSTRAINT connectivity_node_power_transformer_place_id_name_key UNIQUE (power_transformer_place_id, name),
    CONSTRAINT connectivity_node_power_transformer_place_id_fkey FOREIGN KEY (power_transformer_place_id) REFERENCES power_transformer(place_id),
    CONSTRAINT connectivity_node_name_check CHECK ((name <> ''::text)),
    CONSTRAINT connectivity_node_nominal_v_check CHECK ((nominal_v > (0)::double precision))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON connectivity_node TO somel_compute;
GRANT SELECT ON connectivity_node TO somel_read;

-- What owners of resources agreed to, and until when; nothing is written over, for these rows are the proof
CREATE TABLE somel.consent (
    consent_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    end_device_id integer NOT NULL, -- Resource
    purpose text NOT NULL, -- What for; grid: demand response for the grid
    text_version text NOT NULL, -- Version of the text that was agreed to; enrolment: the one in force when it was registered
    given_at timestamp with time zone NOT NULL, -- When it was given
    given_by text NOT NULL, -- Account that recorded it; no person's name
    given_how text NOT NULL, -- enrolment (registered by the operator), online, paper or telephone
    proof text, -- Where its proof is kept, such as a file number
    withdrawn_at timestamp with time zone, -- When it was withdrawn; null while it holds
    withdrawn_by text, -- Account that recorded the withdrawal
    withdrawn_how text, -- How it was withdrawn
    CONSTRAINT consent_pkey PRIMARY KEY (consent_id),
    CONSTRAINT consent_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id) ON DELETE CASCADE,
    CONSTRAINT consent_check CHECK ((withdrawn_at >= given_at)),
    CONSTRAINT consent_check1 CHECK ((((withdrawn_at IS NULL) = (withdrawn_by IS NULL)) AND ((withdrawn_at IS NULL) = (withdrawn_how IS NULL)))),
    CONSTRAINT consent_given_by_check CHECK ((given_by <> ''::text)),
    CONSTRAINT consent_given_how_check CHECK ((given_how = ANY (ARRAY['enrolment'::text, 'online'::text, 'paper'::text, 'telephone'::text]))),
    CONSTRAINT consent_purpose_check CHECK ((purpose = 'grid'::text)),
    CONSTRAINT consent_text_version_check CHECK ((text_version <> ''::text)),
    CONSTRAINT consent_withdrawn_how_check CHECK ((withdrawn_how = ANY (ARRAY['enrolment'::text, 'online'::text, 'paper'::text, 'telephone'::text])))
);
CREATE INDEX consent_end_device_idx ON somel.consent USING btree (end_device_id, consent_id);
CREATE UNIQUE INDEX consent_open_idx ON somel.consent USING btree (end_device_id, purpose) WHERE (withdrawn_at IS NULL);
GRANT INSERT, SELECT ON consent TO somel_compute;
GRANT SELECT ON consent TO somel_ingest;
GRANT SELECT ON consent TO somel_read;
GRANT UPDATE (withdrawn_at, withdrawn_by, withdrawn_how) ON consent TO somel_compute;

-- What a device says of itself and is no number, the latest: tariff names, states, messages
CREATE TABLE somel.device_label (
    end_device_id integer NOT NULL, -- Device
    label text NOT NULL, -- Which label: its name in the device's own language, or one with a field of it after a dot
    text text NOT NULL, -- What it says
    first_said_at timestamp with time zone NOT NULL, -- Since when it says so without a break
    last_said_at timestamp with time zone NOT NULL, -- When it was last heard to say so; while nothing changes moved on every few minutes only
    CONSTRAINT device_label_pkey PRIMARY KEY (end_device_id, label),
    CONSTRAINT device_label_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES end_device(end_device_id),
    CONSTRAINT device_label_check CHECK ((last_said_at >= first_said_at)),
    CONSTRAINT device_label_label_check CHECK (((length(label) >= 1) AND (length(label) <= 64))),
    CONSTRAINT device_label_text_check CHECK ((length(text) <= 256))
);
GRANT INSERT, SELECT, UPDATE ON device_label TO somel_ingest;
GRANT SELECT ON device_label TO somel_compute;
GRANT SELECT ON device_label TO somel_read;

-- What labels said before, the newest 32 of each device and label
CREATE TABLE somel.device_label_change (
    device_label_change_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising in the order of change
    end_device_id integer NOT NULL, -- Device
    label text NOT NULL, -- Which label
    text text NOT NULL, -- What it said
    first_said_at timestamp with time zone NOT NULL, -- Since when it said so
    last_said_at timestamp with time zone NOT NULL, -- Until when it was heard to say so
    CONSTRAINT device_label_change_pkey PRIMARY KEY (device_label_change_id),
    CONSTRAINT device_label_change_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES end_device(end_device_id)
);
CREATE INDEX device_label_change_key_idx ON somel.device_label_change USING btree (end_device_id, label, device_label_change_id);
GRANT DELETE, INSERT, SELECT ON device_label_change TO somel_ingest;
GRANT SELECT ON device_label_change TO somel_compute;
GRANT SELECT ON device_label_change TO somel_read;

-- Limits that a plan uses to the full; all others have room, and a shadow price of 0
CREATE TABLE somel.dispatch_limit_slot (
    dispatch_plan_id bigint NOT NULL, -- Plan
    place_id integer NOT NULL, -- Place whose limit it is
    slot_start_at timestamp with time zone NOT NULL, -- Start of the slot
    room_w double precision NOT NULL, -- What the limit leaves to the resources planned [W]
    shadow_price_eur_per_mwh double precision NOT NULL, -- What one more unit of room would save [EUR/MWh]
    CONSTRAINT dispatch_limit_slot_pkey PRIMARY KEY (dispatch_plan_id, place_id, slot_start_at),
    CONSTRAINT dispatch_limit_slot_dispatch_plan_id_fkey FOREIGN KEY (dispatch_plan_id) REFERENCES dispatch_plan(dispatch_plan_id) ON DELETE CASCADE,
    CONSTRAINT dispatch_limit_slot_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id) ON DELETE CASCADE,
    CONSTRAINT dispatch_limit_slot_room_w_check CHECK ((room_w >= (0)::double precision)),
    CONSTRAINT dispatch_limit_slot_shadow_price_eur_per_mwh_check CHECK ((shadow_price_eur_per_mwh >= (0)::double precision))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON dispatch_limit_slot TO somel_compute;
GRANT SELECT ON dispatch_limit_slot TO somel_ingest;
GRANT SELECT ON dispatch_limit_slot TO somel_read;

-- The plan of an event: exact under the transformer limits, with its certificate
CREATE TABLE somel.dispatch_plan (
    dispatch_plan_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    event_id uuid NOT NULL, -- Event
    planned_at timestamp with time zone NOT NULL, -- When it was made
    start_at timestamp with time zone NOT NULL, -- First slot of the plan
    slot_count integer NOT NULL, -- Slots of the plan; it reaches past the event, to the last deadline
    objective double precision NOT NULL, -- Cost of the plan [EUR]
    dual_bound double precision NOT NULL, -- No plan can cost less [EUR]
    unserved_wh double precision NOT NULL, -- Energy that the limits leave unserved; 0 when feasible [Wh]
    planned_reduction_w real[] NOT NULL, -- Natural load less planned load, for each slot of the event [W]
    target_gap_w real[] NOT NULL DEFAULT '{}'::real[], -- What each slot of the event is expected to lack of the target; empty without target [W]
    CONSTRAINT dispatch_plan_pkey PRIMARY KEY (dispatch_plan_id),
    CONSTRAINT dispatch_plan_event_id_key UNIQUE (event_id),
    CONSTRAINT dispatch_plan_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id),
    CONSTRAINT dispatch_plan_slot_count_check CHECK ((slot_count > 0)),
    CONSTRAINT dispatch_plan_unserved_wh_check CHECK ((unserved_wh >= (0)::double precision))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON dispatch_plan TO somel_compute;
GRANT SELECT ON dispatch_plan TO somel_ingest;
GRANT SELECT ON dispatch_plan TO somel_read;

-- Why a plan is infeasible: the minimum cut by name
CREATE TABLE somel.dispatch_shortage (
    dispatch_plan_id bigint NOT NULL, -- Plan
    place_id integer NOT NULL, -- Highest place whose limit stands in the way: a transformer, feeder, substation or the territory
    slot_starts timestamp with time zone[] NOT NULL, -- Slots that are full
    missing_wh double precision NOT NULL, -- Energy that does not fit [Wh]
    CONSTRAINT dispatch_shortage_pkey PRIMARY KEY (dispatch_plan_id, place_id),
    CONSTRAINT dispatch_shortage_dispatch_plan_id_fkey FOREIGN KEY (dispatch_plan_id) REFERENCES dispatch_plan(dispatch_plan_id),
    CONSTRAINT dispatch_shortage_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id),
    CONSTRAINT dispatch_shortage_missing_wh_check CHECK ((missing_wh > (0)::double precision))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON dispatch_shortage TO somel_compute;
GRANT SELECT ON dispatch_shortage TO somel_ingest;
GRANT SELECT ON dispatch_shortage TO somel_read;

-- How a plan was found, and how far it may be from the best one
CREATE TABLE somel.dispatch_solution (
    dispatch_plan_id bigint NOT NULL, -- Plan
    solver text NOT NULL, -- transformers (each by itself), nested (limits inside limits), commitment (on and off)
    gap_eur double precision NOT NULL, -- Objective less dual bound: what a better plan could save at the most [EUR]
    gap_wh double precision NOT NULL, -- What a better plan could serve more at the most [Wh]
    exact_slot_count integer NOT NULL, -- Slots planned exactly, from the cheapest; fewer than the plan has when the time was over
    duration_s double precision NOT NULL, -- Time it took [s]
    CONSTRAINT dispatch_solution_pkey PRIMARY KEY (dispatch_plan_id),
    CONSTRAINT dispatch_solution_dispatch_plan_id_fkey FOREIGN KEY (dispatch_plan_id) REFERENCES dispatch_plan(dispatch_plan_id) ON DELETE CASCADE,
    CONSTRAINT dispatch_solution_duration_s_check CHECK ((duration_s >= (0)::double precision)),
    CONSTRAINT dispatch_solution_exact_slot_count_check CHECK ((exact_slot_count >= 0)),
    CONSTRAINT dispatch_solution_solver_check CHECK ((solver = ANY (ARRAY['transformers'::text, 'nested'::text, 'commitment'::text])))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON dispatch_solution TO somel_compute;
GRANT SELECT ON dispatch_solution TO somel_ingest;
GRANT SELECT ON dispatch_solution TO somel_read;

-- What was done, and what was attempted in vain, with the identity of gateways
CREATE TABLE somel.edge_event (
    edge_event_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    happened_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When
    action text NOT NULL, -- code_made, enrolled, renewed, refused, revoked, quarantined or released
    gateway_name text NOT NULL, -- Gateway, or the name that somebody gave for one
    detail text NOT NULL, -- Serial number, reason or what was wrong
    CONSTRAINT edge_event_pkey PRIMARY KEY (edge_event_id)
);
CREATE INDEX edge_event_gateway_idx ON somel.edge_event USING btree (gateway_name, edge_event_id DESC);
GRANT INSERT, SELECT ON edge_event TO somel_compute;
GRANT SELECT ON edge_event TO somel_ingest;
GRANT SELECT ON edge_event TO somel_read;

-- A meter, sensor or flexible device behind a gateway
CREATE TABLE somel.end_device (
    end_device_id integer GENERATED ALWAYS AS IDENTITY, -- Key inside this database
    name text NOT NULL, -- Identifier in payloads; never the PRM
    kind text NOT NULL, -- meter, sensor, water_heater, ev_charger, battery or heat_pump
    gateway_id integer NOT NULL, -- Gateway that speaks for it
    usage_point_id integer NOT NULL, -- Usage point that it measures or draws from
    CONSTRAINT end_device_pkey PRIMARY KEY (end_device_id),
    CONSTRAINT end_device_name_key UNIQUE (name),
    CONSTRAINT end_device_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(gateway_id),
    CONSTRAINT end_device_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(usage_point_id),
    CONSTRAINT end_device_kind_check CHECK ((kind = ANY (ARRAY['meter'::text, 'sensor'::text, 'water_heater'::text, 'ev_charger'::text, 'battery'::text, 'heat_pump'::text]))),
    CONSTRAINT end_device_name_check CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$'::text))
);
CREATE INDEX end_device_gateway_idx ON somel.end_device USING btree (gateway_id);
CREATE INDEX end_device_usage_point_idx ON somel.end_device USING btree (usage_point_id);
GRANT SELECT ON end_device TO somel_compute;
GRANT SELECT ON end_device TO somel_ingest;
GRANT SELECT ON end_device TO somel_read;

-- The one-time code of each gateway that may ask for its first certificate; a new one replaces the old
CREATE TABLE somel.enrolment_code (
    gateway_id integer NOT NULL, -- Gateway that it is for
    code_sha256 bytea NOT NULL, -- SHA-256 of the code; the code itself is shown once and not kept
    made_at timestamp with time zone NOT NULL, -- When it was made
    expires_at timestamp with time zone NOT NULL, -- From then on it is not accepted
    wrong_count integer NOT NULL DEFAULT 0, -- Wrong codes given for this gateway; after a few the code is void
    used_at timestamp with time zone, -- When it was used; null: not yet
    CONSTRAINT enrolment_code_pkey PRIMARY KEY (gateway_id),
    CONSTRAINT enrolment_code_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(gateway_id) ON DELETE CASCADE,
    CONSTRAINT enrolment_code_check CHECK ((expires_at > made_at)),
    CONSTRAINT enrolment_code_code_sha256_check CHECK ((octet_length(code_sha256) = 32)),
    CONSTRAINT enrolment_code_wrong_count_check CHECK ((wrong_count >= 0))
);
GRANT SELECT ON enrolment_code TO somel_compute;
GRANT UPDATE (wrong_count, used_at) ON enrolment_code TO somel_compute;

-- Whose data was erased: what comes again of before that time is erased again
CREATE TABLE somel.erasure (
    erasure_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    usage_point_id integer NOT NULL, -- Usage point
    before_at timestamp with time zone NOT NULL, -- What is older than this is erased; what is newer is the next customer's
    erased_at timestamp with time zone NOT NULL, -- When, by the platform's clock
    erased_by text NOT NULL, -- Who, as in audit_entry
    CONSTRAINT erasure_pkey PRIMARY KEY (erasure_id),
    CONSTRAINT erasure_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(usage_point_id),
    CONSTRAINT erasure_erased_by_check CHECK ((erased_by <> ''::text))
);
CREATE INDEX erasure_usage_point_idx ON somel.erasure USING btree (usage_point_id);
GRANT SELECT ON erasure TO somel_compute;
GRANT SELECT ON erasure TO somel_ingest;
GRANT SELECT ON erasure TO somel_read;

-- Chargers of electric vehicles: what a plan must know of them
CREATE TABLE somel.ev_charger (
    end_device_id integer NOT NULL, -- Resource of the kind ev_charger
    battery_capacity_wh integer NOT NULL, -- Usable energy of the vehicle's battery [Wh]
    min_energy_wh integer NOT NULL DEFAULT 0, -- A plan never leaves less in the battery [Wh]
    departure_energy_wh integer NOT NULL, -- Energy that must be in the battery at departure [Wh]
    efficiency_ratio double precision NOT NULL, -- Energy that comes back out for energy put in, both ways together [ratio]
    discharge_power_w integer NOT NULL DEFAULT 0, -- Highest power back to the grid; 0: it only charges [W]
    CONSTRAINT ev_charger_pkey PRIMARY KEY (end_device_id),
    CONSTRAINT ev_charger_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id) ON DELETE CASCADE,
    CONSTRAINT ev_charger_battery_capacity_wh_check CHECK ((battery_capacity_wh > 0)),
    CONSTRAINT ev_charger_check CHECK (((min_energy_wh >= 0) AND (min_energy_wh <= battery_capacity_wh))),
    CONSTRAINT ev_charger_check1 CHECK (((departure_energy_wh >= min_energy_wh) AND (departure_energy_wh <= battery_capacity_wh))),
    CONSTRAINT ev_charger_discharge_power_w_check CHECK ((discharge_power_w >= 0)),
    CONSTRAINT ev_charger_efficiency_ratio_check CHECK (((efficiency_ratio > (0)::double precision) AND (efficiency_ratio <= (1)::double precision)))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON ev_charger TO somel_compute;
GRANT SELECT ON ev_charger TO somel_ingest;
GRANT SELECT ON ev_charger TO somel_read;

-- A demand-response event: less load in a place over [starts_at, ends_at)
CREATE TABLE somel.event (
    event_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Key
    name text NOT NULL, -- Name for people
    place_id integer NOT NULL, -- Where the resources are asked
    status text NOT NULL DEFAULT 'draft'::text, -- draft, scheduled, active, completed or cancelled
    starts_at timestamp with time zone NOT NULL, -- Start, on a slot's edge
    ends_at timestamp with time zone NOT NULL, -- End, on a slot's edge
    created_at timestamp with time zone NOT NULL, -- When it was drafted
    status_at timestamp with time zone NOT NULL, -- When it got its status
    target_w double precision, -- Reduction wanted in every slot; null: as much as the plan gives [W]
    status_reason text, -- Why it was cancelled, when somebody said so
    CONSTRAINT event_pkey PRIMARY KEY (event_id),
    CONSTRAINT event_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id),
    CONSTRAINT event_check CHECK ((ends_at > starts_at)),
    CONSTRAINT event_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'scheduled'::text, 'active'::text, 'completed'::text, 'cancelled'::text]))),
    CONSTRAINT event_target_w_check CHECK ((target_w > (0)::double precision))
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON somel.event FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT, UPDATE ON event TO somel_compute;
GRANT SELECT ON event TO somel_ingest;
GRANT SELECT ON event TO somel_read;

-- What was decided after the plan of an event was approved
CREATE TABLE somel.event_adjustment (
    event_adjustment_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    event_id uuid NOT NULL, -- Event
    purpose text NOT NULL, -- redispatch, rebalance or release, as of its commands
    decided_at timestamp with time zone NOT NULL, -- When it was decided
    command_count integer NOT NULL, -- Commands issued
    first_slot_at timestamp with time zone NOT NULL, -- First slot of the two series
    wanted_w real[] NOT NULL, -- Shortfall that was to be made up, per slot; empty unless redispatch [W]
    planned_reduction_w real[] NOT NULL, -- Reduction that it adds, if those called obey, per slot; empty unless redispatch [W]
    unserved_wh double precision NOT NULL, -- Energy that the limits leave unserved [Wh]
    CONSTRAINT event_adjustment_pkey PRIMARY KEY (event_adjustment_id),
    CONSTRAINT event_adjustment_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id),
    CONSTRAINT event_adjustment_purpose_check CHECK ((purpose = ANY (ARRAY['redispatch'::text, 'rebalance'::text, 'release'::text]))),
    CONSTRAINT event_adjustment_unserved_wh_check CHECK ((unserved_wh >= (0)::double precision))
);
CREATE INDEX event_adjustment_event_idx ON somel.event_adjustment USING btree (event_id, decided_at);
GRANT DELETE, INSERT, SELECT, UPDATE ON event_adjustment TO somel_compute;
GRANT SELECT ON event_adjustment TO somel_ingest;
GRANT SELECT ON event_adjustment TO somel_read;

-- Events that a rule drafted, and why
CREATE TABLE somel.event_proposal (
    event_id uuid NOT NULL, -- Event
    overload_rule_id integer, -- Rule; null once it is deleted
    forecast_run_id bigint, -- Issue of forecasts; null once it is deleted
    proposed_at timestamp with time zone NOT NULL, -- When
    probability real NOT NULL, -- Highest probability of overload in its slots [ratio]
    required_reduction_w real[] NOT NULL, -- By how much load must fall in each slot for overload to be less probable than the rule's threshold [W]
    CONSTRAINT event_proposal_pkey PRIMARY KEY (event_id),
    CONSTRAINT event_proposal_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id) ON DELETE CASCADE,
    CONSTRAINT event_proposal_forecast_run_id_fkey FOREIGN KEY (forecast_run_id) REFERENCES forecast_run(forecast_run_id) ON DELETE SET NULL,
    CONSTRAINT event_proposal_overload_rule_id_fkey FOREIGN KEY (overload_rule_id) REFERENCES overload_rule(overload_rule_id) ON DELETE SET NULL,
    CONSTRAINT event_proposal_probability_check CHECK (((probability >= (0)::double precision) AND (probability <= (1)::double precision))),
    CONSTRAINT event_proposal_required_reduction_w_check CHECK ((cardinality(required_reduction_w) > 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON event_proposal TO somel_compute;
GRANT SELECT ON event_proposal TO somel_ingest;
GRANT SELECT ON event_proposal TO somel_read;

-- Baseline against measured load of the usage points that took part, per slot; indicative
CREATE TABLE somel.event_result (
    event_id uuid NOT NULL, -- Event
    slot_start_at timestamp with time zone NOT NULL, -- Slot
    computed_at timestamp with time zone NOT NULL, -- When it was computed
    usage_point_count integer NOT NULL, -- Usage points with both baseline and measurement
    baseline_w real NOT NULL, -- High 5 of 10 baseline [W]
    measured_w real NOT NULL, -- Measured load [W]
    planned_reduction_w real NOT NULL, -- Reduction planned [W]
    CONSTRAINT event_result_pkey PRIMARY KEY (event_id, slot_start_at),
    CONSTRAINT event_result_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id)
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON somel.event_result FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT, UPDATE ON event_result TO somel_compute;
GRANT SELECT ON event_result TO somel_ingest;
GRANT SELECT ON event_result TO somel_read;

-- How an event goes, slot by slot: what was planned, what is to be expected, what readings show so far
CREATE TABLE somel.event_tracking (
    event_id uuid NOT NULL, -- Event
    slot_start_at timestamp with time zone NOT NULL, -- Slot
    tracked_at timestamp with time zone NOT NULL, -- When it was looked at last
    called_count integer NOT NULL, -- Resources called so far
    accepted_count integer NOT NULL, -- Of them, those that accepted
    declined_count integer NOT NULL, -- Of them, those that opted out, refused or could not be told
    unanswered_count integer NOT NULL, -- Of them, those that have not answered (yet)
    planned_w real NOT NULL, -- Reduction if all that were called obeyed [W]
    predicted_w real NOT NULL, -- Reduction to be expected, by answers so far and what was measured so far [W]
    measured_w real, -- Reduction by readings so far, against the middle 6 of 10 like days; null: too few readings [W]
    coverage_ratio real NOT NULL, -- Share of the predicted reduction behind usage points with readings
    shortfall_w real, -- Target less what was measured or is predicted; negative: more than wanted; null: no target [W]
    CONSTRAINT event_tracking_pkey PRIMARY KEY (event_id, slot_start_at),
    CONSTRAINT event_tracking_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id),
    CONSTRAINT event_tracking_coverage_ratio_check CHECK (((coverage_ratio >= (0)::double precision) AND (coverage_ratio <= (1)::double precision)))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON event_tracking TO somel_compute;
GRANT SELECT ON event_tracking TO somel_ingest;
GRANT SELECT ON event_tracking TO somel_read;

-- Medium-voltage feeder (départ HTA)
CREATE TABLE somel.feeder (
    place_id integer NOT NULL, -- Place
    level text NOT NULL DEFAULT 'feeder'::text, -- Always feeder
    substation_place_id integer NOT NULL, -- Substation that feeds it
    nominal_voltage_v integer NOT NULL, -- Nominal voltage between phases [V]
    CONSTRAINT feeder_pkey PRIMARY KEY (place_id),
    CONSTRAINT feeder_place_id_level_fkey FOREIGN KEY (place_id, level) REFERENCES place(place_id, level),
    CONSTRAINT feeder_substation_place_id_fkey FOREIGN KEY (substation_place_id) REFERENCES substation(place_id),
    CONSTRAINT feeder_level_check CHECK ((level = 'feeder'::text)),
    CONSTRAINT feeder_nominal_voltage_v_check CHECK ((nominal_voltage_v > 0))
);
CREATE INDEX feeder_substation_idx ON somel.feeder USING btree (substation_place_id);
GRANT SELECT ON feeder TO somel_compute;
GRANT SELECT ON feeder TO somel_ingest;
GRANT SELECT ON feeder TO somel_read;

-- One import of one file of readings; its counts always add up
CREATE TABLE somel.file_import (
    file_import_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    file_name text NOT NULL, -- Name of the file; points of delivery in it are masked
    file_sha256 bytea NOT NULL, -- SHA-256 of its bytes: tells whether it was imported before
    file_bytes bigint NOT NULL, -- Its size [bytes]
    layout text NOT NULL, -- What its columns and stamps were taken to mean
    imported_by text NOT NULL, -- Account that ran the import
    started_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When the import began
    finished_at timestamp with time zone, -- When it ended; null while it runs, or when it was broken off
    row_count bigint NOT NULL DEFAULT 0, -- Lines read
    empty bigint NOT NULL DEFAULT 0, -- Lines without a value
    received bigint NOT NULL DEFAULT 0, -- Lines with a value, or with something unreadable
    stored bigint NOT NULL DEFAULT 0, -- Values stored for the first time
    duplicate bigint NOT NULL DEFAULT 0, -- Values already stored with the same content
    revised bigint NOT NULL DEFAULT 0, -- Values that replaced a different one
    refused bigint NOT NULL DEFAULT 0, -- Lines refused
    CONSTRAINT file_import_pkey PRIMARY KEY (file_import_id),
    CONSTRAINT file_import_check CHECK ((finished_at >= started_at)),
    CONSTRAINT file_import_check1 CHECK ((received = (((stored + duplicate) + revised) + refused))),
    CONSTRAINT file_import_check2 CHECK ((row_count = (received + empty))),
    CONSTRAINT file_import_duplicate_check CHECK ((duplicate >= 0)),
    CONSTRAINT file_import_empty_check CHECK ((empty >= 0)),
    CONSTRAINT file_import_file_bytes_check CHECK ((file_bytes >= 0)),
    CONSTRAINT file_import_file_sha256_check CHECK ((octet_length(file_sha256) = 32)),
    CONSTRAINT file_import_received_check CHECK ((received >= 0)),
    CONSTRAINT file_import_refused_check CHECK ((refused >= 0)),
    CONSTRAINT file_import_revised_check CHECK ((revised >= 0)),
    CONSTRAINT file_import_row_count_check CHECK ((row_count >= 0)),
    CONSTRAINT file_import_stored_check CHECK ((stored >= 0))
);
CREATE INDEX file_import_sha256_idx ON somel.file_import USING btree (file_sha256);
GRANT INSERT, SELECT, UPDATE ON file_import TO somel_ingest;
GRANT SELECT ON file_import TO somel_compute;
GRANT SELECT ON file_import TO somel_read;

-- Everything that was decided about roll-outs, written with the decision
CREATE TABLE somel.firmware_audit (
    firmware_audit_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    firmware_rollout_id uuid NOT NULL, -- Roll-out
    at timestamp with time zone NOT NULL, -- When
    actor text NOT NULL, -- Who: ingest by itself, or the account of the operator
    action text NOT NULL, -- started, stage_opened, stage_met, paused, resumed, completed or aborted
    stage integer NOT NULL, -- Stage, from 0
    detail text NOT NULL, -- The figures that it was decided on
    CONSTRAINT firmware_audit_pkey PRIMARY KEY (firmware_audit_id),
    CONSTRAINT firmware_audit_firmware_rollout_id_fkey FOREIGN KEY (firmware_rollout_id) REFERENCES firmware_rollout(firmware_rollout_id) ON DELETE CASCADE,
    CONSTRAINT firmware_audit_action_check CHECK ((action = ANY (ARRAY['started'::text, 'stage_opened'::text, 'stage_met'::text, 'paused'::text, 'resumed'::text, 'completed'::text, 'aborted'::text])))
);
CREATE INDEX firmware_audit_rollout_idx ON somel.firmware_audit USING btree (firmware_rollout_id, firmware_audit_id);
GRANT INSERT, SELECT ON firmware_audit TO somel_ingest;
GRANT SELECT ON firmware_audit TO somel_compute;
GRANT SELECT ON firmware_audit TO somel_read;

-- Images in pieces of 262,144 bytes, so that a part is read without the rest
CREATE TABLE somel.firmware_chunk (
    sha256 text NOT NULL, -- Image
    position integer NOT NULL, -- Place of the piece, from 0
    content bytea NOT NULL, -- Bytes; all pieces but the last are 262,144 long
    CONSTRAINT firmware_chunk_pkey PRIMARY KEY (sha256, "position"),
    CONSTRAINT firmware_chunk_sha256_fkey FOREIGN KEY (sha256) REFERENCES firmware_image(sha256) ON DELETE CASCADE,
    CONSTRAINT firmware_chunk_content_check CHECK (((octet_length(content) >= 1) AND (octet_length(content) <= 262144))),
    CONSTRAINT firmware_chunk_position_check CHECK (("position" >= 0))
);
GRANT SELECT ON firmware_chunk TO somel_compute;
GRANT SELECT ON firmware_chunk TO somel_ingest;
GRANT SELECT ON firmware_chunk TO somel_read;

-- Firmware images, by their SHA-256
CREATE TABLE somel.firmware_image (
    sha256 text NOT NULL, -- SHA-256 of the image, in lower-case hexadecimal digits
    size_bytes bigint NOT NULL, -- Length of the image [bytes]
    stored_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was stored
    CONSTRAINT firmware_image_pkey PRIMARY KEY (sha256),
    CONSTRAINT firmware_image_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT firmware_image_size_bytes_check CHECK ((size_bytes > 0))
);
GRANT SELECT ON firmware_image TO somel_compute;
GRANT SELECT ON firmware_image TO somel_ingest;
GRANT SELECT ON firmware_image TO somel_read;

-- A release offered to a gateway, and what came of it
CREATE TABLE somel.firmware_offer (
    firmware_offer_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Correlates the offer and the gateway's reports
    firmware_rollout_id uuid NOT NULL, -- Roll-out
    gateway_id integer NOT NULL, -- Gateway
    stage integer NOT NULL, -- Stage that it came in
    status text NOT NULL DEFAULT 'pending'::text, -- pending, offered, or the gateway's last word: downloading, verified, installed, failed, rolled_back, refused
    fault text, -- What went wrong, as a code of the specification
    reason text, -- The same in the gateway's words
    status_at timestamp with time zone NOT NULL, -- When it got its status
    offered_at timestamp with time zone, -- When the broker had taken it for the first time
    attempt_count integer NOT NULL DEFAULT 0, -- How often the broker has taken it
    retry_at timestamp with time zone, -- When it is sent again if nothing was heard (wall clock)
    CONSTRAINT firmware_offer_pkey PRIMARY KEY (firmware_offer_id),
    CONSTRAINT firmware_offer_firmware_rollout_id_gateway_id_key UNIQUE (firmware_rollout_id, gateway_id),
    CONSTRAINT firmware_offer_firmware_rollout_id_fkey FOREIGN KEY (firmware_rollout_id) REFERENCES firmware_rollout(firmware_rollout_id) ON DELETE CASCADE,
    CONSTRAINT firmware_offer_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(gateway_id) ON DELETE CASCADE,
    CONSTRAINT firmware_offer_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'offered'::text, 'downloading'::text, 'verified'::text, 'installed'::text, 'failed'::text, 'rolled_back'::text, 'refused'::text])))
);
CREATE INDEX firmware_offer_gateway_idx ON somel.firmware_offer USING btree (gateway_id);
CREATE INDEX firmware_offer_open_idx ON somel.firmware_offer USING btree (retry_at) WHERE (status = ANY (ARRAY['pending'::text, 'offered'::text, 'downloading'::text, 'verified'::text]));
GRANT INSERT, SELECT, UPDATE ON firmware_offer TO somel_ingest;
GRANT SELECT ON firmware_offer TO somel_compute;
GRANT SELECT ON firmware_offer TO somel_read;

-- Signed releases of firmware
CREATE TABLE somel.firmware_release (
    firmware_release_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    serial bigint NOT NULL, -- Number of the release; a device takes none that is lower than one it took
    version text NOT NULL, -- Version, as devices report it
    hardware text[] NOT NULL, -- Hardware models that it is for
    sha256 text NOT NULL, -- Image
    manifest text NOT NULL, -- What is signed: canonical JSON, exactly as it is sent
    key_ids text[] NOT NULL, -- Keys that signed it
    signatures text[] NOT NULL, -- Their Ed25519 signatures, base64, in the same order
    released_at timestamp with time zone NOT NULL, -- When it was signed
    expires_at timestamp with time zone NOT NULL, -- From then on devices refuse the manifest
    CONSTRAINT firmware_release_pkey PRIMARY KEY (firmware_release_id),
    CONSTRAINT firmware_release_serial_key UNIQUE (serial),
    CONSTRAINT firmware_release_sha256_fkey FOREIGN KEY (sha256) REFERENCES firmware_image(sha256),
    CONSTRAINT firmware_release_check CHECK ((expires_at > released_at)),
    CONSTRAINT firmware_release_check1 CHECK ((cardinality(key_ids) = cardinality(signatures))),
    CONSTRAINT firmware_release_hardware_check CHECK ((cardinality(hardware) > 0)),
    CONSTRAINT firmware_release_key_ids_check CHECK ((cardinality(key_ids) > 0)),
    CONSTRAINT firmware_release_serial_check CHECK ((serial > 0))
);
GRANT SELECT ON firmware_release TO somel_compute;
GRANT SELECT ON firmware_release TO somel_ingest;
GRANT SELECT ON firmware_release TO somel_read;

-- Staged roll-outs of releases; ingest moves them on
CREATE TABLE somel.firmware_rollout (
    firmware_rollout_id uuid NOT NULL DEFAULT gen_random_uuid(), -- Key
    firmware_release_id integer NOT NULL, -- Release
    status text NOT NULL, -- running, paused, completed or aborted
    reason text, -- Why it is paused or aborted
    cohort_ratios double precision[] NOT NULL, -- Share of the gateways that has the release after each stage, growing [ratio]
    stage integer NOT NULL DEFAULT 0, -- Stage that runs, from 0
    soak_s integer NOT NULL, -- How long a stage has to hold its success before the next begins [s]
    success_ratio double precision NOT NULL, -- Share of the reachable gateways offered to that must have installed it [ratio]
    failure_ratio double precision NOT NULL, -- Share of failures above which the roll-out pauses by itself [ratio]
    started_at timestamp with time zone NOT NULL, -- When it was started
    status_at timestamp with time zone NOT NULL, -- When it got its status
    stage_at timestamp with time zone, -- When the stage that runs was opened; null: not yet
    met_at timestamp with time zone, -- Since when the stage has its success; null: not yet
    failures_from timestamp with time zone NOT NULL, -- Failures before this are known to the operator, who resumed all the same
    CONSTRAINT firmware_rollout_pkey PRIMARY KEY (firmware_rollout_id),
    CONSTRAINT firmware_rollout_firmware_release_id_fkey FOREIGN KEY (firmware_release_id) REFERENCES firmware_release(firmware_release_id),
    CONSTRAINT firmware_rollout_check CHECK (((stage >= 0) AND (stage <= (cardinality(cohort_ratios) - 1)))),
    CONSTRAINT firmware_rollout_cohort_ratios_check CHECK ((cardinality(cohort_ratios) > 0)),
    CONSTRAINT firmware_rollout_failure_ratio_check CHECK (((failure_ratio >= (0)::double precision) AND (failure_ratio < (1)::double precision))),
    CONSTRAINT firmware_rollout_soak_s_check CHECK ((soak_s >= 0)),
    CONSTRAINT firmware_rollout_status_check CHECK ((status = ANY (ARRAY['running'::text, 'paused'::text, 'completed'::text, 'aborted'::text]))),
    CONSTRAINT firmware_rollout_success_ratio_check CHECK (((success_ratio > (0)::double precision) AND (success_ratio <= (1)::double precision)))
);
CREATE UNIQUE INDEX firmware_rollout_open_idx ON somel.firmware_rollout USING btree (firmware_release_id) WHERE (status = ANY (ARRAY['running'::text, 'paused'::text]));
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON somel.firmware_rollout FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT SELECT ON firmware_rollout TO somel_compute;
GRANT SELECT ON firmware_rollout TO somel_ingest;
GRANT SELECT ON firmware_rollout TO somel_read;
GRANT UPDATE (status, reason, stage, status_at, stage_at, met_at) ON firmware_rollout TO somel_ingest;

-- What a resource says it needs: so much energy between two times
CREATE TABLE somel.flexibility (
    end_device_id integer NOT NULL, -- Resource
    reported_at timestamp with time zone NOT NULL, -- When it said so (device time)
    energy_needed_wh integer NOT NULL, -- Energy it needs [Wh]
    max_power_w integer NOT NULL, -- Highest power it can draw [W]
    available_from timestamp with time zone NOT NULL, -- From when it can draw
    ready_by timestamp with time zone NOT NULL, -- By when the energy must be in
    CONSTRAINT flexibility_pkey PRIMARY KEY (end_device_id, reported_at),
    CONSTRAINT flexibility_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id),
    CONSTRAINT flexibility_check CHECK ((ready_by > available_from)),
    CONSTRAINT flexibility_energy_needed_wh_check CHECK ((energy_needed_wh >= 0)),
    CONSTRAINT flexibility_max_power_w_check CHECK ((max_power_w >= 0))
);
GRANT INSERT, SELECT, UPDATE ON flexibility TO somel_ingest;
GRANT SELECT ON flexibility TO somel_compute;
GRANT SELECT ON flexibility TO somel_read;

-- Forecast mean power of a place over the slot [valid_from, valid_from + 30 min)
CREATE TABLE somel.forecast (
    forecast_run_id bigint NOT NULL, -- Issue
    place_id integer NOT NULL, -- Place
    valid_from timestamp with time zone NOT NULL, -- Start of the slot
    load_w double precision NOT NULL, -- Expected net load, import positive; totals are the sums of their parts, where all of them are forecast [W]
    quantile_load_w real[] NOT NULL, -- Quantiles of net load around load_w in the order of forecast_run.quantiles, never crossing [W]
    base_load_w real, -- Net load expected of the place by itself, before it was made to add up; null in issues that were not [W]
    base_quantile_load_w real[], -- Quantiles around base_load_w; null in issues that were not made to add up [W]
    CONSTRAINT forecast_pkey PRIMARY KEY (place_id, valid_from, forecast_run_id),
    CONSTRAINT forecast_forecast_run_id_fkey FOREIGN KEY (forecast_run_id) REFERENCES forecast_run(forecast_run_id),
    CONSTRAINT forecast_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id)
);
GRANT DELETE, INSERT, SELECT ON forecast TO somel_compute;
GRANT SELECT ON forecast TO somel_read;

-- One issue of forecasts for many places
CREATE TABLE somel.forecast_run (
    forecast_run_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    issued_at timestamp with time zone NOT NULL, -- Time it speaks from: nothing known later was used
    known_until timestamp with time zone NOT NULL, -- End of the last slot of load that was known
    horizon_slots integer NOT NULL, -- Slots forecast, from known_until or issued_at on
    quantiles real[] NOT NULL, -- Quantiles stored in forecast.quantile_load_w, rising, in (0, 1) [ratio]
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- Wall time at which it was stored
    CONSTRAINT forecast_run_pkey PRIMARY KEY (forecast_run_id),
    CONSTRAINT forecast_run_check CHECK ((known_until <= issued_at)),
    CONSTRAINT forecast_run_horizon_slots_check CHECK ((horizon_slots > 0))
);
CREATE INDEX forecast_run_issued_idx ON somel.forecast_run USING btree (issued_at);
CREATE TRIGGER announce AFTER INSERT ON somel.forecast_run FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT ON forecast_run TO somel_compute;
GRANT SELECT ON forecast_run TO somel_read;

-- How good the method was lately for a place, from backtests that saw only what was known
CREATE TABLE somel.forecast_skill (
    forecast_run_id bigint NOT NULL, -- Issue that it was computed for
    place_id integer NOT NULL, -- Place
    method text NOT NULL, -- Method used, a fall-back is named here
    origin_count integer NOT NULL, -- Backtest origins; 0 when there is too little history, figures are then null
    mae_w real, -- Mean absolute error of the forecast of the place by itself [W]
    naive_mae_w real, -- The same of the weekly naive forecast [W]
    mape_ratio real, -- Mean absolute percentage error [ratio]
    naive_mape_ratio real, -- The same of the weekly naive forecast [ratio]
    crps_w real, -- Continuous ranked probability score, from the quantiles [W]
    coverage_ratio real, -- Share of values inside the outermost quantiles [ratio]
    coherent_mae_w real, -- The same after the past forecasts were made to add up the way this issue is [W]
    rmae_ratio real, -- mae_w over the range P99 - P1 of the load; null also where it never changed [ratio]
    rcrps_ratio real, -- crps_w over the range P99 - P1 of the load; null also where it never changed [ratio]
    CONSTRAINT forecast_skill_pkey PRIMARY KEY (forecast_run_id, place_id),
    CONSTRAINT forecast_skill_forecast_run_id_fkey FOREIGN KEY (forecast_run_id) REFERENCES forecast_run(forecast_run_id),
    CONSTRAINT forecast_skill_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id),
    CONSTRAINT forecast_skill_coverage_ratio_check CHECK (((coverage_ratio >= (0)::double precision) AND (coverage_ratio <= (1)::double precision))),
    CONSTRAINT forecast_skill_origin_count_check CHECK ((origin_count >= 0))
);
GRANT DELETE, INSERT, SELECT ON forecast_skill TO somel_compute;
GRANT SELECT ON forecast_skill TO somel_read;

-- forecast_skill by how far ahead, where there was enough history to judge by
CREATE TABLE somel.forecast_skill_lead (
    forecast_run_id bigint NOT NULL, -- Issue that it was computed for
    place_id integer NOT NULL, -- Place
    lead_start_h integer NOT NULL, -- Start of the block of leads, from the issue on [h]
    lead_end_h integer NOT NULL, -- End of the block of leads, not in it [h]
    origin_count integer NOT NULL, -- Backtest origins with a known load in the block
    mae_w real, -- Mean absolute error [W]
    naive_mae_w real, -- The same of the weekly naive forecast, on the same slots [W]
    rmae_ratio real, -- mae_w over the range P99 - P1 of the load; null where it never changed [ratio]
    crps_w real, -- Continuous ranked probability score, from the quantiles [W]
    rcrps_ratio real, -- crps_w over the range P99 - P1 of the load; null where it never changed [ratio]
    coverage_ratio real, -- Share of values inside the outermost quantiles [ratio]
    CONSTRAINT forecast_skill_lead_pkey PRIMARY KEY (forecast_run_id, place_id, lead_start_h),
    CONSTRAINT forecast_skill_lead_forecast_run_id_place_id_fkey FOREIGN KEY (forecast_run_id, place_id) REFERENCES forecast_skill(forecast_run_id, place_id) ON DELETE CASCADE,
    CONSTRAINT forecast_skill_lead_check CHECK ((lead_end_h > lead_start_h)),
    CONSTRAINT forecast_skill_lead_coverage_ratio_check CHECK (((coverage_ratio >= (0)::double precision) AND (coverage_ratio <= (1)::double precision))),
    CONSTRAINT forecast_skill_lead_lead_start_h_check CHECK ((lead_start_h >= 0)),
    CONSTRAINT forecast_skill_lead_origin_count_check CHECK ((origin_count >= 0))
);
GRANT DELETE, INSERT, SELECT ON forecast_skill_lead TO somel_compute;
GRANT SELECT ON forecast_skill_lead TO somel_read;

-- The weather that the forecast of a place was made with; no row: it was made without
CREATE TABLE somel.forecast_weather (
    forecast_run_id bigint NOT NULL, -- Issue
    place_id integer NOT NULL, -- Place
    weather_point_id integer NOT NULL, -- Point whose weather was used
    source text NOT NULL, -- Who said how the weather of the hours forecast would be
    known_at timestamp with time zone NOT NULL, -- When the newest of it became known
    known_then_ratio real NOT NULL, -- Share of the past hours learned from whose weather was known when they were still to come; of the rest it was known later [ratio]
    CONSTRAINT forecast_weather_pkey PRIMARY KEY (forecast_run_id, place_id),
    CONSTRAINT forecast_weather_forecast_run_id_fkey FOREIGN KEY (forecast_run_id) REFERENCES forecast_run(forecast_run_id),
    CONSTRAINT forecast_weather_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id),
    CONSTRAINT forecast_weather_weather_point_id_fkey FOREIGN KEY (weather_point_id) REFERENCES weather_point(weather_point_id),
    CONSTRAINT forecast_weather_known_then_ratio_check CHECK (((known_then_ratio >= (0)::double precision) AND (known_then_ratio <= (1)::double precision)))
);
GRANT DELETE, INSERT, SELECT ON forecast_weather TO somel_compute;
GRANT SELECT ON forecast_weather TO somel_ingest;
GRANT SELECT ON forecast_weather TO somel_read;

-- Data concentrator that publishes for the devices attached to it
CREATE TABLE somel.gateway (
    gateway_id integer GENERATED ALWAYS AS IDENTITY, -- Key inside this database
    name text NOT NULL, -- Its identity: MQTT client id, certificate subject and topic level
    shard smallint NOT NULL, -- Shard of the topic tree that it publishes under
    status text NOT NULL DEFAULT 'unknown'::text, -- Last state it, or its last will, published
    status_at timestamp with time zone, -- When that state was received first; a repeated one changes nothing
    firmware_version text, -- Firmware it reports
    registered_at timestamp with time zone NOT NULL DEFAULT now(), -- When it was registered
    quarantined_at timestamp with time zone, -- Since when nothing of it is stored and nothing is sent to it; null: it is not in quarantine
    quarantine_reason text, -- Why it is in quarantine, as a sentence
    said_at timestamp with time zone, -- Time that its newest state carried (device time)
    specification text, -- Specification that it follows, as its meta says; null: it has not said, which is 1.0
    hardware text, -- Hardware model that its meta names
    report_interval_s integer NOT NULL DEFAULT 3600, -- Longest time between two of its messages when all is well [s]
    CONSTRAINT gateway_pkey PRIMARY KEY (gateway_id),
    CONSTRAINT gateway_name_key UNIQUE (name),
    CONSTRAINT gateway_name_check CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$'::text)),
    CONSTRAINT gateway_quarantine_check CHECK (((quarantined_at IS NULL) = (quarantine_reason IS NULL))),
    CONSTRAINT gateway_report_interval_s_check CHECK ((report_interval_s > 0)),
    CONSTRAINT gateway_shard_check CHECK ((shard >= 0)),
    CONSTRAINT gateway_status_check CHECK ((status = ANY (ARRAY['unknown'::text, 'online'::text, 'offline'::text])))
);
CREATE INDEX gateway_quarantined_idx ON somel.gateway USING btree (name) WHERE (quarantined_at IS NOT NULL);
GRANT SELECT ON gateway TO somel_compute;
GRANT SELECT ON gateway TO somel_ingest;
GRANT SELECT ON gateway TO somel_read;
GRANT UPDATE (status, status_at, firmware_version, said_at, specification, hardware, report_interval_s) ON gateway TO somel_ingest;

-- Changes of gateways between online and offline, the newest 200 of each
CREATE TABLE somel.gateway_change (
    gateway_change_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    gateway_id integer NOT NULL, -- Gateway
    status text NOT NULL, -- What it became
    cause text NOT NULL, -- said: by the gateway itself; lost: by its last will, for its connection broke
    changed_at timestamp with time zone NOT NULL, -- When this was received
    said_at timestamp with time zone, -- Time that the message carried (device time), if any
    CONSTRAINT gateway_change_pkey PRIMARY KEY (gateway_change_id),
    CONSTRAINT gateway_change_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateway(gateway_id) ON DELETE CASCADE,
    CONSTRAINT gateway_change_cause_check CHECK ((cause = ANY (ARRAY['said'::text, 'lost'::text]))),
    CONSTRAINT gateway_change_status_check CHECK ((status = ANY (ARRAY['online'::text, 'offline'::text])))
);
CREATE INDEX gateway_change_gateway_idx ON somel.gateway_change USING btree (gateway_id, gateway_change_id DESC);
CREATE TRIGGER announce AFTER INSERT ON somel.gateway_change FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT ON gateway_change TO somel_ingest;
GRANT SELECT ON gateway_change TO somel_compute;
GRANT SELECT ON gateway_change TO somel_read;

-- What has arrived from each gateway, kept with each batch in its transaction
CREATE TABLE somel.gateway_delivery (
    gateway_id integer NOT NULL, -- Gateway; no foreign key, for a gateway that was removed a moment ago must not stop a batch
    heard_at timestamp with time zone NOT NULL, -- When a message of it was last stored or refused
    numbers int8multirange NOT NULL DEFAULT '{}'::int8multirange, -- Sequence numbers stored of its present numbering, the newest 64 ranges; empty where it sends none
    CONSTRAINT gateway_delivery_pkey PRIMARY KEY (gateway_id)
);
GRANT INSERT, SELECT, UPDATE ON gateway_delivery TO somel_ingest;
GRANT SELECT ON gateway_delivery TO somel_compute;
GRANT SELECT ON gateway_delivery TO somel_read;

-- Heat pumps with the building that they heat: one body of one temperature
CREATE TABLE somel.heat_pump (
    end_device_id integer NOT NULL, -- Resource of the kind heat_pump
    thermal_capacity_wh_per_k double precision NOT NULL, -- Heat that warms the building by a kelvin [Wh/K]
    loss_w_per_k double precision NOT NULL, -- Heat lost for each kelvin above the outside [W/K]
    comfort_min_degc double precision NOT NULL, -- A plan never lets the building be colder [degC]
    comfort_max_degc double precision NOT NULL, -- A plan never lets the building be warmer [degC]
    cop_ratio double precision NOT NULL, -- Heat given for electric energy drawn [ratio]
    CONSTRAINT heat_pump_pkey PRIMARY KEY (end_device_id),
    CONSTRAINT heat_pump_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id) ON DELETE CASCADE,
    CONSTRAINT heat_pump_check CHECK ((comfort_max_degc > comfort_min_degc)),
    CONSTRAINT heat_pump_cop_ratio_check CHECK ((cop_ratio > (0)::double precision)),
    CONSTRAINT heat_pump_loss_w_per_k_check CHECK ((loss_w_per_k >= (0)::double precision)),
    CONSTRAINT heat_pump_thermal_capacity_wh_per_k_check CHECK ((thermal_capacity_wh_per_k > (0)::double precision))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON heat_pump TO somel_compute;
GRANT SELECT ON heat_pump TO somel_ingest;
GRANT SELECT ON heat_pump TO somel_read;

-- Hot-water tanks: what a plan must know of them; one well-mixed body of water
CREATE TABLE somel.hot_water_tank (
    end_device_id integer NOT NULL, -- Resource of the kind water_heater
    volume_m3 double precision NOT NULL, -- Volume of water [m3]
    floor_degc double precision NOT NULL, -- Water is never colder than this because of a plan [degC]
    set_degc double precision NOT NULL, -- Temperature that its thermostat holds [degC]
    ceiling_degc double precision NOT NULL, -- Highest temperature that a plan may heat it to [degC]
    loss_w_per_k double precision NOT NULL, -- Heat lost for each kelvin above the room [W/K]
    is_off_peak_switched boolean NOT NULL, -- Whether it is fed through the meter's dry contact, which closes off-peak only
    CONSTRAINT hot_water_tank_pkey PRIMARY KEY (end_device_id),
    CONSTRAINT hot_water_tank_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id) ON DELETE CASCADE,
    CONSTRAINT hot_water_tank_check CHECK ((set_degc >= floor_degc)),
    CONSTRAINT hot_water_tank_check1 CHECK (((ceiling_degc >= set_degc) AND (ceiling_degc <= (100)::double precision))),
    CONSTRAINT hot_water_tank_loss_w_per_k_check CHECK ((loss_w_per_k >= (0)::double precision)),
    CONSTRAINT hot_water_tank_volume_m3_check CHECK ((volume_m3 > (0)::double precision))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON hot_water_tank TO somel_compute;
GRANT SELECT ON hot_water_tank TO somel_ingest;
GRANT SELECT ON hot_water_tank TO somel_read;

-- One committed transaction of ingest; its counts always add up
CREATE TABLE somel.ingest_batch (
    ingest_batch_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    worker text NOT NULL, -- Worker that wrote it
    committed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was written
    message_count integer NOT NULL, -- MQTT messages acknowledged by it
    received integer NOT NULL, -- Values received; a message that cannot be read counts as one
    stored integer NOT NULL, -- Values stored for the first time
    duplicate integer NOT NULL, -- Values already stored with the same content
    revised integer NOT NULL, -- Values that replaced a different one
    refused integer NOT NULL, -- Values refused; each message refused has a row in refused_message
    CONSTRAINT ingest_batch_pkey PRIMARY KEY (ingest_batch_id),
    CONSTRAINT ingest_batch_check CHECK ((received = (((stored + duplicate) + revised) + refused))),
    CONSTRAINT ingest_batch_duplicate_check CHECK ((duplicate >= 0)),
    CONSTRAINT ingest_batch_message_count_check CHECK ((message_count >= 0)),
    CONSTRAINT ingest_batch_received_check CHECK ((received >= 0)),
    CONSTRAINT ingest_batch_refused_check CHECK ((refused >= 0)),
    CONSTRAINT ingest_batch_revised_check CHECK ((revised >= 0)),
    CONSTRAINT ingest_batch_stored_check CHECK ((stored >= 0))
);
CREATE INDEX ingest_batch_committed_idx ON somel.ingest_batch USING btree (committed_at);
CREATE TRIGGER add_to_total AFTER INSERT ON somel.ingest_batch FOR EACH ROW EXECUTE FUNCTION add_to_total();
CREATE TRIGGER announce AFTER INSERT ON somel.ingest_batch FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT INSERT, SELECT ON ingest_batch TO somel_ingest;
GRANT SELECT ON ingest_batch TO somel_compute;
GRANT SELECT ON ingest_batch TO somel_read;

-- Who took a shard last. A batch locks the rows of its shards, so that nothing is written for a shard that has moved on
CREATE TABLE somel.ingest_shard (
    shard integer NOT NULL, -- Shard; -1 stands for what there is once in an installation: strays, sums
    worker text NOT NULL, -- Worker
    taken_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- Since when
    CONSTRAINT ingest_shard_pkey PRIMARY KEY (shard),
    CONSTRAINT ingest_shard_shard_check CHECK ((shard >= '-1'::integer))
);
GRANT INSERT, SELECT, UPDATE ON ingest_shard TO somel_ingest;
GRANT SELECT ON ingest_shard TO somel_compute;
GRANT SELECT ON ingest_shard TO somel_read;

-- Sums of ingest_batch by worker since the installation began, kept with each batch in its transaction
CREATE TABLE somel.ingest_total (
    worker text NOT NULL, -- Worker
    batch_count bigint NOT NULL, -- Batches
    message_count bigint NOT NULL, -- MQTT messages acknowledged
    received bigint NOT NULL, -- Values received: the four below added up
    stored bigint NOT NULL, -- Values stored for the first time
    duplicate bigint NOT NULL, -- Values already stored with the same content
    revised bigint NOT NULL, -- Values that replaced a different one
    refused bigint NOT NULL, -- Values refused
    last_at timestamp with time zone NOT NULL, -- When the last batch was written
    CONSTRAINT ingest_total_pkey PRIMARY KEY (worker)
);
GRANT INSERT, SELECT, UPDATE ON ingest_total TO somel_ingest;
GRANT SELECT ON ingest_total TO somel_compute;
GRANT SELECT ON ingest_total TO somel_read;

-- Workers of ingest, running or gone; who runs holds the advisory lock of its name
CREATE TABLE somel.ingest_worker (
    worker text NOT NULL, -- Name: host and number
    host text NOT NULL, -- Machine that it runs on
    pid integer NOT NULL, -- Its process on that machine
    started_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it started
    seen_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it last said that it is there
    in_flight bigint NOT NULL DEFAULT 0, -- Values received and not committed when it said so
    is_sound boolean NOT NULL DEFAULT true, -- Whether its counts added up: received = stored + duplicate + revised + refused + in flight
    CONSTRAINT ingest_worker_pkey PRIMARY KEY (worker)
);
GRANT INSERT, SELECT, UPDATE ON ingest_worker TO somel_ingest;
GRANT SELECT ON ingest_worker TO somel_compute;
GRANT SELECT ON ingest_worker TO somel_read;

-- Value of a register over [start_at, start_at + step_s): the latest known
CREATE TABLE somel.interval_reading (
    usage_point_id integer NOT NULL, -- Usage point
    register_id smallint NOT NULL, -- Register
    quality smallint NOT NULL DEFAULT 0, -- 0 ok, 1 missing, 2 estimated, 3 bad
    step_s integer NOT NULL, -- Length of the interval [s]
    start_at timestamp with time zone NOT NULL, -- Start of the interval
    known_at timestamp with time zone NOT NULL, -- When this value became known here
    value real NOT NULL, -- Value [unit of the register]; NaN where quality is missing
    CONSTRAINT interval_reading_quality_check CHECK (((quality >= 0) AND (quality <= 3))),
    CONSTRAINT interval_reading_step_s_check CHECK ((step_s = ANY (ARRAY[300, 600, 900, 1800, 3600])))
);
-- hypertable: chunks of 7 days by start_at
CREATE UNIQUE INDEX interval_reading_key ON somel.interval_reading USING btree (usage_point_id, register_id, start_at);
GRANT INSERT, SELECT, UPDATE ON interval_reading TO somel_ingest;
GRANT SELECT ON interval_reading TO somel_compute;
GRANT SELECT ON interval_reading TO somel_read;

-- Values that were replaced, with the span of time in which they were the latest known
CREATE TABLE somel.interval_reading_revision (
    interval_reading_revision_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising in the order of replacement
    usage_point_id integer NOT NULL, -- Usage point
    register_id smallint NOT NULL, -- Register
    quality smallint NOT NULL, -- 0 ok, 1 missing, 2 estimated, 3 bad
    step_s integer NOT NULL, -- Length of the interval [s]
    start_at timestamp with time zone NOT NULL, -- Start of the interval
    known_at timestamp with time zone NOT NULL, -- When this value became known
    replaced_at timestamp with time zone NOT NULL, -- When it was replaced
    value real NOT NULL, -- Value [unit of the register]
    CONSTRAINT interval_reading_revision_pkey PRIMARY KEY (interval_reading_revision_id),
    CONSTRAINT interval_reading_revision_check CHECK ((replaced_at >= known_at))
);
CREATE INDEX interval_reading_revision_key_idx ON somel.interval_reading_revision USING btree (usage_point_id, register_id, start_at, replaced_at);
GRANT INSERT, SELECT ON interval_reading_revision TO somel_ingest;
GRANT SELECT ON interval_reading_revision TO somel_compute;
GRANT SELECT ON interval_reading_revision TO somel_read;

-- A cable or overhead line between two nodes, as a whole
CREATE TABLE somel.line_segment (
    line_segment_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    power_transformer_place_id integer NOT NULL, -- Transformer of the network
    name text NOT NULL, -- Name, unique within the network
    from_node_id integer NOT NULL, -- One end
    to_node_id integer NOT NULL, -- The other end
    r_ohm double precision NOT NULL, -- Resistance, positive sequence [ohm]
    x_ohm double precision NOT NULL, -- Reactance, positive sequence [ohm]
    r0_ohm double precision NOT NULL, -- Resistance, zero sequence: phase and threefold neutral [ohm]
    x0_ohm double precision NOT NULL, -- Reactance, zero sequence [ohm]
    g_s double precision NOT NULL, -- Conductance to earth, positive sequence [S]
    b_s double precision NOT NULL, -- Susceptance to earth, positive sequence [S]
    rated_a double precision NOT NULL, -- Thermal limit, of all parallel conductors of a phase [A]
    CONSTRAINT line_segment_pkey PRIMARY KEY (line_segment_id),
    CONSTRAINT line_segment_power_transformer_place_id_name_key UNIQUE (power_transformer_place_id, name),
    CONSTRAINT line_segment_from_node_id_power_transformer_place_id_fkey FOREIGN KEY (from_node_id, power_transformer_place_id) REFERENCES connectivity_node(connectivity_node_id, power_transformer_place_id),
    CONSTRAINT line_segment_to_node_id_power_transformer_place_id_fkey FOREIGN KEY (to_node_id, power_transformer_place_id) REFERENCES connectivity_node(connectivity_node_id, power_transformer_place_id),
    CONSTRAINT line_segment_check CHECK ((to_node_id <> from_node_id)),
    CONSTRAINT line_segment_name_check CHECK ((name <> ''::text)),
    CONSTRAINT line_segment_r0_ohm_check CHECK ((r0_ohm >= (0)::double precision)),
    CONSTRAINT line_segment_r_ohm_check CHECK ((r_ohm >= (0)::double precision)),
    CONSTRAINT line_segment_rated_a_check CHECK ((rated_a > (0)::double precision))
);
CREATE INDEX line_segment_from_idx ON somel.line_segment USING btree (from_node_id);
CREATE INDEX line_segment_to_idx ON somel.line_segment USING btree (to_node_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON line_segment TO somel_compute;
GRANT SELECT ON line_segment TO somel_read;

-- What the plan of an event does to the network behind a transformer
CREATE TABLE somel.network_check (
    event_id uuid NOT NULL, -- Event
    power_transformer_place_id integer NOT NULL, -- Transformer
    checked_at timestamp with time zone NOT NULL, -- When it was checked
    modelled boolean NOT NULL, -- Whether its network is known; where it is not, only the transformer's loading is
    start_at timestamp with time zone NOT NULL, -- First slot
    slot_count integer NOT NULL, -- Slots
    unsolved_before integer NOT NULL, -- Slots without a power flow that converges, without the plan
    unsolved_after integer NOT NULL, -- The same with the plan
    lowest_before_ratio double precision, -- Lowest voltage over the nominal one, without the plan [ratio]
    lowest_after_ratio double precision, -- The same with the plan [ratio]
    highest_before_ratio double precision, -- Highest voltage over the nominal one, without the plan [ratio]
    highest_after_ratio double precision, -- The same with the plan [ratio]
    line_before_ratio double precision, -- Highest loading of a line, without the plan [ratio]
    line_after_ratio double precision, -- The same with the plan [ratio]
    transformer_before_ratio double precision, -- Highest loading of the transformer, without the plan [ratio]
    transformer_after_ratio double precision, -- The same with the plan [ratio]
    CONSTRAINT network_check_pkey PRIMARY KEY (event_id, power_transformer_place_id),
    CONSTRAINT network_check_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id),
    CONSTRAINT network_check_power_transformer_place_id_fkey FOREIGN KEY (power_transformer_place_id) REFERENCES power_transformer(place_id),
    CONSTRAINT network_check_slot_count_check CHECK ((slot_count > 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON network_check TO somel_compute;
GRANT SELECT ON network_check TO somel_read;

-- A limit that an element of the network does not keep in a slot
CREATE TABLE somel.network_violation (
    event_id uuid NOT NULL, -- Event
    power_transformer_place_id integer NOT NULL, -- Transformer
    stage text NOT NULL, -- before: without the plan; after: with it
    kind text NOT NULL, -- undervoltage, overvoltage, line_overload, transformer_overload, or unsolved: no power flow converges
    element text NOT NULL, -- Name of the node, with its phase, of the line or of the transformer
    slot_start_at timestamp with time zone NOT NULL, -- Slot
    value_ratio double precision, -- Voltage or loading; null where there is none [ratio]
    limit_ratio double precision NOT NULL, -- What it has to keep [ratio]
    CONSTRAINT network_violation_pkey PRIMARY KEY (event_id, power_transformer_place_id, stage, kind, element, slot_start_at),
    CONSTRAINT network_violation_event_id_power_transformer_place_id_fkey FOREIGN KEY (event_id, power_transformer_place_id) REFERENCES network_check(event_id, power_transformer_place_id) ON DELETE CASCADE,
    CONSTRAINT network_violation_kind_check CHECK ((kind = ANY (ARRAY['undervoltage'::text, 'overvoltage'::text, 'line_overload'::text, 'transformer_overload'::text, 'unsolved'::text]))),
    CONSTRAINT network_violation_stage_check CHECK ((stage = ANY (ARRAY['before'::text, 'after'::text])))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON network_violation TO somel_compute;
GRANT SELECT ON network_violation TO somel_read;

-- Off-peak hours (heures creuses) of a usage point, every day
CREATE TABLE somel.off_peak_window (
    usage_point_id integer NOT NULL, -- Usage point
    starts_at time without time zone NOT NULL, -- Start, local time (Europe/Paris)
    ends_at time without time zone NOT NULL, -- End, local time; before the start: on the next day
    CONSTRAINT off_peak_window_pkey PRIMARY KEY (usage_point_id, starts_at),
    CONSTRAINT off_peak_window_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(usage_point_id) ON DELETE CASCADE,
    CONSTRAINT off_peak_window_check CHECK ((ends_at <> starts_at))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON off_peak_window TO somel_compute;
GRANT SELECT ON off_peak_window TO somel_ingest;
GRANT SELECT ON off_peak_window TO somel_read;

-- Callbacks of subscriptions, each with a queue of its own
CREATE TABLE somel.openadr_callback (
    openadr_callback_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    subscription_id text NOT NULL, -- Subscription; with it the callback goes, and all that waits for it
    callback_url text NOT NULL, -- Where to
    failure_count integer NOT NULL DEFAULT 0, -- Attempts that failed since the last that did not
    retry_at timestamp with time zone, -- Not before this is it called again (wall clock); null: at once
    CONSTRAINT openadr_callback_pkey PRIMARY KEY (openadr_callback_id),
    CONSTRAINT openadr_callback_subscription_id_callback_url_key UNIQUE (subscription_id, callback_url),
    CONSTRAINT openadr_callback_subscription_id_fkey FOREIGN KEY (subscription_id) REFERENCES openadr_object(object_id) ON DELETE CASCADE,
    CONSTRAINT openadr_callback_failure_count_check CHECK ((failure_count >= 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON openadr_callback TO somel_compute;

-- Certificates by which VENs come to the broker; they outlive the VEN object, so that they can be kept out
CREATE TABLE somel.openadr_certificate (
    serial text NOT NULL, -- Serial number, hexadecimal
    ven_id text NOT NULL, -- VEN object that it names, which may be gone
    ven_name text NOT NULL, -- Name of the VEN when it was issued
    sha256 bytea NOT NULL, -- SHA-256 of the certificate
    valid_from timestamp with time zone NOT NULL, -- Not valid before
    expires_at timestamp with time zone NOT NULL, -- Not valid after
    issued_at timestamp with time zone NOT NULL, -- When it was issued
    revoked_at timestamp with time zone, -- When it was revoked; null: it is not
    CONSTRAINT openadr_certificate_pkey PRIMARY KEY (serial),
    CONSTRAINT openadr_certificate_sha256_key UNIQUE (sha256),
    CONSTRAINT openadr_certificate_check CHECK ((expires_at > valid_from)),
    CONSTRAINT openadr_certificate_serial_check CHECK ((serial ~ '^[0-9a-f]{1,40}$'::text)),
    CONSTRAINT openadr_certificate_sha256_check CHECK ((octet_length(sha256) = 32))
);
CREATE INDEX openadr_certificate_ven_idx ON somel.openadr_certificate USING btree (ven_id);
GRANT INSERT, SELECT ON openadr_certificate TO somel_compute;
GRANT SELECT ON openadr_certificate TO somel_read;

-- What was created, updated or deleted, as it is to be notified; the outbox of the notifiers
CREATE TABLE somel.openadr_change (
    openadr_change_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising
    changed_at timestamp with time zone NOT NULL, -- When
    operation text NOT NULL, -- CREATE, UPDATE or DELETE
    object_type text NOT NULL, -- As in openadr_object
    object_id text NOT NULL, -- Object, which may be gone
    object jsonb NOT NULL, -- The object as its readers get it: with all its targets, without a subscription's bearer tokens
    client_id text, -- Client whose it is; null for programs and events
    ven_id text, -- VEN that it is, or that it belongs to by its client or its reference; null when there is none
    program_id text, -- Program that it is, or that it belongs to
    targets text[] NOT NULL, -- Targets of the object
    program_targets text[] NOT NULL, -- Targets of the program it belongs to: an event is no more visible than its program
    fanned_out_at timestamp with time zone, -- When it was written down who is to be told of it; null: not yet
    CONSTRAINT openadr_change_pkey PRIMARY KEY (openadr_change_id),
    CONSTRAINT openadr_change_operation_check CHECK ((operation = ANY (ARRAY['CREATE'::text, 'UPDATE'::text, 'DELETE'::text])))
);
CREATE INDEX openadr_change_changed_idx ON somel.openadr_change USING btree (changed_at);
CREATE INDEX openadr_change_waiting_idx ON somel.openadr_change USING btree (openadr_change_id) WHERE (fanned_out_at IS NULL);
CREATE TRIGGER announce AFTER INSERT ON somel.openadr_change FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT ON openadr_change TO somel_compute;
GRANT DELETE, SELECT ON openadr_change TO somel_ingest;
GRANT UPDATE (fanned_out_at) ON openadr_change TO somel_compute;

-- Clients of the OpenADR VTN, by the SHA-256 of a 256-bit random secret
CREATE TABLE somel.openadr_client (
    client_id text NOT NULL, -- Key; what objects name as their clientID
    name text NOT NULL, -- Whose it is
    secret_sha256 bytea NOT NULL, -- SHA-256 of the secret; the secret itself is shown once and not kept
    role text NOT NULL, -- bl: business logic, sees everything; ven: sees what is its own or for it
    scopes text[] NOT NULL, -- What its tokens may do, by the specification's names
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was made
    revoked_at timestamp with time zone, -- When it was revoked; its tokens end with it
    CONSTRAINT openadr_client_pkey PRIMARY KEY (client_id),
    CONSTRAINT openadr_client_client_id_check CHECK ((client_id ~ '^[a-zA-Z0-9_-]{1,128}$'::text)),
    CONSTRAINT openadr_client_role_check CHECK ((role = ANY (ARRAY['bl'::text, 'ven'::text]))),
    CONSTRAINT openadr_client_scopes_check CHECK ((cardinality(scopes) > 0)),
    CONSTRAINT openadr_client_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
);
GRANT SELECT ON openadr_client TO somel_compute;
GRANT SELECT ON openadr_client TO somel_ingest;
GRANT SELECT ON openadr_client TO somel_read;

-- Notifications to callbacks, sent one after the other in the order of their keys
CREATE TABLE somel.openadr_delivery (
    openadr_delivery_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising; the same at each attempt, as the header webhook-id
    openadr_callback_id bigint NOT NULL, -- Where to
    openadr_change_id bigint NOT NULL, -- Change that it tells of, which may be removed by now
    notification text NOT NULL, -- JSON, exactly as it is sent: what this client may see, and no more
    status text NOT NULL DEFAULT 'pending'::text, -- pending, delivered or failed (given up; an operator may try again)
    made_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was written down
    due_from timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- Since when it is tried, this time round (wall clock)
    attempt_count integer NOT NULL DEFAULT 0, -- How often it was sent, this time round
    answer text, -- What came of the last attempt
    ended_at timestamp with time zone, -- When it was delivered or given up
    CONSTRAINT openadr_delivery_pkey PRIMARY KEY (openadr_delivery_id),
    CONSTRAINT openadr_delivery_openadr_change_id_openadr_callback_id_key UNIQUE (openadr_change_id, openadr_callback_id),
    CONSTRAINT openadr_delivery_openadr_callback_id_fkey FOREIGN KEY (openadr_callback_id) REFERENCES openadr_callback(openadr_callback_id) ON DELETE CASCADE,
    CONSTRAINT openadr_delivery_attempt_count_check CHECK ((attempt_count >= 0)),
    CONSTRAINT openadr_delivery_check CHECK (((status = 'pending'::text) = (ended_at IS NULL))),
    CONSTRAINT openadr_delivery_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
);
CREATE INDEX openadr_delivery_ended_idx ON somel.openadr_delivery USING btree (ended_at) WHERE (status <> 'pending'::text);
CREATE INDEX openadr_delivery_pending_idx ON somel.openadr_delivery USING btree (openadr_callback_id, openadr_delivery_id) WHERE (status = 'pending'::text);
CREATE TRIGGER announce AFTER UPDATE OF due_from ON somel.openadr_delivery FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT, UPDATE ON openadr_delivery TO somel_compute;

-- Objects of the OpenADR VTN: programs, events, reports, subscriptions, VENs and resources
CREATE TABLE somel.openadr_object (
    object_id text NOT NULL, -- Key, given by the VTN
    object_type text NOT NULL, -- PROGRAM, EVENT, REPORT, SUBSCRIPTION, VEN or RESOURCE
    created_at timestamp with time zone NOT NULL, -- When it was created
    modified_at timestamp with time zone NOT NULL, -- When it was changed last
    client_id text, -- Client whose it is; null for programs and events
    name text, -- programName, eventName, clientName, venName or resourceName
    program_id text, -- Program of an event or a subscription; a report has that of its event
    event_id text, -- Event of a report
    ven_id text, -- VEN of a resource
    targets text[] NOT NULL DEFAULT '{}'::text[], -- Targets; empty when it has none
    ends_at timestamp with time zone, -- End of an event; null when it does not end or nothing says when
    content jsonb NOT NULL, -- What its author sent, as the specification names it
    end_device_id integer, -- Device that a resource is, where business logic named it so
    command_id uuid, -- Command of the platform that an event carries to a resource
    program_type text DEFAULT 
CASE
    WHEN (program_id IS NOT NULL) THEN 'PROGRAM'::text
    ELSE NULL::text
END, -- PROGRAM where there is a program, so that the reference is to one
    event_type text DEFAULT 
CASE
    WHEN (event_id IS NOT NULL) THEN 'EVENT'::text
    ELSE NULL::text
END, -- EVENT where there is an event, so that the reference is to one
    ven_type text DEFAULT 
CASE
    WHEN (ven_id IS NOT NULL) THEN 'VEN'::text
    ELSE NULL::text
END, -- VEN where there is a VEN, so that the reference is to one
    CONSTRAINT openadr_object_pkey PRIMARY KEY (object_id),
    CONSTRAINT openadr_object_command_id_key UNIQUE (command_id),
    CONSTRAINT openadr_object_end_device_id_key UNIQUE (end_device_id),
    CONSTRAINT openadr_object_object_id_object_type_key UNIQUE (object_id, object_type),
    CONSTRAINT openadr_object_command_id_fkey FOREIGN KEY (command_id) REFERENCES command(command_id) ON DELETE SET NULL,
    CONSTRAINT openadr_object_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES end_device(end_device_id),
    CONSTRAINT openadr_object_event_id_event_type_fkey FOREIGN KEY (event_id, event_type) REFERENCES openadr_object(object_id, object_type) ON DELETE CASCADE,
    CONSTRAINT openadr_object_program_id_program_type_fkey FOREIGN KEY (program_id, program_type) REFERENCES openadr_object(object_id, object_type) ON DELETE CASCADE,
    CONSTRAINT openadr_object_ven_id_ven_type_fkey FOREIGN KEY (ven_id, ven_type) REFERENCES openadr_object(object_id, object_type) ON DELETE CASCADE,
    CONSTRAINT openadr_object_check CHECK (((client_id IS NULL) = (object_type = ANY (ARRAY['PROGRAM'::text, 'EVENT'::text])))),
    CONSTRAINT openadr_object_check1 CHECK (((object_type <> 'EVENT'::text) OR (program_id IS NOT NULL))),
    CONSTRAINT openadr_object_check2 CHECK (((event_id IS NOT NULL) = (object_type = 'REPORT'::text))),
    CONSTRAINT openadr_object_check3 CHECK (((ven_id IS NOT NULL) = (object_type = 'RESOURCE'::text))),
    CONSTRAINT openadr_object_check4 CHECK (((end_device_id IS NULL) OR (object_type = 'RESOURCE'::text))),
    CONSTRAINT openadr_object_check5 CHECK (((command_id IS NULL) OR (object_type = 'EVENT'::text))),
    CONSTRAINT openadr_object_object_id_check CHECK ((object_id ~ '^[a-zA-Z0-9_-]{1,128}$'::text)),
    CONSTRAINT openadr_object_object_type_check CHECK ((object_type = ANY (ARRAY['PROGRAM'::text, 'EVENT'::text, 'REPORT'::text, 'SUBSCRIPTION'::text, 'VEN'::text, 'RESOURCE'::text])))
);
CREATE INDEX openadr_object_client_idx ON somel.openadr_object USING btree (client_id, object_type);
CREATE INDEX openadr_object_event_idx ON somel.openadr_object USING btree (event_id);
CREATE INDEX openadr_object_list_idx ON somel.openadr_object USING btree (object_type, created_at, object_id);
CREATE INDEX openadr_object_program_idx ON somel.openadr_object USING btree (program_id);
CREATE INDEX openadr_object_ven_idx ON somel.openadr_object USING btree (ven_id);
CREATE UNIQUE INDEX openadr_program_name_key ON somel.openadr_object USING btree (name) WHERE (object_type = 'PROGRAM'::text);
CREATE UNIQUE INDEX openadr_resource_name_key ON somel.openadr_object USING btree (ven_id, name) WHERE (object_type = 'RESOURCE'::text);
CREATE UNIQUE INDEX openadr_ven_client_key ON somel.openadr_object USING btree (client_id) WHERE (object_type = 'VEN'::text);
CREATE UNIQUE INDEX openadr_ven_name_key ON somel.openadr_object USING btree (name) WHERE (object_type = 'VEN'::text);
GRANT DELETE, INSERT, SELECT, UPDATE ON openadr_object TO somel_compute;
GRANT SELECT ON openadr_object TO somel_ingest;
GRANT SELECT ON openadr_object TO somel_read;

-- Notifications to topics of the broker, published in the order of their keys
CREATE TABLE somel.openadr_publication (
    openadr_publication_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising
    topic text NOT NULL, -- Topic, of business logic or of one VEN
    notification text NOT NULL, -- JSON, exactly as it is published: what this reader may see, and no more
    made_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was written down
    published_at timestamp with time zone, -- When the broker had taken it; null: not yet
    CONSTRAINT openadr_publication_pkey PRIMARY KEY (openadr_publication_id)
);
CREATE INDEX openadr_publication_published_idx ON somel.openadr_publication USING btree (published_at);
CREATE INDEX openadr_publication_waiting_idx ON somel.openadr_publication USING btree (openadr_publication_id) WHERE (published_at IS NULL);
CREATE TRIGGER announce AFTER INSERT ON somel.openadr_publication FOR EACH STATEMENT EXECUTE FUNCTION announce();
GRANT DELETE, INSERT, SELECT ON openadr_publication TO somel_compute;
GRANT SELECT ON openadr_publication TO somel_ingest;
GRANT UPDATE (published_at) ON openadr_publication TO somel_ingest;

-- Reports of VENs that ingest has not read yet
CREATE TABLE somel.openadr_report_pending (
    object_id text NOT NULL, -- Report
    queued_at timestamp with time zone NOT NULL, -- When it was created or changed last
    CONSTRAINT openadr_report_pending_pkey PRIMARY KEY (object_id),
    CONSTRAINT openadr_report_pending_object_id_fkey FOREIGN KEY (object_id) REFERENCES openadr_object(object_id) ON DELETE CASCADE
);
GRANT DELETE, SELECT ON openadr_report_pending TO somel_ingest;
GRANT INSERT, SELECT, UPDATE ON openadr_report_pending TO somel_compute;

-- Objects with what decides who sees them: program, its targets, and the VEN they belong to
CREATE VIEW somel.openadr_seen AS
 SELECT object.object_id,
    object.object_type,
    object.created_at,
    object.modified_at,
    object.client_id,
    object.name,
        CASE object.object_type
            WHEN 'PROGRAM'::text THEN object.object_id
            ELSE COALESCE(object.program_id, event.program_id)
        END AS program_id,
    object.event_id,
        CASE object.object_type
            WHEN 'VEN'::text THEN object.object_id
            ELSE COALESCE(object.ven_id, ven.object_id)
        END AS ven_id,
    object.targets,
    object.ends_at,
    object.content,
    COALESCE(program.targets, '{}'::text[]) AS program_targets
   FROM openadr_object object
     LEFT JOIN openadr_object event ON event.object_id = object.event_id
     LEFT JOIN openadr_object program ON program.object_id = object.program_id
     LEFT JOIN openadr_object ven ON ven.object_type = 'VEN'::text AND ven.client_id = object.client_id AND (object.object_type = ANY (ARRAY['REPORT'::text, 'SUBSCRIPTION'::text]));
GRANT SELECT ON openadr_seen TO somel_compute;
GRANT SELECT ON openadr_seen TO somel_ingest;
GRANT SELECT ON openadr_seen TO somel_read;

-- Access tokens of OpenADR clients, by their SHA-256; those that ended are removed as others are made
CREATE TABLE somel.openadr_token (
    token_sha256 bytea NOT NULL, -- SHA-256 of the token; the token itself is told once and not kept
    client_id text NOT NULL, -- Client
    scopes text[] NOT NULL, -- What it may do: what was asked for, of what the client may
    expires_at timestamp with time zone NOT NULL, -- After this it is not accepted (wall clock)
    CONSTRAINT openadr_token_pkey PRIMARY KEY (token_sha256),
    CONSTRAINT openadr_token_client_id_fkey FOREIGN KEY (client_id) REFERENCES openadr_client(client_id) ON DELETE CASCADE,
    CONSTRAINT openadr_token_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);
CREATE INDEX openadr_token_expires_idx ON somel.openadr_token USING btree (expires_at);
GRANT DELETE, INSERT, SELECT ON openadr_token TO somel_compute;
GRANT SELECT ON openadr_token TO somel_read;

-- Resources that do not take part in one event, by word of people or of a VEN; what devices themselves say is in command.status
CREATE TABLE somel.opt_out (
    event_id uuid NOT NULL, -- Event
    end_device_id integer NOT NULL, -- Resource
    opted_out_at timestamp with time zone NOT NULL, -- From when on
    source text NOT NULL, -- resident, operator or ven (OpenADR)
    recorded_by text NOT NULL, -- Account that recorded it
    reason text, -- Why, if they said so
    CONSTRAINT opt_out_pkey PRIMARY KEY (event_id, end_device_id),
    CONSTRAINT opt_out_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id) ON DELETE CASCADE,
    CONSTRAINT opt_out_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id) ON DELETE CASCADE,
    CONSTRAINT opt_out_recorded_by_check CHECK ((recorded_by <> ''::text)),
    CONSTRAINT opt_out_source_check CHECK ((source = ANY (ARRAY['resident'::text, 'operator'::text, 'ven'::text])))
);
CREATE INDEX opt_out_end_device_idx ON somel.opt_out USING btree (end_device_id);
GRANT INSERT, SELECT ON opt_out TO somel_compute;
GRANT SELECT ON opt_out TO somel_ingest;
GRANT SELECT ON opt_out TO somel_read;

-- How probable it is that a place exceeds its limit in a slot; only rows of 1 % and more are kept
CREATE TABLE somel.overload_probability (
    forecast_run_id bigint NOT NULL, -- Issue of forecasts that it follows from
    place_id integer NOT NULL, -- Place
    valid_from timestamp with time zone NOT NULL, -- Start of the slot
    limit_w double precision NOT NULL, -- Limit that held then [W]
    probability real NOT NULL, -- Probability that the mean load of the slot exceeds it [ratio]
    CONSTRAINT overload_probability_pkey PRIMARY KEY (place_id, valid_from, forecast_run_id),
    CONSTRAINT overload_probability_forecast_run_id_fkey FOREIGN KEY (forecast_run_id) REFERENCES overload_run(forecast_run_id) ON DELETE CASCADE,
    CONSTRAINT overload_probability_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id) ON DELETE CASCADE,
    CONSTRAINT overload_probability_probability_check CHECK (((probability >= (0)::double precision) AND (probability <= (1)::double precision)))
);
CREATE INDEX overload_probability_run_idx ON somel.overload_probability USING btree (forecast_run_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON overload_probability TO somel_compute;
GRANT SELECT ON overload_probability TO somel_ingest;
GRANT SELECT ON overload_probability TO somel_read;

-- When an event is to be drafted for an overload to come
CREATE TABLE somel.overload_rule (
    overload_rule_id integer GENERATED ALWAYS AS IDENTITY, -- Key
    name text NOT NULL, -- Name for people
    place_id integer, -- Place that it is about; null: all of a level
    level text, -- Level that it is about; null: one place
    probability_threshold double precision NOT NULL, -- Slots whose overload is at least so probable [ratio]
    notice_s integer NOT NULL, -- An event starts no sooner than so long after it is drafted [s]
    min_duration_s integer NOT NULL, -- Overloads that are over sooner are left alone [s]
    is_enabled boolean NOT NULL, -- Whether it is followed
    changed_at timestamp with time zone NOT NULL, -- When it was made or last changed
    changed_by text NOT NULL, -- Account that did so
    CONSTRAINT overload_rule_pkey PRIMARY KEY (overload_rule_id),
    CONSTRAINT overload_rule_name_key UNIQUE (name),
    CONSTRAINT overload_rule_place_id_fkey FOREIGN KEY (place_id) REFERENCES place(place_id) ON DELETE CASCADE,
    CONSTRAINT overload_rule_changed_by_check CHECK ((changed_by <> ''::text)),
    CONSTRAINT overload_rule_check CHECK (((place_id IS NULL) <> (level IS NULL))),
    CONSTRAINT overload_rule_level_check CHECK ((level = ANY (ARRAY['territory'::text, 'substation'::text, 'feeder'::text, 'power_transformer'::text, 'commune'::text]))),
    CONSTRAINT overload_rule_min_duration_s_check CHECK ((min_duration_s >= 0)),
    CONSTRAINT overload_rule_name_check CHECK ((name <> ''::text)),
    CONSTRAINT overload_rule_notice_s_check CHECK ((notice_s >= 0)),
    CONSTRAINT overload_rule_probability_threshold_check CHECK (((probability_threshold >= (0.01)::double precision) AND (probability_threshold <= (0.99)::double precision)))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON overload_rule TO somel_compute;
GRANT SELECT ON overload_rule TO somel_ingest;
GRANT SELECT ON overload_rule TO somel_read;

-- Issues of forecasts that overload was reckoned from
CREATE TABLE somel.overload_run (
    forecast_run_id bigint NOT NULL, -- Issue
    computed_at timestamp with time zone NOT NULL, -- When
    place_count integer NOT NULL, -- Places that have a limit and were forecast
    CONSTRAINT overload_run_pkey PRIMARY KEY (forecast_run_id),
    CONSTRAINT overload_run_forecast_run_id_fkey FOREIGN KEY (forecast_run_id) REFERENCES forecast_run(forecast_run_id) ON DELETE CASCADE,
    CONSTRAINT overload_run_place_count_check CHECK ((place_count >= 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON overload_run TO somel_compute;
GRANT SELECT ON overload_run TO somel_ingest;
GRANT SELECT ON overload_run TO somel_read;

-- Who read what is stored of a single usage point; rows are never changed, and deleted when they are older than six months at the soonest
CREATE TABLE somel.personal_access (
    personal_access_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    accessed_at timestamp with time zone NOT NULL, -- When it was read, by the platform's clock
    recorded_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- Wall time at which this row was written
    actor text NOT NULL, -- Who, as in audit_entry
    usage_point_id integer NOT NULL, -- Usage point
    subject text NOT NULL, -- What: load, latest, labels, quality, export
    purpose text NOT NULL, -- What for, as the reader said; operation where they said nothing
    start_at timestamp with time zone, -- Start of the span that was read; null: there was none
    end_at timestamp with time zone, -- End of the span that was read; null: there was none
    CONSTRAINT personal_access_pkey PRIMARY KEY (personal_access_id),
    CONSTRAINT personal_access_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT personal_access_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT personal_access_subject_check CHECK ((subject <> ''::text))
);
CREATE INDEX personal_access_recorded_idx ON somel.personal_access USING btree (recorded_at);
CREATE INDEX personal_access_usage_point_idx ON somel.personal_access USING btree (usage_point_id, personal_access_id);
CREATE TRIGGER keep_access BEFORE DELETE ON somel.personal_access FOR EACH ROW EXECUTE FUNCTION keep_access();
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON somel.personal_access FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON personal_access TO somel_compute;
GRANT SELECT ON personal_access TO somel_ingest;
GRANT SELECT ON personal_access TO somel_read;

-- Every table that holds something of a single usage point: what export writes, and what erasure deletes
CREATE TABLE somel.personal_table (
    name text NOT NULL, -- Schema and name of the table
    reached_by text NOT NULL, -- Column that says whose a row is: usage_point_id, or end_device_id of a device there; nothing: it is not exported, for the reason given
    time_column text, -- Column of the time that a row is about: only what is older than the erasure is deleted; null: all is
    on_erasure text NOT NULL, -- deleted or kept
    reason text NOT NULL, -- Why it is kept, or what it is
    CONSTRAINT personal_table_pkey PRIMARY KEY (name),
    CONSTRAINT personal_table_check CHECK (((reached_by <> 'nothing'::text) OR (on_erasure = 'kept'::text))),
    CONSTRAINT personal_table_name_check CHECK ((name ~ '^[a-z]+\.[a-z_]+$'::text)),
    CONSTRAINT personal_table_on_erasure_check CHECK ((on_erasure = ANY (ARRAY['deleted'::text, 'kept'::text]))),
    CONSTRAINT personal_table_reached_by_check CHECK ((reached_by = ANY (ARRAY['usage_point_id'::text, 'end_device_id'::text, 'nothing'::text]))),
    CONSTRAINT personal_table_reason_check CHECK ((reason <> ''::text))
);
GRANT SELECT ON personal_table TO somel_compute;
GRANT SELECT ON personal_table TO somel_ingest;
GRANT SELECT ON personal_table TO somel_read;

-- A part of the grid or of the territory that load is summed and forecast for
CREATE TABLE somel.place (
    place_id integer GENERATED ALWAYS AS IDENTITY, -- Key inside this database
    level text NOT NULL, -- territory, substation, feeder, power_transformer or commune
    code text NOT NULL, -- Stable code within its level: INSEE code of a commune, operator's code of equipment
    name text NOT NULL, -- Name for people
    CONSTRAINT place_pkey PRIMARY KEY (place_id),
    CONSTRAINT place_level_code_key UNIQUE (level, code),
    CONSTRAINT place_place_id_level_key UNIQUE (place_id, level),
    CONSTRAINT place_level_check CHECK ((level = ANY (ARRAY['territory'::text, 'substation'::text, 'feeder'::text, 'power_transformer'::text, 'commune'::text])))
);
GRANT SELECT ON place TO somel_compute;
GRANT SELECT ON place TO somel_enjoy_pass;
GRANT SELECT ON place TO somel_ingest;
GRANT SELECT ON place TO somel_read;

-- Energy of a place over the half-hour slot [start_at, start_at + 30 min)
CREATE TABLE somel.place_interval (
    place_id integer NOT NULL, -- Place
    usage_point_count integer NOT NULL, -- Usage points whose import is known over the whole slot; 0 where only export is
    estimated_count integer NOT NULL DEFAULT 0, -- Of those, how many are estimated
    start_at timestamp with time zone NOT NULL, -- Start of the slot
    computed_at timestamp with time zone NOT NULL, -- When the sum was made
    import_wh double precision NOT NULL, -- Energy imported by its usage points [Wh]
    export_wh double precision NOT NULL, -- Energy exported by its usage points [Wh]
    CONSTRAINT place_interval_estimated_count_check CHECK ((estimated_count >= 0)),
    CONSTRAINT place_interval_usage_point_count_check CHECK ((usage_point_count >= 0))
);
-- hypertable: chunks of 30 days by start_at
CREATE UNIQUE INDEX place_interval_key ON somel.place_interval USING btree (place_id, start_at);
GRANT DELETE, INSERT, SELECT, UPDATE ON place_interval TO somel_ingest;
GRANT SELECT ON place_interval TO somel_compute;
GRANT SELECT ON place_interval TO somel_read;

-- Medium to low voltage transformer (poste de distribution); its usage points lie in one commune
CREATE TABLE somel.power_transformer (
    place_id integer NOT NULL, -- Place
    level text NOT NULL DEFAULT 'power_transformer'::text, -- Always power_transformer
    feeder_place_id integer NOT NULL, -- Feeder that supplies it
    commune_place_id integer NOT NULL, -- Commune that it stands in
    rated_va integer NOT NULL, -- Rated apparent power [VA]
    location geometry(Point,4326), -- WGS 84 [degrees]
    CONSTRAINT power_transformer_pkey PRIMARY KEY (place_id),
    CONSTRAINT power_transformer_commune_place_id_fkey FOREIGN KEY (commune_place_id) REFERENCES commune(place_id),
    CONSTRAINT power_transformer_feeder_place_id_fkey FOREIGN KEY (feeder_place_id) REFERENCES feeder(place_id),
    CONSTRAINT power_transformer_place_id_level_fkey FOREIGN KEY (place_id, level) REFERENCES place(place_id, level),
    CONSTRAINT power_transformer_level_check CHECK ((level = 'power_transformer'::text)),
    CONSTRAINT power_transformer_rated_va_check CHECK ((rated_va > 0))
);
CREATE INDEX power_transformer_commune_idx ON somel.power_transformer USING btree (commune_place_id);
CREATE INDEX power_transformer_feeder_idx ON somel.power_transformer USING btree (feeder_place_id);
CREATE TRIGGER mark_rewired AFTER UPDATE OF feeder_place_id, commune_place_id ON somel.power_transformer FOR EACH ROW WHEN (((old.feeder_place_id IS DISTINCT FROM new.feeder_place_id) OR (old.commune_place_id IS DISTINCT FROM new.commune_place_id))) EXECUTE FUNCTION mark_rewired();
GRANT SELECT ON power_transformer TO somel_compute;
GRANT SELECT ON power_transformer TO somel_ingest;
GRANT SELECT ON power_transformer TO somel_read;

-- Value of a register at one instant
CREATE TABLE somel.reading (
    usage_point_id integer NOT NULL, -- Usage point
    register_id smallint NOT NULL, -- Register
    quality smallint NOT NULL DEFAULT 0, -- 0 ok, 1 missing, 2 estimated, 3 bad
    read_at timestamp with time zone NOT NULL, -- Instant of the measurement
    known_at timestamp with time zone NOT NULL, -- When this value became known here
    value double precision NOT NULL, -- Value [unit of the register]
    CONSTRAINT reading_quality_check CHECK (((quality >= 0) AND (quality <= 3)))
);
-- hypertable: chunks of 1 day by read_at
CREATE UNIQUE INDEX reading_key ON somel.reading USING btree (usage_point_id, register_id, read_at);
GRANT INSERT, SELECT, UPDATE ON reading TO somel_ingest;
GRANT SELECT ON reading TO somel_compute;
GRANT SELECT ON reading TO somel_read;

-- Values that were replaced, with the span of time in which they were the latest known
CREATE TABLE somel.reading_revision (
    reading_revision_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising in the order of replacement
    usage_point_id integer NOT NULL, -- Usage point
    register_id smallint NOT NULL, -- Register
    quality smallint NOT NULL, -- 0 ok, 1 missing, 2 estimated, 3 bad
    read_at timestamp with time zone NOT NULL, -- Instant of the measurement
    known_at timestamp with time zone NOT NULL, -- When this value became known
    replaced_at timestamp with time zone NOT NULL, -- When it was replaced
    value double precision NOT NULL, -- Value [unit of the register]
    CONSTRAINT reading_revision_pkey PRIMARY KEY (reading_revision_id),
    CONSTRAINT reading_revision_check CHECK ((replaced_at >= known_at))
);
CREATE INDEX reading_revision_key_idx ON somel.reading_revision USING btree (usage_point_id, register_id, read_at, replaced_at);
GRANT INSERT, SELECT ON reading_revision TO somel_ingest;
GRANT SELECT ON reading_revision TO somel_compute;
GRANT SELECT ON reading_revision TO somel_read;

-- Sums of refused_message by code since the installation began
CREATE TABLE somel.refusal_total (
    code text NOT NULL, -- Why, as a stable code
    message_count bigint NOT NULL, -- Messages concerned
    refused_count bigint NOT NULL, -- Values refused
    last_at timestamp with time zone NOT NULL, -- When it last happened
    CONSTRAINT refusal_total_pkey PRIMARY KEY (code)
);
GRANT INSERT, SELECT, UPDATE ON refusal_total TO somel_ingest;
GRANT SELECT ON refusal_total TO somel_compute;
GRANT SELECT ON refusal_total TO somel_read;

-- What could not be understood or believed, to be found and mended
CREATE TABLE somel.refused_message (
    refused_message_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    received_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- When it was received
    topic text NOT NULL, -- Topic it was published to, first 1,000 characters
    content_type text, -- MQTT 5 content type, if any
    code text NOT NULL, -- Why, as a stable code
    reason text NOT NULL, -- Why, as a sentence
    refused_count integer NOT NULL, -- Values refused; a message that cannot be read counts as one
    payload_bytes integer NOT NULL, -- Length of the whole payload [bytes]
    payload bytea NOT NULL, -- The payload, first 4,096 bytes
    CONSTRAINT refused_message_pkey PRIMARY KEY (refused_message_id),
    CONSTRAINT refused_message_payload_bytes_check CHECK ((payload_bytes >= 0)),
    CONSTRAINT refused_message_refused_count_check CHECK ((refused_count > 0))
);
CREATE INDEX refused_message_received_idx ON somel.refused_message USING btree (received_at);
CREATE TRIGGER add_to_refusal_total AFTER INSERT ON somel.refused_message REFERENCING NEW TABLE AS refused FOR EACH STATEMENT EXECUTE FUNCTION add_to_refusal_total();
GRANT INSERT, SELECT ON refused_message TO somel_ingest;
GRANT SELECT ON refused_message TO somel_compute;
GRANT SELECT ON refused_message TO somel_read;

-- What meters measure; filled from core/registers.py by every migrate
CREATE TABLE somel.register (
    register_id smallint NOT NULL, -- Number in CBOR payloads; never reused
    name text NOT NULL, -- Name in JSON, ending in its unit
    obis text NOT NULL, -- OBIS code (IEC 62056-6-1)
    unit text NOT NULL, -- Unit of a value: Wh, varh, W, var, VA, V, A, Hz
    kind text NOT NULL, -- interval, index or instant
    lowest double precision NOT NULL, -- Lowest plausible value [unit]; of an interval, as mean power
    highest double precision NOT NULL, -- Highest plausible value [unit]; of an interval, as mean power
    CONSTRAINT register_pkey PRIMARY KEY (register_id),
    CONSTRAINT register_name_key UNIQUE (name),
    CONSTRAINT register_obis_key UNIQUE (obis),
    CONSTRAINT register_check CHECK ((highest > lowest)),
    CONSTRAINT register_kind_check CHECK ((kind = ANY (ARRAY['interval'::text, 'index'::text, 'instant'::text])))
);
GRANT SELECT ON register TO somel_compute;
GRANT SELECT ON register TO somel_ingest;
GRANT SELECT ON register TO somel_read;

-- How far the values of a register are believed; filled from core/limits.py by every migrate, except what an operator changed
CREATE TABLE somel.register_limit (
    register_id smallint NOT NULL, -- Register
    lowest double precision NOT NULL, -- A lower value is refused [unit]; of an interval, as mean power
    highest double precision NOT NULL, -- A higher value is refused [unit]; of an interval, as mean power
    subscribed_ratio double precision, -- Stored as bad: mean power above so many times the subscribed power [1]; null: no limit
    spike_ratio double precision, -- spike: the day's highest power exceeds its third highest by more than so many times that one [1]
    spike_floor_ratio double precision, -- spike: only above so many times the subscribed power [1]
    high_ratio double precision, -- high_against_history: the day exceeds the median of the days before so many times [1]
    low_ratio double precision, -- low_against_history: the day is less than so much of the median of the days before [1]
    zero_run_s integer, -- zero_run: zero for at least so long [s]
    flat_run_s integer, -- flat_line: the same value, not zero, for at least so long [s]
    clock_ahead_s integer, -- clock_ahead: known more than so long before its interval ended [s]
    late_s integer, -- late: known more than so long after its interval ended [s]; a gap is estimated after as long
    rollover_at double precision, -- index_rollover: the counter goes from here back to zero [unit]
    sum_tolerance double precision, -- sum_against_index: difference allowed between load curve and index [unit]
    sum_tolerance_ratio double precision, -- sum_against_index: allowed besides, of the index difference [1]
    changed_at timestamp with time zone, -- When an operator last changed it; null: the default
    CONSTRAINT register_limit_pkey PRIMARY KEY (register_id),
    CONSTRAINT register_limit_register_id_fkey FOREIGN KEY (register_id) REFERENCES register(register_id) ON DELETE CASCADE,
    CONSTRAINT register_limit_check CHECK ((highest > lowest)),
    CONSTRAINT register_limit_clock_ahead_s_check CHECK ((clock_ahead_s >= 0)),
    CONSTRAINT register_limit_flat_run_s_check CHECK ((flat_run_s > 0)),
    CONSTRAINT register_limit_high_ratio_check CHECK ((high_ratio > (1)::double precision)),
    CONSTRAINT register_limit_late_s_check CHECK ((late_s >= 0)),
    CONSTRAINT register_limit_low_ratio_check CHECK (((low_ratio >= (0)::double precision) AND (low_ratio < (1)::double precision))),
    CONSTRAINT register_limit_rollover_at_check CHECK ((rollover_at > (0)::double precision)),
    CONSTRAINT register_limit_spike_floor_ratio_check CHECK ((spike_floor_ratio >= (0)::double precision)),
    CONSTRAINT register_limit_spike_ratio_check CHECK ((spike_ratio > (0)::double precision)),
    CONSTRAINT register_limit_subscribed_ratio_check CHECK ((subscribed_ratio > (0)::double precision)),
    CONSTRAINT register_limit_sum_tolerance_check CHECK ((sum_tolerance >= (0)::double precision)),
    CONSTRAINT register_limit_sum_tolerance_ratio_check CHECK ((sum_tolerance_ratio >= (0)::double precision)),
    CONSTRAINT register_limit_zero_run_s_check CHECK ((zero_run_s > 0))
);
GRANT SELECT ON register_limit TO somel_compute;
GRANT SELECT ON register_limit TO somel_ingest;
GRANT SELECT ON register_limit TO somel_read;

-- An end device that takes part in demand response, with its owner's agreement
CREATE TABLE somel.resource (
    end_device_id integer NOT NULL, -- Device
    rated_power_w integer NOT NULL, -- Highest power it draws [W]
    enrolled_at timestamp with time zone NOT NULL DEFAULT now(), -- When its owner agreed
    withdrawn_at timestamp with time zone, -- When the agreement was withdrawn; null while it holds. Kept in step with the newest consent
    CONSTRAINT resource_pkey PRIMARY KEY (end_device_id),
    CONSTRAINT resource_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES end_device(end_device_id),
    CONSTRAINT resource_check CHECK ((withdrawn_at >= enrolled_at)),
    CONSTRAINT resource_rated_power_w_check CHECK ((rated_power_w > 0))
);
CREATE TRIGGER record_enrolment AFTER INSERT ON somel.resource FOR EACH ROW EXECUTE FUNCTION record_enrolment();
GRANT SELECT ON resource TO somel_compute;
GRANT SELECT ON resource TO somel_ingest;
GRANT SELECT ON resource TO somel_read;
GRANT UPDATE (withdrawn_at) ON resource TO somel_compute;

-- How a resource stood when it, or an application that speaks for it, last said so
CREATE TABLE somel.resource_state (
    end_device_id integer NOT NULL, -- Resource
    reported_at timestamp with time zone NOT NULL, -- When it stood so
    energy_wh integer, -- Energy in the battery; null where it has none [Wh]
    temperature_degc double precision, -- Of the water or of the building; null where there is neither [degC]
    CONSTRAINT resource_state_pkey PRIMARY KEY (end_device_id),
    CONSTRAINT resource_state_end_device_id_fkey FOREIGN KEY (end_device_id) REFERENCES resource(end_device_id) ON DELETE CASCADE,
    CONSTRAINT resource_state_check CHECK (((energy_wh IS NOT NULL) OR (temperature_degc IS NOT NULL))),
    CONSTRAINT resource_state_energy_wh_check CHECK ((energy_wh >= 0)),
    CONSTRAINT resource_state_temperature_degc_check CHECK (((temperature_degc >= ('-60'::integer)::double precision) AND (temperature_degc <= (120)::double precision)))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON resource_state TO somel_compute;
GRANT INSERT, SELECT, UPDATE ON resource_state TO somel_ingest;
GRANT SELECT ON resource_state TO somel_read;

-- Spans whose sums no longer match the readings; written with the readings, in one transaction
CREATE TABLE somel.rollup_pending (
    rollup_pending_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising
    power_transformer_place_id integer NOT NULL, -- Transformer whose usage points changed
    start_at timestamp with time zone NOT NULL, -- First slot
    end_at timestamp with time zone NOT NULL, -- End of the last slot
    CONSTRAINT rollup_pending_pkey PRIMARY KEY (rollup_pending_id),
    CONSTRAINT rollup_pending_check CHECK ((end_at > start_at))
);
GRANT DELETE, INSERT, SELECT ON rollup_pending TO somel_ingest;
GRANT SELECT ON rollup_pending TO somel_compute;
GRANT SELECT ON rollup_pending TO somel_read;

-- A slot of a usage point in a statement
CREATE TABLE somel.settlement_slot (
    settlement_statement_id bigint NOT NULL, -- Statement
    usage_point_id integer NOT NULL, -- Usage point
    slot_start_at timestamp with time zone NOT NULL, -- Slot
    baseline_w double precision NOT NULL, -- What would have been drawn; NaN: not known [W]
    adjusted_baseline_w double precision NOT NULL, -- The same with same-day adjustment; NaN: not known, or the method has none [W]
    measured_w double precision NOT NULL, -- What was drawn; NaN: not known [W]
    CONSTRAINT settlement_slot_pkey PRIMARY KEY (settlement_statement_id, usage_point_id, slot_start_at),
    CONSTRAINT settlement_slot_settlement_statement_id_usage_point_id_fkey FOREIGN KEY (settlement_statement_id, usage_point_id) REFERENCES settlement_usage_point(settlement_statement_id, usage_point_id)
);
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON somel.settlement_slot FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON settlement_slot TO somel_compute;
GRANT SELECT ON settlement_slot TO somel_ingest;
GRANT SELECT ON settlement_slot TO somel_read;

-- What an event saved by one method, as known at a moment; indicative; nobody changes or deletes a row
CREATE TABLE somel.settlement_statement (
    settlement_statement_id bigint GENERATED ALWAYS AS IDENTITY, -- Key
    event_id uuid NOT NULL, -- Event
    program text, -- Program that the event is settled under; null: none
    method text NOT NULL, -- Baseline method
    form smallint NOT NULL, -- Version of the computation and of what is hashed
    as_of timestamp with time zone NOT NULL, -- Nothing that became known later is in it
    made_at timestamp with time zone NOT NULL, -- When it was made
    made_by text NOT NULL, -- Who had it made, as in audit_entry
    usage_point_count integer NOT NULL, -- Usage points that took part
    slot_count integer NOT NULL, -- Slots of the event, times usage points
    complete_count integer NOT NULL, -- Of these, how many have baseline and measured load: the sums are over them
    reduction_wh double precision NOT NULL, -- Baseline less measured energy [Wh]
    adjusted_reduction_wh double precision NOT NULL, -- The same with same-day adjustment, which heating ahead raises; NaN: the method has none [Wh]
    lower_wh double precision NOT NULL, -- The true reduction is likely not lower; NaN: not known [Wh]
    upper_wh double precision NOT NULL, -- The true reduction is likely not higher; NaN: not known [Wh]
    confidence_ratio double precision NOT NULL, -- How likely it lies between [ratio]
    error_day_count integer NOT NULL, -- Days without an event that the method was tried on [days]
    error_mean_wh double precision NOT NULL, -- Mean of baseline less measured energy on these days, all usage points together; NaN: not known [Wh]
    error_deviation_wh double precision NOT NULL, -- Its standard deviation; NaN: not known [Wh]
    hash bytea NOT NULL, -- SHA-256 of all the above but made_at and made_by, and of all rows, as canonical JSON
    CONSTRAINT settlement_statement_pkey PRIMARY KEY (settlement_statement_id),
    CONSTRAINT settlement_statement_event_id_method_as_of_key UNIQUE (event_id, method, as_of),
    CONSTRAINT settlement_statement_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(event_id),
    CONSTRAINT settlement_statement_check CHECK ((made_at >= as_of)),
    CONSTRAINT settlement_statement_hash_check CHECK ((length(hash) = 32))
);
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON somel.settlement_statement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON settlement_statement TO somel_compute;
GRANT SELECT ON settlement_statement TO somel_ingest;
GRANT SELECT ON settlement_statement TO somel_read;

-- A usage point in a statement, with what its baseline is made of
CREATE TABLE somel.settlement_usage_point (
    settlement_statement_id bigint NOT NULL, -- Statement
    usage_point_id integer NOT NULL, -- Usage point
    resources text[] NOT NULL, -- Its resources that took part, by name
    baseline_days date[] NOT NULL, -- Local days that its baseline is made of
    control_usage_point_ids integer[] NOT NULL, -- Usage points that were not called and that it is compared with
    reduction_wh double precision NOT NULL, -- Baseline less measured energy; NaN: not known [Wh]
    adjusted_reduction_wh double precision NOT NULL, -- The same with same-day adjustment; NaN: not known [Wh]
    lower_wh double precision NOT NULL, -- The true reduction is likely not lower; NaN: not known [Wh]
    upper_wh double precision NOT NULL, -- The true reduction is likely not higher; NaN: not known [Wh]
    CONSTRAINT settlement_usage_point_pkey PRIMARY KEY (settlement_statement_id, usage_point_id),
    CONSTRAINT settlement_usage_point_settlement_statement_id_fkey FOREIGN KEY (settlement_statement_id) REFERENCES settlement_statement(settlement_statement_id),
    CONSTRAINT settlement_usage_point_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(usage_point_id)
);
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON somel.settlement_usage_point FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON settlement_usage_point TO somel_compute;
GRANT SELECT ON settlement_usage_point TO somel_ingest;
GRANT SELECT ON settlement_usage_point TO somel_read;

-- High to medium voltage substation (poste source)
CREATE TABLE somel.substation (
    place_id integer NOT NULL, -- Place
    level text NOT NULL DEFAULT 'substation'::text, -- Always substation
    location geometry(Point,4326), -- WGS 84 [degrees]
    CONSTRAINT substation_pkey PRIMARY KEY (place_id),
    CONSTRAINT substation_place_id_level_fkey FOREIGN KEY (place_id, level) REFERENCES place(place_id, level),
    CONSTRAINT substation_level_check CHECK ((level = 'substation'::text))
);
GRANT SELECT ON substation TO somel_compute;
GRANT SELECT ON substation TO somel_ingest;
GRANT SELECT ON substation TO somel_read;

-- Colours of days, as they were announced; a day without a row is not known yet
CREATE TABLE somel.tariff_day (
    tariff text NOT NULL, -- tempo or ejp
    day date NOT NULL, -- Local day on which it begins: Tempo's at 06:00, EJP's at 07:00
    color text NOT NULL, -- Tempo: blue, white or red; EJP: normal or peak
    source text NOT NULL, -- Who said so: the file, or the account
    stored_at timestamp with time zone NOT NULL, -- When it was stored
    CONSTRAINT tariff_day_pkey PRIMARY KEY (tariff, day),
    CONSTRAINT tariff_day_check CHECK ((color = ANY (
CASE tariff
    WHEN 'tempo'::text THEN ARRAY['blue'::text, 'white'::text, 'red'::text]
    ELSE ARRAY['normal'::text, 'peak'::text]
END))),
    CONSTRAINT tariff_day_source_check CHECK ((source <> ''::text)),
    CONSTRAINT tariff_day_tariff_check CHECK ((tariff = ANY (ARRAY['tempo'::text, 'ejp'::text])))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON tariff_day TO somel_compute;
GRANT SELECT ON tariff_day TO somel_ingest;
GRANT SELECT ON tariff_day TO somel_read;

-- What energy costs a resident, with all that is paid for each unit of energy; filled by operators
CREATE TABLE somel.tariff_price (
    tariff text NOT NULL, -- base, off_peak, tempo or ejp
    period text NOT NULL, -- Period of the tariff, as core/tariffs.py names them
    valid_from date NOT NULL, -- First local day on which it holds, until a later row
    price_eur_per_mwh double precision NOT NULL, -- Price [EUR/MWh]
    source text NOT NULL, -- Where it was published
    CONSTRAINT tariff_price_pkey PRIMARY KEY (tariff, period, valid_from),
    CONSTRAINT tariff_price_source_check CHECK ((source <> ''::text)),
    CONSTRAINT tariff_price_tariff_check CHECK ((tariff = ANY (ARRAY['base'::text, 'off_peak'::text, 'tempo'::text, 'ejp'::text])))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON tariff_price TO somel_compute;
GRANT SELECT ON tariff_price TO somel_ingest;
GRANT SELECT ON tariff_price TO somel_read;

-- The transformer as an electrical element, and the source that it hangs on
CREATE TABLE somel.transformer_impedance (
    power_transformer_place_id integer NOT NULL, -- Transformer
    source_node_id integer NOT NULL, -- Node whose voltage is given
    high_node_id integer NOT NULL, -- Node of its high side
    low_node_id integer NOT NULL, -- Node of its low side
    source_ratio double precision NOT NULL, -- Voltage of the source over its nominal voltage [ratio]
    rated_va double precision NOT NULL, -- Rated apparent power [VA]
    rated_high_v double precision NOT NULL, -- Rated voltage of the high side [V]
    rated_low_v double precision NOT NULL, -- Rated voltage of the low side [V]
    at_tap_high_v double precision NOT NULL, -- Voltage of the high side at its present tap [V]
    at_tap_low_v double precision NOT NULL, -- Voltage of the low side at its present tap [V]
    shift_degree double precision NOT NULL, -- By which the low side lags [degrees]
    short_circuit_ratio double precision NOT NULL, -- Short-circuit voltage over the rated one [ratio]
    resistive_ratio double precision NOT NULL, -- Real part of it [ratio]
    iron_w double precision NOT NULL, -- Losses without load [W]
    idle_ratio double precision NOT NULL, -- Current without load over the rated one [ratio]
    vector_group text NOT NULL, -- Vector group, such as Dyn11; empty where unknown
    CONSTRAINT transformer_impedance_pkey PRIMARY KEY (power_transformer_place_id),
    CONSTRAINT transformer_impedance_high_node_id_power_transformer_place_fkey FOREIGN KEY (high_node_id, power_transformer_place_id) REFERENCES connectivity_node(connectivity_node_id, power_transformer_place_id),
    CONSTRAINT transformer_impedance_low_node_id_power_transformer_place__fkey FOREIGN KEY (low_node_id, power_transformer_place_id) REFERENCES connectivity_node(connectivity_node_id, power_transformer_place_id),
    CONSTRAINT transformer_impedance_power_transformer_place_id_fkey FOREIGN KEY (power_transformer_place_id) REFERENCES power_transformer(place_id),
    CONSTRAINT transformer_impedance_source_node_id_power_transformer_pla_fkey FOREIGN KEY (source_node_id, power_transformer_place_id) REFERENCES connectivity_node(connectivity_node_id, power_transformer_place_id),
    CONSTRAINT transformer_impedance_at_tap_high_v_check CHECK ((at_tap_high_v > (0)::double precision)),
    CONSTRAINT transformer_impedance_at_tap_low_v_check CHECK ((at_tap_low_v > (0)::double precision)),
    CONSTRAINT transformer_impedance_check CHECK (((resistive_ratio >= (0)::double precision) AND (resistive_ratio <= short_circuit_ratio))),
    CONSTRAINT transformer_impedance_idle_ratio_check CHECK ((idle_ratio >= (0)::double precision)),
    CONSTRAINT transformer_impedance_iron_w_check CHECK ((iron_w >= (0)::double precision)),
    CONSTRAINT transformer_impedance_rated_high_v_check CHECK ((rated_high_v > (0)::double precision)),
    CONSTRAINT transformer_impedance_rated_low_v_check CHECK ((rated_low_v > (0)::double precision)),
    CONSTRAINT transformer_impedance_rated_va_check CHECK ((rated_va > (0)::double precision)),
    CONSTRAINT transformer_impedance_short_circuit_ratio_check CHECK ((short_circuit_ratio > (0)::double precision)),
    CONSTRAINT transformer_impedance_source_ratio_check CHECK ((source_ratio > (0)::double precision))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON transformer_impedance TO somel_compute;
GRANT SELECT ON transformer_impedance TO somel_read;

-- Place of supply (point de livraison), known here by a pseudonym only
CREATE TABLE somel.usage_point (
    usage_point_id integer GENERATED ALWAYS AS IDENTITY, -- Key inside this database; never leaves it
    usage_point_key uuid NOT NULL DEFAULT gen_random_uuid(), -- Pseudonymous key, the one that the API shows
    power_transformer_place_id integer NOT NULL, -- Transformer that supplies it
    subscribed_va integer NOT NULL, -- Subscribed apparent power [VA]
    tariff text NOT NULL DEFAULT 'base'::text, -- Tariff option: base, off_peak (heures creuses), tempo, ejp
    category text NOT NULL DEFAULT 'residential'::text, -- residential, business or public
    interval_step_s integer NOT NULL DEFAULT 1800, -- Step of its load curve [s]
    registered_at timestamp with time zone NOT NULL DEFAULT now(), -- When it was registered; slots before are not expected
    CONSTRAINT usage_point_pkey PRIMARY KEY (usage_point_id),
    CONSTRAINT usage_point_usage_point_key_key UNIQUE (usage_point_key),
    CONSTRAINT usage_point_power_transformer_place_id_fkey FOREIGN KEY (power_transformer_place_id) REFERENCES power_transformer(place_id),
    CONSTRAINT usage_point_category_check CHECK ((category = ANY (ARRAY['residential'::text, 'business'::text, 'public'::text]))),
    CONSTRAINT usage_point_interval_step_s_check CHECK ((interval_step_s = ANY (ARRAY[300, 600, 900, 1800, 3600]))),
    CONSTRAINT usage_point_subscribed_va_check CHECK ((subscribed_va > 0)),
    CONSTRAINT usage_point_tariff_check CHECK ((tariff = ANY (ARRAY['base'::text, 'off_peak'::text, 'tempo'::text, 'ejp'::text])))
);
CREATE INDEX usage_point_power_transformer_idx ON somel.usage_point USING btree (power_transformer_place_id);
CREATE TRIGGER mark_moved AFTER UPDATE OF power_transformer_place_id ON somel.usage_point FOR EACH ROW WHEN ((old.power_transformer_place_id IS DISTINCT FROM new.power_transformer_place_id)) EXECUTE FUNCTION mark_moved();
GRANT SELECT ON usage_point TO somel_compute;
GRANT SELECT ON usage_point TO somel_ingest;
GRANT SELECT ON usage_point TO somel_read;

-- Where a usage point hangs in the network
CREATE TABLE somel.usage_point_connection (
    usage_point_id integer NOT NULL, -- Usage point
    connectivity_node_id integer NOT NULL, -- Its node
    phase text NOT NULL, -- a, b or c: between that phase and the neutral; abc: three-phase
    CONSTRAINT usage_point_connection_pkey PRIMARY KEY (usage_point_id),
    CONSTRAINT usage_point_connection_connectivity_node_id_fkey FOREIGN KEY (connectivity_node_id) REFERENCES connectivity_node(connectivity_node_id),
    CONSTRAINT usage_point_connection_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(usage_point_id),
    CONSTRAINT usage_point_connection_phase_check CHECK ((phase = ANY (ARRAY['a'::text, 'b'::text, 'c'::text, 'abc'::text])))
);
CREATE INDEX usage_point_connection_node_idx ON somel.usage_point_connection USING btree (connectivity_node_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON usage_point_connection TO somel_compute;
GRANT SELECT ON usage_point_connection TO somel_read;

-- What customers agreed to for their usage point, one consent for each purpose, and until when; these rows are the proof: none is deleted, and none changes but by its one withdrawal
CREATE TABLE somel.usage_point_consent (
    usage_point_consent_id bigint GENERATED ALWAYS AS IDENTITY, -- Key; grows with time
    usage_point_id integer NOT NULL, -- Usage point
    purpose text NOT NULL, -- What for; enjoy: half-hourly values are counted in sums that are published
    text_version text NOT NULL, -- Version of the text that was agreed to
    given_at timestamp with time zone NOT NULL, -- When the customer gave it
    given_by text NOT NULL, -- Account that recorded it; no person's name
    given_how text NOT NULL, -- online, paper or telephone
    proof text NOT NULL, -- Where its proof is kept, such as a file number
    proof_sha256 bytea, -- SHA-256 of the proof, so that it cannot be another later; null: not known
    recorded_at timestamp with time zone NOT NULL, -- When the platform learnt of it; nothing that is older than the month after this is published with it
    withdrawn_at timestamp with time zone, -- When its withdrawal was recorded; null while it holds
    withdrawn_by text, -- Account that recorded the withdrawal
    withdrawn_how text, -- online, paper, telephone, or erasure of all data
    CONSTRAINT usage_point_consent_pkey PRIMARY KEY (usage_point_consent_id),
    CONSTRAINT usage_point_consent_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(usage_point_id),
    CONSTRAINT usage_point_consent_check CHECK ((recorded_at >= given_at)),
    CONSTRAINT usage_point_consent_check1 CHECK ((withdrawn_at >= recorded_at)),
    CONSTRAINT usage_point_consent_check2 CHECK ((((withdrawn_at IS NULL) = (withdrawn_by IS NULL)) AND ((withdrawn_at IS NULL) = (withdrawn_how IS NULL)))),
    CONSTRAINT usage_point_consent_given_by_check CHECK ((given_by <> ''::text)),
    CONSTRAINT usage_point_consent_given_how_check CHECK ((given_how = ANY (ARRAY['online'::text, 'paper'::text, 'telephone'::text]))),
    CONSTRAINT usage_point_consent_proof_check CHECK ((proof <> ''::text)),
    CONSTRAINT usage_point_consent_proof_sha256_check CHECK ((octet_length(proof_sha256) = 32)),
    CONSTRAINT usage_point_consent_purpose_check CHECK ((purpose = 'enjoy'::text)),
    CONSTRAINT usage_point_consent_text_version_check CHECK ((text_version <> ''::text)),
    CONSTRAINT usage_point_consent_withdrawn_how_check CHECK ((withdrawn_how = ANY (ARRAY['online'::text, 'paper'::text, 'telephone'::text, 'erasure'::text])))
);
CREATE INDEX usage_point_consent_usage_point_idx ON somel.usage_point_consent USING btree (usage_point_id, usage_point_consent_id);
CREATE UNIQUE INDEX usage_point_consent_open_idx ON somel.usage_point_consent USING btree (usage_point_id, purpose) WHERE (withdrawn_at IS NULL);
CREATE TRIGGER keep_consent BEFORE DELETE OR UPDATE ON somel.usage_point_consent FOR EACH ROW EXECUTE FUNCTION keep_consent();
CREATE TRIGGER refuse_change BEFORE TRUNCATE ON somel.usage_point_consent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON usage_point_consent TO somel_compute;
GRANT SELECT ON usage_point_consent TO somel_ingest;
GRANT SELECT ON usage_point_consent TO somel_read;
GRANT UPDATE (withdrawn_at, withdrawn_by, withdrawn_how) ON usage_point_consent TO somel_compute;

-- What was done about a gap: the values estimated, or why there are none
CREATE TABLE somel.vee_estimate (
    vee_estimate_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising
    usage_point_id integer NOT NULL, -- Usage point
    register_id smallint NOT NULL, -- Register
    day date NOT NULL, -- Local day (Europe/Paris) that the gap, or this part of it, lies in
    start_at timestamp with time zone NOT NULL, -- Start of the first interval estimated
    end_at timestamp with time zone NOT NULL, -- End of the last one
    step_s integer NOT NULL, -- Step of the intervals [s]
    method text NOT NULL, -- linear: between the neighbours; like_days: mean of the same time on like days; none
    reason text NOT NULL, -- Why this method and this scale, or why none
    is_scaled boolean NOT NULL, -- Whether it was scaled to meet the difference of two indexes
    slot_count integer NOT NULL, -- Values that were stored
    energy double precision NOT NULL, -- Their sum [unit of the register]
    estimated_at timestamp with time zone NOT NULL, -- When; also the time they became known
    replaced_count integer NOT NULL DEFAULT 0, -- Values that measured ones have replaced since
    replaced_at timestamp with time zone, -- When that was last noticed; null while all stand
    CONSTRAINT vee_estimate_pkey PRIMARY KEY (vee_estimate_id),
    CONSTRAINT vee_estimate_check CHECK ((end_at > start_at)),
    CONSTRAINT vee_estimate_check1 CHECK (((replaced_count >= 0) AND (replaced_count <= slot_count))),
    CONSTRAINT vee_estimate_method_check CHECK ((method = ANY (ARRAY['linear'::text, 'like_days'::text, 'none'::text]))),
    CONSTRAINT vee_estimate_slot_count_check CHECK ((slot_count >= 0)),
    CONSTRAINT vee_estimate_step_s_check CHECK ((step_s > 0))
);
CREATE INDEX vee_estimate_usage_point_idx ON somel.vee_estimate USING btree (usage_point_id, register_id, day);
GRANT INSERT, SELECT, UPDATE ON vee_estimate TO somel_ingest;
GRANT SELECT ON vee_estimate TO somel_compute;
GRANT SELECT ON vee_estimate TO somel_read;

-- What a validation rule has to say about readings; the readings themselves stay as they are
CREATE TABLE somel.vee_finding (
    vee_finding_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising
    usage_point_id integer NOT NULL, -- Usage point
    register_id smallint NOT NULL, -- Register
    rule text NOT NULL, -- gap, overlap, spike, high_against_history, low_against_history, zero_run, flat_line, clock_ahead, index_back, index_rollover or sum_against_index
    severity text NOT NULL, -- info, warning or error
    day date NOT NULL, -- Local day (Europe/Paris) that was validated
    start_at timestamp with time zone NOT NULL, -- Start of the span it is about
    end_at timestamp with time zone NOT NULL, -- End of that span
    figure double precision NOT NULL, -- What was found; of sum_against_index the sum of the load curve [unit of the rule]
    bound double precision NOT NULL, -- What it was compared with; of sum_against_index the index difference [unit of the rule]
    found_at timestamp with time zone NOT NULL, -- When it was first found, by the platform's clock
    cleared_at timestamp with time zone, -- When later data had healed it; null while it stands
    CONSTRAINT vee_finding_pkey PRIMARY KEY (vee_finding_id),
    CONSTRAINT vee_finding_check CHECK ((end_at >= start_at)),
    CONSTRAINT vee_finding_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'error'::text])))
);
CREATE INDEX vee_finding_day_idx ON somel.vee_finding USING btree (day, rule);
CREATE UNIQUE INDEX vee_finding_standing_key ON somel.vee_finding USING btree (usage_point_id, register_id, day, rule, start_at) WHERE (cleared_at IS NULL);
GRANT INSERT, SELECT, UPDATE ON vee_finding TO somel_ingest;
GRANT SELECT ON vee_finding TO somel_compute;
GRANT SELECT ON vee_finding TO somel_read;

-- Spans of energy readings that were not validated since they changed; written with the readings, in one transaction
CREATE TABLE somel.vee_pending (
    vee_pending_id bigint GENERATED ALWAYS AS IDENTITY, -- Key, rising
    usage_point_id integer[] NOT NULL, -- Usage points
    start_s bigint[] NOT NULL, -- Start of the span of each, UTC epoch [s]
    end_s bigint[] NOT NULL, -- End of the span of each, UTC epoch [s]
    CONSTRAINT vee_pending_pkey PRIMARY KEY (vee_pending_id),
    CONSTRAINT vee_pending_check CHECK (((cardinality(usage_point_id) = cardinality(start_s)) AND (cardinality(start_s) = cardinality(end_s))))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON vee_pending TO somel_ingest;
GRANT SELECT ON vee_pending TO somel_compute;
GRANT SELECT ON vee_pending TO somel_read;

-- How far all usage points have been validated for a day, silent ones included
CREATE TABLE somel.vee_sweep (
    day date NOT NULL, -- Local day (Europe/Paris)
    stage text NOT NULL, -- closed: when the day was over; settled: when what came afterwards would have been late
    done_to integer NOT NULL DEFAULT 0, -- Last usage point validated
    finished_at timestamp with time zone, -- When the last one was; null while it goes on
    CONSTRAINT vee_sweep_pkey PRIMARY KEY (day, stage),
    CONSTRAINT vee_sweep_stage_check CHECK ((stage = ANY (ARRAY['closed'::text, 'settled'::text])))
);
GRANT INSERT, SELECT, UPDATE ON vee_sweep TO somel_ingest;
GRANT SELECT ON vee_sweep TO somel_compute;
GRANT SELECT ON vee_sweep TO somel_read;

-- Weather of an hour as it was known from a moment on; nobody changes or deletes a row, a correction is a row known later
CREATE TABLE somel.weather_forecast (
    weather_point_id integer NOT NULL, -- Point
    valid_at timestamp with time zone NOT NULL, -- Start of the hour that it is about
    known_at timestamp with time zone NOT NULL, -- From then on it may be used; after valid_at for what was measured
    source text NOT NULL, -- Who said so: the provider, or the name of a file
    temperature_degc real, -- Air temperature 2 m above ground at the start of the hour [degC]
    wind_speed_m_s real, -- Wind speed 10 m above ground at the start of the hour [m/s]
    irradiance_w_m2 real, -- Global horizontal irradiance, mean over the hour [W/m2]
    cloud_cover_ratio real, -- Cloud cover at the start of the hour [ratio]
    stored_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(), -- Wall time at which it was stored: tells what was loaded with a known_at that had passed
    CONSTRAINT weather_forecast_pkey PRIMARY KEY (weather_point_id, valid_at, known_at, source),
    CONSTRAINT weather_forecast_weather_point_id_fkey FOREIGN KEY (weather_point_id) REFERENCES weather_point(weather_point_id),
    CONSTRAINT weather_forecast_check CHECK ((num_nonnulls(temperature_degc, wind_speed_m_s, irradiance_w_m2, cloud_cover_ratio) > 0)),
    CONSTRAINT weather_forecast_cloud_cover_ratio_check CHECK (((cloud_cover_ratio >= (0)::double precision) AND (cloud_cover_ratio <= (1)::double precision))),
    CONSTRAINT weather_forecast_irradiance_w_m2_check CHECK (((irradiance_w_m2 >= (0)::double precision) AND (irradiance_w_m2 <= (1500)::double precision))),
    CONSTRAINT weather_forecast_source_check CHECK (((source <> ''::text) AND (source <> 'none'::text))),
    CONSTRAINT weather_forecast_temperature_degc_check CHECK (((temperature_degc >= ('-60'::integer)::double precision) AND (temperature_degc <= (60)::double precision))),
    CONSTRAINT weather_forecast_valid_at_check CHECK ((mod(EXTRACT(epoch FROM valid_at), (3600)::numeric) = (0)::numeric)),
    CONSTRAINT weather_forecast_wind_speed_m_s_check CHECK (((wind_speed_m_s >= (0)::double precision) AND (wind_speed_m_s <= (100)::double precision)))
);
CREATE INDEX weather_forecast_known_idx ON somel.weather_forecast USING btree (weather_point_id, source, known_at);
GRANT INSERT, SELECT ON weather_forecast TO somel_compute;
GRANT SELECT ON weather_forecast TO somel_ingest;
GRANT SELECT ON weather_forecast TO somel_read;

-- A point that weather is known for; places take that of the nearest one
CREATE TABLE somel.weather_point (
    weather_point_id integer GENERATED ALWAYS AS IDENTITY, -- Key inside this database
    name text NOT NULL, -- Name for people, unique
    location geometry(Point,4326) NOT NULL, -- WGS 84 [degrees]
    CONSTRAINT weather_point_pkey PRIMARY KEY (weather_point_id),
    CONSTRAINT weather_point_name_key UNIQUE (name),
    CONSTRAINT weather_point_name_check CHECK ((name <> ''::text))
);
GRANT INSERT, SELECT ON weather_point TO somel_compute;
GRANT SELECT ON weather_point TO somel_ingest;
GRANT SELECT ON weather_point TO somel_read;

CREATE OR REPLACE FUNCTION catalogue.acting()
 RETURNS integer[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    SELECT coalesce(nullif(current_setting('somel.organisations', true), ''), '{}')::integer[]
$function$;

CREATE OR REPLACE FUNCTION catalogue.acts_for_all()
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT NOT EXISTS (
        SELECT FROM catalogue.organisation
        WHERE organisation_id <> ALL (catalogue.acting())
    )
$function$;

CREATE OR REPLACE FUNCTION catalogue.add_columns(asked integer, since integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    new record;
    made text;
BEGIN
    FOR made IN SELECT tablename FROM pg_catalog.pg_tables
        WHERE schemaname = 'record' AND tablename IN ('d' || asked, 'd' || asked || '_latest') LOOP
        FOR new IN SELECT * FROM catalogue.field
            WHERE dataset_id = asked AND version = since AND column_name IS NOT NULL ORDER BY position LOOP
            EXECUTE format(
                'ALTER TABLE record.%I ADD COLUMN IF NOT EXISTS %I %s', made, new.column_name,
                catalogue.column_type(new.type)
            );
        END LOOP;
    END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION catalogue.announce_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM pg_notify('somel', 'record_change/' || NEW.dataset_id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION catalogue.column_type(field_type text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE STRICT
AS $function$
    SELECT CASE field_type
        WHEN 'integer' THEN 'bigint' WHEN 'number' THEN 'double precision' WHEN 'timestamp' THEN 'timestamptz'
        ELSE field_type
    END
$function$;

CREATE OR REPLACE FUNCTION catalogue.drop_before(asked integer, instant timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NOT catalogue.may_write(asked) THEN
        RAISE EXCEPTION 'the dataset is not one of those that are acted for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (SELECT count(*) FROM public.drop_chunks(format('record.%I', 'd' || asked)::regclass, older_than => instant));
END $function$;

CREATE OR REPLACE FUNCTION catalogue.folded(words text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
    SELECT translate(
        replace(replace(lower(words), 'œ', 'oe'), 'æ', 'ae'), 'àâäáãçéèêëíìîïñóòôöõúùûüýÿ’', 'aaaaaceeeeiiiinooooouuuuyy'''
    )
$function$;

CREATE OR REPLACE FUNCTION catalogue.in_time(asked catalogue.dataset, newest timestamp with time zone)
 RETURNS double precision
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
    ratio double precision;
BEGIN
    IF asked.update_period_s IS NULL OR newest IS NULL THEN
        RETURN NULL;
    END IF;
    -- The first instant has no gap before it, and least() would take the period for that.
    -- A hundred periods, or a day, back from the newest record; of many records, the 50,000 newest.
    EXECUTE format(
        'SELECT sum(least(gap, $1)) / nullif(sum(gap), 0) FROM ('
        '    SELECT extract(epoch FROM at - lag(at) OVER (ORDER BY at))::double precision AS gap FROM ('
        '        SELECT DISTINCT at FROM ('
        '            SELECT %1$I AS at FROM record.%2$I WHERE %1$I >= $2 AND %1$I <= $3 ORDER BY %1$I DESC LIMIT 50000'
        '        ) AS recent'
        '    ) AS instants'
        ') AS gaps WHERE gap IS NOT NULL',
        asked.time_field, 'd' || asked.dataset_id
    )
    INTO ratio USING asked.update_period_s::double precision,
        newest - greatest(INTERVAL '1 day', 100 * make_interval(secs => asked.update_period_s)), newest;
    RETURN ratio;
END $function$;

CREATE OR REPLACE FUNCTION catalogue.make_table(asked catalogue.dataset)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    own text := 'd' || asked.dataset_id;
    keys text := (SELECT string_agg(quote_ident(one), ', ') FROM unnest(asked.key_fields) AS one);
    tables text[] := ARRAY[own];
    made text;
BEGIN
    IF asked.time_field IS NOT NULL THEN
        tables := tables || (own || '_latest');
    END IF;
    FOREACH made IN ARRAY tables LOOP
        EXECUTE format('CREATE TABLE record.%I (_received_at timestamptz NOT NULL)', made);
        IF asked.geometry_type IS NOT NULL THEN
            EXECUTE format('ALTER TABLE record.%I ADD COLUMN _geometry public.geometry(%s, 4326)', made, asked.geometry_type);
            EXECUTE format('CREATE INDEX ON record.%I USING gist (_geometry)', made);
        END IF;
    END LOOP;
    PERFORM catalogue.add_columns(asked.dataset_id, 1);
    IF asked.time_field IS NULL THEN
        EXECUTE format('ALTER TABLE record.%I ADD PRIMARY KEY (%s)', own, keys);
    ELSE
        EXECUTE format('ALTER TABLE record.%I ADD PRIMARY KEY (%s)', own || '_latest', keys);
        PERFORM public.create_hypertable(
            format('record.%I', own)::regclass, asked.time_field::name,
            chunk_time_interval => INTERVAL '7 days', create_default_indexes => false
        );
        EXECUTE format('ALTER TABLE record.%I ADD PRIMARY KEY (%I, %s)', own, asked.time_field, keys);
        EXECUTE format('CREATE INDEX ON record.%I (%s, %I DESC)', own, keys, asked.time_field);
    END IF;
    FOREACH made IN ARRAY tables LOOP
        EXECUTE format('ALTER TABLE record.%I ENABLE ROW LEVEL SECURITY', made);
        EXECUTE format(
            'CREATE POLICY own ON record.%I TO somel_enjoy_write USING ((SELECT catalogue.may_write(%s)))',
            made, asked.dataset_id
        );
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON record.%I TO somel_enjoy_write', made);
    END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION catalogue.make_view(asked catalogue.dataset, shape integer, of_latest boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    source text := 'd' || asked.dataset_id || CASE WHEN of_latest THEN '_latest' ELSE '' END;
    view text := 'd' || asked.dataset_id || '_v' || shape || CASE WHEN of_latest THEN '_latest' ELSE '' END;
    columns text := (
        SELECT string_agg(
            CASE WHEN column_name IS NULL THEN format('NULL::%s AS %I', catalogue.column_type(type), name)
            ELSE format('%I::%s AS %I', column_name, catalogue.column_type(type), name) END,
            ', ' ORDER BY position
        )
        FROM catalogue.field
        WHERE dataset_id = asked.dataset_id AND version = shape
    );
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE VIEW enjoy.%I AS SELECT %s, %s AS _geometry, _received_at FROM record.%I'
        ' WHERE (SELECT catalogue.may_read(%s))',
        view, columns, CASE WHEN asked.geometry_type IS NULL THEN 'NULL::public.geometry' ELSE '_geometry' END, source,
        asked.dataset_id
    );
    EXECUTE format('COMMENT ON VIEW enjoy.%I IS %L', view, asked.name || ', version ' || shape);
    EXECUTE format('GRANT SELECT ON enjoy.%I TO somel_enjoy_read, somel_enjoy_write', view);
END $function$;

CREATE OR REPLACE FUNCTION catalogue.may_read(asked integer)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION catalogue.may_write(asked integer)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(bool_or(dataset.withdrawn_at IS NULL AND dataset.organisation_id = ANY (catalogue.acting())), false)
    FROM catalogue.dataset
    WHERE dataset.dataset_id = asked
$function$;

CREATE OR REPLACE FUNCTION catalogue.publish_version(asked_dataset_id integer, asked_version integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    asked catalogue.dataset;
BEGIN
    SELECT * INTO asked FROM catalogue.dataset
    WHERE dataset_id = asked_dataset_id AND catalogue.may_write(dataset_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the dataset is not one of those that are acted for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF asked_version = 1 THEN
        PERFORM catalogue.make_table(asked);
    ELSE
        PERFORM catalogue.add_columns(asked_dataset_id, asked_version);
    END IF;
    PERFORM catalogue.make_view(asked, asked_version, false);
    IF asked.time_field IS NOT NULL THEN
        PERFORM catalogue.make_view(asked, asked_version, true);
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION catalogue.summarise(asked catalogue.dataset)
 RETURNS catalogue.dataset_summary
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
    own text := 'd' || asked.dataset_id;
    made catalogue.dataset_summary;
    box public.box2d;
BEGIN
    made.dataset_id := asked.dataset_id;
    made.summarised_at := clock_timestamp();
    made.records_changed_at := asked.records_changed_at;
    EXECUTE format(
        'SELECT count(*), %s FROM (SELECT * FROM record.%I LIMIT 100000) AS latest',
        CASE WHEN asked.geometry_type IS NULL THEN 'NULL::public.box2d' ELSE 'public.ST_Extent(_geometry)' END,
        own || CASE WHEN asked.time_field IS NULL THEN '' ELSE '_latest' END
    )
    INTO made.subject_count, box;
    made.west := public.ST_XMin(box);
    made.south := public.ST_YMin(box);
    made.east := public.ST_XMax(box);
    made.north := public.ST_YMax(box);
    IF asked.time_field IS NOT NULL THEN
        EXECUTE format('SELECT min(%1$I), max(%1$I) FROM record.%2$I', asked.time_field, own)
        INTO made.first_at, made.last_at;
        made.in_time_ratio := catalogue.in_time(asked, made.last_at);
    END IF;
    RETURN made;
END $function$;

CREATE OR REPLACE FUNCTION catalogue.summary_of(asked_dataset_id integer)
 RETURNS SETOF catalogue.dataset_summary
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    asked catalogue.dataset;
    kept catalogue.dataset_summary;
    before catalogue.dataset_summary;
BEGIN
    SELECT * INTO asked FROM catalogue.dataset WHERE dataset_id = asked_dataset_id AND catalogue.may_read(dataset_id);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO kept FROM catalogue.dataset_summary WHERE dataset_id = asked_dataset_id;
    IF kept.dataset_id IS NULL OR (
        kept.records_changed_at IS DISTINCT FROM asked.records_changed_at
        AND kept.summarised_at < clock_timestamp() - INTERVAL '1 minute'
    ) THEN
        before := kept;
        kept := catalogue.summarise(asked);
        -- What moves has been elsewhere: of records with a time the older ones are not looked at again.
        IF asked.time_field IS NOT NULL AND kept.west IS NOT NULL THEN
            kept.west := least(kept.west, before.west);
            kept.south := least(kept.south, before.south);
            kept.east := greatest(kept.east, before.east);
            kept.north := greatest(kept.north, before.north);
        END IF;
        -- On a replica, or where somebody else is at it, it is only told.
        IF current_setting('transaction_read_only')::boolean
        OR NOT pg_try_advisory_xact_lock(hashtext('catalogue.dataset_summary'), asked_dataset_id) THEN
            RETURN NEXT kept;
            RETURN;
        END IF;
        INSERT INTO catalogue.dataset_summary SELECT kept.*
        ON CONFLICT (dataset_id) DO UPDATE SET
            summarised_at = excluded.summarised_at,
            records_changed_at = excluded.records_changed_at,
            subject_count = excluded.subject_count,
            west = excluded.west,
            south = excluded.south,
            east = excluded.east,
            north = excluded.north,
            first_at = excluded.first_at,
            last_at = excluded.last_at,
            in_time_ratio = excluded.in_time_ratio;
    END IF;
    RETURN NEXT kept;
END $function$;

CREATE OR REPLACE FUNCTION pass.erase_rows(asked uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION pass.held_of(asked uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION pass.reached_by(asked uuid, known pass.personal_table)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT format(CASE known.reaches
        WHEN 'holder' THEN '%I = $1'
        WHEN 'subject' THEN '%I IN (SELECT subject_id FROM pass.subject WHERE holder_id = $1)'
        WHEN 'medium' THEN '%I IN (SELECT medium_id FROM pass.medium WHERE holder_id = $1)'
        ELSE '%I IN (SELECT token_id FROM pass.token JOIN pass.subject USING (subject_id) WHERE holder_id = $1)'
    END, known.column_name)
$function$;

CREATE OR REPLACE FUNCTION somel.add_to_refusal_total()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO somel.refusal_total AS kept (code, message_count, refused_count, last_at)
    SELECT code, count(*), sum(refused_count), max(received_at) FROM refused GROUP BY code ORDER BY code
    ON CONFLICT (code) DO UPDATE SET
        message_count = kept.message_count + excluded.message_count,
        refused_count = kept.refused_count + excluded.refused_count,
        last_at = greatest(kept.last_at, excluded.last_at);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION somel.add_to_total()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO somel.ingest_total AS kept
        (worker, batch_count, message_count, received, stored, duplicate, revised, refused, last_at)
    VALUES (
        new.worker, 1, new.message_count, new.received, new.stored, new.duplicate, new.revised, new.refused,
        new.committed_at
    )
    ON CONFLICT (worker) DO UPDATE SET
        batch_count = kept.batch_count + 1,
        message_count = kept.message_count + excluded.message_count,
        received = kept.received + excluded.received,
        stored = kept.stored + excluded.stored,
        duplicate = kept.duplicate + excluded.duplicate,
        revised = kept.revised + excluded.revised,
        refused = kept.refused + excluded.refused,
        last_at = excluded.last_at;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION somel.announce()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM pg_notify('somel', TG_TABLE_NAME);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION somel.chain_audit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION somel.erase_again()
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION somel.erase_rows(asked_usage_point_id integer, before_at timestamp with time zone, once_more boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION somel.erase_usage_point(asked_usage_point_id integer, asked_before_at timestamp with time zone, at timestamp with time zone, actor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE somel.usage_point_consent
    SET withdrawn_at = greatest(at, recorded_at), withdrawn_by = actor, withdrawn_how = 'erasure'
    WHERE usage_point_id = asked_usage_point_id AND withdrawn_at IS NULL;
    UPDATE somel.usage_point SET usage_point_key = gen_random_uuid() WHERE usage_point_id = asked_usage_point_id;
    INSERT INTO somel.erasure (usage_point_id, before_at, erased_at, erased_by)
    VALUES (asked_usage_point_id, asked_before_at, at, actor);
    RETURN somel.erase_rows(asked_usage_point_id, asked_before_at, false);
END $function$;

CREATE OR REPLACE FUNCTION somel.joined_numbers(kept int8multirange, heard int8multirange)
 RETURNS int8multirange
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN isempty(heard) THEN kept WHEN (((lower(heard) - upper(kept)) >= 1048576) OR ((lower(kept) - upper(heard)) >= 1048576)) THEN heard ELSE (SELECT range_agg(newest.numbers) AS range_agg FROM (SELECT every.numbers FROM unnest((joined_numbers.kept + joined_numbers.heard)) every(numbers) ORDER BY every.numbers DESC LIMIT 64) newest) END;

CREATE OR REPLACE FUNCTION somel.keep_access()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF OLD.recorded_at < clock_timestamp() - INTERVAL '6 months' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the access log is kept for six months at least' USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION somel.keep_consent()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL AND (
        to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_by', 'withdrawn_how']
        = to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_by', 'withdrawn_how']
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a consent is never changed but by its withdrawal' USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION somel.mark_moved()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'somel'
AS $function$
BEGIN
    INSERT INTO somel.rollup_pending (power_transformer_place_id, start_at, end_at)
    SELECT
        moved.place_id,
        date_bin('30 minutes', span.first_at, 'epoch'::timestamptz),
        date_bin('30 minutes', span.last_at, 'epoch'::timestamptz) + INTERVAL '60 minutes'
    FROM (
        SELECT min(start_at) AS first_at, max(start_at) AS last_at
        FROM somel.interval_reading
        WHERE usage_point_id = new.usage_point_id AND register_id IN (1, 2)
    ) AS span
    CROSS JOIN (VALUES (old.power_transformer_place_id), (new.power_transformer_place_id)) AS moved (place_id)
    WHERE span.first_at IS NOT NULL;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION somel.mark_rewired()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'somel'
AS $function$
DECLARE
    former integer [] := array[
        old.feeder_place_id,
        old.commune_place_id,
        (SELECT substation_place_id FROM somel.feeder WHERE place_id = old.feeder_place_id)
    ];
BEGIN
    INSERT INTO somel.rollup_pending (power_transformer_place_id, start_at, end_at)
    SELECT other.place_id, span.first_at, span.last_at + INTERVAL '30 minutes'
    FROM (
        SELECT min(start_at) AS first_at, max(start_at) AS last_at
        FROM somel.place_interval
        WHERE place_id = new.place_id
    ) AS span
    CROSS JOIN somel.power_transformer AS other
    JOIN somel.feeder ON feeder.place_id = other.feeder_place_id
    WHERE
        span.first_at IS NOT NULL
        AND (
            other.place_id = new.place_id
            OR other.feeder_place_id = ANY(former)
            OR other.commune_place_id = ANY(former)
            OR feeder.substation_place_id = ANY(former)
        );
    DELETE FROM somel.place_interval
    WHERE
        place_id = ANY(former)
        AND NOT EXISTS (
            SELECT
            FROM somel.power_transformer AS other
            JOIN somel.feeder ON feeder.place_id = other.feeder_place_id
            WHERE
                place_interval.place_id
                IN (other.feeder_place_id, other.commune_place_id, feeder.substation_place_id)
        );
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION somel.record_enrolment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO somel.consent (
        end_device_id, purpose, text_version, given_at, given_by, given_how, withdrawn_at, withdrawn_by, withdrawn_how
    )
    VALUES (
        NEW.end_device_id, 'grid', 'enrolment', NEW.enrolled_at, current_user, 'enrolment', NEW.withdrawn_at,
        CASE WHEN NEW.withdrawn_at IS NOT NULL THEN current_user END,
        CASE WHEN NEW.withdrawn_at IS NOT NULL THEN 'enrolment' END
    );
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION somel.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $function$;
