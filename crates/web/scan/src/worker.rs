//! The messages of the worker, in their order.

use js_sys::Uint8Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

pub fn start() {
    std::panic::set_hook(Box::new(|info| web_sys::console::error_1(&info.to_string().into())));
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().dyn_ref::<Uint8Array>().and_then(|picture| read(&picture.to_vec()));
        // A page that is gone hears nothing.
        let _ = scope().post_message(&text.map_or(JsValue::NULL, JsValue::from));
    });
    scope().set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    hear.forget();
    // What was said before is not heard: whoever started this waits for a word.
    let _ = scope().post_message(&JsValue::UNDEFINED);
}

/// The first code in a picture that can be read.
fn read(picture: &[u8]) -> Option<String> {
    let (width, points) = picture.split_first_chunk::<4>()?;
    let width = usize::try_from(u32::from_le_bytes(*width)).ok().filter(|width| *width > 0)?;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, points.len() / width, |x, y| points[y * width + x]);
    image.detect_grids().into_iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
}
