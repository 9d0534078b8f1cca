//! What the manifests must say: why each dependency is there, once, in the root.

use super::Finding;
use super::scrub::words;
use super::tree::Tree;
use std::collections::BTreeMap;

const ROOT: &str = "Cargo.toml";
/// What is there for its features, or for what others do with it, says so.
const NOT_CALLED: &str = "not called";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let root = tree.file(ROOT).map_or("", |file| &file.text);
    let members: Vec<_> = tree.files().filter(|file| file.path.starts_with("crates/") && file.path.ends_with("/Cargo.toml")).collect();
    let used: Vec<_> = members.iter().flat_map(|file| dependencies(&file.text)).map(|entry| entry.name).collect();
    let mut findings = Vec::new();
    for entry in dependencies(root) {
        // Our own crates say what they are for themselves.
        let ours = entry.value.contains("path =");
        if !ours && entry.reason.is_none() {
            findings.push(Finding::new(ROOT, entry.line, format!("`{}` does not say what it is for", entry.name)));
        }
        if !ours && !used.contains(&entry.name) {
            findings.push(Finding::new(ROOT, entry.line, format!("`{}` is used by no crate", entry.name)));
        }
    }
    let reasons: BTreeMap<&str, &str> = dependencies(root).into_iter().filter_map(|entry| Some((entry.name, entry.reason?))).collect();
    for file in members {
        // A workspace of its own has its own versions, with their reasons; the root has nothing to give it.
        if file.text.contains("\n[workspace]") {
            let silent = dependencies(&file.text).into_iter().filter(|entry| entry.reason.is_none());
            findings
                .extend(silent.map(|entry| Finding::new(&file.path, entry.line, format!("`{}` does not say what it is for", entry.name))));
            continue;
        }
        for entry in dependencies(&file.text).into_iter().filter(|entry| !entry.value.contains("workspace = true")) {
            findings.push(Finding::new(&file.path, entry.line, format!("`{}` belongs into the root, with its reason", entry.name)));
        }
        let folder = file.path.trim_end_matches("Cargo.toml");
        for entry in dependencies(&file.text) {
            let said = entry.reason.into_iter().chain(reasons.get(entry.name).copied());
            if !said.chain(above(&file.text, entry.line)).any(|reason| reason.to_lowercase().contains(NOT_CALLED))
                && !is_named(tree, folder, entry.name)
            {
                findings.push(Finding::new(
                    &file.path,
                    entry.line,
                    format!("`{}` is named nowhere in the crate: leave it out, or say “{NOT_CALLED}” and why", entry.name),
                ));
            }
        }
        if !file.text.contains("[lints]\nworkspace = true") {
            findings.push(Finding::new(&file.path, 1, "the lints of the workspace are missing"));
        }
    }
    findings
}

/// The line above a line, where it is a comment.
fn above(manifest: &str, line: usize) -> Option<&str> {
    manifest.lines().nth(line.checked_sub(2)?).filter(|above| above.starts_with('#'))
}

/// Whether a source below the folder has it as a word.
fn is_named(tree: &Tree, folder: &str, dependency: &str) -> bool {
    let name = dependency.replace('-', "_");
    let sources = tree.files().filter(|file| file.path.starts_with(folder) && file.path.ends_with(".rs"));
    sources.into_iter().any(|file| words(&file.text, &name).next().is_some())
}

struct Entry<'a> {
    name: &'a str,
    value: &'a str,
    reason: Option<&'a str>,
    line: usize,
}

/// The entries of every table of dependencies, one a line.
fn dependencies(manifest: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut inside = false;
    for (index, line) in manifest.lines().enumerate() {
        if let Some(table) = line.strip_prefix('[') {
            inside = table.trim_end().trim_end_matches(']').ends_with("dependencies");
        } else if inside && let Some((name, value)) = line.split_once('=') {
            let name = name.trim();
            if name.starts_with('#') {
                continue;
            }
            // `name.workspace = true` is short for `name = { workspace = true }`.
            let (name, value) = name.strip_suffix(".workspace").map_or((name, value), |name| (name, "workspace = true"));
            let reason = line.split_once(" #").map(|(_, reason)| reason.trim()).filter(|reason| !reason.is_empty());
            entries.push(Entry { name, value, reason, line: index + 1 });
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: &str =
        "[lints]\nworkspace = true\n[dependencies]\nbytes.workspace = true\nserde = { workspace = true, features = [\"derive\"] }\n";

    fn found(root: &str, member: &str) -> Vec<(String, usize)> {
        let source = "use bytes::Bytes;\nuse serde::Serialize;\nfn f() { rand::random() }\n";
        let tree = Tree::of(&[("Cargo.toml", root), ("crates/a/Cargo.toml", member), ("crates/a/src/lib.rs", source)]);
        check(&tree).into_iter().map(|finding| (finding.path, finding.line)).collect()
    }

    #[test]
    fn dependencies_with_reasons_pass() {
        let root = "[workspace.dependencies]\n# ours\na = { path = \"crates/a\" }\nbytes = \"1\" # shared buffers\nserde = \"1\" # views\n";
        assert_eq!(found(root, MEMBER), []);
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        assert_eq!(found("[workspace.dependencies]\nbytes = \"1\"\nserde = \"1\" #\n", MEMBER).len(), 2);
    }

    #[test]
    fn a_dependency_that_nobody_uses_is_found() {
        let root = "[workspace.dependencies]\nbytes = \"1\" # buffers\nserde = \"1\" # views\nrand = \"1\" # dice\n";
        assert_eq!(found(root, MEMBER), [("Cargo.toml".to_owned(), 4)]);
    }

    #[test]
    fn a_dependency_that_no_source_names_is_found() {
        let root = "[workspace.dependencies]\nbytes = \"1\" # buffers\nserde = \"1\" # views\nran = \"1\" # half a name\n";
        let member = |line: &str| format!("{MEMBER}{line}");
        assert_eq!(found(root, &member("ran.workspace = true\n")), [("crates/a/Cargo.toml".to_owned(), 6)]);
        assert_eq!(found(root, &member("# Not called: for its features.\nran.workspace = true\n")), []);
        assert_eq!(found(&root.replace("half a name", "dice, not called"), &member("ran.workspace = true\n")), []);
    }

    #[test]
    fn a_workspace_of_its_own_has_its_own_versions_with_reasons() {
        let own = "[dependencies]\nrand = \"1\" # dice\n[workspace]\n";
        assert_eq!(found("", own), []);
        assert_eq!(found("", &own.replace(" # dice", "")), [("crates/a/Cargo.toml".to_owned(), 2)]);
    }

    #[test]
    fn a_version_outside_the_root_is_found() {
        let member = "[lints]\nworkspace = true\n[dev-dependencies]\nrand = \"1\"\n";
        assert_eq!(found("", member), [("crates/a/Cargo.toml".to_owned(), 4)]);
    }
}
