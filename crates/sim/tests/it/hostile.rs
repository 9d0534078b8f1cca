//! Worlds with somebody who does not follow the protocol: what is false is noticed before it is shown, and the others go on.

use crate::{say, texts};
use client::audit::Misdeed;
use sim::evil::{Deed, Evil};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::{Command, Happened};

/// What was said, by whom, as the others should have it.
fn chat_under(deed: Deed, often: u64, by_server: bool) -> (World, [i64; 2], u64) {
    let mut world = World::new(7, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    world.evil = Some(Evil { deed, often, person: if by_server { bob } else { alice }, done: 0 });
    for round in 0..6 {
        say(&mut world, alice, hers, &format!("alice {round}"));
        say(&mut world, bob, his, &format!("bob {round}"));
        world.run(300);
    }
    let done = world.evil.take().map_or(0, |evil| evil.done);
    (world, [hers, his], done)
}

#[test]
fn what_a_server_changes_is_noticed_within_one_record_and_repaired_when_it_stops() {
    for deed in Deed::SERVER {
        let (mut world, [hers, his], done) = chat_under(deed, 500, true);
        // Withheld Commits need a Commit: the chat's own were before.
        assert!(done > 0 || deed == Deed::WithholdCommit || deed == Deed::Reorder, "{deed:?} was never done");
        let said: Vec<String> = (0..6).flat_map(|round| [format!("alice {round}"), format!("bob {round}")]).collect();
        for (_, text) in texts(&world, 1, his) {
            assert!(said.contains(&text), "{deed:?}: shown, but never said: {text}");
        }
        world.run(10 * 60_000);
        let mut alice: Vec<String> = texts(&world, 0, hers).into_iter().map(|(_, text)| text).collect();
        let mut bob: Vec<String> = texts(&world, 1, his).into_iter().map(|(_, text)| text).collect();
        let mut all = said.clone();
        for list in [&mut alice, &mut bob, &mut all] {
            list.sort();
        }
        assert_eq!((&alice, &bob), (&all, &all), "{deed:?}: after the server stopped");
        assert_eq!(judge(&world, Honesty::Hostile), [], "{deed:?}");
    }
}

#[test]
fn a_fault_is_seen_at_the_first_false_record() {
    for deed in [Deed::Drop, Deed::Alter, Deed::Backdate, Deed::Reattribute] {
        let mut world = World::new(9, Weather::FAIR);
        let (alice, bob) = (world.person("alice"), world.person("bob"));
        let (hers, his) = world.befriend(alice, bob);
        let before = texts(&world, bob, his);
        world.evil = Some(Evil { deed, often: 1000, person: bob, done: 0 });
        say(&mut world, alice, hers, "one");
        world.run(500);
        if deed == Deed::Drop {
            // Nothing at all came; the next record shows the gap.
            world.evil = None;
            say(&mut world, alice, hers, "two");
            world.run(500);
        }
        assert_eq!(texts(&world, bob, his), before, "{deed:?}: nothing false is shown");
        let state = world.people[bob].client().chats().expect("chats").into_iter().find(|chat| chat.id == his).expect("the chat").state;
        assert_eq!(state, view::ChatState::Broken, "{deed:?}: and it is said");
    }
}

/// A group of alice, bob, carol and mallory, who is no admin; everybody's number for it.
fn group_with_mallory(seed: u64) -> (World, Vec<i64>) {
    let mut world = World::new(seed, Weather::FAIR);
    let chats = crate::group(&mut world, &["alice", "bob", "carol", "mallory"]);
    (world, chats)
}

#[test]
fn a_commit_that_no_rule_allows_and_content_that_is_not_what_it_says_count_for_nobody() {
    let alice = |world: &World| world.people[0].client().account_id().expect("an account").expect("an account");
    let removal = Misdeed::Remove(alice(&group_with_mallory(50).0));
    for misdeed in [removal, Misdeed::PromoteSelf].into_iter().chain(sim::story::LIES) {
        let (mut world, chats) = group_with_mallory(50);
        let mallory = 3;
        for number in 0..3 {
            say(&mut world, mallory, chats[mallory], &format!("true {number}"));
            world.run(1_000);
        }
        let before: Vec<_> = (0..3).map(|person| world.people[person].client().audit().expect("an audit")).collect();
        world.evil = Some(Evil { deed: Deed::HideChanges, often: 1000, person: mallory, done: 0 });
        world.misbehave(mallory, chats[mallory], misdeed);
        world.run(1_000);
        for person in 0..3 {
            let audit = world.people[person].client().audit().expect("an audit");
            let of = |audits: &[client::audit::ChatAudit]| audits.iter().find(|chat| chat.id == chats[person]).expect("the group").clone();
            let (then, now) = (of(&before[person]), of(&audit));
            assert_eq!((&now.members, now.epoch), (&then.members, then.epoch), "{misdeed:?}: {person}");
            assert!(
                now.void_records > then.void_records || now.messages.iter().any(|message| message.state == "notice"),
                "{misdeed:?}: noticed"
            );
            assert!(now.messages.iter().all(|message| !message.text.contains("never said")), "{misdeed:?}");
        }
        for person in 0..3 {
            say(&mut world, person, chats[person], &format!("{person} goes on"));
        }
        world.run(60_000);
        for person in 0..3 {
            let held = texts(&world, person, chats[person]);
            assert!((0..3).all(|by| held.iter().any(|(_, text)| *text == format!("{by} goes on"))), "{misdeed:?}: {held:?}");
        }
        assert_eq!(judge(&world, Honesty::HostileMember(mallory)), [], "{misdeed:?}");
    }
}

/// Whoever gets it learns that there was something and that nothing is to be done, once a sender a day: not its words, and no line for each.
#[test]
fn what_could_not_be_reported_is_not_shown_and_one_line_says_so() {
    let (mut world, chats) = group_with_mallory(55);
    let mallory = 3;
    say(&mut world, mallory, chats[mallory], "true");
    world.run(1_000);
    let lines = |world: &World, person: usize| {
        crate::happened(world, person, chats[person]).into_iter().filter(|line| *line == Happened::NotShown).count()
    };
    for (misdeed, before) in [(Misdeed::WrongProof, 0), (Misdeed::OtherOpening, 1)] {
        for person in 0..3 {
            assert_eq!(lines(&world, person), before, "{misdeed:?}: {person}");
        }
        world.misbehave(mallory, chats[mallory], misdeed);
        world.run(1_000);
    }
    for person in 0..3 {
        assert_eq!(lines(&world, person), 1, "{person}");
        let held = texts(&world, person, chats[person]);
        assert!(held.iter().any(|(_, text)| text == "true") && !held.iter().any(|(_, text)| text == "never said"), "{held:?}");
    }
}

/// Were it to count for those who look into it, the server would let them go on saying what nobody in the new epoch can read.
#[test]
fn a_commit_that_is_flagged_as_content_counts_for_nobody() {
    let (mut world, chats) = group_with_mallory(53);
    let mallory = 3;
    world.command(0, Command::Promote { chat: chats[0], member: "mallory".into() }).expect("promoted");
    world.run(60_000);
    let epochs = |world: &World| -> Vec<Option<u64>> {
        let audit = |person: usize| world.people[person].client().audit().expect("an audit");
        (0..3).map(|person| audit(person).iter().find(|chat| chat.id == chats[person]).expect("the group").epoch).collect()
    };
    let before = epochs(&world);
    world.evil = Some(Evil { deed: Deed::Misflag, often: 1000, person: mallory, done: 0 });
    world.command(mallory, Command::Promote { chat: chats[mallory], member: "carol".into() }).expect("meant");
    world.run(100);
    say(&mut world, 1, chats[1], "said meanwhile");
    world.run(400);
    assert!(world.evil.take().is_some_and(|evil| evil.done > 0), "it was done");
    assert_eq!(epochs(&world), before);
    world.run(60_000);
    for person in [0, 2] {
        assert!(texts(&world, person, chats[person]).iter().any(|(_, text)| text == "said meanwhile"), "{person}");
    }
    assert_eq!(judge(&world, Honesty::HostileMember(mallory)), []);
}

/// What was sealed before it says that its sender has not seen it, though it stands behind it.
#[test]
fn a_void_commit_ends_what_was_sealed_before_it() {
    let (mut world, chats) = group_with_mallory(54);
    let mallory = 3;
    crate::attempts::said_into_the_void(&mut world, 0, chats[0], "once more");
    world.evil = Some(Evil { deed: Deed::Misflag, often: 1000, person: mallory, done: 0 });
    say(&mut world, mallory, chats[mallory], "flagged as a Commit");
    world.run(1_000);
    assert!(world.evil.take().is_some_and(|evil| evil.done > 0), "it was done");
    world.power_cut(0);
    world.run(60_000);
    for person in 0..3 {
        assert_eq!(texts(&world, person, chats[person]).iter().filter(|(_, text)| text == "once more").count(), 1, "{person}");
    }
    assert_eq!(judge(&world, Honesty::HostileMember(mallory)), []);
}

#[test]
fn who_joins_later_is_not_told_again_what_was_said_before() {
    let (mut world, chats) = group_with_mallory(52);
    say(&mut world, 0, chats[0], "only for those who are here");
    world.run(1_000);
    world.command(0, Command::RemoveMember { chat: chats[0], member: "mallory".into() }).expect("removed");
    world.run(5_000);
    say(&mut world, 0, chats[0], "not for mallory");
    world.run(5_000);
    world.command(0, Command::AddMembers { chat: chats[0], members: vec!["mallory".into()] }).expect("added");
    world.run(120_000);
    let invitation = world.people[3].client().invitations().expect("invitations").pop().expect("an invitation");
    world.command(3, Command::JoinGroup { invitation: invitation.id }).expect("joined");
    world.run(60_000);
    let alice = world.people[0].client().account_id().expect("an account").expect("an account");
    world.misbehave(3, chats[3], Misdeed::AskForAll(alice));
    world.run(60_000);
    let held = texts(&world, 3, chats[3]);
    assert!(!held.iter().any(|(_, text)| text == "not for mallory"), "{held:?}");
}

#[test]
fn two_histories_are_noticed_by_the_first_record_that_crosses() {
    let (mut world, chats) = group_with_mallory(51);
    // Carol and Mallory are shown another history from here on.
    world.split(&[2, 3]);
    world.run(2_000);
    for (person, chat) in chats.iter().enumerate() {
        say(&mut world, person, *chat, &format!("{person} in a world of its own"));
    }
    world.run(60_000);
    let hears = |world: &World, person: usize, by: usize| {
        texts(world, person, chats[person]).iter().any(|(_, text)| *text == format!("{by} in a world of its own"))
    };
    assert!(hears(&world, 0, 1) && hears(&world, 2, 3) && !hears(&world, 0, 2) && !hears(&world, 3, 1));
    // The server shows Carol the first history: what follows what she has seen is not what she has seen.
    world.unite();
    world.run(2_000);
    say(&mut world, 0, chats[0], "does this reach you?");
    world.run(5_000);
    for person in [2, 3] {
        let row =
            world.people[person].client().chats().expect("chats").into_iter().find(|chat| chat.id == chats[person]).expect("the chat");
        assert_eq!(row.state, view::ChatState::Broken, "{person}: it is said that something is wrong");
        assert!(!texts(&world, person, chats[person]).iter().any(|(_, text)| text == "does this reach you?"), "and nothing of it is shown");
    }
    assert!(texts(&world, 1, chats[1]).iter().any(|(_, text)| text == "does this reach you?"), "the others go on");
}

#[test]
fn what_a_member_spoils_counts_for_nobody_and_the_others_go_on() {
    for deed in Deed::MEMBER {
        let (mut world, [_, his], done) = chat_under(deed, 300, false);
        assert!(done > 0, "{deed:?} was never done");
        world.run(5 * 60_000);
        let held: Vec<String> = texts(&world, 1, his).into_iter().map(|(_, text)| text).collect();
        for round in 0..6 {
            assert!(held.contains(&format!("bob {round}")), "{deed:?}: bob goes on");
        }
        let false_text =
            held.iter().find(|text| !text.starts_with("alice ") && !text.starts_with("bob ") && !text.starts_with("A message could not"));
        assert_eq!(false_text, None, "{deed:?}");
        assert_eq!(judge(&world, Honesty::HostileMember(0)), [], "{deed:?}");
    }
}
