-- name: hold_list
-- row: db.status_list.ListHead
SELECT version, kept_from, size FROM pass.status_list FOR UPDATE

-- name: list_head
-- row: db.status_list.ListHead
SELECT version, kept_from, size FROM pass.status_list

-- name: set_head
UPDATE pass.status_list SET version = %(version)s, kept_from = %(kept_from)s, size = %(size)s

-- name: note_changes
INSERT INTO pass.status_change (version, status_index, status, changed_on)
SELECT %(version)s::bigint, changed.status_index, changed.status, %(changed_on)s::date
FROM unnest(%(indices)s::integer [], %(statuses)s::smallint []) AS changed (status_index, status)

-- name: unlist
DELETE FROM pass.status_listed WHERE status_index = ANY(%(indices)s::integer [])

-- name: enlist
INSERT INTO pass.status_listed (status_index, status)
SELECT changed.status_index, changed.status
FROM unnest(%(indices)s::integer [], %(statuses)s::smallint []) AS changed (status_index, status)
WHERE changed.status <> 0

-- name: already_listed
-- row: db.status_list.Listed
SELECT status_index, status FROM pass.status_listed WHERE status_index = ANY(%(indices)s::integer [])

-- name: put_off
INSERT INTO pass.status_due (status_index, status, due_at)
SELECT due.status_index, due.status, due.due_at
FROM unnest(%(indices)s::integer [], %(statuses)s::smallint [], %(times)s::timestamptz [])
    AS due (status_index, status, due_at)
ON CONFLICT (status_index) DO UPDATE SET status = excluded.status, due_at = least(status_due.due_at, excluded.due_at)

-- name: take_due
-- row: db.status_list.Listed
DELETE FROM pass.status_due
WHERE due_at <= %(now)s::timestamptz
RETURNING status_index, status

-- name: due_of
-- row: db.status_list.Listed
SELECT
    status_due.status_index,
    status_due.status
FROM pass.status_due
JOIN pass.token USING (status_index)
WHERE
    status_due.status <> 0
    AND (%(token_id)s::uuid IS NULL OR token.token_id = %(token_id)s)
    AND (%(medium_id)s::uuid IS NULL OR token.medium_id = %(medium_id)s)
    AND (%(subject_id)s::uuid IS NULL OR token.subject_id = %(subject_id)s)
    AND (%(kid)s::text IS NULL OR token.kid = %(kid)s)

-- name: drop_due
DELETE FROM pass.status_due WHERE status_index = ANY(%(indices)s::integer [])

-- name: token_count
SELECT count(*) FROM pass.token

-- name: forget_changes
-- row: db.status_list.ForgottenChange
WITH forgotten AS (
    DELETE FROM pass.status_change WHERE changed_on < %(before)s::date RETURNING version
)
SELECT max(version) AS version FROM forgotten HAVING max(version) IS NOT NULL

-- name: list_whole
-- row: db.status_list.ListWhole
SELECT
    version,
    kept_from,
    size,
    array(SELECT status_index FROM pass.status_listed WHERE status = 1) AS revoked,
    array(SELECT status_index FROM pass.status_listed WHERE status = 2) AS blocked,
    array(SELECT kid FROM pass.signing_key WHERE revoked_at IS NOT NULL ORDER BY kid) AS revoked_kids
FROM pass.status_list

-- name: list_changes
-- row: db.status_list.ListChanges
WITH latest AS MATERIALIZED (
    SELECT DISTINCT ON (status_index) status_index, status
    FROM pass.status_change
    WHERE version > %(since)s
    ORDER BY status_index, version DESC
)
SELECT
    version,
    kept_from,
    size,
    array(SELECT status_index FROM latest WHERE status = 0 ORDER BY status_index) AS valid,
    array(SELECT status_index FROM latest WHERE status = 1 ORDER BY status_index) AS revoked,
    array(SELECT status_index FROM latest WHERE status = 2 ORDER BY status_index) AS blocked,
    array(SELECT kid FROM pass.signing_key WHERE revoked_at IS NOT NULL ORDER BY kid) AS revoked_kids
FROM pass.status_list
