//! The photos, films, files, voice messages and links of a chat, newest first.

use crate::app::{App, Place};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, h2, h3, li, p, section, span, ul};
use crate::icons::Icon;
use crate::markdown;
use crate::notice::looking::{self, Covers};
use crate::parts::{PICTURE_BY_ITSELF_MAX, icon_button, picture, save, word_button};
use crate::time;
use crate::words::Word;
use crate::words::cautions::Caution;
use view::{Bubble, FileItem, MessageKind, Query, Shelf, View};

const PAGE: u32 = 30;

pub fn shelf(app: App, chat: i64) -> impl IntoView {
    let empty = RwSignal::new(true);
    section().attr("class", "card").child((
        h2().child(app.say(Word::MediaAndFiles)),
        rows(app, chat, Shelf::Media, Word::ShelfMedia, empty),
        rows(app, chat, Shelf::Files, Word::ShelfFiles, empty),
        rows(app, chat, Shelf::Voice, Word::ShelfVoice, empty),
        rows(app, chat, Shelf::Links, Word::ShelfLinks, empty),
        move || empty.get().then(|| p().attr("class", "hint").child(app.say(Word::NothingYet))),
    ))
}

/// `empty` becomes false when something is found.
fn rows(app: App, chat: i64, what: Shelf, title: Word, empty: RwSignal<bool>) -> impl IntoView {
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
        move || found.with(|found| !found.is_empty()).then(|| h3().child(app.say(title))),
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
    let items = bubble.files.clone().into_iter();
    match what {
        Shelf::Media => {
            let covers = Covers::from(&bubble);
            items.map(|item| media(app, covers, when.clone(), item, there)).collect_view().into_any()
        }
        Shelf::Files => items.map(|item| file(app, id, item, there)).collect_view().into_any(),
        Shelf::Voice => items
            .map(|item| {
                let (when, place) = (when.clone(), (id, item.position));
                move || {
                    if crate::chat::voice::is_too_large(&item.row) || app.unplayable.with(|all| all.contains(&place)) {
                        return file(app, id, item.clone(), there).into_any();
                    }
                    let lost = move || {
                        app.unplayable.update(|all| {
                            all.insert(place);
                        });
                    };
                    let player = crate::chat::voice::player(app, id, item.position, &item.row, lost);
                    let when = span().attr("class", "hint").child(when.clone());
                    li().attr("class", "shelf-line").child((player, when, to_chat(app, there))).into_any()
                }
            })
            .collect_view()
            .into_any(),
        Shelf::Links => {
            let (beginning, _) = markdown::beginning(markdown::parse(&bubble.row.text));
            let text = div().attr("class", "text").attr("dir", "auto").child(crate::chat::bubble::drawn(beginning));
            li().attr("class", "shelf-line").child((text, span().attr("class", "hint").child(when), to_chat(app, there))).into_any()
        }
    }
}

fn to_chat(app: App, there: impl FnMut(ev::MouseEvent) + 'static) -> impl IntoView {
    icon_button(Icon::Forward, app.say(Word::ShowInChat), there)
}

/// What is covered is fetched as what is not: by that nobody can tell who has it covered.
fn media(app: App, covers: Covers, when: String, item: FileItem, there: impl Fn(ev::MouseEvent) + 'static) -> impl IntoView {
    let (id, position) = (covers.message, item.position);
    let closed = Memo::new(move |_| app.is_covered(covers));
    let alt = item.row.alt.unwrap_or_default();
    let film = item.kind == MessageKind::Video;
    let large = item.row.bytes > PICTURE_BY_ITSELF_MAX;
    let kind = app.say(if film { Word::Video } else { Word::Photo });
    let label = if alt.is_empty() { format!("{kind}, {when}") } else { format!("{kind}: {alt}, {when}") };
    let label = if large { format!("{label}, {}", time::size(item.row.bytes)) } else { label };
    let covered = app.say_with(Caution::CurtainShelf, &[("time", &when)]);
    let press = move |event| match film || closed.get_untracked() {
        true => there(event),
        false => app.viewing.set(Some((id, position))),
    };
    // A large one comes when it is asked for, in the chat or the viewer.
    let shown = (!film && !large).then(|| {
        let came = move |event: ev::Event| looking::came(app, covers, position, &event);
        picture(id, position, alt, "photo-picture", None, came, move |_| looking::failed(app, covers, position))
    });
    li().child(
        button()
            .attr("type", "button")
            .attr("class", "photo")
            .class(("covered", move || closed.get()))
            .attr("data-photo", crate::chat::viewer::name((id, position)))
            .attr("aria-label", move || if closed.get() { covered.clone() } else { label.clone() })
            .on(ev::click, press)
            .child((shown, move || match (closed.get(), film) {
                (true, _) => Some(Icon::Eye.draw()),
                (false, true) => Some(Icon::Play.draw()),
                (false, false) => large.then(|| Icon::Image.draw()),
            })),
    )
}

fn file(app: App, id: i64, item: FileItem, there: impl FnMut(ev::MouseEvent) + 'static) -> impl IntoView {
    let (name, position) = (item.row.name.clone(), item.position);
    li().attr("class", "shelf-line").child((
        button().attr("type", "button").attr("class", "file").on(ev::click, move |_| save(app, id, position, item.row.name.clone())).child(
            (
                Icon::File.draw(),
                span().attr("class", "file-name").child(name),
                span().attr("class", "file-size").child(time::size(item.row.bytes)),
            ),
        ),
        to_chat(app, there),
    ))
}
