//! A hash over frames, in their order: two worlds that sent the same have the same.

use wire::call::Frame;

#[derive(Default)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub fn add(&mut self, frame: &Frame) {
        self.0 = wire::Hash32::of(&[self.0.as_slice(), &frame.encode()].concat()).0;
    }

    pub fn get(&self) -> [u8; 32] {
        self.0
    }
}
