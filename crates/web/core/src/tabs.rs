//! The tabs of the page: one channel that all of them share with the core. Its name has the core's address in it, and that its hash: a page of
//! another version speaks another postcard, and is not heard (`crates/web/ui/src/device.rs` has it load what this core belongs to).
//!
//! A message is `["page", tab, bytes]` or `["core", tab, bytes, start, file?]`: `tab` is the tab that asks or is answered (empty: all of them), `bytes`
//! a [`ToCore`] or a [`ToPage`] in postcard, `start` that of the core that the tab has heard last (empty: none yet). The service worker has a
//! channel of its own for pieces of files.

use crate::js::Lost;
use js_sys::{Array, JsString, Reflect, Uint8Array};
use std::rc::Rc;
use view::page::{ToCore, ToPage};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{BroadcastChannel, File, MessageEvent};

const CHANNEL: &str = "treehouse";
const TO_CORE: &str = "core";
const TO_PAGE: &str = "page";

/// What one tab asks.
pub struct Asked {
    pub tab: String,
    pub what: ToCore,
    /// The start of the core that the tab has heard last: it asks of another again what it asked before, in its order.
    pub start: Option<u64>,
    pub file: Option<File>,
}

pub struct Tabs {
    channel: BroadcastChannel,
    _hear: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    /// # Errors
    /// The browser has no such channels.
    pub fn open(hear: impl Fn(Asked) + 'static) -> Result<Rc<Self>, Lost> {
        let location = Reflect::get(&js_sys::global(), &"location".into())?;
        let address = Reflect::get(&location, &"pathname".into())?.as_string().unwrap_or_default();
        let channel = BroadcastChannel::new(&format!("{CHANNEL} {address}"))?;
        let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(asked) = read(&event.data()) {
                hear(asked);
            }
        });
        channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        Ok(Rc::new(Self { channel, _hear: hear }))
    }

    pub fn tell(&self, tab: &str, what: &ToPage) {
        // Postcard has no way to fail here but running out of memory.
        let Ok(bytes) = postcard::to_allocvec(what) else { return };
        let message = Array::of3(&TO_PAGE.into(), &tab.into(), &Uint8Array::from(bytes.as_slice()));
        // A channel that is closed has nobody to tell.
        let _ = self.channel.post_message(&message);
    }

    pub fn tell_all(&self, what: &ToPage) {
        self.tell("", what);
    }
}

fn read(data: &JsValue) -> Option<Asked> {
    let parts: &Array = data.dyn_ref()?;
    if parts.get(0).dyn_ref::<JsString>().is_none_or(|to| *to != TO_CORE) {
        return None;
    }
    let tab = parts.get(1).as_string()?;
    let bytes = parts.get(2).dyn_into::<Uint8Array>().ok()?.to_vec();
    let what = postcard::from_bytes(&bytes).ok()?;
    let start = parts.get(3).as_string()?.parse().ok();
    Some(Asked { tab, what, start, file: parts.get(4).dyn_into().ok() })
}
