//! The whole way on the command line, in the order in which it happens: what stands out is told, Help is there, what was said is kept, the other side
//! takes it back and leaves, somebody trusted is told, it is reported, read and acted upon, checked by a stranger, opened with both halves.

use crate::desks::{account, desk, heard, pair, reports};
use crate::reports::as_str;
use crate::world::tools::ffmpeg;
use crate::world::{Outcome, PROGRAM, Person, Server, befriend, folder, gather, until};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use view::{NewTold, ReportReason, ToldTo};

const PASSPHRASE: &str = "a box of my own";
const REFERENCE: &str = "CR 1234/27";

/// The program on a machine where nobody has an account.
fn officer(home: &Path, arguments: &[&str]) -> Outcome {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().env("HOME", home).stdin(Stdio::null());
    Outcome::of(&mut command)
}

/// A threat is told to who has not said how old they are, with where to find help.
fn stands_out(ada: &Person, bea: &Person) {
    ada.sends("bea", "i will post your photos if you dont pay");
    bea.reads("ada", "i will post your photos if you dont pay");
    let told = bea.tries(&["read", "ada"]).stderr;
    for part in ["This stands out in message", "They say something bad will happen", "This is not your fault.", "treehouse help-lines"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let help = bea.does(&["help-lines"]);
    assert!(help.starts_with("In danger now? Call 999.\n") && help.contains("call 0800 1111"), "{help}");
}

/// Somebody trusted is told, and reads first how to help; then they are given what was said, which opens for them alone.
fn told_to_somebody_trusted(server: &Server, ada: &Person, bea: &Person, from_box: &[&str]) {
    let gran = Person::sign_up("gran", server);
    befriend(&gran, &[bea], server);
    bea.does(&["settings", "--trust", "gran"]);
    bea.does(&["talk"]);
    gran.sees("that she needs to talk", &["chats"], |chat| chat["name"] == "bea" && chat["last_text"] == "I need to talk.");
    let read = gran.tries(&["read", "bea"]);
    assert!(read.stderr.starts_with("First: Thank them. Don't blame.") && read.stdout.contains("I need to talk."), "{read:?}");
    let file = bea.path("gran.thr");
    bea.does(&[&["report"], from_box, &["--to", "gran", "--reason", "mean", "--out", as_str(&file)]].concat());
    assert!(gran.does(&["verify", as_str(&file)]).contains("| You will be sorry"));
    assert!(ada.may_not(&["verify", as_str(&file)]).contains("sealed for somebody else"));
}

/// They share a group, and the other side leaves it.
fn leaves(ada: &Person, bea: &Person) {
    gather(ada, "Trip", &[bea]);
    ada.does(&["group", "promote", "Trip", "bea"]);
    for person in [ada, bea] {
        person.sees("that she is an admin", &["group", "members", "Trip"], |member| member["name"] == "bea" && member["admin"] == true);
    }
    ada.does(&["group", "leave", "Trip", "--anyway"]);
    bea.does(&["sync"]);
    // Whoever wants to say something next lets her go.
    bea.does(&["send", "Trip", "Goodbye"]);
    bea.sees("that she left", &["read", "Trip"], |row| row["happened"]["left"].is_object());
}

/// Words and a picture arrive and are kept; then their sender deletes all of it, the threat too, and goes. Gives what is kept.
fn kept_and_taken_back(ada: &Person, bea: &Person, words: &Path) -> Vec<String> {
    let drawn = ada.path("drawn.jpg");
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=64x48", "-frames:v", "1", as_str(&drawn)]);
    ada.sends("bea", "You will be sorry");
    ada.does(&["send", "bea", "--file", as_str(&drawn)]);
    let said = bea.reads("ada", "You will be sorry")["id"].to_string();
    let shown = bea.sees("the picture", &["read", "ada"], |row| row["kind"] == "photo");
    assert_eq!(bea.does(&["keep", "ada", &said, &shown["id"].to_string(), "--passphrase-file", as_str(words)]), "kept 2\n");
    for row in ada.lists(&["read", "bea"]).iter().filter(|row| row["mine"] == true) {
        ada.does(&["delete", "bea", &row["id"].to_string()]);
    }
    ada.does(&["sync"]);
    ada.line.hang_up();
    let gone = || bea.lists(&["read", "ada"]).iter().filter(|row| row["kind"] == "deleted").count() == 3;
    until("all of it is gone from the chat", || gone().then_some(()));
    let rows = bea.lists(&["kept", "--passphrase-file", as_str(words)]);
    assert!(rows.iter().any(|row| row["text"] == "You will be sorry" && row["since"][0]["what"] == "deleted"), "{rows:?}");
    rows.iter().map(|row| row["id"].to_string()).collect()
}

#[test]
fn the_whole_way_on_the_command_line() {
    let server = Server::start(&[]);
    let [ada, bea] = ["ada", "bea"].map(|name| Person::sign_up(name, &server));
    // By a link that Ada gives away.
    befriend(&ada, &[&bea], &server);
    stands_out(&ada, &bea);
    leaves(&ada, &bea);
    let [cleo, dora, ..] = desk(&server, ["cleo", "dora", "erin", "evan"], &[], None);
    let halves = cleo.path("halves");
    bea.does(&["sync"]);
    let words = bea.path("box");
    fs::write(&words, format!("{PASSPHRASE}\n")).unwrap();
    let ids = kept_and_taken_back(&ada, &bea, &words);

    // Reported from what is kept: the team reads what holds, then the words, and has no way to the picture.
    let mut from_box = vec!["ada", "--box-passphrase-file", as_str(&words), "--kept"];
    from_box.extend(ids.iter().map(String::as_str));
    told_to_somebody_trusted(&server, &ada, &bea, &from_box);
    let number = reports(&bea, &[from_box.as_slice(), &["--to", "desk", "--note", "Please help."]].concat(), &bea.path("report.thr"));
    let shown = cleo.does(&["desk", "show", &number]);
    assert!(shown.starts_with("Made with this account's key, or by the Safety Authority."), "{shown}");
    for part in ["every check of them holds.", "| You will be sorry", "| Please help.", "They left their name out", "stored as blob"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let after = |what: &str| shown.split(what).nth(1).unwrap()[..64].to_owned();
    let (blob, hash) =
        (after("stored as blob "), shown.split("stored as blob ").next().unwrap().rsplit("SHA-256 ").next().unwrap()[..64].to_owned());

    // It acts: what the sender deleted is held, and the account begins nothing new.
    let her = account(&ada);
    assert_eq!(cleo.does(&["desk", "hold", &number, &blob]), "held for 180 days\n");
    assert_eq!(dora.does(&["desk", "restrict", &number, &her]), "restricted\n");
    ada.line.lay_to(server.address());
    let refused = until("she may begin nothing new", || Some(ada.tries(&["link", "--for", "cleo"])).filter(|refused| refused.code != 0));
    assert!(refused.stderr.contains("the safety team restricted this account") && !refused.stderr.contains("bea"), "{refused:?}");
    cleo.does(&["desk", "answer", &number, "looking", "We", "speak", "to", "her"]);
    assert_eq!(heard(&bea, &number), [pair("seen", ""), pair("looking", "We speak to her")]);

    // An officer without an account checks a file of their own, and both halves open the picture; one half does not, twice.
    let (file, passphrase, away) = (bea.path("officer.thr"), bea.path("passphrase"), folder());
    let given = ["--to", "file", "--reason", "pictures", "--out", as_str(&file), "--passphrase-file", as_str(&passphrase)];
    bea.does(&[["report"].as_slice(), &from_box, &given].concat());
    let verify = ["verify", as_str(&file), "--passphrase-file", as_str(&passphrase)];
    let checked = officer(away.path(), &verify).done();
    assert!(checked.contains("| You will be sorry") && checked.contains("not verified") && checked.contains(&hash), "{checked}");
    let [one, two] = [1, 2].map(|half| halves.join(format!("half-{half}.txt")));
    let (to, sealed) = (away.path().join("pictures"), server.data().join("blobs"));
    let open = |halves: [&Path; 2]| {
        let options = ["--reference", REFERENCE, "--pictures", as_str(&to), "--sealed", as_str(&sealed), "--halves"];
        officer(away.path(), &[verify.as_slice(), &options, &halves.map(as_str)].concat())
    };
    assert!(open([&one, &one]).refused().contains("halves do not open"));
    assert!(!to.exists());
    assert!(open([&one, &two]).done().contains(REFERENCE));
    let picture = fs::read(to.join(format!("{hash}.jpeg"))).unwrap();
    assert_eq!(wire::Hash32::of(&picture).to_string(), hash);
    assert!(fs::read_to_string(to.join("custody.txt")).unwrap().contains(REFERENCE));
    about_a_member(&server, &bea, [&cleo, &dora]);
    told(&server, &bea, [&cleo, &dora]);
}

/// The member whom a report is about never sees it.
fn about_a_member(server: &Server, bea: &Person, [cleo, dora]: [&Person; 2]) {
    befriend(cleo, &[bea], server);
    cleo.sends("bea", "Keep this between us");
    bea.reads("cleo", "Keep this between us");
    let number = reports(bea, &["cleo", "--last", "1", "--to", "desk"], &bea.path("about.thr"));
    assert!(dora.does(&["desk", "show", &number]).contains("| Keep this between us"));
    assert!(cleo.may_not(&["desk", "show", &number]).contains("no report"));
}

/// What somebody says who opens no message of their own is read, and called proved by nobody.
fn told(server: &Server, brings: &Person, [cleo, dora]: [&Person; 2]) {
    let (desk, _) = wire::desk::Desk::decode(&fs::read(server.data().join("desk")).unwrap()).unwrap();
    let new = NewTold {
        to: ToldTo::Desk,
        reason: ReportReason::Friend,
        words: "My friend is not well since Monday".into(),
        reach: String::new(),
        pictures: vec![],
    };
    let made = client::tell(wire::Millis(1_798_761_600_000), [7; 32], &[7; 16], &desk, "the school", &new).unwrap();
    let file = brings.path("told.thr");
    fs::write(&file, &made.file).unwrap();
    brings.does(&["report", "--again", as_str(&file)]);
    for member in [cleo, dora] {
        let shown = member.does(&["desk", "show", &made.number]);
        assert!(shown.starts_with("Nothing in this is proved.") && shown.contains("| My friend is not well since Monday"), "{shown}");
    }
    let saved = cleo.path("told.thr");
    cleo.does(&["desk", "save", &made.number, as_str(&saved)]);
    let checked = cleo.tries(&["verify", as_str(&saved)]);
    assert!(checked.code == 1 && checked.stderr.contains("Nothing in this is proved"), "{checked:?}");
}
