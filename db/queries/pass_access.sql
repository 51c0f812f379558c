-- name: note_access
INSERT INTO pass.access (at, holder_id, actor, organisation, subject, purpose)
VALUES (%(at)s, %(holder_id)s, %(actor)s, %(organisation)s, %(subject)s, %(purpose)s)

-- name: accesses
-- row: db.pass_access.Access
SELECT at, actor, organisation, subject, purpose
FROM pass.access
WHERE holder_id = %(holder_id)s
ORDER BY access_id DESC
LIMIT %(limit)s
