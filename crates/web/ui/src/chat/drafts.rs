//! What was written and is neither sent nor kept yet: drafts that the device has no room for, and what a refusal gives back. It goes to the chat
//! that it belongs to, whichever is open by then.

use crate::app::App;
use crate::chat::tray::Picked;
use crate::html::prelude::*;
use std::collections::BTreeMap;
use view::{Command, Draft, Query, Refusal, View};

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Drafts {
    /// Newer than what the device has, by chat. As long as this tab is open.
    newer: StoredValue<BTreeMap<i64, Draft>>,
    /// Files that could not be sent from a chat that was left, by chat.
    files: RwSignal<BTreeMap<i64, Vec<Picked>>>,
    /// Where one writes now.
    open: StoredValue<Option<Written>>,
}

/// What is being written in a chat; copies are the same.
#[derive(Clone, Copy)]
pub struct Written {
    pub chat: i64,
    pub text: RwSignal<String>,
    pub reply: RwSignal<Option<i64>>,
    pub edit: RwSignal<Option<i64>>,
}

impl Drafts {
    pub fn new() -> Self {
        Self { newer: StoredValue::new(BTreeMap::new()), files: RwSignal::new(BTreeMap::new()), open: StoredValue::new(None) }
    }

    pub fn forget(self) {
        self.newer.set_value(BTreeMap::new());
        self.files.set(BTreeMap::new());
    }

    /// One writes here from now on. Gives what is newer than what the device has.
    pub fn begin(self, written: Written) -> Option<Draft> {
        self.open.set_value(Some(written));
        self.newer.with_value(|newer| newer.get(&written.chat).cloned())
    }

    /// The chat was left, unless another one is open already.
    pub fn end(self, written: Written) {
        self.open.update_value(|open| {
            if open.is_some_and(|open| open.text == written.text) {
                *open = None;
            }
        });
    }

    /// Files that come back to a chat. Whoever calls this is run again when there are some.
    pub fn take_files(self, chat: i64) -> Vec<Picked> {
        if self.files.with(|files| !files.contains_key(&chat)) {
            return vec![];
        }
        self.files.try_update(|files| files.remove(&chat)).flatten().unwrap_or_default()
    }

    /// Files come back to a chat, which takes them as soon as it is open.
    pub fn give_files(self, chat: i64, mut back: Vec<Picked>) {
        self.files.update(|files| files.entry(chat).or_default().append(&mut back));
    }

    fn written(self, chat: i64) -> Option<Written> {
        self.open.get_value().filter(|open| open.chat == chat && !open.text.is_disposed())
    }
}

/// Has a draft kept. One that is refused for want of room stays in this tab.
pub fn save(app: App, chat: i64, draft: Draft) {
    let newer = app.drafts.newer;
    newer.update_value(|newer| drop(newer.insert(chat, draft.clone())));
    app.try_act(Command::SaveDraft { chat, draft: draft.clone() }, move |done| {
        if matches!(done, Err(Refusal::DiskFull)) {
            return;
        }
        newer.update_value(|newer| {
            // What was written since is on its way.
            if newer.get(&chat) == Some(&draft) {
                newer.remove(&chat);
            }
        });
    });
}

/// Words that were refused come back before what was written since, with what they answer.
pub fn give_back(app: App, chat: i64, words: String, reply: Option<i64>) {
    if words.is_empty() && reply.is_none() {
        return;
    }
    change(app, chat, move |draft| Draft {
        text: in_front(&words, &draft.text),
        reply: reply.or(draft.reply),
        // A change that was begun since would take the words for its own: it goes on as something new.
        edit: None,
    });
}

/// A change was made. What is written by now is left alone; what the chat holds as it was sent is gone.
pub fn changed(app: App, chat: i64, sent: Draft) {
    change(app, chat, move |draft| {
        let same = draft.edit == sent.edit && draft.text == sent.text;
        if same { Draft::default() } else { draft }
    });
}

/// Changes what is written in a chat: where one writes, or else what is kept of it.
fn change(app: App, chat: i64, how: impl FnOnce(Draft) -> Draft + 'static) {
    if let Some(written) = app.drafts.written(chat) {
        return written.change(how);
    }
    app.ask(Query::Chat { chat }, move |view| {
        // It may have been opened meanwhile.
        if let Some(written) = app.drafts.written(chat) {
            return written.change(how);
        }
        let View::Chat(Some(detail)) = view else { return };
        let newer = app.drafts.newer.with_value(|newer| newer.get(&chat).cloned());
        let before = newer.or(detail.line.draft).unwrap_or_default();
        let after = how(before.clone());
        if after != before {
            save(app, chat, after);
        }
    });
}

impl Written {
    fn change(self, how: impl FnOnce(Draft) -> Draft) {
        let Self { text, reply, edit, .. } = self;
        let before = Draft { text: text.get_untracked(), reply: reply.get_untracked(), edit: edit.get_untracked() };
        let after = how(before.clone());
        if after != before {
            text.set(after.text);
            reply.set(after.reply);
            edit.set(after.edit);
        }
    }
}

fn in_front(back: &str, written: &str) -> String {
    match (back.is_empty(), written.trim().is_empty()) {
        (true, _) => written.to_owned(),
        (false, true) => back.to_owned(),
        (false, false) => format!("{back}\n{written}"),
    }
}
