//! Which devices are to be woken, and for what. Nothing here names an account: a device is an endpoint under a pass.

use super::{Entropy, Gate, Then, Worked, reading, session_of};
use crate::hub::conn::Conn;
use crate::store::{LogKey, NewWake, Op, Reads};
use crate::wake::{Endpoint, Knock};
use bytes::Bytes;
use wire::call::{Refusal, Response};
use wire::{LogId, Millis, PassHash, limits};

impl Gate {
    /// Counts a request about waking, by its account: connections cost nothing.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]: nothing is counted.
    pub(super) fn count_wake(&self, now: Millis, conn: &Conn) -> Result<(), Refusal> {
        let session = session_of(conn, now)?;
        if self.push_key().is_none() {
            return Err(Refusal::Unsupported);
        }
        session.meter.count_wake(now)
    }

    /// Where to knock for these subscriptions from now on; none: nowhere. Numbers that stand for nothing are passed over.
    pub(super) fn set_wakes(&self, entropy: &mut Entropy, conn: &Conn, numbers: &[u32], endpoint: Option<&str>) -> Result<Op, Refusal> {
        let endpoint = parse(endpoint)?;
        let mut wakes = Vec::with_capacity(numbers.len());
        for (log, pass) in numbers.iter().filter_map(|number| conn.reads(*number)) {
            wakes.push(NewWake { log, pass, sealed: self.sealed(entropy, log, &pass, endpoint.as_ref())? });
        }
        // As they lie in the database: the order in which a device names its chats is not kept.
        wakes.sort_unstable_by_key(|wake| (wake.log, wake.pass));
        Ok(Op::SetWakes(wakes))
    }

    /// The same for one pass that no subscription of the connection has. Whoever may only write there is not knocked for.
    pub(super) fn knock_for(
        &self,
        entropy: &mut Entropy,
        reads: &mut dyn Reads,
        (log, pass): (&LogId, PassHash),
        endpoint: Option<&str>,
    ) -> Result<Worked, Refusal> {
        let endpoint = parse(endpoint)?;
        if reading(reads.pass(log, &pass, None)?)?.ended.is_some() {
            return Err(Refusal::NoPass);
        }
        let log = LogKey::of(log);
        let sealed = self.sealed(entropy, log, &pass, endpoint.as_ref())?;
        Ok(Worked::Commit(Op::SetWakes(vec![NewWake { log, pass, sealed }]), Then::Plain))
    }

    fn sealed(&self, entropy: &mut Entropy, log: LogKey, pass: &PassHash, endpoint: Option<&Endpoint>) -> Result<Option<Bytes>, Refusal> {
        let seal = |endpoint| self.keys.wake_seal().seal(entropy(), log, pass, endpoint).ok_or(Refusal::Busy);
        endpoint.map(seal).transpose()
    }

    /// For whom something waits in a log, as somebody says who may write there. At the desk a report says it, and nobody beside: everybody has the pass to
    /// drop one, and this costs no work.
    pub(super) fn wake(&self, reads: &mut dyn Reads, log: &LogId, pass: &PassHash) -> Result<Worked, Refusal> {
        if self.is_desk(log) {
            return Err(Refusal::RoleForbids);
        }
        Ok(Worked::Wake(self.knocks(reads, log, pass)?, Response::Done))
    }

    /// Whether a log is that of the desk, whose members are knocked for whatever else waits.
    pub fn is_desk(&self, log: &LogId) -> bool {
        self.desk_door().is_some_and(|(desk, _)| desk == *log)
    }

    /// The devices that read the desk's log and are to be knocked for: somebody dropped something there, who has no session to say so.
    pub fn wake_desk(&self, reads: &mut dyn Reads) -> Vec<Knock> {
        let Some((log, drop)) = self.desk_door().filter(|_| self.push_key().is_some()) else { return Vec::new() };
        // A knock that was lost is not made up for: the list says the same whenever it is read.
        self.knocks(reads, &log, &drop).unwrap_or_default()
    }

    fn knocks(&self, reads: &mut dyn Reads, log: &LogId, pass: &PassHash) -> Result<Vec<Knock>, Refusal> {
        let view = reads.pass(log, pass, None)?.filter(|view| view.ended.is_none()).ok_or(Refusal::NoPass)?;
        let key = LogKey::of(log);
        let sleepers = reads.sleepers(key, view.head)?.into_iter().filter(|sleeper| sleeper.pass != *pass).take(limits::GROUP_LEAVES_MAX);
        let knocks = sleepers.filter_map(|sleeper| {
            let endpoint = self.keys.wake_seal().open(key, &sleeper.pass, &sleeper.sealed)?;
            Some(Knock { log: *log, pass: sleeper.pass, head: view.head, endpoint })
        });
        Ok(knocks.collect())
    }
}

fn parse(endpoint: Option<&str>) -> Result<Option<Endpoint>, Refusal> {
    endpoint.map(|url| Endpoint::parse(url).ok_or(Refusal::Malformed)).transpose()
}
