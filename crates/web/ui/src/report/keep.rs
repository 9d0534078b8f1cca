//! Keeping what was said with its proof, whatever becomes of it in the chat: seen by nobody else, and opened by a passphrase of its own.

use crate::app::{App, Place};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{article, button, div, form, h2, li, p, section, ul};
use crate::icons::Icon;
use crate::parts::{dialog, dialog_about, empty, head, save_bytes, secret, word_button};
use crate::report::screens;
use crate::time;
use crate::words::Word;
use crate::words::care::CareWord;
use view::{BoxFile, Command, KEPT_FILE_MAX, KeepCommand, KeepHint, KeepWhy, KeptChange, KeptRow, KeptSealed, Query, View, Words};
use wasm_bindgen_futures::spawn_local;

const FIELD: &str = "keep-passphrase";

/// What goes on once something was kept, or was not to be.
#[derive(Clone)]
pub struct Onward {
    pub command: Command,
    /// Where one is then.
    pub to: Option<Place>,
}

impl Onward {
    fn go(self, app: App) {
        app.act(self.command, move |_| {
            if let Some(place) = self.to {
                app.go(place);
            }
        });
    }
}

/// What is about to go, and what of it can be kept.
#[derive(Clone)]
pub struct First {
    chat: i64,
    hint: KeepHint,
    onward: Onward,
}

/// Goes on, unless something of what goes is worth keeping: then it is asked once. `going`: these messages; none: all of the chat.
pub fn first(app: App, chat: i64, going: Vec<i64>, onward: Onward) {
    app.ask(Query::KeepHint { chat, going }, move |view| match view {
        View::KeepHint(hint) if hint.asks() => app.keep_first.set(Some(First { chat, hint, onward })),
        _ => onward.go(app),
    });
}

/// Keeps these, and goes on only when they are kept.
pub fn and_then(app: App, chat: i64, messages: Vec<i64>, onward: Onward) {
    app.after_keeping.set(Some(onward));
    app.keeping_these.set(Some((chat, messages)));
}

fn ask_first(app: App) -> impl IntoView {
    dialog_about(app, app.say(Word::KeepFirst), app.keep_first, move |First { chat, hint, onward }| {
        let why = hint.why.map(|why| match why {
            KeepWhy::Blocked => CareWord::WhyBlocked,
            KeepWhy::Reported => CareWord::WhyReported,
            KeepWhy::Noticed => CareWord::WhyNoticed,
        });
        let (count, bare) = (hint.messages.len().to_string(), onward.clone());
        div().attr("class", "choices").child((
            why.map(|why| p().child(app.say(why))),
            p().child(app.say(CareWord::FirstText)),
            p().attr("class", "hint").child(app.say_with(CareWord::FirstCount, &[("n", &count)])),
            (hint.older > 0)
                .then(|| p().attr("class", "hint").child(app.say_with(CareWord::FirstOlder, &[("n", &hint.older.to_string())]))),
            word_button("main wide", Some(Icon::Lock), app.say(CareWord::KeepAndGo), move |_| {
                app.keep_first.set(None);
                and_then(app, chat, hint.messages.clone(), onward.clone());
            }),
            word_button("danger wide", None, app.say(CareWord::GoOn), move |_| {
                app.keep_first.set(None);
                bare.clone().go(app);
            }),
            word_button("quiet wide", None, app.say(Word::Cancel), move |_| app.keep_first.set(None)),
        ))
    })
}

/// Before somebody is blocked: keeping comes first.
/// `user`: as the command takes it.
pub fn before_block(app: App, chat: i64, name: &str, user: &str, open: RwSignal<bool>) -> impl IntoView + use<> {
    let (question, user) = (app.say_with(Word::BlockSure, &[("name", name)]), user.to_owned());
    dialog(app, app.say(Word::Block), open, move || {
        let found = RwSignal::new(KeepHint::default());
        app.ask(Query::KeepHint { chat, going: vec![] }, move |view| {
            if let View::KeepHint(hint) = view {
                found.try_set(hint);
            }
        });
        let onward = Onward { command: Command::Block { user: user.clone() }, to: None };
        let bare = onward.clone();
        let first = move || {
            let KeepHint { messages, older, .. } = found.get();
            let onward = onward.clone();
            (!messages.is_empty()).then(|| {
                (
                    p().child(app.say_with(CareWord::BlockFirst, &[("n", &messages.len().to_string())])),
                    (older > 0).then(|| p().attr("class", "hint").child(app.say_with(CareWord::BlockOlder, &[("n", &older.to_string())]))),
                    word_button("main wide", Some(Icon::Lock), app.say(CareWord::KeepThenBlock), move |_| {
                        open.set(false);
                        and_then(app, chat, messages.clone(), onward.clone());
                    }),
                )
            })
        };
        div().attr("class", "choices").child((
            p().child(question.clone()),
            first,
            word_button("danger wide", Some(Icon::Ban), app.say(Word::Block), move |_| {
                open.set(false);
                bare.clone().go(app);
            }),
            word_button("quiet wide", None, app.say(Word::Cancel), move |_| open.set(false)),
        ))
    })
}

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
            // Nobody should think that it was done.
            if app.after_keeping.get_untracked().is_some() {
                app.tell(app.say(CareWord::NotYetDone));
            }
            app.after_keeping.set(None);
        }
        open
    });
    let chosen = move || {
        if let Some((chat, messages)) = app.keeping_these.get_untracked() {
            app.keeping_these.set(None);
            put(app, chat, messages);
        }
    };
    let bare = move |_| {
        let onward = app.after_keeping.get_untracked();
        app.after_keeping.set(None);
        open.set(false);
        if let Some(onward) = onward {
            onward.go(app);
        }
    };
    let inside = move || {
        let going = app.after_keeping.get_untracked().is_some();
        (choose(app, chosen), going.then(|| word_button("danger wide", None, app.say(CareWord::GoOn), bare)))
    };
    (dialog(app, app.say(Word::Keep), open, inside), ask_first(app))
}

fn put(app: App, chat: i64, messages: Vec<i64>) {
    let onward = app.after_keeping.get_untracked();
    app.after_keeping.set(None);
    app.act(Command::Keep(KeepCommand::Keep { chat, messages }), move |_| {
        app.tell(app.say(Word::KeepDone));
        if let Some(onward) = onward {
            onward.go(app);
        }
    });
}

/// A passphrase for everything that will be kept. `made`: the place for it is there.
fn choose(app: App, made: impl Fn() + Copy + 'static) -> impl IntoView {
    let passphrase = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let make = Command::Keep(KeepCommand::MakeBox { passphrase: Words::new(passphrase.get_untracked().trim().to_owned()) });
        app.try_act(make, move |done| match done {
            Ok(_) => made(),
            Err(why) => problem.set(Some(app.locale.refusal(&why))),
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
    let rows = RwSignal::new(None::<Opened>);
    section().attr("class", "page").attr("aria-label", app.say(Word::KeptTitle)).child((
        head(app, app.say(Word::KeptTitle), move || app.go(Place::Settings)),
        div().attr("class", "page-body").child(move || match (safety.get(), rows.get()) {
            (None, _) => ().into_any(),
            (Some(false), _) => {
                let first = choose(app, move || safety.set(Some(true)));
                empty(Icon::Lock, app.say(Word::KeptNothing), app.say(Word::KeptNothingText), first).into_any()
            }
            (Some(true), None) => unlock(app, rows).into_any(),
            (Some(true), Some(found)) => shown(app, found, rows).into_any(),
        }),
    ))
}

/// What is kept, and what opened it.
#[derive(Clone)]
struct Opened {
    rows: Vec<KeptRow>,
    by: Words,
}

fn unlock(app: App, rows: RwSignal<Option<Opened>>) -> impl IntoView {
    let passphrase = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let given = Words::new(passphrase.get_untracked().trim().to_owned());
        spawn_local(async move {
            match app.link().open_box(given.clone()).await {
                Ok(found) => rows.set(Some(Opened { rows: found, by: given })),
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

fn shown(app: App, found: Opened, rows: RwSignal<Option<Opened>>) -> impl IntoView {
    let by = StoredValue::new(found.by);
    let again = move || {
        // The page may be left by now.
        let Some(by) = by.try_get_value() else { return };
        spawn_local(async move {
            if let Ok(found) = app.link().open_box(by.clone()).await {
                rows.try_set(Some(Opened { rows: found, by }));
            }
        });
    };
    let nothing = found.rows.is_empty().then(|| empty(Icon::Lock, app.say(Word::KeptNothing), app.say(Word::KeptNothingText), ()));
    let cards = found.rows.into_iter().map(|row| {
        if row.screenshot {
            screens::one(app, &row, by.get_value(), move || discard(app, row.id, rows)).into_any()
        } else {
            one(app, row, &by.get_value(), rows).into_any()
        }
    });
    div().attr("class", "kept").child((nothing, cards.collect_view(), screens::adding(app, again)))
}

fn discard(app: App, kept: i64, rows: RwSignal<Option<Opened>>) {
    app.act(Command::Keep(KeepCommand::Discard { kept }), move |_| {
        rows.update(|opened| opened.iter_mut().for_each(|opened| opened.rows.retain(|row| row.id != kept)));
    });
}

/// What is kept of a file itself.
fn kept_of(app: App, sealed: KeptSealed) -> Option<String> {
    match sealed {
        KeptSealed::No => None,
        KeptSealed::Here => Some(app.say(CareWord::SealedHere)),
        KeptSealed::Voice => Some(app.say(CareWord::VoiceHere)),
        KeptSealed::NotHere => Some(app.say(CareWord::SealedNotHere)),
        KeptSealed::TooLarge => Some(app.say_with(CareWord::SealedTooLarge, &[("n", &time::size(KEPT_FILE_MAX))])),
        KeptSealed::NoKey => Some(app.say(CareWord::SealedNoKey)),
    }
}

/// Beside a report for an officer: the sealed files of kept messages that are in it.
pub fn sealed_files(app: App, by: Words, kept: &[KeptRow]) -> Option<impl IntoView + use<>> {
    let is_here = |row: &&KeptRow| row.files.iter().any(|file| matches!(file.sealed, KeptSealed::Here | KeptSealed::Voice));
    let ids: Vec<i64> = kept.iter().filter(is_here).map(|row| row.id).collect();
    let save = move |_| {
        let (ids, by) = (ids.clone(), by.clone());
        spawn_local(async move {
            for id in ids {
                match app.link().box_files(by.clone(), id, BoxFile::Sealed).await {
                    Ok(files) => files.iter().for_each(|file| save_bytes(&file.name, &file.bytes)),
                    Err(why) => app.refused(&why),
                }
            }
        });
    };
    kept.iter().any(|row| is_here(&row)).then(|| {
        div().attr("class", "report-file").child((
            p().child(app.say(CareWord::SealedText)),
            word_button("quiet wide", Some(Icon::Download), app.say(CareWord::SealedSave), save),
        ))
    })
}

fn one(app: App, row: KeptRow, by: &Words, rows: RwSignal<Option<Opened>>) -> impl IntoView + use<> {
    let (id, chat, by, heard_by) = (row.id, row.chat, by.clone(), by.clone());
    let is_voice = row.files.iter().any(|file| file.sealed == KeptSealed::Voice);
    let files = row.files.iter().map(|file| {
        let kept = kept_of(app, file.sealed);
        (li().child(format!("{} · {}", file.name, time::size(file.bytes))), kept.map(|kept| li().child(kept)))
    });
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
        h2().child(row.name.clone()),
        p().attr("dir", "auto").child(row.text.clone()),
        ul().attr("class", "facts").child((
            files.collect_view(),
            li().child(app.say_with(Word::KeptAt, &[("time", &time::full(row.stamped_ms))])),
            since.collect_view(),
        )),
        is_voice.then(|| screens::listen(app, id, heard_by)),
        word_button("quiet", Some(Icon::TriangleAlert), app.say(Word::Report), move |_| {
            app.from_kept.set(Some((by.clone(), id)));
            app.reporting.set(Some((chat, vec![])));
        }),
        word_button("quiet", Some(Icon::Trash), app.say(Word::KeptDiscard), move |_| discard(app, id, rows)),
    ))
}
