//! Forgers by chance, many of them: a reporter, a reader of the desk, and either of them with the server's key, or with that of a sender.
//!
//! Each attack by its name is in crates/report (`hostile.rs`); here they are put together as they come.

use crate::team::{self, police};
use crate::{counted, group, say};
use franking::FrankingKey;
use report::{Passphrase, Report, Sealed, Verdict, verdict::Who};
use sim::forger::{Forger, Forgery, Truth, believed, lies, truth};
use sim::picture::{closed, drawn, holds};
use sim::world::{Weather, World};
use std::collections::BTreeMap;
use view::{NewReport, ReportReason, ReportTo, ShowName, Words};

const PASSPHRASE: &str = "correct horse battery";
const NOTE: &str = "It began on Monday.";
/// Forged reports of each kind of forger.
const FORGERIES: u64 = 800;
const FORGERIES_LONG: u64 = 20_000;

fn reported(world: &mut World, person: usize, chat: i64, name: ShowName) -> Report {
    let new = NewReport {
        chat,
        messages: world.people[person].client().last_provable(chat, 100).expect("ids"),
        kept: vec![],
        reason: ReportReason::Mean,
        note: NOTE.into(),
        name,
        to: ReportTo::Passphrase(Words::new(PASSPHRASE.into())),
    };
    let now = world.now;
    let made = world.people[person]
        .client
        .as_mut()
        .expect("on")
        .make_report(now, [chat as u8; 32], &[chat as u8; 16], &new, None)
        .expect("made")
        .expect("made");
    let sealed = Sealed::parse(&made.file).expect("a file");
    sealed.open_with(&Passphrase::from_text(PASSPHRASE).expect("long enough")).expect("opens").report
}

/// Bob reports what was said in a group, and has a chat with Alice besides. Carol sends pictures: their keys, and small pictures.
fn reports(name: ShowName) -> (World, Vec<Report>, Truth, Vec<Vec<u8>>) {
    let mut world = World::new(33, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "carol"]);
    let of_two = |world: &World, person: usize, with: &str| {
        let chats = world.people[person].client().chats().expect("chats");
        chats.into_iter().find(|chat| chat.name == with).expect("a chat of two").id
    };
    let (hers, his) = (of_two(&world, 0, "bob"), of_two(&world, 1, "alice"));
    for round in 0..3 {
        for (person, chat) in [(0, chats[0]), (1, chats[1]), (2, chats[2]), (0, hers), (1, his), (0, chats[0])] {
            say(&mut world, person, chat, &format!("{person} says {round}"));
            world.run(3_000);
        }
        world.say_body(2, chats[2], drawn([round; 32]));
        world.run(3_000);
    }
    team::learned(&mut world, &[2], Some(&police()));
    let all = vec![reported(&mut world, 1, chats[1], name), reported(&mut world, 1, his, name)];
    let audits: Vec<_> = world.people.iter().flat_map(|person| person.client().audit().expect("audit")).collect();
    let pictures = audits.iter().flat_map(|chat| &chat.messages).flat_map(|message| closed(&message.content)).collect();
    (world, all, truth(&audits), pictures)
}

#[derive(Default)]
struct Came {
    refused: BTreeMap<Forgery, u64>,
    held: u64,
}

/// Who helps a forger.
#[derive(Clone, Copy, PartialEq)]
enum Helper {
    Nobody,
    Server,
    /// Carol, who sent what is in the report.
    Sender,
}

fn forge(name: ShowName, helper: Helper) -> Came {
    let (world, reports, truth, parts) = reports(name);
    let helped = helper == Helper::Server;
    let sender: Option<FrankingKey> = world.people[2].client().audit_franking_key().expect("a key").filter(|_| helper == Helper::Sender);
    assert_eq!(world.stamp_secret().public(), world.stamp_key(), "the server's own key");
    let honest = believed(&reports[0]).expect("the honest report holds");
    assert_eq!(lies(&honest, &truth, false), [""; 0]);
    // Who reports was in the chat and has what opens its pictures; who reads it at the desk has not.
    let opened = report::open_parts(&reports[0], &police());
    assert_eq!((opened.keys(), opened.closed), (6, 0), "of each picture its key and the small one");
    let keys: Vec<_> = opened.parts.iter().filter(|_| name == ShowName::LeftOut).flat_map(|part| part.keys.clone()).collect();
    let mut came = Came::default();
    let (_, seeds) = counted(FORGERIES, FORGERIES_LONG);
    for seed in 0..seeds {
        let server = helped.then(|| world.stamp_secret());
        let forger = Forger::new(seed, &reports, server).with_sender(sender.clone()).with_pictures(keys.clone());
        let (forged, done) = { forger }.forge();
        let Some(verdict) = believed(&forged) else {
            // What one change alone makes of it is that change's doing.
            if let [one] = done[..] {
                *came.refused.entry(one).or_default() += 1;
            }
            continue;
        };
        assert!(!holds(&forged.to_bytes(), &parts), "seed {seed}: a key of a picture outside compartment B: {done:?}");
        came.held += u64::from(verdict.body != honest.body);
        assert_eq!(lies(&verdict, &truth, helped), [""; 0], "seed {seed}: {done:?}");
        names_nobody_else(&honest, &verdict, &format!("seed {seed}: {done:?}"));
    }
    println!("{seeds} forged reports, {} held", came.held);
    came
}

/// Whoever is named as who made it has made it, just so.
fn names_nobody_else(honest: &Verdict, forged: &Verdict, what: &str) {
    if let Who::Proved { .. } = forged.reporter.who {
        assert_eq!((&forged.reporter.who, forged.reporter.note.as_str()), (&honest.reporter.who, NOTE), "{what}");
        assert_eq!(forged.body, honest.body, "{what}");
    }
}

/// Everything that can be done to a report was done alone at least once, and refused.
fn each_was_refused(came: &Came, but: &[Forgery]) {
    for forgery in Forgery::ALL {
        assert!(but.contains(&forgery) || came.refused.contains_key(&forgery), "{forgery:?} was never refused");
    }
}

/// What is left out visibly is no lie, and the note of somebody without a name is anybody's.
const HARMLESS: [Forgery; 2] = [Forgery::Break, Forgery::Note];

#[test]
fn a_hostile_reporter_makes_nobody_say_what_they_did_not_say() {
    let came = forge(ShowName::LeftOut, Helper::Nobody);
    each_was_refused(&came, &HARMLESS);
}

#[test]
fn a_hostile_reader_of_the_desk_changes_nothing_in_a_named_report() {
    let came = forge(ShowName::Shown, Helper::Nobody);
    each_was_refused(&came, &[Forgery::Break]);
    assert_eq!(came.held, 0, "whoever gave their name proved all of it");
}

#[test]
fn a_hostile_reporter_and_the_server_make_nobody_say_what_they_did_not_say() {
    let came = forge(ShowName::LeftOut, Helper::Server);
    assert!(came.held > 0, "what the server says of place and time is its own word");
    assert!(came.refused.contains_key(&Forgery::Word) && came.refused.contains_key(&Forgery::NewWords));
}

#[test]
fn a_hostile_reader_of_the_desk_and_the_server_change_nothing_in_a_named_report() {
    let came = forge(ShowName::Shown, Helper::Server);
    assert!(came.refused.contains_key(&Forgery::Word) && came.refused.contains_key(&Forgery::NewWords));
}

/// Without the server no record says what its sender did not say then, also if they would now.
#[test]
fn a_hostile_sender_and_a_reporter_make_nobody_say_what_they_did_not_say() {
    let came = forge(ShowName::LeftOut, Helper::Sender);
    each_was_refused(&came, &HARMLESS);
}

#[test]
fn a_hostile_sender_and_a_reader_of_the_desk_change_nothing_in_a_named_report() {
    let came = forge(ShowName::Shown, Helper::Sender);
    each_was_refused(&came, &[Forgery::Break]);
    assert_eq!(came.held, 0, "whoever gave their name proved all of it");
}
