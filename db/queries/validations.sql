-- name: by_index
-- What is asked of these tables is always a few rows by key. Plans are kept, and one that was made while a table was small
-- would read the whole of it ever after.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true)

-- name: hold_subjects
-- Whoever counts uses of somebody waits for whoever counts others of theirs; always in one order, so that nobody waits
-- for one who waits.
SELECT count(pg_advisory_xact_lock(held.key))
FROM (
    SELECT DISTINCT hashtextextended(shown.subject_id::text, 39) AS key
    FROM (
        SELECT token.subject_id FROM pass.token WHERE token.token_id = ANY(%(token_ids)s::uuid [])
        UNION ALL
        SELECT card_serial.subject_id
        FROM pass.card_serial
        JOIN unnest(%(service_ids)s::integer [], %(serials)s::bytea []) AS asked (service_id, serial_hmac)
            USING (service_id, serial_hmac)
    ) AS shown
    ORDER BY 1
) AS held

-- name: shown
-- row: db.validations.ShownRow
-- What is known of what was shown, in the order of asking; the times of pauses are of the last day.
SELECT
    asked.place::integer AS place,
    coalesce(token.subject_id, card_serial.subject_id) AS subject_id,
    subject.service_id,
    coalesce(token.status, CASE medium.status WHEN 'revoked' THEN 1 WHEN 'blocked' THEN 2 ELSE 0 END)::integer AS status,
    coalesce(subject.is_blocked, false) AS is_blocked,
    subject.left_on IS NOT NULL AS has_left,
    coalesce(
        token.status = 2 OR (medium.status = 'revoked' AND asked.at::date >= medium.ended_on), false
    ) AS is_lost,
    coalesce((
        SELECT array_agg(entitlement.number)
        FROM pass.entitlement
        WHERE
            entitlement.subject_id = subject.subject_id
            AND entitlement.valid_from <= asked.at AND entitlement.valid_until > asked.at
    ), '{}') AS rights,
    (
        SELECT jsonb_agg(jsonb_build_array(used.rule_id, used.per, used.start_on, used.venue, used.use_count))
        FROM pass.use AS used
        WHERE used.subject_id = subject.subject_id
    ) AS uses,
    (SELECT first_use.at FROM pass.first_use WHERE first_use.subject_id = subject.subject_id) AS first_at,
    EXISTS (
        SELECT FROM pass.validation
        WHERE validation.token_id = asked.token_id AND validation.step = asked.step AND validation.is_admitted
    ) AS is_replayed
FROM unnest(
    %(token_ids)s::uuid [], %(service_ids)s::integer [], %(serials)s::bytea [], %(steps)s::bigint [],
    %(ats)s::timestamptz []
) WITH ORDINALITY AS asked (token_id, service_id, serial_hmac, step, at, place)
LEFT JOIN pass.token ON token.token_id = asked.token_id
LEFT JOIN pass.card_serial
    ON card_serial.service_id = asked.service_id AND card_serial.serial_hmac = asked.serial_hmac
LEFT JOIN pass.subject ON subject.subject_id = coalesce(token.subject_id, card_serial.subject_id)
LEFT JOIN pass.medium ON medium.medium_id = coalesce(token.medium_id, card_serial.medium_id)
ORDER BY asked.place

-- name: last_admissions
-- row: db.validations.LastAdmission
-- Within the longest pause that a rule can ask for.
SELECT DISTINCT ON (validation.subject_id, validation.rule_id, validation.venue_id)
    validation.subject_id, validation.rule_id, validation.venue_id, validation.at, validation.proof,
    ST_X(venue.location) AS lon, ST_Y(venue.location) AS lat
FROM pass.validation
JOIN pass.venue USING (venue_id)
WHERE
    validation.subject_id = ANY(%(subject_ids)s::uuid []) AND validation.is_admitted
    AND validation.at > %(now)s::timestamptz - interval '1 day'
ORDER BY validation.subject_id, validation.rule_id, validation.venue_id, validation.at DESC

-- name: stored
-- row: db.validations.StoredRow
SELECT nonce, reader_id, is_admitted, reason, price_class
FROM pass.validation
WHERE nonce = ANY(%(nonces)s::uuid [])

-- name: insert_validations
-- row: db.validations.NonceRow
INSERT INTO pass.validation (
    nonce, reader_id, venue_id, at, subject_id, token_id, serial_hmac, step, proof, is_admitted, reason, rule_id,
    price_class, is_offline
)
SELECT
    nonce, reader_id, venue_id, at, subject_id, token_id, serial_hmac, step, proof, reason = 'admitted', reason,
    rule_id, price_class, is_offline
FROM unnest(
    %(nonces)s::uuid [], %(reader_ids)s::integer [], %(venue_ids)s::integer [], %(ats)s::timestamptz [],
    %(subject_ids)s::uuid [], %(token_ids)s::uuid [], %(serials)s::bytea [], %(steps)s::bigint [],
    %(proofs)s::text [], %(reasons)s::text [], %(rule_ids)s::integer [], %(price_classes)s::text [],
    %(offlines)s::boolean []
) AS new (
    nonce, reader_id, venue_id, at, subject_id, token_id, serial_hmac, step, proof, reason, rule_id, price_class,
    is_offline
)
ON CONFLICT (nonce) DO NOTHING
RETURNING nonce

-- name: add_uses
INSERT INTO pass.use AS used (subject_id, rule_id, per, start_on, venue, use_count)
SELECT subject_id, rule_id, per, start_on, venue, count(*)
FROM unnest(
    %(subject_ids)s::uuid [], %(rule_ids)s::integer [], %(pers)s::text [], %(starts)s::date [], %(venues)s::text []
) AS new (subject_id, rule_id, per, start_on, venue)
GROUP BY subject_id, rule_id, per, start_on, venue
ON CONFLICT (subject_id, rule_id, per, start_on, venue) DO UPDATE SET use_count = used.use_count + excluded.use_count

-- name: begin_uses
INSERT INTO pass.first_use (subject_id, at)
SELECT subject_id, min(at) FROM unnest(%(subject_ids)s::uuid [], %(ats)s::timestamptz []) AS new (subject_id, at)
GROUP BY subject_id
ON CONFLICT (subject_id) DO UPDATE SET at = excluded.at WHERE first_use.at > excluded.at

-- name: flag
INSERT INTO pass.double_use (nonce, kind, service_id, venue_id, subject_id, at)
SELECT validation.nonce, new.kind, venue.service_id, validation.venue_id, validation.subject_id, validation.at
FROM unnest(%(nonces)s::uuid [], %(kinds)s::text []) AS new (nonce, kind)
JOIN pass.validation ON validation.nonce = new.nonce
JOIN pass.venue ON venue.venue_id = validation.venue_id
ON CONFLICT (nonce, kind) DO NOTHING
