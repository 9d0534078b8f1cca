//! Segments of files that are sent, sealed and hashed by WebCrypto. The two hashes over a whole file stay ours: WebCrypto has none that go on.

use crate::js::{self, Lost};
use crate::opening::{algorithm, all};
use js_sys::{Array, Uint8Array};
use media::stream::{SEGMENT, Sealer, TAG, Unsealed};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

/// Seals the segments of one file.
pub struct Sealing {
    crypto: SubtleCrypto,
    key: CryptoKey,
}

impl Sealing {
    /// # Errors
    /// The browser has no WebCrypto.
    pub async fn of(sealer: &Sealer) -> Result<Self, Lost> {
        let crypto = js::scope().crypto()?.subtle();
        let raw = Uint8Array::from(sealer.elsewhere(0).0.as_slice());
        let (name, uses) = (algorithm(None)?, Array::of1(&"encrypt".into()));
        let imported = crypto.import_key_with_object("raw", &raw, &name, false, &uses)?;
        let key = JsFuture::from(imported).await?.unchecked_into();
        raw.fill(0, 0, raw.length());
        Ok(Self { crypto, key })
    }

    /// Seals what was read, where it stands, all segments at the same time; gives their hashes.
    ///
    /// # Errors
    /// The browser failed.
    pub async fn seal(&self, sealer: &Sealer, part: &mut [u8], unsealed: &Unsealed) -> Result<Vec<[u8; 32]>, Lost> {
        let room = &mut part[unsealed.place.clone()];
        let sealed = (unsealed.first..).zip(room.chunks(SEGMENT)).map(|(number, segment)| {
            let algorithm = algorithm(Some(&sealer.elsewhere(number).1))?;
            self.crypto.encrypt_with_object_and_js_u8_array(&algorithm, &self.key, &Uint8Array::from(&segment[..segment.len() - TAG]))
        });
        let sealed = all(&sealed.collect::<Result<Array, JsValue>>()?).await?;
        let hashes = sealed.iter().map(|segment| self.crypto.digest_with_str_and_js_u8_array("SHA-256", segment));
        let hashes = hashes.collect::<Result<Array, JsValue>>()?;
        // While the browser hashes them they are copied.
        for (segment, bytes) in room.chunks_mut(SEGMENT).zip(&sealed) {
            if bytes.length() as usize != segment.len() {
                return Err(Lost("a segment of another length".into()));
            }
            bytes.copy_to(segment);
        }
        let hashes =
            all(&hashes).await?.into_iter().map(|hash| hash.to_vec().try_into().map_err(|_| Lost("a hash of another length".into())));
        hashes.collect()
    }
}
