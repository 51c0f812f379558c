-- name: find_service
-- row: db.pass_services.PassService
SELECT *
FROM pass.service_told
WHERE name = %(name)s;

-- name: list_services
-- row: db.pass_services.PassService
SELECT *
FROM pass.service_told
WHERE
    closed_at IS NULL
    AND name > %(after)s
    AND (%(organisation)s::text IS NULL OR organisation = %(organisation)s)
    AND (
        %(insee_code)s::text IS NULL
        OR EXISTS (
            SELECT FROM pass.venue
            WHERE venue.service_id = service_told.service_id AND venue.insee_code = %(insee_code)s AND venue.is_open
        )
    )
ORDER BY name
LIMIT %(limit)s;

-- name: count_services
SELECT count(*)::integer FROM pass.service WHERE organisation_id = %(organisation_id)s AND closed_at IS NULL;

-- name: insert_service
INSERT INTO pass.service (organisation_id, name, title, description, kind, proof, stale_after_s, is_open, created_at)
VALUES (
    %(organisation_id)s, %(name)s, %(title)s, %(description)s, %(kind)s, %(proof)s, %(stale_after_s)s, %(is_open)s,
    %(now)s
);

-- name: change_service
UPDATE pass.service SET
    title = %(title)s,
    description = %(description)s,
    proof = %(proof)s,
    stale_after_s = %(stale_after_s)s,
    is_open = %(is_open)s
WHERE service_id = %(service_id)s;

-- name: close_service
UPDATE pass.service SET is_open = false, closed_at = %(now)s WHERE service_id = %(service_id)s;

-- name: take_revision
UPDATE pass.service SET revision = revision + 1
WHERE
    service_id = %(service_id)s
    AND closed_at IS NULL
    AND (%(seen)s::integer IS NULL OR revision = %(seen)s)
RETURNING revision;

-- name: list_venues
-- row: db.pass_services.Venue
SELECT
    venue.venue_id,
    venue.service_id,
    organisation.name AS organisation,
    venue.name,
    venue.title,
    venue.kind,
    venue.insee_code,
    place.name AS commune,
    st_x(venue.location) AS lon,
    st_y(venue.location) AS lat,
    venue.is_open
FROM pass.venue
JOIN catalogue.organisation USING (organisation_id)
LEFT JOIN somel.place ON place.level = 'commune' AND place.code = venue.insee_code
WHERE venue.service_id = ANY (%(service_ids)s)
ORDER BY venue.service_id, venue.name;

-- name: put_venue
INSERT INTO pass.venue (service_id, organisation_id, name, title, kind, insee_code, location, is_open)
VALUES (
    %(service_id)s, %(organisation_id)s, %(name)s, %(title)s, %(kind)s, %(insee_code)s,
    st_setsrid(st_makepoint(%(lon)s, %(lat)s), 4326), %(is_open)s
)
ON CONFLICT (service_id, name) DO UPDATE SET
    organisation_id = excluded.organisation_id,
    title = excluded.title,
    kind = excluded.kind,
    insee_code = excluded.insee_code,
    location = excluded.location,
    is_open = excluded.is_open;

-- name: list_kinds
-- row: db.pass_services.EntitlementKind
SELECT service_id, number, code, title, condition, ended_on
FROM pass.entitlement_kind
WHERE service_id = ANY (%(service_ids)s)
ORDER BY service_id, number;

-- name: put_kind
INSERT INTO pass.entitlement_kind (service_id, number, code, title, condition)
VALUES (
    %(service_id)s,
    (
        SELECT coalesce(max(known.number), 0) + 1 FROM pass.entitlement_kind AS known
        WHERE known.service_id = %(service_id)s
    ),
    %(code)s,
    %(title)s,
    %(condition)s::text::jsonb
)
ON CONFLICT (service_id, code) DO UPDATE SET
    title = excluded.title,
    condition = excluded.condition,
    ended_on = NULL;

-- name: end_kind
UPDATE pass.entitlement_kind SET ended_on = %(on)s
WHERE service_id = %(service_id)s AND number = %(number)s;

-- name: list_rules
-- row: db.pass_services.RuleRow
SELECT rule_id, service_id, content, created_at, ended_at
FROM pass.rule
WHERE service_id = ANY (%(service_ids)s) AND (ended_at IS NULL OR %(with_ended)s::boolean)
ORDER BY service_id, rule_id;

-- name: insert_rule
INSERT INTO pass.rule (service_id, content, created_at)
VALUES (%(service_id)s, %(content)s::text::jsonb, %(now)s)
RETURNING rule_id;

-- name: end_rules
UPDATE pass.rule SET ended_at = greatest(%(now)s, created_at)
WHERE service_id = %(service_id)s AND ended_at IS NULL AND rule_id = ANY (%(rule_ids)s);

-- name: list_communes
-- row: db.pass_services.CommuneName
SELECT commune.insee_code, place.name
FROM somel.commune
JOIN somel.place USING (place_id)
ORDER BY commune.insee_code;

-- name: organisation_kind
SELECT kind FROM catalogue.organisation WHERE organisation_id = %(organisation_id)s;

-- name: organisation_id_named
SELECT organisation_id FROM catalogue.organisation WHERE name = %(name)s;
