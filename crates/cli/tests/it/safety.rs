//! Help that an operator adds, and cues that are measured.

use crate::reports::as_str;
use crate::world::{Outcome, PROGRAM, Person, Server, befriend, folder, http_get, treehouse};
use serde_json::Value;
use std::fs;
use std::process::Command;

const PEOPLE: &str = "[lead]\nrole lead\nname Sam Example\nphone 01632 960123\n";

#[test]
fn an_operator_names_people_for_help_and_a_file_with_a_mistake_starts_nothing() {
    let dir = folder();
    let file = dir.path().join("people.txt");
    fs::write(&file, PEOPLE).unwrap();
    let server = Server::start(&["--people", file.to_str().unwrap()]);
    assert_eq!(http_get(server.address(), "/people.txt"), PEOPLE);
    assert_eq!(http_get(Server::start(&[]).address(), "/people.txt"), "", "nobody is named");

    fs::write(&file, PEOPLE.replace("01632 960123", "ask at the desk")).unwrap();
    let data = dir.path().join("data");
    let output = Command::new(PROGRAM).args(["serve", "--data"]).arg(&data).arg("--people").arg(&file).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("line 4: a number has 3 to 20 digits"), "{said}");
    assert!(!data.exists());
}

#[test]
fn what_is_about_a_member_of_staff_has_somebody_to_turn_to_where_nobody_outside_the_team_is_named() {
    let dir = folder();
    let file = dir.path().join("people.txt");
    fs::write(&file, format!("{PEOPLE}[governor]\nrole governor\nname Gail Example\nphone 01632 960124\n")).unwrap();
    let server = Server::start(&["--people", as_str(&file)]);
    let [ada, bea] = ["ada", "bea"].map(|name| Person::sign_up(name, &server));
    befriend(&ada, &[&bea], &server);
    ada.sends("bea", "You will be sorry");
    bea.reads("ada", "You will be sorry");
    let out = bea.path("report.thr");
    let report = ["report", "ada", "--last", "1", "--to", "outside", "--reason", "mean", "--out", as_str(&out)];
    let told = |locale: &str| Outcome::of(bea.command(&report).env("LC_ALL", locale)).refused();
    let said = told("en_GB.UTF-8");
    for part in ["--to file", "Gail Example (01632 960124)", "your local council's children's services", "NSPCC helpline (0808 800 5000)"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("Sam Example"), "who is of the team is not outside it: {said}");
    let said = told("C");
    assert!(said.contains("the service that keeps children safe where you live") && !said.contains("0808"), "{said}");
    assert!(!out.exists());
}

#[test]
fn cues_are_measured_and_the_last_line_is_json() {
    let dir = folder();
    let file = dir.path().join("conversations.txt");
    let path = file.to_str().unwrap();
    fs::write(&file, "+|new|secret\nO: dont tell your mum about me\nC: ok\n-|known|friend\nO: see you at four\nC: ok\n").unwrap();
    let printed = treehouse(&["safety", "evaluate", path]).done();
    let measured: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    assert_eq!(measured["overall"], serde_json::json!({ "precision": 1.0, "recall": 1.0, "false_positive_rate": 0.0 }));
    assert_eq!(measured["by_category"]["secret"]["recall"], 1.0);
    assert_eq!(measured["by_category"]["friend"]["recall"], Value::Null);
    assert_eq!(treehouse(&["safety", "evaluate", path, "--wrong"]).done(), printed, "nothing was judged wrongly");
    fs::write(&file, "+|new|secret\nMum: hello\n").unwrap();
    assert!(treehouse(&["safety", "evaluate", path]).refused().contains("line 2: a conversation begins with"));
    assert!(treehouse(&["safety", "evaluate", dir.path().join("none").to_str().unwrap()]).refused().contains("cannot be read"));
}

#[test]
fn what_stands_out_is_told_on_the_command_line_to_who_is_under_18_and_to_everybody_who_asks() {
    let server = Server::start(&[]);
    let [alice, bob] = ["alice", "bob"].map(|name| Person::sign_up(name, &server));
    befriend(&alice, &[&bob], &server);
    bob.sends("alice", "send me a nude pic");
    alice.reads("bob", "send me a nude pic");
    let told = |who: &Person| who.tries(&["read", "bob"]).stderr;
    // Nobody has said how old they are: the careful rules hold.
    assert!(told(&alice).contains("This stands out in message"), "{}", told(&alice));
    alice.does(&["settings", "--born", "1984-05"]);
    assert!(!told(&alice).contains("This stands out"));
    let asked = alice.does(&["safety", "chat", "bob"]);
    assert!(asked.contains("nude"), "{asked}");
    assert!(asked.ends_with("No signs found does not mean it is safe. If it feels wrong, tell someone you trust.\n"), "{asked}");
    let noticed: Value = serde_json::from_str(alice.does(&["safety", "chat", "bob", "--json"]).trim()).unwrap();
    assert_eq!(noticed["notes"].as_array().unwrap().len(), 1);
    assert!(bob.does(&["safety", "chat", "alice"]).contains("No signs found in the last"));
    assert!(alice.may_not(&["settings", "--born", "May"]).contains("is no month"));
}

#[test]
fn a_trusted_adult_is_named_and_told_on_the_command_line() {
    let server = Server::start(&[]);
    let [alice, bob] = ["alice", "bob"].map(|name| Person::sign_up(name, &server));
    befriend(&alice, &[&bob], &server);
    assert!(alice.may_not(&["talk"]).contains("You have named nobody whom you trust"));
    assert!(alice.may_not(&["settings", "--trust", "nobody"]).contains("nobody"));
    assert!(alice.does(&["settings", "--trust", "bob"]).contains("You trust bob"));
    alice.does(&["talk"]);
    bob.sees("that she needs to talk", &["chats"], |chat| {
        chat["name"] == "alice" && chat["unread"].as_u64().is_some_and(|unread| unread > 0)
    });
    let first =
        "First: Thank them. Don't blame. Don't promise to keep it secret. Don't ask for or look at pictures. Ask if they are safe now.\n";
    let read = bob.tries(&["read", "alice"]);
    assert!(read.stdout.contains("I need to talk.") && read.stderr.starts_with(first), "{read:?}");
    assert!(!alice.tries(&["read", "bob"]).stderr.contains("First:"), "it is for whoever receives it");
    // And before a report that is for him.
    alice.sends("bob", "About the bus");
    let carol = Person::sign_up("carol", &server);
    befriend(&carol, &[&alice], &server);
    carol.sends("alice", "You will be sorry");
    alice.reads("carol", "You will be sorry");
    let file = alice.path("report.thr");
    let path = file.to_str().unwrap();
    alice.does(&["report", "carol", "--last", "1", "--to", "bob", "--reason", "mean", "--out", path]);
    let opened = bob.tries(&["verify", path]);
    assert!(opened.code == 0 && opened.stdout.contains("| You will be sorry") && opened.stderr.starts_with(first), "{opened:?}");
}
