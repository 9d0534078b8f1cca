//! What can be meant, as it is stored: postcard, so variants and fields are only ever added at the end.

use serde::{Deserialize, Serialize};
use wire::PassHash;
use wire::call::{NewPass, PassChange, Role};

/// An intention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Intent {
    /// Make the row's log on the server.
    CreateLog { passes: Vec<([u8; 32], StoredRole)>, inbox: bool },
    /// Bring the passes of the own inbox to what `inbox_pass` wants.
    InboxPasses,
    /// Say something in a chat; the content is in the message row or here.
    Content(OutContent),
    /// Change a group.
    Change(Change),
    /// Ask to be let go.
    Leave,
    /// Put a sealed record into somebody's inbox.
    Deposit {
        inbox: [u8; 32],
        drop: [u8; 32],
        #[serde(with = "serde_bytes")]
        record: Vec<u8>,
        after: u64,
        whom: Whom,
    },
    /// Ask the owner of a link to be a contact.
    Ask { request: i64, inbox: [u8; 32], drop: [u8; 32] },
    /// Tell the server which take passes are good.
    TakePasses { add: Vec<[u8; 32]>, drop: Vec<[u8; 32]> },
    /// Seal a Welcome and deposit it.
    Invite {
        account: [u8; 32],
        #[serde(with = "serde_bytes")]
        welcome: Vec<u8>,
    },
    /// Store a large Welcome as a blob, then tell everybody whom it is for.
    Park {
        addressees: Addressees,
        #[serde(with = "serde_bytes")]
        welcome: Vec<u8>,
    },
    /// Ask in the log to be let back in.
    Rejoin {
        #[serde(with = "serde_bytes")]
        key_package: Vec<u8>,
    },
    /// A day has passed since.
    RejoinUnanswered,
    /// Put the Welcome of a readmission into the log.
    Answer {
        epoch: u64,
        #[serde(with = "serde_bytes")]
        welcome: Vec<u8>,
    },
    /// Delete a blob of ours from the server.
    DeleteBlob(BlobKey),
    /// Ask those who can to let this account back into its chats, once a day.
    ComeBack,
}

/// Where a blob of ours lies and what deletes it.
type BlobKey = ([u8; 32], [u8; 32]);

/// For whom a Welcome is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Addressees {
    /// Accounts with the first pass of each; told through their inboxes.
    Invited(Vec<([u8; 32], [u8; 32])>),
    /// A member that asked to be let back in under a key of this epoch; told in the log.
    Rejoining { log: i64, epoch: u64 },
}

/// Whose inbox a deposit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Whom {
    /// The owner of a link, asked by this request.
    Request(i64),
    Contact([u8; 32]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StoredRole {
    Owner,
    Member,
    Drop,
}

/// Content that waits to be sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutContent {
    /// Encoded MIMI content, without padding.
    #[serde(with = "serde_bytes")]
    pub content: Vec<u8>,
    pub message_id: [u8; 32],
    pub kind: u16,
}

/// A change of a group, rebuilt for each epoch until one Commit carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Change {
    /// New secrets for the own leaf; `swap` also takes a new pass.
    Refresh {
        swap: bool,
    },
    /// Add accounts whose KeyPackages are here or are to be taken.
    Add {
        members: Vec<Joiner>,
    },
    Remove {
        account: [u8; 32],
    },
    Promote {
        account: [u8; 32],
    },
    /// Put a new leaf in the place of one that cannot follow.
    Readmit(Readmission),
    /// Invite anew who has not spoken since it was added.
    Renew {
        members: Vec<Joiner>,
    },
    Demote {
        account: [u8; 32],
    },
    /// Put the leaf of a new device in the place of a lost one's.
    Return(Homecomer),
}

/// An account that comes back into a chat on a new device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Homecomer {
    pub account: [u8; 32],
    /// Brings the AccountState with it.
    #[serde(with = "serde_bytes")]
    pub key_package: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
    /// Hash of the pass that it goes on under, unless it is given another.
    pub pass: [u8; 32],
}

/// A member's client that asked to be let back in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Readmission {
    pub account: [u8; 32],
    pub client: [u8; 16],
    #[serde(with = "serde_bytes")]
    pub key_package: Vec<u8>,
    /// Where its request stands in the log.
    pub asked: u64,
    /// Under whose key it came.
    pub epoch: u64,
    pub leaf: u32,
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
}

/// Somebody to be added, with what has been gathered so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Joiner {
    pub account: [u8; 32],
    /// One a client; empty until taken.
    pub key_packages: Vec<Vec<u8>>,
    /// First passes, one a KeyPackage.
    pub passes: Vec<[u8; 32]>,
}

impl From<StoredRole> for Role {
    fn from(role: StoredRole) -> Self {
        match role {
            StoredRole::Owner => Self::Owner,
            StoredRole::Member => Self::Member,
            StoredRole::Drop => Self::Drop,
        }
    }
}

/// How an attempt is to be appended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub commit: bool,
    pub c: [u8; 32],
    pub changes: Vec<StoredChange>,
    /// What reading it back will need; of a kind that the intent knows.
    #[serde(with = "serde_bytes")]
    pub keep: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StoredChange {
    Set([u8; 32], StoredRole),
    Swap([u8; 32]),
    Drop([u8; 32]),
}

impl StoredChange {
    pub fn to_change(&self) -> PassChange {
        match self {
            Self::Set(hash, role) => PassChange::Set(NewPass { hash: PassHash(*hash), role: (*role).into() }),
            Self::Swap(hash) => PassChange::Swap(PassHash(*hash)),
            Self::Drop(hash) => PassChange::Drop(PassHash(*hash)),
        }
    }
}
