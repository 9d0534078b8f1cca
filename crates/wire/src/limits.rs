//! Every limit on what comes from outside, with its reason.

/// Payloads shorter than this are padded to it: most chat lines fit, so most look alike.
pub const PADME_FLOOR: u64 = 256;
/// Inbox records are padded to this times a power of two: a contact request and a small Welcome look alike.
pub const INBOX_PAD_FLOOR: usize = 4096;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// A day in milliseconds.
pub const DAY: u64 = 24 * HOUR;

// Records

/// A record: a Commit with 100 Adds or an update path in 256 leaves (about 110 KiB measured) fits; what is larger goes into a blob.
pub const RECORD_MAX: usize = 512 * 1024;
/// A WebSocket message or an HTTP body of the protocol: one record and its frame, or a page cut to fit.
pub const FRAME_MAX: usize = RECORD_MAX + 64 * 1024;
/// What a record is charged beside its bytes: its row, what is remembered of it, its place in memory.
pub const RECORD_COST: u64 = 256;
/// Records of one log from the oldest that is held on: 5,000 a day for as long as Commits live. In a log with more each pass appends as slowly as it
/// Commits: for what is remembered of each record there is no room without end (36 MiB here).
pub const RECORDS_CROWDED: u64 = 900_000;
/// From so many on Commits alone are taken. One pass alone needs 104 days from there to here, longer than its content lives; whoever has several devices
/// in a log, or leaves a Commit unread before what it fills it with, gets here.
pub const RECORDS_HELD_MAX: u64 = 2 * RECORDS_CROWDED;
/// Records in one answer or push.
pub const PAGE_RECORDS: usize = 64;
/// Bytes of records in one answer or push; a page always holds at least one record.
pub const PAGE_BYTES: usize = 256 * 1024;
/// What a connection may have pushed and not acknowledged.
pub const WINDOW_RECORDS: usize = 256;
/// The same in bytes.
pub const WINDOW_BYTES: usize = 1024 * 1024;
/// A connection that acknowledges nothing for this long, with its window full, is closed.
pub const WINDOW_STALL: u64 = 30 * SECOND;
/// Content dies at this age even if someone has not read it: a school holiday is 42 days.
pub const RECORD_RETENTION: u64 = 90 * DAY;
/// Commits live this long, so whoever was away for less can follow. Nobody is taken out for being silent for longer yet.
pub const COMMIT_RETENTION: u64 = 180 * DAY;
/// Answers a pass remembers, so that the same bytes get the same answer.
pub const ANSWERS_KEPT: usize = 32;
/// Pass changes in one append: 100 Adds (RFC 9420 Commits above that cost O(N^2)) and as many drops.
pub const PASS_CHANGES_MAX: usize = 200;
/// Passes of one log: 256 leaves and the drop passes of an inbox.
pub const PASSES_MAX: usize = 1024;
/// The same with those that have ended and are remembered while records lie that they may read: no new one is set above it. 256 leaves that came back
/// sixteen times each are half of it, and all of them are looked through whenever records of the log die.
pub const PASSES_REMEMBERED_MAX: usize = 8 * PASSES_MAX;
/// Commit-flagged appends of one pass: this many at once ...
pub const COMMIT_BURST: u32 = 5;
/// ... then one in this time.
pub const COMMIT_EVERY: u64 = 10 * SECOND;
/// Commit-flagged appends of one log at once, over all its passes.
pub const LOG_COMMIT_BURST: u32 = 30;
/// ... then one in this time.
pub const LOG_COMMIT_EVERY: u64 = SECOND;
/// Subscriptions in one request: a client with 2,000 chats reconnects with one.
pub const SUBSCRIBE_MAX: usize = 4096;
/// Subscriptions of one connection.
pub const SUBSCRIPTIONS_MAX: usize = 8192;
/// Of these to one log: the pass before a swap and the one after it, twice over.
pub const SUBSCRIPTIONS_PER_LOG: usize = 4;
/// Listeners of one log that are told of a record when it comes: four of each pass that a log can have. All are told before the next records are
/// committed. One more hears when it subscribes again.
pub const LISTENERS_MAX: usize = 4 * PASSES_MAX;
/// Operations in one group commit of the server's store.
pub const BATCH_MAX: usize = 1024;

// Signals

/// Every signal has this length: what it says does not show in its size, and a flood carries little.
pub const SIGNAL_LEN: usize = 256;
/// Signals of one connection at once: somebody looks into some chats and begins to write ...
pub const SIGNAL_BURST: u32 = 10;
/// ... then one in this time.
pub const SIGNAL_EVERY: u64 = SECOND;
/// A signal to a log that more connections listen to goes to nobody: TYPING_MEMBERS_MAX members with some devices and tabs each.
pub const SIGNAL_LISTENERS_MAX: usize = 4 * TYPING_MEMBERS_MAX;
/// Signals that wait for a connection which does not look: the rest is dropped.
pub const SIGNALS_WAITING_MAX: usize = 32;
/// That somebody is writing is said and shown up to so many members, as read receipts are.
pub const TYPING_MEMBERS_MAX: usize = RECEIPT_MEMBERS_MAX;
/// While somebody writes it is said again after this long.
pub const TYPING_EVERY: u64 = 4 * SECOND;
/// It is shown for this long after it was last said: two missed ones take it away.
pub const TYPING_SHOWN: u64 = 9 * SECOND;
/// A signal counts only if its time lies no further than this from the receiver's: one that was held back says nothing.
pub const SIGNAL_FRESH: u64 = 20 * SECOND;

// Waking

/// Bytes of an endpoint of a push service: those of today have 150 to 500.
pub const ENDPOINT_MAX: usize = 1024;
/// Subscriptions in one request about waking: a thousand rows of a kilobyte are one short transaction.
pub const WAKES_PER_REQUEST: usize = 1024;
/// Requests about waking of one account at once: somebody says good night in some chats ...
pub const WAKE_BURST: u32 = 30;
/// ... then one in this time.
pub const WAKE_RATE: u64 = SECOND;
/// A device that is here has acknowledged by then what waits. One whose line only looks alive is knocked for.
pub const WAKE_PATIENCE: u64 = 5 * SECOND;
/// A device that has not been back is knocked for again after this long at the soonest.
pub const WAKE_EVERY: u64 = HOUR;
/// The members of a safety desk are knocked for once in this time at most, whatever is dropped there: they look at everything that came.
pub const DESK_WAKE_EVERY: u64 = 5 * MINUTE;
/// Knocks of one device that wait for their moment: one that has acknowledged in one chat may be away all the same in another, and a few show it.
pub const WAKES_OF_A_DEVICE: usize = 8;
/// Knocks that wait for their moment, over the whole server; the rest is not made.
pub const WAKES_WAITING_MAX: usize = 16 * 1024;
/// Devices that a server remembers to have knocked for in the last hour.
pub const WAKES_REMEMBERED_MAX: usize = 1024 * 1024;

// Sessions and accounts

/// Protocol versions and features a Hello may name: a handful exists.
pub const VERSIONS_MAX: usize = 16;
pub const FEATURES_MAX: usize = 64;
/// Bytes of one feature's name.
pub const FEATURE_LEN_MAX: usize = 64;
/// A handle certificate without its role: handle, account, day, the role's length, signature.
pub const HANDLE_CERT_FIXED: usize = 32 + 32 + 4 + 1 + 64;
/// A handle certificate as a server gives it.
pub const HANDLE_CERT_MAX: usize = HANDLE_CERT_FIXED + ROLE_MAX;
/// Bytes of a role that an operator gives with an invitation.
pub const ROLE_MAX: usize = 64;

/// A bearer lives this long, in memory.
pub const SESSION_LIFE: u64 = 24 * HOUR;
/// A challenge must be answered within this time.
pub const CHALLENGE_LIFE: u64 = MINUTE;
/// Open sessions of one client; the oldest gives way.
pub const SESSIONS_PER_CLIENT: usize = 4;
/// Connections on which one session is resumed at once: a line that breaks again and again leaves some that nobody has missed yet.
pub const SOCKETS_PER_SESSION: usize = 8;
/// Clients of one account.
pub const CLIENTS_MAX: usize = 16;
/// An AccountState: CLIENTS_MAX certificates and the keys.
pub const ACCOUNT_STATE_MAX: usize = 16 * 1024;
/// AccountStates in one answer.
pub const STATES_PAGE: usize = 64;
/// AccountStates one account may publish in a day: they are kept for as long as the account is. Each of sixteen clients comes, goes and comes again.
pub const STATES_PER_DAY: u32 = 64;
/// States of one account that are paged through to find the newest: some are signed in a year.
pub const STATES_FOLLOWED_MAX: u64 = 4096;
/// Logs one account may create in a day: a busy organiser makes tens, a flood makes thousands.
pub const LOGS_PER_DAY: u32 = 500;
/// Bytes of the username, in UTF-8.
pub const USERNAME_MIN: usize = 3;
pub const USERNAME_MAX: usize = 32;
/// Codes one `treehouse invite` makes.
pub const INVITES_MAX: u32 = 1000;

// KeyPackages

/// One suite 0x004E KeyPackage is about 1.8 KiB (measured); certificates may grow.
pub const KEY_PACKAGE_MAX: usize = 8 * 1024;
/// One-time KeyPackages a client keeps on the server.
pub const KEY_PACKAGES_KEPT: usize = 50;
/// KeyPackages in one upload.
pub const KEY_PACKAGES_PER_REQUEST: usize = 100;
/// The last-resort KeyPackage is replaced this often.
pub const LAST_RESORT_ROTATION: u64 = 7 * DAY;
/// Takes one take pass allows in a day.
pub const TAKES_PER_DAY: u32 = 10;
/// Take passes of one account: one a contact.
pub const TAKE_PASSES_MAX: usize = 4096;

// Inboxes

/// Deposits wait a random time between these two, so that they do not follow an act of the sender at once.
pub const DEPOSIT_DELAY_MIN: u64 = 2 * SECOND;
pub const DEPOSIT_DELAY_MAX: u64 = 20 * SECOND;
/// Inbox records are dated by the minute.
pub const INBOX_TIME_GRAIN: u64 = MINUTE;
/// A Welcome larger than this is an encrypted blob named in the inbox record.
pub const WELCOME_INLINE_MAX: usize = 8 * 1024;
/// The blob of a large Welcome: 100 joiners and the tree of 256 leaves are under 2 MiB (measured).
pub const WELCOME_BLOB_MAX: u64 = 4 * 1024 * 1024;

// Blobs

/// One blob: a 4 GiB file, padded.
pub const BLOB_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// One PATCH of an upload.
pub const BLOB_PART_MAX: usize = 8 * 1024 * 1024;
/// Blobs die at this age unless held.
pub const BLOB_RETENTION: u64 = 90 * DAY;
/// An upload not touched for this long is swept.
pub const UPLOAD_LIFE: u64 = 7 * DAY;
/// Bytes one account may store in a day, files, records (with RECORD_COST each) and vaults together, unless `treehouse admin quota` says otherwise.
pub const BLOB_QUOTA_PER_DAY: u64 = 10 * 1024 * 1024 * 1024;
/// Uploads one account may have open.
pub const UPLOADS_OPEN_MAX: usize = 16;
/// What a sender deleted stays sealed where it lies for so long, given to nobody: as long as what was deleted can be reported.
pub const BLOB_GRACE: u64 = 7 * DAY;
/// A hold lasts as long as a member of the desk says, and this at most.
pub const HOLD_LIFE: u64 = 365 * DAY;

// Vaults

/// A sealed vault: about 250 people whom one can reach (1.9 KiB each) and 300 chats, in one frame.
pub const VAULT_MAX: usize = RECORD_MAX;
/// Vaults have this length times a power of two: with a handful of contacts all look alike.
pub const VAULT_PAD_FLOOR: usize = 16 * 1024;
/// A vault that was not written for so long is given up. A living device writes its own anew every month; two years is a long illness or a long
/// sentence.
pub const VAULT_RETENTION: u64 = 2 * 365 * DAY;
/// Times one account writes a vault in a day. A device writes once in a minute or two, and only after a change.
pub const VAULT_WRITES_PER_DAY: u32 = 300;
/// Of these, vaults that did not exist before: new words are made once in a long while.
pub const VAULTS_PER_DAY: u32 = 8;
/// Lookups of vaults and states by who has no session, on one connection: a few tries of somebody who mistypes.
pub const LOOKUP_BURST: u32 = 16;
/// ... then one in this time.
pub const LOOKUP_EVERY: u64 = 5 * SECOND;
/// The same from one network address: a class that shares one comes back, each with a few ...
pub const LOOKUP_ADDRESS_BURST: u32 = 64;
/// ... then one in this time: a small part of what the server takes.
pub const LOOKUP_ADDRESS_EVERY: u64 = SECOND;
/// Members of a group who are asked to let an account back in: somebody of eight is there today.
pub const VAULT_HELPERS_MAX: usize = 8;
/// Chats in one request to be let back in: sixteen KeyPackages with their states are under 100 KiB.
pub const RETURNS_PER_REQUEST: usize = 16;
/// AccountStates in such a request: an account comes back a few times in a life.
pub const RETURN_STATES_MAX: usize = 8;
/// Lost clients that such a request names: those of an account's last sixteen returns.
pub const RETURN_GONE_MAX: usize = 16;
/// The same over the whole server: ids of 128 bits are not guessed, but a flood costs reads.
pub const SERVER_LOOKUP_BURST: u32 = 500;
/// ... then one in this time.
pub const SERVER_LOOKUP_EVERY: u64 = 20;

// Reports

/// Members of a safety desk: a school has a handful.
pub const DESK_MEMBERS_MAX: usize = 16;
/// Reports that are dropped at once on a server, by whoever has no session ...
pub const REPORT_BURST: u32 = 20;
/// ... then one in this time. Each costs its sender a moment of work, too.
pub const REPORT_EVERY: u64 = 5 * SECOND;
/// The same from one network address: a class that shares one, and less than half of what the server takes ...
pub const REPORT_ADDRESS_BURST: u32 = 8;
/// ... then one in this time.
pub const REPORT_ADDRESS_EVERY: u64 = 15 * SECOND;
/// A report that is dropped: 256 KiB of words, proofs and pictures, and slots for a desk of the largest kind.
pub const REPORT_MAX: usize = 288 * 1024;
/// Bytes of reports that a server takes in a day: a flood of 90 days leaves the disk of a small server in peace.
pub const REPORT_BYTES_PER_DAY: u64 = 128 * 1024 * 1024;
/// The same from one network address: some hundred usual reports.
pub const REPORT_ADDRESS_BYTES_PER_DAY: u64 = 16 * 1024 * 1024;
/// Into so many places addresses are counted: few enough that none stands for one address alone, enough that a flood from some spares the others.
pub const REPORT_PLACES: usize = 4096;
/// Bytes of a safety desk's log that a member's device reads at once: eight days of as much as a server takes. What goes on for longer is a flood, or
/// has no end.
pub const DESK_READ_MAX: u64 = 8 * REPORT_BYTES_PER_DAY;

// Content

/// The encoded content of one message, before padding.
pub const CONTENT_MAX: usize = 64 * 1024;
/// Nesting of parts and of CBOR in content.
pub const CONTENT_DEPTH_MAX: usize = 8;
/// Parts in one message.
pub const CONTENT_PARTS_MAX: usize = 64;
/// Client time may be this much ahead of the stamp.
pub const CLIENT_TIME_AHEAD_MAX: u64 = 15 * MINUTE;
/// Leaves of one group, until 1,024 is measured.
pub const GROUP_LEAVES_MAX: usize = 256;
/// Epochs whose rejoin keys a member keeps: a request waits for a Commit or two that others make at the same time. The keys open nothing else.
pub const REJOIN_EPOCHS_KEPT: u64 = 8;
/// Records that a client keeps of a group that is broken for it: some days of a busy one.
pub const PARKED_RECORDS_MAX: u64 = 10_000;
/// Messages that one repair request asks for, and one answer says again.
pub const REPAIRED_AT_ONCE: u64 = 64;
/// Adds in one Commit.
pub const ADDS_PER_COMMIT: usize = 100;
/// Read receipts are off above this many members.
pub const RECEIPT_MEMBERS_MAX: usize = 32;
/// The ratchet tree travels as a blob above this many leaves.
pub const TREE_INLINE_LEAVES_MAX: usize = 32;
/// Seconds after which messages may be set to vanish, at most: a year. What is to live longer is to be kept.
pub const EXPIRY_MAX: u32 = 365 * 24 * 60 * 60;
/// The original of a message deleted for all stays reportable on the receiver's device for this long.
pub const DELETED_KEPT: u64 = 7 * DAY;
/// Evidence of a message is kept for this long.
pub const EVIDENCE_KEPT: u64 = 365 * DAY;
