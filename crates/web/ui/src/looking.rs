//! Looking at pictures for the curtain, on this device: by a worker that is started when one is first needed, and asks the network for the model alone.
//! What it says is kept nowhere.

use crate::app::App;
use crate::errand::Errand;
use crate::html::prelude::*;
use crate::parts::{PICTURE_BY_ITSELF_MAX, media};
use crate::worker::{Launcher, Script};
use js_sys::Uint8Array;
use std::collections::BTreeMap;
use std::rc::Rc;
use view::{Bubble, MessageKind, PICTURE_SIDE};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement};

/// What became of looking at the pictures of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Not there yet.
    Looking,
    /// Nothing for a curtain.
    Open,
    Covered,
    /// It cannot be looked at here, or not now.
    Unseen,
}

/// What the core says of a message before which there may be a curtain.
#[derive(Clone, Copy)]
pub struct Covers {
    pub message: i64,
    pub curtain: bool,
    pub look: bool,
}

impl From<&Bubble> for Covers {
    fn from(shown: &Bubble) -> Self {
        Self { message: shown.row.id, curtain: shown.curtain, look: shown.look }
    }
}

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Looks {
    launcher: StoredValue<Rc<Launcher>, LocalStorage>,
    eye: StoredValue<Option<Rc<Errand>>, LocalStorage>,
    /// For whoever needs none.
    fetched: StoredValue<bool>,
    seen: RwSignal<BTreeMap<i64, Seen>>,
}

impl Looks {
    pub fn new(launcher: Rc<Launcher>) -> Self {
        Self {
            launcher: StoredValue::new_local(launcher),
            eye: StoredValue::new_local(None),
            fetched: StoredValue::new(false),
            seen: RwSignal::new(BTreeMap::new()),
        }
    }

    pub fn seen(self, message: i64) -> Option<Seen> {
        self.seen.with(|seen| seen.get(&message).copied())
    }

    /// Whether the model would draw a curtain before a picture; nothing where it cannot look.
    async fn look(self, address: &str) -> Option<bool> {
        let picture = points(address).await.ok()?;
        self.eye()?.ask(picture.into()).await?.as_bool()
    }

    fn eye(self) -> Option<Rc<Errand>> {
        if let Some(eye) = self.eye.try_get_value()?.filter(|eye| !eye.has_failed()) {
            return Some(eye);
        }
        let model = document().get_element_by_id("picture-model")?.get_attribute("content")?;
        let eye = Errand::begin(self.launcher.try_get_value()?.launch(Script::Picture).ok()?, vec![model.into()]);
        self.eye.set_value(Some(Rc::clone(&eye)));
        Some(eye)
    }

    /// Begins to fetch what looks at pictures: one is about to be sent.
    pub fn warm(self) {
        if self.fetched.try_get_value() == Some(false) {
            self.eye();
        }
    }

    /// Fetches what looks at pictures and lets it go again: for whoever needs none, so that the server cannot tell by it who is under 18.
    async fn fetch(self) {
        if self.fetched.try_get_value() == Some(false)
            && let Some(eye) = self.eye()
        {
            // What did not come is fetched the next time, as by whoever needs it.
            let nothing = Uint8Array::new_with_length(PICTURE_SIDE * PICTURE_SIDE * 4);
            let came = eye.ask(nothing.into()).await.and_then(|answer| answer.as_bool()).is_some();
            let _ = self.fetched.try_update_value(|fetched| *fetched = came);
            let _ = self.eye.try_update_value(|eye| *eye = None);
        }
    }

    /// Whether one of one's own pictures may be a private one. What cannot be looked at is none.
    pub async fn before_sending(self, addresses: &[String], looks: bool) -> bool {
        if !looks {
            self.fetch().await;
            return false;
        }
        for address in addresses {
            if self.look(address).await == Some(true) {
                return true;
            }
        }
        false
    }
}

/// Begins to look at what a message of somebody else shows, unless that is known.
pub fn begin(app: App, shown: &Bubble) {
    let (id, looks) = (shown.row.id, app.looks);
    let still = |kind: MessageKind| matches!(kind, MessageKind::Photo | MessageKind::Sticker);
    let pictures: Vec<_> = shown.files.iter().filter(|file| still(file.kind)).map(|file| (file.position, file.row.bytes)).collect();
    if pictures.is_empty() || shown.row.mine {
        return;
    }
    if !shown.look {
        spawn_local(looks.fetch());
        return;
    }
    if looks.seen.with_untracked(|seen| seen.get(&id).is_some_and(|seen| *seen != Seen::Unseen)) {
        return;
    }
    looks.seen.update(|seen| {
        seen.insert(id, Seen::Looking);
    });
    spawn_local(async move {
        let mut found = Seen::Open;
        for (position, bytes) in pictures {
            // What is not fetched by itself is not looked at either.
            if bytes > PICTURE_BY_ITSELF_MAX {
                found = Seen::Unseen;
                continue;
            }
            match looks.look(&media(id, position)).await {
                Some(false) => {}
                Some(true) => {
                    found = Seen::Covered;
                    break;
                }
                None => found = Seen::Unseen,
            }
        }
        let _ = looks.seen.try_update(|seen| seen.insert(id, found));
    });
}

/// A picture as the worker takes it: as wide as high, red, green, blue and one more byte a point.
async fn points(address: &str) -> Result<Uint8Array, JsValue> {
    let image = HtmlImageElement::new()?;
    image.set_src(address);
    JsFuture::from(image.decode()).await?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(PICTURE_SIDE);
    canvas.set_height(PICTURE_SIDE);
    let context: CanvasRenderingContext2d = canvas.get_context("2d")?.ok_or(JsValue::UNDEFINED)?.dyn_into()?;
    let side = f64::from(PICTURE_SIDE);
    // What shows through is white, as in a chat.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, side, side);
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, side, side)?;
    Ok(Uint8Array::from(context.get_image_data(0.0, 0.0, side, side)?.data().as_slice()))
}
