//! A small choice of emoji; the keyboard of the device has all of them.

use crate::app::App;
use crate::words::Word;
use leptos::ev;
use leptos::html::{button, div};
use leptos::prelude::*;

/// For a quick reaction.
pub const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🎉"];

const ALL: [&str; 64] = [
    "😀", "😄", "😁", "😂", "🤣", "😊", "😇", "🙂", "😉", "😍", "🥰", "😘", "😋", "😜", "🤪", "🤗", "🤔", "🤨", "😐", "🙄", "😴", "🥱",
    "😷", "🤒", "🥳", "😎", "🤓", "😮", "😳", "🥺", "😢", "😭", "😤", "😡", "🤯", "😱", "👍", "👎", "👏", "🙌", "🙏", "💪", "👋", "🤞",
    "✌️", "🤙", "❤️", "💛", "💚", "💙", "💜", "🖤", "💔", "✨", "⭐", "🔥", "🎉", "🎂", "🎁", "🏆", "⚽", "🎮", "🎵", "🌈",
];

pub fn picker(app: App, pick: impl Fn(&'static str) + Copy + Send + 'static) -> impl IntoView {
    div()
        .attr("class", "emoji")
        .attr("role", "group")
        .attr("aria-label", app.say(Word::Emoji))
        .child(ALL.iter().map(|emoji| button().attr("type", "button").on(ev::click, move |_| pick(emoji)).child(*emoji)).collect_view())
}
