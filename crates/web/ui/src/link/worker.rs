//! Starting what runs beside the interface, under one policy: the core, what looks at pictures, what reads codes, the service worker.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Worker;

/// The one policy of this page. The server's headers name it and allow no other.
const POLICY: &str = "treehouse";

/// Browsers want it at the root: its folder is what it serves.
const SERVICE_WORKER: &str = "/sw.js";

/// What runs beside the interface.
#[derive(Debug, Clone, Copy)]
pub enum Script {
    Core,
    /// What looks at pictures.
    Picture,
    /// What reads codes.
    Scan,
}

impl Script {
    fn named(self) -> &'static str {
        match self {
            Self::Core => "core-script",
            Self::Picture => "picture-script",
            Self::Scan => "scan-script",
        }
    }
}

/// Where a script lies, as `index.html` names it; its name holds its hash.
pub fn address(of: Script) -> Option<String> {
    crate::html::prelude::document().get_element_by_id(of.named())?.get_attribute("content")
}

/// Makes workers. One a page: the browser lets a policy's name be used once.
pub struct Launcher {
    /// None where the browser knows no trusted types, or refused ours.
    policy: Option<JsValue>,
}

impl Launcher {
    pub fn new() -> Self {
        Self { policy: policy().ok().flatten() }
    }

    /// Starts a script that `index.html` names.
    ///
    /// # Errors
    /// The browser refused.
    pub fn launch(&self, script: Script) -> Result<Worker, JsValue> {
        self.start(&address(script).ok_or(JsValue::UNDEFINED)?)
    }

    /// Registers the service worker. Without one the page works as long as there is a network, and shows no pictures.
    ///
    /// # Errors
    /// The browser has none, or not in this kind of window.
    pub fn register(&self) -> Result<(), JsValue> {
        let container = Reflect::get(&crate::html::prelude::window().navigator(), &"serviceWorker".into())?;
        let register: Function = Reflect::get(&container, &"register".into())?.dyn_into()?;
        register.call1(&container, &self.trusted(SERVICE_WORKER)?).map(|_| ())
    }

    /// An address that the browser lets become a script.
    fn trusted(&self, address: &str) -> Result<JsValue, JsValue> {
        match &self.policy {
            Some(policy) => {
                let create: Function = Reflect::get(policy, &"createScriptURL".into())?.dyn_into()?;
                create.call1(policy, &address.into())
            }
            None => Ok(address.into()),
        }
    }

    fn start(&self, address: &str) -> Result<Worker, JsValue> {
        let options = Object::new();
        Reflect::set(&options, &"type".into(), &"module".into())?;
        let address = self.trusted(address)?;
        // By its constructor as a value: a trusted address is no string, which is all that `web_sys` takes.
        let constructor: Function = Reflect::get(&js_sys::global(), &"Worker".into())?.dyn_into()?;
        Reflect::construct(&constructor, &Array::of2(&address, &options))?.dyn_into()
    }
}

fn policy() -> Result<Option<JsValue>, JsValue> {
    let factory = Reflect::get(&js_sys::global(), &"trustedTypes".into())?;
    if factory.is_undefined() {
        return Ok(None);
    }
    let ours = Closure::<dyn Fn(String) -> Result<String, JsValue>>::new(|address: String| {
        if is_ours(&address) { Ok(address) } else { Err(JsValue::from("not a script of this page")) }
    });
    let rules = Object::new();
    Reflect::set(&rules, &"createScriptURL".into(), &ours.into_js_value())?;
    let create: Function = Reflect::get(&factory, &"createPolicy".into())?.dyn_into()?;
    create.call2(&factory, &POLICY.into(), &rules).map(Some)
}

/// A hashed file of this server and nothing else: no scheme, no host, no way out of the folder.
fn is_ours(address: &str) -> bool {
    if address == SERVICE_WORKER {
        return true;
    }
    let name = ["/assets/core-", "/assets/picture-", "/assets/scan-"]
        .iter()
        .find_map(|begin| address.strip_prefix(begin))
        .and_then(|rest| rest.strip_suffix(".js"));
    name.is_some_and(|hash| !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
