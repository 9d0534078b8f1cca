//! What has not left: taken back it never leaves, and nothing that others could not know is changed. And what happens to a chat is said in it.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::{Command, FileSort, Outgoing, OutgoingFile, Refusal, Reply};

fn two(seed: u64) -> (World, [i64; 2]) {
    let mut world = World::new(seed, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    (world, [hers, his])
}

/// Alice's device loses its connection and does not look for another yet.
fn offline(world: &mut World) {
    world.weather.reconnect_max = 3_600_000;
    world.lose_connection(0);
    world.run(10);
}

fn online(world: &mut World) {
    world.weather.reconnect_max = Weather::FAIR.reconnect_max;
    world.reconnect(0);
    world.run(5_000);
}

fn sends(world: &mut World, chat: i64, what: Outgoing) -> i64 {
    let Ok(Reply::Id(message)) = world.command(0, Command::Send { chat, what, reply: None }) else { panic!("not said") };
    message
}

#[test]
fn what_was_taken_back_before_it_left_never_leaves() {
    let (mut world, [hers, his]) = two(90);
    offline(&mut world);
    let regretted = sends(&mut world, hers, Outgoing::Text("regretted".into()));
    world.command(0, Command::Edit { chat: hers, message: regretted, text: "regretted more".into() }).expect("edited");
    say(&mut world, 0, hers, "meant");
    assert_eq!(world.command(0, Command::Delete { chat: hers, message: regretted }), Ok(Reply::Done));
    online(&mut world);
    assert_eq!(texts(&world, 1, his), [("alice".to_owned(), "meant".to_owned())], "no line, not even a deleted one");
    assert_eq!(texts(&world, 0, hers), [("me".to_owned(), "meant".to_owned())]);
    // What has left is deleted for all.
    let said = sends(&mut world, hers, Outgoing::Text("said".into()));
    world.run(1_000);
    assert!(matches!(world.command(0, Command::Delete { chat: hers, message: said }), Ok(Reply::Id(_))));
    world.run(1_000);
    assert_eq!(texts(&world, 1, his)[1], ("alice".to_owned(), String::new()));
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn a_file_on_its_way_is_taken_back_and_cannot_be_reacted_to_answered_or_edited() {
    let (mut world, [hers, his]) = two(91);
    let file = OutgoingFile { source: "/nowhere".into(), name: "cat.jpg".into(), alt: None, original: false, sort: FileSort::Found };
    let message = sends(&mut world, hers, Outgoing::Files { files: vec![file], caption: None });
    let not_yet = Err(Refusal::NotSentYet);
    assert_eq!(world.command(0, Command::React { chat: hers, message, emoji: "👍".into() }), not_yet);
    assert_eq!(world.command(0, Command::Edit { chat: hers, message, text: "other words".into() }), not_yet);
    let answer = Command::Send { chat: hers, what: Outgoing::Text("yes".into()), reply: Some(message) };
    assert_eq!(world.command(0, answer), not_yet);
    assert_eq!(world.command(0, Command::Delete { chat: hers, message }), Ok(Reply::Done));
    world.run(1_000);
    assert_eq!((texts(&world, 0, hers), texts(&world, 1, his)), (vec![], vec![]));
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn both_sides_read_in_the_chat_that_messages_vanish_from_now_on() {
    let (mut world, [hers, his]) = two(92);
    for seconds in [3600, 2 * 86_400, 0] {
        world.command(0, Command::Expire { chat: hers, seconds }).expect("set");
        // The same again is no news.
        world.command(0, Command::Expire { chat: hers, seconds }).expect("set");
        world.run(1_000);
        for (person, chat) in [(0, hers), (1, his)] {
            let told = crate::happened(&world, person, chat);
            let set = |line: &&view::Happened| matches!(line, view::Happened::Timer { seconds: told, .. } if u64::from(*told) == seconds);
            assert_eq!(told.iter().filter(set).count(), 1, "{person}: {told:?}");
        }
    }
    for seconds in [365 * 86_400 + 1, u64::MAX] {
        assert_eq!(world.command(0, Command::Expire { chat: hers, seconds }), Err(Refusal::ExpiryTooLong { days: 365 }));
    }
    world.command(0, Command::Expire { chat: hers, seconds: 365 * 86_400 }).expect("a year is the longest");
    // Nor does a longer one of others count.
    let before = world.people[1].client().chats().expect("chats")[0].expire_seconds;
    world.say_body(0, hers, wire::content::Body::ExpirySetting(Some(u32::MAX)));
    world.run(1_000);
    assert!([before, 365 * 86_400].contains(&world.people[1].client().chats().expect("chats")[0].expire_seconds));
}

#[test]
fn the_name_of_a_file_is_found_after_its_caption_was_changed() {
    use wire::content::{Attachment, AttachmentSecret, Attachments, Body, Class, FileName, MediaType, Text};
    let (mut world, [hers, his]) = two(93);
    let item = Attachment {
        class: Class::File,
        blob: wire::BlobId([1; 32]),
        length: 10,
        media_type: MediaType::new("text/plain").expect("a type"),
        file_name: Some(FileName::new("timetable.txt")),
        sha256: wire::Hash32([2; 32]),
        root: wire::Hash32([3; 32]),
        alt: "lessons of the week".into(),
        dimensions: None,
        duration: None,
        original: false,
        thumbnail: None,
        secret: Some(AttachmentSecret { key: [4; 32], salt: [5; 32] }),
    };
    let files = |caption: &str| {
        let caption = Some(caption).filter(|text| !text.is_empty()).map(|text| Text::markdown(text.to_owned()));
        Body::Attachments(Attachments { caption, items: vec![item.clone()] })
    };
    world.say_body(0, hers, files("the old one"));
    world.run(1_000);
    let message = world.people[0].client().messages(hers, client::Page { before: None, after: None, limit: 1 }).expect("messages")[0].id;
    world.command(0, Command::Edit { chat: hers, message, text: "the new one".into() }).expect("edited");
    world.run(1_000);
    for (person, chat) in [(0, hers), (1, his)] {
        let found = |words: &str| world.people[person].client().search(words, 10).expect("a search");
        assert!(found("old").is_empty());
        for words in ["new", "timetable", "lessons"] {
            assert_eq!(
                found(words).iter().map(|row| (row.chat, row.text.as_str())).collect::<Vec<_>>(),
                [(chat, "the new one")],
                "{words}"
            );
        }
    }
    // Without words of its own a file is shown by its name.
    world.say_body(1, his, files(""));
    world.run(1_000);
    let hit = world.people[0].client().search("timetable", 1).expect("a search").remove(0);
    assert_eq!(hit.text, "timetable.txt");
}
