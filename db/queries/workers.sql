-- Session-level advisory locks say who is there: the kernel and PostgreSQL let go of them the moment a process dies.
-- Names are locked by their hash in one class, shards by their number plus one in another.

-- name: lock_name
SELECT pg_try_advisory_lock(%(names)s, hashtext(%(worker)s)) AS locked;

-- name: sign_on
INSERT INTO somel.ingest_worker (worker, host, pid)
VALUES (%(worker)s, %(host)s, %(pid)s)
ON CONFLICT (worker) DO UPDATE SET
    host = excluded.host,
    pid = excluded.pid,
    started_at = CASE
        WHEN (ingest_worker.host, ingest_worker.pid) = (excluded.host, excluded.pid) THEN ingest_worker.started_at
        ELSE excluded.started_at
    END,
    seen_at = excluded.seen_at,
    in_flight = 0;

-- name: beat
UPDATE somel.ingest_worker
SET seen_at = clock_timestamp(), in_flight = %(in_flight)s, is_sound = %(is_sound)s
WHERE worker = %(worker)s;

-- A shard that another worker had is left to it for a moment after the server has started: it will be back for it.

-- name: situation
-- row: db.workers.Situation
WITH held AS MATERIALIZED (
    SELECT classid::bigint AS class, objid::bigint AS key, pid
    FROM pg_locks
    WHERE
        locktype = 'advisory'
        AND granted
        AND objsubid = 2
        AND classid IN (%(names)s::oid, %(shards)s::oid)
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
),
worker AS MATERIALIZED (
    SELECT ingest_worker.worker, held.pid, ingest_worker.seen_at
    FROM somel.ingest_worker
    JOIN held
        ON held.class = %(names)s AND held.key = hashtext(ingest_worker.worker)::bigint & 4294967295
)
SELECT
    (SELECT coalesce(array_agg(worker ORDER BY worker), '{}') FROM worker) AS workers,
    (SELECT coalesce(array_agg(key::integer - 1), '{}') FROM held WHERE class = %(shards)s) AS held,
    (
        SELECT coalesce(array_agg(ingest_shard.shard), '{}')
        FROM somel.ingest_shard
        WHERE
            ingest_shard.worker <> %(worker)s
            AND clock_timestamp() - pg_postmaster_start_time() < %(grace_s)s * INTERVAL '1 second'
    ) AS spoken_for,
    (
        SELECT coalesce(array_agg(pid), '{}')
        FROM worker
        WHERE worker <> %(worker)s AND seen_at < clock_timestamp() - %(stuck_s)s * INTERVAL '1 second'
    ) AS stuck_pids;

-- name: lock_shard
SELECT pg_try_advisory_lock(%(shards)s, %(shard)s + 1) AS locked;

-- name: take_shard
INSERT INTO somel.ingest_shard (shard, worker)
VALUES (%(shard)s, %(worker)s)
ON CONFLICT (shard) DO UPDATE SET worker = excluded.worker, taken_at = clock_timestamp();

-- name: unlock_shard
SELECT pg_advisory_unlock(%(shards)s, %(shard)s + 1) AS unlocked;

-- name: end_session
SELECT pg_terminate_backend(%(pid)s) AS ended;
