//! Groups of two and three clients over stores in memory: what is sealed opens, what no rule allows is void for everybody.

use super::group::Void;
use super::*;
use crate::client::Cause;
use crate::store::open_in_memory;
use franking::{AccountState, Class, ClientCert, ClientKey, FrankingKey, IdentityKey, InboxKey, ValidState, Validity};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use std::collections::BTreeSet;
use wire::call::Flag;
use wire::{AccountId, ClientId, Millis, PassHash, Route};

const AT: Millis = Millis(1_000_000);

struct Person {
    db: Connection,
    crypto: SeededCrypto,
    account: AccountId,
    signer: LeafSigner,
}

impl Person {
    fn new(seed: u8) -> Self {
        let (identity, key, franking) =
            (IdentityKey::from_seed(&[seed; 32]), ClientKey::from_seed(&[seed; 32]), FrankingKey::from_seed(&[seed; 32]));
        let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        let cert = ClientCert::issue(&identity, ClientId([seed; 16]), &key, &franking, Class::Native, validity, &mut rng).unwrap();
        let signer = LeafSigner::new(&[seed ^ 0xff; 32], &key, &cert);
        Self { db: open_in_memory().unwrap(), crypto: SeededCrypto::new(rng), account: identity.account(), signer }
    }

    fn provider(&self) -> Provider<'_> {
        Provider::new(&self.crypto, &self.db)
    }

    fn key_package(&self) -> Vec<u8> {
        make_key_package(&self.provider(), &self.signer, LastResort::No).unwrap().0
    }

    fn checked(&self, package: &[u8]) -> openmls::prelude::KeyPackage {
        key_package_identity(&self.provider(), package, AT).unwrap().0
    }
}

fn room(kind: RoomKind, admins: &[&Person]) -> Room {
    Room {
        kind,
        route: Route([7; 32]),
        server: [8; 32],
        stamp_key: [9; 32],
        announcements_only: false,
        admins: admins.iter().map(|person| person.account).collect::<BTreeSet<_>>(),
    }
}

/// Alice's group with Bob in it.
fn pair(kind: RoomKind, admins: bool) -> (Person, Group, Person, Group) {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let admins = if admins { vec![&alice] } else { vec![] };
    let room = room(kind, &admins);
    let mut group = Group::create(&alice.provider(), &alice.signer, &room, PassHash([1; 32])).unwrap();
    let adds = vec![alice.checked(&bob.key_package())];
    let made = group.commit(&alice.provider(), &alice.signer, CommitPlan { adds, ..CommitPlan::default() }).unwrap();
    group.merge_pending(&alice.provider()).unwrap();
    let joined = Group::join(&bob.provider(), &made.welcome.unwrap(), None).unwrap();
    assert_eq!(joined.room, room);
    assert_eq!(joined.inviter.account(), alice.account);
    (alice, group, bob, joined.group)
}

fn void(read: Result<Read, ReadError>) -> Void {
    match read {
        Err(ReadError::Void(void)) => void,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken"),
    }
}

#[test]
fn what_one_seals_the_other_reads_also_after_loading_the_group_again() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Two, false);
    for word in [b"one".as_slice(), b"two"] {
        let record = hers.seal(&alice.provider(), &alice.signer, b"c", word).unwrap();
        let read = his.read(&bob.provider(), &record, Flag::Content, AT).unwrap();
        let Read::Content { identity, authenticated, payload, .. } = read else { panic!() };
        assert_eq!((identity.account(), authenticated.as_slice(), payload.as_slice()), (alice.account, b"c".as_slice(), word));
        hers = Group::load(&alice.provider(), &Route([7; 32])).unwrap();
        his = Group::load(&bob.provider(), &Route([7; 32])).unwrap();
    }
}

#[test]
fn a_pass_is_published_in_the_leaf_by_its_first_commit() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Two, false);
    assert_eq!(hers.member(1).unwrap().pass(), None);
    let plan = CommitPlan { pass: Some(PassHash([5; 32])), refresh: true, ..CommitPlan::default() };
    let made = his.commit(&bob.provider(), &bob.signer, plan).unwrap();
    his.merge_pending(&bob.provider()).unwrap();
    let Read::Commit { staged, .. } = hers.read(&alice.provider(), &made.record, Flag::Commit, AT).unwrap() else { panic!() };
    hers.merge(&alice.provider(), *staged).unwrap();
    assert_eq!(hers.member(1).unwrap().pass(), Some(PassHash([5; 32])));
    assert_eq!((hers.epoch(), his.epoch()), (2, 2));
}

#[test]
fn the_flag_must_be_what_the_record_is() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Two, false);
    let content = hers.seal(&alice.provider(), &alice.signer, b"", b"x").unwrap();
    assert_eq!(void(his.read(&bob.provider(), &content, Flag::Commit, AT)), Void::WrongFlag);
    let commit = hers.commit(&alice.provider(), &alice.signer, CommitPlan { refresh: true, ..CommitPlan::default() }).unwrap();
    assert_eq!(void(his.read(&bob.provider(), &commit.record, Flag::Content, AT)), Void::WrongFlag);
}

#[test]
fn in_a_chat_of_two_nobody_can_put_the_other_out_or_let_somebody_in() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Two, false);
    let removal = hers.commit(&alice.provider(), &alice.signer, CommitPlan { removes: vec![1], ..CommitPlan::default() }).unwrap();
    assert_eq!(void(his.read(&bob.provider(), &removal.record, Flag::Commit, AT)), Void::NotAllowed);
    hers.clear_pending(&alice.provider()).unwrap();
    let carol = Person::new(3);
    let adds = vec![alice.checked(&carol.key_package())];
    let addition = hers.commit(&alice.provider(), &alice.signer, CommitPlan { adds, ..CommitPlan::default() }).unwrap();
    assert_eq!(void(his.read(&bob.provider(), &addition.record, Flag::Commit, AT)), Void::NotAllowed);
}

#[test]
fn in_a_group_only_admins_add_remove_and_change_the_rules() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Group, true);
    let carol = Person::new(3);
    let plans = [
        CommitPlan { adds: vec![bob.checked(&carol.key_package())], ..CommitPlan::default() },
        CommitPlan { removes: vec![0], ..CommitPlan::default() },
        CommitPlan { room: Some(room(RoomKind::Group, &[&alice, &bob])), ..CommitPlan::default() },
    ];
    for plan in plans {
        let made = his.commit(&bob.provider(), &bob.signer, plan).unwrap();
        assert_eq!(void(hers.read(&alice.provider(), &made.record, Flag::Commit, AT)), Void::NotAllowed);
        his.clear_pending(&bob.provider()).unwrap();
    }
    let plan = CommitPlan { room: Some(room(RoomKind::Group, &[&alice, &bob])), ..CommitPlan::default() };
    let made = hers.commit(&alice.provider(), &alice.signer, plan).unwrap();
    let Read::Commit { staged, .. } = his.read(&bob.provider(), &made.record, Flag::Commit, AT).unwrap() else { panic!() };
    his.merge(&bob.provider(), *staged).unwrap();
    assert!(his.room().unwrap().is_admin(&bob.account));
}

#[test]
fn a_group_never_moves_to_another_log() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Group, true);
    let moved = Room { route: Route([6; 32]), ..room(RoomKind::Group, &[&alice]) };
    let made = hers.commit(&alice.provider(), &alice.signer, CommitPlan { room: Some(moved), ..CommitPlan::default() }).unwrap();
    assert_eq!(void(his.read(&bob.provider(), &made.record, Flag::Commit, AT)), Void::Room);
}

#[test]
fn who_asks_to_go_is_let_go_by_the_next_commit_of_anybody() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Group, true);
    let record = hers.leave(&alice.provider(), &alice.signer).unwrap();
    assert!(matches!(his.read(&bob.provider(), &record, Flag::Content, AT), Ok(Read::Leaving)));
    // Also after the group was read again from the store: the Commit that lets her go names her words.
    his = Group::load(&bob.provider(), &Route([7; 32])).unwrap();
    assert_eq!(his.leavers(), [0]);
    let made = his.commit(&bob.provider(), &bob.signer, CommitPlan::default()).unwrap();
    let Read::Commit { staged, .. } = hers.read(&alice.provider(), &made.record, Flag::Commit, AT).unwrap() else { panic!() };
    assert!(staged.removes_us());
    his.merge_pending(&bob.provider()).unwrap();
    assert!(Group::load(&bob.provider(), &Route([7; 32])).unwrap().leavers().is_empty());
}

#[test]
fn a_record_of_another_epoch_or_group_and_junk_are_void() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Two, false);
    let old = hers.seal(&alice.provider(), &alice.signer, b"", b"x").unwrap();
    his.commit(&bob.provider(), &bob.signer, CommitPlan { refresh: true, ..CommitPlan::default() }).unwrap();
    his.merge_pending(&bob.provider()).unwrap();
    assert_eq!(void(his.read(&bob.provider(), &old, Flag::Content, AT)), Void::WrongEpoch);
    assert_eq!(void(his.read(&bob.provider(), b"junk", Flag::Content, AT)), Void::NotMls);
    for at in 0..old.len() {
        let mut flipped = old.clone();
        flipped[at] ^= 0x10;
        assert!(his.read(&bob.provider(), &flipped, Flag::Content, AT).is_err());
        assert!(his.read(&bob.provider(), &flipped[..at], Flag::Content, AT).is_err());
    }
}

#[test]
fn a_key_package_without_a_valid_certificate_is_not_used() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let package = bob.key_package();
    assert!(key_package_identity(&alice.provider(), &package, AT).is_ok());
    for at in (0..package.len()).step_by(7) {
        let mut flipped = package.clone();
        flipped[at] ^= 1;
        assert!(key_package_identity(&alice.provider(), &flipped, AT).is_err(), "{at}");
    }
}

/// Alice's group with Bob and Carol in it; Alice is its admin.
fn three() -> (Person, Group, Person, Group, Person, Group) {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Group, true);
    let carol = Person::new(3);
    let adds = vec![alice.checked(&carol.key_package())];
    let made = hers.commit(&alice.provider(), &alice.signer, CommitPlan { adds, ..CommitPlan::default() }).unwrap();
    hers.merge_pending(&alice.provider()).unwrap();
    take(&bob, &mut his, &made.record);
    let joined = Group::join(&carol.provider(), &made.welcome.unwrap(), None).unwrap();
    (alice, hers, bob, his, carol, joined.group)
}

fn take(person: &Person, group: &mut Group, record: &[u8]) {
    let Ok(Read::Commit { staged, .. }) = group.read(&person.provider(), record, Flag::Commit, AT) else {
        panic!("not a Commit that counts")
    };
    group.merge(&person.provider(), *staged).unwrap();
}

#[test]
fn nobody_but_an_admin_puts_a_new_leaf_in_the_place_of_one_that_did_not_ask_for_just_it() {
    let (alice, mut hers, bob, mut his, carol, _) = three();
    let (asked_for, other) = (carol.key_package(), carol.key_package());
    let signature = carol.signer.sign_bytes(&request_message(&Route([7; 32]), 1, 2, &asked_for)).to_vec();
    let note = |request| {
        use prost::Message as _;
        Note { added: vec![NoteAdded { position: 0, pass: vec![], request }] }.encode_to_vec()
    };
    let request = |epoch, leaf| Some(NoteRequest { leaf, epoch, signature: signature.clone() });
    for (package, request) in
        [(&asked_for, None), (&other, request(1, 2)), (&asked_for, request(2, 2)), (&asked_for, request(1, 1)), (&asked_for, request(1, 0))]
    {
        let plan = CommitPlan { adds: vec![bob.checked(package)], removes: vec![2], note: note(request), ..CommitPlan::default() };
        let made = his.commit(&bob.provider(), &bob.signer, plan).unwrap();
        assert_eq!(void(hers.read(&alice.provider(), &made.record, Flag::Commit, AT)), Void::NotAllowed);
        his.clear_pending(&bob.provider()).unwrap();
    }
    let plan = CommitPlan { adds: vec![bob.checked(&asked_for)], removes: vec![2], note: note(request(1, 2)), ..CommitPlan::default() };
    let made = his.commit(&bob.provider(), &bob.signer, plan).unwrap();
    assert!(his.pending_is_valid(AT, &note(request(1, 2))) && !his.pending_is_valid(AT, &note(None)));
    take(&alice, &mut hers, &made.record);
}

#[test]
fn a_leaf_that_names_another_s_pass_as_its_own_is_void() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Group, true);
    let plan = |pass| CommitPlan { pass: Some(PassHash(pass)), refresh: true, ..CommitPlan::default() };
    // Alice published [1; 32] when she made the group.
    let made = his.commit(&bob.provider(), &bob.signer, plan([1; 32])).unwrap();
    assert_eq!(void(hers.read(&alice.provider(), &made.record, Flag::Commit, AT)), Void::Identity);
    his.clear_pending(&bob.provider()).unwrap();
    let made = his.commit(&bob.provider(), &bob.signer, plan([2; 32])).unwrap();
    take(&alice, &mut hers, &made.record);
}

#[test]
fn a_key_package_that_could_not_be_added_is_refused_before_it_stops_a_commit() {
    use openmls::prelude::tls_codec::Serialize as _;
    use openmls::prelude::{Capabilities, CredentialType, KeyPackage};
    let (alice, bob) = (Person::new(1), Person::new(2));
    let bare = Capabilities::new(None, Some(&[SUITE]), None, None, Some(&[CredentialType::Basic]));
    let builder = KeyPackage::builder().key_package_lifetime(lifetime()).leaf_node_capabilities(bare);
    let package = builder.build(SUITE, &bob.provider(), &bob.signer, bob.signer.credential()).unwrap();
    let bytes = package.key_package().tls_serialize_detached().unwrap();
    assert!(key_package_identity(&alice.provider(), &bytes, AT).is_err(), "it does not support what every group requires");
    assert!(!crypto::is_hpke_key(&[7; 3]) && !crypto::is_hpke_key(&[]));
}

/// Alice again, on a device that never was; the seed of her identity stays.
struct NewDevice {
    person: Person,
    identity: IdentityKey,
    cert: ClientCert,
}

fn new_device(of: u8, client: u8) -> NewDevice {
    let (identity, key, franking) =
        (IdentityKey::from_seed(&[of; 32]), ClientKey::from_seed(&[client; 32]), FrankingKey::from_seed(&[client; 32]));
    let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
    let mut rng = ChaCha20Rng::from_seed([client; 32]);
    let cert = ClientCert::issue(&identity, ClientId([client; 16]), &key, &franking, Class::Native, validity, &mut rng).unwrap();
    let signer = LeafSigner::new(&[client ^ 0xff; 32], &key, &cert);
    let person = Person { db: open_in_memory().unwrap(), crypto: SeededCrypto::new(rng), account: identity.account(), signer };
    NewDevice { person, identity, cert }
}

impl NewDevice {
    /// A state that names these clients.
    fn state(&self, certs: Vec<ClientCert>) -> ValidState {
        let inbox = InboxKey::try_from([6; InboxKey::LEN].as_slice()).unwrap();
        AccountState::first(self.person.account, inbox, certs, AT).sign(&self.identity).unwrap().verify().unwrap()
    }

    fn package(&self, state: &ValidState, gone: &[u8]) -> Vec<u8> {
        make_return_package(&self.person.provider(), &self.person.signer, &comes_back(state, gone)).unwrap().0
    }

    fn signature(&self, route: Route, state: &ValidState, gone: &[u8]) -> Vec<u8> {
        comes_back(state, gone).sign(&self.identity, &route, self.person.signer.public()).to_vec()
    }
}

fn comes_back(state: &ValidState, gone: &[u8]) -> ComesBack {
    ComesBack::new(state.clone(), gone.iter().map(|client| ClientId([*client; 16])).collect()).unwrap()
}

fn return_note(leaf: u32, signature: Vec<u8>) -> Vec<u8> {
    use prost::Message as _;
    let request = NoteRequest { leaf, epoch: 1, signature };
    Note { added: vec![NoteAdded { position: 0, pass: vec![5; 32], request: Some(request) }] }.encode_to_vec()
}

/// What Bob, who is no admin, makes of Alice's leaf when he commits this.
fn swapped(kind: RoomKind, package: &[u8], leaf: u32, note: Vec<u8>) -> Result<Read, ReadError> {
    let (alice, mut hers, bob, mut his) = pair(kind, kind == RoomKind::Group);
    let adds = vec![bob.checked(package)];
    let plan = CommitPlan { adds, removes: vec![leaf], refresh: true, note, ..CommitPlan::default() };
    let made = his.commit(&bob.provider(), &bob.signer, plan).unwrap();
    hers.read(&alice.provider(), &made.record, Flag::Commit, AT)
}

#[test]
fn anybody_puts_the_new_device_of_an_account_in_the_place_of_its_lost_one_when_the_account_signed_just_that() {
    for kind in [RoomKind::Two, RoomKind::Group] {
        let new = new_device(1, 101);
        let state = new.state(vec![new.cert]);
        let note = return_note(0, new.signature(Route([7; 32]), &state, &[9, 1]));
        let read = swapped(kind, &new.package(&state, &[9, 1]), 0, note).unwrap();
        let Read::Commit { staged, .. } = read else { panic!() };
        assert!(staged.removes_us() && staged.came_back() == [state]);
    }
}

#[test]
fn nobody_puts_a_leaf_in_anothers_place_that_the_account_did_not_sign_for_it() {
    let new = new_device(1, 101);
    let old = new_device(1, 1);
    let here = Route([7; 32]);
    let lost = [1u8];
    let state = new.state(vec![new.cert]);
    let refused = |what: &str, package: &[u8], note: Vec<u8>| {
        assert_eq!(void(swapped(RoomKind::Two, package, 0, note)), Void::NotAllowed, "{what}");
    };
    refused("no signature", &new.package(&state, &lost), return_note(0, vec![0; 64]));
    refused("signed for another conversation", &new.package(&state, &lost), return_note(0, new.signature(Route([8; 32]), &state, &lost)));
    let both = new.state(vec![old.cert, new.cert]);
    refused("the lost client is named still", &new.package(&both, &lost), return_note(0, new.signature(here, &both, &lost)));
    let neither = new.state(vec![]);
    refused("the new client is not named", &new.package(&neither, &lost), return_note(0, new.signature(here, &neither, &lost)));
    // What an earlier device asked for, kept by somebody and said again when a later one is in its place.
    for gone in [&[][..], &[9]] {
        refused("the leaf there is of a later device", &new.package(&state, gone), return_note(0, new.signature(here, &state, gone)));
        refused(
            "the same, with other clients than were signed",
            &new.package(&state, &lost),
            return_note(0, new.signature(here, &state, gone)),
        );
    }
    let other = new_device(1, 102);
    let of_other = other.state(vec![other.cert]);
    refused("a state that names a third client", &new.package(&of_other, &lost), return_note(0, new.signature(here, &of_other, &lost)));
    refused("signed for another leaf", &new.package(&state, &lost), return_note(0, other.signature(here, &state, &lost)));
    let newer = new.state(vec![new.cert, other.cert]);
    refused("signed with another state", &new.package(&state, &lost), return_note(0, new.signature(here, &newer, &lost)));
    // Mallory is an account of its own, and signs all it can.
    let mallory = new_device(3, 103);
    let of_mallory = mallory.state(vec![mallory.cert]);
    refused("another account", &mallory.package(&of_mallory, &lost), return_note(0, mallory.signature(here, &of_mallory, &lost)));
    refused("the state of another account", &new.package(&of_mallory, &lost), return_note(0, mallory.signature(here, &of_mallory, &lost)));
    refused("no KeyPackage of a return", &new.person.key_package(), return_note(0, new.signature(here, &state, &lost)));
    refused("no request", &new.package(&state, &lost), vec![]);
}

#[test]
fn a_return_takes_one_leaf_of_its_own_account_and_no_other() {
    let new = new_device(1, 101);
    let state = new.state(vec![new.cert]);
    let signature = new.signature(Route([7; 32]), &state, &[1, 2]);
    // Bob goes and Alice's new device comes: she is no admin of a chat of two, and he did not ask.
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Two, false);
    let adds = vec![alice.checked(&new.package(&state, &[1, 2]))];
    let plan = CommitPlan { adds, removes: vec![1], refresh: true, note: return_note(1, signature), ..CommitPlan::default() };
    let made = hers.commit(&alice.provider(), &alice.signer, plan).unwrap();
    assert_eq!(void(his.read(&bob.provider(), &made.record, Flag::Commit, AT)), Void::NotAllowed);
}

#[test]
fn what_a_return_brings_is_read_back_and_cut_anywhere_is_not() {
    let new = new_device(1, 101);
    let brings = comes_back(&new.state(vec![new.cert]), &[1, 2]);
    let package = new.person.checked(&make_return_package(&new.person.provider(), &new.person.signer, &brings).unwrap().0);
    assert_eq!(ComesBack::of(&package), Some(Some(brings)));
    assert_eq!(ComesBack::of(&new.person.checked(&new.person.key_package())), None);
    let gone = vec![ClientId([1; 16]); wire::limits::RETURN_GONE_MAX + 1];
    assert_eq!(ComesBack::new(new.state(vec![new.cert]), gone), None);
}

/// Sealing writes; so does a Commit. What OpenMLS makes of a store that fails is one error among those for a bad message.
#[test]
fn a_store_that_fails_is_never_taken_for_something_that_cannot_be_made() {
    let (alice, mut hers, ..) = pair(RoomKind::Two, false);
    alice.db.pragma_update(None, "query_only", true).unwrap();
    assert!(hers.seal(&alice.provider(), &alice.signer, b"", b"x").is_err());
    assert_eq!(alice.crypto.store_failure(), Some(Cause::ReadOnly));
    hers = Group::load(&alice.provider(), &Route([7; 32])).unwrap();
    assert!(hers.commit(&alice.provider(), &alice.signer, CommitPlan { refresh: true, ..CommitPlan::default() }).is_err());
    assert_eq!(alice.crypto.store_failure(), Some(Cause::ReadOnly));
    alice.db.pragma_update(None, "query_only", false).unwrap();
    hers = Group::load(&alice.provider(), &Route([7; 32])).unwrap();
    hers.seal(&alice.provider(), &alice.signer, b"", b"x").unwrap();
    assert_eq!(alice.crypto.store_failure(), None);
}

/// The same for what others sent: a record that could not be stored is read again, not skipped.
#[test]
fn a_store_that_fails_is_never_taken_for_a_bad_record() {
    let (alice, mut hers, bob, mut his) = pair(RoomKind::Two, false);
    let content = hers.seal(&alice.provider(), &alice.signer, b"", b"x").unwrap();
    let commit = hers.commit(&alice.provider(), &alice.signer, CommitPlan { refresh: true, ..CommitPlan::default() }).unwrap();
    for (record, flag) in [(content, Flag::Content), (commit.record, Flag::Commit)] {
        bob.db.pragma_update(None, "query_only", true).unwrap();
        let read = his.read(&bob.provider(), &record, flag, AT);
        let merged = match read {
            Ok(Read::Commit { staged, .. }) => his.merge(&bob.provider(), *staged).is_ok(),
            Ok(_) => true,
            Err(_) => false,
        };
        assert!(!merged);
        assert_eq!(bob.crypto.store_failure(), Some(Cause::ReadOnly));
        bob.db.pragma_update(None, "query_only", false).unwrap();
        his = Group::load(&bob.provider(), &Route([7; 32])).unwrap();
        his.read(&bob.provider(), &record, flag, AT).unwrap();
    }
}
