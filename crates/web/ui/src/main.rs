//! The page: what a person sees and touches. It knows only `view`, and `safety` for whom to turn to; everything else is done by the core, which
//! runs in a worker of one tab.
//!
//! Start at start.rs, then app.rs (what all parts share) and frame.rs (what is shown when). Elements are made by html.rs, one by one and never from a
//! string: trusted types forbid `innerHTML`, and `crates/web/pack` refuses a page whose glue could do it.

#[cfg(target_arch = "wasm32")]
mod actions;
#[cfg(target_arch = "wasm32")]
mod acts;
#[cfg(target_arch = "wasm32")]
mod addressee;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(any(test, target_arch = "wasm32"))]
mod around;
#[cfg(target_arch = "wasm32")]
mod beside;
#[cfg(target_arch = "wasm32")]
mod bubble;
#[cfg(target_arch = "wasm32")]
mod cards;
#[cfg(any(test, target_arch = "wasm32"))]
mod care;
#[cfg(any(test, target_arch = "wasm32"))]
mod cautions;
#[cfg(target_arch = "wasm32")]
mod chat;
#[cfg(target_arch = "wasm32")]
mod composer;
#[cfg(target_arch = "wasm32")]
mod desk;
#[cfg(target_arch = "wasm32")]
mod details;
#[cfg(target_arch = "wasm32")]
mod device;
#[cfg(target_arch = "wasm32")]
mod doing;
#[cfg(target_arch = "wasm32")]
mod drafts;
#[cfg(target_arch = "wasm32")]
mod emoji;
#[cfg(target_arch = "wasm32")]
mod errand;
#[cfg(target_arch = "wasm32")]
mod facts;
#[cfg(target_arch = "wasm32")]
mod find;
#[cfg(target_arch = "wasm32")]
mod focus;
#[cfg(target_arch = "wasm32")]
mod forward;
#[cfg(target_arch = "wasm32")]
mod frame;
#[cfg(target_arch = "wasm32")]
mod friends;
#[cfg(target_arch = "wasm32")]
mod group;
#[cfg(any(test, target_arch = "wasm32"))]
mod guides;
#[cfg(any(test, target_arch = "wasm32"))]
mod happened;
#[cfg(target_arch = "wasm32")]
mod help;
#[cfg(target_arch = "wasm32")]
mod html;
#[cfg(target_arch = "wasm32")]
mod icons;
#[cfg(target_arch = "wasm32")]
mod keep;
#[cfg(target_arch = "wasm32")]
mod know;
#[cfg(target_arch = "wasm32")]
mod known;
#[cfg(target_arch = "wasm32")]
mod leader;
#[cfg(target_arch = "wasm32")]
mod leave;
#[cfg(target_arch = "wasm32")]
mod link;
#[cfg(target_arch = "wasm32")]
mod list;
#[cfg(any(test, target_arch = "wasm32"))]
mod locale;
#[cfg(target_arch = "wasm32")]
mod long;
#[cfg(target_arch = "wasm32")]
mod looking;
#[cfg(any(test, target_arch = "wasm32"))]
mod markdown;
#[cfg(target_arch = "wasm32")]
mod mention;
#[cfg(target_arch = "wasm32")]
mod notice;
#[cfg(target_arch = "wasm32")]
mod notify;
#[cfg(any(test, target_arch = "wasm32"))]
mod opus;
#[cfg(any(test, target_arch = "wasm32"))]
mod order;
#[cfg(target_arch = "wasm32")]
mod own;
#[cfg(target_arch = "wasm32")]
mod parts;
#[cfg(target_arch = "wasm32")]
mod pause;
#[cfg(target_arch = "wasm32")]
mod people;
#[cfg(target_arch = "wasm32")]
mod poll;
#[cfg(target_arch = "wasm32")]
mod private;
#[cfg(target_arch = "wasm32")]
mod qr;
#[cfg(any(test, target_arch = "wasm32"))]
mod refusals;
#[cfg(target_arch = "wasm32")]
mod report;
#[cfg(target_arch = "wasm32")]
mod restore;
#[cfg(target_arch = "wasm32")]
mod safe;
#[cfg(target_arch = "wasm32")]
mod screens;
#[cfg(target_arch = "wasm32")]
mod search;
#[cfg(target_arch = "wasm32")]
mod settings;
#[cfg(target_arch = "wasm32")]
mod share;
#[cfg(target_arch = "wasm32")]
mod shelf;
#[cfg(target_arch = "wasm32")]
mod staff;
#[cfg(target_arch = "wasm32")]
mod start;
#[cfg(target_arch = "wasm32")]
mod stream;
#[cfg(any(test, target_arch = "wasm32"))]
mod team;
#[cfg(target_arch = "wasm32")]
mod tell;
#[cfg(target_arch = "wasm32")]
mod time;
#[cfg(target_arch = "wasm32")]
mod tray;
#[cfg(target_arch = "wasm32")]
mod trusted;
#[cfg(target_arch = "wasm32")]
mod typing;
#[cfg(target_arch = "wasm32")]
mod viewer;
#[cfg(target_arch = "wasm32")]
mod voice;
#[cfg(target_arch = "wasm32")]
mod welcome;
#[cfg(target_arch = "wasm32")]
mod who;
#[cfg(any(test, target_arch = "wasm32"))]
mod who_lines;
#[cfg(any(test, target_arch = "wasm32"))]
mod words;
#[cfg(target_arch = "wasm32")]
mod worker;

fn main() {
    #[cfg(target_arch = "wasm32")]
    start::start();
}
