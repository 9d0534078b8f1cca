//! People become contacts.

use crate::world::World;
use view::{Command, Reply, RequestState};

impl World {
    /// One person becomes the contact of many, with one link.
    pub fn befriend_all(&mut self, alice: usize, others: &[usize]) {
        self.run(500);
        for some in others.chunks(100) {
            let made = self.command(alice, Command::MakeLink { label: "everybody".into(), uses: some.len() as u32, days: 1 });
            let Ok(Reply::Link { url, .. }) = made else { panic!("no link") };
            self.run(15_000);
            for other in some {
                self.command(*other, Command::AddContact { link: url.clone() }).expect("asked");
            }
            self.run(60_000);
            let requests = self.people[alice].client().requests().expect("requests");
            for request in requests.iter().filter(|row| row.state == RequestState::Open) {
                self.command(alice, Command::AcceptRequest { id: request.id }).expect("accepted");
            }
            self.run(120_000);
        }
    }

    /// The device is lost: nobody ever hears of it again.
    pub fn lose_device(&mut self, person: usize) {
        self.people[person].retired = true;
        self.lose_connection(person);
    }

    /// Alice and Bob become contacts: gives the chat's id on both sides.
    pub fn befriend(&mut self, alice: usize, bob: usize) -> (i64, i64) {
        self.run(500);
        let label = self.people[bob].name.clone();
        let Ok(Reply::Link { url, .. }) = self.command(alice, Command::MakeLink { label, uses: 1, days: 1 }) else { panic!("no link") };
        self.run(2_000);
        self.command(bob, Command::AddContact { link: url }).expect("asked");
        self.run(40_000);
        let request = self.people[alice]
            .client()
            .requests()
            .expect("requests")
            .into_iter()
            .rev()
            .find(|row| row.state == RequestState::Open)
            .expect("a request");
        let Ok(Reply::Id(chat)) = self.command(alice, Command::AcceptRequest { id: request.id }) else { panic!("not accepted") };
        self.run(60_000);
        let his = self.people[bob].client().chats().expect("chats").first().expect("a chat").id;
        (chat, his)
    }
}
