use super::*;
use franking::{ClientCert, ClientKey, FrankingKey, IdentityKey, Validity};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use report::Says;
use report::{Case as Secret, Recipients, Sealable, Told, seal};
use view::AnswerStands;
use view::{CaseVerdict, DeskCase};
use wire::ClientId;

const NOW: Millis = Millis(1_800_000_000_000);
const DOOR: PassHash = PassHash([1; 32]);
const MEMBERS: PassHash = PassHash([2; 32]);

struct Person {
    account: AccountId,
    cert: ClientCert,
    franking: FrankingKey,
}

fn person(seed: u8) -> Person {
    let identity = IdentityKey::from_seed(&[seed; 32]);
    let (franking, client) = (FrankingKey::from_seed(&[seed + 1; 32]), ClientKey::from_seed(&[seed + 2; 32]));
    let validity = Validity { not_before: Millis(NOW.0 - 1000), not_after: Millis(NOW.0 + 1_000_000) };
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    let cert = ClientCert::issue(&identity, ClientId([seed; 16]), &client, &franking, franking::Class::Native, validity, &mut rng);
    Person { account: identity.account(), cert: cert.unwrap(), franking }
}

fn inbox(members: &[&Person]) -> Inbox {
    Inbox {
        secret: AddresseeSecret::from_seed(&[9; 32]),
        trust: Trust::default(),
        rules: Rules {
            drop: DOOR,
            members: members.iter().map(|person| person.account).collect(),
            deputy: None,
            named: BTreeSet::new(),
            hours: 24,
            keep_days: 30,
        },
        own: members[0].account,
        now: NOW,
        wanted: None,
        cases: vec![],
        places: BTreeMap::new(),
        marks: BTreeMap::new(),
        said: BTreeSet::new(),
        withdrawals: BTreeMap::new(),
        gone: BTreeSet::new(),
        last: Seq::START,
        log: Follow::new(wire::LogId([1; 32]), None, None),
        cut: false,
        here: BTreeMap::new(),
        erased: BTreeMap::new(),
        records: Records::of_log(wire::LogId([1; 32])),
    }
}

fn file(of: &impl Sealable, seed: u8) -> Vec<u8> {
    let readers = vec![AddresseeSecret::from_seed(&[9; 32]).public()];
    seal(of, &Recipients { readers, passphrase: None }, &mut ChaCha20Rng::from_seed([seed; 32])).unwrap()
}

fn number() -> Number {
    Number::parse("0123-456-789").unwrap()
}

fn told() -> Vec<u8> {
    let told = Told::new(NOW, number(), report::Reason::Mean, "s".into(), "It began on Monday.".into(), String::new());
    file(&told.unwrap(), 1)
}

fn mark(of: &Person, says: Says, note: &str, seed: u8) -> Vec<u8> {
    let said = (NOW, number(), says, note.to_owned());
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    file(&Mark::make(said, &franking::Authority::none(), (&of.cert, &of.franking), &mut rng).unwrap(), seed)
}

/// Each record at the next place.
fn take(inbox: &mut Inbox, at: Millis, by: PassHash, record: &[u8]) {
    let seen = inbox.cases.iter().flat_map(|case| &case.records).count()
        + inbox.marks.values().flatten().count()
        + inbox.withdrawals.values().flatten().count();
    inbox.take(Seq(seen as u64 + 1), at, by, record);
}

fn shown(inbox: &Inbox) -> DeskCase {
    inbox.case("0123-456-789", &|at| at.0.to_string()).unwrap()
}

#[test]
fn what_comes_by_the_public_door_or_from_no_member_is_no_word_of_the_team() {
    let (cleo, dora, stranger) = (person(10), person(20), person(30));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, DOOR, &told());
    take(&mut inbox, NOW, DOOR, &mark(&stranger, Says::Closed, "All is well.", 2));
    take(&mut inbox, NOW, MEMBERS, &mark(&stranger, Says::Closed, "All is well.", 3));
    // A member's own words, which somebody else gives in.
    take(&mut inbox, NOW, DOOR, &mark(&dora, Says::Closed, "All is well.", 4));
    let case = shown(&inbox);
    assert_eq!((case.row.state, case.marks.len(), inbox.rows().working), (CaseState::Unopened, 0, 0));
    take(&mut inbox, NOW, MEMBERS, &mark(&dora, Says::Closed, "All is well.", 5));
    let case = shown(&inbox);
    assert_eq!((case.row.state, case.marks.len(), inbox.rows().working), (CaseState::Closed, 1, 1));
    assert_eq!(case.row.verdict, CaseVerdict::Unprovable);
}

#[test]
fn a_client_works_for_a_week_after_it_looked_and_again_after_it_looks_again() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, MEMBERS, &mark(&cleo, Says::Here, "", 6));
    take(&mut inbox, NOW, MEMBERS, &mark(&dora, Says::Here, "", 7));
    let stands = |inbox: &mut Inbox, days: u64| {
        inbox.now = NOW.plus(days * DAY);
        (inbox.rows().working, inbox.is_here())
    };
    // Whoever looks says so once a day, not each time.
    assert_eq!([0, 1, 6, 7].map(|days| stands(&mut inbox, days)), [(2, true), (2, false), (2, false), (0, false)]);
    inbox.say_here();
    assert_eq!((inbox.rows().working, inbox.is_here()), (1, true));
    take(&mut inbox, NOW.plus(8 * DAY), MEMBERS, &mark(&dora, Says::Looked, "", 8));
    assert_eq!(stands(&mut inbox, 8), (2, false), "any mark is a sign of life");
    assert_eq!(stands(&mut inbox, 14), (1, false));
}

#[test]
fn a_report_stands_as_it_was_marked_last_and_the_same_file_is_one_report() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, DOOR, &told());
    take(&mut inbox, NOW, DOOR, &told());
    assert_eq!(inbox.rows().cases.len(), 1);
    assert!(inbox.is_new_to_me("0123-456-789") && !inbox.is_new_to_me("9999-999-999"));
    for (says, state) in [
        (Says::Looked, CaseState::Open),
        (Says::PoliceFirst, CaseState::PoliceFirst),
        (Says::Note, CaseState::PoliceFirst),
        (Says::Refused, CaseState::Refused),
        (Says::Open, CaseState::Open),
    ] {
        take(&mut inbox, NOW, MEMBERS, &mark(&cleo, says, "", 7));
        assert_eq!(shown(&inbox).row.state, state);
    }
    assert!(!inbox.is_new_to_me("0123-456-789"));
}

#[test]
fn what_a_member_gave_in_before_stands_once_when_it_is_asked_for_again() {
    let (cleo, dora) = (person(10), person(20));
    let notes = |inbox: &Inbox| shown(inbox).marks.into_iter().map(|mark| mark.note).collect::<Vec<_>>();
    let words = "Spoke with both at the gate.";
    let (did, given) = (("0123-456-789", DeskSays::Note, words), mark(&cleo, Says::Note, words, 9));
    let mut new = inbox(&[&cleo, &dora]);
    take(&mut new, NOW, DOOR, &told());
    new.did(did, &given);
    assert_eq!(notes(&new), [words]);
    // The server had it: the core that gave it in ended before it could say so.
    let mut again = inbox(&[&cleo, &dora]);
    take(&mut again, NOW, DOOR, &told());
    take(&mut again, NOW, MEMBERS, &given);
    again.did(did, &given);
    assert_eq!(notes(&again), [words]);
    // The same words a second time are a second note.
    again.did(did, &mark(&cleo, Says::Note, words, 10));
    assert_eq!(notes(&again), [words, words]);
}

fn secret() -> Secret {
    Secret::from_bytes([5; 32])
}

/// Told by who comes back for an answer.
fn answerable(at: Millis) -> Vec<u8> {
    let case = secret();
    let told = Told::new(at, case.number(), report::Reason::Mean, "s".into(), "It began on Monday.".into(), String::new()).unwrap();
    file(&told.answerable(case.return_key().public()), 1)
}

fn noted(of: &Person, says: Says, note: &str, seed: u8) -> Vec<u8> {
    let said = (NOW, secret().number(), says, note.to_owned());
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    file(&Mark::make(said, &franking::Authority::none(), (&of.cert, &of.franking), &mut rng).unwrap(), seed)
}

fn withdrawal() -> Vec<u8> {
    file(&Withdrawal::of(&secret()), 40)
}

#[test]
fn a_report_that_was_taken_back_has_no_words_and_does_not_come_back() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    let number = secret().number().to_string();
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    take(&mut inbox, NOW, MEMBERS, &noted(&dora, Says::Note, "She says that it began on Monday.", 41));
    assert!(inbox.return_key(&number).is_some() && inbox.duties().is_empty());
    take(&mut inbox, NOW, DOOR, &withdrawal());
    // The same bytes, and the same words sealed anew, as a server or whoever kept them could bring them.
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    take(&mut inbox, NOW, DOOR, &answerable(Millis(NOW.0 + 1)));
    let rows = inbox.rows();
    let states: Vec<_> = rows.cases.iter().map(|case| (case.state, case.verdict)).collect();
    assert_eq!(states, [(CaseState::TakenBack, CaseVerdict::Gone)]);
    let case = inbox.case(&number, &|at| at.0.to_string()).unwrap();
    assert_eq!((case.exhibit, case.marks.len(), case.files, case.file), (vec![], 0, vec![], vec![]));
    assert!(inbox.exhibit(&number, &|at| at.0.to_string()).is_none() && inbox.return_key(&number).is_none());
    let duties = inbox.duties();
    let duty = &duties[0];
    // Every time that it was brought, and the note that quotes it.
    assert_eq!((duties.len(), duty.records.len(), duty.note.is_some()), (1, 4, true));
    assert_eq!(
        duty.answer.as_ref().map(|(to, stands)| (to.clone(), *stands)),
        Some((secret().return_key().public(), AnswerStands::TakenBack))
    );
    // Once that is done it is not said again; what is brought again goes again.
    let note = duty.note.clone().unwrap();
    take(&mut inbox, NOW, MEMBERS, &noted(&cleo, Says::Deleted, &note, 42));
    let again = inbox.duties();
    assert!(again[0].note.is_none() && again[0].answer.is_none());
    assert_eq!((inbox.rows().counts.taken_back, inbox.rows().counts.deleted), (1, 1));
}

#[test]
fn who_has_the_number_alone_takes_nothing_back_and_gets_no_answer() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    let number = secret().number();
    let other = Secret::from_bytes([6; 32]);
    take(&mut inbox, NOW, DOOR, &file(&Withdrawal::of(&other), 43));
    // Not even who tried so long that their secret gives the same number: it gives another return key.
    let tried = Back { seq: Seq(9), at: NOW, key: other.return_key().public() };
    inbox.withdrawals.entry(number).or_default().push(tried);
    assert!(inbox.find(&number.to_string()).is_some() && inbox.duties().is_empty() && inbox.rows().counts.taken_back == 0);
    // Nor is a report that nobody can take back taken back by its number.
    let mut kept = self::inbox(&[&cleo, &dora]);
    take(&mut kept, NOW, DOOR, &told());
    kept.withdrawals.entry(self::number()).or_default().push(Back { seq: Seq(9), at: NOW, key: other.return_key().public() });
    assert_eq!(shown(&kept).row.state, CaseState::Unopened);
    // Under somebody else's number, with a return address of one's own.
    let told = Told::new(NOW, number, report::Reason::Mean, "s".into(), "Answer me instead.".into(), String::new()).unwrap();
    take(&mut inbox, NOW, DOOR, &file(&told.answerable(other.return_key().public()), 44));
    assert_eq!(inbox.return_key(&number.to_string()), Some(secret().return_key().public()));
    let exhibit = inbox.exhibit(&number.to_string(), &|at| at.0.to_string()).unwrap();
    assert!(exhibit.contains("It began on Monday.") && !exhibit.contains("Answer me instead."), "{exhibit}");
}

#[test]
fn what_was_done_before_it_was_taken_back_is_said_to_stay() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    take(&mut inbox, NOW, MEMBERS, &noted(&dora, Says::Restricted, &"ab".repeat(32), 45));
    take(&mut inbox, NOW, DOOR, &withdrawal());
    assert_eq!(inbox.duties()[0].answer.as_ref().map(|(_, stands)| *stands), Some(AnswerStands::TakenBackLate));
    let case = inbox.case(&secret().number().to_string(), &|at| at.0.to_string()).unwrap();
    assert_eq!(case.marks.iter().map(|mark| mark.says).collect::<Vec<_>>(), [DeskSays::Restricted]);
}

#[test]
fn the_deputy_sees_what_nobody_opened_in_time_and_nothing_before() {
    let (cleo, dora, evan) = (person(10), person(20), person(30));
    let at_desk = |now: u64, own: &Person| {
        let mut inbox = inbox(&[&cleo, &dora, &evan]);
        (inbox.rules.deputy, inbox.own, inbox.now) = (Some(evan.account), own.account, Millis(now));
        take(&mut inbox, NOW, DOOR, &answerable(NOW));
        inbox
    };
    let due = NOW.0 + 24 * HOUR;
    assert_eq!(at_desk(due - 1, &cleo).rows().cases.len(), 1, "a member sees it at once");
    let early = at_desk(due - 1, &evan);
    assert!(early.rows().cases.is_empty() && !early.has(&secret().number().to_string()));
    assert_eq!(at_desk(due, &evan).rows().cases.len(), 1, "sealed to the deputy from the beginning");
    let opened = |at: u64| {
        let mut inbox = at_desk(due + 1, &evan);
        inbox.take(Seq(2), Millis(at), MEMBERS, &noted(&dora, Says::Looked, "", 46));
        inbox.rows().cases.len()
    };
    assert_eq!((opened(due - 1), opened(due)), (0, 1));
    // What the deputy has begun they go on with.
    let mut begun = at_desk(due + 1, &evan);
    begun.take(Seq(2), Millis(due), MEMBERS, &noted(&evan, Says::Looked, "", 47));
    begun.now = Millis(due + 40 * HOUR);
    assert_eq!(begun.rows().cases.len(), 1);
}

#[test]
fn a_report_closed_long_enough_is_taken_from_the_server_unless_a_file_of_it_is_held() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    let blob = "cd".repeat(32);
    let until = NOW.0 + 50 * DAY;
    take(&mut inbox, NOW, MEMBERS, &noted(&dora, Says::Held, &format!("{blob}\n{until}"), 48));
    take(&mut inbox, NOW, MEMBERS, &noted(&dora, Says::Closed, "Spoke to both.", 49));
    inbox.now = Millis(NOW.0 + 30 * DAY - 1);
    assert!(inbox.duties().is_empty());
    inbox.now = Millis(NOW.0 + 30 * DAY);
    assert!(inbox.duties().is_empty(), "a file is held");
    inbox.now = Millis(until);
    assert_eq!(inbox.duties().len(), 1);
    take(&mut inbox, NOW, MEMBERS, &noted(&cleo, Says::Released, &blob, 50));
    inbox.now = Millis(NOW.0 + 30 * DAY);
    let duties = inbox.duties();
    // The report and the words written when it was closed; that it was closed stays.
    assert_eq!((duties[0].records.len(), duties[0].answer.is_none()), (2, true));
    take(&mut inbox, Millis(NOW.0 + 30 * DAY), MEMBERS, &noted(&cleo, Says::Deleted, "", 51));
    assert!(inbox.rows().cases.is_empty());
    assert_eq!((inbox.rows().counts.closed, inbox.rows().counts.deleted, inbox.rows().counts.held), (1, 1, 1));
    take(&mut inbox, NOW, MEMBERS, &noted(&cleo, Says::Open, "", 52));
    assert!(inbox.rows().cases.is_empty(), "what was deleted is not opened again");
}

#[test]
fn what_somebody_had_taken_from_the_server_without_a_word_is_shown_with_who_it_was() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    inbox.take(Seq(1), NOW, DOOR, &told());
    let erased = |seq, by: &Person| erased_by(by, seq);
    // As anybody could say it, by any pass but the server's own.
    inbox.take(Seq(2), NOW, MEMBERS, &erased(1, &dora));
    inbox.take(Seq(3), NOW, DOOR, &erased(1, &dora));
    assert_eq!(inbox.rows().erased, []);
    inbox.take(Seq(6), NOW, PassHash::SERVER, &erased(4, &dora));
    inbox.take(Seq(7), NOW.plus(DAY), PassHash::SERVER, &erased(5, &dora));
    inbox.take(Seq(8), NOW, PassHash::SERVER, &erased(9, &cleo));
    let shown = |inbox: &Inbox| {
        inbox.rows().erased.into_iter().map(|erased| (erased.account, erased.records, erased.at_ms)).collect::<BTreeSet<_>>()
    };
    let (of_dora, of_cleo) = ((dora.account.to_string(), 2, NOW.plus(DAY).0), (cleo.account.to_string(), 1, NOW.0));
    assert_eq!(shown(&inbox), BTreeSet::from([of_dora.clone(), of_cleo.clone()]));
    // A mark says with which report it went: of one that was neither taken back nor done with it explains nothing.
    inbox.take(Seq(10), NOW, MEMBERS, &noted(&cleo, Says::Deleted, "9 12", 60));
    assert_eq!(shown(&inbox), BTreeSet::from([of_dora.clone(), of_cleo]));
    inbox.take(Seq(11), NOW, MEMBERS, &noted(&dora, Says::Closed, "", 61));
    inbox.take(Seq(12), NOW.plus(31 * DAY), MEMBERS, &noted(&cleo, Says::Deleted, "9 12", 62));
    assert_eq!(shown(&inbox), BTreeSet::from([of_dora]));
}

fn erased_by(person: &Person, seq: u64) -> Vec<u8> {
    Erased { seq: Seq(seq), h: Hash32([1; 32]), by: person.account }.encode()
}

/// Somebody's report and what was noted of it, at the first three places; behind them one that Dora made up, took back, and marked as gone with all five.
fn let_go_under_another_number(cleo: &Person, dora: &Person) -> Vec<(PassHash, Vec<u8>)> {
    vec![
        (DOOR, told()),
        (MEMBERS, mark(cleo, Says::Note, "Spoke to her.", 80)),
        (MEMBERS, mark(cleo, Says::Looked, "", 81)),
        (DOOR, answerable(NOW)),
        (DOOR, withdrawal()),
        (MEMBERS, noted(dora, Says::Deleted, "1 2 3 4 5", 82)),
    ]
}

fn take_from(inbox: &mut Inbox, first: u64, records: &[(PassHash, Vec<u8>)]) {
    for (seq, (by, record)) in (first..).zip(records) {
        inbox.take(Seq(seq), NOW, *by, record);
    }
}

#[test]
fn what_a_member_lets_go_under_another_reports_number_is_shown_as_taken_without_a_word() {
    let (cleo, dora) = (person(10), person(20));
    let all = let_go_under_another_number(&cleo, &dora);
    let erased: Vec<_> = (1..=5).map(|seq| (PassHash::SERVER, erased_by(&dora, seq))).collect();
    let without_a_word = |inbox: &Inbox| {
        let rows = inbox.rows().erased.into_iter();
        rows.map(|erased| (erased.account == dora.account.to_string(), erased.records)).collect::<Vec<_>>()
    };
    let mut before = inbox(&[&cleo, &dora]);
    take_from(&mut before, 1, &all);
    take_from(&mut before, 7, &erased);
    // Her own went with her own; nothing that anybody did, nor what took it back, went with any.
    assert_eq!(without_a_word(&before), [(true, 4)]);
    // It is read in her mark how many she names.
    let case = before.case(&secret().number().to_string(), &|at| at.0.to_string()).unwrap();
    let marks: Vec<_> = case.marks.iter().map(|mark| (mark.says, mark.records, mark.note.as_str())).collect();
    assert_eq!(marks, [(DeskSays::Deleted, 5, "")]);

    // When the log has no more than that, the device still knows what was there. So it does when another secret is found that gives the same number.
    let db = crate::store::open_in_memory().unwrap();
    before.records.keep(&db, NOW).unwrap();
    let mut after = inbox(&[&cleo, &dora]);
    after.records.load(&db).unwrap();
    take_from(&mut after, 6, &all[5..]);
    take_from(&mut after, 7, &erased);
    after.withdrawals.entry(secret().number()).or_default().push(Back { seq: Seq(5), at: NOW, key: secret().return_key().public() });
    let tried = Back { seq: Seq(12), at: NOW, key: Secret::from_bytes([6; 32]).return_key().public() };
    after.withdrawals.entry(number()).or_default().push(tried);
    take_from(&mut after, 13, &[(MEMBERS, mark(&dora, Says::Deleted, "1 2", 83))]);
    assert_eq!(without_a_word(&after), [(true, 4)]);
    assert_eq!(after.rows().counts.taken_back, 1, "her own");

    // Who had read nothing of it has her word alone.
    let mut new = inbox(&[&cleo, &dora]);
    take_from(&mut new, 5, &all[4..]);
    take_from(&mut new, 7, &erased);
    assert_eq!(without_a_word(&new), [(true, 1)], "what took hers back is still there to be read");
}

#[test]
fn an_open_report_does_not_go_with_another_that_names_its_return_address() {
    let (cleo, dora) = (person(10), person(20));
    let address = secret().return_key().public();
    let other = Told::new(NOW, number(), report::Reason::Mean, "s".into(), "Nothing.".into(), String::new()).unwrap();
    let mut before = inbox(&[&cleo, &dora]);
    before.now = NOW.plus(40 * DAY);
    before.take(Seq(1), NOW, DOOR, &answerable(NOW));
    before.take(Seq(2), NOW, DOOR, &file(&other.answerable(address), 84));
    before.take(Seq(3), NOW, MEMBERS, &mark(&dora, Says::Closed, "", 85));
    before.take(Seq(4), NOW.plus(31 * DAY), MEMBERS, &mark(&dora, Says::Deleted, "2", 86));
    let went: BTreeSet<Hash32> = before.went().collect();
    assert_eq!(went.len(), 1);

    let mut after = inbox(&[&cleo, &dora]);
    after.gone = went;
    after.take(Seq(1), NOW, DOOR, &answerable(NOW));
    let number = secret().number().to_string();
    assert!(after.is_there(&number) && after.rows().cases.len() == 1 && after.duties().is_empty());
    // And by its number and its own address alone it is news that it was taken back.
    let mut seen = after.all_seen();
    let mut look = inbox(&[&cleo, &dora]);
    let tried = Back { seq: Seq(5), at: NOW, key: Secret::from_bytes([6; 32]).return_key().public() };
    look.withdrawals.entry(secret().number()).or_default().push(tried);
    assert!(!look.news(&mut seen));
    take(&mut look, NOW, DOOR, &withdrawal());
    assert!(look.news(&mut seen));
}

#[test]
fn of_a_log_that_is_cut_short_it_is_said_and_nothing_is_taken_from_it() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    take(&mut inbox, NOW, MEMBERS, &noted(&dora, Says::Closed, "", 87));
    inbox.now = NOW.plus(31 * DAY);
    assert!(!inbox.rows().other_log && inbox.duties().len() == 1);
    inbox.cut_short();
    // That it was opened again may stand in what is left out.
    assert!(inbox.rows().other_log && inbox.duties().is_empty());
}

#[test]
fn any_number_of_reports_does_nothing_by_itself() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    for n in 0..60 {
        let case = Secret::from_bytes([n; 32]);
        let told = Told::new(NOW, case.number(), report::Reason::Mean, "s".into(), "The same again.".into(), String::new()).unwrap();
        take(&mut inbox, NOW, DOOR, &file(&told, n));
    }
    let rows = inbox.rows();
    assert!(inbox.duties().is_empty() && rows.cases.iter().all(|case| case.state == CaseState::Unopened));
    assert_eq!((rows.cases.len(), rows.counts.restricted, rows.counts.accounts_closed), (60, 0, 0));
}

/// A friend of whom the report is about, in the team.
#[test]
fn that_a_report_was_taken_away_is_no_members_word_alone() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    let number = secret().number().to_string();
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    take(&mut inbox, NOW, MEMBERS, &noted(&dora, Says::Deleted, "", 60));
    let still = |inbox: &Inbox| {
        let case = inbox.case(&number, &|at| at.0.to_string()).expect("there");
        assert!(inbox.exhibit(&number, &|at| at.0.to_string()).unwrap().contains("It began on Monday."));
        assert_eq!((inbox.rows().cases.len(), inbox.rows().counts.deleted, inbox.duties().is_empty()), (1, 0, true));
        case.marks.iter().map(|mark| (mark.account == dora.account.to_string(), mark.says)).collect::<Vec<_>>()
    };
    // It is there, and so is who says that it is not.
    assert_eq!(still(&inbox), [(true, DeskSays::Deleted)]);
    // Nor if she says first that it is closed: the others have the time in which closed reports stay.
    take(&mut inbox, NOW, MEMBERS, &noted(&dora, Says::Closed, "", 61));
    take(&mut inbox, Millis(NOW.0 + 30 * DAY - 1), MEMBERS, &noted(&dora, Says::Deleted, "", 62));
    inbox.now = Millis(NOW.0 + 30 * DAY - 1);
    assert_eq!(still(&inbox).len(), 3);
    // And what was said before it was taken back is not what was done then: who took it back is answered.
    take(&mut inbox, NOW, DOOR, &withdrawal());
    assert!(inbox.duties()[0].answer.is_some() && inbox.duties()[0].note.is_some());
}

#[test]
fn whom_a_report_is_about_has_no_say_in_how_it_stands() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    inbox.cases[0].about.insert(dora.account);
    for (seed, says) in (63..).zip([Says::Looked, Says::Note, Says::Closed, Says::Restricted, Says::Deleted]) {
        take(&mut inbox, NOW, MEMBERS, &noted(&dora, says, "Nothing in it.", seed));
    }
    let number = secret().number().to_string();
    let case = inbox.case(&number, &|at| at.0.to_string()).expect("there");
    assert_eq!((case.row.state, case.row.notes, case.marks.len()), (CaseState::Unopened, 0, 0));
    inbox.now = Millis(NOW.0 + 40 * DAY);
    assert!(inbox.duties().is_empty() && inbox.rows().counts.closed == 0);
    take(&mut inbox, NOW, MEMBERS, &noted(&cleo, Says::Looked, "", 70));
    assert_eq!(inbox.case(&number, &|at| at.0.to_string()).unwrap().row.state, CaseState::Open);
}

/// By the server, or by any member with their own pass.
#[test]
fn a_mark_that_is_given_in_again_stands_where_it_stood() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    let said = (NOW, secret().number(), Says::Closed, String::new());
    let closed =
        Mark::make(said, &franking::Authority::none(), (&dora.cert, &dora.franking), &mut ChaCha20Rng::from_seed([71; 32])).unwrap();
    take(&mut inbox, NOW, MEMBERS, &file(&closed, 72));
    take(&mut inbox, Millis(NOW.0 + 1), MEMBERS, &noted(&cleo, Says::PoliceFirst, "", 73));
    // The same bytes, and the same mark sealed anew.
    take(&mut inbox, Millis(NOW.0 + 2), MEMBERS, &file(&closed, 72));
    take(&mut inbox, Millis(NOW.0 + 3), MEMBERS, &file(&closed, 74));
    let number = secret().number().to_string();
    let case = inbox.case(&number, &|at| at.0.to_string()).unwrap();
    assert_eq!((case.row.state, case.marks.len(), inbox.may_be_seen(&number)), (CaseState::PoliceFirst, 2, false));
}

/// After 90 days neither the withdrawal nor what the team noted is on the server any more.
#[test]
fn what_this_device_saw_go_does_not_come_back_whoever_brings_it() {
    let (cleo, dora) = (person(10), person(20));
    let mut before = inbox(&[&cleo, &dora]);
    take(&mut before, NOW, DOOR, &answerable(NOW));
    take(&mut before, NOW, DOOR, &withdrawal());
    let key = before.cases[0].key();
    let mut later = inbox(&[&cleo, &dora]);
    later.gone.insert(key);
    take(&mut later, NOW, DOOR, &answerable(Millis(NOW.0 + 5)));
    let number = secret().number().to_string();
    assert!(later.rows().cases.is_empty() && !later.has(&number) && later.exhibit(&number, &|at| at.0.to_string()).is_none());
    // It is taken from the server as it came: nobody is answered twice.
    let duty = &later.duties()[0];
    assert!(duty.note.is_some() && duty.answer.is_none() && duty.records.len() == 1);
    // Another report is another report, and the first reading does all that is due.
    take(&mut later, NOW, DOOR, &told());
    assert_eq!(later.rows().cases.len(), 1);
    assert!(before.duties()[0].note.is_some() && before.duties()[0].answer.is_some());
}

#[test]
fn a_file_that_two_reports_have_held_is_let_go_of_with_the_second() {
    let (cleo, dora) = (person(10), person(20));
    let mut inbox = inbox(&[&cleo, &dora]);
    let (one, two) = (number().to_string(), secret().number().to_string());
    let blob = "cd".repeat(32);
    let held = format!("{blob}\n{}", NOW.0 + DAY);
    take(&mut inbox, NOW, DOOR, &told());
    take(&mut inbox, NOW, DOOR, &answerable(NOW));
    take(&mut inbox, NOW, MEMBERS, &mark(&dora, Says::Held, &held, 75));
    assert!(inbox.is_held_elsewhere(&two, &blob) && !inbox.is_held_elsewhere(&one, &blob));
    take(&mut inbox, NOW, MEMBERS, &noted(&cleo, Says::Held, &held, 76));
    assert!(inbox.is_held_elsewhere(&one, &blob) && inbox.held_until(&two, &blob) == Some(Millis(NOW.0 + DAY)));
    take(&mut inbox, NOW, MEMBERS, &mark(&dora, Says::Released, &blob, 77));
    assert!(!inbox.is_held_elsewhere(&two, &blob), "the second lets it go");
    // One whose time is over holds nothing.
    inbox.now = Millis(NOW.0 + DAY);
    assert!(!inbox.is_held_elsewhere(&one, &blob));
}
