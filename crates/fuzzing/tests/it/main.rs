//! Every target over its seeds and over what can be made of them, so that none rots between two days of fuzzing.

use fuzzing::{TARGETS, Target};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// How long a target may take in CI, and with `--long`.
const BUDGET: Duration = Duration::from_millis(500);
const BUDGET_LONG: Duration = Duration::from_secs(60);
/// So many changed seeds are tried whatever the time.
const AT_LEAST: u64 = 40;

fn below(rng: &mut ChaCha20Rng, limit: usize) -> usize {
    (rng.next_u64() % limit.max(1) as u64) as usize
}

/// A seed changed as a damaged disk, a bad line or somebody who means harm would change it.
fn changed(rng: &mut ChaCha20Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[below(rng, seeds.len())].clone();
    for _ in 0..=below(rng, 4) {
        let at = below(rng, bytes.len());
        let end = bytes.len().min(at + 1 + below(rng, 40));
        match below(rng, 9) {
            _ if bytes.is_empty() => bytes = (0..below(rng, 200)).map(|_| rng.next_u32() as u8).collect(),
            0 | 1 => bytes[at] ^= 1 << below(rng, 8),
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(rng, 5)],
            3 => bytes[at] = rng.next_u32() as u8,
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(at..end)),
            6 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            7 => {
                let other = &seeds[below(rng, seeds.len())];
                let from = below(rng, other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => bytes.extend((0..below(rng, 100)).map(|_| rng.next_u32() as u8)),
        }
    }
    bytes
}

/// Runs one input; says which one, if it does not hold.
fn hold(target: &Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err() {
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        panic!("{} does not hold for {hex}", target.name);
    }
}

fn exercise(target: &Target) {
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{} has no seeds", target.name);
    seeds.iter().for_each(|seed| hold(target, seed));
    hold(target, &[]);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let budget = if std::env::var_os("TREEHOUSE_LONG").is_some() { BUDGET_LONG } else { BUDGET };
    let (begun, mut count) = (Instant::now(), 0);
    while count < AT_LEAST || begun.elapsed() < budget {
        hold(target, &changed(&mut rng, &seeds));
        count += 1;
    }
    println!("{}: {} seeds, {count} changed", target.name, seeds.len());
}

#[test]
fn parsers_take_any_bytes() {
    TARGETS.iter().filter(|target| !HANDLERS.contains(&target.name)).for_each(exercise);
}

const HANDLERS: [&str; 5] = ["server", "client_frames", "client_record", "client_inbox", "client_vault"];

#[test]
fn handlers_take_any_bytes_and_lose_nothing() {
    TARGETS.iter().filter(|target| HANDLERS.contains(&target.name)).for_each(exercise);
}

#[test]
fn every_target_is_a_program_of_libfuzzer() {
    let fuzz = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).expect("the manifest of fuzz");
    for Target { name, .. } in TARGETS {
        assert!(
            manifest.contains(&format!("[[bin]]\nname = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n")),
            "{name} is not in fuzz/Cargo.toml"
        );
        let program = std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).expect("the target's program");
        assert!(program.contains(&format!("fuzzing::sow(\"{name}\")")) && program.contains(&format!("fuzzing::target(\"{name}\")")));
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}
