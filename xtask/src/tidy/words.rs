//! What no file may say: promises nobody can keep, and where somebody's machine keeps its things.

use super::Finding;
use super::scrub::line_of;
use super::tree::{File, Tree};

/// Listed in `docs/claims.md` as never claimed.
const NEVER_CLAIMED: &[&str] = &["keeps children safe", "detects grooming", "learns nothing", "court-proof"];
const CLAIMS: &str = "docs/claims.md";

/// Folders of one machine.
const ABSOLUTE: &[&str] = &["/work", "/root", "/home"];

/// Cargo knows where crates come from; a host name here would be somebody's mirror.
const HOSTS: &[&str] = &["index.crates.io", "static.crates.io", "artifactory", "registry.npmjs.org", "pypi.org", "proxy.golang.org"];
const LOCK: &str = "Cargo.lock";
const REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// Itself, which has to name them.
const HERE: &str = "xtask/src/tidy/words.rs";

pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.files().filter(|file| file.path != HERE).flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    // A promise is one also across the end of a line.
    let flat = file.text.to_lowercase().replace(['\n', '\r', '\t'], " ");
    let place = |at| line_of(&file.text, at);
    let mut findings = Vec::new();
    if file.path != CLAIMS && flat.len() == file.text.len() {
        for (phrase, at) in NEVER_CLAIMED.iter().flat_map(|phrase| flat.match_indices(phrase).map(move |(at, _)| (phrase, at))) {
            findings.push(Finding::new(&file.path, place(at), format!("\"{phrase}\" is never claimed ({CLAIMS})")));
        }
    }
    for (path, at) in ABSOLUTE.iter().flat_map(|path| file.text.match_indices(path).map(move |(at, _)| (path, at))) {
        if stands_alone(&file.text, at, path.len()) {
            findings.push(Finding::new(&file.path, place(at), format!("`{path}` is a folder of one machine")));
        }
    }
    for (host, at) in HOSTS.iter().flat_map(|host| flat.match_indices(host).map(move |(at, _)| (host, at))) {
        findings.push(Finding::new(&file.path, place(at), format!("`{host}`: where packages come from is the business of each machine")));
    }
    if file.path.rsplit('/').next() == Some(LOCK) {
        let foreign = file.text.lines().enumerate().filter(|(_, line)| line.starts_with("source = ") && *line != REGISTRY);
        findings
            .extend(foreign.map(|(line, text)| Finding::new(&file.path, line + 1, format!("`{text}`: another registry than Cargo's own"))));
    }
    findings
}

/// Whether a path begins and ends there, and is not part of a longer one or of a word.
fn stands_alone(text: &str, at: usize, length: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + length..].chars().next();
    let in_name = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    !before.is_some_and(|c| in_name(c) || "/}>~*".contains(c)) && !after.is_some_and(|c| c.is_alphanumeric() || "_-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn plain_words_and_relative_paths_pass() {
        let text = "See crates/work/x, the ratchet tree/root, `$HOME/root` and ProtectHome=yes. It lists what the server stores.";
        assert_eq!(found("README.md", text), []);
        assert_eq!(found("Cargo.lock", &format!("name = \"a\"\n{REGISTRY}\n")), []);
    }

    #[test]
    fn a_promise_is_found_in_any_case_and_across_lines() {
        assert_eq!(found("README.md", "\nTreehouse Keeps\nchildren safe."), [2]);
        assert_eq!(found("crates/a/src/lib.rs", "// The server learns nothing."), [1]);
    }

    #[test]
    fn the_list_of_what_is_never_claimed_may_name_it() {
        assert_eq!(found(CLAIMS, "That it detects grooming."), []);
    }

    #[test]
    fn folders_of_one_machine_are_found() {
        assert_eq!(found("docs/operate.md", "a\nput it in /home/alice/x"), [2]);
        assert_eq!(found("xtask/src/run.rs", "\"/work\""), [1]);
    }

    #[test]
    fn mirrors_are_found() {
        assert_eq!(found("deny.toml", "allow-registry = [\"https://index.crates.io\"]"), [1]);
        assert_eq!(found("Cargo.lock", "source = \"registry+https://mirror.example/index\"\n"), [1]);
    }
}
