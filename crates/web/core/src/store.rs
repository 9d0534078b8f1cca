//! Opening the store: the browser's private files first, which one worker of this origin can have, then the key, then the database.

use crate::keyring::{KeyError, Keyring};
use client::store::OpenError;
use client::{Cause, Client, Config};
use js_sys::Reflect;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_rs::vfs::VfsFilesManager as _;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, install};
use std::path::Path;
use view::page::{CoreFailure, Store};
use web_sys::DedicatedWorkerGlobalScope;

const FOLDER: &str = "treehouse";
const FILE: &str = "/store.db";
/// Files at once. The database and its journal are two; the rest is for what SQLite makes while it mends.
const FILES: usize = 8;

/// # Errors
/// Nothing was changed, or only what the next try continues with.
pub async fn open(scope: &DedicatedWorkerGlobalScope) -> Result<(Client, Store), CoreFailure> {
    let files = OpfsSAHPoolCfgBuilder::new().directory(FOLDER).initial_capacity(FILES).build();
    let pool = install::<WasmOsCallback>(&files, true).await.map_err(|error| no_files(&error))?;
    let store = if pool.contains(FILE).map_err(|error| no_files(&error))? { Store::Known } else { Store::New };
    let keyring = Keyring::open(scope).await.map_err(|error| no_key(&error))?;
    let key = match (keyring.find().await.map_err(|error| no_key(&error))?, store) {
        (Some(key), _) => key,
        (None, Store::New) => keyring.make().await.map_err(|error| no_key(&error))?,
        (None, Store::Known) => return Err(CoreFailure::KeyLost),
    };
    let db = client::store::open_with_salt(Path::new(FILE), key.key(), key.salt()).map_err(|error| match &error {
        OpenError::WrongKey => CoreFailure::KeyLost,
        OpenError::TooNew => CoreFailure::TooNew,
        OpenError::Database(_) => match error.cause() {
            Cause::Full => CoreFailure::Full,
            Cause::Damaged => CoreFailure::Damaged,
            Cause::ReadOnly | Cause::Other => CoreFailure::Other,
        },
    })?;
    Ok((Client::new(db, Config::default()), store))
}

fn no_files(error: &OpfsSAHError) -> CoreFailure {
    match error {
        OpfsSAHError::NotSupported => CoreFailure::Unsupported,
        OpfsSAHError::Opfs { value, .. } => {
            let name = Reflect::get(value, &"name".into()).ok().and_then(|name| name.as_string());
            match name.as_deref() {
                Some("NoModificationAllowedError") => CoreFailure::OpenElsewhere,
                Some("QuotaExceededError") => CoreFailure::Full,
                Some("SecurityError" | "NotAllowedError") => CoreFailure::Unsupported,
                _ => CoreFailure::Other,
            }
        }
        OpfsSAHError::InvalidHeader { .. } | OpfsSAHError::DuplicateFilename(_) => CoreFailure::Damaged,
        _ => CoreFailure::Other,
    }
}

fn no_key(error: &KeyError) -> CoreFailure {
    match error {
        KeyError::Damaged => CoreFailure::KeyLost,
        KeyError::Entropy => CoreFailure::Unsupported,
        KeyError::Browser(_) => CoreFailure::Other,
    }
}
