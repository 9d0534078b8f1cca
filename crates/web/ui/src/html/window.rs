//! The window and its document, what an event happened to, and what is done later.

use reactive_graph::owner::on_cleanup;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt as _};
use web_sys::{Document, Event, HtmlInputElement, Window};

pub fn window() -> Window {
    js_sys::global().unchecked_into()
}

pub fn document() -> Document {
    // A window that shows a page has one.
    window().document().unwrap_throw()
}

/// The element at which an event was heard first.
pub fn event_target<T: JsCast>(event: &Event) -> T {
    // What happened in a page happened to something.
    event.target().unwrap_throw().unchecked_into()
}

/// What stands in a field; a choice has its value under the same name.
pub fn event_target_value(event: &Event) -> String {
    event_target::<HtmlInputElement>(event).value()
}

pub fn event_target_checked(event: &Event) -> bool {
    event_target::<HtmlInputElement>(event).checked()
}

/// Runs this before the page is painted next. In a page that nobody sees that is not before somebody does.
pub fn request_animation_frame(act: impl FnOnce() + 'static) {
    let _ = window().request_animation_frame(once(act).unchecked_ref());
}

/// Something that was to be done later, and can be called off.
#[derive(Debug, Clone, Copy)]
pub struct TimeoutHandle(i32);

impl TimeoutHandle {
    pub fn clear(self) {
        window().clear_timeout_with_handle(self.0);
    }
}

/// # Errors
/// The browser refused.
pub fn set_timeout_with_handle(act: impl FnOnce() + 'static, after: Duration) -> Result<TimeoutHandle, JsValue> {
    window().set_timeout_with_callback_and_timeout_and_arguments_0(once(act).unchecked_ref(), milliseconds(after)).map(TimeoutHandle)
}

pub fn set_timeout(act: impl FnOnce() + 'static, after: Duration) {
    let _ = set_timeout_with_handle(act, after);
}

/// Something that is done again and again until it is called off.
#[derive(Debug, Clone, Copy)]
pub struct IntervalHandle(i32);

impl IntervalHandle {
    pub fn clear(self) {
        window().clear_interval_with_handle(self.0);
    }
}

/// # Errors
/// The browser refused.
pub fn set_interval_with_handle(act: impl Fn() + 'static, each: Duration) -> Result<IntervalHandle, JsValue> {
    let act = Closure::<dyn Fn()>::new(act).into_js_value();
    window().set_interval_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), milliseconds(each)).map(IntervalHandle)
}

/// What is called often and is to be done once, when it was not called for a while: with what it was called with last. Not after its part of the
/// page is gone.
pub fn debounce<T: 'static>(pause: Duration, act: impl FnMut(T) + 'static) -> impl FnMut(T) {
    let act = Rc::new(RefCell::new(act));
    let waiting = send_wrapper::SendWrapper::new(Rc::new(RefCell::new(None::<TimeoutHandle>)));
    let called_off = waiting.clone();
    on_cleanup(move || {
        if let Some(before) = called_off.borrow_mut().take() {
            before.clear();
        }
    });
    move |with| {
        let act = Rc::clone(&act);
        let next = set_timeout_with_handle(move || (act.borrow_mut())(with), pause).ok();
        if let Some(before) = waiting.replace(next) {
            before.clear();
        }
    }
}

/// A function for the browser that is called once at most; whether it ever is or not, the browser throws it away.
fn once(act: impl FnOnce() + 'static) -> JsValue {
    let mut act = Some(act);
    Closure::<dyn FnMut()>::new(move || {
        if let Some(act) = act.take() {
            act();
        }
    })
    .into_js_value()
}

fn milliseconds(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}
