//! One tab of all has the core: the one that holds the lock. When it goes, the next one starts a core; when the core dies, its tab starts another.

use crate::link::worker::{Launcher, Script};
use js_sys::{Array, Function, Promise, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Worker;

/// Held by the tab that leads.
const LEADER: &str = "treehouse-leader";
/// Held by the core while it lives (`crates/web/core/src/main.rs`).
const CORE: &str = "treehouse-core";
/// Between the death of a core and the start of the next, so that one that dies at once does not keep the device busy.
const PAUSE: i32 = 500;
/// A core that has not begun by then is dead, or its files are lost on the way: nothing else says of a worker that ended before its first line
/// that it did. Twice as long for each that came to nothing, so that the slowest line has its time.
const BEGINS_WITHIN: i32 = 20_000;
/// And never longer.
const BEGINS_AT_MOST: i32 = 320_000;

/// Waits for its turn to lead, then keeps a core alive. What is given says whether it leads.
pub fn stand(launcher: Rc<Launcher>) -> Rc<Cell<bool>> {
    let leads = Rc::new(Cell::new(false));
    let leading = Rc::clone(&leads);
    spawn_local(async move {
        // Without locks there is no telling of two tabs: each would try, and the store lets one in.
        let _ = acquire(LEADER, Hold::Forever).await;
        leading.set(true);
        let mut patience = BEGINS_WITHIN;
        loop {
            let core: Rc<RefCell<Option<Worker>>> = Rc::new(RefCell::new(launcher.launch(Script::Core).ok()));
            let life = life(&core, patience).await;
            if let Some(worker) = core.borrow_mut().take() {
                worker.terminate();
            }
            patience = match life {
                Ok(Life::Lived) => BEGINS_WITHIN,
                Ok(Life::Unborn) => patience.saturating_mul(2).min(BEGINS_AT_MOST),
                Err(_) => return,
            };
            sleep(PAUSE).await;
        }
    });
    leads
}

/// Whether a core lives in some tab.
pub async fn has_core() -> bool {
    let held = async {
        let locks = Reflect::get(&crate::html::prelude::window().navigator(), &"locks".into())?;
        let query: Function = Reflect::get(&locks, &"query".into())?.dyn_into()?;
        let all = JsFuture::from(query.call0(&locks)?.dyn_into::<Promise>()?).await?;
        Reflect::get(&all, &"held".into())?.dyn_into::<Array>()
    };
    let names = held.await.map(|held| held.iter().map(|lock| Reflect::get(&lock, &"name".into())).collect::<Vec<_>>());
    names.is_ok_and(|names| names.contains(&Ok(CORE.into())))
}

/// What became of a core that is dead now.
enum Life {
    /// It said so by an error, or its lock became free.
    Lived,
    /// It did not begin in time.
    Unborn,
}

/// Returns when the core is dead. It has `patience` milliseconds to begin.
async fn life(core: &Rc<RefCell<Option<Worker>>>, patience: i32) -> Result<Life, JsValue> {
    let error = Promise::new(&mut |resolve, _| {
        if let Some(worker) = &*core.borrow() {
            worker.set_onerror(Some(&resolve));
        }
    });
    // It takes its lock when it has begun: asked for too early, it would be ours.
    let begun = Promise::new(&mut |resolve, _| {
        if let Some(worker) = &*core.borrow() {
            worker.set_onmessage(Some(&resolve));
        }
    });
    let late = wasm_bindgen_futures::future_to_promise(async move {
        sleep(patience).await;
        Ok(JsValue::NULL)
    });
    let first = JsFuture::from(Promise::race(&Array::of3(&error, &begun, &late))).await?;
    if first.is_null() {
        return Ok(Life::Unborn);
    }
    let lock = wasm_bindgen_futures::future_to_promise(async move {
        acquire(CORE, Hold::AMoment).await?;
        Ok(JsValue::UNDEFINED)
    });
    // Where it was the error that came first, it is there still.
    JsFuture::from(Promise::race(&Array::of2(&error, &lock))).await.map(|_| Life::Lived)
}

enum Hold {
    Forever,
    AMoment,
}

/// Waits for a lock of this origin.
async fn acquire(name: &str, hold: Hold) -> Result<(), JsValue> {
    let locks = Reflect::get(&crate::html::prelude::window().navigator(), &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let granted = Promise::new(&mut |resolve, reject| {
        let forever = matches!(hold, Hold::Forever);
        let held = Closure::once_into_js(move || -> JsValue {
            // Nobody may listen any more.
            let _ = resolve.call0(&JsValue::NULL);
            if forever { Promise::new(&mut |_, _| {}).into() } else { JsValue::UNDEFINED }
        });
        if let Err(error) = request.call2(&locks, &name.into(), &held) {
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    JsFuture::from(granted).await.map(|_| ())
}

async fn sleep(ms: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        let _ = crate::html::prelude::window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    // A timer does not fail.
    let _ = JsFuture::from(promise).await;
}
