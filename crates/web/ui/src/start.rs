//! Taking over from what `index.html` painted.

use crate::app::{self, App};
use crate::frame::frame;
use crate::leader;
use crate::words::Word;
use crate::worker::Launcher;
use leptos::html::{main, p};
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;

pub fn start() {
    let Some(page) = document().get_element_by_id("page") else { return };
    // A panic ends this tab's page: what happened is said where developers look.
    std::panic::set_hook(Box::new(|info| web_sys::console::error_1(&info.to_string().into())));
    let launcher = Rc::new(Launcher::new());
    // A private window of some browsers has none.
    let _ = launcher.register();
    let leads = leader::stand(launcher);
    page.set_text_content(None);
    leptos::mount::mount_to(page.unchecked_into(), move || whole(leads)).forget();
}

fn whole(leads: Rc<Cell<bool>>) -> impl IntoView {
    let locale = app::language();
    if let Some(root) = document().document_element() {
        // A language and a direction are always taken.
        let _ = root.set_attribute("lang", locale.tag());
        let _ = root.set_attribute("dir", locale.direction());
    }
    match App::open(leads, locale) {
        Some(app) => frame(app).into_any(),
        None => main().attr("class", "welcome").child(p().child(locale.say(Word::BrokenTooOld))).into_any(),
    }
}
