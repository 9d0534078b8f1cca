//! A home is lost, and its account comes back with 12 words or one file.

use crate::world::{Person, Server, befriend, gather, until};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

/// Runs a command that reads words from its standard input.
fn with_input(person: &Person, arguments: &[&str], input: &str) -> crate::world::Outcome {
    let mut child = person.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

fn words_of(printed: &str) -> String {
    let words: Vec<&str> = printed.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(words.len(), 12, "{printed}");
    words.join(" ")
}

#[test]
fn a_lost_home_comes_back_with_twelve_words_and_again_with_the_recovery_file() {
    let server = Server::start(&[]);
    let people = ["ada", "bea", "cleo"].map(|name| Person::sign_up(name, &server));
    let [ada, bea, cleo] = &people;
    befriend(ada, &[bea, cleo], &server);
    gather(ada, "Garden", &[bea, cleo]);
    ada.sends("bea", "Before the flood");

    let file = ada.path("treehouse-recovery.txt");
    let path = file.to_str().unwrap();
    let words = words_of(&ada.does(&["words", "--file", path]));
    assert_eq!(words_of(&ada.does(&["words"])), words, "the same words again");
    assert!(ada.may_not(&["words", "--file", path]).contains("cannot be written"), "a file is not written over");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("Treehouse recovery, version 1\n") && text.contains(&format!("Server: {}\n", ada.line.url())), "{text}");
    assert_eq!(with_input(ada, &["words", "--confirm"], &words).code, 0);
    assert!(with_input(ada, &["words", "--confirm"], &words.replacen(' ', " zoo ", 1)).refused().contains("not your words"));

    // Words that are wrong in one way or another, on a new device.
    let home = ada.path("a new home");
    let new = Person::stranger("ada", &server).at(home);
    let url = new.line.url();
    let restore = ["restore", "--server", url.as_str()];
    assert!(with_input(&new, &restore, "only three words").refused().contains("3 words"));
    assert!(with_input(&new, &restore, &words.replacen(' ', "x ", 1)).refused().starts_with("Word 1 is not one"));
    let nobody = format!("{}about", "abandon ".repeat(11));
    assert!(with_input(&new, &restore, &nobody).refused().contains("keeps nothing for these words"));
    assert!(new.may_not(&["restore", "--file", ada.home().join("lock").to_str().unwrap()]).contains("not a recovery file"));

    // The neighbours answer while the restored device waits.
    let back = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| with_input(&new, &restore, &format!("{}\n", words.to_uppercase())));
        while !waiting.is_finished() {
            let _ = (bea.tries(&["sync"]), cleo.tries(&["sync"]));
        }
        waiting.join().unwrap()
    });
    assert_eq!(back.code, 0, "{back:?}");
    assert!(back.stdout.contains("You are ada on") && back.stdout.contains("does not come back"), "{back:?}");
    until("all chats are back", || {
        let _ = (bea.tries(&["sync"]), cleo.tries(&["sync"]));
        new.lists(&["chats"]).iter().all(|chat| chat["state"] == "active").then_some(())
    });
    new.sends("bea", "After the flood");
    new.sends("Garden", "The beds survived");
    assert!(bea.reads("ada", "After the flood")["text"].is_string());
    bea.reads("ada", "ada is here on a new device.");
    cleo.reads("Garden", "The beds survived");
    bea.sends("Garden", "What a relief");
    new.reads("Garden", "What a relief");

    // The old device says what has happened, and keeps what it holds.
    let told = ada.tries(&["read", "bea"]);
    assert!(told.stdout.contains("Before the flood") && told.stderr.contains("goes on on another device"), "{told:?}");
    assert!(ada.may_not(&["send", "bea", "from the old one"]).contains("goes on on another device"));
    assert!(new.may_not(&["restore", "--file", path]).contains("already belongs to ada"));
}

#[test]
fn the_recovery_file_alone_brings_an_account_back() {
    let server = Server::start(&[]);
    let dora = Person::sign_up("dora", &server);
    let file = dora.path("treehouse-recovery.txt");
    let path = file.to_str().unwrap();
    dora.does(&["words", "--file", path]);
    let new = Person::stranger("dora", &server).at(dora.path("a new home"));
    let said = new.does(&["restore", "--file", path]);
    assert!(said.contains("You are dora on") && said.contains("0 of 0 chats are back"), "{said}");
    // It is the account: its links work, and the old home is told.
    assert!(new.does(&["link"]).contains("/c#"));
    assert!(dora.may_not(&["link"]).contains("goes on on another device"));
}
