//! From what is said to MIMI content.

use super::body::{Attachments, Body, Poll, Profile, Reach, RepairRequest};
use super::cbor::{Item, Writer};
use super::mimi::{Disposition, Part};
use super::{Attachment, Choice, PLAIN, STATUS_REPORT, attachment, fallback};
use crate::ids::MessageId;

/// What a body becomes: the relations, the data of its kind, and the parts.
pub(super) struct Shape {
    pub replaces: Option<MessageId>,
    pub in_reply_to: Option<MessageId>,
    pub data: Option<Item>,
    pub preview: Option<Item>,
    pub reach: Option<Item>,
    pub part: Part,
}

impl Shape {
    fn of_part(part: Part) -> Self {
        Self { replaces: None, in_reply_to: None, data: None, preview: None, reach: None, part }
    }

    /// A kind of ours: its fallback in front, its data in the extension.
    fn own(body: &Body, data: Option<Item>, pictures: Option<&Attachment>) -> Self {
        let words = Part::single(Disposition::RENDER, PLAIN, fallback::of(body));
        let parts = std::iter::once(words).chain(pictures.into_iter().flat_map(Attachment::to_parts));
        Self { data, ..Self::of_part(Part::all_of(parts.collect())) }
    }

    fn text(text: &super::Text) -> Self {
        let preview = text.preview.as_ref().map(|preview| {
            Item::build(|writer| {
                writer.array(3);
                [&preview.url, &preview.title, &preview.description].into_iter().for_each(|field| writer.text(field));
            })
        });
        let picture = text.preview.as_ref().and_then(|preview| preview.picture.as_ref());
        let parts = std::iter::once(text.to_part()).chain(picture.map(super::Thumbnail::to_part));
        Self { preview, ..Self::of_part(Part::all_of(parts.collect())) }
    }

    /// `None` for what is unknown: that is kept as it came.
    pub fn of(body: &Body) -> Option<Self> {
        Some(match body {
            Body::Text(text) => Self::text(text),
            Body::Edit { of, text } => Self { replaces: Some(*of), ..Self::text(text) },
            Body::Delete { of } => Self { replaces: Some(*of), ..Self::of_part(Part::null(Disposition::RENDER)) },
            Body::Unreact { reaction } => Self { replaces: Some(*reaction), ..Self::of_part(Part::null(Disposition::REACTION)) },
            Body::Reaction { to, emoji } => {
                let part = Part::single(Disposition::REACTION, PLAIN, emoji.as_str());
                Self { in_reply_to: Some(*to), ..Self::of_part(part) }
            }
            Body::Attachments(attachments) => Self::attachments(attachments),
            Body::Status(_) => Self::of_part(Part::single(Disposition::UNSPECIFIED, STATUS_REPORT, status_report(body))),
            Body::Sticker(sticker) => {
                let data = Item::build(|writer| {
                    writer.array(2);
                    writer.text(sticker.emoji.as_ref().map_or("", |emoji| emoji.as_str()));
                    sticker.picture.write_data(writer);
                });
                Self::own(body, Some(data), Some(&sticker.picture))
            }
            Body::Poll(poll) => Self::own(body, Some(poll_data(poll)), None),
            Body::Vote { poll, choices } => {
                let data = Item::build(|writer| {
                    writer.array(choices.len());
                    choices.iter().for_each(|choice| writer.uint((*choice).into()));
                });
                Self { in_reply_to: Some(*poll), ..Self::own(body, Some(data), None) }
            }
            Body::PollClose { poll: message } | Body::Pin { message } | Body::Unpin { message } => {
                Self { in_reply_to: Some(*message), ..Self::own(body, None, None) }
            }
            Body::ContactCard(card) => Self::own(body, Some(texts(&[&card.name, &card.link])), None),
            Body::GroupName(text) | Body::GroupDescription(text) => Self::own(body, Some(texts(&[text])), None),
            Body::GroupPicture(picture) => {
                let picture = picture.as_deref();
                Self::own(body, Some(attachment::data_of(picture.as_slice())), picture)
            }
            Body::Profile(profile) => {
                let reach = profile.reach.as_deref().map(reach);
                Self { reach, ..Self::own(body, Some(profile_data(profile)), profile.picture.as_ref()) }
            }
            Body::ExpirySetting(seconds) => {
                let data = Item::build(|writer| {
                    writer.array(seconds.iter().count());
                    seconds.iter().for_each(|seconds| writer.uint((*seconds).into()));
                });
                Self::own(body, Some(data), None)
            }
            Body::RepairRequest(request) => Self::own(body, Some(repair_data(request)), None),
            Body::Left => Self::own(body, None, None),
            Body::Unknown(_) => return None,
        })
    }

    fn attachments(attachments: &Attachments) -> Self {
        let caption = attachments.caption.iter().map(super::Text::to_part);
        let parts = caption.chain(attachments.items.iter().flat_map(Attachment::to_parts)).collect();
        let items: Vec<&Attachment> = attachments.items.iter().collect();
        Self { data: Some(attachment::data_of(&items)), ..Self::of_part(Part::all_of(parts)) }
    }
}

/// `[* [message id, status]]` (draft-mahy-mimi-message-status).
fn status_report(body: &Body) -> Vec<u8> {
    let mut writer = Writer::new();
    if let Body::Status(all) = body {
        writer.array(all.len());
        for one in all {
            writer.array(2);
            writer.bytes(&one.message.0);
            writer.uint(one.status.number().into());
        }
    }
    writer.finish()
}

fn texts(all: &[&str]) -> Item {
    Item::build(|writer| {
        writer.array(all.len());
        all.iter().for_each(|text| writer.text(text));
    })
}

fn poll_data(poll: &Poll) -> Item {
    Item::build(|writer| {
        writer.array(3);
        writer.text(&poll.question);
        writer.yes_or_no(poll.choice == Choice::Several);
        writer.array(poll.options.len());
        poll.options.iter().for_each(|option| writer.text(option));
    })
}

fn profile_data(profile: &Profile) -> Item {
    Item::build(|writer| {
        writer.array(3 + profile.picture.iter().count());
        writer.text(&profile.display_name);
        writer.text(&profile.username);
        writer.bytes(&profile.handle_cert);
        profile.picture.iter().for_each(|picture| picture.write_data(writer));
    })
}

fn reach(reach: &Reach) -> Item {
    Item::build(|writer| {
        writer.array(3);
        [&reach.inbox.0, reach.drop.expose(), reach.take.expose()].into_iter().for_each(|bytes| writer.bytes(bytes));
    })
}

fn repair_data(request: &RepairRequest) -> Item {
    Item::build(|writer| {
        writer.array(3);
        writer.bytes(&request.account.0);
        writer.bytes(&request.client.0);
        writer.array(request.counters.len());
        for range in &request.counters {
            writer.array(2);
            writer.uint(*range.start());
            writer.uint(*range.end());
        }
    })
}
