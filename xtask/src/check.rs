//! What must hold of the tree before its tests are worth running: cheapest first.

use crate::house::{House, step};
use crate::stop::Stop;
use crate::{setup, tidy};
use std::process::Command;

pub fn check(house: &House) -> Result<(), Stop> {
    setup::checking(house)?;
    // Also says whether Cargo.lock belongs to these manifests; cargo-deny and the arrows need all of it, offline.
    step("dependencies", &mut house.cargo(&["fetch", "--locked"]))?;
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
    step("lints", &mut house.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    let deny = setup::cargo_deny(house)?;
    let mut dependencies = Command::new(deny);
    dependencies.args(["--offline", "check", "bans", "licenses", "sources"]).current_dir(&house.root);
    step("licences and sources of dependencies", &mut dependencies)
}
