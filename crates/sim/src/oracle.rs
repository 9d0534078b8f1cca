//! What must be true of every world once it has come to rest.

use crate::evidence::{Checked, commit_before, prove, report, report_all};
use crate::world::World;
use client::audit::{ChatAudit, MessageAudit, is_harmless};
use franking::StampPublic;
use std::collections::{BTreeMap, BTreeSet};
use wire::content::Content;
use wire::{AccountId, ClientId, MessageId, Millis, Route};

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong(pub String);

/// Which world it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honesty {
    /// Everybody follows the protocol: nothing may fail at all.
    Honest,
    /// The server did not, or a member for a moment: all must come right again.
    Hostile,
    /// This member did not, all the time: what is on its own device, and what it says it said, is not looked at.
    HostileMember(usize),
}

/// How far what a device takes for the server's time may be from it, at most.
const CLOCKS_APART: u64 = 60 * 1000;

struct Seen {
    name: String,
    account: AccountId,
    chats: BTreeMap<Route, ChatAudit>,
    waiting: Vec<String>,
}

/// Everything wrong with the world as it is.
pub fn judge(world: &World, honesty: Honesty) -> Vec<Wrong> {
    let retired: Vec<Seen> = world.people.iter().filter(|person| person.retired).map(|person| look(world, person)).collect();
    let mut people: Vec<Seen> = world.people.iter().filter(|person| !person.retired).map(|person| look(world, person)).collect();
    let hostile = match honesty {
        Honesty::HostileMember(index) => Some(people.remove(index).account),
        Honesty::Honest | Honesty::Hostile => None,
    };
    let mut wrong = Vec::new();
    for person in &people {
        at_rest(person, honesty, &mut wrong);
        if honesty == Honesty::Honest {
            nothing_failed(person, &mut wrong);
        }
    }
    everything_proved(&people, hostile, Checked::new(world.stamp_key()), &mut wrong);
    everything_reportable(&people, honesty, &world.stamp_key(), &mut wrong);
    let routes: BTreeSet<Route> = people.iter().flat_map(|person| person.chats.keys().copied()).collect();
    for route in routes {
        one_group(&people, &route, &mut wrong);
        nothing_lost(&people, &retired, &route, honesty, &mut wrong);
    }
    wrong
}

fn look(world: &World, person: &crate::person::Person) -> Seen {
    let client = person.client();
    let chats = client.audit().expect("a person's chats can be read");
    Seen {
        name: person.name.clone(),
        account: client.account_id().expect("an account").expect("an account"),
        chats: chats.into_iter().map(|chat| (chat.route, chat)).collect(),
        waiting: client.audit_outbox(person.clock(world.now)).expect("an outbox"),
    }
}

fn at_rest(person: &Seen, honesty: Honesty, wrong: &mut Vec<Wrong>) {
    let mut say = |text: String| wrong.push(Wrong(format!("{}: {text}", person.name)));
    for intention in &person.waiting {
        say(format!("still to do: {intention}"));
    }
    for chat in person.chats.values() {
        let mut ids = BTreeSet::new();
        for message in &chat.messages {
            if !ids.insert(message.message) {
                say(format!("{:?} twice", message.message));
            }
            if message.state == "queued" {
                say(format!("still queued: {}", message.text));
            }
            if honesty == Honesty::Honest && message.state == "notice" && !is_harmless(message) {
                say(format!("a notice: {:?}", message.content));
            }
        }
        if chat.state == "broken" {
            say(format!("chat {} stays broken", chat.id));
        }
        if honesty == Honesty::Honest && (chat.fault.is_some() || chat.state == "broken" || chat.void_records > 0) {
            say(format!("chat {} is {}, fault {:?}, {} void", chat.id, chat.state, chat.fault, chat.void_records));
        }
    }
}

/// What nobody hinders is done: what was meant in a chat that one is still in was said, and who is out was put out by a Commit.
fn nothing_failed(person: &Seen, wrong: &mut Vec<Wrong>) {
    let mut say = |text: String| wrong.push(Wrong(format!("{}: {text}", person.name)));
    for chat in person.chats.values() {
        // Who was out in between lost what waited then; the lines begin with the return.
        let since = chat.lines.values().find_map(|(stamp, _)| stamp.as_ref()).map_or(Millis(0), |stamp| stamp.ms);
        for message in chat.messages.iter().filter(|message| message.state == "failed" && active(chat)) {
            if message.sent > since.plus(CLOCKS_APART) {
                say(format!("failed without a reason: {}", message.text));
            }
        }
        if chat.state == "removed" && chat.epoch.is_some() {
            say(format!("out of chat {}, and no Commit put it out", chat.id));
        }
    }
}

/// What is shown or has an effect is provable, and proves what it is shown as. No client uses a counter twice, and nothing was sealed before a
/// Commit and stands behind it: `hostile` aside, who has the server's leave and keeps no rule of its own.
fn everything_proved(people: &[Seen], hostile: Option<AccountId>, mut checked: Checked, wrong: &mut Vec<Wrong>) {
    let mut counters: BTreeMap<(Route, AccountId, ClientId, u64), MessageId> = BTreeMap::new();
    for person in people {
        let mut say = |text: String| wrong.push(Wrong(format!("{}: {text}", person.name)));
        for (route, chat) in &person.chats {
            for message in chat.messages.iter().filter(|message| matches!(message.state.as_str(), "sent" | "read" | "received")) {
                let Some(evidence) = &message.evidence else {
                    // What was deleted a week ago is gone. Whoever deletes files of their own while they are on their way has let go of what opens
                    // them, and the proof with it: that they did leave may be known afterwards only.
                    let let_go = message.mine && message.deleted && Content::decode_description(&message.content).is_ok();
                    if !message.content.is_empty() && !let_go {
                        say(format!("shown without a proof: {}", message.text));
                    }
                    continue;
                };
                match prove(chat, message, evidence, &mut checked) {
                    Err(why) => say(format!("shown with {why}: {}", message.text)),
                    Ok(_) if Some(message.sender) == hostile => {}
                    Ok(proved) => {
                        let said = (*route, message.sender, proved.client, proved.counter);
                        if *counters.entry(said).or_insert(message.message) != message.message {
                            say(format!("a counter that was used twice: {}", message.text));
                        }
                        if commit_before(chat, proved.seq).is_some_and(|commit| proved.seen < commit) {
                            say(format!("sealed before a Commit that it stands behind: {}", message.text));
                        }
                    }
                }
            }
        }
    }
}

/// Whatever was shown makes a report that holds for whoever gets it, and so does a whole chat where nobody is hostile.
fn everything_reportable(people: &[Seen], honesty: Honesty, stamp_key: &StampPublic, wrong: &mut Vec<Wrong>) {
    for person in people {
        for chat in person.chats.values() {
            let whole = report_all(chat, stamp_key);
            if honesty == Honesty::Honest
                && let Err(why) = &whole
            {
                wrong.push(Wrong(format!("{}: a chat that cannot be reported whole, {why}", person.name)));
            }
            let hold = whole.unwrap_or_default();
            let shown = |message: &&MessageAudit| matches!(message.state.as_str(), "sent" | "read" | "received");
            for message in chat.messages.iter().filter(shown).filter(|message| !hold.contains(&message.message)) {
                if let Some(evidence) = &message.evidence
                    && let Err(why) = report(chat, evidence, stamp_key)
                {
                    wrong.push(Wrong(format!("{}: shown and not reportable, {why}: {}", person.name, message.text)));
                }
            }
        }
    }
}

fn active(chat: &ChatAudit) -> bool {
    chat.state == "active" && chat.epoch.is_some() && chat.fault.is_none()
}

/// The same epoch has the same members, and everybody who is in the group has come to the same epoch.
fn one_group(people: &[Seen], route: &Route, wrong: &mut Vec<Wrong>) {
    let inside: Vec<(&Seen, &ChatAudit)> =
        people.iter().filter_map(|person| Some((person, person.chats.get(route).filter(|chat| active(chat))?))).collect();
    let Some((first, chat)) = inside.iter().max_by_key(|(_, chat)| chat.epoch) else { return };
    for (person, other) in &inside {
        if other.epoch == chat.epoch && other.members != chat.members {
            wrong.push(Wrong(format!("{} and {} disagree who is in {route}", first.name, person.name)));
        }
        if other.epoch != chat.epoch && chat.members.contains(&person.account) {
            wrong.push(Wrong(format!("{} is at epoch {:?} of {route}, {} at {:?}", person.name, other.epoch, first.name, chat.epoch)));
        }
    }
}

/// What one member sent stands in its own store as sent, and in the store of everybody who was a member then, once and the same.
fn nothing_lost(people: &[Seen], retired: &[Seen], route: &Route, honesty: Honesty, wrong: &mut Vec<Wrong>) {
    let mut said: BTreeMap<MessageId, (&Seen, &MessageAudit)> = BTreeMap::new();
    for person in people.iter().chain(retired) {
        let mine =
            person.chats.get(route).into_iter().flat_map(|chat| &chat.messages).filter(|message| message.mine && message.seq.is_some());
        said.extend(mine.map(|message| (message.message, (person, message))));
    }
    for person in people {
        let Some(chat) = person.chats.get(route) else { continue };
        for message in chat.messages.iter().filter(|message| !message.mine && message.state != "notice") {
            if !said.contains_key(&message.message) && people.iter().any(|other| other.account == message.sender) {
                wrong.push(Wrong(format!("{} shows what its sender does not have as sent: {}", person.name, message.text)));
            }
        }
        if !active(chat) {
            continue;
        }
        let held: BTreeMap<MessageId, &MessageAudit> = chat.messages.iter().map(|message| (message.message, message)).collect();
        for (id, (sender, message)) in &said {
            let for_them = message.seq.is_some_and(|seq| seq > chat.joined && seq <= chat.cursor);
            match held.get(id) {
                None if for_them && !(message.control && honesty != Honesty::Honest) => {
                    wrong.push(Wrong(format!("{} lacks what {} said: {}", person.name, sender.name, message.text)))
                }
                // What was repaired was said again, at another place.
                Some(found) if found.seq != message.seq && honesty == Honesty::Honest => {
                    wrong.push(Wrong(format!("{} has another place for: {}", person.name, message.text)))
                }
                _ => {}
            }
        }
    }
}
