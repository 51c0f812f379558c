-- name: place_load
-- row: db.load.PlaceSlot
SELECT
    start_at,
    (import_wh - export_wh) * 2 AS load_w,
    import_wh,
    export_wh,
    usage_point_count,
    estimated_count
FROM somel.place_interval
WHERE
    place_id = %(place_id)s::integer
    AND start_at >= %(start)s::timestamptz
    AND start_at < %(end)s::timestamptz
ORDER BY start_at
LIMIT %(limit)s::integer

-- name: place_load_as_of
-- row: db.load.PlaceSlot
-- Sums are kept for the newest knowledge only; an older one is summed again from the readings known then, by the rules
-- of rollup.sql.
WITH member AS (
    SELECT usage_point.usage_point_id
    FROM somel.usage_point
    JOIN somel.power_transformer AS supply ON supply.place_id = usage_point.power_transformer_place_id
    JOIN somel.feeder ON feeder.place_id = supply.feeder_place_id
    JOIN somel.place AS whole ON whole.place_id = %(place_id)s::integer
    WHERE
        whole.level = 'territory'
        OR whole.place_id IN (
            supply.place_id, supply.feeder_place_id, supply.commune_place_id, feeder.substation_place_id
        )
),

known AS (
    SELECT usage_point_id, register_id, quality, step_s, start_at, value
    FROM somel.interval_reading
    WHERE
        usage_point_id IN (SELECT member.usage_point_id FROM member)
        AND register_id IN (%(import_id)s::smallint, %(export_id)s::smallint)
        AND start_at >= %(start)s::timestamptz - INTERVAL '30 minutes'
        AND start_at < %(end)s::timestamptz
        AND known_at <= %(as_of)s::timestamptz
    UNION ALL
    SELECT usage_point_id, register_id, quality, step_s, start_at, value
    FROM somel.interval_reading_revision
    WHERE
        usage_point_id IN (SELECT member.usage_point_id FROM member)
        AND register_id IN (%(import_id)s::smallint, %(export_id)s::smallint)
        AND start_at >= %(start)s::timestamptz - INTERVAL '30 minutes'
        AND start_at < %(end)s::timestamptz
        AND known_at <= %(as_of)s::timestamptz
        AND replaced_at > %(as_of)s::timestamptz
),

part AS (
    SELECT
        known.usage_point_id,
        known.register_id,
        known.quality,
        half.slot_at,
        least(known.step_s, 1800) AS covered_s,
        known.value::double precision * least(known.step_s, 1800) / known.step_s AS energy_wh
    FROM known
    CROSS JOIN LATERAL (
        SELECT time_bucket('30 minutes', known.start_at) AS slot_at
        UNION ALL
        SELECT known.start_at + INTERVAL '30 minutes' WHERE known.step_s = 3600
    ) AS half
    WHERE known.step_s <> 1800 AND known.quality IN (0, 2)
),

whole AS (
    SELECT register_id, quality, start_at AS slot_at, value::double precision AS energy_wh
    FROM known
    WHERE step_s = 1800 AND quality IN (0, 2)
    UNION ALL
    SELECT part.register_id, max(part.quality), part.slot_at, sum(part.energy_wh)
    FROM part
    WHERE NOT EXISTS (
        SELECT FROM known
        WHERE
            known.usage_point_id = part.usage_point_id
            AND known.register_id = part.register_id
            AND known.start_at = part.slot_at
            AND known.step_s = 1800
            AND known.quality IN (0, 2)
    )
    GROUP BY part.usage_point_id, part.register_id, part.slot_at
    HAVING sum(part.covered_s) = 1800
),

summed AS (
    SELECT
        slot_at,
        (count(*) FILTER (WHERE register_id = %(import_id)s::smallint))::integer AS usage_point_count,
        (count(*) FILTER (WHERE register_id = %(import_id)s::smallint AND quality = 2))::integer AS estimated_count,
        coalesce(sum(energy_wh) FILTER (WHERE register_id = %(import_id)s::smallint), 0) AS import_wh,
        coalesce(sum(energy_wh) FILTER (WHERE register_id = %(export_id)s::smallint), 0) AS export_wh
    FROM whole
    WHERE slot_at >= %(start)s::timestamptz AND slot_at < %(end)s::timestamptz
    GROUP BY slot_at
)

SELECT
    slot_at AS start_at,
    (import_wh - export_wh) * 2 AS load_w,
    import_wh,
    export_wh,
    usage_point_count,
    estimated_count
FROM summed
ORDER BY slot_at
LIMIT %(limit)s::integer

-- name: find_usage_point_id
SELECT usage_point_id FROM somel.usage_point WHERE usage_point_key = %(usage_point_key)s::uuid

-- name: usage_point_load
-- row: db.load.IntervalReading
SELECT start_at, step_s, value, quality, known_at
FROM somel.interval_reading
WHERE
    usage_point_id = %(usage_point_id)s::integer
    AND register_id = %(register_id)s::smallint
    AND start_at >= %(start)s::timestamptz
    AND start_at < %(end)s::timestamptz
    AND (%(as_of)s::timestamptz IS NULL OR known_at <= %(as_of)s::timestamptz)
UNION ALL
SELECT start_at, step_s, value, quality, known_at
FROM somel.interval_reading_revision
WHERE
    usage_point_id = %(usage_point_id)s::integer
    AND register_id = %(register_id)s::smallint
    AND start_at >= %(start)s::timestamptz
    AND start_at < %(end)s::timestamptz
    AND known_at <= %(as_of)s::timestamptz
    AND replaced_at > %(as_of)s::timestamptz
ORDER BY start_at
LIMIT %(limit)s::integer
