//! The way to the safety desk and into it: reports are dropped in nobody's name, members read and note with their own pass (docs/spec/report.md, "The
//! desk").

use crate::{Requests, Trouble};
use client::{AnswerKeys, Client, Duty, Fault, Inbox, ReturnAddress, SealedAnswer};
use view::{AnswerStands, DeskAct, DeskDo, DeskSays, Refusal, ReportRefusal};
use wire::call::{Append, Flag, Record, Request, Response};
use wire::desk::{Desk, work_for};
use wire::limits::{DAY, DESK_READ_MAX, HOLD_LIFE, PAGE_RECORDS, RECORD_MAX, REPORT_MAX};
use wire::{AccountId, BlobId, Hash32, LogId, Millis, PassToken, Seq};

/// Answers that one look of an account reads; the next goes on from there. Each costs the keys that are tried on it: so many take a moment of a
/// device, and a server that serves them without end takes no more.
pub const LOOK_ANSWERS: usize = 256;
/// Answers that are read for a code, from the first on: it has no place to go on from. More than a team writes while they lie there.
pub const CODE_ANSWERS: usize = 16 * 1024;

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
    if file.len() > REPORT_MAX {
        return Err(Refusal::Report(ReportRefusal::TooMuch).into());
    }
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

/// A log that is read from a place on, page by page.
struct Reading {
    log: LogId,
    pass: PassToken,
    after: Seq,
    /// Bytes that are yet to be read at most.
    left: u64,
}

impl Reading {
    /// What comes next; nothing at the end.
    async fn page(&mut self, http: &mut impl Requests) -> Result<Vec<Record>, Stop> {
        let read = Request::ReadLog { log: self.log, pass: self.pass.clone(), after: self.after, limit: PAGE_RECORDS as u32 };
        let Response::Page { records, .. } = http.call("/v1/Log/Read", &read).await? else { return Err(Trouble::Lost.into()) };
        let Some(last) = records.last().map(|record| record.stamp.seq) else { return Ok(records) };
        // A server that shows what it has shown could do so for ever.
        if last <= self.after {
            return Err(Refusal::Report(ReportRefusal::NoEnd).into());
        }
        self.after = last;
        // With what a record costs here, or empty ones would be free.
        let bytes: usize = records.iter().map(|record| record.record.len() + size_of::<Record>()).sum();
        self.left = self.left.saturating_sub(bytes as u64);
        Ok(records)
    }

    /// Whether no more is read at once.
    fn is_full(&self) -> bool {
        self.left == 0
    }
}

/// Reads the desk's answers after a place, at most so many, and tries the keys on each; gives the place that was read to. `nameless`: a
/// connection without a session; everybody reads all of them. `rest`: lets others come in between, after each round of keys.
///
/// # Errors
/// They were not reached, or the server shows again what it has shown.
pub async fn answers(
    nameless: &mut impl Requests,
    desk: &Desk,
    (mut after, most): (Seq, usize),
    keys: &mut AnswerKeys,
    rest: impl AsyncFn(),
) -> Result<Seq, Stop> {
    let Some(more) = &desk.more else { return Ok(after) };
    let mut reading = Reading { log: more.answers, pass: more.read.clone(), after, left: DESK_READ_MAX };
    let mut left = most;
    while left > 0 {
        let records = reading.page(nameless).await?;
        if records.is_empty() {
            break;
        }
        let page = records.len().min(left);
        left -= page;
        for record in &records[..page] {
            if record.stamp.seq <= after {
                return Err(Refusal::Report(ReportRefusal::NoEnd).into());
            }
            after = record.stamp.seq;
            let Some(answer) = SealedAnswer::parse(&record.record) else { continue };
            for round in 0..keys.rounds() {
                keys.try_on(&answer, round);
                rest().await;
            }
        }
    }
    Ok(after)
}

/// Does what a member asks for, and reads what there is then. `http`: with the member's session. `id`: asked for again under the same one, what is
/// noted and answered is so once.
///
/// # Errors
/// [`Stop`].
pub async fn act(http: &mut impl Requests, hold: &mut impl Hold, id: &[u8; 16], what: &DeskDo) -> Result<Inbox, Stop> {
    let wanted = match what {
        DeskDo::Join { code } => {
            hold.with(|client, now, seed| client.join_desk(now, seed, code))?;
            None
        }
        DeskDo::Look => None,
        DeskDo::Open { number } | DeskDo::Mark { number, .. } | DeskDo::Answer { number, .. } | DeskDo::Act { number, .. } => {
            Some(number.as_str())
        }
    };
    let mut inbox = read(http, hold, wanted).await?;
    let mut at = Member { http, hold, id: None };
    if !inbox.is_here() {
        let mark = at.hold.with(|client, now, seed| client.desk_here(now, seed))?;
        at.give(mark).await?;
        inbox.say_here();
    }
    at.duties(&mut inbox).await?;
    at.id = Some(id);
    if let Some(number) = wanted
        && !(inbox.is_there(number) || inbox.has(number) && matches!(what, DeskDo::Open { .. }))
    {
        return Err(Refusal::Report(ReportRefusal::NoSuchReport { number: number.to_owned() }).into());
    }
    match what {
        DeskDo::Join { .. } | DeskDo::Look => {}
        DeskDo::Open { number } => at.open(&mut inbox, number).await?,
        DeskDo::Mark { number, says, note } => {
            at.mark(&mut inbox, (number, *says, note)).await?;
            // Who reported hears how it stands; the note is the team's own.
            match says {
                DeskSays::Closed => at.answer(&inbox, (number, AnswerStands::Closed, "")).await?,
                DeskSays::Refused => at.answer(&inbox, (number, AnswerStands::Refused, "")).await?,
                _ => {}
            }
        }
        DeskDo::Answer { number, stands, words } => {
            if inbox.return_key(number).is_none() {
                return Err(Refusal::Report(ReportRefusal::NoReturn).into());
            }
            at.mark(&mut inbox, (number, DeskSays::Answered, words)).await?;
            let says = match stands {
                AnswerStands::Closed => Some(DeskSays::Closed),
                AnswerStands::Refused => Some(DeskSays::Refused),
                _ => None,
            };
            if let Some(says) = says {
                at.mark(&mut inbox, (number, says, "")).await?;
            }
            at.answer(&inbox, (number, *stands, words)).await?;
        }
        DeskDo::Act { number, act } => at.act(&mut inbox, number, act).await?,
    }
    Ok(inbox)
}

async fn read(http: &mut impl Requests, hold: &mut impl Hold, wanted: Option<&str>) -> Result<Inbox, Stop> {
    let mut inbox = hold.with(|client, now, _| client.desk_inbox(now, wanted))?;
    let (log, pass) = way_in(hold)?;
    let mut reading = Reading { log, pass, after: Seq::START, left: DESK_READ_MAX };
    loop {
        let page = reading.page(http).await?;
        if page.is_empty() {
            break;
        }
        inbox.take_page(&page);
        if reading.is_full() {
            inbox.cut_short();
            break;
        }
    }
    hold.with(|client, now, seed| client.desk_read(now, seed, &inbox))?;
    Ok(inbox)
}

/// A member at work.
struct Member<'m, R, H> {
    http: &'m mut R,
    hold: &'m mut H,
    /// Under which they ask; nothing: it is done because it is time.
    id: Option<&'m [u8; 16]>,
}

impl<R: Requests, H: Hold> Member<'_, R, H> {
    /// The first of the team who opens it tells who reported.
    async fn open(&mut self, inbox: &mut Inbox, number: &str) -> Result<(), Stop> {
        let unopened = inbox.is_unopened(number);
        if inbox.is_new_to_me(number) {
            self.mark(inbox, (number, DeskSays::Looked, "")).await?;
        }
        if unopened { self.answer(inbox, (number, AnswerStands::Seen, "")).await } else { Ok(()) }
    }

    /// What the desk does is noted before it is done: nothing is done of which no member knows. What the server refuses is noted as undone.
    async fn act(&mut self, inbox: &mut Inbox, number: &str, act: &DeskAct) -> Result<(), Stop> {
        let not_in = || Stop::from(Refusal::Report(ReportRefusal::NotInReport));
        let blob = |blob: &str| BlobId::from_hex(blob).filter(|_| inbox.names_file(number, blob)).ok_or_else(not_in);
        let about = |account: &str| {
            let id = AccountId::from_hex(account).filter(|id| inbox.about(number).contains(id)).ok_or_else(not_in)?;
            if inbox.is_of_desk(&id) { Err(Stop::from(Refusal::Report(ReportRefusal::OfTheTeam))) } else { Ok(id) }
        };
        let (says, note, call) = match act {
            DeskAct::Hold { blob: file, days } => {
                // The server holds nothing for longer.
                let days = (*days).min((HOLD_LIFE / DAY) as u32);
                let until = self.hold.with(|_, now, _| Ok(Ok(now)))?.plus(u64::from(days) * DAY);
                let id = blob(file)?;
                (DeskSays::Held, format!("{file}\n{}", until.0), wire::call::DeskAct::Hold { blob: id, days })
            }
            DeskAct::Release { blob: file } => (DeskSays::Released, file.clone(), wire::call::DeskAct::Release { blob: blob(file)? }),
            DeskAct::Restrict { account } => {
                (DeskSays::Restricted, account.clone(), wire::call::DeskAct::Restrict { account: about(account)? })
            }
            DeskAct::Lift { account } => (DeskSays::Lifted, account.clone(), wire::call::DeskAct::Lift { account: about(account)? }),
            DeskAct::Close { account } => {
                (DeskSays::AccountClosed, account.clone(), wire::call::DeskAct::Close { account: about(account)? })
            }
        };
        let seen = !matches!(act, DeskAct::Hold { .. } | DeskAct::Release { .. });
        if seen && !inbox.may_be_seen(number) {
            return Err(Refusal::Report(ReportRefusal::PoliceFirst).into());
        }
        // As it stands before, for what is refused.
        let before = match act {
            DeskAct::Hold { blob, .. } | DeskAct::Release { blob } => {
                inbox.held_until(number, blob).map(|until| (DeskSays::Held, format!("{blob}\n{}", until.0)))
            }
            DeskAct::Restrict { account } | DeskAct::Lift { account } | DeskAct::Close { account } => {
                inbox.is_restricted(number, account).then(|| (DeskSays::Restricted, account.clone()))
            }
        };
        self.mark(inbox, (number, says, &note)).await?;
        if let DeskAct::Release { blob } = act
            && inbox.is_held_elsewhere(number, blob)
        {
            // Another report needs it.
            return Ok(());
        }
        match self.http.call("/v1/Desk/Act", &Request::Desk(call)).await {
            Err(Trouble::Refused(why)) => {
                for (says, note) in undone(act, before) {
                    self.mark(inbox, (number, says, &note)).await?;
                }
                Err(Trouble::Refused(why).into())
            }
            Err(trouble) => Err(trouble.into()),
            Ok(_) => Ok(()),
        }
    }

    /// Takes from the server what is to go: noted first, then answered, then done. What cannot go yet goes the next time that somebody looks.
    async fn duties(&mut self, inbox: &mut Inbox) -> Result<(), Stop> {
        for Duty { number, records, answer, note } in inbox.duties() {
            if let Some(note) = note {
                self.mark(inbox, (&number, DeskSays::Deleted, &note)).await?;
            }
            if let Some((to, stands)) = answer {
                self.say(&number, stands, "", &to).await?;
            }
            for seq in records {
                match self.http.call("/v1/Desk/Act", &Request::Desk(wire::call::DeskAct::Erase { seq })).await {
                    Ok(_) | Err(Trouble::Refused(wire::call::Refusal::Busy)) => {}
                    Err(trouble) => return Err(trouble.into()),
                }
            }
        }
        Ok(())
    }

    async fn mark(&mut self, inbox: &mut Inbox, (number, says, note): (&str, DeskSays, &str)) -> Result<(), Stop> {
        let about = inbox.about(number);
        let id = self.id;
        let mark = self.hold.with(|client, now, seed| client.desk_mark(now, seed, id, (number, says, note), &about))?;
        self.give(mark.clone()).await?;
        inbox.did((number, says, note), &mark);
        Ok(())
    }

    /// To who reported, if they left an address.
    async fn answer(&mut self, inbox: &Inbox, (number, stands, words): (&str, AnswerStands, &str)) -> Result<(), Stop> {
        let Some(to) = inbox.return_key(number) else { return Ok(()) };
        self.say(number, stands, words, &to).await
    }

    async fn say(&mut self, number: &str, stands: AnswerStands, words: &str, to: &ReturnAddress) -> Result<(), Stop> {
        let id = self.id;
        let answer = self.hold.with(|client, now, seed| client.desk_answer(now, seed, id, (number, stands, words), to))?;
        // Another seed than that of the seal: where the work begins is seen by the server.
        let (desk, seed) = self.hold.with(|client, _, seed| Ok(Ok((client.desk()?, seed))))?;
        let Some(more) = desk.and_then(|desk| desk.more) else { return Ok(()) };
        put(self.http, (more.answers, more.read), answer, seed).await
    }

    async fn give(&mut self, mark: Vec<u8>) -> Result<(), Stop> {
        let way = way_in(self.hold)?;
        let seed = self.hold.with(|_, _, seed| Ok(Ok(seed)))?;
        put(self.http, way, mark, seed).await
    }
}

/// What says that an act which was noted was not done, so that it stands as it did before.
fn undone(act: &DeskAct, before: Option<(DeskSays, String)>) -> impl Iterator<Item = (DeskSays, String)> {
    let opposite = match act {
        DeskAct::Hold { blob, .. } => Some((DeskSays::Released, blob.clone())),
        DeskAct::Restrict { account } | DeskAct::Close { account } => Some((DeskSays::Lifted, account.clone())),
        DeskAct::Release { .. } | DeskAct::Lift { .. } => None,
    };
    opposite.into_iter().chain(before)
}

fn way_in(hold: &mut impl Hold) -> Result<(LogId, PassToken), Refusal> {
    let pass = hold.with(|client, _, _| Ok(Ok(client.desk_pass()?)))?;
    let pass = pass.ok_or(Refusal::Report(ReportRefusal::NotInDesk))?;
    Ok((pass.log, pass.pass))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::now;
    use bytes::Bytes;
    use std::cell::Cell;
    use std::ops::Range;
    use view::Words;
    use wire::call::{UploadId, WireStamp};
    use wire::desk::More;
    use wire::{Chain, Commitment, PassHash};

    /// Where an account that had read to the fifth answer comes to, and how often others came in between. `most`: what one look reads.
    fn looked((bytes, next): (Bytes, fn(u64) -> u64), most: usize) -> (Result<Seq, Stop>, usize) {
        let (answers_log, read) = (LogId([1; 32]), PassToken::new([2; 32]));
        let more = More { answers: answers_log, read, keep_days: 30, appeal: String::new(), outside: None, lead: None };
        let desk = Desk {
            made: Millis(0),
            police: None,
            reports: LogId([3; 32]),
            drop: PassToken::new([4; 32]),
            hours: 24,
            members: vec![],
            more: Some(more),
        };
        let mut keys = AnswerKeys::of_code(&Words::new("ABCDE-FGHJK-MNPQR-STVWX-YZ234".into())).unwrap();
        let rests = Cell::new(0);
        let rest = async || rests.set(rests.get() + 1);
        // A server that always has more: the same bytes, at the places that it says come behind one.
        let page = |after: Seq| {
            let places = std::iter::successors(Some(next(after.0)), |seq| Some(next(*seq)));
            places.take(PAGE_RECORDS).map(|seq| record(seq, &bytes)).collect::<Vec<_>>()
        };
        let looked = now(answers(&mut Shows { page, asked: 0 }, &desk, (Seq(5), most), &mut keys, rest));
        (looked, rests.get())
    }

    /// Shaped like an answer, and sealed to nobody.
    fn shaped() -> Bytes {
        let slots = [[1u8].as_slice(), &[0; 1168]].concat().repeat(4);
        let sealed = [[0u8; 32].as_slice(), &4096_u32.to_be_bytes(), &[0; 4096]].concat();
        [b"treehouse-thr-\0\x01".as_slice(), &[0; 16], &[4], &slots, &sealed].concat().into()
    }

    #[test]
    fn one_look_reads_so_many_answers_and_others_come_in_between_each() {
        let next: fn(u64) -> u64 = |seq| seq + 2;
        let most = PAGE_RECORDS + 6;
        assert_eq!(looked((shaped(), next), most), (Ok(Seq(5 + 2 * most as u64)), most));
        // What is no answer has no key tried on it, and counts as read all the same.
        let most = LOOK_ANSWERS;
        assert_eq!(looked((Bytes::from_static(b"nothing"), next), most), (Ok(Seq(5 + 2 * most as u64)), 0));
        let wide = Bytes::from([&shaped()[..], &[0; 1169]].concat());
        assert_eq!(looked((wide, next), most), (Ok(Seq(5 + 2 * most as u64)), 0));
    }

    #[test]
    fn a_server_that_does_not_go_on_in_the_answers_is_read_no_further() {
        for next in [(|_| 5) as fn(u64) -> u64, |_| 6, |_| 0, |seq| seq / 2] {
            let (came, tried) = looked((shaped(), next), LOOK_ANSWERS);
            assert_eq!(came, Err(Stop::Refused(Refusal::Report(ReportRefusal::NoEnd))));
            assert!(tried <= 1, "{tried} more");
        }
    }

    #[test]
    fn what_the_server_refuses_is_noted_as_undone_and_what_stood_before_stands_again() {
        let file = || "ab".repeat(32);
        let says = |act: DeskAct, before: Option<DeskSays>| -> Vec<DeskSays> {
            undone(&act, before.map(|says| (says, file()))).map(|(says, _)| says).collect()
        };
        assert_eq!(says(DeskAct::Hold { blob: file(), days: 9 }, None), [DeskSays::Released]);
        // Held before, for less: it stays held as it was.
        assert_eq!(says(DeskAct::Hold { blob: file(), days: 9 }, Some(DeskSays::Held)), [DeskSays::Released, DeskSays::Held]);
        assert_eq!(says(DeskAct::Release { blob: file() }, Some(DeskSays::Held)), [DeskSays::Held]);
        assert_eq!(says(DeskAct::Restrict { account: file() }, None), [DeskSays::Lifted]);
        assert_eq!(says(DeskAct::Lift { account: file() }, Some(DeskSays::Restricted)), [DeskSays::Restricted]);
        let close = DeskAct::Close { account: file() };
        assert_eq!(says(close.clone(), None), [DeskSays::Lifted]);
        assert_eq!(says(close, Some(DeskSays::Restricted)), [DeskSays::Lifted, DeskSays::Restricted]);
    }

    /// A server that answers every reading with a page as it is told to.
    struct Shows<P> {
        page: P,
        asked: usize,
    }

    /// Nobody reads so often.
    const ASKED_MAX: usize = 10_000;

    impl<P: Fn(Seq) -> Vec<Record>> Requests for Shows<P> {
        async fn call(&mut self, _: &str, request: &Request) -> Result<Response, Trouble> {
            let Request::ReadLog { after, .. } = request else { panic!("{request:?}") };
            self.asked += 1;
            assert!(self.asked < ASKED_MAX, "it goes on for ever");
            Ok(Response::Page { records: (self.page)(*after), head: Seq(u64::MAX) })
        }

        async fn offset(&mut self, _: &UploadId) -> Result<u64, Trouble> {
            Err(Trouble::Lost)
        }

        async fn patch(&mut self, _: &UploadId, _: u64, _: Bytes) -> Result<(), Trouble> {
            Err(Trouble::Lost)
        }

        async fn get(&mut self, _: &BlobId, _: Range<u64>) -> Result<Vec<u8>, Trouble> {
            Err(Trouble::Lost)
        }
    }

    fn record(seq: u64, bytes: &Bytes) -> Record {
        let (by, c, prev) = (PassHash([1; 32]), Commitment::NONE, Chain::START);
        let stamp = WireStamp { seq: Seq(seq), ms: Millis(1), flag: Flag::Content, by, c, prev, key_id: [0; 8], signature: [0; 64] };
        Record { stamp, record: bytes.clone() }
    }

    /// Nothing here waits: what asks is answered at once.
    fn read(left: u64, page: impl Fn(Seq) -> Vec<Record>) -> (Result<u64, Stop>, usize) {
        let mut server = Shows { page, asked: 0 };
        let mut reading = Reading { log: LogId([3; 32]), pass: PassToken::new([4; 32]), after: Seq(5), left };
        let mut records = 0;
        let done = loop {
            match now(reading.page(&mut server)) {
                Ok(page) if page.is_empty() => break Ok(records),
                Ok(page) => records += page.len() as u64,
                Err(stop) => break Err(stop),
            }
            if reading.is_full() {
                break Ok(records);
            }
        };
        (done, server.asked)
    }

    #[test]
    fn a_server_that_shows_what_it_has_shown_is_asked_no_more() {
        let bytes = Bytes::from_static(b"once more");
        let page = |places: &[u64]| places.iter().map(|seq| record(*seq, &bytes)).collect::<Vec<_>>();
        let no_end = || Err(Stop::Refused(Refusal::Report(ReportRefusal::NoEnd)));
        // What lies behind, in however many pages, and then nothing.
        let honest = |after: Seq| page(&(after.0 + 1..=9).take(2).collect::<Vec<_>>());
        assert_eq!(read(DESK_READ_MAX, honest), (Ok(4), 3));
        assert_eq!(read(DESK_READ_MAX, |_| page(&[6, 7])), (no_end(), 2));
        assert_eq!(read(DESK_READ_MAX, |_| page(&[3, 4])), (no_end(), 1));
        assert_eq!(read(DESK_READ_MAX, |_| page(&[7, 5])), (no_end(), 1));
    }

    #[test]
    fn a_log_without_an_end_is_read_so_far_and_no_further_however_little_is_in_it() {
        let size = (size_of::<Record>() + 1000) as u64;
        let next = |bytes: Vec<u8>| {
            let bytes = Bytes::from(bytes);
            move |after: Seq| vec![record(after.0 + 1, &bytes)]
        };
        assert_eq!(read(10 * size, next(vec![0; 1000])), (Ok(10), 10));
        assert_eq!(read(10 * size + 1, next(vec![0; 1000])), (Ok(11), 11));
        let (read, asked) = read(10 * size, next(vec![]));
        assert!(read.is_ok() && asked > 10, "{asked}");
    }
}
