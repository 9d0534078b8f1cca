//! The page in the browser: its modules for wasm32, then everything packed into `target/page`, where the program's build looks for it.

use crate::house::{House, step};
use crate::stop::Stop;
use crate::wasm::Toolchain;

const PROFILE: &str = "page";
/// Always all: chosen alone, one would ask other features of shared crates, and they would be built again.
pub const MODULES: &[&str] = &["-p", "web-core", "-p", "web-ui", "-p", "web-picture", "-p", "web-scan", "-p", "web-verify"];
const PACK: &str = "crates/web/pack/Cargo.toml";

/// How well it is compressed. What is there better already stays.
#[derive(Clone, Copy)]
pub enum For {
    /// Quickly.
    Tests,
    /// Once for many.
    Release,
}

/// # Errors
/// [`Stop::StepFailed`] if something does not build.
pub fn page(house: &House, purpose: For) -> Result<(), Stop> {
    let toolchain = Toolchain::ready(house)?;
    let mut build = toolchain.cargo(house, &["build", "--profile", PROFILE]);
    let quality = match purpose {
        For::Tests => "5",
        For::Release => {
            // Each module as one piece: a tenth smaller, and twice as long to link.
            build.env("CARGO_PROFILE_PAGE_LTO", "fat");
            "11"
        }
    };
    step("the page's modules (about four minutes the first time)", build.args(MODULES))?;
    let mut pack = house.cargo(&["run", "--quiet", "--manifest-path", PACK, "--", "--quality", quality, "--modules"]);
    pack.arg(toolchain.built(house, PROFILE)).arg("--files").arg(house.root.join("crates/web/ui/page"));
    pack.arg("--model").arg(house.root.join("crates/picture/model"));
    pack.arg("--to").arg(house.root.join("target/page")).env("CARGO_TARGET_DIR", house.target().join("pack"));
    step("the page", &mut pack)
}

/// Formatting and lints of what only the page has.
///
/// # Errors
/// [`Stop::StepFailed`] if something is found.
pub fn check(house: &House, later: bool) -> Result<(), Stop> {
    step("formatting of the page's packer", &mut house.cargo(&["fmt", "--check", "--manifest-path", PACK]))?;
    if later {
        return Ok(());
    }
    let mut lints = house.cargo(&["clippy", "--manifest-path", PACK, "--all-targets", "--quiet", "--", "-D", "warnings"]);
    step("lints of the page's packer", lints.env("CARGO_TARGET_DIR", house.target().join("pack")))?;
    let toolchain = Toolchain::ready(house)?;
    if !toolchain.has_lints() {
        println!("== lints of the page: not with Debian's compiler");
        return Ok(());
    }
    let mut lints = toolchain.cargo(house, &["clippy", "--profile", PROFILE]);
    step("lints of the page", lints.args(MODULES).args(["--", "-D", "warnings"]))
}

/// Tests of what is pure in the page: it is built for this machine, without a browser.
pub fn pure_tests(house: &House) -> std::process::Command {
    let mut test = house.cargo(&["test", "-p", "web-ui", "--quiet"]);
    // Much of it is used by what only wasm32 has: its lints are those of that build.
    test.env_remove("RUSTC_WORKSPACE_WRAPPER");
    test
}

/// Tests of the packer; the page's own run in a browser.
pub fn tests(house: &House) -> std::process::Command {
    let mut test = house.cargo(&["test", "--manifest-path", PACK, "--quiet"]);
    test.env("CARGO_TARGET_DIR", house.target().join("pack"));
    test
}
