//! What no first screen needs: all that there is once there is an account, and what is told or typed without one. It is a file of its own
//! (`crates/web/pack/src/split.rs` takes it out of the module), fetched as soon as the first screen stands.

use crate::account::restore;
use crate::app::{App, Place};
use crate::desk::tell;
use crate::home;
use crate::html::prelude::*;
use crate::html::{div, h1, main, p};
use crate::parts::word_button;
use crate::words::Word;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Until it is tried again by itself.
const AGAIN: Duration = Duration::from_secs(3);

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    Coming,
    Here,
    /// It could not be fetched, and is tried again.
    Missed,
}

/// A part of it.
pub enum Part {
    /// With this place beside the list.
    Home(Memo<Place>),
    /// Back leads to this place.
    Tell(Memo<Place>),
    ComeBack(restore::Attempt, Box<dyn Fn()>),
}

/// All of it is reached through this, so that there is one thing to be fetched.
#[wasm_split(rest, fallible, preload(come))]
fn part(app: App, part: Part) -> Result<AnyView, SplitLoaderError> {
    Ok(match part {
        Part::Home(place) => home::home(app, place).into_any(),
        Part::Tell(under) => tell::tell(app, move || tell::leave(app, under.get_untracked())).into_any(),
        Part::ComeBack(attempt, back) => restore::restore(app, attempt, back).into_any(),
    })
}

/// Fetches it, and tries until it has come.
pub fn fetch(app: App) {
    spawn_local(async move {
        if come().await.is_ok() {
            app.rest.set(Rest::Here);
        } else {
            app.rest.set(Rest::Missed);
            set_timeout(move || fetch(app), AGAIN);
        }
    });
}

/// Shows a part of it as soon as it is here, in the place of a whole screen.
pub fn show(app: App, make: impl Fn() -> Part + 'static) -> AnyView {
    inside(app, make, |waiting| main().attr("class", "welcome").child(waiting).into_view())
}

/// The same, in a screen that stands there.
pub fn show_in(app: App, make: impl Fn() -> Part + 'static) -> AnyView {
    inside(app, make, IntoView::into_view)
}

fn inside(app: App, make: impl Fn() -> Part + 'static, around: fn(AnyView) -> AnyView) -> AnyView {
    (move || match app.rest.get() {
        Rest::Here => at_once(app, make()),
        Rest::Coming => around(card(app, p().attr("role", "status").child(app.say(Word::Connecting)))),
        Rest::Missed => around(card(
            app,
            (
                p().attr("role", "alert").child(app.say(Word::PartMissed)),
                word_button("main wide", None, app.say(Word::Retry), |_| {
                    // It may be that of another version by now, and a page that cannot be loaded again stays.
                    let _ = window().location().reload();
                }),
            ),
        )),
    })
    .into_any()
}

fn card(app: App, said: impl IntoView) -> AnyView {
    div().attr("class", "welcome-card").child((h1().child(app.say(Word::Treehouse)), said)).into_any()
}

/// What is here already answers the first time it is asked.
fn at_once(app: App, wanted: Part) -> AnyView {
    match pin!(part(app, wanted)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(view)) => view,
        Poll::Ready(Err(_)) | Poll::Pending => AnyView::Empty,
    }
}
