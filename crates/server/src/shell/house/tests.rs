//! What is begun for a request ends, whether or not somebody still waits for it.

use super::*;
use crate::store::Day;
use tempfile::TempDir;
use wire::call::UploadId;
use wire::{BlobId, Hash32};

const NOW: Millis = Millis(1_760_000_040_000);
const UPLOAD: UploadId = UploadId([7; 16]);

/// A house in which the bytes of an upload lie, to be completed.
async fn house() -> (TempDir, Arc<House>, BlobId) {
    let home = tempfile::tempdir().unwrap();
    let data = DataDir::open(home.path()).unwrap();
    let (house, _) = House::open(data, Config::default(), PushOptions::default(), Arc::new(|| NOW)).unwrap();
    house.blobs.begin(&UPLOAD).unwrap();
    let create = Op::CreateUpload { upload: UPLOAD, length: 5, delete_hash: Hash32([1; 32]) };
    house.commit(create, 0, Then::CreateBlob { upload: UPLOAD }, &Arc::new(Mailbox::default())).unwrap();
    until(&house, |reads| reads.upload(&UPLOAD).is_ok_and(|row| row.is_some())).await;
    house.blobs.write(&UPLOAD, 0, b"whole").unwrap();
    (home, house, BlobId::of(b"whole"))
}

/// Waits for what the committer does at once.
async fn until(house: &House, mut done: impl FnMut(&mut dyn Reads) -> bool) {
    let waiting = async {
        while house.read(|reads| Ok(done(reads))) != Ok(true) {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "it never comes");
}

/// Whether the bytes go once their row is gone.
fn goes(house: &House, blob: &BlobId) -> bool {
    house.blobs.remove(blob, &mut || false);
    house.blobs.read(blob, 0, 5).is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_of_a_blob_whose_sender_left_before_its_row_came_can_go() {
    let (_home, house, blob) = house().await;
    let done = house.begin(Task::CompleteBlob { upload: UPLOAD, blob }).await.unwrap();
    house.blobs.remove(&blob, &mut || false);
    assert!(house.blobs.read(&blob, 0, 5).is_ok(), "its row may still come");
    drop(done);
    // Whoever comes back completes what lies there.
    let again = house.begin(Task::CompleteBlob { upload: UPLOAD, blob }).await.unwrap();
    assert!(matches!(&again.worked, Some(Worked::Commit(Op::StoreBlob { .. }, _))));
    drop(again);
    assert!(goes(&house, &blob), "kept for nobody, until the restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_of_a_blob_whose_sender_left_before_the_answer_can_go() {
    let (_home, house, blob) = house().await;
    let Worked::Commit(op, then) = house.begin(Task::CompleteBlob { upload: UPLOAD, blob }).await.unwrap().take() else { panic!() };
    house.commit(op, 0, then, &Arc::new(Mailbox::default())).unwrap();
    until(&house, |reads| reads.blob(&blob, Day::of(NOW)).is_ok_and(|row| row.is_some())).await;
    // The row is there a moment before it is said.
    let gone = async {
        while !goes(&house, &blob) {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), gone).await.is_ok(), "kept for nobody, until the restart");
}
