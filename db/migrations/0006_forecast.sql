CREATE TABLE somel.forecast_run (
    forecast_run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issued_at timestamptz NOT NULL,
    known_until timestamptz NOT NULL CHECK (known_until <= issued_at),
    horizon_slots integer NOT NULL CHECK (horizon_slots > 0),
    quantiles real[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE somel.forecast_run IS 'One issue of forecasts for many places';
COMMENT ON COLUMN somel.forecast_run.forecast_run_id IS 'Key';
COMMENT ON COLUMN somel.forecast_run.issued_at IS 'Time it speaks from: nothing known later was used';
COMMENT ON COLUMN somel.forecast_run.known_until IS 'End of the last slot of load that was known';
COMMENT ON COLUMN somel.forecast_run.horizon_slots IS 'Slots forecast, from known_until or issued_at on';
COMMENT ON COLUMN somel.forecast_run.quantiles IS 'Quantiles stored in forecast.quantile_load_w, rising, in (0, 1) [ratio]';
COMMENT ON COLUMN somel.forecast_run.created_at IS 'Wall time at which it was stored';
CREATE INDEX forecast_run_issued_idx ON somel.forecast_run (issued_at);

CREATE TABLE somel.forecast (
    forecast_run_id bigint NOT NULL REFERENCES somel.forecast_run (forecast_run_id),
    place_id integer NOT NULL REFERENCES somel.place (place_id),
    valid_from timestamptz NOT NULL,
    load_w real NOT NULL,
    quantile_load_w real[] NOT NULL,
    PRIMARY KEY (place_id, valid_from, forecast_run_id)
);
COMMENT ON TABLE somel.forecast IS 'Forecast mean power of a place over the slot [valid_from, valid_from + 30 min)';
COMMENT ON COLUMN somel.forecast.forecast_run_id IS 'Issue';
COMMENT ON COLUMN somel.forecast.place_id IS 'Place';
COMMENT ON COLUMN somel.forecast.valid_from IS 'Start of the slot';
COMMENT ON COLUMN somel.forecast.load_w IS 'Expected net load, import positive [W]';
COMMENT ON COLUMN somel.forecast.quantile_load_w IS 'Quantiles of net load in the order of forecast_run.quantiles, never crossing [W]';

CREATE TABLE somel.forecast_skill (
    forecast_run_id bigint NOT NULL REFERENCES somel.forecast_run (forecast_run_id),
    place_id integer NOT NULL REFERENCES somel.place (place_id),
    method text NOT NULL,
    origin_count integer NOT NULL CHECK (origin_count >= 0),
    mae_w real,
    naive_mae_w real,
    mape_ratio real,
    naive_mape_ratio real,
    crps_w real,
    coverage_ratio real CHECK (coverage_ratio BETWEEN 0 AND 1),
    PRIMARY KEY (forecast_run_id, place_id)
);
COMMENT ON TABLE somel.forecast_skill IS 'How good the method was lately for a place, from backtests that saw only what was known';
COMMENT ON COLUMN somel.forecast_skill.forecast_run_id IS 'Issue that it was computed for';
COMMENT ON COLUMN somel.forecast_skill.place_id IS 'Place';
COMMENT ON COLUMN somel.forecast_skill.method IS 'Method used, a fall-back is named here';
COMMENT ON COLUMN somel.forecast_skill.origin_count IS 'Backtest origins; 0 when there is too little history, figures are then null';
COMMENT ON COLUMN somel.forecast_skill.mae_w IS 'Mean absolute error [W]';
COMMENT ON COLUMN somel.forecast_skill.naive_mae_w IS 'The same of the weekly naive forecast [W]';
COMMENT ON COLUMN somel.forecast_skill.mape_ratio IS 'Mean absolute percentage error [ratio]';
COMMENT ON COLUMN somel.forecast_skill.naive_mape_ratio IS 'The same of the weekly naive forecast [ratio]';
COMMENT ON COLUMN somel.forecast_skill.crps_w IS 'Continuous ranked probability score, from the quantiles [W]';
COMMENT ON COLUMN somel.forecast_skill.coverage_ratio IS 'Share of values inside the outermost quantiles [ratio]';

GRANT SELECT ON somel.forecast_run, somel.forecast, somel.forecast_skill TO somel_compute, somel_read;
GRANT INSERT, DELETE ON somel.forecast_run, somel.forecast, somel.forecast_skill TO somel_compute;
