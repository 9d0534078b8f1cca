//! WebM and Matroska (RFC 9559, EBML: RFC 8794). Tags, attachments, chapters, names and dates become `Void` elements of zeros, so that no place
//! changes; a file with a track that is neither pictures nor sound is refused.

use super::CleanError;
use super::patch::Plan;
use super::source::Source;
use super::video::Video;
use std::io::{Read, Seek};
use std::ops::Range;

/// Elements in one file: a live recording has a block every few milliseconds.
const ELEMENTS_MAX: u64 = 1 << 24;
/// The longest application's name that is looked at.
const NAME_MAX: u64 = 64;
/// What stays of the names of programs: libraries, the same on every machine.
const PLAIN_PROGRAMS: [&[u8]; 2] = [b"Lavf", b"libwebm"];

mod id {
    pub const EBML: u32 = 0x1a45_dfa3;
    pub const DOC_TYPE: u32 = 0x4282;
    pub const SEGMENT: u32 = 0x1853_8067;
    pub const VOID: u32 = 0xec;
    pub const CRC: u32 = 0xbf;
    pub const SEEK_HEAD: u32 = 0x114d_9b74;
    pub const SEEK: u32 = 0x4dbb;
    pub const SEEK_ID: u32 = 0x53ab;
    pub const INFO: u32 = 0x1549_a966;
    pub const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
    pub const DURATION: u32 = 0x4489;
    pub const MUXING_APP: u32 = 0x4d80;
    pub const WRITING_APP: u32 = 0x5741;
    pub const TRACKS: u32 = 0x1654_ae6b;
    pub const TRACK_ENTRY: u32 = 0xae;
    pub const TRACK_TYPE: u32 = 0x83;
    pub const NAME: u32 = 0x536e;
    pub const CODEC_NAME: u32 = 0x25_8688;
    pub const ATTACHMENT_LINK: u32 = 0x7446;
    pub const VIDEO: u32 = 0xe0;
    pub const PIXEL_WIDTH: u32 = 0xb0;
    pub const PIXEL_HEIGHT: u32 = 0xba;
    pub const CUES: u32 = 0x1c53_bb6b;
    pub const CLUSTER: u32 = 0x1f43_b675;
    pub const TIMESTAMP: u32 = 0xe7;
    pub const POSITION: u32 = 0xa7;
    pub const PREVIOUS_SIZE: u32 = 0xab;
    pub const SIMPLE_BLOCK: u32 = 0xa3;
    pub const BLOCK_GROUP: u32 = 0xa0;
}

struct Element {
    id: u32,
    start: u64,
    body: u64,
    /// None: it ends where its parent's next child begins.
    end: Option<u64>,
}

#[derive(Default)]
struct Film {
    plan: Plan,
    elements: u64,
    is_webm: bool,
    scale: Option<u64>,
    duration: Option<f64>,
    width: Option<u64>,
    height: Option<u64>,
    has_tracks: bool,
}

/// Finds what to blank.
pub(super) fn plan<R: Read + Seek>(source: &mut Source<R>) -> Result<Video, CleanError> {
    let end = source.len()?;
    let mut film = Film::default();
    let mut at = 0;
    while at < end {
        let element = film.element(source, at, end)?;
        let stop = element.end.unwrap_or(end);
        match element.id {
            id::EBML => film.read_header(source, element.body..stop)?,
            id::SEGMENT => film.read_segment(source, element.body..stop)?,
            _ => film.void(&element, stop),
        }
        at = stop;
    }
    if !film.has_tracks {
        return Err(source.damaged());
    }
    film.plan.finish();
    let side = |side: Option<u64>| u32::try_from(side?).ok().filter(|side| *side > 0);
    let ms = film.duration.map(|duration| duration * film.scale.unwrap_or(1_000_000) as f64 / 1e6);
    Ok(Video {
        plan: film.plan,
        media_type: if film.is_webm { "video/webm" } else { "video/x-matroska" },
        size: side(film.width).zip(side(film.height)),
        duration_ms: ms.filter(|ms| *ms >= 1.0 && *ms < 1e15).map(|ms| ms as u64),
    })
}

impl Film {
    /// The element at a place, inside `end`.
    fn element<R: Read + Seek>(&mut self, source: &mut Source<R>, at: u64, end: u64) -> Result<Element, CleanError> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(source.too_large());
        }
        source.go_to(at)?;
        // RFC 8794 sections 5 and 6: the leading zeros of the first byte say how many bytes follow.
        let first = source.byte()?;
        let more = first.leading_zeros();
        if more > 3 {
            return Err(source.damaged());
        }
        let mut id = u32::from(first);
        for _ in 0..more {
            id = id << 8 | u32::from(source.byte()?);
        }
        let first = source.byte()?;
        let more = first.leading_zeros();
        if more > 7 {
            return Err(source.damaged());
        }
        let mut len = u64::from(first) & (0x7f >> more);
        let mut is_unknown = len == 0x7f >> more;
        for _ in 0..more {
            let byte = source.byte()?;
            is_unknown &= byte == 0xff;
            len = len << 8 | u64::from(byte);
        }
        let body = source.position();
        if is_unknown {
            return Ok(Element { id, start: at, body, end: None });
        }
        let stop = body.checked_add(len).filter(|stop| *stop <= end).ok_or(source.damaged())?;
        Ok(Element { id, start: at, body, end: Some(stop) })
    }

    /// Gives the children in `range`, all of known size.
    fn each<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        range: Range<u64>,
        mut each: impl FnMut(&mut Self, &mut Source<R>, Element, Range<u64>) -> Result<(), CleanError>,
    ) -> Result<(), CleanError> {
        let mut at = range.start;
        while at < range.end {
            let element = self.element(source, at, range.end)?;
            let stop = element.end.ok_or(source.damaged())?;
            let body = element.body..stop;
            each(self, source, element, body)?;
            at = stop;
        }
        Ok(())
    }

    /// Makes an element a `Void` of the same length, full of zeros.
    fn void(&mut self, element: &Element, stop: u64) {
        let len = stop - element.start;
        // One byte of name; a length in one byte if it fits, else in eight: a place between is too short for eight and fits in one.
        let head = if len <= 2 + 126 {
            vec![id::VOID as u8, 0x80 | (len.saturating_sub(2)) as u8]
        } else {
            [&[id::VOID as u8][..], &(1 << 56 | (len - 9)).to_be_bytes()].concat()
        };
        self.plan.put(element.start, stop, &head);
    }

    fn read_header<R: Read + Seek>(&mut self, source: &mut Source<R>, range: Range<u64>) -> Result<(), CleanError> {
        self.each(source, range, |film, source, element, body| {
            if element.id == id::DOC_TYPE {
                film.is_webm = text(source, body)?.starts_with(b"webm");
            }
            Ok(())
        })
    }

    /// The top-level elements; the children of a cluster of unknown size are met here too.
    fn read_segment<R: Read + Seek>(&mut self, source: &mut Source<R>, range: Range<u64>) -> Result<(), CleanError> {
        let mut at = range.start;
        while at < range.end {
            let element = self.element(source, at, range.end)?;
            let Some(stop) = element.end else {
                if element.id != id::CLUSTER {
                    return Err(source.cannot_clean());
                }
                at = element.body;
                continue;
            };
            let body = element.body..stop;
            match element.id {
                id::SEEK_HEAD => self.read_seek_head(source, body)?,
                id::INFO => self.read_info(source, body)?,
                id::TRACKS => self.read_tracks(source, body)?,
                id::CLUSTER => self.read_cluster(source, body)?,
                id::CUES | id::TIMESTAMP | id::POSITION | id::PREVIOUS_SIZE | id::SIMPLE_BLOCK | id::BLOCK_GROUP => {}
                // Tags, chapters, attachments, what is unknown, and what is void already.
                _ => self.void(&element, stop),
            }
            at = stop;
        }
        Ok(())
    }

    fn read_cluster<R: Read + Seek>(&mut self, source: &mut Source<R>, range: Range<u64>) -> Result<(), CleanError> {
        self.each(source, range, |film, _, element, body| {
            let stays = [id::TIMESTAMP, id::POSITION, id::PREVIOUS_SIZE, id::SIMPLE_BLOCK, id::BLOCK_GROUP, id::CRC].contains(&element.id);
            if !stays {
                film.void(&element, body.end);
            }
            Ok(())
        })
    }

    /// Entries that lead to what is blanked go too.
    fn read_seek_head<R: Read + Seek>(&mut self, source: &mut Source<R>, range: Range<u64>) -> Result<(), CleanError> {
        self.each(source, range, |film, source, element, body| {
            let mut stays = false;
            if element.id == id::SEEK {
                film.each(source, body.clone(), |_, source, child, body| {
                    if child.id == id::SEEK_ID {
                        let target = number(source, body)?;
                        stays = [id::INFO, id::TRACKS, id::CUES, id::CLUSTER, id::SEEK_HEAD].map(u64::from).contains(&target);
                    }
                    Ok(())
                })?;
            }
            if !stays {
                film.void(&element, body.end);
            }
            Ok(())
        })
    }

    fn read_info<R: Read + Seek>(&mut self, source: &mut Source<R>, range: Range<u64>) -> Result<(), CleanError> {
        self.each(source, range, |film, source, element, body| {
            match element.id {
                id::TIMESTAMP_SCALE => film.scale = Some(number(source, body)?),
                id::DURATION => film.duration = Some(float(source, body)?),
                id::MUXING_APP | id::WRITING_APP => {
                    let name = text(source, body.clone())?;
                    if !PLAIN_PROGRAMS.iter().any(|plain| name.starts_with(plain)) {
                        // Must be there; may be empty.
                        film.plan.zero(body.start, body.end);
                    }
                }
                _ => film.void(&element, body.end),
            }
            Ok(())
        })
    }

    fn read_tracks<R: Read + Seek>(&mut self, source: &mut Source<R>, range: Range<u64>) -> Result<(), CleanError> {
        self.has_tracks = true;
        self.each(source, range, |film, source, element, body| match element.id {
            id::TRACK_ENTRY => film.each(source, body, |film, source, element, body| {
                match element.id {
                    // Pictures or sound.
                    id::TRACK_TYPE if !matches!(number(source, body.clone())?, 1 | 2) => return Err(source.cannot_clean()),
                    id::NAME | id::CODEC_NAME | id::ATTACHMENT_LINK | id::CRC | id::VOID => film.void(&element, body.end),
                    id::VIDEO => film.read_video(source, body)?,
                    _ => {}
                }
                Ok(())
            }),
            _ => {
                film.void(&element, body.end);
                Ok(())
            }
        })
    }

    fn read_video<R: Read + Seek>(&mut self, source: &mut Source<R>, range: Range<u64>) -> Result<(), CleanError> {
        self.each(source, range, |film, source, element, body| {
            match element.id {
                id::PIXEL_WIDTH => film.width = film.width.or(Some(number(source, body)?)),
                id::PIXEL_HEIGHT => film.height = film.height.or(Some(number(source, body)?)),
                _ => {}
            }
            Ok(())
        })
    }
}

/// An unsigned integer, at most eight bytes.
fn number<R: Read + Seek>(source: &mut Source<R>, range: Range<u64>) -> Result<u64, CleanError> {
    if range.end - range.start > 8 {
        return Err(source.damaged());
    }
    source.go_to(range.start)?;
    (range.start..range.end).try_fold(0, |value, _| Ok(value << 8 | u64::from(source.byte()?)))
}

/// A floating-point number of four or eight bytes.
fn float<R: Read + Seek>(source: &mut Source<R>, range: Range<u64>) -> Result<f64, CleanError> {
    source.go_to(range.start)?;
    match range.end - range.start {
        4 => source.array().map(|bytes| f32::from_be_bytes(bytes).into()),
        8 => source.array().map(f64::from_be_bytes),
        _ => Ok(0.0),
    }
}

fn text<R: Read + Seek>(source: &mut Source<R>, range: Range<u64>) -> Result<Vec<u8>, CleanError> {
    source.go_to(range.start)?;
    let mut text = vec![0; (range.end - range.start).min(NAME_MAX) as usize];
    source.fill(&mut text)?;
    Ok(text)
}
