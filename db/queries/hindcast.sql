-- name: places_of_level
-- row: db.hindcast.PlaceOfLevel
SELECT place_id, code, name
FROM somel.place
WHERE level = %(level)s::text AND (%(code)s::text IS NULL OR code = %(code)s::text)
ORDER BY code

-- name: load_now
-- Read through binary COPY: the sums that are kept, as what the first origin knows.
SELECT
    place_id,
    (extract(epoch FROM start_at - %(start)s::timestamptz) / 1800)::integer AS slot,
    0 AS origin,
    usage_point_count,
    (import_wh - export_wh) * 2 AS load_w
FROM somel.place_interval
WHERE
    place_id = ANY(%(place_ids)s::integer [])
    AND start_at >= %(start)s::timestamptz
    AND start_at < %(end)s::timestamptz

-- name: load_then
-- Read through binary COPY: by how much the sums of places differ at each origin from those at the origin before, by the
-- rules of rollup.sql. A version of a reading is known at the origins from `first` to before `until`; width_bucket counts
-- the origins that came before it was.
WITH member AS (
    SELECT whole.place_id, usage_point.usage_point_id
    FROM somel.usage_point
    JOIN somel.power_transformer AS supply ON supply.place_id = usage_point.power_transformer_place_id
    JOIN somel.feeder ON feeder.place_id = supply.feeder_place_id
    JOIN somel.place AS whole
        ON
            whole.place_id = ANY(%(place_ids)s::integer [])
            AND (
                whole.level = 'territory'
                OR whole.place_id IN (
                    supply.place_id, supply.feeder_place_id, supply.commune_place_id, feeder.substation_place_id
                )
            )
),

reading AS (
    SELECT usage_point_id, register_id, quality, step_s, start_at, value, known_at, NULL::timestamptz AS replaced_at
    FROM somel.interval_reading
    UNION ALL
    SELECT usage_point_id, register_id, quality, step_s, start_at, value, known_at, replaced_at
    FROM somel.interval_reading_revision
),

version AS MATERIALIZED (
    SELECT
        reading.usage_point_id,
        reading.register_id,
        reading.step_s,
        reading.start_at,
        reading.value::double precision AS value,
        width_bucket(reading.known_at - INTERVAL '1 microsecond', %(origins)s::timestamptz []) AS first,
        coalesce(
            width_bucket(reading.replaced_at - INTERVAL '1 microsecond', %(origins)s::timestamptz []),
            cardinality(%(origins)s::timestamptz [])
        ) AS until
    FROM reading
    WHERE
        reading.usage_point_id IN (SELECT member.usage_point_id FROM member)
        AND reading.register_id IN (%(import_id)s::smallint, %(export_id)s::smallint)
        AND reading.quality IN (0, 2)
        AND reading.start_at >= %(start)s::timestamptz - INTERVAL '30 minutes'
        AND reading.start_at < %(end)s::timestamptz
),

mixed AS MATERIALIZED (
    SELECT DISTINCT usage_point_id FROM version WHERE step_s <> 1800
),

-- A column, not a condition: as a condition it becomes a join that compares every reading with every such usage point.
told AS MATERIALIZED (
    SELECT version.*, version.usage_point_id IN (SELECT mixed.usage_point_id FROM mixed) AS is_mixed
    FROM version
    WHERE version.first < version.until
),

-- Half-hour values of usage points that send nothing else need no more than to come and go.
plain AS (
    SELECT usage_point_id, register_id, start_at AS slot_at, edge.origin, edge.sign * value AS energy_wh, edge.sign
    FROM told
    CROSS JOIN LATERAL (VALUES (first, 1), (until, -1)) AS edge (origin, sign)
    WHERE NOT is_mixed AND edge.origin < cardinality(%(origins)s::timestamptz [])
),

part AS MATERIALIZED (
    SELECT
        told.usage_point_id,
        told.register_id,
        told.step_s,
        told.first,
        told.until,
        half.slot_at,
        least(told.step_s, 1800) AS covered_s,
        told.value * least(told.step_s, 1800) / told.step_s AS energy_wh
    FROM told
    CROSS JOIN LATERAL (
        SELECT time_bucket('30 minutes', told.start_at) AS slot_at
        UNION ALL
        SELECT told.start_at + INTERVAL '30 minutes' WHERE told.step_s = 3600
    ) AS half
    WHERE told.is_mixed
),

edge AS (
    SELECT usage_point_id, register_id, slot_at, first AS origin FROM part
    UNION
    SELECT usage_point_id, register_id, slot_at, until FROM part
),

whole AS (
    SELECT
        edge.usage_point_id,
        edge.register_id,
        edge.slot_at,
        edge.origin,
        coalesce(
            max(part.energy_wh) FILTER (WHERE part.step_s = 1800),
            CASE WHEN sum(part.covered_s) = 1800 THEN sum(part.energy_wh) END
        ) AS energy_wh
    FROM edge
    LEFT JOIN part
        ON
            part.usage_point_id = edge.usage_point_id
            AND part.register_id = edge.register_id
            AND part.slot_at = edge.slot_at
            AND part.first <= edge.origin
            AND part.until > edge.origin
    GROUP BY edge.usage_point_id, edge.register_id, edge.slot_at, edge.origin
),

change AS (
    SELECT usage_point_id, register_id, slot_at, origin, energy_wh, sign FROM plain
    UNION ALL
    SELECT
        usage_point_id,
        register_id,
        slot_at,
        origin,
        coalesce(energy_wh, 0) - coalesce(lag(energy_wh) OVER earlier, 0),
        num_nonnulls(energy_wh) - num_nonnulls(lag(energy_wh) OVER earlier)
    FROM whole
    WINDOW earlier AS (PARTITION BY usage_point_id, register_id, slot_at ORDER BY origin)
)

SELECT
    member.place_id,
    (extract(epoch FROM change.slot_at - %(start)s::timestamptz) / 1800)::integer AS slot,
    change.origin,
    coalesce(sum(change.sign) FILTER (WHERE change.register_id = %(import_id)s::smallint), 0)::integer
        AS usage_point_count,
    sum(CASE WHEN change.register_id = %(import_id)s::smallint THEN change.energy_wh ELSE -change.energy_wh END) * 2
        AS load_w
FROM change
JOIN member USING (usage_point_id)
WHERE change.slot_at >= %(start)s::timestamptz AND change.origin < cardinality(%(origins)s::timestamptz [])
GROUP BY member.place_id, change.slot_at, change.origin

-- name: runs_between
-- row: db.hindcast.Issue
-- Only those that say the same quantiles as the ones that they are compared with.
SELECT forecast_run_id, issued_at
FROM somel.forecast_run
WHERE
    issued_at >= %(start)s::timestamptz
    AND issued_at < %(end)s::timestamptz
    AND quantiles = %(quantiles)s::real []
ORDER BY forecast_run_id

-- name: issued_between
-- Read through binary COPY, the quantiles as rows of their own; ordinal 0 is the point.
SELECT
    forecast.forecast_run_id,
    forecast.place_id,
    (extract(epoch FROM forecast.valid_from - %(start)s::timestamptz) / 1800)::integer AS slot,
    said.ordinal::integer,
    said.load_w
FROM somel.forecast
CROSS JOIN LATERAL (
    SELECT quantile.ordinal, quantile.load_w
    FROM unnest(coalesce(forecast.base_quantile_load_w, forecast.quantile_load_w)) WITH ORDINALITY AS quantile (load_w, ordinal)
    UNION ALL
    SELECT 0, coalesce(forecast.base_load_w, forecast.load_w)::real
) AS said
WHERE
    forecast.place_id = ANY(%(place_ids)s::integer [])
    AND forecast.forecast_run_id = ANY(%(run_ids)s::bigint [])
    AND forecast.valid_from >= %(start)s::timestamptz
    AND forecast.valid_from < %(end)s::timestamptz
