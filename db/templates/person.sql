-- name: by_usage_point
SELECT to_jsonb(own)::text AS record FROM {table} AS own WHERE usage_point_id = %(usage_point_id)s ORDER BY {order};

-- name: by_end_device
SELECT to_jsonb(own)::text AS record FROM {table} AS own
WHERE end_device_id IN (SELECT end_device_id FROM somel.end_device WHERE usage_point_id = %(usage_point_id)s)
ORDER BY {order};
