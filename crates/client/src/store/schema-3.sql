-- What keeps this account safe (docs/spec/vault.md): one row once the words are made.
CREATE TABLE vault (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    entropy BLOB NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 0,   -- that the server holds, as far as is known
    written INTEGER NOT NULL DEFAULT 0,   -- how often it was written, over all devices
    stored INTEGER,                       -- when the server last took it (server time)
    left_out INTEGER NOT NULL DEFAULT 0,
    touched INTEGER NOT NULL DEFAULT 1,   -- counts changes of what is in it
    covered INTEGER NOT NULL DEFAULT 0,   -- how many of them were looked at
    digest BLOB,                          -- of what the server took
    soon INTEGER,                         -- when a change is written (this device's clock)
    due INTEGER,                          -- when it is written without one
    attempt BLOB,                         -- sealed bytes, said again as they are while the outcome is unknown
    attempt_covered INTEGER,
    attempt_digest BLOB
);

-- An account that is on its way back to this device.
CREATE TABLE restoring (id INTEGER PRIMARY KEY CHECK (id = 1), entropy BLOB NOT NULL, server_url TEXT NOT NULL, next BLOB, kept INTEGER NOT NULL DEFAULT 0);

-- Own AccountStates, as far as this device knows them.
CREATE TABLE own_state (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);

-- Chats that this account is not back in yet: whom to ask, and with which KeyPackage.
CREATE TABLE homecoming (chat INTEGER PRIMARY KEY, helpers BLOB NOT NULL, key_package BLOB, leaf BLOB);

CREATE TRIGGER vault_account AFTER UPDATE OF username, display_name, state, handle_cert ON account BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_contact_new AFTER INSERT ON contact BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_contact AFTER UPDATE OF username, confirmed, display_name, label, state, capability, inbox_pass, take, blocked ON contact BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_chat_new AFTER INSERT ON chat BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_chat AFTER UPDATE OF kind, state, peer, name, description, expire_seconds ON chat BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_log_new AFTER INSERT ON log BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_log AFTER UPDATE OF pass, next_pass ON log BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_member_new AFTER INSERT ON member BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_member_gone AFTER DELETE ON member BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_door_new AFTER INSERT ON inbox_pass BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_door AFTER UPDATE ON inbox_pass BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_door_gone AFTER DELETE ON inbox_pass BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_link_new AFTER INSERT ON link BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_link AFTER UPDATE ON link BEGIN UPDATE vault SET touched = touched + 1; END;
CREATE TRIGGER vault_link_gone AFTER DELETE ON link BEGIN UPDATE vault SET touched = touched + 1; END;
