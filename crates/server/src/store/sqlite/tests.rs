use super::*;
use crate::store::contract::{self, NOW, acknowledge, commit, content, held, log, make_log, one, pass, stand, sweep};
use proptest::prelude::*;
use wire::limits;

#[test]
fn every_rule_of_the_contract_holds() {
    for (name, rule) in contract::all() {
        println!("{name}");
        rule(&mut SqliteStore::in_memory().unwrap());
    }
}

/// A store that forgets all it need not know before every commit.
struct Forgetful(SqliteStore);

impl Reads for Forgetful {
    fn account(&mut self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.0.account(id)
    }
    fn states(&mut self, account: &AccountId, from: u64, limit: usize) -> Result<Vec<Bytes>, StoreError> {
        self.0.states(account, from, limit)
    }
    fn key_packages(&mut self, account: &AccountId, client: &ClientId) -> Result<KeyPackageCount, StoreError> {
        self.0.key_packages(account, client)
    }
    fn pass(&mut self, log: &LogId, pass: &PassHash, cursor: Option<Seq>) -> Result<Option<PassView>, StoreError> {
        self.0.pass(log, pass, cursor)
    }
    fn reads_to(&mut self, log: LogKey, pass: &PassHash) -> Result<Reach, StoreError> {
        self.0.reads_to(log, pass)
    }
    fn page(&mut self, span: Span) -> Result<Page, StoreError> {
        self.0.page(span)
    }
    fn upload(&mut self, upload: &UploadId) -> Result<Option<Upload>, StoreError> {
        self.0.upload(upload)
    }
    fn blob(&mut self, blob: &BlobId, today: Day) -> Result<Option<u64>, StoreError> {
        self.0.blob(blob, today)
    }
    fn has_blob(&mut self, blob: &BlobId) -> Result<bool, StoreError> {
        self.0.has_blob(blob)
    }
    fn vault(&mut self, vault: &VaultId) -> Result<Option<Vault>, StoreError> {
        self.0.vault(vault)
    }
    fn sleepers(&mut self, log: LogKey, head: Seq) -> Result<Vec<Sleeper>, StoreError> {
        self.0.sleepers(log, head)
    }
    fn accounts(&mut self) -> Result<Vec<AccountRow>, StoreError> {
        self.0.accounts()
    }
}

impl Store for Forgetful {
    fn commit(&mut self, now: Millis, batch: Vec<Op>) -> Result<Vec<Outcome>, StoreError> {
        self.0.forget().unwrap();
        self.0.commit(now, batch)
    }
    fn changed_outside(&mut self) -> Result<bool, StoreError> {
        self.0.changed_outside()
    }
}

#[test]
fn the_contract_holds_when_nothing_is_cached() {
    // Rates live in memory: a server that restarts forgives them.
    let of_memory = ["commits_are_limited_by_pass", "commits_are_limited_by_log", "swapping_does_not_refill_the_rate"];
    for (name, rule) in contract::all().into_iter().filter(|(name, _)| !of_memory.contains(name)) {
        println!("{name}");
        rule(&mut Forgetful(SqliteStore::in_memory().unwrap()));
    }
}

#[test]
fn sqlite_is_one_without_the_wal_reset_bug() {
    let version: String = SqliteStore::in_memory().unwrap().conn.query_row("SELECT sqlite_version()", [], |row| row.get(0)).unwrap();
    assert!(version.starts_with("3.53."), "{version}");
}

#[test]
fn the_file_is_kept_as_designed() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("db"), Durability::Full).unwrap();
    let pragma = |name: &str| store.conn.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
    assert_eq!(pragma("journal_mode"), "wal".to_string().into());
    assert_eq!(pragma("synchronous"), 2i64.into());
    assert_eq!(pragma("secure_delete"), 1i64.into());
    assert_eq!(pragma("page_size"), 8192i64.into());
    assert_eq!(pragma("mmap_size"), 0i64.into());
}

#[test]
fn a_reader_sees_what_was_committed_and_nothing_is_lost_by_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let mut store = SqliteStore::open(&path, Durability::Full).unwrap();
    make_log(&mut store, log(1));
    let mut reader = store.readers().unwrap().open().unwrap();
    stand(&mut store, content(log(1), "a", 0));
    let head = |reads: &mut dyn Reads| reads.pass(&log(1), &pass(1), None).unwrap().unwrap().head;
    assert_eq!(head(&mut reader), Seq(1));
    drop((store, reader));
    let mut store = SqliteStore::open(&path, Durability::Full).unwrap();
    assert_eq!((head(&mut store), held(&mut store, log(1))), (Seq(1), vec![1]));
}

#[test]
fn a_file_of_something_else_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 7; CREATE TABLE x(y);").unwrap();
    assert_eq!(SqliteStore::open(&path, Durability::Full).err(), Some(StoreError::Foreign));
    std::fs::write(&path, [7; 4096]).unwrap();
    assert_eq!(SqliteStore::open(&path, Durability::Full).err(), Some(StoreError::Foreign));
}

#[test]
fn what_another_program_changed_is_noticed_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let mut store = SqliteStore::open(&path, Durability::Volatile).unwrap();
    make_log(&mut store, log(1));
    assert_eq!(store.changed_outside(), Ok(false), "own changes are not another's");
    let mut other = SqliteStore::open(&path, Durability::Volatile).unwrap();
    one(&mut other, NOW, Op::Invite { invites: vec![InviteHash([1; 32])], role: String::new(), expires: Day(99_999) });
    assert_eq!(store.changed_outside(), Ok(true));
    assert_eq!(store.changed_outside(), Ok(false));
}

#[test]
fn a_full_disk_refuses_the_batch_and_leaves_the_log_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&dir.path().join("db"), Durability::Volatile).unwrap();
    make_log(&mut store, log(1));
    stand(&mut store, content(log(1), "a", 0));
    let pages: i64 = store.conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.conn.pragma_update(None, "max_page_count", pages).unwrap();
    let large = "x".repeat(limits::RECORD_MAX);
    let batch = vec![Op::Append(content(log(1), "b", 0)), Op::Append(content(log(1), &large, 0))];
    assert_eq!(store.commit(NOW, batch), Err(StoreError::Full));
    store.conn.pragma_update(None, "max_page_count", 1_000_000).unwrap();
    assert_eq!(held(&mut store, log(1)), [1]);
    assert_eq!(stand(&mut store, content(log(1), "c", 0)), 2, "the sequence of the lost batch is used again");
}

#[test]
fn deleted_bytes_are_gone_from_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let mut store = SqliteStore::open(&path, Durability::Full).unwrap();
    make_log(&mut store, log(1));
    let secret = "a sentence that must not outlive its record";
    stand(&mut store, content(log(1), secret, 0));
    store.truncate_wal().unwrap();
    let on_disk = || std::fs::read(&path).unwrap().windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(on_disk());
    for by in [1, 2] {
        acknowledge(&mut store, log(1), pass(by), 1);
    }
    assert_eq!(sweep(&mut store, NOW).records, 1);
    store.truncate_wal().unwrap();
    assert!(!on_disk());
    let wal = path.with_file_name("db-wal");
    assert_eq!(std::fs::metadata(wal).map(|found| found.len()).unwrap_or(0), 0);
}

/// What is late on a connection that is over must not stand once more. Connections end with the process, so it is enough to remember.
#[test]
fn the_newest_answer_outlives_a_record_that_everybody_has_read() {
    let mut store = SqliteStore::in_memory().unwrap();
    make_log(&mut store, log(1));
    let Outcome::Appended(entry) = one(&mut store, NOW, Op::Append(content(log(1), "a", 0))) else { panic!("not appended") };
    let stamp = entry.stamped().stamp;
    for by in [1, 2] {
        acknowledge(&mut store, log(1), pass(by), 1);
    }
    sweep(&mut store, NOW);
    assert_eq!(held(&mut store, log(1)), [0_u64; 0]);
    assert_eq!(one(&mut store, NOW, Op::Append(content(log(1), "a", 0))), Outcome::Again(Box::new(stamp)));
}

#[test]
fn the_cache_weighs_what_a_log_grew_by_and_what_its_dead_no_longer_take() {
    let mut store = SqliteStore::in_memory().unwrap();
    make_log(&mut store, log(1));
    let batch = (0..5000).map(|n: u32| Op::Append(content(log(1), &n.to_string(), 0))).collect();
    store.commit(NOW, batch).unwrap();
    let weight = |store: &mut SqliteStore| (store.logs.weight, store.logs.get(LogKey::of(&log(1))).unwrap().weight());
    let (counted, grown) = weight(&mut store);
    assert_eq!(counted, grown);
    for by in [1, 2] {
        acknowledge(&mut store, log(1), pass(by), 5000);
    }
    assert_eq!(sweep(&mut store, NOW).records, 5000);
    let (counted, left) = weight(&mut store);
    assert_eq!(counted, left);
    assert!(left < grown / 10, "{left} of {grown}");
    // A pass that is dropped takes along what was remembered of it.
    assert!(contract::append(&mut store, NOW, NewRecord { by: pass(1), ..content(log(1), "another's", 0) }).is_ok());
    let (_, both) = weight(&mut store);
    assert!(contract::append(&mut store, NOW, commit(log(1), "removal", 0, vec![PassChange::Drop(pass(2))])).is_ok());
    let (counted, one) = weight(&mut store);
    assert_eq!(counted, one);
    assert!(one < both, "{one} of {both}");
}

#[test]
fn what_comes_in_the_moment_in_which_all_before_it_dies_is_remembered() {
    let mut store = SqliteStore::in_memory().unwrap();
    make_log(&mut store, log(1));
    let batch = (0..1000).map(|n: u32| Op::Append(content(log(1), &n.to_string(), 0))).collect();
    store.commit(NOW, batch).unwrap();
    assert_eq!(sweep(&mut store, NOW).records, 0, "they have a place");
    for by in [1, 2] {
        acknowledge(&mut store, log(1), pass(by), 1000);
    }
    let newest = content(log(1), "newest", 0);
    let batch = vec![Op::Append(newest.clone()), Op::Sweep { logs: 1, records: 5000 }];
    let outcomes = store.commit(NOW, batch).unwrap();
    assert!(matches!(outcomes.as_slice(), [_, Outcome::Swept(swept)] if swept.records == 1000), "{outcomes:?}");
    let copied = NewRecord { c: newest.c, ..content(log(1), "with its commitment", 0) };
    assert_eq!(contract::append(&mut store, NOW, copied), Err(Refusal::Duplicate));
}

/// What is remembered of records has to fit into memory. One who fills a log must not keep the others from writing there.
#[test]
fn in_a_crowded_log_each_pass_writes_slowly_and_a_full_one_takes_commits_alone() {
    let mut store = SqliteStore::in_memory().unwrap();
    make_log(&mut store, log(1));
    stand(&mut store, content(log(1), "a", 0));
    let end_at = |store: &mut SqliteStore, seq| store.logs.get(LogKey::of(&log(1))).unwrap().head.seq = Seq(seq);
    end_at(&mut store, limits::RECORDS_CROWDED);
    for n in 0..limits::COMMIT_BURST {
        stand(&mut store, content(log(1), &n.to_string(), 0));
    }
    let wait = Refusal::RateLimited { wait_ms: limits::COMMIT_EVERY };
    assert_eq!(contract::append(&mut store, NOW, content(log(1), "one more", 0)), Err(wait));
    assert!(contract::append(&mut store, NOW, NewRecord { by: pass(1), ..content(log(1), "another's", 0) }).is_ok());
    assert!(contract::append(&mut store, NOW.plus(limits::COMMIT_EVERY), content(log(1), "one more", 0)).is_ok());
    end_at(&mut store, limits::RECORDS_HELD_MAX);
    let later = NOW.plus(10 * limits::COMMIT_EVERY);
    assert_eq!(contract::append(&mut store, later, content(log(1), "no more", 0)), Err(Refusal::Busy));
    assert!(contract::append(&mut store, later, commit(log(1), "removal", 0, vec![PassChange::Drop(pass(2))])).is_ok());
}

/// A model of one log's order: what a store may answer, whatever it remembers.
#[derive(Default)]
struct Model {
    last_commit: u64,
    seen: Vec<NewRecord>,
}

impl Model {
    fn expect(&mut self, new: &NewRecord) -> Option<Refusal> {
        if self.seen.iter().any(|old| old.by == new.by && old.h == new.h) {
            return None;
        }
        if new.by == pass(3) && new.flag == Flag::Commit {
            return Some(Refusal::RoleForbids);
        }
        if new.after.0 != self.last_commit {
            return Some(Refusal::Stale { last_commit: Seq(self.last_commit) });
        }
        if new.c != Commitment::NONE && self.seen.iter().any(|old| old.c == new.c) {
            return Some(Refusal::Duplicate);
        }
        self.seen.push(new.clone());
        if new.flag == Flag::Commit {
            self.last_commit = self.seen.len() as u64;
        }
        None
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_log_answers_as_its_model_whatever_is_forgotten_in_between(
        steps in proptest::collection::vec((0u8..12, 1u8..=3, 0u64..3, any::<bool>(), 0u8..8), 1..60)
    ) {
        let mut store = SqliteStore::in_memory().unwrap();
        let mut model = Model::default();
        make_log(&mut store, log(1));
        let mut now = NOW;
        for (text, by, behind, is_commit, forget) in steps {
            // No rates here: every Commit has its time.
            now = now.plus(limits::COMMIT_EVERY);
            let after = model.last_commit.saturating_sub(behind / 2);
            let text = text.to_string();
            let new = if is_commit { commit(log(1), &text, after, vec![]) } else { content(log(1), &text, after) };
            let new = NewRecord { by: pass(by), ..new };
            if forget == 0 {
                store.forget().unwrap();
            }
            let outcome = one(&mut store, now, Op::Append(new.clone()));
            match model.expect(&new) {
                Some(refusal) => prop_assert_eq!(outcome, Outcome::Refused(refusal)),
                None => {
                    let seq = match outcome {
                        Outcome::Appended(entry) => entry.stamped().stamp.seq.0,
                        Outcome::Again(stamp) => stamp.seq.0,
                        other => return Err(TestCaseError::fail(format!("{other:?}"))),
                    };
                    let place = model.seen.iter().position(|old| old.by == new.by && old.h == new.h).unwrap() as u64;
                    prop_assert_eq!(seq, place + 1);
                }
            }
        }
    }
}

#[test]
fn a_database_of_an_older_server_takes_vaults_and_keeps_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let mut older = SqliteStore::open(&path, Durability::Full).unwrap();
    make_log(&mut older, log(1));
    older.conn.execute_batch("DROP TABLE vault; DROP TABLE wake; ALTER TABLE account DROP COLUMN ban; PRAGMA user_version = 1;").unwrap();
    drop(older);
    let mut newer = SqliteStore::open(&path, Durability::Full).unwrap();
    assert_eq!(newer.vault(&wire::VaultId([1; 32])), Ok(None));
    assert!(newer.pass(&log(1), &pass(1), None).unwrap().is_some());
    assert_eq!(
        one(&mut newer, NOW, Op::Restrict { account: AccountId([1; 32]), ban: Ban::Restricted }),
        Outcome::Refused(Refusal::NotFound)
    );
}

#[test]
fn a_backup_holds_the_vaults() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&dir.path().join("db"), Durability::Full).unwrap();
    let vault = wire::VaultId([1; 32]);
    let new = NewVault { vault, write: Hash32([2; 32]), after: 0, sealed: Bytes::from_static(b"sealed") };
    assert_eq!(one(&mut store, NOW, Op::PutVault(new)), Outcome::Done);
    let copy = dir.path().join("copy");
    store.copy_to(&copy).unwrap();
    let mut copied = SqliteStore::open(&copy, Durability::Full).unwrap();
    assert_eq!(copied.vault(&vault), Ok(Some(Vault { version: 1, sealed: Bytes::from_static(b"sealed") })));
}
