//! Accounts, contacts and groups.

use super::asked::{self, Answer};
use super::lists::names;
use super::{FLUSH, Failure, Flushed, device, fetch, find, first, flush, id_of, tell_lost};
use crate::args::{self, Chosen, Format, Group, Invitation, OnOff};
use crate::net::Address;
use crate::print;
use crate::region;
use crate::shell::{Shell, now};
use crate::terminal::one_line;
use safety::help::Region;
use std::path::Path;
use view::{AgeRow, Born, Command, Event, KeepHint, Needing, Query, Refusal, Reply, SafetyRow, Switch, View};
use wire::desk::APPEAL_MAX;

pub async fn signup(shell: &mut Shell, username: String, server: &str, display_name: Option<String>) -> Result<(), Failure> {
    let address = Address::parse(server).map_err(|error| Failure::Said(format!("{error}.")))?;
    let invite = server.split_once('#').map(|(_, code)| code.to_owned());
    shell.command(Command::SignUp { username: username.clone(), server: address.url.clone(), invite, display_name })?;
    let progress = print::Waiting::new("Making your account");
    let mut refused = None;
    let mut done = false;
    shell
        .run(FLUSH, |shell, event| {
            match event {
                Some(Event::SignUpRefused(why)) => refused = Some(why.clone()),
                Some(Event::Failed { why, .. }) => refused = Some(why.clone()),
                Some(Event::SignedUp { .. }) => done = true,
                _ => {}
            }
            refused.is_some() || shell.offline.is_some() || (done && shell.home.client.unfinished(now()).is_ok_and(|left| left == 0))
        })
        .await?;
    drop(progress);
    if let Some(why) = refused {
        return Err(why.into());
    }
    if !done {
        let why = shell.offline.take().map_or_else(|| "it did not answer in time".to_owned(), |error| error.to_string());
        return Err(Failure::Said(format!("The account could not be made: {why}. Check the address and try again.")));
    }
    println!("You are {} on {}.", username.to_lowercase(), address.url);
    println!("Next: `treehouse link --for NAME` makes a link for somebody you know.");
    Ok(())
}

pub async fn link(shell: &mut Shell, label: String, uses: u32, days: u32) -> Result<(), Failure> {
    let Reply::Link { url, uses, expires_ms, .. } = shell.command(Command::MakeLink { label, uses, days })? else { return Ok(()) };
    match flush(shell, "Making the link").await? {
        Flushed::Sent => {}
        Flushed::Queued if shell.home.client.link_is_live(&url).map_err(|fault| device(&fault))? => {}
        Flushed::Queued => {
            return Err(Refusal::NotReady { what: Needing::Link }.into());
        }
    }
    println!("{url}");
    let people = if uses == 1 { "one person".to_owned() } else { format!("{uses} people") };
    eprintln!(
        "Give this link to {people} only, by {} UTC: whoever has it can ask to be your contact. It shows no name and no message before you accept.",
        print::time(expires_ms)
    );
    Ok(())
}

pub async fn add(shell: &mut Shell, link: String) -> Result<(), Failure> {
    let reply = shell.command(Command::AddContact { link })?;
    let emoji = shell.home.client.requests().map_err(|fault| device(&fault))?.into_iter().find(|request| request.id == id_of(&reply));
    match flush(shell, "Asking (this takes up to 20 seconds, so that its time tells nothing)").await? {
        Flushed::Sent => println!("Asked. Your chat begins when they accept; `treehouse sync` looks for the answer."),
        Flushed::Queued => println!("queued"),
    }
    if let Some(request) = emoji {
        println!("If you speak to each other, both of you should see: {}", request.emoji);
    }
    Ok(())
}

pub async fn requests(shell: &mut Shell, what: Option<args::Answer>, format: Format) -> Result<(), Failure> {
    match what {
        None => {
            fetch(shell).await?;
            print::requests(&shell.home.client.requests().map_err(|fault| device(&fault))?, format);
            Ok(())
        }
        Some(args::Answer::Accept { id }) => {
            let reply = shell.command(Command::AcceptRequest { id })?;
            match flush(shell, "Beginning the chat (up to 20 seconds)").await? {
                Flushed::Sent => {
                    let name = shell.home.client.chat_name(id_of(&reply)).map_err(|fault| device(&fault))?;
                    let name = one_line(&name, print::NAME);
                    println!("Accepted. The chat is called {name} here until they have said their username.");
                }
                Flushed::Queued => println!("queued"),
            }
            Ok(())
        }
        Some(args::Answer::Decline { id }) => {
            shell.command(Command::DeclineRequest { id })?;
            println!("Declined. They are not told.");
            Ok(())
        }
    }
}

pub async fn invitations(shell: &mut Shell, what: Option<Invitation>, format: Format) -> Result<(), Failure> {
    match what {
        None => {
            fetch(shell).await?;
            print::invitations(&shell.home.client.invitations().map_err(|fault| device(&fault))?, format);
            Ok(())
        }
        Some(Invitation::Join { id }) => {
            let reply = shell.command(Command::JoinGroup { invitation: id })?;
            flush(shell, "Joining").await?;
            let name = shell.home.client.chat_name(id_of(&reply)).map_err(|fault| device(&fault))?;
            println!("{}", joined(&name, id_of(&reply)));
            Ok(())
        }
        Some(Invitation::Decline { id }) => {
            shell.command(Command::DeclineGroup { invitation: id })?;
            println!("Declined. Nobody is told.");
            Ok(())
        }
    }
}

/// What a group is called its admins chose.
fn joined(name: &str, chat: i64) -> String {
    if name.is_empty() { format!("Joined chat {chat}.") } else { format!("Joined {}.", one_line(name, print::GROUP)) }
}

/// What is done before somebody is blocked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// What was said is kept.
    Keep,
    Nothing,
    /// Whoever sits at the terminal says which. Without a terminal nothing is done first, and it is said how to keep.
    Ask,
}

pub async fn block(shell: &mut Shell, user: String, before: Before, passphrase: Option<&Path>) -> Result<(), Failure> {
    let chat = chat_with(shell, &user)?;
    let asked = match chat {
        Some(chat) => keep_before(shell, &user, chat, before, passphrase)?,
        None => Answer::No,
    };
    shell.command(Command::Block { user: user.clone() })?;
    flush(shell, "Blocking").await?;
    if asked == Answer::Yes {
        super::held::fetch_kept(shell).await?;
    }
    println!("You will not hear from {user} any more. They are not told, and nothing was deleted. `treehouse unblock {user}` undoes it.");
    if let (Some(chat), Answer::Nobody) = (chat, asked)
        && let Some(ids) = first::worth_keeping(shell, chat)?
    {
        eprintln!("What they delete now is gone here too, but for what you keep: `treehouse keep {user} {ids}`");
    }
    Ok(())
}

/// First keep, then block: what somebody deletes afterwards is gone here too.
fn keep_before(shell: &mut Shell, user: &str, chat: i64, before: Before, passphrase: Option<&Path>) -> Result<Answer, Failure> {
    let KeepHint { messages: ids, older, .. } = match before {
        Before::Nothing => return Ok(Answer::No),
        Before::Keep | Before::Ask => first::keepable(shell, chat)?,
    };
    if ids.is_empty() {
        return Ok(Answer::No);
    }
    let answer = match before {
        Before::Ask => asked::ask(
            &format!(
                "Keep what was said with {user} first, with its proofs ({} messages)? Nobody else can see that. Yes is Enter, no is n.",
                ids.len()
            ),
            Answer::Yes,
        )?,
        Before::Keep | Before::Nothing => Answer::Yes,
    };
    if answer == Answer::Yes {
        super::report::keep_in(shell, chat, ids, passphrase)?;
        if older > 0 {
            eprintln!("There are {older} older ones, which are not kept: `treehouse block {user} --keep` once more keeps them.");
        }
    }
    Ok(answer)
}

/// The chat of two with somebody who is called so.
fn chat_with(shell: &Shell, user: &str) -> Result<Option<i64>, Failure> {
    let known = shell.home.client.known().map_err(|fault| device(&fault))?;
    let mut called = known.into_iter().filter(|known| known.name.to_lowercase() == user.to_lowercase());
    // Of several nobody is meant before they are told apart.
    Ok(called.next().filter(|_| called.next().is_none()).and_then(|known| known.chat))
}

pub fn unblock(shell: &mut Shell, user: String) -> Result<(), Failure> {
    shell.command(Command::Unblock { user: user.clone() })?;
    println!("You hear from {user} again. What they said in between stays away.");
    Ok(())
}

/// What is chosen anew.
pub struct Choices {
    pub receipts: Option<OnOff>,
    pub born: Option<String>,
    pub trust: Option<String>,
    pub region: Option<Chosen>,
}

/// In place of a month or a name.
const NOTHING: &str = "no";

fn month(text: &str) -> Result<Option<Born>, Failure> {
    if text == NOTHING {
        return Ok(None);
    }
    let read = text.split_once('-').and_then(|(year, month)| Some(Born { year: year.parse().ok()?, month: month.parse().ok()? }));
    read.map(Some).ok_or_else(|| Failure::Said(format!("{text} is no month: write it as 2012-05, or say no.")))
}

fn account(shell: &Shell, name: &str) -> Result<Option<String>, Failure> {
    if name == NOTHING {
        return Ok(None);
    }
    let known = shell.home.client.known().map_err(|fault| device(&fault))?;
    let found = known.into_iter().find(|known| known.name == name && known.chat.is_some()).map(|known| known.account);
    found.map(Some).ok_or_else(|| Refusal::NoSuchUser { name: name.to_owned() }.into())
}

/// One tap, on a command line.
pub async fn need_to_talk(shell: &mut Shell) -> Result<(), Failure> {
    super::say::said(shell, Command::NeedToTalk).await
}

pub fn settings(shell: &mut Shell, choices: Choices, format: Format) -> Result<(), Failure> {
    if let Some(text) = &choices.born {
        let born = month(text)?;
        shell.command(Command::Born { born })?;
    }
    if let Some(name) = &choices.trust {
        let account = account(shell, name)?;
        shell.command(Command::Trust { account })?;
    }
    if let Some(Chosen(region)) = choices.region {
        region::choose(&shell.home.folder, region).map_err(|error| {
            Failure::Said(format!("Where you are cannot be kept in {}: {error}. Try again.", shell.home.folder.display()))
        })?;
    }
    let region = region::region(Some(&shell.home.folder));
    let receipts = choices.receipts;
    let asked = shell.home.client.ask(now(), Query::Settings).map_err(|fault| device(&fault))?;
    let View::Settings(mut settings) = asked else { return Ok(()) };
    if let Some(receipts) = receipts {
        settings.receipts = if receipts == OnOff::On { Switch::On } else { Switch::Off };
        shell.command(Command::ChangeSettings(settings))?;
    }
    let on = settings.receipts == Switch::On;
    let desk = shell.home.client.desk().map_err(|fault| device(&fault))?;
    let appeal = desk.and_then(|desk| desk.more).map(|more| more.appeal).filter(|appeal| !appeal.is_empty());
    if let (Some(appeal), false) = (&appeal, format.json) {
        println!("If the safety team restricts or closes your account you can ask: {}", one_line(appeal, APPEAL_MAX));
    }
    if format.json {
        let (age, safety) = kept_here(shell)?;
        let born = age.born.map(|born| format!("{:04}-{:02}", born.year, born.month));
        print::json(
            &serde_json::json!({ "receipts": on, "appeal": appeal, "born": born, "trusted": safety.trusted.map(|row| row.name), "region": region.map(Region::code) }),
        );
        return Ok(());
    }
    if on {
        println!("Others see when you have read what they sent: `treehouse settings --receipts off` changes that.");
    } else {
        println!("Nobody sees when you have read something: `treehouse settings --receipts on` changes that.");
    }
    let (age, safety) = kept_here(shell)?;
    match age.born {
        Some(born) => println!("Born {:04}-{:02}: it is known here alone.", born.year, born.month),
        None => println!(
            "You have not said when you were born: the careful rules for under 18 hold. `treehouse settings --born 2012-05` says it, here alone."
        ),
    }
    match region {
        Some(region) => println!("Help is for {}: `treehouse settings --region` says where you are, here alone.", region.code()),
        None => {
            println!("Nobody here knows in which country you are: `treehouse settings --region GB` says it, here alone, so that Help fits.")
        }
    }
    if let Some(row) = safety.trusted {
        let name = one_line(&row.name, print::NAME);
        println!("You trust {name}: `treehouse talk` tells them that you need to talk.");
    }
    Ok(())
}

fn kept_here(shell: &Shell) -> Result<(AgeRow, SafetyRow), Failure> {
    let ask = |query| shell.home.client.ask(now(), query).map_err(|fault| device(&fault));
    match (ask(Query::Age)?, ask(Query::Safety)?) {
        (View::Age(age), View::Safety(safety)) => Ok((age, safety)),
        _ => Err(Refusal::NotSignedUp.into()),
    }
}

pub fn whoami(shell: &Shell, format: Format) -> Result<(), Failure> {
    let who = shell.home.client.whoami().map_err(|fault| device(&fault))?.ok_or(Refusal::NotSignedUp)?;
    print::whoami(&who, format);
    Ok(())
}

pub async fn group(shell: &mut Shell, what: Group) -> Result<(), Failure> {
    let invited = match &what {
        Group::Create { members, .. } | Group::Add { members, .. } => Some(members.join(", ")),
        _ => None,
    };
    let (command, doing) = match what {
        Group::Create { name, members } => (Command::CreateGroup { name, members }, "Making the group (invitations take up to 20 seconds)"),
        Group::Add { group, members } => (Command::AddMembers { chat: find(shell, &group)?, members }, "Inviting (up to 20 seconds)"),
        Group::Remove { group, user } => (Command::RemoveMember { chat: find(shell, &group)?, member: user }, "Removing"),
        Group::Leave { group, anyway } => {
            let chat = find(shell, &group)?;
            first::keep_first(shell, &group, chat, vec![], anyway)?;
            (Command::Leave { chat }, "Leaving")
        }
        Group::Rename { group, name } => (Command::Rename { chat: find(shell, &group)?, name }, "Renaming"),
        Group::Promote { group, user } => (Command::Promote { chat: find(shell, &group)?, member: user }, "Promoting"),
        Group::Members { group, format } => {
            fetch(shell).await?;
            let chat = find(shell, &group)?;
            print::members(&shell.home.client.members(chat).map_err(|fault| device(&fault))?, &names(shell)?, format);
            return tell_lost(shell, Some(chat));
        }
    };
    shell.command(command)?;
    match (flush(shell, doing).await?, invited) {
        (Flushed::Sent, Some(names)) => {
            println!("Invited: {names}. Each of them is in once it has accepted with `treehouse invitations join`.")
        }
        (Flushed::Sent, None) => println!("Done."),
        (Flushed::Queued, _) => println!("queued"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_joined_by_its_name_and_the_name_commands_nothing() {
        assert_eq!(joined("", 7), "Joined chat 7.");
        assert_eq!(joined("x\u{1b}[2K\n58 alice: I did it", 7), "Joined x\u{fffd}[2K 58 alice: I did it.");
    }
}
