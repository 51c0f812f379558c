-- name: state
-- row: db.feature_states.State
-- One that the transaction may read, which row-level security sees to: asking once more would double the time. A row is
-- written anew whenever records, their description or versions change, and says which transaction wrote it: two changes
-- within a clock's tick are told apart.
SELECT
    dataset.dataset_id,
    dataset.xmin::text AS written_by,
    dataset.changed_at,
    dataset.records_changed_at
FROM catalogue.dataset
WHERE dataset.name = %(name)s;

-- name: states
-- row: db.feature_states.NamedState
SELECT
    dataset.name,
    dataset.dataset_id,
    dataset.xmin::text AS written_by,
    dataset.changed_at,
    dataset.records_changed_at
FROM catalogue.dataset
WHERE dataset.name > %(after)s
ORDER BY dataset.name
LIMIT %(limit)s;
