//! The safety desk: how a report gets there without an account, and what its members see. Verification first, then text, never pictures.

use super::lists::FOLLOW;
use super::{FLUSH, Failure, connection_refused, device};
use crate::args::{Desk, Format, Stands, State};
use crate::home::Home;
use crate::net::Address;
use crate::print;
use crate::shell::{Shell, now};
use crate::terminal::safe;
use crate::transfer::http::Http;
use client::{Client, Fault, Inbox, reason_of};
use report::exhibit::reason;
use std::path::Path;
use transfer::Trouble;
use transfer::desk::{Hold, LOOK_ANSWERS, Stop, act, answers};
use view::{
    AnswerStands, CaseAccount, CaseFile, CaseRow, CaseState, CaseVerdict, DeskAct, DeskCounts, DeskDo, DeskInbox, DeskSays, Event, Refusal,
    ReportRefusal, WORKING_MIN,
};
use wire::Millis;

/// That something came, and nothing of it.
const NEWS: &str = "Something new for the safety team: `treehouse desk` shows it.";

/// Asks the server for its desk, on a connection that names nobody. Without an answer this device goes on with what it knows.
pub async fn learn(shell: &mut Shell) -> Result<(), Failure> {
    let Some(address) = address(shell)? else { return Ok(()) };
    let Ok(mut http) = Http::nameless(&address).await else { return Ok(()) };
    if let Ok(Some(record)) = http.safety().await {
        // What the server did not sign is as good as none.
        shell.home.client.learn_desk(now(), *super::report::seed()?, &record).map_err(|fault| device(&fault))?.ok();
    }
    hear(shell, &mut http).await
}

/// Reads on in what the desk answered, as everybody does, and tries on each answer as many keys as everybody.
async fn hear(shell: &mut Shell, nameless: &mut Http) -> Result<(), Failure> {
    let Some(desk) = shell.home.client.desk().map_err(|fault| device(&fault))? else { return Ok(()) };
    let Some(log) = desk.more.as_ref().map(|more| more.answers) else { return Ok(()) };
    let after = shell.home.client.answers_after().map_err(|fault| device(&fault))?;
    let mut keys = shell.home.client.answer_keys(now(), *super::report::seed()?).map_err(|fault| device(&fault))?;
    // What was not reached now is read another time.
    if let Ok(to) = answers(nameless, &desk, (after, LOOK_ANSWERS), &mut keys, tokio::task::yield_now).await {
        shell.home.client.hear_answers(now(), *super::report::seed()?, (log, to), &keys).map_err(|fault| device(&fault))?;
    }
    Ok(())
}

fn address(shell: &Shell) -> Result<Option<Address>, Failure> {
    let url = shell.home.client.server_url().map_err(|fault| device(&fault))?;
    Ok(url.and_then(|url| Address::parse(&url).ok()))
}

/// Drops a report into the desk's log, on a connection that names nobody.
pub async fn drop_in(shell: &mut Shell, file: Vec<u8>) -> Result<u16, Failure> {
    let no_desk = || Failure::Refused(Refusal::Report(ReportRefusal::NoDesk));
    let desk = shell.home.client.desk().map_err(|fault| device(&fault))?.ok_or_else(no_desk)?;
    let address = address(shell)?.ok_or_else(no_desk)?;
    let lost =
        |why: String| Failure::Said(format!("The report could not be brought to the safety team: {why}. It is in the file: try again."));
    let mut http = Http::nameless(&address).await.map_err(|error| lost(error.to_string()))?;
    match transfer::desk::drop_in(&mut http, &desk, file, *super::report::seed()?).await {
        Ok(()) => Ok(desk.hours),
        Err(Stop::Refused(refusal)) => Err(refusal.into()),
        Err(Stop::Trouble(Trouble::Refused(refusal))) => Err(lost(refusal.to_string())),
        Err(Stop::Trouble(Trouble::Lost)) => Err(lost("the connection was lost".into())),
    }
}

pub async fn run(shell: &mut Shell, what: Option<Desk>, format: Format) -> Result<(), Failure> {
    // The members may have become others since.
    learn(shell).await?;
    match what {
        Some(Desk::Join { code }) => {
            done(shell, DeskDo::Join { code }).await?;
            println!("joined");
        }
        None => list(&done(shell, DeskDo::Look).await?.rows(), format),
        Some(Desk::Watch) => watch(shell).await?,
        Some(Desk::Show { number }) => show(&done(shell, DeskDo::Open { number: number.clone() }).await?, &number),
        Some(Desk::Note { number, text }) => {
            done(shell, DeskDo::Mark { number, says: DeskSays::Note, note: text.join(" ") }).await?;
            println!("noted");
        }
        Some(Desk::Mark { number, state, text }) => {
            let says = match state {
                State::Open => DeskSays::Open,
                State::PoliceFirst => DeskSays::PoliceFirst,
                State::Closed => DeskSays::Closed,
                State::Refused => DeskSays::Refused,
            };
            done(shell, DeskDo::Mark { number, says, note: text.join(" ") }).await?;
            println!("marked");
        }
        Some(Desk::Answer { number, stands, text }) => {
            let stands = match stands {
                Stands::Seen => AnswerStands::Seen,
                Stands::Looking => AnswerStands::Looking,
                Stands::Closed => AnswerStands::Closed,
                Stands::Refused => AnswerStands::Refused,
                Stands::Acted => AnswerStands::Acted,
            };
            done(shell, DeskDo::Answer { number, stands, words: text.join(" ") }).await?;
            println!("answered");
        }
        Some(Desk::Hold { number, blob, days }) => {
            done(shell, DeskDo::Act { number, act: DeskAct::Hold { blob, days } }).await?;
            println!("held for {days} days");
        }
        Some(Desk::Release { number, blob }) => {
            done(shell, DeskDo::Act { number, act: DeskAct::Release { blob } }).await?;
            println!("released");
        }
        Some(Desk::Restrict { number, account, lift }) => {
            let act = if lift { DeskAct::Lift { account } } else { DeskAct::Restrict { account } };
            done(shell, DeskDo::Act { number, act }).await?;
            println!("{}", if lift { "lifted" } else { "restricted" });
        }
        Some(Desk::Close { number, account }) => {
            done(shell, DeskDo::Act { number, act: DeskAct::Close { account } }).await?;
            println!("closed");
        }
        Some(Desk::Counts) => counts(&done(shell, DeskDo::Look).await?.rows().counts, format),
        Some(Desk::Save { number, file }) => {
            let inbox = done(shell, DeskDo::Open { number: number.clone() }).await?;
            save(&inbox, &number, &file)?;
        }
    }
    Ok(())
}

/// Stays, and says each time that something came: no number, no reason, no name.
async fn watch(shell: &mut Shell) -> Result<(), Failure> {
    if shell.home.client.desk_pass().map_err(|fault| device(&fault))?.is_none() {
        return Err(Refusal::Report(ReportRefusal::NotInDesk).into());
    }
    let (mut begun, mut refused, mut failed) = (false, None, None);
    shell
        .run(FOLLOW, |shell, event| {
            refused = refused.take().or_else(|| event.and_then(connection_refused));
            let tells = match event {
                Some(Event::DeskNews) => true,
                // What had come before is said once.
                Some(Event::CaughtUp) => !std::mem::replace(&mut begun, true),
                _ => false,
            };
            if tells {
                begun = true;
                match shell.home.client.desk_news() {
                    Ok(true) => println!("{NEWS}"),
                    Ok(false) => {}
                    Err(fault) => failed = Some(device(&fault)),
                }
            }
            refused.is_some() || failed.is_some()
        })
        .await?;
    refused.or(failed).map_or(Ok(()), |why| Err(why.into()))
}

/// Says on stderr that something came which was not looked at.
pub fn tell_news(shell: &Shell) -> Result<(), Failure> {
    if shell.home.client.desk_news().map_err(|fault| device(&fault))? {
        eprintln!("{NEWS}");
    }
    Ok(())
}

/// The client of a home, for one moment at a time.
struct Held<'h>(&'h mut Home);

impl Hold for Held<'_> {
    fn with<T>(&mut self, act: impl FnOnce(&mut Client, Millis, [u8; 32]) -> Result<Result<T, Refusal>, Fault>) -> Result<T, Refusal> {
        let seed = super::report::seed().map_err(|error| Refusal::Device { why: error.to_string() })?;
        act(&mut self.0.client, now(), *seed).map_err(|fault| client::device_failed(&fault))?
    }
}

async fn done(shell: &mut Shell, what: DeskDo) -> Result<Inbox, Failure> {
    if !matches!(what, DeskDo::Join { .. }) && shell.home.client.desk_pass().map_err(|fault| device(&fault))?.is_none() {
        return Err(Refusal::Report(ReportRefusal::NotInDesk).into());
    }
    let mut http = signed_in(shell).await?;
    let failed = |why: &str| Failure::Said(format!("The safety team's reports were not reached: {why}. Try again."));
    // Each run asks once.
    let id = crate::shell::entropy()?;
    match act(&mut http, &mut Held(&mut shell.home), &id, &what).await {
        Ok(inbox) => Ok(inbox),
        Err(Stop::Refused(refusal)) => Err(refusal.into()),
        Err(Stop::Trouble(Trouble::Refused(refusal))) => Err(failed(&refusal.to_string())),
        Err(Stop::Trouble(Trouble::Lost)) => Err(failed("the connection was lost")),
    }
}

async fn signed_in(shell: &mut Shell) -> Result<Http, Failure> {
    shell.run(FLUSH, |shell, _| shell.offline.is_some() || shell.beside().is_some()).await?;
    let Some((address, bearer)) = shell.beside() else {
        return Err(Failure::Said("There is no connection to the server: try again when there is.".into()));
    };
    Http::connect(&address, bearer, std::sync::Arc::default())
        .await
        .map_err(|error| Failure::Said(format!("The server cannot be reached: {error}. Try again.")))
}

fn list(inbox: &DeskInbox, format: Format) {
    if inbox.other_log {
        eprintln!(
            "The server does not show these reports as it stamped them, or as it showed them before: something may be left out or moved. Ask who runs it."
        );
    }
    if format.json {
        for case in &inbox.cases {
            let line = serde_json::json!({
                "report": case.number, "arrived_ms": case.at_ms, "holds": case.verdict == CaseVerdict::Holds,
                "of_another_server": case.verdict == CaseVerdict::OtherServer,
                "provable": case.verdict != CaseVerdict::Unprovable, "messages": case.messages, "reason": reason_of(case.reason).name(),
                "state": case.state.name(), "notes": case.notes, "file_sha256": case.file_sha256,
            });
            print::json(&line);
        }
        return;
    }
    if inbox.cases.is_empty() {
        println!("No reports.");
    }
    for case in &inbox.cases {
        println!("{}", line(case));
    }
    for erased in &inbox.erased {
        eprintln!(
            "Account {} had {} records taken from the server, and no report says why. The last time: {}. Ask them.",
            erased.account,
            erased.records,
            print::time(erased.at_ms)
        );
    }
    if inbox.working < WORKING_MIN {
        eprintln!(
            "Only {} of {} members read this in the last 7 days: if that device is lost, so are the reports. Have the others run `treehouse desk` or open /desk.",
            inbox.working, inbox.members
        );
    }
}

fn line(case: &CaseRow) -> String {
    let holds = match case.verdict {
        CaseVerdict::Holds => format!("checks hold  {} messages, {} undisclosed", case.messages, case.undisclosed),
        CaseVerdict::DoesNotHold => "DOES NOT HOLD".to_owned(),
        CaseVerdict::OtherServer => "ANOTHER SERVER'S KEY: can be made up as a whole".to_owned(),
        CaseVerdict::Unprovable => "nothing can be proved: written without an account".to_owned(),
        CaseVerdict::Gone => "its words are gone".to_owned(),
    };
    let state = match case.state {
        CaseState::Unopened => "NOT OPENED",
        CaseState::Open => "open",
        CaseState::PoliceFirst => "police first",
        CaseState::Closed => "closed",
        CaseState::Refused => "refused",
        CaseState::TakenBack => return format!("{}  {}  taken back  {holds}", case.number, print::time(case.at_ms)),
    };
    format!("{}  {}  {state}  {holds}  {}  {} notes", case.number, print::time(case.at_ms), reason(reason_of(case.reason)), case.notes)
}

fn show(inbox: &Inbox, number: &str) {
    let time = &crate::verify::time;
    let Some(case) = inbox.case(number, time) else { return };
    match inbox.exhibit(number, time) {
        Some(exhibit) => print!("{exhibit}"),
        None => println!("Report {} was taken back: its words are gone.", case.row.number),
    }
    if case.to_outside {
        println!("\nThis was given to you alone: nobody of the safety team can read it.");
    }
    println!("\nWhat the team did (each proved to be its writer's, in the server's order)");
    for mark in &case.marks {
        let records = if mark.says == DeskSays::Deleted { format!(", {} records", mark.records) } else { String::new() };
        println!("  {}  account {} {}{records}", time(Millis(mark.at_ms)), mark.account, did(mark.says));
        for line in safe(&mark.note).lines() {
            println!("    | {line}");
        }
    }
    let number = &case.row.number;
    if case.answerable {
        println!("\nAnswer who reported: treehouse desk answer {number} looking|closed|refused|acted TEXT");
    }
    for CaseFile { blob, bytes, held_until_ms } in &case.files {
        match held_until_ms {
            Some(until) => {
                println!("\nA file of {bytes} bytes is held until {}: treehouse desk release {number} {blob}", time(Millis(*until)))
            }
            None => println!("\nKeep a file of {bytes} bytes on the server, which nobody sees: treehouse desk hold {number} {blob}"),
        }
    }
    if case.row.state == CaseState::PoliceFirst {
        println!("\nThe police were told first: do nothing that the reported person could see, until it is marked open again.");
        return;
    }
    for CaseAccount { account, restricted, closed, of_team } in &case.accounts {
        if *of_team {
            println!("\nThe account {account} is in the safety team: the operator restricts, closes and opens it (`treehouse admin`).");
            continue;
        }
        match (closed, restricted) {
            (true, _) => println!("\nThe account {account} is closed because of this."),
            (false, true) => println!("\nThe account begins nothing new: treehouse desk restrict {number} {account} --lift"),
            (false, false) => {
                println!("\nLet the account begin nothing new, which its owner sees: treehouse desk restrict {number} {account}")
            }
        }
        if !closed {
            println!("Close it, which its owner sees: treehouse desk close {number} {account}");
        }
    }
}

fn did(says: DeskSays) -> &'static str {
    match says {
        DeskSays::Looked => "opened it",
        DeskSays::Note => "notes:",
        DeskSays::Open => "has it open",
        DeskSays::PoliceFirst => "told the police first",
        DeskSays::Closed => "closed it",
        DeskSays::Refused => "refused it",
        DeskSays::Answered => "answered who reported:",
        DeskSays::Held => "has a file held, and until when in ms:",
        DeskSays::Released => "let go of a file:",
        DeskSays::Restricted => "restricted an account:",
        DeskSays::Lifted => "lifted that from an account:",
        DeskSays::AccountClosed => "closed an account:",
        DeskSays::Deleted => "says that the report was taken from the server",
    }
}

fn counts(counts: &DeskCounts, format: Format) {
    let DeskCounts { reports, told, closed, refused, taken_back, answered, restricted, accounts_closed, held, deleted } = counts;
    let named = [
        ("reports", reports),
        ("without_an_account", told),
        ("closed", closed),
        ("refused", refused),
        ("taken_back", taken_back),
        ("answered", answered),
        ("accounts_restricted", restricted),
        ("accounts_closed", accounts_closed),
        ("files_held", held),
        ("deleted", deleted),
    ];
    if format.json {
        let all: serde_json::Map<String, serde_json::Value> =
            named.iter().map(|(name, count)| ((*name).to_owned(), serde_json::Value::from(**count))).collect();
        print::json(&all);
        return;
    }
    println!("In the last 90 days, as far as the server still has it:");
    for (name, count) in named {
        println!("  {:<20} {count}", name.replace('_', " "));
    }
}

/// As it came, still sealed.
fn save(inbox: &Inbox, number: &str, path: &Path) -> Result<(), Failure> {
    let Some(case) = inbox.case(number, &crate::verify::time) else { return Ok(()) };
    super::report::write_new(path, &case.file, "another FILE")?;
    println!("report {} in {}", case.row.number, path.display());
    Ok(())
}
