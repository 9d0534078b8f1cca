//! What stands out in a chat, told quietly to the person alone: a line about how things are, a card for what was said, and looking together when
//! somebody asks for it. Computed by the core when it is shown; that something was put off is forgotten with the page.

pub mod looking;
pub mod pause;
pub mod who;

use crate::app::{App, Place};
use crate::html::prelude::*;
use crate::html::{self, blockquote, div, h2, li, p, section, ul};
use crate::icons::Icon;
use crate::parts::{dialog_about, icon_button, word_button};
use crate::words::Word;
use crate::words::cautions::Caution;
use std::time::Duration;
use view::{ChatDetail, Event, Looking, Note, Noticed, Query, Structure, View};

/// What comes together is looked at once.
const TOGETHER: Duration = Duration::from_millis(300);

/// What is noticed in a chat, kept fresh.
pub fn noticed(app: App, chat: i64) -> RwSignal<Option<Noticed>> {
    let found = RwSignal::new(None::<Noticed>);
    let ask = move || {
        app.ask(Query::Notice { chat, looking: Looking::Unasked }, move |view| {
            let View::Notice(now) = view else { return };
            // The chat may have been left.
            if found.try_with_untracked(|before| before.as_ref() != Some(&now)) == Some(true) {
                found.set(Some(now));
            }
        });
    };
    ask();
    let later = StoredValue::new_local(debounce(TOGETHER, move |()| ask()));
    app.listen(move |event| {
        let here = match event {
            Event::Arrived { chat: of, .. } | Event::MessageChanged { chat: of, .. } | Event::ChatChanged { chat: of } => *of == chat,
            Event::SettingsChanged | Event::ContactsChanged => true,
            _ => false,
        };
        if here {
            later.try_update_value(|later| later(()));
        }
    });
    found
}

/// How things are, under the head of a chat: only where it was said that somebody is known online alone, and never to adults.
pub fn strip(app: App, chat: i64, detail: RwSignal<Option<ChatDetail>>, noticed: RwSignal<Option<Noticed>>) -> impl IntoView {
    let gone = RwSignal::new(false);
    let said = Memo::new(move |_| {
        let noticed = noticed.get().filter(|noticed| noticed.ages.is_under_18() && !gone.get())?;
        let told = matches!(noticed.structure.first(), Some(Structure::OnlyOnline | Structure::NotSure));
        let name = detail.with(|detail| detail.as_ref().map(|detail| detail.line.row.name.clone()))?;
        told.then(|| sentences(app, &noticed.structure, &name).join(" "))
    });
    move || {
        said.get().map(|said| {
            div().attr("class", "structure").attr("role", "note").child((
                p().child((said, " ")),
                word_button("quiet", Some(Icon::Eye), app.say(Caution::CheckChat), move |_| app.checking.set(Some(chat))),
                icon_button(Icon::X, app.say(Caution::NotNow), move |_| gone.set(true)),
            ))
        })
    }
}

fn sentences(app: App, structure: &[Structure], name: &str) -> Vec<String> {
    let words = structure.iter().map(|one| match one {
        Structure::OnlyOnline => Caution::OnlyOnline,
        Structure::NotSure => Caution::NotSure,
        Structure::NotSaid => Caution::NotSaid,
        Structure::ByMyLink => Caution::ByMyLink,
        Structure::ByTheirLink => Caution::ByTheirLink,
        Structure::NoSharedGroups => Caution::NoSharedGroups,
        Structure::AccountThisWeek => Caution::AccountThisWeek,
    });
    words.map(|word| app.say_with(word, &[("name", name)])).collect()
}

/// The newest of what was said and stands out, above where one writes.
pub fn card(app: App, chat: i64, noticed: RwSignal<Option<Noticed>>) -> impl IntoView {
    let note = Memo::new(move |_| {
        let notes = noticed.get().map(|noticed| noticed.notes).unwrap_or_default();
        app.put_off.with(|put_off| notes.into_iter().find(|note| !put_off.contains(&(note.message, note.why.clone()))))
    });
    move || {
        note.get().map(|note| {
            let key = (note.message, note.why.clone());
            section().attr("class", "notice-card card").attr("role", "status").attr("aria-label", app.say(Caution::NoticeTitle)).child((
                h2().child((Icon::Info.draw(), app.say(Caution::NoticeTitle))),
                words_of(&note),
                div().attr("class", "row").child((
                    word_button("main", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help()),
                    doing(app, chat, note.message),
                    word_button("quiet", None, app.say(Caution::NotNow), move |_| {
                        app.put_off.update(|put_off| {
                            put_off.insert(key.clone());
                        });
                        crate::focus::go(&[".composer textarea"]);
                    }),
                )),
                p().attr("class", "hint").child(app.say(Caution::NoticeOnlyYou)),
            ))
        })
    }
}

fn words_of(note: &Note) -> impl IntoView + use<> {
    (
        blockquote().attr("class", "noticed").attr("dir", "auto").child(note.quote.clone()),
        p().child(note.why.clone()),
        p().child(note.what.clone()),
    )
}

/// What can be done about a message.
fn doing(app: App, chat: i64, message: i64) -> impl IntoView {
    (
        word_button("quiet", Some(Icon::Lock), app.say(Word::Keep), move |_| app.keeping_these.set(Some((chat, vec![message])))),
        word_button("quiet", Some(Icon::TriangleAlert), app.say(Word::Report), move |_| app.reporting.set(Some((chat, vec![message])))),
    )
}

/// Looking at a chat together, because somebody asked for it.
pub fn check(app: App) -> impl IntoView {
    dialog_about(app, app.say(Caution::CheckChat), app.checking, move |chat| checked(app, chat))
}

fn checked(app: App, chat: i64) -> impl IntoView {
    let found = RwSignal::new(None::<(Noticed, String)>);
    app.ask(Query::Notice { chat, looking: Looking::Asked }, move |view| {
        let View::Notice(noticed) = view else { return };
        let name = app.chats.with_untracked(|chats| chats.iter().find(|line| line.row.id == chat).map(|line| line.row.name.clone()));
        found.try_set(Some((noticed, name.unwrap_or_default())));
    });
    move || {
        found.get().map(|(noticed, name)| {
            let nothing = noticed.notes.is_empty();
            let count = noticed.messages.to_string();
            let structure = sentences(app, &noticed.structure, &name);
            div().attr("class", "checked").child((
                (!structure.is_empty()).then(|| {
                    ul().attr("class", "structure-lines").child(structure.into_iter().map(|said| li().child(said)).collect_view())
                }),
                noticed.notes.iter().map(|note| sign(app, chat, note)).collect_view(),
                nothing.then(|| p().attr("role", "status").child(app.say_with(Caution::CheckNothing, &[("n", &count)]))),
                p().attr("class", "not-safe").child(app.say(Caution::CheckNotSafe)),
                div().attr("class", "row").child(word_button("main", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help())),
                html::details().attr("class", "who-evidence").child((
                    html::summary().child(app.say(Caution::CheckHow)),
                    ul().child((
                        li().child(app.say(Caution::CheckWhere)),
                        li().child(app.say(Caution::CheckLimits)),
                        li().child(app.say_with(Caution::CheckMeasured, &[("n", &noticed.version.to_string())])),
                    )),
                )),
            ))
        })
    }
}

fn sign(app: App, chat: i64, note: &Note) -> impl IntoView + use<> {
    let message = note.message;
    let close_and = move |act: fn(App, i64, i64)| {
        move |_| {
            app.checking.set(None);
            act(app, chat, message);
        }
    };
    section().attr("class", "sign").child((
        words_of(note),
        div().attr("class", "row").child((
            word_button(
                "quiet",
                Some(Icon::Forward),
                app.say(Word::ShowInChat),
                close_and(|app, chat, message| {
                    app.jump.set(Some((chat, message)));
                    app.go(Place::Chat(chat));
                }),
            ),
            word_button(
                "quiet",
                Some(Icon::Lock),
                app.say(Word::Keep),
                close_and(|app, chat, message| app.keeping_these.set(Some((chat, vec![message])))),
            ),
            word_button(
                "quiet",
                Some(Icon::TriangleAlert),
                app.say(Word::Report),
                close_and(|app, chat, message| app.reporting.set(Some((chat, vec![message])))),
            ),
        )),
    ))
}
