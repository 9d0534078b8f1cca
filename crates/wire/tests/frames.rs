//! Golden bytes of every message (vectors/wire.json) and bytes from someone who means harm.

use bytes::Bytes;
use proptest::prelude::*;
use std::collections::BTreeMap;
use wire::call::*;
use wire::codec::{Ended, Malformed, encode_record, frame_id, push_frame};
use wire::*;

fn stamp() -> WireStamp {
    WireStamp {
        seq: Seq(300),
        ms: Millis(1_760_000_000_123),
        flag: Flag::Content,
        by: PassHash([1; 32]),
        c: Commitment([2; 32]),
        prev: Chain([3; 32]),
        key_id: [4; 8],
        signature: [5; 64],
    }
}

fn record(bytes: &'static [u8]) -> Record {
    Record { stamp: stamp(), record: Bytes::from_static(bytes) }
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn signal() -> Signal {
    Signal { number: 5, sealed: Bytes::from_static(&[6; limits::SIGNAL_LEN]) }
}

fn requests() -> Vec<(&'static str, Request)> {
    let pass = || PassToken::new([7; 32]);
    let owner = NewPass { hash: PassHash([8; 32]), role: Role::Owner };
    vec![
        ("Hello", Request::Hello { versions: vec![1, 2], features: vec!["future".into()] }),
        (
            "OpenSession",
            Request::OpenSession { account: AccountId([1; 32]), client: ClientId([2; 16]), nonce: [3; 32], signature: [4; 64] },
        ),
        ("ResumeSession", Request::ResumeSession { bearer: Bearer::new([1; 32]) }),
        (
            "Recover",
            Request::Recover { account: AccountId([1; 32]), nonce: [2; 32], signature: [3; 64], from_seq: 4, state: Some(bytes("state")) },
        ),
        ("Recover.asks", Request::Recover { account: AccountId([1; 32]), nonce: [2; 32], signature: [3; 64], from_seq: 0, state: None }),
        ("SignUp", Request::SignUp { handle: Hash32([1; 32]), state: bytes("state"), invite: Some([2; 16]) }),
        ("SignUp.uninvited", Request::SignUp { handle: Hash32([1; 32]), state: bytes("state"), invite: None }),
        ("PublishState", Request::PublishState { state: bytes("state") }),
        ("FetchStates", Request::FetchStates { account: AccountId([1; 32]), from_seq: 2 }),
        ("PublishKeyPackages", Request::PublishKeyPackages { one_time: vec![bytes("a"), bytes("b")], last_resort: Some(bytes("c")) }),
        ("CountKeyPackages", Request::CountKeyPackages),
        ("TakeKeyPackages", Request::TakeKeyPackages { account: AccountId([1; 32]), pass: TakePass::new([2; 32]) }),
        ("ChangeTakePasses", Request::ChangeTakePasses { add: vec![TakeHash([1; 32])], drop: vec![TakeHash([2; 32])] }),
        ("CreateLog", Request::CreateLog { log: LogId([1; 32]), passes: vec![owner], inbox: true }),
        (
            "Append",
            Request::Append(Append {
                log: LogId([1; 32]),
                pass: pass(),
                flag: Flag::Content,
                after: Seq(3),
                c: Commitment([2; 32]),
                record: bytes("record"),
                changes: vec![],
            }),
        ),
        (
            "Append.commit",
            Request::Append(Append {
                log: LogId([1; 32]),
                pass: pass(),
                flag: Flag::Commit,
                after: Seq::START,
                c: Commitment::NONE,
                record: bytes("commit"),
                changes: vec![
                    PassChange::Set(NewPass { hash: PassHash([2; 32]), role: Role::Member }),
                    PassChange::Set(NewPass { hash: PassHash([3; 32]), role: Role::Drop }),
                    PassChange::Swap(PassHash([4; 32])),
                    PassChange::Drop(PassHash([5; 32])),
                ],
            }),
        ),
        ("Subscribe", Request::Subscribe { entries: vec![Subscription { number: 1, log: LogId([1; 32]), pass: pass(), cursor: Seq(9) }] }),
        ("Unsubscribe", Request::Unsubscribe { numbers: vec![1, 200] }),
        ("ReadLog", Request::ReadLog { log: LogId([1; 32]), pass: pass(), after: Seq(5), limit: 64 }),
        ("Signal", Request::Signal(signal())),
        ("SetWakes", Request::SetWakes { numbers: vec![1, 200], endpoint: Some("https://push.example/a".into()) }),
        ("SetWakes.nowhere", Request::SetWakes { numbers: vec![7], endpoint: None }),
        ("Wake", Request::Wake { log: LogId([1; 32]), pass: pass() }),
        ("KnockFor", Request::KnockFor { log: LogId([1; 32]), pass: pass(), endpoint: Some("https://push.example/a".into()) }),
        ("KnockFor.nowhere", Request::KnockFor { log: LogId([1; 32]), pass: pass(), endpoint: None }),
        ("CreateBlob", Request::CreateBlob { length: 1 << 32, delete_hash: Hash32([1; 32]) }),
        ("UploadStatus", Request::UploadStatus { upload: UploadId([1; 16]) }),
        ("CompleteBlob", Request::CompleteBlob { upload: UploadId([1; 16]), blob: BlobId([2; 32]) }),
        ("DeleteBlob", Request::DeleteBlob { blob: BlobId([1; 32]), token: DeleteToken::new([2; 32]) }),
        ("PutVault", Request::PutVault { vault: VaultId([1; 32]), write: VaultWrite::new([2; 32]), after: 3, sealed: bytes("sealed") }),
        ("FetchVault", Request::FetchVault { vault: VaultId([1; 32]) }),
        ("Desk.erase", Request::Desk(DeskAct::Erase { seq: Seq(0) })),
        ("Desk.hold", Request::Desk(DeskAct::Hold { blob: BlobId([1; 32]), days: 90 })),
        ("Desk.release", Request::Desk(DeskAct::Release { blob: BlobId([1; 32]) })),
        ("Desk.restrict", Request::Desk(DeskAct::Restrict { account: AccountId([1; 32]) })),
        ("Desk.lift", Request::Desk(DeskAct::Lift { account: AccountId([1; 32]) })),
        ("Desk.close", Request::Desk(DeskAct::Close { account: AccountId([1; 32]) })),
    ]
}

fn refusals() -> Vec<(&'static str, Refusal)> {
    vec![
        ("Refusal.malformed", Refusal::Malformed),
        ("Refusal.unsupported", Refusal::Unsupported),
        ("Refusal.no_session", Refusal::NoSession),
        ("Refusal.bad_proof", Refusal::BadProof),
        ("Refusal.account_closed", Refusal::AccountClosed),
        ("Refusal.handle_taken", Refusal::HandleTaken),
        ("Refusal.invite_needed", Refusal::InviteNeeded),
        ("Refusal.invite_spent", Refusal::InviteSpent),
        ("Refusal.state_conflict", Refusal::StateConflict),
        ("Refusal.not_found", Refusal::NotFound),
        ("Refusal.no_pass", Refusal::NoPass),
        ("Refusal.role_forbids", Refusal::RoleForbids),
        ("Refusal.stale", Refusal::Stale { last_commit: Seq(7) }),
        ("Refusal.duplicate", Refusal::Duplicate),
        ("Refusal.rate_limited", Refusal::RateLimited { wait_ms: 10_000 }),
        ("Refusal.quota", Refusal::Quota),
        ("Refusal.too_large", Refusal::TooLarge { limit: 5 << 30 }),
        ("Refusal.offset", Refusal::Offset { offset: 1 << 23 }),
        ("Refusal.hash_mismatch", Refusal::HashMismatch),
        ("Refusal.conflict", Refusal::Conflict),
        ("Refusal.busy", Refusal::Busy),
        ("Refusal.restricted", Refusal::Restricted),
    ]
}

fn responses() -> Vec<(&'static str, Response)> {
    let welcome = Welcome {
        version: 1,
        features: vec!["future".into()],
        server: [1; 32],
        stamp_key: [2; 32],
        stamp_key_proof: [3; 64],
        nonce: [4; 32],
        now: Millis(1_760_000_000_000),
        handle_cost: HandleCost { memory_kib: 65536, passes: 3 },
        invite_only: true,
        push_key: None,
    };
    let pushing = Welcome { push_key: Some([9; 65]), ..welcome.clone() };
    let taken = |last_resort| TakenKeyPackage { client: ClientId([1; 16]), key_package: bytes("package"), last_resort };
    let mut all = vec![
        ("Done", Response::Done),
        ("Welcome", Response::Welcome(welcome)),
        ("Welcome.pushing", Response::Welcome(pushing)),
        ("Session", Response::Session { bearer: Bearer::new([1; 32]), expires: Millis(1_760_086_400_000) }),
        ("SignedUp", Response::SignedUp { handle_cert: bytes("certificate") }),
        ("States", Response::States { states: vec![bytes("first"), bytes("second")], more: true }),
        ("KeyPackageCount", Response::KeyPackageCount { one_time: 50, last_resort: Millis(1_759_968_000_000) }),
        ("KeyPackages", Response::KeyPackages(vec![taken(false), taken(true)])),
        ("Appended", Response::Appended(stamp())),
        (
            "Subscribed",
            Response::Subscribed {
                news: vec![News { number: 1, head: Seq(10), first: Seq(4) }, News { number: 0, head: Seq(1), first: Seq(1) }],
                gone: vec![3],
            },
        ),
        ("Page", Response::Page { records: vec![record(b"one"), record(b"two")], head: Seq(301) }),
        ("Upload", Response::Upload { upload: UploadId([1; 16]), offset: 8 << 20 }),
        ("Stored", Response::Stored { blob: BlobId([1; 32]) }),
        ("Vault", Response::Vault { version: 3, sealed: bytes("sealed") }),
    ];
    all.extend(refusals().into_iter().map(|(name, refusal)| (name, Response::Refused(refusal))));
    all
}

/// Every kind of frame under the name it has in vectors/wire.json.
fn frames() -> BTreeMap<String, Frame> {
    let requests = requests().into_iter().map(|(name, request)| (format!("request {name}"), Frame::Request { id: 1, request }));
    let responses = responses().into_iter().map(|(name, response)| (format!("response {name}"), Frame::Response { id: 300, response }));
    let others = [
        ("push", Frame::Push(Push { number: 5, records: vec![record(b"one"), record(b"two")], ended: false })),
        ("push ended", Frame::Push(Push { number: 0, records: vec![record(b"last")], ended: true })),
        ("heard", Frame::Heard(signal())),
        ("acks", Frame::Acks(vec![Ack { number: 0, seq: Seq(1) }, Ack { number: 5, seq: Seq(300) }])),
    ];
    requests.chain(responses).chain(others.map(|(name, frame)| (name.into(), frame))).collect()
}

fn golden() -> BTreeMap<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/wire.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Bytes {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect::<Vec<_>>().into()
}

#[test]
fn every_message_has_its_golden_bytes() {
    let (frames, golden) = (frames(), golden());
    let missing: Vec<_> = frames
        .iter()
        .filter(|(name, _)| !golden.contains_key(*name))
        .map(|(name, frame)| format!("\n\"{name}\": \"{}\",", hex(&frame.encode())))
        .collect();
    assert!(missing.is_empty(), "not in vectors/wire.json: {}", missing.concat());
    for (name, wanted) in &golden {
        let frame = frames.get(name).unwrap_or_else(|| panic!("{name} is in vectors/wire.json only"));
        assert_eq!(&hex(&frame.encode()), wanted, "encoding of {name}");
        assert_eq!(Frame::decode(unhex(wanted)).as_ref(), Ok(frame), "decoding of {name}");
    }
}

#[test]
fn a_request_and_a_response_travel_alone_in_a_post() {
    for (name, request) in requests() {
        assert_eq!(Request::decode(request.encode()), Ok(request), "{name}");
    }
    for (name, response) in responses() {
        assert_eq!(Response::decode(response.encode()), Ok(response), "{name}");
    }
}

#[test]
fn a_shared_push_equals_one_encoded_alone() {
    for (number, ended, flag) in [(0, Ended::No, false), (5, Ended::Yes, true), (u32::MAX, Ended::No, false)] {
        let records = vec![record(b"one"), record(b"two")];
        let shared: Vec<Bytes> = records.iter().map(encode_record).collect();
        assert_eq!(push_frame(number, shared.iter(), ended), Frame::Push(Push { number, records, ended: flag }).encode());
    }
}

#[test]
fn the_id_of_a_malformed_request_is_still_known() {
    let unknown_call = [0x08, 0x2a, 0x12, 0x04, 0xfa, 0x3e, 0x01, 0x00];
    assert_eq!(Frame::decode(Bytes::copy_from_slice(&unknown_call)), Err(Malformed::UnknownKind));
    assert_eq!(frame_id(&unknown_call), 42);
    assert_eq!(frame_id(&[0xff; 9]), 0);
}

#[test]
fn fields_of_the_future_are_passed_over() {
    let mut bytes = Frame::Request { id: 3, request: Request::CountKeyPackages }.encode().to_vec();
    bytes.extend([0xfa, 0x3e, 0x01, 0x00]);
    assert_eq!(Frame::decode(bytes.into()), Ok(Frame::Request { id: 3, request: Request::CountKeyPackages }));
}

#[test]
fn what_stands_in_a_frame_beside_its_message_is_not_kept_with_it() {
    use prost::encoding::{WireType, encode_key, encode_varint};
    let append = Append {
        log: LogId([1; 32]),
        pass: PassToken::new([2; 32]),
        flag: Flag::Content,
        after: Seq::START,
        c: Commitment([3; 32]),
        record: Bytes::from_static(b"a"),
        changes: vec![],
    };
    let frame = Frame::Request { id: 3, request: Request::Append(append) };
    let mut padded = frame.encode().to_vec();
    encode_key(1000, WireType::LengthDelimited, &mut padded);
    encode_varint(500_000, &mut padded);
    padded.resize(padded.len() + 500_000, 0);
    let padded = Bytes::from(padded);
    let decoded = Frame::decode(padded.clone()).unwrap();
    assert_eq!(decoded, frame);
    let Frame::Request { request: Request::Append(append), .. } = decoded else { panic!("not an append") };
    assert!(!padded.as_ptr_range().contains(&append.record.as_ptr()));
}

fn refused(request: Request, why: Malformed) {
    assert_eq!(Request::decode(request.encode()), Err(why));
}

#[test]
fn one_more_than_a_limit_is_malformed() {
    let filler = |len: usize| Bytes::from(vec![1; len]);
    let pass = |byte| NewPass { hash: PassHash([byte; 32]), role: Role::Drop };
    let entry = |number| Subscription { number, log: LogId([1; 32]), pass: PassToken::new([1; 32]), cursor: Seq::START };
    let append = |record: Bytes, changes| {
        Request::Append(Append {
            log: LogId([1; 32]),
            pass: PassToken::new([1; 32]),
            flag: Flag::Commit,
            after: Seq::START,
            c: Commitment::NONE,
            record,
            changes,
        })
    };
    let many = [
        Request::Hello { versions: vec![1; limits::VERSIONS_MAX + 1], features: vec![] },
        Request::Hello { versions: vec![1], features: vec!["x".repeat(limits::FEATURE_LEN_MAX + 1)] },
        Request::PublishState { state: filler(limits::ACCOUNT_STATE_MAX + 1) },
        Request::PublishKeyPackages { one_time: vec![filler(1); limits::KEY_PACKAGES_PER_REQUEST + 1], last_resort: None },
        Request::PublishKeyPackages { one_time: vec![], last_resort: Some(filler(limits::KEY_PACKAGE_MAX + 1)) },
        Request::ChangeTakePasses { add: vec![TakeHash([1; 32]); limits::TAKE_PASSES_MAX + 1], drop: vec![] },
        Request::CreateLog { log: LogId([1; 32]), passes: vec![pass(1); limits::PASSES_MAX + 1], inbox: false },
        append(filler(limits::RECORD_MAX + 1), vec![]),
        append(filler(1), vec![PassChange::Set(pass(1)); limits::PASS_CHANGES_MAX + 1]),
        Request::Subscribe { entries: (0..=limits::SUBSCRIBE_MAX as u32).map(entry).collect() },
        Request::Unsubscribe { numbers: vec![1; limits::SUBSCRIPTIONS_MAX + 1] },
        Request::SetWakes { numbers: vec![1; limits::WAKES_PER_REQUEST + 1], endpoint: None },
        Request::SetWakes { numbers: vec![], endpoint: Some("x".repeat(limits::ENDPOINT_MAX + 1)) },
        Request::KnockFor { log: LogId([1; 32]), pass: PassToken::new([1; 32]), endpoint: Some("x".repeat(limits::ENDPOINT_MAX + 1)) },
    ];
    for request in many {
        refused(request, Malformed::OverLimit);
    }
    let put = |sealed| Request::PutVault { vault: VaultId([1; 32]), write: VaultWrite::new([2; 32]), after: 0, sealed };
    refused(put(filler(limits::VAULT_MAX + 1)), Malformed::OverLimit);
    refused(put(Bytes::new()), Malformed::Missing);
    for len in [0, limits::SIGNAL_LEN - 1, limits::SIGNAL_LEN + 1] {
        refused(Request::Signal(Signal { number: 1, sealed: filler(len) }), Malformed::WrongLength);
        assert_eq!(Frame::decode(Frame::Heard(Signal { number: 1, sealed: filler(len) }).encode()), Err(Malformed::WrongLength));
    }
    refused(append(Bytes::new(), vec![]), Malformed::Missing);
    refused(append(filler(limits::FRAME_MAX), vec![]), Malformed::TooLong);
}

#[test]
fn ids_of_another_length_and_unset_enums_are_malformed() {
    use prost::Message;
    let good = proto::Append {
        log: vec![1; 32].into(),
        pass: vec![1; 32].into(),
        flag: 1,
        after: 0,
        c: vec![0; 32].into(),
        record: vec![1].into(),
        changes: vec![],
    };
    let parse = |append: proto::Append| {
        Request::decode(proto::Request { call: Some(proto::request::Call::Append(append)) }.encode_to_vec().into()).map(|_| ())
    };
    assert_eq!(parse(good.clone()), Ok(()));
    assert_eq!(parse(proto::Append { log: vec![1; 31].into(), ..good.clone() }), Err(Malformed::WrongLength));
    assert_eq!(parse(proto::Append { pass: Bytes::new(), ..good.clone() }), Err(Malformed::WrongLength));
    assert_eq!(parse(proto::Append { flag: 0, ..good.clone() }), Err(Malformed::Unspecified));
    assert_eq!(parse(proto::Append { flag: 3, ..good.clone() }), Err(Malformed::Unspecified));
    assert_eq!(parse(proto::Append { changes: vec![proto::PassChange { change: None }], ..good }), Err(Malformed::Missing));
}

#[test]
fn every_truncation_of_every_message_ends_in_a_value_or_a_typed_error() {
    for frame in frames().values() {
        let whole = frame.encode();
        for len in 0..whole.len() {
            // A cut between two fields is a shorter message; it must never be taken for the whole one.
            assert_ne!(Frame::decode(whole.slice(..len)).as_ref(), Ok(frame));
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        frame_id(&bytes);
        let bytes = Bytes::from(bytes);
        let _ = Frame::decode(bytes.clone());
        let _ = Request::decode(bytes.clone());
        let _ = Response::decode(bytes);
    }

    #[test]
    fn what_decodes_after_a_bit_flip_encodes_and_decodes_to_itself(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let frames: Vec<Frame> = frames().into_values().collect();
        let mut bytes = which.get(&frames).encode().to_vec();
        *at.get_mut(&mut bytes) ^= 1 << bit;
        if let Ok(frame) = Frame::decode(bytes.into()) {
            prop_assert_eq!(Frame::decode(frame.encode()), Ok(frame));
        }
    }

    #[test]
    fn an_append_survives_the_wire(number in any::<u32>(), after in any::<u64>(), record in proptest::collection::vec(any::<u8>(), 1..3000)) {
        let append = Append {
            log: LogId([number as u8; 32]),
            pass: PassToken::new([3; 32]),
            flag: Flag::Content,
            after: Seq(after),
            c: Commitment([4; 32]),
            record: record.into(),
            changes: vec![],
        };
        let frame = Frame::Request { id: u64::from(number), request: Request::Append(append) };
        prop_assert_eq!(Frame::decode(frame.encode()), Ok(frame));
    }
}
