//! Whom the operator of this server names: asked for once a page, so that opening Help asks nobody anything.

use crate::html::prelude::*;
use safety::help::{OwnEntry, own};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

const ADDRESS: &str = "/people.txt";

/// Filled when they have come; empty where the operator named nobody, or neither server nor service worker answers.
#[derive(Clone, Copy)]
pub struct People(pub RwSignal<Vec<OwnEntry>>);

impl People {
    pub fn fetch() -> Self {
        let people = Self(RwSignal::new(vec![]));
        spawn_local(async move {
            if let Some(found) = text().await.and_then(|text| own(&text).ok()) {
                people.0.set(found);
            }
        });
        people
    }
}

async fn text() -> Option<String> {
    let response: Response = JsFuture::from(window().fetch_with_str(ADDRESS)).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}
