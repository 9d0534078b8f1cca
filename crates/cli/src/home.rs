//! A home: the folder of one account. A key file, the encrypted database, and a lock so that one program at a time uses it.

use client::{Cause, Client, Config, store};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long a second program waits for the first.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_ASK_AGAIN: Duration = Duration::from_millis(50);

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error("There is no home folder to keep an account in: say where with --home DIR or TREEHOUSE_HOME.")]
    Nowhere,
    #[error("The folder {folder} cannot be used: {why}. Choose another with --home DIR, or change its permissions.", folder = .0.display(), why = .1)]
    Folder(PathBuf, std::io::Error),
    #[error("There is no room in {}: the disk is full. Make room and try again, nothing is lost.", .0.display())]
    Full(PathBuf),
    #[error("{} cannot be written, the disk or the folder is read-only: change that, or choose another folder with --home DIR.", .0.display())]
    ReadOnly(PathBuf),
    #[error("Another treehouse program is using {folder} ({holder}). Wait until it is done, or end it.", folder = .0.display(), holder = .1)]
    Busy(PathBuf, String),
    #[error("The key file {} is missing or damaged, and without the right one the messages here cannot be opened: bring it back from a backup.", .0.display())]
    Key(PathBuf),
    #[error("The key in {} does not open the messages there, one of the two belongs to another home: bring the right one back from a backup.", .0.display())]
    WrongKey(PathBuf),
    #[error("{} was written by a newer treehouse: use that version.", .0.display())]
    TooNew(PathBuf),
    #[error("The messages in {folder} cannot be opened, {why}: bring the folder back from a backup, or choose another with --home DIR.", folder = .0.display(), why = .1)]
    Database(PathBuf, String),
    #[error("This machine gives no random numbers, so no keys can be made: {0}.")]
    Entropy(getrandom::Error),
}

impl HomeError {
    fn of(folder: &Path, error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full(folder.to_owned()),
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(folder.to_owned()),
            _ => Self::Folder(folder.to_owned(), error),
        }
    }
}

/// An open home. The lock lasts as long as this.
pub struct Home {
    pub client: Client,
    pub folder: PathBuf,
    _lock: File,
}

impl Home {
    pub fn open(given: Option<PathBuf>) -> Result<Self, HomeError> {
        let folder = folder(given).ok_or(HomeError::Nowhere)?;
        let unusable = |error| HomeError::of(&folder, error);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(unusable)?;
        let lock = lock(&folder)?;
        let key = key(&folder)?;
        let path = folder.join("store.db");
        let db = store::open(&path, &key).map_err(|error| match &error {
            store::OpenError::WrongKey => HomeError::WrongKey(folder.clone()),
            store::OpenError::TooNew => HomeError::TooNew(folder.clone()),
            store::OpenError::Database(why) => match error.cause() {
                Cause::Full => HomeError::Full(folder.clone()),
                Cause::ReadOnly => HomeError::ReadOnly(folder.clone()),
                Cause::Damaged => HomeError::Database(folder.clone(), "they are damaged".into()),
                Cause::Other => HomeError::Database(folder.clone(), why.to_string()),
            },
        })?;
        Ok(Self { client: Client::new(db, Config::default()), folder, _lock: lock })
    }
}

impl Home {
    /// The same, where there is one already: nothing is made.
    pub fn open_existing(given: Option<PathBuf>) -> Result<Option<Self>, HomeError> {
        let Some(folder) = folder(given) else { return Ok(None) };
        if folder.join("store.db").exists() { Self::open(Some(folder)).map(Some) } else { Ok(None) }
    }
}

/// Where a home is, or would be.
pub fn folder(given: Option<PathBuf>) -> Option<PathBuf> {
    given.filter(|folder| !folder.as_os_str().is_empty()).or_else(default_folder)
}

fn default_folder() -> Option<PathBuf> {
    // An empty HOME is none: else the folder of the day would become a home.
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| Path::new(&home).join(".treehouse"))
}

/// Takes the home's lock and writes into it who has it.
fn lock(folder: &Path) -> Result<File, HomeError> {
    let unusable = |error| HomeError::of(folder, error);
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(folder.join("lock")).map_err(unusable)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_WAIT => std::thread::sleep(LOCK_ASK_AGAIN),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(unusable)?;
                return Err(HomeError::Busy(folder.to_owned(), holder.trim().to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
    }
    let command: Vec<String> = std::env::args().skip(1).take(1).collect();
    let holder = format!("process {}: treehouse {}", std::process::id(), command.join(" "));
    file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes())).map_err(unusable)?;
    Ok(file)
}

/// The database key: 32 random bytes in a file that only this user reads. Written whole or not at all.
fn key(folder: &Path) -> Result<Zeroizing<[u8; 32]>, HomeError> {
    let path = folder.join("key");
    let unusable = |error| HomeError::of(folder, error);
    match fs::read(&path) {
        Ok(bytes) => {
            let bytes = Zeroizing::new(bytes);
            <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| HomeError::Key(path))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if folder.join("store.db").exists() {
                return Err(HomeError::Key(path));
            }
            let mut key = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *key).map_err(HomeError::Entropy)?;
            let draft = folder.join("key.new");
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(unusable)?;
            file.write_all(&*key).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, &path)).map_err(unusable)?;
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(unusable)?;
            Ok(key)
        }
        Err(error) => Err(unusable(error)),
    }
}
