//! Every test: the workspace's, ours, and the documents against the program that was built for them.

use crate::house::{House, cannot_start};
use crate::page::{self, For};
use crate::stop::Stop;
use crate::tidy::{Tree, program};
use crate::{browser, run, setup};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    passed: u64,
    failed: u64,
    failing: Vec<Failing>,
}

/// A test that failed, by its name.
#[derive(Debug, PartialEq, Eq)]
enum Failing {
    OfWorkspace(String),
    InBrowser(String),
}

/// Tests beside each other. More than there are processors: those of the command line wait most of their time, as who reports something does.
const AT_ONCE: &str = "8";

/// So many tests are run again, alone, if they fail beside others: their time is that of several browsers, or of several worlds of the command line,
/// on two cores. A machine that stands still for a while stops all that run at once, and one more. More than these are no accident.
const AGAIN_MAX: usize = 6;

struct Wanted<'a> {
    long: bool,
    /// Lint what is built for it.
    lints: bool,
    filter: Option<&'a str>,
}

pub fn test(house: &House, arguments: &[String]) -> Result<(), Stop> {
    let wanted = wanted(arguments)?;
    let house = &House { root: house.root.clone(), lints: wanted.lints };
    setup::testing(house)?;
    let in_browser = browser::tests(house, wanted.filter);
    if in_browser.is_some() {
        browser::ready(house)?;
        page::page(house, For::Tests)?;
    }
    let mut sum = Sum::default();
    let mut native = house.cargo(&["test", "--no-fail-fast"]);
    native.env("RUST_TEST_THREADS", AT_ONCE);
    let own = house.cargo(&["test", "--manifest-path", "xtask/Cargo.toml", "--quiet"]);
    for mut command in [native, own, page::tests(house), page::pure_tests(house)] {
        command.args(wanted.filter);
        if wanted.long {
            command.env("TREEHOUSE_LONG", "1");
        }
        sum.add(&mut command)?;
    }
    if let Some(mut tests) = in_browser {
        println!("\nIn a browser:");
        sum.add(&mut tests)?;
    }
    sum.again(house)?;
    if wanted.filter.is_none() {
        documents(house, &mut sum)?;
    }
    if sum.failed > 0 {
        println!("\nRun one alone: cargo xtask test NAME");
    }
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 { Ok(()) } else { Err(Stop::TestsFailed) }
}

fn wanted(arguments: &[String]) -> Result<Wanted<'_>, Stop> {
    let mut wanted = Wanted { long: false, lints: false, filter: None };
    for argument in arguments {
        match argument.as_str() {
            "--long" => wanted.long = true,
            "--lints" => wanted.lints = true,
            flag if flag.starts_with('-') => return Err(Stop::WrongUse("cargo xtask test [--long] [--lints] [FILTER]")),
            filter if wanted.filter.is_none() => wanted.filter = Some(filter),
            _ => return Err(Stop::WrongUse("One FILTER at a time: cargo xtask test [--long] [--lints] [FILTER]")),
        }
    }
    Ok(wanted)
}

impl Sum {
    /// Runs test programs, shows what they print and adds up what they say of themselves.
    fn add(&mut self, command: &mut Command) -> Result<(), Stop> {
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(command, error))?;
        let failed_before = self.failed;
        if let Some(printed) = child.stdout.take() {
            let mut printed = BufReader::new(printed);
            let mut line = Vec::new();
            while printed.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                // Our own output closed: the tests still run to their end and count.
                let _ = std::io::stdout().write_all(&line);
                self.hear(&String::from_utf8_lossy(&line));
                line.clear();
            }
        }
        let status = child.wait().map_err(|error| cannot_start(command, error))?;
        if !status.success() && self.failed == failed_before {
            println!("The tests did not build, or a test program ended without its result: the reason stands above.");
            self.failed += 1;
        }
        Ok(())
    }

    /// Runs what failed once more, each alone. What passes then has passed, and it is said.
    fn again(&mut self, house: &House) -> Result<(), Stop> {
        let failing = std::mem::take(&mut self.failing);
        if failing.len() > AGAIN_MAX {
            return Ok(());
        }
        for failing in failing {
            let (name, mut command) = match failing {
                Failing::InBrowser(name) => {
                    let command = browser::alone(house, &name);
                    (name, command)
                }
                Failing::OfWorkspace(name) => {
                    let command = house.cargo(&["test", "--no-fail-fast", &name, "--", "--exact"]);
                    (name, command)
                }
            };
            println!("\nOnce more, alone: {name}");
            let mut alone = Self::default();
            alone.add(&mut command)?;
            if alone.failed == 0 && alone.passed > 0 && self.failed > 0 {
                println!("Failed beside others and passed alone: {name}");
                self.failed -= 1;
                self.passed += 1;
            }
        }
        Ok(())
    }

    fn hear(&mut self, line: &str) {
        if let Some((_, name)) = line.strip_prefix("not ok ").and_then(|rest| rest.trim_end().split_once(" - ")) {
            self.failing.push(Failing::InBrowser(name.to_owned()));
        }
        if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.trim_end().strip_suffix(" ... FAILED")) {
            self.failing.push(Failing::OfWorkspace(name.to_owned()));
        }
        // Node's runner says the same in two lines.
        match line.trim_end().rsplit_once(' ') {
            Some(("# pass", number)) => self.passed += number.parse::<u64>().unwrap_or(0),
            Some(("# fail" | "# cancelled", number)) => self.failed += number.parse::<u64>().unwrap_or(0),
            _ => {}
        }
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        for count in counts.split(['.', ';']) {
            match count.trim().split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse::<u64>().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse::<u64>().unwrap_or(0),
                _ => {}
            }
        }
    }
}

/// What documents tell people to type, against the help of the program the tests were run with.
fn documents(house: &House, sum: &mut Sum) -> Result<(), Stop> {
    let built = house.target().join("debug/treehouse");
    if !built.is_file() {
        println!("The tests built no program at {}: crates/cli needs a test in its tests folder.", built.display());
        sum.failed += 1;
        return Ok(());
    }
    let typed = run::instructions(SocketAddr::from(([127, 0, 0, 1], 80)), &built, &house.target());
    let tree = Tree::read(&house.root)?.with("cargo-xtask-run.md", format!("```\n{typed}```\n"));
    let findings = program::check(&tree, &program::Built(&built));
    println!("\ntest documents_name_only_commands_the_program_has ... {}", if findings.is_empty() { "ok" } else { "FAILED" });
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        sum.passed += 1;
    } else {
        sum.failed += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_programs_add_up() {
        let mut sum = Sum::default();
        sum.hear("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.05s\n");
        sum.hear("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s\n");
        sum.hear("# pass 4\n");
        sum.hear("# fail 1\n");
        sum.hear("not ok 5 - a name - with a line\n");
        sum.hear("test folder::a_name ... FAILED\n");
        sum.hear("test folder::another ... ok\n");
        let failing = vec![Failing::InBrowser("a name - with a line".to_owned()), Failing::OfWorkspace("folder::a_name".to_owned())];
        assert_eq!(sum, Sum { passed: 17, failed: 3, failing });
    }

    #[test]
    fn other_lines_count_nothing() {
        let mut sum = Sum::default();
        sum.hear("running 12 tests\n");
        sum.hear("the test result: ok. 12 passed; 1 failed\n");
        assert_eq!(sum, Sum::default());
    }

    #[test]
    fn a_test_program_that_dies_counts_as_a_failure() -> Result<(), Stop> {
        let mut sum = Sum::default();
        sum.add(Command::new("false").stdin(Stdio::null()))?;
        assert_eq!(sum, Sum { failed: 1, ..Sum::default() });
        Ok(())
    }

    #[test]
    fn one_filter_and_long_in_any_order_and_nothing_else() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(wanted(&words("alice --long")).is_ok_and(|wanted| wanted.long && wanted.filter == Some("alice")));
        assert!(wanted(&words("--short")).is_err());
        assert!(wanted(&words("alice bob")).is_err());
    }
}
