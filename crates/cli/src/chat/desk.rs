//! The safety desk: how a report gets there without an account, and what its members see. Verification first, then text, never pictures.

use super::{FLUSH, Failure, device};
use crate::args::{Desk, Format};
use crate::net::Address;
use crate::print;
use crate::shell::{Shell, now};
use crate::transfer::http::Http;
use report::exhibit::{Printing, exhibit, reason};
use report::verdict::{Verdict, Who};
use report::{Contents, Number};
use std::collections::BTreeMap;
use transfer::{Requests as _, Trouble};
use view::{Refusal, ReportRefusal};
use wire::call::{Append, Flag, Request, Response};
use wire::desk::work_for;
use wire::{Hash32, Millis, Seq};

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
    if file.len() > wire::limits::RECORD_MAX {
        return Err(Refusal::Report(ReportRefusal::TooMuch).into());
    }
    let c = work_for(&Hash32::of(&file), *super::report::seed()?);
    let append =
        Append { log: desk.reports, pass: desk.drop, flag: Flag::Content, after: Seq::START, c, record: file.into(), changes: vec![] };
    let lost =
        |why: String| Failure::Said(format!("The report could not be brought to the safety team: {why}. It is in the file: try again."));
    let mut http = Http::nameless(&address).await.map_err(|error| lost(error.to_string()))?;
    match http.call("/v1/Log/Append", &Request::Append(append)).await {
        Ok(_) => Ok(desk.hours),
        Err(Trouble::Refused(refusal)) => Err(lost(refusal.to_string())),
        Err(_) => Err(lost("the connection was lost".into())),
    }
}

pub async fn run(shell: &mut Shell, what: Option<Desk>, format: Format) -> Result<(), Failure> {
    match what {
        Some(Desk::Join { code }) => {
            shell.home.client.join_desk(now(), *super::report::seed()?, &code).map_err(|fault| device(&fault))??;
            learn(shell).await?;
            println!("joined");
            Ok(())
        }
        None => {
            let cases = cases(shell).await?;
            list(&cases, format);
            Ok(())
        }
        Some(Desk::Show { number }) => {
            let cases = cases(shell).await?;
            let case = found(&cases, &number)?;
            show(case);
            Ok(())
        }
        Some(Desk::Note { number, text }) => {
            // The members may have become others since.
            learn(shell).await?;
            let cases = cases(shell).await?;
            found(&cases, &number)?;
            note(shell, &number, &text.join(" ")).await
        }
    }
}

/// One report, and what members noted about it.
struct Case {
    number: Number,
    /// When the server had it.
    at: Millis,
    verdict: Verdict,
    file: Hash32,
    notes: Vec<(Millis, Verdict)>,
}

/// Everything in the desk's log that is sealed to this account, in the server's order.
async fn cases(shell: &mut Shell) -> Result<Vec<Case>, Failure> {
    let not_in = || Failure::Refused(Refusal::Report(ReportRefusal::NotInDesk));
    let pass = shell.home.client.desk_pass().map_err(|fault| device(&fault))?.ok_or_else(not_in)?;
    let mut http = signed_in(shell).await?;
    let trust = shell.home.client.trust().map_err(|fault| device(&fault))?;
    let (mut after, mut cases, mut notes) = (Seq::START, Vec::new(), BTreeMap::<Number, Vec<(Millis, Verdict)>>::new());
    loop {
        let read = Request::ReadLog { log: pass.log, pass: pass.pass.clone(), after, limit: wire::limits::PAGE_RECORDS as u32 };
        let Ok(Response::Page { records, .. }) = http.call("/v1/Log/Read", &read).await else {
            return Err(Failure::Said(
                "The desk's reports cannot be read: the server refused, or the connection was lost. Try again.".into(),
            ));
        };
        let Some(last) = records.last() else { break };
        after = last.stamp.seq;
        for record in &records {
            let Some(contents) = shell.home.client.open_case(&record.record).map_err(|fault| device(&fault))? else { continue };
            let Contents { report, body } = &contents;
            let verdict = report::verify(report, body, &trust);
            if report.entries.is_empty() && matches!(verdict.reporter.who, Who::Proved { .. }) {
                notes.entry(report.number).or_default().push((record.stamp.ms, verdict));
            } else {
                let file = Hash32::of(&record.record);
                cases.push(Case { number: report.number, at: record.stamp.ms, verdict, file, notes: vec![] });
            }
        }
    }
    for case in &mut cases {
        case.notes = notes.remove(&case.number).unwrap_or_default();
    }
    Ok(cases)
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

fn found<'c>(cases: &'c [Case], number: &str) -> Result<&'c Case, Failure> {
    let wanted = Number::parse(number);
    let none = || Failure::Refused(Refusal::Report(ReportRefusal::NoSuchReport { number: number.to_owned() }));
    cases.iter().find(|case| Some(case.number) == wanted).ok_or_else(none)
}

fn list(cases: &[Case], format: Format) {
    if format.json {
        for case in cases {
            let messages = case.verdict.proved().count();
            let line = serde_json::json!({
                "report": case.number.to_string(), "arrived_ms": case.at.0, "holds": case.verdict.holds(), "messages": messages,
                "reason": case.verdict.reporter.reason.name(), "notes": case.notes.len(), "file_sha256": case.file.to_string(),
            });
            println!("{line}");
        }
        return;
    }
    if cases.is_empty() {
        println!("No reports.");
    }
    for case in cases {
        let holds = if case.verdict.holds() { "checks hold" } else { "DOES NOT HOLD" };
        let undisclosed = case.verdict.missing.undisclosed;
        println!(
            "{}  {}  {holds}  {} messages, {undisclosed} undisclosed  {}  {} notes",
            case.number,
            print::time(case.at.0),
            case.verdict.proved().count(),
            reason(case.verdict.reporter.reason),
            case.notes.len()
        );
    }
}

fn show(case: &Case) {
    let time = &crate::verify::time;
    print!("{}", exhibit(&case.verdict, &Printing { time, file: Some(case.file), pictures: None }));
    println!("\nThe desk's own notes (each proved to be its writer's, in the server's order)");
    if case.notes.is_empty() {
        println!("  none");
    }
    for (at, note) in &case.notes {
        let Who::Proved { account, .. } = note.reporter.who else { continue };
        println!("  {}  account {account}", time(*at));
        for line in report::exhibit::safe(&note.reporter.note).lines() {
            println!("    | {line}");
        }
    }
}

async fn note(shell: &mut Shell, number: &str, text: &str) -> Result<(), Failure> {
    let sealed = shell.home.client.desk_note(now(), *super::report::seed()?, number, text).map_err(|fault| device(&fault))??;
    let not_in = || Failure::Refused(Refusal::Report(ReportRefusal::NotInDesk));
    let pass = shell.home.client.desk_pass().map_err(|fault| device(&fault))?.ok_or_else(not_in)?;
    let c = work_for(&Hash32::of(&sealed), *super::report::seed()?);
    let append =
        Append { log: pass.log, pass: pass.pass, flag: Flag::Content, after: Seq::START, c, record: sealed.into(), changes: vec![] };
    let mut http = signed_in(shell).await?;
    match http.call("/v1/Log/Append", &Request::Append(append)).await {
        Ok(_) => {
            println!("noted");
            Ok(())
        }
        Err(Trouble::Refused(refusal)) => Err(Failure::Said(format!("The note was refused: {refusal}. Try again."))),
        Err(_) => Err(Failure::Said("The note was not brought to the server: the connection was lost. Try again.".into())),
    }
}
