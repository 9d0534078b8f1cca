//! Private pictures: somebody says that a picture is one, and from then on its message is shown without it. If it is of themselves, its file is
//! written once for a service that has such pictures taken down.

use crate::app::App;
use crate::help;
use crate::html::prelude::*;
use crate::html::{a, code, dd, div, dl, dt, p, span};
use crate::icons::Icon;
use crate::parts::{dialog_about, fact, save_bytes, word_button};
use crate::time;
use crate::words::Word;
use crate::words::care::CareWord;
use safety::help::{Entry, Region, Way};
use view::{Bubble, Command, MessageKind, Whose};
use wasm_bindgen_futures::spawn_local;

/// Whether it can be said of a message: of any file, whatever it was sent as, but one that was spoken here.
pub fn can_be(shown: &Bubble) -> bool {
    shown.private.is_none_or(|private| private.whose == Whose::Unsaid)
        && shown.files.iter().any(|file| !file.blob.is_empty() && file.kind != MessageKind::Voice)
}

/// The dialogs, open while a message is asked about.
pub fn dialogs(app: App) -> impl IntoView {
    (
        dialog_about(app, app.say(CareWord::PrivateLine), app.saying_private, move |at| ask(app, at)),
        dialog_about(app, app.say(CareWord::PrivateLine), app.taking_out, move |at| take_out(app, at)),
    )
}

fn ask(app: App, (chat, message): (i64, i64)) -> impl IntoView {
    let say = move |whose: Whose| {
        move |_| {
            app.saying_private.set(None);
            app.viewing.set(None);
            app.act(Command::Private { chat, message, whose }, move |_| {
                if whose == Whose::Mine {
                    app.taking_out.set(Some((chat, message)));
                }
            });
        }
    };
    div().attr("class", "choices").child((
        p().child(app.say(CareWord::PrivateText)),
        word_button("main wide", None, app.say(CareWord::PrivateMine), say(Whose::Mine)),
        word_button("main wide", None, app.say(CareWord::PrivateChild), say(Whose::Child)),
        word_button("quiet wide", None, app.say(Word::Cancel), move |_| app.saying_private.set(None)),
    ))
}

/// In the place of the files: sort, time, size and hash of each.
pub fn stand_in(app: App, shown: &Bubble) -> impl IntoView + use<> {
    let (chat, message) = (shown.row.chat, shown.row.id);
    let who = if shown.row.mine { app.say(Word::You) } else { shown.sender.name.clone() };
    let when = time::full(shown.row.sent_ms);
    let files = shown.files.iter().map(|file| {
        dl().attr("class", "facts").child((
            (dt().child(who.clone()), dd().child(when.clone())),
            (dt().child(app.say(CareWord::PrivateSize)), dd().child(time::size(file.row.bytes))),
            (dt().child(app.say(CareWord::PrivateHash)), dd().child(code().attr("dir", "ltr").child(file.row.sha256.clone()))),
        ))
    });
    let mine = shown.private.is_some_and(|private| private.whose == Whose::Mine && !private.taken);
    let get = mine.then(|| {
        service().map(|service| {
            let words = app.say_with(CareWord::GetFile, &[("text", &service.name)]);
            word_button("quiet", Some(Icon::Download), words, move |_| app.taking_out.set(Some((chat, message))))
        })
    });
    div().attr("class", "private-picture").attr("role", "note").child((
        p().child((Icon::Ban.draw(), span().child(app.say(CareWord::PrivateHere)))),
        files.collect_view(),
        get,
    ))
}

/// Where somebody under 18 has pictures of themselves taken down, in the region of this device.
fn service() -> Option<Entry> {
    let region = help::region();
    let id = if region == Some(Region::Gb) { "gb-report-remove" } else { "ww-takeitdown" };
    safety::help::shown_in(region).into_iter().find(|entry| entry.id == id)
}

fn take_out(app: App, (chat, message): (i64, i64)) -> impl IntoView {
    let (busy, done) = (RwSignal::new(false), RwSignal::new(false));
    let problem = RwSignal::new(None::<String>);
    let service = service();
    let name = service.as_ref().map(|service| service.name.clone()).unwrap_or_default();
    let give = if help::region() == Some(Region::Gb) { CareWord::GiveRemove } else { CareWord::GiveDown };
    let press = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match app.link().originals(chat, message).await {
                Ok(files) => {
                    files.iter().for_each(|file| save_bytes(&file.name, &file.bytes));
                    done.try_set(true);
                }
                Err(why) => drop(problem.try_set(Some(app.locale.refusal(&why)))),
            }
            busy.try_set(false);
        });
    };
    let web = service.as_ref().and_then(|service| service.fields.iter().find(|field| field.way == Way::Web)).map(|field| {
        let words = app.say_with(Word::OpenSite, &[("number", &name)]);
        let link = a().attr("class", "word-button quiet").attr("href", field.link()).attr("target", "_blank");
        link.attr("rel", "noreferrer noopener").child((Icon::Link.draw(), span().child(words)))
    });
    div().attr("class", "choices").child((
        fact(Icon::Download, app.say(CareWord::GetFileText)),
        fact(Icon::Send, app.say_with(give, &[("text", &name)])),
        fact(Icon::Info, app.say(CareWord::HelpsStop)),
        p().attr("class", "problem").attr("role", "alert").child(move || problem.get()),
        move || match done.get() {
            true => p().attr("role", "status").child(app.say(CareWord::FileSaved)).into_any(),
            false => word_button("main wide", Some(Icon::Download), app.say(CareWord::SaveFile), press).into_any(),
        },
        web,
        word_button("quiet wide", None, app.say(Word::Done), move |_| app.taking_out.set(None)),
    ))
}
