-- What several queries read alike: shops, orders and services, with what they belong to.

CREATE VIEW shop.shop_told AS
SELECT
    shop.shop_id,
    shop.organisation_id,
    organisation.name AS organisation,
    shop.name,
    shop.siret,
    shop.title,
    shop.description,
    shop.insee_code,
    shop.address,
    ST_X(shop.location) AS longitude,
    ST_Y(shop.location) AS latitude,
    shop.hours,
    shop.language,
    shop.notify_email,
    shop.state,
    shop.state_reason,
    shop.state_at,
    shop.created_at,
    shop.accept_within_min,
    shop.pay_within_min,
    shop.lead_min,
    shop.grace_min,
    shop.cancel_until,
    shop.slot_min,
    shop.slot_orders,
    shop.slot_eur_cent,
    shop.slot_ahead_days,
    shop.provider_url,
    shop.provider_notify_url,
    shop.provider_secret,
    shop.webhook_url,
    shop.webhook_secret,
    ARRAY(
        SELECT shop_category.code
        FROM shop.shop_category
        WHERE shop_category.shop_id = shop.shop_id
        ORDER BY shop_category.code
    ) AS categories
FROM shop.shop
JOIN catalogue.organisation USING (organisation_id);
COMMENT ON VIEW shop.shop_told IS 'Shops with their organisation and categories, as queries read them';
GRANT SELECT ON shop.shop_told TO somel_enjoy_shop;

CREATE VIEW shop.order_told AS
SELECT
    customer_order.order_id,
    customer_order.shop_id,
    shop.name AS shop,
    customer_order.slot_id,
    slot.starts_at,
    slot.ends_at,
    customer_order.state,
    customer_order.state_at,
    customer_order.created_at,
    customer_order.due_at,
    customer_order.collect_by,
    customer_order.amount_eur_cent,
    customer_order.payment,
    customer_order.payment_state,
    customer_order.email,
    customer_order.phone,
    customer_order.note,
    customer_order.language,
    customer_order.code_hash,
    customer_order.secret_salt,
    customer_order.request_sha256,
    customer_order.forgotten_at
FROM shop.customer_order
JOIN shop.shop USING (shop_id)
JOIN shop.slot USING (slot_id);
COMMENT ON VIEW shop.order_told IS 'Orders with their shop and slot, as queries read them';
GRANT SELECT ON shop.order_told TO somel_enjoy_shop;

CREATE VIEW pass.service_told AS
SELECT
    service.service_id,
    service.organisation_id,
    organisation.name AS organisation,
    organisation.title AS organisation_title,
    service.name,
    service.title,
    service.description,
    service.kind,
    service.proof,
    service.stale_after_s,
    service.is_open,
    service.created_at,
    service.closed_at,
    service.revision
FROM pass.service
JOIN catalogue.organisation USING (organisation_id);
COMMENT ON VIEW pass.service_told IS 'Services with who runs them, as queries read them';
GRANT SELECT ON pass.service_told TO somel_enjoy_pass;
