//! What fuzzing asks of parsers and handlers of what others send: any bytes end in a value or a typed error, never in a panic, never in a changed store.
//!
//! The bodies of the targets are here, where every build of the workspace checks them and a test runs them over their seeds, so that they
//! cannot rot; `fuzz/` gives each to libFuzzer in one line. A target that does not hold panics.

mod bytes;
mod client;
mod media;
mod report;
mod server;
mod steps;
mod vault;

use std::path::PathBuf;

/// One parser or handler.
#[derive(Clone, Copy)]
pub struct Target {
    /// As `cargo xtask fuzz` calls it.
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// What it would meet on a good day.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: &[Target] = &[
    Target { name: "wire_frame", run: bytes::wire_frame, seeds: bytes::wire_frame_seeds },
    Target { name: "wire_request", run: bytes::wire_request, seeds: bytes::wire_request_seeds },
    Target { name: "wire_response", run: bytes::wire_response, seeds: bytes::wire_response_seeds },
    Target { name: "handle_cert", run: bytes::handle_cert, seeds: bytes::handle_cert_seeds },
    Target { name: "content", run: bytes::content, seeds: bytes::content_seeds },
    Target { name: "leaves", run: bytes::leaves, seeds: bytes::leaves_seeds },
    Target { name: "desk", run: bytes::desk, seeds: bytes::desk_seeds },
    Target { name: "link", run: bytes::link, seeds: bytes::link_seeds },
    Target { name: "stamp", run: bytes::stamp, seeds: bytes::stamp_seeds },
    Target { name: "cert", run: bytes::cert, seeds: bytes::cert_seeds },
    Target { name: "account_state", run: bytes::account_state, seeds: bytes::account_state_seeds },
    Target { name: "sent", run: bytes::sent, seeds: bytes::sent_seeds },
    Target { name: "report_body", run: report::body, seeds: report::body_seeds },
    Target { name: "report_file", run: report::file, seeds: report::file_seeds },
    Target { name: "report_text", run: report::text, seeds: report::text_seeds },
    Target { name: "report_answer", run: report::answer, seeds: report::answer_seeds },
    Target { name: "sniff", run: media::sniff, seeds: media::heads },
    Target { name: "jpeg", run: media::jpeg, seeds: media::jpegs },
    Target { name: "png", run: media::png, seeds: media::pngs },
    Target { name: "webp", run: media::webp, seeds: media::webps },
    Target { name: "gif", run: media::gif, seeds: media::gifs },
    Target { name: "mp4", run: media::mp4, seeds: media::mp4s },
    Target { name: "matroska", run: media::matroska, seeds: media::matroskas },
    Target { name: "stream", run: media::stream, seeds: media::streams },
    Target { name: "server", run: server::server, seeds: server::seeds },
    Target { name: "client_frames", run: client::frames, seeds: client::frame_seeds },
    Target { name: "client_record", run: client::record, seeds: client::record_seeds },
    Target { name: "client_inbox", run: client::inbox, seeds: client::inbox_seeds },
    Target { name: "client_vault", run: vault::opened, seeds: vault::seeds },
];

/// The target of that name.
///
/// # Panics
/// There is none.
pub fn target(name: &str) -> Target {
    *TARGETS.iter().find(|target| target.name == name).expect("a target of that name")
}

/// Writes a target's seeds into the folder that TREEHOUSE_CORPUS names, if it names one: a fuzzer begins with them.
///
/// # Panics
/// The folder cannot be written.
pub fn sow(name: &str) {
    let Some(folder) = std::env::var_os("TREEHOUSE_CORPUS").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).expect("a folder for seeds");
    for (number, seed) in (target(name).seeds)().into_iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:03}")), seed).expect("a seed is written");
    }
}
