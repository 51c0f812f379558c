-- The low-voltage network behind a transformer, and what a plan does to its voltages and loadings.

CREATE TABLE somel.connectivity_node (
    connectivity_node_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    power_transformer_place_id integer NOT NULL REFERENCES somel.power_transformer (place_id),
    name text NOT NULL CHECK (name <> ''),
    nominal_v double precision NOT NULL CHECK (nominal_v > 0),
    UNIQUE (power_transformer_place_id, name),
    UNIQUE (connectivity_node_id, power_transformer_place_id)
);
COMMENT ON TABLE somel.connectivity_node IS 'A point of a low-voltage network where conductors meet';
COMMENT ON COLUMN somel.connectivity_node.connectivity_node_id IS 'Key';
COMMENT ON COLUMN somel.connectivity_node.power_transformer_place_id IS 'Transformer of the network';
COMMENT ON COLUMN somel.connectivity_node.name IS 'Name, unique within the network';
COMMENT ON COLUMN somel.connectivity_node.nominal_v IS 'Nominal voltage between phases [V]';

CREATE TABLE somel.line_segment (
    line_segment_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    power_transformer_place_id integer NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    from_node_id integer NOT NULL,
    to_node_id integer NOT NULL CHECK (to_node_id <> from_node_id),
    r_ohm double precision NOT NULL CHECK (r_ohm >= 0),
    x_ohm double precision NOT NULL,
    r0_ohm double precision NOT NULL CHECK (r0_ohm >= 0),
    x0_ohm double precision NOT NULL,
    g_s double precision NOT NULL,
    b_s double precision NOT NULL,
    rated_a double precision NOT NULL CHECK (rated_a > 0),
    UNIQUE (power_transformer_place_id, name),
    FOREIGN KEY (from_node_id, power_transformer_place_id)
    REFERENCES somel.connectivity_node (connectivity_node_id, power_transformer_place_id),
    FOREIGN KEY (to_node_id, power_transformer_place_id)
    REFERENCES somel.connectivity_node (connectivity_node_id, power_transformer_place_id)
);
COMMENT ON TABLE somel.line_segment IS 'A cable or overhead line between two nodes, as a whole';
COMMENT ON COLUMN somel.line_segment.line_segment_id IS 'Key';
COMMENT ON COLUMN somel.line_segment.power_transformer_place_id IS 'Transformer of the network';
COMMENT ON COLUMN somel.line_segment.name IS 'Name, unique within the network';
COMMENT ON COLUMN somel.line_segment.from_node_id IS 'One end';
COMMENT ON COLUMN somel.line_segment.to_node_id IS 'The other end';
COMMENT ON COLUMN somel.line_segment.r_ohm IS 'Resistance, positive sequence [ohm]';
COMMENT ON COLUMN somel.line_segment.x_ohm IS 'Reactance, positive sequence [ohm]';
COMMENT ON COLUMN somel.line_segment.r0_ohm IS 'Resistance, zero sequence: phase and threefold neutral [ohm]';
COMMENT ON COLUMN somel.line_segment.x0_ohm IS 'Reactance, zero sequence [ohm]';
COMMENT ON COLUMN somel.line_segment.g_s IS 'Conductance to earth, positive sequence [S]';
COMMENT ON COLUMN somel.line_segment.b_s IS 'Susceptance to earth, positive sequence [S]';
COMMENT ON COLUMN somel.line_segment.rated_a IS 'Thermal limit, of all parallel conductors of a phase [A]';
CREATE INDEX line_segment_from_idx ON somel.line_segment (from_node_id);
CREATE INDEX line_segment_to_idx ON somel.line_segment (to_node_id);

CREATE TABLE somel.transformer_impedance (
    power_transformer_place_id integer PRIMARY KEY REFERENCES somel.power_transformer (place_id),
    source_node_id integer NOT NULL,
    high_node_id integer NOT NULL,
    low_node_id integer NOT NULL,
    source_ratio double precision NOT NULL CHECK (source_ratio > 0),
    rated_va double precision NOT NULL CHECK (rated_va > 0),
    rated_high_v double precision NOT NULL CHECK (rated_high_v > 0),
    rated_low_v double precision NOT NULL CHECK (rated_low_v > 0),
    at_tap_high_v double precision NOT NULL CHECK (at_tap_high_v > 0),
    at_tap_low_v double precision NOT NULL CHECK (at_tap_low_v > 0),
    shift_degree double precision NOT NULL,
    short_circuit_ratio double precision NOT NULL CHECK (short_circuit_ratio > 0),
    resistive_ratio double precision NOT NULL CHECK (resistive_ratio BETWEEN 0 AND short_circuit_ratio),
    iron_w double precision NOT NULL CHECK (iron_w >= 0),
    idle_ratio double precision NOT NULL CHECK (idle_ratio >= 0),
    vector_group text NOT NULL,
    FOREIGN KEY (source_node_id, power_transformer_place_id)
    REFERENCES somel.connectivity_node (connectivity_node_id, power_transformer_place_id),
    FOREIGN KEY (high_node_id, power_transformer_place_id)
    REFERENCES somel.connectivity_node (connectivity_node_id, power_transformer_place_id),
    FOREIGN KEY (low_node_id, power_transformer_place_id)
    REFERENCES somel.connectivity_node (connectivity_node_id, power_transformer_place_id)
);
COMMENT ON TABLE somel.transformer_impedance IS 'The transformer as an electrical element, and the source that it hangs on';
COMMENT ON COLUMN somel.transformer_impedance.power_transformer_place_id IS 'Transformer';
COMMENT ON COLUMN somel.transformer_impedance.source_node_id IS 'Node whose voltage is given';
COMMENT ON COLUMN somel.transformer_impedance.high_node_id IS 'Node of its high side';
COMMENT ON COLUMN somel.transformer_impedance.low_node_id IS 'Node of its low side';
COMMENT ON COLUMN somel.transformer_impedance.source_ratio IS 'Voltage of the source over its nominal voltage [ratio]';
COMMENT ON COLUMN somel.transformer_impedance.rated_va IS 'Rated apparent power [VA]';
COMMENT ON COLUMN somel.transformer_impedance.rated_high_v IS 'Rated voltage of the high side [V]';
COMMENT ON COLUMN somel.transformer_impedance.rated_low_v IS 'Rated voltage of the low side [V]';
COMMENT ON COLUMN somel.transformer_impedance.at_tap_high_v IS 'Voltage of the high side at its present tap [V]';
COMMENT ON COLUMN somel.transformer_impedance.at_tap_low_v IS 'Voltage of the low side at its present tap [V]';
COMMENT ON COLUMN somel.transformer_impedance.shift_degree IS 'By which the low side lags [degrees]';
COMMENT ON COLUMN somel.transformer_impedance.short_circuit_ratio IS 'Short-circuit voltage over the rated one [ratio]';
COMMENT ON COLUMN somel.transformer_impedance.resistive_ratio IS 'Real part of it [ratio]';
COMMENT ON COLUMN somel.transformer_impedance.iron_w IS 'Losses without load [W]';
COMMENT ON COLUMN somel.transformer_impedance.idle_ratio IS 'Current without load over the rated one [ratio]';
COMMENT ON COLUMN somel.transformer_impedance.vector_group IS 'Vector group, such as Dyn11; empty where unknown';

CREATE TABLE somel.usage_point_connection (
    usage_point_id integer PRIMARY KEY REFERENCES somel.usage_point (usage_point_id),
    connectivity_node_id integer NOT NULL REFERENCES somel.connectivity_node (connectivity_node_id),
    phase text NOT NULL CHECK (phase IN ('a', 'b', 'c', 'abc'))
);
COMMENT ON TABLE somel.usage_point_connection IS 'Where a usage point hangs in the network';
COMMENT ON COLUMN somel.usage_point_connection.usage_point_id IS 'Usage point';
COMMENT ON COLUMN somel.usage_point_connection.connectivity_node_id IS 'Its node';
COMMENT ON COLUMN somel.usage_point_connection.phase IS 'a, b or c: between that phase and the neutral; abc: three-phase';
CREATE INDEX usage_point_connection_node_idx ON somel.usage_point_connection (connectivity_node_id);

CREATE TABLE somel.network_check (
    event_id uuid NOT NULL REFERENCES somel.event (event_id),
    power_transformer_place_id integer NOT NULL REFERENCES somel.power_transformer (place_id),
    checked_at timestamptz NOT NULL,
    modelled boolean NOT NULL,
    start_at timestamptz NOT NULL,
    slot_count integer NOT NULL CHECK (slot_count > 0),
    unsolved_before integer NOT NULL,
    unsolved_after integer NOT NULL,
    lowest_before_ratio double precision,
    lowest_after_ratio double precision,
    highest_before_ratio double precision,
    highest_after_ratio double precision,
    line_before_ratio double precision,
    line_after_ratio double precision,
    transformer_before_ratio double precision,
    transformer_after_ratio double precision,
    PRIMARY KEY (event_id, power_transformer_place_id)
);
COMMENT ON TABLE somel.network_check IS 'What the plan of an event does to the network behind a transformer';
COMMENT ON COLUMN somel.network_check.event_id IS 'Event';
COMMENT ON COLUMN somel.network_check.power_transformer_place_id IS 'Transformer';
COMMENT ON COLUMN somel.network_check.checked_at IS 'When it was checked';
COMMENT ON COLUMN somel.network_check.modelled IS 'Whether its network is known; where it is not, only the transformer''s loading is';
COMMENT ON COLUMN somel.network_check.start_at IS 'First slot';
COMMENT ON COLUMN somel.network_check.slot_count IS 'Slots';
COMMENT ON COLUMN somel.network_check.unsolved_before IS 'Slots without a power flow that converges, without the plan';
COMMENT ON COLUMN somel.network_check.unsolved_after IS 'The same with the plan';
COMMENT ON COLUMN somel.network_check.lowest_before_ratio IS 'Lowest voltage over the nominal one, without the plan [ratio]';
COMMENT ON COLUMN somel.network_check.lowest_after_ratio IS 'The same with the plan [ratio]';
COMMENT ON COLUMN somel.network_check.highest_before_ratio IS 'Highest voltage over the nominal one, without the plan [ratio]';
COMMENT ON COLUMN somel.network_check.highest_after_ratio IS 'The same with the plan [ratio]';
COMMENT ON COLUMN somel.network_check.line_before_ratio IS 'Highest loading of a line, without the plan [ratio]';
COMMENT ON COLUMN somel.network_check.line_after_ratio IS 'The same with the plan [ratio]';
COMMENT ON COLUMN somel.network_check.transformer_before_ratio IS 'Highest loading of the transformer, without the plan [ratio]';
COMMENT ON COLUMN somel.network_check.transformer_after_ratio IS 'The same with the plan [ratio]';

CREATE TABLE somel.network_violation (
    event_id uuid NOT NULL,
    power_transformer_place_id integer NOT NULL,
    stage text NOT NULL CHECK (stage IN ('before', 'after')),
    kind text NOT NULL
    CHECK (kind IN ('undervoltage', 'overvoltage', 'line_overload', 'transformer_overload', 'unsolved')),
    element text NOT NULL,
    slot_start_at timestamptz NOT NULL,
    value_ratio double precision,
    limit_ratio double precision NOT NULL,
    PRIMARY KEY (event_id, power_transformer_place_id, stage, kind, element, slot_start_at),
    FOREIGN KEY (event_id, power_transformer_place_id)
    REFERENCES somel.network_check (event_id, power_transformer_place_id) ON DELETE CASCADE
);
COMMENT ON TABLE somel.network_violation IS 'A limit that an element of the network does not keep in a slot';
COMMENT ON COLUMN somel.network_violation.event_id IS 'Event';
COMMENT ON COLUMN somel.network_violation.power_transformer_place_id IS 'Transformer';
COMMENT ON COLUMN somel.network_violation.stage IS 'before: without the plan; after: with it';
COMMENT ON COLUMN somel.network_violation.kind IS 'undervoltage, overvoltage, line_overload, transformer_overload, or unsolved: no power flow converges';
COMMENT ON COLUMN somel.network_violation.element IS 'Name of the node, with its phase, of the line or of the transformer';
COMMENT ON COLUMN somel.network_violation.slot_start_at IS 'Slot';
COMMENT ON COLUMN somel.network_violation.value_ratio IS 'Voltage or loading; null where there is none [ratio]';
COMMENT ON COLUMN somel.network_violation.limit_ratio IS 'What it has to keep [ratio]';

GRANT SELECT ON somel.connectivity_node, somel.line_segment, somel.transformer_impedance, somel.usage_point_connection,
somel.network_check, somel.network_violation TO somel_compute, somel_read;
GRANT INSERT, UPDATE, DELETE ON somel.connectivity_node, somel.line_segment, somel.transformer_impedance,
somel.usage_point_connection, somel.network_check, somel.network_violation TO somel_compute;
