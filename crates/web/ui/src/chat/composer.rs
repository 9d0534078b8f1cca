//! Where one writes: words, files, answers and changes.

use crate::app::App;
use crate::chat::actions::Actions;
use crate::chat::drafts::{self, Written};
use crate::chat::emoji;
use crate::chat::mention::{self, Completed, Mentions};
use crate::chat::stream::Stream;
use crate::chat::tray::{Picked, Tray, keep_all};
use crate::chat::typing::Teller;
use crate::focus;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{self, button, div, footer, form, input, p, span, textarea};
use crate::icons::Icon;
use crate::notice::pause::{Pause, Why};
use crate::parts::{icon_button, line_button, short_name, toggle_button};
use crate::words::Word;
use crate::words::cautions::Caution;
use std::time::Duration;
use view::{
    Bubble, CONTENT_MAX, ChatDetail, Command, Draft, FileSort, Outgoing, OutgoingFile, Pause as Before, Query, Refusal, Reply, View,
};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, HtmlInputElement, HtmlTextAreaElement};

/// A draft is kept when nothing was typed for this long.
const DRAFT_PAUSE: Duration = Duration::from_millis(400);

/// Where one writes in one chat; copies are the same.
#[derive(Clone, Copy)]
struct Desk {
    app: App,
    stream: Stream,
    actions: Actions,
    node: NodeRef<html::Textarea>,
    tray: Tray,
    mentions: Mentions,
    attaching: RwSignal<bool>,
    picking: RwSignal<bool>,
    sending: RwSignal<bool>,
    /// Pictures are looked at before they go.
    looking: RwSignal<bool>,
    teller: Teller,
    pause: Pause,
    detail: RwSignal<Option<ChatDetail>>,
}

/// What was before a picture was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Nothing,
    Pause,
}

pub fn composer(app: App, stream: Stream, actions: Actions, detail: RwSignal<Option<ChatDetail>>) -> impl IntoView {
    let desk = Desk {
        app,
        stream,
        actions,
        node: NodeRef::new(),
        tray: Tray::new(app),
        mentions: Mentions::new(app, detail),
        attaching: RwSignal::new(false),
        picking: RwSignal::new(false),
        sending: RwSignal::new(false),
        looking: RwSignal::new(false),
        teller: Teller::new(app, stream.chat, actions.text),
        pause: Pause::new(app, stream.chat),
        detail,
    };
    desk.keep_draft(detail.get_untracked().and_then(|detail| detail.line.draft));
    desk.keep_shape();
    desk.take_given();
    let text = actions.text;
    let empty = move || text.with(|text| text.trim().is_empty()) && desk.tray.is_empty() && actions.editing.get().is_none();
    let name = move || detail.with_untracked(|detail| detail.as_ref().map(|detail| detail.line.row.name.clone()).unwrap_or_default());
    footer().attr("class", "composer").child((
        desk.pause.sorry(),
        desk.pause.dialog(name, move || desk.send_files(After::Pause)),
        target(app, stream, actions),
        desk.tray.view(),
        p().attr("class", "hint").attr("role", "status").child(move || desk.looking.get().then(|| app.say(Caution::LookingFirst))),
        desk.mentions.view(text, move |completed| desk.put(completed)),
        move || {
            desk.picking.get().then(|| {
                div()
                    .on(ev::keydown, move |event: ev::KeyboardEvent| {
                        if event.key() == "Escape" {
                            desk.picking.set(false);
                            desk.focus();
                        }
                    })
                    .child(emoji::picker(app, move |emoji| desk.insert(&emoji)))
            })
        },
        form()
            .on(ev::submit, move |event| {
                event.prevent_default();
                desk.send();
            })
            .attr("class", "composer-row")
            .child((
                attach(desk),
                div().attr("class", "pill").child((
                    desk.words(),
                    toggle_button(Icon::Smile, app.say(Word::Emoji), desk.picking, || {
                        request_animation_frame(|| focus::go(&[".emoji input, .emoji button"]));
                    }),
                )),
                move || {
                    if empty() {
                        crate::chat::voice::recorder(app, move |file| send_voice(app, stream, file)).into_any()
                    } else {
                        desk.send_button().into_any()
                    }
                },
            )),
    ))
}

impl Desk {
    /// Takes up what was begun before, and keeps what is being written.
    fn keep_draft(self, draft: Option<Draft>) {
        let (app, actions, chat) = (self.app, self.actions, self.stream.chat);
        let here = Written { chat, text: actions.text, reply: actions.reply, edit: actions.editing };
        let newer = app.drafts.begin(here);
        if !actions.draft_loaded.get_value() {
            if let Some(newer) = &newer {
                // There may be room by now.
                drafts::save(app, chat, newer.clone());
            }
            if let Some(draft) = newer.or(draft) {
                actions.text.set(draft.text);
                actions.reply.set(draft.reply);
                actions.editing.set(draft.edit);
            }
        }
        actions.draft_loaded.set_value(true);
        let written = move || Draft { text: actions.text.get(), reply: actions.reply.get(), edit: actions.editing.get() };
        let saved = StoredValue::new(untrack(written));
        let save = move |draft: Draft| {
            if saved.try_with_value(|saved| *saved != draft).unwrap_or(true) {
                // After the chat was closed there is nobody to remember it.
                let _ = saved.try_set_value(draft.clone());
                drafts::save(app, chat, draft);
            }
        };
        let later = StoredValue::new_local(debounce(DRAFT_PAUSE, save));
        Effect::new(move |_| {
            let draft = written();
            later.update_value(|later| later(draft));
        });
        // Whoever goes elsewhere in the middle of a word finds it again.
        on_cleanup(move || {
            let left = (actions.text.try_get_untracked(), actions.reply.try_get_untracked(), actions.editing.try_get_untracked());
            if let (Some(text), Some(reply), Some(edit)) = left {
                save(Draft { text, reply, edit });
            }
            app.drafts.end(here);
        });
    }

    /// As high as its text; and an answer or a change begins at the keyboard.
    fn keep_shape(self) {
        let Self { actions, node, .. } = self;
        Effect::new(move |_| {
            actions.text.track();
            if let Some(area) = node.get() {
                request_animation_frame(move || grow(&area));
            }
        });
        Effect::new(move |before: Option<(Option<i64>, Option<i64>)>| {
            let now = (actions.reply.get(), actions.editing.get());
            if before.is_some_and(|before| before != now) {
                self.focus();
            }
            now
        });
    }

    /// What was dropped on the chat or shared with it goes into the tray.
    fn take_given(self) {
        let Self { app, actions, stream, tray, .. } = self;
        Effect::new(move |_| {
            for file in actions.given.get() {
                tray.put((*file).clone(), false);
            }
            if actions.given.with_untracked(|given| !given.is_empty()) {
                actions.given.set(vec![]);
                self.focus();
            }
        });
        Effect::new(move |_| {
            if let Some(words) = actions.dropped.get() {
                actions.dropped.set(None);
                if self.is_too_long(&words) {
                    app.refused(&Refusal::TooLong { limit: CONTENT_MAX });
                } else {
                    untrack(|| self.insert(&words));
                }
            }
        });
        Effect::new(move |_| app.drafts.take_files(stream.chat).into_iter().for_each(|picked| tray.put_as(picked)));
        Effect::new(move |_| {
            if let Some(shared) = app.shared.get().filter(|shared| shared.to == Some(stream.chat)) {
                app.shared.set(None);
                actions.given.set(shared.files);
                if !shared.text.is_empty() {
                    actions.text.update(|text| {
                        let gap = if text.trim().is_empty() { "" } else { "\n" };
                        *text = format!("{}{gap}{}", text.trim_end(), shared.text);
                    });
                }
            }
        });
    }

    fn focus(self) {
        // What was sent may have been answered after the chat was left.
        if let Some(area) = self.node.try_get_untracked().flatten() {
            // An area that is not shown takes no focus.
            let _ = area.focus();
        }
    }

    /// Puts a text in the place of what is written.
    fn put(self, completed: Completed) {
        let Some(area) = self.node.try_get_untracked().flatten() else { return };
        area.set_value(&completed.text);
        self.actions.text.set(completed.text);
        // An area that is not shown has no caret.
        let _ = area.set_selection_range(completed.caret, completed.caret);
        self.focus();
    }

    /// Puts something where one writes.
    fn insert(self, what: &str) {
        let text = self.actions.text.get_untracked();
        let units: Vec<u16> = text.encode_utf16().collect();
        let end = units.len() as u32;
        let place = |found: Result<Option<u32>, _>| found.ok().flatten().unwrap_or(end).min(end) as usize;
        let Some((from, to)) = self.node.get_untracked().map(|area| (place(area.selection_start()), place(area.selection_end()))) else {
            return;
        };
        let (head, tail) = (String::from_utf16_lossy(&units[..from]), String::from_utf16_lossy(&units[to.max(from)..]));
        let caret = (from + what.encode_utf16().count()) as u32;
        self.put(Completed { text: format!("{head}{what}{tail}"), caret });
    }

    fn send(self) {
        let Self { app, stream, actions, tray, sending, looking, .. } = self;
        let words = actions.text.get_untracked().trim().to_owned();
        let bare = untrack(|| tray.is_empty());
        if sending.get_untracked() || (words.is_empty() && bare) {
            return;
        }
        self.mentions.close();
        self.picking.set(false);
        if let Some(message) = actions.editing.get_untracked() {
            let (chat, text) = (stream.chat, actions.text.get_untracked());
            let sent = Draft { text, reply: None, edit: Some(message) };
            app.act(Command::Edit { chat, message, text: words }, move |_| drafts::changed(app, chat, sent));
            return;
        }
        if bare {
            self.send_words();
            return;
        }
        let due = self.detail.with_untracked(|detail| detail.as_ref().map_or(Before::Never, |detail| detail.pause));
        if due == Before::All && untrack(|| tray.has_pictures()) {
            self.pause.begin(Why::First);
            return;
        }
        let pictures = tray.pictures();
        if pictures.is_empty() {
            self.send_files(After::Nothing);
            return;
        }
        sending.set(true);
        looking.set(due == Before::Private);
        spawn_local(async move {
            // Where there is no pause it is fetched all the same: that one looks tells nobody an age.
            let why = app.looks.before_sending(&pictures, due == Before::Private).await;
            if sending.try_set(false).is_some() || looking.try_set(false).is_some() {
                return;
            }
            match why {
                Some(why) => self.pause.begin(why),
                None => self.send_files(After::Nothing),
            }
        });
    }

    /// Takes the words that are sent, and what they answer: what is written from now on is the next message.
    fn take_words(self) -> (String, Option<i64>) {
        let Self { actions, .. } = self;
        let taken = (actions.text.get_untracked().trim().to_owned(), actions.reply.get_untracked());
        actions.text.set(String::new());
        actions.reply.set(None);
        taken
    }

    /// Sends what is in the tray, with the words that go with it.
    fn send_files(self, after: After) {
        let Self { app, stream, tray, sending, .. } = self;
        let (picked, (words, reply)) = (tray.picked(), self.take_words());
        sending.set(true);
        spawn_local(async move {
            let sent = send_all(app, stream.chat, &picked, words.clone(), reply).await;
            sending.set(false);
            match sent {
                Ok(done) => {
                    if let (After::Pause, Reply::Id(message)) = (after, done) {
                        self.pause.sent(message);
                    }
                    tray.sent(&picked);
                    self.focus();
                    stream.wrote();
                }
                Err(why) => {
                    drafts::give_back(app, stream.chat, words, reply);
                    if tray.is_gone() {
                        app.drafts.give_files(stream.chat, picked);
                    }
                    app.refused(&why);
                }
            }
        });
    }

    fn send_words(self) {
        let Self { app, stream, .. } = self;
        let (words, reply) = self.take_words();
        self.focus();
        app.try_act(Command::Send { chat: stream.chat, what: Outgoing::Text(words.clone()), reply }, move |done| match done {
            Ok(_) => stream.wrote(),
            Err(why) => {
                drafts::give_back(app, stream.chat, words, reply);
                app.refused(&why);
            }
        });
    }

    fn key(self, event: &ev::KeyboardEvent) {
        if let Some(completed) = self.mentions.key(&event.key(), &self.actions.text.get_untracked()) {
            event.prevent_default();
            if let Some(completed) = completed {
                self.put(completed);
            }
            return;
        }
        // With a keyboard Enter sends; on a phone it makes a new line, and the button sends.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && !focus::touched() {
            event.prevent_default();
            self.send();
        }
        let aimed = self.actions.reply.get_untracked().is_some() || self.actions.editing.get_untracked().is_some();
        if event.key() == "Escape" && aimed {
            self.actions.clear_target();
        }
        if event.key() == "Escape" {
            self.picking.set(false);
        }
        // The last thing one said is changed by the arrow that points at it.
        if event.key() == "ArrowUp" && !aimed && self.actions.text.with_untracked(String::is_empty) && untrack(|| self.tray.is_empty()) {
            self.actions.edit_last();
        }
    }

    fn words(self) -> impl IntoView {
        let Self { app, actions, node, tray, .. } = self;
        textarea()
            .node_ref(node)
            .attr("rows", "1")
            .attr("dir", "auto")
            .attr("aria-label", app.say(Word::WriteMessage))
            .attr("aria-autocomplete", "list")
            .attr("aria-controls", move || self.mentions.is_open().then_some(mention::LIST))
            .attr("aria-activedescendant", move || self.mentions.marked())
            .attr("placeholder", move || app.say(if tray.is_empty() { Word::WriteMessage } else { Word::Caption }))
            .prop("value", move || actions.text.get())
            .on(ev::input, move |event| {
                let text = event_target_value(&event);
                if !text.trim().is_empty() {
                    self.teller.wrote();
                }
                let caret = node.get_untracked().and_then(|area| area.selection_start().ok().flatten());
                self.mentions.look(&text, caret);
                actions.text.set(text);
            })
            .on(ev::beforeinput, move |event| {
                if event.data().is_some_and(|more| self.is_too_long(&more)) {
                    event.prevent_default();
                    app.refused(&Refusal::TooLong { limit: CONTENT_MAX });
                }
            })
            .on(ev::blur, move |_| self.mentions.close())
            .on(ev::keydown, move |event| self.key(&event))
            .on(ev::paste, move |event| {
                let pasted = event.dyn_ref::<web_sys::ClipboardEvent>().and_then(|event| event.clipboard_data());
                let Some(pasted) = pasted else { return };
                let files = pasted.files();
                if files.as_ref().is_some_and(|files| files.length() > 0 && !is_of_words(&pasted, files)) {
                    event.prevent_default();
                    actions.give(files);
                }
            })
    }

    /// Whether words that are typed, pasted or dropped where one writes would make more than a message holds. Megabytes in a field would
    /// stop the page for minutes before anybody could say that they cannot be sent.
    fn is_too_long(self, more: &str) -> bool {
        let kept = self.actions.text.with_untracked(String::len);
        if kept + more.len() <= CONTENT_MAX {
            return false;
        }
        let (from, to) = self.node.get_untracked().map_or((0, 0), |area| selected(&area));
        let units = self.actions.text.with_untracked(|text| text.encode_utf16().collect::<Vec<_>>());
        // What is marked gives way to them.
        let given_up = units.get(from as usize..to as usize).map_or(0, |part| String::from_utf16_lossy(part).len());
        kept.saturating_sub(given_up) + more.len() > CONTENT_MAX
    }

    fn send_button(self) -> impl IntoView {
        let name = self.app.say(if self.actions.editing.get().is_some() { Word::SaveEdit } else { Word::Send });
        button()
            .attr("type", "submit")
            .attr("class", "icon-button send")
            .attr("aria-label", name.clone())
            .attr("title", name)
            .prop("disabled", move || self.sending.get())
            .child(Icon::Send.draw())
    }
}

/// Keeps files and sends them, with words.
///
/// # Errors
/// There is no room, a file cannot be read, or the chat takes nothing.
async fn send_all(app: App, chat: i64, picked: &[Picked], words: String, reply: Option<i64>) -> Result<Reply, Refusal> {
    let files = keep_all(app, picked).await?;
    let what = Outgoing::Files { files, caption: (!words.is_empty()).then_some(words) };
    app.link().act(Command::Send { chat, what, reply }).await
}

/// Sends a recording of one's own voice. One that is refused comes back as a file.
fn send_voice(app: App, stream: Stream, file: File) {
    spawn_local(async move {
        let sent = async {
            let source = app.link().keep(file.clone()).await?;
            let kept = OutgoingFile { source, name: file.name(), alt: None, original: true, sort: FileSort::Voice };
            let what = Outgoing::Files { files: vec![kept], caption: None };
            app.link().act(Command::Send { chat: stream.chat, what, reply: None }).await
        };
        match sent.await {
            Ok(_) => stream.wrote(),
            Err(why) => {
                app.drafts.give_files(stream.chat, vec![Picked::made(file)]);
                app.refused(&why);
            }
        }
    });
}

/// The button, and what can be attached.
fn attach(desk: Desk) -> impl IntoView {
    let Desk { app, actions, attaching: open, .. } = desk;
    let choose = move |event: ev::Event, original: bool| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        if let Some(files) = input.files() {
            (0..files.length()).filter_map(|place| files.get(place)).for_each(|file| desk.tray.put(file, original));
        }
        input.set_value("");
        open.set(false);
        desk.focus();
    };
    let picker = move |id: &'static str, icon: Icon, word: Word, accept: &'static str, capture: bool, original: bool| {
        let hint = original.then(|| span().attr("class", "hint").child(app.say(Word::SendAsFileHint)));
        html::label().attr("class", "menu-line").attr("for", id).child((
            icon.draw(),
            span().child((app.say(word), hint)),
            input()
                .id(id)
                .attr("type", "file")
                .attr("class", "for-readers")
                .attr("accept", accept)
                .attr("capture", capture.then_some("environment"))
                .attr("multiple", (!capture).then_some(""))
                .on(ev::change, move |event| choose(event, original)),
        ))
    };
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && open.get_untracked() {
            open.set(false);
            desk.focus();
        }
    });
    on_cleanup(move || escape.remove());
    div().attr("class", "menu-holder").child((
        // A touch beside the menu closes it.
        move || open.get().then(|| div().attr("class", "menu-shade").on(ev::click, move |_| open.set(false))),
        toggle_button(Icon::Plus, app.say(Word::Attach), open, || {
            request_animation_frame(|| focus::go(&[".menu.up input"]));
        }),
        div().attr("class", "menu up").attr("hidden", move || (!open.get()).then_some("")).child((
            picker("attach-photo", Icon::Image, Word::PhotoOrVideo, "image/*,video/*", false, false),
            picker("attach-camera", Icon::Camera, Word::TakePhoto, "image/*", true, false),
            picker("attach-file", Icon::Paperclip, Word::SendAsFile, "", false, true),
            line_button(Icon::Poll, app.say(Word::MakePoll), move |_| {
                open.set(false);
                actions.polling.set(true);
            }),
            line_button(Icon::UserPlus, app.say(Word::ShareContact), move |_| {
                open.set(false);
                app.act(Command::SendContact { chat: actions.chat() }, |_| {});
            }),
        )),
    ))
}

/// What is being answered or changed, wherever it stands: it may be older than what is loaded, or scrolled away.
fn target(app: App, stream: Stream, actions: Actions) -> impl IntoView {
    let about = Memo::new(move |_| actions.editing.get().or_else(|| actions.reply.get()));
    let elsewhere = RwSignal::new(None::<Bubble>);
    Effect::new(move |_| {
        let Some(message) = about.get() else { return };
        app.ask(Query::Message { message }, move |view| match view {
            View::Message(Some(found)) => drop(elsewhere.try_set(Some(*found))),
            // What is gone is not answered.
            View::Message(None) => drop(actions.reply.try_set(None)),
            _ => {}
        });
    });
    move || {
        let message = about.get()?;
        let loaded = stream.bubble_when_here(message).map(|bubble| bubble.get());
        let bubble = loaded.or_else(|| elsewhere.get().filter(|found| found.row.id == message))?;
        let word = if actions.editing.get().is_some() { Word::Editing } else { Word::ReplyingTo };
        Some(target_of(app, actions, word, &bubble))
    }
}

fn target_of(app: App, actions: Actions, word: Word, bubble: &Bubble) -> impl IntoView + use<> {
    let name = if bubble.sender.me { app.say(Word::You) } else { short_name(&bubble.sender.name, bubble.sender.display_name.as_deref()) };
    let quoted = crate::list::kind_and_text(app, bubble.row.kind, &bubble.row.text);
    div().attr("class", "target").child((
        span().attr("class", "quote").child((
            span().attr("class", "sender").child(app.say_with(word, &[("name", &name)])),
            span().attr("class", "quote-text").attr("dir", "auto").child(quoted),
        )),
        icon_button(Icon::X, app.say(Word::Cancel), move |_| actions.clear_target()),
    ))
}

/// Whether pictures are of words that come with them, as of cells of a table or a part of a page: then the words are meant. The name of a file is
/// no such word, and whatever is not a picture was copied as a file.
fn is_of_words(pasted: &web_sys::DataTransfer, files: &web_sys::FileList) -> bool {
    let words = pasted.get_data("text/plain").unwrap_or_default();
    let files: Vec<File> = (0..files.length()).filter_map(|place| files.get(place)).collect();
    let names_file = |line: &str| line.trim().is_empty() || files.iter().any(|file| line.trim().ends_with(&file.name()));
    files.iter().all(|file| file.type_().starts_with("image/")) && !words.lines().all(names_file)
}

/// What is marked, in UTF-16.
fn selected(area: &HtmlTextAreaElement) -> (u32, u32) {
    let place = |found: Result<Option<u32>, _>| found.ok().flatten().unwrap_or_default();
    (place(area.selection_start()), place(area.selection_end()))
}

/// As high as its text, up to what the style sheet allows.
fn grow(area: &HtmlTextAreaElement) {
    let style = web_sys::HtmlElement::style(area);
    // A length is always taken.
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
}
