-- name: lock_disclosure
-- One process at a time forms cohorts; the lock ends with the transaction.
SELECT 1 AS locked FROM (SELECT pg_advisory_xact_lock(%(lock)s::bigint)) AS waited

-- name: first_consent
-- row: db.disclosure.Instant
SELECT min(recorded_at) AS at FROM somel.usage_point_consent WHERE purpose = 'enjoy'

-- name: first_load
-- row: db.disclosure.Instant
SELECT min(start_at) AS at FROM somel.place_interval

-- name: formed_months
-- row: db.disclosure.Instant
SELECT since AS at FROM somel.cohort_month WHERE population = %(population)s ORDER BY since

-- name: insert_month
INSERT INTO somel.cohort_month (population, since, formed_at) VALUES (%(population)s, %(since)s, %(now)s)

-- name: dissolve_cohorts
-- A consent that was withdrawn and given again is another one: it was recorded after the cohort began.
UPDATE somel.cohort
SET dissolved_at = greatest(%(now)s, cohort.formed_at)
WHERE
    cohort.dissolved_at IS NULL
    AND EXISTS (
        SELECT FROM somel.cohort_member
        JOIN somel.usage_point USING (usage_point_id)
        JOIN somel.power_transformer AS supply ON supply.place_id = usage_point.power_transformer_place_id
        WHERE
            cohort_member.cohort_id = cohort.cohort_id
            AND (
                (usage_point.category = 'residential') <> (cohort.population = 'residential')
                OR cohort.place_id NOT IN (supply.place_id, supply.feeder_place_id, supply.commune_place_id)
                OR NOT EXISTS (
                    SELECT FROM somel.usage_point_consent AS consent
                    WHERE
                        consent.usage_point_id = cohort_member.usage_point_id
                        AND consent.purpose = 'enjoy'
                        AND consent.withdrawn_at IS NULL
                        AND consent.recorded_at < cohort.since
                )
            )
    )

-- name: candidates
-- Read through binary COPY: who agreed before a month and is in no standing cohort.
SELECT
    usage_point.usage_point_id,
    CASE WHEN %(population)s::text = 'residential' THEN supply.commune_place_id ELSE supply.place_id END AS small,
    CASE WHEN %(population)s::text = 'residential' THEN supply.commune_place_id ELSE supply.feeder_place_id END AS large,
    usage_point.subscribed_va,
    (NOT EXISTS (
        SELECT FROM somel.cohort_member WHERE cohort_member.usage_point_id = usage_point.usage_point_id
    ))::integer AS is_fresh
FROM somel.usage_point_consent AS consent
JOIN somel.usage_point USING (usage_point_id)
JOIN somel.power_transformer AS supply ON supply.place_id = usage_point.power_transformer_place_id
WHERE
    consent.purpose = 'enjoy'
    AND consent.withdrawn_at IS NULL
    AND consent.recorded_at < %(since)s::timestamptz
    AND (usage_point.category = 'residential') = (%(population)s::text = 'residential')
    AND NOT EXISTS (
        SELECT FROM somel.cohort_member
        JOIN somel.cohort USING (cohort_id)
        WHERE cohort_member.usage_point_id = usage_point.usage_point_id AND cohort.dissolved_at IS NULL
    )
ORDER BY usage_point.usage_point_id

-- name: insert_cohort
WITH formed AS (
    INSERT INTO somel.cohort (population, place_id, since, formed_at, fresh_count, usage_point_count)
    VALUES (
        %(population)s, %(place_id)s, %(since)s, %(now)s, %(fresh_count)s,
        cardinality(%(usage_point_ids)s::integer [])
    )
    RETURNING cohort_id
)

INSERT INTO somel.cohort_member (usage_point_id, cohort_id)
SELECT member.usage_point_id, formed.cohort_id
FROM formed
CROSS JOIN unnest(%(usage_point_ids)s::integer []) AS member (usage_point_id)

-- name: members
-- Read through binary COPY: who is in the cohorts that stand and had begun.
SELECT cohort_member.usage_point_id, cohort.cohort_id, cohort.place_id
FROM somel.cohort
JOIN somel.cohort_member USING (cohort_id)
WHERE
    cohort.population = %(population)s::text
    AND cohort.dissolved_at IS NULL
    AND cohort.since <= %(start)s::timestamptz
ORDER BY cohort_member.usage_point_id

-- name: commune_lattice
-- row: db.disclosure.LatticePlace
-- Communes with homes; each is by itself.
SELECT place.place_id, NULL::integer AS parent_place_id, place.level, place.code, place.name
FROM somel.place
WHERE
    place.level = 'commune'
    AND EXISTS (
        SELECT FROM somel.power_transformer AS supply
        JOIN somel.usage_point ON usage_point.power_transformer_place_id = supply.place_id
        WHERE supply.commune_place_id = place.place_id AND usage_point.category = 'residential'
    )
ORDER BY place.code

-- name: feeder_lattice
-- row: db.disclosure.LatticePlace
-- Feeders that supply others than homes, then those of their transformers that ever had a cohort of their own.
SELECT place.place_id, NULL::integer AS parent_place_id, place.level, place.code, place.name
FROM somel.place
WHERE
    place.level = 'feeder'
    AND EXISTS (
        SELECT FROM somel.power_transformer AS supply
        JOIN somel.usage_point ON usage_point.power_transformer_place_id = supply.place_id
        WHERE supply.feeder_place_id = place.place_id AND usage_point.category <> 'residential'
    )
UNION ALL
SELECT place.place_id, supply.feeder_place_id, place.level, place.code, place.name
FROM somel.power_transformer AS supply
JOIN somel.place USING (place_id)
WHERE EXISTS (
    SELECT FROM somel.cohort WHERE cohort.place_id = supply.place_id AND cohort.population = 'other'
)
ORDER BY 2 NULLS FIRST, 4

-- name: energy_of_points
-- Steps under half an hour are summed and must fill their slot, an hour is cut in two halves. One row a usage point, its
-- slots packed in the wire format: as rows of their own they would cost the client ten times as much.
SELECT usage_point_id, string_agg(int4send(slot) || float8send(energy_wh), ''::bytea) AS packed
FROM (
    SELECT
        known.usage_point_id,
        (
            extract(epoch FROM date_bin('30 minutes', known.start_at, 'epoch'::timestamptz) - %(start)s::timestamptz)
            / 1800
        )::integer + half.number AS slot,
        sum(known.value::double precision * least(1, 1800.0 / known.step_s))::double precision AS energy_wh
    FROM somel.interval_reading AS known
    JOIN (VALUES (0), (1)) AS half (number) ON half.number = 0 OR known.step_s = 3600
    WHERE
        known.usage_point_id = ANY(%(usage_point_ids)s::integer [])
        AND known.register_id = 1
        AND known.quality NOT IN (1, 3)
        AND known.start_at >= %(start)s::timestamptz - INTERVAL '30 minutes'
        AND known.start_at < %(end)s::timestamptz
    GROUP BY known.usage_point_id, slot
    HAVING sum(least(known.step_s, 1800)) = 1800
) AS whole
GROUP BY usage_point_id

-- name: take_progress
-- row: db.disclosure.Instant
-- Whoever publishes holds the row until what is published is committed.
SELECT published_until AS at FROM catalogue.energy_progress WHERE dataset_id = %(dataset_id)s FOR UPDATE

-- name: begin_progress
INSERT INTO catalogue.energy_progress (dataset_id, published_until) VALUES (%(dataset_id)s, %(until)s)
ON CONFLICT DO NOTHING

-- name: move_progress
UPDATE catalogue.energy_progress SET published_until = %(until)s WHERE dataset_id = %(dataset_id)s
