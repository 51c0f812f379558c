-- name: due_commands
-- row: db.commands.DueCommand
-- What has to be published now, the oldest first: commands that were never sent, those sent that nobody has answered in
-- time, and withdrawals. A gateway that has been offline for longer than a command lives is waited for; while a gateway
-- is offline nothing is repeated, for what was sent waits for it in its session.
SELECT
    command.command_id,
    gateway.name AS gateway_name,
    gateway.shard,
    end_device.name AS resource_name,
    command.issued_at,
    command.expires_at,
    command.start_at,
    command.step_s,
    command.dispatch_setpoint_w,
    command.is_followed,
    command.withdrawn_at
FROM somel.command
JOIN somel.end_device USING (end_device_id)
JOIN somel.gateway USING (gateway_id)
WHERE
    gateway.shard = ANY (%(shards)s::smallint[])
    AND gateway.quarantined_at IS NULL
    AND CASE
        WHEN command.status = 'pending'
            THEN
                command.expires_at > %(now)s::timestamptz
                AND (
                    gateway.status <> 'offline'
                    OR gateway.status_at >= %(now)s::timestamptz - (command.expires_at - command.issued_at)
                )
        ELSE
            command.retry_at <= clock_timestamp()
            AND command.attempt_count < %(attempts)s::integer
            AND gateway.status <> 'offline'
            AND CASE
                WHEN command.status = 'sent' THEN command.expires_at > %(now)s::timestamptz
                ELSE
                    gateway.specification ~ '^1\.[1-9]'
                    AND command.start_at + command.step_s * cardinality(command.dispatch_setpoint_w)
                    * INTERVAL '1 second' > %(now)s::timestamptz
            END
    END
    AND (
        command.status IN ('pending', 'sent')
        OR (command.status = 'withdrawn' AND command.withdrawal_answered_at IS NULL)
    )
ORDER BY command.issued_at, command.command_id
LIMIT %(row_limit)s

-- name: ended_commands
-- row: db.commands.EndedCommand
-- Commands that nobody will answer any more: past their expiry, or said over by a later command to the same resource.
SELECT
    command.command_id,
    CASE
        WHEN command.expires_at > %(now)s::timestamptz THEN 'replaced'
        WHEN command.status = 'pending' THEN 'expired'
        ELSE 'unanswered'
    END AS status
FROM somel.command
JOIN somel.end_device USING (end_device_id)
JOIN somel.gateway USING (gateway_id)
WHERE
    command.status IN ('pending', 'sent')
    AND gateway.shard = ANY (%(shards)s::smallint[])
    AND (
        command.expires_at <= %(now)s::timestamptz
        OR EXISTS (
            SELECT
            FROM somel.command AS later
            WHERE
                later.end_device_id = command.end_device_id
                AND later.issued_at > command.issued_at
                AND later.start_at <= command.start_at
                AND later.status IN ('pending', 'sent', 'accepted')
        )
    )

-- name: mark_commands_sent
-- An answer may be stored before the broker's word that it has taken the command: then only the times are missing. What
-- was withdrawn between its publication and this has reached the gateway, and is withdrawn there too.
UPDATE somel.command
SET
    status = CASE
        WHEN command.status = 'pending' THEN 'sent'
        WHEN command.status = 'expired' AND command.withdrawn_at IS NOT NULL THEN 'withdrawn'
        ELSE command.status
    END,
    sent_at = coalesce(command.sent_at, %(at)s::timestamptz),
    delivered_at = CASE
        WHEN taken.is_heard THEN coalesce(command.delivered_at, %(at)s::timestamptz)
        ELSE command.delivered_at
    END,
    attempt_count = command.attempt_count + 1,
    retry_at = clock_timestamp()
    + make_interval(secs => least(%(answer_s)s::float8 * 2 ^ least(command.attempt_count, 16), 600))
FROM unnest(%(command_ids)s::uuid[], %(heard)s::boolean[]) AS taken (command_id, is_heard)
WHERE command.command_id = taken.command_id

-- name: mark_commands_ended
UPDATE somel.command
SET status = ended.status, ended_at = %(at)s::timestamptz
FROM unnest(%(command_ids)s::uuid[], %(statuses)s::text[]) AS ended (command_id, status)
WHERE command.command_id = ended.command_id AND command.status IN ('pending', 'sent')

-- name: answer_commands
-- row: db.commands.AnsweredCommand
-- An answer that was stored already is found again, and keeps the time at which it was stored first. Who accepts what was
-- withdrawn meanwhile is told at once, if its specification knows withdrawals.
UPDATE somel.command
SET
    status = CASE
        WHEN
            command.withdrawn_at IS NOT NULL AND answer.status = 'accepted' AND gateway.specification ~ '^1\.[1-9]'
            THEN 'withdrawn'
        ELSE answer.status
    END,
    reason = CASE WHEN command.withdrawn_at IS NULL THEN answer.reason ELSE coalesce(answer.reason, command.reason) END,
    answered_at = CASE
        WHEN command.withdrawn_at IS NOT NULL AND command.answered_at IS NOT NULL THEN command.answered_at
        WHEN command.status = answer.status AND command.reason IS NOT DISTINCT FROM answer.reason
            THEN coalesce(command.answered_at, %(at)s::timestamptz)
        ELSE %(at)s::timestamptz
    END,
    withdrawal_answered_at = CASE
        WHEN answer.status = 'withdrawn' THEN coalesce(command.withdrawal_answered_at, %(at)s::timestamptz)
        ELSE command.withdrawal_answered_at
    END,
    retry_at = CASE
        WHEN command.withdrawn_at IS NOT NULL AND command.status <> 'withdrawn' AND answer.status = 'accepted'
            THEN clock_timestamp()
        ELSE command.retry_at
    END
FROM
    unnest(%(command_ids)s::uuid[], %(gateway_ids)s::integer[], %(statuses)s::text[], %(reasons)s::text[])
        AS answer (command_id, gateway_id, status, reason),
    somel.end_device,
    somel.gateway
WHERE
    command.command_id = answer.command_id
    AND end_device.end_device_id = command.end_device_id
    AND end_device.gateway_id = answer.gateway_id
    AND gateway.gateway_id = answer.gateway_id
RETURNING command.command_id, end_device.gateway_id
