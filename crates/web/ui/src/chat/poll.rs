//! Polls: a question with answers to choose from.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, fieldset, form, input, label, legend, p, span};
use crate::icons::Icon;
use crate::parts::{for_readers, word_button};
use crate::words::Word;
use view::{Choice, Command, NewPoll, POLL_OPTIONS_MAX, POLL_OPTIONS_MIN, PollRow};

pub fn poll(app: App, chat: i64, message: i64, mine: bool, poll: PollRow) -> impl IntoView {
    let chosen: Vec<u8> = poll.options.iter().enumerate().filter(|(_, option)| option.mine).map(|(place, _)| place as u8).collect();
    let voters = u64::from(poll.voters).max(1);
    let options: Vec<_> = poll
        .options
        .iter()
        .enumerate()
        .map(|(place, option)| {
            let place = place as u8;
            let others = chosen.clone();
            let (own, one) = (option.mine, poll.choice == Choice::One);
            let share = u64::from(option.votes) * 100 / voters;
            let votes = option.votes.to_string();
            button()
                .attr("type", "button")
                .attr("class", if own { "poll-option own" } else { "poll-option" })
                .attr("aria-pressed", own.to_string())
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
                    for_readers(app.say_with(Word::Votes, &[("n", &votes)])),
                    span().attr("aria-hidden", "true").child(votes),
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

/// A question to a chat. `open` becomes false when it is asked.
pub fn new_poll(app: App, chat: i64, open: RwSignal<bool>) -> impl IntoView {
    let question = RwSignal::new(String::new());
    let options = RwSignal::new(vec![RwSignal::new(String::new()), RwSignal::new(String::new())]);
    let several = RwSignal::new(false);
    let write = move |name: String, value: RwSignal<String>| {
        input()
            .attr("type", "text")
            .attr("aria-label", name.clone())
            .attr("placeholder", name)
            .prop("value", move || value.get())
            .on(ev::input, move |event| value.set(event_target_value(&event)))
    };
    let filled = move || {
        let all = options.get().into_iter().map(|option| option.get().trim().to_owned());
        all.filter(|option| !option.is_empty()).collect::<Vec<_>>()
    };
    let unready = move || question.with(|question| question.trim().is_empty()) || filled().len() < POLL_OPTIONS_MIN;
    let ask = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let choice = if several.get_untracked() { Choice::Several } else { Choice::One };
        let poll = NewPoll { question: question.get_untracked().trim().to_owned(), options: untrack(filled), choice };
        app.act(Command::SendPoll { chat, poll }, move |_| open.set(false));
    };
    form().attr("class", "choices").on(ev::submit, ask).child((
        write(app.say(Word::PollQuestion), question),
        each(
            move || options.get().into_iter().enumerate().collect::<Vec<_>>(),
            |(place, _)| *place,
            move |(place, option)| write(app.say_with(Word::PollOption, &[("n", &(place + 1).to_string())]), option),
        ),
        move || {
            options.with(|options| options.len() < POLL_OPTIONS_MAX).then(|| {
                word_button("quiet", Some(Icon::Plus), app.say(Word::PollAddOption), move |_| {
                    options.update(|options| options.push(RwSignal::new(String::new())));
                })
            })
        },
        label().attr("class", "choice").child((
            input()
                .attr("type", "checkbox")
                .prop("checked", move || several.get())
                .on(ev::change, move |_| several.update(|several| *several = !*several)),
            span().child(app.say(Word::PollSeveral)),
        )),
        button()
            .attr("type", "submit")
            .attr("class", "word-button main")
            .prop("disabled", unready)
            .child((Icon::Send.draw(), span().child(app.say(Word::Send)))),
    ))
}
