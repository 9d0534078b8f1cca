//! The model's file: named tensors whose weights are a byte each (`model/make.mjs` writes it).

use std::collections::BTreeMap;
use std::ops::Range;

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

struct Tensor {
    shape: Vec<usize>,
    weights: Weights,
}

/// Where a tensor's weights lie in the file, and what a byte of them stands for.
#[derive(Clone)]
pub struct Weights {
    pub at: Range<usize>,
    /// A byte of 0, and what each step adds.
    pub least: f64,
    pub step: f64,
}

/// What a file holds, by name.
pub struct Tensors<'a> {
    file: &'a [u8],
    named: BTreeMap<&'a str, Tensor>,
}

impl<'a> Tensors<'a> {
    /// # Errors
    /// The head does not parse, or the weights are not as many as it says.
    pub fn read(file: &'a [u8]) -> Result<Self, BadModel> {
        let bad = |why: &str| BadModel(why.to_owned());
        let end = file.windows(2).take(HEAD_MAX).position(|two| two == b"\n\n").ok_or_else(|| bad("it has no head"))?;
        let head = std::str::from_utf8(&file[..end]).map_err(|_| bad("its head is not text"))?;
        let mut begin = end + 2;
        let mut lines = head.lines();
        if lines.next() != Some(BEGIN) {
            return Err(bad("it begins with something else"));
        }
        let mut named = BTreeMap::new();
        for line in lines {
            let (name, mut tensor) = described(line).ok_or_else(|| BadModel(format!("it says `{line}`")))?;
            let count = tensor.shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side));
            let end =
                count.and_then(|count| begin.checked_add(count)).filter(|end| *end <= file.len()).ok_or_else(|| bad("it ends early"))?;
            tensor.weights.at = begin..end;
            begin = end;
            named.insert(name, tensor);
        }
        if begin == file.len() { Ok(Self { file, named }) } else { Err(bad("it goes on after its end")) }
    }

    /// Where the weights of a tensor of this shape lie.
    ///
    /// # Errors
    /// There is none, or it has another shape.
    pub fn find(&self, name: &str, shape: &[usize]) -> Result<Weights, BadModel> {
        let tensor = self.named.get(name).filter(|tensor| tensor.shape == shape);
        tensor.map(|tensor| tensor.weights.clone()).ok_or_else(|| BadModel(format!("it has no {name} of {shape:?}")))
    }

    /// The bytes that lie there.
    pub fn bytes(&self, at: Range<usize>) -> &[u8] {
        &self.file[at]
    }

    /// The weights of a small tensor.
    ///
    /// # Errors
    /// There is none, or it has another shape.
    pub fn read_all(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BadModel> {
        let Weights { at, least, step } = self.find(name, shape)?;
        Ok(self.bytes(at).iter().map(|byte| (f64::from(*byte) * step + least) as f32).collect())
    }
}

fn described(line: &str) -> Option<(&str, Tensor)> {
    let mut words = line.split(' ');
    let (name, shape, least, step) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let shape = shape.split('x').map(|side| side.parse().ok()).collect::<Option<_>>()?;
    let number = |word: &str| word.parse::<f64>().ok().filter(|number| number.is_finite());
    Some((name, Tensor { shape, weights: Weights { at: 0..0, least: number(least)?, step: number(step)? } }))
}
