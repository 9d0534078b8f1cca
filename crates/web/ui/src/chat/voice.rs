//! Voice messages: recording, and playing with a picture of the sound.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::svg;
use crate::html::{self, audio, button, div, span};
use crate::icons::Icon;
use crate::opus;
use crate::parts::{icon_button, media, never_came};
use crate::time;
use crate::words::Word;
use js_sys::{Array, ArrayBuffer, Function, Promise, Reflect, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use view::FileRow;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{
    AnalyserNode, AudioBuffer, AudioContext, Blob, BlobEvent, File, FilePropertyBag, HtmlAudioElement, MediaRecorder, MediaStream,
    MediaStreamConstraints, MediaStreamTrack, OfflineAudioContext, RecordingState,
};

/// Bars of a picture of sound.
const BARS: usize = 48;
/// How high a bar of a sound is that nobody has heard yet, by the highest; what is taken for silence; and what is drawn of it.
const FLAT: f32 = 0.15;
const LEAST: f32 = 0.01;
const LEAST_BAR: f32 = 0.08;
/// Of the drawing, in its own units, and of the highest bar in it; from one bar to the next.
const HIGH: u32 = 320;
const HIGHEST: u32 = 280;
const APART: u32 = 40;
/// Samples in which the loudness of what plays is looked for: a tenth of a second or two.
const LISTENED: u32 = 8192;
/// What browsers record, best first.
const KINDS: [(&str, &str); 3] = [("audio/webm;codecs=opus", "webm"), ("audio/mp4", "m4a"), ("audio/ogg;codecs=opus", "ogg")];
/// At which a voice is hard to tell from the room it was in. Browsers would take four times as much.
const BITS_A_SECOND: u32 = 32_000;
/// A voice message of so many bytes is fetched and decoded before anybody plays it, so that its sound can be seen: four minutes at our rate.
const BYTES_AT_ONCE: u64 = 1024 * 1024;
/// And of so many seconds: while they are decoded they take 115 MB in stereo.
const SECONDS_AT_ONCE: u64 = 300;
/// What is more is no voice message but a file: two hours and a third at our rate, half an hour at that of browsers.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The same in time: hours of silence are a few kilobytes.
const SECONDS_MAX: u64 = 4 * 60 * 60;
/// Keys go through a voice message in so many steps, none shorter or longer than so many seconds.
const STEPS: f64 = 20.0;
const STEP_MIN: f64 = 1.0;
const STEP_MAX: f64 = 15.0;

thread_local! {
    /// Done when the last of those is that are decoded: one after the other, for each takes much more room than its file.
    static DECODED: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

/// Whether it is more than a voice message is, as far as its message says.
pub fn is_too_large(row: &FileRow) -> bool {
    row.bytes > BYTES_MAX || row.duration_ms.is_some_and(|ms| ms / 1000 > SECONDS_MAX)
}

/// Plays a voice message. `lost` hears of one that is none, or too long.
pub fn player<F: Fn() + 'static>(app: App, message: i64, position: u32, row: &FileRow, lost: F) -> impl IntoView + use<F> {
    let node = NodeRef::<html::Audio>::new();
    let playing = RwSignal::new(false);
    let duration = row.duration_ms.map_or(0.0, |ms| ms as f64 / 1000.0);
    let sound =
        Sound { bars: RwSignal::new(vec![]), at: RwSignal::new(0.0), whole: RwSignal::new(duration), decoded: RwSignal::new(false) };
    let Sound { bars, at, whole, .. } = sound;
    let source = media(message, position);
    if row.bytes <= BYTES_AT_ONCE {
        sound.decode(format!("{source}?shown"));
    }
    let ear = StoredValue::new_local(None::<Ear>);
    let lost = Rc::new(lost);
    let too_long = Rc::clone(&lost);
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
    let seek = move |to: f64| {
        let to = to.clamp(0.0, whole.get_untracked());
        if let Some(audio) = node.get_untracked() {
            audio.set_current_time(to);
            at.set(to);
        }
    };
    let part = move || if whole.get() > 0.0 { (at.get() / whole.get()).clamp(0.0, 1.0) } else { 0.0 };
    let shown = move || if playing.get() || at.get() > 0.0 { at.get() } else { whole.get() };
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
            .on(ev::durationchange, move |_| {
                let seconds = node.try_get_untracked().flatten().map_or(f64::NAN, |audio| audio.duration());
                if seconds.is_finite() && seconds > SECONDS_MAX as f64 {
                    too_long();
                } else if seconds.is_finite() && !sound.decoded.get_untracked() {
                    whole.set(seconds);
                }
            })
            .on(ev::timeupdate, move |_| {
                let Some(audio) = node.try_get_untracked().flatten() else { return };
                at.set(audio.current_time());
                if !audio.paused() && !sound.decoded.get_untracked() {
                    sound.hear(ear, &audio);
                }
            }),
        button()
            .attr("type", "button")
            .attr("class", "icon-button play")
            .attr("aria-label", move || app.say(if playing.get() { Word::Pause } else { Word::Play }))
            .on(ev::click, toggle)
            .child(move || if playing.get() { Icon::Pause } else { Icon::Play }.draw()),
        slider(app, sound, seek).child(move || wave(&bars.get(), part(), move |to| seek(to * whole.get_untracked()))),
        span().attr("class", "hint").child(move || length(shown())),
    ))
}

/// The place in a voice message, for keys and for readers.
fn slider(app: App, sound: Sound, seek: impl Fn(f64) + 'static) -> html::El {
    let Sound { at, whole, .. } = sound;
    let said = move || app.say_with(Word::VoiceAt, &[("at", &length(at.get())), ("length", &length(whole.get()))]);
    div()
        .attr("class", "seek")
        .attr("role", "slider")
        .attr("tabindex", "0")
        .attr("aria-label", app.say(Word::VoicePlace))
        .attr("aria-valuemin", "0")
        .attr("aria-valuemax", move || whole_seconds(whole.get()))
        .attr("aria-valuenow", move || whole_seconds(at.get().min(whole.get())))
        .attr("aria-valuetext", said)
        .on(ev::keydown, move |event: ev::KeyboardEvent| {
            let (now, end) = (at.get_untracked(), whole.get_untracked());
            let step = (end / STEPS).clamp(STEP_MIN, STEP_MAX);
            let to = match event.key().as_str() {
                "ArrowRight" | "ArrowUp" => now + step,
                "ArrowLeft" | "ArrowDown" => now - step,
                "Home" => 0.0,
                "End" => end,
                _ => return,
            };
            event.prevent_default();
            seek(to);
        })
}

fn whole_seconds(seconds: f64) -> String {
    (seconds.round() as u64).to_string()
}

fn length(seconds: f64) -> String {
    time::length((seconds * 1000.0) as u64)
}

/// What is known of how a voice message sounds, and where in it one is; copies are the same.
#[derive(Clone, Copy)]
struct Sound {
    /// How loud each part is.
    bars: RwSignal<Vec<f32>>,
    /// Seconds.
    at: RwSignal<f64>,
    /// Seconds; 0: nobody knows.
    whole: RwSignal<f64>,
    /// Bars and seconds are those of all of it.
    decoded: RwSignal<bool>,
}

impl Sound {
    /// Finds out before it is played. Without a picture it can be heard all the same.
    fn decode(self, address: String) {
        spawn_local(async move {
            let Ok(bytes) = recorded(&address).await else { return };
            in_turn(async move {
                if let Ok((peaks, seconds)) = peaks(&bytes).await {
                    let _ = self.bars.try_set(peaks);
                    let _ = self.whole.try_set(seconds);
                    let _ = self.decoded.try_set(true);
                }
            });
        });
    }

    /// Draws what plays just now; where nobody knows how long it is, what was heard last.
    fn hear(self, ear: StoredValue<Option<Ear>, LocalStorage>, audio: &HtmlAudioElement) {
        let loud = ear.try_update_value(|ear| {
            if ear.is_none() {
                // A browser that gives out nothing of what it plays: there is no picture.
                *ear = Ear::at(audio).ok();
            }
            ear.as_ref().map(Ear::loudness)
        });
        let Some(loud) = loud.flatten() else { return };
        let part = self.at.get_untracked() / self.whole.get_untracked();
        self.bars.update(|bars| {
            bars.resize(BARS, 0.0);
            let place = if part.is_finite() { ((part * BARS as f64) as usize).min(BARS - 1) } else { BARS - 1 };
            if !part.is_finite() {
                bars.rotate_left(1);
                bars[place] = 0.0;
            }
            bars[place] = bars[place].max(loud);
        });
    }
}

/// Hears what a player plays, and changes nothing of it.
struct Ear {
    context: AudioContext,
    analyser: AnalyserNode,
}

impl Ear {
    fn at(audio: &HtmlAudioElement) -> Result<Self, JsValue> {
        let capture: Function = Reflect::get(audio, &"captureStream".into())?.dyn_into()?;
        let stream: MediaStream = capture.call0(audio)?.dyn_into()?;
        let ear = AudioContext::new().and_then(|context| Ok(Self { analyser: context.create_analyser()?, context }))?;
        ear.analyser.set_fft_size(LISTENED);
        ear.context.create_media_stream_source(&stream)?.connect_with_audio_node(&ear.analyser)?;
        Ok(ear)
    }

    /// Of the last moment.
    fn loudness(&self) -> f32 {
        let mut samples = [0.0; LISTENED as usize];
        self.analyser.get_float_time_domain_data(&mut samples);
        loudest(&samples)
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        // It may be closed already.
        let _ = self.context.close();
    }
}

fn loudest(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Bars as high as the sound is loud; a click goes to that place.
fn wave<F: Fn(f64) + 'static>(bars: &[f32], part: f64, seek: F) -> impl IntoView + use<F> {
    let (bars, most) = if bars.is_empty() { ([FLAT; BARS].as_slice(), 1.0) } else { (bars, loudest(bars).max(LEAST)) };
    let count = bars.len() as f64;
    let shapes: Vec<_> = bars
        .iter()
        .enumerate()
        .map(|(place, height)| {
            let height = ((height / most).max(LEAST_BAR) * HIGHEST as f32) as u32;
            let class = if place as f64 / count < part { "heard" } else { "" };
            svg::rect()
                .attr("x", (place as u32 * APART).to_string())
                .attr("y", ((HIGH - height) / 2).to_string())
                .attr("width", "25")
                .attr("height", height.to_string())
                .attr("rx", "12")
                .attr("class", class)
        })
        .collect();
    svg::svg()
        .attr("class", "wave")
        .attr("viewBox", format!("0 0 {} {HIGH}", bars.len() as u32 * APART))
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

/// A recording as it is, if it is there and is what its sender says it is.
async fn recorded(address: &str) -> Result<ArrayBuffer, JsValue> {
    let response: web_sys::Response = JsFuture::from(window().fetch_with_str(address)).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::UNDEFINED);
    }
    JsFuture::from(response.array_buffer()?).await?.dyn_into()
}

/// Does it when all others are done that were to be done before.
fn in_turn(decode: impl Future<Output = ()> + 'static) {
    DECODED.with_borrow_mut(|last| {
        let before = last.take();
        *last = Some(future_to_promise(async move {
            if let Some(before) = before {
                // Whatever became of it.
                let _ = JsFuture::from(before).await;
            }
            decode.await;
            Ok(JsValue::UNDEFINED)
        }));
    });
}

/// How loud a recording is in each of its parts; and its seconds. Only of one whose seconds can be counted before: none is decoded that takes more room
/// than there is.
async fn peaks(bytes: &ArrayBuffer) -> Result<(Vec<f32>, f64), JsValue> {
    if opus::seconds(&Uint8Array::new(bytes).to_vec()).is_none_or(|seconds| seconds > SECONDS_AT_ONCE) {
        return Err(JsValue::UNDEFINED);
    }
    // One sample is enough of a context to decode in.
    let context = OfflineAudioContext::new_with_number_of_channels_and_length_and_sample_rate(1, 1, 8000.0)?;
    let sound: AudioBuffer = JsFuture::from(context.decode_audio_data(bytes)?).await?.dyn_into()?;
    let samples = sound.get_channel_data(0)?;
    let size = samples.len().div_ceil(BARS).max(1);
    Ok((samples.chunks(size).map(loudest).collect(), sound.duration()))
}

/// The microphone, which is let go with this.
struct Microphone(MediaStream);

impl Drop for Microphone {
    fn drop(&mut self) {
        for track in self.0.get_tracks().iter() {
            track.unchecked_into::<MediaStreamTrack>().stop();
        }
    }
}

/// A recording that is being made. Dropped, it ends, whatever it was for.
struct Recording {
    recorder: MediaRecorder,
    _microphone: Microphone,
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
        let microphone = Microphone(JsFuture::from(asked).await?.dyn_into()?);
        let (kind, ending) = KINDS.into_iter().find(|(kind, _)| MediaRecorder::is_type_supported(kind)).ok_or(JsValue::UNDEFINED)?;
        let options = web_sys::MediaRecorderOptions::new();
        options.set_mime_type(kind);
        options.set_audio_bits_per_second(BITS_A_SECOND);
        let recorder = MediaRecorder::new_with_media_stream_and_media_recorder_options(&microphone.0, &options)?;
        let parts = Array::new();
        let kept = parts.clone();
        let data = Closure::<dyn FnMut(BlobEvent)>::new(move |event: BlobEvent| {
            if let Some(blob) = event.data() {
                kept.push(&blob);
            }
        });
        recorder.set_ondataavailable(Some(data.as_ref().unchecked_ref()));
        recorder.start()?;
        Ok(Self { recorder, _microphone: microphone, parts, ending, _data: data })
    }

    /// Ends, and gives what was recorded.
    async fn end(self) -> Result<File, JsValue> {
        let recorder = self.recorder.clone();
        let stopped = js_sys::Promise::new(&mut |resolve, reject| {
            recorder.set_onstop(Some(&resolve));
            if let Err(error) = recorder.stop() {
                let _ = reject.call1(&JsValue::NULL, &error);
            }
        });
        JsFuture::from(stopped).await?;
        let whole = Blob::new_with_blob_sequence(&self.parts)?;
        let bytes = Uint8Array::new(&JsFuture::from(whole.array_buffer()).await?);
        let kind = self.recorder.mime_type();
        let bag = FilePropertyBag::new();
        bag.set_type(kind.split(';').next().unwrap_or_default());
        File::new_with_u8_array_sequence_and_options(&Array::of1(&bytes), &format!("voice.{}", self.ending), &bag)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // What is still to come has nobody to take it.
        self.recorder.set_ondataavailable(None);
        if self.recorder.state() != RecordingState::Inactive {
            // It is recording, so that it can be stopped.
            let _ = self.recorder.stop();
        }
    }
}

/// The button that records, and what is shown while it does. `done` takes the recording.
pub fn recorder(app: App, done: impl Fn(File) + Copy + Send + 'static) -> impl IntoView {
    let recording = StoredValue::new_local(None::<Recording>);
    let seconds = RwSignal::new(None::<u64>);
    let begin = move |_| {
        spawn_local(async move {
            match Recording::begin().await {
                // Who has left meanwhile records nothing: what nobody takes is dropped.
                Ok(begun) => {
                    if recording.try_set_value(Some(begun)).is_none() {
                        let _ = seconds.try_set(Some(0));
                    }
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
        let _ = recording.try_update_value(Option::take);
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
