-- Several captures of one hold: it stays held until all of it is taken or released.
--sqlite
CREATE TABLE held (
    id {id},
    payment TEXT NOT NULL,
    card TEXT NOT NULL,
    terminal TEXT NOT NULL,
    stan {bigint} NOT NULL,
    transmitted TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'declined', 'captured', 'reversed')),
    response_code TEXT NOT NULL,
    retrieval_reference TEXT NOT NULL,
    amount_cents {bigint} NOT NULL,
    captured_cents {bigint} NOT NULL,
    refunded_cents {bigint} NOT NULL,
    booked_us {bigint} NOT NULL,
    released_cents {bigint} NOT NULL DEFAULT 0,
    UNIQUE (terminal, stan, transmitted),
    CONSTRAINT captured_within_the_hold CHECK (captured_cents BETWEEN 0 AND amount_cents),
    CONSTRAINT refunded_within_the_capture CHECK (refunded_cents BETWEEN 0 AND captured_cents),
    CONSTRAINT released_within_the_hold CHECK (released_cents BETWEEN 0 AND amount_cents - captured_cents)
) {strict};
INSERT INTO held (id, payment, card, terminal, stan, transmitted, state, response_code, retrieval_reference, amount_cents,
        captured_cents, refunded_cents, booked_us)
    SELECT id, payment, card, terminal, stan, transmitted, state, response_code, retrieval_reference, amount_cents,
        captured_cents, refunded_cents, booked_us FROM hold;
DROP TABLE hold;
ALTER TABLE held RENAME TO hold;
CREATE INDEX hold_payment ON hold (payment);
--end
--postgres
ALTER TABLE hold DROP CONSTRAINT only_captures_take_money;
ALTER TABLE hold ADD COLUMN released_cents BIGINT NOT NULL DEFAULT 0
    CONSTRAINT released_within_the_hold CHECK (released_cents BETWEEN 0 AND amount_cents - captured_cents);
--end
-- Before, a capture took all it ever would.
UPDATE hold SET released_cents = amount_cents - captured_cents WHERE state IN ('captured', 'reversed');
ALTER TABLE message ADD COLUMN movement TEXT NOT NULL DEFAULT '';
-- The one capture of a payment bore the payment's name.
UPDATE message SET movement = payment WHERE mti = '0220';
CREATE INDEX message_movement ON message (payment, movement) WHERE movement <> '';
