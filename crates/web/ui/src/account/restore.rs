//! Coming back: 12 words or the file that holds them, on a device without an account.

use crate::account::welcome::shared_computer;
use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, form, h1, input, label, p, span, textarea};
use crate::icons::Icon;
use crate::parts::word_button;
use crate::words::Word;
use view::page::Keeping;
use view::{Command, Event, Refusal, VaultCommand, VaultEvent, VaultRefusal, Words};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

/// A recovery file has about 500 bytes: what is much larger is none.
const FILE_MAX: f64 = 16.0 * 1024.0;

/// What has become of an attempt; kept by whoever shows the form, so that nothing is missed while another screen is shown.
#[derive(Clone, Copy)]
pub struct Attempt {
    pub busy: RwSignal<bool>,
    pub problem: RwSignal<Option<String>>,
    /// The server that the chosen file names.
    elsewhere: RwSignal<Option<String>>,
    /// The word that is not in the list, by its number.
    wrong: RwSignal<Option<u32>>,
}

impl Attempt {
    /// Hears what becomes of it as long as the part that calls is shown.
    pub fn new(app: App, refused: impl Fn() + 'static) -> Self {
        let attempt =
            Self { busy: RwSignal::new(false), problem: RwSignal::new(None), elsewhere: RwSignal::new(None), wrong: RwSignal::new(None) };
        app.listen(move |event| {
            if let Event::Vault(VaultEvent::RestoreRefused(why)) = event {
                attempt.refused(app, why);
                refused();
            }
        });
        attempt
    }

    fn refused(self, app: App, why: &Refusal) {
        self.busy.set(false);
        if let Refusal::Vault(VaultRefusal::Unknown { number }) = why {
            self.wrong.set(Some(*number));
        }
        let elsewhere =
            self.elsewhere.try_get_untracked().flatten().filter(|_| matches!(why, Refusal::Vault(VaultRefusal::NothingThere { .. })));
        self.problem.set(Some(match elsewhere {
            Some(server) => app.say_with(Word::RestoreElsewhere, &[("name", &server)]),
            None => app.locale.refusal(why),
        }));
    }

    fn begin(self, app: App, command: VaultCommand, keeping: Keeping) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        self.wrong.set(None);
        app.begin(Command::Vault(command), keeping, move |done| {
            if let Err(why) = done {
                self.refused(app, &why);
            }
        });
    }
}

fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

pub fn restore(app: App, attempt: Attempt, back: impl Fn() + 'static) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let keeping = RwSignal::new(Keeping::Here);
    let node = NodeRef::<crate::html::Textarea>::new();
    let file = NodeRef::<crate::html::Input>::new();
    Effect::new(move |_| {
        if let (Some(number), Some(area)) = (attempt.wrong.get(), node.get_untracked()) {
            mark(&area, number);
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        attempt.elsewhere.set(None);
        let command = VaultCommand::Restore { words: Words::new(without_numbers(&words.get_untracked())), server: origin() };
        attempt.begin(app, command, keeping.get_untracked());
    };
    div().attr("class", "welcome-card").child((
        div().attr("class", "welcome-mark").child(Icon::Lock.draw()),
        h1().child(app.say(Word::RestoreTitle)),
        p().child(app.say(Word::RestoreText)),
        form().on(ev::submit, submit).child((
            div().attr("class", "field").child((
                label().attr("for", "restore-words").child(app.say(Word::SafeTwelve)),
                textarea()
                    .node_ref(node)
                    .id("restore-words")
                    .attr("rows", "4")
                    .attr("autocomplete", "off")
                    .attr("autocapitalize", "none")
                    .attr("spellcheck", "false")
                    .attr("translate", "no")
                    .attr("aria-describedby", "restore-words-hint")
                    .prop("value", move || words.get())
                    .on(ev::input, move |event| words.set(event_target_value(&event))),
                p().attr("class", "hint").id("restore-words-hint").child(app.say(Word::RestoreWordsHint)),
            )),
            shared_computer(app, keeping),
            p().attr("class", "problem").attr("role", "alert").child(move || attempt.problem.get()),
            button()
                .attr("type", "submit")
                .attr("class", "word-button main wide")
                .prop("disabled", move || attempt.busy.get())
                .child(span().child(move || app.say(if attempt.busy.get() { Word::Restoring } else { Word::Restore }))),
            input()
                .node_ref(file)
                .id("restore-file")
                .attr("type", "file")
                .attr("accept", "text/plain,.txt")
                .attr("hidden", "")
                .attr("tabindex", "-1")
                .on(ev::change, move |event| take(app, attempt, &event, keeping.get_untracked())),
            div().attr("class", "row").child((
                word_button("quiet", Some(Icon::File), app.say(Word::RestoreFile), move |_| {
                    if let Some(input) = file.get_untracked() {
                        input.click();
                    }
                }),
                word_button("quiet", Some(Icon::ArrowLeft), app.say(Word::Back), move |_| back()),
            )),
            p().attr("class", "hint").child(app.say(Word::RestoreOldDevice)),
        )),
    ))
}

/// Takes the file that was chosen.
fn take(app: App, attempt: Attempt, event: &ev::Event, keeping: Keeping) {
    let input: Option<HtmlInputElement> = event.target().and_then(|target| target.dyn_into().ok());
    let Some(chosen) = input.as_ref().and_then(|input| input.files()?.get(0)) else { return };
    // The same file may be chosen again.
    input.iter().for_each(|input| input.set_value(""));
    if chosen.size() > FILE_MAX {
        attempt.problem.set(Some(app.locale.refusal(&Refusal::Vault(VaultRefusal::NotAFile))));
        return;
    }
    spawn_local(async move {
        let text = JsFuture::from(chosen.text()).await.ok().and_then(|text| text.as_string()).unwrap_or_default();
        let named =
            text.lines().find_map(|line| line.trim().strip_prefix("Server: ")).map(|url| url.trim().trim_end_matches('/').to_owned());
        attempt.elsewhere.set(named.filter(|url| *url != origin()));
        attempt.begin(app, VaultCommand::RestoreFile { file: Words::new(text), server: origin() }, keeping);
    });
}

/// Words as they were copied from the page or the file: with their numbers, or without.
fn without_numbers(text: &str) -> String {
    let is_number = |word: &&str| !word.trim_end_matches(['.', ')', ':']).bytes().all(|byte| byte.is_ascii_digit());
    text.split_whitespace().filter(is_number).collect::<Vec<_>>().join(" ")
}

/// Marks a word, so that one need not count.
fn mark(area: &HtmlTextAreaElement, number: u32) {
    let text = area.value();
    let mut count = 0;
    let mut start = None;
    let mut found = None;
    // Places in a field are counted in UTF-16.
    let mut at = 0_u32;
    for letter in text.chars().chain(Some(' ')) {
        if letter.is_whitespace() {
            if let Some(began) = start.take() {
                count += 1;
                found = found.or((count == number).then_some((began, at)));
            }
        } else if start.is_none() && !letter.is_ascii_digit() {
            start = Some(at);
        }
        at += letter.len_utf16() as u32;
    }
    if let Some((began, ended)) = found {
        // Refused only for a field that is not shown any more.
        let _ = area.focus();
        let _ = area.set_selection_range(began, ended);
    }
}
