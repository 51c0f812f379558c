-- name: insert_medium
-- row: db.media.Made
INSERT INTO pass.medium (holder_id, kind, label, created_on)
VALUES (%(holder_id)s, %(kind)s, %(label)s, %(today)s)
RETURNING medium_id

-- name: media_of
-- row: db.media.Medium
SELECT medium_id, kind, label, status, replaced_by, created_on, ended_on
FROM pass.medium
WHERE holder_id = %(holder_id)s
ORDER BY status = 'revoked', created_on DESC, medium_id

-- name: hold_medium
-- row: db.media.Medium
SELECT medium_id, kind, label, status, replaced_by, created_on, ended_on
FROM pass.medium
WHERE holder_id = %(holder_id)s AND medium_id = %(medium_id)s
FOR UPDATE

-- name: count_media
SELECT count(*)::integer FROM pass.medium WHERE holder_id = %(holder_id)s AND status <> 'revoked'

-- name: set_medium
UPDATE pass.medium SET
    status = %(status)s::text,
    ended_on = CASE WHEN %(status)s::text = 'revoked' THEN %(today)s::date END,
    replaced_by = coalesce(%(replaced_by)s::uuid, replaced_by)
WHERE medium_id = %(medium_id)s

-- name: label_medium
UPDATE pass.medium SET label = %(label)s WHERE medium_id = %(medium_id)s

-- name: link_serial
-- row: db.media.Made
INSERT INTO pass.card_serial (service_id, serial_hmac, medium_id, subject_id)
VALUES (%(service_id)s, %(serial_hmac)s, %(medium_id)s, %(subject_id)s)
ON CONFLICT (service_id, serial_hmac) DO UPDATE SET subject_id = excluded.subject_id
WHERE card_serial.medium_id = excluded.medium_id
RETURNING medium_id

-- name: serials_of
-- row: db.media.Serial
SELECT card_serial.medium_id, card_serial.service_id, service.name AS service, card_serial.serial_hmac
FROM pass.card_serial
JOIN pass.subject USING (subject_id)
JOIN pass.service ON service.service_id = card_serial.service_id
WHERE subject.holder_id = %(holder_id)s
ORDER BY service.name

-- name: delete_serials
DELETE FROM pass.card_serial
WHERE medium_id = %(medium_id)s::uuid OR subject_id = %(subject_id)s::uuid

-- name: free_serial
-- row: db.media.Whose
DELETE FROM pass.card_serial
USING pass.subject
WHERE
    subject.subject_id = card_serial.subject_id
    AND card_serial.service_id = %(service_id)s
    AND card_serial.serial_hmac = %(serial_hmac)s
RETURNING subject.holder_id

-- name: tokens_of
-- row: db.media.TokenRow
SELECT
    token.medium_id,
    service.name AS service,
    service.title,
    token.status,
    token.device_key IS NOT NULL AS is_bound,
    token.issued_on,
    token.expires_at
FROM pass.token
JOIN pass.subject USING (subject_id)
JOIN pass.service USING (service_id)
WHERE
    subject.holder_id = %(holder_id)s
    AND subject.left_on IS NULL
    AND token.status <> 1
    AND token.expires_at > %(now)s::timestamptz
ORDER BY service.name, token.medium_id

-- name: holder_by_serial
-- row: db.media.Whose
SELECT subject.holder_id
FROM pass.card_serial
JOIN pass.subject USING (subject_id)
JOIN pass.medium USING (medium_id)
WHERE
    card_serial.service_id = %(service_id)s
    AND card_serial.serial_hmac = %(serial_hmac)s
    AND medium.status = 'active'
