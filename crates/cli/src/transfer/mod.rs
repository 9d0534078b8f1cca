//! Files on their way: sealed and uploaded, fetched and opened. Segment by segment, so that a file's size is not the program's.

pub mod download;
pub mod http;
pub mod upload;
