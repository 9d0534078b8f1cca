//! Logging out: what will be lost is said first, then everything in this browser is deleted.

use crate::app::{App, Place};
use crate::html::prelude::*;
use crate::html::{div, h2, p, section};
use crate::icons::Icon;
use crate::parts::{dialog, word_button};
use crate::words::Word;
use js_sys::{Array, Promise, Reflect};
use view::page::Keeping;
use view::{Command, VaultCommand};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Headers, RequestInit, Response};

/// Answers with the order to clear everything, if this header comes with the request; read, it says goodbye.
const BYE: &str = "/bye";
const LEAVING: &str = "treehouse-log-out";

/// The card in the settings.
pub fn in_settings(app: App) -> impl IntoView {
    let open = RwSignal::new(false);
    section().attr("class", "card").attr("aria-label", app.say(Word::LogOut)).child((
        h2().child(app.say(Word::LogOut)),
        move || (app.keeping() == Keeping::Nothing).then(|| p().attr("data-shared", "").child(app.say(Word::SharedOn))),
        p().attr("class", "hint").child(app.say(Word::LogOutText)),
        word_button("quiet", Some(Icon::LogOut), app.say(Word::LogOut), move |_| {
            // What changed since it was last kept goes now.
            if app.vault.with_untracked(|vault| vault.as_ref().is_some_and(|vault| vault.kept && vault.waiting)) {
                app.act(Command::Vault(VaultCommand::KeepSafe), |_| {});
            }
            open.set(true);
        }),
        dialog(app, app.say(Word::LogOut), open, move || sure(app, open)),
    ))
}

fn sure(app: App, open: RwSignal<bool>) -> impl IntoView {
    let going = RwSignal::new(false);
    let words = move || {
        let vault = app.vault.get()?;
        let word = match (vault.kept, vault.waiting || vault.stored_ms.is_none()) {
            _ if vault.replaced => return None,
            (false, _) => Word::LogOutNoWords,
            (true, true) => Word::LogOutUnsaved,
            (true, false) => Word::LogOutWords,
        };
        Some(p().child(app.say(word)))
    };
    let offered = move || app.vault.with(|vault| vault.as_ref().is_some_and(|vault| !vault.confirmed && !vault.replaced));
    div().attr("class", "who").child((
        p().child(app.say(Word::LogOutLost)),
        words,
        p().attr("role", "status").child(move || going.get().then(|| app.say(Word::LoggingOut))),
        move || {
            offered().then(|| {
                word_button("main", Some(Icon::Lock), app.say(Word::LogOutWordsFirst), move |_| {
                    open.set(false);
                    app.go(Place::Safe);
                })
            })
        },
        word_button("danger", Some(Icon::LogOut), app.say(Word::LogOutNow), move |_| {
            going.set(true);
            // Nobody is to knock at a browser that nobody is behind. What becomes of it changes nothing.
            app.try_act(Command::Notify { endpoint: None }, move |_| app.link().log_out());
        }),
        word_button("quiet", None, app.say(Word::Cancel), move |_| open.set(false)),
    ))
}

/// The core has deleted what it held: the rest goes, and this tab with it.
pub fn leave() {
    spawn_local(async move {
        // Each is one more way to the same end: whatever a browser refuses, another does.
        let _ = empty_storages();
        let _ = forget_workers().await;
        let _ = forget_caches().await;
        if ask_to_clear().await.is_ok_and(|cleared| cleared) {
            // What this tab had in memory goes with it, and there is no way back to it.
            let _ = window().location().replace(BYE);
        }
    });
}

fn empty_storages() -> Result<(), JsValue> {
    for storage in [window().local_storage()?, window().session_storage()?].into_iter().flatten() {
        storage.clear()?;
    }
    Ok(())
}

async fn forget_workers() -> Result<(), JsValue> {
    let workers = window().navigator().service_worker();
    for worker in Array::from(&JsFuture::from(workers.get_registrations()).await?) {
        JsFuture::from(worker.unchecked_into::<web_sys::ServiceWorkerRegistration>().unregister()?).await?;
    }
    Ok(())
}

async fn forget_caches() -> Result<(), JsValue> {
    let caches = Reflect::get(&window(), &"caches".into())?;
    let call = |name: &str, with: &JsValue| -> Result<Promise, JsValue> {
        Reflect::get(&caches, &name.into())?.dyn_into::<js_sys::Function>()?.call1(&caches, with)?.dyn_into()
    };
    for name in Array::from(&JsFuture::from(call("keys", &JsValue::UNDEFINED)?).await?) {
        JsFuture::from(call("delete", &name)?).await?;
    }
    Ok(())
}

/// Whether the server could be asked.
async fn ask_to_clear() -> Result<bool, JsValue> {
    let init = RequestInit::new();
    init.set_method("POST");
    let headers = Headers::new()?;
    headers.set(LEAVING, "1")?;
    init.set_headers(&headers);
    let answer: Response = JsFuture::from(window().fetch_with_str_and_init(BYE, &init)).await?.dyn_into()?;
    Ok(answer.ok())
}
