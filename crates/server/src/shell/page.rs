//! The page in the browser: files that were made before the program and put into it, under headers that keep everything else out.

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// One file of the page, as it was packed.
#[derive(Debug, Clone, Copy)]
pub struct PageFile {
    /// From the page's root, with `/` in front.
    pub path: &'static str,
    pub plain: &'static [u8],
    pub brotli: &'static [u8],
    /// Changes whenever the file does.
    pub hash: &'static str,
}

/// A page, or none: then the program was built without.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page(pub &'static [PageFile]);

/// Where browsers tell what the page's policy refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportsTo(Arc<str>);

/// It is no address that can stand in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no address: it begins with https:// or http:// and has no spaces, commas or semicolons")]
pub struct NoAddress;

impl ReportsTo {
    /// # Errors
    /// [`NoAddress`]: what ends a directive would add others to the policy.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let begins = text.starts_with("https://") || text.starts_with("http://");
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b";,'\"".contains(&byte));
        if begins && plain { Ok(Self(text.into())) } else { Err(NoAddress) }
    }
}

/// What a browser says of what it wants.
pub struct Wish<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    /// The name it called, of which HTTP/2 makes no header.
    pub authority: Option<&'a str>,
    pub link: Link,
    pub reports: Option<&'a ReportsTo>,
}

/// How the browser reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Tls,
    /// Only on this machine, or behind a proxy.
    Plain,
}

const INDEX: &str = "/index.html";
/// What is shown to somebody who has logged out.
const BYE: &str = "/bye";
const BYE_FILE: &str = "/bye.html";
/// The page asks for this header's effect by a POST that bears a header of its own: no link, form or other site can, so that nobody logs
/// somebody else out. Browsers ask first before they send such a header elsewhere, and are not allowed to.
const LEAVING: &str = "treehouse-log-out";
const CLEAR: &str = "\"cache\", \"cookies\", \"storage\"";
/// The page that checks reports: to be saved and opened elsewhere, never here, where its own policy would not be the only one.
const TO_SAVE: &str = "/verify.html";
const ASSETS: &str = "/assets/";
/// First parts of the addresses, besides `/`, that the page itself understands: contact links, invitations, its own screens, what needs no account
/// (help, telling the safety team), and the safety team's own.
const ROUTES: &[&str] = &["c", "i", "app", "help", "talk", "families", "know", "report", "desk"];
const NO_PAGE: &str = "This is a Treehouse server. It carries messages that it cannot read.\n\n\
    This build has no page for the browser: `cargo xtask build` makes one with it. The command line works:\n\
    treehouse signup USERNAME --server URL\n\
    An invitation is accepted with: treehouse signup USERNAME --server 'THE WHOLE LINK'\n";

const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"),
];

impl Page {
    /// The answer to whatever no other path took.
    pub fn answer(self, wish: &Wish<'_>) -> Response {
        let mut response = self.body(wish);
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        if let Ok(policy) = HeaderValue::from_str(&policy(wish)) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    fn body(self, wish: &Wish<'_>) -> Response {
        if wish.path == BYE && wish.method == Method::POST && wish.headers.contains_key(LEAVING) {
            let mut response = short(StatusCode::NO_CONTENT, "");
            response.headers_mut().insert("clear-site-data", HeaderValue::from_static(CLEAR));
            return response;
        }
        let first = wish.path.split('/').nth(1).unwrap_or_default();
        let route = wish.path == "/" || ROUTES.contains(&first);
        let wanted = match wish.path {
            _ if route => INDEX,
            BYE => BYE_FILE,
            path => path,
        };
        let reads = wish.method == Method::GET || wish.method == Method::HEAD;
        match self.0.iter().find(|file| file.path == wanted) {
            None if !route => short(StatusCode::NOT_FOUND, "There is nothing here.\n"),
            _ if !reads => short(StatusCode::METHOD_NOT_ALLOWED, ""),
            Some(file) => served(file, wish.headers),
            None => short(StatusCode::OK, NO_PAGE),
        }
    }
}

fn short(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn served(file: &PageFile, asked: &HeaderMap) -> Response {
    let brotli = takes_brotli(asked);
    let etag = format!("\"{}{}\"", file.hash, if brotli { "-br" } else { "" });
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|list| list.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let mut response = match (known, brotli) {
        (true, _) => Response::new(Body::empty()),
        (false, true) => Response::new(Body::from(file.brotli)),
        (false, false) => Response::new(Body::from(file.plain)),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(file.path)));
    // The names of assets hold their hash: what is under such a name never changes.
    let keep = if file.path.starts_with(ASSETS) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if file.path == TO_SAVE {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"treehouse-verify.html\""));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    if brotli && !known {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    response
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    let lists = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case("br") && !refused
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        // Anything else and it is not compiled while it comes.
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// What the page may do: run and load what came from here, nothing else. Were somebody to get text into it as HTML, it would do nothing.
fn policy(wish: &Wish<'_>) -> String {
    // Sockets are named as well: older browsers do not count them to 'self'.
    let host = wish.headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(wish.authority).filter(|host| is_host(host));
    let sockets = match (host, wish.link) {
        (Some(host), Link::Tls) => format!(" wss://{host}"),
        (Some(host), Link::Plain) => format!(" ws://{host} wss://{host}"),
        (None, _) => String::new(),
    };
    // Not `report-to`: browsers keep those back for a minute.
    let reports = wish.reports.map(|ReportsTo(address)| format!("; report-uri {address}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'{sockets}; img-src 'self' blob: data:; \
         media-src 'self' blob:; style-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'none'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types treehouse{reports}"
    )
}

/// A name that can stand in a policy without adding to it.
fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

#[cfg(test)]
mod tests;
