//! The way to the safety desk and into it: reports are dropped in nobody's name, members read and note with their own pass (docs/spec/report.md, "The
//! desk").

use crate::{Requests, Trouble};
use client::{Client, Fault, Inbox};
use view::{DeskDo, DeskSays, Refusal, ReportRefusal};
use wire::call::{Append, Flag, Record, Request, Response};
use wire::desk::{Desk, work_for};
use wire::limits::{PAGE_RECORDS, RECORD_MAX};
use wire::{Hash32, LogId, Millis, PassToken, Seq};

/// A shell's client, for one moment at a time: never while something is waited for.
pub trait Hold {
    /// # Errors
    /// What the client refuses, or that the device failed.
    fn with<T>(&mut self, act: impl FnOnce(&mut Client, Millis, [u8; 32]) -> Result<Result<T, Refusal>, Fault>) -> Result<T, Refusal>;
}

/// Why nothing came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    Refused(Refusal),
    Trouble(Trouble),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Drops a sealed report at a desk. `nameless`: a connection without a session.
///
/// # Errors
/// It did not arrive.
pub async fn drop_in(nameless: &mut impl Requests, desk: &Desk, file: Vec<u8>, seed: [u8; 32]) -> Result<(), Stop> {
    put(nameless, (desk.reports, desk.drop.clone()), file, seed).await
}

async fn put(http: &mut impl Requests, (log, pass): (LogId, PassToken), record: Vec<u8>, seed: [u8; 32]) -> Result<(), Stop> {
    if record.len() > RECORD_MAX {
        return Err(Refusal::Report(ReportRefusal::TooMuch).into());
    }
    let c = work_for(&Hash32::of(&record), seed);
    let append = Append { log, pass, flag: Flag::Content, after: Seq::START, c, record: record.into(), changes: vec![] };
    http.call("/v1/Log/Append", &Request::Append(append)).await?;
    Ok(())
}

/// Does what a member asks for, and reads what there is then. `http`: with the member's session.
///
/// # Errors
/// [`Stop`].
pub async fn act(http: &mut impl Requests, hold: &mut impl Hold, what: &DeskDo) -> Result<Inbox, Stop> {
    let wanted = match what {
        DeskDo::Join { code } => {
            hold.with(|client, now, seed| client.join_desk(now, seed, code))?;
            None
        }
        DeskDo::Look => None,
        DeskDo::Open { number } | DeskDo::Mark { number, .. } => Some(number.as_str()),
    };
    let mut inbox = read(http, hold, wanted).await?;
    if !inbox.is_here() {
        let mark = hold.with(|client, now, seed| client.desk_here(now, seed))?;
        give(http, hold, mark).await?;
        inbox.say_here();
    }
    if let Some(number) = wanted
        && !inbox.has(number)
    {
        return Err(Refusal::Report(ReportRefusal::NoSuchReport { number: number.to_owned() }).into());
    }
    match what {
        DeskDo::Join { .. } | DeskDo::Look => {}
        DeskDo::Open { number } => {
            if inbox.is_new_to_me(number) {
                mark(http, hold, &mut inbox, (number, DeskSays::Looked, "")).await?;
            }
        }
        DeskDo::Mark { number, says, note } => mark(http, hold, &mut inbox, (number, *says, note)).await?,
    }
    Ok(inbox)
}

async fn read(http: &mut impl Requests, hold: &mut impl Hold, wanted: Option<&str>) -> Result<Inbox, Stop> {
    let mut inbox = hold.with(|client, _, _| client.desk_inbox(wanted))?;
    let (log, pass) = way_in(hold)?;
    let mut after = Seq::START;
    loop {
        let read = Request::ReadLog { log, pass: pass.clone(), after, limit: PAGE_RECORDS as u32 };
        let Response::Page { records, .. } = http.call("/v1/Log/Read", &read).await? else { return Err(Trouble::Lost.into()) };
        let Some(last) = records.last() else { return Ok(inbox) };
        after = last.stamp.seq;
        for Record { stamp, record } in &records {
            inbox.take(stamp.ms, stamp.by, record);
        }
    }
}

async fn mark(
    http: &mut impl Requests,
    hold: &mut impl Hold,
    inbox: &mut Inbox,
    (number, says, note): (&str, DeskSays, &str),
) -> Result<(), Stop> {
    let about = inbox.about(number);
    let mark = hold.with(|client, now, seed| client.desk_mark(now, seed, (number, says, note), &about))?;
    give(http, hold, mark).await?;
    let now = hold.with(|_, now, _| Ok(Ok(now)))?;
    inbox.did(now, number, says, note);
    Ok(())
}

async fn give(http: &mut impl Requests, hold: &mut impl Hold, mark: Vec<u8>) -> Result<(), Stop> {
    let way = way_in(hold)?;
    let seed = hold.with(|_, _, seed| Ok(Ok(seed)))?;
    put(http, way, mark, seed).await
}

fn way_in(hold: &mut impl Hold) -> Result<(LogId, PassToken), Refusal> {
    let pass = hold.with(|client, _, _| Ok(Ok(client.desk_pass()?)))?;
    let pass = pass.ok_or(Refusal::Report(ReportRefusal::NotInDesk))?;
    Ok((pass.log, pass.pass))
}
