-- name: note_change
WITH numbered AS (
    UPDATE catalogue.dataset SET change_number = change_number + 1
    WHERE dataset_id = %(dataset_id)s
    RETURNING change_number
)
INSERT INTO catalogue.record_change (
    dataset_id, number, at, inserted_count, updated_count, deleted_count, first_at, last_at, keys
)
SELECT
    %(dataset_id)s, change_number, %(at)s, %(inserted_count)s, %(updated_count)s, %(deleted_count)s, %(first_at)s,
    %(last_at)s, %(keys)s
FROM numbered

-- name: position_of
-- row: db.changes.Position
SELECT
    change_number AS last,
    (SELECT min(number) FROM catalogue.record_change WHERE record_change.dataset_id = dataset.dataset_id) AS oldest
FROM catalogue.dataset
WHERE dataset_id = %(dataset_id)s

-- name: changes_after
-- row: db.changes.RecordChange
SELECT dataset_id, number, at, inserted_count, updated_count, deleted_count, first_at, last_at, keys
FROM catalogue.record_change
WHERE dataset_id = %(dataset_id)s AND number > %(after)s
ORDER BY number
LIMIT %(limit)s

-- name: waiting_changes
-- row: db.changes.RecordChange
SELECT dataset_id, number, at, inserted_count, updated_count, deleted_count, first_at, last_at, keys
FROM catalogue.record_change
WHERE fanned_out_at IS NULL
ORDER BY dataset_id, number
LIMIT %(limit)s
FOR UPDATE

-- name: mark_told
UPDATE catalogue.record_change SET fanned_out_at = clock_timestamp()
WHERE
    fanned_out_at IS NULL
    AND (dataset_id, number) IN (
        SELECT dataset_id, number
        FROM unnest(%(dataset_ids)s::integer [], %(numbers)s::bigint []) AS told (dataset_id, number)
    )

-- name: forget_changes
DELETE FROM catalogue.record_change
WHERE fanned_out_at IS NOT NULL AND noted_at < clock_timestamp() - %(days)s::integer * INTERVAL '1 day'
