-- What sold, as a list: the published run is the one that pages show. No buyer and no order stands here.
CREATE TABLE sales_rank_runs (
    id {id},
    begun_us {bigint} NOT NULL,
    published_us {bigint},
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL
) {strict};

-- place counts from 1; edition is the one of the work that sold best.
CREATE TABLE sales_ranks (
    run {bigint} NOT NULL REFERENCES sales_rank_runs (id),
    place {bigint} NOT NULL,
    work {bigint} NOT NULL,
    edition {bigint} NOT NULL,
    PRIMARY KEY (run, place)
) {strict};

INSERT INTO revisions (name, number) VALUES ('display', 0);

-- What a bookseller recommends under her name. made_up marks the demonstration's own.
CREATE TABLE picks (
    id {id},
    edition {bigint} NOT NULL,
    bookseller TEXT NOT NULL,
    note TEXT NOT NULL,
    from_day TEXT,
    until_day TEXT,
    made_up {bigint} NOT NULL DEFAULT 0 CHECK (made_up IN (0, 1)),
    changed_us {bigint} NOT NULL
) {strict};

-- A display table: content is JSON, the titles and texts by language and the editions in their order.
CREATE TABLE display_tables (
    id {id},
    slug TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    published {bigint} NOT NULL CHECK (published IN (0, 1)),
    from_day TEXT,
    until_day TEXT,
    made_up {bigint} NOT NULL DEFAULT 0 CHECK (made_up IN (0, 1)),
    changed_us {bigint} NOT NULL
) {strict};
