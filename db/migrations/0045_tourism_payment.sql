-- Tourism passes are paid at a provider's page: whose, until when, what it said, and what it has to give back.

CREATE TABLE pass.payment_provider (
    organisation_id integer PRIMARY KEY REFERENCES catalogue.organisation (organisation_id),
    url text NOT NULL CHECK (url <> ''),
    notify_url text,
    secret bytea NOT NULL CHECK (octet_length(secret) >= 32),
    set_at timestamptz NOT NULL
);
COMMENT ON TABLE pass.payment_provider IS 'At whose page passes are paid, to the tourist office that runs their service; never card data';
COMMENT ON COLUMN pass.payment_provider.organisation_id IS 'Tourist office, which is paid';
COMMENT ON COLUMN pass.payment_provider.url IS 'Page of the provider';
COMMENT ON COLUMN pass.payment_provider.notify_url IS 'Where it is told of refunds; null: nowhere';
COMMENT ON COLUMN pass.payment_provider.secret IS 'Shared with the provider: signs what either says';
COMMENT ON COLUMN pass.payment_provider.set_at IS 'Since when it is so';

CREATE TABLE pass.payment_message (
    sale_id uuid NOT NULL REFERENCES pass.sale (sale_id),
    message_id text NOT NULL CHECK (message_id <> ''),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (sale_id, message_id)
);
COMMENT ON TABLE pass.payment_message IS 'What providers said of payments: each is taken once';
COMMENT ON COLUMN pass.payment_message.sale_id IS 'Sale';
COMMENT ON COLUMN pass.payment_message.message_id IS 'Number of the message, the provider''s';
COMMENT ON COLUMN pass.payment_message.received_at IS 'When';

CREATE TABLE pass.refund (
    refund_id uuid PRIMARY KEY,
    sale_id uuid NOT NULL REFERENCES pass.sale (sale_id),
    amount_eur_cent integer NOT NULL CHECK (amount_eur_cent > 0),
    reason text NOT NULL CHECK (reason IN ('cancelled', 'paid_too_late')),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'dead')),
    made_at timestamptz NOT NULL,
    due_from timestamptz NOT NULL,
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    answer text NOT NULL DEFAULT ''
);
COMMENT ON TABLE pass.refund IS 'What providers have to give back, written with what made it due; told at least once, known by its number';
COMMENT ON COLUMN pass.refund.refund_id IS 'What the provider knows it by: the same at each attempt';
COMMENT ON COLUMN pass.refund.sale_id IS 'Sale';
COMMENT ON COLUMN pass.refund.amount_eur_cent IS 'How much [EUR 0.01]';
COMMENT ON COLUMN pass.refund.reason IS 'cancelled: passes were taken back; paid_too_late: they were gone when it was paid';
COMMENT ON COLUMN pass.refund.status IS 'pending: to be told; sent; dead: given up, or nowhere to tell it';
COMMENT ON COLUMN pass.refund.made_at IS 'When it became due';
COMMENT ON COLUMN pass.refund.due_from IS 'Not told before';
COMMENT ON COLUMN pass.refund.attempt_count IS 'How often it was tried';
COMMENT ON COLUMN pass.refund.answer IS 'What came of the last attempt';
CREATE INDEX refund_due_idx ON pass.refund (due_from) WHERE status = 'pending';
CREATE INDEX refund_sale_idx ON pass.refund (sale_id);

ALTER TABLE pass.sale ADD COLUMN payment_due_at timestamptz;
COMMENT ON COLUMN pass.sale.payment_due_at IS 'By then it is paid at the provider''s page, or taken back; null: paid to the seller';
UPDATE pass.sale SET payment_due_at = sold_at WHERE payment <> 'seller';
ALTER TABLE pass.sale ADD CHECK (payment = 'seller' OR payment_due_at IS NOT NULL);
CREATE INDEX sale_unpaid_idx ON pass.sale (payment_due_at) WHERE payment = 'awaited';

GRANT SELECT, INSERT, UPDATE, DELETE ON pass.payment_provider TO somel_enjoy_pass;
GRANT SELECT, INSERT ON pass.payment_message TO somel_enjoy_pass;
GRANT SELECT, INSERT, UPDATE ON pass.refund TO somel_enjoy_pass;
