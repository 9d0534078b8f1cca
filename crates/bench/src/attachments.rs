//! Sealing and opening a file, beside what no program can do without: reading it, AES-256-GCM, SHA-256.

use crate::process::cpu_of;
use crate::table::{Group, Row, Verdict, whole};
use crate::words::Chance;
use crate::{Bench, say};
use anyhow::{Context as _, Result};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context as Hash, SHA256};
use media::stream::{AttachmentKey, Layout, Locked, SEGMENT, SEGMENT_PLAIN, Salt, Sealed, Sealer};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

const LENGTH: u64 = 512 << 20;
const ROUNDS: usize = 5;
const SHARE: f64 = 0.8;

/// How long one pass over the file took, and what it computed.
#[derive(Clone, Copy)]
struct Pass {
    wall: Duration,
    cpu: Duration,
}

impl Pass {
    fn mb_per_second(self) -> f64 {
        LENGTH as f64 / 1e6 / self.wall.as_secs_f64()
    }

    fn cpu_mb(self) -> f64 {
        LENGTH as f64 / 1e6 / self.cpu.as_secs_f64().max(1e-6)
    }
}

pub fn measure(bench: &Bench) -> Result<Group> {
    let folder = bench.folder("attachments")?;
    let (plain, stored) = (folder.join("plain"), folder.join("stored"));
    say(&format!("a file of {} MiB, {ROUNDS} times", LENGTH >> 20));
    write_file(&plain)?;
    let sealed = seal(&plain, Some(&stored))?.1;
    let (mut floors, mut seals, mut opens) = (Vec::new(), Vec::new(), Vec::new());
    // One after the other, so that whoever else uses the machine disturbs all of them alike.
    for _ in 0..ROUNDS {
        floors.push(floor(&plain)?);
        seals.push(seal(&plain, None)?.0);
        opens.push(open(&stored, &sealed)?);
    }
    let (floor, seal, open) = (best(floors), best(seals), best(opens));
    std::fs::remove_dir_all(&folder)?;
    let row = |name: &str, pass: Pass| {
        let share = pass.mb_per_second() / floor.mb_per_second();
        Row::new(
            name,
            format!("{} MB/s, {:.0} %", whole(pass.mb_per_second()), share * 100.0),
            "80 % of the floor",
            format!("read + AES-GCM + SHA-256: {} MB/s", whole(floor.mb_per_second())),
            Verdict::of(share >= SHARE),
        )
    };
    let rows = vec![
        row("sealed, all hashes", seal),
        row("opened, all checks", open),
        Row::shown(
            "the same by CPU time, two threads added up",
            format!("{} and {} MB/s", whole(seal.cpu_mb()), whole(open.cpu_mb())),
            format!("floor {} MB/s", whole(floor.cpu_mb())),
        ),
    ];
    Ok(Group { title: "attachments".into(), rows })
}

fn best(passes: Vec<Pass>) -> Pass {
    let none = Pass { wall: Duration::MAX, cpu: Duration::MAX };
    passes.into_iter().fold(none, |best, pass| Pass { wall: best.wall.min(pass.wall), cpu: best.cpu.min(pass.cpu) })
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(Pass, T)> {
    let (begun, cpu) = (Instant::now(), cpu_of("self")?);
    let out = work()?;
    Ok((Pass { wall: begun.elapsed(), cpu: cpu_of("self")?.saturating_sub(cpu) }, out))
}

fn write_file(path: &Path) -> Result<()> {
    let (mut file, mut chance) = (File::create(path)?, Chance::new(3));
    let mut block = vec![0; 1 << 20];
    for _ in 0..LENGTH >> 20 {
        block.as_chunks_mut::<8>().0.iter_mut().for_each(|eight| *eight = chance.next().to_le_bytes());
        file.write_all(&block)?;
    }
    file.sync_all()?;
    // Read once, so that every pass finds it in memory.
    let mut file = File::open(path)?;
    while file.read(&mut block)? > 0 {}
    Ok(())
}

fn floor(path: &Path) -> Result<Pass> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).ok().context("a key")?);
    let (mut file, mut hash) = (File::open(path)?, Hash::new(&SHA256));
    let mut segment = vec![0; SEGMENT];
    let (pass, ()) = timed(|| {
        let mut count = 0u64;
        loop {
            let plain = segment.get_mut(..SEGMENT_PLAIN).context("a segment")?;
            let read = file.read(plain)?;
            if read == 0 {
                break;
            }
            let mut nonce = [0; 12];
            nonce[..8].copy_from_slice(&count.to_be_bytes());
            let nonce = Nonce::assume_unique_for_key(nonce);
            let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut segment[..read]).ok().context("sealed")?;
            hash.update(&segment[..read]);
            hash.update(tag.as_ref());
            count += 1;
        }
        Ok(())
    })?;
    std::hint::black_box(hash.finish());
    Ok(pass)
}

fn secret() -> (AttachmentKey, Salt) {
    (AttachmentKey::new([7; 32]), Salt([8; 32]))
}

fn seal(path: &Path, keep: Option<&Path>) -> Result<(Pass, Sealed)> {
    let (mut source, (key, salt)) = (File::open(path)?, secret());
    let mut out = keep.map(File::create).transpose()?;
    let mut part = Vec::new();
    timed(|| {
        let mut sealer = Sealer::new(&key, &salt, LENGTH)?;
        while sealer.part(&mut source, &mut part)?.is_some() {
            if let Some(out) = &mut out {
                out.write_all(&part)?;
            }
        }
        Ok(sealer.finish()?)
    })
}

/// Reads the list, then everything in runs, as a download does.
fn open(stored: &Path, sealed: &Sealed) -> Result<Pass> {
    use std::io::{Seek as _, SeekFrom};
    let (mut file, (key, salt), layout) = (File::open(stored)?, secret(), Layout::of(LENGTH)?);
    let mut run = Vec::new();
    let (pass, ()) = timed(|| {
        let range = layout.list_range();
        file.seek(SeekFrom::Start(range.start))?;
        run.resize((range.end - range.start) as usize, 0);
        file.read_exact(&mut run)?;
        let opener = Locked::new(&key, &salt, LENGTH, sealed.root)?.accept_list(&mut run)?;
        file.seek(SeekFrom::Start(0))?;
        let mut through = opener.read_through(sealed.plaintext);
        let mut left = range.start;
        while left > 0 {
            run.resize(left.min(RUN) as usize, 0);
            file.read_exact(&mut run)?;
            through.open_run(&mut run, |plain| {
                std::hint::black_box(plain.len());
            })?;
            left -= run.len() as u64;
        }
        through.finish()?;
        Ok(())
    })?;
    Ok(pass)
}

/// Whole segments.
const RUN: u64 = 64 * SEGMENT as u64;
