//! What the page is on this device: its looks, its title, whether its storage stays, and updates of itself.

use crate::account::safe;
use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{div, h2, input, label, p, section};
use crate::link::leader;
use crate::link::worker::{Script, address};
use crate::list::is_muted;
use crate::parts::word_button;
use crate::words::Word;
use js_sys::{Function, Promise, Reflect};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;
use view::page::{Core, Keeping, Line};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{BroadcastChannel, MessageEvent};

const THEME: &str = "treehouse-theme";
/// Where tabs tell each other which version they are.
const VERSIONS: &str = "treehouse-versions";
/// The longest that something is waited for at once.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// For which other version this tab was loaded again last, as long as it is open. Once is enough for each: a server that gives out two by turns would
/// otherwise have two tabs load each other for ever.
const LOADED_FOR: &str = "treehouse-loaded-for";
const ZOOM: &str = "treehouse-zoom";
/// Text from a bit smaller to twice as large, in percent.
const ZOOM_MIN: u32 = 80;
const ZOOM_MAX: u32 = 200;

thread_local! {
    /// Small choices on a shared computer, where they may not be written; none elsewhere. Here because the browser's own place for them, which it
    /// stands in for, is one for the whole page as well.
    static CHOICES: RefCell<Option<HashMap<String, String>>> = const { RefCell::new(None) };
}

/// Puts on what was chosen before.
pub fn put_on() {
    wear("data-theme", stored(THEME).as_deref().unwrap_or_default());
    zoom(stored(ZOOM).and_then(|percent| percent.parse().ok()).unwrap_or(100));
}

/// Keeps the title at what is unread.
pub fn begin(app: App) {
    Effect::new(move |_| {
        let unread: u64 = app.chats.get().iter().filter(|line| !is_muted(line)).map(|line| line.row.unread).sum();
        let waiting = app.requests.with(|rows| rows.iter().filter(|row| row.state == view::RequestState::Open).count());
        // What came for the safety team counts like one chat: how much it is is not told.
        let news = u64::from(app.desk_news.get());
        let count = unread + waiting as u64 + app.invitations.with(Vec::len) as u64 + news;
        document().set_title(&if count > 0 { format!("({count}) {}", app.say(Word::Treehouse)) } else { app.say(Word::Treehouse) });
        badge(count);
    });
    mutes_end(app);
    // Asked for once there is something worth keeping.
    let worth = Memo::new(move |_| app.keeping() == Keeping::Here && safe::has_talked(app));
    Effect::new(move |_| {
        if worth.get() {
            ask_to_persist(app);
        }
    });
    keep_nothing(app);
    updates(app);
    // Once there is somebody to be woken.
    Effect::new(move |before: Option<bool>| {
        let somebody = app.me.with(|me| matches!(me, Some(view::Me::Account(_))));
        if somebody && before != Some(true) {
            crate::account::notify::keep(app);
        }
        somebody
    });
}

/// What is muted until some time is not muted then, also when nothing else happens.
fn mutes_end(app: App) {
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(earlier) = before.flatten() {
            earlier.clear();
        }
        let now = js_sys::Date::now();
        let soonest = app.chats.with(|all| all.iter().filter_map(|line| line.muted_until_ms).filter(|until| *until as f64 > now).min());
        // Browsers take a longer pause for none.
        let pause = Duration::from_millis((soonest? as f64 - now) as u64 + 1).min(PAUSE_MAX);
        let look =
            move || app.chats.update(|all| all.iter_mut().filter(|line| !is_muted(line)).for_each(|line| line.muted_until_ms = None));
        set_timeout_with_handle(look, pause).ok()
    });
}

/// The number on the icon of an installed page.
fn badge(count: u64) {
    let name = if count > 0 { "setAppBadge" } else { "clearAppBadge" };
    let navigator = window().navigator();
    if let Ok(set) = Reflect::get(&navigator, &name.into()).and_then(|set| set.dyn_into::<Function>()) {
        // A page that is not installed has no icon.
        let _ = set.call1(&navigator, &JsValue::from_f64(count as f64));
    }
}

/// Asks the browser to keep what is here when room runs out. Some ask the person.
pub fn ask_to_persist(app: App) {
    if app.core.with_untracked(|core| matches!(core, Some(Core::Ready { keeping: Keeping::Here, .. }))) {
        spawn_local(async move { app.persisted.set(Some(persist().await)) });
    }
}

/// On a shared computer: choices stay in memory, and who closes the tab that holds everything is warned.
fn keep_nothing(app: App) {
    Effect::new(move |_| {
        let nothing = app.keeping() == Keeping::Nothing;
        CHOICES.with_borrow_mut(|choices| match (nothing, &choices) {
            (true, None) => *choices = Some(HashMap::new()),
            (false, Some(_)) if app.keeping() == Keeping::Here => *choices = None,
            _ => {}
        });
    });
    std::mem::forget(window_event_listener(ev::beforeunload, move |event| {
        if app.ends_with_this_tab() {
            event.prevent_default();
            event.set_return_value("ends");
        }
    }));
}

/// Whether what is kept here stays when the device runs out of room. A browser that cannot be asked promises nothing.
async fn persist() -> bool {
    let storage = window().navigator().storage();
    says_yes(storage.persisted()).await || says_yes(storage.persist()).await
}

async fn says_yes(asked: Result<Promise, JsValue>) -> bool {
    match asked {
        Ok(answer) => JsFuture::from(answer).await.is_ok_and(|said| said.is_truthy()),
        Err(_) => false,
    }
}

/// Hears of a new version: it waits until it is let in, and then every tab loads it. One that stayed would start the core that it knows, and
/// nobody else would understand that one.
fn updates(app: App) {
    other_versions(app);
    let Some(container) = service_workers() else { return };
    spawn_local(async move {
        // The first one of all comes to a page that is its own already.
        let led = Cell::new(container.controller().is_some());
        let leads = container.clone();
        let changed = Closure::<dyn FnMut()>::new(move || {
            // None leads any more where somebody logs out: that is no other version.
            if led.replace(true) && leads.controller().is_some() {
                load_again(app);
            }
        });
        container.set_oncontrollerchange(Some(changed.as_ref().unchecked_ref()));
        changed.forget();
        let Ok(ready) = container.ready() else { return };
        let Ok(registration) = JsFuture::from(ready).await else { return };
        let registration: web_sys::ServiceWorkerRegistration = registration.unchecked_into();
        if registration.waiting().is_some() {
            app.update.set(true);
        }
        let found = {
            let registration = registration.clone();
            Closure::<dyn FnMut()>::new(move || {
                let Some(coming) = registration.installing() else { return };
                let (worker, waiting) = (coming.clone(), registration.clone());
                let changed = Closure::<dyn FnMut()>::new(move || {
                    // The first one of all replaces nobody.
                    if worker.state() == web_sys::ServiceWorkerState::Installed && waiting.active().is_some() {
                        app.update.set(true);
                    }
                });
                coming.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
                changed.forget();
            })
        };
        registration.set_onupdatefound(Some(found.as_ref().unchecked_ref()));
        found.forget();
        // A server that was away may have come back as another version; the browser alone would look once a day. At the start it looks by itself:
        // there is nothing before the line was up once.
        Effect::new(move |before: Option<Option<bool>>| {
            let (up, before) = (app.line() == Line::Up, before.flatten());
            if up
                && before == Some(false)
                && let Ok(looking) = registration.update()
            {
                // Without a network there is nothing to find.
                spawn_local(async move { drop(JsFuture::from(looking).await) });
            }
            (up || before.is_some()).then_some(up)
        });
    });
}

/// Tells the other tabs which version this one is, and loads the page again when another one is told: a tab that was loaded anew, without a
/// service worker or past it, is of the version that the server has now.
fn other_versions(app: App) {
    let (Ok(channel), Some(own)) = (BroadcastChannel::new(VERSIONS), address(Script::Core)) else { return };
    let mine = own.clone();
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if event.data().as_string().is_some_and(|version| version != mine && is_news(&version)) {
            load_again(app);
        }
    });
    channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // A channel that nobody hears.
    let _ = channel.post_message(&own.into());
    heard.forget();
    // It lives as long as the page.
    std::mem::forget(channel);
}

/// Whether this tab was not loaded for this version last.
fn is_news(version: &str) -> bool {
    let Ok(Some(kept)) = window().session_storage() else { return false };
    kept.get_item(LOADED_FOR).ok().flatten().as_deref() != Some(version) && kept.set_item(LOADED_FOR, version).is_ok()
}

/// What is written in a field is a draft, and there again; what would end with this tab stays.
fn load_again(app: App) {
    if app.ends_with_this_tab() {
        app.update.set(true);
    } else {
        let _ = window().location().reload();
    }
}

/// What leads service workers; some browsers have none in a private window.
fn service_workers() -> Option<web_sys::ServiceWorkerContainer> {
    let found = Reflect::get(&window().navigator(), &"serviceWorker".into()).ok()?;
    found.is_truthy().then(|| found.unchecked_into())
}

/// What this browser has not got, by what it has, not by its name: one sentence, and everything else works.
pub fn lacks(app: App) -> impl IntoView {
    // What was received is decrypted on the way through the service worker.
    service_workers().is_none().then(|| p().attr("class", "update").child(app.say(Word::LacksFiles)))
}

/// Whether this browser has what a core needs, and gives it to a page that came as this one did: without, no core could ever say why it does not
/// start.
pub fn can_keep() -> bool {
    let navigator = window().navigator();
    let has = |holder: &JsValue, name: &str| Reflect::get(holder, &name.into()).is_ok_and(|found| found.is_truthy());
    let storage = Reflect::get(&navigator, &"storage".into()).unwrap_or_default();
    window().is_secure_context() && has(&navigator, "locks") && has(&storage, "getDirectory")
}

/// Whether no core ever kept anything here (`crates/web/core/src/store.rs` names the folder), and none lives that keeps nothing.
pub async fn is_fresh() -> bool {
    let storage = window().navigator().storage();
    // Old browsers, and pages that did not come by a secure way, have none.
    if !window().is_secure_context() || !Reflect::has(&storage, &"getDirectory".into()).unwrap_or(false) {
        return false;
    }
    if leader::has_core().await {
        return false;
    }
    let Ok(root) = JsFuture::from(storage.get_directory()).await else { return false };
    let folder = root.unchecked_into::<web_sys::FileSystemDirectoryHandle>().get_directory_handle("treehouse");
    let looked = JsFuture::from(folder).await.map_err(|error| Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string()));
    looked.is_err_and(|name| name.as_deref() == Some("NotFoundError"))
}

/// One calm line when a new version is there.
pub fn update_notice(app: App) -> impl IntoView {
    move || {
        app.update.get().then(|| {
            div().attr("class", "update").attr("role", "status").child((
                p().child(app.say(Word::UpdateReady)),
                word_button("quiet", None, app.say(Word::Reload), move |_| {
                    spawn_local(async move {
                        let Some(container) = service_workers() else { return drop(window().location().reload()) };
                        let Ok(registration) = JsFuture::from(container.get_registration()).await else { return };
                        let waiting = registration.dyn_into::<web_sys::ServiceWorkerRegistration>().ok().and_then(|all| all.waiting());
                        // Who asks for it is warned by the browser if something ends with this tab.
                        let reload = Closure::once_into_js(move || {
                            let _ = window().location().reload();
                        });
                        let _ = match waiting {
                            Some(waiting) => container
                                .add_event_listener_with_callback("controllerchange", reload.unchecked_ref())
                                .and_then(|()| waiting.post_message(&"update".into())),
                            None => window().location().reload(),
                        };
                    });
                }),
            ))
        })
    }
}

/// Looks, in the settings.
pub fn looks(app: App) -> impl IntoView {
    let theme = RwSignal::new(stored(THEME).unwrap_or_default());
    let percent = RwSignal::new(stored(ZOOM).and_then(|percent| percent.parse::<u32>().ok()).unwrap_or(100));
    let choice = move |value: &'static str, word: Word| {
        label().attr("class", "choice").child((
            input().attr("type", "radio").attr("name", "theme").prop("checked", move || theme.get() == value).on(ev::change, move |_| {
                theme.set(value.to_owned());
                store(THEME, value);
                wear("data-theme", value);
            }),
            app.say(word),
        ))
    };
    section().attr("class", "card").child((
        h2().child(app.say(Word::Appearance)),
        div().attr("role", "radiogroup").attr("aria-label", app.say(Word::Appearance)).child((
            choice("", Word::ThemeSystem),
            choice("light", Word::ThemeLight),
            choice("dark", Word::ThemeDark),
        )),
        label().attr("for", "zoom").child(app.say(Word::TextSize)),
        input()
            .id("zoom")
            .attr("type", "range")
            .attr("min", ZOOM_MIN.to_string())
            .attr("max", ZOOM_MAX.to_string())
            .attr("step", "10")
            .prop("value", move || percent.get().to_string())
            .on(ev::input, move |event| {
                if let Ok(value) = event_target_value(&event).parse() {
                    percent.set(value);
                    store(ZOOM, &value.to_string());
                    zoom(value);
                }
            }),
    ))
}

fn wear(attribute: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = if value.is_empty() { root.remove_attribute(attribute) } else { root.set_attribute(attribute, value) };
    }
}

fn zoom(percent: u32) {
    let root = document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(root) = root {
        let percent = percent.clamp(ZOOM_MIN, ZOOM_MAX);
        let _ = web_sys::HtmlElement::style(&root).set_property("--zoom", &format!("{}.{:02}", percent / 100, percent % 100));
    }
}

/// A small choice of this device, kept by the browser.
pub fn stored(name: &str) -> Option<String> {
    if let Some(value) = CHOICES.with_borrow(|choices| choices.as_ref()?.get(name).cloned()) {
        return Some(value);
    }
    window().local_storage().ok()??.get_item(name).ok()?
}

pub fn store(name: &str, value: &str) {
    let taken = CHOICES.with_borrow_mut(|choices| choices.as_mut().map(|choices| choices.insert(name.to_owned(), value.to_owned())));
    if taken.is_some() {
        return;
    }
    // Without a place to keep it, it is as it was the next time.
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(name, value);
    }
}
