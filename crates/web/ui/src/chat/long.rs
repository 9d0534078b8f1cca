//! The text of a message, drawn as far as people write; the rest comes when it is asked for. How long a message is its sender decides, and not how
//! long the device of whoever reads it is busy with it.

use crate::app::App;
use crate::chat::bubble::drawn;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{Either, button, div, span};
use crate::markdown;
use crate::words::Word;

/// `class`: how the text looks.
pub fn text(app: App, message: i64, class: &'static str, text: &str) -> impl IntoView + use<> {
    let (beginning, is_all) = markdown::beginning(markdown::parse(text));
    if is_all {
        return Either::Left(div().attr("class", class).attr("dir", "auto").child(drawn(beginning)));
    }
    let text = text.to_owned();
    let whole = Memo::new(move |_| app.whole.with(|whole| whole.contains(&message)));
    let turn = move |event: ev::MouseEvent| {
        event.stop_propagation();
        app.whole.update(|whole| {
            if !whole.remove(&message) {
                whole.insert(message);
            }
        });
    };
    Either::Right((
        div().attr("class", class).attr("dir", "auto").child(move || {
            let all = markdown::parse(&text);
            drawn(if whole.get() { all } else { markdown::beginning(all).0 })
        }),
        // It stays where it is, with the focus, and says what it does by then.
        button()
            .attr("type", "button")
            .attr("class", "word-button quiet more-text")
            .on(ev::click, turn)
            .child(span().child(move || app.say(if whole.get() { Word::Less } else { Word::More }))),
    ))
}

/// What was found is shown whole: it may stand in what is left out.
pub fn show_whole(app: App, message: i64) {
    app.whole.update(|whole| {
        whole.insert(message);
    });
}
