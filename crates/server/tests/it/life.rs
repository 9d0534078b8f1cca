use crate::client::*;
use server::shell::{Admin, AdminError, Running, ServeError};
use server::store::Day;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use wire::call::*;
use wire::*;

async fn start(home: &Home) -> Option<ServeError> {
    Running::start(home.options(None), Arc::new(|| Millis(NOW))).await.err()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_restart_under_the_same_keys() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let before = alice.hello().await;
    alice.make_log(log(1)).await;
    let stamp = alice.append(content(log(1), "kept", 0)).await.unwrap();
    server.stop().await.unwrap();

    let server = home.serve().await;
    let mut alice = Client::connect(server.address()).await;
    let after = alice.hello().await;
    assert_eq!((before.server, before.stamp_key), (after.server, after.stamp_key));
    alice.open_session(&Person::new(1)).await;
    let read = Request::ReadLog { log: log(1), pass: token(1), after: Seq(0), limit: 9 };
    let Response::Page { records, .. } = alice.ask(read).await else { panic!("no page") };
    assert_eq!(records.iter().map(|record| &record.stamp).collect::<Vec<_>>(), [&stamp]);
    assert_eq!(alice.append(content(log(1), "kept", 0)).await, Ok(stamp), "an answer that was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_says_goodbye_after_it_has_answered() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    alice.make_log(log(1)).await;
    for n in 0..100u64 {
        alice.send(Frame::Request { id: 1000 + n, request: Request::Append(content(log(1), &n.to_string(), 0)) }).await;
    }
    alice.answer(1000).await;
    server.stop().await.unwrap();
    let mut answered = 1;
    let close = loop {
        match alice.next().await {
            Some(Frame::Response { response: Response::Appended(_), .. }) => answered += 1,
            Some(other) => panic!("{other:?}"),
            None => break alice.goodbye().await,
        }
    };
    assert_eq!(close, None, "the goodbye was read already");
    let server = home.serve().await;
    let mut alice = Client::connect(server.address()).await;
    alice.open_session(&Person::new(1)).await;
    let Response::Page { head, .. } = alice.ask(Request::ReadLog { log: log(1), pass: token(1), after: Seq(0), limit: 1 }).await else {
        panic!()
    };
    assert!(head.0 >= answered, "{head:?} of {answered}");
    let idle = tokio::spawn(async move { alice.goodbye().await });
    server.stop().await.unwrap();
    assert_eq!(idle.await.unwrap(), Some(1001));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_holds_a_directory() {
    let home = Home::new();
    let server = home.serve().await;
    assert_eq!(start(&home).await, Some(ServeError::DirectoryInUse));
    server.stop().await.unwrap();
    assert_eq!(start(&home).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_said_plainly() {
    let (home, other) = (Home::new(), Home::new());
    let server = home.serve().await;
    let mut options = other.options(None);
    options.listen = server.address();
    assert_eq!(Running::start(options, Arc::new(|| Millis(NOW))).await.err(), Some(ServeError::PortInUse));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_private_and_are_never_made_twice() {
    let home = Home::new();
    home.serve().await.stop().await.unwrap();
    for name in ["identity", "stamp", "pepper"] {
        let path = home.data().join("keys").join(name);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        let key = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(start(&home).await, Some(ServeError::KeysDamaged), "a new one would be another server");
        assert!(!path.exists());
        std::fs::write(&path, &key[..31]).unwrap();
        assert_eq!(start(&home).await, Some(ServeError::KeysDamaged));
        std::fs::write(&path, key).unwrap();
    }
    assert_eq!(start(&home).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_a_file_or_foreign_is_refused() {
    let home = Home::new();
    std::fs::write(home.data(), "not a directory").unwrap();
    assert_eq!(start(&home).await, Some(ServeError::DirectoryReadOnly));
    let other = Home::new();
    other.serve().await.stop().await.unwrap();
    std::fs::write(other.data().join("treehouse.db"), vec![7; 8192]).unwrap();
    assert_eq!(start(&other).await, Some(ServeError::ForeignDatabase));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_signs_up_once_with_a_role() {
    let mut home = Home::new();
    home.config.invite_only = true;
    let server = home.serve().await;
    let codes = Admin::open(&home.data()).unwrap().invite(2, "teacher".into(), 20_000).unwrap();
    let mut client = Client::connect(server.address()).await;
    assert!(client.hello().await.invite_only);
    assert_eq!(client.ask(Person::new(1).sign_up(None)).await, Response::Refused(Refusal::InviteNeeded));
    let Response::SignedUp { handle_cert } = client.ask(Person::new(1).sign_up(Some(codes[0]))).await else { panic!("not signed up") };
    assert_eq!(auth::HandleCert::decode(&handle_cert).unwrap().role, "teacher");
    assert_eq!(client.ask(Person::new(2).sign_up(Some(codes[0]))).await, Response::Refused(Refusal::InviteSpent));
    assert!(matches!(client.ask(Person::new(2).sign_up(Some(codes[1]))).await, Response::SignedUp { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_closes_an_account_beside_the_running_server() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let mut bob = Client::arrive(server.address(), 2).await;
    let mut admin = Admin::open(&home.data()).unwrap();
    let account = Person::new(1).identity.account();
    let rows = admin.accounts().unwrap();
    assert_eq!(rows.iter().map(|row| (row.since, row.closed)).collect::<Vec<_>>(), [(Day::of(Millis(NOW)), false); 2]);
    assert_eq!(admin.close(AccountId([9; 32])), Err(AdminError::NoAccount));
    admin.close(account).unwrap();
    // The committer looks every second of real time; the clock that closes sockets is ours.
    let passing = async {
        loop {
            server.tick().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = passing => unreachable!(),
        close = alice.goodbye() => assert_eq!(close, Some(1008)),
    }
    assert!(matches!(bob.ask(Request::CountKeyPackages).await, Response::KeyPackageCount { .. }));
    let mut alice = Client::connect(server.address()).await;
    let welcome = alice.hello().await;
    assert_eq!(alice.ask(Person::new(1).claim(&welcome, &[0; 32])).await, Response::Refused(Refusal::AccountClosed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_serving_is_the_same_server_again() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let identity = alice.hello().await.server;
    alice.make_log(log(1)).await;
    let stamp = alice.append(content(log(1), "kept", 0)).await.unwrap();
    let (backup, restored) = (home.dir.path().join("backup"), Home::new());
    Admin::open(&home.data()).unwrap().backup(&backup).unwrap();
    assert_eq!(Admin::open(&home.data()).unwrap().backup(&backup), Err(AdminError::TargetExists));
    alice.append(content(log(1), "after the backup", 0)).await.unwrap();
    Admin::restore(&backup, &restored.data()).unwrap();
    assert_eq!(Admin::restore(&backup, &restored.data()), Err(AdminError::TargetExists));
    let server = restored.serve().await;
    let mut alice = Client::connect(server.address()).await;
    assert_eq!(alice.hello().await.server, identity);
    alice.open_session(&Person::new(1)).await;
    let Response::Page { records, .. } = alice.ask(Request::ReadLog { log: log(1), pass: token(1), after: Seq(0), limit: 9 }).await else {
        panic!()
    };
    assert_eq!(records.iter().map(|record| record.stamp.clone()).collect::<Vec<_>>(), [stamp]);
}
