//! The first minute: a name, and the account is there.

use crate::account::restore::Attempt;
use crate::app::{App, Arrival, set_if_new};
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, form, h1, input, label, main, p, span};
use crate::parts::{field, mark, word_button};
use crate::rest::{self, Part};
use crate::words::Word;
use crate::words::team::TeamWord;
use view::page::Keeping;
use view::{Command, Me, Refusal};

pub fn welcome(app: App) -> impl IntoView {
    let SigningUp { name, username, edited, digits } = app.signing_up;
    let keeping = RwSignal::new(Keeping::Here);
    let coming_back = RwSignal::new(false);
    let attempt = Attempt::new(app, move || set_if_new(coming_back, true));
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    // The username follows the name until it is written by hand.
    Effect::new(move |_| {
        let suggested = suggest(&name.get(), digits.get());
        if !edited.get_untracked() {
            username.set(suggested);
        }
    });
    Effect::new(move |_| {
        if let Some(Me::Nobody { refused: Some(why) }) = app.me.get() {
            busy.set(false);
            // Another suggestion stands there, if it was one that somebody else has.
            if matches!(why, Refusal::UsernameTaken { .. }) {
                digits.set(some_digits());
            }
            problem.set(Some(app.locale.refusal(&why)));
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let location = window().location();
        let server = location.origin().unwrap_or_default();
        let invite = (app.arrival == Arrival::Invitation).then(|| location.hash().unwrap_or_default().trim_start_matches('#').to_owned());
        let display_name = Some(name.get_untracked().trim().to_owned()).filter(|name| !name.is_empty());
        let command = Command::SignUp { username: username.get_untracked().trim().to_lowercase(), server, invite, display_name };
        app.begin(command, keeping.get_untracked(), move |done| {
            if let Err(why) = done {
                busy.set(false);
                problem.set(Some(app.locale.refusal(&why)));
            }
        });
    };
    let fields = move || {
        (
            field(app.say(Word::YourName), Some(app.say(Word::YourNameHint)), "name", name),
            field(app.say(Word::Username), Some(app.say(Word::UsernameHint)), "username", username),
        )
    };
    // What is typed here is by hand.
    let typed = move |event: ev::Event| {
        use wasm_bindgen::JsCast as _;
        let id = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()).map(|element| element.id());
        if id.as_deref() == Some("username") {
            edited.set(true);
        }
    };
    let new_here = move || {
        div().attr("class", "welcome-card").child((
            mark(),
            h1().child(app.say(Word::WelcomeTitle)),
            p().child(app.say(Word::WelcomeText)),
            (app.arrival == Arrival::Invitation).then(|| p().attr("class", "hint").child(app.say(Word::Invited))),
            form().on(ev::submit, submit).on(ev::input, typed).child((
                fields(),
                shared_computer(app, keeping),
                p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
                button()
                    .attr("type", "submit")
                    .attr("class", "word-button main wide")
                    .prop("disabled", move || busy.get())
                    .child(span().child(move || app.say(if busy.get() { Word::SigningUp } else { Word::SignUp }))),
                word_button("quiet wide", None, app.say(Word::HaveAccount), move |_| coming_back.set(true)),
            )),
            crate::desk::tell::link(app.say(TeamWord::TellLink), Some(app.place)),
        ))
    };
    main().attr("class", "welcome").child(move || {
        if coming_back.get() {
            rest::show_in(app, move || Part::ComeBack(attempt, Box::new(move || coming_back.set(false))))
        } else {
            new_here().into_any()
        }
    })
}

/// Whether anything may be written here.
pub fn shared_computer(app: App, keeping: RwSignal<Keeping>) -> impl IntoView {
    let shared = move || keeping.get() == Keeping::Nothing;
    (
        label().attr("class", "choice").attr("for", "shared").child((
            input()
                .id("shared")
                .attr("type", "checkbox")
                .prop("checked", shared)
                .on(ev::change, move |event| keeping.set(if event_target_checked(&event) { Keeping::Nothing } else { Keeping::Here })),
            span().child(app.say(Word::SharedComputer)),
        )),
        move || shared().then(|| p().attr("class", "hint").attr("role", "status").child(app.say(Word::SharedHint))),
    )
}

/// What is typed at sign-up.
#[derive(Clone, Copy)]
pub struct SigningUp {
    name: RwSignal<String>,
    username: RwSignal<String>,
    /// The username was written by hand.
    edited: RwSignal<bool>,
    digits: RwSignal<u32>,
}

impl Default for SigningUp {
    fn default() -> Self {
        Self {
            name: RwSignal::new(String::new()),
            username: RwSignal::new(String::new()),
            edited: RwSignal::new(false),
            digits: RwSignal::new(some_digits()),
        }
    }
}

/// Three digits: of a thousand people of one name, few have the same.
fn some_digits() -> u32 {
    100 + (js_sys::Math::random() * 900.0) as u32
}

/// A username out of a name: small letters, and digits that make it rarer.
fn suggest(name: &str, digits: u32) -> String {
    let mut letters: String = name.to_lowercase().chars().filter_map(plain).take(20).collect();
    if letters.is_empty() {
        return letters;
    }
    if !letters.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        letters.insert(0, 'u');
    }
    format!("{letters}{digits}")
}

fn plain(letter: char) -> Option<char> {
    match letter {
        'ä' | 'á' | 'à' | 'â' | 'å' => Some('a'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'í' | 'ì' | 'î' | 'ï' => Some('i'),
        'ö' | 'ó' | 'ò' | 'ô' | 'ø' => Some('o'),
        'ü' | 'ú' | 'ù' | 'û' => Some('u'),
        'ñ' => Some('n'),
        'ç' => Some('c'),
        'ß' => Some('s'),
        letter if letter.is_ascii_alphanumeric() => Some(letter),
        _ => None,
    }
}
