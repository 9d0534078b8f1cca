//! What is shown: one thing before there is an account, a list and a place beside it afterwards.

use crate::account::welcome;
use crate::app::{App, Place};
use crate::help::Help;
use crate::help::people::People;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, form, h1, main, p, span};
use crate::icons::Icon;
use crate::parts::{secret, word_button};
use crate::rest::{self, Part};
use crate::words::Word;
use crate::words::guides::Guide;
use crate::{device, focus, help};
use view::Me;
use view::page::{Broken, Core};
use wasm_bindgen_futures::spawn_local;

/// What is shown in broad strokes: it changes seldom, and everything below is made anew when it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Locked,
    Broken(Broken),
    LoggedOut,
    Nobody,
    Making,
    Home,
}

pub fn frame(app: App) -> impl IntoView {
    rest::fetch(app);
    device::begin(app);
    focus::keep();
    focus::follow(app);
    // Where nothing was ever kept there is nobody: a name can be given while the core is still on its way.
    let fresh = RwSignal::new(false);
    spawn_local(async move { fresh.set(device::is_fresh().await) });
    let stage = Memo::new(move |_| match (app.core.get(), app.me.get()) {
        (Some(Core::Locked), _) => Stage::Locked,
        (Some(Core::Locking), _) => Stage::Opening,
        (Some(Core::Broken(why)), _) => Stage::Broken(why),
        (Some(Core::LoggedOut), _) => Stage::LoggedOut,
        // A core that is started anew is no reason to take everything away.
        (_, Some(Me::Account(own))) if own.signed_up => Stage::Home,
        (_, Some(Me::Account(_))) => Stage::Making,
        (_, Some(Me::Nobody { .. })) => Stage::Nobody,
        (_, None) if fresh.get() => Stage::Nobody,
        (_, None) => Stage::Opening,
    });
    // What lies under Help stays as it is.
    let place = Memo::new(move |before: Option<&Place>| match app.place.get() {
        Place::Guide(_) | Place::Tell => before.copied().unwrap_or(Place::Chats),
        place => place,
    });
    let in_help = Memo::new(move |_| matches!(app.place.get(), Place::Guide(_)));
    let telling = Memo::new(move |_| app.place.get() == Place::Tell);
    let people = People::fetch();
    provide_context(people);
    (
        div().attr("class", "under-help").prop("hidden", move || in_help.get() || telling.get()).child((move || match stage.get() {
            Stage::Home => rest::show(app, move || Part::Home(place)),
            stage => (early(app, stage), help_button(app)).into_any(),
        },)),
        move || {
            in_help.get().then(|| {
                let guide = match app.place.get_untracked() {
                    Place::Guide(guide) => guide,
                    _ => Guide::Help,
                };
                help::help(Help::inside(app, people, guide), move || app.place.set(place.get_untracked()))
            })
        },
        move || telling.get().then(|| rest::show(app, move || Part::Tell(place))),
        div()
            .attr("class", "notice")
            .attr("role", "status")
            .attr("aria-live", "polite")
            .child(move || app.notice.get().map(|line| p().child(line))),
    )
}

/// Before there is a list to stand in, and where there will be none.
pub fn help_button(app: App) -> impl IntoView {
    div().attr("class", "early-help").child(word_button("quiet", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help()))
}

fn early(app: App, stage: Stage) -> AnyView {
    match stage {
        Stage::Opening => splash(app, Word::Opening).into_any(),
        Stage::Making => splash(app, Word::SigningUp).into_any(),
        Stage::LoggedOut => splash(app, Word::LoggedOut).into_any(),
        Stage::Locked => unlock(app).into_any(),
        Stage::Broken(why) => broken(app, why).into_any(),
        Stage::Nobody | Stage::Home => welcome::welcome(app).into_any(),
    }
}

fn splash(app: App, word: Word) -> impl IntoView {
    main().attr("class", "welcome").child(card(app, p().attr("role", "status").child(app.say(word))))
}

/// What there is to say in the place of a screen.
pub fn card(app: App, said: impl IntoView) -> AnyView {
    div().attr("class", "welcome-card").child((h1().child(app.say(Word::Treehouse)), said)).into_any()
}

fn broken(app: App, why: Broken) -> impl IntoView {
    main().attr("class", "welcome").child(card(app, p().attr("role", "alert").child(app.locale.broken(why))))
}

fn unlock(app: App) -> impl IntoView {
    let passphrase = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    if !focus::touched() {
        request_animation_frame(|| focus::go(&["#passphrase"]));
    }
    main().attr("class", "welcome").child(
        form()
            .attr("class", "welcome-card")
            .on(ev::submit, move |event| {
                event.prevent_default();
                busy.set(true);
                let passphrase = passphrase.get_untracked();
                spawn_local(async move {
                    if let Err(why) = app.link().unlock(passphrase).await {
                        problem.set(Some(app.locale.refusal(&why)));
                    }
                    busy.set(false);
                });
            })
            .child((
                div().attr("class", "welcome-mark").child(Icon::Lock.draw()),
                h1().child(app.say(Word::Locked)),
                secret(app.say(Word::Passphrase), "passphrase", "current-password", passphrase),
                p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
                button()
                    .attr("type", "submit")
                    .attr("class", "word-button main wide")
                    .prop("disabled", move || busy.get())
                    .child(span().child(app.say(Word::Unlock))),
            )),
    )
}
