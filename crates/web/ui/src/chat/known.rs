//! How do you know them? Asked once of a new contact, told nobody.

use crate::app::App;
use crate::focus;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{div, h2, input, label, p, section, span};
use crate::icons::Icon;
use crate::parts::{short_name, word_button};
use crate::words::Word;
use view::{ChatDetail, ChatState, Command, How, Knows, Met};

/// Between what was said and where one writes.
pub fn question(app: App, chat: i64, detail: RwSignal<Option<ChatDetail>>) -> impl IntoView {
    // Shown to whoever has just said that they know them from elsewhere, until it is read.
    let careful = RwSignal::new(false);
    let asked = Memo::new(move |_| {
        let found = detail.get().filter(|detail| detail.knows.is_none() && is_new(detail))?;
        Some(short_name(&found.line.row.name, found.line.display_name.as_deref()))
    });
    move || match (asked.get(), careful.get()) {
        (_, true) => Some(careful_words(app, careful).into_any()),
        (Some(name), false) => Some(ask(app, chat, &name, careful).into_any()),
        (None, false) => None,
    }
}

/// Somebody who came by a link, in a chat that goes on.
fn is_new(detail: &ChatDetail) -> bool {
    let by_link = detail.met.as_ref().is_some_and(|met| met.how != How::Group);
    by_link && detail.line.row.state == ChatState::Active && !detail.line.blocked
}

fn ask(app: App, chat: i64, name: &str, careful: RwSignal<bool>) -> impl IntoView + use<> {
    let title = app.say_with(Word::KnowTitle, &[("name", name)]);
    let answer = move |word: Word, how: Knows| {
        word_button("quiet", None, app.say(word), move |_| {
            app.act(Command::Know { chat, how }, move |_| {
                careful.set(how != Knows::InLife);
                if how == Knows::InLife {
                    on_to_write();
                }
            });
        })
    };
    section().attr("class", "known-question card").attr("aria-label", title.clone()).child((
        h2().child(title),
        p().attr("class", "hint").child(app.say(Word::KnowText)),
        div().attr("class", "row").child((
            answer(Word::KnowLife, Knows::InLife),
            answer(Word::KnowOnline, Knows::Online),
            answer(Word::KnowUnsure, Knows::Unsure),
        )),
    ))
}

/// The card goes, and with it what had the focus: whoever answered goes on with the chat.
fn on_to_write() {
    if !focus::touched() {
        request_animation_frame(|| focus::go(&[".composer textarea"]));
    }
}

/// The same in the details of a chat, where the answer can be changed.
pub fn in_details(app: App, chat: i64, name: &str, met: Option<&Met>, now: Option<Knows>) -> Option<impl IntoView + use<>> {
    met.filter(|met| met.how != How::Group)?;
    let title = app.say_with(Word::KnowTitle, &[("name", name)]);
    let choice = move |word: Word, how: Knows| {
        label().attr("class", "choice").child((
            input().attr("type", "radio").attr("name", "known").prop("checked", now == Some(how)).on(ev::change, move |_| {
                app.act(Command::Know { chat, how }, |_| {});
            }),
            span().child(app.say(word)),
        ))
    };
    Some(section().attr("class", "card").attr("aria-label", title.clone()).child((
        h2().child(title.clone()),
        p().attr("class", "hint").child(app.say(Word::KnowText)),
        div().attr("role", "radiogroup").attr("aria-label", title).child((
            choice(Word::KnowLife, Knows::InLife),
            choice(Word::KnowOnline, Knows::Online),
            choice(Word::KnowUnsure, Knows::Unsure),
        )),
    )))
}

fn careful_words(app: App, careful: RwSignal<bool>) -> impl IntoView {
    section().attr("class", "known-question card").attr("role", "status").child((
        p().child(app.say(Word::KnowCareful)),
        div().attr("class", "row").child((
            word_button("main", Some(Icon::Check), app.say(Word::Understood), move |_| {
                careful.set(false);
                on_to_write();
            }),
            word_button("quiet", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help()),
        )),
    ))
}
