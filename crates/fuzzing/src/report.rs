//! Reports: files and bodies that others made, and what stands behind a passphrase.

use crate::bytes::{seeds, vectors};
use ::report::{Answer, Bundle, Half, Mark, Number, Pictures, Report, Sealed, Told, Trust, Withdrawal, verify};

/// There is one encoding of a body, and whatever is well-formed gets a verdict. Nothing that a fuzzer makes up is proved.
pub fn body(data: &[u8]) {
    if let Ok(report) = Report::from_bytes(data) {
        assert_eq!(report.to_bytes(), data);
        let verdict = verify(&report, data, &Trust::default());
        assert!(!verdict.first_line().is_empty());
        assert!(verdict.proved().count() <= report.items().count());
        ::report::exhibit::exhibit(&verdict, &::report::exhibit::Printing { time: &|at| at.0.to_string(), file: None, pictures: None });
    }
    if let Ok(told) = Told::from_bytes(data) {
        assert_eq!(told.to_bytes(), data);
        let printing = ::report::exhibit::Printing { time: &|at| at.0.to_string(), file: None, pictures: None };
        let text = ::report::exhibit::text(&::report::exhibit::told(&told, &printing));
        assert!(text.starts_with(::report::exhibit::TOLD_FIRST), "nothing comes before it");
    }
    if let Ok(mark) = Mark::from_bytes(data) {
        assert_eq!(mark.to_bytes(), data);
        let account = mark.account(&Trust::default());
        assert!(account.is_none() || body_seeds().iter().any(|seed| seed == data), "nobody else makes one");
    }
}

pub fn body_seeds() -> Vec<Vec<u8>> {
    seeds(&vectors("report.json"), |name| ["body", "told", "answerable", "mark"].contains(&name))
}

/// What a desk says to who reported, and a report that is taken back.
pub fn answer(data: &[u8]) {
    if let Ok(answer) = Answer::from_bytes(data) {
        assert_eq!(answer.to_bytes(), data);
        let account = answer.account(&Trust::default());
        assert!(account.is_none() || answer_seeds().iter().any(|seed| seed == data), "nobody else makes one");
    }
    if let Ok(withdrawal) = Withdrawal::from_bytes(data) {
        assert_eq!(withdrawal.to_bytes(), data);
        assert_eq!(Number::parse(&withdrawal.number().to_string()), Some(withdrawal.number()), "it names a report");
    }
}

pub fn answer_seeds() -> Vec<Vec<u8>> {
    seeds(&vectors("report.json"), |name| ["answer", "withdrawal"].contains(&name))
}

/// A file that is changed anywhere does not open.
pub fn file(data: &[u8]) {
    let reader = ::report::AddresseeSecret::from_seed(&[0x51; 32]);
    if let Ok(sealed) = Sealed::parse(data)
        && let Ok(contents) = sealed.open(&reader)
    {
        assert_eq!(data, file_seeds()[0], "only the file of the vectors is sealed to this key");
        assert_eq!(contents.report.to_bytes(), *contents.body);
    }
    if let Ok(pictures) = Pictures::from_bytes(data) {
        assert_eq!(*pictures.to_bytes(), data);
    }
}

pub fn file_seeds() -> Vec<Vec<u8>> {
    [seeds(&vectors("report.json"), |name| name == "file"), seeds(&vectors("report.json"), |name| name == "pictures")].concat()
}

/// What people type or hand over as text.
pub fn text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Bundle::parse(text);
    if let Some(half) = Half::from_words(text) {
        assert!(Half::from_words(&half.words()).is_some());
    }
    if let Some(number) = Number::parse(text) {
        assert_eq!(Number::parse(&number.to_string()), Some(number));
    }
    assert!(!::report::exhibit::safe(text).contains('\u{1b}'));
}

pub fn text_seeds() -> Vec<Vec<u8>> {
    let vectors = vectors("report.json");
    let mut all: Vec<Vec<u8>> = vec![b"0123-456-789".to_vec(), include_bytes!("../../report/trust.bundle").to_vec()];
    all.extend(vectors["halves"].as_array().expect("halves").iter().filter_map(|half| Some(half.as_str()?.as_bytes().to_vec())));
    all
}
