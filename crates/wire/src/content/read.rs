//! From MIMI content to what is said.
//!
//! Reading here may be generous about what it does not look at: [`super::Content`] compares what was read, written again, with what came, so
//! that nothing in a message of a known kind can hide from the people who see it.

use super::body::{Attachments, Body, Choice, ContactCard, MessageStatus, Poll, Profile, Reach, RepairRequest, Status, Sticker};
use super::cbor::{Item, Reader};
use super::error::Error;
use super::kind::Kind;
use super::limits::*;
use super::mimi::{Form, Message, Part, exactly, narrow, read_message_id};
use super::{Attachment, Class, Emoji, LinkPreview, Reading, Text, Thumbnail, keys};
use crate::ids::{AccountId, ClientId, LogId, MessageId, PassToken, TakePass};

/// The body of a message whose kind is known.
pub(super) fn body(kind: Kind, message: &Message, reading: Reading) -> Result<Body, Error> {
    let target = || message.in_reply_to.ok_or(Error::Shape);
    let replaced = || message.replaces.ok_or(Error::Shape);
    Ok(match kind {
        Kind::Text => Body::Text(text(message, reading)?),
        Kind::Edit => Body::Edit { of: replaced()?, text: text(message, reading)? },
        Kind::Delete => Body::Delete { of: replaced()? },
        Kind::Unreact => Body::Unreact { reaction: replaced()? },
        Kind::Reaction => Body::Reaction { to: target()?, emoji: Emoji::new(&Text::from_part(&message.part)?.text)? },
        Kind::Attachments => Body::Attachments(attachments(message, reading)?),
        Kind::Status => Body::Status(status(message)?),
        Kind::Sticker => Body::Sticker(Box::new(sticker(message, reading)?)),
        Kind::Poll => Body::Poll(data(message, poll)?),
        Kind::Vote => Body::Vote { poll: target()?, choices: data(message, choices)? },
        Kind::PollClose => Body::PollClose { poll: target()? },
        Kind::Pin => Body::Pin { message: target()? },
        Kind::Unpin => Body::Unpin { message: target()? },
        Kind::ContactCard => Body::ContactCard(data(message, contact_card)?),
        Kind::GroupName => Body::GroupName(data(message, |reader| {
            exactly(reader, 1)?;
            words(reader, 1..=GROUP_NAME_MAX)
        })?),
        Kind::GroupDescription => Body::GroupDescription(data(message, |reader| {
            exactly(reader, 1)?;
            words(reader, 0..=GROUP_DESCRIPTION_MAX)
        })?),
        Kind::GroupPicture => Body::GroupPicture(group_picture(message, reading)?),
        Kind::Profile => Body::Profile(Box::new(profile(message, reading)?)),
        Kind::ExpirySetting => Body::ExpirySetting(data(message, expiry_setting)?),
        Kind::RepairRequest => Body::RepairRequest(data(message, repair_request)?),
        Kind::Left => Body::Left,
        Kind::Foreign | Kind::Later(_) => return Err(Error::Shape),
    })
}

/// Reads the data of a kind, all of it.
fn data<T>(message: &Message, read: impl FnOnce(&mut Reader) -> Result<T, Error>) -> Result<T, Error> {
    whole(message.extensions.get(&keys::DATA).ok_or(Error::Shape)?, read)
}

fn whole<T>(item: &Item, read: impl FnOnce(&mut Reader) -> Result<T, Error>) -> Result<T, Error> {
    let mut reader = Reader::new(item.as_bytes());
    let value = read(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn words(reader: &mut Reader, bytes: std::ops::RangeInclusive<usize>) -> Result<String, Error> {
    match reader.text()? {
        text if text.len() > *bytes.end() => Err(Error::TooLong),
        text if text.len() < *bytes.start() => Err(Error::Empty),
        text => Ok(text.to_owned()),
    }
}

fn list<T>(
    reader: &mut Reader,
    count: std::ops::RangeInclusive<usize>,
    mut read: impl FnMut(&mut Reader) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    match usize::try_from(reader.array()?) {
        Ok(items) if items < *count.start() => Err(Error::Empty),
        Ok(items) if items <= *count.end() => (0..items).map(|_| read(reader)).collect(),
        _ => Err(Error::TooLong),
    }
}

/// The parts that are shown one after the other: those of the outermost multipart, or the only one.
fn parts(message: &Message) -> &[Part] {
    match &message.part.form {
        Form::Multi { parts, .. } => parts,
        _ => std::slice::from_ref(&message.part),
    }
}

fn text(message: &Message, reading: Reading) -> Result<Text, Error> {
    let (first, rest) = parts(message).split_first().ok_or(Error::Shape)?;
    let mut text = Text::from_part(first)?;
    if let Some(item) = message.extensions.get(&keys::PREVIEW) {
        let picture = rest.first().and_then(|part| Thumbnail::from_part(part, reading)).transpose()?;
        text.preview = Some(whole(item, |reader| {
            exactly(reader, 3)?;
            let (url, title, description) = (reader.text()?.to_owned(), reader.text()?.to_owned(), reader.text()?.to_owned());
            LinkPreview { url, title, description, picture }.check()
        })?);
    }
    Ok(text)
}

fn attachments(message: &Message, reading: Reading) -> Result<Attachments, Error> {
    let mut parts = parts(message).iter().peekable();
    let caption = parts.peek().and_then(|part| Text::from_part(part).ok());
    if caption.is_some() {
        parts.next();
    }
    let items = data(message, |reader| list(reader, 1..=ATTACHMENTS_MAX, |reader| Attachment::read(&mut parts, reader, reading)))?;
    if items.iter().any(|item| item.class == Class::Sticker) { Err(Error::Shape) } else { Ok(Attachments { caption, items }) }
}

/// The one picture of a kind of ours, behind the fallback.
fn picture(message: &Message, reader: &mut Reader, reading: Reading) -> Result<Attachment, Error> {
    let mut parts = parts(message).get(1..).unwrap_or_default().iter().peekable();
    Attachment::read(&mut parts, reader, reading)
}

fn sticker(message: &Message, reading: Reading) -> Result<Sticker, Error> {
    let sticker = data(message, |reader| {
        exactly(reader, 2)?;
        let emoji = match reader.text()? {
            "" => None,
            emoji => Some(Emoji::new(emoji)?),
        };
        Ok(Sticker { emoji, picture: picture(message, reader, reading)? })
    })?;
    if sticker.picture.class == Class::Sticker { Ok(sticker) } else { Err(Error::Shape) }
}

fn group_picture(message: &Message, reading: Reading) -> Result<Option<Box<Attachment>>, Error> {
    data(message, |reader| match reader.array()? {
        0 => Ok(None),
        1 => picture(message, reader, reading).map(Box::new).map(Some),
        _ => Err(Error::ArrayLength),
    })
}

fn profile(message: &Message, reading: Reading) -> Result<Profile, Error> {
    let reach = message.extensions.get(&keys::REACH).map(|item| whole(item, reach)).transpose()?.map(Box::new);
    data(message, |reader| {
        let items = reader.array()?;
        if !matches!(items, 3 | 4) {
            return Err(Error::ArrayLength);
        }
        let (display_name, username) = (words(reader, 1..=NAME_MAX)?, words(reader, 0..=crate::limits::USERNAME_MAX)?);
        let handle_cert = reader.bytes()?.to_vec();
        if handle_cert.len() > PROFILE_CERT_MAX {
            return Err(Error::TooLong);
        }
        let picture = (items == 4).then(|| picture(message, reader, reading)).transpose()?;
        Ok(Profile { display_name, username, handle_cert, picture, reach })
    })
}

fn reach(reader: &mut Reader) -> Result<Reach, Error> {
    exactly(reader, 3)?;
    let mut next = || reader.bytes().and_then(|bytes| <[u8; 32]>::try_from(bytes).map_err(|_| Error::Shape));
    Ok(Reach { inbox: LogId(next()?), drop: PassToken::new(next()?), take: TakePass::new(next()?) })
}

fn status(message: &Message) -> Result<Vec<MessageStatus>, Error> {
    let Form::Single { content, .. } = &message.part.form else { return Err(Error::Shape) };
    let mut reader = Reader::new(content);
    let all = list(&mut reader, 1..=STATUS_MAX, |reader| {
        exactly(reader, 2)?;
        Ok(MessageStatus { message: read_message_id(reader)?, status: Status::from_number(narrow(reader.uint()?)?) })
    })?;
    reader.end()?;
    let mut ids: Vec<MessageId> = all.iter().map(|one| one.message).collect();
    ids.sort_unstable();
    let double = ids.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
    if double { Err(Error::Unsorted) } else { Ok(all) }
}

fn poll(reader: &mut Reader) -> Result<Poll, Error> {
    exactly(reader, 3)?;
    Ok(Poll {
        question: words(reader, 1..=POLL_QUESTION_MAX)?,
        choice: if reader.bool()? { Choice::Several } else { Choice::One },
        options: list(reader, POLL_OPTIONS_MIN..=POLL_OPTIONS_MAX, |reader| words(reader, 1..=POLL_OPTION_MAX))?,
    })
}

fn choices(reader: &mut Reader) -> Result<Vec<u8>, Error> {
    let choices: Vec<u8> = list(reader, 0..=POLL_OPTIONS_MAX, |reader| narrow(reader.uint()?))?;
    if choices.last().is_some_and(|last| usize::from(*last) >= POLL_OPTIONS_MAX) {
        return Err(Error::OutOfRange);
    }
    if choices.is_sorted_by(|a, b| a < b) { Ok(choices) } else { Err(Error::Unsorted) }
}

fn contact_card(reader: &mut Reader) -> Result<ContactCard, Error> {
    exactly(reader, 2)?;
    Ok(ContactCard { name: words(reader, 1..=NAME_MAX)?, link: words(reader, 1..=LINK_MAX)? })
}

fn expiry_setting(reader: &mut Reader) -> Result<Option<u32>, Error> {
    match reader.array()? {
        0 => Ok(None),
        1 => match narrow(reader.uint()?)? {
            0 => Err(Error::OutOfRange),
            seconds => Ok(Some(seconds)),
        },
        _ => Err(Error::ArrayLength),
    }
}

fn repair_request(reader: &mut Reader) -> Result<RepairRequest, Error> {
    exactly(reader, 3)?;
    let account = AccountId::try_from(reader.bytes()?).map_err(|_| Error::BytesLength)?;
    let client = ClientId::try_from(reader.bytes()?).map_err(|_| Error::BytesLength)?;
    let mut after = None;
    let counters = list(reader, 1..=REPAIR_RANGES_MAX, |reader| {
        exactly(reader, 2)?;
        let (from, to) = (reader.uint()?, reader.uint()?);
        // Ascending and apart, so that one set of counters has one form.
        if from > to || after.is_some_and(|after: u64| from <= after || from - after < 2) {
            return Err(Error::Unsorted);
        }
        after = Some(to);
        Ok(from..=to)
    })?;
    Ok(RepairRequest { account, client, counters })
}
