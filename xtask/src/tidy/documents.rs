//! Documents name only what exists: files, folders and commands of `cargo xtask`.

use super::Finding;
use super::markdown::{code, links};
use super::tree::{File, Tree};
use crate::COMMANDS;

const FOLDERS: &[&str] = &["crates", "xtask", "docs", "fuzz", "vectors", ".ci", ".cargo"];
const ENDINGS: &[&str] = &[".md", ".rs", ".toml", ".proto", ".json", ".lock"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.documents().flat_map(|document| paths(tree, document).into_iter().chain(commands(document))).collect()
}

fn paths(tree: &Tree, document: &File) -> Vec<Finding> {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let named = code(&document.text).into_iter().filter(|code| !code.fenced).filter_map(|code| Some((path(code.text)?, code.line)));
    let missing_names = named.filter(|(path, _)| !exists(tree, folder, path));
    let targets = links(&document.text).into_iter().filter_map(|(target, line)| Some((local(target)?, line)));
    let missing_targets = targets.filter(|(target, _)| !joined(folder, target).is_some_and(|path| tree.has(&path)));
    missing_names
        .chain(missing_targets)
        .map(|(path, line)| Finding::new(&document.path, line, format!("`{path}` does not exist")))
        .collect()
}

/// The path that a span of code names, if it names one of this repository.
fn path(span: &str) -> Option<&str> {
    let span = span.trim();
    // `file.rs:12` is a path with a line.
    let span = match span.rsplit_once(':') {
        Some((path, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => path,
        _ => span,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let relative = !span.starts_with('/') && span.chars().all(plain);
    let in_folder = span.split_once('/').is_some_and(|(folder, _)| FOLDERS.contains(&folder));
    let is_file = ENDINGS.iter().any(|ending| span.strip_suffix(ending).is_some_and(|name| !name.is_empty()));
    (relative && (in_folder || is_file)).then_some(span)
}

/// From the root, from the document, or for short: the end of a path.
fn exists(tree: &Tree, folder: &str, path: &str) -> bool {
    let ending = format!("/{path}");
    tree.has(path) || joined(folder, path).is_some_and(|path| tree.has(&path)) || tree.files().any(|file| file.path.ends_with(&ending))
}

/// A link to a file here, without its anchor.
fn local(target: &str) -> Option<&str> {
    let path = target.split('#').next().unwrap_or_default();
    (!path.is_empty() && !path.contains(':')).then_some(path)
}

/// `folder/path` with its `..` resolved; nothing if it leaves the repository.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn commands(document: &File) -> Vec<Finding> {
    const CALL: &str = "cargo xtask ";
    let mut findings = Vec::new();
    for (index, line) in document.text.lines().enumerate() {
        for (at, _) in line.match_indices(CALL) {
            let name: String = line[at + CALL.len()..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            if !name.is_empty() && !COMMANDS.iter().any(|(command, _, _)| *command == name) {
                findings.push(Finding::new(&document.path, index + 1, format!("`cargo xtask {name}` does not exist")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(document: &str) -> Vec<String> {
        let files = [("docs/spec/wire.md", document), ("crates/wire/src/pad.rs", ""), ("docs/threats.md", ""), (".ci/run", "")];
        check(&Tree::of(&files)).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn paths_and_commands_that_exist_pass() {
        let document = "`crates/wire/src/pad.rs:3`, `pad.rs`, `docs/`, `.ci/run`, [threats](../threats.md#who), [out](https://example.org/a.md), \
            `/v1/Service/Method`, `HOME/key`, `*.rs`, `a/b`. `cargo xtask test --long`, `cargo xtask COMMAND`.\n```\ncrates/ghost/\n```\n";
        assert_eq!(found(document), Vec::<String>::new());
    }

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        assert_eq!(found("`crates/ghost/src/lib.rs`"), ["`crates/ghost/src/lib.rs` does not exist"]);
        assert_eq!(found("`ad.rs`"), ["`ad.rs` does not exist"]);
    }

    #[test]
    fn a_link_to_nothing_or_out_of_the_repository_is_found() {
        assert_eq!(found("[a](threats.md)").len(), 1);
        assert_eq!(found("[a](../../../threats.md)").len(), 1);
    }

    #[test]
    fn a_command_that_does_not_exist_is_found() {
        assert_eq!(found("Type\n`cargo xtask deploy`."), ["`cargo xtask deploy` does not exist"]);
        assert_eq!(found("```\ncargo xtask tests\n```"), ["`cargo xtask tests` does not exist"]);
    }
}
