//! Opening the store: the browser's private files first, which one worker of this origin can have, then the key, then the database.

use crate::keyring::{Kept, KeyError, Keyring, Sealed, StoreKey};
use client::store::OpenError;
use client::{Cause, Client, Config};
use js_sys::Reflect;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_rs::vfs::VfsFilesManager as _;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, install};
use std::path::Path;
use view::page::Broken;
use web_sys::DedicatedWorkerGlobalScope;

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

/// Takes the browser's private files, and finds or makes the key.
///
/// # Errors
/// Nothing was changed, or only what the next try continues with.
pub async fn find(scope: &DedicatedWorkerGlobalScope) -> Result<(Keyring, Found), Broken> {
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
    Ok((keyring, found))
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
    Ok(Client::new(db, Config::default()))
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
