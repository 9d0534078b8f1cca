//! What everybody is told once: what encryption is and is not, and a careful question.

use crate::app::App;
use crate::device::{store, stored};
use crate::icons::Icon;
use crate::parts::word_button;
use crate::words::Word;
use leptos::html::{div, h2, label, option, p, section, select};
use leptos::prelude::*;

/// Kept in the browser, and nowhere else.
const READ: &str = "treehouse-cards";
const BIRTH: &str = "treehouse-birth";
/// Years to choose from.
const YEARS: u32 = 90;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Card {
    Encrypted,
    Birth,
    None,
}

pub fn cards(app: App) -> impl IntoView {
    let card = RwSignal::new(match stored(READ).as_deref() {
        None => Card::Encrypted,
        Some("encrypted") => Card::Birth,
        Some(_) => Card::None,
    });
    move || match card.get() {
        Card::Encrypted => Some(
            encrypted(app, move || {
                store(READ, "encrypted");
                card.set(Card::Birth);
            })
            .into_any(),
        ),
        Card::Birth => Some(
            birth(app, move || {
                store(READ, "all");
                card.set(Card::None);
            })
            .into_any(),
        ),
        Card::None => None,
    }
}

fn encrypted(app: App, done: impl Fn() + 'static) -> impl IntoView {
    section().attr("class", "first-card card").attr("aria-label", app.say(Word::CardEncryptedTitle)).child((
        h2().child((Icon::Lock.draw(), app.say(Word::CardEncryptedTitle))),
        p().child(app.say(Word::CardEncryptedIs)),
        p().child(app.say(Word::CardEncryptedIsNot)),
        p().child(app.say(Word::CardEncryptedSo)),
        word_button("main", Some(Icon::Check), app.say(Word::Understood), move |_| done()),
    ))
}

fn birth(app: App, done: impl Fn() + Copy + 'static) -> impl IntoView {
    let (month, year) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let now = js_sys::Date::new_0().get_full_year();
    let choose = move |id: &'static str, word: Word, value: RwSignal<String>, all: Vec<u32>| {
        div().attr("class", "field").child((
            label().attr("for", id).child(app.say(word)),
            select().id(id).on(leptos::ev::change, move |event| value.set(event_target_value(&event))).child((
                option().attr("value", ""),
                all.into_iter().map(|number| option().attr("value", number.to_string()).child(number.to_string())).collect_view(),
            )),
        ))
    };
    section().attr("class", "first-card card").attr("aria-label", app.say(Word::BirthTitle)).child((
        h2().child(app.say(Word::BirthTitle)),
        p().attr("class", "hint").child(app.say(Word::BirthText)),
        div().attr("class", "row").child((
            choose("birth-month", Word::Month, month, (1..=12).collect()),
            choose("birth-year", Word::Year, year, (now - YEARS..=now).rev().collect()),
        )),
        div().attr("class", "row").child((
            word_button("main", Some(Icon::Check), app.say(Word::Save), move |_| {
                store(BIRTH, &format!("{}-{}", year.get_untracked(), month.get_untracked()));
                done();
            }),
            word_button("quiet", None, app.say(Word::SkipBirth), move |_| done()),
        )),
    ))
}
