//! Looking for names and messages.

use crate::app::{App, Place};
use crate::around::around;
use crate::chat::long;
use crate::html::prelude::*;
use crate::html::{div, h2, p, span, strong, ul};
use crate::list::{chat, kind_and_text, line_button};
use crate::parts::{avatar, called};
use crate::time;
use crate::words::Word;
use view::{ChatKind, Found, MessageKind, Query, SearchRow, View};
use wasm_bindgen_futures::spawn_local;

const LIMIT: u32 = 50;

/// What is found for the words, as they change.
pub fn results(app: App, words: RwSignal<String>) -> RwSignal<Option<Found>> {
    let results = RwSignal::new(None);
    as_typed(app, None, LIMIT, words, move |found| results.set(found));
    results
}

/// Tells what is found for the words, in one chat or in all, as they change; none: there are no words.
pub fn as_typed(app: App, chat: Option<i64>, limit: u32, words: RwSignal<String>, tell: impl Fn(Option<Found>) + Copy + 'static) {
    let looking = StoredValue::new(false);
    Effect::new(move |_| {
        if words.with(|words| words.trim().is_empty()) {
            tell(None);
        } else if looking.try_get_value() == Some(false) {
            looking.set_value(true);
            look(app, chat, limit, words, looking, tell);
        }
    });
}

/// One question at a time: somebody who types faster than it is answered is answered for the newest words.
fn look(
    app: App,
    chat: Option<i64>,
    limit: u32,
    words: RwSignal<String>,
    looking: StoredValue<bool>,
    tell: impl Fn(Option<Found>) + Copy + 'static,
) {
    let sought = words.get_untracked();
    spawn_local(async move {
        let answer = app.link().ask(Query::Search { words: sought.clone(), chat, limit }).await;
        // The part that asked may have gone.
        let Some(now) = words.try_get_untracked() else { return };
        if now != sought && !now.trim().is_empty() {
            return look(app, chat, limit, words, looking, tell);
        }
        looking.set_value(false);
        match answer {
            _ if now.trim().is_empty() => {}
            Ok(View::Search(found)) => tell(Some(found)),
            Ok(_) => {}
            Err(why) => app.refused(&why),
        }
    });
}

/// A message that was found, in its chat.
fn message(app: App, row: &SearchRow, words: &str) -> impl IntoView + use<> {
    let line = app.chats.with_untracked(|all| all.iter().find(|line| line.row.id == row.chat).cloned());
    let group = line.as_ref().is_some_and(|line| line.row.kind == ChatKind::Group);
    let key = line.as_ref().and_then(|line| line.peer.clone()).unwrap_or_else(|| format!("group {}", row.chat_name));
    let sender = match row.sender.as_str() {
        "me" => format!("{}: ", app.say(Word::You)),
        // Of two the other is named above.
        _ if line.is_some() && !group => String::new(),
        other => format!("{other}: "),
    };
    let said = kind_and_text(app, MessageKind::Text, &row.text);
    let [before, found, after] = around(&said, words).unwrap_or_else(|| [said, String::new(), String::new()]);
    (
        avatar(&row.chat_name, &key),
        span().attr("class", "found").child((
            span().attr("class", "found-head").child((
                span()
                    .attr("class", "chat-name")
                    .child(called(&row.chat_name, line.as_ref().and_then(|line| line.display_name.as_deref()))),
                span().attr("class", "time").child(time::short(app, row.sent_ms)),
            )),
            span().attr("class", "chat-last").child((sender, before, strong().child(found), after)),
        )),
    )
}

pub fn found(app: App, words: RwSignal<String>, results: RwSignal<Option<Found>>) -> impl IntoView {
    move || {
        results.get().map(|found| {
            let sought = words.get_untracked();
            // Who has a chat that is found already is not shown twice.
            let shown: Vec<i64> = found.chats.iter().map(|line| line.row.id).collect();
            let people: Vec<_> = found.contacts.into_iter().filter(|row| row.chat.is_some_and(|chat| !shown.contains(&chat))).collect();
            let nothing = found.chats.is_empty() && found.messages.is_empty() && people.is_empty();
            let messages: Vec<_> = found
                .messages
                .into_iter()
                .map(|row| {
                    let (id, at) = (row.chat, row.id);
                    line_button(message(app, &row, &sought), move |_| {
                        long::show_whole(app, at);
                        app.jump.set(Some((id, at)));
                        app.go(Place::Chat(id));
                    })
                })
                .collect();
            let count = found.chats.len() + people.len() + messages.len();
            let counted = if nothing { Word::NothingFound } else { Word::FoundCount };
            div().attr("class", "results").child((
                p().attr("class", "for-readers").attr("role", "status").child(app.say_with(counted, &[("n", &count.to_string())])),
                nothing.then(|| p().attr("class", "hint").attr("aria-hidden", "true").child(app.say(Word::NothingFound))),
                (!found.chats.is_empty()).then(|| {
                    (
                        h2().child(app.say(Word::FoundChats)),
                        ul().attr("class", "chats").child(found.chats.into_iter().map(|line| chat(app, line)).collect_view()),
                    )
                }),
                (!people.is_empty()).then(|| {
                    let lines = people.into_iter().map(|row| {
                        line_button(
                            (avatar(&row.name, &row.account), span().attr("class", "chat-name").child(row.name.clone())),
                            move |_| {
                                if let Some(chat) = row.chat {
                                    app.go(Place::Chat(chat));
                                }
                            },
                        )
                    });
                    (h2().child(app.say(Word::FoundContacts)), lines.collect_view())
                }),
                (!messages.is_empty()).then(|| (h2().child(app.say(Word::FoundMessages)), messages)),
            ))
        })
    }
}
