-- name: usage_point_latest
-- row: db.latest.LatestValue
SELECT
    register.name AS register,
    register.unit,
    newest.at,
    newest.step_s,
    newest.value,
    newest.quality,
    newest.known_at
FROM somel.register
CROSS JOIN LATERAL (
    SELECT value.*
    FROM (
        (
            SELECT start_at AS at, step_s, value::double precision AS value, quality, known_at
            FROM somel.interval_reading
            WHERE
                interval_reading.usage_point_id = %(usage_point_id)s::integer
                AND interval_reading.register_id = register.register_id
                AND register.kind = 'interval'
                AND (%(as_of)s::timestamptz IS NULL OR known_at <= %(as_of)s::timestamptz)
            ORDER BY start_at DESC
            LIMIT 1
        )
        UNION ALL
        (
            SELECT start_at, step_s, value::double precision, quality, known_at
            FROM somel.interval_reading_revision AS revision
            WHERE
                revision.usage_point_id = %(usage_point_id)s::integer
                AND revision.register_id = register.register_id
                AND register.kind = 'interval'
                AND known_at <= %(as_of)s::timestamptz
                AND replaced_at > %(as_of)s::timestamptz
            ORDER BY start_at DESC
            LIMIT 1
        )
        UNION ALL
        (
            SELECT read_at, NULL::integer, value, quality, known_at
            FROM somel.reading
            WHERE
                reading.usage_point_id = %(usage_point_id)s::integer
                AND reading.register_id = register.register_id
                AND register.kind <> 'interval'
                AND (%(as_of)s::timestamptz IS NULL OR known_at <= %(as_of)s::timestamptz)
            ORDER BY read_at DESC
            LIMIT 1
        )
        UNION ALL
        (
            SELECT read_at, NULL::integer, value, quality, known_at
            FROM somel.reading_revision AS revision
            WHERE
                revision.usage_point_id = %(usage_point_id)s::integer
                AND revision.register_id = register.register_id
                AND register.kind <> 'interval'
                AND known_at <= %(as_of)s::timestamptz
                AND replaced_at > %(as_of)s::timestamptz
            ORDER BY read_at DESC
            LIMIT 1
        )
    ) AS value
    ORDER BY value.at DESC
    LIMIT 1
) AS newest
ORDER BY register.register_id

-- name: place_latest
-- row: db.load.PlaceSlot
SELECT
    day.start_at,
    (day.import_wh - day.export_wh) * 2 AS load_w,
    day.import_wh,
    day.export_wh,
    day.usage_point_count,
    day.estimated_count
FROM (
    SELECT slot.*, max(slot.usage_point_count) OVER () AS fullest
    FROM (
        SELECT start_at, import_wh, export_wh, usage_point_count, estimated_count
        FROM somel.place_interval
        WHERE place_interval.place_id = %(place_id)s::integer
        ORDER BY start_at DESC
        LIMIT 48
    ) AS slot
) AS day
WHERE day.usage_point_count >= 0.9 * day.fullest
ORDER BY day.start_at DESC
LIMIT 1
