//! The safety desk's answers, as a hostile server, another member and the person a report is about would have them.

use crate::team::{ANSWERS, drop_pass, learned};
use crate::{group, say};
use client::Input;
use report::{Addressee, AddresseeSecret, Answer, Inside, Recipients, Sealed, SealedAnswer, Trust, seal};
use sim::world::{Weather, World};
use std::collections::BTreeSet;
use view::{AnswerStands, CaseVerdict, Command, DeskSays, MadeReport, NewReport, Outgoing, OwnReport, ReportReason, ReportTo, ShowName};
use wire::Seq;

/// Alice reports Bob; Carol, Dave and Erin are the desk.
struct Scene {
    world: World,
    chat: i64,
    place: u64,
}

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
const ERIN: usize = 4;

impl Scene {
    /// `desk`: its members, the last of them the deputy.
    fn new(desk: [usize; 3]) -> Self {
        let mut world = World::new(71, Weather::FAIR);
        let chats = group(&mut world, &["alice", "bob", "carol", "dave", "erin"]);
        say(&mut world, BOB, chats[BOB], "Give me your lunch");
        say(&mut world, ALICE, chats[ALICE], "No");
        world.run(10_000);
        learned(&mut world, &desk, None);
        Self { chat: chats[ALICE], world, place: 0 }
    }

    fn client(&mut self, person: usize) -> &mut client::Client {
        self.world.people[person].client.as_mut().expect("on")
    }

    fn report(&mut self, seed: u8) -> MadeReport {
        self.asks(seed, seed, ReportTo::Desk)
    }

    /// What comes of asking for a report under an id.
    fn asks(&mut self, id: u8, seed: u8, to: ReportTo) -> MadeReport {
        let (now, chat) = (self.world.now, self.chat);
        let messages = self.world.people[ALICE].client().last_provable(chat, 10).expect("ids");
        let new = NewReport { chat, messages, kept: vec![], reason: ReportReason::Mean, note: String::new(), name: ShowName::LeftOut, to };
        self.client(ALICE).make_report(now, [seed; 32], &[id; 16], &new, None).expect("made").expect("made")
    }

    /// The return address, as a reader of the report has it; nothing if they cannot open it.
    fn return_key(&self, reader: usize, made: &MadeReport) -> Option<Addressee> {
        let secret = AddresseeSecret::from_seed(&self.world.people[reader].client().reads_reports_with().unwrap().unwrap());
        let opened = Sealed::parse(&made.file).unwrap().open(&secret).ok()?;
        opened.report.return_key
    }

    fn answer(&mut self, by: usize, (number, stands, words): (&str, AnswerStands, &str), to: &Addressee) -> Vec<u8> {
        let now = self.world.now;
        self.world.run(1_000);
        self.client(by).desk_answer(now, [11 + by as u8; 32], None, (number, stands, words), to).expect("made").expect("made")
    }

    /// What the server shows to everybody, as Alice hears it.
    fn shown(&mut self, records: &[&[u8]]) {
        self.place += records.len() as u64;
        self.hears(ALICE, records);
    }

    fn hears(&mut self, person: usize, records: &[&[u8]]) {
        let (now, to) = (self.world.now, Seq(self.place));
        let mut keys = self.client(person).answer_keys(now, [4; 32]).expect("read");
        for answer in records.iter().filter_map(|record| SealedAnswer::parse(record)) {
            (0..keys.rounds()).for_each(|round| keys.try_on(&answer, round));
        }
        self.client(person).hear_answers(now, [4; 32], (ANSWERS, to), &keys).expect("kept");
    }

    fn own(&self) -> Vec<OwnReport> {
        let mut reports = self.world.people[ALICE].client().own_reports().expect("read");
        reports.sort_by(|one, other| one.number.cmp(&other.number));
        reports
    }

    fn words(&self, number: &str) -> Vec<(AnswerStands, String)> {
        let own = self.own();
        let report = own.iter().find(|report| report.number == number).expect("there");
        report.answers.iter().map(|answer| (answer.stands, answer.words.clone())).collect()
    }
}

#[test]
fn an_answer_is_read_by_who_reported_under_its_number_and_every_client_asks_for_the_same() {
    let mut scene = Scene::new([CAROL, DAVE, ERIN]);
    let (before, idle) = (scene.client(ALICE).answers_after().unwrap(), scene.client(BOB).answers_after().unwrap());
    let made = scene.report(21);
    let to = scene.return_key(DAVE, &made).expect("an address");
    let answer = scene.answer(DAVE, (&made.number, AnswerStands::Looking, "We speak to the school."), &to);
    // Who waits for an answer asks from the same place as who reported nothing.
    assert_eq!((before, idle), (Seq::START, Seq::START));
    assert_eq!(scene.client(ALICE).answers_after().unwrap(), scene.client(BOB).answers_after().unwrap());
    scene.shown(&[&answer]);
    scene.hears(BOB, &[&answer]);
    assert_eq!(scene.client(ALICE).answers_after().unwrap(), scene.client(BOB).answers_after().unwrap());
    assert_eq!(scene.words(&made.number), [(AnswerStands::Looking, "We speak to the school.".to_owned())]);
    assert!(scene.client(BOB).own_reports().unwrap().is_empty(), "it is nothing to anybody else");
}

#[test]
fn each_answer_is_tried_to_the_end_with_as_many_keys_by_who_reported_nothing_as_by_who_reported() {
    let mut scene = Scene::new([CAROL, DAVE, ERIN]);
    let rounds = |scene: &mut Scene, person: usize, days: u64| {
        let now = scene.world.now.plus(days * 24 * 3600 * 1000);
        scene.client(person).answer_keys(now, [4; 32]).unwrap().rounds()
    };
    let made: Vec<MadeReport> = (21..25).map(|seed| scene.report(seed)).collect();
    assert_eq!((rounds(&mut scene, ALICE, 0), rounds(&mut scene, BOB, 0)), (1, 1));
    // Two of hers are sealed into one file, once for each: whichever opens first, the other is tried as well.
    let to: Vec<Addressee> = made.iter().map(|made| scene.return_key(CAROL, made).unwrap()).collect();
    let both = |answer: &Answer, seed: u8| {
        let to = Recipients { readers: to[..2].to_vec(), passphrase: None };
        seal(answer, &to, &mut <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::from_seed([seed; 32])).unwrap()
    };
    let secret = |made: &MadeReport| report::Case::from_bytes(made.case.clone().try_into().unwrap()).return_key();
    let mut files = Vec::new();
    for (place, words) in [(0, "To the first."), (1, "To the second.")] {
        let answer = scene.answer(CAROL, (&made[place].number, AnswerStands::Looking, words), &to[place]);
        files.push(both(&SealedAnswer::parse(&answer).unwrap().open(&secret(&made[place])).unwrap(), 31 + place as u8));
    }
    scene.shown(&[&files[0], &files[1]]);
    assert_eq!(scene.words(&made[0].number), [(AnswerStands::Looking, "To the first.".to_owned())]);
    assert_eq!(scene.words(&made[1].number), [(AnswerStands::Looking, "To the second.".to_owned())]);
    // Who waits for more than fit into a round hears all of them.
    let fifth = scene.report(25);
    assert_eq!((rounds(&mut scene, ALICE, 0), rounds(&mut scene, BOB, 0)), (2, 1));
    let all: Vec<&MadeReport> = made[2..].iter().chain([&fifth]).collect();
    for made in &all {
        let to = scene.return_key(DAVE, made).unwrap();
        let answer = scene.answer(DAVE, (&made.number, AnswerStands::Seen, ""), &to);
        scene.shown(&[&answer]);
    }
    for made in all {
        assert_eq!(scene.words(&made.number), [(AnswerStands::Seen, String::new())]);
    }
    // A report does not wait for ever.
    assert_eq!(rounds(&mut scene, ALICE, 400), 1);
}

#[test]
fn a_server_that_swaps_or_repeats_an_answer_or_brings_it_to_another_report_is_not_believed() {
    let mut scene = Scene::new([CAROL, DAVE, ERIN]);
    let (one, two) = (scene.report(21), scene.report(22));
    let (to_one, to_two) = (scene.return_key(CAROL, &one).unwrap(), scene.return_key(CAROL, &two).unwrap());
    let first = scene.answer(CAROL, (&one.number, AnswerStands::Looking, "We are looking."), &to_one);
    let second = scene.answer(CAROL, (&one.number, AnswerStands::Closed, "It is settled."), &to_one);
    scene.shown(&[&first, &second]);
    let settled = vec![(AnswerStands::Looking, "We are looking.".to_owned()), (AnswerStands::Closed, "It is settled.".to_owned())];
    assert_eq!(scene.words(&one.number), settled);
    // Again and later, and cut or changed on the way.
    let mut bent = second.clone();
    *bent.last_mut().unwrap() ^= 1;
    let cut = &second[..second.len() - 1];
    scene.shown(&[&first, &second, &bent, cut, b"nothing"]);
    assert_eq!(scene.words(&one.number), settled, "the newest stays the newest");
    // The true answer to one report, sealed anew for the other: even by who can open it.
    let now = scene.world.now;
    let secret = report::Case::from_bytes(one.case.clone().try_into().unwrap()).return_key();
    let Inside::Answer(opened) = Sealed::parse(&second).unwrap().look(&secret).unwrap() else { panic!("an answer") };
    let anew = |answer: &Answer, to: &Addressee| {
        let to = Recipients { readers: vec![to.clone()], passphrase: None };
        let mut rng = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::from_seed([8; 32]);
        seal(answer, &to, &mut rng).unwrap()
    };
    let moved = anew(&opened, &to_two);
    let number = report::Number::parse(&two.number).unwrap();
    let renamed = anew(&Answer { number, ..(*opened).clone() }, &to_two);
    let reworded = anew(&Answer { words: "We do nothing.".into(), ..(*opened).clone() }, &to_one);
    assert_eq!(Answer { number, ..(*opened).clone() }.account(&Trust::default()), None);
    scene.shown(&[&moved, &renamed, &reworded]);
    assert_eq!((scene.words(&two.number), scene.words(&one.number)), (vec![], settled));
    assert!(now <= scene.world.now);
}

#[test]
fn a_member_whom_a_report_is_about_answers_nothing_and_neither_does_a_stranger() {
    let mut scene = Scene::new([CAROL, BOB, ERIN]);
    let made = scene.report(21);
    assert_eq!(scene.return_key(BOB, &made), None, "it is about him: he cannot open it");
    let to = scene.return_key(CAROL, &made).unwrap();
    // Even with the address, which another member might tell him.
    let his = scene.answer(BOB, (&made.number, AnswerStands::Refused, "There is nothing in it."), &to);
    let strangers = scene.answer(DAVE, (&made.number, AnswerStands::Refused, "Nor do I see anything."), &to);
    let hers = scene.answer(CAROL, (&made.number, AnswerStands::Looking, "We are looking."), &to);
    scene.shown(&[&his, &strangers, &hers]);
    assert_eq!(scene.words(&made.number), [(AnswerStands::Looking, "We are looking.".to_owned())]);
}

#[test]
fn a_report_is_sent_once_the_server_has_it_and_until_then_lies_here_as_it_was_sealed() {
    let mut scene = Scene::new([CAROL, DAVE, ERIN]);
    let now = scene.world.now;
    let (one, two) = (scene.report(21), scene.report(22));
    let unsent =
        |scene: &Scene| scene.own().into_iter().filter(|report| report.unsent).map(|report| report.number).collect::<BTreeSet<_>>();
    assert_eq!(unsent(&scene), BTreeSet::from([one.number.clone(), two.number.clone()]));
    // After a restart as well: the same file, under the same number.
    scene.world.power_cut(ALICE);
    scene.world.run(5_000);
    assert_eq!(scene.client(ALICE).unsent_report(&one.number).unwrap().unwrap(), one.file);
    assert_eq!(scene.client(ALICE).report_sent(now, [5; 32], b"another file").unwrap(), Ok(None));
    assert_eq!(scene.client(ALICE).report_sent(now, [5; 32], &one.file).unwrap(), Ok(Some(one.number.clone())));
    assert_eq!(unsent(&scene), BTreeSet::from([two.number.clone()]));
    assert!(scene.client(ALICE).unsent_report(&one.number).unwrap().is_err(), "it is kept no longer than that");
    // Where only the server's word was lost, the team's answer says that it arrived.
    let to = scene.return_key(CAROL, &two).unwrap();
    let answer = scene.answer(CAROL, (&two.number, AnswerStands::Seen, ""), &to);
    scene.shown(&[&answer]);
    assert_eq!((unsent(&scene), scene.own().len()), (BTreeSet::new(), 2));
    // And one that never arrived, as far as is known, can be taken back.
    let three = scene.report(23);
    assert!(scene.client(ALICE).take_back(now, [6; 32], &three.number).unwrap().is_ok());
    scene.client(ALICE).taken_back(now, [7; 32], &three.number).unwrap().unwrap();
    assert!(unsent(&scene).is_empty() && scene.client(ALICE).unsent_report(&three.number).unwrap().is_err());
}

#[test]
fn a_report_that_is_asked_for_again_under_its_id_is_made_once_and_answered_as_before() {
    let mut scene = Scene::new([CAROL, DAVE, ERIN]);
    let first = scene.asks(50, 21, ReportTo::Desk);
    // The device that made it ends before it could answer.
    scene.world.power_cut(ALICE);
    scene.world.run(5_000);
    let again = scene.asks(50, 22, ReportTo::Desk);
    assert_eq!((&again.number, &again.file, &again.case), (&first.number, &first.file, &first.case));
    assert_eq!((again.messages, again.closed, again.brought), (first.messages, first.closed, false));
    assert_eq!(scene.own().len(), 1);
    // Once the server has it there is nothing more to bring.
    let now = scene.world.now;
    scene.client(ALICE).report_sent(now, [5; 32], &first.file).unwrap().unwrap();
    let after = scene.asks(50, 23, ReportTo::Desk);
    assert_eq!((&after.number, after.messages, after.brought, after.file.len()), (&first.number, first.messages, true, 0));
    // Under another id it is another.
    let other = scene.asks(51, 24, ReportTo::Desk);
    assert!(other.number != first.number && other.file != first.file && !other.brought);
    assert_eq!(scene.own().len(), 2);
}

#[test]
fn a_report_to_a_contact_is_made_again_until_its_message_is_sent_and_never_after() {
    let mut scene = Scene::new([CAROL, DAVE, ERIN]);
    let to = || ReportTo::Contact("carol".into());
    let (first, second) = (scene.asks(50, 21, to()), scene.asks(50, 22, to()));
    assert!(first.number != second.number && !second.brought && !second.file.is_empty(), "nobody was given the first");
    let what = Outgoing::Text("report".into());
    let send = Command::Send { chat: scene.chat, what, reply: None };
    scene.world.input(ALICE, Input::Command { id: client::sending_of(&[50; 16]), command: send });
    let third = scene.asks(50, 23, to());
    assert_eq!((&third.number, third.brought, third.file.len()), (&second.number, true, 0));
}

#[test]
fn what_a_member_says_again_under_one_id_is_the_same_bytes() {
    let mut scene = Scene::new([CAROL, DAVE, ERIN]);
    let made = scene.report(21);
    let to = scene.return_key(CAROL, &made).unwrap();
    let mut seed = 60;
    let mut note = |scene: &mut Scene, id: Option<u8>, words: &str| {
        seed += 1;
        scene.world.run(1_000);
        let (now, id) = (scene.world.now, id.map(|id| [id; 16]));
        let said = (made.number.as_str(), DeskSays::Note, words);
        let mark = scene.client(CAROL).desk_mark(now, [seed; 32], id.as_ref(), said, &BTreeSet::new()).unwrap().unwrap();
        let said = (made.number.as_str(), AnswerStands::Looking, words);
        let answer = scene.client(CAROL).desk_answer(now, [seed; 32], id.as_ref(), said, &to).unwrap().unwrap();
        (mark, answer)
    };
    let first = note(&mut scene, Some(1), "We are looking.");
    scene.world.power_cut(CAROL);
    scene.world.run(5_000);
    assert_eq!(note(&mut scene, Some(1), "We are looking."), first);
    let others = [
        note(&mut scene, Some(1), "We looked."),
        note(&mut scene, Some(2), "We are looking."),
        note(&mut scene, None, "We are looking."),
        note(&mut scene, None, "We are looking."),
    ];
    let apart: BTreeSet<_> = others.iter().chain([&first]).flat_map(|(mark, answer)| [mark, answer]).collect();
    assert_eq!(apart.len(), 10);
}

#[test]
fn what_takes_a_report_back_opens_for_its_readers_alone_and_the_answer_to_that_is_still_heard() {
    let mut scene = Scene::new([CAROL, BOB, ERIN]);
    let made = scene.report(21);
    let to = scene.return_key(CAROL, &made).unwrap();
    let now = scene.world.now;
    let back = scene.client(ALICE).take_back(now, [12; 32], &made.number).unwrap().unwrap();
    let opens = |scene: &Scene, reader: usize| {
        let secret = AddresseeSecret::from_seed(&scene.world.people[reader].client().reads_reports_with().unwrap().unwrap());
        Sealed::parse(&back).unwrap().look(&secret).is_ok()
    };
    let readers: BTreeSet<usize> = [ALICE, BOB, CAROL, DAVE, ERIN].into_iter().filter(|reader| opens(&scene, *reader)).collect();
    assert_eq!(readers, BTreeSet::from([CAROL, ERIN]));
    scene.client(ALICE).taken_back(now, [13; 32], &made.number).unwrap().unwrap();
    let gone = scene.answer(CAROL, (&made.number, AnswerStands::TakenBack, ""), &to);
    scene.shown(&[&gone]);
    let own = scene.own();
    assert!(own[0].taken_back);
    assert_eq!(scene.words(&made.number), [(AnswerStands::TakenBack, String::new())]);
    let refused = scene.client(ALICE).take_back(now, [14; 32], "0123-456-789").unwrap();
    assert!(refused.is_err());
}

/// A log of one's own: the messages are real, and who stamps them is whoever reports.
#[test]
fn a_report_of_another_server_is_called_so_at_the_desk() {
    let mut scene = Scene::new([CAROL, DAVE, ERIN]);
    let made = scene.report(21);
    let now = scene.world.now;
    let code = format!("{}.{}", "49".repeat(32), "4a".repeat(32));
    scene.client(CAROL).join_desk(now, [1; 32], &code).unwrap().unwrap();
    let secret = AddresseeSecret::from_seed(&scene.client(CAROL).reads_reports_with().unwrap().unwrap());
    let mut read = |file: &[u8]| {
        let mut inbox = scene.client(CAROL).desk_inbox(now, None).unwrap().unwrap();
        inbox.take(Seq(1), now, drop_pass().hash(), file);
        let row = inbox.rows().cases.remove(0);
        let exhibit = inbox.exhibit(&row.number, &|at| at.0.to_string()).unwrap();
        (row.verdict, exhibit)
    };
    let (verdict, exhibit) = read(&made.file);
    assert_eq!(verdict, CaseVerdict::Holds);
    assert!(exhibit.starts_with("Made with this account's key") && exhibit.contains("every check of"), "{exhibit}");
    let honest = Sealed::parse(&made.file).unwrap().open(&secret).unwrap().report;
    let own = franking::StampKey::from_seed(&[0x66; 32]);
    let stamped = |server: &str| {
        let mut report = honest.clone();
        report.stamp_key = *own.public().as_bytes();
        report.server = server.to_owned();
        for entry in &mut report.entries {
            match entry {
                report::Entry::Item(item) => item.stamp = own.stamp(item.stamp.stamp),
                report::Entry::Quote { stamp, .. } => *stamp = own.stamp(stamp.stamp),
                _ => {}
            }
        }
        let to = Recipients { readers: vec![secret.public()], passphrase: None };
        seal(&report, &to, &mut <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::from_seed([8; 32])).unwrap()
    };
    let (verdict, exhibit) = read(&stamped("https://somewhere.example.org"));
    assert_eq!(verdict, CaseVerdict::OtherServer);
    assert!(exhibit.starts_with("Not stamped by your server:") && !exhibit.contains("every check of"), "{exhibit}");
    // Called like the server of the desk, in any writing, it is a false key for it.
    assert_eq!(read(&stamped(&honest.server)).0, CaseVerdict::DoesNotHold);
    assert_eq!(read(&stamped(&format!("{}/", honest.server.to_uppercase()))).0, CaseVerdict::DoesNotHold);
}
