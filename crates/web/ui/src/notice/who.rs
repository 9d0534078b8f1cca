//! Who can see this? Each line as things stand, and what it is made from.

use crate::app::App;
use crate::html::prelude::*;
use crate::html::{self, div, h3, li, p, span, ul};
use crate::icons::Icon;
use crate::parts::{dialog_about, word_button};
use crate::who_lines::{Line, Reader, Side, Topic, lines};
use crate::words::Word;
use crate::words::cautions::Caution;
use view::{Command, Event, Query, Switch, View, WhoPerson, WhoRow};

/// The card, open while a chat is asked about.
pub fn who(app: App) -> impl IntoView {
    dialog_about(app, app.say(Word::WhoCanSee), app.who, move |chat| answers(app, chat))
}

fn answers(app: App, chat: i64) -> impl IntoView {
    let row = RwSignal::new(None::<WhoRow>);
    let ask = move || {
        app.ask(Query::Who { chat }, move |view| {
            let View::Who(Some(found)) = view else { return };
            // The card may be closed by then; what is as it was stays, with what is open of it.
            if row.try_with_untracked(|row| row.as_ref() != Some(&*found)) == Some(true) {
                row.set(Some(*found));
            }
        });
    };
    ask();
    app.listen(move |event| {
        let here = matches!(event, Event::ChatChanged { chat: changed } if *changed == chat);
        if here || matches!(event, Event::ContactsChanged | Event::SettingsChanged | Event::Vault(_)) {
            ask();
        }
    });
    // Until somebody chooses: by age.
    let chosen = RwSignal::new(None::<Reader>);
    let reader = Memo::new(move |_| {
        let by_age = row.with(|row| row.as_ref().is_none_or(|row| row.ages.is_under_18()));
        chosen.get().unwrap_or(if by_age { Reader::Child } else { Reader::Adult })
    });
    let open = RwSignal::new(None::<Topic>);
    move || {
        row.get().map(|row| {
            let reader = reader.get();
            let (word, other) = match reader {
                Reader::Child => (Caution::WhoDetail, Reader::Adult),
                Reader::Adult => (Caution::WhoPlain, Reader::Child),
            };
            let all = lines(app.locale, &row, reader);
            let side = move |side: Side, title: Caution, all: &[Line], row: &WhoRow| {
                let lines: Vec<_> = all.iter().filter(|line| line.side == side).map(|one| line(app, row, one.clone(), open)).collect();
                div().attr("class", "who-side").child((h3().child(app.say(title)), lines))
            };
            div().attr("class", "who").child((
                side(Side::Good, Caution::WhoGood, &all, &row),
                side(Side::Risk, Caution::WhoRisk, &all, &row),
                word_button("quiet", None, app.say(word), move |_| chosen.set(Some(other))),
            ))
        })
    }
}

fn icon(topic: Topic) -> Icon {
    match topic {
        Topic::People => Icon::Users,
        Topic::Lock => Icon::Lock,
        Topic::Server => Icon::Info,
        Topic::Backup => Icon::Book,
        Topic::Copies => Icon::Copy,
        Topic::Times => Icon::CheckCheck,
        Topic::Same => Icon::CircleCheck,
        Topic::Timer => Icon::Clock,
    }
}

/// A line, which opens what it is made from. `open`: the one that is open stays so when things change.
fn line(app: App, row: &WhoRow, line: Line, open: RwSignal<Option<Topic>>) -> impl IntoView + use<> {
    let topic = line.topic;
    let people: Vec<_> = match topic {
        Topic::Same => row.people.iter().filter(|person| !person.me).map(|person| digits(app, person)).collect(),
        _ => vec![],
    };
    html::details()
        .attr("class", "who-evidence")
        .attr("data-topic", format!("{topic:?}").to_lowercase())
        .prop("open", open.get_untracked() == Some(topic))
        .child((
            html::summary().on(crate::html::ev::click, move |_| open.update(|open| *open = (*open != Some(topic)).then_some(topic))).child(
                (
                    icon(topic).draw(),
                    span().attr("class", "who-said").child(line.said),
                    span().attr("class", "chevron").child(Icon::ChevronDown.draw()),
                ),
            ),
            ul().child(line.evidence.into_iter().map(|said| li().child(said)).collect_view()),
            people,
        ))
}

/// What both compare, and whether they did.
fn digits(app: App, person: &WhoPerson) -> impl IntoView + use<> {
    let (account, compared) = (person.account.clone(), person.compared);
    let (word, same) = if compared { (Caution::SameNo, Switch::Off) } else { (Caution::SameYes, Switch::On) };
    div().attr("class", "digits").child((
        p().attr("class", "digits-of").child((person.name.clone(), compared.then(|| Icon::CircleCheck.draw()))),
        p().attr("class", "digits-said").attr("dir", "ltr").child(person.digits.clone()),
        word_button("quiet", Some(Icon::Check), app.say(word), move |_| {
            app.act(Command::Compare { account: account.clone(), same }, |_| {});
        }),
    ))
}
