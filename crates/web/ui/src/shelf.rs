//! The photos, films, files and links of a chat, newest first.

use crate::app::{App, Place};
use crate::icons::Icon;
use crate::parts::{media, picture, word_button};
use crate::time;
use crate::words::Word;
use leptos::ev;
use leptos::html::{a, button, div, h2, li, section, span, ul};
use leptos::prelude::*;
use view::{Bubble, MessageKind, Query, Shelf, View};

const PAGE: u32 = 30;

pub fn shelf(app: App, chat: i64) -> impl IntoView {
    section().attr("class", "card").child((
        h2().child(app.say(Word::MediaAndFiles)),
        rows(app, chat, Shelf::Media),
        rows(app, chat, Shelf::Files),
        rows(app, chat, Shelf::Links),
    ))
}

fn rows(app: App, chat: i64, what: Shelf) -> impl IntoView {
    let found = RwSignal::new(Vec::<Bubble>::new());
    let more = RwSignal::new(false);
    let load = move || {
        let before = found.with_untracked(|found| found.last().map(|bubble| bubble.row.id));
        app.ask(Query::Shelf { chat, what, before, limit: PAGE }, move |view| {
            if let View::Shelf(page) = view {
                more.set(page.len() == PAGE as usize);
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
                            picture(id, position, alt, "photo-picture", None).into_any()
                        }),
                )
            })
            .collect_view()
            .into_any(),
        Shelf::Files | Shelf::Voice => bubble
            .files
            .into_iter()
            .map(|item| {
                let name = item.row.name.clone();
                li().child(a().attr("class", "file").attr("href", media(id, item.position)).attr("download", name.clone()).child((
                    Icon::File.draw(),
                    span().attr("class", "file-name").child(name),
                    span().attr("class", "file-size").child(time::size(item.row.bytes)),
                )))
            })
            .collect_view()
            .into_any(),
        Shelf::Links => li()
            .child((div().attr("class", "text").child(crate::bubble::blocks(&bubble.row.text)), word_button("quiet", None, when, there)))
            .into_any(),
    }
}
