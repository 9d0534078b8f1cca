//! The page in a browser: what is loaded, how long one waits, what it takes up. `crates/web/tests/measure.mjs` acts and looks; here are the rows.

use crate::archive_writer::{KEY, PAGE, SALT};
use crate::table::{Group, Row, Verdict, whole};
use crate::words::{WORDS, word};
use crate::{Bench, say};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const LIST: &str = "target/page/list.txt";
const FOLDER: &str = "crates/web/tests";

const INTERFACE_KB: f64 = 250.0;
const ALL_KB: f64 = 1200.0;

/// What was measured, by name.
struct Figures(BTreeMap<String, f64>);

impl Figures {
    fn get(&self, name: &str) -> Result<f64> {
        self.0.get(name).copied().with_context(|| format!("{name} was not measured"))
    }

    /// A time that is at most the target.
    fn wait(&self, row: &str, name: &str, most_ms: f64, floor: impl Into<String>) -> Result<Row> {
        let ms = self.get(name)?;
        Ok(Row::new(row, time(ms), time(most_ms), floor, Verdict::of(ms <= most_ms)))
    }
}

fn time(ms: f64) -> String {
    if ms >= 1000.0 { format!("{:.1} s", ms / 1e3) } else { format!("{ms:.0} ms") }
}

pub fn measure(bench: &Bench) -> Result<Group> {
    let mut rows = sizes(Path::new(LIST))?;
    let store = PAGE.made(&bench.data)?;
    say("a browser opens it, chats, sends files, scrolls and searches: five minutes");
    let figures = act(bench, &store, &crate::reports::for_an_officer(bench)?)?;
    rows.extend(waits(&figures)?);
    rows.extend(slow(&figures)?);
    rows.extend(archive(&figures)?);
    rows.extend(files(&figures)?);
    rows.extend(safety(&figures)?);
    Ok(Group { title: "the page, in a Chromium without a window".into(), rows })
}

/// What is fetched when it is needed first, and not by whoever opens the page.
const ON_NEED: &[&str] = &["/assets/picture", "/assets/scan", "/verify.html", "/assets/verify"];

/// What is fetched before anything is painted and one can type.
const FIRST: &[&str] = &["/assets/ui-", "/assets/page-", "/assets/tokens-", "/assets/early-", "/index.html"];

/// Bytes as brotli of what was packed.
fn sizes(list: &Path) -> Result<Vec<Row>> {
    let text = std::fs::read_to_string(list).context("there is no page: `cargo xtask build` makes it")?;
    let (mut core, mut all, mut on_need, mut first) = (0.0, 0.0, 0.0, 0.0);
    for line in text.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [path, _, _, brotli] = fields.as_slice() else { bail!("a line of another form: {line}") };
        let bytes: f64 = brotli.parse()?;
        if ON_NEED.iter().any(|begin| path.starts_with(begin)) {
            on_need += bytes / 1e3;
            continue;
        }
        all += bytes / 1e3;
        core += if path.starts_with("/assets/core-") { bytes / 1e3 } else { 0.0 };
        first += if FIRST.iter().any(|begin| path.starts_with(begin)) { bytes / 1e3 } else { 0.0 };
    }
    let row = |name: &str, kb: f64, most: f64, beside: String| {
        Row::new(name, format!("{} kB", whole(kb)), format!("{} kB", whole(most)), beside, Verdict::of(kb <= most))
    };
    Ok(vec![
        row("interface before the first screen, brotli", first, INTERFACE_KB, String::new()),
        row("interface with all that comes after it, brotli", all - core, INTERFACE_KB, String::new()),
        row("everything, brotli", all, ALL_KB, format!("core alone {} kB", whole(core))),
        Row::shown(
            "fetched on first need: what looks at pictures, what reads codes, and the page that verifies",
            format!("{} kB", whole(on_need)),
            "",
        ),
    ])
}

/// Has the browser act; its lines are `name number`.
fn act(bench: &Bench, store: &Path, (report, words): &(PathBuf, String)) -> Result<Figures> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let given = format!("{{\"file\":\"{}\",\"words\":\"{words}\"}}", report.display());
    let words = [word(WORDS - 7), word(300), word(100), word(0), word(27).chars().take(3).collect()];
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let archive = format!(
        "{{\"store\":\"{}\",\"key\":\"{}\",\"salt\":\"{}\",\"words\":[{}]}}",
        store.display(),
        hex(&KEY),
        hex(&SALT),
        words.join(",")
    );
    let mut node = Command::new("node");
    node.arg("measure.mjs")
        .current_dir(FOLDER)
        .env("TREEHOUSE_PROGRAM", &bench.program)
        .env("TREEHOUSE_ARCHIVE", archive)
        .env("TREEHOUSE_REPORT", given);
    let output = node.stderr(Stdio::inherit()).output().context("node cannot be started")?;
    if !output.status.success() {
        bail!("the browser could not be measured");
    }
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(Figures(lines.filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?))).collect()))
}

fn waits(figures: &Figures) -> Result<Vec<Row>> {
    let fetch = format!("a fetch of three bytes {:.1} ms", figures.get("fetch-p50")?);
    Ok(vec![
        figures.wait("first paint, cold, p50 of 5", "paint-cold", 500.0, fetch.as_str())?,
        figures.wait("ready, cold, p50 of 5", "ready-cold", 2000.0, "")?,
        figures.wait("ready, warm, p50 of 5", "ready-warm", 1000.0, "")?,
        figures.wait(
            "from Enter to the other screen, p50 of 40",
            "seen-p50",
            80.0,
            format!("{fetch}; p95 {}", time(figures.get("seen-p95")?)),
        )?,
        figures.wait("from a click in the middle of a film until it plays there, p50 of 5", "film-click", 1000.0, fetch.as_str())?,
    ])
}

fn slow(figures: &Figures) -> Result<Vec<Row>> {
    let mb = figures.get("slow-memory")?;
    Ok(vec![
        figures.wait(
            "a quarter of the processor, Slow 4G: ready",
            "slow-ready",
            6000.0,
            format!("the first paint {}; ready from then on {}", time(figures.get("slow-paint")?), time(figures.get("slow-ready-warm")?)),
        )?,
        figures.wait("the same: from Enter to the other screen", "slow-seen-p50", 500.0, "the line alone takes 281 ms one way")?,
        Row::new("the same: memory of all that shows pages", format!("{mb:.0} MB"), "200 MB", "", Verdict::of(mb <= 200.0)),
    ])
}

fn archive(figures: &Figures) -> Result<Vec<Row>> {
    let (blank, frames) = (figures.get("scroll-blank")?, figures.get("scroll-frames")?);
    let (seen, elements) = (figures.get("scroll-seen")?, figures.get("scroll-elements")?);
    let more = figures.get("scroll-memory-more")?;
    Ok(vec![
        Row::shown("a chat of 100,000 messages, opened", time(figures.get("archive-opened")?), ""),
        Row::new(
            "scrolled: frames with a blank",
            format!("{blank:.0} of {}", whole(frames)),
            "none",
            format!(
                "{} messages seen, {} a second; the longest frame {}",
                whole(seen),
                whole(figures.get("scroll-a-second")?),
                time(figures.get("scroll-longest")?)
            ),
            Verdict::of(blank == 0.0 && seen >= 1000.0),
        ),
        Row::new(
            "scrolled: elements in the page, and memory more than before",
            format!("{}, {more:.0} MB", whole(elements)),
            "bounded",
            "at most 300 messages are kept in it",
            Verdict::of(elements <= 12_000.0),
        ),
        figures.wait(
            "newest 50 hits of a search, p50 of 5",
            "search-p50",
            100.0,
            format!("the most {}", time(figures.get("search-most")?)),
        )?,
    ])
}

fn files(figures: &Figures) -> Result<Vec<Row>> {
    let webcrypto = format!("WebCrypto, one segment after the other: AES-GCM and SHA-256 {} MB/s", whole(figures.get("webcrypto")?));
    let row = |name: &str, figure: &str| -> Result<Row> {
        let rate = figures.get(figure)?;
        Ok(Row::new(name, format!("{} MB/s", whole(rate)), "150 MB/s", webcrypto.as_str(), Verdict::of(rate >= 150.0)))
    };
    Ok(vec![
        row("a file of 100 MB, from its choice to the other screen", "file-sent")?,
        row("the same file fetched, checked and opened", "file-read")?,
        row("the same, from the browser's cache", "file-read-again")?,
    ])
}

fn safety(figures: &Figures) -> Result<Vec<Row>> {
    let mb = figures.get("look-memory")?;
    Ok(vec![
        figures.wait(
            "a picture looked at, p50 of 20",
            "look-p50",
            60.0,
            format!("the first one, with the model fetched, {}", time(figures.get("look-first")?)),
        )?,
        Row::new(
            "what looks at pictures: memory, at rest",
            format!("{mb:.0} MB"),
            "30 MB",
            format!("its worker and engine before the model came {:.0} MB", figures.get("look-before-memory")?),
            Verdict::of(mb <= 30.0),
        ),
        figures.wait("a report of 100 messages verified, p50 of 5", "verify-p50", 150.0, "opened with its passphrase before")?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_core_is_the_interface() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.txt");
        std::fs::write(
            &list,
            "/assets/core-1.wasm 00 9 1100000\n/assets/ui-1.wasm 00 9 200000\n/assets/rest-1.wasm 00 9 60000\n/index.html 00 9 1000\n",
        )
        .unwrap();
        let rows = sizes(&list).unwrap();
        assert_eq!((rows[0].figure.as_str(), rows[0].verdict), ("201 kB", Verdict::Met));
        assert_eq!((rows[1].figure.as_str(), rows[1].verdict), ("261 kB", Verdict::Missed));
        assert_eq!(rows[2].figure, "1,361 kB");
        std::fs::write(&list, "another form\n").unwrap();
        assert!(sizes(&list).is_err());
    }
}
