//! Taking over from what `index.html` painted.

use crate::app::{App, locale};
use crate::device;
use crate::frame::frame;
use crate::guides::Guide;
use crate::help::Help;
use crate::leader;
use crate::people::People;
use crate::worker::Launcher;
use leptos::html::p;
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;

pub fn start() {
    let Some(page) = document().get_element_by_id("page") else { return };
    // A panic ends this tab's page: what happened is said where developers look.
    std::panic::set_hook(Box::new(|info| web_sys::console::error_1(&info.to_string().into())));
    let launcher = Rc::new(Launcher::new());
    // A private window of some browsers has none.
    let _ = launcher.register();
    page.set_text_content(None);
    device::put_on();
    match window().location().pathname().ok().and_then(|path| Guide::of_path(&path)) {
        Some(guide) => leptos::mount::mount_to(page.unchecked_into(), move || alone(guide)).forget(),
        None => {
            leader::stand(launcher);
            leptos::mount::mount_to(page.unchecked_into(), whole).forget();
        }
    }
}

/// Help by its address needs no core and no account, and starts none.
fn alone(guide: Guide) -> impl IntoView {
    let help = Help::alone(locale(), People::fetch(), guide);
    let home = || {
        let _ = window().location().replace("/");
    };
    crate::help::help(help, home)
}

fn whole() -> impl IntoView {
    match App::open() {
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
