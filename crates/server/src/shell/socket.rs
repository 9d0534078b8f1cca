//! One WebSocket: frames in, answers and pushes out. A future polled by hand, so that an idle connection costs a few kilobytes and a busy one
//! writes all it has with one call to the system.

use super::house::{Done, House, Place};
use super::mailbox::{Delivered, Listener, Mailbox};
use crate::gate::settle::malformed;
use crate::gate::{Refusal, Step, Task, Then, Way, Worked};
use crate::hub::conn::{Conn, Next, Pushed, Sub, Wanted};
use crate::store::{Op, Page, Reach, StoreError};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use bytes::Bytes;
use futures_util::{Sink, Stream};
use std::collections::VecDeque;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::JoinHandle;
use wire::Millis;
use wire::call::{Frame, Response, Signal};
use wire::codec::{Ended, frame_id, push_frame};
use wire::limits;

/// Operations of one connection that wait for the committer: then it is not read from.
const IN_FLIGHT: usize = 256;
/// Messages waiting for the socket: then nothing is added.
const OUTGOING: usize = 64;
/// A connection from which nothing was heard for this long is asked whether it is there.
const QUIET: u64 = 60_000;
/// One that does not answer that is closed.
const DEAD: u64 = 180_000;

/// A connection's task.
pub struct Socket {
    house: Arc<House>,
    ws: WebSocket,
    conn: Conn,
    me: Listener,
    outgoing: VecDeque<Message>,
    job: Option<Job>,
    in_flight: usize,
    heard: Millis,
    /// Since when the socket takes no more bytes.
    blocked: Option<Millis>,
    flushing: bool,
    asked: bool,
    life: Life,
    _place: Arc<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// Says goodbye once everything is written.
    Closing(u16),
    /// Goodbye is said; what is left is to flush it.
    Closed,
}

/// Something that waits for the disk on another thread. While it does, the connection is not read from.
enum Job {
    Work(u64, JoinHandle<Done>),
    Subscribe(u64, JoinHandle<Done>),
    Page(Wanted, JoinHandle<Result<(Page, Reach), StoreError>>),
}

impl Socket {
    pub fn new(house: Arc<House>, ws: WebSocket, binding: [u8; 32], from: IpAddr, place: Arc<Place>) -> Self {
        let mailbox = Arc::new(Mailbox::default());
        house.move_in(&mailbox);
        house.metrics.sockets.add(1);
        let heard = house.now();
        Self {
            house,
            ws,
            conn: Conn::over_network(binding, from),
            me: Listener(mailbox),
            outgoing: VecDeque::new(),
            job: None,
            in_flight: 0,
            heard,
            blocked: None,
            flushing: false,
            asked: false,
            life: Life::Open,
            _place: place,
        }
    }

    fn say(&mut self, frame: Bytes) {
        self.outgoing.push_back(Message::Binary(frame));
    }

    fn answer(&mut self, id: u64, response: Response) {
        if let Response::Refused(_) = response {
            self.house.metrics.refusals.add(1);
        }
        self.say(Frame::Response { id, response }.encode());
    }

    fn close(&mut self, code: u16) {
        if self.life == Life::Open {
            self.life = Life::Closing(code);
        }
    }

    fn take_mail(&mut self, now: Millis, cx: &Context) {
        let mail = self.me.0.take(cx);
        for Delivered { id, then, outcome } in mail.outcomes {
            self.in_flight -= 1;
            let response = self.house.gate.settle(then, outcome);
            self.answer(id, response);
        }
        for number in mail.ready {
            self.conn.wake(number);
        }
        for signal in mail.signals {
            self.hear(now, signal);
        }
        if mail.goodbye {
            self.close(close_code::AWAY);
        }
        if mail.tick {
            self.look_at_the_clock(now);
        }
    }

    /// Passes a signal on, if this connection has room for what may be lost.
    fn hear(&mut self, now: Millis, signal: Signal) {
        let takes = self.life == Life::Open && self.outgoing.len() < OUTGOING && self.conn.hears_at(now, signal.number, &self.house.hub());
        if takes {
            self.house.metrics.signals.add(1);
            self.say(Frame::Heard(signal).encode());
        }
    }

    fn signal(&mut self, id: u64, signal: &Signal) {
        let (now, house) = (self.house.now(), self.house.clone());
        let hub = house.hub();
        let response = match self.conn.may_signal(now, signal, &hub) {
            Ok(log) => {
                hub.signal(log, &self.me, |listener, number| listener.0.signal(Signal { number, sealed: signal.sealed.clone() }));
                Response::Done
            }
            Err(refusal) => Response::Refused(refusal),
        };
        drop(hub);
        self.answer(id, response);
    }

    fn look_at_the_clock(&mut self, now: Millis) {
        let stalled = self.conn.deadline().is_some_and(|deadline| now >= deadline);
        let blocked = self.blocked.is_some_and(|since| now.since(since) >= limits::WINDOW_STALL);
        if stalled || blocked {
            self.house.metrics.stalled.add(1);
            self.close(close_code::POLICY);
            if blocked {
                self.life = Life::Closed;
            }
        }
        if self.conn.session.as_ref().is_some_and(|session| session.end().is_some()) {
            self.close(close_code::POLICY);
        }
        let quiet = now.since(self.heard);
        if quiet >= DEAD {
            self.life = Life::Closed;
        } else if quiet >= QUIET && !self.asked {
            self.asked = true;
            self.outgoing.push_back(Message::Ping(Bytes::new()));
        }
    }

    /// Takes one message; `false` ends the connection.
    fn take_message(&mut self, now: Millis, message: Message) {
        (self.heard, self.asked) = (now, false);
        match message {
            Message::Binary(bytes) => self.take_frame(now, bytes),
            // The answer to a ping is queued by the protocol below.
            Message::Ping(_) => self.flushing = true,
            Message::Pong(_) => {}
            Message::Text(_) => self.close(close_code::UNSUPPORTED),
            Message::Close(_) => self.life = Life::Closed,
        }
    }

    fn take_frame(&mut self, now: Millis, bytes: Bytes) {
        self.house.metrics.requests.add(1);
        match Frame::decode(bytes.clone()) {
            Ok(frame) => {
                let step = self.house.gate.admit(now, &mut super::entropy, Way::Socket, &mut self.conn, frame);
                self.step(step);
            }
            Err(why) => {
                self.house.metrics.malformed.add(1);
                self.answer(frame_id(&bytes), malformed(why));
            }
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Acknowledge(moved) => {
                if !moved.is_empty() {
                    self.house.acknowledge(moved);
                }
            }
            Step::Answer(id, response) => self.answer(id, response),
            Step::Unsubscribe(id, numbers) => {
                self.conn.unsubscribe(&numbers, &mut self.house.hub(), &self.me);
                self.answer(id, Response::Done);
            }
            Step::Signal(id, signal) => self.signal(id, &signal),
            Step::Commit(id, op, then) => self.commit(id, op, then),
            Step::Work(id, task) => self.begin(id, task),
        }
    }

    fn commit(&mut self, id: u64, op: Op, then: Then) {
        match self.house.commit(op, id, then, &self.me.0) {
            Ok(()) => self.in_flight += 1,
            Err(refusal) => self.answer(id, Response::Refused(refusal)),
        }
    }

    fn begin(&mut self, id: u64, task: Task) {
        if let Task::Subscribe { entries } = &task {
            self.conn.join(entries, &mut self.house.hub(), &self.me);
            self.job = Some(Job::Subscribe(id, self.house.begin(task)));
        } else {
            self.job = Some(Job::Work(id, self.house.begin(task)));
        }
    }

    /// Looks whether the disk has answered.
    fn poll_job(&mut self, cx: &mut Context) -> Poll<()> {
        match &mut self.job {
            None => return Poll::Pending,
            Some(Job::Work(id, handle)) => {
                let (id, worked) = (*id, ready!(Pin::new(handle).poll(cx)));
                self.job = None;
                self.worked(id, worked.map_or(Worked::Answer(Response::Refused(Refusal::Busy)), Done::take));
            }
            Some(Job::Subscribe(id, handle)) => {
                let (id, worked) = (*id, ready!(Pin::new(handle).poll(cx)));
                self.job = None;
                let (subs, response) = match worked.map(Done::take) {
                    Ok(Worked::Subscribed(subs, moved, response)) => {
                        self.house.is_back(subs.iter().map(Sub::pass));
                        self.house.acknowledge(moved);
                        (subs, response)
                    }
                    Ok(Worked::Answer(response)) => (Vec::new(), response),
                    Ok(Worked::Commit(..) | Worked::Session(..) | Worked::Wake(..)) | Err(_) => {
                        (Vec::new(), Response::Refused(Refusal::Busy))
                    }
                };
                self.conn.subscribe(subs, &mut self.house.hub(), &self.me);
                self.answer(id, response);
            }
            Some(Job::Page(wanted, handle)) => {
                let (wanted, page) = (*wanted, ready!(Pin::new(handle).poll(cx)));
                self.job = None;
                // Without the page nothing can be pushed in order: the client comes back and asks anew.
                let Ok(Ok((page, reach))) = page else {
                    self.close(close_code::AGAIN);
                    return Poll::Ready(());
                };
                let pushed = self.conn.feed(&wanted, page, reach, &mut self.house.hub(), &self.me);
                pushed.into_iter().for_each(|pushed| self.push(&pushed));
            }
        }
        Poll::Ready(())
    }

    fn worked(&mut self, id: u64, worked: Worked) {
        match worked {
            Worked::Answer(response) | Worked::Subscribed(_, _, response) => self.answer(id, response),
            Worked::Wake(knocks, response) => {
                self.house.wake(knocks);
                self.answer(id, response);
            }
            Worked::Commit(op, then) => self.commit(id, op, then),
            Worked::Session(session, response) => {
                self.conn.session = Some(session);
                self.answer(id, response);
            }
        }
    }

    /// Asks for the next push, if there is room for it.
    fn pump(&mut self, now: Millis) -> bool {
        let signed_in = self.conn.session.as_ref().is_some_and(|session| session.check(now).is_ok());
        if self.job.is_some() || self.life != Life::Open || !signed_in || self.outgoing.len() >= OUTGOING {
            return false;
        }
        let next = self.conn.next(now, &mut self.house.hub(), &self.me);
        match next {
            Next::Nothing => return false,
            Next::Push(pushed) => self.push(&pushed),
            Next::Read(wanted) => {
                let house = self.house.clone();
                self.job = Some(Job::Page(wanted, tokio::task::spawn_blocking(move || house.page(&wanted))));
            }
        }
        true
    }

    fn push(&mut self, pushed: &Pushed) {
        self.house.metrics.pushed.add(pushed.records.len() as u64);
        let stamps = self.house.gate.keys.stamps();
        let ended = if pushed.ended { Ended::Yes } else { Ended::No };
        let frame = push_frame(pushed.number, pushed.records.iter().map(|entry| entry.encoded(stamps)), ended);
        self.say(frame);
    }

    /// Hands messages to the socket.
    fn poll_outgoing(&mut self, now: Millis, cx: &mut Context) -> Poll<Result<(), Gone>> {
        while !self.outgoing.is_empty() {
            match Pin::new(&mut self.ws).poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Gone)),
                Poll::Pending => {
                    self.blocked.get_or_insert(now);
                    return Poll::Pending;
                }
            }
            if let Some(message) = self.outgoing.pop_front() {
                Pin::new(&mut self.ws).start_send(message).map_err(|_| Gone)?;
                self.flushing = true;
            }
        }
        if self.outgoing.capacity() > OUTGOING {
            self.outgoing = VecDeque::new();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_flush(&mut self, now: Millis, cx: &mut Context) -> Poll<Result<(), Gone>> {
        if self.flushing {
            match Pin::new(&mut self.ws).poll_flush(cx) {
                Poll::Ready(Ok(())) => (self.flushing, self.blocked) = (false, None),
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Gone)),
                Poll::Pending => {
                    self.blocked.get_or_insert(now);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn may_read(&self) -> bool {
        self.life == Life::Open && self.job.is_none() && self.in_flight < IN_FLIGHT && self.outgoing.len() < OUTGOING
    }

    /// Everything that can be done now. `Ready` ends the connection.
    fn turn(&mut self, cx: &mut Context) -> Poll<Result<(), Gone>> {
        let now = self.house.now();
        self.take_mail(now, cx);
        loop {
            let mut moved = self.poll_job(cx).is_ready();
            while self.pump(now) {
                moved = true;
            }
            while self.may_read()
                && let Poll::Ready(message) = Pin::new(&mut self.ws).poll_next(cx)
            {
                moved = true;
                match message {
                    Some(Ok(message)) => self.take_message(now, message),
                    Some(Err(_)) | None => return Poll::Ready(Err(Gone)),
                }
            }
            // What was held back while much waited to be written may go on now.
            moved |= !self.outgoing.is_empty();
            let written = self.poll_outgoing(now, cx)?;
            if let (Life::Closing(code), Poll::Ready(()), true) = (self.life, written, self.in_flight == 0 && self.job.is_none()) {
                self.life = Life::Closed;
                self.outgoing.push_back(Message::Close(Some(CloseFrame { code, reason: "".into() })));
                moved = true;
            }
            if written.is_pending() || !moved {
                break;
            }
        }
        ready!(self.poll_flush(now, cx))?;
        if self.life == Life::Closed { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

/// The other side is gone.
struct Gone;

impl Future for Socket {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context) -> Poll<()> {
        self.turn(cx).map(|_| ())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.conn.leave(&mut self.house.hub(), &self.me);
        self.house.metrics.sockets.less();
    }
}
