//! Who can see this? What is known so far, for the chat that it is asked in.

use crate::app::App;
use crate::chat::detail;
use crate::icons::Icon;
use crate::parts::dialog;
use crate::words::Word;
use leptos::html::{div, p, span};
use leptos::prelude::*;
use view::ChatKind;

/// The card, open while a chat is asked about.
pub fn who(app: App) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(app.who.get().is_some()));
    Effect::new(move |_| {
        if !open.get() && app.who.get_untracked().is_some() {
            app.who.set(None);
        }
    });
    dialog(app, app.say(Word::WhoCanSee), open, move || app.who.get_untracked().map(|chat| answers(app, chat)))
}

fn answers(app: App, chat: i64) -> impl IntoView {
    let detail = detail(app, chat);
    move || {
        detail.get().map(|detail| {
            let row = &detail.line.row;
            let members = match row.kind {
                ChatKind::Two => app.say_with(Word::WhoTwo, &[("name", &row.name)]),
                ChatKind::Group => app.say_with(Word::WhoGroup, &[("n", &row.members.to_string())]),
            };
            let line = move |icon: Icon, words: String| p().attr("class", "who-line").child((icon.draw(), span().child(words)));
            div().attr("class", "who").child((
                line(Icon::Users, members),
                line(Icon::Lock, app.say(Word::WhoEncrypted)),
                line(Icon::Eye, app.say(Word::WhoDevice)),
                line(Icon::Copy, app.say(Word::WhoKeeps)),
                line(Icon::Info, app.say(Word::WhoServer)),
            ))
        })
    }
}
