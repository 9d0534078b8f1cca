//! The client of RFC 9420 and RFC 9750: decides what is sent, checked, stored and shown. No network, clock or entropy of its own.
//!
//! [`Client::handle`] takes one input and gives effects; [`Client::ask`] reads. Start at client.rs, then session.rs (connection), receive.rs
//! (records in), outbox.rs (records out), and the capabilities: account, contact, chat, message,
//! report, vault, transfer, signal, wake; look answers what is asked.

mod account;
pub mod audit;
mod chat;
mod client;
mod command;
mod contact;
mod covered;
mod look;
mod message;
mod mls;
mod outbox;
mod plain;
mod receive;
mod report;
mod session;
mod settings;
mod signal;
mod standing;
pub mod store;
mod stretch;
mod transfer;
mod trusted;
mod vault;
mod wake;

pub use crate::report::{
    AnswerKeys, DeskPass, Duty, Inbox, KeptOpen, KeptVoice, KeptWanted, MadeTold, desk_shown, look_with_code, one_time_passphrase,
    reason_of, sending_of, take_back_with_code, tell, written,
};
pub use ::report::{Addressee as ReturnAddress, SealedAnswer};
pub use client::{Cause, Client, Config, Effect, Fault, Input, Step};
pub use contact::link::{BadLink, Link};
pub use look::{Known, Page, Whoami};
pub use plain::{device_failed, server_refused};
pub use session::{VERSION, is_genuine};
pub use stretch::{Stretch, stretch};
pub use transfer::{Begun, BlobTrouble, FetchJob, SourceStamp, StoreJob, UploadJob, UploadStep, Uploaded};
pub use trusted::NEED_TO_TALK;
pub use vault::{Recovery, recovery_text};
