//! Polls: a question with answers to choose from.

use crate::app::App;
use crate::parts::word_button;
use crate::words::Word;
use leptos::ev;
use leptos::html::{button, div, fieldset, legend, p, span};
use leptos::prelude::*;
use view::{Choice, Command, PollRow};

pub fn poll(app: App, chat: i64, message: i64, mine: bool, poll: PollRow) -> impl IntoView {
    let chosen: Vec<u8> = poll.options.iter().enumerate().filter(|(_, option)| option.mine).map(|(place, _)| place as u8).collect();
    let most = poll.options.iter().map(|option| option.votes).max().unwrap_or(0).max(1);
    let options: Vec<_> = poll
        .options
        .iter()
        .enumerate()
        .map(|(place, option)| {
            let place = place as u8;
            let others = chosen.clone();
            let (own, one) = (option.mine, poll.choice == Choice::One);
            let share = u64::from(option.votes) * 100 / u64::from(most);
            let label = format!("{}, {}", option.text, app.say_with(Word::Votes, &[("n", &option.votes.to_string())]));
            button()
                .attr("type", "button")
                .attr("class", if own { "poll-option own" } else { "poll-option" })
                .attr("aria-pressed", own.to_string())
                .attr("aria-label", label)
                .attr("title", option.by.join(", "))
                .prop("disabled", poll.closed)
                .on(ev::click, move |_| {
                    let mut choices: Vec<u8> = match (own, one) {
                        (true, _) => others.iter().copied().filter(|other| *other != place).collect(),
                        (false, true) => vec![place],
                        (false, false) => others.iter().copied().chain([place]).collect(),
                    };
                    choices.sort_unstable();
                    app.act(Command::Vote { chat, message, choices }, |_| {});
                })
                .child((
                    span().attr("class", "poll-text").child(option.text.clone()),
                    span().attr("class", "poll-votes").child(option.votes.to_string()),
                    span().attr("class", "poll-bar").style(("width", format!("{share}%"))),
                ))
        })
        .collect();
    fieldset().attr("class", "poll").child((
        legend().child(poll.question),
        div().child(options),
        p().attr("class", "hint").child(if poll.closed {
            app.say(Word::PollClosed)
        } else {
            app.say_with(Word::Votes, &[("n", &poll.voters.to_string())])
        }),
        (mine && !poll.closed)
            .then(|| word_button("quiet", None, app.say(Word::ClosePoll), move |_| app.act(Command::ClosePoll { chat, message }, |_| {}))),
    ))
}
