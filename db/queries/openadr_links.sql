-- name: link_resource
-- A resource is the device of its name, unless another resource is. Only business logic's word counts for this: a VEN
-- could otherwise name its neighbour's device.
UPDATE somel.openadr_object AS resource
SET
    end_device_id = (
        SELECT end_device.end_device_id
        FROM somel.end_device
        WHERE
            end_device.name = resource.name
            AND NOT EXISTS (
                SELECT
                FROM somel.openadr_object AS other
                WHERE other.end_device_id = end_device.end_device_id AND other.object_id <> resource.object_id
            )
    )
WHERE resource.object_id = %(object_id)s::text AND resource.object_type = 'RESOURCE'

-- name: queue_report
INSERT INTO somel.openadr_report_pending (object_id, queued_at)
VALUES (%(object_id)s::text, clock_timestamp())
ON CONFLICT (object_id) DO UPDATE SET queued_at = excluded.queued_at

-- name: opt_out
-- Opt-outs that a report says: of the command that its event carries, where the resource is the device commanded and
-- belongs to the VEN that reports.
UPDATE somel.command
SET status = 'opted_out', answered_at = %(now)s::timestamptz, reason = 'openadr_report'
FROM somel.openadr_object AS event, somel.openadr_object AS resource
WHERE
    event.object_id = %(event_id)s::text
    AND event.command_id = command.command_id
    AND resource.object_type = 'RESOURCE'
    AND resource.client_id = %(client_id)s::text
    AND resource.name = ANY (%(names)s::text[])
    AND resource.end_device_id = command.end_device_id
    AND command.status IN ('pending', 'sent', 'accepted')
RETURNING command.command_id

-- name: pending_reports
-- row: db.openadr_links.PendingReport
-- What VENs reported of devices of theirs, the oldest first. A device's usage is its usage point's where it is the meter,
-- or where there is no meter and no other resource reports there.
SELECT
    pending.object_id,
    pending.queued_at,
    report.modified_at,
    report.content,
    coalesce((
        SELECT jsonb_object_agg(resource.name, end_device.usage_point_id)
        FROM somel.openadr_object AS resource
        JOIN somel.end_device USING (end_device_id)
        WHERE
            resource.object_type = 'RESOURCE'
            AND resource.client_id = report.client_id
            AND (
                end_device.kind = 'meter'
                OR NOT EXISTS (
                    SELECT
                    FROM somel.end_device AS neighbour
                    LEFT JOIN somel.openadr_object AS linked USING (end_device_id)
                    WHERE
                        neighbour.usage_point_id = end_device.usage_point_id
                        AND neighbour.end_device_id <> end_device.end_device_id
                        AND (neighbour.kind = 'meter' OR linked.object_id IS NOT NULL)
                )
            )
    ), '{}') AS usage_points
FROM somel.openadr_report_pending AS pending
JOIN somel.openadr_object AS report USING (object_id)
ORDER BY pending.queued_at
LIMIT %(row_limit)s

-- name: forget_pending
-- Not those that changed while they were read.
DELETE FROM somel.openadr_report_pending
USING unnest(%(object_ids)s::text[], %(queued_at)s::timestamptz[]) AS done (object_id, queued_at)
WHERE openadr_report_pending.object_id = done.object_id AND openadr_report_pending.queued_at = done.queued_at

-- name: bridged_commands
-- row: db.openadr_links.BridgedCommand
-- Commands to devices that are resources of VENs, and those that an event carries already, for a day after its end.
SELECT
    command.command_id,
    platform_event.name AS event_name,
    platform_event.status AS event_status,
    command.status,
    command.start_at,
    command.step_s,
    command.dispatch_setpoint_w,
    resource.object_id AS resource_id,
    resource.targets AS resource_targets,
    event.object_id AS event_id,
    event.content AS event_content,
    command.is_followed
FROM somel.command
JOIN somel.event AS platform_event USING (event_id)
JOIN somel.openadr_object AS resource USING (end_device_id)
LEFT JOIN somel.openadr_object AS event ON event.command_id = command.command_id
WHERE
    event.ends_at > %(now)s::timestamptz - INTERVAL '1 day'
    OR (
        event.object_id IS NULL
        AND platform_event.status IN ('scheduled', 'active')
        AND command.status IN ('pending', 'sent', 'accepted')
        AND command.expires_at > %(now)s::timestamptz
    )
ORDER BY command.issued_at, command.command_id

-- name: carry_command
UPDATE somel.openadr_object
SET command_id = %(command_id)s::uuid
WHERE object_id = %(object_id)s::text

-- name: program_named
SELECT object_id
FROM somel.openadr_object
WHERE object_type = 'PROGRAM' AND name = %(name)s::text
