//! The client core of the page, in a dedicated worker of one tab: the client over its store in the browser's private file system.
//!
//! Start at shell.rs (what it is asked, and the connection), then store.rs, keyring.rs and stretch.rs (opening), tabs.rs (who asks), files.rs and
//! sealing.rs (what is to be sent), media.rs, opening.rs and pieces.rs (what was received), webcrypto.rs (who seals and opens both), leave.rs
//! (deleting everything).

#[cfg(target_arch = "wasm32")]
mod files;
#[cfg(target_arch = "wasm32")]
mod http;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
mod keyring;
#[cfg(target_arch = "wasm32")]
mod leave;
#[cfg(target_arch = "wasm32")]
mod media;
#[cfg(target_arch = "wasm32")]
mod opening;
#[cfg(target_arch = "wasm32")]
mod pieces;
#[cfg(target_arch = "wasm32")]
mod sealing;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(target_arch = "wasm32")]
mod socket;
#[cfg(target_arch = "wasm32")]
mod store;
#[cfg(target_arch = "wasm32")]
mod stretch;
#[cfg(target_arch = "wasm32")]
mod tabs;
#[cfg(target_arch = "wasm32")]
mod webcrypto;

fn main() {
    #[cfg(target_arch = "wasm32")]
    start::start();
}

#[cfg(target_arch = "wasm32")]
mod start {
    use crate::js;
    use crate::shell::Shell;
    use wasm_bindgen::JsCast as _;
    use wasm_bindgen::closure::Closure;
    use wasm_bindgen_futures::spawn_local;

    /// Held while this core lives: the next one waits for it, and the page learns by it that the core is dead.
    const LOCK: &str = "treehouse-core";

    pub fn start() {
        // A panic ends the worker, and the page starts another: what happened is said where developers look.
        std::panic::set_hook(Box::new(|info| web_sys::console::error_1(&info.to_string().into())));
        spawn_local(async {
            // Without locks two cores would find out at the store: one is let in.
            let _ = js::hold_lock(LOCK).await;
            // The page waits for the lock from now on. A page that is gone hears nothing, and the worker ends with it.
            let _ = js::scope().post_message(&"begun".into());
            let Ok(shell) = Shell::start().await else { return };
            let online = Closure::<dyn FnMut()>::new(move || shell.network_is_back());
            js::scope().set_ononline(Some(online.as_ref().unchecked_ref()));
            // It lives as long as the worker.
            online.forget();
        });
    }
}
