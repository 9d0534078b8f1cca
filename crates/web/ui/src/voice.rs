//! Voice messages: recording, and playing with a picture of the sound.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::svg;
use crate::html::{self, audio, button, div, span};
use crate::icons::Icon;
use crate::parts::{icon_button, media, never_came};
use crate::time;
use crate::words::Word;
use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioBuffer, Blob, BlobEvent, File, FilePropertyBag, MediaRecorder, MediaStream, MediaStreamConstraints, MediaStreamTrack,
    OfflineAudioContext,
};

/// Bars of a picture of sound.
const BARS: usize = 48;
/// What browsers record, best first.
const KINDS: [(&str, &str); 3] = [("audio/webm;codecs=opus", "webm"), ("audio/mp4", "m4a"), ("audio/ogg;codecs=opus", "ogg")];

/// Plays a voice message. `lost` hears of one that is none.
pub fn player(app: App, message: i64, position: u32, duration: Option<u64>, lost: impl Fn() + 'static) -> impl IntoView {
    let node = NodeRef::<html::Audio>::new();
    let playing = RwSignal::new(false);
    let (at, whole) = (RwSignal::new(0.0_f64), RwSignal::new(duration.map_or(0.0, |ms| ms as f64 / 1000.0)));
    let bars = RwSignal::new(Vec::<f32>::new());
    let source = media(message, position);
    let address = source.clone();
    spawn_local(async move {
        // Without a picture it can be heard all the same.
        if let Ok((peaks, seconds)) = peaks(&address).await {
            bars.set(peaks);
            whole.set(seconds);
        }
    });
    let toggle = move |_| {
        let Some(audio) = node.get_untracked() else { return };
        if playing.get_untracked() {
            // Stops at once, always.
            let _ = audio.pause();
        } else if let Ok(begun) = audio.play() {
            spawn_local(async move {
                // What does not play stays as it is, or is found to be none.
                let _ = JsFuture::from(begun).await;
            });
        }
    };
    let part = move || if whole.get() > 0.0 { (at.get() / whole.get()).clamp(0.0, 1.0) } else { 0.0 };
    div().attr("class", "voice").attr("role", "group").attr("aria-label", app.say(Word::VoiceNote)).child((
        audio()
            .node_ref(node)
            .attr("src", source)
            .attr("preload", "none")
            .on(ev::play, move |_| playing.set(true))
            .on(ev::pause, move |_| playing.set(false))
            .on(ev::ended, move |_| at.set(0.0))
            .on(ev::error, move |event| {
                if never_came(app, &event) {
                    lost();
                }
            })
            .on(ev::timeupdate, move |_| {
                if let Some(audio) = node.try_get_untracked().flatten() {
                    at.set(audio.current_time());
                }
            }),
        button()
            .attr("type", "button")
            .attr("class", "icon-button play")
            .attr("aria-label", move || app.say(if playing.get() { Word::Pause } else { Word::Play }))
            .on(ev::click, toggle)
            .child(move || if playing.get() { Icon::Pause } else { Icon::Play }.draw()),
        move || {
            wave(bars.get(), part(), move |to| {
                if let Some(audio) = node.get_untracked() {
                    audio.set_current_time(to * whole.get_untracked());
                    at.set(to * whole.get_untracked());
                }
            })
        },
        span().attr("class", "hint").child(move || time::length(((if playing.get() { at.get() } else { whole.get() }) * 1000.0) as u64)),
    ))
}

/// Bars as high as the sound is loud; a click goes to that place.
fn wave(bars: Vec<f32>, part: f64, seek: impl Fn(f64) + 'static) -> impl IntoView {
    let bars = if bars.is_empty() { vec![0.15; BARS] } else { bars };
    let count = bars.len() as f64;
    let shapes: Vec<_> = bars
        .iter()
        .enumerate()
        .map(|(place, height)| {
            let height = f64::from(height.max(0.08)) * 28.0;
            let class = if place as f64 / count < part { "heard" } else { "" };
            svg::rect()
                .attr("x", (place as f64 * 4.0).to_string())
                .attr("y", ((32.0 - height) / 2.0).to_string())
                .attr("width", "2.5")
                .attr("height", height.to_string())
                .attr("rx", "1.2")
                .attr("class", class)
        })
        .collect();
    svg::svg()
        .attr("class", "wave")
        .attr("viewBox", format!("0 0 {} 32", count * 4.0))
        .attr("preserveAspectRatio", "none")
        .attr("aria-hidden", "true")
        .on(ev::click, move |event: ev::MouseEvent| {
            if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
                let rect = element.get_bounding_client_rect();
                seek(((f64::from(event.client_x()) - rect.left()) / rect.width()).clamp(0.0, 1.0));
            }
        })
        .child(shapes)
}

/// How loud a recording is in each of its parts, the loudest 1; and its seconds.
async fn peaks(address: &str) -> Result<(Vec<f32>, f64), JsValue> {
    let response: web_sys::Response = JsFuture::from(window().fetch_with_str(address)).await?.dyn_into()?;
    let bytes: ArrayBuffer = JsFuture::from(response.array_buffer()?).await?.dyn_into()?;
    // One sample is enough of a context to decode in.
    let context = OfflineAudioContext::new_with_number_of_channels_and_length_and_sample_rate(1, 1, 8000.0)?;
    let sound: AudioBuffer = JsFuture::from(context.decode_audio_data(&bytes)?).await?.dyn_into()?;
    let samples = sound.get_channel_data(0)?;
    let size = samples.len().div_ceil(BARS).max(1);
    let mut bars: Vec<f32> = samples.chunks(size).map(|chunk| chunk.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()))).collect();
    let most = bars.iter().copied().fold(0.01_f32, f32::max);
    bars.iter_mut().for_each(|bar| *bar /= most);
    Ok((bars, sound.duration()))
}

/// A recording that is being made.
struct Recording {
    recorder: MediaRecorder,
    stream: MediaStream,
    parts: Array,
    ending: &'static str,
    _data: Closure<dyn FnMut(BlobEvent)>,
}

impl Recording {
    async fn begin() -> Result<Self, JsValue> {
        let constraints = MediaStreamConstraints::new();
        constraints.set_audio(&JsValue::TRUE);
        // An old browser has none, which its own types do not say.
        if !Reflect::has(&window(), &"MediaRecorder".into())? {
            return Err(JsValue::UNDEFINED);
        }
        let asked = window().navigator().media_devices()?.get_user_media_with_constraints(&constraints)?;
        let stream: MediaStream = JsFuture::from(asked).await?.dyn_into()?;
        let (kind, ending) = KINDS.into_iter().find(|(kind, _)| MediaRecorder::is_type_supported(kind)).ok_or(JsValue::UNDEFINED)?;
        let options = web_sys::MediaRecorderOptions::new();
        options.set_mime_type(kind);
        let recorder = MediaRecorder::new_with_media_stream_and_media_recorder_options(&stream, &options)?;
        let parts = Array::new();
        let kept = parts.clone();
        let data = Closure::<dyn FnMut(BlobEvent)>::new(move |event: BlobEvent| {
            if let Some(blob) = event.data() {
                kept.push(&blob);
            }
        });
        recorder.set_ondataavailable(Some(data.as_ref().unchecked_ref()));
        recorder.start()?;
        Ok(Self { recorder, stream, parts, ending, _data: data })
    }

    /// Ends, and lets the microphone go.
    async fn end(self) -> Result<File, JsValue> {
        let recorder = self.recorder.clone();
        let stopped = js_sys::Promise::new(&mut |resolve, reject| {
            recorder.set_onstop(Some(&resolve));
            if let Err(error) = recorder.stop() {
                let _ = reject.call1(&JsValue::NULL, &error);
            }
        });
        JsFuture::from(stopped).await?;
        for track in self.stream.get_tracks().iter() {
            track.unchecked_into::<MediaStreamTrack>().stop();
        }
        let whole = Blob::new_with_blob_sequence(&self.parts)?;
        let bytes = Uint8Array::new(&JsFuture::from(whole.array_buffer()).await?);
        let kind = self.recorder.mime_type();
        let bag = FilePropertyBag::new();
        bag.set_type(kind.split(';').next().unwrap_or_default());
        File::new_with_u8_array_sequence_and_options(&Array::of1(&bytes), &format!("voice.{}", self.ending), &bag)
    }
}

/// The button that records, and what is shown while it does. `done` takes the recording.
pub fn recorder(app: App, done: impl Fn(File) + Copy + Send + 'static) -> impl IntoView {
    let recording = StoredValue::new_local(None::<Recording>);
    let seconds = RwSignal::new(None::<u64>);
    let begin = move |_| {
        spawn_local(async move {
            match Recording::begin().await {
                Ok(begun) => {
                    recording.set_value(Some(begun));
                    seconds.set(Some(0));
                }
                Err(_) => app.tell(app.say(Word::NoMicrophone)),
            }
        });
    };
    let ticking =
        set_interval_with_handle(move || seconds.update(|seconds| *seconds = seconds.map(|seconds| seconds + 1)), Duration::from_secs(1))
            .ok();
    on_cleanup(move || {
        if let Some(ticking) = ticking {
            ticking.clear();
        }
    });
    let end = move |send: Fate| {
        seconds.set(None);
        let Some(begun) = recording.try_update_value(Option::take).flatten() else { return };
        spawn_local(async move {
            let file = begun.end().await;
            match (file, send) {
                (Ok(file), Fate::Send) => done(file),
                (_, Fate::Discard) => {}
                (Err(_), Fate::Send) => app.tell(app.say(Word::NoMicrophone)),
            }
        });
    };
    move || match seconds.get() {
        None => icon_button(Icon::Mic, app.say(Word::RecordVoice), begin).into_any(),
        Some(now) => div()
            .attr("class", "recording")
            .child((
                span().attr("role", "timer").child(app.say_with(Word::Recording, &[("time", &time::length(now * 1000))])),
                icon_button(Icon::Trash, app.say(Word::DiscardRecording), move |_| end(Fate::Discard)),
                icon_button(Icon::Send, app.say(Word::SendRecording), move |_| end(Fate::Send)),
            ))
            .into_any(),
    }
}

/// What becomes of a recording.
#[derive(Clone, Copy)]
enum Fate {
    Send,
    Discard,
}
