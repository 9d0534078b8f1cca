//! Reading connections to the database: a few, lent out. One for each of a thousand clients that come back at once would cost a page cache
//! each, and memory that was used once is seldom given back to the system.

use crate::store::sqlite::{Readers, SqliteReader};
use crate::store::{Reads, StoreError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Reading connections at once, unless there are more cores: more do not read faster from one disk.
const READERS: usize = 4;

/// The connections that are not lent out, and how many there are.
pub struct ReaderPool {
    held: Mutex<Held>,
    back: Condvar,
    open: Readers,
    most: usize,
}

#[derive(Default)]
struct Held {
    free: Vec<SqliteReader>,
    exist: usize,
}

impl ReaderPool {
    pub fn new(open: Readers) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        Self { held: Mutex::default(), back: Condvar::new(), open, most: cores.max(READERS) }
    }

    /// Reads, after whoever came before if all are lent out. Not to be called while reading.
    ///
    /// # Errors
    /// That of `read`, or the database cannot be opened.
    pub fn with<T>(&self, read: impl FnOnce(&mut dyn Reads) -> Result<T, StoreError>) -> Result<T, StoreError> {
        read(self.lend()?.reader()?)
    }

    /// Reads beside all others: for work that takes long after its question.
    ///
    /// # Errors
    /// As [`ReaderPool::with`].
    pub fn beside<T>(&self, read: impl FnOnce(&mut dyn Reads) -> Result<T, StoreError>) -> Result<T, StoreError> {
        read(&mut self.open.open()?)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let waiting = |held: &mut Held| held.free.is_empty() && held.exist >= self.most;
        let mut held = self.back.wait_while(self.held(), waiting).unwrap_or_else(PoisonError::into_inner);
        let free = held.free.pop();
        held.exist += usize::from(free.is_none());
        drop(held);
        let mut lent = Lent { pool: self, reader: free };
        if lent.reader.is_none() {
            lent.reader = Some(self.open.open()?);
        }
        Ok(lent)
    }
}

/// A connection that comes back, whatever happens to its borrower.
struct Lent<'a> {
    pool: &'a ReaderPool,
    /// None if it could not be opened.
    reader: Option<SqliteReader>,
}

impl Lent<'_> {
    fn reader(&mut self) -> Result<&mut SqliteReader, StoreError> {
        self.reader.as_mut().ok_or(StoreError::Broken)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut held = self.pool.held();
        match self.reader.take() {
            Some(reader) => held.free.push(reader),
            None => held.exist -= 1,
        }
        drop(held);
        self.pool.back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Day;
    use crate::store::sqlite::{Durability, SqliteStore};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use wire::BlobId;

    fn pool(dir: &std::path::Path) -> ReaderPool {
        let store = SqliteStore::open(&dir.join("db"), Durability::Volatile).unwrap();
        ReaderPool::new(store.readers().unwrap())
    }

    #[test]
    fn many_read_through_few_connections_and_a_panic_costs_none() {
        let dir = tempfile::tempdir().unwrap();
        let pool = pool(dir.path());
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for number in 0..4 * pool.most {
                let (pool, inside, most) = (&pool, &inside, &most);
                scope.spawn(move || {
                    let read = || {
                        pool.with(|reads| {
                            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            let found = reads.blob(&BlobId([1; 32]), Day(1));
                            inside.fetch_sub(1, Ordering::SeqCst);
                            assert!(number != 3, "a borrower falls");
                            found
                        })
                    };
                    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
                    assert_eq!(outcome.is_err(), number == 3);
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= pool.most);
        let held = pool.held();
        assert!(held.exist <= pool.most);
        assert_eq!(held.free.len(), held.exist, "all came back");
    }

    #[test]
    fn long_work_takes_no_connection_from_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let pool = pool(dir.path());
        assert_eq!(pool.beside(|_| pool.with(|reads| reads.blob(&BlobId([1; 32]), Day(1)))), Ok(None));
    }
}
