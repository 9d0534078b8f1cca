use crate::client::*;
use bytes::Bytes;
use std::sync::atomic::Ordering;
use wire::call::*;
use wire::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_appended_acknowledged_and_pushed() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let mut bob = Client::arrive(server.address(), 2).await;
    alice.make_log(log(1)).await;
    assert_eq!(bob.subscribe(7, log(1), 1, 0).await, Response::Subscribed { news: vec![], gone: vec![] });
    let stamp = alice.append(content(log(1), "hello", 0)).await.unwrap();
    let push = bob.push().await;
    assert_eq!((push.number, &push.records[0].stamp, push.records[0].record.as_ref()), (7, &stamp, b"hello".as_slice()));
    assert_eq!(alice.append(content(log(1), "hello", 0)).await, Ok(stamp), "the same bytes, the same answer");
    let key = franking::StampPublic::from_bytes(&alice.hello().await.stamp_key).unwrap();
    let signed = franking::SignedStamp::from_wire(log(1).route(), Hash32::of(b"hello"), &push.records[0].stamp);
    signed.verify(&key).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_typed_and_the_connection_stays() {
    let home = Home::new();
    let server = home.serve().await;
    let mut stranger = Client::connect(server.address()).await;
    assert_eq!(stranger.append(content(log(1), "a", 0)).await, Err(Refusal::NoSession));
    let mut alice = Client::arrive(server.address(), 1).await;
    alice.make_log(log(1)).await;
    assert_eq!(alice.append(content(log(2), "a", 0)).await, Err(Refusal::NoPass));
    assert_eq!(alice.append(content(log(1), "a", 9)).await, Err(Refusal::Stale { last_commit: Seq(0) }));
    let no_swap = Append { changes: vec![PassChange::Swap(token(9).hash())], ..content(log(1), "a", 0) };
    assert_eq!(alice.append(no_swap).await, Err(Refusal::Malformed));
    assert!(alice.append(content(log(1), "a", 0)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_request_are_answered_and_survived() {
    let home = Home::new();
    let server = home.serve().await;
    let mut client = Client::arrive(server.address(), 1).await;
    for (bytes, id, refusal) in [
        (vec![0xff; 40], 0, Refusal::Malformed),
        (vec![0x08, 0x2a], 42, Refusal::Unsupported),
        (vec![0x08, 0x2b, 0x12, 0x04, 0xfa, 0x3e, 0x01, 0x00], 43, Refusal::Unsupported),
        (vec![0x08, 0x2c, 0x12, 0x02, 0x2a, 0x00], 44, Refusal::Unsupported),
    ] {
        client.send_raw(bytes.into()).await;
        assert_eq!(client.answer(id).await, Response::Refused(refusal));
    }
    assert!(matches!(client.ask(Request::CountKeyPackages).await, Response::KeyPackageCount { .. }));
    let mut loud = Client::arrive(server.address(), 2).await;
    loud.send_raw(vec![0; limits::FRAME_MAX + 1].into()).await;
    assert!(loud.next().await.is_none(), "a message beyond every limit ends the connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_appends_at_once_are_all_answered_in_order() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let mut bob = Client::arrive(server.address(), 2).await;
    alice.make_log(log(1)).await;
    bob.subscribe(1, log(1), 1, 0).await;
    for n in 0..1000u64 {
        alice.send(Frame::Request { id: 1000 + n, request: Request::Append(content(log(1), &n.to_string(), 0)) }).await;
    }
    for n in 0..1000u64 {
        assert!(matches!(alice.answer(1000 + n).await, Response::Appended(stamp) if stamp.seq == Seq(n + 1)));
    }
    let mut heard = 0;
    while heard < 1000 {
        for record in bob.push().await.records {
            assert_eq!((record.stamp.seq, record.record), (Seq(heard + 1), Bytes::from(heard.to_string())));
            heard += 1;
        }
        bob.send(Frame::Acks(vec![Ack { number: 1, seq: Seq(heard) }])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_two_thousand_chats_comes_back_with_one_request() {
    let home = Home::new();
    let server = home.serve().await;
    let id = |n: u32| {
        let mut id = [7; 32];
        id[..4].copy_from_slice(&n.to_be_bytes());
        LogId(id)
    };
    // An account makes 500 logs a day, so four make them.
    let mut creators = Vec::new();
    for n in 0..4 {
        creators.push(Client::arrive(server.address(), 10 + n).await);
    }
    for n in 0..2000 {
        creators[n as usize / 500].make_log(id(n)).await;
    }
    for n in [3, 1999] {
        creators[0].append(content(id(n), "news", 0)).await.unwrap();
    }
    let mut bob = Client::arrive(server.address(), 1).await;
    let entries = (0..2000).map(|n| Subscription { number: n, log: id(n), pass: token(1), cursor: Seq(0) }).collect();
    let Response::Subscribed { news, gone } = bob.ask(Request::Subscribe { entries }).await else { panic!("not subscribed") };
    let mut numbers: Vec<_> = news.iter().map(|news| news.number).collect();
    numbers.sort();
    assert_eq!((numbers, gone), (vec![3, 1999], vec![]));
    let mut pushed = [bob.push().await.number, bob.push().await.number];
    pushed.sort();
    assert_eq!(pushed, [3, 1999]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_records_come_in_pages_and_new_ones_follow() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    alice.make_log(log(1)).await;
    for n in 0..200u64 {
        alice.append(content(log(1), &n.to_string(), 0)).await.unwrap();
    }
    let mut bob = Client::arrive(server.address(), 2).await;
    bob.subscribe(1, log(1), 1, 50).await;
    let mut heard = 50;
    let mut pages = Vec::new();
    while heard < 200 {
        let push = bob.push().await;
        assert_eq!(push.records[0].stamp.seq, Seq(heard + 1));
        pages.push(push.records.len());
        heard += push.records.len() as u64;
    }
    assert_eq!(pages, [64, 64, 22]);
    alice.append(content(log(1), "new", 0)).await.unwrap();
    assert_eq!(bob.push().await.records[0].stamp.seq, Seq(201));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_acknowledge_is_closed_and_others_are_not() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    let mut slow = Client::arrive(server.address(), 2).await;
    alice.make_log(log(1)).await;
    slow.subscribe(1, log(1), 1, 0).await;
    for n in 0..300u64 {
        alice.append(content(log(1), &n.to_string(), 0)).await.unwrap();
    }
    // Time passes in seconds of its own until the connection is closed.
    let passing = async {
        loop {
            home.clock.fetch_add(1000, Ordering::SeqCst);
            server.tick().await;
            tokio::task::yield_now().await;
        }
    };
    let mut heard = 0;
    let close = tokio::select! {
        () = passing => unreachable!(),
        close = async {
            while heard < 256 {
                heard += slow.push().await.records.len();
            }
            slow.goodbye().await
        } => close,
    };
    assert_eq!((close, heard), (Some(1008), 256));
    let metrics = http(server.address(), "GET /metrics", &[], &[]).await.text();
    assert!(metrics.contains("\ntreehouse_stalled_total 1\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_records_die_and_old_ones_too() {
    let home = Home::new();
    let server = home.serve().await;
    let mut alice = Client::arrive(server.address(), 1).await;
    alice.make_log(log(1)).await;
    alice.make_log(log(2)).await;
    alice.subscribe(1, log(1), 1, 0).await;
    alice.subscribe(2, log(1), 2, 0).await;
    alice.append(content(log(1), "read by all", 0)).await.unwrap();
    alice.append(content(log(2), "read by none", 0)).await.unwrap();
    for _ in 0..2 {
        let number = alice.push().await.number;
        alice.send(Frame::Acks(vec![Ack { number, seq: Seq(1) }])).await;
    }
    let read = |id| Request::ReadLog { log: id, pass: token(1), after: Seq(0), limit: 1 };
    let until_gone = async |client: &mut Client, id| {
        // The committer clears away when it has nothing else to do.
        loop {
            let Response::Page { records, head } = client.ask(read(id)).await else { panic!("no page") };
            assert_eq!(head, Seq(1), "the head outlives its records");
            if records.is_empty() {
                return;
            }
        }
    };
    until_gone(&mut alice, log(1)).await;
    assert!(matches!(alice.ask(read(log(2))).await, Response::Page { records, .. } if records.len() == 1));
    home.clock.fetch_add(limits::RECORD_RETENTION, Ordering::SeqCst);
    let mut alice = Client::arrive(server.address(), 1).await;
    until_gone(&mut alice, log(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_calls_go_by_post() {
    let home = Home::new();
    let server = home.serve().await;
    let address = server.address();
    let person = Person::new(1);
    let post = async |path: &str, bearer: Option<&Bearer>, request: Request| {
        let authorization = bearer.map(authorization);
        let headers: Vec<_> = authorization.as_deref().map(|value| ("authorization", value)).into_iter().collect();
        http(address, &format!("POST /v1/{path}"), &headers, &request.encode()).await
    };
    let ask = async |path: &str, bearer: Option<&Bearer>, request: Request| {
        let answer = post(path, bearer, request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Response::decode(answer.body.into()).unwrap()
    };
    let hello = Request::Hello { versions: vec![1], features: vec![] };
    let Response::Welcome(welcome) = ask("Session/Hello", None, hello.clone()).await else { panic!("no welcome") };
    assert!(matches!(ask("Account/SignUp", None, person.sign_up(None)).await, Response::SignedUp { .. }));
    let Response::Session { bearer, .. } = ask("Session/Open", None, person.claim(&welcome, &[0; 32])).await else { panic!("no session") };
    let create = Request::CreateLog { log: log(1), passes: vec![new_pass(1, Role::Owner), new_pass(2, Role::Member)], inbox: false };
    assert_eq!(ask("Log/Create", Some(&bearer), create).await, Response::Done);
    let append = Request::Append(content(log(1), "by post", 0));
    assert!(matches!(ask("Log/Append", Some(&bearer), append.clone()).await, Response::Appended(_)));
    let read = Request::ReadLog { log: log(1), pass: token(1), after: Seq(0), limit: 9 };
    assert!(matches!(ask("Log/Read", Some(&bearer), read).await, Response::Page { records, .. } if records.len() == 1));
    assert_eq!(ask("Log/Append", None, append.clone()).await, Response::Refused(Refusal::NoSession));
    assert_eq!(ask("Log/Append", Some(&Bearer::new([0; 32])), append.clone()).await, Response::Refused(Refusal::NoSession));
    assert_eq!(post("Log/Read", Some(&bearer), append).await.status, 404, "the path names the call");
    assert_eq!(post("Log/Nothing", None, hello).await.status, 404);
    let garbage = http(address, "POST /v1/Log/Append", &[], &[0xff; 10]).await;
    assert_eq!((garbage.status, Response::decode(garbage.body.into())), (400, Ok(Response::Refused(Refusal::Malformed))));
    assert_eq!(http(address, "POST /v1/Log/Append", &[], &vec![0; limits::FRAME_MAX + 1]).await.status, 413);
}
