//! What somebody new tries on the first evening.

use crate::neighbours::begin;
use crate::world::tools::text;
use crate::world::{Direction, Person, Server, befriend};
use std::fs;
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Two people who gave a name of their own, on a server that stays up.
struct Home {
    _server: Server,
    ines: Person,
    jan: Person,
}

static HOME: LazyLock<Home> = LazyLock::new(|| {
    let server = Server::start(&[]);
    let [ines, jan] = [("ines", "Ines"), ("jan", "Uncle Jan")].map(|(name, called)| {
        let person = Person::stranger(name, &server);
        person.does(&["signup", name, "--server", &person.line.url(), "--name", called]);
        person
    });
    befriend(&ines, &[&jan], &server);
    Home { _server: server, ines, jan }
});

pub fn set_up() {
    LazyLock::force(&HOME);
}

/// The two, for one test at a time.
fn home() -> (&'static Person, &'static Person, MutexGuard<'static, ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    begin();
    (&HOME.ines, &HOME.jan, TURN.lock().unwrap_or_else(|broken| broken.into_inner()))
}

#[test]
fn how_somebody_wants_to_be_called_stands_beside_the_name_and_never_in_its_place() {
    let (ines, jan, _turn) = home();
    jan.sends("ines", "Good evening");
    let line = ines.reads("jan", "Good evening");
    assert_eq!((&line["sender"], &line["display_name"]), (&"jan".into(), &"Uncle Jan".into()));
    let chat = ines.sees("the chat", &["chats"], |chat| chat["name"] == "jan");
    assert_eq!(chat["display_name"], "Uncle Jan");
    let member = ines.sees("the member", &["group", "members", "jan"], |member| member["name"] == "jan");
    assert_eq!(member["display_name"], "Uncle Jan");
    for listing in [&["chats"][..], &["read", "jan"], &["group", "members", "jan"]] {
        let printed = ines.does(listing);
        assert!(printed.contains("jan (Uncle Jan)"), "{listing:?}: {printed}");
    }
    // Nobody is found by what anybody may choose.
    assert!(ines.may_not(&["send", "Uncle Jan", "Hello"]).starts_with("There is no chat called"));
}

#[test]
fn a_home_says_whose_it_is() {
    let (ines, ..) = home();
    let who = ines.lists(&["whoami"]).remove(0);
    assert_eq!((&who["username"], &who["display_name"], &who["server"]), (&"ines".into(), &"Ines".into(), &ines.line.url().into()));
    let account = who["account"].as_str().unwrap();
    assert_eq!(account.len(), 64);
    let printed = ines.does(&["whoami"]);
    assert!(printed.starts_with("ines (Ines) on http://127.0.0.1:") && printed.contains(account), "{printed}");
}

#[test]
fn what_was_fetched_of_a_file_goes_when_it_is_saved_or_its_message_is_gone() {
    let (ines, jan, _turn) = home();
    let cache = ines.home().join("files");
    let fetched = || fs::read_dir(&cache).map_or(0, |entries| entries.count());
    let file = jan.path("evening.bin");
    fs::write(&file, vec![7; 3 << 20]).unwrap();
    let sent = jan.does(&["send", "ines", "--file", text(&file)]);
    ines.sees("the file", &["read", "jan"], |message| message["file"]["name"] == "evening.bin");
    let folder = ines.path("saved");
    // Half of it, and then the line breaks.
    ines.line.break_after(Direction::Down, 1 << 20);
    let save = || ines.tries(&["read", "jan", "--last", "1", "--save", text(&folder)]);
    let broken = save();
    assert!(broken.code == 1 && broken.stderr.contains("it goes on where it stopped"), "{broken:?}");
    assert_eq!(fetched(), 1, "kept, to go on from there");
    save().done();
    assert_eq!(fs::read(folder.join("evening.bin")).unwrap(), fs::read(&file).unwrap());
    assert_eq!(fetched(), 0, "it is saved: nothing else is left of it");
    ines.line.break_after(Direction::Down, 1 << 20);
    assert_eq!((save().code, fetched()), (1, 1));
    jan.does(&["delete", "ines", sent.trim().strip_prefix("sent ").unwrap()]);
    ines.sees("that it is deleted", &["read", "jan"], |message| message["kind"] == "deleted");
    assert_eq!(fetched(), 0, "nothing is kept of what was deleted");
}

#[test]
fn without_a_connection_nothing_is_left_of_what_was_mistyped_or_taken_back() {
    let (ines, jan, _turn) = home();
    let before = ines.lists(&["read", "jan"]).len();
    ines.line.hang_up();
    let missing = ines.path("holidya.jpg");
    assert!(ines.may_not(&["send", "jan", "--file", text(&missing)]).starts_with("The file holidya.jpg cannot be read"));
    let queued = ines.does(&["send", "jan", "Never mind"]);
    let id = queued.trim().strip_prefix("queued ").unwrap().to_owned();
    assert!(ines.does(&["delete", "jan", &id]).starts_with("taken back"));
    assert_eq!(ines.lists(&["read", "jan"]).len(), before);
    ines.line.lay_to(HOME._server.address());
    ines.does(&["sync"]);
    jan.does(&["sync"]);
    assert!(
        !jan.lists(&["read", "ines"])
            .iter()
            .any(|message| message["text"] == "Never mind" || message["kind"] == "deleted" && message["id"] == id.as_str())
    );
}

#[test]
fn where_nobody_listens_a_sync_gives_up_before_its_minute_is_over() {
    let mut server = Server::start(&[]);
    let kurt = Person::stranger("kurt", &server);
    // Without a line of his own: a server that is gone refuses, a line hangs up.
    kurt.does(&["signup", "kurt", "--server", &server.url()]);
    let link = kurt.tries(&["link", "--expires", "2"]);
    assert!(link.code == 0 && link.stderr.contains(" UTC: whoever has it"), "{link:?}");
    server.stop();
    let begun = Instant::now();
    let sentence = kurt.may_not(&["sync"]);
    assert!(sentence.starts_with("Not everything is done after 1"), "{sentence}");
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

#[test]
fn a_sync_says_in_one_line_what_came() {
    let (ines, jan, _turn) = home();
    ines.does(&["read", "jan"]);
    ines.does(&["sync"]);
    assert_eq!(ines.does(&["sync"]), "Nothing new.\n");
    jan.sends("ines", "One");
    jan.sends("ines", "Two");
    assert_eq!(ines.does(&["sync"]), "2 new messages.\n");
}
