-- From where the shop fetches files for its reconciliation by itself: when it asks next, and how it went. What was fetched is
-- known by what was read, not here.

-- leased_us: until when one node asks there. fetched_us: when it went well last. failing_us: since when it has not.
CREATE TABLE bank_sources (
    source TEXT PRIMARY KEY CHECK (source IN ('switch', 'window', 'folder')),
    due_us {bigint} NOT NULL,
    leased_us {bigint} NOT NULL,
    fetched_us {bigint},
    failure TEXT,
    failing_us {bigint},
    tries {bigint} NOT NULL DEFAULT 0
) {strict};

-- Numbers whose file could not be believed: they are not asked for again before due_us.
CREATE TABLE bank_files_put_off (
    source TEXT NOT NULL,
    number {bigint} NOT NULL,
    due_us {bigint} NOT NULL,
    PRIMARY KEY (source, number)
) {strict};

CREATE INDEX clearing_batches_by_sequence ON clearing_batches (sequence);
CREATE INDEX bank_statements_by_sequence ON bank_statements (sequence);
