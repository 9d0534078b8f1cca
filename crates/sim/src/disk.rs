//! What a power cut leaves of a database: its file, and the log that SQLite writes ahead of it (<https://sqlite.org/fileformat2.html#walformat>).

use std::fs;
use std::path::{Path, PathBuf};

const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// The database as it is on the disk while it is still open.
pub struct Disk {
    path: PathBuf,
    db: Vec<u8>,
    wal: Vec<u8>,
}

impl Disk {
    pub fn of(path: &Path) -> Self {
        let read = |path: &Path| fs::read(path).expect("the files of a database");
        Self { path: path.to_owned(), db: read(path), wal: read(&beside(path, "-wal")) }
    }

    /// Writes it back, now that nobody has it open, as if its last commit had never come so far.
    pub fn without_last_commit(self) {
        let ends = commits(&self.wal);
        let kept = ends.len().checked_sub(2).map_or(HEAD, |last| ends[last]);
        assert!(!ends.is_empty(), "a commit to lose");
        let write = |path: &Path, bytes: &[u8]| fs::write(path, bytes).expect("the files of a database");
        write(&self.path, &self.db);
        write(&beside(&self.path, "-wal"), &self.wal[..kept]);
        let _ = fs::remove_file(beside(&self.path, "-shm"));
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Where each commit of this log ends: behind a frame that names the size of the database. Frames of an earlier round have other salts.
fn commits(wal: &[u8]) -> Vec<usize> {
    let Some(head) = wal.get(..HEAD) else { return vec![] };
    let page = u32::from_be_bytes([head[8], head[9], head[10], head[11]]) as usize;
    let frames = wal[HEAD..].chunks_exact(FRAME_HEAD + page).take_while(|frame| frame[8..16] == head[16..24]);
    (1..).zip(frames).filter(|(_, frame)| frame[4..8] != [0; 4]).map(|(count, _)| HEAD + count * (FRAME_HEAD + page)).collect()
}
