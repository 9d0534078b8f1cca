//! Getting to know each other: own links, and those of others.

use crate::app::{App, Arrival, Place};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{code, div, form, h2, li, p, section, ul};
use crate::icons::Icon;
use crate::parts::{avatar, dialog, field, head, word_button};
use crate::time;
use crate::words::Word;
use view::{Card, Command, Event, LinkRow, Query, Refusal, Reply, View};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// For how many a link is, and for how long.
const USES: u32 = 1;
const DAYS: u32 = 1;

pub fn friends(app: App) -> impl IntoView {
    section().attr("class", "page").attr("aria-label", app.say(Word::FriendsTitle)).child((
        head(app, app.say(Word::FriendsTitle), move || app.go(Place::Chats)),
        div().attr("class", "page-body").child((open_link(app), own_links(app))),
    ))
}

/// Opens the link of somebody else.
fn open_link(app: App) -> impl IntoView {
    let given = if app.arrival == Arrival::Contact { window().location().href().unwrap_or_default() } else { String::new() };
    let link = RwSignal::new(if given.contains("/c#") { given } else { String::new() });
    let problem = RwSignal::new(None::<String>);
    let asked = RwSignal::new(false);
    let scanning = RwSignal::new(false);
    let ask = move || {
        // Gone again before the picture of a code was read.
        let Some(given) = link.try_get_untracked() else { return };
        problem.set(None);
        app.try_act(Command::AddContact { link: given.trim().to_owned() }, move |done| match done {
            Ok(_) => {
                asked.set(true);
                link.set(String::new());
            }
            Err(Refusal::AlreadyContact { name }) => {
                let chat = app.chats.with_untracked(|chats| chats.iter().find(|line| line.row.name == name).map(|line| line.row.id));
                match chat {
                    Some(chat) => app.go(Place::Chat(chat)),
                    None => problem.set(Some(app.locale.refusal(&Refusal::AlreadyContact { name }))),
                }
            }
            Err(why) => problem.set(Some(app.locale.refusal(&why))),
        });
    };
    form()
        .attr("class", "card")
        .on(ev::submit, move |event| {
            event.prevent_default();
            ask();
        })
        .child((
            h2().child(app.say(Word::OpenLink)),
            field(app.say(Word::PasteLink), None, "friend-link", link),
            p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
            p().attr("class", "good").attr("role", "status").child(move || asked.get().then(|| app.say(Word::AskSent))),
            div().attr("class", "row").child((
                word_button("main", Some(Icon::UserPlus), app.say(Word::Ask), move |_| ask()),
                word_button("quiet", Some(Icon::Qr), app.say(Word::ScanQr), move |_| scanning.set(true)),
            )),
            dialog(app, app.say(Word::ScanQr), scanning, move || {
                crate::list::qr::scanner(app, move |found| {
                    scanning.set(false);
                    link.set(found);
                    ask();
                })
            }),
        ))
}

/// Own links: making one is one tap, and it is copied, shared or shown.
fn own_links(app: App) -> impl IntoView {
    let links = RwSignal::new(Vec::<LinkRow>::new());
    let label = RwSignal::new(String::new());
    let ask = move || {
        app.ask(Query::Links, move |view| {
            if let View::Links(rows) = view {
                links.set(rows);
            }
        });
    };
    ask();
    app.listen(move |event| {
        if matches!(event, Event::LinksChanged | Event::RequestsChanged | Event::CaughtUp) {
            ask();
        }
    });
    let make = move || {
        let given = label.get_untracked().trim().to_owned();
        let given = if given.is_empty() { app.say(Word::YourLink) } else { given };
        app.act(Command::MakeLink { label: given, uses: USES, days: DAYS }, move |reply| {
            label.set(String::new());
            if let Reply::Link { url, .. } = reply {
                copy(app, &url);
            }
            ask();
        });
    };
    section().attr("class", "card").child((
        h2().child(app.say(Word::YourLink)),
        p().child(app.say(Word::YourLinkText)),
        form()
            .on(ev::submit, move |event| {
                event.prevent_default();
                make();
            })
            .child((
                field(app.say(Word::LinkFor), Some(app.say(Word::LinkForHint)), "link-label", label),
                word_button("main", Some(Icon::Link), app.say(Word::MakeLink), move |_| make()),
            )),
        // A link that is as it was stays as it is shown, with its code open.
        ul().attr("class", "links").child(each(
            move || links.get(),
            |row| (row.id, row.uses_left, row.live),
            move |row: LinkRow| own_link(app, row),
        )),
    ))
}

fn own_link(app: App, row: LinkRow) -> impl IntoView {
    let (id, url) = (row.id, row.url.clone());
    let (to_copy, to_share, to_draw) = (url.clone(), url.clone(), url.clone());
    let showing = RwSignal::new(false);
    let uses = app.say_with(Word::LinkUses, &[("n", &row.uses_left.to_string()), ("time", &time::full(row.expires_ms))]);
    let can_share = js_sys::Reflect::has(&window().navigator(), &"share".into()).unwrap_or(false);
    li().attr("class", "own-link").attr("data-live", row.live.to_string()).child((
        p().child(row.label.clone()),
        code().attr("class", "link-url").attr("data-link", url.clone()).child(url),
        p().attr("class", "hint").child(uses),
        div().attr("class", "row").child((
            word_button("quiet", Some(Icon::Copy), app.say(Word::CopyLink), move |_| copy(app, &to_copy)),
            can_share.then(|| word_button("quiet", Some(Icon::Forward), app.say(Word::ShareLink), move |_| share(&to_share))),
            word_button("quiet", Some(Icon::Qr), app.say(Word::ShowQr), move |_| showing.set(true)),
            word_button("quiet", Some(Icon::Trash), app.say(Word::RevokeLink), move |_| app.act(Command::RevokeLink { link: id }, |_| {})),
        )),
        dialog(app, row.label, showing, move || crate::list::qr::code(&to_draw)),
    ))
}

/// A contact card in a chat.
pub fn card(app: App, card: Card, mine: bool) -> impl IntoView {
    let link = card.link.clone();
    div().attr("class", "contact-card").child((
        avatar(&card.name, &card.name),
        div().child((
            p().attr("class", "contact-name").attr("dir", "auto").child(card.name),
            p().attr("class", "hint").child(app.say(Word::ContactCard)),
        )),
        // Where it is hidden there is nobody to ask.
        (!mine && !link.is_empty()).then(|| {
            word_button("quiet wide", Some(Icon::UserPlus), app.say(Word::Ask), move |_| {
                app.act(Command::AddContact { link: link.clone() }, move |_| app.tell(app.say(Word::AskSent)));
            })
        }),
    ))
}

pub fn copy(app: App, text: &str) {
    let copied = JsFuture::from(window().navigator().clipboard().write_text(text));
    spawn_local(async move {
        // Where the browser does not allow it the text can be marked by hand: it stands there.
        if copied.await.is_ok() {
            app.tell(app.say(Word::Copied));
        }
    });
}

fn share(url: &str) {
    let data = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&data, &"url".into(), &url.into());
    let share = js_sys::Reflect::get(&window().navigator(), &"share".into());
    if let Ok(share) = share.and_then(wasm_bindgen::JsCast::dyn_into::<js_sys::Function>) {
        let _ = share.call1(&window().navigator(), &data);
    }
}
