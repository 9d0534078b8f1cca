//! Worlds with somebody who does not follow the protocol: what is false is noticed before it is shown, and the others go on.

use crate::{say, texts};
use sim::evil::{Deed, Evil};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};

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
        assert_eq!(state, "broken", "{deed:?}: and it is said");
    }
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
    }
}
