//! The page that checks a report from a file, without a network and without an account: the same check and the same words as `treehouse verify`.
//!
//! `crates/web/pack` puts this module into one HTML file. It can read a file that somebody chooses, and nothing else: it has no way to a network.

#[cfg(target_arch = "wasm32")]
mod page;

fn main() {
    #[cfg(target_arch = "wasm32")]
    page::start();
}
