-- OpenADR 3.1: who is told of changes, by webhook and by MQTT, and what became of it; certificates of VENs.

ALTER TABLE somel.openadr_change ADD COLUMN fanned_out_at timestamptz;
COMMENT ON COLUMN somel.openadr_change.fanned_out_at IS 'When it was written down who is to be told of it; null: not yet';
-- A mark and not a position: keys are given before they are committed, and a position would pass by who commits late.
CREATE INDEX openadr_change_waiting_idx ON somel.openadr_change (openadr_change_id) WHERE fanned_out_at IS NULL;

-- Webhooks ------------------------------------------------------------------------------------------------------------
CREATE TABLE somel.openadr_callback (
    openadr_callback_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id text NOT NULL REFERENCES somel.openadr_object (object_id) ON DELETE CASCADE,
    callback_url text NOT NULL,
    failure_count integer NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
    retry_at timestamptz,
    UNIQUE (subscription_id, callback_url)
);
COMMENT ON TABLE somel.openadr_callback IS 'Callbacks of subscriptions, each with a queue of its own';
COMMENT ON COLUMN somel.openadr_callback.openadr_callback_id IS 'Key';
COMMENT ON COLUMN somel.openadr_callback.subscription_id IS 'Subscription; with it the callback goes, and all that waits for it';
COMMENT ON COLUMN somel.openadr_callback.callback_url IS 'Where to';
COMMENT ON COLUMN somel.openadr_callback.failure_count IS 'Attempts that failed since the last that did not';
COMMENT ON COLUMN somel.openadr_callback.retry_at IS 'Not before this is it called again (wall clock); null: at once';

CREATE TABLE somel.openadr_delivery (
    openadr_delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    openadr_callback_id bigint NOT NULL REFERENCES somel.openadr_callback (openadr_callback_id) ON DELETE CASCADE,
    openadr_change_id bigint NOT NULL,
    notification text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_from timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    answer text,
    ended_at timestamptz,
    CHECK ((status = 'pending') = (ended_at IS NULL)),
    UNIQUE (openadr_change_id, openadr_callback_id)
);
COMMENT ON TABLE somel.openadr_delivery IS 'Notifications to callbacks, sent one after the other in the order of their keys';
COMMENT ON COLUMN somel.openadr_delivery.openadr_delivery_id IS 'Key, rising; the same at each attempt, as the header webhook-id';
COMMENT ON COLUMN somel.openadr_delivery.openadr_callback_id IS 'Where to';
COMMENT ON COLUMN somel.openadr_delivery.openadr_change_id IS 'Change that it tells of, which may be removed by now';
COMMENT ON COLUMN somel.openadr_delivery.notification IS 'JSON, exactly as it is sent: what this client may see, and no more';
COMMENT ON COLUMN somel.openadr_delivery.status IS 'pending, delivered or failed (given up; an operator may try again)';
COMMENT ON COLUMN somel.openadr_delivery.made_at IS 'When it was written down';
COMMENT ON COLUMN somel.openadr_delivery.due_from IS 'Since when it is tried, this time round (wall clock)';
COMMENT ON COLUMN somel.openadr_delivery.attempt_count IS 'How often it was sent, this time round';
COMMENT ON COLUMN somel.openadr_delivery.answer IS 'What came of the last attempt';
COMMENT ON COLUMN somel.openadr_delivery.ended_at IS 'When it was delivered or given up';
CREATE INDEX openadr_delivery_pending_idx ON somel.openadr_delivery (openadr_callback_id, openadr_delivery_id)
WHERE status = 'pending';
CREATE INDEX openadr_delivery_ended_idx ON somel.openadr_delivery (ended_at) WHERE status <> 'pending';
CREATE TRIGGER announce AFTER UPDATE OF due_from ON somel.openadr_delivery
FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();

-- MQTT ----------------------------------------------------------------------------------------------------------------
CREATE TABLE somel.openadr_publication (
    openadr_publication_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    notification text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz
);
COMMENT ON TABLE somel.openadr_publication IS 'Notifications to topics of the broker, published in the order of their keys';
COMMENT ON COLUMN somel.openadr_publication.openadr_publication_id IS 'Key, rising';
COMMENT ON COLUMN somel.openadr_publication.topic IS 'Topic, of business logic or of one VEN';
COMMENT ON COLUMN somel.openadr_publication.notification IS 'JSON, exactly as it is published: what this reader may see, and no more';
COMMENT ON COLUMN somel.openadr_publication.made_at IS 'When it was written down';
COMMENT ON COLUMN somel.openadr_publication.published_at IS 'When the broker had taken it; null: not yet';
CREATE INDEX openadr_publication_waiting_idx ON somel.openadr_publication (openadr_publication_id)
WHERE published_at IS NULL;
CREATE INDEX openadr_publication_published_idx ON somel.openadr_publication (published_at);
CREATE TRIGGER announce AFTER INSERT ON somel.openadr_publication
FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();

-- Certificates of VENs ------------------------------------------------------------------------------------------------
CREATE TABLE somel.openadr_certificate (
    serial text PRIMARY KEY CHECK (serial ~ '^[0-9a-f]{1,40}$'),
    ven_id text NOT NULL,
    ven_name text NOT NULL,
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    valid_from timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > valid_from),
    issued_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE somel.openadr_certificate IS 'Certificates by which VENs come to the broker; they outlive the VEN object, so that they can be kept out';
COMMENT ON COLUMN somel.openadr_certificate.serial IS 'Serial number, hexadecimal';
COMMENT ON COLUMN somel.openadr_certificate.ven_id IS 'VEN object that it names, which may be gone';
COMMENT ON COLUMN somel.openadr_certificate.ven_name IS 'Name of the VEN when it was issued';
COMMENT ON COLUMN somel.openadr_certificate.sha256 IS 'SHA-256 of the certificate';
COMMENT ON COLUMN somel.openadr_certificate.valid_from IS 'Not valid before';
COMMENT ON COLUMN somel.openadr_certificate.expires_at IS 'Not valid after';
COMMENT ON COLUMN somel.openadr_certificate.issued_at IS 'When it was issued';
COMMENT ON COLUMN somel.openadr_certificate.revoked_at IS 'When it was revoked; null: it is not';
CREATE INDEX openadr_certificate_ven_idx ON somel.openadr_certificate (ven_id);

GRANT UPDATE (fanned_out_at), DELETE ON somel.openadr_change TO somel_compute;
GRANT SELECT, INSERT, UPDATE, DELETE ON somel.openadr_callback, somel.openadr_delivery TO somel_compute;
GRANT SELECT, INSERT, DELETE ON somel.openadr_publication TO somel_compute;
GRANT SELECT ON somel.openadr_publication TO somel_ingest;
GRANT UPDATE (published_at) ON somel.openadr_publication TO somel_ingest;
-- The list of notifiers equips VENs in this role.
GRANT SELECT, INSERT ON somel.openadr_certificate TO somel_compute;
GRANT SELECT ON somel.openadr_certificate TO somel_read;
