//! What a person chose for this device.

use crate::client::{Fault, Turn};
use crate::store::{forget_meta, meta, set_meta};
use rusqlite::Connection;
use safety::age::{Band, Month};
use view::{Ages, Born, Event, Notices, Refusal, Reply, Settings, Switch};
use wire::Millis;

const RECEIPTS: &str = "settings/receipts";
const TYPING: &str = "settings/typing";
const NOTICES: &str = "settings/notices";
const LOOKS: &str = "settings/looks";
const BORN: &str = "settings/born";

/// What was chosen, and for the rest what holds until something is.
pub(crate) fn chosen(db: &Connection) -> Result<Settings, rusqlite::Error> {
    let usual = Settings::default();
    let switch = |key, usual| {
        Ok::<_, rusqlite::Error>(match meta::<String>(db, key)?.as_deref() {
            Some("on") => Switch::On,
            Some("off") => Switch::Off,
            _ => usual,
        })
    };
    let notices = match meta::<String>(db, NOTICES)?.as_deref() {
        Some("bare") => Notices::Bare,
        Some("names") => Notices::Names,
        Some("words") => Notices::Words,
        _ => usual.notices,
    };
    let [receipts, typing, looks] = [switch(RECEIPTS, usual.receipts)?, switch(TYPING, usual.typing)?, switch(LOOKS, usual.looks)?];
    Ok(Settings { receipts, typing, notices, looks })
}

/// When the owner of this device was born, as far as they said.
pub(crate) fn born(db: &Connection) -> Result<Option<Born>, rusqlite::Error> {
    let month = meta::<String>(db, BORN)?.and_then(|text| Month::parse(&text));
    Ok(month.map(|month| Born { year: month.year(), month: month.month() }))
}

/// The rules that follow from it today. `now`: this device's clock.
pub(crate) fn band(db: &Connection, now: Millis) -> Result<Band, rusqlite::Error> {
    let month = born(db)?.and_then(|born| Month::new(born.year, born.month));
    Ok(Band::of(month, Month::of_unix_ms(now.0)))
}

pub(crate) fn ages(band: Band) -> Ages {
    match band {
        Band::Unsaid => Ages::Unsaid,
        Band::Under13 => Ages::Under13,
        Band::From13 => Ages::From13,
        Band::From16 => Ages::From16,
        Band::Adult => Ages::Adult,
    }
}

fn switch_name(switch: Switch) -> &'static str {
    match switch {
        Switch::On => "on",
        Switch::Off => "off",
    }
}

impl Turn<'_> {
    pub fn settings(&self) -> Result<Settings, Fault> {
        Ok(chosen(self.db)?)
    }

    pub fn change_settings(&mut self, settings: Settings) -> Result<Result<Reply, Refusal>, Fault> {
        let notices = match settings.notices {
            Notices::Bare => "bare",
            Notices::Names => "names",
            Notices::Words => "words",
        };
        set_meta(self.db, RECEIPTS, switch_name(settings.receipts))?;
        set_meta(self.db, TYPING, switch_name(settings.typing))?;
        set_meta(self.db, NOTICES, notices)?;
        set_meta(self.db, LOOKS, switch_name(settings.looks))?;
        if settings.typing == Switch::Off {
            self.nobody_writes();
        }
        self.event(Event::SettingsChanged);
        Ok(Ok(Reply::Done))
    }

    /// Keeps it here, in no vault, and has nothing sent: whoever sees the wire learns neither it nor that there is an answer.
    pub fn set_born(&mut self, born: Option<Born>) -> Result<Result<Reply, Refusal>, Fault> {
        match born.map(|born| Month::new(born.year, born.month)) {
            Some(None) => return Ok(Err(Refusal::NoSuchMonth)),
            Some(Some(month)) => set_meta(self.db, BORN, month.to_string())?,
            None => forget_meta(self.db, BORN)?,
        }
        self.event(Event::SettingsChanged);
        Ok(Ok(Reply::Done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_kept_and_an_unknown_word_is_no_choice() {
        let db = crate::store::open_in_memory().unwrap();
        assert_eq!(chosen(&db).unwrap(), Settings::default());
        set_meta(&db, RECEIPTS, "on").unwrap();
        set_meta(&db, NOTICES, "everything").unwrap();
        assert_eq!(chosen(&db).unwrap(), Settings { receipts: Switch::On, ..Settings::default() });
    }
}
