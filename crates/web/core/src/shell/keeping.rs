//! Where the account lives: in the browser's private files, in memory alone, or nowhere any more.

use super::Shell;
use crate::files::Outgoing;
use crate::js::{self, Lost};
use crate::leave;
use crate::store::{self, Found};
use std::rc::Rc;
use view::page::{Broken, Core, Keeping, ToPage};
use view::{Command, Refusal, VaultCommand};
use wasm_bindgen_futures::spawn_local;

/// Between two looks whether the store is made.
const MAKING: i32 = 20;

impl Shell {
    /// Starts with what is there. Nothing is written where nothing was: that waits for an account.
    pub(super) async fn load(&self) {
        let loaded = match store::is_there().await {
            Ok(true) => self.open_here().await,
            Ok(false) => store::in_memory().map(|client| drop(self.client.replace(Some(client)))),
            Err(why) => Err(why),
        };
        if let Err(why) = loaded {
            self.broken.set(Some(why));
        }
        self.tell_state();
    }

    /// Opens the store in the browser's private files, or makes it.
    async fn open_here(&self) -> Result<(), Broken> {
        let (held, found) = store::find(&js::scope()).await?;
        self.held.replace(Some(held));
        self.keeping.set(Keeping::Here);
        match found {
            Found::Key(key) => self.open(key).await,
            Found::Locked(sealed) => {
                self.lock.set(true);
                self.sealed.replace(Some(sealed));
                Ok(())
            }
        }
    }

    /// Does what makes an account or brings one back, once it is settled where that is to live.
    pub(super) fn begin(&self, tab: String, n: u32, id: [u8; 16], command: Command, keeping: Keeping) {
        // Before it is known what is here nothing is made: whoever asked asks again when it is.
        let Some(shell) = self.me.upgrade().filter(|_| self.state().is_some()) else { return };
        spawn_local(async move {
            while shell.making.get() {
                js::sleep(MAKING).await;
            }
            shell.making.set(true);
            let settled = shell.settle(keeping).await;
            shell.making.set(false);
            let reply = match settled {
                Ok(()) => shell.command(id, command),
                Err(Broken::Full) => Err(Refusal::DiskFull),
                Err(why) => {
                    // Nobody is here yet: what is said is why.
                    shell.broken.set(Some(why));
                    shell.tell_state();
                    return;
                }
            };
            shell.tabs.tell(&tab, &ToPage::Done { n, reply });
        });
    }

    async fn settle(&self, wanted: Keeping) -> Result<(), Broken> {
        if self.has_account() {
            return Ok(());
        }
        match (self.keeping.get(), wanted) {
            (Keeping::Undecided, Keeping::Nothing) => {
                self.keeping.set(Keeping::Nothing);
                self.media.keep_nothing();
                self.outgoing.replace(Some(Rc::new(Outgoing::Memory(Default::default()))));
            }
            (Keeping::Undecided | Keeping::Nothing, Keeping::Here | Keeping::Undecided) => self.open_here().await?,
            (Keeping::Here, Keeping::Nothing) => {
                // An empty store, of an attempt that was refused. The next core finds none, and is asked again.
                self.let_go().await.map_err(|_| Broken::Other)?;
                js::scope().close();
                std::future::pending().await
            }
            (Keeping::Here, _) | (Keeping::Nothing, Keeping::Nothing) => return Ok(()),
        }
        self.tell_state();
        Ok(())
    }

    /// Deletes everything and says so to all tabs, which leave.
    pub(super) fn log_out(&self) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            // What is left is deleted once more by the tabs, and by the browser when it is told to.
            let _ = shell.let_go().await;
            shell.left.set(true);
            shell.tell_state();
        });
    }

    /// Ends where a passphrase is asked for, with all that this core knows: a worker that is gone holds no key in its memory, and what it was about to send
    /// goes on as after a tab that was closed. The tabs hear of it first.
    pub(super) fn lock_now(&self) {
        if !self.lock.get() || !self.is_open() {
            return;
        }
        self.tabs.tell_all(&ToPage::Core(Core::Locking));
        // Whatever is open still is closed with the worker.
        let _ = self.stop();
        js::scope().close();
    }

    async fn let_go(&self) -> Result<(), Lost> {
        self.uploading.borrow_mut().clear();
        let closed = self.stop();
        leave::delete_everything().await.and(closed)
    }

    /// Closes the line and the store.
    fn stop(&self) -> Result<(), Lost> {
        self.wake.replace(None);
        {
            let mut connection = self.connection.borrow_mut();
            connection.number += 1;
            connection.socket = None;
            connection.timer = None;
        }
        self.client.replace(None);
        self.key.replace(None);
        self.outgoing.replace(None);
        self.held.replace(None).map_or(Ok(()), |held| held.let_go())
    }

    pub(super) fn has_account(&self) -> bool {
        self.client.borrow().as_ref().is_some_and(|client| client.server_url().is_ok_and(|url| url.is_some()))
    }
}

/// Whether a command makes an account or brings one back.
pub(super) fn begins(command: &Command) -> bool {
    matches!(command, Command::SignUp { .. } | Command::Vault(VaultCommand::Restore { .. } | VaultCommand::RestoreFile { .. }))
}
