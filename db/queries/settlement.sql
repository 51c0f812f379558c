-- name: participants
-- row: db.settlement.Participant
-- Who took part in an event, as known at a moment: told by then, and not heard by then to have refused. What is withdrawn
-- after the event ended has been obeyed.
SELECT
    end_device.usage_point_id,
    usage_point.usage_point_key,
    array_agg(DISTINCT end_device.name) AS resources
FROM somel.command
JOIN somel.event USING (event_id)
JOIN somel.end_device USING (end_device_id)
JOIN somel.usage_point USING (usage_point_id)
WHERE
    command.event_id = %(event_id)s::uuid
    AND command.status NOT IN ('pending', 'expired')
    AND coalesce(command.sent_at, command.answered_at, command.issued_at) <= %(as_of)s::timestamptz
    AND NOT (
        command.status IN ('opted_out', 'refused', 'withdrawn', 'replaced')
        AND coalesce(command.withdrawn_at, command.ended_at, command.answered_at, command.issued_at)
        <= %(as_of)s::timestamptz
        AND NOT (command.status = 'withdrawn' AND command.withdrawn_at >= event.ends_at)
    )
GROUP BY end_device.usage_point_id, usage_point.usage_point_key
ORDER BY end_device.usage_point_id

-- name: spans_disturbed
-- row: db.demand_response.EventSpan
-- When usage points were called by other events, as known at a moment.
SELECT DISTINCT
    event.starts_at,
    event.ends_at
FROM somel.event
JOIN somel.command USING (event_id)
JOIN somel.end_device USING (end_device_id)
WHERE
    event.event_id IS DISTINCT FROM %(event_id)s::uuid
    AND event.starts_at < %(before)s::timestamptz
    AND event.ends_at > %(after)s::timestamptz
    AND event.starts_at <= %(as_of)s::timestamptz
    AND event.status <> 'draft'
    AND NOT (event.status = 'cancelled' AND event.status_at <= %(as_of)s::timestamptz)
    AND command.status NOT IN ('pending', 'expired')
    AND coalesce(command.sent_at, command.answered_at, command.issued_at) <= %(as_of)s::timestamptz
    AND NOT (
        command.status IN ('opted_out', 'refused', 'withdrawn', 'replaced')
        AND coalesce(command.withdrawn_at, command.ended_at, command.answered_at, command.issued_at)
        <= %(as_of)s::timestamptz
        AND NOT (command.status = 'withdrawn' AND command.withdrawn_at >= event.ends_at)
    )
    AND end_device.usage_point_id = ANY(%(usage_point_ids)s::integer [])
ORDER BY event.starts_at, event.ends_at

-- name: controls
-- Usage points that nobody called in a span; of more than the limit, those that a hash of the key chooses.
SELECT usage_point.usage_point_id
FROM somel.usage_point
WHERE
    NOT EXISTS (
        SELECT
        FROM somel.end_device
        JOIN somel.command USING (end_device_id)
        JOIN somel.event USING (event_id)
        WHERE
            end_device.usage_point_id = usage_point.usage_point_id
            AND command.issued_at <= %(as_of)s::timestamptz
            AND event.starts_at < %(before)s::timestamptz
            AND event.ends_at > %(after)s::timestamptz
    )
ORDER BY usage_point.usage_point_id::bigint * 2654435761 %% 4294967296, usage_point.usage_point_id
LIMIT %(limit)s::integer

-- name: enrolled_usage_points
-- Usage points under a place with a resource that takes part in demand response, or that took part under a program.
SELECT DISTINCT usage_point.usage_point_id
FROM somel.usage_point
JOIN somel.power_transformer ON power_transformer.place_id = usage_point.power_transformer_place_id
JOIN somel.feeder ON feeder.place_id = power_transformer.feeder_place_id
JOIN somel.end_device USING (usage_point_id)
JOIN somel.resource USING (end_device_id)
WHERE
    (
        %(place_id)s::integer IN (
            power_transformer.place_id, power_transformer.commune_place_id, feeder.place_id, feeder.substation_place_id
        )
        OR EXISTS (SELECT FROM somel.place WHERE place.place_id = %(place_id)s::integer AND place.level = 'territory')
    )
    AND (
        CASE
            WHEN %(program)s::text = '' THEN resource.withdrawn_at IS NULL
            ELSE EXISTS (
                SELECT
                FROM somel.settlement_statement AS statement
                JOIN somel.settlement_usage_point AS member USING (settlement_statement_id)
                WHERE statement.program = %(program)s::text AND member.usage_point_id = usage_point.usage_point_id
            )
        END
    )
ORDER BY usage_point.usage_point_id

-- name: reading_changes
-- row: db.settlement.ReadingChange
-- Readings inside spans that were known otherwise at one moment than at a later one.
WITH span AS (
    SELECT span.*
    FROM unnest(%(span_starts)s::timestamptz [], %(span_ends)s::timestamptz []) AS span (start_at, end_at)
),

kept AS (
    SELECT usage_point_id, register_id, quality, step_s, start_at, known_at, 'infinity'::timestamptz AS replaced_at, value
    FROM somel.interval_reading
    WHERE
        usage_point_id = ANY(%(usage_point_ids)s::integer [])
        AND register_id IN (1, 2)
        AND start_at >= (SELECT min(span.start_at) - INTERVAL '30 minutes' FROM span)
        AND start_at < (SELECT max(span.end_at) FROM span)
    UNION ALL
    SELECT usage_point_id, register_id, quality, step_s, start_at, known_at, replaced_at, value
    FROM somel.interval_reading_revision
    WHERE
        usage_point_id = ANY(%(usage_point_ids)s::integer [])
        AND register_id IN (1, 2)
        AND start_at >= (SELECT min(span.start_at) - INTERVAL '30 minutes' FROM span)
        AND start_at < (SELECT max(span.end_at) FROM span)
),

inside AS (
    SELECT *
    FROM kept
    WHERE EXISTS (
        SELECT
        FROM span
        WHERE kept.start_at < span.end_at AND kept.start_at + make_interval(secs => kept.step_s) > span.start_at
    )
),

old AS (
    SELECT *
    FROM inside
    WHERE known_at <= %(older)s::timestamptz AND replaced_at > %(older)s::timestamptz
),

new AS (
    SELECT *
    FROM inside
    WHERE known_at <= %(newer)s::timestamptz AND replaced_at > %(newer)s::timestamptz
)

SELECT
    usage_point_id,
    register.name AS register_name,
    start_at,
    greatest(old.step_s, new.step_s) AS step_s,
    old.value AS old_value,
    new.value AS new_value,
    old.quality AS old_quality,
    new.quality AS new_quality,
    old.known_at AS old_known_at,
    new.known_at AS new_known_at
FROM old
FULL JOIN new USING (usage_point_id, register_id, start_at)
JOIN somel.register USING (register_id)
WHERE (old.value, old.quality, old.step_s) IS DISTINCT FROM (new.value, new.quality, new.step_s)
ORDER BY usage_point_id, start_at, register_name

-- name: insert_statement
INSERT INTO somel.settlement_statement (
    event_id, program, method, form, as_of, made_at, made_by, usage_point_count, slot_count, complete_count, reduction_wh,
    adjusted_reduction_wh, lower_wh, upper_wh, confidence_ratio, error_day_count, error_mean_wh, error_deviation_wh, hash
)
VALUES (
    %(event_id)s, %(program)s, %(method)s, %(form)s, %(as_of)s, %(made_at)s, %(made_by)s, %(usage_point_count)s,
    %(slot_count)s, %(complete_count)s, %(reduction_wh)s, %(adjusted_reduction_wh)s, %(lower_wh)s, %(upper_wh)s,
    %(confidence_ratio)s, %(error_day_count)s, %(error_mean_wh)s, %(error_deviation_wh)s, %(hash)s
)
RETURNING settlement_statement_id

-- name: insert_usage_point
INSERT INTO somel.settlement_usage_point (
    settlement_statement_id, usage_point_id, resources, baseline_days, control_usage_point_ids, reduction_wh,
    adjusted_reduction_wh, lower_wh, upper_wh
)
VALUES (
    %(settlement_statement_id)s, %(usage_point_id)s, %(resources)s::text [], %(baseline_days)s::date [],
    %(control_usage_point_ids)s::integer [], %(reduction_wh)s, %(adjusted_reduction_wh)s, %(lower_wh)s, %(upper_wh)s
)

-- name: insert_slots
INSERT INTO somel.settlement_slot (
    settlement_statement_id, usage_point_id, slot_start_at, baseline_w, adjusted_baseline_w, measured_w
)
SELECT %(settlement_statement_id)s::bigint, slot.*
FROM
    unnest(
        %(usage_point_id)s::integer [], %(slot_start_at)s::timestamptz [], %(baseline_w)s::double precision [],
        %(adjusted_baseline_w)s::double precision [], %(measured_w)s::double precision []
    ) AS slot

-- name: find_statements
-- row: db.settlement.StatementRow
-- Of an event, or the one with a key; those with the latest moment first.
SELECT
    event_id,
    program,
    method,
    form,
    as_of,
    made_at,
    made_by,
    usage_point_count,
    slot_count,
    complete_count,
    reduction_wh,
    adjusted_reduction_wh,
    lower_wh,
    upper_wh,
    confidence_ratio,
    error_day_count,
    error_mean_wh,
    error_deviation_wh,
    hash,
    settlement_statement_id
FROM somel.settlement_statement
WHERE
    (%(event_id)s::uuid IS NULL OR event_id = %(event_id)s::uuid)
    AND (%(program)s::text IS NULL OR program = %(program)s::text)
    AND (%(settlement_statement_id)s::bigint IS NULL OR settlement_statement_id = %(settlement_statement_id)s::bigint)
ORDER BY as_of DESC, settlement_statement_id DESC

-- name: usage_points_of_statement
-- row: db.settlement.UsagePointRow
SELECT
    member.usage_point_id,
    usage_point.usage_point_key,
    member.resources,
    member.baseline_days,
    member.control_usage_point_ids,
    member.reduction_wh,
    member.adjusted_reduction_wh,
    member.lower_wh,
    member.upper_wh
FROM somel.settlement_usage_point AS member
JOIN somel.usage_point USING (usage_point_id)
WHERE member.settlement_statement_id = %(settlement_statement_id)s::bigint
ORDER BY member.usage_point_id

-- name: slots_of_statement
-- row: db.settlement.SlotRow
SELECT
    usage_point_id,
    slot_start_at,
    baseline_w,
    adjusted_baseline_w,
    measured_w
FROM somel.settlement_slot
WHERE settlement_statement_id = %(settlement_statement_id)s::bigint
ORDER BY usage_point_id, slot_start_at

-- name: store_skill
INSERT INTO somel.baseline_skill (
    place_id, program, method, is_adjusted, month, window_start, window_slots, as_of, computed_at, usage_point_count,
    day_count, slot_count, bias_w, mae_w, cv_rmse_ratio, absolute_error_ratio, centring_error_ratio
)
VALUES (
    %(place_id)s, %(program)s, %(method)s, %(is_adjusted)s, %(month)s, %(window_start)s, %(window_slots)s, %(as_of)s,
    %(computed_at)s, %(usage_point_count)s, %(day_count)s, %(slot_count)s, %(bias_w)s, %(mae_w)s, %(cv_rmse_ratio)s,
    %(absolute_error_ratio)s, %(centring_error_ratio)s
)
ON CONFLICT (place_id, program, month, window_start, window_slots, method, is_adjusted) DO UPDATE SET
    as_of = excluded.as_of,
    computed_at = excluded.computed_at,
    usage_point_count = excluded.usage_point_count,
    day_count = excluded.day_count,
    slot_count = excluded.slot_count,
    bias_w = excluded.bias_w,
    mae_w = excluded.mae_w,
    cv_rmse_ratio = excluded.cv_rmse_ratio,
    absolute_error_ratio = excluded.absolute_error_ratio,
    centring_error_ratio = excluded.centring_error_ratio

-- name: skills_of_place
-- row: db.settlement.SkillRow
SELECT
    place_id,
    program,
    method,
    is_adjusted,
    month,
    window_start,
    window_slots,
    as_of,
    computed_at,
    usage_point_count,
    day_count,
    slot_count,
    bias_w,
    mae_w,
    cv_rmse_ratio,
    absolute_error_ratio,
    centring_error_ratio
FROM somel.baseline_skill
WHERE place_id = %(place_id)s::integer AND (%(month)s::date IS NULL OR month = %(month)s::date)
ORDER BY month DESC, program, window_start, window_slots, method, is_adjusted

-- name: windows_to_score
-- row: db.settlement.WindowToScore
-- Places and hours of the events that ended in a month and were not scored for it yet.
SELECT DISTINCT ON (event.place_id)
    event.place_id,
    event.starts_at,
    event.ends_at
FROM somel.event
WHERE
    event.status = 'completed'
    AND event.ends_at > %(month_starts)s::timestamptz
    AND event.ends_at <= %(month_ends)s::timestamptz
    AND NOT EXISTS (
        SELECT
        FROM somel.baseline_skill
        WHERE baseline_skill.place_id = event.place_id AND baseline_skill.month = %(month)s::date
    )
ORDER BY event.place_id, event.ends_at DESC
