//! `treehouse invite`: codes by which people join a server that takes invited people only.

use super::known_url;
use server::hex;
use server::shell::{Admin, AdminError};
use std::path::PathBuf;
use wire::limits::{INVITES_MAX, ROLE_MAX};

/// Make invitations, one link a line
#[derive(clap::Args)]
pub struct Args {
    /// The server's data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How many people to invite
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(INVITES_MAX)))]
    count: u32,
    /// A role that contacts of these people will see, for example "teacher"
    #[arg(long, value_name = "ROLE", default_value = "", value_parser = role)]
    role: String,
    /// How many days the invitations work
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=3650))]
    expires: u32,
}

fn role(text: &str) -> Result<String, RoleTooLong> {
    if text.len() > ROLE_MAX { Err(RoleTooLong) } else { Ok(text.to_owned()) }
}

#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a role has at most {ROLE_MAX} bytes")]
struct RoleTooLong;

/// Makes the invitations and prints a link for each, whether or not the server runs.
///
/// # Errors
/// There is no server's data, or it cannot be written.
pub fn run(args: Args) -> Result<(), AdminError> {
    let url = known_url(&args.data).ok_or(AdminError::NoData)?;
    let codes = Admin::open(&args.data)?.invite(args.count, args.role, args.expires)?;
    for code in codes {
        println!("{url}/i#{}", hex::encode(&code));
    }
    Ok(())
}
