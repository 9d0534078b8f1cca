-- Reports of the desk that were taken back or taken away: whoever brings one again brings nothing. Hash of the return address, or of the number of one
-- that has none; server time.
CREATE TABLE desk_gone (report BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

-- The sealed file of a report, until the server took it. States are: made (handed over by its maker) | unsent | sent | taken back.
ALTER TABLE made_report ADD COLUMN file BLOB;

-- What a file is, wherever it was sent.
ALTER TABLE file ADD COLUMN sha256 BLOB;
CREATE INDEX file_sha256 ON file (sha256);

-- The files of messages whose pictures are private: they are private in every message that has them.
CREATE TABLE private_file (
    sha256 BLOB NOT NULL,
    blob BLOB NOT NULL,
    chat INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    PRIMARY KEY (sha256, blob, chat, message_id)
) WITHOUT ROWID;
CREATE INDEX private_file_blob ON private_file (blob);
