//! What a release refuses, compiled as a release is: without debug assertions.

use franking::AUTHORITY_OF_TESTS;
use std::path::Path;
use std::process::Command;

/// Compiles the gate of this crate over a trust bundle, and says what the compiler had against it.
fn compiled(name: &str, bundle: &str, debug: &str) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("release-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let gate = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gate.rs");
    let root = format!(
        "mod trust {{ pub(crate) const SHIPPED: &str = {bundle:?}; pub(crate) const AUTHORITY_OF_TESTS: [u8; 32] = {AUTHORITY_OF_TESTS:?}; }}
         #[path = {gate:?}] mod gate;"
    );
    std::fs::write(folder.join("lib.rs"), root).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "lib", "--emit=metadata", "--allow", "dead_code", "-C"])
        .arg(format!("debug-assertions={debug}"))
        .arg("lib.rs")
        .current_dir(&folder)
        .output()
        .expect("rustc");
    std::fs::remove_dir_all(&folder).unwrap();
    if built.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&built.stderr).into_owned()) }
}

#[test]
fn a_release_whose_bundle_names_the_authority_of_the_tests_does_not_compile() {
    let shipped = include_str!("../../trust.bundle");
    assert_eq!(compiled("shipped", shipped, "no"), Ok(()));
    let key = wire::Hash32(AUTHORITY_OF_TESTS).to_string();
    for (name, line) in
        [("authority", format!("authority {key} tests")), ("operator", format!("operator-authority {} x", key.to_uppercase()))]
    {
        let bundle = format!("{shipped}{line}\n");
        let why = compiled(name, &bundle, "no").expect_err("no release");
        assert!(why.contains("the trust bundle names the Authority of the tests"), "{why}");
        // It is the release that refuses it; tests may.
        assert_eq!(compiled(name, &bundle, "yes"), Ok(()));
    }
}

/// The code that simulates is behind the same gate: without debug assertions there is nothing by these names.
#[test]
fn a_release_has_no_code_that_simulates() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let mut gated = 0;
    for (text, names) in [
        (
            read("../franking/src/proof.rs"),
            ["pub struct AuthoritySecret", "impl AuthoritySecret", "impl fmt::Debug for AuthoritySecret"].as_slice(),
        ),
        (read("../franking/src/lib.rs"), &["pub use proof::AuthoritySecret"]),
        (read("src/trust.rs"), &["    pub fn of_tests"]),
    ] {
        let product = text.split("#[cfg(test)]").next().unwrap();
        let lines: Vec<&str> = product.lines().collect();
        for name in names {
            let place = lines.iter().position(|line| line.starts_with(name)).expect(name);
            let mut attributes = lines[..place].iter().rev().take_while(|line| line.trim_start().starts_with("#["));
            assert!(attributes.any(|line| line.trim() == "#[cfg(debug_assertions)]"), "{name}");
            gated += 1;
        }
        // And nothing else in the product names it.
        let others = lines.iter().filter(|line| line.contains("AuthoritySecret") && !line.trim_start().starts_with("//"));
        let known = others.filter(|line| !names.iter().any(|name| line.starts_with(name)));
        assert!(
            known.clone().all(|line| line.contains("let authority = ") || line.contains("f.write_str(")),
            "{:?}",
            known.collect::<Vec<_>>()
        );
    }
    assert_eq!(gated, 5);
}
