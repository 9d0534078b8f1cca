//! Boxes, and which of them are needed where.

use crate::clean::CleanError;
use crate::clean::patch::Plan;
use crate::clean::source::Source;
use std::io::{Read, Seek};
use std::ops::Range;

/// Boxes in one container; a fragmented film of a day has some 100,000.
const BOXES_MAX: usize = 1 << 20;

/// Where a box stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BoxHead {
    pub(super) name: [u8; 4],
    start: u64,
    body: u64,
    end: u64,
}

impl BoxHead {
    pub(super) fn body(&self) -> Range<u64> {
        self.body..self.end
    }

    /// Makes it a `free` box of zeros.
    pub(super) fn blank(&self, plan: &mut Plan) {
        plan.put(self.start + 4, self.start + 8, b"free");
        plan.zero(self.body, self.end);
    }
}

/// A box, or what ends a container.
pub(super) enum Item {
    Box(BoxHead),
    /// Too short for a box, or zeros.
    Rest(Range<u64>),
    /// A box that cannot be.
    Broken(Range<u64>),
}

/// Gives the boxes in `range` in turn (ISO/IEC 14496-12 section 4.2).
pub(super) fn each_box<R: Read + Seek>(
    source: &mut Source<R>,
    range: Range<u64>,
    mut each: impl FnMut(&mut Source<R>, Item) -> Result<(), CleanError>,
) -> Result<(), CleanError> {
    let mut at = range.start;
    for _ in 0..BOXES_MAX {
        if range.end.saturating_sub(at) < 8 {
            return each(source, Item::Rest(at..range.end));
        }
        source.go_to(at)?;
        let short = u32::from_be_bytes(source.array()?);
        let name = source.array()?;
        let (header, len) = match short {
            // QuickTime ends user data with four zeros, and a file may end in zeros.
            0 if name == [0; 4] => return each(source, Item::Rest(at..range.end)),
            0 => (8, range.end - at),
            1 => (16, u64::from_be_bytes(source.array()?)),
            len => (8, len.into()),
        };
        let Some(end) = at.checked_add(len).filter(|end| len >= header && *end <= range.end) else {
            return each(source, Item::Broken(at..range.end));
        };
        each(source, Item::Box(BoxHead { name, start: at, body: at + header, end }))?;
        at = end;
    }
    Err(source.too_large())
}

/// A container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Movie,
    MovieExtends,
    Track,
    References,
    Media,
    Information,
    DataInformation,
    SampleTable,
    Fragment,
    TrackFragment,
}

/// What happens to a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Keep,
    /// Stays, without its content.
    Empty,
    Blank,
    /// Nobody can say what is in it.
    Refuse,
    Enter(Place),
    /// Read, and blanked in part.
    Special,
}

impl Place {
    /// What is not known to be needed is blanked.
    pub(super) fn rule(self, name: &[u8; 4]) -> Rule {
        use Rule::{Blank, Empty, Enter, Keep, Refuse, Special};
        match (self, name) {
            (_, b"free" | b"skip" | b"wide") => Empty,
            (Self::File, b"ftyp" | b"mdat") => Special,
            (Self::File, b"styp" | b"sidx" | b"ssix" | b"mfra" | b"pdin") => Keep,
            (Self::File, b"moov") => Enter(Self::Movie),
            (Self::File, b"moof") => Enter(Self::Fragment),

            (Self::Movie, b"mvhd" | b"trak" | b"udta") => Special,
            (Self::Movie, b"iods") => Keep,
            (Self::Movie, b"mvex") => Enter(Self::MovieExtends),
            // A compressed movie header, an encrypted film.
            (Self::Movie, b"cmov" | b"pssh") => Refuse,
            (Self::MovieExtends, b"mehd" | b"trex" | b"leva" | b"trep") => Keep,

            (Self::Track, b"tkhd" | b"udta") => Special,
            (Self::Track, b"edts" | b"tapt" | b"clip" | b"matt" | b"load" | b"trgr") => Keep,
            (Self::Track, b"tref") => Enter(Self::References),
            (Self::Track, b"mdia") => Enter(Self::Media),
            // References to what remains: other sound, the picture's depth and alpha, layers.
            (Self::References, b"fall" | b"folw" | b"vdep" | b"auxl" | b"auxv" | b"scal" | b"sbas") => Keep,

            (Self::Media, b"mdhd" | b"hdlr") => Special,
            (Self::Media, b"elng") => Keep,
            (Self::Media, b"minf") => Enter(Self::Information),

            (Self::Information, b"hdlr") => Special,
            (Self::Information, b"vmhd" | b"smhd") => Keep,
            (Self::Information, b"dinf") => Enter(Self::DataInformation),
            (Self::Information, b"stbl") => Enter(Self::SampleTable),
            (Self::DataInformation, b"dref") => Special,

            (Self::SampleTable, b"stsd" | b"stsz" | b"stz2" | b"stsc" | b"stco" | b"co64") => Special,
            (
                Self::SampleTable,
                b"stts" | b"ctts" | b"cslg" | b"stss" | b"stps" | b"stsh" | b"sdtp" | b"sbgp" | b"sgpd" | b"subs" | b"stdp",
            ) => Keep,
            (Self::SampleTable, b"saiz" | b"saio" | b"senc") => Refuse,

            (Self::Fragment, b"mfhd") => Keep,
            (Self::Fragment, b"traf") => Enter(Self::TrackFragment),
            (Self::TrackFragment, b"tfhd" | b"tfdt" | b"trun" | b"sdtp" | b"sbgp" | b"sgpd" | b"subs") => Keep,
            (Self::TrackFragment, b"saiz" | b"saio" | b"senc") => Refuse,
            _ => Blank,
        }
    }
}
