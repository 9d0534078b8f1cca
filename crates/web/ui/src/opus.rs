//! How many seconds a recording decodes to, counted without decoding it: a few kilobytes can be hours, which take gigabytes while they are decoded, and
//! what a file says of its own length is its sender's word.

/// Samples in a second, whatever was recorded (RFC 7845 section 5.1).
const RATE: u64 = 48_000;
/// A voice has one or two; each takes as much room as the other.
const CHANNELS_MAX: u64 = 2;
/// How a stream of Opus begins; the channels come after one byte more (RFC 7845 section 5.1).
const HEAD: &[u8] = b"OpusHead";
const CHANNELS_AT: usize = 9;

/// The seconds of a sound in Opus, in WebM or Ogg, as browsers record it. None: it is another, or it is not made as recorders make it, so that a decoder
/// may find more in it than is counted here.
pub fn seconds(bytes: &[u8]) -> Option<u64> {
    let samples = match bytes {
        [b'O', b'g', b'g', b'S', ..] => ogg(bytes)?,
        [0x1a, 0x45, 0xdf, 0xa3, ..] => webm(bytes)?,
        _ => return None,
    };
    Some(samples.div_ceil(RATE))
}

/// Samples in a packet, by its first two bytes (RFC 6716 sections 3.1 and 3.2).
fn samples(packet: &[u8]) -> Option<u64> {
    let (first, rest) = packet.split_first()?;
    let size = usize::from(first >> 3 & 3);
    let frame = match first >> 3 {
        0..12 => [480, 960, 1920, 2880][size],
        12..16 => [480, 960][size & 1],
        _ => [120, 240, 480, 960][size],
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(rest.first()? & 63),
    };
    Some(frame * frames)
}

fn is_head(packet: &[u8]) -> bool {
    packet.starts_with(HEAD) && packet.get(CHANNELS_AT).is_some_and(|channels| u64::from(*channels) <= CHANNELS_MAX)
}

/// One stream, page after page (RFC 3533 section 6): its head, its tags, and what was recorded.
fn ogg(mut bytes: &[u8]) -> Option<u64> {
    const PAGE: usize = 27;
    let (mut packets, mut sum, mut open) = (0_u64, 0, Vec::new());
    let mut stream = None;
    while !bytes.is_empty() {
        let (page, rest) = bytes.split_first_chunk::<PAGE>()?;
        let serial = &page[14..18];
        let goes_on = page[5] & 1 == 1;
        if !page.starts_with(b"OggS\0") || *stream.get_or_insert(serial) != serial || goes_on == open.is_empty() {
            return None;
        }
        let (lengths, mut body) = rest.split_at_checked(page[PAGE - 1].into())?;
        for length in lengths {
            let (part, after) = body.split_at_checked((*length).into())?;
            body = after;
            // Only how a packet begins is looked at.
            open.extend(part.iter().take((CHANNELS_AT + 1).saturating_sub(open.len())));
            if *length < u8::MAX {
                match packets {
                    0 if is_head(&open) => {}
                    0 => return None,
                    1 => {}
                    _ => sum += samples(&open)?,
                }
                packets += 1;
                open.clear();
            }
        }
        bytes = body;
    }
    (packets > 0).then_some(sum)
}

/// Elements of Matroska (RFC 9559 section 5).
mod element {
    pub const SEGMENT: u64 = 0x1853_8067;
    pub const CLUSTER: u64 = 0x1f43_b675;
    pub const BLOCK_GROUP: u64 = 0xa0;
    pub const BLOCK: u64 = 0xa1;
    pub const SIMPLE_BLOCK: u64 = 0xa3;
    pub const TRACKS: u64 = 0x1654_ae6b;
    pub const TRACK: u64 = 0xae;
    pub const AUDIO: u64 = 0xe1;
    pub const CHANNELS: u64 = 0x9f;
    pub const CODEC: u64 = 0x86;
    pub const CODEC_PRIVATE: u64 = 0x63a2;
    pub const ENCODINGS: u64 = 0x6d80;
}

/// One track, nothing of which is packed once more.
fn webm(bytes: &[u8]) -> Option<u64> {
    // Where that ends in which we are, by how much is left then.
    let (mut rest, mut ends) = (bytes, vec![0]);
    let (mut sum, mut tracks, mut heads) = (0, 0, 0);
    while !rest.is_empty() {
        ends.retain(|end| *end < rest.len());
        let (id, _) = number(&mut rest)?;
        let (_, size) = number(&mut rest)?;
        let Some(size) = size else {
            // What is recorded as it is sent does not know yet how long it will be.
            if !matches!(id, element::SEGMENT | element::CLUSTER) {
                return None;
            }
            continue;
        };
        let end = rest.len().checked_sub(usize::try_from(size).ok()?)?;
        if ends.last().is_some_and(|outer| end < *outer) {
            return None;
        }
        let (body, after) = rest.split_at(rest.len() - end);
        match id {
            element::SEGMENT | element::CLUSTER | element::BLOCK_GROUP | element::TRACKS | element::AUDIO => ends.push(end),
            element::TRACK => {
                tracks += 1;
                ends.push(end);
            }
            _ => rest = after,
        }
        match id {
            element::CODEC if body != b"A_OPUS" => return None,
            element::CODEC_PRIVATE if !is_head(body) => return None,
            element::CODEC_PRIVATE => heads += 1,
            element::CHANNELS if body.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)) > CHANNELS_MAX => return None,
            element::ENCODINGS => return None,
            element::BLOCK | element::SIMPLE_BLOCK => sum += block(body)?,
            _ => {}
        }
    }
    (tracks == 1 && heads == 1).then_some(sum)
}

/// A number of EBML (RFC 8794 section 4): with the bit that says how long it is, and without; nothing there where all its bits are ones.
fn number(rest: &mut &[u8]) -> Option<(u64, Option<u64>)> {
    let length = rest.first()?.leading_zeros() as usize + 1;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    let whole = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    // A first byte of zeros would be nine bytes long, which nothing is.
    let ones = (1_u64 << (7 * u32::try_from(length).ok().filter(|length| *length <= 8)?)) - 1;
    let plain = whole & ones;
    Some((whole, (plain != ones).then_some(plain)))
}

/// Its track, its time, how it is packed, and one packet: with lacing (RFC 9559 section 10.3) there would be more.
fn block(mut body: &[u8]) -> Option<u64> {
    number(&mut body)?;
    match body {
        [_, _, flags, packet @ ..] if flags & 0b110 == 0 => samples(packet),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty-eight frames of 2.5 ms, and nothing in them: two bytes are 120 ms, the most there is.
    const DENSE: [u8; 2] = [0b1110_0011, 48];
    const OPUS: &[u8] = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0";

    fn page(flags: u8, packets: &[&[u8]]) -> Vec<u8> {
        let lengths: Vec<u8> = packets.iter().map(|packet| packet.len() as u8).collect();
        let head = [b"OggS\0".as_slice(), &[flags], &[0; 8], &[7, 7, 7, 7], &[0; 8], &[lengths.len() as u8]].concat();
        [head, lengths, packets.concat()].concat()
    }

    fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
        [id, &(1_u64 << 56 | body.len() as u64).to_be_bytes(), body].concat()
    }

    fn webm_of(track: &[u8], blocks: usize) -> Vec<u8> {
        let block = element(&[0xa3], &[&[0x81, 0, 0, 0x80], DENSE.as_slice()].concat());
        let cluster =
            [b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff".as_slice(), &element(&[0xe7], &[0]), &block.repeat(blocks)].concat();
        let tracks = element(&[0x16, 0x54, 0xae, 0x6b], &element(&[0xae], track));
        [element(&[0x1a, 0x45, 0xdf, 0xa3], b"head"), element(&[0x18, 0x53, 0x80, 0x67], &[tracks, cluster].concat())].concat()
    }

    fn opus_track() -> Vec<u8> {
        [element(&[0x86], b"A_OPUS"), element(&[0x63, 0xa2], OPUS), element(&[0xe1], &element(&[0x9f], &[1]))].concat()
    }

    #[test]
    fn the_seconds_of_an_opus_stream_are_those_of_its_packets() {
        let recorded = [page(2, &[OPUS]), page(0, &[b"OpusTags"]), page(4, &[&DENSE[..]; 250])].concat();
        assert_eq!(seconds(&recorded), Some(30));
        assert_eq!(seconds(&webm_of(&opus_track(), 250)), Some(30));
        // Twenty milliseconds of a voice, one frame; and the shortest.
        assert_eq!((samples(&[0x78]), samples(&[0x80])), (Some(960), Some(120)));
    }

    #[test]
    fn what_a_decoder_may_find_more_in_is_not_counted() {
        let eight = [OPUS[..9].to_vec(), vec![8], OPUS[10..].to_vec()].concat();
        let tracks = |track: &[u8]| seconds(&webm_of(track, 2));
        assert_eq!(tracks(&[element(&[0x86], b"A_FLAC"), element(&[0x63, 0xa2], OPUS)].concat()), None);
        assert_eq!(tracks(&element(&[0x86], b"A_OPUS")), None);
        assert_eq!(tracks(&[opus_track(), element(&[0x6d, 0x80], b"")].concat()), None);
        assert_eq!(tracks(&[element(&[0x86], b"A_OPUS"), element(&[0x63, 0xa2], &eight)].concat()), None);
        assert_eq!(tracks(&[opus_track(), element(&[0xe1], &element(&[0x9f], &[8]))].concat()), None);
        assert_eq!(seconds(&page(2, &[&eight])), None);
        assert_eq!(seconds(&[page(2, &[OPUS]), b"fLaC".to_vec()].concat()), None);
        assert_eq!(seconds(b"fLaC"), None);
        // A second stream behind the first, and one that reaches beyond what it lies in.
        let mut other = page(0, &[&DENSE]);
        other[14] = 8;
        assert_eq!(seconds(&[page(2, &[OPUS]), other].concat()), None);
        let mut longer = webm_of(&opus_track(), 2);
        longer.extend(element(&[0x18, 0x53, 0x80, 0x67], &[0xec, 0xff]));
        assert_eq!(seconds(&longer), None);
    }

    #[test]
    fn nothing_that_is_cut_short_or_turned_is_more_than_none() {
        for whole in [webm_of(&opus_track(), 3), [page(2, &[OPUS]), page(4, &[&DENSE[..]; 3])].concat()] {
            for end in 0..whole.len() {
                let _ = seconds(&whole[..end]);
                let mut turned = whole.clone();
                turned[end] ^= 0xff;
                let _ = seconds(&turned);
            }
        }
        assert_eq!(number(&mut [0_u8; 12].as_slice()), None);
    }
}
