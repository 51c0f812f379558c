-- name: insert_event
-- row: db.demand_response.Event
INSERT INTO somel.event (name, place_id, starts_at, ends_at, created_at, status_at, target_w)
VALUES (%(name)s, %(place_id)s, %(starts_at)s, %(ends_at)s, %(now)s, %(now)s, %(target_w)s)
RETURNING event_id, name, place_id, status, starts_at, ends_at, created_at, status_at, target_w, status_reason

-- name: event_by_id
-- row: db.demand_response.Event
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
WHERE event_id = %(event_id)s

-- name: lock_event
-- row: db.demand_response.Event
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
WHERE event_id = %(event_id)s
FOR UPDATE

-- name: open_events
-- row: db.demand_response.Event
-- Those that the clock still moves, or whose result may still change.
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
WHERE
    status IN ('draft', 'scheduled', 'active')
    OR (status = 'completed' AND ends_at > %(completed_after)s)
ORDER BY starts_at, event_id

-- name: set_event_status
UPDATE somel.event
SET status = %(status)s, status_at = %(now)s, status_reason = coalesce(%(reason)s, status_reason)
WHERE event_id = %(event_id)s

-- name: place_exists
SELECT EXISTS (SELECT FROM somel.place WHERE place_id = %(place_id)s) AS found

-- name: flexible_resources
-- row: db.demand_response.FlexibleResource
-- Whose owners consent, under the place, with their last word; not those that another event commands already, nor those that
-- opted out of this event, nor those that were called as often as they may be, or are still at rest. Batteries and heat pumps
-- need say nothing: they are here when their parameters and a fresh state are known and their gateway knows to follow (1.1).
WITH asked AS (
    SELECT
        event_id,
        starts_at,
        ends_at,
        (starts_at AT TIME ZONE 'Europe/Paris')::date AS local_day
    FROM somel.event
    WHERE event_id = %(event_id)s
),

called AS (
    SELECT DISTINCT
        command.end_device_id,
        event.event_id,
        event.starts_at,
        event.ends_at,
        (event.starts_at AT TIME ZONE 'Europe/Paris')::date AS local_day
    FROM somel.call_limit
    JOIN somel.command USING (end_device_id)
    JOIN somel.event USING (event_id)
    CROSS JOIN asked
    WHERE
        event.event_id <> asked.event_id
        AND event.starts_at > asked.starts_at - INTERVAL '1 year'
        AND event.starts_at < asked.starts_at + INTERVAL '1 year'
        AND event.status IN ('scheduled', 'active', 'completed')
        AND command.status IN ('pending', 'sent', 'accepted', 'unanswered')
),

exhausted AS (
    SELECT call_limit.end_device_id
    FROM somel.call_limit
    CROSS JOIN asked
    LEFT JOIN called USING (end_device_id)
    GROUP BY call_limit.end_device_id
    HAVING
        count(*) FILTER (WHERE called.local_day = asked.local_day) >= min(call_limit.calls_per_day)
        OR count(*) FILTER (WHERE date_trunc('week', called.local_day) = date_trunc('week', asked.local_day))
        >= min(call_limit.calls_per_week)
        OR count(*) FILTER (
            WHERE
            date_trunc('year', called.local_day - INTERVAL '8 months')
            = date_trunc('year', asked.local_day - INTERVAL '8 months')
        ) >= min(call_limit.calls_per_season)
        OR count(*) FILTER (
            WHERE
            called.ends_at + call_limit.rest_s * INTERVAL '1 second' > asked.starts_at
            AND called.starts_at < asked.ends_at + call_limit.rest_s * INTERVAL '1 second'
        ) > 0
)

SELECT
    resource.end_device_id,
    usage_point.power_transformer_place_id,
    resource.rated_power_w,
    coalesce(said.reported_at, store.reported_at) AS reported_at,
    coalesce(said.energy_needed_wh, 0) AS energy_needed_wh,
    coalesce(said.max_power_w, resource.rated_power_w) AS max_power_w,
    coalesce(said.available_from, store.reported_at) AS available_from,
    coalesce(said.ready_by, store.reported_at) AS ready_by,
    end_device.usage_point_id,
    end_device.kind,
    store.reported_at IS NOT NULL AS is_store
FROM somel.resource
JOIN somel.end_device USING (end_device_id)
LEFT JOIN somel.gateway USING (gateway_id)
JOIN somel.usage_point USING (usage_point_id)
JOIN somel.power_transformer ON power_transformer.place_id = usage_point.power_transformer_place_id
JOIN somel.feeder ON feeder.place_id = power_transformer.feeder_place_id
LEFT JOIN LATERAL (
    SELECT resource_state.reported_at
    FROM somel.resource_state
    LEFT JOIN somel.battery USING (end_device_id)
    LEFT JOIN somel.heat_pump USING (end_device_id)
    LEFT JOIN somel.ev_charger USING (end_device_id)
    WHERE
        resource_state.end_device_id = resource.end_device_id
        AND resource_state.reported_at BETWEEN %(states_since)s AND %(now)s::timestamptz + INTERVAL '5 minutes'
        AND gateway.specification ~ '^1\.[1-9]'
        AND (
            (battery.end_device_id IS NOT NULL AND resource_state.energy_wh IS NOT NULL)
            OR (heat_pump.end_device_id IS NOT NULL AND resource_state.temperature_degc IS NOT NULL)
            OR (ev_charger.discharge_power_w > 0 AND resource_state.energy_wh IS NOT NULL)
        )
) AS store ON TRUE
LEFT JOIN LATERAL (
    SELECT
        flexibility.reported_at,
        flexibility.energy_needed_wh,
        flexibility.max_power_w,
        flexibility.available_from,
        flexibility.ready_by
    FROM somel.flexibility
    WHERE flexibility.end_device_id = resource.end_device_id AND flexibility.reported_at <= %(now)s
    ORDER BY flexibility.reported_at DESC
    LIMIT 1
) AS said ON said.ready_by > %(now)s
WHERE
    resource.withdrawn_at IS NULL
    AND (said.ready_by IS NOT NULL OR (store.reported_at IS NOT NULL AND end_device.kind IN ('battery', 'heat_pump')))
    AND EXISTS (
        SELECT FROM somel.consent
        WHERE
            consent.end_device_id = resource.end_device_id
            AND consent.purpose = 'grid'
            AND consent.withdrawn_at IS NULL
    )
    AND NOT EXISTS (SELECT FROM exhausted WHERE exhausted.end_device_id = resource.end_device_id)
    AND NOT EXISTS ( -- a tank that is too cold already is not asked to wait
        SELECT FROM somel.hot_water_tank AS tank
        JOIN somel.resource_state AS stands USING (end_device_id)
        WHERE
            tank.end_device_id = resource.end_device_id
            AND stands.reported_at BETWEEN %(states_since)s AND %(now)s::timestamptz + INTERVAL '5 minutes'
            AND stands.temperature_degc < tank.floor_degc
    )
    AND NOT EXISTS (
        SELECT FROM somel.opt_out
        WHERE opt_out.event_id = %(event_id)s AND opt_out.end_device_id = resource.end_device_id
    )
    AND NOT EXISTS (
        SELECT FROM somel.command
        WHERE
            command.event_id = %(event_id)s
            AND command.end_device_id = resource.end_device_id
            AND command.status = 'opted_out'
    )
    AND (
        %(place_id)s IN (
            power_transformer.place_id, power_transformer.commune_place_id, feeder.place_id,
            feeder.substation_place_id
        )
        OR EXISTS (SELECT FROM somel.place WHERE place.place_id = %(place_id)s AND place.level = 'territory')
    )
    AND NOT EXISTS (
        SELECT
        FROM somel.command
        JOIN somel.event USING (event_id)
        WHERE
            command.end_device_id = resource.end_device_id
            AND command.event_id <> %(event_id)s
            AND command.expires_at > %(now)s
            AND command.status IN ('pending', 'sent', 'accepted')
            AND event.status IN ('scheduled', 'active')
    )
ORDER BY usage_point.power_transformer_place_id, resource.end_device_id

-- name: transformer_ratings
-- row: db.demand_response.TransformerRating
SELECT
    power_transformer.place_id,
    place.code,
    power_transformer.rated_va
FROM somel.power_transformer
JOIN somel.place USING (place_id)
WHERE power_transformer.place_id = ANY(%(place_ids)s::integer [])
ORDER BY power_transformer.place_id

-- name: delete_shortages
DELETE FROM somel.dispatch_shortage
USING somel.dispatch_plan
WHERE
    dispatch_shortage.dispatch_plan_id = dispatch_plan.dispatch_plan_id
    AND dispatch_plan.event_id = %(event_id)s

-- name: delete_plan
DELETE FROM somel.dispatch_plan
WHERE event_id = %(event_id)s

-- name: insert_plan
-- row: db.demand_response.DispatchPlan
INSERT INTO somel.dispatch_plan (
    event_id, planned_at, start_at, slot_count, objective, dual_bound, unserved_wh, planned_reduction_w,
    target_gap_w
)
VALUES (
    %(event_id)s, %(planned_at)s, %(start_at)s, %(slot_count)s, %(objective)s, %(dual_bound)s, %(unserved_wh)s,
    %(planned_reduction_w)s::real [], %(target_gap_w)s::real []
)
RETURNING
    dispatch_plan_id, event_id, planned_at, start_at, slot_count, objective, dual_bound, unserved_wh,
    planned_reduction_w, target_gap_w

-- name: insert_shortage
INSERT INTO somel.dispatch_shortage (dispatch_plan_id, place_id, slot_starts, missing_wh)
VALUES (%(dispatch_plan_id)s, %(place_id)s, %(slot_starts)s::timestamptz [], %(missing_wh)s)

-- name: plan_of_event
-- row: db.demand_response.DispatchPlan
SELECT
    dispatch_plan_id,
    event_id,
    planned_at,
    start_at,
    slot_count,
    objective,
    dual_bound,
    unserved_wh,
    planned_reduction_w,
    target_gap_w
FROM somel.dispatch_plan
WHERE event_id = %(event_id)s

-- name: shortages_of_event
-- row: db.demand_response.DispatchShortage
SELECT
    dispatch_shortage.place_id,
    place.level AS place_level,
    place.code AS place_code,
    dispatch_shortage.slot_starts,
    dispatch_shortage.missing_wh
FROM somel.dispatch_shortage
JOIN somel.dispatch_plan USING (dispatch_plan_id)
JOIN somel.place ON place.place_id = dispatch_shortage.place_id
WHERE dispatch_plan.event_id = %(event_id)s
ORDER BY place.code

-- name: insert_command
INSERT INTO somel.command (
    event_id, end_device_id, issued_at, expires_at, start_at, step_s, dispatch_setpoint_w, natural_w, purpose,
    is_followed
)
VALUES (
    %(event_id)s, %(end_device_id)s, %(issued_at)s, %(expires_at)s, %(start_at)s, 1800,
    %(dispatch_setpoint_w)s::real [], %(natural_w)s::real [], %(purpose)s, %(is_followed)s
)

-- name: take_back_commands
-- What was not sent ends here. What was sent is withdrawn where the gateway knows withdrawals (specification 1.1); ingest
-- tells it so. Elsewhere it stays with the device.
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
    command.event_id = %(event_id)s
    AND end_device.end_device_id = command.end_device_id
    AND gateway.gateway_id = end_device.gateway_id
    AND (
        command.status = 'pending'
        OR (command.status IN ('sent', 'accepted') AND gateway.specification ~ '^1\.[1-9]')
    )

-- name: commands_of_event
-- row: db.demand_response.EventCommand
SELECT
    command.command_id,
    end_device.name AS resource,
    command.issued_at,
    command.expires_at,
    command.start_at,
    command.step_s,
    command.dispatch_setpoint_w,
    command.is_followed,
    command.status,
    command.sent_at,
    command.answered_at,
    command.reason
FROM somel.command
JOIN somel.end_device USING (end_device_id)
WHERE command.event_id = %(event_id)s
ORDER BY end_device.name, command.issued_at

-- name: participating_usage_points
SELECT DISTINCT end_device.usage_point_id
FROM somel.command
JOIN somel.end_device USING (end_device_id)
WHERE command.event_id = %(event_id)s AND command.status IN ('sent', 'unanswered', 'accepted')
ORDER BY end_device.usage_point_id

-- name: earlier_events_of
-- row: db.demand_response.EventSpan
-- Earlier events that asked any of the same usage points: their days say nothing about an undisturbed day.
SELECT DISTINCT
    event.starts_at,
    event.ends_at
FROM somel.event
JOIN somel.command USING (event_id)
JOIN somel.end_device USING (end_device_id)
WHERE
    event.event_id <> %(event_id)s
    AND event.status IN ('active', 'completed')
    AND event.starts_at < %(before)s
    AND event.ends_at > %(after)s
    AND command.status IN ('sent', 'unanswered', 'accepted')
    AND end_device.usage_point_id = ANY(%(usage_point_ids)s::integer [])
ORDER BY event.starts_at

-- name: results_of_event
-- row: db.demand_response.EventResult
SELECT
    slot_start_at,
    computed_at,
    usage_point_count,
    baseline_w,
    measured_w,
    planned_reduction_w
FROM somel.event_result
WHERE event_id = %(event_id)s
ORDER BY slot_start_at

-- name: store_result
INSERT INTO somel.event_result (
    event_id, slot_start_at, computed_at, usage_point_count, baseline_w, measured_w, planned_reduction_w
)
VALUES (
    %(event_id)s, %(slot_start_at)s, %(computed_at)s, %(usage_point_count)s, %(baseline_w)s, %(measured_w)s,
    %(planned_reduction_w)s
)
ON CONFLICT (event_id, slot_start_at) DO UPDATE SET
    computed_at = excluded.computed_at,
    usage_point_count = excluded.usage_point_count,
    baseline_w = excluded.baseline_w,
    measured_w = excluded.measured_w,
    planned_reduction_w = excluded.planned_reduction_w
