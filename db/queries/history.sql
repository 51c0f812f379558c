-- name: place_load
-- One row a place, its slots packed in the wire format: as rows of their own they would cost the client ten times as much.
SELECT
    place_id,
    string_agg(
        timestamptz_send(start_at) || int4send(usage_point_count) || float8send((import_wh - export_wh) * 2), ''::bytea
    ) AS packed
FROM somel.place_interval
WHERE start_at >= %(start)s::timestamptz AND start_at < %(end)s::timestamptz
GROUP BY place_id

-- name: usage_point_load
-- Read through binary COPY. Steps under half an hour are summed and must fill their slot, an hour is cut in two halves.
WITH known AS (
    SELECT usage_point_id, register_id, quality, step_s, start_at, value
    FROM somel.interval_reading
    WHERE
        usage_point_id = ANY(%(usage_point_ids)s::integer [])
        AND register_id IN (1, 2)
        AND quality NOT IN (1, 3)
        AND start_at >= %(start)s::timestamptz - INTERVAL '30 minutes'
        AND start_at < %(end)s::timestamptz
        AND (%(as_of)s::timestamptz IS NULL OR known_at <= %(as_of)s::timestamptz)
    UNION ALL
    SELECT usage_point_id, register_id, quality, step_s, start_at, value
    FROM somel.interval_reading_revision
    WHERE
        usage_point_id = ANY(%(usage_point_ids)s::integer [])
        AND register_id IN (1, 2)
        AND quality NOT IN (1, 3)
        AND start_at >= %(start)s::timestamptz - INTERVAL '30 minutes'
        AND start_at < %(end)s::timestamptz
        AND known_at <= %(as_of)s::timestamptz
        AND replaced_at > %(as_of)s::timestamptz
)
SELECT
    known.usage_point_id,
    (
        extract(
            epoch FROM date_bin('30 minutes', known.start_at, 'epoch'::timestamptz)
            - %(start)s::timestamptz
        ) / 1800
    )::integer + half.number AS slot,
    sum(
        CASE known.register_id WHEN 1 THEN 1 ELSE -1 END
        * known.value * least(1, 1800.0 / known.step_s) * 2
    )::double precision AS load_w
FROM known
JOIN (VALUES (0), (1)) AS half (number) ON half.number = 0 OR known.step_s = 3600
GROUP BY known.usage_point_id, slot
HAVING sum(least(known.step_s, 1800)) FILTER (WHERE known.register_id = 1) = 1800

-- name: transformer_composition
-- row: db.composition.SubscribedPower
SELECT
    power_transformer_place_id AS place_id,
    category || ' ' || tariff AS kind,
    sum(subscribed_va)::bigint AS subscribed_va
FROM somel.usage_point
GROUP BY place_id, kind
ORDER BY place_id, kind
