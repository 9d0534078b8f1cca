//! An account that does not vanish: 12 words on paper or in a file, and that they are there is checked once.

use crate::app::{App, Place, set_if_new};
use crate::device::{store, stored};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, form, h2, li, ol, p, section, span, ul};
use crate::icons::Icon;
use crate::parts::{field, head, save_text, word_button};
use crate::time;
use crate::words::Word;
use view::page::Keeping;
use view::{Command, Event, Keepsake, MessageKind, Query, Refusal, VaultCommand, VaultRow, View, Words};

/// Until when the card stays away; `file`: the words are in a file.
const LATER: &str = "treehouse-safe";
const IN_A_FILE: &str = "file";
/// Three days.
const PAUSE_MS: u64 = 3 * 24 * 60 * 60 * 1000;
/// So soon after the list is there nobody reaches for anything in it.
const SETTLING_MS: u64 = 2_000;
/// The recovery file is called that.
const FILE: &str = "treehouse-recovery.txt";
const WORDS: u32 = 12;
/// So many words show that all are written down.
const ASKED: usize = 3;

/// Where one is on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Why,
    Words,
    Check,
    Done,
}

/// Whether something was said that one would not want to lose.
pub fn has_talked(app: App) -> bool {
    app.chats.with(|chats| chats.iter().any(|line| line.last.as_ref().is_some_and(|last| last.kind != MessageKind::Notice)))
}

/// One calm card in the list, once there is something to lose, until it is done or put off.
pub fn card(app: App) -> impl IntoView {
    let away = RwSignal::new(is_away());
    let wanted = Memo::new(move |_| {
        let vault = app.vault.get().filter(|vault| !vault.replaced)?;
        (!vault.confirmed && !away.get() && has_talked(app)).then_some(vault.kept)
    });
    // All that is below it moves down as it comes: it comes as one goes elsewhere, and not while somebody reaches for a chat.
    let (shown, began) = (RwSignal::new(None), time::now_ms());
    Effect::new(move |before: Option<Place>| {
        let (place, wanted) = (app.place.get(), wanted.get());
        let nobody_reaches = before != Some(place) || time::now_ms() < began + SETTLING_MS;
        if nobody_reaches || shown.get_untracked().is_some() {
            set_if_new(shown, wanted);
        }
        place
    });
    move || {
        shown.get().map(|kept| {
            let text = if kept { Word::SafeUnchecked } else { Word::SafeCard };
            section().attr("class", "first-card card").attr("aria-label", app.say(Word::SafeTitle)).child((
                h2().child((Icon::Lock.draw(), app.say(Word::SafeTitle))),
                p().child(app.say(text)),
                div().attr("class", "row").child((
                    word_button("main", None, app.say(if kept { Word::SafeCheckButton } else { Word::SafeBegin }), move |_| {
                        app.go(Place::Safe);
                    }),
                    word_button("quiet", None, app.say(Word::SafeLater), move |_| {
                        store(LATER, &(time::now_ms() + PAUSE_MS).to_string());
                        away.set(true);
                    }),
                )),
            ))
        })
    }
}

fn is_away() -> bool {
    let until = stored(LATER);
    until.is_some_and(|until| until == IN_A_FILE || until.parse().is_ok_and(|until: u64| until > time::now_ms()))
}

/// How safe it is, in the settings.
pub fn in_settings(app: App) -> impl IntoView {
    div().attr("class", "card").child((
        h2().child(app.say(Word::SafeTitle)),
        move || app.vault.get().map(|vault| state(app, &vault)),
        word_button("quiet", Some(Icon::Lock), app.say(Word::SafeTwelve), move |_| app.go(Place::Safe)),
        persistence(app),
    ))
}

/// What the server has, and what not.
fn state(app: App, vault: &VaultRow) -> impl IntoView + use<> {
    let said = match vault.stored_ms {
        None if !vault.kept => app.say(Word::SafeCard),
        None => app.say(Word::SafeWaiting),
        Some(at) => app.say_with(Word::SafeStored, &[("time", &time::full(at))]),
    };
    let left_out = (vault.left_out > 0).then(|| p().child(app.say_with(Word::SafeLeftOut, &[("n", &vault.left_out.to_string())])));
    let unchecked = (vault.kept && !vault.confirmed).then(|| p().attr("class", "hint").child(app.say(Word::SafeUnchecked)));
    let line = p().attr("class", "hint").attr("data-stored", vault.stored_ms.is_some().to_string());
    (line.attr("data-waiting", vault.waiting.to_string()).child(said), unchecked, left_out)
}

/// Whether the browser promises to keep what is here: one line if not, and what to do.
fn persistence(app: App) -> impl IntoView {
    move || {
        let refused = app.persisted.get() == Some(false) && app.keeping() == Keeping::Here;
        refused.then(|| {
            let kept = app.vault.with(|vault| vault.as_ref().is_some_and(|vault| vault.confirmed));
            let word = if kept { Word::PersistInstall } else { Word::PersistRefused };
            p().attr("class", "hint with-icon").child((Icon::Info.draw(), span().child(app.say(word))))
        })
    }
}

/// The same in the list, below the chats.
pub fn persistence_line(app: App) -> impl IntoView {
    div().attr("class", "list-hint").child(move || has_talked(app).then(|| persistence(app)))
}

/// The way itself: why, the words, the check.
pub fn page(app: App) -> impl IntoView {
    let step = RwSignal::new(Step::Why);
    let keepsake = RwSignal::new(None::<Keepsake>);
    let look = move || {
        app.ask(Query::Words, move |view| {
            if let View::Words(found) = view {
                keepsake.set(found);
            }
        });
    };
    look();
    app.listen(move |event| {
        if matches!(event, Event::Vault(_)) {
            look();
        }
    });
    section().attr("class", "page").attr("aria-label", app.say(Word::SafeTitle)).child((
        head(app, app.say(Word::SafeTitle), move || app.go(Place::Chats)),
        div().attr("class", "page-body").child(move || match step.get() {
            Step::Why => why(app, step, keepsake).into_any(),
            Step::Words => words(app, step, keepsake).into_any(),
            Step::Check => check(app, step).into_any(),
            Step::Done => done(app, step).into_any(),
        }),
    ))
}

fn why(app: App, step: RwSignal<Step>, keepsake: RwSignal<Option<Keepsake>>) -> impl IntoView {
    let line = move |icon: Icon, word: Word| li().attr("class", "who-line").child((icon.draw(), span().child(app.say(word))));
    section().attr("class", "card").child((
        p().child(app.say(Word::SafeCard)),
        ul().attr("class", "who").child((
            line(Icon::Check, Word::SafeComesBack),
            line(Icon::Info, Word::SafeStaysAway),
            line(Icon::TriangleAlert, Word::SafeWhoHas),
        )),
        div().attr("class", "row").child((
            word_button("main", Some(Icon::Eye), app.say(Word::SafeShow), move |_| {
                make(app);
                step.set(Step::Words);
            }),
            word_button("quiet", Some(Icon::Download), app.say(Word::SafeFile), move |_| {
                make(app);
                save(app, keepsake);
            }),
        )),
        in_file(app),
        move || app.vault.get().filter(|vault| vault.kept).map(|vault| state(app, &vault)),
    ))
}

/// Makes the words, if there are none; from then on the server keeps what they open.
fn make(app: App) {
    app.act(Command::Vault(VaultCommand::KeepSafe), |_| {});
    // A permission that a person may be asked for: now they see what for.
    crate::device::ask_to_persist(app);
}

fn words(app: App, step: RwSignal<Step>, keepsake: RwSignal<Option<Keepsake>>) -> impl IntoView {
    section().attr("class", "card").child((
        h2().child(app.say(Word::SafeTwelve)),
        p().child(app.say(Word::SafeWrite)),
        ol().attr("class", "twelve").attr("translate", "no").attr("aria-label", app.say(Word::SafeTwelve)).child(move || {
            let words = keepsake.get().map(|kept| kept.words.expose().to_owned()).unwrap_or_default();
            let lines = words.split(' ').zip(1..).filter(|(word, _)| !word.is_empty());
            lines
                .map(|(word, number)| {
                    let number = span().attr("class", "number").attr("aria-hidden", "true").child(format!("{number}"));
                    li().child((number, span().attr("class", "word").child(word.to_owned())))
                })
                .collect_view()
        }),
        p().attr("class", "hint with-icon").child((Icon::TriangleAlert.draw(), span().child(app.say(Word::SafeWhoHas)))),
        div().attr("class", "row").child((
            word_button("main", Some(Icon::Check), app.say(Word::SafeWritten), move |_| step.set(Step::Check)),
            word_button("quiet", Some(Icon::Download), app.say(Word::SafeFile), move |_| save(app, keepsake)),
        )),
        in_file(app),
    ))
}

/// Saves the recovery file as soon as the words are there.
fn save(app: App, keepsake: RwSignal<Option<Keepsake>>) {
    let again = move |kept: Keepsake| {
        save_text(FILE, kept.file.expose());
        store(LATER, IN_A_FILE);
        app.tell(app.say(Word::SafeFileSaved));
    };
    match keepsake.get_untracked() {
        Some(kept) => again(kept),
        None => app.ask(Query::Words, move |view| {
            if let View::Words(Some(kept)) = view {
                again(kept);
            }
        }),
    }
}

fn in_file(app: App) -> impl IntoView {
    p().attr("class", "hint").child(app.say(Word::SafeFileHint))
}

fn check(app: App, step: RwSignal<Step>) -> impl IntoView {
    let asked = numbers();
    let answers = [(); ASKED].map(|()| RwSignal::new(String::new()));
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let words = asked.iter().zip(answers).map(|(number, word)| (*number, Words::new(word.get_untracked()))).collect();
        app.try_act(Command::Vault(VaultCommand::Confirm { words }), move |done| match done {
            Ok(_) => step.set(Step::Done),
            Err(why @ Refusal::Vault(_)) => problem.set(Some(app.locale.refusal(&why))),
            Err(why) => app.refused(&why),
        });
    };
    let ids = ["safe-first", "safe-second", "safe-third"];
    let name = move |number: u32| app.say_with(Word::SafeWordNumber, &[("n", &number.to_string())]);
    let fields = asked.iter().zip(answers).zip(ids).map(|((number, answer), id)| field(name(*number), None, id, answer)).collect_view();
    section().attr("class", "card").child((
        h2().child(app.say(Word::SafeCheckTitle)),
        p().child(app.say(Word::SafeCheckText)),
        form().on(ev::submit, submit).child((
            fields,
            p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
            div().attr("class", "row").child((
                button().attr("type", "submit").attr("class", "word-button main").child(span().child(app.say(Word::SafeCheck))),
                word_button("quiet", None, app.say(Word::SafeAgain), move |_| step.set(Step::Words)),
            )),
        )),
    ))
}

/// Different ones, in order.
fn numbers() -> [u32; ASKED] {
    let mut left: Vec<u32> = (1..=WORDS).collect();
    let mut asked = [0; ASKED].map(|_: u32| {
        let at = (js_sys::Math::random() * left.len() as f64) as usize;
        left.swap_remove(at)
    });
    asked.sort_unstable();
    asked
}

fn done(app: App, step: RwSignal<Step>) -> impl IntoView {
    section().attr("class", "card").child((
        h2().attr("role", "status").child(app.say(Word::SafeDoneTitle)),
        p().child(app.say(Word::SafeDone)),
        move || app.vault.get().map(|vault| state(app, &vault)),
        div().attr("class", "row").child((
            word_button("main", Some(Icon::Check), app.say(Word::Understood), move |_| app.go(Place::Chats)),
            word_button("quiet", None, app.say(Word::SafeAgain), move |_| step.set(Step::Words)),
        )),
    ))
}
