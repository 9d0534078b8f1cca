//! Parsers without a state: what decodes says the same again when it is written and read once more.

use client::Link;
use franking::{ClientCert, Context, Opened, SignedStamp, SignedState, Stamp};
use serde_json::Value;
use std::path::Path;
use wire::auth::HandleCert;
use wire::call::{Frame, Push, Request, Response};
use wire::codec::{Ended, encode_record, frame_id, push_frame};
use wire::content::mimi::Message;
use wire::content::{Content, Kinds, leaves as cut};
use wire::desk::{Desk, Erased, More, Named};
use wire::limits::{CONTENT_MAX, FRAME_MAX};
use wire::{AccountId, LogId, Millis, PassToken, Route};

/// Bytes of an X-Wing public key.
const X_WING_KEY: usize = 1216;

/// What is encoded again fits into a frame unless it stood at the limit already: unknown fields are left out, so it never grows.
pub fn wire_frame(data: &[u8]) {
    let Ok(frame) = Frame::decode(data.to_vec().into()) else {
        frame_id(data);
        return;
    };
    let again = frame.encode();
    assert_eq!(Frame::decode(again.clone()).as_ref(), Ok(&frame));
    if let Frame::Push(Push { number, records, ended }) = &frame {
        let shared: Vec<_> = records.iter().map(encode_record).collect();
        assert_eq!(push_frame(*number, shared.iter(), if *ended { Ended::Yes } else { Ended::No }), again);
    }
}

pub fn wire_request(data: &[u8]) {
    if let Ok(request) = Request::decode(data.to_vec().into()) {
        assert_eq!(Request::decode(request.encode()), Ok(request));
    }
}

pub fn wire_response(data: &[u8]) {
    if let Ok(response) = Response::decode(data.to_vec().into()) {
        assert_eq!(Response::decode(response.encode()), Ok(response));
    }
    assert!(data.len() <= FRAME_MAX || Response::decode(data.to_vec().into()).is_err());
}

pub fn handle_cert(data: &[u8]) {
    if let Ok(cert) = HandleCert::decode(data) {
        assert_eq!(cert.encode(), data);
    }
}

/// What a server says of its desk, and what it notes in the desk's log. There is one encoding of each.
pub fn desk(data: &[u8]) {
    if let Ok((desk, signature)) = Desk::decode(data) {
        assert_eq!(desk.encode(&signature), data);
    }
    if let Ok(erased) = Erased::decode(data) {
        assert_eq!(erased.encode(), data);
    }
}

/// There is one encoding of everything, so a message is written back byte for byte, and cut and joined likewise. What a kind says is the same when
/// it is written and read again: only the name of a file is made safe on the way. And whatever is read can be shown.
pub fn content(data: &[u8]) {
    if let Ok(message) = Message::decode(data) {
        assert_eq!(message.encode().as_deref(), Ok(data));
        assert!(data.len() <= CONTENT_MAX);
        let leaves: Vec<_> = cut::split(data).expect("what was read can be cut").into_iter().map(|leaf| leaf.bytes).collect();
        let leaves: Vec<&[u8]> = leaves.iter().map(|leaf| leaf.expose()).collect();
        assert_eq!(cut::join(&leaves).as_deref(), Ok(data));
        wire::content::message_id(&AccountId([1; 32]), &Route([2; 32]), data).expect("everything read has an id");
    }
    for kinds in [Kinds::ALL, Kinds::ALL.without(wire::content::Kind::Text)] {
        let Ok(content) = Content::decode_with(data, kinds) else { continue };
        content.fallback();
        let _ = (content.role(), content.body.target(), content.body.attachments().len());
        match content.encode() {
            Ok(again) => assert!(Content::decode_with(&again, kinds).as_ref() == Ok(&content), "it says something else when written again"),
            // A safe name may be longer than the one that was sent.
            Err(error) => assert!(data.len() + 256 > CONTENT_MAX, "{error:?}"),
        }
    }
    let _ = Content::decode_description(data);
}

/// Leaves come one by one out of a message: each is led by its length.
pub fn leaves(data: &[u8]) {
    let mut rest = data;
    let mut leaves = Vec::new();
    while let Some((head, tail)) = rest.split_first_chunk::<2>() {
        let (leaf, tail) = tail.split_at(usize::from(u16::from_be_bytes(*head)).min(tail.len()));
        leaves.push(leaf);
        rest = tail;
    }
    if let Ok(content) = cut::join(&leaves) {
        let again: Vec<_> =
            cut::split(&content).expect("what was joined can be cut").into_iter().map(|leaf| leaf.bytes.expose().to_vec()).collect();
        assert_eq!(again, leaves);
    }
}

pub fn link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(link) = Link::parse(text) {
        assert_eq!(Link::parse(&link.to_url()).as_ref(), Ok(&link));
    }
}

pub fn stamp(data: &[u8]) {
    if let Ok(stamp) = Stamp::from_bytes(data) {
        assert_eq!(stamp.to_bytes().as_slice(), data);
    }
    if let Ok(signed) = SignedStamp::from_bytes(data) {
        assert_eq!(signed.to_bytes().as_slice(), data);
        let key = franking::StampKey::from_seed(&[0x44; 32]).public();
        let _ = signed.verify(&key);
    }
}

pub fn cert(data: &[u8]) {
    if let Ok(cert) = ClientCert::from_bytes(data) {
        assert_eq!(cert.to_bytes().as_slice(), data);
        let _ = cert.verify(Millis(1_800_000_000_000));
    }
}

pub fn account_state(data: &[u8]) {
    if let Ok(state) = SignedState::from_bytes(data) {
        assert_eq!(state.to_bytes(), data);
        let _ = state.verify();
    }
}

pub fn sent(data: &[u8]) {
    if let Ok(context) = Context::from_bytes(data) {
        assert_eq!(context.to_bytes(), data);
    }
    if let Ok(opened) = Opened::from_bytes(data) {
        assert_eq!(opened.to_bytes(), data);
        let _ = opened.commitment();
        assert_eq!(Opened::from_payload(&opened.to_payload()), Ok(opened));
    }
    if let Ok(opened) = Opened::from_payload(data) {
        assert_eq!(opened.to_payload(), data);
    }
}

pub fn vectors(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(name);
    serde_json::from_slice(&std::fs::read(path).expect("the vectors are there")).expect("the vectors are JSON")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).ok());
    digits.map(|two| two.filter(|two| two.len() == 2).and_then(|two| u8::from_str_radix(two, 16).ok())).collect()
}

/// Every string of hex digits below a value, under a name that is wanted.
fn hex_below(value: &Value, wanted: &dyn Fn(&str) -> bool, name: &str, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) if wanted(name) => found.extend(unhex(text)),
        Value::Array(items) => items.iter().for_each(|item| hex_below(item, wanted, name, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, item)| hex_below(item, wanted, name, found)),
        _ => {}
    }
}

pub fn seeds(vector: &Value, wanted: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    hex_below(vector, &wanted, "", &mut found);
    assert!(!found.is_empty(), "no seeds");
    found
}

pub fn wire_frame_seeds() -> Vec<Vec<u8>> {
    seeds(&vectors("wire.json"), |_| true)
}

fn frames() -> impl Iterator<Item = Frame> {
    wire_frame_seeds().into_iter().filter_map(|bytes| Frame::decode(bytes.into()).ok())
}

pub fn wire_request_seeds() -> Vec<Vec<u8>> {
    frames().filter_map(|frame| if let Frame::Request { request, .. } = frame { Some(request.encode().to_vec()) } else { None }).collect()
}

pub fn wire_response_seeds() -> Vec<Vec<u8>> {
    frames()
        .filter_map(|frame| if let Frame::Response { response, .. } = frame { Some(response.encode().to_vec()) } else { None })
        .collect()
}

pub fn handle_cert_seeds() -> Vec<Vec<u8>> {
    let cert = |role: &str| HandleCert {
        handle: wire::Hash32([1; 32]),
        account: AccountId([2; 32]),
        day: 20_000,
        role: role.into(),
        signature: [3; 64],
    };
    ["", "teacher"].map(|role| cert(role).encode()).into()
}

pub fn desk_seeds() -> Vec<Vec<u8>> {
    let states = account_state_seeds();
    let named = |name: &str| Some(Named { name: name.into(), state: states[0].clone() });
    let outside = named("A governor");
    let lead = named("A lead");
    let more = More {
        answers: LogId([1; 32]),
        read: PassToken::new([2; 32]),
        keep_days: 30,
        appeal: "Ask the office.".into(),
        outside,
        lead: None,
    };
    let newest = More { lead, ..more.clone() };
    let (reports, drop) = (LogId([4; 32]), PassToken::new([5; 32]));
    let first = Desk { made: Millis(7), police: None, reports, drop, hours: 24, members: states, more: None };
    let newer = Desk { police: Some(vec![3; X_WING_KEY]), more: Some(more), ..first.clone() };
    let newest = Desk { more: Some(newest), ..newer.clone() };
    let erased = Erased { seq: wire::Seq(7), h: wire::Hash32([2; 32]), by: AccountId([3; 32]) };
    vec![first.encode(&[9; 64]), newer.encode(&[9; 64]), newest.encode(&[9; 64]), erased.encode()]
}

pub fn content_seeds() -> Vec<Vec<u8>> {
    let mut all = seeds(&vectors("mimi-content.json"), |name| name == "hex");
    all.extend(seeds(&vectors("mimi-content-treehouse.json"), |name| name == "hex"));
    all
}

pub fn leaves_seeds() -> Vec<Vec<u8>> {
    let cut_up = content_seeds().into_iter().filter_map(|content| cut::split(&content).ok());
    let led = |leaf: Vec<u8>| [&u16::try_from(leaf.len()).unwrap_or(u16::MAX).to_be_bytes()[..], &leaf].concat();
    cut_up.map(|leaves| leaves.into_iter().flat_map(|leaf| led(leaf.bytes.expose().to_vec())).collect()).collect()
}

pub fn link_seeds() -> Vec<Vec<u8>> {
    let link =
        |server: &str| Link { server: server.into(), account: AccountId([1; 32]), inbox: LogId([2; 32]), drop: PassToken::new([3; 32]) };
    ["https://chat.example.org", "http://127.0.0.1:1"].map(|server| link(server).to_url().into_bytes()).into()
}

pub fn stamp_seeds() -> Vec<Vec<u8>> {
    let vectors = vectors("franking.json");
    let stamps = vectors["stamps"].as_array().expect("stamps");
    let key = unhex(vectors["stamp_key"]["key_id"].as_str().expect("the name of the key")).expect("hex");
    let mut all = seeds(&vectors["stamps"], |name| name == "bytes");
    for stamp in stamps {
        let field = |name: &str| unhex(stamp[name].as_str().expect("a field")).expect("hex");
        all.push([field("bytes"), key.clone(), field("signature")].concat());
    }
    all
}

pub fn cert_seeds() -> Vec<Vec<u8>> {
    seeds(&vectors("franking.json")["cert"], |name| name == "bytes")
}

pub fn account_state_seeds() -> Vec<Vec<u8>> {
    seeds(&vectors("franking.json")["states"], |name| name == "bytes")
}

pub fn sent_seeds() -> Vec<Vec<u8>> {
    let vectors = vectors("franking.json");
    [seeds(&vectors["sent"], |_| true), seeds(&vectors["commit"], |name| name == "context")].concat()
}
