-- name: joined_of
-- row: db.joined.Joined
SELECT
    subject.subject_id,
    service.service_id,
    service.name AS service,
    service.title,
    service.kind,
    service.proof,
    subject.joined_on,
    subject.is_blocked
FROM pass.subject
JOIN pass.service USING (service_id)
WHERE subject.holder_id = %(holder_id)s AND subject.left_on IS NULL
ORDER BY service.title, subject.subject_id

-- name: insert_subject
-- row: db.joined.Subject
INSERT INTO pass.subject (holder_id, service_id, joined_on)
VALUES (%(holder_id)s, %(service_id)s, %(today)s)
RETURNING subject_id

-- name: is_barred
-- row: db.joined.Subject
SELECT subject_id FROM pass.subject
WHERE holder_id = %(holder_id)s AND service_id = %(service_id)s AND is_blocked
LIMIT 1

-- name: leave_subject
UPDATE pass.subject SET left_on = %(today)s WHERE subject_id = %(subject_id)s

-- name: end_rights
DELETE FROM pass.entitlement WHERE subject_id = %(subject_id)s
