//! What everybody is told once: what encryption is and is not, and a careful question.

use crate::app::App;
use crate::device::{store, stored};
use crate::html::prelude::*;
use crate::html::{button, div, h2, label, option, p, section, select, span};
use crate::icons::Icon;
use crate::parts::word_button;
use crate::words::Word;
use crate::words::cautions::Caution;
use view::{AgeRow, Born, Command, Query, View};

/// Kept in the browser, and nowhere else.
const READ: &str = "treehouse-cards";
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
    section().attr("class", "first-card card").attr("aria-label", app.say(Word::BirthTitle)).child((
        h2().child(app.say(Word::BirthTitle)),
        p().attr("class", "hint").child(app.say(Word::BirthText)),
        month(app, "birth", done),
    ))
}

/// Month and year to choose, and not to: neither way is larger.
fn month(app: App, name: &'static str, done: impl Fn() + Copy + 'static) -> impl IntoView {
    let (month, year) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let now = js_sys::Date::new_0().get_full_year();
    let choose = move |id: String, word: Word, value: RwSignal<String>, all: Vec<u32>| {
        div().attr("class", "field").child((
            label().attr("for", id.clone()).child(app.say(word)),
            select().attr("id", id).on(crate::html::ev::change, move |event| value.set(event_target_value(&event))).child((
                option().attr("value", ""),
                all.into_iter().map(|number| option().attr("value", number.to_string()).child(number.to_string())).collect_view(),
            )),
        ))
    };
    let born = move || Some(Born { year: year.get().parse().ok()?, month: month.get().parse().ok()? });
    let answer = move |born: Option<Born>| app.act(Command::Born { born }, move |_| done());
    (
        div().attr("class", "row").child((
            choose(format!("{name}-month"), Word::Month, month, (1..=12).collect()),
            choose(format!("{name}-year"), Word::Year, year, (now - YEARS..=now).rev().collect()),
        )),
        div().attr("class", "row").child((
            button()
                .attr("type", "button")
                .attr("class", "word-button quiet")
                .prop("disabled", move || born().is_none())
                .on(crate::html::ev::click, move |_| answer(untrack(born)))
                .child((Icon::Check.draw(), span().child(app.say(Word::Save)))),
            word_button("quiet", None, app.say(Word::SkipBirth), move |_| answer(None)),
        )),
    )
}

/// The same, in the settings: an answer can be changed and taken back.
pub fn in_settings(app: App) -> impl IntoView {
    let row = RwSignal::new(None::<AgeRow>);
    let ask = move || {
        app.ask(Query::Age, move |view| {
            if let View::Age(found) = view {
                row.try_set(Some(found));
            }
        });
    };
    ask();
    let said = move || {
        row.get().map(|row| match row.born {
            Some(born) => app.say_with(Caution::AgeSaid, &[("time", &format!("{:02}/{}", born.month, born.year))]),
            None => app.say(Caution::AgeNot),
        })
    };
    section().attr("class", "card").attr("aria-label", app.say(Word::BirthTitle)).child((
        h2().child(app.say(Word::BirthTitle)),
        p().attr("class", "hint").child(app.say(Word::BirthText)),
        p().attr("role", "status").child(said),
        month(app, "age", ask),
    ))
}
