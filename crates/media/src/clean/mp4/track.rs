//! One track: whether it is shown, where its samples are named, and what in it tells of its maker.

use super::boxes::{BoxHead, Item, Place, Rule, each_box};
use super::samples::Samples;
use crate::clean::CleanError;
use crate::clean::patch::Plan;
use crate::clean::source::Source;
use std::io::{Read, Seek};
use std::ops::Range;

/// What FFmpeg calls itself, its handlers and its codecs: a program, not a device, and the same on every machine.
const PLAIN_PROGRAM: &[u8] = b"Lavf";
const PLAIN_CODEC: &[u8] = b"Lavc";
const PLAIN_VENDOR: &[u8] = b"FFMP";
const PLAIN_HANDLERS: [&[u8]; 3] = [b"VideoHandler", b"SoundHandler", b"DataHandler"];

/// A track with all that must be blanked in it if it stays.
#[derive(Default)]
pub(super) struct Track {
    pub(super) plan: Plan,
    pub(super) samples: Samples,
    /// As it is shown.
    pub(super) size: Option<(u32, u32)>,
    handler: [u8; 4],
    /// Their layout depends on the handler, which may come later.
    descriptions: Vec<BoxHead>,
}

impl Track {
    pub(super) fn read<R: Read + Seek>(source: &mut Source<R>, head: &BoxHead) -> Result<Self, CleanError> {
        let mut track = Self::default();
        track.walk(source, Place::Track, head.body())?;
        track.samples.is_sound = &track.handler == b"soun";
        for descriptions in std::mem::take(&mut track.descriptions) {
            track.sample_descriptions(source, &descriptions)?;
        }
        Ok(track)
    }

    /// Pictures and sound stay. Texts do not: a drone writes its place into subtitles.
    pub(super) fn is_shown(&self) -> bool {
        matches!(&self.handler, b"vide" | b"soun")
    }

    fn walk<R: Read + Seek>(&mut self, source: &mut Source<R>, place: Place, range: Range<u64>) -> Result<(), CleanError> {
        each_box(source, range, |source, item| {
            let head = match item {
                Item::Box(head) => head,
                Item::Rest(rest) => return blank(source, rest, &mut self.plan),
                Item::Broken(_) => return Err(source.damaged()),
            };
            match place.rule(&head.name) {
                Rule::Keep => {}
                Rule::Empty => blank(source, head.body(), &mut self.plan)?,
                Rule::Blank => head.blank(&mut self.plan),
                Rule::Refuse => return Err(source.cannot_clean()),
                Rule::Enter(inner) => self.walk(source, inner, head.body())?,
                Rule::Special => self.special(source, place, &head)?,
            }
            Ok(())
        })
    }

    fn special<R: Read + Seek>(&mut self, source: &mut Source<R>, place: Place, head: &BoxHead) -> Result<(), CleanError> {
        match &head.name {
            b"tkhd" => self.size = track_header(source, head, &mut self.plan)?.filter(|size| *size != (0, 0)),
            b"mdhd" => {
                times(source, head, &mut self.plan)?;
            }
            b"udta" => user_data(source, head, &mut self.plan)?,
            b"hdlr" => {
                let handler = handler(source, head, &mut self.plan)?;
                if place == Place::Media {
                    self.handler = handler;
                }
            }
            b"dref" => data_references(source, head, &mut self.plan)?,
            b"stsd" => self.descriptions.push(head.clone()),
            b"stsz" => self.samples.sizes = Some(head.body()),
            b"stz2" => return Err(source.cannot_clean()),
            b"stsc" => self.samples.chunks = Some(head.body()),
            b"stco" => self.samples.offsets = Some((4, head.body())),
            b"co64" => self.samples.offsets = Some((8, head.body())),
            _ => {}
        }
        Ok(())
    }

    /// Blanks who made the codec: the vendor of any sample entry, the compressor's name of a visual one, boxes of unknown content in it.
    fn sample_descriptions<R: Read + Seek>(&mut self, source: &mut Source<R>, head: &BoxHead) -> Result<(), CleanError> {
        let (is_visual, plan) = (&self.handler == b"vide", &mut self.plan);
        let body = head.body();
        each_box(source, (body.start + 8).min(body.end)..body.end, |source, item| {
            let entry = match item {
                Item::Box(entry) => entry,
                Item::Rest(rest) | Item::Broken(rest) => return blank(source, rest, plan),
            };
            let (start, end) = (entry.body().start, entry.body().end);
            let vendor = (start + 12).min(end)..(start + 16).min(end);
            if read(source, vendor.clone(), 4)? != PLAIN_VENDOR {
                blank(source, vendor, plan)?;
            }
            let name = start + 42..start + 74;
            if is_visual && name.end + 4 <= end {
                let text = read(source, name.clone(), 32)?;
                if !text.get(1..).is_some_and(|text| text.starts_with(PLAIN_CODEC)) {
                    blank(source, name.clone(), plan)?;
                }
                blank_extensions(source, name.end + 4..end, plan)?;
            }
            Ok(())
        })
    }
}

/// Blanks a place unless it is empty already.
pub(super) fn blank<R: Read + Seek>(source: &mut Source<R>, range: Range<u64>, plan: &mut Plan) -> Result<(), CleanError> {
    source.go_to(range.start)?;
    let mut empty = true;
    source.copy(range.end.saturating_sub(range.start), |bytes| {
        empty &= bytes.iter().all(|&byte| byte == 0);
        Ok(())
    })?;
    if !empty {
        plan.zero(range.start, range.end);
    }
    Ok(())
}

/// Bytes at a place inside a box.
fn at<const N: usize, R: Read + Seek>(source: &mut Source<R>, head: &BoxHead, offset: u64) -> Result<[u8; N], CleanError> {
    let start = head.body().start + offset;
    if start + N as u64 > head.body().end {
        return Err(source.damaged());
    }
    source.go_to(start)?;
    source.array()
}

/// Width of the times in a header box.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Short,
    Long,
}

/// Blanks when the film was made and changed; the first two fields of `mvhd`, `tkhd` and `mdhd`.
fn times<R: Read + Seek>(source: &mut Source<R>, head: &BoxHead, plan: &mut Plan) -> Result<Version, CleanError> {
    let [version] = at::<1, R>(source, head, 0)?;
    let (version, len) = if version == 1 { (Version::Long, 16) } else { (Version::Short, 8) };
    let start = head.body().start + 4;
    if start + len > head.body().end {
        return Err(source.damaged());
    }
    blank(source, start..start + len, plan)?;
    Ok(version)
}

/// Blanks its times and gives the duration in milliseconds.
pub(super) fn movie_header<R: Read + Seek>(source: &mut Source<R>, head: &BoxHead, plan: &mut Plan) -> Result<Option<u64>, CleanError> {
    let (scale, duration) = match times(source, head, plan)? {
        Version::Short => {
            let duration = u32::from_be_bytes(at(source, head, 16)?);
            (at(source, head, 12)?, if duration == u32::MAX { 0 } else { duration.into() })
        }
        Version::Long => {
            let duration = u64::from_be_bytes(at(source, head, 24)?);
            (at(source, head, 20)?, if duration == u64::MAX { 0 } else { duration })
        }
    };
    let scale = u128::from(u32::from_be_bytes(scale));
    let ms = (u128::from(duration) * 1000).checked_div(scale).unwrap_or(0);
    Ok(u64::try_from(ms).ok().filter(|ms| *ms > 0))
}

/// Blanks its times and gives width and height, exchanged if the matrix turns the picture by 90 degrees.
fn track_header<R: Read + Seek>(source: &mut Source<R>, head: &BoxHead, plan: &mut Plan) -> Result<Option<(u32, u32)>, CleanError> {
    let matrix = match times(source, head, plan)? {
        Version::Short => 40,
        Version::Long => 52,
    };
    let number = |source: &mut Source<R>, offset: u64| at(source, head, matrix + offset).map(u32::from_be_bytes);
    // a b u / c d v / x y w, then width and height in 1/65536.
    let (a, b) = (number(source, 0)?, number(source, 4)?);
    let (width, height) = (number(source, 36)? >> 16, number(source, 40)? >> 16);
    Ok(Some(if a == 0 && b != 0 { (height, width) } else { (width, height) }))
}

/// Gives the kind of a handler; blanks its maker and its name.
fn handler<R: Read + Seek>(source: &mut Source<R>, head: &BoxHead, plan: &mut Plan) -> Result<[u8; 4], CleanError> {
    let kind = at(source, head, 8)?;
    let body = head.body();
    let name = (body.start + 24).min(body.end)..body.end;
    blank(source, body.start + 12..name.start, plan)?;
    let text = read(source, name.clone(), 64)?;
    // QuickTime counts the letters first, ISO ends them with a zero.
    let plain = |text: &[u8]| PLAIN_HANDLERS.contains(&text.strip_suffix(b"\0").unwrap_or(text));
    if !plain(&text) && !text.split_first().is_some_and(|(count, rest)| usize::from(*count) == rest.len() && plain(rest)) {
        blank(source, name, plan)?;
    }
    Ok(kind)
}

/// The first bytes of a place.
fn read<R: Read + Seek>(source: &mut Source<R>, range: Range<u64>, longest: u64) -> Result<Vec<u8>, CleanError> {
    source.go_to(range.start)?;
    let mut bytes = vec![0; range.end.saturating_sub(range.start).min(longest) as usize];
    source.fill(&mut bytes)?;
    Ok(bytes)
}

/// Blanks what data references say beyond "in this file": an alias of QuickTime names volume, folder and file.
fn data_references<R: Read + Seek>(source: &mut Source<R>, head: &BoxHead, plan: &mut Plan) -> Result<(), CleanError> {
    let body = head.body();
    each_box(source, (body.start + 8).min(body.end)..body.end, |source, item| match item {
        Item::Box(entry) => blank(source, (entry.body().start + 4).min(entry.body().end)..entry.body().end, plan),
        Item::Rest(rest) | Item::Broken(rest) => blank(source, rest, plan),
    })
}

fn blank_extensions<R: Read + Seek>(source: &mut Source<R>, range: Range<u64>, plan: &mut Plan) -> Result<(), CleanError> {
    each_box(source, range, |source, item| match item {
        Item::Box(head) => {
            if matches!(&head.name, b"uuid" | b"udta" | b"meta" | b"name") {
                head.blank(plan);
            }
            Ok(())
        }
        Item::Rest(rest) | Item::Broken(rest) => blank(source, rest, plan),
    })
}

/// Blanks user data, unless all it says is that FFmpeg wrote the file.
pub(super) fn user_data<R: Read + Seek>(source: &mut Source<R>, head: &BoxHead, plan: &mut Plan) -> Result<(), CleanError> {
    /// What FFmpeg writes has about a hundred bytes.
    const PLAIN_MAX: u64 = 1024;
    let body = head.body();
    if body.end - body.start > PLAIN_MAX || !is_plain(&read(source, body, PLAIN_MAX)?) {
        head.blank(plan);
    }
    Ok(())
}

/// The boxes in memory, as name and body.
fn parse(mut bytes: &[u8]) -> Option<Vec<([u8; 4], &[u8])>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (len, _) = bytes.split_first_chunk::<4>()?;
        let (one, rest) = bytes.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        found.push((*one.get(4..)?.first_chunk()?, one.get(8..)?));
        bytes = rest;
    }
    Some(found)
}

/// `udta { meta { hdlr, ilst { ©too { data "Lavf..." } } } }` as in MP4, or `udta { ©swr "Lavf..." }` as in MOV.
fn is_plain(user_data: &[u8]) -> bool {
    let starts_plain = |text: Option<&[u8]>| text.is_some_and(|text| text.starts_with(PLAIN_PROGRAM));
    let is_tool = |item: &([u8; 4], &[u8])| {
        let value = parse(item.1);
        &item.0 == b"\xa9too"
            && value.is_some_and(|value| matches!(&value[..], [(name, data)] if name == b"data" && starts_plain(data.get(8..))))
    };
    let is_handler = |body: &[u8]| {
        body.len() == 25 && body.get(8..12) == Some(b"mdir") && body.get(12..16) == Some(b"appl") && body[16..].iter().all(|&b| b == 0)
    };
    let is_plain_meta = |body: &[u8]| {
        let children = body.get(4..).and_then(parse);
        children.is_some_and(|children| match &children[..] {
            [(hdlr, handler), (ilst, items)] => {
                hdlr == b"hdlr" && is_handler(handler) && ilst == b"ilst" && parse(items).is_some_and(|items| items.iter().all(is_tool))
            }
            _ => false,
        })
    };
    parse(user_data).is_some_and(|children| {
        children.iter().all(|(name, body)| match name {
            b"meta" => is_plain_meta(body),
            b"\xa9swr" => starts_plain(body.get(4..)),
            _ => false,
        })
    })
}
