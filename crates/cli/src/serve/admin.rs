//! `treehouse admin`: what an operator may do. A running server sees it within a second.

use clap::Subcommand;
use server::shell::{Admin, AdminError};
use server::store::AccountRow;
use std::path::PathBuf;
use wire::AccountId;

/// Look after a server
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The accounts: their keys, since when, role, quota, whether they are closed. Usernames are not stored
    List {
        /// The server's data directory, as `treehouse serve` was given it
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Close an account: its sessions end and nobody reaches it any more
    Close {
        /// The server's data directory, as `treehouse serve` was given it
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The account's key, 64 digits
        #[arg(value_name = "ACCOUNT", value_parser = account)]
        account: AccountId,
    },
    /// How many bytes an account may store in a day
    Quota {
        /// The server's data directory, as `treehouse serve` was given it
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The account's key, 64 digits
        #[arg(value_name = "ACCOUNT", value_parser = account)]
        account: AccountId,
        /// How many, for files and messages together
        #[arg(value_name = "BYTES")]
        bytes_per_day: u64,
    },
    /// Copy everything to a new directory, while the server runs. It holds the server's keys: keep it as safe
    Backup {
        /// The server's data directory, as `treehouse serve` was given it
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The directory to make
        #[arg(value_name = "TARGET")]
        target: PathBuf,
    },
    /// Bring a backup back into a data directory that does not exist
    Restore {
        /// The directory to make: the server's data from now on
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The directory that `treehouse admin backup` made
        #[arg(value_name = "BACKUP")]
        backup: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("an account's key has 64 digits, as `treehouse admin list` shows them")]
struct NoKey;

fn account(text: &str) -> Result<AccountId, NoKey> {
    AccountId::from_hex(text).ok_or(NoKey)
}

/// Does it, and says so.
///
/// # Errors
/// Nothing was done.
pub fn run(args: Args) -> Result<(), AdminError> {
    match args.what {
        What::List { data, json } => {
            let rows = Admin::open(&data)?.accounts()?;
            rows.iter().for_each(|row| print(row, json));
        }
        What::Close { data, account } => {
            Admin::open(&data)?.close(account)?;
            println!("closed");
        }
        What::Quota { data, account, bytes_per_day } => {
            Admin::open(&data)?.set_quota(account, bytes_per_day)?;
            println!("set");
        }
        What::Backup { data, target } => {
            Admin::open(&data)?.backup(&target)?;
            println!("copied to {}", target.display());
        }
        What::Restore { data, backup } => {
            Admin::restore(&backup, &data)?;
            println!("restored to {}", data.display());
        }
    }
    Ok(())
}

fn print(row: &AccountRow, json: bool) {
    let since = row.since.start().0 / 1000;
    if json {
        let AccountRow { account, role, closed, bytes_per_day, .. } = row;
        let id = account.to_string();
        let line = serde_json::json!({ "id": id, "since": since, "role": role, "closed": closed, "bytes_per_day": bytes_per_day });
        println!("{line}");
        return;
    }
    let closed = if row.closed { "closed" } else { "open" };
    let quota = row.bytes_per_day.map_or_else(|| "usual quota".into(), |bytes| format!("{bytes} bytes a day"));
    println!("{}  {closed}  {quota}  {}", row.account, row.role);
}
