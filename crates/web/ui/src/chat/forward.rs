//! Chats to send something to: what is passed on, and what another app shares.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, input, label, p, span};
use crate::icons::Icon;
use crate::parts::{avatar, called};
use crate::words::Word;
use view::{ChatLine, ChatState};

/// Chats that one thing is passed on to at most.
const CHATS_MAX: usize = 5;

/// Chats in which one can write, as far as their names contain the words.
pub fn writable(app: App, words: &str) -> Vec<ChatLine> {
    let words = words.trim().to_lowercase();
    let has = |name: &str| name.to_lowercase().contains(&words);
    let mut lines = app.chats.get();
    lines.retain(|line| {
        let open = matches!(line.row.state, ChatState::Active | ChatState::Broken | ChatState::Waiting) && !line.blocked;
        open && (has(&line.row.name) || line.display_name.as_deref().is_some_and(has))
    });
    lines
}

/// A field to look for names.
pub fn name_field(app: App, words: RwSignal<String>) -> impl IntoView {
    input()
        .attr("type", "search")
        .attr("aria-label", app.say(Word::SearchNames))
        .attr("placeholder", app.say(Word::SearchNames))
        .prop("value", move || words.get())
        .on(ev::input, move |event| words.set(event_target_value(&event)))
}

/// Several chats, and then one button.
pub fn choose_chats(app: App, done: impl Fn(Vec<i64>) + Copy + Send + 'static) -> impl IntoView {
    let to = RwSignal::new(Vec::<i64>::new());
    let words = RwSignal::new(String::new());
    let toggle = move |id: i64| {
        to.update(|to| match to.iter().position(|other| *other == id) {
            Some(at) => {
                to.remove(at);
            }
            None if to.len() < CHATS_MAX => to.push(id),
            None => {}
        });
    };
    let full = move || to.with(Vec::len) >= CHATS_MAX;
    let line = move |line: ChatLine| {
        let id = line.row.id;
        let key = line.peer.clone().unwrap_or_else(|| format!("group {}", line.row.name));
        label().attr("class", "choice").child((
            input()
                .attr("type", "checkbox")
                .prop("checked", move || to.with(|to| to.contains(&id)))
                .prop("disabled", move || full() && !to.with(|to| to.contains(&id)))
                .on(ev::change, move |_| toggle(id)),
            avatar(&line.row.name, &key),
            span().attr("class", "chat-name").child(called(&line.row.name, line.display_name.as_deref())),
        ))
    };
    div().attr("class", "choices").child((
        name_field(app, words),
        div().attr("class", "choice-list").child(move || {
            let lines = writable(app, &words.get());
            let nothing = lines.is_empty().then(|| p().attr("class", "hint").child(app.say(Word::NothingFound)));
            (nothing, lines.into_iter().map(line).collect_view())
        }),
        move || full().then(|| p().attr("class", "hint").attr("role", "status").child(app.say(Word::ForwardMost))),
        button()
            .attr("type", "button")
            .attr("class", "word-button main")
            .prop("disabled", move || to.with(Vec::is_empty))
            .on(ev::click, move |_| done(to.get_untracked()))
            .child((Icon::Send.draw(), span().child(app.say(Word::Send)))),
    ))
}
