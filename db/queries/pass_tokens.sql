-- name: find_issuable
-- row: db.pass_tokens.Issuable
SELECT
    service.name AS service,
    subject.left_on IS NOT NULL AS has_left,
    subject.is_blocked,
    medium.kind AS medium_kind,
    medium.status AS medium_status
FROM pass.subject
JOIN pass.service USING (service_id)
JOIN pass.medium ON medium.holder_id = subject.holder_id
WHERE subject.subject_id = %(subject_id)s AND medium.medium_id = %(medium_id)s
FOR UPDATE OF subject
FOR SHARE OF medium

-- name: rights_now
-- row: db.pass_tokens.RightNow
SELECT number, valid_until
FROM pass.entitlement
WHERE subject_id = %(subject_id)s AND valid_from <= %(now)s::timestamptz AND valid_until > %(now)s
ORDER BY number

-- name: insert_token
INSERT INTO pass.token (token_id, subject_id, medium_id, status_index, device_key, kid, issued_on, expires_at)
SELECT
    %(token_id)s::uuid, %(subject_id)s::uuid, %(medium_id)s::uuid, %(status_index)s::integer, %(device_key)s::bytea,
    %(kid)s::text, %(issued_on)s::date, %(expires_at)s::timestamptz
WHERE NOT EXISTS (SELECT FROM pass.status_listed WHERE status_listed.status_index = %(status_index)s)
ON CONFLICT (status_index) DO NOTHING
RETURNING status_index

-- name: tokens_before
-- row: db.pass_tokens.TokenBefore
SELECT token_id, status_index, status, device_key IS NOT NULL AS is_bound
FROM pass.token
WHERE subject_id = %(subject_id)s AND medium_id = %(medium_id)s AND status <> 1 AND expires_at > %(now)s::timestamptz

-- name: set_tokens
-- row: db.pass_tokens.StatusSet
UPDATE pass.token SET status = %(status)s
FROM pass.subject, pass.medium
WHERE
    subject.subject_id = token.subject_id AND medium.medium_id = token.medium_id
    AND token.status <> 1 AND token.status <> %(status)s::smallint
    AND (%(token_id)s::uuid IS NULL OR token.token_id = %(token_id)s)
    AND (%(medium_id)s::uuid IS NULL OR token.medium_id = %(medium_id)s)
    AND (%(subject_id)s::uuid IS NULL OR token.subject_id = %(subject_id)s)
    AND (%(kid)s::text IS NULL OR token.kid = %(kid)s)
    AND num_nonnulls(%(token_id)s, %(medium_id)s, %(subject_id)s, %(kid)s) = 1
    AND (%(status)s <> 0 OR (medium.status = 'active' AND NOT subject.is_blocked) OR %(token_id)s IS NOT NULL)
RETURNING token.status_index, token.expires_at

-- name: block_subject
UPDATE pass.subject SET is_blocked = %(is_blocked)s WHERE subject_id = %(subject_id)s

-- name: replace_tokens
UPDATE pass.token SET status = 1 WHERE token_id = ANY(%(token_ids)s::uuid [])

-- name: forget_tokens
-- row: db.pass_tokens.Forgotten
DELETE FROM pass.token
WHERE token_id IN (
    SELECT token_id FROM pass.token
    WHERE expires_at < %(before)s::timestamptz
    ORDER BY expires_at
    LIMIT %(most)s
)
RETURNING status_index
