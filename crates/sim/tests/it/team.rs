//! A safety desk in the simulated world: what everybody is told of it.

use ed25519_dalek::{Signer as _, SigningKey};
use report::AddresseeSecret;
use server::store::Reads as _;
use sim::world::World;
use wire::desk::{Desk, More};
use wire::{AccountId, LogId, PassToken};

pub const ANSWERS: LogId = LogId([71; 32]);
pub const REPORTS: LogId = LogId([73; 32]);
/// The identity of the simulated server.
const IDENTITY: [u8; 32] = [1; 32];

pub fn drop_pass() -> PassToken {
    PassToken::new([74; 32])
}

/// What the two halves of the key for the police give.
pub fn police() -> AddresseeSecret {
    AddresseeSecret::from_seed(&[75; 32])
}

pub fn account(world: &World, person: usize) -> AccountId {
    world.people[person].client().account_id().unwrap().unwrap()
}

/// Everybody learns of a desk of these members, the last of them the deputy.
pub fn learned(world: &mut World, members: &[usize], police: Option<&AddresseeSecret>) {
    let members = members.iter().map(|person| account(world, *person)).collect::<Vec<_>>();
    let state = |account: &AccountId| world.server().store().account(account).expect("read").expect("there").state.to_vec();
    let members = members.iter().map(state).collect();
    let more = More { answers: ANSWERS, read: PassToken::new([72; 32]), keep_days: 30, appeal: String::new(), outside: None };
    let said = Desk {
        made: world.now,
        police: police.map(|secret| secret.public().as_bytes().to_vec()),
        reports: REPORTS,
        drop: drop_pass(),
        hours: 24,
        members,
        more: Some(more),
    };
    let record = said.encode(&SigningKey::from_bytes(&IDENTITY).sign(&said.message()).to_bytes());
    let now = world.now;
    for person in &mut world.people {
        let client = person.client.as_mut().expect("on");
        client.learn_desk(now, [3; 32], &record).expect("kept").expect("signed by the server");
    }
}
