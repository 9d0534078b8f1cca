//! How a connection is told: outcomes of its operations, numbers of subscriptions with news, and that it is to look at the clock or go.

use crate::gate::Then;
use crate::store::{Outcome, StoreError};
use futures_util::task::AtomicWaker;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;
use wire::call::Signal;
use wire::limits::SIGNALS_WAITING_MAX;

/// What has come for a connection since it last looked.
#[derive(Default)]
pub struct Mail {
    pub outcomes: Vec<Delivered>,
    /// Numbers of subscriptions that may have news.
    pub ready: Vec<u32>,
    /// For subscriptions of this number.
    pub signals: Vec<Signal>,
    /// The clock has ticked.
    pub tick: bool,
    pub goodbye: bool,
}

/// What became of an operation.
pub struct Delivered {
    pub id: u64,
    pub then: Then,
    pub outcome: Result<Outcome, StoreError>,
}

/// One connection's mailbox.
#[derive(Default)]
pub struct Mailbox {
    mail: Mutex<Mail>,
    waker: AtomicWaker,
}

/// Above this many, numbers are sorted and named once: a connection that does not look keeps no more than it has subscriptions.
const READY: usize = 256;

impl Mailbox {
    fn mail(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn deliver(&self, delivered: Delivered) {
        self.mail().outcomes.push(delivered);
        self.waker.wake();
    }

    pub fn ready(&self, number: u32) {
        let mut mail = self.mail();
        mail.ready.push(number);
        if mail.ready.len() >= READY && mail.ready.len().is_power_of_two() {
            mail.ready.sort_unstable();
            mail.ready.dedup();
        }
        drop(mail);
        self.waker.wake();
    }

    /// One more than a connection that does not look is worth is dropped.
    pub fn signal(&self, signal: Signal) {
        let mut mail = self.mail();
        if mail.signals.len() < SIGNALS_WAITING_MAX {
            mail.signals.push(signal);
            drop(mail);
            self.waker.wake();
        }
    }

    pub fn tick(&self) {
        self.mail().tick = true;
        self.waker.wake();
    }

    pub fn goodbye(&self) {
        self.mail().goodbye = true;
        self.waker.wake();
    }

    /// Takes what has come; whoever asks is woken by the next mail.
    pub fn take(&self, cx: &Context) -> Mail {
        self.waker.register(cx.waker());
        std::mem::take(&mut *self.mail())
    }
}

/// How the hub knows a connection.
#[derive(Clone)]
pub struct Listener(pub Arc<Mailbox>);

impl PartialEq for Listener {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn signals_of_a_connection_that_never_looks_are_dropped() {
        let mailbox = Mailbox::default();
        for number in 0..1000u32 {
            mailbox.signal(Signal { number, sealed: bytes::Bytes::new() });
        }
        let mail = mailbox.take(&Context::from_waker(Waker::noop()));
        assert_eq!(mail.signals.len(), SIGNALS_WAITING_MAX);
    }

    #[test]
    fn a_connection_that_never_looks_keeps_each_number_once() {
        let mailbox = Mailbox::default();
        for number in 0..100_000u32 {
            mailbox.ready(number % 10);
        }
        let mail = mailbox.take(&Context::from_waker(Waker::noop()));
        assert!(mail.ready.len() <= 2 * READY, "{}", mail.ready.len());
        assert!((0..10).all(|number| mail.ready.contains(&number)));
    }
}
