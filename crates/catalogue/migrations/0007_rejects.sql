-- What was read of rejected records that a person can complete, by the number of the note that rejected them.
CREATE TABLE import_rejects (
    job_id TEXT NOT NULL REFERENCES import_jobs (id),
    number {bigint} NOT NULL,
    draft TEXT NOT NULL,
    completed_us {bigint},
    PRIMARY KEY (job_id, number)
) {strict};
