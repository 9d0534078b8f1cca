//! Reading a hostile file: buffered, at any place, with typed errors.

use super::CleanError;
use crate::sniff::Kind;
use std::io::{self, Read, Seek, SeekFrom};

/// Small enough that a jump to another place wastes little, large enough that reading on costs few calls.
const BUFFER: usize = 16 * 1024;

/// A file being read. The end of the file is [`CleanError::Damaged`] unless a method says otherwise.
pub(super) struct Source<R> {
    inner: R,
    kind: Kind,
    buffer: Box<[u8]>,
    /// Where `buffer` stands in the file.
    start: u64,
    filled: usize,
    at: usize,
}

impl<R: Read + Seek> Source<R> {
    /// `inner` stands at its beginning.
    pub(super) fn new(inner: R, kind: Kind) -> Self {
        Self { inner, kind, buffer: vec![0; BUFFER].into(), start: 0, filled: 0, at: 0 }
    }

    pub(super) fn damaged(&self) -> CleanError {
        CleanError::Damaged(self.kind)
    }

    pub(super) fn cannot_clean(&self) -> CleanError {
        CleanError::CannotClean(self.kind)
    }

    pub(super) fn too_large(&self) -> CleanError {
        CleanError::TooLarge(self.kind)
    }

    pub(super) fn position(&self) -> u64 {
        self.start + self.at as u64
    }

    /// Goes to a place, which may lie behind the end.
    pub(super) fn go_to(&mut self, position: u64) -> Result<(), CleanError> {
        match position.checked_sub(self.start) {
            Some(at) if at <= self.filled as u64 => self.at = at as usize,
            _ => {
                self.inner.seek(SeekFrom::Start(position)).map_err(failed)?;
                (self.start, self.filled, self.at) = (position, 0, 0);
            }
        }
        Ok(())
    }

    pub(super) fn skip(&mut self, count: u64) -> Result<(), CleanError> {
        let position = self.position().checked_add(count).ok_or(self.damaged())?;
        self.go_to(position)
    }

    /// The next byte; `None` at the end of the file.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<u8>, CleanError> {
        if self.at == self.filled && !self.refill()? {
            return Ok(None);
        }
        let byte = self.buffer.get(self.at).copied();
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, CleanError> {
        self.next()?.ok_or(self.damaged())
    }

    pub(super) fn u16(&mut self) -> Result<u16, CleanError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CleanError> {
        let mut out = [0; N];
        self.fill(&mut out)?;
        Ok(out)
    }

    pub(super) fn fill(&mut self, mut out: &mut [u8]) -> Result<(), CleanError> {
        while !out.is_empty() {
            let ready = self.ready()?;
            let count = ready.len().min(out.len());
            if count == 0 {
                return Err(self.damaged());
            }
            let (head, rest) = out.split_at_mut(count);
            head.copy_from_slice(&ready[..count]);
            out = rest;
            self.advance(count);
        }
        Ok(())
    }

    /// The bytes that lie ready; none at the end of the file.
    pub(super) fn ready(&mut self) -> Result<&[u8], CleanError> {
        if self.at == self.filled {
            self.refill()?;
        }
        Ok(self.buffer.get(self.at..self.filled).unwrap_or_default())
    }

    /// Goes over `count` bytes of those that lie ready.
    pub(super) fn advance(&mut self, count: usize) {
        self.at = self.filled.min(self.at + count);
    }

    /// Hands the next `count` bytes on as they come.
    pub(super) fn copy(&mut self, mut count: u64, mut to: impl FnMut(&[u8]) -> Result<(), CleanError>) -> Result<(), CleanError> {
        while count > 0 {
            let ready = self.ready()?;
            let some = ready.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            if some == 0 {
                return Err(self.damaged());
            }
            to(&ready[..some])?;
            self.advance(some);
            count -= some as u64;
        }
        Ok(())
    }

    /// The file itself, at its beginning, for a decoder that reads it in its own way. This source then stands nowhere until [`Self::go_to`].
    pub(super) fn rewound(&mut self) -> Result<&mut R, CleanError> {
        (self.start, self.filled, self.at) = (u64::MAX, 0, 0);
        self.inner.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(&mut self.inner)
    }

    /// The file's length.
    pub(super) fn len(&mut self) -> Result<u64, CleanError> {
        let len = self.inner.seek(SeekFrom::End(0)).map_err(failed)?;
        self.inner.seek(SeekFrom::Start(self.start + self.filled as u64)).map_err(failed)?;
        Ok(len)
    }

    fn refill(&mut self) -> Result<bool, CleanError> {
        self.start += self.filled as u64;
        (self.filled, self.at) = (0, 0);
        loop {
            match self.inner.read(&mut self.buffer) {
                Ok(count) => {
                    self.filled = count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }
}

fn failed(error: io::Error) -> CleanError {
    CleanError::Source(error.kind())
}
