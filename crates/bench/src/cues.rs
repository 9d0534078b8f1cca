//! What it costs to look for what stands out in a chat: everything is read anew whenever somebody asks, so a message counts as a part of the whole.

use crate::process::thread_cpu;
use crate::table::{Group, Row, Verdict};
use crate::{Bench, say};
use anyhow::{Result, anyhow};
use safety::cues::{Cues, DATA, Knows, Line, Speaker};

const MESSAGES: usize = 1000;
const SHORT: usize = 100;
const ROUNDS: u32 = 20;

/// Everyday words. Some of them begin like what is looked for, and are looked at more closely.
const LINES: [&str; 8] = [
    "are you coming to practice after school today?",
    "I asked my mum and she says we can, but only until six",
    "don't tell Sam, it is a surprise party for him",
    "can you send me a photo of the maths homework?",
    "he moved to another town last year and I miss him",
    "ok, see you at the station, bring the ball",
    "how old is your brother now? mine is ten",
    "I will pay you back for the ice cream tomorrow, promise",
];

pub fn measure(_: &Bench) -> Result<Group> {
    say("what stands out, looked for in a thousand messages");
    let cues = Cues::read(DATA).map_err(|line| anyhow!("the cues cannot be read: {line:?}"))?;
    let texts: Vec<String> = (0..MESSAGES).map(|number| format!("{} {number}", LINES[number % LINES.len()])).collect();
    let speakers = [Speaker::Other, Speaker::Own];
    let lines: Vec<Line<'_>> = texts.iter().enumerate().map(|(number, text)| Line { who: speakers[number / 2 % 2], text }).collect();
    let long = cpu(&cues, &lines)?;
    let short = cpu(&cues, &lines[..SHORT])?;
    let each = long / MESSAGES as f64;
    Ok(Group {
        title: "what stands out in a chat, CPU".into(),
        rows: vec![
            Row::new(
                "a message looked at",
                format!("{each:.4} ms"),
                "1 ms",
                format!("of {MESSAGES} in one chat, {} cues", cues.count().0),
                Verdict::of(each <= 1.0),
            ),
            Row::shown(format!("   a chat of {SHORT}, whole"), format!("{short:.2} ms"), ""),
        ],
    })
}

/// Milliseconds of one look.
fn cpu(cues: &Cues, lines: &[Line<'_>]) -> Result<f64> {
    let begun = thread_cpu()?;
    let mut found = 0;
    for _ in 0..ROUNDS {
        found += std::hint::black_box(cues.look(Knows::Online, std::hint::black_box(lines))).all().count();
    }
    std::hint::black_box(found);
    Ok(thread_cpu()?.saturating_sub(begun).as_secs_f64() * 1e3 / f64::from(ROUNDS))
}
