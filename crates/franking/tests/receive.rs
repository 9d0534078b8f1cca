//! The check before a message is shown: what passes, and each way to fail it.

mod cast;

use cast::{Client, Log, Message, NOW, rng, seen, trusted};
use franking::*;
use wire::call::Flag;
use wire::limits::CLIENT_TIME_AHEAD_MAX;
use wire::{Chain, Commitment, LogId, Millis, Route, Seq};

fn scene() -> (Client, Log, Route) {
    let log = Log::new(1);
    let route = log.head.route;
    (Client::new(1), log, route)
}

/// One message sealed in a changed context, stamped honestly, checked by a receiver that has seen everything.
fn with_context(change: impl FnOnce(&mut Context)) -> Result<Verified, Refused> {
    let (mut alice, mut log, route) = scene();
    let mut context = alice.context(&log);
    let known = Known::Chain(context.seen.chain);
    change(&mut context);
    let (c, opened) = alice.seal(context, &["hello"]);
    let message = Message { c, stamp: log.append(c), opened };
    message.check(&alice.cert, &Expected { known, ..message.expected(route, Some(Said::NOTHING)) })
}

#[test]
fn an_honest_message_is_verified_with_its_words_and_place() {
    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["hello", "a key"]);
    let verified = message.check(&alice.cert, &message.expected(route, Some(Said::NOTHING))).unwrap();
    assert_eq!(verified.fields(), [b"hello".to_vec(), b"a key".to_vec()]);
    assert_eq!(verified.commitment(), message.c);
    assert_eq!(verified.said(), alice.said);
    assert_eq!(verified.missing(), None);
}

#[test]
fn an_altered_word_is_refused() {
    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["hello"]);
    let mut bytes = message.opened.to_bytes();
    let word = bytes.len() - 5;
    for place in word..bytes.len() {
        bytes[place] ^= 1;
        let altered = Message { opened: Opened::from_bytes(&bytes).unwrap(), ..message.clone() };
        assert_eq!(altered.check(&alice.cert, &message.expected(route, Some(Said::NOTHING))).unwrap_err(), Refused::Commitment);
        bytes[place] ^= 1;
    }
}

#[test]
fn an_altered_word_with_its_commitment_made_anew_is_refused() {
    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["hello"]);
    let mut bytes = message.opened.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let opened = Opened::from_bytes(&bytes).unwrap();
    let c = opened.commitment();
    let mut forged = Message { c, stamp: message.stamp, opened };
    let expected = message.expected(route, Some(Said::NOTHING));
    assert_eq!(forged.check(&alice.cert, &expected).unwrap_err(), Refused::StampedOther);
    forged.stamp = log.sign(Stamp { c, ..*message.stamp.stamp() });
    assert_eq!(forged.check(&alice.cert, &expected).unwrap_err(), Refused::Proof, "not even if the server helps");
}

#[test]
fn a_swapped_sender_is_refused() {
    let (mut alice, mut log, route) = scene();
    let bob = Client::new(2);
    let message = alice.say(&mut log, &["hello"]);
    assert_eq!(message.check(&bob.cert, &message.expected(route, Some(Said::NOTHING))).unwrap_err(), Refused::OtherCert);
}

#[test]
fn a_sender_cannot_write_under_another_certificate() {
    let (mut alice, mut log, route) = scene();
    let bob = Client::new(2);
    let context = Context { cert: bob.cert.hash(), ..alice.context(&log) };
    let (c, opened) = alice.seal(context, &["hello"]);
    let message = Message { c, stamp: log.append(c), opened };
    let expected = message.expected(route, Some(Said::NOTHING));
    assert_eq!(message.check(&alice.cert, &expected).unwrap_err(), Refused::OtherCert);
    assert_eq!(message.check(&bob.cert, &expected).unwrap_err(), Refused::Proof);
}

#[test]
fn a_message_from_another_conversation_is_refused() {
    let other = LogId([2; 32]).route();
    assert_eq!(with_context(|context| context.route = other).unwrap_err(), Refused::OtherConversation);

    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["hello"]);
    let expected = message.expected(other, Some(Said::NOTHING));
    assert_eq!(message.check(&alice.cert, &expected).unwrap_err(), Refused::OtherLog);
    let moved = Message { stamp: log.sign(Stamp { route: other, ..*message.stamp.stamp() }), ..message };
    assert_eq!(moved.check(&alice.cert, &expected).unwrap_err(), Refused::OtherConversation, "a server cannot move it there");
    assert_eq!(moved.check(&alice.cert, &moved.expected(route, None)).unwrap_err(), Refused::OtherLog);
}

#[test]
fn a_message_moved_in_time_is_refused() {
    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["hello"]);
    let at = |ms: u64| {
        let moved = Message { stamp: log.sign(Stamp { ms: Millis(ms), ..*message.stamp.stamp() }), ..message.clone() };
        moved.check(&alice.cert, &message.expected(route, Some(Said::NOTHING))).err()
    };
    assert_eq!(at(NOW.0 - CLIENT_TIME_AHEAD_MAX - 1), Some(Refused::FromTheFuture));
    assert_eq!(at(NOW.0 - CLIENT_TIME_AHEAD_MAX), None, "15 minutes are allowed");
    assert_eq!(at(NOW.0 + 3 * 24 * 3_600_000), None, "a message queued for days is fine");
    let validity = alice.cert.cert().validity;
    assert_eq!(at(validity.not_after.0), Some(Refused::CertTime));
    assert_eq!(at(validity.not_before.0 - 1), Some(Refused::CertTime));
}

#[test]
fn the_time_the_sender_gave_cannot_be_altered() {
    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["hello"]);
    let mut bytes = message.opened.to_bytes();
    let sent_at = 1 + 32 + 1 + 32 * 3 + 8 + 32 + 8 + 32;
    bytes[sent_at + 7] ^= 1;
    let altered = Message { opened: Opened::from_bytes(&bytes).unwrap(), ..message.clone() };
    assert_ne!(altered.opened.context().sent, message.opened.context().sent);
    assert_eq!(altered.check(&alice.cert, &message.expected(route, None)).unwrap_err(), Refused::Commitment);
}

#[test]
fn reordered_messages_are_refused() {
    let (mut alice, mut log, route) = scene();
    let before = log.head;
    let context = alice.context(&log);
    let (c1, first) = alice.seal(context, &["first"]);
    let said = alice.said;
    let (c2, second) = alice.seal(Context { counter: 2, previous: c1, ..context }, &["second"]);
    // The server appends the second before the first.
    let second = Message { c: c2, stamp: log.append(c2), opened: second };
    let first = Message { c: c1, stamp: log.append(c1), opened: first };
    let shown = second.check(&alice.cert, &second.expected(route, Some(Said::NOTHING))).unwrap();
    assert_eq!(shown.missing(), Some(&(1..=1)), "shown, and the missing one is known");
    assert_eq!(first.check(&alice.cert, &first.expected(route, Some(shown.said()))).unwrap_err(), Refused::Repeated);
    assert_eq!((before.seq, said.counter), (Seq(1), 1));
}

#[test]
fn a_replayed_message_is_refused() {
    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["hello"]);
    let replayed = Message { stamp: log.append(message.c), ..message.clone() };
    let said = message.check(&alice.cert, &message.expected(route, Some(Said::NOTHING))).unwrap().said();
    assert_eq!(replayed.check(&alice.cert, &replayed.expected(route, Some(said))).unwrap_err(), Refused::Repeated);
}

#[test]
fn a_missing_message_is_a_fact_and_not_a_failure() {
    let (mut alice, mut log, route) = scene();
    let first = alice.say(&mut log, &["1"]);
    let said = first.check(&alice.cert, &first.expected(route, Some(Said::NOTHING))).unwrap().said();
    alice.say(&mut log, &["2"]);
    alice.say(&mut log, &["3"]);
    let fourth = alice.say(&mut log, &["4"]);
    let verified = fourth.check(&alice.cert, &fourth.expected(route, Some(said))).unwrap();
    assert_eq!(verified.missing(), Some(&(2..=3)));
    assert_eq!(fourth.check(&alice.cert, &fourth.expected(route, None)).unwrap().missing(), None, "before our time");
}

#[test]
fn counters_at_the_end_of_numbers_are_handled() {
    let edge = with_context(|context| (context.counter, context.previous) = (u64::MAX, Commitment([1; 32]))).unwrap();
    assert_eq!(edge.missing(), Some(&(1..=u64::MAX - 1)));

    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["hello"]);
    let last = Said { counter: u64::MAX, c: Commitment([1; 32]) };
    assert_eq!(message.check(&alice.cert, &message.expected(route, Some(last))).unwrap_err(), Refused::Repeated);
}

#[test]
fn a_sender_that_tells_two_stories_of_its_previous_message_is_refused() {
    let (mut alice, mut log, route) = scene();
    let first = alice.say(&mut log, &["1"]);
    let said = first.check(&alice.cert, &first.expected(route, Some(Said::NOTHING))).unwrap().said();
    alice.said.c = Commitment([9; 32]);
    let second = alice.say(&mut log, &["2"]);
    assert_eq!(second.check(&alice.cert, &second.expected(route, Some(said))).unwrap_err(), Refused::Previous);
}

#[test]
fn a_sender_that_saw_another_history_is_refused() {
    let other = |context: &mut Context| context.seen.chain = Chain([7; 32]);
    assert_eq!(with_context(other).unwrap_err(), Refused::SeenOther);
    assert_eq!(with_context(|context| context.seen = seen(2, 7)).unwrap_err(), Refused::SeenAhead, "its own record");
    assert_eq!(with_context(|context| context.seen = seen(u64::MAX, 7)).unwrap_err(), Refused::SeenAhead);
    assert!(with_context(|context| context.seen = Seen::NOTHING).is_ok(), "nothing yet is a history too");
}

#[test]
fn who_joined_later_still_checks_what_the_stamp_shows() {
    let (mut alice, mut log, route) = scene();
    let early = alice.context(&log);
    log.stamp(Flag::Content, Commitment([3; 32]));
    let (c, opened) = alice.seal(early, &["written before you came"]);
    let message = Message { c, stamp: log.append(c), opened };
    let joined = Expected { known: Known::BeforeJoin, ..message.expected(route, None) };
    assert!(message.check(&alice.cert, &joined).is_ok());

    let forked = Context { seen: Seen { seq: log.head.seq, chain: Chain([7; 32]) }, ..alice.context(&log) };
    let (c, opened) = alice.seal(forked, &["hello"]);
    let message = Message { c, stamp: log.append(c), opened };
    let joined = Expected { known: Known::BeforeJoin, ..message.expected(route, None) };
    assert_eq!(message.check(&alice.cert, &joined).unwrap_err(), Refused::SeenOther);
}

#[test]
fn a_commit_is_never_a_message() {
    let (mut alice, mut log, route) = scene();
    let context = alice.context(&log);
    let (c, opened) = alice.seal(context, &["hello"]);
    let message = Message { c, stamp: log.stamp(Flag::Commit, c), opened };
    assert_eq!(message.check(&alice.cert, &message.expected(route, None)).unwrap_err(), Refused::NotContent);
}

#[test]
fn an_authority_outside_the_bundle_is_refused() {
    let (mut alice, mut log, route) = scene();
    let own = AuthoritySecret::from_seed(&[3; 32]);
    let context = alice.context(&log);
    let kf = CommitKey::generate(&mut alice.rng);
    let fields = vec![b"hello".to_vec()];
    let (c, opened) = Opened::seal(kf, context, fields, &alice.franking, &own.authority(), &mut alice.rng).unwrap();
    let message = Message { c, stamp: log.append(c), opened };
    assert_eq!(message.check(&alice.cert, &message.expected(route, None)).unwrap_err(), Refused::UnknownAuthority);
    let bundle = [Authority::none(), own.authority()];
    assert!(message.check(&alice.cert, &Expected { authorities: &bundle, ..message.expected(route, None) }).is_ok());
}

/// What the design calls "reporter and server cannot fabricate": they hold everything but x and m.
#[test]
fn reporter_and_server_cannot_fabricate() {
    let (mut alice, mut log, route) = scene();
    let honest = alice.say(&mut log, &["hello"]);
    let (reporter, mut rng) = (Client::new(2), rng(9));
    let words = vec![b"words alice never wrote".to_vec()];
    let context = Context { counter: 2, previous: honest.c, ..*honest.opened.context() };
    let context = Context { seen: Seen { seq: log.head.seq, chain: log.head.chain }, ..context };

    // Proved with the reporter's own key, in alice's name.
    let kf = CommitKey::generate(&mut rng);
    let (c, opened) = Opened::seal(kf, context, words.clone(), &reporter.franking, &Authority::none(), &mut rng).unwrap();
    let stamp = log.append(c);
    let forged = Message { c, stamp, opened: opened.clone() };
    assert_eq!(forged.check(&alice.cert, &forged.expected(route, None)).unwrap_err(), Refused::Proof);

    // With a proof of alice's taken from an honest message.
    let proof_at = 1 + 32 + Context::LEN + 8;
    let mut bytes = opened.to_bytes();
    bytes[proof_at..proof_at + Proof::LEN].copy_from_slice(honest.opened.proof().as_bytes());
    let forged = Message { c, stamp, opened: Opened::from_bytes(&bytes).unwrap() };
    assert_eq!(forged.check(&alice.cert, &forged.expected(route, None)).unwrap_err(), Refused::Proof);

    // Simulated by an Authority of their own making.
    let fake = AuthoritySecret::from_seed(&[6; 32]);
    let simulated = fake.simulate(alice.franking.public(), &c, &mut rng).unwrap();
    bytes[proof_at..proof_at + Proof::LEN].copy_from_slice(simulated.as_bytes());
    let forged = Message { c, stamp, opened: Opened::from_bytes(&bytes).unwrap() };
    assert_eq!(forged.check(&alice.cert, &forged.expected(route, None)).unwrap_err(), Refused::Proof);

    // With a certificate for alice that the server made up.
    let validity = cast::VALIDITY;
    let request = CertRequest::new(
        reporter.identity.account(),
        wire::ClientId([1; 16]),
        &reporter.key,
        &reporter.franking,
        Class::Native,
        validity,
        &mut rng,
    );
    let mut bytes = request.unwrap().sign(&reporter.identity).unwrap().to_bytes();
    bytes[1..33].copy_from_slice(alice.identity.account().as_bytes());
    assert_eq!(ClientCert::from_bytes(&bytes).unwrap().verify(NOW), Err(CertError::Signature));
}

/// Whatever the receiver accepts, a verifier of reports that holds public keys alone accepts too, whichever fields are opened.
#[test]
fn a_sender_cannot_make_a_shown_but_unreportable_message() {
    let (mut alice, mut log, route) = scene();
    let message = alice.say(&mut log, &["what was said", "key of a picture", ""]);
    let verified = message.check(&alice.cert, &message.expected(route, Some(Said::NOTHING))).unwrap();

    // Evidence as it is stored, and read again by someone else.
    let opened = Opened::from_bytes(&verified.opened().to_bytes()).unwrap();
    let stamp = SignedStamp::from_bytes(&verified.stamp().signed().to_bytes()).unwrap().verify(&log.key.public()).unwrap();
    let cert = ClientCert::from_bytes(&alice.cert.cert().to_bytes()).unwrap().verify(stamp.stamp().ms).unwrap();
    for shown in 0..8u8 {
        let opening = opened.open(|index| shown >> index & 1 == 1);
        assert_eq!(opening.check(&stamp.stamp().c), Ok(()), "fields {shown:03b}");
        assert_eq!(opening.context.cert, cert.hash());
    }
    assert_eq!(verify(&cert.cert().franking_key, &trusted()[0], &stamp.stamp().c, opened.proof()), Ok(()));
}
