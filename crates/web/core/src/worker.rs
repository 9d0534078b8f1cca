//! The worker: what the page asks, and what it is told.

use crate::store;
use client::Client;
use view::page::{Answer, Ask, Asked, CoreFailure, Me, Told};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Opens the store, then listens. The page is told first, so that nothing is asked before anybody listens.
pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    spawn_local(async move {
        match store::open(&scope).await {
            Ok((client, store)) => {
                listen(&scope, client);
                tell(&scope, &Told::Ready { store });
            }
            Err(failure) => tell(&scope, &Told::Failed(failure)),
        }
    });
}

fn listen(scope: &DedicatedWorkerGlobalScope, client: Client) {
    let to = scope.clone();
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let asked = event.data().as_string().and_then(|text| serde_json::from_str::<Asked>(&text).ok());
        let told = match asked {
            Some(Asked { id, ask }) => answer(&client, &ask).map_or_else(Told::Failed, |answer| Told::Answer { id, answer }),
            None => Told::Failed(CoreFailure::Other),
        };
        tell(&to, &told);
    });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    hear.forget();
}

fn answer(client: &Client, ask: &Ask) -> Result<Answer, CoreFailure> {
    match ask {
        Ask::WhoAmI => {
            let known = client.whoami().map_err(|_| CoreFailure::Damaged)?;
            Ok(Answer::Me(known.map(|me| Me { username: me.username, server: me.server_url, signed_up: me.signed_up })))
        }
    }
}

fn tell(scope: &DedicatedWorkerGlobalScope, told: &Told) {
    // A page that is gone hears nothing, and the worker ends with it.
    if let Ok(text) = serde_json::to_string(told) {
        let _ = scope.post_message(&JsValue::from(text));
    }
}
