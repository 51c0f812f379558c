-- What an event saved, as known at a moment: statements that can be made again, and how wrong the baselines are elsewhere.

CREATE TABLE somel.settlement_statement (
    settlement_statement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES somel.event (event_id),
    program text,
    method text NOT NULL,
    form smallint NOT NULL,
    as_of timestamptz NOT NULL,
    made_at timestamptz NOT NULL CHECK (made_at >= as_of),
    made_by text NOT NULL,
    usage_point_count integer NOT NULL,
    slot_count integer NOT NULL,
    complete_count integer NOT NULL,
    reduction_wh double precision NOT NULL,
    adjusted_reduction_wh double precision NOT NULL,
    lower_wh double precision NOT NULL,
    upper_wh double precision NOT NULL,
    confidence_ratio double precision NOT NULL,
    error_day_count integer NOT NULL,
    error_mean_wh double precision NOT NULL,
    error_deviation_wh double precision NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    UNIQUE (event_id, method, as_of)
);
COMMENT ON TABLE somel.settlement_statement IS 'What an event saved by one method, as known at a moment; indicative; nobody changes or deletes a row';
COMMENT ON COLUMN somel.settlement_statement.settlement_statement_id IS 'Key';
COMMENT ON COLUMN somel.settlement_statement.event_id IS 'Event';
COMMENT ON COLUMN somel.settlement_statement.program IS 'Program that the event is settled under; null: none';
COMMENT ON COLUMN somel.settlement_statement.method IS 'Baseline method';
COMMENT ON COLUMN somel.settlement_statement.form IS 'Version of the computation and of what is hashed';
COMMENT ON COLUMN somel.settlement_statement.as_of IS 'Nothing that became known later is in it';
COMMENT ON COLUMN somel.settlement_statement.made_at IS 'When it was made';
COMMENT ON COLUMN somel.settlement_statement.made_by IS 'Who had it made, as in audit_entry';
COMMENT ON COLUMN somel.settlement_statement.usage_point_count IS 'Usage points that took part';
COMMENT ON COLUMN somel.settlement_statement.slot_count IS 'Slots of the event, times usage points';
COMMENT ON COLUMN somel.settlement_statement.complete_count IS 'Of these, how many have baseline and measured load: the sums are over them';
COMMENT ON COLUMN somel.settlement_statement.reduction_wh IS 'Baseline less measured energy [Wh]';
COMMENT ON COLUMN somel.settlement_statement.adjusted_reduction_wh IS 'The same with same-day adjustment, which heating ahead raises; NaN: the method has none [Wh]';
COMMENT ON COLUMN somel.settlement_statement.lower_wh IS 'The true reduction is likely not lower; NaN: not known [Wh]';
COMMENT ON COLUMN somel.settlement_statement.upper_wh IS 'The true reduction is likely not higher; NaN: not known [Wh]';
COMMENT ON COLUMN somel.settlement_statement.confidence_ratio IS 'How likely it lies between [ratio]';
COMMENT ON COLUMN somel.settlement_statement.error_day_count IS 'Days without an event that the method was tried on [days]';
COMMENT ON COLUMN somel.settlement_statement.error_mean_wh IS 'Mean of baseline less measured energy on these days, all usage points together; NaN: not known [Wh]';
COMMENT ON COLUMN somel.settlement_statement.error_deviation_wh IS 'Its standard deviation; NaN: not known [Wh]';
COMMENT ON COLUMN somel.settlement_statement.hash IS 'SHA-256 of all the above but made_at and made_by, and of all rows, as canonical JSON';

CREATE TABLE somel.settlement_usage_point (
    settlement_statement_id bigint NOT NULL REFERENCES somel.settlement_statement (settlement_statement_id),
    usage_point_id integer NOT NULL REFERENCES somel.usage_point (usage_point_id),
    resources text [] NOT NULL,
    baseline_days date [] NOT NULL,
    control_usage_point_ids integer [] NOT NULL,
    reduction_wh double precision NOT NULL,
    adjusted_reduction_wh double precision NOT NULL,
    lower_wh double precision NOT NULL,
    upper_wh double precision NOT NULL,
    PRIMARY KEY (settlement_statement_id, usage_point_id)
);
COMMENT ON TABLE somel.settlement_usage_point IS 'A usage point in a statement, with what its baseline is made of';
COMMENT ON COLUMN somel.settlement_usage_point.settlement_statement_id IS 'Statement';
COMMENT ON COLUMN somel.settlement_usage_point.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.settlement_usage_point.resources IS 'Its resources that took part, by name';
COMMENT ON COLUMN somel.settlement_usage_point.baseline_days IS 'Local days that its baseline is made of';
COMMENT ON COLUMN somel.settlement_usage_point.control_usage_point_ids IS 'Usage points that were not called and that it is compared with';
COMMENT ON COLUMN somel.settlement_usage_point.reduction_wh IS 'Baseline less measured energy; NaN: not known [Wh]';
COMMENT ON COLUMN somel.settlement_usage_point.adjusted_reduction_wh IS 'The same with same-day adjustment; NaN: not known [Wh]';
COMMENT ON COLUMN somel.settlement_usage_point.lower_wh IS 'The true reduction is likely not lower; NaN: not known [Wh]';
COMMENT ON COLUMN somel.settlement_usage_point.upper_wh IS 'The true reduction is likely not higher; NaN: not known [Wh]';

CREATE TABLE somel.settlement_slot (
    settlement_statement_id bigint NOT NULL,
    usage_point_id integer NOT NULL,
    slot_start_at timestamptz NOT NULL,
    baseline_w double precision NOT NULL,
    adjusted_baseline_w double precision NOT NULL,
    measured_w double precision NOT NULL,
    PRIMARY KEY (settlement_statement_id, usage_point_id, slot_start_at),
    FOREIGN KEY (settlement_statement_id, usage_point_id)
    REFERENCES somel.settlement_usage_point (settlement_statement_id, usage_point_id)
);
COMMENT ON TABLE somel.settlement_slot IS 'A slot of a usage point in a statement';
COMMENT ON COLUMN somel.settlement_slot.settlement_statement_id IS 'Statement';
COMMENT ON COLUMN somel.settlement_slot.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.settlement_slot.slot_start_at IS 'Slot';
COMMENT ON COLUMN somel.settlement_slot.baseline_w IS 'What would have been drawn; NaN: not known [W]';
COMMENT ON COLUMN somel.settlement_slot.adjusted_baseline_w IS 'The same with same-day adjustment; NaN: not known, or the method has none [W]';
COMMENT ON COLUMN somel.settlement_slot.measured_w IS 'What was drawn; NaN: not known [W]';

CREATE TABLE somel.baseline_skill (
    place_id integer NOT NULL REFERENCES somel.place (place_id),
    program text NOT NULL,
    method text NOT NULL,
    is_adjusted boolean NOT NULL,
    month date NOT NULL CHECK (extract(DAY FROM month) = 1),
    window_start time NOT NULL,
    window_slots integer NOT NULL CHECK (window_slots > 0),
    as_of timestamptz NOT NULL,
    computed_at timestamptz NOT NULL,
    usage_point_count integer NOT NULL,
    day_count integer NOT NULL,
    slot_count integer NOT NULL,
    bias_w double precision NOT NULL,
    mae_w double precision NOT NULL,
    cv_rmse_ratio double precision NOT NULL,
    absolute_error_ratio double precision NOT NULL,
    centring_error_ratio double precision NOT NULL,
    PRIMARY KEY (place_id, program, month, window_start, window_slots, method, is_adjusted)
);
COMMENT ON TABLE somel.baseline_skill IS 'How wrong a baseline method was on days without an event; all usage points together; indicative';
COMMENT ON COLUMN somel.baseline_skill.place_id IS 'Place whose enrolled usage points were looked at';
COMMENT ON COLUMN somel.baseline_skill.program IS 'Program whose events choose the usage points; empty: all enrolled ones';
COMMENT ON COLUMN somel.baseline_skill.method IS 'Baseline method';
COMMENT ON COLUMN somel.baseline_skill.is_adjusted IS 'With same-day adjustment';
COMMENT ON COLUMN somel.baseline_skill.month IS 'Local month, by its first day';
COMMENT ON COLUMN somel.baseline_skill.window_start IS 'Local time of day at which the hours looked at begin';
COMMENT ON COLUMN somel.baseline_skill.window_slots IS 'How long they are [slots]';
COMMENT ON COLUMN somel.baseline_skill.as_of IS 'Nothing that became known later is in it';
COMMENT ON COLUMN somel.baseline_skill.computed_at IS 'When it was computed';
COMMENT ON COLUMN somel.baseline_skill.usage_point_count IS 'Usage points';
COMMENT ON COLUMN somel.baseline_skill.day_count IS 'Days without an event that were looked at [days]';
COMMENT ON COLUMN somel.baseline_skill.slot_count IS 'Slots compared';
COMMENT ON COLUMN somel.baseline_skill.bias_w IS 'Mean of baseline less measured load; NaN: nothing to compare [W]';
COMMENT ON COLUMN somel.baseline_skill.mae_w IS 'Mean size of it [W]';
COMMENT ON COLUMN somel.baseline_skill.cv_rmse_ratio IS 'Root mean square of it, over the mean measured load [ratio]';
COMMENT ON COLUMN somel.baseline_skill.absolute_error_ratio IS 'Sum of the sizes over the measured energy; at most 0.35 in the monthly check [ratio]';
COMMENT ON COLUMN somel.baseline_skill.centring_error_ratio IS 'Size of the sum over the measured energy; at most 0.15 in the monthly check [ratio]';

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON somel.settlement_statement
FOR EACH STATEMENT EXECUTE FUNCTION somel.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON somel.settlement_usage_point
FOR EACH STATEMENT EXECUTE FUNCTION somel.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON somel.settlement_slot
FOR EACH STATEMENT EXECUTE FUNCTION somel.refuse_change();

GRANT SELECT ON somel.settlement_statement, somel.settlement_usage_point, somel.settlement_slot, somel.baseline_skill
TO somel_ingest, somel_compute, somel_read;
GRANT INSERT ON somel.settlement_statement, somel.settlement_usage_point, somel.settlement_slot TO somel_compute;
GRANT INSERT, UPDATE ON somel.baseline_skill TO somel_compute;
