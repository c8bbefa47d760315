-- Cards that are here, the oldest first: nobody's card stays for long. Of the forgotten ones a row stays.
CREATE INDEX card_kept ON card (checked_in_at) WHERE forgotten_at IS NULL;
