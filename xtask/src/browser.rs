//! The tests of the page: the built program serves it, a Chromium without a window opens it.

use crate::house::{House, step};
use crate::stop::Stop;
use std::path::PathBuf;
use std::process::Command;

/// The longest that all of them together may take, in seconds. What hangs ends by itself after eight minutes (`world.mjs`); where even that fails,
/// what it began would be waited for without an end.
const LONGEST: u32 = 2_700;
/// Between asking them to end and ending them.
const GRACE: u32 = 10;
const FOLDER: &str = "crates/web/tests";
/// Files of tests that run at the same time: most of their time people wait for each other's requests, which leave after a random while.
const AT_ONCE: usize = 5;

/// Brings the driver that the lock file names, if it is not there.
///
/// # Errors
/// [`Stop::StepFailed`] if it cannot be had.
pub fn ready(house: &House) -> Result<(), Stop> {
    let folder = folder(house);
    let lock = folder.join("package-lock.json");
    let wanted = std::fs::read(&lock).map_err(|error| Stop::CannotUse(lock.clone(), error))?;
    // A copy of the lock file says which driver is there: what was half installed has none.
    let stamp = folder.join("node_modules/installed-from.json");
    if std::fs::read(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    let mut install = Command::new("npm");
    step("setup: the driver of the browser", install.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder))?;
    std::fs::write(&stamp, wanted).map_err(|error| Stop::CannotUse(stamp, error))
}

/// The tests, or those whose name contains `filter`; nothing if it is in no name.
pub fn tests(house: &House, filter: Option<&str>) -> Option<Command> {
    let named = |filter: &str| {
        let files = std::fs::read_dir(folder(house)).into_iter().flatten().flatten();
        let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
        texts
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .any(|line| line.starts_with("test(") && line.contains(filter))
    };
    if filter.is_some_and(|filter| !named(filter)) {
        return None;
    }
    Some(node(house, AT_ONCE, filter))
}

/// One test, by its whole name, with nothing beside it.
pub fn alone(house: &House, name: &str) -> Command {
    let literally: String = name.chars().flat_map(|c| (!c.is_alphanumeric() && c != ' ').then_some('\\').into_iter().chain([c])).collect();
    node(house, 1, Some(&format!("^{literally}$")))
}

fn node(house: &House, at_once: usize, pattern: Option<&str>) -> Command {
    let mut node = Command::new("timeout");
    node.arg(format!("--kill-after={GRACE}"))
        .arg(LONGEST.to_string())
        .args(["node", "--test", "--test-reporter=tap"])
        .arg(format!("--test-concurrency={at_once}"))
        .current_dir(folder(house));
    if let Some(pattern) = pattern {
        node.arg(format!("--test-name-pattern={pattern}"));
    }
    node.env("TREEHOUSE_PROGRAM", house.target().join("debug/treehouse"));
    node
}

fn folder(house: &House) -> PathBuf {
    house.root.join(FOLDER)
}
