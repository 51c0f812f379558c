-- name: insert_product_right
-- The next number of its service.
INSERT INTO pass.entitlement_kind (service_id, number, code, title, condition)
SELECT
    %(service_id)s,
    (SELECT coalesce(max(kind.number), 0) + 1 FROM pass.entitlement_kind AS kind WHERE kind.service_id = %(service_id)s),
    %(code)s,
    %(title)s,
    %(condition)s::jsonb
RETURNING number;

-- name: insert_product
INSERT INTO pass.product (
    service_id, number, name, title, title_en, description, description_en, duration_s, starts_at_first_use,
    max_entries_per_venue, use_within_days, price_eur_cent, sale_from, sale_until, is_on_sale, created_at
)
VALUES (
    %(service_id)s, %(number)s, %(name)s, %(title)s, %(title_en)s, %(description)s, %(description_en)s, %(duration_s)s,
    %(starts_at_first_use)s, %(max_entries_per_venue)s, %(use_within_days)s, %(price_eur_cent)s, %(sale_from)s,
    %(sale_until)s, %(is_on_sale)s, %(created_at)s
)
RETURNING product_id;

-- name: update_product
UPDATE pass.product SET
    title = %(title)s,
    title_en = %(title_en)s,
    description = %(description)s,
    description_en = %(description_en)s,
    use_within_days = %(use_within_days)s,
    price_eur_cent = %(price_eur_cent)s,
    sale_from = %(sale_from)s,
    sale_until = %(sale_until)s,
    is_on_sale = %(is_on_sale)s
WHERE product_id = %(product_id)s;

-- name: products
-- row: db.tourism_products.Product
SELECT
    product.product_id,
    product.service_id,
    service.name AS service,
    service.organisation_id,
    organisation.title AS organisation_title,
    service.proof,
    product.number,
    product.name,
    product.title,
    product.title_en,
    product.description,
    product.description_en,
    product.duration_s,
    product.starts_at_first_use,
    product.max_entries_per_venue,
    product.use_within_days,
    product.price_eur_cent,
    product.sale_from,
    product.sale_until,
    product.is_on_sale
FROM pass.product
JOIN pass.service USING (service_id)
JOIN catalogue.organisation USING (organisation_id)
WHERE
    (%(name)s::text IS NULL OR product.name = %(name)s)
    AND (%(product_id)s::integer IS NULL OR product.product_id = %(product_id)s)
ORDER BY product.name;

-- name: hold_product
SELECT product_id FROM pass.product WHERE product_id = %(product_id)s FOR UPDATE;

-- name: open_venues
-- row: db.tourism_products.OpenVenue
-- Of products, or of one: where they are taken today.
SELECT
    agreement.product_id,
    venue.name,
    venue.title,
    venue.kind,
    organisation.name AS organisation,
    venue.insee_code
FROM pass.agreement
JOIN pass.venue USING (venue_id)
JOIN catalogue.organisation ON organisation.organisation_id = venue.organisation_id
WHERE
    agreement.accepted_at IS NOT NULL AND agreement.ended_at IS NULL AND venue.is_open
    AND (%(product_id)s::integer IS NULL OR agreement.product_id = %(product_id)s)
ORDER BY agreement.product_id, venue.kind, venue.title, venue.name;

-- name: find_venue
-- row: db.tourism_products.PartnerVenue
SELECT
    venue.venue_id,
    venue.organisation_id
FROM pass.venue
WHERE venue.service_id = %(service_id)s AND venue.name = %(venue)s;

-- name: agreements
-- row: db.tourism_products.Agreement
-- Of products of an organisation, or at venues of it; those that ended only where they are asked for.
SELECT
    agreement.agreement_id,
    product.product_id,
    product.name AS product,
    product.title AS product_title,
    venue.name AS venue,
    venue.title AS venue_title,
    venue.kind AS venue_kind,
    partner.name AS partner,
    venue.organisation_id AS partner_id,
    service.organisation_id AS office_id,
    agreement.settlement_eur_cent,
    agreement.proposed_at,
    agreement.accepted_at,
    agreement.ended_at
FROM pass.agreement
JOIN pass.product USING (product_id)
JOIN pass.service USING (service_id)
JOIN pass.venue USING (venue_id)
JOIN catalogue.organisation AS partner ON partner.organisation_id = venue.organisation_id
WHERE
    (%(organisation_id)s IN (service.organisation_id, venue.organisation_id))
    AND (%(agreement_id)s::integer IS NULL OR agreement.agreement_id = %(agreement_id)s)
    AND (agreement.ended_at IS NULL OR %(agreement_id)s::integer IS NOT NULL)
ORDER BY product.name, venue.name, agreement.agreement_id;

-- name: insert_agreement
INSERT INTO pass.agreement (product_id, venue_id, settlement_eur_cent, proposed_at, accepted_at)
VALUES (%(product_id)s, %(venue_id)s, %(settlement_eur_cent)s, %(at)s, %(accepted_at)s)
RETURNING agreement_id;

-- name: end_agreements
-- Of a product at a venue: all of them, or those alone that nobody accepted yet.
UPDATE pass.agreement SET ended_at = %(at)s
WHERE
    product_id = %(product_id)s AND venue_id = %(venue_id)s AND ended_at IS NULL
    AND (accepted_at IS NULL OR NOT %(is_proposed_alone)s);

-- name: end_agreement_before
-- The one that holds, since another takes its place.
UPDATE pass.agreement SET ended_at = %(at)s
FROM pass.agreement AS next
WHERE
    next.agreement_id = %(agreement_id)s
    AND agreement.product_id = next.product_id AND agreement.venue_id = next.venue_id
    AND agreement.accepted_at IS NOT NULL AND agreement.ended_at IS NULL;

-- name: accept_agreement
UPDATE pass.agreement SET accepted_at = %(at)s
WHERE agreement_id = %(agreement_id)s AND accepted_at IS NULL AND ended_at IS NULL;

-- name: end_product_rules
-- Rules of a product are those that ask for its right alone, one for each venue. Uses are counted by rule: those of
-- venues that stay are not touched.
UPDATE pass.rule SET ended_at = %(at)s
WHERE
    service_id = %(service_id)s AND ended_at IS NULL
    AND content -> 'rights' = jsonb_build_array(%(number)s::integer)
    AND NOT content #>> '{venues,0}' = ANY(%(venues)s::text[]);

-- name: product_rule_venues
-- row: db.tourism_products.RuleVenue
SELECT content #>> '{venues,0}' AS venue
FROM pass.rule
WHERE
    service_id = %(service_id)s AND ended_at IS NULL
    AND content -> 'rights' = jsonb_build_array(%(number)s::integer);

-- name: insert_product_rule
INSERT INTO pass.rule (service_id, content, created_at) VALUES (%(service_id)s, %(content)s::jsonb, %(at)s);

-- name: find_tourism_service
-- row: db.tourism_products.TourismService
SELECT
    service.service_id,
    service.name,
    service.title,
    service.organisation_id
FROM pass.service
WHERE service.name = %(service)s AND service.kind = 'tourism';

-- name: find_seller_organisation
SELECT organisation_id FROM catalogue.organisation WHERE name = %(organisation)s;

-- name: admit_seller
INSERT INTO pass.seller (service_id, organisation_id, admitted_at)
VALUES (%(service_id)s, %(organisation_id)s, %(at)s)
ON CONFLICT DO NOTHING;

-- name: dismiss_seller
DELETE FROM pass.seller WHERE service_id = %(service_id)s AND organisation_id = %(organisation_id)s;

-- name: sellers
-- row: db.tourism_products.Seller
SELECT
    organisation.name AS organisation,
    organisation.title,
    seller.admitted_at
FROM pass.seller
JOIN catalogue.organisation USING (organisation_id)
WHERE seller.service_id = %(service_id)s
ORDER BY organisation.name;

-- name: is_seller
SELECT count(*)::integer
FROM pass.seller
WHERE service_id = %(service_id)s AND organisation_id = %(organisation_id)s;
