//! Being woken (docs/spec/wake.md): where the server may knock for this device when something waits, said for each log apart, and that something
//! was said which is worth knocking for.

use crate::client::{Client, Fault, Turn};
use crate::outbox::Intent;
use crate::report::{DeskPass, pass_of};
use crate::session::Waiting;
use crate::store::{forget_meta, meta, set_meta};
use view::{Event, Notify, Refusal, Reply};
use wire::call::{Refusal as Refused, Request, Response};
use wire::content::{Kind, Role};
use wire::limits::{ENDPOINT_MAX, WAKES_PER_REQUEST};
use wire::{Hash32, LogId, PassToken};

const ENDPOINT: &str = "wake/endpoint";

/// What the server was told of a log: a print of endpoint and pass, so that either's change is said anew.
fn told(log: i64) -> String {
    format!("wake/log/{log}")
}

pub(crate) type Print = [u8; 8];

fn print(endpoint: &str, pass: &[u8; 32]) -> Print {
    let Hash32([a, b, c, d, e, f, g, h, ..]) = Hash32::of(&[endpoint.as_bytes(), b"\0", pass].concat());
    [a, b, c, d, e, f, g, h]
}

/// The same of the desk's log, which nobody listens to.
const TOLD_DESK: &str = "wake/desk";

/// A request that is under way, and what it makes true of which logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Telling(Vec<(i64, Option<Print>)>);

impl Client {
    pub(crate) fn notify(&self) -> Result<Notify, Fault> {
        Ok(Notify { key: self.session.push_key.map(|key| key.to_vec()), endpoint: meta(&self.db, ENDPOINT)? })
    }
}

impl Turn<'_> {
    /// Where to knock for this device from now on; none: nowhere.
    pub fn set_notify(&mut self, endpoint: Option<String>) -> Result<Result<Reply, Refusal>, Fault> {
        match endpoint {
            Some(endpoint) if endpoint.len() > ENDPOINT_MAX => return Ok(Err(Refusal::TooLong { limit: ENDPOINT_MAX })),
            Some(endpoint) => set_meta(self.db, ENDPOINT, endpoint)?,
            None => forget_meta(self.db, ENDPOINT)?,
        }
        self.session.wakes_due = true;
        self.event(Event::SettingsChanged);
        Ok(Ok(Reply::Done))
    }

    /// Tells the server what it does not know yet: a chat that was muted or whose other is blocked wakes nobody.
    pub fn drive_wakes(&mut self) -> Result<(), Fault> {
        if !self.session.wakes_due
            || self.session.push_key.is_none()
            || self.session.is_waiting(|for_what| matches!(for_what, Waiting::SetWakes(_) | Waiting::KnockFor(_)))
        {
            return Ok(());
        }
        let endpoint: Option<String> = meta(self.db, ENDPOINT)?;
        let (mut set, mut clear) = (Vec::new(), Vec::new());
        for (log, pass, loud) in self.loud_logs()? {
            let known: Option<Print> = meta(self.db, &told(log))?;
            match endpoint.as_deref().filter(|_| loud).map(|endpoint| print(endpoint, &pass)) {
                Some(wanted) if known != Some(wanted) => set.push((log, Some(wanted))),
                None if known.is_some() => clear.push((log, None)),
                _ => {}
            }
        }
        if set.is_empty() && clear.is_empty() {
            return self.drive_desk_knocks(endpoint);
        }
        let (mut next, endpoint) = if set.is_empty() { (clear, None) } else { (set, endpoint) };
        next.truncate(WAKES_PER_REQUEST);
        let numbers = next.iter().filter_map(|(log, _)| u32::try_from(*log).ok()).collect();
        self.ask(Request::SetWakes { numbers, endpoint }, Waiting::SetWakes(Telling(next)));
        Ok(())
    }

    /// The same for what comes to the safety team, if this account is in it.
    fn drive_desk_knocks(&mut self, endpoint: Option<String>) -> Result<(), Fault> {
        let told: Option<Print> = meta(self.db, TOLD_DESK)?;
        let pass = pass_of(self.db)?;
        let wanted = pass.as_ref().and_then(|pass| endpoint.as_deref().map(|endpoint| print(endpoint, pass.pass.expose())));
        let Some(DeskPass { log, pass }) = pass.filter(|_| wanted != told) else {
            self.session.wakes_due = false;
            return Ok(());
        };
        self.ask(Request::KnockFor { log, pass, endpoint }, Waiting::KnockFor(wanted));
        Ok(())
    }

    pub fn desk_knocks_told(&mut self, print: Option<Print>, response: Response) -> Result<(), Fault> {
        match response {
            Response::Done => match print {
                Some(print) => set_meta(self.db, TOLD_DESK, print)?,
                None => forget_meta(self.db, TOLD_DESK)?,
            },
            response => self.wakes_refused(&response),
        }
        Ok(())
    }

    fn wakes_refused(&mut self, response: &Response) {
        match response {
            Response::Refused(Refused::RateLimited { wait_ms }) => self.wake(self.now.plus((*wait_ms).max(1000))),
            // Another time: on the next connection, or when something changes.
            _ => self.session.wakes_due = false,
        }
    }

    /// Logs that are listened to: their pass, and whether what comes there is to be heard of.
    fn loud_logs(&self) -> Result<Vec<(i64, [u8; 32], bool)>, Fault> {
        let now = self.time()?.0 as i64;
        let mut statement = self.db.prepare_cached(
            "SELECT l.id, l.pass, l.inbox = 1 OR (h.state IN ('active', 'broken', 'returning') AND COALESCE(h.muted_until, 0) <= ?1 AND COALESCE(c.blocked, 0) = 0)
             FROM log l LEFT JOIN chat h ON h.log = l.id LEFT JOIN contact c ON c.account = h.peer WHERE l.live = 1 ORDER BY l.id",
        )?;
        let rows = statement.query_map([now], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<bool>>(2)?.unwrap_or(false))))?;
        let all: Vec<(i64, [u8; 32], bool)> = rows.collect::<Result<_, _>>()?;
        Ok(all.into_iter().filter(|(log, ..)| self.session.is_subscribed(*log)).collect())
    }

    pub fn wakes_told(&mut self, telling: Telling, response: Response) -> Result<(), Fault> {
        match response {
            Response::Done => {
                for (log, print) in telling.0 {
                    match print {
                        Some(print) => set_meta(self.db, &told(log), print)?,
                        None => forget_meta(self.db, &told(log))?,
                    }
                }
            }
            response => self.wakes_refused(&response),
        }
        Ok(())
    }

    /// What was just taken by the server is a line of a chat or a request: whoever is away may be knocked for. A receipt, a reaction or a name is
    /// not worth it.
    pub fn wake_others(&mut self, log: Option<i64>, intent: &Intent) -> Result<(), Fault> {
        if self.session.push_key.is_none() {
            return Ok(());
        }
        let (log, pass) = match (intent, log) {
            (Intent::Content(out), Some(log)) if Kind::from_number(out.kind).role() == Role::Shown => {
                let state = self.log_state(log)?;
                (state.log, state.pass)
            }
            (Intent::Deposit { inbox, drop, .. }, None) => (LogId(*inbox), PassToken::new(*drop)),
            _ => return Ok(()),
        };
        self.ask(Request::Wake { log, pass }, Waiting::Signal);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_changes_with_the_endpoint_and_with_the_pass() {
        assert_eq!(print("a", &[1; 32]), print("a", &[1; 32]));
        assert_ne!(print("a", &[1; 32]), print("b", &[1; 32]));
        assert_ne!(print("a", &[1; 32]), print("a", &[2; 32]));
    }
}
