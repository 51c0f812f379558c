-- The closed loop: events with a target, followed slot by slot, corrected while they run, and stopped with a reason.

ALTER TABLE somel.event
ADD COLUMN target_w double precision CHECK (target_w > 0),
ADD COLUMN status_reason text;
COMMENT ON COLUMN somel.event.target_w IS 'Reduction wanted in every slot; null: as much as the plan gives [W]';
COMMENT ON COLUMN somel.event.status_reason IS 'Why it was cancelled, when somebody said so';

ALTER TABLE somel.dispatch_plan ADD COLUMN target_gap_w real[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN somel.dispatch_plan.target_gap_w IS 'What each slot of the event is expected to lack of the target; empty without target [W]';

ALTER TABLE somel.command
ADD COLUMN purpose text NOT NULL DEFAULT 'plan' CHECK (purpose IN ('plan', 'redispatch', 'rebalance', 'release')),
DROP CONSTRAINT command_event_id_end_device_id_key,
ADD UNIQUE (event_id, end_device_id, issued_at);
COMMENT ON COLUMN somel.command.purpose IS
'plan: when the event was approved; redispatch: called later for a shortfall; rebalance: moved to keep a limit; release: let go when the event was stopped';

CREATE TABLE somel.event_tracking (
    event_id uuid NOT NULL REFERENCES somel.event (event_id),
    slot_start_at timestamptz NOT NULL,
    tracked_at timestamptz NOT NULL,
    called_count integer NOT NULL,
    accepted_count integer NOT NULL,
    declined_count integer NOT NULL,
    unanswered_count integer NOT NULL,
    planned_w real NOT NULL,
    predicted_w real NOT NULL,
    measured_w real,
    coverage_ratio real NOT NULL CHECK (coverage_ratio BETWEEN 0 AND 1),
    shortfall_w real,
    PRIMARY KEY (event_id, slot_start_at)
);
COMMENT ON TABLE somel.event_tracking IS 'How an event goes, slot by slot: what was planned, what is to be expected, what readings show so far';
COMMENT ON COLUMN somel.event_tracking.event_id IS 'Event';
COMMENT ON COLUMN somel.event_tracking.slot_start_at IS 'Slot';
COMMENT ON COLUMN somel.event_tracking.tracked_at IS 'When it was looked at last';
COMMENT ON COLUMN somel.event_tracking.called_count IS 'Resources called so far';
COMMENT ON COLUMN somel.event_tracking.accepted_count IS 'Of them, those that accepted';
COMMENT ON COLUMN somel.event_tracking.declined_count IS 'Of them, those that opted out, refused or could not be told';
COMMENT ON COLUMN somel.event_tracking.unanswered_count IS 'Of them, those that have not answered (yet)';
COMMENT ON COLUMN somel.event_tracking.planned_w IS 'Reduction if all that were called obeyed [W]';
COMMENT ON COLUMN somel.event_tracking.predicted_w IS 'Reduction to be expected, by answers so far and what was measured so far [W]';
COMMENT ON COLUMN somel.event_tracking.measured_w IS 'Reduction by readings so far, against the middle 6 of 10 like days; null: too few readings [W]';
COMMENT ON COLUMN somel.event_tracking.coverage_ratio IS 'Share of the predicted reduction behind usage points with readings';
COMMENT ON COLUMN somel.event_tracking.shortfall_w IS 'Target less what was measured or is predicted; negative: more than wanted; null: no target [W]';

CREATE TABLE somel.event_adjustment (
    event_adjustment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES somel.event (event_id),
    purpose text NOT NULL CHECK (purpose IN ('redispatch', 'rebalance', 'release')),
    decided_at timestamptz NOT NULL,
    command_count integer NOT NULL,
    first_slot_at timestamptz NOT NULL,
    wanted_w real[] NOT NULL,
    planned_reduction_w real[] NOT NULL,
    unserved_wh double precision NOT NULL CHECK (unserved_wh >= 0)
);
COMMENT ON TABLE somel.event_adjustment IS 'What was decided after the plan of an event was approved';
COMMENT ON COLUMN somel.event_adjustment.event_adjustment_id IS 'Key';
COMMENT ON COLUMN somel.event_adjustment.event_id IS 'Event';
COMMENT ON COLUMN somel.event_adjustment.purpose IS 'redispatch, rebalance or release, as of its commands';
COMMENT ON COLUMN somel.event_adjustment.decided_at IS 'When it was decided';
COMMENT ON COLUMN somel.event_adjustment.command_count IS 'Commands issued';
COMMENT ON COLUMN somel.event_adjustment.first_slot_at IS 'First slot of the two series';
COMMENT ON COLUMN somel.event_adjustment.wanted_w IS 'Shortfall that was to be made up, per slot; empty unless redispatch [W]';
COMMENT ON COLUMN somel.event_adjustment.planned_reduction_w IS 'Reduction that it adds, if those called obey, per slot; empty unless redispatch [W]';
COMMENT ON COLUMN somel.event_adjustment.unserved_wh IS 'Energy that the limits leave unserved [Wh]';
CREATE INDEX event_adjustment_event_idx ON somel.event_adjustment (event_id, decided_at);

GRANT SELECT ON somel.event_tracking, somel.event_adjustment TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, UPDATE, DELETE ON somel.event_tracking, somel.event_adjustment TO somel_compute;
