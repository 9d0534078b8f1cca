//! Nothing that leaves a device tells a child from an adult: the same days lived three times, by a child, by an adult and by somebody who did not say.

use crate::say;
use server::store::StoreError;
use sim::world::{Weather, World};
use view::{Born, Command, Event, Knows, Looking, Outgoing, OutgoingFile, Query, Reply, Settings, Switch, Typing, View};

const MINUTE: u64 = 60_000;
const CHILD: Option<Born> = Some(Born { year: 2012, month: 5 });
const ADULT: Option<Born> = Some(Born { year: 1984, month: 5 });

/// What others have of a person: everything the server holds, everything a contact's device holds and was told, and every frame that was sent.
#[derive(PartialEq)]
struct Seen {
    server: Vec<String>,
    contact: Vec<String>,
    happened: Vec<Event>,
    frames: [u8; 32],
}

impl Seen {
    fn differs(&self, other: &Self) -> Vec<&'static str> {
        let parts = [
            ("server", self.server == other.server),
            ("contact", self.contact == other.contact),
            ("events", self.happened == other.happened),
            ("frames", self.frames == other.frames),
        ];
        parts.into_iter().filter(|(_, same)| !same).map(|(part, _)| part).collect()
    }
}

fn dump(world: &mut World) -> Result<Vec<String>, StoreError> {
    Ok(world.server().store().dump()?.iter().map(|row| format!("{row:?}")).collect())
}

/// A day of Alice, who answered this when she was asked how old she is, with Bob, who is a contact.
fn day(seed: u64, born: Option<Born>, settings: Option<Settings>) -> Seen {
    let mut world = World::new(seed, Weather::FAIR);
    let (alice, bob) = (world.signed_up("alice", 0), world.signed_up("bob", 0));
    world.run(500);
    world.command(alice, Command::Born { born }).expect("answered");
    // What nobody chooses is not chosen here either, except for the control. Entropy of its own: the worlds go on alike.
    let input =
        settings.map_or(client::Input::Tick, |settings| client::Input::Command { id: [9; 16], command: Command::ChangeSettings(settings) });
    let now = world.now;
    drop(world.people[alice].handle(now, [5; 32], input));
    let (hers, his) = world.befriend(alice, bob);
    world.command(alice, Command::Know { chat: hers, how: Knows::Online }).expect("said");
    for text in ["send me a pic, just you. dont tell your mum", "my page is https://page.example and call 07700 900123"] {
        say(&mut world, bob, his, text);
        world.run(5_000);
        let client = world.people[alice].client();
        let View::Messages(page) = client.ask(now, Query::Messages { chat: hers, window: view::Window::Newest, limit: 50 }).unwrap() else {
            panic!()
        };
        let up_to = page.messages.last().expect("a message").row.id;
        for looking in [Looking::Unasked, Looking::Asked] {
            client.ask(world.now, Query::Notice { chat: hers, looking }).expect("looked");
        }
        client.ask(world.now, Query::Bare { message: up_to }).expect("looked");
        client.ask(world.now, Query::Who { chat: hers }).expect("looked");
        world.command(alice, Command::Typing { chat: hers, typing: Typing::Writing }).expect("never refused");
        world.run(1_000);
        world.command(alice, Command::MarkRead { chat: hers, up_to }).expect("read");
        world.run(1_000);
        say(&mut world, alice, hers, "no");
        world.run(5_000);
    }
    let sort = view::FileSort::Found;
    let file = OutgoingFile { source: "a.jpg".into(), name: "a.jpg".into(), alt: None, original: false, sort };
    world
        .command(alice, Command::Send { chat: hers, what: Outgoing::Files { files: vec![file], caption: None }, reply: None })
        .expect("sent");
    world.command(bob, Command::CreateGroup { name: "walkers".into(), members: vec!["alice".into()] }).expect("made");
    world.run(2 * MINUTE);
    let open = world.people[alice].client().invitations().expect("invitations");
    let Ok(Reply::Id(_)) = world.command(alice, Command::JoinGroup { invitation: open[0].id }) else { panic!("not joined") };
    world.command(alice, Command::Vault(view::VaultCommand::KeepSafe)).expect("kept");
    world.run(10 * MINUTE);
    let mut rows = world.people[bob].client().audit_rows().expect("rows");
    // What MLS keeps of a KeyPackage has the time of the machine in it, and differs between any two worlds.
    rows.retain(|(table, _)| table != "mls");
    let server = dump(&mut world).expect("rows of the server");
    assert!(server.len() > 20 && rows.len() > 20, "something was compared");
    Seen {
        server,
        contact: rows.iter().map(|row| format!("{row:?}")).collect(),
        happened: world.people[bob].events.clone(),
        frames: world.fingerprint(),
    }
}

#[test]
fn a_child_an_adult_and_who_did_not_say_are_alike_to_the_server_and_to_a_contact() {
    for seed in 0..3 {
        let child = day(seed, CHILD, None);
        assert_eq!(child.differs(&day(seed, ADULT, None)), [""; 0], "seed {seed}");
        assert_eq!(child.differs(&day(seed, None, None)), [""; 0], "seed {seed}");
    }
}

/// The control: if a default went by age, this is what the test above would see.
#[test]
fn a_default_that_went_by_age_would_be_seen() {
    let child = day(0, CHILD, None);
    for settings in [Settings { receipts: Switch::On, ..Settings::default() }, Settings { typing: Switch::On, ..Settings::default() }] {
        assert!(child.differs(&day(0, ADULT, Some(settings))).contains(&"frames"));
    }
}

/// For every age alike: there is no "last seen". Of who goes, comes and reads a contact's device hears nothing, unless that person switched it on.
#[test]
fn who_goes_comes_and_reads_is_not_noticed_by_a_contact() {
    for (receipts, noticed) in [(Switch::Off, false), (Switch::On, true)] {
        let mut world = World::new(9, Weather::FAIR);
        let (alice, bob) = (world.signed_up("alice", 0), world.signed_up("bob", 0));
        world.run(500);
        world.command(alice, Command::ChangeSettings(Settings { receipts, ..Settings::default() })).expect("set");
        let (hers, his) = world.befriend(alice, bob);
        say(&mut world, bob, his, "are you there?");
        world.run(10 * MINUTE);
        let heard = |world: &World| {
            let device = &world.people[bob];
            (device.frames.get(), device.events.len(), device.client().changes())
        };
        let before = heard(&world);
        world.power_cut(alice);
        world.run(2 * MINUTE);
        let page = client::Page { before: None, after: None, limit: 1 };
        let up_to = world.people[alice].client().messages(hers, page).expect("messages").pop().expect("a message").id;
        world.command(alice, Command::MarkRead { chat: hers, up_to }).expect("read");
        world.run(2 * MINUTE);
        assert_eq!(heard(&world) != before, noticed, "{receipts:?}");
    }
}

/// For every age alike: names are looked for among those that this device knows, and the server is asked for none.
#[test]
fn nobody_is_found_by_a_name_who_is_no_contact() {
    let mut world = World::new(10, Weather::FAIR);
    let [alice, bob, _] = ["alice", "bob", "carol"].map(|name| world.signed_up(name, 0));
    world.befriend(alice, bob);
    world.run(10 * MINUTE);
    let sent = |world: &World| world.people[alice].frames.get();
    let before = sent(&world);
    for (name, found) in [("bob", 1), ("carol", 0)] {
        let search = Query::Search { words: name.into(), chat: None, limit: 10 };
        let View::Search(seen) = world.people[alice].client().ask(world.now, search).expect("an answer") else { panic!("no answer") };
        assert_eq!((seen.chats.len(), seen.contacts.len()), (found, found), "{name}");
    }
    let group = Command::CreateGroup { name: "walkers".into(), members: vec!["carol".into()] };
    for command in [group, Command::Block { user: "carol".into() }] {
        assert_eq!(world.command(alice, command), Err(view::Refusal::NoSuchUser { name: "carol".into() }));
    }
    world.run(MINUTE);
    assert_eq!(sent(&world), before);
}

/// For every age alike: the way into somebody's inbox is a pass that only a contact has.
#[test]
fn only_a_contact_can_invite_to_a_group() {
    let mut world = World::new(7, Weather::FAIR);
    let chats = crate::group(&mut world, &["alice", "bob", "carol"]);
    assert_eq!(chats.len(), 3);
    // Bob and Carol know each other from the group alone.
    let asks = |world: &mut World, members: &str| {
        let made = world.command(2, Command::CreateGroup { name: "apart".into(), members: vec![members.into()] });
        world.run(2 * MINUTE);
        made
    };
    assert_eq!(asks(&mut world, "bob"), Err(view::Refusal::NoSuchUser { name: "bob".into() }));
    assert_eq!(world.people[1].client().invitations().expect("invitations").len(), 0);
    assert!(asks(&mut world, "alice").is_ok());
    assert_eq!(world.people[0].client().invitations().expect("invitations").len(), 1, "a contact can");
}
