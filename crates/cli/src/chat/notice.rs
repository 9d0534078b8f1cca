//! What stands out in a chat, for whoever is under 18 by what they said (or did not say) in the settings, and for everybody who asks.

use super::{Failure, device, find};
use crate::args::Format;
use crate::home::Home;
use crate::print;
use crate::shell::{Shell, now};
use std::collections::BTreeSet;
use std::path::PathBuf;
use view::{Looking, Noticed, Query, Refusal, View};

/// "Check this chat with me".
pub fn check(home: Option<PathBuf>, chat: &str, format: Format) -> Result<(), Failure> {
    let shell = Shell::new(Home::open(home)?);
    if shell.home.client.whoami().map_err(|fault| device(&fault))?.is_none() {
        return Err(Refusal::NotSignedUp.into());
    }
    let chat = find(&shell, chat)?;
    if let Some(noticed) = look(&shell, chat, Looking::Asked)? {
        print::checked(&noticed, format);
    }
    Ok(())
}

/// What was told while somebody reads: message, quote and why.
#[derive(Default)]
pub struct Told(BTreeSet<(i64, String, String)>);

impl Told {
    /// Tells what is shown unasked beside what is read, each once: who follows a chat is told of what arrives, and of a message that gets other words.
    pub fn unasked(&mut self, shell: &Shell, chat: i64) -> Result<(), Failure> {
        let Some(mut noticed) = look(shell, chat, Looking::Unasked)? else { return Ok(()) };
        noticed.notes.retain(|note| self.0.insert((note.message, note.quote.clone(), note.why.clone())));
        if !noticed.notes.is_empty() {
            print::noticed(&noticed);
        }
        Ok(())
    }
}

fn look(shell: &Shell, chat: i64, looking: Looking) -> Result<Option<Noticed>, Failure> {
    let view = shell.home.client.ask(now(), Query::Notice { chat, looking }).map_err(|fault| device(&fault))?;
    Ok(match view {
        View::Notice(noticed) => Some(noticed),
        _ => None,
    })
}
