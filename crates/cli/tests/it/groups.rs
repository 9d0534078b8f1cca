//! Groups: invited, joined, renamed, shrunk and left.

use crate::neighbours::neighbours;
use crate::world::{Person, id, names, row};
use std::collections::BTreeSet;
use std::thread;

const HOSTILE: &str = "x\u{1b}[2K\u{9b}1A\u{202e}\n    58  2026-11-27 10:01  alice: I did it";

#[test]
fn everybody_in_a_group_reads_what_one_says() {
    let all = neighbours();
    all.carol.sends("Garden", "The tomatoes are red");
    for person in [&all.alice, &all.bob] {
        let message = person.reads("Garden", "The tomatoes are red");
        assert_eq!(message["mine"], false);
    }
    let members = all.bob.lists(&["group", "members", "Garden"]);
    assert_eq!(names(&members[0]), BTreeSet::from(["id", "name", "account", "admin", "state", "display_name"]));
    let here: BTreeSet<_> = members.iter().map(|member| (member["name"].as_str().unwrap(), member["admin"].as_bool().unwrap())).collect();
    assert_eq!(here, BTreeSet::from([("alice", true), ("bob", false), ("carol", false)]));
    let chat = all.bob.sees("the group", &["chats"], |chat| chat["name"] == "Garden");
    assert_eq!((&chat["kind"], &chat["members"]), (&"group".into(), &3.into()));
}

#[test]
fn only_admins_change_a_group() {
    let bob = &neighbours().bob;
    for change in
        [&["rename", "Garden", "Desert"][..], &["remove", "Garden", "carol"], &["promote", "Garden", "bob"], &["add", "Garden", "alice"]]
    {
        assert_eq!(bob.may_not(&[&["group"], change].concat()), "Only an admin of the group can do this: ask one of them.");
    }
    assert!(bob.may_not(&["group", "rename", "alice", "Eve"]).starts_with("This works in groups only: make one"));
    assert!(bob.may_not(&["group", "leave", "alice"]).starts_with("This works in groups only"));
}

#[test]
fn a_group_is_made_joined_renamed_shrunk_and_left() {
    let all = neighbours();
    let (kim, lea, max) = (&all.kim, &all.lea, &all.max);
    assert!(kim.may_not(&["group", "create", "Choir", "nobody"]).contains("no contact called nobody"));
    kim.does(&["group", "create", "Choir", "lea", "max"]);
    assert!(kim.may_not(&["group", "create", "Choir", "lea"]).contains("already have a chat called Choir"));

    // Nothing of the group is shown before they join.
    let invitation = lea.sees("the invitation", &["invitations"], |_| true);
    assert_eq!(names(&invitation), BTreeSet::from(["id", "from", "members", "known", "arrived_ms"]));
    assert_eq!((&invitation["from"], &invitation["members"]), (&"kim".into(), &3.into()));
    assert!(!invitation.to_string().contains("Choir") && row(&lea.lists(&["chats"]), "name", "Choir").is_none());
    lea.does(&["invitations", "join", &id(&invitation)]);
    let declined = max.sees("the invitation", &["invitations"], |_| true);
    max.does(&["invitations", "decline", &id(&declined)]);
    assert!(max.lists(&["invitations"]).is_empty());
    assert!(max.may_not(&["invitations", "join", &id(&declined)]).contains("no open invitation"));
    lea.sees("the group by its name", &["chats"], |chat| chat["name"] == "Choir");
    kim.sees("that lea is here", &["group", "members", "Choir"], |member| member["name"] == "lea" && member["state"] == "here");

    kim.does(&["group", "rename", "Choir", "Small Choir"]);
    lea.sees("the new name", &["chats"], |chat| chat["name"] == "Small Choir");
    a_name_commands_nothing(kim, lea);
    assert_eq!(
        kim.may_not(&["group", "leave", "Small Choir"]),
        "You are the last admin: promote somebody first with `treehouse group promote`."
    );
    kim.does(&["group", "promote", "Small Choir", "lea"]);
    lea.sees("that she is an admin", &["group", "members", "Small Choir"], |member| member["name"] == "lea" && member["admin"] == true);
    kim.sends("Small Choir", "You lead now");
    lea.reads("Small Choir", "You lead now");

    kim.does(&["group", "leave", "Small Choir"]);
    // Whoever wants to say something next lets her go.
    lea.does(&["send", "Small Choir", "Goodbye"]);
    kim.sees("that she is out", &["chats"], |chat| chat["name"] == "Small Choir" && chat["state"] == "left");
    assert!(kim.may_not(&["send", "Small Choir", "One more thing"]).contains("no longer part of this chat"));
    assert!(row(&lea.lists(&["group", "members", "Small Choir"]), "name", "kim").is_none());
}

/// A group may be called anything: no terminal obeys it, and no line of it looks like a message.
fn a_name_commands_nothing(kim: &Person, lea: &Person) {
    kim.does(&["group", "rename", "Small Choir", HOSTILE]);
    let group = id(&lea.sees("the hostile name", &["chats"], |chat| chat["name"] == HOSTILE));
    for listing in [&["chats"][..], &["read", &group], &["group", "members", &group], &["search", "lead"]] {
        for format in [&[][..], &["--json"]] {
            let outcome = lea.tries(&[listing, format].concat());
            let all = [outcome.stdout, outcome.stderr].concat();
            assert!(!all.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{listing:?}: {all:?}");
            assert!(!all.lines().any(|line| line.starts_with("    58  2026-11-27 10:01")), "{listing:?}: {all}");
        }
    }
    let renamed = lea.lists(&["read", &group]).into_iter().find(|row| row["happened"]["renamed"]["name"] == HOSTILE);
    assert!(renamed.is_some(), "in JSON it says what it was");
    kim.does(&["group", "rename", HOSTILE, "Small Choir"]);
    lea.sees("the name again", &["chats"], |chat| chat["name"] == "Small Choir");
}

#[test]
fn who_is_removed_reads_nothing_of_what_comes_after() {
    let all = neighbours();
    let (nora, otto, pia) = (&all.nora, &all.otto, &all.pia);
    // Added later.
    nora.does(&["group", "add", "Band", "pia"]);
    let invitation = pia.sees("the invitation", &["invitations"], |_| true);
    pia.does(&["invitations", "join", &id(&invitation)]);
    // The name was said before she came; it is said again for her.
    pia.sees("the group", &["chats"], |chat| chat["name"] == "Band" && chat["members"] == 3);
    nora.sends("Band", "With Otto");
    for person in [otto, pia] {
        person.reads("Band", "With Otto");
    }
    nora.does(&["group", "remove", "Band", "otto"]);
    nora.sends("Band", "Without Otto");
    thread::scope(|scope| {
        scope.spawn(|| pia.reads("Band", "Without Otto"));
        scope.spawn(|| otto.sees("that he is out", &["chats"], |chat| chat["name"] == "Band" && chat["state"] == "removed"));
    });
    assert!(otto.lists(&["search", "without"]).is_empty());
    assert!(otto.may_not(&["send", "Band", "Hello?"]).contains("no longer part of this chat"));
    assert!(nora.may_not(&["group", "remove", "Band", "otto"]).starts_with("otto is not a member of this group: "));
}
