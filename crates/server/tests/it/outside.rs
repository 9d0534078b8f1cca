//! What anyone may look at, and what the server says of itself.

use crate::client::*;

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_say_how_much_and_never_who() {
    let home = Home::new();
    let server = home.serve().await;
    assert_eq!(http(server.address(), "GET /healthz", &[], &[]).await.text(), "ok\n");
    let mut alice = Client::arrive(server.address(), 1).await;
    alice.make_log(log(1)).await;
    alice.subscribe(1, log(1), 1, 0).await;
    alice.append(content(log(1), "a", 0)).await.unwrap();
    alice.push().await;
    let metrics = http(server.address(), "GET /metrics", &[], &[]).await;
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4"));
    let text = metrics.text();
    for line in ["treehouse_records_appended_total 1", "treehouse_sockets 1", "treehouse_sessions 1", "treehouse_subscriptions 1"] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in {text}");
    }
    let words = text.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' ').skip(1));
    assert!(words.into_iter().all(|value| value.parse::<u64>().is_ok()), "names and numbers only: {text}");
    assert!(!text.contains(&Person::new(1).identity.account().to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_the_page_and_the_protocol_is_not_shadowed_by_it() {
    let home = Home::new();
    let server = home.serve().await;
    for path in ["/", "/c", "/i", "/app/chats"] {
        let page = http(server.address(), &format!("GET {path}"), &[], &[]).await;
        assert_eq!((page.status, page.text().as_str()), (200, "<!doctype html>"), "{path}");
        assert!(page.header("content-security-policy").unwrap().contains("connect-src 'self' ws://localhost wss://localhost;"));
    }
    let small = http(server.address(), "GET /", &[("accept-encoding", "br")], &[]).await;
    assert_eq!((small.header("content-encoding"), small.text().as_str()), (Some("br"), "small"));
    let head = http(server.address(), "HEAD /", &[], &[]).await;
    assert_eq!((head.status, head.header("content-length"), head.text().as_str()), (200, Some("15"), ""));
    for (asked, status) in [
        ("GET /v1/nothing", 404),
        ("GET /v1/blobs/x", 401),
        ("GET /v1/uploads/x", 405),
        ("GET /v1/ws", 400),
        ("GET /v1/Session/Hello", 405),
        ("POST /v1/Session/Hello", 400),
        ("GET /assets/core-00.wasm", 404),
        ("POST /", 405),
    ] {
        assert_eq!(http(server.address(), asked, &[], &[]).await.status, status, "{asked}");
    }
}
