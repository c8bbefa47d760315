-- What was asked of the vault, one entry each, in the order in which it was written down. Entries count from 0.
CREATE TABLE audit_entry (
    place {bigint} PRIMARY KEY,
    said TEXT NOT NULL,
    -- The vault's signature over the checkpoint of the log that ends with this entry.
    signature {bytes} NOT NULL
) {strict};

-- The log as a whole: its size, and the roots of its complete subtrees.
CREATE TABLE audit_log (
    id {bigint} PRIMARY KEY CHECK (id = 1),
    size {bigint} NOT NULL,
    roots {bytes} NOT NULL
) {strict};

--sqlite
INSERT INTO audit_log (id, size, roots) VALUES (1, 0, X'');
--postgres
INSERT INTO audit_log (id, size, roots) VALUES (1, 0, '');
--end
