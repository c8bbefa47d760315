-- The screening of orders. Card, e-mail address, delivery address, browser and network are kept as keyed hashes: the
-- database alone says of none of them who or what it is.

-- Sets of rules as they were put to use; none changes any more.
CREATE TABLE screening_rules (
    id {id},
    rules TEXT NOT NULL,
    made_us {bigint} NOT NULL,
    made_by TEXT NOT NULL
) {strict};

-- Which set decides, and which one is only written down beside it.
CREATE TABLE screening_roles (
    role TEXT PRIMARY KEY CHECK (role IN ('live', 'shadow')),
    rules {bigint} NOT NULL REFERENCES screening_rules (id)
) {strict};

-- The one set that is being worked on.
CREATE TABLE screening_draft (
    place {bigint} PRIMARY KEY CHECK (place = 1),
    rules TEXT NOT NULL,
    changed_us {bigint} NOT NULL,
    changed_by TEXT NOT NULL
) {strict};

-- One row for each attempt to pay, by which an attempt is compared with earlier ones.
CREATE TABLE screening_traces (
    id {id},
    at_us {bigint} NOT NULL,
    order_id {bigint} NOT NULL,
    attempt TEXT NOT NULL,
    card TEXT,
    email TEXT NOT NULL,
    spelling TEXT NOT NULL,
    address TEXT NOT NULL,
    device TEXT,
    network TEXT
) {strict};
CREATE INDEX screening_traces_by_card ON screening_traces (card, at_us);
CREATE INDEX screening_traces_by_email ON screening_traces (email, at_us);
CREATE INDEX screening_traces_by_address ON screening_traces (address, at_us);
CREATE INDEX screening_traces_by_device ON screening_traces (device, at_us);
CREATE INDEX screening_traces_by_network ON screening_traces (network, at_us);
CREATE INDEX screening_traces_by_age ON screening_traces (at_us);

-- What was decided, by which rules and on which facts: enough to decide it again. card is empty without one. A second
-- round follows when the reader confirmed her e-mail address.
CREATE TABLE screenings (
    id {id},
    order_id {bigint} NOT NULL,
    attempt TEXT NOT NULL,
    card TEXT NOT NULL,
    round {bigint} NOT NULL CHECK (round IN (1, 2)),
    at_us {bigint} NOT NULL,
    facts TEXT NOT NULL,
    bureau TEXT NOT NULL CHECK (bureau IN ('off', 'answered', 'silent', 'garbled')),
    rules {bigint} NOT NULL,
    score {bigint} NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('accept', 'step_up', 'review', 'refuse')),
    reasons TEXT NOT NULL,
    shadow_rules {bigint},
    shadow_score {bigint},
    shadow_decision TEXT,
    standing TEXT NOT NULL CHECK (standing IN
        ('settled', 'watched', 'asked', 'confirmed', 'queued', 'released', 'rejected')),
    changed_us {bigint} NOT NULL,
    changed_by TEXT,
    codes_sent {bigint} NOT NULL,
    code_sent_us {bigint},
    code_tries {bigint} NOT NULL,
    CONSTRAINT screenings_decided_once UNIQUE (attempt, card, round)
) {strict};
CREATE INDEX screenings_by_order ON screenings (order_id, id);
CREATE INDEX screenings_queued ON screenings (id) WHERE standing = 'queued';
CREATE INDEX screenings_by_age ON screenings (at_us);
