-- name: take_turn
SELECT pg_try_advisory_xact_lock(%(lock)s) AS taken;

-- name: allow_memory
SET LOCAL work_mem = '64MB';

-- name: take_marks
-- Marks are taken oldest first until they hold enough spans; at least one.
WITH oldest AS (
    SELECT vee_pending_id, sum(cardinality(usage_point_id)) OVER (ORDER BY vee_pending_id) AS spans_to_here
    FROM (SELECT * FROM somel.vee_pending ORDER BY vee_pending_id LIMIT 2000) AS first_ones
),
taken AS (
    DELETE FROM somel.vee_pending AS mark
    USING oldest
    WHERE
        mark.vee_pending_id = oldest.vee_pending_id
        AND (
            oldest.spans_to_here <= %(limit)s
            OR oldest.vee_pending_id = (SELECT min(first_one.vee_pending_id) FROM oldest AS first_one)
        )
    RETURNING mark.usage_point_id, mark.start_s, mark.end_s
)
SELECT span.usage_point_id, span.start_s, span.end_s
FROM taken
CROSS JOIN LATERAL unnest(taken.usage_point_id, taken.start_s, taken.end_s) AS span (usage_point_id, start_s, end_s);

-- name: put_back_marks
INSERT INTO somel.vee_pending (usage_point_id, start_s, end_s)
VALUES (%(usage_point_id)s::integer [], %(start_s)s::bigint [], %(end_s)s::bigint []);

-- name: pending_spans
SELECT coalesce(sum(cardinality(usage_point_id)), 0)::bigint AS span_count FROM somel.vee_pending;

-- name: last_sweep
-- row: db.vee_columns.Sweep
SELECT day, done_to, finished_at IS NOT NULL AS is_finished
FROM somel.vee_sweep
WHERE stage = %(stage)s
ORDER BY day DESC
LIMIT 1;

-- name: note_sweep
INSERT INTO somel.vee_sweep (day, stage, done_to, finished_at)
VALUES (%(day)s, %(stage)s, %(done_to)s, CASE WHEN %(is_finished)s::boolean THEN %(now)s::timestamptz END)
ON CONFLICT (day, stage) DO UPDATE SET done_to = excluded.done_to, finished_at = excluded.finished_at;

-- name: next_usage_points
SELECT usage_point_id FROM somel.usage_point WHERE usage_point_id > %(after)s ORDER BY usage_point_id LIMIT %(limit)s;

-- name: points
-- From when on values are expected: a day counted before tells, else the registration.
SELECT
    usage_point.usage_point_id,
    usage_point.interval_step_s,
    usage_point.subscribed_va,
    floor(extract(epoch FROM usage_point.registered_at))::bigint AS registered_s,
    coalesce((
        SELECT completeness.day - DATE '1970-01-01'
        FROM somel.completeness
        WHERE completeness.usage_point_id = usage_point.usage_point_id AND completeness.register_id = %(register_id)s
        ORDER BY completeness.day
        LIMIT 1
    ), 1000000) AS first_day
FROM somel.usage_point
WHERE usage_point.usage_point_id = ANY(%(usage_point_id)s::integer [])
ORDER BY usage_point.usage_point_id;

-- name: counted_around
-- The last day counted before each run of days, and the first one after it; the run's own edges where there is none.
SELECT
    run.number::integer AS number,
    coalesce((
        SELECT completeness.day - DATE '1970-01-01'
        FROM somel.completeness
        WHERE
            completeness.usage_point_id = run.usage_point_id
            AND completeness.register_id = %(register_id)s
            AND completeness.day < DATE '1970-01-01' + run.first_day
        ORDER BY completeness.day DESC
        LIMIT 1
    ), run.first_day) AS before_day,
    coalesce((
        SELECT completeness.day - DATE '1970-01-01'
        FROM somel.completeness
        WHERE
            completeness.usage_point_id = run.usage_point_id
            AND completeness.register_id = %(register_id)s
            AND completeness.day > DATE '1970-01-01' + run.last_day
        ORDER BY completeness.day
        LIMIT 1
    ), run.last_day) AS after_day
FROM unnest(%(usage_point_id)s::integer [], %(first_day)s::integer [], %(last_day)s::integer [])
    WITH ORDINALITY AS run (usage_point_id, first_day, last_day, number)
ORDER BY run.number;

-- name: interval_rows
-- OFFSET 0 makes the planner look up each run's span in the index, however many readings there are.
SELECT
    known.usage_point_id, known.register_id, known.quality, known.step_s, known.start_at, known.known_at, known.value
FROM unnest(%(usage_point_id)s::integer [], %(start_s)s::bigint [], %(end_s)s::bigint [])
    AS run (usage_point_id, start_s, end_s)
CROSS JOIN LATERAL (
    SELECT *
    FROM somel.interval_reading AS reading
    WHERE
        reading.usage_point_id = run.usage_point_id
        AND reading.register_id = ANY(%(register_id)s::smallint [])
        AND reading.quality <> 1
        AND reading.start_at >= to_timestamp(run.start_s)
        AND reading.start_at < to_timestamp(run.end_s)
        AND reading.start_at >= %(first_at)s
        AND reading.start_at < %(last_at)s
    OFFSET 0
) AS known;

-- name: day_energies
SELECT completeness.usage_point_id, completeness.register_id, completeness.day - DATE '1970-01-01' AS day, energy
FROM unnest(%(usage_point_id)s::integer [], %(first_day)s::integer [], %(end_day)s::integer [])
    AS run (usage_point_id, first_day, end_day)
JOIN somel.completeness
    ON
        completeness.usage_point_id = run.usage_point_id
        AND completeness.register_id = ANY(%(register_id)s::smallint [])
        AND completeness.day >= DATE '1970-01-01' + run.first_day
        AND completeness.day < DATE '1970-01-01' + run.end_day
WHERE completeness.missing = 0 AND completeness.bad = 0;

-- name: indexes_around
-- The last index at or before a span, the last at or before its end, and, for spans that are gaps, the first after it.
SELECT
    span.number::integer AS number,
    coalesce(extract(epoch FROM before.read_at), 0)::double precision AS before_s,
    coalesce(before.value, 'NaN') AS before_value,
    coalesce(extract(epoch FROM inside.read_at), 0)::double precision AS inside_s,
    coalesce(inside.value, 'NaN') AS inside_value,
    coalesce(extract(epoch FROM beyond.read_at), 0)::double precision AS beyond_s,
    coalesce(beyond.value, 'NaN') AS beyond_value
FROM unnest(%(usage_point_id)s::integer [], %(register_id)s::smallint [], %(start_s)s::bigint [], %(end_s)s::bigint [])
    WITH ORDINALITY AS span (usage_point_id, register_id, start_s, end_s, number)
LEFT JOIN LATERAL (
    SELECT reading.read_at, reading.value
    FROM somel.reading
    WHERE
        reading.usage_point_id = span.usage_point_id
        AND reading.register_id = span.register_id
        AND reading.quality = 0
        AND reading.read_at <= to_timestamp(span.start_s)
        AND reading.read_at >= to_timestamp(span.start_s - %(reach_s)s::bigint)
        AND reading.read_at >= %(first_at)s::timestamptz
        AND reading.read_at <= %(last_at)s::timestamptz
    ORDER BY reading.read_at DESC
    LIMIT 1
) AS before ON TRUE
LEFT JOIN LATERAL (
    SELECT reading.read_at, reading.value
    FROM somel.reading
    WHERE
        reading.usage_point_id = span.usage_point_id
        AND reading.register_id = span.register_id
        AND reading.quality = 0
        AND reading.read_at <= to_timestamp(span.end_s)
        AND reading.read_at > to_timestamp(span.start_s)
        AND reading.read_at >= %(first_at)s::timestamptz
        AND reading.read_at <= %(last_at)s::timestamptz
    ORDER BY reading.read_at DESC
    LIMIT 1
) AS inside ON TRUE
LEFT JOIN LATERAL (
    SELECT reading.read_at, reading.value
    FROM somel.reading
    WHERE
        reading.usage_point_id = span.usage_point_id
        AND reading.register_id = span.register_id
        AND reading.quality = 0
        AND reading.read_at >= to_timestamp(span.end_s)
        AND reading.read_at <= to_timestamp(span.end_s + %(reach_s)s::bigint)
        AND reading.read_at >= %(first_at)s::timestamptz
        AND reading.read_at <= %(last_at)s::timestamptz
    ORDER BY reading.read_at
    LIMIT 1
) AS beyond ON TRUE
WHERE before.read_at IS NOT NULL OR inside.read_at IS NOT NULL;

-- name: indexes_falling
SELECT usage_point_id, register_id, previous_at, read_at, previous_value, value
FROM (
    SELECT
        known.usage_point_id,
        known.register_id,
        known.read_at,
        known.value,
        lag(known.read_at) OVER series AS previous_at,
        lag(known.value) OVER series AS previous_value
    FROM unnest(%(usage_point_id)s::integer [], %(start_s)s::bigint [], %(end_s)s::bigint [])
        AS run (usage_point_id, start_s, end_s)
    CROSS JOIN LATERAL (
        SELECT *
        FROM somel.reading
        WHERE
            reading.usage_point_id = run.usage_point_id
            AND reading.register_id = ANY(%(register_id)s::smallint [])
            AND reading.quality = 0
            AND reading.read_at >= to_timestamp(run.start_s)
            AND reading.read_at <= to_timestamp(run.end_s)
            AND reading.read_at >= %(first_at)s
            AND reading.read_at <= %(last_at)s
        OFFSET 0
    ) AS known
    WINDOW series AS (PARTITION BY known.usage_point_id, known.register_id ORDER BY known.read_at)
) AS steps
WHERE value < previous_value;

-- name: store_completeness
INSERT INTO somel.completeness AS kept
(usage_point_id, register_id, day, step_s, expected, received, bad, estimated, missing, late, energy, checked_at)
SELECT
    usage_point_id,
    register_id,
    DATE '1970-01-01' + day,
    step_s,
    received + bad + estimated + missing,
    received,
    bad,
    estimated,
    missing,
    late,
    energy,
    %(now)s
FROM unnest(
    %(usage_point_id)s::integer [], %(register_id)s::smallint [], %(day)s::integer [], %(step_s)s::integer [],
    %(received)s::integer [], %(bad)s::integer [], %(estimated)s::integer [], %(missing)s::integer [],
    %(late)s::integer [], %(energy)s::double precision []
) AS found (usage_point_id, register_id, day, step_s, received, bad, estimated, missing, late, energy)
ON CONFLICT (usage_point_id, register_id, day) DO UPDATE SET
    step_s = excluded.step_s,
    expected = excluded.expected,
    received = excluded.received,
    bad = excluded.bad,
    estimated = excluded.estimated,
    missing = excluded.missing,
    late = excluded.late,
    energy = excluded.energy,
    checked_at = excluded.checked_at,
    changed_at = CASE
        WHEN
            (kept.step_s, kept.received, kept.bad, kept.estimated, kept.missing, kept.energy)
            = (excluded.step_s, excluded.received, excluded.bad, excluded.estimated, excluded.missing, excluded.energy)
            THEN kept.changed_at
        ELSE clock_timestamp()
    END,
    tried_at = CASE
        WHEN
            (kept.step_s, kept.received, kept.bad, kept.missing)
            = (excluded.step_s, excluded.received, excluded.bad, excluded.missing)
            THEN kept.tried_at
    END;

-- name: clear_findings
UPDATE somel.vee_finding AS finding
SET cleared_at = greatest(%(now)s, finding.found_at)
FROM unnest(%(usage_point_id)s::integer [], %(day)s::integer []) AS checked (usage_point_id, day)
WHERE
    finding.usage_point_id = checked.usage_point_id
    AND finding.day = DATE '1970-01-01' + checked.day
    AND finding.cleared_at IS NULL
    AND (finding.usage_point_id, finding.register_id, finding.day, finding.rule, finding.start_at) NOT IN (
        SELECT usage_point_id, register_id, DATE '1970-01-01' + day, rule, to_timestamp(start_s)
        FROM unnest(
            %(found_usage_point_id)s::integer [], %(found_register_id)s::smallint [], %(found_day)s::integer [],
            %(found_rule)s::text [], %(found_start_s)s::double precision []
        ) AS found (usage_point_id, register_id, day, rule, start_s)
    );

-- name: store_findings
INSERT INTO somel.vee_finding AS kept
(usage_point_id, register_id, rule, severity, day, start_at, end_at, figure, bound, found_at)
SELECT
    usage_point_id,
    register_id,
    rule,
    severity,
    DATE '1970-01-01' + day,
    to_timestamp(start_s),
    to_timestamp(end_s),
    figure,
    bound,
    %(now)s
FROM unnest(
    %(usage_point_id)s::integer [], %(register_id)s::smallint [], %(rule)s::text [], %(severity)s::text [],
    %(day)s::integer [], %(start_s)s::double precision [], %(end_s)s::double precision [],
    %(figure)s::double precision [], %(bound)s::double precision []
) AS found (usage_point_id, register_id, rule, severity, day, start_s, end_s, figure, bound)
ON CONFLICT (usage_point_id, register_id, day, rule, start_at) WHERE cleared_at IS NULL DO UPDATE SET
    severity = excluded.severity, end_at = excluded.end_at, figure = excluded.figure, bound = excluded.bound
WHERE (kept.end_at, kept.figure, kept.bound) IS DISTINCT FROM (excluded.end_at, excluded.figure, excluded.bound);

-- name: note_replaced
-- A value that is not the estimate any more became known at another time, or is no estimate.
UPDATE somel.vee_estimate AS estimate
SET replaced_count = now_replaced.value_count, replaced_at = %(now)s
FROM unnest(%(usage_point_id)s::integer [], %(day)s::integer []) AS checked (usage_point_id, day)
JOIN somel.vee_estimate AS standing
    ON
        standing.usage_point_id = checked.usage_point_id
        AND standing.day = DATE '1970-01-01' + checked.day
        AND standing.slot_count > standing.replaced_count
CROSS JOIN LATERAL (
    SELECT least(count(*), standing.slot_count)::integer AS value_count
    FROM somel.interval_reading AS reading
    WHERE
        reading.usage_point_id = standing.usage_point_id
        AND reading.register_id = standing.register_id
        AND reading.start_at >= standing.start_at
        AND reading.start_at < standing.end_at
        AND (reading.known_at <> standing.estimated_at OR reading.quality <> 2)
        AND EXISTS (
            SELECT
            FROM somel.interval_reading_revision AS revision
            WHERE
                revision.usage_point_id = reading.usage_point_id
                AND revision.register_id = reading.register_id
                AND revision.start_at = reading.start_at
                AND revision.known_at = standing.estimated_at
                AND revision.quality = 2
        )
) AS now_replaced
WHERE
    estimate.vee_estimate_id = standing.vee_estimate_id
    AND estimate.replaced_count <> now_replaced.value_count;

-- name: untried_gaps
SELECT usage_point_id, register_id, day - DATE '1970-01-01' AS day, step_s
FROM somel.completeness
WHERE
    missing > 0
    AND tried_at IS NULL
    AND day <= DATE '1970-01-01' + %(last_day)s::integer
    AND changed_at <= clock_timestamp() - make_interval(secs => %(rest_s)s)
ORDER BY changed_at
LIMIT %(limit)s;

-- name: chosen_gaps
SELECT
    completeness.usage_point_id,
    completeness.register_id,
    completeness.day - DATE '1970-01-01' AS day,
    completeness.step_s
FROM somel.completeness
JOIN somel.usage_point USING (usage_point_id)
JOIN somel.power_transformer ON power_transformer.place_id = usage_point.power_transformer_place_id
JOIN somel.commune ON commune.place_id = power_transformer.commune_place_id
WHERE
    completeness.missing > 0
    AND (completeness.tried_at IS NULL OR completeness.tried_at <> %(before)s::timestamptz)
    AND (%(usage_point_key)s::uuid IS NULL OR usage_point.usage_point_key = %(usage_point_key)s::uuid)
    AND (%(commune)s::text IS NULL OR commune.insee_code = %(commune)s::text)
    AND (%(day)s::date IS NULL OR completeness.day = %(day)s::date)
ORDER BY completeness.day, completeness.usage_point_id
LIMIT %(limit)s;

-- name: note_tried
UPDATE somel.completeness
SET tried_at = %(now)s
FROM unnest(%(usage_point_id)s::integer [], %(register_id)s::smallint [], %(day)s::integer [])
    AS tried (usage_point_id, register_id, day)
WHERE
    completeness.usage_point_id = tried.usage_point_id
    AND completeness.register_id = tried.register_id
    AND completeness.day = DATE '1970-01-01' + tried.day;

-- name: store_estimated
INSERT INTO somel.interval_reading (usage_point_id, register_id, quality, step_s, start_at, known_at, value)
SELECT usage_point_id, register_id, 2, step_s, to_timestamp(start_s), %(now)s, value
FROM unnest(
    %(usage_point_id)s::integer [], %(register_id)s::smallint [], %(step_s)s::integer [], %(start_s)s::bigint [],
    %(value)s::real []
) AS estimate (usage_point_id, register_id, step_s, start_s, value)
ORDER BY usage_point_id, register_id, start_s
ON CONFLICT (usage_point_id, register_id, start_at) DO NOTHING
RETURNING usage_point_id, register_id, extract(epoch FROM start_at)::bigint AS start_s;

-- name: store_estimates
INSERT INTO somel.vee_estimate
(
    usage_point_id, register_id, day, start_at, end_at, step_s, method, reason, is_scaled, slot_count, energy,
    estimated_at
)
SELECT
    usage_point_id,
    register_id,
    DATE '1970-01-01' + day,
    to_timestamp(start_s),
    to_timestamp(end_s),
    step_s,
    method,
    reason,
    is_scaled,
    slot_count,
    energy,
    %(now)s
FROM unnest(
    %(usage_point_id)s::integer [], %(register_id)s::smallint [], %(day)s::integer [], %(start_s)s::bigint [],
    %(end_s)s::bigint [], %(step_s)s::integer [], %(method)s::text [], %(reason)s::text [], %(is_scaled)s::boolean [],
    %(slot_count)s::integer [], %(energy)s::double precision []
) AS found (
    usage_point_id, register_id, day, start_s, end_s, step_s, method, reason, is_scaled, slot_count, energy
);

-- name: mark_estimated
INSERT INTO somel.rollup_pending (power_transformer_place_id, start_at, end_at)
SELECT
    usage_point.power_transformer_place_id,
    to_timestamp(min(start_s) / 1800 * 1800),
    to_timestamp((max(end_s) + 1799) / 1800 * 1800)
FROM unnest(%(usage_point_id)s::integer [], %(start_s)s::bigint [], %(end_s)s::bigint [])
    AS touched (usage_point_id, start_s, end_s)
JOIN somel.usage_point USING (usage_point_id)
GROUP BY usage_point.power_transformer_place_id, touched.start_s / 86400;

-- name: chosen_usage_points
SELECT usage_point.usage_point_id
FROM somel.usage_point
JOIN somel.power_transformer ON power_transformer.place_id = usage_point.power_transformer_place_id
JOIN somel.commune ON commune.place_id = power_transformer.commune_place_id
WHERE
    (%(usage_point_key)s::uuid IS NULL OR usage_point.usage_point_key = %(usage_point_key)s::uuid)
    AND (%(commune)s::text IS NULL OR commune.insee_code = %(commune)s::text)
    AND usage_point.usage_point_id > %(after)s
ORDER BY usage_point.usage_point_id
LIMIT %(limit)s;
