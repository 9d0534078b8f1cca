//! The cryptography of one message alone, in memory: what no client can do without.

use crate::process::thread_cpu;
use anyhow::{Context as _, Result};
use franking::{
    Authority, Class, ClientCert, ClientKey, CommitKey, Context, Delivered, Expected, Expiry, FrankingKey, IdentityKey, Known, Opened,
    Said, Seen, SignedStamp, Stamp, StampKey, ValidCert, Validity,
};
use openmls::prelude::tls_codec::{DeserializeBytes as _, Serialize as _};
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialType, CredentialWithKey, KeyPackage, MlsGroup, MlsGroupJoinConfig,
    MlsMessageBodyIn, MlsMessageIn, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, StagedWelcome,
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::time::Duration;
use wire::call::Flag;
use wire::{Chain, ClientId, Commitment, Hash32, LogId, MessageId, Millis, PassHash, Seq};

const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;
const ROUNDS: u32 = 400;
const REPEATED: u32 = 5;
const NOW: Millis = Millis(1_800_000_000_000);

/// Microseconds of one side.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    pub mls: f64,
    pub proof: f64,
    pub stamp: f64,
}

/// Both sides.
pub struct Both {
    seal: f64,
    open: f64,
    prove: f64,
    verify: f64,
    stamp: f64,
}

impl Both {
    /// A sender checks the stamp of its own record as well.
    pub fn send(&self) -> Parts {
        Parts { mls: self.seal, proof: self.prove, stamp: self.stamp }
    }

    pub fn receive(&self) -> Parts {
        Parts { mls: self.open, proof: self.verify, stamp: self.stamp }
    }
}

pub fn measure(bytes: usize) -> Result<Both> {
    let mut scene = Scene::new()?;
    let (prove, sealed) = timed(|_| scene.prove(bytes))?;
    let payload = sealed.first().context("a message")?.1.to_payload();
    let (verify, _) = timed(|round| scene.verify(&sealed[round as usize]))?;
    let signed: Vec<SignedStamp> = sealed.iter().map(|(c, _)| scene.stamp(*c)).collect();
    let public = scene.stamps.public();
    let (stamp, _) = timed(|round| Ok(signed[round as usize].verify(&public)?))?;
    let (seal, open) = mls(&payload)?;
    Ok(Both { seal, open, prove, verify: (verify - stamp).max(0.0), stamp })
}

/// CPU time of one.
fn timed<T>(mut work: impl FnMut(u32) -> Result<T>) -> Result<(f64, Vec<T>)> {
    let mut out = Vec::new();
    let begun = thread_cpu()?;
    for _ in 0..REPEATED {
        out.clear();
        for round in 0..ROUNDS {
            out.push(work(round)?);
        }
    }
    Ok((each(thread_cpu()?.saturating_sub(begun)), out))
}

fn each(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(REPEATED * ROUNDS)
}

struct Scene {
    franking: FrankingKey,
    cert: ValidCert,
    stamps: StampKey,
    rng: ChaCha20Rng,
}

impl Scene {
    fn new() -> Result<Self> {
        let (identity, key, franking) =
            (IdentityKey::from_seed(&[1; 32]), ClientKey::from_seed(&[2; 32]), FrankingKey::from_seed(&[3; 32]));
        let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let cert = ClientCert::issue(&identity, ClientId([5; 16]), &key, &franking, Class::Native, validity, &mut rng)?.verify(NOW)?;
        Ok(Self { franking, cert, stamps: StampKey::from_seed(&[6; 32]), rng })
    }

    fn prove(&mut self, bytes: usize) -> Result<(Commitment, Opened)> {
        let context = Context {
            route: LogId([1; 32]).route(),
            cert: self.cert.hash(),
            message: MessageId([1; 32]),
            counter: 1,
            previous: Said::NOTHING.c,
            seen: Seen { seq: Seq(1), chain: Chain([1; 32]) },
            sent: NOW,
            expiry: Expiry::Never,
            kind: 1,
        };
        let kf = CommitKey::generate(&mut self.rng);
        Ok(Opened::seal(kf, context, vec![vec![0x61; bytes]], &self.franking, &Authority::none(), &mut self.rng)?)
    }

    fn stamp(&self, c: Commitment) -> SignedStamp {
        self.stamps.stamp(Stamp {
            route: LogId([1; 32]).route(),
            seq: Seq(2),
            ms: NOW,
            flag: Flag::Content,
            by: PassHash([5; 32]),
            c,
            h: Hash32::of(&c.0),
            prev: Chain([1; 32]),
        })
    }

    /// Signs and checks a stamp besides, whose cost is taken off again.
    fn verify(&self, (c, opened): &(Commitment, Opened)) -> Result<()> {
        let stamp = self.stamp(*c).verify(&self.stamps.public())?;
        let route = LogId([1; 32]).route();
        let expected =
            Expected { route, known: Known::Chain(Chain([1; 32])), last: Some(Said::NOTHING), authorities: &[Authority::none()] };
        Delivered { authenticated: *c, stamp: &stamp, opened: opened.clone(), sender: &self.cert }.verify(&expected)?;
        Ok(())
    }
}

/// One MLS member with its state in memory.
struct Member {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
}

impl Member {
    fn new(name: &str) -> Result<Self> {
        let signer = SignatureKeyPair::new(SUITE.signature_algorithm())?;
        let credential = CredentialWithKey { credential: BasicCredential::new(name.into()).into(), signature_key: signer.public().into() };
        Ok(Self { provider: OpenMlsRustCrypto::default(), signer, credential })
    }
}

fn capabilities() -> Capabilities {
    Capabilities::new(None, Some(&[SUITE]), None, None, Some(&[CredentialType::Basic]))
}

/// Seals and opens in a group of two.
fn mls(payload: &[u8]) -> Result<(f64, f64)> {
    let (alice, bob) = (Member::new("alice")?, Member::new("bob")?);
    let mut group = MlsGroup::builder()
        .ciphersuite(SUITE)
        .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .with_capabilities(capabilities())
        .use_ratchet_tree_extension(true)
        .build(&alice.provider, &alice.signer, alice.credential.clone())?;
    let package =
        KeyPackage::builder().leaf_node_capabilities(capabilities()).build(SUITE, &bob.provider, &bob.signer, bob.credential.clone())?;
    let (_, welcome, _) = group.add_members(&alice.provider, &alice.signer, &[package.key_package().clone()])?;
    group.merge_pending_commit(&alice.provider)?;
    let config = MlsGroupJoinConfig::builder().wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY).build();
    let MlsMessageBodyIn::Welcome(welcome) = MlsMessageIn::tls_deserialize_exact_bytes(&welcome.tls_serialize_detached()?)?.extract()
    else {
        anyhow::bail!("no Welcome");
    };
    let mut joined = StagedWelcome::new_from_welcome(&bob.provider, &config, welcome, None)?.into_group(&bob.provider)?;
    let (mut seal, mut open) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..REPEATED {
        let begun = thread_cpu()?;
        let mut sealed = Vec::new();
        for _ in 0..ROUNDS {
            sealed.push(group.create_message(&alice.provider, &alice.signer, payload)?.to_bytes()?);
        }
        let between = thread_cpu()?;
        for bytes in &sealed {
            let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes)?.try_into_protocol_message()?;
            let processed = joined.process_message(&bob.provider, message)?;
            let ProcessedMessageContent::ApplicationMessage(_) = processed.into_content() else { anyhow::bail!("not content") };
        }
        seal += between.saturating_sub(begun);
        open += thread_cpu()?.saturating_sub(between);
    }
    Ok((each(seal), each(open)))
}
