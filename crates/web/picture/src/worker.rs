//! The messages of the worker, in their order.

use js_sys::Uint8Array;
use picture::Model;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Response};

/// What waits for the model, and the model.
#[derive(Default)]
enum Eye {
    #[default]
    Closed,
    /// Pictures that came before the model.
    Opening(Vec<Vec<u8>>),
    Open(Model),
    /// The model did not come.
    Blind,
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

pub fn start() {
    std::panic::set_hook(Box::new(|info| web_sys::console::error_1(&info.to_string().into())));
    let eye = Rc::new(RefCell::new(Eye::default()));
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| heard(&eye, &event.data()));
    scope().set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    hear.forget();
    // What was said before is not heard: whoever started this waits for a word.
    let _ = scope().post_message(&"begun".into());
}

fn heard(eye: &Rc<RefCell<Eye>>, data: &JsValue) {
    if let Some(address) = data.as_string() {
        eye.replace(Eye::Opening(Vec::new()));
        let eye = Rc::clone(eye);
        spawn_local(async move {
            let opened = fetch(&address).await.ok().and_then(|file| Model::read(&file).ok()).map_or(Eye::Blind, Eye::Open);
            let Eye::Opening(waiting) = eye.replace(opened) else { return };
            waiting.iter().for_each(|picture| answer(&eye.borrow(), picture));
        });
    } else if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
        let picture = bytes.to_vec();
        match &mut *eye.borrow_mut() {
            Eye::Opening(waiting) => waiting.push(picture),
            eye => answer(eye, &picture),
        }
    }
}

fn answer(eye: &Eye, picture: &[u8]) {
    let scores = match eye {
        Eye::Open(model) => model.look(picture).ok(),
        _ => None,
    };
    let curtain = scores.map_or(JsValue::NULL, |scores| scores.wants_a_curtain().into());
    // A page that is gone hears nothing.
    let _ = scope().post_message(&curtain);
}

async fn fetch(address: &str) -> Result<Vec<u8>, JsValue> {
    let response: Response = JsFuture::from(scope().fetch_with_str(address)).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::NULL);
    }
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
