-- name: insert_reader
INSERT INTO pass.reader (venue_id, title, secret_sha256, created_at)
SELECT venue.venue_id, %(title)s, %(secret_sha256)s, %(now)s
FROM pass.venue
JOIN pass.service USING (service_id)
WHERE
    service.name = %(service)s AND venue.name = %(venue)s
    AND %(organisation_id)s::integer IN (service.organisation_id, venue.organisation_id)
RETURNING reader_id

-- name: readers
-- row: db.pass_readers.ReaderRow
-- Of services that an organisation runs, and of venues that it keeps.
SELECT
    reader.reader_id, service.name AS service, venue.name AS venue, reader.title, reader.created_at,
    reader.last_seen_at, reader.revoked_at
FROM pass.reader
JOIN pass.venue USING (venue_id)
JOIN pass.service USING (service_id)
WHERE
    %(organisation_id)s::integer IN (service.organisation_id, venue.organisation_id)
    AND (%(reader_id)s::integer IS NULL OR reader.reader_id = %(reader_id)s)
    AND reader.reader_id > %(after)s
ORDER BY reader.reader_id
LIMIT %(limit)s

-- name: revoke_reader
UPDATE pass.reader SET revoked_at = %(now)s WHERE reader_id = %(reader_id)s AND revoked_at IS NULL

-- name: find_readers
-- row: db.pass_readers.Door
SELECT
    reader.reader_id, reader.title, reader.revoked_at, venue.venue_id, venue.name AS venue,
    venue.title AS venue_title, venue.is_open AND service.closed_at IS NULL AS is_open, service.service_id,
    service.name AS service, service.title AS service_title, service.kind, service.proof, service.stale_after_s,
    ST_X(venue.location) AS lon, ST_Y(venue.location) AS lat, reader.secret_sha256
FROM pass.reader
JOIN pass.venue USING (venue_id)
JOIN pass.service USING (service_id)
WHERE reader.secret_sha256 = ANY(%(secrets_sha256)s::bytea [])

-- name: rules_of
-- row: db.pass_readers.RuleRow
SELECT rule_id, content, ended_at
FROM pass.rule
WHERE service_id = %(service_id)s AND (ended_at IS NULL OR %(with_ended)s)
ORDER BY rule_id

-- name: see_reader
UPDATE pass.reader SET last_seen_at = %(now)s WHERE reader_id = %(reader_id)s
