//! Every kind: written and read, known and unknown.

use super::*;
use crate::content::limits::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_said_is_what_is_read(content in any::content()) {
        let bytes = content.encode().unwrap();
        let read = Content::decode(&bytes).unwrap();
        prop_assert!(read == content);
        prop_assert_eq!(read.encode().unwrap(), bytes);
    }

    #[test]
    fn a_kind_that_an_older_version_does_not_know_is_kept_whole_and_appears_after_an_update(content in any::content()) {
        let bytes = content.encode().unwrap();
        let old = Content::decode_with(&bytes, Kinds::ALL.without(content.kind())).unwrap();
        let Body::Unknown(unknown) = &old.body else { panic!("known") };
        prop_assert_eq!(&unknown.raw, &bytes);
        prop_assert_eq!(&unknown.fallback, &content.fallback());
        prop_assert_eq!((old.kind(), old.role()), (content.kind(), Role::Shown));
        prop_assert_eq!(old.expires, content.expires);
        prop_assert_eq!(old.encode().unwrap(), bytes);
        prop_assert!(Content::decode(&unknown.raw).unwrap() == content);
    }

    #[test]
    fn a_kind_without_a_form_in_mimi_carries_words_for_strangers(content in any::content()) {
        let native = [Kind::Delete, Kind::Unreact, Kind::Status, Kind::Attachments];
        prop_assert!(native.contains(&content.kind()) || !content.fallback().is_empty());
    }
}

#[test]
fn the_kind_table_has_each_number_once_and_every_number_finds_its_kind() {
    for (place, (kind, number, role)) in Kind::TABLE.into_iter().enumerate() {
        assert_eq!((usize::from(number), Kind::from_number(number), kind.number(), kind.role()), (place, kind, number, role));
    }
    assert_eq!(Kind::from_number(22), Kind::Later(22));
    assert_eq!((Kind::Later(22).number(), Kind::Later(22).role()), (22, Role::Shown));
    assert!(!Kinds::ALL.knows(Kind::Later(22)) && !Kinds::ALL.knows(Kind::Foreign));
}

fn with_extension(content: &Content, key: Key, build: impl FnOnce(&mut crate::content::cbor::Writer)) -> Vec<u8> {
    let mut message = Message::decode(&content.encode().unwrap()).unwrap();
    message.extensions.set(key, Item::build(build));
    message.encode().unwrap()
}

#[test]
fn a_kind_of_the_future_shows_its_words() {
    let bytes = with_extension(&Content::new(salt(1), Body::Text(Text::plain("Sent a hologram."))), keys::KIND, |writer| writer.uint(4711));
    let content = Content::decode(&bytes).unwrap();
    assert_eq!((content.kind(), content.role(), content.fallback().as_str()), (Kind::Later(4711), Role::Shown, "Sent a hologram."));
    assert_eq!(content.encode().unwrap(), bytes);
}

#[test]
fn an_extension_of_the_future_is_kept_and_the_text_is_read() {
    let plain = Content::new(salt(1), Body::Text(Text::plain("hello")));
    let bytes = with_extension(&plain, Key::Number(-29850), |writer| writer.yes_or_no(true));
    let content = Content::decode(&bytes).unwrap();
    assert!(matches!(&content.body, Body::Text(text) if text.text == "hello"));
    assert_eq!(content.encode().unwrap(), bytes);
}

#[test]
fn a_poll_whose_words_for_strangers_differ_from_its_data_is_not_shown_as_a_poll() {
    let poll = Poll { question: "Lunch?".to_owned(), options: vec!["Soup".to_owned(), "Salad".to_owned()], choice: Choice::One };
    let honest = Content::new(salt(1), Body::Poll(poll)).encode().unwrap();
    let mut message = Message::decode(&honest).unwrap();
    let Form::Single { content, .. } = &mut message.part.form else { panic!("no words") };
    *content = b"Something else".to_vec();
    let content = Content::decode(&message.encode().unwrap()).unwrap();
    assert!(matches!(&content.body, Body::Unknown(unknown) if unknown.fallback == "Something else" && unknown.kind == Kind::Poll));
}

#[test]
fn a_part_that_would_not_be_shown_makes_a_text_unknown() {
    let mut message = Message::decode(&Content::new(salt(1), Body::Text(Text::plain("hello"))).encode().unwrap()).unwrap();
    let hidden = mimi::Part::single(mimi::Disposition::RENDER, PLAIN, "hidden");
    message.part = mimi::Part::all_of(vec![message.part, hidden]);
    let content = Content::decode(&message.encode().unwrap()).unwrap();
    assert!(matches!(&content.body, Body::Unknown(unknown) if unknown.kind == Kind::Text && unknown.fallback == "hello"));
}

#[test]
fn alternatives_for_different_readers_are_not_read_as_a_text() {
    let mut message = Message::decode(&Content::new(salt(1), Body::Text(Text::plain("hello"))).encode().unwrap()).unwrap();
    let parts = vec![message.part.clone(), mimi::Part::single(mimi::Disposition::RENDER, MARKDOWN, "bye")];
    message.part.form = Form::Multi { semantics: mimi::Semantics::ChooseOne, parts };
    let content = Content::decode(&message.encode().unwrap()).unwrap();
    assert_eq!((content.kind(), content.fallback().as_str()), (Kind::Foreign, "hello"));
}

#[test]
fn what_a_receiver_would_not_read_is_not_sent() {
    let says = |body: Body| Content::new(salt(1), body).encode();
    let options = |count: usize| Body::Poll(Poll { question: "?".to_owned(), options: vec!["a".to_owned(); count], choice: Choice::One });
    assert_eq!(says(Body::Text(Text::plain(""))), Err(Error::Empty));
    assert_eq!(says(Body::Text(Text::plain("x".repeat(crate::limits::CONTENT_MAX)))), Err(Error::TooLarge));
    assert_eq!(says(options(1)), Err(Error::Empty));
    assert_eq!(says(options(POLL_OPTIONS_MAX + 1)), Err(Error::TooLong));
    assert_eq!(says(Body::GroupName("n".repeat(GROUP_NAME_MAX + 1))), Err(Error::TooLong));
    assert_eq!(says(Body::ExpirySetting(Some(0))), Err(Error::OutOfRange));
    assert_eq!(says(Body::Vote { poll: id(2), choices: vec![2, 0] }), Err(Error::Unsorted));
    assert_eq!(says(Body::Vote { poll: id(2), choices: vec![1, 1] }), Err(Error::Unsorted));
    assert_eq!(says(Body::Vote { poll: id(2), choices: vec![POLL_OPTIONS_MAX as u8] }), Err(Error::OutOfRange));
    assert_eq!(says(Body::Delete { of: MessageId([0; 32]) }), Err(Error::MessageIdAlgorithm));
    assert_eq!(says(Body::Status(vec![])), Err(Error::Empty));
    let twice = MessageStatus { message: id(2), status: Status::Read };
    assert_eq!(says(Body::Status(vec![twice, twice])), Err(Error::Unsorted));
    let card = |name: &str| Body::ContactCard(ContactCard { name: name.to_owned(), link: "l".to_owned() });
    assert_eq!(says(card("")), Err(Error::Empty));
    let repair =
        |counters| Body::RepairRequest(RepairRequest { account: AccountId([1; 32]), client: crate::ids::ClientId([2; 16]), counters });
    assert_eq!(says(repair(vec![3..=4, 5..=6])), Err(Error::Unsorted));
    assert_eq!(says(repair(vec![std::ops::RangeInclusive::new(4, 3)])), Err(Error::Unsorted));
    let typed = |at| Content { typed_at: Some(Millis(at)), ..Content::new(salt(1), Body::Left) }.encode().err();
    assert_eq!((typed(TYPED_AT_MAX), typed(TYPED_AT_MAX + 1)), (None, Some(Error::NotItself)));
    let caption = Text {
        preview: Some(LinkPreview { url: "u".to_owned(), title: String::new(), description: String::new(), picture: None }),
        ..Text::plain("c")
    };
    assert_eq!(says(Body::Attachments(Attachments { caption: Some(caption), items: vec![photo()] })), Err(Error::NotItself));
    assert_eq!(album(vec![]).encode(), Err(Error::NotItself));
    assert_eq!(album(vec![photo(); ATTACHMENTS_MAX + 1]).encode(), Err(Error::TooLong));
    assert_eq!(album(vec![Attachment { class: Class::Sticker, ..photo() }]).encode(), Err(Error::Shape));
    assert_eq!(album(vec![Attachment { length: crate::limits::BLOB_MAX + 1, ..photo() }]).encode(), Err(Error::OutOfRange));
    assert_eq!(album(vec![Attachment { dimensions: Some((0, 1)), ..photo() }]).encode(), Err(Error::OutOfRange));
    assert_eq!(album(vec![Attachment { dimensions: Some((1, PIXELS_MAX + 1)), ..photo() }]).encode(), Err(Error::OutOfRange));
    assert_eq!(album(vec![Attachment { duration: Some(DURATION_MAX + 1), ..photo() }]).encode(), Err(Error::OutOfRange));
    assert_eq!(album(vec![Attachment { secret: None, ..photo() }]).encode(), Err(Error::Withheld));
}

#[test]
fn a_reply_to_one_message_that_reacts_to_another_is_not_sent() {
    let reaction = Content::new(salt(1), Body::Reaction { to: id(2), emoji: Emoji::new("❤").unwrap() });
    assert_eq!(Content { reply_to: Some(id(3)), ..reaction }.encode(), Err(Error::NotItself));
}

#[test]
fn our_own_keys_cannot_be_smuggled_in_as_unknown_ones() {
    let mut content = Content::new(salt(1), Body::Text(Text::plain("hello")));
    assert!(content.encode().is_ok());
    content.other.set(keys::FORWARDED, Item::build(|writer| writer.yes_or_no(true)));
    assert_eq!(content.encode(), Err(Error::NotItself));
}

#[test]
fn ten_attachments_with_the_largest_thumbnails_fit() {
    let thumbnail = Thumbnail::new([[0xff, 0xd8, 0xff].as_slice(), &vec![0; THUMBNAIL_MAX - 3]].concat()).unwrap();
    let largest = Attachment { thumbnail: Some(thumbnail), file_name: Some(FileName::new(&"n".repeat(300))), ..photo() };
    assert!(album(vec![largest; ATTACHMENTS_MAX]).encode().is_ok());
}

#[test]
fn what_names_the_blob_of_a_file_and_commits_to_something_else_is_another_file() {
    let secret = |key: u8, salt: u8| Some(AttachmentSecret { key: [key; 32], salt: [salt; 32] });
    let (key, salt) = (0x10, 0x11);
    assert!(photo().secret == secret(key, salt), "what is changed below is changed");
    let others = [
        Attachment { blob: crate::ids::BlobId([0xb2; 32]), ..photo() },
        Attachment { secret: secret(key + 1, salt), ..photo() },
        Attachment { secret: secret(key, salt + 1), ..photo() },
        Attachment { secret: None, ..photo() },
        Attachment { length: photo().length - 1, ..photo() },
        Attachment { root: crate::ids::Hash32([0xd2; 32]), ..photo() },
    ];
    for (place, other) in others.iter().enumerate() {
        assert!(!photo().is_same_file(other) && !other.is_same_file(&photo()), "number {place}");
    }
    // What a sender says of a file makes no other file of it: what is said is looked at each time.
    let media_type = MediaType::new("video/mp4").unwrap();
    let said = Attachment { class: Class::Video, media_type, sha256: crate::ids::Hash32([0xc2; 32]), alt: String::new(), ..photo() };
    assert!(photo().is_same_file(&said) && said.is_same_file(&photo()));
}

#[test]
fn mentions_are_the_links_in_the_text() {
    let (alice, bob) = (AccountId([0xa1; 32]), AccountId([0xb0; 32]));
    let text = format!("{} and {}, see [page](https://example.org)", Text::mention(&alice, "@Al[ice]"), Text::mention(&bob, "@Bob"));
    let words = Text::markdown(text.clone());
    let found: Vec<(AccountId, &str)> = words.mentions().into_iter().map(|mention| (mention.account, &words.text[mention.label])).collect();
    assert_eq!(found, [(alice, "@Alice"), (bob, "@Bob")]);
    assert!(Text::plain(text).mentions().is_empty());
    assert!(Text::markdown("[x](treehouse:u/12) ](treehouse:u/").mentions().is_empty());
    assert!(Text::markdown(format!("]({})", account_uri(&alice))).mentions().is_empty());
    assert!(Text::markdown(format!("[x]({}", account_uri(&alice))).mentions().is_empty());
    assert!(Text::markdown(format!("[x]({}/..)", account_uri(&alice))).mentions().is_empty());
}

#[test]
fn an_emoji_is_no_text() {
    assert!(["❤", "👩🏽\u{200d}⚕\u{fe0f}", "🇬🇧"].into_iter().all(|emoji| Emoji::new(emoji).is_ok()));
    let too_long = "❤".repeat(EMOJI_MAX);
    assert!(["", "ok", "❤ ❤", "\u{7}", "\u{202e}❤", too_long.as_str()].into_iter().all(|text| Emoji::new(text).is_err()));
}

#[test]
fn content_never_prints_itself() {
    let printed = format!("{:?} {:?}", album(vec![photo()]), Message::decode(&album(vec![photo()]).encode().unwrap()).unwrap());
    assert_eq!(printed, "Content(Attachments) mimi::Message([redacted])");
    assert_eq!(format!("{:?}", photo().secret), "Some(AttachmentSecret([redacted]))");
}

/// A message of this part, with these relations.
fn of_form(part: mimi::Part, replaces: Option<MessageId>, in_reply_to: Option<MessageId>) -> Message {
    Message { salt: salt(1), replaces, topic: vec![], expires: None, in_reply_to, extensions: Extensions::default(), part }
}

#[test]
fn the_kind_of_any_content_follows_from_its_form_by_the_frozen_rule() {
    use mimi::{Disposition, Part, Semantics};
    let text = || Part::single(Disposition::RENDER, PLAIN, "hello");
    let html = || Part::single(Disposition::RENDER, "text/html", "hello");
    let reaction = || Part::single(Disposition::REACTION, PLAIN, "❤");
    let file = || photo().to_parts().remove(0);
    let multi =
        |semantics, parts| Part { disposition: Disposition::RENDER, language: String::new(), form: Form::Multi { semantics, parts } };
    let all = |parts| multi(Semantics::ProcessAll, parts);
    let (to, old) = (Some(id(2)), Some(id(3)));
    let cases = [
        (of_form(text(), None, None), Kind::Text),
        (of_form(text(), None, to), Kind::Text),
        (of_form(html(), None, None), Kind::Foreign),
        (of_form(all(vec![text(), html()]), None, None), Kind::Text),
        (of_form(all(vec![html(), text()]), None, None), Kind::Foreign),
        (of_form(multi(Semantics::ChooseOne, vec![text(), html()]), None, None), Kind::Foreign),
        (of_form(multi(Semantics::SingleUnit, vec![text(), file()]), None, None), Kind::Foreign),
        (of_form(file(), None, None), Kind::Attachments),
        (of_form(all(vec![text(), file()]), None, None), Kind::Attachments),
        (of_form(all(vec![html(), file()]), None, None), Kind::Attachments),
        (of_form(all(vec![text(), all(vec![html(), file()])]), None, None), Kind::Text),
        (of_form(file(), old, None), Kind::Edit),
        (of_form(html(), old, to), Kind::Edit),
        (of_form(reaction(), old, to), Kind::Edit),
        (of_form(reaction(), None, to), Kind::Reaction),
        (of_form(reaction(), None, None), Kind::Foreign),
        (of_form(Part { disposition: Disposition::REACTION, ..all(vec![text(), text()]) }, None, to), Kind::Foreign),
        (of_form(Part::null(Disposition::RENDER), old, None), Kind::Delete),
        (of_form(Part::null(Disposition::PROFILE), old, to), Kind::Delete),
        (of_form(Part::null(Disposition::REACTION), old, None), Kind::Unreact),
        (of_form(Part::null(Disposition::REACTION), None, to), Kind::Foreign),
        (of_form(Part::single(Disposition::RENDER, STATUS_REPORT, vec![0x80]), None, to), Kind::Status),
    ];
    for (place, (message, kind)) in cases.into_iter().enumerate() {
        assert_eq!(Kind::of(&message), kind, "case {place}");
        let bytes = message.encode().unwrap();
        assert_eq!(Content::decode(&bytes).unwrap().kind(), kind, "case {place}");
        assert_eq!(Content::decode_with(&bytes, Kinds::ALL.without(kind)).unwrap().kind(), kind, "case {place}");
    }
    let mut numbered = of_form(text(), old, None);
    for (number, kind) in [(9, Kind::Poll), (1, Kind::Text), (65535, Kind::Later(65535)), (65536, Kind::Foreign)] {
        numbered.extensions.set(keys::KIND, Item::build(|writer| writer.uint(number)));
        assert_eq!(Kind::of(&numbered), kind);
    }
    numbered.extensions.set(keys::KIND, Item::build(|writer| writer.text("poll")));
    assert_eq!(Kind::of(&numbered), Kind::Foreign);
}

#[test]
fn an_unknown_change_changes_nothing_and_still_vanishes_in_time() {
    let pin = Content { expires: Some(Expires::AfterReading(60)), ..Content::new(salt(1), Body::Pin { message: id(2) }) };
    let old = Content::decode_with(&pin.encode().unwrap(), Kinds::ALL.without(Kind::Pin)).unwrap();
    assert_eq!((old.role(), old.body.target(), old.expires), (Role::Shown, None, Some(Expires::AfterReading(60))));
    assert_eq!(old.fallback(), "Pinned this message.");
}

#[test]
fn every_text_and_list_has_its_limit() {
    let n = |len: usize| "n".repeat(len);
    let preview = |url, title, description| {
        let preview = Some(LinkPreview { url: n(url), title: n(title), description: n(description), picture: None });
        Body::Text(Text { preview, ..Text::plain("look") })
    };
    let poll =
        |question, option, options| Body::Poll(Poll { question: n(question), options: vec![n(option); options], choice: Choice::One });
    let profile = |name, username, cert| {
        Body::Profile(Box::new(Profile {
            display_name: n(name),
            username: n(username),
            handle_cert: vec![0; cert],
            picture: None,
            reach: None,
        }))
    };
    let card = |name, link| Body::ContactCard(ContactCard { name: n(name), link: n(link) });
    let alt = |len| Body::GroupPicture(Some(Box::new(Attachment { alt: n(len), ..photo() })));
    let status = |count: usize| {
        let id = |place: usize| MessageId([[1; 30].as_slice(), &(place as u16).to_be_bytes()].concat().try_into().unwrap());
        Body::Status((0..count).map(|place| MessageStatus { message: id(place), status: Status::Read }).collect())
    };
    let repair = |count: u64| {
        let counters = (0..count).map(|at| 2 * at..=2 * at).collect();
        Body::RepairRequest(RepairRequest { account: AccountId([1; 32]), client: crate::ids::ClientId([2; 16]), counters })
    };
    let username = crate::limits::USERNAME_MAX;
    let cases = [
        (preview(LINK_MAX, PREVIEW_TITLE_MAX, PREVIEW_TEXT_MAX), preview(LINK_MAX + 1, 0, 0)),
        (preview(1, 0, 0), preview(1, PREVIEW_TITLE_MAX + 1, 0)),
        (preview(1, 0, 0), preview(1, 0, PREVIEW_TEXT_MAX + 1)),
        (poll(POLL_QUESTION_MAX, POLL_OPTION_MAX, POLL_OPTIONS_MAX), poll(POLL_QUESTION_MAX + 1, 1, 2)),
        (poll(1, 1, 2), poll(1, POLL_OPTION_MAX + 1, 2)),
        (profile(NAME_MAX, username, PROFILE_CERT_MAX), profile(NAME_MAX + 1, 0, 0)),
        (profile(1, 0, 0), profile(1, username + 1, 0)),
        (profile(1, 0, 0), profile(1, 0, PROFILE_CERT_MAX + 1)),
        (card(NAME_MAX, LINK_MAX), card(NAME_MAX + 1, 1)),
        (card(1, 1), card(1, LINK_MAX + 1)),
        (Body::GroupDescription(n(GROUP_DESCRIPTION_MAX)), Body::GroupDescription(n(GROUP_DESCRIPTION_MAX + 1))),
        (Body::GroupName(n(GROUP_NAME_MAX)), Body::GroupName(n(GROUP_NAME_MAX + 1))),
        (alt(ALT_MAX), alt(ALT_MAX + 1)),
        (status(STATUS_MAX), status(STATUS_MAX + 1)),
        (repair(REPAIR_RANGES_MAX as u64), repair(REPAIR_RANGES_MAX as u64 + 1)),
    ];
    for (place, (fits, too_long)) in cases.into_iter().enumerate() {
        assert!(Content::new(salt(1), fits).encode().is_ok(), "case {place}");
        assert_eq!(Content::new(salt(1), too_long).encode(), Err(Error::TooLong), "case {place}");
    }
    assert_eq!(Content::new(salt(1), preview(0, 0, 0)).encode(), Err(Error::Empty));
    assert!(Thumbnail::new([[0xff, 0xd8, 0xff].as_slice(), &vec![0; THUMBNAIL_MAX]].concat()).is_err());
    assert!(Thumbnail::new(b"GIF89a".to_vec()).is_err() && Thumbnail::new(vec![]).is_err());
    assert!(["image/jpeg", "x/y+z"].into_iter().all(|media_type| MediaType::new(media_type).is_ok()));
    let long = format!("x/{}", n(MEDIA_TYPE_MAX));
    assert!(["", "image", "Image/jpeg", "a/b/c", "a/b;c=d", "/b", "a/", long.as_str()].into_iter().all(|bad| MediaType::new(bad).is_err()));
}
