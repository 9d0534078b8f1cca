//! What whoever gets a report for the police will ask, answered as far as this device knows it, to read out or to print. The order is that of
//! CEOP's form as CEOP itself tells it (ceopeducation.co.uk, "How do I make a report?", read in November 2026). Nothing of it leaves the device.

use crate::app::App;
use crate::help::region;
use crate::html::prelude::*;
use crate::html::{dd, details, div, dl, dt, p, summary};
use crate::icons::Icon;
use crate::parts::{called, word_button};
use crate::time;
use crate::words::Word;
use crate::words::care::CareWord;
use safety::help::Region;
use std::collections::{BTreeMap, BTreeSet};
use view::{Bubble, Own, ReportReason};

/// What of a chat went into a report.
#[derive(Default)]
pub struct Facts {
    /// When the server had each message, and the account that said it: a message that is in the chat and kept as well is one.
    said: BTreeSet<(u64, String)>,
    /// By account: who wrote what is reported, as they are called. Nobody who only wrote beside it.
    wrote: BTreeMap<String, (String, Option<String>)>,
}

impl Facts {
    pub fn said(&mut self, stamped_ms: u64, account: &str) {
        self.said.insert((stamped_ms, account.to_owned()));
    }

    pub fn wrote(&mut self, bubble: &Bubble) {
        let sender = &bubble.sender;
        if !sender.me {
            self.wrote.insert(sender.account.clone(), (sender.name.clone(), sender.display_name.clone()));
        }
    }

    /// As [`Facts::wrote`], of what was kept.
    pub fn wrote_kept(&mut self, account: &str, name: &str) {
        self.wrote.entry(account.to_owned()).or_insert_with(|| (name.to_owned(), None));
    }

    fn show(&self, app: App, own: &Own, told: &Told) -> impl IntoView + use<> {
        let happened = crate::report::REASONS.into_iter().find(|(reason, _)| *reason == told.reason).map(|(_, word)| app.say(word));
        let note = Some(told.note.trim()).filter(|note| !note.is_empty()).map(|note| line(note.to_owned()));
        dl().child((
            part(app, CareWord::FactYou, line(app.say(CareWord::FactYouText))),
            part(app, CareWord::FactWhat, (happened.map(line), note, self.when(app, &own.server).map(line))),
            part(app, CareWord::FactWhom, line(whom(app, own, told.reason))),
            part(app, CareWord::FactWho, (self.writers(app), line(app.say(CareWord::FactWhoMore)))),
            part(app, CareWord::FactGive, line(app.say_with(CareWord::FactGiveText, &[("name", &told.file)]))),
        ))
    }

    /// How many messages, from when to when, and where.
    fn when(&self, app: App, server: &str) -> Option<String> {
        let ((first, _), (last, _)) = (self.said.first()?, self.said.last()?);
        let gaps = [("n", &*self.said.len().to_string()), ("time", &*time::full(*first)), ("other", &*time::full(*last)), ("name", server)];
        Some(app.say_with(CareWord::FactMessages, &gaps))
    }

    fn writers(&self, app: App) -> impl IntoView + use<> {
        let one = |(account, (name, display_name)): (&String, &(String, Option<String>))| {
            let key = p().attr("class", "fact-key").child(app.say_with(CareWord::FactWhoKey, &[("text", account)]));
            div().child((p().child(called(name, display_name.as_deref())), key))
        };
        let title = (!self.wrote.is_empty()).then(|| line(app.say(CareWord::FactWrote)));
        (title, self.wrote.iter().map(one).collect_view())
    }
}

/// What the person told with the report.
pub struct Told {
    pub reason: ReportReason,
    pub note: String,
    /// The name under which the report is saved.
    pub file: String,
}

/// The part of a finished report that tells it.
pub fn facts(app: App, own: Own, facts: RwSignal<Facts>, told: Told) -> impl IntoView {
    let asked = if is_for_ceop(told.reason) { CareWord::FactsCeop } else { CareWord::FactsPolice };
    details().attr("class", "asked").child((
        summary().child(app.say(CareWord::Facts)),
        p().child(app.say(asked)),
        move || facts.with(|facts| facts.show(app, &own, &told)),
        div().attr("class", "row").child(word_button("quiet not-printed", Some(Icon::Download), app.say(Word::Print), |_| {
            // A browser that cannot print says so itself.
            let _ = window().print();
        })),
    ))
}

/// CEOP is for abuse and grooming in the United Kingdom. Bullying, whatever it was reported as, is nothing for it.
fn is_for_ceop(reason: ReportReason) -> bool {
    region() == Some(Region::Gb) && matches!(reason, ReportReason::Pictures | ReportReason::Pretending)
}

fn whom(app: App, own: &Own, reason: ReportReason) -> String {
    match reason {
        ReportReason::Friend => app.say(CareWord::FactWhomFriend),
        _ => app.say_with(CareWord::FactWhomMe, &[("name", &own.username), ("text", &own.server)]),
    }
}

fn part(app: App, asked: CareWord, known: impl IntoView) -> impl IntoView {
    (dt().child(app.say(asked)), dd().child(known))
}

fn line(said: String) -> impl IntoView {
    p().attr("dir", "auto").child(said)
}
