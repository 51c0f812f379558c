-- The way down: commands that are repeated, withdrawn and accounted for; how gateways are; firmware.

-- Commands ------------------------------------------------------------------------------------------------------------
ALTER TABLE somel.command DROP CONSTRAINT command_status_check;
ALTER TABLE somel.command ADD CONSTRAINT command_status_check CHECK (
    status IN ('pending', 'sent', 'accepted', 'opted_out', 'refused', 'expired', 'unanswered', 'withdrawn', 'replaced')
);
ALTER TABLE somel.command
ADD COLUMN delivered_at timestamptz,
ADD COLUMN attempt_count integer NOT NULL DEFAULT 0,
ADD COLUMN retry_at timestamptz,
ADD COLUMN withdrawn_at timestamptz,
ADD COLUMN withdrawal_answered_at timestamptz,
ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN somel.command.status IS 'pending, sent, accepted, opted_out, refused, expired (never sent), unanswered, withdrawn or replaced';
COMMENT ON COLUMN somel.command.sent_at IS 'When the broker had taken it for the first time';
COMMENT ON COLUMN somel.command.delivered_at IS 'When the broker had taken it and did not say that nobody subscribes to it';
COMMENT ON COLUMN somel.command.attempt_count IS 'How often the broker has taken it, or since it was withdrawn its withdrawal';
COMMENT ON COLUMN somel.command.retry_at IS 'When it is sent again if it is still unanswered (wall clock)';
COMMENT ON COLUMN somel.command.withdrawn_at IS 'When it was decided that it no longer counts';
COMMENT ON COLUMN somel.command.withdrawal_answered_at IS 'When the answer to its withdrawal was stored';
COMMENT ON COLUMN somel.command.ended_at IS 'When it was found expired, unanswered or replaced';
CREATE INDEX command_open_idx ON somel.command (expires_at) WHERE status IN ('pending', 'sent');
CREATE INDEX command_withdrawn_idx ON somel.command (retry_at)
WHERE status = 'withdrawn' AND withdrawal_answered_at IS NULL;
GRANT UPDATE (delivered_at, attempt_count, retry_at, withdrawn_at, withdrawal_answered_at, ended_at) ON somel.command
TO somel_ingest;

-- Gateways ------------------------------------------------------------------------------------------------------------
ALTER TABLE somel.gateway
ADD COLUMN said_at timestamptz,
ADD COLUMN specification text,
ADD COLUMN hardware text,
ADD COLUMN report_interval_s integer NOT NULL DEFAULT 3600 CHECK (report_interval_s > 0);
COMMENT ON COLUMN somel.gateway.status_at IS 'When that state was received first; a repeated one changes nothing';
COMMENT ON COLUMN somel.gateway.said_at IS 'Time that its newest state carried (device time)';
COMMENT ON COLUMN somel.gateway.specification IS 'Specification that it follows, as its meta says; null: it has not said, which is 1.0';
COMMENT ON COLUMN somel.gateway.hardware IS 'Hardware model that its meta names';
COMMENT ON COLUMN somel.gateway.report_interval_s IS 'Longest time between two of its messages when all is well [s]';
GRANT UPDATE (said_at, specification, hardware, report_interval_s) ON somel.gateway TO somel_ingest;

CREATE TABLE somel.gateway_change (
    gateway_change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_id integer NOT NULL REFERENCES somel.gateway (gateway_id) ON DELETE CASCADE,
    status text NOT NULL CHECK (status IN ('online', 'offline')),
    cause text NOT NULL CHECK (cause IN ('said', 'lost')),
    changed_at timestamptz NOT NULL,
    said_at timestamptz
);
COMMENT ON TABLE somel.gateway_change IS 'Changes of gateways between online and offline, the newest 200 of each';
COMMENT ON COLUMN somel.gateway_change.gateway_change_id IS 'Key; grows with time';
COMMENT ON COLUMN somel.gateway_change.gateway_id IS 'Gateway';
COMMENT ON COLUMN somel.gateway_change.status IS 'What it became';
COMMENT ON COLUMN somel.gateway_change.cause IS 'said: by the gateway itself; lost: by its last will, for its connection broke';
COMMENT ON COLUMN somel.gateway_change.changed_at IS 'When this was received';
COMMENT ON COLUMN somel.gateway_change.said_at IS 'Time that the message carried (device time), if any';
CREATE INDEX gateway_change_gateway_idx ON somel.gateway_change (gateway_id, gateway_change_id DESC);
CREATE TRIGGER announce AFTER INSERT ON somel.gateway_change FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();
GRANT SELECT ON somel.gateway_change TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, DELETE ON somel.gateway_change TO somel_ingest;

-- Firmware ------------------------------------------------------------------------------------------------------------
CREATE TABLE somel.firmware_image (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE somel.firmware_image IS 'Firmware images, by their SHA-256';
COMMENT ON COLUMN somel.firmware_image.sha256 IS 'SHA-256 of the image, in lower-case hexadecimal digits';
COMMENT ON COLUMN somel.firmware_image.size_bytes IS 'Length of the image [bytes]';
COMMENT ON COLUMN somel.firmware_image.stored_at IS 'When it was stored';

CREATE TABLE somel.firmware_chunk (
    sha256 text NOT NULL REFERENCES somel.firmware_image (sha256) ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 0),
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 262144),
    PRIMARY KEY (sha256, position)
);
ALTER TABLE somel.firmware_chunk ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE somel.firmware_chunk IS 'Images in pieces of 262,144 bytes, so that a part is read without the rest';
COMMENT ON COLUMN somel.firmware_chunk.sha256 IS 'Image';
COMMENT ON COLUMN somel.firmware_chunk.position IS 'Place of the piece, from 0';
COMMENT ON COLUMN somel.firmware_chunk.content IS 'Bytes; all pieces but the last are 262,144 long';

CREATE TABLE somel.firmware_release (
    firmware_release_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    serial bigint NOT NULL UNIQUE CHECK (serial > 0),
    version text NOT NULL,
    hardware text [] NOT NULL CHECK (cardinality(hardware) > 0),
    sha256 text NOT NULL REFERENCES somel.firmware_image (sha256),
    manifest text NOT NULL,
    key_ids text [] NOT NULL CHECK (cardinality(key_ids) > 0),
    signatures text [] NOT NULL,
    released_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > released_at),
    CHECK (cardinality(key_ids) = cardinality(signatures))
);
COMMENT ON TABLE somel.firmware_release IS 'Signed releases of firmware';
COMMENT ON COLUMN somel.firmware_release.firmware_release_id IS 'Key';
COMMENT ON COLUMN somel.firmware_release.serial IS 'Number of the release; a device takes none that is lower than one it took';
COMMENT ON COLUMN somel.firmware_release.version IS 'Version, as devices report it';
COMMENT ON COLUMN somel.firmware_release.hardware IS 'Hardware models that it is for';
COMMENT ON COLUMN somel.firmware_release.sha256 IS 'Image';
COMMENT ON COLUMN somel.firmware_release.manifest IS 'What is signed: canonical JSON, exactly as it is sent';
COMMENT ON COLUMN somel.firmware_release.key_ids IS 'Keys that signed it';
COMMENT ON COLUMN somel.firmware_release.signatures IS 'Their Ed25519 signatures, base64, in the same order';
COMMENT ON COLUMN somel.firmware_release.released_at IS 'When it was signed';
COMMENT ON COLUMN somel.firmware_release.expires_at IS 'From then on devices refuse the manifest';

CREATE TABLE somel.firmware_rollout (
    firmware_rollout_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    firmware_release_id integer NOT NULL REFERENCES somel.firmware_release (firmware_release_id),
    status text NOT NULL CHECK (status IN ('running', 'paused', 'completed', 'aborted')),
    reason text,
    cohort_ratios double precision [] NOT NULL CHECK (cardinality(cohort_ratios) > 0),
    stage integer NOT NULL DEFAULT 0 CHECK (stage BETWEEN 0 AND cardinality(cohort_ratios) - 1),
    soak_s integer NOT NULL CHECK (soak_s >= 0),
    success_ratio double precision NOT NULL CHECK (success_ratio > 0 AND success_ratio <= 1),
    failure_ratio double precision NOT NULL CHECK (failure_ratio >= 0 AND failure_ratio < 1),
    started_at timestamptz NOT NULL,
    status_at timestamptz NOT NULL,
    stage_at timestamptz,
    met_at timestamptz,
    failures_from timestamptz NOT NULL
);
COMMENT ON TABLE somel.firmware_rollout IS 'Staged roll-outs of releases; ingest moves them on';
COMMENT ON COLUMN somel.firmware_rollout.firmware_rollout_id IS 'Key';
COMMENT ON COLUMN somel.firmware_rollout.firmware_release_id IS 'Release';
COMMENT ON COLUMN somel.firmware_rollout.status IS 'running, paused, completed or aborted';
COMMENT ON COLUMN somel.firmware_rollout.reason IS 'Why it is paused or aborted';
COMMENT ON COLUMN somel.firmware_rollout.cohort_ratios IS 'Share of the gateways that has the release after each stage, growing [ratio]';
COMMENT ON COLUMN somel.firmware_rollout.stage IS 'Stage that runs, from 0';
COMMENT ON COLUMN somel.firmware_rollout.soak_s IS 'How long a stage has to hold its success before the next begins [s]';
COMMENT ON COLUMN somel.firmware_rollout.success_ratio IS 'Share of the reachable gateways offered to that must have installed it [ratio]';
COMMENT ON COLUMN somel.firmware_rollout.failure_ratio IS 'Share of failures above which the roll-out pauses by itself [ratio]';
COMMENT ON COLUMN somel.firmware_rollout.started_at IS 'When it was started';
COMMENT ON COLUMN somel.firmware_rollout.status_at IS 'When it got its status';
COMMENT ON COLUMN somel.firmware_rollout.stage_at IS 'When the stage that runs was opened; null: not yet';
COMMENT ON COLUMN somel.firmware_rollout.met_at IS 'Since when the stage has its success; null: not yet';
COMMENT ON COLUMN somel.firmware_rollout.failures_from IS 'Failures before this are known to the operator, who resumed all the same';
-- One roll-out of a release at a time.
CREATE UNIQUE INDEX firmware_rollout_open_idx ON somel.firmware_rollout (firmware_release_id)
WHERE status IN ('running', 'paused');

CREATE TABLE somel.firmware_offer (
    firmware_offer_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    firmware_rollout_id uuid NOT NULL REFERENCES somel.firmware_rollout (firmware_rollout_id) ON DELETE CASCADE,
    gateway_id integer NOT NULL REFERENCES somel.gateway (gateway_id) ON DELETE CASCADE,
    stage integer NOT NULL,
    status text NOT NULL DEFAULT 'pending'
    CHECK (
        status IN ('pending', 'offered', 'downloading', 'verified', 'installed', 'failed', 'rolled_back', 'refused')
    ),
    fault text,
    reason text,
    status_at timestamptz NOT NULL,
    offered_at timestamptz,
    attempt_count integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    UNIQUE (firmware_rollout_id, gateway_id)
);
COMMENT ON TABLE somel.firmware_offer IS 'A release offered to a gateway, and what came of it';
COMMENT ON COLUMN somel.firmware_offer.firmware_offer_id IS 'Correlates the offer and the gateway''s reports';
COMMENT ON COLUMN somel.firmware_offer.firmware_rollout_id IS 'Roll-out';
COMMENT ON COLUMN somel.firmware_offer.gateway_id IS 'Gateway';
COMMENT ON COLUMN somel.firmware_offer.stage IS 'Stage that it came in';
COMMENT ON COLUMN somel.firmware_offer.status IS 'pending, offered, or the gateway''s last word: downloading, verified, installed, failed, rolled_back, refused';
COMMENT ON COLUMN somel.firmware_offer.fault IS 'What went wrong, as a code of the specification';
COMMENT ON COLUMN somel.firmware_offer.reason IS 'The same in the gateway''s words';
COMMENT ON COLUMN somel.firmware_offer.status_at IS 'When it got its status';
COMMENT ON COLUMN somel.firmware_offer.offered_at IS 'When the broker had taken it for the first time';
COMMENT ON COLUMN somel.firmware_offer.attempt_count IS 'How often the broker has taken it';
COMMENT ON COLUMN somel.firmware_offer.retry_at IS 'When it is sent again if nothing was heard (wall clock)';
CREATE INDEX firmware_offer_gateway_idx ON somel.firmware_offer (gateway_id);
CREATE INDEX firmware_offer_open_idx ON somel.firmware_offer (retry_at)
WHERE status IN ('pending', 'offered', 'downloading', 'verified');

CREATE TABLE somel.firmware_audit (
    firmware_audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    firmware_rollout_id uuid NOT NULL REFERENCES somel.firmware_rollout (firmware_rollout_id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL
    CHECK (action IN ('started', 'stage_opened', 'stage_met', 'paused', 'resumed', 'completed', 'aborted')),
    stage integer NOT NULL,
    detail text NOT NULL
);
COMMENT ON TABLE somel.firmware_audit IS 'Everything that was decided about roll-outs, written with the decision';
COMMENT ON COLUMN somel.firmware_audit.firmware_audit_id IS 'Key; grows with time';
COMMENT ON COLUMN somel.firmware_audit.firmware_rollout_id IS 'Roll-out';
COMMENT ON COLUMN somel.firmware_audit.at IS 'When';
COMMENT ON COLUMN somel.firmware_audit.actor IS 'Who: ingest by itself, or the account of the operator';
COMMENT ON COLUMN somel.firmware_audit.action IS 'started, stage_opened, stage_met, paused, resumed, completed or aborted';
COMMENT ON COLUMN somel.firmware_audit.stage IS 'Stage, from 0';
COMMENT ON COLUMN somel.firmware_audit.detail IS 'The figures that it was decided on';
CREATE INDEX firmware_audit_rollout_idx ON somel.firmware_audit (firmware_rollout_id, firmware_audit_id);

CREATE TRIGGER announce AFTER INSERT OR UPDATE ON somel.firmware_rollout
FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();

GRANT SELECT ON somel.firmware_image, somel.firmware_chunk, somel.firmware_release, somel.firmware_rollout,
somel.firmware_offer, somel.firmware_audit TO somel_read, somel_compute, somel_ingest;
GRANT UPDATE (status, reason, stage, status_at, stage_at, met_at) ON somel.firmware_rollout TO somel_ingest;
GRANT INSERT, UPDATE ON somel.firmware_offer TO somel_ingest;
GRANT INSERT ON somel.firmware_audit TO somel_ingest;
