//! A picture of another app's screen, put beside what is kept: nothing of it is proved.

use super::{Failure, id_of};
use crate::shell::Shell;
use std::fs::File;
use std::path::Path;
use view::{Command, KeepCommand, TOLD_PICTURE_BYTES_MAX};

/// Puts it into the box as a report can carry it, without place and camera; the first time a passphrase for the box is asked for.
pub fn keep(shell: &mut Shell, path: &Path, passphrase: Option<&Path>) -> Result<(), Failure> {
    let jpeg = cleaned(path)?;
    super::report::make_box(shell, passphrase)?;
    let reply = shell.command(Command::Keep(KeepCommand::AddScreenshot { jpeg }))?;
    println!("screenshot {}", id_of(&reply));
    eprintln!(
        "It is not proved. Nobody else can see that it is there; it goes into a report with --kept, and the police alone open it then."
    );
    eprintln!("If somebody in it has no clothes on, take it out with `treehouse kept --discard ID`: keep or report the message instead.");
    Ok(())
}

fn cleaned(path: &Path) -> Result<Vec<u8>, Failure> {
    let no = |why: &str| Failure::Said(format!("The picture {} cannot be kept: {why}.", path.display()));
    let mut file = File::open(path).map_err(|why| no(&why.to_string()))?;
    let mut jpeg = Vec::new();
    let photo = media::clean::photo(&mut file, &mut jpeg).map_err(|why| no(&why.to_string()))?;
    if photo.media_type != "image/jpeg" {
        return Err(no("it is no JPEG. Save it as one first, or add it in the page, which does that itself"));
    }
    if jpeg.len() > TOLD_PICTURE_BYTES_MAX {
        return Err(no(&format!(
            "it has {} bytes, and {TOLD_PICTURE_BYTES_MAX} are the most. Make it smaller first, or add it in the page, which does that itself",
            jpeg.len()
        )));
    }
    Ok(jpeg)
}
