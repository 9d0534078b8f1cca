//! Limits inside one message, each with its reason. What bounds the whole message is in [`crate::limits`].

/// A display name in bytes: three lines on the narrowest screen.
pub const NAME_MAX: usize = 128;
/// A group's name in bytes.
pub const GROUP_NAME_MAX: usize = 256;
/// A group's description in bytes: one screen of text.
pub const GROUP_DESCRIPTION_MAX: usize = 4096;
/// A picture's description for who cannot see it, in bytes: two paragraphs.
pub const ALT_MAX: usize = 2048;
/// A link in bytes: what browsers take everywhere.
pub const LINK_MAX: usize = 2048;
/// The title of a link preview in bytes.
pub const PREVIEW_TITLE_MAX: usize = 256;
/// The description of a link preview in bytes.
pub const PREVIEW_TEXT_MAX: usize = 1024;
/// A thumbnail in bytes: ten of them and their attachments fit into a message.
pub const THUMBNAIL_MAX: usize = 4096;
/// The width or height of a picture: what JPEG can say.
pub const PIXELS_MAX: u32 = 65_535;
/// Sound or film in milliseconds: 30 days.
pub const DURATION_MAX: u64 = 30 * crate::limits::DAY;
/// When words were typed, at the latest: the end of the year 9999, after which dates have other forms.
pub const TYPED_AT_MAX: u64 = 253_402_300_799_999;
/// Attachments of one message: an album.
pub const ATTACHMENTS_MAX: usize = 10;
/// An emoji in bytes: the longest sequences (families, flags of regions) have about 40.
pub const EMOJI_MAX: usize = 64;
/// A file name in bytes: what file systems take.
pub const FILE_NAME_MAX: usize = 255;
/// A media type in bytes: two tokens of 127 (RFC 6838 section 4.2) and a slash.
pub const MEDIA_TYPE_MAX: usize = 255;
/// A poll's question in bytes.
pub const POLL_QUESTION_MAX: usize = 1024;
/// One answer of a poll in bytes.
pub const POLL_OPTION_MAX: usize = 256;
/// Answers of a poll, at least: one is no choice.
pub const POLL_OPTIONS_MIN: usize = 2;
/// Answers of a poll, at most: a choice on one screen.
pub const POLL_OPTIONS_MAX: usize = 24;
/// Messages in one status report: what a long absence leaves unread is reported in several.
pub const STATUS_MAX: usize = 512;
/// Gaps in one repair request.
pub const REPAIR_RANGES_MAX: usize = 64;
/// The handle certificate of a profile in bytes: the longest role that its form can say. A server gives shorter ones
/// ([`crate::limits::HANDLE_CERT_MAX`]).
pub const PROFILE_CERT_MAX: usize = crate::limits::HANDLE_CERT_FIXED + u8::MAX as usize;
