//! Events as they are called in the browser, each with what comes with it.

#![allow(non_upper_case_globals, reason = "they are called as in the browser")]

use std::marker::PhantomData;
pub use web_sys::{BeforeUnloadEvent, DragEvent, ErrorEvent, Event, FocusEvent, InputEvent, KeyboardEvent, MouseEvent, SubmitEvent};

/// One sort of event.
#[derive(Debug)]
pub struct Sort<E> {
    pub(super) name: &'static str,
    with: PhantomData<fn(E)>,
}

impl<E> Sort<E> {
    const fn named(name: &'static str) -> Self {
        Self { name, with: PhantomData }
    }
}

pub const beforeinput: Sort<InputEvent> = Sort::named("beforeinput");
pub const beforeunload: Sort<BeforeUnloadEvent> = Sort::named("beforeunload");
pub const blur: Sort<FocusEvent> = Sort::named("blur");
pub const change: Sort<Event> = Sort::named("change");
pub const click: Sort<MouseEvent> = Sort::named("click");
pub const close: Sort<Event> = Sort::named("close");
pub const contextmenu: Sort<MouseEvent> = Sort::named("contextmenu");
pub const dblclick: Sort<MouseEvent> = Sort::named("dblclick");
pub const dragleave: Sort<DragEvent> = Sort::named("dragleave");
pub const dragover: Sort<DragEvent> = Sort::named("dragover");
pub const drop: Sort<DragEvent> = Sort::named("drop");
pub const durationchange: Sort<Event> = Sort::named("durationchange");
pub const ended: Sort<Event> = Sort::named("ended");
pub const error: Sort<ErrorEvent> = Sort::named("error");
pub const focusin: Sort<FocusEvent> = Sort::named("focusin");
pub const input: Sort<Event> = Sort::named("input");
pub const keydown: Sort<KeyboardEvent> = Sort::named("keydown");
pub const load: Sort<Event> = Sort::named("load");
pub const mousedown: Sort<MouseEvent> = Sort::named("mousedown");
pub const paste: Sort<Event> = Sort::named("paste");
pub const pause: Sort<Event> = Sort::named("pause");
pub const play: Sort<Event> = Sort::named("play");
pub const pointerdown: Sort<Event> = Sort::named("pointerdown");
pub const popstate: Sort<Event> = Sort::named("popstate");
pub const scroll: Sort<Event> = Sort::named("scroll");
pub const submit: Sort<SubmitEvent> = Sort::named("submit");
pub const timeupdate: Sort<Event> = Sort::named("timeupdate");
pub const touchcancel: Sort<Event> = Sort::named("touchcancel");
pub const touchend: Sort<Event> = Sort::named("touchend");
pub const touchmove: Sort<Event> = Sort::named("touchmove");
pub const touchstart: Sort<Event> = Sort::named("touchstart");
pub const visibilitychange: Sort<Event> = Sort::named("visibilitychange");
