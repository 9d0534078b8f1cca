//! The worker that looks at pictures for the curtain: a page that never needs it never fetches it.
//!
//! It is told the address of the model once, as text, and fetches that; then it is given pictures, [`picture::PICTURE_LEN`] bytes each, and answers in
//! their order: whether there is to be a curtain (`picture::Scores`), or nothing when it cannot look. It asks the network for nothing else and keeps nothing.

#[cfg(target_arch = "wasm32")]
mod worker;

fn main() {
    #[cfg(target_arch = "wasm32")]
    worker::start();
}
