//! Proofs of messages, and reports made of them: what a sender and a receiver add, and what one who reports and one who checks spend.

use crate::parts;
use crate::process::thread_cpu;
use crate::table::{Group, Row, Verdict};
use crate::{Bench, say};
use anyhow::{Context as _, Result};
use franking::{
    Authority, Class, ClientCert, ClientKey, CommitKey, Context, Expiry, FrankingKey, IdentityKey, Line, Opened, Said, Seen, Stamp,
    StampKey, Validity,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use report::{AddresseeSecret, Case, Draft, Evidence, Naming, Passphrase, Place, Reason, Recipients, Sealed, Trust, seal, verify};
use std::time::Duration;
use wire::call::Flag;
use wire::content::{Body, Content, Salt, Text, message_id};
use wire::{Chain, ClientId, Hash32, LogId, Millis, PassHash, Seq};

const MESSAGES: usize = 100;
const ROUNDS: u32 = 20;
const NOW: Millis = Millis(1_800_000_000_000);
const TEXT: usize = 1024;

pub fn measure(_: &Bench) -> Result<Group> {
    say("proofs of messages, and reports of a hundred");
    let parts = parts::measure(TEXT)?;
    let (sends, receives) = (parts.send().proof / 1000.0, parts.receive().proof / 1000.0);
    let mut scene = Scene::new()?;
    let reader = AddresseeSecret::from_seed(&[8; 32]);
    let to = Recipients { readers: vec![reader.public()], passphrase: None };
    let (made, files) = timed(|| {
        let report = scene.draft().make(&mut scene.rng.clone())?;
        Ok(seal(&report, &to, &mut scene.rng.clone())?)
    })?;
    let file = files.last().context("a file")?;
    let trust = Trust::default();
    let (checked, _) = timed(|| {
        let contents = Sealed::parse(file)?.open(&reader)?;
        let verdict = verify(&contents.report, &contents.body, &trust);
        anyhow::ensure!(verdict.holds() && verdict.proved().count() == MESSAGES, "{:?}", verdict.faults);
        Ok(())
    })?;
    let passphrase = Passphrase::generate(&mut scene.rng);
    let report = scene.draft().make(&mut scene.rng.clone())?;
    let begun = thread_cpu()?;
    let officer = seal(&report, &Recipients { readers: vec![], passphrase: Some(&passphrase) }, &mut scene.rng)?;
    let stretched = thread_cpu()?.saturating_sub(begun);
    Ok(Group {
        title: "proofs and reports, CPU".into(),
        rows: vec![
            row("proof added to a message that is sent", sends, 0.2, "commitment, OR proof"),
            row("proof checked on receipt", receives, 0.3, "commitment, place, OR proof; the certificate was checked before"),
            row("report of 100 messages made and sealed", millis(made), 50.0, &format!("{} bytes, to one key", file.len())),
            row("opened and verified", millis(checked), 30.0, "every check of every message"),
            Row::shown(
                "   for an officer, by a passphrase",
                format!("{:.0} ms more", millis(stretched)),
                format!("Argon2id, 64 MiB, three passes: meant to cost; {} bytes", officer.len()),
            ),
        ],
    })
}

/// The same report for an officer, as a file, with its passphrase: for the page that verifies.
pub fn for_an_officer(bench: &Bench) -> Result<(std::path::PathBuf, String)> {
    let mut scene = Scene::new()?;
    let passphrase = Passphrase::generate(&mut scene.rng);
    let report = scene.draft().make(&mut scene.rng.clone())?;
    let file = seal(&report, &Recipients { readers: vec![], passphrase: Some(&passphrase) }, &mut scene.rng)?;
    let path = bench.folder("report")?.join("hundred.thr");
    std::fs::write(&path, file)?;
    Ok((path, passphrase.expose().to_owned()))
}

fn row(name: &str, ms: f64, target: f64, how: &str) -> Row {
    Row::new(name.to_owned(), format!("{ms:.2} ms"), format!("{target} ms"), how.to_owned(), Verdict::of(ms <= target))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn timed<T>(mut work: impl FnMut() -> Result<T>) -> Result<(Duration, Vec<T>)> {
    let mut out = Vec::new();
    let begun = thread_cpu()?;
    for _ in 0..ROUNDS {
        out.push(work()?);
    }
    Ok((thread_cpu()?.saturating_sub(begun) / ROUNDS, out))
}

/// A chat of a hundred messages, and what a client keeps of it.
struct Scene {
    stamps: StampKey,
    evidence: Vec<Evidence>,
    rng: ChaCha20Rng,
}

impl Scene {
    fn new() -> Result<Self> {
        let (identity, key, franking) =
            (IdentityKey::from_seed(&[1; 32]), ClientKey::from_seed(&[2; 32]), FrankingKey::from_seed(&[3; 32]));
        let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let cert = ClientCert::issue(&identity, ClientId([5; 16]), &key, &franking, Class::Native, validity, &mut rng)?;
        let stamps = StampKey::from_seed(&[6; 32]);
        let route = LogId([1; 32]).route();
        let (mut said, mut last, mut evidence) = (Said::NOTHING, None::<Line>, Vec::new());
        for number in 0..MESSAGES {
            let content = Content::new(Salt([7; 16]), Body::Text(Text::markdown(format!("{number} {}", "x".repeat(TEXT)))));
            let encoded = content.encode()?;
            let seen = last.map_or(Seen::NOTHING, |line| Seen { seq: line.stamp().seq, chain: line.chain() });
            let context = Context {
                route,
                cert: cert.hash(),
                message: message_id(&identity.account(), &route, &encoded)?,
                counter: said.counter + 1,
                previous: said.c,
                seen,
                sent: NOW,
                expiry: Expiry::Never,
                kind: content.kind().number(),
            };
            let fields = content.leaves()?.iter().map(|leaf| leaf.bytes.expose().to_vec()).collect();
            let (c, opened) = Opened::seal(CommitKey::generate(&mut rng), context, fields, &franking, &Authority::none(), &mut rng)?;
            said = Said { counter: context.counter, c };
            let stamp = stamps.stamp(Stamp {
                route,
                seq: Seq(number as u64 + 1),
                ms: NOW,
                flag: Flag::Content,
                by: PassHash([5; 32]),
                c,
                h: Hash32::of(&c.0),
                prev: last.map_or(Chain::START, |line| line.chain()),
            });
            last = Some(Line::of(stamp.stamp));
            evidence.push(Evidence { opened: opened.to_bytes().into(), stamp: stamp.to_bytes(), cert: cert.to_bytes() });
        }
        Ok(Self { stamps, evidence, rng })
    }

    fn draft(&self) -> Draft<'static> {
        Draft {
            made: NOW,
            number: Case::from_bytes([9; 32]).number(),
            return_key: None,
            reason: Reason::Mean,
            stamp_key: self.stamps.public(),
            server: "http://127.0.0.1:8417".into(),
            authority: Authority::none(),
            route: LogId([1; 32]).route(),
            places: self.evidence.iter().cloned().map(Place::Opened).collect(),
            police: None,
            kept_pictures: vec![],
            states: vec![],
            handles: vec![],
            note: String::new(),
            screens: vec![],
            naming: Naming::Withheld,
        }
    }
}
