-- name: listed_shops
-- row: db.directory.ListedShop
SELECT
    shop.name,
    shop.title,
    shop.siret,
    shop.address,
    shop.insee_code,
    commune.name AS commune,
    ARRAY(
        SELECT shop_category.code
        FROM shop.shop_category
        WHERE shop_category.shop_id = shop.shop_id
        ORDER BY shop_category.code
    ) AS categories,
    shop.hours,
    EXISTS (
        SELECT FROM shop.product
        WHERE product.shop_id = shop.shop_id AND product.is_offered
    ) AND (shop.slot_min IS NOT NULL OR slot.next_at IS NOT NULL) AS click_and_collect,
    slot.next_at AS next_pickup_at,
    ST_X(shop.location) AS longitude,
    ST_Y(shop.location) AS latitude
FROM shop.shop
LEFT JOIN enjoy.commune USING (insee_code)
LEFT JOIN LATERAL (
    SELECT min(slot.starts_at) AS next_at
    FROM shop.slot
    WHERE
        slot.shop_id = shop.shop_id
        AND slot.closed_by IS NULL
        AND slot.starts_at > %(now)s::timestamptz + make_interval(mins => shop.lead_min)
        AND (slot.capacity_orders IS NULL OR slot.order_count < slot.capacity_orders)
        AND (slot.capacity_eur_cent IS NULL OR slot.held_eur_cent < slot.capacity_eur_cent)
) AS slot ON true
WHERE shop.state = 'listed'
ORDER BY shop.name;

-- name: communes_with_shops
-- row: db.directory.CommuneOfShops
SELECT
    shop.insee_code,
    coalesce(commune.name, shop.insee_code) AS name,
    ST_X(commune.centroid::geometry) AS longitude,
    ST_Y(commune.centroid::geometry) AS latitude
FROM (SELECT DISTINCT insee_code FROM shop.shop WHERE state = 'listed') AS shop
LEFT JOIN enjoy.commune USING (insee_code)
ORDER BY 2;

-- name: communes_known
-- row: db.directory.CommuneOfShops
SELECT
    insee_code,
    name,
    ST_X(centroid::geometry) AS longitude,
    ST_Y(centroid::geometry) AS latitude
FROM enjoy.commune
ORDER BY name;
