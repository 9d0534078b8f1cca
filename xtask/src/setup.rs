//! Finds what is missing on a Debian machine and installs it.

use crate::house::{House, answer, on_path, step};
use crate::stop::Stop;
use crate::{browser, wasm};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

struct Package {
    name: &'static str,
    present: fn() -> bool,
}

/// libcrypto, its headers and its static form, for SQLCipher. The C compiler is here already: without one Rust could not have linked us.
const FOR_BUILDING: &[Package] = &[Package { name: "libssl-dev", present: || static_libcrypto().is_some() }];

/// What tests make their input with and look at the output with.
const FOR_TESTING: &[Package] = &[
    Package { name: "chromium", present: || on_path("chromium") },
    Package { name: "chromium-headless-shell", present: || on_path("chromium-headless-shell") },
    Package { name: "nodejs", present: || on_path("node") },
    Package { name: "npm", present: || on_path("npm") },
    Package { name: "ffmpeg", present: || on_path("ffmpeg") },
    Package { name: "libimage-exiftool-perl", present: || on_path("exiftool") },
    Package { name: "firefox-esr", present: || on_path("firefox-esr") },
    // Without it emoji are boxes, and a screen is not what a person sees.
    Package { name: "fonts-noto-color-emoji", present: || Path::new("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf").is_file() },
];

/// libFuzzer is C++.
const FOR_FUZZING: &[Package] = &[Package { name: "g++", present: || on_path("c++") || on_path("g++") || on_path("clang++") }];

/// What the program needs to be built.
///
/// # Errors
/// [`Stop::Missing`] if something cannot be installed by us.
pub fn building(house: &House) -> Result<(), Stop> {
    install(FOR_BUILDING.iter())?;
    link_libcrypto(house)
}

/// The same, and what tests need to run.
pub fn testing(house: &House) -> Result<(), Stop> {
    install(FOR_BUILDING.iter().chain(FOR_TESTING))?;
    link_libcrypto(house)
}

/// What `cargo xtask check` needs beyond building, but for cargo-deny.
pub fn checking(house: &House) -> Result<(), Stop> {
    building(house)?;
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if answer(&mut house.cargo(&[subcommand, "--version"])).is_none() {
            step("setup: a Rust component", Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

/// A cargo-deny to start: the one on the path, or one that is built (once, two minutes) into the user's cache.
///
/// # Errors
/// [`Stop::StepFailed`] if it could not be installed.
pub fn cargo_deny(house: &House) -> Result<PathBuf, Stop> {
    tool(house, "cargo-deny", CARGO_DENY, "setup: cargo-deny, about two minutes")
}

/// A cargo-fuzz to start, found or built in the same way, and the compiler of C++ that libFuzzer needs.
///
/// # Errors
/// [`Stop::StepFailed`] or [`Stop::Missing`] if it could not be installed.
pub fn cargo_fuzz(house: &House, version: &str) -> Result<PathBuf, Stop> {
    install(FOR_FUZZING.iter())?;
    tool(house, "cargo-fuzz", version, "setup: cargo-fuzz, about one minute")
}

fn tool(house: &House, name: &str, version: &str, what: &'static str) -> Result<PathBuf, Stop> {
    if on_path(name) {
        return Ok(PathBuf::from(name));
    }
    let tools = cache(house).join(format!("{name}-{version}"));
    let program = tools.join("bin").join(name);
    if !program.is_file() {
        // Unoptimised: it only starts others or runs for two seconds, so optimising it would not pay.
        let mut install = house.cargo(&["install", "--locked", "--debug", "--version", version, name, "--root"]);
        step(what, install.arg(&tools).env_remove("CARGO_TARGET_DIR"))?;
    }
    Ok(program)
}

/// Everything that any command needs.
pub fn everything(house: &House) -> Result<(), Stop> {
    testing(house)?;
    browser::ready(house)?;
    wasm::Toolchain::ready(house)?;
    checking(house)?;
    cargo_deny(house)?;
    println!("Everything is here.");
    Ok(())
}

fn cache(house: &House) -> PathBuf {
    let user =
        std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    user.unwrap_or_else(|| house.target()).join("treehouse")
}

fn install(wanted: impl Iterator<Item = &'static Package>) -> Result<(), Stop> {
    let missing: Vec<_> = wanted.filter(|package| !(package.present)()).map(|package| package.name).collect();
    if missing.is_empty() { Ok(()) } else { install_named(&missing) }
}

/// Installs packages that are known to be missing.
///
/// # Errors
/// [`Stop::Missing`] if it cannot be done by us.
pub fn install_named(missing: &[&'static str]) -> Result<(), Stop> {
    let missing = missing.to_vec();
    if !on_path("apt-get") {
        return Err(Stop::Missing(missing));
    }
    let Some(root) = root_rights() else { return Err(Stop::Missing(missing)) };
    println!("Missing on this machine: {}.", missing.join(", "));
    step("setup: apt-get update", &mut apt_get(root, &["update"]))?;
    let arguments = ["install", "-y", "--no-install-recommends"].into_iter().chain(missing).collect::<Vec<_>>();
    step("setup: apt-get install", &mut apt_get(root, &arguments))
}

/// How we may act as root.
#[derive(Clone, Copy)]
enum Root {
    Already,
    BySudo,
}

fn root_rights() -> Option<Root> {
    if answer(Command::new("id").arg("-u"))? == "0" {
        return Some(Root::Already);
    }
    let sudo_works = || std::io::stdin().is_terminal() || answer(Command::new("sudo").args(["-n", "true"])).is_some();
    (on_path("sudo") && sudo_works()).then_some(Root::BySudo)
}

/// A program with root's rights; nothing if we cannot have them.
pub fn as_root(program: &str) -> Option<Command> {
    Some(match root_rights()? {
        Root::Already => Command::new(program),
        Root::BySudo => {
            let mut command = Command::new("sudo");
            command.arg(program);
            command
        }
    })
}

fn apt_get(root: Root, arguments: &[&str]) -> Command {
    // sudo clears the environment, so the setting travels as an argument of env.
    let mut command = Command::new(match root {
        Root::Already => "env",
        Root::BySudo => "sudo",
    });
    if matches!(root, Root::BySudo) {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]).args(arguments);
    command
}

/// Where the static libcrypto of the system's compiler lies, if its headers are there too.
fn static_libcrypto() -> Option<PathBuf> {
    let found = PathBuf::from(answer(Command::new("cc").arg("-print-file-name=libcrypto.a"))?);
    (found.is_absolute() && Path::new("/usr/include/openssl/crypto.h").is_file()).then_some(found)
}

/// Makes the folder that `.cargo/config.toml` names: nothing in it but a link to libcrypto.a.
fn link_libcrypto(house: &House) -> Result<(), Stop> {
    let Some(library) = static_libcrypto() else { return Ok(()) };
    let folder = house.root.join("target/libcrypto-static");
    let link = folder.join("libcrypto.a");
    if std::fs::read_link(&link).is_ok_and(|there| there == library) {
        return Ok(());
    }
    std::fs::create_dir_all(&folder).map_err(|error| Stop::CannotUse(folder.clone(), error))?;
    match std::fs::remove_file(&link) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Stop::CannotUse(link, error)),
        _ => {}
    }
    std::os::unix::fs::symlink(&library, &link).map_err(|error| Stop::CannotUse(link, error))
}
