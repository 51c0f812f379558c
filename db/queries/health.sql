-- name: ingest_counts
-- row: db.health.IngestCounts
SELECT
    coalesce(sum(batch_count), 0)::bigint AS batch_count,
    coalesce(sum(message_count), 0)::bigint AS message_count,
    coalesce(sum(received), 0)::bigint AS received,
    coalesce(sum(stored), 0)::bigint AS stored,
    coalesce(sum(duplicate), 0)::bigint AS duplicate,
    coalesce(sum(revised), 0)::bigint AS revised,
    coalesce(sum(refused), 0)::bigint AS refused,
    (
        SELECT coalesce(sum(received), 0)::bigint
        FROM somel.ingest_batch
        WHERE committed_at > clock_timestamp() - INTERVAL '60 seconds'
    ) AS received_last_minute,
    (
        SELECT coalesce(sum(message_count), 0)::bigint
        FROM somel.ingest_batch
        WHERE committed_at > clock_timestamp() - INTERVAL '60 seconds'
    ) AS messages_last_minute
FROM somel.ingest_total

-- name: last_batch
-- row: db.health.IngestBatch
SELECT ingest_batch_id, worker, committed_at, message_count, received, stored, duplicate, revised, refused
FROM somel.ingest_batch
ORDER BY ingest_batch_id DESC
LIMIT 1

-- name: refused_by_code
-- row: db.health.RefusedCount
SELECT code, message_count, refused_count, last_at
FROM somel.refusal_total
ORDER BY code

-- name: refused_messages
-- row: db.health.RefusedMessage
SELECT
    refused_message_id,
    received_at,
    topic,
    content_type,
    code,
    reason,
    refused_count,
    payload_bytes,
    substring(payload FOR %(payload_limit)s::integer) AS payload
FROM somel.refused_message
WHERE
    (%(code)s::text IS NULL OR code = %(code)s::text)
    AND refused_message_id < %(before)s::bigint
ORDER BY refused_message_id DESC
LIMIT %(limit)s::integer
