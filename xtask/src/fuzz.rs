//! Fuzzing: each target of `fuzz/` by libFuzzer for a while, from the seeds that `crates/fuzzing` gives and what earlier days found.

use crate::house::{House, cannot_start, step};
use crate::setup;
use crate::stop::Stop;
use std::path::{Path, PathBuf};

const CARGO_FUZZ: &str = "0.13.1";
/// Time a target gets if nothing else is said.
const SECONDS: u64 = 60;
/// The largest frame and a little more: what is longer is refused by its length alone.
const LONGEST: &str = "-max_len=600000";
/// An input that takes longer, in seconds, is a finding.
const SLOW: &str = "-timeout=20";
/// More memory than this, in MiB, is a finding: a picture held as a whole takes 38.
const MEMORY: &str = "-rss_limit_mb=1536";

#[derive(Debug, PartialEq, Eq)]
struct Wanted<'a> {
    target: Option<&'a str>,
    seconds: u64,
}

/// Runs one target, or all.
///
/// # Errors
/// [`Stop::StepFailed`] if one does not hold: what it does not hold for lies in `fuzz/artifacts`.
pub fn fuzz(house: &House, arguments: &[String]) -> Result<(), Stop> {
    let wanted = wanted(arguments)?;
    let all = targets(house)?;
    let targets: Vec<_> = all.iter().filter(|name| wanted.target.is_none_or(|target| target == name.as_str())).collect();
    if targets.is_empty() {
        println!("{}", all.join("\n"));
        return Err(Stop::WrongUse("There is no such target. Those above are all there are."));
    }
    setup::building(house)?;
    let program = setup::cargo_fuzz(house, CARGO_FUZZ)?;
    let cargo_fuzz = |arguments: &[&str]| {
        let mut command = house.cargo(&["fuzz"]);
        command.args(arguments).env("PATH", path_with(&program)).env_remove("CARGO_TARGET_DIR");
        command
    };
    let mut build = cargo_fuzz(&["build", "--sanitizer", "none"]);
    step("building the targets (some minutes the first time)", build.args(wanted.target))?;
    let mut failed = 0;
    for (number, name) in (1..).zip(&targets) {
        println!("== {name} ({number} of {}), {} s", targets.len(), wanted.seconds);
        let corpus = house.root.join("fuzz/corpus").join(name);
        std::fs::create_dir_all(&corpus).map_err(|error| Stop::CannotUse(corpus.clone(), error))?;
        let seconds = format!("-max_total_time={}", wanted.seconds);
        let mut run = cargo_fuzz(&["run", "--sanitizer", "none", name, "--", &seconds, LONGEST, SLOW, MEMORY, "-print_final_stats=1"]);
        let status = run.env("TREEHOUSE_CORPUS", &corpus).status().map_err(|error| cannot_start(&run, error))?;
        failed += usize::from(!status.success());
    }
    println!("\n{} targets hold, {failed} do not", targets.len() - failed);
    if failed == 0 { Ok(()) } else { Err(Stop::StepFailed("fuzz")) }
}

/// The path with the folder of a program in front.
fn path_with(program: &Path) -> std::ffi::OsString {
    let folder = program.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_path_buf);
    let known = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = folder.into_iter().chain(std::env::split_paths(&known)).collect();
    std::env::join_paths(folders).unwrap_or(known)
}

/// The names in `fuzz/fuzz_targets`.
fn targets(house: &House) -> Result<Vec<String>, Stop> {
    let folder = house.root.join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).map_err(|error| Stop::CannotUse(folder, error))?;
    let name = |entry: std::fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(".rs")?.to_owned());
    let mut names: Vec<_> = entries.flatten().filter_map(name).collect();
    names.sort();
    Ok(names)
}

fn wanted(arguments: &[String]) -> Result<Wanted<'_>, Stop> {
    const USE: Stop = Stop::WrongUse("cargo xtask fuzz [TARGET] [--seconds N]");
    let mut wanted = Wanted { target: None, seconds: SECONDS };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => wanted.seconds = words.next().and_then(|number| number.parse().ok()).ok_or(USE)?,
            flag if flag.starts_with('-') => return Err(USE),
            name if wanted.target.is_none() => wanted.target = Some(name),
            _ => return Err(USE),
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_target_or_all_for_as_long_as_is_said() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(wanted(&[]).ok(), Some(Wanted { target: None, seconds: SECONDS }));
        assert_eq!(wanted(&words("jpeg --seconds 5")).ok(), Some(Wanted { target: Some("jpeg"), seconds: 5 }));
        assert!(wanted(&words("--seconds")).is_err());
        assert!(wanted(&words("--minutes 5")).is_err());
        assert!(wanted(&words("jpeg png")).is_err());
    }
}
