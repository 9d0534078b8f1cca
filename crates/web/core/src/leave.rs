//! Deleting everything that this origin keeps in the browser.

use crate::js::{self, Lost};
use js_sys::{Array, AsyncIterator, Function, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemDirectoryHandle, FileSystemRemoveOptions, IdbFactory};

/// A file that is being read is let go in a moment.
const TRIES: u32 = 20;
const PAUSE: i32 = 100;
/// A database that somebody else has open is deleted when they close it: nobody waits for that.
const PATIENCE: i32 = 2_000;

/// Files, databases and caches. What holds them must have let go.
///
/// # Errors
/// Something is left; the rest was deleted all the same.
pub async fn delete_everything() -> Result<(), Lost> {
    let files = files().await;
    let databases = databases().await;
    let caches = caches().await;
    files.and(databases).and(caches)
}

async fn files() -> Result<(), Lost> {
    let root: FileSystemDirectoryHandle = JsFuture::from(js::scope().navigator().storage().get_directory()).await?.unchecked_into();
    let whole = FileSystemRemoveOptions::new();
    whole.set_recursive(true);
    let mut tries = 0;
    loop {
        let mut refused = None;
        for name in names(&root).await? {
            if let Err(error) = JsFuture::from(root.remove_entry_with_options(&name, &whole)).await {
                refused = Some(error);
            }
        }
        match refused {
            None => return Ok(()),
            Some(error) if tries == TRIES => return Err(error.into()),
            Some(_) => js::sleep(PAUSE).await,
        }
        tries += 1;
    }
}

async fn names(folder: &FileSystemDirectoryHandle) -> Result<Vec<String>, Lost> {
    let keys: AsyncIterator = folder.keys();
    let mut names = Vec::new();
    loop {
        let next = JsFuture::from(keys.next()?).await?;
        if Reflect::get(&next, &"done".into())?.is_truthy() {
            return Ok(names);
        }
        names.extend(Reflect::get(&next, &"value".into())?.as_string());
    }
}

async fn databases() -> Result<(), Lost> {
    let Some(factory) = js::scope().indexed_db()? else { return Ok(()) };
    for name in database_names(&factory).await? {
        let asked = factory.delete_database(&name)?;
        let deleted = Promise::new(&mut |resolve, reject| {
            asked.set_onsuccess(Some(&resolve));
            asked.set_onerror(Some(&reject));
        });
        let late = wasm_bindgen_futures::future_to_promise(async {
            js::sleep(PATIENCE).await;
            Ok(JsValue::UNDEFINED)
        });
        JsFuture::from(Promise::race(&Array::of2(&deleted, &late))).await?;
    }
    Ok(())
}

/// All there are; where the browser does not tell, the one we know of.
async fn database_names(factory: &IdbFactory) -> Result<Vec<String>, Lost> {
    let Ok(list) = Reflect::get(factory, &"databases".into())?.dyn_into::<Function>() else {
        return Ok(vec![crate::keyring::DATABASE.to_owned()]);
    };
    let listed = JsFuture::from(list.call0(factory)?.dyn_into::<Promise>()?).await?;
    Ok(Array::from(&listed).iter().filter_map(|row| Reflect::get(&row, &"name".into()).ok()?.as_string()).collect())
}

async fn caches() -> Result<(), Lost> {
    let caches = js::scope().caches()?;
    for name in Array::from(&JsFuture::from(caches.keys()).await?).iter().filter_map(|name| name.as_string()) {
        JsFuture::from(caches.delete(&name)).await?;
    }
    Ok(())
}
