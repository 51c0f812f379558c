-- name: state
-- row: db.feature_states.State
-- One that the transaction may read, which its row-level security sees to. A row is written anew whenever records or
-- their description change, and says which transaction wrote it: two changes within a clock's tick are told apart.
SELECT
    dataset.dataset_id,
    dataset.xmin::text AS written_by,
    dataset.changed_at,
    dataset.records_changed_at,
    (SELECT max(version) FROM catalogue.dataset_version WHERE dataset_version.dataset_id = dataset.dataset_id) AS newest
FROM catalogue.dataset
WHERE dataset.name = %(name)s AND catalogue.may_read(dataset.dataset_id);

-- name: states
-- row: db.feature_states.NamedState
SELECT
    dataset.name,
    dataset.dataset_id,
    dataset.xmin::text AS written_by,
    dataset.changed_at,
    dataset.records_changed_at,
    (SELECT max(version) FROM catalogue.dataset_version WHERE dataset_version.dataset_id = dataset.dataset_id) AS newest
FROM catalogue.dataset
WHERE dataset.name > %(after)s AND catalogue.may_read(dataset.dataset_id)
ORDER BY dataset.name
LIMIT %(limit)s;
