//! Received files, opened piece by piece: the service worker asks for ranges, here they are fetched, checked and decrypted.
//!
//! What was fetched stays in the browser's cache as it came: encrypted. Keys never leave this worker (opening.rs hands one to the browser itself).

use crate::http::Http;
use crate::js::{self, Lost};
use crate::opening::Opening;
use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use media::SHOWN_HEAD;
use media::stream::{AttachmentKey, Layout, Locked, Opener, SEGMENT, Salt};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::rc::Rc;
use transfer::Trouble;
use view::Held;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Cache, Request, Response};
use wire::call::Refusal;
use wire::content::{Attachment, MediaType};
use wire::{BlobId, Millis};

const CACHE: &str = "treehouse-held";
/// Segments that are fetched and kept together: 1 MiB. The service worker asks along their edges.
const CHUNK: u32 = 16;
/// Pieces in the cache at most, of a mebibyte or less: 4 GiB. The server keeps files for three months, so that what is here may be all there is: of the
/// pictures of years much more would fit than anybody takes, and what goes first is what takes most.
const HELD_MAX: usize = 4096;
/// Once there are more, as many stay.
const HELD_AFTER: usize = HELD_MAX / 8 * 7;
/// Pieces that come before it is looked again how many there are.
const HELD_LOOK: usize = 64;
/// A picture of more bytes is not shown: a browser takes it whole before it shows anything. The largest that is shown by its points is smaller, as a JPEG.
const PICTURE_MAX: u64 = 128 * 1024 * 1024;
/// Files whose list of segments is kept in memory: 4 GiB have one of 2 MiB.
const OPEN_MAX: usize = 8;
/// What is kept in memory where nothing may be kept elsewhere.
const MEMORY_MAX: usize = 64 * 1024 * 1024;
/// Bytes in one answer at most.
pub const ANSWER_MAX: u64 = 1024 * 1024;
/// Who asks later than this after a fetch began does not wait for it: a connection that died may say nothing for much longer.
const SHARED_MS: u64 = 60_000;

/// Why a piece of a file cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unshown {
    /// It is not on the server any more, or the message is gone.
    Gone,
    /// There is no connection, and it is not here.
    Offline,
    /// It is not what its sender sent, or says to have sent.
    Foreign,
    /// It is not what its sender says it is, or too large to be shown; it can be saved.
    Unfit,
}

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The browser decodes it and shows it in the page.
    Shown,
    /// It is bytes.
    Saved,
}

/// Files that were opened.
#[derive(Default)]
pub struct Media {
    open: RefCell<VecDeque<Rc<Open>>>,
    coming: Rc<Coming>,
    /// Of pictures that were shown: whether they move.
    moving: RefCell<BTreeMap<BlobId, bool>>,
    /// On a shared computer: instead of the browser's cache.
    memory: RefCell<Option<Rc<Memory>>>,
    /// Pieces that came since it was looked how many there are; none: nobody has looked since the core began.
    came: Cell<Option<usize>>,
}

/// Pieces by name, those last used first.
#[derive(Default)]
struct Memory(RefCell<VecDeque<(String, Uint8Array)>>);

impl Memory {
    fn get(&self, name: &str) -> Option<Uint8Array> {
        let mut pieces = self.0.borrow_mut();
        let at = pieces.iter().position(|(held, _)| held == name)?;
        let piece = pieces.remove(at)?;
        let bytes = piece.1.clone();
        pieces.push_front(piece);
        Some(bytes)
    }

    fn put(&self, name: String, bytes: &Uint8Array) {
        let mut pieces = self.0.borrow_mut();
        pieces.push_front((name, bytes.clone()));
        while pieces.iter().map(|(_, bytes)| bytes.length() as usize).sum::<usize>() > MEMORY_MAX {
            pieces.pop_back();
        }
    }

    fn forget(&self, is_it: impl Fn(&str) -> bool) {
        self.0.borrow_mut().retain(|(name, _)| !is_it(name));
    }
}

/// Where pieces stay.
enum Shelf {
    /// The browser refuses its cache: they are fetched each time.
    None,
    Cache(Cache),
    Memory(Rc<Memory>),
}

/// One file, and which of its chunks are known to be in the cache.
struct Open {
    /// As the message says it for which it was opened. Another message is shown by it only if it commits to the same file.
    file: Attachment,
    opening: Opening,
    here: RefCell<BTreeSet<u32>>,
    /// What its beginning was found to be when it was looked at last. Another message may call the same file something else.
    fit: RefCell<Option<MediaType>>,
}

/// How much of a blob is on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub held: Held,
    pub bytes: u64,
}

impl Media {
    /// Bytes of a file: from the start of the range, at most [`ANSWER_MAX`]; and how much of it is here now, if that is more than before.
    ///
    /// # Errors
    /// [`Unshown`].
    pub async fn bytes(
        &self,
        file: &Attachment,
        range: Range<u64>,
        purpose: Purpose,
        http: Option<Http>,
    ) -> Result<(Uint8Array, Option<Kept>), Unshown> {
        let from = Rc::new(Store { blob: file.blob, http, shelf: self.shelf().await, coming: Rc::clone(&self.coming) });
        let open = self.open(file, &from).await?;
        let before = open.here.borrow().len();
        let plain = match purpose {
            Purpose::Shown => self.shown(&open, &from, file, range).await?,
            Purpose::Saved => read(&open, &from, range).await?,
        };
        Ok((plain, open.kept_since(before)))
    }

    /// The sealed bytes of a whole file as the server has them, without what pads them; and how much of it is here now, if that is more than before.
    /// Each piece is the one that the message commits to. Nothing of the file is opened, and what is here already is not asked for.
    ///
    /// # Errors
    /// [`Unshown`].
    pub async fn sealed(&self, file: &Attachment, http: Option<Http>) -> Result<(Vec<u8>, Option<Kept>), Unshown> {
        let from = Rc::new(Store { blob: file.blob, http, shelf: self.shelf().await, coming: Rc::clone(&self.coming) });
        let open = self.open(file, &from).await?;
        let before = open.here.borrow().len();
        let layout = open.opening.opener().layout();
        let mut sealed = Vec::new();
        let mut mending = Mending::default();
        let mut chunk = 0;
        while chunk < layout.segments().div_ceil(CHUNK) {
            let (begins, fetched) = from.chunk(&layout, chunk).await?;
            let segments = segments_of(&fetched.bytes, begins, begins..layout.segments().min(begins + CHUNK));
            let checked = open.opening.check(&segments).await;
            let fresh = fetched.fresh;
            let bytes = fetched.put().await;
            if checked.is_err() {
                mending.forget(&from, &chunk.to_string(), fresh).await?;
                continue;
            }
            open.here.borrow_mut().insert(chunk);
            sealed.extend(bytes.to_vec());
            chunk += 1;
        }
        sealed.extend(list(file, &from).await?.1);
        Ok((sealed, open.kept_since(before)))
    }

    /// Whether a picture that was shown goes on after what one sees first; none: nothing of it was shown since this core began.
    pub fn moves(&self, blob: &BlobId) -> Option<bool> {
        self.moving.borrow().get(blob).copied()
    }

    /// From now on nothing is written: pieces stay in memory.
    pub fn keep_nothing(&self) {
        self.memory.replace(Some(Rc::default()));
    }

    /// Lets files go that take most, where more is kept than is to be: gives which, for nothing of them is here any more. Called when a piece has come.
    pub async fn make_room(&self) -> Vec<BlobId> {
        if self.memory.borrow().is_some() {
            return vec![];
        }
        if self.came.get().is_some_and(|came| came < HELD_LOOK) {
            self.came.set(self.came.get().map(|came| came + 1));
            return vec![];
        }
        self.came.set(Some(0));
        let Ok(held) = held().await else { return vec![] };
        let mut left = held.values().sum::<usize>();
        if left <= HELD_MAX {
            return vec![];
        }
        let mut most: Vec<_> = held.into_iter().collect();
        most.sort_by_key(|(_, pieces)| std::cmp::Reverse(*pieces));
        let mut gone = vec![];
        for (blob, pieces) in most {
            if left <= HELD_AFTER {
                break;
            }
            self.forget(blob).await;
            left -= pieces;
            gone.push(blob);
        }
        gone
    }

    async fn shelf(&self) -> Shelf {
        let memory = self.memory.borrow().clone();
        match memory {
            Some(memory) => Shelf::Memory(memory),
            None => cache().await.map_or(Shelf::None, Shelf::Cache),
        }
    }

    /// Takes a blob out of the cache.
    pub async fn forget(&self, blob: BlobId) {
        self.open.borrow_mut().retain(|open| open.file.blob != blob);
        if let Some(memory) = self.memory.borrow().as_ref() {
            return memory.forget(|name| name.contains(&format!("/held/{blob}/")));
        }
        let Ok(cache) = cache().await else { return };
        let Ok(keys) = JsFuture::from(cache.keys()).await else { return };
        for request in Array::from(&keys).iter().filter_map(|key| key.dyn_into::<Request>().ok()) {
            if request.url().contains(&format!("/held/{blob}/")) {
                // It may be gone already.
                let _ = JsFuture::from(cache.delete_with_request(&request)).await;
            }
        }
    }

    async fn open(&self, file: &Attachment, from: &Rc<Store>) -> Result<Rc<Open>, Unshown> {
        if let Some(open) = self.opened(file) {
            return Ok(open);
        }
        let (opener, _) = list(file, from).await?;
        let opening = Opening::of(opener).await.map_err(|_| Unshown::Offline)?;
        // Somebody else may have been faster.
        if let Some(open) = self.opened(file) {
            return Ok(open);
        }
        let opened = Rc::new(Open { file: file.clone(), opening, here: RefCell::default(), fit: RefCell::default() });
        let mut open = self.open.borrow_mut();
        open.push_front(Rc::clone(&opened));
        open.truncate(OPEN_MAX);
        Ok(opened)
    }

    /// The same as [`read`], of what the browser will decode: its beginning is what this message calls it.
    async fn shown(&self, open: &Open, from: &Rc<Store>, file: &Attachment, range: Range<u64>) -> Result<Uint8Array, Unshown> {
        let length = open.opening.opener().layout().plain_len();
        if length > PICTURE_MAX && file.media_type.as_str().starts_with("image/") {
            return Err(Unshown::Unfit);
        }
        let looked = open.fit.borrow().as_ref() == Some(&file.media_type);
        let mut plain = None;
        if !looked {
            let head = read(open, from, 0..SHOWN_HEAD as u64).await?;
            let bytes = head.to_vec();
            media::shown(file.media_type.as_str(), &bytes).map_err(|_| Unshown::Unfit)?;
            // One that moves in one message moves in all, whatever another makes of the same blob.
            *self.moving.borrow_mut().entry(file.blob).or_default() |= media::moves(&bytes);
            open.fit.replace(Some(file.media_type.clone()));
            let end = range.end.min(length).min(range.start.saturating_add(ANSWER_MAX));
            plain = (end <= u64::from(head.length())).then(|| head.slice(range.start.min(end) as u32, end as u32));
        }
        let plain = match plain {
            Some(plain) => plain,
            None => read(open, from, range).await?,
        };
        // What passes as a whole is compared with what its sender stated.
        if u64::from(plain.length()) == length && !open.opening.is_as_said(&plain, &file.sha256).await {
            return Err(Unshown::Foreign);
        }
        Ok(plain)
    }

    fn opened(&self, file: &Attachment) -> Option<Rc<Open>> {
        self.open.borrow().iter().find(|open| open.file.is_same_file(file)).cloned()
    }
}

impl Open {
    /// How much is here, if that is more than before.
    fn kept_since(&self, before: usize) -> Option<Kept> {
        let here = self.here.borrow().len();
        (here > before).then(|| kept(&self.opening.opener().layout(), here))
    }
}

/// The list of a file's pieces, that of the message: what opens by it, and as it is stored.
async fn list(file: &Attachment, from: &Rc<Store>) -> Result<(Opener, Vec<u8>), Unshown> {
    let secret = file.secret.as_ref().ok_or(Unshown::Foreign)?;
    let (key, salt) = (AttachmentKey::new(secret.key), Salt(secret.salt));
    let mut mending = Mending::default();
    loop {
        let locked = Locked::new(&key, &salt, file.length, file.root).map_err(|_| Unshown::Foreign)?;
        let fetched = from.range("list", locked.layout().list_range()).await?;
        let fresh = fetched.fresh;
        let stored = fetched.put().await.to_vec();
        if let Ok(opener) = locked.accept_list(&mut stored.clone()) {
            return Ok((opener, stored));
        }
        mending.forget(from, "list", fresh).await?;
    }
}

/// Opened bytes: from the start of the range, at most [`ANSWER_MAX`].
async fn read(open: &Open, from: &Rc<Store>, range: Range<u64>) -> Result<Uint8Array, Unshown> {
    let layout = open.opening.opener().layout();
    let end = range.end.min(layout.plain_len()).min(range.start.saturating_add(ANSWER_MAX));
    // At most ANSWER_MAX.
    let plain = Uint8Array::new_with_length(end.saturating_sub(range.start) as u32);
    let mut at = range.start;
    let mut mending = Mending::default();
    while at < end {
        let first = layout.segment_at(at).ok_or(Unshown::Gone)?;
        let (begins, fetched) = from.chunk(&layout, first / CHUNK).await?;
        let wanted = |number: &u32| layout.plain_range(*number).is_some_and(|here| here.start < end);
        let upto = (first..(begins / CHUNK + 1) * CHUNK).take_while(wanted).last().map_or(first, |last| last + 1);
        let segments = segments_of(&fetched.bytes, begins, first..upto);
        let opened = open.opening.open(&segments).await;
        let fresh = fetched.fresh;
        fetched.put().await;
        let Ok(opened) = opened else {
            mending.forget(from, &(first / CHUNK).to_string(), fresh).await?;
            continue;
        };
        open.here.borrow_mut().insert(first / CHUNK);
        for ((number, _), bytes) in segments.iter().zip(opened) {
            let here = layout.plain_range(*number).ok_or(Unshown::Gone)?;
            let upto = here.end.min(end);
            plain.set(&bytes.subarray((at - here.start) as u32, (upto - here.start) as u32), (at - range.start) as u32);
            at = upto;
        }
    }
    Ok(plain)
}

/// Segments with their numbers, out of a chunk that begins with segment `begins`.
fn segments_of(chunk: &Uint8Array, begins: u32, numbers: Range<u32>) -> Vec<(u32, Uint8Array)> {
    let segment = |number: u32| chunk.subarray((number - begins) * SEGMENT as u32, (number - begins + 1) * SEGMENT as u32);
    numbers.map(|number| (number, segment(number))).collect()
}

fn kept(layout: &Layout, chunks: usize) -> Kept {
    let all = layout.segments().div_ceil(CHUNK) as usize;
    let stored = layout.list_range().end;
    if chunks >= all {
        Kept { held: Held::Whole, bytes: stored }
    } else {
        Kept { held: Held::Partial, bytes: (chunks as u64 * u64::from(CHUNK) * SEGMENT as u64).min(stored) }
    }
}

/// What is being fetched, by blob, name and place: whoever asks for the same meanwhile waits for the same.
#[derive(Default)]
struct Coming(RefCell<BTreeMap<String, (Millis, Promise)>>);

/// Of whoever began to fetch something. It ends when what came lies where it stays, or nothing came: until then others wait for the same.
struct Turn {
    coming: Rc<Coming>,
    name: String,
    began: Millis,
}

impl Coming {
    /// What brings it: what was begun before, or else `bring`, which is begun now.
    fn join(self: &Rc<Self>, name: String, bring: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> (Promise, Option<Turn>) {
        let now = js::now();
        let mut all = self.0.borrow_mut();
        if let Some((_, bringing)) = all.get(&name).filter(|(began, _)| now.since(*began) < SHARED_MS) {
            return (bringing.clone(), None);
        }
        let bringing = future_to_promise(bring);
        all.insert(name.clone(), (now, bringing.clone()));
        (bringing, Some(Turn { coming: Rc::clone(self), name, began: now }))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut all = self.coming.0.borrow_mut();
        // One that took too long may have been begun anew by another.
        if all.get(&self.name).is_some_and(|(began, _)| *began == self.began) {
            all.remove(&self.name);
        }
    }
}

/// Where ciphertext comes from: the cache, or the server.
struct Store {
    blob: BlobId,
    http: Option<Http>,
    shelf: Shelf,
    coming: Rc<Coming>,
}

impl Store {
    /// The first segment of a chunk, and all of its segments as they are stored.
    async fn chunk(self: &Rc<Self>, layout: &Layout, chunk: u32) -> Result<(u32, Fetched), Unshown> {
        let first = chunk * CHUNK;
        let last = (first + CHUNK).min(layout.segments()) - 1;
        let (start, end) = layout.segment_range(first).zip(layout.segment_range(last)).ok_or(Unshown::Gone)?;
        Ok((first, self.range(&chunk.to_string(), start.start..end.end).await?))
    }

    async fn range(self: &Rc<Self>, name: &str, range: Range<u64>) -> Result<Fetched, Unshown> {
        let wanted = format!("{} {}-{}", self.url(name), range.start, range.end);
        let fresh = Rc::new(Cell::new(false));
        let bring = Rc::clone(self).bring(name.to_owned(), range, Rc::clone(&fresh));
        let (bringing, turn) = self.coming.join(wanted, bring);
        let brought = JsFuture::from(bringing).await.map_err(|gone| if gone.is_truthy() { Unshown::Gone } else { Unshown::Offline })?;
        let bytes: Uint8Array = brought.unchecked_into();
        let putting = if fresh.get() { self.put(name, &bytes) } else { None };
        Ok(Fetched { bytes, fresh: fresh.get(), putting, _turn: turn })
    }

    /// Bytes from where they stay, or `fresh` from the server. What it is rejected with says whether they are gone.
    async fn bring(self: Rc<Self>, name: String, range: Range<u64>, fresh: Rc<Cell<bool>>) -> Result<JsValue, JsValue> {
        let is_whole = |bytes: &Uint8Array| u64::from(bytes.length()) == range.end - range.start;
        if let Some(bytes) = self.cached(&name).await.filter(is_whole) {
            return Ok(bytes.into());
        }
        let http = self.http.as_ref().ok_or(JsValue::FALSE)?;
        let bytes = http.bytes(&self.blob, &range).await;
        let bytes = bytes.map_err(|trouble| JsValue::from(matches!(trouble, Trouble::Refused(Refusal::NotFound))))?;
        if !is_whole(&bytes) {
            return Err(JsValue::FALSE);
        }
        fresh.set(true);
        Ok(bytes.into())
    }

    /// A name for the cache: nothing answers there.
    fn url(&self, name: &str) -> String {
        format!("/held/{}/{name}", self.blob)
    }

    async fn cached(&self, name: &str) -> Option<Uint8Array> {
        let cache = match &self.shelf {
            Shelf::None => return None,
            Shelf::Memory(memory) => return memory.get(&self.url(name)),
            Shelf::Cache(cache) => cache,
        };
        let found = JsFuture::from(cache.match_with_str(&self.url(name))).await.ok()?;
        let response: Response = found.dyn_into().ok()?;
        let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
        Some(Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>()))
    }

    /// Begins to put bytes where they stay.
    fn put(&self, name: &str, bytes: &Uint8Array) -> Option<JsFuture> {
        match &self.shelf {
            Shelf::None => None,
            Shelf::Memory(memory) => {
                memory.put(self.url(name), bytes);
                None
            }
            Shelf::Cache(cache) => {
                let response = Response::new_with_opt_js_u8_array(Some(bytes)).ok()?;
                Some(JsFuture::from(cache.put_with_str(&self.url(name), &response)))
            }
        }
    }

    async fn forget(&self, name: &str) {
        match &self.shelf {
            Shelf::None => {}
            Shelf::Memory(memory) => memory.forget(|held| held == self.url(name)),
            Shelf::Cache(cache) => {
                // It may be gone already.
                let _ = JsFuture::from(cache.delete_with_str(&self.url(name))).await;
            }
        }
    }
}

/// Stored bytes, and their way to where they stay if they have just come from the server: they are opened meanwhile.
struct Fetched {
    bytes: Uint8Array,
    /// They came from the server, and not from where they stay.
    fresh: bool,
    putting: Option<JsFuture>,
    /// Over when this is: from then on others find them where they stay.
    _turn: Option<Turn>,
}

impl Fetched {
    /// Waits until they lie there: no more of them wait than pieces are asked for.
    async fn put(self) -> Uint8Array {
        if let Some(putting) = self.putting {
            // Without room they are fetched again next time.
            let _ = putting.await;
        }
        self.bytes
    }
}

/// Where it stays a piece may have been damaged, or it is one that a server lied about and that nobody came to look at: it is asked for once more.
#[derive(Default)]
struct Mending(Option<String>);

impl Mending {
    /// Forgets a piece that does not open. `fresh`: it came from the server just now.
    ///
    /// # Errors
    /// [`Unshown::Foreign`] if the server gave it so, or it was asked for once more already.
    async fn forget(&mut self, from: &Store, name: &str, fresh: bool) -> Result<(), Unshown> {
        from.forget(name).await;
        if fresh || self.0.replace(name.to_owned()).as_deref() == Some(name) { Err(Unshown::Foreign) } else { Ok(()) }
    }
}

/// How many pieces of which file are in the cache.
async fn held() -> Result<BTreeMap<BlobId, usize>, Lost> {
    let keys = JsFuture::from(cache().await?.keys()).await?;
    let mut held = BTreeMap::new();
    for request in Array::from(&keys).iter().filter_map(|key| key.dyn_into::<Request>().ok()) {
        let url = request.url();
        let blob = url.split_once("/held/").and_then(|(_, rest)| BlobId::from_hex(rest.split_once('/')?.0));
        if let Some(blob) = blob {
            *held.entry(blob).or_default() += 1;
        }
    }
    Ok(held)
}

async fn cache() -> Result<Cache, Lost> {
    Ok(JsFuture::from(js::scope().caches()?.open(CACHE)).await?.unchecked_into())
}
