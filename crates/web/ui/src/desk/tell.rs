//! Telling the safety team something without an account: a parent, a teacher, a friend. Words, perhaps screens, and a number to keep.

use crate::app::{App, Place};
use crate::desk::own;
use crate::help;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{self, button, div, fieldset, h2, input, label, legend, li, main, p, section, span, textarea, ul};
use crate::icons::Icon;
use crate::parts::{fact, icon_button, word_button};
use crate::report::REASONS;
use crate::report::beside::danger;
use crate::words::Word;
use crate::words::team::TeamWord;
use futures_channel::oneshot;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use view::{DeskRow, NewTold, ReportReason, Reported, TOLD_PICTURE_BYTES_MAX, TOLD_PICTURES_MAX, ToldTo};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlInputElement, ImageBitmap};

/// Its address, which needs no account.
pub const PATH: &str = "/report";
/// Pixels on the longer side, and how well it is kept: the first that is small enough is taken.
const SIZES: [(f64, f64); 6] = [(1600.0, 0.7), (1280.0, 0.6), (1024.0, 0.5), (800.0, 0.5), (640.0, 0.4), (480.0, 0.3)];

/// The longest that one is made small.
const SMALL_MOST: Duration = Duration::from_secs(30);

/// What is being written; copies are the same. It is in this tab's memory, and nowhere else.
#[derive(Clone, Copy)]
struct Draft {
    app: App,
    reason: RwSignal<ReportReason>,
    words: RwSignal<String>,
    reach: RwSignal<String>,
    /// It is about a member of staff: it goes past the team.
    staff: RwSignal<bool>,
    pictures: RwSignal<Vec<(u32, Vec<u8>)>>,
    /// So many choices of pictures are being made small: what is sent meanwhile would lack them.
    choosing: RwSignal<u32>,
    next: RwSignal<u32>,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
    sent: RwSignal<Option<Reported>>,
}

/// What is known of the team.
#[derive(Clone, PartialEq)]
enum Team {
    Asking,
    Unknown(String),
    Known(Option<DeskRow>),
}

/// The whole page, over whatever one was doing. `back` leads there.
pub fn tell(app: App, back: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let draft = Draft {
        app,
        reason: RwSignal::new(ReportReason::SomethingElse),
        words: RwSignal::new(String::new()),
        reach: RwSignal::new(String::new()),
        staff: RwSignal::new(false),
        pictures: RwSignal::new(vec![]),
        choosing: RwSignal::new(0),
        next: RwSignal::new(1),
        busy: RwSignal::new(false),
        problem: RwSignal::new(None),
        sent: RwSignal::new(None),
    };
    let team = RwSignal::new(Team::Asking);
    spawn_local(async move {
        let known = match app.link().team().await {
            Ok(known) => Team::Known(known),
            Err(why) => Team::Unknown(app.locale.refusal(&why)),
        };
        team.try_set(known);
    });
    help::out_by_escape();
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            // One that cannot take the focus is read all the same.
            let _ = heading.focus();
        }
    });
    div().attr("class", "guide tell").child((
        help::head(app.locale, heading, move || app.say(TeamWord::TellTitle), back),
        main().attr("class", "guide-body").attr("aria-label", app.say(TeamWord::TellTitle)).child((danger(app), move || {
            match (draft.sent.get(), team.get()) {
                (Some(made), _) => draft.done(&made, back).into_any(),
                (None, Team::Asking) => p().attr("role", "status").child(app.say(Word::Connecting)).into_any(),
                (None, Team::Unknown(why)) => draft.nobody(why).into_any(),
                (None, Team::Known(None)) => draft.nobody(app.say(TeamWord::TellNoTeam)).into_any(),
                (None, Team::Known(Some(team))) => (draft.form(&team), team.answers.then(|| own::by_code(app))).into_any(),
            }
        })),
    ))
}

impl Draft {
    /// Nothing can be sent: somebody else can be asked.
    fn nobody(self, why: String) -> impl IntoView {
        let app = self.app;
        section().attr("class", "card").child((
            p().attr("role", "status").child(why),
            p().child(app.say(TeamWord::TellHelp)),
            word_button("main", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help()),
        ))
    }

    fn form(self, team: &DeskRow) -> impl IntoView + use<> {
        let app = self.app;
        let submit = move |event: ev::SubmitEvent| {
            event.prevent_default();
            self.send();
        };
        let pictures = team.pictures;
        let nobody_outside = team.outside.is_none();
        let team = team.clone();
        html::form().attr("class", "report").on(ev::submit, submit).child((
            section().attr("class", "card report-lines").attr("aria-label", app.say(Word::ReportWho)).child((
                p().child(app.say(TeamWord::TellText)),
                move || fact(Icon::Send, self.goes(&team)),
                fact(Icon::Info, app.say(TeamWord::TellProof)),
                fact(Icon::Eye, app.say(TeamWord::TellMayTell)),
                fact(Icon::Lock, app.say(TeamWord::TellSealed)),
            )),
            section().attr("class", "card").child((
                self.reasons(),
                self.about_staff(),
                move || (self.staff.get() && nobody_outside).then(|| crate::help::staff::elsewhere(app)),
                self.what_happened(),
            )),
            pictures.then(|| self.screens()),
            section().attr("class", "card").child(
                div().attr("class", "field").child((
                    label().attr("for", "tell-reach").child(app.say(TeamWord::TellReach)),
                    input()
                        .id("tell-reach")
                        .attr("type", "text")
                        .attr("autocomplete", "off")
                        .attr("maxlength", "200")
                        .attr("aria-describedby", "tell-reach-hint")
                        .prop("value", move || self.reach.get())
                        .on(ev::input, move |event| self.reach.set(event_target_value(&event))),
                    p().attr("class", "hint").id("tell-reach-hint").child(app.say(TeamWord::TellReachHint)),
                )),
            ),
            p().attr("class", "problem").attr("role", "alert").child(move || self.problem.get()),
            button()
                .attr("type", "submit")
                .attr("class", "word-button main wide")
                .prop("disabled", move || self.busy.get() || self.choosing.get() > 0 || (self.staff.get() && nobody_outside))
                .child(span().child(move || app.say(if self.busy.get() { Word::ReportSending } else { Word::Send }))),
        ))
    }

    /// Whom it goes to, as the form stands.
    fn goes(self, team: &DeskRow) -> String {
        match (self.staff.get(), team.outside.as_deref()) {
            (true, Some(name)) => self.app.say_with(TeamWord::TellStaffGoes, &[("name", name)]),
            (true, None) => self.app.say(TeamWord::StaffNotSent),
            (false, _) => {
                let numbers = [("n", team.members.to_string()), ("m", team.hours.to_string())];
                let numbers = numbers.each_ref().map(|(name, number)| (*name, number.as_str()));
                self.app.say_with(Word::ReportGoesDesk, &numbers)
            }
        }
    }

    fn about_staff(self) -> impl IntoView {
        label().attr("class", "choice").child((
            input()
                .attr("type", "checkbox")
                .prop("checked", move || self.staff.get())
                .on(ev::change, move |event| self.staff.set(event_target_checked(&event))),
            span().child(self.app.say(TeamWord::TellStaff)),
        ))
    }

    fn reasons(self) -> impl IntoView {
        let app = self.app;
        let one = move |(reason, word): (ReportReason, Word)| {
            label().attr("class", "choice").child((
                input()
                    .attr("type", "radio")
                    .attr("name", "tell-reason")
                    .prop("checked", move || self.reason.get() == reason)
                    .on(ev::change, move |_| self.reason.set(reason)),
                span().child(app.say(word)),
            ))
        };
        fieldset()
            .attr("class", "tell-reasons")
            .child((legend().child(app.say(Word::ReportWhy)), REASONS.map(one).into_iter().collect_view()))
    }

    fn what_happened(self) -> impl IntoView {
        let app = self.app;
        div().attr("class", "field").child((
            label().attr("for", "tell-words").child(app.say(TeamWord::TellWords)),
            textarea()
                .id("tell-words")
                .attr("rows", "6")
                .attr("maxlength", "5000")
                .attr("required", "required")
                .attr("autocomplete", "off")
                .attr("aria-describedby", "tell-words-hint")
                .prop("value", move || self.words.get())
                .on(ev::input, move |event| self.words.set(event_target_value(&event))),
            p().attr("class", "hint").id("tell-words-hint").child(app.say(TeamWord::TellWordsHint)),
        ))
    }

    /// What must never be sent stands before what can be chosen.
    fn screens(self) -> impl IntoView {
        let app = self.app;
        let choose = move |event: ev::Event| {
            let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
            let files = field.files();
            let chosen: Vec<_> = files.iter().flat_map(|files| (0..files.length()).filter_map(|at| files.get(at))).collect();
            field.set_value("");
            self.problem.set(None);
            self.choosing.update(|choices| *choices += 1);
            spawn_local(async move {
                for file in chosen {
                    // What is more than can be sent is left out now: it does not come into the place of one that is taken away later.
                    if self.full() {
                        let most = app.say_with(TeamWord::TellMost, &[("n", &TOLD_PICTURES_MAX.to_string())]);
                        self.problem.try_update(|problem| problem.get_or_insert(most).len());
                        break;
                    }
                    self.add(&file).await;
                }
                self.choosing.try_update(|choices| *choices -= 1);
            });
        };
        let name = move |number: u32| app.say_with(TeamWord::TellPicture, &[("n", &number.to_string())]);
        let row = move |(number, bytes): (u32, Vec<u8>)| {
            li().attr("class", "tell-picture").child((
                Icon::Image.draw(),
                span().child(format!("{} · {}", name(number), crate::time::size(bytes.len() as u64))),
                icon_button(Icon::X, app.say_with(Word::RemoveFile, &[("name", &name(number))]), move |_| {
                    self.pictures.update(|all| all.retain(|(other, _)| *other != number));
                }),
            ))
        };
        section().attr("class", "card").attr("aria-label", app.say(TeamWord::TellPictures)).child((
            h2().child(app.say(TeamWord::TellPictures)),
            p().attr("class", "warned").attr("id", "tell-never").child((Icon::Ban.draw(), span().child(app.say(TeamWord::TellNever)))),
            p().attr("class", "hint").child(app.say(TeamWord::TellPolice)),
            label().attr("class", "word-button quiet tell-choose").child((
                Icon::Image.draw(),
                span().child(app.say_with(TeamWord::TellChoose, &[("n", &TOLD_PICTURES_MAX.to_string())])),
                input()
                    .id("tell-pictures")
                    .attr("class", "for-readers")
                    .attr("type", "file")
                    .attr("accept", "image/*")
                    .attr("multiple", "multiple")
                    .attr("aria-describedby", "tell-never")
                    .prop("disabled", move || self.full())
                    .on(ev::change, choose),
            )),
            ul().attr("class", "tell-pictures").attr("aria-label", app.say(TeamWord::TellPictures)).child(each(
                move || self.pictures.get(),
                |(number, _)| *number,
                row,
            )),
            p().attr("class", "hint")
                .attr("role", "status")
                .child(move || (self.choosing.get() > 0).then(|| app.say(TeamWord::TellChoosing))),
        ))
    }

    /// There is no place for one more, or the page was left.
    fn full(self) -> bool {
        self.pictures.try_with(Vec::len).is_none_or(|count| count >= TOLD_PICTURES_MAX)
    }

    async fn add(self, file: &Blob) {
        let app = self.app;
        let small = small_in_time(file).await;
        if self.full() {
            return;
        }
        match small {
            Some(bytes) => {
                let number = self.next.get_untracked();
                self.next.set(number + 1);
                self.pictures.update(|all| all.push((number, bytes)));
            }
            None => self.problem.set(Some(app.say(Word::RefusedNoPictures))),
        }
    }

    fn send(self) {
        if self.busy.get_untracked() || self.choosing.get_untracked() > 0 {
            return;
        }
        let app = self.app;
        self.busy.set(true);
        self.problem.set(None);
        let new = NewTold {
            to: if self.staff.get_untracked() { ToldTo::Outside } else { ToldTo::Desk },
            reason: self.reason.get_untracked(),
            words: self.words.get_untracked(),
            reach: self.reach.get_untracked(),
            pictures: self.pictures.get_untracked().into_iter().map(|(_, bytes)| bytes).collect(),
        };
        spawn_local(async move {
            match app.link().tell(new).await {
                Ok(made) => drop(self.sent.try_set(Some(made))),
                Err(why) => drop(self.problem.try_set(Some(app.locale.refusal(&why)))),
            }
            self.busy.try_set(false);
        });
    }

    fn done<B: Fn() + Copy + Send + Sync + 'static>(self, made: &Reported, back: B) -> impl IntoView + use<B> {
        let app = self.app;
        section().attr("class", "card report").attr("role", "status").child((
            h2().child((Icon::Check.draw(), app.say(Word::ReportSent))),
            p().attr("class", "tell-number").child(app.say_with(Word::ReportNumber, &[("n", &made.number)])),
            made.hours.map(|hours| p().child(app.say_with(Word::ReportWithin, &[("n", &hours.to_string())]))),
            p().child(app.say(TeamWord::TellGone)),
            made.code.as_ref().map(|code| {
                (
                    p().child(app.say(TeamWord::TellCode)),
                    p().attr("class", "report-passphrase tell-code").attr("dir", "ltr").child(code.expose().to_owned()),
                )
            }),
            crate::report::beside::helps(app, self.reason.get_untracked()),
            div().attr("class", "row").child((
                word_button("main", Some(Icon::Check), app.say(Word::Done), move |_| back()),
                word_button("quiet", Some(Icon::Help), app.say(Word::Help), move |_| app.open_help()),
            )),
        ))
    }
}

/// Back to what lies under it. In its own address the page would open here again.
pub fn leave(app: App, under: Place) {
    app.place.set(under);
    if window().location().pathname().is_ok_and(|path| path == PATH) {
        let history = window().history();
        // Without a history there is no way back either.
        let _ = history.and_then(|history| history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some("/")));
    }
}

/// Where this page is opened from outside of the app or inside it.
pub fn link(words: String, open: Option<RwSignal<Place>>) -> impl IntoView {
    html::a()
        .attr("href", PATH)
        .attr("class", "guide-link")
        .on(ev::click, move |event| {
            if let Some(place) = open {
                event.prevent_default();
                place.set(Place::Tell);
            }
        })
        .child((Icon::Send.draw(), span().child(words)))
}

/// The same as [`small`], and nothing where the browser does not get to it: what is told does not wait for a picture without an end.
async fn small_in_time(file: &Blob) -> Option<Vec<u8>> {
    let (tell, told) = oneshot::channel();
    let (tell, file) = (Rc::new(Cell::new(Some(tell))), file.clone());
    let late = Rc::clone(&tell);
    set_timeout(move || drop(late.take()), SMALL_MOST);
    spawn_local(async move {
        let made = small(&file).await;
        if let Some(tell) = tell.take() {
            // The page may have been left.
            let _ = tell.send(made);
        }
    });
    told.await.ok().flatten()
}

/// A picture as a JPEG that is small enough, without what a camera wrote into it; nothing when it is none.
pub async fn small(file: &Blob) -> Option<Vec<u8>> {
    let bitmap = JsFuture::from(window().create_image_bitmap_with_blob(file).ok()?).await.ok()?;
    let bitmap: ImageBitmap = bitmap.dyn_into().ok()?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    for (side, quality) in SIZES {
        let scale = (side / width.max(height)).min(1.0);
        let (width, height) = ((width * scale).round().max(1.0), (height * scale).round().max(1.0));
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        // Where it is see-through it is white, as on most screens.
        context.set_fill_style_str("#fff");
        context.fill_rect(0.0, 0.0, width, height);
        context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height).ok()?;
        let bytes = jpeg(&canvas, quality).await?;
        if bytes.len() <= TOLD_PICTURE_BYTES_MAX {
            return Some(bytes);
        }
    }
    None
}

async fn jpeg(canvas: &HtmlCanvasElement, quality: f64) -> Option<Vec<u8>> {
    let made = js_sys::Promise::new(&mut |resolve, _| {
        let give = Closure::once_into_js(move |blob: JsValue| drop(resolve.call1(&JsValue::UNDEFINED, &blob)));
        // Without an answer there is no picture.
        let _ = canvas.to_blob_with_type_and_encoder_options(give.unchecked_ref(), "image/jpeg", &quality.into());
    });
    let blob: Blob = JsFuture::from(made).await.ok()?.dyn_into().ok()?;
    Some(js_sys::Uint8Array::new(&JsFuture::from(blob.array_buffer()).await.ok()?).to_vec())
}
