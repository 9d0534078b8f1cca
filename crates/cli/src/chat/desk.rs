//! The safety desk: how a report gets there without an account, and what its members see. Verification first, then text, never pictures.

use super::{FLUSH, Failure, device};
use crate::args::{Desk, Format, State};
use crate::home::Home;
use crate::net::Address;
use crate::print;
use crate::shell::{Shell, now};
use crate::transfer::http::Http;
use client::{Client, Fault, Inbox, reason_of};
use report::exhibit::reason;
use std::path::Path;
use transfer::Trouble;
use transfer::desk::{Hold, Stop, act};
use view::{CaseRow, CaseState, CaseVerdict, DeskDo, DeskInbox, DeskSays, Refusal, ReportRefusal};
use wire::Millis;

/// Fewer, and a device that breaks takes the desk with it.
const WORKING_MIN: u32 = 2;

/// Asks the server for its desk, on a connection that names nobody. Without an answer this device goes on with what it knows.
pub async fn learn(shell: &mut Shell) -> Result<(), Failure> {
    let Some(address) = address(shell)? else { return Ok(()) };
    let Ok(mut http) = Http::nameless(&address).await else { return Ok(()) };
    if let Ok(Some(record)) = http.safety().await {
        // What the server did not sign is as good as none.
        shell.home.client.learn_desk(now(), *super::report::seed()?, &record).map_err(|fault| device(&fault))?.ok();
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
        Some(Desk::Save { number, file }) => {
            let inbox = done(shell, DeskDo::Open { number: number.clone() }).await?;
            save(&inbox, &number, &file)?;
        }
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
    match act(&mut http, &mut Held(&mut shell.home), &what).await {
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
    if format.json {
        for case in &inbox.cases {
            let line = serde_json::json!({
                "report": case.number, "arrived_ms": case.at_ms, "holds": case.verdict == CaseVerdict::Holds,
                "provable": case.verdict != CaseVerdict::Unprovable, "messages": case.messages, "reason": reason_of(case.reason).name(),
                "state": case.state.name(), "notes": case.notes, "file_sha256": case.file_sha256,
            });
            println!("{line}");
        }
        return;
    }
    if inbox.cases.is_empty() {
        println!("No reports.");
    }
    for case in &inbox.cases {
        println!("{}", line(case));
    }
    if inbox.working < WORKING_MIN {
        eprintln!(
            "Only {} of {} members reads this: if that device is lost, so are the reports. Have the others run `treehouse desk` or open /desk.",
            inbox.working, inbox.members
        );
    }
}

fn line(case: &CaseRow) -> String {
    let holds = match case.verdict {
        CaseVerdict::Holds => format!("checks hold  {} messages, {} undisclosed", case.messages, case.undisclosed),
        CaseVerdict::DoesNotHold => "DOES NOT HOLD".to_owned(),
        CaseVerdict::Unprovable => "nothing can be proved: written without an account".to_owned(),
    };
    let state = match case.state {
        CaseState::Unopened => "NOT OPENED",
        CaseState::Open => "open",
        CaseState::PoliceFirst => "police first",
        CaseState::Closed => "closed",
        CaseState::Refused => "refused",
    };
    format!("{}  {}  {state}  {holds}  {}  {} notes", case.number, print::time(case.at_ms), reason(reason_of(case.reason)), case.notes)
}

fn show(inbox: &Inbox, number: &str) {
    let time = &crate::verify::time;
    let (Some(case), Some(exhibit)) = (inbox.case(number, time), inbox.exhibit(number, time)) else { return };
    print!("{exhibit}");
    println!("\nWhat the team did (each proved to be its writer's, in the server's order)");
    for mark in &case.marks {
        let says = match mark.says {
            DeskSays::Looked => "opened it",
            DeskSays::Note => "notes:",
            DeskSays::Open => "has it open",
            DeskSays::PoliceFirst => "told the police first",
            DeskSays::Closed => "closed it",
            DeskSays::Refused => "refused it",
        };
        println!("  {}  account {} {says}", time(Millis(mark.at_ms)), mark.account);
        for line in mark.note.lines() {
            println!("    | {line}");
        }
    }
    if case.row.state == CaseState::PoliceFirst {
        println!("\nThe police were told first: do nothing that the reported person could see, until it is marked open again.");
    }
    for account in &case.to_close {
        println!("\nWhoever runs the server can close an account, which its owner sees: treehouse admin close --data DIR {account}");
    }
}

/// As it came, still sealed.
fn save(inbox: &Inbox, number: &str, path: &Path) -> Result<(), Failure> {
    let Some(case) = inbox.case(number, &crate::verify::time) else { return Ok(()) };
    super::report::write_new(path, &case.file, "another FILE")?;
    println!("report {} in {}", case.row.number, path.display());
    Ok(())
}
