//! What a chat is called by others never leads words to somebody else.

use crate::{say, texts};
use sim::person::stretched;
use sim::world::{Weather, World};
use view::{Command, Refusal, Reply};
use wire::content::{Body, Profile};
use wire::limits::DAY;

/// Alice knows Bob and Carol; Bob has a group with her. Her numbers for Carol's chat and for the group.
fn group_of_bob() -> (World, i64, i64, i64) {
    let mut world = World::new(95, Weather::FAIR);
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.person(name));
    world.befriend_all(alice, &[bob, carol]);
    let Ok(Reply::Id(his)) = world.command(bob, Command::CreateGroup { name: "band".into(), members: vec!["alice".into()] }) else {
        panic!("no group")
    };
    world.run(60_000);
    let invitation = world.people[alice].client().invitations().expect("invitations").pop().expect("an invitation");
    let Ok(Reply::Id(hers)) = world.command(alice, Command::JoinGroup { invitation: invitation.id }) else { panic!("not joined") };
    world.run(60_000);
    let carols = world.people[alice].client().find_chat("carol").expect("chats").expect("one carol");
    (world, carols, hers, his)
}

#[test]
fn a_group_that_others_call_by_a_number_or_by_a_contact_takes_nobodys_place() {
    let (mut world, carols, hers, his) = group_of_bob();
    let find = |world: &World, name: &str| world.people[0].client().find_chat(name).expect("chats");
    for name in [carols.to_string(), format!("#{carols}"), "carol".into(), "Carol".into(), "CAROL".into()] {
        // No command makes such a name; another program may.
        world.say_body(1, his, Body::GroupName(name.clone()));
        world.run(1_000);
        assert_eq!(world.people[0].client().chat_name(hers).expect("a name"), name);
        for meant in [carols.to_string(), format!("#{carols}"), "carol".into(), "Carol".into()] {
            assert_eq!(find(&world, &meant), Ok(carols), "{meant} while the group is called {name}");
        }
        assert_eq!(find(&world, &hers.to_string()), Ok(hers));
    }
    say(&mut world, 0, carols, "for carol alone");
    world.run(1_000);
    assert!(!texts(&world, 1, his).iter().any(|(_, text)| text == "for carol alone"));
}

#[test]
fn own_groups_have_names_that_mean_one_chat() {
    let (mut world, _, _, his) = group_of_bob();
    let create =
        |world: &mut World, name: &str| world.command(0, Command::CreateGroup { name: name.into(), members: vec!["carol".into()] });
    for digits in ["2", " 2024 ", "#7"] {
        assert_eq!(create(&mut world, digits), Err(Refusal::NameIsNumber), "{digits}");
    }
    assert_eq!(create(&mut world, &"long ".repeat(60)), Err(Refusal::NameTooLong { limit: 256 }));
    assert_eq!(create(&mut world, "Band"), Err(Refusal::NameTaken { name: "Band".into() }));
    let Ok(Reply::Id(choir)) = create(&mut world, "Choir 2") else { panic!("no group") };
    for (name, why) in [("3", Refusal::NameIsNumber), ("BAND", Refusal::NameTaken { name: "BAND".into() }), (" ", Refusal::EmptyName)] {
        assert_eq!(world.command(0, Command::Rename { chat: choir, name: name.into() }), Err(why));
    }
    // Another spelling of its own name is no other group's.
    world.command(0, Command::Rename { chat: choir, name: "choir 2".into() }).expect("renamed");
    // Others may name theirs as they like: then it takes the id.
    let find = |world: &World, name: &str| world.people[0].client().find_chat(name).expect("chats");
    world.say_body(1, his, Body::GroupName("Choir 2".into()));
    world.run(1_000);
    assert_eq!(find(&world, "choir 2"), Ok(choir));
    assert!(matches!(find(&world, "CHOIR 2"), Err(Refusal::Ambiguous { matches, .. }) if matches.len() == 2));
}

#[test]
fn a_name_that_could_not_be_said_makes_no_account() {
    let mut world = World::new(96, Weather::FAIR);
    let sign_up = |name: &str| Command::SignUp {
        username: "dora".into(),
        server: sim::world::SERVER.into(),
        invite: None,
        display_name: Some(name.into()),
    };
    let dora = world.stranger("dora");
    assert_eq!(world.command(dora, sign_up("  ")), Err(Refusal::EmptyName));
    assert_eq!(world.command(dora, sign_up(&"d".repeat(129))), Err(Refusal::NameTooLong { limit: 128 }));
    world.command(dora, sign_up(&"d".repeat(128))).expect("an account");
    world.reconnect(dora);
    let emil = world.person("emil");
    world.befriend(emil, dora);
    let known = world.people[emil].client().known().expect("contacts");
    let her = known.iter().find(|known| known.name == "dora").expect("she said who she is");
    assert_eq!(her.display_name.as_deref(), Some("d".repeat(128).as_str()));
}

/// Changes a row of the store of a device that is off for a moment.
fn with_store<T>(world: &mut World, person: usize, act: impl FnOnce(&rusqlite::Connection) -> T) -> T {
    world.power_cut(person);
    let store = client::store::open(world.people[person].path(), &[7; 32]).expect("the store");
    let done = act(&store);
    drop(store);
    world.run(10_000);
    done
}

/// A name is stretched to be looked at, which takes a fifth of a second in a browser. Whoever says thousands makes nobody wait for them.
#[test]
fn of_who_says_many_names_few_are_looked_at_in_a_day_and_none_that_cannot_be() {
    let mut world = World::new(97, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (_, his) = world.befriend(alice, bob);
    let handle_cert: Vec<u8> = with_store(&mut world, bob, |store| {
        store.query_row("SELECT handle_cert FROM account", [], |row| row.get(0)).expect("what the server signed for him")
    });
    // How often her device looked at a name, for these names.
    let says = |world: &mut World, names: &[String]| {
        let before = stretched();
        for name in names {
            let (display_name, username, handle_cert) = ("Bob".to_owned(), name.clone(), handle_cert.clone());
            world.say_body(bob, his, Body::Profile(Box::new(Profile { display_name, username, handle_cert, picture: None, reach: None })));
            world.run(1_000);
        }
        // A session of yesterday is over: both come back first.
        world.run(600_000);
        stretched() - before
    };
    let confirmed = |world: &World| world.people[alice].client().known().expect("contacts").iter().any(|known| known.name == "bob");
    let many: Vec<String> = (0..12).map(|number| format!("a{number:05}")).collect();
    let real = ["bob".to_owned()];
    assert_eq!(says(&mut world, &many), 0, "it is known what his certificate is for");
    assert!(confirmed(&world));
    // As somebody who is new to her.
    with_store(&mut world, alice, |store| {
        store.execute_batch("DELETE FROM meta WHERE key LIKE 'name_%'; UPDATE contact SET confirmed = 0, label = ''").expect("written");
    });
    world.run(DAY);
    assert_eq!(says(&mut world, &many), 3);
    assert_eq!(says(&mut world, &real), 0, "nor his own that day");
    assert!(!confirmed(&world));
    world.run(DAY);
    assert_eq!(says(&mut world, &real), 1);
    assert!(confirmed(&world));
}
