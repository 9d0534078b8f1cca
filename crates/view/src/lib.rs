//! What a screen says and sees: commands, events, queries and the rows that answer them. Pure data; the client fills it, a shell shows it.
//!
//! Ids are strings a person can copy: numbers for rows of this device, lower-case hex for keys. Times are milliseconds since 1970 in UTC, on the
//! server's clock.

mod answer;
mod command;
mod desk;
mod limits;
mod notice;
pub mod page;
mod query;
mod refusal;
mod report;
mod rows;
mod states;
mod vault;

pub use answer::*;
pub use command::*;
pub use desk::*;
pub use limits::*;
pub use notice::*;
pub use query::*;
pub use refusal::*;
pub use report::*;
pub use rows::*;
pub use states::*;
pub use vault::*;
