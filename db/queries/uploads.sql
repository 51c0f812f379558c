-- name: insert_upload
INSERT INTO catalogue.upload (
    dataset_id, name, format, size_bytes, sha256, is_dry_run, uploaded_at, uploaded_by, row_count, inserted_count,
    updated_count, unchanged_count, refused_count, refusals
)
VALUES (
    %(dataset_id)s, %(name)s, %(format)s, %(size_bytes)s, %(sha256)s, %(is_dry_run)s, %(uploaded_at)s, %(uploaded_by)s,
    %(row_count)s, %(inserted_count)s, %(updated_count)s, %(unchanged_count)s, %(refused_count)s,
    %(refusals)s::text::jsonb
)
RETURNING upload_id;

-- name: uploads_of
-- row: db.uploads.Upload
SELECT
    upload_id, name, format, size_bytes, sha256, is_dry_run, uploaded_at, uploaded_by, row_count, inserted_count,
    updated_count, unchanged_count, refused_count, refusals
FROM catalogue.upload
WHERE
    dataset_id = %(dataset_id)s
    AND upload_id < %(before)s
    AND (%(only)s::bigint IS NULL OR upload_id = %(only)s)
ORDER BY upload_id DESC
LIMIT %(limit)s;
