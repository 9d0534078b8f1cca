//! The text files of the repository, in memory: rules read no disk.

use crate::stop::Stop;
use std::path::Path;

/// What is built, installed or found by fuzzing, and Git's own.
const NOT_OURS: &[&str] = &[".git", "target", "corpus", "artifacts", "node_modules"];

pub struct Tree {
    files: Vec<File>,
}

pub struct File {
    /// From the root, with `/` between its parts.
    pub path: String,
    /// Empty if it is not UTF-8.
    pub text: String,
}

impl Tree {
    /// # Errors
    /// [`Stop::CannotUse`] if something cannot be read.
    pub fn read(root: &Path) -> Result<Self, Stop> {
        let mut tree = Self { files: Vec::new() };
        tree.read_folder(root, "")?;
        tree.files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), Stop> {
        let cannot = |error| Stop::CannotUse(folder.to_path_buf(), error);
        for entry in std::fs::read_dir(folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(cannot)?;
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            let path = format!("{prefix}{name}");
            if kind.is_dir() {
                self.read_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() {
                let bytes = std::fs::read(entry.path()).map_err(|error| Stop::CannotUse(entry.path(), error))?;
                self.files.push(File { path, text: String::from_utf8(bytes).unwrap_or_default() });
            }
        }
        Ok(())
    }

    /// The same with one more text, which lies in no file.
    pub fn with(mut self, path: &str, text: impl Into<String>) -> Self {
        self.files.push(File { path: path.to_owned(), text: text.into() });
        self
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        files.iter().fold(Self { files: Vec::new() }, |tree, (path, text)| tree.with(path, *text))
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.ends_with(".rs"))
    }

    /// What people read: the house documents and `docs/`. Not the change log: it may name what is gone.
    pub fn documents(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| {
            file.path.ends_with(".md") && (!file.path.contains('/') || file.path.starts_with("docs/")) && file.path != "CHANGELOG.md"
        })
    }

    pub fn file(&self, path: &str) -> Option<&File> {
        self.files().find(|file| file.path == path)
    }

    /// Whether a file or a folder lies there.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.files().any(|file| file.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_are_found_and_halves_of_names_are_not() {
        let tree = Tree::of(&[("crates/wire/src/pad.rs", "")]);
        assert!(tree.has("crates/wire/src/pad.rs") && tree.has("crates/wire") && tree.has("crates/wire/"));
        assert!(!tree.has("crates/wir"));
        assert!(!tree.has("wire/src/pad.rs"));
    }
}
