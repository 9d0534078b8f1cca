//! Times as people read them, by the browser's own knowledge of languages.

use crate::app::App;
use crate::html::prelude::*;
use crate::words::Word;
use js_sys::{Date, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

const DAY_MS: f64 = 24.0 * 60.0 * 60.0 * 1000.0;

/// The beginning of the day that a time is in, on this device's clock.
pub fn day_of(ms: u64) -> u64 {
    let date = Date::new(&JsValue::from_f64(ms as f64));
    date.set_hours(0);
    date.set_minutes(0);
    date.set_seconds(0);
    date.set_milliseconds(0) as u64
}

/// `14:05`
pub fn clock(ms: u64) -> String {
    format(ms, &[("hour", "numeric"), ("minute", "2-digit")])
}

/// `Monday, 4 May 2026`, or today, or yesterday.
pub fn day(app: App, ms: u64) -> String {
    let (day, today) = (day_of(ms) as f64, day_of(now_ms()) as f64);
    if day == today {
        return app.say(Word::Today);
    }
    // Days of 23 and 25 hours are days, too.
    if ((today - day) / DAY_MS).round() == 1.0 {
        return app.say(Word::Yesterday);
    }
    format(ms, &[("weekday", "long"), ("day", "numeric"), ("month", "long"), ("year", "numeric")])
}

/// For a list: the time today, the weekday within a week, else the date.
pub fn short(app: App, ms: u64) -> String {
    let (day, today) = (day_of(ms) as f64, day_of(now_ms()) as f64);
    match ((today - day) / DAY_MS).round() as i64 {
        ..=0 => clock(ms),
        1 => app.say(Word::Yesterday),
        2..=6 => format(ms, &[("weekday", "short")]),
        _ => format(ms, &[("day", "numeric"), ("month", "short")]),
    }
}

/// `4 May 2026, 14:05`
pub fn full(ms: u64) -> String {
    format(ms, &[("day", "numeric"), ("month", "long"), ("year", "numeric"), ("hour", "numeric"), ("minute", "2-digit")])
}

/// `1:05`
pub fn length(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn format(ms: u64, parts: &[(&str, &str)]) -> String {
    let options = Object::new();
    for (name, value) in parts {
        // A fresh object takes every property.
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    let language = document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_else(|| "en".into());
    let format = Intl::DateTimeFormat::new(&js_sys::Array::of1(&language.into()), &options);
    let date = Date::new(&JsValue::from_f64(ms as f64));
    format.format().call1(&JsValue::NULL, &date).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Since 1970, by the clock of the device. A whole number: to write others and read them the page would need tables.
pub fn now_ms() -> u64 {
    Date::now() as u64
}

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KB", "MB", "GB"];
    let (mut whole, mut one, mut unit) = (bytes, 1, 0);
    while whole >= 1000 && unit + 1 < UNITS.len() {
        whole /= 1000;
        one *= 1000;
        unit += 1;
    }
    if unit == 0 || whole >= 100 {
        format!("{whole} {}", UNITS[unit])
    } else {
        format!("{whole}.{} {}", bytes % one * 10 / one, UNITS[unit])
    }
}
