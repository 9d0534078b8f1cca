//! What a screen has to know before somebody is refused. Who refuses has the same limits in a crate of their own; a test in `crates/sim` compares them.

/// Bytes of what a message says, at most.
pub const CONTENT_MAX: usize = 64 * 1024;
/// Files in one message.
pub const ATTACHMENTS_MAX: usize = 10;
/// Answers of a poll: at least, and at most.
pub const POLL_OPTIONS_MIN: usize = 2;
pub const POLL_OPTIONS_MAX: usize = 24;
/// Points along each side of what the model of pictures looks at.
pub const PICTURE_SIDE: u32 = 224;
/// Pictures of what somebody tells who gives no account.
pub const TOLD_PICTURES_MAX: usize = 3;
/// Bytes of one of them.
pub const TOLD_PICTURE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a file whose sealed bytes are kept with its message: most films that one sends, and a dozen of them fit on any device.
pub const KEPT_FILE_MAX: u64 = 32 * 1024 * 1024;
/// Screenshots that are kept at once: more than one case needs, and together less than one film.
pub const KEPT_SCREENSHOTS_MAX: usize = 60;
/// Bytes of the words of an answer to who reported.
pub const ANSWER_MAX: usize = 2000;
