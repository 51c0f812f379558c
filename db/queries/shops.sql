-- name: categories
-- row: db.shops.Category
SELECT code, title_fr, title_en
FROM shop.category
ORDER BY code;

-- name: insert_shop
INSERT INTO shop.shop (
    organisation_id, name, siret, title, description, insee_code, address, location, hours, language, notify_email,
    state_at, created_at
)
VALUES (
    %(organisation_id)s, %(name)s, %(siret)s, %(title)s, %(description)s, %(insee_code)s, %(address)s,
    ST_SetSRID(ST_MakePoint(%(longitude)s, %(latitude)s), 4326), %(hours)s::jsonb, %(language)s, %(notify_email)s,
    %(now)s, %(now)s
)
RETURNING shop_id;

-- name: change_shop
UPDATE shop.shop SET
    title = %(title)s,
    description = %(description)s,
    address = %(address)s,
    location = ST_SetSRID(ST_MakePoint(%(longitude)s, %(latitude)s), 4326),
    hours = %(hours)s::jsonb,
    language = %(language)s,
    notify_email = %(notify_email)s
WHERE shop_id = %(shop_id)s;

-- name: drop_categories
DELETE FROM shop.shop_category WHERE shop_id = %(shop_id)s;

-- name: put_categories
INSERT INTO shop.shop_category (shop_id, code)
SELECT %(shop_id)s, code
FROM unnest(%(codes)s::text[]) AS code;

-- name: set_ordering
UPDATE shop.shop SET
    accept_within_min = %(accept_within_min)s,
    pay_within_min = %(pay_within_min)s,
    lead_min = %(lead_min)s,
    grace_min = %(grace_min)s,
    cancel_until = %(cancel_until)s,
    slot_min = %(slot_min)s,
    slot_orders = %(slot_orders)s,
    slot_eur_cent = %(slot_eur_cent)s,
    slot_ahead_days = %(slot_ahead_days)s
WHERE shop_id = %(shop_id)s;

-- name: set_provider
UPDATE shop.shop SET
    provider_url = %(url)s, provider_notify_url = %(notify_url)s, provider_secret = %(secret)s
WHERE shop_id = %(shop_id)s;

-- name: set_webhook
UPDATE shop.shop SET webhook_url = %(url)s, webhook_secret = %(secret)s
WHERE shop_id = %(shop_id)s;

-- name: hold_shop
-- Who cuts hours into slots does so alone.
SELECT pg_advisory_xact_lock(1936224112, %(shop_id)s);

-- name: set_state
UPDATE shop.shop SET state = %(state)s, state_reason = %(reason)s, state_at = %(now)s
WHERE shop_id = %(shop_id)s AND state <> %(state)s;

-- name: find_shop
-- row: db.shops.Shop
SELECT *
FROM shop.shop_told
WHERE
    name = %(name)s::text
    OR organisation_id = %(organisation_id)s::integer
    OR shop_id = %(shop_id)s::integer
    OR siret = %(siret)s::text;

-- name: list_shops
-- row: db.shops.Shop
SELECT *
FROM shop.shop_told
WHERE
    (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(insee_code)s::text IS NULL OR insee_code = %(insee_code)s)
    AND (%(category)s::text IS NULL OR %(category)s = ANY(categories))
    AND (%(words)s::text IS NULL OR strpos(lower(title || ' ' || description), lower(%(words)s)) > 0)
    AND name > %(after)s
ORDER BY name
LIMIT %(limit)s;

-- name: lister
-- row: db.shops.Lister
SELECT kind, insee_code
FROM catalogue.organisation
WHERE organisation_id = %(organisation_id)s;

-- name: with_shop
-- row: db.shops.WithShop
SELECT organisation_id
FROM shop.shop
WHERE organisation_id = ANY(%(organisation_ids)s);

-- name: try_code_of_shop
-- Counted before the code is looked at: who tries many at a time gains nothing.
UPDATE shop.shop SET
    wrong_codes = CASE WHEN codes_closed_until IS NULL THEN wrong_codes + 1 ELSE 1 END,
    codes_closed_until = CASE
        WHEN codes_closed_until IS NULL AND wrong_codes + 1 >= %(most)s THEN %(now)s + %(closed_for)s::interval
    END
WHERE shop_id = %(shop_id)s AND (codes_closed_until IS NULL OR codes_closed_until <= %(now)s);

-- name: code_of_shop_right
UPDATE shop.shop SET wrong_codes = greatest(wrong_codes - 1, 0)
WHERE shop_id = %(shop_id)s;
