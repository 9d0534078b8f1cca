//! [`Request`] to and from the schema.

use super::Malformed;
use super::fields::{array, at_most, copy, each, exactly, flag, flag_code, id, optional, role, role_code, within, words};
use crate::call::{Append, DeskAct, NewPass, PassChange, Request, Signal, Subscription, UploadId};
use crate::ids::{Hash32, PassToken, Seq};
use crate::{limits, proto};
use proto::request::Call;

impl From<&Request> for proto::Request {
    fn from(request: &Request) -> Self {
        let call = match request {
            Request::Hello { versions, features } => Call::Hello(proto::Hello { versions: versions.clone(), features: features.clone() }),
            Request::OpenSession { account, client, nonce, signature } => Call::OpenSession(proto::OpenSession {
                account: copy(&account.0),
                client: copy(&client.0),
                nonce: copy(nonce),
                signature: copy(signature),
            }),
            Request::ResumeSession { bearer } => Call::ResumeSession(proto::ResumeSession { bearer: copy(bearer.expose()) }),
            Request::Recover { account, nonce, signature, from_seq, state } => Call::Recover(proto::Recover {
                account: copy(&account.0),
                nonce: copy(nonce),
                signature: copy(signature),
                from_seq: *from_seq,
                state: state.clone().unwrap_or_default(),
            }),
            Request::SignUp { handle, state, invite } => Call::SignUp(proto::SignUp {
                handle: copy(&handle.0),
                state: state.clone(),
                invite: invite.as_ref().map(|code| copy(code)).unwrap_or_default(),
            }),
            Request::PublishState { state } => Call::PublishState(proto::PublishState { state: state.clone() }),
            Request::FetchStates { account, from_seq } => {
                Call::FetchStates(proto::FetchStates { account: copy(&account.0), from_seq: *from_seq })
            }
            Request::PublishKeyPackages { one_time, last_resort } => Call::PublishKeyPackages(proto::PublishKeyPackages {
                one_time: one_time.clone(),
                last_resort: last_resort.clone().unwrap_or_default(),
            }),
            Request::CountKeyPackages => Call::CountKeyPackages(proto::CountKeyPackages {}),
            Request::TakeKeyPackages { account, pass } => {
                Call::TakeKeyPackages(proto::TakeKeyPackages { account: copy(&account.0), pass: copy(pass.expose()) })
            }
            Request::ChangeTakePasses { add, drop } => Call::ChangeTakePasses(proto::ChangeTakePasses {
                add: add.iter().map(|hash| copy(&hash.0)).collect(),
                drop: drop.iter().map(|hash| copy(&hash.0)).collect(),
            }),
            Request::CreateLog { log, passes, inbox } => {
                Call::CreateLog(proto::CreateLog { log: copy(&log.0), passes: passes.iter().map(new_pass_out).collect(), inbox: *inbox })
            }
            Request::Append(append) => Call::Append(append_out(append)),
            Request::Subscribe { entries } => Call::Subscribe(proto::Subscribe { entries: entries.iter().map(subscription_out).collect() }),
            Request::Unsubscribe { numbers } => Call::Unsubscribe(proto::Unsubscribe { numbers: numbers.clone() }),
            Request::ReadLog { log, pass, after, limit } => {
                Call::ReadLog(proto::ReadLog { log: copy(&log.0), pass: copy(pass.expose()), after: after.0, limit: *limit })
            }
            Request::Signal(signal) => Call::Signal(proto::Signal { number: signal.number, sealed: signal.sealed.clone() }),
            Request::SetWakes { numbers, endpoint } => {
                Call::SetWakes(proto::SetWakes { numbers: numbers.clone(), endpoint: endpoint.clone().unwrap_or_default() })
            }
            Request::Wake { log, pass } => Call::Wake(proto::Wake { log: copy(&log.0), pass: copy(pass.expose()) }),
            Request::KnockFor { log, pass, endpoint } => Call::KnockFor(proto::KnockFor {
                log: copy(&log.0),
                pass: copy(pass.expose()),
                endpoint: endpoint.clone().unwrap_or_default(),
            }),
            Request::CreateBlob { length, delete_hash } => {
                Call::CreateBlob(proto::CreateBlob { length: *length, delete_hash: copy(&delete_hash.0) })
            }
            Request::UploadStatus { upload } => Call::UploadStatus(proto::UploadStatus { upload: copy(&upload.0) }),
            Request::CompleteBlob { upload, blob } => {
                Call::CompleteBlob(proto::CompleteBlob { upload: copy(&upload.0), blob: copy(&blob.0) })
            }
            Request::DeleteBlob { blob, token } => Call::DeleteBlob(proto::DeleteBlob { blob: copy(&blob.0), token: copy(token.expose()) }),
            Request::PutVault { vault, write, after, sealed } => Call::PutVault(proto::PutVault {
                vault: copy(&vault.0),
                write: copy(write.expose()),
                after: *after,
                sealed: sealed.clone(),
            }),
            Request::FetchVault { vault } => Call::FetchVault(proto::FetchVault { vault: copy(&vault.0) }),
            Request::Desk(act) => Call::Desk(desk_out(act)),
        };
        Self { call: Some(call) }
    }
}

fn desk_out(act: &DeskAct) -> proto::DeskAct {
    use proto::desk_act::Act;
    let act = match act {
        DeskAct::Erase { seq } => Act::Erase(seq.0),
        DeskAct::Hold { blob, days } => Act::Hold(proto::DeskHold { blob: copy(&blob.0), days: *days }),
        DeskAct::Release { blob } => Act::Release(copy(&blob.0)),
        DeskAct::Restrict { account } => Act::Restrict(copy(&account.0)),
        DeskAct::Lift { account } => Act::Lift(copy(&account.0)),
        DeskAct::Close { account } => Act::Close(copy(&account.0)),
    };
    proto::DeskAct { act: Some(act) }
}

fn append_out(append: &Append) -> proto::Append {
    proto::Append {
        log: copy(&append.log.0),
        pass: copy(append.pass.expose()),
        flag: flag_code(append.flag),
        after: append.after.0,
        c: copy(&append.c.0),
        record: append.record.clone(),
        changes: append.changes.iter().map(change_out).collect(),
    }
}

fn new_pass_out(pass: &NewPass) -> proto::NewPass {
    proto::NewPass { hash: copy(&pass.hash.0), role: role_code(pass.role) }
}

fn change_out(change: &PassChange) -> proto::PassChange {
    use proto::pass_change::Change;
    let change = match change {
        PassChange::Set(pass) => Change::Set(new_pass_out(pass)),
        PassChange::Swap(hash) => Change::Swap(copy(&hash.0)),
        PassChange::Drop(hash) => Change::Drop(copy(&hash.0)),
    };
    proto::PassChange { change: Some(change) }
}

fn subscription_out(entry: &Subscription) -> proto::Subscription {
    proto::Subscription { number: entry.number, log: copy(&entry.log.0), pass: copy(entry.pass.expose()), cursor: entry.cursor.0 }
}

impl TryFrom<proto::Request> for Request {
    type Error = Malformed;

    fn try_from(request: proto::Request) -> Result<Self, Malformed> {
        Ok(match request.call.ok_or(Malformed::UnknownKind)? {
            Call::Hello(m) => {
                at_most(m.versions.len(), limits::VERSIONS_MAX)?;
                Self::Hello { versions: m.versions, features: words(m.features)? }
            }
            Call::OpenSession(m) => Self::OpenSession {
                account: id(&m.account)?,
                client: id(&m.client)?,
                nonce: array(&m.nonce)?,
                signature: array(&m.signature)?,
            },
            Call::ResumeSession(m) => Self::ResumeSession { bearer: id(&m.bearer)? },
            Call::Recover(m) => Self::Recover {
                account: id(&m.account)?,
                nonce: array(&m.nonce)?,
                signature: array(&m.signature)?,
                from_seq: m.from_seq,
                state: optional(m.state, limits::ACCOUNT_STATE_MAX)?,
            },
            Call::SignUp(m) => Self::SignUp {
                handle: id::<Hash32>(&m.handle)?,
                state: within(m.state, limits::ACCOUNT_STATE_MAX)?,
                invite: if m.invite.is_empty() { None } else { Some(array(&m.invite)?) },
            },
            Call::PublishState(m) => Self::PublishState { state: within(m.state, limits::ACCOUNT_STATE_MAX)? },
            Call::FetchStates(m) => Self::FetchStates { account: id(&m.account)?, from_seq: m.from_seq },
            Call::PublishKeyPackages(m) => Self::PublishKeyPackages {
                one_time: each(m.one_time, limits::KEY_PACKAGES_PER_REQUEST, |package| within(package, limits::KEY_PACKAGE_MAX))?,
                last_resort: optional(m.last_resort, limits::KEY_PACKAGE_MAX)?,
            },
            Call::CountKeyPackages(proto::CountKeyPackages {}) => Self::CountKeyPackages,
            Call::TakeKeyPackages(m) => Self::TakeKeyPackages { account: id(&m.account)?, pass: id(&m.pass)? },
            Call::ChangeTakePasses(m) => Self::ChangeTakePasses {
                add: each(m.add, limits::TAKE_PASSES_MAX, |hash| id(&hash))?,
                drop: each(m.drop, limits::TAKE_PASSES_MAX, |hash| id(&hash))?,
            },
            Call::CreateLog(m) => {
                Self::CreateLog { log: id(&m.log)?, passes: each(m.passes, limits::PASSES_MAX, new_pass)?, inbox: m.inbox }
            }
            Call::Append(m) => Self::Append(append(m)?),
            Call::Subscribe(m) => Self::Subscribe { entries: each(m.entries, limits::SUBSCRIBE_MAX, subscription)? },
            Call::Unsubscribe(m) => {
                at_most(m.numbers.len(), limits::SUBSCRIPTIONS_MAX)?;
                Self::Unsubscribe { numbers: m.numbers }
            }
            Call::ReadLog(m) => Self::ReadLog { log: id(&m.log)?, pass: id(&m.pass)?, after: Seq(m.after), limit: m.limit },
            Call::Signal(m) => Self::Signal(Signal { number: m.number, sealed: exactly(m.sealed, limits::SIGNAL_LEN)? }),
            Call::SetWakes(m) => {
                at_most(m.numbers.len(), limits::WAKES_PER_REQUEST)?;
                Self::SetWakes { numbers: m.numbers, endpoint: endpoint(m.endpoint)? }
            }
            Call::Wake(m) => Self::Wake { log: id(&m.log)?, pass: id(&m.pass)? },
            Call::KnockFor(m) => Self::KnockFor { log: id(&m.log)?, pass: id(&m.pass)?, endpoint: endpoint(m.endpoint)? },
            Call::CreateBlob(m) => Self::CreateBlob { length: m.length, delete_hash: id(&m.delete_hash)? },
            Call::UploadStatus(m) => Self::UploadStatus { upload: UploadId(array(&m.upload)?) },
            Call::CompleteBlob(m) => Self::CompleteBlob { upload: UploadId(array(&m.upload)?), blob: id(&m.blob)? },
            Call::DeleteBlob(m) => Self::DeleteBlob { blob: id(&m.blob)?, token: id(&m.token)? },
            Call::PutVault(m) => {
                Self::PutVault { vault: id(&m.vault)?, write: id(&m.write)?, after: m.after, sealed: within(m.sealed, limits::VAULT_MAX)? }
            }
            Call::FetchVault(m) => Self::FetchVault { vault: id(&m.vault)? },
            Call::Desk(m) => Self::Desk(desk_act(m)?),
        })
    }
}

fn desk_act(m: proto::DeskAct) -> Result<DeskAct, Malformed> {
    use proto::desk_act::Act;
    Ok(match m.act.ok_or(Malformed::UnknownKind)? {
        Act::Erase(seq) => DeskAct::Erase { seq: Seq(seq) },
        Act::Hold(m) => DeskAct::Hold { blob: id(&m.blob)?, days: m.days },
        Act::Release(blob) => DeskAct::Release { blob: id(&blob)? },
        Act::Restrict(account) => DeskAct::Restrict { account: id(&account)? },
        Act::Lift(account) => DeskAct::Lift { account: id(&account)? },
        Act::Close(account) => DeskAct::Close { account: id(&account)? },
    })
}

/// Where to knock; none: nowhere any more.
fn endpoint(url: String) -> Result<Option<String>, Malformed> {
    at_most(url.len(), limits::ENDPOINT_MAX)?;
    Ok(Some(url).filter(|url| !url.is_empty()))
}

fn append(m: proto::Append) -> Result<Append, Malformed> {
    Ok(Append {
        log: id(&m.log)?,
        pass: id::<PassToken>(&m.pass)?,
        flag: flag(m.flag)?,
        after: Seq(m.after),
        c: id(&m.c)?,
        record: within(m.record, limits::RECORD_MAX)?,
        changes: each(m.changes, limits::PASS_CHANGES_MAX, change)?,
    })
}

fn new_pass(m: proto::NewPass) -> Result<NewPass, Malformed> {
    Ok(NewPass { hash: id(&m.hash)?, role: role(m.role)? })
}

fn change(m: proto::PassChange) -> Result<PassChange, Malformed> {
    use proto::pass_change::Change;
    Ok(match m.change.ok_or(Malformed::Missing)? {
        Change::Set(pass) => PassChange::Set(new_pass(pass)?),
        Change::Swap(hash) => PassChange::Swap(id(&hash)?),
        Change::Drop(hash) => PassChange::Drop(id(&hash)?),
    })
}

fn subscription(m: proto::Subscription) -> Result<Subscription, Malformed> {
    Ok(Subscription { number: m.number, log: id(&m.log)?, pass: id(&m.pass)?, cursor: Seq(m.cursor) })
}
