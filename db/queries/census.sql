-- name: census
-- row: db.census.Census
-- How much there is: what was published and is not here is lost.
SELECT
    (SELECT count(*) FROM interval_reading) AS interval_readings,
    (SELECT count(*) FROM reading) AS readings,
    coalesce(sum(stored), 0)::bigint AS stored,
    coalesce(sum(duplicate), 0)::bigint AS duplicate,
    coalesce(sum(revised), 0)::bigint AS revised,
    coalesce(sum(refused), 0)::bigint AS refused,
    (SELECT count(*) FROM rollup_pending) AS rollups_pending,
    (SELECT count(*) FROM flexibility) AS flexibility_statements,
    max(last_at) AS last_commit_at
FROM ingest_total;
