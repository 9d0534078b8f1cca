//! This tab's line to the core: questions and commands out, answers and events in. Which tab has the core in it does not matter here.
//!
//! The messages are described in `crates/web/core/src/tabs.rs`.

pub mod errand;
pub mod leader;
pub mod worker;

use crate::html::prelude::*;
use crate::link::worker::{Script, address};
use futures_channel::oneshot;
use js_sys::{Array, Uint8Array};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use view::page::{Core, Keeping, ToCore, ToPage};
use view::{
    BoxFile, Command, DeskDo, DeskDone, DeskRow, Event, ExhibitPart, KeptRow, NewReport, NewTold, OriginalFile, OwnDo, OwnReport, Query,
    Refusal, Reply, Reported, View, Words,
};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{BroadcastChannel, File, MessageEvent};

const CHANNEL: &str = "treehouse";
const TO_CORE: &str = "core";
const TO_PAGE: &str = "page";

type Listener = Rc<dyn Fn(&Event)>;

/// One tab's line.
pub struct Link {
    tab: String,
    channel: BroadcastChannel,
    next: Cell<u32>,
    /// What was asked and is not answered: said again, in its order, to a core that has just started.
    waiting: RefCell<BTreeMap<u32, Waiting>>,
    /// The core that was heard last.
    start: Cell<Option<u64>>,
    listeners: RefCell<Vec<(u32, Listener)>>,
    core: RwSignal<Option<Core>>,
}

struct Waiting {
    what: ToCore,
    file: Option<File>,
    answer: oneshot::Sender<ToPage>,
}

/// Ends with its value.
pub struct Listening {
    link: Rc<Link>,
    id: u32,
}

impl Link {
    /// Opens the line and asks how the core stands; `core` tells from then on.
    pub fn open(core: RwSignal<Option<Core>>) -> Option<Rc<Self>> {
        let link = Rc::new(Self {
            tab: random(),
            channel: BroadcastChannel::new(&format!("{CHANNEL} {}", address(Script::Core)?)).ok()?,
            next: Cell::new(0),
            waiting: RefCell::default(),
            start: Cell::new(None),
            listeners: RefCell::default(),
            core,
        });
        let weak = Rc::downgrade(&link);
        let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let (Some(link), Some((tab, what))) = (weak.upgrade(), read(&event.data())) else { return };
            if tab.is_empty() || tab == link.tab {
                link.heard(what);
            }
        });
        link.channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        // It lives as long as the page.
        hear.forget();
        link.post(&ToCore::Hello, None);
        Some(link)
    }

    /// # Errors
    /// The device failed.
    pub async fn ask(self: Rc<Self>, query: Query) -> Result<View, Refusal> {
        match self.send(None, |n| ToCore::Ask { n, query }).await {
            Some(ToPage::Answer { answer, .. }) => answer,
            _ => Err(gone()),
        }
    }

    /// # Errors
    /// Nothing was changed.
    pub async fn act(self: Rc<Self>, command: Command) -> Result<Reply, Refusal> {
        let id = fresh_id()?;
        match self.send(None, |n| ToCore::Do { n, id, command }).await {
            Some(ToPage::Done { reply, .. }) => reply,
            _ => Err(gone()),
        }
    }

    /// Makes an account or brings one back; `keeping`: where it is to live.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn begin(self: Rc<Self>, command: Command, keeping: Keeping) -> Result<Reply, Refusal> {
        let id = fresh_id()?;
        match self.send(None, |n| ToCore::Begin { n, id, command, keeping }).await {
            Some(ToPage::Done { reply, .. }) => reply,
            _ => Err(gone()),
        }
    }

    /// Has everything deleted. Every tab hears of the end.
    pub fn log_out(&self) {
        self.post(&ToCore::LogOut, None);
    }

    /// Keeps a chosen file on the device until it is sent; gives its source.
    ///
    /// # Errors
    /// There is no room, or the file cannot be read.
    pub async fn keep(self: Rc<Self>, file: File) -> Result<String, Refusal> {
        match self.send(Some(file), |n| ToCore::Keep { n }).await {
            Some(ToPage::Kept { source, .. }) => source,
            _ => Err(gone()),
        }
    }

    /// # Errors
    /// The passphrase is another.
    pub async fn unlock(self: Rc<Self>, passphrase: String) -> Result<(), Refusal> {
        match self.send(None, |n| ToCore::Unlock { n, passphrase }).await {
            Some(ToPage::Lock { done, .. }) => done,
            _ => Err(gone()),
        }
    }

    /// # Errors
    /// The lock is as it was.
    pub async fn set_lock(self: Rc<Self>, passphrase: Option<String>) -> Result<(), Refusal> {
        match self.send(None, |n| ToCore::SetLock { n, passphrase }).await {
            Some(ToPage::Lock { done, .. }) => done,
            _ => Err(gone()),
        }
    }

    /// Has the core forget what opens it. Every tab hears of it.
    pub fn lock_now(&self) {
        self.post(&ToCore::LockNow, None);
    }

    /// Everything that is kept.
    ///
    /// # Errors
    /// The passphrase is another, or nothing is kept here.
    pub async fn open_box(self: Rc<Self>, passphrase: Words) -> Result<Vec<KeptRow>, Refusal> {
        match self.send(None, |n| ToCore::OpenBox { n, passphrase }).await {
            Some(ToPage::Box { kept, .. }) => kept,
            _ => Err(gone()),
        }
    }

    /// Files of what is kept, taken out of the box.
    ///
    /// # Errors
    /// The passphrase is another, or there is no such file.
    pub async fn box_files(self: Rc<Self>, passphrase: Words, kept: i64, what: BoxFile) -> Result<Vec<OriginalFile>, Refusal> {
        match self.send(None, |n| ToCore::BoxFiles { n, passphrase, kept, what }).await {
            Some(ToPage::Originals { files, .. }) => files,
            _ => Err(gone()),
        }
    }

    /// Makes a report and brings it where it is to go. `opens`: the passphrase of what is kept, if something of it is to be in it.
    ///
    /// # Errors
    /// It was not made, or it did not arrive.
    pub async fn report(self: Rc<Self>, new: NewReport, opens: Option<Words>) -> Result<Reported, Refusal> {
        let id = fresh_id()?;
        match self.send(None, |n| ToCore::Report { n, id, new, opens }).await {
            Some(ToPage::Reported { made, .. }) => made,
            _ => Err(gone()),
        }
    }

    /// The safety team of the server; none: it has none. Asked in nobody's name.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn team(self: Rc<Self>) -> Result<Option<DeskRow>, Refusal> {
        match self.send(None, |n| ToCore::Team { n }).await {
            Some(ToPage::Team { team, .. }) => team,
            _ => Err(gone()),
        }
    }

    /// Tells the safety team something, without an account.
    ///
    /// # Errors
    /// It did not arrive.
    pub async fn tell(self: Rc<Self>, new: NewTold) -> Result<Reported, Refusal> {
        let id = fresh_id()?;
        match self.send(None, |n| ToCore::Tell { n, id, new }).await {
            Some(ToPage::Reported { made, .. }) => made,
            _ => Err(gone()),
        }
    }

    /// What a member of the safety team does.
    ///
    /// # Errors
    /// Nothing came of it.
    pub async fn desk(self: Rc<Self>, what: DeskDo) -> Result<DeskDone, Refusal> {
        let id = fresh_id()?;
        match self.send(None, |n| ToCore::Desk { n, id, what }).await {
            Some(ToPage::Desk { done, .. }) => done,
            _ => Err(gone()),
        }
    }

    /// Reports of one's own: what the safety team answered, and taking one back.
    ///
    /// # Errors
    /// Nothing came of it.
    pub async fn own(self: Rc<Self>, what: OwnDo) -> Result<Vec<OwnReport>, Refusal> {
        match self.send(None, |n| ToCore::Own { n, what }).await {
            Some(ToPage::Own { found, .. }) => found,
            _ => Err(gone()),
        }
    }

    /// The files of a picture of oneself. Given once.
    ///
    /// # Errors
    /// They were given before, or cannot be fetched.
    pub async fn originals(self: Rc<Self>, chat: i64, message: i64) -> Result<Vec<OriginalFile>, Refusal> {
        match self.send(None, |n| ToCore::Originals { n, chat, message }).await {
            Some(ToPage::Originals { files, .. }) => files,
            _ => Err(gone()),
        }
    }

    /// A report that came in a message.
    ///
    /// # Errors
    /// It cannot be fetched, or does not open for this account.
    pub async fn read_report(self: Rc<Self>, message: i64) -> Result<Vec<ExhibitPart>, Refusal> {
        match self.send(None, |n| ToCore::ReadReport { n, message }).await {
            Some(ToPage::ReportRead { parts, .. }) => parts,
            _ => Err(gone()),
        }
    }

    /// Whether a file of a message, as it is about to be saved, is the one of which its sender stated the hash.
    ///
    /// # Errors
    /// It is another.
    pub async fn check(self: Rc<Self>, message: i64, position: u32, file: File) -> Result<(), Refusal> {
        match self.send(Some(file), |n| ToCore::Check { n, message, position }).await {
            Some(ToPage::Checked { done, .. }) => done,
            _ => Err(gone()),
        }
    }

    /// Whether a picture that the page shows goes on after what one sees first. Nothing: that is not known of it.
    pub async fn moves(self: Rc<Self>, message: i64, position: u32) -> Option<bool> {
        match self.send(None, |n| ToCore::Moves { n, message, position }).await {
            Some(ToPage::Moves { moves, .. }) => moves,
            _ => None,
        }
    }

    /// Hears every event until the value is dropped.
    pub fn listen(self: &Rc<Self>, hear: impl Fn(&Event) + 'static) -> Listening {
        let id = self.number();
        self.listeners.borrow_mut().push((id, Rc::new(hear)));
        Listening { link: Rc::clone(self), id }
    }

    async fn send(&self, file: Option<File>, what: impl FnOnce(u32) -> ToCore) -> Option<ToPage> {
        let n = self.number();
        let what = what(n);
        let (answer, answered) = oneshot::channel();
        self.post(&what, file.as_ref());
        self.waiting.borrow_mut().insert(n, Waiting { what, file, answer });
        answered.await.ok()
    }

    fn number(&self) -> u32 {
        self.next.set(self.next.get().wrapping_add(1));
        self.next.get()
    }

    fn post(&self, what: &ToCore, file: Option<&File>) {
        let Ok(bytes) = postcard::to_allocvec(what) else { return };
        let start = self.start.get().map(|start| start.to_string()).unwrap_or_default();
        let message = Array::of4(&TO_CORE.into(), &self.tab.as_str().into(), &Uint8Array::from(bytes.as_slice()), &start.into());
        if let Some(file) = file {
            message.push(file);
        }
        // Fails on a closed channel only, and this one is open as long as the page.
        let _ = self.channel.post_message(&message);
    }

    fn heard(&self, what: ToPage) {
        match what {
            ToPage::Core(core) => self.core_is(core),
            ToPage::Event(event) => {
                let listeners: Vec<Listener> = self.listeners.borrow().iter().map(|(_, hear)| Rc::clone(hear)).collect();
                listeners.iter().for_each(|hear| hear(&event));
            }
            ToPage::Answer { n, .. }
            | ToPage::Done { n, .. }
            | ToPage::Kept { n, .. }
            | ToPage::Lock { n, .. }
            | ToPage::Box { n, .. }
            | ToPage::Reported { n, .. }
            | ToPage::Team { n, .. }
            | ToPage::Desk { n, .. }
            | ToPage::Own { n, .. }
            | ToPage::Originals { n, .. }
            | ToPage::ReportRead { n, .. }
            | ToPage::Checked { n, .. }
            | ToPage::Moves { n, .. } => {
                let waiting = self.waiting.borrow_mut().remove(&n);
                if let Some(waiting) = waiting {
                    // Whoever asked may have gone.
                    let _ = waiting.answer.send(what);
                }
            }
        }
    }

    fn core_is(&self, core: Core) {
        if let Core::Ready { start, .. } = core {
            // A new core knows nothing of what was asked of the one before, or of nobody. What must not happen twice bears an id: done twice, it
            // happens once.
            if self.start.replace(Some(start)) != Some(start) {
                for waiting in self.waiting.borrow().values() {
                    self.post(&waiting.what, waiting.file.as_ref());
                }
            }
        }
        self.core.set(Some(core));
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.link.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
    }
}

fn read(data: &JsValue) -> Option<(String, ToPage)> {
    let parts: &Array = data.dyn_ref()?;
    if parts.get(0).as_string().as_deref() != Some(TO_PAGE) {
        return None;
    }
    let bytes = parts.get(2).dyn_into::<Uint8Array>().ok()?.to_vec();
    Some((parts.get(1).as_string()?, postcard::from_bytes(&bytes).ok()?))
}

/// Under which something is asked for: again under the same, when nobody answered, it is done once.
fn fresh_id() -> Result<[u8; 16], Refusal> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| gone())?;
    Ok(id)
}

/// Tells tabs apart.
fn random() -> String {
    let mut bytes = [0; 8];
    // A tab without a name would hear what others are told, which does no harm.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The page is being closed.
fn gone() -> Refusal {
    Refusal::Device { why: "the page is being closed".into() }
}
