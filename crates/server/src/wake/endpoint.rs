//! Where a push service takes a knock for one device, and which addresses a server may call at all.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::{Hash32, limits};

/// The address of one device at its push service: whoever has it can make that device show something.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    /// `https://host` or `https://host:port`.
    origin: String,
    host: String,
    port: u16,
    tls: bool,
}

impl Endpoint {
    /// # Errors
    /// It is not an address of this kind; `None` says no more, for whoever sent it knows.
    pub fn parse(url: &str) -> Option<Self> {
        let printable = url.bytes().all(|byte| byte.is_ascii_graphic());
        if url.len() > limits::ENDPOINT_MAX || !printable || url.contains(['@', '#', '\\']) {
            return None;
        }
        let uri: hyper::Uri = url.parse().ok()?;
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let origin = format!("{}://{}", uri.scheme_str()?, uri.authority()?.as_str().to_ascii_lowercase());
        (!host.is_empty()).then(|| Self { url: url.to_owned(), origin, host, port, tls })
    }

    pub fn as_str(&self) -> &str {
        &self.url
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// The path and what follows it.
    pub fn path(&self) -> &str {
        self.url.get(self.origin.len()..).filter(|path| path.starts_with('/')).unwrap_or("/")
    }

    /// What stands for it in memory.
    pub fn print(&self) -> Hash32 {
        Hash32::of(self.url.as_bytes())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint([redacted])")
    }
}

/// Whether an address is one of the public internet. A server that calls any address it is given is a door into its own network.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

/// By the IANA registry of special addresses (RFC 6890 and its heirs).
fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let special = v4.is_unspecified() || a == 0 || v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_multicast();
    let shared = a == 100 && (64..128).contains(&b);
    let tests = v4.is_documentation() || (a == 198 && (b == 18 || b == 19));
    let protocol = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    !(special || shared || tests || protocol || a >= 240)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [a, b, ..] = v6.segments();
    // Only what is given out at all (2000::/3), without what leads back to IPv4 or stands in books.
    let given_out = a & 0xe000 == 0x2000;
    let tunnels = a == 0x2002 || (a == 0x2001 && b < 0x0200);
    let books = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    given_out && !tunnels && !books
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_taken_apart_and_prints_nothing() {
        let endpoint = Endpoint::parse("https://Push.Example:8443/send/abc?x=1").unwrap();
        assert_eq!((endpoint.origin(), endpoint.host(), endpoint.port()), ("https://push.example:8443", "push.example", 8443));
        assert_eq!((endpoint.path(), endpoint.is_tls()), ("/send/abc?x=1", true));
        assert_eq!(format!("{endpoint:?}"), "Endpoint([redacted])");
        let bare = Endpoint::parse("http://[::1]").unwrap();
        assert_eq!((bare.host(), bare.port(), bare.path()), ("::1", 80, "/"));
    }

    #[test]
    fn what_is_no_address_of_a_push_service_is_none() {
        let long = format!("https://push.example/{}", "x".repeat(limits::ENDPOINT_MAX));
        for url in
            ["", "push.example", "/send", "ftp://push.example/", "https://", "https://me@push.example/", "https://push.example/ a", &long]
        {
            assert_eq!(Endpoint::parse(url), None, "{url}");
        }
        assert_eq!(Endpoint::parse("https://push.example/#x"), None);
        assert_eq!(Endpoint::parse("https://push.example/\r\nhost: x"), None);
    }

    #[test]
    fn only_the_public_internet_is_public() {
        let inside = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
        ];
        for address in inside {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["1.1.1.1", "142.250.1.1", "100.63.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
