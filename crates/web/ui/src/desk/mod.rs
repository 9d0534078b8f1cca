//! The team's screens: what was reported, newest first. Of each report first what holds, then the words, never a picture.

pub mod acts;
pub mod addressee;
pub mod own;
pub mod tell;

use crate::app::{App, Place};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{article, bdi, button, code, div, form, h2, label, li, ol, p, section, span, textarea, ul};
use crate::icons::Icon;
use crate::list::line_button;
use crate::parts::{card, empty, fact, field, head, save_bytes, word_button};
use crate::report::REASONS;
use crate::time;
use crate::words::Word;
use crate::words::team::TeamWord;
use view::{
    CaseMark, CaseRow, CaseState, CaseVerdict, DeskCase, DeskDo, DeskDone, DeskInbox, DeskSays, ExhibitLine, ExhibitPart, Query, View,
    WORKING_MIN,
};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;

/// Its address.
pub const PATH: &str = "/desk";

/// What a member looks at; copies are the same.
#[derive(Clone, Copy)]
pub struct Desk {
    pub app: App,
    /// None: not known yet.
    inbox: RwSignal<Option<DeskInbox>>,
    open: RwSignal<Option<DeskCase>>,
    joined: RwSignal<Option<bool>>,
    pub busy: RwSignal<bool>,
    /// The report that was tapped while something else was under way.
    tapped: StoredValue<Option<String>>,
    problem: RwSignal<Option<String>>,
}

pub fn desk(app: App) -> impl IntoView {
    let desk = Desk {
        app,
        inbox: RwSignal::new(None),
        open: RwSignal::new(None),
        joined: RwSignal::new(None),
        busy: RwSignal::new(false),
        tapped: StoredValue::new(None),
        problem: RwSignal::new(None),
    };
    app.ask(Query::Safety, move |view| {
        if let View::Safety(safety) = view {
            desk.joined.try_set(Some(safety.in_desk));
            if safety.in_desk {
                desk.act(DeskDo::Look);
            }
        }
    });
    desk.keep_fresh();
    let back = move || {
        if desk.open.with_untracked(Option::is_some) {
            desk.open.set(None);
            desk.act(DeskDo::Look);
        } else {
            app.go(Place::Settings);
        }
    };
    section().attr("class", "page").attr("aria-label", app.say(Word::ReportDesk)).child((
        head(app, app.say(TeamWord::DeskTitle), back),
        div().attr("class", "page-body desk").child((
            p().attr("class", "problem").attr("role", "alert").child(move || desk.problem.get()),
            move || match (desk.joined.get(), desk.open.get()) {
                (None, _) => ().into_any(),
                (Some(false), _) => desk.outside().into_any(),
                (Some(true), None) => desk.list().into_any(),
                (Some(true), Some(case)) => desk.case(case).into_any(),
            },
        )),
    ))
}

/// One calm line in the list of chats, until the reports were looked at: no number, no reason, no name.
pub fn news(app: App) -> impl IntoView {
    let line = move || {
        let words = (Icon::Eye.draw(), span().child(app.say(TeamWord::DeskNews)));
        line_button(words, move |_| app.go(Place::Desk))
    };
    div().attr("class", "desk-news").attr("role", "status").child(move || app.desk_news.get().then(line))
}

/// The way to the reports in the settings, with a mark when something came.
pub fn in_settings(app: App) -> impl IntoView {
    let mark = move || span().attr("class", "badge").attr("role", "img").attr("aria-label", app.say(TeamWord::DeskNewsMark));
    button().attr("type", "button").attr("class", "menu-line").on(ev::click, move |_| app.go(Place::Desk)).child((
        Icon::Eye.draw(),
        span().child(app.say(TeamWord::DeskInSettings)),
        move || app.desk_news.get().then(mark),
    ))
}

impl Desk {
    /// Looks again when something came while the list is before somebody's eyes.
    fn keep_fresh(self) {
        let look = move || {
            let seen = !document().hidden() && self.open.try_with_untracked(Option::is_none) == Some(true);
            if seen && self.app.desk_news.get_untracked() && self.joined.try_get_untracked().flatten() == Some(true) {
                self.act(DeskDo::Look);
            }
        };
        let app = self.app;
        Effect::new(move |_| {
            if app.desk_news.get() {
                look();
            }
        });
        let shown = window_event_listener(ev::visibilitychange, move |_| look());
        on_cleanup(move || shown.remove());
    }

    pub fn act(self, what: DeskDo) {
        if self.busy.try_get_untracked() != Some(false) {
            // Only looking waits its turn: what is done twice by two taps would be done twice.
            if let DeskDo::Open { number } = what {
                self.tapped.try_set_value(Some(number));
            }
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        let app = self.app;
        let opens = matches!(what, DeskDo::Open { .. });
        spawn_local(async move {
            let done = app.link().desk(what).await;
            // The screen may be closed by now.
            match done {
                Ok(DeskDone::Inbox(inbox)) => {
                    self.joined.try_set(Some(true));
                    self.inbox.try_set(Some(inbox));
                }
                Ok(DeskDone::Case(case)) => drop(self.open.try_set(Some(*case))),
                Err(why) => drop(self.problem.try_set(Some(app.locale.refusal(&why)))),
            }
            self.busy.try_set(false);
            if let Some(number) = self.tapped.try_update_value(Option::take).flatten() {
                return self.act(DeskDo::Open { number });
            }
            if opens {
                request_animation_frame(from_its_beginning);
            }
        });
    }

    /// For who is not in the team: what the operator needs of them, and where what the operator gives goes.
    fn outside(self) -> impl IntoView {
        let app = self.app;
        let line = RwSignal::new(String::new());
        let submit = move |event: ev::SubmitEvent| {
            event.prevent_default();
            self.act(DeskDo::Join { code: line.get_untracked() });
        };
        section().attr("class", "card").child((
            p().child(app.say(TeamWord::DeskOutside)),
            div().attr("class", "field").child((
                span().attr("class", "desk-label").child(app.say(TeamWord::DeskAccount)),
                code().attr("class", "report-passphrase desk-account").attr("dir", "ltr").child(move || app.own().map(|own| own.account)),
            )),
            form().on(ev::submit, submit).child((
                field(app.say(TeamWord::DeskLine), None, "desk-line", line),
                button()
                    .attr("type", "submit")
                    .attr("class", "word-button main")
                    .prop("disabled", move || self.busy.get())
                    .child(span().child(app.say(TeamWord::DeskJoin))),
            )),
        ))
    }

    fn list(self) -> impl IntoView {
        let app = self.app;
        move || {
            let Some(inbox) = self.inbox.get() else {
                return self.busy.get().then(|| p().attr("role", "status").child(app.say(Word::Connecting))).into_any();
            };
            let other_log = inbox.other_log.then(|| {
                let words = app.say(TeamWord::DeskOtherLog);
                p().attr("class", "warned").attr("role", "status").child((Icon::Info.draw(), span().child(words)))
            });
            let few = (inbox.working < WORKING_MIN).then(|| {
                let words = app.say_with(TeamWord::DeskFew, &[("n", &inbox.working.to_string()), ("m", &inbox.members.to_string())]);
                p().attr("class", "warned").attr("role", "status").child((Icon::Info.draw(), span().child(words)))
            });
            let erased = inbox.erased.iter().map(|erased| {
                let who = who(app, &erased.account);
                let words = [("name", who.as_str()), ("n", &erased.records.to_string()), ("time", &time::full(erased.at_ms))];
                let words = app.say_with(TeamWord::DeskErased, &words);
                p().attr("class", "warned").attr("role", "status").child((Icon::Info.draw(), span().child(words)))
            });
            let erased = erased.collect_view();
            let rows = if inbox.cases.is_empty() {
                empty(Icon::Check, app.say(TeamWord::DeskEmpty), app.say(TeamWord::DeskEmptyText), ()).into_any()
            } else {
                let lines = inbox.cases.iter().cloned().map(|row| self.line(row)).collect_view();
                card(ul().attr("class", "desk-lines").attr("aria-label", app.say(TeamWord::DeskTitle)).child(lines)).into_any()
            };
            let again = word_button("quiet", Some(Icon::Clock), app.say(TeamWord::DeskAgain), move |_| self.act(DeskDo::Look));
            (other_log, few, erased, rows, again, acts::counts(app, &inbox.counts)).into_any()
        }
    }

    fn line(self, row: CaseRow) -> impl IntoView {
        let app = self.app;
        let number = row.number.clone();
        let press = move |_| self.act(DeskDo::Open { number: number.clone() });
        let unopened = row.state == CaseState::Unopened;
        li().attr("data-case", row.number.clone()).child(
            button()
                .attr("type", "button")
                .attr("class", "menu-line desk-line")
                .attr("data-state", unopened.then_some("unopened"))
                .on(ev::click, press)
                .child(span().attr("class", "desk-words").child((
                    span().attr("class", "desk-top").child((
                        span().attr("class", "desk-state").child(app.say(state(row.state))),
                        span().attr("class", "hint").child(time::full(row.at_ms)),
                    )),
                    span().attr("class", "desk-why").child(why(app, &row)),
                    span().attr("class", "hint").child(verdict(app, &row)),
                    span().attr("class", "hint").attr("dir", "ltr").child(row.number.clone()),
                ))),
        )
    }

    /// First what holds; what the team did and can do comes last.
    fn case(self, case: DeskCase) -> impl IntoView {
        let app = self.app;
        let row = case.row.clone();
        let (name, bytes) = (format!("report-{}.thr", row.number), case.file);
        let gone = row.verdict == CaseVerdict::Gone;
        article()
            .attr("class", "desk-case")
            .attr("tabindex", "-1")
            .attr("aria-label", app.say_with(Word::ReportNumber, &[("n", &row.number)]))
            .attr("data-case", row.number.clone())
            .child((
                case.exhibit.into_iter().map(part).collect_view(),
                case.given_alone.then(|| fact(Icon::Lock, app.say(TeamWord::DeskOutsideOnly))),
                p().attr("class", "hint").child(app.say(if gone { TeamWord::DeskGone } else { TeamWord::DeskNoPictures })),
                section().attr("class", "card").attr("aria-label", app.say(TeamWord::DeskTeam)).child((
                    h2().child(app.say(TeamWord::DeskTeam)),
                    fact(Icon::Info, app.say(state(row.state))),
                    (row.state == CaseState::PoliceFirst)
                        .then(|| p().attr("class", "warned").child((Icon::Ban.draw(), span().child(app.say(TeamWord::DeskHeld))))),
                    ol().attr("class", "desk-marks").child(case.marks.into_iter().map(|mark| done(app, mark)).collect_view()),
                    (!gone).then(|| (self.note(&row.number), self.states(&row))),
                )),
                // What can be done about it; nothing where there is nothing left.
                (!gone).then(|| {
                    (
                        acts::answer(self, &row, case.answerable),
                        acts::files(self, &row, case.files),
                        acts::accounts(self, &row, case.accounts),
                    )
                }),
                (!gone)
                    .then(|| word_button("quiet", Some(Icon::Download), app.say(TeamWord::DeskSave), move |_| save_bytes(&name, &bytes))),
            ))
    }

    fn note(self, number: &str) -> impl IntoView + use<> {
        let app = self.app;
        let note = RwSignal::new(String::new());
        let number = number.to_owned();
        let submit = move |event: ev::SubmitEvent| {
            event.prevent_default();
            let words = note.get_untracked().trim().to_owned();
            if !words.is_empty() {
                self.act(DeskDo::Mark { number: number.clone(), says: DeskSays::Note, note: words });
            }
        };
        form().on(ev::submit, submit).child((
            div().attr("class", "field").child((
                label().attr("for", "desk-note").child(app.say(TeamWord::DeskNote)),
                textarea()
                    .id("desk-note")
                    .attr("rows", "3")
                    .attr("maxlength", "4000")
                    .prop("value", move || note.get())
                    .on(ev::input, move |event| note.set(event_target_value(&event))),
                p().attr("class", "hint").child(app.say(TeamWord::DeskNoteHint)),
            )),
            button()
                .attr("type", "submit")
                .attr("class", "word-button quiet")
                .prop("disabled", move || self.busy.get())
                .child(span().child(app.say(TeamWord::DeskAddNote))),
        ))
    }

    /// How it can stand besides as it does.
    fn states(self, row: &CaseRow) -> impl IntoView + use<> {
        let app = self.app;
        let now = row.state;
        let number = row.number.clone();
        let one = move |(says, as_state, word): (DeskSays, CaseState, TeamWord)| {
            let number = number.clone();
            let press = move |_| self.act(DeskDo::Mark { number: number.clone(), says, note: String::new() });
            (as_state != now).then(|| word_button("quiet", None, app.say(word), press))
        };
        div().attr("class", "row").child(STATES.map(one).into_iter().collect_view())
    }
}

/// What was opened is read from its first line on.
fn from_its_beginning() {
    let case = document().query_selector(".desk-case").ok().flatten().and_then(|case| case.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(case) = case {
        // One that cannot take the focus is read all the same.
        let _ = case.focus();
    }
    if let Some(screen) = document().query_selector(".page-body.desk").ok().flatten() {
        screen.set_scroll_top(0);
    }
}

const STATES: [(DeskSays, CaseState, TeamWord); 4] = [
    (DeskSays::Open, CaseState::Open, TeamWord::DeskSetOpen),
    (DeskSays::PoliceFirst, CaseState::PoliceFirst, TeamWord::DeskSetPolice),
    (DeskSays::Closed, CaseState::Closed, TeamWord::DeskSetClosed),
    (DeskSays::Refused, CaseState::Refused, TeamWord::DeskSetRefused),
];

fn state(state: CaseState) -> TeamWord {
    match state {
        CaseState::Unopened => TeamWord::DeskUnopened,
        CaseState::Open => TeamWord::DeskOpen,
        CaseState::PoliceFirst => TeamWord::DeskPolice,
        CaseState::Closed => TeamWord::DeskClosed,
        CaseState::Refused => TeamWord::DeskRefused,
        CaseState::TakenBack => TeamWord::DeskTakenBack,
    }
}

fn why(app: App, row: &CaseRow) -> String {
    REASONS
        .into_iter()
        .filter(|_| row.verdict != CaseVerdict::Gone)
        .find(|(reason, _)| *reason == row.reason)
        .map(|(_, word)| app.say(word))
        .unwrap_or_default()
}

fn verdict(app: App, row: &CaseRow) -> String {
    match row.verdict {
        CaseVerdict::Holds => app.say_with(TeamWord::DeskHolds, &[("n", &row.messages.to_string()), ("m", &row.undisclosed.to_string())]),
        CaseVerdict::DoesNotHold => app.say(TeamWord::DeskFails),
        CaseVerdict::OtherServer => app.say(TeamWord::DeskOtherServer),
        CaseVerdict::Unprovable => app.say(TeamWord::DeskUnprovable),
        CaseVerdict::Gone => app.say(TeamWord::DeskGone),
    }
}

/// A part of the exhibit, as the command line prints it.
pub fn part(part: ExhibitPart) -> impl IntoView {
    let lines = part.lines.into_iter().map(|line| match line {
        ExhibitLine::Line(line) => p().child(line).into_any(),
        ExhibitLine::Field { name, value } => {
            div().attr("class", "exhibit-field").child((span().attr("class", "exhibit-name").child(name), bdi().child(value))).into_any()
        }
        ExhibitLine::Words(words) => p().attr("class", "exhibit-words").attr("dir", "auto").child(words).into_any(),
    });
    let title = (!part.title.is_empty()).then(|| h2().child(part.title.clone()));
    section().attr("class", "card exhibit").child((title, lines.collect_view()))
}

/// An account of the team, as short as its members tell each other apart.
fn who(app: App, account: &str) -> String {
    let mine = app.own().is_some_and(|own| own.account == account);
    if mine { app.say(Word::You) } else { account.chars().take(8).collect() }
}

fn done(app: App, mark: CaseMark) -> impl IntoView {
    let word = match mark.says {
        DeskSays::Looked => TeamWord::DeskLooked,
        DeskSays::Note => TeamWord::DeskNoted,
        DeskSays::Open => TeamWord::DeskOpen,
        DeskSays::PoliceFirst => TeamWord::DeskPolice,
        DeskSays::Closed => TeamWord::DeskClosed,
        DeskSays::Refused => TeamWord::DeskRefused,
        DeskSays::Answered => TeamWord::DeskAnswered,
        DeskSays::Held => TeamWord::DeskDidHold,
        DeskSays::Released => TeamWord::DeskDidRelease,
        DeskSays::Restricted => TeamWord::DeskDidRestrict,
        DeskSays::Lifted => TeamWord::DeskDidLift,
        DeskSays::AccountClosed => TeamWord::DeskDidClose,
        DeskSays::Deleted => TeamWord::DeskDidDelete,
    };
    let who = who(app, &mark.account);
    let did = app.say_with(word, &[("n", &mark.records.to_string())]);
    li().child((
        p().child((bdi().attr("title", mark.account.clone()).child(who), " · ", did, " · ", time::full(mark.at_ms))),
        (!mark.note.is_empty()).then(|| p().attr("class", "exhibit-words").attr("dir", "auto").child(mark.note)),
    ))
}
