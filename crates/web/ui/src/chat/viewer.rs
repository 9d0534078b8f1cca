//! A picture, large; and the other pictures of its chat before and after it.

use crate::app::App;
use crate::focus;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{self, button, div, img, p};
use crate::icons::Icon;
use crate::notice::looking::Covers;
use crate::parts::{PICTURE_BY_ITSELF_MAX, icon_button, media, save};
use crate::words::Word;
use view::{Bubble, FileRow, Query, Shelf, View};

const ZOOM_MAX: f64 = 5.0;
const ZOOM_STEP: f64 = 1.5;
/// Of what is seen, so much goes away at a key that moves a picture.
const MOVE_STEP: f64 = 0.2;
/// Messages with pictures that are looked through at once, and how often, to find where one is.
const PAGE: u32 = 60;
const PAGES: u32 = 5;

/// A picture of a chat, and what it shows.
#[derive(Clone, PartialEq)]
struct Shown {
    message: i64,
    position: u32,
    alt: String,
}

/// Where one is among the pictures of a chat; copies are the same.
#[derive(Clone, Copy)]
struct Album {
    app: App,
    /// Oldest first.
    all: RwSignal<Vec<Shown>>,
    zoom: RwSignal<f64>,
    /// What the picture lies in, which is smaller than a picture that is zoomed in.
    frame: NodeRef<html::Div>,
}

/// What the button of a picture is found by.
pub fn name((message, position): (i64, u32)) -> String {
    format!("{message}.{position}")
}

pub fn viewer(app: App) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let album = Album { app, all: RwSignal::new(vec![]), zoom: RwSignal::new(1.0), frame: NodeRef::new() };
    Effect::new(move |_| {
        let wanted = app.viewing.get();
        album.zoom.set(1.0);
        if let Some(at) = wanted {
            album.open(at);
        }
        if let Some(dialog) = node.get() {
            if wanted.is_some() && !dialog.open() {
                // Refused only for a dialog that is not in the page any more.
                let _ = dialog.show_modal();
            } else if wanted.is_none() && dialog.open() {
                dialog.close();
            }
        }
    });
    let open = Memo::new(move |_| app.viewing.get().is_some());
    html::dialog()
        .node_ref(node)
        .attr("class", "viewer")
        .attr("aria-label", app.say(Word::Photo))
        .on(ev::close, move |_| {
            let last = app.viewing.get_untracked();
            app.viewing.set(None);
            // Back to the picture that was shown last, if it is in the page.
            if let Some(last) = last {
                request_animation_frame(move || focus::go(&[&format!(".photo[data-photo=\"{}\"]", name(last))]));
            }
        })
        .on(ev::keydown, move |event: ev::KeyboardEvent| album.key(&event))
        .child(move || open.get().then(|| album.view()))
}

impl Album {
    /// Learns which other pictures there are in the chat.
    fn open(self, (message, position): (i64, u32)) {
        // What comes to be known of the others begins nothing anew.
        if untrack(|| self.place()).is_some() {
            return;
        }
        self.all.set(vec![Shown { message, position, alt: String::new() }]);
        let album = self;
        self.app.ask(Query::Message { message }, move |view| {
            if let View::Message(Some(bubble)) = view {
                album.look(bubble.row.chat, None, vec![], PAGES);
            }
        });
    }

    fn look(self, chat: i64, before: Option<i64>, mut found: Vec<Shown>, pages: u32) {
        let album = self;
        self.app.ask(Query::Shelf { chat, what: Shelf::Media, before, limit: PAGE }, move |view| {
            let (View::Shelf(page), Some(at)) = (view, album.app.viewing.get_untracked()) else { return };
            let (last, full) = (page.last().map(|bubble| bubble.row.id), page.len() == PAGE as usize);
            // What is behind a curtain is looked at where the curtain is, and what is large is fetched for who opens it, not for who goes past it.
            let bare = |bubble: &&Bubble| !untrack(|| album.app.is_covered(Covers::from(*bubble)));
            found.extend(page.iter().filter(bare).flat_map(|bubble| pictures(bubble, at)));
            if found.iter().any(|shown| (shown.message, shown.position) == at) {
                found.reverse();
                album.all.set(found);
            } else if full && pages > 1 {
                album.look(chat, last, found, pages - 1);
            }
        });
    }

    fn place(self) -> Option<usize> {
        let at = self.app.viewing.get()?;
        self.all.with(|all| all.iter().position(|shown| (shown.message, shown.position) == at))
    }

    fn step(self, to: impl Fn(usize) -> Option<usize>) {
        let next = untrack(|| self.place()).and_then(to);
        let next = next.and_then(|place| self.all.with_untracked(|all| all.get(place).map(|shown| (shown.message, shown.position))));
        if next.is_some() {
            self.app.viewing.set(next);
        }
    }

    fn next(self) {
        self.step(|place| place.checked_add(1));
    }

    fn previous(self) {
        self.step(|place| place.checked_sub(1));
    }

    fn nearer(self) {
        self.zoom_to((self.zoom.get_untracked() * ZOOM_STEP).min(ZOOM_MAX));
    }

    fn farther(self) {
        self.zoom_to((self.zoom.get_untracked() / ZOOM_STEP).max(1.0));
    }

    /// What was in the middle stays there.
    fn zoom_to(self, zoom: f64) {
        let middle = |frame: &web_sys::HtmlDivElement| {
            let share = |at: i32, seen: i32, whole: i32| (f64::from(at) + f64::from(seen) / 2.0) / f64::from(whole.max(1));
            let across = share(frame.scroll_left(), frame.client_width(), frame.scroll_width());
            (across, share(frame.scroll_top(), frame.client_height(), frame.scroll_height()))
        };
        let before = self.frame.get_untracked().as_ref().map(middle);
        self.zoom.set(zoom);
        request_animation_frame(move || {
            let Some((frame, (across, down))) = self.frame.try_get_untracked().flatten().zip(before) else { return };
            let place = |share: f64, seen: i32, whole: i32| (share * f64::from(whole) - f64::from(seen) / 2.0) as i32;
            frame.set_scroll_left(place(across, frame.client_width(), frame.scroll_width()));
            frame.set_scroll_top(place(down, frame.client_height(), frame.scroll_height()));
        });
    }

    /// Moves about in a picture that is zoomed in.
    fn move_about(self, across: f64, down: f64) {
        if let Some(frame) = self.frame.get_untracked() {
            let (width, height) = (f64::from(frame.client_width()), f64::from(frame.client_height()));
            frame.scroll_by_with_x_and_y(across * MOVE_STEP * width, down * MOVE_STEP * height);
        }
    }

    fn key(self, event: &ev::KeyboardEvent) {
        let mirrored = self.app.locale.direction() == "rtl";
        let zoomed = self.zoom.get_untracked() > 1.0;
        let key = event.key();
        if zoomed && key.starts_with("Arrow") {
            // Not by the browser as well.
            event.prevent_default();
        }
        match key.as_str() {
            "+" | "=" => self.nearer(),
            "-" => self.farther(),
            "ArrowRight" if zoomed => self.move_about(1.0, 0.0),
            "ArrowLeft" if zoomed => self.move_about(-1.0, 0.0),
            "ArrowDown" if zoomed => self.move_about(0.0, 1.0),
            "ArrowUp" if zoomed => self.move_about(0.0, -1.0),
            key @ ("ArrowRight" | "ArrowLeft") => {
                if (key == "ArrowRight") == mirrored {
                    self.previous();
                } else {
                    self.next();
                }
            }
            _ => {}
        }
    }

    fn view(self) -> impl IntoView {
        let app = self.app;
        let alt = move || {
            let said = self.place().and_then(|place| self.all.with(|all| all.get(place).map(|shown| shown.alt.clone())));
            said.filter(|alt| !alt.is_empty()).unwrap_or_else(|| app.say(Word::Photo))
        };
        let counted = move || {
            let (place, all) = (self.place()?, self.all.with(Vec::len));
            (all > 1).then(|| app.say_with(Word::PhotoOf, &[("n", &(place + 1).to_string()), ("m", &all.to_string())]))
        };
        let turn = move |icon: Icon, word: Word, class: &'static str, there: Box<dyn Fn() -> bool>, go: fn(Self)| {
            let there = send_wrapper::SendWrapper::new(there);
            button()
                .attr("type", "button")
                .attr("class", format!("icon-button {class}"))
                .attr("title", app.say(word))
                .attr("aria-label", app.say(word))
                .attr("aria-disabled", move || (!there()).to_string())
                .on(ev::click, move |_| go(self))
                .child(icon.draw())
        };
        let last = move || self.place().is_none_or(|place| place + 1 >= self.all.with(Vec::len));
        div().attr("class", "viewer-frame").child((
            div().attr("class", "viewer-tools").child((
                p().attr("class", "viewer-count").attr("role", "status").child(counted),
                icon_button(Icon::ZoomOut, app.say(Word::ZoomOut), move |_| self.farther()),
                icon_button(Icon::ZoomIn, app.say(Word::ZoomIn), move |_| self.nearer()),
                icon_button(Icon::Download, app.say(Word::Download), move |_| {
                    if let Some(at) = app.viewing.get_untracked() {
                        download(app, at);
                    }
                }),
                icon_button(Icon::Help, app.say(Word::Help), move |_| app.open_help()),
                icon_button(Icon::X, app.say(Word::Close), move |_| app.viewing.set(None)),
            )),
            div().node_ref(self.frame).attr("class", "viewer-picture").attr("tabindex", "-1").child(
                img()
                    .attr("src", move || app.viewing.get().map(|(message, position)| media(message, position)))
                    .attr("alt", alt)
                    .class(("zoomed", move || self.zoom.get() > 1.0))
                    .on(ev::dblclick, move |_| if self.zoom.get_untracked() > 1.0 { self.zoom_to(1.0) } else { self.nearer() })
                    .style(("width", move || (self.zoom.get() > 1.0).then(|| format!("{}%", (self.zoom.get() * 100.0).round() as u32)))),
            ),
            turn(
                Icon::ArrowLeft,
                Word::PreviousPhoto,
                "previous",
                Box::new(move || self.place().is_some_and(|place| place > 0)),
                Self::previous,
            ),
            turn(Icon::ArrowRight, Word::NextPhoto, "next", Box::new(move || !last()), Self::next),
        ))
    }
}

/// Saves a picture under its name.
fn download(app: App, (message, position): (i64, u32)) {
    app.ask(Query::Message { message }, move |view| {
        let View::Message(Some(bubble)) = view else { return };
        if let Some(item) = bubble.files.iter().find(|item| item.position == position) {
            save(app, message, position, file_name(&item.row));
        }
    });
}

/// What its sender called it, or what it is.
fn file_name(row: &FileRow) -> String {
    if !row.name.is_empty() {
        return row.name.clone();
    }
    match row.media_type.as_str() {
        "image/jpeg" => "photo.jpg",
        "image/png" => "photo.png",
        "image/gif" => "photo.gif",
        "image/webp" => "photo.webp",
        "image/avif" => "photo.avif",
        _ => "photo",
    }
    .to_owned()
}

/// The pictures of a message, last first: those that are fetched by themselves, and the one that was asked for.
fn pictures(bubble: &Bubble, asked: (i64, u32)) -> Vec<Shown> {
    let message = bubble.row.id;
    let photos = bubble.files.iter().rev().filter(|item| item.kind.is_still());
    let photos = photos.filter(|item| item.row.bytes <= PICTURE_BY_ITSELF_MAX || (message, item.position) == asked);
    photos.map(|item| Shown { message, position: item.position, alt: item.row.alt.clone().unwrap_or_default() }).collect()
}
