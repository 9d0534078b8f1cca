//! The first thing that is shown, and the only one as yet: whether the core is ready.

use crate::worker::{Core, Heard, Launcher};
use leptos::html::{h1, p};
use leptos::prelude::*;
use view::page::{Answer, Ask, CoreFailure, Me, Store, Told};
use wasm_bindgen::JsCast as _;

#[derive(Clone, PartialEq)]
enum State {
    Starting,
    Ready(Store, Option<Me>),
    Failed(CoreFailure),
}

impl State {
    /// For style sheets and tests.
    fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready(Store::New, _) => "new",
            Self::Ready(Store::Known, _) => "known",
            Self::Failed(_) => "failed",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Starting => "Opening your messages…".to_owned(),
            Self::Ready(_, None) => "Ready. Nobody has signed up in this browser yet.".to_owned(),
            Self::Ready(_, Some(me)) => format!("Ready. You are {} on {}.", me.username, me.server),
            Self::Failed(why) => why.to_string(),
        }
    }
}

/// Takes over from what `index.html` painted.
pub fn start() {
    let Some(page) = document().get_element_by_id("page") else { return };
    page.set_text_content(None);
    leptos::mount::mount_to(page.unchecked_into(), screen).forget();
}

fn screen() -> impl IntoView {
    let state = RwSignal::new(State::Starting);
    let launcher = Launcher::new();
    let core = Core::start(&launcher, move |core, heard| match heard {
        Heard::Told(Told::Ready { store }) => {
            state.set(State::Ready(store, None));
            core.ask(0, Ask::WhoAmI);
        }
        Heard::Told(Told::Answer { answer: Answer::Me(me), .. }) => state.update(|state| {
            if let State::Ready(_, known) = state {
                *known = me;
            }
        }),
        Heard::Told(Told::Failed(why)) => state.set(State::Failed(why)),
        Heard::Died => state.set(State::Failed(CoreFailure::Other)),
    });
    if core.is_none() {
        state.set(State::Failed(CoreFailure::Unsupported));
    }
    let status = p().id("core").role("status").attr("data-core", move || state.with(State::word));
    (h1().child("Treehouse"), status.child(move || state.with(State::sentence)))
}
