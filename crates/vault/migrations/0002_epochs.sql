-- Keys lie in a file of their own since (docs/adr/0006); vault_key is emptied when it is first read.

-- The layout of the locked text, which names it; data keys are wrapped anew, the text never is.
ALTER TABLE card ADD COLUMN schema {bigint} NOT NULL DEFAULT 1;
-- When the card was forgotten: its wrapped key, text and fingerprint are empty, its epoch is 0.
ALTER TABLE card ADD COLUMN forgotten_at {bigint};

CREATE INDEX card_of_epoch ON card (epoch, token);
