-- Approvals for a part of the amount.
ALTER TABLE message ADD COLUMN part_cents {bigint};
