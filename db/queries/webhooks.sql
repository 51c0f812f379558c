-- name: insert_webhook
INSERT INTO catalogue.webhook (organisation_id, url, datasets, events, secret)
VALUES (%(organisation_id)s, %(url)s, %(datasets)s, %(events)s, %(secret)s)
RETURNING webhook_id

-- name: list_webhooks
-- row: db.webhooks.Webhook
SELECT
    webhook_id,
    url,
    datasets,
    events,
    created_at,
    before_until,
    failure_count,
    failing_since,
    disabled_at,
    disabled_reason,
    (
        SELECT count(*)
        FROM catalogue.webhook_delivery
        WHERE webhook_delivery.webhook_id = webhook.webhook_id AND webhook_delivery.status = 'pending'
    ) AS pending_count
FROM catalogue.webhook
WHERE deleted_at IS NULL AND (%(webhook_id)s::integer IS NULL OR webhook_id = %(webhook_id)s)
ORDER BY webhook_id

-- name: change_webhook
UPDATE catalogue.webhook SET
    url = %(url)s,
    datasets = %(datasets)s,
    events = %(events)s,
    failure_count = 0,
    failing_since = NULL,
    retry_at = NULL,
    disabled_at = NULL,
    disabled_reason = NULL
WHERE webhook_id = %(webhook_id)s AND deleted_at IS NULL

-- name: rotate_secret
UPDATE catalogue.webhook SET
    secret_before = secret,
    before_until = clock_timestamp() + %(overlap)s::interval,
    secret = %(secret)s
WHERE webhook_id = %(webhook_id)s AND deleted_at IS NULL

-- name: delete_webhook
UPDATE catalogue.webhook SET deleted_at = clock_timestamp() WHERE webhook_id = %(webhook_id)s AND deleted_at IS NULL

-- name: drop_queue
UPDATE catalogue.webhook_delivery
SET status = 'failed', ended_at = clock_timestamp(), answer = %(answer)s
WHERE webhook_id = %(webhook_id)s AND status = 'pending'

-- name: deliveries_of
-- row: db.webhooks.ListedDelivery
SELECT
    delivery.webhook_delivery_id,
    split_part(delivery.body::jsonb ->> 'id', '/', 1) AS dataset,
    delivery.number,
    delivery.status,
    delivery.made_at,
    delivery.attempt_count,
    delivery.answer,
    delivery.ended_at,
    delivery.body
FROM catalogue.webhook_delivery AS delivery
WHERE
    delivery.webhook_id = %(webhook_id)s
    AND (%(status)s::text IS NULL OR delivery.status = %(status)s)
    AND delivery.webhook_delivery_id < %(before)s
ORDER BY delivery.webhook_delivery_id DESC
LIMIT %(limit)s

-- name: deliver_again
WITH again AS (
    UPDATE catalogue.webhook_delivery
    SET status = 'pending', ended_at = NULL, attempt_count = 0, due_from = clock_timestamp()
    WHERE
        webhook_id = %(webhook_id)s
        AND status = 'failed'
        AND (%(delivery_id)s::bigint IS NULL OR webhook_delivery_id = %(delivery_id)s)
    RETURNING webhook_id
),
called AS (
    UPDATE catalogue.webhook SET failure_count = 0, retry_at = NULL
    WHERE webhook_id IN (SELECT webhook_id FROM again)
)
SELECT count(*)::integer AS again_count FROM again
