//! Who else helps, when something was told.

use crate::app::App;
use crate::guides::Guide;
use crate::help::{Help, one, own, region, shown_in};
use crate::html::prelude::*;
use crate::html::{div, h3, p, ul};
use crate::people::People;
use crate::words::Word;
use safety::help::{Matter, beside};
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
