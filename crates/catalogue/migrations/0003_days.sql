-- The day for which editions are written: what holds only for a time (prices, embargoes) is as on that day.
CREATE TABLE catalogue_day (
    one {bigint} PRIMARY KEY CHECK (one = 1),
    day {bigint} NOT NULL
) {strict};
INSERT INTO catalogue_day (one, day) VALUES (1, 0);
-- `as_of` is the day for which a row was written, `turns_on` the next one on which it changes by itself; days are
-- written YYYYMMDD. `hidden` is 1 for what is withdrawn and 2 for what must not be shown yet.
ALTER TABLE editions ADD COLUMN as_of {bigint} NOT NULL DEFAULT 0;
ALTER TABLE editions ADD COLUMN turns_on {bigint};
UPDATE editions SET turns_on = 0 WHERE document LIKE '%"price_changes":[{%'
    OR document LIKE '%"display":"%' OR document LIKE '%"order":"%' OR document LIKE '%"delivery":"%';
CREATE INDEX editions_turn ON editions (turns_on, id) WHERE turns_on IS NOT NULL;
