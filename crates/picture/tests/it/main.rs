//! The real model on drawn patterns. No picture of anybody is here, and none is needed.

mod spots;

use picture::{Model, NotAPicture, PICTURE_LEN, SIDE, Scores};
use spots::{Spot, draw};

const FILE: &[u8] = include_bytes!("../../model/mobilenet_v2.model");

fn drawn(point: impl Fn(usize, usize, usize) -> usize) -> Vec<u8> {
    let points = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
    points.flat_map(|(x, y)| [0, 1, 2, 3].map(|c| if c == 3 { 255 } else { point(x, y, c) as u8 })).collect()
}

fn parts(scores: Scores) -> [f32; 5] {
    [scores.drawing, scores.hentai, scores.neutral, scores.porn, scores.sexy]
}

/// Of `model/reference.mjs`.
const REFERENCE: [[f32; 5]; 3] = [
    [0.008996, 0.000993, 0.989567, 0.000412, 0.000031],
    [0.004798, 0.000071, 0.995108, 0.000019, 0.000004],
    [0.426998, 0.089746, 0.467383, 0.013672, 0.002202],
];

#[test]
fn it_says_what_tensorflow_says() {
    let model = Model::read(FILE.to_vec()).unwrap();
    let patterns = [
        (drawn(|x, y, c| (x * 7 + y * 13 + c * 31) & 255), REFERENCE[0]),
        (drawn(|x, y, c| ((x >> 4) + (y >> 4) + c) % 2 * 255), REFERENCE[1]),
        (drawn(|x, y, c| ((x * y) >> (5 + c)) & 255), REFERENCE[2]),
    ];
    for (picture, expected) in patterns {
        let found = parts(model.look(&picture).unwrap());
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 0.001), "{found:?}, not {expected:?}");
        assert!((found.iter().sum::<f32>() - 1.0).abs() < 0.0001);
    }
}

/// The pattern of `examples/pattern.rs`, and the same spots in grey, which are nothing of the kind.
#[test]
fn a_pattern_that_was_looked_for_wants_a_curtain_and_a_grey_one_does_not() {
    let model = Model::read(FILE.to_vec()).unwrap();
    let spots: Vec<Spot> = include_str!("pattern.txt").lines().map(spot).collect();
    assert!(model.look(&draw(&spots, SIDE)).unwrap().wants_a_curtain());
    let grey: Vec<Spot> = spots.iter().map(|Spot([left, top, wide, high, ..])| Spot([*left, *top, *wide, *high, 96, 96, 96])).collect();
    assert!(!model.look(&draw(&grey, SIDE)).unwrap().wants_a_curtain());
}

fn spot(line: &str) -> Spot {
    let parts: Vec<i32> = line.split(' ').map(|part| part.parse().unwrap()).collect();
    Spot(parts.try_into().unwrap())
}

#[test]
fn only_a_picture_of_the_right_length_is_looked_at() {
    let model = Model::read(FILE.to_vec()).unwrap();
    for length in [0, PICTURE_LEN - 1, PICTURE_LEN + 1] {
        assert_eq!(model.look(&vec![0; length]), Err(NotAPicture));
    }
}

#[test]
fn another_file_is_no_model() {
    let head = FILE.windows(2).position(|two| two == b"\n\n").unwrap();
    let renamed = {
        let mut file = FILE.to_vec();
        let at = FILE.windows(5).position(|name| name == b"Conv1").unwrap();
        file[at] = b'X';
        file
    };
    let more = [FILE, b"x"].concat();
    for bad in [b"".as_slice(), b"\n\n", &FILE[..head], &FILE[..FILE.len() - 1], &FILE[1..], &more, &renamed, &[0xff; 4096]] {
        assert!(Model::read(bad.to_vec()).is_err());
    }
}

/// Shapes whose product is more than there is, or than can be counted.
#[test]
fn a_head_that_asks_for_too_much_is_refused() {
    for shape in ["4294967296x4294967296", "1000000000", "x", "-1", "1x"] {
        assert!(Model::read(format!("treehouse picture model 1\nConv1/kernel {shape} 0 1\n\nabc").into_bytes()).is_err());
    }
}
