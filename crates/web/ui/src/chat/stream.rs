//! A window onto the messages of one chat: what is loaded, kept fresh while it is shown.

use crate::app::App;
use crate::html::prelude::*;
use crate::time;
use std::collections::{HashMap, HashSet};
use view::{Bubble, Command, Event, Page, Query, View, Window};

/// Messages loaded at once, and kept in the page at most.
const PAGE: u32 = 50;
const KEPT_MAX: usize = 300;

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Stream {
    app: App,
    pub chat: i64,
    /// More than two can speak: each says who it is.
    pub group: Memo<bool>,
    /// In order, oldest first.
    ids: RwSignal<Vec<i64>>,
    /// Of these messages alone: what is scrolled away is forgotten.
    bubbles: StoredValue<HashMap<i64, ArcRwSignal<Bubble>>>,
    pub earlier: RwSignal<bool>,
    pub later: RwSignal<bool>,
    pub loaded: RwSignal<bool>,
    loading: StoredValue<bool>,
    /// The end is being asked for; what comes meanwhile is asked for afterwards, once.
    ending: StoredValue<Ending>,
    /// The newest that was told to have been read.
    told: StoredValue<i64>,
    /// What had not been read when the chat was opened begins here.
    fresh: RwSignal<Option<i64>>,
    /// The message to be brought into view, once.
    pub aim: RwSignal<Option<Aim>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The end, wherever one is.
    Newest,
    /// The end, for whoever is near it.
    Follow,
    /// With the focus on it.
    Message(i64),
    /// Seen, while the focus stays where one searches.
    Found(i64),
    /// The first that is new.
    Unread(i64),
    /// What was at the top stays where it was, so many pixels below the top of the window.
    Stay(i64, i32),
}

/// How far asking for the end is. However much comes at once, one question is under way and one waits at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ending {
    asked: bool,
    again: bool,
    /// Whoever wrote goes with what they wrote, wherever they are.
    wrote: bool,
}

/// One row of the stream; equal rows look the same around their message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    pub id: i64,
    /// The first of its day: when that day begins.
    pub day: Option<u64>,
    /// The first that had not been read when the chat was opened.
    pub fresh: bool,
    /// Said by the same person as the one before, soon after.
    pub joined: bool,
}

/// Where a message stands in the window, in pixels from the top.
pub fn place_of(message: i64) -> i32 {
    let found = document().query_selector(&format!(".stream [data-message=\"{message}\"]")).ok().flatten();
    found.map_or(0, |element| element.get_bounding_client_rect().top() as i32)
}

/// Messages of one person within this time stand together.
const JOINED_MS: u64 = 5 * 60 * 1000;

impl Stream {
    pub fn open(app: App, chat: i64) -> Self {
        let stream = Self {
            app,
            chat,
            group: Memo::new(move |_| {
                app.chats.with(|chats| chats.iter().any(|line| line.row.id == chat && line.row.kind == view::ChatKind::Group))
            }),
            ids: RwSignal::new(vec![]),
            bubbles: StoredValue::new(HashMap::new()),
            earlier: RwSignal::new(false),
            later: RwSignal::new(false),
            loaded: RwSignal::new(false),
            loading: StoredValue::new(false),
            ending: StoredValue::new(Ending::default()),
            told: StoredValue::new(i64::MIN),
            fresh: RwSignal::new(None),
            aim: RwSignal::new(None),
        };
        app.listen(move |event| stream.heard(event));
        Effect::new(move |_| match app.jump.get() {
            Some((to, message)) if to == chat => {
                app.jump.set(None);
                stream.go_to(message);
            }
            _ => {}
        });
        Effect::new(move |_| match app.day.get() {
            Some((to, start)) if to == chat => {
                app.day.set(None);
                stream.go_to_day(start);
            }
            _ => {}
        });
        let elsewhere =
            app.jump.get_untracked().is_some_and(|(to, _)| to == chat) || app.day.get_untracked().is_some_and(|(to, _)| to == chat);
        let unread = app.chats.with_untracked(|chats| chats.iter().any(|line| line.row.id == chat && line.row.unread > 0));
        match (elsewhere, unread) {
            (true, _) => {}
            (false, true) => stream.go_to_unread(),
            (false, false) => stream.go_to_newest(),
        }
        stream
    }

    /// Asks for this chat; what comes when the chat was left is nobody's.
    fn ask(&self, query: Query, then: impl FnOnce(View) + 'static) {
        let ids = self.ids;
        self.app.ask(query, move |view| {
            if !ids.is_disposed() {
                then(view);
            }
        });
    }

    /// The rows to be shown.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let mut before: Option<Bubble> = None;
        for id in self.ids.get() {
            let Some(bubble) = self.bubble(id).map(|bubble| bubble.get_untracked()) else { continue };
            let day = time::day_of(bubble.row.sent_ms);
            let new_day = before.as_ref().is_none_or(|before| time::day_of(before.row.sent_ms) != day);
            let fresh = self.fresh.get() == Some(id);
            let joined = !new_day
                && !fresh
                && before.as_ref().is_some_and(|before| {
                    before.sender.account == bubble.sender.account
                        && before.row.kind != view::MessageKind::Notice
                        && bubble.row.sent_ms.saturating_sub(before.row.sent_ms) < JOINED_MS
                });
            rows.push(Row { id, day: new_day.then_some(day), fresh, joined });
            before = Some(bubble);
        }
        rows
    }

    pub fn bubble(&self, id: i64) -> Option<ArcRwSignal<Bubble>> {
        self.bubbles.with_value(|bubbles| bubbles.get(&id).cloned())
    }

    /// The same; whoever looks is run again when messages come or go.
    pub fn bubble_when_here(&self, id: i64) -> Option<ArcRwSignal<Bubble>> {
        self.ids.with(|ids| ids.contains(&id)).then(|| self.bubble(id)).flatten()
    }

    pub fn newest(&self) -> Option<i64> {
        self.ids.with_untracked(|ids| ids.last().copied())
    }

    /// What is shown takes more or less room than before: whoever is at the end stays there. Whoever is on the way elsewhere goes there.
    fn settle(&self) {
        if self.aim.with_untracked(Option::is_none) {
            self.aim.set(Some(Aim::Follow));
        }
    }

    /// What this person said last, of all that is loaded.
    pub fn newest_own(&self) -> Option<Bubble> {
        let bubbles = self.ids.with_untracked(|ids| ids.clone()).into_iter().rev();
        bubbles.filter_map(|id| Some(self.bubble(id)?.get_untracked())).find(|bubble| bubble.row.mine)
    }

    pub fn go_to_newest(&self) {
        self.load(Window::Newest, Some(Aim::Newest));
    }

    fn go_to_unread(&self) {
        let stream = *self;
        self.ask(Query::Messages { chat: self.chat, window: Window::Unread, limit: PAGE }, move |view| {
            let View::Messages(page) = view else { return };
            let first = page.messages.iter().find(|bubble| bubble.row.unread && !bubble.row.mine).map(|bubble| bubble.row.id);
            stream.fresh.set(first);
            stream.replace(page);
            stream.aim.set(Some(first.map_or(Aim::Newest, Aim::Unread)));
        });
    }

    pub fn go_to(&self, message: i64) {
        self.bring(message, Aim::Message(message));
    }

    /// Shows a message without leaving where one is.
    pub fn show(&self, message: i64) {
        self.bring(message, Aim::Found(message));
    }

    fn bring(&self, message: i64, aim: Aim) {
        if self.ids.with_untracked(|ids| ids.contains(&message)) {
            self.aim.set(Some(aim));
        } else {
            self.load(Window::Around(message), Some(aim));
        }
    }

    /// Goes to the first message of a day, or after it.
    pub fn go_to_day(&self, start_ms: u64) {
        let stream = *self;
        let window = Window::From(start_ms);
        self.ask(Query::Messages { chat: self.chat, window, limit: PAGE }, move |view| {
            if let View::Messages(page) = view {
                let first = page.messages.first().filter(|bubble| bubble.row.sent_ms >= start_ms).map(|bubble| bubble.row.id);
                stream.replace(page);
                stream.aim.set(Some(first.map_or(Aim::Newest, Aim::Message)));
            }
        });
    }

    pub fn load_earlier(&self) {
        let first = self.ids.with_untracked(|ids| ids.first().copied());
        if let (Some(first), true) = (first, self.earlier.get_untracked()) {
            self.load(Window::Before(first), Some(Aim::Stay(first, 0)));
        }
    }

    pub fn load_later(&self) {
        if let (Some(last), true) = (self.newest(), self.later.get_untracked()) {
            self.load(Window::After(last), None);
        }
    }

    fn load(&self, window: Window, aim: Option<Aim>) {
        match self.loading.try_get_value() {
            // The chat was left.
            None => return,
            Some(true) if matches!(window, Window::Before(_) | Window::After(_)) => return,
            Some(_) => {}
        }
        self.loading.set_value(true);
        let stream = *self;
        self.ask(Query::Messages { chat: self.chat, window, limit: PAGE }, move |view| {
            stream.loading.set_value(false);
            let View::Messages(page) = view else { return };
            let aim = aim.map(|aim| match aim {
                Aim::Stay(id, _) => Aim::Stay(id, place_of(id)),
                aim => aim,
            });
            match window {
                // What is shown may be another part of the chat by now.
                Window::Before(first) if stream.ids.with_untracked(|ids| ids.first() != Some(&first)) => return,
                Window::After(last) if stream.newest() != Some(last) => return,
                Window::Before(_) => stream.put_before(page),
                Window::After(_) => stream.put_after(page),
                Window::Newest | Window::Unread | Window::Around(_) | Window::From(_) => stream.replace(page),
            }
            if aim.is_some() {
                stream.aim.set(aim);
            }
        });
    }

    fn replace(&self, page: Page) {
        self.earlier.set(page.earlier);
        self.later.set(page.later);
        let ids = page.messages.iter().map(|bubble| bubble.row.id).collect();
        self.keep(page.messages);
        self.ids.set(ids);
        self.forget();
        self.loaded.set(true);
    }

    /// Keeps only what is in the window. Rows that are just going hold theirs until they are gone.
    fn forget(&self) {
        let wanted: HashSet<i64> = self.ids.with_untracked(|ids| ids.iter().copied().collect());
        self.bubbles.update_value(|bubbles| bubbles.retain(|id, _| wanted.contains(id)));
    }

    fn put_before(&self, page: Page) {
        self.earlier.set(page.earlier);
        let mut ids: Vec<i64> = page.messages.iter().map(|bubble| bubble.row.id).collect();
        self.keep(page.messages);
        self.ids.update(|known| {
            ids.append(known);
            if ids.len() > KEPT_MAX {
                ids.truncate(KEPT_MAX);
                self.later.set(true);
            }
            *known = ids;
        });
        self.forget();
    }

    fn put_after(&self, page: Page) {
        self.later.set(page.later);
        let ids: Vec<i64> = page.messages.iter().map(|bubble| bubble.row.id).collect();
        self.keep(page.messages);
        self.ids.update(|known| {
            known.extend(ids);
            let over = known.len().saturating_sub(KEPT_MAX);
            if over > 0 {
                known.drain(..over);
                self.earlier.set(true);
            }
        });
        self.forget();
    }

    fn keep(&self, messages: Vec<Bubble>) {
        for mut bubble in messages {
            // It looks the same read and unread; what had not been read begins at `fresh`.
            bubble.row.unread = false;
            let known = self.bubble(bubble.row.id);
            match known {
                // What is as it was is not drawn again.
                Some(signal) if signal.with_untracked(|before| *before == bubble) => {}
                Some(signal) => signal.set(bubble),
                None => {
                    let id = bubble.row.id;
                    let signal = ArcRwSignal::new(bubble);
                    self.bubbles.update_value(|bubbles| {
                        bubbles.insert(id, signal);
                    });
                }
            }
        }
    }

    fn heard(&self, event: &Event) {
        match event {
            Event::Arrived { chat, .. } | Event::MessageChanged { chat, .. } | Event::ChatChanged { chat } if *chat == self.chat => {}
            Event::Transfer { message, .. } if self.bubble(*message).is_some() => {}
            _ => return,
        }
        match event {
            Event::MessageChanged { message, .. } | Event::Transfer { message, .. } if self.bubble(*message).is_some() => {
                self.refresh_one(*message);
            }
            // Something new belongs below what is shown, if the end is shown.
            _ if !self.later.get_untracked() => self.refresh_end(),
            _ => {}
        }
    }

    fn refresh_one(&self, message: i64) {
        let stream = *self;
        self.ask(Query::Message { message }, move |view| match view {
            View::Message(Some(bubble)) => {
                stream.keep(vec![*bubble]);
                stream.settle();
            }
            View::Message(None) => stream.ids.update(|ids| ids.retain(|id| *id != message)),
            _ => {}
        });
    }

    /// Somebody here has just sent something: it is shown when it is there.
    pub fn wrote(&self) {
        match self.later.try_get_untracked() {
            Some(true) => self.go_to_newest(),
            Some(false) => {
                self.ending.update_value(|ending| ending.wrote = true);
                self.refresh_end();
            }
            // The chat was left before the answer came.
            None => {}
        }
    }

    fn refresh_end(&self) {
        let stream = *self;
        let Some(before) = self.ending.try_get_value() else { return };
        self.ending.set_value(Ending { asked: true, again: before.asked, ..before });
        if before.asked {
            return;
        }
        self.ask(Query::Messages { chat: self.chat, window: Window::Newest, limit: PAGE }, move |view| {
            let Ending { again, wrote, .. } = stream.ending.get_value();
            stream.ending.set_value(Ending { wrote: wrote && again, ..Ending::default() });
            if again {
                stream.refresh_end();
            }
            let View::Messages(page) = view else { return };
            if stream.later.get_untracked() {
                return;
            }
            let first = page.messages.first().map(|bubble| bubble.row.id);
            let ids: Vec<i64> = page.messages.iter().map(|bubble| bubble.row.id).collect();
            let before = stream.newest();
            stream.keep(page.messages);
            let mut shown = stream.ids.get_untracked();
            match first {
                Some(first) => shown.retain(|id| *id < first),
                None => shown.clear(),
            }
            shown.extend(ids);
            let over = shown.len().saturating_sub(KEPT_MAX);
            if over > 0 {
                shown.drain(..over);
                stream.earlier.set(true);
            }
            if stream.ids.with_untracked(|known| *known != shown) {
                stream.ids.set(shown);
                stream.forget();
            }
            if stream.newest() == before {
                return;
            }
            if wrote { stream.aim.set(Some(Aim::Newest)) } else { stream.settle() }
        });
    }

    /// What is shown to somebody who looks has been read.
    pub fn mark_read(&self) {
        if document().hidden() {
            return;
        }
        if let Some(up_to) = self.newest().filter(|newest| *newest > self.told.get_value()) {
            self.told.set_value(up_to);
            self.app.try_act(Command::MarkRead { chat: self.chat, up_to }, |_| {});
        }
    }
}
