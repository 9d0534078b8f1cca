//! The program as it is shipped.

use crate::house::{House, step};
use crate::page::{For, page};
use crate::setup;
use crate::stop::Stop;
use std::path::PathBuf;

pub fn build(house: &House) -> Result<(), Stop> {
    let program = program(house)?;
    let size = std::fs::metadata(&program).map_err(|error| Stop::CannotUse(program.clone(), error))?.len();
    println!("{}  {:.1} MB", program.display(), size as f64 / 1e6);
    Ok(())
}

/// Builds the page and the released `treehouse` around it; the answer is its path.
///
/// `-p cli`, not the workspace: nothing a test or a bench asks of a dependency may get into what is shipped.
pub fn program(house: &House) -> Result<PathBuf, Stop> {
    setup::building(house)?;
    page(house, For::Release)?;
    step(
        "release build (about seven minutes the first time)",
        &mut house.cargo(&["build", "--release", "-p", "cli", "--bin", "treehouse"]),
    )?;
    Ok(house.target().join("release/treehouse"))
}
