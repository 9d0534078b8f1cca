//! What the world does to programs: full disks, disks that cannot be written, files where folders should be. One sentence each, and nothing lost.

use crate::neighbours::begin;
use crate::world::{Disk, Outcome, PROGRAM, Person, Server, befriend, folder, http_get, until};
use std::fs;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// A server on a small disk, Fred whose home is on another, and Gwen.
struct Shore {
    server: Server,
    fred: Person,
    gwen: Person,
}

static SHORE: LazyLock<Mutex<Shore>> = LazyLock::new(|| {
    let server = Server::on(Disk::of(8));
    let [fred, gwen] = [Person::stranger_on(Disk::of(4), "fred", &server), Person::stranger("gwen", &server)];
    for person in [&fred, &gwen] {
        person.does(&["signup", &person.name, "--server", &person.line.url()]);
    }
    befriend(&fred, &[&gwen], &server);
    Mutex::new(Shore { server, fred, gwen })
});

pub fn set_up() {
    LazyLock::force(&SHORE);
}

fn shore() -> MutexGuard<'static, Shore> {
    begin();
    SHORE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn says_full(disk: &Disk, sentence: &str) {
    // A limit on the size of files is no full disk, and no program says that it is.
    assert!(!disk.is_mounted() || sentence.contains("is full") && sentence.to_lowercase().contains("make room"), "{sentence}");
}

fn begins(person: &Person, arguments: &[&str]) -> Child {
    person.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn ends(mut child: Child) -> String {
    let mut printed = String::new();
    child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert!(child.wait().unwrap().success(), "{printed}");
    printed
}

#[test]
fn on_a_full_disk_a_server_takes_nothing_loses_nothing_and_goes_on_when_there_is_room() {
    let mut shore = shore();
    let Shore { server, fred, gwen } = &mut *shore;
    fred.sends("gwen", "While there was room");
    server.disk.as_ref().unwrap().fill(server.process());
    let file = gwen.path("tide.txt");
    fs::write(&file, "High water").unwrap();
    let words = begins(fred, &["send", "gwen", "While there was none"]);
    let photo = begins(gwen, &["send", "fred", "--file", file.to_str().unwrap()]);
    if server.disk.as_ref().unwrap().is_mounted() {
        let refused = |metrics: &str| {
            let line = metrics.lines().find_map(|line| line.strip_prefix("treehouse_failed_batches_total "));
            line.is_some_and(|count| count != "0").then_some(())
        };
        until("the server refuses to write", || refused(&http_get(server.address(), "/metrics")));
        assert_eq!(http_get(server.address(), "/healthz"), "ok\n");
        let backup = server.disk.as_ref().unwrap().path().join("backup");
        says_full(server.disk.as_ref().unwrap(), &server.admin("backup", &[backup.to_str().unwrap()]).refused());
        assert!(!server.disk.as_ref().unwrap().seen().join("backup").exists(), "half a backup is left");
        server.disk.as_ref().unwrap().free(server.process());
    } else {
        assert_eq!(server.ended(), Some(1));
        server.disk.as_ref().unwrap().free(None);
        server.again();
        [&*fred, gwen].iter().for_each(|person| person.line.lay_to(server.address()));
    }
    for child in [words, photo] {
        let printed = ends(child);
        assert!(printed.starts_with("sent ") || printed.starts_with("queued "), "{printed}");
    }
    fred.does(&["sync"]);
    gwen.does(&["sync"]);
    gwen.reads("fred", "While there was none");
    gwen.reads("fred", "While there was room");
    fred.sees("the file", &["read", "gwen"], |message| message["file"]["name"] == "tide.txt");
}

#[test]
fn a_server_that_begins_on_a_full_disk_says_so_and_begins_when_there_is_room() {
    let disk = Disk::of(2);
    let data = disk.path().join("data");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    disk.fill(None);
    says_full(&disk, &Outcome::of(&mut disk.command(&serve)).refused());
    disk.free(None);
    // What the first try left behind is no hindrance.
    let mut server = Server::on(disk);
    let hugo = Person::sign_up("hugo", &server);
    server.stop();
    let disk = server.disk.as_ref().unwrap();
    disk.fill(None);
    let again = server.program(&["serve", "--listen", "127.0.0.1:0", "--data", &server.data_text()]).output().unwrap();
    let sentence = Outcome { stderr: last_line(&again.stderr), ..again.into() }.refused();
    says_full(disk, &sentence);
    disk.free(None);
    server.again();
    hugo.line.lay_to(server.address());
    hugo.does(&["sync"]);
}

fn last_line(printed: &[u8]) -> String {
    String::from_utf8_lossy(printed).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn on_a_full_disk_a_person_is_told_so_and_finds_everything_when_there_is_room() {
    let shore = shore();
    let Shore { fred, gwen, .. } = &*shore;
    fred.sends("gwen", "Ebb");
    let disk = fred.disk.as_ref().unwrap();
    disk.fill(None);
    gwen.sends("fred", "For later");
    for command in [&["send", "gwen", "Never said"][..], &["read", "gwen"], &["chats"], &["sync"], &["link"]] {
        let sentence = fred.may_not(command);
        says_full(disk, &sentence);
    }
    disk.free(None);
    fred.reads("gwen", "For later");
    fred.reads("gwen", "Ebb");
    let said = fred.sends("gwen", "Flood");
    assert!(!said.is_empty());
    gwen.reads("fred", "Flood");
    for (person, chat) in [(fred, "gwen"), (gwen, "fred")] {
        let texts = person.lists(&["read", chat]);
        assert!(texts.iter().all(|message| message["text"] != "Never said"), "what was refused was said after all");
    }
}

#[test]
fn an_account_that_found_no_room_can_be_made_when_there_is_some() {
    let server = Server::start(&[]);
    let ida = Person::stranger_on(Disk::of(2), "ida", &server);
    let disk = ida.disk.as_ref().unwrap();
    disk.fill(None);
    let sign_up = ["signup", "ida", "--server", &ida.line.url()];
    says_full(disk, &ida.may_not(&sign_up));
    disk.free(None);
    ida.does(&sign_up);
    ida.does(&["chats"]);
}

#[test]
fn a_disk_that_cannot_be_written_is_named_on_both_sides_and_serves_again_afterwards() {
    let mut server = Server::on(Disk::of(4));
    let jill = Person::stranger_on(Disk::of(4), "jill", &server);
    jill.does(&["signup", "jill", "--server", &jill.line.url()]);
    let disk = jill.disk.as_ref().unwrap();
    if !disk.is_mounted() {
        println!("without a disk of its own only a_folder_that_cannot_be_written_is_named_on_both_sides shows this");
        return;
    }
    disk.remount("ro");
    for command in [&["chats"][..], &["sync"]] {
        let sentence = jill.may_not(command);
        assert!(sentence.contains("read-only") && sentence.contains(jill.home().to_str().unwrap()), "{sentence}");
    }
    disk.remount("rw");
    jill.does(&["chats"]);
    server.stop();
    server.disk.as_ref().unwrap().remount("ro");
    let sentence = Outcome::of(&mut server.program(&["serve", "--listen", "127.0.0.1:0", "--data", &server.data_text()])).refused();
    assert!(sentence.starts_with("the data directory cannot be written") && sentence.contains(&server.data_text()), "{sentence}");
    let sentence = server.admin("close", &[&"00".repeat(32)]).refused();
    assert!(sentence.contains("cannot be written"), "{sentence}");
    server.disk.as_ref().unwrap().remount("rw");
    server.again();
    jill.line.lay_to(server.address());
    jill.does(&["sync"]);
}

#[test]
fn a_file_where_a_folder_should_be_is_named_on_both_sides() {
    let dir = folder();
    let file = dir.path().join("file");
    fs::write(&file, "Not a folder").unwrap();
    for path in [file.clone(), file.join("below")] {
        let sentence = Outcome::of(&mut Server::command(&path, "127.0.0.1:0")).refused();
        assert!(sentence.starts_with("the data directory cannot be written") && sentence.contains(path.to_str().unwrap()), "{sentence}");
        let sentence = Outcome::of(Command::new(PROGRAM).args(["chats", "--home"]).arg(&path)).refused();
        assert!(sentence.contains("cannot be used") && sentence.contains(path.to_str().unwrap()), "{sentence}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "Not a folder");
}

#[test]
fn a_damaged_or_missing_key_of_a_server_is_never_replaced() {
    let mut server = Server::start(&[]);
    let kurt = Person::sign_up("kurt", &server);
    server.stop();
    for name in ["identity", "stamp", "pepper"] {
        let key = server.data().join("keys").join(name);
        let good = fs::read(&key).unwrap();
        for damaged in [Some(&good[..31]), None] {
            match damaged {
                Some(bytes) => fs::write(&key, bytes).unwrap(),
                None => fs::remove_file(&key).unwrap(),
            }
            let sentence = Outcome::of(&mut Server::command(&server.data(), "127.0.0.1:0")).refused();
            assert!(sentence.starts_with("a key file in the data directory is missing or damaged: bring it back"), "{sentence}");
        }
        fs::write(&key, good).unwrap();
    }
    server.again();
    kurt.line.lay_to(server.address());
    kurt.does(&["sync"]);
}

#[test]
fn a_damaged_database_is_said_to_be_damaged_on_both_sides() {
    let mut server = Server::start(&[]);
    let lotte = Person::sign_up("lotte", &server);
    server.stop();
    let [theirs, hers] = [server.data().join("treehouse.db"), lotte.home().join("store.db")];
    let good = [&theirs, &hers].map(|path| fs::read(path).unwrap());
    // Every page but the first is no page any more.
    for (path, good) in [&theirs, &hers].iter().zip(&good) {
        let mut bytes = good.clone();
        bytes.iter_mut().skip(8192).for_each(|byte| *byte = !*byte);
        fs::write(path, bytes).unwrap();
    }
    let sentence = lotte.may_not(&["chats"]);
    assert!(sentence.contains("damaged") && sentence.contains("backup"), "{sentence}");
    let sentence = last_line(Outcome::of(&mut server.program(&["admin", "list", "--data", &server.data_text()])).refused().as_bytes());
    assert!(sentence.contains("backup") || sentence.starts_with("the disk failed"), "{sentence}");
    for (path, good) in [&theirs, &hers].iter().zip(good) {
        fs::write(path, good).unwrap();
    }
    server.again();
    lotte.line.lay_to(server.address());
    lotte.does(&["sync"]);
}
