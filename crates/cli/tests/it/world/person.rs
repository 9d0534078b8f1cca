//! People: a home each, a line each to the server, and the way they meet.

use super::{Disk, Line, Outcome, PROGRAM, Server, id, row, until};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

/// Somebody with an account.
pub struct Person {
    pub name: String,
    pub line: Line,
    dir: tempfile::TempDir,
    /// Where the home lies, if it is on a disk of its own.
    pub disk: Option<Disk>,
    new_home: Option<PathBuf>,
    /// One program a home: tests that share a person wait here, not at its lock.
    turn: Mutex<()>,
}

impl Person {
    /// Somebody who has not signed up yet.
    pub fn stranger(name: &str, server: &Server) -> Self {
        Self {
            name: name.to_owned(),
            line: Line::to(server.address()),
            dir: server.folder(),
            disk: None,
            new_home: None,
            turn: Mutex::default(),
        }
    }

    /// The same with another home: a new device.
    pub fn at(self, home: PathBuf) -> Self {
        Self { new_home: Some(home), ..self }
    }

    /// Somebody who has not signed up yet and whose home will lie on a disk of its own.
    pub fn stranger_on(disk: Disk, name: &str, server: &Server) -> Self {
        Self { disk: Some(disk), ..Self::stranger(name, server) }
    }

    pub fn sign_up(name: &str, server: &Server) -> Self {
        let person = Self::stranger(name, server);
        person.does(&["signup", name, "--server", &person.line.url()]);
        person
    }

    pub fn home(&self) -> PathBuf {
        if let Some(home) = &self.new_home {
            return home.clone();
        }
        self.disk.as_ref().map_or(self.dir.path(), Disk::path).join("home")
    }

    /// A place for this person's files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.disk {
            Some(disk) => disk.command(arguments),
            None => {
                let mut command = Command::new(PROGRAM);
                command.args(arguments);
                command
            }
        };
        command.env("TREEHOUSE_HOME", self.home()).env_remove("TREEHOUSE_LOG");
        // They are in Britain, wherever the tests run.
        command.env("LANG", "en_GB.UTF-8").env_remove("LC_ALL").env_remove("LC_MESSAGES");
        command
    }

    pub fn tries(&self, arguments: &[&str]) -> Outcome {
        let _turn = self.turn.lock().unwrap_or_else(|broken| broken.into_inner());
        Outcome::of(&mut self.command(arguments))
    }

    /// Does something that must succeed; gives what was printed.
    pub fn does(&self, arguments: &[&str]) -> String {
        let outcome = self.tries(arguments);
        assert_eq!(outcome.code, 0, "{} {arguments:?}: {outcome:?}", self.name);
        outcome.stdout
    }

    /// Tries something that must be refused; gives the sentence.
    pub fn may_not(&self, arguments: &[&str]) -> String {
        self.tries(arguments).refused()
    }

    pub fn lists(&self, arguments: &[&str]) -> Vec<Value> {
        self.tries(&[arguments, &["--json"]].concat()).rows()
    }

    /// Says something and gives the row's id on this device.
    pub fn sends(&self, chat: &str, text: &str) -> String {
        let said = self.does(&["send", chat, text]);
        let Some(id) = said.trim().strip_prefix("sent ") else { panic!("{} sent {text:?}: {said:?}", self.name) };
        id.to_owned()
    }

    /// Waits for a row of a listing.
    pub fn sees(&self, what: &str, listing: &[&str], wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = vec![];
        let mut found = None;
        until(&format!("{} sees {what}", self.name), || {
            last = self.lists(listing);
            found = last.iter().find(|row| wanted(row)).cloned();
            found.clone()
        })
    }

    /// Waits for a message by its text.
    pub fn reads(&self, chat: &str, text: &str) -> Value {
        self.sees(&format!("{text:?} in {chat}"), &["read", chat], |message| message["text"] == text)
    }

    /// A link of this person's, as it reads at another person's line.
    pub fn link_for(&self, other: &Self, options: &[&str]) -> String {
        let link = self.does(&[&["link"], options].concat());
        self.readdress(link.trim(), other)
    }

    fn readdress(&self, link: &str, other: &Self) -> String {
        assert!(link.starts_with(&self.line.url()), "{link}");
        link.replace(&self.line.url(), &other.line.url())
    }
}

/// Lets one person meet several others, all at the same time: requests and Welcomes take up to 20 seconds each, and together no longer.
pub fn befriend(hub: &Person, others: &[&Person], server: &Server) {
    let label = format!("friends of {}", hub.name);
    let link = hub.does(&["link", "--for", &label, "--uses", &others.len().to_string()]);
    thread::scope(|scope| {
        for other in others {
            let link = hub.readdress(link.trim(), other);
            scope.spawn(move || other.does(&["add", &link]));
        }
    });
    let open = |row: &Value| row["direction"] == "in" && row["state"] == "open";
    let requests = until(&format!("all requests reach {}", hub.name), || {
        let requests: Vec<Value> = hub.lists(&["requests"]).into_iter().filter(open).collect();
        (requests.len() >= others.len()).then_some(requests)
    });
    // Accepted without a connection, so that all answers wait together and not one after the other.
    hub.line.hang_up();
    for request in &requests {
        assert_eq!(hub.does(&["requests", "accept", &id(request)]), "queued\n");
    }
    // Until they have said their names they are called what the link says.
    let chats = hub.lists(&["chats"]);
    assert!(chats.iter().filter(|chat| chat["name"] == label.as_str()).count() >= others.len(), "{chats:?}");
    hub.line.lay_to(server.address());
    hub.does(&["sync"]);
    thread::scope(|scope| {
        for other in others {
            scope.spawn(|| {
                other.sees("the new chat", &["chats"], |chat| chat["name"] == hub.name.as_str() && chat["state"] == "active");
                // Says who they are.
                other.does(&["sync"]);
            });
        }
    });
    until(&format!("{} knows all their names", hub.name), || {
        let chats = hub.lists(&["chats"]);
        others.iter().all(|other| row(&chats, "name", &other.name).is_some()).then_some(())
    });
}

/// Makes a group and waits until everybody is in.
pub fn gather(hub: &Person, group: &str, others: &[&Person]) {
    let names: Vec<&str> = others.iter().map(|other| other.name.as_str()).collect();
    hub.does(&[&["group", "create", group], names.as_slice()].concat());
    thread::scope(|scope| {
        for other in others {
            scope.spawn(|| {
                let invitation = other.sees("the invitation", &["invitations"], |row| row["from"] == hub.name.as_str());
                other.does(&["invitations", "join", &id(&invitation)]);
                other.sees("the group by its name", &["chats"], |chat| chat["name"] == group);
            });
        }
    });
    until(&format!("everybody is in {group}"), || {
        hub.lists(&["group", "members", group]).iter().all(|member| member["state"] == "here").then_some(())
    });
}
