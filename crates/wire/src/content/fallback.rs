//! Plain words for clients that do not know a kind.
//!
//! For a kind of ours they follow from its data alone and are checked on receipt, so that a sender cannot show one thing to new clients and
//! another to old ones. The wording is therefore part of the format and never changes; what people of this version read is not these words.

use super::body::{Body, Choice};
use super::mimi::{Form, Message};
use super::{MARKDOWN, PLAIN};

/// The fallback of a kind that MIMI has no form for.
pub(super) fn of(body: &Body) -> String {
    match body {
        Body::Sticker(sticker) => sticker.emoji.as_ref().map_or("Sticker", |emoji| emoji.as_str()).to_owned(),
        Body::Poll(poll) => {
            let choose = match poll.choice {
                Choice::One => "one",
                Choice::Several => "any",
            };
            let options = poll.options.iter().enumerate().map(|(place, option)| format!("\n{}. {option}", place + 1));
            format!("Poll, choose {choose}: {}{}", poll.question, options.collect::<String>())
        }
        Body::Vote { choices, .. } if choices.is_empty() => "Took back a vote.".to_owned(),
        Body::Vote { choices, .. } => {
            let choices: Vec<String> = choices.iter().map(|choice| (u16::from(*choice) + 1).to_string()).collect();
            format!("Voted: {}", choices.join(", "))
        }
        Body::PollClose { .. } => "Closed the poll.".to_owned(),
        Body::Pin { .. } => "Pinned this message.".to_owned(),
        Body::Unpin { .. } => "Unpinned this message.".to_owned(),
        Body::ContactCard(card) => format!("Contact: {}\n{}", card.name, card.link),
        Body::GroupName(name) => format!("Named the group: {name}"),
        Body::GroupDescription(text) if text.is_empty() => "Removed the group's description.".to_owned(),
        Body::GroupDescription(text) => format!("Described the group: {text}"),
        Body::GroupPicture(None) => "Removed the group's picture.".to_owned(),
        Body::GroupPicture(Some(_)) => "Changed the group's picture.".to_owned(),
        Body::Profile(profile) => format!("Is called: {}", profile.display_name),
        Body::ExpirySetting(None) => "Messages no longer disappear.".to_owned(),
        Body::ExpirySetting(Some(seconds)) => format!("Messages disappear {seconds} seconds after they are read."),
        Body::RepairRequest(_) => "Asked for missing messages again.".to_owned(),
        Body::Left => "Left the chat.".to_owned(),
        _ => String::new(),
    }
}

/// The first words in any content: a text, else what an external part says of itself.
pub(super) fn found_in(message: &Message) -> String {
    let parts = message.parts();
    let texts = parts.iter().filter_map(|part| match &part.form {
        Form::Single { content_type, content } if content_type == PLAIN || content_type == MARKDOWN => std::str::from_utf8(content).ok(),
        _ => None,
    });
    let descriptions = parts.iter().filter_map(|part| match &part.form {
        Form::External(external) => Some(external.description.as_str()),
        _ => None,
    });
    texts.chain(descriptions).find(|words| !words.is_empty()).unwrap_or_default().to_owned()
}
