//! Taking over from what `index.html` painted.

use crate::app::{self, App};
use crate::device;
use crate::frame::frame;
use crate::help::Help;
use crate::help::people::People;
use crate::html::prelude::*;
use crate::html::{a, div, h1, main, mount_to, nav, p, span};
use crate::link::leader;
use crate::link::worker::Launcher;
use crate::words::Word;
use crate::words::guides::Guide;
use crate::words::locale::Locale;
use std::cell::Cell;
use std::rc::Rc;

pub fn start() {
    let Some(page) = document().get_element_by_id("page") else { return };
    // A panic ends this tab's page: what happened is said where developers look.
    std::panic::set_hook(Box::new(|info| web_sys::console::error_1(&info.to_string().into())));
    let launcher = Rc::new(Launcher::new());
    // A private window of some browsers has none.
    let _ = launcher.register();
    page.set_text_content(None);
    device::put_on();
    let locale = app::language();
    if let Some(root) = document().document_element() {
        // A language and a direction are always taken.
        let _ = root.set_attribute("lang", locale.tag());
        let _ = root.set_attribute("dir", locale.direction());
    }
    match window().location().pathname().ok().and_then(|path| Guide::of_path(&path)) {
        Some(guide) => mount_to(&page, move || alone(locale, guide)),
        None if !device::can_keep() => mount_to(&page, move || not_here(locale, Word::BrokenUnsupported)),
        None => {
            let leads = leader::stand(Rc::clone(&launcher));
            mount_to(&page, move || whole(leads, launcher, locale));
        }
    }
}

/// Help by its address needs no core and no account, and starts none.
fn alone(locale: Locale, guide: Guide) -> impl IntoView {
    let help = Help::alone(locale, People::fetch(), guide);
    let home = || {
        // A page that cannot be left stays.
        let _ = window().location().replace("/");
    };
    crate::help::help(help, home)
}

fn whole(leads: Rc<Cell<bool>>, launcher: Rc<Launcher>, locale: Locale) -> impl IntoView {
    match App::open(leads, launcher, locale) {
        Some(app) => frame(app).into_any(),
        None => not_here(locale, Word::BrokenTooOld).into_any(),
    }
}

/// Why there is nothing but help.
fn not_here(locale: Locale, why: Word) -> impl IntoView {
    let help = a().attr("class", "word-button quiet").attr("href", Guide::Help.path()).child(span().child(locale.say(Word::Help)));
    (
        main().attr("class", "welcome").child(
            div()
                .attr("class", "welcome-card")
                .child((h1().child(locale.say(Word::Treehouse)), p().attr("role", "alert").child(locale.say(why)))),
        ),
        nav().attr("class", "early-help").attr("aria-label", locale.say(Word::Help)).child(help),
    )
}
