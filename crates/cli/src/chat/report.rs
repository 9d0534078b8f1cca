//! Keeping what was said, and reporting it.

use super::asked::{self, Answer};
use super::{Failure, device, find};
use crate::args::Format;
use crate::print;
use crate::region;
use crate::shell::{Shell, now};
use report::Passphrase;
use safety::help::Region;
use std::fs::OpenOptions;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use view::{
    Command, FileSort, KeepCommand, MadeReport, NewReport, Outgoing, OutgoingFile, Refusal, ReportReason, ReportRefusal, ReportTo,
    ShowName, Words,
};
use wire::desk::Role;
use zeroize::Zeroizing;

/// What `treehouse report` is to do.
pub struct What {
    pub last: Option<u32>,
    pub messages: Vec<i64>,
    pub only: bool,
    pub kept: Vec<i64>,
    pub to: String,
    pub reason: ReportReason,
    pub note: String,
    pub name: Option<ShowName>,
    pub out: Option<PathBuf>,
    pub passphrase_file: Option<PathBuf>,
    pub box_passphrase_file: Option<PathBuf>,
    pub asks: Asks,
}

/// Whether somebody at the terminal is asked before a report goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    First,
    Nothing,
}

/// Puts messages into the box; the first time a passphrase for it is asked for.
pub async fn keep(shell: &mut Shell, chat: &str, ids: Vec<i64>, passphrase: Option<&Path>) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    keep_in(shell, chat, ids, passphrase)?;
    super::held::fetch_kept(shell).await
}

/// The same, of a chat that is known; its sealed files are still to be fetched.
pub fn keep_in(shell: &mut Shell, chat: i64, ids: Vec<i64>, passphrase: Option<&Path>) -> Result<(), Failure> {
    make_box(shell, passphrase)?;
    let count = ids.len();
    shell.command(Command::Keep(KeepCommand::Keep { chat, messages: ids }))?;
    println!("kept {count}");
    eprintln!(
        "Nobody else can see that. A picture opens only while it is still in the chat. It is kept sealed, for the police alone, if the server has a key for them."
    );
    Ok(())
}

/// The first time that something is kept.
pub fn make_box(shell: &mut Shell, passphrase: Option<&Path>) -> Result<(), Failure> {
    if shell.home.client.has_keep_box().map_err(|fault| device(&fault))? {
        return Ok(());
    }
    eprintln!(
        "What you keep lies in a box with a passphrase of its own. Choose one of at least {} letters that nobody else knows.",
        Passphrase::LEN_MIN
    );
    let passphrase = passphrase_from(passphrase, "Type the new passphrase, then Enter.")?;
    shell.command(Command::Keep(KeepCommand::MakeBox { passphrase }))?;
    Ok(())
}

/// What is done before the list.
pub struct OfKept {
    pub discard: Option<i64>,
    /// Which voice message, and where its sound is written.
    pub voice: Option<(i64, PathBuf)>,
}

/// Shows what is in the box, once what is to go is out of it; or writes what can be heard.
pub fn kept(shell: &mut Shell, passphrase: Option<&Path>, of: OfKept, format: Format) -> Result<(), Failure> {
    let passphrase = passphrase_from(passphrase, "Type the passphrase of what you keep, then Enter.")?;
    let open = shell.home.client.open_box(&passphrase).map_err(|fault| device(&fault))??;
    if let Some((kept, out)) = of.voice {
        return super::held::voice(shell, &open, kept, &out);
    }
    if let Some(kept) = of.discard {
        shell.command(Command::Keep(KeepCommand::Discard { kept }))?;
    }
    let rows = shell.home.client.kept(&open).map_err(|fault| device(&fault))??;
    print::kept(&rows, format);
    Ok(())
}

pub async fn report(shell: &mut Shell, chat: &str, what: What) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    let mut messages = what.messages;
    if let Some(last) = what.last {
        messages = shell.home.client.last_provable(chat, last).map_err(|fault| device(&fault))?;
    } else if !what.only {
        messages = shell.home.client.preselected(chat, &messages).map_err(|fault| device(&fault))?.messages;
    }
    let mut to = match what.to.as_str() {
        "desk" => ReportTo::Desk,
        "outside" => ReportTo::Outside,
        "lead" => ReportTo::Lead,
        // Which words open it is asked for last.
        "file" => ReportTo::Passphrase(Words::new(String::new())),
        contact => ReportTo::Contact(contact.to_owned()),
    };
    let name = what.name.unwrap_or(to.usual_name());
    let lead = if to.is_dropped() { somebody_reads(shell, &to).await? } else { None };
    if let Some(out) = what.out.as_deref().filter(|out| out.exists()) {
        return Err(Failure::Said(format!(
            "The file {} cannot be written: it is there already. Choose another name with --out.",
            out.display()
        )));
    }
    let open = if what.kept.is_empty() {
        None
    } else {
        let passphrase = passphrase_from(what.box_passphrase_file.as_deref(), "Type the passphrase of what you keep, then Enter.")?;
        Some(shell.home.client.open_box(&passphrase).map_err(|fault| device(&fault))??)
    };
    before_sending(&to, lead.as_deref(), name, region::region(Some(&shell.home.folder)));
    if what.asks == Asks::First && asked::ask("Go on? Type yes, then Enter.", Answer::No)? == Answer::No {
        return Err(Failure::Said("No report was made, and nothing was sent: say it again when you want to.".into()));
    }
    let mut given = None;
    if let ReportTo::Passphrase(words) = &mut to {
        let passphrase = for_officer(what.passphrase_file.as_deref())?;
        *words = passphrase.words.clone();
        given = Some(passphrase);
    }
    let new = NewReport { chat, messages, kept: what.kept.clone(), reason: what.reason, note: what.note, name, to: to.clone() };
    // Each run asks once.
    let id = crate::shell::entropy()?;
    let made = shell.home.client.make_report(now(), *seed()?, &id, &new, open.as_ref()).map_err(|fault| device(&fault))??;
    match to {
        ReportTo::Passphrase(_) => {
            let path = written(&made, what.out)?;
            println!("report {} in {}", made.number, path.display());
            say_made(&made);
            if let Some(OneTime { words, made_now: true, file }) = &given {
                match file {
                    Some(file) => eprintln!("Its passphrase is in {}: give it to the officer apart from the file.", file.display()),
                    None => {
                        println!("passphrase {}", words.expose());
                        eprintln!("Write the passphrase down: it is shown once. Give it to the officer apart from the file.");
                    }
                }
            }
            // Last: what cannot be written takes the passphrase from nobody.
            open.as_ref().map_or(Ok(()), |open| super::held::beside(shell, open, &what.kept, &path))
        }
        ReportTo::Contact(contact) => to_contact(shell, &contact, &made, what.out).await,
        ReportTo::Desk | ReportTo::Outside | ReportTo::Lead => {
            // Kept as a file first: what is lost on the way can be brought again.
            let path = written(&made, what.out)?;
            let hours = match super::desk::drop_in(shell, made.file.clone()).await {
                Ok(hours) => hours,
                Err(failure) => {
                    println!("report {} not sent yet", made.number);
                    eprintln!("Send the same report again: treehouse report --again {}", path.display());
                    return Err(failure);
                }
            };
            arrived(shell, &made.file)?;
            println!("report {} sent", made.number);
            say_made(&made);
            eprintln!("Keep the number. Somebody looks at it within {hours} hours. The sealed file is also in {}.", path.display());
            eprintln!("`treehouse reports` shows what they answer, and takes it back.");
            Ok(())
        }
    }
}

/// Nothing is said of where it goes if there is nobody. Gives what the lead is called.
async fn somebody_reads(shell: &mut Shell, to: &ReportTo) -> Result<Option<String>, Failure> {
    super::desk::learn(shell).await?;
    let desk = shell.home.client.desk().map_err(|fault| device(&fault))?;
    let named = |role| desk.as_ref().and_then(|desk| desk.named(role));
    match (to, named(Role::Lead)) {
        (ReportTo::Lead, Some(lead)) => Ok(Some(crate::terminal::flat(&lead.name))),
        (ReportTo::Lead, None) => Err(Failure::Said(NO_LEAD.to_owned())),
        (ReportTo::Outside, _) if named(Role::Outside).is_none() => Err(super::elsewhere::nobody_outside(shell).await),
        _ if desk.is_none() => Err(Refusal::Report(ReportRefusal::NoDesk).into()),
        _ => Ok(None),
    }
}

const NO_LEAD: &str = "The operator named no safeguarding lead here: choose the safety team, somebody you trust, or a file for an officer.";

/// Brings the file of a report once more.
pub async fn again(shell: &mut Shell, path: &Path) -> Result<(), Failure> {
    let no_report = |why: &str| Failure::Said(format!("The file {} cannot be brought to the safety team: {why}.", path.display()));
    let file = std::fs::read(path).map_err(|error| no_report(&error.to_string()))?;
    let sealed = report::Sealed::parse(&file).map_err(|why| no_report(&why.to_string()))?;
    if sealed.takes_passphrase() {
        return Err(no_report("it is for an officer, and the team cannot open it"));
    }
    super::desk::learn(shell).await?;
    bring(shell, file).await
}

/// Drops a file that was made before.
pub async fn bring(shell: &mut Shell, file: Vec<u8>) -> Result<(), Failure> {
    let hours = super::desk::drop_in(shell, file.clone()).await?;
    match arrived(shell, &file)? {
        Some(number) => println!("report {number} sent"),
        None => println!("sent"),
    }
    eprintln!("Somebody looks at it within {hours} hours.");
    Ok(())
}

/// Only now it counts as sent.
fn arrived(shell: &mut Shell, file: &[u8]) -> Result<Option<String>, Failure> {
    let seed = *seed()?;
    Ok(shell.home.client.report_sent(now(), seed, file).map_err(|fault| device(&fault))??)
}

/// A passphrase for one file.
#[derive(Clone)]
struct OneTime {
    words: Words,
    made_now: bool,
    file: Option<PathBuf>,
}

/// The one in a file, or a new one: put into the file, if one is named that is not there yet.
fn for_officer(path: Option<&Path>) -> Result<OneTime, Failure> {
    if let Some(path) = path.filter(|path| path.exists()) {
        let passphrase = crate::verify::passphrase_in(path).map_err(|failure| Failure::Said(failure.to_string()))?;
        return Ok(OneTime { words: Words::new(passphrase.expose().to_owned()), made_now: false, file: None });
    }
    let passphrase = Passphrase::generate(&mut entropy()?);
    if let Some(path) = path {
        write_new(path, format!("{}\n", passphrase.expose()).as_bytes(), "--passphrase-file")?;
    }
    Ok(OneTime { words: Words::new(passphrase.expose().to_owned()), made_now: true, file: path.map(Path::to_owned) })
}

fn entropy() -> Result<rand_chacha::ChaCha20Rng, Failure> {
    use rand_chacha::rand_core::SeedableRng as _;
    Ok(rand_chacha::ChaCha20Rng::from_seed(*seed()?))
}

/// 32 bytes of the system's chance.
pub fn seed() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| Failure::Home(crate::home::HomeError::Entropy(error)))?;
    Ok(seed)
}

/// The three lines that stand before every report.
fn before_sending(to: &ReportTo, lead: Option<&str>, show: ShowName, region: Option<Region>) {
    match to {
        ReportTo::Desk => eprintln!("It goes to the safety team of your server."),
        ReportTo::Outside => eprintln!("It goes to somebody outside the safety team, whom the operator named, and to nobody in it."),
        ReportTo::Lead => eprintln!(
            "It goes to {} alone, the safeguarding lead whom the operator named, and to nobody in the safety team.",
            lead.unwrap_or_default()
        ),
        ReportTo::Passphrase(_) => eprintln!("It goes into a file that only the passphrase opens. You give it to whom you choose."),
        ReportTo::Contact(name) => eprintln!("It goes to {name}."),
    }
    match show {
        ShowName::Shown => eprintln!("They see your name."),
        ShowName::LeftOut => eprintln!("They do not see your name; your own lines are in it as your words, without a proof."),
    }
    eprintln!(
        "They may need to tell someone else to keep you safe; in a chat of two the person may guess. This is not watched all the time. In danger now: {}.",
        region::danger_number(region)
    );
}

fn say_made(made: &MadeReport) {
    let MadeReport { messages, closed, pictures, left_out, .. } = made;
    eprintln!("{messages} messages are in it with their proofs; {closed} records between them stay closed.");
    if *pictures > 0 {
        eprintln!("{pictures} keys of pictures are sealed for the police alone: nobody else can open a picture.");
    }
    if !left_out.is_empty() {
        let times: Vec<String> = left_out.iter().map(|at| print::time(*at)).collect();
        eprintln!("Deleted pictures did not fit in: those of {}. Report these messages once more, by themselves.", times.join(", "));
    }
}

fn written(made: &MadeReport, out: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let path = out.unwrap_or_else(|| format!("report-{}.thr", made.number).into());
    write_new(&path, &made.file, "--out")?;
    Ok(path)
}

pub fn write_new(path: &Path, bytes: &[u8], option: &str) -> Result<(), Failure> {
    let said = |error: std::io::Error| {
        Failure::Said(format!("The file {} cannot be written: {error}. Choose another name with {option}.", path.display()))
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(said)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(said)
}

/// Sends it as a file in the chat of two: the server sees a file like any other.
async fn to_contact(shell: &mut Shell, contact: &str, made: &MadeReport, out: Option<PathBuf>) -> Result<(), Failure> {
    let chat = find(shell, contact)?;
    let path = written(made, out)?;
    let path = std::path::absolute(&path).unwrap_or(path);
    let file = OutgoingFile {
        source: path.to_string_lossy().into_owned(),
        name: format!("report-{}.thr", made.number),
        alt: None,
        original: true,
        sort: FileSort::Found,
    };
    println!("report {} in {}", made.number, path.display());
    say_made(made);
    super::say::said(shell, Command::Send { chat, what: Outgoing::Files { files: vec![file], caption: None }, reply: None }).await
}

/// From a file, or from the keyboard.
fn passphrase_from(path: Option<&Path>, ask: &str) -> Result<Words, Failure> {
    if let Some(path) = path {
        let passphrase = crate::verify::passphrase_in(path).map_err(|failure| Failure::Said(failure.to_string()))?;
        return Ok(Words::new(passphrase.expose().to_owned()));
    }
    if std::io::stdin().is_terminal() {
        eprintln!("{ask}");
    }
    let mut text = Zeroizing::new(String::with_capacity(256));
    std::io::stdin().read_line(&mut text).map_err(|error| Failure::Said(format!("The passphrase cannot be read: {error}. Try again.")))?;
    Ok(Words::new(text.trim().to_owned()))
}
