-- name: put_source
INSERT INTO catalogue.source (dataset_id, kind, url, period_s, mapping, declared_at, declared_by, next_try_at)
VALUES (
    %(dataset_id)s, %(kind)s, %(url)s, %(period_s)s, %(mapping)s::text::jsonb, %(now)s, %(declared_by)s, %(now)s
)
ON CONFLICT (dataset_id) DO UPDATE SET
    kind = excluded.kind,
    url = excluded.url,
    period_s = excluded.period_s,
    mapping = excluded.mapping,
    declared_at = excluded.declared_at,
    declared_by = excluded.declared_by,
    next_try_at = excluded.next_try_at,
    tried_at = NULL,
    succeeded_at = NULL,
    failure_count = 0,
    error_code = NULL,
    error = NULL;

-- name: delete_source
DELETE FROM catalogue.source WHERE dataset_id = %(dataset_id)s;

-- name: find_source
-- row: db.sources.Source
SELECT
    source.dataset_id,
    dataset.organisation_id,
    dataset.name AS dataset,
    source.kind,
    source.url,
    source.period_s,
    source.mapping,
    source.declared_at,
    source.next_try_at,
    source.tried_at,
    source.succeeded_at,
    source.failure_count,
    source.error_code,
    source.error,
    source.inserted_count,
    source.updated_count,
    source.unchanged_count,
    source.refused_count
FROM catalogue.source
JOIN catalogue.dataset USING (dataset_id)
WHERE source.dataset_id = %(dataset_id)s;

-- name: due_sources
-- row: db.sources.Source
SELECT
    source.dataset_id,
    dataset.organisation_id,
    dataset.name AS dataset,
    source.kind,
    source.url,
    source.period_s,
    source.mapping,
    source.declared_at,
    source.next_try_at,
    source.tried_at,
    source.succeeded_at,
    source.failure_count,
    source.error_code,
    source.error,
    source.inserted_count,
    source.updated_count,
    source.unchanged_count,
    source.refused_count
FROM catalogue.source
JOIN catalogue.dataset USING (dataset_id)
WHERE source.next_try_at <= %(now)s
ORDER BY source.next_try_at
LIMIT %(limit)s;

-- name: mark_pulled
UPDATE catalogue.source SET
    next_try_at = %(next_try_at)s,
    tried_at = %(now)s,
    succeeded_at = %(now)s,
    failure_count = 0,
    error_code = NULL,
    error = NULL,
    inserted_count = %(inserted)s,
    updated_count = %(updated)s,
    unchanged_count = %(unchanged)s,
    refused_count = %(refused)s
WHERE dataset_id = %(dataset_id)s AND declared_at = %(declared_at)s;

-- name: mark_failed
UPDATE catalogue.source SET
    next_try_at = %(next_try_at)s,
    tried_at = %(now)s,
    failure_count = failure_count + 1,
    error_code = %(code)s,
    error = %(reason)s
WHERE dataset_id = %(dataset_id)s AND declared_at = %(declared_at)s;
