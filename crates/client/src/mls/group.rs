//! One MLS group: make, join, seal, read, change. Decides nothing about logs or chats.
//!
//! Whether a Commit is valid is a function of (group state, bytes, stamp time) alone, so that every honest member decides alike; see
//! docs/spec/delivery.md, "Void, broken, ours".

use super::crypto::is_hpke_key;
use super::identity::{LeafIdentity, LeafSigner, can_be_sealed_to};
use super::returning::ComesBack;
use super::room::Room;
use super::storage::MlsStoreError;
use super::{EXT_PASS, EXT_ROOM, Provider, SUITE, capabilities, lifetime, rules};
use franking::ValidState;
use openmls::group::StageCommitError;
use openmls::prelude::tls_codec::Serialize as _;
use openmls::prelude::*;
use openmls::treesync::errors::ApplyUpdatePathError;
use wire::call::Flag;
use wire::limits::TREE_INLINE_LEAVES_MAX;
use wire::{AccountId, Millis, PassHash};

/// Generations of one sender that may be skipped, and how far out of order they may come. One log orders everything, so both are generous.
const OUT_OF_ORDER: u32 = 32;
const FORWARD: u32 = 1000;
const HANDSHAKE_PADDING: usize = 256;

pub struct Group {
    pub(super) mls: MlsGroup,
}

/// What one Commit is to do.
#[derive(Default)]
pub struct CommitPlan {
    pub adds: Vec<KeyPackage>,
    pub removes: Vec<u32>,
    pub room: Option<Room>,
    /// The pass hash that the own leaf is to publish.
    pub pass: Option<PassHash>,
    /// New path secrets for the own leaf even if nothing else asks for them.
    pub refresh: bool,
    /// Goes into the authenticated data, readable by the server (docs/spec/delivery.md, "Commit notes").
    pub note: Vec<u8>,
}

/// A Commit made and kept pending; nothing has changed yet.
pub struct Committed {
    pub record: Vec<u8>,
    pub welcome: Option<Vec<u8>>,
    /// The ratchet tree after the Commit, when it is too large to travel inside the Welcome.
    pub tree: Option<Vec<u8>>,
}

/// What a record turned out to be.
pub enum Read {
    Content {
        sender: u32,
        identity: Box<LeafIdentity>,
        authenticated: Vec<u8>,
        payload: Vec<u8>,
    },
    Commit {
        by: AccountId,
        authenticated: Vec<u8>,
        staged: Box<Staged>,
    },
    /// A member asks to be let go; kept until the next Commit carries it out.
    Leaving,
}

/// A Commit that every rule allows, not merged yet.
pub struct Staged(StagedCommit);

/// Why a record counts for nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Void {
    #[error("not an MLS PrivateMessage")]
    NotMls,
    #[error("the flag is not what the record is")]
    WrongFlag,
    #[error("for another group")]
    WrongGroup,
    #[error("for another epoch")]
    WrongEpoch,
    #[error("does not open or verify")]
    NotAuthentic,
    #[error("claims to be ours and is not")]
    NotOurs,
    #[error("a proposal that no rule allows")]
    Proposal,
    #[error("the sender may not change this")]
    NotAllowed,
    #[error("a leaf without a valid certificate")]
    Identity,
    #[error("the group's rules may not change like this")]
    Room,
    #[error("more leaves than a group may have")]
    TooMany,
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("void: {0}")]
    Void(#[from] Void),
    /// Valid for others, but its path does not open here.
    #[error("broken for this client")]
    Broken,
    /// Ours: the record must be read again.
    #[error("state could not be stored")]
    Store(#[from] MlsStoreError),
}

/// Making or joining failed.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    #[error("this group is not on this device")]
    Missing,
    #[error("a KeyPackage that cannot be used")]
    KeyPackage,
    #[error("a Welcome that cannot be used")]
    Welcome,
    #[error("a Commit that cannot be made")]
    Commit,
    #[error("content that cannot be sealed")]
    Seal,
    #[error("the group's rules are missing or do not parse")]
    Room,
    #[error("state could not be stored")]
    Store(#[from] MlsStoreError),
}

/// What a Welcome led to.
pub struct Joined {
    pub group: Group,
    pub room: Room,
    /// The leaf that made the Welcome.
    pub inviter: LeafIdentity,
}

impl Group {
    /// A new group of one, at epoch 0. Its id is the route.
    pub fn create(provider: &Provider<'_>, signer: &LeafSigner, room: &Room, pass: PassHash) -> Result<Self, GroupError> {
        let mut extensions = Extensions::empty();
        let required = [ExtensionType::Unknown(EXT_ROOM), ExtensionType::Unknown(EXT_PASS)];
        extensions
            .add(Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(&required, &[], &[CredentialType::Basic])))
            .and_then(|()| extensions.add(room_extension(room)))
            .map_err(|_| GroupError::Room)?;
        let mls = MlsGroup::builder()
            .with_group_id(GroupId::from_slice(&room.route.0))
            .ciphersuite(SUITE)
            .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .max_past_epochs(0)
            .number_of_resumption_psks(0)
            .sender_ratchet_configuration(SenderRatchetConfiguration::new(OUT_OF_ORDER, FORWARD))
            .lifetime(lifetime())
            .with_capabilities(capabilities())
            .with_leaf_node_extensions(pass_extension(pass))
            .map_err(|_| GroupError::Commit)?
            .with_group_context_extensions(extensions)
            .build(provider, signer, signer.credential())
            .map_err(|_| GroupError::Commit)?;
        Ok(Self { mls })
    }

    pub fn load(provider: &Provider<'_>, route: &wire::Route) -> Result<Self, GroupError> {
        let mls = MlsGroup::load(openmls_traits::OpenMlsProvider::storage(provider), &GroupId::from_slice(&route.0))?
            .ok_or(GroupError::Missing)?;
        Ok(Self { mls })
    }

    /// Opens a Welcome with a KeyPackage of this client, which is used up.
    pub fn join(provider: &Provider<'_>, welcome: &[u8], tree: Option<&[u8]>) -> Result<Joined, GroupError> {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(welcome).map_err(|_| GroupError::Welcome)?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else { return Err(GroupError::Welcome) };
        let tree = tree.map(RatchetTreeIn::tls_deserialize_exact_bytes).transpose().map_err(|_| GroupError::Welcome)?;
        let mut builder = StagedWelcome::build_from_welcome(provider, &join_config(0), welcome)
            .map_err(|_| GroupError::Welcome)?
            .skip_lifetime_validation()
            .replace_old_group();
        if let Some(tree) = tree {
            builder = builder.with_ratchet_tree(tree);
        }
        let staged = builder.build().map_err(|_| GroupError::Welcome)?;
        let inviter = LeafIdentity::of(staged.welcome_sender().map_err(|_| GroupError::Welcome)?).map_err(|_| GroupError::Welcome)?;
        let mls = staged.into_group(provider).map_err(|_| GroupError::Welcome)?;
        let group = Self { mls };
        let room = group.room()?;
        if mls_id_is_not(&group.mls, &room) {
            return Err(GroupError::Room);
        }
        Ok(Joined { group, room, inviter })
    }

    pub fn room(&self) -> Result<Room, GroupError> {
        let extension = self.mls.extensions().unknown(EXT_ROOM).ok_or(GroupError::Room)?;
        Room::decode(&extension.0).map_err(|_| GroupError::Room)
    }

    pub fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    pub fn suite(&self) -> Ciphersuite {
        self.mls.ciphersuite()
    }

    pub fn own_leaf(&self) -> u32 {
        self.mls.own_leaf_index().u32()
    }

    /// False once this client has been removed.
    pub fn is_active(&self) -> bool {
        self.mls.is_active()
    }

    /// Every leaf with a certificate that parses; all do, because a leaf without one never enters.
    pub fn members(&self) -> Vec<(u32, LeafIdentity)> {
        let leaves = self.mls.treesync().full_leaves();
        leaves.filter_map(|(index, leaf)| Some((index.u32(), LeafIdentity::of(leaf).ok()?))).collect()
    }

    pub fn member(&self, leaf: u32) -> Option<LeafIdentity> {
        LeafIdentity::of(self.mls.public_group().leaf(LeafNodeIndex::new(leaf))?).ok()
    }

    /// Whether somebody asked to be let go and waits for a Commit.
    pub fn has_leavers(&self) -> bool {
        self.mls.pending_proposals().next().is_some()
    }

    /// Leaves that asked to be let go.
    pub fn leavers(&self) -> Vec<u32> {
        let asked = self.mls.pending_proposals().filter_map(|queued| match queued.proposal() {
            Proposal::Remove(remove) => Some(remove.removed().u32()),
            _ => None,
        });
        asked.collect()
    }

    /// What seals a request to be let back in by those who were in this epoch (RFC 9420 section 8.5).
    pub fn rejoin_key(&self, provider: &Provider<'_>) -> Result<[u8; 32], GroupError> {
        self.exported(provider, "treehouse/1 rejoin")
    }

    /// What seals signals between those who are in this epoch.
    pub fn signal_key(&self, provider: &Provider<'_>) -> Result<[u8; 32], GroupError> {
        self.exported(provider, "treehouse/1 signal")
    }

    fn exported(&self, provider: &Provider<'_>, label: &str) -> Result<[u8; 32], GroupError> {
        let crypto = openmls_traits::OpenMlsProvider::crypto(provider);
        let key = self.mls.export_secret(crypto, label, &[], 32).map_err(|_| GroupError::Missing)?;
        key.try_into().map_err(|_| GroupError::Missing)
    }

    /// Seals content for the current epoch; `authenticated` is readable by the server.
    pub fn seal(
        &mut self,
        provider: &Provider<'_>,
        signer: &LeafSigner,
        authenticated: &[u8],
        payload: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        self.mls.set_aad(authenticated.to_vec());
        let message = self.mls.create_message(provider, signer, payload).map_err(|_| GroupError::Seal)?;
        message.to_bytes().map_err(|_| GroupError::Seal)
    }

    /// Makes a Commit and keeps it pending; waiting leavers go with it.
    pub fn commit(&mut self, provider: &Provider<'_>, signer: &LeafSigner, plan: CommitPlan) -> Result<Committed, GroupError> {
        use openmls_traits::OpenMlsProvider as _;
        self.mls.set_configuration(provider.storage(), &join_config(HANDSHAKE_PADDING))?;
        self.mls.set_aad(plan.note);
        let mut leaf = LeafNodeParameters::builder();
        if let Some(pass) = plan.pass {
            leaf = leaf.with_extensions(pass_extension(pass));
        }
        let leaves_after = self.mls.members().count() + plan.adds.len();
        let tree_inside = leaves_after <= TREE_INLINE_LEAVES_MAX;
        let welcomes = !plan.adds.is_empty();
        let mut builder = self
            .mls
            .commit_builder()
            .consume_proposal_store(true)
            .force_self_update(plan.refresh || plan.pass.is_some())
            .leaf_node_parameters(leaf.build())
            .propose_adds(plan.adds)
            .propose_removals(plan.removes.into_iter().map(LeafNodeIndex::new));
        if let Some(room) = plan.room {
            let required = [ExtensionType::Unknown(EXT_ROOM), ExtensionType::Unknown(EXT_PASS)];
            let mut extensions = Extensions::empty();
            extensions
                .add(Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(&required, &[], &[CredentialType::Basic])))
                .and_then(|()| extensions.add(room_extension(&room)))
                .map_err(|_| GroupError::Room)?;
            builder = builder.propose_group_context_extensions(extensions).map_err(|_| GroupError::Commit)?;
        }
        let bundle = builder
            .load_psks(provider.storage())
            .map_err(|_| GroupError::Commit)?
            .use_ratchet_tree_extension(welcomes && tree_inside)
            .build(provider.rand(), provider.crypto(), signer, |_| true)
            .map_err(|_| GroupError::Commit)?
            .stage_commit(provider)
            .map_err(|_| GroupError::Commit)?;
        provider.crypto().spoil_seal(None);
        let (commit, welcome, _) = bundle.into_messages();
        let tree = match self.mls.pending_commit() {
            Some(staged) if welcomes && !tree_inside => {
                let tree = staged.export_ratchet_tree(provider.crypto(), self.mls.export_ratchet_tree()).map_err(|_| GroupError::Commit)?;
                tree.map(|tree| tree.tls_serialize_detached()).transpose().map_err(|_| GroupError::Commit)?
            }
            _ => None,
        };
        self.mls.set_configuration(provider.storage(), &join_config(0))?;
        Ok(Committed {
            record: commit.to_bytes().map_err(|_| GroupError::Commit)?,
            welcome: welcome.map(|message| message.to_bytes()).transpose().map_err(|_| GroupError::Commit)?,
            tree,
        })
    }

    /// Asks to be let go: the one standalone proposal there is.
    pub fn leave(&mut self, provider: &Provider<'_>, signer: &LeafSigner) -> Result<Vec<u8>, GroupError> {
        let message = self.mls.leave_group(provider, signer).map_err(|_| GroupError::Commit)?;
        message.to_bytes().map_err(|_| GroupError::Commit)
    }

    /// Whether the pending Commit is one that every other member takes, at the time it was stamped. While there is no other, as in a chat that is
    /// being begun, nobody is asked.
    pub fn pending_is_valid(&self, at: Millis, note: &[u8]) -> bool {
        let alone = self.leaf_count() == 1;
        alone
            || self
                .mls
                .pending_commit()
                .is_some_and(|staged| rules::check_commit(&self.mls, self.mls.own_leaf_index(), staged, note, at).is_ok())
    }

    pub fn leaf_count(&self) -> usize {
        self.mls.members().count()
    }

    /// The pending Commit was read back at its place in the log.
    pub fn merge_pending(&mut self, provider: &Provider<'_>) -> Result<(), GroupError> {
        self.mls.merge_pending_commit(provider).map_err(|_| GroupError::Commit)
    }

    /// Another Commit came first, or ours was refused.
    pub fn clear_pending(&mut self, provider: &Provider<'_>) -> Result<(), GroupError> {
        Ok(self.mls.clear_pending_commit(openmls_traits::OpenMlsProvider::storage(provider))?)
    }

    pub fn merge(&mut self, provider: &Provider<'_>, staged: Staged) -> Result<(), GroupError> {
        self.mls.merge_staged_commit(provider, staged.0).map_err(|_| GroupError::Commit)
    }

    /// Opens and checks one record of another client.
    ///
    /// # Errors
    /// [`ReadError::Void`]: counts for nobody. [`ReadError::Broken`]: a Commit others can follow and this client cannot. [`ReadError::Store`]:
    /// nothing is known yet, read it again.
    pub fn read(&mut self, provider: &Provider<'_>, record: &[u8], flag: Flag, at: Millis) -> Result<Read, ReadError> {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(record).map_err(|_| Void::NotMls)?;
        let MlsMessageBodyIn::PrivateMessage(message) = message.extract() else { return Err(Void::NotMls.into()) };
        if (message.content_type() == ContentType::Commit) != (flag == Flag::Commit) {
            return Err(Void::WrongFlag.into());
        }
        if message.group_id() != self.mls.group_id() {
            return Err(Void::WrongGroup.into());
        }
        if message.epoch() != self.mls.epoch() {
            return Err(Void::WrongEpoch.into());
        }
        let processed = self.mls.process_message(provider, message).map_err(fault)?;
        let Sender::Member(sender) = *processed.sender() else { return Err(Void::NotAllowed.into()) };
        let authenticated = processed.aad().to_vec();
        let leaf = self.mls.public_group().leaf(sender).ok_or(Void::NotAuthentic)?;
        let identity = LeafIdentity::of(leaf).map_err(|_| Void::Identity)?;
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                Ok(Read::Content { sender: sender.u32(), identity: Box::new(identity), authenticated, payload: message.into_bytes() })
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                rules::check_commit(&self.mls, sender, &staged, &authenticated, at)?;
                Ok(Read::Commit { by: identity.account(), authenticated, staged: Box::new(Staged(*staged)) })
            }
            ProcessedMessageContent::ProposalMessage(proposal) => {
                // Every other standalone proposal is dropped here: a stored one mutes everybody until it is committed.
                let Proposal::Remove(remove) = proposal.proposal() else { return Err(Void::Proposal.into()) };
                if remove.removed() != sender {
                    return Err(Void::Proposal.into());
                }
                self.mls.store_pending_proposal(openmls_traits::OpenMlsProvider::storage(provider), *proposal)?;
                Ok(Read::Leaving)
            }
            ProcessedMessageContent::OwnPrivateMessage => Err(Void::NotOurs.into()),
            _ => Err(Void::Proposal.into()),
        }
    }
}

impl Staged {
    pub fn removes_us(&self) -> bool {
        self.0.self_removed()
    }

    /// The AccountStates of those who come back on a new device.
    pub fn came_back(&self) -> Vec<ValidState> {
        let adds = self.0.add_proposals().filter_map(|add| ComesBack::of(add.add_proposal().key_package()).flatten());
        adds.map(|comes_back| comes_back.state().clone()).collect()
    }

    /// Who is added.
    pub fn added(&self) -> Vec<LeafIdentity> {
        self.0.add_proposals().filter_map(|add| LeafIdentity::of(add.add_proposal().key_package().leaf_node()).ok()).collect()
    }
}

/// Whose KeyPackage this is: signature, suite, lifetime and certificate checked at `at`.
///
/// # Errors
/// [`GroupError::KeyPackage`] for anything that could not be added to a group.
pub fn key_package_identity(provider: &Provider<'_>, bytes: &[u8], at: Millis) -> Result<(KeyPackage, LeafIdentity), GroupError> {
    let package = KeyPackageIn::tls_deserialize_exact_bytes(bytes).map_err(|_| GroupError::KeyPackage)?;
    let package =
        package.validate(openmls_traits::OpenMlsProvider::crypto(provider), ProtocolVersion::Mls10).map_err(|_| GroupError::KeyPackage)?;
    if package.ciphersuite() != SUITE {
        return Err(GroupError::KeyPackage);
    }
    let identity = LeafIdentity::of(package.leaf_node()).map_err(|_| GroupError::KeyPackage)?;
    identity.check(at).map_err(|_| GroupError::KeyPackage)?;
    // What OpenMLS would find only while a Commit is built, or when the next is sealed to this leaf.
    let keys_parse = is_hpke_key(package.hpke_init_key().as_slice()) && can_be_sealed_to(package.leaf_node());
    let supports = |wanted: u16| package.leaf_node().capabilities().extensions().contains(&ExtensionType::Unknown(wanted));
    if !keys_parse || !supports(EXT_ROOM) || !supports(EXT_PASS) || identity.pass().is_some() {
        return Err(GroupError::KeyPackage);
    }
    Ok((package, identity))
}

/// In which epoch a Commit begins, as its header says.
pub fn commit_epoch(record: &[u8]) -> Option<u64> {
    let message = MlsMessageIn::tls_deserialize_exact_bytes(record).ok()?;
    let MlsMessageBodyIn::PrivateMessage(message) = message.extract() else { return None };
    (message.content_type() == ContentType::Commit).then(|| message.epoch().as_u64())
}

/// A new KeyPackage, its private keys stored: bytes and reference.
pub fn make_key_package(provider: &Provider<'_>, signer: &LeafSigner, last_resort: LastResort) -> Result<(Vec<u8>, Vec<u8>), GroupError> {
    let mut builder = KeyPackage::builder().key_package_lifetime(lifetime()).leaf_node_capabilities(capabilities());
    if last_resort == LastResort::Yes {
        builder = builder.mark_as_last_resort();
    }
    let bundle = builder.build(SUITE, provider, signer, signer.credential()).map_err(|_| GroupError::KeyPackage)?;
    let package = bundle.key_package();
    let reference = package.hash_ref(openmls_traits::OpenMlsProvider::crypto(provider)).map_err(|_| GroupError::KeyPackage)?;
    Ok((package.tls_serialize_detached().map_err(|_| GroupError::KeyPackage)?, reference.as_slice().to_vec()))
}

/// Whether a KeyPackage survives its use (RFC 9420 section 16.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastResort {
    Yes,
    No,
}

fn room_extension(room: &Room) -> Extension {
    Extension::Unknown(EXT_ROOM, UnknownExtension(room.encode()))
}

fn pass_extension(pass: PassHash) -> Extensions<LeafNode> {
    Extensions::single(Extension::Unknown(EXT_PASS, UnknownExtension(pass.0.to_vec()))).unwrap_or_default()
}

fn join_config(padding: usize) -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .padding_size(padding)
        .max_past_epochs(0)
        .number_of_resumption_psks(0)
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(OUT_OF_ORDER, FORWARD))
        .build()
}

fn mls_id_is_not(mls: &MlsGroup, room: &Room) -> bool {
    mls.group_id().as_slice() != room.route.0
}

/// Sorts OpenMLS' errors by fault. A path that does not open here may open for others; a store that fails is ours; the rest is theirs.
fn fault(error: ProcessMessageError<MlsStoreError>) -> ReadError {
    match error {
        ProcessMessageError::StorageError(error) => ReadError::Store(error),
        ProcessMessageError::InvalidCommit(
            StageCommitError::UpdatePathError(
                ApplyUpdatePathError::UnableToDecrypt
                | ApplyUpdatePathError::PathMismatch
                | ApplyUpdatePathError::MissingCiphertext
                | ApplyUpdatePathError::MissingSender
                | ApplyUpdatePathError::MissingOwnLeaf
                // A secret that opens and is none: too short for its keys to be made of it.
                | ApplyUpdatePathError::LibraryError(_),
            )
            | StageCommitError::MissingDecryptionKey
            | StageCommitError::OwnKeyNotFound,
        ) => ReadError::Broken,
        _ => ReadError::Void(Void::NotAuthentic),
    }
}
