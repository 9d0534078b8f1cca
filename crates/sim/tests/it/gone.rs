//! What is deleted or has expired leaves nothing behind on any device.

use crate::{say, texts};
use sim::world::{Weather, World};
use view::Command;
use wire::limits::DAY;

const HOUR: u64 = 60 * 60_000;

/// The index of words writes the beginning of a word only where it is another than that of the word before.
const WITHIN_THE_INDEX: &str = "rmalade";

/// How many rows of a device's database hold these words, in text or in bytes: of the tables whose names begin so.
fn held(world: &World, person: usize, tables: &str, words: &str) -> usize {
    let rows = world.people[person].client().audit_rows().expect("rows");
    let holds = |value: &client::audit::Value| match value {
        client::audit::Value::Text(text) => text.contains(words),
        client::audit::Value::Blob(bytes) => bytes.windows(words.len()).any(|window| window == words.as_bytes()),
        _ => false,
    };
    rows.iter().filter(|(table, values)| table.starts_with(tables) && values.iter().any(holds)).count()
}

fn newest(world: &World, person: usize, chat: i64) -> i64 {
    let page = client::Page { before: None, after: None, limit: 1 };
    world.people[person].client().messages(chat, page).expect("messages").pop().expect("a message").id
}

#[test]
fn what_was_deleted_or_has_expired_is_nowhere_on_the_devices() {
    let mut world = World::new(81, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    say(&mut world, alice, hers, "the first marmalade");
    world.run(5_000);
    assert!(held(&world, bob, "search", WITHIN_THE_INDEX) > 0, "words are looked for in there");
    let message = newest(&world, alice, hers);
    world.command(alice, Command::Edit { chat: hers, message, text: "the second marmalade".into() }).expect("edited");
    world.run(5_000);
    world.command(alice, Command::Delete { chat: hers, message }).expect("deleted");
    world.run(5_000);
    assert!(held(&world, bob, "", "marmalade") > 0, "reportable for a week");
    assert_eq!(held(&world, bob, "search", WITHIN_THE_INDEX), 0, "and in no index of words");
    assert!(texts(&world, bob, his).iter().all(|(_, text)| !text.contains("marmalade")), "and hidden at once");
    world.run(8 * DAY);
    world.command(alice, Command::Expire { chat: hers, seconds: 3600 }).expect("set");
    world.run(5_000);
    say(&mut world, alice, hers, "the third marmalade");
    world.run(5_000);
    let message = newest(&world, alice, hers);
    world.command(alice, Command::Edit { chat: hers, message, text: "the fourth marmalade".into() }).expect("edited");
    world.run(5_000);
    assert!(held(&world, bob, "", "the fourth marmalade") > 0);
    world.run(2 * HOUR);
    for person in [alice, bob] {
        assert_eq!(held(&world, person, "", WITHIN_THE_INDEX), 0, "{person}");
    }
}
