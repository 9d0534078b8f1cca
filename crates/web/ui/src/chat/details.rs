//! One chat from the outside: who is in it, what it is called, and what may be done with it.

use crate::app::{App, Place};
use crate::chat::detail;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, form, h2, input, label, li, p, section, select, span, ul};
use crate::icons::Icon;
use crate::parts::{avatar, called, dialog, head, icon_button, line_button, word_button};
use crate::time;
use crate::words::Word;
use view::{
    ChatDetail, ChatKind, ChatLine, ChatRow, Command, ContactRow, How, MemberLine, MemberState, Met, Query, Role, StorageRow, View,
};
use web_sys::HtmlSelectElement;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

pub fn details(app: App, id: i64) -> impl IntoView {
    let detail = detail(app, id);
    let title = Memo::new(move |_| {
        let line = detail.get().map(|detail| detail.line);
        line.map(|line| crate::parts::short_name(&line.row.name, line.display_name.as_deref())).unwrap_or_default()
    });
    let kind = Memo::new(move |_| detail.with(|detail| detail.as_ref().map(|detail| detail.line.row.kind)));
    section().attr("class", "page").attr("aria-label", app.say(Word::Menu)).child((
        move || head(app, title.get(), move || app.go(Place::Chat(id))),
        div().attr("class", "page-body").child(move || kind.get().map(|kind| body(app, id, kind == ChatKind::Group, detail))),
    ))
}

/// The other one, as they are called in a sentence.
fn called_in(detail: &ChatDetail) -> String {
    crate::parts::short_name(&detail.line.row.name, detail.line.display_name.as_deref())
}

/// A chat as it is seen from the outside; none: not known yet.
type Shown = RwSignal<Option<ChatDetail>>;

/// Draws a part again only when what it shows has changed: what is typed elsewhere, and the dialog that is open, stay.
fn part<T, V>(shown: Shown, of: impl Fn(ChatDetail) -> T + Send + Sync + 'static, draw: impl Fn(T) -> V + Send + 'static) -> impl IntoView
where
    T: PartialEq + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let seen = Memo::new(move |_| shown.get().map(&of));
    move || seen.get().map(&draw)
}

fn body(app: App, chat: i64, group: bool, shown: Shown) -> impl IntoView {
    (
        part(shown, |detail| (quiet(detail.line), detail.met), move |(line, met)| face(app, &line, met.as_ref())),
        group.then(|| part(shown, |detail| detail.role == Role::Admin, move |admin| admin.then(|| about(app, chat, shown)))),
        group.then(|| members(app, chat, shown)),
        part(
            shown,
            |detail| {
                let line = quiet(detail.line);
                ChatLine { row: ChatRow { members: 0, description: None, expire_seconds: 0, ..line.row }, ..line }
            },
            move |line| {
                (crate::chat::doing::doing(app, &line), section().attr("class", "card").child(crate::chat::doing::mute(app, &line, || {})))
            },
        ),
        part(
            shown,
            |detail| (called_in(&detail), detail.met, detail.knows),
            move |(name, met, now)| crate::chat::known::in_details(app, chat, &name, met.as_ref(), now),
        ),
        part(shown, |detail| detail.line.row.expire_seconds, move |now| vanish(app, chat, now)),
        jump(app, chat),
        takes(app, chat),
        crate::chat::shelf::shelf(app, chat),
    )
}

/// What was said last, and what is being written, changes nothing here.
fn quiet(line: ChatLine) -> ChatLine {
    let row = ChatRow { last_ms: None, last_text: None, last_happened: None, unread: 0, ..line.row };
    ChatLine { row, last: None, draft: None, marked_unread: false, mentioned: false, ..line }
}

/// Who or what this is, and how one met.
fn face(app: App, line: &ChatLine, met: Option<&Met>) -> impl IntoView + use<> {
    let (name, chosen) = (line.row.name.clone(), line.display_name.clone());
    let key = line.peer.clone().unwrap_or_else(|| format!("group {name}"));
    let two = line.row.kind == ChatKind::Two;
    let under = (!two).then(|| app.say_with(Word::GroupMemberCount, &[("n", &line.row.members.to_string())]));
    let own_choice = chosen.clone().filter(|chosen| two && *chosen != name);
    let warned = own_choice.map(|chosen| app.say_with(Word::NameIsTheirs, &[("name", &chosen), ("username", &name)]));
    let met = met.map(|met| {
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

/// Name and description, for those who may change them. Somebody else's change comes into a field that nobody has typed into.
fn about(app: App, chat: i64, shown: Shown) -> impl IntoView {
    let is = move || shown.get().map(|detail| (detail.line.row.name, detail.line.row.description.unwrap_or_default())).unwrap_or_default();
    let (name, text) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let was = RwSignal::new((String::new(), String::new()));
    Effect::new(move |_| {
        let (now_name, now_text) = is();
        let (was_name, was_text) = was.get_untracked();
        if name.get_untracked() == was_name {
            name.set(now_name.clone());
        }
        if text.get_untracked() == was_text {
            text.set(now_text.clone());
        }
        was.set((now_name, now_text));
    });
    section().attr("class", "card").child((
        crate::parts::field(app.say(Word::GroupName), None, "group-name", name),
        crate::parts::field(app.say(Word::Description), None, "group-description", text),
        word_button("quiet", Some(Icon::Check), app.say(Word::Save), move |_| {
            let (was_name, was_text) = was.get_untracked();
            if name.get_untracked() != was_name {
                app.act(Command::Rename { chat, name: name.get_untracked() }, |_| {});
            }
            if text.get_untracked() != was_text {
                app.act(Command::Describe { chat, text: text.get_untracked() }, |_| {});
            }
        }),
    ))
}

/// What is asked about one member. It outlives the list, which is drawn again whenever somebody comes, goes or is given a role.
#[derive(Clone, Copy)]
struct Asked {
    /// Username.
    member: RwSignal<Option<String>>,
    open: RwSignal<bool>,
    sure: RwSignal<bool>,
    blocking: RwSignal<bool>,
}

fn members(app: App, chat: i64, shown: Shown) -> impl IntoView {
    let adding = RwSignal::new(false);
    let [open, sure, blocking] = [false; 3].map(RwSignal::new);
    let asked = Asked { member: RwSignal::new(None), open, sure, blocking };
    let members = Memo::new(move |_| shown.get().map(|detail| detail.members).unwrap_or_default());
    let admin = Memo::new(move |_| shown.with(|detail| detail.as_ref().is_some_and(|detail| detail.role == Role::Admin)));
    section().attr("class", "card").child((
        h2().child(app.say(Word::GroupMembers)),
        move || {
            let rows: Vec<_> = members.get().into_iter().map(|member| member_line(app, member, asked)).collect();
            ul().attr("class", "members").child(rows)
        },
        move || admin.get().then(|| word_button("quiet", Some(Icon::UserPlus), app.say(Word::AddMembers), move |_| adding.set(true))),
        dialog(app, app.say(Word::AddMembers), adding, move || {
            let known = members.with_untracked(|members| members.iter().map(|member| member.row.name.clone()).collect());
            choose_people(app, known, Word::AddMembers, move |members| {
                adding.set(false);
                app.act(Command::AddMembers { chat, members }, |_| {});
            })
        }),
        about_member(app, chat, members, admin, asked),
    ))
}

/// The menu of a member, and the question before one is removed.
fn about_member(app: App, chat: i64, members: Memo<Vec<MemberLine>>, admin: Memo<bool>, asked: Asked) -> impl IntoView {
    let member = Memo::new(move |_| {
        let name = asked.member.get()?;
        members.with(|members| members.iter().find(|member| member.row.name == name).cloned())
    });
    // Who has gone meanwhile is not asked about any more.
    Effect::new(move |_| {
        if member.with(Option::is_none) {
            asked.open.set(false);
            asked.sure.set(false);
            asked.blocking.set(false);
        }
    });
    move || {
        asked.member.get().map(|name| {
            let account = member.with_untracked(|member| member.as_ref().map(|member| member.row.account.clone())).unwrap_or_default();
            let block = crate::report::keep::before_block(app, chat, &name, &account, asked.blocking);
            let question = app.say_with(Word::RemoveSure, &[("name", &name)]);
            let removed = name.clone();
            (
                dialog(app, name, asked.open, move || {
                    move || member.get().map(|member| member_lines(app, chat, admin.get(), &member, asked))
                }),
                confirm(app, question, Word::RemoveMember, asked.sure, move || {
                    app.act(Command::RemoveMember { chat, member: removed.clone() }, |_| {})
                }),
                block,
            )
        })
    }
}

fn member_lines(app: App, chat: i64, admin: bool, member: &MemberLine, asked: Asked) -> impl IntoView + use<> {
    let name = member.row.name.clone();
    let (word, command) = match member.row.admin {
        true => (Word::TakeAdmin, Command::Demote { chat, member: name.clone() }),
        false => (Word::MakeAdmin, Command::Promote { chat, member: name.clone() }),
    };
    div().attr("class", "menu-lines").child((
        chat_with(app, member)
            .map(|to| line_button(Icon::Pencil, app.say_with(Word::WriteTo, &[("name", &name)]), move |_| app.go(Place::Chat(to)))),
        admin.then(|| {
            line_button(Icon::Settings, app.say(word), move |_| {
                asked.open.set(false);
                app.act(command.clone(), |_| {});
            })
        }),
        admin.then(|| {
            line_button(Icon::Trash, app.say(Word::RemoveMember), move |_| {
                asked.open.set(false);
                asked.sure.set(true);
            })
        }),
        block_line(app, member, asked),
    ))
}

/// Somebody in a group may be no contact, and be blocked all the same.
fn block_line(app: App, member: &MemberLine, asked: Asked) -> impl IntoView + use<> {
    let (user, blocked) = (member.row.account.clone(), member.blocked);
    let word = if blocked { Word::Unblock } else { Word::Block };
    line_button(Icon::Ban, app.say(word), move |_| {
        asked.open.set(false);
        if blocked {
            app.act(Command::Unblock { user: user.clone() }, |_| {});
        } else {
            asked.blocking.set(true);
        }
    })
}

/// The chat of two with a member, if there is one.
fn chat_with(app: App, member: &MemberLine) -> Option<i64> {
    let peer = |line: &&ChatLine| line.row.kind == ChatKind::Two && line.peer.as_deref() == Some(member.row.account.as_str());
    app.chats.with_untracked(|chats| chats.iter().find(peer).map(|line| line.row.id))
}

fn member_line(app: App, member: MemberLine, asked: Asked) -> impl IntoView {
    let name = member.row.name.clone();
    let menu = app.say_with(Word::MemberMenu, &[("name", &name)]);
    li().attr("class", "member").attr("data-member", name.clone()).child((
        avatar(&name, &member.row.account),
        span().attr("class", "chat-middle").child((
            span().attr("class", "chat-name").child(match member.me {
                true => app.say(Word::You).into_any(),
                false => called(&name, member.display_name.as_deref()).into_any(),
            }),
            (member.row.state == MemberState::Added).then(|| span().attr("class", "chat-last").child(app.say(Word::NotYetHere))),
        )),
        member.row.admin.then(|| span().attr("class", "role").child(app.say(Word::Admin))),
        (!member.me).then(|| {
            icon_button(Icon::Ellipsis, menu, move |_| {
                asked.member.set(Some(name.clone()));
                asked.open.set(true);
            })
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
    let day = NodeRef::<crate::html::Input>::new();
    // Not as it is typed: the first digit of a year makes a date already.
    let go = move || {
        let Some(day) = day.get_untracked() else { return };
        let start = js_sys::Date::parse(&format!("{}T00:00:00", day.value()));
        if start.is_finite() {
            app.day.set(Some((chat, start.max(0.0) as u64)));
            app.go(Place::Chat(chat));
        }
    };
    form()
        .attr("class", "card")
        .on(ev::submit, move |event| {
            event.prevent_default();
            go();
        })
        .child((
            label().attr("for", "jump").child(app.say(Word::JumpToDate)),
            div().attr("class", "row").child((
                input().id("jump").attr("type", "date").attr("required", "").node_ref(day),
                button().attr("type", "submit").attr("class", "word-button quiet").child(app.say(Word::GoToDay)),
            )),
        ))
}

fn vanish(app: App, chat: i64, now: u64) -> impl IntoView {
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
