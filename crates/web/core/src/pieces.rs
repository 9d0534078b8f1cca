//! Pieces of files for the service worker, over a channel of their own.
//!
//! It asks `["ask", id, message, position, start, end, shown]` (`end` -1: to the end; `shown`: the browser will decode it) and is answered
//! `["piece", id, total, type, start, bytes]` or `["none", id, why]`, `why` one of `gone`, `offline`, `foreign` and `unfit`. Until then it
//! asks again with the same id: a core that is at work on it says `["coming", id]` and begins nothing anew. It says `["knocked"]` when the
//! server has knocked.

use crate::js::Lost;
use crate::media::{Purpose, Unshown};
use crate::shell::Shell;
use js_sys::Array;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

const CHANNEL: &str = "treehouse-pieces";

struct Asked {
    id: String,
    message: i64,
    position: usize,
    start: u64,
    end: u64,
    purpose: Purpose,
}

/// Answers from now on.
///
/// # Errors
/// The browser has no such channels.
pub fn serve(shell: &Rc<Shell>) -> Result<(), Lost> {
    let channel = BroadcastChannel::new(CHANNEL)?;
    let (weak, answers) = (Rc::downgrade(shell), channel.clone());
    // What is being worked on, by id.
    let working = Rc::new(RefCell::new(BTreeSet::new()));
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(shell) = weak.upgrade() else { return };
        if is(&event.data(), "knocked") {
            return shell.knocked();
        }
        // Before it is known what is here, silence has the service worker ask again.
        let Some(asked) = read(&event.data()).filter(|_| shell.is_open()) else { return };
        let (answers, working, id) = (answers.clone(), Rc::clone(&working), asked.id.clone());
        if !working.borrow_mut().insert(id.clone()) {
            // A channel that is closed has nobody to tell.
            let _ = answers.post_message(&Array::of2(&"coming".into(), &id.into()));
            return;
        }
        spawn_local(async move {
            let answer = answer(&shell, asked).await;
            working.borrow_mut().remove(&id);
            if let Some(answer) = answer {
                let _ = answers.post_message(&answer);
            }
        });
    });
    channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // It answers as long as the worker lives.
    hear.forget();
    Ok(())
}

fn is(data: &JsValue, kind: &str) -> bool {
    data.dyn_ref::<Array>().is_some_and(|parts| parts.get(0).as_string().as_deref() == Some(kind))
}

fn read(data: &JsValue) -> Option<Asked> {
    if !is(data, "ask") {
        return None;
    }
    let parts: &Array = data.dyn_ref()?;
    let number = |at: u32| parts.get(at).as_f64();
    let end = number(5)?;
    Some(Asked {
        id: parts.get(1).as_string()?,
        message: number(2)? as i64,
        position: number(3)? as usize,
        start: number(4)? as u64,
        end: if end < 0.0 { u64::MAX } else { end as u64 },
        purpose: if parts.get(6).is_truthy() { Purpose::Shown } else { Purpose::Saved },
    })
}

/// None: it is to be asked again.
async fn answer(shell: &Shell, asked: Asked) -> Option<Array> {
    let Some(file) = shell.attachment(asked.message, asked.position) else {
        return Some(none(&asked.id, Unshown::Gone));
    };
    match shell.media().bytes(&file, asked.start..asked.end, asked.purpose, shell.http()).await {
        Ok((bytes, kept)) => {
            if let Some(kept) = kept {
                shell.kept(file.blob, kept);
            }
            let length = (file.length as f64).into();
            let kind = file.media_type.as_str().into();
            let piece = Array::of5(&"piece".into(), &asked.id.into(), &length, &kind, &(asked.start as f64).into());
            piece.push(&bytes);
            Some(piece)
        }
        Err(Unshown::Offline) if shell.is_joining() => None,
        Err(why) => Some(none(&asked.id, why)),
    }
}

fn none(id: &str, why: Unshown) -> Array {
    let why = match why {
        Unshown::Gone => "gone",
        Unshown::Offline => "offline",
        Unshown::Foreign => "foreign",
        Unshown::Unfit => "unfit",
    };
    Array::of3(&"none".into(), &id.into(), &why.into())
}
