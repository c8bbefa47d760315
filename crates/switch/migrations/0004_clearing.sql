-- Clearing batches as they were sent, and which of them each capture and refund is in.
CREATE TABLE clearing_batch (
    sequence {bigint} PRIMARY KEY,
    business_date TEXT NOT NULL,
    cut_us {bigint} NOT NULL,
    file TEXT NOT NULL,
    lines {bigint} NOT NULL,
    captures_cents {bigint} NOT NULL,
    refunds_cents {bigint} NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('cut', 'taken', 'refused')),
    acknowledgement TEXT,
    answered_us {bigint},
    accepted_lines {bigint},
    accepted_captures_cents {bigint},
    accepted_refunds_cents {bigint},
    tries {bigint} NOT NULL,
    due_us {bigint} NOT NULL
) {strict};
ALTER TABLE advice ADD COLUMN batch {bigint};
ALTER TABLE advice ADD COLUMN line {bigint};
ALTER TABLE advice ADD COLUMN rejected TEXT;
CREATE INDEX advice_uncleared ON advice (done_us, seq)
    WHERE batch IS NULL AND response_code = '00' AND kind <> 'reversal';
CREATE INDEX advice_in_batch ON advice (batch, line) WHERE batch IS NOT NULL;
