//! What may be done with a whole chat: from the list, and from its details.

use crate::app::{App, Place};
use crate::chat::details::confirm;
use crate::html::prelude::*;
use crate::html::{div, h2, p};
use crate::icons::Icon;
use crate::list::is_muted;
use crate::parts::{called, dialog, line_button, word_button};
use crate::report::keep::{self, Onward};
use crate::time;
use crate::words::Word;
use crate::words::cautions::Caution;
use view::{ChatKind, ChatLine, ChatState, Command, Query, View, Window};

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// A mute without an end.
const ALWAYS_MS: u64 = 100 * 365 * DAY_MS;
/// What is muted for longer than this has no end worth naming.
const NAMED_MS: u64 = 366 * DAY_MS;
/// Looked through for what others said last, and taken of it: a person takes out what does not belong, and four before it come by themselves.
const REPORTED: u32 = 40;
const REPORTED_MAX: usize = 10;

/// Which of what cannot be taken back is asked once more.
#[derive(Clone, Copy)]
struct Sure {
    leaving: RwSignal<bool>,
    deleting: RwSignal<bool>,
    blocking: RwSignal<bool>,
}

/// The menu of a chat in the list.
pub fn chat_menu(app: App) -> impl IntoView {
    let open = RwSignal::new(false);
    // What is asked once more is asked after the menu is gone.
    let asked = RwSignal::new(None::<ChatLine>);
    let sure = Sure { leaving: RwSignal::new(false), deleting: RwSignal::new(false), blocking: RwSignal::new(false) };
    Effect::new(move |_| {
        if let Some(id) = app.menu.get() {
            asked.set(app.chats.with_untracked(|chats| chats.iter().find(|line| line.row.id == id).cloned()));
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            app.menu.set(None);
        }
    });
    let title = app.say(Word::Menu);
    // What can be done depends on what has become of the chat meanwhile.
    let now = move |id: i64| app.chats.with_untracked(|chats| chats.iter().find(|line| line.row.id == id).cloned());
    let state = Memo::new(move |_| {
        let id = asked.get()?.row.id;
        let of = |line: &ChatLine| (line.pinned, line.archived, line.blocked, line.muted_until_ms, line.row.state);
        app.chats.with(|chats| chats.iter().find(|line| line.row.id == id).map(of))
    });
    (
        dialog(app, title, open, move || {
            move || {
                state.get();
                asked.get().map(|asked| now(asked.row.id).unwrap_or(asked)).map(|line| {
                    div().attr("class", "menu-lines").child((
                        p().attr("class", "menu-name").child(called(&line.row.name, line.display_name.as_deref())),
                        lines(app, &line, sure, move || open.set(false)),
                        mute(app, &line, move || open.set(false)),
                    ))
                })
            }
        }),
        move || asked.get().map(|line| questions(app, &line, sure)),
    )
}

/// The same, in the details of a chat.
pub fn doing(app: App, line: &ChatLine) -> impl IntoView + use<> {
    let sure = Sure { leaving: RwSignal::new(false), deleting: RwSignal::new(false), blocking: RwSignal::new(false) };
    let chat = line.row.id;
    crate::parts::card((
        line_button(Icon::Help, app.say(Word::Help), move |_| app.open_help()),
        line_button(Icon::Lock, app.say(Word::WhoCanSee), move |_| app.who.set(Some(chat))),
        line_button(Icon::Eye, app.say(Caution::CheckChat), move |_| app.checking.set(Some(chat))),
        line_button(Icon::TriangleAlert, app.say(Word::Report), move |_| report(app, chat)),
        lines(app, line, sure, || {}),
        questions(app, line, sure),
    ))
}

/// Reports what others said last here.
fn report(app: App, chat: i64) {
    app.ask(Query::Messages { chat, window: Window::Newest, limit: REPORTED }, move |view| {
        let View::Messages(page) = view else { return };
        let others = page.messages.iter().filter(|bubble| !bubble.row.mine && bubble.row.kind != view::MessageKind::Notice);
        let newest: Vec<i64> = others.rev().take(REPORTED_MAX).map(|bubble| bubble.row.id).collect();
        if newest.is_empty() {
            app.tell(app.say(Word::ReportNothing));
        } else {
            app.reporting.set(Some((chat, newest)));
        }
    });
}

fn lines<D: Fn() + Copy + 'static>(app: App, line: &ChatLine, sure: Sure, done: D) -> impl IntoView + use<D> {
    let chat = line.row.id;
    let inside = matches!(line.row.state, ChatState::Active | ChatState::Broken);
    let two = line.row.kind == ChatKind::Two;
    // What changes where a chat stands in the list is seen there.
    let act = move |icon: Icon, word: Word, command: Command, to_list: Then| {
        line_button(icon, app.say(word), move |_| {
            done();
            app.act(command.clone(), move |_| {
                if to_list == Then::List && app.place.get_untracked().chat() == Some(chat) {
                    app.go(Place::Chats);
                }
            });
        })
    };
    let unblock = line.row.name.clone();
    let ask = move |icon: Icon, word: Word, open: RwSignal<bool>| {
        line_button(icon, app.say(word), move |_| {
            done();
            open.set(true);
        })
    };
    (
        match line.pinned {
            true => act(Icon::Pin, Word::UnpinChat, Command::UnpinChat { chat }, Then::Stay),
            false => act(Icon::Pin, Word::PinChat, Command::PinChat { chat }, Then::Stay),
        },
        match line.archived {
            true => act(Icon::Archive, Word::Unarchive, Command::Unarchive { chat }, Then::Stay),
            false => act(Icon::Archive, Word::Archive, Command::Archive { chat }, Then::List),
        },
        act(Icon::Message, Word::MarkUnread, Command::MarkUnread { chat }, Then::List),
        two.then(|| match line.blocked {
            true => act(Icon::Ban, Word::Unblock, Command::Unblock { user: unblock }, Then::Stay).into_any(),
            false => ask(Icon::Ban, Word::Block, sure.blocking).into_any(),
        }),
        (!two && inside).then(|| ask(Icon::LogOut, Word::LeaveGroup, sure.leaving)),
        ask(Icon::Trash, Word::DeleteChat, sure.deleting),
    )
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Stay,
    List,
}

fn questions(app: App, line: &ChatLine, sure: Sure) -> impl IntoView + use<> {
    let chat = line.row.id;
    let name = line.row.name.clone();
    let inside = matches!(line.row.state, ChatState::Active | ChatState::Broken);
    (
        keep::before_block(app, chat, &name, &name, sure.blocking),
        confirm(app, app.say_with(Word::LeaveSure, &[("name", &name)]), Word::LeaveGroup, sure.leaving, move || {
            keep::first(app, chat, vec![], Onward { command: Command::Leave { chat }, to: Some(Place::Chats) });
        }),
        confirm(app, app.say(Word::DeleteChatSure), Word::DeleteChat, sure.deleting, move || {
            let command = if inside { Command::ClearChat { chat } } else { Command::DeleteChat { chat } };
            keep::first(app, chat, vec![], Onward { command, to: Some(Place::Chats) });
        }),
    )
}

/// For how long nothing of a chat makes itself heard.
pub fn mute<D: Fn() + Copy + 'static>(app: App, line: &ChatLine, done: D) -> impl IntoView + use<D> {
    let chat = line.row.id;
    let muted = is_muted(line);
    let set = move |until_ms: Option<u64>| {
        done();
        app.act(Command::Mute { chat, until_ms }, |_| {});
    };
    let now = time::now_ms();
    let title = match line.muted_until_ms.filter(|_| muted) {
        Some(until) if until < now.saturating_add(NAMED_MS) => app.say_with(Word::MutedUntil, &[("time", &time::full(until))]),
        Some(_) => app.say(Word::Muted),
        None => app.say(Word::Mute),
    };
    let choice = move |word: Word, ms: u64| word_button("quiet", None, app.say(word), move |_| set(Some(time::now_ms() + ms)));
    div().attr("class", "mute").child((
        h2().child(title),
        div().attr("class", "row").child(if muted {
            word_button("quiet", Some(Icon::Bell), app.say(Word::Unmute), move |_| set(None)).into_any()
        } else {
            (
                choice(Word::MuteHour, HOUR_MS),
                choice(Word::MuteDay, DAY_MS),
                choice(Word::MuteWeek, 7 * DAY_MS),
                choice(Word::MuteAlways, ALWAYS_MS),
            )
                .into_any()
        }),
    ))
}
