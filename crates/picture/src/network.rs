//! MobileNetV2 with three dense layers behind it, as nsfwjs has it.

use crate::layers::{Bound, Dense, Depthwise, Pointwise, Rows, Scratch, Stem};
use crate::tensors::{BadModel, Tensors};
use crate::{PICTURE_LEN, SIDE};

/// After the first layer.
const FIRST: usize = 32;
/// What the sixteen later blocks give, and the stride of each.
const BLOCKS: [(usize, usize); 16] = [
    (24, 2),
    (24, 1),
    (32, 2),
    (32, 1),
    (32, 1),
    (64, 2),
    (64, 1),
    (64, 1),
    (64, 1),
    (96, 1),
    (96, 1),
    (96, 1),
    (160, 2),
    (160, 1),
    (160, 1),
    (320, 1),
];
const WIDER: usize = 6;
const LAST: usize = 1280;
/// From this side on a block is computed a row of points at a time, so that what lies between its layers stays near the processor. Smaller squares
/// are small enough.
const BY_ROWS: usize = 28;
const DENSE: [(&str, usize); 3] = [("dense_1", 256), ("dense_2", 128), ("dense_3", 5)];

/// How the model divides a picture among its five names: numbers from 0 to 1 that add up to 1. The names are the model's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    pub drawing: f32,
    pub hentai: f32,
    pub neutral: f32,
    pub porn: f32,
    pub sexy: f32,
}

impl Scores {
    /// From here on a curtain is drawn.
    const CURTAIN: f32 = 0.5;

    /// Whether it may be a picture of somebody undressed, by the rule of `docs/safety.md`. It misses such pictures, and takes others for one.
    pub fn wants_a_curtain(&self) -> bool {
        self.porn + self.hentai + 0.7 * self.sexy >= Self::CURTAIN
    }
}

/// Not [`PICTURE_LEN`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAPicture;

impl std::fmt::Display for NotAPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a picture that is looked at is {PICTURE_LEN} bytes long")
    }
}

impl std::error::Error for NotAPicture {}

struct Block {
    expand: Option<Pointwise>,
    depthwise: Depthwise,
    project: Pointwise,
    /// What went in is added to what comes out.
    around: bool,
}

/// The model, ready to look.
pub struct Model {
    file: Vec<u8>,
    stem: Stem,
    blocks: Vec<Block>,
    last: Pointwise,
    dense: Vec<Dense>,
}

impl Model {
    /// # Errors
    /// It is another file, or damaged in its head or length.
    pub fn read(file: Vec<u8>) -> Result<Self, BadModel> {
        let tensors = Tensors::read(&file)?;
        let stem = Stem::read(&tensors, ("Conv1/kernel", "bn_Conv1"), FIRST)?;
        let mut blocks = vec![Block::read(&tensors, "expanded_conv", (FIRST, 16, 1), 1)?];
        let mut from = 16;
        for (number, (to, stride)) in BLOCKS.into_iter().enumerate() {
            blocks.push(Block::read(&tensors, &format!("block_{}", number + 1), (from, to, WIDER), stride)?);
            from = to;
        }
        let last = Pointwise::read(&tensors, ("Conv_1/kernel", "Conv_1_bn"), (from, LAST), Bound::Six)?;
        let mut from = LAST;
        let mut dense = Vec::new();
        for (name, to) in DENSE {
            dense.push(Dense::read(&tensors, name, (from, to))?);
            from = to;
        }
        Ok(Self { stem, blocks, last, dense, file })
    }

    /// Looks at a picture that was made [`SIDE`] points wide and high: red, green, blue and one byte that is passed over, row by row.
    ///
    /// # Errors
    /// It has another length.
    pub fn look(&self, picture: &[u8]) -> Result<Scores, NotAPicture> {
        if picture.len() != PICTURE_LEN {
            return Err(NotAPicture);
        }
        let file = &self.file;
        let mut scratch = Scratch::default();
        let mut values = self.stem.apply(file, picture, SIDE, &mut scratch);
        let mut side = SIDE / 2;
        for block in &self.blocks {
            values = block.apply(file, &values, side, &mut scratch);
            side /= block.depthwise.stride;
        }
        let mut last = Vec::new();
        self.last.apply(file, &values, &mut scratch, &mut last);
        values = middle(&last, self.last.to());
        for (place, layer) in self.dense.iter().enumerate() {
            values = layer.apply(file, &values);
            if place + 1 < self.dense.len() {
                values.iter_mut().for_each(|value| *value = value.max(0.0));
            }
        }
        let [drawing, hentai, neutral, porn, sexy] = shares(&values);
        Ok(Scores { drawing, hentai, neutral, porn, sexy })
    }
}

impl Block {
    /// `sides`: channels in, channels out, and how many times as many in between.
    fn read(tensors: &Tensors<'_>, name: &str, sides: (usize, usize, usize), stride: usize) -> Result<Self, BadModel> {
        let (from, to, wider) = sides;
        let wide = from * wider;
        let expand = || {
            let names = (format!("{name}_expand/kernel"), format!("{name}_expand_BN"));
            Pointwise::read(tensors, (&names.0, &names.1), (from, wide), Bound::Six)
        };
        let depthwise = (format!("{name}_depthwise/depthwise_kernel"), format!("{name}_depthwise_BN"));
        let project = (format!("{name}_project/kernel"), format!("{name}_project_BN"));
        Ok(Self {
            expand: (wider > 1).then(expand).transpose()?,
            depthwise: Depthwise::read(tensors, (&depthwise.0, &depthwise.1), wide, stride)?,
            project: Pointwise::read(tensors, (&project.0, &project.1), (wide, to), Bound::None)?,
            around: stride == 1 && from == to,
        })
    }

    fn apply(&self, file: &[u8], input: &[f32], side: usize, scratch: &mut Scratch) -> Vec<f32> {
        let row = input.len() / side;
        let out = side / self.depthwise.stride;
        let strip = if side >= BY_ROWS { 1 } else { out };
        let mut output = Vec::with_capacity(out * out * self.project.to());
        // The rows of the wide square that the next strip needs, from `first` on.
        let (mut wide, mut first) = (Vec::new(), 0);
        let mut narrow = Vec::new();
        for begin in (0..out).step_by(strip) {
            let rows = begin..(begin + strip).min(out);
            let needed = self.depthwise.needed(&rows, side);
            let values = if let Some(expand) = &self.expand {
                let wide_row = side * expand.to();
                let there = first + wide.len() / wide_row;
                wide.drain(..(needed.start.min(there) - first) * wide_row);
                first = needed.start;
                let next = there.max(first);
                expand.apply(file, &input[next * row..needed.end * row], scratch, &mut wide);
                wide.as_slice()
            } else {
                first = needed.start;
                &input[needed.start * row..needed.end * row]
            };
            narrow.clear();
            self.depthwise.apply(&Rows { values, first, side }, rows, &mut narrow);
            self.project.apply(file, &narrow, scratch, &mut output);
        }
        if self.around {
            output.iter_mut().zip(input).for_each(|(out, value)| *out += value);
        }
        output
    }
}

/// The mean of each channel over all points.
fn middle(values: &[f32], channels: usize) -> Vec<f32> {
    let mut sums = vec![0.0; channels];
    for point in values.chunks_exact(channels) {
        sums.iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
    }
    let points = (values.len() / channels) as f32;
    sums.iter_mut().for_each(|sum| *sum /= points);
    sums
}

fn shares(values: &[f32]) -> [f32; 5] {
    let most = values.iter().copied().fold(f32::MIN, f32::max);
    let parts: [f32; 5] = std::array::from_fn(|place| values.get(place).map_or(0.0, |value| (value - most).exp()));
    let whole: f32 = parts.iter().sum();
    parts.map(|part| part / whole)
}
