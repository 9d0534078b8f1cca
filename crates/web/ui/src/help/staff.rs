//! What is about a member of staff, where nobody outside the safety team reads reports: who else there is.

use crate::app::App;
use crate::help::people::People;
use crate::help::{Help, one, own, region};
use crate::html::prelude::*;
use crate::html::{div, h2, p, ul};
use crate::words::guides::Guide;
use crate::words::team::TeamWord;
use safety::help::{Region, about_staff, shown_in};

/// Whom the operator names above the staff, who looks after children there, and lines that somebody verified: no number that nobody has read.
pub fn elsewhere(app: App) -> impl IntoView {
    let people = use_context::<People>();
    let help = people.map(|people| Help::inside(app, people, Guide::Help));
    let region = region();
    let found = shown_in(region);
    let near = move || {
        let mut above = people?.0.get();
        above.retain(|entry| entry.role.is_above_staff());
        (!above.is_empty()).then(|| help.map(|help| own(help, &above)))
    };
    let council = if region == Some(Region::Gb) { TeamWord::StaffCouncil } else { TeamWord::StaffChildren };
    let rows = help.map(|help| about_staff(&found).into_iter().map(|entry| one(help, entry)).collect_view());
    div().attr("class", "beside staff-elsewhere").attr("role", "status").child((
        h2().child(app.say(TeamWord::StaffNobody)),
        near,
        p().child(app.say(council)),
        ul().attr("class", "entries").child(rows),
    ))
}
