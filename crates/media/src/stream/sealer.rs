//! Sealing: a source is read once, in order, and comes out as the parts of a blob.
//!
//! A part is 8 MiB of the blob, what one PATCH carries. No more than one part is in memory. A [`Checkpoint`] is made durable before its part
//! leaves; after a crash [`Sealer::resume`] reads the source again and gives nothing out before it has seen that every part that may have
//! left is the same, byte for byte. Nothing else needs to be kept: sealing is deterministic in (key, salt, source).

use super::THREADS;
use super::keys::{AttachmentKey, Salt};
use super::layout::{HASH, Layout, SEGMENT, SEGMENT_PLAIN, TAG, TooLong};
use super::primitives::{Hash, Place, Purpose, SegmentCipher, key_commitment, root, sha256};
use std::io::{self, Read};
use std::ops::Range;
use std::sync::mpsc;
use std::thread;
use wire::ids::{BlobId, Hash32};
use wire::limits::BLOB_PART_MAX;

/// Bytes of a part; the last one is shorter.
pub const PART: usize = BLOB_PART_MAX;

/// Below this much content a second thread does not pay.
const ALONE: usize = 4 * SEGMENT;
/// Segments that wait for the second thread.
const QUEUE: usize = 4;

const _: () = assert!(PART.is_multiple_of(SEGMENT));

/// Why a file could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    // we were misused
    #[error("the file is larger than 4 GiB")]
    TooLong,
    #[error("the checkpoint does not belong to a file of this length")]
    ForeignCheckpoint,
    #[error("not all parts were made")]
    Unfinished,
    // the world failed
    #[error("the file became shorter while it was read")]
    SourceShrank,
    #[error("the file became longer while it was read")]
    SourceGrew,
    /// Start anew, **with a new key**.
    #[error("the file is not the one whose upload began")]
    SourceChanged,
    #[error("the file could not be read: {0}")]
    Source(io::ErrorKind),
    #[error("no thread could be started: {0}")]
    Thread(io::ErrorKind),
}

impl From<TooLong> for SealError {
    fn from(TooLong: TooLong) -> Self {
        Self::TooLong
    }
}

/// What the shell compares before it resumes: a file of another length or time is another file and gets a new key.
///
/// The comparison spares a reading; what protects is [`Sealer::resume`], which compares the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceIdentity {
    pub len: u64,
    /// Nanoseconds since 1970, as the file system says.
    pub modified_ns: i128,
}

/// Proof of what may have left: the SHA-256 of the first `parts` parts of the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    pub parts: u32,
    pub digest: Hash32,
}

impl Checkpoint {
    pub const LEN: usize = 4 + 32;

    /// `parts` (4, big-endian) | digest (32).
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..4].copy_from_slice(&self.parts.to_be_bytes());
        out[4..].copy_from_slice(&self.digest.0);
        out
    }

    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let (parts, digest) = bytes.split_first_chunk::<4>().expect("36 bytes");
        Self { parts: u32::from_be_bytes(*parts), digest: Hash32(digest.try_into().expect("32 bytes")) }
    }
}

/// What the message commits to, beside key and salt, and the blob's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    pub len: u64,
    pub plaintext: Hash32,
    pub root: Hash32,
    pub blob: BlobId,
    pub stored_len: u64,
}

/// Turns one source into one blob.
pub struct Sealer {
    layout: Layout,
    content: SegmentCipher,
    list: SegmentCipher,
    padding: SegmentCipher,
    key_commitment: [u8; 32],
    plaintext: Hash,
    tally: Tally,
    sealed_list: Vec<u8>,
    /// Where the part begins that is made, and how much of it is made.
    at: u64,
    filled: usize,
}

/// Segments of a part that were read where they will stand sealed: text, and behind it the room for its tag.
#[derive(Debug, PartialEq, Eq)]
pub struct Unhashed {
    pub first: u32,
    pub place: Range<usize>,
}

/// The same when their text was hashed: now it may be sealed where it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Unsealed {
    pub first: u32,
    pub place: Range<usize>,
}

/// How far a part has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// More of it is to be made.
    More,
    /// It is whole.
    Part(Checkpoint),
    /// There is no more to be made.
    End,
}

/// What is kept of the bytes that were given out.
struct Tally {
    stored: Hash,
    hashes: Vec<u8>,
}

impl Tally {
    fn take(&mut self, sealed: &[u8], hash: [u8; 32]) {
        self.stored.update(sealed);
        self.hashes.extend_from_slice(&hash);
    }
}

impl Sealer {
    /// A sealer for a source of exactly `len` bytes.
    ///
    /// # Security
    /// `key` and `salt` are fresh from the system's entropy and belong to this one source for ever.
    ///
    /// # Errors
    /// [`SealError::TooLong`] above [`super::FILE_MAX`].
    pub fn new(key: &AttachmentKey, salt: &Salt, len: u64) -> Result<Self, SealError> {
        let layout = Layout::of(len)?;
        Ok(Self {
            layout,
            content: SegmentCipher::derive(key, salt, Purpose::Content),
            list: SegmentCipher::derive(key, salt, Purpose::List),
            padding: SegmentCipher::derive(key, salt, Purpose::Padding),
            key_commitment: key_commitment(key, salt),
            plaintext: Hash::new(),
            tally: Tally { stored: Hash::new(), hashes: Vec::with_capacity(layout.list_len() as usize) },
            sealed_list: Vec::new(),
            at: 0,
            filled: 0,
        })
    }

    /// Goes on after a crash. `source` stands at its beginning and is read up to the checkpoint; `part` then holds the last part of which
    /// some bytes may have left, at [`Sealer::last_part`], to be sent again from where the server says it stands.
    ///
    /// # Security
    /// Nothing that is not in the checkpoint is given out before the checkpoint was found true, so a source that changed without changing its
    /// length and time never meets the nonces of its former bytes.
    ///
    /// # Errors
    /// [`SealError::SourceChanged`], [`SealError::SourceShrank`], [`SealError::SourceGrew`]: start anew with a new key. `part` is then empty.
    pub fn resume(
        key: &AttachmentKey,
        salt: &Salt,
        len: u64,
        checkpoint: &Checkpoint,
        source: &mut impl Read,
        part: &mut Vec<u8>,
    ) -> Result<Self, SealError> {
        let mut sealer = Self::new(key, salt, len)?;
        let outcome = sealer.replay(checkpoint, source, part);
        if outcome.is_err() {
            part.clear();
        }
        outcome.map(|()| sealer)
    }

    fn replay(&mut self, checkpoint: &Checkpoint, source: &mut impl Read, part: &mut Vec<u8>) -> Result<(), SealError> {
        let parts = self.layout.stored_len().div_ceil(PART as u64);
        if checkpoint.parts == 0 || u64::from(checkpoint.parts) > parts {
            return Err(SealError::ForeignCheckpoint);
        }
        let mut reached = None;
        for _ in 0..checkpoint.parts {
            reached = self.part(source, part)?;
        }
        if reached == Some(*checkpoint) { Ok(()) } else { Err(SealError::SourceChanged) }
    }

    /// Fills `part` with the next part of the blob; `None` when there is no more.
    ///
    /// # Security
    /// The checkpoint is durable before a byte of the part leaves.
    ///
    /// # Errors
    /// See [`SealError`]; after one the sealer is of no more use.
    pub fn part(&mut self, source: &mut impl Read, part: &mut Vec<u8>) -> Result<Option<Checkpoint>, SealError> {
        loop {
            match self.step(source, part, PART)? {
                Step::More => {}
                Step::Part(checkpoint) => return Ok(Some(checkpoint)),
                Step::End => return Ok(None),
            }
        }
    }

    /// Goes on with the next part as [`Sealer::part`] does, but reads and seals at most about `most` bytes: for whoever has other things to do in
    /// between. `part` is the same one until it is whole.
    ///
    /// # Security
    /// As for [`Sealer::part`].
    ///
    /// # Errors
    /// Those of [`Sealer::part`].
    pub fn step(&mut self, source: &mut impl Read, part: &mut Vec<u8>, most: usize) -> Result<Step, SealError> {
        let size = (self.layout.stored_len() - self.at).min(PART as u64) as usize;
        part.resize(size, 0);
        if size == 0 {
            return Ok(Step::End);
        }
        let list = self.layout.list_range();
        let (content, tail) = part.split_at_mut(list.start.saturating_sub(self.at).min(size as u64) as usize);
        let upto = content.len().min(self.filled + most.next_multiple_of(SEGMENT));
        if self.filled < upto {
            self.fill_content(source, self.at + self.filled as u64, &mut content[self.filled..upto])?;
            self.filled = upto;
        }
        if upto < content.len() {
            return Ok(Step::More);
        }
        if !tail.is_empty() {
            if self.sealed_list.is_empty() {
                at_end(source)?;
                self.seal_list();
            }
            self.fill_tail(self.at + content.len() as u64, tail);
            self.tally.stored.update(tail);
        }
        self.at += size as u64;
        self.filled = 0;
        let digest = Hash32(self.tally.stored.clone().finish());
        Ok(Step::Part(Checkpoint { parts: self.at.div_ceil(PART as u64) as u32, digest }))
    }

    /// Reads what [`Sealer::step`] would read and seal, for another library to seal it: as each segment's [`Sealer::elsewhere`] says. It goes
    /// to [`Sealer::hash`] while it is text and to [`Sealer::took`] when it is sealed, and then `step` goes on; `None`: there is no more to be
    /// sealed in this part.
    ///
    /// # Errors
    /// Those of [`Sealer::part`].
    pub fn read(&mut self, source: &mut impl Read, part: &mut Vec<u8>, most: usize) -> Result<Option<Unhashed>, SealError> {
        let size = (self.layout.stored_len() - self.at).min(PART as u64) as usize;
        part.resize(size, 0);
        let content = self.layout.list_range().start.saturating_sub(self.at).min(size as u64) as usize;
        let place = self.filled..content.min(self.filled + most.next_multiple_of(SEGMENT));
        if place.is_empty() {
            return Ok(None);
        }
        for segment in part[place.clone()].chunks_mut(SEGMENT) {
            let text = segment.len() - TAG;
            source.read_exact(&mut segment[..text]).map_err(ended)?;
        }
        Ok(Some(Unhashed { first: ((self.at + place.start as u64) / SEGMENT as u64) as u32, place }))
    }

    /// Hashes the text of what was [`read`](Self::read): another thread may seal a copy meanwhile.
    pub fn hash(&mut self, part: &[u8], read: Unhashed) -> Unsealed {
        part[read.place.clone()].chunks(SEGMENT).for_each(|segment| self.plaintext.update(&segment[..segment.len() - TAG]));
        Unsealed { first: read.first, place: read.place }
    }

    /// The key of AES-256-GCM and the nonce of one segment, for whoever seals what was [`read`](Self::read).
    pub fn elsewhere(&self, segment: u32) -> (&[u8; 32], [u8; 12]) {
        (self.content.key(), self.content.nonce(segment, Place::of(segment, self.layout.segments())))
    }

    /// Takes segments that another library sealed where they stand, with the SHA-256 of each.
    ///
    /// # Panics
    /// If there is another number of hashes than of segments: they belong together.
    pub fn took(&mut self, part: &[u8], sealed: Unsealed, hashes: &[[u8; HASH]]) {
        let segments = part[sealed.place.clone()].chunks(SEGMENT);
        assert_eq!(segments.len(), hashes.len(), "a hash for each segment");
        segments.zip(hashes).for_each(|(segment, hash)| self.tally.take(segment, *hash));
        self.filled = sealed.place.end;
    }

    /// Which bytes of the blob the last part is.
    pub fn last_part(&self) -> Range<u64> {
        let start = self.at.saturating_sub(1) / PART as u64 * PART as u64;
        start..self.at
    }

    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// What to say in the message.
    ///
    /// # Errors
    /// [`SealError::Unfinished`] unless [`Sealer::part`] has given everything out.
    pub fn finish(self) -> Result<Sealed, SealError> {
        if self.at < self.layout.stored_len() {
            return Err(SealError::Unfinished);
        }
        Ok(Sealed {
            len: self.layout.plain_len(),
            plaintext: Hash32(self.plaintext.finish()),
            root: Hash32(root(&self.key_commitment, self.layout.plain_len(), &self.tally.hashes)),
            blob: BlobId(self.tally.stored.finish()),
            stored_len: self.layout.stored_len(),
        })
    }

    /// Reads, hashes and seals whole segments where they will be stored; a second thread hashes what is sealed. Parts hold whole segments.
    fn fill_content(&mut self, source: &mut impl Read, at: u64, room: &mut [u8]) -> Result<(), SealError> {
        let first = (at / SEGMENT as u64) as u32;
        let Self { layout, content, plaintext, tally, .. } = self;
        let mut seal = |segment: u32, sealed: &mut [u8]| {
            let text = sealed.len() - TAG;
            source.read_exact(&mut sealed[..text]).map_err(ended)?;
            plaintext.update(&sealed[..text]);
            content.seal(segment, Place::of(segment, layout.segments()), sealed);
            Ok::<(), SealError>(())
        };
        if !THREADS || room.len() <= ALONE {
            for (segment, sealed) in (first..).zip(room.chunks_mut(SEGMENT)) {
                seal(segment, sealed)?;
                tally.take(sealed, sha256(sealed));
            }
            return Ok(());
        }
        thread::scope(|scope| {
            let (queue, segments) = mpsc::sync_channel::<(&[u8], Option<[u8; 32]>)>(QUEUE);
            let count = move || segments.into_iter().for_each(|(sealed, hash)| tally.take(sealed, hash.unwrap_or_else(|| sha256(sealed))));
            thread::Builder::new().spawn_scoped(scope, count).map_err(|error| SealError::Thread(error.kind()))?;
            for (segment, sealed) in (first..).zip(room.chunks_mut(SEGMENT)) {
                seal(segment, sealed)?;
                let sealed = &*sealed;
                // The other thread has the running hash besides: when it lags, this one helps. It ends only after this loop, so sending works.
                if queue.try_send((sealed, None)).is_err() {
                    let _ = queue.send((sealed, Some(sha256(sealed))));
                }
            }
            Ok(())
        })
    }

    /// Makes the blob's bytes from `at` on, after the content.
    fn fill_tail(&mut self, mut at: u64, mut room: &mut [u8]) {
        let list = self.layout.list_range();
        let mut zeros = Vec::new();
        while !room.is_empty() {
            let done = if at < list.end {
                copy(&self.sealed_list, (at - list.start) as usize, room)
            } else {
                zeros.clear();
                zeros.resize(SEGMENT, 0);
                let offset = at - list.end;
                self.padding.seal((offset / SEGMENT as u64) as u32, Place::Inner, &mut zeros);
                copy(&zeros, (offset % SEGMENT as u64) as usize, room)
            };
            at += done as u64;
            room = &mut room[done..];
        }
    }

    fn seal_list(&mut self) {
        let hashes = &self.tally.hashes;
        let chunks = hashes.len().div_ceil(SEGMENT_PLAIN) as u32;
        self.sealed_list.reserve_exact(hashes.len() + chunks as usize * TAG);
        for (number, chunk) in (0..).zip(hashes.chunks(SEGMENT_PLAIN)) {
            let start = self.sealed_list.len();
            self.sealed_list.extend_from_slice(chunk);
            self.sealed_list.extend_from_slice(&[0; TAG]);
            self.list.seal(number, Place::of(number, chunks), &mut self.sealed_list[start..]);
        }
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("layout", &self.layout).field("at", &self.at).finish_non_exhaustive()
    }
}

fn copy(from: &[u8], offset: usize, room: &mut [u8]) -> usize {
    let size = room.len().min(from.len() - offset);
    room[..size].copy_from_slice(&from[offset..offset + size]);
    size
}

fn ended(error: io::Error) -> SealError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => SealError::SourceShrank,
        kind => SealError::Source(kind),
    }
}

/// The length is committed, so a source that goes on was another file.
fn at_end(source: &mut impl Read) -> Result<(), SealError> {
    loop {
        match source.read(&mut [0]) {
            Ok(0) => return Ok(()),
            Ok(_) => return Err(SealError::SourceGrew),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(SealError::Source(error.kind())),
        }
    }
}
