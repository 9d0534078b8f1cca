//! The Rust sources of the tree, scrubbed, with their tests told from the rest.

use super::scrub::{line_of, scrub, test_lines, words};
use super::tree::Tree;

pub struct Source<'a> {
    pub path: &'a str,
    /// Without comments and literals.
    pub code: String,
    /// For every line, whether only tests compile it.
    tests: Vec<bool>,
}

impl<'a> Source<'a> {
    pub fn all(tree: &'a Tree) -> Vec<Self> {
        let mut sources: Vec<_> = tree
            .rust()
            .map(|file| {
                let code = scrub(&file.text);
                let tests = if in_test_folder(&file.path) { vec![true; code.lines().count()] } else { test_lines(&code) };
                Self { path: &file.path, code, tests }
            })
            .collect();
        let modules: Vec<_> = sources.iter().flat_map(Self::test_modules).collect();
        for source in &mut sources {
            if modules.iter().any(|module| source.path == format!("{module}.rs") || source.path.starts_with(&format!("{module}/"))) {
                source.tests.fill(true);
            }
        }
        sources
    }

    /// Paths, without their ending, of the modules in files of their own that this file declares under `cfg(test)`.
    fn test_modules(&self) -> Vec<String> {
        let stem = self.path.trim_end_matches(".rs");
        let folder = ["lib", "main", "mod"].iter().find_map(|root| stem.strip_suffix(root)).map_or(format!("{stem}/"), str::to_owned);
        let declared = words(&self.code, "mod").filter(|at| self.in_test(*at)).filter_map(|at| {
            let rest = &self.code[at + 3..];
            let end = rest.find([';', '{'])?;
            rest[end..].starts_with(';').then(|| format!("{folder}{}", rest[..end].trim()))
        });
        declared.collect()
    }

    pub fn in_test(&self, at: usize) -> bool {
        self.tests.get(line_of(&self.code, at) - 1).copied().unwrap_or(false)
    }

    pub fn all_test(&self) -> bool {
        self.tests.iter().all(|test| *test)
    }

    pub fn lines(&self) -> usize {
        self.tests.len()
    }

    /// Lines that are no test's.
    pub fn own_lines(&self) -> usize {
        self.tests.iter().filter(|test| !**test).count()
    }
}

fn in_test_folder(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "benches")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_folder_their_attribute_or_their_declaration() {
        let tree = Tree::of(&[
            ("crates/a/tests/day.rs", "fn f() {}\n"),
            ("crates/a/src/lib.rs", "fn f() {}\n#[cfg(test)]\nmod fixture;\nmod real;\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n"),
            ("crates/a/src/fixture.rs", "fn f() {}\n"),
            ("crates/a/src/real.rs", "fn f() {}\n"),
            ("crates/a/src/fixture/deep.rs", "fn f() {}\n"),
        ]);
        let sources = Source::all(&tree);
        let own: Vec<_> = sources.iter().map(|source| (source.path, source.own_lines())).collect();
        let expected = [
            ("crates/a/tests/day.rs", 0),
            ("crates/a/src/lib.rs", 2),
            ("crates/a/src/fixture.rs", 0),
            ("crates/a/src/real.rs", 1),
            ("crates/a/src/fixture/deep.rs", 0),
        ];
        assert_eq!(own, expected);
    }
}
