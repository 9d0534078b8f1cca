//! What every part of the page shares: the line to the core, what is shown of it everywhere, and where one is.

use crate::account::welcome::SigningUp;
use crate::chat::drafts::Drafts;
use crate::focus;
use crate::html::prelude::*;
use crate::link::worker::Launcher;
use crate::link::{Link, Listening};
use crate::list::qr::Reader;
use crate::notice::looking::{Covers, Looks, Seen};
use crate::rest::Rest;
use crate::words::guides::Guide;
use crate::words::locale::Locale;
use crate::words::{Phrase, Word};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use view::page::{Core, Keeping, Line};
use view::{ChatLine, Command, Event, InvitationRow, Me, Own, Query, Refusal, Reply, RequestRow, VaultEvent, VaultRow, View};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlDialogElement;

/// Changes that come together are shown together.
const GATHER: Duration = Duration::from_millis(30);
/// Of so many chats each is asked for alone; of more all are.
const LINES_MAX: usize = 4;
/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(6);

/// Handed to every part; copies are the same.
#[derive(Clone, Copy)]
pub struct App {
    link: StoredValue<Rc<Link>, LocalStorage>,
    pub core: RwSignal<Option<Core>>,
    pub me: RwSignal<Option<Me>>,
    pub chats: RwSignal<Vec<ChatLine>>,
    pub requests: RwSignal<Vec<RequestRow>>,
    pub invitations: RwSignal<Vec<InvitationRow>>,
    pub place: RwSignal<Place>,
    /// Who is writing, by chat.
    pub writing: RwSignal<BTreeMap<i64, Vec<String>>>,
    /// One calm line for a moment.
    pub notice: RwSignal<Option<String>>,
    /// A message of a chat to be shown in the middle once the chat is open.
    pub jump: RwSignal<Option<(i64, i64)>>,
    /// Whether the browser keeps what is here when room runs out; none: not asked yet.
    pub persisted: RwSignal<Option<bool>>,
    /// A new version waits.
    pub update: RwSignal<bool>,
    /// A day of a chat, by its beginning, to be shown once the chat is open.
    pub day: RwSignal<Option<(i64, u64)>>,
    /// The chat about which it is asked who can see it.
    pub who: RwSignal<Option<i64>>,
    /// The chat that is looked at together.
    pub checking: RwSignal<Option<i64>>,
    /// Messages whose curtain was taken away. Kept nowhere.
    pub bared: RwSignal<BTreeSet<i64>>,
    /// Messages whose hidden links and handles were asked for. Kept nowhere.
    pub unmasked: RwSignal<BTreeSet<i64>>,
    /// Long messages that are shown to their end. Kept nowhere.
    pub whole: RwSignal<BTreeSet<i64>>,
    pub looks: Looks,
    pub reader: Reader,
    /// What stood out and was put off: of which message, and why it did. Kept nowhere.
    pub put_off: RwSignal<BTreeSet<(i64, String)>>,
    /// Messages of a chat that are being reported.
    pub reporting: RwSignal<Option<(i64, Vec<i64>)>>,
    /// Messages of a chat that are being kept.
    pub keeping_these: RwSignal<Option<(i64, Vec<i64>)>>,
    /// What goes on once these are kept.
    pub after_keeping: RwSignal<Option<crate::report::keep::Onward>>,
    /// What is about to go, while it is asked whether something is kept first.
    pub keep_first: RwSignal<Option<crate::report::keep::First>>,
    /// What opens the kept messages, and the one that is to be reported.
    pub from_kept: RwSignal<Option<(view::Words, i64)>>,
    /// A message of a chat of which it is being said that its picture is private.
    pub saying_private: RwSignal<Option<(i64, i64)>>,
    /// A message of a chat whose picture is being written into a file.
    pub taking_out: RwSignal<Option<(i64, i64)>>,
    /// A message with a report that is being read, and the name of its file.
    pub reading: RwSignal<Option<(i64, String)>>,
    /// Films and voice messages, by message and place, that turned out to be none. Kept nowhere.
    pub unplayable: RwSignal<BTreeSet<(i64, u32)>>,
    /// Pictures that are too large to be fetched by themselves, and were asked for: of which message, and where in it. Kept nowhere.
    pub asked_for: RwSignal<BTreeSet<(i64, u32)>>,
    /// The chat of the list whose menu is open.
    pub menu: RwSignal<Option<i64>>,
    /// What another app shares, until it has its chat.
    pub shared: RwSignal<Option<crate::list::share::Shared>>,
    pub drafts: Drafts,
    /// A picture of a message that is shown large.
    pub viewing: RwSignal<Option<(i64, u32)>>,
    /// Where what is fetched after the first screen is.
    pub rest: RwSignal<Rest>,
    /// How safe the account is.
    pub vault: RwSignal<Option<VaultRow>>,
    /// Something came for the safety team that this account is in, and its list was not read since.
    pub desk_news: RwSignal<bool>,
    /// There was no room on this device when something was last to be kept.
    pub full: RwSignal<bool>,
    /// Whether this tab has the core.
    leads: StoredValue<Rc<Cell<bool>>, LocalStorage>,
    pub locale: Locale,
    pub arrival: Arrival,
    /// What is typed at sign-up: it stands there still when the server says no.
    pub signing_up: SigningUp,
}

/// Where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Chats,
    Chat(i64),
    /// Names, roles and settings of a chat.
    Details(i64),
    Friends,
    NewGroup,
    Settings,
    /// Help and what there is to know, over whatever one was doing.
    Guide(Guide),
    /// Keeping the account safe.
    Safe,
    /// What this person keeps.
    Kept,
    /// Which chat takes what another app shares.
    Share,
    /// Telling the safety team something without an account, over whatever one was doing.
    Tell,
    /// What the safety team reads.
    Desk,
    /// One's own reports to it.
    Own,
}

/// By what address the page was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    Plain,
    /// Somebody's link: the address is that link.
    Contact,
    /// An invitation to the server.
    Invitation,
}

/// The language that the address asks for.
pub fn language() -> Locale {
    let search = window().location().search().unwrap_or_default();
    let asked = search.trim_start_matches('?').split('&').find_map(|part| part.strip_prefix("lang="));
    Locale::named(asked.unwrap_or_default())
}

impl Place {
    /// As it stands behind `#` in the address.
    pub fn to_hash(self) -> String {
        match self {
            Self::Chats => "#/".into(),
            Self::Chat(chat) => format!("#/chat/{chat}"),
            Self::Details(chat) => format!("#/chat/{chat}/details"),
            Self::Friends => "#/friends".into(),
            Self::NewGroup => "#/group".into(),
            Self::Settings => "#/settings".into(),
            Self::Guide(guide) => format!("#{}", guide.path()),
            Self::Safe => "#/safe".into(),
            Self::Kept => "#/kept".into(),
            Self::Share => "#/share".into(),
            Self::Tell => "#/report".into(),
            Self::Desk => "#/desk".into(),
            Self::Own => "#/reports".into(),
        }
    }

    pub fn of_hash(hash: &str) -> Self {
        if let Some(guide) = Guide::of_path(hash.trim_start_matches('#')) {
            return Self::Guide(guide);
        }
        let parts: Vec<&str> = hash.trim_start_matches("#/").split('/').collect();
        match parts.as_slice() {
            ["chat", chat] => chat.parse().map_or(Self::Chats, Self::Chat),
            ["chat", chat, "details"] => chat.parse().map_or(Self::Chats, Self::Details),
            ["friends"] => Self::Friends,
            ["group"] => Self::NewGroup,
            ["settings"] => Self::Settings,
            ["safe"] => Self::Safe,
            ["kept"] => Self::Kept,
            ["share"] => Self::Share,
            ["report"] => Self::Tell,
            ["reports"] => Self::Own,
            ["desk"] => Self::Desk,
            _ => Self::Chats,
        }
    }

    pub fn chat(self) -> Option<i64> {
        match self {
            Self::Chat(chat) | Self::Details(chat) => Some(chat),
            _ => None,
        }
    }
}

/// What lies over the page would lie over Help too.
fn close_dialogs() {
    let Ok(open) = document().query_selector_all("dialog[open]") else { return };
    for dialog in (0..open.length()).filter_map(|at| open.get(at)?.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
}

impl App {
    /// None: this browser lacks what the page needs.
    pub fn open(leads: Rc<Cell<bool>>, launcher: Rc<Launcher>, locale: Locale) -> Option<Self> {
        let core = RwSignal::new(None);
        let location = window().location();
        let path = location.pathname().unwrap_or_default();
        let secret = location.hash().is_ok_and(|hash| hash.len() > 2 && !hash.starts_with("#/"));
        let arrival = match path.as_str() {
            "/c" if secret => Arrival::Contact,
            "/i" if secret => Arrival::Invitation,
            _ => Arrival::Plain,
        };
        let place = match arrival {
            Arrival::Contact => Place::Friends,
            _ if path == crate::desk::tell::PATH => Place::Tell,
            _ if path == crate::desk::PATH => Place::Desk,
            _ => Place::of_hash(&location.hash().unwrap_or_default()),
        };
        let app = Self {
            link: StoredValue::new_local(Link::open(core)?),
            core,
            me: RwSignal::new(None),
            chats: RwSignal::new(vec![]),
            requests: RwSignal::new(vec![]),
            invitations: RwSignal::new(vec![]),
            place: RwSignal::new(place),
            writing: RwSignal::new(BTreeMap::new()),
            notice: RwSignal::new(None),
            jump: RwSignal::new(None),
            persisted: RwSignal::new(None),
            update: RwSignal::new(false),
            day: RwSignal::new(None),
            who: RwSignal::new(None),
            checking: RwSignal::new(None),
            bared: RwSignal::new(BTreeSet::new()),
            unmasked: RwSignal::new(BTreeSet::new()),
            unplayable: RwSignal::new(BTreeSet::new()),
            asked_for: RwSignal::new(BTreeSet::new()),
            whole: RwSignal::new(BTreeSet::new()),
            looks: Looks::new(Rc::clone(&launcher)),
            reader: Reader::new(launcher),
            put_off: RwSignal::new(BTreeSet::new()),
            reporting: RwSignal::new(None),
            keeping_these: RwSignal::new(None),
            after_keeping: RwSignal::new(None),
            keep_first: RwSignal::new(None),
            from_kept: RwSignal::new(None),
            saying_private: RwSignal::new(None),
            taking_out: RwSignal::new(None),
            reading: RwSignal::new(None),
            menu: RwSignal::new(None),
            shared: RwSignal::new(None),
            drafts: Drafts::new(),
            viewing: RwSignal::new(None),
            rest: RwSignal::new(Rest::Coming),
            vault: RwSignal::new(None),
            desk_news: RwSignal::new(false),
            full: RwSignal::new(false),
            leads: StoredValue::new_local(leads),
            locale,
            arrival,
            signing_up: SigningUp::default(),
        };
        app.keep_fresh();
        Some(app)
    }

    pub fn link(&self) -> Rc<Link> {
        self.link.get_value()
    }

    /// Somebody else may have an account in this tab next, whose messages and chats are counted from the first again.
    fn forget(&self) {
        for all in [self.bared, self.unmasked, self.whole] {
            all.set(BTreeSet::new());
        }
        for all in [self.unplayable, self.asked_for] {
            all.set(BTreeSet::new());
        }
        self.put_off.set(BTreeSet::new());
        self.looks.forget();
        self.drafts.forget();
    }

    /// Whether a curtain is before what a message shows: it has one, or this device has not looked yet, or found that it should have one.
    pub fn is_covered(&self, shown: Covers) -> bool {
        let bare = self.bared.with(|bared| bared.contains(&shown.message));
        !bare && (shown.curtain || (shown.look && self.looks.seen(shown) != Seen::Open))
    }

    pub fn say(&self, word: impl Phrase) -> String {
        self.locale.say(word)
    }

    pub fn say_with(&self, word: impl Phrase, gaps: &[(&str, &str)]) -> String {
        self.locale.say_with(word, gaps)
    }

    /// Whose device this is, once that is known and the server has made the account.
    pub fn own(&self) -> Option<Own> {
        match self.me.get() {
            Some(Me::Account(own)) => Some(own),
            _ => None,
        }
    }

    pub fn line(&self) -> Line {
        match self.core.get() {
            Some(Core::Ready { line, .. }) => line,
            _ => Line::Down,
        }
    }

    /// Where the account of this browser lives.
    pub fn keeping(&self) -> Keeping {
        self.core.with(|core| match core {
            Some(Core::Ready { keeping, .. }) => *keeping,
            _ => Keeping::Undecided,
        })
    }

    /// Whether closing this tab takes the account with it.
    pub fn ends_with_this_tab(&self) -> bool {
        let nothing = self.core.with_untracked(|core| matches!(core, Some(Core::Ready { keeping: Keeping::Nothing, .. })));
        nothing && self.leads.with_value(|leads| leads.get())
    }

    /// Goes somewhere: the way back leads here.
    pub fn go(&self, place: Place) {
        if self.place.get_untracked() == place {
            focus::land_again(*self);
            return;
        }
        self.place.set(place);
        let history = window().history();
        // A language that was asked for stays.
        let language = if self.locale == Locale::default() { String::new() } else { format!("?lang={}", self.locale.tag()) };
        let address = format!("/{language}{}", place.to_hash());
        // Without a history there is only no way back.
        let _ = history.and_then(|history| history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address)));
    }

    /// Opens Help over what is shown. The address stays as it is: no list of visited pages will name it.
    pub fn open_help(&self) {
        close_dialogs();
        self.place.set(Place::Guide(Guide::Help));
    }

    /// Asks, and hands on what comes; a failure of the device is told.
    pub fn ask(&self, query: Query, then: impl FnOnce(View) + 'static) {
        let app = *self;
        spawn_local(async move {
            match app.link().ask(query).await {
                Ok(view) => then(view),
                Err(why) => app.refused(&why),
            }
        });
    }

    /// Does something; a refusal is told.
    pub fn act(&self, command: Command, then: impl FnOnce(Reply) + 'static) {
        let app = *self;
        self.try_act(command, move |done| match done {
            Ok(reply) => then(reply),
            Err(why) => app.refused(&why),
        });
    }

    /// Does something; what becomes of it is the caller's.
    pub fn try_act(&self, command: Command, then: impl FnOnce(Result<Reply, Refusal>) + 'static) {
        let link = self.link();
        spawn_local(async move { then(link.act(command).await) });
    }

    /// Makes an account or brings one back.
    pub fn begin(&self, command: Command, keeping: Keeping, then: impl FnOnce(Result<Reply, Refusal>) + 'static) {
        let link = self.link();
        spawn_local(async move { then(link.begin(command, keeping).await) });
    }

    pub fn refused(&self, why: &Refusal) {
        if *why == Refusal::DiskFull {
            self.full.set(true);
        }
        self.tell(self.locale.refusal(why));
    }

    /// Shows one line for a moment.
    pub fn tell(&self, line: String) {
        let notice = self.notice;
        notice.set(Some(line.clone()));
        set_timeout(
            move || {
                if notice.get_untracked().as_ref() == Some(&line) {
                    notice.set(None);
                }
            },
            NOTICE,
        );
    }

    /// Hears events as long as the part that calls is shown.
    pub fn listen(&self, hear: impl Fn(&Event) + 'static) {
        let listening: Listening = self.link().listen(hear);
        let kept = StoredValue::new_local(Some(listening));
        on_cleanup(move || kept.set_value(None));
    }

    /// Keeps what is shown everywhere as the core has it.
    fn keep_fresh(&self) {
        let app = *self;
        let gathered = Rc::new(RefCell::new(None::<Stale>));
        let refresh = move |stale: Stale| {
            let before = gathered.borrow_mut().take();
            let waiting = before.is_some();
            gathered.replace(Some(before.unwrap_or_default().and(stale)));
            if waiting {
                return;
            }
            let gathered = Rc::clone(&gathered);
            set_timeout(
                move || {
                    if let Some(stale) = gathered.take() {
                        app.refresh(stale);
                    }
                },
                GATHER,
            );
        };
        let on_event = refresh.clone();
        std::mem::forget(self.link().listen(move |event| {
            match event {
                Event::Transfer { .. } => return,
                Event::DeskNews => return app.look_for_news(),
                Event::Typing { chat, who } => {
                    app.writing.update(|all| {
                        all.insert(*chat, who.clone());
                        all.retain(|_, who| !who.is_empty());
                    });
                    return;
                }
                // A line that stays says it: it is tried again and again.
                Event::Failed { why: Refusal::DiskFull, .. } => set_if_new(app.full, true),
                Event::Failed { why, .. } => app.refused(why),
                // Something was kept.
                _ => set_if_new(app.full, false),
            }
            if let Event::Vault(VaultEvent::Restored { username, .. }) = event {
                app.tell(app.say_with(Word::Restored, &[("name", username)]));
            }
            on_event(Stale::after(event));
        }));
        // A core that has just started is asked for everything.
        Effect::new(move |before: Option<Keeping>| {
            match app.core.get() {
                Some(Core::Ready { line, .. }) => {
                    if line != Line::Up {
                        app.writing.set(BTreeMap::new());
                    }
                    refresh(Stale { all: true, ..Stale::default() });
                    app.look_for_news();
                }
                Some(Core::LoggedOut) => crate::account::leave::leave(),
                // What this tab knows goes with it.
                Some(Core::Locking) => drop(window().location().reload()),
                _ => {}
            }
            let keeping = app.keeping();
            if (before, keeping) == (Some(Keeping::Nothing), Keeping::Undecided) && app.core.with_untracked(is_ready) {
                app.tell(app.say(Word::SharedEnded));
                app.forget();
                app.place.set(Place::Chats);
            }
            keeping
        });
        let follow = move |_| {
            if app.arrival == Arrival::Plain || window().location().pathname().is_ok_and(|path| path == "/") {
                app.place.set(Place::of_hash(&window().location().hash().unwrap_or_default()));
            }
        };
        std::mem::forget(window_event_listener(crate::html::ev::popstate, follow));
    }

    fn refresh(&self, stale: Stale) {
        let known = self.chats.with_untracked(|chats| stale.chats.iter().all(|chat| chats.iter().any(|line| line.row.id == *chat)));
        if stale.all || !known || stale.chats.len() > LINES_MAX {
            self.refresh_all();
        } else {
            stale.chats.into_iter().for_each(|chat| self.refresh_line(chat));
        }
    }

    fn look_for_news(&self) {
        let app = *self;
        self.ask(Query::Safety, move |view| {
            if let View::Safety(safety) = view {
                set_if_new(app.desk_news, safety.desk_news);
            }
        });
    }

    /// One line of the list, and its place in it.
    fn refresh_line(&self, chat: i64) {
        let app = *self;
        self.ask(Query::ChatLine { chat }, move |view| {
            let View::ChatLine(Some(line)) = view else { return app.refresh_all() };
            let unchanged = app.chats.with_untracked(|chats| chats.contains(&line));
            if !unchanged {
                app.chats.update(|chats| {
                    chats.retain(|before| before.row.id != chat);
                    let last = |line: &ChatLine| line.last.as_ref().map(|last| last.message);
                    // As the core sorts them.
                    let key = |line: &ChatLine| (line.pinned, last(line), line.row.id);
                    let place = chats.partition_point(|before| key(before) > key(&line));
                    chats.insert(place, *line);
                });
            }
        });
    }

    fn refresh_all(&self) {
        let app = *self;
        self.ask(Query::Me, move |view| {
            if let View::Me(me) = view {
                set_if_new(app.me, Some(me));
            }
        });
        self.ask(Query::Chats, move |view| {
            if let View::Chats(chats) = view {
                set_if_new(app.chats, chats);
            }
        });
        self.ask(Query::Vault, move |view| {
            if let View::Vault(vault) = view {
                set_if_new(app.vault, Some(vault));
            }
        });
        self.ask(Query::Requests, move |view| {
            if let View::Requests(requests) = view {
                set_if_new(app.requests, requests);
            }
        });
        self.ask(Query::Invitations, move |view| {
            if let View::Invitations(invitations) = view {
                set_if_new(app.invitations, invitations);
            }
        });
    }
}

fn is_ready(core: &Option<Core>) -> bool {
    matches!(core, Some(Core::Ready { .. }))
}

/// What is to be asked again.
#[derive(Default)]
struct Stale {
    all: bool,
    /// Chats of which only their line can have changed.
    chats: BTreeSet<i64>,
}

impl Stale {
    fn after(event: &Event) -> Self {
        match event {
            Event::Arrived { chat, .. } | Event::MessageChanged { chat, .. } => Self { all: false, chats: [*chat].into() },
            _ => Self { all: true, ..Self::default() },
        }
    }

    fn and(mut self, mut other: Self) -> Self {
        self.all |= other.all;
        self.chats.append(&mut other.chats);
        self
    }
}

pub fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|before| *before != value) {
        signal.set(value);
    }
}
