use crate::client::*;
use server::shell::Running;
use std::sync::atomic::Ordering;
use wire::call::*;
use wire::*;

fn some_bytes(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 7 + n / 251) as u8).collect()
}

async fn begin(client: &mut Client, length: u64) -> UploadId {
    match client.ask(Request::CreateBlob { length, delete_hash: DeleteToken::new([5; 32]).hash() }).await {
        Response::Upload { upload, offset: 0 } => upload,
        other => panic!("{other:?}"),
    }
}

async fn patch(server: &Running, bearer: &Bearer, upload: &UploadId, at: u64, part: &[u8]) -> Answer {
    let (authorization, at) = (authorization(bearer), at.to_string());
    let headers = [("authorization", authorization.as_str()), ("upload-offset", &at)];
    http(server.address(), &format!("PATCH /v1/uploads/{}", hex16(&upload.0)), &headers, part).await
}

async fn get(server: &Running, bearer: &Bearer, blob: &BlobId, range: Option<&str>) -> Answer {
    let authorization = authorization(bearer);
    let mut headers = vec![("authorization", authorization.as_str())];
    headers.extend(range.map(|range| ("range", range)));
    http(server.address(), &format!("GET /v1/blobs/{blob}"), &headers, &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_goes_up_in_parts_survives_a_restart_and_comes_down_in_ranges() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let bearer = alice.open_session(&Person::new(1)).await;
    let bytes = some_bytes(3_000_000);
    let (first, second) = bytes.split_at(1_000_000);
    let upload = begin(&mut alice, bytes.len() as u64).await;
    let answer = patch(&server, &bearer, &upload, 0, first).await;
    assert_eq!((answer.status, answer.header("upload-offset")), (204, Some("1000000")));
    let answer = patch(&server, &bearer, &upload, 0, first).await;
    assert_eq!((answer.status, answer.header("upload-offset")), (409, Some("1000000")));
    server.stop().await.unwrap();

    let server = home.serve().await;
    let mut alice = Client::connect(server.address()).await;
    let bearer = alice.open_session(&Person::new(1)).await;
    let authorized = authorization(&bearer);
    let head = http(server.address(), &format!("HEAD /v1/uploads/{}", hex16(&upload.0)), &[("authorization", &authorized)], &[]).await;
    assert_eq!((head.status, head.header("upload-offset")), (200, Some("1000000")));
    assert_eq!(patch(&server, &bearer, &upload, 1_000_000, second).await.status, 204);
    let blob = BlobId::of(&bytes);
    assert_eq!(alice.ask(Request::CompleteBlob { upload, blob: BlobId([1; 32]) }).await, Response::Refused(Refusal::HashMismatch));
    for _ in 0..2 {
        assert_eq!(alice.ask(Request::CompleteBlob { upload, blob }).await, Response::Stored { blob });
    }
    let whole = get(&server, &bearer, &blob, None).await;
    assert_eq!((whole.status, whole.header("content-length"), whole.header("accept-ranges")), (200, Some("3000000"), Some("bytes")));
    assert!(whole.body == bytes);
    let part = get(&server, &bearer, &blob, Some("bytes=1000000-1999999")).await;
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 1000000-1999999/3000000")));
    assert!(part.body == bytes[1_000_000..2_000_000]);
    assert!(get(&server, &bearer, &blob, Some("bytes=-5")).await.body == bytes[2_999_995..]);
    let beyond = get(&server, &bearer, &blob, Some("bytes=3000000-")).await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */3000000")));
    assert_eq!(alice.ask(Request::DeleteBlob { blob, token: DeleteToken::new([5; 32]) }).await, Response::Done);
    assert_eq!(get(&server, &bearer, &blob, None).await.status, 404);
    let stored = home.data().join("blobs").join(&blob.to_string()[..2]);
    assert!(!is_empty(&stored), "sealed they can still be held");
    home.clock.fetch_add(limits::BLOB_GRACE, Ordering::SeqCst);
    while !is_empty(&stored) {
        tokio::task::yield_now().await;
    }
    assert!(is_empty(&home.data().join("blobs/uploads")), "no byte is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_do_not_fit_are_refused() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let bearer = alice.open_session(&Person::new(1)).await;
    let upload = begin(&mut alice, 1000).await;
    assert_eq!(patch(&server, &Bearer::new([0; 32]), &upload, 0, &[1]).await.status, 401);
    assert_eq!(patch(&server, &bearer, &UploadId([9; 16]), 0, &[1]).await.status, 404);
    assert_eq!(patch(&server, &bearer, &upload, 5, &[1]).await.status, 409);
    let refused = patch(&server, &bearer, &upload, 0, &[1; 1001]).await;
    assert_eq!((refused.status, Response::decode(refused.body.into())), (413, Ok(Response::Refused(Refusal::TooLarge { limit: 1000 }))));
    let authorized = authorization(&bearer);
    let without_offset =
        http(server.address(), &format!("PATCH /v1/uploads/{}", hex16(&upload.0)), &[("authorization", &authorized)], &[1]).await;
    assert_eq!(without_offset.status, 400);
    let path = |id: &str| format!("PATCH /v1/uploads/{id}");
    for id in ["../../keys/identity", "x", &"A".repeat(32)] {
        let answer = http(server.address(), &path(id), &[("authorization", &authorized), ("upload-offset", "0")], &[1]).await;
        assert_eq!(answer.status, 404, "{id}");
    }
    assert_eq!(alice.ask(Request::UploadStatus { upload }).await, Response::Upload { upload, offset: 0 });
    let large = begin(&mut alice, 3 * limits::BLOB_PART_MAX as u64).await;
    assert_eq!(patch(&server, &bearer, &large, 0, &vec![1; limits::BLOB_PART_MAX + 1]).await.status, 413);
    assert_eq!(patch(&server, &bearer, &large, 0, &vec![1; limits::BLOB_PART_MAX]).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_end_at_their_retention() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let bearer = alice.open_session(&Person::new(1)).await;
    let upload = begin(&mut alice, 4).await;
    patch(&server, &bearer, &upload, 0, b"free").await;
    let blob = BlobId::of(b"free");
    alice.ask(Request::CompleteBlob { upload, blob }).await;
    assert_eq!(get(&server, &bearer, &blob, None).await.body, b"free");
    home.clock.fetch_add(limits::BLOB_RETENTION + limits::DAY, Ordering::SeqCst);
    let bearer = alice.open_session(&Person::new(1)).await;
    assert_eq!(get(&server, &bearer, &blob, None).await.status, 404);
}
