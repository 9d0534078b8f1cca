//! Power cuts: the server and its people's programs are killed at random moments while they talk.

use crate::neighbours::{Village, begin};
use crate::world::{Person, Server, gather, id, long};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Four people: three in a group, and one who is invited to it during the storm.
static HARBOUR: LazyLock<Mutex<Village>> = LazyLock::new(|| {
    let harbour = Village::of(&["rudi", "sonja", "tara", "ulf"]);
    let [rudi, sonja, tara, _] = &harbour.people[..] else { panic!() };
    gather(rudi, "Storm", &[sonja, tara]);
    Mutex::new(harbour)
});

pub fn set_up() {
    LazyLock::force(&HARBOUR);
}

const GROUP: &str = "Storm";
/// Above what a server or a command takes to begin on a slow machine, so that every phase of its life is hit.
const SERVER_LIVES: u64 = 1200;
const PROGRAM_LIVES: u64 = 90;
/// The newest messages of a chat: all there are.
const ALL: &str = "1000000";

/// splitmix64
struct Dice(u64);

impl Dice {
    /// The same every time; another with TREEHOUSE_SEED.
    fn of(thrower: u64) -> Self {
        let seed = std::env::var("TREEHOUSE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        println!("the dice of thrower {thrower} begin with TREEHOUSE_SEED={seed}");
        Self(seed ^ thrower.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % limit
    }

    /// A moment that nobody chose.
    fn moment(&mut self, limit: u64) -> Duration {
        Duration::from_millis(self.below(limit))
    }
}

/// What somebody said where, and whether they were told that it is kept.
#[derive(Default)]
struct Said {
    acknowledged: BTreeSet<(String, String)>,
    unknown: BTreeSet<(String, String)>,
}

/// What everybody still has to survive.
struct Storm {
    server_kills: AtomicUsize,
    program_kills: AtomicUsize,
    wanted: usize,
    over: AtomicBool,
}

impl Storm {
    fn rages(&self) -> bool {
        !self.over.load(SeqCst) && (self.server_kills.load(SeqCst) < self.wanted || self.program_kills.load(SeqCst) < self.wanted)
    }
}

/// Ends the storm for all when one of them fails.
struct EndsWithMe<'a>(&'a Storm);

impl Drop for EndsWithMe<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.over.store(true, SeqCst);
        }
    }
}

/// Runs a command and kills it at a random moment, or lets it end. Gives what it printed, and whether it was killed.
fn struck(person: &Person, arguments: &[&str], dice: &mut Dice, storm: &Storm) -> (String, bool) {
    let mut child = person.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let hit = dice.below(2) == 0 && storm.program_kills.load(SeqCst) < storm.wanted;
    if hit {
        thread::park_timeout(dice.moment(PROGRAM_LIVES));
        // It may have ended by itself: then there was nothing to kill.
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
        }
    }
    let mut printed = String::new();
    child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    let killed = !child.wait().unwrap().success() && hit;
    if killed {
        storm.program_kills.fetch_add(1, SeqCst);
    }
    (printed, killed)
}

/// One person talks until the storm is over.
fn talks(person: &Person, chats: &[&str], mut dice: Dice, storm: &Storm) -> Said {
    let _guard = EndsWithMe(storm);
    let mut said = Said::default();
    let mut count = 0;
    while storm.rages() {
        let chat = chats[dice.below(chats.len() as u64) as usize];
        match dice.below(8) {
            0 => drop(struck(person, &["read", chat, "--last", "3"], &mut dice, storm)),
            1 => drop(struck(person, &["chats"], &mut dice, storm)),
            _ => {
                count += 1;
                let text = format!("{} says number {count}", person.name);
                let (printed, killed) = struck(person, &["send", chat, &text], &mut dice, storm);
                let told = printed.starts_with("sent ") || printed.starts_with("queued ");
                assert!(told || killed, "{}: {printed:?}", person.name);
                let words = (chat.to_owned(), text);
                if told {
                    said.acknowledged.insert(words)
                } else {
                    said.unknown.insert(words)
                };
            }
        }
    }
    said
}

/// The server lives again and again, for a random while each time.
fn kills_the_server(server: &mut Server, people: &[Person], mut dice: Dice, storm: &Storm) {
    let _guard = EndsWithMe(storm);
    while storm.rages() {
        thread::park_timeout(dice.moment(SERVER_LIVES));
        server.kill();
        storm.server_kills.fetch_add(1, SeqCst);
        // Away for a moment, so that some of what is said has to wait.
        thread::park_timeout(dice.moment(SERVER_LIVES / 4));
        server.again();
        people.iter().for_each(|person| person.line.lay_to(server.address()));
    }
}

/// Everything in a chat by its text, with how often it is there.
fn read_all(person: &Person, chat: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in person.lists(&["read", chat, "--last", ALL]) {
        *counts.entry(message["text"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn nothing_acknowledged_is_lost_or_shown_twice_and_no_chat_is_stuck_after_a_storm_of_power_cuts() {
    begin();
    let mut harbour = HARBOUR.lock().unwrap_or_else(PoisonError::into_inner);
    let storm = Storm {
        server_kills: AtomicUsize::new(0),
        program_kills: AtomicUsize::new(0),
        wanted: if long() { 500 } else { 60 },
        over: AtomicBool::new(false),
    };
    let Village { server, people } = &mut *harbour;
    let people = &*people;
    let [rudi, sonja, tara, ulf] = &people[..] else { panic!() };
    let chats: [(&Person, &[&str]); 4] =
        [(rudi, &[GROUP, "sonja", "tara", "ulf"]), (sonja, &[GROUP, "rudi"]), (tara, &[GROUP, "rudi"]), (ulf, &["rudi"])];
    let said: Vec<Said> = thread::scope(|scope| {
        let storm = &storm;
        scope.spawn(move || kills_the_server(server, people, Dice::of(0), storm));
        let talking: Vec<_> =
            chats.iter().zip(1..).map(|((person, chats), at)| scope.spawn(move || talks(person, chats, Dice::of(at), storm))).collect();
        talking.into_iter().map(|talk| talk.join().unwrap()).collect()
    });
    println!("{} power cuts of the server, {} of programs", storm.server_kills.load(SeqCst), storm.program_kills.load(SeqCst));

    // After the storm everybody sends what still waits, and the group goes on: words, changes, and somebody new.
    thread::scope(|scope| people.iter().for_each(|person| drop(scope.spawn(|| person.does(&["sync"])))));
    rudi.does(&["group", "promote", GROUP, "sonja"]);
    rudi.does(&["group", "add", GROUP, "ulf"]);
    let invitation = ulf.sees("the invitation", &["invitations"], |_| true);
    ulf.does(&["invitations", "join", &id(&invitation)]);
    ulf.does(&["sync"]);
    for person in people {
        person.sends(GROUP, &format!("{} is still here", person.name));
    }
    for person in people {
        people.iter().for_each(|other| drop(person.reads(GROUP, &format!("{} is still here", other.name))));
    }
    everything_is_there_once(&chats, &said);
}

fn everything_is_there_once(chats: &[(&Person, &[&str])], said: &[Said]) {
    let mut lost = Vec::new();
    let mut acknowledged = 0;
    for ((speaker, _), said) in chats.iter().zip(said) {
        acknowledged += said.acknowledged.len();
        for (listener, theirs) in chats {
            for chat in *theirs {
                let here = read_all(listener, chat);
                assert!(
                    here.iter().all(|(text, count)| *count == 1 || !text.contains(" says number ")),
                    "{} has twice: {here:?}",
                    listener.name
                );
                // What the speaker calls by the listener's name the listener calls by the speaker's.
                let meant = |name: &str| match *chat {
                    GROUP => name == GROUP,
                    _ if speaker.name == listener.name => name == *chat,
                    _ => *chat == speaker.name && name == listener.name,
                };
                let missing = said.acknowledged.iter().filter(|(name, text)| meant(name) && !here.contains_key(text));
                lost.extend(missing.map(|(_, text)| format!("{} lacks {text:?} in {chat}", listener.name)));
                let foreign = here.keys().filter(|text| text.starts_with(&format!("{} says", speaker.name)));
                for text in foreign {
                    let known = said.acknowledged.iter().chain(&said.unknown).any(|(name, known)| known == text && meant(name));
                    assert!(known, "{} has {text:?} in {chat}, which was not said there", listener.name);
                }
            }
        }
    }
    assert!(acknowledged > 0 && lost.is_empty(), "of {acknowledged} acknowledged messages: {lost:#?}");
    println!("{acknowledged} acknowledged messages are all there");
}
