//! Whose account it is: made, kept safe, brought back, left; and what of it is set.

pub mod leave;
pub mod notify;
pub mod restore;
pub mod safe;
pub mod settings;
pub mod welcome;
