-- name: gateway_by_name
-- row: db.edge.EdgeGateway
SELECT gateway_id, name, quarantined_at, quarantine_reason
FROM somel.gateway
WHERE name = %(name)s::text

-- name: set_quarantine
UPDATE somel.gateway
SET quarantined_at = coalesce(quarantined_at, %(at)s::timestamptz), quarantine_reason = %(reason)s::text
WHERE gateway_id = %(gateway_id)s::integer

-- name: end_quarantine
UPDATE somel.gateway
SET quarantined_at = NULL, quarantine_reason = NULL
WHERE gateway_id = %(gateway_id)s::integer

-- name: quarantined
-- row: db.edge.EdgeGateway
SELECT gateway_id, name, quarantined_at, quarantine_reason
FROM somel.gateway
WHERE quarantined_at IS NOT NULL
ORDER BY name

-- name: note_edge_event
INSERT INTO somel.edge_event (action, gateway_name, detail)
VALUES (%(action)s::text, %(gateway_name)s::text, %(detail)s::text)

-- name: put_code
INSERT INTO somel.enrolment_code (gateway_id, code_sha256, made_at, expires_at)
VALUES (%(gateway_id)s::integer, %(code_sha256)s::bytea, %(at)s::timestamptz, %(expires_at)s::timestamptz)
ON CONFLICT (gateway_id) DO UPDATE
SET
    code_sha256 = excluded.code_sha256,
    made_at = excluded.made_at,
    expires_at = excluded.expires_at,
    wrong_count = 0,
    used_at = NULL

-- name: take_code
-- Locks the row, so that of two who come with the same code one waits and finds it used.
-- row: db.edge.EnrolmentCode
SELECT code_sha256, expires_at, wrong_count, used_at
FROM somel.enrolment_code
WHERE gateway_id = %(gateway_id)s::integer
FOR UPDATE

-- name: use_code
UPDATE somel.enrolment_code SET used_at = %(at)s::timestamptz WHERE gateway_id = %(gateway_id)s::integer

-- name: count_wrong_code
UPDATE somel.enrolment_code SET wrong_count = wrong_count + 1 WHERE gateway_id = %(gateway_id)s::integer

-- name: add_certificate
INSERT INTO somel.certificate (serial, gateway_id, sha256, valid_from, expires_at, issued_at)
VALUES (
    %(serial)s::text,
    %(gateway_id)s::integer,
    %(sha256)s::bytea,
    %(valid_from)s::timestamptz,
    %(expires_at)s::timestamptz,
    %(at)s::timestamptz
)

-- name: certificates
-- row: db.edge.IssuedCertificate
SELECT
    certificate.serial,
    gateway.name AS gateway_name,
    certificate.sha256,
    certificate.valid_from,
    certificate.expires_at,
    certificate.issued_at,
    certificate.revoked_at,
    certificate.revocation_reason,
    gateway.quarantined_at
FROM somel.certificate
JOIN somel.gateway USING (gateway_id)
WHERE %(gateway_name)s::text IS NULL OR gateway.name = %(gateway_name)s::text
ORDER BY gateway.name, certificate.issued_at, certificate.serial

-- name: revoke_certificates
UPDATE somel.certificate
SET revoked_at = %(at)s::timestamptz, revocation_reason = %(reason)s::text
WHERE
    gateway_id = %(gateway_id)s::integer
    AND revoked_at IS NULL
    AND expires_at > %(at)s::timestamptz

-- name: kept_out
-- What the revocation list names: revoked for good, or on hold while the gateway is in quarantine.
-- row: db.edge.KeptOut
SELECT
    certificate.serial,
    coalesce(certificate.revoked_at, gateway.quarantined_at) AS since,
    coalesce(certificate.revocation_reason, 'certificate_hold') AS reason
FROM somel.certificate
JOIN somel.gateway USING (gateway_id)
WHERE
    certificate.expires_at > %(at)s::timestamptz
    AND (certificate.revoked_at IS NOT NULL OR gateway.quarantined_at IS NOT NULL)
ORDER BY certificate.serial

-- name: edge_events
-- row: db.edge.EdgeEvent
SELECT happened_at, action, gateway_name, detail
FROM somel.edge_event
WHERE %(gateway_name)s::text IS NULL OR gateway_name = %(gateway_name)s::text
ORDER BY edge_event_id DESC
LIMIT %(row_limit)s::integer
