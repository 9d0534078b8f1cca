//! A picture, large.

use crate::app::App;
use crate::icons::Icon;
use crate::parts::{icon_button, media, save};
use crate::words::Word;
use leptos::ev;
use leptos::html::{self, div, img};
use leptos::prelude::*;

const ZOOM_MAX: f64 = 5.0;
const ZOOM_STEP: f64 = 1.5;

pub fn viewer(app: App) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let zoom = RwSignal::new(1.0_f64);
    Effect::new(move |_| {
        let wanted = app.viewing.get().is_some();
        zoom.set(1.0);
        if let Some(dialog) = node.get() {
            if wanted && !dialog.open() {
                // Refused only for a dialog that is not in the page any more.
                let _ = dialog.show_modal();
            } else if !wanted && dialog.open() {
                dialog.close();
            }
        }
    });
    let nearer = move || zoom.update(|zoom| *zoom = (*zoom * ZOOM_STEP).min(ZOOM_MAX));
    let farther = move || zoom.update(|zoom| *zoom = (*zoom / ZOOM_STEP).max(1.0));
    html::dialog()
        .node_ref(node)
        .attr("class", "viewer")
        .attr("aria-label", app.say(Word::Photo))
        .on(ev::close, move |_| app.viewing.set(None))
        .on(ev::keydown, move |event: ev::KeyboardEvent| match event.key().as_str() {
            "+" | "=" => nearer(),
            "-" => farther(),
            _ => {}
        })
        .child(move || {
            app.viewing.get().map(|(message, position)| {
                let source = media(message, position);
                div().attr("class", "viewer-frame").child((
                    div().attr("class", "viewer-tools").child((
                        icon_button(Icon::ZoomOut, app.say(Word::ZoomOut), move |_| farther()),
                        icon_button(Icon::ZoomIn, app.say(Word::ZoomIn), move |_| nearer()),
                        icon_button(Icon::Download, app.say(Word::Download), move |_| save(app, message, position, "photo".to_owned())),
                        icon_button(Icon::Help, app.say(Word::Help), move |_| app.open_help()),
                        icon_button(Icon::X, app.say(Word::Close), move |_| app.viewing.set(None)),
                    )),
                    div().attr("class", "viewer-picture").child(
                        img()
                            .attr("src", source)
                            .attr("alt", app.say(Word::Photo))
                            .on(ev::dblclick, move |_| if zoom.get_untracked() > 1.0 { zoom.set(1.0) } else { nearer() })
                            .style(("width", move || format!("{}%", zoom.get() * 100.0))),
                    ),
                ))
            })
        })
}
