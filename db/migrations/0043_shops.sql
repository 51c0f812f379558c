-- Shops: merchants, what they sell, when it is collected, and orders. Whoever takes one of what is counted (pieces of a
-- product, places of a slot) does so by one conditional UPDATE; the checks below are what stands if the code were wrong.

CREATE TABLE shop.category (
    code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]{1,39}$'),
    title_fr text NOT NULL CHECK (title_fr <> ''),
    title_en text NOT NULL CHECK (title_en <> '')
);
COMMENT ON TABLE shop.category IS 'What shops there are: a closed list';
COMMENT ON COLUMN shop.category.code IS 'Key, as callers write it';
COMMENT ON COLUMN shop.category.title_fr IS 'For people, in French';
COMMENT ON COLUMN shop.category.title_en IS 'For people, in English';
INSERT INTO shop.category (code, title_fr, title_en) VALUES
('bakery', 'Boulangerie, pâtisserie', 'Bakery'),
('bookshop', 'Librairie', 'Bookshop'),
('butcher', 'Boucherie, charcuterie', 'Butcher'),
('cheese', 'Fromagerie, crémerie', 'Cheese shop'),
('chocolate', 'Chocolaterie, confiserie', 'Chocolate and sweets'),
('clothes', 'Vêtements, chaussures', 'Clothes and shoes'),
('craft', 'Artisanat', 'Crafts'),
('farm', 'Producteur, ferme', 'Farm produce'),
('fishmonger', 'Poissonnerie', 'Fishmonger'),
('florist', 'Fleuriste', 'Florist'),
('greengrocer', 'Primeur', 'Greengrocer'),
('grocery', 'Épicerie', 'Grocery'),
('hardware', 'Quincaillerie, bricolage', 'Hardware'),
('optician', 'Opticien', 'Optician'),
('other', 'Autre commerce', 'Other'),
('repair', 'Réparation', 'Repairs'),
('restaurant', 'Restaurant, traiteur', 'Restaurant and caterer'),
('second_hand', 'Seconde main', 'Second hand'),
('sports', 'Sport, vélo', 'Sports and bicycles'),
('toys', 'Jouets, jeux', 'Toys and games'),
('wine', 'Caviste, brasserie', 'Wine and beer');

CREATE TABLE shop.shop (
    shop_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL UNIQUE REFERENCES catalogue.organisation (organisation_id),
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{1,47}$'),
    siret text NOT NULL UNIQUE CHECK (siret ~ '^[0-9]{14}$'),
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    insee_code text NOT NULL CHECK (insee_code ~ '^[0-9][0-9AB][0-9]{3}$'),
    address text NOT NULL CHECK (address <> ''),
    location geometry(Point, 4326) NOT NULL,
    hours jsonb NOT NULL,
    language text NOT NULL DEFAULT 'fr' CHECK (language IN ('fr', 'en')),
    notify_email text CHECK (notify_email ~ '^[^@\s]+@[^@\s]+$'),
    state text NOT NULL DEFAULT 'applied' CHECK (state IN ('applied', 'listed', 'refused', 'suspended')),
    state_reason text NOT NULL DEFAULT '',
    state_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    accept_within_min integer NOT NULL DEFAULT 60 CHECK (accept_within_min BETWEEN 1 AND 10080),
    pay_within_min integer NOT NULL DEFAULT 15 CHECK (pay_within_min BETWEEN 1 AND 1440),
    lead_min integer NOT NULL DEFAULT 30 CHECK (lead_min BETWEEN 0 AND 43200),
    grace_min integer NOT NULL DEFAULT 30 CHECK (grace_min BETWEEN 0 AND 10080),
    cancel_until text NOT NULL DEFAULT 'accepted' CHECK (cancel_until IN ('accepted', 'ready')),
    slot_min integer CHECK (slot_min BETWEEN 5 AND 1440),
    slot_orders integer CHECK (slot_orders BETWEEN 1 AND 10000),
    slot_eur_cent bigint CHECK (slot_eur_cent > 0),
    slot_ahead_days integer NOT NULL DEFAULT 7 CHECK (slot_ahead_days BETWEEN 1 AND 60),
    provider_url text CHECK (provider_url ~ '^https?://'),
    provider_notify_url text CHECK (provider_notify_url ~ '^https?://'),
    provider_secret bytea CHECK (octet_length(provider_secret) BETWEEN 32 AND 64),
    webhook_url text CHECK (webhook_url ~ '^https?://'),
    webhook_secret bytea CHECK (octet_length(webhook_secret) BETWEEN 24 AND 64),
    wrong_codes integer NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0),
    codes_closed_until timestamptz,
    CHECK (slot_min IS NULL OR slot_orders IS NOT NULL OR slot_eur_cent IS NOT NULL),
    CHECK ((provider_url IS NULL) = (provider_secret IS NULL)),
    CHECK ((webhook_url IS NULL) = (webhook_secret IS NULL))
);
COMMENT ON TABLE shop.shop IS 'Shops that take orders to be collected; each is an organisation of kind merchant';
COMMENT ON COLUMN shop.shop.shop_id IS 'Key';
COMMENT ON COLUMN shop.shop.organisation_id IS 'Who runs it';
COMMENT ON COLUMN shop.shop.name IS 'Name in addresses; never changes';
COMMENT ON COLUMN shop.shop.siret IS 'Number of the establishment, whose check digit is right';
COMMENT ON COLUMN shop.shop.title IS 'Name for people';
COMMENT ON COLUMN shop.shop.description IS 'A few sentences for people';
COMMENT ON COLUMN shop.shop.insee_code IS 'Commune';
COMMENT ON COLUMN shop.shop.address IS 'Street and number, postcode and town';
COMMENT ON COLUMN shop.shop.location IS 'Its door, WGS 84';
COMMENT ON COLUMN shop.shop.hours IS 'Opening hours, local: weekly, closures, exceptional; see enjoy.shops.hours';
COMMENT ON COLUMN shop.shop.language IS 'Of what the merchant is told: fr or en';
COMMENT ON COLUMN shop.shop.notify_email IS 'Where the merchant is told of orders; null: nowhere';
COMMENT ON COLUMN shop.shop.state IS 'applied: nobody else sees it yet; listed; refused; suspended: takes no orders';
COMMENT ON COLUMN shop.shop.state_reason IS 'Why it was refused or suspended, for the merchant';
COMMENT ON COLUMN shop.shop.state_at IS 'Since when it is so';
COMMENT ON COLUMN shop.shop.created_at IS 'When it applied';
COMMENT ON COLUMN shop.shop.accept_within_min IS 'An order that is not accepted so long after it was placed expires [min]';
COMMENT ON COLUMN shop.shop.pay_within_min IS 'An order whose payment was handed off and that is not paid by then expires [min]';
COMMENT ON COLUMN shop.shop.lead_min IS 'A slot takes orders until so long before it begins [min]';
COMMENT ON COLUMN shop.shop.grace_min IS 'What is not collected so long after its slot is not waited for any more [min]';
COMMENT ON COLUMN shop.shop.cancel_until IS 'Customers cancel until it is accepted, or until it is ready';
COMMENT ON COLUMN shop.shop.slot_min IS 'Length of the slots that the opening hours are cut into; null: slots are made one by one [min]';
COMMENT ON COLUMN shop.shop.slot_orders IS 'Orders that such a slot takes; null: any number';
COMMENT ON COLUMN shop.shop.slot_eur_cent IS 'Worth of orders that such a slot takes; null: any [euro cents]';
COMMENT ON COLUMN shop.shop.slot_ahead_days IS 'So many days ahead there are slots [days]';
COMMENT ON COLUMN shop.shop.provider_url IS 'Page of the payment provider; null: everything is paid at the shop';
COMMENT ON COLUMN shop.shop.provider_notify_url IS 'Where the provider is told of refunds; null: nowhere';
COMMENT ON COLUMN shop.shop.provider_secret IS 'Signs what goes to the provider and what comes from it';
COMMENT ON COLUMN shop.shop.webhook_url IS 'Where the merchant''s own system is told of orders; null: nowhere';
COMMENT ON COLUMN shop.shop.webhook_secret IS 'Signs what it is told';
COMMENT ON COLUMN shop.shop.wrong_codes IS 'Pickup codes that were wrong since the last right one';
COMMENT ON COLUMN shop.shop.codes_closed_until IS 'Until then no pickup code is looked at, after too many wrong ones; null: open';
CREATE INDEX shop_state_idx ON shop.shop (state, insee_code);

CREATE TABLE shop.shop_category (
    shop_id integer NOT NULL REFERENCES shop.shop (shop_id),
    code text NOT NULL REFERENCES shop.category (code),
    PRIMARY KEY (shop_id, code)
);
COMMENT ON TABLE shop.shop_category IS 'What a shop is';
COMMENT ON COLUMN shop.shop_category.shop_id IS 'Shop';
COMMENT ON COLUMN shop.shop_category.code IS 'Category';

-- What there is ----------------------------------------------------------------------------------------------------------
CREATE TABLE shop.product (
    product_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop_id integer NOT NULL REFERENCES shop.shop (shop_id),
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    unit text NOT NULL DEFAULT 'piece' CHECK (unit <> ''),
    price_eur_cent integer NOT NULL CHECK (price_eur_cent BETWEEN 0 AND 10000000),
    vat_ratio double precision NOT NULL CHECK (vat_ratio IN (0, 0.021, 0.055, 0.1, 0.2)),
    stock integer CHECK (stock >= 0),
    is_offered boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE shop.product IS 'What shops sell';
COMMENT ON COLUMN shop.product.product_id IS 'Key';
COMMENT ON COLUMN shop.product.shop_id IS 'Shop';
COMMENT ON COLUMN shop.product.title IS 'Name for people';
COMMENT ON COLUMN shop.product.description IS 'A few sentences for people';
COMMENT ON COLUMN shop.product.unit IS 'What one is: piece, kg, box of six';
COMMENT ON COLUMN shop.product.price_eur_cent IS 'Price of one, with VAT [euro cents]';
COMMENT ON COLUMN shop.product.vat_ratio IS 'Rate of VAT in it [ratio]';
COMMENT ON COLUMN shop.product.stock IS 'Pieces that nobody has ordered yet; null: not counted';
COMMENT ON COLUMN shop.product.is_offered IS 'Whether it can be ordered';
COMMENT ON COLUMN shop.product.created_at IS 'When it was added';
CREATE INDEX product_shop_idx ON shop.product (shop_id, product_id);

CREATE TABLE shop.slot (
    slot_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop_id integer NOT NULL REFERENCES shop.shop (shop_id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    capacity_orders integer CHECK (capacity_orders >= 0),
    capacity_eur_cent bigint CHECK (capacity_eur_cent >= 0),
    order_count integer NOT NULL DEFAULT 0 CHECK (order_count >= 0),
    held_eur_cent bigint NOT NULL DEFAULT 0 CHECK (held_eur_cent >= 0),
    is_single boolean NOT NULL,
    closed_by text CHECK (closed_by IN ('hours', 'merchant')),
    UNIQUE (shop_id, starts_at, ends_at),
    CHECK (order_count <= capacity_orders),
    CHECK (held_eur_cent <= capacity_eur_cent),
    CHECK (capacity_orders IS NOT NULL OR capacity_eur_cent IS NOT NULL)
);
COMMENT ON TABLE shop.slot IS 'Times at which orders are collected, and how many there may be';
COMMENT ON COLUMN shop.slot.slot_id IS 'Key';
COMMENT ON COLUMN shop.slot.shop_id IS 'Shop';
COMMENT ON COLUMN shop.slot.starts_at IS 'From when';
COMMENT ON COLUMN shop.slot.ends_at IS 'Until when';
COMMENT ON COLUMN shop.slot.capacity_orders IS 'Orders that it takes; null: any number';
COMMENT ON COLUMN shop.slot.capacity_eur_cent IS 'Worth of orders that it takes; null: any [euro cents]';
COMMENT ON COLUMN shop.slot.order_count IS 'Orders that have a place in it';
COMMENT ON COLUMN shop.slot.held_eur_cent IS 'What these are worth [euro cents]';
COMMENT ON COLUMN shop.slot.is_single IS 'Whether it was made by itself and not cut from the opening hours';
COMMENT ON COLUMN shop.slot.closed_by IS 'Takes no orders, as the hours say (hours) or the merchant; those in it stay; null: open';

-- Orders -----------------------------------------------------------------------------------------------------------------
CREATE TABLE shop.customer_order (
    order_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    shop_id integer NOT NULL REFERENCES shop.shop (shop_id),
    slot_id integer NOT NULL REFERENCES shop.slot (slot_id),
    state text NOT NULL DEFAULT 'draft' CHECK (
        state IN ('draft', 'placed', 'accepted', 'ready', 'collected', 'refused', 'cancelled', 'expired', 'no_show')
    ),
    state_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    collect_by timestamptz NOT NULL,
    amount_eur_cent bigint NOT NULL DEFAULT 0 CHECK (amount_eur_cent >= 0),
    payment text NOT NULL CHECK (payment IN ('at_shop', 'handoff')),
    payment_state text NOT NULL DEFAULT 'due' CHECK (payment_state IN ('due', 'paid', 'refund_due')),
    payment_id text,
    email text CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    phone text CHECK (phone <> ''),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    language text NOT NULL DEFAULT 'fr' CHECK (language IN ('fr', 'en')),
    secret_sha256 bytea UNIQUE CHECK (octet_length(secret_sha256) = 32),
    secret_salt bytea CHECK (octet_length(secret_salt) = 16),
    code_hash bytea CHECK (octet_length(code_hash) = 32),
    wrong_codes integer NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0),
    codes_closed_until timestamptz,
    key_sha256 bytea CHECK (octet_length(key_sha256) = 32),
    request_sha256 bytea CHECK (octet_length(request_sha256) = 32),
    forgotten_at timestamptz,
    CHECK (state NOT IN ('draft', 'placed') OR due_at IS NOT NULL),
    UNIQUE (shop_id, key_sha256)
);
COMMENT ON TABLE shop.customer_order IS 'Orders; who ordered is known by a secret alone, and how to reach them for a while, if they said';
COMMENT ON COLUMN shop.customer_order.order_id IS 'Key, random';
COMMENT ON COLUMN shop.customer_order.shop_id IS 'Shop';
COMMENT ON COLUMN shop.customer_order.slot_id IS 'When it is collected';
COMMENT ON COLUMN shop.customer_order.state IS 'draft: to be paid; placed: to be accepted; accepted; ready; and how it ended: collected, refused, cancelled, expired, no_show';
COMMENT ON COLUMN shop.customer_order.state_at IS 'Since when it is so';
COMMENT ON COLUMN shop.customer_order.created_at IS 'When it was made';
COMMENT ON COLUMN shop.customer_order.due_at IS 'By then a draft is paid and an order is accepted, or it expires';
COMMENT ON COLUMN shop.customer_order.collect_by IS 'After this nobody waits for it any more';
COMMENT ON COLUMN shop.customer_order.amount_eur_cent IS 'What it costs, with VAT [euro cents]';
COMMENT ON COLUMN shop.customer_order.payment IS 'at_shop, or handoff: at a provider''s page, by signed messages; never card data';
COMMENT ON COLUMN shop.customer_order.payment_state IS 'due, paid, or refund_due: paid, and did not come about';
COMMENT ON COLUMN shop.customer_order.payment_id IS 'What the provider calls the payment';
COMMENT ON COLUMN shop.customer_order.email IS 'Where the customer is told; null: nowhere, or forgotten';
COMMENT ON COLUMN shop.customer_order.phone IS 'Where the shop may call; null: nowhere, or forgotten';
COMMENT ON COLUMN shop.customer_order.note IS 'What the customer says to the shop';
COMMENT ON COLUMN shop.customer_order.language IS 'Of what the customer is told: fr or en';
COMMENT ON COLUMN shop.customer_order.secret_sha256 IS 'SHA-256 of the secret that opens it; null: forgotten';
COMMENT ON COLUMN shop.customer_order.secret_salt IS 'Makes the secret together with what the caller alone knows; null: forgotten';
COMMENT ON COLUMN shop.customer_order.code_hash IS 'Scrypt of the pickup code, salted by the key; null: forgotten';
COMMENT ON COLUMN shop.customer_order.wrong_codes IS 'Pickup codes that were tried and wrong';
COMMENT ON COLUMN shop.customer_order.codes_closed_until IS 'Until then no pickup code is looked at; null: open';
COMMENT ON COLUMN shop.customer_order.key_sha256 IS 'SHA-256 of the Idempotency-Key that it came with; null: none';
COMMENT ON COLUMN shop.customer_order.request_sha256 IS 'SHA-256 of the request that it came with';
COMMENT ON COLUMN shop.customer_order.forgotten_at IS 'When it was forgotten who ordered; null: not yet';
CREATE INDEX customer_order_shop_idx ON shop.customer_order (shop_id, state, created_at);
CREATE INDEX customer_order_slot_idx ON shop.customer_order (slot_id);
CREATE INDEX customer_order_due_idx ON shop.customer_order (due_at) WHERE state IN ('draft', 'placed');
CREATE INDEX customer_order_collect_idx ON shop.customer_order (collect_by) WHERE state IN ('accepted', 'ready');
CREATE INDEX customer_order_forget_idx ON shop.customer_order (state_at) WHERE forgotten_at IS NULL;

CREATE TABLE shop.order_line (
    order_id uuid NOT NULL REFERENCES shop.customer_order (order_id),
    product_id integer NOT NULL REFERENCES shop.product (product_id),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    held integer NOT NULL CHECK (held >= 0 AND held <= quantity),
    title text NOT NULL,
    unit text NOT NULL,
    price_eur_cent integer NOT NULL CHECK (price_eur_cent >= 0),
    vat_ratio double precision NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
COMMENT ON TABLE shop.order_line IS 'What was ordered, at the price of that moment';
COMMENT ON COLUMN shop.order_line.order_id IS 'Order';
COMMENT ON COLUMN shop.order_line.product_id IS 'Product';
COMMENT ON COLUMN shop.order_line.quantity IS 'How many';
COMMENT ON COLUMN shop.order_line.held IS 'Pieces that were taken from the stock for it and are neither given back nor gone';
COMMENT ON COLUMN shop.order_line.title IS 'What it was called';
COMMENT ON COLUMN shop.order_line.unit IS 'What one was';
COMMENT ON COLUMN shop.order_line.price_eur_cent IS 'What one cost, with VAT [euro cents]';
COMMENT ON COLUMN shop.order_line.vat_ratio IS 'Rate of VAT in it [ratio]';
CREATE INDEX order_line_product_idx ON shop.order_line (product_id);

CREATE TABLE shop.order_transition (
    order_transition_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    order_id uuid NOT NULL REFERENCES shop.customer_order (order_id),
    to_state text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (order_id, to_state)
);
COMMENT ON TABLE shop.order_transition IS 'What became of orders: no order comes into a state twice';
COMMENT ON COLUMN shop.order_transition.order_transition_id IS 'Key; grows with time';
COMMENT ON COLUMN shop.order_transition.order_id IS 'Order';
COMMENT ON COLUMN shop.order_transition.to_state IS 'What it became';
COMMENT ON COLUMN shop.order_transition.at IS 'When';
COMMENT ON COLUMN shop.order_transition.actor IS 'customer, process/enjoy, or who of the merchant, as in audit_entry';
COMMENT ON COLUMN shop.order_transition.reason IS 'Why, for the other side';

CREATE TABLE shop.stock_movement (
    stock_movement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id integer NOT NULL REFERENCES shop.product (product_id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('counted', 'delivered', 'lost', 'ordered', 'given_back')),
    change integer NOT NULL,
    order_id uuid REFERENCES shop.customer_order (order_id)
);
COMMENT ON TABLE shop.stock_movement IS 'Why the stock is what it is: it is the sum of these';
COMMENT ON COLUMN shop.stock_movement.stock_movement_id IS 'Key; grows with time';
COMMENT ON COLUMN shop.stock_movement.product_id IS 'Product';
COMMENT ON COLUMN shop.stock_movement.at IS 'When';
COMMENT ON COLUMN shop.stock_movement.kind IS 'counted, delivered or lost, as the merchant says; ordered, given_back';
COMMENT ON COLUMN shop.stock_movement.change IS 'Pieces that came; negative: that went';
COMMENT ON COLUMN shop.stock_movement.order_id IS 'For which order; null: none';
CREATE INDEX stock_movement_product_idx ON shop.stock_movement (product_id, stock_movement_id);

CREATE TABLE shop.payment_message (
    shop_id integer NOT NULL REFERENCES shop.shop (shop_id),
    message_id text NOT NULL CHECK (message_id <> ''),
    order_id uuid NOT NULL REFERENCES shop.customer_order (order_id),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, message_id)
);
COMMENT ON TABLE shop.payment_message IS 'What providers said of payments: each is taken once';
COMMENT ON COLUMN shop.payment_message.shop_id IS 'Shop';
COMMENT ON COLUMN shop.payment_message.message_id IS 'Number of the message, the provider''s';
COMMENT ON COLUMN shop.payment_message.order_id IS 'Order';
COMMENT ON COLUMN shop.payment_message.received_at IS 'When';

-- What is to be told -----------------------------------------------------------------------------------------------------
CREATE TABLE shop.outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    shop_id integer NOT NULL REFERENCES shop.shop (shop_id),
    order_id uuid REFERENCES shop.customer_order (order_id),
    kind text NOT NULL CHECK (kind IN ('email', 'webhook', 'provider')),
    recipient text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    body text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'dead')),
    made_at timestamptz NOT NULL,
    due_from timestamptz NOT NULL,
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    answer text NOT NULL DEFAULT '',
    ended_at timestamptz
);
COMMENT ON TABLE shop.outbox IS 'What is to be told of orders, written with what it tells of; told at least once, and known by its number';
COMMENT ON COLUMN shop.outbox.outbox_id IS 'Key; grows with time';
COMMENT ON COLUMN shop.outbox.message_id IS 'What receivers know it by: the same at each attempt';
COMMENT ON COLUMN shop.outbox.shop_id IS 'Shop';
COMMENT ON COLUMN shop.outbox.order_id IS 'Order; null: none';
COMMENT ON COLUMN shop.outbox.kind IS 'email; webhook: of the merchant; provider: of payments';
COMMENT ON COLUMN shop.outbox.recipient IS 'Address of an e-mail; empty: the shop says where';
COMMENT ON COLUMN shop.outbox.subject IS 'Subject of an e-mail';
COMMENT ON COLUMN shop.outbox.body IS 'What is said; empty once it was';
COMMENT ON COLUMN shop.outbox.status IS 'pending, sent, or dead: given up';
COMMENT ON COLUMN shop.outbox.made_at IS 'When it was written';
COMMENT ON COLUMN shop.outbox.due_from IS 'Not tried before';
COMMENT ON COLUMN shop.outbox.attempt_count IS 'How often it was tried';
COMMENT ON COLUMN shop.outbox.answer IS 'What came of the last attempt';
COMMENT ON COLUMN shop.outbox.ended_at IS 'When it was sent or given up; null: pending';
CREATE INDEX outbox_due_idx ON shop.outbox (due_from, outbox_id) WHERE status = 'pending';
CREATE INDEX outbox_shop_idx ON shop.outbox (shop_id, outbox_id);
CREATE INDEX outbox_order_idx ON shop.outbox (order_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON
shop.shop, shop.shop_category, shop.product, shop.slot, shop.customer_order, shop.order_line, shop.order_transition,
shop.stock_movement, shop.payment_message, shop.outbox TO somel_enjoy_shop;
GRANT SELECT ON shop.category TO somel_enjoy_shop;

CREATE TRIGGER announce AFTER INSERT OR UPDATE ON shop.customer_order
FOR EACH STATEMENT EXECUTE FUNCTION somel.announce();
