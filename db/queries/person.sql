-- name: personal_tables
-- row: db.person.PersonalTable
SELECT name, reached_by, time_column, on_erasure, reason FROM somel.personal_table ORDER BY name

-- name: erase_usage_point
-- row: db.person.Erased
SELECT somel.erase_usage_point(
    %(usage_point_id)s::integer, %(before_at)s::timestamptz, %(now)s::timestamptz, %(actor)s::text
) AS deleted

-- name: erase_again
SELECT somel.erase_again()

-- name: audit_of
-- row: db.person.AuditOf
-- What was done to a usage point, to its resources, or by them, under whatever pseudonym it has now.
SELECT number, at, actor, action, subject, content
FROM somel.audit_entry
WHERE
    subject = 'usage_point/' || %(usage_point_key)s::text
    OR subject IN (
        SELECT 'resource/' || name FROM somel.end_device WHERE usage_point_id = %(usage_point_id)s
    )
ORDER BY number
