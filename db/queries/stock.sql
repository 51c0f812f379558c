-- name: insert_product
INSERT INTO shop.product (
    shop_id, title, description, unit, price_eur_cent, vat_ratio, is_offered, stock, created_at
)
VALUES (
    %(shop_id)s, %(title)s, %(description)s, %(unit)s, %(price_eur_cent)s, %(vat_ratio)s, %(is_offered)s, NULL, %(now)s
)
RETURNING product_id;

-- name: change_product
UPDATE shop.product SET
    title = %(title)s,
    description = %(description)s,
    unit = %(unit)s,
    price_eur_cent = %(price_eur_cent)s,
    vat_ratio = %(vat_ratio)s,
    is_offered = %(is_offered)s
WHERE product_id = %(product_id)s AND shop_id = %(shop_id)s;

-- name: products
-- row: db.stock.Product
SELECT product_id, title, description, unit, price_eur_cent, vat_ratio, stock, is_offered, created_at
FROM shop.product
WHERE
    shop_id = %(shop_id)s
    AND (%(product_id)s::integer IS NULL OR product_id = %(product_id)s)
    AND (is_offered OR NOT %(is_offered)s)
    AND product_id > %(after)s
ORDER BY product_id
LIMIT %(limit)s;

-- name: count_stock
-- What it is said to be now, whatever it was: the difference is noted, so that movements add up to the stock.
WITH found AS (
    SELECT product_id, coalesce(stock, 0) AS stock
    FROM shop.product
    WHERE product_id = %(product_id)s AND shop_id = %(shop_id)s
    FOR NO KEY UPDATE
),
counted AS (
    UPDATE shop.product SET stock = %(stock)s::integer
    FROM found
    WHERE product.product_id = found.product_id
    RETURNING product.product_id, coalesce(product.stock, 0) - found.stock AS change
)
INSERT INTO shop.stock_movement (product_id, at, kind, change)
SELECT product_id, %(now)s, 'counted', change
FROM counted;

-- name: move_stock
WITH moved AS (
    UPDATE shop.product SET stock = stock + %(change)s
    WHERE product_id = %(product_id)s AND shop_id = %(shop_id)s AND stock + %(change)s >= 0
    RETURNING product_id
)
INSERT INTO shop.stock_movement (product_id, at, kind, change)
SELECT product_id, %(now)s, %(kind)s, %(change)s
FROM moved;

-- name: movements
-- row: db.stock.Movement
SELECT stock_movement_id, at, kind, change, order_id
FROM shop.stock_movement
WHERE product_id = %(product_id)s AND stock_movement_id < %(before)s
ORDER BY stock_movement_id DESC
LIMIT %(limit)s;

-- name: insert_slot
INSERT INTO shop.slot (shop_id, starts_at, ends_at, capacity_orders, capacity_eur_cent, is_single)
VALUES (%(shop_id)s, %(starts_at)s, %(ends_at)s, %(capacity_orders)s, %(capacity_eur_cent)s, true)
RETURNING slot_id;

-- name: change_slot
UPDATE shop.slot SET
    capacity_orders = %(capacity_orders)s,
    capacity_eur_cent = %(capacity_eur_cent)s,
    closed_by = CASE WHEN %(is_open)s THEN NULL ELSE 'merchant' END
WHERE
    slot_id = %(slot_id)s
    AND shop_id = %(shop_id)s
    AND (%(capacity_orders)s::integer IS NULL OR order_count <= %(capacity_orders)s)
    AND (%(capacity_eur_cent)s::bigint IS NULL OR held_eur_cent <= %(capacity_eur_cent)s);

-- name: slots
-- row: db.stock.Slot
SELECT
    slot_id,
    starts_at,
    ends_at,
    capacity_orders,
    capacity_eur_cent,
    order_count,
    held_eur_cent,
    is_single,
    closed_by
FROM shop.slot
WHERE
    shop_id = %(shop_id)s
    AND (%(slot_id)s::integer IS NULL OR slot_id = %(slot_id)s)
    AND starts_at >= %(since)s
    AND starts_at < %(until)s
ORDER BY starts_at, slot_id
LIMIT %(limit)s;

-- name: put_slots
-- Slots as the hours have them now: new ones are made, those that were closed by other hours are open again.
INSERT INTO shop.slot (shop_id, starts_at, ends_at, capacity_orders, capacity_eur_cent, is_single)
SELECT %(shop_id)s, wanted.starts_at, wanted.ends_at, %(capacity_orders)s, %(capacity_eur_cent)s, false
FROM unnest(%(starts_at)s::timestamptz[], %(ends_at)s::timestamptz[]) AS wanted (starts_at, ends_at)
ORDER BY wanted.starts_at
ON CONFLICT (shop_id, starts_at, ends_at) DO UPDATE SET
    capacity_orders = greatest(excluded.capacity_orders, CASE WHEN excluded.capacity_orders IS NOT NULL THEN slot.order_count END),
    capacity_eur_cent = greatest(
        excluded.capacity_eur_cent, CASE WHEN excluded.capacity_eur_cent IS NOT NULL THEN slot.held_eur_cent END
    ),
    closed_by = CASE WHEN slot.closed_by = 'merchant' THEN 'merchant' END
WHERE
    NOT slot.is_single
    AND %(is_anew)s;

-- name: drop_slots
DELETE FROM shop.slot
WHERE
    shop_id = %(shop_id)s
    AND NOT is_single
    AND starts_at > %(now)s
    AND order_count = 0
    AND NOT (starts_at, ends_at) IN (
        SELECT wanted.starts_at, wanted.ends_at
        FROM unnest(%(starts_at)s::timestamptz[], %(ends_at)s::timestamptz[]) AS wanted (starts_at, ends_at)
    )
    AND NOT EXISTS (SELECT FROM shop.customer_order WHERE customer_order.slot_id = slot.slot_id);

-- name: close_slots
UPDATE shop.slot SET closed_by = 'hours'
WHERE
    shop_id = %(shop_id)s
    AND NOT is_single
    AND starts_at > %(now)s
    AND closed_by IS NULL
    AND NOT (starts_at, ends_at) IN (
        SELECT wanted.starts_at, wanted.ends_at
        FROM unnest(%(starts_at)s::timestamptz[], %(ends_at)s::timestamptz[]) AS wanted (starts_at, ends_at)
    );

-- name: shops_with_slots
-- row: db.stock.SlotPlan
SELECT shop_id
FROM shop.shop
WHERE slot_min IS NOT NULL AND state = 'listed'
ORDER BY shop_id;
