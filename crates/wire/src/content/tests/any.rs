//! Content of every kind, for property tests.

use super::*;
use crate::content::limits::*;
use crate::ids::{BlobId, ClientId, Hash32};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub fn content() -> impl Strategy<Value = Content> {
    let marks = (any::<bool>(), any::<bool>(), option::of((0..=TYPED_AT_MAX).prop_map(Millis)));
    let around = (any::<[u8; 16]>(), vec(any::<u8>(), 0..40), option::of(expires()), option::of(message()), marks, other(), body());
    around.prop_map(|(salt, topic, expires, reply_to, (forwarded, view_once, typed_at), other, body)| {
        let targeted = body.target().is_some() && !body.replaces();
        let reply_to = if targeted { None } else { reply_to };
        Content { salt: Salt(salt), topic, expires, reply_to, forwarded, view_once, typed_at, other, body }
    })
}

pub fn body() -> impl Strategy<Value = Body> {
    let changes = prop_oneof![
        (message(), text()).prop_map(|(of, text)| Body::Edit { of, text }),
        message().prop_map(|of| Body::Delete { of }),
        (message(), emoji()).prop_map(|(to, emoji)| Body::Reaction { to, emoji }),
        message().prop_map(|reaction| Body::Unreact { reaction }),
        (message(), proptest::collection::btree_set(0..POLL_OPTIONS_MAX as u8, 0..5))
            .prop_map(|(poll, choices)| Body::Vote { poll, choices: choices.into_iter().collect() }),
        message().prop_map(|poll| Body::PollClose { poll }),
        message().prop_map(|message| Body::Pin { message }),
        message().prop_map(|message| Body::Unpin { message }),
    ];
    let settings = prop_oneof![
        words(1, GROUP_NAME_MAX).prop_map(Body::GroupName),
        words(0, GROUP_DESCRIPTION_MAX).prop_map(Body::GroupDescription),
        option::of(attachment(Class::Photo).prop_map(Box::new)).prop_map(Body::GroupPicture),
        profile().prop_map(|profile| Body::Profile(Box::new(profile))),
        option::of(1..=u32::MAX).prop_map(Body::ExpirySetting),
    ];
    prop_oneof![
        text().prop_map(Body::Text),
        attachments().prop_map(Body::Attachments),
        status().prop_map(Body::Status),
        sticker().prop_map(|sticker| Body::Sticker(Box::new(sticker))),
        poll().prop_map(Body::Poll),
        (words(1, NAME_MAX), words(1, LINK_MAX)).prop_map(|(name, link)| Body::ContactCard(ContactCard { name, link })),
        repair().prop_map(Body::RepairRequest),
        Just(Body::Left),
        changes,
        settings,
    ]
}

fn words(least: usize, most: usize) -> impl Strategy<Value = String> {
    vec(any::<char>(), least..=(most / 4).clamp(least, 60)).prop_map(|chars| chars.into_iter().collect())
}

fn message() -> impl Strategy<Value = MessageId> {
    any::<[u8; 32]>().prop_map(|mut id| {
        id[0] = 1;
        MessageId(id)
    })
}

fn expires() -> impl Strategy<Value = Expires> {
    prop_oneof![any::<u32>().prop_map(Expires::AfterReading), any::<u32>().prop_map(Expires::At)]
}

fn other() -> impl Strategy<Value = Extensions> {
    let key =
        prop_oneof![(3i64..1000).prop_map(Key::Number), (-29900i64..=-29810).prop_map(Key::Number), "[a-z]{1,40}".prop_map(Key::Text)];
    let item = vec(any::<u8>(), 0..20).prop_map(|bytes| {
        Item::build(|writer| {
            writer.array(2);
            writer.null();
            writer.bytes(&bytes);
        })
    });
    vec((key, item), 0..3).prop_map(|all| {
        let mut other = Extensions::default();
        all.into_iter().for_each(|(key, item)| other.set(key, item));
        other
    })
}

fn text() -> impl Strategy<Value = Text> {
    let preview = (words(1, LINK_MAX), words(0, PREVIEW_TITLE_MAX), words(0, PREVIEW_TEXT_MAX), option::of(thumbnail()))
        .prop_map(|(url, title, description, picture)| LinkPreview { url, title, description, picture });
    (words_alone(), option::of(preview)).prop_map(|(text, preview)| Text { preview, ..text })
}

fn words_alone() -> impl Strategy<Value = Text> {
    let markup = prop_oneof![Just(Markup::Plain), Just(Markup::Gfm)];
    (words(1, 2000), markup, "[a-z]{0,2}").prop_map(|(text, markup, language)| Text { text, markup, language, preview: None })
}

fn emoji() -> impl Strategy<Value = Emoji> {
    prop_oneof![
        Just("❤"),
        Just("👩🏽\u{200d}⚕\u{fe0f}"),
        Just("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"),
        Just("1\u{fe0f}\u{20e3}")
    ]
    .prop_map(|emoji| Emoji::new(emoji).unwrap())
}

fn thumbnail() -> impl Strategy<Value = Thumbnail> {
    vec(any::<u8>(), 0..200).prop_map(|rest| Thumbnail::new([[0xff, 0xd8, 0xff].as_slice(), &rest].concat()).unwrap())
}

fn attachment(class: Class) -> impl Strategy<Value = Attachment> {
    let ids = (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<[u8; 32]>());
    let secret = (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(key, salt)| AttachmentSecret { key, salt });
    let shown = (option::of((1..=PIXELS_MAX, 1..=PIXELS_MAX)), option::of(0..=DURATION_MAX), any::<bool>(), option::of(thumbnail()));
    let named = (option::of(words(1, 80)), words(0, ALT_MAX), 0..=crate::limits::BLOB_MAX);
    (ids, secret, shown, named).prop_map(move |((blob, sha256, root), secret, shown, (name, alt, length))| Attachment {
        class,
        blob: BlobId(blob),
        length,
        media_type: MediaType::new("application/vnd.example+zip").unwrap(),
        file_name: name.map(|name| FileName::new(&name)),
        sha256: Hash32(sha256),
        root: Hash32(root),
        alt,
        dimensions: shown.0,
        duration: shown.1,
        original: shown.2,
        thumbnail: shown.3,
        secret: Some(secret),
    })
}

fn attachments() -> impl Strategy<Value = Attachments> {
    let class = prop_oneof![Just(Class::Photo), Just(Class::Video), Just(Class::Voice), Just(Class::File)];
    (option::of(words_alone()), vec(class.prop_flat_map(attachment), 1..=4)).prop_map(|(caption, items)| Attachments { caption, items })
}

fn status() -> impl Strategy<Value = Vec<MessageStatus>> {
    proptest::collection::btree_map(message().prop_map(|id| id.0), any::<u8>(), 1..20).prop_map(|all| {
        all.into_iter().map(|(id, status)| MessageStatus { message: MessageId(id), status: Status::from_number(status) }).collect()
    })
}

fn sticker() -> impl Strategy<Value = Sticker> {
    (attachment(Class::Sticker), option::of(emoji())).prop_map(|(picture, emoji)| Sticker { picture, emoji })
}

fn poll() -> impl Strategy<Value = Poll> {
    let choice = prop_oneof![Just(Choice::One), Just(Choice::Several)];
    (words(1, POLL_QUESTION_MAX), vec(words(1, POLL_OPTION_MAX), POLL_OPTIONS_MIN..=POLL_OPTIONS_MAX), choice)
        .prop_map(|(question, options, choice)| Poll { question, options, choice })
}

fn profile() -> impl Strategy<Value = Profile> {
    let cert = vec(any::<u8>(), 0..=PROFILE_CERT_MAX);
    let reach = any::<[[u8; 32]; 3]>().prop_map(|[inbox, drop, take]| {
        Box::new(Reach { inbox: crate::ids::LogId(inbox), drop: crate::ids::PassToken::new(drop), take: crate::ids::TakePass::new(take) })
    });
    (words(1, NAME_MAX), "[a-z]{0,32}", cert, option::of(attachment(Class::Photo)), option::of(reach))
        .prop_map(|(display_name, username, handle_cert, picture, reach)| Profile { display_name, username, handle_cert, picture, reach })
}

fn repair() -> impl Strategy<Value = RepairRequest> {
    let steps = vec((2u64..1000, 0u64..1000), 1..10);
    (any::<[u8; 32]>(), any::<[u8; 16]>(), steps).prop_map(|(account, client, steps)| {
        let mut at = 0;
        let counters = steps
            .into_iter()
            .map(|(gap, length)| {
                let from = at + gap;
                at = from + length;
                from..=at
            })
            .collect();
        RepairRequest { account: AccountId(account), client: ClientId(client), counters }
    })
}
