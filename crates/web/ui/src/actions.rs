//! What can be done with a message, and what is being done: answering, changing, forwarding.

use crate::app::App;
use crate::emoji;
use crate::icons::Icon;
use crate::markdown;
use crate::parts::{dialog, word_button};
use crate::stream::Stream;
use crate::time;
use crate::words::Word;
use leptos::ev;
use leptos::html::{button, dd, div, dl, dt, input, label, p, span};
use leptos::prelude::*;
use view::{Bubble, Choice, Command, InfoRow, MessageKind, NewPoll, Query, View};

/// Chats that one message is passed on to at most.
const FORWARD_MAX: usize = 5;

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Actions {
    app: App,
    stream: Stream,
    /// What stands in the composer.
    pub text: RwSignal<String>,
    pub reply: RwSignal<Option<i64>>,
    pub editing: RwSignal<Option<i64>>,
    pub draft_loaded: StoredValue<bool>,
    /// The message whose menu is open.
    menu: RwSignal<Option<i64>>,
    opened: RwSignal<bool>,
    forwarding: RwSignal<bool>,
    info: RwSignal<bool>,
    info_row: RwSignal<Option<InfoRow>>,
    pub polling: RwSignal<bool>,
}

impl Actions {
    pub fn new(app: App, stream: Stream) -> Self {
        Self {
            app,
            stream,
            text: RwSignal::new(String::new()),
            reply: RwSignal::new(None),
            editing: RwSignal::new(None),
            draft_loaded: StoredValue::new(false),
            menu: RwSignal::new(None),
            opened: RwSignal::new(false),
            forwarding: RwSignal::new(false),
            info: RwSignal::new(false),
            info_row: RwSignal::new(None),
            polling: RwSignal::new(false),
        }
    }

    pub fn chat(&self) -> i64 {
        self.stream.chat
    }

    pub fn open(&self, message: i64) {
        self.menu.set(Some(message));
        self.opened.set(true);
    }

    pub fn clear_target(&self) {
        if self.editing.get_untracked().is_some() {
            self.text.set(String::new());
        }
        self.reply.set(None);
        self.editing.set(None);
    }

    pub fn clear(&self) {
        self.text.set(String::new());
        self.reply.set(None);
        self.editing.set(None);
    }

    fn bubble(&self) -> Option<Bubble> {
        self.stream.bubble(self.menu.get()?).map(|bubble| bubble.get())
    }

    /// All that may lie over the chat.
    pub fn dialogs(self) -> impl IntoView {
        let app = self.app;
        (
            dialog(app, app.say(Word::Menu), self.opened, move || self.menu_view()),
            dialog(app, app.say(Word::ForwardTo), self.forwarding, move || self.forward_view()),
            dialog(app, app.say(Word::Info), self.info, move || self.info_view()),
            dialog(app, app.say(Word::MakePoll), self.polling, move || self.poll_view()),
        )
    }

    fn menu_view(self) -> impl IntoView {
        move || {
            let shown = self.bubble()?;
            let (app, chat, id) = (self.app, self.stream.chat, shown.row.id);
            let text = shown.row.text.clone();
            let words = matches!(shown.row.kind, MessageKind::Text);
            let line = move |icon: Icon, word: Word, class: &'static str, act: Box<dyn Fn()>| {
                let act = send_wrapper::SendWrapper::new(act);
                button()
                    .attr("type", "button")
                    .attr("class", format!("menu-line {class}"))
                    .on(ev::click, move |_| {
                        self.opened.set(false);
                        act();
                    })
                    .child((icon.draw(), span().child(app.say(word))))
            };
            let quick = div().attr("class", "quick").attr("role", "group").attr("aria-label", app.say(Word::React)).child(
                emoji::QUICK
                    .iter()
                    .map(|emoji| {
                        button()
                            .attr("type", "button")
                            .on(ev::click, move |_| {
                                self.opened.set(false);
                                app.act(Command::React { chat, message: id, emoji: (*emoji).into() }, |_| {});
                            })
                            .child(*emoji)
                    })
                    .collect_view(),
            );
            let mine = shown.row.mine;
            let edited_text = text.clone();
            Some(div().attr("class", "menu-lines").child((
                quick,
                line(Icon::Reply, Word::Reply, "", Box::new(move || self.reply.set(Some(id)))),
                (mine && words).then(|| {
                    line(
                        Icon::Pencil,
                        Word::Edit,
                        "",
                        Box::new(move || {
                            self.reply.set(None);
                            self.editing.set(Some(id));
                            self.text.set(edited_text.clone());
                        }),
                    )
                }),
                (!text.is_empty()).then(|| {
                    line(
                        Icon::Copy,
                        Word::Copy,
                        "",
                        Box::new(move || {
                            let _ = window().navigator().clipboard().write_text(&markdown::plain(&text));
                            app.tell(app.say(Word::Copied));
                        }),
                    )
                }),
                line(Icon::Forward, Word::Forward, "", Box::new(move || self.forwarding.set(true))),
                if shown.pinned {
                    line(Icon::Pin, Word::UnpinMessage, "", Box::new(move || app.act(Command::UnpinMessage { chat, message: id }, |_| {})))
                } else {
                    line(Icon::Pin, Word::PinMessage, "", Box::new(move || app.act(Command::PinMessage { chat, message: id }, |_| {})))
                },
                line(
                    Icon::Info,
                    Word::Info,
                    "",
                    Box::new(move || {
                        self.info_row.set(None);
                        self.info.set(true);
                        app.ask(Query::Info { chat, message: id }, move |view| {
                            if let View::Info(row) = view {
                                self.info_row.set(row.map(|row| *row));
                            }
                        });
                    }),
                ),
                line(
                    Icon::Trash,
                    Word::DeleteForMe,
                    "danger",
                    Box::new(move || app.act(Command::DeleteForMe { chat, messages: vec![id] }, |_| {})),
                ),
                mine.then(|| {
                    (
                        line(
                            Icon::Trash,
                            Word::DeleteForAll,
                            "danger",
                            Box::new(move || app.act(Command::Delete { chat, message: id }, |_| {})),
                        ),
                        p().attr("class", "hint").child(app.say(Word::DeleteHint)),
                    )
                }),
            )))
        }
    }

    fn forward_view(self) -> impl IntoView {
        let app = self.app;
        let to = RwSignal::new(Vec::<i64>::new());
        div().attr("class", "choices").child((
            app.chats
                .get_untracked()
                .into_iter()
                .filter(|line| line.row.state == view::ChatState::Active && !line.blocked)
                .map(|line| {
                    let id = line.row.id;
                    label().attr("class", "choice").child((
                        input().attr("type", "checkbox").prop("checked", move || to.with(|to| to.contains(&id))).on(
                            ev::change,
                            move |_| {
                                to.update(|to| match to.iter().position(|other| *other == id) {
                                    Some(at) => {
                                        to.remove(at);
                                    }
                                    None if to.len() < FORWARD_MAX => to.push(id),
                                    None => {}
                                });
                            },
                        ),
                        span().child(line.row.name),
                    ))
                })
                .collect_view(),
            word_button("main", Some(Icon::Send), app.say(Word::Send), move |_| {
                let (Some(message), to) = (self.menu.get_untracked(), to.get_untracked()) else { return };
                if to.is_empty() {
                    return;
                }
                self.forwarding.set(false);
                app.act(Command::Forward { chat: self.stream.chat, messages: vec![message], to }, move |_| app.tell(app.say(Word::Sent)));
            }),
        ))
    }

    fn info_view(self) -> impl IntoView {
        let app = self.app;
        move || {
            let row = self.info_row.get()?;
            let read = if row.read_by.is_empty() { app.say(Word::NobodyYet) } else { row.read_by.join(", ") };
            Some(dl().attr("class", "facts").child((
                (dt().child(app.say(Word::SentAt)), dd().child(time::full(row.message.sent_ms))),
                row.stamped_ms.map(|ms| (dt().child(app.say(Word::ReceivedByServer)), dd().child(time::full(ms)))),
                row.message.mine.then(|| (dt().child(app.say(Word::ReadByList)), dd().child(read))),
                row.message.expires_ms.map(|ms| (dt().child(app.say(Word::Disappearing)), dd().child(time::full(ms)))),
                row.provable.then(|| (dt().child(Icon::Check.draw()), dd().child(app.say(Word::Provable)))),
            )))
        }
    }

    fn poll_view(self) -> impl IntoView {
        let app = self.app;
        let question = RwSignal::new(String::new());
        let options = RwSignal::new(vec![RwSignal::new(String::new()), RwSignal::new(String::new())]);
        let several = RwSignal::new(false);
        let write = move |name: String, value: RwSignal<String>| {
            input()
                .attr("type", "text")
                .attr("aria-label", name.clone())
                .attr("placeholder", name)
                .prop("value", move || value.get())
                .on(ev::input, move |event| value.set(event_target_value(&event)))
        };
        div().attr("class", "choices").child((
            write(app.say(Word::PollQuestion), question),
            move || {
                options
                    .get()
                    .into_iter()
                    .enumerate()
                    .map(|(place, option)| write(app.say_with(Word::PollOption, &[("n", &(place + 1).to_string())]), option))
                    .collect_view()
            },
            word_button("quiet", Some(Icon::Plus), app.say(Word::PollAddOption), move |_| {
                options.update(|options| options.push(RwSignal::new(String::new())))
            }),
            label().attr("class", "choice").child((
                input()
                    .attr("type", "checkbox")
                    .prop("checked", move || several.get())
                    .on(ev::change, move |_| several.update(|several| *several = !*several)),
                span().child(app.say(Word::PollSeveral)),
            )),
            word_button("main", Some(Icon::Send), app.say(Word::Send), move |_| {
                let options = options
                    .get_untracked()
                    .iter()
                    .map(|option| option.get_untracked().trim().to_owned())
                    .filter(|option| !option.is_empty())
                    .collect();
                let choice = if several.get_untracked() { Choice::Several } else { Choice::One };
                let poll = NewPoll { question: question.get_untracked().trim().to_owned(), options, choice };
                app.act(Command::SendPoll { chat: self.stream.chat, poll }, move |_| self.polling.set(false));
            }),
        ))
    }
}
