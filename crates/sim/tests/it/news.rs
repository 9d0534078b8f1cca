//! Whether something came for the safety team: members' devices look by themselves, and those that are away are knocked for.

use crate::{group, say};
use client::{Input, MadeTold};
use ed25519_dalek::{Signer as _, SigningKey};
use server::gate::Door;
use server::store::{Op, Reads as _, Store as _};
use sim::evil::{Deed, Evil};
use sim::world::{Weather, World};
use view::{Command, DeskErased, DeskInbox, DeskSays, Event, NewReport, NewTold, ReportReason, ReportTo, ShowName, ToldTo};
use wire::call::{Append, DeskAct, Flag, NewPass, Refusal, Request, Response, Role};
use wire::desk::{Desk, More, work_for};
use wire::limits::REPORT_MAX;
use wire::{Hash32, LogId, PassToken, Seq};

const REPORTS: LogId = LogId([73; 32]);
const DROP: [u8; 32] = [74; 32];
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const ERIN: usize = 3;

/// Bob and Carol are the desk, and Erin is its deputy: she looks when they have not within an hour.
struct Scene {
    world: World,
    chat: i64,
    desk: Desk,
    seeds: u8,
}

impl Scene {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed, Weather::FAIR);
        let chats = group(&mut world, &["alice", "bob", "carol", "erin"]);
        say(&mut world, BOB, chats[BOB], "Give me your lunch");
        world.run(10_000);
        let members = [BOB, CAROL, ERIN].map(|person| {
            let account = world.people[person].client().account_id().unwrap().unwrap();
            world.server().store().account(&account).unwrap().unwrap().state.to_vec()
        });
        let more = More {
            answers: LogId([71; 32]),
            read: PassToken::new([72; 32]),
            keep_days: 30,
            appeal: String::new(),
            outside: None,
            lead: None,
        };
        let desk = Desk {
            made: world.now,
            police: None,
            reports: REPORTS,
            drop: PassToken::new(DROP),
            hours: 1,
            members: members.to_vec(),
            more: Some(more),
        };
        let record = desk.encode(&SigningKey::from_bytes(&[1; 32]).sign(&desk.message()).to_bytes());
        let mut passes = vec![NewPass { hash: PassToken::new(DROP).hash(), role: Role::Drop }];
        passes.extend([BOB, CAROL, ERIN].map(|person| NewPass { hash: pass(person).hash(), role: Role::Member }));
        let now = world.now;
        world.server().store().commit(now, vec![Op::CreateLog { log: REPORTS, passes, inbox: false }]).expect("made");
        world.server().set_desk(Door::of(record.clone().into()));
        for person in [ALICE, BOB, CAROL, ERIN] {
            client(&mut world, person).learn_desk(now, [3; 32], &record).expect("kept").expect("signed by the server");
        }
        for person in [BOB, CAROL, ERIN] {
            let code = format!("{}.{}", hex(&REPORTS.0), hex(pass(person).expose()));
            client(&mut world, person).join_desk(now, [4; 32], &code).expect("kept").expect("a code");
            // Joining is done beside; a shell goes on from there.
            world.input(person, Input::Tick);
        }
        let mut scene = Self { world, chat: chats[ALICE], desk, seeds: 0 };
        scene.world.run(MINUTE);
        assert_eq!(scene.news(), [false; 3]);
        scene
    }

    fn seed(&mut self) -> [u8; 32] {
        self.seeds += 1;
        [self.seeds; 32]
    }

    /// Whether Bob, Carol and Erin are told that something came.
    fn news(&self) -> [bool; 3] {
        [BOB, CAROL, ERIN].map(|person| self.world.people[person].client().desk_news().expect("read"))
    }

    /// Somebody without an account tells the desk something; what they have of it.
    fn told(&mut self) -> MadeTold {
        let made = self.tells(self.seeds);
        self.drop_in(made.file.clone());
        made
    }

    /// What comes of asking for that under an id.
    fn tells(&mut self, id: u8) -> MadeTold {
        let new = NewTold {
            to: ToldTo::Desk,
            reason: ReportReason::SomethingElse,
            words: "The gate was open all night.".into(),
            reach: String::new(),
            pictures: vec![],
        };
        let seed = self.seed();
        client::tell(self.world.now, seed, &[id; 16], &self.desk, "chat.example", &new).expect("made")
    }

    /// Alice reports what Bob said; the number.
    fn reported(&mut self) -> String {
        let (now, chat, seed) = (self.world.now, self.chat, self.seed());
        let messages = self.world.people[ALICE].client().last_provable(chat, 10).expect("ids");
        let (reason, name) = (ReportReason::Mean, ShowName::LeftOut);
        let new = NewReport { chat, messages, kept: vec![], reason, note: String::new(), name, to: ReportTo::Desk };
        let made = client(&mut self.world, ALICE).make_report(now, seed, &[seed[0]; 16], &new, None).expect("made").expect("made");
        self.drop_in(made.file);
        made.number
    }

    fn drop_in(&mut self, file: Vec<u8>) {
        let seed = self.seed();
        let c = work_for(&Hash32::of(&file), seed);
        let pass = PassToken::new(DROP);
        let append = Append { log: REPORTS, pass, flag: Flag::Content, after: Seq::START, c, record: file.into(), changes: vec![] };
        let now = self.world.now;
        let answer = self.world.server().call(now, seed, None, [0; 32], Request::Append(append));
        assert!(matches!(answer, Response::Appended(_)), "{answer:?}");
    }

    fn in_session(&mut self, person: usize, request: Request) -> Response {
        let (now, seed) = (self.world.now, self.seed());
        let bearer = self.world.people[person].client().bearer().expect("a session");
        self.world.server().call(now, seed, Some(&bearer), [0; 32], request)
    }

    /// From which places a person's client has read the desk's log since this was last asked.
    fn looked_from(&mut self, person: usize) -> Vec<u64> {
        let asked = std::mem::take(&mut self.world.readings).into_iter();
        let (looks, others): (Vec<_>, Vec<_>) = asked.partition(|(who, log, _)| *who == person && *log == REPORTS);
        self.world.readings = others;
        looks.into_iter().map(|(.., after)| after.0).collect()
    }

    /// Somebody drops what is nothing, and as large as it may be.
    fn junk(&mut self) {
        let seed = self.seed();
        self.drop_in([seed.as_slice(), vec![0; REPORT_MAX - seed.len()].as_slice()].concat());
    }

    /// Reads the list, as the screens do; the numbers that are in it.
    fn reads(&mut self, person: usize) -> Vec<String> {
        self.list(person).cases.into_iter().map(|case| case.number).collect()
    }

    fn list(&mut self, person: usize) -> DeskInbox {
        let request = Request::ReadLog { log: REPORTS, pass: pass(person), after: Seq::START, limit: 64 };
        let Response::Page { records, .. } = self.in_session(person, request) else { panic!("a page") };
        let (now, seed) = (self.world.now, self.seed());
        let client = client(&mut self.world, person);
        let mut inbox = client.desk_inbox(now, None).expect("read").expect("a member");
        inbox.take_page(&records);
        assert!(!inbox.rows().other_log);
        client.desk_read(now, seed, &inbox).expect("kept").expect("read");
        inbox.rows()
    }

    /// Says that a report was opened.
    fn opens(&mut self, person: usize, number: &str) {
        self.marks(person, (number, DeskSays::Looked, ""));
    }

    fn marks(&mut self, person: usize, said: (&str, DeskSays, &str)) {
        let (now, seed) = (self.world.now, self.seed());
        let mark = client(&mut self.world, person).desk_mark(now, seed, None, said, &[].into()).expect("made");
        let record = mark.expect("made");
        let c = work_for(&Hash32::of(&record), seed);
        let (pass, record) = (pass(person), record.into());
        let append = Append { log: REPORTS, pass, flag: Flag::Content, after: Seq::START, c, record, changes: vec![] };
        let answer = self.in_session(person, Request::Append(append));
        assert!(matches!(answer, Response::Appended(_)), "{answer:?}");
    }

    /// Has a record taken from the server.
    fn erases(&mut self, person: usize, seq: u64) {
        let erase = || Request::Desk(DeskAct::Erase { seq: Seq(seq) });
        let mut answer = self.in_session(person, erase());
        if answer == Response::Refused(Refusal::Busy) {
            // It has its place on the disk the second time that the server tidies.
            self.world.run(25 * MINUTE);
            answer = self.in_session(person, erase());
        }
        assert_eq!(answer, Response::Done);
    }

    /// Allows notifications, and closes the page once the server knows where to knock.
    fn sleeps(&mut self, people: &[usize]) {
        for person in people {
            let endpoint = Some(at(*person));
            self.world.command(*person, Command::Notify { endpoint }).expect("kept");
        }
        self.world.run(MINUTE);
        for person in people {
            self.world.people[*person].retired = true;
            self.world.lose_connection(*person);
        }
        self.world.run(2_000);
    }

    fn wakes(&mut self, person: usize) {
        self.world.people[person].retired = false;
        self.world.reconnect(person);
        self.world.run(10_000);
    }

    fn knocks(&mut self) -> Vec<String> {
        // After a quiet minute this world's server does the work of time only every ten.
        self.world.run(11 * MINUTE);
        let mut knocks = std::mem::take(&mut self.world.knocks);
        knocks.sort();
        knocks
    }
}

fn client(world: &mut World, person: usize) -> &mut client::Client {
    world.people[person].client.as_mut().expect("on")
}

fn pass(person: usize) -> PassToken {
    PassToken::new([80 + person as u8; 32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn at(person: usize) -> String {
    format!("https://push.example/{person}")
}

const NONE: [String; 0] = [];

#[test]
fn a_member_who_stays_hears_within_minutes_that_something_came_until_the_list_is_read() {
    let mut scene = Scene::new(81);
    scene.world.people[CAROL].events.clear();
    scene.told();
    assert_eq!(scene.news(), [false; 3], "nobody has looked");
    scene.world.run(6 * MINUTE);
    assert_eq!(scene.news(), [true, true, false], "the deputy's time has not come");
    assert!(scene.world.people[CAROL].events.contains(&Event::DeskNews));
    let numbers = scene.reads(CAROL);
    assert_eq!((numbers.len(), scene.news()), (1, [true, false, false]));
    // What members write is no news, and what is known stays known.
    scene.opens(BOB, &numbers[0]);
    scene.world.run(11 * MINUTE);
    assert_eq!(scene.news(), [true, false, false]);
    scene.told();
    scene.world.run(6 * MINUTE);
    assert_eq!(scene.news(), [true, true, false]);
    // After a restart as well.
    scene.world.power_cut(CAROL);
    scene.world.run(MINUTE);
    assert_eq!(scene.news(), [true, true, false]);
    // Looking acknowledges nothing: a record lives for its ninety days, whoever has seen it.
    let seen = scene.world.server().view(&REPORTS, &pass(CAROL).hash()).unwrap().unwrap();
    assert_eq!((seen.cursor, seen.head), (Seq::START, Seq(3)));
}

#[test]
fn a_deputy_hears_of_what_nobody_opened_in_time_and_of_nothing_else() {
    let mut scene = Scene::new(82);
    scene.told();
    scene.world.run(6 * MINUTE);
    let opened = scene.reads(BOB).remove(0);
    scene.opens(BOB, &opened);
    scene.told();
    scene.world.run(10 * MINUTE);
    // She looks, and there is nothing for her yet: what comes due later is said all the same.
    assert_eq!((scene.reads(ERIN), scene.news()[2]), (vec![], false));
    scene.world.run(HOUR + 6 * MINUTE);
    assert!(scene.news()[2]);
    let due = scene.reads(ERIN);
    assert!(due.len() == 1 && due[0] != opened, "{due:?}");
    scene.world.run(2 * HOUR);
    assert!(!scene.news()[2], "said once");
}

#[test]
fn a_member_hears_nothing_of_a_report_about_themselves() {
    let mut scene = Scene::new(83);
    scene.reported();
    scene.world.run(11 * MINUTE);
    assert_eq!(scene.news(), [false, true, false]);
    assert_eq!((scene.reads(BOB).len(), scene.reads(CAROL).len()), (0, 1));
}

#[test]
fn a_report_of_somebody_without_a_session_knocks_for_members_who_are_away_and_a_mark_for_nobody() {
    let mut scene = Scene::new(84);
    scene.sleeps(&[BOB, CAROL]);
    assert_eq!(scene.knocks(), NONE);
    scene.told();
    assert_eq!(scene.knocks(), [at(BOB), at(CAROL)]);
    scene.told();
    assert_eq!(scene.knocks(), NONE, "once an absence");
    scene.wakes(CAROL);
    assert!(scene.news()[1], "she sees the line without asking");
    let number = scene.reads(CAROL).remove(0);
    scene.opens(CAROL, &number);
    scene.world.run(HOUR);
    assert_eq!(scene.knocks(), NONE, "a mark wakes nobody");
    // Who takes it back is knocked for no more.
    scene.world.command(CAROL, Command::Notify { endpoint: None }).expect("kept");
    scene.world.run(MINUTE);
    scene.told();
    assert_eq!(scene.knocks(), [at(BOB)]);
}

#[test]
fn a_knock_for_a_device_that_is_here_makes_it_look_at_once() {
    let mut scene = Scene::new(85);
    scene.told();
    scene.world.run(2_000);
    assert_eq!(scene.news(), [false; 3]);
    scene.world.input(CAROL, Input::Knocked);
    scene.world.run(2_000);
    assert_eq!(scene.news(), [false, true, false]);
}

#[test]
fn a_look_reads_what_is_new_and_nothing_twice_the_deputys_too() {
    let mut scene = Scene::new(86);
    scene.told();
    scene.told();
    scene.world.run(6 * MINUTE);
    scene.world.readings.clear();
    scene.world.run(HOUR + 10 * MINUTE);
    for person in [BOB, ERIN] {
        let places = scene.looked_from(person);
        assert!(!places.is_empty() && places.iter().all(|place| *place == 2), "{person}: {places:?}");
    }
    assert_eq!(scene.news(), [true, true, true], "and what nobody opened is the deputy's all the same");
}

#[test]
fn a_flood_is_read_a_little_at_a_time_and_what_stands_behind_it_is_heard_of() {
    let mut scene = Scene::new(87);
    // More than one look reads: four pages of one record make a mebibyte and a half.
    (0..6).for_each(|_| scene.junk());
    scene.told();
    scene.world.run(2_000);
    scene.looked_from(CAROL);
    let knocked = |scene: &mut Scene| {
        scene.world.input(CAROL, Input::Knocked);
        scene.world.run(2_000);
        (scene.looked_from(CAROL), scene.news()[1])
    };
    let (first, news) = knocked(&mut scene);
    assert!(first.len() < 6 && !news, "{first:?}");
    let (second, news) = knocked(&mut scene);
    assert!(news && second[0] > *first.last().expect("a page"), "it goes on where it stopped: {second:?}");
    // A flood of what can be read says at once that something came.
    let mut scene = Scene::new(88);
    scene.told();
    (0..6).for_each(|_| scene.junk());
    assert!(knocked(&mut scene).1);
}

#[test]
fn what_takes_back_no_report_that_came_is_no_news() {
    let mut scene = Scene::new(89);
    // Anybody can make up a secret, and seal what it takes back to the team.
    let made_up = |desk: &Desk| {
        let readers = desk.members.iter().map(|state| {
            let state = franking::SignedState::from_bytes(state).expect("a state").verify().expect("that holds");
            report::Addressee::from_bytes(state.state().inbox_key.as_bytes()).expect("a key")
        });
        let to = report::Recipients { readers: readers.collect(), passphrase: None };
        let withdrawal = report::Withdrawal::of(&report::Case::from_bytes([6; 32]));
        let mut rng = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::from_seed([8; 32]);
        report::seal(&withdrawal, &to, &mut rng).expect("sealed")
    };
    let file = made_up(&scene.desk);
    scene.drop_in(file);
    scene.world.run(6 * MINUTE);
    assert_eq!(scene.news(), [false; 3]);
    // One that came and was read is told of when it is taken back.
    let number = scene.reported();
    scene.world.run(6 * MINUTE);
    assert_eq!((scene.reads(CAROL), scene.news()[1]), (vec![number.clone()], false));
    let (now, seed) = (scene.world.now, scene.seed());
    let back = client(&mut scene.world, ALICE).take_back(now, seed, &number).expect("kept").expect("hers");
    scene.drop_in(back);
    scene.world.run(6 * MINUTE);
    assert!(scene.news()[1]);
}

#[test]
fn what_a_members_device_saw_once_is_missed_when_another_lets_it_go_under_another_number() {
    let mut scene = Scene::new(91);
    scene.told();
    // Carol's device has seen that it came, and Carol has read nothing yet.
    scene.world.run(6 * MINUTE);
    assert_eq!(scene.news(), [true, true, false]);
    // Bob makes one up, takes it back, and marks as gone with it what somebody else told.
    let made = scene.told();
    let seed = scene.seed();
    let back = client::take_back_with_code(seed, &scene.desk, &made.code.clone().expect("a code")).expect("his");
    scene.drop_in(back);
    scene.marks(BOB, (&made.number, DeskSays::Deleted, "1 2"));
    scene.world.run(2_000);
    scene.erases(BOB, 2);
    scene.erases(BOB, 1);
    let bob = scene.world.people[BOB].client().account_id().unwrap().unwrap().to_string();
    let taken = |list: DeskInbox| list.erased.into_iter().map(|DeskErased { account, records, .. }| (account, records)).collect::<Vec<_>>();
    let carols = scene.list(CAROL);
    assert!(carols.cases.iter().all(|case| case.number == made.number), "it is gone: {:?}", carols.cases);
    assert_eq!(taken(carols), [(bob.clone(), 1)]);
    // After a restart as well, and for as long as it stands in the log that it went.
    scene.world.power_cut(CAROL);
    scene.world.run(MINUTE);
    assert_eq!(taken(scene.list(CAROL)), [(bob, 1)]);
}

#[test]
fn what_is_told_again_under_one_id_has_its_number_and_code_and_counts_once() {
    let mut scene = Scene::new(92);
    let head = |scene: &mut Scene| scene.world.server().view(&REPORTS, &pass(CAROL).hash()).unwrap().unwrap().head;
    let first = scene.tells(50);
    scene.drop_in(first.file.clone());
    scene.world.run(6 * MINUTE);
    let numbers = scene.reads(CAROL);
    assert_eq!((numbers.as_slice(), scene.news()[1]), ([first.number.clone()].as_slice(), false));
    // The same bytes, brought once more with other work, are in the log already.
    let before = head(&mut scene);
    scene.drop_in(first.file.clone());
    assert_eq!(head(&mut scene), before);
    // Whoever told it ended before they could say so, and somebody who knows nothing of it tells it again: other bytes.
    let again = scene.tells(50);
    assert_ne!(again.file, first.file);
    assert!(first.code.is_some());
    assert_eq!((&again.number, &again.code), (&first.number, &first.code));
    scene.drop_in(again.file);
    assert_ne!(head(&mut scene), before);
    scene.world.run(6 * MINUTE);
    assert!(!scene.news()[1], "it is nothing new");
    assert_eq!(scene.reads(CAROL), numbers);
    // Under another id it is another.
    let other = scene.tells(51);
    assert!(other.number != first.number && other.code != first.code);
}

#[test]
fn a_record_that_the_server_did_not_stamp_so_is_no_news() {
    let mut scene = Scene::new(90);
    scene.told();
    scene.world.evil = Some(Evil { deed: Deed::Misdate, often: 1000, person: CAROL, done: 0 });
    scene.world.run(6 * MINUTE);
    assert!(scene.world.evil.take().is_some_and(|evil| evil.done > 0));
    assert_eq!(scene.news(), [true, false, false]);
    // It was passed over, and not taken for read.
    scene.world.run(6 * MINUTE);
    assert_eq!(scene.news(), [true, true, false]);
}
