//! What a person holds: 12 words of BIP 39, or the file that holds them.

use bip39::{Error, Language, Mnemonic};
use view::{VaultRefusal, Words};
use zeroize::Zeroizing;

/// How many words there are.
const COUNT: usize = 12;
/// 12 words of 11 bits: 128 bits and 4 of checksum.
const BYTES: usize = 16;

/// The 128 bits behind the words.
#[derive(Clone)]
pub(crate) struct Entropy(Zeroizing<[u8; BYTES]>);

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy([redacted])")
    }
}

impl Entropy {
    pub fn new(bytes: [u8; BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub fn expose(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// The words, one space between them; nothing only if the library does not do what it says.
    pub fn words(&self) -> Option<Words> {
        let mnemonic = Mnemonic::from_entropy_in(Language::English, self.expose()).ok()?;
        // No room is given back on the way, so that no half of the words is left behind in memory.
        let mut text = String::with_capacity(COUNT * 9);
        for word in mnemonic.words() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        Some(Words::new(text))
    }

    /// # Errors
    /// What is wrong with the words, so that a person can mend it.
    pub fn parse(words: &Words) -> Result<Self, VaultRefusal> {
        let mut text = Zeroizing::new(String::with_capacity(words.expose().len()));
        let mut found = 0;
        for word in words.expose().split_whitespace() {
            found += 1;
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&Zeroizing::new(word.to_lowercase()));
        }
        if found != COUNT {
            return Err(VaultRefusal::Count { found: u32::try_from(found).unwrap_or(u32::MAX) });
        }
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &text).map_err(|error| match error {
            Error::UnknownWord(at) => VaultRefusal::Unknown { number: u32::try_from(at + 1).unwrap_or(u32::MAX) },
            _ => VaultRefusal::Mistyped,
        })?;
        let (bytes, length) = mnemonic.to_entropy_array();
        let bytes = Zeroizing::new(bytes);
        match bytes.first_chunk::<BYTES>() {
            Some(entropy) if length == BYTES => Ok(Self::new(*entropy)),
            _ => Err(VaultRefusal::Mistyped),
        }
    }
}

/// What a recovery file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    pub words: Words,
    pub server: String,
}

const FIRST_LINE: &str = "Treehouse recovery, version 1";
const SERVER: &str = "Server: ";

/// The recovery file: text that says what it is.
pub fn recovery_text(words: &Words, server: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    text.push_str(FIRST_LINE);
    text.push_str("\n\nWhoever has these 12 words has this account. Print this file or keep it where\nnobody else looks; then delete other copies.\n\n");
    text.push_str(SERVER);
    text.push_str(server);
    text.push_str("\n\n");
    for (number, word) in (1..).zip(words.expose().split_whitespace()) {
        let end = if number % 4 == 0 { "\n" } else { "" };
        let line = Zeroizing::new(format!("{number:>2} {word:<13}"));
        text.push_str(if end.is_empty() { &line } else { line.trim_end() });
        text.push_str(end);
    }
    text.push_str("\nTo come back on a new device: open that address, choose \"I already have an\naccount\" and this file. Or: treehouse restore --file THIS-FILE\n");
    text
}

impl Recovery {
    /// # Errors
    /// [`VaultRefusal::NotAFile`]. The words are looked at when they are used.
    pub fn parse(text: &str) -> Result<Self, VaultRefusal> {
        let mut lines = text.lines().map(str::trim);
        if lines.next().map(|line| line.trim_start_matches('\u{feff}')) != Some(FIRST_LINE) {
            return Err(VaultRefusal::NotAFile);
        }
        let (mut server, mut words) = (None, Zeroizing::new(String::with_capacity(text.len())));
        let mut wanted = 1;
        for line in lines {
            if let Some(url) = line.strip_prefix(SERVER) {
                server = server.or_else(|| Some(url.trim().to_owned()));
                continue;
            }
            if server.is_none() {
                continue;
            }
            let mut parts = line.split_whitespace();
            while let Some(number) = parts.next() {
                if number.parse() != Ok(wanted) {
                    break;
                }
                let Some(word) = parts.next() else { break };
                words.push_str(word);
                words.push(' ');
                wanted += 1;
            }
        }
        match server {
            Some(server) if wanted == COUNT + 1 => Ok(Self { words: Words::new(words.trim_end().to_owned()), server }),
            _ => Err(VaultRefusal::NotAFile),
        }
    }
}
