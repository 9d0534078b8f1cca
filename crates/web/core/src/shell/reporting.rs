//! What is kept is opened, and a report is made and brought where it is to go: to the safety team on a connection that names nobody, to a contact as
//! a file, or into the hands of whoever made it.

use super::Shell;
use crate::http::Http;
use crate::js;
use client::{Client, KeptVoice, device_failed, one_time_passphrase, sending_of};
use js_sys::{Array, Uint8Array};
use transfer::desk::drop_in;
use view::page::ToPage;
use view::{
    BoxFile, ChatKind, Command, Event, FileSort, KeptRow, MadeReport, NewReport, OriginalFile, Outgoing, OutgoingFile, Query, Refusal,
    ReportFile, ReportRefusal, ReportTo, Reported, View, Words,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use wire::desk::Desk;

/// Between two looks whether there is a session, in milliseconds.
const JOINING: i32 = 100;

impl Shell {
    pub(super) fn open_box(&self, tab: &str, n: u32, passphrase: &Words) {
        let Some(kept) = self.client.borrow().as_ref().map(|client| kept(client, passphrase)) else { return };
        self.tabs.tell(tab, &ToPage::Box { n, kept });
    }

    /// Fetches the sealed bytes of what is kept, as far as they are not here: what is not there now is asked for with the next connection.
    pub(super) fn keep_sealed_files(&self) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            // Asked first: with the connection it may come that a sender took something back.
            let wanted = shell.with_client(|client| client.kept_wanted().map_err(|fault| device_failed(&fault))).unwrap_or_default();
            // The line is up before there is a session, and without one nothing is fetched.
            while !wanted.is_empty() && shell.is_open() && shell.is_joining() {
                js::sleep(JOINING).await;
            }
            for wanted in wanted {
                let Ok((sealed, here)) = shell.media().sealed(&wanted.file, shell.http()).await else { continue };
                if let Some(here) = here {
                    shell.kept(wanted.file.blob, here);
                }
                // Without room it is tried again, as without a connection.
                let _ = shell.with_client(|client| {
                    client.keep_sealed(js::now(), js::entropy(), &wanted, &sealed).map_err(|fault| device_failed(&fault))
                });
            }
        });
    }

    pub(super) fn box_files(&self, tab: &str, n: u32, passphrase: &Words, (kept, what): (i64, BoxFile)) {
        let files = self.with_client(|client| {
            let open = client.open_box(passphrase).map_err(|fault| device_failed(&fault))??;
            match what {
                BoxFile::Sealed => client.kept_sealed(&open, kept).map_err(|fault| device_failed(&fault))?,
                BoxFile::Voice => {
                    let voices = client.kept_voice(&open, kept).map_err(|fault| device_failed(&fault))??;
                    voices.into_iter().map(heard).collect()
                }
                BoxFile::Screenshot => client.kept_screenshot(&open, kept).map_err(|fault| device_failed(&fault))?.map(|file| vec![file]),
            }
        });
        self.tabs.tell(tab, &ToPage::Originals { n, files });
    }

    pub(super) fn report(&self, tab: String, n: u32, id: [u8; 16], new: NewReport, opens: Option<Words>) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let (chat, messages) = (new.chat, new.messages.clone());
            let made = shell.make_and_bring(&id, new, opens).await;
            // What was covered is a private picture now: whoever shows it asks anew.
            for message in messages.into_iter().filter(|_| made.is_ok()) {
                shell.tabs.tell_all(&ToPage::Event(Event::MessageChanged { chat, message }));
            }
            shell.tabs.tell(&tab, &ToPage::Reported { n, made });
        });
    }

    /// Asks the server for its safety team, in nobody's name. Without an answer this device goes on with what it knows.
    pub(super) fn learn_desk(&self) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move { shell.learn().await });
    }

    pub(super) async fn learn(&self) {
        let Ok(Some(record)) = Http::nameless().safety().await else { return };
        if let Some(client) = self.client.borrow_mut().as_mut() {
            // What the server did not sign is as good as none.
            let _ = client.learn_desk(js::now(), js::entropy(), &record);
        }
        self.hear_answers().await;
    }

    async fn make_and_bring(&self, id: &[u8; 16], mut new: NewReport, opens: Option<Words>) -> Result<Reported, Refusal> {
        if new.to.is_dropped() {
            self.learn().await;
        }
        if let ReportTo::Passphrase(words) = &mut new.to
            && words.expose().is_empty()
        {
            *words = one_time_passphrase(js::entropy());
        }
        let made = self.with_client(|client| {
            let open =
                opens.as_ref().map(|words| client.open_box(words).map_err(|fault| device_failed(&fault))).transpose()?.transpose()?;
            client.make_report(js::now(), js::entropy(), id, &new, open.as_ref()).map_err(|fault| device_failed(&fault))?
        })?;
        let (mut hours, mut unsent, mut file) = (None, None, None);
        match new.to {
            // A core before this one brought it, and could not say so any more.
            ReportTo::Desk | ReportTo::Outside | ReportTo::Lead if made.brought => hours = Some(self.known_desk()?.hours),
            ReportTo::Contact(_) if made.brought => {}
            // It lies here until it has arrived: trying again makes no second one.
            ReportTo::Desk | ReportTo::Outside | ReportTo::Lead => match self.bring(&made.file).await {
                Ok(within) => hours = Some(within),
                Err(why) => unsent = Some(why),
            },
            ReportTo::Contact(name) => self.send_report(id, &name, &made).await?,
            ReportTo::Passphrase(passphrase) => file = Some(ReportFile { bytes: made.file, passphrase }),
        }
        Ok(Reported {
            number: made.number,
            messages: made.messages,
            closed: made.closed,
            pictures: made.pictures,
            left_out: made.left_out,
            hours,
            unsent,
            file,
            code: None,
        })
    }

    pub(super) fn with_client<T>(&self, act: impl FnOnce(&mut Client) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut client = self.client.borrow_mut();
        act(client.as_mut().ok_or(Refusal::NotSignedUp)?)
    }

    /// A report that was made here: it counts as sent once the server has it.
    pub(super) async fn bring(&self, file: &[u8]) -> Result<u16, Refusal> {
        let hours = self.drop_in(file).await?;
        self.with_client(|client| client.report_sent(js::now(), js::entropy(), file).map_err(|fault| device_failed(&fault))?)?;
        Ok(hours)
    }

    /// Into the log of the safety team.
    pub(super) async fn drop_in(&self, file: &[u8]) -> Result<u16, Refusal> {
        let desk = self.known_desk()?;
        drop_in(&mut Http::nameless(), &desk, file.to_vec(), js::entropy()).await.map_err(super::desk::stopped)?;
        Ok(desk.hours)
    }

    fn known_desk(&self) -> Result<Desk, Refusal> {
        self.with_client(|client| {
            let desk = client.desk().map_err(|fault| device_failed(&fault))?;
            desk.ok_or(Refusal::Report(ReportRefusal::NoDesk))
        })
    }

    /// As a file in the chat of two: the server sees a file like any other.
    async fn send_report(&self, id: &[u8; 16], name: &str, made: &MadeReport) -> Result<(), Refusal> {
        let chat = self.with_client(|client| match client.ask(js::now(), Query::Chats).map_err(|fault| device_failed(&fault))? {
            View::Chats(lines) => {
                let found = lines.into_iter().find(|line| line.row.kind == ChatKind::Two && line.row.name == name);
                found.map(|line| line.row.id).ok_or_else(|| Refusal::NoSuchUser { name: name.to_owned() })
            }
            _ => Err(Refusal::NoSuchUser { name: name.to_owned() }),
        })?;
        let outgoing = self.outgoing.borrow().clone().ok_or(Refusal::NotSignedUp)?;
        let name = format!("report-{}.thr", made.number);
        let file = File::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(made.file.as_slice())), &name)
            .map_err(|error| super::refusal(&error.into()))?;
        let source = outgoing.keep(file).await.map_err(|lost| super::refusal(&lost))?;
        let file = OutgoingFile { source, name, alt: None, original: true, sort: FileSort::Found };
        let what = Outgoing::Files { files: vec![file], caption: None };
        self.command(sending_of(id), Command::Send { chat, what, reply: None }).map(drop)
    }
}

/// Opened and found to be sound: nothing else is given out of the box.
fn heard(KeptVoice { file, mut sealed }: KeptVoice) -> Result<OriginalFile, Refusal> {
    let damaged = || Refusal::Report(ReportRefusal::Damaged);
    let plain = media::heard(&file, &mut sealed).ok_or_else(damaged)?;
    Ok(OriginalFile { name: file.media_type.as_str().to_owned(), bytes: plain.to_vec() })
}

fn kept(client: &Client, passphrase: &Words) -> Result<Vec<KeptRow>, Refusal> {
    let open = client.open_box(passphrase).map_err(|fault| device_failed(&fault))??;
    client.kept(&open).map_err(|fault| device_failed(&fault))?
}
