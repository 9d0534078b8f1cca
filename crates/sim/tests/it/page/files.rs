//! Files: several in one message, progress, failing, stopping, what is on the device.

use super::*;
use client::{Input, SourceStamp, UploadStep, Uploaded};
use view::{Delivery, FileSort, Held, MessageKind, Outgoing, OutgoingFile, Shelf};
use wire::call::UploadId;
use wire::content::Class;
use wire::{BlobId, Hash32};

pub(super) fn file(name: &str, sort: FileSort) -> OutgoingFile {
    OutgoingFile { source: name.into(), name: name.into(), alt: Some(format!("about {name}")), original: false, sort }
}

pub(super) fn send(world: &mut World, (person, chat): (usize, i64), files: Vec<OutgoingFile>) -> i64 {
    let what = Outgoing::Files { files, caption: Some("From @bob".into()) };
    let Reply::Id(message) = does(world, person, Command::Send { chat, what, reply: None }) else { panic!("no id") };
    message
}

/// The shell tells of an upload.
pub(super) fn step(world: &mut World, person: usize, id: i64, step: UploadStep) {
    world.input(person, Input::Upload { id, step });
}

pub(super) fn uploaded(name: &str, number: u8, class: Class) -> UploadStep {
    UploadStep::Done(Box::new(Uploaded {
        class,
        blob: BlobId([number; 32]),
        length: 1000 * u64::from(number),
        media_type: "image/jpeg".into(),
        name: name.into(),
        sha256: Hash32([number; 32]),
        root: Hash32([number; 32]),
        dimensions: Some((4, 3)),
        duration: None,
        thumbnail: vec![0xff, 0xd8, 0xff, number],
        original: false,
    }))
}

fn delivery(world: &World, (person, _): (usize, i64), message: i64) -> Option<Delivery> {
    let View::Message(bubble) = ask(world, person, Query::Message { message }) else { panic!("no message") };
    bubble.and_then(|bubble| bubble.delivery)
}

fn shelf(world: &World, (person, chat): (usize, i64), what: Shelf) -> Vec<i64> {
    let View::Shelf(found) = ask(world, person, Query::Shelf { chat, what, before: None, limit: 10 }) else { panic!("no shelf") };
    found.into_iter().map(|bubble| bubble.row.id).collect()
}

#[test]
fn several_files_arrive_as_one_message_when_the_last_of_them_is_there() {
    let (mut world, [hers, his]) = two(381);
    let message = send(&mut world, hers, vec![file("a.jpg", FileSort::Found), file("b.jpg", FileSort::Found)]);
    world.run(1_000);
    let here = bubble(&world, hers, "From");
    assert_eq!(here.files.iter().map(|file| file.row.name.as_str()).collect::<Vec<_>>(), ["a.jpg", "b.jpg"]);
    step(&mut world, hers.0, 1, UploadStep::Began { upload: UploadId([1; 16]), source: SourceStamp { length: 1, time: 1 } });
    step(&mut world, hers.0, 1, UploadStep::Progress { done: 10, total: 40 });
    assert_eq!(delivery(&world, hers, message), Some(Delivery::Uploading { files_done: 0, files: 2, done: 10, total: 40 }));
    // The second is quicker than the first.
    step(&mut world, hers.0, 2, uploaded("b.jpg", 2, Class::File));
    world.run(2_000);
    assert_eq!(delivery(&world, hers, message), Some(Delivery::Uploading { files_done: 1, files: 2, done: 10, total: 40 }));
    assert!(bubbles(&world, his).is_empty());
    // The power goes in between.
    world.power_cut(hers.0);
    world.run(5_000);
    step(&mut world, hers.0, 1, uploaded("a.jpg", 1, Class::Photo));
    world.run(5_000);
    assert_eq!(delivery(&world, hers, message), Some(Delivery::Sent));
    let there = bubble(&world, his, "From");
    assert_eq!((there.row.text.as_str(), there.row.kind, there.mentions.len()), ("From @bob", MessageKind::Photo, 1));
    let files: Vec<_> =
        there.files.iter().map(|file| (file.position, file.kind, file.row.name.as_str(), file.row.alt.as_deref())).collect();
    let wanted = [(0, MessageKind::Photo, "a.jpg", Some("about a.jpg")), (1, MessageKind::File, "b.jpg", Some("about b.jpg"))];
    assert_eq!(files, wanted);
    assert_eq!(there.files[0].thumbnail, Some(vec![0xff, 0xd8, 0xff, 1]));
    assert_eq!((shelf(&world, his, Shelf::Media), shelf(&world, his, Shelf::Files)), (vec![there.row.id], vec![there.row.id]));
    assert!(shelf(&world, his, Shelf::Voice).is_empty());
    // Bob's shell fetches one of the two.
    world.input(his.0, Input::Held { blob: BlobId([2; 32]), held: Held::Whole, bytes: 2048 });
    let there = bubble(&world, his, "From");
    assert_eq!(there.files.iter().map(|file| file.row.held).collect::<Vec<_>>(), [Held::None, Held::Whole]);
    let stored = |world: &World| {
        let View::Storage(rows) = ask(world, his.0, Query::Storage) else { panic!() };
        rows.into_iter().map(|row| (row.messages, row.file_bytes, row.held_bytes)).collect::<Vec<_>>()
    };
    assert_eq!(stored(&world), [(1, 3000, 2048)]);
    world.input(his.0, Input::Held { blob: BlobId([2; 32]), held: Held::None, bytes: 0 });
    assert_eq!(stored(&world), [(1, 3000, 0)]);
    // Passed on by the same blob and key.
    world.input(his.0, Input::Held { blob: BlobId([1; 32]), held: Held::Partial, bytes: 5 });
    does(&mut world, his.0, Command::Forward { chat: his.1, messages: vec![there.row.id], to: vec![his.1] });
    world.run(2_000);
    let [first, again] = [0, 1].map(|at| world.people[hers.0].client().attachments(bubbles(&world, hers)[at].row.id).expect("files"));
    assert!(first == again && first.len() == 2);
    // Of what one has, nothing stays when the last message with it is gone.
    let (original, copy) = (there.row.id, bubble(&world, his, "From").row.id);
    does(&mut world, his.0, Command::DeleteForMe { chat: his.1, messages: vec![original] });
    assert!(original != copy && world.people[his.0].forgotten.is_empty());
    does(&mut world, his.0, Command::DeleteForMe { chat: his.1, messages: vec![copy] });
    assert_eq!(world.people[his.0].forgotten, [BlobId([1; 32])]);
    world.input(his.0, Input::Held { blob: BlobId([1; 32]), held: Held::None, bytes: 0 });
    world.lose_connection(his.0);
    world.run(5_000);
    assert_eq!(world.people[his.0].forgotten.len(), 1, "told, it is not asked again");
}

#[test]
fn a_voice_note_is_one_whatever_its_bytes_look_like() {
    let (mut world, [hers, his]) = two(382);
    send(&mut world, hers, vec![file("note.m4a", FileSort::Voice)]);
    world.run(1_000);
    step(&mut world, hers.0, 1, uploaded("note.m4a", 1, Class::File));
    world.run(2_000);
    assert_eq!(bubble(&world, his, "From").row.kind, MessageKind::Voice);
    assert_eq!(shelf(&world, his, Shelf::Voice).len(), 1);
}

#[test]
fn a_file_that_fails_is_tried_again_with_those_that_did_not() {
    let (mut world, [hers, his]) = two(383);
    let message = send(&mut world, hers, vec![file("a.jpg", FileSort::Found), file("b.jpg", FileSort::Found)]);
    world.run(1_000);
    step(&mut world, hers.0, 1, uploaded("a.jpg", 1, Class::Photo));
    let why = Refusal::FileUnreadable { name: "b.jpg".into(), why: "it is gone".into() };
    step(&mut world, hers.0, 2, UploadStep::Failed(why.clone()));
    assert_eq!(delivery(&world, hers, message), Some(Delivery::Failed(Some(why))));
    world.run(5_000);
    does(&mut world, hers.0, Command::Retry { message });
    // What the shell says too late is heard by nobody.
    step(&mut world, hers.0, 1, uploaded("a.jpg", 9, Class::Photo));
    step(&mut world, hers.0, 2, uploaded("b.jpg", 2, Class::Photo));
    world.run(5_000);
    assert_eq!(bubble(&world, his, "From").files.iter().map(|file| file.row.bytes).collect::<Vec<_>>(), [1000, 2000]);
}

#[test]
fn files_under_way_are_stopped_and_nothing_arrives() {
    let (mut world, [hers, his]) = two(384);
    for limit in [0, 11] {
        let files = vec![file("a.jpg", FileSort::Found); limit];
        let send = Command::Send { chat: hers.1, what: Outgoing::Files { files, caption: None }, reply: None };
        let why = if limit == 0 { Refusal::EmptyText } else { Refusal::TooMany { limit: 10 } };
        assert_eq!(refused(&mut world, hers.0, send), why);
    }
    let message = send(&mut world, hers, vec![file("a.jpg", FileSort::Found), file("b.jpg", FileSort::Found)]);
    world.run(1_000);
    step(&mut world, hers.0, 1, uploaded("a.jpg", 1, Class::Photo));
    does(&mut world, hers.0, Command::CancelUpload { message });
    assert_eq!(refused(&mut world, hers.0, Command::CancelUpload { message }), Refusal::NoSuchMessage { id: message });
    step(&mut world, hers.0, 2, uploaded("b.jpg", 2, Class::Photo));
    say(&mut world, hers.0, hers.1, "never mind");
    world.run(10_000);
    assert_eq!(bubbles(&world, his).len(), 1);
    // Deleting it for everyone is the same: nobody has it.
    let message = send(&mut world, hers, vec![file("c.jpg", FileSort::Found)]);
    world.run(1_000);
    does(&mut world, hers.0, Command::Delete { chat: hers.1, message });
    step(&mut world, hers.0, 3, uploaded("c.jpg", 3, Class::Photo));
    world.run(10_000);
    assert_eq!((bubbles(&world, hers).len(), bubbles(&world, his).len()), (1, 1));
    let sent = bubble(&world, hers, "never mind").row.id;
    assert_eq!(refused(&mut world, hers.0, Command::CancelUpload { message: sent }), Refusal::AlreadySent);
    let View::Unsent(unsent) = ask(&world, hers.0, Query::Unsent) else { panic!() };
    assert_eq!(unsent.unfinished, 0);
}
