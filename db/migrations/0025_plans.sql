-- Limits stand inside limits: what a plan leaves unserved may be a feeder's doing, and every limit has its price.
ALTER TABLE somel.dispatch_shortage RENAME COLUMN power_transformer_place_id TO place_id;
ALTER TABLE somel.dispatch_shortage DROP CONSTRAINT dispatch_shortage_power_transformer_place_id_fkey;
ALTER TABLE somel.dispatch_shortage
ADD CONSTRAINT dispatch_shortage_place_id_fkey FOREIGN KEY (place_id) REFERENCES somel.place (place_id);
COMMENT ON COLUMN somel.dispatch_shortage.place_id IS 'Highest place whose limit stands in the way: a transformer, feeder, substation or the territory';

CREATE TABLE somel.dispatch_solution (
    dispatch_plan_id bigint PRIMARY KEY REFERENCES somel.dispatch_plan (dispatch_plan_id) ON DELETE CASCADE,
    solver text NOT NULL CHECK (solver IN ('transformers', 'nested', 'commitment')),
    gap_eur double precision NOT NULL,
    gap_wh double precision NOT NULL,
    exact_slot_count integer NOT NULL CHECK (exact_slot_count >= 0),
    duration_s double precision NOT NULL CHECK (duration_s >= 0)
);
COMMENT ON TABLE somel.dispatch_solution IS 'How a plan was found, and how far it may be from the best one';
COMMENT ON COLUMN somel.dispatch_solution.dispatch_plan_id IS 'Plan';
COMMENT ON COLUMN somel.dispatch_solution.solver IS 'transformers (each by itself), nested (limits inside limits), commitment (on and off)';
COMMENT ON COLUMN somel.dispatch_solution.gap_eur IS 'Objective less dual bound: what a better plan could save at the most [EUR]';
COMMENT ON COLUMN somel.dispatch_solution.gap_wh IS 'What a better plan could serve more at the most [Wh]';
COMMENT ON COLUMN somel.dispatch_solution.exact_slot_count IS 'Slots planned exactly, from the cheapest; fewer than the plan has when the time was over';
COMMENT ON COLUMN somel.dispatch_solution.duration_s IS 'Time it took [s]';

CREATE TABLE somel.dispatch_limit_slot (
    dispatch_plan_id bigint NOT NULL REFERENCES somel.dispatch_plan (dispatch_plan_id) ON DELETE CASCADE,
    place_id integer NOT NULL REFERENCES somel.place (place_id) ON DELETE CASCADE,
    slot_start_at timestamptz NOT NULL,
    room_w double precision NOT NULL CHECK (room_w >= 0),
    shadow_price_eur_per_mwh double precision NOT NULL CHECK (shadow_price_eur_per_mwh >= 0),
    PRIMARY KEY (dispatch_plan_id, place_id, slot_start_at)
);
COMMENT ON TABLE somel.dispatch_limit_slot IS 'Limits that a plan uses to the full; all others have room, and a shadow price of 0';
COMMENT ON COLUMN somel.dispatch_limit_slot.dispatch_plan_id IS 'Plan';
COMMENT ON COLUMN somel.dispatch_limit_slot.place_id IS 'Place whose limit it is';
COMMENT ON COLUMN somel.dispatch_limit_slot.slot_start_at IS 'Start of the slot';
COMMENT ON COLUMN somel.dispatch_limit_slot.room_w IS 'What the limit leaves to the resources planned [W]';
COMMENT ON COLUMN somel.dispatch_limit_slot.shadow_price_eur_per_mwh IS 'What one more unit of room would save [EUR/MWh]';

GRANT SELECT ON somel.dispatch_solution, somel.dispatch_limit_slot TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, UPDATE, DELETE ON somel.dispatch_solution, somel.dispatch_limit_slot TO somel_compute;
