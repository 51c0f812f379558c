-- name: lock_gateways
-- row: db.gateways.GatewayState
-- In the order of their keys, so that two workers never wait for each other.
SELECT gateway_id, status, status_at, said_at
FROM somel.gateway
WHERE gateway_id = ANY (%(gateway_ids)s::integer[])
ORDER BY gateway_id
FOR NO KEY UPDATE

-- name: set_gateway_states
UPDATE somel.gateway
SET status = state.status, status_at = state.status_at, said_at = state.said_at
FROM
    unnest(%(gateway_ids)s::integer[], %(statuses)s::text[], %(status_ats)s::timestamptz[], %(said_ats)s::timestamptz[])
        AS state (gateway_id, status, status_at, said_at)
WHERE gateway.gateway_id = state.gateway_id

-- name: set_gateway_facts
UPDATE somel.gateway
SET
    firmware_version = coalesce(fact.firmware_version, gateway.firmware_version),
    specification = coalesce(fact.specification, gateway.specification),
    hardware = coalesce(fact.hardware, gateway.hardware),
    report_interval_s = coalesce(fact.report_interval_s, gateway.report_interval_s)
FROM
    unnest(
        %(gateway_ids)s::integer[],
        %(firmware_versions)s::text[],
        %(specifications)s::text[],
        %(hardwares)s::text[],
        %(report_intervals_s)s::integer[]
    ) AS fact (gateway_id, firmware_version, specification, hardware, report_interval_s)
WHERE gateway.gateway_id = fact.gateway_id

-- name: insert_gateway_changes
INSERT INTO somel.gateway_change (gateway_id, status, cause, changed_at, said_at)
SELECT gateway_id, status, cause, changed_at, said_at
FROM
    unnest(
        %(gateway_ids)s::integer[],
        %(statuses)s::text[],
        %(causes)s::text[],
        %(changed_ats)s::timestamptz[],
        %(said_ats)s::timestamptz[]
    ) WITH ORDINALITY AS change (gateway_id, status, cause, changed_at, said_at, place)
ORDER BY place

-- name: trim_gateway_changes
DELETE FROM somel.gateway_change
USING unnest(%(gateway_ids)s::integer[]) AS gateway (gateway_id)
WHERE
    gateway_change.gateway_id = gateway.gateway_id
    AND gateway_change.gateway_change_id < (
        SELECT kept.gateway_change_id
        FROM somel.gateway_change AS kept
        WHERE kept.gateway_id = gateway.gateway_id
        ORDER BY kept.gateway_change_id DESC
        LIMIT 1 OFFSET %(kept)s::integer - 1
    )

-- name: list_gateways
-- row: db.gateways.GatewayRow
-- A gateway is silent when it is online and nothing of it was stored or refused for longer than its interval; it flaps when
-- it changed between online and offline six times within the hour.
SELECT
    gateway.gateway_id,
    gateway.name,
    gateway.shard,
    gateway.status,
    gateway.status_at,
    delivery.heard_at,
    coalesce(
        gateway.status = 'online'
        AND greatest(delivery.heard_at, gateway.status_at)
        < %(now)s::timestamptz - gateway.report_interval_s * INTERVAL '1 second',
        false
    ) AS is_silent,
    coalesce(change.changes_last_hour, 0)::integer AS changes_last_hour,
    coalesce(change.changes_last_hour, 0) >= 6 AS is_flapping,
    gateway.firmware_version,
    gateway.hardware,
    gateway.specification,
    gateway.report_interval_s,
    gateway.registered_at
FROM somel.gateway
LEFT JOIN somel.gateway_delivery AS delivery USING (gateway_id)
LEFT JOIN LATERAL (
    SELECT count(*) AS changes_last_hour
    FROM somel.gateway_change
    WHERE
        gateway_change.gateway_id = gateway.gateway_id
        AND gateway_change.changed_at > %(now)s::timestamptz - INTERVAL '1 hour'
) AS change ON true
WHERE
    gateway.name > %(after)s::text
    AND (%(name)s::text IS NULL OR gateway.name = %(name)s::text)
    AND (%(shard)s::integer IS NULL OR gateway.shard = %(shard)s::integer)
    AND CASE %(status)s::text
        WHEN 'silent' THEN
            gateway.status = 'online'
            AND greatest(delivery.heard_at, gateway.status_at)
            < %(now)s::timestamptz - gateway.report_interval_s * INTERVAL '1 second'
        WHEN 'flapping' THEN change.changes_last_hour >= 6
        ELSE %(status)s::text IS NULL OR gateway.status = %(status)s::text
    END
ORDER BY gateway.name
LIMIT %(limit)s::integer

-- name: gateway_changes
-- row: db.gateways.GatewayChangeRow
SELECT gateway_change_id, status, cause, changed_at, said_at
FROM somel.gateway_change
WHERE
    gateway_id = %(gateway_id)s::integer
    AND gateway_change_id < %(before)s::bigint
ORDER BY gateway_change_id DESC
LIMIT %(limit)s::integer
