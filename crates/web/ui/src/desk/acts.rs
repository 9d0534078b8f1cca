//! What a member of the safety team can have done because of a report, and answer to who made it.

use crate::app::App;
use crate::desk::Desk;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, code, div, form, h2, label, li, option, p, section, select, span, textarea, ul};
use crate::icons::Icon;
use crate::parts::{fact, word_button};
use crate::time;
use crate::words::team::TeamWord;
use view::{ANSWER_MAX, AnswerStands, CaseAccount, CaseFile, CaseRow, CaseState, DeskAct, DeskCounts, DeskDo, HOLD_DAYS};

const STANDS: [(AnswerStands, &str, TeamWord); 4] = [
    (AnswerStands::Looking, "looking", TeamWord::OwnLooking),
    (AnswerStands::Acted, "acted", TeamWord::OwnActed),
    (AnswerStands::Closed, "closed", TeamWord::OwnClosed),
    (AnswerStands::Refused, "refused", TeamWord::OwnRefused),
];

/// A few words to who reported, and how it stands.
pub fn answer(desk: Desk, row: &CaseRow, answerable: bool) -> impl IntoView + use<> {
    let app = desk.app;
    let number = row.number.clone();
    let (words, stands) = (RwSignal::new(String::new()), RwSignal::new(AnswerStands::Looking));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let words = words.get_untracked().trim().to_owned();
        desk.act(DeskDo::Answer { number: number.clone(), stands: stands.get_untracked(), words });
    };
    let choose = move |event: ev::Event| {
        let value = event_target_value(&event);
        if let Some((chosen, ..)) = STANDS.into_iter().find(|(_, name, _)| *name == value) {
            stands.set(chosen);
        }
    };
    let inside = if answerable {
        form()
            .on(ev::submit, submit)
            .child((
                div().attr("class", "field").child((
                    label().attr("for", "desk-stands").child(app.say(TeamWord::DeskStands)),
                    select()
                        .id("desk-stands")
                        .on(ev::change, choose)
                        .child(STANDS.map(|(_, name, word)| option().attr("value", name).child(app.say(word))).into_iter().collect_view()),
                )),
                div().attr("class", "field").child((
                    label().attr("for", "desk-answer").child(app.say(TeamWord::DeskAnswerWords)),
                    textarea()
                        .id("desk-answer")
                        .attr("rows", "3")
                        .attr("maxlength", (ANSWER_MAX / 4).to_string())
                        .prop("required", move || stands.get() == AnswerStands::Refused)
                        .prop("value", move || words.get())
                        .on(ev::input, move |event| words.set(event_target_value(&event))),
                    p().attr("class", "hint").child(app.say(TeamWord::DeskAnswerHint)),
                )),
                button()
                    .attr("type", "submit")
                    .attr("class", "word-button quiet")
                    .prop("disabled", move || desk.busy.get())
                    .child(span().child(app.say(TeamWord::DeskAnswerSend))),
            ))
            .into_any()
    } else {
        p().child(app.say(TeamWord::DeskNoReturn)).into_any()
    };
    section()
        .attr("class", "card")
        .attr("aria-label", app.say(TeamWord::DeskAnswer))
        .child((h2().child(app.say(TeamWord::DeskAnswer)), inside))
}

/// Files that the report names: never shown, only held.
pub fn files(desk: Desk, row: &CaseRow, files: Vec<CaseFile>) -> impl IntoView + use<> {
    let app = desk.app;
    let number = row.number.clone();
    let one = move |file: CaseFile| {
        let (number, blob) = (number.clone(), file.blob.clone());
        let hold = DeskAct::Hold { blob: blob.clone(), days: HOLD_DAYS };
        let (act, word) = match file.held_until_ms {
            Some(_) => (DeskAct::Release { blob }, app.say(TeamWord::DeskRelease)),
            None => (hold, app.say_with(TeamWord::DeskHold, &[("n", &HOLD_DAYS.to_string())])),
        };
        let press = move |_| desk.act(DeskDo::Act { number: number.clone(), act: act.clone() });
        li().child((
            p().child(app.say_with(TeamWord::DeskFile, &[("n", &time::size(file.bytes))])),
            file.held_until_ms.map(|until| fact(Icon::Lock, app.say_with(TeamWord::DeskHeldUntil, &[("n", &time::full(until))]))),
            word_button("quiet", None, word, press),
        ))
    };
    (!files.is_empty()).then(|| {
        section().attr("class", "card desk-files").attr("aria-label", app.say(TeamWord::DeskFiles)).child((
            h2().child(app.say(TeamWord::DeskFiles)),
            p().attr("class", "hint").child(app.say(TeamWord::DeskFilesText)),
            ul().attr("class", "desk-marks").child(files.into_iter().map(one).collect_view()),
        ))
    })
}

/// Accounts that it is about. While the police were told first nothing is offered that their owners could see.
pub fn accounts(desk: Desk, row: &CaseRow, accounts: Vec<CaseAccount>) -> impl IntoView + use<> {
    let app = desk.app;
    let number = row.number.clone();
    let held = row.state == CaseState::PoliceFirst;
    let sure = RwSignal::new(None::<String>);
    let one = move |account: CaseAccount| {
        let number = number.clone();
        let press = move |act: DeskAct| {
            let number = number.clone();
            move |_| desk.act(DeskDo::Act { number: number.clone(), act: act.clone() })
        };
        let key = account.account.clone();
        let (act, word) = if account.restricted {
            (DeskAct::Lift { account: key.clone() }, TeamWord::DeskLift)
        } else {
            (DeskAct::Restrict { account: key.clone() }, TeamWord::DeskRestrict)
        };
        let state = match (account.closed, account.restricted) {
            _ if account.of_team => Some(TeamWord::RefusedOfTheTeam),
            (true, _) => Some(TeamWord::DeskClosedNow),
            (false, true) => Some(TeamWord::DeskRestrictedNow),
            (false, false) => None,
        };
        li().child((
            code().attr("class", "report-passphrase").attr("dir", "ltr").child(account.account),
            state.map(|word| fact(Icon::Info, app.say(word))),
            (!account.closed && !account.of_team).then(|| {
                let does = word_button("quiet", None, app.say(word), press(act));
                div().attr("class", "row").child((does, closing(app, sure, key.clone(), press(DeskAct::Close { account: key }))))
            }),
        ))
    };
    (!accounts.is_empty() && !held).then(|| {
        section().attr("class", "card desk-accounts").attr("aria-label", app.say(TeamWord::DeskAccounts)).child((
            h2().child(app.say(TeamWord::DeskAccounts)),
            p().attr("class", "hint").child(app.say(TeamWord::DeskAccountsText)),
            ul().attr("class", "desk-marks").child(accounts.into_iter().map(one).collect_view()),
        ))
    })
}

/// It is asked once more: its owner is out at once, and no member brings them back.
fn closing(
    app: App,
    sure: RwSignal<Option<String>>,
    account: String,
    close: impl FnMut(ev::MouseEvent) + Clone + Send + 'static,
) -> impl IntoView {
    move || {
        let (this, close) = (account.clone(), close.clone());
        if sure.get().as_ref() != Some(&account) {
            let ask = move |_| sure.set(Some(this.clone()));
            return word_button("quiet", None, app.say(TeamWord::DeskCloseAccount), ask).into_any();
        }
        div()
            .attr("class", "report")
            .child((
                fact(Icon::Info, app.say(TeamWord::DeskCloseSure)),
                div().attr("class", "row").child((
                    word_button("danger", None, app.say(TeamWord::DeskCloseNow), close),
                    word_button("quiet", None, app.say(TeamWord::OwnLeave), move |_| sure.set(None)),
                )),
            ))
            .into_any()
    }
}

/// Numbers alone, to be told to everybody.
pub fn counts(app: App, counts: &DeskCounts) -> impl IntoView + use<> {
    let numbers = [
        ("n", counts.reports),
        ("c", counts.closed),
        ("r", counts.refused),
        ("t", counts.taken_back),
        ("a", counts.restricted),
        ("b", counts.accounts_closed),
    ];
    let numbers = numbers.map(|(name, count)| (name, count.to_string()));
    let numbers: Vec<(&str, &str)> = numbers.iter().map(|(name, count)| (*name, count.as_str())).collect();
    section()
        .attr("class", "card")
        .attr("aria-label", app.say(TeamWord::DeskCounts))
        .child((h2().child(app.say(TeamWord::DeskCounts)), p().child(app.say_with(TeamWord::DeskCountsText, &numbers))))
}
