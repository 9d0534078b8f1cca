//! An upright photo, copied under fresh headers.

use super::encode::{self, write, write_segment};
use super::header::{self, Header, marker};
use crate::clean::CleanError;
use crate::clean::source::Source;
use std::io::{Read, Seek, Write};

/// Copies frame, tables, scans and coded pixels; all other segments stay behind, and all that follows the end of the image.
pub(super) fn copy<R: Read + Seek>(source: &mut Source<R>, header: &Header, sink: &mut impl Write) -> Result<(), CleanError> {
    encode::write_start(sink, header.colour(), header.adobe, header.profile)?;
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
            marker::JPG..=marker::SOI | marker::DNL => return Err(source.damaged()),
            _ => {
                header::body(source)?;
            }
        }
    }
}

/// Copies entropy-coded data up to the marker after it.
fn copy_scan<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<(), CleanError> {
    loop {
        let ready = source.ready()?;
        if ready.is_empty() {
            return Err(source.damaged());
        }
        let clear = ready.iter().position(|&byte| byte == 0xff);
        let count = clear.unwrap_or(ready.len());
        write(sink, &ready[..count])?;
        source.advance(count);
        if clear.is_none() {
            continue;
        }
        let marker = source.position();
        source.byte()?;
        match source.byte()? {
            // Stuffed zeros and restarts are part of the data.
            second @ (0 | marker::RST0..=marker::RST7) => write(sink, &[0xff, second])?,
            _ => return source.go_to(marker),
        }
    }
}
