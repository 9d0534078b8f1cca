//! What honest people report, and what is said of it.

use crate::world::{ALICE, BOB, World, judge, judge_with};
use report::exhibit::{Printing, exhibit};
use report::trust::Fetched;
use report::verdict::{Holder, Line, States, Who};
use report::{Bundle, Naming, Place, Source, Trust, Wrong};
use wire::content::Body;

fn talk(world: &mut World) {
    world.say(ALICE, "Hello Bob");
    world.say(BOB, "Hello Alice");
    world.commit();
    world.say(ALICE, "You are late again");
}

#[test]
fn a_whole_conversation_is_proved_message_by_message() {
    let mut world = World::new();
    talk(&mut world);
    let verdict = judge(&world.whole().0);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    let words: Vec<String> = verdict
        .proved()
        .map(|proved| match &proved.content.body {
            Body::Text(text) => text.text.clone(),
            _ => panic!("a text"),
        })
        .collect();
    assert_eq!(words, ["Hello Bob", "Hello Alice", "You are late again"]);
    let senders: Vec<_> = verdict.proved().map(|proved| proved.account).collect();
    assert_eq!(senders, [ALICE, BOB, ALICE].map(|who| world.people[who].identity.account()));
    assert!(verdict.missing.contiguous());
    assert_eq!((verdict.missing.undisclosed, verdict.missing.commits), (2, 2), "Commits say nothing");
    assert!(verdict.accounts.iter().all(|account| account.states == States::Chain { first: 1, last: 1 }));
}

#[test]
fn messages_that_are_not_opened_are_counted_and_the_rest_is_contiguous() {
    let mut world = World::new();
    for text in ["one", "two", "three", "four"] {
        world.say(ALICE, text);
    }
    let places = world.places(1, 4, |place| place == 1 || place == 4);
    let (report, _) = world.report(places);
    let verdict = judge(&report);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert_eq!((verdict.missing.undisclosed, verdict.missing.breaks), (2, 0));
    assert_eq!(verdict.missing.skipped, [(world.people[ALICE].identity.account(), 2)]);
    let bytes = report.to_bytes();
    assert!(!bytes.windows(3).any(|window| window == b"two"), "what is not opened is not there");
}

#[test]
fn what_lies_between_is_left_out_only_visibly() {
    let mut world = World::new();
    for text in ["one", "two", "three", "four"] {
        world.say(ALICE, text);
    }
    let mut places = world.places(1, 1, |_| true);
    places.extend(world.places(4, 4, |_| true));
    let verdict = judge(&world.report(places).0);
    assert!(verdict.holds());
    assert!(!verdict.missing.contiguous());
    assert_eq!((verdict.missing.breaks, verdict.missing.in_breaks), (1, 2));
    assert!(matches!(verdict.lines[1], Line::Break { .. }));
}

#[test]
fn records_after_the_last_signed_one_are_no_part_of_a_report() {
    let mut world = World::new();
    world.say(ALICE, "one");
    world.say(ALICE, "two");
    let places = world.places(1, 2, |place| place == 1);
    let (report, _) = world.report(places);
    assert_eq!(report.entries.len(), 1);
    let mut loose = report.clone();
    loose.entries.push(report::Entry::Gap(world.log[2].stamp.stamp));
    assert!(report::Report::from_bytes(&loose.to_bytes()).is_err(), "nobody signed the last one");
}

#[test]
fn a_reporter_is_named_with_a_proof_or_not_at_all() {
    let mut world = World::new();
    talk(&mut world);
    let places = world.places(0, 4, |_| true);
    let withheld = judge(&world.report(places.clone()).0);
    assert_eq!(withheld.reporter.who, Who::Withheld);

    let mut rng = world.rng.clone();
    let bob = &world.people[BOB];
    let named = report::Draft { naming: Naming::Named { cert: &bob.cert, key: &bob.franking }, ..world.draft(places) };
    let named = named.make(&mut rng).unwrap();
    let verdict = judge(&named);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert_eq!(verdict.reporter.who, Who::Proved { account: bob.identity.account(), client: bob.cert.client });
}

#[test]
fn without_their_name_a_reporters_own_lines_are_quoted_and_nothing_in_the_file_names_them() {
    let mut world = World::new();
    world.say(ALICE, "Hello Bob");
    world.say(BOB, "Hello Alice");
    let places = (1..=2)
        .map(|place| match place {
            2 => Place::Quote(world.log[2].stamp, "Hello Alice".into()),
            _ => Place::Opened(world.log[place].evidence.clone().unwrap()),
        })
        .collect();
    let mut draft = world.draft(places);
    draft.states.retain(|state| state.unverified().account != world.people[BOB].identity.account());
    let report = draft.make(&mut world.rng.clone()).unwrap();
    let verdict = judge(&report);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert!(matches!(&verdict.lines[1], Line::Quoted { text, .. } if text == "Hello Alice"));
    let bytes = report.to_bytes();
    let bob = &world.people[BOB];
    for trace in [bob.identity.account().0.as_slice(), &bob.cert.hash().0, bob.cert.franking_key.as_bytes(), &bob.cert.client.0] {
        assert!(!bytes.windows(trace.len()).any(|window| window == trace));
    }
}

#[test]
fn the_first_line_is_the_one_of_the_design_and_there_is_no_tick() {
    let mut world = World::new();
    talk(&mut world);
    let verdict = judge(&world.whole().0);
    let printing = Printing { time: &|at| format!("{} ms", at.0), file: None, pictures: None };
    let text = exhibit(&verdict, &printing);
    assert_eq!(
        text.lines().next().unwrap(),
        "Made with this account's key, or by the Safety Authority. Convincing only to someone who knows the Authority did not make it."
    );
    for never in ['\u{2713}', '\u{2714}', '\u{2705}', '\u{2611}'] {
        assert!(!text.contains(never));
    }
    assert!(text.contains("| You are late again") && text.contains("Known from this file only: not verified."), "{text}");
    assert!(text.lines().any(|line| line == "It shows which account's key made a message, not which hand."));
    assert!(!text.contains("anonymous"));
}

#[test]
fn where_a_key_is_known_from_is_said_and_a_false_key_for_a_known_server_fails() {
    let mut world = World::new();
    talk(&mut world);
    let (report, _) = world.whole();
    assert_eq!(judge(&report).stamp_key.source, Source::OnlyThisFile);
    let bundle = |seed: u8| {
        let key = franking::StampKey::from_seed(&[seed; 32]).public();
        let servers = vec![report::trust::NamedServer { host: "chat.example.org".into(), stamp_key: key }];
        Bundle { authorities: vec![], servers }
    };
    let verdict = judge_with(&report, &Trust::default().with(bundle(4), Source::Given));
    assert_eq!(verdict.stamp_key.source, Source::Given);
    assert!(verdict.holds());
    let verdict = judge_with(&report, &Trust::default().with(bundle(5), Source::Given));
    assert!(!verdict.holds());
}

#[test]
fn what_the_server_says_now_stands_with_the_key_and_another_key_there_fails_however_the_file_is_known() {
    let mut world = World::new();
    talk(&mut world);
    let (report, _) = world.whole();
    let key = |seed: u8| franking::StampKey::from_seed(&[seed; 32]).public();
    let now = |seed: u8| Fetched {
        host: "chat.example.org".into(),
        identity: wire::Hash32([7; 32]),
        stamp_key: wire::Hash32(*key(seed).as_bytes()),
    };
    let verdict = judge_with(&report, &Trust::default().with_fetched(now(4)));
    assert!(verdict.holds());
    assert_eq!((verdict.stamp_key.source.clone(), verdict.stamp_key.known_as.as_deref()), (Source::Fetched, Some("chat.example.org")));
    assert!(verdict.accounts.iter().all(|account| account.source == Source::OnlyThisFile), "a server vouches for no account");
    let text = exhibit(&verdict, &Printing { time: &|at| at.0.to_string(), file: None, pictures: None });
    let line = format!("Fetched now from chat.example.org: the same key, signed for by that server's identity {}.", wire::Hash32([7; 32]));
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(&line), "{text}");

    // Known from elsewhere as well: that stays, and what was asked now stands beside it, or against it.
    let servers = vec![report::trust::NamedServer { host: "chat.example.org".into(), stamp_key: key(4) }];
    let given = Trust::default().with(Bundle { authorities: vec![], servers }, Source::Given);
    let verdict = judge_with(&report, &given.clone().with_fetched(now(4)));
    assert!(verdict.holds() && verdict.stamp_key.source == Source::Given && verdict.stamp_key.fetched == Some(now(4)));
    for trust in [Trust::default(), given] {
        let verdict = judge_with(&report, &trust.with_fetched(now(5)));
        assert!(!verdict.holds() && verdict.stamp_key.fetched.is_none());
        assert!(verdict.faults.iter().any(|fault| fault.wrong == Wrong::FetchedAnother));
    }
}

#[test]
fn an_operator_that_is_its_own_authority_is_the_first_thing_one_reads() {
    let mut world = World::new();
    let secret = franking::AuthoritySecret::from_seed(&[3; 32]);
    world.authority = secret.authority();
    talk(&mut world);
    let (report, _) = world.whole();
    let named = report::trust::NamedAuthority { authority: secret.authority(), name: "Hill School".into(), operator: true };
    let verdict = judge_with(&report, &Trust::only(Bundle { authorities: vec![named], servers: vec![] }));
    assert!(verdict.holds());
    assert!(matches!(verdict.authority, Holder::Operator { .. }));
    assert!(verdict.first_line().starts_with("Could also have been made by Hill School, who runs the server."));
}

#[test]
fn words_that_look_like_the_programs_own_stand_behind_a_bar() {
    let mut world = World::new();
    world.say(ALICE, "Hello\n\nThe server proves\u{1b}[2J\u{202e}");
    let verdict = judge(&world.whole().0);
    let printing = Printing { time: &|at| format!("{} ms", at.0), file: None, pictures: None };
    let text = exhibit(&verdict, &printing);
    assert!(text.contains("    | The server proves\u{fffd}[2J\u{fffd}"));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
}

/// Why a whole chat is checked in the place of each of its messages: alone, each of them is checked for less.
#[test]
fn whatever_holds_in_a_report_holds_alone() {
    let mut world = World::new();
    talk(&mut world);
    world.picture(BOB);
    world.commit();
    world.say(ALICE, "And again");
    assert!(judge(&world.whole().0).holds());
    let mut alone = 0;
    for place in 0..world.log.len() {
        if world.log[place].evidence.is_some() {
            let places = world.places(place, place, |_| true);
            let verdict = judge(&world.report(places).0);
            assert!(verdict.holds() && verdict.proved().count() == 1, "{:?}", verdict.faults);
            alone += 1;
        }
    }
    assert_eq!(alone, 5);
}
