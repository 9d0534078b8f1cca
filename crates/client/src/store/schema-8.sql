-- When somebody was blocked, in server time; 0: before this was noted. It is in no vault.
ALTER TABLE contact ADD COLUMN blocked_at INTEGER NOT NULL DEFAULT 0;

-- Messages whose pictures are private, as the owner of this device said: mine | child. Here nothing of them is shown, copied or passed on.
CREATE TABLE private (
    chat INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    whose TEXT NOT NULL,
    taken INTEGER,                -- when the file was written out, once (server time)
    PRIMARY KEY (chat, message_id)
) WITHOUT ROWID;

-- Somebody of whom it was told that they were added, and not yet that they joined.
ALTER TABLE member ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0;
