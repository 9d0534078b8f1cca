//! A client's store after years: one million messages. Made once, through the client's own schema, and kept for the next run.

use crate::archive_writer::{self, LARGEST, MILLION};
use crate::stats::{Times, ms};
use crate::table::{Group, Row, Verdict};
use crate::words::{WORDS, word};
use crate::{Bench, say};
use anyhow::Result;
use client::{Client, Config, Input, Page, store};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wire::Millis;

const OPENINGS: usize = 5;
const PAGES: usize = 40;
const HITS: u32 = 50;
const OPEN_MS: f64 = 300.0;
const PAGE_MS: f64 = 5.0;
const SEARCH_MS: f64 = 50.0;

pub fn measure(bench: &Bench) -> Result<Group> {
    let path = MILLION.made(&bench.data)?;
    let size = std::fs::metadata(&path)?.len();
    say("opened, leafed through, searched");
    let (mut opened, mut listed, mut first) = (Vec::new(), Vec::new(), Vec::new());
    let mut cold = true;
    for _ in 0..OPENINGS {
        cold &= forget(&path);
        let begun = Instant::now();
        let client = open(&path)?;
        opened.push(begun.elapsed());
        client.chats()?;
        listed.push(begun.elapsed());
        let begun = Instant::now();
        client.messages(LARGEST, newest())?;
        first.push(begun.elapsed());
    }
    let mut client = open(&path)?;
    let pages = Times::new(leaf_through(&client)?);
    let inputs = Times::new((0..PAGES).map(|_| input(&mut client)).collect::<Result<_>>()?);
    let from_disk = if cold { "nothing of the file in memory" } else { "the file may be in memory" };
    let (opened, listed, first) = (Times::new(opened), Times::new(listed), Times::new(first));
    let mut rows = vec![
        Row::new(
            "opened and all chats listed",
            format!("{:.0} ms", ms(listed.p50())),
            "300 ms",
            format!("opened alone {:.0} ms; {from_disk}", ms(opened.p50())),
            Verdict::of(ms(listed.p50()) <= OPEN_MS),
        ),
        Row::new(
            "a page of 50",
            format!("{:.2} ms, p99 {:.2}", ms(pages.p50()), ms(pages.p99())),
            "5 ms",
            format!("the very first, from the disk, {:.1} ms", ms(first.p50())),
            Verdict::of(ms(pages.p50()) <= PAGE_MS),
        ),
    ];
    rows.extend(searches(&client)?);
    rows.push(Row::shown("any input (the work of time alone)", format!("{:.2} ms", ms(inputs.p50())), "the least that every input costs"));
    Ok(Group { title: format!("a client's store of one million messages in {} chats, {:.1} GB", MILLION.chats, size as f64 / 1e9), rows })
}

fn newest() -> Page {
    Page { before: None, after: None, limit: 50 }
}

fn open(path: &Path) -> Result<Client> {
    Ok(Client::new(store::open(path, &archive_writer::KEY)?, Config::default()))
}

/// Page by page backwards through the largest chat.
fn leaf_through(client: &Client) -> Result<Vec<Duration>> {
    let (mut before, mut times) = (None, Vec::new());
    for _ in 0..PAGES {
        let begun = Instant::now();
        let page = client.messages(LARGEST, Page { before, ..newest() })?;
        times.push(begun.elapsed());
        anyhow::ensure!(page.len() == 50, "a page of {}", page.len());
        before = page.first().map(|row| row.id);
    }
    Ok(times)
}

fn input(client: &mut Client) -> Result<Duration> {
    let begun = Instant::now();
    client.handle(Millis(MILLION.end()), [1; 32], Input::Tick)?;
    Ok(begun.elapsed())
}

/// Words that few, many and nearly all messages hold, and the first letters of a word, typed so far.
fn searches(client: &Client) -> Result<Vec<Row>> {
    let common = word(0);
    let asked = [
        ("a rare word", word(WORDS - 7)),
        ("two words", format!("{} {}", word(40), word(300))),
        ("a common word", word(100)),
        ("the most common word", common.clone()),
        ("three letters, the beginning of many", word(27).chars().take(3).collect()),
        ("two letters, a whole word", common.chars().take(2).collect()),
    ];
    let mut rows = Vec::new();
    for (name, words) in asked {
        let (mut times, mut hits) = (Vec::new(), 0);
        for _ in 0..5 {
            let begun = Instant::now();
            hits = client.search(&words, HITS)?.len();
            times.push(begun.elapsed());
        }
        let time = ms(Times::new(times).p50());
        rows.push(Row::new(
            format!("newest 50 hits: {name}"),
            format!("{time:.1} ms"),
            "50 ms",
            format!("{hits} hits shown"),
            Verdict::of(time <= SEARCH_MS),
        ));
    }
    Ok(rows)
}

/// Has the system forget what it holds of a file. Says whether it could.
fn forget(path: &Path) -> bool {
    let mut source = std::ffi::OsString::from("if=");
    source.push(path);
    let mut command = Command::new("dd");
    command.arg(source).args(["iflag=nocache", "count=0"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
