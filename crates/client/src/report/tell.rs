//! What somebody tells the desk who gives no account: made of words alone. No store, no session and no key of a person's comes into it.

use super::desk::{members, named};
use super::{police_of, reason_of};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use report::{Code, Recipients, TellError, Told, seal};
use view::{NewTold, Refusal, ReportRefusal, ToldTo, Words};
use wire::Millis;
use wire::desk::{Desk, Role};

/// What was told, sealed to a desk.
pub struct MadeTold {
    pub number: String,
    pub file: Vec<u8>,
    /// What to come back with.
    pub code: Option<Words>,
}

/// Seals words to every member of a desk, and pictures to the police alone. `server`: the address they are told to. `id`: secret and random. Asked
/// for again under the same one, which nobody here remembers, it has the same number and code: however often it is brought, it counts once.
///
/// # Errors
/// Nobody could read it, there is too much of it, or nothing.
pub fn tell(now: Millis, seed: [u8; 32], id: &[u8; 16], desk: &Desk, server: &str, new: &NewTold) -> Result<MadeTold, Refusal> {
    let mut rng = ChaCha20Rng::from_seed(seed);
    let code = Code::of_request(id);
    let case = code.case();
    let number = case.number();
    // Where nobody can be answered a code would be for nothing.
    let answers = desk.more.is_some();
    let (words, reach) = (new.words.trim().to_owned(), new.reach.trim().to_owned());
    let told = Told::new(now, number, reason_of(new.reason), server.to_owned(), words, reach)
        .map(|told| if answers { told.answerable(case.return_key().public()) } else { told })
        .and_then(|told| told.with_pictures(&new.pictures, police_of(desk).as_ref(), &mut rng));
    let told = told.map_err(|error| match error {
        TellError::Empty => Refusal::Report(ReportRefusal::NothingSaid),
        TellError::TooMuch => Refusal::Report(ReportRefusal::TooMuch),
        TellError::NotAPicture | TellError::NoPolice => Refusal::Report(ReportRefusal::NoPictures),
    })?;
    let readers: Vec<_> = match new.to {
        ToldTo::Desk => members(desk).into_iter().map(|(_, key)| key).collect(),
        ToldTo::Outside => named(desk, Role::Outside).into_iter().map(|(_, key)| key).collect(),
    };
    if readers.is_empty() {
        return Err(Refusal::Report(ReportRefusal::NoDesk));
    }
    let file = seal(&told, &Recipients { readers, passphrase: None }, &mut rng);
    let file = file.map_err(|_| Refusal::Report(ReportRefusal::TooMuch))?;
    Ok(MadeTold { number: number.to_string(), file, code: answers.then(|| Words::new(code.words().to_string())) })
}
