//! What a person can choose, for this device.

use crate::app::{App, Place};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{div, h2, input, label, p, section, span, ul};
use crate::icons::Icon;
use crate::parts::{called, field, head, line_button, secret, word_button};
use crate::time;
use crate::words::Word;
use crate::words::cautions::Caution;
use crate::words::team::TeamWord;
use view::page::{Core, Keeping};
use view::{Ages, Command, ContactRow, Event, Query, Settings, StorageRow, Switch, View};
use wasm_bindgen_futures::spawn_local;

pub fn settings(app: App) -> impl IntoView {
    section().attr("class", "page").attr("aria-label", app.say(Word::Settings)).child((
        head(app, app.say(Word::Settings), move || app.go(Place::Chats)),
        div().attr("class", "page-body").child((
            profile(app),
            crate::device::looks(app),
            switches(app),
            crate::chat::cards::in_settings(app),
            // What is in memory alone needs no lock, and no knocks: it goes with the tab.
            move || (app.keeping() != Keeping::Nothing).then(|| (crate::account::notify::card(app), lock(app))),
            storage(app),
            blocked(app),
            crate::report::trusted::in_settings(app),
            crate::account::safe::in_settings(app),
            crate::parts::card((
                line_button(Icon::Lock, app.say(Word::KeptTitle), move |_| app.go(Place::Kept)),
                line_button(Icon::Send, app.say(TeamWord::OwnTitle), move |_| app.go(Place::Own)),
                crate::desk::in_settings(app),
            )),
            appeal(app),
            crate::account::leave::in_settings(app),
        )),
    ))
}

/// Whom one can ask against whom the safety team acted.
fn appeal(app: App) -> impl IntoView {
    let desk = RwSignal::new(None);
    app.ask(Query::Safety, move |view| {
        if let View::Safety(safety) = view {
            desk.try_set(safety.desk);
        }
    });
    move || {
        desk.get().map(|desk: view::DeskRow| {
            let whom = match desk.appeal.as_str() {
                "" => app.say(TeamWord::AppealNobody),
                name => app.say_with(TeamWord::AppealText, &[("name", name)]),
            };
            section()
                .attr("class", "card")
                .attr("aria-label", app.say(TeamWord::Appeal))
                .child((h2().child(app.say(TeamWord::Appeal)), p().child(whom)))
        })
    }
}

fn profile(app: App) -> impl IntoView {
    let name = RwSignal::new(app.own().and_then(|own| own.display_name).unwrap_or_default());
    let username = move || app.own().map(|own| format!("@{}", own.username));
    section().attr("class", "card").attr("aria-label", app.say(Word::Profile)).child((
        field(app.say(Word::YourName), Some(app.say(Word::YourNameHint)), "profile-name", name),
        p().attr("class", "hint").child(username),
        word_button("quiet", Some(Icon::Check), app.say(Word::Save), move |_| {
            app.act(Command::SetName { name: name.get_untracked().trim().to_owned() }, |_| {});
        }),
    ))
}

fn switches(app: App) -> impl IntoView {
    let settings = RwSignal::new(None::<Settings>);
    app.ask(Query::Settings, move |view| {
        if let View::Settings(found) = view {
            settings.set(Some(found));
        }
    });
    let adult = RwSignal::new(false);
    app.ask(Query::Age, move |view| {
        if let View::Age(row) = view {
            adult.set(row.ages == Ages::Adult);
        }
    });
    let switch = move |id: &'static str, word: String, get: fn(&Settings) -> Switch, set: fn(&mut Settings, Switch)| {
        label().attr("class", "choice").attr("for", id).child((
            input()
                .id(id)
                .attr("type", "checkbox")
                .prop("checked", move || settings.get().is_some_and(|settings| get(&settings) == Switch::On))
                .on(ev::change, move |event| {
                    let Some(mut now) = settings.get_untracked() else { return };
                    set(&mut now, if event_target_checked(&event) { Switch::On } else { Switch::Off });
                    settings.set(Some(now));
                    app.act(Command::ChangeSettings(now), |_| {});
                }),
            span().child(word),
        ))
    };
    // A switch whose state is not known yet would seem to be off, and forget what is chosen.
    let known = Memo::new(move |_| settings.with(Option::is_some));
    let switches = move || {
        section().attr("class", "card").child((
            switch("receipts", app.say(Word::Receipts), |settings| settings.receipts, |settings, to| settings.receipts = to),
            switch("typing", app.say(Word::Typing), |settings| settings.typing, |settings, to| settings.typing = to),
            // For everybody else it is always on.
            move || {
                let word = app.say(Caution::LooksFirst);
                adult.get().then(|| switch("looks", word, |settings| settings.looks, |settings, to| settings.looks = to))
            },
        ))
    };
    move || known.get().then(switches)
}

fn lock(app: App) -> impl IntoView {
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let problem = RwSignal::new(None::<String>);
    let locked = move || matches!(app.core.get(), Some(Core::Ready { lock: true, .. }));
    let set = move |passphrase: Option<String>| {
        let done = if passphrase.is_some() { Word::PassphraseIsSet } else { Word::PassphraseIsGone };
        spawn_local(async move {
            match app.link().set_lock(passphrase).await {
                Ok(()) => {
                    first.set(String::new());
                    second.set(String::new());
                    app.tell(app.say(done));
                }
                Err(why) => problem.set(Some(app.locale.refusal(&why))),
            }
        });
    };
    section().attr("class", "card").child((
        h2().child(app.say(Word::PassphraseLock)),
        p().attr("class", "hint").child(app.say(Word::PassphraseText)),
        secret(app.say(Word::Passphrase), "lock-first", "new-password", first),
        secret(app.say(Word::PassphraseAgain), "lock-second", "new-password", second),
        p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
        div().attr("class", "row").child((
            move || {
                let word = if locked() { Word::PassphraseChange } else { Word::PassphraseSet };
                word_button("quiet", Some(Icon::Lock), app.say(word), move |_| {
                    let passphrase = first.get_untracked();
                    if passphrase != second.get_untracked() || passphrase.is_empty() {
                        problem.set(Some(app.say(Word::PassphraseDiffers)));
                    } else {
                        problem.set(None);
                        set(Some(passphrase));
                    }
                })
            },
            move || {
                locked().then(|| {
                    (
                        word_button("quiet", Some(Icon::Lock), app.say(Word::LockNow), move |_| app.link().lock_now()),
                        word_button("quiet", None, app.say(Word::PassphraseRemove), move |_| set(None)),
                    )
                })
            },
        )),
    ))
}

fn storage(app: App) -> impl IntoView {
    let rows = RwSignal::new(Vec::<StorageRow>::new());
    app.ask(Query::Storage, move |view| {
        if let View::Storage(found) = view {
            rows.set(found);
        }
    });
    section().attr("class", "card").child((
        h2().child(app.say(Word::Storage)),
        ul().attr("class", "facts").child(move || {
            rows.get()
                .into_iter()
                .map(|row| {
                    let said =
                        app.say_with(Word::StorageText, &[("messages", &row.messages.to_string()), ("size", &time::size(row.file_bytes))]);
                    crate::html::li().child((span().child(row.name), " ", span().attr("class", "hint").child(said)))
                })
                .collect_view()
        }),
    ))
}

fn blocked(app: App) -> impl IntoView {
    // Also those with whom there is no chat: of a group alone, or from before the account was brought back.
    let rows = RwSignal::new(Vec::<ContactRow>::new());
    let ask = move || {
        app.ask(Query::Contacts, move |view| {
            if let View::Contacts(found) = view {
                rows.try_set(found.into_iter().filter(|row| row.blocked).collect());
            }
        });
    };
    ask();
    app.listen(move |event| {
        if matches!(event, Event::ContactsChanged) {
            ask();
        }
    });
    section().attr("class", "card").child((h2().child(app.say(Word::Blocked)), move || {
        let rows = rows.get();
        if rows.is_empty() {
            return p().attr("class", "hint").child(app.say(Word::NobodyBlocked)).into_any();
        }
        rows.into_iter()
            .map(|row| {
                let user = row.account;
                div().attr("class", "row").child((
                    span().child(called(&row.name, row.display_name.as_deref())),
                    word_button("quiet", None, app.say(Word::Unblock), move |_| app.act(Command::Unblock { user: user.clone() }, |_| {})),
                ))
            })
            .collect_view()
            .into_any()
    }))
}
