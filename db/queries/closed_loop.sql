-- name: called_resources
-- row: db.closed_loop.CalledResource
-- The commands of an event, in the order in which they were issued, each with what its resource had said it needs when
-- the first of them was (a store need not have): what the plan leaned on, and what the loop measures against.
SELECT
    command.command_id,
    command.end_device_id,
    end_device.usage_point_id,
    usage_point.power_transformer_place_id,
    resource.rated_power_w,
    coalesce(said.reported_at, called.issued_at) AS reported_at,
    coalesce(said.energy_needed_wh, 0) AS energy_needed_wh,
    coalesce(said.max_power_w, resource.rated_power_w) AS max_power_w,
    coalesce(said.available_from, called.issued_at) AS available_from,
    coalesce(said.ready_by, called.issued_at) AS ready_by,
    command.issued_at,
    command.start_at,
    command.step_s,
    command.dispatch_setpoint_w,
    CASE
        WHEN EXISTS (
            SELECT FROM somel.opt_out
            WHERE opt_out.event_id = command.event_id AND opt_out.end_device_id = command.end_device_id
        ) THEN 'opted_out'
        ELSE command.status
    END AS status,
    command.attempt_count,
    end_device.kind,
    command.natural_w,
    command.is_followed
FROM somel.command
JOIN somel.resource USING (end_device_id)
JOIN somel.end_device USING (end_device_id)
JOIN somel.usage_point USING (usage_point_id)
JOIN LATERAL (
    SELECT min(first.issued_at) AS issued_at
    FROM somel.command AS first
    WHERE first.event_id = command.event_id AND first.end_device_id = command.end_device_id
) AS called ON TRUE
LEFT JOIN LATERAL (
    SELECT
        flexibility.reported_at,
        flexibility.energy_needed_wh,
        flexibility.max_power_w,
        flexibility.available_from,
        flexibility.ready_by
    FROM somel.flexibility
    WHERE flexibility.end_device_id = command.end_device_id AND flexibility.reported_at <= called.issued_at
    ORDER BY flexibility.reported_at DESC
    LIMIT 1
) AS said ON TRUE
WHERE command.event_id = %(event_id)s
ORDER BY usage_point.power_transformer_place_id, command.end_device_id, command.issued_at

-- name: obedience
-- row: db.closed_loop.Obedience
-- How calls were answered that could be answered, of events since a time; not the later commands of the same calls.
SELECT
    count(*) FILTER (WHERE command.status = 'accepted') AS accepted_count,
    count(*) AS answered_count
FROM somel.command
WHERE
    command.issued_at >= %(since)s
    AND command.purpose IN ('plan', 'redispatch')
    AND command.status IN ('accepted', 'opted_out', 'refused', 'unanswered')

-- name: delivery
-- row: db.closed_loop.Delivery
-- What was measured of what those that accepted had been expected to give, in events that ended since a time.
SELECT
    coalesce(sum(event_tracking.predicted_w), 0) AS predicted_w,
    coalesce(sum(event_tracking.measured_w), 0) AS measured_w
FROM somel.event_tracking
JOIN somel.event USING (event_id)
WHERE
    event.status = 'completed'
    AND event.ends_at >= %(since)s
    AND event_tracking.measured_w IS NOT NULL
    AND event_tracking.coverage_ratio >= 0.5

-- name: store_tracking
INSERT INTO somel.event_tracking (
    event_id, slot_start_at, tracked_at, called_count, accepted_count, declined_count, unanswered_count, planned_w,
    predicted_w, measured_w, coverage_ratio, shortfall_w
)
VALUES (
    %(event_id)s, %(slot_start_at)s, %(tracked_at)s, %(called_count)s, %(accepted_count)s, %(declined_count)s,
    %(unanswered_count)s, %(planned_w)s, %(predicted_w)s, %(measured_w)s, %(coverage_ratio)s, %(shortfall_w)s
)
ON CONFLICT (event_id, slot_start_at) DO UPDATE SET
    tracked_at = excluded.tracked_at,
    called_count = excluded.called_count,
    accepted_count = excluded.accepted_count,
    declined_count = excluded.declined_count,
    unanswered_count = excluded.unanswered_count,
    planned_w = excluded.planned_w,
    predicted_w = excluded.predicted_w,
    measured_w = excluded.measured_w,
    coverage_ratio = excluded.coverage_ratio,
    shortfall_w = excluded.shortfall_w

-- name: tracking_of_event
-- row: db.closed_loop.EventTracking
SELECT
    slot_start_at,
    tracked_at,
    called_count,
    accepted_count,
    declined_count,
    unanswered_count,
    planned_w,
    predicted_w,
    measured_w,
    coverage_ratio,
    shortfall_w
FROM somel.event_tracking
WHERE event_id = %(event_id)s
ORDER BY slot_start_at

-- name: insert_adjustment
INSERT INTO somel.event_adjustment (
    event_id, purpose, decided_at, command_count, first_slot_at, wanted_w, planned_reduction_w, unserved_wh
)
VALUES (
    %(event_id)s, %(purpose)s, %(decided_at)s, %(command_count)s, %(first_slot_at)s, %(wanted_w)s::real [],
    %(planned_reduction_w)s::real [], %(unserved_wh)s
)

-- name: adjustments_of_event
-- row: db.closed_loop.EventAdjustment
SELECT
    purpose,
    decided_at,
    command_count,
    first_slot_at,
    wanted_w,
    planned_reduction_w,
    unserved_wh
FROM somel.event_adjustment
WHERE event_id = %(event_id)s
ORDER BY decided_at, event_adjustment_id

-- name: replace_commands
-- Commands that a later one of the same event stands in for: nobody is to wait for their answers, nor take them back.
UPDATE somel.command
SET status = 'replaced', ended_at = %(now)s
WHERE
    event_id = %(event_id)s
    AND end_device_id = ANY(%(end_device_ids)s::integer [])
    AND status IN ('pending', 'sent', 'accepted')

-- name: running_events
-- row: db.demand_response.Event
-- Events that ask something of somebody now or soon.
SELECT
    event_id,
    name,
    place_id,
    status,
    starts_at,
    ends_at,
    created_at,
    status_at,
    target_w,
    status_reason
FROM somel.event
WHERE status IN ('scheduled', 'active')
ORDER BY starts_at, event_id

-- name: usage_point_power
-- Read through binary COPY: the mean of the instantaneous power that was read in each half-hour so far.
SELECT
    reading.usage_point_id,
    (extract(epoch FROM date_bin('30 minutes', reading.read_at, 'epoch'::timestamptz) - %(start)s::timestamptz) / 1800)
    ::integer AS slot,
    avg(reading.value)::double precision AS load_w
FROM somel.reading
JOIN somel.register USING (register_id)
WHERE
    reading.usage_point_id = ANY(%(usage_point_ids)s::integer [])
    AND register.name = 'power_w'
    AND reading.quality NOT IN (1, 3)
    AND reading.read_at >= %(start)s::timestamptz
    AND reading.read_at < %(end)s::timestamptz
GROUP BY reading.usage_point_id, slot
