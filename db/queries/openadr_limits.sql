-- name: lock_program
-- Not FOR UPDATE: whoever stores an event of the program has a share of this lock already.
SELECT object_id
FROM somel.openadr_object
WHERE object_id = %(program_id)s::text
FOR NO KEY UPDATE

-- name: limiting_events
-- row: db.openadr_limits.LimitingEvent
-- Events of a program that are not over and name a place, or leave it to their program.
SELECT
    event.object_id,
    event.name,
    event.modified_at,
    event.targets,
    event.content,
    program.targets AS program_targets,
    program.content AS program_content
FROM somel.openadr_object AS event
JOIN somel.openadr_object AS program ON program.object_id = event.program_id
WHERE
    event.object_type = 'EVENT'
    AND event.program_id = %(program_id)s::text
    AND (event.ends_at IS NULL OR event.ends_at > %(now)s::timestamptz)
    AND EXISTS (
        SELECT
        FROM unnest(event.targets || program.targets) AS target (name)
        WHERE starts_with(target.name, %(prefix)s::text)
    )
ORDER BY event.created_at, event.object_id

-- name: limited_places_named
-- row: db.openadr_limits.NamedPlace
SELECT
    place.place_id,
    place.level,
    place.code
FROM unnest(%(levels)s::text[], %(codes)s::text[]) AS named (level, code)
JOIN somel.place ON place.level = named.level AND place.code = named.code

-- name: limits_of_events
-- row: db.openadr_limits.StoredLimit
-- Limits that count and follow certain events.
SELECT
    capacity_limit_id,
    openadr_event_id,
    place_id,
    limit_w,
    valid_from,
    valid_until
FROM somel.capacity_limit
WHERE openadr_event_id = ANY(%(event_ids)s::text[]) AND withdrawn_at IS NULL
ORDER BY capacity_limit_id

-- name: withdraw_limits
UPDATE somel.capacity_limit
SET withdrawn_at = %(now)s::timestamptz
WHERE capacity_limit_id = ANY(%(capacity_limit_ids)s::bigint[]) AND withdrawn_at IS NULL
