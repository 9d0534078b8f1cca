//! Taking over from what `index.html` painted.

use crate::app::App;
use crate::frame::frame;
use crate::leader;
use crate::worker::Launcher;
use leptos::html::p;
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
    match App::open(leads) {
        Some(app) => {
            if let Some(root) = document().document_element() {
                // A direction is always taken.
                let _ = root.set_attribute("dir", app.locale.direction());
            }
            frame(app).into_any()
        }
        None => p().child("This browser is too old for Treehouse: use a newer one.").into_any(),
    }
}
