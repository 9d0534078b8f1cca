//! A small client over the real protocol, and a server of its own for each test.

use bytes::Bytes;
use franking::{AccountState, Class, ClientCert, ClientKey, FrankingKey, IdentityKey, InboxKey, SignedState, Validity};
use futures_util::{SinkExt as _, StreamExt as _};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use server::gate::Config;
use server::shell::{Options, Page, PageFile, PushOptions, Running, TlsFiles};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use wire::call::*;
use wire::*;

pub const NOW: u64 = 1_760_000_040_000;
const PAGE: Page = Page(&[PageFile { path: "/index.html", plain: b"<!doctype html>", brotli: b"small", hash: "00" }]);

/// A server on a free port with a clock of its own.
pub struct Home {
    pub dir: TempDir,
    pub clock: Arc<AtomicU64>,
    pub config: Config,
}

impl Home {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), clock: Arc::new(AtomicU64::new(NOW)), config: Config::default() }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn options(&self, tls: Option<TlsFiles>) -> Options {
        let listen = "127.0.0.1:0".parse().unwrap();
        Options {
            data: self.data(),
            listen,
            tls,
            metrics: None,
            config: self.config,
            page: PAGE,
            push: PushOptions::default(),
            people: None,
            reports: None,
        }
    }

    pub async fn serve(&self) -> Running {
        self.serve_with(None).await
    }

    pub async fn serve_with(&self, tls: Option<TlsFiles>) -> Running {
        let clock = self.clock.clone();
        Running::start(self.options(tls), Arc::new(move || Millis(clock.load(Ordering::SeqCst)))).await.unwrap()
    }
}

/// A person with one client.
pub struct Person {
    pub identity: IdentityKey,
    pub client: ClientId,
    pub key: ClientKey,
    pub state: SignedState,
}

impl Person {
    pub fn new(n: u8) -> Self {
        let identity = IdentityKey::from_seed(&[n; 32]);
        let (client, key) = (ClientId([n; 16]), ClientKey::from_seed(&[n; 32]));
        let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let cert =
            ClientCert::issue(&identity, client, &key, &FrankingKey::from_seed(&[8; 32]), Class::Native, validity, &mut rng).unwrap();
        let inbox = InboxKey::try_from([n; InboxKey::LEN].as_slice()).unwrap();
        let state = AccountState::first(identity.account(), inbox, vec![cert], Millis(NOW)).sign(&identity).unwrap();
        Self { identity, client, key, state }
    }

    pub fn sign_up(&self, invite: Option<[u8; 16]>) -> Request {
        Request::SignUp { handle: Hash32([self.client.0[0]; 32]), state: self.state.to_bytes().into(), invite }
    }

    pub fn claim(&self, welcome: &Welcome, binding: &[u8; 32]) -> Request {
        let account = self.identity.account();
        let signature = self.key.sign_session(&welcome.server, &welcome.nonce, &account, &self.client, binding);
        Request::OpenSession { account, client: self.client, nonce: welcome.nonce, signature }
    }
}

/// A WebSocket to a server.
pub struct Client<S = TcpStream> {
    ws: WebSocketStream<S>,
    binding: [u8; 32],
    last: u64,
    pub pushes: VecDeque<Push>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream, [0; 32]).await
    }

    /// Signed up and in session.
    pub async fn arrive(address: SocketAddr, n: u8) -> Self {
        let mut client = Self::connect(address).await;
        let answer = client.ask(Person::new(n).sign_up(None)).await;
        assert!(matches!(answer, Response::SignedUp { .. }), "{answer:?}");
        client.open_session(&Person::new(n)).await;
        client
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn over(stream: S, binding: [u8; 32]) -> Self {
        let (ws, _) = tokio_tungstenite::client_async("ws://localhost/v1/ws", stream).await.unwrap();
        Self { ws, binding, last: 0, pushes: VecDeque::new() }
    }

    pub async fn send(&mut self, frame: Frame) {
        self.send_raw(frame.encode()).await;
    }

    pub async fn send_raw(&mut self, bytes: Bytes) {
        self.ws.send(Message::Binary(bytes)).await.unwrap();
    }

    /// One message of the WebSocket below the protocol.
    pub async fn say(&mut self, message: Message) {
        self.ws.send(message).await.unwrap();
    }

    /// The same to a server that may have hung up already.
    pub async fn try_say(&mut self, message: Message) {
        let _ = self.ws.send(message).await;
    }

    /// The next frame; `None` when the server closed.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            match self.ws.next().await {
                Some(Ok(Message::Binary(bytes))) => return Some(Frame::decode(bytes).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The close code with which the server goes.
    pub async fn goodbye(&mut self) -> Option<u16> {
        loop {
            match self.ws.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub async fn answer(&mut self, wanted: u64) -> Response {
        loop {
            match self.next().await.expect("the server closed") {
                Frame::Response { id, response } if id == wanted => return response,
                Frame::Push(push) => self.pushes.push_back(push),
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    pub async fn ask(&mut self, request: Request) -> Response {
        self.last += 1;
        let id = self.last;
        self.send(Frame::Request { id, request }).await;
        self.answer(id).await
    }

    pub async fn hello(&mut self) -> Welcome {
        match self.ask(Request::Hello { versions: vec![1], features: vec![] }).await {
            Response::Welcome(welcome) => welcome,
            other => panic!("{other:?}"),
        }
    }

    pub async fn open_session(&mut self, person: &Person) -> Bearer {
        let welcome = self.hello().await;
        match self.ask(person.claim(&welcome, &self.binding)).await {
            Response::Session { bearer, .. } => bearer,
            other => panic!("{other:?}"),
        }
    }

    pub async fn push(&mut self) -> Push {
        if let Some(push) = self.pushes.pop_front() {
            return push;
        }
        match self.next().await {
            Some(Frame::Push(push)) => push,
            other => panic!("{other:?}"),
        }
    }

    pub async fn make_log(&mut self, log: LogId) {
        let passes = vec![new_pass(1, Role::Owner), new_pass(2, Role::Member)];
        assert_eq!(self.ask(Request::CreateLog { log, passes, inbox: false }).await, Response::Done);
    }

    pub async fn append(&mut self, append: Append) -> Result<WireStamp, Refusal> {
        match self.ask(Request::Append(append)).await {
            Response::Appended(stamp) => Ok(stamp),
            Response::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    pub async fn subscribe(&mut self, number: u32, log: LogId, pass: u8, cursor: u64) -> Response {
        let entry = Subscription { number, log, pass: token(pass), cursor: Seq(cursor) };
        self.ask(Request::Subscribe { entries: vec![entry] }).await
    }
}

pub fn log(n: u8) -> LogId {
    LogId([n; 32])
}

pub fn token(n: u8) -> PassToken {
    PassToken::new([n; 32])
}

pub fn new_pass(n: u8, role: Role) -> NewPass {
    NewPass { hash: token(n).hash(), role }
}

pub fn content(id: LogId, text: &str, after: u64) -> Append {
    let record = Bytes::copy_from_slice(text.as_bytes());
    let c = Commitment(Hash32::of(&record).0);
    Append { log: id, pass: token(2), flag: Flag::Content, after: Seq(after), c, record, changes: vec![] }
}

/// What a server answers over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line[name.len() + 1..].trim())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// One HTTP request on a connection of its own.
pub async fn http(address: SocketAddr, head: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += "\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer") + 4;
    let body = answer.split_off(end);
    let head = String::from_utf8(answer).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body }
}

pub fn authorization(bearer: &Bearer) -> String {
    format!("Bearer {}", Hash32(*bearer.expose()))
}

pub fn hex16(bytes: &[u8; 16]) -> String {
    server::hex::encode(bytes)
}

pub fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).unwrap().next().is_none()
}
