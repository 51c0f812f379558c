-- name: create_token
-- row: db.access.Token
INSERT INTO somel.access_token (name, secret_sha256, scopes, expires_at)
VALUES (%(name)s::text, %(secret_sha256)s::bytea, %(scopes)s::text[], %(expires_at)s::timestamptz)
RETURNING access_token_id, name, scopes, created_at, expires_at, revoked_at

-- name: find_token
-- row: db.access.Token
SELECT access_token_id, name, scopes, created_at, expires_at, revoked_at
FROM somel.access_token
WHERE
    secret_sha256 = %(secret_sha256)s::bytea
    AND revoked_at IS NULL
    AND (expires_at IS NULL OR expires_at > clock_timestamp())

-- name: list_tokens
-- row: db.access.Token
SELECT access_token_id, name, scopes, created_at, expires_at, revoked_at
FROM somel.access_token
ORDER BY access_token_id

-- name: revoke_token
-- row: db.access.Token
UPDATE somel.access_token
SET revoked_at = coalesce(revoked_at, clock_timestamp())
WHERE access_token_id = %(access_token_id)s::integer
RETURNING access_token_id, name, scopes, created_at, expires_at, revoked_at
