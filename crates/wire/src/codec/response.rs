//! [`Response`], records and stamps to and from the schema.

use super::Malformed;
use super::fields::{array, at_most, copy, each, flag, flag_code, id, within, words};
use crate::call::{HandleCost, News, Record, Refusal, Response, TakenKeyPackage, UploadId, Welcome, WireStamp};
use crate::ids::{Millis, Seq};
use crate::{limits, proto};
use proto::refusal::Code;
use proto::response::Answer;

impl From<&Response> for proto::Response {
    fn from(response: &Response) -> Self {
        let answer = match response {
            Response::Refused(refusal) => Answer::Refusal(refusal.into()),
            Response::Done => Answer::Done(proto::Done {}),
            Response::Welcome(welcome) => Answer::Welcome(welcome_out(welcome)),
            Response::Session { bearer, expires } => {
                Answer::Session(proto::Session { bearer: copy(bearer.expose()), expires_ms: expires.0 })
            }
            Response::SignedUp { handle_cert } => Answer::SignedUp(proto::SignedUp { handle_cert: handle_cert.clone() }),
            Response::States { states, more } => Answer::States(proto::States { states: states.clone(), more: *more }),
            Response::KeyPackageCount { one_time, last_resort } => {
                Answer::KeyPackageCount(proto::KeyPackageCount { one_time: *one_time, last_resort_ms: last_resort.0 })
            }
            Response::KeyPackages(packages) => {
                Answer::KeyPackages(proto::KeyPackages { packages: packages.iter().map(taken_out).collect() })
            }
            Response::Appended(stamp) => Answer::Appended(proto::Appended { stamp: Some(stamp.into()) }),
            Response::Subscribed { news, gone } => {
                Answer::Subscribed(proto::Subscribed { news: news.iter().map(news_out).collect(), gone: gone.clone() })
            }
            Response::Page { records, head } => {
                Answer::Page(proto::Page { records: records.iter().map(Into::into).collect(), head: head.0 })
            }
            Response::Upload { upload, offset } => Answer::Upload(proto::Upload { upload: copy(&upload.0), offset: *offset }),
            Response::Stored { blob } => Answer::Stored(proto::Stored { blob: copy(&blob.0) }),
            Response::Vault { version, sealed } => Answer::Vault(proto::Vault { version: *version, sealed: sealed.clone() }),
        };
        Self { answer: Some(answer) }
    }
}

fn welcome_out(welcome: &Welcome) -> proto::Welcome {
    proto::Welcome {
        version: welcome.version,
        features: welcome.features.clone(),
        server: copy(&welcome.server),
        stamp_key: copy(&welcome.stamp_key),
        stamp_key_proof: copy(&welcome.stamp_key_proof),
        nonce: copy(&welcome.nonce),
        now_ms: welcome.now.0,
        handle_cost: Some(proto::HandleCost { memory_kib: welcome.handle_cost.memory_kib, passes: welcome.handle_cost.passes }),
        invite_only: welcome.invite_only,
        push_key: welcome.push_key.as_ref().map(|key| copy(key)).unwrap_or_default(),
    }
}

fn taken_out(taken: &TakenKeyPackage) -> proto::TakenKeyPackage {
    proto::TakenKeyPackage { client: copy(&taken.client.0), key_package: taken.key_package.clone(), last_resort: taken.last_resort }
}

fn news_out(news: &News) -> proto::News {
    proto::News { number: news.number, head: news.head.0, first: news.first.0 }
}

impl From<&WireStamp> for proto::Stamp {
    fn from(stamp: &WireStamp) -> Self {
        Self {
            seq: stamp.seq.0,
            ms: stamp.ms.0,
            flag: flag_code(stamp.flag),
            by: copy(&stamp.by.0),
            c: copy(&stamp.c.0),
            prev: copy(&stamp.prev.0),
            key_id: copy(&stamp.key_id),
            signature: copy(&stamp.signature),
        }
    }
}

impl From<&Record> for proto::Record {
    fn from(record: &Record) -> Self {
        Self { stamp: Some((&record.stamp).into()), record: record.record.clone() }
    }
}

impl From<&Refusal> for proto::Refusal {
    fn from(refusal: &Refusal) -> Self {
        let (code, detail) = match *refusal {
            Refusal::Malformed => (Code::Malformed, 0),
            Refusal::Unsupported => (Code::Unsupported, 0),
            Refusal::NoSession => (Code::NoSession, 0),
            Refusal::BadProof => (Code::BadProof, 0),
            Refusal::AccountClosed => (Code::AccountClosed, 0),
            Refusal::HandleTaken => (Code::HandleTaken, 0),
            Refusal::InviteNeeded => (Code::InviteNeeded, 0),
            Refusal::InviteSpent => (Code::InviteSpent, 0),
            Refusal::StateConflict => (Code::StateConflict, 0),
            Refusal::NotFound => (Code::NotFound, 0),
            Refusal::NoPass => (Code::NoPass, 0),
            Refusal::RoleForbids => (Code::RoleForbids, 0),
            Refusal::Stale { last_commit } => (Code::Stale, last_commit.0),
            Refusal::Duplicate => (Code::Duplicate, 0),
            Refusal::RateLimited { wait_ms } => (Code::RateLimited, wait_ms),
            Refusal::Quota => (Code::Quota, 0),
            Refusal::TooLarge { limit } => (Code::TooLarge, limit),
            Refusal::Offset { offset } => (Code::Offset, offset),
            Refusal::HashMismatch => (Code::HashMismatch, 0),
            Refusal::Conflict => (Code::Conflict, 0),
            Refusal::Busy => (Code::Busy, 0),
            Refusal::Restricted => (Code::Restricted, 0),
        };
        Self { code: code.into(), detail }
    }
}

impl TryFrom<proto::Refusal> for Refusal {
    type Error = Malformed;
    fn try_from(m: proto::Refusal) -> Result<Self, Malformed> {
        Ok(match Code::try_from(m.code).map_err(|_| Malformed::Unspecified)? {
            Code::Unspecified => return Err(Malformed::Unspecified),
            Code::Malformed => Self::Malformed,
            Code::Unsupported => Self::Unsupported,
            Code::NoSession => Self::NoSession,
            Code::BadProof => Self::BadProof,
            Code::AccountClosed => Self::AccountClosed,
            Code::HandleTaken => Self::HandleTaken,
            Code::InviteNeeded => Self::InviteNeeded,
            Code::InviteSpent => Self::InviteSpent,
            Code::StateConflict => Self::StateConflict,
            Code::NotFound => Self::NotFound,
            Code::NoPass => Self::NoPass,
            Code::RoleForbids => Self::RoleForbids,
            Code::Stale => Self::Stale { last_commit: Seq(m.detail) },
            Code::Duplicate => Self::Duplicate,
            Code::RateLimited => Self::RateLimited { wait_ms: m.detail },
            Code::Quota => Self::Quota,
            Code::TooLarge => Self::TooLarge { limit: m.detail },
            Code::Offset => Self::Offset { offset: m.detail },
            Code::HashMismatch => Self::HashMismatch,
            Code::Conflict => Self::Conflict,
            Code::Busy => Self::Busy,
            Code::Restricted => Self::Restricted,
        })
    }
}

impl TryFrom<proto::Response> for Response {
    type Error = Malformed;
    fn try_from(response: proto::Response) -> Result<Self, Malformed> {
        Ok(match response.answer.ok_or(Malformed::UnknownKind)? {
            Answer::Refusal(m) => Self::Refused(m.try_into()?),
            Answer::Done(proto::Done {}) => Self::Done,
            Answer::Welcome(m) => Self::Welcome(welcome(m)?),
            Answer::Session(m) => Self::Session { bearer: id(&m.bearer)?, expires: Millis(m.expires_ms) },
            Answer::SignedUp(m) => Self::SignedUp { handle_cert: within(m.handle_cert, limits::HANDLE_CERT_MAX)? },
            Answer::States(m) => Self::States {
                states: each(m.states, limits::STATES_PAGE, |state| within(state, limits::ACCOUNT_STATE_MAX))?,
                more: m.more,
            },
            Answer::KeyPackageCount(m) => Self::KeyPackageCount { one_time: m.one_time, last_resort: Millis(m.last_resort_ms) },
            Answer::KeyPackages(m) => Self::KeyPackages(each(m.packages, limits::CLIENTS_MAX, taken)?),
            Answer::Appended(m) => Self::Appended(m.stamp.ok_or(Malformed::Missing)?.try_into()?),
            Answer::Subscribed(m) => {
                at_most(m.gone.len(), limits::SUBSCRIBE_MAX)?;
                Self::Subscribed { news: each(m.news, limits::SUBSCRIBE_MAX, |entry| Ok(news(&entry)))?, gone: m.gone }
            }
            Answer::Page(m) => Self::Page { records: each(m.records, limits::PAGE_RECORDS, TryInto::try_into)?, head: Seq(m.head) },
            Answer::Upload(m) => Self::Upload { upload: UploadId(array(&m.upload)?), offset: m.offset },
            Answer::Stored(m) => Self::Stored { blob: id(&m.blob)? },
            Answer::Vault(m) => Self::Vault { version: m.version, sealed: within(m.sealed, limits::VAULT_MAX)? },
        })
    }
}

fn welcome(m: proto::Welcome) -> Result<Welcome, Malformed> {
    let cost = m.handle_cost.ok_or(Malformed::Missing)?;
    Ok(Welcome {
        version: m.version,
        features: words(m.features)?,
        server: array(&m.server)?,
        stamp_key: array(&m.stamp_key)?,
        stamp_key_proof: array(&m.stamp_key_proof)?,
        nonce: array(&m.nonce)?,
        now: Millis(m.now_ms),
        handle_cost: HandleCost { memory_kib: cost.memory_kib, passes: cost.passes },
        invite_only: m.invite_only,
        push_key: if m.push_key.is_empty() { None } else { Some(array(&m.push_key)?) },
    })
}

fn taken(m: proto::TakenKeyPackage) -> Result<TakenKeyPackage, Malformed> {
    Ok(TakenKeyPackage { client: id(&m.client)?, key_package: within(m.key_package, limits::KEY_PACKAGE_MAX)?, last_resort: m.last_resort })
}

fn news(m: &proto::News) -> News {
    News { number: m.number, head: Seq(m.head), first: Seq(m.first) }
}

impl TryFrom<proto::Stamp> for WireStamp {
    type Error = Malformed;
    fn try_from(m: proto::Stamp) -> Result<Self, Malformed> {
        Ok(Self {
            seq: Seq(m.seq),
            ms: Millis(m.ms),
            flag: flag(m.flag)?,
            by: id(&m.by)?,
            c: id(&m.c)?,
            prev: id(&m.prev)?,
            key_id: array(&m.key_id)?,
            signature: array(&m.signature)?,
        })
    }
}

impl TryFrom<proto::Record> for Record {
    type Error = Malformed;
    fn try_from(m: proto::Record) -> Result<Self, Malformed> {
        Ok(Self { stamp: m.stamp.ok_or(Malformed::Missing)?.try_into()?, record: within(m.record, limits::RECORD_MAX)? })
    }
}
