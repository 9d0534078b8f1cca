//! Keep, report, verify: by people on the command line, and by a stranger on a machine without an account.

use crate::world::tools::{ffmpeg, tag, tags};
use crate::world::{Direction, Outcome, Person, Server, befriend, folder};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program on a machine where nobody has an account: no home, no network that answers.
fn stranger(home: &Path, arguments: &[&str]) -> Outcome {
    let mut command = Command::new(crate::world::PROGRAM);
    command.args(arguments).env_clear().env("HOME", home).env("TZ", "Europe/London").stdin(Stdio::null());
    Outcome::of(&mut command)
}

pub fn as_str(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub struct Scene {
    pub server: Server,
    pub ada: Person,
    pub bea: Person,
    ids: Vec<String>,
}

/// Ada says three things to Bea, and Bea answers.
pub fn scene() -> Scene {
    let server = Server::start(&[]);
    let [ada, bea] = ["ada", "bea"].map(|name| Person::sign_up(name, &server));
    befriend(&ada, &[&bea], &server);
    for text in ["Lend me your bicycle", "Everybody does", "You will be sorry"] {
        ada.sends("bea", text);
        bea.reads("ada", text);
    }
    bea.sends("ada", "No");
    let ids = bea.lists(&["read", "ada"]).iter().map(|row| row["id"].to_string()).collect();
    Scene { server, ada, bea, ids }
}

fn passphrase_file(person: &Person, name: &str, text: &str) -> PathBuf {
    let path = person.path(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_report_for_an_officer_is_checked_offline_by_a_stranger_and_a_changed_one_is_refused() {
    let Scene { server: _server, ada, bea, .. } = scene();
    let (file, words) = (bea.path("report.thr"), bea.path("passphrase"));
    let arguments = ["report", "ada", "--last", "3", "--to", "file", "--reason", "mean", "--note", "It began on Monday."];
    let options = ["--out", as_str(&file), "--passphrase-file", as_str(&words)];
    let made = bea.tries(&[arguments.as_slice(), &options].concat());
    assert_eq!(made.code, 0, "{made:?}");
    let before = "In danger now? Call 999.\nIt goes into a file that only the passphrase opens. You give it to whom you choose.\nThey see your name.\nThey may need";
    assert!(made.stdout.starts_with("report ") && made.stderr.starts_with(before), "{made:?}");
    assert!(made.stderr.contains("In danger now: 999.\n"), "{made:?}");
    for path in [&file, &words] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let sealed = fs::read(&file).unwrap();
    assert!(!sealed.windows(5).any(|window| window == b"sorry"), "nothing is readable in it");

    let away = folder();
    let opened = stranger(away.path(), &["verify", as_str(&file), "--passphrase-file", as_str(&words)]);
    assert_eq!(opened.code, 0, "{opened:?}");
    let text = &opened.stdout;
    assert_eq!(
        text.lines().next().unwrap(),
        "Made with this account's key, or by the Safety Authority. Convincing only to someone who knows the Authority did not make it."
    );
    for part in [
        "| You will be sorry",
        "| No",
        "| It began on Monday.",
        "Called ada by",
        "Known from this file only: not verified.",
        "Someone is being mean or threatening",
        "UTC (",
        "They are account",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Lend me your bicycle"), "what was not chosen is not in it");
    assert!(fs::read_dir(away.path()).unwrap().next().is_none(), "verifying makes no home");

    let json = stranger(away.path(), &["verify", as_str(&file), "--passphrase-file", as_str(&words), "--json"]);
    let verdict: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(verdict["holds"], true);
    assert_eq!(verdict["trust"]["stamp_key"]["from"], "only this file");
    assert_eq!(verdict["trust"]["authority"]["name"], "nobody");
    assert_eq!(verdict["missing"]["contiguous"], true);

    // Every byte that is changed is noticed, and another passphrase opens nothing.
    for at in (0..sealed.len()).step_by(sealed.len() / 12) {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        let path = bea.path("changed.thr");
        fs::write(&path, changed).unwrap();
        let refused = stranger(away.path(), &["verify", as_str(&path), "--passphrase-file", as_str(&words)]);
        assert_eq!(refused.code, 1, "byte {at}");
        assert!(refused.stdout.is_empty());
    }
    let other = passphrase_file(&ada, "other", "not the right passphrase\n");
    assert!(
        stranger(away.path(), &["verify", as_str(&file), "--passphrase-file", as_str(&other)])
            .refused()
            .contains("sealed for somebody else")
    );
    assert!(bea.may_not(&[arguments.as_slice(), &options].concat()).contains("cannot be written"), "a file is not written over");
}

#[test]
fn a_server_known_by_a_trust_bundle_is_called_so_and_a_false_key_for_it_does_not_hold() {
    let Scene { server: _server, ada: _ada, bea, ids } = scene();
    let (file, words) = (bea.path("report.thr"), bea.path("passphrase"));
    let last = ids.last().unwrap();
    bea.does(&[
        "report",
        "ada",
        "--messages",
        last,
        "--to",
        "file",
        "--reason",
        "else",
        "--out",
        as_str(&file),
        "--passphrase-file",
        as_str(&words),
    ]);
    let away = folder();
    let verify = ["verify", as_str(&file), "--passphrase-file", as_str(&words), "--json"];
    let verdict: Value = serde_json::from_str(&stranger(away.path(), &verify).stdout).unwrap();
    let (key, server) = (verdict["trust"]["stamp_key"]["key"].as_str().unwrap(), verdict["trust"]["stamp_key"]["server"].as_str().unwrap());
    let bundle = |key: &str| {
        let text = format!("treehouse trust bundle 1\nserver {server} {key}\n");
        passphrase_file(&bea, "bundle", &text)
    };
    let right = bundle(key);
    let known: Value =
        serde_json::from_str(&stranger(away.path(), &[verify.as_slice(), &["--trust", as_str(&right)]].concat()).stdout).unwrap();
    assert_eq!((known["holds"].clone(), known["trust"]["stamp_key"]["from"].clone()), (true.into(), "given bundle".into()));
    let account = verdict["trust"]["accounts"][0]["account"].as_str().unwrap();
    let wrong = bundle(account);
    let refused = stranger(away.path(), &[verify.as_slice(), &["--trust", as_str(&wrong)]].concat());
    assert_eq!(refused.code, 1);
    assert!(refused.stdout.contains("another stamp key is known for this server"));
}

#[test]
fn the_server_is_asked_now_when_one_says_so_and_another_one_at_its_address_is_a_failure() {
    let Scene { server, ada: _ada, bea, .. } = scene();
    let (file, words) = (bea.path("report.thr"), bea.path("passphrase"));
    let report = ["report", "ada", "--last", "2", "--to", "file", "--reason", "mean"];
    bea.does(&[report.as_slice(), &["--out", as_str(&file), "--passphrase-file", as_str(&words)]].concat());
    let away = folder();
    let verify = ["verify", as_str(&file), "--passphrase-file", as_str(&words)];
    let (fetch, json) = ([verify.as_slice(), &["--fetch"]].concat(), [verify.as_slice(), &["--fetch", "--json"]].concat());
    let before = bea.line.passed(Direction::Up);
    assert_eq!(stranger(away.path(), &verify).code, 0);
    assert_eq!(bea.line.passed(Direction::Up), before, "nothing is asked unless one says so");

    let opened = stranger(away.path(), &fetch);
    let host = bea.line.url().replace("http://", "");
    assert_eq!(opened.code, 0, "{opened:?}");
    assert!(opened.stdout.contains(&format!("Fetched now from {host}: the same key")), "{opened:?}");
    assert!(opened.stdout.contains("Known from this file only: not verified."), "the server vouches for no account: {opened:?}");
    assert!(bea.line.passed(Direction::Up) > before);
    let asked = |arguments: &[&str]| -> Value { serde_json::from_str(&stranger(away.path(), arguments).stdout).unwrap() };
    let verdict = asked(&json);
    let key = &verdict["trust"]["stamp_key"];
    assert_eq!((key["from"].as_str(), key["fetched_now"]["from"].as_str()), (Some("fetched now"), Some(host.as_str())));
    assert_eq!(key["fetched_now"]["identity"].as_str().map(str::len), Some(64));

    // Another server at that address: it has another key, and says so.
    let other = Server::start(&[]);
    bea.line.lay_to(other.address());
    let failed = stranger(away.path(), &fetch);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.stdout.starts_with("Something in this report does not hold."), "{failed:?}");
    assert!(failed.stdout.contains("was asked now and has another stamp key"), "{failed:?}");
    let verdict = asked(&json);
    assert_eq!((verdict["holds"].clone(), verdict["trust"]["stamp_key"]["from"].clone()), (false.into(), "only this file".into()));
    bea.line.hang_up();
    let nobody = stranger(away.path(), &fetch);
    assert!(nobody.stdout.is_empty(), "{nobody:?}");
    assert!(nobody.refused().contains("Without --fetch"));
    assert_eq!(stranger(away.path(), &verify).code, 0, "offline it holds as before");
    drop(server);
}

#[test]
fn what_is_kept_is_there_after_its_sender_took_it_back_and_opens_with_its_own_passphrase() {
    let Scene { server: _server, ada, bea, .. } = scene();
    let words = passphrase_file(&bea, "box", "a box of my own\n");
    let mean = bea.reads("ada", "You will be sorry")["id"].to_string();
    assert!(bea.may_not(&["kept", "--passphrase-file", as_str(&words)]).contains("Nothing is kept here yet"));
    assert_eq!(bea.does(&["keep", "ada", &mean, "--passphrase-file", as_str(&words)]), "kept 1\n");
    let hers = ada.reads("bea", "You will be sorry")["id"].to_string();
    ada.does(&["delete", "bea", &hers]);
    bea.sees("that it is gone", &["read", "ada"], |row| row["kind"] == "deleted");
    let other = passphrase_file(&bea, "other", "somebody else's words\n");
    assert!(bea.may_not(&["kept", "--passphrase-file", as_str(&other)]).contains("does not open"));
    let rows = bea.lists(&["kept", "--passphrase-file", as_str(&words)]);
    assert_eq!(rows[0]["text"], "You will be sorry");
    assert_eq!(rows[0]["since"][0]["what"], "deleted");

    let (file, passphrase) = (bea.path("report.thr"), bea.path("passphrase"));
    let id = rows[0]["id"].to_string();
    bea.does(&[
        "report",
        "ada",
        "--kept",
        &id,
        "--box-passphrase-file",
        as_str(&words),
        "--to",
        "file",
        "--reason",
        "mean",
        "--out",
        as_str(&file),
        "--passphrase-file",
        as_str(&passphrase),
    ]);
    let away = folder();
    let opened = stranger(away.path(), &["verify", as_str(&file), "--passphrase-file", as_str(&passphrase)]);
    assert_eq!(opened.code, 0, "{opened:?}");
    assert!(opened.stdout.contains("| You will be sorry"));

    // What was reported here is worth keeping before more of it goes.
    let sent = bea.does(&["send", "ada", "Please stop"]);
    let said = sent.trim().strip_prefix("sent ").unwrap();
    let asked = bea.may_not(&["delete", "ada", said]);
    assert!(asked.contains(&format!("treehouse keep ada {said}")) && asked.contains("--anyway"), "{asked}");
    bea.does(&["delete", "ada", said, "--anyway"]);
}

#[test]
fn a_report_to_somebody_trusted_arrives_in_their_chat_and_they_alone_open_it() {
    let Scene { server, ada, bea, .. } = scene();
    let cleo = Person::sign_up("cleo", &server);
    befriend(&bea, &[&cleo], &server);
    let file = bea.path("report.thr");
    bea.does(&["report", "ada", "--last", "2", "--to", "cleo", "--reason", "mean", "--out", as_str(&file)]);
    cleo.sees("the report", &["read", "bea"], |row| row["file"]["name"].as_str().is_some_and(|name| name.ends_with(".thr")));
    let folder = cleo.path("reports");
    cleo.does(&["read", "bea", "--save", as_str(&folder)]);
    let saved = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read(&saved).unwrap(), fs::read(&file).unwrap());
    let opened = cleo.does(&["verify", as_str(&saved)]);
    assert!(opened.contains("| You will be sorry") && opened.contains("They are account"), "{opened}");
    assert!(ada.may_not(&["verify", as_str(&saved)]).contains("sealed for somebody else"));
    assert!(bea.may_not(&["verify", as_str(&file)]).contains("sealed for somebody else"));
}

/// The attacks of the design, as files that hostile people made (`crates/report/tests/it/forgeries.rs`). The page is asked the same in a browser.
#[test]
fn every_forgery_by_its_name_is_refused_by_the_program() {
    let given = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/forgeries.json")).unwrap();
    let given: Value = serde_json::from_slice(&given).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let away = folder();
    let write = |name: &str, bytes: &[u8]| {
        let path = away.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let words = write("words", text(&given["passphrase"]).as_bytes());
    let halves = [0, 1].map(|place| write(&format!("half-{place}"), text(&given["halves"][place]).as_bytes()));
    for forgery in given["files"].as_array().unwrap() {
        let name = text(&forgery["name"]);
        let file = write(&name, &unhex(&text(&forgery["file"])));
        let verify = ["verify", as_str(&file), "--passphrase-file", as_str(&words)];
        let said = stranger(away.path(), &verify);
        let wrong = forgery["wrong"].as_array().unwrap();
        assert_eq!(said.code, i32::from(!wrong.is_empty()), "{name}: {said:?}");
        assert!(wrong.iter().all(|wrong| said.stdout.contains(&text(wrong))), "{name}: {said:?}");
        if let Some(open) = forgery["halves_open"].as_bool() {
            let with = ["--reference", "CR 1234/27", "--halves", as_str(&halves[0]), as_str(&halves[1])];
            let opened = stranger(away.path(), &[verify.as_slice(), &with].concat());
            let (code, part) = if open { (0, "compartment B was opened and has 1") } else { (1, "halves do not open") };
            assert!(opened.code == code && format!("{}{}", opened.stdout, opened.stderr).contains(part), "{name}: {opened:?}");
        }
    }
    let file = write("wrong_addressee", &unhex(&text(&given["wrong_addressee"])));
    let said = stranger(away.path(), &["verify", as_str(&file), "--passphrase-file", as_str(&words)]);
    assert!(said.stdout.is_empty() && said.refused().contains("sealed for somebody else"));
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|place| u8::from_str_radix(&text[place * 2..][..2], 16).unwrap()).collect()
}

#[test]
fn what_cannot_be_reported_is_said_in_words() {
    let Scene { server: _server, ada, bea, .. } = scene();
    let report = |options: &[&str]| bea.may_not(&[&["report", "ada", "--reason", "mean"], options].concat());
    assert!(report(&["--messages", "9999", "--to", "file"]).contains("9999"));
    assert!(report(&["--last", "1", "--to", "nobody"]).contains("nobody"));
    assert!(report(&["--last", "1", "--to", "desk"]).contains("no safety team"));
    let short = passphrase_file(&bea, "short", "short\n");
    assert!(report(&["--last", "1", "--to", "file", "--passphrase-file", as_str(&short)]).contains("too short"));
    the_number_is_that_of_the_country(&bea);
    keeping_comes_before_blocking(&ada, &bea);
}

/// By the language of the terminal, or as one said. Where nobody knows the country it is no country's own number.
fn the_number_is_that_of_the_country(bea: &Person) {
    let first = |language: &str| {
        let mut command = bea.command(&["report", "ada", "--messages", "12345", "--to", "file", "--reason", "mean"]);
        let said = Outcome::of(command.env("LANG", language)).stderr;
        assert!(language == "en_GB.UTF-8" || !said.contains("999"), "{said}");
        said.lines().next().unwrap().to_owned()
    };
    assert_eq!(first("en_GB.UTF-8"), "In danger now? Call 999.");
    assert_eq!(first("de_DE.UTF-8"), "In danger now? Call 112.");
    assert_eq!(first("C.UTF-8"), "In danger now? Call 112 or your emergency number.");
    assert!(bea.does(&["settings", "--region", "nz"]).contains("Help is for NZ"));
    assert_eq!(bea.lists(&["settings"])[0]["region"], "NZ");
    assert_eq!(first("de_DE.UTF-8"), "In danger now? Call 111.");
    assert_eq!(bea.tries(&["settings", "--region", "Atlantis"]).code, 2);
    bea.does(&["settings", "--region", "no"]);
    assert_eq!(first("en_US.UTF-8"), "In danger now? Call 911.");
}

/// What she deletes once she is blocked is gone from the chat, and is kept.
fn keeping_comes_before_blocking(ada: &Person, bea: &Person) {
    let words = passphrase_file(bea, "box", "a box of my own\n");
    assert_eq!(bea.tries(&["block", "ada", "--keep", "--no-keep"]).code, 2);
    let short = passphrase_file(bea, "shorter", "short\n");
    let refused = bea.tries(&["block", "ada", "--keep", "--passphrase-file", as_str(&short)]);
    assert!(refused.code == 1 && refused.stderr.contains("too short"), "{refused:?}");
    assert_eq!(bea.lists(&["chats"])[0]["blocked"], false, "first keep, then block");
    let blocked = bea.does(&["block", "ada", "--keep", "--passphrase-file", as_str(&words)]);
    assert!(blocked.starts_with("kept ") && blocked.contains("\nYou will not hear from ada any more."), "{blocked}");
    let rows = bea.lists(&["kept", "--passphrase-file", as_str(&words)]);
    assert!(rows.iter().any(|row| row["text"] == "You will be sorry"), "{rows:?}");
    // Where nobody can be asked it is said afterwards, unless one has said no.
    let told = |arguments: &[&str]| ada.tries(&[&["block", "bea"], arguments].concat());
    assert!(told(&["--no-keep"]).stderr.is_empty());
    ada.does(&["unblock", "bea"]);
    let told = told(&[]);
    assert!(told.code == 0 && told.stderr.contains("treehouse keep bea "), "{told:?}");
}

/// The line that an operator gives to one member of the desk.
pub fn code(printed: &str, member: &Person) -> String {
    let account = member.lists(&["whoami"])[0]["account"].as_str().unwrap().to_owned();
    let line = printed.lines().find(|line| line.contains(&account)).unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

/// What the others of the team see of how a report stands: while the police were told first, no line says how an account is closed.
pub fn police_first(one: &Person, other: &Person, number: &str, about: &str) {
    let close = format!("treehouse desk close {number} {about}");
    assert!(other.does(&["desk", "show", number]).contains(&close));
    assert_eq!(one.does(&["desk", "mark", number, "police-first", "Officer", "told", "at", "ten"]), "marked\n");
    let held = other.does(&["desk", "show", number]);
    for part in ["told the police first", "| Officer told at ten", "do nothing that the reported person could see"] {
        assert!(held.contains(part), "{part}: {held}");
    }
    assert!(!held.contains("desk close") && !held.contains("desk restrict"), "{held}");
    for (act, done) in [("restrict", "lifted"), ("close", "closed")] {
        let refused = other.may_not(&["desk", act, number, about]);
        assert!(refused.contains("The police were told first") && !refused.contains(done), "{refused}");
    }
    assert_eq!(other.lists(&["desk"])[0]["state"], "police_first");
    other.does(&["desk", "mark", number, "open"]);
    assert!(one.does(&["desk", "show", number]).contains(&close));
}

#[test]
fn a_report_reaches_the_desk_without_an_account_and_the_member_it_is_about_never_sees_it() {
    let Scene { server, ada, bea, .. } = scene();
    let [cleo, dora, evan] = ["cleo", "dora", "evan"].map(|name| Person::sign_up(name, &server));
    let account = |person: &Person| person.lists(&["whoami"])[0]["account"].as_str().unwrap().to_owned();
    let accounts = [&ada, &cleo, &dora, &evan].map(account);
    let halves = bea.path("halves");
    let few = ["--member", &accounts[0], "--deputy", &accounts[0], "--halves", as_str(&halves)];
    assert!(server.admin("desk", &few).refused().contains("at least two members"));
    let members = ["--member", &accounts[0], "--member", &accounts[1], "--member", &accounts[2]];
    let all = [members.as_slice(), &["--deputy", &accounts[3], "--halves", as_str(&halves)]].concat();
    let printed = server.admin("desk", &all).done();
    for member in [&ada, &cleo, &dora, &evan] {
        crate::world::until("the member joins", || {
            let joined = member.tries(&["desk", "join", &code(&printed, member)]);
            (joined.code == 0).then_some(())
        });
    }
    assert!(bea.may_not(&["desk"]).contains("in no safety team"));

    // What is sent after the device knows the desk has its picture keys sealed to the police.
    let picture = ada.path("plan.txt");
    fs::write(&picture, "a plan of the house").unwrap();
    ada.does(&["send", "bea", "--file", as_str(&picture)]);
    bea.sees("the file", &["read", "ada"], |row| row["file"]["name"] == "plan.txt");
    bea.does(&["sync"]);
    let file = bea.path("report.thr");
    let made = crate::world::until("the server knows its desk", || {
        let _ = fs::remove_file(&file);
        let made =
            bea.tries(&["report", "ada", "--last", "3", "--to", "desk", "--reason", "mean", "--note", "Help.", "--out", as_str(&file)]);
        (made.code == 0).then_some(made)
    });
    let number = made.stdout.split(' ').nth(1).unwrap().to_owned();
    assert!(made.stderr.contains("They do not see your name") && made.stderr.contains("within 24 hours"), "{made:?}");

    let rows = cleo.lists(&["desk"]);
    assert_eq!((rows.len(), &rows[0]["report"], &rows[0]["holds"]), (1, &Value::from(number.clone()), &Value::from(true)));
    let shown = cleo.does(&["desk", "show", &number]);
    assert!(shown.starts_with("Made with this account's key, or by the Safety Authority."), "{shown}");
    for part in ["| You will be sorry", "| Help.", "Known from your own account on that server.", "They left their name out"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(&account(&bea)) && !shown.contains("a plan of the house"));
    assert_eq!(cleo.does(&["desk", "note", &number, "I", "have", "called", "home"]), "noted\n");
    let shown = dora.does(&["desk", "show", &number]);
    assert!(shown.contains("| I have called home") && shown.contains(&format!("account {} opened it", accounts[1])), "{shown}");
    // What is done about one of their own the operator does.
    assert!(shown.contains(&format!("The account {} is in the safety team", accounts[0])) && !shown.contains("desk close"), "{shown}");
    for act in ["restrict", "close"] {
        assert!(cleo.may_not(&["desk", act, &number, &accounts[0]]).contains("is in the safety team"));
    }
    assert!(!cleo.does(&["desk", "show", &number]).contains("an account:"), "nothing was noted of it either");
    let saved = cleo.path("saved.thr");
    cleo.does(&["desk", "save", &number, as_str(&saved)]);
    assert!(cleo.does(&["verify", as_str(&saved)]).contains("| You will be sorry"));
    assert!(ada.may_not(&["verify", as_str(&saved)]).contains("sealed for somebody else"));
    assert_eq!(ada.does(&["desk"]), "No reports.\n", "it is about her");
    assert_eq!(evan.does(&["desk"]), "No reports.\n", "the deputy looks when the members did not");
    assert!(evan.may_not(&["desk", "show", &number]).contains("no report"));
    // It is sealed to the deputy all the same, from the beginning.
    assert!(evan.does(&["verify", as_str(&file)]).contains("| You will be sorry"));
    assert!(ada.may_not(&["desk", "show", &number]).contains("no report"));

    // An officer's file: the two halves open what nobody else can, and one of them twice does not.
    let (file, words) = (bea.path("officer.thr"), bea.path("passphrase"));
    let officers = bea.does(&[
        "report",
        "ada",
        "--last",
        "2",
        "--to",
        "file",
        "--reason",
        "mean",
        "--out",
        as_str(&file),
        "--passphrase-file",
        as_str(&words),
    ]);
    let officers = officers.split(' ').nth(1).unwrap().trim();
    let away = folder();
    let half = |number: u8| halves.join(format!("half-{number}.txt"));
    let verify = ["verify", as_str(&file), "--passphrase-file", as_str(&words), "--reference", "CR 1234/27", "--halves"];
    let (one, two) = (half(1), half(2));
    // Nobody puts them together without saying for what.
    let nameless = stranger(away.path(), &["verify", as_str(&file), "--halves", as_str(&one), as_str(&two)]);
    assert!(nameless.code == 2 && nameless.stderr.contains("--reference"), "{nameless:?}");
    let opened = stranger(away.path(), &[verify.as_slice(), &[as_str(&one), as_str(&two)]].concat());
    assert_eq!(opened.code, 0, "{opened:?}");
    for part in
        ["compartment B was opened and has 1 of them", "It was opened against the reference CR 1234/27.", "From whom             To whom"]
    {
        assert!(opened.stdout.contains(part), "{part}: {}", opened.stdout);
    }
    assert!(stranger(away.path(), &[verify.as_slice(), &[as_str(&one), as_str(&one)]].concat()).refused().contains("halves do not open"));
    // It is noted beside the report, also where no picture is written; what does not open is no opening.
    let noted = fs::read_to_string(bea.path("custody.txt")).unwrap();
    let end = "opened with both halves; keys and small pictures: 1, files: 1";
    assert!(noted.lines().count() == 1 && noted.contains("reference CR 1234/27") && noted.trim().ends_with(end), "{noted}");

    // The file that its sender deleted opens with the sealed bytes that the team had held, and without them it does not; nobody else has what opens it.
    let shown = cleo.does(&["desk", "show", &number]);
    let blob = shown.split("stored as blob ").nth(1).expect("a blob")[..64].to_owned();
    cleo.does(&["desk", "hold", &number, &blob]);
    let sent = ada.lists(&["read", "bea"]).iter().find(|row| row["file"]["name"] == "plan.txt").unwrap()["id"].to_string();
    ada.does(&["delete", "bea", &sent]);
    let (sealed, to) = (server.data().join("blobs"), away.path().join("opened"));
    let with = |more: &[&str]| {
        stranger(away.path(), &[verify.as_slice(), &[as_str(&one), as_str(&two), "--pictures", as_str(&to)], more].concat())
    };
    let closed = |more: &[&str]| {
        let outcome = with(more);
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(outcome.stderr.contains("1 of the pictures stay closed"), "{outcome:?}");
        outcome.stderr
    };
    assert!(closed(&[]).contains("its sealed bytes are not in that folder"));
    let opened = with(&["--sealed", as_str(&sealed)]);
    assert_eq!(opened.code, 0, "{opened:?}");
    let noted = fs::read_to_string(to.join("custody.txt")).unwrap();
    let lines: Vec<&str> = noted.lines().collect();
    let about = format!("reference CR 1234/27 | report {officers} | SHA-256 {} | ", wire::Hash32::of(&fs::read(&file).unwrap()));
    assert!(lines.iter().all(|line| line.contains(" UTC | ") && line.contains(&about)), "{noted}");
    let ends: Vec<&str> = lines.iter().map(|line| line.rsplit(" | ").next().unwrap()).collect();
    let opening = "opened with both halves; keys and small pictures: 1, files: 1";
    assert_eq!(ends, [opening, "files of it in this folder: 0", opening, "files of it in this folder: 1"]);
    assert_eq!(fs::metadata(to.join("custody.txt")).unwrap().permissions().mode() & 0o777, 0o600);
    let all = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = all.filter(|path| !path.ends_with("custody.txt")).collect();
    assert_eq!((files.len(), fs::read(&files[0]).unwrap().as_slice()), (1, b"a plan of the house".as_slice()));
    // Again into the same folder: what is there is done. Another file under its name is never written over.
    let again = with(&["--sealed", as_str(&sealed), "--json"]);
    let said: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((again.code, &said["opened"][0]["stated_hash_is_false"]), (0, &Value::from(false)), "{again:?}");
    assert_eq!(said["opened"][0]["sha256"], wire::Hash32::of(b"a plan of the house").to_string());
    fs::write(&files[0], "something else").unwrap();
    let again = with(&["--sealed", as_str(&sealed)]);
    assert!(again.code == 1 && again.stderr.contains("Choose another folder"), "never over another: {again:?}");
    assert_eq!(fs::read(&files[0]).unwrap(), b"something else");
    // Other bytes under its name are refused.
    let blob = fs::read_dir(&sealed).unwrap().filter_map(Result::ok).filter(|entry| entry.file_name().len() == 2);
    let blob = blob.flat_map(|folder| fs::read_dir(folder.path()).unwrap()).next().unwrap().unwrap();
    let other = away.path().join("sealed");
    fs::create_dir(&other).unwrap();
    let mut bytes = fs::read(blob.path()).unwrap();
    bytes[9] ^= 1;
    fs::write(other.join(blob.file_name()), bytes).unwrap();
    fs::remove_dir_all(&to).unwrap();
    assert!(closed(&["--sealed", as_str(&other)]).contains("are not those that the message commits to"));
    let there: Vec<_> = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, ["custody.txt"]);

    // A screenshot of another app goes with a message: as the reporter's own, without place and camera, and opened by the police alone.
    let (in_box, screen, drawn) = (passphrase_file(&bea, "box", "a box of my own\n"), bea.path("screen.jpg"), bea.path("screen.png"));
    for to in [&screen, &drawn] {
        ffmpeg(&["-f", "lavfi", "-i", "testsrc2=size=320x240", "-frames:v", "1", as_str(to)]);
    }
    tag(&screen, &["-GPSLatitude=48.1371079", "-GPSLongitude=11.5753822"]);
    assert!(bea.may_not(&["keep", "--screenshot", as_str(&drawn)]).contains("it is no JPEG"));
    let added = bea.does(&["keep", "--screenshot", as_str(&screen), "--passphrase-file", as_str(&in_box)]);
    let added = added.trim().strip_prefix("screenshot ").unwrap();
    let listed = bea.does(&["kept", "--passphrase-file", as_str(&in_box)]);
    assert!(listed.contains("Screenshot that you added. Not proved."), "{listed}");
    let mean = bea.reads("ada", "You will be sorry")["id"].to_string();
    let file = bea.path("with-screenshot.thr");
    let beside = ["--kept", added, "--box-passphrase-file", as_str(&in_box), "--to", "file", "--reason", "mean", "--out", as_str(&file)];
    bea.does(&[&["report", "ada", "--messages", &mean, "--passphrase-file", as_str(&words)], beside.as_slice()].concat());
    let to = away.path().join("screens");
    let verify = ["verify", as_str(&file), "--passphrase-file", as_str(&words), "--reference", "CR 1234/27", "--pictures", as_str(&to)];
    let opened = stranger(away.path(), &[verify.as_slice(), &["--halves", as_str(&one), as_str(&two)]].concat());
    assert!(opened.code == 0 && opened.stdout.contains("that the reporter added. Not proved."), "{opened:?}");
    let all = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<_> = all.filter(|path| !path.ends_with("custody.txt")).collect();
    assert!(found.len() == 1 && opened.stdout.contains(&wire::Hash32::of(&fs::read(&found[0]).unwrap()).to_string()), "{opened:?}");
    assert!(!tags(&found[0]).iter().any(|tag| tag.contains("GPS")), "{:?}", tags(&found[0]));
    let left = bea.does(&["kept", "--passphrase-file", as_str(&in_box), "--discard", added]);
    assert!(!left.contains("Screenshot"), "{left}");

    // A picture that was kept and that its sender took back: the sealed bytes lie beside the officer's file, and no server is asked for them.
    ada.does(&["send", "bea", "--file", as_str(&drawn)]);
    bea.sees("the picture", &["read", "ada"], |row| row["file"]["name"] == "screen.png");
    let row = |who: &Person, chat: &str| who.lists(&["read", chat]).into_iter().find(|row| row["file"]["name"] == "screen.png").unwrap();
    bea.does(&["keep", "ada", &row(&bea, "ada")["id"].to_string()]);
    ada.does(&["delete", "bea", &row(&ada, "bea")["id"].to_string()]);
    bea.does(&["sync"]);
    let rows = bea.lists(&["kept", "--passphrase-file", as_str(&in_box)]);
    let kept = rows.iter().rfind(|row| row["files"][0]["name"] == "screen.png").unwrap();
    assert_eq!((&kept["files"][0]["sealed"], &kept["since"][0]["what"]), (&Value::from("here"), &Value::from("deleted")), "{kept}");
    let (file, id) = (bea.path("kept.thr"), kept["id"].to_string());
    let beside = ["--kept", &id, "--box-passphrase-file", as_str(&in_box), "--to", "file", "--reason", "pictures", "--out", as_str(&file)];
    bea.does(&[&["report", "ada", "--passphrase-file", as_str(&words)], beside.as_slice()].concat());
    let (folder, to) = (file.with_extension("sealed"), away.path().join("of-the-box"));
    let verify = ["verify", as_str(&file), "--passphrase-file", as_str(&words), "--reference", "CR 1234/27", "--pictures", as_str(&to)];
    let verify = [verify.as_slice(), &["--halves", as_str(&one), as_str(&two)]].concat();
    let closed = stranger(away.path(), &verify);
    assert!(closed.code == 1 && closed.stderr.contains("1 of the pictures stay closed"), "{closed:?}");
    let opened = stranger(away.path(), &[verify.as_slice(), &["--sealed", as_str(&folder)]].concat());
    assert_eq!(opened.code, 0, "{opened:?}");
    let name = format!("{}.png", kept["files"][0]["sha256"].as_str().unwrap());
    assert!(to.join(&name).exists() && !folder.join(&name).exists(), "{opened:?}");
    let silent = bea.may_not(&["kept", "--passphrase-file", as_str(&in_box), "--voice", &id, "--out", as_str(&bea.path("sound"))]);
    assert!(silent.contains(&id) && !bea.path("sound").exists(), "a picture is not given out: {silent}");
}
