//! The safety team: told something by whoever gives no account, and read by those who are in it.

use super::Shell;
use crate::http::Http;
use crate::js;
use client::{Client, Fault, Input, device_failed, server_refused, tell};
use transfer::Trouble;
use transfer::desk::{Hold, Stop, act, drop_in};
use view::page::ToPage;
use view::{DeskDo, DeskDone, DeskRow, Event, Needing, NewTold, Refusal, ReportRefusal, Reported};
use wasm_bindgen_futures::spawn_local;
use wire::desk::Desk;
use wire::{Millis, limits};

impl Shell {
    /// Asks the server for its safety team, for who has no account.
    pub(super) fn team(&self, tab: String, n: u32) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let team = shell.door().await.map(|desk| desk.as_ref().map(client::desk_shown).filter(|desk: &DeskRow| desk.members > 0));
            shell.tabs.tell(&tab, &ToPage::Team { n, team });
        });
    }

    /// Tells it something. Nothing of it touches the store: it is gone from here when the tab is.
    pub(super) fn tell(&self, tab: String, n: u32, id: [u8; 16], new: NewTold) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let made = shell.told(&id, &new).await;
            shell.tabs.tell(&tab, &ToPage::Reported { n, made });
        });
    }

    /// The desk as the server shows it now. With an account it is the one that its pinned identity signed; without, whoever serves this page could
    /// as well serve another page.
    pub(super) async fn door(&self) -> Result<Option<Desk>, Refusal> {
        let record = Http::nameless().safety().await.map_err(|_| Refusal::NotReady { what: Needing::Link })?;
        let Some(record) = record.filter(|record| record.len() <= limits::FRAME_MAX) else { return Ok(None) };
        if self.has_account() {
            return self.with_client(|client| {
                // What the server did not sign is as good as none.
                let _ = client.learn_desk(js::now(), js::entropy(), &record);
                client.desk().map_err(|fault| device_failed(&fault))
            });
        }
        Ok(Desk::decode(&record).ok().map(|(desk, _)| desk))
    }

    async fn told(&self, id: &[u8; 16], new: &NewTold) -> Result<Reported, Refusal> {
        let desk = self.door().await?.ok_or(Refusal::Report(ReportRefusal::NoDesk))?;
        let made = tell(js::now(), js::entropy(), id, &desk, &self.origin, new)?;
        drop_in(&mut Http::nameless(), &desk, made.file, js::entropy()).await.map_err(stopped)?;
        Ok(Reported {
            number: made.number,
            messages: 0,
            closed: 0,
            pictures: new.pictures.len() as u64,
            left_out: vec![],
            hours: Some(desk.hours),
            unsent: None,
            file: None,
            code: made.code,
        })
    }

    /// What a member of the team does.
    pub(super) fn desk(&self, tab: String, n: u32, id: [u8; 16], what: DeskDo) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let done = shell.desk_done(&id, &what).await;
            shell.tabs.tell(&tab, &ToPage::Desk { n, done });
        });
    }

    async fn desk_done(&self, id: &[u8; 16], what: &DeskDo) -> Result<DeskDone, Refusal> {
        // The members may have become others since.
        self.learn().await;
        let mut http = self.http().ok_or(Refusal::NotReady { what: Needing::Link })?;
        let inbox = act(&mut http, &mut Held(self), id, what).await.map_err(stopped)?;
        // All of the list was read with it, whatever was done: other tabs show no longer that something came.
        self.tabs.tell_all(&ToPage::Event(Event::DeskNews));
        // Who has just joined looks by itself from now on.
        self.take(Input::Tick);
        Ok(match what {
            DeskDo::Join { .. } | DeskDo::Look => DeskDone::Inbox(inbox.rows()),
            DeskDo::Open { number } | DeskDo::Mark { number, .. } | DeskDo::Answer { number, .. } | DeskDo::Act { number, .. } => {
                let no_such = || Refusal::Report(ReportRefusal::NoSuchReport { number: number.clone() });
                DeskDone::Case(Box::new(inbox.case(number, &js::written).ok_or_else(no_such)?))
            }
        })
    }
}

/// The client, for one moment at a time.
struct Held<'s>(&'s Shell);

impl Hold for Held<'_> {
    fn with<T>(&mut self, act: impl FnOnce(&mut Client, Millis, [u8; 32]) -> Result<Result<T, Refusal>, Fault>) -> Result<T, Refusal> {
        self.0.with_client(|client| act(client, js::now(), js::entropy()).map_err(|fault| device_failed(&fault))?)
    }
}

pub(super) fn stopped(stop: Stop) -> Refusal {
    match stop {
        Stop::Refused(refusal) => refusal,
        Stop::Trouble(Trouble::Refused(refusal)) => server_refused(refusal),
        Stop::Trouble(Trouble::Lost) => Refusal::NotReady { what: Needing::Link },
    }
}
