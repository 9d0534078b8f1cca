//! Which crate may know which: the table in ARCHITECTURE.md.

use super::Finding;
use crate::house::{House, cannot_start};
use crate::stop::Stop;
use std::process::Stdio;

enum May {
    Know(&'static [&'static str]),
    KnowAllBut(&'static [&'static str]),
}

/// Whoever is not in this table knows nobody, and nobody knows it.
const ARROWS: &[(&str, May)] = &[
    ("wire", May::Know(&[])),
    ("view", May::Know(&[])),
    ("franking", May::Know(&["wire"])),
    ("report", May::Know(&["wire", "franking"])),
    ("media", May::Know(&["wire"])),
    // It has no network, storage, clock or log, and so it knows nobody who does.
    ("safety", May::Know(&[])),
    // The same for what looks at pictures.
    ("picture", May::Know(&[])),
    ("client", May::Know(&["wire", "franking", "report", "media", "safety", "view"])),
    ("transfer", May::Know(&["wire", "media", "view", "client"])),
    // Never the client, the MLS library or content.
    ("server", May::Know(&["wire", "franking"])),
    // The interface sees what the core tells it, and nothing else.
    ("web-ui", May::Know(&["view", "safety"])),
    // Only what checks: it has no client, no store and no network.
    ("web-verify", May::Know(&["wire", "report"])),
    ("web-picture", May::Know(&["picture"])),
    ("web-scan", May::Know(&[])),
    ("web-core", May::Know(&["wire", "media", "view", "client", "transfer"])),
    ("cli", May::Know(&["wire", "franking", "report", "media", "safety", "view", "client", "transfer", "server"])),
    ("sim", May::KnowAllBut(&["cli", "bench"])),
    ("fuzzing", May::KnowAllBut(&["cli", "bench"])),
    ("bench", May::KnowAllBut(&["cli"])),
];

/// Crates that only one of ours may touch, because the others must not see what they see.
const RESERVED: &[(&str, &[&str])] = &[("openmls", &["client", "sim", "bench"])];

/// One crate of ours and something it depends on: a crate of ours or not.
#[derive(Debug, PartialEq, Eq)]
pub struct Arrow {
    from: String,
    to: String,
    ours: bool,
}

/// The arrows as Cargo sees them, those of tests included.
///
/// # Errors
/// [`Stop::StepFailed`] if Cargo cannot read the manifests.
pub fn of(house: &House) -> Result<Vec<Arrow>, Stop> {
    let tree = ["tree", "--workspace", "--offline", "--edges", "normal,build,dev", "--depth", "1", "--no-dedupe", "--target", "all"];
    let mut command = house.cargo(&tree);
    command.args(["--prefix", "depth", "--format", "{p}"]).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| cannot_start(&command, error))?;
    if !output.status.success() {
        return Err(Stop::StepFailed("cargo tree --offline, which needs `cargo fetch` once"));
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    Ok(parse(&printed))
}

/// Lines like `0client v0.1.0 (PATH)` and below each its dependencies, `1bytes v1.12.2`.
fn parse(printed: &str) -> Vec<Arrow> {
    let mut from = "";
    let mut arrows = Vec::new();
    for line in printed.lines() {
        match line.split_at_checked(1) {
            Some(("0", package)) => from = first_word(package),
            Some(("1", package)) => {
                arrows.push(Arrow { from: from.to_owned(), to: first_word(package).to_owned(), ours: package.contains("/crates/") });
            }
            _ => {}
        }
    }
    arrows
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

pub fn check(arrows: &[Arrow]) -> Vec<Finding> {
    arrows.iter().filter_map(|arrow| Some(Finding::new(&manifest(&arrow.from), 1, fault(arrow)?))).collect()
}

/// `web-core` lies in `crates/web/core`.
fn manifest(name: &str) -> String {
    format!("crates/{}/Cargo.toml", name.replace('-', "/"))
}

fn fault(Arrow { from, to, ours }: &Arrow) -> Option<String> {
    if !ours {
        let (_, who) = RESERVED.iter().find(|(reserved, _)| to.starts_with(reserved))?;
        return (!who.contains(&from.as_str())).then(|| format!("`{from}` must not know `{to}`"));
    }
    let Some((_, may)) = ARROWS.iter().find(|(name, _)| name == from) else {
        return Some(format!("`{from}` is new: say in xtask/src/tidy/arrows.rs whom it may know"));
    };
    let allowed = match may {
        May::Know(these) => these.contains(&to.as_str()),
        May::KnowAllBut(these) => !these.contains(&to.as_str()),
    };
    (!allowed).then(|| format!("`{from}` must not know `{to}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(from: &str, to: &str) -> Arrow {
        Arrow { from: from.to_owned(), to: to.to_owned(), ours: true }
    }

    #[test]
    fn the_arrows_of_the_design_pass() {
        let arrows = [arrow("client", "view"), arrow("server", "franking"), arrow("cli", "server"), arrow("sim", "server")];
        assert_eq!(check(&arrows), []);
    }

    #[test]
    fn an_arrow_against_the_design_is_found() {
        for (from, to) in [
            ("wire", "view"),
            ("server", "client"),
            ("client", "server"),
            ("view", "wire"),
            ("sim", "cli"),
            ("cli", "sim"),
            ("web-ui", "client"),
            ("web-core", "server"),
        ] {
            assert_eq!(check(&[arrow(from, to)]).len(), 1, "{from} -> {to}");
        }
    }

    #[test]
    fn the_mls_library_belongs_to_the_client() {
        let mls = |from: &str| Arrow { from: from.to_owned(), to: "openmls_traits".to_owned(), ours: false };
        assert_eq!(check(&[mls("client")]), []);
        assert_eq!(check(&[mls("server")]).len(), 1);
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(check(&[arrow("stray", "wire")]).len(), 1);
    }

    #[test]
    fn what_cargo_prints_is_read() {
        let printed = "0cli v0.1.0 (x/crates/cli)\n1bytes v1.12.2\n1client v0.1.0 (x/crates/client)\n\n0wire v0.1.0 (x/crates/wire)\n1prost v0.14.6\n";
        let outside = |from: &str, to: &str| Arrow { ours: false, ..arrow(from, to) };
        assert_eq!(parse(printed), [outside("cli", "bytes"), arrow("cli", "client"), outside("wire", "prost")]);
    }
}
