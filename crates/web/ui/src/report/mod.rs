//! Reporting what was said: what happened, look, send. From a message to "Sent" in four taps.

pub mod beside;
pub mod facts;
pub mod keep;
pub mod private;
pub mod screens;
pub mod trusted;

use crate::app::{App, Place};
use crate::desk::addressee::{DESK, FILE, LEAD, OUTSIDE, to};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, details, div, form, h3, input, label, li, option, p, select, span, summary, textarea, ul};
use crate::icons::Icon;
use crate::parts::{busy_button, called, dialog_about, fact, save_bytes, secret, word_button};
use crate::report::beside::{checking_page, danger};
use crate::report::facts::{Facts, Told, facts};
use crate::time;
use crate::words::Word;
use crate::words::care::CareWord;
use crate::words::team::TeamWord;
use std::collections::BTreeSet;
use view::{
    Bubble, ChatKind, DeskRow, KeptRow, Me, MessageKind, NewReport, OwnDo, Query, ReportReason, Reported, SafetyRow, ShowName, View, Words,
};
use wasm_bindgen_futures::spawn_local;

/// A report that is being made; copies are the same.
#[derive(Clone, Copy)]
struct Draft {
    app: App,
    chat: i64,
    /// The messages that are reported: others are offered beside them.
    about: StoredValue<Vec<i64>>,
    step: RwSignal<Step>,
    reason: RwSignal<ReportReason>,
    /// Everything that is offered, in the order of the chat.
    offered: RwSignal<Vec<Bubble>>,
    chosen: RwSignal<BTreeSet<i64>>,
    /// What is kept of this chat, once the passphrase was given, and what of it is to go.
    kept: RwSignal<Option<Vec<KeptRow>>>,
    kept_chosen: RwSignal<BTreeSet<i64>>,
    opens: RwSignal<Option<Words>>,
    safety: RwSignal<Option<SafetyRow>>,
    /// How many of the safety team what is chosen goes to: not to those whose own words are in it.
    readers: RwSignal<Option<u32>>,
    /// `DESK`, `FILE`, or the username of a contact.
    to: RwSignal<String>,
    /// It is about a member of staff: it goes past the team.
    staff: RwSignal<bool>,
    /// None: as it is where it goes to.
    name: RwSignal<Option<ShowName>>,
    note: RwSignal<String>,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
}

#[derive(Clone, PartialEq)]
enum Step {
    Why,
    Look,
    Sent(Box<Reported>),
    /// Made, and lying on this device until it arrives.
    Unsent(Box<Reported>),
}

pub const REASONS: [(ReportReason, Word); 5] = [
    (ReportReason::Mean, Word::ReasonMean),
    (ReportReason::Pictures, Word::ReasonPictures),
    (ReportReason::Pretending, Word::ReasonPretending),
    (ReportReason::Friend, Word::ReasonFriend),
    (ReportReason::SomethingElse, Word::ReasonElse),
];

/// The dialog, open while something is being reported.
pub fn report(app: App) -> impl IntoView {
    dialog_about(app, app.say(Word::Report), app.reporting, move |(chat, messages)| {
        let draft = Draft::new(app, chat, messages);
        move || match draft.step.get() {
            Step::Why => draft.why().into_any(),
            Step::Look => draft.look().into_any(),
            Step::Sent(made) => draft.sent(&made).into_any(),
            Step::Unsent(made) => draft.unsent(*made).into_any(),
        }
    })
}

impl Draft {
    fn new(app: App, chat: i64, messages: Vec<i64>) -> Self {
        let draft = Self {
            app,
            chat,
            about: StoredValue::new(messages.clone()),
            step: RwSignal::new(Step::Why),
            reason: RwSignal::new(ReportReason::SomethingElse),
            offered: RwSignal::new(vec![]),
            chosen: RwSignal::new(BTreeSet::new()),
            kept: RwSignal::new(None),
            kept_chosen: RwSignal::new(BTreeSet::new()),
            opens: RwSignal::new(None),
            safety: RwSignal::new(None),
            readers: RwSignal::new(None),
            to: RwSignal::new(FILE.to_owned()),
            staff: RwSignal::new(false),
            name: RwSignal::new(None),
            note: RwSignal::new(String::new()),
            busy: RwSignal::new(false),
            problem: RwSignal::new(None),
        };
        app.ask(Query::Safety, move |view| {
            if let View::Safety(safety) = view {
                draft.safety.set(Some(safety));
                // The dialog may be closed by now.
                if draft.staff.try_get_untracked() == Some(false) {
                    draft.to.set(draft.usual());
                }
            }
        });
        draft.count_readers();
        if let Some((by, id)) = app.from_kept.get_untracked() {
            app.from_kept.set(None);
            draft.kept_chosen.set([id].into());
            draft.open_kept(by, |_| {});
        }
        app.ask(Query::Preselect { chat, messages }, move |view| {
            let View::Preselected(found) = view else { return };
            for message in found.messages {
                app.ask(Query::Message { message }, move |view| {
                    let View::Message(Some(bubble)) = view else { return };
                    draft.chosen.update(|chosen| {
                        chosen.insert(bubble.row.id);
                    });
                    draft.offered.update(|offered| {
                        offered.push(*bubble);
                        offered.sort_by_key(|bubble| bubble.row.id);
                    });
                });
            }
        });
        draft
    }

    /// Asks anew whenever something else is chosen.
    fn count_readers(self) {
        let (app, chat) = (self.app, self.chat);
        Effect::new(move |_| {
            let messages: Vec<i64> = self.chosen.with(|chosen| chosen.iter().copied().collect());
            let ids = self.kept_chosen.get();
            let kept: Vec<String> =
                self.kept.with(|rows| rows.iter().flatten().filter(|row| ids.contains(&row.id)).map(|row| row.sender.clone()).collect());
            app.ask(Query::TeamReaders { chat, messages, kept }, move |view| {
                if let View::TeamReaders(found) = view {
                    self.readers.try_set(Some(found));
                }
            });
        });
    }

    /// What is kept of this chat comes among what can be chosen.
    fn open_kept(self, by: Words, refused: impl FnOnce(String) + 'static) {
        let (app, chat) = (self.app, self.chat);
        spawn_local(async move {
            match app.link().open_box(by.clone()).await {
                Ok(mut rows) => {
                    rows.retain(|row| row.chat == chat || row.screenshot);
                    self.opens.try_set(Some(by));
                    self.kept.try_set(Some(rows));
                }
                Err(why) => refused(app.locale.refusal(&why)),
            }
        });
    }

    /// What happened, in plain words; and first of all what to do in danger.
    fn why(self) -> impl IntoView {
        let app = self.app;
        let one = move |(reason, word): (ReportReason, Word)| {
            let press = move |_| {
                self.reason.set(reason);
                self.step.set(Step::Look);
            };
            li().child(button().attr("type", "button").attr("class", "menu-line").on(ev::click, press).child(span().child(app.say(word))))
        };
        div().attr("class", "report").child((
            danger(app),
            h3().child(app.say(Word::ReportWhy)),
            ul().attr("class", "menu-lines").child(REASONS.map(one).into_iter().collect_view()),
        ))
    }

    /// What goes, to whom, and the three lines that stand before every report.
    fn look(self) -> impl IntoView {
        let app = self.app;
        let count = move || self.chosen.with(BTreeSet::len) + self.kept_chosen.with(BTreeSet::len);
        div().attr("class", "report").child((
            danger(app),
            p().child(move || app.say_with(Word::ReportCount, &[("n", &count().to_string())])),
            self.messages(),
            move || self.kept.get().map(|rows| self.kept_messages(rows)),
            div().attr("class", "report-lines").child((
                move || fact(Icon::Send, self.goes_to()),
                move || fact(Icon::Eye, app.say(if self.shows_name() { Word::ReportNamed } else { Word::ReportNameless })),
                fact(Icon::Info, app.say(Word::ReportMayTell)),
            )),
            self.about_staff(),
            details().attr("class", "report-change").child((
                summary().child(app.say(Word::Change)),
                self.addressees(),
                self.naming(),
                move || self.unlock(),
                div().attr("class", "field").child((
                    label().attr("for", "report-note").child(app.say(Word::ReportNote)),
                    textarea()
                        .id("report-note")
                        .attr("rows", "3")
                        .prop("value", move || self.note.get())
                        .on(ev::input, move |event| self.note.set(event_target_value(&event))),
                    p().attr("class", "hint").child(app.say(Word::ReportNoteHint)),
                )),
            )),
            p().attr("class", "problem").attr("role", "alert").child(move || self.problem.get()),
            button()
                .attr("type", "button")
                .attr("class", "word-button main wide")
                .prop("disabled", move || self.busy.get() || count() == 0)
                .on(ev::click, move |_| self.send())
                .child(move || {
                    app.say(match (self.busy.get(), self.to.get() == FILE) {
                        (true, _) => Word::ReportSending,
                        // Nobody has it then but who made it.
                        (false, true) => Word::ReportMake,
                        (false, false) => Word::Send,
                    })
                }),
        ))
    }

    /// Each with a mark that takes it out.
    fn messages(self) -> impl IntoView {
        let app = self.app;
        let one = move |bubble: Bubble| {
            let id = bubble.row.id;
            let who = if bubble.row.mine { app.say(Word::You) } else { bubble.sender.name.clone() };
            let text = crate::list::kind_and_text(app, bubble.row.kind, &bubble.row.text);
            li().child(
                label().attr("class", "choice report-message").child((
                    input().attr("type", "checkbox").prop("checked", move || self.chosen.with(|chosen| chosen.contains(&id))).on(
                        ev::change,
                        move |event| {
                            let on = event_target_checked(&event);
                            self.chosen.update(|chosen| {
                                // Chosen or not before: now it is as the mark says.
                                let _ = if on { chosen.insert(id) } else { chosen.remove(&id) };
                            });
                        },
                    ),
                    span().attr("class", "report-words").child((
                        span().attr("class", "sender").child((called(&who, None), " ", time::short(app, bubble.row.sent_ms))),
                        span().attr("dir", "auto").child(text),
                        // A picture is not shown again: what it is, and when it came, is enough to choose it.
                        matches!(bubble.row.kind, MessageKind::Photo | MessageKind::Video)
                            .then(|| span().attr("class", "hint").child(app.say(Word::ReportPicture))),
                    )),
                )),
            )
        };
        ul().attr("class", "report-messages").attr("aria-label", app.say(Word::Messages)).child(each(
            move || self.offered.get(),
            |bubble| bubble.row.id,
            one,
        ))
    }

    /// Kept messages, also those that are gone from the chat.
    fn kept_messages(self, rows: Vec<KeptRow>) -> impl IntoView {
        let app = self.app;
        let nothing = rows.is_empty().then(|| p().attr("class", "hint").child(app.say(CareWord::FromKeptNone)));
        let one = move |row: KeptRow| {
            let id = row.id;
            let mark = input().attr("type", "checkbox").prop("checked", move || self.kept_chosen.with(|chosen| chosen.contains(&id)));
            let who = if row.screenshot { app.say(CareWord::Screenshot) } else { row.name.clone() };
            let files: Vec<String> = row.files.iter().map(|file| format!("{} · {}", file.name, time::size(file.bytes))).collect();
            li().child(label().attr("class", "choice report-message").attr("data-kept", id.to_string()).child((
                mark.on(ev::change, move |event| {
                    let on = event_target_checked(&event);
                    self.kept_chosen.update(|chosen| {
                        // Chosen or not before: now it is as the mark says.
                        let _ = if on { chosen.insert(id) } else { chosen.remove(&id) };
                    });
                }),
                span().attr("class", "report-words").child((
                    span().attr("class", "sender").child((called(&who, None), " ", time::short(app, row.stamped_ms))),
                    span().attr("dir", "auto").child(row.text.clone()),
                    files.into_iter().map(|file| span().attr("class", "hint").child(file)).collect_view(),
                )),
            )))
        };
        div().child((
            h3().child(app.say(CareWord::FromKept)),
            nothing,
            ul().attr("class", "report-messages")
                .attr("aria-label", app.say(CareWord::FromKept))
                .child(rows.into_iter().map(one).collect_view()),
        ))
    }

    /// Where somebody keeps something and has not opened it yet.
    fn unlock(self) -> Option<impl IntoView> {
        let app = self.app;
        let shut = self.kept.with(Option::is_none) && self.safety.with(|safety| safety.as_ref().is_some_and(|safety| safety.has_box));
        shut.then(|| {
            let passphrase = RwSignal::new(String::new());
            let problem = RwSignal::new(None::<String>);
            let submit = move |event: ev::SubmitEvent| {
                event.prevent_default();
                self.open_kept(Words::new(passphrase.get_untracked().trim().to_owned()), move |why| drop(problem.try_set(Some(why))));
            };
            form().attr("class", "choices").on(ev::submit, submit).child((
                p().child(app.say(CareWord::FromKeptText)),
                secret(app.say(Word::KeepPassphrase), "report-kept", "current-password", passphrase),
                p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
                button().attr("type", "submit").attr("class", "word-button quiet").child(app.say(Word::Unlock)),
            ))
        })
    }

    fn addressees(self) -> impl IntoView {
        let app = self.app;
        let desk = move || self.safety.with(|safety| safety.as_ref().is_some_and(|safety| safety.desk.is_some()));
        // Nobody gets a report about themselves.
        let about = move || -> BTreeSet<String> {
            let said = self.offered.with(|offered| {
                offered.iter().filter(|bubble| !bubble.row.mine).map(|bubble| bubble.sender.name.clone()).collect::<Vec<_>>()
            });
            let kept = self.kept.get().unwrap_or_default();
            said.into_iter().chain(kept.into_iter().map(|row| row.name)).collect()
        };
        let trusted =
            move || self.safety.with(|safety| safety.as_ref().and_then(|safety| safety.trusted.as_ref().map(|row| row.name.clone())));
        let people = move || {
            let about = about();
            let of = |line: &view::ChatLine| line.row.kind == ChatKind::Two && !line.blocked && !about.contains(&line.row.name);
            let mut names =
                app.chats.with(|chats| chats.iter().filter(|line| of(line)).map(|line| line.row.name.clone()).collect::<Vec<_>>());
            // Whoever is trusted comes first, and is said to be.
            let trusted = trusted().filter(|trusted| names.contains(trusted));
            names.retain(|name| Some(name) != trusted.as_ref());
            (trusted, names)
        };
        let one = move |value: String, words: String| {
            let chosen = value.clone();
            option().attr("value", value).prop("selected", move || self.to.with(|to| *to == chosen)).child(words)
        };
        div().attr("class", "field").child((
            label().attr("for", "report-to").child(app.say(Word::ReportWho)),
            select().id("report-to").on(ev::change, move |event| self.choose(event_target_value(&event))).child((
                move || people().0.map(|name| one(name.clone(), app.say_with(CareWord::TrustedOption, &[("name", &name)]))),
                move || desk().then(|| one(DESK.to_owned(), app.say(Word::ReportDesk))),
                move || self.lead().map(|name| one(LEAD.to_owned(), app.say_with(TeamWord::LeadOption, &[("name", &name)]))),
                move || self.outside().map(|name| one(OUTSIDE.to_owned(), name)),
                move || people().1.into_iter().map(|name| one(name.clone(), name)).collect_view(),
                one(FILE.to_owned(), app.say(Word::ReportFile)),
            )),
        ))
    }

    /// Who is outside the team, if the operator named somebody.
    fn outside(self) -> Option<String> {
        self.safety.with(|safety| safety.as_ref()?.desk.as_ref()?.outside.clone())
    }

    /// The safeguarding lead, if the operator named one.
    fn lead(self) -> Option<String> {
        self.safety.with(|safety| safety.as_ref()?.desk.as_ref()?.lead.clone())
    }

    /// Where a report goes unless somebody says otherwise.
    fn usual(self) -> String {
        self.safety.with_untracked(|safety| {
            let safety = safety.as_ref();
            let team = safety.and_then(|safety| safety.desk.as_ref()).is_some_and(|desk| desk.members > 0);
            let trusted = || safety.and_then(|safety| safety.trusted.as_ref()).map_or(FILE, |trusted| trusted.name.as_str());
            (if team { DESK } else { trusted() }).to_owned()
        })
    }

    /// What goes to the team is not about one of its own, or is sent there all the same.
    fn choose(self, to: String) {
        match to.as_str() {
            DESK => self.staff.set(false),
            OUTSIDE => self.staff.set(true),
            _ => {}
        }
        self.to.set(to);
    }

    /// Always offered: what is about a member of staff goes past the team, to who is outside of it or into a file.
    fn about_staff(self) -> impl IntoView {
        let app = self.app;
        let past_the_team = move || if untrack(|| self.outside()).is_some() { OUTSIDE } else { FILE }.to_owned();
        let change = move |event: ev::Event| {
            let staff = event_target_checked(&event);
            self.staff.set(staff);
            self.to.set(if staff { past_the_team() } else { self.usual() });
        };
        (
            label().attr("class", "choice").child((
                input().attr("type", "checkbox").prop("checked", move || self.staff.get()).on(ev::change, change),
                span().child(app.say(TeamWord::TellStaff)),
            )),
            move || (self.staff.get() && self.outside().is_none()).then(|| crate::help::staff::elsewhere(app)),
        )
    }

    fn naming(self) -> impl IntoView {
        let app = self.app;
        label().attr("class", "choice").child((
            input().attr("type", "checkbox").prop("checked", move || self.shows_name()).on(ev::change, move |event| {
                self.name.set(Some(if event_target_checked(&event) { ShowName::Shown } else { ShowName::LeftOut }));
            }),
            span().child(app.say(Word::ReportShowName)),
        ))
    }

    /// On for the lead and somebody one knows, off for the safety team.
    fn shows_name(self) -> bool {
        self.name.get().unwrap_or_else(|| to(&self.to.get()).usual_name()) == ShowName::Shown
    }

    fn goes_to(self) -> String {
        let to = self.to.get();
        match to.as_str() {
            DESK => {
                let desk = self.safety.with(|safety| safety.as_ref().and_then(|safety| safety.desk.clone())).unwrap_or_default();
                // Until it is known whose words are in it, nobody is counted out.
                let DeskRow { members, hours, .. } = desk;
                match self.readers.get().unwrap_or(members) {
                    0 => self.app.say(Word::RefusedAboutTeam),
                    readers => self.app.say_with(Word::ReportGoesDesk, &[("n", &readers.to_string()), ("m", &hours.to_string())]),
                }
            }
            FILE => self.app.say(Word::ReportGoesFile),
            OUTSIDE => self.app.say_with(TeamWord::TellStaffGoes, &[("name", &self.outside().unwrap_or_default())]),
            LEAD => self.app.say_with(TeamWord::TellStaffGoes, &[("name", &self.lead().unwrap_or_default())]),
            name => self.app.say_with(Word::ReportGoesTo, &[("name", name)]),
        }
    }

    fn send(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        let to = to(&self.to.get_untracked());
        let new = NewReport {
            chat: self.chat,
            messages: self.chosen.get_untracked().into_iter().collect(),
            kept: self.kept_chosen.get_untracked().into_iter().collect(),
            reason: self.reason.get_untracked(),
            note: self.note.get_untracked(),
            name: if untrack(|| self.shows_name()) { ShowName::Shown } else { ShowName::LeftOut },
            to,
        };
        let app = self.app;
        let opens = self.opens.get_untracked().filter(|_| !new.kept.is_empty());
        spawn_local(async move {
            match app.link().report(new, opens).await {
                Ok(made) => {
                    self.problem.set(made.unsent.as_ref().map(|why| app.locale.refusal(why)));
                    self.step.set(if made.unsent.is_some() { Step::Unsent(Box::new(made)) } else { Step::Sent(Box::new(made)) });
                }
                Err(why) => self.problem.set(Some(app.locale.refusal(&why))),
            }
            self.busy.set(false);
        });
    }

    /// It did not arrive. Trying again sends the same one: there is no second report.
    fn unsent(self, made: Reported) -> impl IntoView {
        let app = self.app;
        let number = made.number.clone();
        let again = move |_| {
            let made = made.clone();
            if self.busy.get_untracked() {
                return;
            }
            self.busy.set(true);
            self.problem.set(None);
            spawn_local(async move {
                // The dialog may be closed by now.
                match app.link().own(OwnDo::SendAgain { number: made.number.clone() }).await {
                    Ok(_) => {
                        let hours = self.safety.try_get_untracked().flatten().and_then(|safety| safety.desk).map(|desk| desk.hours);
                        self.step.try_set(Step::Sent(Box::new(Reported { unsent: None, hours, ..made })));
                    }
                    Err(why) => drop(self.problem.try_set(Some(app.locale.refusal(&why)))),
                }
                self.busy.try_set(false);
            });
        };
        div().attr("class", "report").attr("role", "status").child((
            h3().child((Icon::Clock.draw(), app.say(TeamWord::OwnUnsent))),
            p().child(app.say_with(Word::ReportNumber, &[("n", &number)])),
            p().child(app.say(TeamWord::OwnUnsentText)),
            p().attr("class", "problem").attr("role", "alert").child(move || self.problem.get()),
            danger(app),
            div().attr("class", "row").child((
                busy_button(app.say(TeamWord::OwnSendAgain), self.busy, again),
                word_button("quiet", None, app.say(Word::Done), move |_| app.reporting.set(None)),
                word_button("quiet", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help()),
            )),
        ))
    }

    /// The number, when somebody looks, and what else there is to do.
    fn sent(self, made: &Reported) -> impl IntoView + use<> {
        let app = self.app;
        let file = made.file.clone().map(|file| {
            let name = format!("report-{}.thr", made.number);
            let saved = name.clone();
            div().attr("class", "report-file").child((
                p().child(app.say(Word::ReportPassphrase)),
                p().attr("class", "report-passphrase").attr("dir", "ltr").child(file.passphrase.expose().to_owned()),
                word_button("main wide", Some(Icon::Download), app.say(Word::ReportSave), move |_| save_bytes(&name, &file.bytes)),
                self.sealed_files(),
                checking_page(app),
                self.facts(&saved),
            ))
        });
        let left_out = (!made.left_out.is_empty()).then(|| {
            let times: Vec<_> = made.left_out.iter().map(|at| li().child(time::full(*at))).collect();
            div().child((p().child(app.say(TeamWord::ReportLeftOut)), ul().child(times)))
        });
        let hours = made.hours.map(|hours| p().child(app.say_with(Word::ReportWithin, &[("n", &hours.to_string())])));
        div().attr("class", "report").attr("role", "status").child((
            h3().child((Icon::Check.draw(), app.say(if made.file.is_some() { Word::ReportMade } else { Word::ReportSent }))),
            p().child(app.say_with(Word::ReportNumber, &[("n", &made.number)])),
            hours,
            made.hours.map(|_| p().child(app.say(TeamWord::TellAnswers))),
            left_out,
            file,
            p().attr("class", "hint").child(app.say(Word::ReportNotTold)),
            danger(app),
            crate::report::beside::helps(app, self.reason.get_untracked()),
            div().attr("class", "row").child((
                word_button("main", Some(Icon::Check), app.say(Word::Done), move |_| app.reporting.set(None)),
                word_button("quiet", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help()),
                word_button("quiet", Some(Icon::Ban), app.say(Word::ReportThenBlock), move |_| {
                    app.reporting.set(None);
                    app.go(Place::Details(self.chat));
                }),
            )),
        ))
    }

    /// The sealed files of what was kept and is in the report.
    fn sealed_files(self) -> Option<impl IntoView> {
        let (by, mut rows) = (self.opens.get_untracked()?, self.kept.get_untracked().unwrap_or_default());
        let chosen = self.kept_chosen.get_untracked();
        rows.retain(|row| chosen.contains(&row.id));
        crate::report::keep::sealed_files(self.app, by, &rows)
    }

    /// What whoever gets the file will ask.
    fn facts(self, file: &str) -> Option<impl IntoView + use<>> {
        let app = self.app;
        let own = app.me.with_untracked(|me| match me {
            Some(Me::Account(own)) => Some(own.clone()),
            _ => None,
        })?;
        let known = RwSignal::new(Facts::default());
        let chosen = self.chosen.get_untracked();
        for bubble in self.offered.get_untracked().into_iter().filter(|bubble| chosen.contains(&bubble.row.id)) {
            if self.about.with_value(|about| about.contains(&bubble.row.id)) {
                known.update(|known| known.wrote(&bubble));
            }
            // When the server had it: what its sender says of that is worth nothing here.
            app.ask(Query::Info { chat: self.chat, message: bubble.row.id }, move |view| {
                let View::Info(Some(info)) = view else { return };
                let at = info.stamped_ms.unwrap_or(bubble.row.sent_ms);
                let _ = known.try_update(|known| known.said(at, &bubble.sender.account));
            });
        }
        let chosen = self.kept_chosen.get_untracked();
        for row in self.kept.get_untracked().unwrap_or_default().iter().filter(|row| chosen.contains(&row.id) && !row.screenshot) {
            known.update(|known| {
                known.said(row.stamped_ms, &row.sender);
                if row.sender != own.account {
                    known.wrote_kept(&row.sender, &row.name);
                }
            });
        }
        let told = Told { reason: self.reason.get_untracked(), note: self.note.get_untracked(), file: file.to_owned() };
        Some(facts(app, own, known, told))
    }
}
