//! The client core of the page, in a dedicated worker: the client over its store in the browser's private file system.
//!
//! Start at worker.rs (what it is told and asked), then store.rs (opening), keyring.rs (the store's key).

#[cfg(target_arch = "wasm32")]
mod keyring;
#[cfg(target_arch = "wasm32")]
mod store;
#[cfg(target_arch = "wasm32")]
mod worker;

fn main() {
    #[cfg(target_arch = "wasm32")]
    worker::start();
}
