//! The tables. Every key is random or a hash, so that the order of rows tells nothing; dates of accounts and blobs are days.

/// Says that a file is ours: "thse".
pub const APPLICATION_ID: i32 = 0x7468_7365;
/// Raised with every change of meaning.
pub const VERSION: i32 = 4;

/// Must come before anything is written. A record of 1.5 KB stays in its page of 8 KiB; deleted bytes are overwritten.
pub const BEFORE: &str = "PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
PRAGMA secure_delete = ON;
PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 0;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA foreign_keys = OFF;
PRAGMA cache_size = -16384;
PRAGMA trusted_schema = OFF;";

pub const TABLES: &str = "
-- A log's head as of its last Commit or death: records with a higher sequence are newer truth.
CREATE TABLE log(n INTEGER PRIMARY KEY, id BLOB NOT NULL, inbox INTEGER NOT NULL, seq INTEGER NOT NULL, ms INTEGER NOT NULL,
    last_commit INTEGER NOT NULL, chain BLOB NOT NULL);
-- ended: the record that ended the pass, 0 while it lives. heir: the pass it was swapped for, or that one's heir.
CREATE TABLE pass(n INTEGER NOT NULL, hash BLOB NOT NULL, role INTEGER NOT NULL, cursor INTEGER NOT NULL, ended INTEGER NOT NULL, heir BLOB,
    PRIMARY KEY(n, hash)) WITHOUT ROWID;
CREATE TABLE record(n INTEGER NOT NULL, seq INTEGER NOT NULL, ms INTEGER NOT NULL, flag INTEGER NOT NULL, by BLOB NOT NULL, c BLOB,
    prev BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(n, seq)) WITHOUT ROWID;
-- Batches of records without a place yet (journal.rs).
CREATE TABLE fresh(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
-- Prints of 64 records in a row (marks.rs).
CREATE TABLE mark(n INTEGER NOT NULL, block INTEGER NOT NULL, prints BLOB NOT NULL, PRIMARY KEY(n, block)) WITHOUT ROWID;
-- Answers whose records died before their sender had read them.
CREATE TABLE answer(n INTEGER NOT NULL, by BLOB NOT NULL, seq INTEGER NOT NULL, ms INTEGER NOT NULL, flag INTEGER NOT NULL, c BLOB,
    h BLOB NOT NULL, prev BLOB NOT NULL, PRIMARY KEY(n, by, seq)) WITHOUT ROWID;

CREATE TABLE account(id BLOB PRIMARY KEY, handle BLOB NOT NULL UNIQUE, day INTEGER NOT NULL, role TEXT NOT NULL, closed INTEGER NOT NULL,
    quota INTEGER) WITHOUT ROWID;
CREATE TABLE state(account BLOB NOT NULL, seq INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(account, seq)) WITHOUT ROWID;
CREATE TABLE invite(hash BLOB PRIMARY KEY, role TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE key_package(account BLOB NOT NULL, client BLOB NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY(account, client, hash)) WITHOUT ROWID;
CREATE TABLE last_resort(account BLOB NOT NULL, client BLOB NOT NULL, day INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY(account, client)) WITHOUT ROWID;
CREATE TABLE take_pass(account BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(account, hash)) WITHOUT ROWID;

CREATE TABLE upload(id BLOB PRIMARY KEY, length INTEGER NOT NULL, delete_hash BLOB NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE blob(id BLOB PRIMARY KEY, length INTEGER NOT NULL, delete_hash BLOB NOT NULL, day INTEGER NOT NULL, held INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX blob_day ON blob(day);
";

/// What version 2 added. A vault is joined to nothing: its id comes from words that no server knows, and it is dated by the day it was last written.
pub const VAULTS: &str = "
CREATE TABLE vault(id BLOB PRIMARY KEY, write BLOB NOT NULL, version INTEGER NOT NULL, day INTEGER NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX vault_day ON vault(day);
";

/// What version 3 added: where to knock for a pass, each row sealed under a key of its own, without a date.
pub const WAKES: &str = "
CREATE TABLE wake(n INTEGER NOT NULL, hash BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(n, hash)) WITHOUT ROWID;
";

/// What version 4 added: accounts that begin nothing new.
pub const BANS: &str = "
ALTER TABLE account ADD COLUMN ban INTEGER NOT NULL DEFAULT 0;
";
