-- What the bank approved when it was not all that was asked for.
ALTER TABLE payment ADD COLUMN part_cents {bigint};
