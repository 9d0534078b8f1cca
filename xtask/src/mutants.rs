//! Breaks the rules of docs/spec/delivery.md one at a time and asks whether the simulated world notices, first its scenarios, then random days:
//! an oracle that is content whatever happens would show nothing. The tree is copied first; only the copy is ever broken.

use crate::house::{House, cannot_start, step};
use crate::setup;
use crate::stop::Stop;
use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The mutations, in the format that its own head explains.
const LIST: &str = "crates/sim/mutations.txt";
const HOSTILE: &str = "hostile";
const COPY: &str = "target/mutants/tree";
/// What each mutation's world said, by name.
const SAID: &str = "target/mutants/said";
/// A mutation that lives through so many seeds, or through so much time, has survived.
const SEEDS: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// A seed takes a second or two, all scenarios together less than a minute; what takes this long never comes to rest.
const SEED_STUCK: Duration = Duration::from_secs(3 * 60);
const SCENARIOS_STUCK: Duration = Duration::from_secs(5 * 60);
/// Scenarios that are left out: random days are lived one by one, and large groups take their time.
const LEFT_OUT: [&str; 2] = ["random_days", "large::"];
const ASK_AGAIN: Duration = Duration::from_millis(20);
/// Characters of a reason that are shown; the rest lies under [`SAID`].
const REASON_MAX: usize = 240;

/// One rule, and how to break it: a text that stands once in a file, and what takes its place.
#[derive(Debug, Default, PartialEq, Eq)]
struct Mutation {
    name: String,
    rule: String,
    file: String,
    /// `hostile` when only a world with somebody who breaks the protocol can show it.
    world: String,
    old: String,
    new: String,
}

/// How a world showed that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    WentWrong,
    Panicked,
    NeverAtRest,
}

/// What became of a mutation.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Failed { scenario: String },
    Caught { seed: u64, sign: Sign },
    Survived { seeds: u64 },
    DoesNotBuild,
}

/// Runs the mutations whose name contains the argument, or all.
///
/// # Errors
/// [`Stop::StepFailed`] if the unbroken world goes wrong, a mutation survives, or one no longer fits the source.
pub fn mutants(house: &House, arguments: &[String]) -> Result<(), Stop> {
    let filter = match arguments {
        [] => "",
        [name] => name,
        _ => return Err(Stop::WrongUse("cargo xtask mutants [NAME]")),
    };
    let mut mutations = listed(house)?;
    mutations.retain(|mutation| mutation.name.contains(filter));
    if mutations.is_empty() {
        return Err(Stop::WrongUse("No mutation in crates/sim/mutations.txt has that in its name."));
    }
    let copy = Copy::of(house)?;
    let misfits: Vec<_> = mutations.iter().filter(|mutation| mutation.broken(&copy.house.root).is_none()).collect();
    if !misfits.is_empty() {
        misfits.iter().for_each(|misfit| println!("{}: its old text does not stand exactly once in {}", misfit.name, misfit.file));
        return Err(Stop::StepFailed("mutations that fit the source"));
    }
    step("building the world as it is", &mut copy.build())?;
    let worlds: BTreeSet<&str> = mutations.iter().map(|mutation| mutation.world.as_str()).collect();
    let unbroken = copy.judge("unbroken", &worlds)?;
    if !matches!(unbroken, Verdict::Survived { .. }) {
        println!("Without any mutation, {unbroken}{}", copy.reason("unbroken"));
        return Err(Stop::StepFailed("the world as it is"));
    }
    println!("As it is, the world lives through its scenarios and {SEEDS} seeds.\n\n{:<40}  {:>5}  result", "mutation", "s");
    let mut good = 0;
    for mutation in &mutations {
        let begun = Instant::now();
        let verdict = copy.run(mutation)?;
        good += usize::from(verdict.is_good());
        println!("{:<40}  {:>5}  {verdict}{}", mutation.name, begun.elapsed().as_secs(), copy.reason(&mutation.name));
    }
    println!("\n{good} of {} mutations caught", mutations.len());
    if good == mutations.len() { Ok(()) } else { Err(Stop::StepFailed("mutants")) }
}

fn listed(house: &House) -> Result<Vec<Mutation>, Stop> {
    let path = house.root.join(LIST);
    let text = fs::read_to_string(&path).map_err(|error| Stop::CannotUse(path, error))?;
    parse(&text).map_err(|line| {
        println!("{LIST}:{line}: not a complete mutation");
        Stop::StepFailed("the list of mutations")
    })
}

/// Reads the list; gives the line, counted from 1, where it cannot be followed.
fn parse(text: &str) -> Result<Vec<Mutation>, usize> {
    let mut mutations: Vec<Mutation> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let told_before = mutations.iter().any(|mutation| mutation.name == name);
            if told_before || !mutations.last().is_none_or(Mutation::is_complete) {
                return Err(number);
            }
            mutations.push(Mutation { name: name.to_owned(), ..Mutation::default() });
        } else if !line.is_empty() && !line.starts_with('#') {
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            let mutation = mutations.last_mut().ok_or(number)?;
            let (field, between) = match mark {
                "rule:" => (&mut mutation.rule, " "),
                "file:" => (&mut mutation.file, " "),
                "world:" => (&mut mutation.world, " "),
                "-" => (&mut mutation.old, "\n"),
                "+" => (&mut mutation.new, "\n"),
                _ => return Err(number),
            };
            if !field.is_empty() {
                field.push_str(between);
            }
            field.push_str(rest);
        }
    }
    if mutations.last().is_none_or(Mutation::is_complete) { Ok(mutations) } else { Err(text.lines().count()) }
}

impl Mutation {
    fn is_complete(&self) -> bool {
        let told = ![&self.name, &self.rule, &self.file, &self.old].iter().any(|field| field.is_empty());
        told && self.old != self.new && matches!(self.world.as_str(), "" | HOSTILE)
    }

    /// The file as it is and as it becomes; nothing unless the old text stands in it exactly once.
    fn broken(&self, root: &Path) -> Option<(String, String)> {
        let text = fs::read_to_string(root.join(&self.file)).ok()?;
        let broken = text.replacen(&self.old, &self.new, 1);
        (text.matches(&self.old).count() == 1).then_some((text, broken))
    }
}

impl Verdict {
    fn is_good(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Caught { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { scenario } => write!(f, "scenario {scenario} failed"),
            Self::Caught { seed, sign: Sign::WentWrong } => write!(f, "seed {seed} went wrong"),
            Self::Caught { seed, sign: Sign::Panicked } => write!(f, "seed {seed} panicked"),
            Self::Caught { seed, sign: Sign::NeverAtRest } => write!(f, "seed {seed} never came to rest"),
            Self::Survived { seeds } => write!(f, "SURVIVED {seeds} seeds"),
            Self::DoesNotBuild => f.write_str("DOES NOT BUILD"),
        }
    }
}

/// The repository once more, with a target folder of its own.
struct Copy {
    house: House,
    said: PathBuf,
}

impl Copy {
    /// Brings the copy to what the tree is now. A file that is the same already is not touched, so that Cargo builds only what has changed.
    fn of(house: &House) -> Result<Self, Stop> {
        let copy = Self { house: House { root: house.root.join(COPY), lints: false }, said: house.root.join(SAID) };
        let ours = ours(house)?;
        for path in &ours {
            let (from, to) = (house.root.join(path), copy.house.root.join(path));
            let bytes = fs::read(&from).map_err(|error| Stop::CannotUse(from, error))?;
            if fs::read(&to).is_ok_and(|there| there == bytes) {
                continue;
            }
            let folder = to.parent().unwrap_or(&copy.house.root);
            fs::create_dir_all(folder).map_err(|error| Stop::CannotUse(folder.to_path_buf(), error))?;
            fs::write(&to, bytes).map_err(|error| Stop::CannotUse(to, error))?;
        }
        copy.remove_others(Path::new(""), &ours)?;
        fs::create_dir_all(&copy.said).map_err(|error| Stop::CannotUse(copy.said.clone(), error))?;
        setup::building(&copy.house)?;
        Ok(copy)
    }

    /// Removes what an earlier copy had and the tree has no more.
    fn remove_others(&self, folder: &Path, ours: &BTreeSet<PathBuf>) -> Result<(), Stop> {
        let here = self.house.root.join(folder);
        let cannot = |error| Stop::CannotUse(here.clone(), error);
        for entry in fs::read_dir(&here).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let path = folder.join(entry.file_name());
            if entry.file_type().map_err(cannot)?.is_dir() {
                if path != Path::new("target") {
                    self.remove_others(&path, ours)?;
                }
            } else if !ours.contains(&path) {
                fs::remove_file(entry.path()).map_err(cannot)?;
            }
        }
        Ok(())
    }

    fn build(&self) -> Command {
        // The program that lives a seed is built beside the scenarios, as Cargo does for every test of a package.
        let mut build = self.house.cargo(&["test", "--no-run", "--package", "sim", "--test", "it"]);
        build.env_remove("CARGO_TARGET_DIR");
        build
    }

    /// The scenarios as they were built last: Cargo names the program that they are.
    fn scenarios(&self) -> Result<PathBuf, Stop> {
        let mut build = self.build();
        let built = build.output().map_err(|error| cannot_start(&build, error))?;
        let program = program(&String::from_utf8_lossy(&built.stderr)).map(|path| self.house.root.join(path));
        program.filter(|_| built.status.success()).ok_or(Stop::StepFailed("building the scenarios"))
    }

    fn run(&self, mutation: &Mutation) -> Result<Verdict, Stop> {
        let path = self.house.root.join(&mutation.file);
        let Some((unbroken, broken)) = mutation.broken(&self.house.root) else { return Err(Stop::StepFailed("mutants")) };
        let write = |text: &str| fs::write(&path, text).map_err(|error| Stop::CannotUse(path.clone(), error));
        write(&broken)?;
        let (out, err) = self.ears(&mutation.name)?;
        let mut build = self.build();
        let built = build.stdout(out).stderr(err).status().map_err(|error| cannot_start(&build, error));
        let verdict = built.and_then(|built| {
            if built.success() { self.judge(&mutation.name, &BTreeSet::from([mutation.world.as_str()])) } else { Ok(Verdict::DoesNotBuild) }
        });
        write(&unbroken)?;
        verdict
    }

    /// Tells the scenarios, then lives seed after seed of some worlds until one goes wrong.
    fn judge(&self, name: &str, worlds: &BTreeSet<&str>) -> Result<Verdict, Stop> {
        if let Some(scenario) = self.tell(name)? {
            return Ok(Verdict::Failed { scenario });
        }
        let begun = Instant::now();
        for world in worlds {
            for seed in 1..=SEEDS {
                if let Some(sign) = self.live(name, world, seed)? {
                    return Ok(Verdict::Caught { seed, sign });
                }
                if begun.elapsed() > PATIENCE {
                    return Ok(Verdict::Survived { seeds: seed });
                }
            }
        }
        Ok(Verdict::Survived { seeds: SEEDS })
    }

    /// Tells all scenarios in one process; gives the first that failed.
    fn tell(&self, name: &str) -> Result<Option<String>, Stop> {
        let mut scenarios = Command::new(self.scenarios()?);
        scenarios.current_dir(self.house.root.join("crates/sim"));
        scenarios.args(LEFT_OUT.iter().flat_map(|left_out| ["--skip", left_out]));
        let Some(sign) = self.watch(name, &mut scenarios, SCENARIOS_STUCK)? else { return Ok(None) };
        let said = fs::read(self.said(name)).unwrap_or_default();
        let failed = scenario(&String::from_utf8_lossy(&said)).map(str::to_owned);
        Ok(Some(failed.unwrap_or_else(|| format!("unknown: {sign:?}"))))
    }

    fn live(&self, name: &str, world: &str, seed: u64) -> Result<Option<Sign>, Stop> {
        let mut sim = Command::new(self.house.root.join("target/debug/sim"));
        if world == HOSTILE {
            sim.args(["--hostile", "yes"]);
        }
        self.watch(name, sim.args(["--seed", &seed.to_string()]), SEED_STUCK)
    }

    /// Lets a world run to its end, as long as it can be hoped to come to one.
    fn watch(&self, name: &str, world: &mut Command, stuck: Duration) -> Result<Option<Sign>, Stop> {
        let (out, err) = self.ears(name)?;
        world.stdin(Stdio::null()).stdout(out).stderr(err);
        let begun = Instant::now();
        let mut child = world.spawn().map_err(|error| cannot_start(world, error))?;
        loop {
            if let Some(status) = child.try_wait().map_err(|error| cannot_start(world, error))? {
                return Ok(sign(status.code()));
            }
            if begun.elapsed() > stuck {
                let _ = child.kill().and_then(|()| child.wait());
                return Ok(Some(Sign::NeverAtRest));
            }
            std::thread::sleep(ASK_AGAIN);
        }
    }

    fn said(&self, name: &str) -> PathBuf {
        self.said.join(name)
    }

    /// A file, begun anew, that takes what is said.
    fn ears(&self, name: &str) -> Result<(File, File), Stop> {
        let path = self.said(name);
        let file = File::create(&path).and_then(|out| Ok((out.try_clone()?, out)));
        file.map_err(|error| Stop::CannotUse(path, error))
    }

    fn reason(&self, name: &str) -> String {
        let said = fs::read(self.said(name)).unwrap_or_default();
        reason(&String::from_utf8_lossy(&said)).map_or_else(String::new, |reason| format!(": {reason}"))
    }
}

/// Every file that Git tracks or would track, as far as it is there.
fn ours(house: &House) -> Result<BTreeSet<PathBuf>, Stop> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&house.root);
    let listed = git.output().map_err(|error| cannot_start(&git, error))?;
    if !listed.status.success() {
        return Err(Stop::StepFailed("git ls-files"));
    }
    let listed = String::from_utf8_lossy(&listed.stdout);
    Ok(listed.split('\0').map(PathBuf::from).filter(|path| house.root.join(path).is_file()).collect())
}

/// What the world's exit says; none if it went well. A panic ends it with 101, a signal without a code.
fn sign(code: Option<i32>) -> Option<Sign> {
    match code {
        Some(0) => None,
        Some(1) => Some(Sign::WentWrong),
        _ => Some(Sign::Panicked),
    }
}

/// The program that Cargo says a test is: `Executable tests/it/main.rs (target/..)`.
fn program(said: &str) -> Option<&str> {
    let (_, path) = said.lines().find(|line| line.trim_start().starts_with("Executable "))?.rsplit_once('(')?;
    path.strip_suffix(')')
}

/// The first scenario that failed, or else the first that ran for a long time and never ended.
fn scenario(said: &str) -> Option<&str> {
    let tests = || said.lines().filter_map(|line| line.strip_prefix("test "));
    let failed = tests().find_map(|test| test.strip_suffix(" ... FAILED"));
    let ended = |name: &str| tests().any(|test| test.split_once(" ... ").is_some_and(|(other, _)| other == name));
    failed.or_else(|| tests().filter_map(|test| test.split_once(" has been running")).map(|(name, _)| name).find(|name| !ended(name)))
}

/// The first thing that was found wrong, or what a panic or the compiler said first. Of what should be equal, both are told.
fn reason(said: &str) -> Option<String> {
    let mut lines = said.lines();
    let panicked = |line: &str| line.contains("panicked at");
    let first = lines.find(|line| line.ends_with("went wrong:") || panicked(line) || line.starts_with("error"))?;
    if first.starts_with("error") {
        return Some(first.to_owned());
    }
    let mut reason = lines.next()?.trim().to_owned();
    if reason.starts_with("assertion") {
        lines.take_while(|line| line.starts_with(" ")).for_each(|line| reason.extend([" ", line.trim()]));
    }
    Some(reason.chars().take(REASON_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str =
        "# why\n\n[first]\nrule: it must\nrule: hold\nfile: a.rs\n- old {\n-     line\n+ new\n\n[second]\nrule: r\nfile: b.rs\n- gone\n";

    #[test]
    fn mutations_are_read_with_every_line_of_their_texts() {
        let mutations = parse(TWO).expect("a good list");
        assert_eq!(mutations.len(), 2);
        let text = |text: &str| text.to_owned();
        let first = Mutation {
            name: text("first"),
            rule: text("it must hold"),
            world: String::new(),
            file: text("a.rs"),
            old: text("old {\n    line"),
            new: text("new"),
        };
        assert_eq!(mutations[0], first);
        assert_eq!((mutations[1].old.as_str(), mutations[1].new.as_str()), ("gone", ""));
    }

    #[test]
    fn what_is_missing_unknown_or_told_twice_is_found_at_its_line() {
        assert_eq!(parse(&TWO.replace("rule: r\n", "")), Err(13));
        assert_eq!(parse(&TWO.replace("file: a.rs\n", "")), Err(10));
        assert_eq!(parse(&TWO.replace("rule: it", "because: it")), Err(4));
        assert_eq!(parse(&TWO.replace("[second]", "[first]")), Err(11));
        assert_eq!(parse("rule: nobody's\n"), Err(1));
    }

    #[test]
    fn every_mutation_still_fits_the_source() {
        let house = House::find();
        let mutations = listed(&house).expect("a list that can be followed");
        assert!(!mutations.is_empty());
        let misfits: Vec<_> =
            mutations.iter().filter(|mutation| mutation.broken(&house.root).is_none()).map(|misfit| &misfit.name).collect();
        assert!(misfits.is_empty(), "their old text does not stand exactly once in their file: {misfits:?}");
    }

    #[test]
    fn a_text_that_stands_twice_or_not_at_all_does_not_fit() {
        let root = House::find().root;
        let with = |old: &str| Mutation { file: "Cargo.toml".to_owned(), old: old.to_owned(), ..Mutation::default() }.broken(&root);
        assert!(with("[workspace.dependencies]").is_some());
        assert!(with("crates/").is_none());
        assert!(with("no such line").is_none());
    }

    #[test]
    fn the_exit_tells_wrong_from_panic() {
        assert_eq!((sign(Some(0)), sign(Some(1))), (None, Some(Sign::WentWrong)));
        assert_eq!((sign(Some(101)), sign(None)), (Some(Sign::Panicked), Some(Sign::Panicked)));
    }

    #[test]
    fn the_reason_is_the_first_thing_that_was_wrong() {
        let of = |said: &str| reason(said).unwrap_or_default();
        assert_eq!(of("seed 3 went wrong:\n  bob: 1 void\n  carol: 2 void\n1 seeds lived, 1 went wrong\n"), "bob: 1 void");
        assert_eq!(of("\nthread 'main' panicked at world.rs:1:2:\nno link\n"), "no link");
        assert_eq!(reason("1 seeds lived, 0 went wrong\n"), None);
        let unequal = "thread 'a' panicked at a.rs:1:2:\nassertion `left == right` failed: so\n  left: 1\n right: 2\nnote: run\n";
        assert_eq!(of(unequal), "assertion `left == right` failed: so left: 1 right: 2");
    }

    #[test]
    fn the_first_scenario_that_failed_is_named() {
        let said =
            "test a::one ... ok\ntest b::two ... FAILED\n\nfailures:\n\n---- b::two stdout ----\n\nthread 'b::two' panicked at b.rs:1:2:\n";
        assert_eq!(scenario(said), Some("b::two"));
        let stuck =
            "test a::one has been running for over 60 seconds\ntest b::two has been running for over 60 seconds\ntest a::one ... ok\n";
        assert_eq!(scenario(stuck), Some("b::two"));
        assert_eq!(scenario("test a::one ... ok\n"), None);
    }

    #[test]
    fn the_program_of_the_scenarios_is_the_one_that_cargo_names() {
        let said = "    Finished `test` profile\n  Executable tests/it/main.rs (target/debug/deps/it-0f3a)\n";
        assert_eq!(program(said), Some("target/debug/deps/it-0f3a"));
        assert_eq!(program("error: no such package\n"), None);
    }
}
