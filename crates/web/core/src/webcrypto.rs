//! AES-256-GCM and SHA-256 of the browser itself: with the processor's own instructions and beside this thread, several times as fast as in wasm.

use crate::js::{self, Lost};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Seal,
    Open,
}

/// AES-256-GCM under one key, which the browser does not give out again. A tag of 16 bytes stands behind what is sealed.
#[derive(Clone)]
pub struct Aes {
    crypto: SubtleCrypto,
    key: CryptoKey,
}

impl Aes {
    /// # Errors
    /// The browser has no WebCrypto.
    pub async fn import(key: &[u8; 32], to: Use) -> Result<Self, Lost> {
        let crypto = js::scope().crypto()?.subtle();
        let name = algorithm(None)?;
        let uses = Array::of1(&JsValue::from_str(match to {
            Use::Seal => "encrypt",
            Use::Open => "decrypt",
        }));
        let raw = Uint8Array::from(key.as_slice());
        let imported = match crypto.import_key_with_object("raw", &raw, &name, false, &uses) {
            Ok(importing) => JsFuture::from(importing).await,
            Err(refused) => Err(refused),
        };
        raw.fill(0, 0, raw.length());
        Ok(Self { crypto, key: imported?.unchecked_into() })
    }

    /// # Errors
    /// The browser failed.
    pub fn seal(&self, nonce: &[u8], text: &Uint8Array) -> Result<Promise, JsValue> {
        self.crypto.encrypt_with_object_and_js_u8_array(&algorithm(Some(nonce))?, &self.key, text)
    }

    /// The promise is rejected where the tag is wrong.
    ///
    /// # Errors
    /// The browser failed.
    pub fn open(&self, nonce: &[u8], sealed: &Uint8Array) -> Result<Promise, JsValue> {
        self.crypto.decrypt_with_object_and_js_u8_array(&algorithm(Some(nonce))?, &self.key, sealed)
    }

    /// SHA-256.
    ///
    /// # Errors
    /// The browser failed.
    pub fn hash(&self, bytes: &Uint8Array) -> Result<Promise, JsValue> {
        self.crypto.digest_with_str_and_js_u8_array("SHA-256", bytes)
    }
}

/// AES-GCM, with a nonce where something is sealed or opened.
fn algorithm(nonce: Option<&[u8]>) -> Result<Object, JsValue> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into())?;
    if let Some(nonce) = nonce {
        Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(nonce))?;
    }
    Ok(algorithm)
}

/// Waits for all of them; each gives bytes.
///
/// # Errors
/// One of them failed.
pub async fn all(promises: &Array) -> Result<Vec<Uint8Array>, Lost> {
    let done = JsFuture::from(Promise::all(promises)).await?;
    Ok(Array::from(&done).iter().map(|bytes| Uint8Array::new(&bytes)).collect())
}
