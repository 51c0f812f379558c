-- Enjoy: people who sign in, keys that are rotated, quotas, counts of use, and changes of records as events.

-- A developer's own account is an organisation too: it holds keys, reads what is open, and publishes nothing.
ALTER TABLE catalogue.organisation DROP CONSTRAINT organisation_kind_check;
ALTER TABLE catalogue.organisation ADD CONSTRAINT organisation_kind_check
CHECK (kind IN ('metropolis', 'commune', 'partner', 'developer'));
COMMENT ON TABLE catalogue.organisation IS 'Who publishes: services of the metropolis, communes, partners; each a tenant. And developers, who only read';
COMMENT ON COLUMN catalogue.organisation.kind IS 'metropolis, commune, partner, or developer: one person''s own';
-- Developers are persons: nobody finds them in a list.
ALTER TABLE catalogue.organisation ENABLE ROW LEVEL SECURITY;
CREATE POLICY shown ON catalogue.organisation FOR SELECT TO somel_enjoy_read, somel_enjoy_write
USING (kind <> 'developer');
CREATE POLICY named ON catalogue.organisation FOR SELECT TO somel_read USING (true);
CREATE POLICY kept ON catalogue.organisation TO somel_enjoy_account USING (true);
GRANT SELECT, INSERT ON catalogue.organisation TO somel_enjoy_account;

-- "Every organisation" of openness `partners` are those that the operator admits, not whoever signs up.
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
                    WHERE organisation.organisation_id = ANY (catalogue.acting()) AND organisation.kind <> 'developer'
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

CREATE TABLE catalogue.account (
    account_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+$'),
    passphrase text NOT NULL CHECK (passphrase LIKE 'scrypt$%'),
    organisation_id integer NOT NULL UNIQUE REFERENCES catalogue.organisation (organisation_id),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failure_count integer NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
    closed_until timestamptz
);
COMMENT ON TABLE catalogue.account IS 'People who sign in to Enjoy to make keys';
COMMENT ON COLUMN catalogue.account.account_id IS 'Key';
COMMENT ON COLUMN catalogue.account.email IS 'What they sign in by, in small letters; nobody has shown that it is theirs';
COMMENT ON COLUMN catalogue.account.passphrase IS 'scrypt$<n>$<r>$<p>$<salt>$<hash>, both in base64';
COMMENT ON COLUMN catalogue.account.organisation_id IS 'Their own, of kind developer';
COMMENT ON COLUMN catalogue.account.created_at IS 'When they signed up';
COMMENT ON COLUMN catalogue.account.failure_count IS 'Wrong passphrases since the last right one';
COMMENT ON COLUMN catalogue.account.closed_until IS 'Until then no passphrase is looked at, after too many wrong ones; null: open';

CREATE TABLE catalogue.session (
    secret_sha256 bytea PRIMARY KEY CHECK (octet_length(secret_sha256) = 32),
    account_id integer NOT NULL REFERENCES catalogue.account (account_id),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
COMMENT ON TABLE catalogue.session IS 'Browsers that are signed in, by the SHA-256 of the secret in their cookie';
COMMENT ON COLUMN catalogue.session.secret_sha256 IS 'SHA-256 of 256 random bits';
COMMENT ON COLUMN catalogue.session.account_id IS 'Who';
COMMENT ON COLUMN catalogue.session.created_at IS 'When they signed in';
COMMENT ON COLUMN catalogue.session.expires_at IS 'After this they sign in anew';
CREATE INDEX session_account_idx ON catalogue.session (account_id);

CREATE TABLE catalogue.member (
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    account_id integer NOT NULL REFERENCES catalogue.account (account_id),
    role text NOT NULL CHECK (role IN ('owner', 'publisher', 'reader')),
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organisation_id, account_id)
);
COMMENT ON TABLE catalogue.member IS 'Who may make keys of which organisation';
COMMENT ON COLUMN catalogue.member.organisation_id IS 'Organisation';
COMMENT ON COLUMN catalogue.member.account_id IS 'Person';
COMMENT ON COLUMN catalogue.member.role IS 'owner: all, and members; publisher: keys that write and declare; reader: keys that read';
COMMENT ON COLUMN catalogue.member.since IS 'When they joined';
CREATE INDEX member_account_idx ON catalogue.member (account_id);

CREATE TABLE catalogue.invitation (
    invitation_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    role text NOT NULL CHECK (role IN ('owner', 'publisher', 'reader')),
    secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    taken_at timestamptz
);
COMMENT ON TABLE catalogue.invitation IS 'Links that let whoever holds them join an organisation, once';
COMMENT ON COLUMN catalogue.invitation.invitation_id IS 'Key';
COMMENT ON COLUMN catalogue.invitation.organisation_id IS 'Organisation';
COMMENT ON COLUMN catalogue.invitation.role IS 'As what';
COMMENT ON COLUMN catalogue.invitation.secret_sha256 IS 'SHA-256 of the secret in the link';
COMMENT ON COLUMN catalogue.invitation.created_at IS 'When it was made';
COMMENT ON COLUMN catalogue.invitation.expires_at IS 'After this it is not taken';
COMMENT ON COLUMN catalogue.invitation.taken_at IS 'When it was taken, or taken back; null: it is open';
CREATE INDEX invitation_organisation_idx ON catalogue.invitation (organisation_id);

-- Keys ----------------------------------------------------------------------------------------------------------------
ALTER TABLE catalogue.api_key ADD COLUMN before_sha256 bytea CHECK (octet_length(before_sha256) = 32);
ALTER TABLE catalogue.api_key ADD COLUMN before_until timestamptz;
ALTER TABLE catalogue.api_key ADD COLUMN rotated_at timestamptz;
ALTER TABLE catalogue.api_key ADD COLUMN quota_per_minute integer CHECK (quota_per_minute >= 0);
ALTER TABLE catalogue.api_key ADD CHECK ((before_sha256 IS NULL) = (before_until IS NULL));
COMMENT ON COLUMN catalogue.api_key.before_sha256 IS 'SHA-256 of the secret before the last rotation; null: there is none';
COMMENT ON COLUMN catalogue.api_key.before_until IS 'Until when that one is taken beside the new one';
COMMENT ON COLUMN catalogue.api_key.rotated_at IS 'When it was given a new secret; null: never';
COMMENT ON COLUMN catalogue.api_key.quota_per_minute IS 'Requests that it may make in a minute, 0 for any number; null: as the settings say';
CREATE UNIQUE INDEX api_key_before_idx ON catalogue.api_key (before_sha256) WHERE before_sha256 IS NOT NULL;
CREATE TRIGGER announce AFTER UPDATE ON catalogue.api_key FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();

CREATE UNLOGGED TABLE catalogue.quota (
    api_key_id integer PRIMARY KEY,
    remaining double precision NOT NULL,
    counted_at timestamptz NOT NULL
);
COMMENT ON TABLE catalogue.quota IS 'What is left to keys, as all API processes together have counted; forgotten at a crash, and full then';
COMMENT ON COLUMN catalogue.quota.api_key_id IS 'API key';
COMMENT ON COLUMN catalogue.quota.remaining IS 'Requests left; below zero where processes allowed more than there was';
COMMENT ON COLUMN catalogue.quota.counted_at IS 'When that was so';

CREATE TABLE catalogue.usage (
    hour timestamptz NOT NULL,
    api_key_id integer NOT NULL,
    dataset text NOT NULL,
    route text NOT NULL,
    status integer NOT NULL CHECK (status BETWEEN 100 AND 599),
    request_count bigint NOT NULL CHECK (request_count > 0),
    sent_bytes bigint NOT NULL CHECK (sent_bytes >= 0),
    PRIMARY KEY (hour, api_key_id, dataset, route, status)
);
COMMENT ON TABLE catalogue.usage IS 'How much Enjoy is used, by hour';
COMMENT ON COLUMN catalogue.usage.hour IS 'Start of the hour';
COMMENT ON COLUMN catalogue.usage.api_key_id IS 'API key; 0: none was shown';
COMMENT ON COLUMN catalogue.usage.dataset IS 'Dataset that was asked for and found; empty: none';
COMMENT ON COLUMN catalogue.usage.route IS 'Method and route template';
COMMENT ON COLUMN catalogue.usage.status IS 'Of the answers';
COMMENT ON COLUMN catalogue.usage.request_count IS 'Requests';
COMMENT ON COLUMN catalogue.usage.sent_bytes IS 'Bytes of the answers'' bodies before compression [bytes]';
CREATE INDEX usage_dataset_idx ON catalogue.usage (dataset, hour);
CREATE INDEX usage_key_idx ON catalogue.usage (api_key_id, hour);

GRANT SELECT, INSERT, UPDATE ON catalogue.account, catalogue.invitation, catalogue.api_key TO somel_enjoy_account;
GRANT SELECT, INSERT, UPDATE, DELETE ON catalogue.member, catalogue.session, catalogue.quota, catalogue.usage
TO somel_enjoy_account;
GRANT INSERT ON somel.audit_pending TO somel_enjoy_account;

-- Events --------------------------------------------------------------------------------------------------------------
-- A change is noted in the transaction that writes the records, numbered by dataset:
-- the number is drawn under the lock of the dataset's row, so numbers become visible in their order and none is missed.
ALTER TABLE catalogue.dataset ADD COLUMN change_number bigint NOT NULL DEFAULT 0 CHECK (change_number >= 0);
COMMENT ON COLUMN catalogue.dataset.change_number IS 'Number of the last change of its records';

CREATE TABLE catalogue.record_change (
    dataset_id integer NOT NULL REFERENCES catalogue.dataset (dataset_id),
    number bigint NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    inserted_count integer NOT NULL CHECK (inserted_count >= 0),
    updated_count integer NOT NULL CHECK (updated_count >= 0),
    deleted_count integer NOT NULL CHECK (deleted_count >= 0),
    first_at timestamptz,
    last_at timestamptz,
    keys jsonb,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    fanned_out_at timestamptz,
    PRIMARY KEY (dataset_id, number)
);
COMMENT ON TABLE catalogue.record_change IS 'Changes of records, one for each time that records were written or deleted; kept for some days';
COMMENT ON COLUMN catalogue.record_change.dataset_id IS 'Dataset';
COMMENT ON COLUMN catalogue.record_change.number IS 'From 1 on without gaps, rising as changes become visible';
COMMENT ON COLUMN catalogue.record_change.at IS 'When, by the platform''s clock';
COMMENT ON COLUMN catalogue.record_change.inserted_count IS 'New records';
COMMENT ON COLUMN catalogue.record_change.updated_count IS 'Records that were corrected';
COMMENT ON COLUMN catalogue.record_change.deleted_count IS 'Records that were deleted';
COMMENT ON COLUMN catalogue.record_change.first_at IS 'Earliest time of a changed record; null: they have none';
COMMENT ON COLUMN catalogue.record_change.last_at IS 'Latest time of a changed record; null: they have none';
COMMENT ON COLUMN catalogue.record_change.keys IS 'Keys of the changed records by column, where they are few; null: they are many';
COMMENT ON COLUMN catalogue.record_change.noted_at IS 'When, by the wall clock';
COMMENT ON COLUMN catalogue.record_change.fanned_out_at IS 'When it was written down which webhooks are told; null: not yet';
CREATE INDEX record_change_waiting_idx ON catalogue.record_change (dataset_id, number) WHERE fanned_out_at IS NULL;
CREATE INDEX record_change_noted_idx ON catalogue.record_change (noted_at);

CREATE FUNCTION catalogue.announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('somel', 'record_change/' || NEW.dataset_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION catalogue.announce_change() IS 'Tell listeners on channel somel which dataset changed';
CREATE TRIGGER announce AFTER INSERT ON catalogue.record_change FOR EACH ROW EXECUTE FUNCTION catalogue.announce_change();

CREATE TABLE catalogue.webhook (
    webhook_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    url text NOT NULL,
    datasets text[] NOT NULL CHECK (cardinality(datasets) > 0),
    events text[] NOT NULL CHECK (cardinality(events) > 0),
    secret bytea NOT NULL CHECK (octet_length(secret) BETWEEN 24 AND 64),
    secret_before bytea CHECK (octet_length(secret_before) BETWEEN 24 AND 64),
    before_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failure_count integer NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
    failing_since timestamptz,
    retry_at timestamptz,
    disabled_at timestamptz,
    disabled_reason text CHECK (disabled_reason IN ('failing', 'gone')),
    deleted_at timestamptz,
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
    CHECK ((secret_before IS NULL) = (before_until IS NULL))
);
COMMENT ON TABLE catalogue.webhook IS 'Servers of organisations that are told of changes';
COMMENT ON COLUMN catalogue.webhook.webhook_id IS 'Key';
COMMENT ON COLUMN catalogue.webhook.organisation_id IS 'For whom: it is told what this organisation may read';
COMMENT ON COLUMN catalogue.webhook.url IS 'Where to';
COMMENT ON COLUMN catalogue.webhook.datasets IS 'Names of datasets';
COMMENT ON COLUMN catalogue.webhook.events IS 'Types of events';
COMMENT ON COLUMN catalogue.webhook.secret IS 'Signs what is sent; it has to be known for that, so it is kept as it is';
COMMENT ON COLUMN catalogue.webhook.secret_before IS 'The one before the last rotation, which signs as well for a while; null: there is none';
COMMENT ON COLUMN catalogue.webhook.before_until IS 'Until when it does';
COMMENT ON COLUMN catalogue.webhook.created_at IS 'When it was made';
COMMENT ON COLUMN catalogue.webhook.failure_count IS 'Attempts that failed since the last that did not';
COMMENT ON COLUMN catalogue.webhook.failing_since IS 'When the first of these was; null: there are none';
COMMENT ON COLUMN catalogue.webhook.retry_at IS 'Not before this is it called again (wall clock); null: at once';
COMMENT ON COLUMN catalogue.webhook.disabled_at IS 'Since when it is not called any more; null: it is';
COMMENT ON COLUMN catalogue.webhook.disabled_reason IS 'failing: for too long; gone: it answered 410';
COMMENT ON COLUMN catalogue.webhook.deleted_at IS 'When its organisation deleted it';
CREATE INDEX webhook_organisation_idx ON catalogue.webhook (organisation_id);

CREATE TABLE catalogue.webhook_delivery (
    webhook_delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id integer NOT NULL REFERENCES catalogue.webhook (webhook_id),
    dataset_id integer NOT NULL REFERENCES catalogue.dataset (dataset_id),
    number bigint NOT NULL,
    body text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_from timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    answer text,
    ended_at timestamptz,
    CHECK ((status = 'pending') = (ended_at IS NULL)),
    UNIQUE (webhook_id, dataset_id, number)
);
COMMENT ON TABLE catalogue.webhook_delivery IS 'What webhooks are told, sent one after the other in the order of the keys';
COMMENT ON COLUMN catalogue.webhook_delivery.webhook_delivery_id IS 'Key, rising';
COMMENT ON COLUMN catalogue.webhook_delivery.webhook_id IS 'Where to';
COMMENT ON COLUMN catalogue.webhook_delivery.dataset_id IS 'Dataset that changed';
COMMENT ON COLUMN catalogue.webhook_delivery.number IS 'Which change it was';
COMMENT ON COLUMN catalogue.webhook_delivery.body IS 'JSON, exactly as it is sent';
COMMENT ON COLUMN catalogue.webhook_delivery.status IS 'pending, delivered or failed (given up; its organisation may try again)';
COMMENT ON COLUMN catalogue.webhook_delivery.made_at IS 'When it was written down';
COMMENT ON COLUMN catalogue.webhook_delivery.due_from IS 'Since when it is tried, this time round (wall clock)';
COMMENT ON COLUMN catalogue.webhook_delivery.attempt_count IS 'How often it was sent, this time round';
COMMENT ON COLUMN catalogue.webhook_delivery.answer IS 'What came of the last attempt';
COMMENT ON COLUMN catalogue.webhook_delivery.ended_at IS 'When it was delivered or given up';
CREATE INDEX webhook_delivery_pending_idx ON catalogue.webhook_delivery (webhook_id, webhook_delivery_id)
WHERE status = 'pending';
CREATE INDEX webhook_delivery_ended_idx ON catalogue.webhook_delivery (ended_at) WHERE status <> 'pending';
CREATE INDEX webhook_delivery_dataset_idx ON catalogue.webhook_delivery (dataset_id, number);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OF due_from ON catalogue.webhook_delivery
FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();

-- Who publishes writes its own and sees what it may read; who serves only the latter. The courier tells everybody, and
-- reads what it tells as who serves, acting for each organisation in turn.
ALTER TABLE catalogue.record_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.webhook ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue.webhook_delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON catalogue.record_change TO somel_enjoy_write USING ((SELECT catalogue.may_write(dataset_id)));
CREATE POLICY readable ON catalogue.record_change FOR SELECT TO somel_enjoy_read
USING ((SELECT catalogue.may_read(dataset_id)));
CREATE POLICY told ON catalogue.record_change TO somel_enjoy_account USING (true);
CREATE POLICY own ON catalogue.webhook TO somel_enjoy_write USING (organisation_id = ANY (catalogue.acting()));
CREATE POLICY told ON catalogue.webhook TO somel_enjoy_account USING (true);
CREATE POLICY own ON catalogue.webhook_delivery TO somel_enjoy_write
USING (webhook_id IN (SELECT webhook_id FROM catalogue.webhook));
CREATE POLICY told ON catalogue.webhook_delivery TO somel_enjoy_account USING (true);
CREATE POLICY told ON catalogue.dataset FOR SELECT TO somel_enjoy_account USING (true);

GRANT SELECT, INSERT ON catalogue.record_change TO somel_enjoy_write;
GRANT SELECT ON catalogue.record_change TO somel_enjoy_read;
GRANT SELECT, INSERT, UPDATE ON catalogue.webhook TO somel_enjoy_write;
GRANT SELECT, UPDATE ON catalogue.webhook_delivery TO somel_enjoy_write;
GRANT SELECT, DELETE ON catalogue.record_change TO somel_enjoy_account;
GRANT UPDATE (fanned_out_at) ON catalogue.record_change TO somel_enjoy_account;
GRANT SELECT, UPDATE ON catalogue.webhook TO somel_enjoy_account;
GRANT SELECT, INSERT, UPDATE, DELETE ON catalogue.webhook_delivery TO somel_enjoy_account;
GRANT SELECT (dataset_id, organisation_id, name, withdrawn_at) ON catalogue.dataset TO somel_enjoy_account;
