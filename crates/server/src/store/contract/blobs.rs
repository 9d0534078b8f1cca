//! Rows of uploads and blobs.

use super::*;

pub const RULES: &[Rule] = &[
    ("an_upload_becomes_a_blob_once", an_upload_becomes_a_blob_once),
    ("a_blob_is_deleted_by_its_token", a_blob_is_deleted_by_its_token),
    ("a_blob_dies_at_90_days", a_blob_dies_at_90_days),
    ("a_hold_ends_on_its_day_or_when_it_is_released", a_hold_ends_on_its_day_or_when_it_is_released),
    ("a_held_blob_outlives_its_retention_and_its_token", a_held_blob_outlives_its_retention_and_its_token),
    ("an_upload_that_nobody_touches_dies", an_upload_that_nobody_touches_dies),
];

const BLOB: BlobId = BlobId([7; 32]);

fn upload(n: u8) -> UploadId {
    UploadId([n; 16])
}

fn create(n: u8) -> Op {
    Op::CreateUpload { upload: upload(n), length: 100, delete_hash: Hash32([n; 32]) }
}

fn make_blob(store: &mut dyn Store) {
    assert_eq!(one(store, NOW, create(1)), Outcome::Done);
    assert_eq!(one(store, NOW, Op::StoreBlob { upload: upload(1), blob: BLOB }), Outcome::Done);
}

fn an_upload_becomes_a_blob_once(store: &mut dyn Store) {
    assert_eq!(one(store, NOW, Op::StoreBlob { upload: upload(1), blob: BLOB }), Outcome::Refused(Refusal::NotFound));
    assert_eq!(one(store, NOW, create(1)), Outcome::Done);
    assert_eq!(one(store, NOW, create(1)), Outcome::Refused(Refusal::Conflict));
    assert_eq!(store.upload(&upload(1)), Ok(Some(Upload { length: 100, delete_hash: Hash32([1; 32]), day: Day::of(NOW) })));
    assert_eq!(store.blob(&BLOB), Ok(None));
    for _ in 0..2 {
        assert_eq!(one(store, NOW, Op::StoreBlob { upload: upload(1), blob: BLOB }), Outcome::Done, "also after a lost answer");
    }
    assert_eq!((store.upload(&upload(1)), store.blob(&BLOB)), (Ok(None), Ok(Some(100))));
}

fn a_blob_is_deleted_by_its_token(store: &mut dyn Store) {
    make_blob(store);
    let delete = |token| Op::DeleteBlob { blob: BLOB, token: Hash32([token; 32]) };
    assert_eq!(one(store, NOW, delete(2)), Outcome::Refused(Refusal::NotFound));
    assert_eq!(store.blob(&BLOB), Ok(Some(100)));
    assert_eq!(one(store, NOW, delete(1)), Outcome::Done);
    assert_eq!(store.blob(&BLOB), Ok(None), "nobody is given it");
    assert_eq!(one(store, NOW, delete(1)), Outcome::Refused(Refusal::NotFound));
    // Sealed it stays as long as it can be reported.
    assert_eq!((sweep(store, NOW.plus(6 * DAY)).blobs, store.has_blob(&BLOB)), (vec![], Ok(true)));
    assert_eq!((sweep(store, NOW.plus(7 * DAY)).blobs, store.has_blob(&BLOB)), (vec![BLOB], Ok(false)));
}

fn a_blob_dies_at_90_days(store: &mut dyn Store) {
    make_blob(store);
    assert_eq!(sweep(store, NOW.plus(90 * DAY)).blobs, []);
    assert_eq!(sweep(store, NOW.plus(91 * DAY)).blobs, [BLOB], "dated by the day, so never early");
    assert_eq!(store.blob(&BLOB), Ok(None));
}

fn hold(blob: BlobId, days: u32) -> Op {
    Op::HoldBlob { blob, until: Day(Day::of(NOW).0 + days) }
}

fn a_hold_ends_on_its_day_or_when_it_is_released(store: &mut dyn Store) {
    make_blob(store);
    let delete = || Op::DeleteBlob { blob: BLOB, token: Hash32([1; 32]) };
    assert_eq!(one(store, NOW, hold(BLOB, 10)), Outcome::Done);
    assert_eq!(one(store, NOW, delete()), Outcome::Done);
    assert_eq!((sweep(store, NOW.plus(9 * DAY)).blobs, store.blob(&BLOB), store.has_blob(&BLOB)), (vec![], Ok(None), Ok(true)));
    assert_eq!(sweep(store, NOW.plus(10 * DAY)).blobs, [BLOB]);
    make_blob(store);
    one(store, NOW, hold(BLOB, 300));
    one(store, NOW, delete());
    assert_eq!(one(store, NOW, Op::ReleaseBlob { blob: BLOB }), Outcome::Done);
    assert_eq!(sweep(store, NOW.plus(11 * DAY)).blobs, [BLOB]);
    assert_eq!(one(store, NOW, Op::ReleaseBlob { blob: BLOB }), Outcome::Refused(Refusal::NotFound));
}

fn a_held_blob_outlives_its_retention_and_its_token(store: &mut dyn Store) {
    make_blob(store);
    assert_eq!(one(store, NOW, hold(BlobId([8; 32]), 365)), Outcome::Refused(Refusal::NotFound));
    assert_eq!(one(store, NOW, hold(BLOB, 365)), Outcome::Done);
    assert_eq!(sweep(store, NOW.plus(200 * DAY)).blobs, []);
    assert_eq!(one(store, NOW, Op::DeleteBlob { blob: BLOB, token: Hash32([1; 32]) }), Outcome::Done);
    assert_eq!((store.blob(&BLOB), store.has_blob(&BLOB)), (Ok(None), Ok(true)));
    assert_eq!(sweep(store, NOW.plus(366 * DAY)).blobs, [BLOB]);
}

fn an_upload_that_nobody_touches_dies(store: &mut dyn Store) {
    one(store, NOW, create(1));
    one(store, NOW, create(2));
    assert_eq!(one(store, NOW.plus(5 * DAY), Op::TouchUpload { upload: upload(2) }), Outcome::Done);
    assert_eq!(one(store, NOW, Op::TouchUpload { upload: upload(3) }), Outcome::Refused(Refusal::NotFound));
    assert_eq!(sweep(store, NOW.plus(7 * DAY)).uploads, []);
    assert_eq!(sweep(store, NOW.plus(8 * DAY)).uploads, [upload(1)]);
    assert_eq!(sweep(store, NOW.plus(13 * DAY)).uploads, [upload(2)]);
}
