//! One's own reports: what the safety team answered, and taking one back. Nothing of it is shown unless somebody looks here.

use crate::app::{App, Place};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, h2, li, ol, p, section, span};
use crate::icons::Icon;
use crate::parts::{busy_button, empty, fact, head, word_button};
use crate::report::beside::danger;
use crate::time;
use crate::words::Word;
use crate::words::team::TeamWord;
use view::{AnswerRow, AnswerStands, OwnDo, OwnReport, Words};
use wasm_bindgen_futures::spawn_local;

/// What is known; copies are the same.
#[derive(Clone, Copy)]
struct Own {
    app: App,
    /// None: not known yet.
    found: RwSignal<Option<Vec<OwnReport>>>,
    /// The code of a report that was made without an account.
    code: RwSignal<Option<String>>,
    /// Which one somebody wants to take back, and is asked about.
    sure: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
}

impl Own {
    fn new(app: App) -> Self {
        Self {
            app,
            found: RwSignal::new(None),
            code: RwSignal::new(None),
            sure: RwSignal::new(None),
            busy: RwSignal::new(false),
            problem: RwSignal::new(None),
        }
    }

    fn ask(self, what: OwnDo) {
        if self.busy.try_get_untracked() != Some(false) {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        let app = self.app;
        spawn_local(async move {
            // The screen may be closed by now.
            match app.link().own(what).await {
                Ok(found) => {
                    self.sure.try_set(None);
                    self.found.try_set(Some(found));
                }
                Err(why) => drop(self.problem.try_set(Some(app.locale.refusal(&why)))),
            }
            self.busy.try_set(false);
        });
    }

    fn look(self) {
        self.ask(match self.code.get_untracked() {
            Some(code) => OwnDo::Code { code: Words::new(code) },
            None => OwnDo::List,
        });
    }

    fn take_back(self, number: String) {
        self.ask(match self.code.get_untracked() {
            Some(code) => OwnDo::TakeBackCode { code: Words::new(code) },
            None => OwnDo::TakeBack { number },
        });
    }

    fn report(self, report: OwnReport) -> impl IntoView {
        let app = self.app;
        let number = report.number.clone();
        let answers = report.answers.into_iter().map(|row| answer(app, row)).collect_view();
        section().attr("class", "card").attr("data-report", number.clone()).attr("aria-label", number.clone()).child((
            h2().child(app.say_with(Word::ReportNumber, &[("n", &number)])),
            report.made_ms.map(|at| p().attr("class", "hint").child(time::full(at))),
            report.unsent.then(|| self.not_sent(number.clone())),
            ol().attr("class", "desk-marks").child(answers),
            if report.taken_back {
                fact(Icon::Check, app.say(TeamWord::OwnTakenBack)).into_any()
            } else {
                self.taking_back(number).into_any()
            },
        ))
    }

    /// It lies on this device, sealed: the same one goes, under the same number.
    fn not_sent(self, number: String) -> impl IntoView {
        let app = self.app;
        let again = move |_| self.ask(OwnDo::SendAgain { number: number.clone() });
        div()
            .attr("class", "report")
            .child((fact(Icon::Clock, app.say(TeamWord::OwnUnsent)), busy_button(app.say(TeamWord::OwnSendAgain), self.busy, again)))
    }

    /// It is asked once more: it cannot be undone.
    fn taking_back(self, number: String) -> impl IntoView {
        let app = self.app;
        move || {
            let this = number.clone();
            if self.sure.get().as_ref() != Some(&this) {
                return word_button("quiet", None, app.say(TeamWord::OwnTakeBack), move |_| self.sure.set(Some(this.clone()))).into_any();
            }
            div()
                .attr("class", "report")
                .child((
                    fact(Icon::Info, app.say(TeamWord::OwnSure)),
                    div().attr("class", "row").child((
                        word_button("quiet", None, app.say(TeamWord::OwnTakeBackNow), move |_| self.take_back(this.clone())),
                        word_button("main", None, app.say(TeamWord::OwnLeave), move |_| self.sure.set(None)),
                    )),
                ))
                .into_any()
        }
    }

    fn reports(self) -> impl IntoView {
        let app = self.app;
        move || {
            let Some(found) = self.found.get() else {
                return self.busy.get().then(|| p().attr("role", "status").child(app.say(Word::Connecting))).into_any();
            };
            if found.is_empty() {
                return empty(Icon::Send, app.say(TeamWord::OwnEmpty), app.say(TeamWord::OwnEmptyText), ()).into_any();
            }
            let again = word_button("quiet", Some(Icon::Clock), app.say(TeamWord::DeskAgain), move |_| self.look());
            (found.into_iter().map(|report| self.report(report)).collect_view(), again).into_any()
        }
    }
}

/// The screen, of who has an account.
pub fn own(app: App) -> impl IntoView {
    let own = Own::new(app);
    own.look();
    section().attr("class", "page").attr("aria-label", app.say(TeamWord::OwnTitle)).child((
        head(app, app.say(TeamWord::OwnTitle), move || app.go(Place::Settings)),
        div().attr("class", "page-body desk").child((
            danger(app),
            p().attr("class", "problem").attr("role", "alert").child(move || own.problem.get()),
            own.reports(),
        )),
    ))
}

/// For who has none, and wrote a code down.
pub fn by_code(app: App) -> impl IntoView {
    let own = Own::new(app);
    let typed = RwSignal::new(String::new());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        own.code.set(Some(typed.get_untracked()));
        own.look();
    };
    section().attr("class", "card own-code").attr("aria-label", app.say(TeamWord::OwnCodeTitle)).child((
        h2().child(app.say(TeamWord::OwnCodeTitle)),
        crate::html::form().on(ev::submit, submit).child((
            crate::parts::field(app.say(TeamWord::OwnCode), Some(app.say(TeamWord::OwnCodeHint)), "own-code", typed),
            button()
                .attr("type", "submit")
                .attr("class", "word-button quiet")
                .prop("disabled", move || own.busy.get())
                .child(span().child(app.say(TeamWord::OwnLook))),
        )),
        p().attr("class", "problem").attr("role", "alert").child(move || own.problem.get()),
        own.reports(),
    ))
}

fn answer(app: App, row: AnswerRow) -> impl IntoView {
    li().child((
        p().child((app.say(stands(row.stands)), " · ", time::full(row.made_ms))),
        (!row.words.is_empty()).then(|| p().attr("class", "exhibit-words").attr("dir", "auto").child(row.words)),
    ))
}

fn stands(stands: AnswerStands) -> TeamWord {
    match stands {
        AnswerStands::Seen => TeamWord::OwnSeen,
        AnswerStands::Looking => TeamWord::OwnLooking,
        AnswerStands::Closed => TeamWord::OwnClosed,
        AnswerStands::Refused => TeamWord::OwnRefused,
        AnswerStands::Acted => TeamWord::OwnActed,
        AnswerStands::TakenBack => TeamWord::OwnGone,
        AnswerStands::TakenBackLate => TeamWord::OwnGoneLate,
    }
}
