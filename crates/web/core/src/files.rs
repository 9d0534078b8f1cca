//! Files that wait to be sent, in the origin's own file system: what a person chose is gone from the page's reach after a reload.
//!
//! They lie there sealed: in pieces of 1 MiB, each by AES-256-GCM, under a key that HKDF makes of the store's key and the file's random name. On a
//! shared computer nothing lies anywhere: the browser's own handle of the chosen file is kept.

use crate::js::{self, Lost};
use crate::keyring::StoreKey;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use client::SourceStamp;
use hkdf::Hkdf;
use js_sys::{AsyncIterator, Reflect, Uint8Array};
use sha2::Sha256;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, File, FileReaderSync, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};
use zeroize::Zeroizing;

const FOLDER: &str = "outgoing";
/// A file is copied in pieces of this size.
const PIECE: u64 = 1024 * 1024;
const TAG: usize = 16;
/// What a whole piece takes on the disk.
const SEALED: u64 = PIECE + TAG as u64;
const LABEL: &[u8] = b"treehouse/1 outgoing file";

/// Where files wait.
pub enum Outgoing {
    /// In the browser's private files, under keys made of this one.
    Sealed(StoreKey),
    /// Nowhere but in the browser's hands.
    Memory(RefCell<BTreeMap<String, File>>),
}

impl Outgoing {
    /// Keeps a chosen file; gives its source.
    ///
    /// # Errors
    /// [`Lost::is_full`] when there is no room: nothing is left behind then.
    pub async fn keep(&self, file: File) -> Result<String, Lost> {
        let name: String = js::entropy::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        let key = match self {
            Self::Memory(held) => {
                held.borrow_mut().insert(name.clone(), file);
                return Ok(name);
            }
            Self::Sealed(key) => cipher(key, &name),
        };
        let copied = copy(&file, &name, &key).await;
        if copied.is_err() {
            delete(&name).await;
        }
        copied.map(|()| name)
    }

    /// # Errors
    /// It is not there, or somebody reads it.
    pub async fn open(&self, source: &str) -> Result<Kept, Lost> {
        let from = match self {
            Self::Memory(held) => {
                let file = held.borrow().get(source).cloned().ok_or_else(|| Lost("it is not held".into()))?;
                Source::Memory { length: file.size() as u64, file }
            }
            Self::Sealed(key) => {
                let handle: FileSystemFileHandle = JsFuture::from(folder().await?.get_file_handle(source)).await?.unchecked_into();
                let handle = Handle::open(&handle).await?;
                let stored = handle.0.get_size()? as u64;
                let length = stored.saturating_sub(stored.div_ceil(SEALED) * TAG as u64);
                Source::Disk { handle, cipher: Box::new(cipher(key, source)), length }
            }
        };
        Ok(Kept { from, at: 0, piece: None })
    }

    /// Forgets a kept file.
    pub async fn drop_one(&self, source: &str) {
        match self {
            Self::Memory(held) => drop(held.borrow_mut().remove(source)),
            Self::Sealed(_) => delete(source).await,
        }
    }

    /// Forgets every kept file that nothing is to be sent from.
    ///
    /// # Errors
    /// The browser refused to look.
    pub async fn drop_all_but(&self, wanted: &BTreeSet<String>) -> Result<(), Lost> {
        if let Self::Memory(held) = self {
            held.borrow_mut().retain(|name, _| wanted.contains(name));
            return Ok(());
        }
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
            delete(&name).await;
        }
        Ok(())
    }
}

/// One key a file, for its name is random: so that a piece's number is nonce enough.
fn cipher(key: &StoreKey, name: &str) -> Aes256Gcm {
    let mut own = Zeroizing::new([0; 32]);
    let made = Hkdf::<Sha256>::new(Some(LABEL), key.key()).expand(name.as_bytes(), &mut *own);
    made.expect("32 bytes are not too many");
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(*own))
}

fn nonce(piece: u64) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&piece.to_be_bytes());
    nonce.into()
}

async fn copy(file: &File, name: &str, cipher: &Aes256Gcm) -> Result<(), Lost> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let handle = JsFuture::from(folder().await?.get_file_handle_with_options(name, &options)).await?;
    let to = Handle::open(handle.unchecked_ref()).await?;
    let size = file.size();
    for number in 0..(size as u64).div_ceil(PIECE) {
        let at = (number * PIECE) as f64;
        let piece = file.slice_with_f64_and_f64(at, (at + PIECE as f64).min(size))?;
        let mut bytes = Uint8Array::new(&JsFuture::from(piece.array_buffer()).await?).to_vec();
        if bytes.len() as f64 != (size - at).min(PIECE as f64) {
            return Err(Lost("the file ended too early".into()));
        }
        let tag = cipher.encrypt_inout_detached(&nonce(number), &[], bytes.as_mut_slice().into());
        bytes.extend_from_slice(&tag.map_err(|_| Lost("a piece was not sealed".into()))?);
        to.write((number * SEALED) as f64, &bytes)?;
    }
    to.0.flush()?;
    Ok(())
}

async fn delete(source: &str) {
    // It may be gone already.
    if let Ok(folder) = folder().await {
        let _ = JsFuture::from(folder.remove_entry(source)).await;
    }
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
    from: Source,
    at: u64,
    /// The piece that was opened last, and its number.
    piece: Option<(u64, Zeroizing<Vec<u8>>)>,
}

enum Source {
    Disk { handle: Handle, cipher: Box<Aes256Gcm>, length: u64 },
    Memory { file: File, length: u64 },
}

impl Source {
    fn length(&self) -> u64 {
        match self {
            Self::Disk { length, .. } | Self::Memory { length, .. } => *length,
        }
    }

    fn piece(&self, number: u64) -> Result<Vec<u8>, Lost> {
        let start = number * PIECE;
        let wanted = (self.length().saturating_sub(start)).min(PIECE) as usize;
        match self {
            Self::Disk { handle, cipher, .. } => {
                let mut sealed = vec![0; wanted + TAG];
                let read = handle.read((number * SEALED) as f64, &mut sealed)?;
                let (bytes, tag) = sealed.split_last_chunk_mut::<TAG>().filter(|_| read == wanted + TAG).ok_or_else(spoilt)?;
                cipher.decrypt_inout_detached(&nonce(number), &[], bytes.into(), &(*tag).into()).map_err(|_| spoilt())?;
                sealed.truncate(wanted);
                Ok(sealed)
            }
            Self::Memory { file, .. } => {
                let part: Blob = file.slice_with_f64_and_f64(start as f64, (start + wanted as u64) as f64)?;
                let bytes = Uint8Array::new(&FileReaderSync::new()?.read_as_array_buffer(&part)?.into()).to_vec();
                if bytes.len() == wanted { Ok(bytes) } else { Err(spoilt()) }
            }
        }
    }
}

fn spoilt() -> Lost {
    Lost("the file is not as it was".into())
}

impl Kept {
    /// Kept files never change: their random name says which it is.
    pub fn stamp(&self) -> SourceStamp {
        SourceStamp { length: self.from.length(), time: 0 }
    }
}

impl Read for Kept {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.from.length() {
            return Ok(0);
        }
        let number = self.at / PIECE;
        let opened = self.piece.take().filter(|(held, _)| *held == number);
        let (_, bytes) = self.piece.insert(match opened {
            Some(piece) => piece,
            None => (number, Zeroizing::new(self.from.piece(number).map_err(|Lost(why)| io::Error::other(why))?)),
        });
        let rest = bytes.get((self.at - number * PIECE) as usize..).unwrap_or_default();
        let read = rest.len().min(into.len());
        into[..read].copy_from_slice(&rest[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Kept {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.from.length().checked_add_signed(by),
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
