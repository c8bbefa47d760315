-- Batches that were refused for their business date: they have been seen, so the next ones follow them.
CREATE TABLE refused_batch (
    merchant TEXT NOT NULL,
    sequence {bigint} NOT NULL,
    PRIMARY KEY (merchant, sequence)
) {strict};
