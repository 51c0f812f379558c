-- name: list_places
-- row: db.places.Place
-- A place's latest load is its newest slot that is nearly whole: nine tenths of the fullest of its last 48. While a slot is
-- still arriving, its sum would look like a fall in load.
WITH link AS (
    SELECT substation_place_id AS parent_id, place_id AS child_id FROM somel.feeder
    UNION ALL
    SELECT feeder_place_id, place_id FROM somel.power_transformer
    UNION ALL
    SELECT commune_place_id, place_id FROM somel.power_transformer
    UNION ALL
    SELECT whole.place_id, part.place_id
    FROM somel.place AS whole
    JOIN somel.place AS part ON part.level IN ('substation', 'commune')
    WHERE whole.level = 'territory'
),

page AS (
    SELECT place.place_id, place.level, place.code, place.name
    FROM somel.place
    WHERE
        (%(level)s::text IS NULL OR place.level = %(level)s::text)
        AND (
            %(within_id)s::integer IS NULL
            OR place.place_id IN (SELECT link.child_id FROM link WHERE link.parent_id = %(within_id)s::integer)
        )
        AND (place.level, place.code) > (%(after_level)s::text, %(after_code)s::text)
    ORDER BY place.level, place.code
    LIMIT %(limit)s::integer
)

SELECT
    page.place_id,
    page.level,
    page.code,
    page.name,
    latest.start_at AS latest_start_at,
    latest.load_w AS latest_load_w,
    latest.usage_point_count AS latest_usage_point_count
FROM page
LEFT JOIN LATERAL (
    SELECT day.start_at, (day.import_wh - day.export_wh) * 2 AS load_w, day.usage_point_count
    FROM (
        SELECT slot.*, max(slot.usage_point_count) OVER () AS fullest
        FROM (
            SELECT start_at, import_wh, export_wh, usage_point_count
            FROM somel.place_interval
            WHERE place_interval.place_id = page.place_id
            ORDER BY start_at DESC
            LIMIT 48
        ) AS slot
    ) AS day
    WHERE day.usage_point_count >= 0.9 * day.fullest
    ORDER BY day.start_at DESC
    LIMIT 1
) AS latest ON TRUE
ORDER BY page.level, page.code

-- name: find_place_id
SELECT place_id FROM somel.place WHERE level = %(level)s::text AND code = %(code)s::text

-- name: find_place
-- row: db.places.PlaceDetail
SELECT
    place.place_id,
    place.level,
    place.code,
    place.name,
    commune.population,
    feeder.nominal_voltage_v,
    power_transformer.rated_va,
    (
        SELECT count(*)
        FROM somel.usage_point
        JOIN somel.power_transformer AS supply ON supply.place_id = usage_point.power_transformer_place_id
        JOIN somel.feeder AS above ON above.place_id = supply.feeder_place_id
        WHERE
            place.level = 'territory'
            OR place.place_id IN (
                supply.place_id, supply.feeder_place_id, supply.commune_place_id, above.substation_place_id
            )
    ) AS usage_point_count,
    EXISTS (SELECT FROM somel.forecast WHERE forecast.place_id = place.place_id) AS has_forecast,
    CASE place.level
        WHEN 'commune' THEN st_asgeojson(coalesce(commune.boundary, commune.centroid), 6)::jsonb
        WHEN 'substation' THEN st_asgeojson(substation.location, 6)::jsonb
        WHEN 'power_transformer' THEN st_asgeojson(power_transformer.location, 6)::jsonb
        WHEN 'feeder' THEN (
            SELECT st_asgeojson(st_collect(supplied.location ORDER BY supplied.place_id), 6)::jsonb
            FROM somel.power_transformer AS supplied
            WHERE supplied.feeder_place_id = place.place_id
        )
    END AS geometry
FROM somel.place
LEFT JOIN somel.commune ON commune.place_id = place.place_id
LEFT JOIN somel.substation ON substation.place_id = place.place_id
LEFT JOIN somel.feeder ON feeder.place_id = place.place_id
LEFT JOIN somel.power_transformer ON power_transformer.place_id = place.place_id
WHERE place.level = %(level)s::text AND place.code = %(code)s::text

-- name: parents_of
-- row: db.places.PlaceName
WITH parent AS (
    SELECT substation_place_id AS place_id FROM somel.feeder WHERE feeder.place_id = %(place_id)s::integer
    UNION ALL
    SELECT feeder_place_id FROM somel.power_transformer WHERE power_transformer.place_id = %(place_id)s::integer
    UNION ALL
    SELECT commune_place_id FROM somel.power_transformer WHERE power_transformer.place_id = %(place_id)s::integer
    UNION ALL
    SELECT whole.place_id
    FROM somel.place AS part
    JOIN somel.place AS whole ON whole.level = 'territory'
    WHERE part.place_id = %(place_id)s::integer AND part.level IN ('substation', 'commune')
)

SELECT place.level, place.code, place.name
FROM parent
JOIN somel.place USING (place_id)
ORDER BY place.level, place.code

-- name: communes
-- row: db.places.Commune
SELECT
    commune.insee_code,
    place.name,
    commune.population,
    commune.boundary IS NOT NULL AS has_boundary,
    st_asgeojson(coalesce(commune.boundary, commune.centroid), 5)::jsonb AS geometry,
    st_x(commune.centroid) AS centroid_lon,
    st_y(commune.centroid) AS centroid_lat
FROM somel.commune
JOIN somel.place USING (place_id)
ORDER BY commune.insee_code

-- name: usage_points
-- row: db.places.UsagePoint
SELECT
    usage_point.usage_point_key,
    transformer.code AS power_transformer_code,
    usage_point.subscribed_va,
    usage_point.tariff,
    usage_point.category,
    usage_point.interval_step_s
FROM somel.usage_point
JOIN somel.power_transformer AS supply ON supply.place_id = usage_point.power_transformer_place_id
JOIN somel.feeder ON feeder.place_id = supply.feeder_place_id
JOIN somel.place AS transformer ON transformer.place_id = supply.place_id
WHERE
    (
        %(place_id)s::integer IS NULL
        OR %(place_id)s::integer IN (
            supply.place_id, supply.feeder_place_id, supply.commune_place_id, feeder.substation_place_id
        )
    )
    AND usage_point.usage_point_key > %(after)s::uuid
ORDER BY usage_point.usage_point_key
LIMIT %(limit)s::integer
