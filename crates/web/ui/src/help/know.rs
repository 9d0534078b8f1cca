//! What there is to know, to read and to print.

use crate::help::Help;
use crate::html::prelude::*;
use crate::html::{a, caption, div, h2, li, p, section, span, table, tbody, td, th, thead, tr, ul};
use crate::icons::Icon;
use crate::parts::word_button;
use crate::words::Word;
use crate::words::cautions::Caution;
use crate::words::guides::{APPS, App, Card, Guide, Private};

/// One guide.
pub fn page(help: Help, guide: Guide) -> impl IntoView {
    (
        (guide == Guide::Apps).then(|| apps(help)),
        guide.cards().iter().map(|one| card(help, one)).collect_view(),
        (guide == Guide::Families).then(|| settings(help)),
        p().attr("class", "not-printed").child(help.link(Guide::Help)),
        word_button("quiet not-printed", Some(Icon::Download), help.say(Word::Print), move |_| {
            // A browser that cannot print says so itself.
            let _ = window().print();
        }),
    )
}

fn card(help: Help, card: &'static Card) -> impl IntoView {
    let lines = move |title: Word, class: &'static str, icon: Icon, lines: &'static [&'static str]| {
        (!lines.is_empty()).then(|| {
            div().attr("class", class).child((
                p().attr("class", "side").child((icon.draw(), help.say(title))),
                ul().child(lines.iter().map(|line| li().child(help.read(line))).collect_view()),
            ))
        })
    };
    section().attr("class", "card guide-card").attr("aria-label", help.read(card.title)).child((
        h2().child(help.read(card.title)),
        card.ask.map(|ask| p().attr("class", "ask").child(help.read(ask))),
        div()
            .attr("class", "sides")
            .child((lines(Word::SideGood, "good-side", Icon::Check, card.good), lines(Word::SideRisk, "risk-side", Icon::Info, card.risk))),
        ul().attr("class", "so").child(card.so.iter().map(|line| li().child(help.read(line))).collect_view()),
    ))
}

fn apps(help: Help) -> impl IntoView {
    let row = move |app: &'static App| {
        let private = match app.private {
            Private::Always => Word::AppAlways,
            Private::Partly => Word::AppPartly,
            Private::Never => Word::AppNever,
        };
        tr().child((
            th().attr("scope", "row").child(app.name),
            td().child((
                span().attr("class", "private").child(help.say(private)),
                p().child(help.read(app.what)),
                p().attr("class", "hint").child((
                    app.date,
                    " ",
                    a().attr("href", app.source).attr("target", "_blank").attr("rel", "noreferrer noopener").child(help.say(Word::Source)),
                )),
            )),
        ))
    };
    section().attr("class", "card").child(table().attr("class", "apps").child((
        caption().child(help.say(Word::AppsText)),
        thead().child(tr().child((
            th().attr("scope", "col").child(help.say(Word::AppsName)),
            th().attr("scope", "col").child(help.say(Word::AppsPrivate)),
        ))),
        tbody().child(APPS.iter().map(row).collect_view()),
    )))
}

/// Where our settings are, with the signs that stand there.
fn settings(help: Help) -> impl IntoView {
    let row = move |path: &[(Icon, Word)], word: Word| {
        let steps: Vec<_> = path.iter().map(|(icon, word)| span().attr("class", "step").child((icon.draw(), help.say(*word)))).collect();
        li().child((span().attr("class", "steps").child(steps), p().child(help.say(word))))
    };
    section().attr("class", "card").attr("aria-label", help.say(Word::OurSettings)).child((
        h2().child(help.say(Word::OurSettings)),
        ul().attr("class", "our-settings").child((
            row(&[(Icon::Settings, Word::Settings), (Icon::Check, Word::Receipts)], Word::OurReceipts),
            row(&[(Icon::Ellipsis, Word::Menu), (Icon::Ban, Word::Block)], Word::OurBlock),
            row(&[(Icon::Lock, Word::WhoCanSee)], Word::OurWho),
            li().child((
                span().attr("class", "steps").child([
                    span().attr("class", "step").child((Icon::Ellipsis.draw(), help.say(Word::Menu))),
                    span().attr("class", "step").child((Icon::Eye.draw(), help.say(Caution::CheckChat))),
                ]),
                p().child(help.say(Caution::OurCheck)),
            )),
            row(&[(Icon::Help, Word::Help)], Word::OurHelp),
            row(&[(Icon::UserPlus, Word::AddFriend), (Icon::Link, Word::MakeLink)], Word::OurLinks),
        )),
    ))
}
