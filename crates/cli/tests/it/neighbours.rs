//! People whom the tests share, set up once and all at the same time: making contacts takes as long here as everywhere.

use crate::world::{Person, Server, befriend, gather};
use std::sync::{LazyLock, Once};
use std::thread;

/// One server and the people on it. Tests that share a chat find what they said by its words; who blocks, leaves or expires does it in a chat of
/// its own.
pub struct Neighbours {
    pub server: Server,
    /// Has Bob, Carol and Gina as contacts, and the group Garden with Bob and Carol.
    pub alice: Person,
    pub bob: Person,
    pub carol: Person,
    pub gina: Person,
    /// Knows Erin: their messages vanish.
    pub dave: Person,
    pub erin: Person,
    /// Knows Lea and Max, and makes a group.
    pub kim: Person,
    pub lea: Person,
    pub max: Person,
    /// Has the group Band with Otto, and knows Pia.
    pub nora: Person,
    pub otto: Person,
    pub pia: Person,
    /// Blocks Jack.
    pub iris: Person,
    pub jack: Person,
    /// Knows Will, whose account is closed.
    pub vera: Person,
    pub will: Person,
    /// Knows Yuri, and has a small quota.
    pub xena: Person,
    pub yuri: Person,
}

/// Two or three people on a server that a test may stop.
pub struct Village {
    pub server: Server,
    pub people: Vec<Person>,
}

static NEIGHBOURS: LazyLock<Neighbours> = LazyLock::new(Neighbours::move_in);
static ALL: Once = Once::new();

/// Everything that takes long begins with the first test that needs some of it.
pub fn begin() {
    ALL.call_once(|| {
        thread::spawn(|| LazyLock::force(&NEIGHBOURS));
        thread::spawn(crate::files::set_up);
        thread::spawn(crate::kill::set_up);
        thread::spawn(crate::keeps::set_up);
        thread::spawn(crate::faults::set_up);
        thread::spawn(crate::newcomer::set_up);
    });
}

pub fn neighbours() -> &'static Neighbours {
    begin();
    &NEIGHBOURS
}

impl Neighbours {
    fn move_in() -> Self {
        let server = Server::start(&[]);
        let names = [
            "alice", "bob", "carol", "gina", "dave", "erin", "kim", "lea", "max", "nora", "otto", "pia", "iris", "jack", "vera", "will",
            "xena", "yuri",
        ];
        let [alice, bob, carol, gina, dave, erin, kim, lea, max, nora, otto, pia, iris, jack, vera, will, xena, yuri] =
            sign_up(names, &server);
        thread::scope(|scope| {
            scope.spawn(|| {
                // Nobody tells that they have read something before they say so.
                for person in [&alice, &bob, &carol] {
                    person.does(&["settings", "--receipts", "on"]);
                }
                befriend(&alice, &[&bob, &carol, &gina], &server);
                gather(&alice, "Garden", &[&bob, &carol]);
            });
            scope.spawn(|| {
                befriend(&nora, &[&otto, &pia], &server);
                gather(&nora, "Band", &[&otto]);
            });
            scope.spawn(|| befriend(&kim, &[&lea, &max], &server));
            for (hub, other) in [(&dave, &erin), (&iris, &jack), (&vera, &will), (&xena, &yuri)] {
                let server = &server;
                scope.spawn(move || befriend(hub, &[other], server));
            }
        });
        Self { server, alice, bob, carol, gina, dave, erin, kim, lea, max, nora, otto, pia, iris, jack, vera, will, xena, yuri }
    }
}

fn sign_up<const N: usize>(names: [&str; N], server: &Server) -> [Person; N] {
    thread::scope(|scope| names.map(|name| scope.spawn(move || Person::sign_up(name, server))).map(|person| person.join().unwrap()))
}

impl Village {
    /// The first knows all the others.
    pub fn of(names: &[&str]) -> Self {
        begin();
        let server = Server::start(&[]);
        let people: Vec<Person> = thread::scope(|scope| {
            let server = &server;
            let begun: Vec<_> = names.iter().map(|name| scope.spawn(move || Person::sign_up(name, server))).collect();
            begun.into_iter().map(|person| person.join().unwrap()).collect()
        });
        if let Some((hub, others)) = people.split_first() {
            befriend(hub, &others.iter().collect::<Vec<_>>(), &server);
        }
        Self { server, people }
    }

    /// Lays everybody's line to where the server is now.
    pub fn reconnect(&self) {
        self.people.iter().for_each(|person| person.line.lay_to(self.server.address()));
    }
}
