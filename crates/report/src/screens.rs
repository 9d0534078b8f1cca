//! Screenshots that a reporter adds to a report: pictures of other apps, kept beside messages (docs/spec/report.md, "Screenshots").
//!
//! Nothing of them is proved, and no desk sees one: they are sealed to the law enforcement desk, as are those of [`crate::Told`]. A desk reads when each
//! was added, how large it is, and its hash.

use crate::addressee::{Addressee, AddresseeSecret};
use crate::body::{Malformed, Writer, limited};
use crate::label;
use crate::number::Number;
use crate::pictures::PicturesError;
use crate::told::{PICTURES_MAX, Picture, TellError, closed, described, opened, read_closed};
use franking::encode::{Reader, hash};
use rand_core::CryptoRng;
use wire::Millis;
use zeroize::Zeroizing;

const INFO: &[u8] = b"treehouse/1 report screens";

/// What is said of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// When the reporter put it into what they keep: their device, corrected by its server.
    pub added: Millis,
    pub picture: Picture,
}

/// Those of one report, at most [`PICTURES_MAX`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screens {
    said: Vec<Screen>,
    /// The pictures, sealed to the law enforcement desk; empty without.
    sealed: Vec<u8>,
}

impl Screens {
    /// Pictures with the times at which they were added, for the report of this number.
    ///
    /// # Errors
    /// [`TellError`].
    pub fn seal(
        number: &Number,
        pictures: &[(Millis, Zeroizing<Vec<u8>>)],
        police: Option<&Addressee>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, TellError> {
        if pictures.is_empty() {
            return Ok(Self::default());
        }
        let police = police.ok_or(TellError::NoPolice)?;
        let bytes: Vec<&[u8]> = pictures.iter().map(|(_, picture)| picture.as_slice()).collect();
        let said = described(&bytes)?.into_iter().zip(pictures).map(|(picture, (added, _))| Screen { added: *added, picture });
        let mut screens = Self { said: said.collect(), sealed: vec![] };
        screens.sealed = closed(&bytes, police, (INFO, screens.bound(number)), rng)?;
        Ok(screens)
    }

    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// What whoever reads the report is told of them.
    pub fn said(&self) -> &[Screen] {
        &self.said
    }

    /// Opens them with the law enforcement desk's secret. Each is a JPEG, and the one whose hash the report says.
    ///
    /// # Errors
    /// [`PicturesError`].
    pub fn open(&self, number: &Number, secret: &AddresseeSecret) -> Result<Vec<Zeroizing<Vec<u8>>>, PicturesError> {
        let said: Vec<Picture> = self.said.iter().map(|screen| screen.picture).collect();
        opened(&self.sealed, &said, secret, (INFO, self.bound(number)))
    }

    /// They open in no other report, and under no other times.
    fn bound(&self, number: &Number) -> [u8; 32] {
        hash(label::SCREENS, &[number.as_bytes(), &self.described()])
    }

    fn described(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.byte(self.said.len() as u8);
        for screen in &self.said {
            out.u64(screen.added.0);
            screen.picture.write(&mut out);
        }
        out.0
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.bytes(&self.described());
        out.long(&self.sealed);
    }

    /// A body of this version has at least one: without any it is one of the first version.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let count = limited(reader.u8()?.into(), PICTURES_MAX)?;
        if count == 0 {
            return Err(Malformed::Choice);
        }
        let mut screens = Self::default();
        for _ in 0..count {
            screens.said.push(Screen { added: Millis(reader.u64()?), picture: Picture::read(reader)? });
        }
        let said: Vec<Picture> = screens.said.iter().map(|screen| screen.picture).collect();
        screens.sealed = read_closed(reader, &said)?;
        Ok(screens)
    }
}
