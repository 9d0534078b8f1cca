//! Help that an operator adds, and cues that are measured.

use crate::reports::as_str;
use crate::world::{Outcome, PROGRAM, Person, Server, befriend, folder, http_get, id, treehouse, until};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

/// Why a threat stands out.
const THREAT: &str = "They say something bad will happen";
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
    assert!(said.contains("the service that protects children where you live") && !said.contains("0808"), "{said}");
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
fn help_is_there_without_an_account_in_the_order_of_need_and_by_the_country() {
    let dir = folder();
    let help = |arguments: &[&str], language: &str| {
        let mut command = Command::new(PROGRAM);
        command.arg("help-lines").args(arguments).env_clear().env("HOME", dir.path()).env("LANG", language);
        Outcome::of(&mut command).done()
    };
    let british = help(&[], "en_GB.UTF-8");
    assert!(british.starts_with("In danger now? Call 999.\n"), "{british}");
    let at = |what: &str| british.find(what).unwrap_or_else(|| panic!("{what}: {british}"));
    assert!(at("Talk to someone") < at("call 0800 1111") && at("call 0800 1111") < at("Tell the police or a hotline"));
    assert!(at("Tell the police or a hotline") < at("A private picture") && at("A private picture") < at("For adults"));
    let german = help(&[], "de_DE.UTF-8");
    assert!(german.starts_with("In danger now? Call 112.\n") && german.contains("116 111") && !german.contains("999"), "{german}");
    assert_eq!(help(&["--region", "eu"], "en_GB.UTF-8"), german);
    let nowhere = help(&[], "C");
    assert!(nowhere.starts_with("In danger now? Call 112 or your emergency number.\n") && nowhere.contains("--region"), "{nowhere}");
    let rows: Vec<Value> = help(&["--json"], "en_GB.UTF-8").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.iter().any(|row| row["category"] == "danger" && row["ways"][0]["value"] == "999"), "{rows:?}");
    assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "it makes no home");
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
    alice.does(&["settings", "--born", "no"]);
    while_following(&alice, &bob);
}

/// Who stays in a chat is told of what arrives there, each once.
fn while_following(alice: &Person, bob: &Person) {
    bob.sends("alice", "hello");
    alice.reads("bob", "hello");
    let said = alice.path("told");
    let mut follow = alice.command(&["read", "bob", "--follow", "--last", "1", "--json"]);
    let mut following = follow.stdout(Stdio::piped()).stderr(fs::File::create(&said).unwrap()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("hello"));
    let told = |what: &str| fs::read_to_string(&said).unwrap().matches(what).count();
    until("what was there before is told", || (told("nude") == 1).then_some(()));
    assert_eq!(told(THREAT), 0);
    bob.sends("alice", "i will post your photos if you dont pay");
    until("it is told while she follows", || (told(THREAT) > 0).then_some(()));
    let other = bob.sends("alice", "see you at four");
    bob.does(&["edit", "alice", &other, "send me a nude pic"]);
    until("other words are told, too", || (told("nude") > 1).then_some(()));
    let all = fs::read_to_string(&said).unwrap();
    let notes: Vec<&str> = all.lines().filter(|line| line.starts_with("This stands out in message")).collect();
    assert_eq!(notes.iter().collect::<BTreeSet<_>>().len(), notes.len(), "each once: {all}");
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn how_one_knows_somebody_and_who_can_see_a_chat_are_said_on_the_command_line_and_what_leads_elsewhere_is_hidden_under_16() {
    let server = Server::start(&[]);
    let [alice, bob] = ["alice", "bob"].map(|name| Person::sign_up(name, &server));
    befriend(&alice, &[&bob], &server);
    alice.does(&["settings", "--born", "2020-01"]);
    bob.sends("alice", "add me on snap cool_guy99");
    let hidden = "add me on snap •••";
    let row = alice.reads("bob", hidden);
    assert_eq!(row["masked"], true);
    let id = id(&row);
    let everywhere = || {
        let listings = [&["read", "bob"][..], &["chats"], &["search", "snap"], &["info", "bob", &id], &["safety", "chat", "bob"]];
        let said = |listing: &[&str], format: &[&str]| alice.does(&[listing, format].concat());
        listings.map(|listing| [said(listing, &[]), said(listing, &["--json"])].concat()).concat()
    };
    assert!(!everywhere().contains("cool_guy99") && everywhere().contains(hidden), "{}", everywhere());
    assert!(alice.does(&["read", "bob"]).contains(&format!("(something is hidden: --show {id})")));
    assert!(alice.does(&["read", "bob", "--show", &id]).contains("cool_guy99"));
    assert!(alice.may_not(&["read", "bob", "--show", "12345"]).contains("12345"));
    // Nothing of it was noted: it is hidden again, until she says that she knows him in life.
    assert!(!alice.does(&["read", "bob"]).contains("cool_guy99"));
    assert!(!alice.does(&["know", "bob", "real-life"]).contains("not your fault"));
    assert!(alice.does(&["read", "bob"]).contains("cool_guy99"));
    assert!(alice.does(&["know", "bob", "online"]).contains("If that happened, it is not your fault."));
    assert!(alice.does(&["safety", "chat", "bob"]).contains("You know them only online."));
    assert!(!alice.does(&["read", "bob"]).contains("cool_guy99"));

    let who = || alice.does(&["who", "bob"]);
    assert!(who().starts_with("What protects you\n  You and bob can read this. Nobody else can.\n"), "{}", who());
    assert!(who().contains("  It stays until someone deletes it.\n") && !who().contains("Cipher suite"), "{}", who());
    alice.does(&["expire", "bob", "4w"]);
    assert!(who().contains("  It goes away after 4 weeks. A copy can stay.\n"), "{}", who());
    alice.does(&["settings", "--born", "1984-05"]);
    assert!(who().contains("Keys compared: 0 of 1.") && who().contains("Cipher suite "), "{}", who());
    assert!(alice.does(&["who", "bob", "--words", "plain"]).contains("You and bob can read this."));
    let rows = alice.lists(&["who", "bob"]);
    assert_eq!((rows[0]["name"].clone(), rows[0]["people"].as_array().unwrap().len()), ("bob".into(), 2));
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
