//! What the server keeps after a day of ten people: nothing that they said, are called or hold, and nothing that tells who talks to whom.

use crate::joins::{self, About};
use crate::neighbours::begin;
use crate::scan::{Hashed, Scanner};
use crate::world::tools::{ffmpeg, tag, text};
use crate::world::{Person, Server, befriend, gather, http_get, until};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::thread;
use wire::content::Content;
use wire::pad::is_padme;

const NAMES: [&str; 10] = [
    "willowherb",
    "quicksilver",
    "marmaduke",
    "featherstone",
    "thistledown",
    "larkspurry",
    "bramblewick",
    "coppernickel",
    "dandelionz",
    "evergreenly",
];
const CLASS: &str = "Dragonfly Watchers";
const CHOIR: &str = "Midnight Choristers";
/// What [`befriend`] writes on a link.
const LABEL: &str = "friends of willowherb";
const GPS: [&str; 2] = ["48.1371079", "11.5753822"];

/// Ten people on a server of their own: the first knows all, and has two groups.
struct Town {
    server: Server,
    people: Vec<Person>,
}

static TOWN: LazyLock<Mutex<Town>> = LazyLock::new(|| {
    let server = Server::start(&[]);
    let people: Vec<Person> = thread::scope(|scope| {
        let server = &server;
        let sign_up = move |name| {
            let person = Person::stranger(name, server);
            person.does(&["signup", name, "--server", &person.line.url(), "--name", &display_name(name)]);
            person
        };
        let begun: Vec<_> = NAMES.iter().map(|name| scope.spawn(move || sign_up(name))).collect();
        begun.into_iter().map(|person| person.join().unwrap()).collect()
    });
    let (hub, others) = people.split_first().unwrap();
    befriend(hub, &others.iter().collect::<Vec<_>>(), &server);
    gather(hub, CLASS, &others[..4].iter().collect::<Vec<_>>());
    gather(hub, CHOIR, &others[4..8].iter().collect::<Vec<_>>());
    Mutex::new(Town { server, people })
});

pub fn set_up() {
    LazyLock::force(&TOWN);
}

fn display_name(name: &str) -> String {
    format!("Mx {name} of Nowhere")
}

/// What is said on that day, and with what it is planted.
struct Day {
    words: Vec<String>,
    files: Vec<PathBuf>,
}

impl Town {
    fn hub(&self) -> &Person {
        &self.people[0]
    }

    /// One of each group is away while the others talk, so that the server has to keep what they said.
    fn away(&self) -> [&Person; 2] {
        [&self.people[4], &self.people[8]]
    }

    fn a_day(&self) -> Day {
        // Two of them keep their accounts safe, the one with the most people and chats first.
        let kept = [self.hub(), &self.people[1]].map(|person| person.does(&["words"]));
        self.away().iter().for_each(|person| person.line.hang_up());
        let mut day = Day { words: kept.iter().map(|printed| in_a_row(printed)).collect(), files: vec![] };
        let mut say = |person: &Person, chat: &str, words: &str| {
            day.words.push(words.to_owned());
            person.sends(chat, words)
        };
        let (hub, friend) = (self.hub(), &self.people[1]);
        say(hub, CLASS, "The larvae hatched under the old bridge");
        say(friend, CLASS, "Bring nets and the big thermos tomorrow");
        say(&self.people[5], CHOIR, "Second sopranos meet at Gertrud's place");
        let wrong = say(hub, CHOIR, "Rehearsal is on Wendesday evening");
        hub.does(&["edit", CHOIR, &wrong, "Rehearsal is on Wednesday evening, really"]);
        let regretted = say(friend, NAMES[0], "Forget that I ever mentioned Leopold");
        friend.does(&["delete", NAMES[0], &regretted]);
        hub.does(&["expire", NAMES[2], "4w"]);
        say(hub, NAMES[2], "This line vanishes in four weeks");
        say(&self.people[9], NAMES[0], "Nobody wants to hear this from me");
        hub.does(&["block", NAMES[9]]);
        say(&self.people[9], NAMES[0], "Said to somebody who has blocked me");
        hub.does(&["group", "rename", CLASS, "Dragonfly Watchers Reborn"]);
        let caption = "Dragonfly over the mill pond at dusk";
        let photo = self.photo();
        hub.does(&["send", CHOIR, "--file", text(&photo), "--original", "--caption", caption, "--alt", "An insect with four glassy wings"]);
        let notes = hub.path("Expenses of the choir.txt");
        fs::write(&notes, "Sheet music 31.50, candles 12.80, cough drops 3.20, taxi for Gertrud 18.00, flowers 25.00\n".repeat(40))
            .unwrap();
        friend.does(&["send", CLASS, "--file", text(&notes), "--caption", "What all of it has cost so far"]);
        let question = friend.reads("Dragonfly Watchers Reborn", "The larvae hatched under the old bridge");
        friend.does(&["react", "Dragonfly Watchers Reborn", &question["id"].to_string(), "👍"]);
        day.words.extend(
            [
                "Rehearsal is on Wednesday evening, really",
                "Dragonfly Watchers Reborn",
                caption,
                "An insect with four glassy wings",
                "What all of it has cost so far",
                "Expenses of the choir.txt",
                "Mill pond 0815.jpg",
                CLASS,
                CHOIR,
                LABEL,
                GPS[0],
                GPS[1],
            ]
            .map(str::to_owned),
        );
        day.files = vec![photo, notes];
        day
    }

    /// A photo that says where it was taken.
    fn photo(&self) -> PathBuf {
        let photo = self.hub().path("Mill pond 0815.jpg");
        let drawn =
            ["-f", "lavfi", "-i", "testsrc2=size=640x480", "-vf", "noise=alls=60:allf=t", "-frames:v", "1", "-q:v", "3", text(&photo)];
        ffmpeg(&drawn);
        let position =
            [format!("-GPSLatitude={}", GPS[0]), format!("-GPSLongitude={}", GPS[1]), format!("-XMP-dc:Description={} {}", GPS[0], GPS[1])];
        tag(&photo, &position.iter().map(String::as_str).collect::<Vec<_>>());
        photo
    }

    fn planted(&self, day: &Day) -> Scanner {
        let mut scanner = Scanner::default();
        for words in day.words.iter().map(String::as_str).chain(NAMES) {
            scanner.plant(words, words.as_bytes(), Hashed::Never);
        }
        for name in NAMES {
            scanner.plant("a display name", display_name(name).as_bytes(), Hashed::Never);
        }
        for file in &day.files {
            scanner.plant_runs(text(file), &fs::read(file).unwrap());
        }
        for person in &self.people {
            plant_secrets(person, &mut scanner);
        }
        scanner
    }

    fn reconnect(&self) {
        self.people.iter().for_each(|person| person.line.lay_to(self.server.address()));
    }
}

/// The 12 words as a careless program would keep them.
fn in_a_row(printed: &str) -> String {
    let words: Vec<&str> = printed.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(words.len(), 12, "{printed}");
    words.join(" ")
}

pub fn store_of(person: &Person) -> Connection {
    let key: String = fs::read(person.home().join("key")).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    let db = Connection::open(person.home().join("store.db")).unwrap();
    db.execute_batch(&format!("PRAGMA key = \"x'{key}'\"")).unwrap();
    db
}

pub fn column(db: &Connection, query: &str) -> Vec<Vec<u8>> {
    let mut query = db.prepare(query).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The keys and passes of one person, and the names of what they said.
pub fn plant_secrets(person: &Person, scanner: &mut Scanner) {
    scanner.plant("the key of a home", &fs::read(person.home().join("key")).unwrap(), Hashed::Never);
    let db = store_of(person);
    for (what, query) in [
        ("an identity key", "SELECT identity_key FROM account"),
        ("a client key", "SELECT client_key FROM account"),
        ("a proof key", "SELECT franking_key FROM account"),
        ("an inbox key", "SELECT inbox_key FROM account"),
        ("a leaf key", "SELECT leaf_key FROM chat WHERE leaf_key IS NOT NULL UNION SELECT leaf_key FROM key_package"),
        ("the name of a message", "SELECT message_id FROM message"),
    ] {
        let values = column(&db, query);
        assert!(!values.is_empty(), "{} has no {what}", person.name);
        values.iter().for_each(|value| scanner.plant(what, value, Hashed::Never));
    }
    column(&db, "SELECT entropy FROM vault").iter().for_each(|entropy| scanner.plant("what the words stand for", entropy, Hashed::Never));
    // Of these a server knows hashes: that is how it checks them.
    let passes = "SELECT pass FROM log UNION SELECT token FROM inbox_pass UNION SELECT take FROM contact WHERE take IS NOT NULL UNION SELECT delete_token FROM own_blob";
    column(&db, passes).iter().for_each(|pass| scanner.plant("a pass", pass, Hashed::Allowed));
    for content in column(&db, "SELECT content FROM message WHERE length(content) > 0") {
        let Ok(content) = Content::decode(&content) else { continue };
        for secret in content.body.attachments().into_iter().filter_map(|attachment| attachment.secret.as_ref()) {
            scanner.plant("the key of a file", &secret.key, Hashed::Never);
        }
    }
}

/// Whoever stands in logs and metrics by a public name is named, too: who has an account is the server's business, not its log's.
fn plant_public_names(data: &Path, scanner: &mut Scanner) {
    let db = joins::open(&data.join("treehouse.db"));
    for (what, query) in [
        ("an account", "SELECT id FROM account"),
        ("a handle", "SELECT handle FROM account"),
        ("a log", "SELECT id FROM log"),
        ("the hash of a pass", "SELECT hash FROM pass"),
        ("the hash of a take pass", "SELECT hash FROM take_pass"),
        ("a client", "SELECT client FROM last_resort"),
        ("a blob", "SELECT id FROM blob"),
        ("a vault", "SELECT id FROM vault"),
        ("the hash of a vault's token", "SELECT write FROM vault"),
    ] {
        let values = column(&db, query);
        assert!(!values.is_empty(), "there is no {what}");
        values.iter().for_each(|value| scanner.plant(what, value, Hashed::Never));
    }
}

pub fn files_below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

/// Every file of the server, byte for byte, and every value of its database: what lies across two pages stands in one piece only there.
pub fn found_in(data: &Path, scanner: &Scanner) -> BTreeSet<String> {
    let mut files = Vec::new();
    files_below(data, &mut files);
    assert!(files.iter().any(|file| file.ends_with("treehouse.db")) && files.iter().any(|file| file.starts_with(data.join("blobs"))));
    let mut found = BTreeSet::new();
    let mut look = |place: &str, bytes: &[u8]| found.extend(scanner.find(bytes).into_iter().map(|what| format!("{what} in {place}")));
    for file in &files {
        let name = file.strip_prefix(data).unwrap();
        look(text(name), text(name).as_bytes());
        look(text(name), &fs::read(file).unwrap());
    }
    for row in joins::rows(&joins::open(&data.join("treehouse.db"))) {
        row.values.iter().for_each(|value| look(&row.table, value));
    }
    found
}

/// What stands around the payload in a PrivateMessage of ours (RFC 9420, section 6.3): version and wire format, group id, epoch, content type,
/// authenticated data, sender data, and inside the ciphertext the payload's length, the signature and the tag.
const FRAME: usize = 2 + 2 + (1 + 32) + 8 + 1 + (1 + 32) + (1 + 28) + 2 + (2 + (2 + 64) + 16);

/// Lengths of content that are not of the padding set.
fn lengths_that_tell(records: &[joins::Record]) -> Vec<usize> {
    let content = records.iter().filter(|record| record.about == About::Group && !record.commit).map(|record| record.bytes.len());
    // Lengths inside are written in two bytes, or in four from 16 KiB on: once around the payload, once around all.
    let padded =
        |length: &usize| [0, 2, 4].iter().any(|more| length.checked_sub(FRAME + more).is_some_and(|payload| is_padme(payload as u64)));
    content.filter(|length| !padded(length)).collect()
}

fn look_at_lengths(data: &Path, records: &[joins::Record]) {
    let content = records.iter().filter(|record| record.about == About::Group && !record.commit).count();
    assert!(content >= 10, "only {content} records of content to look at");
    assert_eq!(lengths_that_tell(records), [] as [usize; 0]);
    for record in records.iter().filter(|record| record.about == About::Inbox) {
        let length = record.bytes.len();
        // The listed exception: changes of an inbox's passes say nothing else, and are 16 bytes of chance.
        let fits = if record.commit { length == 16 } else { length >= 4096 && length.is_power_of_two() };
        assert!(fits, "an inbox record of {length} bytes");
    }
    let mut blobs = Vec::new();
    files_below(&data.join("blobs"), &mut blobs);
    assert!(blobs.len() >= 2);
    for blob in blobs {
        assert!(is_padme(fs::metadata(&blob).unwrap().len()), "{blob:?}");
    }
}

fn look_at_joins(db: &Connection) {
    let rows = joins::rows(db);
    for about in [About::Account, About::Inbox, About::Group, About::File, About::Vault] {
        assert!(rows.iter().any(|row| row.about == about), "there is nothing about {about:?}");
    }
    assert_eq!(joins::joins(&rows), [] as [String; 0]);
    let vaults: Vec<&joins::Row> = rows.iter().filter(|row| row.about == About::Vault).collect();
    for vault in &vaults {
        let length = vault.values.iter().map(Vec::len).max().unwrap_or(0);
        assert!(length.is_power_of_two() && length >= 16 * 1024, "a vault of {length} bytes");
    }
    assert_eq!(vaults.len(), 2);
    // Nor does the order of rows or the time of day.
    assert_eq!(joins::ordered_tables(db), [] as [String; 0]);
    for row in rows.iter().filter(|row| row.about != About::Group) {
        assert!(row.times.iter().all(|ms| row.about == About::Inbox && ms % 60_000 == 0), "{row:?}");
    }
}

#[test]
fn nothing_of_a_day_is_in_what_the_server_keeps_and_what_is_deleted_is_gone() {
    begin();
    let mut town = TOWN.lock().unwrap();
    let day = town.a_day();
    let metrics = http_get(town.server.address(), "/metrics");
    let data = town.server.data();

    // At noon two people have not fetched anything: all of it is still there, sealed.
    town.server.stop();
    let planted = town.planted(&day);
    println!("{} things are looked for", planted.len());
    assert_eq!(found_in(&data, &planted), BTreeSet::new());
    let noon = joins::open(&data.join("treehouse.db"));
    let kept = joins::records(&noon);
    look_at_lengths(&data, &kept);
    look_at_joins(&noon);
    drop(noon);
    let mut named = town.planted(&day);
    plant_public_names(&data, &mut named);
    let log = fs::read(town.server.log()).unwrap();
    assert!(!log.is_empty());
    assert_eq!((named.find(&log), named.find(metrics.as_bytes())), (BTreeSet::new(), BTreeSet::new()));

    // In the evening everybody has everything, and the server has nothing of it any more.
    town.server.again();
    town.reconnect();
    thread::scope(|scope| {
        for person in &town.people {
            scope.spawn(|| until(&format!("{} has fetched all", person.name), || (person.tries(&["sync"]).code == 0).then_some(())));
        }
    });
    let running = joins::open(&data.join("treehouse.db"));
    let content_left = || running.query_row("SELECT count(*) FROM record WHERE flag = 1", [], |row| row.get::<_, i64>(0)).unwrap();
    until("the dead are cleared away", || (content_left() == 0).then_some(()));
    drop(running);
    town.server.stop();
    let mut dead = Scanner::default();
    for record in kept.iter().filter(|record| !record.commit) {
        // From the middle: beginnings name the group, which lives on.
        let middle = record.bytes.len() / 2;
        dead.plant("a deleted record", &record.bytes[middle..middle + 40], Hashed::Never);
    }
    assert_eq!(found_in(&data, &dead), BTreeSet::new());
    assert_eq!(found_in(&data, &planted), BTreeSet::new());
    assert_eq!(named.find(&fs::read(town.server.log()).unwrap()), BTreeSet::new());
}
