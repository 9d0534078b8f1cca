//! Help, and what there is to know: without an account, without a core, without a network. Nothing here knows whose device it is.

pub mod know;
pub mod people;
pub mod staff;

use crate::app::{App, Place};
use crate::device::{store, stored};
use crate::help::people::People;
use crate::html::ev;
use crate::html::prelude::*;
use crate::html::{self, a, button, dd, div, dl, dt, h1, h2, h3, header, label, li, main, nav, ol, option, p, section, select, span, ul};
use crate::icons::Icon;
use crate::parts::word_button;
use crate::words::guides::Guide;
use crate::words::locale::Locale;
use crate::words::team::TeamWord;
use crate::words::{Phrase, Word};
use safety::help::{self, Category, Entry, Field, OwnEntry, Region, Role, Way, shown_in};
use std::cell::Cell;
use std::rc::Rc;

/// Kept in the browser, and nowhere else.
const REGION: &str = "treehouse-region";
/// Where a quick exit leads: a page that many people look at.
const ELSEWHERE: &str = "https://www.bbc.co.uk/weather";
/// The same without a network.
const NOWHERE: &str = "about:blank";
/// Twice within this time is on purpose.
const TWICE_MS: f64 = 1500.0;

/// One page of help, and how to leave it.
#[derive(Clone, Copy)]
pub struct Help {
    pub guide: RwSignal<Guide>,
    locale: Locale,
    people: People,
    /// None: neither chosen nor told by the language of the browser.
    region: RwSignal<Option<Region>>,
    /// Where one is, if it lies over the app; none: it was opened by its address.
    over: Option<RwSignal<Place>>,
    /// What it lies over.
    app: Option<App>,
}

impl Help {
    /// Over the app: going back leads to where one was.
    pub fn inside(app: App, people: People, guide: Guide) -> Self {
        let (locale, over) = (app.locale, Some(app.place));
        Self { guide: RwSignal::new(guide), locale, people, region: RwSignal::new(region()), over, app: Some(app) }
    }

    /// By its address, without an account.
    pub fn alone(locale: Locale, people: People, guide: Guide) -> Self {
        Self { guide: RwSignal::new(guide), locale, people, region: RwSignal::new(region()), over: None, app: None }
    }

    pub fn say(&self, word: impl Phrase) -> String {
        self.locale.say(word)
    }

    pub fn read(&self, english: &'static str) -> String {
        self.locale.read(english)
    }

    /// In place of what is shown: whoever goes back does not come here again.
    fn turn_to(&self, guide: Guide) {
        self.guide.set(guide);
        if self.over.is_none()
            && let Ok(history) = window().history()
        {
            // Without a history there is no way back at all.
            let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(guide.path()));
        }
        if let Some(page) = document().query_selector(".guide").ok().flatten() {
            page.set_scroll_top(0);
        }
    }

    /// A link that stays in this page.
    pub fn link(self, guide: Guide) -> impl IntoView {
        a().attr("href", guide.path())
            .attr("class", "guide-link")
            .on(ev::click, move |event| {
                event.prevent_default();
                self.turn_to(guide);
            })
            .child((Icon::Book.draw(), span().child(self.read(guide.title()))))
    }
}

/// As chosen here, else by the language of the browser, if that tells a country. Never by an address of the network.
pub fn region() -> Option<Region> {
    let chosen = stored(REGION).and_then(|code| Region::named(&code));
    chosen.or_else(|| Region::of_language(&window().navigator().language()?))
}

/// What to dial in danger, in the region of this device.
pub fn danger_number() -> Option<String> {
    help::danger_number(&shown_in(region())).map(str::to_owned)
}

/// Leaves at once: nothing more is seen, and this page stands in no history.
fn leave() {
    if let Some(body) = document().body() {
        body.set_hidden(true);
    }
    document().set_title("");
    let to = if window().navigator().on_line() { ELSEWHERE } else { NOWHERE };
    let _ = window().location().replace(to);
}

/// Escape twice leads out of what one may have to leave at once.
pub fn out_by_escape() {
    let before = Rc::new(Cell::new(f64::NEG_INFINITY));
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() != "Escape" {
            return;
        }
        let now = js_sys::Date::now();
        if now - before.replace(now) < TWICE_MS {
            leave();
        }
    });
    on_cleanup(move || escape.remove());
}

/// The head of such a page: back, what it is, and the way out.
pub fn head(
    locale: Locale,
    heading: NodeRef<html::H1>,
    title: impl Fn() -> String + Send + Sync + 'static,
    back: impl Fn() + 'static,
) -> impl IntoView {
    header().attr("class", "head guide-head").child((
        button()
            .attr("type", "button")
            .attr("class", "icon-button")
            .attr("aria-label", locale.say(Word::Back))
            .attr("title", locale.say(Word::Back))
            .on(ev::click, move |_| back())
            .child(Icon::ArrowLeft.draw()),
        h1().node_ref(heading).attr("tabindex", "-1").child(title),
        word_button("danger", Some(Icon::X), locale.say(Word::QuickExit), move |_| leave()),
    ))
}

/// The whole page. `back` leads to where one was, if there was something.
pub fn help(help: Help, back: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    out_by_escape();
    let title = move || help.read(help.guide.get().title());
    // Whoever reads with their ears hears where they are.
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move |_| {
        help.guide.track();
        if let Some(heading) = heading.get() {
            // One that cannot take the focus is read all the same.
            let _ = heading.focus();
        }
    });
    div().attr("class", "guide").child((
        head(
            help.locale,
            heading,
            title,
            move || if help.guide.get_untracked() == Guide::Help { back() } else { help.turn_to(Guide::Help) },
        ),
        main().attr("class", "guide-body").attr("aria-label", title).child((
            p().attr("class", "hint not-printed").child(help.say(Word::QuickExitHint)),
            move || match help.guide.get() {
                Guide::Help => first(help).into_any(),
                guide => know::page(help, guide).into_any(),
            },
        )),
    ))
}

/// Where to find help, in the order of need.
fn first(help: Help) -> impl IntoView {
    // Whose country is not known is asked at once, and where it was asked it stays.
    let asked = help.region.get_untracked().is_none();
    move || {
        let found = shown_in(help.region.get());
        let of = |category: Category| found.iter().filter(|entry| entry.category == category).cloned().collect::<Vec<_>>();
        let (danger, talk) = (of(Category::Danger), of(Category::Talk));
        (
            category(help, "danger-card", Word::HelpDanger, Some(Word::HelpDangerText), danger.clone()),
            asked.then(|| choose_region(help)),
            help.app.map(crate::report::trusted::in_help),
            section().attr("class", "card").attr("aria-label", help.say(Word::HelpTalk)).child((
                h2().child(help.say(Word::HelpTalk)),
                p().child(help.say(Word::HelpTalkText)),
                move || help.people.0.with(|people| (!people.is_empty()).then(|| own(help, people))),
                ul().attr("class", "entries").child(talk.iter().map(|entry| one(help, entry)).collect_view()),
                p().attr("class", "hint").child((Icon::Info.draw(), help.say(Word::HelpCallLog))),
            )),
            threatened(help, &danger, &talk),
            category(help, "", Word::HelpReport, Some(Word::HelpReportText), of(Category::Report)),
            section().attr("class", "card").attr("aria-label", help.say(TeamWord::TellTitle)).child((
                h2().child(help.say(TeamWord::TellTitle)),
                p().child(help.say(TeamWord::TellText)),
                crate::desk::tell::link(help.say(TeamWord::TellLink), help.over),
            )),
            category(help, "", Word::HelpImage, Some(Word::HelpImageText), of(Category::Image)),
            shots(help),
            category(help, "", Word::HelpAdult, None, of(Category::Adult)),
            (!asked).then(|| choose_region(help)),
            nav().attr("class", "card").attr("aria-label", help.say(Word::HelpKnow)).child((
                h2().child(help.say(Word::HelpKnow)),
                Guide::ALL.into_iter().filter(|guide| *guide != Guide::Help).map(|guide| help.link(guide)).collect_view(),
            )),
            help.over
                .is_none()
                .then(|| p().child(a().attr("class", "word-button quiet").attr("href", "/").child(help.say(Word::OpenTreehouse)))),
        )
    }
}

fn category(help: Help, class: &'static str, title: Word, text: Option<Word>, found: Vec<Entry>) -> impl IntoView {
    (!found.is_empty()).then(|| {
        section().attr("class", format!("card {class}")).attr("aria-label", help.say(title)).child((
            h2().child(help.say(title)),
            text.map(|text| p().child(help.say(text))),
            ul().attr("class", "entries").child(found.iter().map(|entry| one(help, entry)).collect_view()),
        ))
    })
}

pub fn one(help: Help, entry: &Entry) -> impl IntoView + use<> {
    li().attr("class", "entry").attr("data-entry", entry.id.clone()).child((
        h3().child(entry.name.clone()),
        p().child(entry.about.clone()),
        entry.limits.clone().map(|limits| p().attr("class", "limits").child((Icon::Info.draw(), span().child(limits)))),
        entry.ages.clone().map(|ages| p().attr("class", "hint").child(help.locale.say_with(Word::ForAges, &[("word", &ages)]))),
        div().attr("class", "ways").child(entry.fields.iter().map(|field| way(help, field)).collect_view()),
    ))
}

fn way(help: Help, field: &Field) -> impl IntoView + use<> {
    let said = match (&field.word, field.way) {
        (Some(word), _) => help.locale.say_with(Word::TextTo, &[("word", word), ("number", &field.value)]),
        (None, way) => ways_name(help, way, &field.value),
    };
    reach(field.way, field.link(), said)
}

fn ways_name(help: Help, way: Way, value: &str) -> String {
    let word = match way {
        Way::Phone => Word::CallNumber,
        Way::Text => Word::TextNumber,
        Way::Chat => Word::ChatAt,
        Way::Web => Word::OpenSite,
    };
    let plain = value.trim_start_matches("https://").trim_end_matches('/');
    // Long addresses are known by their beginning.
    let short = if plain.len() > 40 { plain.split('/').next().unwrap_or(plain) } else { plain };
    help.locale.say_with(word, &[("number", short)])
}

fn reach(way: Way, link: String, said: String) -> impl IntoView {
    let icon = match way {
        Way::Phone => Icon::Phone,
        Way::Text | Way::Chat => Icon::Message,
        Way::Web => Icon::Link,
    };
    // Another tab: what is open here stays, and that one is not told where it was opened.
    let target = matches!(way, Way::Chat | Way::Web).then_some("_blank");
    a().attr("class", "word-button quiet")
        .attr("href", link)
        .attr("target", target)
        .attr("rel", "noreferrer noopener")
        .child((icon.draw(), span().child(said)))
}

/// The people whom whoever runs this server names. They come first.
pub fn own(help: Help, people: &[OwnEntry]) -> impl IntoView + use<> {
    let rows = people
        .iter()
        .map(|entry| {
            let role = match entry.role {
                Role::Lead => Some(Word::RoleLead),
                Role::Deputy => Some(Word::RoleDeputy),
                Role::Head => Some(Word::RoleHead),
                Role::Governor => Some(Word::RoleGovernor),
                Role::Other => None,
            };
            let ways = entry.links().map(|(way, value, link)| reach(way, link, ways_name(help, way, value))).collect_view();
            li().attr("class", "entry own").child((
                h3().child(entry.name.clone()),
                role.map(|role| p().attr("class", "hint").child(help.say(role))),
                entry.about.clone().map(|about| p().child(about)),
                div().attr("class", "ways").child(ways),
            ))
        })
        .collect_view();
    ul().attr("class", "entries").attr("aria-label", help.say(Word::HelpOwn)).child(rows)
}

/// What to do when somebody threatens with a picture, in this order: its worst outcome is a child that is alone with it.
fn threatened(help: Help, danger: &[Entry], talk: &[Entry]) -> impl IntoView + use<> {
    let first_way = |entry: &Entry| entry.fields.first().map(|field| (entry.name.clone(), field.clone()));
    let now: Vec<_> = talk.iter().take(2).chain(danger.iter().take(1)).filter_map(first_way).collect();
    let steps = [Word::ThreatStop, Word::ThreatPay, Word::ThreatKeep, Word::ThreatBlock];
    section().attr("class", "card").attr("aria-label", help.say(Word::ThreatTitle)).child((
        h2().child(help.say(Word::ThreatTitle)),
        p().attr("class", "first-word").child(help.say(Word::ThreatNotYou)),
        h3().child(help.say(Word::ThreatTalk)),
        dl().attr("class", "now")
            .child(now.into_iter().map(|(name, field)| div().child((dt().child(name), dd().child(way(help, &field))))).collect_view()),
        h3().child(help.say(Word::ThreatThen)),
        ol().child(steps.into_iter().map(|step| li().child(help.say(step))).collect_view()),
    ))
}

/// When a picture of the screen helps, and when it must not be taken.
fn shots(help: Help) -> impl IntoView {
    section().attr("class", "card").attr("aria-label", help.say(Word::ShotsTitle)).child((
        h2().child(help.say(Word::ShotsTitle)),
        p().attr("class", "with-icon").child((Icon::Check.draw(), span().child(help.say(Word::ShotsGood)))),
        p().attr("class", "with-icon").child((Icon::Lock.draw(), span().child(help.say(Word::ShotsHere)))),
        p().attr("class", "warned").child((Icon::Ban.draw(), span().child(help.say(Word::ShotsNever)))),
    ))
}

fn choose_region(help: Help) -> impl IntoView {
    let now = help.region.get_untracked();
    let choices = Region::ALL
        .into_iter()
        .map(|region| {
            let word = match region {
                Region::Gb => Word::RegionGb,
                Region::Ie => Word::RegionIe,
                Region::Eu => Word::RegionEu,
                Region::Us => Word::RegionUs,
                Region::Ca => Word::RegionCa,
                Region::Au => Word::RegionAu,
                Region::Nz => Word::RegionNz,
            };
            option().attr("value", region.code()).prop("selected", Some(region) == now).child(help.say(word))
        })
        .collect_view();
    let none = now.is_none().then(|| option().attr("value", "").prop("selected", true).child(help.say(Word::RegionChoose)));
    section().attr("class", "card not-printed").child((
        now.is_none().then(|| p().child(help.say(Word::RegionUnknown))),
        label().attr("for", "region").child(help.say(Word::HelpRegion)),
        select()
            .id("region")
            .on(ev::change, move |event| {
                if let Some(region) = Region::named(&event_target_value(&event)) {
                    store(REGION, region.code());
                    help.region.set(Some(region));
                }
            })
            .child((none, choices)),
        p().attr("class", "hint").child(help.say(Word::HelpRegionHint)),
    ))
}
