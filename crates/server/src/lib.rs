//! The Authentication Service and Delivery Service as a function ([`function::Server`]) and the shell around it ([`shell`]).

mod bucket;
pub mod keys;
pub mod record;
pub mod store;
