//! What a page knows beforehand is what is refused in the end.

use report::{answer, told};
use wire::content::limits as content;

#[test]
fn a_page_takes_what_messages_reports_and_the_model_of_pictures_take() {
    assert_eq!(view::CONTENT_MAX, wire::limits::CONTENT_MAX);
    assert_eq!(view::ATTACHMENTS_MAX, content::ATTACHMENTS_MAX);
    assert_eq!((view::POLL_OPTIONS_MIN, view::POLL_OPTIONS_MAX), (content::POLL_OPTIONS_MIN, content::POLL_OPTIONS_MAX));
    assert_eq!(view::TOLD_PICTURES_MAX, told::PICTURES_MAX);
    assert_eq!(view::TOLD_PICTURE_BYTES_MAX, told::PICTURE_BYTES_MAX);
    assert_eq!(view::ANSWER_MAX, answer::WORDS_MAX);
    assert_eq!(view::PICTURE_SIDE as usize, picture::SIDE);
}
