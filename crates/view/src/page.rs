//! What the page and its core, which runs in a worker of it, say to each other: JSON, one value a message.

use serde::{Deserialize, Serialize};

/// From the page: a question under a number of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub id: u32,
    pub ask: Ask,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    WhoAmI,
}

/// From the core. Nothing is asked before it said that it is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    Ready { store: Store },
    Answer { id: u32, answer: Answer },
    Failed(CoreFailure),
}

/// Whether this browser had a store already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Store {
    New,
    Known,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nobody, before there is an account.
    Me(Option<Me>),
}

/// The account of this browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub username: String,
    pub server: String,
    pub signed_up: bool,
}

/// Why there is no core, in words for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CoreFailure {
    /// Another tab has the store open.
    OpenElsewhere,
    /// No private files, no WebCrypto, or a page that did not come by a secure way.
    Unsupported,
    /// The store is there, its key is not.
    KeyLost,
    TooNew,
    Full,
    Damaged,
    Other,
}

impl std::fmt::Display for CoreFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OpenElsewhere => "Treehouse is open in another tab of this browser. Use that one, or close it and load this page again.",
            Self::Unsupported => "This browser cannot keep messages safely. Use a newer one, outside of a private window, over HTTPS.",
            Self::KeyLost => "The key to the messages in this browser is gone, and without it nobody can open them.",
            Self::TooNew => "The messages in this browser were written by a newer Treehouse. Load the page again.",
            Self::Full => "There is no room left on this device. Make room and load the page again, nothing is lost.",
            Self::Damaged => "The messages in this browser are damaged and cannot be opened.",
            Self::Other => "Treehouse could not start in this browser. Load the page again.",
        })
    }
}
