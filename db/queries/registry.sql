-- name: gateways
SELECT name, gateway_id, shard FROM somel.gateway;

-- name: end_devices
SELECT name, end_device_id, kind, gateway_id, usage_point_id FROM somel.end_device;
