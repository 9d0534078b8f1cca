//! The model's file: named tensors whose weights are a byte each (`model/make.mjs` writes it).

use std::collections::BTreeMap;

const BEGIN: &str = "treehouse picture model 1";
/// More than any head this reads; a file without an end of its head is no model.
const HEAD_MAX: usize = 64 * 1024;

/// These bytes are not the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadModel(pub(crate) String);

impl std::fmt::Display for BadModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is not the model for pictures: {}", self.0)
    }
}

impl std::error::Error for BadModel {}

struct Tensor<'a> {
    shape: Vec<usize>,
    bytes: &'a [u8],
    /// What a byte of 0 stands for, and what each step adds.
    least: f64,
    step: f64,
}

/// What a file holds, by name.
pub struct Tensors<'a>(BTreeMap<&'a str, Tensor<'a>>);

impl<'a> Tensors<'a> {
    /// # Errors
    /// The head does not parse, or the weights are not as many as it says.
    pub fn read(file: &'a [u8]) -> Result<Self, BadModel> {
        let bad = |why: &str| BadModel(why.to_owned());
        let end = file.windows(2).take(HEAD_MAX).position(|two| two == b"\n\n").ok_or_else(|| bad("it has no head"))?;
        let head = std::str::from_utf8(&file[..end]).map_err(|_| bad("its head is not text"))?;
        let mut rest = &file[end + 2..];
        let mut lines = head.lines();
        if lines.next() != Some(BEGIN) {
            return Err(bad("it begins with something else"));
        }
        let mut all = BTreeMap::new();
        for line in lines {
            let (name, mut tensor) = described(line).ok_or_else(|| BadModel(format!("it says `{line}`")))?;
            let count = tensor.shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side));
            let (bytes, after) = count.and_then(|count| rest.split_at_checked(count)).ok_or_else(|| bad("it ends early"))?;
            (tensor.bytes, rest) = (bytes, after);
            all.insert(name, tensor);
        }
        if rest.is_empty() { Ok(Self(all)) } else { Err(bad("it goes on after its end")) }
    }

    /// The weights of a tensor of this shape.
    ///
    /// # Errors
    /// There is none, or it has another shape.
    pub fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BadModel> {
        let tensor = self.0.get(name).filter(|tensor| tensor.shape == shape);
        let Tensor { bytes, least, step, .. } = tensor.ok_or_else(|| BadModel(format!("it has no {name} of {shape:?}")))?;
        Ok(bytes.iter().map(|byte| (f64::from(*byte) * step + least) as f32).collect())
    }
}

fn described(line: &str) -> Option<(&str, Tensor<'_>)> {
    let mut words = line.split(' ');
    let (name, shape, least, step) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let shape = shape.split('x').map(|side| side.parse().ok()).collect::<Option<_>>()?;
    let number = |word: &str| word.parse::<f64>().ok().filter(|number| number.is_finite());
    Some((name, Tensor { shape, bytes: &[], least: number(least)?, step: number(step)? }))
}
