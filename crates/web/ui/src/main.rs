//! The page: what a person sees and touches. It knows only `view`, and `safety` for whom to turn to; everything else is done by the core, which
//! runs in a worker of one tab.
//!
//! Start at start.rs, then app.rs (what all parts share), frame.rs (what is shown when) and home.rs (once there is an account), which is in the file
//! that rest.rs fetches after the first screen. A folder is what one does there: account, list, chat, report,
//! desk, notice, help; words/ has every word, link/ the way to the core. Elements are made by html.rs, one by one and never from a
//! string: trusted types forbid `innerHTML`, and `crates/web/pack` refuses a page whose glue could do it.

#[cfg(target_arch = "wasm32")]
mod account;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(any(test, target_arch = "wasm32"))]
mod around;
#[cfg(target_arch = "wasm32")]
mod chat;
#[cfg(target_arch = "wasm32")]
mod desk;
#[cfg(target_arch = "wasm32")]
mod device;
#[cfg(target_arch = "wasm32")]
mod focus;
#[cfg(target_arch = "wasm32")]
mod frame;
#[cfg(target_arch = "wasm32")]
mod help;
#[cfg(target_arch = "wasm32")]
mod home;
#[cfg(target_arch = "wasm32")]
mod html;
#[cfg(target_arch = "wasm32")]
mod icons;
#[cfg(target_arch = "wasm32")]
mod link;
#[cfg(target_arch = "wasm32")]
mod list;
#[cfg(any(test, target_arch = "wasm32"))]
mod markdown;
#[cfg(target_arch = "wasm32")]
mod notice;
#[cfg(any(test, target_arch = "wasm32"))]
mod opus;
#[cfg(any(test, target_arch = "wasm32"))]
mod order;
#[cfg(target_arch = "wasm32")]
mod parts;
#[cfg(target_arch = "wasm32")]
mod report;
#[cfg(target_arch = "wasm32")]
mod rest;
#[cfg(target_arch = "wasm32")]
mod start;
#[cfg(target_arch = "wasm32")]
mod time;
#[cfg(any(test, target_arch = "wasm32"))]
mod who_lines;
#[cfg(any(test, target_arch = "wasm32"))]
mod words;

fn main() {
    #[cfg(target_arch = "wasm32")]
    start::start();
}
