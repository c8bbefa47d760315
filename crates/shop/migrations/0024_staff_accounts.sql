-- Whose password was given to them, and until when it lets them in; theirs alone when there is no such moment.
ALTER TABLE staff ADD COLUMN one_time_until_us {bigint};

-- What the secret of the second factor is derived from, with a key that is not in the database; and the time step of
-- the last code that was taken, so that none is taken twice (RFC 6238, section 5.2).
ALTER TABLE staff ADD COLUMN factor_salt TEXT;
ALTER TABLE staff ADD COLUMN factor_step {bigint} NOT NULL DEFAULT 0;

CREATE TABLE staff_recovery_codes (
    staff {bigint} NOT NULL REFERENCES staff (id),
    code_hash TEXT NOT NULL,
    PRIMARY KEY (staff, code_hash)
) {strict};

-- Sessions know now from where they were opened and when they were last used; those of before ask for the login again.
DROP TABLE staff_sessions;
CREATE TABLE staff_sessions (
    id {id},
    token_hash TEXT NOT NULL UNIQUE,
    staff {bigint} NOT NULL REFERENCES staff (id),
    csrf TEXT NOT NULL,
    created_us {bigint} NOT NULL,
    expires_us {bigint} NOT NULL,
    last_us {bigint} NOT NULL,
    browser TEXT NOT NULL,
    address TEXT NOT NULL,
    factor_salt TEXT NOT NULL,
    factor_shown {bigint} NOT NULL CHECK (factor_shown IN (0, 1))
) {strict};
CREATE INDEX staff_sessions_by_staff ON staff_sessions (staff);
