-- name: insert_message
INSERT INTO catalogue.inbox (received_at, dataset, payload) VALUES (%(received_at)s, %(dataset)s, %(payload)s);

-- name: waiting_datasets
-- row: db.inbox.Waiting
SELECT dataset, count(*) AS messages
FROM catalogue.inbox
WHERE refused_at IS NULL
GROUP BY dataset
ORDER BY dataset;

-- name: waiting_messages
-- row: db.inbox.Message
-- In the order received, and held until the transaction ends.
SELECT inbox_id, received_at, dataset, payload
FROM catalogue.inbox
WHERE refused_at IS NULL AND dataset = %(dataset)s AND inbox_id > %(after)s
ORDER BY inbox_id
LIMIT %(limit)s
FOR UPDATE;

-- name: delete_messages
DELETE FROM catalogue.inbox WHERE inbox_id = ANY(%(inbox_ids)s);

-- name: refuse_message
UPDATE catalogue.inbox SET refused_at = %(now)s, code = %(code)s, reason = %(reason)s WHERE inbox_id = %(inbox_id)s;

-- name: refuse_dataset
UPDATE catalogue.inbox SET refused_at = %(now)s, code = %(code)s, reason = %(reason)s
WHERE refused_at IS NULL AND dataset = %(dataset)s;

-- name: forget_refused_messages
DELETE FROM catalogue.inbox WHERE refused_at < %(before)s;
