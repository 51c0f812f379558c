-- name: insert_key
INSERT INTO catalogue.api_key (
    organisation_id, name, secret_sha256, scopes, is_sandbox, expires_at, quota_per_minute
)
VALUES (
    %(organisation_id)s, %(name)s, %(secret_sha256)s, %(scopes)s, %(is_sandbox)s, %(expires_at)s, %(quota_per_minute)s
)
RETURNING api_key_id;

-- name: find_key
-- row: db.keys.ApiKey
-- One that is still good, by the hash of its secret, or of the one before while that is good too.
SELECT
    api_key.api_key_id,
    api_key.name,
    api_key.organisation_id,
    organisation.name AS organisation_name,
    api_key.scopes,
    api_key.is_sandbox,
    api_key.created_at,
    api_key.expires_at,
    api_key.rotated_at,
    api_key.before_until,
    api_key.quota_per_minute
FROM catalogue.api_key
JOIN catalogue.organisation USING (organisation_id)
WHERE
    (
        api_key.secret_sha256 = %(secret_sha256)s
        OR (api_key.before_sha256 = %(secret_sha256)s AND api_key.before_until > clock_timestamp())
    )
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
    api_key.expires_at,
    api_key.rotated_at,
    api_key.before_until,
    api_key.quota_per_minute
FROM catalogue.api_key
JOIN catalogue.organisation USING (organisation_id)
WHERE organisation.name = %(organisation)s AND api_key.revoked_at IS NULL
ORDER BY api_key.api_key_id;

-- name: rotate_key
UPDATE catalogue.api_key SET
    before_sha256 = secret_sha256,
    before_until = clock_timestamp() + %(overlap)s::interval,
    secret_sha256 = %(secret_sha256)s,
    rotated_at = clock_timestamp()
WHERE
    api_key_id = %(api_key_id)s
    AND revoked_at IS NULL
    AND (%(organisation_id)s::integer IS NULL OR organisation_id = %(organisation_id)s)
RETURNING api_key_id;

-- name: revoke_key
UPDATE catalogue.api_key SET revoked_at = clock_timestamp()
WHERE
    api_key_id = %(api_key_id)s
    AND revoked_at IS NULL
    AND (%(organisation_id)s::integer IS NULL OR organisation_id = %(organisation_id)s);

-- name: set_quota
UPDATE catalogue.api_key SET quota_per_minute = %(quota_per_minute)s
WHERE api_key_id = %(api_key_id)s AND revoked_at IS NULL;
