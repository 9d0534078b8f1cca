//! What is looked at and heard with the box open: pictures of other apps' screens that somebody puts beside what they keep, of which nothing is proved,
//! and voice messages that are kept.

use crate::app::App;
use crate::desk::tell::small;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{article, audio, code, h2, img, input, label, li, p, section, span, ul};
use crate::icons::Icon;
use crate::parts::word_button;
use crate::time;
use crate::words::Word;
use crate::words::care::CareWord;
use view::{BoxFile, Command, KeepCommand, KeptRow, OriginalFile, Words};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, HtmlInputElement, Url};

/// What must never be added stands before what can be chosen. `added`: there is one more.
pub fn adding(app: App, added: impl Fn() + Copy + 'static) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let choose = move |event: ev::Event| {
        let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = field.files().and_then(|files| files.get(0)) else { return };
        field.set_value("");
        problem.set(None);
        busy.set(true);
        spawn_local(async move {
            let made = small(&file).await;
            busy.try_set(false);
            match made {
                Some(jpeg) => app.try_act(Command::Keep(KeepCommand::AddScreenshot { jpeg }), move |done| match done {
                    Ok(_) => added(),
                    Err(why) => drop(problem.try_set(Some(app.locale.refusal(&why)))),
                }),
                None => drop(problem.try_set(Some(app.say(Word::RefusedNoPictures)))),
            }
        });
    };
    section().attr("class", "card").attr("aria-label", app.say(CareWord::ScreenTitle)).child((
        h2().child(app.say(CareWord::ScreenTitle)),
        p().child(app.say(CareWord::ScreenText)),
        p().attr("class", "warned").attr("id", "screens-never").child((Icon::Ban.draw(), span().child(app.say(CareWord::ScreenNever)))),
        label().attr("class", "word-button quiet tell-choose").child((
            Icon::Image.draw(),
            span().child(app.say(CareWord::ScreenAdd)),
            input()
                .id("screens-file")
                .attr("class", "for-readers")
                .attr("type", "file")
                .attr("accept", "image/png,image/jpeg,image/webp")
                .attr("aria-describedby", "screens-never")
                .prop("disabled", move || busy.get())
                .on(ev::change, choose),
        )),
        p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
    ))
}

/// One that was added. It is shown when somebody asks for it, and gone with this page.
pub fn one<D: Fn() + 'static>(app: App, row: &KeptRow, by: Words, discard: D) -> impl IntoView + use<D> {
    let id = row.id;
    let opened = Opened::new();
    let look = move |_| {
        let by = by.clone();
        spawn_local(async move {
            match app.link().box_files(by, id, BoxFile::Screenshot).await {
                Ok(files) => opened.put(&files),
                Err(why) => app.tell(app.locale.refusal(&why)),
            }
        });
    };
    let files = row.files.iter().map(|file| {
        let hash = app.say(CareWord::PrivateHash);
        (li().child(time::size(file.bytes)), li().child((hash, " ", code().child(file.sha256.clone()))))
    });
    let picture = move || {
        let words = app.say(CareWord::Screenshot);
        opened.0.get().into_iter().next().map(|address| img().attr("class", "screenshot").attr("src", address).attr("alt", words))
    };
    article().attr("class", "card kept-screenshot").attr("data-kept", id.to_string()).child((
        h2().child(app.say(CareWord::Screenshot)),
        ul().attr("class", "facts")
            .child((li().child(app.say_with(CareWord::ScreenAdded, &[("time", &time::full(row.kept_ms))])), files.collect_view())),
        picture,
        word_button("quiet", Some(Icon::Eye), app.say(CareWord::ScreenLook), look),
        word_button("quiet", Some(Icon::Trash), app.say(Word::KeptDiscard), move |_| discard()),
    ))
}

/// A kept voice message: heard when somebody asks for it, and gone with this page.
pub fn listen(app: App, kept: i64, by: Words) -> impl IntoView {
    let opened = Opened::new();
    let open = move |_| {
        let by = by.clone();
        spawn_local(async move {
            match app.link().box_files(by, kept, BoxFile::Voice).await {
                Ok(files) => opened.put(&files),
                Err(why) => app.refused(&why),
            }
        });
    };
    let sound = |address: String| audio().attr("controls", "controls").attr("autoplay", "autoplay").attr("src", address);
    (
        move || opened.0.get().into_iter().map(sound).collect_view(),
        word_button("quiet", Some(Icon::Play), app.say(CareWord::VoiceListen), open),
    )
}

/// Addresses of what was opened, as long as this page is there; copies are the same.
#[derive(Clone, Copy)]
struct Opened(RwSignal<Vec<String>>);

impl Opened {
    fn new() -> Self {
        let all = RwSignal::new(vec![]);
        on_cleanup(move || let_go(&all.try_get_untracked().unwrap_or_default()));
        Self(all)
    }

    fn put(self, files: &[OriginalFile]) {
        let_go(&self.0.try_get_untracked().unwrap_or_default());
        let found = files.iter().filter_map(|file| address(&file.bytes).ok()).collect();
        // The page may be left by now.
        let_go(&self.0.try_set(found).unwrap_or_default());
    }
}

fn let_go(addresses: &[String]) {
    for address in addresses {
        // Whoever holds no such address any more holds no picture and no sound.
        let _ = Url::revoke_object_url(address);
    }
}

/// Where the browser finds a picture or a sound, as long as this page is there.
fn address(bytes: &[u8]) -> Result<String, JsValue> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    Url::create_object_url_with_blob(&Blob::new_with_u8_array_sequence(&parts)?)
}
