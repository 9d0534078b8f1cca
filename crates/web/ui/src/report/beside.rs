//! What stands beside a report: who else helps, the number in danger, the page that checks it.

use crate::app::App;
use crate::help::people::People;
use crate::help::{Help, danger_number, one, own, region};
use crate::html::prelude::*;
use crate::html::{a, div, h3, p, span, ul};
use crate::icons::Icon;
use crate::words::Word;
use crate::words::guides::Guide;
use safety::help::{Matter, beside, shown_in};
use view::ReportReason;

pub fn helps(app: App, reason: ReportReason) -> impl IntoView {
    let matter = match reason {
        ReportReason::Mean => Matter::Mean,
        ReportReason::Pictures => Matter::Pictures,
        ReportReason::Pretending => Matter::Pretending,
        ReportReason::Friend => Matter::Friend,
        ReportReason::SomethingElse => Matter::SomethingElse,
    };
    let people = use_context::<People>();
    let help = people.map(|people| Help::inside(app, people, Guide::Help));
    let found = shown_in(region());
    let near = move || Some(people?.0.with(|people| (!people.is_empty()).then(|| help.map(|help| own(help, people)))));
    let rows = help.map(|help| beside(matter, &found).into_iter().map(|entry| one(help, entry)).collect_view());
    div().attr("class", "beside").child((
        h3().child(app.say(Word::BesideTitle)),
        (matter == Matter::Mean).then(|| p().child(app.say(Word::BesideMean))),
        (matter == Matter::Pictures).then(|| p().child(app.say(Word::BesidePictures))),
        near,
        ul().attr("class", "entries").child(rows),
    ))
}

/// The page that checks a report from the disk, without a network: to be saved.
pub fn checking_page(app: App) -> impl IntoView {
    a().attr("href", "/verify.html")
        .attr("download", "treehouse-verify.html")
        .attr("class", "guide-link")
        .child((Icon::Download.draw(), span().child(app.say(Word::SaveVerifyPage))))
}

/// The first line of every screen here.
pub fn danger(app: App) -> impl IntoView {
    danger_number().map(|number| {
        p().attr("class", "report-danger").child((
            Icon::Phone.draw(),
            a().attr("href", format!("tel:{number}")).child(app.say_with(Word::ReportDanger, &[("n", &number)])),
        ))
    })
}
