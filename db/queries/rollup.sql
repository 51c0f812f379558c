-- name: take_turn
SELECT pg_try_advisory_xact_lock(%(lock)s) AS taken;

-- name: allow_memory
SET LOCAL work_mem = '64MB';

-- Deleted first and summed afterwards: what another worker commits in between is summed too, and its own mark, which
-- this statement did not see, stays for the next time.

-- name: take_pending
WITH taken AS (
    DELETE FROM somel.rollup_pending
    WHERE rollup_pending_id IN (
        SELECT rollup_pending_id FROM somel.rollup_pending ORDER BY rollup_pending_id LIMIT %(limit)s
    )
    RETURNING power_transformer_place_id, start_at, end_at
)
SELECT
    power_transformer_place_id,
    lower(span) AS start_at,
    upper(span) AS end_at,
    (SELECT count(*) FROM taken) AS taken_count
FROM (
    SELECT power_transformer_place_id, unnest(range_agg(tstzrange(start_at, end_at))) AS span
    FROM taken
    GROUP BY power_transformer_place_id
) AS spans
ORDER BY power_transformer_place_id, start_at;

-- A half-hour value stands for its slot. Without one, shorter values count when they cover the slot exactly once, and an
-- hour is divided between its two slots: half of a slot is not known, an overlap is not believed. OFFSET 0 makes the
-- planner look up each usage point's span in the index, however many readings there are.

-- name: sum_transformers
WITH span AS MATERIALIZED (
    SELECT *
    FROM unnest(%(power_transformer_place_id)s::integer [], %(start_at)s::timestamptz [], %(end_at)s::timestamptz [])
        AS span (place_id, start_at, end_at)
),
known AS MATERIALIZED (
    SELECT
        span.place_id,
        span.start_at AS span_start_at,
        span.end_at AS span_end_at,
        reading.*
    FROM span
    JOIN somel.usage_point ON usage_point.power_transformer_place_id = span.place_id
    CROSS JOIN LATERAL (
        SELECT usage_point_id, register_id, quality, step_s, start_at, value
        FROM somel.interval_reading AS reading
        WHERE
            reading.usage_point_id = usage_point.usage_point_id
            AND reading.register_id IN (%(import_id)s, %(export_id)s)
            AND reading.quality IN (0, 2)
            AND reading.start_at >= span.start_at - INTERVAL '30 minutes'
            AND reading.start_at < span.end_at
            AND reading.start_at >= %(first_at)s::timestamptz - INTERVAL '30 minutes'
            AND reading.start_at < %(last_at)s
        OFFSET 0
    ) AS reading
),
part AS (
    SELECT
        known.place_id,
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
    WHERE known.step_s <> 1800 AND half.slot_at >= known.span_start_at AND half.slot_at < known.span_end_at
),
whole AS (
    SELECT place_id, register_id, quality, start_at AS slot_at, value::double precision AS energy_wh
    FROM known
    WHERE step_s = 1800 AND start_at >= span_start_at
    UNION ALL
    SELECT place_id, register_id, max(quality), slot_at, sum(energy_wh)
    FROM part
    WHERE NOT EXISTS (
        SELECT FROM somel.interval_reading AS reading
        WHERE
            reading.usage_point_id = part.usage_point_id
            AND reading.register_id = part.register_id
            AND reading.start_at = part.slot_at
            AND reading.step_s = 1800
            AND reading.quality IN (0, 2)
    )
    GROUP BY place_id, usage_point_id, register_id, slot_at
    HAVING sum(covered_s) = 1800
),
total AS MATERIALIZED (
    SELECT
        place_id,
        slot_at,
        count(*) FILTER (WHERE register_id = %(import_id)s) AS usage_point_count,
        count(*) FILTER (WHERE register_id = %(import_id)s AND quality = 2) AS estimated_count,
        coalesce(sum(energy_wh) FILTER (WHERE register_id = %(import_id)s), 0) AS import_wh,
        coalesce(sum(energy_wh) FILTER (WHERE register_id = %(export_id)s), 0) AS export_wh
    FROM whole
    GROUP BY place_id, slot_at
),
written AS (
    INSERT INTO somel.place_interval AS kept
    (place_id, usage_point_count, estimated_count, start_at, computed_at, import_wh, export_wh)
    SELECT place_id, usage_point_count, estimated_count, slot_at, %(now)s, import_wh, export_wh
    FROM total
    ON CONFLICT (place_id, start_at) DO UPDATE SET
        usage_point_count = excluded.usage_point_count,
        estimated_count = excluded.estimated_count,
        computed_at = excluded.computed_at,
        import_wh = excluded.import_wh,
        export_wh = excluded.export_wh
    WHERE
        (kept.usage_point_count, kept.estimated_count, kept.import_wh, kept.export_wh)
        IS DISTINCT FROM
        (excluded.usage_point_count, excluded.estimated_count, excluded.import_wh, excluded.export_wh)
),
vanished AS (
    DELETE FROM somel.place_interval AS kept
    USING span
    WHERE
        kept.place_id = span.place_id
        AND kept.start_at >= span.start_at
        AND kept.start_at < span.end_at
        AND kept.start_at >= %(first_at)s
        AND kept.start_at < %(last_at)s
        AND NOT EXISTS (SELECT FROM total WHERE total.place_id = kept.place_id AND total.slot_at = kept.start_at)
)
SELECT count(*) AS slot_count FROM total;

-- name: sum_upper_places
WITH membership AS MATERIALIZED (
    SELECT power_transformer.place_id AS power_transformer_place_id, upper_place.place_id
    FROM somel.power_transformer
    JOIN somel.feeder ON feeder.place_id = power_transformer.feeder_place_id
    CROSS JOIN LATERAL (
        SELECT feeder.place_id
        UNION ALL
        SELECT feeder.substation_place_id
        UNION ALL
        SELECT power_transformer.commune_place_id
        UNION ALL
        SELECT place.place_id FROM somel.place WHERE place.level = 'territory'
    ) AS upper_place
),
span AS MATERIALIZED (
    SELECT place_id, lower(span) AS start_at, upper(span) AS end_at
    FROM (
        SELECT membership.place_id, unnest(range_agg(tstzrange(changed.start_at, changed.end_at))) AS span
        FROM unnest(
            %(power_transformer_place_id)s::integer [], %(start_at)s::timestamptz [], %(end_at)s::timestamptz []
        ) AS changed (power_transformer_place_id, start_at, end_at)
        JOIN membership USING (power_transformer_place_id)
        GROUP BY membership.place_id
    ) AS spans
),
total AS MATERIALIZED (
    SELECT
        span.place_id,
        part.start_at AS slot_at,
        sum(part.usage_point_count) AS usage_point_count,
        sum(part.estimated_count) AS estimated_count,
        sum(part.import_wh) AS import_wh,
        sum(part.export_wh) AS export_wh
    FROM span
    JOIN membership USING (place_id)
    CROSS JOIN LATERAL (
        SELECT start_at, usage_point_count, estimated_count, import_wh, export_wh
        FROM somel.place_interval
        WHERE
            place_interval.place_id = membership.power_transformer_place_id
            AND place_interval.start_at >= span.start_at
            AND place_interval.start_at < span.end_at
            AND place_interval.start_at >= %(first_at)s
            AND place_interval.start_at < %(last_at)s
        OFFSET 0
    ) AS part
    GROUP BY span.place_id, part.start_at
),
written AS (
    INSERT INTO somel.place_interval AS kept
    (place_id, usage_point_count, estimated_count, start_at, computed_at, import_wh, export_wh)
    SELECT place_id, usage_point_count, estimated_count, slot_at, %(now)s, import_wh, export_wh
    FROM total
    ON CONFLICT (place_id, start_at) DO UPDATE SET
        usage_point_count = excluded.usage_point_count,
        estimated_count = excluded.estimated_count,
        computed_at = excluded.computed_at,
        import_wh = excluded.import_wh,
        export_wh = excluded.export_wh
    WHERE
        (kept.usage_point_count, kept.estimated_count, kept.import_wh, kept.export_wh)
        IS DISTINCT FROM
        (excluded.usage_point_count, excluded.estimated_count, excluded.import_wh, excluded.export_wh)
),
vanished AS (
    DELETE FROM somel.place_interval AS kept
    USING span
    WHERE
        kept.place_id = span.place_id
        AND kept.start_at >= span.start_at
        AND kept.start_at < span.end_at
        AND kept.start_at >= %(first_at)s
        AND kept.start_at < %(last_at)s
        AND NOT EXISTS (SELECT FROM total WHERE total.place_id = kept.place_id AND total.slot_at = kept.start_at)
)
SELECT count(*) AS slot_count FROM total;
