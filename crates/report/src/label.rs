//! What each hash and key of a report is for. No two purposes share a label, here or in `franking`.

use franking::encode::Label;

/// The hash that a reporter proves.
pub const PROVED: Label = Label::new("treehouse/1 report proved");
/// What the pictures of who has no account are bound to.
pub const TOLD: Label = Label::new("treehouse/1 report told");
/// What the screenshots of a report are bound to.
pub const SCREENS: Label = Label::new("treehouse/1 report screens");
/// The key of a file's cipher.
pub const CIPHER_KEY: Label = Label::new("treehouse/1 report cipher key");
/// What fixes the key of a file.
pub const KEY_COMMITMENT: Label = Label::new("treehouse/1 report key commitment");
/// What a passphrase opens.
pub const PASSPHRASE_KEY: Label = Label::new("treehouse/1 report passphrase key");
pub const PASSPHRASE_COMMITMENT: Label = Label::new("treehouse/1 report passphrase commitment");
/// Names an addressee's key to people.
pub const ADDRESSEE: Label = Label::new("treehouse/1 report addressee");
/// What a case is called, and what shows that one made it.
pub const CASE_NUMBER: Label = Label::new("treehouse/1 case number");
pub const CASE_TOKEN: Label = Label::new("treehouse/1 case token");
pub const CASE_RETURN: Label = Label::new("treehouse/1 case return");
/// The letters of a code, from the id under which somebody asked for their report to be made.
pub const CASE_REQUEST: Label = Label::new("treehouse/1 case request");
/// The secret of a case, from the code that somebody wrote down.
pub const CASE_CODE: Label = Label::new("treehouse/1 case code");
