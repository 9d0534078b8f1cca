//! Who is signed in: in memory only, joined to nothing that is stored.

use super::ledger::Meter;
use crate::store::Ban;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use wire::call::Refusal;
use wire::{AccountId, Bearer, ClientId, Millis, limits};

/// One client, signed in.
#[derive(Debug)]
pub struct Session {
    pub account: AccountId,
    pub client: ClientId,
    pub expires: Millis,
    pub meter: Arc<Meter>,
    end: AtomicU8,
    restricted: AtomicBool,
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client was removed from its account, or opened too many newer ones.
    Replaced,
    /// The operator closed the account.
    Closed,
}

impl Session {
    /// # Errors
    /// What to tell someone whose session is over.
    pub fn check(&self, now: Millis) -> Result<(), Refusal> {
        match self.end() {
            Some(End::Closed) => Err(Refusal::AccountClosed),
            Some(End::Replaced) => Err(Refusal::NoSession),
            None if now >= self.expires => Err(Refusal::NoSession),
            None => Ok(()),
        }
    }

    pub fn end(&self) -> Option<End> {
        match self.end.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(End::Replaced),
            _ => Some(End::Closed),
        }
    }

    /// Whether the account begins nothing new.
    pub fn is_restricted(&self) -> bool {
        self.restricted.load(Ordering::Relaxed)
    }

    pub fn restrict(&self, ban: Ban) {
        self.restricted.store(ban == Ban::Restricted, Ordering::Relaxed);
    }

    fn finish(&self, end: End) {
        let code = if end == End::Closed { 2 } else { 1 };
        self.end.fetch_max(code, Ordering::Relaxed);
    }
}

/// A bearer as it is remembered, so that a memory dump holds none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct BearerHash([u8; 32]);

impl BearerHash {
    fn of(bearer: &Bearer) -> Self {
        Self(Sha256::digest(bearer.expose()).into())
    }
}

/// Challenges out for clients without a connection of their own.
const CHALLENGES: usize = 4096;

/// What was read of an account holds for a session as long as this is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn(u64);

/// Whose session it is to be, as the store says.
pub struct Who {
    pub account: AccountId,
    pub client: ClientId,
    pub ban: Ban,
    pub meter: Arc<Meter>,
}

/// All open sessions.
#[derive(Default)]
pub struct Sessions {
    turn: Turn,
    open: HashMap<BearerHash, Arc<Session>>,
    by_client: HashMap<(AccountId, ClientId), VecDeque<BearerHash>>,
    challenges: VecDeque<([u8; 32], Millis)>,
}

impl Sessions {
    /// To be asked before an account is read for [`Sessions::open`].
    pub fn turn(&self) -> Turn {
        self.turn
    }

    /// Something changed of accounts that decides who may have a session: what was read before holds no longer.
    pub fn turn_over(&mut self) {
        self.turn.0 += 1;
    }

    /// Opens a session; the oldest of the same client gives way. Nothing: what was `seen` of the account may hold no longer. Else an account that
    /// signs in at the moment in which it is closed or restricted would go on.
    pub fn open(&mut self, seen: Turn, bearer: &Bearer, who: Who, now: Millis) -> Option<Arc<Session>> {
        if seen != self.turn {
            return None;
        }
        let hash = BearerHash::of(bearer);
        let Who { account, client, ban, meter } = who;
        let session = Arc::new(Session {
            account,
            client,
            expires: now.plus(limits::SESSION_LIFE),
            meter,
            end: AtomicU8::new(0),
            restricted: AtomicBool::new(ban == Ban::Restricted),
        });
        self.open.insert(hash, session.clone());
        let held = self.by_client.entry((account, client)).or_default();
        held.push_back(hash);
        if held.len() > limits::SESSIONS_PER_CLIENT
            && let Some(oldest) = held.pop_front()
            && let Some(oldest) = self.open.remove(&oldest)
        {
            oldest.finish(End::Replaced);
        }
        Some(session)
    }

    pub fn find(&self, bearer: &Bearer, now: Millis) -> Result<Arc<Session>, Refusal> {
        let session = self.open.get(&BearerHash::of(bearer)).ok_or(Refusal::NoSession)?;
        session.check(now)?;
        Ok(session.clone())
    }

    /// Ends every session for which `over` says why.
    pub fn end(&mut self, over: impl Fn(&Session) -> Option<End>) {
        self.open.retain(|_, session| match over(session) {
            None => true,
            Some(end) => {
                session.finish(end);
                false
            }
        });
        let open = &self.open;
        self.by_client.retain(|_, held| {
            held.retain(|hash| open.contains_key(hash));
            !held.is_empty()
        });
    }

    /// Shows every session.
    pub fn each(&self, look: impl Fn(&Session)) {
        self.open.values().for_each(|session| look(session));
    }

    /// Forgets what has expired.
    pub fn expire(&mut self, now: Millis) {
        self.end(|session| (now >= session.expires).then_some(End::Replaced));
        self.challenges.retain(|(_, until)| now < *until);
    }

    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Remembers a challenge for a client without a connection; the oldest gives way.
    pub fn challenge(&mut self, nonce: [u8; 32], now: Millis) {
        if self.challenges.len() >= CHALLENGES {
            self.challenges.pop_front();
        }
        self.challenges.push_back((nonce, now.plus(limits::CHALLENGE_LIFE)));
    }

    /// Takes a challenge back, once.
    pub fn answer(&mut self, nonce: &[u8; 32], now: Millis) -> bool {
        let Some(at) = self.challenges.iter().position(|(held, _)| held == nonce) else { return false };
        self.challenges.remove(at).is_some_and(|(_, until)| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(sessions: &mut Sessions, bearer: u8, account: u8) -> Arc<Session> {
        let who = Who { account: AccountId([account; 32]), client: ClientId([1; 16]), ban: Ban::None, meter: Arc::new(Meter::new(None)) };
        sessions.open(sessions.turn(), &Bearer::new([bearer; 32]), who, Millis(0)).unwrap()
    }

    #[test]
    fn a_bearer_opens_its_session_for_a_day() {
        let mut sessions = Sessions::default();
        open(&mut sessions, 1, 1);
        let find = |sessions: &Sessions, bearer, now| sessions.find(&Bearer::new([bearer; 32]), Millis(now)).map(|session| session.account);
        assert_eq!(find(&sessions, 1, limits::SESSION_LIFE - 1), Ok(AccountId([1; 32])));
        assert_eq!(find(&sessions, 1, limits::SESSION_LIFE), Err(Refusal::NoSession));
        assert_eq!(find(&sessions, 2, 0), Err(Refusal::NoSession));
        sessions.expire(Millis(limits::SESSION_LIFE));
        assert_eq!((sessions.count(), sessions.by_client.len()), (0, 0));
    }

    #[test]
    fn the_oldest_session_of_a_client_gives_way() {
        let mut sessions = Sessions::default();
        let first = open(&mut sessions, 1, 1);
        for bearer in 2..=5 {
            open(&mut sessions, bearer, 1);
        }
        assert_eq!(first.check(Millis(0)), Err(Refusal::NoSession));
        assert_eq!(sessions.count(), limits::SESSIONS_PER_CLIENT);
    }

    #[test]
    fn closing_an_account_ends_its_sessions_and_no_other() {
        let mut sessions = Sessions::default();
        let (one, two) = (open(&mut sessions, 1, 1), open(&mut sessions, 2, 2));
        sessions.end(|session| (session.account == AccountId([1; 32])).then_some(End::Closed));
        assert_eq!(one.check(Millis(0)), Err(Refusal::AccountClosed));
        assert_eq!(two.check(Millis(0)), Ok(()));
    }

    #[test]
    fn a_challenge_is_answered_once_and_in_time() {
        let mut sessions = Sessions::default();
        sessions.challenge([1; 32], Millis(0));
        sessions.challenge([2; 32], Millis(0));
        assert!(sessions.answer(&[1; 32], Millis(1)));
        assert!(!sessions.answer(&[1; 32], Millis(1)));
        assert!(!sessions.answer(&[2; 32], Millis(limits::CHALLENGE_LIFE)));
    }
}
