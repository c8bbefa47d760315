-- What is counted of earlier attempts is in memory, so the indexes for it are not needed. Traces are only added: the
-- bank's no is a trace of its own, with the marks of the attempt that it was said to, which is found by the decision.
ALTER TABLE screenings ADD COLUMN trace {bigint};
UPDATE screenings SET trace = (SELECT MIN(t.id) FROM screening_traces t
    WHERE t.at_us = screenings.at_us AND t.attempt = screenings.attempt) WHERE round = 1;
INSERT INTO screening_traces (at_us, order_id, attempt, card, email, spelling, address, device, network, declined)
SELECT at_us, order_id, attempt, card, email, spelling, address, device, network, 2
FROM screening_traces WHERE declined = 1;
UPDATE screening_traces SET declined = declined - 1 WHERE declined > 0;

DROP INDEX screening_traces_by_card;
DROP INDEX screening_traces_by_email;
DROP INDEX screening_traces_by_address;
DROP INDEX screening_traces_by_device;
DROP INDEX screening_traces_by_network;
DROP INDEX screening_traces_by_age;
DROP INDEX screenings_by_age;
CREATE INDEX screening_traces_by_email ON screening_traces (email, at_us);
-- For forgetting networks without a look at the older traces, which have none any more.
CREATE INDEX screening_traces_networks ON screening_traces (at_us) WHERE network IS NOT NULL;
