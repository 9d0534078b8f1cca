//! Before the first picture to somebody known only online, and before one that may be private or could not be looked at, there is a moment in which one
//! can say no, and after it one in which it is taken back with one tap. The same before it is passed on. For those under 18; the core says when.

use crate::app::App;
use crate::html::prelude::*;
use crate::html::{button, div, p, span};
use crate::icons::Icon;
use crate::parts::{dialog, word_button};
use crate::words::Word;
use crate::words::cautions::Caution;
use std::time::Duration;
use view::{Command, Delivery, Query, View};

const SECONDS: u32 = 5;
/// So long after it was sent it is asked whether one is sorry.
const SORRY: Duration = Duration::from_secs(120);

/// What a pause is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is the first picture to somebody known only online.
    First,
    /// It may be private.
    Private,
    /// It could not be looked at.
    Unseen,
}

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Pause {
    app: App,
    chat: i64,
    open: RwSignal<bool>,
    why: RwSignal<Why>,
    /// The picture that was sent after a pause.
    sent: RwSignal<Option<i64>>,
}

impl Pause {
    pub fn new(app: App, chat: i64) -> Self {
        Self { app, chat, open: RwSignal::new(false), why: RwSignal::new(Why::Private), sent: RwSignal::new(None) }
    }

    pub fn begin(self, why: Why) {
        self.why.set(why);
        self.open.set(true);
    }

    /// A picture was sent after a pause.
    pub fn sent(self, message: i64) {
        // The chat may have been left.
        if self.sent.try_set(Some(message)).is_none() {
            let _timer = set_timeout_with_handle(
                move || {
                    let _ = self.sent.try_set(None);
                },
                SORRY,
            );
        }
    }

    pub fn dialog(self, name: impl Fn() -> String + Send + Sync + 'static, yes: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
        let app = self.app;
        dialog(app, app.say(Caution::PauseTitle), self.open, move || self.inside(name(), yes))
    }

    fn inside(self, name: String, yes: impl Fn() + Copy + Send + 'static) -> impl IntoView {
        let Self { app, open, why, .. } = self;
        let text = match why.get_untracked() {
            Why::First => app.say_with(Caution::PauseText, &[("name", &name)]),
            Why::Private => app.say(Caution::PausePrivate),
            Why::Unseen => app.say(Caution::PauseUnseen),
        };
        let left = RwSignal::new(SECONDS);
        let tick = set_interval_with_handle(
            move || {
                let _ = left.try_update(|left| *left = left.saturating_sub(1));
            },
            Duration::from_secs(1),
        );
        on_cleanup(move || {
            if let Ok(tick) = tick {
                tick.clear();
            }
        });
        let waits = move || left.get() > 0;
        let said = move || match left.get() {
            0 => app.say(Caution::PauseYes),
            n => app.say_with(Caution::PauseWait, &[("n", &n.to_string())]),
        };
        div().attr("class", "pause").child((
            p().child(text),
            p().child(app.say(Caution::PauseAsked)),
            div().attr("class", "row").child((
                word_button("main", None, app.say(Caution::PauseNo), move |_| open.set(false)),
                word_button("quiet", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help()),
                button()
                    .attr("type", "button")
                    .attr("class", "word-button quiet")
                    .prop("disabled", waits)
                    .on(crate::html::ev::click, move |_| {
                        open.set(false);
                        yes();
                    })
                    .child(span().child(said)),
            )),
        ))
    }

    /// After it: taken back with one tap.
    pub fn sorry(self) -> impl IntoView {
        let Self { app, sent, .. } = self;
        move || {
            sent.get().map(|message| {
                div().attr("class", "sorry").attr("role", "status").child((
                    p().child((span().attr("class", "sorry-title").child(app.say(Caution::SorryTitle)), " ", app.say(Caution::SorryText))),
                    div().attr("class", "row").child((
                        word_button("main", Some(Icon::Trash), app.say(Caution::SorryDelete), move |_| self.take_back(message)),
                        word_button("quiet", None, app.say(Caution::SorryKeep), move |_| sent.set(None)),
                    )),
                ))
            })
        }
    }

    fn take_back(self, message: i64) {
        let Self { app, chat, sent, .. } = self;
        sent.set(None);
        app.ask(Query::Message { message }, move |view| {
            let delivery = match view {
                View::Message(Some(bubble)) => bubble.delivery,
                _ => None,
            };
            // What has not left yet never leaves.
            let command = match delivery {
                Some(Delivery::Uploading { .. }) => Command::CancelUpload { message },
                Some(Delivery::Queued | Delivery::Failed(_)) => Command::Discard { message },
                _ => Command::Delete { chat, message },
            };
            app.try_act(command, move |done| match done {
                Ok(_) => app.tell(app.say(Caution::SorryDone)),
                // It left in between.
                Err(_) => app.act(Command::Delete { chat, message }, move |_| app.tell(app.say(Caution::SorryDone))),
            });
        });
    }
}
