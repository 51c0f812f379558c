-- The field edge: who devices are, and who of them is kept out.

ALTER TABLE somel.gateway
ADD COLUMN quarantined_at timestamptz,
ADD COLUMN quarantine_reason text,
ADD CONSTRAINT gateway_quarantine_check CHECK ((quarantined_at IS NULL) = (quarantine_reason IS NULL));
COMMENT ON COLUMN somel.gateway.quarantined_at IS 'Since when nothing of it is stored and nothing is sent to it; null: it is not in quarantine';
COMMENT ON COLUMN somel.gateway.quarantine_reason IS 'Why it is in quarantine, as a sentence';
CREATE INDEX gateway_quarantined_idx ON somel.gateway (name) WHERE quarantined_at IS NOT NULL;

CREATE TABLE somel.certificate (
    serial text PRIMARY KEY CHECK (serial ~ '^[0-9a-f]{1,40}$'),
    gateway_id integer NOT NULL REFERENCES somel.gateway (gateway_id) ON DELETE CASCADE,
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    valid_from timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > valid_from),
    issued_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revocation_reason text,
    CHECK ((revoked_at IS NULL) = (revocation_reason IS NULL))
);
COMMENT ON TABLE somel.certificate IS 'Certificates issued to gateways; their private keys never leave the devices';
COMMENT ON COLUMN somel.certificate.serial IS 'Serial number, hexadecimal';
COMMENT ON COLUMN somel.certificate.gateway_id IS 'Gateway that it names';
COMMENT ON COLUMN somel.certificate.sha256 IS 'SHA-256 of the certificate';
COMMENT ON COLUMN somel.certificate.valid_from IS 'Not valid before';
COMMENT ON COLUMN somel.certificate.expires_at IS 'Not valid after';
COMMENT ON COLUMN somel.certificate.issued_at IS 'When it was issued';
COMMENT ON COLUMN somel.certificate.revoked_at IS 'When it was revoked; null: it is not';
COMMENT ON COLUMN somel.certificate.revocation_reason IS 'Why it was revoked, as RFC 5280 names reasons';
CREATE INDEX certificate_gateway_idx ON somel.certificate (gateway_id, expires_at);

CREATE TABLE somel.enrolment_code (
    gateway_id integer PRIMARY KEY REFERENCES somel.gateway (gateway_id) ON DELETE CASCADE,
    code_sha256 bytea NOT NULL CHECK (octet_length(code_sha256) = 32),
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at),
    wrong_count integer NOT NULL DEFAULT 0 CHECK (wrong_count >= 0),
    used_at timestamptz
);
COMMENT ON TABLE somel.enrolment_code IS 'The one-time code of each gateway that may ask for its first certificate; a new one replaces the old';
COMMENT ON COLUMN somel.enrolment_code.gateway_id IS 'Gateway that it is for';
COMMENT ON COLUMN somel.enrolment_code.code_sha256 IS 'SHA-256 of the code; the code itself is shown once and not kept';
COMMENT ON COLUMN somel.enrolment_code.made_at IS 'When it was made';
COMMENT ON COLUMN somel.enrolment_code.expires_at IS 'From then on it is not accepted';
COMMENT ON COLUMN somel.enrolment_code.wrong_count IS 'Wrong codes given for this gateway; after a few the code is void';
COMMENT ON COLUMN somel.enrolment_code.used_at IS 'When it was used; null: not yet';

CREATE TABLE somel.edge_event (
    edge_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    action text NOT NULL,
    gateway_name text NOT NULL,
    detail text NOT NULL
);
COMMENT ON TABLE somel.edge_event IS 'What was done, and what was attempted in vain, with the identity of gateways';
COMMENT ON COLUMN somel.edge_event.edge_event_id IS 'Key; grows with time';
COMMENT ON COLUMN somel.edge_event.happened_at IS 'When';
COMMENT ON COLUMN somel.edge_event.action IS 'code_made, enrolled, renewed, refused, revoked, quarantined or released';
COMMENT ON COLUMN somel.edge_event.gateway_name IS 'Gateway, or the name that somebody gave for one';
COMMENT ON COLUMN somel.edge_event.detail IS 'Serial number, reason or what was wrong';
CREATE INDEX edge_event_gateway_idx ON somel.edge_event (gateway_name, edge_event_id DESC);

GRANT SELECT ON somel.certificate, somel.edge_event TO somel_ingest, somel_compute, somel_read;
-- Enrolment by the API acts in this role; codes and quarantine are the operator's alone.
GRANT INSERT ON somel.certificate, somel.edge_event TO somel_compute;
GRANT SELECT ON somel.enrolment_code TO somel_compute;
GRANT UPDATE (wrong_count, used_at) ON somel.enrolment_code TO somel_compute;
