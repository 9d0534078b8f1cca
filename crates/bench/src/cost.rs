//! What a client spends on a message: sent, or received with every check, durable, as the program stores it.

use crate::device::{Cost, World};
use crate::parts::{self, Parts};
use crate::table::{Group, Row, Verdict};
use crate::words::{Chance, text};
use crate::{Bench, disk, say};
use anyhow::Result;
use client::store;
use rusqlite::Connection;
use std::time::Duration;
use view::{Command, Outgoing};

const MESSAGES: u32 = 600;
const WARM: u32 = 60;
const TEXT: usize = 1024;
const TARGET_US: f64 = 700.0;

/// What one message costs either side.
struct Sides {
    send: Cost,
    receive: Cost,
}

pub fn measure(bench: &Bench) -> Result<Group> {
    let folder = bench.folder("client")?;
    let path = |name: &str| folder.join(name);
    say(&format!("{MESSAGES} messages from one client to another, on disk"));
    let syncs = disk::probe(&folder)?;
    let durable = talk(vec![store::open(&path("alice.db"), &[7; 32])?, store::open(&path("bob.db"), &[8; 32])?])?;
    say("the same in memory, and the cryptography alone");
    let memory = talk(vec![store::open_in_memory()?, store::open_in_memory()?])?;
    let parts = parts::measure(TEXT)?;
    let mut rows = Vec::new();
    rows.extend(side("send", "command, answer, own record read back", durable.send, memory.send, &parts.send()));
    rows.extend(side("receive", "checked, shown, provable", durable.receive, memory.receive, &parts.receive()));
    rows.push(Row::shown(
        "waiting for the disk, apart",
        format!("{:.0} and {:.0} us", micros(durable.send.waited), micros(durable.receive.waited)),
        disk::says(&crate::stats::Times::new(syncs)),
    ));
    Ok(Group { title: "a client's CPU for a message of 1 KB, durable, all checks".into(), rows })
}

fn side(name: &str, what: &str, durable: Cost, memory: Cost, alone: &Parts) -> Vec<Row> {
    let (all, rest) = (micros(durable.cpu), micros(memory.cpu));
    let crypto = alone.mls + alone.proof + alone.stamp;
    let stored = all - rest;
    vec![
        Row::new(
            format!("{name}: {what}"),
            format!("{all:.0} us"),
            "700 us",
            format!("its cryptography alone {:.0} us", crypto),
            Verdict::of(all <= TARGET_US),
        ),
        Row::shown(
            "   parts",
            format!("{:.0} + {stored:.0} + {:.0}", crypto, rest - crypto),
            format!(
                "MLS {:.0}, proof {:.0}, stamp {:.0} + disk (SQLCipher, log) + rest (rows, words)",
                alone.mls, alone.proof, alone.stamp
            ),
        ),
    ]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn talk(stores: Vec<Connection>) -> Result<Sides> {
    let mut world = World::new(stores)?;
    let (chat, _) = world.befriend()?;
    let mut chance = Chance::new(1);
    let mut say = |world: &mut World| {
        let what = Outgoing::Text(text(&mut chance, TEXT));
        world.command(0, Command::Send { chat, what, reply: None })?;
        // What is due now and then (new keys every fifty messages) belongs to the cost.
        world.pass(1)
    };
    for _ in 0..WARM {
        say(&mut world)?;
    }
    let used = |world: &World| Ok::<_, anyhow::Error>((world.devices[0].used()?, world.devices[1].used()?));
    let before = used(&world)?;
    for _ in 0..MESSAGES {
        say(&mut world)?;
    }
    let after = used(&world)?;
    let told = world.devices[0].told()?;
    Ok(Sides { send: after.0.since(before.0, MESSAGES, told), receive: after.1.since(before.1, MESSAGES, told) })
}
