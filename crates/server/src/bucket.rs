//! A token bucket in eight bytes (GCRA, ITU-T I.371 annex A): it remembers when it would be full again.

use wire::Millis;
use wire::call::Refusal;

/// So many at once, then one in `every` milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub every: u64,
}

/// One bucket; a new one is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    full_at: Millis,
}

impl Bucket {
    /// How long to wait for the next one: 0 if it may be taken now.
    pub fn wait(&self, rate: Rate, now: Millis) -> u64 {
        let ahead = self.full_at.since(now);
        ahead.saturating_sub(u64::from(rate.burst.saturating_sub(1)) * rate.every)
    }

    /// Takes one, whether or not it may be taken: ask [`Bucket::wait`] first.
    pub fn take(&mut self, rate: Rate, now: Millis) {
        self.full_at = self.full_at.max(now).plus(rate.every);
    }

    /// Takes one if it may be taken.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]: nothing is taken.
    pub fn try_take(&mut self, rate: Rate, now: Millis) -> Result<(), Refusal> {
        let wait_ms = self.wait(rate, now);
        if wait_ms > 0 {
            return Err(Refusal::RateLimited { wait_ms });
        }
        self.take(rate, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, every: 10 };

    #[test]
    fn a_burst_then_one_in_its_time() {
        let mut bucket = Bucket::default();
        let taken = [1000, 1000, 1000, 1000, 1009, 1010, 1010].map(|now| bucket.try_take(RATE, Millis(now)));
        let wait = |wait_ms| Err(Refusal::RateLimited { wait_ms });
        assert_eq!(taken, [Ok(()), Ok(()), Ok(()), wait(10), wait(1), Ok(()), wait(10)]);
    }

    #[test]
    fn a_clock_that_jumps_back_locks_nobody_out_for_longer_than_its_jump() {
        let mut bucket = Bucket::default();
        bucket.take(RATE, Millis(1000));
        assert_eq!(bucket.wait(RATE, Millis(990)), 0);
        assert_eq!(bucket.wait(RATE, Millis(900)), 90);
    }
}
