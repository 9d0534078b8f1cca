//! Files that wait to be sent, in the origin's own file system: what a person chose is gone from the page's reach after a reload.

use crate::js::{self, Lost};
use client::SourceStamp;
use js_sys::{AsyncIterator, Reflect, Uint8Array};
use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

const FOLDER: &str = "outgoing";
/// A file is copied in pieces of this size.
const PIECE: f64 = 1024.0 * 1024.0;

/// Copies a chosen file; gives its source. `so_far` hears of bytes copied.
///
/// # Errors
/// [`Lost::is_full`] when there is no room: nothing is left behind then.
pub async fn keep(file: &File, mut so_far: impl FnMut(u64, u64)) -> Result<String, Lost> {
    let name: String = js::entropy::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
    let copied = copy(file, &name, &mut so_far).await;
    if copied.is_err() {
        drop_one(&name).await;
    }
    copied.map(|()| name)
}

async fn copy(file: &File, name: &str, so_far: &mut impl FnMut(u64, u64)) -> Result<(), Lost> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let handle = JsFuture::from(folder().await?.get_file_handle_with_options(name, &options)).await?;
    let to = Handle::open(handle.unchecked_ref()).await?;
    let (mut at, size) = (0.0, file.size());
    while at < size {
        let piece = file.slice_with_f64_and_f64(at, (at + PIECE).min(size))?;
        let bytes = Uint8Array::new(&JsFuture::from(piece.array_buffer()).await?).to_vec();
        to.write(at, &bytes)?;
        at += bytes.len() as f64;
        so_far(at as u64, size as u64);
        if bytes.is_empty() {
            return Err(Lost("the file ended too early".into()));
        }
    }
    to.0.flush()?;
    Ok(())
}

/// Forgets a kept file.
pub async fn drop_one(source: &str) {
    // It may be gone already.
    if let Ok(folder) = folder().await {
        let _ = JsFuture::from(folder.remove_entry(source)).await;
    }
}

/// Forgets every kept file that nothing is to be sent from.
pub async fn drop_all_but(wanted: &BTreeSet<String>) -> Result<(), Lost> {
    let names: AsyncIterator = folder().await?.keys();
    let mut unwanted = Vec::new();
    loop {
        let next = JsFuture::from(names.next()?).await?;
        if Reflect::get(&next, &"done".into())?.is_truthy() {
            break;
        }
        unwanted.extend(Reflect::get(&next, &"value".into())?.as_string().filter(|name| !wanted.contains(name)));
    }
    for name in unwanted {
        drop_one(&name).await;
    }
    Ok(())
}

async fn folder() -> Result<FileSystemDirectoryHandle, Lost> {
    let root = JsFuture::from(js::scope().navigator().storage().get_directory()).await?;
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    let folder = root.unchecked_into::<FileSystemDirectoryHandle>().get_directory_handle_with_options(FOLDER, &options);
    Ok(JsFuture::from(folder).await?.unchecked_into())
}

/// A kept file, read from any place.
pub struct Kept {
    handle: Handle,
    at: u64,
    length: u64,
}

impl Kept {
    /// # Errors
    /// It is not there, or somebody reads it.
    pub async fn open(source: &str) -> Result<Self, Lost> {
        let handle: FileSystemFileHandle = JsFuture::from(folder().await?.get_file_handle(source)).await?.unchecked_into();
        let handle = Handle::open(&handle).await?;
        let length = handle.0.get_size()? as u64;
        Ok(Self { handle, at: 0, length })
    }

    /// Kept files never change: their random name says which it is.
    pub fn stamp(&self) -> SourceStamp {
        SourceStamp { length: self.length, time: 0 }
    }
}

impl Read for Kept {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.handle.read(self.at as f64, into).map_err(|Lost(why)| io::Error::other(why))?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Kept {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// One owner of a file; closed with its value.
struct Handle(FileSystemSyncAccessHandle);

impl Handle {
    async fn open(file: &FileSystemFileHandle) -> Result<Self, Lost> {
        Ok(Self(js::sync_access(file).await?))
    }

    fn read(&self, at: f64, into: &mut [u8]) -> Result<usize, Lost> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(at);
        Ok(self.0.read_with_u8_array_and_options(into, &options)? as usize)
    }

    fn write(&self, at: f64, bytes: &[u8]) -> Result<(), Lost> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(at);
        let written = self.0.write_with_u8_array_and_options(bytes, &options)?;
        if written as usize == bytes.len() { Ok(()) } else { Err(Lost("QuotaExceededError: not all was written".into())) }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}
