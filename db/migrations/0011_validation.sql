-- Validation, estimation, editing: what can be believed, what is missing, and what stands in for it. Nothing here changes
-- a value: findings point at readings, estimates are readings of the quality `estimated` in slots where there was none.
ALTER TABLE somel.usage_point ADD COLUMN registered_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN somel.usage_point.registered_at IS 'When it was registered; slots before are not expected';

CREATE TABLE somel.register_limit (
    register_id smallint PRIMARY KEY REFERENCES somel.register (register_id) ON DELETE CASCADE,
    lowest double precision NOT NULL,
    highest double precision NOT NULL CHECK (highest > lowest),
    subscribed_ratio double precision CHECK (subscribed_ratio > 0),
    spike_ratio double precision CHECK (spike_ratio > 0),
    spike_floor_ratio double precision CHECK (spike_floor_ratio >= 0),
    high_ratio double precision CHECK (high_ratio > 1),
    low_ratio double precision CHECK (low_ratio >= 0 AND low_ratio < 1),
    zero_run_s integer CHECK (zero_run_s > 0),
    flat_run_s integer CHECK (flat_run_s > 0),
    clock_ahead_s integer CHECK (clock_ahead_s >= 0),
    late_s integer CHECK (late_s >= 0),
    rollover_at double precision CHECK (rollover_at > 0),
    sum_tolerance double precision CHECK (sum_tolerance >= 0),
    sum_tolerance_ratio double precision CHECK (sum_tolerance_ratio >= 0),
    changed_at timestamptz
);
COMMENT ON TABLE somel.register_limit IS 'How far the values of a register are believed; filled from core/limits.py by every migrate, except what an operator changed';
COMMENT ON COLUMN somel.register_limit.register_id IS 'Register';
COMMENT ON COLUMN somel.register_limit.lowest IS 'A lower value is refused [unit]; of an interval, as mean power';
COMMENT ON COLUMN somel.register_limit.highest IS 'A higher value is refused [unit]; of an interval, as mean power';
COMMENT ON COLUMN somel.register_limit.subscribed_ratio IS 'Stored as bad: mean power above so many times the subscribed power [1]; null: no limit';
COMMENT ON COLUMN somel.register_limit.spike_ratio IS 'spike: the day''s highest power exceeds its third highest by more than so many times that one [1]';
COMMENT ON COLUMN somel.register_limit.spike_floor_ratio IS 'spike: only above so many times the subscribed power [1]';
COMMENT ON COLUMN somel.register_limit.high_ratio IS 'high_against_history: the day exceeds the median of the days before so many times [1]';
COMMENT ON COLUMN somel.register_limit.low_ratio IS 'low_against_history: the day is less than so much of the median of the days before [1]';
COMMENT ON COLUMN somel.register_limit.zero_run_s IS 'zero_run: zero for at least so long [s]';
COMMENT ON COLUMN somel.register_limit.flat_run_s IS 'flat_line: the same value, not zero, for at least so long [s]';
COMMENT ON COLUMN somel.register_limit.clock_ahead_s IS 'clock_ahead: known more than so long before its interval ended [s]';
COMMENT ON COLUMN somel.register_limit.late_s IS 'late: known more than so long after its interval ended [s]; a gap is estimated after as long';
COMMENT ON COLUMN somel.register_limit.rollover_at IS 'index_rollover: the counter goes from here back to zero [unit]';
COMMENT ON COLUMN somel.register_limit.sum_tolerance IS 'sum_against_index: difference allowed between load curve and index [unit]';
COMMENT ON COLUMN somel.register_limit.sum_tolerance_ratio IS 'sum_against_index: allowed besides, of the index difference [1]';
COMMENT ON COLUMN somel.register_limit.changed_at IS 'When an operator last changed it; null: the default';

-- One row for up to 2,000 spans, not one for each: what it costs the way in is not measurable.
CREATE TABLE somel.vee_pending (
    vee_pending_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    usage_point_id integer [] NOT NULL,
    start_s bigint [] NOT NULL,
    end_s bigint [] NOT NULL,
    CHECK (cardinality(usage_point_id) = cardinality(start_s) AND cardinality(start_s) = cardinality(end_s))
);
COMMENT ON TABLE somel.vee_pending IS 'Spans of energy readings that were not validated since they changed; written with the readings, in one transaction';
COMMENT ON COLUMN somel.vee_pending.vee_pending_id IS 'Key, rising';
COMMENT ON COLUMN somel.vee_pending.usage_point_id IS 'Usage points';
COMMENT ON COLUMN somel.vee_pending.start_s IS 'Start of the span of each, UTC epoch [s]';
COMMENT ON COLUMN somel.vee_pending.end_s IS 'End of the span of each, UTC epoch [s]';

CREATE TABLE somel.vee_sweep (
    day date NOT NULL,
    stage text NOT NULL CHECK (stage IN ('closed', 'settled')),
    done_to integer NOT NULL DEFAULT 0,
    finished_at timestamptz,
    PRIMARY KEY (day, stage)
);
COMMENT ON TABLE somel.vee_sweep IS 'How far all usage points have been validated for a day, silent ones included';
COMMENT ON COLUMN somel.vee_sweep.day IS 'Local day (Europe/Paris)';
COMMENT ON COLUMN somel.vee_sweep.stage IS 'closed: when the day was over; settled: when what came afterwards would have been late';
COMMENT ON COLUMN somel.vee_sweep.done_to IS 'Last usage point validated';
COMMENT ON COLUMN somel.vee_sweep.finished_at IS 'When the last one was; null while it goes on';

CREATE TABLE somel.completeness (
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    day date NOT NULL,
    step_s integer NOT NULL CHECK (step_s > 0),
    expected integer NOT NULL CHECK (expected > 0),
    received integer NOT NULL CHECK (received >= 0),
    bad integer NOT NULL CHECK (bad >= 0),
    estimated integer NOT NULL CHECK (estimated >= 0),
    missing integer NOT NULL CHECK (missing >= 0),
    late integer NOT NULL CHECK (late >= 0),
    energy double precision NOT NULL,
    checked_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_at timestamptz,
    PRIMARY KEY (usage_point_id, register_id, day),
    CHECK (expected = received + bad + estimated + missing)
);
COMMENT ON TABLE somel.completeness IS 'Intervals of a usage point''s local day: how many were to come and what became of them';
COMMENT ON COLUMN somel.completeness.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.completeness.register_id IS 'Register, of kind interval';
COMMENT ON COLUMN somel.completeness.day IS 'Local day (Europe/Paris)';
COMMENT ON COLUMN somel.completeness.step_s IS 'Step of its load curve on that day [s]';
COMMENT ON COLUMN somel.completeness.expected IS 'Intervals to come: of 30 min 46, 48 or 50 a day, fewer on the day of registration';
COMMENT ON COLUMN somel.completeness.received IS 'Of those, measured and not bad';
COMMENT ON COLUMN somel.completeness.bad IS 'Of those, marked bad';
COMMENT ON COLUMN somel.completeness.estimated IS 'Of those, estimated, by the meter or here';
COMMENT ON COLUMN somel.completeness.missing IS 'Of those, without any value';
COMMENT ON COLUMN somel.completeness.late IS 'Of those received, known later than register_limit.late_s after their end';
COMMENT ON COLUMN somel.completeness.energy IS 'Sum of the values received and estimated [unit of the register]';
COMMENT ON COLUMN somel.completeness.checked_at IS 'When it was last counted, by the platform''s clock';
COMMENT ON COLUMN somel.completeness.changed_at IS 'When the counts last changed, by the wall clock';
COMMENT ON COLUMN somel.completeness.tried_at IS 'When the missing were last tried to be estimated; null since the counts changed';
CREATE INDEX completeness_day_idx ON somel.completeness (day);
CREATE INDEX completeness_incomplete_idx ON somel.completeness (day, usage_point_id) WHERE missing > 0;
CREATE INDEX completeness_untried_idx ON somel.completeness (changed_at) WHERE missing > 0 AND tried_at IS NULL;

CREATE TABLE somel.vee_finding (
    vee_finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    rule text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
    day date NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL CHECK (end_at >= start_at),
    figure double precision NOT NULL,
    bound double precision NOT NULL,
    found_at timestamptz NOT NULL,
    cleared_at timestamptz
);
COMMENT ON TABLE somel.vee_finding IS 'What a validation rule has to say about readings; the readings themselves stay as they are';
COMMENT ON COLUMN somel.vee_finding.vee_finding_id IS 'Key, rising';
COMMENT ON COLUMN somel.vee_finding.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.vee_finding.register_id IS 'Register';
COMMENT ON COLUMN somel.vee_finding.rule IS 'gap, overlap, spike, high_against_history, low_against_history, zero_run, flat_line, clock_ahead, index_back, index_rollover or sum_against_index';
COMMENT ON COLUMN somel.vee_finding.severity IS 'info, warning or error';
COMMENT ON COLUMN somel.vee_finding.day IS 'Local day (Europe/Paris) that was validated';
COMMENT ON COLUMN somel.vee_finding.start_at IS 'Start of the span it is about';
COMMENT ON COLUMN somel.vee_finding.end_at IS 'End of that span';
COMMENT ON COLUMN somel.vee_finding.figure IS 'What was found; of sum_against_index the sum of the load curve [unit of the rule]';
COMMENT ON COLUMN somel.vee_finding.bound IS 'What it was compared with; of sum_against_index the index difference [unit of the rule]';
COMMENT ON COLUMN somel.vee_finding.found_at IS 'When it was first found, by the platform''s clock';
COMMENT ON COLUMN somel.vee_finding.cleared_at IS 'When later data had healed it; null while it stands';
CREATE UNIQUE INDEX vee_finding_standing_key ON somel.vee_finding (usage_point_id, register_id, day, rule, start_at)
WHERE cleared_at IS NULL;
CREATE INDEX vee_finding_day_idx ON somel.vee_finding (day, rule);

CREATE TABLE somel.vee_estimate (
    vee_estimate_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    usage_point_id integer NOT NULL,
    register_id smallint NOT NULL,
    day date NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL CHECK (end_at > start_at),
    step_s integer NOT NULL CHECK (step_s > 0),
    method text NOT NULL CHECK (method IN ('linear', 'like_days', 'none')),
    reason text NOT NULL,
    is_scaled boolean NOT NULL,
    slot_count integer NOT NULL CHECK (slot_count >= 0),
    energy double precision NOT NULL,
    estimated_at timestamptz NOT NULL,
    replaced_count integer NOT NULL DEFAULT 0 CHECK (replaced_count BETWEEN 0 AND slot_count),
    replaced_at timestamptz
);
COMMENT ON TABLE somel.vee_estimate IS 'What was done about a gap: the values estimated, or why there are none';
COMMENT ON COLUMN somel.vee_estimate.vee_estimate_id IS 'Key, rising';
COMMENT ON COLUMN somel.vee_estimate.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.vee_estimate.register_id IS 'Register';
COMMENT ON COLUMN somel.vee_estimate.day IS 'Local day (Europe/Paris) that the gap, or this part of it, lies in';
COMMENT ON COLUMN somel.vee_estimate.start_at IS 'Start of the first interval estimated';
COMMENT ON COLUMN somel.vee_estimate.end_at IS 'End of the last one';
COMMENT ON COLUMN somel.vee_estimate.step_s IS 'Step of the intervals [s]';
COMMENT ON COLUMN somel.vee_estimate.method IS 'linear: between the neighbours; like_days: mean of the same time on like days; none';
COMMENT ON COLUMN somel.vee_estimate.reason IS 'Why this method and this scale, or why none';
COMMENT ON COLUMN somel.vee_estimate.is_scaled IS 'Whether it was scaled to meet the difference of two indexes';
COMMENT ON COLUMN somel.vee_estimate.slot_count IS 'Values that were stored';
COMMENT ON COLUMN somel.vee_estimate.energy IS 'Their sum [unit of the register]';
COMMENT ON COLUMN somel.vee_estimate.estimated_at IS 'When; also the time they became known';
COMMENT ON COLUMN somel.vee_estimate.replaced_count IS 'Values that measured ones have replaced since';
COMMENT ON COLUMN somel.vee_estimate.replaced_at IS 'When that was last noticed; null while all stand';
CREATE INDEX vee_estimate_usage_point_idx ON somel.vee_estimate (usage_point_id, register_id, day);

GRANT SELECT ON somel.register_limit, somel.vee_pending, somel.vee_sweep, somel.completeness, somel.vee_finding,
somel.vee_estimate TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, UPDATE, DELETE ON somel.vee_pending TO somel_ingest;
GRANT INSERT, UPDATE ON somel.vee_sweep, somel.completeness, somel.vee_finding, somel.vee_estimate TO somel_ingest;
