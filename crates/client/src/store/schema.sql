-- Everything one client keeps. Stored formats never change meaning: a new meaning is a new column and a new step in store/mod.rs.

CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- Commands already carried out, with what they came to: done twice, it happens once.
CREATE TABLE command (id BLOB PRIMARY KEY, reply BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;

-- This device's account: one row.
CREATE TABLE account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    username TEXT NOT NULL,
    display_name TEXT,
    server_url TEXT NOT NULL,
    invite BLOB,
    identity_key BLOB NOT NULL,   -- Ed25519 seed
    client BLOB NOT NULL,
    client_key BLOB NOT NULL,     -- Ed25519 seed
    franking_key BLOB NOT NULL,   -- ristretto scalar
    inbox_key BLOB NOT NULL,      -- X-Wing seed
    state BLOB NOT NULL,          -- the newest own AccountState
    cert BLOB NOT NULL,           -- this client's certificate
    signed_up INTEGER NOT NULL DEFAULT 0,
    handle_cert BLOB,
    server BLOB,                  -- pinned at sign-up: identity and D
    stamp_key BLOB,
    last_resort_at INTEGER NOT NULL DEFAULT 0
);

-- A log this client reads: its inbox, or a chat's. The row number names the subscription.
CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    log BLOB NOT NULL UNIQUE,
    route BLOB NOT NULL,
    pass BLOB NOT NULL,
    next_pass BLOB,               -- takes over when the Commit that swaps it is read back
    inbox INTEGER NOT NULL,
    live INTEGER NOT NULL DEFAULT 0,
    cursor INTEGER NOT NULL DEFAULT 0,
    chain BLOB NOT NULL,
    ms INTEGER NOT NULL DEFAULT 0,
    last_commit INTEGER NOT NULL DEFAULT 0,
    fault TEXT                    -- what the server did wrong, if it did
);

-- The line of every record passed: stamp without signature, and the chain there.
CREATE TABLE line (log INTEGER NOT NULL, seq INTEGER NOT NULL, stamp BLOB NOT NULL, chain BLOB NOT NULL, PRIMARY KEY (log, seq)) WITHOUT ROWID;

-- Passes of our own inbox: links and contacts.
CREATE TABLE inbox_pass (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    token BLOB NOT NULL,
    want TEXT NOT NULL,           -- set | drop
    live INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE link (
    id INTEGER PRIMARY KEY,
    inbox_pass INTEGER NOT NULL,
    label TEXT NOT NULL,
    made INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    uses INTEGER NOT NULL
);

CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    outgoing INTEGER NOT NULL,
    account BLOB NOT NULL,
    label TEXT NOT NULL,
    link_made INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    state TEXT NOT NULL,          -- open | waiting | accepted | declined | failed
    link_pass BLOB NOT NULL,      -- hash of the drop pass of the link
    capability BLOB,              -- how to reach them (envelope::Capability)
    key_package BLOB
);
CREATE INDEX request_account ON request (account);

CREATE TABLE contact (
    account BLOB PRIMARY KEY,
    username TEXT,
    confirmed INTEGER NOT NULL DEFAULT 0, -- the server's identity signed this username for this account
    display_name TEXT,
    label TEXT NOT NULL DEFAULT '', -- what this person wrote on the link that they used
    state BLOB,                   -- their newest AccountState
    capability BLOB,              -- how to reach them; none for people met in groups only
    inbox_after INTEGER NOT NULL DEFAULT 0,
    inbox_pass INTEGER,           -- what they reach us with
    take BLOB,                    -- the take pass they hold
    blocked INTEGER NOT NULL DEFAULT 0,
    chat INTEGER,
    met INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE key_package (reference BLOB PRIMARY KEY, leaf_public BLOB NOT NULL, leaf_key BLOB NOT NULL, made INTEGER NOT NULL, last_resort INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX key_package_leaf ON key_package (leaf_public);

CREATE TABLE chat (
    id INTEGER PRIMARY KEY,
    log INTEGER UNIQUE,
    kind TEXT NOT NULL,           -- two | group
    state TEXT NOT NULL,          -- active | leaving | left | removed | broken | ended
    peer BLOB,                    -- of a chat of two
    name TEXT,
    description TEXT,
    leaf_key BLOB,                -- this client's MLS signature key here
    counter INTEGER NOT NULL DEFAULT 0,   -- of own messages read back
    previous_c BLOB NOT NULL,
    expire_seconds INTEGER NOT NULL DEFAULT 0,
    commits_at INTEGER NOT NULL DEFAULT 0, -- when this client last refreshed its leaf
    sent_since INTEGER NOT NULL DEFAULT 0,
    introduced INTEGER NOT NULL DEFAULT 0, -- own profile sent in this chat
    void_records INTEGER NOT NULL DEFAULT 0,
    made INTEGER NOT NULL
);

-- Leaves of a chat, beside what MLS keeps.
CREATE TABLE member (
    chat INTEGER NOT NULL,
    leaf INTEGER NOT NULL,
    account BLOB NOT NULL,
    client BLOB NOT NULL,
    leaf_public BLOB NOT NULL,    -- its signature key
    cert BLOB NOT NULL,           -- hash, into cert
    pass BLOB,
    since INTEGER NOT NULL,       -- sequence of the Commit that added it
    entered INTEGER NOT NULL,     -- the same of its client: one Commit that takes a leaf out and puts another in its place is no interruption
    spoke INTEGER NOT NULL DEFAULT 0,
    heard BLOB,                   -- the pass that its last verified words came by: what it publishes may be another
    PRIMARY KEY (chat, leaf)
) WITHOUT ROWID;

-- Where each client's line of messages stands in a chat. Outlives its leaf: a client that comes back goes on counting.
CREATE TABLE speaker (chat INTEGER NOT NULL, account BLOB NOT NULL, client BLOB NOT NULL, counter INTEGER NOT NULL, last_c BLOB NOT NULL, PRIMARY KEY (chat, account, client)) WITHOUT ROWID;

CREATE TABLE cert (hash BLOB PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE invitation (
    id INTEGER PRIMARY KEY,
    inviter BLOB NOT NULL,
    welcome BLOB NOT NULL,        -- the opened envelope
    members INTEGER NOT NULL,
    known INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    state TEXT NOT NULL           -- open | joined | declined | replaced | spent
);

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL,
    seq INTEGER,                  -- none while queued
    message_id BLOB NOT NULL,
    account BLOB NOT NULL,
    mine INTEGER NOT NULL,
    kind INTEGER NOT NULL,        -- wire::content::Kind
    content BLOB NOT NULL,        -- whole, as it was committed
    shown INTEGER NOT NULL,       -- a line of its own
    text TEXT NOT NULL,           -- what is read and searched
    sent INTEGER NOT NULL,        -- the sender's time
    stamped INTEGER,
    state TEXT NOT NULL,          -- queued | uploading | sent | read | failed | received | notice
    reply_to BLOB,
    target BLOB,                  -- the message that this one changes
    forwarded INTEGER NOT NULL DEFAULT 0,
    edited INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER,              -- when it was deleted for all; the content dies 7 days later
    expires INTEGER,
    unread INTEGER NOT NULL DEFAULT 0,
    strange INTEGER NOT NULL DEFAULT 0,   -- of a kind that the program did not know when it came
    said_again INTEGER NOT NULL DEFAULT 0 -- how often it was repaired for somebody
);
CREATE INDEX message_page ON message (chat, shown, id);
CREATE UNIQUE INDEX message_name ON message (chat, message_id);
CREATE INDEX message_expires ON message (expires) WHERE expires IS NOT NULL;
CREATE INDEX message_target ON message (chat, target) WHERE target IS NOT NULL;
CREATE INDEX message_strange ON message (id) WHERE strange = 1;
-- Every input looks for deleted messages whose time is over.
CREATE INDEX message_deleted ON message (deleted) WHERE deleted IS NOT NULL AND length(content) > 0;
CREATE INDEX message_unread ON message (chat) WHERE unread = 1;

-- What makes a message provable: openings, proof, signed stamp, certificate.
CREATE TABLE evidence (
    message INTEGER PRIMARY KEY,
    sent BLOB NOT NULL,           -- the opened payload: kf, context, fields, sigma
    stamp BLOB NOT NULL,          -- with its signature
    cert BLOB NOT NULL
);

CREATE TABLE reaction (chat INTEGER NOT NULL, target BLOB NOT NULL, account BLOB NOT NULL, message_id BLOB NOT NULL, emoji TEXT NOT NULL, PRIMARY KEY (chat, target, account, emoji)) WITHOUT ROWID;
CREATE TABLE receipt (chat INTEGER NOT NULL, message_id BLOB NOT NULL, account BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (chat, message_id, account)) WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");

-- What is meant, until it is done. Rows of one log leave in order.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: answers of the server name it
    log INTEGER,                  -- none for what goes elsewhere
    body BLOB NOT NULL,           -- outbox::Intent
    chat INTEGER,
    message INTEGER,
    urgent INTEGER NOT NULL DEFAULT 0, -- goes before what else waits in its log
    not_before INTEGER NOT NULL DEFAULT 0,
    attempt BLOB,                 -- sealed bytes, resent as they are while the outcome is unknown
    attempt_hash BLOB,
    attempt_meta BLOB
);
CREATE INDEX outbox_log ON outbox (log, urgent, id);

-- Attempts given up after a definite refusal: should one turn up after all, it is recognised.
CREATE TABLE discarded (log INTEGER NOT NULL, hash BLOB NOT NULL, outbox INTEGER NOT NULL, meta BLOB NOT NULL, PRIMARY KEY (log, hash)) WITHOUT ROWID;

CREATE TABLE mls (kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;

-- Files on their way to the server, until their message can be sealed. Key and salt belong to one source for ever.
CREATE TABLE upload (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat INTEGER NOT NULL,
    message INTEGER NOT NULL,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    caption TEXT,
    alt TEXT,
    original INTEGER NOT NULL,
    reply_to BLOB,
    key BLOB NOT NULL,
    salt BLOB NOT NULL,
    delete_token BLOB NOT NULL,
    upload BLOB,                  -- the server's name for it, once begun
    checkpoint BLOB,              -- what may have left
    source_length INTEGER,
    source_time INTEGER
);

-- Large Welcomes that were announced and are still to be fetched.
CREATE TABLE parcel (id INTEGER PRIMARY KEY AUTOINCREMENT, sender BLOB, chat INTEGER, welcome BLOB NOT NULL);

-- What seals requests to be let back in, of the last epochs.
CREATE TABLE rejoin_key (log INTEGER NOT NULL, epoch INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (log, epoch)) WITHOUT ROWID;

-- Records of a group that is broken here, until this client is back in it.
CREATE TABLE parked (log INTEGER NOT NULL, seq INTEGER NOT NULL, stamp BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY (log, seq)) WITHOUT ROWID;

-- What deletes our blobs again.
CREATE TABLE own_blob (blob BLOB PRIMARY KEY, delete_token BLOB NOT NULL) WITHOUT ROWID;
