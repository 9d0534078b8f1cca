//! What the police ask whoever comes with a report, answered as far as this device knows it, to read out or to print. The order is that of the
//! form of CEOP as it says itself (ceopeducation.co.uk, "How do I make a report?", read in November 2026). Nothing of it leaves the device.

use crate::app::App;
use crate::care::CareWord;
use crate::help::region;
use crate::html::prelude::*;
use crate::html::{bdi, dd, details, div, dl, dt, p, summary};
use crate::icons::Icon;
use crate::parts::{short_name, word_button};
use crate::time;
use crate::words::Word;
use safety::help::Region;
use std::collections::BTreeSet;
use view::{Bubble, KeptRow, Own, ReportReason};

/// What of a chat went into a report.
#[derive(Default)]
pub struct Facts {
    times: Vec<u64>,
    /// Names and account keys of whoever else said something of it.
    others: BTreeSet<(String, String)>,
}

impl Facts {
    pub fn add(&mut self, bubble: &Bubble) {
        self.times.push(bubble.row.sent_ms);
        let sender = &bubble.sender;
        if !sender.me {
            let shown = short_name(&sender.name, sender.display_name.as_deref());
            let name = if shown == sender.name { format!("@{shown}") } else { format!("{shown} (@{})", sender.name) };
            self.others.insert((name, sender.account.clone()));
        }
    }

    /// What I kept of my own says nothing about others.
    pub fn add_kept(&mut self, row: &KeptRow, mine: bool) {
        self.times.push(row.stamped_ms);
        if !mine {
            self.others.insert((format!("@{}", row.name), row.sender.clone()));
        }
    }

    pub fn show(self, app: App, own: &Own, reason: ReportReason, note: String, file: &str) -> impl IntoView + use<> {
        // Bullying is nothing for CEOP.
        let ceop = region() == Region::Gb && reason != ReportReason::Mean;
        let happened = crate::report::REASONS.into_iter().find(|(one, _)| *one == reason).map(|(_, word)| app.say(word));
        let said = self.said(app, &own.server);
        details().attr("class", "asked").child((
            summary().child(app.say(CareWord::Facts)),
            p().child(app.say(if ceop { CareWord::FactsCeop } else { CareWord::FactsPolice })),
            dl().child((
                part(app, CareWord::FactYou, app.say(CareWord::FactYouText)),
                part(app, CareWord::FactWhat, (happened.map(line), (!note.trim().is_empty()).then(|| line(note)), said.map(line))),
                part(app, CareWord::FactWhom, line(whom(app, own, reason))),
                part(app, CareWord::FactWho, (self.others(app), line(app.say(CareWord::FactWhoMore)))),
                part(app, CareWord::FactGive, line(app.say_with(CareWord::FactGiveText, &[("name", file)]))),
            )),
            div().attr("class", "row not-printed").child(word_button("quiet", Some(Icon::Download), app.say(Word::Print), |_| {
                // A browser that cannot print says so itself.
                let _ = window().print();
            })),
        ))
    }

    /// How many messages, from when to when, and where.
    fn said(&self, app: App, server: &str) -> Option<String> {
        let (first, last) = (self.times.iter().min()?, self.times.iter().max()?);
        let gaps =
            [("n", &*self.times.len().to_string()), ("time", &*time::full(*first)), ("other", &*time::full(*last)), ("name", server)];
        Some(app.say_with(CareWord::FactMessages, &gaps))
    }

    fn others(&self, app: App) -> impl IntoView + use<> {
        let one = |(name, key): &(String, String)| {
            let key = p().attr("class", "fact-key").child(app.say_with(CareWord::FactWhoKey, &[("text", key)]));
            div().child((p().child(bdi().child(name.clone())), key))
        };
        self.others.iter().map(one).collect_view()
    }
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
