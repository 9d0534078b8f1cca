//! MLS state in the client's own database: OpenMLS' storage port over the connection whose transaction covers the whole input.
//!
//! One table, one row an entity, in MessagePack: OpenMLS reads only self-describing formats back. Nothing here commits: `Client::handle` does.

use crate::client::Cause;
use openmls_traits::storage::{CURRENT_VERSION as V, Entity, StorageProvider, traits};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::{Mutex, PoisonError};

/// Numbers are stored: never reuse one.
#[derive(Clone, Copy)]
enum Kind {
    JoinConfig = 1,
    OwnLeafNodes = 2,
    Proposal = 3,
    Tree = 4,
    InterimTranscriptHash = 5,
    Context = 6,
    ConfirmationTag = 7,
    GroupState = 8,
    MessageSecrets = 9,
    ResumptionPsks = 10,
    OwnLeafIndex = 11,
    EpochSecrets = 12,
    SignatureKeyPair = 13,
    EncryptionKeyPair = 14,
    EpochKeyPairs = 15,
    KeyPackage = 16,
    Psk = 17,
}

/// Reading or writing MLS state failed.
#[derive(Debug, thiserror::Error)]
pub enum MlsStoreError {
    #[error("the database failed")]
    Database(#[from] rusqlite::Error),
    #[error("stored MLS state does not decode")]
    Decode(#[from] rmp_serde::decode::Error),
    #[error("MLS state does not encode")]
    Encode(#[from] rmp_serde::encode::Error),
}

impl MlsStoreError {
    pub fn cause(&self) -> Cause {
        match self {
            Self::Database(error) => Cause::of(error),
            Self::Decode(_) | Self::Encode(_) => Cause::Damaged,
        }
    }
}

/// What went wrong first since the input began. OpenMLS wraps a failure of its storage in errors of many kinds, some of which look like a fault of
/// somebody else's message: what this holds counts before them.
#[derive(Default)]
pub struct StoreFailure(Mutex<Option<Cause>>);

impl StoreFailure {
    fn note<T>(&self, act: impl FnOnce() -> Result<T, MlsStoreError>) -> Result<T, MlsStoreError> {
        act().inspect_err(|error| {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.cause());
        })
    }

    pub fn take(&self) -> Option<Cause> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The MLS state of every group of this client.
pub struct MlsStore<'c> {
    db: &'c Connection,
    failure: &'c StoreFailure,
}

impl<'c> MlsStore<'c> {
    pub fn new(db: &'c Connection, failure: &'c StoreFailure) -> Self {
        Self { db, failure }
    }

    fn write(&self, kind: Kind, key: &[u8], value: &(impl Serialize + ?Sized)) -> Result<(), MlsStoreError> {
        self.failure.note(|| {
            let value = zeroize::Zeroizing::new(encode(value)?);
            self.db
                .prepare_cached("INSERT INTO mls (kind, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value")?
                .execute(params![kind as u8, key, value.as_slice()])?;
            Ok(())
        })
    }

    fn read<T: DeserializeOwned>(&self, kind: Kind, key: &[u8]) -> Result<Option<T>, MlsStoreError> {
        self.failure.note(|| {
            self.db
                .prepare_cached("SELECT value FROM mls WHERE kind = ?1 AND key = ?2")?
                .query_row(params![kind as u8, key], |row| row.get(0))
                .optional()?
                .map(|bytes: Vec<u8>| Ok(rmp_serde::from_slice(&zeroize::Zeroizing::new(bytes))?))
                .transpose()
        })
    }

    fn delete(&self, kind: Kind, key: &[u8]) -> Result<(), MlsStoreError> {
        self.failure.note(|| {
            self.db.prepare_cached("DELETE FROM mls WHERE kind = ?1 AND key = ?2")?.execute(params![kind as u8, key])?;
            Ok(())
        })
    }

    fn list<T: Entity<V>>(&self, kind: Kind, key: &[u8]) -> Result<Vec<T>, MlsStoreError> {
        self.failure.note(|| {
            let items: Vec<Vec<u8>> = self.read(kind, key)?.unwrap_or_default();
            items.iter().map(|bytes| Ok(rmp_serde::from_slice(bytes)?)).collect()
        })
    }

    fn append(&self, kind: Kind, key: &[u8], value: &impl Serialize) -> Result<(), MlsStoreError> {
        let mut items: Vec<Vec<u8>> = self.read(kind, key)?.unwrap_or_default();
        items.push(encode(value)?);
        self.write(kind, key, &items)
    }

    /// The stored proposals of a group. Keys of one group share its encoded id as prefix, and ids have one length, so the range holds no other.
    fn rows(&self, group: &[u8]) -> Result<Vec<Vec<u8>>, MlsStoreError> {
        self.failure.note(|| {
            let mut statement =
                self.db.prepare_cached("SELECT value FROM mls WHERE kind = ?1 AND key >= ?2 AND substr(key, 1, length(?2)) = ?2")?;
            let rows = statement.query_map(params![Kind::Proposal as u8, group], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn delete_prefix(&self, kind: Kind, prefix: &[u8]) -> Result<(), MlsStoreError> {
        self.failure.note(|| {
            self.db
                .prepare_cached("DELETE FROM mls WHERE kind = ?1 AND key >= ?2 AND substr(key, 1, length(?2)) = ?2")?
                .execute(params![kind as u8, prefix])?;
            Ok(())
        })
    }
}

/// The group's encoded id comes first, so that those of one group stand together.
fn proposal_key(group_id: &impl Serialize, proposal_ref: &impl Serialize) -> Result<Vec<u8>, MlsStoreError> {
    Ok([encode(group_id)?, encode(proposal_ref)?].concat())
}

fn encode(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, MlsStoreError> {
    Ok(rmp_serde::to_vec(value)?)
}

impl StorageProvider<V> for MlsStore<'_> {
    type Error = MlsStoreError;

    fn write_mls_join_config<GroupId: traits::GroupId<V>, MlsGroupJoinConfig: traits::MlsGroupJoinConfig<V>>(
        &self,
        group_id: &GroupId,
        config: &MlsGroupJoinConfig,
    ) -> Result<(), Self::Error> {
        self.write(Kind::JoinConfig, &encode(group_id)?, config)
    }

    fn append_own_leaf_node<GroupId: traits::GroupId<V>, LeafNode: traits::LeafNode<V>>(
        &self,
        group_id: &GroupId,
        leaf_node: &LeafNode,
    ) -> Result<(), Self::Error> {
        self.append(Kind::OwnLeafNodes, &encode(group_id)?, leaf_node)
    }

    fn queue_proposal<GroupId: traits::GroupId<V>, ProposalRef: traits::ProposalRef<V>, QueuedProposal: traits::QueuedProposal<V>>(
        &self,
        group_id: &GroupId,
        proposal_ref: &ProposalRef,
        proposal: &QueuedProposal,
    ) -> Result<(), Self::Error> {
        self.write(Kind::Proposal, &proposal_key(group_id, proposal_ref)?, &(proposal_ref, proposal))
    }

    fn write_tree<GroupId: traits::GroupId<V>, TreeSync: traits::TreeSync<V>>(
        &self,
        group_id: &GroupId,
        tree: &TreeSync,
    ) -> Result<(), Self::Error> {
        self.write(Kind::Tree, &encode(group_id)?, tree)
    }

    fn write_interim_transcript_hash<GroupId: traits::GroupId<V>, InterimTranscriptHash: traits::InterimTranscriptHash<V>>(
        &self,
        group_id: &GroupId,
        interim_transcript_hash: &InterimTranscriptHash,
    ) -> Result<(), Self::Error> {
        self.write(Kind::InterimTranscriptHash, &encode(group_id)?, interim_transcript_hash)
    }

    fn write_context<GroupId: traits::GroupId<V>, GroupContext: traits::GroupContext<V>>(
        &self,
        group_id: &GroupId,
        group_context: &GroupContext,
    ) -> Result<(), Self::Error> {
        self.write(Kind::Context, &encode(group_id)?, group_context)
    }

    fn write_confirmation_tag<GroupId: traits::GroupId<V>, ConfirmationTag: traits::ConfirmationTag<V>>(
        &self,
        group_id: &GroupId,
        confirmation_tag: &ConfirmationTag,
    ) -> Result<(), Self::Error> {
        self.write(Kind::ConfirmationTag, &encode(group_id)?, confirmation_tag)
    }

    fn write_group_state<GroupState: traits::GroupState<V>, GroupId: traits::GroupId<V>>(
        &self,
        group_id: &GroupId,
        group_state: &GroupState,
    ) -> Result<(), Self::Error> {
        self.write(Kind::GroupState, &encode(group_id)?, group_state)
    }

    fn write_message_secrets<GroupId: traits::GroupId<V>, MessageSecrets: traits::MessageSecrets<V>>(
        &self,
        group_id: &GroupId,
        message_secrets: &MessageSecrets,
    ) -> Result<(), Self::Error> {
        self.write(Kind::MessageSecrets, &encode(group_id)?, message_secrets)
    }

    fn write_resumption_psk_store<GroupId: traits::GroupId<V>, ResumptionPskStore: traits::ResumptionPskStore<V>>(
        &self,
        group_id: &GroupId,
        resumption_psk_store: &ResumptionPskStore,
    ) -> Result<(), Self::Error> {
        self.write(Kind::ResumptionPsks, &encode(group_id)?, resumption_psk_store)
    }

    fn write_own_leaf_index<GroupId: traits::GroupId<V>, LeafNodeIndex: traits::LeafNodeIndex<V>>(
        &self,
        group_id: &GroupId,
        own_leaf_index: &LeafNodeIndex,
    ) -> Result<(), Self::Error> {
        self.write(Kind::OwnLeafIndex, &encode(group_id)?, own_leaf_index)
    }

    fn write_group_epoch_secrets<GroupId: traits::GroupId<V>, GroupEpochSecrets: traits::GroupEpochSecrets<V>>(
        &self,
        group_id: &GroupId,
        group_epoch_secrets: &GroupEpochSecrets,
    ) -> Result<(), Self::Error> {
        self.write(Kind::EpochSecrets, &encode(group_id)?, group_epoch_secrets)
    }

    fn write_signature_key_pair<SignaturePublicKey: traits::SignaturePublicKey<V>, SignatureKeyPair: traits::SignatureKeyPair<V>>(
        &self,
        public_key: &SignaturePublicKey,
        signature_key_pair: &SignatureKeyPair,
    ) -> Result<(), Self::Error> {
        self.write(Kind::SignatureKeyPair, &encode(public_key)?, signature_key_pair)
    }

    fn write_encryption_key_pair<EncryptionKey: traits::EncryptionKey<V>, HpkeKeyPair: traits::HpkeKeyPair<V>>(
        &self,
        public_key: &EncryptionKey,
        key_pair: &HpkeKeyPair,
    ) -> Result<(), Self::Error> {
        self.write(Kind::EncryptionKeyPair, &encode(public_key)?, key_pair)
    }

    fn write_encryption_epoch_key_pairs<GroupId: traits::GroupId<V>, EpochKey: traits::EpochKey<V>, HpkeKeyPair: traits::HpkeKeyPair<V>>(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
        key_pairs: &[HpkeKeyPair],
    ) -> Result<(), Self::Error> {
        self.write(Kind::EpochKeyPairs, &encode(&(group_id, epoch, leaf_index))?, &key_pairs)
    }

    fn write_key_package<HashReference: traits::HashReference<V>, KeyPackage: traits::KeyPackage<V>>(
        &self,
        hash_ref: &HashReference,
        key_package: &KeyPackage,
    ) -> Result<(), Self::Error> {
        self.write(Kind::KeyPackage, &encode(hash_ref)?, key_package)
    }

    fn write_psk<PskId: traits::PskId<V>, PskBundle: traits::PskBundle<V>>(
        &self,
        psk_id: &PskId,
        psk: &PskBundle,
    ) -> Result<(), Self::Error> {
        self.write(Kind::Psk, &encode(psk_id)?, psk)
    }

    fn mls_group_join_config<GroupId: traits::GroupId<V>, MlsGroupJoinConfig: traits::MlsGroupJoinConfig<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<MlsGroupJoinConfig>, Self::Error> {
        self.read(Kind::JoinConfig, &encode(group_id)?)
    }

    fn own_leaf_nodes<GroupId: traits::GroupId<V>, LeafNode: traits::LeafNode<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<LeafNode>, Self::Error> {
        self.list(Kind::OwnLeafNodes, &encode(group_id)?)
    }

    fn queued_proposal_refs<GroupId: traits::GroupId<V>, ProposalRef: traits::ProposalRef<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<ProposalRef>, Self::Error> {
        self.rows(&encode(group_id)?)?
            .iter()
            .map(|bytes| Ok(rmp_serde::from_slice::<(ProposalRef, serde::de::IgnoredAny)>(bytes)?.0))
            .collect()
    }

    fn queued_proposals<GroupId: traits::GroupId<V>, ProposalRef: traits::ProposalRef<V>, QueuedProposal: traits::QueuedProposal<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<(ProposalRef, QueuedProposal)>, Self::Error> {
        self.rows(&encode(group_id)?)?.iter().map(|bytes| Ok(rmp_serde::from_slice(bytes)?)).collect()
    }

    fn tree<GroupId: traits::GroupId<V>, TreeSync: traits::TreeSync<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<TreeSync>, Self::Error> {
        self.read(Kind::Tree, &encode(group_id)?)
    }

    fn group_context<GroupId: traits::GroupId<V>, GroupContext: traits::GroupContext<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<GroupContext>, Self::Error> {
        self.read(Kind::Context, &encode(group_id)?)
    }

    fn interim_transcript_hash<GroupId: traits::GroupId<V>, InterimTranscriptHash: traits::InterimTranscriptHash<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<InterimTranscriptHash>, Self::Error> {
        self.read(Kind::InterimTranscriptHash, &encode(group_id)?)
    }

    fn confirmation_tag<GroupId: traits::GroupId<V>, ConfirmationTag: traits::ConfirmationTag<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<ConfirmationTag>, Self::Error> {
        self.read(Kind::ConfirmationTag, &encode(group_id)?)
    }

    fn group_state<GroupState: traits::GroupState<V>, GroupId: traits::GroupId<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<GroupState>, Self::Error> {
        self.read(Kind::GroupState, &encode(group_id)?)
    }

    fn message_secrets<GroupId: traits::GroupId<V>, MessageSecrets: traits::MessageSecrets<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<MessageSecrets>, Self::Error> {
        self.read(Kind::MessageSecrets, &encode(group_id)?)
    }

    fn resumption_psk_store<GroupId: traits::GroupId<V>, ResumptionPskStore: traits::ResumptionPskStore<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<ResumptionPskStore>, Self::Error> {
        self.read(Kind::ResumptionPsks, &encode(group_id)?)
    }

    fn own_leaf_index<GroupId: traits::GroupId<V>, LeafNodeIndex: traits::LeafNodeIndex<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<LeafNodeIndex>, Self::Error> {
        self.read(Kind::OwnLeafIndex, &encode(group_id)?)
    }

    fn group_epoch_secrets<GroupId: traits::GroupId<V>, GroupEpochSecrets: traits::GroupEpochSecrets<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<GroupEpochSecrets>, Self::Error> {
        self.read(Kind::EpochSecrets, &encode(group_id)?)
    }

    fn signature_key_pair<SignaturePublicKey: traits::SignaturePublicKey<V>, SignatureKeyPair: traits::SignatureKeyPair<V>>(
        &self,
        public_key: &SignaturePublicKey,
    ) -> Result<Option<SignatureKeyPair>, Self::Error> {
        self.read(Kind::SignatureKeyPair, &encode(public_key)?)
    }

    fn encryption_key_pair<HpkeKeyPair: traits::HpkeKeyPair<V>, EncryptionKey: traits::EncryptionKey<V>>(
        &self,
        public_key: &EncryptionKey,
    ) -> Result<Option<HpkeKeyPair>, Self::Error> {
        self.read(Kind::EncryptionKeyPair, &encode(public_key)?)
    }

    fn encryption_epoch_key_pairs<GroupId: traits::GroupId<V>, EpochKey: traits::EpochKey<V>, HpkeKeyPair: traits::HpkeKeyPair<V>>(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<Vec<HpkeKeyPair>, Self::Error> {
        Ok(self.read(Kind::EpochKeyPairs, &encode(&(group_id, epoch, leaf_index))?)?.unwrap_or_default())
    }

    fn key_package<KeyPackageRef: traits::HashReference<V>, KeyPackage: traits::KeyPackage<V>>(
        &self,
        hash_ref: &KeyPackageRef,
    ) -> Result<Option<KeyPackage>, Self::Error> {
        self.read(Kind::KeyPackage, &encode(hash_ref)?)
    }

    fn psk<PskBundle: traits::PskBundle<V>, PskId: traits::PskId<V>>(&self, psk_id: &PskId) -> Result<Option<PskBundle>, Self::Error> {
        self.read(Kind::Psk, &encode(psk_id)?)
    }

    fn remove_proposal<GroupId: traits::GroupId<V>, ProposalRef: traits::ProposalRef<V>>(
        &self,
        group_id: &GroupId,
        proposal_ref: &ProposalRef,
    ) -> Result<(), Self::Error> {
        self.delete(Kind::Proposal, &proposal_key(group_id, proposal_ref)?)
    }

    fn delete_own_leaf_nodes<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::OwnLeafNodes, &encode(group_id)?)
    }

    fn delete_group_config<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::JoinConfig, &encode(group_id)?)
    }

    fn delete_tree<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::Tree, &encode(group_id)?)
    }

    fn delete_confirmation_tag<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::ConfirmationTag, &encode(group_id)?)
    }

    fn delete_group_state<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::GroupState, &encode(group_id)?)
    }

    fn delete_context<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::Context, &encode(group_id)?)
    }

    fn delete_interim_transcript_hash<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::InterimTranscriptHash, &encode(group_id)?)
    }

    fn delete_message_secrets<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::MessageSecrets, &encode(group_id)?)
    }

    fn delete_all_resumption_psk_secrets<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::ResumptionPsks, &encode(group_id)?)
    }

    fn delete_own_leaf_index<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::OwnLeafIndex, &encode(group_id)?)
    }

    fn delete_group_epoch_secrets<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Self::Error> {
        self.delete(Kind::EpochSecrets, &encode(group_id)?)
    }

    fn clear_proposal_queue<GroupId: traits::GroupId<V>, ProposalRef: traits::ProposalRef<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<(), Self::Error> {
        self.delete_prefix(Kind::Proposal, &encode(group_id)?)
    }

    fn delete_signature_key_pair<SignaturePublicKey: traits::SignaturePublicKey<V>>(
        &self,
        public_key: &SignaturePublicKey,
    ) -> Result<(), Self::Error> {
        self.delete(Kind::SignatureKeyPair, &encode(public_key)?)
    }

    fn delete_encryption_key_pair<EncryptionKey: traits::EncryptionKey<V>>(&self, public_key: &EncryptionKey) -> Result<(), Self::Error> {
        self.delete(Kind::EncryptionKeyPair, &encode(public_key)?)
    }

    fn delete_encryption_epoch_key_pairs<GroupId: traits::GroupId<V>, EpochKey: traits::EpochKey<V>>(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<(), Self::Error> {
        self.delete(Kind::EpochKeyPairs, &encode(&(group_id, epoch, leaf_index))?)
    }

    fn delete_key_package<KeyPackageRef: traits::HashReference<V>>(&self, hash_ref: &KeyPackageRef) -> Result<(), Self::Error> {
        self.delete(Kind::KeyPackage, &encode(hash_ref)?)
    }

    fn delete_psk<PskKey: traits::PskId<V>>(&self, psk_id: &PskKey) -> Result<(), Self::Error> {
        self.delete(Kind::Psk, &encode(psk_id)?)
    }
}
