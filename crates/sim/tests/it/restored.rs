//! A device is lost: its account comes back with 12 words, and nobody else is disturbed.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::story::settle;
use sim::world::{Weather, World};
use view::{Command, Event, Refusal, Reply, VaultCommand, VaultEvent, VaultRefusal, Words};

const MINUTE: u64 = 60_000;

/// Alice, Bob and Carol: a chat of two each with Alice, and Alice's group of three. The chats' numbers: with Bob, with Carol, the group, for
/// everybody who is in it.
struct Three {
    world: World,
    with_bob: [i64; 2],
    with_carol: [i64; 2],
    group: [i64; 3],
}

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn three(seed: u64) -> Three {
    let mut world = World::new(seed, Weather::FAIR);
    for name in ["alice", "bob", "carol"] {
        world.person(name);
    }
    let (a, b) = world.befriend(ALICE, BOB);
    let (c, d) = world.befriend(ALICE, CAROL);
    let members = vec!["bob".into(), "carol".into()];
    let Ok(Reply::Id(hers)) = world.command(ALICE, Command::CreateGroup { name: "walkers".into(), members }) else { panic!("no group") };
    world.run(2 * MINUTE);
    let mut group = [hers, 0, 0];
    for person in [BOB, CAROL] {
        let invitation = world.people[person].client().invitations().expect("invitations").pop().expect("an invitation");
        let Ok(Reply::Id(chat)) = world.command(person, Command::JoinGroup { invitation: invitation.id }) else { panic!("not joined") };
        group[person] = chat;
        world.run(MINUTE);
    }
    Three { world, with_bob: [a, b], with_carol: [c, d], group }
}

fn keep_safe(world: &mut World, person: usize) -> Words {
    assert_eq!(world.command(person, Command::Vault(VaultCommand::KeepSafe)), Ok(Reply::Done));
    world.run(5 * MINUTE);
    let status = world.people[person].client().vault_status().expect("a status");
    assert!(status.kept && status.stored_ms.is_some() && !status.waiting, "{status:?}");
    world.people[person].client().words().expect("words").expect("words")
}

fn chat_named(world: &World, person: usize, name: &str) -> i64 {
    let chats = world.people[person].client().chats().expect("chats");
    chats.iter().find(|chat| chat.name == name).unwrap_or_else(|| panic!("no {name} in {chats:?}")).id
}

fn states(world: &World, person: usize) -> Vec<(String, String)> {
    let chats = world.people[person].client().chats().expect("chats");
    let mut states: Vec<_> = chats.into_iter().map(|chat| (chat.name, chat.state.name().to_owned())).collect();
    states.sort();
    states
}

fn all(names: &[&str], state: &str) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).into(), state.into())).collect()
}

fn has(world: &World, person: usize, chat: i64, text: &str) -> bool {
    texts(world, person, chat).into_iter().filter(|(_, held)| held == text).count() == 1
}

fn refusals(world: &World, person: usize) -> Vec<Refusal> {
    let of = |event: &Event| match event {
        Event::Vault(VaultEvent::RestoreRefused(why)) | Event::Failed { why, .. } => Some(why.clone()),
        _ => None,
    };
    world.people[person].events.iter().filter_map(of).collect()
}

fn notices(world: &World, person: usize, chat: i64) -> usize {
    crate::happened(world, person, chat).iter().filter(|line| matches!(line, view::Happened::NewDevice { .. })).count()
}

#[test]
fn what_has_changed_is_kept_at_once_when_that_is_asked_for() {
    let Three { mut world, .. } = three(79);
    keep_safe(&mut world, ALICE);
    let link = Command::MakeLink { label: "dave".into(), uses: 1, days: 7 };
    assert!(matches!(world.command(ALICE, link), Ok(Reply::Link { .. })));
    let waiting = |world: &World| world.people[ALICE].client().vault_status().expect("a status").waiting;
    world.run(5_000);
    assert!(waiting(&world), "several changes become one write");
    assert_eq!(world.command(ALICE, Command::Vault(VaultCommand::KeepSafe)), Ok(Reply::Done));
    world.run(5_000);
    assert!(!waiting(&world));
}

#[test]
fn a_recovery_file_brings_an_account_back_whatever_server_it_names_and_another_file_is_refused() {
    let mut world = three(80).world;
    let words = keep_safe(&mut world, ALICE);
    let file = client::recovery_text(&words, "https://elsewhere.example").to_string();
    world.lose_device(ALICE);
    let nobody = Words::new("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about".into());
    let device = world.restore(ALICE, &nobody);
    world.run(MINUTE);
    let restore =
        |text: &str| Command::Vault(VaultCommand::RestoreFile { file: Words::new(text.to_owned()), server: sim::world::SERVER.into() });
    assert_eq!(world.command(device, restore("a list")), Err(Refusal::Vault(VaultRefusal::NotAFile)));
    assert_eq!(world.command(device, restore(&file)), Ok(Reply::Done));
    world.run(5 * MINUTE);
    assert_eq!(states(&world, device), all(&["bob", "carol", "walkers"], "active"));
}

#[test]
fn restored() {
    let Three { mut world, with_bob, with_carol, group } = three(71);
    say(&mut world, ALICE, with_bob[0], "before to bob");
    say(&mut world, ALICE, group[ALICE], "before to all");
    let words = keep_safe(&mut world, ALICE);
    world.lose_device(ALICE);
    world.run(MINUTE);
    say(&mut world, BOB, group[BOB], "said while she was away");
    world.run(MINUTE);
    let new = world.restore(ALICE, &words);
    world.run(5 * MINUTE);
    assert_eq!(refusals(&world, new), []);
    assert_eq!(states(&world, new), all(&["bob", "carol", "walkers"], "active"));
    let (to_bob, to_carol, to_all) = (chat_named(&world, new, "bob"), chat_named(&world, new, "carol"), chat_named(&world, new, "walkers"));
    say(&mut world, new, to_bob, "back, bob");
    say(&mut world, new, to_carol, "back, carol");
    say(&mut world, new, to_all, "back, all");
    say(&mut world, BOB, with_bob[1], "welcome from bob");
    say(&mut world, CAROL, with_carol[1], "welcome from carol");
    say(&mut world, BOB, group[BOB], "welcome in the group");
    world.run(5 * MINUTE);
    for (person, chat, text) in [
        (BOB, with_bob[1], "back, bob"),
        (CAROL, with_carol[1], "back, carol"),
        (BOB, group[BOB], "back, all"),
        (CAROL, group[CAROL], "back, all"),
        (new, to_bob, "welcome from bob"),
        (new, to_carol, "welcome from carol"),
        (new, to_all, "welcome in the group"),
        (CAROL, group[CAROL], "said while she was away"),
    ] {
        assert!(has(&world, person, chat, text), "{person}: {text}");
    }
    for (person, chat) in [(BOB, with_bob[1]), (CAROL, with_carol[1]), (BOB, group[BOB]), (CAROL, group[CAROL])] {
        assert_eq!(notices(&world, person, chat), 1, "{person} is told once");
    }
    assert!(!has(&world, new, to_bob, "before to bob"), "history does not come by this way");
    // She is an admin still.
    world.command(new, Command::Rename { chat: to_all, name: "runners".into() }).expect("renamed");
    world.command(new, Command::RemoveMember { chat: to_all, member: "carol".into() }).expect("removed");
    world.run(5 * MINUTE);
    assert_eq!(chat_named(&world, BOB, "runners"), group[BOB]);
    settle(&mut world);
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn an_old_device_that_lives_learns_that_it_was_replaced_and_keeps_all_it_holds() {
    let Three { mut world, with_bob, group, .. } = three(72);
    say(&mut world, ALICE, with_bob[0], "kept here");
    let words = keep_safe(&mut world, ALICE);
    let new = world.restore(ALICE, &words);
    world.run(10 * MINUTE);
    assert!(world.people[ALICE].events.contains(&Event::Vault(VaultEvent::Replaced)), "{:?}", refusals(&world, ALICE));
    let status = world.people[ALICE].client().vault_status().expect("a status");
    assert!(status.replaced);
    assert!(has(&world, ALICE, with_bob[0], "kept here"));
    let send = Command::Send { chat: with_bob[0], what: view::Outgoing::Text("from the old one".into()), reply: None };
    assert_eq!(world.command(ALICE, send), Err(Refusal::Vault(VaultRefusal::Replaced)));
    assert_eq!(states(&world, new), all(&["bob", "carol", "walkers"], "active"));
    let to_all = chat_named(&world, new, "walkers");
    say(&mut world, new, to_all, "from the new one");
    world.run(5 * MINUTE);
    assert!(has(&world, BOB, group[BOB], "from the new one"));
    world.people[ALICE].retired = true;
    settle(&mut world);
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn of_two_devices_that_come_back_at_once_one_stays_and_the_other_says_so() {
    for seed in 0..4 {
        let Three { mut world, with_bob, .. } = three(80 + seed);
        let words = keep_safe(&mut world, ALICE);
        world.lose_device(ALICE);
        let both = [world.restore(ALICE, &words), world.restore(ALICE, &words)];
        world.run(30 * MINUTE);
        let replaced = both.map(|device| world.people[device].client().vault_status().expect("a status").replaced);
        assert_ne!(replaced[0], replaced[1], "seed {seed}: {replaced:?}");
        let (stays, goes) = if replaced[0] { (both[1], both[0]) } else { (both[0], both[1]) };
        world.people[goes].retired = true;
        // The other may have answered for a chat before it was replaced: then that one is asked for again after a day.
        world.run(26 * 60 * MINUTE);
        assert_eq!(states(&world, stays), all(&["bob", "carol", "walkers"], "active"), "seed {seed}");
        let to_bob = chat_named(&world, stays, "bob");
        say(&mut world, stays, to_bob, "which of us?");
        world.run(5 * MINUTE);
        assert!(has(&world, BOB, with_bob[1], "which of us?"), "seed {seed}");
    }
}

#[test]
fn wrong_words_and_spoilt_vaults_bring_nothing_back_and_say_why() {
    let Three { mut world, .. } = three(73);
    let words = keep_safe(&mut world, ALICE);
    let hers = world.vaults.last().expect("a vault").clone();
    keep_safe(&mut world, BOB);
    let his = world.vaults.last().expect("a vault").clone();
    // Words of nobody.
    let nobody = Words::new("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about".into());
    let device = world.restore(ALICE, &nobody);
    world.run(MINUTE);
    let nothing = VaultRefusal::NothingThere { server: sim::world::SERVER.into() };
    assert_eq!(refusals(&world, device), [Refusal::Vault(nothing)]);
    // One word mistyped is said before anybody is asked.
    let mistyped = Words::new(words.expose().replacen(words.expose().split(' ').next().expect("a word"), "zoo", 1));
    let restore = Command::Vault(VaultCommand::Restore { words: mistyped, server: sim::world::SERVER.into() });
    assert_eq!(world.command(device, restore), Err(Refusal::Vault(VaultRefusal::Mistyped)));
    let mut spoilt = vec![his, hers.slice(..hers.len() / 2)];
    for at in [0, 20, hers.len() - 1] {
        let mut altered = hers.to_vec();
        altered[at] ^= 1;
        spoilt.push(altered.into());
    }
    for shown in spoilt {
        world.shown_vault = Some(shown);
        let device = world.restore(ALICE, &words);
        world.run(MINUTE);
        assert_eq!(refusals(&world, device), [Refusal::Vault(VaultRefusal::Damaged)]);
        assert_eq!(world.people[device].client().whoami().expect("a store"), None, "nothing was taken");
        world.people[device].retired = true;
    }
    // The same device goes on with the right words once the server is honest.
    world.shown_vault = None;
    world.command(device, Command::Vault(VaultCommand::Restore { words, server: sim::world::SERVER.into() })).expect("tried again");
    world.lose_device(ALICE);
    world.run(10 * MINUTE);
    assert_eq!(states(&world, device), all(&["bob", "carol", "walkers"], "active"));
}

#[test]
fn what_is_said_before_a_chat_is_back_waits_and_arrives() {
    let Three { mut world, with_bob, .. } = three(74);
    let words = keep_safe(&mut world, ALICE);
    world.lose_device(ALICE);
    // Bob is away, and nobody else can let her into the chat of two.
    world.people[BOB].crash();
    let new = world.restore(ALICE, &words);
    world.run(10 * MINUTE);
    let to_bob = chat_named(&world, new, "bob");
    assert_eq!(states(&world, new).into_iter().find(|(name, _)| name == "bob"), Some(("bob".into(), "returning".into())));
    assert_eq!(world.people[new].client().vault_status().expect("a status").returning, 1, "Carol let her into the rest");
    say(&mut world, new, to_bob, "are you there?");
    world.run(60 * MINUTE);
    world.people[BOB].start();
    world.reconnect(BOB);
    world.run(10 * MINUTE);
    assert!(has(&world, BOB, with_bob[1], "are you there?"));
    settle(&mut world);
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn an_account_comes_back_twice_and_after_power_cuts_and_lost_connections() {
    for seed in 0..6 {
        let Three { mut world, with_bob, group, .. } = three(90 + seed);
        let words = keep_safe(&mut world, ALICE);
        world.lose_device(ALICE);
        world.weather = Weather { delay_min: 1, delay_max: 500, breaks: 60, cuts: 60, reconnect_max: 5_000 };
        let second = world.restore(ALICE, &words);
        world.run(10 * MINUTE);
        world.weather = Weather::FAIR;
        world.run(30 * MINUTE);
        assert_eq!(states(&world, second), all(&["bob", "carol", "walkers"], "active"), "seed {seed}");
        world.lose_device(second);
        world.weather = Weather { delay_min: 1, delay_max: 500, breaks: 60, cuts: 60, reconnect_max: 5_000 };
        let third = world.restore(second, &words);
        world.run(10 * MINUTE);
        settle(&mut world);
        assert_eq!(states(&world, third), all(&["bob", "carol", "walkers"], "active"), "seed {seed}");
        let (to_bob, to_all) = (chat_named(&world, third, "bob"), chat_named(&world, third, "walkers"));
        say(&mut world, third, to_bob, "third time");
        say(&mut world, third, to_all, "third time, all");
        settle(&mut world);
        assert!(has(&world, BOB, with_bob[1], "third time") && has(&world, CAROL, group[CAROL], "third time, all"), "seed {seed}");
        assert_eq!(judge(&world, Honesty::Honest), [], "seed {seed}");
    }
}

/// The number of the newest AccountState that somebody knows of the account of a device.
fn known_state(world: &World, by: usize, of: usize) -> u64 {
    let account = world.people[of].client().account_id().expect("an account").expect("an account");
    world.people[by].client().known_state(&account).expect("a store").expect("a state")
}

#[test]
fn an_older_vault_makes_no_number_used_twice() {
    let Three { mut world, with_bob, .. } = three(75);
    let words = keep_safe(&mut world, ALICE);
    let older = world.vaults.last().expect("a vault").clone();
    world.lose_device(ALICE);
    let second = world.restore(ALICE, &words);
    world.run(10 * MINUTE);
    let to_bob = chat_named(&world, second, "bob");
    say(&mut world, second, to_bob, "from the second");
    world.run(10 * MINUTE);
    assert_eq!(known_state(&world, BOB, second), 2);
    world.lose_device(second);
    world.shown_vault = Some(older);
    let third = world.restore(second, &words);
    world.run(10 * MINUTE);
    assert_eq!(refusals(&world, third).into_iter().filter(|why| !matches!(why, Refusal::ServerRefused { .. })).count(), 0);
    // It went on from what the server holds, not from what the older vault says.
    assert_eq!(known_state(&world, BOB, third), 3);
    assert!(has(&world, BOB, with_bob[1], "from the second"));
    world.shown_vault = None;
    world.people[third].retired = true;
    settle(&mut world);
    assert_eq!(judge(&world, Honesty::Hostile), []);
}

#[test]
fn a_server_that_hides_the_newest_states_deceives_the_new_device_alone() {
    let Three { mut world, with_bob, .. } = three(76);
    let words = keep_safe(&mut world, ALICE);
    world.lose_device(ALICE);
    // The history as it is now, without what comes, is what the third device will be shown.
    let (second, third) = (world.people.len(), world.people.len() + 1);
    world.split(&[third]);
    assert_eq!(world.restore(ALICE, &words), second);
    world.run(10 * MINUTE);
    assert_eq!(known_state(&world, BOB, second), 2);
    world.lose_device(second);
    assert_eq!(world.restore(second, &words), third);
    world.run(10 * MINUTE);
    assert_eq!(
        world.people[third].client().vault_status().expect("a status").returning,
        3,
        "it signed another second state, and nobody takes it"
    );
    world.unite();
    world.run(30 * MINUTE);
    assert!(world.people[third].client().vault_status().expect("a status").replaced, "it is shown the true history and steps back");
    assert_eq!(known_state(&world, BOB, second), 2);
    say(&mut world, BOB, with_bob[1], "still here");
    world.people[third].retired = true;
    world.people[second].retired = false;
    world.reconnect(second);
    world.run(10 * MINUTE);
    let to_bob = chat_named(&world, second, "bob");
    assert!(has(&world, second, to_bob, "still here"));
}

#[test]
fn the_inbox_of_an_account_that_came_back_goes_on_after_an_old_backup_of_the_server() {
    let mut world = World::new(82, Weather::FAIR);
    let [alice, bob, carol, dora] = ["alice", "bob", "carol", "dora"].map(|name| world.person(name));
    world.run(MINUTE);
    let made = world.command(alice, Command::MakeLink { label: "walkers".into(), uses: 3, days: 1 });
    let Ok(Reply::Link { url, .. }) = made else { panic!("no link") };
    world.run(MINUTE);
    let asks = |world: &mut World, person: usize, of: usize| {
        world.command(person, Command::AddContact { link: url.clone() }).expect("asked");
        world.run(2 * MINUTE);
        world.people[of].client().requests().expect("requests").len()
    };
    assert_eq!(asks(&mut world, bob, alice), 1);
    let words = keep_safe(&mut world, alice);
    world.lose_device(alice);
    let new = world.restore(alice, &words);
    world.run(5 * MINUTE);
    // Nothing has come into the inbox since, so what stands before its end was read by the lost device alone.
    world.back_up("old");
    world.run(MINUTE);
    assert_eq!(asks(&mut world, carol, new), 1);
    world.bring_back("old");
    world.run(2 * MINUTE);
    assert_eq!(asks(&mut world, dora, new), 2, "what comes after the backup is read");
}
