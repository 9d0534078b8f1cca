//! What is about a member of staff, where nobody outside the safety team reads reports: who else there is.

use super::{Failure, desk};
use crate::region;
use crate::shell::Shell;
use crate::transfer::http::Http;
use safety::help::{OwnEntry, Region, about_staff, own, shown_in};

/// Says whom one can turn to: whom the operator names above the staff, who looks after children there, and lines that somebody verified.
pub async fn nobody_outside(shell: &Shell) -> Failure {
    let region = region::region(Some(&shell.home.folder));
    let mut others: Vec<String> = people(shell).await.iter().filter(|entry| entry.role.is_above_staff()).map(named).collect();
    others.push(if region == Some(Region::Gb) { COUNCIL } else { CHILDREN }.to_owned());
    let found = shown_in(region);
    for entry in about_staff(&found) {
        let ways: Vec<&str> = entry.fields.iter().map(|field| field.value.as_str()).collect();
        others.push(format!("{} ({})", entry.name, ways.join(", ")));
    }
    Failure::Said(format!("{NOBODY} You can turn to: {}.", others.join("; ")))
}

const NOBODY: &str = "Nobody outside the safety team reads this report: make a file for an officer with --to file.";
const COUNCIL: &str = "your local council's children's services, where a designated officer looks into what staff do";
const CHILDREN: &str = "the service that protects children where you live";

fn named(entry: &OwnEntry) -> String {
    let ways = entry.ways.iter().map(|(_, value)| value.as_str());
    let found: Vec<&str> = entry.about.as_deref().into_iter().chain(ways).collect();
    format!("{} ({})", entry.name, found.join(", "))
}

/// Whom the operator names. Without an answer there is nobody.
async fn people(shell: &Shell) -> Vec<OwnEntry> {
    let Ok(Some(address)) = desk::address(shell) else { return vec![] };
    let Ok(mut http) = Http::nameless(&address).await else { return vec![] };
    http.people().await.ok().and_then(|text| own(&text).ok()).unwrap_or_default()
}
