//! Segments of received files, checked and opened by WebCrypto: with the processor's own instructions and beside this thread, several times as
//! fast as a cipher in wasm. What is opened goes on to the service worker without passing through our memory.

use crate::js::{self, Lost};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use media::stream::Opener;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

/// A segment is not the one that the message commits to, or does not open.
#[derive(Debug)]
pub struct Foreign;

/// Opens the segments of one file.
pub struct Opening {
    opener: Opener,
    crypto: SubtleCrypto,
    key: CryptoKey,
}

impl Opening {
    /// # Errors
    /// The browser has no WebCrypto.
    pub async fn of(opener: Opener) -> Result<Self, Lost> {
        let crypto = js::scope().crypto()?.subtle();
        let told = opener.elsewhere(0).ok_or_else(|| Lost("a file without a segment".into()))?;
        let raw = Uint8Array::from(told.key.as_slice());
        let (name, uses) = (algorithm(None)?, Array::of1(&"decrypt".into()));
        let imported = crypto.import_key_with_object("raw", &raw, &name, false, &uses)?;
        let key = JsFuture::from(imported).await?.unchecked_into();
        raw.fill(0, 0, raw.length());
        Ok(Self { opener, crypto, key })
    }

    pub fn opener(&self) -> &Opener {
        &self.opener
    }

    /// Opens segments, each as it is stored, all at the same time.
    ///
    /// # Errors
    /// [`Foreign`] if one of them is; nothing is decrypted before all of them were found to be the committed ones.
    pub async fn open(&self, segments: &[(u32, Uint8Array)]) -> Result<Vec<Uint8Array>, Foreign> {
        let hashes: Array = segments.iter().map(|(_, stored)| self.hash(stored)).collect::<Result<_, _>>().map_err(|_| Foreign)?;
        for ((number, _), hash) in segments.iter().zip(all(&hashes).await.map_err(|_| Foreign)?) {
            if self.opener.elsewhere(*number).ok_or(Foreign)?.hash != hash.to_vec() {
                return Err(Foreign);
            }
        }
        let opened = segments.iter().map(|(number, stored)| self.decrypt(*number, stored));
        let opened: Array = opened.collect::<Result<_, _>>().map_err(|_| Foreign)?;
        all(&opened).await.map_err(|_| Foreign)
    }

    fn hash(&self, stored: &Uint8Array) -> Result<Promise, JsValue> {
        self.crypto.digest_with_str_and_js_u8_array("SHA-256", stored)
    }

    fn decrypt(&self, number: u32, stored: &Uint8Array) -> Result<Promise, JsValue> {
        let told = self.opener.elsewhere(number).ok_or(JsValue::UNDEFINED)?;
        self.crypto.decrypt_with_object_and_js_u8_array(&algorithm(Some(&told.nonce))?, &self.key, stored)
    }
}

/// AES-GCM, with a nonce where something is sealed or opened.
pub fn algorithm(nonce: Option<&[u8]>) -> Result<Object, JsValue> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into())?;
    if let Some(nonce) = nonce {
        Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(nonce))?;
    }
    Ok(algorithm)
}

/// Waits for all of them; each gives bytes.
pub async fn all(promises: &Array) -> Result<Vec<Uint8Array>, Lost> {
    let done = JsFuture::from(Promise::all(promises)).await?;
    Ok(Array::from(&done).iter().map(|bytes| Uint8Array::new(&bytes)).collect())
}
