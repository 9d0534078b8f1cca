//! A chat: its head, its messages, and where one writes.

pub mod actions;
pub mod bubble;
pub mod cards;
pub mod composer;
pub mod details;
pub mod doing;
pub mod drafts;
pub mod emoji;
pub mod find;
pub mod forward;
pub mod group;
pub mod known;
pub mod long;
pub mod mention;
pub mod missed;
pub mod poll;
pub mod shelf;
pub mod stream;
pub mod tray;
pub mod typing;
pub mod viewer;
pub mod voice;

use crate::app::{App, Place};
use crate::chat::actions::Actions;
use crate::chat::bubble::bubble;
use crate::chat::composer::composer;
use crate::chat::stream::{Aim, Row, Stream, place_of};
use crate::focus::{self, Start};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{self, button, div, header, p, section, span};
use crate::icons::Icon;
use crate::parts::{avatar, called, icon_button, word_button};
use crate::time;
use crate::words::Word;
use std::cell::Cell;
use view::page::Line;
use view::{ChatDetail, ChatKind, ChatState, Event, Query, View};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

/// What arrows walk through here.
const ROWS: &str = "article.said";
/// What arrives within this time is told together: up to so many one by one.
const TOLD: std::time::Duration = std::time::Duration::from_millis(700);
const TOLD_MAX: usize = 2;
/// Letters of a message that are read out by themselves; the message itself has the rest.
const TOLD_LETTERS: usize = 120;

/// So near to the end one reads what is new as it comes.
const NEAR_PX: i32 = 120;
/// So many heights of the list before its end the next messages are asked for.
const AHEAD: i32 = 3;
/// By then what is new has its place.
const SETTLED: std::time::Duration = std::time::Duration::from_millis(400);

pub fn chat(app: App, id: i64) -> impl IntoView {
    let detail = detail(app, id);
    let noticed = crate::notice::noticed(app, id);
    let stream = Stream::open(app, id);
    let actions = Actions::new(app, stream);
    let finding = RwSignal::new(false);
    let dropping = RwSignal::new(false);
    section()
        .attr("class", "chat")
        .class(("dropping", move || dropping.get()))
        .attr("aria-label", move || detail.get().map(|detail| detail.line.row.name))
        .on(ev::dragover, move |event: ev::DragEvent| {
            if !is_for_field(&event) {
                event.prevent_default();
                dropping.set(brings_files(&event));
            }
        })
        .on(ev::dragleave, move |event: ev::DragEvent| {
            // From one part of the chat to another is not away from it.
            if event.related_target().is_none() {
                dropping.set(false);
            }
        })
        .on(ev::drop, move |event: ev::DragEvent| {
            dropping.set(false);
            if is_for_field(&event) {
                return;
            }
            event.prevent_default();
            let Some(data) = event.data_transfer() else { return };
            if brings_files(&event) {
                actions.give(data.files());
            } else if let Some(words) = data.get_data("text/plain").ok().filter(|words| !words.is_empty()) {
                actions.dropped.set(Some(words));
            }
        })
        .child((
            head(app, id, detail, finding),
            crate::chat::typing::read_aloud(app, id),
            move || finding.get().then(|| crate::chat::find::bar(app, stream, finding)),
            crate::notice::strip(app, id, detail, noticed),
            move || pinned(app, stream, detail.get()),
            messages(app, stream, actions),
            crate::chat::known::question(app, id, detail),
            crate::notice::card(app, id, noticed),
            heard(app, id),
            below(app, stream, actions, detail),
            move || actions.is_choosing().then(|| actions.choosing_bar()),
            p().attr("class", "drop-here").attr("aria-hidden", "true").child(app.say(Word::DropHere)),
            actions.dialogs(),
        ))
}

fn brings_files(event: &ev::DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().includes(&"Files".into(), 0))
}

/// Words over a field: the browser puts them where they are let go, and moves them within it.
fn is_for_field(event: &ev::DragEvent) -> bool {
    let over = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    !brings_files(event) && over.is_some_and(|over| over.matches("textarea, input").unwrap_or(false))
}

/// What is known of a chat, kept fresh.
pub fn detail(app: App, chat: i64) -> RwSignal<Option<ChatDetail>> {
    let known = Known { app, chat, detail: RwSignal::new(None), asked: StoredValue::new(Asked::No) };
    known.ask();
    app.listen(move |event| {
        let pinned =
            |id: i64| known.detail.with_untracked(|detail| detail.as_ref()?.pinned.as_ref().map(|pinned| pinned.row.id)) == Some(id);
        match event {
            Event::ChatChanged { chat: changed } if *changed == chat => known.ask(),
            // What is deleted or edited stands in the line above the chat as well.
            Event::MessageChanged { chat: changed, message } if *changed == chat && pinned(*message) => known.ask(),
            Event::ContactsChanged => known.ask(),
            _ => {}
        }
    });
    known.detail
}

/// Copies are the same. However often it changes, one question is under way and one waits at most.
#[derive(Clone, Copy)]
struct Known {
    app: App,
    chat: i64,
    detail: RwSignal<Option<ChatDetail>>,
    asked: StoredValue<Asked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    No,
    Once,
    Again,
}

impl Known {
    fn ask(self) {
        match self.asked.try_get_value() {
            Some(Asked::No) => self.asked.set_value(Asked::Once),
            Some(_) => return self.asked.set_value(Asked::Again),
            // Whoever asked is gone.
            None => return,
        }
        self.app.ask(Query::Chat { chat: self.chat }, move |view| {
            let Some(asked) = self.asked.try_get_value() else { return };
            self.asked.set_value(Asked::No);
            if asked == Asked::Again {
                self.ask();
            }
            if let View::Chat(found) = view {
                let found = found.map(|found| *found);
                if self.detail.with_untracked(|before| *before != found) {
                    self.detail.set(found);
                }
            }
        });
    }
}

fn head(app: App, id: i64, detail: RwSignal<Option<ChatDetail>>, finding: RwSignal<bool>) -> impl IntoView {
    header().attr("class", "head chat-head").child((
        icon_button(Icon::ArrowLeft, app.say(Word::Back), move |_| app.go(Place::Chats)),
        move || {
            detail.get().map(|detail| {
                let row = &detail.line.row;
                let key = detail.line.peer.clone().unwrap_or_else(|| format!("group {}", row.name));
                let under = match row.kind {
                    ChatKind::Group => Some(group_line(app, &detail)),
                    ChatKind::Two => None,
                };
                let muted = app.chats.with(|all| all.iter().any(|line| line.row.id == id && crate::list::is_muted(line)));
                let vanishing = row.expire_seconds > 0;
                button().attr("type", "button").attr("class", "chat-title").on(ev::click, move |_| app.go(Place::Details(id))).child((
                    avatar(&row.name, &key),
                    span().attr("class", "chat-middle").child((
                        html::h1().attr("class", "chat-name").attr("tabindex", "-1").child((
                            called(&row.name, detail.line.display_name.as_deref()),
                            muted.then(|| Icon::BellOff.draw()),
                            vanishing.then(|| Icon::Clock.draw()),
                        )),
                        move || match crate::chat::typing::line(app, id) {
                            Some(writing) => Some(span().attr("class", "chat-last writing").child(writing)),
                            None => under.clone().map(|under| span().attr("class", "chat-last").child(under)),
                        },
                    )),
                ))
            })
        },
        icon_button(Icon::Search, app.say(Word::SearchChat), move |_| finding.update(|open| *open = !*open)),
        icon_button(Icon::Lock, app.say(Word::WhoCanSee), move |_| app.who.set(Some(id))),
        icon_button(Icon::Ellipsis, app.say(Word::Menu), move |_| app.go(Place::Details(id))),
    ))
}

/// Who is in a group, as far as a line goes.
fn group_line(app: App, detail: &ChatDetail) -> String {
    let name = |member: &view::MemberLine| match member.me {
        true => app.say(Word::You),
        false => crate::parts::short_name(&member.row.name, member.display_name.as_deref()),
    };
    let (others, own): (Vec<_>, Vec<_>) = detail.members.iter().partition(|member| !member.me);
    others.into_iter().chain(own).map(name).collect::<Vec<_>>().join(", ")
}

fn pinned(app: App, stream: Stream, detail: Option<ChatDetail>) -> Option<impl IntoView> {
    let pinned = detail?.pinned?;
    let id = pinned.row.id;
    let text = crate::list::one_line(app, pinned.row.kind, &pinned.row.text, pinned.care);
    Some(
        button()
            .attr("type", "button")
            .attr("class", "pinned")
            .on(ev::click, move |_| stream.go_to(id))
            .child((Icon::Pin.draw(), span().child((span().attr("class", "sender").child(app.say(Word::Pinned)), " ", text)))),
    )
}

fn messages(app: App, stream: Stream, actions: Actions) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    focus::rove(node, ROWS, Start::Last);
    let away = RwSignal::new(false);
    let scrolled = move || {
        let Some(list) = node.try_get_untracked().flatten() else { return };
        let below = list.scroll_height() - list.scroll_top() - list.client_height();
        let far = below > NEAR_PX || stream.later.get_untracked();
        if away.get_untracked() != far {
            away.set(far);
        }
        // Before the end is seen what follows is there.
        let ahead = AHEAD * list.client_height();
        if list.scroll_top() < ahead {
            stream.load_earlier();
        }
        if below < ahead {
            stream.load_later();
        }
    };
    // Once what was asked for is in the page, it is brought into view.
    Effect::new(move |_| {
        let Some(aim) = stream.aim.get() else { return };
        // Whoever is on the way elsewhere is not at the end any more, whatever comes, or takes room, before they are there.
        if matches!(aim, Aim::Message(_) | Aim::Found(_) | Aim::Unread(_)) {
            away.set(true);
        }
        let near = !away.get_untracked();
        let show = move || {
            // The chat may have been left by then.
            if let Some(list) = node.try_get_untracked().flatten()
                && (aim != Aim::Follow || near)
            {
                bring(&list, aim);
                // The browser tells of it a frame later.
                scrolled();
            }
        };
        request_animation_frame(show);
        // Pictures whose size nobody told make room for themselves when they come. Who has gone elsewhere meanwhile stays there.
        if aim == Aim::Newest || (aim == Aim::Follow && near) {
            let here = move || away.try_get_untracked() == Some(false);
            set_timeout(
                move || {
                    if here() {
                        show()
                    }
                },
                SETTLED,
            );
        }
        stream.aim.set(None);
        stream.mark_read();
    });
    stay_at_end(node, away);
    let seen = window_event_listener(ev::visibilitychange, move |_| stream.mark_read());
    on_cleanup(move || seen.remove());
    div().attr("class", "stream-frame").child((
        div()
            .node_ref(node)
            .attr("class", "stream")
            .class(("choosing", move || actions.is_choosing()))
            .attr("role", "group")
            .attr("aria-label", app.say(Word::Messages))
            .on(ev::scroll, move |_| scrolled())
            .on(ev::keydown, |event| {
                focus::walk(&event, ROWS);
                if event.key() == "Escape" {
                    focus::go(&[".composer textarea"]);
                }
            })
            .on(ev::focusin, |event| focus::mark(&event, ROWS, Start::Last))
            .child((
                move || {
                    let note = if stream.earlier.get() { Word::Earlier } else { Word::Beginning };
                    stream.loaded.get().then(|| p().attr("class", "notice-line").child(app.say(note)))
                },
                each(move || stream.rows(), Row::clone, move |row: Row| row_view(app, stream, actions, row)),
            )),
        move || {
            away.get().then(|| {
                button()
                    .attr("type", "button")
                    .attr("class", "to-newest")
                    .attr("aria-label", app.say(Word::JumpToNewest))
                    .on(ev::click, move |_| stream.go_to_newest())
                    .child(Icon::ArrowDown.draw())
            })
        },
    ))
}

/// What is around the messages takes more or less room, as a card, an answer or what one writes: whoever is at the end stays there.
fn stay_at_end(node: NodeRef<html::Div>, away: RwSignal<bool>) {
    let watch = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut()>)>);
    Effect::new(move |_| {
        let Some(list) = node.get() else { return };
        let shown = list.clone();
        // It is told once at the start.
        let started = Cell::new(false);
        let changed = Closure::<dyn FnMut()>::new(move || {
            if started.replace(true) && away.try_get_untracked() == Some(false) {
                shown.set_scroll_top(shown.scroll_height());
            }
        });
        let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) else { return };
        observer.observe(&list);
        watch.set_value(Some((observer, changed)));
    });
    on_cleanup(move || {
        if let Some((observer, _changed)) = watch.try_update_value(Option::take).flatten() {
            observer.disconnect();
        }
    });
}

/// What arrives while one is here, for those who hear the page: neither what was here before nor what one scrolls to.
fn heard(app: App, chat: i64) -> impl IntoView {
    let coming = RwSignal::new(Vec::<String>::new());
    let told = RwSignal::new(String::new());
    app.listen(move |event| {
        let Event::Arrived { chat: to, message } = event else { return };
        if *to != chat {
            return;
        }
        app.ask(Query::Message { message: *message }, move |view| {
            let View::Message(Some(bubble)) = view else { return };
            if bubble.row.mine || bubble.row.kind == view::MessageKind::Notice {
                return;
            }
            let text = crate::list::one_line(app, bubble.row.kind, &bubble.row.text, bubble.care);
            let text: String = text.chars().take(TOLD_LETTERS).collect();
            let line = app.say_with(Word::ArrivedFrom, &[("name", &bubble.sender.name), ("text", &text)]);
            if coming.try_update(|coming| coming.push(line)).is_none() || coming.with_untracked(Vec::len) > 1 {
                return;
            }
            set_timeout(
                move || {
                    // The chat may have been left.
                    let Some(lines) = coming.try_update(std::mem::take) else { return };
                    told.set(match lines.len() {
                        ..=TOLD_MAX => lines.join(" "),
                        many => app.say_with(Word::ArrivedMany, &[("n", &many.to_string())]),
                    });
                },
                TOLD,
            );
        });
    });
    p().attr("class", "for-readers").attr("role", "status").child(move || told.get())
}

fn row_view(app: App, stream: Stream, actions: Actions, row: Row) -> impl IntoView {
    let message = stream.bubble(row.id);
    (
        row.day.map(|day| p().attr("class", "day").attr("role", "separator").child(time::day(app, day))),
        row.fresh.then(|| p().attr("class", "fresh").attr("role", "separator").child(app.say(Word::NewBelow))),
        message.map(|message| bubble(app, stream, message, row.joined, actions)),
    )
}

fn bring(list: &web_sys::HtmlDivElement, aim: Aim) {
    let find = |id: i64| list.query_selector(&format!("[data-message=\"{id}\"]")).ok().flatten();
    match aim {
        Aim::Newest | Aim::Follow => list.set_scroll_top(list.scroll_height()),
        Aim::Unread(id) => {
            if let Some(element) = find(id) {
                centre(list, &element);
            }
        }
        Aim::Message(id) | Aim::Found(id) => {
            if let Some(element) = find(id) {
                centre(list, &element);
                let all = list.query_selector_all(".found-message");
                for marked in (0..).map_while(|place| all.as_ref().ok().and_then(|all| all.get(place))) {
                    // What was found before is found no longer.
                    let _ = marked.unchecked_into::<web_sys::Element>().class_list().remove_1("found-message");
                }
                let _ = element.class_list().add_1("found-message");
                if let (Aim::Message(_), Ok(element)) = (aim, element.dyn_into::<web_sys::HtmlElement>()) {
                    // Not every message takes the focus: a notice does not.
                    let _ = element.focus();
                }
            }
        }
        // Most browsers keep it in its place by themselves, but not at the very top.
        Aim::Stay(id, before) => list.set_scroll_top(list.scroll_top() + place_of(id) - before),
    }
}

/// Puts a message where one looks first.
fn centre(list: &web_sys::HtmlDivElement, element: &web_sys::Element) {
    let (around, inside) = (list.get_bounding_client_rect(), element.get_bounding_client_rect());
    let offset = inside.top() - around.top() - (around.height() - inside.height()).max(0.0) / 2.0;
    list.set_scroll_top(list.scroll_top() + offset as i32);
}

/// Where one writes, and why one cannot. What is written stays as it is, with the focus and what was chosen, whatever else changes.
fn below(app: App, stream: Stream, actions: Actions, detail: RwSignal<Option<ChatDetail>>) -> impl IntoView {
    let line = Memo::new(move |_| detail.with(|detail| detail.as_ref().and_then(|detail| cannot(app, detail))));
    let writes = Memo::new(move |_| detail.with(|detail| detail.as_ref().is_some_and(can_write)));
    let ended = Memo::new(move |_| {
        detail.with(|detail| detail.as_ref().is_some_and(|detail| !detail.line.blocked && has_ended(detail.line.row.state)))
    });
    let archive = move || {
        let away = move |_| app.act(view::Command::Archive { chat: stream.chat }, |_| {});
        word_button("quiet", Some(Icon::Archive), app.say(Word::Archive), away)
    };
    div().attr("class", "below").attr("hidden", move || actions.is_choosing().then_some("")).child((
        move || {
            line.get().map(|line| div().attr("class", "cannot").attr("role", "status").child((p().child(line), ended.get().then(archive))))
        },
        move || writes.get().then(|| composer(app, stream, actions, detail)),
    ))
}

fn has_ended(state: ChatState) -> bool {
    matches!(state, ChatState::Leaving | ChatState::Left | ChatState::Removed | ChatState::Ended)
}

fn can_write(detail: &ChatDetail) -> bool {
    let state = detail.line.row.state;
    !detail.line.blocked && state != ChatState::Joining && !has_ended(state)
}

/// What keeps one from writing, or others from reading it.
fn cannot(app: App, detail: &ChatDetail) -> Option<String> {
    let name = &detail.line.row.name;
    if detail.line.blocked {
        return Some(app.say_with(Word::YouBlocked, &[("name", name)]));
    }
    Some(match detail.line.row.state {
        ChatState::Active => return None,
        ChatState::Broken => app.say(Word::ChatBroken),
        ChatState::Waiting => app.say_with(Word::ChatWaiting, &[("name", name)]),
        ChatState::Returning => app.say(Word::ChatReturning),
        ChatState::Joining => app.say(Word::Connecting),
        _ => app.say(Word::ChatEnded),
    })
}

/// The line over everything while there is no connection.
pub fn line(app: App) -> impl IntoView {
    // A moment without a connection is none to speak of.
    let shown = RwSignal::new(Line::Up);
    Effect::new(move |_| {
        let line = app.line();
        set_timeout(
            move || {
                if app.core.with_untracked(|core| matches!(core, Some(view::page::Core::Ready { line: now, .. }) if *now == line)) {
                    shown.set(line);
                }
            },
            std::time::Duration::from_millis(if line == Line::Up { 0 } else { 2500 }),
        );
    });
    let replaced = move || app.vault.with(|vault| vault.as_ref().is_some_and(|vault| vault.replaced));
    div().attr("class", "line").attr("role", "status").child(move || match shown.get() {
        _ if replaced() => Some(p().child(app.say(Word::RefusedReplaced))),
        _ if app.full.get() => Some(p().child(app.say(Word::FullLine))),
        Line::Up => None,
        Line::Connecting | Line::Down => Some(p().child(app.say(Word::Offline))),
    })
}
