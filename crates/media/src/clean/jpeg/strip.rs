//! An upright photo, copied under fresh headers.

use super::decode::is_one_scan;
use super::encode::{self, write, write_segment};
use super::header::{self, Header, marker};
use crate::clean::CleanError;
use crate::clean::source::Source;
use std::io::{Read, Seek, Write};

/// Copies frame, tables, scans and coded pixels; all other segments stay behind, and all that follows the end of the image.
pub(super) fn copy<R: Read + Seek>(source: &mut Source<R>, header: &Header, sink: &mut impl Write) -> Result<(), CleanError> {
    let is_one_scan = is_one_scan(&header.frame, &header.scan);
    encode::write_start(sink, header.colour(), header.adobe, header.profile)?;
    source.go_to(2)?;
    loop {
        match header::next_marker(source)? {
            marker::TEM => {}
            marker @ (marker::SOF0..=marker::SOF2 | marker::DHT | marker::DQT | marker::DRI) => {
                let body = header::body(source)?;
                write_segment(sink, marker, &body)?;
            }
            marker::SOS => {
                let body = header::body(source)?;
                write_segment(sink, marker::SOS, &body)?;
                copy_scan(source, sink)?;
                // The picture is complete: whatever tables come now have no use but to carry something.
                if is_one_scan {
                    break;
                }
            }
            marker::EOI => break,
            marker::SOF3..=marker::SOI | marker::DNL => return Err(source.damaged()),
            _ => {
                header::body(source)?;
            }
        }
    }
    write(sink, &[0xff, marker::EOI])
}

/// Copies entropy-coded data up to the marker after it.
fn copy_scan<R: Read + Seek>(source: &mut Source<R>, sink: &mut impl Write) -> Result<(), CleanError> {
    loop {
        let ready = source.ready()?;
        if ready.is_empty() {
            // Some cameras forget the end of the image.
            return Ok(());
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
        let mut second = source.next()?;
        let filled = second == Some(0xff);
        // Any number of bytes may fill up the place before a marker (T.81 section B.1.1.2): they say nothing and stay behind.
        while second == Some(0xff) {
            second = source.next()?;
        }
        match second {
            // Stuffed zeros and restarts are part of the data.
            Some(0) if !filled => write(sink, &[0xff, 0])?,
            Some(restart @ marker::RST0..=marker::RST7) => write(sink, &[0xff, restart])?,
            _ => return source.go_to(marker),
        }
    }
}
