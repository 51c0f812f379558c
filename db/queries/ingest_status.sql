-- name: workers
-- row: db.ingest_status.WorkerStatus
WITH alive AS MATERIALIZED (
    SELECT ingest_worker.worker, held.pid
    FROM somel.ingest_worker
    JOIN pg_locks AS held
        ON
            held.locktype = 'advisory'
            AND held.granted
            AND held.objsubid = 2
            AND held.classid = %(names)s::oid
            AND held.objid::bigint = hashtext(ingest_worker.worker)::bigint & 4294967295
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
),
lately AS MATERIALIZED (
    SELECT worker, sum(received) / 60.0 AS received_per_s, sum(message_count) / 60.0 AS messages_per_s
    FROM somel.ingest_batch
    WHERE committed_at > clock_timestamp() - INTERVAL '60 seconds'
    GROUP BY worker
)
SELECT
    coalesce(ingest_worker.worker, total.worker) AS worker,
    ingest_worker.host,
    ingest_worker.pid,
    alive.pid IS NOT NULL AS is_alive,
    coalesce(
        (
            SELECT array_agg(held.objid::integer - 1 ORDER BY held.objid)
            FROM pg_locks AS held
            WHERE
                held.locktype = 'advisory'
                AND held.granted
                AND held.objsubid = 2
                AND held.classid = %(shards)s::oid
                AND held.pid = alive.pid
        ),
        '{}'
    ) AS shards,
    ingest_worker.started_at,
    ingest_worker.seen_at,
    CASE WHEN alive.pid IS NULL THEN 0 ELSE ingest_worker.in_flight END AS in_flight,
    coalesce(ingest_worker.is_sound, true)
    AND coalesce(total.received = total.stored + total.duplicate + total.revised + total.refused, true) AS is_sound,
    coalesce(lately.received_per_s, 0)::double precision AS received_per_s,
    coalesce(lately.messages_per_s, 0)::double precision AS messages_per_s,
    coalesce(total.message_count, 0) AS message_count,
    coalesce(total.received, 0) AS received,
    coalesce(total.stored, 0) AS stored,
    coalesce(total.duplicate, 0) AS duplicate,
    coalesce(total.revised, 0) AS revised,
    coalesce(total.refused, 0) AS refused,
    total.last_at
FROM somel.ingest_worker
FULL JOIN somel.ingest_total AS total USING (worker)
LEFT JOIN alive ON alive.worker = ingest_worker.worker
LEFT JOIN lately ON lately.worker = total.worker
ORDER BY is_alive DESC, worker

-- name: refused_lately
-- row: db.ingest_status.RefusedLately
SELECT code, count(*) AS message_count, sum(refused_count)::bigint AS refused_count
FROM somel.refused_message
WHERE received_at > clock_timestamp() - INTERVAL '1 hour'
GROUP BY code
ORDER BY code

-- name: silent_gateways
-- row: db.ingest_status.SilentGateway
SELECT gateway.name, delivery.heard_at, count(*) OVER () AS silent_count
FROM somel.gateway
LEFT JOIN somel.gateway_delivery AS delivery USING (gateway_id)
WHERE
    delivery.heard_at IS NULL
    OR delivery.heard_at < clock_timestamp() - %(silent_after_s)s::double precision * INTERVAL '1 second'
ORDER BY delivery.heard_at DESC NULLS LAST, gateway.name
LIMIT %(limit)s::integer
