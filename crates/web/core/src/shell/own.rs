//! Reports of one's own: what the safety team answered, and taking one back. In nobody's name, with an account or without.

use super::Shell;
use super::desk::stopped;
use crate::http::Http;
use crate::js;
use client::{AnswerKeys, Fault, device_failed, look_with_code, take_back_with_code};
use transfer::desk::{CODE_ANSWERS, LOOK_ANSWERS, answers, drop_in};
use view::page::ToPage;
use view::{OwnDo, OwnReport, Refusal, ReportRefusal, Words};
use wasm_bindgen_futures::spawn_local;
use wire::Seq;
use wire::desk::Desk;

impl Shell {
    pub(super) fn own(&self, tab: String, n: u32, what: OwnDo) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let found = shell.owned(what).await;
            shell.tabs.tell(&tab, &ToPage::Own { n, found });
        });
    }

    async fn owned(&self, what: OwnDo) -> Result<Vec<OwnReport>, Refusal> {
        match what {
            OwnDo::List => {
                self.learn().await;
                self.own_reports()
            }
            OwnDo::SendAgain { number } => {
                self.learn().await;
                let file = self.with_client(|client| client.unsent_report(&number).map_err(|fault| device_failed(&fault))?)?;
                self.bring(&file).await?;
                self.own_reports()
            }
            OwnDo::TakeBack { number } => {
                self.learn().await;
                let file = self
                    .with_client(|client| client.take_back(js::now(), js::entropy(), &number).map_err(|fault| device_failed(&fault))?)?;
                self.drop_in(&file).await?;
                self.with_client(|client| client.taken_back(js::now(), js::entropy(), &number).map_err(|fault| device_failed(&fault))?)?;
                self.own_reports()
            }
            OwnDo::Code { code } => {
                let desk = self.team_now().await?;
                Ok(vec![coded(&desk, &code).await?])
            }
            OwnDo::TakeBackCode { code } => {
                let desk = self.team_now().await?;
                let file = take_back_with_code(js::entropy(), &desk, &code)?;
                drop_in(&mut Http::nameless(), &desk, file, js::entropy()).await.map_err(stopped)?;
                Ok(vec![OwnReport { taken_back: true, ..coded(&desk, &code).await? }])
            }
        }
    }

    fn own_reports(&self) -> Result<Vec<OwnReport>, Refusal> {
        self.with_client(|client| client.own_reports().map_err(|fault| device_failed(&fault)))
    }

    async fn team_now(&self) -> Result<Desk, Refusal> {
        self.door().await?.ok_or(Refusal::Report(ReportRefusal::NoDesk))
    }

    /// Reads on in the answers, as everybody does, and tries on each as many keys as everybody: how long the socket waits meanwhile says nothing.
    pub(super) async fn hear_answers(&self) {
        let known = self.with_client(|client| {
            let keys = client.answer_keys(js::now(), js::entropy());
            let known = || -> Result<_, Fault> { Ok((client.desk()?, client.answers_after()?, keys?)) };
            known().map_err(|fault| device_failed(&fault))
        });
        let Ok((Some(desk), after, mut keys)) = known else { return };
        let Some(log) = desk.more.as_ref().map(|more| more.answers) else { return };
        let read = answers(&mut Http::nameless(), &desk, (after, LOOK_ANSWERS), &mut keys, async || js::sleep(0).await).await;
        let Ok(to) = read else { return };
        if let Some(client) = self.client.borrow_mut().as_mut() {
            // What this device could not keep is read again the next time.
            let _ = client.hear_answers(js::now(), js::entropy(), (log, to), &keys);
        }
    }
}

async fn coded(desk: &Desk, code: &Words) -> Result<OwnReport, Refusal> {
    let mut keys = AnswerKeys::of_code(code)?;
    let all = (Seq::START, CODE_ANSWERS);
    answers(&mut Http::nameless(), desk, all, &mut keys, async || js::sleep(0).await).await.map_err(stopped)?;
    look_with_code(desk, code, &keys)
}
