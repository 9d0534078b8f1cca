//! Somebody who speaks HTTP and WebSocket badly, or means harm: each request ends in a status or a close, the server goes on, and what it keeps is
//! row for row what it was.

use crate::client::*;
use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use server::shell::Running;
use server::store::sqlite::{Durability, SqliteStore};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame as WsFrame, FrameHeader};
use wire::call::*;
use wire::*;

/// A server with an account, a log, an upload half way and a blob.
struct Scene {
    home: Home,
    server: Running,
    alice: Client,
    bearer: Bearer,
    upload: UploadId,
    blob: BlobId,
}

impl Scene {
    async fn new() -> Self {
        let home = Home::new();
        let server = home.serve().await;
        let mut alice = Client::arrive(server.address(), 1).await;
        let bearer = alice.open_session(&Person::new(1)).await;
        alice.make_log(log(1)).await;
        alice.ask(Request::PublishKeyPackages { one_time: vec![Bytes::from_static(b"x")], last_resort: None }).await;
        let mut ids = Vec::new();
        for (bytes, length) in [(b"whole".as_slice(), 5), (b"half", 8)] {
            let create = Request::CreateBlob { length, delete_hash: DeleteToken::new([5; 32]).hash() };
            let Response::Upload { upload, .. } = alice.ask(create).await else { panic!("no upload") };
            let (path, authorization) = (format!("PATCH /v1/uploads/{}", hex16(&upload.0)), authorization(&bearer));
            let headers = [("authorization", authorization.as_str()), ("upload-offset", "0")];
            assert_eq!(http(server.address(), &path, &headers, bytes).await.status, 204);
            ids.push(upload);
        }
        let blob = BlobId::of(b"whole");
        assert_eq!(alice.ask(Request::CompleteBlob { upload: ids[0], blob }).await, Response::Stored { blob });
        Self { home, server, alice, bearer, upload: ids[1], blob }
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Every row, and every byte of uploads and blobs.
    fn kept(&self) -> String {
        let mut store = SqliteStore::open(&self.home.data().join("treehouse.db"), Durability::Volatile).unwrap();
        store.forget().unwrap();
        let mut files: Vec<_> = vec![self.home.data().join("blobs")];
        let mut bytes = Vec::new();
        while let Some(path) = files.pop() {
            match std::fs::read_dir(&path) {
                Ok(entries) => files.extend(entries.map(|entry| entry.unwrap().path())),
                Err(_) => bytes.push((path.clone(), std::fs::read(path).unwrap())),
            }
        }
        bytes.sort();
        format!("{:?} {bytes:?}", store.dump().unwrap())
    }

    /// The server is well, and Alice, who did nothing wrong, is served.
    async fn goes_on(mut self, before: &str) {
        assert!(self.kept() == before, "what is kept has changed");
        assert_eq!(http(self.address(), "GET /healthz", &[], &[]).await.text(), "ok\n");
        assert!(matches!(self.alice.ask(Request::CountKeyPackages).await, Response::KeyPackageCount { one_time: 1, .. }));
        self.server.stop().await.unwrap();
    }
}

fn random(rng: &mut ChaCha20Rng, len: usize) -> Vec<u8> {
    (0..len).map(|_| rng.next_u32() as u8).collect()
}

/// Sends bytes and reads until the server hangs up, or has said something and the line is quiet because we hung up.
async fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_request_are_refused_under_every_path() {
    let scene = Scene::new().await;
    let before = scene.kept();
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let honest = Request::CreateLog { log: log(2), passes: vec![new_pass(1, Role::Owner)], inbox: false }.encode();
    let authorization = authorization(&scene.bearer);
    let paths = ["Session/Hello", "Account/SignUp", "KeyPackages/Publish", "Log/Create", "Log/Append", "Log/Read", "Blob/Complete"];
    for path in paths {
        let bodies = [vec![], random(&mut rng, 1), random(&mut rng, 300), honest[..honest.len() - 1].to_vec(), vec![0xff; 40]];
        for body in bodies {
            let answer = http(scene.address(), &format!("POST /v1/{path}"), &[("authorization", &authorization)], &body).await;
            assert_eq!(answer.status, 400, "{path} {body:?}");
            assert!(matches!(Response::decode(answer.body.into()), Ok(Response::Refused(Refusal::Malformed | Refusal::Unsupported))));
        }
        let answer =
            http(scene.address(), &format!("POST /v1/{path}"), &[("authorization", &authorization)], &vec![7; limits::FRAME_MAX + 1]).await;
        assert_eq!(answer.status, 413, "{path}");
        if path != "Log/Create" {
            let answer = http(scene.address(), &format!("POST /v1/{path}"), &[("authorization", &authorization)], &honest).await;
            assert_eq!(answer.status, 404, "a request under another's path: {path}");
        }
        for method in ["GET", "PUT", "DELETE", "PATCH", "BREW"] {
            let answer = http(scene.address(), &format!("{method} /v1/{path}"), &[("authorization", &authorization)], &honest).await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    for bearer in ["", "Bearer", "Bearer ", "Bearer 00", "Basic eA==", &"Bearer ".repeat(3), &format!("Bearer {}", "0".repeat(64))] {
        let answer = http(scene.address(), "POST /v1/Log/Create", &[("authorization", bearer)], &honest).await;
        assert_eq!(Response::decode(answer.body.into()), Ok(Response::Refused(Refusal::NoSession)), "{bearer:?}");
    }
    scene.goes_on(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_ranges_offsets_methods_and_headers_move_no_byte() {
    let scene = Scene::new().await;
    let before = scene.kept();
    let authorization = authorization(&scene.bearer);
    let (upload, blob) = (format!("/v1/uploads/{}", hex16(&scene.upload.0)), format!("/v1/blobs/{}", scene.blob));
    for offset in ["", "-1", "+4", " 4 4", "4.0", "0x4", "18446744073709551616", "١"] {
        let headers = [("authorization", authorization.as_str()), ("upload-offset", offset)];
        let status = http(scene.address(), &format!("PATCH {upload}"), &headers, b"more").await.status;
        assert_eq!(status, 400, "{offset:?}");
    }
    for offset in ["0", "3", "5", "8", "18446744073709551615"] {
        let headers = [("authorization", authorization.as_str()), ("upload-offset", offset)];
        let answer = http(scene.address(), &format!("PATCH {upload}"), &headers, b"more").await;
        assert_eq!((answer.status, answer.header("upload-offset")), (409, Some("4")), "{offset}");
    }
    let headers = [("authorization", authorization.as_str()), ("upload-offset", "4")];
    assert_eq!(http(scene.address(), &format!("PATCH {upload}"), &headers, b"too much").await.status, 413);
    assert_eq!(http(scene.address(), &format!("PATCH {upload}"), &headers, &[]).await.status, 204, "nothing is nothing");
    for range in
        ["bytes=9-", "bytes=3-1", "bytes=-0", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "bytes=18446744073709551616-", "", "bytes=--5"]
    {
        let answer = http(scene.address(), &format!("GET {blob}"), &[("authorization", &authorization), ("range", range)], &[]).await;
        assert_eq!((answer.status, answer.header("content-range")), (416, Some("bytes */5")), "{range:?}");
    }
    for (range, bytes) in [("bytes=0-18446744073709551615", &b"whole"[..]), ("bytes=-18446744073709551615", b"whole"), ("bytes=4-4", b"e")]
    {
        let answer = http(scene.address(), &format!("GET {blob}"), &[("authorization", &authorization), ("range", range)], &[]).await;
        assert_eq!((answer.status, answer.body.as_slice()), (206, bytes), "{range:?}");
    }
    for path in [upload.as_str(), blob.as_str()] {
        for method in ["PUT", "DELETE", "POST", "TRACE"] {
            let answer = http(scene.address(), &format!("{method} {path}"), &[("authorization", &authorization)], b"x").await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    for path in
        ["/v1/blobs/..%2f..%2fkeys%2fidentity", "/v1/blobs/%00", "/v1/uploads/%2e%2e", "/v1/blobs/", "/../keys/identity", "/v1//", "//"]
    {
        let answer = http(scene.address(), &format!("GET {path}"), &[("authorization", &authorization)], &[]).await;
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
    }
    let long = "x".repeat(64 * 1024);
    let answer = raw(scene.address(), format!("GET / HTTP/1.1\r\nhost: a\r\nx-long: {long}\r\n\r\n").as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
    scene.goes_on(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_hung_up_on() {
    let scene = Scene::new().await;
    let before = scene.kept();
    let mut rng = ChaCha20Rng::from_seed([2; 32]);
    let upgrade = "GET /v1/ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
    for bytes in [
        b"".to_vec(),
        random(&mut rng, 2000),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff".to_vec(),
        b"POST /v1/Log/Append HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\nshort".to_vec(),
        b"POST /v1/Log/Append HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n".to_vec(),
        b"POST /v1/Log/Append HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n".to_vec(),
        b"POST /v1/Log/Append HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(),
        format!("{upgrade}\r\n").into_bytes(),
        format!("{upgrade}sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\nno frame at all, but words").into_bytes(),
        format!("{upgrade}sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\u{2}\u{7f}").into_bytes(),
    ] {
        let answer = raw(scene.address(), &bytes).await;
        let status: u16 = std::str::from_utf8(answer.get(9..12).unwrap_or(b"0")).map_or(0, |status| status.parse().unwrap_or(0));
        assert!(matches!(status, 0 | 101 | 400..=499), "{bytes:?} was answered {}", String::from_utf8_lossy(&answer));
    }
    scene.goes_on(&before).await;
}

fn part(op: Data, is_final: bool, bytes: &[u8]) -> Message {
    let header = FrameHeader { is_final, opcode: OpCode::Data(op), ..FrameHeader::default() };
    Message::Frame(WsFrame::from_payload(header, Bytes::copy_from_slice(bytes)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_takes_frames_in_pieces_and_nothing_that_is_no_frame() {
    let scene = Scene::new().await;
    let before = scene.kept();
    // A request in many pieces, with a ping between them, is a request.
    let mut patient = Client::connect(scene.address()).await;
    let hello = Frame::Request { id: 9, request: Request::Hello { versions: vec![1], features: vec!["x".repeat(60); 60] } }.encode();
    let pieces: Vec<&[u8]> = hello.chunks(50).collect();
    for (number, piece) in pieces.iter().enumerate() {
        let op = if number == 0 { Data::Binary } else { Data::Continue };
        patient.say(part(op, number + 1 == pieces.len(), piece)).await;
        patient.say(Message::Ping(Bytes::from_static(b"there?"))).await;
    }
    assert!(matches!(patient.answer(9).await, Response::Welcome(_)));
    // A flood of pings is answered and disturbs nobody.
    for _ in 0..5000 {
        patient.say(Message::Ping(Bytes::from_static(&[7; 100]))).await;
    }
    assert!(matches!(patient.ask(Request::Hello { versions: vec![1], features: vec![] }).await, Response::Welcome(_)));
    // Words are no frame: 1003.
    for text in [Message::text("hello"), part(Data::Text, true, b"\xff\xff")] {
        let mut wordy = Client::connect(scene.address()).await;
        wordy.say(text).await;
        assert!(matches!(wordy.goodbye().await, None | Some(1003 | 1007)));
    }
    // More than a frame, in one piece or in many, ends the connection.
    let mut large = Client::connect(scene.address()).await;
    for number in 0..12 {
        let op = if number == 0 { Data::Binary } else { Data::Continue };
        large.try_say(part(op, false, &vec![0; limits::FRAME_MAX / 10])).await;
    }
    assert!(matches!(large.goodbye().await, None | Some(1009)));
    // A piece without a beginning, and what only a server may say.
    let mut lost = Client::connect(scene.address()).await;
    lost.try_say(part(Data::Continue, true, b"x")).await;
    assert!(matches!(lost.goodbye().await, None | Some(1002)));
    scene.goes_on(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_cut_short_and_random_are_answered_and_change_nothing() {
    let scene = Scene::new().await;
    let before = scene.kept();
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let mut mallory = Client::connect(scene.address()).await;
    mallory.open_session(&Person::new(1)).await;
    let create = Frame::Request { id: 5, request: Request::CreateLog { log: log(9), passes: vec![new_pass(1, Role::Owner)], inbox: true } };
    let append = Frame::Request { id: 6, request: Request::Append(Append { pass: token(9), ..content(log(1), "not by me", 0) }) };
    let mut asked = 0;
    for frame in [create.encode(), append.encode()] {
        for cut in 0..frame.len() {
            let piece = frame.slice(..cut);
            // Whole messages without their last field are messages of another meaning, and those that parse are refused for that.
            if Frame::decode(piece.clone()).is_err() {
                mallory.send_raw(piece).await;
                asked += 1;
            }
        }
    }
    for _ in 0..300 {
        let length = rng.next_u32() as usize % 400;
        let bytes = random(&mut rng, length);
        if Frame::decode(bytes.clone().into()).is_err() {
            mallory.send_raw(bytes.into()).await;
            asked += 1;
        }
    }
    for _ in 0..asked {
        let Some(Frame::Response { response, .. }) = mallory.next().await else { panic!("not answered") };
        assert!(matches!(response, Response::Refused(Refusal::Malformed | Refusal::Unsupported)), "{response:?}");
    }
    // Another version, and a replay of an answered challenge.
    assert_eq!(mallory.ask(Request::Hello { versions: vec![2, 99], features: vec![] }).await, Response::Refused(Refusal::Unsupported));
    let welcome = mallory.hello().await;
    let claim = Person::new(1).claim(&welcome, &[0; 32]);
    assert!(matches!(mallory.ask(claim.clone()).await, Response::Session { .. }));
    assert_eq!(mallory.ask(claim).await, Response::Refused(Refusal::BadProof));
    scene.goes_on(&before).await;
}
