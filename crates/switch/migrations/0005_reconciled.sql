-- Field 39 of an approval that came when nobody waited for it, while no reversal had been queued since: a reversal that the
-- bank then knows nothing to say to (25) is said again.
ALTER TABLE payment ADD COLUMN late_code TEXT;
-- What ties a reply that nobody waited for to its payment (fields 62, 7 and 37), and what the journal says to it.
ALTER TABLE stray ADD COLUMN payment TEXT NOT NULL DEFAULT '';
ALTER TABLE stray ADD COLUMN transmitted TEXT NOT NULL DEFAULT '';
ALTER TABLE stray ADD COLUMN retrieval_reference TEXT NOT NULL DEFAULT '';
ALTER TABLE stray ADD COLUMN finding TEXT NOT NULL DEFAULT '';
