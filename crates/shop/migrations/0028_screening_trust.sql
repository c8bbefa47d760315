-- What a dispute is about, as an attempt is compared with it: the marks of the attempt that paid.
CREATE TABLE screening_disputed (
    dispute TEXT PRIMARY KEY REFERENCES disputes (id),
    at_us {bigint} NOT NULL,
    order_id {bigint} NOT NULL,
    card TEXT,
    email TEXT NOT NULL,
    address TEXT NOT NULL,
    device TEXT
) {strict};
INSERT INTO screening_disputed (dispute, at_us, order_id, card, email, address, device)
SELECT d.id, d.opened_us, d.order_id, t.card, t.email, t.address, t.device FROM disputes d
JOIN payments p ON p.id = d.payment JOIN orders o ON o.id = d.order_id
JOIN screening_traces t ON t.id = (SELECT MAX(s.trace) FROM screenings s
    WHERE s.order_id = d.order_id AND s.attempt IN (p.id, p.means || ':' || o.number));
CREATE INDEX screening_disputed_by_card ON screening_disputed (card);
CREATE INDEX screening_disputed_by_email ON screening_disputed (email);
CREATE INDEX screening_disputed_by_address ON screening_disputed (address);
CREATE INDEX screening_disputed_by_device ON screening_disputed (device);
CREATE INDEX screening_disputed_by_age ON screening_disputed (at_us);

-- Sets that were in force and that a program could not read, and the house's set by which it decided instead.
CREATE TABLE screening_stand_ins (
    unread {bigint} NOT NULL REFERENCES screening_rules (id),
    stand_in {bigint} NOT NULL REFERENCES screening_rules (id),
    since_us {bigint} NOT NULL,
    PRIMARY KEY (unread, stand_in)
) {strict};

-- The fingerprint of the text that was tried last, with the rules that were in force.
ALTER TABLE screening_draft ADD COLUMN tried TEXT;

-- For the comparison of a shadow with what was decided; empty while none is in the shadow.
CREATE INDEX screenings_shadowed ON screenings (shadow_rules, decision, shadow_decision) WHERE shadow_rules IS NOT NULL;
