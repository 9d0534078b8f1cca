//! Who may change what: decided from the group's shared state, the Commit and the stamp's time, so that every member decides alike.

use super::group::Void;
use super::identity::{LeafIdentity, can_be_sealed_to};
use super::note::{Note, NoteRequest, request_message};
use super::returning::ComesBack;
use super::room::{Room, RoomKind};
use super::{EXT_ROOM, SUITE};
use openmls::prelude::tls_codec::Serialize as _;
use openmls::prelude::*;
use prost::Message as _;
use std::collections::BTreeSet;
use wire::limits::GROUP_LEAVES_MAX;
use wire::{AccountId, Millis};

/// # Errors
/// The first rule that the Commit breaks.
pub(super) fn check_commit(group: &MlsGroup, committer: LeafNodeIndex, staged: &StagedCommit, note: &[u8], at: Millis) -> Result<(), Void> {
    let room = room_of(group.extensions())?;
    let sender = identity_at(group, committer)?;
    let removed: Vec<(LeafNodeIndex, AccountId)> = staged
        .remove_proposals()
        .map(|removal| {
            let leaf = removal.remove_proposal().removed();
            Ok((leaf, identity_at(group, leaf)?.account()))
        })
        .collect::<Result<_, Void>>()?;
    let note = Note::decode(note).unwrap_or_default();
    let mut replaced = BTreeSet::new();
    for (position, add) in (0..).zip(staged.add_proposals()) {
        let leaf = add.add_proposal().key_package().leaf_node();
        if add.add_proposal().key_package().ciphersuite() != SUITE {
            return Err(Void::Proposal);
        }
        let identity = LeafIdentity::of(leaf).map_err(|_| Void::Identity)?;
        identity.check(at).map_err(|_| Void::Identity)?;
        // A leaf to which nothing can be sealed would stop every later Commit; one that has not spoken has no pass of its own choosing.
        if !can_be_sealed_to(leaf) || identity.pass().is_some() {
            return Err(Void::Identity);
        }
        let returns = match asked(&note, position) {
            // One new leaf for one old one, of the same client or account, which has asked for just this.
            Some(request) => {
                replaced.insert(request.leaf)
                    && removed.iter().any(|(leaf, account)| leaf.u32() == request.leaf && *account == identity.account())
                    && has_asked(group, &room, request, add.add_proposal().key_package(), &identity)?
            }
            None => false,
        };
        let by_admin = room.kind == RoomKind::Group && room.is_admin(&sender.account());
        if !(returns || by_admin) {
            return Err(Void::NotAllowed);
        }
    }
    for proposal in staged.queued_proposals() {
        check_proposal(proposal, committer, &room, &sender, &replaced, group)?;
    }
    if group.members().count() + staged.add_proposals().count() > GROUP_LEAVES_MAX + removed.len() {
        return Err(Void::TooMany);
    }
    check_path(group, committer, staged, &sender, at)
}

/// The request that the note gives for an Add.
fn asked(note: &Note, position: u32) -> Option<&NoteRequest> {
    note.added.iter().find(|added| added.position == position)?.request.as_ref()
}

/// Whether the leaf that goes has signed that this KeyPackage is to take its place; of an account whose devices were lost, whether its identity
/// key has (docs/spec/vault.md).
fn has_asked(group: &MlsGroup, room: &Room, request: &NoteRequest, package: &KeyPackage, new: &LeafIdentity) -> Result<bool, Void> {
    let old = identity_at(group, LeafNodeIndex::new(request.leaf))?;
    if let Some(comes_back) = ComesBack::of(package) {
        return Ok(comes_back.is_some_and(|comes_back| comes_back.replaces(&old, new, &room.route, &request.signature)));
    }
    let bytes = package.tls_serialize_detached().map_err(|_| Void::Proposal)?;
    let message = request_message(&room.route, request.epoch, request.leaf, &bytes);
    let signed = <[u8; 32]>::try_from(old.leaf_public())
        .ok()
        .zip(<[u8; 64]>::try_from(request.signature.as_slice()).ok())
        .is_some_and(|(key, signature)| crate::account::verify_ed25519(&key, &message, &signature));
    Ok(signed && (old.account(), old.client()) == (new.account(), new.client()))
}

fn check_proposal(
    queued: &QueuedProposal,
    committer: LeafNodeIndex,
    room: &Room,
    sender: &LeafIdentity,
    replaced: &BTreeSet<u32>,
    group: &MlsGroup,
) -> Result<(), Void> {
    let Sender::Member(proposer) = *queued.sender() else { return Err(Void::NotAllowed) };
    let by_committer = proposer == committer;
    let admin = room.kind == RoomKind::Group && room.is_admin(&sender.account());
    match queued.proposal() {
        Proposal::Add(_) if by_committer => Ok(()),
        Proposal::Remove(remove) => {
            let asked_to_go = proposer == remove.removed() && !by_committer;
            let account = identity_at(group, remove.removed())?.account();
            let returns = replaced.contains(&remove.removed().u32());
            let own = account == sender.account();
            if asked_to_go || by_committer && (admin || returns || own) { Ok(()) } else { Err(Void::NotAllowed) }
        }
        Proposal::GroupContextExtensions(change) if by_committer && admin => {
            let next = room_of(change.extensions())?;
            let others_stay = change.extensions().required_capabilities() == group.extensions().required_capabilities();
            let nothing_more = change.extensions().iter().count() == 2;
            if next.follows(room) && others_stay && nothing_more { Ok(()) } else { Err(Void::Room) }
        }
        Proposal::GroupContextExtensions(_) => Err(Void::NotAllowed),
        _ => Err(Void::Proposal),
    }
}

/// The committer's new leaf is the same client, still certified.
fn check_path(group: &MlsGroup, committer: LeafNodeIndex, staged: &StagedCommit, sender: &LeafIdentity, at: Millis) -> Result<(), Void> {
    let Some(leaf) = staged.update_path_leaf_node() else { return Ok(()) };
    let identity = LeafIdentity::of(leaf).map_err(|_| Void::Identity)?;
    identity.check(at).map_err(|_| Void::Identity)?;
    // Whoever names another's pass as its own would have that one dropped in its place.
    let taken = |(index, other): (LeafNodeIndex, &LeafNode)| {
        index != committer && identity.pass().is_some() && LeafIdentity::of(other).is_ok_and(|other| other.pass() == identity.pass())
    };
    if !can_be_sealed_to(leaf) || group.treesync().full_leaves().any(taken) {
        return Err(Void::Identity);
    }
    if identity.account() == sender.account() && identity.client() == sender.client() { Ok(()) } else { Err(Void::Identity) }
}

fn identity_at(group: &MlsGroup, leaf: LeafNodeIndex) -> Result<LeafIdentity, Void> {
    LeafIdentity::of(group.public_group().leaf(leaf).ok_or(Void::Proposal)?).map_err(|_| Void::Identity)
}

fn room_of(extensions: &Extensions<GroupContext>) -> Result<Room, Void> {
    let extension = extensions.unknown(EXT_ROOM).ok_or(Void::Room)?;
    Room::decode(&extension.0).map_err(|_| Void::Room)
}
