//! `vectors/franking.json`: everything in it is computed again from its seeds, byte for byte, and checked as a receiver would.

use franking::*;
use rand_core::{Infallible, TryCryptoRng, TryRng};
use serde_json::{Value, json};
use wire::call::Flag;
use wire::{Chain, ClientId, Commitment, Hash32, LogId, MessageId, Millis, PassHash, Seq};

/// "Random" bytes that the file states.
struct Fresh(u8);

impl TryRng for Fresh {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_ne_bytes([self.0; 4]))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_ne_bytes([self.0; 8]))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Fresh {}

const IDENTITY: [u8; 32] = [0x11; 32];
const CLIENT: [u8; 32] = [0x22; 32];
const FRANKING: [u8; 32] = [0x33; 32];
const STAMP: [u8; 32] = [0x44; 32];
const AUTHORITY: [u8; 32] = [0x55; 32];
const COMMIT: [u8; 32] = [0x66; 32];
const FRESH: u8 = 0x77;
const FIELDS: [&str; 3] = ["hi mum", "", "the key of a picture"];
const NOW: Millis = Millis(1_800_000_000_000);
const VALIDITY: Validity = Validity { not_before: Millis(1_799_000_000_000), not_after: Millis(1_801_000_000_000) };

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len() / 2).map(|place| u8::from_str_radix(&text[place * 2..][..2], 16).unwrap()).collect()
}

fn authority() -> Authority {
    AuthoritySecret::from_seed(&AUTHORITY).authority()
}

fn cert() -> ClientCert {
    let (identity, key, franking) = (IdentityKey::from_seed(&IDENTITY), ClientKey::from_seed(&CLIENT), FrankingKey::from_seed(&FRANKING));
    ClientCert::issue(&identity, ClientId([0x88; 16]), &key, &franking, Class::Native, VALIDITY, &mut Fresh(FRESH)).unwrap()
}

/// The first Commit of a log.
fn first() -> Stamp {
    Stamp {
        route: LogId([0x99; 32]).route(),
        seq: Seq(1),
        ms: Millis(NOW.0 - 1000),
        flag: Flag::Commit,
        by: PassHash([0xaa; 32]),
        c: Commitment::NONE,
        h: Hash32::of(b"a commit"),
        prev: Chain::START,
    }
}

fn context() -> Context {
    Context {
        route: first().route,
        cert: cert().hash(),
        message: MessageId([1; 32]),
        counter: 2,
        previous: Commitment([0xbb; 32]),
        seen: Seen { seq: Seq(1), chain: first().chain() },
        sent: Millis(NOW.0 + 1),
        expiry: Expiry::AfterReading(3600),
        kind: 1,
    }
}

fn opened() -> (Commitment, Opened) {
    let fields = FIELDS.map(|field| field.as_bytes().to_vec()).to_vec();
    Opened::seal(CommitKey::from_bytes(COMMIT), context(), fields, &FrankingKey::from_seed(&FRANKING), &authority(), &mut Fresh(FRESH))
        .unwrap()
}

fn second() -> Stamp {
    Stamp { seq: Seq(2), ms: NOW, flag: Flag::Content, c: opened().0, h: Hash32::of(b"a message"), prev: first().chain(), ..first() }
}

fn stamp_vector(stamp: Stamp) -> Value {
    let signed = StampKey::from_seed(&STAMP).stamp(stamp);
    json!({
        "route": hex(&stamp.route.0), "seq": stamp.seq.0, "ms": stamp.ms.0,
        "flag": match stamp.flag { Flag::Content => "content", Flag::Commit => "commit" },
        "by": hex(&stamp.by.0), "c": hex(&stamp.c.0), "h": hex(&stamp.h.0), "prev": hex(&stamp.prev.0),
        "bytes": hex(&stamp.to_bytes()), "chain": hex(&stamp.chain().0), "signature": hex(&signed.signature),
    })
}

fn cert_vector() -> Value {
    let cert = cert();
    let leaf_cert = ClientKey::from_seed(&CLIENT).certify_leaf(b"an MLS leaf signature key", &cert.hash());
    json!({
        "identity_seed": hex(&IDENTITY), "client_seed": hex(&CLIENT), "franking_seed": hex(&FRANKING), "fresh": hex(&[FRESH; 32]),
        "account": hex(&cert.account.0), "client": hex(&cert.client.0), "client_key": hex(cert.client_key.as_bytes()),
        "franking_key": hex(cert.franking_key.as_bytes()), "class": "native",
        "not_before": VALIDITY.not_before.0, "not_after": VALIDITY.not_after.0,
        "bytes": hex(&cert.to_bytes()), "hash": hex(&cert.hash().0),
        "leaf_key": hex(b"an MLS leaf signature key"), "leaf_cert": hex(&leaf_cert.0),
    })
}

fn states_vector() -> Value {
    let identity = IdentityKey::from_seed(&IDENTITY);
    let inbox_key = InboxKey::try_from([0xcc; InboxKey::LEN].as_slice()).unwrap();
    let first = AccountState::first(identity.account(), inbox_key, vec![cert()], NOW).sign(&identity).unwrap().verify().unwrap();
    let mut next = AccountState::after(&first, Millis(NOW.0 + 1));
    next.certs.clear();
    let second = next.sign(&identity).unwrap().verify().unwrap();
    let state = |state: &ValidState| json!({ "seq": state.state().seq, "bytes": hex(&state.to_bytes()), "hash": hex(&state.hash().0) });
    json!([state(&first), state(&second)])
}

fn commit_vector() -> Value {
    let (kf, context) = (CommitKey::from_bytes(COMMIT), context());
    let leaves = FIELDS.iter().enumerate().map(|(index, field)| {
        let key = kf.leaf_key(index);
        json!({ "field": hex(field.as_bytes()), "key": hex(key.expose()), "leaf": hex(&key.leaf(field.as_bytes()).0) })
    });
    json!({
        "kf": hex(kf.expose()), "context": hex(&context.to_bytes()), "context_key": hex(kf.context_key().expose()),
        "leaves": leaves.collect::<Vec<_>>(), "c": hex(&commit(&kf, &context, &FIELDS).0),
    })
}

fn proof_vector() -> Value {
    let (c, opened) = opened();
    let sender = FrankingKey::from_seed(&FRANKING);
    let simulated = AuthoritySecret::from_seed(&AUTHORITY).simulate(sender.public(), &c, &mut Fresh(FRESH)).unwrap();
    json!({
        "authority_seed": hex(&AUTHORITY), "authority": hex(authority().as_bytes()), "authority_id": hex(&authority().id().0),
        "sender": hex(sender.public().as_bytes()), "c": hex(&c.0), "fresh": hex(&[FRESH; 32]),
        "proof": hex(opened.proof().as_bytes()), "simulated": hex(simulated.as_bytes()),
        "nobody": hex(Authority::none().as_bytes()), "nobody_id": hex(&Authority::none().id().0),
    })
}

fn computed() -> Value {
    let key = StampKey::from_seed(&STAMP).public();
    json!({
        "spec": "docs/spec/franking.md",
        "stamp_key": { "seed": hex(&STAMP), "public": hex(key.as_bytes()), "key_id": hex(&key.key_id()) },
        "stamps": [stamp_vector(first()), stamp_vector(second())],
        "cert": cert_vector(),
        "states": states_vector(),
        "commit": commit_vector(),
        "proof": proof_vector(),
        "sent": { "bytes": hex(&opened().1.to_bytes()), "payload": hex(&opened().1.to_payload()) },
    })
}

fn stored() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/franking.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_vector_is_computed_again_byte_for_byte() {
    let (stored, computed) = (stored(), computed());
    assert!(stored == computed, "stored formats never change; this is what the code gives now:\n{computed:#}");
}

#[test]
fn the_message_of_the_vectors_is_verified() {
    let vectors = stored();
    let key = StampPublic::from_bytes(&bytes(&vectors["stamp_key"]["public"]).try_into().unwrap()).unwrap();
    let stamps = vectors["stamps"].as_array().unwrap().iter().map(|vector| SignedStamp {
        stamp: Stamp::from_bytes(&bytes(&vector["bytes"])).unwrap(),
        key_id: key.key_id(),
        signature: bytes(&vector["signature"]).try_into().unwrap(),
    });
    let stamps: Vec<VerifiedStamp> = stamps.map(|stamp| stamp.verify(&key).unwrap()).collect();
    let [first, second] = stamps.as_slice() else { panic!("two stamps") };
    assert_eq!(Head::start(first.stamp().route).follow(&first.line()).unwrap().follow(&second.line()), Ok(second.line().head()));

    let sender = ClientCert::from_bytes(&bytes(&vectors["cert"]["bytes"])).unwrap().verify(second.stamp().ms).unwrap();
    let delivered = Delivered {
        authenticated: Commitment::try_from(bytes(&vectors["commit"]["c"]).as_slice()).unwrap(),
        stamp: second,
        opened: Opened::from_payload(&bytes(&vectors["sent"]["payload"])).unwrap(),
        sender: &sender,
    };
    let authority = Authority::from_bytes(&bytes(&vectors["proof"]["authority"]).try_into().unwrap()).unwrap();
    let last = Some(Said { counter: 1, c: Commitment([0xbb; 32]) });
    let expected = Expected { route: first.stamp().route, known: Known::Chain(first.chain()), last, authorities: &[authority] };
    let verified = delivered.verify(&expected).unwrap();
    assert_eq!(verified.fields(), FIELDS.map(|field| field.as_bytes().to_vec()));

    let simulated = Proof::from_bytes(bytes(&vectors["proof"]["simulated"]).try_into().unwrap());
    assert_eq!(verify(&sender.cert().franking_key, &authority, &verified.commitment(), &simulated), Ok(()));
}

#[test]
fn the_states_of_the_vectors_follow_each_other() {
    let states =
        stored()["states"].as_array().unwrap().iter().map(|state| SignedState::from_bytes(&bytes(&state["bytes"]))).collect::<Vec<_>>();
    let states: Vec<ValidState> = states.into_iter().map(|state| state.unwrap().verify().unwrap()).collect();
    assert_eq!(states[0].is_first(), Ok(()));
    assert_eq!(states[1].follows(&states[0]), Ok(()));
}
