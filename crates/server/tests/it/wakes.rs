//! Knocks at a real push service on this machine, and what of a live server is said to others beside records.

use crate::client::*;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use server::shell::{PushOptions, Running};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use wire::call::*;
use wire::desk::{Desk, work_for};
use wire::*;

/// A push service that answers every knock with one status, and hands over what it was asked.
struct Service {
    origin: String,
    asked: UnboundedReceiver<String>,
}

impl Service {
    async fn open(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (told, asked) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nlocation: http://127.0.0.1:1/\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = told.send(String::from_utf8(request).unwrap());
            }
        });
        Self { origin, asked }
    }

    async fn knock(&mut self) -> String {
        self.asked.recv().await.unwrap()
    }

    fn is_quiet(&mut self) -> bool {
        self.asked.try_recv().is_err()
    }
}

async fn serve(home: &Home, own: Vec<String>) -> Running {
    let clock = home.clock.clone();
    let push = PushOptions { own, contact: "https://chat.example".into() };
    Running::start(server::shell::Options { push, ..home.options(None) }, Arc::new(move || Millis(clock.load(Ordering::SeqCst))))
        .await
        .unwrap()
}

/// Bob writes; Alice has said where to knock, and is gone.
async fn away(server: &Running, endpoint: &str) -> Client {
    let mut bob = Client::arrive(server.address(), 2).await;
    bob.make_log(log(1)).await;
    let mut alice = Client::arrive(server.address(), 1).await;
    alice.subscribe(4, log(1), 1, 0).await;
    let set = Request::SetWakes { numbers: vec![4], endpoint: Some(endpoint.to_owned()) };
    assert_eq!(alice.ask(set).await, Response::Done);
    bob
}

/// Bob says something; its moment passes, and the clock ticks.
async fn says(home: &Home, server: &Running, bob: &mut Client, text: &str) {
    bob.append(content(log(1), text, 0)).await.unwrap();
    assert_eq!(bob.ask(Request::Wake { log: log(1), pass: token(2) }).await, Response::Done);
    home.clock.fetch_add(limits::WAKE_PATIENCE, Ordering::SeqCst);
    server.tick().await;
}

async fn counted(server: &Running, name: &str) -> u64 {
    let counts = http(server.address(), "GET /metrics", &[], b"").await.text();
    let line = counts.lines().find(|line| line.starts_with(&format!("{name} "))).expect("a count").to_owned();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Waits for something that another task does at once.
async fn until(mut done: impl AsyncFnMut() -> bool) {
    while !done().await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knock_is_empty_signed_for_its_service_and_made_once_an_absence() {
    let home = Home::new();
    let mut service = Service::open("201 Created").await;
    let server = serve(&home, vec![service.origin.clone()]).await;
    let endpoint = format!("{}/send/device-7?x=1", service.origin);
    let mut bob = away(&server, &endpoint).await;
    says(&home, &server, &mut bob, "hello").await;
    let knock = service.knock().await;
    assert!(knock.starts_with("POST /send/device-7?x=1 HTTP/1.1\r\n"), "{knock}");
    let header =
        |name: &str| knock.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_else(|| panic!("{name}: {knock}"));
    assert_eq!((header("content-length"), header("topic")), ("0", "waiting"));
    assert!(header("ttl").parse::<u32>().is_ok());
    let (token, key) = header("authorization").strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    let shown = bob.hello().await.push_key.unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(key).unwrap(), shown, "the key that browsers were told");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert!(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, shown).verify(signed.as_bytes(), &signature).is_ok());
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap()).unwrap();
    assert!(claims.contains(&format!("\"aud\":\"{}\"", service.origin)) && claims.contains("https://chat.example"), "{claims}");

    until(async || counted(&server, "treehouse_knocks_total").await == 1).await;
    says(&home, &server, &mut bob, "are you there?").await;
    assert!(service.is_quiet(), "once an absence");
    let mut alice = Client::connect(server.address()).await;
    alice.open_session(&Person::new(1)).await;
    alice.subscribe(4, log(1), 1, 2).await;
    says(&home, &server, &mut bob, "hello again").await;
    service.knock().await;
    drop(alice);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_by_nobody_makes_a_knock_as_empty_as_any_other() {
    let home = Home::new();
    let mut service = Service::open("201 Created").await;
    serve(&home, vec![]).await.stop().await.unwrap();
    let desk = Desk { made: Millis(0), police: None, reports: log(1), drop: token(9), hours: 24, members: vec![], more: None };
    std::fs::write(home.data().join("desk"), desk.encode(&[0; 64])).unwrap();
    let server = serve(&home, vec![service.origin.clone()]).await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let passes = vec![new_pass(1, Role::Owner), new_pass(9, Role::Drop)];
    assert_eq!(alice.ask(Request::CreateLog { log: log(1), passes, inbox: false }).await, Response::Done);
    let endpoint = Some(format!("{}/send/desk", service.origin));
    assert_eq!(alice.ask(Request::KnockFor { log: log(1), pass: token(1), endpoint }).await, Response::Done);
    drop(alice);
    let record = Bytes::from_static(b"sealed to the members");
    let c = work_for(&Hash32::of(&record), [3; 32]);
    let report = Append { log: log(1), pass: token(9), flag: Flag::Content, after: Seq::START, c, record, changes: vec![] };
    Client::connect(server.address()).await.append(report).await.unwrap();
    until(async || {
        home.clock.fetch_add(limits::WAKE_PATIENCE, Ordering::SeqCst);
        server.tick().await;
        counted(&server, "treehouse_knocks_total").await > 0
    })
    .await;
    let knock = service.knock().await.to_lowercase();
    assert!(knock.starts_with("post /send/desk http/1.1\r\n"), "{knock}");
    assert!(knock.contains("content-length: 0\r\n") && knock.contains("topic: waiting\r\n"), "{knock}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_gone_is_forgotten_and_one_that_cannot_be_reached_is_not() {
    for (status, count, rows) in [
        ("410 Gone", "treehouse_knocks_gone_total", 0),
        ("404 Not Found", "treehouse_knocks_gone_total", 0),
        ("503 Service Unavailable", "treehouse_knocks_lost_total", 1),
        ("302 Found", "treehouse_knocks_lost_total", 1),
    ] {
        let home = Home::new();
        let mut service = Service::open(status).await;
        let server = serve(&home, vec![service.origin.clone()]).await;
        let mut bob = away(&server, &format!("{}/send", service.origin)).await;
        says(&home, &server, &mut bob, "hello").await;
        service.knock().await;
        until(async || counted(&server, count).await == 1).await;
        server.stop().await.unwrap();
        let store =
            server::store::sqlite::SqliteStore::open(&home.data().join("treehouse.db"), server::store::sqlite::Durability::Full).unwrap();
        let kept = store.dump().unwrap().iter().filter(|(table, _)| table == "wake").count();
        assert_eq!(kept, rows, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knock_that_was_lost_is_made_again_by_the_next_message() {
    let home = Home::new();
    let mut service = Service::open("503 Service Unavailable").await;
    let server = serve(&home, vec![service.origin.clone()]).await;
    let mut bob = away(&server, &format!("{}/send", service.origin)).await;
    for lost in 1..=2 {
        says(&home, &server, &mut bob, &format!("hello {lost}")).await;
        assert!(timeout(Duration::from_secs(8), service.knock()).await.is_ok(), "the device counts as knocked for, and was not");
        until(async || counted(&server, "treehouse_knocks_lost_total").await == lost).await;
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_service_that_never_answers_leaves_the_others_their_turns() {
    // Two services share them: together they are more than are called at once, and at each all have a place in line.
    const DEAD: u8 = 100;
    let home = Home::new();
    let mut service = Service::open("201 Created").await;
    // Connections come about, and nothing is read from them.
    let dead = [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let origins = dead.each_ref().map(|dead| format!("http://{}", dead.local_addr().unwrap()));
    let server = serve(&home, origins.iter().cloned().chain([service.origin.clone()]).collect()).await;
    let mut bob = away(&server, &format!("{}/send", service.origin)).await;
    let mut mallory = Client::arrive(server.address(), 3).await;
    let passes = (10..10 + DEAD).chain([2]).map(|n| new_pass(n, Role::Member)).chain([new_pass(1, Role::Owner)]).collect();
    assert_eq!(mallory.ask(Request::CreateLog { log: log(2), passes, inbox: false }).await, Response::Done);
    for n in 10..10 + DEAD {
        let endpoint = Some(format!("{}/{n}", origins[usize::from(n % 2)]));
        assert_eq!(mallory.ask(Request::KnockFor { log: log(2), pass: token(n), endpoint }).await, Response::Done);
        // As often as an account may ask.
        home.clock.fetch_add(limits::WAKE_RATE, Ordering::SeqCst);
    }
    mallory.append(content(log(2), "x", 0)).await.unwrap();
    assert_eq!(mallory.ask(Request::Wake { log: log(2), pass: token(2) }).await, Response::Done);
    says(&home, &server, &mut bob, "hello").await;
    assert!(timeout(Duration::from_secs(8), service.knock()).await.is_ok(), "every turn is held by a service that does not answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_about_waking_count_by_account_whatever_it_is_connected_by() {
    let home = Home::new();
    let server = serve(&home, vec![]).await;
    Client::arrive(server.address(), 1).await.make_log(log(1)).await;
    let mut answers = Vec::new();
    for _ in 0..=limits::WAKE_BURST {
        let mut alice = Client::connect(server.address()).await;
        alice.open_session(&Person::new(1)).await;
        answers.push(alice.ask(Request::Wake { log: log(1), pass: token(2) }).await);
    }
    let last = answers.pop();
    assert!(answers.iter().all(|answer| *answer == Response::Done), "{answers:?}");
    assert!(matches!(last, Some(Response::Refused(Refusal::RateLimited { .. }))), "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_calls_nobody_inside_its_own_network() {
    let home = Home::new();
    let mut service = Service::open("201 Created").await;
    // The operator has named another service, at the same host.
    let server = serve(&home, vec!["http://127.0.0.1:1".into()]).await;
    let mut bob = away(&server, &format!("{}/send", service.origin)).await;
    says(&home, &server, &mut bob, "hello").await;
    until(async || counted(&server, "treehouse_knocks_gone_total").await == 1).await;
    assert!(service.is_quiet());
    let mut alice = Client::connect(server.address()).await;
    alice.open_session(&Person::new(1)).await;
    alice.subscribe(4, log(1), 1, 1).await;
    let port = service.origin.rsplit(':').next().unwrap();
    for (n, endpoint) in
        [format!("https://localhost:{port}/"), "https://localhost/".into(), "https://169.254.169.254/latest".into()].iter().enumerate()
    {
        assert_eq!(alice.ask(Request::SetWakes { numbers: vec![4], endpoint: Some(endpoint.clone()) }).await, Response::Done);
        says(&home, &server, &mut bob, &format!("{n}")).await;
        until(async || counted(&server, "treehouse_knocks_gone_total").await == 2 + n as u64).await;
    }
    assert!(service.is_quiet());
    drop(alice);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_reaches_the_other_over_real_sockets_and_lies_nowhere() {
    let home = Home::new();
    let server = home.serve().await;
    let mut bob = Client::arrive(server.address(), 2).await;
    bob.make_log(log(1)).await;
    bob.subscribe(9, log(1), 2, 0).await;
    let mut alice = Client::arrive(server.address(), 1).await;
    assert!(matches!(alice.ask(Request::Hello { versions: vec![1], features: vec![SIGNALS.into()] }).await, Response::Welcome(_)));
    alice.subscribe(4, log(1), 1, 0).await;
    let sealed = Bytes::from_static(&[0x5a; limits::SIGNAL_LEN]);
    assert_eq!(bob.ask(Request::Signal(Signal { number: 9, sealed: sealed.clone() })).await, Response::Done);
    assert_eq!(alice.next().await, Some(Frame::Heard(Signal { number: 4, sealed: sealed.clone() })));
    server.stop().await.unwrap();
    let kept = std::fs::read_dir(home.data()).unwrap().filter_map(|entry| std::fs::read(entry.unwrap().path()).ok());
    for file in kept {
        assert!(!file.windows(32).any(|part| part == &sealed[..32]));
    }
}
