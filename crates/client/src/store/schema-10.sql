-- Of a message with files that its sender deleted: `sent` is then a report of that message alone, in which what opens them is sealed for the police.
ALTER TABLE evidence ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
