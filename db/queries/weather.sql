-- name: list_weather_points
-- row: db.weather.WeatherPoint
SELECT
    weather_point_id,
    name,
    ST_Y(location) AS latitude_deg,
    ST_X(location) AS longitude_deg
FROM somel.weather_point
ORDER BY weather_point_id

-- name: insert_weather_point
INSERT INTO somel.weather_point (name, location)
VALUES (%(name)s, ST_SetSRID(ST_MakePoint(%(longitude_deg)s::double precision, %(latitude_deg)s::double precision), 4326))
ON CONFLICT (name) DO NOTHING

-- name: middle_of_communes
-- row: db.weather.Coordinates
SELECT
    ST_Y(middle.location) AS latitude_deg,
    ST_X(middle.location) AS longitude_deg
FROM (SELECT ST_Centroid(ST_Collect(centroid)) AS location FROM somel.commune) AS middle
WHERE middle.location IS NOT NULL

-- name: insert_weather
-- Says of each row whether it is new; where it is not, the stored one stays.
WITH told AS (
    SELECT told.*
    FROM
        unnest(
            %(weather_point_id)s::integer [], %(valid_at)s::timestamptz [], %(known_at)s::timestamptz [],
            %(temperature_degc)s::real [], %(wind_speed_m_s)s::real [], %(irradiance_w_m2)s::real [],
            %(cloud_cover_ratio)s::real []
        ) AS told (
            weather_point_id, valid_at, known_at, temperature_degc, wind_speed_m_s, irradiance_w_m2, cloud_cover_ratio
        )
),

stored AS (
    INSERT INTO somel.weather_forecast (
        weather_point_id, valid_at, known_at, source, temperature_degc, wind_speed_m_s, irradiance_w_m2, cloud_cover_ratio
    )
    SELECT
        told.weather_point_id,
        told.valid_at,
        told.known_at,
        %(source)s::text,
        told.temperature_degc,
        told.wind_speed_m_s,
        told.irradiance_w_m2,
        told.cloud_cover_ratio
    FROM told
    ON CONFLICT DO NOTHING
    RETURNING weather_point_id
),

before AS (
    SELECT
        ROW(
            told.temperature_degc, told.wind_speed_m_s, told.irradiance_w_m2, told.cloud_cover_ratio
        ) IS NOT DISTINCT FROM ROW(
            known.temperature_degc, known.wind_speed_m_s, known.irradiance_w_m2, known.cloud_cover_ratio
        ) AS is_same
    FROM told
    JOIN somel.weather_forecast AS known USING (weather_point_id, valid_at, known_at)
    WHERE known.source = %(source)s::text
)

SELECT
    (SELECT count(*) FROM stored) AS stored,
    (SELECT count(*) FROM before WHERE is_same) AS duplicate,
    (SELECT count(*) FROM before WHERE NOT is_same) AS contradicted

-- name: newest_known_at
-- Of the point that was heard of least lately; null when of one nothing ever was.
SELECT CASE WHEN bool_and(newest.known_at IS NOT NULL) THEN min(newest.known_at) END AS known_at
FROM somel.weather_point
CROSS JOIN LATERAL (
    SELECT max(weather_forecast.known_at) AS known_at
    FROM somel.weather_forecast
    WHERE
        weather_forecast.weather_point_id = weather_point.weather_point_id
        AND weather_forecast.source = %(source)s::text
        AND weather_forecast.known_at <= %(as_of)s::timestamptz
) AS newest

-- name: weather_as_of
-- Of each hour the newest that was known by its own moment; where there is none, the oldest known by as_of, which is
-- hindsight. The first column is the number of the hour in the arrays, from 0.
SELECT
    (asked.number - 1)::integer AS hour,
    known.known_at AS known_us,
    (known.known_at > asked.known_by)::integer AS is_hindsight,
    coalesce(known.temperature_degc, 'NaN') AS temperature_degc,
    coalesce(known.wind_speed_m_s, 'NaN') AS wind_speed_m_s,
    coalesce(known.irradiance_w_m2, 'NaN') AS irradiance_w_m2,
    coalesce(known.cloud_cover_ratio, 'NaN') AS cloud_cover_ratio
FROM unnest(%(valid_at)s::timestamptz [], %(known_by)s::timestamptz []) WITH ORDINALITY AS asked (valid_at, known_by, number)
JOIN LATERAL (
    SELECT weather_forecast.*
    FROM somel.weather_forecast
    WHERE
        weather_forecast.weather_point_id = %(weather_point_id)s::integer
        AND weather_forecast.valid_at = asked.valid_at
        AND weather_forecast.known_at <= %(as_of)s::timestamptz
    ORDER BY
        weather_forecast.known_at > asked.known_by,
        abs(extract(EPOCH FROM weather_forecast.known_at - asked.known_by)),
        weather_forecast.source
    LIMIT 1
) AS known ON TRUE

-- name: source_of
SELECT source
FROM somel.weather_forecast
WHERE
    weather_point_id = %(weather_point_id)s::integer
    AND valid_at >= %(start)s
    AND valid_at < %(end)s
    AND known_at > %(known_at)s::timestamptz - INTERVAL '1 second'
    AND known_at <= %(known_at)s::timestamptz
ORDER BY known_at DESC, source
LIMIT 1

-- name: points_of_places
-- row: db.weather.PointOfPlace
-- A place lies where it stands, else in the middle of its transformers; the territory in the middle of its communes.
WITH transformer AS (
    SELECT
        power_transformer.place_id,
        power_transformer.feeder_place_id,
        feeder.substation_place_id,
        coalesce(power_transformer.location, commune.centroid) AS location
    FROM somel.power_transformer
    JOIN somel.feeder ON feeder.place_id = power_transformer.feeder_place_id
    JOIN somel.commune ON commune.place_id = power_transformer.commune_place_id
),

located AS (
    SELECT place_id, location FROM transformer
    UNION ALL
    SELECT place_id, centroid FROM somel.commune
    UNION ALL
    SELECT feeder_place_id, ST_Centroid(ST_Collect(location)) FROM transformer GROUP BY feeder_place_id
    UNION ALL
    SELECT substation.place_id, coalesce(substation.location, middle.location)
    FROM somel.substation
    LEFT JOIN (
        SELECT substation_place_id, ST_Centroid(ST_Collect(location)) AS location
        FROM transformer
        GROUP BY substation_place_id
    ) AS middle ON middle.substation_place_id = substation.place_id
    UNION ALL
    SELECT place.place_id, middle.location
    FROM somel.place
    CROSS JOIN (SELECT ST_Centroid(ST_Collect(centroid)) AS location FROM somel.commune) AS middle
    WHERE place.level = 'territory'
)

SELECT located.place_id, nearest.weather_point_id
FROM located
JOIN LATERAL (
    SELECT weather_point.weather_point_id, ST_DistanceSphere(weather_point.location, located.location) AS distance_m
    FROM somel.weather_point
    ORDER BY distance_m, weather_point.weather_point_id
    LIMIT 1
) AS nearest ON nearest.distance_m <= %(most_m)s::double precision
ORDER BY located.place_id

-- name: insert_forecast_weather
INSERT INTO somel.forecast_weather (forecast_run_id, place_id, weather_point_id, source, known_at, known_then_ratio)
SELECT %(forecast_run_id)s, used.*
FROM
    unnest(
        %(place_id)s::integer [], %(weather_point_id)s::integer [], %(source)s::text [], %(known_at)s::timestamptz [],
        %(known_then_ratio)s::real []
    ) AS used

-- name: weather_of_forecast
-- row: db.weather.ForecastWeather
SELECT
    place_id,
    weather_point_id,
    source,
    known_at,
    known_then_ratio
FROM somel.forecast_weather
WHERE forecast_run_id = %(forecast_run_id)s AND place_id = %(place_id)s
