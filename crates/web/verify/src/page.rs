//! What is on the page: a file and its words go in, the exhibit comes out.

use js_sys::{Date, Promise, Uint8Array};
use report::exhibit::{Printing, Section, Shown, sections, told};
use report::{Bundle, Inside, Passphrase, Sealed, Source, Trust, UnsealError};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, DragEvent, Element, Event, File, HtmlElement, HtmlInputElement, HtmlTextAreaElement, Window};
use wire::{Hash32, Millis};

/// Long enough for the browser to show that something is being done.
const PAINT: i32 = 50;

/// What is shown, and whether everything in it holds.
struct Found {
    sections: Vec<Section>,
    holds: bool,
}

#[derive(Clone)]
struct Page {
    window: Window,
    document: Document,
}

/// What was dropped here, or chosen.
#[derive(Default, Clone)]
struct Given(Rc<std::cell::RefCell<Option<File>>>);

pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        let _ = web_sys::window().map(|window| window.alert_with_message(&format!("This page failed: {info}")));
    }));
    let Some(window) = web_sys::window() else { return };
    let Some(document) = window.document() else { return };
    let page = Page { window, document };
    let given = Given::default();
    page.hears("file", "change", {
        let (page, given) = (page.clone(), given.clone());
        move |_| page.take(&given, page.chosen())
    });
    page.hears("drop", "dragover", |event| event.prevent_default());
    page.hears("drop", "drop", {
        let (page, given) = (page.clone(), given.clone());
        move |event| {
            event.prevent_default();
            let dropped = event.dyn_into::<DragEvent>().ok().and_then(|event| event.data_transfer()).and_then(|data| data.files());
            page.take(&given, dropped.and_then(|files| files.get(0)));
        }
    });
    page.hears("form", "submit", {
        let page = page.clone();
        move |event| {
            event.prevent_default();
            let (page, given) = (page.clone(), given.clone());
            spawn_local(async move { page.check(&given).await });
        }
    });
    page.hears("print", "click", {
        let page = page.clone();
        // A browser that cannot print says so itself.
        move |_| drop(page.window.print())
    });
    page.say("state", "Ready. Nothing leaves this page.");
}

impl Page {
    fn element(&self, id: &str) -> Option<Element> {
        self.document.get_element_by_id(id)
    }

    fn hears(&self, id: &str, what: &str, hear: impl FnMut(Event) + 'static) {
        let Some(element) = self.element(id) else { return };
        let hear = Closure::<dyn FnMut(Event)>::new(hear);
        // Refused for no element that is there. It lives as long as the page.
        let _ = element.add_event_listener_with_callback(what, hear.as_ref().unchecked_ref());
        hear.forget();
    }

    fn say(&self, id: &str, words: &str) {
        if let Some(element) = self.element(id) {
            element.set_text_content(Some(words));
        }
    }

    fn chosen(&self) -> Option<File> {
        self.element("file")?.dyn_into::<HtmlInputElement>().ok()?.files()?.get(0)
    }

    fn take(&self, given: &Given, file: Option<File>) {
        self.clear();
        self.say("chosen", &file.as_ref().map_or_else(String::new, File::name));
        given.0.replace(file);
    }

    /// What was shown of another file is gone before anything else is.
    fn clear(&self) {
        self.say("exhibit", "");
        self.say("problem", "");
        self.hide("shown", true);
    }

    fn hide(&self, id: &str, hidden: bool) {
        if let Some(element) = self.element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            element.set_hidden(hidden);
        }
    }

    fn typed(&self, id: &str) -> String {
        let Some(element) = self.element(id) else { return String::new() };
        match element.dyn_into::<HtmlInputElement>() {
            Ok(field) => field.value(),
            Err(element) => element.dyn_into::<HtmlTextAreaElement>().map(|field| field.value()).unwrap_or_default(),
        }
    }

    async fn check(&self, given: &Given) {
        self.clear();
        self.say("state", "Checking…");
        self.rest().await;
        match self.found(given).await {
            Ok(found) => {
                self.show(&found);
                self.say(
                    "state",
                    if found.holds { "Checked: read what it says below." } else { "Checked: it does not hold, or proves nothing." },
                );
            }
            Err(why) => {
                self.say("problem", why);
                self.say("state", "Not checked.");
            }
        }
    }

    async fn rest(&self) {
        let waited = Promise::new(&mut |resolve, _| {
            // Without a timer it goes on at once.
            let _ = self.window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, PAINT);
        });
        let _ = JsFuture::from(waited).await;
    }

    async fn found(&self, given: &Given) -> Result<Found, &'static str> {
        let file = given.0.borrow().clone().ok_or("Choose the report first.")?;
        if file.size() > report::seal::FILE_MAX as f64 {
            return Err("This is not a report: look whether it is the right file.");
        }
        let buffer = JsFuture::from(file.array_buffer()).await.map_err(|_| "The file cannot be read. Choose it again.")?;
        let bytes = Uint8Array::new(&buffer).to_vec();
        let mut trust = Trust::default();
        let bundle = self.typed("bundle");
        if !bundle.trim().is_empty() {
            let bundle = Bundle::parse(bundle.trim_start()).map_err(|_| "The trust bundle is not one.")?;
            trust = trust.with(bundle, Source::Given);
        }
        verdict(&bytes, &self.typed("passphrase"), &trust)
    }

    fn show(&self, found: &Found) {
        let Some(exhibit) = self.element("exhibit") else { return };
        let made = || -> Result<(), JsValue> {
            for section in &found.sections {
                let part = self.document.create_element("section")?;
                if !section.title.is_empty() {
                    self.put(&part, "h2", "", &section.title)?;
                }
                for line in &section.lines {
                    match line {
                        Shown::Line(line) => drop(self.put(&part, "p", "", line)?),
                        Shown::Words(words) => self.put(&part, "p", "words", words)?.set_attribute("dir", "auto")?,
                        Shown::Field { name, value } => {
                            let row = self.put(&part, "p", "field", "")?;
                            self.put(&row, "span", "name", name)?;
                            self.put(&row, "span", "value", value)?;
                        }
                    }
                }
                exhibit.append_child(&part)?;
            }
            Ok(())
        };
        // Nothing stands here that a document would not take.
        let _ = made();
        self.hide("shown", false);
        if let Some(exhibit) = exhibit.dyn_ref::<HtmlElement>() {
            let _ = exhibit.focus();
        }
    }

    fn put(&self, to: &Element, tag: &str, class: &str, words: &str) -> Result<Element, JsValue> {
        let element = self.document.create_element(tag)?;
        if !class.is_empty() {
            element.set_class_name(class);
        }
        element.set_text_content(Some(words));
        to.append_child(&element)?;
        Ok(element)
    }
}

/// What `treehouse verify` says of the same bytes.
fn verdict(bytes: &[u8], passphrase: &str, trust: &Trust) -> Result<Found, &'static str> {
    let printing = Printing { time: &time, file: Some(Hash32::of(bytes)), pictures: None };
    let sealed = Sealed::parse(bytes).map_err(refused)?;
    let passphrase = Passphrase::from_text(passphrase)
        .ok_or("This passphrase is too short to be one of a report: look whether the whole of it is there.")?;
    match sealed.look_with(&passphrase).map_err(refused)? {
        Inside::Report(contents) => {
            mark("opened");
            let verdict = report::verify(&contents.report, &contents.body, trust);
            mark("verified");
            Ok(Found { sections: sections(&verdict, &printing), holds: verdict.holds() })
        }
        Inside::Told(what) => Ok(Found { sections: told(&what, &printing), holds: false }),
        Inside::Mark(_) => Err("This is what a safety team noted for itself, and no report."),
        Inside::Answer(_) | Inside::Withdrawal(_) => Err("This belongs to a report, and is none."),
    }
}

/// Notes a moment for whoever measures.
fn mark(name: &str) {
    let _ = web_sys::window().and_then(|window| window.performance()).map(|performance| performance.mark(name));
}

fn refused(why: UnsealError) -> &'static str {
    match why {
        UnsealError::NotAReport => "This is not a report: look whether it is the right file.",
        UnsealError::TooNew => "This report is of a newer treehouse: use that version.",
        UnsealError::NotForYou => "This report is sealed for somebody else, or this is another passphrase.",
        UnsealError::Altered | UnsealError::Malformed(_) => {
            "This report is not as it was sealed: ask for it again, and keep this copy beside."
        }
    }
}

/// In UTC, and on the clock of this device.
fn time(at: Millis) -> String {
    let date = Date::new(&JsValue::from_f64(at.0 as f64));
    report::exhibit::time(at, -(date.get_timezone_offset() as i32))
}
