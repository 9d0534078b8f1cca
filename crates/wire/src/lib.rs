//! What Treehouse speaks: the protocol's messages, ids, limits, and the content of messages. Pure: bytes in, values out.

pub mod auth;
pub mod call;
pub mod codec;
pub mod content;
pub mod desk;
pub mod ids;
pub mod limits;
pub mod pad;

/// The schema as prost sees it; [`call`] is the checked form that everyone else uses.
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/treehouse.v1.rs"));
}

pub use ids::*;
