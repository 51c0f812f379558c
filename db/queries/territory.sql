-- name: put_territory
INSERT INTO somel.place (level, code, name) VALUES ('territory', %(code)s, %(name)s)
ON CONFLICT (level, code) DO UPDATE SET name = excluded.name;

-- name: territory_codes
SELECT code FROM somel.place WHERE level = 'territory' ORDER BY code;

-- name: put_places
INSERT INTO somel.place (level, code, name)
SELECT %(level)s, put.code, put.name
FROM unnest(%(code)s::text [], %(name)s::text []) AS put (code, name)
ON CONFLICT (level, code) DO UPDATE SET name = excluded.name;

-- name: put_communes
INSERT INTO somel.commune (place_id, insee_code, population, centroid)
SELECT place.place_id, put.insee_code, put.population, ST_SetSRID(ST_MakePoint(put.lon, put.lat), 4326)
FROM unnest(%(insee_code)s::text [], %(population)s::integer [], %(lon)s::float8 [], %(lat)s::float8 [])
    AS put (insee_code, population, lon, lat)
JOIN somel.place ON place.level = 'commune' AND place.code = put.insee_code
ON CONFLICT (place_id) DO UPDATE SET population = excluded.population, centroid = excluded.centroid;

-- name: commune_codes
SELECT insee_code FROM somel.commune ORDER BY insee_code;

-- name: put_boundary
UPDATE somel.commune
SET boundary = mended.boundary
FROM (
    SELECT ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_SetSRID(ST_GeomFromGeoJSON(%(geometry)s), 4326)), 3)) AS boundary
) AS mended
WHERE insee_code = %(insee_code)s AND NOT ST_IsEmpty(mended.boundary);

-- name: put_substations
INSERT INTO somel.substation (place_id, location)
SELECT place.place_id, ST_SetSRID(ST_MakePoint(put.lon, put.lat), 4326)
FROM unnest(%(code)s::text [], %(lon)s::float8 [], %(lat)s::float8 []) AS put (code, lon, lat)
JOIN somel.place ON place.level = 'substation' AND place.code = put.code
ON CONFLICT (place_id) DO UPDATE SET location = excluded.location;

-- name: put_feeders
INSERT INTO somel.feeder (place_id, substation_place_id, nominal_voltage_v)
SELECT place.place_id, substation.place_id, put.nominal_voltage_v
FROM unnest(%(code)s::text [], %(substation_code)s::text [], %(nominal_voltage_v)s::integer [])
    AS put (code, substation_code, nominal_voltage_v)
JOIN somel.place ON place.level = 'feeder' AND place.code = put.code
JOIN somel.place AS substation ON substation.level = 'substation' AND substation.code = put.substation_code
ON CONFLICT (place_id) DO UPDATE SET
    substation_place_id = excluded.substation_place_id,
    nominal_voltage_v = excluded.nominal_voltage_v;

-- name: put_power_transformers
INSERT INTO somel.power_transformer (place_id, feeder_place_id, commune_place_id, rated_va, location)
SELECT
    place.place_id,
    feeder.place_id,
    commune.place_id,
    put.rated_va,
    ST_SetSRID(ST_MakePoint(put.lon, put.lat), 4326)
FROM unnest(
    %(code)s::text [],
    %(feeder_code)s::text [],
    %(insee_code)s::text [],
    %(rated_va)s::integer [],
    %(lon)s::float8 [],
    %(lat)s::float8 []
) AS put (code, feeder_code, insee_code, rated_va, lon, lat)
JOIN somel.place ON place.level = 'power_transformer' AND place.code = put.code
JOIN somel.place AS feeder ON feeder.level = 'feeder' AND feeder.code = put.feeder_code
JOIN somel.place AS commune ON commune.level = 'commune' AND commune.code = put.insee_code
ON CONFLICT (place_id) DO UPDATE SET
    feeder_place_id = excluded.feeder_place_id,
    commune_place_id = excluded.commune_place_id,
    rated_va = excluded.rated_va,
    location = excluded.location;

-- name: put_usage_points
WITH put AS MATERIALIZED (
    SELECT
        coalesce(
            known.usage_point_id,
            nextval(pg_get_serial_sequence('somel.usage_point', 'usage_point_id'))::integer
        ) AS usage_point_id,
        given.*,
        place.place_id AS power_transformer_place_id
    FROM unnest(
        %(prm)s::text [],
        %(power_transformer_code)s::text [],
        %(subscribed_va)s::integer [],
        %(tariff)s::text [],
        %(category)s::text [],
        %(interval_step_s)s::integer []
    ) AS given (prm, power_transformer_code, subscribed_va, tariff, category, interval_step_s)
    JOIN somel.place ON place.level = 'power_transformer' AND place.code = given.power_transformer_code
    LEFT JOIN personal.usage_point_identity AS known ON known.prm = given.prm
),
written AS (
    INSERT INTO somel.usage_point
    (usage_point_id, power_transformer_place_id, subscribed_va, tariff, category, interval_step_s)
    OVERRIDING SYSTEM VALUE
    SELECT usage_point_id, power_transformer_place_id, subscribed_va, tariff, category, interval_step_s
    FROM put
    ON CONFLICT (usage_point_id) DO UPDATE SET
        power_transformer_place_id = excluded.power_transformer_place_id,
        subscribed_va = excluded.subscribed_va,
        tariff = excluded.tariff,
        category = excluded.category,
        interval_step_s = excluded.interval_step_s
)
INSERT INTO personal.usage_point_identity (usage_point_id, prm)
SELECT usage_point_id, prm FROM put
ON CONFLICT (usage_point_id) DO UPDATE SET prm = excluded.prm;

-- name: put_gateways
INSERT INTO somel.gateway (name, shard)
SELECT put.name, put.shard FROM unnest(%(name)s::text [], %(shard)s::smallint []) AS put (name, shard)
ON CONFLICT (name) DO UPDATE SET shard = excluded.shard;

-- name: put_end_devices
INSERT INTO somel.end_device (name, kind, gateway_id, usage_point_id)
SELECT put.name, put.kind, gateway.gateway_id, identity.usage_point_id
FROM unnest(%(name)s::text [], %(kind)s::text [], %(gateway_name)s::text [], %(prm)s::text [])
    AS put (name, kind, gateway_name, prm)
JOIN somel.gateway ON gateway.name = put.gateway_name
JOIN personal.usage_point_identity AS identity ON identity.prm = put.prm
ON CONFLICT (name) DO UPDATE SET
    kind = excluded.kind,
    gateway_id = excluded.gateway_id,
    usage_point_id = excluded.usage_point_id;

-- name: put_resources
INSERT INTO somel.resource (end_device_id, rated_power_w)
SELECT end_device.end_device_id, put.rated_power_w
FROM unnest(%(name)s::text [], %(rated_power_w)s::integer []) AS put (name, rated_power_w)
JOIN somel.end_device ON end_device.name = put.name
ON CONFLICT (end_device_id) DO UPDATE SET rated_power_w = excluded.rated_power_w;

-- name: analyze_network
ANALYZE
somel.place,
somel.commune,
somel.substation,
somel.feeder,
somel.power_transformer,
somel.usage_point,
somel.gateway,
somel.end_device,
somel.resource;
