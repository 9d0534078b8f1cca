use super::*;
use wire::call::UploadId;
use wire::{DeleteToken, limits};

fn token_of(n: u8) -> DeleteToken {
    DeleteToken::new([n; 32])
}

fn begin(world: &mut World, conn: ConnId, length: u64) -> UploadId {
    match world.ask(conn, Request::CreateBlob { length, delete_hash: token_of(1).hash() }) {
        Response::Upload { upload, offset: 0 } => upload,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_blob_is_uploaded_in_parts_and_read_in_ranges() {
    let mut world = World::new();
    let (alice, conn) = world.arrive(1);
    let bearer = world.bearer(conn, &alice);
    let bytes: Vec<u8> = (0..1000u32).map(|n| n as u8).collect();
    let upload = begin(&mut world, conn, 1000);
    let (now, server) = (world.now, &mut world.server);
    assert_eq!(server.upload(now, &bearer, &upload, 0, &bytes[..400]), Ok(400));
    assert_eq!(server.upload(now, &bearer, &upload, 0, &bytes[..400]), Err(Refusal::Offset { offset: 400 }));
    assert_eq!(server.upload(now, &bearer, &upload, 500, &bytes[500..]), Err(Refusal::Offset { offset: 400 }));
    assert_eq!(server.upload(now, &bearer, &upload, 400, &[0; 601]), Err(Refusal::TooLarge { limit: 600 }));
    let blob = BlobId::of(&bytes);
    let complete = Request::CompleteBlob { upload, blob };
    assert_eq!(world.ask(conn, complete.clone()), Response::Refused(Refusal::Offset { offset: 400 }));
    let mut world = world.restart();
    let conn = world.connect(1);
    let bearer = world.bearer(conn, &alice);
    assert_eq!(world.server.upload_offset(world.now, &bearer, &upload), Ok(400), "an upload survives a restart");
    assert_eq!(world.ask(conn, Request::UploadStatus { upload }), Response::Upload { upload, offset: 400 });
    assert_eq!(world.server.upload(world.now, &bearer, &upload, 400, &bytes[400..]), Ok(1000));
    let other = Request::CompleteBlob { upload, blob: BlobId([9; 32]) };
    assert_eq!(world.ask(conn, other), Response::Refused(Refusal::HashMismatch));
    for _ in 0..2 {
        assert_eq!(world.ask(conn, complete.clone()), Response::Stored { blob });
    }
    let mut read = |range| world.server.download(NOW, &bearer, &blob, range).map(|(bytes, length)| (bytes.to_vec(), length));
    assert_eq!(read(0..2000), Ok((bytes.clone(), 1000)));
    assert_eq!(read(990..995), Ok((bytes[990..995].to_vec(), 1000)));
    assert_eq!(read(5000..6000), Ok((vec![], 1000)));
}

#[test]
fn bytes_move_within_a_session_only() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    let upload = begin(&mut world, conn, 10);
    let stranger = Bearer::new([0; 32]);
    assert_eq!(world.server.upload(NOW, &stranger, &upload, 0, &[1]), Err(Refusal::NoSession));
    assert_eq!(world.server.upload_offset(NOW, &stranger, &upload), Err(Refusal::NoSession));
    assert_eq!(world.server.download(NOW, &stranger, &BlobId([1; 32]), 0..1), Err(Refusal::NoSession));
}

#[test]
fn a_blob_that_its_token_deleted_is_given_to_nobody_and_gone_after_a_week() {
    let mut world = World::new();
    let (alice, conn) = world.arrive(1);
    let bearer = world.bearer(conn, &alice);
    let upload = begin(&mut world, conn, 3);
    world.server.upload(NOW, &bearer, &upload, 0, b"abc").unwrap();
    let blob = BlobId::of(b"abc");
    world.ask(conn, Request::CompleteBlob { upload, blob });
    let delete = |n| Request::DeleteBlob { blob, token: token_of(n) };
    assert_eq!(world.ask(conn, delete(2)), Response::Refused(Refusal::NotFound));
    assert_eq!(world.ask(conn, delete(1)), Response::Done);
    assert_eq!(world.server.download(NOW, &bearer, &blob, 0..3), Err(Refusal::NotFound));
    world.server.clear_orphans();
    assert_eq!(world.server.blobs.stored().len(), 1, "sealed it can still be held");
    world.server.tick(NOW.plus(limits::BLOB_GRACE));
    let (_, blobs) = world.server.into_parts();
    assert_eq!(blobs.stored(), [], "no byte is left");
}

#[test]
fn uploads_are_bounded_in_size_number_and_by_the_day() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    let create = |length| Request::CreateBlob { length, delete_hash: token_of(1).hash() };
    assert_eq!(world.ask(conn, create(0)), Response::Refused(Refusal::Malformed));
    assert_eq!(world.ask(conn, create(limits::BLOB_MAX + 1)), Response::Refused(Refusal::TooLarge { limit: limits::BLOB_MAX }));
    begin(&mut world, conn, limits::BLOB_MAX);
    begin(&mut world, conn, limits::BLOB_MAX);
    assert_eq!(world.ask(conn, create(1)), Response::Refused(Refusal::Quota), "two of the largest are a day");
    let (_, other) = world.arrive(2);
    for _ in 0..limits::UPLOADS_OPEN_MAX {
        begin(&mut world, other, 1);
    }
    assert_eq!(world.ask(other, create(1)), Response::Refused(Refusal::Quota));
}

#[test]
fn who_left_uploads_lie_may_begin_others_once_they_are_swept() {
    let mut world = World::new();
    let (alice, conn) = world.arrive(1);
    for _ in 0..limits::UPLOADS_OPEN_MAX {
        begin(&mut world, conn, 1);
    }
    let create = Request::CreateBlob { length: 1, delete_hash: token_of(1).hash() };
    assert_eq!(world.ask(conn, create.clone()), Response::Refused(Refusal::Quota));
    world.now = NOW.plus(limits::UPLOAD_LIFE + 2 * limits::DAY);
    world.tick();
    assert_eq!(world.server.blobs.stored(), []);
    let conn = world.connect(1);
    world.bearer(conn, &alice);
    assert!(matches!(world.ask(conn, create), Response::Upload { .. }), "not only after a restart");
}

#[test]
fn bytes_that_no_row_names_are_swept() {
    let mut world = World::new();
    let (alice, conn) = world.arrive(1);
    let bearer = world.bearer(conn, &alice);
    let kept = begin(&mut world, conn, 10);
    world.server.upload(NOW, &bearer, &kept, 0, b"abc").unwrap();
    // A power cut between the files and their rows.
    let lost = UploadId([9; 16]);
    let blob = BlobId::of(b"lost");
    for upload in [lost, UploadId([8; 16])] {
        world.server.blobs.begin(&upload).unwrap();
        world.server.blobs.write(&upload, 0, b"lost").unwrap();
    }
    world.server.blobs.finish(&lost, 4, &blob).unwrap();
    world.server.clear_orphans();
    assert!(world.server.blobs.stored().contains(&Stored::Blob(blob)), "its row may still come");
    world.server.blobs.settled(&blob);
    world.server.clear_orphans();
    assert_eq!(world.server.blobs.stored(), [Stored::Upload(kept)]);
}
