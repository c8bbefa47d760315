-- Whether the bank declined what an attempt asked for, so that counting it looks into no payment; and indexes that hold all
-- that is counted, so that counting looks into no trace either.
ALTER TABLE screening_traces ADD COLUMN declined {bigint} NOT NULL DEFAULT 0;

UPDATE screening_traces SET declined = 1 WHERE attempt IN (SELECT id FROM payments WHERE state = 'declined');

DROP INDEX screening_traces_by_card;
DROP INDEX screening_traces_by_email;
DROP INDEX screening_traces_by_address;
DROP INDEX screening_traces_by_device;
DROP INDEX screening_traces_by_network;
CREATE INDEX screening_traces_by_card ON screening_traces (card, at_us, email, address);
CREATE INDEX screening_traces_by_email ON screening_traces (email, at_us, card, spelling, declined);
CREATE INDEX screening_traces_by_address ON screening_traces (address, at_us, card, email);
CREATE INDEX screening_traces_by_device ON screening_traces (device, at_us, card, email, declined);
CREATE INDEX screening_traces_by_network ON screening_traces (network, at_us, card, declined);
