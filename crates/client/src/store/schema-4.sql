-- How the owner of this device says that they know somebody: in_life | online | unsure. It is in no vault and leaves this device in no other way.
ALTER TABLE contact ADD COLUMN knows TEXT;
