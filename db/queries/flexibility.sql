-- name: store_flexibility
-- row: db.flexibility.StoredReport
WITH known AS (
    SELECT
        resource.end_device_id,
        report.reported_at,
        report.energy_needed_wh,
        report.max_power_w,
        report.available_from,
        report.ready_by,
        report.position
    FROM unnest(
        %(gateway_ids)s::integer[],
        %(resource_names)s::text[],
        %(reported_at)s::timestamptz[],
        %(energies_needed_wh)s::integer[],
        %(max_powers_w)s::integer[],
        %(available_from)s::timestamptz[],
        %(ready_by)s::timestamptz[]
    ) WITH ORDINALITY
    AS report (
        gateway_id, resource_name, reported_at, energy_needed_wh, max_power_w, available_from, ready_by, position
    )
    JOIN somel.end_device ON end_device.name = report.resource_name AND end_device.gateway_id = report.gateway_id
    JOIN somel.resource USING (end_device_id)
    WHERE resource.withdrawn_at IS NULL
),

latest AS (
    SELECT DISTINCT ON (end_device_id, reported_at)
        end_device_id,
        reported_at,
        energy_needed_wh,
        max_power_w,
        available_from,
        ready_by
    FROM known
    ORDER BY end_device_id, reported_at, position DESC
),

stored AS (
    INSERT INTO somel.flexibility (
        end_device_id, reported_at, energy_needed_wh, max_power_w, available_from, ready_by
    )
    SELECT end_device_id, reported_at, energy_needed_wh, max_power_w, available_from, ready_by
    FROM latest
    ON CONFLICT (end_device_id, reported_at) DO UPDATE
        SET
            energy_needed_wh = excluded.energy_needed_wh,
            max_power_w = excluded.max_power_w,
            available_from = excluded.available_from,
            ready_by = excluded.ready_by
)

SELECT position::integer AS position
FROM known

-- name: store_states
-- row: db.flexibility.StoredReport
WITH known AS (
    SELECT
        resource.end_device_id,
        report.reported_at,
        report.energy_wh,
        report.temperature_degc,
        report.position
    FROM unnest(
        %(gateway_ids)s::integer[],
        %(resource_names)s::text[],
        %(reported_at)s::timestamptz[],
        %(energies_wh)s::integer[],
        %(temperatures_degc)s::float8[]
    ) WITH ORDINALITY
    AS report (gateway_id, resource_name, reported_at, energy_wh, temperature_degc, position)
    JOIN somel.end_device ON end_device.name = report.resource_name AND end_device.gateway_id = report.gateway_id
    JOIN somel.resource USING (end_device_id)
    WHERE resource.withdrawn_at IS NULL
),

newest AS (
    SELECT DISTINCT ON (end_device_id)
        end_device_id,
        reported_at,
        energy_wh,
        temperature_degc
    FROM known
    ORDER BY end_device_id, reported_at DESC, position DESC
),

stored AS (
    INSERT INTO somel.resource_state AS kept (end_device_id, reported_at, energy_wh, temperature_degc)
    SELECT end_device_id, reported_at, energy_wh, temperature_degc
    FROM newest
    ON CONFLICT (end_device_id) DO UPDATE
        SET
            reported_at = excluded.reported_at,
            energy_wh = excluded.energy_wh,
            temperature_degc = excluded.temperature_degc
        WHERE kept.reported_at <= excluded.reported_at
)

SELECT position::integer AS position
FROM known
