//! The simulated world by hand: other seeds, more of them, or one that failed.

use crate::house::{House, step};
use crate::setup;
use crate::stop::Stop;
use std::process::Command;

pub fn sim(house: &House, arguments: &[String]) -> Result<(), Stop> {
    setup::building(house)?;
    // The profile and the selection of the tests: a seed that failed there runs here without building everything again.
    step("building the world", &mut house.cargo(&["build", "--bin", "sim"]))?;
    step("sim", Command::new(house.target().join("debug/sim")).args(arguments).current_dir(&house.root))
}
