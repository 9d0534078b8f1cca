-- What a page needs beside what the command line shows.

ALTER TABLE chat ADD COLUMN pinned INTEGER;              -- on top of the list, since when
ALTER TABLE chat ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN muted_until INTEGER;
ALTER TABLE chat ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0; -- deleted here, until something new is said in it
ALTER TABLE chat ADD COLUMN pinned_message BLOB;         -- message id

ALTER TABLE message ADD COLUMN failure BLOB;             -- why it failed (view::Refusal, postcard)
ALTER TABLE message ADD COLUMN mentioned INTEGER NOT NULL DEFAULT 0; -- it mentions this account
ALTER TABLE message ADD COLUMN linked INTEGER NOT NULL DEFAULT 0;    -- it has a link in its words
CREATE INDEX message_linked ON message (chat, id) WHERE linked = 1;
CREATE INDEX message_unsent ON message (state) WHERE state IN ('queued', 'uploading', 'failed');

ALTER TABLE upload ADD COLUMN voice INTEGER NOT NULL DEFAULT 0;
ALTER TABLE upload ADD COLUMN failed INTEGER NOT NULL DEFAULT 0; -- waits to be tried again
ALTER TABLE upload ADD COLUMN done BLOB;                 -- content with this file alone, once it is on the server

-- What is not finished in the composer of a chat.
CREATE TABLE draft (chat INTEGER PRIMARY KEY, text TEXT NOT NULL, reply INTEGER, edit INTEGER);

-- The last vote of each account. Kept also for polls that are not here yet.
CREATE TABLE vote (chat INTEGER NOT NULL, poll BLOB NOT NULL, account BLOB NOT NULL, choices BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (chat, poll, account)) WITHOUT ROWID;
CREATE TABLE poll_close (chat INTEGER NOT NULL, poll BLOB NOT NULL, account BLOB NOT NULL, PRIMARY KEY (chat, poll, account)) WITHOUT ROWID;

-- Files of shown messages, beside what their content says of them.
CREATE TABLE file (message INTEGER NOT NULL, position INTEGER NOT NULL, chat INTEGER NOT NULL, blob BLOB NOT NULL, class INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (message, position)) WITHOUT ROWID;
CREATE INDEX file_chat ON file (chat, class, message);
CREATE INDEX file_blob ON file (blob);

-- Blobs that the shell has on this device.
CREATE TABLE held (
    blob BLOB PRIMARY KEY,
    bytes INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    useless INTEGER NOT NULL DEFAULT 0 -- no message has it any more: the shell is to forget it
) WITHOUT ROWID;
CREATE INDEX held_useless ON held (blob) WHERE useless = 1;
-- However a message goes: nothing of its files stays.
CREATE TRIGGER file_gone AFTER DELETE ON file BEGIN
    UPDATE held SET useless = 1 WHERE blob = OLD.blob AND NOT EXISTS (SELECT 1 FROM file WHERE blob = OLD.blob);
END;
CREATE TRIGGER file_again AFTER INSERT ON file BEGIN
    UPDATE held SET useless = 0 WHERE blob = NEW.blob;
END;
