-- name: insert_accesses
INSERT INTO somel.personal_access (accessed_at, actor, usage_point_id, subject, purpose, start_at, end_at)
SELECT *
FROM unnest(
    %(accessed_at)s::timestamptz [], %(actor)s::text [], %(usage_point_id)s::integer [], %(subject)s::text [],
    %(purpose)s::text [], %(start_at)s::timestamptz [], %(end_at)s::timestamptz []
)

-- name: list_accesses
-- row: db.personal_access.Access
SELECT
    personal_access.personal_access_id,
    personal_access.accessed_at,
    personal_access.recorded_at,
    personal_access.actor,
    usage_point.usage_point_key,
    personal_access.subject,
    personal_access.purpose,
    personal_access.start_at,
    personal_access.end_at
FROM somel.personal_access
JOIN somel.usage_point USING (usage_point_id)
WHERE
    personal_access.personal_access_id < %(before)s
    AND (%(usage_point_key)s::uuid IS NULL OR usage_point.usage_point_key = %(usage_point_key)s)
    AND (%(actor)s::text IS NULL OR personal_access.actor = %(actor)s)
    AND (%(since)s::timestamptz IS NULL OR personal_access.accessed_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR personal_access.accessed_at < %(until)s)
ORDER BY personal_access.personal_access_id DESC
LIMIT %(limit)s::integer

-- name: forget_accesses
DELETE FROM somel.personal_access WHERE recorded_at < %(before_at)s
