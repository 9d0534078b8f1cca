//! Pictures that somebody sends: made up, with keys of their own and no bytes anywhere.

use wire::content::{Attachment, AttachmentSecret, Attachments, Body, Class, Content, MediaType, Thumbnail};
use wire::{BlobId, Hash32};

/// A message with a picture, a small picture in it, and what opens it.
///
/// # Panics
/// Never: a JPEG is a type.
pub fn drawn(seed: [u8; 32]) -> Body {
    let part = |name: &str| Hash32::of(&[name.as_bytes(), &seed].concat()).0;
    let item = Attachment {
        class: Class::Photo,
        blob: BlobId(part("blob")),
        length: 1000,
        media_type: MediaType::new("image/jpeg").expect("a type"),
        file_name: None,
        sha256: Hash32(part("plain")),
        root: Hash32(part("root")),
        alt: "a drawing".into(),
        dimensions: Some((4, 3)),
        duration: None,
        original: false,
        thumbnail: Thumbnail::new([[0xff, 0xd8, 0xff].as_slice(), &part("small")].concat()).ok(),
        secret: Some(AttachmentSecret { key: part("key"), salt: part("salt") }),
    };
    Body::Attachments(Attachments { caption: None, items: vec![item] })
}

/// What must not be in compartment A of any report of this content: keys, and small pictures.
pub fn closed(content: &[u8]) -> Vec<Vec<u8>> {
    let Ok(content) = Content::decode(content) else { return vec![] };
    let mut parts = Vec::new();
    for file in content.body.attachments() {
        parts.extend(file.secret.iter().flat_map(|secret| [secret.key.to_vec(), secret.salt.to_vec()]));
        parts.extend(file.thumbnail.iter().map(|small| small.bytes().to_vec()).filter(|small| !small.is_empty()));
    }
    parts
}

/// Whether one of these is in some bytes.
pub fn holds(bytes: &[u8], parts: &[Vec<u8>]) -> bool {
    parts.iter().any(|part| bytes.windows(part.len()).any(|window| window == part))
}
