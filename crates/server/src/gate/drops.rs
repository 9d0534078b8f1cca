//! How much is taken of who has no session: from one network address, and over the whole server.
//!
//! Addresses are written nowhere. Each counts in one of some places, which it shares with others, and nobody without the server's pepper can tell in which.

use crate::bucket::{Bucket, Rate};
use crate::store::Day;
use wire::call::Refusal;
use wire::{Millis, limits};

const OF_THE_SERVER: Rate = Rate { burst: limits::REPORT_BURST, every: limits::REPORT_EVERY };
const OF_AN_ADDRESS: Rate = Rate { burst: limits::REPORT_ADDRESS_BURST, every: limits::REPORT_ADDRESS_EVERY };

/// What was taken lately. In memory alone.
#[derive(Debug, Default)]
pub struct Drops {
    all: Taken,
    places: Vec<Taken>,
    day: Day,
}

#[derive(Debug, Clone, Default)]
struct Taken {
    bucket: Bucket,
    /// Of this day.
    bytes: u64,
}

impl Taken {
    fn admit(&self, rate: Rate, bytes_per_day: u64, now: Millis, bytes: u64) -> Result<(), Refusal> {
        let wait_ms = self.bucket.wait(rate, now);
        if wait_ms > 0 {
            return Err(Refusal::RateLimited { wait_ms });
        }
        if self.bytes.saturating_add(bytes) > bytes_per_day { Err(Refusal::Quota) } else { Ok(()) }
    }

    fn take(&mut self, rate: Rate, now: Millis, bytes: u64) {
        self.bucket.take(rate, now);
        self.bytes += bytes;
    }
}

impl Drops {
    /// Counts one report. `place`: that of the address it comes from, if that stands for somebody. The address is asked first: who floods spends nothing
    /// of what is everybody's.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::RateLimited`] or [`Refusal::Quota`]: nothing is counted.
    pub fn take(&mut self, now: Millis, place: Option<usize>, bytes: usize) -> Result<(), Refusal> {
        if bytes > limits::REPORT_MAX {
            return Err(Refusal::TooLarge { limit: limits::REPORT_MAX as u64 });
        }
        let bytes = bytes as u64;
        if self.day != Day::of(now) {
            self.day = Day::of(now);
            self.places.iter_mut().chain([&mut self.all]).for_each(|taken| taken.bytes = 0);
        }
        self.places.resize_with(limits::REPORT_PLACES, Taken::default);
        let mut place = place.and_then(|place| self.places.get_mut(place));
        if let Some(place) = &place {
            place.admit(OF_AN_ADDRESS, limits::REPORT_ADDRESS_BYTES_PER_DAY, now, bytes)?;
        }
        self.all.admit(OF_THE_SERVER, limits::REPORT_BYTES_PER_DAY, now, bytes)?;
        if let Some(place) = &mut place {
            place.take(OF_AN_ADDRESS, now, bytes);
        }
        self.all.take(OF_THE_SERVER, now, bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::limits::DAY;

    const NOW: Millis = Millis(1_760_000_040_000);

    #[test]
    fn who_floods_from_one_address_leaves_the_others_their_turn() {
        let mut drops = Drops::default();
        let mut taken = 0;
        // As much as it may, for an hour.
        for second in 0..3600 {
            taken += u64::from(drops.take(NOW.plus(second * 1000), Some(1), 1000).is_ok());
            if second % 60 == 59 {
                assert_eq!(drops.take(NOW.plus(second * 1000), Some(2), 1000), Ok(()), "{second}");
            }
        }
        assert_eq!(taken, u64::from(limits::REPORT_ADDRESS_BURST) + 3_599_000 / limits::REPORT_ADDRESS_EVERY);
        let now = NOW.plus(3_600_000);
        assert_eq!(drops.take(now, Some(1), limits::REPORT_MAX + 1), Err(Refusal::TooLarge { limit: limits::REPORT_MAX as u64 }));
    }

    #[test]
    fn a_day_takes_so_many_bytes_of_one_address_and_of_all() {
        let mut drops = Drops::default();
        let mut now = NOW;
        let mut fill = |drops: &mut Drops, place| {
            let mut bytes = 0;
            loop {
                now = now.plus(limits::REPORT_ADDRESS_EVERY);
                match drops.take(now, place, limits::REPORT_MAX) {
                    Ok(()) => bytes += limits::REPORT_MAX as u64,
                    Err(refusal) => return (bytes, refusal, now),
                }
            }
        };
        let (bytes, refusal, _) = fill(&mut drops, Some(1));
        assert_eq!((bytes <= limits::REPORT_ADDRESS_BYTES_PER_DAY, refusal), (true, Refusal::Quota));
        let (more, refusal, at) = fill(&mut drops, None);
        assert_eq!((bytes + more <= limits::REPORT_BYTES_PER_DAY, refusal), (true, Refusal::Quota));
        assert!(bytes + more + limits::REPORT_MAX as u64 > limits::REPORT_BYTES_PER_DAY);
        assert_eq!(drops.take(at, Some(2), limits::REPORT_MAX), Err(Refusal::Quota));
        for place in [Some(1), Some(2), None] {
            assert_eq!(drops.take(at.plus(DAY), place, limits::REPORT_MAX), Ok(()), "another day");
        }
    }
}
