-- name: call_records
-- row: db.calls.CallRecord
-- A call is an event that commanded a resource and was obeyed, or may be; a household's calls are the events that any of its
-- resources was called by. What was kept from a resource is what it would have drawn by itself beyond its setpoints.
WITH wanted AS (
    SELECT end_device.end_device_id, end_device.usage_point_id
    FROM unnest(%(end_device_ids)s::integer []) AS given (end_device_id)
    JOIN somel.end_device USING (end_device_id)
),

called AS (
    SELECT
        end_device.usage_point_id,
        command.end_device_id,
        event.event_id,
        event.ends_at,
        coalesce(kept.curtailed_wh, 0) AS curtailed_wh
    FROM (SELECT DISTINCT usage_point_id FROM wanted) AS household
    JOIN somel.end_device USING (usage_point_id)
    JOIN somel.command USING (end_device_id)
    JOIN somel.event USING (event_id)
    CROSS JOIN LATERAL (
        SELECT sum(greatest(step.natural_w - step.setpoint_w, 0)) * command.step_s / 3600.0 AS curtailed_wh
        FROM unnest(command.natural_w, command.dispatch_setpoint_w) AS step (natural_w, setpoint_w)
    ) AS kept
    WHERE
        command.status IN ('pending', 'sent', 'accepted', 'unanswered')
        AND event.status IN ('scheduled', 'active', 'completed')
        AND event.event_id IS DISTINCT FROM %(except_event_id)s::uuid
        AND event.starts_at >= %(start)s::timestamptz
        AND event.starts_at < %(end)s::timestamptz
),

own AS (
    SELECT
        end_device_id,
        count(DISTINCT event_id) AS call_count,
        sum(curtailed_wh) AS curtailed_wh,
        max(ends_at) AS last_ended_at
    FROM called
    GROUP BY end_device_id
),

shared AS (
    SELECT usage_point_id, count(DISTINCT event_id) AS call_count
    FROM called
    GROUP BY usage_point_id
)

SELECT
    wanted.end_device_id,
    wanted.usage_point_id,
    coalesce(own.call_count, 0) AS call_count,
    coalesce(own.curtailed_wh, 0)::double precision AS curtailed_wh,
    own.last_ended_at,
    coalesce(shared.call_count, 0) AS household_call_count
FROM wanted
LEFT JOIN own USING (end_device_id)
LEFT JOIN shared USING (usage_point_id)
ORDER BY wanted.end_device_id

-- name: put_call_limit
INSERT INTO somel.call_limit (end_device_id, calls_per_day, calls_per_week, calls_per_season, rest_s)
VALUES (%(end_device_id)s, %(calls_per_day)s, %(calls_per_week)s, %(calls_per_season)s, %(rest_s)s)
ON CONFLICT (end_device_id) DO UPDATE SET
    calls_per_day = excluded.calls_per_day,
    calls_per_week = excluded.calls_per_week,
    calls_per_season = excluded.calls_per_season,
    rest_s = excluded.rest_s

-- name: insert_opt_out
-- row: db.calls.OptOut
-- Who says so twice has said it once: the first time counts.
WITH said AS (
    INSERT INTO somel.opt_out (event_id, end_device_id, opted_out_at, source, recorded_by, reason)
    VALUES (%(event_id)s, %(end_device_id)s, %(now)s, %(source)s, %(recorded_by)s, %(reason)s)
    ON CONFLICT (event_id, end_device_id) DO NOTHING
    RETURNING event_id, end_device_id, opted_out_at, source, recorded_by, reason
)

SELECT said.event_id, end_device.name AS resource, said.opted_out_at, said.source, said.recorded_by, said.reason
FROM said
JOIN somel.end_device USING (end_device_id)

-- name: opt_outs_of_event
-- row: db.calls.OptOut
-- By word of people or of a VEN, and by the devices' own answers.
SELECT
    opt_out.event_id,
    end_device.name AS resource,
    opt_out.opted_out_at,
    opt_out.source,
    opt_out.recorded_by,
    opt_out.reason
FROM somel.opt_out
JOIN somel.end_device USING (end_device_id)
WHERE opt_out.event_id = %(event_id)s::uuid
UNION ALL
SELECT
    command.event_id,
    end_device.name,
    min(coalesce(command.answered_at, command.issued_at)),
    'device',
    gateway.name,
    min(command.reason)
FROM somel.command
JOIN somel.end_device USING (end_device_id)
JOIN somel.gateway USING (gateway_id)
WHERE
    command.event_id = %(event_id)s::uuid
    AND command.status = 'opted_out'
    AND NOT EXISTS (
        SELECT FROM somel.opt_out
        WHERE opt_out.event_id = command.event_id AND opt_out.end_device_id = command.end_device_id
    )
GROUP BY command.event_id, end_device.name, gateway.name
ORDER BY resource

-- name: take_back_of_resource
-- row: db.calls.TakenBack
-- Commands of one resource, of one event or of all: what was not sent ends here; what was sent is withdrawn where the
-- gateway knows withdrawals (specification 1.1), and elsewhere stays with the device.
UPDATE somel.command
SET
    status = CASE WHEN command.status = 'pending' THEN 'expired' ELSE 'withdrawn' END,
    reason = %(reason)s,
    withdrawn_at = %(now)s,
    ended_at = CASE WHEN command.status = 'pending' THEN %(now)s ELSE command.ended_at END,
    attempt_count = 0,
    retry_at = clock_timestamp()
FROM somel.end_device, somel.gateway
WHERE
    command.end_device_id = %(end_device_id)s
    AND (%(event_id)s::uuid IS NULL OR command.event_id = %(event_id)s::uuid)
    AND end_device.end_device_id = command.end_device_id
    AND gateway.gateway_id = end_device.gateway_id
    AND command.start_at + command.step_s * cardinality(command.dispatch_setpoint_w) * INTERVAL '1 second'
    > %(now)s::timestamptz
    AND (
        command.status = 'pending'
        OR (command.status IN ('sent', 'accepted') AND gateway.specification ~ '^1\.[1-9]')
    )
RETURNING command.command_id, command.event_id
