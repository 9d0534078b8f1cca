//! Segments of files that are sent, sealed and hashed by WebCrypto. The two hashes over a whole file stay ours: WebCrypto has none that go on.

use crate::js::Lost;
use crate::webcrypto::{Aes, Use, all};
use js_sys::{Array, Uint8Array};
use media::stream::{SEGMENT, Sealer, TAG, Unhashed};
use wasm_bindgen::JsValue;

/// Seals the segments of one file.
pub struct Sealing {
    aes: Aes,
}

impl Sealing {
    /// # Errors
    /// The browser has no WebCrypto.
    pub async fn of(sealer: &Sealer) -> Result<Self, Lost> {
        Ok(Self { aes: Aes::import(sealer.elsewhere(0).0, Use::Seal).await? })
    }

    /// Seals what was read, where it stands, all segments at the same time; the sealer has it then.
    ///
    /// # Errors
    /// The browser failed.
    pub async fn seal(&self, sealer: &mut Sealer, part: &mut [u8], read: Unhashed) -> Result<(), Lost> {
        let sealed = (read.first..).zip(part[read.place.clone()].chunks(SEGMENT)).map(|(number, segment)| {
            let text = Uint8Array::from(&segment[..segment.len() - TAG]);
            self.aes.seal(&sealer.elsewhere(number).1, &text)
        });
        let sealed = sealed.collect::<Result<Array, JsValue>>()?;
        // While the browser seals them their text is hashed here.
        let unsealed = sealer.hash(part, read);
        let sealed = all(&sealed).await?;
        let hashes = sealed.iter().map(|segment| self.aes.hash(segment)).collect::<Result<Array, JsValue>>()?;
        // While the browser hashes them they are copied.
        for (segment, bytes) in part[unsealed.place.clone()].chunks_mut(SEGMENT).zip(&sealed) {
            if bytes.length() as usize != segment.len() {
                return Err(Lost("a segment of another length".into()));
            }
            bytes.copy_to(segment);
        }
        let hashes =
            all(&hashes).await?.into_iter().map(|hash| hash.to_vec().try_into().map_err(|_| Lost("a hash of another length".into())));
        let hashes = hashes.collect::<Result<Vec<[u8; 32]>, Lost>>()?;
        sealer.took(part, unsealed, &hashes);
        Ok(())
    }
}
