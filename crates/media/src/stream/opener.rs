//! Opening: the hash list first, then any segment in any order.

use super::THREADS;
use super::keys::{AttachmentKey, Salt};
use super::layout::{HASH, Layout, SEGMENT, TooLong};
use super::primitives::{Hash, Place, Purpose, SegmentCipher, key_commitment, root, sha256};
use std::io;
use std::ops::Range;
use std::sync::mpsc;
use std::thread;
use wire::ids::Hash32;
use zeroize::Zeroizing;

/// Opened segments that wait to be hashed.
const QUEUE: usize = 4;

/// Why a blob, or a piece of it, is not what the message committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    // they misbehaved
    #[error("the file is said to be larger than 4 GiB")]
    TooLong,
    #[error("the list of segments does not belong to this message")]
    ForeignList,
    #[error("a segment does not belong to this message")]
    ForeignSegment,
    /// The sender committed to a segment that its own key does not open.
    #[error("a segment does not open")]
    Undecipherable,
    /// Every segment is the committed one, and yet the whole is not what the sender said it is.
    #[error("the file is not the one its sender committed to")]
    ForeignPlaintext,
    // we were misused
    #[error("there is no such segment")]
    NoSuchSegment,
    #[error("not all segments were read")]
    Unfinished,
    // the world failed
    #[error("no thread could be started: {0}")]
    Thread(io::ErrorKind),
}

impl From<TooLong> for OpenError {
    fn from(TooLong: TooLong) -> Self {
        Self::TooLong
    }
}

/// An attachment whose list of segments is still to be fetched.
pub struct Locked {
    layout: Layout,
    content: SegmentCipher,
    list: SegmentCipher,
    key_commitment: [u8; 32],
    root: Hash32,
}

impl Locked {
    /// What a message says of its attachment.
    ///
    /// # Errors
    /// [`OpenError::TooLong`] above [`super::FILE_MAX`].
    pub fn new(key: &AttachmentKey, salt: &Salt, len: u64, root: Hash32) -> Result<Self, OpenError> {
        Ok(Self {
            layout: Layout::of(len)?,
            content: SegmentCipher::derive(key, salt, Purpose::Content),
            list: SegmentCipher::derive(key, salt, Purpose::List),
            key_commitment: key_commitment(key, salt),
            root,
        })
    }

    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Opens a whole attachment that was kept as it is stored, with or without its padding; it is decrypted where it stands. `plaintext`: the SHA-256
    /// that the message gives of it.
    ///
    /// # Errors
    /// Those of [`Locked::accept_list`], of [`Opener::open`] and of [`Through::finish`].
    pub fn open_whole(self, stored: &mut [u8], plaintext: Hash32) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let layout = self.layout();
        let place = |range: Range<u64>| Some(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?);
        let list = place(layout.list_range()).and_then(|place| stored.get_mut(place)).ok_or(OpenError::ForeignList)?;
        let opener = self.accept_list(list)?;
        let mut through = opener.read_through(plaintext);
        let mut plain = Zeroizing::new(Vec::with_capacity(stored.len()));
        while let Some(segment) = through.next() {
            let piece = layout.segment_range(segment).and_then(place).and_then(|place| stored.get_mut(place));
            plain.extend_from_slice(through.open_next(piece.ok_or(OpenError::ForeignSegment)?)?);
        }
        through.finish()?;
        Ok(plain)
    }

    /// Takes the stored bytes of [`Layout::list_range`]; they are decrypted where they stand.
    ///
    /// # Errors
    /// [`OpenError::ForeignList`] unless it is the list under the committed root **and** the key is the committed one.
    pub fn accept_list(self, stored: &mut [u8]) -> Result<Opener, OpenError> {
        let range = self.layout.list_range();
        if stored.len() as u64 != range.end - range.start {
            return Err(OpenError::ForeignList);
        }
        let mut hashes = Vec::with_capacity(self.layout.list_len() as usize);
        let chunks = stored.len().div_ceil(SEGMENT) as u32;
        for (number, chunk) in (0..).zip(stored.chunks_mut(SEGMENT)) {
            let open = self.list.open(number, Place::of(number, chunks), chunk).map_err(|_| OpenError::ForeignList)?;
            hashes.extend_from_slice(open);
        }
        if root(&self.key_commitment, self.layout.plain_len(), &hashes) != self.root.0 {
            return Err(OpenError::ForeignList);
        }
        Ok(Opener { layout: self.layout, content: self.content, hashes })
    }
}

/// An attachment whose segments can be opened, each alone.
pub struct Opener {
    layout: Layout,
    content: SegmentCipher,
    hashes: Vec<u8>,
}

impl Opener {
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Opens the stored bytes of [`Layout::segment_range`] where they stand and gives the plaintext of [`Layout::plain_range`].
    ///
    /// # Errors
    /// [`OpenError::ForeignSegment`] if they are not the committed bytes (nothing was decrypted then), [`OpenError::Undecipherable`] if the
    /// committed bytes do not open.
    pub fn open<'a>(&self, segment: u32, stored: &'a mut [u8]) -> Result<&'a [u8], OpenError> {
        let range = self.layout.segment_range(segment).ok_or(OpenError::NoSuchSegment)?;
        if stored.len() as u64 != range.end - range.start {
            return Err(OpenError::ForeignSegment);
        }
        let start = segment as usize * HASH;
        if self.hashes.get(start..start + HASH) != Some(&sha256(stored)[..]) {
            return Err(OpenError::ForeignSegment);
        }
        let place = Place::of(segment, self.layout.segments());
        self.content.open(segment, place, stored).map(|open| &*open).map_err(|_| OpenError::Undecipherable)
    }

    /// What somebody else's AES-256-GCM and SHA-256 need to do the work of [`Opener::open`] (a browser's run beside us and with the processor's
    /// own instructions).
    ///
    /// # Security
    /// Nothing of a segment is shown unless its stored bytes have the hash and the tag was right: the order is that of [`Opener::open`].
    pub fn elsewhere(&self, segment: u32) -> Option<Elsewhere<'_>> {
        let start = segment as usize * HASH;
        let hash = self.hashes.get(start..start + HASH)?;
        let nonce = self.content.nonce(segment, Place::of(segment, self.layout.segments()));
        Some(Elsewhere { key: self.content.key(), nonce, hash })
    }

    /// Reads everything in order, to end with a proof that it is the file of which the message gives the SHA-256.
    pub fn read_through(&self, plaintext: Hash32) -> Through<'_> {
        Through { opener: self, expected: plaintext, hash: Hash::new(), next: 0 }
    }
}

/// One segment, to be opened by another library.
pub struct Elsewhere<'o> {
    /// Of AES-256-GCM; the tag of 16 bytes stands at the end of what is stored.
    pub key: &'o [u8; 32],
    pub nonce: [u8; 12],
    /// SHA-256 of what is stored.
    pub hash: &'o [u8],
}

/// A reading from the first segment to the last.
pub struct Through<'o> {
    opener: &'o Opener,
    expected: Hash32,
    hash: Hash,
    next: u32,
}

impl Through<'_> {
    /// The segment to give next; `None` when all were read.
    pub fn next(&self) -> Option<u32> {
        (self.next < self.opener.layout.segments()).then_some(self.next)
    }

    /// Opens the next segment as [`Opener::open`] does.
    ///
    /// # Errors
    /// Those of [`Opener::open`].
    pub fn open_next<'a>(&mut self, stored: &'a mut [u8]) -> Result<&'a [u8], OpenError> {
        let open = self.opener.open(self.next, stored)?;
        self.hash.update(open);
        self.next += 1;
        Ok(open)
    }

    /// Opens the next segments, as many as `stored` holds from end to end (a fetched part, say), and gives the plaintext of each to `sink` in
    /// order. One thread checks and decrypts, the caller's hashes and hands on: nearly twice as fast as one by one.
    ///
    /// # Errors
    /// Those of [`Opener::open`] for the first segment that fails, after `sink` got those before it; [`OpenError::Thread`].
    pub fn open_run(&mut self, stored: &mut [u8], mut sink: impl FnMut(&[u8])) -> Result<(), OpenError> {
        let opener = self.opener;
        let segments = (self.next..).zip(stored.chunks_mut(SEGMENT));
        if !THREADS {
            for (segment, sealed) in segments {
                let open = opener.open(segment, sealed)?;
                self.hash.update(open);
                self.next += 1;
                sink(open);
            }
            return Ok(());
        }
        thread::scope(|scope| {
            let (queue, opened) = mpsc::sync_channel::<Result<&[u8], OpenError>>(QUEUE);
            let open_all = move || {
                for (segment, sealed) in segments {
                    let open = opener.open(segment, sealed);
                    // The other end hangs up after an error.
                    if queue.send(open).is_err() || open.is_err() {
                        break;
                    }
                }
            };
            thread::Builder::new().spawn_scoped(scope, open_all).map_err(|error| OpenError::Thread(error.kind()))?;
            for open in opened {
                let open = open?;
                self.hash.update(open);
                self.next += 1;
                sink(open);
            }
            Ok(())
        })
    }

    /// The proof that all was read and is what its sender committed to.
    ///
    /// # Security
    /// Nothing is saved, kept or exported under its own name before this was given.
    ///
    /// # Errors
    /// [`OpenError::Unfinished`] if segments are missing, [`OpenError::ForeignPlaintext`] if the SHA-256 is another.
    pub fn finish(self) -> Result<Whole, OpenError> {
        if self.next().is_some() {
            return Err(OpenError::Unfinished);
        }
        if self.hash.finish() != self.expected.0 {
            return Err(OpenError::ForeignPlaintext);
        }
        Ok(Whole { plaintext: self.expected, len: self.opener.layout.plain_len() })
    }
}

/// A whole attachment was read and is the committed one. Only [`Through::finish`] makes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole {
    plaintext: Hash32,
    len: u64,
}

impl Whole {
    pub fn plaintext(&self) -> Hash32 {
        self.plaintext
    }

    pub fn plain_len(&self) -> u64 {
        self.len
    }
}

impl std::fmt::Debug for Locked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Locked").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").field("layout", &self.layout).finish_non_exhaustive()
    }
}
