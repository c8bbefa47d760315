-- A file that was handed in to be imported. `runner` is the process that reads it now, and its claim ends with
-- `lease_us`; `messages` counts those that are committed, of all that the file has in its order.
CREATE TABLE import_jobs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    staff TEXT NOT NULL,
    received_us {bigint} NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('received', 'trying', 'tried', 'waiting', 'running', 'paused', 'done', 'failed', 'stopped')),
    mapping TEXT,
    halt {bigint} NOT NULL DEFAULT 0,
    runner TEXT,
    lease_us {bigint} NOT NULL DEFAULT 0,
    begun_us {bigint},
    ended_us {bigint},
    read_bytes {bigint} NOT NULL DEFAULT 0,
    total_bytes {bigint} NOT NULL DEFAULT 0,
    records {bigint} NOT NULL DEFAULT 0,
    messages {bigint} NOT NULL DEFAULT 0,
    created {bigint} NOT NULL DEFAULT 0,
    updated {bigint} NOT NULL DEFAULT 0,
    unchanged {bigint} NOT NULL DEFAULT 0,
    hidden {bigint} NOT NULL DEFAULT 0,
    rejected {bigint} NOT NULL DEFAULT 0,
    findings {bigint} NOT NULL DEFAULT 0,
    unkept {bigint} NOT NULL DEFAULT 0,
    trial TEXT
) {strict};
CREATE INDEX import_jobs_open ON import_jobs (lease_us) WHERE state IN ('trying', 'waiting', 'running');
-- Notes of an import: those of its reader (`found` 0) numbered as it made them, so that reading again makes the same
-- rows; those of the catalogue (`found` 1) numbered by the message they are about.
CREATE TABLE import_notes (
    job_id TEXT NOT NULL REFERENCES import_jobs (id),
    found {bigint} NOT NULL,
    number {bigint} NOT NULL,
    file TEXT NOT NULL,
    line {bigint} NOT NULL,
    sender TEXT,
    reference TEXT,
    code TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
    message TEXT NOT NULL,
    PRIMARY KEY (job_id, found, number)
) {strict};
-- What the columns of a sender's tables are, and how the table looked for which a bookseller said so.
CREATE TABLE sender_mappings (
    sender TEXT PRIMARY KEY,
    stem TEXT NOT NULL,
    columns TEXT NOT NULL,
    mapping TEXT NOT NULL,
    saved_us {bigint} NOT NULL
) {strict};
ALTER TABLE imports ADD COLUMN job_id TEXT REFERENCES import_jobs (id);
CREATE INDEX imports_job ON imports (job_id) WHERE job_id IS NOT NULL;
