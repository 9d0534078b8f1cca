//! Help, and noticing, on the device: data and functions of it.
//!
//! This crate has no network, storage, clock or log, and depends on nothing: `tests/silence.rs` looks at what it links. What it is given it
//! forgets. `help` is where to find help, `cues` says what stands out in a conversation and why, `age` which rules go by age, `elsewhere` what in a
//! text leads away, `readability` how hard a text is to read.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod age;
pub mod cues;
pub mod elsewhere;
pub mod help;
pub mod readability;
