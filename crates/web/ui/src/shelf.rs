//! The photos, films, files and links of a chat, newest first.

use crate::app::{App, Place};
use crate::icons::Icon;
use crate::parts::{picture, save, word_button};
use crate::time;
use crate::words::Word;
use leptos::ev;
use leptos::html::{button, div, h2, li, p, section, span, ul};
use leptos::prelude::*;
use view::{Bubble, MessageKind, Query, Shelf, View};

const PAGE: u32 = 30;

pub fn shelf(app: App, chat: i64) -> impl IntoView {
    let empty = RwSignal::new(true);
    section().attr("class", "card").child((
        h2().child(app.say(Word::MediaAndFiles)),
        rows(app, chat, Shelf::Media, empty),
        rows(app, chat, Shelf::Files, empty),
        rows(app, chat, Shelf::Links, empty),
        move || empty.get().then(|| p().attr("class", "hint").child(app.say(Word::NothingYet))),
    ))
}

/// `empty` becomes false when something is found.
fn rows(app: App, chat: i64, what: Shelf, empty: RwSignal<bool>) -> impl IntoView {
    let found = RwSignal::new(Vec::<Bubble>::new());
    let more = RwSignal::new(false);
    let load = move || {
        let before = found.with_untracked(|found| found.last().map(|bubble| bubble.row.id));
        app.ask(Query::Shelf { chat, what, before, limit: PAGE }, move |view| {
            if let View::Shelf(page) = view {
                more.set(page.len() == PAGE as usize);
                if !page.is_empty() {
                    empty.set(false);
                }
                found.update(|found| found.extend(page));
            }
        });
    };
    load();
    (
        ul().attr("class", if what == Shelf::Media { "shelf pictures" } else { "shelf" })
            .child(move || found.get().into_iter().map(|bubble| line(app, chat, what, bubble)).collect_view()),
        move || more.get().then(|| word_button("quiet", Some(Icon::ArrowDown), app.say(Word::More), move |_| load())),
    )
}

fn line(app: App, chat: i64, what: Shelf, bubble: Bubble) -> AnyView {
    let id = bubble.row.id;
    let there = move |_: ev::MouseEvent| {
        app.jump.set(Some((chat, id)));
        app.go(Place::Chat(chat));
    };
    let when = time::full(bubble.row.sent_ms);
    match what {
        Shelf::Media => bubble
            .files
            .into_iter()
            .map(|item| {
                let position = item.position;
                let alt = item.row.alt.unwrap_or_default();
                let label = if alt.is_empty() { when.clone() } else { format!("{alt}, {when}") };
                let film = item.kind == MessageKind::Video;
                li().child(
                    button()
                        .attr("type", "button")
                        .attr("class", "photo")
                        .attr("aria-label", label)
                        .on(ev::click, move |event| if film { there(event) } else { app.viewing.set(Some((id, position))) })
                        .child(if film {
                            Icon::Play.draw().into_any()
                        } else {
                            picture(id, position, alt, "photo-picture", None, |_| {}).into_any()
                        }),
                )
            })
            .collect_view()
            .into_any(),
        Shelf::Files | Shelf::Voice => bubble
            .files
            .into_iter()
            .map(|item| {
                let (name, saved) = (item.row.name.clone(), item.row.name.clone());
                li().child(
                    button()
                        .attr("type", "button")
                        .attr("class", "file")
                        .on(ev::click, move |_| save(app, id, item.position, saved.clone()))
                        .child((
                            Icon::File.draw(),
                            span().attr("class", "file-name").child(name),
                            span().attr("class", "file-size").child(time::size(item.row.bytes)),
                        )),
                )
            })
            .collect_view()
            .into_any(),
        Shelf::Links => li()
            .child((div().attr("class", "text").child(crate::bubble::blocks(&bubble.row.text)), word_button("quiet", None, when, there)))
            .into_any(),
    }
}
