//! How a picture must be turned to stand upright: the Exif orientation (CIPA DC-008 section 4.6.5, tag 0x0112).

/// Upright(x, y) = stored(x, y), with the stored columns or rows counted from the other end, or both, and then x and y exchanged, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Turn {
    pub(super) columns: Direction,
    pub(super) rows: Direction,
    pub(super) axes: Axes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Direction {
    #[default]
    Forward,
    Backward,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Axes {
    #[default]
    Kept,
    Exchanged,
}

impl Turn {
    /// The turn of an Exif orientation; a value outside 1 to 8 says nothing.
    pub(super) fn of_exif(orientation: u16) -> Self {
        use Axes::{Exchanged, Kept};
        use Direction::{Backward, Forward};
        let (columns, rows, axes) = match orientation {
            2 => (Backward, Forward, Kept),
            3 => (Backward, Backward, Kept),
            4 => (Forward, Backward, Kept),
            5 => (Forward, Forward, Exchanged),
            6 => (Forward, Backward, Exchanged),
            7 => (Backward, Backward, Exchanged),
            8 => (Backward, Forward, Exchanged),
            _ => (Forward, Forward, Kept),
        };
        Self { columns, rows, axes }
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Width and height after the turn.
    pub(super) fn size<T>(self, width: T, height: T) -> (T, T) {
        match self.axes {
            Axes::Kept => (width, height),
            Axes::Exchanged => (height, width),
        }
    }

    /// The stored place of an upright pixel; `width` and `height` are the stored ones.
    pub(super) fn stored(self, x: usize, y: usize, width: usize, height: usize) -> (usize, usize) {
        let (x, y) = self.size(x, y);
        (self.columns.at(x, width), self.rows.at(y, height))
    }
}

impl Direction {
    /// The place `at` of `count`, from this end.
    pub(super) fn at(self, at: usize, count: usize) -> usize {
        match self {
            Self::Forward => at,
            Self::Backward => count.saturating_sub(1).saturating_sub(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exif says which corner the first stored row and column are; the pixel shown top left is stored here in a picture of 3 by 2.
    #[test]
    fn each_orientation_finds_its_top_left_pixel() {
        let corners = [(0, 0), (2, 0), (2, 1), (0, 1), (0, 0), (0, 1), (2, 1), (2, 0)];
        for (orientation, corner) in (1..).zip(corners) {
            assert_eq!(Turn::of_exif(orientation).stored(0, 0, 3, 2), corner, "orientation {orientation}");
        }
        assert_eq!((Turn::of_exif(6).size(3, 2), Turn::of_exif(3).size(3, 2)), ((2, 3), (3, 2)));
    }

    #[test]
    fn an_unknown_orientation_turns_nothing() {
        assert!([0, 1, 9, u16::MAX].into_iter().all(|orientation| Turn::of_exif(orientation).is_none()));
    }
}
