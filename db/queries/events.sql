-- name: list_events
-- row: db.events.EventRow
-- Of all events, or of the one with a key.
SELECT
    event.event_id,
    event.name,
    place.level AS place_level,
    place.code AS place_code,
    place.name AS place_name,
    event.status,
    event.starts_at,
    event.ends_at,
    event.created_at,
    event.status_at,
    event.target_w,
    event.status_reason
FROM somel.event
JOIN somel.place USING (place_id)
WHERE
    (event.starts_at, event.event_id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
    AND (%(event_id)s::uuid IS NULL OR event.event_id = %(event_id)s::uuid)
ORDER BY event.starts_at DESC, event.event_id DESC
LIMIT %(limit)s::integer

-- name: command_counts
-- row: db.events.CommandCount
-- What was sent counts as delivered when the broker had somebody to give it to.
SELECT
    CASE WHEN status = 'sent' AND delivered_at IS NOT NULL THEN 'delivered' ELSE status END AS status,
    count(*) AS command_count
FROM somel.command
WHERE event_id = %(event_id)s::uuid
GROUP BY 1
ORDER BY 1
