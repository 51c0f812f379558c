-- name: stage
CREATE TEMP TABLE staged ({definitions}, _geometry geometry, _row integer NOT NULL) ON COMMIT DROP;

-- name: copy
COPY staged ({columns}, _geometry, _row) FROM STDIN;

-- name: count_staged
SELECT count(*) FROM (SELECT DISTINCT {key} FROM staged) AS once;

-- name: count_known
SELECT count(*) FROM {table} AS kept WHERE EXISTS (SELECT FROM staged WHERE {same_key});

-- name: merge
WITH changed AS (
    INSERT INTO {table} AS kept ({columns}, {geometry}_received_at)
    SELECT {columns}, {geometry}%(now)s FROM (
        SELECT DISTINCT ON ({key}) * FROM staged ORDER BY {key}, _row DESC
    ) AS newest
    ON CONFLICT ({key}) DO UPDATE SET {assignments}
    WHERE ({kept_values}) IS DISTINCT FROM ({new_values})
    RETURNING {kept_key}
)
SELECT count(*), {first_time}, {last_time},
    (SELECT jsonb_agg(to_jsonb(few)) FROM (SELECT * FROM changed LIMIT %(few)s) AS few)
FROM changed;

-- name: merge_latest
INSERT INTO {latest} AS kept ({columns}, {geometry}_received_at)
SELECT {columns}, {geometry}%(now)s FROM (
    SELECT DISTINCT ON ({subject}) * FROM staged ORDER BY {subject}, {time} DESC, _row DESC
) AS newest
ON CONFLICT ({subject}) DO UPDATE SET {time} = excluded.{time}, {assignments}
WHERE excluded.{time} >= kept.{time};

-- name: stage_keys
CREATE TEMP TABLE staged_key ({key_definitions}) ON COMMIT DROP;

-- name: copy_keys
COPY staged_key ({key}) FROM STDIN;

-- name: delete
WITH changed AS (
    DELETE FROM {table} AS kept USING staged_key WHERE {same_deleted_key} RETURNING {kept_key}
)
SELECT count(*), {first_time}, {last_time},
    (SELECT jsonb_agg(to_jsonb(few)) FROM (SELECT * FROM changed LIMIT %(few)s) AS few)
FROM changed;

-- name: forget_latest
DELETE FROM {latest} AS kept USING staged_key WHERE {same_subject};

-- name: restore_latest
INSERT INTO {latest} ({columns}, {geometry}_received_at)
SELECT DISTINCT ON ({subject}) {columns}, {geometry}_received_at FROM {table} AS kept
WHERE EXISTS (SELECT FROM staged_key WHERE {same_subject})
ORDER BY {subject}, {time} DESC;

-- name: forget_before
-- A place in a table is one in each of its chunks, so the chunk is asked for too.
DELETE FROM {table}
WHERE
    {age} < %(instant)s
    AND (tableoid, ctid) IN (SELECT tableoid, ctid FROM {table} WHERE {age} < %(instant)s LIMIT %(most)s);

-- name: forget_before_latest
DELETE FROM {latest} WHERE {time} < %(instant)s;
