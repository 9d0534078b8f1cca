//! A search for things that must not be there, in every dress in which a careless program leaves them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::{BTreeSet, HashMap};
use wire::Hash32;

/// Whether a server may know the hash of something: of a pass it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashed {
    Never,
    Allowed,
}

/// Something that is searched for: what it is, and the bytes.
type Needle = (String, Vec<u8>);

/// Shorter ones are found everywhere.
const LEAST: usize = 8;

/// Finds any of many needles in one pass.
#[derive(Default)]
pub struct Scanner {
    needles: Vec<Needle>,
    /// By their first eight bytes.
    begins: HashMap<[u8; LEAST], Vec<usize>>,
    /// Whether any begins with these two bytes.
    hints: Vec<bool>,
}

impl Scanner {
    /// Plants something in all its forms.
    pub fn plant(&mut self, what: &str, raw: &[u8], hashed: Hashed) {
        assert!(raw.len() >= LEAST, "{what} is too short to be told from chance");
        for (form, bytes) in forms(raw, hashed) {
            self.add(format!("{what}, {form}"), bytes);
        }
    }

    /// Plants every stretch of a file that is looked for: beginning, middle and end.
    pub fn plant_runs(&mut self, what: &str, file: &[u8]) {
        const RUN: usize = 40;
        for at in [0, file.len() / 3, file.len() / 2, file.len() - RUN] {
            self.plant(&format!("{what} from byte {at}"), &file[at..at + RUN], Hashed::Never);
        }
    }

    fn add(&mut self, what: String, bytes: Vec<u8>) {
        let begin = *bytes.first_chunk().unwrap();
        self.hints.resize(1 << 16, false);
        self.hints[usize::from(u16::from_be_bytes([begin[0], begin[1]]))] = true;
        self.begins.entry(begin).or_default().push(self.needles.len());
        self.needles.push((what, bytes));
    }

    /// What is in these bytes.
    pub fn find(&self, hay: &[u8]) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (at, window) in hay.windows(LEAST).enumerate() {
            if !self.hints[usize::from(window[0]) << 8 | usize::from(window[1])] {
                continue;
            }
            for needle in self.begins.get(window).into_iter().flatten() {
                let (what, bytes) = &self.needles[*needle];
                if hay[at..].starts_with(bytes) {
                    found.insert(what.as_str());
                }
            }
        }
        found
    }

    pub fn len(&self) -> usize {
        self.needles.len()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What base64 makes of bytes that stand behind `offset` others, without the letters that their neighbours have a say in.
fn base64_at(offset: usize, raw: &[u8], engine: &impl base64::Engine) -> Vec<u8> {
    let shifted = [&[0; 2][..offset], raw].concat();
    let text = engine.encode(&shifted).into_bytes();
    let before = [0, 2, 3][offset];
    let after = text.len() - [0, 1, 1][shifted.len() % 3];
    text[before..after].to_vec()
}

fn forms(raw: &[u8], hashed: Hashed) -> Vec<Needle> {
    let mut forms = vec![("raw".into(), raw.to_vec())];
    if let Ok(text) = std::str::from_utf8(raw) {
        let lower = text.to_lowercase();
        let utf_16 = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<_>>();
        forms.push(("UTF-16 LE".into(), utf_16(u16::to_le_bytes)));
        forms.push(("UTF-16 BE".into(), utf_16(u16::to_be_bytes)));
        forms.push(("lower case".into(), lower.into_bytes()));
        forms.push(("letters reversed".into(), text.chars().rev().collect::<String>().into_bytes()));
    }
    forms.push(("reversed".into(), raw.iter().rev().copied().collect()));
    forms.push(("hex".into(), hex(raw).into_bytes()));
    forms.push(("upper-case hex".into(), hex(raw).to_uppercase().into_bytes()));
    for offset in 0..3 {
        forms.push((format!("base64 at {offset}"), base64_at(offset, raw, &STANDARD_NO_PAD)));
        forms.push((format!("base64url at {offset}"), base64_at(offset, raw, &URL_SAFE_NO_PAD)));
    }
    if hashed == Hashed::Never {
        for (name, hash) in [("SHA-256", Hash32::of(raw).0), ("BLAKE3", *blake3::hash(raw).as_bytes())] {
            forms.push((format!("{name} in hex"), hex(&hash).into_bytes()));
            // Cut off, too, as prefixes of hashes are.
            forms.push((name.into(), hash[..16].to_vec()));
        }
    }
    forms.retain(|(_, bytes)| bytes.len() >= LEAST);
    forms
}

#[test]
fn a_planted_secret_is_found_in_every_form_wherever_it_stands() {
    let secret = "Canary Ä 4711";
    let mut scanner = Scanner::default();
    scanner.plant("canary", secret.as_bytes(), Hashed::Never);
    let forms = forms(secret.as_bytes(), Hashed::Never);
    assert_eq!((forms.len(), scanner.len()), (18, 18));
    for (form, bytes) in forms {
        for before in [0, 1, 8191] {
            let hay = [&vec![b'.'; before][..], &bytes, b"..."].concat();
            assert!(scanner.find(&hay).contains(format!("canary, {form}").as_str()), "{form} behind {before} bytes");
        }
        let spoilt: Vec<u8> = bytes.iter().enumerate().map(|(at, byte)| if at == 6 { byte ^ 1 } else { *byte }).collect();
        assert!(!scanner.find(&spoilt).contains(format!("canary, {form}").as_str()), "{form} with a wrong byte");
    }
}

#[test]
fn a_secret_is_found_by_what_programs_really_write() {
    let secret = b"Canary in a coal mine";
    let mut scanner = Scanner::default();
    scanner.plant("canary", secret, Hashed::Never);
    for (leak, form) in [
        (format!("{{\"name\":\"{}\"}}", STANDARD_NO_PAD.encode([b"a", &secret[..]].concat())), "canary, base64 at 1"),
        (format!("GET /{}", URL_SAFE_NO_PAD.encode([b"ab", &secret[..], b"c"].concat())), "canary, base64url at 2"),
        (format!("id={:x?}", hex(secret)), "canary, hex"),
        (format!("digest {}", Hash32::of(secret)), "canary, SHA-256 in hex"),
        (format!("digest {}", blake3::hash(secret).to_hex()), "canary, BLAKE3 in hex"),
        (String::from_utf8_lossy(secret).to_lowercase(), "canary, lower case"),
    ] {
        assert!(scanner.find(leak.as_bytes()).contains(form), "{leak}");
    }
}

#[test]
fn a_deleted_row_is_found_where_a_database_forgets_to_overwrite_it() {
    let secret = "The careless toy keeps this line";
    let dir = crate::world::folder();
    let path = dir.path().join("toy.db");
    let toy = rusqlite::Connection::open(&path).unwrap();
    toy.execute_batch("PRAGMA secure_delete = OFF; CREATE TABLE chat(id INTEGER PRIMARY KEY, line TEXT);").unwrap();
    toy.execute("INSERT INTO chat(line) VALUES (?1)", [secret]).unwrap();
    toy.execute_batch("DELETE FROM chat").unwrap();
    drop(toy);
    let mut scanner = Scanner::default();
    scanner.plant("line", secret.as_bytes(), Hashed::Never);
    assert!(scanner.find(&std::fs::read(&path).unwrap()).contains("line, raw"));
}
