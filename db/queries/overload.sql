-- name: insert_overload_run
INSERT INTO somel.overload_run (forecast_run_id, computed_at, place_count)
VALUES (%(forecast_run_id)s, %(now)s, %(place_count)s)
ON CONFLICT (forecast_run_id) DO NOTHING
RETURNING forecast_run_id

-- name: is_judged
SELECT count(*) FROM somel.overload_run WHERE forecast_run_id = %(forecast_run_id)s

-- name: insert_probabilities
INSERT INTO somel.overload_probability (forecast_run_id, place_id, valid_from, limit_w, probability)
SELECT
    %(forecast_run_id)s,
    slot.*
FROM
    unnest(
        %(place_ids)s::integer [], %(valid_from)s::timestamptz [], %(limits_w)s::double precision [],
        %(probabilities)s::real []
    ) AS slot

-- name: overload_of_place
-- row: db.overload.OverloadSlot
-- Of each slot what the newest issue says that overload was reckoned from and that may be known; one that has no row of a
-- slot says that it is below one in a hundred.
SELECT
    newest.valid_from,
    newest.issued_at,
    overload_probability.limit_w,
    coalesce(overload_probability.probability, 0)::real AS probability
FROM (
    SELECT DISTINCT ON (forecast.valid_from)
        forecast.valid_from,
        forecast_run.issued_at,
        forecast_run.forecast_run_id
    FROM somel.forecast
    JOIN somel.forecast_run USING (forecast_run_id)
    JOIN somel.overload_run USING (forecast_run_id)
    WHERE
        forecast.place_id = %(place_id)s::integer
        AND forecast.valid_from >= %(start)s
        AND forecast.valid_from < %(end)s
        AND forecast_run.issued_at <= %(as_of)s
    ORDER BY forecast.valid_from, forecast_run.issued_at DESC, forecast_run.forecast_run_id DESC
) AS newest
LEFT JOIN somel.overload_probability
    ON
        overload_probability.place_id = %(place_id)s::integer
        AND overload_probability.valid_from = newest.valid_from
        AND overload_probability.forecast_run_id = newest.forecast_run_id
ORDER BY newest.valid_from

-- name: places_at_risk
-- row: db.overload.PlaceAtRisk
-- Places by the slot of highest probability that one issue finds from a time on.
SELECT
    place.place_id,
    place.level,
    place.code,
    place.name,
    worst.valid_from,
    worst.limit_w,
    worst.probability
FROM (
    SELECT DISTINCT ON (place_id) place_id, valid_from, limit_w, probability
    FROM somel.overload_probability
    WHERE forecast_run_id = %(forecast_run_id)s AND valid_from >= %(start)s
    ORDER BY place_id, probability DESC, valid_from
) AS worst
JOIN somel.place USING (place_id)
WHERE (-worst.probability::double precision, place.place_id) > (%(after_key)s::double precision, %(after_id)s::integer)
ORDER BY -worst.probability::double precision, place.place_id
LIMIT %(limit)s

-- name: risky_slots
-- row: db.overload.RiskySlot
-- Slots of one issue, from a time on, whose overload is at least so probable, of one place or of all of a level.
SELECT
    overload_probability.place_id,
    place.name,
    overload_probability.valid_from,
    overload_probability.limit_w,
    overload_probability.probability
FROM somel.overload_probability
JOIN somel.place USING (place_id)
WHERE
    overload_probability.forecast_run_id = %(forecast_run_id)s
    AND overload_probability.valid_from >= %(start)s
    AND overload_probability.probability >= %(threshold)s::double precision
    AND (%(place_id)s::integer IS NULL OR overload_probability.place_id = %(place_id)s::integer)
    AND place.level = %(level)s
ORDER BY overload_probability.place_id, overload_probability.valid_from

-- name: overload_rules
-- row: db.overload.OverloadRule
SELECT
    overload_rule.overload_rule_id,
    overload_rule.name,
    overload_rule.place_id,
    coalesce(place.level, overload_rule.level) AS level,
    place.code,
    overload_rule.probability_threshold,
    overload_rule.notice_s,
    overload_rule.min_duration_s,
    overload_rule.is_enabled,
    overload_rule.changed_at,
    overload_rule.changed_by
FROM somel.overload_rule
LEFT JOIN somel.place USING (place_id)
WHERE %(only_id)s::integer IS NULL OR overload_rule.overload_rule_id = %(only_id)s::integer
ORDER BY overload_rule.overload_rule_id

-- name: insert_rule
INSERT INTO somel.overload_rule (
    name, place_id, level, probability_threshold, notice_s, min_duration_s, is_enabled, changed_at, changed_by
)
VALUES (
    %(name)s, %(place_id)s, %(level)s, %(probability_threshold)s, %(notice_s)s, %(min_duration_s)s, %(is_enabled)s,
    %(changed_at)s, %(changed_by)s
)
RETURNING overload_rule_id

-- name: change_rule
UPDATE somel.overload_rule
SET
    name = %(name)s,
    place_id = %(place_id)s,
    level = %(level)s,
    probability_threshold = %(probability_threshold)s,
    notice_s = %(notice_s)s,
    min_duration_s = %(min_duration_s)s,
    is_enabled = %(is_enabled)s,
    changed_at = %(changed_at)s,
    changed_by = %(changed_by)s
WHERE overload_rule_id = %(overload_rule_id)s
RETURNING overload_rule_id

-- name: delete_rule
DELETE FROM somel.overload_rule
WHERE overload_rule_id = %(overload_rule_id)s
RETURNING overload_rule_id

-- name: taken_spans
-- row: db.overload.TakenSpan
-- Events at a place that are not over, and proposals for it that an operator has turned down.
SELECT
    event.place_id,
    event.starts_at,
    event.ends_at
FROM somel.event
LEFT JOIN somel.event_proposal USING (event_id)
WHERE
    event.ends_at > %(now)s
    AND (
        event.status IN ('draft', 'scheduled', 'active', 'completed')
        OR (event.status = 'cancelled' AND event_proposal.event_id IS NOT NULL)
    )

-- name: insert_proposal
INSERT INTO somel.event_proposal (
    event_id, overload_rule_id, forecast_run_id, proposed_at, probability, required_reduction_w
)
VALUES (
    %(event_id)s, %(overload_rule_id)s, %(forecast_run_id)s, %(proposed_at)s, %(probability)s,
    %(required_reduction_w)s::real []
)

-- name: proposal_of_event
-- row: db.overload.EventProposal
SELECT
    event_proposal.event_id,
    event_proposal.overload_rule_id,
    overload_rule.name AS rule_name,
    event_proposal.forecast_run_id,
    event_proposal.proposed_at,
    event_proposal.probability,
    event_proposal.required_reduction_w
FROM somel.event_proposal
LEFT JOIN somel.overload_rule USING (overload_rule_id)
WHERE event_proposal.event_id = %(event_id)s
