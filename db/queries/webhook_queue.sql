-- name: lock_telling
SELECT pg_try_advisory_lock(%(lock)s::bigint) AS locked

-- name: listeners_of
-- row: db.webhook_queue.Listener
SELECT webhook.webhook_id, webhook.organisation_id, dataset.dataset_id, dataset.name AS dataset, webhook.events
FROM catalogue.dataset
JOIN catalogue.webhook ON dataset.name = ANY (webhook.datasets)
WHERE
    dataset.dataset_id = ANY (%(dataset_ids)s::integer [])
    AND webhook.deleted_at IS NULL
    AND webhook.disabled_at IS NULL
ORDER BY webhook.webhook_id

-- name: put_deliveries
INSERT INTO catalogue.webhook_delivery (webhook_id, dataset_id, number, body)
SELECT webhook_id, dataset_id, number, body
FROM unnest(
    %(webhook_ids)s::integer [], %(dataset_ids)s::integer [], %(numbers)s::bigint [], %(bodies)s::text []
) WITH ORDINALITY AS wanted (webhook_id, dataset_id, number, body, place)
ORDER BY place
ON CONFLICT (webhook_id, dataset_id, number) DO NOTHING

-- name: due_webhooks
-- row: db.webhook_queue.DueWebhook
WITH due AS (
    SELECT
        webhook_id,
        organisation_id,
        failure_count,
        row_number() OVER (PARTITION BY organisation_id ORDER BY failure_count, webhook_id) AS place
    FROM catalogue.webhook
    WHERE
        EXISTS (
            SELECT
            FROM catalogue.webhook_delivery AS delivery
            WHERE delivery.webhook_id = webhook.webhook_id AND delivery.status = 'pending'
        )
        AND deleted_at IS NULL
        AND disabled_at IS NULL
        AND (retry_at IS NULL OR retry_at <= clock_timestamp())
        AND webhook_id <> ALL (%(busy)s::integer [])
)
SELECT webhook_id, organisation_id, failure_count
FROM due
WHERE place <= %(per_organisation)s::integer
ORDER BY failure_count, place, webhook_id
LIMIT %(limit)s::integer

-- name: next_delivery
-- row: db.webhook_queue.Delivery
-- Whether its organisation may read the dataset is asked as if it asked: the first part says for whom, for this
-- statement alone.
WITH acting AS MATERIALIZED (
    SELECT
        webhook.*,
        set_config('somel.organisations', '{' || webhook.organisation_id || '}', TRUE) AS organisations
    FROM catalogue.webhook
    WHERE webhook.webhook_id = %(webhook_id)s
)
SELECT
    delivery.webhook_delivery_id,
    acting.url,
    delivery.body,
    delivery.attempt_count,
    extract(EPOCH FROM clock_timestamp() - delivery.due_from)::double precision AS age_s,
    acting.failure_count,
    acting.organisations IS NOT NULL
    AND (split_part(delivery.body::jsonb ->> 'id', '/', 1) = ANY (acting.datasets))
    AND catalogue.may_read(delivery.dataset_id) AS is_wanted,
    acting.secret,
    CASE WHEN acting.before_until > clock_timestamp() THEN acting.secret_before END AS secret_before
FROM acting
JOIN catalogue.webhook_delivery AS delivery USING (webhook_id)
WHERE delivery.status = 'pending'
ORDER BY delivery.webhook_delivery_id
LIMIT 1

-- name: mark_delivered
WITH settled AS (
    UPDATE catalogue.webhook_delivery
    SET status = 'delivered', ended_at = clock_timestamp(), attempt_count = attempt_count + 1, answer = %(answer)s
    WHERE webhook_delivery_id = %(delivery_id)s AND status = 'pending'
    RETURNING webhook_id
)
UPDATE catalogue.webhook SET failure_count = 0, failing_since = NULL, retry_at = NULL
FROM settled
WHERE webhook.webhook_id = settled.webhook_id AND (webhook.failure_count > 0 OR webhook.retry_at IS NOT NULL)

-- name: mark_failed
WITH tried AS (
    UPDATE catalogue.webhook_delivery
    SET
        attempt_count = attempt_count + 1,
        answer = %(answer)s::text,
        status = CASE WHEN %(is_last)s::boolean THEN 'failed' ELSE status END,
        ended_at = CASE WHEN %(is_last)s::boolean THEN clock_timestamp() END
    WHERE webhook_delivery_id = %(delivery_id)s AND status = 'pending'
    RETURNING webhook_id
),
known AS (
    SELECT
        webhook_id,
        CASE
            WHEN %(is_gone)s::boolean THEN 'gone'
            WHEN
                webhook.failing_since
                <= clock_timestamp() - %(disable_s)s::double precision * INTERVAL '1 second' THEN 'failing'
        END AS reason
    FROM catalogue.webhook
    JOIN tried USING (webhook_id)
)
UPDATE catalogue.webhook
SET
    failure_count = webhook.failure_count + 1,
    failing_since = coalesce(webhook.failing_since, clock_timestamp()),
    retry_at = clock_timestamp() + %(wait_s)s::double precision * INTERVAL '1 second',
    disabled_reason = known.reason,
    disabled_at = CASE WHEN known.reason IS NOT NULL THEN clock_timestamp() END
FROM known
WHERE webhook.webhook_id = known.webhook_id

-- name: drop_disabled
UPDATE catalogue.webhook_delivery AS waiting
SET status = 'failed', ended_at = clock_timestamp(), answer = coalesce(waiting.answer, %(answer)s)
FROM catalogue.webhook_delivery AS tried
JOIN catalogue.webhook USING (webhook_id)
WHERE
    tried.webhook_delivery_id = %(delivery_id)s
    AND waiting.webhook_id = tried.webhook_id
    AND waiting.status = 'pending'
    AND webhook.disabled_at IS NOT NULL

-- name: give_up
UPDATE catalogue.webhook_delivery
SET status = 'failed', ended_at = clock_timestamp(), answer = coalesce(answer, %(answer)s::text)
WHERE
    webhook_id = (
        SELECT webhook_id FROM catalogue.webhook_delivery WHERE webhook_delivery_id = %(delivery_id)s
    )
    AND status = 'pending'
    AND due_from <= clock_timestamp() - %(give_up_s)s::double precision * INTERVAL '1 second'

-- name: withdraw_delivery
-- Who may not read it any more, nor finds it in the list of deliveries.
UPDATE catalogue.webhook_delivery
SET
    status = 'failed',
    ended_at = clock_timestamp(),
    answer = %(answer)s,
    body = (body::jsonb - 'data')::text
WHERE webhook_delivery_id = %(delivery_id)s

-- name: forget_deliveries
DELETE FROM catalogue.webhook_delivery
WHERE
    (status = 'delivered' AND ended_at < clock_timestamp() - %(delivered_days)s::integer * INTERVAL '1 day')
    OR (status = 'failed' AND ended_at < clock_timestamp() - %(failed_days)s::integer * INTERVAL '1 day')
