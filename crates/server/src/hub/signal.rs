//! Signals: what is true for a moment. Forwarded to who listens at the end of the same log, kept nowhere, lost without complaint.

use super::Hub;
use super::conn::{Conn, Hears};
use crate::bucket::Rate;
use crate::store::LogKey;
use wire::call::{Refusal, Signal};
use wire::{Millis, limits};

const RATE: Rate = Rate { burst: limits::SIGNAL_BURST, every: limits::SIGNAL_EVERY };

impl Conn {
    /// Whether this connection may signal now, and to which log. Asks neither the store nor the disk: only who could append there, and has been
    /// sent everything that was published there, may.
    ///
    /// # Errors
    /// [`Refusal::NoPass`], or [`Refusal::RateLimited`]: then nothing is counted.
    pub fn may_signal<H: PartialEq>(&mut self, now: Millis, signal: &Signal, hub: &Hub<H>) -> Result<LogKey, Refusal> {
        let log = self.stands_at_the_end(signal.number, hub).ok_or(Refusal::NoPass)?;
        self.signals.try_take(RATE, now)?;
        Ok(log)
    }

    /// Whether a signal is to be sent to this connection: it knows what one is, may read the log, and is not busy with something else.
    pub fn hears_at<H: PartialEq>(&self, now: Millis, number: u32, hub: &Hub<H>) -> bool {
        let signed_in = self.session.as_ref().is_some_and(|session| session.check(now).is_ok());
        signed_in && self.hears == Hears::Signals && self.has_room() && self.stands_at_the_end(number, hub).is_some()
    }
}
