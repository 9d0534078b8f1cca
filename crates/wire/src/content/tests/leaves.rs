//! Leaves: what can be opened apart from the rest.

use super::*;
use crate::content::leaves::{join, split};
use proptest::prelude::*;

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

proptest! {
    #[test]
    fn leaves_join_to_the_content_they_were_cut_from(content in any::content()) {
        let bytes = content.encode().unwrap();
        let leaves = split(&bytes).unwrap();
        prop_assert_eq!(leaves[0].kind, LeafKind::Description);
        prop_assert_eq!(join(&leaves).unwrap(), bytes);
        prop_assert!(content.leaves().unwrap() == leaves);
    }

    #[test]
    fn the_description_holds_neither_key_nor_salt_nor_thumbnail(content in any::content()) {
        let leaves = content.leaves().unwrap();
        let description = leaves[0].bytes.expose();
        for attachment in content.body.attachments() {
            let secret = attachment.secret.as_ref().unwrap();
            prop_assert!(!contains(description, &secret.key) && !contains(description, &secret.salt));
            if let Some(thumbnail) = &attachment.thumbnail {
                prop_assert!(thumbnail.bytes().len() < 8 || !contains(description, thumbnail.bytes()));
            }
        }
    }

    #[test]
    fn the_description_says_everything_else(content in any::content()) {
        let leaves = content.leaves().unwrap();
        let described = Content::decode_description(leaves[0].bytes.expose()).unwrap();
        if content.kind() != Kind::Status {
            prop_assert!(!matches!(described.body, Body::Unknown(_)));
        }
        prop_assert_eq!((described.kind(), described.salt, described.reply_to), (content.kind(), content.salt, content.reply_to));
        prop_assert_eq!(described.fallback(), content.fallback());
        for (known, whole) in described.body.attachments().into_iter().zip(content.body.attachments()) {
            prop_assert!(known.secret.is_none());
            let completed = Attachment { secret: whole.secret.clone(), thumbnail: whole.thumbnail.clone(), ..known.clone() };
            prop_assert!(completed == *whole);
        }
    }
}

#[test]
fn an_attachment_has_a_leaf_for_its_key_and_one_for_its_thumbnail() {
    let leaves = album(vec![photo(), Attachment { thumbnail: None, ..photo() }]).leaves().unwrap();
    let kinds: Vec<LeafKind> = leaves.iter().map(|leaf| leaf.kind).collect();
    assert_eq!(kinds, [LeafKind::Description, LeafKind::Key, LeafKind::Media, LeafKind::Key]);
    let key = [[0x83, 0x58, 0x20].as_slice(), &[0x10; 32], &[0x58, 0x20], &[0x11; 32], &[0x40]].concat();
    assert_eq!(leaves[1].bytes.expose(), key);
    assert_eq!(leaves[2].bytes.expose(), [0xff, 0xd8, 0xff, 0xe0, 7]);
}

#[test]
fn a_text_is_one_leaf() {
    let content = Content::new(salt(1), Body::Text(Text::markdown("hello")));
    let leaves = content.leaves().unwrap();
    assert_eq!(leaves.len(), 1);
    assert_eq!(leaves[0].bytes.expose(), content.encode().unwrap());
}

#[test]
fn pictures_of_other_systems_are_leaves_too() {
    let mut message = Message::decode(&Content::new(salt(1), Body::Text(Text::plain("hello"))).encode().unwrap()).unwrap();
    let picture = mimi::Part::single(mimi::Disposition::INLINE, "image/png", vec![5; 40]);
    message.part = mimi::Part::all_of(vec![message.part, picture]);
    let leaves = split(&message.encode().unwrap()).unwrap();
    assert_eq!(leaves.len(), 2);
    assert!(!contains(leaves[0].bytes.expose(), &[5; 40]));
}

#[test]
fn leaves_that_do_not_fit_are_refused() {
    let leaves = album(vec![photo()]).leaves().unwrap();
    let whole = album(vec![photo()]).encode().unwrap();
    let bytes: Vec<Vec<u8>> = leaves.iter().map(|leaf| leaf.bytes.expose().to_vec()).collect();
    assert_eq!(join::<Vec<u8>>(&[]), Err(Error::LeafCount));
    assert_eq!(join(&bytes[..2]), Err(Error::LeafCount));
    assert_eq!(join(&[bytes.clone(), vec![vec![]]].concat()), Err(Error::LeafCount));
    assert_eq!(join(&[whole.clone(), bytes[1].clone(), bytes[2].clone()]), Err(Error::LeafNotBlank));
    let mut keyed = Message::decode(&bytes[0]).unwrap();
    let mut pictured = keyed.clone();
    let at = |message: &mut Message, place: usize, change: fn(&mut Form)| {
        let Form::Multi { parts, .. } = &mut message.part.form else { panic!("one part") };
        change(&mut parts[place].form);
    };
    at(&mut keyed, 1, |form| {
        let Form::External(external) = form else { panic!("no attachment") };
        external.aad = mimi::SecretBytes::new(vec![1]);
    });
    at(&mut pictured, 2, |form| {
        let Form::Single { content, .. } = form else { panic!("no thumbnail") };
        content.push(1);
    });
    for message in [keyed, pictured] {
        let description = message.encode().unwrap();
        assert_eq!(join(&[description.clone(), bytes[1].clone(), bytes[2].clone()]), Err(Error::LeafNotBlank));
        assert_eq!(Content::decode_description(&description), Err(Error::LeafNotBlank));
    }
    let padded = [bytes[1].clone(), vec![0]].concat();
    assert_eq!(join(&[bytes[0].clone(), padded, bytes[2].clone()]), Err(Error::Trailing));
    assert_eq!(join(&[bytes[0].clone(), vec![0x83, 0x58, 0x00, 0x40, 0x40], bytes[2].clone()]), Err(Error::NotShortest));
    assert_eq!(join(&[bytes[0].clone(), vec![0x82, 0x40, 0x40], bytes[2].clone()]), Err(Error::ArrayLength));
    assert_eq!(join(&[bytes[0].clone(), bytes[1].clone(), vec![0; crate::limits::CONTENT_MAX]]), Err(Error::TooLarge));
}

#[test]
fn a_whole_message_is_no_description() {
    assert_eq!(Content::decode_description(&album(vec![photo()]).encode().unwrap()), Err(Error::LeafNotBlank));
}

#[test]
fn a_description_is_not_taken_for_a_message() {
    let leaves = album(vec![photo()]).leaves().unwrap();
    let content = Content::decode(leaves[0].bytes.expose()).unwrap();
    assert!(matches!(&content.body, Body::Unknown(unknown) if unknown.kind == Kind::Attachments));
}
