-- Forecasts of places are made to add up before they are stored. What each place was forecast by itself is kept beside it.
-- In single precision the sum of a thousand rounded transformers, or of a few that cancel, would no longer be the total:
-- the point is stored in double precision, in steps of 2^-10 W, of which sums are exact. Changing the type writes the
-- table anew, once.
ALTER TABLE somel.forecast ALTER COLUMN load_w TYPE double precision;
ALTER TABLE somel.forecast ADD COLUMN base_load_w real;
ALTER TABLE somel.forecast ADD COLUMN base_quantile_load_w real[];
COMMENT ON COLUMN somel.forecast.load_w IS 'Expected net load, import positive; totals are the sums of their parts, where all of them are forecast [W]';
COMMENT ON COLUMN somel.forecast.quantile_load_w IS 'Quantiles of net load around load_w in the order of forecast_run.quantiles, never crossing [W]';
COMMENT ON COLUMN somel.forecast.base_load_w IS 'Net load expected of the place by itself, before it was made to add up; null in issues that were not [W]';
COMMENT ON COLUMN somel.forecast.base_quantile_load_w IS 'Quantiles around base_load_w; null in issues that were not made to add up [W]';

ALTER TABLE somel.forecast_skill ADD COLUMN coherent_mae_w real;
COMMENT ON COLUMN somel.forecast_skill.mae_w IS 'Mean absolute error of the forecast of the place by itself [W]';
COMMENT ON COLUMN somel.forecast_skill.coherent_mae_w IS 'The same after the past forecasts were made to add up the way this issue is [W]';
