//! Random days, many of them.

use sim::story::{live, live_hostile};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// In CI, as far as its time goes; `--long` lives 5,000, and `TREEHOUSE_SEEDS` says another number.
const SEEDS: u64 = 150;
/// Fewer than this say nothing.
const SEEDS_MIN: u64 = 40;
const SEEDS_LONG: u64 = 5_000;
/// CI begins none after this, and says how many it lived.
const LIMIT: Duration = Duration::from_secs(6 * 60);

#[test]
fn random_days_end_well() {
    let (long, seeds) = crate::counted(SEEDS, SEEDS_LONG);
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get());
    let (next, begun) = (AtomicU64::new(1), Instant::now());
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number > seeds || (!long && begun.elapsed() > LIMIT) {
                return wrong;
            }
            // Every third day somebody does not follow the protocol.
            let (seed, how) = if number % 3 == 0 { (number / 3, " --hostile yes") } else { (number, "") };
            let lived = catch_unwind(|| if how.is_empty() { live(seed) } else { live_hostile(seed) });
            let said = match lived {
                Ok(outcome) => outcome.wrong.into_iter().map(|wrong| wrong.0).collect(),
                Err(_) => vec!["it panicked, as is said above".to_owned()],
            };
            wrong.extend(said.into_iter().map(|said| format!("cargo xtask sim --seed {seed}{how}: {said}")));
        }
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a panic was caught")).collect()
    });
    let lived = (next.load(Ordering::Relaxed) - 1).min(seeds);
    println!("{lived} random days in {} s", begun.elapsed().as_secs());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lived >= if long { seeds } else { SEEDS_MIN }, "only {lived} of {seeds} days within {} s", LIMIT.as_secs());
}

#[test]
fn a_seed_gives_the_same_bytes_twice() {
    for seed in [3, 23, 66] {
        assert_eq!(live(seed).fingerprint, live(seed).fingerprint, "seed {seed}");
        assert_eq!(live_hostile(seed).fingerprint, live_hostile(seed).fingerprint, "hostile seed {seed}");
    }
}
