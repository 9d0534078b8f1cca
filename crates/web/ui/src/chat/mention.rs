//! Who is meant: behind an `@` the members of a group are offered, by username and by the name they chose.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{button, div, p, span};
use crate::parts::{avatar, called};
use crate::words::Word;
use view::{ChatDetail, ChatKind, MemberLine};

/// Offered at once.
const OFFERED_MAX: usize = 6;

/// What the list of those that are offered is called in the page.
pub const LIST: &str = "mentions";

/// An `@` that is being written: where it stands, in UTF-16, and what is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Begun {
    at: usize,
    words: String,
}

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Mentions {
    app: App,
    detail: RwSignal<Option<ChatDetail>>,
    begun: RwSignal<Option<Begun>>,
    /// Which of those that are offered Enter takes.
    marked: RwSignal<usize>,
}

/// A text in which somebody is mentioned, and where one goes on writing.
pub struct Completed {
    pub text: String,
    pub caret: u32,
}

impl Mentions {
    pub fn new(app: App, detail: RwSignal<Option<ChatDetail>>) -> Self {
        Self { app, detail, begun: RwSignal::new(None), marked: RwSignal::new(0) }
    }

    /// Looks at what is written before the caret.
    pub fn look(self, text: &str, caret: Option<u32>) {
        let group = self.detail.with_untracked(|detail| detail.as_ref().is_some_and(|detail| detail.line.row.kind == ChatKind::Group));
        let begun = caret.filter(|_| group).and_then(|caret| begun(text, caret as usize));
        if self.begun.with_untracked(|before| *before != begun) {
            self.marked.set(0);
            self.begun.set(begun);
        }
    }

    pub fn close(self) {
        self.begun.set(None);
    }

    fn offered(self) -> Vec<MemberLine> {
        let Some(words) = self.begun.get().map(|begun| begun.words.to_lowercase()) else { return vec![] };
        let fits = |member: &MemberLine| {
            let called = member.display_name.as_deref().unwrap_or_default().to_lowercase();
            !member.me && (member.row.name.to_lowercase().starts_with(&words) || called.split(' ').any(|part| part.starts_with(&words)))
        };
        let members = self.detail.get().map(|detail| detail.members).unwrap_or_default();
        members.into_iter().filter(fits).take(OFFERED_MAX).collect()
    }

    pub fn is_open(self) -> bool {
        !self.offered().is_empty()
    }

    /// What the one that is marked is called in the page. The focus stays where one writes, and a screen reader follows this.
    pub fn marked(self) -> Option<String> {
        let last = self.offered().len().checked_sub(1)?;
        Some(option_id(self.marked.get().min(last)))
    }

    /// What a key does while somebody is offered; none: it is not for here.
    pub fn key(self, key: &str, text: &str) -> Option<Option<Completed>> {
        let offered = untrack(|| self.offered());
        if offered.is_empty() {
            return None;
        }
        let (last, marked) = (offered.len() - 1, self.marked.get_untracked().min(offered.len() - 1));
        match key {
            "ArrowDown" => self.marked.set(if marked == last { 0 } else { marked + 1 }),
            "ArrowUp" => self.marked.set(marked.checked_sub(1).unwrap_or(last)),
            "Escape" => self.close(),
            "Enter" | "Tab" => return Some(self.complete(text, &offered[marked].row.name)),
            _ => return None,
        }
        Some(None)
    }

    fn complete(self, text: &str, name: &str) -> Option<Completed> {
        let Begun { at, words } = self.begun.get_untracked()?;
        self.close();
        let units: Vec<u16> = text.encode_utf16().collect();
        let end = at + 1 + words.encode_utf16().count();
        let head = String::from_utf16_lossy(units.get(..at)?);
        let tail = String::from_utf16_lossy(units.get(end..)?);
        let mention = format!("@{name} ");
        let caret = (at + mention.encode_utf16().count()) as u32;
        Some(Completed { text: format!("{head}{mention}{}", tail.strip_prefix(' ').unwrap_or(&tail)), caret })
    }

    /// `take` puts a completed text into the composer.
    pub fn view(self, text: RwSignal<String>, take: impl Fn(Completed) + Copy + Send + Sync + 'static) -> impl IntoView {
        let app = self.app;
        // A place to write cannot say of itself that a list has opened.
        let heard =
            move || Some(self.offered().len()).filter(|n| *n > 0).map(|n| app.say_with(Word::MentionCount, &[("n", &n.to_string())]));
        let list = move || {
            let offered = self.offered();
            (!offered.is_empty()).then(|| {
                let line = |(place, member): (usize, MemberLine)| {
                    let name = member.row.name.clone();
                    button()
                        .id(option_id(place))
                        .attr("type", "button")
                        .attr("role", "option")
                        .attr("tabindex", "-1")
                        .attr("class", "mention-line")
                        .attr("aria-selected", move || (self.marked.get() == place).to_string())
                        // Before the field loses the focus.
                        .on(ev::mousedown, |event: ev::MouseEvent| event.prevent_default())
                        .on(ev::click, move |_| {
                            if let Some(completed) = self.complete(&text.get_untracked(), &name) {
                                take(completed);
                            }
                        })
                        .child((
                            avatar(&member.row.name, &member.row.account),
                            span().attr("class", "chat-name").child(called(&member.row.name, member.display_name.as_deref())),
                        ))
                };
                div()
                    .id(LIST)
                    .attr("class", "mentions")
                    .attr("role", "listbox")
                    .attr("aria-label", app.say(Word::MentionWho))
                    .child(offered.into_iter().enumerate().map(line).collect_view())
            })
        };
        (p().attr("class", "for-readers").attr("role", "status").child(heard), list)
    }
}

fn option_id(place: usize) -> String {
    format!("mention-{place}")
}

/// The `@` at the beginning of the word in which the caret stands.
fn begun(text: &str, caret: usize) -> Option<Begun> {
    let units: Vec<u16> = text.encode_utf16().take(caret).collect();
    let before = String::from_utf16(&units).ok()?;
    let (head, words) = before.rsplit_once('@')?;
    let own = head.chars().next_back().is_none_or(|letter| letter.is_whitespace() || matches!(letter, '(' | '"'));
    let word = words.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_'));
    (own && word).then(|| Begun { at: head.encode_utf16().count(), words: words.to_owned() })
}
