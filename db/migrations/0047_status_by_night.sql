-- What a holder does comes into the status list by night, with what all others did that day: blocked and free again too.

ALTER TABLE pass.status_due ADD COLUMN status smallint NOT NULL DEFAULT 1 CHECK (status IN (0, 1, 2));
ALTER TABLE pass.status_due ALTER COLUMN status DROP DEFAULT;
COMMENT ON TABLE pass.status_due IS 'What the list says of tokens from a night on: changes that services of one holder could see together are published with everybody''s';
COMMENT ON COLUMN pass.status_due.status IS '0: valid again, 1: revoked for good, 2: blocked until further notice';
COMMENT ON COLUMN pass.status_due.due_at IS 'Night from which on the list says so';
