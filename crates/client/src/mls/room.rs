//! What the GroupContext says beside MLS: which log, whose stamps, who is admin. Shared state, so every member decides by it alike.

use std::collections::BTreeSet;
use wire::{AccountId, Route};

/// A chat of two has no admins and no owners: neither side can put the other out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomKind {
    Two,
    Group,
}

/// The content of extension `EXT_ROOM`:
/// `version u8 = 1 | kind u8 (1 two, 2 group) | route 32 | server 32 | stamp key 32 | announce u8 | count u16 BE | admins 32 each, ascending`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub kind: RoomKind,
    /// The conversation id, immutable.
    pub route: Route,
    /// The server's identity, immutable.
    pub server: [u8; 32],
    /// D, whose stamps count here, immutable.
    pub stamp_key: [u8; 32],
    /// Only admins write.
    pub announcements_only: bool,
    pub admins: BTreeSet<AccountId>,
}

/// The bytes are not a room in canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the group's rules do not parse")]
pub struct BadRoom;

const VERSION: u8 = 1;

impl Room {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION, if self.kind == RoomKind::Two { 1 } else { 2 }];
        out.extend_from_slice(&self.route.0);
        out.extend_from_slice(&self.server);
        out.extend_from_slice(&self.stamp_key);
        out.push(self.announcements_only.into());
        out.extend_from_slice(&(self.admins.len() as u16).to_be_bytes());
        self.admins.iter().for_each(|admin| out.extend_from_slice(&admin.0));
        out
    }

    /// # Errors
    /// Anything but the bytes that [`Room::encode`] gives: unknown version, unsorted or doubled admins, bytes left over.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRoom> {
        let (head, rest) = bytes.split_first_chunk::<2>().ok_or(BadRoom)?;
        let kind = match head {
            [VERSION, 1] => RoomKind::Two,
            [VERSION, 2] => RoomKind::Group,
            _ => return Err(BadRoom),
        };
        let (route, rest) = rest.split_first_chunk::<32>().ok_or(BadRoom)?;
        let (server, rest) = rest.split_first_chunk::<32>().ok_or(BadRoom)?;
        let (stamp_key, rest) = rest.split_first_chunk::<32>().ok_or(BadRoom)?;
        let ([announce, high, low], rest) = rest.split_first_chunk::<3>().ok_or(BadRoom)?;
        let count = usize::from(u16::from_be_bytes([*high, *low]));
        let (chunks, []) = rest.as_chunks::<32>() else { return Err(BadRoom) };
        let room = Self {
            kind,
            route: Route(*route),
            server: *server,
            stamp_key: *stamp_key,
            announcements_only: *announce == 1,
            admins: chunks.iter().map(|chunk| AccountId(*chunk)).collect(),
        };
        // One form only: two clients that read the same bytes hold the same rules.
        if chunks.len() == count && room.encode() == bytes { Ok(room) } else { Err(BadRoom) }
    }

    pub fn is_admin(&self, account: &AccountId) -> bool {
        self.admins.contains(account)
    }

    /// Whether this may follow `old`: the fixed fields stay, and a group keeps an admin.
    pub fn follows(&self, old: &Self) -> bool {
        self.kind == old.kind
            && self.route == old.route
            && self.server == old.server
            && self.stamp_key == old.stamp_key
            && (self.kind == RoomKind::Two || !self.admins.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Room {
        Room {
            kind: RoomKind::Group,
            route: Route([1; 32]),
            server: [2; 32],
            stamp_key: [3; 32],
            announcements_only: false,
            admins: [AccountId([4; 32]), AccountId([5; 32])].into(),
        }
    }

    #[test]
    fn a_room_round_trips_and_every_truncation_is_refused() {
        let bytes = room().encode();
        assert_eq!(Room::decode(&bytes), Ok(room()));
        for len in 0..bytes.len() {
            assert_eq!(Room::decode(&bytes[..len]), Err(BadRoom));
        }
    }

    #[test]
    fn admins_out_of_order_are_refused() {
        let mut bytes = room().encode();
        let at = bytes.len() - 64;
        bytes[at..].rotate_left(32);
        assert_eq!(Room::decode(&bytes), Err(BadRoom));
    }

    #[test]
    fn a_room_never_moves_to_another_log_or_loses_its_last_admin() {
        let moved = Room { route: Route([9; 32]), ..room() };
        let headless = Room { admins: BTreeSet::new(), ..room() };
        let fewer = Room { admins: [AccountId([4; 32])].into(), ..room() };
        assert!(!moved.follows(&room()) && !headless.follows(&room()) && fewer.follows(&room()));
    }
}
