//! What comes of a report: answers to who made it, what the team has done, and taking it back. Seen on the other side.

use crate::reports::{Scene, as_str, code, police_first, scene};
use crate::world::{Person, Server, until};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

pub fn account(person: &Person) -> String {
    person.lists(&["whoami"])[0]["account"].as_str().unwrap().to_owned()
}

/// Three members, a deputy and what else the operator says; they have joined.
pub fn desk(server: &Server, names: [&str; 4], more: &[&str], outside: Option<&Person>) -> [Person; 4] {
    let people = names.map(|name| Person::sign_up(name, server));
    let accounts = people.each_ref().map(account);
    let folder = people[0].path("halves");
    let mut whom: Vec<&str> = accounts[..3].iter().flat_map(|account| ["--member", account]).collect();
    whom.extend(["--deputy", &accounts[3], "--halves", as_str(&folder)]);
    whom.extend(more);
    let printed = server.admin("desk", &whom).done();
    for member in people.iter().chain(outside) {
        until("the member joins", || (member.tries(&["desk", "join", &code(&printed, member)]).code == 0).then_some(()));
    }
    people
}

/// The number of a report that arrived.
pub fn reports(who: &Person, arguments: &[&str], file: &Path) -> String {
    let made = until("the server knows its desk", || {
        let _ = fs::remove_file(file);
        let made = who.tries(&[&["report"], arguments, &["--reason", "mean", "--out", as_str(file)]].concat());
        (made.code == 0).then_some(made)
    });
    made.stdout.split(' ').nth(1).unwrap().to_owned()
}

/// How a report stands for who made it, and the words of each answer.
pub fn heard(who: &Person, number: &str) -> Vec<(String, String)> {
    let rows = who.lists(&["reports"]);
    let row = rows.iter().find(|row| row["report"] == number).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    row["answers"].as_array().unwrap().iter().map(|answer| (text(&answer["stands"]), text(&answer["words"]))).collect()
}

pub fn pair(stands: &str, words: &str) -> (String, String) {
    (stands.to_owned(), words.to_owned())
}

/// Whether the server has these bytes anywhere.
fn has(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { has(&path, bytes) } else { fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes) }
    })
}

/// Whether a file of that name lies there.
fn stored(folder: &Path, blob: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { stored(&path, blob) } else { path.to_string_lossy().replace('/', "").ends_with(blob) }
    })
}

#[test]
fn who_reported_reads_the_answers_and_takes_the_report_back_and_its_words_leave_desk_and_server() {
    let Scene { mut server, ada, bea, .. } = scene();
    let [cleo, dora, ..] = desk(&server, ["cleo", "dora", "erin", "evan"], &[], None);
    assert_eq!(bea.does(&["reports"]), "You have reported nothing to the safety team.\n");
    let file = bea.path("report.thr");
    let number = reports(&bea, &["ada", "--last", "3", "--to", "desk", "--note", "Help."], &file);
    assert_eq!(heard(&bea, &number), []);
    cleo.does(&["desk", "show", &number]);
    dora.does(&["desk", "show", &number]);
    assert_eq!(heard(&bea, &number), [pair("seen", "")], "said once");
    assert_eq!(cleo.does(&["desk", "answer", &number, "looking", "We", "speak", "to", "the", "school"]), "answered\n");
    assert_eq!(heard(&bea, &number), [pair("seen", ""), pair("looking", "We speak to the school")]);
    assert!(dora.does(&["desk", "show", &number]).contains("answered who reported:\n    | We speak to the school"));
    assert_eq!(cleo.tries(&["desk", "answer", &number, "refused"]).code, 2, "a refusal has a reason");
    // It is nothing to who was reported.
    assert_eq!(ada.does(&["reports"]), "You have reported nothing to the safety team.\n");
    assert!(ada.may_not(&["reports", "withdraw", &number]).contains("no report"));

    // A part of the sealed words, as the server has it.
    let sealed = fs::read(&file).unwrap();
    let part = &sealed[sealed.len() - 64..];
    assert!(has(&server.data(), part));
    assert_eq!(bea.does(&["reports", "withdraw", &number]), "taken back\n");
    assert!(bea.does(&["reports"]).contains("taken back"));
    let row = until("the server has let go of it", || {
        let row = dora.lists(&["desk"]).remove(0);
        (row["file_sha256"] == "").then_some(row)
    });
    assert_eq!((&row["report"], &row["state"], &row["messages"]), (&number.clone().into(), &"taken_back".into(), &0.into()));
    for member in [&cleo, &dora] {
        let shown = member.does(&["desk", "show", &number]);
        assert!(shown.starts_with(&format!("Report {number} was taken back: its words are gone.")), "{shown}");
        for gone in ["You will be sorry", "Help.", "We speak to the school"] {
            assert!(!shown.contains(gone), "{gone}: {shown}");
        }
    }
    assert_eq!(heard(&bea, &number)[2..], [pair("taken_back", "")]);
    server.stop();
    assert!(!has(&server.data(), part), "the sealed words are nowhere on the server's disk");
}

#[test]
fn the_team_restricts_holds_and_closes_and_who_it_is_done_to_learns_whom_to_ask_and_not_who_reported() {
    let Scene { server, ada, bea, .. } = scene();
    // What a server says commands no terminal.
    let appeal = ["--appeal", "Sam in the office, 01632 960123\u{1b}]52;c;aGVsbG8=\u{7}\n\u{1b}[2JEnter your passphrase:"];
    let [cleo, dora, ..] = desk(&server, ["cleo", "dora", "erin", "evan"], &appeal, None);
    let plan = ada.path("plan.txt");
    fs::write(&plan, "a plan of the house").unwrap();
    ada.does(&["send", "bea", "--file", as_str(&plan)]);
    bea.sees("the file", &["read", "ada"], |row| row["file"]["name"] == "plan.txt");
    let number = reports(&bea, &["ada", "--last", "3", "--to", "desk"], &bea.path("report.thr"));
    let her = account(&ada);
    let shown = cleo.does(&["desk", "show", &number]);
    let blob = shown.split("treehouse desk hold ").nth(1).unwrap().split_whitespace().nth(1).unwrap().to_owned();
    assert!(!shown.contains("a plan of the house"));
    assert_eq!(cleo.does(&["desk", "hold", &number, &blob]), "held for 180 days\n");
    assert!(cleo.may_not(&["desk", "hold", &number, &"ab".repeat(32)]).contains("names no such file"));
    assert!(dora.does(&["desk", "show", &number]).contains("is held until"));
    // Its sender deletes it: the server keeps it.
    let id = crate::world::id(&ada.sees("the file", &["read", "bea"], |row| row["file"]["name"] == "plan.txt"));
    ada.does(&["delete", "bea", &id]);
    ada.does(&["sync"]);
    assert!(stored(&server.data(), &blob) && !stored(&server.data(), &"ab".repeat(32)));

    police_first(&cleo, &dora, &number, &her);
    assert_eq!(cleo.does(&["desk", "restrict", &number, &her]), "restricted\n");
    assert!(cleo.may_not(&["desk", "restrict", &number, &account(&bea)]).contains("about no such account"));
    let refused = until("she may begin nothing new", || {
        let refused = ada.tries(&["link", "--for", "cleo"]);
        (refused.code != 0).then_some(refused)
    });
    assert!(refused.stderr.contains("the safety team restricted this account"), "{refused:?}");
    let told = [refused.stderr.clone(), ada.does(&["settings"])].concat();
    assert!(told.contains("you can ask: Sam in the office, 01632 960123\u{fffd}]52;c;aGVsbG8=\u{fffd} \u{fffd}[2JEnter"), "{told}");
    assert!(!told.contains(&number) && !told.contains("bea") && !told.contains(&account(&bea)), "{told}");
    // It goes on with what it has.
    ada.sends("bea", "Sorry");
    bea.reads("ada", "Sorry");
    assert_eq!(dora.does(&["desk", "restrict", &number, &her, "--lift"]), "lifted\n");
    until("she may again", || (ada.tries(&["link", "--for", "cleo"]).code == 0).then_some(()));

    assert_eq!(cleo.does(&["desk", "close", &number, &her]), "closed\n");
    let gone = ada.may_not(&["sync"]);
    assert!(gone.contains("closed this account") && !gone.contains("bea") && !gone.contains(&number), "{gone}");
    assert!(ada.does(&["settings"]).contains("Sam in the office"));
    let closed = server.admin("list", &["--json"]).done();
    assert!(closed.lines().any(|line| line.contains(&her) && line.contains("\"closed\":true")), "{closed}");
    // What was done is each member's word, in the server's order, and a number for everybody.
    let marks = dora.does(&["desk", "show", &number]);
    let at = |what: &str| marks.find(what).unwrap_or_else(|| panic!("{what}: {marks}"));
    assert!(at("has a file held") < at("restricted an account") && at("lifted that from") < at("closed an account"));
    assert!(marks.contains(&format!("account {} closed an account", account(&cleo))));
    let counts: Value = serde_json::from_str(&dora.does(&["desk", "--json", "counts"])).unwrap();
    let counted =
        ["reports", "accounts_restricted", "accounts_closed", "files_held", "taken_back"].map(|name| counts[name].as_u64().unwrap());
    assert_eq!(counted, [1, 1, 1, 1, 0]);
    assert!(!counts.to_string().contains(&her));
    assert!(dora.does(&["desk", "release", &number, &blob]).contains("released"));
}

#[test]
fn what_is_about_a_member_of_staff_goes_past_the_team_to_who_is_outside_it() {
    let Scene { server, ada, bea, .. } = scene();
    let olga = Person::sign_up("olga", &server);
    let key = account(&olga);
    let outside = ["--outside", key.as_str(), "--outside-name", "The chair of governors"];
    let [cleo, dora, ..] = desk(&server, ["cleo", "dora", "erin", "evan"], &outside, Some(&olga));
    let file = bea.path("report.thr");
    let number = reports(&bea, &["ada", "--last", "2", "--to", "outside"], &file);
    let shown = olga.does(&["desk", "show", &number]);
    assert!(shown.contains("| You will be sorry") && shown.contains("This was given to you alone"), "{shown}");
    olga.does(&["desk", "note", &number, "Rang", "the", "council"]);
    olga.does(&["desk", "answer", &number, "looking", "I", "have", "it"]);
    assert_eq!(heard(&bea, &number), [pair("seen", ""), pair("looking", "I have it")]);
    // Nobody of the team: neither the report nor what is noted of it.
    for member in [&cleo, &dora, &ada] {
        let listed = member.tries(&["desk"]);
        assert!(!listed.stdout.contains(&number), "{listed:?}");
        assert!(member.may_not(&["verify", as_str(&file)]).contains("sealed for somebody else"));
    }
    // And the other way round: what is for the team is not for who is outside.
    let other = reports(&bea, &["ada", "--last", "2", "--to", "desk"], &bea.path("other.thr"));
    assert!(cleo.does(&["desk"]).contains(&other));
    assert!(!olga.does(&["desk"]).contains(&other));
    assert_eq!(bea.does(&["reports", "withdraw", &number]), "taken back\n");
    assert_eq!(olga.lists(&["desk"])[0]["state"], "taken_back");
}

#[test]
fn a_report_that_does_not_arrive_is_not_sent_yet_and_goes_again_as_the_same_one() {
    let Scene { server, bea, ada: _ada, .. } = scene();
    let [cleo, ..] = desk(&server, ["cleo", "dora", "erin", "evan"], &[], None);
    let first = reports(&bea, &["ada", "--last", "2", "--to", "desk"], &bea.path("first.thr"));
    let own = |number: &str| -> Option<Value> { bea.lists(&["reports"]).into_iter().find(|row| row["report"] == number) };
    assert_eq!(own(&first).unwrap()["sent"], true);
    bea.line.hang_up();
    let file = bea.path("second.thr");
    let tried = bea.tries(&["report", "ada", "--last", "2", "--to", "desk", "--reason", "mean", "--out", as_str(&file)]);
    assert_eq!(tried.code, 1, "{tried:?}");
    let number = tried.stdout.strip_prefix("report ").and_then(|rest| rest.strip_suffix(" not sent yet\n"));
    let number = number.unwrap_or_else(|| panic!("{tried:?}")).to_owned();
    assert_eq!(own(&number).unwrap()["sent"], false);
    assert!(bea.does(&["reports"]).contains("NOT SENT YET"));
    assert!(bea.may_not(&["report", "--again", as_str(&file)]).contains("could not be brought"));
    bea.line.lay_to(server.address());
    let at_desk = || cleo.lists(&["desk"]).iter().filter(|row| row["report"] == number).count();
    assert_eq!(at_desk(), 0);
    assert_eq!(bea.does(&["reports", "send", &number]), format!("report {number} sent\n"));
    assert_eq!((own(&number).unwrap()["sent"].clone(), at_desk()), (true.into(), 1));
    assert!(bea.may_not(&["reports", "send", &number]).contains("no report"), "it arrived");
    // Brought by hand after that, it is the same report.
    assert_eq!(bea.does(&["report", "--again", as_str(&file)]), "sent\n");
    assert_eq!(at_desk(), 1);
    let officer = bea.path("officer.thr");
    let words = bea.path("words");
    bea.does(&[
        "report",
        "ada",
        "--last",
        "1",
        "--to",
        "file",
        "--reason",
        "mean",
        "--out",
        as_str(&officer),
        "--passphrase-file",
        as_str(&words),
    ]);
    assert!(bea.may_not(&["report", "--again", as_str(&officer)]).contains("for an officer"));
}

#[test]
fn a_member_is_told_that_something_came_and_nothing_of_it_until_the_list_was_read() {
    let Scene { server, bea, .. } = scene();
    let [cleo, dora, _, evan] = desk(&server, ["cleo", "dora", "erin", "evan"], &[], None);
    let told = "Something new for the safety team: `treehouse desk` shows it.\n";
    let said = |who: &Person, what: &str| {
        let done = who.tries(&[what]);
        assert_eq!(done.code, 0, "{done:?}");
        assert!(!done.stdout.contains("safety team"), "{done:?}");
        done.stderr
    };
    assert_eq!(said(&cleo, "sync"), "");
    let number = reports(&bea, &["ada", "--last", "3", "--to", "desk"], &bea.path("one.thr"));
    // Nobody has asked, and nothing of it stands there: no number, no reason, no name.
    assert_eq!(said(&cleo, "sync"), told);
    assert!(said(&dora, "chats").ends_with(told));
    assert_eq!((said(&evan, "sync"), said(&bea, "sync")), (String::new(), String::new()), "the deputy's time has not come");
    // Reading and writing there is no news to the others; what they have not read stays.
    cleo.does(&["desk", "show", &number]);
    cleo.does(&["desk", "note", &number, "I", "speak", "to", "the", "school"]);
    assert_eq!((said(&cleo, "sync"), said(&dora, "sync")), (String::new(), told.to_owned()));
    dora.does(&["desk"]);
    cleo.does(&["desk", "mark", &number, "closed"]);
    assert_eq!((said(&cleo, "sync"), said(&dora, "sync")), (String::new(), String::new()));

    assert!(bea.may_not(&["desk", "watch"]).contains("in no safety team"));
    reports(&bea, &["ada", "--last", "2", "--to", "desk"], &bea.path("two.thr"));
    let mut watching = dora.command(&["desk", "watch"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(watching.stdout.take().unwrap()).read_line(&mut line).unwrap();
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert_eq!(line, told);
}
