-- What readers write about editions, and what others wrote about them. A reader is her e-mail address: author is
-- that address folded, email the address as typed, for letters. Withdrawing empties both and the text.

CREATE TABLE reader_reviews (
    id {id},
    edition {bigint} NOT NULL,
    author TEXT NOT NULL,
    email TEXT NOT NULL,
    locale TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('unconfirmed', 'waiting', 'published', 'refused', 'withdrawn')),
    rating {bigint} NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    signature TEXT NOT NULL,
    language TEXT NOT NULL,
    experienced TEXT NOT NULL,
    written_us {bigint} NOT NULL,
    published_us {bigint},
    reason TEXT CHECK (reason IN ('off_topic', 'insult', 'spoiler', 'advertising', 'personal_data', 'illegal', 'not_a_review')),
    note TEXT,
    helpful {bigint} NOT NULL DEFAULT 0 CHECK (helpful >= 0),
    changed_us {bigint} NOT NULL,
    CONSTRAINT reader_reviews_refused_with_reason CHECK (state <> 'refused' OR reason IS NOT NULL),
    CONSTRAINT reader_reviews_published_at CHECK (state <> 'published' OR published_us IS NOT NULL)
) {strict};
-- One per reader and edition: one that readers see, and at most one that is to replace it.
CREATE UNIQUE INDEX reader_reviews_one_published ON reader_reviews (edition, author) WHERE state = 'published';
CREATE UNIQUE INDEX reader_reviews_one_waiting ON reader_reviews (edition, author) WHERE state = 'waiting';
CREATE INDEX reader_reviews_by_author ON reader_reviews (author, state);
CREATE INDEX reader_reviews_by_state ON reader_reviews (state, id);
CREATE INDEX reader_reviews_by_change ON reader_reviews (changed_us);

CREATE TABLE review_votes (
    review {bigint} NOT NULL REFERENCES reader_reviews (id),
    voter TEXT NOT NULL,
    PRIMARY KEY (review, voter)
) {strict};

CREATE TABLE review_reports (
    review {bigint} NOT NULL REFERENCES reader_reviews (id),
    reporter TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    at_us {bigint} NOT NULL,
    PRIMARY KEY (review, reporter)
) {strict};

CREATE TABLE editorial_reviews (
    id {id},
    edition {bigint} NOT NULL,
    author TEXT NOT NULL,
    source TEXT NOT NULL,
    written TEXT NOT NULL,
    language TEXT NOT NULL,
    body TEXT NOT NULL,
    removed {bigint} NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    changed_us {bigint} NOT NULL
) {strict};
CREATE INDEX editorial_reviews_by_edition ON editorial_reviews (edition);
CREATE INDEX editorial_reviews_by_change ON editorial_reviews (changed_us);

-- Whether a reader bought what she writes about is looked up by her address.
CREATE INDEX orders_by_email ON orders (LOWER(email));
