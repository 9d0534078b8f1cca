//! People of the bench: accounts with keys, connections with sessions, logs with passes.

use crate::process::Process;
use crate::ws::Ws;
use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use franking::{AccountState, Class, ClientCert, ClientKey, FrankingKey, IdentityKey, InboxKey, Validity};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use wire::call::{Append, Flag, Frame, NewPass, Request, Response, Role, Subscription, Welcome};
use wire::{ClientId, Commitment, Hash32, LogId, Millis, PassToken, Seq};

/// Where the protocol is spoken.
pub const PATH: &str = "/v1/ws";
/// The size of a record in the measurements of the server.
pub const RECORD: usize = 1500;
/// Connections made at once.
const AT_ONCE: usize = 32;

/// Somebody with one client.
pub struct Person {
    number: u64,
    identity: IdentityKey,
    client: ClientId,
    key: ClientKey,
}

/// 32 bytes that belong to a name and a number.
pub fn seed(name: &str, number: u64) -> [u8; 32] {
    Hash32::of(&[name.as_bytes(), &number.to_be_bytes()].concat()).0
}

pub fn token(log: u64, member: u64) -> PassToken {
    PassToken::new(seed("pass", log << 16 | member))
}

pub fn log_id(log: u64) -> LogId {
    LogId(seed("log", log))
}

impl Person {
    pub fn new(number: u64) -> Self {
        let identity = IdentityKey::from_seed(&seed("identity", number));
        let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
        let client = ClientId([a, b, c, d, e, f, g, h, 1, 1, 1, 1, 1, 1, 1, 1]);
        Self { number, identity, client, key: ClientKey::from_seed(&seed("client", number)) }
    }

    pub fn sign_up(&self) -> Result<Request> {
        let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
        let mut rng = ChaCha20Rng::from_seed(seed("cert", self.number));
        let franking = FrankingKey::from_seed(&seed("franking", self.number));
        let cert = ClientCert::issue(&self.identity, self.client, &self.key, &franking, Class::Native, validity, &mut rng)?;
        let inbox = InboxKey::try_from([7; InboxKey::LEN].as_slice())?;
        let state = AccountState::first(self.identity.account(), inbox, vec![cert], Millis(0)).sign(&self.identity)?;
        Ok(Request::SignUp { handle: Hash32(seed("handle", self.number)), state: state.to_bytes().into(), invite: None })
    }

    fn claim(&self, welcome: &Welcome, binding: &[u8; 32]) -> Request {
        let account = self.identity.account();
        let signature = self.key.sign_session(&welcome.server, &welcome.nonce, &account, &self.client, binding);
        Request::OpenSession { account, client: self.client, nonce: welcome.nonce, signature }
    }
}

/// A connection that asks one thing after the other.
pub struct Line<S> {
    pub ws: Ws<S>,
    last: u64,
}

impl Line<TcpStream> {
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Self::over(stream).await
    }

    /// Connected and in session.
    pub async fn arrive(address: SocketAddr, person: &Person) -> Result<Self> {
        let mut line = Self::connect(address).await?;
        line.open_session(person, &[0; 32]).await?;
        Ok(line)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub async fn over(stream: S) -> Result<Self> {
        Ok(Self { ws: Ws::open(stream, PATH).await?, last: 0 })
    }

    pub async fn ask(&mut self, request: Request) -> Result<Response> {
        self.last += 1;
        let id = self.last;
        self.ws.put_frame(&Frame::Request { id, request });
        self.ws.flush().await?;
        loop {
            match self.ws.next_frame().await? {
                Frame::Response { id: of, response } if of == id => return Ok(response),
                Frame::Response { .. } | Frame::Push(_) => {}
                other => bail!("the server said {other:?}"),
            }
        }
    }

    pub async fn done(&mut self, request: Request) -> Result<()> {
        match self.ask(request).await? {
            Response::Done | Response::SignedUp { .. } => Ok(()),
            other => bail!("the server refused to prepare the measurement: {other:?}"),
        }
    }

    pub async fn open_session(&mut self, person: &Person, binding: &[u8; 32]) -> Result<()> {
        let Response::Welcome(welcome) = self.ask(Request::Hello { versions: vec![1], features: vec![] }).await? else {
            bail!("the server does not greet");
        };
        match self.ask(person.claim(&welcome, binding)).await? {
            Response::Session { .. } => Ok(()),
            other => bail!("no session: {other:?}"),
        }
    }

    pub async fn subscribe(&mut self, entries: Vec<Subscription>) -> Result<()> {
        match self.ask(Request::Subscribe { entries }).await? {
            Response::Subscribed { gone, .. } if gone.is_empty() => Ok(()),
            other => bail!("not subscribed: {other:?}"),
        }
    }
}

/// What is appended: opaque bytes, never twice the same.
pub fn record(log: u64, member: u64, count: u64) -> Append {
    let mut bytes = vec![0x5a; RECORD];
    bytes[..8].copy_from_slice(&log.to_be_bytes());
    bytes[8..16].copy_from_slice(&count.to_be_bytes());
    bytes[16..24].copy_from_slice(&member.to_be_bytes());
    let mut c = [1; 32];
    c[..24].copy_from_slice(&bytes[..24]);
    Append {
        log: log_id(log),
        pass: token(log, member),
        flag: Flag::Content,
        after: Seq(0),
        c: Commitment(c),
        record: Bytes::from(bytes),
        changes: vec![],
    }
}

pub fn new_log(log: u64, members: u64) -> Request {
    let pass = |member| NewPass { hash: token(log, member).hash(), role: if member == 0 { Role::Owner } else { Role::Member } };
    Request::CreateLog { log: log_id(log), passes: (0..members).map(pass).collect(), inbox: false }
}

pub fn subscription(number: u32, log: u64, member: u64) -> Subscription {
    Subscription { number, log: log_id(log), pass: token(log, member), cursor: Seq(0) }
}

/// Runs `work` for every number, some at once.
pub async fn each<T, F>(numbers: std::ops::Range<u64>, work: impl Fn(u64) -> F) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    for number in numbers.clone() {
        if running.len() >= AT_ONCE {
            done.push(running.join_next().await.context("nothing runs")???);
        }
        let work = work(number);
        running.spawn(async move { Ok::<_, anyhow::Error>((number, work.await?)) });
    }
    while let Some(one) = running.join_next().await {
        done.push(one??);
    }
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, one)| one).collect())
}

/// So many people sign up.
pub async fn sign_up(server: &Process, people: u64) -> Result<Arc<Vec<Person>>> {
    let address = server.address;
    let lines = AT_ONCE as u64;
    let groups = each(0..lines, |first| async move {
        let mut line = Line::connect(address).await?;
        let mut signed = Vec::new();
        for number in (first..people).step_by(AT_ONCE) {
            let person = Person::new(number);
            line.done(person.sign_up()?).await?;
            signed.push(person);
        }
        Ok(signed)
    });
    let mut all: Vec<Person> = groups.await?.into_iter().flatten().collect();
    all.sort_by_key(|person| person.number);
    Ok(Arc::new(all))
}
