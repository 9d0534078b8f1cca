//! What can be done with messages, and what is being done: answering, changing, passing on, choosing several.

use crate::app::App;
use crate::chat::emoji;
use crate::chat::stream::Stream;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, dd, div, dl, dt, p, span};
use crate::icons::Icon;
use crate::markdown;
use crate::notice::pause::{Pause, Why};
use crate::parts::{dialog, icon_button, line_button, word_button};
use crate::report::keep;
use crate::time;
use crate::words::Word;
use crate::words::care::CareWord;
use send_wrapper::SendWrapper;
use std::collections::BTreeSet;
use view::{Bubble, Command, Delivery, InfoRow, MessageKind, Pause as Before, Query, View};
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, FileList};

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Actions {
    pub app: App,
    pub stream: Stream,
    /// What stands in the composer.
    pub text: RwSignal<String>,
    pub reply: RwSignal<Option<i64>>,
    pub editing: RwSignal<Option<i64>>,
    pub draft_loaded: StoredValue<bool>,
    /// The message whose menu is open.
    menu: RwSignal<Option<i64>>,
    opened: RwSignal<bool>,
    /// What is to be passed on or deleted, in order.
    these: RwSignal<Vec<i64>>,
    /// Those that are to be deleted are all this person's.
    own: RwSignal<bool>,
    forwarding: RwSignal<bool>,
    /// The chats it is passed on to, and whom the pause before that names.
    going: RwSignal<Vec<i64>>,
    named: RwSignal<String>,
    pause: Pause,
    deleting: RwSignal<bool>,
    reacting: RwSignal<bool>,
    info: RwSignal<bool>,
    info_row: RwSignal<Option<InfoRow>>,
    pub polling: RwSignal<bool>,
    /// The messages that are chosen, while one chooses.
    chosen: RwSignal<Option<BTreeSet<i64>>>,
    /// Files that were dropped on the chat or shared with it, on their way to the composer.
    pub given: RwSignal<Vec<SendWrapper<File>>>,
    /// Words that were dropped on the chat, on the same way.
    pub dropped: RwSignal<Option<String>>,
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
            these: RwSignal::new(vec![]),
            own: RwSignal::new(false),
            forwarding: RwSignal::new(false),
            going: RwSignal::new(vec![]),
            named: RwSignal::new(String::new()),
            pause: Pause::new(app, stream.chat),
            deleting: RwSignal::new(false),
            reacting: RwSignal::new(false),
            info: RwSignal::new(false),
            info_row: RwSignal::new(None),
            polling: RwSignal::new(false),
            chosen: RwSignal::new(None),
            given: RwSignal::new(vec![]),
            dropped: RwSignal::new(None),
        }
    }

    pub fn chat(&self) -> i64 {
        self.stream.chat
    }

    pub fn open(&self, message: i64) {
        self.menu.set(Some(message));
        self.opened.set(true);
    }

    /// Files for the composer.
    pub fn give(&self, files: Option<FileList>) {
        let Some(files) = files else { return };
        let files = (0..files.length()).filter_map(|place| files.get(place)).map(SendWrapper::new);
        self.given.update(|given| given.extend(files));
    }

    pub fn clear_target(&self) {
        if self.editing.get_untracked().is_some() {
            self.text.set(String::new());
        }
        self.reply.set(None);
        self.editing.set(None);
    }

    pub fn is_choosing(&self) -> bool {
        self.chosen.with(Option::is_some)
    }

    pub fn is_chosen(&self, message: i64) -> bool {
        self.chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| chosen.contains(&message)))
    }

    /// Chooses a message, or does not choose it any more; with the first one begins choosing.
    pub fn choose(&self, message: i64) {
        self.chosen.update(|chosen| {
            let chosen = chosen.get_or_insert_default();
            if !chosen.remove(&message) {
                chosen.insert(message);
            }
        });
    }

    pub fn stop_choosing(&self) {
        self.chosen.set(None);
    }

    /// Messages as they are now, in the order of `ids`, wherever one has scrolled since. What is gone is left out.
    fn look_at(self, ids: Vec<i64>, then: impl FnOnce(Vec<Bubble>) + 'static) {
        let Self { app, stream, these, .. } = self;
        spawn_local(async move {
            let mut all = Vec::new();
            for message in ids {
                if these.is_disposed() {
                    // The chat was left.
                    return;
                }
                if let Some(loaded) = stream.bubble(message) {
                    all.push(loaded.get_untracked());
                    continue;
                }
                match app.link().ask(Query::Message { message }).await {
                    Ok(View::Message(Some(bubble))) => all.push(*bubble),
                    Ok(_) => {}
                    Err(why) => return app.refused(&why),
                }
            }
            then(all);
        });
    }

    fn bubble(&self) -> Option<Bubble> {
        self.stream.bubble(self.menu.get()?).map(|bubble| bubble.get())
    }

    /// All that may lie over the chat.
    pub fn dialogs(self) -> impl IntoView {
        let app = self.app;
        (
            dialog(app, app.say(Word::Menu), self.opened, move || self.menu_view()),
            dialog(app, app.say(Word::ForwardTo), self.forwarding, move || {
                crate::chat::forward::choose_chats(app, move |to| self.forward(to))
            }),
            self.pause
                .dialog(move || self.named.get_untracked(), move || self.pass_on(self.these.get_untracked(), self.going.get_untracked())),
            dialog(app, app.say(Word::DeleteQuestion), self.deleting, move || self.delete_view()),
            dialog(app, app.say(Word::React), self.reacting, move || {
                emoji::picker(app, move |emoji| {
                    self.reacting.set(false);
                    self.react(emoji);
                })
            }),
            dialog(app, app.say(Word::Info), self.info, move || self.info_view()),
            dialog(app, app.say(Word::MakePoll), self.polling, move || crate::chat::poll::new_poll(app, self.stream.chat, self.polling)),
        )
    }

    fn react(self, emoji: String) {
        if let Some(message) = self.menu.get_untracked() {
            self.app.act(Command::React { chat: self.stream.chat, message, emoji }, |_| {});
        }
    }

    fn copy(self, messages: &[Bubble]) {
        let texts: Vec<String> = messages.iter().map(|bubble| bubble.row.text.clone()).filter(|text| !text.is_empty()).collect();
        crate::list::friends::copy(self.app, &texts.join("\n"));
    }

    fn begin_forward(self, messages: Vec<i64>) {
        self.these.set(messages);
        self.forwarding.set(true);
    }

    fn begin_delete(self, messages: Vec<i64>) {
        self.look_at(messages, move |all| {
            let own = |bubble: &Bubble| bubble.row.mine && bubble.row.kind != MessageKind::Deleted;
            self.own.set(!all.is_empty() && all.iter().all(own));
            self.these.set(all.iter().map(|bubble| bubble.row.id).collect());
            self.deleting.set(true);
        });
    }

    fn forward(self, to: Vec<i64>) {
        self.forwarding.set(false);
        self.going.set(to.clone());
        let messages = self.these.get_untracked();
        spawn_local(async move {
            match self.before(&messages, &to).await {
                // Who has left the chat meanwhile is not asked any more, and nothing goes.
                Some(why) => self.pause.begin(why),
                None => self.pass_on(messages, to),
            }
        });
    }

    /// Why there is a pause before it is passed on, if there is one: that before pictures of one's own, as the chat has it that asks for most.
    async fn before(self, messages: &[i64], to: &[i64]) -> Option<Why> {
        let link = self.app.link();
        let (mut films, mut pictures) = (false, Vec::new());
        for &message in messages {
            let Ok(View::Message(Some(shown))) = link.clone().ask(Query::Message { message }).await else { continue };
            films |= shown.files.iter().any(|file| file.kind == MessageKind::Video);
            let stills = shown.files.iter().filter(|file| file.kind.is_still());
            pictures.extend(stills.map(|file| (message, file.position)));
        }
        let mut looks = false;
        for chat in to {
            let Ok(View::Chat(Some(detail))) = link.clone().ask(Query::Chat { chat: *chat }).await else { continue };
            if detail.pause == Before::All && (films || !pictures.is_empty()) {
                self.named.try_set(detail.line.row.name);
                return Some(Why::First);
            }
            looks |= detail.pause == Before::Private;
        }
        if pictures.is_empty() { None } else { self.app.looks.before_passing_on(&pictures, looks).await }
    }

    fn pass_on(self, messages: Vec<i64>, to: Vec<i64>) {
        let app = self.app;
        let one = <[i64; 1]>::try_from(to.clone()).ok();
        app.act(Command::Forward { chat: self.stream.chat, messages, to }, move |_| {
            let here = !self.these.is_disposed();
            if here {
                self.stop_choosing();
            }
            app.tell(app.say(Word::ForwardDone));
            // To one chat: there one sees it, unless one has gone elsewhere by now.
            if let Some([chat]) = one.filter(|_| here) {
                app.go(crate::app::Place::Chat(chat));
            }
        });
    }

    fn quick(self) -> impl IntoView {
        let app = self.app;
        let one = move |emoji: &'static str| {
            let press = move |_| {
                self.opened.set(false);
                self.react(emoji.to_owned());
            };
            button().attr("type", "button").on(ev::click, press).child(emoji)
        };
        div().attr("class", "quick").attr("role", "group").attr("aria-label", app.say(Word::React)).child((
            emoji::QUICK.map(one).into_iter().collect_view(),
            icon_button(Icon::Plus, app.say(Word::MoreEmoji), move |_| {
                self.opened.set(false);
                self.reacting.set(true);
            }),
        ))
    }

    fn menu_view(self) -> impl IntoView {
        move || {
            let shown = self.bubble()?;
            let (app, chat, id) = (self.app, self.stream.chat, shown.row.id);
            let line = move |icon: Icon, word: Word, act: Box<dyn Fn()>| {
                line_button(icon, app.say(word), move |_| {
                    self.opened.set(false);
                    act();
                })
            };
            let deleted = shown.row.kind == MessageKind::Deleted;
            let waits = matches!(shown.delivery, Some(Delivery::Queued | Delivery::Failed(_)));
            let passed_on = !matches!(shown.row.kind, MessageKind::Poll | MessageKind::Contact | MessageKind::Unknown);
            let passed_on = passed_on && !deleted && shown.private.is_none();
            let private = !deleted && !waits && crate::report::private::can_be(&shown);
            let (editable, pinned) = (shown.row.mine && shown.row.kind == MessageKind::Text, shown.pinned);
            let (text, copied) = (shown.row.text.clone(), shown.clone());
            Some(
                div().attr("class", "menu-lines").child((
                    (!deleted && !waits).then(|| self.quick()),
                    (!deleted).then(|| line(Icon::Reply, Word::Reply, Box::new(move || self.reply.set(Some(id))))),
                    editable.then(|| line(Icon::Pencil, Word::Edit, Box::new(move || self.edit(id, &text)))),
                    (!shown.row.text.is_empty() && !deleted)
                        .then(|| line(Icon::Copy, Word::Copy, Box::new(move || self.copy(std::slice::from_ref(&copied))))),
                    passed_on.then(|| line(Icon::Forward, Word::Forward, Box::new(move || self.begin_forward(vec![id])))),
                    line(Icon::CircleCheck, Word::Select, Box::new(move || self.choose(id))),
                    (!deleted && !waits).then(|| {
                        let (word, command) = match pinned {
                            true => (Word::UnpinMessage, Command::UnpinMessage { chat, message: id }),
                            false => (Word::PinMessage, Command::PinMessage { chat, message: id }),
                        };
                        line(Icon::Pin, word, Box::new(move || app.act(command.clone(), |_| {})))
                    }),
                    line(Icon::Info, Word::Info, Box::new(move || self.ask_info(id))),
                    (!waits).then(|| line(Icon::Lock, Word::Keep, Box::new(move || app.keeping_these.set(Some((chat, vec![id])))))),
                    (!waits).then(|| line(Icon::TriangleAlert, Word::Report, Box::new(move || app.reporting.set(Some((chat, vec![id])))))),
                    private.then(|| {
                        line_button(Icon::Ban, app.say(CareWord::PrivateLine), move |_| {
                            self.opened.set(false);
                            app.saying_private.set(Some((chat, id)));
                        })
                    }),
                    if waits {
                        line(Icon::Trash, Word::Discard, Box::new(move || app.act(Command::Discard { message: id }, |_| {}))).into_any()
                    } else {
                        line(Icon::Trash, Word::Delete, Box::new(move || self.begin_delete(vec![id]))).into_any()
                    },
                )),
            )
        }
    }

    fn edit(self, message: i64, text: &str) {
        self.reply.set(None);
        self.editing.set(Some(message));
        self.text.set(text.to_owned());
    }

    /// Changes what this person said last, if it can be changed.
    pub fn edit_last(self) {
        let last = self.stream.newest_own();
        if let Some(bubble) = last.filter(|bubble| bubble.row.kind == MessageKind::Text) {
            self.edit(bubble.row.id, &bubble.row.text);
        }
    }

    fn ask_info(self, message: i64) {
        self.info_row.set(None);
        self.info.set(true);
        self.app.ask(Query::Info { chat: self.stream.chat, message }, move |view| {
            if let View::Info(row) = view {
                self.info_row.set(row.map(|row| *row));
            }
        });
    }

    /// In place of the composer, while one chooses.
    pub fn choosing_bar(self) -> impl IntoView {
        let app = self.app;
        let count = move || self.chosen.with(|chosen| chosen.as_ref().map_or(0, BTreeSet::len));
        let ids = move || self.chosen.get_untracked().unwrap_or_default().into_iter().collect::<Vec<_>>();
        let nothing = move || count() == 0;
        let tool = move |icon: Icon, word: Word, act: Box<dyn Fn()>| {
            let act = SendWrapper::new(act);
            button()
                .attr("type", "button")
                .attr("class", "icon-button")
                .attr("title", app.say(word))
                .attr("aria-label", app.say(word))
                .prop("disabled", nothing)
                .on(ev::click, move |_| act())
                .child(icon.draw())
        };
        let escape = window_event_listener(ev::keydown, move |event| {
            // Escape in a dialog closes the dialog.
            let over = document().query_selector("dialog[open]").is_ok_and(|open| open.is_some());
            if event.key() == "Escape" && !over {
                self.stop_choosing();
            }
        });
        on_cleanup(move || escape.remove());
        div().attr("class", "choosing-bar").attr("role", "toolbar").attr("aria-label", app.say(Word::Select)).child((
            icon_button(Icon::X, app.say(Word::Cancel), move |_| self.stop_choosing()),
            span()
                .attr("class", "choosing-count")
                .attr("role", "status")
                .child(move || app.say_with(Word::SelectedCount, &[("n", &count().to_string())])),
            tool(
                Icon::Copy,
                Word::Copy,
                Box::new(move || {
                    self.look_at(ids(), move |all| self.copy(&all));
                    self.stop_choosing();
                }),
            ),
            tool(Icon::Forward, Word::Forward, Box::new(move || self.begin_forward(ids()))),
            tool(
                Icon::Lock,
                Word::Keep,
                Box::new(move || {
                    app.keeping_these.set(Some((self.stream.chat, ids())));
                    self.stop_choosing();
                }),
            ),
            tool(
                Icon::TriangleAlert,
                Word::Report,
                Box::new(move || {
                    app.reporting.set(Some((self.stream.chat, ids())));
                    self.stop_choosing();
                }),
            ),
            tool(Icon::Trash, Word::Delete, Box::new(move || self.begin_delete(ids()))),
        ))
    }

    fn delete_view(self) -> impl IntoView {
        let (app, chat) = (self.app, self.stream.chat);
        let messages = self.these.get_untracked();
        let mine = self.own.get_untracked();
        let for_all = messages.clone();
        let done = move || {
            self.deleting.set(false);
            self.stop_choosing();
        };
        div().attr("class", "choices").child((
            p().child(if mine { app.say(Word::DeleteHint) } else { app.say(Word::DeleteHereHint) }),
            mine.then(|| {
                word_button("danger wide", Some(Icon::Trash), app.say(Word::DeleteForAll), move |_| {
                    done();
                    for message in &for_all {
                        app.act(Command::Delete { chat, message: *message }, |_| {});
                    }
                })
            }),
            word_button("danger wide", Some(Icon::Trash), app.say(Word::DeleteForMe), move |_| {
                done();
                // Asked where somebody was blocked or reported of late, or something stood out: what is gone cannot be shown to anybody.
                let onward = keep::Onward { command: Command::DeleteForMe { chat, messages: messages.clone() }, to: None };
                keep::first(app, chat, messages.clone(), onward);
            }),
            word_button("quiet wide", None, app.say(Word::Cancel), move |_| self.deleting.set(false)),
        ))
    }

    fn info_view(self) -> impl IntoView {
        let app = self.app;
        move || {
            let row = self.info_row.get()?;
            let read = if row.read_by.is_empty() { app.say(Word::NobodyYet) } else { row.read_by.join(", ") };
            let said = markdown::plain(&row.message.text);
            Some(div().attr("class", "info").child((
                (!said.is_empty()).then(|| p().attr("class", "info-text").attr("dir", "auto").child(said)),
                dl().attr("class", "facts").child((
                    (dt().child(app.say(Word::SentAt)), dd().child(time::full(row.message.sent_ms))),
                    row.stamped_ms.map(|ms| (dt().child(app.say(Word::ReceivedByServer)), dd().child(time::full(ms)))),
                    row.message.mine.then(|| (dt().child(app.say(Word::ReadByList)), dd().child(read))),
                    row.message.expires_ms.map(|ms| (dt().child(app.say(Word::VanishesAt)), dd().child(time::full(ms)))),
                )),
                row.provable.then(|| p().attr("class", "proved").child((Icon::Check.draw(), app.say(Word::Provable)))),
            )))
        }
    }
}
