//! The peer of a message to many: a server that keeps nothing and decides nothing. Whatever one connection says, all others hear.

use anyhow::{Context as _, Result};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;

/// Says where it is, and serves until it is killed.
pub fn run() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve())
}

/// What it says once it serves.
pub const READY: &str = "relay at ";

async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the relay")?;
    println!("{READY}{}", listener.local_addr()?);
    let (say, _) = broadcast::channel(1024);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(member(stream, say.clone()));
    }
}

async fn member(stream: TcpStream, say: broadcast::Sender<bytes::Bytes>) -> Result<()> {
    let mut heard = say.subscribe();
    let mut ws = tokio_tungstenite::accept_async(stream).await?;
    loop {
        tokio::select! {
            message = ws.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    let _ = say.send(bytes);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            },
            bytes = heard.recv() => ws.send(Message::Binary(bytes?)).await?,
        }
    }
}
