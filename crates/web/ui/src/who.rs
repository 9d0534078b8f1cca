//! Who can see this? What is known so far, for the chat that it is asked in.

use crate::app::App;
use crate::chat::detail;
use crate::icons::Icon;
use crate::parts::{dialog_about, fact};
use crate::words::Word;
use leptos::html::div;
use leptos::prelude::*;
use view::ChatKind;

/// The card, open while a chat is asked about.
pub fn who(app: App) -> impl IntoView {
    dialog_about(app, app.say(Word::WhoCanSee), app.who, move |chat| answers(app, chat))
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
            div().attr("class", "who").child((
                fact(Icon::Users, members),
                fact(Icon::Lock, app.say(Word::WhoEncrypted)),
                fact(Icon::Eye, app.say(Word::WhoDevice)),
                fact(Icon::Copy, app.say(Word::WhoKeeps)),
                fact(Icon::Info, app.say(Word::WhoServer)),
            ))
        })
    }
}
