-- How often a job was claimed since somebody asked for it, without its worker having said how it ended.
ALTER TABLE import_jobs ADD COLUMN tries {bigint} NOT NULL DEFAULT 0;
