-- Cards of payments that have their outcome: the vault is asked to forget them, as payment::forget does from now on.
INSERT INTO outbox (topic, key, payload, due_us, leased_until_us, tries)
    SELECT DISTINCT 'forget_card', card_token, '"' || card_token || '"', 0, 0, 0 FROM payments
    WHERE card_token IS NOT NULL AND state NOT IN ('awaiting_reader', 'authorising')
    ON CONFLICT (topic, key) DO NOTHING;
