-- What is kept for a report (docs/spec/report.md, "Keeping").

-- The place where kept messages lie: they are sealed to its public key, and the secret opens with a passphrase of its own.
CREATE TABLE keep_box (id INTEGER PRIMARY KEY CHECK (id = 1), public BLOB NOT NULL, locked BLOB NOT NULL);

-- Kept messages, each a report to oneself. What opens a picture is not in it: that part is sealed to the law enforcement desk.
CREATE TABLE kept (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    kept INTEGER NOT NULL,        -- server time
    UNIQUE (chat, message_id)
);

-- What became of them in their chat.
CREATE TABLE kept_event (kept INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL);

-- Reports that were made here: how to ask after them.
CREATE TABLE made_report (number TEXT PRIMARY KEY, chat INTEGER, made INTEGER NOT NULL, secret BLOB NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
