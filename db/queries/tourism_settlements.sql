-- name: unsettled_lines
-- row: db.tourism_settlements.Line
-- What a statement of a month says if it is closed now: entries up to its end that are in no statement yet.
SELECT
    partner.name AS partner,
    product.name AS product,
    venue.name AS venue,
    date_trunc('month', entry.day)::date AS month,
    agreement.settlement_eur_cent,
    count(*)::integer AS entry_count,
    (count(*) FILTER (WHERE entry.is_offline))::integer AS offline_count,
    (count(*) FILTER (WHERE entry.is_flagged))::integer AS flagged_count
FROM pass.entry
JOIN pass.agreement USING (agreement_id)
JOIN pass.product USING (product_id)
JOIN pass.venue USING (venue_id)
JOIN catalogue.organisation AS partner ON partner.organisation_id = venue.organisation_id
WHERE product.service_id = %(service_id)s AND entry.settled_month IS NULL AND entry.day < %(before)s
GROUP BY partner.name, product.name, venue.name, date_trunc('month', entry.day), agreement.settlement_eur_cent
ORDER BY partner.name, product.name, venue.name, month, agreement.settlement_eur_cent;

-- name: settle_entries
-- row: db.tourism_settlements.Line
-- The same, and from now on they are in that statement.
WITH settled AS (
    UPDATE pass.entry SET settled_month = %(month)s
    FROM pass.agreement
    JOIN pass.product USING (product_id)
    WHERE
        agreement.agreement_id = entry.agreement_id
        AND product.service_id = %(service_id)s
        AND entry.settled_month IS NULL
        AND entry.day < %(before)s
    RETURNING entry.agreement_id, entry.day, entry.is_offline, entry.is_flagged
)
SELECT
    partner.name AS partner,
    product.name AS product,
    venue.name AS venue,
    date_trunc('month', settled.day)::date AS month,
    agreement.settlement_eur_cent,
    count(*)::integer AS entry_count,
    (count(*) FILTER (WHERE settled.is_offline))::integer AS offline_count,
    (count(*) FILTER (WHERE settled.is_flagged))::integer AS flagged_count
FROM settled
JOIN pass.agreement USING (agreement_id)
JOIN pass.product USING (product_id)
JOIN pass.venue USING (venue_id)
JOIN catalogue.organisation AS partner ON partner.organisation_id = venue.organisation_id
GROUP BY partner.name, product.name, venue.name, date_trunc('month', settled.day), agreement.settlement_eur_cent
ORDER BY partner.name, product.name, venue.name, month, agreement.settlement_eur_cent;

-- name: insert_settlement
INSERT INTO pass.settlement (service_id, month, content, previous_sha256, content_sha256, closed_at)
VALUES (%(service_id)s, %(month)s, %(content)s, %(previous_sha256)s, %(content_sha256)s, %(closed_at)s);

-- name: find_settlement
-- row: db.tourism_settlements.Settlement
SELECT
    month,
    content,
    previous_sha256,
    content_sha256,
    closed_at
FROM pass.settlement
WHERE service_id = %(service_id)s AND month = %(month)s;

-- name: newest_settlement
-- row: db.tourism_settlements.Settlement
SELECT
    month,
    content,
    previous_sha256,
    content_sha256,
    closed_at
FROM pass.settlement
WHERE service_id = %(service_id)s
ORDER BY month DESC
LIMIT 1;

-- name: hold_settlements
SELECT pg_advisory_xact_lock(hashtextextended('settlement of tourism', %(service_id)s));

-- name: settling_services
-- row: db.tourism_products.TourismService
-- That an organisation runs, or has venues of, or sells passes of.
SELECT
    service.service_id,
    service.name,
    service.title,
    service.organisation_id
FROM pass.service
WHERE
    service.kind = 'tourism'
    AND (%(service)s::text IS NULL OR service.name = %(service)s)
    AND (
        service.organisation_id = %(organisation_id)s
        OR EXISTS (
            SELECT FROM pass.venue
            WHERE venue.service_id = service.service_id AND venue.organisation_id = %(organisation_id)s
        )
    )
ORDER BY service.name;
