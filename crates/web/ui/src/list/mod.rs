//! The list: who there is, what was said last, and what waits for an answer.

pub mod friends;
pub mod qr;
pub mod search;
pub mod share;

use crate::app::{App, Place};
use crate::focus::{self, Start};
use crate::html::Either;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{Nav, a, button, div, h1, h2, header, input, li, nav, p, section, span, ul};
use crate::icons::Icon;
use crate::list::search::found;
use crate::markdown;
use crate::parts::{avatar, called, empty, for_readers, icon_button, short_name, word_button};
use crate::time;
use crate::words::Word;
use crate::words::care::CareWord;
use view::{Care, ChatKind, ChatLine, ChatState, Command, Delivery, Direction, InvitationRow, Last, MessageKind, RequestRow, RequestState};

/// What arrows walk through here.
const ROWS: &str = "a.chat-line, .line-button";

pub fn list(app: App) -> impl IntoView {
    let node = NodeRef::<Nav>::new();
    focus::rove(node, ROWS, Start::First);
    let words = RwSignal::new(String::new());
    let archive = RwSignal::new(false);
    let results = search::results(app, words);
    let list = nav()
        .node_ref(node)
        .attr("class", "list")
        .attr("aria-label", app.say(Word::Chats))
        .on(ev::keydown, |event| focus::walk(&event, ROWS))
        .on(ev::focusin, |event| focus::mark(&event, ROWS, Start::First));
    list.child((
        header().attr("class", "head").child((
            h1().attr("tabindex", "-1").child(app.say(Word::Chats)),
            icon_button(Icon::Help, app.say(Word::Help), move |_| app.open_help()),
            icon_button(Icon::UserPlus, app.say(Word::AddFriend), move |_| app.go(Place::Friends)),
            icon_button(Icon::Users, app.say(Word::NewGroup), move |_| app.go(Place::NewGroup)),
            icon_button(Icon::Settings, app.say(Word::Settings), move |_| app.go(Place::Settings)),
        )),
        div().attr("class", "search-field").child((
            Icon::Search.draw(),
            input()
                .attr("type", "search")
                .attr("aria-label", app.say(Word::SearchEverything))
                .attr("placeholder", app.say(Word::SearchEverything))
                .prop("value", move || words.get())
                .on(ev::input, move |event| words.set(event_target_value(&event))),
        )),
        move || {
            if words.with(|words| words.trim().is_empty()) {
                Either::Left((
                    crate::desk::news(app),
                    crate::chat::cards::cards(app),
                    waiting(app),
                    crate::account::safe::card(app),
                    chats(app, archive),
                    crate::account::safe::persistence_line(app),
                ))
            } else {
                Either::Right(found(app, words, results))
            }
        },
    ))
}

/// Requests and invitations: what waits for this person's answer comes first.
fn waiting(app: App) -> impl IntoView {
    move || {
        let requests: Vec<RequestRow> =
            app.requests.get().into_iter().filter(|row| matches!(row.state, RequestState::Open | RequestState::Waiting)).collect();
        let invitations = app.invitations.get();
        (!requests.is_empty() || !invitations.is_empty()).then(|| {
            section().attr("class", "waiting").attr("aria-label", app.say(Word::Requests)).child((
                h2().child(app.say(Word::Requests)),
                requests.into_iter().map(|row| request(app, row)).collect_view(),
                invitations.into_iter().map(|row| invitation(app, row)).collect_view(),
            ))
        })
    }
}

fn request(app: App, row: RequestRow) -> impl IntoView {
    let id = row.id;
    let compare = app.say_with(Word::CompareEmoji, &[("emoji", &row.emoji)]);
    let head = match row.direction {
        Direction::In => app.say_with(Word::RequestFrom, &[("label", &row.label)]),
        Direction::Out => app.say(Word::RequestOut),
    };
    div().attr("class", "card").attr("data-request", id.to_string()).child((
        p().child(head),
        p().attr("class", "hint").child(compare),
        (row.direction == Direction::In).then(|| {
            div().attr("class", "row").child((
                word_button("main", Some(Icon::Check), app.say(Word::Accept), move |_| {
                    app.act(Command::AcceptRequest { id }, move |_| {});
                }),
                word_button("quiet", None, app.say(Word::Decline), move |_| app.act(Command::DeclineRequest { id }, |_| {})),
            ))
        }),
    ))
}

fn invitation(app: App, row: InvitationRow) -> impl IntoView {
    let invitation = row.id;
    div().attr("class", "card").attr("data-invitation", invitation.to_string()).child((
        p().child(app.say_with(Word::InvitationFrom, &[("name", &row.from), ("n", &row.members.to_string())])),
        p().attr("class", "hint").child(app.say_with(Word::InvitationKnown, &[("n", &row.known.to_string())])),
        div().attr("class", "row").child((
            word_button("main", Some(Icon::Check), app.say(Word::Join), move |_| {
                app.act(Command::JoinGroup { invitation }, |_| {});
            }),
            word_button("quiet", None, app.say(Word::Decline), move |_| app.act(Command::DeclineGroup { invitation }, |_| {})),
        )),
    ))
}

fn chats(app: App, archive: RwSignal<bool>) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let archived = archive.get();
        app.chats.with(|all| all.iter().filter(|line| line.archived == archived).map(|line| line.row.id).collect::<Vec<_>>())
    });
    let archived = Memo::new(move |_| app.chats.with(|all| all.iter().filter(|line| line.archived).count()));
    (
        move || archive.get().then(|| word_button("quiet", Some(Icon::ArrowLeft), app.say(Word::Back), move |_| archive.set(false))),
        move || {
            (ids.with(Vec::is_empty) && !archive.get()).then(|| {
                empty(
                    Icon::Users,
                    app.say(Word::NoChatsTitle),
                    app.say(Word::NoChatsText),
                    word_button("main", Some(Icon::UserPlus), app.say(Word::AddFriend), move |_| app.go(Place::Friends)),
                )
            })
        },
        // A row stays the row of its chat, with the focus, whatever comes before it.
        ul().attr("class", "chats").child(each(
            move || ids.get(),
            |id| *id,
            move |id: i64| {
                let line = Memo::new(move |_| app.chats.with(|all| all.iter().find(|line| line.row.id == id).cloned()));
                move || line.get().map(|line| chat(app, line))
            },
        )),
        move || {
            (archived.get() > 0 && !archive.get()).then(|| {
                let words = app.say_with(Word::ArchivedCount, &[("n", &archived.get().to_string())]);
                word_button("quiet", Some(Icon::Archive), words, move |_| archive.set(true))
            })
        },
    )
}

/// One chat of the list.
pub fn chat(app: App, line: ChatLine) -> impl IntoView {
    let id = line.row.id;
    let key = line.peer.clone().unwrap_or_else(|| format!("group {}", line.row.name));
    let unread = line.row.unread > 0 || line.marked_unread;
    let muted = is_muted(&line);
    let menu = app.say_with(Word::ChatMenu, &[("name", &line.row.name)]);
    let when = line.row.last_ms.map(|ms| time::short(app, ms));
    let shown = line.clone();
    let count = app.say_with(Word::UnreadCount, &[("n", &line.row.unread.to_string())]);
    let badge = unread.then(|| {
        let (shown, said) =
            if line.row.unread > 0 { (line.row.unread.to_string(), count) } else { (String::new(), app.say(Word::MarkedUnread)) };
        let mention = line
            .mentioned
            .then(|| span().attr("class", "badge at").attr("role", "img").attr("aria-label", app.say(Word::Mentioned)).child("@"));
        (mention, span().attr("class", "badge").attr("role", "img").attr("aria-label", said).child(shown))
    });
    li().attr("class", "chat-item").child((
        a().attr("href", Place::Chat(id).to_hash())
            .attr("class", "chat-line")
            .attr("data-chat", line.row.name.clone())
            .class(("current", move || app.place.get().chat() == Some(id)))
            .class(("unread", move || unread))
            .attr("aria-current", move || (app.place.get().chat() == Some(id)).then_some("page"))
            .on(ev::click, move |event: ev::MouseEvent| {
                event.prevent_default();
                app.go(Place::Chat(id));
            })
            .on(ev::contextmenu, move |event: ev::MouseEvent| {
                event.prevent_default();
                app.menu.set(Some(id));
            })
            .child((
                avatar(&line.row.name, &key),
                span().attr("class", "chat-middle").child((
                    span().attr("class", "chat-name").child((
                        (line.row.kind == ChatKind::Group).then(|| Icon::Users.draw()),
                        called(&line.row.name, line.display_name.as_deref()),
                    )),
                    span().attr("class", "chat-last").child(move || match crate::chat::typing::line(app, id) {
                        Some(writing) => Either::Left(span().attr("class", "writing").child(writing)),
                        None => Either::Right(last(app, &shown)),
                    }),
                )),
                span().attr("class", "chat-end").child((
                    span().attr("class", "time").child(when),
                    span().attr("class", "marks").child((
                        line.pinned.then(|| said(app, Icon::Pin, Word::Pinned)),
                        muted.then(|| said(app, Icon::BellOff, Word::Muted)),
                        badge,
                    )),
                )),
            )),
        icon_button(Icon::Ellipsis, menu, move |_| app.menu.set(Some(id))),
    ))
}

pub fn is_muted(line: &ChatLine) -> bool {
    line.muted_until_ms.is_some_and(|until| until as f64 > js_sys::Date::now())
}

fn last(app: App, line: &ChatLine) -> impl IntoView + use<> {
    if line.row.state == ChatState::Returning {
        return Either::Left((span().attr("class", "coming-back").child(app.say(Word::ChatComingBack)), "", String::new()));
    }
    if let Some(draft) = line.draft.as_ref().filter(|draft| !draft.text.is_empty()) {
        return Either::Left((span().attr("class", "draft").child(app.say(Word::Draft)), " ", draft.text.clone()));
    }
    let group = line.row.kind == ChatKind::Group;
    Either::Right(line.last.as_ref().map(|last| {
        let mark = last.delivery.as_ref().map(|delivery| (delivery_icon(delivery).draw(), for_readers(delivery_said(app, delivery))));
        let who = match (last.sender.me, group) {
            (true, true) if last.kind != MessageKind::Notice => Some(format!("{}: ", app.say(Word::You))),
            // A line that nobody said has nobody before it.
            (false, true) if last.kind != MessageKind::Notice => {
                Some(format!("{}: ", short_name(&last.sender.name, last.sender.display_name.as_deref())))
            }
            _ => None,
        };
        (mark, who, summary(app, last))
    }))
}

/// An icon that nothing beside it says in words.
fn said(app: App, icon: Icon, word: Word) -> impl IntoView {
    (icon.draw(), for_readers(app.say(word)))
}

/// How far a message is, in words.
pub fn delivery_said(app: App, delivery: &Delivery) -> String {
    match delivery {
        Delivery::Queued => app.say(Word::Queued),
        Delivery::Uploading { done, total, .. } => {
            let percent = done.saturating_mul(100).checked_div(*total).unwrap_or(0);
            app.say_with(Word::Uploading, &[("percent", &percent.to_string())])
        }
        Delivery::Sent => app.say(Word::Sent),
        Delivery::Read { by, others } if *others > 1 => app.say_with(Word::ReadBy, &[("n", &by.to_string()), ("m", &others.to_string())]),
        Delivery::Read { .. } => app.say(Word::Read),
        Delivery::Failed(Some(why)) => format!("{}. {}", app.say(Word::Failed), app.locale.refusal(why)),
        Delivery::Failed(None) => app.say(Word::Failed),
    }
}

/// A tick or two, a clock, a warning.
pub fn delivery_icon(delivery: &Delivery) -> Icon {
    match delivery {
        Delivery::Queued | Delivery::Uploading { .. } => Icon::Clock,
        Delivery::Sent => Icon::Check,
        Delivery::Read { .. } => Icon::CheckCheck,
        Delivery::Failed(_) => Icon::TriangleAlert,
    }
}

fn summary(app: App, last: &Last) -> String {
    if let Some(happened) = &last.happened {
        return crate::words::happened::line(app.locale, happened);
    }
    one_line(app, last.kind, &last.text, last.care)
}

/// A message in one line; of one before which something is to be read, no more than that it is there.
pub fn one_line(app: App, kind: MessageKind, text: &str, care: Option<Care>) -> String {
    match care {
        Some(_) => app.say(CareWord::CareAsks),
        None => kind_and_text(app, kind, text),
    }
}

/// A message in one line.
pub fn kind_and_text(app: App, kind: MessageKind, text: &str) -> String {
    let word = match kind {
        MessageKind::Photo => Word::Photo,
        MessageKind::Video => Word::Video,
        MessageKind::Voice => Word::VoiceNote,
        MessageKind::File => Word::File,
        MessageKind::Poll => Word::Poll,
        MessageKind::Contact => Word::ContactCard,
        MessageKind::Sticker => Word::Sticker,
        MessageKind::Deleted => return app.say(Word::DeletedMessage),
        MessageKind::Text | MessageKind::Notice | MessageKind::Unknown | MessageKind::Hidden => return markdown::plain(text),
    };
    let said = markdown::plain(text);
    // The plain words of polls and cards say what they are.
    match kind {
        _ if said.is_empty() => app.say(word),
        MessageKind::Poll => said,
        // The link of a card is for its button.
        MessageKind::Contact => said.split(" http").next().unwrap_or_default().to_owned(),
        _ => format!("{} · {said}", app.say(word)),
    }
}

/// A plain button as wide as the list.
pub fn line_button(inside: impl IntoView, press: impl FnMut(ev::MouseEvent) + 'static) -> impl IntoView {
    button().attr("type", "button").attr("class", "line-button").on(ev::click, press).child(inside)
}
