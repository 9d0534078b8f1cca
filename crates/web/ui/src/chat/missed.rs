//! A picture that did not come: it is tried again until it can be had, or is known to be none.

use crate::app::App;
use crate::html::prelude::*;
use crate::parts::media;
use std::time::Duration;
use view::page::Line;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

/// Until it is tried again: twice as long each time, up to the most. Without a connection nothing is tried.
const AGAIN: Duration = Duration::from_secs(2);
const AGAIN_MOST: Duration = Duration::from_secs(60);
/// So often it is tried with a connection: where the server goes on failing it comes when the chat is opened again.
const TRIES_MAX: u32 = 10;
/// What the service worker says of what is out of reach.
const OUT_OF_REACH: u16 = 503;

/// One picture where it stands; copies are the same.
#[derive(Clone, Copy)]
pub struct Missed {
    app: App,
    message: i64,
    position: u32,
    /// It did not come, or it is none: until it comes it is a file.
    is: RwSignal<bool>,
    /// It was tried once more although it could be had, and was none.
    none: RwSignal<bool>,
}

impl Missed {
    pub fn new(app: App, message: i64, position: u32) -> Self {
        Self { app, message, position, is: RwSignal::new(false), none: RwSignal::new(false) }
    }

    pub fn is(self) -> bool {
        self.is.get()
    }

    /// The browser could not show it.
    pub fn set(self) {
        self.is.set(true);
        self.try_after(AGAIN, 0);
    }

    fn try_after(self, pause: Duration, tries: u32) {
        set_timeout(move || spawn_local(self.try_now(pause, tries)), pause);
    }

    async fn try_now(self, pause: Duration, tries: u32) {
        if self.is.try_get_untracked() != Some(true) {
            // The chat was left.
            return;
        }
        if untrack(|| self.app.line()) != Line::Up {
            return self.try_after(AGAIN, 0);
        }
        match comes(&format!("{}?shown=again", media(self.message, self.position))).await {
            Some(true) if tries > 0 || self.none.try_get_untracked() == Some(false) => {
                self.none.try_set(tries == 0);
                self.is.try_set(false);
            }
            None if tries < TRIES_MAX => self.try_after((pause * 2).min(AGAIN_MOST), tries + 1),
            Some(_) | None => {}
        }
    }
}

/// Whether all of it comes; nothing: it is out of reach.
async fn comes(address: &str) -> Option<bool> {
    let answer: Response = JsFuture::from(window().fetch_with_str(address)).await.ok()?.dyn_into().ok()?;
    if answer.status() == OUT_OF_REACH {
        return None;
    }
    JsFuture::from(answer.blob().ok()?).await.ok()?;
    Some(answer.ok())
}
