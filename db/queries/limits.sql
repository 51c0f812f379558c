-- name: fill_limit
INSERT INTO somel.register_limit (
    register_id, lowest, highest, subscribed_ratio, spike_ratio, spike_floor_ratio, high_ratio, low_ratio, zero_run_s,
    flat_run_s, clock_ahead_s, late_s, rollover_at, sum_tolerance, sum_tolerance_ratio
)
VALUES (
    %(register_id)s, %(lowest)s, %(highest)s, %(subscribed_ratio)s, %(spike_ratio)s, %(spike_floor_ratio)s,
    %(high_ratio)s, %(low_ratio)s, %(zero_run_s)s, %(flat_run_s)s, %(clock_ahead_s)s, %(late_s)s, %(rollover_at)s,
    %(sum_tolerance)s, %(sum_tolerance_ratio)s
)
ON CONFLICT (register_id) DO UPDATE SET
    lowest = excluded.lowest,
    highest = excluded.highest,
    subscribed_ratio = excluded.subscribed_ratio,
    spike_ratio = excluded.spike_ratio,
    spike_floor_ratio = excluded.spike_floor_ratio,
    high_ratio = excluded.high_ratio,
    low_ratio = excluded.low_ratio,
    zero_run_s = excluded.zero_run_s,
    flat_run_s = excluded.flat_run_s,
    clock_ahead_s = excluded.clock_ahead_s,
    late_s = excluded.late_s,
    rollover_at = excluded.rollover_at,
    sum_tolerance = excluded.sum_tolerance,
    sum_tolerance_ratio = excluded.sum_tolerance_ratio
WHERE register_limit.changed_at IS NULL;

-- name: limits
-- row: db.limits.LimitRow
SELECT
    register_id, lowest, highest, subscribed_ratio, spike_ratio, spike_floor_ratio, high_ratio, low_ratio, zero_run_s,
    flat_run_s, clock_ahead_s, late_s, rollover_at, sum_tolerance, sum_tolerance_ratio, changed_at
FROM somel.register_limit
ORDER BY register_id;

-- The change comes as a JSON object of one member; the row stands for whatever the object does not name.

-- name: change_limit
UPDATE somel.register_limit AS kept
SET
    lowest = changed.lowest,
    highest = changed.highest,
    subscribed_ratio = changed.subscribed_ratio,
    spike_ratio = changed.spike_ratio,
    spike_floor_ratio = changed.spike_floor_ratio,
    high_ratio = changed.high_ratio,
    low_ratio = changed.low_ratio,
    zero_run_s = changed.zero_run_s,
    flat_run_s = changed.flat_run_s,
    clock_ahead_s = changed.clock_ahead_s,
    late_s = changed.late_s,
    rollover_at = changed.rollover_at,
    sum_tolerance = changed.sum_tolerance,
    sum_tolerance_ratio = changed.sum_tolerance_ratio,
    changed_at = clock_timestamp()
FROM somel.register_limit AS old
CROSS JOIN LATERAL jsonb_populate_record(old, %(change)s::jsonb) AS changed
WHERE kept.register_id = %(register_id)s AND old.register_id = kept.register_id;
