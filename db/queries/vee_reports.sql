-- name: standing_findings
-- row: db.vee_reports.FindingRow
SELECT
    finding.vee_finding_id,
    usage_point.usage_point_key,
    commune.insee_code AS commune,
    register.name AS register_name,
    finding.rule,
    finding.severity,
    finding.day,
    finding.start_at,
    finding.end_at,
    finding.figure,
    finding.bound,
    finding.found_at,
    finding.cleared_at
FROM somel.vee_finding AS finding
JOIN somel.register USING (register_id)
JOIN somel.usage_point USING (usage_point_id)
JOIN somel.power_transformer ON power_transformer.place_id = usage_point.power_transformer_place_id
JOIN somel.commune ON commune.place_id = power_transformer.commune_place_id
WHERE
    finding.vee_finding_id < %(before)s::bigint
    AND (%(cleared)s::boolean OR finding.cleared_at IS NULL)
    AND (%(usage_point_key)s::uuid IS NULL OR usage_point.usage_point_key = %(usage_point_key)s::uuid)
    AND (%(commune)s::text IS NULL OR commune.insee_code = %(commune)s::text)
    AND (%(day)s::date IS NULL OR finding.day = %(day)s::date)
    AND (%(rule)s::text IS NULL OR finding.rule = %(rule)s::text)
ORDER BY finding.vee_finding_id DESC
LIMIT %(limit)s::integer;

-- name: day_counts
-- row: db.vee_reports.DayRow
SELECT
    usage_point.usage_point_key,
    commune.insee_code AS commune,
    register.name AS register_name,
    completeness.day,
    completeness.step_s,
    completeness.expected,
    completeness.received,
    completeness.bad,
    completeness.estimated,
    completeness.missing,
    completeness.late,
    completeness.energy,
    completeness.checked_at,
    coalesce((
        SELECT string_agg(DISTINCT estimate.reason, '; ')
        FROM somel.vee_estimate AS estimate
        WHERE
            estimate.usage_point_id = completeness.usage_point_id
            AND estimate.register_id = completeness.register_id
            AND estimate.day = completeness.day
            AND estimate.replaced_count < greatest(estimate.slot_count, 1)
    ), '') AS estimation
FROM somel.completeness
JOIN somel.register USING (register_id)
JOIN somel.usage_point USING (usage_point_id)
JOIN somel.power_transformer ON power_transformer.place_id = usage_point.power_transformer_place_id
JOIN somel.commune ON commune.place_id = power_transformer.commune_place_id
WHERE
    (completeness.day, usage_point.usage_point_key, register.name)
    < (%(before_day)s::date, %(before_key)s::uuid, %(before_register)s::text)
    AND (NOT %(incomplete)s::boolean OR completeness.missing + completeness.estimated > 0)
    AND (%(usage_point_key)s::uuid IS NULL OR usage_point.usage_point_key = %(usage_point_key)s::uuid)
    AND (%(commune)s::text IS NULL OR commune.insee_code = %(commune)s::text)
    AND (%(day)s::date IS NULL OR completeness.day = %(day)s::date)
ORDER BY completeness.day DESC, usage_point.usage_point_key DESC, register.name DESC
LIMIT %(limit)s::integer;

-- name: summary
-- row: db.vee_reports.Summary
SELECT
    (SELECT coalesce(sum(cardinality(usage_point_id)), 0)::bigint FROM somel.vee_pending) AS pending_spans,
    (SELECT max(day) FROM somel.vee_sweep WHERE stage = 'closed' AND finished_at IS NOT NULL) AS closed_day,
    (SELECT max(day) FROM somel.vee_sweep WHERE stage = 'settled' AND finished_at IS NOT NULL) AS settled_day,
    (SELECT count(*) FROM somel.completeness WHERE missing > 0) AS incomplete_days,
    (SELECT count(*) FROM somel.vee_finding WHERE cleared_at IS NULL) AS standing_findings,
    (SELECT coalesce(sum(slot_count - replaced_count), 0)::bigint FROM somel.vee_estimate) AS standing_estimates;
