//! The conversation with the server on one connection: greeting, sign-up, session, subscriptions, and which answer belongs to what.
//!
//! Nothing here is stored but what was learned: lose the connection, and [`Session`] begins anew.

use crate::account::Account;
use crate::client::{Effect, Fault, Turn};
use crate::report::DeskLook;
use crate::store::set_meta;
use crate::wake::{Print, Telling};
use std::collections::{BTreeMap, BTreeSet};
use view::{Doing, Event, Refusal};
use wire::auth::stamp_key_message;
use wire::call::{Ack, Frame, Refusal as Refused, Request, Response, SIGNALS, Subscription, Welcome};
use wire::limits::{CLIENT_TIME_AHEAD_MAX, SUBSCRIBE_MAX};
use wire::{Millis, PassToken, Seq};

/// The protocol version this client speaks.
pub(crate) const VERSION: u32 = 1;
/// How long a refused or failed step waits before it is tried again, unless the server says otherwise.
pub(crate) const RETRY: u64 = 5_000;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Offline,
    Greeting,
    SigningUp,
    Opening,
    /// The account of this device is coming back (vault/restore.rs).
    Restoring,
    Open,
}

/// How long a device's clock is trusted to go on as it did: half of what a message may be ahead of its stamp. People set clocks, and phones find
/// the right time, while a connection stands.
const TIME_HOLDS: u64 = CLIENT_TIME_AHEAD_MAX / 2;

/// What an answer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waiting {
    Hello,
    SignUp,
    OpenSession,
    /// Rows of `log`, in the order asked.
    Subscribe(Vec<i64>),
    /// What the record is that a log which stands still was read to.
    Standing(i64),
    /// A row of the outbox.
    Outbox(i64),
    CountKeyPackages,
    PublishKeyPackages,
    Unsubscribe,
    /// Nobody waits for what becomes of a signal, or of a knock.
    Signal,
    SetWakes(Telling),
    /// Where to knock for the desk's log, as it will then be known.
    KnockFor(Option<Print>),
    /// What lies behind this place of the desk's log.
    DeskNews(Seq),
    /// What time it is.
    Time,
    PutVault,
    LookAtVault,
    /// The vault of an account that is coming back, and who was asked for it.
    RestoredVault(Box<Welcome>),
    RecoveredStates,
    RecoveredNext,
}

#[derive(Debug, Default)]
pub(crate) struct Session {
    pub phase: Phase,
    binding: [u8; 32],
    /// When the server last said what time it is (this device's clock).
    told_time: Option<Millis>,
    /// The challenge of this connection.
    pub nonce: [u8; 32],
    last_id: u64,
    waiting: BTreeMap<u64, Waiting>,
    /// Subscribed logs, and up to where they must be read before anything may be sent there.
    heads: BTreeMap<i64, Seq>,
    /// Outbox rows with a request under way.
    pub busy: BTreeSet<i64>,
    /// From which state on a row asks for those of an account that has more than a page of them.
    pub states_from: BTreeMap<i64, u64>,
    /// Attempts definitely refused; given up once the log has been read to its end.
    pub refused: BTreeSet<i64>,
    /// Logs that the server got wrong, and when to ask again (this device's clock).
    pub faulted: BTreeMap<i64, Millis>,
    /// Outbox rows that must wait (this device's clock).
    pub later: BTreeMap<i64, Millis>,
    /// Names the session in requests beside the socket.
    pub bearer: Option<wire::Bearer>,
    /// Uploads handed to the shell on this connection.
    pub uploading: BTreeSet<i64>,
    /// Of uploads under way: bytes that have left, and all there are.
    pub progress: BTreeMap<i64, (u64, u64)>,
    /// Blobs that the shell was asked to forget on this connection.
    pub forgetting: BTreeSet<[u8; 32]>,
    /// Parcels asked of the shell on this connection, and when to ask again (this device's clock).
    pub fetching: BTreeMap<i64, Millis>,
    /// The vault is being written or looked at.
    pub vault_busy: bool,
    /// Not before this is it tried again (this device's clock).
    pub vault_later: Option<Millis>,
    /// The states of an account that comes back were seen on this connection.
    pub recovered: bool,
    /// By whom push services are asked to knock, if this server does that.
    pub push_key: Option<[u8; 65]>,
    /// The server may not know yet where to knock for which log.
    pub wakes_due: bool,
    /// Looking whether something came for the safety team.
    pub desk: DeskLook,
    /// The shell has been told that everything known of is read.
    told_caught_up: bool,
}

impl Session {
    pub fn binding(&self) -> [u8; 32] {
        self.binding
    }

    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether a log is read as far as the server has said there is anything.
    pub fn caught_up(&self, log: i64, cursor: Seq) -> bool {
        self.heads.get(&log).is_some_and(|head| cursor >= *head)
    }

    /// The server has named a later end of a log.
    pub fn head(&mut self, log: i64, head: Seq) {
        let known = self.heads.entry(log).or_default();
        *known = (*known).max(head);
    }

    pub fn is_subscribed(&self, log: i64) -> bool {
        self.heads.contains_key(&log)
    }

    pub fn is_waiting(&self, what: impl Fn(&Waiting) -> bool) -> bool {
        self.waiting.values().any(what)
    }

    pub fn unsubscribed(&mut self, log: i64) {
        self.heads.remove(&log);
    }
}

impl Turn<'_> {
    pub fn connected(&mut self, binding: [u8; 32]) -> Result<(), Fault> {
        *self.session = Session { binding, phase: Phase::Greeting, ..Session::default() };
        if self.is_replaced()? {
            return self.cannot_connect(Refusal::Vault(view::VaultRefusal::Replaced));
        }
        self.greet_again()
    }

    /// Asks for a greeting with a challenge of its own.
    pub fn greet_again(&mut self) -> Result<(), Fault> {
        self.ask(Request::Hello { versions: vec![VERSION], features: vec![SIGNALS.to_owned()] }, Waiting::Hello);
        Ok(())
    }

    /// Gives this connection up; the shell makes another after a while.
    pub fn close_connection(&mut self) {
        self.effects.push(Effect::Close);
        self.disconnected();
    }

    /// The same, and says why.
    pub fn cannot_connect(&mut self, why: Refusal) -> Result<(), Fault> {
        self.event(Event::Failed { what: Doing::Connect, why });
        self.close_connection();
        Ok(())
    }

    pub fn disconnected(&mut self) {
        *self.session = Session::default();
        self.nobody_writes();
    }

    pub fn ask(&mut self, request: Request, waiting: Waiting) {
        self.session.last_id += 1;
        let id = self.session.last_id;
        if let Waiting::Outbox(row) = waiting {
            self.session.busy.insert(row);
        }
        self.session.waiting.insert(id, waiting);
        self.effects.push(Effect::Send(Frame::Request { id, request }));
    }

    pub fn frame(&mut self, frame: Frame) -> Result<(), Fault> {
        if self.session.phase == Phase::Offline {
            return Ok(());
        }
        match frame {
            Frame::Response { id, response } => match self.session.waiting.remove(&id) {
                Some(waiting) => self.answered(waiting, response),
                None => Ok(()),
            },
            Frame::Push(push) => {
                let log = i64::from(push.number);
                if let Some(cursor) = self.receive(log, &push)? {
                    self.effects.push(Effect::Send(Frame::Acks(vec![Ack { number: push.number, seq: cursor }])));
                }
                self.tell_caught_up()
            }
            Frame::Heard(signal) => self.hear_signal(&signal),
            // A server asks nothing.
            Frame::Request { .. } | Frame::Acks(_) => Ok(()),
        }
    }

    fn answered(&mut self, waiting: Waiting, response: Response) -> Result<(), Fault> {
        match (waiting, response) {
            (Waiting::Hello, Response::Welcome(welcome)) => self.welcomed(welcome),
            (Waiting::Time, Response::Welcome(welcome)) => {
                self.told_time(&welcome)?;
                self.signal_untold()
            }
            (Waiting::SignUp, Response::SignedUp { handle_cert }) => self.signed_up(&handle_cert),
            (Waiting::SignUp, Response::Refused(refusal)) => self.sign_up_refused(refusal),
            (Waiting::OpenSession, Response::Session { bearer, .. }) => {
                self.session.bearer = Some(bearer);
                self.opened()
            }
            (Waiting::OpenSession, Response::Refused(refusal @ Refused::AccountClosed)) => {
                self.event(Event::Failed { what: Doing::Connect, why: crate::plain::server_refused(refusal) });
                self.effects.push(Effect::Close);
                self.disconnected();
                Ok(())
            }
            // Another device has taken this one's place, perhaps: the vault says so, and the server alone cannot.
            (Waiting::OpenSession, Response::Refused(Refused::BadProof)) if self.has_vault()? => self.look_at_vault(),
            (Waiting::SetWakes(telling), response) => self.wakes_told(telling, response),
            (Waiting::KnockFor(print), response) => self.desk_knocks_told(print, response),
            (Waiting::DeskNews(after), response) => {
                self.desk_log_shown(after, response)?;
                self.tell_caught_up()
            }
            (Waiting::PutVault, response) => self.vault_put(response),
            (Waiting::LookAtVault, response) => self.vault_seen(response),
            (Waiting::RestoredVault(welcome), response) => self.vault_fetched(&welcome, response),
            (Waiting::RecoveredStates, response) => self.states_recovered(response),
            (Waiting::RecoveredNext, response) => self.next_recovered(response),
            (Waiting::Subscribe(logs), Response::Subscribed { news, gone }) => {
                for log in &logs {
                    self.session.heads.entry(*log).or_default();
                }
                // What was not asked for may be the name of nothing here.
                for item in news {
                    let log = i64::from(item.number);
                    if self.session.is_subscribed(log) {
                        self.end_named(log, &item)?;
                    }
                }
                for number in gone {
                    let log = i64::from(number);
                    if self.session.is_subscribed(log) {
                        self.log_gone(log)?;
                    }
                }
                for log in logs {
                    self.ask_where_it_stands(log)?;
                }
                self.session.wakes_due = true;
                self.tell_caught_up()
            }
            (Waiting::Standing(log), Response::Page { records, head }) => {
                self.standing_shown(log, &records, head)?;
                self.tell_caught_up()
            }
            (Waiting::Standing(_), Response::Refused(_)) => self.tell_caught_up(),
            (Waiting::Outbox(row), response) => {
                self.session.busy.remove(&row);
                self.outbox_answered(row, response)
            }
            (Waiting::CountKeyPackages, Response::KeyPackageCount { one_time, .. }) => self.refill(one_time),
            (Waiting::PublishKeyPackages | Waiting::CountKeyPackages | Waiting::Unsubscribe | Waiting::Signal, _) => Ok(()),
            _ => {
                self.effects.push(Effect::Close);
                self.disconnected();
                Ok(())
            }
        }
    }

    /// Whether this device's clock has gone on evenly since the server said what time it is. Else it is asked again, and what needs the time waits
    /// for the answer: a message stamped as written in two days is refused by everybody.
    pub fn knows_the_time(&mut self) -> bool {
        if self.session.told_time.is_some_and(|at| self.now.0.abs_diff(at.0) <= TIME_HOLDS) {
            return true;
        }
        if !self.session.waiting.values().any(|waiting| *waiting == Waiting::Time) {
            self.ask(Request::Hello { versions: vec![VERSION], features: vec![SIGNALS.to_owned()] }, Waiting::Time);
        }
        false
    }

    /// Checks who answered before anything is said to them.
    fn welcomed(&mut self, welcome: Welcome) -> Result<(), Fault> {
        if self.is_restoring()? {
            return self.restore_welcomed(welcome);
        }
        let Some(account) = self.told_time(&welcome)? else { return Ok(()) };
        self.session.nonce = welcome.nonce;
        if !account.signed_up {
            self.session.phase = Phase::SigningUp;
            return self.sign_up(&account, &welcome);
        }
        self.open_session(&account)
    }

    /// Takes the time from the server that this account was made on, and from no other.
    fn told_time(&mut self, welcome: &Welcome) -> Result<Option<Account>, Fault> {
        let Some(account) = Account::load(self.db)? else { return Ok(None) };
        let proof = stamp_key_message(&welcome.stamp_key);
        let genuine = crate::account::verify_ed25519(&welcome.server, &proof, &welcome.stamp_key_proof);
        let pinned =
            account.server.is_none_or(|known| known == welcome.server) && account.stamp_key.is_none_or(|known| known == welcome.stamp_key);
        if !genuine || !pinned || welcome.version != VERSION {
            self.event(Event::Failed { what: Doing::Connect, why: Refusal::WrongServer { url: account.server_url } });
            self.effects.push(Effect::Close);
            self.disconnected();
            return Ok(None);
        }
        self.server_time(welcome)?;
        Ok(Some(account))
    }

    /// Takes the time from a greeting that was found good.
    pub fn server_time(&mut self, welcome: &Welcome) -> Result<(), Fault> {
        let offset = (welcome.now.0 as i64).saturating_sub(self.now.0 as i64);
        set_meta(self.db, "clock_offset", offset)?;
        self.session.told_time = Some(self.now);
        self.session.push_key = welcome.push_key;
        Ok(())
    }

    pub fn open_session(&mut self, account: &Account) -> Result<(), Fault> {
        let Some(server) = account.server else { return Err(Fault::Stored) };
        self.session.phase = Phase::Opening;
        let (nonce, id) = (self.session.nonce, account.id());
        let signature = account.client_key().sign_session(&server, &nonce, &id, &account.client, &self.session.binding);
        let request = Request::OpenSession { account: id, client: account.client, nonce, signature };
        self.ask(request, Waiting::OpenSession);
        Ok(())
    }

    fn opened(&mut self) -> Result<(), Fault> {
        self.session.phase = Phase::Open;
        let logs: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM log WHERE live = 1 ORDER BY id DESC")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for chunk in logs.chunks(SUBSCRIBE_MAX) {
            self.subscribe(chunk)?;
        }
        self.drive_desk()?;
        if logs.is_empty() {
            self.tell_caught_up()?;
        }
        self.ask(Request::CountKeyPackages, Waiting::CountKeyPackages);
        Ok(())
    }

    pub fn subscribe(&mut self, logs: &[i64]) -> Result<(), Fault> {
        let mut entries = Vec::with_capacity(logs.len());
        for id in logs {
            let entry = self
                .db
                .prepare_cached("SELECT log, pass, cursor FROM log WHERE id = ?1")?
                .query_row([id], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, i64>(2)?)))?;
            let number = u32::try_from(*id).map_err(|_| Fault::Stored)?;
            entries.push(Subscription { number, log: wire::LogId(entry.0), pass: PassToken::new(entry.1), cursor: Seq(entry.2 as u64) });
        }
        self.ask(Request::Subscribe { entries }, Waiting::Subscribe(logs.to_vec()));
        Ok(())
    }

    /// Says once a connection that everything the server had is read.
    fn tell_caught_up(&mut self) -> Result<(), Fault> {
        if self.session.told_caught_up
            || self.session.is_waiting(|waiting| matches!(waiting, Waiting::Subscribe(_) | Waiting::Standing(_) | Waiting::DeskNews(_)))
        {
            return Ok(());
        }
        for (log, head) in &self.session.heads {
            let cursor: i64 = self.db.prepare_cached("SELECT cursor FROM log WHERE id = ?1")?.query_row([log], |row| row.get(0))?;
            if (cursor as u64) < head.0 {
                return Ok(());
            }
        }
        self.session.told_caught_up = true;
        self.event(Event::CaughtUp);
        Ok(())
    }

    fn sign_up_refused(&mut self, refusal: Refused) -> Result<(), Fault> {
        let Some(account) = Account::load(self.db)? else { return Ok(()) };
        let why = match refusal {
            Refused::Busy | Refused::RateLimited { .. } => {
                self.effects.push(Effect::Close);
                self.disconnected();
                return Ok(());
            }
            Refused::HandleTaken => Refusal::UsernameTaken { username: account.username },
            Refused::InviteNeeded => Refusal::InviteNeeded,
            Refused::InviteSpent => Refusal::InviteSpent,
            other => crate::plain::server_refused(other),
        };
        // Nothing of this account exists anywhere else: the person may choose another name in the same home.
        self.db.execute_batch("DELETE FROM account; DELETE FROM log; DELETE FROM outbox; DELETE FROM command;")?;
        crate::store::set_meta(self.db, "sign_up_refused", postcard::to_allocvec(&why).map_err(|_| Fault::Stored)?)?;
        self.event(Event::SignUpRefused(why));
        self.effects.push(Effect::Close);
        self.disconnected();
        Ok(())
    }
}
