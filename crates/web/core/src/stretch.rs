//! Argon2id in a second instance of this module: its 64 MiB go back to the system with it, while the memory of a module never becomes smaller.
//!
//! Word, salt and result pass byte by byte as plain numbers through three exports, so nothing of the glue is needed beside it.

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

thread_local! {
    static GIVEN: RefCell<Given> = RefCell::default();
}

/// Takes the next byte of the salt or of the word.
#[wasm_bindgen(js_name = stretchGive)]
pub fn give(byte: u8, of_salt: bool) {
    GIVEN.with_borrow_mut(|given| if of_salt { given.salt.push(byte) } else { given.word.push(byte) });
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
    let module: WebAssembly::Module = wasm_bindgen::module().dyn_into()?;
    // Nothing that is done there calls out: whatever a panic would call does nothing, and the instance stops.
    let nothing = Closure::<dyn Fn()>::new(|| {});
    let other = WebAssembly::Instance::new(&module, &imports(&module, nothing.as_ref().unchecked_ref())?)?;
    let exports = other.exports();
    let call = |name: &str, first: u32, second: u32| -> Result<u32, JsValue> {
        let function: Function = Reflect::get(&exports, &name.into())?.dyn_into()?;
        let answer = function.call2(&JsValue::UNDEFINED, &first.into(), &second.into())?;
        Ok(answer.as_f64().unwrap_or_default() as u32)
    };
    for (bytes, of_salt) in [(word, 0), (salt, 1)] {
        for byte in bytes {
            call("stretchGive", u32::from(*byte), of_salt)?;
        }
    }
    if call("stretchRun", cost.memory_kib, cost.passes)? == 0 {
        return Ok(None);
    }
    let mut out = Zeroizing::new([0; 32]);
    for (at, byte) in (0..).zip(out.iter_mut()) {
        *byte = call("stretchTake", at, 0)? as u8;
    }
    Ok(Some(out))
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
