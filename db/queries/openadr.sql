-- name: insert_object
INSERT INTO somel.openadr_object (
    object_id, object_type, created_at, modified_at, client_id, name, program_id, event_id, ven_id, targets, ends_at,
    content
)
VALUES (
    %(object_id)s::text, %(object_type)s::text, %(now)s::timestamptz, %(now)s::timestamptz, %(client_id)s::text,
    %(name)s::text, %(program_id)s::text, %(event_id)s::text, %(ven_id)s::text, %(targets)s::text[],
    %(ends_at)s::timestamptz, %(content)s::jsonb
)

-- name: update_object
UPDATE somel.openadr_object
SET
    modified_at = %(now)s::timestamptz,
    client_id = %(client_id)s::text,
    name = %(name)s::text,
    program_id = %(program_id)s::text,
    event_id = %(event_id)s::text,
    ven_id = %(ven_id)s::text,
    targets = %(targets)s::text[],
    ends_at = %(ends_at)s::timestamptz,
    content = %(content)s::jsonb
WHERE object_id = %(object_id)s::text

-- name: delete_object
DELETE FROM somel.openadr_object
WHERE object_id = %(object_id)s::text

-- name: lock_object
SELECT object_id
FROM somel.openadr_object
WHERE object_id = %(object_id)s::text
FOR UPDATE

-- name: object_by_id
-- row: db.openadr.OpenadrObject
SELECT
    object_id,
    object_type,
    created_at,
    modified_at,
    client_id,
    name,
    program_id,
    event_id,
    ven_id,
    targets,
    ends_at,
    content,
    program_targets
FROM somel.openadr_seen
WHERE object_type = %(object_type)s::text AND object_id = %(object_id)s::text

-- name: dependents_of
-- row: db.openadr.OpenadrObject
-- What goes with an object when it is deleted, those first that depend on others.
SELECT
    object_id,
    object_type,
    created_at,
    modified_at,
    client_id,
    name,
    program_id,
    event_id,
    ven_id,
    targets,
    ends_at,
    content,
    program_targets
FROM somel.openadr_seen
WHERE
    object_id <> %(object_id)s::text
    AND (
        program_id = %(object_id)s::text
        OR event_id = %(object_id)s::text
        OR (object_type = 'RESOURCE' AND ven_id = %(object_id)s::text)
    )
ORDER BY object_type <> 'REPORT', object_id

-- name: list_objects
-- row: db.openadr.OpenadrObject
-- A page, the oldest first. Null parameters filter nothing; who may see what is decided by grid.openadr.privacy, in whose
-- words the parameters are.
SELECT
    object_id,
    object_type,
    created_at,
    modified_at,
    client_id,
    name,
    program_id,
    event_id,
    ven_id,
    targets,
    ends_at,
    content,
    program_targets
FROM somel.openadr_seen
WHERE
    object_type = %(object_type)s::text
    AND (%(owner)s::text IS NULL OR client_id = %(owner)s::text)
    AND (%(matching)s::text[] IS NULL OR targets && %(matching)s::text[])
    AND (NOT %(untargeted)s::boolean OR targets = '{}')
    AND (%(granted)s::text[] IS NULL OR program_targets = '{}' OR program_targets && %(granted)s::text[])
    AND (%(name)s::text IS NULL OR name = %(name)s::text)
    AND (%(program_id)s::text IS NULL OR program_id = %(program_id)s::text)
    AND (%(event_id)s::text IS NULL OR event_id = %(event_id)s::text)
    AND (%(ven_id)s::text IS NULL OR ven_id = %(ven_id)s::text)
    AND (%(ends_after)s::timestamptz IS NULL OR ends_at IS NULL OR ends_at > %(ends_after)s::timestamptz)
    AND (
        %(objects)s::text[] IS NULL
        OR EXISTS (
            SELECT
            FROM jsonb_array_elements(content -> 'objectOperations') AS operation (wanted)
            WHERE operation.wanted -> 'objects' ?| %(objects)s::text[]
        )
    )
ORDER BY created_at, object_id
LIMIT %(limit)s::integer OFFSET %(skip)s::integer

-- name: insert_change
-- Written while the object is there: after it was created or updated, before it is deleted.
INSERT INTO somel.openadr_change (
    changed_at, operation, object_type, object_id, object, client_id, ven_id, program_id, targets, program_targets
)
SELECT
    %(now)s::timestamptz,
    %(operation)s::text,
    object_type,
    object_id,
    %(object)s::jsonb,
    client_id,
    ven_id,
    program_id,
    targets,
    program_targets
FROM somel.openadr_seen
WHERE object_id = %(object_id)s::text
