//! What a screen says and sees: commands, events and the rows of every list. Pure data; the client fills it, a shell shows it.
//!
//! Ids are strings a person can copy: numbers for rows of this device, lower-case hex for keys. Times are milliseconds since 1970 in UTC, on the
//! server's clock.

mod command;
mod refusal;
mod rows;
mod vault;

pub use command::*;
pub use refusal::*;
pub use rows::*;
pub use vault::*;
