//! The page: what a person sees and touches. It knows only `view`; everything else is done by the core, which runs in a worker.
//!
//! Elements are made by the builders of `leptos::html`, never by its `view!` macro: that one makes what does not change from text, through
//! `innerHTML`, which trusted types forbid here. `crates/web/pack` refuses a page whose glue could do it.

#[cfg(target_arch = "wasm32")]
mod start;
#[cfg(target_arch = "wasm32")]
mod worker;

fn main() {
    #[cfg(target_arch = "wasm32")]
    start::start();
}
