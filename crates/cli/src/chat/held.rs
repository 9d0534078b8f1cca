//! The sealed bytes of pictures, films and voice messages that are kept: fetched with the keeping, and given out beside a report for an officer.

use super::report::{seed, write_new};
use super::{Failure, device, fetch};
use crate::shell::{Shell, now};
use crate::transfer::download;
use client::{KeptOpen, KeptVoice, KeptWanted};
use std::path::{Path, PathBuf};

/// Fetches what is not here yet. What cannot be fetched is said, and nothing fails: the words are kept.
pub async fn fetch_kept(shell: &mut Shell) -> Result<(), Failure> {
    // Asked first: with the connection may come that a sender took something back.
    let wanted = shell.home.client.kept_wanted().map_err(|fault| device(&fault))?;
    if wanted.is_empty() {
        return Ok(());
    }
    let _ = fetch(shell).await;
    take(shell, &wanted).await
}

/// The same over the connection that is there.
pub async fn take(shell: &mut Shell, wanted: &[KeptWanted]) -> Result<(), Failure> {
    let cache = shell.home.folder.join("files");
    for wanted in wanted {
        let Some((address, bearer)) = shell.beside() else {
            eprintln!("There is no connection: `treehouse sync` fetches the sealed pictures, as long as they are in the chat.");
            return Ok(());
        };
        let from = download::From { address: &address, bearer, cache: &cache };
        let fetched = download::fetch(&from, &wanted.file, |_, _| {}).await;
        match fetched.and_then(|ciphertext| download::sealed(&wanted.file, &ciphertext)) {
            Ok(sealed) => {
                let seed = *seed()?;
                shell.home.client.keep_sealed(now(), seed, wanted, &sealed).map_err(|fault| device(&fault))?;
            }
            Err(error) => eprintln!("{error}"),
        }
    }
    Ok(())
}

/// Writes the sound of a kept voice message, and nothing that is not sound.
pub fn voice(shell: &Shell, open: &KeptOpen, kept: i64, out: &Path) -> Result<(), Failure> {
    let none = || {
        Failure::Said(format!(
            "Nothing of {kept} can be heard here: `treehouse kept` says what is kept of it. Try again after `treehouse sync`."
        ))
    };
    let mut voices = shell.home.client.kept_voice(open, kept).map_err(|fault| device(&fault))??;
    let KeptVoice { file, mut sealed } = voices.pop().ok_or_else(none)?;
    let plain = media::heard(&file, &mut sealed).ok_or_else(none)?;
    write_new(out, &plain, "--out")?;
    println!("heard in {}", out.display());
    Ok(())
}

/// Puts the sealed files of kept messages beside the file of a report, each under the name by which `treehouse verify --sealed` finds it.
pub fn beside(shell: &Shell, open: &KeptOpen, kept: &[i64], report: &Path) -> Result<(), Failure> {
    let folder: PathBuf = report.with_extension("sealed");
    let mut written = 0;
    for kept in kept {
        for file in shell.home.client.kept_sealed(open, *kept).map_err(|fault| device(&fault))?? {
            std::fs::create_dir_all(&folder).map_err(|why| {
                Failure::Said(format!("The folder {} cannot be made: {why}. Choose another name with --out.", folder.display()))
            })?;
            let path = folder.join(&file.name);
            // Two messages may have the same file.
            if !path.exists() {
                write_new(&path, &file.bytes, "--out")?;
                written += 1;
            }
        }
    }
    if written > 0 {
        println!("sealed {written} in {}", folder.display());
        eprintln!("Give the folder to the officer with the file: the two halves open what is in it (`treehouse verify --sealed`).");
    }
    Ok(())
}
