//! The worker that reads QR codes: a page that scans none never fetches it, and a picture that breaks it breaks nothing else.
//!
//! It is given pictures, as `width 4, little-endian | one byte of grey a point`, and answers in their order: the text of a code, or nothing. It asks
//! nobody anything and keeps nothing.

#[cfg(target_arch = "wasm32")]
mod worker;

fn main() {
    #[cfg(target_arch = "wasm32")]
    worker::start();
}
