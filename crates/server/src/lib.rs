//! The Authentication Service and Delivery Service: a function ([`function::Server`]) over a [`store::Store`] and [`blobs::Blobs`], and a shell
//! around it. Nothing kept says who talks to whom: logs know hashes of passes, accounts know keys.

pub mod blobs;
mod bucket;
pub mod function;
pub mod gate;
pub mod hex;
pub mod hub;
pub mod keys;
pub mod record;
pub mod shell;
pub mod store;
pub mod wake;
