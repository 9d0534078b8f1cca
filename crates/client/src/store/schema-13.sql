-- Whether this device drew a curtain before a picture of somebody else because it may be private. It goes with the file.
ALTER TABLE file ADD COLUMN covered INTEGER NOT NULL DEFAULT 0;
