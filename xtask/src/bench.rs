//! Measures: `crates/bench`, with the released program at hand.

use crate::house::{House, step};
use crate::stop::Stop;
use crate::{browser, build, setup};

pub fn bench(house: &House, arguments: &[String]) -> Result<(), Stop> {
    setup::testing(house)?;
    browser::ready(house)?;
    let program = build::program(house)?;
    let mut bench = house.cargo(&["run", "--release", "-p", "bench", "--bin", "bench", "--"]);
    step("bench", bench.args(arguments).env("TREEHOUSE_PROGRAM", program))
}
