//! GIF (GIF89a). Pictures, their timing and the loop pass; comments, plain texts and the blocks of applications do not, nor what follows the end.

use super::source::Source;
use super::{CleanError, Photo};
use std::io::{Read, Seek, Write};

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const GRAPHIC_CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;

/// Reads a GIF and writes it clean. There is no thumbnail: receivers show the first picture of the file itself.
pub(super) fn clean<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<Photo, CleanError> {
    source.go_to(0)?;
    let head: [u8; 13] = source.array()?;
    let size = |low: u8, high: u8| u16::from_le_bytes([low, high]).into();
    let (width, height) = (size(head[6], head[7]), size(head[8], head[9]));
    if width == 0 || height == 0 {
        return Err(source.damaged());
    }
    write(sink, &head)?;
    copy_table(source, head[10], sink)?;
    loop {
        match source.byte()? {
            EXTENSION => extension(source, sink)?,
            IMAGE => {
                let descriptor: [u8; 9] = source.array()?;
                write(sink, &[IMAGE])?;
                write(sink, &descriptor)?;
                copy_table(source, descriptor[8], sink)?;
                let code_size = source.byte()?;
                write(sink, &[code_size])?;
                copy_blocks(source, sink)?;
            }
            TRAILER => break,
            _ => return Err(source.damaged()),
        }
    }
    write(sink, &[TRAILER])?;
    Ok(Photo { width, height, media_type: "image/gif", thumbnail: Vec::new() })
}

/// A colour table, if `flags` announce one.
fn copy_table<R: Read + Seek>(source: &mut Source<R>, flags: u8, sink: &mut impl Write) -> Result<(), CleanError> {
    let len = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    source.copy(len, |bytes| write(sink, bytes))
}

fn extension<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<(), CleanError> {
    let label = source.byte()?;
    let first_len = source.byte()?;
    let mut first = vec![0; first_len.into()];
    source.fill(&mut first)?;
    if first_len == 0 {
        return Ok(());
    }
    match (label, &first[..]) {
        (GRAPHIC_CONTROL, [..]) if first_len == 4 => {
            write(sink, &[EXTENSION, GRAPHIC_CONTROL, 4])?;
            write(sink, &first)?;
            write(sink, &[0])?;
        }
        (APPLICATION, b"NETSCAPE2.0" | b"ANIMEXTS1.0") => {
            // The loop: a block of three bytes, 1 and the count.
            if source.byte()? == 3 {
                let count: [u8; 3] = source.array()?;
                write(sink, &[EXTENSION, APPLICATION, 11])?;
                write(sink, &first)?;
                write(sink, &[3, 1, count[1], count[2], 0])?;
            } else {
                return Err(source.damaged());
            }
        }
        _ => {}
    }
    loop {
        let len = source.byte()?;
        if len == 0 {
            return Ok(());
        }
        source.skip(len.into())?;
    }
}

fn copy_blocks<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<(), CleanError> {
    loop {
        let len = source.byte()?;
        write(sink, &[len])?;
        if len == 0 {
            return Ok(());
        }
        source.copy(len.into(), |bytes| write(sink, bytes))?;
    }
}

fn write(sink: &mut impl Write, bytes: &[u8]) -> Result<(), CleanError> {
    sink.write_all(bytes).map_err(|error| CleanError::Sink(error.kind()))
}
