-- name: delete_connections
DELETE FROM somel.usage_point_connection
USING somel.connectivity_node
WHERE
    connectivity_node.connectivity_node_id = usage_point_connection.connectivity_node_id
    AND connectivity_node.power_transformer_place_id = %(place_id)s;

-- name: delete_transformer_impedance
DELETE FROM somel.transformer_impedance
WHERE power_transformer_place_id = %(place_id)s;

-- name: delete_line_segments
DELETE FROM somel.line_segment
WHERE power_transformer_place_id = %(place_id)s;

-- name: delete_nodes
DELETE FROM somel.connectivity_node
WHERE power_transformer_place_id = %(place_id)s;

-- name: insert_nodes
INSERT INTO somel.connectivity_node (power_transformer_place_id, name, nominal_v)
SELECT %(place_id)s, given.name, given.nominal_v
FROM unnest(%(name)s::text [], %(nominal_v)s::double precision []) AS given (name, nominal_v);

-- name: insert_line_segments
INSERT INTO somel.line_segment (
    power_transformer_place_id, name, from_node_id, to_node_id, r_ohm, x_ohm, r0_ohm, x0_ohm, g_s, b_s, rated_a
)
SELECT
    %(place_id)s,
    given.name,
    one.connectivity_node_id,
    other.connectivity_node_id,
    given.r_ohm,
    given.x_ohm,
    given.r0_ohm,
    given.x0_ohm,
    given.g_s,
    given.b_s,
    given.rated_a
FROM unnest(
    %(name)s::text [], %(from_node)s::text [], %(to_node)s::text [], %(r_ohm)s::double precision [],
    %(x_ohm)s::double precision [], %(r0_ohm)s::double precision [], %(x0_ohm)s::double precision [],
    %(g_s)s::double precision [], %(b_s)s::double precision [], %(rated_a)s::double precision []
) AS given (name, from_node, to_node, r_ohm, x_ohm, r0_ohm, x0_ohm, g_s, b_s, rated_a)
JOIN somel.connectivity_node AS one
    ON one.name = given.from_node AND one.power_transformer_place_id = %(place_id)s
JOIN somel.connectivity_node AS other
    ON other.name = given.to_node AND other.power_transformer_place_id = %(place_id)s;

-- name: insert_transformer_impedance
INSERT INTO somel.transformer_impedance (
    power_transformer_place_id, source_node_id, high_node_id, low_node_id, source_ratio, rated_va, rated_high_v,
    rated_low_v, at_tap_high_v, at_tap_low_v, shift_degree, short_circuit_ratio, resistive_ratio, iron_w, idle_ratio,
    vector_group
)
SELECT
    %(place_id)s,
    origin.connectivity_node_id,
    high.connectivity_node_id,
    low.connectivity_node_id,
    %(source_ratio)s,
    %(rated_va)s,
    %(rated_high_v)s,
    %(rated_low_v)s,
    %(at_tap_high_v)s,
    %(at_tap_low_v)s,
    %(shift_degree)s,
    %(short_circuit_ratio)s,
    %(resistive_ratio)s,
    %(iron_w)s,
    %(idle_ratio)s,
    %(vector_group)s
FROM somel.connectivity_node AS origin, somel.connectivity_node AS high, somel.connectivity_node AS low
WHERE
    origin.power_transformer_place_id = %(place_id)s AND origin.name = %(source_node)s
    AND high.power_transformer_place_id = %(place_id)s AND high.name = %(high_node)s
    AND low.power_transformer_place_id = %(place_id)s AND low.name = %(low_node)s;

-- name: insert_connections
INSERT INTO somel.usage_point_connection (usage_point_id, connectivity_node_id, phase)
SELECT usage_point.usage_point_id, connectivity_node.connectivity_node_id, given.phase
FROM unnest(%(usage_point_id)s::integer [], %(node)s::text [], %(phase)s::text [])
AS given (usage_point_id, node, phase)
JOIN somel.usage_point
    ON
        usage_point.usage_point_id = given.usage_point_id
        AND usage_point.power_transformer_place_id = %(place_id)s
JOIN somel.connectivity_node
    ON connectivity_node.name = given.node AND connectivity_node.power_transformer_place_id = %(place_id)s
ON CONFLICT (usage_point_id) DO UPDATE SET
    connectivity_node_id = excluded.connectivity_node_id,
    phase = excluded.phase;

-- name: nodes_of
-- row: db.network.ConnectivityNode
SELECT power_transformer_place_id, name, nominal_v
FROM somel.connectivity_node
WHERE power_transformer_place_id = ANY(%(place_ids)s::integer [])
ORDER BY power_transformer_place_id, connectivity_node_id;

-- name: line_segments_of
-- row: db.network.LineSegment
SELECT
    line_segment.power_transformer_place_id,
    line_segment.name,
    one.name AS from_node,
    other.name AS to_node,
    line_segment.r_ohm,
    line_segment.x_ohm,
    line_segment.r0_ohm,
    line_segment.x0_ohm,
    line_segment.g_s,
    line_segment.b_s,
    line_segment.rated_a
FROM somel.line_segment
JOIN somel.connectivity_node AS one ON one.connectivity_node_id = line_segment.from_node_id
JOIN somel.connectivity_node AS other ON other.connectivity_node_id = line_segment.to_node_id
WHERE line_segment.power_transformer_place_id = ANY(%(place_ids)s::integer [])
ORDER BY line_segment.power_transformer_place_id, line_segment.line_segment_id;

-- name: transformer_impedances_of
-- row: db.network.TransformerImpedance
SELECT
    transformer_impedance.power_transformer_place_id,
    origin.name AS source_node,
    high.name AS high_node,
    low.name AS low_node,
    transformer_impedance.source_ratio,
    transformer_impedance.rated_va,
    transformer_impedance.rated_high_v,
    transformer_impedance.rated_low_v,
    transformer_impedance.at_tap_high_v,
    transformer_impedance.at_tap_low_v,
    transformer_impedance.shift_degree,
    transformer_impedance.short_circuit_ratio,
    transformer_impedance.resistive_ratio,
    transformer_impedance.iron_w,
    transformer_impedance.idle_ratio,
    transformer_impedance.vector_group
FROM somel.transformer_impedance
JOIN somel.connectivity_node AS origin ON origin.connectivity_node_id = transformer_impedance.source_node_id
JOIN somel.connectivity_node AS high ON high.connectivity_node_id = transformer_impedance.high_node_id
JOIN somel.connectivity_node AS low ON low.connectivity_node_id = transformer_impedance.low_node_id
WHERE transformer_impedance.power_transformer_place_id = ANY(%(place_ids)s::integer [])
ORDER BY transformer_impedance.power_transformer_place_id;

-- name: supplied_points_of
-- row: db.network.SuppliedPoint
SELECT
    usage_point.usage_point_id,
    usage_point.usage_point_key,
    usage_point.power_transformer_place_id,
    usage_point.subscribed_va,
    usage_point.category,
    connectivity_node.name AS node,
    usage_point_connection.phase
FROM somel.usage_point
LEFT JOIN somel.usage_point_connection USING (usage_point_id)
LEFT JOIN somel.connectivity_node
    ON
        connectivity_node.connectivity_node_id = usage_point_connection.connectivity_node_id
        AND connectivity_node.power_transformer_place_id = usage_point.power_transformer_place_id
WHERE usage_point.power_transformer_place_id = ANY(%(place_ids)s::integer [])
ORDER BY usage_point.power_transformer_place_id, usage_point.usage_point_key;

-- name: meters_of_places
-- row: db.network.MeterPoint
SELECT end_device.name, usage_point.usage_point_id
FROM somel.end_device
JOIN somel.usage_point USING (usage_point_id)
WHERE
    end_device.kind = 'meter'
    AND usage_point.power_transformer_place_id = ANY(%(place_ids)s::integer [])
ORDER BY end_device.name;

-- name: usage_points_of_devices
-- row: db.network.DevicePoint
SELECT end_device_id, usage_point_id
FROM somel.end_device
WHERE end_device_id = ANY(%(end_device_ids)s::integer []) AND usage_point_id IS NOT NULL
ORDER BY end_device_id;

-- name: transformer_by_code
-- row: db.network.TransformerPlace
SELECT power_transformer.place_id, place.code, power_transformer.rated_va
FROM somel.power_transformer
JOIN somel.place USING (place_id)
WHERE place.code = %(code)s;

-- name: delete_checks
DELETE FROM somel.network_check
WHERE event_id = %(event_id)s;

-- name: insert_check
INSERT INTO somel.network_check (
    event_id, power_transformer_place_id, checked_at, modelled, start_at, slot_count, unsolved_before, unsolved_after,
    lowest_before_ratio, lowest_after_ratio, highest_before_ratio, highest_after_ratio, line_before_ratio,
    line_after_ratio, transformer_before_ratio, transformer_after_ratio
)
VALUES (
    %(event_id)s, %(power_transformer_place_id)s, %(checked_at)s, %(modelled)s, %(start_at)s, %(slot_count)s,
    %(unsolved_before)s, %(unsolved_after)s, %(lowest_before_ratio)s, %(lowest_after_ratio)s, %(highest_before_ratio)s,
    %(highest_after_ratio)s, %(line_before_ratio)s, %(line_after_ratio)s, %(transformer_before_ratio)s,
    %(transformer_after_ratio)s
);

-- name: insert_violation
INSERT INTO somel.network_violation (
    event_id, power_transformer_place_id, stage, kind, element, slot_start_at, value_ratio, limit_ratio
)
VALUES (
    %(event_id)s, %(power_transformer_place_id)s, %(stage)s, %(kind)s, %(element)s, %(slot_start_at)s, %(value_ratio)s,
    %(limit_ratio)s
);

-- name: checks_of_event
-- row: db.network.NetworkCheck
SELECT
    event_id,
    power_transformer_place_id,
    place.code AS power_transformer_code,
    checked_at,
    modelled,
    start_at,
    slot_count,
    unsolved_before,
    unsolved_after,
    lowest_before_ratio,
    lowest_after_ratio,
    highest_before_ratio,
    highest_after_ratio,
    line_before_ratio,
    line_after_ratio,
    transformer_before_ratio,
    transformer_after_ratio
FROM somel.network_check
JOIN somel.place ON place.place_id = network_check.power_transformer_place_id
WHERE event_id = %(event_id)s
ORDER BY place.code;

-- name: violations_of_event
-- row: db.network.NetworkViolation
SELECT
    event_id,
    power_transformer_place_id,
    stage,
    kind,
    element,
    slot_start_at,
    value_ratio,
    limit_ratio
FROM somel.network_violation
WHERE event_id = %(event_id)s
ORDER BY power_transformer_place_id, stage DESC, kind, element, slot_start_at
LIMIT %(most)s;
