//! One chat from the outside: who is in it, what it is called, and what may be done with it.

use crate::app::{App, Place};
use crate::chat::detail;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, h2, input, label, li, p, section, select, span, ul};
use crate::icons::Icon;
use crate::parts::{avatar, called, dialog, head, icon_button, line_button, word_button};
use crate::time;
use crate::words::Word;
use view::{ChatDetail, ChatKind, Command, ContactRow, How, MemberLine, MemberState, Query, Role, StorageRow, View};
use web_sys::HtmlSelectElement;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

pub fn details(app: App, id: i64) -> impl IntoView {
    let detail = detail(app, id);
    // What was said last changes nothing here; what is being typed into a field stays.
    let shown = Memo::new(move |_| {
        detail.get().map(|mut detail| {
            detail.line.last = None;
            detail.line.draft = None;
            detail.line.row.last_ms = None;
            detail.line.row.last_text = None;
            detail.line.row.unread = 0;
            detail
        })
    });
    let title = Memo::new(move |_| {
        let line = detail.get().map(|detail| detail.line);
        line.map(|line| crate::parts::short_name(&line.row.name, line.display_name.as_deref())).unwrap_or_default()
    });
    section().attr("class", "page").attr("aria-label", app.say(Word::Menu)).child((
        move || head(app, title.get(), move || app.go(Place::Chat(id))),
        div().attr("class", "page-body").child(move || shown.get().map(|detail| body(app, detail))),
    ))
}

fn body(app: App, detail: ChatDetail) -> impl IntoView {
    let group = detail.line.row.kind == ChatKind::Group;
    let chat = detail.line.row.id;
    (
        face(app, &detail),
        group.then(|| about(app, &detail)),
        group.then(|| members(app, &detail)),
        crate::doing::doing(app, &detail.line),
        crate::known::in_details(app, &detail),
        section().attr("class", "card").child(crate::doing::mute(app, &detail.line, || {})),
        vanish(app, &detail),
        jump(app, chat),
        takes(app, chat),
        crate::shelf::shelf(app, chat),
    )
}

/// Who or what this is, and how one met.
fn face(app: App, detail: &ChatDetail) -> impl IntoView + use<> {
    let line = &detail.line;
    let (name, chosen) = (line.row.name.clone(), line.display_name.clone());
    let key = line.peer.clone().unwrap_or_else(|| format!("group {name}"));
    let two = line.row.kind == ChatKind::Two;
    let under = (!two).then(|| app.say_with(Word::GroupMemberCount, &[("n", &line.row.members.to_string())]));
    let own_choice = chosen.clone().filter(|chosen| two && *chosen != name);
    let warned = own_choice.map(|chosen| app.say_with(Word::NameIsTheirs, &[("name", &chosen), ("username", &name)]));
    let met = detail.met.as_ref().map(|met| {
        let when = time::full(met.since_ms);
        match met.how {
            How::MyLink => app.say_with(Word::MetMyLink, &[("label", &met.label), ("time", &when)]),
            How::TheirLink => app.say_with(Word::MetTheirLink, &[("time", &when)]),
            How::Group => app.say(Word::MetGroup),
        }
    });
    div().attr("class", "face").child((
        avatar(&name, &key),
        h2().child(called(&name, chosen.as_deref())),
        under.map(|under| p().attr("class", "hint").child(under)),
        line.row.description.clone().filter(|text| !text.is_empty()).map(|text| p().attr("dir", "auto").child(text)),
        met.map(|met| p().attr("class", "hint").child(met)),
        warned.map(|warned| p().attr("class", "hint").child(warned)),
    ))
}

/// Name and description, for those who may change them.
fn about(app: App, detail: &ChatDetail) -> Option<impl IntoView + use<>> {
    let (chat, admin) = (detail.line.row.id, detail.role == Role::Admin);
    let name = RwSignal::new(detail.line.row.name.clone());
    let text = RwSignal::new(detail.line.row.description.clone().unwrap_or_default());
    let (was_name, was_text) = (name.get_untracked(), text.get_untracked());
    admin.then(|| {
        section().attr("class", "card").child((
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
    let own_chat = app.chats.with_untracked(|chats| {
        let peer = |line: &&view::ChatLine| line.row.kind == ChatKind::Two && line.peer.as_deref() == Some(member.row.account.as_str());
        chats.iter().find(peer).map(|line| line.row.id)
    });
    let (open, sure) = (RwSignal::new(false), RwSignal::new(false));
    let question = app.say_with(Word::RemoveSure, &[("name", &name)]);
    let removed = name.clone();
    let doing = !member.me && (admin || own_chat.is_some());
    let is_admin = member.row.admin;
    let menu_name = name.clone();
    let menu = move || {
        let (role, name) = (menu_name.clone(), menu_name.clone());
        div().attr("class", "menu-lines").child((
            own_chat.map(|to| line_button(Icon::Pencil, app.say_with(Word::WriteTo, &[("name", &name)]), move |_| app.go(Place::Chat(to)))),
            admin.then(|| {
                let (word, command) = match is_admin {
                    true => (Word::TakeAdmin, Command::Demote { chat, member: role.clone() }),
                    false => (Word::MakeAdmin, Command::Promote { chat, member: role.clone() }),
                };
                line_button(Icon::Settings, app.say(word), move |_| {
                    open.set(false);
                    app.act(command.clone(), |_| {});
                })
            }),
            admin.then(|| {
                line_button(Icon::Trash, app.say(Word::RemoveMember), move |_| {
                    open.set(false);
                    sure.set(true);
                })
            }),
        ))
    };
    li().attr("class", "member").attr("data-member", name.clone()).child((
        avatar(&name, &member.row.account),
        span().attr("class", "chat-middle").child((
            span().attr("class", "chat-name").child(match member.me {
                true => app.say(Word::You).into_any(),
                false => called(&name, member.display_name.as_deref()).into_any(),
            }),
            (member.row.state == MemberState::Added).then(|| span().attr("class", "chat-last").child(app.say(Word::NotYetHere))),
        )),
        is_admin.then(|| span().attr("class", "role").child(app.say(Word::Admin))),
        doing.then(|| {
            (
                icon_button(Icon::Ellipsis, app.say_with(Word::MemberMenu, &[("name", &name)]), move |_| open.set(true)),
                dialog(app, name.clone(), open, menu),
                confirm(app, question, Word::RemoveMember, sure, move || {
                    app.act(Command::RemoveMember { chat, member: removed.clone() }, |_| {})
                }),
            )
        }),
    ))
}

/// How much room the chat takes.
fn takes(app: App, chat: i64) -> impl IntoView {
    let row = RwSignal::new(None::<StorageRow>);
    app.ask(Query::Storage, move |view| {
        if let View::Storage(rows) = view {
            row.set(rows.into_iter().find(|row| row.chat == chat));
        }
    });
    section().attr("class", "card").child((
        h2().child(app.say(Word::Storage)),
        p().attr("class", "hint").child(move || {
            row.get().map(|row| {
                let (messages, size, held) = (row.messages.to_string(), time::size(row.file_bytes), time::size(row.held_bytes));
                app.say_with(Word::ChatTakes, &[("messages", &messages), ("size", &size), ("held", &held)])
            })
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
                let choice: HtmlSelectElement = event_target(&event);
                if let Ok(seconds) = choice.value().parse() {
                    app.try_act(Command::Expire { chat, seconds }, move |done| {
                        if let Err(why) = done {
                            // It stands as it stood.
                            choice.set_value(&now.to_string());
                            app.refused(&why);
                        }
                    });
                }
            })
            .child(
                choices
                    .iter()
                    .map(|(seconds, word)| {
                        crate::html::option().attr("value", seconds.to_string()).prop("selected", *seconds == now).child(app.say(*word))
                    })
                    .collect_view(),
            ),
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
                            span().attr("class", "chat-name").child(called(&row.name, row.display_name.as_deref())),
                        ))
                    })
                    .collect_view()
                    .into_any()
            })
        },
        button()
            .attr("type", "button")
            .attr("class", "word-button main")
            .prop("disabled", move || picked.with(Vec::is_empty))
            .on(ev::click, move |_| chosen(picked.get_untracked()))
            .child((Icon::Check.draw(), span().child(app.say(done)))),
    ))
}
