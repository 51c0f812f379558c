-- name: set_provider
INSERT INTO pass.payment_provider (organisation_id, url, notify_url, secret, set_at)
VALUES (%(organisation_id)s, %(url)s, %(notify_url)s, %(secret)s, %(now)s)
ON CONFLICT (organisation_id) DO UPDATE SET
    url = excluded.url, notify_url = excluded.notify_url, secret = excluded.secret, set_at = excluded.set_at;

-- name: end_provider
DELETE FROM pass.payment_provider WHERE organisation_id = %(organisation_id)s;

-- name: has_provider
SELECT count(*)::integer FROM pass.payment_provider WHERE organisation_id = %(organisation_id)s;

-- name: hold_payment
-- row: db.tourism_payments.SalePayment
-- Of a sale, held until the transaction ends: a result, a cancellation and the end of its time come one after another.
SELECT
    sale.sale_id,
    office.name AS payee,
    sale.payment,
    sale.payment_reference,
    sale.payment_due_at,
    sale.pass_count,
    sale.price_eur_cent,
    payment_provider.url,
    payment_provider.secret
FROM pass.sale
JOIN pass.product USING (product_id)
JOIN pass.service USING (service_id)
JOIN catalogue.organisation AS office ON office.organisation_id = service.organisation_id
LEFT JOIN pass.payment_provider ON payment_provider.organisation_id = service.organisation_id
WHERE sale.sale_id = %(sale_id)s
FOR UPDATE OF sale;

-- name: take_message
INSERT INTO pass.payment_message (sale_id, message_id, received_at)
VALUES (%(sale_id)s, %(message_id)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: set_payment
UPDATE pass.sale SET payment = %(payment)s, payment_reference = %(payment_reference)s
WHERE sale_id = %(sale_id)s AND payment <> 'seller' AND payment_reference IS NULL;

-- name: unpaid_sales
-- row: db.tourism_payments.UnpaidSale
-- Whose time to be paid is over; held until the transaction ends.
SELECT sale_id
FROM pass.sale
WHERE payment = 'awaited' AND payment_due_at <= %(now)s
ORDER BY payment_due_at, sale_id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: count_cancelled
SELECT count(*)::integer FROM pass.sold_pass WHERE sale_id = %(sale_id)s AND cancelled_at IS NOT NULL;

-- name: insert_refund
INSERT INTO pass.refund (refund_id, sale_id, amount_eur_cent, reason, made_at, due_from)
VALUES (%(refund_id)s, %(sale_id)s, %(amount_eur_cent)s, %(reason)s, %(now)s, %(now)s);

-- name: next_refund
-- row: db.tourism_payments.Refund
-- Held until the transaction ends: of a process that dies the next one is free at once, and is told again.
SELECT
    refund.refund_id,
    refund.sale_id,
    refund.amount_eur_cent,
    refund.reason,
    refund.made_at,
    refund.attempt_count,
    payment_provider.notify_url AS url,
    payment_provider.secret
FROM pass.refund
JOIN pass.sale USING (sale_id)
JOIN pass.product USING (product_id)
JOIN pass.service USING (service_id)
LEFT JOIN pass.payment_provider ON payment_provider.organisation_id = service.organisation_id
WHERE refund.status = 'pending' AND refund.due_from <= %(now)s
ORDER BY refund.due_from, refund.refund_id
LIMIT 1
FOR UPDATE OF refund SKIP LOCKED;

-- name: note_told
UPDATE pass.refund SET
    status = %(status)s, attempt_count = attempt_count + 1, answer = %(answer)s, due_from = %(due_from)s
WHERE refund_id = %(refund_id)s;
