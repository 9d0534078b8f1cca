//! Opening the store: the browser's private files first, which one worker of this origin can have, then the key, then the database.

use crate::js;
use crate::keyring::{Kept, KeyError, Keyring, Sealed, StoreKey};
use crate::stretch;
use client::store::OpenError;
use client::{Cause, Client, Config};
use js_sys::Reflect;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_rs::vfs::VfsFilesManager as _;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use std::path::Path;
use std::rc::Rc;
use view::page::Broken;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, FileSystemDirectoryHandle};

const FOLDER: &str = "treehouse";
const FILE: &str = "/store.db";
/// Files at once. The database and its journal are two; the rest is for what SQLite makes while it mends.
const FILES: usize = 8;

/// What was found, with the files in our hands.
pub enum Found {
    Key(StoreKey),
    /// The passphrase is missing.
    Locked(Sealed),
}

/// The files and the key's place, in our hands until they are let go.
#[derive(Clone)]
pub struct Held {
    files: Rc<OpfsSAHPoolUtil>,
    pub keyring: Rc<Keyring>,
}

impl Held {
    /// Lets go, so that both can be deleted. Whoever had the store open must have closed it.
    ///
    /// # Errors
    /// It is open still.
    pub fn let_go(&self) -> Result<(), js::Lost> {
        self.keyring.close();
        self.files.pause().map_err(|error| js::Lost(error.to_string()))
    }
}

/// Whether there is a store: looking makes none.
///
/// # Errors
/// The browser has no private files.
pub async fn is_there() -> Result<bool, Broken> {
    let unsupported = |_| Broken::Unsupported;
    let root = JsFuture::from(js::scope().navigator().storage().get_directory()).await.map_err(unsupported)?;
    let folder = root.dyn_into::<FileSystemDirectoryHandle>().map_err(unsupported)?.get_directory_handle(FOLDER);
    Ok(JsFuture::from(folder).await.is_ok())
}

/// A client without an account whose store is in memory alone.
///
/// # Errors
/// There is no memory left.
pub fn in_memory() -> Result<Client, Broken> {
    let db = client::store::open_in_memory().map_err(|_| Broken::Other)?;
    Ok(Client::new(db, config()))
}

fn config() -> Config {
    Config { stretch: stretch::beside, ..Config::default() }
}

/// Takes the browser's private files, and finds or makes the key.
///
/// # Errors
/// Nothing was changed, or only what the next try continues with.
pub async fn find(scope: &DedicatedWorkerGlobalScope) -> Result<(Held, Found), Broken> {
    let files = OpfsSAHPoolCfgBuilder::new().directory(FOLDER).initial_capacity(FILES).build();
    let pool = install::<WasmOsCallback>(&files, true).await.map_err(|error| no_files(&error))?;
    let known = pool.contains(FILE).map_err(|error| no_files(&error))?;
    let keyring = Keyring::open(scope).await.map_err(|error| no_key(&error))?;
    let found = match keyring.find().await.map_err(|error| no_key(&error))? {
        Some(Kept::Open(key)) => Found::Key(key),
        Some(Kept::Locked(sealed)) => Found::Locked(sealed),
        None if known => return Err(Broken::KeyLost),
        None => {
            let key = StoreKey::fresh().map_err(|error| no_key(&error))?;
            keyring.keep(&key, None).await.map_err(|error| no_key(&error))?;
            Found::Key(key)
        }
    };
    Ok((Held { files: Rc::new(pool), keyring: Rc::new(keyring) }, found))
}

/// Opens the client over the store.
///
/// # Errors
/// It is another's, newer, or damaged.
pub fn open(key: &StoreKey) -> Result<Client, Broken> {
    let db = client::store::open_with_salt(Path::new(FILE), key.key(), key.salt()).map_err(|error| match &error {
        OpenError::WrongKey => Broken::KeyLost,
        OpenError::TooNew => Broken::TooNew,
        OpenError::Database(_) => match error.cause() {
            Cause::Full => Broken::Full,
            Cause::Damaged => Broken::Damaged,
            Cause::ReadOnly | Cause::Other => Broken::Other,
        },
    })?;
    Ok(Client::new(db, config()))
}

fn no_files(error: &OpfsSAHError) -> Broken {
    match error {
        OpfsSAHError::NotSupported => Broken::Unsupported,
        OpfsSAHError::Opfs { value, .. } => {
            let name = Reflect::get(value, &"name".into()).ok().and_then(|name| name.as_string());
            match name.as_deref() {
                Some("NoModificationAllowedError") => Broken::OpenElsewhere,
                Some("QuotaExceededError") => Broken::Full,
                Some("SecurityError" | "NotAllowedError") => Broken::Unsupported,
                _ => Broken::Other,
            }
        }
        OpfsSAHError::InvalidHeader { .. } | OpfsSAHError::DuplicateFilename(_) => Broken::Damaged,
        _ => Broken::Other,
    }
}

fn no_key(error: &KeyError) -> Broken {
    match error {
        KeyError::Damaged => Broken::KeyLost,
        KeyError::Entropy => Broken::Unsupported,
        KeyError::Browser(_) => Broken::Other,
    }
}
