//! Files that were chosen and are not sent yet: shown, described, taken out again.

use crate::app::App;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{div, img, input, label, p, span, video};
use crate::icons::Icon;
use crate::parts::icon_button;
use crate::time;
use crate::words::Word;
use send_wrapper::SendWrapper;
use view::{ATTACHMENTS_MAX, FileSort, OutgoingFile, Refusal};
use web_sys::{File, Url};

/// Copies are the same.
#[derive(Clone, Copy)]
pub struct Tray {
    app: App,
    files: RwSignal<Vec<Chosen>>,
    /// Numbers what is chosen.
    count: StoredValue<usize>,
}

/// A file that was chosen and is not sent yet.
#[derive(Clone)]
struct Chosen {
    id: usize,
    file: SendWrapper<File>,
    look: Look,
    // They live as long as the file is held, whatever part of the page put it in.
    alt: ArcRwSignal<String>,
    /// Every byte as it is.
    original: ArcRwSignal<bool>,
}

/// A file as it was chosen, with all that was said of it, on its way out.
#[derive(Clone)]
pub struct Picked {
    /// In its tray.
    id: usize,
    file: SendWrapper<File>,
    alt: String,
    original: bool,
}

impl Picked {
    /// Not chosen by hand.
    pub fn made(file: File) -> Self {
        Self { id: 0, file: SendWrapper::new(file), alt: String::new(), original: true }
    }
}

/// What can be shown of it beforehand.
#[derive(Clone)]
enum Look {
    Picture(String),
    Film(String),
    Name,
}

impl Tray {
    pub fn new(app: App) -> Self {
        let tray = Self { app, files: RwSignal::new(vec![]), count: StoredValue::new(0) };
        on_cleanup(move || tray.let_go());
        tray
    }

    pub fn is_empty(self) -> bool {
        self.files.with(Vec::is_empty)
    }

    pub fn has_pictures(self) -> bool {
        self.files.with(|files| files.iter().any(|chosen| !matches!(chosen.look, Look::Name)))
    }

    /// Where the pictures can be seen.
    pub fn pictures(self) -> Vec<String> {
        let picture = |chosen: &Chosen| match &chosen.look {
            Look::Picture(address) => Some(address.clone()),
            Look::Film(_) | Look::Name => None,
        };
        self.files.with_untracked(|files| files.iter().filter_map(picture).collect())
    }

    /// Puts a file in; what is too many is told and left out.
    pub fn put(self, file: File, original: bool) {
        self.put_as(Picked { id: 0, file: SendWrapper::new(file), alt: String::new(), original });
    }

    /// Puts a file in again, with what was said of it.
    pub fn put_as(self, picked: Picked) {
        let Picked { file, alt, original, .. } = picked;
        if self.files.with_untracked(Vec::len) >= ATTACHMENTS_MAX {
            self.app.tell(self.app.say_with(Word::FilesMost, &[("n", &ATTACHMENTS_MAX.to_string())]));
            return;
        }
        self.count.update_value(|count| *count += 1);
        let kind = file.type_();
        let url = || Url::create_object_url_with_blob(&file).ok();
        let look = match kind.split('/').next() {
            Some("image") => {
                self.app.looks.warm();
                url().map(Look::Picture)
            }
            Some("video") => url().map(Look::Film),
            _ => None,
        };
        let chosen = Chosen {
            id: self.count.get_value(),
            file,
            look: look.unwrap_or(Look::Name),
            alt: ArcRwSignal::new(alt),
            original: ArcRwSignal::new(original),
        };
        self.files.update(|files| files.push(chosen));
    }

    /// All that is in it as it is now: the chat may be left while it is kept.
    pub fn picked(self) -> Vec<Picked> {
        let read = |chosen: &Chosen| Picked {
            id: chosen.id,
            file: chosen.file.clone(),
            alt: chosen.alt.get_untracked().trim().to_owned(),
            original: chosen.original.get_untracked(),
        };
        self.files.with_untracked(|files| files.iter().map(read).collect())
    }

    /// What was sent is not in it any more; what was chosen since is.
    pub fn sent(self, picked: &[Picked]) {
        let was_sent = |chosen: &Chosen| picked.iter().any(|picked| picked.id == chosen.id);
        // The chat may have been left.
        let _ = self.files.try_update(|files| {
            files.iter().filter(|chosen| was_sent(chosen)).for_each(Chosen::let_go);
            files.retain(|chosen| !was_sent(chosen));
        });
    }

    /// Whether its chat was left.
    pub fn is_gone(self) -> bool {
        self.files.is_disposed()
    }

    fn let_go(self) {
        for chosen in self.files.try_get_untracked().unwrap_or_default() {
            chosen.let_go();
        }
    }

    fn take_out(self, id: usize) {
        self.files.update(|files| {
            files.iter().filter(|chosen| chosen.id == id).for_each(Chosen::let_go);
            files.retain(|chosen| chosen.id != id);
        });
    }

    pub fn view(self) -> impl IntoView {
        move || {
            (!self.is_empty()).then(|| {
                div().attr("class", "tray").child(each(move || self.files.get(), |chosen| chosen.id, move |chosen| self.item(chosen)))
            })
        }
    }

    fn item(self, chosen: Chosen) -> impl IntoView {
        let app = self.app;
        let (id, name, alt, original) = (chosen.id, chosen.file.name(), chosen.alt, chosen.original);
        let size = time::size(chosen.file.size() as u64);
        let shown = !matches!(chosen.look, Look::Name);
        let describe = shown.then(|| {
            input()
                .attr("type", "text")
                .attr("class", "alt")
                .attr("aria-label", app.say(Word::AltText))
                .attr("placeholder", app.say(Word::AltHint))
                .prop("value", {
                    let alt = alt.clone();
                    move || alt.get()
                })
                .on(ev::input, move |event| alt.set(event_target_value(&event)))
        });
        let as_file = shown.then(|| {
            label().attr("class", "choice small").attr("title", app.say(Word::SendAsFileHint)).child((
                input()
                    .attr("type", "checkbox")
                    .prop("checked", {
                        let original = original.clone();
                        move || original.get()
                    })
                    .on(ev::change, {
                        let original = original.clone();
                        move |event| original.set(event_target_checked(&event))
                    }),
                span().child(app.say(Word::AsFile)),
                move || original.get().then(|| span().attr("class", "hint").child(app.say(Word::SendAsFileHint))),
            ))
        });
        div().attr("class", "tray-item").child((
            match chosen.look {
                Look::Picture(url) => img().attr("src", url).attr("alt", "").into_any(),
                Look::Film(url) => video().attr("src", url).attr("preload", "metadata").attr("aria-hidden", "true").into_any(),
                Look::Name => span().attr("class", "tray-icon").child(Icon::File.draw()).into_any(),
            },
            div().attr("class", "tray-words").child((
                p().attr("class", "tray-name")
                    .child((span().attr("class", "file-name").child(name.clone()), span().attr("class", "file-size").child(size))),
                describe,
                as_file,
            )),
            icon_button(Icon::X, app.say_with(Word::RemoveFile, &[("name", &name)]), move |_| self.take_out(id)),
        ))
    }
}

/// Keeps files on the device, so that a reload loses none.
///
/// # Errors
/// There is no room, or a file cannot be read.
pub async fn keep_all(app: App, picked: &[Picked]) -> Result<Vec<OutgoingFile>, Refusal> {
    let mut kept = Vec::new();
    for Picked { file, alt, original, .. } in picked {
        let source = app.link().keep((**file).clone()).await?;
        let alt = Some(alt.clone()).filter(|alt| !alt.is_empty());
        kept.push(OutgoingFile { source, name: file.name(), alt, original: *original, sort: FileSort::Found });
    }
    Ok(kept)
}

impl Chosen {
    fn let_go(&self) {
        if let Look::Picture(url) | Look::Film(url) = &self.look {
            // An address that is not known any more needs no letting go.
            let _ = Url::revoke_object_url(url);
        }
    }
}
