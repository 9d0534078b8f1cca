//! The key of the store. It lies in IndexedDB, sealed by a key of WebCrypto that the browser never gives out: whoever copies the profile's files
//! must break the browser's own protection of that one.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, DedicatedWorkerGlobalScope, IdbDatabase, IdbOpenDbRequest, IdbRequest, IdbTransaction, SubtleCrypto};
use zeroize::Zeroizing;

const DATABASE: &str = "treehouse-keys";
const KEYS: &str = "keys";
const STORE: &str = "store";
const KEY: usize = 32;
const SALT: usize = 16;
/// 96 bits, drawn once: this wrapping key seals one thing in its life.
const NONCE: usize = 12;

/// What opens the store.
pub struct StoreKey(Zeroizing<[u8; KEY + SALT]>);

impl StoreKey {
    pub fn key(&self) -> &[u8; KEY] {
        self.0.first_chunk().expect("it begins with the key")
    }

    pub fn salt(&self) -> &[u8; SALT] {
        self.0.last_chunk().expect("it ends with the salt")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key in the browser does not open")]
    Damaged,
    #[error("the browser gives no random bytes")]
    Entropy,
    /// What the browser said is kept for whoever looks into its console.
    #[error("the browser failed: {0:?}")]
    Browser(JsValue),
}

impl From<JsValue> for KeyError {
    fn from(error: JsValue) -> Self {
        Self::Browser(error)
    }
}

/// Where keys are kept.
pub struct Keyring {
    database: IdbDatabase,
    crypto: SubtleCrypto,
}

impl Keyring {
    /// # Errors
    /// [`KeyError::Browser`] without IndexedDB or WebCrypto.
    pub async fn open(scope: &DedicatedWorkerGlobalScope) -> Result<Self, KeyError> {
        let crypto = scope.crypto()?.subtle();
        let factory = scope.indexed_db()?.ok_or(JsValue::UNDEFINED)?;
        let request: IdbOpenDbRequest = factory.open_with_u32(DATABASE, 1)?;
        let asked = request.clone();
        let made = Closure::once(move || -> Result<(), JsValue> {
            asked.result()?.unchecked_into::<IdbDatabase>().create_object_store(KEYS).map(drop)
        });
        request.set_onupgradeneeded(Some(made.as_ref().unchecked_ref()));
        let database = done(&request).await?.unchecked_into();
        Ok(Self { database, crypto })
    }

    /// The key that was made before, if one was.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if there is something else in its place.
    pub async fn find(&self) -> Result<Option<StoreKey>, KeyError> {
        let keys = self.database.transaction_with_str(KEYS)?.object_store(KEYS)?;
        let found = done(&keys.get(&STORE.into())?).await?;
        if found.is_undefined() {
            return Ok(None);
        }
        let part = |name: &str| Reflect::get(&found, &name.into()).map_err(|_| KeyError::Damaged);
        let wrapping: CryptoKey = part("wrapping")?.dyn_into().map_err(|_| KeyError::Damaged)?;
        let nonce: Uint8Array = part("nonce")?.dyn_into().map_err(|_| KeyError::Damaged)?;
        let sealed: Uint8Array = part("sealed")?.dyn_into().map_err(|_| KeyError::Damaged)?;
        let opening = self.crypto.decrypt_with_object_and_js_u8_array(&aes(Some(&nonce))?, &wrapping, &sealed)?;
        let opened = JsFuture::from(opening).await.map_err(|_| KeyError::Damaged)?;
        let opened = Uint8Array::new(&opened);
        let mut key = Zeroizing::new([0; KEY + SALT]);
        if opened.length() as usize != key.len() {
            return Err(KeyError::Damaged);
        }
        opened.copy_to(&mut *key);
        opened.fill(0, 0, opened.length());
        Ok(Some(StoreKey(key)))
    }

    /// Makes a key and keeps it: it is durable when this returns, so that no store can outlive it.
    ///
    /// # Errors
    /// Nothing was kept.
    pub async fn make(&self) -> Result<StoreKey, KeyError> {
        let (mut key, mut nonce) = (Zeroizing::new([0; KEY + SALT]), [0; NONCE]);
        getrandom::fill(&mut *key).and_then(|()| getrandom::fill(&mut nonce)).map_err(|_| KeyError::Entropy)?;
        let nonce = Uint8Array::from(nonce.as_slice());
        let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
        let algorithm = aes(None)?;
        Reflect::set(&algorithm, &"length".into(), &256.into())?;
        let wrapping: CryptoKey = JsFuture::from(self.crypto.generate_key_with_object(&algorithm, false, &uses)?).await?.unchecked_into();
        let sealed = JsFuture::from(self.crypto.encrypt_with_object_and_u8_array(&aes(Some(&nonce))?, &wrapping, &*key)?).await?;
        let entry = Object::new();
        Reflect::set(&entry, &"wrapping".into(), &wrapping)?;
        Reflect::set(&entry, &"nonce".into(), &nonce)?;
        Reflect::set(&entry, &"sealed".into(), &Uint8Array::new(&sealed))?;

        let writing = self.durable()?;
        writing.object_store(KEYS)?.put_with_key(&entry, &STORE.into())?;
        JsFuture::from(Promise::new(&mut |resolve, reject| {
            writing.set_oncomplete(Some(&resolve));
            writing.set_onabort(Some(&reject));
        }))
        .await?;
        Ok(StoreKey(key))
    }

    /// A transaction that has ended only when it is on the disk: browsers may end others before. `web_sys` does not know the option yet.
    fn durable(&self) -> Result<IdbTransaction, JsValue> {
        let options = Object::new();
        Reflect::set(&options, &"durability".into(), &"strict".into())?;
        let begin: Function = Reflect::get(&self.database, &"transaction".into())?.dyn_into()?;
        begin.call3(&self.database, &KEYS.into(), &"readwrite".into(), &options)?.dyn_into()
    }
}

fn aes(nonce: Option<&Uint8Array>) -> Result<Object, JsValue> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into())?;
    if let Some(nonce) = nonce {
        Reflect::set(&algorithm, &"iv".into(), nonce)?;
    }
    Ok(algorithm)
}

/// What a request of IndexedDB ends with.
async fn done(request: &IdbRequest) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    }))
    .await?;
    request.result()
}
