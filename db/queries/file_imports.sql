-- name: begin_import
INSERT INTO somel.file_import (file_name, file_sha256, file_bytes, layout, imported_by)
VALUES (%(file_name)s, %(file_sha256)s, %(file_bytes)s, %(layout)s, %(imported_by)s)
RETURNING file_import_id;

-- name: count_import
UPDATE somel.file_import
SET
    finished_at = CASE WHEN %(is_done)s::boolean THEN clock_timestamp() END,
    row_count = %(row_count)s,
    empty = %(empty)s,
    received = %(received)s,
    stored = %(stored)s,
    duplicate = %(duplicate)s,
    revised = %(revised)s,
    refused = %(refused)s
WHERE file_import_id = %(file_import_id)s;

-- name: usage_points_by_prm
SELECT prm, usage_point_id FROM personal.usage_point_identity WHERE prm = any(%(prm)s::text []);
