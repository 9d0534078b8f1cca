//! Looking at pictures for the curtain, on this device: by a worker that is started when one is first needed, and asks the network for the model alone.
//! What it says is told to nobody; that it covered a picture is noted on this device, until that is kept or reported or goes.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::link::errand::Errand;
use crate::link::worker::{Launcher, Script};
use crate::notice::pause::Why;
use crate::parts::media;
use js_sys::Uint8Array;
use std::collections::BTreeMap;
use std::rc::Rc;
use view::{Bubble, Command, MessageKind, PICTURE_SIDE};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement};

/// What became of looking at a picture, or at all that a message shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Not there yet.
    Looking,
    /// Nothing for a curtain.
    Open,
    Covered,
    /// It goes on after what was looked at.
    Moves,
    /// It cannot be looked at here, or not now.
    Unseen,
    /// It cannot be shown, so that there is nothing to look at.
    None,
}

/// What the core says of a message before which there may be a curtain.
#[derive(Clone, Copy)]
pub struct Covers {
    pub chat: i64,
    pub message: i64,
    pub mine: bool,
    pub curtain: bool,
    pub look: bool,
    /// Pictures in it, which are looked at, and whether there are films, which are not.
    stills: usize,
    films: bool,
}

impl From<&Bubble> for Covers {
    fn from(shown: &Bubble) -> Self {
        Self {
            chat: shown.row.chat,
            message: shown.row.id,
            mine: shown.row.mine,
            curtain: shown.curtain,
            look: shown.look,
            stills: shown.files.iter().filter(|file| file.kind.is_still()).count(),
            films: shown.files.iter().any(|file| file.kind == MessageKind::Video),
        }
    }
}

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Looks {
    launcher: StoredValue<Rc<Launcher>, LocalStorage>,
    eye: StoredValue<Option<Rc<Errand>>, LocalStorage>,
    /// For whoever needs none.
    fetched: StoredValue<bool>,
    /// By message, and place in it.
    seen: RwSignal<BTreeMap<(i64, u32), Seen>>,
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

    /// What was found in a message that is looked at: it is open when each of its pictures was found to be.
    pub fn seen(self, covers: Covers) -> Seen {
        self.seen.with(|seen| {
            let all = || seen.range((covers.message, 0)..=(covers.message, u32::MAX)).map(|(_, found)| *found);
            let any = |wanted: Seen| all().any(|found| found == wanted);
            match () {
                () if any(Seen::Covered) => Seen::Covered,
                () if any(Seen::Unseen) => Seen::Unseen,
                () if covers.films || any(Seen::Moves) => Seen::Moves,
                () if all().filter(|found| *found == Seen::Open).count() < covers.stills => Seen::Looking,
                () => Seen::Open,
            }
        })
    }

    /// Whether there is nothing to cover where a message stands: what could not be shown is a file there, and the rest needs no curtain. Elsewhere, and
    /// later, it may be shown yet.
    pub fn stands_bare(self, covers: Covers) -> bool {
        let fine = |found: Seen| found == Seen::None || (found == Seen::Open && !covers.curtain);
        let all_fine = self.seen.with(|seen| {
            let all = seen.range((covers.message, 0)..=(covers.message, u32::MAX));
            all.filter(|(_, found)| fine(**found)).count()
        });
        !covers.films && covers.stills > 0 && all_fine == covers.stills
    }

    pub fn forget(self) {
        self.seen.set(BTreeMap::new());
    }

    fn found(self, at: (i64, u32), found: Seen) {
        let _ = self.seen.try_update(|seen| seen.insert(at, found));
    }

    /// Whether the model would draw a curtain before a picture; nothing where it cannot look.
    async fn look(self, image: &HtmlImageElement) -> Option<bool> {
        let picture = points(image).await.ok()?;
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

    /// Why there is a pause before pictures of one's own, if there is one. `looks`: they are looked at, else it is fetched alone.
    pub async fn before_sending(self, addresses: &[String], looks: bool) -> Option<Why> {
        if !looks {
            self.fetch().await;
            return None;
        }
        let mut found = Vec::new();
        for address in addresses {
            let Ok(image) = HtmlImageElement::new() else { return Some(Why::Unseen) };
            image.set_src(address);
            found.push(self.look(&image).await);
            // Nothing asks for more.
            if found.last() == Some(&Some(true)) {
                break;
            }
        }
        why(&found)
    }

    /// The same before pictures of a chat are passed on, each by its message and its place in it. They are looked at where they stand in the page: nothing
    /// is fetched that was not fetched for everybody.
    pub async fn before_passing_on(self, pictures: &[(i64, u32)], looks: bool) -> Option<Why> {
        if !looks {
            self.fetch().await;
            return None;
        }
        let mut found = Vec::new();
        for at in pictures {
            let known = self.seen.try_with_untracked(|seen| seen.get(at).copied()).flatten();
            found.push(match (known, standing(*at)) {
                (Some(Seen::Covered), _) => Some(true),
                (Some(Seen::Open), _) => Some(false),
                (_, Some(image)) => self.look(&image).await,
                (_, None) => None,
            });
        }
        why(&found)
    }
}

/// What was found in several pictures, where nothing is one that could not be looked at.
fn why(found: &[Option<bool>]) -> Option<Why> {
    if found.contains(&Some(true)) {
        return Some(Why::Private);
    }
    found.contains(&None).then_some(Why::Unseen)
}

/// A picture that has come and stands in the page.
fn standing(at: (i64, u32)) -> Option<HtmlImageElement> {
    let found = document().query_selector(&format!(".photo[data-photo=\"{}\"] img", crate::chat::viewer::name(at))).ok()??;
    found.dyn_into::<HtmlImageElement>().ok().filter(|image| image.complete() && image.natural_width() > 0)
}

/// A picture of somebody else stands in the page: it came as to everybody who is at this part of the chat. Whoever has it looked at has that done now
/// and where it stands, behind the curtain: nothing is fetched for it that others do not fetch, and nothing earlier.
pub fn came(app: App, covers: Covers, position: u32, event: &ev::Event) {
    let (looks, at) = (app.looks, (covers.message, position));
    if covers.mine {
        return;
    }
    let known = looks.seen.with_untracked(|seen| seen.get(&at).copied());
    if known == Some(Seen::None) {
        // It came after all.
        looks.found(at, Seen::Looking);
    }
    if !covers.look {
        spawn_local(looks.fetch());
        return;
    }
    if known.is_some_and(|found| !matches!(found, Seen::Unseen | Seen::None)) {
        return;
    }
    let Some(image) = event.target().and_then(|target| target.dyn_into::<HtmlImageElement>().ok()) else { return };
    looks.found(at, Seen::Looking);
    let link = app.link();
    spawn_local(async move {
        let found = match (looks.look(&image).await, link.moves(covers.message, position).await) {
            // Since it came another may have taken its place.
            _ if image.get_attribute("src").as_deref() != Some(&media(covers.message, position)) => Seen::Unseen,
            (Some(true), _) => Seen::Covered,
            (Some(false), Some(true)) => Seen::Moves,
            (Some(false), Some(false)) => Seen::Open,
            (None, _) | (_, None) => Seen::Unseen,
        };
        if found == Seen::Covered {
            app.try_act(Command::Covered { chat: covers.chat, message: covers.message, position }, |_| {});
        }
        looks.found(at, found);
    });
}

/// A picture cannot be shown: it is a file now.
pub fn failed(app: App, covers: Covers, position: u32) {
    app.looks.found((covers.message, position), Seen::None);
}

/// A picture is fetched anew: until it is known what becomes of it there is something to cover.
pub fn again(app: App, covers: Covers, position: u32) {
    let at = (covers.message, position);
    if app.looks.seen.with_untracked(|seen| seen.get(&at) == Some(&Seen::None)) {
        let _ = app.looks.seen.try_update(|seen| seen.remove(&at));
    }
}

/// A large picture was asked for: it is looked at like any other, so what was uncovered before it was there is covered until then.
pub fn asked(app: App, covers: Covers) {
    if covers.look && !covers.mine {
        app.bared.update(|bared| {
            bared.remove(&covers.message);
        });
    }
}

/// A picture is not shown by itself, and so not looked at.
pub fn lost(app: App, covers: Covers, position: u32) {
    if covers.look && !covers.mine {
        app.looks.found((covers.message, position), Seen::Unseen);
    }
}

/// A picture as the worker takes it: as wide as high, red, green, blue and one more byte a point.
async fn points(image: &HtmlImageElement) -> Result<Uint8Array, JsValue> {
    JsFuture::from(image.decode()).await?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(PICTURE_SIDE);
    canvas.set_height(PICTURE_SIDE);
    let context: CanvasRenderingContext2d = canvas.get_context("2d")?.ok_or(JsValue::UNDEFINED)?.dyn_into()?;
    let side = f64::from(PICTURE_SIDE);
    // What shows through is white, as in a chat.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, side, side);
    context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, side, side)?;
    Ok(Uint8Array::from(context.get_image_data(0.0, 0.0, side, side)?.data().as_slice()))
}
