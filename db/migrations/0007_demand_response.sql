CREATE TABLE somel.flexibility (
    end_device_id integer NOT NULL REFERENCES somel.resource (end_device_id),
    reported_at timestamptz NOT NULL,
    energy_needed_wh integer NOT NULL CHECK (energy_needed_wh >= 0),
    max_power_w integer NOT NULL CHECK (max_power_w >= 0),
    available_from timestamptz NOT NULL,
    ready_by timestamptz NOT NULL CHECK (ready_by > available_from),
    PRIMARY KEY (end_device_id, reported_at)
);
COMMENT ON TABLE somel.flexibility IS 'What a resource says it needs: so much energy between two times';
COMMENT ON COLUMN somel.flexibility.end_device_id IS 'Resource';
COMMENT ON COLUMN somel.flexibility.reported_at IS 'When it said so (device time)';
COMMENT ON COLUMN somel.flexibility.energy_needed_wh IS 'Energy it needs [Wh]';
COMMENT ON COLUMN somel.flexibility.max_power_w IS 'Highest power it can draw [W]';
COMMENT ON COLUMN somel.flexibility.available_from IS 'From when it can draw';
COMMENT ON COLUMN somel.flexibility.ready_by IS 'By when the energy must be in';

CREATE TABLE somel.event (
    event_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    place_id integer NOT NULL REFERENCES somel.place (place_id),
    status text NOT NULL DEFAULT 'draft'
    CHECK (status IN ('draft', 'scheduled', 'active', 'completed', 'cancelled')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    created_at timestamptz NOT NULL,
    status_at timestamptz NOT NULL
);
COMMENT ON TABLE somel.event IS 'A demand-response event: less load in a place over [starts_at, ends_at)';
COMMENT ON COLUMN somel.event.event_id IS 'Key';
COMMENT ON COLUMN somel.event.name IS 'Name for people';
COMMENT ON COLUMN somel.event.place_id IS 'Where the resources are asked';
COMMENT ON COLUMN somel.event.status IS 'draft, scheduled, active, completed or cancelled';
COMMENT ON COLUMN somel.event.starts_at IS 'Start, on a slot''s edge';
COMMENT ON COLUMN somel.event.ends_at IS 'End, on a slot''s edge';
COMMENT ON COLUMN somel.event.created_at IS 'When it was drafted';
COMMENT ON COLUMN somel.event.status_at IS 'When it got its status';

CREATE TABLE somel.dispatch_plan (
    dispatch_plan_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE REFERENCES somel.event (event_id),
    planned_at timestamptz NOT NULL,
    start_at timestamptz NOT NULL,
    slot_count integer NOT NULL CHECK (slot_count > 0),
    objective double precision NOT NULL,
    dual_bound double precision NOT NULL,
    unserved_wh double precision NOT NULL CHECK (unserved_wh >= 0),
    planned_reduction_w real[] NOT NULL
);
COMMENT ON TABLE somel.dispatch_plan IS 'The plan of an event: exact under the transformer limits, with its certificate';
COMMENT ON COLUMN somel.dispatch_plan.dispatch_plan_id IS 'Key';
COMMENT ON COLUMN somel.dispatch_plan.event_id IS 'Event';
COMMENT ON COLUMN somel.dispatch_plan.planned_at IS 'When it was made';
COMMENT ON COLUMN somel.dispatch_plan.start_at IS 'First slot of the plan';
COMMENT ON COLUMN somel.dispatch_plan.slot_count IS 'Slots of the plan; it reaches past the event, to the last deadline';
COMMENT ON COLUMN somel.dispatch_plan.objective IS 'Cost of the plan [EUR]';
COMMENT ON COLUMN somel.dispatch_plan.dual_bound IS 'No plan can cost less [EUR]';
COMMENT ON COLUMN somel.dispatch_plan.unserved_wh IS 'Energy that the limits leave unserved; 0 when feasible [Wh]';
COMMENT ON COLUMN somel.dispatch_plan.planned_reduction_w IS 'Natural load less planned load, for each slot of the event [W]';

CREATE TABLE somel.dispatch_shortage (
    dispatch_plan_id bigint NOT NULL REFERENCES somel.dispatch_plan (dispatch_plan_id),
    power_transformer_place_id integer NOT NULL REFERENCES somel.power_transformer (place_id),
    slot_starts timestamptz[] NOT NULL,
    missing_wh double precision NOT NULL CHECK (missing_wh > 0),
    PRIMARY KEY (dispatch_plan_id, power_transformer_place_id)
);
COMMENT ON TABLE somel.dispatch_shortage IS 'Why a plan is infeasible: the minimum cut by name';
COMMENT ON COLUMN somel.dispatch_shortage.dispatch_plan_id IS 'Plan';
COMMENT ON COLUMN somel.dispatch_shortage.power_transformer_place_id IS 'Transformer whose limit binds';
COMMENT ON COLUMN somel.dispatch_shortage.slot_starts IS 'Slots that are full';
COMMENT ON COLUMN somel.dispatch_shortage.missing_wh IS 'Energy that does not fit [Wh]';

CREATE TABLE somel.command (
    command_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id uuid NOT NULL REFERENCES somel.event (event_id),
    end_device_id integer NOT NULL REFERENCES somel.resource (end_device_id),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
    start_at timestamptz NOT NULL,
    step_s integer NOT NULL DEFAULT 1800,
    dispatch_setpoint_w real[] NOT NULL,
    status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'sent', 'accepted', 'opted_out', 'refused', 'expired')),
    sent_at timestamptz,
    answered_at timestamptz,
    reason text,
    UNIQUE (event_id, end_device_id)
);
COMMENT ON TABLE somel.command IS 'What a resource was told and what it answered; pending rows are the outbox of ingest';
COMMENT ON COLUMN somel.command.command_id IS 'Correlates command and answer';
COMMENT ON COLUMN somel.command.event_id IS 'Event';
COMMENT ON COLUMN somel.command.end_device_id IS 'Resource';
COMMENT ON COLUMN somel.command.issued_at IS 'When it was decided';
COMMENT ON COLUMN somel.command.expires_at IS 'After this it must not be obeyed';
COMMENT ON COLUMN somel.command.start_at IS 'Start of the first setpoint';
COMMENT ON COLUMN somel.command.step_s IS 'Length of each setpoint [s]';
COMMENT ON COLUMN somel.command.dispatch_setpoint_w IS 'Highest power to draw in each step [W]';
COMMENT ON COLUMN somel.command.status IS 'pending, sent, accepted, opted_out, refused or expired';
COMMENT ON COLUMN somel.command.sent_at IS 'When the broker had taken it';
COMMENT ON COLUMN somel.command.answered_at IS 'When the answer was stored';
COMMENT ON COLUMN somel.command.reason IS 'The device''s reason, when it refused';
CREATE INDEX command_pending_idx ON somel.command (issued_at) WHERE status = 'pending';
CREATE INDEX command_end_device_idx ON somel.command (end_device_id, start_at);

CREATE TABLE somel.event_result (
    event_id uuid NOT NULL REFERENCES somel.event (event_id),
    slot_start_at timestamptz NOT NULL,
    computed_at timestamptz NOT NULL,
    usage_point_count integer NOT NULL,
    baseline_w real NOT NULL,
    measured_w real NOT NULL,
    planned_reduction_w real NOT NULL,
    PRIMARY KEY (event_id, slot_start_at)
);
COMMENT ON TABLE somel.event_result IS 'Baseline against measured load of the usage points that took part, per slot; indicative';
COMMENT ON COLUMN somel.event_result.event_id IS 'Event';
COMMENT ON COLUMN somel.event_result.slot_start_at IS 'Slot';
COMMENT ON COLUMN somel.event_result.computed_at IS 'When it was computed';
COMMENT ON COLUMN somel.event_result.usage_point_count IS 'Usage points with both baseline and measurement';
COMMENT ON COLUMN somel.event_result.baseline_w IS 'High 5 of 10 baseline [W]';
COMMENT ON COLUMN somel.event_result.measured_w IS 'Measured load [W]';
COMMENT ON COLUMN somel.event_result.planned_reduction_w IS 'Reduction planned [W]';

GRANT SELECT ON somel.flexibility, somel.event, somel.dispatch_plan, somel.dispatch_shortage, somel.command,
somel.event_result TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, UPDATE ON somel.flexibility TO somel_ingest;
GRANT UPDATE (status, sent_at, answered_at, reason) ON somel.command TO somel_ingest;
GRANT INSERT, UPDATE, DELETE ON somel.event, somel.dispatch_plan, somel.dispatch_shortage, somel.command,
somel.event_result TO somel_compute;
