//! Who comes without an account and then says nothing, or little: how long that holds a place. The clock of these tests stands still until they move it.

use crate::client::*;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{advance, timeout};
use wire::call::*;
use wire::{VaultId, limits};

/// Longer than anything here may last: without limits all of it would go on for ever.
const MOST: u64 = 600;

/// While something blocks, a clock that was stopped does not go on by itself.
fn stand_still() -> Sender<()> {
    let (hold, held) = channel::<()>();
    tokio::task::spawn_blocking(move || held.recv());
    hold
}

/// Lets a second go by, and everybody see what it brought.
async fn second() {
    advance(Duration::from_secs(1)).await;
    for _ in 0..16 {
        yield_now().await;
    }
}

/// Moves the clock until this is done; how many seconds it took.
async fn seconds(work: impl Future) -> u64 {
    let mut work = pin!(work);
    for passed in 0..MOST {
        if poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx).is_ready())).await {
            return passed;
        }
        second().await;
    }
    panic!("it holds its place for ever");
}

/// How long it takes until the server hangs up on who sends this and nothing more.
async fn ends_after(address: SocketAddr, bytes: &str) -> u64 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    seconds(stream.read_to_end(&mut answer)).await
}

#[tokio::test(start_paused = true)]
async fn who_does_not_say_what_they_want_is_hung_up_on() {
    let _still = stand_still();
    let home = Home::new();
    let server = home.serve().await;
    for bytes in ["", "PRI *", "GET / HTTP/1.1\r\nhost: a\r\n"] {
        let lasted = ends_after(server.address(), bytes).await;
        assert!((10..=40).contains(&lasted), "{bytes:?} lasted {lasted}");
    }
    assert_eq!(http(server.address(), "GET /healthz", &[], &[]).await.text(), "ok\n");
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_never_says_a_word_is_not_kept() {
    let _still = stand_still();
    let home = Home::new();
    let server = home.serve().await;
    let mut mute = Client::connect(server.address()).await;
    let lasted = seconds(mute.goodbye()).await;
    assert!(lasted >= 180, "who is there may be silent for three minutes: {lasted}");
}

/// One frame of HTTP/2 (RFC 9113 section 4.1): its type and what is in it.
async fn frame(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], payload))
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_only_answers_pings_is_closed() {
    const PING: u8 = 6;
    const GOAWAY: u8 = 7;
    let _still = stand_still();
    let home = Home::new();
    let server = home.serve().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut told = false;
    seconds(async {
        while let Some((kind, payload)) = frame(&mut stream).await {
            told |= kind == GOAWAY;
            if kind == PING {
                let mut pong = vec![0, 0, 8, PING, 1, 0, 0, 0, 0];
                pong.extend(payload);
                let _ = stream.write_all(&pong).await;
            }
        }
    })
    .await;
    assert!(told, "a browser is told, and comes back when it wants something");
}

/// The head of a call and a body of the largest kind, by somebody who is not signed in.
fn call() -> (String, Vec<u8>) {
    let record = vec![7; limits::RECORD_MAX].into();
    let body = Request::Append(Append { record, ..content(log(1), "", 0) }).encode();
    let head = format!("POST /v1/Log/Append HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    (head, body.to_vec())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_hardly_comes_is_not_waited_for() {
    let _still = stand_still();
    let home = Home::new();
    let server = home.serve().await;
    let (mut answers, mut asks) = TcpStream::connect(server.address()).await.unwrap().into_split();
    let trickling = tokio::spawn(async move {
        let (head, body) = call();
        let _ = asks.write_all(head.as_bytes()).await;
        for byte in body {
            let _ = asks.write_all(&[byte]).await;
            // A slow line: nothing else comes in this time.
            let _ = timeout(Duration::from_secs(5), std::future::pending::<()>()).await;
        }
    });
    let mut answer = Vec::new();
    seconds(answers.read_to_end(&mut answer)).await;
    trickling.abort();
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test(start_paused = true)]
async fn a_body_of_the_largest_kind_comes_over_a_line_of_twenty_kilobytes_a_second() {
    let _still = stand_still();
    let home = Home::new();
    let server = home.serve().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let (head, body) = call();
    stream.write_all(head.as_bytes()).await.unwrap();
    for part in body.chunks(20_000) {
        stream.write_all(part).await.unwrap();
        second().await;
    }
    let mut answer = Vec::new();
    seconds(stream.read_to_end(&mut answer)).await;
    let at = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer") + 4;
    assert_eq!(Response::decode(answer.split_off(at).into()), Ok(Response::Refused(Refusal::NoSession)), "it was taken, and looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgraded_connection_keeps_its_place() {
    let home = Home::new();
    let server = home.serve().await;
    let socket = Client::connect(server.address()).await;
    let open = async |count: u32| {
        while !http(server.address(), "GET /metrics", &[], &[]).await.text().contains(&format!("\ntreehouse_connections {count}\n")) {
            yield_now().await;
        }
    };
    // It, and the connection that asks.
    assert!(timeout(Duration::from_secs(20), open(2)).await.is_ok(), "a socket is counted nowhere");
    drop(socket);
    assert!(timeout(Duration::from_secs(20), open(1)).await.is_ok(), "its place is not given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_on_this_machine_more_come_back_than_from_one_address() {
    let home = Home::new();
    let server = home.serve().await;
    for _ in 0..2 * limits::LOOKUP_ADDRESS_BURST {
        let fetch = Request::FetchVault { vault: VaultId([7; 32]) }.encode();
        let answer = http(server.address(), "POST /v1/Vault/Fetch", &[], &fetch).await;
        assert_eq!(Response::decode(answer.body.into()), Ok(Response::Refused(Refusal::NotFound)));
    }
}
