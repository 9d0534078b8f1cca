//! A worker that is asked one thing after the other, and answers in that order.

use futures_channel::oneshot;
use js_sys::{Array, Uint8Array};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessageEvent, Worker};

type Hear = Closure<dyn FnMut(MessageEvent)>;

/// Who waits for an answer.
type Asker = oneshot::Sender<JsValue>;
/// A message, and who waits for its answer if it has one.
type Unsaid = (JsValue, Option<Asker>);

/// The worker, and who waits for its answers, in their order. Its first word says that it hears.
pub struct Errand {
    worker: Worker,
    waiting: RefCell<VecDeque<Asker>>,
    /// Until it has begun it hears nothing.
    unsaid: RefCell<Option<Vec<Unsaid>>>,
    /// It did not begin, or broke: whoever asks next starts another.
    failed: Cell<bool>,
    hear: RefCell<Option<Hear>>,
    fail: RefCell<Option<Closure<dyn FnMut()>>>,
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Errand {
    /// `first` is said once it hears, and not answered.
    pub fn begin(worker: Worker, first: Vec<JsValue>) -> Rc<Self> {
        let errand = Rc::new(Self {
            worker,
            waiting: RefCell::default(),
            unsaid: RefCell::new(Some(first.into_iter().map(|message| (message, None)).collect())),
            failed: Cell::new(false),
            hear: RefCell::default(),
            fail: RefCell::default(),
        });
        let heard = Rc::downgrade(&errand);
        let hear = Hear::new(move |event: MessageEvent| {
            if let Some(errand) = heard.upgrade() {
                errand.heard(event.data());
            }
        });
        errand.worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        let failed = Rc::downgrade(&errand);
        let fail = Closure::<dyn FnMut()>::new(move || {
            // Whoever waits is told by what they wait for being gone.
            if let Some(errand) = failed.upgrade() {
                errand.failed.set(true);
                errand.waiting.borrow_mut().clear();
                errand.unsaid.replace(None);
            }
        });
        errand.worker.set_onerror(Some(fail.as_ref().unchecked_ref()));
        errand.hear.replace(Some(hear));
        errand.fail.replace(Some(fail));
        errand
    }

    pub fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Its answer; nothing if it broke.
    pub async fn ask(self: Rc<Self>, question: JsValue) -> Option<JsValue> {
        if self.failed.get() {
            return None;
        }
        let (tell, told) = oneshot::channel();
        match self.unsaid.borrow_mut().as_mut() {
            Some(unsaid) => unsaid.push((question, Some(tell))),
            None => self.say(&question, Some(tell)),
        }
        told.await.ok()
    }

    fn heard(&self, answer: JsValue) {
        if let Some(unsaid) = self.unsaid.borrow_mut().take() {
            unsaid.into_iter().for_each(|(message, asker)| self.say(&message, asker));
        } else if let Some(tell) = self.waiting.borrow_mut().pop_front() {
            // Who asked may be gone.
            let _ = tell.send(answer);
        }
    }

    /// Whoever asked what cannot be said is told by the end of what they wait on.
    fn say(&self, message: &JsValue, asker: Option<Asker>) {
        // Points of a picture are handed over: a copy that stays here would lie about until the browser collects it.
        let handed: Array = message.dyn_ref::<Uint8Array>().map(|bytes| JsValue::from(bytes.buffer())).into_iter().collect();
        if self.worker.post_message_with_transfer(message, &handed).is_ok() {
            self.waiting.borrow_mut().extend(asker);
        }
    }
}
