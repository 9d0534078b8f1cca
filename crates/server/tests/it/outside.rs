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
async fn a_browser_that_comes_along_is_told_what_this_is() {
    let home = Home::new();
    let server = home.serve().await;
    assert!(http(server.address(), "GET /", &[], &[]).await.text().contains("Treehouse"));
    assert!(http(server.address(), "GET /i", &[], &[]).await.text().contains("invitation"));
    assert_eq!(http(server.address(), "GET /v1/nothing", &[], &[]).await.status, 404);
    assert_eq!(http(server.address(), "GET /v1/blobs/x", &[], &[]).await.status, 401);
}
