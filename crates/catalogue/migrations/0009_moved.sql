-- Editions that were merged into another, to be found without looking through all records.
CREATE INDEX records_moved ON records (home_id) WHERE edition_id <> home_id;
