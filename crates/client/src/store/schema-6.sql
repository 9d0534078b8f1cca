-- Whether the owner of this device said that both saw the same digits. Like `knows` it is in no vault, and leaves this device in no other way.
ALTER TABLE contact ADD COLUMN compared INTEGER NOT NULL DEFAULT 0;
