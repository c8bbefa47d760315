-- What a note's sentence is made of, kind and arguments: the sentence itself is made in the reader's language. Notes that
-- are older have only their English message.
ALTER TABLE import_notes ADD COLUMN said TEXT;
