//! Where one writes: words, files, answers and changes.

use crate::actions::Actions;
use crate::app::App;
use crate::emoji;
use crate::focus;
use crate::icons::Icon;
use crate::parts::{icon_button, line_button, toggle_button};
use crate::stream::{Aim, Stream};
use crate::time;
use crate::words::Word;
use leptos::ev;
use leptos::html::{self, button, div, footer, form, img, input, p, span, textarea};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use view::{Command, Draft, FileSort, Outgoing, OutgoingFile};
use wasm_bindgen::JsCast as _;
use web_sys::{File, FileList, HtmlInputElement, HtmlTextAreaElement, Url};

/// A draft is kept when nothing was typed for this long.
const DRAFT_PAUSE: Duration = Duration::from_millis(400);
/// Files in one message at most.
const FILES_MAX: usize = 10;

/// A file that was chosen and is not sent yet.
#[derive(Clone)]
struct Chosen {
    id: usize,
    file: send_wrapper::SendWrapper<File>,
    /// Shows it, if it is a picture.
    preview: Option<String>,
    alt: RwSignal<String>,
    original: bool,
}

/// Where one writes in one chat; copies are the same.
#[derive(Clone, Copy)]
struct Desk {
    app: App,
    stream: Stream,
    actions: Actions,
    node: NodeRef<html::Textarea>,
    tray: RwSignal<Vec<Chosen>>,
    /// Numbers what is chosen.
    count: StoredValue<usize>,
    attaching: RwSignal<bool>,
    sending: RwSignal<bool>,
}

pub fn composer(app: App, stream: Stream, actions: Actions, draft: Option<Draft>) -> impl IntoView {
    let desk = Desk {
        app,
        stream,
        actions,
        node: NodeRef::new(),
        tray: RwSignal::new(vec![]),
        count: StoredValue::new(0),
        attaching: RwSignal::new(false),
        sending: RwSignal::new(false),
    };
    desk.keep_draft(draft);
    desk.keep_shape();
    let (text, tray) = (actions.text, desk.tray);
    let picking = RwSignal::new(false);
    let empty = move || text.with(|text| text.trim().is_empty()) && tray.with(Vec::is_empty) && actions.editing.get().is_none();
    footer()
        .attr("class", "composer")
        .on(ev::dragover, |event: ev::DragEvent| event.prevent_default())
        .on(ev::drop, move |event: ev::DragEvent| {
            event.prevent_default();
            desk.take(event.data_transfer().and_then(|data| data.files()), false);
        })
        .child((
            move || target(app, stream, actions),
            move || (!tray.with(Vec::is_empty)).then(|| chosen(app, tray)),
            move || {
                picking.get().then(|| {
                    div().on(ev::keydown, move |event: ev::KeyboardEvent| closes(&event, picking, desk)).child(emoji::picker(
                        app,
                        move |emoji| {
                            text.update(|text| text.push_str(emoji));
                        },
                    ))
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
                        toggle_button(Icon::Smile, app.say(Word::Emoji), picking, || {
                            request_animation_frame(|| focus::go(&[".emoji button"]));
                        }),
                    )),
                    move || {
                        if empty() {
                            crate::voice::recorder(app, move |file| send_voice(app, stream, file)).into_any()
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
        let actions = self.actions;
        if let (false, Some(draft)) = (actions.draft_loaded.get_value(), draft) {
            actions.text.set(draft.text);
            actions.reply.set(draft.reply);
            actions.editing.set(draft.edit);
        }
        actions.draft_loaded.set_value(true);
        let (app, chat) = (self.app, self.stream.chat);
        let save = StoredValue::new_local(leptos::leptos_dom::helpers::debounce(DRAFT_PAUSE, move |draft: Draft| {
            app.try_act(Command::SaveDraft { chat, draft }, |_| {});
        }));
        Effect::new(move |before: Option<Draft>| {
            let draft = Draft { text: actions.text.get(), reply: actions.reply.get(), edit: actions.editing.get() };
            if before.is_some_and(|before| before != draft) {
                save.update_value(|save| save(draft.clone()));
            }
            draft
        });
    }

    /// As high as its text; and an answer or a change begins at the keyboard.
    fn keep_shape(self) {
        let Self { actions, node, .. } = self;
        Effect::new(move |_| {
            actions.text.track();
            if let Some(area) = node.get() {
                grow(&area);
            }
        });
        Effect::new(move |before: Option<(Option<i64>, Option<i64>)>| {
            let now = (actions.reply.get(), actions.editing.get());
            if before.is_some_and(|before| before != now)
                && let Some(area) = node.get_untracked()
            {
                // An area that is not shown takes no focus.
                let _ = area.focus();
            }
            now
        });
    }

    /// Puts chosen files into the tray.
    fn take(self, files: Option<FileList>, original: bool) {
        let Some(files) = files else { return };
        for file in (0..files.length()).filter_map(|place| files.get(place)) {
            if self.tray.with_untracked(Vec::len) >= FILES_MAX {
                break;
            }
            self.count.update_value(|count| *count += 1);
            let picture = !original && file.type_().starts_with("image/");
            let preview = picture.then(|| Url::create_object_url_with_blob(&file).ok()).flatten();
            let file = send_wrapper::SendWrapper::new(file);
            let chosen = Chosen { id: self.count.get_value(), file, preview, alt: RwSignal::new(String::new()), original };
            self.tray.update(|tray| tray.push(chosen));
        }
        self.attaching.set(false);
        self.begin();
    }

    /// To the keyboard, where there is one.
    fn begin(self) {
        if let (false, Some(area)) = (focus::touched(), self.node.get_untracked()) {
            // An area that is not shown takes no focus.
            let _ = area.focus();
        }
    }

    fn send(self) {
        let Self { app, stream, actions, tray, sending, .. } = self;
        let words = actions.text.get_untracked().trim().to_owned();
        let files = tray.get_untracked();
        if sending.get_untracked() || (words.is_empty() && files.is_empty()) {
            return;
        }
        if let Some(message) = actions.editing.get_untracked() {
            app.act(Command::Edit { chat: stream.chat, message, text: words }, move |_| actions.clear());
            return;
        }
        let reply = actions.reply.get_untracked();
        if files.is_empty() {
            self.send_words(words, reply);
            return;
        }
        sending.set(true);
        spawn_local(async move {
            let kept = keep_all(app, files).await;
            let files = match kept {
                Ok(files) => files,
                Err(why) => {
                    sending.set(false);
                    app.refused(&why);
                    return;
                }
            };
            let what = Outgoing::Files { files, caption: (!words.is_empty()).then_some(words) };
            app.try_act(Command::Send { chat: stream.chat, what, reply }, move |done| {
                sending.set(false);
                match done {
                    Ok(_) => {
                        tray.set(vec![]);
                        actions.clear();
                        self.begin();
                        stream.aim.set(Some(Aim::Newest));
                    }
                    Err(why) => app.refused(&why),
                }
            });
        });
    }

    fn send_words(self, words: String, reply: Option<i64>) {
        let Self { app, stream, actions, .. } = self;
        actions.text.set(String::new());
        actions.reply.set(None);
        self.begin();
        app.try_act(Command::Send { chat: stream.chat, what: Outgoing::Text(words.clone()), reply }, move |done| match done {
            Ok(_) => stream.aim.set(Some(Aim::Newest)),
            Err(why) => {
                // What was written is not lost by a refusal.
                if actions.text.get_untracked().is_empty() {
                    actions.text.set(words);
                }
                app.refused(&why);
            }
        });
    }

    fn key(self, event: &ev::KeyboardEvent) {
        // With a keyboard Enter sends; on a phone it makes a new line, and the button sends.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && !focus::touched() {
            event.prevent_default();
            self.send();
        }
        let aimed = self.actions.reply.get_untracked().is_some() || self.actions.editing.get_untracked().is_some();
        if event.key() == "Escape" && aimed {
            self.actions.clear_target();
        }
        // Up from an empty line are the messages.
        if event.key() == "ArrowUp" && self.actions.text.with_untracked(String::is_empty) {
            event.prevent_default();
            focus::go(&["article.said[tabindex=\"0\"]"]);
        }
    }

    fn words(self) -> impl IntoView {
        let Self { app, actions, node, tray, .. } = self;
        textarea()
            .node_ref(node)
            .attr("rows", "1")
            .attr("dir", "auto")
            .attr("aria-label", app.say(Word::WriteMessage))
            .attr("placeholder", move || app.say(if tray.with(Vec::is_empty) { Word::WriteMessage } else { Word::Caption }))
            .prop("value", move || actions.text.get())
            .on(ev::input, move |event| actions.text.set(event_target_value(&event)))
            .on(ev::keydown, move |event| self.key(&event))
            .on(ev::paste, move |event| {
                let pasted = event.dyn_ref::<web_sys::ClipboardEvent>().and_then(|event| event.clipboard_data());
                let files = pasted.and_then(|data| data.files());
                if files.as_ref().is_some_and(|files| files.length() > 0) {
                    event.prevent_default();
                    self.take(files, false);
                }
            })
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

/// Sends a recording of one's own voice.
fn send_voice(app: App, stream: Stream, file: File) {
    spawn_local(async move {
        let name = file.name();
        match app.link().keep(file).await {
            Ok(source) => {
                let file = OutgoingFile { source, name, alt: None, original: true, sort: FileSort::Voice };
                let what = Outgoing::Files { files: vec![file], caption: None };
                app.act(Command::Send { chat: stream.chat, what, reply: None }, move |_| stream.aim.set(Some(Aim::Newest)));
            }
            Err(why) => app.refused(&why),
        }
    });
}

/// Keeps every chosen file on the device, so that a reload loses none.
async fn keep_all(app: App, files: Vec<Chosen>) -> Result<Vec<OutgoingFile>, view::Refusal> {
    let mut kept = Vec::new();
    for chosen in files {
        let name = chosen.file.name();
        let source = app.link().keep((*chosen.file).clone()).await?;
        let alt = Some(chosen.alt.get_untracked().trim().to_owned()).filter(|alt| !alt.is_empty());
        kept.push(OutgoingFile { source, name, alt, original: chosen.original, sort: FileSort::Found });
        if let Some(preview) = chosen.preview {
            let _ = Url::revoke_object_url(&preview);
        }
    }
    Ok(kept)
}

/// Escape closes what was opened, and one writes on.
fn closes(event: &ev::KeyboardEvent, open: RwSignal<bool>, desk: Desk) {
    if event.key() == "Escape" {
        event.prevent_default();
        open.set(false);
        desk.begin();
    }
}

/// The button, and what can be attached.
fn attach(desk: Desk) -> impl IntoView {
    let Desk { app, actions, attaching: open, .. } = desk;
    let choose = move |event: ev::Event, original: bool| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        desk.take(input.files(), original);
        input.set_value("");
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
    let outside = window_event_listener(ev::pointerdown, move |event| {
        let at = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if open.get_untracked() && at.and_then(|at| at.closest(".menu-holder").ok().flatten()).is_none() {
            open.set(false);
        }
    });
    on_cleanup(move || outside.remove());
    div().attr("class", "menu-holder").child((
        toggle_button(Icon::Plus, app.say(Word::Attach), open, || {
            request_animation_frame(|| focus::go(&[".menu.up input"]));
        }),
        div()
            .on(ev::keydown, move |event: ev::KeyboardEvent| closes(&event, open, desk))
            .attr("class", "menu up")
            .attr("hidden", move || (!open.get()).then_some(""))
            .child((
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

/// What is being answered or changed.
fn target(app: App, stream: Stream, actions: Actions) -> Option<impl IntoView> {
    let (word, message) = match (actions.editing.get(), actions.reply.get()) {
        (Some(message), _) => (Word::Editing, message),
        (None, Some(message)) => (Word::ReplyingTo, message),
        (None, None) => return None,
    };
    let bubble = stream.bubble(message)?.get();
    let name = if bubble.sender.me { app.say(Word::You) } else { bubble.sender.name.clone() };
    let quoted = crate::list::kind_and_text(app, bubble.row.kind, &bubble.row.text);
    Some(
        div().attr("class", "target").child((
            span()
                .attr("class", "quote")
                .child((span().attr("class", "sender").child(app.say_with(word, &[("name", &name)])), span().child(quoted))),
            icon_button(Icon::X, app.say(Word::Cancel), move |_| actions.clear_target()),
        )),
    )
}

/// The files that were chosen.
fn chosen(app: App, tray: RwSignal<Vec<Chosen>>) -> impl IntoView {
    div().attr("class", "tray").child(move || {
        tray.get()
            .into_iter()
            .map(|chosen| {
                let (id, name, alt) = (chosen.id, chosen.file.name(), chosen.alt);
                let size = time::size(chosen.file.size() as u64);
                let describe = chosen.preview.is_some().then(|| {
                    input()
                        .attr("type", "text")
                        .attr("class", "alt")
                        .attr("aria-label", app.say(Word::AltText))
                        .attr("placeholder", app.say(Word::AltText))
                        .prop("value", move || alt.get())
                        .on(ev::input, move |event| alt.set(event_target_value(&event)))
                });
                div().attr("class", "tray-item").child((
                    match chosen.preview {
                        Some(url) => img().attr("src", url).attr("alt", "").into_any(),
                        None => Icon::File.draw().into_any(),
                    },
                    div().attr("class", "tray-words").child((
                        p().child((span().attr("class", "file-name").child(name.clone()), span().attr("class", "file-size").child(size))),
                        describe,
                    )),
                    icon_button(Icon::X, app.say_with(Word::RemoveFile, &[("name", &name)]), move |_| {
                        tray.update(|tray| tray.retain(|other| other.id != id));
                    }),
                ))
            })
            .collect_view()
    })
}

/// As high as its text, up to what the style sheet allows.
fn grow(area: &HtmlTextAreaElement) {
    let style = web_sys::HtmlElement::style(area);
    // A length is always taken.
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
}
