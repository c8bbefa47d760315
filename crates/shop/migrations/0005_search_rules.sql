-- How often each of the small tables that every node keeps whole in memory was changed: who holds another number
-- reads the table again.
CREATE TABLE revisions (
    name TEXT PRIMARY KEY,
    number {bigint} NOT NULL
) {strict};
INSERT INTO revisions (name, number) VALUES ('search_rules', 0);

-- What booksellers add to the search. rule is JSON; a day that is absent does not bound.
CREATE TABLE search_rules (
    id {id},
    kind TEXT NOT NULL CHECK (kind IN ('synonym', 'boost', 'pin')),
    rule TEXT NOT NULL,
    from_day TEXT,
    until_day TEXT,
    changed_us {bigint} NOT NULL,
    changed_by TEXT NOT NULL
) {strict};
