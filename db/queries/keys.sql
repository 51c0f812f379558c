-- name: insert_key
INSERT INTO catalogue.api_key (organisation_id, name, secret_sha256, scopes, is_sandbox, expires_at)
VALUES (
    %(organisation_id)s, %(name)s, %(secret_sha256)s, %(scopes)s, %(is_sandbox)s, %(expires_at)s
)
RETURNING api_key_id;

-- name: find_key
-- row: db.keys.ApiKey
-- One that is still good, by the hash of its secret.
SELECT
    api_key.api_key_id,
    api_key.name,
    api_key.organisation_id,
    organisation.name AS organisation_name,
    api_key.scopes,
    api_key.is_sandbox,
    api_key.created_at,
    api_key.expires_at
FROM catalogue.api_key
JOIN catalogue.organisation USING (organisation_id)
WHERE
    api_key.secret_sha256 = %(secret_sha256)s
    AND api_key.revoked_at IS NULL
    AND (api_key.expires_at IS NULL OR api_key.expires_at > clock_timestamp());

-- name: list_keys
-- row: db.keys.ApiKey
SELECT
    api_key.api_key_id,
    api_key.name,
    api_key.organisation_id,
    organisation.name AS organisation_name,
    api_key.scopes,
    api_key.is_sandbox,
    api_key.created_at,
    api_key.expires_at
FROM catalogue.api_key
JOIN catalogue.organisation USING (organisation_id)
WHERE organisation.name = %(organisation)s AND api_key.revoked_at IS NULL
ORDER BY api_key.api_key_id;

-- name: revoke_key
UPDATE catalogue.api_key SET revoked_at = clock_timestamp()
WHERE api_key_id = %(api_key_id)s AND revoked_at IS NULL;
