-- The edition that a review was written of, when that was merged into the one it stands on now: it goes back there when
-- the two are parted. Null for a review that never moved.
ALTER TABLE reader_reviews ADD COLUMN written_of {bigint};
ALTER TABLE editorial_reviews ADD COLUMN written_of {bigint};
-- All reviews are looked through for those that are to move.
CREATE INDEX reader_reviews_by_place ON reader_reviews (edition, written_of);
