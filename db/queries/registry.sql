-- name: gateways
SELECT name, gateway_id, shard FROM somel.gateway WHERE quarantined_at IS NULL;

-- name: quarantined_gateways
SELECT name, quarantine_reason FROM somel.gateway WHERE quarantined_at IS NOT NULL;

-- name: end_devices
SELECT
    end_device.name,
    end_device.end_device_id,
    end_device.kind,
    end_device.gateway_id,
    end_device.usage_point_id,
    usage_point.subscribed_va
FROM somel.end_device
JOIN somel.usage_point USING (usage_point_id);

-- name: sole_meters
SELECT gateway_id, min(name) AS name FROM somel.end_device WHERE kind = 'meter' GROUP BY gateway_id HAVING count(*) = 1;
