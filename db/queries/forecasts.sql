-- name: insert_run
INSERT INTO somel.forecast_run (issued_at, known_until, horizon_slots, quantiles)
VALUES (%(issued_at)s, %(known_until)s, %(horizon_slots)s, %(quantiles)s::real [])
RETURNING forecast_run_id

-- name: insert_skill
INSERT INTO somel.forecast_skill (
    forecast_run_id, place_id, method, origin_count, mae_w, naive_mae_w, mape_ratio, naive_mape_ratio, crps_w,
    coverage_ratio, coherent_mae_w
)
SELECT
    %(forecast_run_id)s,
    skill.*
FROM
    unnest(
        %(place_id)s::integer [], %(method)s::text [], %(origin_count)s::integer [], %(mae_w)s::real [],
        %(naive_mae_w)s::real [], %(mape_ratio)s::real [], %(naive_mape_ratio)s::real [], %(crps_w)s::real [],
        %(coverage_ratio)s::real [], %(coherent_mae_w)s::real []
    ) AS skill

-- name: latest_run
-- row: db.forecasts.ForecastRun
SELECT
    forecast_run_id,
    issued_at,
    known_until,
    horizon_slots,
    quantiles
FROM somel.forecast_run
WHERE issued_at <= %(as_of)s
ORDER BY issued_at DESC, forecast_run_id DESC
LIMIT 1

-- name: forecast_between
-- row: db.forecasts.ForecastSlot
SELECT DISTINCT ON (forecast.valid_from)
    forecast_run.forecast_run_id,
    forecast_run.issued_at,
    forecast.valid_from,
    forecast.load_w,
    forecast_run.quantiles,
    forecast.quantile_load_w
FROM somel.forecast
JOIN somel.forecast_run USING (forecast_run_id)
WHERE
    forecast.place_id = %(place_id)s
    AND forecast.valid_from >= %(start)s
    AND forecast.valid_from < %(end)s
    AND forecast_run.issued_at <= %(as_of)s
ORDER BY forecast.valid_from, forecast_run.issued_at DESC, forecast_run.forecast_run_id DESC

-- name: forecast_of_run
-- row: db.forecasts.PlaceForecastSlot
SELECT
    place_id,
    valid_from,
    load_w,
    quantile_load_w,
    base_load_w,
    base_quantile_load_w
FROM somel.forecast
WHERE forecast_run_id = %(forecast_run_id)s AND place_id = ANY(%(place_ids)s::integer [])
ORDER BY place_id, valid_from

-- name: skill_of_place
-- row: db.forecasts.ForecastSkill
SELECT
    forecast_skill.forecast_run_id,
    forecast_skill.place_id,
    forecast_skill.method,
    forecast_skill.origin_count,
    forecast_skill.mae_w,
    forecast_skill.naive_mae_w,
    forecast_skill.mape_ratio,
    forecast_skill.naive_mape_ratio,
    forecast_skill.crps_w,
    forecast_skill.coverage_ratio,
    forecast_skill.coherent_mae_w
FROM somel.forecast_skill
JOIN somel.forecast_run USING (forecast_run_id)
WHERE forecast_skill.place_id = %(place_id)s AND forecast_run.issued_at <= %(as_of)s
ORDER BY forecast_run.issued_at DESC, forecast_run.forecast_run_id DESC
LIMIT 1

-- name: skill_of_level
-- row: db.forecasts.ForecastSkill
SELECT
    forecast_skill.forecast_run_id,
    forecast_skill.place_id,
    forecast_skill.method,
    forecast_skill.origin_count,
    forecast_skill.mae_w,
    forecast_skill.naive_mae_w,
    forecast_skill.mape_ratio,
    forecast_skill.naive_mape_ratio,
    forecast_skill.crps_w,
    forecast_skill.coverage_ratio,
    forecast_skill.coherent_mae_w
FROM somel.forecast_skill
JOIN somel.place USING (place_id)
WHERE forecast_skill.forecast_run_id = %(forecast_run_id)s AND place.level = %(level)s
ORDER BY forecast_skill.place_id
