//! Calls and answers in checked form: what [`crate::proto`] says, parsed once at the edge into types that cannot be wrong.

use crate::ids::*;
use bytes::Bytes;

/// Sixteen random bytes that name an upload in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(pub [u8; 16]);

/// What a pass may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Appends, reads, acknowledges, changes passes.
    Owner,
    /// Appends, reads, acknowledges, swaps its own pass.
    Member,
    /// Appends content only.
    Drop,
}

/// Whether a record is an MLS Commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flag {
    Content,
    Commit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPass {
    pub hash: PassHash,
    pub role: Role,
}

/// A change of passes, made in the same transaction as the Commit that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassChange {
    /// A new pass, or a new role for a known one. Owners only.
    Set(NewPass),
    /// Takes the place of the appending pass, with its role and cursor.
    Swap(PassHash),
    /// Reads no further than this record. Owners only.
    Drop(PassHash),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    pub log: LogId,
    pub pass: PassToken,
    pub flag: Flag,
    pub after: Seq,
    pub c: Commitment,
    pub record: Bytes,
    pub changes: Vec<PassChange>,
}

/// A stamp as it travels: the route and the hash of the bytes are known to whoever holds the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireStamp {
    pub seq: Seq,
    pub ms: Millis,
    pub flag: Flag,
    pub by: PassHash,
    pub c: Commitment,
    pub prev: Chain,
    pub key_id: [u8; 8],
    pub signature: [u8; 64],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub stamp: WireStamp,
    pub record: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub number: u32,
    pub log: LogId,
    pub pass: PassToken,
    pub cursor: Seq,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Hello {
        versions: Vec<u32>,
        features: Vec<String>,
    },
    OpenSession {
        account: AccountId,
        client: ClientId,
        nonce: [u8; 32],
        signature: [u8; 64],
    },
    ResumeSession {
        bearer: Bearer,
    },
    /// By an account whose devices are lost: asks for its states, or says which one comes next.
    Recover {
        account: AccountId,
        nonce: [u8; 32],
        signature: [u8; 64],
        from_seq: u64,
        state: Option<Bytes>,
    },
    SignUp {
        handle: Hash32,
        state: Bytes,
        invite: Option<[u8; 16]>,
    },
    PublishState {
        state: Bytes,
    },
    FetchStates {
        account: AccountId,
        from_seq: u64,
    },
    PublishKeyPackages {
        one_time: Vec<Bytes>,
        last_resort: Option<Bytes>,
    },
    CountKeyPackages,
    TakeKeyPackages {
        account: AccountId,
        pass: TakePass,
    },
    ChangeTakePasses {
        add: Vec<TakeHash>,
        drop: Vec<TakeHash>,
    },
    CreateLog {
        log: LogId,
        passes: Vec<NewPass>,
        inbox: bool,
    },
    Append(Append),
    Subscribe {
        entries: Vec<Subscription>,
    },
    Unsubscribe {
        numbers: Vec<u32>,
    },
    ReadLog {
        log: LogId,
        pass: PassToken,
        after: Seq,
        limit: u32,
    },
    /// Something of the moment for whoever listens to the log of this subscription.
    Signal(Signal),
    /// Where to knock for this device when something waits for the passes of these subscriptions; none: nowhere any more.
    SetWakes {
        numbers: Vec<u32>,
        endpoint: Option<String>,
    },
    /// Something was said in a log that is worth knocking for.
    Wake {
        log: LogId,
        pass: PassToken,
    },
    /// Where to knock when something waits for a pass that reads a log and listens to nothing; none: nowhere any more.
    KnockFor {
        log: LogId,
        pass: PassToken,
        endpoint: Option<String>,
    },
    CreateBlob {
        length: u64,
        delete_hash: Hash32,
    },
    UploadStatus {
        upload: UploadId,
    },
    CompleteBlob {
        upload: UploadId,
        blob: BlobId,
    },
    DeleteBlob {
        blob: BlobId,
        token: DeleteToken,
    },
    /// Puts a sealed vault in the place of version `after`; 0: there is none.
    PutVault {
        vault: VaultId,
        write: VaultWrite,
        after: u64,
        sealed: Bytes,
    },
    FetchVault {
        vault: VaultId,
    },
    /// By a member of the safety desk.
    Desk(DeskAct),
}

/// What a member of the safety desk asks of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskAct {
    /// Takes a record out of the desk's log.
    Erase {
        seq: Seq,
    },
    /// Keeps a blob for so many days, whatever its sender does.
    Hold {
        blob: BlobId,
        days: u32,
    },
    Release {
        blob: BlobId,
    },
    /// The account goes on with what it has and begins nothing new.
    Restrict {
        account: AccountId,
    },
    Lift {
        account: AccountId,
    },
    Close {
        account: AccountId,
    },
}

/// Why a server did not do what it was asked. A definite refusal: nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the request does not parse or breaks a limit")]
    Malformed,
    #[error("no common protocol version, or a call this server does not know")]
    Unsupported,
    #[error("not signed in, or the session ended")]
    NoSession,
    #[error("a signature or challenge answer does not hold")]
    BadProof,
    #[error("this account was closed by the operator")]
    AccountClosed,
    #[error("the username belongs to someone else")]
    HandleTaken,
    #[error("this server takes invited people only")]
    InviteNeeded,
    #[error("the invitation is unknown, used or expired")]
    InviteSpent,
    #[error("the AccountState does not follow the current one")]
    StateConflict,
    #[error("no such account, blob or upload")]
    NotFound,
    #[error("no such log, or the pass does not open it")]
    NoPass,
    #[error("the pass may not do this")]
    RoleForbids,
    #[error("the last Commit is {}", .last_commit.0)]
    Stale { last_commit: Seq },
    #[error("the commitment stands in this log already")]
    Duplicate,
    #[error("too many at once, wait {wait_ms} ms")]
    RateLimited { wait_ms: u64 },
    #[error("the day's quota is spent")]
    Quota,
    #[error("more than the limit of {limit}")]
    TooLarge { limit: u64 },
    #[error("the upload stands at {offset}")]
    Offset { offset: u64 },
    #[error("the uploaded bytes have another hash")]
    HashMismatch,
    #[error("the id exists with other content")]
    Conflict,
    #[error("the server cannot write at the moment")]
    Busy,
    #[error("this account was restricted: it begins nothing new")]
    Restricted,
}

/// The server's first answer on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    pub version: u32,
    pub features: Vec<String>,
    /// The server's identity: an Ed25519 public key.
    pub server: [u8; 32],
    /// D, the stamp key: an Ed25519 public key.
    pub stamp_key: [u8; 32],
    /// The identity's signature over [`crate::auth::stamp_key_message`].
    pub stamp_key_proof: [u8; 64],
    pub nonce: [u8; 32],
    pub now: Millis,
    pub handle_cost: HandleCost,
    pub invite_only: bool,
    /// P-256, uncompressed: by whom push services are asked to knock. None: this server wakes nobody.
    pub push_key: Option<[u8; 65]>,
}

/// Argon2id parameters for usernames; the salt is the server's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandleCost {
    pub memory_kib: u32,
    pub passes: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenKeyPackage {
    pub client: ClientId,
    pub key_package: Bytes,
    pub last_resort: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    pub number: u32,
    pub head: Seq,
    /// The oldest sequence still held: above `cursor + 1` something has died.
    pub first: Seq,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    Refused(Refusal),
    Done,
    Welcome(Welcome),
    Session { bearer: Bearer, expires: Millis },
    SignedUp { handle_cert: Bytes },
    States { states: Vec<Bytes>, more: bool },
    KeyPackageCount { one_time: u32, last_resort: Millis },
    KeyPackages(Vec<TakenKeyPackage>),
    Appended(WireStamp),
    Subscribed { news: Vec<News>, gone: Vec<u32> },
    Page { records: Vec<Record>, head: Seq },
    Upload { upload: UploadId, offset: u64 },
    Stored { blob: BlobId },
    Vault { version: u64, sealed: Bytes },
}

/// Records of one subscription, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    pub number: u32,
    pub records: Vec<Record>,
    /// The pass was dropped with the last record here.
    pub ended: bool,
}

/// The feature of a client that hears signals; one that does not name it in its Hello is sent none.
pub const SIGNALS: &str = "signals";

/// Sealed for the members of a chat, of one length, and kept nowhere: `number` is a subscription of whoever says or hears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    pub number: u32,
    pub sealed: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    pub number: u32,
    pub seq: Seq,
}

/// One WebSocket message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Request { id: u64, request: Request },
    Response { id: u64, response: Response },
    Push(Push),
    Acks(Vec<Ack>),
    Heard(Signal),
}
