//! What must hold of the tree before its tests are worth running: cheapest first.

use crate::house::{House, step};
use crate::stop::Stop;
use crate::{page, setup, tidy};
use std::process::Command;

/// `--lints-later`: all but the lints of what the tests build, which `cargo xtask test --lints` makes in the same run.
pub fn check(house: &House, arguments: &[String]) -> Result<(), Stop> {
    let later = match arguments {
        [] => false,
        [one] if one == "--lints-later" => true,
        _ => return Err(Stop::WrongUse("cargo xtask check [--lints-later]")),
    };
    setup::checking(house)?;
    // Also says whether Cargo.lock belongs to these manifests; cargo-deny and the arrows need all of it, offline.
    step("dependencies", &mut house.cargo(&["fetch", "--locked"]))?;
    step("dependencies of the page's packer", &mut house.cargo(&["fetch", "--locked", "--manifest-path", "crates/web/pack/Cargo.toml"]))?;
    step("formatting", &mut house.cargo(&["fmt", "--check"]))?;
    step("formatting of xtask", &mut house.cargo(&["fmt", "--check", "--manifest-path", "xtask/Cargo.toml"]))?;
    if house.root.join("fuzz/Cargo.toml").is_file() {
        step("formatting of fuzz", &mut house.cargo(&["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"]))?;
    }
    println!("== tidy");
    tidy::tidy(house)?;
    step(
        "lints of xtask",
        &mut house.cargo(&["clippy", "--manifest-path", "xtask/Cargo.toml", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    )?;
    // A number that nobody has read, or a cue that cannot be read, is as wrong as a lint.
    step("help entries and cues", &mut house.cargo(&["test", "--quiet", "-p", "safety", "--lib"]))?;
    if !later {
        step("lints", &mut house.cargo(&["clippy", "--all-targets", "--", "-D", "warnings"]))?;
    }
    page::check(house, later)?;
    let deny = setup::cargo_deny(house)?;
    for manifest in ["Cargo.toml", "crates/web/pack/Cargo.toml"] {
        let mut dependencies = Command::new(&deny);
        dependencies.args(["--offline", "--config", "deny.toml", "--manifest-path", manifest, "check", "bans", "licenses", "sources"]);
        step("licences and sources of dependencies", dependencies.current_dir(&house.root))?;
    }
    Ok(())
}
