//! A new group.

use crate::app::{App, Place};
use crate::chat::details::choose_people;
use crate::html::prelude::*;
use crate::html::{div, h2, p, section};
use crate::parts::{field, head};
use crate::words::Word;
use view::{Command, Reply};

pub fn new_group(app: App) -> impl IntoView {
    let name = RwSignal::new(String::new());
    section().attr("class", "page").attr("aria-label", app.say(Word::NewGroup)).child((
        head(app, app.say(Word::NewGroup), move || app.go(Place::Chats)),
        div().attr("class", "page-body").child((section().attr("class", "card").child((
            field(app.say(Word::GroupName), None, "new-group-name", name),
            h2().child(app.say(Word::ChooseMembers)),
            p().attr("class", "hint").child(app.say(Word::GroupInvites)),
            choose_people(app, vec![], Word::CreateGroup, move |members| {
                app.act(Command::CreateGroup { name: name.get_untracked().trim().to_owned(), members }, move |reply| match reply {
                    Reply::Id(chat) => app.go(Place::Chat(chat)),
                    Reply::Done | Reply::Link { .. } => app.go(Place::Chats),
                });
            }),
        )),)),
    ))
}
