-- name: insert_solution
INSERT INTO somel.dispatch_solution (dispatch_plan_id, solver, gap_eur, gap_wh, exact_slot_count, duration_s)
VALUES (%(dispatch_plan_id)s, %(solver)s, %(gap_eur)s, %(gap_wh)s, %(exact_slot_count)s, %(duration_s)s)

-- name: insert_limit_slots
INSERT INTO somel.dispatch_limit_slot (
    dispatch_plan_id, place_id, slot_start_at, room_w, shadow_price_eur_per_mwh
)
SELECT
    %(dispatch_plan_id)s::bigint,
    one.place_id,
    one.slot_start_at,
    one.room_w,
    one.shadow_price_eur_per_mwh
FROM
    unnest(
        %(place_ids)s::integer [], %(slot_starts)s::timestamptz [], %(rooms_w)s::double precision [],
        %(shadow_prices_eur_per_mwh)s::double precision []
    ) AS one (place_id, slot_start_at, room_w, shadow_price_eur_per_mwh)

-- name: solution_of_event
-- row: db.dispatch_solutions.DispatchSolution
SELECT
    dispatch_solution.solver,
    dispatch_solution.gap_eur,
    dispatch_solution.gap_wh,
    dispatch_solution.exact_slot_count,
    dispatch_solution.duration_s
FROM somel.dispatch_solution
JOIN somel.dispatch_plan USING (dispatch_plan_id)
WHERE dispatch_plan.event_id = %(event_id)s

-- name: limit_slots_of_event
-- row: db.dispatch_solutions.LimitSlot
SELECT
    dispatch_limit_slot.place_id,
    place.level AS place_level,
    place.code AS place_code,
    dispatch_limit_slot.slot_start_at,
    dispatch_limit_slot.room_w,
    dispatch_limit_slot.shadow_price_eur_per_mwh
FROM somel.dispatch_limit_slot
JOIN somel.dispatch_plan USING (dispatch_plan_id)
JOIN somel.place USING (place_id)
WHERE dispatch_plan.event_id = %(event_id)s
ORDER BY place.code, dispatch_limit_slot.slot_start_at

-- name: places_above
-- row: db.dispatch_solutions.PlaceAbove
-- Transformers, and for each what its limits stand inside: itself, its feeder, its substation, the territory.
SELECT
    power_transformer.place_id AS power_transformer_place_id,
    above.place_id,
    above.level,
    above.code
FROM somel.power_transformer
JOIN somel.feeder ON feeder.place_id = power_transformer.feeder_place_id
JOIN somel.place AS above
    ON
        above.place_id IN (power_transformer.place_id, feeder.place_id, feeder.substation_place_id)
        OR above.level = 'territory'
WHERE power_transformer.place_id = ANY(%(place_ids)s::integer [])
ORDER BY above.place_id, power_transformer.place_id
