//! `treehouse admin`: what an operator may do. A running server sees it within a second.

use clap::Subcommand;
use rand_chacha::rand_core::SeedableRng as _;
use server::shell::{Admin, AdminError, NewDesk};
use server::store::{AccountRow, Ban};
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use wire::AccountId;
use wire::desk::{APPEAL_MAX, NAME_MAX};

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
    /// Open a closed account again, for example one of the safety team, which no other member can close or open. Contact links have to be made anew
    Reopen {
        /// The server's data directory, as `treehouse serve` was given it
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The account's key, 64 digits
        #[arg(value_name = "ACCOUNT", value_parser = account)]
        account: AccountId,
    },
    /// Let an account begin nothing new: no chat, no group, no link. It goes on with what it has
    Restrict {
        /// The server's data directory, as `treehouse serve` was given it
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The account's key, 64 digits
        #[arg(value_name = "ACCOUNT", value_parser = account)]
        account: AccountId,
        /// Let it begin new things again
        #[arg(long)]
        lift: bool,
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
    /// Set up the safety team that reports go to, and the key for the police in two halves to print
    Desk {
        /// The server's data directory, as `treehouse serve` was given it
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// A member's account, 64 digits as `treehouse whoami` shows them: at least two
        #[arg(long = "member", value_name = "ACCOUNT", value_parser = account, required = true)]
        members: Vec<AccountId>,
        /// Who looks when the members do not
        #[arg(long, value_name = "ACCOUNT", value_parser = account)]
        deputy: AccountId,
        /// Within how many hours somebody looks at a report
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=168))]
        hours: u16,
        /// So many days after a report was closed or refused it is taken from the server, and its notes; 0: after 90 days, like everything
        #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(0..=89))]
        keep_days: u16,
        /// Whom somebody can ask against whom the team acted: one line, such as a name and a telephone number
        #[arg(long, value_name = "TEXT", default_value = "")]
        appeal: String,
        /// Somebody outside the team, for reports about a member of staff: their account
        #[arg(long, value_name = "ACCOUNT", value_parser = account, requires = "outside_name")]
        outside: Option<AccountId>,
        /// And what they are called on the form, such as "The chair of governors"
        #[arg(long, value_name = "NAME", requires = "outside")]
        outside_name: Option<String>,
        /// The safeguarding lead, to whom alone a report can go: an account that is not of the team
        #[arg(long, value_name = "ACCOUNT", value_parser = account, requires = "lead_name")]
        lead: Option<AccountId>,
        /// And what they are called on the form, such as "Ms Example"
        #[arg(long, value_name = "NAME", requires = "lead")]
        lead_name: Option<String>,
        /// The folder for the two halves: print each for another person, then delete the files
        #[arg(long, value_name = "DIR")]
        halves: PathBuf,
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

/// Why nothing was done, as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(
        "a safety team has at least two members and a deputy, each another account, and so are who is outside and the lead: name them with --member, --deputy, --outside and --lead"
    )]
    TooFew,
    #[error("--appeal has at most {APPEAL_MAX} bytes, --outside-name and --lead-name {NAME_MAX}: say it shorter")]
    TooLong,
    #[error("the halves cannot be written into {}, {why}: choose another folder", folder.display())]
    Halves { folder: PathBuf, why: std::io::Error },
    #[error("this machine gives no random numbers: {0}")]
    Entropy(getrandom::Error),
}

/// Members and deputy of a desk, at least.
const DESK_MIN: usize = 3;

/// Sets up the desk. The secret for pictures is cut in two before anything is written, and the server never has it.
fn desk(data: &Path, mut new: NewDesk<'_>, folder: &Path) -> Result<(), Failure> {
    let different: BTreeSet<AccountId> = new.readers().collect();
    if new.members.len() < DESK_MIN || different.len() < new.readers().count() {
        return Err(Failure::TooFew);
    }
    // Before the key for the police is made: what is refused leaves no halves behind.
    new.check()?;
    let too_long = |(name, _): &(String, AccountId)| name.len() > NAME_MAX;
    if new.appeal.len() > APPEAL_MAX || new.outside.iter().chain(&new.lead).any(too_long) {
        return Err(Failure::TooLong);
    }
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(Failure::Entropy)?;
    let mut rng = rand_chacha::ChaCha20Rng::from_seed(*seed);
    let secret = report::AddresseeSecret::generate(&mut rng);
    let public = secret.public();
    let halves = |why| Failure::Halves { folder: folder.to_owned(), why };
    std::fs::create_dir_all(folder).map_err(halves)?;
    for (half, number) in secret.halves(&mut rng).iter().zip(1..) {
        let words = half.words();
        let lines: Vec<String> = words.split(' ').zip(1..).map(|(word, place)| format!("{place:>2} {word}")).collect();
        let text = zeroize::Zeroizing::new(format!(
            "{}\n\n{}\n",
            HALF.replace("{n}", &number.to_string()).replace("{key}", &public.fingerprint()),
            lines.join("\n")
        ));
        let path = folder.join(format!("half-{number}.txt"));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(halves)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(halves)?;
        println!("half {number} of the key for the police is in {}", path.display());
    }
    new.police = Some(public.as_bytes().to_vec());
    let readers: Vec<AccountId> = new.readers().collect();
    let passes = Admin::open(data)?.set_up_desk(new)?;
    for (member, pass) in readers.iter().zip(&passes.passes) {
        println!("for {member}: treehouse desk join {}.{}", passes.log, wire::Hash32(*pass.expose()));
    }
    eprintln!("Print each half for another person, who locks it away, and delete both files. Give each line to its member alone.");
    Ok(())
}

/// What stands above the words of a half.
const HALF: &str = "Treehouse: half {n} of 2 of the key that opens pictures in reports. Key {key}.
Whoever has both halves can open every picture that was reported or kept on this server. Keep this half apart from the other, locked away.
They are put together only with an officer present, against a crime reference, and that is written down.";

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
pub fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Desk { data, members, deputy, hours, keep_days, appeal, outside, outside_name, lead, lead_name, halves } => {
            let members = [members, vec![deputy]].concat();
            let (outside, lead) = (outside_name.zip(outside), lead_name.zip(lead));
            desk(&data, NewDesk { members: &members, police: None, hours, keep_days, appeal, outside, lead }, &halves)?;
        }
        What::List { data, json } => {
            let rows = Admin::open(&data)?.accounts()?;
            rows.iter().for_each(|row| print(row, json));
        }
        What::Close { data, account } => {
            Admin::open(&data)?.close(account)?;
            println!("closed");
        }
        What::Reopen { data, account } => {
            Admin::open(&data)?.reopen(account)?;
            println!("open");
        }
        What::Restrict { data, account, lift } => {
            Admin::open(&data)?.restrict(account, if lift { Ban::None } else { Ban::Restricted })?;
            println!("{}", if lift { "lifted" } else { "restricted" });
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
        let restricted = row.ban == Ban::Restricted;
        let id = account.to_string();
        let line = serde_json::json!({ "id": id, "since": since, "role": role, "closed": closed, "restricted": restricted, "bytes_per_day": bytes_per_day });
        println!("{line}");
        return;
    }
    let closed = match (row.closed, row.ban) {
        (true, _) => "closed",
        (false, Ban::Restricted) => "restricted",
        (false, Ban::None) => "open",
    };
    let quota = row.bytes_per_day.map_or_else(|| "usual quota".into(), |bytes| format!("{bytes} bytes a day"));
    println!("{}  {closed}  {quota}  {}", row.account, row.role);
}
