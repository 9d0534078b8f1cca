//! What is not needed to paint and to sign up: all that there is once there is an account, and what is told or typed without one. It is a file of
//! its own (`crates/web/pack/src/split.rs` takes it out of the module), fetched as soon as something stands on the screen.

use crate::account::restore;
use crate::app::{App, Place, set_if_new};
use crate::desk::tell;
use crate::frame::{card, help_button};
use crate::home;
use crate::html::prelude::*;
use crate::html::{main, p};
use crate::parts::word_button;
use crate::words::Word;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Until it is tried again by itself: twice as long each time, up to the most.
const AGAIN: Duration = Duration::from_secs(3);
const AGAIN_MOST: Duration = Duration::from_secs(60);

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
    try_after(app, AGAIN);
}

fn try_after(app: App, pause: Duration) {
    spawn_local(async move {
        if !comes(app).await {
            set_timeout(move || try_after(app, (pause * 2).min(AGAIN_MOST)), pause);
        }
    });
}

async fn comes(app: App) -> bool {
    let here = app.rest.get_untracked() == Rest::Here || come().await.is_ok();
    set_if_new(app.rest, if here { Rest::Here } else { Rest::Missed });
    here
}

/// Somebody wants it now. It may be that of another version that is looked for, which is gone: a page that is loaded again is of one version. Where the
/// account goes with the tab it is not loaded again, and without a network neither.
fn fetch_now(app: App) {
    spawn_local(async move {
        if !comes(app).await && !app.ends_with_this_tab() && window().navigator().on_line() {
            let _ = window().location().reload();
        }
    });
}

/// Shows a part of it as soon as it is here, in the place of a whole screen.
pub fn show(app: App, make: impl Fn() -> Part + 'static) -> AnyView {
    // Help is there before it.
    inside(app, make, move |waiting| (main().attr("class", "welcome").child(waiting), help_button(app)).into_view())
}

/// The same, in a screen that stands there.
pub fn show_in(app: App, make: impl Fn() -> Part + 'static) -> AnyView {
    inside(app, make, IntoView::into_view)
}

fn inside(app: App, make: impl Fn() -> Part + 'static, around: impl Fn(AnyView) -> AnyView + 'static) -> AnyView {
    (move || match app.rest.get() {
        Rest::Here => at_once(app, make()),
        Rest::Coming => around(card(app, p().attr("role", "status").child(app.say(Word::Connecting)))),
        Rest::Missed => around(card(
            app,
            (
                p().attr("role", "alert").child(app.say(Word::PartMissed)),
                word_button("main wide", None, app.say(Word::Retry), move |_| fetch_now(app)),
            ),
        )),
    })
    .into_any()
}

/// What is here already answers the first time it is asked.
fn at_once(app: App, wanted: Part) -> AnyView {
    match pin!(part(app, wanted)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(view)) => view,
        Poll::Ready(Err(_)) | Poll::Pending => AnyView::Empty,
    }
}
