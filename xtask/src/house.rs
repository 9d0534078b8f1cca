//! Where the repository lies, and how programs are run in it.

use crate::stop::Stop;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

pub struct House {
    pub root: PathBuf,
    /// Whether what is built is linted in the same run: a check of its own compiles everything a second time.
    pub lints: bool,
}

impl House {
    pub fn find() -> Self {
        let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        Self { root: own.parent().map_or_else(|| own.clone(), Path::to_path_buf), lints: false }
    }

    /// Where Cargo puts what it builds.
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), |target| self.root.join(target))
    }

    /// A Cargo command in the root, as if typed there: what the Cargo that started us said of *this* package would make it rebuild others.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(&self.root);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(speaks_of_this_package) {
                command.env_remove(name);
            }
        }
        if self.lints {
            // As `cargo clippy -- -D warnings` starts it, for a build in place of a check.
            command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings");
        }
        command
    }
}

fn speaks_of_this_package(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix))
        || ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"].contains(&name)
}

/// Runs a program to its end, with a line before and, if it took over a second, one after.
///
/// # Errors
/// [`Stop::CannotStart`], or [`Stop::StepFailed`] if it says it failed.
pub fn step(name: &'static str, command: &mut Command) -> Result<(), Stop> {
    println!("== {name}");
    let begun = Instant::now();
    let status = command.status().map_err(|error| cannot_start(command, error))?;
    if !status.success() {
        return Err(Stop::StepFailed(name));
    }
    if begun.elapsed().as_secs() >= 1 {
        println!("== {name}: {} s", begun.elapsed().as_secs());
    }
    Ok(())
}

/// What a program prints, if it ran and said it succeeded.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

pub fn cannot_start(command: &Command, error: std::io::Error) -> Stop {
    Stop::CannotStart(command.get_program().to_string_lossy().into_owned(), error)
}

/// Whether a program of this name can be started.
pub fn on_path(program: impl AsRef<OsStr>) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|folder| folder.join(program.as_ref()).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_of_this_package_is_told_from_settings() {
        assert!(speaks_of_this_package("CARGO_PKG_NAME"));
        assert!(!speaks_of_this_package("CARGO_INCREMENTAL"));
        assert!(!speaks_of_this_package("CARGO_TARGET_DIR"));
    }
}
