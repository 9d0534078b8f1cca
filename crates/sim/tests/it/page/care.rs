//! Looking after oneself and after others: what is asked before something goes, private pictures, a trusted adult, and the least timer.

use super::files::{file, send, step, uploaded};
use super::*;
use crate::team;
use client::audit::Misdeed;
use client::{KeptOpen, UploadStep};
use report::{AddresseeSecret, Contents, Passphrase, Sealed, Trust, open_parts};
use std::collections::BTreeSet;
use view::{
    Born, Care, FileSort, KeepCommand, KeepWhy, KeptChange, KeptRow, MessageKind, NewReport, Private, ReportReason, ReportRefusal,
    ReportTo, Shelf, ShowName, Whose, Words,
};
use wire::content::limits::THUMBNAIL_MAX;
use wire::content::{AttachmentSecret, Class};
use wire::limits::{DAY, REPORT_MAX};

pub(super) const CHILD: Born = Born { year: 2012, month: 5 };
pub(super) const ADULT: Born = Born { year: 1984, month: 5 };
pub(super) const PASSPHRASE: &str = "a lantern on the old pier";

pub(super) fn hint(world: &World, (person, chat): (usize, i64), going: &[i64]) -> view::KeepHint {
    let View::KeepHint(hint) = ask(world, person, Query::KeepHint { chat, going: going.to_vec() }) else { panic!("no answer") };
    hint
}

pub(super) fn picture(world: &mut World, at: (usize, i64), number: u8) -> i64 {
    let message = send(world, at, vec![file("a.jpg", FileSort::Found)]);
    step(world, at.0, i64::from(number), uploaded("a.jpg", number, Class::Photo));
    world.run(5_000);
    message
}

/// What opens the picture of a message, as its sender has it.
pub(super) fn secret(world: &World, (person, _): (usize, i64), message: i64) -> AttachmentSecret {
    let mut files = world.people[person].client().attachments(message).expect("files");
    files.remove(0).secret.expect("a key")
}

/// How many rows of a device's database hold the key of a picture, its salt, or the small picture.
pub(super) fn held(world: &World, person: usize, secret: &AttachmentSecret, small: &[u8]) -> usize {
    let rows = world.people[person].client().audit_rows().expect("rows");
    let has = |bytes: &[u8]| {
        [&secret.key[..], &secret.salt[..], small].iter().any(|part| bytes.windows(part.len()).any(|window| window == *part))
    };
    let holds = |value: &client::audit::Value| matches!(value, client::audit::Value::Blob(bytes) if has(bytes));
    rows.iter().filter(|(_, values)| values.iter().any(holds)).count()
}

/// A report for an officer, opened.
pub(super) fn reported(
    world: &mut World,
    (person, chat): (usize, i64),
    (messages, kept): (Vec<i64>, Vec<i64>),
    open: Option<&KeptOpen>,
) -> Contents {
    let to = ReportTo::Passphrase(Words::new(PASSPHRASE.into()));
    let (reason, note) = (ReportReason::Pictures, String::new());
    let new = NewReport { chat, messages, kept, reason, note, name: ShowName::Shown, to };
    let (now, seed) = (world.now, world.dice.seed());
    let made = world.people[person].client.as_mut().expect("on").make_report(now, seed, &[9; 16], &new, open).expect("made").expect("made");
    let contents = Sealed::parse(&made.file).expect("a file").open_with(&Passphrase::from_text(PASSPHRASE).expect("long")).expect("opens");
    assert!(report::verify(&contents.report, &contents.body, &Trust::default()).holds());
    contents
}

/// The keys that the police find in a report.
pub(super) fn police_find(contents: &Contents) -> Vec<[u8; 32]> {
    let opened = open_parts(&contents.report, &team::police());
    assert_eq!(open_parts(&contents.report, &AddresseeSecret::from_seed(&[1; 32])).keys(), 0, "no other key opens it");
    report::files(&opened.parts, &contents.report).into_iter().filter_map(|file| file.secret).map(|secret| secret.key).collect()
}

pub(super) fn shelf(world: &World, (person, chat): (usize, i64), what: Shelf) -> usize {
    let View::Shelf(found) = ask(world, person, Query::Shelf { chat, what, before: None, limit: 10 }) else { panic!("no answer") };
    found.len()
}

#[test]
fn keep_it_first_is_asked_for_seven_days_after_a_cue_a_block_or_a_report() {
    let (mut world, [hers, his]) = two(651);
    say(&mut world, his.0, his.1, "see you at the pool tomorrow?");
    world.run(5_000);
    assert!(!hint(&world, hers, &[]).asks());
    say(&mut world, his.0, his.1, "dont tell your mum about us, its our secret");
    world.run(5_000);
    let said = bubble(&world, hers, "secret").row.id;
    assert_eq!(hint(&world, hers, &[said]).why, Some(KeepWhy::Noticed));
    assert_eq!(hint(&world, hers, &[said]).messages, [said]);
    assert_eq!(hint(&world, hers, &[]).messages.len(), 2, "all of the chat goes");
    // An adult was shown nothing, and is not told by a question.
    does(&mut world, hers.0, Command::Born { born: Some(ADULT) });
    assert_eq!(hint(&world, hers, &[said]).why, None);
    does(&mut world, hers.0, Command::Born { born: None });
    // What is kept already is not asked about.
    does(&mut world, hers.0, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new("a lantern on the old pier".into()) }));
    does(&mut world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: vec![said] }));
    assert!(!hint(&world, hers, &[said]).asks());
    assert!(hint(&world, hers, &[]).asks());
    world.run(7 * DAY);
    assert!(!hint(&world, hers, &[]).asks());
    let new = NewReport {
        chat: hers.1,
        messages: world.people[hers.0].client().last_provable(hers.1, 1).expect("ids"),
        kept: vec![],
        reason: ReportReason::Pretending,
        note: String::new(),
        name: ShowName::Shown,
        to: ReportTo::Passphrase(Words::new("a lantern on the old pier".into())),
    };
    let now = world.now;
    world.people[hers.0].client.as_mut().expect("on").make_report(now, [9; 32], &[9; 16], &new, None).expect("made").expect("made");
    assert_eq!(hint(&world, hers, &[]).why, Some(KeepWhy::Reported));
    world.run(7 * DAY);
    assert!(!hint(&world, hers, &[]).asks());
    does(&mut world, hers.0, Command::Block { user: "bob".into() });
    assert_eq!(hint(&world, hers, &[]).why, Some(KeepWhy::Blocked));
    world.run(8 * DAY);
    assert_eq!(hint(&world, hers, &[]).why, None);
}

pub(super) fn make_box(world: &mut World, person: usize) {
    does(world, person, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(PASSPHRASE.into()) }));
}

pub(super) fn kept(world: &World, person: usize) -> Vec<KeptRow> {
    let client = world.people[person].client();
    let open = client.open_box(&Words::new(PASSPHRASE.into())).expect("a box").expect("its passphrase");
    client.kept(&open).expect("kept").expect("whole")
}

#[test]
fn what_stood_out_and_was_taken_back_written_anew_or_backdated_is_asked_about_as_well() {
    let (mut world, [hers, his]) = two(673);
    let asked = |world: &World| hint(world, hers, &[]).why;
    world.misbehave(his.0, his.1, Misdeed::Backdated { by: 8 * DAY });
    say(&mut world, his.0, his.1, "dont tell your mum about us");
    world.run(5_000);
    assert_eq!(asked(&world), Some(KeepWhy::Noticed));
    world.run(8 * DAY);
    assert_eq!(asked(&world), None);
    say(&mut world, his.0, his.1, "dont tell your dad about us");
    world.run(5_000);
    let message = bubble(&world, his, "your dad").row.id;
    does(&mut world, his.0, Command::Edit { chat: his.1, message, text: "see you at the pool".into() });
    world.run(5_000);
    assert_eq!(asked(&world), Some(KeepWhy::Noticed));
    world.run(8 * DAY);
    assert_eq!(asked(&world), None);
    say(&mut world, his.0, his.1, "dont tell your mum about this, its our secret");
    world.run(5_000);
    let message = bubble(&world, his, "our secret").row.id;
    does(&mut world, his.0, Command::Delete { chat: his.1, message });
    world.run(5_000);
    let found = hint(&world, hers, &[]);
    assert_eq!((found.why, found.messages.len()), (Some(KeepWhy::Noticed), 3));
    // And it can be kept still.
    make_box(&mut world, hers.0);
    does(&mut world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: found.messages }));
    let rows = kept(&world, hers.0);
    let deleted = rows.iter().find(|row| row.text.contains("our secret")).expect("kept");
    assert_eq!(deleted.since.iter().map(|event| event.what).collect::<Vec<_>>(), [KeptChange::Deleted]);
    assert!(!hint(&world, hers, &[]).asks());
}

#[test]
fn all_that_is_listed_to_be_kept_is_kept_before_a_chat_goes() {
    let (mut world, [hers, his]) = two(674);
    for number in 0..60 {
        say(&mut world, his.0, his.1, &format!("line {number}"));
        if number % 10 == 9 {
            world.run(5_000);
        }
    }
    say(&mut world, his.0, his.1, "dont tell your mum about us");
    world.run(60_000);
    let found = hint(&world, hers, &[]);
    assert_eq!((found.why, found.messages.len(), found.older), (Some(KeepWhy::Noticed), 61, 0));
    make_box(&mut world, hers.0);
    does(&mut world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: found.messages }));
    does(&mut world, hers.0, Command::DeleteChat { chat: hers.1 });
    let rows = kept(&world, hers.0);
    assert_eq!(rows.len(), 61);
    assert!((0..60).all(|number| rows.iter().any(|row| row.text == format!("line {number}"))));
}

#[test]
fn a_message_kept_after_an_edit_shows_its_newest_words_and_that_it_was_changed() {
    let (mut world, [hers, his]) = two(675);
    say(&mut world, his.0, his.1, "see you soon");
    world.run(5_000);
    let message = bubble(&world, his, "see you soon").row.id;
    does(&mut world, his.0, Command::Edit { chat: his.1, message, text: "you will see".into() });
    world.run(5_000);
    let changed = world.now.0;
    make_box(&mut world, hers.0);
    let message = bubble(&world, hers, "you will see").row.id;
    world.run(DAY);
    does(&mut world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: vec![message] }));
    let row = kept(&world, hers.0).remove(0);
    assert_eq!(row.text, "you will see");
    assert_eq!(row.since.iter().map(|event| event.what).collect::<Vec<_>>(), [KeptChange::Edited]);
    assert!(row.since[0].at_ms <= changed && row.stamped_ms < row.since[0].at_ms, "when it was changed, not when it was kept");
    // What comes after it was kept is noted beside it.
    let again = bubble(&world, his, "you will see").row.id;
    does(&mut world, his.0, Command::Delete { chat: his.1, message: again });
    // A session of yesterday is over: both come back first.
    world.run(600_000);
    let row = kept(&world, hers.0).remove(0);
    assert_eq!(row.since.iter().map(|event| event.what).collect::<Vec<_>>(), [KeptChange::Edited, KeptChange::Deleted]);
}

/// As many as the screen says, and if nobody is left it is not said that there is no team.
#[test]
fn a_report_goes_to_those_of_the_team_whose_words_are_not_in_it_and_to_as_many_as_are_told() {
    let (mut world, [alice, bob, carol]) = group(676);
    team::learned(&mut world, &[bob.0, carol.0], Some(&team::police()));
    for (at, text) in [(alice, "who is there?"), (bob, "not you"), (carol, "go away")] {
        say(&mut world, at.0, at.1, text);
        world.run(5_000);
    }
    let id = |world: &World, text: &str| bubble(world, alice, text).row.id;
    let [mine, bobs, carols] = ["who is there?", "not you", "go away"].map(|text| id(&world, text));
    let carols_name = team::account(&world, carol.0).to_string();
    let told = |world: &World, messages: &[i64], kept: &[String]| {
        let query = Query::TeamReaders { chat: alice.1, messages: messages.to_vec(), kept: kept.to_vec() };
        let View::TeamReaders(count) = ask(world, alice.0, query) else { panic!("no answer") };
        count
    };
    assert_eq!(told(&world, &[mine], &[]), 2);
    assert_eq!(told(&world, &[mine, bobs], &[]), 1);
    assert_eq!(told(&world, &[mine, bobs], &[carols_name]), 0);
    assert_eq!(told(&world, &[mine, bobs, carols], &[]), 0);
    let (now, seed) = (world.now, world.dice.seed());
    let mut made = |messages: Vec<i64>, to: ReportTo, id: u8| {
        let (reason, note, kept) = (ReportReason::Mean, String::new(), vec![]);
        let new = NewReport { chat: alice.1, messages, kept, reason, note, name: ShowName::LeftOut, to };
        world.people[alice.0].client.as_mut().expect("on").make_report(now, seed, &[id; 16], &new, None).expect("made")
    };
    let some = made(vec![mine, bobs], ReportTo::Desk, 1).expect("carol reads it");
    assert_eq!(made(vec![bobs, carols], ReportTo::Desk, 2).unwrap_err(), Refusal::Report(ReportRefusal::AboutTheTeam));
    assert_eq!(made(vec![bobs], ReportTo::Outside, 3).unwrap_err(), Refusal::Report(ReportRefusal::NoDesk), "nobody is outside it");
    let opens = |person: usize| {
        let seed = world.people[person].client().reads_reports_with().expect("read").expect("theirs");
        Sealed::parse(&some.file).expect("a file").open(&AddresseeSecret::from_seed(&seed)).is_ok()
    };
    assert_eq!((opens(bob.0), opens(carol.0)), (false, true));
}

#[test]
fn blocking_deletes_no_evidence() {
    let (mut world, [hers, his]) = two(652);
    say(&mut world, his.0, his.1, "You will see");
    world.run(5_000);
    let provable = |world: &World| world.people[hers.0].client().last_provable(hers.1, 10).expect("ids");
    let before = provable(&world);
    assert_eq!(before.len(), 1);
    does(&mut world, hers.0, Command::Block { user: "bob".into() });
    world.run(30 * DAY);
    assert_eq!(provable(&world), before);
}

#[test]
fn a_private_picture_is_neither_shown_nor_passed_on_and_its_key_goes_to_the_police_alone() {
    let (mut world, [hers, his]) = two(653);
    let sent = picture(&mut world, his, 1);
    let message = bubbles(&world, hers)[0].row.id;
    let attachments = |world: &World, at: (usize, i64), message| world.people[at.0].client().attachments(message).expect("files").len();
    assert_eq!((attachments(&world, hers, message), shelf(&world, hers, Shelf::Media)), (1, 1));
    // Kept while it was covered: it is private, and of whom it is can still be said.
    does(&mut world, hers.0, Command::Private { chat: hers.1, message, whose: Whose::Unsaid });
    assert_eq!(bubbles(&world, hers)[0].private, Some(Private { whose: Whose::Unsaid, taken: false }));
    assert_eq!((attachments(&world, hers, message), shelf(&world, hers, Shelf::Media)), (0, 0));
    does(&mut world, hers.0, Command::Private { chat: hers.1, message, whose: Whose::Mine });
    does(&mut world, hers.0, Command::Private { chat: hers.1, message, whose: Whose::Unsaid });
    assert_eq!(bubbles(&world, hers)[0].private.map(|private| private.whose), Some(Whose::Mine));
    let originals = world.people[hers.0].client().own_originals(hers.1, message).expect("asked");
    assert_eq!(originals.map(|files| files.len()), Ok(1));
    does(&mut world, hers.0, Command::Private { chat: hers.1, message, whose: Whose::Child });
    let shown = bubbles(&world, hers).remove(0);
    assert_eq!(shown.private, Some(Private { whose: Whose::Child, taken: false }));
    // In its place: by whom, when, how large, and its hash.
    assert!(shown.sender.name == "bob" && shown.files[0].row.bytes > 0 && shown.files[0].row.sha256.len() == 64);
    assert_eq!(shown.files[0].thumbnail, None);
    assert_eq!((attachments(&world, hers, message), shelf(&world, hers, Shelf::Media)), (0, 0));
    let forward = Command::Forward { chat: hers.1, messages: vec![message], to: vec![hers.1] };
    assert_eq!(refused(&mut world, hers.0, forward), Refusal::PrivatePicture);
    // What was said stays said, also by whoever thinks that it then opens.
    does(&mut world, hers.0, Command::Private { chat: hers.1, message, whose: Whose::Mine });
    assert_eq!(bubbles(&world, hers)[0].private.map(|private| private.whose), Some(Whose::Child));
    let originals = world.people[hers.0].client().own_originals(hers.1, message).expect("asked");
    assert_eq!(originals.unwrap_err(), Refusal::PrivatePicture);
    world.power_cut(hers.0);
    world.run(10_000);
    assert_eq!(attachments(&world, hers, message), 0);
    // It can be reported all the same: without a key for whoever reads it, and with one for the police.
    team::learned(&mut world, &[his.0], Some(&team::police()));
    assert_eq!(world.people[hers.0].client().preselected(hers.1, &[message]).expect("ids").messages, [message]);
    let contents = reported(&mut world, hers, (vec![message], vec![]), None);
    let secret = secret(&world, his, sent);
    assert!(!contents.body.windows(32).any(|window| window == secret.key), "who reads it has no key");
    assert_eq!(police_find(&contents), [secret.key]);
    // On the other side nothing has changed, and nobody can tell.
    assert_eq!((attachments(&world, his, sent), bubbles(&world, his)[0].private), (1, None));
    let text = "not a picture";
    say(&mut world, his.0, his.1, text);
    world.run(5_000);
    let words = bubble(&world, hers, text).row.id;
    let none = Command::Private { chat: hers.1, message: words, whose: Whose::Child };
    assert_eq!(refused(&mut world, hers.0, none), Refusal::NoPicture);
}

#[test]
fn when_its_sender_deletes_a_picture_or_its_timer_ends_nothing_here_opens_it_and_the_police_still_can() {
    let (mut world, [hers, his]) = two(657);
    team::learned(&mut world, &[his.0], Some(&team::police()));
    does(&mut world, hers.0, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(PASSPHRASE.into()) }));
    let (kept, other) = (picture(&mut world, his, 1), picture(&mut world, his, 2));
    does(&mut world, his.0, Command::Expire { chat: his.1, seconds: 3600 });
    world.run(5_000);
    let timed = picture(&mut world, his, 3);
    let sent = [(kept, 1), (other, 2), (timed, 3)].map(|(message, number)| (secret(&world, his, message), [0xff, 0xd8, 0xff, number]));
    let here: Vec<i64> = bubbles(&world, hers).iter().filter(|bubble| !bubble.files.is_empty()).map(|bubble| bubble.row.id).collect();
    let [first, second, third] = here[..] else { panic!("three pictures") };
    does(&mut world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: vec![first, third] }));
    let rows = |world: &World| [hers.0, his.0].map(|person| [0, 1, 2].map(|n: usize| held(world, person, &sent[n].0, &sent[n].1) > 0));
    assert_eq!(rows(&world), [[true; 3]; 2], "both see all of them");
    for message in [kept, other] {
        does(&mut world, his.0, Command::Delete { chat: his.1, message });
    }
    world.run(5_000);
    assert_eq!(rows(&world), [[false, false, true]; 2], "at once, on both sides");
    world.run(2 * 60 * MINUTE);
    assert_eq!(rows(&world), [[false; 3]; 2], "when the time is over");
    // What was deleted can be reported for a week, from the chat or from what was kept: its key is there for the police alone.
    let contents = reported(&mut world, hers, (vec![first, second], vec![]), None);
    assert_eq!(police_find(&contents), [sent[0].0.key, sent[1].0.key]);
    world.run(8 * DAY);
    let open = world.people[hers.0].client().open_box(&Words::new(PASSPHRASE.into())).expect("read").expect("opens");
    let ids = world.people[hers.0].client().kept(&open).expect("read").expect("opens").iter().map(|row| row.id).collect();
    let contents = reported(&mut world, hers, (vec![], ids), Some(&open));
    assert_eq!(police_find(&contents), [sent[0].0.key, sent[2].0.key]);
    for (secret, small) in &sent {
        let has = |part: &[u8]| contents.body.windows(part.len()).any(|window| window == part);
        assert!(!has(&secret.key) && !has(small));
    }
}

#[test]
fn a_block_keeps_no_picture_that_its_sender_takes_back_on_either_side() {
    let (mut world, [hers, his]) = two(661);
    let (of_his, of_hers) = (picture(&mut world, his, 1), picture(&mut world, hers, 1));
    let secrets = [secret(&world, his, of_his), secret(&world, hers, of_hers)];
    let (words, now) = ("Nobody reads this", "Nobody reads this either");
    does(&mut world, hers.0, Command::Block { user: "bob".into() });
    say(&mut world, his.0, his.1, words);
    world.run(5_000);
    let seen = |world: &World| {
        secrets.each_ref().map(|secret| held(world, hers.0, secret, &secret.key) + held(world, his.0, secret, &secret.key) > 0)
    };
    assert_eq!(seen(&world), [true; 2]);
    does(&mut world, his.0, Command::Delete { chat: his.1, message: of_his });
    world.run(5_000);
    assert_eq!(seen(&world), [false, true], "who is blocked takes back what they sent");
    let edit = Command::Edit { chat: hers.1, message: of_hers, text: now.into() };
    assert!(matches!(refused(&mut world, hers.0, edit), Refusal::Blocked { .. }));
    does(&mut world, hers.0, Command::Delete { chat: hers.1, message: of_hers });
    world.run(5_000);
    assert_eq!(seen(&world), [false; 2], "and who blocked them as well");
    assert!(bubbles(&world, hers).iter().all(|bubble| bubble.row.text != words), "the block still silences");
}

/// Without a key for the police there is nobody for whom to keep it.
#[test]
fn where_there_is_no_key_for_the_police_a_deleted_picture_leaves_its_description_alone() {
    let (mut world, [hers, his]) = two(658);
    let sent = picture(&mut world, his, 1);
    let (secret, small) = (secret(&world, his, sent), [0xff, 0xd8, 0xff, 1]);
    let message = bubbles(&world, hers)[0].row.id;
    does(&mut world, his.0, Command::Delete { chat: his.1, message: sent });
    world.run(5_000);
    assert_eq!(held(&world, hers.0, &secret, &small), 0);
    let contents = reported(&mut world, hers, (vec![message], vec![]), None);
    assert_eq!(police_find(&contents), [[0; 32]; 0]);
}

/// The connection breaks while a picture leaves, and in half of these worlds it never gets there.
#[test]
fn a_picture_deleted_while_nobody_knows_whether_it_left_is_opened_by_nothing_from_then_on() {
    let small = [0xff, 0xd8, 0xff, 1];
    let mut both = BTreeSet::new();
    for seed in 662..670 {
        let (mut world, [alice, bob, carol]) = group(seed);
        team::learned(&mut world, &[alice.0], Some(&team::police()));
        say(&mut world, bob.0, bob.1, "Look at this");
        world.run(5_000);
        let message = send(&mut world, bob, vec![file("a.jpg", FileSort::Found)]);
        step(&mut world, bob.0, 1, uploaded("a.jpg", 1, Class::Photo));
        let secret = secret(&world, bob, message);
        assert!(held(&world, bob.0, &secret, &small) > 0);
        world.weather.reconnect_max = 60 * MINUTE;
        offline(&mut world, bob.0);
        let deleted = does(&mut world, bob.0, Command::Delete { chat: bob.1, message });
        assert!(matches!(deleted, Reply::Id(_)), "it may be with the others already");
        assert_eq!(held(&world, bob.0, &secret, &small), 0, "at once");
        // What was sealed before a change of the group is never taken by the server.
        does(&mut world, alice.0, Command::Promote { chat: alice.1, member: "carol".into() });
        world.run(10_000);
        world.weather.reconnect_max = Weather::FAIR.reconnect_max;
        world.reconnect(bob.0);
        world.run(60_000);
        for person in [alice, bob, carol] {
            assert_eq!(held(&world, person.0, &secret, &small), 0, "{}", person.0);
        }
        let said = [alice, bob].map(|at| bubbles(&world, at).iter().filter(|bubble| bubble.row.kind != MessageKind::Notice).count());
        assert_eq!(said[0], said[1], "both see a line where it was, or neither does");
        both.insert(said[0]);
        // And what is said next arrives.
        say(&mut world, bob.0, bob.1, "Never mind");
        world.run(5_000);
        bubble(&world, alice, "Never mind");
    }
    assert_eq!(both, BTreeSet::from([1, 2]), "it left in some of them");
}

/// As a program left it that closed nothing.
#[test]
fn what_was_deleted_before_anything_was_closed_is_closed_when_the_program_starts() {
    let (mut world, [hers, his]) = two(671);
    team::learned(&mut world, &[his.0], Some(&team::police()));
    let sent = picture(&mut world, his, 1);
    let (secret, small) = (secret(&world, his, sent), [0xff, 0xd8, 0xff, 1]);
    let message = bubbles(&world, hers)[0].row.id;
    world.power_cut(hers.0);
    let store = client::store::open(world.people[hers.0].path(), &[7; 32]).expect("her store");
    let delete = "UPDATE message SET deleted = ?1 WHERE id = ?2";
    assert_eq!(store.execute(delete, (world.now.0 as i64, message)).expect("written"), 1);
    store.execute("DELETE FROM file", ()).expect("written");
    drop(store);
    world.run(10_000);
    assert_eq!(held(&world, hers.0, &secret, &small), 0);
    let contents = reported(&mut world, hers, (vec![message], vec![]), None);
    assert_eq!(police_find(&contents), [secret.key]);
}

#[test]
fn a_report_of_more_deleted_pictures_than_fit_is_made_and_says_which_were_left_out() {
    let (mut world, [hers, his]) = two(672);
    let carol = world.person("carol");
    world.run(5_000);
    team::learned(&mut world, &[carol], Some(&team::police()));
    // Eight pictures with the largest small ones: what opens them takes 64 KiB.
    for number in 1..=5 {
        let message = send(&mut world, his, vec![file("a.jpg", FileSort::Found); 8]);
        for place in 1..=8 {
            let upload = 8 * (number - 1) + place;
            let UploadStep::Done(mut done) = uploaded("a.jpg", upload, Class::Photo) else { panic!("done") };
            done.thumbnail.resize(THUMBNAIL_MAX, upload);
            step(&mut world, his.0, i64::from(upload), UploadStep::Done(done));
        }
        world.run(5_000);
        does(&mut world, his.0, Command::Delete { chat: his.1, message });
        world.run(5_000);
    }
    let rows = bubbles(&world, hers);
    let messages: Vec<i64> = rows.iter().filter(|bubble| bubble.row.kind == MessageKind::Deleted).map(|bubble| bubble.row.id).collect();
    assert_eq!(messages.len(), 5);
    let (reason, note) = (ReportReason::Pictures, String::new());
    let new = NewReport { chat: hers.1, messages, kept: vec![], reason, note, name: ShowName::LeftOut, to: ReportTo::Desk };
    let (now, seed) = (world.now, world.dice.seed());
    let made = world.people[hers.0].client.as_mut().expect("on").make_report(now, seed, &[9; 16], &new, None).expect("made").expect("made");
    assert!(made.file.len() <= REPORT_MAX, "{}", made.file.len());
    let secret = AddresseeSecret::from_seed(&world.people[carol].client().reads_reports_with().expect("read").expect("hers"));
    let contents = Sealed::parse(&made.file).expect("a file").open(&secret).expect("opens");
    assert!(report::verify(&contents.report, &contents.body, &Trust::default()).holds());
    // Of all five it is proved what was said; of some the police open the pictures, and the others are named.
    assert_eq!(contents.report.items().filter(|(_, item)| item.opening.leaves.len() > 1).count(), 5);
    let opened = police_find(&contents).len();
    assert!(!made.left_out.is_empty() && opened == 8 * (5 - made.left_out.len()), "{opened} {:?}", made.left_out);
    let stamped = |at: &u64| contents.report.items().any(|(_, item)| item.stamp.stamp.ms.0 == *at);
    assert!(made.left_out.iter().all(stamped));
}

#[test]
fn a_private_picture_is_private_in_every_message_that_has_it_and_whatever_it_was_sent_as() {
    let (mut world, [hers, his]) = two(656);
    let sent = picture(&mut world, his, 1);
    let again = Command::Forward { chat: his.1, messages: vec![sent], to: vec![his.1] };
    does(&mut world, his.0, again.clone());
    world.run(5_000);
    // Passed on before anything was said of it; the same bytes as a file of no kind; and another file.
    let first = bubbles(&world, hers)[0].row.id;
    does(&mut world, hers.0, Command::Forward { chat: hers.1, messages: vec![first], to: vec![hers.1] });
    world.run(5_000);
    let message = send(&mut world, his, vec![file("notes.bin", FileSort::Found)]);
    let UploadStep::Done(mut done) = uploaded("notes.bin", 1, Class::File) else { panic!("done") };
    (done.media_type, done.blob, done.thumbnail) = ("application/octet-stream".into(), wire::BlobId([77; 32]), vec![]);
    step(&mut world, his.0, 2, UploadStep::Done(done));
    world.run(5_000);
    let other = send(&mut world, his, vec![file("other.bin", FileSort::Found)]);
    step(&mut world, his.0, 3, uploaded("other.bin", 9, Class::File));
    world.run(5_000);
    assert_ne!(message, other);
    let open = |world: &World| -> Vec<bool> {
        let shown = bubbles(world, hers);
        let open = |bubble: &view::Bubble| !world.people[hers.0].client().attachments(bubble.row.id).expect("files").is_empty();
        shown.iter().map(|bubble| bubble.private.is_none() && open(bubble)).collect()
    };
    assert_eq!(open(&world), [true; 5]);
    // Said of the one that was sent as a file: it is the same picture in all of them.
    let as_file = bubbles(&world, hers)[3].row.id;
    does(&mut world, hers.0, Command::Private { chat: hers.1, message: as_file, whose: Whose::Child });
    assert_eq!(open(&world), [false, false, false, false, true]);
    assert!(bubbles(&world, hers)[..4].iter().all(|bubble| bubble.files.iter().all(|file| file.thumbnail.is_none())));
    assert_eq!((shelf(&world, hers, Shelf::Media), shelf(&world, hers, Shelf::Files)), (0, 1));
    for bubble in &bubbles(&world, hers)[..4] {
        let forward = Command::Forward { chat: hers.1, messages: vec![bubble.row.id], to: vec![hers.1] };
        assert_eq!(refused(&mut world, hers.0, forward), Refusal::PrivatePicture);
    }
    // And in what comes later.
    does(&mut world, his.0, again);
    world.run(5_000);
    assert_eq!(open(&world).last(), Some(&false));
    // Of a child it stays, whatever is said of another message.
    does(&mut world, hers.0, Command::Private { chat: hers.1, message: first, whose: Whose::Mine });
    assert_eq!(bubbles(&world, hers)[0].private.map(|private| private.whose), Some(Whose::Child));
    let originals = world.people[hers.0].client().own_originals(hers.1, first).expect("asked");
    assert_eq!(originals.unwrap_err(), Refusal::PrivatePicture);
}

#[test]
fn the_file_of_a_picture_of_oneself_is_given_out_once() {
    let (mut world, [hers, _]) = two(654);
    let message = picture(&mut world, hers, 1);
    let originals = |world: &World| world.people[hers.0].client().own_originals(hers.1, message).expect("asked");
    assert_eq!(originals(&world).unwrap_err(), Refusal::PrivatePicture, "not before it was said");
    does(&mut world, hers.0, Command::Private { chat: hers.1, message, whose: Whose::Mine });
    assert_eq!(originals(&world).expect("hers").len(), 1);
    let now = world.now;
    let took = |world: &mut World| world.people[hers.0].client.as_mut().expect("on").took_out(now, [3; 32], message).expect("kept");
    assert_eq!(took(&mut world), Ok(()));
    assert_eq!(took(&mut world), Err(Refusal::TakenBefore));
    assert_eq!(originals(&world).unwrap_err(), Refusal::TakenBefore);
    assert_eq!(world.people[hers.0].client().attachments(message).expect("files").len(), 0);
}

#[test]
fn whoever_is_trusted_is_told_with_fixed_words_and_reads_first_how_to_help() {
    let (mut world, [hers, his]) = two(655);
    let trusted = |world: &World| {
        let View::Safety(row) = ask(world, hers.0, Query::Safety) else { panic!("no answer") };
        row.trusted
    };
    assert_eq!(refused(&mut world, hers.0, Command::NeedToTalk), Refusal::NobodyTrusted);
    let bob = line(&world, hers).peer.expect("bob");
    let nobody = "00".repeat(32);
    assert_eq!(refused(&mut world, hers.0, Command::Trust { account: Some(nobody.clone()) }), Refusal::NoSuchUser { name: nobody });
    does(&mut world, hers.0, Command::Trust { account: Some(bob.clone()) });
    assert_eq!(trusted(&world).map(|row| (row.account, row.name, row.chat)), Some((bob, "bob".into(), hers.1)));
    say(&mut world, hers.0, hers.1, "about the match");
    does(&mut world, hers.0, Command::NeedToTalk);
    world.run(5_000);
    let arrived = bubble(&world, his, client::NEED_TO_TALK);
    assert_eq!((arrived.row.text.as_str(), arrived.care), ("I need to talk.", Some(Care::Talk)));
    let care = |at: (usize, i64)| line(&world, at).last.expect("a last one").care;
    assert_eq!((care(his), care(hers)), (Some(Care::Talk), None), "a list says no more than that they are asked for");
    assert_eq!(bubble(&world, his, "match").care, None);
    assert_eq!(bubble(&world, hers, client::NEED_TO_TALK).care, None, "it is for whoever receives it");
    // Whoever is blocked is trusted no more.
    does(&mut world, hers.0, Command::Block { user: "bob".into() });
    assert_eq!(trusted(&world), None);
    assert_eq!(refused(&mut world, hers.0, Command::NeedToTalk), Refusal::NobodyTrusted);
}
