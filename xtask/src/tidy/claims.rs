//! Every row of `docs/claims.md` names a test that exists: a function of Rust, or a test in a browser by its words.

use super::Finding;
use super::markdown::code;
use super::rust::Source;
use super::scrub::words;
use super::tree::Tree;

const CLAIMS: &str = "docs/claims.md";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(claims) = tree.file(CLAIMS) else {
        return vec![Finding::new(CLAIMS, 1, "the list of claims is missing")];
    };
    let sources = Source::all(tree);
    let mut findings = Vec::new();
    for (line, row) in rows(&claims.text) {
        // `|` closes the row, so the cell before it is the last.
        let shown_by = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        // Spans with a slash are paths, which the documents test checks.
        let names: Vec<_> = code(shown_by).into_iter().map(|code| code.text).filter(|text| !text.contains('/')).collect();
        if names.is_empty() {
            findings.push(Finding::new(CLAIMS, line, "a claim without a test"));
        }
        for name in names {
            if !sources.iter().any(|source| has_test(source, name)) && !in_a_browser(tree, name) {
                findings.push(Finding::new(CLAIMS, line, format!("there is no test `{name}`")));
            }
        }
    }
    findings
}

/// The rows of tables, without their heads: what follows a line of dashes.
fn rows(document: &str) -> Vec<(usize, &str)> {
    let mut rows = Vec::new();
    let mut below_head = false;
    for (index, line) in document.lines().enumerate() {
        let is_row = line.starts_with('|');
        let is_rule = is_row && line.chars().all(|c| "|-: ".contains(c));
        if is_row && below_head && !is_rule {
            rows.push((index + 1, line));
        }
        below_head = is_row && (below_head || is_rule);
    }
    rows
}

fn in_a_browser(tree: &Tree, name: &str) -> bool {
    let opening = format!("test(\"{name}\"");
    tree.files().any(|file| file.path.ends_with(".test.mjs") && file.text.lines().any(|line| line.starts_with(&opening)))
}

fn has_test(source: &Source<'_>, name: &str) -> bool {
    let code = &source.code;
    words(code, name).any(|at| {
        let before = code[..at].trim_end();
        // The attributes between the end of the item before and this one.
        let attributes = before.rsplit(['}', ';']).next().unwrap_or_default();
        before.ends_with("fn") && (attributes.contains("#[test]") || attributes.contains("::test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(claims: &str) -> Vec<String> {
        let source = "#[tokio::test(flavor = \"current_thread\")]\nasync fn two_people_chat() {}\n#[test]\nfn nothing_is_lost() {}\nfn bystander() {}\n";
        let page = "test(\"two browsers chat\", () =>\n    test(\"nested\"));\n";
        let tree = Tree::of(&[(CLAIMS, claims), ("crates/cli/tests/chat.rs", source), ("crates/web/tests/chat.test.mjs", page)]);
        check(&tree).into_iter().map(|finding| finding.what).collect()
    }

    const HEAD: &str = "# Claims\n\n| Claim | Shown by |\n|---|---|\n";

    #[test]
    fn an_empty_table_and_rows_with_tests_pass() {
        assert_eq!(found(HEAD), Vec::<String>::new());
        let rows = "| Chat. | `crates/cli/tests/chat.rs`: `two_people_chat` |\n| Kept. | `nothing_is_lost`, `two browsers chat` |\n";
        assert_eq!(found(&format!("{HEAD}{rows}")), Vec::<String>::new());
    }

    #[test]
    fn a_claim_without_a_test_is_found() {
        assert_eq!(found(&format!("{HEAD}| `Fast`. | soon |\n")), ["a claim without a test"]);
        assert_eq!(check(&Tree::of(&[])).len(), 1);
    }

    #[test]
    fn a_test_that_does_not_exist_is_found() {
        assert_eq!(found(&format!("{HEAD}| Fast. | `it_is_fast` |\n")), ["there is no test `it_is_fast`"]);
        assert_eq!(found(&format!("{HEAD}| Fast. | `bystander` |\n")), ["there is no test `bystander`"]);
        assert_eq!(found(&format!("{HEAD}| Fast. | `two browsers run` |\n")), ["there is no test `two browsers run`"]);
    }
}
