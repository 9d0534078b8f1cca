//! Keeping what was said with its proof, whatever becomes of it in the chat: seen by nobody else, and opened by a passphrase of its own.

use crate::app::{App, Place};
use crate::icons::Icon;
use crate::parts::{dialog, empty, head, secret, word_button};
use crate::time;
use crate::words::Word;
use leptos::ev;
use leptos::html::{article, button, div, form, h3, li, p, section, ul};
use leptos::prelude::*;
use leptos::task::spawn_local;
use view::{Command, KeepCommand, KeptChange, KeptRow, Query, View, Words};

const FIELD: &str = "keep-passphrase";

/// Keeps messages; the first time a passphrase is chosen.
pub fn keep(app: App) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        let Some((chat, messages)) = app.keeping_these.get() else { return open.set(false) };
        app.ask(Query::Safety, move |view| match view {
            View::Safety(safety) if safety.has_box => {
                app.keeping_these.set(None);
                put(app, chat, messages);
            }
            _ => open.set(true),
        });
    });
    Effect::new(move |before: Option<bool>| {
        let open = open.get();
        if before == Some(true) && !open {
            app.keeping_these.set(None);
        }
        open
    });
    dialog(app, app.say(Word::Keep), open, move || choose(app))
}

fn put(app: App, chat: i64, messages: Vec<i64>) {
    app.act(Command::Keep(KeepCommand::Keep { chat, messages }), move |_| app.tell(app.say(Word::KeepDone)));
}

/// A passphrase for everything that will be kept.
fn choose(app: App) -> impl IntoView {
    let passphrase = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let made = Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(passphrase.get_untracked().trim().to_owned()) });
        app.try_act(made, move |done| match (done, app.keeping_these.get_untracked()) {
            (Ok(_), Some((chat, messages))) => {
                app.keeping_these.set(None);
                put(app, chat, messages);
            }
            (Ok(_), None) => {}
            (Err(why), _) => problem.set(Some(app.locale.refusal(&why))),
        });
    };
    form().attr("class", "choices").on(ev::submit, submit).child((
        p().child(app.say(Word::KeepChoose)),
        secret(app.say(Word::KeepPassphrase), FIELD, "new-password", passphrase),
        p().attr("class", "hint").child(app.say(Word::KeepChooseHint)),
        p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
        button().attr("type", "submit").attr("class", "word-button main wide").child(app.say(Word::Keep)),
    ))
}

/// What is kept, once its passphrase was given; closed again when one goes elsewhere.
pub fn kept(app: App) -> impl IntoView {
    let safety = RwSignal::new(None);
    app.ask(Query::Safety, move |view| {
        if let View::Safety(found) = view {
            safety.set(Some(found.has_box));
        }
    });
    let rows = RwSignal::new(None::<Vec<KeptRow>>);
    section().attr("class", "page").attr("aria-label", app.say(Word::KeptTitle)).child((
        head(app, app.say(Word::KeptTitle), move || app.go(Place::Settings)),
        div().attr("class", "page-body").child(move || match (safety.get(), rows.get()) {
            (None, _) => ().into_any(),
            (Some(false), _) => empty(Icon::Lock, app.say(Word::KeptNothing), app.say(Word::KeptNothingText), ()).into_any(),
            (Some(true), None) => unlock(app, rows).into_any(),
            (Some(true), Some(found)) => shown(app, found, rows).into_any(),
        }),
    ))
}

fn unlock(app: App, rows: RwSignal<Option<Vec<KeptRow>>>) -> impl IntoView {
    let passphrase = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let given = Words::new(passphrase.get_untracked().trim().to_owned());
        spawn_local(async move {
            match app.link().open_box(given).await {
                Ok(found) => rows.set(Some(found)),
                Err(why) => problem.set(Some(app.locale.refusal(&why))),
            }
        });
    };
    form().attr("class", "card").on(ev::submit, submit).child((
        p().child(app.say(Word::KeptText)),
        secret(app.say(Word::KeepPassphrase), FIELD, "current-password", passphrase),
        p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
        button().attr("type", "submit").attr("class", "word-button main").child(app.say(Word::Unlock)),
    ))
}

fn shown(app: App, found: Vec<KeptRow>, rows: RwSignal<Option<Vec<KeptRow>>>) -> impl IntoView {
    if found.is_empty() {
        return empty(Icon::Lock, app.say(Word::KeptNothing), app.say(Word::KeptNothingText), ()).into_any();
    }
    div().attr("class", "kept").child(found.into_iter().map(|row| one(app, row, rows)).collect_view()).into_any()
}

fn one(app: App, row: KeptRow, rows: RwSignal<Option<Vec<KeptRow>>>) -> impl IntoView {
    let id = row.id;
    let files = row.files.iter().map(|file| li().child(format!("{} · {}", file.name, time::size(file.bytes)))).collect_view();
    let since = row.since.iter().map(|event| {
        let word = match event.what {
            KeptChange::Edited => Word::KeptEdited,
            KeptChange::Deleted => Word::KeptDeleted,
            KeptChange::Expired => Word::KeptExpired,
            KeptChange::PutAway => Word::KeptPutAway,
        };
        li().child(app.say_with(word, &[("time", &time::full(event.at_ms))]))
    });
    article().attr("class", "card kept-message").attr("data-kept", id.to_string()).child((
        h3().child(row.name.clone()),
        p().attr("dir", "auto").child(row.text.clone()),
        ul().attr("class", "facts").child((
            files,
            li().child(app.say_with(Word::KeptAt, &[("time", &time::full(row.stamped_ms))])),
            since.collect_view(),
        )),
        word_button("quiet", Some(Icon::Trash), app.say(Word::KeptDiscard), move |_| {
            app.act(Command::Keep(KeepCommand::Discard { kept: id }), move |_| {
                rows.update(|rows| rows.iter_mut().for_each(|rows| rows.retain(|row| row.id != id)));
            });
        }),
    ))
}
