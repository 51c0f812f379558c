-- name: create_client
-- row: db.openadr_clients.Client
INSERT INTO somel.openadr_client (client_id, name, secret_sha256, role, scopes)
VALUES (%(client_id)s::text, %(name)s::text, %(secret_sha256)s::bytea, %(role)s::text, %(scopes)s::text[])
RETURNING client_id, name, role, scopes, created_at, revoked_at

-- name: list_clients
-- row: db.openadr_clients.Client
SELECT client_id, name, role, scopes, created_at, revoked_at
FROM somel.openadr_client
ORDER BY created_at, client_id

-- name: revoke_client
-- row: db.openadr_clients.Client
UPDATE somel.openadr_client
SET revoked_at = coalesce(revoked_at, clock_timestamp())
WHERE client_id = %(client_id)s::text
RETURNING client_id, name, role, scopes, created_at, revoked_at

-- name: client_with_secret
-- row: db.openadr_clients.Client
SELECT client_id, name, role, scopes, created_at, revoked_at
FROM somel.openadr_client
WHERE client_id = %(client_id)s::text AND secret_sha256 = %(secret_sha256)s::bytea AND revoked_at IS NULL

-- name: delete_ended_tokens
DELETE FROM somel.openadr_token
WHERE expires_at < clock_timestamp()

-- name: insert_token
INSERT INTO somel.openadr_token (token_sha256, client_id, scopes, expires_at)
VALUES (
    %(token_sha256)s::bytea, %(client_id)s::text, %(scopes)s::text[],
    clock_timestamp() + %(life_s)s::double precision * INTERVAL '1 second'
)

-- name: bearer_of
-- row: db.openadr_clients.Bearer
-- Whose a token is, what it may do, and which targets the client's own VEN and resource objects grant.
SELECT
    client.client_id,
    client.role,
    token.scopes,
    (
        SELECT ven.object_id
        FROM somel.openadr_object AS ven
        WHERE ven.object_type = 'VEN' AND ven.client_id = client.client_id
    ) AS ven_id,
    ARRAY(
        SELECT DISTINCT granted.target
        FROM somel.openadr_object AS own
        CROSS JOIN unnest(own.targets) AS granted (target)
        WHERE own.client_id = client.client_id AND own.object_type IN ('VEN', 'RESOURCE')
    ) AS granted
FROM somel.openadr_token AS token
JOIN somel.openadr_client AS client USING (client_id)
WHERE
    token.token_sha256 = %(token_sha256)s::bytea
    AND token.expires_at > clock_timestamp()
    AND client.revoked_at IS NULL
