//! People: links, requests, what is needed to reach somebody's inbox, blocking.

pub mod envelope;
pub mod inbox_seal;
pub mod link;

mod ask;
mod inbox;
mod links;
mod people;

pub use ask::Rest;
