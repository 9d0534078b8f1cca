//! Reading logs and listening to them.

use super::{Gate, Worked, reading};
use crate::hub::conn::Sub;
use crate::store::{Cursor, LogKey, PassView, Reads, Span};
use std::cmp::Reverse;
use wire::call::{News, Refusal, Response, Subscription};
use wire::{LogId, Millis, PassHash, Seq, limits};

impl Gate {
    pub(super) fn read_log(&self, reads: &mut dyn Reads, log: &LogId, pass: &PassHash, after: Seq, limit: u32) -> Result<Worked, Refusal> {
        let view = reading(reads.pass(log, pass, Some(after))?)?;
        let records = usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, limits::PAGE_RECORDS);
        let page = reads.page(Span { log: LogKey::of(log), after, to: view.head, records, bytes: limits::PAGE_BYTES })?;
        let records = page.records.iter().map(|entry| entry.record(self.keys.stamps())).collect();
        Ok(Worked::Answer(Response::Page { records, head: view.head }))
    }
}

/// Which subscriptions stand, and which of them have news: the newest chat first.
pub fn subscribe(reads: &mut dyn Reads, entries: Vec<Subscription>) -> Result<Worked, Refusal> {
    let (mut subs, mut moved, mut gone) = (Vec::with_capacity(entries.len()), Vec::new(), Vec::new());
    for entry in &entries {
        let pass = entry.pass.hash();
        let Ok(view) = reading(reads.pass(&entry.log, &pass, Some(entry.cursor))?) else {
            gone.push(entry.number);
            continue;
        };
        // What the client holds it need not be kept for.
        let seq = entry.cursor.min(view.head);
        if seq > view.cursor {
            moved.push(Cursor { log: LogKey::of(&entry.log), pass, seq });
        }
        if view.ended.is_some_and(|end| entry.cursor >= end) {
            gone.push(entry.number);
        } else {
            subs.push(Subscribed::new(entry, pass, view));
        }
    }
    subs.sort_by_key(|sub| Reverse(sub.newest));
    let news = subs.iter().filter_map(|sub| sub.news).collect();
    let subs = subs.into_iter().map(|sub| sub.sub).collect();
    Ok(Worked::Subscribed(subs, moved, Response::Subscribed { news, gone }))
}

struct Subscribed {
    sub: Sub,
    news: Option<News>,
    newest: Millis,
}

impl Subscribed {
    fn new(entry: &Subscription, pass: PassHash, view: PassView) -> Self {
        let news = News { number: entry.number, head: view.head, first: view.first };
        Self {
            sub: Sub::new(entry.number, LogKey::of(&entry.log), pass, entry.cursor, view.head),
            // Of a log that ends before what the client holds it is told as well: this server has lost records, and must not hide it.
            news: (view.head != entry.cursor).then_some(news),
            newest: view.newest,
        }
    }
}
