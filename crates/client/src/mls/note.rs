//! What a Commit says in its authenticated data, readable by the server: first passes of those it adds, and the requests of those it lets back
//! in (docs/spec/delivery.md, "Commit notes"). Every member checks the requests, so they decide alike.

use prost::Message;
use wire::{Hash32, Route};

/// The note of a Commit.
#[derive(Clone, PartialEq, Message)]
pub struct Note {
    #[prost(message, repeated, tag = "1")]
    pub added: Vec<NoteAdded>,
}

/// Of one Add: the hash of its pass, which the server is asked to honour and so knows anyway, and what asked for it.
#[derive(Clone, PartialEq, Message)]
pub struct NoteAdded {
    /// Position among the Commit's Adds.
    #[prost(uint32, tag = "1")]
    pub position: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub pass: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub request: Option<NoteRequest>,
}

/// The request of a leaf to be replaced by the leaf of the KeyPackage that is added.
#[derive(Clone, PartialEq, Message)]
pub struct NoteRequest {
    #[prost(uint32, tag = "1")]
    pub leaf: u32,
    /// In which it was made.
    #[prost(uint64, tag = "2")]
    pub epoch: u64,
    /// By the leaf's key, over [`request_message`]; by the account's identity key, if the KeyPackage says that it comes back after its devices were
    /// lost (returning.rs).
    #[prost(bytes = "vec", tag = "3")]
    pub signature: Vec<u8>,
}

/// What the old leaf signs: which group, which epoch, which leaf, and what is to take its place.
pub fn request_message(route: &Route, epoch: u64, leaf: u32, key_package: &[u8]) -> Vec<u8> {
    let mut out = b"treehouse/1 rejoin".to_vec();
    out.extend_from_slice(&route.0);
    out.extend_from_slice(&epoch.to_be_bytes());
    out.extend_from_slice(&leaf.to_be_bytes());
    out.extend_from_slice(&Hash32::of(key_package).0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_for_one_group_one_epoch_one_leaf_and_one_package() {
        let route = Route([1; 32]);
        let all = [
            request_message(&route, 1, 2, b"package"),
            request_message(&Route([2; 32]), 1, 2, b"package"),
            request_message(&route, 2, 2, b"package"),
            request_message(&route, 1, 3, b"package"),
            request_message(&route, 1, 2, b"other"),
        ];
        assert!((1..all.len()).all(|other| all[0] != all[other]));
    }
}
