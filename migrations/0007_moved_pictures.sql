-- When somebody put a picture into another project: what is moved is not new there.

ALTER TABLE image ADD COLUMN moved_at  timestamptz;
