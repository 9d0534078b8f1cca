//! The line between one person and a server: it counts what passes, breaks when told to, and can be laid to another server.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the person to the server.
    Up,
    Down,
}

/// One person's line. Ends with it.
pub struct Line {
    address: SocketAddr,
    wires: Arc<Wires>,
}

#[derive(Default)]
struct Wires {
    /// Nowhere: whoever calls is hung up on.
    target: Mutex<Option<SocketAddr>>,
    open: Mutex<Vec<TcpStream>>,
    passed: [AtomicU64; 2],
    /// How many bytes may pass before the line breaks.
    breaks_at: [AtomicU64; 2],
    breaks: AtomicU64,
    over: AtomicBool,
}

impl Line {
    pub fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let wires = Arc::new(Wires { target: Mutex::new(Some(target)), ..Wires::default() });
        wires.breaks_at.iter().for_each(|at| at.store(u64::MAX, SeqCst));
        let theirs = Arc::clone(&wires);
        thread::spawn(move || {
            for caller in listener.incoming() {
                if theirs.over.load(SeqCst) {
                    return;
                }
                theirs.connect(caller.unwrap());
            }
        });
        Self { address, wires }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Nothing gets through any more; what was on its way is lost.
    pub fn hang_up(&self) {
        *self.wires.target.lock().unwrap() = None;
        self.wires.cut();
    }

    pub fn lay_to(&self, target: SocketAddr) {
        *self.wires.target.lock().unwrap() = Some(target);
    }

    /// Breaks once, after so many bytes from now on; the next call gets through.
    pub fn break_after(&self, direction: Direction, bytes: u64) {
        let at = self.wires.passed[direction as usize].load(SeqCst) + bytes;
        self.wires.breaks_at[direction as usize].store(at, SeqCst);
    }

    pub fn breaks(&self) -> u64 {
        self.wires.breaks.load(SeqCst)
    }

    /// Bytes so far.
    pub fn passed(&self, direction: Direction) -> u64 {
        self.wires.passed[direction as usize].load(SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.wires.over.store(true, SeqCst);
        self.hang_up();
        // Wakes the thread that waits for callers.
        let _ = TcpStream::connect(self.address);
    }
}

impl Wires {
    fn connect(self: &Arc<Self>, caller: TcpStream) {
        let target = *self.target.lock().unwrap();
        let Some(Ok(server)) = target.map(TcpStream::connect) else { return };
        for stream in [&caller, &server] {
            stream.set_nodelay(true).unwrap();
        }
        let mut open = self.open.lock().unwrap();
        // Those that have ended on both sides are forgotten.
        open.retain(|stream| stream.take_error().is_ok() && stream.peer_addr().is_ok());
        open.extend([caller.try_clone().unwrap(), server.try_clone().unwrap()]);
        drop(open);
        let (caller_too, server_too) = (caller.try_clone().unwrap(), server.try_clone().unwrap());
        let (up, down) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || up.pump(caller, server, Direction::Up));
        thread::spawn(move || down.pump(server_too, caller_too, Direction::Down));
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, direction: Direction) {
        let mut buffer = vec![0; 64 * 1024];
        let (passed, breaks_at) = (&self.passed[direction as usize], &self.breaks_at[direction as usize]);
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            if passed.load(SeqCst) + count as u64 > breaks_at.load(SeqCst) {
                breaks_at.store(u64::MAX, SeqCst);
                self.breaks.fetch_add(1, SeqCst);
                return self.cut();
            }
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
            passed.fetch_add(count as u64, SeqCst);
        }
        let _ = to.shutdown(Shutdown::Write);
        let _ = from.shutdown(Shutdown::Read);
    }

    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
