//! Changing a group: gathering what a Commit needs, making it, and inviting whom it added.

use super::Chat;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::contact::envelope::{Body, Envelope, Welcome};
use crate::contact::inbox_seal;
use crate::mls::{CommitPlan, Note, NoteAdded, NoteRequest, Provider, key_package_identity};
use crate::outbox::{Addressees, Change, Intent, Joiner, Readmission, Row, Sealed, StoredChange, StoredRole, Urgency, Whom};
use crate::receive::Stamped;
use crate::session::Waiting;
use prost::Message as _;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use view::{Doing, Event, Refusal};
use wire::call::{Flag, Request, TakenKeyPackage};
use wire::limits::{GROUP_LEAVES_MAX, WELCOME_INLINE_MAX};
use wire::{AccountId, PassHash, PassToken};

/// Account, client and pass of a leaf that was put in another's place.
type Readmitted = ([u8; 32], [u8; 16], Option<[u8; 32]>);

/// How to say a change of others.
type OfOthers = fn(Vec<Joiner>) -> Change;

/// What reading an own Commit back needs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(with = "serde_bytes")]
    welcome: Option<Vec<u8>>,
    #[serde(with = "serde_bytes")]
    tree: Vec<u8>,
    pub(super) invited: Vec<([u8; 32], [u8; 32])>,
    swap: Option<[u8; 32]>,
    pub(super) readmitted: Option<Readmitted>,
    #[serde(with = "serde_bytes")]
    note: Vec<u8>,
}

/// Whom a change adds, and how to say it of others.
fn adds(intent: &Intent) -> Option<(Vec<Joiner>, OfOthers)> {
    match intent {
        Intent::Change(Change::Add { members }) => Some((members.clone(), |members| Change::Add { members })),
        Intent::Change(Change::Renew { members }) => Some((members.clone(), |members| Change::Renew { members })),
        _ => None,
    }
}

impl Turn<'_> {
    /// Makes the Commit for a change in the present epoch; nothing while something has to be fetched first or the change has become empty.
    pub fn seal_change(&mut self, row: &Row, change: &Change) -> Result<Option<(Vec<u8>, Sealed)>, Fault> {
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        let Some(chat) = self.chat(chat)? else { return Err(Fault::Stored) };
        if chat.state == "broken" {
            return Ok(None);
        }
        if chat.state != "active" {
            self.outbox_done(row.id)?;
            return Ok(None);
        }
        if let Change::Add { members } | Change::Renew { members } = change
            && !self.packages_here(row, members)?
        {
            return Ok(None);
        }
        let mut plan = CommitPlan { refresh: true, ..CommitPlan::default() };
        let mut kept = Kept { welcome: None, tree: vec![], invited: vec![], swap: None, readmitted: None, note: vec![] };
        let mut changes = Vec::new();
        match change {
            Change::Refresh { swap: true } => {
                let pass = PassToken::new(self.random());
                plan.pass = Some(pass.hash());
                changes.push(StoredChange::Swap(pass.hash().0));
                kept.swap = Some(*pass.expose());
                self.db.prepare_cached("UPDATE log SET next_pass = ?2 WHERE id = ?1")?.execute(params![log, pass.expose()])?;
            }
            Change::Refresh { swap: false } => {}
            Change::Add { members } => {
                let mut absent = Vec::new();
                for joiner in members {
                    if !self.is_member(chat.id, &AccountId(joiner.account))? {
                        absent.push(joiner.clone());
                    }
                }
                self.plan_adds(&chat, &absent, &mut plan, &mut changes, &mut kept)?;
            }
            Change::Renew { members } => self.plan_renewal(&chat, members, &mut plan, &mut changes, &mut kept)?,
            Change::Remove { account } => self.plan_removal(&chat, &AccountId(*account), &mut plan, &mut changes)?,
            Change::Promote { account } => self.plan_role(&chat, &AccountId(*account), StoredRole::Owner, &mut plan, &mut changes)?,
            Change::Demote { account } => {
                // Somebody may have been quicker, and demoted this one.
                if !self.is_owner(&chat)? {
                    let Some(row) = self.outbox_row(row.id)? else { return Ok(None) };
                    self.outbox_failed(row, &Refusal::NotAdmin)?;
                    return Ok(None);
                }
                self.plan_role(&chat, &AccountId(*account), StoredRole::Member, &mut plan, &mut changes)?;
            }
            Change::Readmit(readmission) => self.plan_readmission(&chat, readmission, &mut plan, &mut kept)?,
            Change::Return(homecomer) => self.plan_return(&chat, homecomer, &mut plan, &mut changes, &mut kept)?,
        }
        let empty = plan.adds.is_empty() && plan.removes.is_empty() && plan.room.is_none();
        if empty && !matches!(change, Change::Refresh { .. }) {
            self.outbox_done(row.id)?;
            return Ok(None);
        }
        let signer = self.signer(&chat)?;
        if self.is_owner(&chat)? {
            for leaf in self.with_group(log, |group, _| Ok(group.leavers()))? {
                changes.extend(self.passes_to_drop(chat.id, leaf)?.into_iter().map(|pass| StoredChange::Drop(pass.0)));
            }
        }
        kept.note = plan.note.clone();
        let made = self.with_group(log, |group, provider| group.commit(provider, &signer, plan))?;
        kept.welcome = made.welcome;
        kept.tree = made.tree.unwrap_or_default();
        let keep = postcard::to_allocvec(&kept).map_err(|_| Fault::Stored)?;
        Ok(Some((made.record, Sealed { commit: true, c: [0; 32], changes, keep })))
    }

    /// Whether every joiner's KeyPackages are here; asks for the next that are not.
    fn packages_here(&mut self, row: &Row, members: &[Joiner]) -> Result<bool, Fault> {
        let Some(next) = members.iter().find(|joiner| joiner.key_packages.is_empty()) else { return Ok(true) };
        let account = AccountId(next.account);
        let Some(reach) = self.reach(&account)? else {
            self.give_up_joiner(row, members, &account)?;
            return Ok(false);
        };
        self.ask(Request::TakeKeyPackages { account, pass: reach.take }, Waiting::Outbox(row.id));
        Ok(false)
    }

    pub fn packages_taken(&mut self, row: Row, packages: Vec<TakenKeyPackage>) -> Result<(), Fault> {
        let Some((mut members, change)) = adds(&row.intent) else { return Ok(()) };
        let Some(position) = members.iter().position(|joiner| joiner.key_packages.is_empty()) else { return Ok(()) };
        let Some(account) = members.get(position).map(|joiner| AccountId(joiner.account)) else { return Ok(()) };
        let now = self.time()?;
        let mut usable: Vec<Vec<u8>> = Vec::new();
        let mut clients = BTreeSet::new();
        for package in packages {
            let provider = Provider::new(self.crypto, self.db);
            // The directory's word is not enough: the certificate inside must be this account's, and a client has one leaf.
            let Ok((_, identity)) = key_package_identity(&provider, &package.key_package, now) else { continue };
            if identity.account() == account && clients.insert(identity.client()) {
                usable.push(package.key_package.to_vec());
            }
        }
        if usable.is_empty() {
            return self.give_up_joiner(&row, &members, &account);
        }
        let passes = usable.iter().map(|_| self.random()).collect();
        if let Some(joiner) = members.get_mut(position) {
            *joiner = Joiner { account: account.0, key_packages: usable, passes };
        }
        self.remember(row.id, &Intent::Change(change(members)))
    }

    fn give_up_joiner(&mut self, row: &Row, members: &[Joiner], account: &AccountId) -> Result<(), Fault> {
        let left: Vec<Joiner> = members.iter().filter(|joiner| joiner.account != account.0).cloned().collect();
        let Some((_, change)) = adds(&row.intent) else { return Ok(()) };
        let name = self.contact(account)?.map(|contact| contact.name()).unwrap_or_default();
        self.event(Event::Failed { what: Doing::Group, why: Refusal::NoSuchUser { name } });
        if left.is_empty() { self.outbox_done(row.id) } else { self.remember(row.id, &Intent::Change(change(left))) }
    }

    pub(super) fn plan_adds(
        &mut self,
        chat: &Chat,
        members: &[Joiner],
        plan: &mut CommitPlan,
        changes: &mut Vec<StoredChange>,
        kept: &mut Kept,
    ) -> Result<(), Fault> {
        let now = self.time()?;
        let mut note = Note { added: vec![] };
        for joiner in members {
            let account = AccountId(joiner.account);
            for (package, pass) in joiner.key_packages.iter().zip(&joiner.passes) {
                let provider = Provider::new(self.crypto, self.db);
                let Ok((package, identity)) = key_package_identity(&provider, package, now) else { continue };
                let leaves = self.with_group(chat.log, |group, _| Ok(group.leaf_count()))? + plan.adds.len();
                if identity.account() != account || leaves >= GROUP_LEAVES_MAX + plan.removes.len() {
                    continue;
                }
                let hash = PassToken::new(*pass).hash();
                note.added.push(NoteAdded { position: plan.adds.len() as u32, pass: hash.0.to_vec(), request: None });
                plan.adds.push(package);
                kept.invited.push((account.0, *pass));
                if chat.kind == "group" {
                    changes.push(StoredChange::Set(hash.0, StoredRole::Member));
                }
            }
        }
        plan.note = note.encode_to_vec();
        Ok(())
    }

    /// Out with all leaves of an account, and with their passes.
    pub(super) fn plan_out(
        &self,
        chat: &Chat,
        account: &AccountId,
        plan: &mut CommitPlan,
        changes: &mut Vec<StoredChange>,
    ) -> Result<(), Fault> {
        for member in self.members_of(chat.id, account)? {
            plan.removes.push(member.leaf);
            changes.extend(self.passes_to_drop(chat.id, member.leaf)?.into_iter().map(|pass| StoredChange::Drop(pass.0)));
        }
        Ok(())
    }

    fn plan_removal(
        &mut self,
        chat: &Chat,
        account: &AccountId,
        plan: &mut CommitPlan,
        changes: &mut Vec<StoredChange>,
    ) -> Result<(), Fault> {
        self.plan_out(chat, account, plan, changes)?;
        let mut room = self.room(chat)?;
        if room.admins.remove(account) && !room.admins.is_empty() {
            plan.room = Some(room);
        }
        Ok(())
    }

    /// Gives a role or takes it. A group keeps an admin: the last one stays what it is.
    fn plan_role(
        &mut self,
        chat: &Chat,
        account: &AccountId,
        role: StoredRole,
        plan: &mut CommitPlan,
        changes: &mut Vec<StoredChange>,
    ) -> Result<(), Fault> {
        let mut room = self.room(chat)?;
        let changed =
            if role == StoredRole::Owner { room.admins.insert(*account) } else { room.admins.remove(account) && !room.admins.is_empty() };
        if changed {
            plan.room = Some(room);
            for member in self.members_of(chat.id, account)? {
                changes.extend(member.pass.map(|pass| StoredChange::Set(pass.0, role)));
            }
        }
        Ok(())
    }

    /// Out with the leaf that asked, in with its new one, which goes on under the same pass. Nothing when somebody else has done it.
    fn plan_readmission(&mut self, chat: &Chat, asked: &Readmission, plan: &mut CommitPlan, kept: &mut Kept) -> Result<(), Fault> {
        let Some((leaf, pass)) = self.leaf_before(chat.id, &asked.account, &asked.client, asked.asked)? else { return Ok(()) };
        let now = self.time()?;
        let Ok((package, _)) = key_package_identity(&self.provider(), &asked.key_package, now) else { return Ok(()) };
        let request = NoteRequest { leaf: asked.leaf, epoch: asked.epoch, signature: asked.signature.clone() };
        let pass_bytes = pass.map(|pass| pass.to_vec()).unwrap_or_default();
        plan.note = Note { added: vec![NoteAdded { position: 0, pass: pass_bytes, request: Some(request) }] }.encode_to_vec();
        plan.removes.push(leaf);
        plan.adds.push(package);
        kept.readmitted = Some((asked.account, asked.client, pass));
        Ok(())
    }

    /// Our Commit stands in the log: merge it, and only now do the Welcomes leave.
    pub fn change_read_back(&mut self, row: &Row, sealed: &Sealed, stamped: &Stamped) -> Result<(), Fault> {
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        let kept: Kept = postcard::from_bytes(&sealed.keep).map_err(|_| Fault::Stored)?;
        // By the rules that everybody else goes by: what is void for them is void here, also if it is ours.
        let at = stamped.ms();
        let stands =
            stamped.stamp.stamp().flag == Flag::Commit && self.with_group(log, |group, _| Ok(group.pending_is_valid(at, &kept.note)))?;
        if !stands {
            return self.discard(row);
        }
        self.keep_rejoin_key(log)?;
        let before = self.company(chat, log)?;
        self.with_group(log, |group, provider| group.merge_pending(provider))?;
        // Whoever had asked to go went with it.
        self.nobody_waits(log)?;
        if let Some(pass) = kept.swap {
            self.db.prepare_cached("UPDATE log SET pass = ?2, next_pass = NULL WHERE id = ?1")?.execute(params![log, pass])?;
        }
        let now = self.time()?.0 as i64;
        self.db.prepare_cached("UPDATE chat SET commits_at = ?2, sent_since = 0 WHERE id = ?1")?.execute(params![chat, now])?;
        self.refresh_members(chat, log)?;
        let own = self.own_account()?.ok_or(Fault::Stored)?;
        self.tell_changes(chat, log, before, &own, stamped.ms())?;
        let log_id = self.log_state(log)?.log;
        if let Some(welcome) = kept.welcome {
            let returns = matches!(row.intent, Intent::Change(Change::Return(_)));
            for (account, pass) in kept.invited.iter().filter(|_| !returns) {
                let hash = PassToken::new(*pass).hash();
                self.note_first_pass(chat, &AccountId(*account), &hash, stamped)?;
            }
            let welcome = Welcome {
                welcome,
                tree: kept.tree,
                log: log_id.0.to_vec(),
                seq: stamped.seq().0,
                chain: stamped.chain().0.to_vec(),
                ms: stamped.ms().0,
                ..Welcome::default()
            };
            let addressees = match (&row.intent, kept.readmitted) {
                (Intent::Change(Change::Readmit(asked)), Some((account, client, pass))) => {
                    self.db
                        .prepare_cached("UPDATE member SET pass = COALESCE(?4, pass) WHERE chat = ?1 AND account = ?2 AND client = ?3")?
                        .execute(params![chat, account, client, pass])?;
                    Self::readmitted(log, asked.epoch)
                }
                (Intent::Change(Change::Return(_)), Some((account, client, pass))) => {
                    self.returned(chat, &AccountId(account), &client, pass, stamped)?;
                    Addressees::Invited(kept.invited)
                }
                _ => Addressees::Invited(kept.invited),
            };
            self.welcome_all(chat, addressees, welcome)?;
        }
        self.outbox_done(row.id)?;
        self.event(Event::ChatChanged { chat });
        Ok(())
    }

    /// Welcomes leave at the merge: small ones as they are, large ones as a parcel.
    fn welcome_all(&mut self, chat: i64, addressees: Addressees, welcome: Welcome) -> Result<(), Fault> {
        if welcome.welcome.len() + welcome.tree.len() <= WELCOME_INLINE_MAX {
            return self.send_welcomes(Some(chat), &addressees, &welcome);
        }
        let park = Intent::Park { addressees, welcome: welcome.encode_to_vec() };
        self.intend(None, Some(chat), None, Urgency::Ordinary, &park)?;
        Ok(())
    }

    fn note_first_pass(&self, chat: i64, account: &AccountId, pass: &PassHash, stamped: &Stamped) -> Result<(), Fault> {
        self.db
            .prepare_cached("UPDATE member SET pass = ?3 WHERE chat = ?1 AND account = ?2 AND pass IS NULL AND since = ?4")?
            .execute(params![chat, account.0, pass.0, stamped.seq().0 as i64])?;
        Ok(())
    }

    /// Seals a Welcome for its joiner's inbox, with what the joiner needs to answer.
    pub fn drive_invite(&mut self, row: &Row, account: [u8; 32], welcome: Vec<u8>) -> Result<(), Fault> {
        let account = AccountId(account);
        let (Some(own), Some(chat)) = (Account::load(self.db)?, row.chat) else { return Err(Fault::Stored) };
        let (Some(reach), Some(state), Some(chat)) = (self.reach(&account)?, self.account_state(&account)?, self.chat(chat)?) else {
            let Some(row) = self.outbox_row(row.id)? else { return Ok(()) };
            return self.outbox_failed(row, &Refusal::NoSuchUser { name: String::new() });
        };
        let mut welcome = Welcome::decode(welcome.as_slice()).map_err(|_| Fault::Stored)?;
        if chat.kind == "two" {
            let Some(capability) = self.capability_for(&account)? else { return Ok(()) };
            welcome.capability = Some(capability);
            welcome.states = vec![own.state.clone()];
        }
        let envelope = Envelope { body: Some(Body::Welcome(welcome)) }.encode_to_vec();
        let Ok(record) = inbox_seal::seal(&account, state.state().inbox_key.as_bytes(), &envelope, &mut *self.crypto.rng()) else {
            return Err(Fault::Stored);
        };
        let after: i64 =
            self.db.prepare_cached("SELECT inbox_after FROM contact WHERE account = ?1")?.query_row([account.0], |row| row.get(0))?;
        self.outbox_done(row.id)?;
        self.deposit(reach.inbox.0, *reach.drop.expose(), record, after as u64, Whom::Contact(account.0))
    }

    pub fn seal_leave(&mut self, row: &Row) -> Result<Option<(Vec<u8>, Sealed)>, Fault> {
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        let Some(chat) = self.chat(chat)? else { return Err(Fault::Stored) };
        if chat.state == "broken" {
            return Ok(None);
        }
        let signer = self.signer(&chat)?;
        let bytes = self.with_group(log, |group, provider| group.leave(provider, &signer))?;
        Ok(Some((bytes, Sealed { commit: false, c: [0; 32], changes: vec![], keep: vec![] })))
    }
}
