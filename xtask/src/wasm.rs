//! A compiler for wasm32: Rust's own target where it can be downloaded, else Debian's packages, whose standard library is built here once.

use crate::house::{House, answer, on_path, step};
use crate::setup;
use crate::stop::Stop;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
/// `debian` takes Debian's compiler even where Rust's own target is at hand: how one tries what a machine without downloads does.
const CHOICE: &str = "TREEHOUSE_WASM";
/// Debian's Rust for wasm, and its libraries' sources.
const DEBIAN_RUST: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// What we were built by, beside the standard library that is built here.
const STAMP: &str = "built-by-treehouse";

/// A compiler for wasm32, C included: SQLite is C.
pub struct Toolchain {
    rust: Rust,
    clang: String,
    archiver: String,
}

enum Rust {
    Own,
    Debian { linker: String },
}

impl Toolchain {
    /// Finds one, or installs it, and says in one line which.
    ///
    /// # Errors
    /// [`Stop::Missing`] or [`Stop::StepFailed`] if it cannot be had.
    pub fn ready(house: &House) -> Result<Self, Stop> {
        if tool("clang").is_none() || tool("llvm-ar").is_none() {
            setup::install_named(&["clang-22", "llvm-22"])?;
        }
        let clang = tool("clang").ok_or(Stop::Missing(vec!["clang-22"]))?;
        let archiver = tool("llvm-ar").ok_or(Stop::Missing(vec!["llvm-22"]))?;
        let debian = std::env::var_os(CHOICE).is_some_and(|choice| choice == "debian");
        let rust = if !debian && own(house) { Rust::Own } else { debian_rust(house)? };
        let toolchain = Self { rust, clang, archiver };
        println!("== wasm32: {}", toolchain.in_words(house));
        Ok(toolchain)
    }

    fn in_words(&self, house: &House) -> String {
        let version = |rustc: &str| version(house, rustc).unwrap_or_default();
        match &self.rust {
            Rust::Own => format!("{} with its own target, C by {}", version("rustc"), self.clang),
            Rust::Debian { .. } => format!("Debian's {} with a standard library built here, C by {}", version(DEBIAN_RUSTC), self.clang),
        }
    }

    /// A Cargo command that builds for wasm32, in a target folder of this toolchain's own.
    pub fn cargo(&self, house: &House, arguments: &[&str]) -> Command {
        let mut command = house.cargo(arguments);
        command.args(["--target", TARGET]).env("CARGO_TARGET_DIR", self.target(house));
        command.env("CC_wasm32_unknown_unknown", &self.clang).env("AR_wasm32_unknown_unknown", &self.archiver);
        if let Rust::Debian { linker } = &self.rust {
            // Lints are those of another compiler.
            command.env_remove("RUSTC_WORKSPACE_WRAPPER");
            command.env("RUSTC", DEBIAN_RUSTC).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }

    /// Where it puts what it built under a profile.
    pub fn built(&self, house: &House, profile: &str) -> PathBuf {
        self.target(house).join(TARGET).join(profile)
    }

    fn target(&self, house: &House) -> PathBuf {
        house.target().join(match self.rust {
            Rust::Own => "wasm",
            Rust::Debian { .. } => "wasm-debian",
        })
    }

    /// Lints are made for Rust's own compiler alone.
    pub fn has_lints(&self) -> bool {
        matches!(self.rust, Rust::Own)
    }
}

/// A program of LLVM that is on the path, under Debian's name with the version or without.
fn tool(name: &str) -> Option<String> {
    [format!("{name}-22"), name.to_owned()].into_iter().find(|name| on_path(name))
}

fn version(house: &House, rustc: &str) -> Option<String> {
    let full = answer(Command::new(rustc).arg("--version").current_dir(&house.root))?;
    Some(full.split(" (").next().unwrap_or_default().to_owned())
}

/// Whether the compiler we use anyway can do it, now or after a download.
fn own(house: &House) -> bool {
    if has_own(house) {
        return true;
    }
    if !on_path("rustup") {
        return false;
    }
    // Not a step of its own: where it cannot be downloaded there is another way.
    println!("== rustup target add {TARGET}");
    answer(Command::new("rustup").args(["target", "add", TARGET]).current_dir(&house.root)).is_some() && has_own(house)
}

fn has_own(house: &House) -> bool {
    let libraries = answer(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(&house.root));
    libraries.is_some_and(|folder| Path::new(&folder).is_dir())
}

fn debian_rust(house: &House) -> Result<Rust, Stop> {
    let is_there = |package: &&str| answer(Command::new("dpkg-query").args(["--show", package])).is_some();
    if !DEBIAN_RUST.iter().all(is_there) {
        setup::install_named(DEBIAN_RUST)?;
    }
    if tool("wasm-ld").is_none() {
        setup::install_named(&["lld-22"])?;
    }
    let linker = tool("wasm-ld").ok_or(Stop::Missing(vec!["lld-22"]))?;
    let sysroot = answer(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"])).ok_or(Stop::Missing(vec!["rustc-web"]))?;
    standard_library(house, Path::new(&sysroot))?;
    Ok(Rust::Debian { linker })
}

/// Builds the standard library into the compiler's own folder, where it finds it without being asked. Once for each version.
fn standard_library(house: &House, sysroot: &Path) -> Result<(), Stop> {
    let folder = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    let by = answer(Command::new(DEBIAN_RUSTC).arg("-V")).unwrap_or_default();
    if std::fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp.trim() == by) {
        return Ok(());
    }
    let source = sysroot.join("lib/rustlib/src/rust/library");
    let target = house.target().join("wasm-std");
    let mut build = Command::new("/usr/bin/cargo");
    build.args(["build", "--release", "--locked", "--target", TARGET, "--no-default-features"]);
    build.args(["--features", "panic-unwind,backtrace,compiler-builtins-mem", "--manifest-path"]).arg(source.join("sysroot/Cargo.toml"));
    build.current_dir(&source).env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", &target);
    build
        .env("__CARGO_DEFAULT_LIB_METADATA", "wasmstd")
        .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes -Copt-level=3 -Cdebuginfo=0 -Cpanic=abort");
    for said in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTDOC", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
        build.env_remove(said);
    }
    step("the standard library for wasm32 (about a minute, once)", &mut build)?;
    let built = target.join(TARGET).join("release/deps");
    let stamp = target.join(STAMP);
    std::fs::write(&stamp, &by).map_err(|error| Stop::CannotUse(stamp.clone(), error))?;
    let mut files = vec![stamp];
    for entry in std::fs::read_dir(&built).map_err(|error| Stop::CannotUse(built.clone(), error))?.flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "rlib") {
            // The stamp goes last: a copy that was cut short is made again.
            files.insert(0, entry.path());
        }
    }
    let missing = || Stop::Missing(vec!["rustc-web"]);
    // Libraries of an earlier version would be found as well, and be one too many.
    step("setup: a place for it", setup::as_root("rm").ok_or_else(missing)?.arg("-rf").arg(&folder))?;
    step("setup: a place for it", setup::as_root("mkdir").ok_or_else(missing)?.arg("-p").arg(&folder))?;
    step("setup: putting it there", setup::as_root("cp").ok_or_else(missing)?.args(&files).arg(&folder))
}
