//! A picture that did not come: it is tried again until it can be had, or is known to be none.

use crate::html::prelude::*;
use crate::parts::media;
use std::time::Duration;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

/// Until it is tried again: twice as long each time, up to the most.
const AGAIN: Duration = Duration::from_secs(2);
const AGAIN_MOST: Duration = Duration::from_secs(30);
/// What the service worker says of what is out of reach.
const OUT_OF_REACH: u16 = 503;

/// One picture where it stands; copies are the same.
#[derive(Clone, Copy)]
pub struct Missed {
    /// It did not come, or it is none: until it comes it is a file.
    pub is: RwSignal<bool>,
    /// It was tried once more although it could be had, and was none.
    none: RwSignal<bool>,
}

impl Missed {
    pub fn new() -> Self {
        Self { is: RwSignal::new(false), none: RwSignal::new(false) }
    }

    /// The browser could not show it.
    pub fn missed(self, message: i64, position: u32) {
        self.is.set(true);
        self.try_after(format!("{}?shown=again", media(message, position)), AGAIN, false);
    }

    fn try_after(self, address: String, pause: Duration, was_out_of_reach: bool) {
        set_timeout(move || spawn_local(self.try_now(address, pause, was_out_of_reach)), pause);
    }

    async fn try_now(self, address: String, pause: Duration, was_out_of_reach: bool) {
        if self.is.try_get_untracked() != Some(true) {
            // The chat was left.
            return;
        }
        match status(&address).await {
            Some(OUT_OF_REACH) | None => self.try_after(address, (pause * 2).min(AGAIN_MOST), true),
            Some(200) if was_out_of_reach || self.none.try_get_untracked() == Some(false) => {
                self.none.try_set(!was_out_of_reach);
                self.is.try_set(false);
            }
            Some(_) => {}
        }
    }
}

async fn status(address: &str) -> Option<u16> {
    let answer = JsFuture::from(window().fetch_with_str(address)).await.ok()?;
    answer.dyn_into::<Response>().ok().map(|answer| answer.status())
}
