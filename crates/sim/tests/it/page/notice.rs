//! What a person is shown of a chat: rules by age, what stands out, what is before a message, and who can see it.

use super::files::{file, send, step, uploaded};
use super::*;
use client::audit::Misdeed;
use std::collections::BTreeSet;
use view::{
    AgeRow, Ages, Born, FileSort, KeepCommand, Knows, Looking, Note, Noticed, Outgoing, Pause, Settings, Structure, Switch, VaultCommand,
    WhoRow, Words,
};
use wire::content::Class;
use wire::limits::DAY;

const CHILD: Born = Born { year: 2012, month: 5 };
const ADULT: Born = Born { year: 1984, month: 5 };

fn born(world: &mut World, (person, _): (usize, i64), born: Option<Born>) {
    does(world, person, Command::Born { born });
}

fn knows(world: &mut World, (person, chat): (usize, i64), how: Knows) {
    does(world, person, Command::Know { chat, how });
}

fn noticed(world: &World, (person, chat): (usize, i64), looking: Looking) -> Noticed {
    let View::Notice(noticed) = ask(world, person, Query::Notice { chat, looking }) else { panic!("no answer") };
    noticed
}

fn notes(world: &World, at: (usize, i64), looking: Looking) -> Vec<Note> {
    noticed(world, at, looking).notes
}

fn who(world: &World, (person, chat): (usize, i64)) -> WhoRow {
    let View::Who(Some(row)) = ask(world, person, Query::Who { chat }) else { panic!("no answer") };
    *row
}

#[test]
fn an_answer_is_kept_changed_and_taken_back_and_a_month_that_is_none_is_refused() {
    let (mut world, [hers, _]) = two(601);
    let age = |world: &World| {
        let View::Age(row) = ask(world, hers.0, Query::Age) else { panic!("no answer") };
        row
    };
    assert_eq!(age(&world), AgeRow { born: None, ages: Ages::Unsaid });
    born(&mut world, hers, Some(CHILD));
    let now = age(&world);
    assert_eq!(now.born, Some(CHILD));
    assert!(now.ages.is_under_18());
    assert_eq!(refused(&mut world, hers.0, Command::Born { born: Some(Born { year: 2012, month: 13 }) }), Refusal::NoSuchMonth);
    world.power_cut(hers.0);
    world.run(10_000);
    assert_eq!(age(&world).born, Some(CHILD));
    born(&mut world, hers, Some(ADULT));
    assert_eq!(age(&world).ages, Ages::Adult);
    born(&mut world, hers, None);
    assert_eq!(age(&world), AgeRow { born: None, ages: Ages::Unsaid });
    let View::Unsent(unsent) = ask(&world, hers.0, Query::Unsent) else { panic!("no answer") };
    assert_eq!(unsent.unfinished, 0, "there is nothing to send");
}

#[test]
fn a_hard_cue_is_shown_to_who_is_under_18_whoever_says_it_and_to_an_adult_who_asks() {
    let (mut world, [hers, his]) = two(602);
    say(&mut world, his.0, his.1, "see you at the pool tomorrow?");
    world.run(5_000);
    assert_eq!(notes(&world, hers, Looking::Unasked), []);
    say(&mut world, his.0, his.1, "send me a nude pic");
    world.run(5_000);
    for how in [Knows::Online, Knows::InLife] {
        knows(&mut world, hers, how);
        for answer in [None, Some(CHILD)] {
            born(&mut world, hers, answer);
            let found = notes(&world, hers, Looking::Unasked);
            assert_eq!(found.len(), 1, "{how:?} {answer:?}: {found:?}");
            assert_eq!(found[0].message, bubble(&world, hers, "nude").row.id);
            assert!("send me a nude pic".contains(&found[0].quote) && !found[0].quote.is_empty());
            assert!(!found[0].why.is_empty() && !found[0].what.is_empty());
        }
        born(&mut world, hers, Some(ADULT));
        assert_eq!(notes(&world, hers, Looking::Unasked), []);
        assert_eq!(notes(&world, hers, Looking::Asked).len(), 1);
    }
    // A day later it does not come by itself any more.
    born(&mut world, hers, Some(CHILD));
    world.run(DAY);
    assert_eq!(notes(&world, hers, Looking::Unasked), []);
    assert_eq!(notes(&world, hers, Looking::Asked).len(), 1);
    // What was taken back is not looked at.
    let said = bubble(&world, his, "nude").row.id;
    does(&mut world, his.0, Command::Delete { chat: his.1, message: said });
    world.run(MINUTE);
    assert_eq!(notes(&world, hers, Looking::Asked), []);
}

#[test]
fn a_hard_cue_is_found_whenever_it_is_said_to_be_from_after_an_edit_and_before_a_flood() {
    let (mut world, [hers, his]) = two(610);
    born(&mut world, hers, Some(CHILD));
    knows(&mut world, hers, Knows::InLife);
    let found = |world: &World| notes(world, hers, Looking::Unasked).into_iter().map(|note| note.message).collect::<Vec<i64>>();
    world.misbehave(his.0, his.1, Misdeed::Backdated { by: 8 * DAY });
    say(&mut world, his.0, his.1, "send me a nude pic");
    world.run(5_000);
    let old = bubble(&world, hers, "nude").row;
    assert!(old.sent_ms + 7 * DAY < world.now.0, "it is shown as of then");
    assert_eq!(found(&world), [old.id]);
    world.run(2 * DAY);
    assert!(found(&world).is_empty());
    // What was harmless is made another by its sender.
    say(&mut world, his.0, his.1, "hi there");
    world.run(2 * DAY);
    let (harmless, same) = (bubble(&world, his, "hi there").row.id, bubble(&world, hers, "hi there").row.id);
    does(&mut world, his.0, Command::Edit { chat: his.1, message: harmless, text: "pay 200 or i post your photos".into() });
    world.run(5_000);
    assert_eq!(found(&world), [same]);
    world.run(2 * DAY);
    assert!(found(&world).is_empty());
    // And more is said than is one conversation.
    say(&mut world, his.0, his.1, "send me a nude pic now");
    world.run(5_000);
    let said = bubble(&world, hers, "nude pic now").row.id;
    for number in 0..130 {
        say(&mut world, his.0, his.1, &format!("lol {number}"));
        if number % 10 == 9 {
            world.run(5_000);
        }
    }
    world.run(60_000);
    assert_eq!(bubble(&world, hers, "lol").row.text, "lol 129");
    assert_eq!(found(&world), [said]);
}

#[test]
fn secrecy_beside_a_meeting_is_shown_however_often_and_each_alone_once_a_day() {
    let (mut world, [hers, his]) = two(611);
    born(&mut world, hers, Some(CHILD));
    let shown = |world: &World| notes(world, hers, Looking::Unasked).into_iter().map(|note| note.message).collect::<BTreeSet<i64>>().len();
    knows(&mut world, hers, Knows::Online);
    for text in ["dont tell your mum about us", "dont tell your dad about us"] {
        say(&mut world, his.0, his.1, text);
        world.run(5_000);
    }
    assert_eq!(shown(&world), 1);
    knows(&mut world, hers, Knows::InLife);
    assert_eq!(shown(&world), 0);
    say(&mut world, his.0, his.1, "come alone, ill drive to you");
    world.run(5_000);
    for how in [Knows::InLife, Knows::Online] {
        knows(&mut world, hers, how);
        assert_eq!(shown(&world), 3, "{how:?}");
    }
}

#[test]
fn looking_for_what_stands_out_writes_nothing_on_the_device() {
    let (mut world, [hers, his]) = two(609);
    say(&mut world, his.0, his.1, "send me a nude pic");
    world.run(5_000);
    for age in [CHILD, ADULT] {
        born(&mut world, hers, Some(age));
        let kept = |world: &World| {
            let client = world.people[hers.0].client();
            (client.audit_rows().expect("rows"), client.changes())
        };
        let before = kept(&world);
        let unasked = notes(&world, hers, Looking::Unasked).len();
        let asked = notes(&world, hers, Looking::Asked).len();
        assert_eq!((unasked, asked), (usize::from(age == CHILD), 1), "something stood out");
        assert_eq!(kept(&world), before);
    }
}

#[test]
fn what_is_so_without_a_word_is_told_of_who_is_known_only_online_and_never_of_who_is_known_in_life() {
    let (mut world, [hers, his]) = two(603);
    let structure = |world: &World, at| noticed(world, at, Looking::Unasked).structure;
    // A new account is told of from the first day on; no groups in common say nothing to who knows nobody else.
    assert_eq!(structure(&world, hers), [Structure::NotSaid, Structure::ByMyLink, Structure::AccountThisWeek]);
    assert_eq!(structure(&world, his), [Structure::NotSaid, Structure::ByTheirLink, Structure::AccountThisWeek]);
    knows(&mut world, hers, Knows::Online);
    assert_eq!(structure(&world, hers), [Structure::OnlyOnline, Structure::ByMyLink, Structure::AccountThisWeek]);
    knows(&mut world, hers, Knows::Unsure);
    world.run(15 * DAY);
    assert_eq!(structure(&world, hers), [Structure::NotSure, Structure::ByMyLink]);
    let carol = world.person("carol");
    let (with_carol, _) = world.befriend(hers.0, carol);
    let wanted = [Structure::NotSaid, Structure::ByMyLink, Structure::NoSharedGroups, Structure::AccountThisWeek];
    assert_eq!(structure(&world, (hers.0, with_carol)), wanted);
    assert_eq!(structure(&world, hers), [Structure::NotSure, Structure::ByMyLink, Structure::NoSharedGroups]);
    does(&mut world, hers.0, Command::CreateGroup { name: "walkers".into(), members: vec!["bob".into()] });
    world.run(2 * MINUTE);
    let invitation = world.people[his.0].client().invitations().expect("invitations")[0].id;
    does(&mut world, his.0, Command::JoinGroup { invitation });
    world.run(2 * MINUTE);
    assert_eq!(structure(&world, hers), [Structure::NotSure, Structure::ByMyLink]);
    // Comparing keys switches nothing off; being known in life does.
    let account = who(&world, hers).people.into_iter().find(|person| !person.me).expect("bob").account;
    does(&mut world, hers.0, Command::Compare { account, same: Switch::On });
    assert_eq!(structure(&world, hers).len(), 2);
    knows(&mut world, hers, Knows::InLife);
    assert_eq!(structure(&world, hers), []);
}

/// Sends a picture, all the way.
fn picture(world: &mut World, at: (usize, i64), number: u8) -> i64 {
    let message = send(world, at, vec![file("a.jpg", FileSort::Found)]);
    step(world, at.0, i64::from(number), uploaded("a.jpg", number, Class::Photo));
    world.run(5_000);
    message
}

#[test]
fn the_first_picture_of_who_is_known_only_online_has_a_curtain_and_nothing_says_who_looked_behind_it() {
    let (mut world, [hers, his]) = two(604);
    picture(&mut world, his, 1);
    picture(&mut world, his, 2);
    let curtains = |world: &World| {
        let all = bubbles(world, hers);
        all.iter().filter(|bubble| !bubble.files.is_empty()).map(|bubble| bubble.curtain).collect::<Vec<_>>()
    };
    assert_eq!(curtains(&world), [true, false], "not said yet, by nobody known to be an adult");
    born(&mut world, hers, Some(ADULT));
    assert_eq!(curtains(&world), [false, false], "an adult who has not said");
    for (how, wanted) in [(Knows::Online, true), (Knows::Unsure, true), (Knows::InLife, false)] {
        knows(&mut world, hers, how);
        assert_eq!(curtains(&world), [wanted, false], "{how:?}");
    }
    assert!(bubbles(&world, his).iter().all(|bubble| !bubble.curtain), "one's own has none");
    knows(&mut world, hers, Knows::Online);
    let before = world.people[hers.0].client().audit_rows().expect("rows");
    let first = bubbles(&world, hers)[0].row.id;
    ask(&world, hers.0, Query::Bare { message: first });
    assert_eq!(world.people[hers.0].client().audit_rows().expect("rows"), before, "looking leaves nothing");
}

#[test]
fn links_and_handles_of_who_is_known_only_online_are_hidden_from_who_is_under_16_everywhere_until_asked_for() {
    let (mut world, [hers, his]) = two(605);
    say(&mut world, his.0, his.1, "my page https://page.example/x or snap cool_guy99");
    world.run(5_000);
    let bare = "my page https://page.example/x or snap cool_guy99";
    let shown = |world: &World| {
        let View::Search(found) = ask(world, hers.0, Query::Search { words: "page".into(), chat: None, limit: 5 }) else { panic!() };
        let message = bubble(world, hers, "my page");
        let line = line(world, hers);
        (
            message.masked,
            [message.row.text, line.last.expect("a last one").text, line.row.last_text.expect("words"), found.messages[0].text.clone()],
        )
    };
    let open = (false, [bare; 4].map(str::to_owned));
    let hidden = (true, ["my page ••• or snap •••"; 4].map(str::to_owned));
    for (answer, how, wanted) in [
        (None, None, &open),
        (Some(CHILD), None, &hidden),
        (Some(CHILD), Some(Knows::Online), &hidden),
        (Some(CHILD), Some(Knows::InLife), &open),
        (Some(Born { year: 2010, month: 3 }), Some(Knows::Online), &open),
        (Some(CHILD), Some(Knows::Unsure), &hidden),
    ] {
        born(&mut world, hers, answer);
        if let Some(how) = how {
            knows(&mut world, hers, how);
        }
        assert_eq!(shown(&world), *wanted, "{answer:?} {how:?}");
    }
    let id = bubble(&world, hers, "my page").row.id;
    let View::Bare(Some(message)) = ask(&world, hers.0, Query::Bare { message: id }) else { panic!("no message") };
    assert_eq!(message.row.text, bare);
    say(&mut world, his.0, his.1, "dont tell your mum but add me on snap cool_guy99");
    world.run(5_000);
    let quotes: Vec<String> = notes(&world, hers, Looking::Asked).into_iter().map(|note| note.quote).collect();
    assert!(!quotes.is_empty() && quotes.iter().all(|quote| !quote.contains("cool_guy") && !quote.contains("page.example")), "{quotes:?}");
    // An answer quotes it as it is shown, and one's own words are one's own.
    does(&mut world, hers.0, Command::Send { chat: hers.1, what: Outgoing::Text("see https://own.example".into()), reply: Some(id) });
    let own = bubble(&world, hers, "own.example");
    assert_eq!((own.masked, own.reply.expect("a quote").text.as_str()), (false, "my page ••• or snap •••"));
}

#[test]
fn before_the_first_picture_to_who_is_known_only_online_there_is_a_pause_for_who_is_under_18() {
    let (mut world, [hers, his]) = two(606);
    let pause = |world: &World| detail(world, hers).pause;
    assert_eq!(pause(&world), Pause::Private, "it was not said how one knows them");
    knows(&mut world, hers, Knows::Online);
    assert_eq!(pause(&world), Pause::All);
    born(&mut world, hers, Some(ADULT));
    assert_eq!(pause(&world), Pause::Never);
    born(&mut world, hers, Some(CHILD));
    knows(&mut world, hers, Knows::InLife);
    assert_eq!(pause(&world), Pause::Private);
    knows(&mut world, hers, Knows::Unsure);
    assert_eq!(pause(&world), Pause::All);
    picture(&mut world, hers, 1);
    assert_eq!(pause(&world), Pause::Private, "the first one alone is all that matters");
    born(&mut world, his, Some(ADULT));
    assert_eq!(detail(&world, his).pause, Pause::Never);
}

/// Whoever sent them: under 18 always, for an adult where they asked for it, and nothing but pictures of others.
#[test]
fn pictures_are_looked_at_first_for_who_is_under_18_and_for_an_adult_who_asks() {
    let (mut world, [hers, his]) = two(608);
    picture(&mut world, his, 1);
    say(&mut world, his.0, his.1, "no picture");
    world.run(5_000);
    let looks = |world: &World, at: (usize, i64)| -> Vec<bool> { bubbles(world, at).iter().map(|bubble| bubble.look).collect() };
    for knows_how in [Knows::InLife, Knows::Online] {
        knows(&mut world, hers, knows_how);
        for (age, wanted) in [(None, true), (Some(CHILD), true), (Some(ADULT), false)] {
            born(&mut world, hers, age);
            let (seen, with) = (looks(&world, hers), bubbles(&world, hers));
            let pictures: Vec<bool> = with.iter().map(|bubble| !bubble.files.is_empty()).collect();
            assert_eq!(seen, pictures.iter().map(|picture| *picture && wanted).collect::<Vec<_>>(), "{knows_how:?} {age:?}");
        }
    }
    does(&mut world, hers.0, Command::ChangeSettings(Settings { looks: Switch::On, ..Settings::default() }));
    assert!(looks(&world, hers).contains(&true), "an adult asked for it");
    assert!(!looks(&world, his).contains(&true), "one's own");
}

#[test]
fn what_was_covered_is_a_private_picture_once_somebody_under_18_keeps_it_whichever_tab_saw_it() {
    let (mut world, [hers, his]) = two(609);
    for number in 1..=3 {
        picture(&mut world, his, number);
    }
    let here: Vec<i64> = bubbles(&world, hers).iter().filter(|bubble| !bubble.files.is_empty()).map(|bubble| bubble.row.id).collect();
    let private = |world: &World| {
        here.iter().map(|id| bubbles(world, hers).iter().any(|b| b.row.id == *id && b.private.is_some())).collect::<Vec<_>>()
    };
    let keep =
        |world: &mut World, message: i64| does(world, hers.0, Command::Keep(KeepCommand::Keep { chat: hers.1, messages: vec![message] }));
    does(&mut world, hers.0, Command::Keep(KeepCommand::MakeBox { passphrase: Words::new("a lantern on the old pier".into()) }));
    let covered = |message: i64| Command::Covered { chat: hers.1, message, position: 0 };
    // Of an adult it is not even noted.
    born(&mut world, hers, Some(ADULT));
    does(&mut world, hers.0, covered(here[0]));
    born(&mut world, hers, Some(CHILD));
    does(&mut world, hers.0, covered(here[1]));
    assert_eq!(private(&world), [false; 3], "a curtain alone is none");
    for message in here.clone() {
        keep(&mut world, message);
    }
    assert_eq!(private(&world), [false, true, false]);
}

#[test]
fn who_can_see_a_chat_follows_what_it_is_made_from() {
    let (mut world, [(alice, hers), (bob, his), (carol, theirs)]) = group(607);
    let at = (alice, hers);
    let first = who(&world, at);
    assert_eq!(first.people.iter().map(|person| (person.name.as_str(), person.devices)).collect::<Vec<_>>().len(), 3);
    assert!(first.people.iter().all(|person| person.devices == 1 && person.digits.is_none() == person.me));
    let lock = first.lock.clone().expect("a lock");
    assert!(lock.post_quantum && lock.suite.starts_with("MLS_"), "{}", lock.suite);
    // Digits: the same on both sides.
    let row = |row: &WhoRow, name: &str| row.people.iter().find(|person| person.name == name).cloned().expect("a person");
    assert_eq!(row(&first, "bob").digits, row(&who(&world, (bob, his)), "alice").digits);
    assert_ne!(row(&first, "bob").digits, row(&first, "carol").digits);
    does(&mut world, alice, Command::Compare { account: row(&first, "bob").account, same: Switch::On });
    assert!(row(&who(&world, at), "bob").compared && !row(&who(&world, at), "carol").compared);
    assert!(!row(&who(&world, (bob, his)), "alice").compared, "it stays here");
    does(&mut world, alice, Command::Compare { account: row(&first, "bob").account, same: Switch::Off });
    assert!(!row(&who(&world, at), "bob").compared);
    let nobody = "00".repeat(32);
    assert_eq!(
        refused(&mut world, alice, Command::Compare { account: nobody.clone(), same: Switch::On }),
        Refusal::NoSuchUser { name: nobody }
    );
    // The timer, receipts, typing, waking, words.
    does(&mut world, alice, Command::Expire { chat: hers, seconds: 3600 });
    does(&mut world, alice, Command::ChangeSettings(Settings::default()));
    does(&mut world, alice, Command::Notify { endpoint: Some("https://push.example/1".into()) });
    does(&mut world, alice, Command::Vault(VaultCommand::KeepSafe));
    world.run(MINUTE);
    let after = who(&world, at);
    assert_eq!((first.expire_seconds, after.expire_seconds), (0, 3600));
    assert_eq!((first.receipts, first.typing), (Switch::On, Switch::On));
    assert_eq!((after.receipts, after.typing), (Switch::Off, Switch::Off));
    assert_eq!((first.woken, first.vault, after.woken, after.vault), (false, false, true, true));
    // Who is removed reads no more, under new keys.
    does(&mut world, alice, Command::RemoveMember { chat: hers, member: "carol".into() });
    world.run(2 * MINUTE);
    let last = who(&world, at);
    assert_eq!(last.people.len(), 2);
    assert!(last.lock.expect("a lock").epoch > lock.epoch);
    assert_eq!(who(&world, (carol, theirs)).lock, None, "nothing is locked for her any more");
}
