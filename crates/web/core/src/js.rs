//! The browser, as far as the worker needs it.

use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, FileSystemFileHandle, FileSystemSyncAccessHandle};
use wire::Millis;

/// The browser refused something, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost(pub String);

impl From<JsValue> for Lost {
    fn from(value: JsValue) -> Self {
        let name = js_sys::Reflect::get(&value, &"name".into()).ok().and_then(|name| name.as_string());
        let message = js_sys::Reflect::get(&value, &"message".into()).ok().and_then(|message| message.as_string());
        Self(match (name, message) {
            (Some(name), Some(message)) => format!("{name}: {message}"),
            (None, Some(message)) => message,
            _ => value.as_string().unwrap_or_else(|| "unknown".into()),
        })
    }
}

impl Lost {
    /// There is no room left (DOMException of this name).
    pub fn is_full(&self) -> bool {
        self.0.starts_with("QuotaExceededError")
    }
}

pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// A time in UTC, and on the clock of this device.
pub fn written(at: Millis) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(at.0 as f64));
    client::written(at, -(date.get_timezone_offset() as i32))
}

/// This device's clock.
pub fn now() -> Millis {
    Millis(js_sys::Date::now() as u64)
}

pub fn entropy<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Fails in no browser: without it there would be no TLS either.
    getrandom::fill(&mut bytes).expect("a browser has random numbers");
    bytes
}

// Two calls that web-sys has behind a flag of the compiler only.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn request_lock(name: &str, hold: &Closure<dyn FnMut() -> Promise>) -> Result<Promise, JsValue>;

    type OwnFile;
    #[wasm_bindgen(method, js_name = createSyncAccessHandle, catch)]
    fn create_sync_access_handle(this: &OwnFile) -> Result<Promise, JsValue>;
}

/// Waits for a lock of this origin; it is held until the worker ends.
///
/// # Errors
/// The browser has no such locks.
pub async fn hold_lock(name: &str) -> Result<(), Lost> {
    let granted = Promise::new(&mut |resolve, _| {
        let hold = Closure::<dyn FnMut() -> Promise>::new(move || {
            let _ = resolve.call0(&JsValue::NULL);
            // Never done: the lock goes with the worker.
            Promise::new(&mut |_, _| {})
        });
        if request_lock(name, &hold).is_ok() {
            hold.forget();
        }
    });
    JsFuture::from(granted).await.map(|_| ()).map_err(Lost::from)
}

/// One owner's access to a file of the origin.
///
/// # Errors
/// Somebody has it.
pub async fn sync_access(file: &FileSystemFileHandle) -> Result<FileSystemSyncAccessHandle, Lost> {
    let file: &OwnFile = file.unchecked_ref();
    Ok(JsFuture::from(file.create_sync_access_handle()?).await?.unchecked_into())
}

/// Waits.
pub async fn sleep(ms: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        // Refused in no worker; without it the wait is over at once.
        let _ = scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    // A timer does not fail.
    let _ = JsFuture::from(promise).await;
}

/// Calls once, unless it is dropped before.
pub struct Timer {
    id: i32,
    _call: Closure<dyn FnMut()>,
}

impl Timer {
    pub fn after(ms: u64, call: impl FnOnce() + 'static) -> Option<Self> {
        let call = Closure::once(call);
        // setTimeout takes 31 bits: later than 24 days is asked again then.
        let ms = i32::try_from(ms).unwrap_or(i32::MAX);
        let id = scope().set_timeout_with_callback_and_timeout_and_arguments_0(call.as_ref().unchecked_ref(), ms).ok()?;
        Some(Self { id, _call: call })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        scope().clear_timeout_with_handle(self.id);
    }
}
