-- name: insert_order
-- With a key that came before nothing is inserted, once the transaction that has it now is at its end. Whoever comes
-- to a full slot or an empty shelf is turned away before anything is written; that there is enough is said by take_slot
-- and take_product alone.
INSERT INTO shop.customer_order (
    order_id, shop_id, slot_id, state_at, created_at, due_at, collect_by, payment, email, phone, note, language,
    secret_sha256, secret_salt, code_hash, key_sha256, request_sha256
)
SELECT
    %(order_id)s, shop.shop_id, %(slot_id)s, %(now)s, %(now)s, %(now)s, %(now)s, %(payment)s, %(email)s, %(phone)s,
    %(note)s, %(language)s, %(secret_sha256)s, %(secret_salt)s, %(code_hash)s, %(key_sha256)s, %(request_sha256)s
FROM shop.shop
JOIN shop.slot USING (shop_id)
WHERE shop.shop_id = %(shop_id)s AND shop.state = 'listed' AND slot.slot_id = %(slot_id)s
    AND (slot.capacity_orders IS NULL OR slot.order_count < slot.capacity_orders)
    AND NOT EXISTS (
        SELECT
        FROM unnest(%(product_ids)s::integer[], %(quantities)s::integer[]) AS wanted (product_id, quantity)
        JOIN shop.product USING (product_id)
        WHERE product.stock < wanted.quantity
    )
ON CONFLICT (shop_id, key_sha256) DO NOTHING;

-- name: take_product
-- One of the three conditional updates: pieces go to the order, and are fewer for the next, in one step.
WITH taken AS (
    UPDATE shop.product SET stock = stock - %(quantity)s
    WHERE
        product_id = %(product_id)s
        AND shop_id = %(shop_id)s
        AND is_offered
        AND (stock IS NULL OR stock >= %(quantity)s)
    RETURNING product_id, title, unit, price_eur_cent, vat_ratio, stock IS NOT NULL AS is_counted
),
moved AS (
    INSERT INTO shop.stock_movement (product_id, at, kind, change, order_id)
    SELECT product_id, %(now)s, 'ordered', -%(quantity)s, %(order_id)s
    FROM taken
    WHERE is_counted
)
INSERT INTO shop.order_line (order_id, product_id, quantity, held, title, unit, price_eur_cent, vat_ratio)
SELECT
    %(order_id)s, product_id, %(quantity)s, CASE WHEN is_counted THEN %(quantity)s ELSE 0 END, title, unit,
    price_eur_cent, vat_ratio
FROM taken
RETURNING quantity * price_eur_cent AS amount_eur_cent;

-- name: take_slot
-- Another: a place in the slot.
UPDATE shop.slot SET order_count = order_count + 1, held_eur_cent = held_eur_cent + %(amount_eur_cent)s
WHERE
    slot_id = %(slot_id)s
    AND shop_id = %(shop_id)s
    AND closed_by IS NULL
    AND starts_at >= %(earliest)s
    AND (capacity_orders IS NULL OR order_count < capacity_orders)
    AND (capacity_eur_cent IS NULL OR held_eur_cent + %(amount_eur_cent)s <= capacity_eur_cent);

-- name: fix_order
UPDATE shop.customer_order SET
    amount_eur_cent = %(amount_eur_cent)s,
    state = %(state)s,
    due_at = %(due_at)s,
    collect_by = slot.ends_at + %(grace)s::interval
FROM shop.slot
WHERE customer_order.order_id = %(order_id)s AND slot.slot_id = customer_order.slot_id;

-- name: move_order
-- The third: an order is what it was, or nothing happens. `due` makes it so only once its time is over.
UPDATE shop.customer_order SET
    state = %(to_state)s,
    state_at = %(now)s,
    due_at = coalesce(%(due_at)s, due_at),
    payment_state = CASE
        WHEN payment_state = 'paid' AND %(to_state)s IN ('refused', 'cancelled', 'expired') THEN 'refund_due'
        ELSE payment_state
    END
WHERE
    order_id = %(order_id)s
    AND shop_id = %(shop_id)s
    AND state = ANY(%(from_states)s::text[])
    AND (%(over_at)s::timestamptz IS NULL OR CASE WHEN state IN ('draft', 'placed') THEN due_at ELSE collect_by END <= %(over_at)s)
    AND (%(open_at)s::timestamptz IS NULL OR CASE WHEN state IN ('draft', 'placed') THEN due_at ELSE collect_by END > %(open_at)s);

-- name: note_transition
INSERT INTO shop.order_transition (order_id, to_state, at, actor, reason)
VALUES (%(order_id)s, %(to_state)s, %(now)s, %(actor)s, %(reason)s);

-- name: held_lines
-- row: db.orders.HeldLine
-- Of an order that this transaction has moved: nobody else changes it meanwhile. In the order in which all lock.
SELECT product_id, held
FROM shop.order_line
WHERE order_id = %(order_id)s AND held > 0
ORDER BY product_id;

-- name: give_back_product
WITH given AS (
    UPDATE shop.product SET stock = stock + %(held)s
    WHERE product_id = %(product_id)s AND stock IS NOT NULL
    RETURNING product_id
)
INSERT INTO shop.stock_movement (product_id, at, kind, change, order_id)
SELECT product_id, %(now)s, 'given_back', %(held)s, %(order_id)s
FROM given;

-- name: let_go
UPDATE shop.order_line SET held = 0
WHERE order_id = %(order_id)s AND held > 0;

-- name: give_back_slot
UPDATE shop.slot SET
    order_count = slot.order_count - 1, held_eur_cent = slot.held_eur_cent - customer_order.amount_eur_cent
FROM shop.customer_order
WHERE customer_order.order_id = %(order_id)s AND slot.slot_id = customer_order.slot_id;

-- name: find_order
-- row: db.orders.Order
SELECT order_told.*
FROM shop.order_told
JOIN shop.customer_order USING (order_id)
WHERE
    (%(order_id)s::uuid IS NULL OR customer_order.order_id = %(order_id)s)
    AND (%(shop_id)s::integer IS NULL OR customer_order.shop_id = %(shop_id)s)
    AND (%(secret_sha256)s::bytea IS NULL OR customer_order.secret_sha256 = %(secret_sha256)s)
    AND (%(key_sha256)s::bytea IS NULL OR customer_order.key_sha256 = %(key_sha256)s);

-- name: orders_of_shop
-- row: db.orders.Order
SELECT *
FROM shop.order_told
WHERE
    shop_id = %(shop_id)s
    AND state = ANY(%(states)s::text[])
    AND (created_at, order_id) < (%(before)s::timestamptz, %(before_id)s::uuid)
ORDER BY created_at DESC, order_id DESC
LIMIT %(limit)s;

-- name: lines_of
-- row: db.orders.Line
SELECT order_id, product_id, quantity, title, unit, price_eur_cent, vat_ratio
FROM shop.order_line
WHERE order_id = ANY(%(order_ids)s::uuid[])
ORDER BY order_id, product_id;

-- name: transitions_of
-- row: db.orders.Transition
SELECT to_state, at, actor, reason
FROM shop.order_transition
WHERE order_id = %(order_id)s
ORDER BY order_transition_id;

-- name: over
-- row: db.orders.Over
-- Orders whose time is over: to be paid, to be accepted, to be collected.
SELECT order_id, shop_id, state
FROM shop.customer_order
WHERE
    (%(shop_id)s::integer IS NULL OR shop_id = %(shop_id)s)
    AND (
        (state IN ('draft', 'placed') AND due_at <= %(now)s)
        OR (state IN ('accepted', 'ready') AND collect_by <= %(now)s)
    )
ORDER BY order_id
LIMIT %(limit)s;

-- name: try_code
UPDATE shop.customer_order SET
    wrong_codes = CASE WHEN codes_closed_until IS NULL THEN wrong_codes + 1 ELSE 1 END,
    codes_closed_until = CASE
        WHEN codes_closed_until IS NULL AND wrong_codes + 1 >= %(most)s THEN %(now)s + %(closed_for)s::interval
    END
WHERE
    order_id = %(order_id)s
    AND shop_id = %(shop_id)s
    AND state = 'ready'
    AND (codes_closed_until IS NULL OR codes_closed_until <= %(now)s);

-- name: take_payment_message
INSERT INTO shop.payment_message (shop_id, message_id, order_id, received_at)
VALUES (%(shop_id)s, %(message_id)s, %(order_id)s, %(now)s)
ON CONFLICT (shop_id, message_id) DO NOTHING;

-- name: note_paid
UPDATE shop.customer_order SET
    payment_state = CASE WHEN state IN ('refused', 'cancelled', 'expired') THEN 'refund_due' ELSE 'paid' END,
    payment_id = %(payment_id)s
WHERE order_id = %(order_id)s AND payment = 'handoff' AND payment_state = 'due';

-- name: forget_customers
UPDATE shop.customer_order SET
    email = NULL,
    phone = NULL,
    note = '',
    secret_sha256 = NULL,
    secret_salt = NULL,
    code_hash = NULL,
    key_sha256 = NULL,
    request_sha256 = NULL,
    forgotten_at = %(now)s
WHERE
    forgotten_at IS NULL
    AND state IN ('collected', 'refused', 'cancelled', 'expired', 'no_show')
    AND state_at <= %(before)s;

-- name: figures
-- row: db.orders.Figure
-- By the day on which it is collected, in Lille; of nobody in particular.
SELECT
    (slot.starts_at AT TIME ZONE 'Europe/Paris')::date AS day,
    customer_order.state,
    count(*)::integer AS order_count,
    sum(customer_order.amount_eur_cent)::bigint AS amount_eur_cent
FROM shop.customer_order
JOIN shop.slot USING (slot_id)
WHERE
    customer_order.shop_id = %(shop_id)s
    AND slot.starts_at >= %(since)s
    AND slot.starts_at < %(until)s
GROUP BY 1, 2
ORDER BY 1, 2;
