-- name: record_entry
INSERT INTO somel.audit_pending (form, at, actor, action, subject, content)
VALUES (%(form)s, %(at)s, %(actor)s, %(action)s, %(subject)s, %(content)s)

-- name: audit_head
-- row: db.audit.AuditHead
SELECT number, hash
FROM somel.audit_head

-- name: entries_after
-- row: db.audit.AuditEntry
SELECT number, form, at, recorded_at, actor, action, subject, content, previous_hash, hash
FROM somel.audit_entry
WHERE number > %(number)s::bigint
ORDER BY number
LIMIT %(limit)s::integer

-- name: newest_entries
-- row: db.audit.AuditEntry
SELECT number, form, at, recorded_at, actor, action, subject, content, previous_hash, hash
FROM somel.audit_entry
WHERE
    number < %(before)s::bigint
    AND (%(actor)s::text IS NULL OR actor = %(actor)s::text)
    AND (%(action)s::text IS NULL OR action = %(action)s::text OR starts_with(action, %(action)s::text || '.'))
    AND (%(subject)s::text IS NULL OR subject = %(subject)s::text)
    AND (%(since)s::timestamptz IS NULL OR at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR at < %(until)s::timestamptz)
ORDER BY number DESC
LIMIT %(limit)s::integer
