//! Keeping the account safe with 12 words, and coming back with them. Words are read from a file or from stdin, never from the command line, where
//! other programs could see them.

use super::{FLUSH, Failure};
use crate::net::Address;
use crate::print;
use crate::shell::Shell;
use client::{Recovery, device_failed, recovery_text};
use std::fs::OpenOptions;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;
use view::{ChatState, Command, Doing, Event, Refusal, VaultCommand, VaultEvent, VaultRefusal, VaultRow, Words};
use zeroize::Zeroizing;

/// How long `restore` stays to see chats come back: two deposits of up to 20 seconds and an answer of up to 10.
const COMING_BACK: Duration = Duration::from_secs(60);
/// More than any 12 words or recovery file.
const READ_MAX: u64 = 16 * 1024;

/// What `treehouse words` is to do.
pub struct What<'a> {
    pub file: Option<&'a Path>,
    pub confirm: bool,
}

pub async fn words(shell: &mut Shell, what: What<'_>) -> Result<(), Failure> {
    if what.confirm {
        return confirm(shell);
    }
    shell.command(Command::Vault(VaultCommand::KeepSafe))?;
    let stored = keep(shell).await?;
    let Some(words) = shell.home.client.words().map_err(|fault| device_failed(&fault))? else {
        return Err(Refusal::Vault(VaultRefusal::NotKept).into());
    };
    for (at, word) in words.expose().split(' ').enumerate() {
        println!("{:>2} {word}", at + 1);
    }
    if let Some(path) = what.file {
        let server = shell.home.client.server_url().map_err(|fault| device_failed(&fault))?.unwrap_or_default();
        write_file(path, &recovery_text(&words, &server))?;
        eprintln!("The recovery file is {}: print it or keep it where nobody else looks.", path.display());
    }
    eprintln!(
        "Write these 12 words on paper, in this order, and keep it: whoever has them has this account, and without them a lost device is a lost account."
    );
    match stored {
        Some(status) => say_left_out(&status),
        None => {
            eprintln!("The server does not have the account yet: it is sent with the next connection. Until then the words open nothing.")
        }
    }
    Ok(())
}

/// Waits until the server has taken the account as it is now; nothing without a connection.
async fn keep(shell: &mut Shell) -> Result<Option<VaultRow>, Failure> {
    let progress = print::Waiting::new("Keeping your account on the server");
    let mut refused = None;
    let stored = |shell: &Shell| shell.home.client.vault_status().is_ok_and(|status| status.stored_ms.is_some());
    shell
        .run(FLUSH, |shell, event| {
            if let Some(Event::Failed { what: Doing::Connect, why }) = event {
                refused = Some(why.clone());
            }
            refused.is_some() || shell.offline.is_some() || stored(shell)
        })
        .await?;
    drop(progress);
    if let Some(why) = refused {
        return Err(why.into());
    }
    let status = shell.home.client.vault_status().map_err(|fault| device_failed(&fault))?;
    Ok(Some(status).filter(|status| status.stored_ms.is_some()))
}

fn say_left_out(status: &VaultRow) {
    if status.left_out > 0 {
        eprintln!("There was no room for {} people whom you know from groups or met last: they would not come back.", status.left_out);
    }
}

fn confirm(shell: &mut Shell) -> Result<(), Failure> {
    let words = read_words("Type the 12 words as they stand on your paper, then Enter.")?;
    let words = words.expose().split_whitespace().zip(1..).map(|(word, number)| (number, Words::new(word.to_owned()))).collect();
    shell.command(Command::Vault(VaultCommand::Confirm { words }))?;
    println!("These are your words.");
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let said = |error: std::io::Error| {
        Failure::Said(format!("The file {} cannot be written: {error}. Choose another name with --file.", path.display()))
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(said)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(said)
}

/// From stdin: a line if a person types, all of it if a program does.
fn read_words(ask: &str) -> Result<Words, Failure> {
    let said = |error: std::io::Error| Failure::Said(format!("The words cannot be read: {error}. Try again."));
    let mut text = Zeroizing::new(String::with_capacity(1024));
    if std::io::stdin().is_terminal() {
        eprintln!("{ask}");
        std::io::stdin().read_line(&mut text).map_err(said)?;
    } else {
        std::io::stdin().take(READ_MAX).read_to_string(&mut text).map_err(said)?;
    }
    Ok(Words::new(text.trim().to_owned()))
}

fn read_file(path: &Path) -> Result<Recovery, Failure> {
    let said = |error: std::io::Error| Failure::Said(format!("The file {} cannot be read: {error}. Look at its name.", path.display()));
    let mut text = Zeroizing::new(String::with_capacity(2048));
    let file = std::fs::File::open(path).map_err(said)?;
    match file.take(READ_MAX).read_to_string(&mut text) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(Refusal::Vault(VaultRefusal::NotAFile).into()),
        Err(error) => Err(said(error)),
        Ok(_) => Recovery::parse(&text).map_err(|why| Refusal::Vault(why).into()),
    }
}

pub async fn restore(shell: &mut Shell, server: Option<String>, file: Option<&Path>) -> Result<(), Failure> {
    let (words, server) = match file {
        Some(path) => {
            let recovery = read_file(path)?;
            (recovery.words, server.unwrap_or(recovery.server))
        }
        None => (read_words("Type the 12 words in their order, then Enter.")?, server.unwrap_or_default()),
    };
    let address = Address::parse(&server).map_err(|error| Failure::Said(format!("{error}.")))?;
    shell.command(Command::Vault(VaultCommand::Restore { words, server: address.url.clone() }))?;
    let progress = print::Waiting::new("Looking for your account");
    let (mut refused, mut done) = (None, None);
    shell
        .run(FLUSH, |shell, event| {
            match event {
                Some(Event::Vault(VaultEvent::RestoreRefused(why)) | Event::Failed { why, .. }) => refused = Some(why.clone()),
                Some(Event::Vault(VaultEvent::Restored { username, kept_ms })) => done = Some((username.clone(), *kept_ms)),
                _ => {}
            }
            refused.is_some() || shell.offline.is_some() || done.is_some()
        })
        .await?;
    drop(progress);
    if let Some(why) = refused {
        return Err(why.into());
    }
    let Some((username, kept_ms)) = done else {
        let why = shell.offline.take().map_or_else(|| "it did not answer in time".to_owned(), |error| error.to_string());
        return Err(Failure::Said(format!("The account could not be brought back: {why}. Check the address and try again.")));
    };
    println!("You are {username} on {} again, as it was kept on {} UTC.", address.url, print::time(kept_ms));
    come_back(shell).await
}

/// Waits a while for the chats, and says which are still to come.
async fn come_back(shell: &mut Shell) -> Result<(), Failure> {
    let progress = print::Waiting::new("Coming back into your chats");
    let settled = |shell: &mut Shell, _: Option<&Event>| {
        shell.offline.is_some() || shell.home.client.vault_status().is_ok_and(|status| status.returning == 0)
    };
    shell.run(COMING_BACK, settled).await?;
    drop(progress);
    let chats = shell.home.client.chats().map_err(|fault| device_failed(&fault))?;
    let returning = chats.iter().filter(|chat| chat.state == ChatState::Returning).count();
    println!("{} of {} chats are back.", chats.len() - returning, chats.len());
    if returning > 0 {
        println!("The others come back when somebody in them is connected: `treehouse sync` looks for the answers.");
    }
    println!("What was said before does not come back with the words.");
    Ok(())
}
