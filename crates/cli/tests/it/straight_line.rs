//! Two people meet by a link and chat.

use crate::neighbours::{Village, neighbours};
use crate::world::{Person, Server, id, names, row, until};
use serde_json::Value;
use std::collections::BTreeSet;
use std::thread;

const MESSAGE: [&str; 16] = [
    "id",
    "chat",
    "sender",
    "mine",
    "kind",
    "text",
    "sent_ms",
    "state",
    "edited",
    "forwarded",
    "happened",
    "reply_to",
    "reactions",
    "file",
    "expires_ms",
    "unread",
];

fn are(row: &Value, wanted: &[&str]) {
    assert_eq!(names(row), wanted.iter().copied().collect::<BTreeSet<_>>());
}

#[test]
fn both_sides_of_a_request_see_the_same_four_emoji_and_nothing_that_the_other_chose() {
    let server = Server::start(&[]);
    let [ann, ben] = ["ann", "ben"].map(|name| Person::sign_up(name, &server));
    let link = ann.link_for(&ben, &["--for", "Ben from school", "--expires", "2"]);
    let asked = ben.does(&["add", &link]);
    let request = ann.sees("the request", &["requests"], |row| row["direction"] == "in");
    are(&request, &["id", "direction", "label", "link_made_ms", "arrived_ms", "emoji", "state"]);
    assert_eq!((&request["label"], &request["state"]), (&"Ben from school".into(), &"open".into()));
    assert!(asked.contains(request["emoji"].as_str().unwrap()), "{asked}");
    assert!(!request.to_string().contains("ben"));
    let outgoing = ben.lists(&["requests"]).remove(0);
    assert_eq!((&outgoing["direction"], &outgoing["state"], &outgoing["emoji"]), (&"out".into(), &"waiting".into(), &request["emoji"]));

    // One use: the next who comes with it is told so.
    let late = Person::sign_up("late", &server);
    let link = link.replace(&ben.line.url(), &late.line.url());
    assert_eq!(late.may_not(&["add", &link]), "This link was used up or has expired: ask for a new one.");

    ann.does(&["requests", "decline", &id(&request)]);
    assert_eq!(ann.lists(&["requests"])[0]["state"], "declined");
    assert!(ann.may_not(&["requests", "accept", &id(&request)]).contains("no open request"));
    assert!(ben.lists(&["chats"]).is_empty());
}

#[test]
fn what_is_said_arrives_with_its_answer_and_its_reaction() {
    let (alice, bob) = (&neighbours().alice, &neighbours().bob);
    alice.sends("bob", "Who has the **ladder**? 🌳");
    let asked = bob.reads("alice", "Who has the **ladder**? 🌳");
    are(&asked, &[MESSAGE.as_slice(), &["display_name"]].concat());
    assert_eq!((&asked["sender"], &asked["mine"], &asked["kind"]), (&"alice".into(), &false.into(), &"text".into()));
    bob.does(&["send", "alice", "I", "have", "it", "--reply", &id(&asked)]);
    bob.does(&["react", "alice", &id(&asked), "👍"]);
    let answer = alice.reads("bob", "I have it");
    let question = row(&alice.lists(&["read", "bob"]), "text", "Who has the **ladder**? 🌳").unwrap().clone();
    assert_eq!(answer["reply_to"], question["id"]);
    alice.sees("the reaction", &["read", "bob"], |message| {
        message["id"] == question["id"] && message["reactions"] == serde_json::json!([{ "emoji": "👍", "by": "bob" }])
    });
    alice.sees("that it was read", &["read", "bob"], |message| message["id"] == question["id"] && message["state"] == "read");
}

#[test]
fn a_message_is_edited_and_taken_back_for_both() {
    let (alice, bob) = (&neighbours().alice, &neighbours().bob);
    let told = alice.sends("bob", "Meet at sevne");
    let first = bob.reads("alice", "Meet at sevne");
    alice.does(&["edit", "bob", &told, "Meet", "at", "seven"]);
    let second = bob.reads("alice", "Meet at seven");
    assert_eq!((&second["id"], &second["edited"]), (&first["id"], &true.into()));
    assert!(bob.may_not(&["edit", "alice", &id(&first), "Meet at eight"]).contains("only what you sent can be changed"));
    alice.does(&["delete", "bob", &told]);
    bob.sees("that it is gone", &["read", "alice"], |message| {
        message["id"] == first["id"] && message["kind"] == "deleted" && message["text"] == ""
    });
    assert!(bob.lists(&["search", "sevne"]).is_empty() && bob.lists(&["search", "seven"]).is_empty());
    assert!(alice.may_not(&["edit", "bob", &told, "Meet at nine"]).contains("no message"));
}

#[test]
fn words_are_found_again_and_every_message_says_where_it_comes_from() {
    let (alice, carol) = (&neighbours().alice, &neighbours().carol);
    let told = alice.sends("carol", "The marmalade is in the larder");
    let arrived = carol.reads("alice", "The marmalade is in the larder");
    let hits = carol.lists(&["search", "larder", "marma"]);
    are(&hits[0], &["id", "chat", "chat_name", "sender", "text", "sent_ms"]);
    assert_eq!((hits.len(), &hits[0]["id"], &hits[0]["chat_name"]), (1, &arrived["id"], &"alice".into()));

    let here = carol.lists(&["info", "alice", &id(&arrived)]).remove(0);
    let info = ["id", "message", "message_id", "seq", "stamped_ms", "read_by", "provable", "sender_account", "sender_cert"];
    are(&here, &info);
    are(&here["message"], &MESSAGE);
    let there = alice.lists(&["info", "carol", &told]).remove(0);
    for same in ["message_id", "seq", "stamped_ms", "sender_account", "sender_cert", "provable"] {
        assert_eq!(here[same], there[same], "{same}");
    }
    assert_eq!(here["provable"], true);
    alice.sees("that it was read", &["read", "carol"], |message| message["id"] == there["id"] && message["state"] == "read");
    assert_eq!(alice.lists(&["info", "carol", &told])[0]["read_by"], serde_json::json!(["carol"]));
}

#[test]
fn chats_say_who_when_and_how_much_is_new() {
    let (alice, gina) = (&neighbours().alice, &neighbours().gina);
    alice.sends("gina", "Are you in?");
    let chat = gina.sees("something new", &["chats"], |chat| chat["unread"].as_u64() > Some(0) && chat["last_text"] == "Are you in?");
    let row =
        ["id", "name", "kind", "state", "unread", "last_text", "last_happened", "last_ms", "members", "expire_seconds", "description"];
    are(&chat, &[row.as_slice(), &["display_name", "blocked"]].concat());
    assert_eq!((&chat["name"], &chat["kind"], &chat["members"]), (&"alice".into(), &"two".into(), &2.into()));
    assert_eq!(chat["state"], "active");
    // By its id, too, and for people.
    let lines = gina.does(&["read", &id(&chat)]);
    assert!(lines.contains("alice: Are you in?"), "{lines}");
    let unread = gina.lists(&["read", "alice"]).into_iter().find(|message| message["text"] == "Are you in?").unwrap()["unread"].clone();
    assert_eq!(unread, false);
}

#[test]
fn messages_vanish_from_both_sides_when_their_time_has_come() {
    let (dave, erin) = (&neighbours().dave, &neighbours().erin);
    assert!(dave.may_not(&["expire", "erin", "soon"]).contains("not a duration"));
    dave.sends("erin", "This stays");
    assert!(dave.may_not(&["expire", "erin", "520w"]).contains("after 365 days at the latest"));
    dave.does(&["expire", "erin", "10s"]);
    erin.reads("dave", "dave: messages in this chat now vanish after 10 seconds.");
    erin.sees("the setting", &["chats"], |chat| chat["name"] == "dave" && chat["expire_seconds"] == 10);
    dave.sends("erin", "This goes");
    let going = erin.reads("dave", "This goes");
    let lives = going["expires_ms"].as_u64().unwrap() - going["sent_ms"].as_u64().unwrap();
    // Whole seconds.
    assert!((8_000..=11_000).contains(&lives), "{going}");
    for person in [dave, erin] {
        let other = if person.name == "dave" { "erin" } else { "dave" };
        until(&format!("{}'s copy is gone", person.name), || {
            let left = person.lists(&["read", other]);
            assert!(row(&left, "text", "This stays").is_some());
            row(&left, "text", "This goes").is_none().then_some(())
        });
        assert!(person.lists(&["search", "goes"]).is_empty());
    }
    dave.does(&["expire", "erin", "off"]);
}

#[test]
fn what_is_said_without_a_connection_waits_and_arrives_after_the_server_was_restarted() {
    let mut village = Village::of(&["finn", "hana"]);
    village.server.stop();
    let [finn, hana] = village.people.as_slice() else { panic!() };
    let queued = finn.does(&["send", "hana", "Said while the server was away"]);
    assert!(queued.starts_with("queued "), "{queued}");
    assert_eq!(row(&finn.lists(&["read", "hana"]), "text", "Said while the server was away").unwrap()["state"], "queued");
    village.server.again();
    village.reconnect();
    finn.does(&["sync"]);
    hana.reads("finn", "Said while the server was away");

    // A power cut in between changes nothing either.
    village.server.kill();
    assert!(hana.does(&["send", "finn", "Said in the dark"]).starts_with("queued "));
    village.server.again();
    village.reconnect();
    hana.does(&["sync"]);
    assert_eq!(finn.reads("hana", "Said in the dark")["state"], "received");
    let sent = row(&hana.lists(&["read", "finn"]), "text", "Said in the dark").unwrap()["state"].clone();
    assert!(sent == "sent" || sent == "read", "{sent}");
}

#[test]
fn a_follower_sees_a_message_as_it_arrives() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;
    let (alice, carol) = (&neighbours().alice, &neighbours().carol);
    let mut command = carol.command(&["read", "alice", "--follow", "--last", "1", "--json"]);
    let mut following = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(following.stdout.take().unwrap()).lines();
    thread::scope(|scope| {
        scope.spawn(|| alice.sends("carol", "Seen at once"));
        let mut messages = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
        assert!(messages.any(|message| message["text"] == "Seen at once"));
    });
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn who_is_blocked_is_not_heard_any_more_and_is_not_told() {
    let all = neighbours();
    let (iris, jack) = (&all.iris, &all.jack);
    jack.sends("iris", "Before");
    iris.reads("jack", "Before");
    iris.does(&["block", "jack"]);
    // For him nothing has changed.
    jack.sends("iris", "After");
    iris.does(&["sync"]);
    let seen = iris.lists(&["read", "jack"]);
    assert!(row(&seen, "text", "Before").is_some() && row(&seen, "text", "After").is_none());
    assert!(iris.may_not(&["send", "jack", "Hello"]).starts_with("You blocked jack"));
    assert!(iris.may_not(&["group", "create", "Both", "jack"]).contains("blocked jack"));
    assert!(iris.may_not(&["block", "nobody"]).contains("no contact called nobody"));
    assert!(iris.may_not(&["unblock", "nobody"]).contains("no contact called nobody"));
    let shown = |iris: &Person| (iris.does(&["chats"]).contains("[blocked]"), iris.lists(&["chats"])[0]["blocked"].clone());
    assert_eq!(shown(iris), (true, true.into()));
    iris.does(&["unblock", "jack"]);
    assert_eq!(shown(iris), (false, false.into()));
    iris.sends("jack", "Hello again");
    jack.sends("iris", "Heard again");
    iris.reads("jack", "Heard again");
    assert!(row(&iris.lists(&["read", "jack"]), "text", "After").is_none(), "what was said in between stays away");
}
