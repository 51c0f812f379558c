-- name: pending_commands
-- row: db.commands.PendingCommand
SELECT
    command.command_id,
    gateway.name AS gateway_name,
    gateway.shard,
    end_device.name AS resource_name,
    command.issued_at,
    command.expires_at,
    command.start_at,
    command.step_s,
    command.dispatch_setpoint_w
FROM somel.command
JOIN somel.end_device USING (end_device_id)
JOIN somel.gateway USING (gateway_id)
WHERE command.status = 'pending' AND gateway.shard = ANY (%(shards)s::smallint[])
ORDER BY command.issued_at, command.command_id
LIMIT %(row_limit)s

-- name: mark_commands_sent
-- An answer may be stored before the broker's word that it has taken the command: then only the time is missing.
UPDATE somel.command
SET
    status = CASE WHEN status = 'pending' THEN 'sent' ELSE status END,
    sent_at = coalesce(sent_at, %(at)s::timestamptz)
WHERE command_id = ANY (%(command_ids)s::uuid[])

-- name: mark_commands_expired
UPDATE somel.command
SET status = 'expired'
WHERE command_id = ANY (%(command_ids)s::uuid[]) AND status = 'pending'

-- name: answer_commands
-- row: db.commands.AnsweredCommand
-- An answer that was stored already is found again, and keeps the time at which it was stored first.
UPDATE somel.command
SET
    status = answer.status,
    reason = answer.reason,
    answered_at = CASE
        WHEN command.status = answer.status AND command.reason IS NOT DISTINCT FROM answer.reason
            THEN coalesce(command.answered_at, %(at)s::timestamptz)
        ELSE %(at)s::timestamptz
    END
FROM
    unnest(%(command_ids)s::uuid[], %(gateway_ids)s::integer[], %(statuses)s::text[], %(reasons)s::text[])
        AS answer (command_id, gateway_id, status, reason),
    somel.end_device
WHERE
    command.command_id = answer.command_id
    AND end_device.end_device_id = command.end_device_id
    AND end_device.gateway_id = answer.gateway_id
RETURNING command.command_id, end_device.gateway_id
