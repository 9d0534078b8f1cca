//! MP4 and its family (ISO/IEC 14496-12, QuickTime File Format). Boxes that are not needed to play pictures and sound become `free` boxes full of
//! zeros, so that no offset changes; so does every track that is neither pictures nor sound (a camera writes its places there), and every
//! byte of the media data that no remaining track names.

mod boxes;
mod samples;
mod track;

use super::CleanError;
use super::patch::Plan;
use super::source::Source;
use super::video::Video;
use boxes::{BoxHead, Item, Place, Rule, each_box};
use samples::{Samples, unnamed};
use std::io::{Read, Seek};
use std::ops::Range;
use track::Track;

/// Everything found on the way through the file.
#[derive(Default)]
struct Movie {
    plan: Plan,
    media_type: &'static str,
    media_data: Vec<Range<u64>>,
    tracks: Vec<Samples>,
    removed: Vec<Samples>,
    size: Option<(u32, u32)>,
    duration_ms: Option<u64>,
    found: Found,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
struct Found {
    movie: bool,
    fragments: bool,
}

/// Finds what to blank in a file of the family.
pub(super) fn plan<R: Read + Seek>(source: &mut Source<R>) -> Result<Video, CleanError> {
    let mut movie = Movie { media_type: "video/quicktime", ..Movie::default() };
    let end = source.len()?;
    walk(source, &mut movie, Place::File, 0..end)?;
    if !movie.found.movie {
        return Err(source.damaged());
    }
    if !movie.found.fragments {
        for gap in unnamed(source, &movie.tracks, &movie.removed, &movie.media_data)? {
            movie.plan.zero(gap.start, gap.end);
        }
    } else if !movie.removed.is_empty() {
        // Its samples lie in fragments, where they are not looked for.
        return Err(source.cannot_clean());
    }
    movie.plan.finish();
    Ok(Video { plan: movie.plan, media_type: movie.media_type, size: movie.size, duration_ms: movie.duration_ms })
}

/// Goes through the boxes of one container outside tracks.
fn walk<R: Read + Seek>(source: &mut Source<R>, movie: &mut Movie, place: Place, range: Range<u64>) -> Result<(), CleanError> {
    each_box(source, range, |source, item| {
        let head = match item {
            Item::Box(head) => head,
            // Some cameras append what is no box: once the film is complete, that is nothing one could need.
            Item::Broken(_) if place != Place::File || !movie.found.movie || movie.media_data.is_empty() => return Err(source.damaged()),
            Item::Rest(rest) | Item::Broken(rest) => return track::blank(source, rest, &mut movie.plan),
        };
        match place.rule(&head.name) {
            Rule::Keep => {}
            Rule::Empty => track::blank(source, head.body(), &mut movie.plan)?,
            Rule::Blank => head.blank(&mut movie.plan),
            Rule::Refuse => return Err(source.cannot_clean()),
            Rule::Enter(inner) => {
                movie.found.movie |= inner == Place::Movie;
                movie.found.fragments |= inner == Place::Fragment;
                walk(source, movie, inner, head.body())?;
            }
            Rule::Special => special(source, movie, &head)?,
        }
        Ok(())
    })
}

fn special<R: Read + Seek>(source: &mut Source<R>, movie: &mut Movie, head: &BoxHead) -> Result<(), CleanError> {
    match &head.name {
        b"ftyp" => movie.media_type = media_type(source, head)?,
        b"mdat" => movie.media_data.push(head.body()),
        b"mvhd" => movie.duration_ms = track::movie_header(source, head, &mut movie.plan)?,
        b"udta" => track::user_data(source, head, &mut movie.plan)?,
        b"trak" => {
            let mut track = Track::read(source, head)?;
            if track.is_shown() {
                movie.plan.append(&mut track.plan);
                movie.size = movie.size.or(track.size);
                movie.tracks.push(track.samples);
            } else {
                head.blank(&mut movie.plan);
                movie.removed.push(track.samples);
            }
        }
        _ => {}
    }
    Ok(())
}

fn media_type<R: Read + Seek>(source: &mut Source<R>, head: &BoxHead) -> Result<&'static str, CleanError> {
    source.go_to(head.body().start)?;
    Ok(match &source.array::<4>()? {
        b"qt  " => "video/quicktime",
        b"M4A " | b"M4B " | b"M4P " => "audio/mp4",
        [b'3', b'g', b'p' | b'r' | b's' | b'2', _] => "video/3gpp",
        _ => "video/mp4",
    })
}
