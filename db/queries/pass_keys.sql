-- name: hold_keys
SELECT pg_advisory_xact_lock(0x736F6D6B657973)

-- name: insert_signing_key
INSERT INTO pass.signing_key (kid, public_key, private_key, published_from, signs_from, signs_until, needed_until)
VALUES (
    %(kid)s, %(public_key)s, %(private_key)s, %(published_from)s, %(signs_from)s, %(signs_until)s, %(signs_until)s
)

-- name: signing_keys
-- row: db.pass_keys.SigningKey
SELECT kid, public_key, published_from, signs_from, signs_until, needed_until, revoked_at
FROM pass.signing_key
ORDER BY signs_from, kid

-- name: published_keys
-- row: db.pass_keys.PublishedKey
SELECT kid, public_key
FROM pass.signing_key
WHERE revoked_at IS NULL AND published_from <= %(now)s::timestamptz AND needed_until > %(now)s
ORDER BY signs_from, kid

-- name: private_key_now
-- row: db.pass_keys.PrivateKey
SELECT kid, private_key
FROM pass.signing_key
WHERE revoked_at IS NULL AND signs_from <= %(now)s::timestamptz AND signs_until > %(now)s
ORDER BY signs_from DESC, signs_until DESC, kid
LIMIT 1

-- name: need_key_until
UPDATE pass.signing_key SET needed_until = %(until)s WHERE kid = %(kid)s AND needed_until < %(until)s

-- name: end_signing
UPDATE pass.signing_key SET signs_until = greatest(%(until)s, signs_from + INTERVAL '1 microsecond')
WHERE revoked_at IS NULL AND signs_from <= %(until)s::timestamptz AND signs_until > %(until)s AND kid <> %(kid)s

-- name: revoke_signing_key
UPDATE pass.signing_key SET revoked_at = %(now)s
WHERE kid = %(kid)s AND revoked_at IS NULL
RETURNING kid
