//! What an operator does beside a running server.

use crate::neighbours::{Village, neighbours};
use crate::world::{Person, Server, folder, http_get, http_status, names, treehouse};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

fn accounts(server: &Server) -> Vec<Value> {
    server.admin("list", &["--json"]).rows()
}

fn account_of(person: &Person, chat: &str, mine: bool) -> String {
    let message = person.lists(&["read", chat]).into_iter().find(|message| message["mine"] == mine).unwrap();
    person.lists(&["info", chat, &message["id"].to_string()])[0]["sender_account"].as_str().unwrap().to_owned()
}

#[test]
fn only_invited_people_join_and_each_invitation_works_once() {
    let server = Server::start(&["--invite-only"]);
    let [sara, theo, uma] = ["sara", "theo", "uma"].map(|name| Person::stranger(name, &server));
    let sign_up = |person: &Person, invitation: &str| {
        let at = invitation.replace(&server.url(), &person.line.url());
        person.tries(&["signup", &person.name, "--server", &at])
    };
    assert!(sign_up(&sara, &server.url()).refused().starts_with("This server takes invited people only"));
    let invitations = treehouse(&["invite", "--data", &server.data_text(), "--count", "2", "--role", "teacher", "--expires", "3"]).done();
    let invitations: Vec<&str> = invitations.lines().collect();
    assert_eq!(invitations.len(), 2);
    assert!(invitations.iter().all(|link| link.starts_with(&server.url())), "{invitations:?}");
    // Refused people try again in the same home.
    sign_up(&sara, invitations[0]).done();
    assert_eq!(sign_up(&theo, invitations[0]).refused(), "This invitation is unknown, used or expired: ask for a new one.");
    sign_up(&theo, invitations[1]).done();
    let wrong = format!("{}/i#{}", server.url(), "00".repeat(16));
    assert_eq!(sign_up(&uma, &wrong).refused(), "This invitation is unknown, used or expired: ask for a new one.");
    let accounts = accounts(&server);
    assert_eq!(accounts.len(), 2);
    assert!(accounts.iter().all(|account| account["role"] == "teacher"));
}

#[test]
fn a_closed_account_is_out_and_nobody_else_notices() {
    let all = neighbours();
    let (server, vera, will) = (&all.server, &all.vera, &all.will);
    will.sends("vera", "Still here");
    vera.reads("will", "Still here");
    let known = accounts(server);
    assert_eq!(names(&known[0]), BTreeSet::from(["id", "since", "role", "closed", "restricted", "bytes_per_day"]));
    let bad = account_of(vera, "will", false);
    assert_eq!(server.admin("close", &[&bad]).done(), "closed\n");
    let closed: Vec<(bool, bool)> = accounts(server).iter().map(|row| (row["id"] == bad.as_str(), row["closed"] == true)).collect();
    assert!(closed.iter().all(|(is_him, is_closed)| is_him == is_closed), "{closed:?}");
    let outcome = will.tries(&["send", "vera", "Hello?"]);
    assert!(!outcome.stdout.starts_with("sent"), "{outcome:?}");
    assert_eq!(will.may_not(&["sync"]), "The server refused: its operator has closed this account. Ask them why.");
    let outcome = will.tries(&["chats"]);
    assert!(outcome.code == 0 && outcome.stderr.contains("has closed this account"), "{outcome:?}");
    vera.does(&["send", "will", "Nobody reads this"]);
    // It was a mistake: it is opened again, and goes on where it was.
    assert_eq!(server.admin("reopen", &[&bad]).done(), "open\n");
    assert!(accounts(server).iter().all(|row| row["closed"] == false));
    crate::world::until("the server knows it", || (will.tries(&["sync"]).code == 0).then_some(()));
    will.reads("vera", "Nobody reads this");
    will.sends("vera", "I am back");
    vera.reads("will", "I am back");
    let nobody = "00".repeat(32);
    assert!(server.admin("reopen", &[&nobody]).refused().starts_with("no account has this key"));
    assert!(server.admin("close", &[&nobody]).refused().starts_with("no account has this key"));
}

#[test]
fn a_safety_team_is_as_large_as_its_members_programs_can_read_and_no_larger() {
    let server = Server::start(&[]);
    let folder = folder();
    let halves = folder.path().join("halves");
    let accounts: Vec<String> = (0..17).map(|n| format!("{n:02x}").repeat(32)).collect();
    let set_up = |members: &[String]| {
        let mut whom: Vec<&str> = members[1..].iter().flat_map(|account| ["--member", account]).collect();
        whom.extend(["--deputy", &members[0], "--halves", halves.to_str().unwrap()]);
        server.admin("desk", &whom).refused()
    };
    assert!(set_up(&accounts).starts_with("a safety team has at most 16 accounts"));
    assert!(!halves.exists() && !server.data().join("desk").exists(), "nothing is left of it");
    // One fewer is a team; only that nobody of it is here.
    assert!(set_up(&accounts[..16]).starts_with("no account has this key"));
}

#[test]
fn a_quota_is_the_end_of_uploads_for_that_day() {
    let all = neighbours();
    let (server, xena) = (&all.server, &all.xena);
    xena.sends("yuri", "First words");
    let account = account_of(xena, "yuri", true);
    assert_eq!(server.admin("quota", &[&account, "100000"]).done(), "set\n");
    assert!(accounts(server).iter().any(|row| row["id"] == account.as_str() && row["bytes_per_day"] == 100_000));
    let file = xena.path("large.bin");
    std::fs::write(&file, vec![1; 200_000]).unwrap();
    let sentence = xena.may_not(&["send", "yuri", "--file", file.to_str().unwrap()]);
    assert!(sentence.starts_with("The server refused"), "{sentence}");
    let state = xena.lists(&["read", "yuri"]).pop().unwrap()["state"].clone();
    assert_eq!(state, "failed");
    // Words are no files.
    xena.sends("yuri", "Words still go");
    all.yuri.reads("xena", "Words still go");
}

#[test]
fn a_backup_brings_everything_back_elsewhere() {
    let village = Village::of(&["zoe", "adam"]);
    let [zoe, adam] = village.people.as_slice() else { panic!() };
    let server = &village.server;
    let photo = zoe.path("notes.txt");
    std::fs::write(&photo, "Not lost").unwrap();
    zoe.does(&["send", "adam", "--file", photo.to_str().unwrap()]);
    let dir = folder();
    let backup = dir.path().join("backup");
    let target = backup.to_str().unwrap();
    server.admin("backup", &[target]).done();
    assert!(server.admin("backup", &[target]).refused().starts_with("the target exists already"));
    let data = dir.path().join("data");
    // The copy knows where people reach it, so that invitations can be made before it is served.
    let invitation = treehouse(&["invite", "--data", target]).done();
    assert!(invitation.starts_with(&server.url()), "{invitation}");
    let restore = |data: &str| treehouse(&["admin", "restore", "--data", data, target]);
    restore(data.to_str().unwrap()).done();
    assert!(restore(data.to_str().unwrap()).refused().starts_with("the target exists already"));
    let server = Server::over(&data);
    for person in [zoe, adam] {
        person.line.lay_to(server.address());
    }
    let saved = adam.path("saved");
    adam.does(&["read", "zoe", "--save", saved.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(saved.join("notes.txt")).unwrap(), "Not lost");
    adam.sends("zoe", "Here it is");
    zoe.reads("adam", "Here it is");
    let nothing = folder();
    let nothing = nothing.path().to_str().unwrap();
    assert!(treehouse(&["admin", "list", "--data", nothing]).refused().starts_with("there is no server's data"));
}

#[test]
fn the_server_says_how_it_is_and_counts_without_names() {
    let server = Server::start(&[]);
    Person::sign_up("counted", &server);
    assert_eq!(http_get(server.address(), "/healthz"), "ok\n");
    let metrics = http_get(server.address(), "/metrics");
    assert!(metrics.contains("\ntreehouse_operations_total "), "{metrics}");
    assert!(!metrics.contains("counted"));
}

#[test]
fn counts_are_looked_at_where_the_operator_says_and_nowhere_else() {
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(&["--metrics", &at.to_string()]);
    assert!(http_get(at, "/metrics").contains("\ntreehouse_operations_total "));
    assert_eq!(http_get(server.address(), "/healthz"), "ok\n");
    assert_eq!((http_status(server.address(), "/metrics"), http_status(at, "/v1/ws"), http_status(at, "/")), (404, 404, 404));
}

#[test]
fn nobody_else_reads_the_database_in_a_folder_that_was_there_before() {
    let dir = folder();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = Server::over(&data);
    for name in ["treehouse.db", "treehouse.db-wal"] {
        let mode = std::fs::metadata(server.data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn after_an_old_backup_people_are_told_what_is_lost_and_nothing_more_when_the_right_one_is_back() {
    let mut village = Village::of(&["olga", "pavel"]);
    let dir = folder();
    let (old, right) = (dir.path().join("old"), dir.path().join("right"));
    village.people[0].sends("pavel", "Before");
    village.people[1].reads("olga", "Before");
    village.server.admin("backup", &[old.to_str().unwrap()]).done();
    village.people[0].sends("pavel", "Gone on the server");
    village.people[1].reads("olga", "Gone on the server");
    village.people[0].does(&["sync"]);
    village.server.stop();
    std::fs::rename(village.server.data(), &right).unwrap();
    std::fs::rename(&old, village.server.data()).unwrap();
    village.server.again();
    village.reconnect();
    let [olga, pavel] = village.people.as_slice() else { panic!() };
    let outcome = olga.tries(&["send", "pavel", "Does not leave"]);
    assert!(outcome.code == 0 && outcome.stdout.starts_with("queued "), "{outcome:?}");
    for told in [outcome.stderr, olga.may_not(&["sync"]), pavel.tries(&["chats"]).stderr, pavel.tries(&["read", "olga"]).stderr] {
        assert!(told.starts_with("The server has lost messages of "), "{told}");
    }
    assert!(pavel.lists(&["read", "olga"]).iter().any(|message| message["text"] == "Gone on the server"), "it stays here");
    village.server.stop();
    std::fs::remove_dir_all(village.server.data()).unwrap();
    std::fs::rename(&right, village.server.data()).unwrap();
    village.server.again();
    village.reconnect();
    let [olga, pavel] = village.people.as_slice() else { panic!() };
    olga.does(&["sync"]);
    pavel.reads("olga", "Does not leave");
    let outcome = pavel.tries(&["chats"]);
    assert!(outcome.code == 0 && outcome.stderr.is_empty(), "{outcome:?}");
}
