//! Keeping and reporting: what is said survives its sender, and nobody else notices.

use crate::{group, say, team};
use report::{AddresseeSecret, Passphrase, Sealed, Trust, UnsealError, Verdict};
use sim::world::{Weather, World};
use view::{
    Command, Event, KeepCommand, KeptChange, MadeReport, NewReport, Query, Refusal, ReportReason, ReportRefusal, ReportTo, ShowName,
    Typing, View, Words,
};
use wire::call::{Request, Response};
use wire::content::Body;
use wire::limits::{DAY, TYPING_EVERY};
use wire::{BlobId, DeleteToken, Hash32, Millis};

const PASSPHRASE: &str = "correct horse battery";

fn words(text: &str) -> Words {
    Words::new(text.to_owned())
}

fn ids(world: &World, person: usize, chat: i64) -> Vec<i64> {
    world.people[person].client().last_provable(chat, 100).expect("ids")
}

fn id_of(world: &World, person: usize, chat: i64, text: &str) -> i64 {
    let page = client::Page { before: None, after: None, limit: 100 };
    let rows = world.people[person].client().messages(chat, page).expect("messages");
    rows.into_iter().find(|row| row.text == text).expect("said").id
}

fn for_officer(chat: i64, messages: Vec<i64>) -> NewReport {
    NewReport {
        chat,
        messages,
        kept: vec![],
        reason: ReportReason::Mean,
        note: "It began on Monday.".into(),
        name: ShowName::Shown,
        to: ReportTo::Passphrase(words(PASSPHRASE)),
    }
}

fn make(world: &mut World, person: usize, new: &NewReport) -> MadeReport {
    let now = world.now;
    world.people[person].client.as_mut().expect("on").make_report(now, [9; 32], &[9; 16], new, None).expect("made").expect("made")
}

fn judge(made: &MadeReport) -> Verdict {
    let sealed = Sealed::parse(&made.file).expect("a file");
    let contents = sealed.open_with(&Passphrase::from_text(PASSPHRASE).expect("long enough")).expect("opens");
    report::verify(&contents.report, &contents.body, &Trust::default())
}

fn said(verdict: &Verdict) -> Vec<String> {
    let text = |body: &Body| match body {
        Body::Text(text) => text.text.clone(),
        Body::Edit { text, .. } => format!("edit: {}", text.text),
        Body::Delete { .. } => "delete".to_owned(),
        _ => "other".to_owned(),
    };
    verdict.proved().map(|proved| text(&proved.content.body)).collect()
}

fn two() -> (World, usize, usize, i64, i64) {
    let mut world = World::new(91, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    (world, alice, bob, hers, his)
}

#[test]
fn while_a_report_is_made_nothing_that_is_due_is_lost() {
    let (mut world, alice, bob, hers, his) = two();
    say(&mut world, bob, his, "hello");
    world.run(60_000);
    for typing in [Typing::Writing, Typing::Stopped, Typing::Writing] {
        world.command(alice, Command::Typing { chat: hers, typing }).expect("never refused");
        world.run(500);
    }
    world.people[bob].events.clear();
    // It may be said again by now, and the client was not woken for it yet.
    let (now, new) = (world.now.plus(TYPING_EVERY), for_officer(hers, ids(&world, alice, hers)));
    world.people[alice].client.as_mut().expect("on").make_report(now, [9; 32], &[9; 16], &new, None).expect("made").expect("made");
    world.run(2 * TYPING_EVERY);
    let writes = |event: &Event| matches!(event, Event::Typing { who, .. } if !who.is_empty());
    assert!(world.people[bob].events.iter().any(writes), "bob is told that alice writes");
}

#[test]
fn what_was_shown_is_reported_and_holds_for_whoever_opens_it() {
    let (mut world, alice, bob, hers, his) = two();
    for text in ["Hello Bob", "Are you coming", "You had better"] {
        say(&mut world, alice, hers, text);
        world.run(5_000);
    }
    say(&mut world, bob, his, "No");
    world.run(5_000);
    let all = ids(&world, bob, his);
    let made = make(&mut world, bob, &for_officer(his, all));
    let verdict = judge(&made);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert_eq!(said(&verdict), ["Hello Bob", "Are you coming", "You had better", "No"]);
    assert!(verdict.missing.contiguous());
    assert_eq!(verdict.stamp_key.key.0, *world.stamp_key().as_bytes());
    assert!(matches!(verdict.reporter.who, report::verdict::Who::Proved { .. }));
    let sender = world.people[alice].client().account_id().unwrap().unwrap();
    let names: Vec<_> = verdict.accounts.iter().filter(|line| line.account == sender).filter_map(|line| line.called.clone()).collect();
    assert_eq!(names, ["alice"]);
    // Nobody else opens it.
    let sealed = Sealed::parse(&made.file).unwrap();
    assert_eq!(sealed.open(&AddresseeSecret::from_seed(&[1; 32])).unwrap_err(), UnsealError::NotForYou);
    assert_eq!(sealed.open_with(&Passphrase::from_text("another passphrase").unwrap()).unwrap_err(), UnsealError::NotForYou);
}

#[test]
fn a_report_to_a_contact_is_opened_by_that_contact_alone() {
    let mut world = World::new(92, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "carol"]);
    let (alice, bob, carol) = (0, 1, 2);
    say(&mut world, carol, chats[carol], "Give me your lunch");
    world.run(5_000);
    let all = ids(&world, bob, chats[bob]);
    let new = NewReport { to: ReportTo::Contact("alice".into()), ..for_officer(chats[bob], all) };
    let made = make(&mut world, bob, &new);
    let secret = |person: usize| {
        let seed = world.people[person].client().reads_reports_with().unwrap().unwrap();
        AddresseeSecret::from_seed(&seed)
    };
    let sealed = Sealed::parse(&made.file).unwrap();
    assert!(sealed.open(&secret(alice)).is_ok());
    assert_eq!(sealed.open(&secret(carol)).unwrap_err(), UnsealError::NotForYou);
    assert_eq!(sealed.open(&secret(bob)).unwrap_err(), UnsealError::NotForYou);
}

#[test]
fn nobody_is_given_a_report_about_themselves() {
    let mut world = World::new(92, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "carol"]);
    let (alice, bob, carol) = (0, 1, 2);
    say(&mut world, carol, chats[carol], "Give me your lunch");
    say(&mut world, alice, chats[alice], "Or else");
    world.run(5_000);
    let (hers, both) = (id_of(&world, bob, chats[bob], "Give me your lunch"), ids(&world, bob, chats[bob]));
    let to_alice = |messages| NewReport { to: ReportTo::Contact("alice".into()), ..for_officer(chats[bob], messages) };
    let now = world.now;
    let mut made = |new: &NewReport, open: Option<&client::KeptOpen>| {
        world.people[bob].client.as_mut().expect("on").make_report(now, [9; 32], &[9; 16], new, open).expect("made")
    };
    assert_eq!(made(&to_alice(both), None).unwrap_err(), Refusal::AboutThem { name: "alice".into() });
    assert!(made(&to_alice(vec![hers]), None).is_ok());
    // Nor what is kept of them.
    world.command(bob, Command::Keep(KeepCommand::MakeBox { passphrase: words(PASSPHRASE) })).expect("made");
    let said = id_of(&world, bob, chats[bob], "Or else");
    keep(&mut world, bob, chats[bob], vec![said]).expect("kept");
    let open = world.people[bob].client().open_box(&words(PASSPHRASE)).unwrap().unwrap();
    let kept: Vec<i64> = world.people[bob].client().kept(&open).unwrap().unwrap().iter().map(|row| row.id).collect();
    let new = NewReport { kept, ..to_alice(vec![hers]) };
    let made = world.people[bob].client.as_mut().expect("on").make_report(now, [9; 32], &[9; 16], &new, Some(&open)).expect("made");
    assert_eq!(made.unwrap_err(), Refusal::AboutThem { name: "alice".into() });
}

/// Two lines of hers, and one of his between them.
fn quarrel(world: &mut World, (alice, hers): (usize, i64), (bob, his): (usize, i64)) {
    for (person, chat, text) in [(alice, hers, "Give me your lunch"), (bob, his, "I said no"), (alice, hers, "You will see")] {
        say(world, person, chat, text);
        world.run(5_000);
    }
}

#[test]
fn without_a_name_ones_own_lines_are_quoted_and_nothing_names_the_reporter() {
    let (mut world, alice, bob, hers, his) = two();
    quarrel(&mut world, (alice, hers), (bob, his));
    let all = ids(&world, bob, his);
    let made = make(&mut world, bob, &NewReport { name: ShowName::LeftOut, ..for_officer(his, all) });
    let sealed = Sealed::parse(&made.file).unwrap();
    let contents = sealed.open_with(&Passphrase::from_text(PASSPHRASE).unwrap()).unwrap();
    let verdict = report::verify(&contents.report, &contents.body, &Trust::default());
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert_eq!(said(&verdict), ["Give me your lunch", "You will see"]);
    let quoted = verdict.lines.iter().any(|line| matches!(line, report::verdict::Line::Quoted { text, .. } if text == "I said no"));
    assert!(quoted);
    let account = world.people[bob].client().account_id().unwrap().unwrap();
    for trace in [account.0.as_slice(), b"bob"] {
        assert!(!contents.body.windows(trace.len()).any(|window| window == trace));
    }
}

/// "Keep it first?" takes lines of one's own as well.
#[test]
fn without_a_name_ones_own_kept_lines_are_quoted_too_and_nothing_names_the_reporter() {
    let (mut world, alice, bob, hers, his) = two();
    quarrel(&mut world, (alice, hers), (bob, his));
    world.command(bob, Command::Keep(KeepCommand::MakeBox { passphrase: words(PASSPHRASE) })).expect("made");
    let all = ids(&world, bob, his);
    keep(&mut world, bob, his, all).expect("kept");
    let open = world.people[bob].client().open_box(&words(PASSPHRASE)).unwrap().unwrap();
    let kept: Vec<i64> = world.people[bob].client().kept(&open).unwrap().unwrap().iter().map(|row| row.id).collect();
    assert_eq!(kept.len(), 3);
    let now = world.now;
    let mut seed = 8;
    let mut made = |name: ShowName, kept: &[i64]| {
        let new = NewReport { name, kept: kept.to_vec(), ..for_officer(his, vec![]) };
        seed += 1;
        world.people[bob].client.as_mut().expect("on").make_report(now, [seed; 32], &[seed; 16], &new, Some(&open)).expect("made")
    };
    let open_file = |made: &MadeReport| Sealed::parse(&made.file).unwrap().open_with(&Passphrase::from_text(PASSPHRASE).unwrap()).unwrap();
    let nameless = open_file(&made(ShowName::LeftOut, &kept).unwrap());
    let verdict = report::verify(&nameless.report, &nameless.body, &Trust::default());
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert_eq!(said(&verdict), ["Give me your lunch", "You will see"]);
    let quoted = verdict.lines.iter().any(|line| matches!(line, report::verdict::Line::Quoted { text, .. } if text == "I said no"));
    assert!(quoted);
    // Only what they said themselves: there is nobody whom it is about.
    assert_eq!(made(ShowName::LeftOut, &kept[1..2]).unwrap_err(), Refusal::Report(ReportRefusal::NothingChosen));
    // With a name it is proved like everything else.
    let named = open_file(&made(ShowName::Shown, &kept).unwrap());
    let account = world.people[bob].client().account_id().unwrap().unwrap();
    for (contents, there) in [(nameless, false), (named, true)] {
        for trace in [account.0.as_slice(), b"bob"] {
            assert_eq!(contents.body.windows(trace.len()).any(|window| window == trace), there);
        }
    }
}

#[test]
fn four_earlier_messages_and_ones_own_lines_come_with_what_is_chosen() {
    let (mut world, alice, bob, hers, his) = two();
    for number in 0..7 {
        say(&mut world, alice, hers, &format!("line {number}"));
        world.run(3_000);
    }
    say(&mut world, bob, his, "mine");
    world.run(3_000);
    say(&mut world, alice, hers, "the last");
    world.run(3_000);
    let chosen = vec![id_of(&world, bob, his, "line 6"), id_of(&world, bob, his, "the last")];
    let answer = world.people[bob].client().ask(world.now, Query::Preselect { chat: his, messages: chosen }).unwrap();
    let View::Preselected(preselected) = answer else { panic!("preselected") };
    let made = make(&mut world, bob, &for_officer(his, preselected.messages));
    assert_eq!(said(&judge(&made)), ["line 2", "line 3", "line 4", "line 5", "line 6", "mine", "the last"]);
}

fn keep(world: &mut World, person: usize, chat: i64, messages: Vec<i64>) -> Result<view::Reply, Refusal> {
    world.command(person, Command::Keep(KeepCommand::Keep { chat, messages }))
}

#[test]
fn what_is_kept_outlives_edits_deletion_and_timers_and_what_happened_is_noted() {
    let (mut world, alice, bob, hers, his) = two();
    say(&mut world, alice, hers, "I know where you live");
    world.run(5_000);
    let message = id_of(&world, bob, his, "I know where you live");
    assert_eq!(keep(&mut world, bob, his, vec![message]), Err(Refusal::Report(ReportRefusal::NoBox)));
    world.command(bob, Command::Keep(KeepCommand::MakeBox { passphrase: words(PASSPHRASE) })).expect("made");
    keep(&mut world, bob, his, vec![message]).expect("kept");
    let sent = id_of(&world, alice, hers, "I know where you live");
    world.command(alice, Command::Edit { chat: hers, message: sent, text: "Have a nice day".into() }).expect("edited");
    world.run(5_000);
    world.command(alice, Command::Delete { chat: hers, message: sent }).expect("deleted");
    world.run(9 * DAY);
    let client = world.people[bob].client();
    assert_eq!(client.open_box(&words("another passphrase")).unwrap().unwrap_err(), Refusal::WrongPassphrase);
    let open = client.open_box(&words(PASSPHRASE)).unwrap().unwrap();
    let kept = client.kept(&open).unwrap().unwrap();
    assert_eq!(kept[0].text, "I know where you live");
    assert_eq!(kept[0].since.iter().map(|event| event.what).collect::<Vec<_>>(), [KeptChange::Edited, KeptChange::Deleted]);
    assert_eq!(kept[1].text, "Have a nice day", "the new words are kept as well");
    assert_eq!(kept.len(), 2, "what took it back is noted, not listed");
    // The chat has nothing of it any more, and the report holds all the same.
    let rows = client.audit_rows().unwrap();
    let holds = |value: &client::audit::Value| match value {
        client::audit::Value::Text(text) => text.contains("where you live"),
        client::audit::Value::Blob(bytes) => bytes.windows(14).any(|window| window == b"where you live"),
        _ => false,
    };
    assert!(!rows.iter().any(|(_, values)| values.iter().any(holds)), "and it lies nowhere unsealed");
    let new = NewReport { kept: kept.iter().map(|row| row.id).collect(), ..for_officer(his, vec![]) };
    let now = world.now;
    let made = world.people[bob].client.as_mut().unwrap().make_report(now, [9; 32], &[9; 16], &new, Some(&open)).unwrap().unwrap();
    let verdict = judge(&made);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert_eq!(said(&verdict), ["I know where you live", "edit: Have a nice day", "delete"]);
}

#[test]
fn a_message_that_has_no_proof_here_is_refused_by_its_number() {
    let (mut world, _, bob, _, his) = two();
    world.lose_connection(bob);
    say(&mut world, bob, his, "not sent yet");
    let page = client::Page { before: None, after: None, limit: 1 };
    let id = world.people[bob].client().messages(his, page).unwrap().pop().unwrap().id;
    let now = world.now;
    let made = world.people[bob].client.as_mut().unwrap().make_report(now, [9; 32], &[9; 16], &for_officer(his, vec![id]), None).unwrap();
    assert_eq!(made.unwrap_err(), Refusal::Report(ReportRefusal::NotProvable { id }));
}

/// One world in which Bob keeps and reports what Alice says, and one in which he does nothing of the kind: everything Alice holds, and every frame from
/// her and to her.
struct Pair {
    world: World,
    alice: usize,
    bob: usize,
    hers: i64,
    his: i64,
    /// Bob's chat with Carol.
    aside: i64,
}

const CAROL: usize = 2;
/// The desk.
const DORA: usize = 3;
const ERIN: usize = 4;

impl Pair {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed, Weather::FAIR);
        let [alice, bob, carol, ..] = ["alice", "bob", "carol", "dora", "erin"].map(|name| world.person(name));
        let (_, aside) = world.befriend(carol, bob);
        let (hers, his) = world.befriend(alice, bob);
        team::set_up(&mut world, &[DORA, ERIN]);
        Self { world, alice, bob, hers, his, aside }
    }

    /// A report of one message, as Bob's device makes it: nothing leaves.
    fn made(&mut self, message: i64, to: ReportTo, seed: u8) -> MadeReport {
        let (now, name) = (self.world.now, if to == ReportTo::Desk { ShowName::LeftOut } else { ShowName::Shown });
        let new = NewReport { to, name, ..for_officer(self.his, vec![message]) };
        let made = self.world.people[self.bob]
            .client
            .as_mut()
            .unwrap()
            .make_report(now, [seed; 32], &[seed + 100; 16], &new, None)
            .unwrap()
            .unwrap();
        assert_eq!(made.messages, 1);
        made
    }

    /// Bob sends Carol a file: the bytes go to the server, and the message that names them to her.
    fn sends_carol(&mut self, bytes: &[u8]) {
        let (now, blob) = (self.world.now, BlobId::of(bytes));
        let bearer = self.world.people[self.bob].client().bearer().expect("a session");
        let create = Request::CreateBlob { length: bytes.len() as u64, delete_hash: DeleteToken::new([1; 32]).hash() };
        let server = self.world.server();
        let Response::Upload { upload, .. } = server.call(now, [2; 32], Some(&bearer), [0; 32], create) else { panic!("no upload") };
        server.upload(now, &bearer, &upload, 0, bytes).expect("uploaded");
        let complete = Request::CompleteBlob { upload, blob };
        assert_eq!(server.call(now, [3; 32], Some(&bearer), [0; 32], complete), Response::Stored { blob });
        let Body::Attachments(mut files) = sim::picture::drawn([7; 32]) else { panic!("a file") };
        (files.items[0].blob, files.items[0].sha256) = (blob, Hash32::of(bytes));
        self.world.say_body(self.bob, self.aside, Body::Attachments(files));
    }

    /// What a file for Carol opens to, as she gets it from the server.
    fn opened_by_carol(&mut self, file: &[u8]) -> report::Contents {
        let now = self.world.now;
        let carol = self.world.people[CAROL].client();
        let (bearer, seed) = (carol.bearer().expect("a session"), carol.reads_reports_with().unwrap().unwrap());
        let (found, _) = self.world.server().download(now, &bearer, &BlobId::of(file), 0..file.len() as u64).expect("there");
        Sealed::parse(&found).unwrap().open(&AddresseeSecret::from_seed(&seed)).expect("hers")
    }

    fn says(&mut self, number: usize) {
        say(&mut self.world, self.alice, self.hers, &format!("line {number}"));
        self.world.run(5_000);
    }

    /// What a device does besides: with entropy of its own, so that both worlds go on alike.
    fn besides(&mut self, input: client::Input) {
        let now = self.world.now;
        let done = self.world.people[self.bob].handle(now, [5; 32], input);
        assert!(done.frames.is_empty() && done.blobs.is_empty() && !done.close, "nothing leaves");
    }

    /// Everything that differs of what Alice holds, of what happened to her, and of what was sent by her and to her. What MLS keeps of a KeyPackage has
    /// the time of the machine in it, and differs between any two worlds.
    fn differs(&self, other: &Self) -> Vec<String> {
        let of = |pair: &Self| {
            let person = &pair.world.people[pair.alice];
            let mut rows = person.client().audit_rows().expect("rows");
            rows.retain(|(table, _)| table != "mls");
            (rows, person.events.clone(), person.frames.get())
        };
        let ((rows, events, frames), (others, happened, sent)) = (of(self), of(other));
        let mut differs: Vec<String> = rows.iter().zip(&others).filter(|(row, other)| row != other).map(|(row, _)| row.0.clone()).collect();
        if rows.len() != others.len() {
            differs.push("how many rows there are".into());
        }
        if events != happened {
            differs.push("what happened".into());
        }
        if frames != sent {
            differs.push("what was sent to her and by her".into());
        }
        differs
    }
}

/// Two hundred times over eight worlds in pairs: kept, dropped at the desk in nobody's name, and given to Carol, who gets something else of that length in
/// the other world.
#[test]
fn two_hundred_paired_runs_tell_nobody_whether_something_was_kept_or_reported() {
    let mut runs = 0;
    for seed in 0..8 {
        let (mut with, mut without) = (Pair::new(seed), Pair::new(seed));
        assert_eq!(with.differs(&without), [""; 0], "the worlds are alike before");
        let command = |id: u8, command: KeepCommand| client::Input::Command { id: [id; 16], command: Command::Keep(command) };
        with.besides(command(0, KeepCommand::MakeBox { passphrase: words(PASSPHRASE) }));
        without.besides(client::Input::Tick);
        for round in 0..25 {
            with.says(round);
            without.says(round);
            let message = id_of(&with.world, with.bob, with.his, &format!("line {round}"));
            with.besides(command(1 + round as u8, KeepCommand::Keep { chat: with.his, messages: vec![message] }));
            without.besides(client::Input::Tick);
            let (for_desk, for_carol) = (
                with.made(message, ReportTo::Desk, 60 + round as u8),
                with.made(message, ReportTo::Contact("carol".into()), 6 + round as u8),
            );
            team::dropped(&mut with.world, &for_desk.file, [round as u8; 32]);
            with.sends_carol(&for_carol.file);
            let mut other = for_carol.file.clone();
            other.reverse();
            without.sends_carol(&other);
            with.world.run(2_000);
            without.world.run(2_000);
            assert_eq!(with.differs(&without), [""; 0], "seed {seed}, round {round}");
            assert_ne!(with.world.fingerprint(), without.world.fingerprint(), "Carol got something else");
            let contents = with.opened_by_carol(&for_carol.file);
            assert!(report::verify(&contents.report, &contents.body, &Trust::default()).holds());
            runs += 1;
        }
        // All of them are there for the desk, and open.
        let seed = with.world.people[DORA].client().reads_reports_with().unwrap().unwrap();
        let there = team::read(&mut with.world, DORA);
        let opened =
            there.iter().filter(|file| Sealed::parse(file).is_ok_and(|file| file.open(&AddresseeSecret::from_seed(&seed)).is_ok()));
        assert_eq!((there.len(), opened.count(), team::read(&mut without.world, DORA).len()), (25, 25, 0));
        assert_eq!(with.world.now, without.world.now);
        assert!(Millis(0) < with.world.now);
    }
    assert_eq!(runs, 200);
}

/// What an honest client shows, searches or hands to others of a chat has no proof in it: that is in the sealed report alone.
#[test]
fn what_an_honest_client_exports_contains_no_proof() {
    let (mut world, alice, bob, hers, his) = two();
    say(&mut world, alice, hers, "Have a nice day");
    world.run(5_000);
    let id = id_of(&world, bob, his, "Have a nice day");
    world.command(bob, Command::Forward { chat: his, messages: vec![id], to: vec![his] }).expect("forwarded");
    world.run(5_000);
    let client = world.people[bob].client();
    let audit = client.audit().unwrap();
    let evidence = audit.iter().flat_map(|chat| &chat.messages).find_map(|message| message.evidence.clone()).expect("evidence");
    let opened = franking::Opened::from_bytes(&evidence.opened).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let secrets = [hex(&opened.proof().as_bytes()[..16]), hex(&evidence.opened[1..17]), hex(&evidence.stamp[185..201])];
    let page = client::Page { before: None, after: None, limit: 100 };
    let mut shown = format!("{:?}", client.messages(his, page).unwrap());
    for query in [
        Query::Messages { chat: his, window: view::Window::Newest, limit: 100 },
        Query::Info { chat: his, message: id },
        Query::Message { message: id },
        Query::Search { words: "nice".into(), chat: None, limit: 10 },
        Query::Chat { chat: his },
    ] {
        shown.push_str(&format!("{:?}", client.ask(world.now, query).unwrap()));
    }
    assert!(shown.contains("nice day"));
    for secret in secrets {
        assert!(!shown.contains(&secret), "neither as hex");
    }
    // What goes to somebody else: the message as it was passed on, and what brings the account back.
    let raw = [&opened.proof().as_bytes()[..16], &evidence.opened[1..17], &evidence.stamp[185..201]];
    let forwarded =
        audit.iter().flat_map(|chat| &chat.messages).rfind(|message| message.mine && message.text == "Have a nice day").expect("it");
    let now = world.now;
    let vault = world.people[bob].client.as_mut().unwrap().audit_vault(now).unwrap();
    for (handed, known) in [(&forwarded.content, b"Have a nice day".as_slice()), (&vault, b"alice")] {
        let has = |part: &[u8]| handed.windows(part.len()).any(|window| window == part);
        assert!(has(known) && !raw.iter().any(|part| has(part)));
    }
    let lists: Vec<String> = opened.proof().as_bytes()[..8].iter().map(u8::to_string).collect();
    assert!(!shown.contains(&lists.join(", ")), "nor as numbers");
}
