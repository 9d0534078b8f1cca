//! `treehouse verify`: checks a report without an account, and offline unless one asks for more.

mod custody;
mod fetch;
mod police;

use crate::home::Home;
use crate::net::NetError;
use custody::Custody;
use report::exhibit::{BOpened, Printing, exhibit, reason, text, told};
use report::verdict::{Holder, Line, States, Who};
use report::{AddresseeSecret, Bundle, Contents, Half, Inside, Passphrase, Sealed, Source, Told, Trust, UnsealError, Verdict};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use wire::content::Attachment;
use wire::{Hash32, Millis};
use zeroize::Zeroizing;

/// Check a report without an account, and offline unless --fetch is given
///
/// Ends with exit code 0 only if every check holds. Where each key is known from stands in the answer: read it.
#[derive(clap::Args)]
pub struct Args {
    /// The report
    file: PathBuf,
    /// Read the passphrase from the first line of this file; without it, it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// A trust bundle of your own: the keys of servers, as you got them from somebody you trust
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Ask the server that the report names for its keys, now and over the network, and compare. Whoever is at that address learns that somebody asked
    #[arg(long)]
    fetch: bool,
    /// The two printed halves of a server's picture key, each in a file: says whether what opens the pictures belongs to this report
    #[arg(long, value_name = "FILE", num_args = 2, requires = "reference")]
    halves: Vec<PathBuf>,
    /// With --halves, what they are put together for: a crime reference. It is printed, and noted in custody.txt beside the report
    #[arg(long, value_name = "TEXT", requires = "halves", value_parser = reference)]
    reference: Option<String>,
    /// Where the pictures are put, with --halves: only with an officer present. What is noted in custody.txt is noted there
    #[arg(long, value_name = "DIR", requires = "halves")]
    pictures: Option<PathBuf>,
    /// The sealed files, as the server keeps them in its folder `blobs`: without them pictures of a chat stay closed
    #[arg(long, value_name = "DIR", requires = "pictures")]
    sealed: Option<PathBuf>,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Args {
    /// There with the halves, and only with them.
    fn reference(&self) -> &str {
        self.reference.as_deref().unwrap_or_default()
    }

    /// Where it is noted that the halves were put together.
    fn notes(&self) -> &Path {
        let beside = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.pictures.as_deref().unwrap_or(beside)
    }

    fn custody(&self, file: Hash32, report: report::Number) -> Custody<'_> {
        Custody { folder: self.notes(), file, report, reference: self.reference() }
    }
}

/// What somebody can find again: one line, with something in it.
fn reference(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.len() > REFERENCE_MAX || text.chars().any(char::is_control) {
        return Err("a reference is one line of at most 200 bytes");
    }
    Ok(text.to_owned())
}

const REFERENCE_MAX: usize = 200;

/// Why a report was not checked, or does not hold, as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("The file {file} cannot be read: {why}. Look at its name.", file = .0.display(), why = .1)]
    Unreadable(PathBuf, std::io::Error),
    #[error("{0}")]
    Home(#[from] crate::home::HomeError),
    #[error("This is not a report: look whether it is the right file.")]
    NotAReport,
    #[error("This report is of a newer treehouse: use that version.")]
    TooNew,
    #[error("This report is sealed for somebody else: neither the passphrase nor the account here opens it.")]
    NotForYou,
    #[error("This report is not as it was sealed: ask for it again, and keep this copy beside.")]
    Altered,
    #[error("This passphrase is too short to be one of a report: look whether the whole of it is there.")]
    PassphraseShort,
    #[error("The trust bundle is not one: {0}.")]
    Bundle(report::BundleError),
    #[error("The server that this report names was not asked: {0}. Without --fetch a report is checked without a network.")]
    NotFetched(NetError),
    #[error(
        "At {0} nobody answers as a treehouse server does: the report is not checked. Without --fetch it is checked without a network."
    )]
    NotGreeted(String),
    #[error("This machine cannot run the program, {0}: end other programs, then try again.")]
    Machine(std::io::Error),
    #[error("The halves do not open what is sealed for the police in this report: look whether they are of its server.")]
    Halves,
    #[error("{} holds no half: type its 24 words as they are printed.", .0.display())]
    Half(PathBuf),
    #[error("This report does not hold: what is wrong stands above.")]
    DoesNotHold,
    #[error("Another server stamped this than the one where your account is: what that means stands above.")]
    OtherServer,
    #[error("Nothing in this is proved: somebody wrote it who gave no account.")]
    Unprovable,
    #[error("This is what a safety team noted for itself, and no report.")]
    ANote,
    #[error("{0} of the pictures stay closed: why stands above. Who runs the server has what is sealed; give its folder with --sealed.")]
    PicturesMissing(usize),
    #[error("{0} of the pictures did not open whole: what opens is written, with zeros for the rest. Which they are stands above.")]
    PicturesPartly(usize),
    #[error("All pictures are written, but of {0} the stated hash is false: it is not what its sender said. Which they are stands above.")]
    PicturesFalse(usize),
    #[error("That the halves were put together cannot be noted in {folder}, so nothing is opened: {why}. Copy the report into a folder of your own.", folder = .0.display(), why = .1)]
    Custody(PathBuf, std::io::Error),
    #[error("The pictures cannot be written into {folder}: {why}. Choose another folder.", folder = .0.display(), why = .1)]
    Pictures(PathBuf, std::io::Error),
}

impl From<UnsealError> for Failure {
    fn from(why: UnsealError) -> Self {
        match why {
            UnsealError::NotAReport => Self::NotAReport,
            UnsealError::TooNew => Self::TooNew,
            UnsealError::NotForYou => Self::NotForYou,
            UnsealError::Altered | UnsealError::Malformed(_) => Self::Altered,
        }
    }
}

/// More than any passphrase, half or bundle.
const TEXT_MAX: u64 = 1024 * 1024;

pub fn run(home: Option<PathBuf>, args: Args) -> Result<(), Failure> {
    let bytes = read(&args.file, report::seal::FILE_MAX as u64 + 1)?;
    let sealed = Sealed::parse(&bytes)?;
    let file = Hash32::of(&bytes);
    let (inside, mut trust, to_this_account) = open(&sealed, home, args.passphrase_file.as_deref())?;
    let contents = match inside {
        Inside::Report(contents) => {
            if to_this_account {
                crate::print::care();
            }
            contents
        }
        Inside::Told(told) => return unprovable(&told, file, &args),
        Inside::Mark(_) | Inside::Answer(_) | Inside::Withdrawal(_) => return Err(Failure::ANote),
    };
    if let Some(path) = &args.trust {
        let text = read_text(path)?;
        trust = trust.with(Bundle::parse(&text).map_err(Failure::Bundle)?, Source::Given);
    }
    if args.fetch {
        trust = trust.with_fetched(fetch::fetched(&contents.report.server)?);
    }
    let verdict = report::verify(&contents.report, &contents.body, &trust);
    let of_police = match args.halves.as_slice() {
        [first, second] => Some(compartment_b(&contents, &joined(first, second)?)?),
        _ => None,
    };
    let parts = of_police.as_ref().map(|opened| &opened.parts);
    let files = parts.map(|parts| report::files(&parts.parts, &contents.report)).unwrap_or_default();
    let custody = args.custody(file, contents.report.number);
    if let Some(OfPolice { parts, screens }) = &of_police {
        custody.begin(parts.keys(), files.len() + screens.as_ref().map_or(0, Vec::len))?;
    }
    let pictures = parts.map(|parts| BOpened { keys: parts.keys(), reference: args.reference() });
    if !args.json {
        print!("{}", exhibit(&verdict, &Printing { time: &time, file: Some(file), pictures }));
    }
    let opened = match (&of_police, &args.pictures) {
        (Some(of_police), Some(to)) if is_whole(&verdict) => Some(files_into(to, &files, &custody, &contents, of_police, &args)),
        _ => None,
    };
    if args.json {
        crate::print::json(&as_json(&verdict, file, pictures, opened.as_ref().map(|(looked, _)| looked.as_slice())));
    }
    if !verdict.holds() {
        return Err(Failure::DoesNotHold);
    }
    if let Some(closed) = parts.map(|parts| parts.closed).filter(|closed| *closed > 0) {
        eprintln!(
            "{closed} sealed parts stay closed: they were sealed to another key, or are spoiled. Try the halves that the server had when it was kept."
        );
    }
    if verdict.is_of_another_server() {
        return Err(Failure::OtherServer);
    }
    opened.map_or(Ok(()), |(_, outcome)| outcome)
}

fn is_whole(verdict: &Verdict) -> bool {
    verdict.holds() && !verdict.is_of_another_server()
}

/// Opens the files of a report into a folder. What was stated of them and is false is noted there with the rest.
fn files_into(
    to: &Path,
    files: &[Attachment],
    custody: &Custody<'_>,
    contents: &Contents,
    of_police: &OfPolice,
    args: &Args,
) -> (Vec<police::Looked>, Result<(), Failure>) {
    let (looked, outcome) = police::open_all(files, args.sealed.as_deref().unwrap_or(to), to);
    let mut lies = looked.iter().filter_map(police::Looked::lie);
    let noted = lies.try_for_each(|(blob, stated, sha256)| custody.lie(blob, stated, sha256));
    let (screens, wrote) = screens_into(to, contents, of_police.screens.as_deref());
    let noted = noted.and_then(|()| custody.end(police::written(&looked) + screens));
    (looked, noted.and(outcome).and(wrote))
}

/// Screenshots that the reporter added. That they do not open keeps nothing else closed.
fn screens_into(to: &Path, contents: &Contents, screens: Option<&[Zeroizing<Vec<u8>>]>) -> (usize, Result<(), Failure>) {
    let Some(screens) = screens else { return (0, Err(Failure::Halves)) };
    let said = contents.report.screens.said().iter().map(|screen| screen.picture.sha256);
    police::write_all(to, said.zip(screens).map(|(hash, picture)| (hash, "jpg", picture.as_slice())))
}

/// What somebody told who gave no account: shown, and never called proved.
fn unprovable(report: &Told, file: Hash32, args: &Args) -> Result<(), Failure> {
    let pictures = match args.halves.as_slice() {
        [first, second] => Some(report.open(&joined(first, second)?).map_err(|_| Failure::Halves)?),
        _ => None,
    };
    let custody = args.custody(file, report.number);
    if let Some(pictures) = &pictures {
        custody.begin(pictures.len(), pictures.len())?;
    }
    if args.json {
        crate::print::json(&json!({
            "first_line": report::exhibit::TOLD_FIRST, "holds": false, "provable": false, "report": report.number.to_string(),
            "file_sha256": file.to_string(),
            "reporter_says": {
                "made_ms": report.made.0, "reason": report.reason.name(), "reason_text": reason(report.reason), "note": report.words,
                "reach": report.reach, "server": report.server,
            },
            "pictures": report.pictures.iter().map(|picture| json!({ "bytes": picture.bytes, "sha256": picture.sha256.to_string() })).collect::<Vec<_>>(),
            "pictures_for_police": pictures.as_ref().map(Vec::len), "reference": args.reference,
        }));
    } else {
        let opened = pictures.as_ref().map(|pictures| BOpened { keys: pictures.len(), reference: args.reference() });
        let printing = Printing { time: &time, file: Some(file), pictures: opened };
        print!("{}", text(&told(report, &printing)));
    }
    if let (Some(folder), Some(pictures)) = (&args.pictures, pictures) {
        let said = report.pictures.iter().map(|said| said.sha256);
        let (written, outcome) = police::write_all(folder, said.zip(&pictures).map(|(hash, picture)| (hash, "jpg", picture.as_slice())));
        custody.end(written)?;
        outcome?;
    }
    Err(Failure::Unprovable)
}

/// What is in it, what is trusted, and whether it was sealed to the account here.
fn open(sealed: &Sealed<'_>, home: Option<PathBuf>, passphrase: Option<&Path>) -> Result<(Inside, Trust, bool), Failure> {
    if let Some(path) = passphrase {
        return Ok((sealed.look_with(&passphrase_in(path)?)?, Trust::default(), false));
    }
    // Only a home that is there: verifying makes none.
    if let Some(home) = Home::open_existing(home)?
        && let Ok(Some(secret)) = home.client.reads_reports_with()
        && let Ok(contents) = sealed.look(&AddresseeSecret::from_seed(&secret))
    {
        let trust = home.client.trust().unwrap_or_default();
        return Ok((contents, trust, true));
    }
    if !sealed.takes_passphrase() {
        return Err(Failure::NotForYou);
    }
    if std::io::stdin().is_terminal() {
        eprintln!("Type the passphrase of this report, then Enter.");
    }
    let mut text = Zeroizing::new(String::with_capacity(256));
    std::io::stdin().read_line(&mut text).map_err(|why| Failure::Unreadable("(keyboard)".into(), why))?;
    let contents = sealed.look_with(&Passphrase::from_text(&text).ok_or(Failure::PassphraseShort)?)?;
    Ok((contents, Trust::default(), false))
}

/// The first line of a file.
pub fn passphrase_in(path: &Path) -> Result<Passphrase, Failure> {
    let text = read_text(path)?;
    Passphrase::from_text(text.lines().next().unwrap_or_default()).ok_or(Failure::PassphraseShort)
}

fn joined(first: &Path, second: &Path) -> Result<AddresseeSecret, Failure> {
    let half = |path: &Path| Half::from_words(&numbered(&read_text(path)?)).ok_or_else(|| Failure::Half(path.to_owned()));
    Ok(AddresseeSecret::join(&half(first)?, &half(second)?))
}

/// What two halves open of a report.
struct OfPolice {
    parts: report::OpenedParts,
    /// None: there are some, and they stay closed.
    screens: Option<Vec<Zeroizing<Vec<u8>>>>,
}

/// A message that was kept under an older key stands beside those of now: what does not open hinders nothing that does. Halves that open nothing of
/// what is there are another server's.
fn compartment_b(contents: &Contents, secret: &AddresseeSecret) -> Result<OfPolice, Failure> {
    let opened = OfPolice { parts: report::open_parts(&contents.report, secret), screens: contents.report.open_screens(secret).ok() };
    let something = !opened.parts.parts.is_empty() || opened.screens.as_ref().is_some_and(|screens| !screens.is_empty());
    let closed = opened.parts.closed > 0 || opened.screens.is_none();
    if closed && !something { Err(Failure::Halves) } else { Ok(opened) }
}

/// The words of a half as it is printed, a number before each; of anything else all of it.
fn numbered(text: &str) -> Zeroizing<String> {
    let word = |line: &str| {
        let (number, word) = line.trim().split_once(' ')?;
        number.parse::<u8>().ok().map(|_| word.trim().to_owned())
    };
    let words: Vec<String> = text.lines().filter_map(word).collect();
    Zeroizing::new(if words.is_empty() { text.to_owned() } else { words.join(" ") })
}

fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let unreadable = |why| Failure::Unreadable(path.to_owned(), why);
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path).map_err(unreadable)?.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = read(path, TEXT_MAX)?;
    let text = std::str::from_utf8(&bytes).map_err(|why| Failure::Unreadable(path.to_owned(), std::io::Error::other(why)))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// In UTC, and on the clock of this machine.
pub fn time(at: Millis) -> String {
    let stamp = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let east = stamp.map_or(0, |stamp| jiff::tz::TimeZone::system().to_offset(stamp).seconds() / 60);
    report::exhibit::time(at, east)
}

fn as_json(verdict: &Verdict, file: Hash32, pictures: Option<BOpened<'_>>, opened: Option<&[police::Looked]>) -> Value {
    let missing = &verdict.missing;
    let says = &verdict.reporter;
    json!({
        "first_line": verdict.first_line(),
        "holds": is_whole(verdict),
        "of_another_server": verdict.is_of_another_server(),
        "wrong": verdict.faults.iter().map(|fault| json!({ "entry": fault.place.map(|place| place + 1), "why": fault.wrong.to_string() })).collect::<Vec<_>>(),
        "report": says.number.to_string(),
        "file_sha256": file.to_string(),
        "body_sha256": verdict.body.to_string(),
        "conversation": verdict.route.to_string(),
        "records": verdict.lines.iter().map(record).collect::<Vec<_>>(),
        "missing": {
            "contiguous": missing.contiguous(), "undisclosed": missing.undisclosed, "changes": missing.commits, "breaks": missing.breaks,
            "records_in_breaks": missing.in_breaks, "closed": missing.closed,
            "more_by_own_count": missing.skipped.iter().map(|(account, count)| json!({ "account": account.to_string(), "count": count })).collect::<Vec<_>>(),
            "directory_checkpoint": false,
        },
        "reporter_says": {
            "made_ms": says.made.0, "reason": says.reason.name(), "reason_text": reason(says.reason), "note": says.note,
            "screenshots": says.screens.iter().map(|screen| json!({
                "added_ms": screen.added.0, "bytes": screen.picture.bytes, "sha256": screen.picture.sha256.to_string(), "proved": false,
            })).collect::<Vec<_>>(),
            "who": match says.who {
                Who::Withheld => json!({ "name": "left out" }),
                Who::Proved { account, client } => json!({ "account": account.to_string(), "client": client.to_string() }),
                Who::Failed => json!({ "name": "does not hold" }),
            },
        },
        "trust": {
            "stamp_key": { "key": verdict.stamp_key.key.to_string(), "from": source(&verdict.stamp_key.source), "server": verdict.stamp_key.server, "known_as": verdict.stamp_key.known_as,
                "fetched_now": verdict.stamp_key.fetched.as_ref().map(|fetched| json!({ "from": fetched.host, "identity": fetched.identity.to_string() })) },
            "authority": match &verdict.authority {
                Holder::Nobody => json!({ "name": "nobody", "from": "bundle" }),
                Holder::Named { name, source: from } => json!({ "name": name, "from": source(from) }),
                Holder::Operator { name, source: from } => json!({ "name": name, "from": source(from), "runs_the_server": true }),
                Holder::Unknown => json!({ "name": null, "from": "only this file" }),
            },
            "accounts": verdict.accounts.iter().map(|account| json!({
                "account": account.account.to_string(), "called": account.called, "from": source(&account.source),
                "states": match account.states {
                    States::None => Value::Null,
                    States::Chain { first, last } => json!({ "first": first, "last": last, "has_every_client": true }),
                    States::WithoutClient { first, last } => json!({ "first": first, "last": last, "has_every_client": false }),
                },
            })).collect::<Vec<_>>(),
        },
        "pictures_for_police": pictures.map(|opened| opened.keys), "reference": pictures.map(|opened| opened.reference),
        "opened": opened.map(|looked| looked.iter().map(police::Looked::json).collect::<Vec<_>>()),
    })
}

fn source(source: &Source) -> &'static str {
    match source {
        Source::Bundle => "bundle",
        Source::Given => "given bundle",
        Source::Pinned => "own account",
        Source::Fetched => "fetched now",
        Source::OnlyThisFile => "only this file",
    }
}

fn record(line: &Line) -> Value {
    match line {
        Line::Proved(proved) => json!({
            "seq": proved.seq.0,
            "server_proves": { "ms": proved.at.0, "pass": proved.by.to_string(), "record_sha256": proved.record.to_string() },
            "device_says": {
                "account": proved.account.to_string(), "client": proved.client.to_string(), "message": proved.message.to_string(),
                "counter": proved.counter, "seen": proved.seen.0, "sent_ms": proved.sent.0, "kind": proved.kind,
                "text": report::exhibit::words(&proved.content),
                "files": proved.content.body.attachments().into_iter().map(|file| json!({
                    "media_type": file.media_type.as_str(), "bytes": file.length, "sha256": file.sha256.to_string(), "blob": file.blob.to_string(),
                })).collect::<Vec<_>>(),
            },
        }),
        Line::Failed { place } => json!({ "entry": place + 1, "holds": false }),
        Line::Undisclosed { seq, at, flag, .. } => {
            json!({ "seq": seq.0, "server_proves": { "ms": at.0 }, "undisclosed": format!("{flag:?}").to_lowercase() })
        }
        Line::Quoted { seq, at, text, .. } => json!({ "seq": seq.0, "server_proves": { "ms": at.0 }, "reporter_says": text }),
        Line::Break { after, before } => json!({ "nothing_shown_between": [after.0, before.0] }),
    }
}
