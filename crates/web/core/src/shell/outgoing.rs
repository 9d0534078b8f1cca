//! Files that somebody chose to send.

use super::{Shell, refusal};
use std::rc::Rc;
use view::page::ToPage;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

impl Shell {
    /// Keeps one until it is sent, and tells the tab under which source.
    pub(super) fn keep_outgoing(&self, tab: String, n: u32, file: Option<File>) {
        let Some((file, outgoing)) = file.zip(self.outgoing.borrow().clone()) else { return };
        let tabs = Rc::clone(&self.tabs);
        spawn_local(async move {
            let source = outgoing.keep(file).await.map_err(|lost| refusal(&lost));
            tabs.tell(&tab, &ToPage::Kept { n, source });
        });
    }

    /// One that is not sent after all.
    pub(super) fn drop_source(&self, source: String) {
        let Some(outgoing) = self.outgoing.borrow().clone() else { return };
        spawn_local(async move { outgoing.drop_one(&source).await });
    }
}
