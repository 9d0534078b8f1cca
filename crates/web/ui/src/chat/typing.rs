//! Who is writing just now: told while words come into the composer, shown in the head of a chat and in the list.

use crate::app::App;
use crate::html::p;
use crate::html::prelude::*;
use crate::words::Word;
use std::time::Duration;
use view::{Command, Typing};

/// While words come the core is told so often; how often the others are told it decides itself.
const TELL_EVERY: f64 = 2000.0;
/// Whoever types nothing for this long has stopped.
const PAUSE: Duration = Duration::from_secs(5);
/// It is read aloud no more often than this: somebody who pauses and goes on is no news.
const READ_EVERY: f64 = 30_000.0;

/// Who writes in a chat, in one line.
pub fn line(app: App, chat: i64) -> Option<String> {
    app.writing.with(|all| {
        let who = all.get(&chat)?;
        Some(match who.as_slice() {
            [] => return None,
            [one] => app.say_with(Word::IsWriting, &[("name", one)]),
            [one, two] => app.say_with(Word::AreWriting, &[("name", one), ("other", two)]),
            many => app.say_with(Word::SeveralWriting, &[("n", &many.len().to_string())]),
        })
    })
}

/// The same for who does not look: when somebody begins, and not each time that somebody goes on.
pub fn read_aloud(app: App, chat: i64) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let last = StoredValue::new(f64::NEG_INFINITY);
    Effect::new(move |_| match line(app, chat) {
        Some(line) => {
            let now = js_sys::Date::now();
            if now - last.get_value() >= READ_EVERY {
                last.set_value(now);
                said.set(line);
            }
        }
        None => said.set(String::new()),
    });
    p().attr("class", "for-readers").attr("role", "status").attr("aria-live", "polite").child(move || said.get())
}

/// Tells the others of one composer; copies are the same.
#[derive(Clone, Copy)]
pub struct Teller {
    app: App,
    chat: i64,
    told: StoredValue<Option<f64>>,
    pause: StoredValue<Option<TimeoutHandle>>,
}

impl Teller {
    pub fn new(app: App, chat: i64, text: RwSignal<String>) -> Self {
        let teller = Self { app, chat, told: StoredValue::new(None), pause: StoredValue::new(None) };
        // Sent, taken away, or left behind.
        Effect::new(move |_| {
            if text.with(|text| text.trim().is_empty()) {
                teller.stopped();
            }
        });
        on_cleanup(move || teller.stopped());
        teller
    }

    /// A key was pressed that leaves words in the composer.
    pub fn wrote(self) {
        let now = js_sys::Date::now();
        self.wait();
        if self.told.get_value().is_none_or(|told| (now - told).abs() >= TELL_EVERY) {
            self.told.set_value(Some(now));
            self.tell(Typing::Writing);
        }
    }

    fn wait(self) {
        if let Some(Some(before)) = self.pause.try_get_value() {
            before.clear();
        }
        self.pause.set_value(set_timeout_with_handle(move || self.stopped(), PAUSE).ok());
    }

    fn stopped(self) {
        // A composer that is gone has told it when it went.
        if self.told.try_update_value(Option::take).flatten().is_some() {
            self.tell(Typing::Stopped);
        }
    }

    fn tell(self, typing: Typing) {
        // Lost or refused: nobody waits for it.
        self.app.try_act(Command::Typing { chat: self.chat, typing }, |_| {});
    }
}
