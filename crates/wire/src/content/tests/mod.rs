//! What content promises, as sentences.

mod any;
mod format;
mod hostile;
mod kinds;
mod leaves;
mod names;
mod vectors;

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn salt(byte: u8) -> Salt {
    Salt([byte; 16])
}

fn id(byte: u8) -> MessageId {
    let mut id = [byte; 32];
    id[0] = 1;
    MessageId(id)
}

fn photo() -> Attachment {
    Attachment {
        class: Class::Photo,
        blob: crate::ids::BlobId([0xb1; 32]),
        length: 123_456,
        media_type: MediaType::new("image/jpeg").unwrap(),
        file_name: Some(FileName::new("kite.jpg")),
        sha256: crate::ids::Hash32([0xc1; 32]),
        root: crate::ids::Hash32([0xd1; 32]),
        alt: "A red kite".to_owned(),
        dimensions: Some((640, 480)),
        duration: None,
        original: false,
        thumbnail: Some(Thumbnail::new(vec![0xff, 0xd8, 0xff, 0xe0, 7]).unwrap()),
        secret: Some(AttachmentSecret { key: [0x10; 32], salt: [0x11; 32] }),
    }
}

fn album(items: Vec<Attachment>) -> Content {
    Content::new(salt(9), Body::Attachments(Attachments { caption: Some(Text::plain("our day")), items }))
}
