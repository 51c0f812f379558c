-- name: insert_capacity_limit
INSERT INTO somel.capacity_limit (
    place_id, limit_w, valid_from, valid_until, source, reason, created_at, created_by, openadr_event_id
)
VALUES (
    %(place_id)s, %(limit_w)s, %(valid_from)s, %(valid_until)s, %(source)s, %(reason)s, %(created_at)s, %(created_by)s,
    %(openadr_event_id)s
)
RETURNING capacity_limit_id

-- name: list_capacity_limits
-- row: db.capacity_limits.CapacityLimit
-- The newest first; of one place or of all, those taken back too when they are asked for.
SELECT
    capacity_limit.capacity_limit_id,
    place.level,
    place.code,
    place.name,
    capacity_limit.limit_w,
    capacity_limit.valid_from,
    capacity_limit.valid_until,
    capacity_limit.source,
    capacity_limit.reason,
    capacity_limit.created_at,
    capacity_limit.created_by,
    capacity_limit.withdrawn_at,
    capacity_limit.openadr_event_id
FROM somel.capacity_limit
JOIN somel.place USING (place_id)
WHERE
    capacity_limit.capacity_limit_id < %(before)s::bigint
    AND (%(place_id)s::integer IS NULL OR capacity_limit.place_id = %(place_id)s::integer)
    AND (%(only_id)s::bigint IS NULL OR capacity_limit.capacity_limit_id = %(only_id)s::bigint)
    AND (%(withdrawn)s::boolean OR capacity_limit.withdrawn_at IS NULL)
ORDER BY capacity_limit.capacity_limit_id DESC
LIMIT %(limit)s::integer

-- name: withdraw_capacity_limit
UPDATE somel.capacity_limit
SET withdrawn_at = %(now)s
WHERE capacity_limit_id = %(capacity_limit_id)s AND withdrawn_at IS NULL
RETURNING capacity_limit_id

-- name: limit_spans
-- row: db.capacity_limits.LimitSpan
-- Limits of several places that hold at any time in [start, end), the ratings of transformers not among them.
SELECT
    place_id,
    limit_w,
    valid_from,
    valid_until
FROM somel.capacity_limit
WHERE
    place_id = ANY(%(place_ids)s::integer [])
    AND withdrawn_at IS NULL
    AND valid_from < %(end)s
    AND coalesce(valid_until, 'infinity') > %(start)s
ORDER BY place_id, capacity_limit_id

-- name: limited_places
-- row: db.capacity_limits.LimitedPlace
-- All transformers, by their rating, and whatever else has a limit in [start, end).
SELECT
    place.place_id,
    place.level,
    place.code,
    place.name,
    power_transformer.rated_va
FROM somel.place
LEFT JOIN somel.power_transformer USING (place_id)
WHERE
    power_transformer.place_id IS NOT NULL
    OR EXISTS (
        SELECT FROM somel.capacity_limit
        WHERE
            capacity_limit.place_id = place.place_id
            AND capacity_limit.withdrawn_at IS NULL
            AND capacity_limit.valid_from < %(end)s
            AND coalesce(capacity_limit.valid_until, 'infinity') > %(start)s
    )
ORDER BY place.place_id
