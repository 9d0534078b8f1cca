//! Looking for names and messages.

use crate::app::{App, Place};
use crate::list::{chat, kind_and_text, line_button};
use crate::time;
use crate::words::Word;
use leptos::html::{div, h2, p, span, ul};
use leptos::prelude::*;
use std::time::Duration;
use view::{Found, MessageKind, Query, View};

/// While somebody types, one waits for this long before one looks.
const PAUSE: Duration = Duration::from_millis(150);
const LIMIT: u32 = 50;

/// What is found for the words, as they change.
pub fn results(app: App, words: RwSignal<String>) -> RwSignal<Option<Found>> {
    let results = RwSignal::new(None);
    let look = leptos::leptos_dom::helpers::debounce(PAUSE, move |sought: String| {
        app.ask(Query::Search { words: sought.clone(), chat: None, limit: LIMIT }, move |view| {
            // What comes too late is not shown.
            if words.get_untracked() == sought
                && let View::Search(found) = view
            {
                results.set(Some(found));
            }
        });
    });
    let look = StoredValue::new_local(look);
    Effect::new(move |_| {
        let sought = words.get();
        if sought.trim().is_empty() {
            results.set(None);
        } else {
            look.update_value(|look| look(sought));
        }
    });
    results
}

pub fn found(app: App, results: RwSignal<Option<Found>>) -> impl IntoView {
    move || {
        results.get().map(|found| {
            let nothing = found.chats.is_empty() && found.messages.is_empty();
            let messages: Vec<_> = found
                .messages
                .into_iter()
                .map(|row| {
                    let (id, message) = (row.chat, row.id);
                    line_button(
                        span().attr("class", "found").child((
                            span().attr("class", "found-head").child((
                                span().attr("class", "chat-name").child(row.chat_name),
                                span().attr("class", "time").child(time::short(app, row.sent_ms)),
                            )),
                            span().attr("class", "chat-last").child((
                                format!("{}: ", if row.sender == "me" { app.say(Word::You) } else { row.sender }),
                                kind_and_text(app, MessageKind::Text, &row.text),
                            )),
                        )),
                        move |_| {
                            app.jump.set(Some((id, message)));
                            app.go(Place::Chat(id));
                        },
                    )
                })
                .collect();
            div().attr("class", "results").attr("role", "status").child((
                nothing.then(|| p().attr("class", "hint").child(app.say(Word::NothingFound))),
                (!found.chats.is_empty()).then(|| {
                    (
                        h2().child(app.say(Word::FoundChats)),
                        ul().attr("class", "chats").child(found.chats.into_iter().map(|line| chat(app, line)).collect_view()),
                    )
                }),
                (!messages.is_empty()).then(|| (h2().child(app.say(Word::FoundMessages)), messages)),
            ))
        })
    }
}
