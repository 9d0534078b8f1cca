//! A trusted adult: named here, told with one tap, and for whoever is turned to, what to read first.

use crate::app::{App, Place};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, h2, label, li, option, p, section, select, ul};
use crate::icons::Icon;
use crate::parts::{dialog_about, save, word_button};
use crate::words::Word;
use crate::words::care::CareWord;
use crate::words::team::TeamWord;
use view::{Bubble, Care, ChatKind, ChatState, Command, ExhibitPart, Query, TrustedRow, View};
use wasm_bindgen_futures::spawn_local;

/// Asks whom this person trusts.
pub fn trusted(app: App) -> RwSignal<Option<Option<TrustedRow>>> {
    let found = RwSignal::new(None);
    app.ask(Query::Safety, move |view| {
        if let View::Safety(safety) = view {
            found.try_set(Some(safety.trusted));
        }
    });
    found
}

/// Where one is named.
pub fn in_settings(app: App) -> impl IntoView {
    let found = trusted(app);
    let choose = move || {
        let chosen = found.get()?.map(|row| row.account);
        let open = |line: &view::ChatLine| line.row.kind == ChatKind::Two && line.row.state == ChatState::Active && !line.blocked;
        let people = app.chats.with(|chats| {
            chats.iter().filter(|line| open(line)).filter_map(|line| Some((line.peer.clone()?, line.row.name.clone()))).collect::<Vec<_>>()
        });
        let one = |account: String, name: String, chosen: bool| option().attr("value", account).prop("selected", chosen).child(name);
        let none = one(String::new(), app.say(CareWord::TrustedNobody), chosen.is_none());
        let people = people.into_iter().map(|(account, name)| {
            let is_it = chosen.as_ref() == Some(&account);
            one(account, name, is_it)
        });
        let change = move |event: ev::Event| {
            let account = Some(event_target_value(&event)).filter(|account| !account.is_empty());
            app.act(Command::Trust { account }, |_| {});
        };
        Some(select().id("trusted").on(ev::change, change).child((none, people.collect_view())))
    };
    section().attr("class", "card").attr("aria-label", app.say(CareWord::TrustedTitle)).child((
        h2().child(label().attr("for", "trusted").child(app.say(CareWord::TrustedTitle))),
        p().attr("class", "hint").child(app.say(CareWord::TrustedText)),
        choose,
    ))
}

/// In Help: one tap.
pub fn in_help(app: App) -> impl IntoView {
    let found = trusted(app);
    let told = RwSignal::new(None::<String>);
    let card =
        move |inside: AnyView| section().attr("class", "card need-to-talk").attr("aria-label", app.say(CareWord::NeedTalk)).child(inside);
    move || {
        // Somebody without an account has nobody here to turn to.
        app.own()?;
        Some(match (told.get(), found.get()?) {
            (Some(name), _) => card(
                p().attr("role", "status").child((Icon::Check.draw(), app.say_with(CareWord::NeedTalkDone, &[("name", &name)]))).into_any(),
            ),
            (None, Some(row)) => {
                let words = p().child(app.say_with(CareWord::NeedTalkText, &[("name", &row.name)]));
                let press = move |_| {
                    let name = row.name.clone();
                    app.act(Command::NeedToTalk, move |_| {
                        told.try_set(Some(name));
                    });
                };
                card((word_button("main wide", Some(Icon::Message), app.say(CareWord::NeedTalk), press), words).into_any())
            }
            (None, None) => {
                let settings = word_button("quiet", Some(Icon::Settings), app.say(Word::Settings), move |_| app.go(Place::Settings));
                card((h2().child(app.say(CareWord::NeedTalk)), p().child(app.say(CareWord::NeedTalkNone)), settings).into_any())
            }
        })
    }
}

/// How to help somebody who turns to one.
fn first_words(app: App) -> impl IntoView {
    let lines = [CareWord::CareThank, CareWord::CareBlame, CareWord::CareSecret, CareWord::CarePictures, CareWord::CareSafe];
    div().attr("class", "care-first").attr("role", "note").attr("aria-label", app.say(CareWord::CareTitle)).child((
        h2().child(app.say(CareWord::CareTitle)),
        ul().child(lines.map(|line| li().child(app.say(line))).into_iter().collect_view()),
    ))
}

/// Before what they said: it comes by one tap.
pub fn before(app: App, shown: &Bubble, care: Care) -> impl IntoView + use<> {
    let (id, text) = (shown.row.id, shown.row.text.clone());
    let name = shown.files.first().map(|file| file.row.name.clone()).unwrap_or_default();
    let open = RwSignal::new(false);
    let label = app.say(if care == Care::Talk { CareWord::CareMessage } else { CareWord::CareReport });
    (first_words(app), move || {
        if open.get() {
            return p().attr("class", "text").attr("dir", "auto").child(text.clone()).into_any();
        }
        let name = name.clone();
        let press = move |event: ev::MouseEvent| {
            event.stop_propagation();
            match care {
                Care::Talk => open.set(true),
                Care::Report => app.reading.set(Some((id, name.clone()))),
            }
        };
        button().attr("type", "button").attr("class", "word-button main").on(ev::click, press).child(label.clone()).into_any()
    })
}

/// A report that was shared with this person: what holds, then the words, never a picture.
pub fn reading(app: App) -> impl IntoView {
    dialog_about(app, app.say(CareWord::ReadTitle), app.reading, move |(message, name)| {
        let parts = RwSignal::new(None::<Result<Vec<ExhibitPart>, String>>);
        spawn_local(async move {
            let read = app.link().read_report(message).await;
            parts.try_set(Some(read.map_err(|why| app.locale.refusal(&why))));
        });
        div().attr("class", "report-read desk").child((
            first_words(app),
            move || match parts.get() {
                None => p().attr("role", "status").child(app.say(Word::Connecting)).into_any(),
                Some(Err(why)) => p().attr("class", "problem").attr("role", "alert").child(why).into_any(),
                Some(Ok(parts)) => parts.into_iter().map(crate::desk::part).collect_view().into_any(),
            },
            p().attr("class", "hint").child(app.say(TeamWord::DeskNoPictures)),
            word_button("quiet", Some(Icon::Download), app.say(CareWord::ReadSave), move |_| save(app, message, 0, name.clone())),
        ))
    })
}
