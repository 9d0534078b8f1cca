//! Huffman tables and the bits they code (ITU-T T.81 annexes C and F).

use crate::clean::CleanError;
use crate::clean::source::Source;
use std::io::{Read, Seek};

const FAST: u32 = 9;

/// A table for decoding.
pub(super) struct Huffman {
    /// By the next 9 bits: length of the code and symbol; length 0 if the code is longer.
    fast: Box<[(u8, u8); 1 << FAST]>,
    /// By length: the first code beyond those of this length, left-aligned in 16 bits.
    limit: [u32; 17],
    /// By length: what to add to a code to get the place of its symbol.
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Huffman {
    /// From the number of codes of each length 1 to 16 and their symbols; `None` if there are more codes than the lengths have room for.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            fast: Box::new([(0, 0); 1 << FAST]),
            limit: [0; 17],
            offset: [0; 17],
            symbols: symbols.get(..symbols.len().min(256))?.to_vec(),
        };
        let (mut code, mut place) = (0u32, 0usize);
        for (length, &count) in (1u32..).zip(counts) {
            table.offset[length as usize] = place as i32 - code as i32;
            for _ in 0..count {
                let symbol = *table.symbols.get(place)?;
                if code >> length != 0 {
                    return None;
                }
                if length <= FAST {
                    let first = (code << (FAST - length)) as usize;
                    table.fast[first..first + (1 << (FAST - length))].fill((length as u8, symbol));
                }
                (code, place) = (code + 1, place + 1);
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// The symbol at the head of `bits` (16 of them) and its length.
    #[inline]
    fn decode(&self, bits: u32) -> Option<(u32, u8)> {
        let (length, symbol) = self.fast[(bits >> (16 - FAST)) as usize & ((1 << FAST) - 1)];
        if length > 0 {
            return Some((u32::from(length), symbol));
        }
        let length = (FAST + 1..=16).find(|&length| bits < self.limit[length as usize])?;
        let place = (bits >> (16 - length)) as i32 + self.offset[length as usize];
        Some((length, *self.symbols.get(usize::try_from(place).ok()?)?))
    }
}

/// Where a reading of bits stands, to go back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    position: u64,
    bits: u64,
    count: u32,
}

/// The bits of entropy-coded data: stuffed zeros taken out, ending at a marker.
pub(super) struct Bits<'s, R> {
    pub(super) source: &'s mut Source<R>,
    /// Left-aligned; zero beyond `count`.
    bits: u64,
    count: u32,
}

impl<'s, R: Read + Seek> Bits<'s, R> {
    /// The source stands at the first byte.
    pub(super) fn new(source: &'s mut Source<R>) -> Self {
        Self { source, bits: 0, count: 0 }
    }

    pub(super) fn at(source: &'s mut Source<R>, mark: Mark) -> Result<Self, CleanError> {
        source.go_to(mark.position)?;
        Ok(Self { source, bits: mark.bits, count: mark.count })
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { position: self.source.position(), bits: self.bits, count: self.count }
    }

    /// Takes bytes up to a marker; at it, leaves the source standing on its 0xff.
    #[inline]
    fn refill(&mut self) -> Result<(), CleanError> {
        while self.count <= 56 {
            let position = self.source.position();
            let Some(byte) = self.source.next()? else { break };
            if byte == 0xff && self.source.next()? != Some(0) {
                self.source.go_to(position)?;
                break;
            }
            self.bits |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        Ok(())
    }

    #[inline]
    fn consume(&mut self, count: u32) -> Result<(), CleanError> {
        if count > self.count {
            return Err(self.source.damaged());
        }
        self.bits <<= count;
        self.count -= count;
        Ok(())
    }

    /// The next Huffman symbol.
    #[inline]
    pub(super) fn symbol(&mut self, table: &Huffman) -> Result<u8, CleanError> {
        if self.count < 16 {
            self.refill()?;
        }
        let (length, symbol) = table.decode((self.bits >> 48) as u32).ok_or(self.source.damaged())?;
        self.consume(length)?;
        Ok(symbol)
    }

    /// The next `count` bits, at most 16.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> Result<u32, CleanError> {
        if count == 0 {
            return Ok(0);
        }
        if self.count < count {
            self.refill()?;
        }
        let value = (self.bits >> (64 - count)) as u32;
        self.consume(count)?;
        Ok(value)
    }

    /// A value of `size` bits, at most 15, with its sign (T.81 section F.2.2.1, EXTEND).
    #[inline]
    pub(super) fn signed(&mut self, size: u32) -> Result<i32, CleanError> {
        let value = self.take(size)? as i32;
        let negative = size > 0 && value >> (size - 1) == 0;
        Ok(if negative { value - (1 << size) + 1 } else { value })
    }

    /// Whether nothing is left but the bits that fill the last byte.
    pub(super) fn is_at_end(&mut self) -> Result<bool, CleanError> {
        self.refill()?;
        Ok(self.count < 8)
    }

    /// Goes over the restart marker that must come here.
    pub(super) fn restart(&mut self) -> Result<(), CleanError> {
        if !self.is_at_end()? {
            return Err(self.source.damaged());
        }
        (self.bits, self.count) = (0, 0);
        match super::header::next_marker(self.source)? {
            super::header::marker::RST0..=super::header::marker::RST7 => Ok(()),
            _ => Err(self.source.damaged()),
        }
    }
}
