//! The world in one process: real clients and the real server as functions, a network, a clock and power cuts that come from a seed.

pub mod dice;
pub mod disk;
pub mod evidence;
pub mod evil;
pub mod fingerprint;
pub mod forger;
mod meet;
pub mod oracle;
pub mod person;
pub mod picture;
pub mod story;
pub mod weather;
pub mod world;
