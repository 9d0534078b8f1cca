//! The table: a figure, its target, and the floor or peer that was measured in the same run.

use std::io::IsTerminal as _;

/// Whether a figure is what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Met,
    Missed,
    /// Shown beside another figure, without a target of its own.
    Shown,
}

impl Verdict {
    pub fn of(holds: bool) -> Self {
        if holds { Self::Met } else { Self::Missed }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Shown => "",
        }
    }
}

/// One line.
pub struct Row {
    pub name: String,
    pub figure: String,
    pub target: String,
    pub floor: String,
    pub verdict: Verdict,
}

impl Row {
    pub fn new(name: impl Into<String>, figure: String, target: impl Into<String>, floor: impl Into<String>, verdict: Verdict) -> Self {
        Self { name: name.into(), figure, target: target.into(), floor: floor.into(), verdict }
    }

    /// A figure that explains the one above it.
    pub fn shown(name: impl Into<String>, figure: String, floor: impl Into<String>) -> Self {
        Self::new(name, figure, "", floor, Verdict::Shown)
    }

    fn cells(&self) -> [&str; 5] {
        [&self.name, &self.figure, &self.target, &self.floor, self.verdict.word()]
    }
}

/// The rows of one kind of measurement.
pub struct Group {
    pub title: String,
    pub rows: Vec<Row>,
}

const HEAD: [&str; 5] = ["", "measured", "target", "floor or peer, same run", ""];

/// Prints everything that was measured.
pub fn print(groups: &[Group]) {
    let mut widths = HEAD.map(width);
    for row in groups.iter().flat_map(|group| &group.rows) {
        for (known, cell) in widths.iter_mut().zip(row.cells()) {
            *known = (*known).max(width(cell));
        }
    }
    let colour = std::io::stdout().is_terminal();
    let rule: String = widths.iter().map(|width| "─".repeat(width + 2)).collect::<Vec<_>>().join("┼");
    println!("{}", line(HEAD, widths));
    for group in groups {
        println!("{rule}");
        println!(" {}", bold(&group.title, colour));
        for row in &group.rows {
            println!("{}", paint(&line(row.cells(), widths), row.verdict, colour));
        }
    }
    println!("{rule}");
    let of = |verdict| groups.iter().flat_map(|group| &group.rows).filter(|row| row.verdict == verdict).count();
    println!(" {} met, {} missed", of(Verdict::Met), of(Verdict::Missed));
}

fn line(cells: [&str; 5], widths: [usize; 5]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, room)| format!(" {cell}{} ", " ".repeat(room - width(cell))));
    padded.collect::<Vec<_>>().join("│").trim_end().to_owned()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn bold(text: &str, colour: bool) -> String {
    if colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

fn paint(line: &str, verdict: Verdict, colour: bool) -> String {
    match verdict {
        Verdict::Missed if colour => format!("\x1b[33m{line}\x1b[0m"),
        _ => line.to_owned(),
    }
}

/// `12345.6` as `12,346`.
pub fn whole(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0.4, 999.0, 1000.0, 1_234_567.0].map(whole), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_line_is_as_wide_as_its_head() {
        assert_eq!(line(["a", "1", "2", "3", "met"], [3, 2, 2, 2, 3]), " a   │ 1  │ 2  │ 3  │ met");
    }
}
