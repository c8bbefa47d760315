-- What readers of a work also bought: the published run is the one that pages look up. Works and nothing else:
-- no buyer, no order, no count stands here.

CREATE TABLE also_bought_runs (
    id {id},
    begun_us {bigint} NOT NULL,
    published_us {bigint},
    generated {bigint} NOT NULL CHECK (generated IN (0, 1))
) {strict};

-- neighbours: works as eight bytes each, big end first, the nearest work first.
CREATE TABLE also_bought (
    run {bigint} NOT NULL REFERENCES also_bought_runs (id),
    work {bigint} NOT NULL,
    neighbours {bytes} NOT NULL,
    PRIMARY KEY (run, work)
) {strict};
