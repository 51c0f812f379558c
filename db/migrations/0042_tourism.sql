-- Tourism passes: what is sold, who sells it, which partners take it, when a pass began, and what is owed for entries.

CREATE TABLE pass.product (
    product_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_id integer NOT NULL,
    number integer NOT NULL,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{1,47}$'),
    title text NOT NULL CHECK (title <> ''),
    title_en text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    description_en text NOT NULL DEFAULT '',
    duration_s integer NOT NULL CHECK (duration_s BETWEEN 3600 AND 31622400),
    starts_at_first_use boolean NOT NULL DEFAULT true,
    max_entries_per_venue integer CHECK (max_entries_per_venue BETWEEN 1 AND 1000),
    use_within_days integer NOT NULL DEFAULT 365 CHECK (use_within_days BETWEEN 1 AND 1096),
    price_eur_cent integer NOT NULL CHECK (price_eur_cent >= 0),
    sale_from timestamptz,
    sale_until timestamptz CHECK (sale_until > sale_from),
    is_on_sale boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    UNIQUE (service_id, number),
    FOREIGN KEY (service_id, number) REFERENCES pass.entitlement_kind (service_id, number)
);
COMMENT ON TABLE pass.product IS 'Tourism passes that are sold: a right of the service, for so long, at venues of partners';
COMMENT ON COLUMN pass.product.product_id IS 'Key';
COMMENT ON COLUMN pass.product.service_id IS 'Service of kind tourism';
COMMENT ON COLUMN pass.product.number IS 'Right that it gives, of entitlement_kind';
COMMENT ON COLUMN pass.product.name IS 'Name in addresses; never changes';
COMMENT ON COLUMN pass.product.title IS 'Name for people, in French';
COMMENT ON COLUMN pass.product.title_en IS 'The same in English; empty: the French one is shown';
COMMENT ON COLUMN pass.product.description IS 'A sentence or two for people, in French';
COMMENT ON COLUMN pass.product.description_en IS 'The same in English; empty: the French one is shown';
COMMENT ON COLUMN pass.product.duration_s IS 'How long it lasts [s]';
COMMENT ON COLUMN pass.product.starts_at_first_use IS 'Whether it begins at the first admission; else at a time that is chosen when it is sold';
COMMENT ON COLUMN pass.product.max_entries_per_venue IS 'Admissions at each place; null: any number. Transport is never counted';
COMMENT ON COLUMN pass.product.use_within_days IS 'Days from the sale in which it has to begin [days]';
COMMENT ON COLUMN pass.product.price_eur_cent IS 'What one costs today [EUR 0.01]';
COMMENT ON COLUMN pass.product.sale_from IS 'Not sold before; null: from the beginning';
COMMENT ON COLUMN pass.product.sale_until IS 'Not sold from then on; null: no end';
COMMENT ON COLUMN pass.product.is_on_sale IS 'Whether it is sold at all; what was sold stays good';
COMMENT ON COLUMN pass.product.created_at IS 'When it was declared';

CREATE TABLE pass.agreement (
    agreement_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id integer NOT NULL REFERENCES pass.product (product_id),
    venue_id integer NOT NULL REFERENCES pass.venue (venue_id),
    settlement_eur_cent integer NOT NULL CHECK (settlement_eur_cent >= 0),
    proposed_at timestamptz NOT NULL,
    accepted_at timestamptz CHECK (accepted_at >= proposed_at),
    ended_at timestamptz CHECK (ended_at >= proposed_at)
);
COMMENT ON TABLE pass.agreement IS 'That a partner takes a product at a venue, and what it is paid for each entry: proposed by who sells, accepted by the partner';
COMMENT ON COLUMN pass.agreement.agreement_id IS 'Key';
COMMENT ON COLUMN pass.agreement.product_id IS 'Product';
COMMENT ON COLUMN pass.agreement.venue_id IS 'Venue; its organisation is the partner';
COMMENT ON COLUMN pass.agreement.settlement_eur_cent IS 'Paid to the partner for each entry [EUR 0.01]';
COMMENT ON COLUMN pass.agreement.proposed_at IS 'When it was proposed';
COMMENT ON COLUMN pass.agreement.accepted_at IS 'When the partner accepted; null: not yet, and the product opens nothing there';
COMMENT ON COLUMN pass.agreement.ended_at IS 'When it ended, was refused, or another took its place; null: it holds';
CREATE UNIQUE INDEX agreement_holds_idx ON pass.agreement (product_id, venue_id)
WHERE accepted_at IS NOT NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX agreement_proposed_idx ON pass.agreement (product_id, venue_id)
WHERE accepted_at IS NULL AND ended_at IS NULL;
CREATE INDEX agreement_venue_idx ON pass.agreement (venue_id);

CREATE TABLE pass.seller (
    service_id integer NOT NULL REFERENCES pass.service (service_id),
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    admitted_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, organisation_id)
);
COMMENT ON TABLE pass.seller IS 'Who may sell passes of a service beside who runs it';
COMMENT ON COLUMN pass.seller.service_id IS 'Service';
COMMENT ON COLUMN pass.seller.organisation_id IS 'Who sells';
COMMENT ON COLUMN pass.seller.admitted_at IS 'Since when';
CREATE INDEX seller_organisation_idx ON pass.seller (organisation_id);

CREATE TABLE pass.sale (
    sale_id uuid PRIMARY KEY,
    product_id integer NOT NULL REFERENCES pass.product (product_id),
    organisation_id integer NOT NULL REFERENCES catalogue.organisation (organisation_id),
    kind text NOT NULL CHECK (kind IN ('link', 'voucher')),
    pass_count integer NOT NULL CHECK (pass_count BETWEEN 1 AND 10000),
    price_eur_cent integer NOT NULL CHECK (price_eur_cent >= 0),
    reference text NOT NULL DEFAULT '' CHECK (length(reference) <= 100),
    payment text NOT NULL CHECK (payment IN ('seller', 'awaited', 'paid', 'failed')),
    payment_reference text,
    starts_at timestamptz,
    use_until timestamptz NOT NULL,
    sold_at timestamptz NOT NULL,
    idempotency_key text,
    request_sha256 bytea CHECK (octet_length(request_sha256) = 32),
    CHECK ((idempotency_key IS NULL) = (request_sha256 IS NULL))
);
COMMENT ON TABLE pass.sale IS 'Sales of passes, by whom and at which price; who bought is nowhere';
COMMENT ON COLUMN pass.sale.sale_id IS 'Key, random';
COMMENT ON COLUMN pass.sale.product_id IS 'Product';
COMMENT ON COLUMN pass.sale.organisation_id IS 'Who sold';
COMMENT ON COLUMN pass.sale.kind IS 'link: sold now; voucher: printed in stock, and sold from there';
COMMENT ON COLUMN pass.sale.pass_count IS 'Passes in it';
COMMENT ON COLUMN pass.sale.price_eur_cent IS 'Price of each on that day [EUR 0.01]';
COMMENT ON COLUMN pass.sale.reference IS 'The seller''s own, of an order or a receipt; no name of a person belongs here';
COMMENT ON COLUMN pass.sale.payment IS 'seller: paid to the seller, who owes it; awaited, paid, failed: by a provider, and opened when it says that it is paid';
COMMENT ON COLUMN pass.sale.payment_reference IS 'The provider''s own; null: none yet';
COMMENT ON COLUMN pass.sale.starts_at IS 'When its passes begin, where they do not at their first use';
COMMENT ON COLUMN pass.sale.use_until IS 'Its passes have to begin before';
COMMENT ON COLUMN pass.sale.sold_at IS 'When it was sold, or put into stock';
COMMENT ON COLUMN pass.sale.idempotency_key IS 'The seller''s, for a day; null: none';
COMMENT ON COLUMN pass.sale.request_sha256 IS 'What was asked with that key';
CREATE UNIQUE INDEX sale_idempotency_idx ON pass.sale (organisation_id, idempotency_key)
WHERE idempotency_key IS NOT NULL;
CREATE INDEX sale_sold_idx ON pass.sale (organisation_id, sold_at);
CREATE INDEX sale_product_idx ON pass.sale (product_id);

CREATE TABLE pass.sold_pass (
    sale_id uuid NOT NULL REFERENCES pass.sale (sale_id),
    number integer NOT NULL CHECK (number >= 1),
    claim_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(claim_sha256) = 32),
    subject_id uuid UNIQUE REFERENCES pass.subject (subject_id) ON DELETE SET NULL,
    opened_on date,
    is_started boolean NOT NULL DEFAULT false,
    started_at timestamptz,
    ends_at timestamptz,
    cancelled_at timestamptz,
    ended_on date,
    PRIMARY KEY (sale_id, number),
    CHECK ((started_at IS NULL) = (ends_at IS NULL)),
    CHECK (ends_at > started_at)
);
COMMENT ON TABLE pass.sold_pass IS 'Passes that were sold: each is opened by a code that its buyer was given, and begins at its first use';
COMMENT ON COLUMN pass.sold_pass.sale_id IS 'Sale';
COMMENT ON COLUMN pass.sold_pass.number IS 'Place in the sale, from 1';
COMMENT ON COLUMN pass.sold_pass.claim_sha256 IS 'Hash of the code; the code itself is derived from the secret of passes and kept nowhere';
COMMENT ON COLUMN pass.sold_pass.subject_id IS 'Who holds it, to its service; null: not opened yet, or over for so long that it was forgotten';
COMMENT ON COLUMN pass.sold_pass.opened_on IS 'Day on which it was opened first';
COMMENT ON COLUMN pass.sold_pass.is_started IS 'Whether it was ever used; it is not taken back then';
COMMENT ON COLUMN pass.sold_pass.started_at IS 'First admission that is known; an upload may make it earlier, nothing makes it later. Forgotten two days after the end';
COMMENT ON COLUMN pass.sold_pass.ends_at IS 'When it is over: so long after it began as its product says';
COMMENT ON COLUMN pass.sold_pass.cancelled_at IS 'When it was taken back before its first use';
COMMENT ON COLUMN pass.sold_pass.ended_on IS 'Day on which its codes were revoked, since it was over or never used';
CREATE INDEX sold_pass_ends_idx ON pass.sold_pass (ends_at) WHERE ended_on IS NULL AND ends_at IS NOT NULL;

CREATE TABLE pass.entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agreement_id integer NOT NULL REFERENCES pass.agreement (agreement_id),
    day date NOT NULL,
    is_offline boolean NOT NULL,
    is_flagged boolean NOT NULL,
    settled_month date CHECK (settled_month = date_trunc('month', settled_month)::date)
);
COMMENT ON TABLE pass.entry IS 'Entries that are paid to partners: where and on which day, and nothing of who';
COMMENT ON COLUMN pass.entry.entry_id IS 'Key';
COMMENT ON COLUMN pass.entry.agreement_id IS 'Product, venue and rate';
COMMENT ON COLUMN pass.entry.day IS 'Day, in Lille';
COMMENT ON COLUMN pass.entry.is_offline IS 'Whether a reader admitted on its own and said so later';
COMMENT ON COLUMN pass.entry.is_flagged IS 'Whether the pass should not have been admitted there, as was seen later; it is paid all the same';
COMMENT ON COLUMN pass.entry.settled_month IS 'First day of the month in whose statement it is; null: in none yet';
CREATE INDEX entry_unsettled_idx ON pass.entry (agreement_id, day) WHERE settled_month IS NULL;

CREATE TABLE pass.settlement (
    service_id integer NOT NULL REFERENCES pass.service (service_id),
    month date NOT NULL CHECK (month = date_trunc('month', month)::date),
    content text NOT NULL,
    previous_sha256 bytea NOT NULL CHECK (octet_length(previous_sha256) = 32),
    content_sha256 bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, month)
);
COMMENT ON TABLE pass.settlement IS 'Months that are closed; nothing in them changes any more, and what comes later is in the next';
COMMENT ON COLUMN pass.settlement.service_id IS 'Service';
COMMENT ON COLUMN pass.settlement.month IS 'First day of the month';
COMMENT ON COLUMN pass.settlement.content IS 'Lines of all partners, as canonical JSON (RFC 8785)';
COMMENT ON COLUMN pass.settlement.previous_sha256 IS 'Hash of the month before that was closed; zeros before the first';
COMMENT ON COLUMN pass.settlement.content_sha256 IS 'SHA-256 of the hash before and the content';
COMMENT ON COLUMN pass.settlement.closed_at IS 'When it was closed';

GRANT SELECT, INSERT, UPDATE ON pass.product, pass.agreement, pass.sale, pass.sold_pass TO somel_enjoy_pass;
GRANT SELECT, INSERT, DELETE ON pass.seller TO somel_enjoy_pass;
GRANT SELECT, INSERT ON pass.entry, pass.settlement TO somel_enjoy_pass;
GRANT UPDATE (settled_month) ON pass.entry TO somel_enjoy_pass;

INSERT INTO pass.personal_table (name, column_name, reaches, untold, on_leaving, reason) VALUES
(
    'pass.sold_pass', 'subject_id', 'subject', '{claim_sha256,sale_id}', 'kept',
    'Passes that were bought: their seller counts them; when they were used is forgotten two days after their end'
);
