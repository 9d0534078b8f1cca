//! Who put the two halves together, when and for what: noted before anything of it is shown or written, beside the pictures, or beside the report
//! where no picture is written.

use super::Failure;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use wire::{BlobId, Hash32};

/// The file with the notes: lines are only added.
const NAME: &str = "custody.txt";

/// What is noted each time.
pub struct Custody<'a> {
    pub folder: &'a Path,
    /// SHA-256 of the report's file.
    pub file: Hash32,
    pub report: report::Number,
    pub reference: &'a str,
}

impl Custody<'_> {
    /// # Errors
    /// The note cannot be written: then nothing else is.
    pub fn begin(&self, keys: usize, files: usize) -> Result<(), Failure> {
        let opened = format!("opened with both halves; keys and small pictures: {keys}, files: {files}");
        self.note(&opened).map_err(|why| Failure::Custody(self.folder.to_owned(), why))
    }

    /// # Errors
    /// The note cannot be written.
    pub fn end(&self, written: usize) -> Result<(), Failure> {
        self.later(&format!("files of it in this folder: {written}"))
    }

    /// Notes that a file is not what its sender stated.
    ///
    /// # Errors
    /// The note cannot be written.
    pub fn lie(&self, blob: BlobId, stated: Hash32, sha256: Hash32) -> Result<(), Failure> {
        self.later(&format!("the stated hash is false: stated {stated}, found {sha256}, sealed as {blob}"))
    }

    /// What is noted once something was opened.
    fn later(&self, what: &str) -> Result<(), Failure> {
        self.note(what).map_err(|why| Failure::Pictures(self.folder.to_owned(), why))
    }

    fn note(&self, what: &str) -> io::Result<()> {
        let at = jiff::Timestamp::now().as_second();
        let Self { file, report, reference, .. } = self;
        let line = format!("{} UTC | reference {reference} | report {report} | SHA-256 {file} | {what}\n", report::exhibit::clock(at));
        self.append(&line)
    }

    fn append(&self, line: &str) -> io::Result<()> {
        fs::create_dir_all(self.folder)?;
        let mut out = OpenOptions::new().append(true).create(true).mode(0o600).open(self.folder.join(NAME))?;
        out.write_all(line.as_bytes())?;
        out.sync_all()
    }
}
