//! One chat from the outside: who is in it, what it is called, and what may be done with it.

use crate::app::{App, Place};
use crate::chat::detail;
use crate::icons::Icon;
use crate::parts::{avatar, dialog, head, line_button, word_button};
use crate::words::Word;
use leptos::ev;
use leptos::html::{div, h2, input, label, li, p, section, select, span, ul};
use leptos::prelude::*;
use view::{ChatDetail, ChatKind, ChatState, Command, ContactRow, MemberLine, MemberState, Query, Role, View};

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// A mute without an end.
const ALWAYS_MS: u64 = 100 * 365 * DAY * 1000;

pub fn details(app: App, id: i64) -> impl IntoView {
    let detail = detail(app, id);
    section().attr("class", "page").attr("aria-label", app.say(Word::Menu)).child((
        move || head(app, detail.get().map(|detail| detail.line.row.name).unwrap_or_default(), move || app.go(Place::Chat(id))),
        div().attr("class", "page-body").child(move || detail.get().map(|detail| body(app, detail))),
    ))
}

fn body(app: App, detail: ChatDetail) -> impl IntoView {
    let group = detail.line.row.kind == ChatKind::Group;
    (
        group.then(|| about(app, &detail)),
        group.then(|| members(app, &detail)),
        doing(app, &detail),
        mute(app, &detail),
        vanish(app, &detail),
        jump(app, detail.line.row.id),
        crate::shelf::shelf(app, detail.line.row.id),
    )
}

/// Name and description, for those who may change them.
fn about(app: App, detail: &ChatDetail) -> impl IntoView + use<> {
    let (chat, admin) = (detail.line.row.id, detail.role == Role::Admin);
    let name = RwSignal::new(detail.line.row.name.clone());
    let text = RwSignal::new(detail.line.row.description.clone().unwrap_or_default());
    let (was_name, was_text) = (name.get_untracked(), text.get_untracked());
    let shown = was_text.clone();
    section().attr("class", "card").child(if admin {
        div()
            .child((
                crate::parts::field(app.say(Word::GroupName), None, "group-name", name),
                crate::parts::field(app.say(Word::Description), None, "group-description", text),
                word_button("quiet", Some(Icon::Check), app.say(Word::Save), move |_| {
                    if name.get_untracked() != was_name {
                        app.act(Command::Rename { chat, name: name.get_untracked() }, |_| {});
                    }
                    if text.get_untracked() != was_text {
                        app.act(Command::Describe { chat, text: text.get_untracked() }, |_| {});
                    }
                }),
            ))
            .into_any()
    } else {
        p().child(shown).into_any()
    })
}

fn members(app: App, detail: &ChatDetail) -> impl IntoView + use<> {
    let (chat, admin) = (detail.line.row.id, detail.role == Role::Admin);
    let adding = RwSignal::new(false);
    let known: Vec<String> = detail.members.iter().map(|member| member.row.name.clone()).collect();
    let rows: Vec<_> = detail.members.iter().cloned().map(|member| member_line(app, chat, admin, member)).collect();
    section().attr("class", "card").child((
        h2().child(app.say(Word::GroupMembers)),
        ul().attr("class", "members").child(rows),
        admin.then(|| word_button("quiet", Some(Icon::UserPlus), app.say(Word::AddMembers), move |_| adding.set(true))),
        dialog(app, app.say(Word::AddMembers), adding, move || {
            choose_people(app, known.clone(), Word::AddMembers, move |members| {
                adding.set(false);
                app.act(Command::AddMembers { chat, members }, |_| {});
            })
        }),
    ))
}

fn member_line(app: App, chat: i64, admin: bool, member: MemberLine) -> impl IntoView {
    let name = member.row.name.clone();
    let (promoted, removed) = (name.clone(), name.clone());
    let sure = RwSignal::new(false);
    let question = app.say_with(Word::RemoveSure, &[("name", &name)]);
    li().attr("class", "member").attr("data-member", name.clone()).child((
        avatar(&name, &member.row.account),
        span().attr("class", "chat-middle").child((
            span().attr("class", "chat-name").child((
                if member.me { app.say(Word::You) } else { name.clone() },
                member.display_name.clone().filter(|also| *also != name).map(|also| span().attr("class", "also").child(also)),
            )),
            span().attr("class", "chat-last").child((
                member.row.admin.then(|| app.say(Word::Admin)),
                (member.row.state == MemberState::Added).then(|| app.say(Word::NotYetHere)),
            )),
        )),
        (admin && !member.me).then(|| {
            (
                (!member.row.admin).then(|| {
                    word_button("quiet", None, app.say(Word::MakeAdmin), move |_| {
                        app.act(Command::Promote { chat, member: promoted.clone() }, |_| {});
                    })
                }),
                word_button("quiet", None, app.say(Word::RemoveMember), move |_| sure.set(true)),
                confirm(app, question, Word::RemoveMember, sure, move || {
                    app.act(Command::RemoveMember { chat, member: removed.clone() }, |_| {})
                }),
            )
        }),
    ))
}

fn jump(app: App, chat: i64) -> impl IntoView {
    section().attr("class", "card").child((
        label().attr("for", "jump").child(app.say(Word::JumpToDate)),
        input().id("jump").attr("type", "date").on(ev::change, move |event| {
            let start = js_sys::Date::parse(&format!("{}T00:00:00", event_target_value(&event)));
            if start.is_finite() {
                app.day.set(Some((chat, start as u64)));
                app.go(Place::Chat(chat));
            }
        }),
    ))
}

fn vanish(app: App, detail: &ChatDetail) -> impl IntoView + use<> {
    let (chat, now) = (detail.line.row.id, detail.line.row.expire_seconds);
    let choices = [(0, Word::DisappearingOff), (HOUR, Word::Hour), (DAY, Word::Day), (7 * DAY, Word::Week), (28 * DAY, Word::FourWeeks)];
    section().attr("class", "card").child((
        label().attr("for", "vanish").child(app.say(Word::Disappearing)),
        select()
            .id("vanish")
            .on(ev::change, move |event| {
                if let Ok(seconds) = event_target_value(&event).parse() {
                    app.act(Command::Expire { chat, seconds }, |_| {});
                }
            })
            .child(
                choices
                    .iter()
                    .map(|(seconds, word)| {
                        leptos::html::option().attr("value", seconds.to_string()).prop("selected", *seconds == now).child(app.say(*word))
                    })
                    .collect_view(),
            ),
    ))
}

fn mute(app: App, detail: &ChatDetail) -> impl IntoView + use<> {
    let chat = detail.line.row.id;
    let muted = detail.line.muted_until_ms.is_some_and(|until| until as f64 > js_sys::Date::now());
    let set = move |ms: u64| {
        let until_ms = Some((js_sys::Date::now() as u64).saturating_add(ms));
        app.act(Command::Mute { chat, until_ms }, |_| {});
    };
    section().attr("class", "card").child((
        h2().child(app.say(if muted { Word::Muted } else { Word::Mute })),
        div().attr("class", "row").child(if muted {
            word_button("quiet", Some(Icon::Bell), app.say(Word::Unmute), move |_| app.act(Command::Mute { chat, until_ms: None }, |_| {}))
                .into_any()
        } else {
            (
                word_button("quiet", None, app.say(Word::MuteHour), move |_| set(HOUR * 1000)),
                word_button("quiet", None, app.say(Word::MuteDay), move |_| set(DAY * 1000)),
                word_button("quiet", None, app.say(Word::MuteWeek), move |_| set(7 * DAY * 1000)),
                word_button("quiet", None, app.say(Word::MuteAlways), move |_| set(ALWAYS_MS)),
            )
                .into_any()
        }),
    ))
}

fn doing(app: App, detail: &ChatDetail) -> impl IntoView + use<> {
    let line = &detail.line;
    let chat = line.row.id;
    let name = line.row.name.clone();
    let (leaving, deleting, blocking) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let inside = matches!(line.row.state, ChatState::Active | ChatState::Broken);
    let two = line.row.kind == ChatKind::Two;
    let act = move |icon: Icon, word: Word, command: Command| line_button(icon, app.say(word), move |_| app.act(command.clone(), |_| {}));
    let (block_name, unblock_name) = (name.clone(), name.clone());
    section().attr("class", "card menu-lines").child((
        line_button(Icon::Help, app.say(Word::Help), move |_| app.open_help()),
        line_button(Icon::Lock, app.say(Word::WhoCanSee), move |_| app.who.set(Some(chat))),
        if line.pinned {
            act(Icon::Pin, Word::UnpinChat, Command::UnpinChat { chat })
        } else {
            act(Icon::Pin, Word::PinChat, Command::PinChat { chat })
        },
        if line.archived {
            act(Icon::Archive, Word::Unarchive, Command::Unarchive { chat })
        } else {
            act(Icon::Archive, Word::Archive, Command::Archive { chat })
        },
        act(Icon::Bell, Word::MarkUnread, Command::MarkUnread { chat }),
        two.then(|| {
            if line.blocked {
                act(Icon::Ban, Word::Unblock, Command::Unblock { user: unblock_name.clone() }).into_any()
            } else {
                line_button(Icon::Ban, app.say(Word::Block), move |_| blocking.set(true)).into_any()
            }
        }),
        (!two && inside).then(|| line_button(Icon::LogOut, app.say(Word::LeaveGroup), move |_| leaving.set(true))),
        line_button(Icon::Trash, app.say(Word::DeleteChat), move |_| deleting.set(true)),
        confirm(app, app.say_with(Word::BlockSure, &[("name", &name)]), Word::Block, blocking, move || {
            app.act(Command::Block { user: block_name.clone() }, |_| {});
        }),
        confirm(app, app.say_with(Word::LeaveSure, &[("name", &name)]), Word::LeaveGroup, leaving, move || {
            app.act(Command::Leave { chat }, move |_| app.go(Place::Chats));
        }),
        confirm(app, app.say(Word::DeleteChatSure), Word::DeleteChat, deleting, move || {
            let command = if inside { Command::ClearChat { chat } } else { Command::DeleteChat { chat } };
            app.act(command, move |_| app.go(Place::Chats));
        }),
    ))
}

/// Asks once more.
pub fn confirm(
    app: App,
    question: String,
    yes: Word,
    open: RwSignal<bool>,
    act: impl Fn() + Clone + Send + Sync + 'static,
) -> impl IntoView {
    dialog(app, app.say(yes), open, move || {
        let act = act.clone();
        div().child((
            p().child(question.clone()),
            div().attr("class", "row").child((
                word_button("danger", None, app.say(yes), move |_| {
                    open.set(false);
                    act();
                }),
                word_button("quiet", None, app.say(Word::Cancel), move |_| open.set(false)),
            )),
        ))
    })
}

/// Contacts to choose from.
pub fn choose_people(app: App, but: Vec<String>, done: Word, chosen: impl Fn(Vec<String>) + Copy + Send + 'static) -> impl IntoView {
    let contacts = RwSignal::new(None::<Vec<ContactRow>>);
    let picked = RwSignal::new(Vec::<String>::new());
    app.ask(Query::Contacts, move |view| {
        if let View::Contacts(rows) = view {
            contacts.set(Some(rows.into_iter().filter(|row| row.reachable && !row.blocked && !but.contains(&row.name)).collect()));
        }
    });
    div().attr("class", "choices").child((
        move || {
            contacts.get().map(|rows| {
                if rows.is_empty() {
                    return p().attr("class", "hint").child(app.say(Word::NoContacts)).into_any();
                }
                rows.into_iter()
                    .map(|row| {
                        let (name, toggled) = (row.name.clone(), row.name.clone());
                        label().attr("class", "choice").child((
                            input()
                                .attr("type", "checkbox")
                                .attr("data-person", row.name.clone())
                                .prop("checked", move || picked.with(|picked| picked.contains(&name)))
                                .on(ev::change, move |_| {
                                    picked.update(|picked| match picked.iter().position(|other| *other == toggled) {
                                        Some(at) => {
                                            picked.remove(at);
                                        }
                                        None => picked.push(toggled.clone()),
                                    });
                                }),
                            avatar(&row.name, &row.account),
                            span().child(row.name.clone()),
                        ))
                    })
                    .collect_view()
                    .into_any()
            })
        },
        word_button("main", Some(Icon::Check), app.say(done), move |_| chosen(picked.get_untracked())),
    ))
}
