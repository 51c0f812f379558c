-- Sums are kept exact by recomputing what a batch touched, never by adding to what is there: a late, repeated or
-- corrected value then needs no special case.
CREATE TABLE somel.rollup_pending (
    rollup_pending_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    power_transformer_place_id integer NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL CHECK (end_at > start_at)
);
COMMENT ON TABLE somel.rollup_pending IS 'Spans whose sums no longer match the readings; written with the readings, in one transaction';
COMMENT ON COLUMN somel.rollup_pending.rollup_pending_id IS 'Key, rising';
COMMENT ON COLUMN somel.rollup_pending.power_transformer_place_id IS 'Transformer whose usage points changed';
COMMENT ON COLUMN somel.rollup_pending.start_at IS 'First slot';
COMMENT ON COLUMN somel.rollup_pending.end_at IS 'End of the last slot';

CREATE TABLE somel.place_interval (
    place_id integer NOT NULL,
    usage_point_count integer NOT NULL CHECK (usage_point_count >= 0),
    estimated_count integer NOT NULL DEFAULT 0 CHECK (estimated_count >= 0),
    start_at timestamptz NOT NULL,
    computed_at timestamptz NOT NULL,
    import_wh double precision NOT NULL,
    export_wh double precision NOT NULL
);
COMMENT ON TABLE somel.place_interval IS 'Energy of a place over the half-hour slot [start_at, start_at + 30 min)';
COMMENT ON COLUMN somel.place_interval.place_id IS 'Place';
COMMENT ON COLUMN somel.place_interval.usage_point_count IS 'Usage points whose import is known over the whole slot; 0 where only export is';
COMMENT ON COLUMN somel.place_interval.estimated_count IS 'Of those, how many are estimated';
COMMENT ON COLUMN somel.place_interval.start_at IS 'Start of the slot';
COMMENT ON COLUMN somel.place_interval.computed_at IS 'When the sum was made';
COMMENT ON COLUMN somel.place_interval.import_wh IS 'Energy imported by its usage points [Wh]';
COMMENT ON COLUMN somel.place_interval.export_wh IS 'Energy exported by its usage points [Wh]';
SELECT create_hypertable('somel.place_interval', by_range('start_at', INTERVAL '30 days'), create_default_indexes => false);
CREATE UNIQUE INDEX place_interval_key ON somel.place_interval (place_id, start_at);

GRANT SELECT ON somel.rollup_pending, somel.place_interval TO somel_ingest, somel_compute, somel_read;
GRANT INSERT, DELETE ON somel.rollup_pending TO somel_ingest;
GRANT INSERT, UPDATE, DELETE ON somel.place_interval TO somel_ingest;
