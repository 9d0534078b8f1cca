//! Rows of uploads and blobs.

use super::*;

pub const RULES: &[Rule] = &[
    ("an_upload_becomes_a_blob_once", an_upload_becomes_a_blob_once),
    ("a_blob_is_deleted_by_its_token", a_blob_is_deleted_by_its_token),
    ("a_blob_dies_at_90_days", a_blob_dies_at_90_days),
    ("a_hold_ends_on_its_day_or_when_it_is_released", a_hold_ends_on_its_day_or_when_it_is_released),
    ("a_held_blob_outlives_its_retention_and_its_token", a_held_blob_outlives_its_retention_and_its_token),
    ("nobody_sees_whether_a_blob_is_held", nobody_sees_whether_a_blob_is_held),
    ("an_upload_that_nobody_touches_dies", an_upload_that_nobody_touches_dies),
];

const BLOB: BlobId = BlobId([7; 32]);

fn upload(n: u8) -> UploadId {
    UploadId([n; 16])
}

fn create(n: u8) -> Op {
    Op::CreateUpload { upload: upload(n), length: 100, delete_hash: Hash32([n; 32]) }
}

/// The length of the blob, for whoever asks for it.
fn given(store: &mut dyn Store, now: Millis) -> Result<Option<u64>, StoreError> {
    store.blob(&BLOB, Day::of(now))
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
    assert_eq!(given(store, NOW), Ok(None));
    for _ in 0..2 {
        assert_eq!(one(store, NOW, Op::StoreBlob { upload: upload(1), blob: BLOB }), Outcome::Done, "also after a lost answer");
    }
    assert_eq!((store.upload(&upload(1)), given(store, NOW)), (Ok(None), Ok(Some(100))));
}

fn a_blob_is_deleted_by_its_token(store: &mut dyn Store) {
    make_blob(store);
    let delete = |token| Op::DeleteBlob { blob: BLOB, token: Hash32([token; 32]) };
    assert_eq!(one(store, NOW, delete(2)), Outcome::Refused(Refusal::NotFound));
    assert_eq!(given(store, NOW), Ok(Some(100)));
    assert_eq!(one(store, NOW, delete(1)), Outcome::Done);
    assert_eq!(given(store, NOW), Ok(None), "nobody is given it");
    assert_eq!(one(store, NOW, delete(1)), Outcome::Refused(Refusal::NotFound));
    // Sealed it stays as long as it can be reported.
    assert_eq!((sweep(store, NOW.plus(6 * DAY)).blobs, store.has_blob(&BLOB)), (vec![], Ok(true)));
    assert_eq!((sweep(store, NOW.plus(7 * DAY)).blobs, store.has_blob(&BLOB)), (vec![BLOB], Ok(false)));
}

fn a_blob_dies_at_90_days(store: &mut dyn Store) {
    make_blob(store);
    assert_eq!((sweep(store, NOW.plus(90 * DAY)).blobs, given(store, NOW.plus(90 * DAY))), (vec![], Ok(Some(100))));
    assert_eq!(given(store, NOW.plus(91 * DAY)), Ok(None), "at that day, whether or not it has been swept");
    assert_eq!(sweep(store, NOW.plus(91 * DAY)).blobs, [BLOB], "dated by the day, so never early");
    assert_eq!(given(store, NOW), Ok(None));
}

fn hold(blob: BlobId, days: u32) -> Op {
    Op::HoldBlob { blob, until: Day(Day::of(NOW).0 + days) }
}

fn a_hold_ends_on_its_day_or_when_it_is_released(store: &mut dyn Store) {
    make_blob(store);
    let delete = || Op::DeleteBlob { blob: BLOB, token: Hash32([1; 32]) };
    assert_eq!(one(store, NOW, hold(BLOB, 10)), Outcome::Done);
    assert_eq!(one(store, NOW, delete()), Outcome::Done);
    assert_eq!((sweep(store, NOW.plus(9 * DAY)).blobs, given(store, NOW), store.has_blob(&BLOB)), (vec![], Ok(None), Ok(true)));
    assert_eq!(sweep(store, NOW.plus(10 * DAY)).blobs, [BLOB]);
    make_blob(store);
    one(store, NOW, hold(BLOB, 300));
    one(store, NOW, delete());
    let released = NOW.plus(20 * DAY);
    assert_eq!(one(store, released, Op::ReleaseBlob { blob: BLOB }), Outcome::Done);
    // Another report may need it: there is a week to hold it again, and no more.
    assert_eq!(sweep(store, released.plus(6 * DAY)).blobs, []);
    assert_eq!(one(store, released.plus(6 * DAY), Op::ReleaseBlob { blob: BLOB }), Outcome::Done);
    assert_eq!(sweep(store, released.plus(7 * DAY)).blobs, [BLOB]);
    assert_eq!(one(store, NOW, Op::ReleaseBlob { blob: BLOB }), Outcome::Refused(Refusal::NotFound));
}

fn a_held_blob_outlives_its_retention_and_its_token(store: &mut dyn Store) {
    make_blob(store);
    assert_eq!(one(store, NOW, hold(BlobId([8; 32]), 365)), Outcome::Refused(Refusal::NotFound));
    assert_eq!(one(store, NOW, hold(BLOB, 365)), Outcome::Done);
    assert_eq!((sweep(store, NOW.plus(200 * DAY)).blobs, given(store, NOW.plus(200 * DAY))), (vec![], Ok(None)));
    assert_eq!(one(store, NOW, Op::DeleteBlob { blob: BLOB, token: Hash32([1; 32]) }), Outcome::Done);
    assert_eq!((given(store, NOW), store.has_blob(&BLOB)), (Ok(None), Ok(true)));
    assert_eq!(sweep(store, NOW.plus(366 * DAY)).blobs, [BLOB]);
}

/// What a sender sees of a blob: whether it is given, whether its first token ends it, and whether an upload that is over became it.
fn seen(store: &mut dyn Store, now: Millis) -> (Option<u64>, Outcome, Outcome) {
    let given = given(store, now).unwrap();
    let again = one(store, now, Op::StoreBlob { upload: upload(1), blob: BLOB });
    (given, one(store, now, Op::DeleteBlob { blob: BLOB, token: Hash32([1; 32]) }), again)
}

fn nobody_sees_whether_a_blob_is_held(store: &mut dyn Store) {
    let nothing = (None, Outcome::Refused(Refusal::NotFound), Outcome::Refused(Refusal::NotFound));
    assert_eq!(seen(store, NOW), nothing);
    make_blob(store);
    one(store, NOW, hold(BLOB, 365));
    assert_eq!(seen(store, NOW), (Some(100), Outcome::Done, Outcome::Done));
    assert_eq!(seen(store, NOW), nothing, "its sender deleted it");
    assert_eq!(seen(store, NOW.plus(8 * DAY)), nothing);
    assert_eq!(store.has_blob(&BLOB), Ok(true));
    // Uploaded once more it is like a new one, with a token of its own and a time of its own.
    let later = NOW.plus(9 * DAY);
    assert_eq!(
        (one(store, later, create(2)), one(store, later, Op::StoreBlob { upload: upload(2), blob: BLOB })),
        (Outcome::Done, Outcome::Done)
    );
    let delete = |token| Op::DeleteBlob { blob: BLOB, token: Hash32([token; 32]) };
    assert_eq!((given(store, later), one(store, later, delete(1))), (Ok(Some(100)), Outcome::Refused(Refusal::NotFound)));
    assert_eq!(given(store, later.plus(90 * DAY)), Ok(Some(100)));
    // Past its time it is as if it were gone, for its sender too.
    let over = later.plus(91 * DAY);
    sweep(store, over);
    assert_eq!(
        (given(store, over), one(store, over, delete(2)), store.has_blob(&BLOB)),
        (Ok(None), Outcome::Refused(Refusal::NotFound), Ok(true))
    );
    assert_eq!(
        (one(store, over, create(3)), one(store, over, Op::StoreBlob { upload: upload(3), blob: BLOB })),
        (Outcome::Done, Outcome::Done)
    );
    assert_eq!(given(store, over.plus(90 * DAY)), Ok(Some(100)));
    assert_eq!(one(store, over, delete(3)), Outcome::Done);
    assert_eq!(sweep(store, NOW.plus(364 * DAY)).blobs, [], "the hold stood all the time");
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
