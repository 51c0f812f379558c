-- name: take_key
-- Held until the end of the transaction: a process that dies leaves nothing half done.
SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency ' || %(organisation_id)s::text || ' ' || %(key)s, 0)) AS taken;

-- name: find_answer
-- row: db.idempotency.Answer
SELECT request_sha256, answer
FROM catalogue.idempotency_key
WHERE organisation_id = %(organisation_id)s AND key = %(key)s AND answered_at > %(after)s;

-- name: keep_answer
INSERT INTO catalogue.idempotency_key (organisation_id, key, request_sha256, answered_at, answer)
VALUES (%(organisation_id)s, %(key)s, %(request_sha256)s, %(now)s, %(answer)s)
ON CONFLICT (organisation_id, key) DO UPDATE SET
    request_sha256 = excluded.request_sha256, answered_at = excluded.answered_at, answer = excluded.answer;

-- name: forget_answers
DELETE FROM catalogue.idempotency_key WHERE answered_at <= %(before)s;
