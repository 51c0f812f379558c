-- name: tally
-- row: db.tally.Tally
-- Every value follows from the number that its meter's name ends in, and from its slot.
WITH found AS MATERIALIZED (
    SELECT
        reading.usage_point_id,
        reading.start_at,
        reading.value,
        substring(end_device.name FROM '[0-9]+$')::bigint AS meter,
        (extract(epoch FROM reading.start_at)::bigint - %(start_s)s::bigint) / 1800 AS slot
    FROM somel.interval_reading AS reading
    JOIN somel.end_device ON end_device.usage_point_id = reading.usage_point_id
)
SELECT
    count(*) AS row_count,
    count(DISTINCT (usage_point_id, start_at)) AS key_count,
    count(*) FILTER (
        WHERE
            value::bigint = (meter * %(meter_factor)s::bigint + slot * %(slot_factor)s::bigint) %% %(modulus)s::bigint
            AND slot >= 0
            AND slot < %(slots)s::bigint
    ) AS right_count,
    (SELECT count(*) FROM somel.interval_reading_revision) AS revision_count,
    (SELECT coalesce(sum(refused), 0)::bigint FROM somel.ingest_total) AS refused,
    (SELECT coalesce(sum(stored), 0)::bigint FROM somel.ingest_total) AS stored_total,
    (
        SELECT coalesce(bool_and(received = stored + duplicate + revised + refused), true) FROM somel.ingest_total
    ) AS totals_add_up,
    (
        SELECT coalesce(sum(import_wh), 0)
        FROM somel.place_interval
        JOIN somel.place USING (place_id)
        WHERE place.level = 'territory'
    ) AS summed_wh
FROM found

-- name: pending
SELECT count(*)::integer FROM somel.rollup_pending
