//! The messages of the worker, in their order.

use js_sys::Uint8Array;
use picture::{Model, Scores};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Response};

/// The model, or how to come by it.
#[derive(Default)]
enum Eye {
    #[default]
    Unasked,
    /// Its address. It has not come yet: the next picture asks for it again.
    Closed(String),
    /// Pictures that came before the model, and its address.
    Opening(String, Vec<Vec<u8>>),
    Open(Model),
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
    let _ = scope().post_message(&JsValue::UNDEFINED);
}

fn heard(eye: &Rc<RefCell<Eye>>, data: &JsValue) {
    if let Some(address) = data.as_string() {
        open(eye, address, vec![]);
    } else if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
        let picture = taken(bytes);
        let held = eye.take();
        match held {
            Eye::Unasked => answer(None),
            Eye::Closed(address) => open(eye, address, vec![picture]),
            Eye::Opening(address, mut waiting) => {
                waiting.push(picture);
                eye.replace(Eye::Opening(address, waiting));
            }
            Eye::Open(model) => {
                answer(model.look(&picture).ok());
                eye.replace(Eye::Open(model));
            }
        }
    }
}

/// Fetches the model; then, or when it did not come, all who wait are answered.
fn open(eye: &Rc<RefCell<Eye>>, address: String, waiting: Vec<Vec<u8>>) {
    eye.replace(Eye::Opening(address.clone(), waiting));
    let eye = Rc::clone(eye);
    spawn_local(async move {
        let model = fetch(&address).await.ok().and_then(|file| Model::read(file).ok());
        if let Eye::Opening(address, waiting) = eye.take() {
            waiting.iter().for_each(|picture| answer(model.as_ref().and_then(|model| model.look(picture).ok())));
            eye.replace(model.map_or(Eye::Closed(address), Eye::Open));
        }
    });
}

fn answer(scores: Option<Scores>) {
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
    Ok(taken(&Uint8Array::new(&buffer)))
}

/// The bytes, and nothing of them where they were: the browser collects what is not small late.
fn taken(bytes: &Uint8Array) -> Vec<u8> {
    let here = bytes.to_vec();
    // A browser that cannot do it collects it.
    let _ = bytes.buffer().transfer_with_length(0);
    here
}
