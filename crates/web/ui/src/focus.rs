//! Where the keyboard is. It is never lost: what has the focus may go, and then what stands nearest to it takes over. Rows (chats, messages) are
//! one stop of the Tab key together, and arrows walk through them (WAI-ARIA Authoring Practices, roving tabindex).

use crate::app::{App, Place};
use crate::html::ev;
use crate::html::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, MutationObserver, MutationObserverInit};

/// What the Tab key stops at, and what a script put there.
const STOPS: &str = "button, a[href], input, select, textarea, video, audio, [tabindex]";
/// A screen asks the core before it is complete: so long it is waited for, and so often.
const AGAIN: Duration = Duration::from_millis(40);
const TRIES: u32 = 50;

/// Keeps the focus in the page for as long as it is open.
pub fn keep() {
    // The element that has it, and all that it lay in.
    let held: Rc<RefCell<Vec<HtmlElement>>> = Rc::default();
    let came = Rc::clone(&held);
    std::mem::forget(window_event_listener(ev::focusin, move |event| {
        let mut chain = Vec::new();
        let mut next = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
        while let Some(element) = next {
            next = element.parent_element().and_then(|parent| parent.dyn_into().ok());
            chain.push(element);
        }
        *came.borrow_mut() = chain;
    }));
    // Whoever points elsewhere, or goes on from the last stop to the browser's own, wants it gone.
    let pointed = Rc::clone(&held);
    std::mem::forget(window_event_listener(ev::pointerdown, move |_| pointed.borrow_mut().clear()));
    let gone_on = Rc::clone(&held);
    std::mem::forget(window_event_listener(ev::keydown, move |event| {
        if event.key() == "Tab" {
            gone_on.borrow_mut().clear();
        }
    }));
    let watching = document().body().and_then(|body| {
        Watch::over(&body, move || {
            let at = document().active_element();
            if at.is_some() && at.as_ref() != document().body().as_deref() {
                return;
            }
            let chain = held.borrow().clone();
            // Moved, it has lost the focus but is there; else what lay around it.
            for element in chain {
                if element.is_connected() && (give(&element) || first_in(&element).is_some_and(|near| give(&near))) {
                    return;
                }
            }
        })
    });
    std::mem::forget(watching);
}

/// Brings the focus to where one went: to the place to write, else to what the screen is called; and back to the chat one came from.
pub fn follow(app: App) {
    Effect::new(move |before: Option<Place>| {
        let now = app.place.get();
        // A message that is looked for takes the focus itself.
        let sought = app.jump.get_untracked().is_some() || app.day.get_untracked().is_some();
        if let Some(before) = before.filter(|before| *before != now && !sought) {
            // By then the screen before has gone from the page.
            set_timeout(move || land(app, before, now, TRIES), Duration::ZERO);
        }
        now
    });
}

/// Who chooses where they are already goes on from there as well.
pub fn land_again(app: App) {
    let here = app.place.get_untracked();
    set_timeout(move || land(app, here, here, 0), Duration::ZERO);
}

fn land(app: App, from: Place, to: Place, tries: u32) {
    if app.place.get_untracked() != to {
        return;
    }
    let came = from.chat().map(|chat| format!(".list a[href=\"{}\"]", Place::Chat(chat).to_hash()));
    let wanted = match to {
        Place::Chat(_) if !touched() => vec![".place .composer textarea".to_owned()],
        Place::Guide(_) => vec![".guide h1".to_owned()],
        Place::Chats => came.into_iter().chain([".list h1".to_owned()]).collect(),
        _ => vec![".place h1".to_owned()],
    };
    let found = wanted.iter().find_map(|wanted| document().query_selector(wanted).ok().flatten());
    if found.and_then(|found| found.dyn_into::<HtmlElement>().ok()).is_some_and(|found| give(&found)) {
        return;
    }
    if tries > 0 {
        set_timeout(move || land(app, from, to, tries - 1), AGAIN);
    } else if let Some(title) = document().query_selector(".place h1").ok().flatten().and_then(|found| found.dyn_into().ok()) {
        // A chat in which one cannot write.
        give(&title);
    }
}

/// A finger is the pointer here: a place to write would bring up a keyboard that nobody asked for.
pub fn touched() -> bool {
    window().match_media("(pointer: coarse)").ok().flatten().is_some_and(|query| query.matches())
}

/// Goes to the first of these that takes the focus.
pub fn go(selectors: &[&str]) {
    for selector in selectors {
        let found = document().query_selector(selector).ok().flatten().and_then(|found| found.dyn_into::<HtmlElement>().ok());
        if found.is_some_and(|found| give(&found)) {
            return;
        }
    }
}

/// Whether it took the focus.
fn give(element: &HtmlElement) -> bool {
    // Where it does not go the page stays as it is.
    let _ = element.focus();
    let element: &Element = element;
    document().active_element().as_ref() == Some(element)
}

fn first_in(element: &Element) -> Option<HtmlElement> {
    let found =
        element.query_selector("h1[tabindex], h2[tabindex], button:not([disabled]):not([tabindex=\"-1\"]), a[href]:not([tabindex=\"-1\"])");
    found.ok().flatten()?.dyn_into().ok()
}

/// Makes the rows inside of an element one stop of the Tab key; `rows` selects them. `start`: which of them one comes to first.
pub fn rove<E: JsCast + 'static>(node: NodeRef<E>, rows: &'static str, start: Start) {
    let watching = StoredValue::new_local(None::<Watch>);
    Effect::new(move |_| {
        let Some(list) = node.get() else { return };
        let list: HtmlElement = list.unchecked_into();
        arrange(&list, rows, start);
        let inside = list.clone();
        watching.set_value(Watch::over(&list, move || arrange(&inside, rows, start)));
    });
}

/// Which row the Tab key comes to at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    First,
    Last,
}

/// The row that one stopped at is marked, so that the Tab key comes back to it.
const HERE: &str = "data-here";

fn all(list: &HtmlElement, rows: &str) -> Vec<HtmlElement> {
    let Ok(found) = list.query_selector_all(rows) else { return vec![] };
    (0..found.length()).filter_map(|place| found.item(place)?.dyn_into().ok()).collect()
}

fn arrange(list: &HtmlElement, rows: &str, start: Start) {
    let rows = all(list, rows);
    let here = rows.iter().position(|row| row.has_attribute(HERE));
    let here = here.or_else(|| rows.iter().position(|row| row.has_attribute("aria-current")));
    let here = here.unwrap_or(if start == Start::First { 0 } else { rows.len().saturating_sub(1) });
    for (place, row) in rows.iter().enumerate() {
        let index = if place == here { 0 } else { -1 };
        stop(row, index);
        // What stands beside a row in its item belongs to it.
        let item = row.closest("li").ok().flatten().and_then(|item| item.dyn_into::<HtmlElement>().ok());
        for inner in all(item.as_ref().unwrap_or(row), STOPS) {
            stop(&inner, index);
        }
    }
}

fn stop(element: &HtmlElement, index: i32) {
    if element.get_attribute("tabindex").and_then(|now| now.parse().ok()) != Some(index) {
        element.set_tab_index(index);
    }
}

/// Walks by arrows, Home and End, and keeps the mark at the row that has the focus.
pub fn walk(event: &ev::KeyboardEvent, rows: &'static str) {
    let Some(list) = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
    let Some(at) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    // Sliders and fields have arrows of their own.
    if at.matches("input, select, textarea, video").unwrap_or(false) || event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let rows = all(&list, rows);
    let now = rows.iter().position(|row| row.contains(Some(&at)));
    let to = match (event.key().as_str(), now) {
        ("ArrowDown", Some(now)) => now + 1,
        ("ArrowUp", Some(now)) => now.saturating_sub(1),
        ("ArrowDown" | "Home", None) | ("Home", Some(_)) => 0,
        ("ArrowUp", None) | ("End", _) => rows.len().saturating_sub(1),
        _ => return,
    };
    if let Some(row) = rows.get(to) {
        event.prevent_default();
        give(row);
    }
}

/// The row that has the focus is where the Tab key comes back to.
pub fn mark(event: &ev::FocusEvent, rows: &'static str, start: Start) {
    let Some(list) = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
    let Some(at) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    for row in all(&list, rows) {
        let here = row.contains(Some(&at));
        if here != row.has_attribute(HERE) {
            // A mark is always taken.
            let _ = if here { row.set_attribute(HERE, "") } else { row.remove_attribute(HERE) };
        }
    }
    arrange(&list, rows, start);
}

/// Calls whenever something comes into an element or goes, until it is dropped.
struct Watch {
    observer: MutationObserver,
    _changed: Closure<dyn FnMut(JsValue)>,
}

impl Watch {
    fn over(root: &HtmlElement, changed: impl Fn() + 'static) -> Option<Self> {
        let changed = Closure::<dyn FnMut(JsValue)>::new(move |_| changed());
        let observer = MutationObserver::new(changed.as_ref().unchecked_ref()).ok()?;
        let options = MutationObserverInit::new();
        options.set_child_list(true);
        options.set_subtree(true);
        observer.observe_with_options(root, &options).ok()?;
        Some(Self { observer, _changed: changed })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
