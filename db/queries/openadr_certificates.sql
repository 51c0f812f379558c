-- name: ven_by_name
-- row: db.openadr_certificates.NamedVen
SELECT object_id AS ven_id, name
FROM somel.openadr_object
WHERE object_type = 'VEN' AND name = %(name)s::text

-- name: ven_by_id
-- row: db.openadr_certificates.NamedVen
SELECT object_id AS ven_id, name
FROM somel.openadr_object
WHERE object_type = 'VEN' AND object_id = %(ven_id)s::text

-- name: add_certificate
INSERT INTO somel.openadr_certificate (serial, ven_id, ven_name, sha256, valid_from, expires_at, issued_at)
VALUES (
    %(serial)s::text,
    %(ven_id)s::text,
    %(ven_name)s::text,
    %(sha256)s::bytea,
    %(valid_from)s::timestamptz,
    %(expires_at)s::timestamptz,
    %(at)s::timestamptz
)

-- name: certificates
-- row: db.openadr_certificates.VenCertificate
SELECT
    certificate.serial,
    certificate.ven_id,
    certificate.ven_name,
    certificate.issued_at,
    certificate.expires_at,
    certificate.revoked_at,
    ven.object_id IS NOT NULL AS is_known
FROM somel.openadr_certificate AS certificate
LEFT JOIN somel.openadr_object AS ven ON ven.object_id = certificate.ven_id
ORDER BY certificate.ven_name, certificate.issued_at, certificate.serial

-- name: revoke_certificates
-- By the name that the VEN had or has: it may be gone.
-- row: db.openadr_certificates.NamedVen
UPDATE somel.openadr_certificate
SET revoked_at = %(at)s::timestamptz
WHERE ven_name = %(ven_name)s::text AND revoked_at IS NULL AND expires_at > %(at)s::timestamptz
RETURNING ven_id, ven_name AS name

-- name: kept_out
-- What the revocation list of VENs names: revoked, or of a VEN that was deleted.
-- row: db.edge.KeptOut
SELECT
    certificate.serial,
    coalesce(certificate.revoked_at, certificate.issued_at) AS since,
    CASE WHEN certificate.revoked_at IS NULL THEN 'cessation_of_operation' ELSE 'unspecified' END AS reason
FROM somel.openadr_certificate AS certificate
LEFT JOIN somel.openadr_object AS ven ON ven.object_id = certificate.ven_id
WHERE certificate.expires_at > %(at)s::timestamptz AND (certificate.revoked_at IS NOT NULL OR ven.object_id IS NULL)
ORDER BY certificate.serial
