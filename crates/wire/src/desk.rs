//! The safety desk of a server: who reads reports, and the way in that asks for no account (docs/spec/report.md, "The desk").

use crate::ids::{AccountId, Commitment, Hash32, LogId, Millis, PassToken, Seq};
use crate::limits::{ACCOUNT_STATE_MAX, DESK_MEMBERS_MAX};
use sha2::{Digest, Sha256};

/// Bytes of an X-Wing public key.
const KEY: usize = 1216;
/// Zero bits that the hash of a report's work begins with: some hundred thousand hashes, a moment for one report and a cost for a flood.
pub const WORK_BITS: u32 = 18;

/// What is said of a desk had another shape than [`Desk`] describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a desk of another shape")]
pub struct BadDesk;

/// What a server says of its desk, before its signature is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    pub made: Millis,
    /// The law enforcement desk's key: what opens pictures is sealed to it.
    pub police: Option<Vec<u8>>,
    /// The log that reports go into.
    pub reports: LogId,
    /// A pass to drop one into it, which everybody has.
    pub drop: PassToken,
    /// Within so many hours somebody looks.
    pub hours: u16,
    /// The AccountStates of its members, signed by themselves: reports are sealed to the inbox key of each.
    /// The last of them is the deputy.
    pub members: Vec<Vec<u8>>,
    /// What later versions of a desk say.
    pub more: Option<More>,
}

/// What version 2 added, and in version 3 the lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct More {
    /// The log that answers go into, and a pass to read it, which everybody has.
    pub answers: LogId,
    pub read: PassToken,
    /// So many days after a report was closed it is taken from the server; 0: when the server's own time is over.
    pub keep_days: u16,
    /// Whom somebody asks against whom the desk acted.
    pub appeal: String,
    /// Somebody outside, for what is about a member of staff.
    pub outside: Option<Named>,
    /// The safeguarding lead, for whoever wants nobody else to read it.
    pub lead: Option<Named>,
}

/// For what somebody is named beside the members of a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Outside,
    Lead,
}

impl Role {
    pub const ALL: [Self; 2] = [Self::Outside, Self::Lead];
}

/// Somebody who is not of the desk and to whom alone a report can go, by name and signed AccountState.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub state: Vec<u8>,
}

/// Bytes of the appeal line and of a name.
pub const APPEAL_MAX: usize = 300;
pub const NAME_MAX: usize = 80;

impl Desk {
    /// Whom the operator named for it.
    pub fn named(&self, role: Role) -> Option<&Named> {
        let more = self.more.as_ref()?;
        match role {
            Role::Outside => more.outside.as_ref(),
            Role::Lead => more.lead.as_ref(),
        }
    }

    /// What the server's identity signs.
    pub fn message(&self) -> Vec<u8> {
        let mut out = b"treehouse/1 desk".to_vec();
        out.extend_from_slice(&self.body());
        out
    }

    /// `version 1 | made 8 | police (0, or 1 | key 1216) | log 32 | drop pass 32 | hours 2 | count 1 | (length 4 | state) * | more | signature 64`, and in
    /// version 2 `more = answers log 32 | read pass 32 | keep days 2 | appeal text | outside (0, or 1 | name text | length 4 | state)`. Version 3 has the
    /// lead behind that, `name text | length 4 | state`: a desk without one is said in version 2.
    pub fn encode(&self, signature: &[u8; 64]) -> Vec<u8> {
        [self.body().as_slice(), signature].concat()
    }

    fn body(&self) -> Vec<u8> {
        let mut out = vec![match &self.more {
            None => 1,
            Some(More { lead: None, .. }) => 2,
            Some(More { lead: Some(_), .. }) => 3,
        }];
        out.extend_from_slice(&self.made.0.to_be_bytes());
        match &self.police {
            None => out.push(0),
            Some(key) => {
                out.push(1);
                out.extend_from_slice(key);
            }
        }
        out.extend_from_slice(&self.reports.0);
        out.extend_from_slice(self.drop.expose());
        out.extend_from_slice(&self.hours.to_be_bytes());
        out.push(u8::try_from(self.members.len()).unwrap_or(u8::MAX));
        for state in &self.members {
            long_out(&mut out, state);
        }
        if let Some(more) = &self.more {
            out.extend_from_slice(&more.answers.0);
            out.extend_from_slice(more.read.expose());
            out.extend_from_slice(&more.keep_days.to_be_bytes());
            long_out(&mut out, more.appeal.as_bytes());
            match &more.outside {
                None => out.push(0),
                Some(outside) => {
                    out.push(1);
                    outside.out(&mut out);
                }
            }
            if let Some(lead) = &more.lead {
                lead.out(&mut out);
            }
        }
        out
    }

    /// Who looks when the members do not.
    pub fn deputy(&self) -> Option<&Vec<u8>> {
        self.members.last().filter(|_| self.members.len() > 2)
    }

    /// What it says and the signature, not yet checked.
    ///
    /// # Errors
    /// Anything but one well-formed encoding.
    pub fn decode(bytes: &[u8]) -> Result<(Self, [u8; 64]), BadDesk> {
        let (body, signature) = bytes.split_last_chunk::<64>().ok_or(BadDesk)?;
        let mut rest = body;
        let [version] = take(&mut rest)?;
        if !(1..=3).contains(&version) {
            return Err(BadDesk);
        }
        let made = Millis(u64::from_be_bytes(take(&mut rest)?));
        let police = match take(&mut rest)? {
            [0] => None,
            [1] => Some(take::<KEY>(&mut rest)?.to_vec()),
            _ => return Err(BadDesk),
        };
        let (reports, drop) = (LogId(take(&mut rest)?), PassToken::new(take(&mut rest)?));
        let hours = u16::from_be_bytes(take(&mut rest)?);
        let [count] = take(&mut rest)?;
        if usize::from(count) > DESK_MEMBERS_MAX {
            return Err(BadDesk);
        }
        let mut members = Vec::new();
        for _ in 0..count {
            members.push(long_in(&mut rest, ACCOUNT_STATE_MAX)?.to_vec());
        }
        let more = if version == 1 { None } else { Some(more(&mut rest, version)?) };
        if rest.is_empty() { Ok((Self { made, police, reports, drop, hours, members, more }, *signature)) } else { Err(BadDesk) }
    }
}

impl Named {
    fn out(&self, out: &mut Vec<u8>) {
        long_out(out, self.name.as_bytes());
        long_out(out, &self.state);
    }

    fn read(rest: &mut &[u8]) -> Result<Self, BadDesk> {
        Ok(Self { name: text_in(rest, NAME_MAX)?, state: long_in(rest, ACCOUNT_STATE_MAX)?.to_vec() })
    }
}

fn more(rest: &mut &[u8], version: u8) -> Result<More, BadDesk> {
    let (answers, read) = (LogId(take(rest)?), PassToken::new(take(rest)?));
    let keep_days = u16::from_be_bytes(take(rest)?);
    let appeal = text_in(rest, APPEAL_MAX)?;
    let outside = match take(rest)? {
        [0] => None,
        [1] => Some(Named::read(rest)?),
        _ => return Err(BadDesk),
    };
    let lead = if version == 3 { Some(Named::read(rest)?) } else { None };
    Ok(More { answers, read, keep_days, appeal, outside, lead })
}

fn long_out(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn long_in<'a>(rest: &mut &'a [u8], limit: usize) -> Result<&'a [u8], BadDesk> {
    let len = usize::try_from(u32::from_be_bytes(take(rest)?)).map_err(|_| BadDesk)?;
    if len > limit {
        return Err(BadDesk);
    }
    let (bytes, after) = rest.split_at_checked(len).ok_or(BadDesk)?;
    *rest = after;
    Ok(bytes)
}

fn text_in(rest: &mut &[u8], limit: usize) -> Result<String, BadDesk> {
    Ok(std::str::from_utf8(long_in(rest, limit)?).map_err(|_| BadDesk)?.to_owned())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], BadDesk> {
    let (taken, after) = rest.split_first_chunk().ok_or(BadDesk)?;
    *rest = after;
    Ok(*taken)
}

/// What the server notes in the desk's log, for every reader of it, when somebody has a record taken away: it cannot be done without a trace. When it was
/// is the time of its own stamp, whose `by` is [`crate::PassHash::SERVER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    pub seq: Seq,
    /// The record's SHA-256.
    pub h: Hash32,
    /// Who had it taken away: a member of the desk, or who is named beside it.
    pub by: AccountId,
}

const ERASED: &[u8; 18] = b"treehouse/1 erased";

impl Erased {
    /// `"treehouse/1 erased" | seq 8 | h 32 | account 32`
    pub fn encode(&self) -> Vec<u8> {
        [ERASED.as_slice(), &self.seq.0.to_be_bytes(), &self.h.0, &self.by.0].concat()
    }

    /// # Errors
    /// It has another shape.
    pub fn decode(mut bytes: &[u8]) -> Result<Self, BadDesk> {
        let label: [u8; ERASED.len()] = take(&mut bytes)?;
        let (seq, h, by) = (Seq(u64::from_be_bytes(take(&mut bytes)?)), Hash32(take(&mut bytes)?), AccountId(take(&mut bytes)?));
        if label == *ERASED && bytes.is_empty() { Ok(Self { seq, h, by }) } else { Err(BadDesk) }
    }
}

/// What shows that somebody spent a moment on a report: `c` such that SHA-256(`label | c | h`) begins with [`WORK_BITS`] zero bits. It names nobody.
pub fn work_holds(c: &Commitment, h: &Hash32) -> bool {
    let hash: [u8; 32] = Sha256::new().chain_update(b"treehouse/1 report work").chain_update(c.0).chain_update(h.0).finalize().into();
    let [a, b, c, d, ..] = hash;
    u32::from_be_bytes([a, b, c, d]).leading_zeros() >= WORK_BITS
}

/// Spends that moment. `start`: random, so that two reports never share a `c`.
pub fn work_for(h: &Hash32, start: [u8; 32]) -> Commitment {
    let mut c = Commitment(start);
    let mut count: u64 = 0;
    while !work_holds(&c, h) {
        count = count.wrapping_add(1);
        c.0[24..].copy_from_slice(&count.to_be_bytes());
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> Desk {
        Desk {
            made: Millis(7),
            police: Some(vec![3; KEY]),
            reports: LogId([4; 32]),
            drop: PassToken::new([5; 32]),
            hours: 24,
            members: vec![vec![6; 100], vec![7; 3]],
            more: None,
        }
    }

    fn newer() -> Desk {
        let outside = Named { name: "A governor".into(), state: vec![8; 90] };
        let more = More {
            answers: LogId([1; 32]),
            read: PassToken::new([2; 32]),
            keep_days: 30,
            appeal: "Ask the office.".into(),
            outside: Some(outside),
            lead: None,
        };
        Desk { more: Some(more), ..desk() }
    }

    fn with_lead(outside: Option<Named>) -> Desk {
        let lead = Some(Named { name: "A lead".into(), state: vec![9; 91] });
        Desk { more: newer().more.map(|more| More { outside, lead, ..more }), ..newer() }
    }

    #[test]
    fn a_desk_is_read_as_it_was_written_and_cut_anywhere_not_at_all() {
        let both = with_lead(newer().more.and_then(|more| more.outside));
        for desk in [desk(), Desk { police: None, members: vec![], ..desk() }, newer(), with_lead(None), both] {
            let bytes = desk.encode(&[9; 64]);
            assert_eq!(Desk::decode(&bytes), Ok((desk, [9; 64])));
            for len in 0..bytes.len() {
                assert_eq!(Desk::decode(&bytes[..len]), Err(BadDesk));
            }
        }
    }

    #[test]
    fn a_desk_without_a_lead_is_said_as_it_was_before_there_were_leads() {
        let bytes = newer().encode(&[9; 64]);
        assert_eq!((bytes[0], desk().encode(&[9; 64])[0], with_lead(None).encode(&[9; 64])[0]), (2, 1, 3));
        // One behind the other: what is there without a lead is a beginning of what is there with one, but for the version.
        let (old, new) = (newer().message(), with_lead(newer().more.and_then(|more| more.outside)).message());
        let version = b"treehouse/1 desk".len();
        assert_eq!(new[version + 1..old.len()], old[version + 1..]);
        // A version that says there is a lead has one, and one that does not has none.
        for (from, version) in [(with_lead(None), 2), (newer(), 3)] {
            let mut bytes = from.encode(&[9; 64]);
            bytes[0] = version;
            assert_eq!(Desk::decode(&bytes), Err(BadDesk));
        }
        let names = Role::ALL.map(|role| with_lead(None).named(role).map(|named| named.name.clone()));
        assert_eq!(names, [None, Some("A lead".to_owned())]);
    }

    #[test]
    fn what_was_erased_is_read_as_it_was_written_and_in_no_other_shape() {
        let erased = Erased { seq: Seq(7), h: Hash32([2; 32]), by: AccountId([3; 32]) };
        let bytes = erased.encode();
        assert_eq!((bytes.len(), Erased::decode(&bytes)), (90, Ok(erased)));
        for len in 0..bytes.len() {
            assert_eq!(Erased::decode(&bytes[..len]), Err(BadDesk));
        }
        assert_eq!(Erased::decode(&[bytes.as_slice(), &[0]].concat()), Err(BadDesk));
        assert_eq!(Erased::decode(&[b"treehouse/1 errors".as_slice(), &bytes[18..]].concat()), Err(BadDesk));
    }

    #[test]
    fn work_is_for_one_report_and_takes_more_than_a_guess() {
        let h = Hash32::of(b"a report");
        let c = work_for(&h, [8; 32]);
        assert!(work_holds(&c, &h));
        assert!(!work_holds(&c, &Hash32::of(b"another")));
        let lucky = (0..200u8).filter(|guess| work_holds(&Commitment([*guess; 32]), &h)).count();
        assert!(lucky <= 1, "{lucky}");
    }
}
