//! The draft's examples and ours.

use super::*;
use crate::content::mimi::{Disposition, Part, Semantics};
use serde_json::{Map, Value, json};

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn draft() -> Value {
    read(include_str!("../../../../../vectors/mimi-content.json"))
}

fn ours() -> Value {
    read(include_str!("../../../../../vectors/mimi-content-treehouse.json"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    unhex(text(value))
}

fn uri(message: &Message, key: &Key) -> String {
    let item = message.extensions.get(key).unwrap();
    crate::content::cbor::Reader::new(item.as_bytes()).text().unwrap().to_owned()
}

fn part_as_json(part: &Part) -> Value {
    let form = match &part.form {
        Form::Null => ("null", json!(true)),
        Form::Single { content_type, content } => ("single", json!({"content_type": content_type, "content": hex(content)})),
        Form::External(external) => (
            "external",
            json!({
                "content_type": external.content_type, "url": external.url, "expires": external.expires, "size": external.size,
                "enc_alg": external.enc_alg, "key": hex(external.key.expose()), "nonce": hex(external.nonce.expose()),
                "aad": hex(external.aad.expose()), "hash_alg": external.hash_alg, "content_hash": hex(&external.content_hash),
                "description": external.description, "filename": external.filename,
            }),
        ),
        Form::Multi { semantics, parts } => {
            let semantics = match semantics {
                Semantics::ChooseOne => "choose one",
                Semantics::SingleUnit => "single unit",
                Semantics::ProcessAll => "process all",
            };
            ("multi", json!({"semantics": semantics, "parts": parts.iter().map(part_as_json).collect::<Vec<_>>()}))
        }
    };
    let mut object = Map::new();
    object.insert("disposition".to_owned(), json!(part.disposition.0));
    object.insert("language".to_owned(), json!(part.language));
    object.insert(form.0.to_owned(), form.1);
    Value::Object(object)
}

fn message_as_json(message: &Message) -> Value {
    let expires = message.expires.map(|expires| match expires {
        Expires::AfterReading(seconds) => json!({"relative": true, "seconds": seconds}),
        Expires::At(seconds) => json!({"relative": false, "seconds": seconds}),
    });
    json!({
        "salt": hex(&message.salt.0),
        "replaces": message.replaces.map(|id| id.to_string()),
        "topic": hex(&message.topic),
        "expires": expires,
        "in_reply_to": message.in_reply_to.map(|id| id.to_string()),
        "sender_uri": uri(message, &Key::SENDER_URI),
        "room_uri": uri(message, &Key::ROOM_URI),
        "part": part_as_json(&message.part),
    })
}

#[test]
fn every_example_of_the_draft_decodes_to_what_it_says_and_encodes_to_the_same_bytes() {
    let draft = draft();
    let examples = draft["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 14);
    for example in examples {
        let encoded = bytes(&example["hex"]);
        let message = Message::decode(&encoded).unwrap();
        assert_eq!(message_as_json(&message), example["message"], "{}", example["name"]);
        assert_eq!(hex(&message.encode().unwrap()), text(&example["hex"]), "{}", example["name"]);
    }
}

#[test]
fn every_message_id_of_the_draft_is_reproduced() {
    for example in draft()["examples"].as_array().unwrap() {
        let (sender, room) = (text(&example["message"]["sender_uri"]), text(&example["message"]["room_uri"]));
        let id = mimi::message_id(sender, room, &bytes(&example["hex"])).unwrap();
        assert_eq!(id.to_string(), text(&example["message_id"]), "{}", example["name"]);
        assert_ne!(mimi::message_id(room, sender, &bytes(&example["hex"])).unwrap(), id);
    }
}

#[test]
fn the_draft_s_examples_are_read_where_they_are_of_our_kinds_and_shown_by_their_fallback_where_not() {
    for example in draft()["examples"].as_array().unwrap() {
        let encoded = bytes(&example["hex"]);
        let content = Content::decode(&encoded).unwrap();
        assert_eq!(u64::from(content.kind().number()), example["kind"].as_u64().unwrap(), "{}", example["name"]);
        assert_eq!(!matches!(content.body, Body::Unknown(_)), example["read"].as_bool().unwrap(), "{}", example["name"]);
        assert_eq!(content.fallback(), text(&example["fallback"]), "{}", example["name"]);
        assert_eq!(hex(&content.encode().unwrap()), text(&example["hex"]), "{}", example["name"]);
    }
}

#[test]
fn the_example_of_a_status_report_is_read() {
    let draft = draft();
    let report = bytes(&draft["status_report"]["hex"]);
    let part = Part::single(Disposition::UNSPECIFIED, "application/mimi-message-status", report);
    let encoded =
        Message { salt: salt(0), replaces: None, topic: vec![], expires: None, in_reply_to: None, extensions: Extensions::default(), part }
            .encode()
            .unwrap();
    let Body::Status(all) = Content::decode(&encoded).unwrap().body else { panic!("not read") };
    let found: Vec<Value> = all.iter().map(|one| json!([one.message.to_string(), one.status.number()])).collect();
    assert_eq!(Value::Array(found), draft["status_report"]["status"]);
}

#[test]
fn hi_mum_is_60_bytes() {
    assert_eq!(Content::new(salt(1), Body::Text(Text::plain("hi mum"))).encode().unwrap().len(), 60);
}

#[test]
fn every_kind_of_ours_has_a_vector_which_is_read_and_written_byte_for_byte() {
    let ours = ours();
    let mut kinds = Vec::new();
    for vector in ours["content"].as_array().unwrap() {
        let content = Content::decode(&bytes(&vector["hex"])).unwrap();
        assert!(!matches!(content.body, Body::Unknown(_)), "{}", vector["name"]);
        assert_eq!(u64::from(content.kind().number()), vector["kind"].as_u64().unwrap(), "{}", vector["name"]);
        assert_eq!(content.fallback(), text(&vector["fallback"]), "{}", vector["name"]);
        assert_eq!(hex(&content.encode().unwrap()), text(&vector["hex"]), "{}", vector["name"]);
        kinds.push(content.kind());
    }
    for (kind, _, _) in Kind::TABLE {
        assert!(kind == Kind::Foreign || kinds.contains(&kind), "{kind:?} has no vector");
    }
}

#[test]
fn our_message_ids_and_leaves_are_those_of_the_vectors() {
    let ours = ours();
    let (sender, route) = (AccountId::from_hex(text(&ours["sender"])).unwrap(), Route::from_hex(text(&ours["route"])).unwrap());
    for vector in ours["content"].as_array().unwrap() {
        let encoded = bytes(&vector["hex"]);
        assert_eq!(message_id(&sender, &route, &encoded).unwrap().to_string(), text(&vector["message_id"]), "{}", vector["name"]);
        let found: Vec<Value> = crate::content::leaves::split(&encoded)
            .unwrap()
            .iter()
            .map(|leaf| json!({"kind": format!("{:?}", leaf.kind).to_lowercase(), "hex": hex(leaf.bytes.expose())}))
            .collect();
        assert_eq!(Value::Array(found), vector["leaves"], "{}", vector["name"]);
    }
}

#[test]
fn the_vectors_say_what_they_seem_to_say() {
    let ours = ours();
    let find = |name: &str| {
        let all = ours["content"].as_array().unwrap();
        Content::decode(&bytes(&all.iter().find(|vector| vector["name"] == name).unwrap()["hex"])).unwrap()
    };
    let around = find("markdown text, all around it");
    assert!(around.forwarded && around.view_once);
    assert_eq!(around.typed_at, Some(Millis(1_750_000_000_000)));
    assert_eq!(around.expires, Some(Expires::AfterReading(604_800)));
    assert_eq!(around.reply_to, Some(MessageId([[1].as_slice(), &[0xa1; 31]].concat().try_into().unwrap())));
    assert_eq!(around.topic, b"kites");
    let Body::Text(words) = around.body else { panic!("not a text") };
    assert_eq!((words.markup, words.language.as_str()), (Markup::Gfm, "en"));
    assert_eq!(words.mentions().len(), 1);

    let Body::Attachments(album) = find("album with caption").body else { panic!("no attachments") };
    assert_eq!(album.caption.unwrap().text, "our day");
    assert_eq!(album.items.iter().map(|item| item.class).collect::<Vec<_>>(), [Class::Photo, Class::Video, Class::File]);
    assert_eq!((album.items[1].duration, album.items[1].dimensions), (Some(60_000), Some((1920, 1080))));
    assert_eq!((album.items[2].original, album.items[2].length), (true, 1 << 32));
    assert!(album.items[0].thumbnail.is_some() && album.items[2].thumbnail.is_none());
    assert_eq!(album.items[0].secret, Some(AttachmentSecret { key: [0x10; 32], salt: [0x11; 32] }));

    let Body::RepairRequest(repair) = find("repair request").body else { panic!("no repair request") };
    assert_eq!(repair.counters, [3..=3, 7..=9]);
}
