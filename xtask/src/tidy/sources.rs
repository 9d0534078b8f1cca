//! What no Rust source may say.

use super::Finding;
use super::rust::Source;
use super::scrub::line_of;
use super::tree::Tree;

/// These read what others sent, or what lies on a disk: nothing there may end the program.
const PARSERS: &[&str] = &[
    "wire",
    "franking",
    "report",
    "media",
    "safety",
    "picture",
    "view",
    "client",
    "transfer",
    "server",
    "cli",
    "web/core",
    "web/ui",
    "web/verify",
    "web/picture",
    "web/scan",
];

enum Where {
    Everywhere,
    Tests,
    /// In the code, not the tests, of [`PARSERS`].
    Parsers,
}

const RULES: &[(&str, Where, &str)] = &[
    ("#[ignore", Where::Everywhere, "a test runs or is deleted"),
    ("todo!(", Where::Everywhere, "no stubs"),
    ("unimplemented!(", Where::Everywhere, "no stubs"),
    ("dbg!(", Where::Everywhere, "left over"),
    ("sleep(", Where::Tests, "a test waits for what it tests, never for time to pass"),
    (".unwrap()", Where::Parsers, "nothing from outside may panic: `unwrap` lives in tests"),
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in Source::all(tree) {
        for (word, place, why) in RULES {
            for (at, _) in source.code.match_indices(word) {
                let broken = match place {
                    Where::Everywhere => true,
                    Where::Tests => source.in_test(at),
                    Where::Parsers => is_parser(source.path) && !source.in_test(at),
                };
                if broken {
                    findings.push(Finding::new(source.path, line_of(&source.code, at), format!("`{word}`: {why}")));
                }
            }
        }
    }
    findings
}

fn is_parser(path: &str) -> bool {
    PARSERS
        .iter()
        .any(|name| path.strip_prefix("crates/").and_then(|path| path.strip_prefix(name)).is_some_and(|rest| rest.starts_with("/src/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn code_that_handles_its_errors_passes() {
        let text = "fn f() { g().unwrap_or(0); }\n// never .unwrap()\n#[cfg(test)]\nmod tests {\n    fn t() { g().unwrap(); }\n}\n";
        assert_eq!(found("crates/wire/src/lib.rs", text), []);
    }

    #[test]
    fn unwrap_is_found_where_outside_input_is_parsed_and_only_there() {
        let text = "\nfn f() { g().unwrap(); }\n";
        assert_eq!(found("crates/wire/src/lib.rs", text), [2]);
        assert_eq!(found("crates/wire/build.rs", text), []);
        assert_eq!(found("crates/sim/src/lib.rs", text), []);
    }

    #[test]
    fn sleep_is_found_in_tests_and_only_there() {
        let text = "fn f() { sleep(1); }\n#[cfg(test)]\nmod tests {\n    fn t() { thread::sleep(second); }\n}\n";
        assert_eq!(found("crates/server/src/lib.rs", text), [4]);
        assert_eq!(found("crates/server/tests/serve.rs", "async fn t() { tokio::time::sleep(d).await }\n"), [1]);
    }

    #[test]
    fn stubs_and_ignored_tests_are_found_everywhere() {
        assert_eq!(found("crates/sim/src/lib.rs", "fn f() { todo!() }\n"), [1]);
        assert_eq!(found("crates/sim/tests/day.rs", "#[test]\n#[ignore = \"slow\"]\nfn t() {}\n"), [2]);
    }
}
