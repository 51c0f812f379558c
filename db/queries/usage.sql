-- name: hold_quotas
SELECT pg_advisory_xact_lock(%(lock)s::bigint)

-- name: begin_quotas
INSERT INTO catalogue.quota (api_key_id, remaining, counted_at)
SELECT wanted.api_key_id, wanted.capacity, clock_timestamp()
FROM unnest(%(keys)s::integer [], %(capacities)s::double precision []) AS wanted (api_key_id, capacity)
ON CONFLICT (api_key_id) DO NOTHING

-- name: take
-- row: db.usage.Left
UPDATE catalogue.quota AS kept
SET
    remaining = least(
        wanted.capacity,
        kept.remaining + wanted.per_s * extract(EPOCH FROM clock_timestamp() - kept.counted_at)::double precision
    ) - wanted.taken,
    counted_at = clock_timestamp()
FROM unnest(
    %(keys)s::integer [], %(taken)s::double precision [], %(capacities)s::double precision [],
    %(per_s)s::double precision []
) AS wanted (api_key_id, taken, capacity, per_s)
WHERE kept.api_key_id = wanted.api_key_id
RETURNING kept.api_key_id, kept.remaining

-- name: add_usage
INSERT INTO catalogue.usage AS kept (hour, api_key_id, dataset, route, status, request_count, sent_bytes)
SELECT hour, api_key_id, dataset, route, status, request_count, sent_bytes
FROM unnest(
    %(hour)s::timestamptz [], %(api_key_id)s::integer [], %(dataset)s::text [], %(route)s::text [],
    %(status)s::integer [], %(request_count)s::bigint [], %(sent_bytes)s::bigint []
) AS new (hour, api_key_id, dataset, route, status, request_count, sent_bytes)
ORDER BY hour, api_key_id, dataset, route, status
ON CONFLICT (hour, api_key_id, dataset, route, status) DO UPDATE SET
    request_count = kept.request_count + excluded.request_count,
    sent_bytes = kept.sent_bytes + excluded.sent_bytes

-- name: usage_of_organisation
-- row: db.usage.KeyUsage
SELECT
    usage.hour,
    usage.api_key_id,
    api_key.name AS key_name,
    usage.dataset,
    usage.route,
    usage.status,
    usage.request_count,
    usage.sent_bytes
FROM catalogue.usage
JOIN catalogue.api_key USING (api_key_id)
WHERE
    api_key.organisation_id = %(organisation_id)s
    AND usage.hour >= %(since)s AND usage.hour < %(until)s
ORDER BY usage.hour DESC, usage.api_key_id, usage.dataset, usage.route, usage.status
LIMIT %(limit)s

-- name: usage_of_datasets
-- row: db.usage.DatasetUsage
-- Who reads what it publishes itself is not counted among its readers.
SELECT
    date_trunc('day', usage.hour) AS day,
    usage.dataset,
    sum(usage.request_count)::bigint AS request_count,
    coalesce(sum(usage.request_count) FILTER (WHERE usage.api_key_id = 0), 0)::bigint AS stranger_count,
    count(DISTINCT api_key.organisation_id)::bigint AS organisation_count,
    sum(usage.sent_bytes)::bigint AS sent_bytes
FROM catalogue.usage
JOIN catalogue.dataset ON dataset.name = usage.dataset
LEFT JOIN catalogue.api_key USING (api_key_id)
WHERE
    dataset.organisation_id = %(organisation_id)s
    AND usage.hour >= %(since)s AND usage.hour < %(until)s
    AND usage.status < 400
    AND usage.route LIKE 'GET %%'
    AND (api_key.organisation_id IS NULL OR api_key.organisation_id <> %(organisation_id)s)
GROUP BY day, usage.dataset
ORDER BY day DESC, usage.dataset
LIMIT %(limit)s

-- name: forget_usage
DELETE FROM catalogue.usage WHERE hour < clock_timestamp() - %(days)s::integer * INTERVAL '1 day'
