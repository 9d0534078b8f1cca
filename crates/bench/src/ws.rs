//! A WebSocket client that costs next to nothing: it shares the machine with the server that it measures. What it writes is masked with zeros,
//! which RFC 6455 section 5.3 allows to a client without secrets.

use anyhow::{Context as _, Result, bail};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use wire::call::Frame;

const BINARY: u8 = 0x82;
const CLOSE: u8 = 8;
const ROOM: usize = 4096;

/// One connection.
pub struct Ws<S> {
    stream: S,
    inward: BytesMut,
    outward: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Ws<S> {
    /// Shakes hands.
    pub async fn open(mut stream: S, path: &str) -> Result<Self> {
        let hello = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dHJlZWhvdXNlIGJlbmNoIQ==\r\n\r\n"
        );
        stream.write_all(hello.as_bytes()).await?;
        stream.flush().await?;
        let mut inward = BytesMut::new();
        let end = loop {
            if let Some(at) = inward.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            inward.reserve(ROOM);
            if stream.read_buf(&mut inward).await? == 0 {
                bail!("the server closed instead of shaking hands");
            }
        };
        if !inward.starts_with(b"HTTP/1.1 101") {
            bail!("the server does not speak WebSocket");
        }
        inward.advance(end);
        Ok(Self { stream, inward, outward: BytesMut::new() })
    }

    /// Puts a message where the next [`Ws::flush`] takes it.
    pub fn put(&mut self, message: &[u8]) {
        self.outward.put_u8(BINARY);
        match message.len() {
            short @ 0..126 => self.outward.put_u8(0x80 | short as u8),
            middle @ 126..65536 => {
                self.outward.put_u8(0x80 | 126);
                self.outward.put_u16(middle as u16);
            }
            long => {
                self.outward.put_u8(0x80 | 127);
                self.outward.put_u64(long as u64);
            }
        }
        self.outward.put_u32(0);
        self.outward.put_slice(message);
    }

    pub async fn flush(&mut self) -> Result<()> {
        if !self.outward.is_empty() {
            self.stream.write_all_buf(&mut self.outward).await?;
            self.stream.flush().await?;
        }
        Ok(())
    }

    /// A message that has arrived whole.
    pub fn arrived(&mut self) -> Result<Option<Bytes>> {
        loop {
            let [first, second, ..] = *self.inward else { return Ok(None) };
            let (head, length) = match second {
                126 if self.inward.len() >= 4 => (4, usize::from(u16::from_be_bytes([self.inward[2], self.inward[3]]))),
                127 if self.inward.len() >= 10 => (10, (&self.inward[2..10]).get_u64() as usize),
                short @ 0..126 => (2, usize::from(short)),
                _ => return Ok(None),
            };
            if self.inward.len() < head + length {
                return Ok(None);
            }
            self.inward.advance(head);
            let message = self.inward.split_to(length).freeze();
            match first {
                BINARY => return Ok(Some(message)),
                _ if first & 0x0f == CLOSE => bail!("the server said goodbye"),
                // A ping of a server that wonders whether we are there: whatever is sent next says so.
                _ => {}
            }
        }
    }

    /// Waits for more bytes. Cancelling it loses nothing.
    pub async fn more(&mut self) -> Result<()> {
        self.inward.reserve(ROOM);
        if self.stream.read_buf(&mut self.inward).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }

    pub async fn next(&mut self) -> Result<Bytes> {
        loop {
            if let Some(message) = self.arrived()? {
                return Ok(message);
            }
            self.more().await?;
        }
    }

    pub async fn next_frame(&mut self) -> Result<Frame> {
        Frame::decode(self.next().await?).context("the server speaks another protocol")
    }

    pub fn put_frame(&mut self, frame: &Frame) {
        self.put(&frame.encode());
    }

    /// Gives back what buffers held: thousands of idle connections share this process.
    pub fn rest(self) -> S {
        self.stream
    }
}
