//! Notifications while the page is closed: asked for by the person, never before; they say that something is waiting, and nothing else.

use crate::app::App;
use crate::html::prelude::*;
use crate::html::{h2, p, section};
use crate::icons::Icon;
use crate::parts::word_button;
use crate::words::Word;
use js_sys::{Array, Reflect, Uint8Array};
use view::{Command, Event, Notify, Query, View};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Notification, NotificationPermission, PushManager, PushSubscription, PushSubscriptionOptionsInit, ServiceWorkerRegistration,
};

/// How it stands on this device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    Looking,
    /// The browser cannot: an old one, or a private window.
    NotHere,
    NoServer,
    /// The person said no to the browser once, and only they can undo that.
    Refused,
    Off,
    On,
    /// Allowed, but the browser does not reach its push service.
    Failed,
}

/// In the settings.
pub fn card(app: App) -> impl IntoView {
    let stand = RwSignal::new(Stand::Looking);
    let key = RwSignal::new(None::<Vec<u8>>);
    let ask = move || {
        app.ask(Query::Notify, move |view| {
            let View::Notify(found) = view else { return };
            key.set(found.key.clone());
            spawn_local(async move { stand.set(look(&found).await) });
        });
    };
    // Whether this server wakes anybody is known once it has been greeted.
    Effect::new(move |_| {
        app.line();
        ask();
    });
    app.listen(move |event| {
        if *event == Event::CaughtUp {
            ask();
        }
    });
    let allow = move |_| {
        let key = key.get_untracked();
        stand.set(Stand::Looking);
        spawn_local(async move {
            stand.set(turn_on(app, key).await);
        });
    };
    let stop = move |_| {
        spawn_local(async move {
            turn_off(app).await;
            stand.set(Stand::Off);
        });
    };
    let said = move || match stand.get() {
        Stand::Looking | Stand::Off => None,
        Stand::NotHere => Some(Word::NotifyNotHere),
        Stand::NoServer => Some(Word::NotifyNoServer),
        Stand::Refused => Some(Word::NotifyRefused),
        Stand::On => Some(Word::NotifyIsOn),
        Stand::Failed => Some(Word::NotifyFailed),
    };
    section().attr("class", "card").attr("aria-label", app.say(Word::Notifications)).child((
        h2().child(app.say(Word::Notifications)),
        p().attr("class", "hint").child(app.say(Word::NotifyText)),
        p().attr("role", "status").child(move || said().map(|word| app.say(word))),
        move || match stand.get() {
            Stand::Off | Stand::Failed => Some(word_button("main", Some(Icon::Bell), app.say(Word::NotifyAllow), allow).into_any()),
            Stand::On => Some(word_button("quiet", Some(Icon::BellOff), app.say(Word::NotifyStop), stop).into_any()),
            _ => None,
        },
    ))
}

/// Keeps what the server was told as the browser has it: a person may take back in the browser what they allowed here.
pub fn keep(app: App) {
    app.ask(Query::Notify, move |view| {
        let View::Notify(Notify { endpoint: Some(told), .. }) = view else { return };
        spawn_local(async move {
            let now = match (permission(), registration().await) {
                (NotificationPermission::Granted, Some(registration)) => {
                    say_what(app, &registration);
                    subscription(&registration).await.map(|subscription| subscription.endpoint())
                }
                _ => None,
            };
            if now.as_ref() != Some(&told) {
                app.try_act(Command::Notify { endpoint: now }, |_| {});
            }
        });
    });
}

fn is_here() -> bool {
    let has = |holder: &JsValue, name: &str| Reflect::has(holder, &name.into()).unwrap_or(false);
    let window = window();
    has(&window, "Notification") && has(&window, "PushManager") && has(&window.navigator(), "serviceWorker")
}

fn permission() -> NotificationPermission {
    if is_here() { Notification::permission() } else { NotificationPermission::Denied }
}

async fn registration() -> Option<ServiceWorkerRegistration> {
    let ready = window().navigator().service_worker().ready().ok()?;
    Some(JsFuture::from(ready).await.ok()?.unchecked_into())
}

fn manager(registration: &ServiceWorkerRegistration) -> Option<PushManager> {
    registration.push_manager().ok()
}

async fn subscription(registration: &ServiceWorkerRegistration) -> Option<PushSubscription> {
    let found = JsFuture::from(manager(registration)?.get_subscription().ok()?).await.ok()?;
    (!found.is_null() && !found.is_undefined()).then(|| found.unchecked_into())
}

async fn look(found: &Notify) -> Stand {
    if !is_here() {
        return Stand::NotHere;
    }
    if permission() == NotificationPermission::Denied {
        return Stand::Refused;
    }
    if found.key.is_none() && found.endpoint.is_none() {
        return Stand::NoServer;
    }
    let subscribed = match registration().await {
        Some(registration) => subscription(&registration).await.is_some(),
        None => false,
    };
    if subscribed && found.endpoint.is_some() { Stand::On } else { Stand::Off }
}

/// Asks the browser, which asks the person, and then tells the server where to knock.
async fn turn_on(app: App, key: Option<Vec<u8>>) -> Stand {
    let Some(key) = key else { return Stand::NoServer };
    let Ok(asked) = Notification::request_permission() else { return Stand::NotHere };
    // What was answered stands in the permission.
    let _ = JsFuture::from(asked).await;
    match permission() {
        NotificationPermission::Granted => {}
        NotificationPermission::Denied => return Stand::Refused,
        _ => return Stand::Off,
    }
    let Some(registration) = registration().await else { return Stand::NotHere };
    match subscribe(&registration, &key).await {
        Some(endpoint) => {
            say_what(app, &registration);
            app.act(Command::Notify { endpoint: Some(endpoint) }, |_| {});
            Stand::On
        }
        None => Stand::Failed,
    }
}

async fn subscribe(registration: &ServiceWorkerRegistration, key: &[u8]) -> Option<String> {
    // One that was made for another server's key cannot be changed.
    if let Some(before) = subscription(registration).await
        && let Ok(ending) = before.unsubscribe()
    {
        let _ = JsFuture::from(ending).await;
    }
    let options = PushSubscriptionOptionsInit::new();
    options.set_user_visible_only(true);
    options.set_application_server_key(&Uint8Array::from(key).into());
    let made = JsFuture::from(manager(registration)?.subscribe_with_options(&options).ok()?).await.ok()?;
    Some(made.unchecked_into::<PushSubscription>().endpoint())
}

async fn turn_off(app: App) {
    app.act(Command::Notify { endpoint: None }, |_| {});
    let Some(registration) = registration().await else { return };
    if let Some(subscription) = subscription(&registration).await
        && let Ok(ending) = subscription.unsubscribe()
    {
        // Then the push service says that the device is gone, whatever the server was told.
        let _ = JsFuture::from(ending).await;
    }
}

/// The service worker has no words of its own.
fn say_what(app: App, registration: &ServiceWorkerRegistration) {
    if let Some(worker) = registration.active() {
        let words = Array::of3(&"waiting".into(), &app.say(Word::Treehouse).into(), &app.say(Word::SomethingWaits).into());
        // A worker that is gone is started anew with the page.
        let _ = worker.post_message(&words);
    }
}
