//! What is refused, and how it is said: exit code 1 with one plain sentence, 2 for wrong use.

use crate::neighbours::neighbours;
use crate::world::{Outcome, PROGRAM, Person, Server, folder, treehouse, until};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn every_command_explains_itself() {
    let mut seen = 0;
    let mut todo: Vec<Vec<String>> = vec![vec![]];
    while let Some(command) = todo.pop() {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = treehouse(&[words.as_slice(), &["--help"]].concat()).done();
        assert!(help.contains("Usage: treehouse"), "{words:?}: {help}");
        seen += 1;
        let blank = unexplained(&help);
        assert!(blank.is_empty(), "{words:?} says nothing about {blank:?}");
        let listed = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
        // Further lines of an explanation stand further to the right.
        let commands = listed.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
        for line in commands {
            let name = line.split_whitespace().next().unwrap();
            let explained = line.split_whitespace().nth(1).is_some();
            assert!(explained, "{words:?} says nothing about {name}");
            if name != "help" {
                todo.push([command.clone(), vec![name.to_owned()]].concat());
            }
        }
    }
    assert!(seen > 30, "only {seen} commands were found");
}

/// Arguments and options without a word behind them, or on the next line, further to the right.
fn unexplained(help: &str) -> Vec<&str> {
    let lines: Vec<&str> = help.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let spec = |line: &&str| indent(line) > 0 && indent(line) < 10 && line.trim_start().starts_with(['<', '[', '-']);
    let explained = |at: usize| {
        let told = lines[at].trim().split_once("  ").is_some();
        told || lines.get(at + 1).is_some_and(|next| !next.trim().is_empty() && indent(next) >= 10)
    };
    lines.iter().enumerate().filter(|(at, line)| spec(line) && !explained(*at)).map(|(_, line)| line.trim()).collect()
}

#[test]
fn wrong_use_ends_with_two_and_shows_the_way() {
    for wrong in [
        &[][..],
        &["fly"],
        &["send"],
        &["send", "bob"],
        &["react", "bob", "one", "👍"],
        &["serve"],
        // Nothing that was written may be lost without a word.
        &["send", "bob", "text", "--caption", "words"],
        &["send", "bob", "text", "--alt", "words"],
        &["send", "bob", "text", "--original"],
        &["send", "bob", "--caption", "words"],
        &["read", "bob", "--last", "0"],
        &["link", "--uses", "0"],
        &["link", "--uses", "101"],
        &["link", "--expires", "0"],
        &["link", "--expires", "99999"],
        &["serve", "--data", "d", "--url", "chat.example.org"],
        &["serve", "--data", "d", "--url", "http://chat.example.org"],
        &["serve", "--data", "d", "--url", "https://chat.example.org/treehouse"],
        &["admin", "close", "--data", "d", "nobody"],
    ] {
        let outcome = treehouse(wrong);
        assert_eq!(outcome.code, 2, "{wrong:?}: {outcome:?}");
        assert!(outcome.stdout.is_empty() && outcome.stderr.contains("--help"), "{wrong:?}: {outcome:?}");
    }
}

#[test]
fn without_an_account_every_command_says_how_to_make_one() {
    let server = Server::start(&[]);
    let stranger = Person::stranger("stranger", &server);
    let link = "http://127.0.0.1:1/c#AQ";
    for command in [&["chats"][..], &["sync"], &["link"], &["add", link], &["requests"], &["invitations"], &["search", "x"], &["whoami"]] {
        let sentence = stranger.may_not(command);
        assert_eq!(sentence, "There is no account here yet: make one with `treehouse signup USERNAME --server URL`.", "{command:?}");
    }
}

#[test]
fn a_taken_or_impossible_username_is_refused_and_another_may_be_chosen() {
    let all = neighbours();
    let late = Person::stranger("late", &all.server);
    let url = late.line.url();
    assert_eq!(late.may_not(&["signup", "alice", "--server", &url]), "The username alice is taken on this server: choose another.");
    assert!(late.may_not(&["signup", "a b", "--server", &url]).starts_with("A username has 3 to 32 letters"));
    assert_eq!(late.may_not(&["signup", "late", "--server", &url, "--name", " "]), "A name has one letter at least: choose one.");
    let long = late.may_not(&["signup", "late", "--server", &url, "--name", &"n".repeat(300)]);
    assert_eq!(long, "This name is too long: choose one of at most 128 bytes.");
    late.does(&["signup", "late", "--server", &url]);
    assert!(late.may_not(&["signup", "later", "--server", &url]).starts_with("This home already belongs to late"));
}

#[test]
fn an_address_that_is_none_or_has_nobody_is_refused() {
    let all = neighbours();
    let nobody = Person::stranger("nobody", &all.server);
    assert!(nobody.may_not(&["signup", "nobody", "--server", "chat.example.org"]).contains("not a server's address"));
    assert!(nobody.may_not(&["signup", "nobody", "--server", "http://chat.example.org"]).contains("without encryption"));
    nobody.line.hang_up();
    let sentence = nobody.may_not(&["signup", "nobody", "--server", &nobody.line.url()]);
    assert!(sentence.starts_with("The account could not be made"), "{sentence}");
}

#[test]
fn links_that_lead_nowhere_are_refused() {
    let (alice, bob) = (&neighbours().alice, &neighbours().bob);
    assert_eq!(bob.may_not(&["add", "hello"]), "This is not a contact link: copy the whole line that `treehouse link` printed.");
    let link = alice.link_for(bob, &[]);
    assert!(bob.may_not(&["add", &link[..link.len() - 4]]).starts_with("This is not a contact link"));
    assert!(bob.may_not(&["add", &link]).starts_with("alice is your contact already"));
    assert!(bob.may_not(&["add", &link.replace("http://127.0.0.1", "https://127.0.0.2")]).starts_with("This link belongs to the server"));
    let own = bob.does(&["link"]);
    assert!(bob.may_not(&["add", own.trim()]).starts_with("This is your own link"));
}

#[test]
fn what_cannot_be_sent_is_said_and_nothing_is_queued() {
    let gina = &neighbours().gina;
    assert_eq!(gina.may_not(&["send", "nobody", "Hello"]), "There is no chat called nobody: `treehouse chats` lists them.");
    assert!(gina.may_not(&["send", "alice", "  "]).starts_with("There is nothing to send"));
    assert!(gina.may_not(&["send", "alice", &"long ".repeat(20_000)]).starts_with("This is too long"));
    assert!(gina.may_not(&["send", "alice", "Yes", "--reply", "999999"]).starts_with("There is no message 999999"));
    assert!(gina.may_not(&["react", "alice", "999999", "👍"]).starts_with("There is no message 999999"));
    assert!(gina.may_not(&["info", "alice", "999999"]).starts_with("There is no message 999999"));
    let missing = gina.path("missing.jpg");
    let sentence = gina.may_not(&["send", "alice", "--file", missing.to_str().unwrap()]);
    assert!(sentence.starts_with("The file missing.jpg cannot be read"), "{sentence}");
    let folder = gina.path("folder.jpg");
    fs::create_dir(&folder).unwrap();
    assert!(gina.may_not(&["send", "alice", "--file", folder.to_str().unwrap()]).contains("it is not a file"));
    let lines = gina.lists(&["read", "alice"]);
    assert!(lines.iter().all(|line| line["state"] != "failed" && line["state"] != "uploading"), "a line was left: {lines:?}");
    let said = gina.sends("alice", "Something at last");
    assert_eq!(gina.may_not(&["react", "alice", &said, "good"]), "A reaction is one emoji, such as 👍.");
    gina.does(&["sync"]);
}

#[test]
fn a_person_goes_before_a_group_of_the_same_name_and_an_id_before_any_name() {
    let (alice, gina) = (&neighbours().alice, &neighbours().gina);
    assert_eq!(
        alice.may_not(&["group", "create", "12", "carol"]),
        "A name of digits alone would be taken for an id: choose one with a letter."
    );
    // A group called as somebody is called.
    let made = alice.does(&["group", "create", "Gina", "carol"]);
    assert!(made.starts_with("Invited: carol. "), "{made}");
    alice.sends("gina", "To the person");
    gina.reads("alice", "To the person");
    let group = alice.lists(&["chats"]).into_iter().find(|chat| chat["name"] == "Gina").unwrap();
    let id = group["id"].to_string();
    alice.sends(&format!("#{id}"), "To the group");
    assert!(alice.lists(&["read", &id]).iter().any(|message| message["text"] == "To the group"));
    alice.does(&["group", "rename", &id, "Not a person"]);
    alice.sends("Not a person", "By name");
}

#[test]
fn an_empty_home_is_no_home() {
    let mut command = Command::new(PROGRAM);
    command.arg("chats").env_remove("TREEHOUSE_HOME").env("HOME", "");
    assert!(Outcome::of(&mut command).refused().starts_with("There is no home folder"));
}

#[test]
fn a_second_program_on_one_home_names_the_first() {
    let server = Server::start(&[]);
    let quinn = Person::sign_up("quinn", &server);
    quinn.line.hang_up();
    // Without a connection `sync` tries for a minute.
    let mut first = quinn.command(&["sync"]).stderr(Stdio::null()).spawn().unwrap();
    let holder = format!("process {}: treehouse sync", first.id());
    until("the first program has the home", || {
        fs::read_to_string(quinn.home().join("lock")).is_ok_and(|text| text == holder).then_some(())
    });
    let sentence = quinn.may_not(&["chats"]);
    assert!(sentence.contains("Another treehouse program is using") && sentence.contains(&holder), "{sentence}");
    first.kill().unwrap();
    first.wait().unwrap();
    quinn.line.lay_to(server.address());
    quinn.does(&["chats"]);
}

#[test]
fn a_damaged_or_missing_key_is_never_replaced() {
    let server = Server::start(&[]);
    let rosa = Person::sign_up("rosa", &server);
    let key = rosa.home().join("key");
    let good = fs::read(&key).unwrap();
    fs::write(&key, &good[..31]).unwrap();
    assert!(rosa.may_not(&["chats"]).contains("is missing or damaged"));
    fs::remove_file(&key).unwrap();
    assert!(rosa.may_not(&["chats"]).contains("is missing or damaged"));
    fs::write(&key, [7; 32]).unwrap();
    assert!(rosa.may_not(&["chats"]).contains("does not open the messages"));
    fs::write(&key, good).unwrap();
    rosa.does(&["chats"]);
}

/// What `serve` says when it cannot begin.
fn cannot_serve(command: &mut Command) -> String {
    Outcome::of(command).refused()
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = folder();
    let sentence = cannot_serve(&mut Server::command(&dir.path().join("data"), &address));
    assert!(sentence.starts_with("another program listens at this address already") && sentence.contains(&address), "{sentence}");
}

#[test]
fn a_server_does_not_listen_to_the_world_without_a_certificate() {
    let dir = folder();
    let sentence = cannot_serve(&mut Server::command(&dir.path().join("data"), "0.0.0.0:0"));
    assert!(sentence.starts_with("without a certificate the server listens on this machine only"), "{sentence}");
    let mut everywhere = Server::command(&dir.path().join("data"), "0.0.0.0:0");
    everywhere.args(["--cert", "chain.pem", "--key", "key.pem"]);
    let sentence = cannot_serve(&mut everywhere);
    assert!(sentence.contains("--url https://"), "{sentence}");
}

#[test]
fn two_servers_do_not_share_their_data() {
    let server = Server::start(&[]);
    let sentence = cannot_serve(&mut Server::command(&server.data(), "127.0.0.1:0"));
    assert!(sentence.starts_with("another `treehouse serve` uses the data directory already"), "{sentence}");
}

/// The program as somebody who is bound by the permissions of files, which root is not.
fn as_anybody(dir: &Path) -> Command {
    let me = fs::metadata(dir).unwrap().uid();
    if me != 0 {
        return Command::new(PROGRAM);
    }
    // Nobody else may be able to reach the program where it was built.
    let copy = dir.join("treehouse");
    // By another process: what a test beside this one starts meanwhile would hold the copy open for writing, and then it cannot be run.
    assert!(Command::new("cp").args([Path::new(PROGRAM), &copy]).status().unwrap().success());
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(copy);
    command.uid(65534).gid(65534);
    command
}

#[test]
fn a_folder_that_cannot_be_written_is_named_on_both_sides() {
    let dir = folder();
    let closed = dir.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    let mut serve = as_anybody(dir.path());
    let sentence = cannot_serve(serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(closed.join("data")));
    assert!(sentence.starts_with("the data directory cannot be written") && sentence.contains("closed/data"), "{sentence}");
    let mut chats = as_anybody(dir.path());
    let sentence = Outcome::of(chats.args(["chats", "--home"]).arg(closed.join("me"))).refused();
    assert!(sentence.contains("closed/me cannot be used"), "{sentence}");
}
