//! QR codes: shown as a drawing, read from the camera or a picture.

use crate::app::App;
use crate::icons::Icon;
use crate::words::Word;
use leptos::ev;
use leptos::html::{self, div, input, p, span};
use leptos::prelude::*;
use leptos::svg;
use wasm_bindgen::JsCast as _;

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

/// Reads a code from a picture that is chosen (a phone offers its camera there).
pub fn scanner(app: App, found: impl Fn(String) + Copy + Send + Sync + 'static) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let choose = move |event: ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        input.set_value("");
        problem.set(None);
        leptos::task::spawn_local(async move {
            match read(&file).await {
                Some(text) => found(text),
                None => problem.set(Some(app.say(Word::NoCode))),
            }
        });
    };
    div().attr("class", "scanner").child((
        p().child(app.say(Word::ScanHint)),
        html::label().attr("class", "word-button main").attr("for", "scan").child((
            Icon::Camera.draw(),
            span().child(app.say(Word::ScanPicture)),
            input()
                .id("scan")
                .attr("type", "file")
                .attr("class", "for-readers")
                .attr("accept", "image/*")
                .attr("capture", "environment")
                .on(ev::change, choose),
        )),
        p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
    ))
}

/// Pixels of a picture on its longer side, at most: a code needs no more.
const PIXELS_MAX: f64 = 1200.0;

async fn read(file: &web_sys::File) -> Option<String> {
    let bitmap = window().create_image_bitmap_with_blob(file).ok()?;
    let bitmap: web_sys::ImageBitmap = wasm_bindgen_futures::JsFuture::from(bitmap).await.ok()?.dyn_into().ok()?;
    let scale = (PIXELS_MAX / f64::from(bitmap.width().max(bitmap.height()))).min(1.0);
    let (width, height) = ((f64::from(bitmap.width()) * scale).ceil(), (f64::from(bitmap.height()) * scale).ceil());
    let canvas: web_sys::HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context: web_sys::CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height).ok()?;
    let pixels = context.get_image_data(0.0, 0.0, width, height).ok()?.data();
    let grey = |x: usize, y: usize| {
        let at = (y * width as usize + x) * 4;
        let sum: u32 = pixels.get(at..at + 3).map_or(0, |rgb| rgb.iter().map(|part| u32::from(*part)).sum());
        (sum / 3) as u8
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, grey);
    image.detect_grids().into_iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
}
