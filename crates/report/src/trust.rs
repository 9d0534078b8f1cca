//! Where trust in a key comes from. The bundle is part of the program and so of what a release signs; nothing in it ever comes from a server.

pub(crate) use franking::AUTHORITY_OF_TESTS;
use franking::{Authority, AuthorityId, StampPublic};
use std::sync::LazyLock;
use wire::Hash32;

/// The bundle of this program (docs/spec/report.md, "Trust bundle").
pub(crate) const SHIPPED: &str = include_str!("../trust.bundle");
const TITLE: &str = "treehouse trust bundle 1";
/// Lines of a bundle that somebody gives.
const LINES_MAX: usize = 4096;

/// Where a key is known from, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The bundle of this program.
    Bundle,
    /// A bundle that whoever verifies gave.
    Given,
    /// Pinned by an account of theirs on that server.
    Pinned,
    /// The server at the address in the report, asked now by whoever verifies.
    Fetched,
    /// Nothing but the report says so. Never called verified.
    OnlyThisFile,
}

/// Whether a report is stamped by the server of whoever checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// They check it without an account.
    None,
    Own,
    /// By another key than the one that their account pinned: whoever has that key can make up times, order and accounts alone.
    Another,
}

/// What a server said of itself at its greeting, to whoever verifies and asked at the address in the report. Its identity signed for the stamp key; what
/// ties both to the address is how it was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub host: String,
    pub identity: Hash32,
    pub stamp_key: Hash32,
}

/// An Authority that proofs may be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAuthority {
    pub authority: Authority,
    /// Who holds its secret; `nobody` until somebody does.
    pub name: String,
    /// An operator's own: it runs the server as well, and the first line of every verdict says so.
    pub operator: bool,
}

/// The stamp key of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedServer {
    pub host: String,
    pub stamp_key: StampPublic,
}

/// Keys from one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    pub authorities: Vec<NamedAuthority>,
    pub servers: Vec<NamedServer>,
}

/// Why a text is no bundle, by its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    #[error("it does not begin as a trust bundle of this version")]
    Title,
    #[error("line {0} is no line of a trust bundle")]
    Line(usize),
    #[error("line {0} names no usable key")]
    Key(usize),
    #[error("line {0} names the Authority of the tests, whose secret everybody knows")]
    OfTests(usize),
    #[error("too many lines")]
    TooLong,
}

impl Bundle {
    /// The one that this program came with.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn shipped() -> &'static Self {
        static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| Bundle::parse(SHIPPED).expect("the bundle of this program"));
        &BUNDLE
    }

    /// Reads `authority KEY NAME`, `operator-authority KEY NAME` and `server HOST KEY`, a line each, after the title; `#` begins a comment.
    ///
    /// # Errors
    /// The first line that is not so.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return Err(BundleError::Title);
        }
        let mut bundle = Self::default();
        for (number, line) in (2..).zip(lines) {
            if number > LINES_MAX {
                return Err(BundleError::TooLong);
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                [sort @ ("authority" | "operator-authority"), key, name @ ..] if !name.is_empty() => {
                    let operator = *sort == "operator-authority";
                    let key = key_of(key, number)?;
                    if key == AUTHORITY_OF_TESTS {
                        return Err(BundleError::OfTests(number));
                    }
                    let authority = Authority::from_bytes(&key).map_err(|_| BundleError::Key(number))?;
                    bundle.authorities.push(NamedAuthority { authority, name: name.join(" "), operator });
                }
                ["server", host, key] => {
                    let stamp_key = StampPublic::from_bytes(&key_of(key, number)?).map_err(|_| BundleError::Key(number))?;
                    bundle.servers.push(NamedServer { host: (*host).to_owned(), stamp_key });
                }
                _ => return Err(BundleError::Line(number)),
            }
        }
        Ok(bundle)
    }

    /// A bundle with the Authority of the tests. No release has this: it does not compile there.
    #[cfg(debug_assertions)]
    pub fn of_tests() -> Self {
        let authority = franking::AuthoritySecret::for_tests().authority();
        Self { authorities: vec![NamedAuthority { authority, name: "tests".into(), operator: false }], servers: Vec::new() }
    }

    /// The Authority with this id.
    pub fn authority(&self, id: AuthorityId) -> Option<&NamedAuthority> {
        self.authorities.iter().find(|named| named.authority.id() == id)
    }
}

/// The host in an address, however it is written: two writings of one server are no two servers.
fn host_of(address: &str) -> String {
    let address = address.trim().to_lowercase();
    let (scheme, rest) = address.split_once("://").unwrap_or(("https", &address));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let usual = if matches!(scheme, "http" | "ws") { ":80" } else { ":443" };
    host.strip_suffix(usual).unwrap_or(host).trim_end_matches('.').to_owned()
}

fn key_of(hex: &str, line: usize) -> Result<[u8; 32], BundleError> {
    wire::Hash32::from_hex(hex).map(|key| key.0).ok_or(BundleError::Key(line))
}

/// Everything whoever verifies knows besides the file.
#[derive(Debug, Clone)]
pub struct Trust {
    bundles: Vec<(Bundle, Source)>,
    fetched: Option<Fetched>,
}

impl Default for Trust {
    fn default() -> Self {
        Self::only(Bundle::shipped().clone())
    }
}

impl Trust {
    /// Only what is given: for tests, and for programs with a bundle of their own.
    pub fn only(bundle: Bundle) -> Self {
        Self { bundles: vec![(bundle, Source::Bundle)], fetched: None }
    }

    /// Adds keys from another place.
    #[must_use]
    pub fn with(mut self, bundle: Bundle, source: Source) -> Self {
        self.bundles.push((bundle, source));
        self
    }

    /// Adds what the server of the report says now.
    #[must_use]
    pub fn with_fetched(mut self, fetched: Fetched) -> Self {
        self.fetched = Some(fetched);
        self
    }

    /// What the server says now, if it has this key.
    pub fn fetched(&self, key: &StampPublic) -> Option<&Fetched> {
        self.fetched.as_ref().filter(|fetched| fetched.stamp_key.0 == *key.as_bytes())
    }

    /// Whether the server was asked now and has another key. It was asked at the address in the report: no other writing of it passes this by.
    pub fn fetched_another(&self, key: &StampPublic) -> bool {
        self.fetched.is_some() && self.fetched(key).is_none()
    }

    /// The Authority with this key, and where it is known from. An Authority that only the file names is none.
    pub fn authority(&self, key: &[u8; 32]) -> Option<(&NamedAuthority, Source)> {
        self.bundles.iter().find_map(|(bundle, source)| {
            let named = bundle.authorities.iter().find(|named| named.authority.as_bytes() == key)?;
            Some((named, source.clone()))
        })
    }

    /// Where the stamp key of a report is known from, and under which name.
    pub fn stamp_key(&self, key: &StampPublic) -> (Source, Option<&str>) {
        let found = self.bundles.iter().find_map(|(bundle, source)| {
            let server = bundle.servers.iter().find(|server| server.stamp_key == *key)?;
            Some((source.clone(), Some(server.host.as_str())))
        });
        let now = || self.fetched(key).map(|fetched| (Source::Fetched, Some(fetched.host.as_str())));
        found.or_else(now).unwrap_or((Source::OnlyThisFile, None))
    }

    /// Whose key it is, for somebody with an account: that of the server where the account is, or another's.
    pub fn home(&self, key: &StampPublic) -> Home {
        let pinned = || self.bundles.iter().filter(|(_, source)| *source == Source::Pinned).flat_map(|(bundle, _)| &bundle.servers);
        match pinned().next() {
            None => Home::None,
            Some(_) if pinned().any(|server| server.stamp_key == *key) => Home::Own,
            Some(_) => Home::Another,
        }
    }

    /// Whether another stamp key is known for this host: then the file names a false one.
    pub fn contradicts(&self, host: &str, key: &StampPublic) -> bool {
        let mut known =
            self.bundles.iter().flat_map(|(bundle, _)| &bundle.servers).filter(|server| host_of(&server.host) == host_of(host)).peekable();
        known.peek().is_some() && known.all(|server| server.stamp_key != *key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use franking::AuthoritySecret;

    fn hex(bytes: &[u8; 32]) -> String {
        wire::Hash32(*bytes).to_string()
    }

    #[test]
    fn the_bundle_of_this_program_names_nobody() {
        let bundle = Bundle::shipped();
        assert_eq!(bundle.authorities.len(), 1);
        assert!(bundle.authorities[0].authority.is_none() && bundle.authorities[0].name == "nobody");
    }

    #[test]
    fn the_authority_of_the_tests_is_refused_from_any_bundle() {
        let key = hex(&AUTHORITY_OF_TESTS);
        for line in [format!("authority {key} tests"), format!("operator-authority {key} tests")] {
            let text = format!("{TITLE}\n{line}\n");
            assert_eq!(Bundle::parse(&text), Err(BundleError::OfTests(2)));
        }
    }

    #[test]
    fn a_bundle_is_read_line_by_line() {
        let authority = AuthoritySecret::from_seed(&[3; 32]).authority();
        let stamp = franking::StampKey::from_seed(&[4; 32]).public();
        let text = format!(
            "{TITLE}\n\n# who\nauthority {} Two bodies\nserver chat.example.org {}\n",
            hex(authority.as_bytes()),
            hex(stamp.as_bytes())
        );
        let bundle = Bundle::parse(&text).unwrap();
        assert_eq!(bundle.authority(authority.id()).unwrap().name, "Two bodies");
        let trust = Trust::only(Bundle::default()).with(bundle, Source::Given);
        assert_eq!(trust.stamp_key(&stamp), (Source::Given, Some("chat.example.org")));
        let other = franking::StampKey::from_seed(&[5; 32]).public();
        assert_eq!(trust.stamp_key(&other), (Source::OnlyThisFile, None));
        assert!(trust.contradicts("chat.example.org", &other) && !trust.contradicts("other.example.org", &other));
        assert!(!trust.contradicts("chat.example.org", &stamp));
    }

    #[test]
    fn a_server_is_one_server_however_its_address_is_written() {
        let own = franking::StampKey::from_seed(&[4; 32]).public();
        let other = franking::StampKey::from_seed(&[5; 32]).public();
        let at = |host: &str| Bundle { authorities: vec![], servers: vec![NamedServer { host: host.to_owned(), stamp_key: own }] };
        let trust = Trust::only(Bundle::default()).with(at("https://chat.example.org"), Source::Pinned);
        for written in [
            "chat.example.org",
            "https://chat.example.org",
            "https://Chat.Example.org/",
            "https://chat.example.org:443",
            "http://chat.example.org:80/x?y",
            "wss://someone@chat.example.org.",
            " chat.example.org ",
        ] {
            assert!(trust.contradicts(written, &other) && !trust.contradicts(written, &own), "{written}");
        }
        for another in ["chat.example.com", "https://chat.example.org:8443", "chat.example.org.example.com", ""] {
            assert!(!trust.contradicts(another, &other), "{another}");
        }
        assert_eq!((trust.home(&own), trust.home(&other)), (Home::Own, Home::Another));
        // Known to the program, too: it stays the account's own.
        assert_eq!(Trust::only(at("chat.example.org")).with(at("https://chat.example.org"), Source::Pinned).home(&own), Home::Own);
        assert_eq!(Trust::only(at("chat.example.org")).home(&own), Home::None);
    }

    #[test]
    fn what_is_no_bundle_is_refused_by_its_line() {
        for (text, error) in [
            ("", BundleError::Title),
            ("treehouse trust bundle 2\n", BundleError::Title),
            ("treehouse trust bundle 1\nauthority 00\n", BundleError::Line(2)),
            ("treehouse trust bundle 1\n\nauthority 00 x\n", BundleError::Key(3)),
            ("treehouse trust bundle 1\nserver chat.example.org\n", BundleError::Line(2)),
            ("treehouse trust bundle 1\nanything else\n", BundleError::Line(2)),
        ] {
            assert_eq!(Bundle::parse(text), Err(error), "{text}");
        }
    }
}
