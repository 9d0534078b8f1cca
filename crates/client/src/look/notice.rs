//! What stands out in a chat, for the person alone: looked for when it is asked, in what is shown, and forgotten with the answer.

use crate::client::{Client, Fault};
use crate::settings;
use franking::SignedState;
use rusqlite::params;
use safety::age::Band;
use safety::cues::{self, Cues, DATA, Line, Speaker, Strength};
use view::{AgeRow, ChatDetail, ChatKind, How, Knows, Looking, MessageState, Note, Noticed, Structure};
use wire::{AccountId, Millis};

/// Messages that are looked at: before them a conversation was another.
const LOOKED_AT: u32 = 120;
/// What was said longer ago comes by itself no more.
const FRESH: u64 = 24 * 60 * 60 * 1000;
const WEEK: u64 = 7 * FRESH;
/// So long after it met somebody first a device says nothing of new accounts and shared groups: where all is new, neither means anything.
const SETTLED: u64 = 14 * FRESH;

struct Said {
    id: i64,
    account: AccountId,
    mine: bool,
    text: String,
    sent: u64,
}

impl Client {
    pub(super) fn age(&self, now: Millis) -> Result<AgeRow, Fault> {
        Ok(AgeRow { born: settings::born(&self.db)?, ages: settings::ages(settings::band(&self.db, now)?) })
    }

    /// What stands out. Nobody who is an adult is told unasked.
    pub(super) fn notice(&self, now: Millis, chat: i64, looking: Looking) -> Result<Noticed, Fault> {
        let detail = self.chat_detail(chat)?;
        let structure = detail.as_ref().map(|detail| self.structure(now, detail)).transpose()?.unwrap_or_default();
        let band = settings::band(&self.db, now)?;
        let nothing = Noticed { structure, notes: vec![], version: 0, messages: 0, ages: settings::ages(band) };
        if looking == Looking::Unasked && band == Band::Adult {
            return Ok(nothing);
        }
        let Some(detail) = detail else { return Ok(nothing) };
        let knows = self.knows_in(&detail)?;
        let said = self.said(chat)?;
        let lines = lines(&said);
        let book = self.cues.get_or_init(|| Cues::read(DATA).ok());
        // The data is compiled in and read by a test: without it there is nothing to look for.
        let Some(book) = book else { return Ok(nothing) };
        let noticed = book.look(knows, &lines);
        let found: Vec<&cues::Finding<'_>> = match looking {
            Looking::Asked => noticed.asked().collect(),
            Looking::Unasked => unasked(now, &said, noticed.unasked()),
        };
        let mut notes: Vec<Note> = found.into_iter().filter_map(|finding| note(&said, finding)).collect();
        // What is hidden in the chat is hidden in a quote of it.
        let cover = self.cover(now)?;
        for note in &mut notes {
            if let Some(said) = said.iter().find(|said| said.id == note.message && !said.mine) {
                self.mask_text(&cover, chat, &said.account.to_string(), &mut note.quote)?;
            }
        }
        // What says the same of one message is said once, by the longest quote.
        notes.sort_by_key(|note| (std::cmp::Reverse(note.message), note.why.clone(), std::cmp::Reverse(note.quote.len())));
        notes.dedup_by(|next, kept| next.message == kept.message && next.why == kept.why);
        Ok(Noticed { notes, version: book.version(), messages: lines.len() as u32, ..nothing })
    }

    /// Whether something was said so short a time ago that is shown unasked to this person.
    pub(crate) fn stood_out(&self, now: Millis, chat: i64, within: u64) -> Result<bool, Fault> {
        if settings::band(&self.db, now)? == Band::Adult {
            return Ok(false);
        }
        let Some(detail) = self.chat_detail(chat)? else { return Ok(false) };
        let Some(book) = self.cues.get_or_init(|| Cues::read(DATA).ok()) else { return Ok(false) };
        let said = self.said(chat)?;
        let noticed = book.look(self.knows_in(&detail)?, &lines(&said));
        let fresh = |finding: &cues::Finding<'_>| said.get(finding.line).is_some_and(|said| now.0.saturating_sub(said.sent) < within);
        Ok(noticed.unasked().any(fresh))
    }

    /// As the cues ask it: whoever was not said to be known in life is not. A group is like life unless somebody in it was said not to be.
    fn knows_in(&self, detail: &ChatDetail) -> Result<cues::Knows, Fault> {
        let online = match detail.line.row.kind {
            ChatKind::Two => view::is_only_online(detail.knows),
            ChatKind::Group => {
                let mut online = false;
                for member in detail.members.iter().filter(|member| !member.me) {
                    let Some(account) = AccountId::from_hex(&member.row.account) else { continue };
                    online |= matches!(self.stance(detail.line.row.id, &account)?.0, Some(Knows::Online | Knows::Unsure));
                }
                online
            }
        };
        Ok(if online { cues::Knows::Online } else { cues::Knows::InLife })
    }

    fn said(&self, chat: i64) -> Result<Vec<Said>, Fault> {
        let mut statement = self.db.prepare_cached(
            "SELECT id, mine, text, sent, account FROM message
             WHERE chat = ?1 AND shown = 1 AND deleted IS NULL AND text <> '' AND state <> ?2 ORDER BY id DESC LIMIT ?3",
        )?;
        let rows = statement.query_map(params![chat, MessageState::Notice.name(), LOOKED_AT], |row| {
            Ok(Said {
                id: row.get(0)?,
                mine: row.get(1)?,
                text: row.get(2)?,
                sent: row.get::<_, i64>(3)?.max(0) as u64,
                account: AccountId(row.get(4)?),
            })
        })?;
        let mut said: Vec<Said> = rows.collect::<Result<_, _>>()?;
        said.reverse();
        Ok(said)
    }

    /// What is so without a word, of a chat of two with somebody who was not said to be known in life.
    fn structure(&self, now: Millis, detail: &ChatDetail) -> Result<Vec<Structure>, Fault> {
        let Some(peer) = detail.line.peer.as_deref().and_then(AccountId::from_hex) else { return Ok(vec![]) };
        let mut found = vec![match detail.knows {
            Some(Knows::InLife) => return Ok(vec![]),
            Some(Knows::Online) => Structure::OnlyOnline,
            Some(Knows::Unsure) => Structure::NotSure,
            None => Structure::NotSaid,
        }];
        match detail.met.as_ref().map(|met| met.how) {
            Some(How::MyLink) => found.push(Structure::ByMyLink),
            Some(How::TheirLink) => found.push(Structure::ByTheirLink),
            Some(How::Group) | None => {}
        }
        let first: Option<i64> = self.db.prepare_cached("SELECT min(met) FROM contact WHERE met > 0")?.query_row([], |row| row.get(0))?;
        let settled = first.is_some_and(|first| now.0 >= (first.max(0) as u64).saturating_add(SETTLED));
        if settled {
            let shared = "SELECT EXISTS (SELECT 1 FROM member m JOIN chat h ON h.id = m.chat WHERE m.account = ?1 AND h.kind = 'group' AND h.state = 'active')";
            if !self.db.prepare_cached(shared)?.query_row([peer.0], |row| row.get::<_, bool>(0))? {
                found.push(Structure::NoSharedGroups);
            }
            if self.is_new(now, &peer)? {
                found.push(Structure::AccountThisWeek);
            }
        }
        Ok(found)
    }

    /// Whether the first state that an account signed is of this week. Of one that signed more since, nothing is said.
    fn is_new(&self, now: Millis, account: &AccountId) -> Result<bool, Fault> {
        let state: Option<Vec<u8>> =
            self.db.prepare_cached("SELECT state FROM contact WHERE account = ?1")?.query_row([account.0], |row| row.get(0))?;
        let valid = state.and_then(|bytes| SignedState::from_bytes(&bytes).ok()?.verify().ok());
        Ok(valid.is_some_and(|valid| valid.is_first().is_ok() && now.since(valid.state().t) < WEEK))
    }
}

fn lines(said: &[Said]) -> Vec<Line<'_>> {
    said.iter().map(|said| Line { who: if said.mine { Speaker::Own } else { Speaker::Other }, text: &said.text }).collect()
}

/// Of what was said within a day: every hard cue, and one other a day, the first of that day.
fn unasked<'f, 'b: 'f>(now: Millis, said: &[Said], found: impl Iterator<Item = &'f cues::Finding<'b>>) -> Vec<&'f cues::Finding<'b>> {
    let mut soft = false;
    let fresh = |finding: &&cues::Finding<'_>| said.get(finding.line).is_some_and(|said| now.0.saturating_sub(said.sent) < FRESH);
    found.filter(fresh).filter(|finding| finding.strength == Strength::Hard || !std::mem::replace(&mut soft, true)).collect()
}

fn note(said: &[Said], finding: &cues::Finding<'_>) -> Option<Note> {
    let said = said.get(finding.line)?;
    let quote = said.text.get(finding.quote.clone())?.trim().to_owned();
    Some(Note { message: said.id, quote, why: finding.why.to_owned(), what: finding.what.to_owned() })
}
