use super::*;
use axum::http::HeaderName;

const PAGE: Page = Page(&[
    PageFile { path: "/index.html", plain: b"<!doctype html>", brotli: b"small html", hash: "11" },
    PageFile { path: "/verify.html", plain: b"check", brotli: b"small check", hash: "66" },
    PageFile { path: "/bye.html", plain: b"bye", brotli: b"small bye", hash: "55" },
    PageFile { path: "/assets/core-00ff.wasm", plain: b"\0asm", brotli: b"small wasm", hash: "22" },
    PageFile { path: "/assets/ui-00ff.js", plain: b"js", brotli: b"small js", hash: "33" },
    PageFile { path: "/assets/page-00ff.css", plain: b"css", brotli: b"small css", hash: "44" },
]);

fn ask_of(page: Page, method: &Method, path: &str, said: &[(HeaderName, &str)], link: Link) -> Response {
    let headers: HeaderMap = said.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
    page.answer(&Wish { method, path, headers: &headers, authority: None, link, reports: None })
}

fn get(path: &str, said: &[(HeaderName, &str)]) -> Response {
    ask_of(PAGE, &Method::GET, path, said, Link::Tls)
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn body(response: Response) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()
}

#[tokio::test]
async fn links_invitations_and_screens_are_the_page() {
    for path in ["/", "/c", "/i", "/app/chats/7", "/help", "/talk", "/families", "/know/apps", "/report", "/desk", "/index.html"] {
        let response = get(path, &[]);
        assert_eq!((response.status(), header(&response, "content-type")), (StatusCode::OK, "text/html; charset=utf-8"), "{path}");
        assert_eq!(header(&response, "cache-control"), "no-cache");
        assert_eq!(body(response).await, b"<!doctype html>");
    }
}

#[tokio::test]
async fn the_page_that_checks_reports_is_saved_and_never_opened_here() {
    let response = get("/verify.html", &[]);
    assert_eq!(header(&response, "content-disposition"), "attachment; filename=\"treehouse-verify.html\"");
    assert!(header(&response, "content-security-policy").starts_with("default-src 'none'; "));
    assert_eq!(body(response).await, b"check");
    assert_eq!(header(&get("/index.html", &[]), "content-disposition"), "");
}

#[test]
fn what_is_not_there_is_not_found_even_where_files_are() {
    for path in ["/assets/core-00fe.wasm", "/assets/", "/assets", "/v1/nothing", "/v1", "/cc", "/.env", "//", "/assets/../index.html"] {
        let response = get(path, &[]);
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(header(&response, "content-security-policy").starts_with("default-src 'none'; "), "{path}");
    }
}

#[test]
fn each_kind_of_file_says_what_it_is() {
    for (path, kind) in [
        ("/assets/core-00ff.wasm", "application/wasm"),
        ("/assets/ui-00ff.js", "text/javascript; charset=utf-8"),
        ("/assets/page-00ff.css", "text/css; charset=utf-8"),
    ] {
        let response = get(path, &[]);
        assert_eq!(header(&response, "content-type"), kind);
        assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    }
    assert_eq!(kind("/a.exe"), "application/octet-stream");
}

#[tokio::test]
async fn brotli_goes_to_those_who_take_it() {
    for (said, encoding, expected) in [
        ("gzip, deflate, br, zstd", "br", b"small wasm".as_slice()),
        ("BR;q=0.5", "br", b"small wasm"),
        ("gzip", "", b"\0asm"),
        ("br;q=0", "", b"\0asm"),
        ("brr, *", "", b"\0asm"),
    ] {
        let response = get("/assets/core-00ff.wasm", &[(header::ACCEPT_ENCODING, said)]);
        assert_eq!((header(&response, "content-encoding"), header(&response, "vary")), (encoding, "accept-encoding"), "{said}");
        assert_eq!(body(response).await, expected, "{said}");
    }
}

#[tokio::test]
async fn a_page_that_is_known_is_not_sent_again() {
    let brotli = (header::ACCEPT_ENCODING, "br");
    let etag = header(&get("/", &[]), "etag").to_owned();
    assert_eq!(etag, "\"11\"");
    let response = get("/c", &[(header::IF_NONE_MATCH, &format!("\"00\", W/{etag}"))]);
    assert_eq!((response.status(), header(&response, "content-encoding")), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(body(response).await, b"");
    assert_eq!(get("/", &[(header::IF_NONE_MATCH, "\"22\"")]).status(), StatusCode::OK);
    assert_eq!(get("/", &[brotli, (header::IF_NONE_MATCH, &etag)]).status(), StatusCode::OK, "the other form of it");
}

#[test]
fn the_page_may_run_and_load_what_came_from_here_and_nothing_else() {
    let response = get("/", &[(header::HOST, "chat.example.org:8443")]);
    let expected = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' wss://chat.example.org:8443; \
        img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; \
        form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types treehouse";
    assert_eq!(header(&response, "content-security-policy"), expected);
    assert_eq!(header(&response, "referrer-policy"), "no-referrer");
    assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin");
    assert_eq!(header(&response, "permissions-policy"), "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()");
    let plain = ask_of(PAGE, &Method::GET, "/", &[(header::HOST, "127.0.0.1:8417")], Link::Plain);
    assert!(header(&plain, "content-security-policy").contains("connect-src 'self' ws://127.0.0.1:8417 wss://127.0.0.1:8417;"));
}

#[test]
fn refusals_are_told_only_where_the_operator_says() {
    let reports = ReportsTo::parse("https://reports.example.org/csp?of=chat").unwrap();
    let headers = HeaderMap::new();
    let wish = |reports| Wish { method: &Method::GET, path: "/", headers: &headers, authority: None, link: Link::Tls, reports };
    let told = PAGE.answer(&wish(Some(&reports)));
    assert!(header(&told, "content-security-policy").ends_with("treehouse; report-uri https://reports.example.org/csp?of=chat"));
    assert!(!header(&PAGE.answer(&wish(None)), "content-security-policy").contains("report"));
    for address in
        ["", "/reports", "reports.example.org", "https://a; script-src *", "https://a,b", "http://a b", "http://a\n", "javascript:x"]
    {
        assert_eq!(ReportsTo::parse(address), Err(NoAddress), "{address}");
    }
}

#[test]
fn a_host_that_would_add_to_the_policy_is_left_out() {
    for host in ["a; script-src *", "*", "a b", "a,b", "'self'"] {
        let response = get("/", &[(header::HOST, host)]);
        assert!(header(&response, "content-security-policy").contains("connect-src 'self'; "), "{host}");
    }
}

#[tokio::test]
async fn a_build_without_a_page_says_so_and_how_to_get_one() {
    let response = ask_of(Page::default(), &Method::GET, "/", &[], Link::Plain);
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    assert!(String::from_utf8(body(response).await).unwrap().contains("cargo xtask build"));
    assert_eq!(ask_of(Page::default(), &Method::GET, "/assets/a.js", &[], Link::Plain).status(), StatusCode::NOT_FOUND);
}

#[test]
fn nothing_is_sent_to_the_page() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        assert_eq!(ask_of(PAGE, &method, "/", &[], Link::Tls).status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(ask_of(PAGE, &method, "/nothing", &[], Link::Tls).status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn only_the_page_itself_has_everything_in_the_browser_cleared() {
    let said = (HeaderName::from_static("treehouse-log-out"), "1");
    let left = ask_of(PAGE, &Method::POST, "/bye", std::slice::from_ref(&said), Link::Tls);
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&left, "clear-site-data"), "\"cache\", \"cookies\", \"storage\"");
    let seen = get("/bye", std::slice::from_ref(&said));
    assert_eq!((seen.status(), header(&seen, "content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert_eq!(header(&seen, "clear-site-data"), "", "a link to it does no harm");
    assert_eq!(body(seen).await, b"bye");
    for (method, path, said) in
        [(Method::POST, "/bye", &[][..]), (Method::POST, "/", std::slice::from_ref(&said)), (Method::GET, "/bye", &[])]
    {
        assert_eq!(header(&ask_of(PAGE, &method, path, said, Link::Tls), "clear-site-data"), "", "{method} {path}");
    }
}
