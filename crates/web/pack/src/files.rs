//! Files of a folder, in the order of their names.

use std::io;
use std::path::Path;

/// # Errors
/// With the path in it.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// The files of a folder, without those of folders in it.
///
/// # Errors
/// One of them cannot be read.
pub fn folder(path: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push((entry.file_name().to_string_lossy().into_owned(), read(&entry.path())?));
        }
    }
    files.sort();
    Ok(files)
}
