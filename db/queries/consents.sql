-- name: usage_point_ids
-- row: db.consents.KeyedUsagePoint
SELECT usage_point_key, usage_point_id FROM somel.usage_point
WHERE usage_point_key = ANY(%(usage_point_keys)s::uuid [])

-- name: insert_consents
-- row: db.consents.KeyedUsagePoint
-- Where one of the purpose holds already, nothing changes.
INSERT INTO somel.usage_point_consent (
    usage_point_id, purpose, text_version, given_at, given_by, given_how, proof, proof_sha256, recorded_at
)
SELECT
    usage_point.usage_point_id,
    given.purpose,
    given.text_version,
    given.given_at,
    %(actor)s,
    given.given_how,
    given.proof,
    given.proof_sha256,
    %(now)s
FROM unnest(
    %(usage_point_key)s::uuid [], %(purpose)s::text [], %(text_version)s::text [], %(given_at)s::timestamptz [],
    %(given_how)s::text [], %(proof)s::text [], %(proof_sha256)s::bytea []
) WITH ORDINALITY AS given (
    usage_point_key, purpose, text_version, given_at, given_how, proof, proof_sha256, position
)
JOIN somel.usage_point USING (usage_point_key)
ORDER BY given.position
ON CONFLICT (usage_point_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING
RETURNING (
    SELECT usage_point.usage_point_key FROM somel.usage_point
    WHERE usage_point.usage_point_id = usage_point_consent.usage_point_id
) AS usage_point_key, usage_point_id

-- name: withdraw
UPDATE somel.usage_point_consent
SET withdrawn_at = greatest(%(now)s, recorded_at), withdrawn_by = %(actor)s, withdrawn_how = %(how)s
WHERE usage_point_id = %(usage_point_id)s AND purpose = %(purpose)s AND withdrawn_at IS NULL
RETURNING usage_point_consent_id

-- name: consents_of
-- row: db.consents.UsagePointConsent
-- All that was agreed to at a usage point: for itself, and for the resources there.
SELECT
    purpose,
    NULL::text AS resource,
    text_version,
    given_at,
    given_by,
    given_how,
    proof,
    proof_sha256,
    recorded_at,
    withdrawn_at,
    withdrawn_by,
    withdrawn_how
FROM somel.usage_point_consent
WHERE usage_point_id = %(usage_point_id)s
UNION ALL
SELECT
    consent.purpose,
    end_device.name,
    consent.text_version,
    consent.given_at,
    consent.given_by,
    consent.given_how,
    consent.proof,
    NULL,
    consent.given_at,
    consent.withdrawn_at,
    consent.withdrawn_by,
    consent.withdrawn_how
FROM somel.consent
JOIN somel.end_device USING (end_device_id)
WHERE end_device.usage_point_id = %(usage_point_id)s
ORDER BY recorded_at DESC, purpose, resource

-- name: count_consents
-- row: db.consents.ConsentCount
SELECT
    purpose,
    count(*) FILTER (WHERE withdrawn_at IS NULL) AS standing,
    count(*) FILTER (WHERE withdrawn_at IS NOT NULL) AS withdrawn
FROM (
    SELECT purpose, withdrawn_at FROM somel.usage_point_consent
    UNION ALL
    SELECT purpose, withdrawn_at FROM somel.consent
) AS known
GROUP BY purpose
ORDER BY purpose
