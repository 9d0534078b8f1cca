//! Where one is once there is an account: the list, a place beside it, and what opens over both.

use crate::account::{safe, settings};
use crate::app::{App, Place};
use crate::chat::{self, details, doing, group, viewer};
use crate::desk::{self, own};
use crate::device;
use crate::html::prelude::*;
use crate::html::{div, main, p};
use crate::list::{self, friends, share};
use crate::notice::{self, who};
use crate::parts::mark;
use crate::report::{self, keep, private, trusted};
use crate::words::Word;

pub fn home(app: App, place: Memo<Place>) -> impl IntoView {
    div().attr("class", move || if place.get() == Place::Chats { "home" } else { "home away" }).child((
        list::list(app),
        main().attr("class", "place").child((device::update_notice(app), device::lacks(app), chat::line(app), move || match place.get() {
            Place::Chats | Place::Guide(_) | Place::Tell => nothing(app).into_any(),
            Place::Chat(id) => chat::chat(app, id).into_any(),
            Place::Details(id) => details::details(app, id).into_any(),
            Place::Friends => friends::friends(app).into_any(),
            Place::NewGroup => group::new_group(app).into_any(),
            Place::Settings => settings::settings(app).into_any(),
            Place::Safe => safe::page(app).into_any(),
            Place::Kept => keep::kept(app).into_any(),
            Place::Share => share::share(app).into_any(),
            Place::Desk => desk::desk(app).into_any(),
            Place::Own => own::own(app).into_any(),
        })),
        viewer::viewer(app),
        doing::chat_menu(app),
        who::who(app),
        notice::check(app),
        report::report(app),
        keep::keep(app),
        private::dialogs(app),
        trusted::reading(app),
    ))
}

/// Beside the list, while nothing is open.
fn nothing(app: App) -> impl IntoView {
    div().attr("class", "nothing").child((mark(), p().child(app.say(Word::WelcomeText))))
}
