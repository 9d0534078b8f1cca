//! Looking for words in one chat: what is found is shown where it was said, one after the other.

use crate::app::App;
use crate::chat::long;
use crate::chat::stream::Stream;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{self, div, input, span};
use crate::icons::Icon;
use crate::list::search::as_typed;
use crate::parts::icon_button;
use crate::words::Word;

const LIMIT: u32 = 200;

/// What was found, newest first, and which of it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Hits {
    messages: Vec<i64>,
    at: usize,
}

pub fn bar(app: App, stream: Stream, open: RwSignal<bool>) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let hits = RwSignal::new(None::<Hits>);
    as_typed(app, Some(stream.chat), LIMIT, words, move |found| {
        let messages: Option<Vec<i64>> = found.map(|found| found.messages.into_iter().map(|row| row.id).collect());
        if let Some(newest) = messages.as_ref().and_then(|messages| messages.first()) {
            show(app, stream, *newest);
        }
        hits.set(messages.map(|messages| Hits { messages, at: 0 }));
    });
    let step = move |by: isize| {
        hits.update(|hits| {
            let Some(hits) = hits.as_mut().filter(|hits| !hits.messages.is_empty()) else { return };
            hits.at = hits.at.saturating_add_signed(by).min(hits.messages.len() - 1);
            show(app, stream, hits.messages[hits.at]);
        });
    };
    let node = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(field) = node.get() {
            // A field that is not shown takes no focus.
            let _ = field.focus();
        }
    });
    let said = move || {
        hits.get().map(|hits| match hits.messages.len() {
            0 => app.say(Word::NothingFound),
            all => app.say_with(Word::FoundAt, &[("n", &(hits.at + 1).to_string()), ("m", &all.to_string())]),
        })
    };
    div().attr("class", "find").attr("role", "search").child((
        input()
            .node_ref(node)
            .attr("type", "search")
            .attr("aria-label", app.say(Word::SearchChat))
            .attr("placeholder", app.say(Word::SearchChat))
            .prop("value", move || words.get())
            .on(ev::input, move |event| words.set(event_target_value(&event)))
            .on(ev::keydown, move |event: ev::KeyboardEvent| match event.key().as_str() {
                "Enter" if event.shift_key() => step(-1),
                "Enter" => step(1),
                "Escape" => open.set(false),
                _ => {}
            }),
        span().attr("class", "hint").attr("role", "status").child(said),
        icon_button(Icon::ChevronUp, app.say(Word::FoundOlder), move |_| step(1)),
        icon_button(Icon::ChevronDown, app.say(Word::FoundNewer), move |_| step(-1)),
        icon_button(Icon::X, app.say(Word::Close), move |_| open.set(false)),
    ))
}

fn show(app: App, stream: Stream, message: i64) {
    long::show_whole(app, message);
    stream.show(message);
}
