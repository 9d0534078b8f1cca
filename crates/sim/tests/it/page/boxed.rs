//! What lies in the box beside words: sealed pictures, voice messages, screenshots of other apps.

use super::care::*;
use super::files::{file, send, step, uploaded};
use super::*;
use crate::team;
use client::UploadStep;
use report::AddresseeSecret;
use view::{
    FileSort, KEPT_FILE_MAX, KEPT_SCREENSHOTS_MAX, KeepCommand, KeptSealed, NewReport, ReportReason, ReportRefusal, ReportTo, Shelf,
    ShowName, TOLD_PICTURE_BYTES_MAX, Words,
};
use wire::content::Class;
use wire::limits::DAY;

#[test]
fn the_sealed_bytes_of_a_kept_picture_stay_when_its_sender_deletes_it_and_open_with_what_the_police_have_alone() {
    let (mut world, [hers, his]) = two(664);
    team::learned(&mut world, &[his.0], Some(&team::police()));
    does(&mut world, hers.0, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(PASSPHRASE.into()) }));
    let (first, second) = (picture(&mut world, his, 1), picture(&mut world, his, 2));
    let secrets = [first, second].map(|message| secret(&world, his, message));
    let here: Vec<i64> = bubbles(&world, hers).iter().map(|bubble| bubble.row.id).collect();
    let client = |world: &World| world.people[hers.0].client().kept_wanted().expect("read");
    assert!(client(&world).is_empty(), "nothing is kept yet");
    does(&mut world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: here.clone() }));
    let wanted = client(&world);
    let blobs: Vec<_> = wanted.iter().map(|wanted| wanted.file.blob).collect();
    assert_eq!(blobs, [wire::BlobId([2; 32]), wire::BlobId([1; 32])], "those kept last first");
    // The shell brings one of them; the other is taken back before it could.
    let (now, sealed) = (world.now, vec![0x5e; 5000]);
    world.people[hers.0].client.as_mut().expect("on").keep_sealed(now, [1; 32], &wanted[1], &sealed).expect("kept");
    assert_eq!(client(&world).len(), 1);
    for message in [first, second] {
        does(&mut world, his.0, Command::Delete { chat: his.1, message });
    }
    world.run(8 * DAY);
    assert!(client(&world).is_empty(), "what was taken back is fetched no more");
    for secret in &secrets {
        assert_eq!(held(&world, hers.0, secret, &secret.key), 0, "nothing here opens it");
    }
    let open = world.people[hers.0].client().open_box(&Words::new(PASSPHRASE.into())).expect("read").expect("opens");
    let rows = world.people[hers.0].client().kept(&open).expect("read").expect("opens");
    let of = |blob: u8| rows.iter().find(|row| row.files.first().is_some_and(|file| file.bytes == 1000 * u64::from(blob))).expect("kept");
    assert_eq!((of(1).files[0].sealed, of(2).files[0].sealed), (KeptSealed::Here, KeptSealed::NotHere));
    let files = world.people[hers.0].client().kept_sealed(&open, of(1).id).expect("read").expect("opens");
    assert_eq!(
        files.iter().map(|file| (file.name.clone(), file.bytes.clone())).collect::<Vec<_>>(),
        [(format!("{}.sealed", blobs[1]), sealed)]
    );
    assert!(world.people[hers.0].client().kept_sealed(&open, of(2).id).expect("read").expect("opens").is_empty());
    // Whoever has both halves finds what opens them in the report.
    let contents = reported(&mut world, hers, (vec![], vec![of(1).id]), Some(&open));
    assert_eq!(police_find(&contents), [secrets[0].key]);
    does(&mut world, hers.0, Command::Keep(KeepCommand::Discard { kept: of(1).id }));
    let rows = world.people[hers.0].client().audit_rows().expect("rows");
    let holds = |value: &client::audit::Value| matches!(value, client::audit::Value::Blob(bytes) if bytes.ends_with(&[0x5e; 100]));
    assert!(!rows.iter().any(|(_, values)| values.iter().any(holds)), "what is kept no longer leaves nothing");
}

#[test]
fn a_kept_voice_message_is_heard_from_the_open_box_after_it_was_deleted_or_its_time_is_over_and_a_film_is_not() {
    let (mut world, [hers, his]) = two(666);
    does(&mut world, hers.0, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(PASSPHRASE.into()) }));
    let says = |world: &mut World, number: u8, media_type: &str| {
        let message = send(world, his, vec![file("a.webm", FileSort::Voice)]);
        let mut done = uploaded("a.webm", number, Class::Voice);
        if let UploadStep::Done(uploaded) = &mut done {
            uploaded.media_type = media_type.into();
            uploaded.thumbnail.clear();
        }
        step(world, his.0, i64::from(number), done);
        world.run(5_000);
        message
    };
    let (voice, film) = (says(&mut world, 1, "audio/webm"), says(&mut world, 2, "video/webm"));
    does(&mut world, his.0, Command::Expire { chat: his.1, seconds: 3600 });
    world.run(5_000);
    let timed = says(&mut world, 3, "audio/webm");
    let secrets = [voice, film, timed].map(|message| secret(&world, his, message));
    let here: Vec<i64> = bubbles(&world, hers).iter().filter(|bubble| !bubble.files.is_empty()).map(|bubble| bubble.row.id).collect();
    does(&mut world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: here }));
    for wanted in world.people[hers.0].client().kept_wanted().expect("read") {
        let (now, sealed) = (world.now, wanted.file.blob.0.repeat(9));
        world.people[hers.0].client.as_mut().expect("on").keep_sealed(now, [1; 32], &wanted, &sealed).expect("kept");
    }
    for message in [voice, film] {
        does(&mut world, his.0, Command::Delete { chat: his.1, message });
    }
    world.run(8 * DAY);
    for secret in &secrets {
        assert_eq!(held(&world, hers.0, secret, &secret.key), 0, "with the box closed nothing opens it");
    }
    let client = world.people[hers.0].client();
    let open = client.open_box(&Words::new(PASSPHRASE.into())).expect("read").expect("opens");
    let rows = client.kept(&open).expect("read").expect("opens");
    let [first, second, third] = rows.as_slice() else { panic!("three are kept") };
    assert_eq!(rows.iter().map(|row| row.files[0].sealed).collect::<Vec<_>>(), [KeptSealed::Voice, KeptSealed::NoKey, KeptSealed::Voice]);
    for (row, number) in [(first, 1), (third, 3)] {
        let voices = client.kept_voice(&open, row.id).expect("read").expect("opens");
        let [voice] = voices.as_slice() else { panic!("one voice message") };
        assert_eq!((voice.file.secret.as_ref(), voice.sealed.clone()), (Some(&secrets[number - 1]), [number as u8; 32].repeat(9)));
    }
    // A film that is called a voice message opens for nobody here.
    let none = client.kept_voice(&open, second.id).expect("read");
    assert_eq!(none.map(|voices| voices.len()), Err(Refusal::Report(ReportRefusal::NoSuchKept { id: second.id })));
    does(&mut world, hers.0, Command::Keep(KeepCommand::Discard { kept: first.id }));
    let none = world.people[hers.0].client().kept_voice(&open, first.id).expect("read");
    assert_eq!(none.map(|voices| voices.len()), Err(Refusal::Report(ReportRefusal::NoSuchKept { id: first.id })));
}

#[test]
fn what_is_kept_where_the_police_have_no_key_or_is_too_large_says_so() {
    let (mut world, [hers, his]) = two(665);
    does(&mut world, hers.0, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(PASSPHRASE.into()) }));
    let kept = |world: &mut World, number: u8, length: u64| {
        send(world, his, vec![file("a.mp4", FileSort::Found)]);
        let mut done = uploaded("a.mp4", number, Class::Video);
        if let UploadStep::Done(uploaded) = &mut done {
            uploaded.length = length;
        }
        step(world, his.0, i64::from(number), done);
        world.run(5_000);
        let newest = bubbles(world, hers).iter().map(|bubble| bubble.row.id).max().expect("a message");
        does(world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: vec![newest] }));
        let open = world.people[hers.0].client().open_box(&Words::new(PASSPHRASE.into())).expect("read").expect("opens");
        world.people[hers.0].client().kept(&open).expect("read").expect("opens").last().expect("kept").files[0].sealed
    };
    assert_eq!(kept(&mut world, 1, 1000), KeptSealed::NoKey);
    team::learned(&mut world, &[his.0], Some(&team::police()));
    assert_eq!(kept(&mut world, 2, KEPT_FILE_MAX + 1), KeptSealed::TooLarge);
    let wanted = world.people[hers.0].client().kept_wanted().expect("read");
    assert_eq!(wanted.iter().map(|wanted| wanted.file.length).collect::<Vec<_>>(), [1000]);
}

/// As a report can carry it, and a picture of nothing.
fn screen(fill: u8, bytes: usize) -> Vec<u8> {
    let mut jpeg = vec![fill; bytes];
    jpeg[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    jpeg
}

fn add(jpeg: Vec<u8>) -> Command {
    Command::Keep(KeepCommand::AddScreenshot { jpeg })
}

#[test]
fn a_screenshot_that_was_added_lies_sealed_is_not_proved_and_goes_to_the_police_beside_a_message() {
    let (mut world, [hers, his]) = two(662);
    team::learned(&mut world, &[his.0], Some(&team::police()));
    assert_eq!(refused(&mut world, hers.0, add(screen(7, 300))), Refusal::Report(ReportRefusal::NoBox));
    does(&mut world, hers.0, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(PASSPHRASE.into()) }));
    for none in [b"<svg onload=x>".to_vec(), screen(7, TOLD_PICTURE_BYTES_MAX + 1)] {
        assert_eq!(refused(&mut world, hers.0, add(none)), Refusal::Report(ReportRefusal::NoPictures));
    }
    does(&mut world, hers.0, add(screen(7, 300)));
    say(&mut world, his.0, his.1, "you will be sorry");
    world.run(5_000);
    let message = bubble(&world, hers, "sorry").row.id;
    does(&mut world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: vec![message] }));
    // It lies nowhere unsealed, and among no files of a chat.
    let holds = |value: &client::audit::Value| matches!(value, client::audit::Value::Blob(bytes) if bytes.windows(50).any(|window| window == [7; 50]));
    let rows = world.people[hers.0].client().audit_rows().expect("rows");
    assert!(!rows.iter().any(|(_, values)| values.iter().any(holds)));
    assert_eq!(shelf(&world, hers, Shelf::Media), 0);

    let client = world.people[hers.0].client();
    let open = client.open_box(&Words::new(PASSPHRASE.into())).expect("read").expect("opens");
    let rows = client.kept(&open).expect("read").expect("opens");
    let [added, said] = rows.as_slice() else { panic!("two are kept") };
    assert!(added.screenshot && added.text.is_empty() && added.kept_ms > 0 && !said.screenshot);
    let hash = wire::Hash32::of(&screen(7, 300));
    assert_eq!((added.files[0].bytes, added.files[0].sha256.clone()), (300, hash.to_string()));
    assert_eq!(client.kept_screenshot(&open, added.id).expect("read").expect("opens").bytes, screen(7, 300));
    let no_screenshot = client.kept_screenshot(&open, said.id).expect("read");
    assert_eq!(no_screenshot, Err(Refusal::Report(ReportRefusal::NoSuchKept { id: said.id })));

    // It goes beside what can be proved, as the reporter's own, and the police alone open it.
    let contents = reported(&mut world, hers, (vec![], vec![added.id, said.id]), Some(&open));
    let [shown] = contents.report.screens.said() else { panic!("one screenshot") };
    assert_eq!((shown.added.0, shown.picture.bytes, shown.picture.sha256), (added.kept_ms, 300, hash));
    assert!(!contents.body.windows(50).any(|window| window == [7; 50]));
    let opened = contents.report.open_screens(&team::police()).expect("opens");
    assert_eq!(opened.iter().map(|picture| picture.to_vec()).collect::<Vec<_>>(), [screen(7, 300)]);
    assert!(contents.report.open_screens(&AddresseeSecret::from_seed(&[1; 32])).is_err());

    // There is a limit to how many there are, and one can be taken away.
    for _ in 1..KEPT_SCREENSHOTS_MAX {
        does(&mut world, hers.0, add(screen(8, 10)));
    }
    let full = Refusal::Report(ReportRefusal::ScreenshotsFull { limit: KEPT_SCREENSHOTS_MAX as u32 });
    assert_eq!(refused(&mut world, hers.0, add(screen(8, 10))), full);
    does(&mut world, hers.0, Command::Keep(KeepCommand::Discard { kept: added.id }));
    let gone = world.people[hers.0].client().kept_screenshot(&open, added.id).expect("read");
    assert_eq!(gone, Err(Refusal::Report(ReportRefusal::NoSuchKept { id: added.id })));
    does(&mut world, hers.0, add(screen(8, 10)));
}

#[test]
fn a_screenshot_goes_into_no_report_alone_nor_where_the_police_have_no_key() {
    let (mut world, [hers, his]) = two(663);
    does(&mut world, hers.0, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(PASSPHRASE.into()) }));
    does(&mut world, hers.0, add(screen(7, 300)));
    say(&mut world, his.0, his.1, "you will be sorry");
    world.run(5_000);
    let message = bubble(&world, hers, "sorry").row.id;
    let client = world.people[hers.0].client();
    let open = client.open_box(&Words::new(PASSPHRASE.into())).expect("read").expect("opens");
    let kept: Vec<i64> = client.kept(&open).expect("read").expect("opens").iter().map(|row| row.id).collect();
    for (messages, why) in [(vec![], ReportRefusal::NothingChosen), (vec![message], ReportRefusal::NoPictures)] {
        let (to, reason) = (ReportTo::Passphrase(Words::new(PASSPHRASE.into())), ReportReason::Mean);
        let new = NewReport { chat: hers.1, messages, kept: kept.clone(), reason, note: String::new(), name: ShowName::Shown, to };
        let (now, client) = (world.now, world.people[hers.0].client.as_mut().expect("on"));
        let made = client.make_report(now, [9; 32], &[9; 16], &new, Some(&open)).expect("made");
        assert_eq!(made.unwrap_err(), Refusal::Report(why));
    }
}
