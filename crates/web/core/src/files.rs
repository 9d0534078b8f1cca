//! Files that wait to be sent, in the origin's own file system: what a person chose is gone from the page's reach after a reload.
//!
//! They lie there sealed: in pieces of 1 MiB, each by AES-256-GCM, under a key that HKDF makes of the store's key and the file's random
//! name. The nonce of the last says that it is the last (STREAM), so a file that was cut short is not taken for a whole one, wherever that
//! was. What an older program left here has no such piece and is refused: the person is told to choose it again. On a shared computer
//! nothing lies anywhere: the browser's own handle of the chosen file is kept.
//!
//! WebCrypto seals them, and opens them ahead of whoever reads in order ([`Ahead`]). Who leaps about in a large photo or film before it is sent
//! cannot wait for an answer: what was not opened ahead is opened at once by a slower cipher of our own.

use crate::js::{self, Lost};
use crate::keyring::StoreKey;
use crate::webcrypto::{Aes, Use};
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use client::SourceStamp;
use hkdf::Hkdf;
use js_sys::{AsyncIterator, Reflect, Uint8Array};
use sha2::Sha256;
use std::cell::{Cell, RefCell};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::rc::{Rc, Weak};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{
    Blob, File, FileReaderSync, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};
use zeroize::Zeroizing;

const FOLDER: &str = "outgoing";
/// A file is copied in pieces of this size.
const PIECE: u64 = 1024 * 1024;
const TAG: usize = 16;
const NONCE: usize = 12;
/// What a whole piece takes on the disk.
const SEALED: u64 = PIECE + TAG as u64;
/// Pieces of one file that the browser seals or opens at the same time.
const UNDER_WAY: u64 = 4;
/// Pieces of one file that are open or being opened at most: most photos lie in them as a whole.
const HELD: u64 = 8;
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
            Self::Sealed(key) => own_key(key, &name),
        };
        let aes = Aes::import(&key, Use::Seal).await?;
        let copied = copy(&file, &name, &aes).await;
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
                let own = own_key(key, source);
                let aes = Aes::import(&own, Use::Open).await?;
                let from = Source::Disk { handle, aes, alone: Box::new(Aes256Gcm::new((&*own).into())), length };
                // Its length is what the file system says: true if what would be the last piece is the last.
                drop(Held::Coming(from.begin(pieces(length) - 1)?).open().await?);
                from
            }
        };
        let ahead = Rc::new(Ahead { from, at: Cell::new(0), held: RefCell::default() });
        // What does not open is refused when it is read.
        let _ = ahead.ready(HELD * PIECE).await;
        Ok(Kept { ahead, alone: None })
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

/// One key a file, for its name is random: so that a piece's number, and whether it is the last, are nonce enough.
fn own_key(key: &StoreKey, name: &str) -> Zeroizing<[u8; 32]> {
    let mut own = Zeroizing::new([0; 32]);
    let made = Hkdf::<Sha256>::new(Some(LABEL), key.key()).expand(name.as_bytes(), &mut *own);
    made.expect("32 bytes are not too many");
    own
}

/// Of a piece of a file of this length: `1 if last, else 0 (1) | 0 (3) | number (8)`.
fn nonce(piece: u64, length: u64) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[0] = u8::from(piece + 1 == pieces(length));
    nonce[4..].copy_from_slice(&piece.to_be_bytes());
    nonce
}

/// How many pieces there are; an empty file has one, so that its end is authenticated too.
fn pieces(length: u64) -> u64 {
    length.div_ceil(PIECE).max(1)
}

/// Bytes of a piece of a file of this length.
fn piece_len(length: u64, number: u64) -> u64 {
    length.saturating_sub(number.saturating_mul(PIECE)).min(PIECE)
}

async fn copy(file: &File, name: &str, aes: &Aes) -> Result<(), Lost> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let handle = JsFuture::from(folder().await?.get_file_handle_with_options(name, &options)).await?;
    let to = Handle::open(handle.unchecked_ref()).await?;
    let pieces = pieces(file.size() as u64);
    let mut begin = (0..pieces).map(|number| JsFuture::from(future_to_promise(sealed_piece(file.clone(), number, aes.clone()))));
    let mut under_way: VecDeque<JsFuture> = begin.by_ref().take(UNDER_WAY as usize).collect();
    let mut at = 0.0;
    while let Some(next) = under_way.pop_front() {
        let piece = Uint8Array::new(&next.await?);
        under_way.extend(begin.next());
        to.write(at, &piece)?;
        at += f64::from(piece.length());
    }
    to.0.flush()?;
    Ok(())
}

/// Reads a piece of a chosen file and has it sealed; it does not pass through our memory.
async fn sealed_piece(file: File, number: u64, aes: Aes) -> Result<JsValue, JsValue> {
    let length = file.size() as u64;
    let (start, wanted) = ((number * PIECE) as f64, piece_len(length, number));
    let piece = file.slice_with_f64_and_f64(start, start + wanted as f64)?;
    let text = Uint8Array::new(&JsFuture::from(piece.array_buffer()).await?);
    if u64::from(text.length()) != wanted {
        return Err("the file ended too early".into());
    }
    JsFuture::from(aes.seal(&nonce(number, length), &text)?).await
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
    ahead: Rc<Ahead>,
    /// The piece that was opened last without being opened ahead, and its number.
    alone: Option<(u64, Zeroizing<Vec<u8>>)>,
}

/// What is open of a kept file, and being opened, from where it is read.
pub struct Ahead {
    from: Source,
    /// Where it is read.
    at: Cell<u64>,
    held: RefCell<BTreeMap<u64, Held>>,
}

enum Held {
    Coming(JsFuture),
    Open(Plain),
}

/// An opened piece in the browser's memory; wiped when it goes.
struct Plain(Uint8Array);

impl Drop for Plain {
    fn drop(&mut self) {
        self.0.fill(0, 0, self.0.length());
    }
}

impl Held {
    async fn open(self) -> Result<Plain, Lost> {
        match self {
            Self::Open(plain) => Ok(plain),
            Self::Coming(coming) => Ok(Plain(Uint8Array::new(&coming.await.map_err(|_| spoilt())?))),
        }
    }
}

impl Ahead {
    /// Waits until the next bytes are open, a few pieces at most, and begins with those that come after them.
    ///
    /// # Errors
    /// A piece is not as it was.
    pub async fn ready(&self, bytes: u64) -> Result<(), Lost> {
        let (at, length) = (self.at.get(), self.from.length());
        let first = at / PIECE;
        let end = length.div_ceil(PIECE).min(first + HELD);
        let past = at.saturating_add(bytes).div_ceil(PIECE).min(end);
        self.held.borrow_mut().retain(|number, _| (first..end).contains(number));
        for number in first..past {
            self.begin(number..end.min(number + UNDER_WAY))?;
            // Not borrowed while it is waited for.
            let held = self.held.borrow_mut().remove(&number);
            if let Some(held) = held {
                let plain = held.open().await?;
                if u64::from(plain.0.length()) != piece_len(length, number) {
                    return Err(spoilt());
                }
                self.held.borrow_mut().insert(number, Held::Open(plain));
            }
        }
        Ok(())
    }

    fn begin(&self, numbers: Range<u64>) -> Result<(), Lost> {
        let mut held = self.held.borrow_mut();
        for number in numbers {
            if let Entry::Vacant(place) = held.entry(number) {
                place.insert(Held::Coming(self.from.begin(number)?));
            }
        }
        Ok(())
    }

    /// Whether the piece is open; its bytes from a place on are copied then.
    fn copy(&self, number: u64, from: usize, into: &mut [u8]) -> bool {
        let held = self.held.borrow();
        let Some(Held::Open(plain)) = held.get(&number) else { return false };
        plain.0.subarray(from as u32, (from + into.len()) as u32).copy_to(into);
        true
    }
}

/// Where its bytes are; `alone` opens pieces that were not opened ahead.
enum Source {
    Disk { handle: Handle, aes: Aes, alone: Box<Aes256Gcm>, length: u64 },
    Memory { file: File, length: u64 },
}

impl Source {
    fn length(&self) -> u64 {
        match self {
            Self::Disk { length, .. } | Self::Memory { length, .. } => *length,
        }
    }

    /// Has the browser open a piece.
    fn begin(&self, number: u64) -> Result<JsFuture, Lost> {
        match self {
            Self::Disk { handle, aes, length, .. } => {
                let sealed = handle.sealed(number, *length)?;
                Ok(JsFuture::from(aes.open(&nonce(number, *length), &sealed)?))
            }
            Self::Memory { file, length } => Ok(JsFuture::from(part(file, number, *length)?.array_buffer())),
        }
    }

    /// Opens a piece at once.
    fn piece(&self, number: u64) -> Result<Vec<u8>, Lost> {
        let wanted = piece_len(self.length(), number) as usize;
        match self {
            Self::Disk { handle, alone, length, .. } => {
                let mut sealed = handle.sealed(number, *length)?.to_vec();
                let (bytes, tag) = sealed.split_last_chunk_mut::<TAG>().ok_or_else(spoilt)?;
                let opened = alone.decrypt_inout_detached(&Nonce::from(nonce(number, *length)), &[], bytes.into(), &(*tag).into());
                opened.map_err(|_| spoilt())?;
                sealed.truncate(wanted);
                Ok(sealed)
            }
            Self::Memory { file, length } => {
                let part = part(file, number, *length)?;
                let bytes = Uint8Array::new(&FileReaderSync::new()?.read_as_array_buffer(&part)?.into()).to_vec();
                if bytes.len() == wanted { Ok(bytes) } else { Err(spoilt()) }
            }
        }
    }
}

fn part(file: &File, number: u64, length: u64) -> Result<Blob, Lost> {
    let start = number * PIECE;
    Ok(file.slice_with_f64_and_f64(start as f64, (start + piece_len(length, number)) as f64)?)
}

fn spoilt() -> Lost {
    Lost("the file is not as it was".into())
}

impl Kept {
    /// Kept files never change: their random name says which it is.
    pub fn stamp(&self) -> SourceStamp {
        SourceStamp { length: self.ahead.from.length(), time: 0 }
    }

    /// For whoever can wait before it is read; nobody is there when nobody reads any more.
    pub fn ahead(&self) -> Weak<Ahead> {
        Rc::downgrade(&self.ahead)
    }

    /// Copies from a piece that was not opened ahead.
    fn copy_alone(&mut self, number: u64, from: usize, into: &mut [u8]) -> Result<(), Lost> {
        let opened = self.alone.take().filter(|(held, _)| *held == number);
        let (_, bytes) = self.alone.insert(match opened {
            Some(piece) => piece,
            None => (number, Zeroizing::new(self.ahead.from.piece(number)?)),
        });
        into.copy_from_slice(bytes.get(from..from + into.len()).ok_or_else(spoilt)?);
        Ok(())
    }
}

impl Read for Kept {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let at = self.ahead.at.get();
        let (number, from) = (at / PIECE, (at % PIECE) as usize);
        let rest = (piece_len(self.ahead.from.length(), number) as usize).saturating_sub(from);
        let read = rest.min(into.len());
        let into = &mut into[..read];
        if read > 0 && !self.ahead.copy(number, from, into) {
            self.copy_alone(number, from, into).map_err(|Lost(why)| io::Error::other(why))?;
        }
        self.ahead.at.set(at + read as u64);
        Ok(read)
    }
}

impl Seek for Kept {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.ahead.from.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.ahead.at.get().checked_add_signed(by),
        };
        let at = at.ok_or(ErrorKind::InvalidInput)?;
        self.ahead.at.set(at);
        Ok(at)
    }
}

/// One owner of a file; closed with its value.
struct Handle(FileSystemSyncAccessHandle);

impl Handle {
    async fn open(file: &FileSystemFileHandle) -> Result<Self, Lost> {
        Ok(Self(js::sync_access(file).await?))
    }

    /// A piece as it lies there, whole.
    fn sealed(&self, number: u64, length: u64) -> Result<Uint8Array, Lost> {
        let wanted = piece_len(length, number) as u32 + TAG as u32;
        let sealed = Uint8Array::new_with_length(wanted);
        let options = FileSystemReadWriteOptions::new();
        options.set_at((number * SEALED) as f64);
        let read = self.0.read_with_js_u8_array_and_options(&sealed, &options)?;
        if read == f64::from(wanted) { Ok(sealed) } else { Err(spoilt()) }
    }

    fn write(&self, at: f64, bytes: &Uint8Array) -> Result<(), Lost> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(at);
        let written = self.0.write_with_js_u8_array_and_options(bytes, &options)?;
        if written == f64::from(bytes.length()) { Ok(()) } else { Err(Lost("QuotaExceededError: not all was written".into())) }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}
