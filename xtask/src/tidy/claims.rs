//! Every row of `docs/claims.md` names a test that exists: a function of Rust, or a test in a browser by its words. In the other documents that say by
//! which test something is shown, a row may name none; what it names, in whatever cell, exists.

use super::Finding;
use super::markdown::code;
use super::rust::Source;
use super::scrub::words;
use super::tree::Tree;

const CLAIMS: &str = "docs/claims.md";
/// Documents with such tables, and what stands over their last columns.
const OTHERS: [&str; 4] = ["docs/safety.md", "docs/threats.md", "docs/childrens-code.md", "docs/spec/report.md"];
const HEADS: [&str; 3] = ["shown by", "state", "test"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    if tree.file(CLAIMS).is_none() {
        return vec![Finding::new(CLAIMS, 1, "the list of claims is missing")];
    }
    let sources = Source::all(tree);
    let mut findings = Vec::new();
    for path in [CLAIMS].into_iter().chain(OTHERS) {
        let Some(document) = tree.file(path) else { continue };
        for (line, row) in rows(&document.text) {
            // What is claimed may be of an option or a sign; in the others a test stands in any cell.
            let named = if path == CLAIMS { last(row) } else { row };
            let names: Vec<_> = code(named).into_iter().map(|code| code.text).filter(|text| !is_typed(text)).collect();
            if names.is_empty() && path == CLAIMS {
                findings.push(Finding::new(path, line, "a claim without a test"));
            }
            for name in names {
                if !sources.iter().any(|source| has_test(source, name)) && !in_a_browser(tree, name) {
                    findings.push(Finding::new(path, line, format!("there is no test `{name}`")));
                }
            }
        }
    }
    findings
}

/// Paths and commands, which other tests check, and options: they name no test.
fn is_typed(span: &str) -> bool {
    span.contains('/') || span.starts_with("treehouse ") || span.starts_with("--")
}

/// The last cell of a row: `|` closes it.
fn last(row: &str) -> &str {
    row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default()
}

/// The rows of tables that say what something is shown by, without their heads: what follows a line of dashes.
fn rows(document: &str) -> Vec<(usize, &str)> {
    let mut rows = Vec::new();
    let (mut head, mut below_head) = ("", false);
    for (index, line) in document.lines().enumerate() {
        let is_row = line.starts_with('|');
        let is_rule = is_row && line.chars().all(|c| "|-: ".contains(c));
        let shown_by = HEADS.contains(&last(head).trim().to_lowercase().as_str());
        if is_row && below_head && !is_rule && shown_by {
            rows.push((index + 1, line));
        }
        below_head = is_row && (below_head || is_rule);
        if !below_head {
            head = line;
        }
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
    fn other_documents_may_name_no_test_and_none_that_is_not_there() {
        let source = "#[test]\nfn nothing_is_lost() {}\n";
        let found = |text: &str| {
            let tree = Tree::of(&[(CLAIMS, HEAD), ("docs/safety.md", text), ("crates/cli/tests/chat.rs", source)]);
            check(&tree).into_iter().map(|finding| format!("{} {}", finding.line, finding.what)).collect::<Vec<_>>()
        };
        let table = "| what | shown by |\n|---|---|\n| Kept. | `nothing_is_lost` |\n| Said. | |\n";
        assert_eq!(found(table), [""; 0]);
        assert_eq!(found(&format!("{table}| Fast. | `it_is_fast` |\n")), ["5 there is no test `it_is_fast`"]);
        assert_eq!(found(&format!("{table}| Fast (`it_is_fast`). | soon |\n")), ["5 there is no test `it_is_fast`"], "in whatever cell");
        assert_eq!(found(&format!("{table}| `treehouse chats --json`, `--json`, `/help`. | |\n")), [""; 0], "no names of tests");
        assert_eq!(found("| attack | test |\n|---|---|\n| a word | `it_is_fast` |\n"), ["3 there is no test `it_is_fast`"]);
        assert_eq!(found("| command | does |\n|---|---|\n| x | `y` |\n"), [""; 0], "another table");
    }

    #[test]
    fn a_test_that_does_not_exist_is_found() {
        assert_eq!(found(&format!("{HEAD}| Fast. | `it_is_fast` |\n")), ["there is no test `it_is_fast`"]);
        assert_eq!(found(&format!("{HEAD}| Fast. | `bystander` |\n")), ["there is no test `bystander`"]);
        assert_eq!(found(&format!("{HEAD}| Fast. | `two browsers run` |\n")), ["there is no test `two browsers run`"]);
    }
}
