//! Segments of received files, checked and opened by WebCrypto. What is opened goes on to the service worker without passing through our memory.

use crate::js::Lost;
use crate::webcrypto::{Aes, Use, all};
use js_sys::{Array, Promise, Uint8Array};
use media::stream::Opener;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wire::Hash32;

/// A segment is not the one that the message commits to, or does not open.
#[derive(Debug)]
pub struct Foreign;

/// Opens the segments of one file.
pub struct Opening {
    opener: Opener,
    aes: Aes,
}

impl Opening {
    /// # Errors
    /// The browser has no WebCrypto.
    pub async fn of(opener: Opener) -> Result<Self, Lost> {
        let told = opener.elsewhere(0).ok_or_else(|| Lost("a file without a segment".into()))?;
        let aes = Aes::import(told.key, Use::Open).await?;
        Ok(Self { opener, aes })
    }

    pub fn opener(&self) -> &Opener {
        &self.opener
    }

    /// Opens segments, each as it is stored, all at the same time.
    ///
    /// # Errors
    /// [`Foreign`] if one of them is; nothing is decrypted before all of them were found to be the committed ones.
    pub async fn open(&self, segments: &[(u32, Uint8Array)]) -> Result<Vec<Uint8Array>, Foreign> {
        self.check(segments).await?;
        let opened = segments.iter().map(|(number, stored)| self.decrypt(*number, stored));
        let opened: Array = opened.collect::<Result<_, _>>().map_err(|_| Foreign)?;
        all(&opened).await.map_err(|_| Foreign)
    }

    /// Whether segments are those that the message commits to. Nothing of them is decrypted.
    ///
    /// # Errors
    /// [`Foreign`] if one of them is not.
    pub async fn check(&self, segments: &[(u32, Uint8Array)]) -> Result<(), Foreign> {
        let hashes: Array = segments.iter().map(|(_, stored)| self.aes.hash(stored)).collect::<Result<_, _>>().map_err(|_| Foreign)?;
        for ((number, _), hash) in segments.iter().zip(all(&hashes).await.map_err(|_| Foreign)?) {
            if self.opener.elsewhere(*number).ok_or(Foreign)?.hash != hash.to_vec() {
                return Err(Foreign);
            }
        }
        Ok(())
    }

    /// Whether the whole of a file has the SHA-256 that a sender states.
    pub async fn is_as_said(&self, whole: &Uint8Array, stated: &Hash32) -> bool {
        let Ok(hash) = self.aes.hash(whole) else { return false };
        JsFuture::from(hash).await.is_ok_and(|hash| Uint8Array::new(&hash).to_vec() == stated.0)
    }

    fn decrypt(&self, number: u32, stored: &Uint8Array) -> Result<Promise, JsValue> {
        let told = self.opener.elsewhere(number).ok_or(JsValue::UNDEFINED)?;
        self.aes.open(&told.nonce, stored)
    }
}
