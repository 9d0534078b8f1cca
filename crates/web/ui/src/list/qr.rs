//! QR codes: shown as a drawing, read from the camera or a picture.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::svg;
use crate::html::{self, div, input, p, span};
use crate::icons::Icon;
use crate::link::errand::Errand;
use crate::link::worker::{Launcher, Script};
use crate::words::Word;
use js_sys::{Object, Reflect, Uint8Array};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, MediaStream, MediaStreamConstraints, MediaStreamTrack};

/// Empty squares around a code (ISO/IEC 18004 section 5.3.8).
const QUIET: i32 = 4;

/// A link as a code.
pub fn code(text: &str) -> impl IntoView + use<> {
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in 0..size {
            if code.get_module(x, y) {
                path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
            }
        }
    }
    let whole = size + 2 * QUIET;
    Some(
        svg::svg()
            .attr("class", "qr")
            .attr("viewBox", format!("0 0 {whole} {whole}"))
            .attr("role", "img")
            .attr("aria-label", text.to_owned())
            .attr("data-qr", text.to_owned())
            .child((
                svg::rect().attr("width", whole.to_string()).attr("height", whole.to_string()).attr("fill", "#fff"),
                svg::path().attr("d", path).attr("fill", "#000"),
            )),
    )
}

/// Between two looks through the camera.
const LOOK: Duration = Duration::from_millis(150);

/// Reads a code through the camera, or from a picture that is chosen.
pub fn scanner(app: App, found: impl Fn(String) + Copy + Send + Sync + 'static) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let choose = move |event: ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        input.set_value("");
        problem.set(None);
        wasm_bindgen_futures::spawn_local(async move {
            let text = match points(&file).await {
                Some(points) => app.reader.read(points).await,
                None => None,
            };
            match text {
                Some(text) => found(text),
                None => drop(problem.try_set(Some(app.say(Word::NoCode)))),
            }
        });
    };
    div().attr("class", "scanner").child((
        camera(app, found),
        html::label().attr("class", "word-button quiet wide").attr("for", "scan").child((
            Icon::Image.draw(),
            span().child(app.say(Word::ScanPicture)),
            input().id("scan").attr("type", "file").attr("class", "for-readers").attr("accept", "image/*").on(ev::change, choose),
        )),
        p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
    ))
}

/// What the camera sees, looked through for a code as long as it is shown. Without a camera, or when it is refused, a sentence says so.
fn camera(app: App, found: impl Fn(String) + Copy + Send + Sync + 'static) -> impl IntoView {
    let node = NodeRef::<html::Video>::new();
    let refused = RwSignal::new(false);
    let held = StoredValue::new_local(Some(None::<MediaStream>));
    wasm_bindgen_futures::spawn_local(async move {
        match open_camera().await {
            // Closed while the browser asked: the camera is let go at once.
            Ok(stream) if held.try_with_value(Option::is_none).unwrap_or(true) => let_go(&stream),
            Ok(stream) => {
                if let Some(video) = node.try_get_untracked().flatten() {
                    video.set_src_object(Some(&stream));
                    // What does not play shows nothing: the way by a picture is there.
                    let _ = video.play();
                }
                held.set_value(Some(Some(stream)));
            }
            Err(_) => refused.set(true),
        }
    });
    let canvas = StoredValue::new_local(None::<Canvas>);
    let busy = StoredValue::new(false);
    let looking = set_interval_with_handle(
        move || {
            if busy.get_value() {
                return;
            }
            let Some(video) = node.get_untracked() else { return };
            let (width, height) = (f64::from(video.video_width()), f64::from(video.video_height()));
            if width == 0.0 || height == 0.0 {
                return;
            }
            canvas.update_value(|canvas| *canvas = canvas.take().or_else(Canvas::new));
            let seen = canvas.try_with_value(|canvas| {
                let look = |context: &CanvasRenderingContext2d, width, height| {
                    context.draw_image_with_html_video_element_and_dw_and_dh(&video, 0.0, 0.0, width, height).is_ok()
                };
                canvas.as_ref()?.points(width, height, look)
            });
            let Some(points) = seen.flatten() else { return };
            busy.set_value(true);
            wasm_bindgen_futures::spawn_local(async move {
                let text = app.reader.read(points).await;
                // Closed meanwhile: nothing is found any more.
                if busy.try_update_value(|busy| *busy = false).is_some()
                    && let Some(text) = text
                {
                    found(text);
                }
            });
        },
        LOOK,
    );
    on_cleanup(move || {
        if let Ok(looking) = looking {
            looking.clear();
        }
        if let Some(Some(stream)) = held.try_update_value(Option::take).flatten() {
            let_go(&stream);
        }
    });
    move || {
        if refused.get() {
            return p().attr("class", "problem").attr("role", "alert").child(app.say(Word::NoCamera)).into_any();
        }
        div()
            .attr("class", "camera")
            .child((
                html::video().node_ref(node).attr("playsinline", "").prop("muted", true).attr("aria-label", app.say(Word::ScanHint)),
                p().attr("class", "hint").child(app.say(Word::ScanHint)),
            ))
            .into_any()
    }
}

async fn open_camera() -> Result<MediaStream, JsValue> {
    let wanted = Object::new();
    Reflect::set(&wanted, &"facingMode".into(), &"environment".into())?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&wanted);
    let asked = window().navigator().media_devices()?.get_user_media_with_constraints(&constraints)?;
    JsFuture::from(asked).await?.dyn_into()
}

fn let_go(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}

/// Pixels of a picture on its longer side, at most: a code needs no more.
const PIXELS_MAX: f64 = 1200.0;

/// What reads codes: a worker that is started when one is first looked for. Copies are the same.
#[derive(Clone, Copy)]
pub struct Reader {
    launcher: StoredValue<Rc<Launcher>, LocalStorage>,
    errand: StoredValue<Option<Rc<Errand>>, LocalStorage>,
}

impl Reader {
    pub fn new(launcher: Rc<Launcher>) -> Self {
        Self { launcher: StoredValue::new_local(launcher), errand: StoredValue::new_local(None) }
    }

    async fn read(self, points: Uint8Array) -> Option<String> {
        let errand = match self.errand.try_get_value()?.filter(|errand| !errand.has_failed()) {
            Some(errand) => errand,
            None => {
                let errand = Errand::begin(self.launcher.try_get_value()?.launch(Script::Scan).ok()?, vec![]);
                self.errand.set_value(Some(Rc::clone(&errand)));
                errand
            }
        };
        errand.ask(points.into()).await?.as_string()
    }
}

async fn points(file: &web_sys::File) -> Option<Uint8Array> {
    let bitmap = window().create_image_bitmap_with_blob(file).ok()?;
    let bitmap: web_sys::ImageBitmap = JsFuture::from(bitmap).await.ok()?.dyn_into().ok()?;
    Canvas::new()?.points(f64::from(bitmap.width()), f64::from(bitmap.height()), |context, width, height| {
        context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height).is_ok()
    })
}

/// Where pictures are drawn to be read.
struct Canvas {
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Canvas {
    fn new() -> Option<Self> {
        let element: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
        let options = Object::new();
        // Read again and again, it is faster in memory than in the graphics card.
        let _ = Reflect::set(&options, &"willReadFrequently".into(), &JsValue::TRUE);
        let context = element.get_context_with_context_options("2d", &options).ok()??.dyn_into().ok()?;
        Some(Self { element, context })
    }

    /// A picture of this size, which `draw` draws, as the worker takes it: its width, then a byte of grey a point.
    fn points(&self, width: f64, height: f64, draw: impl FnOnce(&CanvasRenderingContext2d, f64, f64) -> bool) -> Option<Uint8Array> {
        let scale = (PIXELS_MAX / width.max(height)).min(1.0);
        let (width, height) = ((width * scale).ceil(), (height * scale).ceil());
        self.element.set_width(width as u32);
        self.element.set_height(height as u32);
        if !draw(&self.context, width, height) {
            return None;
        }
        let pixels = self.context.get_image_data(0.0, 0.0, width, height).ok()?.data();
        let grey = |point: &[u8]| (point.iter().take(3).map(|part| u32::from(*part)).sum::<u32>() / 3) as u8;
        let points: Vec<u8> = (width as u32).to_le_bytes().into_iter().chain(pixels.chunks_exact(4).map(grey)).collect();
        Some(Uint8Array::from(points.as_slice()))
    }
}
