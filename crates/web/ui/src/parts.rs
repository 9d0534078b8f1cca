//! Small parts that screens are made of.

use crate::app::App;
use crate::focus;
use crate::html::Either;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{self, El, button, div, h2, header, img, input, label, p, span};
use crate::icons::Icon;
use crate::notice::looking::{self, Covers};
use crate::time;
use crate::words::Word;
use std::rc::Rc;
use std::time::Duration;
use view::page::Line;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, File, HtmlAnchorElement, HtmlDialogElement, HtmlMediaElement, Response, Url};

/// A picture of more bytes is fetched when somebody asks for it: the cameras of most phones make smaller ones, and a line may be paid for by what it brings.
pub const PICTURE_BY_ITSELF_MAX: u64 = 10 * 1024 * 1024;
/// After this long a copy that was saved is let go.
const SAVED: Duration = Duration::from_secs(60);

/// The mark of Treehouse, which `index.html` names as its icon.
pub fn mark() -> impl IntoView {
    let address = document().query_selector("link[rel=icon]").ok().flatten().and_then(|link| link.get_attribute("href"));
    img().attr("class", "brand").attr("src", address).attr("alt", "").attr("width", "64").attr("height", "64")
}

/// A button with an icon alone; `name` is what it is called.
pub fn icon_button(icon: Icon, name: String, press: impl FnMut(ev::MouseEvent) + 'static) -> impl IntoView {
    with_icon(icon, name).on(ev::click, press)
}

fn with_icon(icon: Icon, name: String) -> El {
    button().attr("type", "button").attr("class", "icon-button").attr("title", name.clone()).attr("aria-label", name).child(icon.draw())
}

/// A button with an icon alone that opens something beside it and closes it again.
pub fn toggle_button(icon: Icon, name: String, open: RwSignal<bool>, opened: impl Fn() + 'static) -> impl IntoView {
    with_icon(icon, name).attr("aria-expanded", move || open.get().to_string()).on(ev::click, move |_| {
        open.update(|open| *open = !*open);
        if open.get_untracked() {
            opened();
        }
    })
}

/// A button with words, and perhaps an icon before them. `class`: `main`, `quiet` or `danger`.
pub fn word_button(class: &'static str, icon: Option<Icon>, words: String, press: impl FnMut(ev::MouseEvent) + 'static) -> impl IntoView {
    with_words(class, icon, words).on(ev::click, press)
}

fn with_words(class: &'static str, icon: Option<Icon>, words: String) -> El {
    button().attr("type", "button").attr("class", format!("word-button {class}")).child((icon.map(Icon::draw), span().child(words)))
}

/// One that does the main thing, and rests while something is under way.
pub fn busy_button(words: String, busy: RwSignal<bool>, press: impl FnMut(ev::MouseEvent) + 'static) -> impl IntoView {
    with_words("main", None, words).prop("disabled", move || busy.get()).on(ev::click, press)
}

/// A line of a menu.
pub fn line_button(icon: Icon, words: String, press: impl FnMut(ev::MouseEvent) + 'static) -> impl IntoView {
    button().attr("type", "button").attr("class", "menu-line").on(ev::click, press).child((icon.draw(), span().child(words)))
}

/// A round picture made of the first letters of a name, in a colour that belongs to the key.
pub fn avatar(name: &str, key: &str) -> impl IntoView + use<> {
    let words: Vec<&str> = name.trim_start_matches('@').split([' ', '.', '_', '-']).filter(|word| !word.is_empty()).collect();
    let first = words.first().into_iter().chain(words.last().filter(|_| words.len() > 1));
    let letters: String = first.filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect();
    let letters = if letters.is_empty() { "?".to_owned() } else { letters };
    span().attr("class", format!("avatar hue-{}", hue(key))).attr("aria-hidden", "true").child(letters)
}

/// The colour that belongs to a key.
pub fn hue(key: &str) -> u32 {
    key.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 8
}

/// How somebody is called: as they want to be, and always with the username, which is theirs alone, beside it. What they chose may be cut
/// short, the username is not pushed away by it; and each keeps its direction to itself.
pub fn called(name: &str, display_name: Option<&str>) -> impl IntoView + use<> {
    let chosen = display_name.map(str::trim).filter(|chosen| !chosen.is_empty() && *chosen != name).map(str::to_owned);
    match chosen {
        Some(chosen) => Either::Left((
            html::bdi().attr("class", "called").child(chosen),
            " ",
            html::bdi().attr("class", "also").child(format!("@{name}")),
        )),
        None => Either::Right(html::bdi().attr("class", "called").child(name.to_owned())),
    }
}

/// The name by which somebody is called in a sentence.
pub fn short_name(name: &str, display_name: Option<&str>) -> String {
    display_name.map(str::trim).filter(|chosen| !chosen.is_empty()).unwrap_or(name).to_owned()
}

/// A field with its name above and a hint below.
pub fn field(name: String, hint: Option<String>, id: &'static str, value: RwSignal<String>) -> impl IntoView {
    let described = hint.is_some().then(|| format!("{id}-hint"));
    div().attr("class", "field").child((
        label().attr("for", id).child(name),
        input()
            .id(id)
            .attr("type", "text")
            .attr("autocomplete", "off")
            .attr("autocapitalize", "none")
            .attr("spellcheck", "false")
            .attr("aria-describedby", described.clone())
            .prop("value", move || value.get())
            .on(ev::input, move |event| value.set(event_target_value(&event))),
        hint.map(|hint| p().attr("class", "hint").attr("id", described).child(hint)),
    ))
}

/// The head of a screen that lies over the list: back, and what it is.
pub fn head(app: App, title: String, back: impl Fn() + 'static) -> impl IntoView {
    header().attr("class", "head").child((
        icon_button(Icon::ArrowLeft, app.say(Word::Back), move |_| back()),
        html::h1().attr("tabindex", "-1").child(title),
        icon_button(Icon::Help, app.say(Word::Help), move |_| app.open_help()),
    ))
}

/// Lines that belong together.
pub fn card(inside: impl IntoView) -> impl IntoView {
    html::section().attr("class", "card menu-lines").child(inside)
}

/// What there is to do where there is nothing to see.
pub fn empty(icon: Icon, title: String, text: String, doing: impl IntoView) -> impl IntoView {
    div().attr("class", "empty").child((span().attr("class", "empty-mark").child(icon.draw()), h2().child(title), p().child(text), doing))
}

/// Words that are heard and not seen.
pub fn for_readers(words: String) -> impl IntoView {
    span().attr("class", "for-readers").child(words)
}

/// A dialog that is open while `open` is true. The browser keeps the focus in it, and Escape closes it.
pub fn dialog<V: IntoView + 'static>(
    app: App,
    title: String,
    open: RwSignal<bool>,
    inside: impl Fn() -> V + Send + Sync + 'static,
) -> impl IntoView {
    dialog_of(app, title, open, Rc::new(move || inside().into_any()))
}

fn dialog_of(app: App, title: String, open: RwSignal<bool>, inside: Rc<dyn Fn() -> AnyView>) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = open.get();
        if let Some(dialog) = node.get() {
            let dialog: HtmlDialogElement = dialog.clone();
            if wanted && !dialog.open() {
                // Refused only for a dialog that is not in the page any more.
                let _ = dialog.show_modal();
            } else if !wanted && dialog.open() {
                dialog.close();
            }
        }
    });
    html::dialog()
        .node_ref(node)
        .attr("aria-label", title.clone())
        .on(ev::close, move |_| open.set(false))
        .on(ev::click, move |event| {
            // A click beside the box is one on the dialog itself.
            if node.get_untracked().is_some_and(|dialog| event.target().as_deref() == Some(dialog.as_ref())) {
                open.set(false);
            }
        })
        .child(move || {
            if open.get() {
                Either::Left(div().attr("class", "dialog").child((
                    header().attr("class", "dialog-head").child((
                        h2().child(title.clone()),
                        icon_button(Icon::Help, app.say(Word::Help), move |_| app.open_help()),
                        icon_button(Icon::X, app.say(Word::Close), move |_| open.set(false)),
                    )),
                    inside(),
                )))
            } else {
                Either::Right(())
            }
        })
}

/// A dialog about something: open for as long as there is something, which is gone when it is closed.
pub fn dialog_about<T: Clone + Send + Sync + 'static, V: IntoView + 'static>(
    app: App,
    title: String,
    about: RwSignal<Option<T>>,
    inside: impl Fn(T) -> V + Send + Sync + 'static,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(about.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && about.with_untracked(Option::is_some) {
            about.set(None);
        }
    });
    dialog(app, title, open, move || about.get_untracked().map(&inside))
}

/// One thing that is to be known, with what it is about before it.
pub fn fact(icon: Icon, words: String) -> impl IntoView {
    p().attr("class", "who-line").child((icon.draw(), span().child(words)))
}

/// A field for a passphrase. `complete`: what a browser is to offer or to remember, as in `autocomplete`.
pub fn secret(name: String, id: &'static str, complete: &'static str, value: RwSignal<String>) -> impl IntoView {
    div().attr("class", "field").child((
        label().attr("for", id).child(name),
        input()
            .id(id)
            .attr("type", "password")
            .attr("autocomplete", complete)
            .prop("value", move || value.get())
            .on(ev::input, move |event| value.set(event_target_value(&event))),
    ))
}

/// A picture of a message, which the service worker brings. `ratio`: its width by its height, so that nothing moves when it comes.
/// `came` hears of it when it stands there, `lost` of one that cannot be shown.
pub fn picture(
    message: i64,
    position: u32,
    alt: String,
    class: &'static str,
    ratio: Option<String>,
    came: impl FnMut(ev::Event) + 'static,
    lost: impl FnMut(ev::ErrorEvent) + 'static,
) -> impl IntoView {
    img()
        .attr("class", class)
        .attr("alt", alt)
        .attr("decoding", "async")
        // Before the address: of one that was put off already a browser begins at once where it is drawn anew.
        .attr("loading", "lazy")
        .attr("src", media(message, position))
        .on(ev::load, came)
        .on(ev::error, lost)
        .style(("aspect-ratio", ratio))
}

/// A picture as `draw` draws it; a large one when it was asked for.
pub fn or_asked(app: App, covers: Covers, position: u32, bytes: u64, draw: impl Fn() -> AnyView + 'static) -> AnyView {
    if bytes <= PICTURE_BY_ITSELF_MAX {
        return draw();
    }
    let at = (covers.message, position);
    let label = app.say_with(Word::ShowPicture, &[("size", &time::size(bytes))]);
    let ask = move |_: ev::MouseEvent| {
        looking::asked(app, covers);
        app.asked_for.update(|all| {
            all.insert(at);
        });
        request_animation_frame(move || {
            // What is behind a curtain takes no focus.
            focus::go(&[
                &format!(".photo[data-photo=\"{}\"]", crate::chat::viewer::name(at)),
                &format!("[data-message=\"{}\"] .curtain", at.0),
            ]);
        });
    };
    let asked = move || app.asked_for.with(|all| all.contains(&at));
    (move || {
        if asked() {
            return draw();
        }
        // What is not fetched is not looked at either.
        looking::lost(app, covers, position);
        word_button("quiet", Some(Icon::Image), label.clone(), ask).into_any()
    })
    .into_any()
}

/// Whether nothing of a film or a sound came although there is a connection: it is none, or it is gone.
pub fn never_came(app: App, event: &ev::ErrorEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<HtmlMediaElement>().ok());
    let nothing = element.is_some_and(|element| element.ready_state() == HtmlMediaElement::HAVE_NOTHING);
    nothing && untrack(|| app.line()) == Line::Up
}

/// Where the service worker answers for a file of a message.
pub fn media(message: i64, position: u32) -> String {
    format!("/media/{message}/{position}")
}

/// Saves a file of a message under its name, if it is what its sender said it is. By a copy in the browser's hands: what a link saves goes
/// past the service worker.
pub fn save(app: App, message: i64, position: u32, name: String) {
    spawn_local(async move {
        let Ok((copy, to_check)) = fetched(&media(message, position), &name).await else {
            return app.tell(app.say(Word::NotSaved));
        };
        match app.link().check(message, position, to_check).await {
            Ok(()) if hand_over(&copy, &name).is_ok() => {}
            Ok(()) => app.tell(app.say(Word::NotSaved)),
            Err(why) => app.tell(app.locale.refusal(&why)),
        }
    });
}

/// Saves a small text that the page made.
pub fn save_text(name: &str, text: &str) {
    let made = || -> Result<(), JsValue> {
        let kind = web_sys::BlobPropertyBag::new();
        kind.set_type("text/plain;charset=utf-8");
        hand_over(&Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&text.into()), &kind)?, name)
    };
    // A browser without blobs or links would not have come so far.
    let _ = made();
}

/// Saves a file that the page made.
pub fn save_bytes(name: &str, bytes: &[u8]) {
    let made = || -> Result<(), JsValue> {
        let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
        hand_over(&Blob::new_with_u8_array_sequence(&parts)?, name)
    };
    // A browser without blobs or links would not have come so far.
    let _ = made();
}

/// A file as it comes, and once more under its name for the core to look at: the browser has its bytes once.
async fn fetched(address: &str, name: &str) -> Result<(Blob, File), JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(address)).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::UNDEFINED);
    }
    let copy: Blob = JsFuture::from(response.blob()?).await?.dyn_into()?;
    let named = File::new_with_blob_sequence(&js_sys::Array::of1(&copy), name)?;
    Ok((copy, named))
}

/// Gives the browser something to save.
fn hand_over(copy: &Blob, name: &str) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(copy)?;
    let link: HtmlAnchorElement = document().create_element("a")?.dyn_into()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has taken it up by then.
    set_timeout(move || drop(Url::revoke_object_url(&url)), SAVED);
    Ok(())
}
