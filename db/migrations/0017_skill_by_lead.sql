ALTER TABLE somel.forecast_skill ADD COLUMN rmae_ratio real;
ALTER TABLE somel.forecast_skill ADD COLUMN rcrps_ratio real;
COMMENT ON COLUMN somel.forecast_skill.rmae_ratio IS 'mae_w over the range P99 - P1 of the load; null also where it never changed [ratio]';
COMMENT ON COLUMN somel.forecast_skill.rcrps_ratio IS 'crps_w over the range P99 - P1 of the load; null also where it never changed [ratio]';

CREATE TABLE somel.forecast_skill_lead (
    forecast_run_id bigint NOT NULL,
    place_id integer NOT NULL,
    lead_start_h integer NOT NULL CHECK (lead_start_h >= 0),
    lead_end_h integer NOT NULL CHECK (lead_end_h > lead_start_h),
    origin_count integer NOT NULL CHECK (origin_count >= 0),
    mae_w real,
    naive_mae_w real,
    rmae_ratio real,
    crps_w real,
    rcrps_ratio real,
    coverage_ratio real CHECK (coverage_ratio BETWEEN 0 AND 1),
    PRIMARY KEY (forecast_run_id, place_id, lead_start_h),
    FOREIGN KEY (forecast_run_id, place_id) REFERENCES somel.forecast_skill (forecast_run_id, place_id) ON DELETE CASCADE
);
COMMENT ON TABLE somel.forecast_skill_lead IS 'forecast_skill by how far ahead, where there was enough history to judge by';
COMMENT ON COLUMN somel.forecast_skill_lead.forecast_run_id IS 'Issue that it was computed for';
COMMENT ON COLUMN somel.forecast_skill_lead.place_id IS 'Place';
COMMENT ON COLUMN somel.forecast_skill_lead.lead_start_h IS 'Start of the block of leads, from the issue on [h]';
COMMENT ON COLUMN somel.forecast_skill_lead.lead_end_h IS 'End of the block of leads, not in it [h]';
COMMENT ON COLUMN somel.forecast_skill_lead.origin_count IS 'Backtest origins with a known load in the block';
COMMENT ON COLUMN somel.forecast_skill_lead.mae_w IS 'Mean absolute error [W]';
COMMENT ON COLUMN somel.forecast_skill_lead.naive_mae_w IS 'The same of the weekly naive forecast, on the same slots [W]';
COMMENT ON COLUMN somel.forecast_skill_lead.rmae_ratio IS 'mae_w over the range P99 - P1 of the load; null where it never changed [ratio]';
COMMENT ON COLUMN somel.forecast_skill_lead.crps_w IS 'Continuous ranked probability score, from the quantiles [W]';
COMMENT ON COLUMN somel.forecast_skill_lead.rcrps_ratio IS 'crps_w over the range P99 - P1 of the load; null where it never changed [ratio]';
COMMENT ON COLUMN somel.forecast_skill_lead.coverage_ratio IS 'Share of values inside the outermost quantiles [ratio]';

GRANT SELECT ON somel.forecast_skill_lead TO somel_compute, somel_read;
GRANT INSERT, DELETE ON somel.forecast_skill_lead TO somel_compute;
