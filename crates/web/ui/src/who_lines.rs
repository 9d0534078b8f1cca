//! The lines of "Who can see this?": what each says for how things stand, in a child's words and in an adult's, and what it is made from.

use crate::words::Word;
use crate::words::cautions::Caution;
use crate::words::locale::Locale;
use view::{ChatKind, Switch, WhoRow};

/// For whom the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// At most six lines, without a word that one has to know.
    Child,
    Adult,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    People,
    Lock,
    Server,
    Backup,
    Copies,
    Times,
    Same,
    Timer,
}

/// Whether a line says what protects, or what does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Good,
    Risk,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub topic: Topic,
    pub side: Side,
    pub said: String,
    /// What it is made from.
    pub evidence: Vec<String>,
}

/// As many of the good as of the risk.
const CHILD: [(Topic, Side); 6] = [
    (Topic::People, Side::Good),
    (Topic::Lock, Side::Good),
    (Topic::Server, Side::Good),
    (Topic::Copies, Side::Risk),
    (Topic::Same, Side::Risk),
    (Topic::Timer, Side::Risk),
];
const ADULT: [(Topic, Side); 8] = [
    (Topic::People, Side::Good),
    (Topic::Lock, Side::Good),
    (Topic::Server, Side::Good),
    (Topic::Backup, Side::Good),
    (Topic::Copies, Side::Risk),
    (Topic::Times, Side::Risk),
    (Topic::Same, Side::Risk),
    (Topic::Timer, Side::Risk),
];

pub fn lines(locale: Locale, row: &WhoRow, reader: Reader) -> Vec<Line> {
    let told = Told { locale, row, reader };
    let topics: &[(Topic, Side)] = if reader == Reader::Child { &CHILD } else { &ADULT };
    topics.iter().map(|&(topic, side)| Line { topic, side, said: told.said(topic), evidence: told.evidence(topic) }).collect()
}

struct Told<'r> {
    locale: Locale,
    row: &'r WhoRow,
    reader: Reader,
}

impl Told<'_> {
    fn say(&self, word: Caution) -> String {
        self.locale.say(word)
    }

    fn with(&self, word: Caution, gaps: &[(&str, &str)]) -> String {
        self.locale.say_with(word, gaps)
    }

    fn others(&self) -> usize {
        self.row.people.iter().filter(|person| !person.me).count()
    }

    fn compared(&self) -> usize {
        self.row.people.iter().filter(|person| person.compared && !person.me).count()
    }

    fn said(&self, topic: Topic) -> String {
        match (self.reader, topic) {
            (Reader::Child, _) => self.to_child(topic),
            (Reader::Adult, Topic::Copies | Topic::Timer) => self.to_child(topic),
            (Reader::Adult, _) => self.to_adult(topic),
        }
    }

    fn to_child(&self, topic: Topic) -> String {
        let row = self.row;
        let (two, others) = (row.kind == ChatKind::Two, self.others());
        let named = |word| self.with(word, &[("name", &row.name)]);
        match topic {
            Topic::People if others == 0 => self.say(Caution::KidAlone),
            Topic::People if two => named(Caution::KidTwo),
            Topic::People => self.with(Caution::KidGroup, &[("n", &row.people.len().to_string())]),
            Topic::Lock => self.say(match &row.lock {
                None => Caution::KidNotLocked,
                Some(lock) if lock.post_quantum => Caution::KidLockedStrong,
                Some(_) => Caution::KidLocked,
            }),
            Topic::Server => {
                let word = if row.woken { Caution::KidServerWakes } else { Caution::KidServer };
                self.with(word, &[("text", &row.server)])
            }
            Topic::Copies => {
                let copies = match (others, two) {
                    (0, _) => self.say(Caution::KidCopiesAlone),
                    (_, true) => named(Caution::KidCopiesTwo),
                    (_, false) => self.say(Caution::KidCopiesGroup),
                };
                // An adult has a line of its own for this.
                let seen = match row.receipts {
                    _ if self.reader == Reader::Adult => return copies,
                    Switch::On => Caution::KidReads,
                    Switch::Off => Caution::KidUnread,
                };
                format!("{copies} {}", self.say(seen))
            }
            Topic::Same if two && self.compared() > 0 => named(Caution::KidSameTwo),
            Topic::Same if two => named(Caution::KidNotSameTwo),
            Topic::Same => self.with(Caution::KidSameGroup, &[("n", &self.compared().to_string()), ("m", &others.to_string())]),
            Topic::Timer if row.expire_seconds == 0 => self.say(Caution::KidStays),
            Topic::Timer => self.with(Caution::KidGoes, &[("time", &self.lasting())]),
            Topic::Backup | Topic::Times => String::new(),
        }
    }

    fn to_adult(&self, topic: Topic) -> String {
        let row = self.row;
        let switch = |switch| self.say(if switch == Switch::On { Caution::On } else { Caution::Off });
        match topic {
            Topic::People => {
                let devices: u32 = row.people.iter().map(|person| person.devices).sum();
                self.with(Caution::AdultPeople, &[("n", &row.people.len().to_string()), ("m", &devices.to_string())])
            }
            Topic::Lock => self.say(match &row.lock {
                None => Caution::AdultNotLocked,
                Some(lock) if lock.post_quantum => Caution::AdultLockedStrong,
                Some(_) => Caution::AdultLocked,
            }),
            Topic::Server => {
                let word = if row.woken { Caution::AdultServerWakes } else { Caution::AdultServer };
                self.with(word, &[("text", &row.server)])
            }
            Topic::Backup => self.say(if row.vault { Caution::AdultBackup } else { Caution::AdultNoBackup }),
            Topic::Times => self.with(Caution::AdultTimes, &[("text", &switch(row.receipts)), ("other", &switch(row.typing))]),
            Topic::Same => self.with(Caution::AdultSame, &[("n", &self.compared().to_string()), ("m", &self.others().to_string())]),
            Topic::Copies | Topic::Timer => self.to_child(topic),
        }
    }

    fn evidence(&self, topic: Topic) -> Vec<String> {
        let row = self.row;
        match topic {
            Topic::People => row
                .people
                .iter()
                .map(|person| {
                    let word = if person.me { Caution::DevicesYou } else { Caution::Devices };
                    self.with(word, &[("name", &person.name), ("n", &person.devices.to_string())])
                })
                .collect(),
            Topic::Lock => {
                let suite = row.lock.as_ref().filter(|_| self.reader == Reader::Adult);
                let suite = suite.map(|lock| self.with(Caution::LockedSuite, &[("text", &lock.suite), ("n", &lock.epoch.to_string())]));
                [self.say(Caution::LockedText)].into_iter().chain(suite).collect()
            }
            Topic::Server => {
                let wakes = if row.woken { Caution::WakesOn } else { Caution::WakesOff };
                [Caution::ServerText, Caution::ServerNotText, wakes].map(|word| self.say(word)).to_vec()
            }
            Topic::Backup => vec![self.say(Caution::BackupText)],
            Topic::Copies => [Caution::CopiesText, Caution::CopiesDevice].map(|word| self.say(word)).to_vec(),
            Topic::Times => vec![self.say(Caution::TimesText)],
            Topic::Same if row.kind == ChatKind::Two => vec![self.say(Caution::SameText)],
            Topic::Same => [Caution::SameText, Caution::SameGroupText].map(|word| self.say(word)).to_vec(),
            Topic::Timer => vec![self.say(Caution::TimerText)],
        }
    }

    fn lasting(&self) -> String {
        const HOUR: u64 = 60 * 60;
        let seconds = self.row.expire_seconds;
        let named = [(HOUR, Word::Hour), (24 * HOUR, Word::Day), (7 * 24 * HOUR, Word::Week), (28 * 24 * HOUR, Word::FourWeeks)];
        match named.into_iter().find(|(length, _)| *length == seconds) {
            Some((_, word)) => self.locale.say(word),
            None => self.with(Caution::Hours, &[("n", &seconds.div_ceil(HOUR).to_string())]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safety::readability::{self, GRADE, LONGEST};
    use view::{Ages, ChatState, WhoLock, WhoPerson};

    fn person(name: &str) -> WhoPerson {
        let me = name == "me";
        WhoPerson { account: name.into(), name: name.into(), me, devices: 1, compared: false, digits: (!me).then(|| "12345".into()) }
    }

    fn two() -> WhoRow {
        WhoRow {
            chat: 1,
            name: "Sam".into(),
            kind: ChatKind::Two,
            state: ChatState::Active,
            people: vec![person("me"), person("Sam")],
            lock: Some(WhoLock { suite: "MLS_256_X".into(), post_quantum: true, epoch: 3 }),
            expire_seconds: 0,
            receipts: Switch::Off,
            typing: Switch::Off,
            woken: false,
            server: "chat.example.org".into(),
            vault: false,
            ages: Ages::Unsaid,
        }
    }

    fn changed(change: impl Fn(&mut WhoRow)) -> WhoRow {
        let mut row = two();
        change(&mut row);
        row
    }

    /// Every way in which things can stand, of which a line speaks, and of which line.
    fn changes() -> Vec<(Topic, WhoRow)> {
        vec![
            (Topic::People, changed(|row| row.people.truncate(1))),
            (Topic::People, changed(|row| (row.kind, row.people) = (ChatKind::Group, vec![person("me"), person("Sam"), person("Kim")]))),
            (Topic::Lock, changed(|row| row.lock = None)),
            (Topic::Lock, changed(|row| row.lock.as_mut().unwrap().post_quantum = false)),
            (Topic::Server, changed(|row| row.woken = true)),
            (Topic::Server, changed(|row| row.server = "other.example.org".into())),
            (Topic::Backup, changed(|row| row.vault = true)),
            (Topic::Copies, changed(|row| row.people.truncate(1))),
            (Topic::Times, changed(|row| row.receipts = Switch::On)),
            (Topic::Times, changed(|row| row.typing = Switch::On)),
            (Topic::Same, changed(|row| row.people[1].compared = true)),
            (Topic::Timer, changed(|row| row.expire_seconds = 3600)),
            (Topic::Timer, changed(|row| row.expire_seconds = 7 * 24 * 3600)),
            (Topic::Timer, changed(|row| row.expire_seconds = 3 * 3600)),
        ]
    }

    fn said(row: &WhoRow, reader: Reader, topic: Topic) -> Option<String> {
        lines(Locale::English, row, reader).into_iter().find(|line| line.topic == topic).map(|line| line.said)
    }

    #[test]
    fn every_line_changes_with_what_it_speaks_of() {
        for reader in [Reader::Child, Reader::Adult] {
            for line in lines(Locale::English, &two(), reader) {
                let rows: Vec<WhoRow> = changes().into_iter().filter(|(topic, _)| *topic == line.topic).map(|(_, row)| row).collect();
                assert!(!rows.is_empty(), "{:?}", line.topic);
                for row in rows {
                    assert_ne!(said(&row, reader, line.topic).as_ref(), Some(&line.said), "{reader:?} {:?}", line.topic);
                }
            }
        }
        // A child reads with the copies whether the others see what was read.
        let read = changed(|row| row.receipts = Switch::On);
        assert_ne!(said(&read, Reader::Child, Topic::Copies), said(&two(), Reader::Child, Topic::Copies));
        let devices = changed(|row| row.people[1].devices = 2);
        assert_ne!(said(&devices, Reader::Adult, Topic::People), said(&two(), Reader::Adult, Topic::People));
    }

    #[test]
    fn as_many_lines_are_on_the_good_as_on_the_risk_and_each_has_its_evidence() {
        for row in changes().into_iter().map(|(_, row)| row).chain([two()]) {
            for reader in [Reader::Child, Reader::Adult] {
                let lines = lines(Locale::English, &row, reader);
                let good = lines.iter().filter(|line| line.side == Side::Good).count();
                assert_eq!(good * 2, lines.len());
                assert!(lines.iter().all(|line| !line.said.is_empty() && !line.evidence.is_empty()));
            }
        }
    }

    #[test]
    fn a_child_reads_six_lines_without_a_word_that_one_has_to_know() {
        for row in changes().into_iter().map(|(_, row)| row).chain([two()]) {
            let lines = lines(Locale::English, &row, Reader::Child);
            assert!(lines.len() <= 6);
            let all: Vec<String> = lines.iter().flat_map(|line| line.evidence.iter().chain([&line.said])).cloned().collect();
            for word in ["key", "post-quantum", "epoch", "credential", "ciphertext", "cipher"] {
                assert!(!all.iter().any(|said| said.to_lowercase().contains(word)), "{word}: {all:?}");
            }
            // An address is one word to read.
            let said: Vec<String> = lines.iter().map(|line| line.said.replace(&row.server, "It")).collect();
            let reading = readability::read(&said.join("\n"));
            assert!(reading.longest <= LONGEST && reading.grade() <= GRADE, "{} {:.1}: {said:?}", reading.longest, reading.grade());
        }
    }
}
