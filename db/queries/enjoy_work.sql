-- name: lock_working
SELECT pg_try_advisory_lock(%(lock)s::bigint) AS locked;

-- name: look_alive
SELECT 1 AS alive;
