//! Something of which a server has only so much, shared by all who come over the network: places for connections, bytes of bodies.
//!
//! An address is told apart only while it holds something, and by a keyed hash.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An address holds at most one part in so many of what is free. Who floods from some addresses gets less and less for each, and leaves somebody new a
/// part of the rest; it takes more than a hundred addresses to leave nothing. A school behind one address has thousands of places while nobody floods.
const PARTS: usize = 16;

/// What is shared.
pub struct Shares(Mutex<State>);

struct State {
    free: usize,
    /// By the place of an address. Whoever holds nothing stands nowhere.
    held: HashMap<usize, usize>,
}

/// Nothing is left, or nothing for this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("others hold it, or this address holds much of it already")]
pub struct TakenUp;

/// What one connection or one request holds of it; given back when this is dropped.
pub struct Share {
    of: Arc<Shares>,
    place: Option<usize>,
    held: usize,
}

impl Shares {
    pub fn new(all: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { free: all, held: HashMap::new() })))
    }

    /// A share with nothing in it yet. `place`: that of the address, if it stands for somebody; who has none is limited by what is free alone.
    pub fn begin(self: &Arc<Self>, place: Option<usize>) -> Share {
        Share { of: self.clone(), place, held: 0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Takes more.
    ///
    /// # Errors
    /// Nothing more was taken.
    pub fn add(&mut self, more: usize) -> Result<(), TakenUp> {
        let mut state = self.of.state();
        if let Some(place) = self.place {
            let held = state.held.get(&place).copied().unwrap_or_default();
            if held.saturating_add(more) > state.free / PARTS {
                return Err(TakenUp);
            }
            state.free -= more;
            state.held.insert(place, held + more);
        } else {
            state.free = state.free.checked_sub(more).ok_or(TakenUp)?;
        }
        self.held += more;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut state = self.of.state();
        state.free += self.held;
        let Some(place) = self.place else { return };
        let left = state.held.get(&place).copied().unwrap_or_default().saturating_sub(self.held);
        if left == 0 {
            state.held.remove(&place);
        } else {
            state.held.insert(place, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many as one address gets, one at a time.
    fn fill(shares: &Arc<Shares>, place: Option<usize>) -> Vec<Share> {
        let mut got = Vec::new();
        loop {
            let mut share = shares.begin(place);
            if share.add(1).is_err() {
                return got;
            }
            got.push(share);
        }
    }

    #[test]
    fn who_floods_from_many_addresses_leaves_something_for_who_comes_after() {
        let shares = Shares::new(65_536);
        let alone = fill(&shares, Some(0));
        assert_eq!(alone.len(), 65_536 / (PARTS + 1));
        drop(alone);
        let flood: Vec<_> = (0..60).map(|place| fill(&shares, Some(place))).collect();
        assert!(flood.iter().all(|held| !held.is_empty()));
        let school = fill(&shares, Some(60));
        assert!(school.len() >= 50, "{}", school.len());
        // This machine stands for everybody, and takes what is left.
        assert!(fill(&shares, None).len() >= 400);
    }

    #[test]
    fn what_is_given_back_is_there_again_and_nobody_is_remembered() {
        let shares = Shares::new(1600);
        let mut share = shares.begin(Some(7));
        assert_eq!((share.add(60), share.add(60), share.add(20)), (Ok(()), Err(TakenUp), Ok(())));
        let mut other = shares.begin(Some(7));
        assert_eq!(other.add(20), Err(TakenUp), "it is the address that counts");
        assert_eq!(shares.begin(Some(8)).add(80), Ok(()), "the other one has its own");
        assert_eq!(shares.begin(None).add(1520), Ok(()));
        assert_eq!(shares.begin(None).add(1521), Err(TakenUp));
        drop(share);
        assert_eq!(other.add(100), Ok(()));
        drop(other);
        let state = shares.state();
        assert_eq!((state.free, state.held.len()), (1600, 0));
    }
}
