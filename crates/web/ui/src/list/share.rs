//! What another app shares with Treehouse: the service worker took it, here it finds its chat. It is nowhere but in memory until it is sent.

use crate::app::{App, Place};
use crate::chat::forward::{name_field, writable};
use crate::html::prelude::*;
use crate::html::{div, li, p, section, span, ul};
use crate::icons::Icon;
use crate::list::line_button;
use crate::parts::{avatar, called, head};
use crate::time;
use crate::words::Word;
use js_sys::{Array, Reflect};
use send_wrapper::SendWrapper;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, MessageChannel, MessageEvent, ServiceWorkerRegistration};

/// What is shared.
#[derive(Clone)]
pub struct Shared {
    pub files: Vec<SendWrapper<File>>,
    pub text: String,
    /// The chat that takes it, once that is known.
    pub to: Option<i64>,
}

/// Which chat takes it?
pub fn share(app: App) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let asked = RwSignal::new(false);
    spawn_local(async move {
        if let Ok(Some(shared)) = waiting().await {
            app.shared.set(Some(shared));
        }
        asked.set(true);
    });
    let line = move |line: view::ChatLine| {
        let id = line.row.id;
        let key = line.peer.clone().unwrap_or_else(|| format!("group {}", line.row.name));
        let inside =
            (avatar(&line.row.name, &key), span().attr("class", "chat-name").child(called(&line.row.name, line.display_name.as_deref())));
        li().child(line_button(inside, move |_| {
            app.shared.update(|shared| {
                if let Some(shared) = shared {
                    shared.to = Some(id);
                }
            });
            app.go(Place::Chat(id));
        }))
    };
    section().attr("class", "page").attr("aria-label", app.say(Word::ShareTo)).child((
        head(app, app.say(Word::ShareTo), move || {
            app.shared.set(None);
            app.go(Place::Chats);
        }),
        div().attr("class", "page-body").child(move || match app.shared.get() {
            Some(shared) if shared.to.is_none() => (
                what(&shared),
                name_field(app, words),
                ul().attr("class", "chats").child(move || writable(app, &words.get()).into_iter().map(line).collect_view()),
            )
                .into_any(),
            // It has its chat, and this page is on its way out.
            Some(_) => ().into_any(),
            None => asked.try_get().unwrap_or_default().then(|| p().attr("class", "hint").child(app.say(Word::NothingShared))).into_any(),
        }),
    ))
}

fn what(shared: &Shared) -> impl IntoView + use<> {
    let files: Vec<_> = shared
        .files
        .iter()
        .map(|file| {
            li().attr("class", "file").child((
                Icon::File.draw(),
                span().attr("class", "file-name").child(file.name()),
                span().attr("class", "file-size").child(time::size(file.size() as u64)),
            ))
        })
        .collect();
    let text = (!shared.text.is_empty()).then(|| p().attr("dir", "auto").child(shared.text.clone()));
    div().attr("class", "card").child((ul().attr("class", "shelf").child(files), text))
}

/// Asks the service worker for what it holds. It gives it away once.
async fn waiting() -> Result<Option<Shared>, JsValue> {
    let ready = window().navigator().service_worker().ready()?;
    let registration: ServiceWorkerRegistration = JsFuture::from(ready).await?.dyn_into()?;
    let Some(worker) = registration.active() else { return Ok(None) };
    let channel = MessageChannel::new()?;
    let answered = js_sys::Promise::new(&mut |resolve, _| {
        let hear = Closure::once_into_js(move |event: MessageEvent| {
            // Nobody may wait any more.
            let _ = resolve.call1(&JsValue::NULL, &event.data());
        });
        channel.port1().set_onmessage(Some(hear.unchecked_ref()));
    });
    worker.post_message_with_transferable(&"shared".into(), &Array::of1(&channel.port2()))?;
    let given = JsFuture::from(answered).await?;
    if given.is_null() || given.is_undefined() {
        return Ok(None);
    }
    let files = Array::from(&Reflect::get(&given, &"files".into())?);
    let files = files.iter().filter_map(|file| file.dyn_into::<File>().ok()).map(SendWrapper::new).collect();
    let text = Reflect::get(&given, &"text".into())?.as_string().unwrap_or_default();
    Ok(Some(Shared { files, text, to: None }))
}
