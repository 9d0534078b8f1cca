//! A disk of a few MiB that can be filled, freed and made read-only, and programs that see it.
//!
//! It is mounted where nobody else sees it and goes with its keeper, a process of its own, whatever becomes of the test. Root may do that, and
//! mostly everybody else. Where nobody may, a limit on the size of files takes the place of the full disk: the programs cannot write either, only
//! the reason that the system gives is another, and so is their sentence.

use super::{PROGRAM, folder};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

pub struct Disk {
    dir: tempfile::TempDir,
    mounted: Option<Mounted>,
    full: AtomicBool,
}

struct Mounted {
    keeper: Child,
    /// How a program gets there.
    enter: Vec<String>,
}

/// Bytes that a file may have under the limit that takes the place of a full disk.
const LIMIT: u64 = 4096;

impl Disk {
    pub fn of(mib: u64) -> Self {
        let dir = folder();
        let mounted = Mounted::at(dir.path(), mib, &[]).or_else(|| Mounted::at(dir.path(), mib, &["--user", "--map-root-user"]));
        if mounted.is_none() {
            println!("nothing can be mounted here: a limit on the size of files takes the place of a full disk");
        }
        Self { dir, mounted, full: AtomicBool::new(false) }
    }

    /// Whether it is a disk, and not a limit.
    pub fn is_mounted(&self) -> bool {
        self.mounted.is_some()
    }

    /// As the programs see it.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The same as this test sees it.
    pub fn seen(&self) -> PathBuf {
        match &self.mounted {
            None => self.path().to_owned(),
            Some(mounted) => {
                let root = PathBuf::from(format!("/proc/{}/root", mounted.keeper.id()));
                root.join(self.path().strip_prefix("/").unwrap())
            }
        }
    }

    /// The program, where it sees the disk.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = match &self.mounted {
            Some(mounted) => self.inside(mounted, PROGRAM),
            None => {
                let mut command = Command::new("sh");
                let limit = if self.full.load(SeqCst) { (LIMIT / 512).to_string() } else { "unlimited".into() };
                // Without the signal the write fails, as on a full disk.
                command.args(["-c", r#"trap "" XFSZ; ulimit -S -f "$0"; exec "$@""#, &limit, PROGRAM]);
                command
            }
        };
        command.args(arguments).env_remove("TREEHOUSE_HOME").env_remove("TREEHOUSE_LOG");
        command
    }

    fn inside(&self, mounted: &Mounted, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &mounted.keeper.id().to_string()]).args(&mounted.enter).args(["--", program]);
        command
    }

    /// No room is left, for programs that begin now and for the one that runs already.
    pub fn fill(&self, running: Option<u32>) {
        self.full.store(true, SeqCst);
        if self.mounted.is_some() {
            let filler = fs::File::create(self.seen().join("filler")).unwrap();
            let page = [7; 4096];
            while takes(&filler, &page) {}
        }
        self.limit(running, &LIMIT.to_string());
    }

    /// There is room again.
    pub fn free(&self, running: Option<u32>) {
        self.full.store(false, SeqCst);
        if self.mounted.is_some() {
            fs::remove_file(self.seen().join("filler")).unwrap();
        }
        self.limit(running, "unlimited");
    }

    fn limit(&self, running: Option<u32>, bytes: &str) {
        if let (None, Some(process)) = (&self.mounted, running) {
            let set = Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")]).status().unwrap();
            assert!(set.success());
        }
    }

    /// Nothing on it can be changed, or everything again. No program may run on it.
    pub fn remount(&self, how: &str) {
        let mounted = self.mounted.as_ref().expect("a mounted disk");
        let remounted = self.inside(mounted, "mount").args(["-o", &format!("remount,{how}")]).arg(self.path()).status().unwrap();
        assert!(remounted.success());
    }
}

fn takes(mut file: &fs::File, bytes: &[u8]) -> bool {
    match file.write_all(bytes) {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
            false
        }
    }
}

impl Mounted {
    fn at(path: &Path, mib: u64, who: &[&str]) -> Option<Self> {
        // Its input is a pipe of this test program: when that ends, so does the keeper, and the disk is gone.
        let script = r#"mount -t tmpfs -o "size=$0m,mode=0700" tmpfs "$1" && { echo here; read -r _; umount -l "$1"; rmdir "$1"; }"#;
        let mut command = Command::new("unshare");
        command.args(who).args(["--mount", "--", "sh", "-c", script, &mib.to_string()]).arg(path);
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        BufReader::new(keeper.stdout.take()?).read_line(&mut line).ok()?;
        let enter: &[&str] = if who.is_empty() { &["--mount"] } else { &["--user", "--preserve-credentials", "--mount"] };
        if line != "here\n" {
            let _ = keeper.kill();
            let _ = keeper.wait();
            return None;
        }
        Some(Self { keeper, enter: enter.iter().map(|&word| word.to_owned()).collect() })
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
