-- Only where timescaledb.license is 'timescale'; run after every migrate, so each line must bear repetition.
-- Corrections and late values reach back some weeks: what is older than 60 days is packed into the columnstore, where
-- it can still be read and corrected.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM timescaledb_information.hypertables
        WHERE hypertable_schema = 'somel' AND hypertable_name = 'interval_reading' AND compression_enabled
    ) THEN
        ALTER TABLE somel.interval_reading SET (
            timescaledb.compress,
            timescaledb.compress_segmentby = 'usage_point_id, register_id',
            timescaledb.compress_orderby = 'start_at'
        );
    END IF;
    IF NOT EXISTS (
        SELECT FROM timescaledb_information.hypertables
        WHERE hypertable_schema = 'somel' AND hypertable_name = 'reading' AND compression_enabled
    ) THEN
        ALTER TABLE somel.reading SET (
            timescaledb.compress,
            timescaledb.compress_segmentby = 'usage_point_id, register_id',
            timescaledb.compress_orderby = 'read_at'
        );
    END IF;
END $$;
SELECT add_compression_policy('somel.interval_reading', INTERVAL '60 days', if_not_exists => true);
SELECT add_compression_policy('somel.reading', INTERVAL '60 days', if_not_exists => true);
