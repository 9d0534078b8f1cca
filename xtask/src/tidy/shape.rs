//! STYLE in numbers: the length of files and functions, and names that say nothing.

use super::Finding;
use super::rust::Source;
use super::scrub::{item_end, line_of, words};
use super::tree::Tree;

const FILE_LINES: usize = 600;
/// About seventy is the aim; this is where it has gone wrong for certain.
const FUNCTION_LINES: usize = 100;
const SAYS_NOTHING: &[&str] = &["common", "utils", "util", "helpers", "helper", "manager", "misc"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| [".css", ".mjs"].iter().any(|ending| file.path.ends_with(ending))) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES {
            findings.push(Finding::new(&file.path, 1, format!("{lines} lines: at most {FILE_LINES}")));
        }
    }
    for source in Source::all(tree) {
        let lines = if source.all_test() { source.lines() } else { source.own_lines() };
        if lines > FILE_LINES {
            findings.push(Finding::new(source.path, 1, format!("{lines} lines: at most {FILE_LINES}, tests not counted")));
        }
        findings.extend(long_functions(&source));
        let name = source.path.trim_end_matches(".rs").trim_end_matches("/mod").rsplit('/').next().unwrap_or_default();
        if SAYS_NOTHING.contains(&name) {
            findings.push(Finding::new(source.path, 1, format!("`{name}` does not say what is inside")));
        }
    }
    findings
}

fn long_functions(source: &Source<'_>) -> Vec<Finding> {
    let code = &source.code;
    let own = words(code, "fn").filter(|at| !source.in_test(*at));
    own.filter_map(|at| {
        let name: String = code[at + 2..].trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        // A function pointer's type has no name.
        let lines = line_of(code, item_end(code, at)) + 1 - line_of(code, at);
        let long = !name.is_empty() && lines > FUNCTION_LINES;
        long.then(|| Finding::new(source.path, line_of(code, at), format!("`{name}` has {lines} lines: at most {FUNCTION_LINES}")))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_a_function_of_the_allowed_length_pass() {
        let function = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(FUNCTION_LINES - 2));
        let file = format!("{function}{}", "// why\n".repeat(FILE_LINES - FUNCTION_LINES));
        let tests = format!("{file}#[cfg(test)]\nmod tests {{\n{}}}\n", "    fn t() {}\n".repeat(300));
        assert_eq!(check(&Tree::of(&[("crates/a/src/lib.rs", &tests)])), []);
    }

    #[test]
    fn one_line_more_is_found_in_a_file() {
        let file = "// why\n".repeat(FILE_LINES + 1);
        assert_eq!(check(&Tree::of(&[("crates/a/src/lib.rs", &file)])).len(), 1);
        assert_eq!(check(&Tree::of(&[("crates/a/tests/day.rs", &file)])).len(), 1);
        assert_eq!(check(&Tree::of(&[("crates/a/page/day.css", &file)])).len(), 1);
    }

    #[test]
    fn one_line_more_is_found_in_a_function() {
        let function = format!("const A: u8 = 1;\n\nfn f() -> [u8; 2] {{\n{}}}\n", "    g();\n".repeat(FUNCTION_LINES - 1));
        let found = check(&Tree::of(&[("crates/a/src/lib.rs", &function)]));
        assert_eq!(found, [Finding::new("crates/a/src/lib.rs", 3, "`f` has 101 lines: at most 100")]);
    }

    #[test]
    fn a_file_named_for_nothing_is_found() {
        assert_eq!(check(&Tree::of(&[("crates/a/src/utils.rs", "")])).len(), 1);
        assert_eq!(check(&Tree::of(&[("crates/a/tests/common/mod.rs", "")])).len(), 1);
    }
}
