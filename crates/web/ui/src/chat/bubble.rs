//! One message as it is shown.

use crate::app::App;
use crate::chat::actions::Actions;
use crate::chat::missed::Missed;
use crate::chat::stream::Stream;
use crate::html::Either;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{self, a, article, blockquote, button, code, div, em, footer, input, p, pre, s, span, strong, video};
use crate::icons::Icon;
use crate::list::{delivery_icon, delivery_said, kind_and_text, one_line};
use crate::markdown::{Block, Span};
use crate::notice::looking::{self, Covers, Seen};
use crate::parts::{called, for_readers, hue, icon_button, media, never_came, or_asked, picture, save, short_name, word_button};
use crate::time;
use crate::words::Word;
use crate::words::cautions::Caution;
use crate::words::happened;
use std::time::Duration;
use view::{Bubble, Command, Delivery, FileItem, MessageKind, Query, Quote, ReactionSum, View};

/// So long a finger rests on a message until its menu opens.
const LONG_PRESS: Duration = Duration::from_millis(450);

/// A message, and what can be done with it.
pub fn bubble(app: App, stream: Stream, message: ArcRwSignal<Bubble>, joined: bool, actions: Actions) -> impl IntoView {
    let bare = as_said(app, message.clone());
    move || {
        let shown = message.get();
        if shown.row.kind == MessageKind::Notice {
            return Either::Left(notice(app, &shown));
        }
        let (shown, mask) = match bare.get().filter(|_| shown.masked) {
            // A curtain is another matter.
            Some(bare) => (Bubble { curtain: shown.curtain, look: shown.look, ..bare }, Mask::Open),
            None if shown.masked => (shown, Mask::Closed),
            None => (shown, Mask::None),
        };
        Either::Right(said(app, stream, shown, mask, joined, actions))
    }
}

/// Whether links and handles are hidden in a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mask {
    None,
    Closed,
    /// They were asked for.
    Open,
}

/// A message as it was said, once what is hidden in it is asked for.
fn as_said(app: App, message: ArcRwSignal<Bubble>) -> RwSignal<Option<Bubble>> {
    let bare = RwSignal::new(None::<Bubble>);
    let id = message.with_untracked(|shown| shown.row.id);
    let open = Memo::new(move |_| app.unmasked.with(|all| all.contains(&id)));
    Effect::new(move |_| {
        if message.with(|shown| shown.masked) && open.get() {
            app.ask(Query::Bare { message: id }, move |view| {
                if let View::Bare(Some(found)) = view {
                    bare.try_set(Some(*found));
                }
            });
        }
    });
    bare
}

/// A line that nobody said; where one may ask why it stands there, that is answered.
fn notice(app: App, shown: &Bubble) -> impl IntoView + use<> {
    let why = shown.row.happened.as_ref().and_then(happened::why).map(|why| {
        html::details().attr("class", "notice-why").child((html::summary().child(app.say(happened::Line::Why)), p().child(app.say(why))))
    });
    div().attr("class", "notice-line").attr("data-message", shown.row.id.to_string()).child((p().child(happened_or(app, shown)), why))
}

/// What an older program kept is words.
fn happened_or(app: App, shown: &Bubble) -> String {
    shown.row.happened.as_ref().map_or_else(|| shown.row.text.clone(), |happened| happened::line(app.locale, happened))
}

fn said(app: App, stream: Stream, shown: Bubble, mask: Mask, joined: bool, actions: Actions) -> impl IntoView {
    let id = shown.row.id;
    let mine = shown.row.mine;
    let name = if mine { app.say(Word::You) } else { short_name(&shown.sender.name, shown.sender.display_name.as_deref()) };
    let deleted = shown.row.kind == MessageKind::Deleted;
    let said = one_line(app, shown.row.kind, &shown.row.text, shown.care);
    let label = format!("{name}, {said}, {}", time::clock(shown.row.sent_ms));
    let label = match &shown.delivery {
        Some(delivery) => format!("{label}, {}", delivery_said(app, delivery)),
        None => label,
    };
    let side = if mine { "mine" } else { "theirs" };
    let failed = matches!(shown.delivery, Some(Delivery::Failed(_)));
    let choice = app.say_with(Word::SelectOne, &[("text", &label)]);
    let tools = (!deleted).then(|| {
        div().attr("class", "said-tools").child((
            icon_button(Icon::Reply, app.say(Word::Reply), move |_| actions.reply.set(Some(id))),
            icon_button(Icon::Ellipsis, app.say(Word::Menu), move |_| actions.open(id)),
        ))
    });
    let reach = Reach { actions, id, resting: StoredValue::new(None) };
    article()
        .attr("class", format!("said {side}{}{}", if joined { " joined" } else { "" }, if failed { " failed" } else { "" }))
        .class(("chosen", move || actions.is_chosen(id)))
        .attr("data-message", id.to_string())
        .attr("aria-label", label)
        .on(ev::contextmenu, move |event: ev::MouseEvent| {
            event.prevent_default();
            reach.lift();
            reach.open();
        })
        .on(ev::click, move |event: ev::MouseEvent| {
            if reach.is_choosing() {
                event.prevent_default();
                actions.choose(id);
            }
        })
        .on(ev::touchstart, move |_| reach.lay())
        .on(ev::touchmove, move |_| reach.lift())
        .on(ev::touchend, move |_| reach.lift())
        .on(ev::touchcancel, move |_| reach.lift())
        .on(ev::keydown, move |event: ev::KeyboardEvent| reach.key(&event))
        .child((
            move || {
                actions.is_choosing().then(|| {
                    input()
                        .attr("type", "checkbox")
                        .attr("class", "choice-mark")
                        .attr("aria-label", choice.clone())
                        .prop("checked", move || actions.is_chosen(id))
                })
            },
            div()
                .attr("class", "bubble")
                // For the last line of its text to leave room: the same letters as the time, and the icons.
                .style(("--foot", format!("\"{}\"", time::clock(shown.row.sent_ms))))
                .style(("--marks", if mine { MARKS } else { "0" }))
                .child((
                    (!mine && !joined && stream.group.get()).then(|| {
                        p().attr("class", format!("sender hue-{}", hue(&shown.sender.account)))
                            .child(called(&shown.sender.name, shown.sender.display_name.as_deref()))
                    }),
                    (shown.row.forwarded && !deleted)
                        .then(|| p().attr("class", "forwarded").child((Icon::Forward.draw(), app.say(Word::Forwarded)))),
                    shown.reply.clone().filter(|_| !deleted).map(|quote| quoted(app, stream, &quote)),
                    (!deleted && shown.care.is_none()).then(|| match shown.private {
                        Some(_) => crate::report::private::stand_in(app, &shown).into_any(),
                        // For everybody alike: what is near the screen, and is fetched, does not depend on who looks at it.
                        None if !mine && shown.files.iter().any(|item| item.kind.is_seen()) => curtained(app, &shown).into_any(),
                        None => files(app, id, &shown).into_any(),
                    }),
                    shown.poll.clone().filter(|_| !deleted).map(|poll| crate::chat::poll::poll(app, stream.chat, id, mine, poll)),
                    shown.card.clone().filter(|_| !deleted).map(|card| crate::list::friends::card(app, card, mine)),
                    match shown.care {
                        Some(care) if !deleted => crate::report::trusted::before(app, &shown, care).into_any(),
                        _ => (body(app, &shown), mask_note(app, id, mask)).into_any(),
                    },
                    foot(app, &shown),
                )),
            tools,
            failed.then(|| {
                div().attr("class", "row").attr("role", "alert").child((
                    word_button("quiet", None, app.say(Word::Retry), move |_| app.act(Command::Retry { message: id }, |_| {})),
                    word_button("quiet", None, app.say(Word::Discard), move |_| app.act(Command::Discard { message: id }, |_| {})),
                ))
            }),
            reactions(app, stream.chat, id, &shown.reactions),
        ))
}

/// The ways to what can be done with a message: the keyboard, a second button, a finger that rests. While one chooses, all of it is one choice.
#[derive(Clone, Copy)]
struct Reach {
    actions: Actions,
    id: i64,
    resting: StoredValue<Option<TimeoutHandle>>,
}

impl Reach {
    fn is_choosing(self) -> bool {
        untrack(|| self.actions.is_choosing())
    }

    fn open(self) {
        if self.is_choosing() { self.actions.choose(self.id) } else { self.actions.open(self.id) }
    }

    fn lay(self) {
        if !self.is_choosing() {
            self.resting.set_value(set_timeout_with_handle(move || self.open(), LONG_PRESS).ok());
        }
    }

    fn lift(self) {
        if let Some(timer) = self.resting.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }

    fn key(self, event: &ev::KeyboardEvent) {
        if event.target() != event.current_target() {
            return;
        }
        match event.key().as_str() {
            "Enter" => self.open(),
            " " => self.actions.choose(self.id),
            _ => return,
        }
        event.prevent_default();
    }
}

/// What a message answers: a click leads there.
fn quoted(app: App, stream: Stream, quote: &Quote) -> impl IntoView + use<> {
    let target = quote.message;
    let who = if quote.sender.me { app.say(Word::You) } else { short_name(&quote.sender.name, quote.sender.display_name.as_deref()) };
    button()
        .attr("type", "button")
        .attr("class", format!("quote hue-{}", hue(&quote.sender.account)))
        .on(ev::click, move |_| stream.go_to(target))
        .child((
            span().attr("class", "sender").child(who),
            span().attr("class", "quote-text").attr("dir", "auto").child(kind_and_text(app, quote.kind, &quote.text)),
        ))
}

/// The files, behind a curtain while there is one: before a first picture, one that is being looked at, or one that may be private. One tap takes it away, and nothing notes that.
fn curtained(app: App, shown: &Bubble) -> impl IntoView + use<> {
    let id = shown.row.id;
    let covers = Covers::from(shown);
    let closed = Memo::new(move |_| app.is_covered(covers) && !app.looks.stands_bare(covers));
    let why = move || match (app.looks.seen(covers), covers.curtain) {
        (Seen::Covered, _) => Caution::CurtainPrivate,
        (_, true) => Caution::CurtainText,
        (Seen::Unseen, false) => Caution::CurtainUnseen,
        (Seen::Moves, false) => Caution::CurtainMoves,
        (Seen::Looking | Seen::Open | Seen::None, false) => Caution::CurtainLooking,
    };
    let first = format!(".photo[data-photo=\"{}\"], [data-message=\"{id}\"] video", crate::chat::viewer::name((id, 0)));
    // Always the same elements: what is behind the curtain does not begin anew when it goes.
    div().attr("class", "behind").class(("curtained", move || closed.get())).child((
        div().attr("class", "behind-files").attr("inert", move || closed.get().then_some("")).child(files(app, id, shown)),
        move || {
            let first = first.clone();
            closed.get().then(|| {
                let open = move |event: ev::MouseEvent| {
                    event.stop_propagation();
                    app.bared.update(|bared| {
                        bared.insert(id);
                    });
                    let first = first.clone();
                    request_animation_frame(move || crate::focus::go(&[&first]));
                };
                button().attr("type", "button").attr("class", "curtain").on(ev::click, open).child((
                    Icon::Eye.draw(),
                    span().child(move || app.say(why())),
                    span().attr("class", "curtain-open").child(app.say(Caution::CurtainOpen)),
                ))
            })
        },
    ))
}

/// What stands below a message in which links and handles are hidden, or were.
fn mask_note(app: App, id: i64, mask: Mask) -> Option<impl IntoView> {
    let open = move |event: ev::MouseEvent| {
        event.stop_propagation();
        app.unmasked.update(|all| {
            all.insert(id);
        });
    };
    let said = match mask {
        Mask::None => return None,
        Mask::Closed => Caution::MaskText,
        Mask::Open => Caution::MaskShown,
    };
    Some(div().attr("class", "mask").attr("role", "note").child((
        p().child(app.say(said)),
        (mask == Mask::Closed).then(|| word_button("quiet", Some(Icon::Eye), app.say(Caution::MaskOpen), open)),
    )))
}

/// The files of a message; several pictures stand in a grid. While they leave, how far they are, and a way to stop.
fn files(app: App, id: i64, shown: &Bubble) -> impl IntoView + use<> {
    let many = shown.files.len() > 1 && shown.files.iter().all(|item| matches!(item.kind, MessageKind::Photo));
    let going = match shown.delivery {
        Some(Delivery::Uploading { done, total, .. }) => Some((done, total.max(1))),
        _ => None,
    };
    let covers = Covers::from(shown);
    let items = shown.files.iter().map(|item| file(app, covers, item)).collect_view();
    (
        (!shown.files.is_empty()).then(|| div().attr("class", if many { "files grid" } else { "files" }).child(items)),
        going.map(|(done, total)| {
            div().attr("class", "going").child((
                html::progress()
                    .attr("max", total.to_string())
                    .attr("value", done.to_string())
                    .attr("aria-label", app.say_with(Word::Uploading, &[("percent", &(done.saturating_mul(100) / total).to_string())])),
                icon_button(Icon::X, app.say(Word::CancelUpload), move |_| app.act(Command::CancelUpload { message: id }, |_| {})),
            ))
        }),
    )
}

fn body(app: App, shown: &Bubble) -> impl IntoView + use<> {
    if shown.row.kind == MessageKind::Deleted {
        return Either::Left(p().attr("class", "gone").child(app.say(Word::DeletedMessage)));
    }
    let text = shown.marked_text.as_ref().unwrap_or(&shown.row.text);
    let hidden = matches!(shown.row.kind, MessageKind::Poll | MessageKind::Contact);
    let own = (!hidden && !text.is_empty())
        .then(|| crate::chat::long::text(app, shown.row.id, if is_big(text) { "text big" } else { "text" }, text));
    Either::Right(own)
}

/// A few emoji and nothing else are said large.
fn is_big(text: &str) -> bool {
    const LETTERS_MAX: usize = 12;
    let plain = |c: char| c.is_alphanumeric() || c.is_ascii_punctuation() || c.is_whitespace();
    !text.is_empty() && text.chars().count() <= LETTERS_MAX && !text.chars().any(plain) && text.chars().any(|c| c as u32 >= 0x203c)
}

/// Markdown as elements.
pub fn drawn(blocks: Vec<Block>) -> Vec<AnyView> {
    blocks.into_iter().map(block).collect()
}

fn block(block: Block) -> AnyView {
    match block {
        Block::Paragraph(inner) => p().child(spans(inner)).into_any(),
        Block::Quote(inner) => blockquote().child(spans(inner)).into_any(),
        Block::Code(inner) => pre().child(code().child(inner)).into_any(),
        Block::List { ordered, items } => {
            let items: Vec<_> = items.into_iter().map(|item| html::li().child(spans(item))).collect();
            if ordered { html::ol().child(items).into_any() } else { html::ul().child(items).into_any() }
        }
    }
}

fn spans(inner: Vec<Span>) -> Vec<AnyView> {
    inner
        .into_iter()
        .map(|inner| match inner {
            Span::Text(text) => text.into_any(),
            Span::Bold(inner) => strong().child(spans(inner)).into_any(),
            Span::Italic(inner) => em().child(spans(inner)).into_any(),
            Span::Struck(inner) => s().child(spans(inner)).into_any(),
            Span::Code(text) => code().child(text).into_any(),
            Span::Mention { name, .. } => span().attr("class", "mention").child(format!("@{}", name.trim_start_matches('@'))).into_any(),
            Span::Break => html::br().into_any(),
            Span::Link { text, url } => link(text, url),
        })
        .collect()
}

/// An address, and beside it the host to which the browser would go, unless it stands there as it is: letters of other scripts that look like
/// ours (then the host is in ASCII, `xn--`), or a name before an `@`.
fn link(text: String, url: String) -> AnyView {
    let Ok(host) = web_sys::Url::new(&url).map(|url| url.host()) else { return text.into_any() };
    let shown = text.to_ascii_lowercase();
    let plain = shown.split_once("://").map_or(shown.as_str(), |(_, rest)| rest);
    let plain = plain.starts_with(&host) && !plain[host.len()..].starts_with(|next: char| next.is_alphanumeric() || ".-@:".contains(next));
    let text = if plain || shown.ends_with(&format!("({host})")) { text } else { format!("{text} ({host})") };
    // The other side is not told where one comes from.
    a().attr("href", url).attr("target", "_blank").attr("rel", "noopener noreferrer").attr("dir", "ltr").child(text).into_any()
}

fn file(app: App, covers: Covers, item: &FileItem) -> AnyView {
    let (message, position) = (covers.message, item.position);
    let alt = item.row.alt.clone().unwrap_or_default();
    // What is still leaving is not there to be shown.
    if item.blob.is_empty() {
        let (name, size) = (item.row.name.clone(), time::size(item.row.bytes));
        let icon = match item.kind {
            MessageKind::Photo | MessageKind::Sticker => Icon::Image,
            MessageKind::Video => Icon::Play,
            MessageKind::Voice => Icon::Mic,
            _ => Icon::File,
        };
        let shown = if item.kind == MessageKind::Voice { app.say(Word::VoiceNote) } else { name };
        return div()
            .attr("class", "coming")
            .child((icon.draw(), span().attr("class", "file-name").child(shown), span().attr("class", "file-size").child(size)))
            .into_any();
    }
    match item.kind {
        MessageKind::Photo | MessageKind::Sticker => {
            let ratio = ratio(item);
            let label = if alt.is_empty() { app.say(Word::OpenPicture) } else { format!("{}: {alt}", app.say(Word::OpenPicture)) };
            let bytes = item.row.bytes;
            or_file(app, message, item, move |missed| {
                looking::again(app, covers, position);
                let (label, alt, ratio) = (label.clone(), alt.clone(), ratio.clone());
                or_asked(app, covers, position, bytes, move || {
                    button()
                        .attr("type", "button")
                        .attr("class", "photo")
                        .attr("data-photo", crate::chat::viewer::name((message, position)))
                        .attr("aria-label", label.clone())
                        .on(ev::click, move |_| app.viewing.set(Some((message, position))))
                        .child(picture(
                            message,
                            position,
                            alt.clone(),
                            "photo-picture",
                            ratio.clone(),
                            move |event| looking::came(app, covers, position, &event),
                            move |_| {
                                looking::failed(app, covers, position);
                                missed.set();
                            },
                        ))
                        .into_any()
                })
            })
        }
        // Not in a closure of their own: what plays goes on when its message is drawn again.
        MessageKind::Video | MessageKind::Voice if app.unplayable.with(|all| all.contains(&(message, position))) => {
            as_file(app, message, item)
        }
        MessageKind::Voice if crate::chat::voice::is_too_large(&item.row) => as_file(app, message, item),
        MessageKind::Video => {
            let label = if alt.is_empty() { app.say(Word::Video) } else { alt };
            video()
                .attr("class", "film")
                .attr("controls", "")
                .attr("preload", "metadata")
                .attr("playsinline", "")
                .attr("src", media(message, position))
                .style(("aspect-ratio", ratio(item)))
                .attr("aria-label", label)
                .on(ev::error, move |event| {
                    if never_came(app, &event) {
                        is_none(app, message, position);
                    }
                })
                .into_any()
        }
        MessageKind::Voice => {
            crate::chat::voice::player(app, message, position, &item.row, move || is_none(app, message, position)).into_any()
        }
        _ => as_file(app, message, item),
    }
}

/// A picture, while it can be shown: one that does not come, is none or is too large is a file that can still be saved.
fn or_file(app: App, message: i64, item: &FileItem, draw: impl Fn(Missed) -> AnyView + Send + 'static) -> AnyView {
    let (missed, item) = (Missed::new(app, message, item.position), item.clone());
    (move || if missed.is() { as_file(app, message, &item) } else { draw(missed) }).into_any()
}

/// What was found to be none stays a file.
fn is_none(app: App, message: i64, position: u32) {
    app.unplayable.update(|all| {
        all.insert((message, position));
    });
}

/// Its width by its height, as its sender says.
fn ratio(item: &FileItem) -> Option<String> {
    item.row.width.zip(item.row.height).map(|(width, height)| format!("{width} / {height}"))
}

fn as_file(app: App, message: i64, item: &FileItem) -> AnyView {
    let position = item.position;
    let (name, size) = (item.row.name.clone(), time::size(item.row.bytes));
    button()
        .attr("type", "button")
        .attr("class", "file")
        .on(ev::click, {
            let name = name.clone();
            move |_| save(app, message, position, name.clone())
        })
        .child((
            Icon::File.draw(),
            for_readers(format!("{}: ", app.say(Word::Download))),
            span().attr("class", "file-name").child(name),
            span().attr("class", "file-size").child(size),
            Icon::Download.draw(),
        ))
        .into_any()
}

/// The icons beside the time of one's own message.
const MARKS: &str = "1.5rem";

fn foot(app: App, shown: &Bubble) -> impl IntoView + use<> {
    let delivery = shown.delivery.clone().map(|delivery| {
        let said = delivery_said(app, &delivery);
        let loud = matches!(delivery, Delivery::Uploading { .. } | Delivery::Failed(_));
        span()
            .attr("class", "delivery")
            .attr("title", said.clone())
            .child((delivery_icon(&delivery).draw(), span().attr("class", if loud { "" } else { "for-readers" }).child(said)))
    });
    let loud = matches!(shown.delivery, Some(Delivery::Uploading { .. } | Delivery::Failed(_)));
    let long = loud || shown.pinned || shown.row.edited || shown.row.expires_ms.is_some();
    footer().attr("class", if long { "foot long" } else { "foot" }).child((
        shown.pinned.then(|| Icon::Pin.draw()),
        shown.row.edited.then(|| span().child(app.say(Word::Edited))),
        shown.row.expires_ms.map(|_| Icon::Clock.draw()),
        html::time().child(time::clock(shown.row.sent_ms)),
        delivery,
    ))
}

fn reactions(app: App, chat: i64, message: i64, all: &[ReactionSum]) -> impl IntoView + use<> {
    let all: Vec<ReactionSum> = all.to_vec();
    (!all.is_empty()).then(|| {
        div().attr("class", "reactions").child(
            all.into_iter()
                .map(|sum| {
                    let (emoji, mine) = (sum.emoji.clone(), sum.mine);
                    let names: Vec<String> =
                        sum.by.iter().map(|name| if name == "me" { app.say(Word::You) } else { name.clone() }).collect();
                    let names = names.join(", ");
                    button()
                        .attr("type", "button")
                        .attr("class", if mine { "reaction own" } else { "reaction" })
                        .attr("aria-pressed", mine.to_string())
                        .attr("aria-label", format!("{} {}: {names}", sum.emoji, sum.by.len()))
                        .attr("title", names)
                        .on(ev::click, move |_| {
                            let emoji = emoji.clone();
                            let command =
                                if mine { Command::Unreact { chat, message, emoji } } else { Command::React { chat, message, emoji } };
                            app.act(command, |_| {});
                        })
                        .child(span().attr("class", "reaction-chip").child((sum.emoji, " ", span().child(sum.by.len().to_string()))))
                })
                .collect_view(),
        )
    })
}
