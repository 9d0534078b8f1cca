//! What a person chose for this device.

use crate::client::{Fault, Turn};
use crate::store::{meta, set_meta};
use rusqlite::Connection;
use view::{Event, Notices, Refusal, Reply, Settings, Switch};

const RECEIPTS: &str = "settings/receipts";
const TYPING: &str = "settings/typing";
const NOTICES: &str = "settings/notices";

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
    Ok(Settings { receipts: switch(RECEIPTS, usual.receipts)?, typing: switch(TYPING, usual.typing)?, notices })
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
        if settings.typing == Switch::Off {
            self.nobody_writes();
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
        set_meta(&db, RECEIPTS, "off").unwrap();
        set_meta(&db, NOTICES, "everything").unwrap();
        assert_eq!(chosen(&db).unwrap(), Settings { receipts: Switch::Off, ..Settings::default() });
    }
}
