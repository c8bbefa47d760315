-- Working keys, wrapped by the master key.
CREATE TABLE vault_key (
    name TEXT PRIMARY KEY,
    wrapped {bytes} NOT NULL,
    made_at {bigint} NOT NULL
) {strict};

-- A card: what may be shown, and the record that only the vault opens.
CREATE TABLE card (
    token TEXT PRIMARY KEY,
    epoch {bigint} NOT NULL,
    wrapped_key {bytes} NOT NULL,
    locked {bytes} NOT NULL,
    fingerprint {bytes} NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL,
    expiry_month {bigint} NOT NULL,
    expiry_year {bigint} NOT NULL,
    checked_in_at {bigint} NOT NULL
) {strict};

-- A ticket is used once: its nonce is the key.
CREATE TABLE check_in (
    nonce TEXT PRIMARY KEY,
    order_number TEXT NOT NULL,
    payment TEXT NOT NULL,
    amount_cents {bigint} NOT NULL,
    token TEXT NOT NULL UNIQUE,
    checked_in_at {bigint} NOT NULL
) {strict};

-- A grant is used once: its nonce is the key.
CREATE TABLE redemption (
    nonce TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    order_number TEXT NOT NULL,
    payment TEXT NOT NULL,
    amount_cents {bigint} NOT NULL,
    redeemed_at {bigint} NOT NULL
) {strict};

CREATE INDEX redemption_of_token ON redemption (token);
