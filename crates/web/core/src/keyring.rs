//! The key of the store. It lies in IndexedDB, sealed by a key of WebCrypto that the browser never gives out: whoever copies the profile's files
//! must break the browser's own protection of that one. A passphrase may lie around it as well.

use crate::stretch;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, DedicatedWorkerGlobalScope, IdbDatabase, IdbOpenDbRequest, IdbRequest, IdbTransaction, SubtleCrypto};
use wire::call::HandleCost;
use zeroize::Zeroizing;

pub const DATABASE: &str = "treehouse-keys";
const KEYS: &str = "keys";
const STORE: &str = "store";
const KEY: usize = 32;
const SALT: usize = 16;
/// 96 bits, drawn once: this wrapping key seals one thing in its life.
const NONCE: usize = 12;

const TAG: usize = 16;
/// RFC 9106 section 4 gives 64 MiB and three passes where memory is short; a browser takes 0.2 s for it.
const COST: HandleCost = HandleCost { memory_kib: 64 * 1024, passes: 3 };

/// What opens the store.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; KEY + SALT]>);

impl StoreKey {
    pub fn key(&self) -> &[u8; KEY] {
        self.0.first_chunk().expect("it begins with the key")
    }

    /// A new one, that is not kept yet.
    ///
    /// # Errors
    /// [`KeyError::Entropy`].
    pub fn fresh() -> Result<Self, KeyError> {
        let mut key = Zeroizing::new([0; KEY + SALT]);
        getrandom::fill(&mut *key).map_err(|_| KeyError::Entropy)?;
        Ok(Self(key))
    }

    pub fn salt(&self) -> &[u8; SALT] {
        self.0.last_chunk().expect("it ends with the salt")
    }
}

/// What is kept.
pub enum Kept {
    Open(StoreKey),
    Locked(Sealed),
}

/// A key behind a passphrase: `salt 16 | AES-256-GCM of the key under Argon2id(passphrase, salt)`. Each salt makes a key that seals once, so that
/// one nonce is enough.
pub struct Sealed(Vec<u8>);

/// The passphrase is another.
#[derive(Debug)]
pub struct WrongPassphrase;

impl Sealed {
    fn make(key: &StoreKey, passphrase: &str) -> Result<Self, KeyError> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|_| KeyError::Entropy)?;
        let mut sealed = Zeroizing::new(key.0.to_vec());
        let cipher = cipher(passphrase, &salt);
        let tag = cipher.encrypt_inout_detached(&Nonce::default(), &[], sealed.as_mut_slice().into());
        let tag = tag.expect("a key is short");
        Ok(Self([salt.as_slice(), &sealed, &tag].concat()))
    }

    /// # Errors
    /// [`WrongPassphrase`].
    pub fn open(&self, passphrase: &str) -> Result<StoreKey, WrongPassphrase> {
        let (salt, sealed) = self.0.split_at_checked(SALT).ok_or(WrongPassphrase)?;
        let (sealed, tag) = sealed.split_last_chunk::<TAG>().ok_or(WrongPassphrase)?;
        let mut key = Zeroizing::new(<[u8; KEY + SALT]>::try_from(sealed).map_err(|_| WrongPassphrase)?);
        let cipher = cipher(passphrase, salt);
        cipher.decrypt_inout_detached(&Nonce::default(), &[], key.as_mut_slice().into(), &(*tag).into()).map_err(|_| WrongPassphrase)?;
        Ok(StoreKey(key))
    }
}

fn cipher(passphrase: &str, salt: &[u8]) -> Aes256Gcm {
    let key = stretch::beside(passphrase.as_bytes(), salt, COST).expect("parameters of RFC 9106, a salt of 16 bytes and any passphrase");
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key))
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

    /// Lets go of the database, so that it can be deleted.
    pub fn close(&self) {
        self.database.close();
    }

    /// The key that was kept before, if one was.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] if there is something else in its place.
    pub async fn find(&self) -> Result<Option<Kept>, KeyError> {
        let keys = self.database.transaction_with_str(KEYS)?.object_store(KEYS)?;
        let found = done(&keys.get(&STORE.into())?).await?;
        if found.is_undefined() {
            return Ok(None);
        }
        let part = |name: &str| Reflect::get(&found, &name.into()).map_err(|_| KeyError::Damaged);
        let wrapping: CryptoKey = part("wrapping")?.dyn_into().map_err(|_| KeyError::Damaged)?;
        let nonce: Uint8Array = part("nonce")?.dyn_into().map_err(|_| KeyError::Damaged)?;
        let sealed: Uint8Array = part("sealed")?.dyn_into().map_err(|_| KeyError::Damaged)?;
        let locked = part("locked")?.is_truthy();
        let opening = self.crypto.decrypt_with_object_and_js_u8_array(&aes(Some(&nonce))?, &wrapping, &sealed)?;
        let opened = Uint8Array::new(&JsFuture::from(opening).await.map_err(|_| KeyError::Damaged)?);
        let bytes = Zeroizing::new(opened.to_vec());
        opened.fill(0, 0, opened.length());
        if locked {
            return Ok(Some(Kept::Locked(Sealed(bytes.to_vec()))));
        }
        let key = <[u8; KEY + SALT]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Damaged)?;
        Ok(Some(Kept::Open(StoreKey(Zeroizing::new(key)))))
    }

    /// Keeps a key, behind a passphrase or without, in the place of what was kept: it is durable when this returns, so that no store can outlive
    /// it.
    ///
    /// # Errors
    /// What was kept before is kept still.
    pub async fn keep(&self, key: &StoreKey, passphrase: Option<&str>) -> Result<(), KeyError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| KeyError::Entropy)?;
        let nonce = Uint8Array::from(nonce.as_slice());
        let plain = Zeroizing::new(match passphrase {
            Some(passphrase) => Sealed::make(key, passphrase)?.0,
            None => key.0.to_vec(),
        });
        let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
        let algorithm = aes(None)?;
        Reflect::set(&algorithm, &"length".into(), &256.into())?;
        let wrapping: CryptoKey = JsFuture::from(self.crypto.generate_key_with_object(&algorithm, false, &uses)?).await?.unchecked_into();
        let sealed = JsFuture::from(self.crypto.encrypt_with_object_and_u8_array(&aes(Some(&nonce))?, &wrapping, &plain)?).await?;
        let entry = Object::new();
        Reflect::set(&entry, &"wrapping".into(), &wrapping)?;
        Reflect::set(&entry, &"nonce".into(), &nonce)?;
        Reflect::set(&entry, &"sealed".into(), &Uint8Array::new(&sealed))?;
        Reflect::set(&entry, &"locked".into(), &passphrase.is_some().into())?;

        let writing = self.durable()?;
        writing.object_store(KEYS)?.put_with_key(&entry, &STORE.into())?;
        JsFuture::from(Promise::new(&mut |resolve, reject| {
            writing.set_oncomplete(Some(&resolve));
            writing.set_onabort(Some(&reject));
        }))
        .await?;
        Ok(())
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
