-- name: insert_sale
INSERT INTO pass.sale (
    sale_id, product_id, organisation_id, kind, pass_count, price_eur_cent, reference, payment, payment_due_at,
    starts_at, use_until, sold_at, idempotency_key, request_sha256
)
VALUES (
    %(sale_id)s, %(product_id)s, %(organisation_id)s, %(kind)s, %(pass_count)s, %(price_eur_cent)s, %(reference)s,
    %(payment)s, %(payment_due_at)s, %(starts_at)s, %(use_until)s, %(sold_at)s,
    %(idempotency_key)s, %(request_sha256)s
);

-- name: insert_sold_passes
INSERT INTO pass.sold_pass (sale_id, number, claim_sha256)
SELECT
    %(sale_id)s,
    claim.number,
    claim.claim_sha256
FROM unnest(%(claims)s::bytea[]) WITH ORDINALITY AS claim (claim_sha256, number);

-- name: find_repeated
-- row: db.tourism_sales.Repeated
SELECT
    sale_id,
    request_sha256
FROM pass.sale
WHERE organisation_id = %(organisation_id)s AND idempotency_key = %(idempotency_key)s;

-- name: forget_keys
UPDATE pass.sale SET idempotency_key = NULL, request_sha256 = NULL
WHERE idempotency_key IS NOT NULL AND sold_at < %(before)s;

-- name: sales
-- row: db.tourism_sales.Sale
-- That an organisation made, or of passes of its services; the newest first.
SELECT
    sale.sale_id,
    sale.product_id,
    product.name AS product,
    seller.name AS seller,
    sale.organisation_id,
    service.organisation_id AS office_id,
    sale.kind,
    sale.pass_count,
    sale.price_eur_cent,
    sale.reference,
    sale.payment,
    sale.payment_reference,
    sale.payment_due_at,
    sale.starts_at,
    sale.use_until,
    sale.sold_at,
    told.opened_count,
    told.started_count,
    told.cancelled_count
FROM pass.sale
JOIN pass.product USING (product_id)
JOIN pass.service USING (service_id)
JOIN catalogue.organisation AS seller ON seller.organisation_id = sale.organisation_id
CROSS JOIN LATERAL (
    SELECT
        (count(*) FILTER (WHERE sold_pass.opened_on IS NOT NULL))::integer AS opened_count,
        (count(*) FILTER (WHERE sold_pass.is_started))::integer AS started_count,
        (count(*) FILTER (WHERE sold_pass.cancelled_at IS NOT NULL))::integer AS cancelled_count
    FROM pass.sold_pass
    WHERE sold_pass.sale_id = sale.sale_id
) AS told
WHERE
    %(organisation_id)s IN (sale.organisation_id, service.organisation_id)
    AND (%(sale_id)s::uuid IS NULL OR sale.sale_id = %(sale_id)s)
    AND (%(before)s::timestamptz IS NULL OR sale.sold_at < %(before)s)
ORDER BY sale.sold_at DESC, sale.sale_id
LIMIT %(limit)s;

-- name: sold_passes
-- row: db.tourism_sales.SoldPass
-- Of a sale, in their order, held until the transaction ends.
SELECT
    sale_id,
    number,
    subject_id,
    opened_on,
    is_started,
    started_at,
    ends_at,
    cancelled_at,
    ended_on
FROM pass.sold_pass
WHERE sale_id = %(sale_id)s
ORDER BY number
FOR UPDATE;

-- name: cancel_passes
UPDATE pass.sold_pass SET cancelled_at = %(at)s
WHERE
    sale_id = %(sale_id)s AND cancelled_at IS NULL AND NOT is_started
    AND (%(numbers)s::integer[] IS NULL OR number = ANY(%(numbers)s::integer[]));

-- name: claimed_pass
-- row: db.tourism_sales.ClaimedPass
-- By the hash of its code; held until the transaction ends, so that it is opened once.
SELECT
    sold_pass.sale_id,
    sold_pass.number,
    sold_pass.subject_id,
    sold_pass.is_started,
    sold_pass.started_at,
    sold_pass.ends_at,
    sold_pass.cancelled_at,
    sold_pass.ended_on,
    sale.product_id,
    sale.payment,
    sale.starts_at,
    sale.use_until
FROM pass.sold_pass
JOIN pass.sale USING (sale_id)
WHERE sold_pass.claim_sha256 = %(claim_sha256)s
FOR UPDATE OF sold_pass;

-- name: open_pass
UPDATE pass.sold_pass SET
    subject_id = %(subject_id)s,
    opened_on = %(opened_on)s,
    started_at = %(started_at)s,
    ends_at = %(ends_at)s
WHERE sale_id = %(sale_id)s AND number = %(number)s;

-- name: insert_pass_holder
INSERT INTO pass.holder (holder_id, kind, created_on) VALUES (%(holder_id)s, 'anonymous', %(on)s);

-- name: insert_pass_subject
INSERT INTO pass.subject (subject_id, holder_id, service_id, joined_on)
VALUES (%(subject_id)s, %(holder_id)s, %(service_id)s, %(on)s);

-- name: insert_pass_right
INSERT INTO pass.entitlement (subject_id, number, valid_from, valid_until, derived_on)
VALUES (%(subject_id)s, %(number)s, %(valid_from)s, %(valid_until)s, %(on)s);

-- name: insert_pass_medium
INSERT INTO pass.medium (medium_id, holder_id, kind, label, created_on)
SELECT
    %(medium_id)s,
    subject.holder_id,
    %(kind)s,
    %(label)s,
    %(on)s
FROM pass.subject
WHERE subject.subject_id = %(subject_id)s;

-- name: pass_medium
-- row: db.tourism_sales.PassMedium
-- The medium of a kind and a name that a code of the pass was made for last.
SELECT
    token.medium_id,
    token.device_key
FROM pass.token
JOIN pass.medium USING (medium_id)
WHERE
    token.subject_id = %(subject_id)s AND medium.kind = %(kind)s AND medium.label = %(label)s
    AND medium.status = 'active' AND token.status = 0
ORDER BY token.expires_at DESC, token.token_id
LIMIT 1;

-- name: end_pass_medium
UPDATE pass.medium SET status = 'revoked', ended_on = %(on)s
WHERE medium_id = %(medium_id)s AND status <> 'revoked';

-- name: take_pass
-- Into the card account of a holder: the subject stays who it was to its service.
UPDATE pass.subject SET holder_id = %(holder_id)s
WHERE subject_id = %(subject_id)s;

-- name: take_pass_media
UPDATE pass.medium SET holder_id = %(holder_id)s
WHERE medium_id IN (SELECT token.medium_id FROM pass.token WHERE token.subject_id = %(subject_id)s);

-- name: holder_of_pass
-- row: db.tourism_sales.PassHolder
SELECT
    holder.holder_id,
    holder.kind = 'anonymous' AND holder.passphrase IS NULL AND holder.left_on IS NULL
    AND NOT EXISTS (SELECT FROM pass.guardianship WHERE guardianship.child_id = holder.holder_id) AS is_of_pass_alone
FROM pass.subject
JOIN pass.holder USING (holder_id)
WHERE subject.subject_id = %(subject_id)s;

-- name: leave_pass_holder
UPDATE pass.holder SET left_on = %(on)s
WHERE
    holder_id = %(holder_id)s AND kind = 'anonymous' AND passphrase IS NULL AND left_on IS NULL
    AND NOT EXISTS (SELECT FROM pass.guardianship WHERE guardianship.child_id = holder.holder_id)
    AND NOT EXISTS (SELECT FROM pass.subject WHERE subject.holder_id = holder.holder_id AND subject.left_on IS NULL);

-- name: passes_held
-- Of a service, by a holder, that are not over.
SELECT count(*)::integer
FROM pass.subject
WHERE holder_id = %(holder_id)s AND service_id = %(service_id)s AND left_on IS NULL;
