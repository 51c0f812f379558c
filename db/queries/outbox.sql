-- name: put_messages
INSERT INTO shop.outbox (shop_id, order_id, kind, recipient, subject, body, made_at, due_from)
SELECT %(shop_id)s, %(order_id)s, told.kind, told.recipient, told.subject, told.body, %(now)s, %(now)s
FROM unnest(%(kinds)s::text[], %(recipients)s::text[], %(subjects)s::text[], %(bodies)s::text[])
    AS told (kind, recipient, subject, body);

-- name: next_message
-- row: db.outbox.Message
-- Held until the transaction ends: of a process that dies the next one is free at once, and is tried again.
SELECT
    outbox.outbox_id,
    outbox.message_id,
    outbox.kind,
    outbox.recipient,
    outbox.subject,
    outbox.body,
    outbox.made_at,
    outbox.attempt_count,
    CASE outbox.kind WHEN 'webhook' THEN shop.webhook_url WHEN 'provider' THEN shop.provider_notify_url END AS url,
    CASE outbox.kind WHEN 'webhook' THEN shop.webhook_secret WHEN 'provider' THEN shop.provider_secret END AS secret
FROM shop.outbox
JOIN shop.shop USING (shop_id)
WHERE outbox.status = 'pending' AND outbox.due_from <= %(now)s AND outbox.kind = ANY(%(kinds)s::text[])
ORDER BY outbox.due_from, outbox.outbox_id
LIMIT 1
FOR UPDATE OF outbox SKIP LOCKED;

-- name: mark_sent
UPDATE shop.outbox SET
    status = 'sent', ended_at = %(now)s, attempt_count = attempt_count + 1, answer = %(answer)s, body = '',
    recipient = ''
WHERE outbox_id = %(outbox_id)s;

-- name: mark_failed
UPDATE shop.outbox SET
    status = CASE WHEN %(is_last)s THEN 'dead' ELSE 'pending' END,
    ended_at = CASE WHEN %(is_last)s THEN %(now)s::timestamptz END,
    attempt_count = attempt_count + 1,
    answer = %(answer)s,
    due_from = %(due_from)s
WHERE outbox_id = %(outbox_id)s;

-- name: messages_of
-- row: db.outbox.ListedMessage
SELECT outbox_id, message_id, order_id, kind, subject, status, made_at, attempt_count, answer, ended_at
FROM shop.outbox
WHERE
    shop_id = %(shop_id)s
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND outbox_id < %(before)s
ORDER BY outbox_id DESC
LIMIT %(limit)s;

-- name: send_again
UPDATE shop.outbox SET status = 'pending', ended_at = NULL, attempt_count = 0, due_from = %(now)s
WHERE shop_id = %(shop_id)s AND status = 'dead' AND body <> '';

-- name: waiting
-- row: db.outbox.Waiting
SELECT kind, status, count(*)::integer AS message_count, min(made_at) AS oldest_at
FROM shop.outbox
WHERE status <> 'sent'
GROUP BY kind, status
ORDER BY kind, status;

-- name: forget_messages
DELETE FROM shop.outbox WHERE made_at <= %(before)s;
