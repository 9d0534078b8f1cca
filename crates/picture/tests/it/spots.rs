//! Soft spots of colour: how the pattern is drawn that the check is tried with. `crates/web/tests/spots.mjs` draws the same.

/// From 0 to 255 each: where its middle lies from left and top, how wide and high it is, and its red, green and blue.
#[derive(Debug, Clone)]
pub struct Spot(pub [i32; 7]);

/// A picture of so many points along each side.
pub fn draw(spots: &[Spot], side: usize) -> Vec<u8> {
    let mut picture = Vec::with_capacity(side * side * 4);
    for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
        let place = |at: usize| (at as f32 + 0.5) / side as f32 * 256.0;
        let mut colour = [128.0f32; 3];
        for Spot([left, top, wide, high, colours @ ..]) in spots {
            let far = |at: f32, middle: i32, size: i32| (at - middle as f32) / (8.0 + size as f32 / 2.0);
            let (dx, dy) = (far(place(x), *left, *wide), far(place(y), *top, *high));
            let part = (-(dx * dx + dy * dy)).exp();
            for (colour, own) in colour.iter_mut().zip(colours) {
                *colour += (*own as f32 - *colour) * part;
            }
        }
        picture.extend(colour.map(|value| value as u8).into_iter().chain([255]));
    }
    picture
}
