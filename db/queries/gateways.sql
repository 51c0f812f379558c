-- name: report_gateways
UPDATE somel.gateway
SET
    status = coalesce(report.status, gateway.status),
    status_at = CASE WHEN report.status IS NULL THEN gateway.status_at ELSE %(at)s::timestamptz END,
    firmware_version = coalesce(report.firmware_version, gateway.firmware_version)
FROM
    unnest(%(gateway_ids)s::integer[], %(statuses)s::text[], %(firmware_versions)s::text[])
        AS report (gateway_id, status, firmware_version)
WHERE gateway.gateway_id = report.gateway_id
