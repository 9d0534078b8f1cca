//! Emoji: a few for a quick reaction, and all of them by kind and by name. Their names are a file of the page, read when somebody looks for one.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, input, p};
use crate::words::Word;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// For a quick reaction.
pub const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🎉"];
/// Shown of what is found, at most.
const FOUND_MAX: usize = 80;
/// What a kind is chosen by, and what it is called; in the order of the file.
const KINDS: [(&str, Word); 9] = [
    ("😀", Word::EmojiSmileys),
    ("👋", Word::EmojiPeople),
    ("🐻", Word::EmojiNature),
    ("🍎", Word::EmojiFood),
    ("🚌", Word::EmojiPlaces),
    ("⚽", Word::EmojiActivities),
    ("💡", Word::EmojiObjects),
    ("💟", Word::EmojiSymbols),
    ("🏁", Word::EmojiFlags),
];

/// One emoji, what it is called, and what else one may look for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Emoji {
    kind: usize,
    sign: String,
    name: String,
    words: String,
}

pub fn picker(app: App, pick: impl Fn(String) + Copy + Send + Sync + 'static) -> impl IntoView {
    let all = RwSignal::new(Vec::<Emoji>::new());
    let kind = RwSignal::new(0_usize);
    let sought = RwSignal::new(String::new());
    spawn_local(async move {
        match load().await {
            Some(file) => all.set(parse(&file)),
            None => app.tell(app.say(Word::NotSaved)),
        }
    });
    let shown = move || {
        let words = sought.get().trim().to_lowercase();
        all.with(|all| match words.as_str() {
            "" => all.iter().filter(|emoji| emoji.kind == kind.get()).cloned().collect::<Vec<_>>(),
            words => found(all, words),
        })
    };
    let one = move |emoji: Emoji| {
        let sign = emoji.sign.clone();
        button()
            .attr("type", "button")
            .attr("title", emoji.name.clone())
            .attr("aria-label", emoji.name)
            .on(ev::click, move |_| pick(sign.clone()))
            .child(emoji.sign)
    };
    let tab = move |(place, (sign, word)): (usize, (&'static str, Word))| {
        button()
            .attr("type", "button")
            .attr("title", app.say(word))
            .attr("aria-label", app.say(word))
            .attr("aria-pressed", move || (kind.get() == place && sought.with(String::is_empty)).to_string())
            .on(ev::click, move |_| {
                sought.set(String::new());
                kind.set(place);
            })
            .child(sign)
    };
    div().attr("class", "emoji").attr("role", "group").attr("aria-label", app.say(Word::Emoji)).child((
        input()
            .attr("type", "search")
            .attr("aria-label", app.say(Word::SearchEmoji))
            .attr("placeholder", app.say(Word::SearchEmoji))
            .prop("value", move || sought.get())
            .on(ev::input, move |event| sought.set(event_target_value(&event)))
            .on(ev::keydown, move |event: ev::KeyboardEvent| {
                // Within a form, Enter would send what is written so far.
                if event.key() == "Enter" {
                    event.prevent_default();
                    if let Some(first) = untrack(shown).first().filter(|_| sought.with_untracked(|words| !words.is_empty())) {
                        pick(first.sign.clone());
                    }
                }
            }),
        div().attr("class", "emoji-kinds").child(KINDS.into_iter().enumerate().map(tab).collect_view()),
        div().attr("class", "emoji-grid").child(move || {
            let shown = shown();
            let nothing =
                (shown.is_empty() && !sought.with(String::is_empty)).then(|| p().attr("class", "hint").child(app.say(Word::NothingFound)));
            (nothing, shown.into_iter().map(one).collect_view())
        }),
    ))
}

/// The file that `index.html` names.
async fn load() -> Option<String> {
    let address = document().get_element_by_id("emoji-names")?.get_attribute("content")?;
    let response: web_sys::Response = JsFuture::from(window().fetch_with_str(&address)).await.ok()?.dyn_into().ok()?;
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// A line is an emoji, its name and more words, with tabs between; `# ` begins a kind.
fn parse(file: &str) -> Vec<Emoji> {
    let mut kinds = 0_usize;
    let mut all = Vec::new();
    for line in file.lines() {
        if line.starts_with("# ") {
            kinds += 1;
            continue;
        }
        let mut parts = line.split('\t');
        if let (Some(sign), Some(name), words) = (parts.next(), parts.next(), parts.next().unwrap_or_default()) {
            all.push(Emoji { kind: kinds.saturating_sub(1), sign: sign.into(), name: name.into(), words: words.into() });
        }
    }
    all
}

/// By name first, then by what else it is about: each word that is sought begins one of its words.
fn found(all: &[Emoji], words: &str) -> Vec<Emoji> {
    let begins = |text: &str, word: &str| text.split([' ', '-', ':']).any(|part| part.starts_with(word));
    let named = |emoji: &&Emoji| words.split_whitespace().all(|word| begins(&emoji.name, word));
    let about = |emoji: &&Emoji| words.split_whitespace().all(|word| begins(&emoji.name, word) || begins(&emoji.words, word));
    let first = all.iter().filter(named);
    first.chain(all.iter().filter(|emoji| about(emoji) && !named(emoji))).take(FOUND_MAX).cloned().collect()
}
