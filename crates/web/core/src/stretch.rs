//! Argon2id in a second instance of this module: its 64 MiB go back to the system with it, while the memory of a module never becomes smaller. It is
//! kept for some moments: instances one after the other would pile up before the browser collects them.
//!
//! Word, salt and result pass byte by byte as plain numbers through exports of ours, so nothing of the glue is needed beside it.

use crate::js::Timer;
use client::stretch;
use js_sys::{Function, Object, Reflect, WebAssembly};
use std::cell::RefCell;
use std::mem::take;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wire::call::HandleCost;
use zeroize::Zeroizing;

/// What lies in the second instance.
#[derive(Default)]
struct Given {
    word: Zeroizing<Vec<u8>>,
    salt: Vec<u8>,
    stretched: Option<Zeroizing<[u8; 32]>>,
}

/// The second instance goes when nothing was asked of it for so long.
const KEPT_MS: u64 = 3000;

/// The second instance, by what it exports, and what ends it.
struct Other {
    exports: Object,
    _end: Option<Timer>,
}

thread_local! {
    static GIVEN: RefCell<Given> = RefCell::default();
    static OTHER: RefCell<Option<Other>> = const { RefCell::new(None) };
}

/// Makes room for a word of this length, so that no beginning of it is left behind where it grew.
#[wasm_bindgen(js_name = stretchRoom)]
pub fn room(length: u32) {
    GIVEN.with_borrow_mut(|given| given.word.reserve_exact(length as usize));
}

/// Takes the next byte of the word.
#[wasm_bindgen(js_name = stretchWord)]
pub fn take_word(byte: u8) {
    GIVEN.with_borrow_mut(|given| given.word.push(byte));
}

/// Takes the next byte of the salt.
#[wasm_bindgen(js_name = stretchSalt)]
pub fn take_salt(byte: u8) {
    GIVEN.with_borrow_mut(|given| given.salt.push(byte));
}

/// Stretches what was given, and forgets it. False: no machine would do it.
#[wasm_bindgen(js_name = stretchRun)]
pub fn run(memory_kib: u32, passes: u32) -> bool {
    let (word, salt) = GIVEN.with_borrow_mut(|given| (take(&mut *given.word), take(&mut given.salt)));
    let stretched = stretch(&Zeroizing::new(word), &salt, HandleCost { memory_kib, passes });
    let done = stretched.is_some();
    GIVEN.with_borrow_mut(|given| given.stretched = stretched);
    done
}

/// Hands out a byte of the result, once.
#[wasm_bindgen(js_name = stretchTake)]
pub fn hand_out(at: u8) -> u8 {
    GIVEN.with_borrow_mut(|given| given.stretched.as_mut().and_then(|bytes| bytes.get_mut(usize::from(at)).map(take)).unwrap_or_default())
}

/// As [`client::stretch()`], beside this instance; in it where the browser gives no second one.
pub fn beside(word: &[u8], salt: &[u8], cost: HandleCost) -> Option<Zeroizing<[u8; 32]>> {
    in_another(word, salt, cost).unwrap_or_else(|_| stretch(word, salt, cost))
}

fn in_another(word: &[u8], salt: &[u8], cost: HandleCost) -> Result<Option<Zeroizing<[u8; 32]>>, JsValue> {
    let exports = match OTHER.take() {
        Some(other) => other.exports,
        None => another()?,
    };
    let call = |name: &str, first: u32, second: u32| -> Result<u32, JsValue> {
        let function: Function = Reflect::get(&exports, &name.into())?.dyn_into()?;
        let answer = function.call2(&JsValue::UNDEFINED, &first.into(), &second.into())?;
        Ok(answer.as_f64().unwrap_or_default() as u32)
    };
    call("stretchRoom", word.len() as u32, 0)?;
    for (bytes, take_in) in [(word, "stretchWord"), (salt, "stretchSalt")] {
        for byte in bytes {
            call(take_in, u32::from(*byte), 0)?;
        }
    }
    let mut stretched = None;
    if call("stretchRun", cost.memory_kib, cost.passes)? != 0 {
        let mut out = Zeroizing::new([0; 32]);
        for (at, byte) in (0..).zip(out.iter_mut()) {
            *byte = call("stretchTake", at, 0)? as u8;
        }
        stretched = Some(out);
    }
    OTHER.set(Some(Other { exports, _end: Timer::after(KEPT_MS, || drop(OTHER.take())) }));
    Ok(stretched)
}

fn another() -> Result<Object, JsValue> {
    let module: WebAssembly::Module = wasm_bindgen::module().dyn_into()?;
    // Nothing that is done there calls out: what a panic would call is gone by then, and it ends there.
    let nothing = Closure::<dyn Fn()>::new(|| {});
    let imports = imports(&module, nothing.as_ref().unchecked_ref())?;
    Ok(WebAssembly::Instance::new(&module, &imports)?.exports())
}

/// Something for everything that the module wants from outside.
fn imports(module: &WebAssembly::Module, each: &Function) -> Result<Object, JsValue> {
    let all = Object::new();
    for import in WebAssembly::Module::imports(module) {
        let named = |what: &str| Reflect::get(&import, &what.into());
        let from = named("module")?;
        let group = Reflect::get(&all, &from)?;
        let group = if group.is_undefined() { Object::new() } else { group.unchecked_into() };
        Reflect::set(&group, &named("name")?, each)?;
        Reflect::set(&all, &from, &group)?;
    }
    Ok(all)
}
