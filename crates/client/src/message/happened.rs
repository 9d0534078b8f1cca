//! What happened in a chat, as a line that nobody said: kept as facts, worded by each shell.

use crate::account::Account;
use crate::client::{Client, Fault, Turn};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use view::{Event, Happened};
use wire::{AccountId, Millis};

type Id = [u8; 32];

/// As it is kept, as postcard: variants are only ever added at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Line {
    Added { by: Id, who: Vec<Id> },
    Joined(Id),
    Left(Vec<Id>),
    Removed { by: Id, who: Vec<Id> },
    MadeAdmin { by: Id, who: Vec<Id> },
    TookAdmin { by: Id, who: Vec<Id> },
    Renamed { by: Id, name: String },
    Timer { by: Id, seconds: u32 },
    NewDevice(Id),
    NotShown,
    GoesOnElsewhere,
    RecordsLost,
}

impl Line {
    /// None: of an older program, which kept the words.
    pub(crate) fn read(content: &[u8]) -> Option<Self> {
        postcard::from_bytes(content).ok().filter(|_| !content.is_empty())
    }

    /// Whether it tells of nothing that went wrong.
    pub(crate) fn is_harmless(&self) -> bool {
        !matches!(self, Self::NotShown | Self::GoesOnElsewhere | Self::RecordsLost)
    }
}

impl Client {
    /// With the names that this device knows.
    pub(crate) fn happened(&self, line: Line) -> Result<Happened, Fault> {
        let own = Account::load(&self.db)?;
        let one = |id: Id| self.sender_or_key(&AccountId(id), own.as_ref());
        let all = |ids: Vec<Id>| ids.into_iter().map(one).collect::<Result<Vec<_>, _>>();
        Ok(match line {
            Line::Added { by, who } => Happened::Added { by: one(by)?, who: all(who)? },
            Line::Joined(who) => Happened::Joined { who: one(who)? },
            Line::Left(who) => Happened::Left { who: all(who)? },
            Line::Removed { by, who } => Happened::Removed { by: one(by)?, who: all(who)? },
            Line::MadeAdmin { by, who } => Happened::MadeAdmin { by: one(by)?, who: all(who)? },
            Line::TookAdmin { by, who } => Happened::TookAdmin { by: one(by)?, who: all(who)? },
            Line::Renamed { by, name } => Happened::Renamed { by: one(by)?, name },
            Line::Timer { by, seconds } => Happened::Timer { by: one(by)?, seconds },
            Line::NewDevice(who) => Happened::NewDevice { who: one(who)? },
            Line::NotShown => Happened::NotShown,
            Line::GoesOnElsewhere => Happened::GoesOnElsewhere,
            Line::RecordsLost => Happened::RecordsLost,
        })
    }
}

impl Turn<'_> {
    /// A line of this device's own, which nobody said. Nobody is told that it came.
    pub fn notice(&mut self, chat: i64, line: &Line, at: Millis) -> Result<(), Fault> {
        let (id, content): (Id, _) = (self.random(), postcard::to_allocvec(line).map_err(|_| Fault::Stored)?);
        self.db
            .prepare_cached(
                "INSERT INTO message (chat, message_id, account, mine, kind, content, shown, text, sent, state)
                 VALUES (?1, ?2, ?5, 0, 0, ?3, 1, '', ?4, 'notice')",
            )?
            .execute(params![chat, id, content, at.0 as i64, Id::default()])?;
        let message = self.db.last_insert_rowid();
        self.event(Event::MessageChanged { chat, message });
        Ok(())
    }
}
