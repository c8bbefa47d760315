-- Several captures of one payment: what was taken, and beside it what is being taken.
ALTER TABLE payment ADD COLUMN capturing_cents {bigint} NOT NULL DEFAULT 0
    CONSTRAINT captures_within_the_amount CHECK (capturing_cents >= 0 AND captured_cents + capturing_cents <= amount_cents);
-- A payment that is being captured is one that is held; its one capture bears the payment's own name, as the shop calls it.
UPDATE payment SET state = 'approved', capturing_cents = captured_cents, captured_cents = 0 WHERE state = 'capturing';
ALTER TABLE advice RENAME COLUMN refund TO movement;
UPDATE advice SET movement = payment WHERE kind = 'capture';
