//! What stands out in a chat, for the person alone: looked for when it is asked, in what is shown, and forgotten with the answer.

use crate::client::{Client, Fault};
use crate::message::words;
use crate::settings;
use franking::SignedState;
use rusqlite::{Params, params};
use safety::age::Band;
use safety::cues::{self, CONVERSATION, Cues, DATA, Line, Speaker};
use std::collections::BTreeMap;
use view::{AgeRow, ChatDetail, ChatKind, How, Knows, Looking, MessageState, Note, Noticed, Structure};
use wire::content::{Content, Kind};
use wire::limits::DAY;
use wire::{AccountId, Millis};

/// What was said longer ago comes by itself no more.
const FRESH_DAYS: u64 = 1;
const WEEK: u64 = 7 * DAY;
/// Of a day so many messages are looked at beside the newest, the oldest first: what is said afterwards, however much, pushes nothing out.
const A_DAY_MAX: u64 = 2_000;

/// Of a message `m`; `?3` is the kind of an edit.
const SAID: &str = "m.id, m.mine, m.text, m.account, m.edited,
    max(COALESCE(m.stamped, m.sent), CASE WHEN m.edited = 1 THEN COALESCE((SELECT max(c.stamped) FROM message c
        WHERE c.chat = m.chat AND c.target = m.message_id AND c.account = m.account AND c.kind = ?3), 0) ELSE 0 END)";
/// `?2` is the state of a line that nobody said; `?4`: also what was taken back.
const HAS_WORDS: &str = "m.shown = 1 AND m.text <> '' AND m.state <> ?2 AND (?4 OR m.deleted IS NULL)";

struct Said {
    id: i64,
    account: AccountId,
    mine: bool,
    text: String,
    edited: bool,
    /// When the server had it, or its newest words: what its sender says of the time counts for nothing.
    at: u64,
}

/// Which words of a chat are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those that are shown.
    Shown,
    /// Those that their sender took back or wrote anew as well.
    Ever,
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
        let said = self.said(now, chat, FRESH_DAYS, Which::Shown)?;
        let lines = lines(&said);
        let book = self.cues.get_or_init(|| Cues::read(DATA).ok());
        // The data is compiled in and read by a test: without it there is nothing to look for.
        let Some(book) = book else { return Ok(nothing) };
        let noticed = book.look(knows, &lines);
        let found: Vec<&cues::Finding<'_>> = match looking {
            Looking::Asked => noticed.asked().collect(),
            Looking::Unasked => unasked(now, &said, &noticed),
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

    /// Whether something was said so short a time ago that is shown unasked to this person, whether it is still shown or not.
    pub(crate) fn stood_out(&self, now: Millis, chat: i64, days: u64) -> Result<bool, Fault> {
        if settings::band(&self.db, now)? == Band::Adult {
            return Ok(false);
        }
        let Some(detail) = self.chat_detail(chat)? else { return Ok(false) };
        let Some(book) = self.cues.get_or_init(|| Cues::read(DATA).ok()) else { return Ok(false) };
        let said = self.said(now, chat, days, Which::Ever)?;
        let noticed = book.look(self.knows_in(&detail)?, &lines(&said));
        Ok(noticed.unasked().any(|finding| is_fresh(now, &said, finding, days)))
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

    /// What is looked at of a chat, in its order: the newest messages, and of the last days what came or was changed.
    fn said(&self, now: Millis, chat: i64, days: u64, which: Which) -> Result<Vec<Said>, Fault> {
        let (notice, edit, gone) = (MessageState::Notice.name(), Kind::Edit.number(), which == Which::Ever);
        let (since, most) = (since(now, days) as i64, (days * A_DAY_MAX) as i64);
        let newest = format!("SELECT {SAID} FROM message m WHERE m.chat = ?1 AND {HAS_WORDS} ORDER BY m.id DESC LIMIT ?5");
        let came = format!(
            "SELECT {SAID} FROM message m INDEXED BY message_stamped
             WHERE m.chat = ?1 AND m.stamped > ?6 AND {HAS_WORDS} ORDER BY m.stamped LIMIT ?5"
        );
        let changed = format!(
            "SELECT {SAID} FROM message e INDEXED BY message_stamped
             CROSS JOIN message m ON m.chat = e.chat AND m.message_id = e.target AND m.account = e.account
             WHERE e.chat = ?1 AND e.stamped > ?6 AND e.kind = ?3 AND {HAS_WORDS} ORDER BY e.stamped LIMIT ?5"
        );
        let mut found = BTreeMap::new();
        self.look_up(&newest, params![chat, notice, edit, gone, CONVERSATION as i64], &mut found)?;
        for query in [came, changed] {
            self.look_up(&query, params![chat, notice, edit, gone, most, since], &mut found)?;
        }
        let mut all = Vec::with_capacity(found.len());
        for said in found.into_values() {
            if which == Which::Ever && said.edited {
                all.extend(self.words_before(&said)?);
            }
            all.push(said);
        }
        Ok(all)
    }

    fn look_up(&self, query: &str, params: impl Params, found: &mut BTreeMap<i64, Said>) -> Result<(), Fault> {
        let mut statement = self.db.prepare_cached(query)?;
        let rows = statement.query_map(params, |row| {
            Ok(Said {
                id: row.get(0)?,
                mine: row.get(1)?,
                text: row.get(2)?,
                account: AccountId(row.get(3)?),
                edited: row.get(4)?,
                at: row.get::<_, i64>(5)?.max(0) as u64,
            })
        })?;
        for said in rows {
            let said = said?;
            found.insert(said.id, said);
        }
        Ok(())
    }

    /// What a message said before its sender wrote it anew, the first words first.
    fn words_before(&self, said: &Said) -> Result<Vec<Said>, Fault> {
        let first = "SELECT content FROM message WHERE id = ?1";
        let first: Vec<u8> = self.db.prepare_cached(first)?.query_row([said.id], |row| row.get(0))?;
        let first = Content::decode_with(&first, self.config.kinds).ok().map(|content| words(&content));
        let edits = "SELECT e.text FROM message m JOIN message e ON e.chat = m.chat AND e.target = m.message_id AND e.account = m.account
                     WHERE m.id = ?1 AND e.kind = ?2 ORDER BY e.id";
        let mut statement = self.db.prepare_cached(edits)?;
        let edits: Vec<String> = statement.query_map(params![said.id, Kind::Edit.number()], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let before = first.into_iter().chain(edits).filter(|text| *text != said.text);
        Ok(before.map(|text| Said { text, ..*said }).collect())
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
        // Where one knows nobody else, that there is no group in common says nothing. A new account is told of always: how old the server is cannot be
        // known here, and who is new on an old one is to hear it most of all.
        let others = "SELECT EXISTS (SELECT 1 FROM chat WHERE state = 'active' AND (kind = 'group' OR peer <> ?1))";
        let shared = "SELECT EXISTS (SELECT 1 FROM member m JOIN chat h ON h.id = m.chat WHERE m.account = ?1 AND h.kind = 'group' AND h.state = 'active')";
        let exists = |query: &str| self.db.prepare_cached(query)?.query_row([peer.0], |row| row.get::<_, bool>(0));
        if exists(others)? && !exists(shared)? {
            found.push(Structure::NoSharedGroups);
        }
        if self.is_new(now, &peer)? {
            found.push(Structure::AccountThisWeek);
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

/// The time so many days ago.
fn since(now: Millis, days: u64) -> u64 {
    now.0.saturating_sub(days * DAY)
}

fn is_fresh(now: Millis, said: &[Said], finding: &cues::Finding<'_>, days: u64) -> bool {
    said.get(finding.line).is_some_and(|said| said.at > since(now, days))
}

/// Of what was said within a day: every hard cue, and one other a day, the first of that day.
fn unasked<'f, 'b>(now: Millis, said: &[Said], noticed: &'f cues::Noticed<'b>) -> Vec<&'f cues::Finding<'b>> {
    let mut soft = false;
    let fresh = noticed.unasked().filter(|finding| is_fresh(now, said, finding, FRESH_DAYS));
    fresh.filter(|finding| noticed.is_hard(finding) || !std::mem::replace(&mut soft, true)).collect()
}

fn note(said: &[Said], finding: &cues::Finding<'_>) -> Option<Note> {
    let said = said.get(finding.line)?;
    let quote = said.text.get(finding.quote.clone())?.trim().to_owned();
    Some(Note { message: said.id, quote, why: finding.why.to_owned(), what: finding.what.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Hash32;

    /// Each version of the cues, and the hash of what it was first. Whoever changes the data gives it the next number, and adds a line.
    const VERSIONS: [(u32, &str); 1] = [(1, "f078aae052baf5989695c7a2fc505b72e216d56bedd1703eeb2e2c00b77233e5")];

    #[test]
    fn cues_that_changed_have_another_version() {
        let version = Cues::read(DATA).unwrap().version();
        let hash = Hash32::of(DATA.as_bytes()).to_string();
        assert_eq!(VERSIONS.last(), Some(&(version, hash.as_str())), "the next version is due in cues.txt, and a line here");
        assert!(VERSIONS.windows(2).all(|two| two[0].0 < two[1].0), "no version has two lines");
    }
}
