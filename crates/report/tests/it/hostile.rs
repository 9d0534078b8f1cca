//! The attacks of the design, each by its name. For every one the honest report beside it holds.

use crate::world::{ALICE, BOB, NOW, PICTURE_KEY, World, judge, judge_with, trusting};
use franking::encode::{Label, mac};
use franking::{Authority, AuthoritySecret, CommitKey, FrankingKey, LeafKey, Opening, Proof, Stamp, StampKey, prove};
use report::exhibit::{Printing, exhibit};
use report::trust::NamedServer;
use report::{Bundle, Entry, Item, Leaf, PicturesError, Report, Source, Trust, Wrong};
use wire::call::Flag;
use wire::content::{Body, Content, Salt, Text};
use wire::{Chain, Commitment, Hash32, Millis, Seq};

pub fn spoken() -> (World, Report) {
    let mut world = World::new();
    world.say(ALICE, "See you at five");
    world.say(BOB, "No, at six");
    world.say(ALICE, "Five or never");
    let (report, _) = world.whole();
    assert!(judge(&report).holds());
    (world, report)
}

pub fn item(report: &mut Report, place: usize) -> &mut Item {
    match &mut report.entries[place] {
        Entry::Item(item) => item,
        _ => panic!("a message"),
    }
}

fn wrongs(report: &Report) -> Vec<Wrong> {
    judge(report).faults.into_iter().map(|fault| fault.wrong).collect()
}

fn refused(report: &Report, wrong: Wrong) {
    let verdict = judge(report);
    assert!(!verdict.holds());
    assert!(verdict.faults.iter().any(|fault| fault.wrong == wrong), "{:?}", verdict.faults);
}

#[test]
fn altered_word() {
    let (_, report) = spoken();
    for place in [1, 2, 3] {
        let mut altered = report.clone();
        let Leaf::Open { field, .. } = &mut item(&mut altered, place).opening.leaves[0] else { panic!("open") };
        let last = field.len() - 2;
        field[last] ^= 1;
        refused(&altered, Wrong::Altered);
        let shown = judge(&altered);
        assert!(shown.proved().all(|proved| proved.place != place), "what does not hold is not shown");
    }
}

#[test]
fn swapped_sender() {
    let (world, report) = spoken();
    let bob = report.certs.iter().position(|cert| cert.account == world.people[BOB].identity.account()).unwrap();
    // Another certificate beside the same words.
    let mut swapped = report.clone();
    item(&mut swapped, 1).cert = u16::try_from(bob).unwrap();
    refused(&swapped, Wrong::OtherSender);
    // And in the context as well.
    item(&mut swapped, 1).opening.context.cert = report.certs[bob].hash();
    refused(&swapped, Wrong::Altered);
    // A certificate with Alice's account and another's key.
    let mut forged = report.clone();
    let place = usize::from(item(&mut forged, 1).cert);
    let mut bytes = forged.certs[place].to_bytes();
    bytes[81..113].copy_from_slice(world.people[BOB].franking.public().as_bytes());
    forged.certs[place] = franking::ClientCert::from_bytes(&bytes).unwrap();
    assert!(!judge(&forged).holds());
}

#[test]
fn other_conversation() {
    let (world, report) = spoken();
    let mut elsewhere = world.elsewhere();
    elsewhere.say(ALICE, "See you at five");
    let (other, _) = elsewhere.whole();
    let mut moved = report.clone();
    moved.entries[1] = other.entries[1].clone();
    refused(&moved, Wrong::OtherConversation);
    // The stamp of this conversation, the words of that.
    let Entry::Item(from) = &other.entries[1] else { panic!("a message") };
    let target = item(&mut moved.clone(), 1).clone();
    let mut mixed = report.clone();
    *item(&mut mixed, 1) = Item { stamp: target.stamp, ..from.as_ref().clone() };
    assert!(!judge(&mixed).holds());
    // A server that stamps it here as well: the sender wrote where it belongs.
    let key = StampKey::from_seed(&[4; 32]);
    let Entry::Item(original) = &report.entries[1] else { panic!("a message") };
    let stamp = Stamp { c: from.stamp.stamp.c, ..original.stamp.stamp };
    let mut stamped = report.clone();
    stamped.entries.truncate(2);
    *item(&mut stamped, 1) = Item { stamp: key.stamp(stamp), ..from.as_ref().clone() };
    refused(&stamped, Wrong::WrittenElsewhere);
}

#[test]
fn moved_time() {
    let (_, report) = spoken();
    let mut moved = report.clone();
    item(&mut moved, 3).stamp.stamp.ms = Millis(NOW.0 + 3_600_000);
    refused(&moved, Wrong::Stamp);
    let mut moved = report.clone();
    item(&mut moved, 3).opening.context.sent = Millis(NOW.0 + 1);
    refused(&moved, Wrong::Altered);
    // A sender with the server's leave, who wrote from the future.
    let mut world = World::new();
    let content = Content::new(Salt([3; 16]), Body::Text(Text::markdown("later")));
    let mut context = world.context(ALICE, &content.encode().unwrap(), content.kind().number());
    context.sent = Millis(NOW.0 + 16 * 60 * 1000 + 10_000);
    world.say_sealed(ALICE, context, content.leaves().unwrap().iter().map(|leaf| leaf.bytes.expose().to_vec()).collect());
    refused(&world.whole().0, Wrong::FromTheFuture);
}

#[test]
fn reordered() {
    let (_, report) = spoken();
    let mut swapped = report.clone();
    swapped.entries.swap(1, 3);
    refused(&swapped, Wrong::Order);
    let mut swapped = report.clone();
    swapped.entries.swap(1, 3);
    swapped.entries.insert(2, Entry::Break);
    refused(&swapped, Wrong::Order);
    // Numbers exchanged with the places.
    let mut renumbered = report.clone();
    let (first, second) = (item(&mut renumbered, 1).stamp.stamp.seq, item(&mut renumbered, 3).stamp.stamp.seq);
    item(&mut renumbered, 1).stamp.stamp.seq = second;
    item(&mut renumbered, 3).stamp.stamp.seq = first;
    renumbered.entries.swap(1, 3);
    refused(&renumbered, Wrong::Stamp);
}

#[test]
fn replayed() {
    let (_, report) = spoken();
    let mut twice = report.clone();
    twice.entries.push(report.entries[3].clone());
    assert!(!judge(&twice).holds());
    // A server that stamps the same commitment a second time.
    let key = StampKey::from_seed(&[4; 32]);
    let Entry::Item(last) = &report.entries[3] else { panic!("a message") };
    let Entry::Item(first) = &report.entries[1] else { panic!("a message") };
    let again = Stamp { seq: last.stamp.stamp.seq.next(), prev: last.stamp.stamp.chain(), c: first.stamp.stamp.c, ..last.stamp.stamp };
    let mut stamped = report.clone();
    stamped.entries.push(Entry::Item(Box::new(Item { stamp: key.stamp(again), ..first.as_ref().clone() })));
    refused(&stamped, Wrong::Replayed);
}

#[test]
fn missing_gap() {
    let mut world = World::new();
    for text in ["one", "two", "three"] {
        world.say(ALICE, text);
    }
    let places = world.places(1, 3, |place| place != 2);
    let (report, _) = world.report(places);
    assert!(judge(&report).holds() && judge(&report).missing.undisclosed == 1);
    let mut without = report.clone();
    without.entries.remove(1);
    refused(&without, Wrong::MissingGap);
    // Said openly, it is no lie: it is counted.
    without.entries.insert(1, Entry::Break);
    let verdict = judge(&without);
    assert!(verdict.holds() && !verdict.missing.contiguous());
    // A gap of another history between.
    let mut other = report.clone();
    let Entry::Gap(gap) = &mut other.entries[1] else { panic!("a gap") };
    gap.h = Hash32([9; 32]);
    refused(&other, Wrong::Order);
}

/// The reporter and the server together: they have D, the reporter's x, and everything that Alice ever said.
#[test]
fn reporter_and_server_cannot_fabricate() {
    let (world, report) = spoken();
    let key = StampKey::from_seed(&[4; 32]);
    let alice = &world.people[ALICE];
    let bob = &world.people[BOB];
    let content = Content::new(Salt([3; 16]), Body::Text(Text::markdown("Give me your lunch")));
    let encoded = content.encode().unwrap();
    let context = franking::Context { counter: 3, previous: alice.said.c, ..world.context(ALICE, &encoded, content.kind().number()) };
    let kf = CommitKey::from_bytes([5; 32]);
    let opening = Opening::of(&kf, &context, std::slice::from_ref(&encoded), |_| true);
    let c = franking::commit(&kf, &context, &[encoded]);
    let Entry::Item(last) = &report.entries[3] else { panic!("a message") };
    let stamp = key.stamp(Stamp { seq: last.stamp.stamp.seq.next(), prev: last.stamp.stamp.chain(), c, ..last.stamp.stamp });
    let proof_of = |key: &FrankingKey| prove(key, &Authority::none(), &c, &mut world.rng.clone()).unwrap();
    let mut old: Vec<Proof> = report.items().map(|(_, item)| item.proof).collect();
    old.push(proof_of(&bob.franking));
    old.push(Proof::from_bytes([0; 128]));
    old.push(proof_of(&FrankingKey::from_seed(&[99; 32])));
    for proof in old {
        let forged = Item { stamp, cert: last.cert, authority: last.authority, proof, opening: opening.clone() };
        let mut with = report.clone();
        with.entries.push(Entry::Item(Box::new(forged)));
        refused(&with, Wrong::Proof);
        assert_eq!(judge(&with).proved().count(), 3, "nothing of it is shown");
    }
    // Alice could: what is refused is refused for want of her key alone.
    let hers = Item { stamp, cert: last.cert, authority: last.authority, proof: proof_of(&alice.franking), opening };
    let mut with = report.clone();
    with.entries.push(Entry::Item(Box::new(hers)));
    assert!(judge(&with).holds(), "{:?}", judge(&with).faults);
}

/// A report of what Alice said, and the same with words that she never sent: by the Authority of the tests, whose secret everybody knows.
pub fn simulated() -> [Report; 2] {
    let secret = AuthoritySecret::for_tests();
    let mut world = World::new();
    world.authority = secret.authority();
    world.say(ALICE, "See you at five");
    let (real, _) = world.whole();
    let alice = &world.people[ALICE];
    let content = Content::new(Salt([3; 16]), Body::Text(Text::markdown("Never said")));
    let encoded = content.encode().unwrap();
    let context = franking::Context { counter: 1, previous: Commitment::NONE, ..world.context(ALICE, &encoded, 1) };
    let context = franking::Context { seen: item(&mut real.clone(), 1).opening.context.seen, ..context };
    let kf = CommitKey::from_bytes([5; 32]);
    let c = franking::commit(&kf, &context, std::slice::from_ref(&encoded));
    let mut simulated = real.clone();
    let target = item(&mut simulated, 1);
    target.stamp = world.server.stamp(Stamp { c, ..target.stamp.stamp });
    target.opening = Opening::of(&kf, &context, &[encoded], |_| true);
    target.proof = secret.simulate(alice.franking.public(), &c, &mut world.rng.clone()).unwrap();
    [real, simulated]
}

/// With the Authority's secret a proof for text never sent cannot be told from a real one; without it in the bundle neither counts.
#[test]
fn authority_can_simulate() {
    let [real, simulated] = simulated();
    let trust = trusting(Bundle::of_tests());
    let (said, never) = (judge_with(&real, &trust), judge_with(&simulated, &trust));
    assert!(said.holds() && never.holds());
    assert_eq!(said.authority, never.authority);
    assert_eq!(said.first_line(), never.first_line());
    assert_eq!(said.accounts, never.accounts);
    assert_eq!(real.to_bytes().len().abs_diff(simulated.to_bytes().len()), "See you at five".len() - "Never said".len());
    // The bundle of this program knows nothing of the Authority of the tests.
    for report in [&real, &simulated] {
        refused(report, Wrong::Authority);
        assert_eq!(judge(report).proved().count(), 0);
    }
}

type Bend = fn(&mut franking::Context);

/// What a sender may say of a message in its proof. All of it is false but the first, which changes nothing, and a count that leaves some out.
pub const BENDS: [Bend; 9] = [
    |_| {},
    |context| context.route.0[0] ^= 1,
    |context| context.cert.0[0] ^= 1,
    |context| context.message.0[5] ^= 1,
    |context| context.counter = 7,
    |context| context.seen.chain.0[0] ^= 1,
    |context| context.sent = Millis(context.sent.0 + 20 * 60 * 1000),
    |context| context.expiry = franking::Expiry::AfterReading(5),
    |context| context.kind = 9,
];

/// As a message is sealed: leaf by leaf.
pub fn fields(content: &Content) -> Vec<Vec<u8>> {
    content.leaves().unwrap().iter().map(|leaf| leaf.bytes.expose().to_vec()).collect()
}

/// Whatever passes the check before a message is shown makes a report that holds; whatever a report refuses was not shown.
#[test]
fn a_sender_cannot_make_a_shown_but_unreportable_message() {
    use franking::{Delivered, Expected, Known, Opened, SignedStamp};
    let mut world = World::new();
    let honest = Content::new(Salt([6; 16]), Body::Text(Text::markdown("as it should be")));
    let encoded = honest.encode().unwrap();
    let (mut shown, mut hidden) = (0, 0);
    for bend in BENDS {
        let mut context = world.context(ALICE, &encoded, honest.kind().number());
        bend(&mut context);
        let before = world.people[ALICE].said;
        let place = world.say_sealed(ALICE, context, fields(&honest));
        let evidence = world.log[place].evidence.clone().unwrap();
        let stamp = SignedStamp::from_bytes(&evidence.stamp).unwrap().verify(&world.server.public()).unwrap();
        let cert = world.people[ALICE].cert.verify(stamp.stamp().ms).unwrap();
        let known = Known::Chain(world.log[place - 1].stamp.stamp.chain());
        let authorities = [Authority::none()];
        let expected = Expected { route: world.route, known, last: Some(before), authorities: &authorities };
        let opened = Opened::from_bytes(&evidence.opened).unwrap();
        let delivered = Delivered { authenticated: stamp.stamp().c, stamp: &stamp, opened, sender: &cert };
        let passes = delivered.verify(&expected).is_ok_and(|verified| is_itself(&verified, &world));
        let places = world.places(place, place, |_| true);
        let (report, _) = world.report(places);
        let holds = judge(&report).holds();
        assert!(!passes || holds, "shown and not reportable: {:?}", wrongs(&report));
        if passes {
            shown += 1
        } else {
            hidden += 1
        }
        if !passes {
            world.people[ALICE].said = before;
        }
    }
    assert_eq!((shown, hidden), (2, 7), "a higher counter is shown");
}

/// What clients check besides: kind, expiry and name are those of the content.
fn is_itself(verified: &franking::Verified, world: &World) -> bool {
    let context = verified.opened().context();
    let content = wire::content::leaves::join(verified.opened().unverified_fields()).unwrap();
    let decoded = Content::decode(&content).unwrap();
    let name = wire::content::message_id(&world.people[ALICE].identity.account(), &world.route, &content).unwrap();
    decoded.kind().number() == context.kind
        && decoded.expires.is_none() == (context.expiry == franking::Expiry::Never)
        && name == context.message
}

#[test]
fn image_key_absent_from_compartment_a() {
    let mut world = World::new();
    world.say(ALICE, "Look");
    world.picture(ALICE);
    let (report, pictures) = world.whole();
    let verdict = judge(&report);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert_eq!(verdict.missing.closed, 1);
    let body = report.to_bytes();
    assert!(!body.windows(32).any(|window| window == PICTURE_KEY));
    assert_eq!(pictures.keys.len(), 1);
    assert!(pictures.to_bytes().windows(32).any(|window| window == PICTURE_KEY));
    assert_eq!(pictures.check(&report), Ok(()));
    // A program that puts it in all the same does not pass.
    let mut leaking = report.clone();
    let key = pictures.keys[0].clone();
    item(&mut leaking, 2).opening.leaves[1] = Leaf::Open { key: key.key, field: key.field.to_vec() };
    refused(&leaking, Wrong::KeyInCompartmentA);
}

/// One ciphertext that opens to two pictures under two keys: the message commits to one key, so the other is refused.
#[test]
fn two_plaintext_attachment() {
    let mut world = World::new();
    world.picture(ALICE);
    let (report, pictures) = world.whole();
    let mut other = pictures.clone();
    let at = other.keys[0].field.windows(32).position(|window| window == PICTURE_KEY).unwrap();
    other.keys[0].field[at] ^= 1;
    assert_eq!(other.check(&report), Err(PicturesError::NotCommitted));
    let mut other = pictures.clone();
    other.keys[0].key = LeafKey::from_bytes([1; 32]);
    assert_eq!(other.check(&report), Err(PicturesError::NotCommitted));
    let mut other = pictures.clone();
    other.keys[0].leaf = 0;
    assert_eq!(other.check(&report), Err(PicturesError::NotClosed));
    let mut other = pictures;
    other.keys[0].c = Commitment([1; 32]);
    assert_eq!(other.check(&report), Err(PicturesError::NotClosed), "a message that is not in the report");
}

/// A server that stamps in the name of another log, or flags words as a Commit.
#[test]
fn a_server_that_lies_about_a_record_is_found() {
    let (_, report) = spoken();
    let key = StampKey::from_seed(&[4; 32]);
    let restamp = |change: fn(&mut Stamp)| {
        let mut changed = report.clone();
        changed.entries.truncate(2);
        let target = item(&mut changed, 1);
        let mut stamp = target.stamp.stamp;
        change(&mut stamp);
        target.stamp = key.stamp(stamp);
        wrongs(&changed)
    };
    assert_eq!(restamp(|_| {}), []);
    assert!(restamp(|stamp| stamp.flag = Flag::Commit).contains(&Wrong::NotContent));
    assert!(restamp(|stamp| stamp.prev = Chain([9; 32])).contains(&Wrong::Order));
    assert!(restamp(|stamp| stamp.seq = Seq(9)).contains(&Wrong::MissingGap));
    assert!(restamp(|stamp| stamp.ms = Millis(1)).contains(&Wrong::TimeWentBack));
    assert!(restamp(|stamp| stamp.c = Commitment([9; 32])).contains(&Wrong::Altered));
}

#[test]
fn an_account_that_breaks_its_own_chain_is_found() {
    let (world, report) = spoken();
    let mut forged = report.clone();
    let mut bytes = forged.states[0].to_bytes();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    forged.states[0] = franking::SignedState::from_bytes(&bytes).unwrap();
    refused(&forged, Wrong::States);
    assert_eq!(world.people.len(), 3);
}

#[test]
fn another_reporter_cannot_be_named() {
    let (world, report) = spoken();
    let mut named = report.clone();
    let alice = report.certs.iter().position(|cert| cert.account == world.people[ALICE].identity.account()).unwrap();
    let cert = u16::try_from(alice).unwrap();
    named.reporter = report::Reporter::Named { cert, proof: Proof::from_bytes([0; 128]) };
    refused(&named, Wrong::Reporter);
    // Not with a proof of a message of hers either.
    named.reporter = report::Reporter::Named { cert, proof: item(&mut named, 1).proof };
    refused(&named, Wrong::Reporter);
    // And the note of one who is named cannot be exchanged.
    let bob = &world.people[BOB];
    let draft = report::Draft {
        naming: report::Naming::Named { cert: &bob.cert, key: &bob.franking },
        ..world.draft(world.places(0, 3, |_| true))
    };
    let mut honest = draft.make(&mut world.rng.clone()).unwrap();
    assert!(judge(&honest).holds());
    honest.note = "Something else".into();
    refused(&honest, Wrong::Reporter);
}

#[test]
fn labels_of_the_two_crates_never_meet() {
    // The same key and parts under a label of ours and of another purpose give different bytes.
    let ours = mac(&[1; 32], Label::new("treehouse/1 report cipher key"), &[b"x"]);
    let theirs = mac(&[1; 32], Label::LEAF, &[b"x"]);
    assert_ne!(ours, theirs);
}

/// A log of one's own, under one's own key, called like a server that is known: with real people's real words in it, at other times.
#[test]
fn a_made_up_server_is_the_first_thing_one_reads_and_proves_nothing() {
    let (world, mut report) = spoken();
    let bundle = |seed: u8| {
        let servers = vec![NamedServer { host: "https://chat.example.org".into(), stamp_key: StampKey::from_seed(&[seed; 32]).public() }];
        Bundle { authorities: vec![], servers }
    };
    let pinned = |seed: u8| Trust::default().with(bundle(seed), Source::Pinned);
    let printed = |report: &Report, trust: &Trust| {
        exhibit(&judge_with(report, trust), &Printing { time: &|at| at.0.to_string(), file: None, pictures: None })
    };
    assert_eq!(world.server.public(), StampKey::from_seed(&[4; 32]).public());
    let own = printed(&report, &pinned(4));
    assert!(own.contains("every check of them holds") && own.contains("Server proves"));
    // However the address of the known server is written, another key is a false one.
    for host in ["chat.example.org", "https://chat.example.org/", "HTTPS://CHAT.example.org:443"] {
        report.server = host.into();
        let verdict = judge_with(&report, &pinned(5));
        assert!(!verdict.holds() && verdict.faults.iter().any(|fault| fault.wrong == Wrong::OtherStampKey), "{host}");
    }
    // And under any other name it is another server.
    report.server = "https://chat.example.net".into();
    let verdict = judge_with(&report, &pinned(5));
    assert!(verdict.is_of_another_server() && verdict.first_line().starts_with("Not stamped by your server:"));
    let text = printed(&report, &pinned(5));
    assert!(!text.contains("every check of") && !text.contains("Server proves"), "{text}");
    // A bundle that somebody gives makes it known, and no server of theirs.
    let given = Trust::default().with(bundle(4), Source::Given).with(bundle(5), Source::Pinned);
    assert!(judge_with(&report, &given).is_of_another_server());
}

/// Where the count of records ends, nothing is later.
#[test]
fn nothing_comes_after_the_last_number_there_is() {
    let (world, mut report) = spoken();
    let at = |seq: u64| {
        let stamp = Stamp { seq: Seq(seq), ..world.log[1].stamp.stamp };
        Entry::Quote { stamp: world.server.stamp(stamp), text: "I say so".into() }
    };
    report.entries = vec![at(u64::MAX), Entry::Break, at(5)];
    refused(&report, Wrong::Order);
    report.entries = vec![at(u64::MAX - 1), Entry::Break, at(u64::MAX)];
    refused(&report, Wrong::Order);
    report.entries = vec![at(5), Entry::Break, at(7)];
    assert!(judge(&report).faults.iter().all(|fault| fault.wrong != Wrong::Order));
}
