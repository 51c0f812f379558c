-- name: insert_lead_skill
-- Figures that could not be computed come as NaN and are stored as null.
INSERT INTO somel.forecast_skill_lead (
    forecast_run_id, place_id, lead_start_h, lead_end_h, origin_count, mae_w, naive_mae_w, rmae_ratio, crps_w,
    rcrps_ratio, coverage_ratio
)
SELECT
    %(forecast_run_id)s,
    place_id,
    lead_start_h,
    lead_end_h,
    origin_count,
    nullif(mae_w, 'NaN'),
    nullif(naive_mae_w, 'NaN'),
    nullif(rmae_ratio, 'NaN'),
    nullif(crps_w, 'NaN'),
    nullif(rcrps_ratio, 'NaN'),
    nullif(coverage_ratio, 'NaN')
FROM
    unnest(
        %(place_id)s::integer [], %(lead_start_h)s::integer [], %(lead_end_h)s::integer [],
        %(origin_count)s::integer [], %(mae_w)s::real [], %(naive_mae_w)s::real [], %(rmae_ratio)s::real [],
        %(crps_w)s::real [], %(rcrps_ratio)s::real [], %(coverage_ratio)s::real []
    ) AS skill (
        place_id, lead_start_h, lead_end_h, origin_count, mae_w, naive_mae_w, rmae_ratio, crps_w, rcrps_ratio,
        coverage_ratio
    )

-- name: lead_skill_of_place
-- row: db.lead_skill.LeadSkill
SELECT
    lead_start_h,
    lead_end_h,
    origin_count,
    mae_w,
    naive_mae_w,
    rmae_ratio,
    crps_w,
    rcrps_ratio,
    coverage_ratio
FROM somel.forecast_skill_lead
WHERE forecast_run_id = %(forecast_run_id)s AND place_id = %(place_id)s
ORDER BY lead_start_h
