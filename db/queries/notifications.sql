-- name: waiting_changes
-- row: db.notifications.Change
SELECT
    openadr_change_id,
    operation,
    object_type,
    object_id,
    object,
    client_id,
    ven_id,
    program_id,
    targets,
    program_targets
FROM somel.openadr_change
WHERE fanned_out_at IS NULL
ORDER BY openadr_change_id
LIMIT %(row_limit)s::integer
FOR UPDATE

-- name: subscriptions
-- row: db.notifications.Subscription
SELECT
    subscription.object_id AS subscription_id,
    subscription.client_id,
    client.role,
    subscription.program_id,
    subscription.targets,
    subscription.content -> 'objectOperations' AS object_operations,
    ARRAY(
        SELECT DISTINCT target.name
        FROM somel.openadr_object AS own, unnest(own.targets) AS target (name)
        WHERE own.client_id = subscription.client_id AND own.object_type IN ('VEN', 'RESOURCE')
    ) AS granted
FROM somel.openadr_object AS subscription
JOIN somel.openadr_client AS client USING (client_id)
WHERE subscription.object_type = 'SUBSCRIPTION' AND client.revoked_at IS NULL
ORDER BY subscription.object_id

-- name: vens
-- row: db.notifications.Ven
SELECT
    ven.object_id AS ven_id,
    ven.client_id,
    ARRAY(
        SELECT DISTINCT target.name
        FROM somel.openadr_object AS own, unnest(own.targets) AS target (name)
        WHERE own.client_id = ven.client_id AND own.object_type IN ('VEN', 'RESOURCE')
    ) AS granted
FROM somel.openadr_object AS ven
LEFT JOIN somel.openadr_client AS client USING (client_id)
WHERE ven.object_type = 'VEN' AND client.revoked_at IS NULL
ORDER BY ven.object_id

-- name: put_deliveries
-- A subscription that is deleted at this moment gets nothing more; what is there already stays as it is.
WITH wanted AS (
    SELECT *
    FROM unnest(
        %(subscription_ids)s::text [], %(callback_urls)s::text [], %(change_ids)s::bigint [], %(notifications)s::text []
    ) WITH ORDINALITY AS one (subscription_id, callback_url, openadr_change_id, notification, place)
),
living AS (
    SELECT object_id
    FROM somel.openadr_object
    WHERE object_id = ANY (%(subscription_ids)s::text [])
    FOR KEY SHARE
),
callback AS (
    INSERT INTO somel.openadr_callback (subscription_id, callback_url)
    SELECT DISTINCT wanted.subscription_id, wanted.callback_url
    FROM wanted
    JOIN living ON living.object_id = wanted.subscription_id
    ON CONFLICT (subscription_id, callback_url) DO UPDATE SET callback_url = excluded.callback_url
    RETURNING openadr_callback_id, subscription_id, callback_url
)
INSERT INTO somel.openadr_delivery (openadr_callback_id, openadr_change_id, notification)
SELECT callback.openadr_callback_id, wanted.openadr_change_id, wanted.notification
FROM wanted
JOIN callback USING (subscription_id, callback_url)
ORDER BY wanted.place
ON CONFLICT (openadr_change_id, openadr_callback_id) DO NOTHING

-- name: put_publications
INSERT INTO somel.openadr_publication (topic, notification)
SELECT topic, notification
FROM unnest(%(topics)s::text [], %(notifications)s::text []) WITH ORDINALITY AS one (topic, notification, place)
ORDER BY place

-- name: mark_fanned_out
UPDATE somel.openadr_change
SET fanned_out_at = clock_timestamp()
WHERE openadr_change_id = ANY (%(change_ids)s::bigint [])

-- name: lock_notifying
SELECT pg_try_advisory_lock(%(lock)s::bigint) AS locked

-- name: due_callbacks
-- row: db.notifications.DueCallback
WITH due AS (
    SELECT
        callback.openadr_callback_id,
        subscription.client_id,
        callback.failure_count,
        row_number() OVER (
            PARTITION BY subscription.client_id ORDER BY callback.failure_count, callback.openadr_callback_id
        ) AS place
    FROM somel.openadr_callback AS callback
    JOIN somel.openadr_object AS subscription ON subscription.object_id = callback.subscription_id
    WHERE
        EXISTS (
            SELECT
            FROM somel.openadr_delivery AS delivery
            WHERE delivery.openadr_callback_id = callback.openadr_callback_id AND delivery.status = 'pending'
        )
        AND (callback.retry_at IS NULL OR callback.retry_at <= clock_timestamp())
        AND callback.openadr_callback_id <> ALL (%(busy)s::bigint [])
)
SELECT openadr_callback_id, client_id, failure_count
FROM due
WHERE place <= %(per_client)s::integer
ORDER BY failure_count, place, openadr_callback_id
LIMIT %(row_limit)s::integer

-- name: next_delivery
-- Token and address are the subscription's of now: it may have been changed since.
-- row: db.notifications.Delivery
SELECT
    delivery.openadr_delivery_id,
    callback.callback_url,
    delivery.notification,
    delivery.attempt_count,
    extract(EPOCH FROM clock_timestamp() - delivery.due_from)::double precision AS age_s,
    callback.failure_count,
    entry.is_wanted IS NOT NULL AND client.revoked_at IS NULL AS is_wanted,
    entry.bearer_token
FROM somel.openadr_delivery AS delivery
JOIN somel.openadr_callback AS callback USING (openadr_callback_id)
JOIN somel.openadr_object AS subscription ON subscription.object_id = callback.subscription_id
LEFT JOIN somel.openadr_client AS client USING (client_id)
LEFT JOIN LATERAL (
    SELECT TRUE AS is_wanted, item.value ->> 'bearerToken' AS bearer_token
    FROM jsonb_array_elements(subscription.content -> 'objectOperations') AS item
    WHERE item.value ->> 'callbackUrl' = callback.callback_url
    LIMIT 1
) AS entry ON TRUE
WHERE delivery.openadr_callback_id = %(callback_id)s::bigint AND delivery.status = 'pending'
ORDER BY delivery.openadr_delivery_id
LIMIT 1

-- name: mark_delivered
WITH settled AS (
    UPDATE somel.openadr_delivery
    SET
        status = 'delivered',
        ended_at = clock_timestamp(),
        attempt_count = attempt_count + 1,
        answer = %(answer)s::text
    WHERE openadr_delivery_id = %(delivery_id)s::bigint
    RETURNING openadr_callback_id
)
UPDATE somel.openadr_callback
SET failure_count = 0, retry_at = NULL
FROM settled
WHERE
    openadr_callback.openadr_callback_id = settled.openadr_callback_id
    AND (openadr_callback.failure_count > 0 OR openadr_callback.retry_at IS NOT NULL)

-- name: mark_attempt_failed
WITH tried AS (
    UPDATE somel.openadr_delivery
    SET
        attempt_count = attempt_count + 1,
        answer = %(answer)s::text,
        status = CASE WHEN %(is_last)s::boolean THEN 'failed' ELSE status END,
        ended_at = CASE WHEN %(is_last)s::boolean THEN clock_timestamp() END
    WHERE openadr_delivery_id = %(delivery_id)s::bigint
    RETURNING openadr_callback_id
)
UPDATE somel.openadr_callback
SET
    failure_count = openadr_callback.failure_count + 1,
    retry_at = clock_timestamp() + %(wait_s)s::double precision * INTERVAL '1 second'
FROM tried
WHERE openadr_callback.openadr_callback_id = tried.openadr_callback_id

-- name: give_up
-- What waits too long behind others is given up with them, or a queue would outlive its callback by far.
UPDATE somel.openadr_delivery
SET status = 'failed', ended_at = clock_timestamp(), answer = coalesce(answer, %(answer)s::text)
WHERE
    openadr_callback_id = (
        SELECT openadr_callback_id FROM somel.openadr_delivery WHERE openadr_delivery_id = %(delivery_id)s::bigint
    )
    AND status = 'pending'
    AND due_from <= clock_timestamp() - %(give_up_s)s::double precision * INTERVAL '1 second'

-- name: withdraw_delivery
UPDATE somel.openadr_delivery
SET status = 'failed', ended_at = clock_timestamp(), answer = %(answer)s::text
WHERE openadr_delivery_id = %(delivery_id)s::bigint

-- name: deliveries
-- row: db.notifications.ListedDelivery
SELECT
    delivery.openadr_delivery_id,
    delivery.status,
    subscription.client_id,
    callback.subscription_id,
    callback.callback_url,
    delivery.notification::jsonb ->> 'objectType' AS object_type,
    delivery.notification::jsonb ->> 'operation' AS operation,
    delivery.notification::jsonb #>> '{object,id}' AS object_id,
    delivery.made_at,
    delivery.attempt_count,
    delivery.answer,
    delivery.ended_at
FROM somel.openadr_delivery AS delivery
JOIN somel.openadr_callback AS callback USING (openadr_callback_id)
JOIN somel.openadr_object AS subscription ON subscription.object_id = callback.subscription_id
WHERE %(status)s::text IS NULL OR delivery.status = %(status)s::text
ORDER BY delivery.openadr_delivery_id DESC
LIMIT %(row_limit)s::integer

-- name: retry_deliveries
WITH again AS (
    UPDATE somel.openadr_delivery
    SET status = 'pending', ended_at = NULL, attempt_count = 0, due_from = clock_timestamp()
    WHERE
        status = 'failed'
        AND (%(delivery_ids)s::bigint [] IS NULL OR openadr_delivery_id = ANY (%(delivery_ids)s::bigint []))
    RETURNING openadr_callback_id
),
called AS (
    UPDATE somel.openadr_callback
    SET failure_count = 0, retry_at = NULL
    WHERE openadr_callback_id IN (SELECT openadr_callback_id FROM again)
)
SELECT count(*)::integer AS again_count FROM again

-- name: forget_changes
DELETE FROM somel.openadr_change WHERE fanned_out_at < clock_timestamp() - %(days)s::integer * INTERVAL '1 day'

-- name: forget_deliveries
DELETE FROM somel.openadr_delivery
WHERE status <> 'pending' AND ended_at < clock_timestamp() - %(days)s::integer * INTERVAL '1 day'

-- name: forget_publications
DELETE FROM somel.openadr_publication WHERE published_at < clock_timestamp() - %(days)s::integer * INTERVAL '1 day'

-- name: due_publications
-- row: db.notifications.Publication
SELECT openadr_publication_id, topic, notification
FROM somel.openadr_publication
WHERE published_at IS NULL
ORDER BY openadr_publication_id
LIMIT %(row_limit)s::integer

-- name: mark_published
UPDATE somel.openadr_publication
SET published_at = clock_timestamp()
WHERE openadr_publication_id = ANY (%(publication_ids)s::bigint [])
