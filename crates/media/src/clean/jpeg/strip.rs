//! An upright photo, copied under fresh headers.

use super::encode::{HeaderFacts, write_application_segments, write_segment};
use super::header::{self, Header, marker};
use crate::clean::CleanError;
use crate::clean::source::Source;
use std::io::{Read, Seek, Write};

/// Copies frame, tables, scans and coded pixels; all other segments stay behind, and all that follows the end of the image.
pub(super) fn copy<R: Read + Seek>(source: &mut Source<R>, header: &Header, sink: &mut impl Write) -> Result<(), CleanError> {
    write_application_segments(sink, HeaderFacts::of(header))?;
    source.go_to(2)?;
    loop {
        match header::next_marker(source)? {
            marker::TEM => {}
            marker @ (marker::SOF0..=marker::DHT | marker::DQT | marker::DRI) => {
                let body = header::body(source)?;
                write_segment(sink, marker, &body)?;
            }
            marker::SOS => {
                let body = header::body(source)?;
                write_segment(sink, marker::SOS, &body)?;
                copy_scan(source, sink)?;
            }
            marker::EOI => return write(sink, &[0xff, marker::EOI]),
            marker::RST0..=marker::SOI => return Err(source.damaged()),
            _ => {
                header::body(source)?;
            }
        }
    }
}

/// Copies entropy-coded data up to the marker after it.
fn copy_scan<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<(), CleanError> {
    loop {
        let position = source.position();
        let some = source.some(usize::MAX)?;
        if some.is_empty() {
            return Err(source.damaged());
        }
        let clear = some.iter().position(|&byte| byte == 0xff).unwrap_or(some.len());
        write(sink, &some[..clear])?;
        source.go_to(position + clear as u64)?;
        if clear > 0 && source.position() == position + clear as u64 && !at_marker_byte(source)? {
            continue;
        }
        // 0xff: a stuffed one or a restart is part of the data.
        source.byte()?;
        match source.byte()? {
            second @ (0 | marker::RST0..=marker::RST7) => write(sink, &[0xff, second])?,
            _ => {
                let marker = source.position() - 2;
                return source.go_to(marker);
            }
        }
    }
}

fn at_marker_byte<R: Read + Seek>(source: &mut Source<R>) -> Result<bool, CleanError> {
    let position = source.position();
    let byte = source.next()?;
    source.go_to(position)?;
    Ok(byte == Some(0xff))
}

fn write(sink: &mut impl Write, bytes: &[u8]) -> Result<(), CleanError> {
    sink.write_all(bytes).map_err(|error| CleanError::Sink(error.kind()))
}
