//! `treehouse safety`: what stands out in a chat, and how often the cues are right, over conversations that somebody has sorted. On this machine,
//! and nothing is kept.

use crate::args::Format;
use crate::chat::{self, Failure};
use clap::Subcommand;
use safety::cues::{Counts, Cues, DATA, cases, measure};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// Look at what notices something in a chat
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Look at a chat with me: what stands out in it. Nothing is kept or sent
    Chat {
        /// A username, a group's name, or an id
        chat: String,
        #[command(flatten)]
        format: Format,
    },
    /// Measure the cues over a file of conversations; the last line is JSON
    ///
    /// A conversation begins with +|new|CATEGORY where something is not right, or -|new|CATEGORY; "known" in place of "new" for people who know
    /// each other in life. Then come its lines: "O: " what the other said, "C: " what the owner of the device said.
    Evaluate {
        /// The conversations, and what somebody says of each
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Also print each conversation that was judged wrongly
        #[arg(long)]
        wrong: bool,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error("{} cannot be read ({why})", path.display())]
    File { path: PathBuf, why: std::io::Error },
    #[error("{}, line {line}: a conversation begins with +|new|CATEGORY or -|known|CATEGORY, and its lines with \"O: \" or \"C: \"", path.display())]
    Line { path: PathBuf, line: usize },
    #[error("the cues of this program are damaged in line {0}")]
    Cues(usize),
    #[error("{0}")]
    Chat(#[from] Failure),
}

/// Measures and prints.
///
/// # Errors
/// The file is none, or has a line that is none; there is no such chat.
pub fn run(home: Option<PathBuf>, args: Args) -> Result<(), Stop> {
    match args.what {
        What::Evaluate { file, wrong } => evaluate(&file, wrong.then_some(Wrong)),
        What::Chat { chat, format } => Ok(chat::check(home, &chat, format)?),
    }
}

/// Each conversation that was judged wrongly is printed.
struct Wrong;

fn evaluate(path: &Path, wrong: Option<Wrong>) -> Result<(), Stop> {
    let text = std::fs::read_to_string(path).map_err(|why| Stop::File { path: path.into(), why })?;
    let all = cases(&text).map_err(|line| Stop::Line { path: path.into(), line })?;
    let cues = Cues::read(DATA).map_err(|line| Stop::Cues(line.0))?;
    let (count, wordings) = cues.count();
    let hash = Sha256::digest(DATA);
    println!("version {} (sha256 {}): {count} cues in {wordings} wordings", cues.version(), server::hex::encode(hash.as_slice()));
    if wrong.is_some() {
        for case in &all {
            let noticed = cues.look(case.knows, &case.lines);
            let found: Vec<String> =
                noticed.asked().map(|cue| format!("{} “{}”", cue.cue, &case.lines[cue.line].text[cue.quote.clone()])).collect();
            if found.is_empty() == case.alarming {
                let said: Vec<&str> = case.lines.iter().map(|line| line.text).collect();
                println!(
                    "{} {}: {} -> {}",
                    if case.alarming { "missed" } else { "false" },
                    case.category,
                    said.join(" / "),
                    found.join(", ")
                );
            }
        }
    }
    let measured = measure(&cues, &all);
    let by_category: Map<String, Value> = measured.by_category.iter().map(|(name, counts)| ((*name).to_owned(), shown(counts))).collect();
    println!("{} conversations", all.len());
    println!("{}", json!({ "overall": shown(&measured.overall), "by_category": by_category }));
    Ok(())
}

/// What cannot be divided is null.
fn shown(counts: &Counts) -> Value {
    let rounded = |share: Option<f64>| share.map(|share| (share * 10_000.0).round() / 10_000.0);
    json!({
        "precision": rounded(counts.precision()),
        "recall": rounded(counts.recall()),
        "false_positive_rate": rounded(counts.false_positive_rate()),
    })
}
