-- name: list_resources
-- row: db.resources.Resource
-- Of all, of one place or of one name, by name. The newest consent is told, whether it holds or not.
SELECT
    resource.end_device_id,
    end_device.name,
    end_device.kind,
    usage_point.usage_point_key,
    usage_point.usage_point_id,
    transformer.code AS power_transformer_code,
    resource.rated_power_w,
    resource.enrolled_at,
    consent.text_version AS consent_version,
    consent.given_at AS consent_given_at,
    consent.withdrawn_at AS consent_withdrawn_at,
    said.reported_at,
    said.energy_needed_wh,
    said.max_power_w,
    said.available_from,
    said.ready_by,
    resource_state.reported_at AS state_at,
    resource_state.energy_wh,
    resource_state.temperature_degc,
    call_limit.calls_per_day,
    call_limit.calls_per_week,
    call_limit.calls_per_season,
    call_limit.rest_s,
    coalesce(
        to_jsonb(hot_water_tank) - 'end_device_id', to_jsonb(ev_charger) - 'end_device_id',
        to_jsonb(battery) - 'end_device_id', to_jsonb(heat_pump) - 'end_device_id'
    ) AS parameters
FROM somel.resource
JOIN somel.end_device USING (end_device_id)
JOIN somel.usage_point USING (usage_point_id)
JOIN somel.power_transformer AS supply ON supply.place_id = usage_point.power_transformer_place_id
JOIN somel.feeder ON feeder.place_id = supply.feeder_place_id
JOIN somel.place AS transformer ON transformer.place_id = supply.place_id
LEFT JOIN somel.resource_state USING (end_device_id)
LEFT JOIN somel.call_limit USING (end_device_id)
LEFT JOIN somel.hot_water_tank USING (end_device_id)
LEFT JOIN somel.ev_charger USING (end_device_id)
LEFT JOIN somel.battery USING (end_device_id)
LEFT JOIN somel.heat_pump USING (end_device_id)
LEFT JOIN LATERAL (
    SELECT newest.text_version, newest.given_at, newest.withdrawn_at
    FROM somel.consent AS newest
    WHERE newest.end_device_id = resource.end_device_id AND newest.purpose = 'grid'
    ORDER BY newest.consent_id DESC
    LIMIT 1
) AS consent ON TRUE
LEFT JOIN LATERAL (
    SELECT
        newest.reported_at, newest.energy_needed_wh, newest.max_power_w, newest.available_from, newest.ready_by
    FROM somel.flexibility AS newest
    WHERE newest.end_device_id = resource.end_device_id AND newest.reported_at <= %(now)s
    ORDER BY newest.reported_at DESC
    LIMIT 1
) AS said ON TRUE
WHERE
    end_device.name > %(after)s
    AND (%(only_name)s::text IS NULL OR end_device.name = %(only_name)s::text)
    AND (%(kind)s::text IS NULL OR end_device.kind = %(kind)s::text)
    AND (
        %(place_id)s::integer IS NULL
        OR %(place_id)s::integer IN (
            supply.place_id, supply.feeder_place_id, supply.commune_place_id, feeder.substation_place_id
        )
    )
ORDER BY end_device.name
LIMIT %(limit)s::integer

-- name: consents_of
-- row: db.resources.Consent
SELECT
    consent_id,
    purpose,
    text_version,
    given_at,
    given_by,
    given_how,
    proof,
    withdrawn_at,
    withdrawn_by,
    withdrawn_how
FROM somel.consent
WHERE end_device_id = %(end_device_id)s
ORDER BY consent_id DESC

-- name: end_consent
-- One that is given by a clock ahead of `now` ends when it began.
UPDATE somel.consent
SET withdrawn_at = greatest(%(now)s, given_at), withdrawn_by = %(actor)s, withdrawn_how = %(how)s
WHERE end_device_id = %(end_device_id)s AND purpose = 'grid' AND withdrawn_at IS NULL
RETURNING consent_id

-- name: insert_consent
INSERT INTO somel.consent (end_device_id, purpose, text_version, given_at, given_by, given_how, proof)
VALUES (%(end_device_id)s, 'grid', %(text_version)s, %(now)s, %(actor)s, %(how)s, %(proof)s)
RETURNING consent_id

-- name: mark_withdrawn
UPDATE somel.resource
SET withdrawn_at = greatest(%(withdrawn_at)s::timestamptz, enrolled_at)
WHERE end_device_id = %(end_device_id)s

-- name: mark_taking_part
UPDATE somel.resource
SET withdrawn_at = NULL
WHERE end_device_id = %(end_device_id)s

-- name: put_state
-- What is older than what is known is left out.
INSERT INTO somel.resource_state AS kept (end_device_id, reported_at, energy_wh, temperature_degc)
VALUES (%(end_device_id)s, %(reported_at)s, %(energy_wh)s, %(temperature_degc)s)
ON CONFLICT (end_device_id) DO UPDATE SET
    reported_at = excluded.reported_at,
    energy_wh = excluded.energy_wh,
    temperature_degc = excluded.temperature_degc
WHERE kept.reported_at <= excluded.reported_at

-- name: parameters_of
-- row: db.resources.StoredParameters
SELECT
    end_device.end_device_id,
    end_device.kind,
    coalesce(
        to_jsonb(hot_water_tank) - 'end_device_id', to_jsonb(ev_charger) - 'end_device_id',
        to_jsonb(battery) - 'end_device_id', to_jsonb(heat_pump) - 'end_device_id'
    ) AS parameters,
    resource_state.reported_at,
    resource_state.energy_wh,
    resource_state.temperature_degc
FROM somel.end_device
LEFT JOIN somel.hot_water_tank USING (end_device_id)
LEFT JOIN somel.ev_charger USING (end_device_id)
LEFT JOIN somel.battery USING (end_device_id)
LEFT JOIN somel.heat_pump USING (end_device_id)
LEFT JOIN somel.resource_state USING (end_device_id)
WHERE
    end_device.end_device_id = ANY(%(end_device_ids)s::integer [])
    AND num_nonnulls(
        hot_water_tank.end_device_id, ev_charger.end_device_id, battery.end_device_id, heat_pump.end_device_id
    ) > 0
ORDER BY end_device.end_device_id

-- name: end_device_ids
-- row: db.resources.NamedResource
SELECT end_device.name, end_device.end_device_id
FROM somel.end_device
JOIN somel.resource USING (end_device_id)
WHERE end_device.name = ANY(%(names)s::text [])

-- name: put_water_heater
INSERT INTO somel.hot_water_tank (
    end_device_id, volume_m3, floor_degc, set_degc, ceiling_degc, loss_w_per_k, is_off_peak_switched
)
VALUES (
    %(end_device_id)s, %(volume_m3)s, %(floor_degc)s, %(set_degc)s, %(ceiling_degc)s, %(loss_w_per_k)s,
    %(is_off_peak_switched)s
)
ON CONFLICT (end_device_id) DO UPDATE SET
    volume_m3 = excluded.volume_m3,
    floor_degc = excluded.floor_degc,
    set_degc = excluded.set_degc,
    ceiling_degc = excluded.ceiling_degc,
    loss_w_per_k = excluded.loss_w_per_k,
    is_off_peak_switched = excluded.is_off_peak_switched

-- name: put_ev_charger
INSERT INTO somel.ev_charger (
    end_device_id, battery_capacity_wh, min_energy_wh, departure_energy_wh, efficiency_ratio, discharge_power_w
)
VALUES (
    %(end_device_id)s, %(battery_capacity_wh)s, %(min_energy_wh)s, %(departure_energy_wh)s, %(efficiency_ratio)s,
    %(discharge_power_w)s
)
ON CONFLICT (end_device_id) DO UPDATE SET
    battery_capacity_wh = excluded.battery_capacity_wh,
    min_energy_wh = excluded.min_energy_wh,
    departure_energy_wh = excluded.departure_energy_wh,
    efficiency_ratio = excluded.efficiency_ratio,
    discharge_power_w = excluded.discharge_power_w

-- name: put_battery
INSERT INTO somel.battery (
    end_device_id, capacity_wh, min_energy_wh, max_energy_wh, charge_power_w, discharge_power_w, efficiency_ratio
)
VALUES (
    %(end_device_id)s, %(capacity_wh)s, %(min_energy_wh)s, %(max_energy_wh)s, %(charge_power_w)s,
    %(discharge_power_w)s, %(efficiency_ratio)s
)
ON CONFLICT (end_device_id) DO UPDATE SET
    capacity_wh = excluded.capacity_wh,
    min_energy_wh = excluded.min_energy_wh,
    max_energy_wh = excluded.max_energy_wh,
    charge_power_w = excluded.charge_power_w,
    discharge_power_w = excluded.discharge_power_w,
    efficiency_ratio = excluded.efficiency_ratio

-- name: put_heat_pump
INSERT INTO somel.heat_pump (
    end_device_id, thermal_capacity_wh_per_k, loss_w_per_k, comfort_min_degc, comfort_max_degc, cop_ratio
)
VALUES (
    %(end_device_id)s, %(thermal_capacity_wh_per_k)s, %(loss_w_per_k)s, %(comfort_min_degc)s, %(comfort_max_degc)s,
    %(cop_ratio)s
)
ON CONFLICT (end_device_id) DO UPDATE SET
    thermal_capacity_wh_per_k = excluded.thermal_capacity_wh_per_k,
    loss_w_per_k = excluded.loss_w_per_k,
    comfort_min_degc = excluded.comfort_min_degc,
    comfort_max_degc = excluded.comfort_max_degc,
    cop_ratio = excluded.cop_ratio

-- name: resources_at
-- row: db.resources.NamedResource
SELECT end_device.name, resource.end_device_id
FROM somel.resource
JOIN somel.end_device USING (end_device_id)
WHERE end_device.usage_point_id = %(usage_point_id)s
ORDER BY end_device.name
