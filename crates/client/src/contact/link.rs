//! Contact links: everything another person needs to reach this inbox once, so that no directory is asked.
//!
//! `URL/c#` + base64url, unpadded, of `version u8 = 1 | account 32 | inbox 32 | drop pass 32`. The part behind `#` never reaches a server.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wire::{AccountId, LogId, PassToken};

const VERSION: u8 = 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// `https://host[:port]`, without a slash at the end.
    pub server: String,
    pub account: AccountId,
    pub inbox: LogId,
    pub drop: PassToken,
}

/// The text is not a contact link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a contact link")]
pub struct BadLink;

impl Link {
    pub fn to_url(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.account.0);
        bytes.extend_from_slice(&self.inbox.0);
        bytes.extend_from_slice(self.drop.expose());
        format!("{}/c#{}", self.server, URL_SAFE_NO_PAD.encode(bytes))
    }

    /// # Errors
    /// Another scheme, another version, or not exactly these bytes.
    pub fn parse(url: &str) -> Result<Self, BadLink> {
        let (server, secret) = url.trim().split_once("/c#").ok_or(BadLink)?;
        if !(server.starts_with("https://") || server.starts_with("http://")) {
            return Err(BadLink);
        }
        let bytes = URL_SAFE_NO_PAD.decode(secret).map_err(|_| BadLink)?;
        let [VERSION, rest @ ..] = bytes.as_slice() else { return Err(BadLink) };
        let ([account, inbox, drop], []) = rest.as_chunks::<32>() else { return Err(BadLink) };
        Ok(Self { server: server.to_owned(), account: AccountId(*account), inbox: LogId(*inbox), drop: PassToken::new(*drop) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_survives_the_clipboard() {
        let link = Link {
            server: "https://chat.example.org".into(),
            account: AccountId([1; 32]),
            inbox: LogId([2; 32]),
            drop: PassToken::new([3; 32]),
        };
        assert_eq!(Link::parse(&format!(" {}\n", link.to_url())), Ok(link));
    }

    #[test]
    fn anything_shortened_or_changed_in_shape_is_refused() {
        let link =
            Link { server: "https://a".into(), account: AccountId([1; 32]), inbox: LogId([2; 32]), drop: PassToken::new([3; 32]) }.to_url();
        for len in 0..link.len() {
            assert_eq!(Link::parse(&link[..len]), Err(BadLink), "{len}");
        }
        assert_eq!(Link::parse(&link.replace("https", "ftp")), Err(BadLink));
    }
}
