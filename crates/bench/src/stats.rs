//! Order statistics of what was measured.

use std::time::Duration;

/// Measured times, sorted.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The smallest time that at least `permille` in 1,000 do not exceed (nearest rank); zero if nothing was measured.
    pub fn rank(&self, permille: usize) -> Duration {
        let rank = (self.0.len() * permille).div_ceil(1000).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    pub fn p50(&self) -> Duration {
        self.rank(500)
    }

    pub fn p99(&self) -> Duration {
        self.rank(990)
    }
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: impl IntoIterator<Item = u64>) -> Times {
        Times::new(numbers.into_iter().map(Duration::from_millis).collect())
    }

    #[test]
    fn ranks_are_those_of_the_nearest_rank() {
        let hundred = of((1..=100).rev());
        assert_eq!((ms(hundred.p50()), ms(hundred.p99()), ms(hundred.rank(1000))), (50.0, 99.0, 100.0));
        assert_eq!(ms(of([7]).p99()), 7.0);
        assert_eq!((ms(of([1, 2]).p50()), ms(of([1, 2]).p99())), (1.0, 2.0));
    }

    #[test]
    fn nothing_measured_is_zero_and_no_panic() {
        assert_eq!(of([]).p99(), Duration::ZERO);
    }
}
