//! The worker with the core in it: starting it, asking it, hearing it.

use js_sys::{Array, Function, Object, Reflect};
use std::rc::Rc;
use view::page::{Ask, Asked, Told};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Event, MessageEvent, Worker};

/// The one policy of this page. The server's headers name it and allow no other.
const POLICY: &str = "treehouse";

/// A core that runs.
#[derive(Clone)]
pub struct Core(Worker);

pub enum Heard {
    Told(Told),
    /// A panic ends the whole worker.
    Died,
}

impl Core {
    /// Starts the core that `index.html` names. None if this browser cannot.
    pub fn start(launcher: &Launcher, hear: impl Fn(&Self, Heard) + 'static) -> Option<Self> {
        let core = Self(launcher.launch(&address()?).ok()?);
        let hear = Rc::new(hear);
        let (to, me) = (hear.clone(), core.clone());
        let told = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let told = event.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
            to(&me, told.map_or(Heard::Died, Heard::Told));
        });
        let me = core.clone();
        let died = Closure::<dyn Fn(Event)>::new(move |_| hear(&me, Heard::Died));
        core.0.set_onmessage(Some(told.as_ref().unchecked_ref()));
        core.0.set_onerror(Some(died.as_ref().unchecked_ref()));
        // They live as long as the page.
        told.forget();
        died.forget();
        Some(core)
    }

    pub fn ask(&self, id: u32, ask: Ask) {
        if let Ok(text) = serde_json::to_string(&Asked { id, ask }) {
            let _ = self.0.post_message(&JsValue::from(text));
        }
    }
}

/// Where the core's script lies; its name holds its hash.
fn address() -> Option<String> {
    leptos::prelude::document().get_element_by_id("core-script")?.get_attribute("content")
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

    fn launch(&self, address: &str) -> Result<Worker, JsValue> {
        let options = Object::new();
        Reflect::set(&options, &"type".into(), &"module".into())?;
        let address = match &self.policy {
            Some(policy) => {
                let create: Function = Reflect::get(policy, &"createScriptURL".into())?.dyn_into()?;
                create.call1(policy, &address.into())?
            }
            None => address.into(),
        };
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
    let name = address.strip_prefix("/assets/core-").and_then(|rest| rest.strip_suffix(".js"));
    name.is_some_and(|hash| !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
