//! What the server keeps of what was reported: sealed bytes that name nobody and lead to no account, no chat and no file.

use crate::desks::{account, desk, heard, pair, reports};
use crate::joins::{self, About};
use crate::keeps::{column, files_below, found_in, plant_secrets, store_of};
use crate::reports::as_str;
use crate::scan::{Hashed, Scanner};
use crate::world::{Person, Server, befriend};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use view::{NewTold, ReportReason, ToldTo};
use wire::AccountId;
use wire::desk::{Desk, Erased};

// Eight letters and more: what is shorter stands in any bytes by chance.
const REPORTED: &str = "amberwing";
const REPORTER: &str = "bluebellow";
const TEAM: [&str; 4] = ["clearwaters", "driftwooden", "elderflower", "foxgloveling"];
const PEOPLE: usize = 2 + TEAM.len();
const SAID: &str = "Nobody would believe you anyway";
const NOTE: &str = "It began on the first day of term";
const TOLD: &str = "My neighbour's child is afraid of the swing";
const REACH: &str = "at the bakery in the mornings";
const TEAM_NOTE: &str = "Spoke with both families at the gate";
const ANSWER: &str = "We sit down with them on Friday";

/// What was written on the way, and the numbers of the reports.
fn reported_and_answered(server: &Server, [ada, bea]: [&Person; 2], team: &[Person; 4]) -> Vec<String> {
    let [cleo, dora, ..] = team;
    bea.does(&["sync"]);
    let first = reports(bea, &[REPORTED, "--last", "2", "--to", "desk", "--note", NOTE], &bea.path("first.thr"));
    let second = reports(bea, &[REPORTED, "--last", "1", "--to", "desk"], &bea.path("second.thr"));
    assert!(cleo.does(&["desk", "show", &first]).contains(SAID));
    cleo.does(&["desk", "note", &first, TEAM_NOTE]);
    cleo.does(&["desk", "answer", &first, "looking", ANSWER]);
    dora.does(&["desk", "restrict", &first, &account(ada)]);
    assert_eq!(heard(bea, &first), [pair("seen", ""), pair("looking", ANSWER)]);
    bea.does(&["reports", "withdraw", &second]);
    let (desk, _) = Desk::decode(&fs::read(server.data().join("desk")).unwrap()).unwrap();
    let new = NewTold { to: ToldTo::Desk, reason: ReportReason::Friend, words: TOLD.into(), reach: REACH.into(), pictures: vec![] };
    let made = client::tell(wire::Millis(1_798_761_600_000), [7; 32], &[7; 16], &desk, "the school", &new).unwrap();
    let file = bea.path("told.thr");
    fs::write(&file, &made.file).unwrap();
    bea.does(&["report", "--again", as_str(&file)]);
    assert!(dora.does(&["desk", "show", &made.number]).contains(TOLD));
    let words = [SAID, NOTE, TOLD, REACH, TEAM_NOTE, ANSWER, REPORTED, REPORTER].into_iter().chain(TEAM);
    words.map(str::to_owned).chain([first, second, made.number]).collect()
}

/// Nobody's account, handle or device stands in anything but what the server keeps of accounts.
fn look_for_people(data: &Path, pair: [AccountId; 2], team: &BTreeSet<AccountId>, desk: &Desk) {
    let db = joins::open(&data.join("treehouse.db"));
    let logs = [desk.reports, desk.more.as_ref().unwrap().answers];
    let mut rows = joins::rows_with_desk(&db, &logs);
    // Who of the team had a record taken away is said openly, so that no member can do it unseen.
    let of_team = |value: &Vec<u8>| Erased::decode(value).is_ok_and(|erased| team.contains(&erased.by));
    rows.iter_mut().filter(|row| row.about == About::Desk).for_each(|row| row.values.retain(|value| !of_team(value)));
    for about in [About::Account, About::Inbox, About::Group, About::Desk, About::File] {
        assert!(rows.iter().any(|row| row.about == about), "there is nothing about {about:?}");
    }
    assert!(rows.iter().filter(|row| row.about == About::Desk && row.table == "record").count() > 5);
    assert_eq!(joins::joins(&rows), [] as [String; 0]);
    let mut people = Scanner::default();
    for (what, query) in [
        ("an account", "SELECT id FROM account"),
        ("a handle", "SELECT handle FROM account"),
        ("a client", "SELECT client FROM last_resort"),
    ] {
        let values = column(&db, query);
        assert!(values.len() >= PEOPLE, "{what}");
        values.iter().for_each(|value| people.plant(what, value, Hashed::Never));
    }
    for row in rows.iter().filter(|row| row.about != About::Account) {
        for value in &row.values {
            assert_eq!(people.find(value), BTreeSet::new(), "in {}", row.table);
        }
    }
    // The members of the desk stand in its file, which everybody is given; who reported, and who was reported, in no file.
    let mut both = Scanner::default();
    pair.iter().for_each(|account| both.plant("an account", &account.0, Hashed::Never));
    let mut files = Vec::new();
    files_below(data, &mut files);
    let others = files.iter().filter(|file| !file.file_name().unwrap().to_string_lossy().starts_with("treehouse.db"));
    assert!(others.clone().any(|file| file.ends_with("desk")));
    for file in others {
        assert_eq!(both.find(&fs::read(file).unwrap()), BTreeSet::new(), "{}", file.display());
    }
}

#[test]
fn nothing_of_a_report_is_in_what_the_server_keeps_and_nothing_joins_it_to_anybody() {
    let mut server = Server::start(&[]);
    let [ada, bea] = [REPORTED, REPORTER].map(|name| Person::sign_up(name, &server));
    befriend(&ada, &[&bea], &server);
    let team = desk(&server, TEAM, &[], None);
    let plan = ada.path("The plan of the house.txt");
    fs::write(&plan, "Through the garden, past the old pump, up the back stairs\n".repeat(40)).unwrap();
    ada.does(&["send", REPORTER, "--file", as_str(&plan)]);
    bea.sees("the file", &["read", REPORTED], |row| row["file"]["name"] == "The plan of the house.txt");
    ada.sends(REPORTER, SAID);
    bea.reads(REPORTED, SAID);
    let words = reported_and_answered(&server, [&ada, &bea], &team);
    let pair = [&ada, &bea].map(|person| AccountId::from_hex(&account(person)).unwrap());
    server.stop();

    let mut planted = Scanner::default();
    words.iter().for_each(|words| planted.plant(words, words.as_bytes(), Hashed::Never));
    planted.plant_runs("the plan", &fs::read(&plan).unwrap());
    for person in [&ada, &bea] {
        plant_secrets(person, &mut planted);
    }
    let secrets = column(&store_of(&bea), "SELECT secret FROM made_report");
    assert!(!secrets.is_empty());
    secrets.iter().for_each(|secret| planted.plant("the secret of a report", secret, Hashed::Never));
    for member in &team {
        let passes = column(&store_of(member), "SELECT substr(value, 33) FROM meta WHERE key = 'safety/desk pass'");
        assert_eq!(passes.len(), 1);
        passes.iter().for_each(|pass| planted.plant("a pass of the team", pass, Hashed::Allowed));
    }
    let data = server.data();
    assert_eq!(found_in(&data, &planted), BTreeSet::new());
    let (desk, _) = Desk::decode(&fs::read(data.join("desk")).unwrap()).unwrap();
    let members = team.iter().map(|member| AccountId::from_hex(&account(member)).unwrap()).collect();
    look_for_people(&data, pair, &members, &desk);
    // The log knows neither what was said nor whose it is.
    let log = fs::read(server.log()).unwrap();
    pair.iter().for_each(|account| planted.plant("an account", &account.0, Hashed::Never));
    assert!(!log.is_empty());
    assert_eq!(planted.find(&log), BTreeSet::new());
}
