//! The code and the links of a Markdown document.

/// A span in backticks, or one line of a fenced block.
#[derive(Debug, PartialEq, Eq)]
pub struct Code<'a> {
    pub text: &'a str,
    pub line: usize,
    pub fenced: bool,
}

pub fn code(document: &str) -> Vec<Code<'_>> {
    let mut found = Vec::new();
    for block in blocks(document) {
        match block.kind {
            Kind::Fenced => found.extend(numbered(&block).map(|(line, text)| Code { text, line, fenced: true })),
            Kind::Prose => spans(&block, &mut found),
        }
    }
    found
}

/// Targets of links in prose, with their lines.
pub fn links(document: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    for block in blocks(document).into_iter().filter(|block| matches!(block.kind, Kind::Prose)) {
        for (line, text) in numbered(&block) {
            for (at, _) in text.match_indices("](") {
                if let Some((target, _)) = text[at + 2..].split_once(')') {
                    found.push((target, line));
                }
            }
        }
    }
    found
}

enum Kind {
    Prose,
    Fenced,
}

/// A paragraph or the inside of a fence: an unpaired backtick spoils no more than its own paragraph.
struct Block<'a> {
    kind: Kind,
    text: &'a str,
    first_line: usize,
}

fn blocks(document: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut fence: Option<&str> = None;
    // Where the block that is being read began, and in which line.
    let (mut begun, mut first_line, mut at) = (0, 1, 0);
    for (index, line) in document.split_inclusive('\n').enumerate() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        let toggles = mark.is_some() && (fence.is_none() || fence == mark);
        if toggles || (fence.is_none() && line.trim().is_empty()) {
            let kind = if fence.is_some() { Kind::Fenced } else { Kind::Prose };
            blocks.push(Block { kind, text: &document[begun..at], first_line });
            (begun, first_line) = (at + line.len(), index + 2);
        }
        if toggles {
            fence = if fence.is_some() { None } else { mark };
        }
        at += line.len();
    }
    blocks.push(Block { kind: Kind::Prose, text: &document[begun..], first_line });
    blocks
}

fn numbered<'a>(block: &Block<'a>) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
    let first = block.first_line;
    block.text.lines().enumerate().map(move |(index, line)| (first + index, line))
}

fn spans<'a>(block: &Block<'a>, found: &mut Vec<Code<'a>>) {
    let mut at = 0;
    while let Some(open) = block.text[at..].find('`').map(|open| at + open) {
        let ticks = block.text[open..].bytes().take_while(|byte| *byte == b'`').count();
        let inside = open + ticks;
        match closing(&block.text[inside..], ticks) {
            Some(length) => {
                let line = block.first_line + block.text[..open].matches('\n').count();
                found.push(Code { text: &block.text[inside..inside + length], line, fenced: false });
                at = inside + length + ticks;
            }
            None => at = inside,
        }
    }
}

/// How far a run of exactly `ticks` backticks is away.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`').map(|found| at + found) {
        let run = text[found..].bytes().take_while(|byte| *byte == b'`').count();
        if run == ticks {
            return Some(found);
        }
        at = found + run;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_fenced_lines_are_found_with_their_lines() {
        let document = "See `a/b` and ``c ` d``.\n\n```sh\ntreehouse chats\nls `x`\n```\nand `e\nf`";
        let found: Vec<_> = code(document).into_iter().map(|code| (code.text, code.line, code.fenced)).collect();
        let expected = [("a/b", 1, false), ("c ` d", 1, false), ("treehouse chats", 4, true), ("ls `x`", 5, true), ("e\nf", 7, false)];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_unpaired_backtick_spoils_no_other_paragraph() {
        let found: Vec<_> = code("a ` b\n\n`c`").into_iter().map(|code| code.text).collect();
        assert_eq!(found, ["c"]);
    }

    #[test]
    fn links_are_found_in_prose_alone() {
        assert_eq!(links("a [b](docs/c.md)\n```\n[d](e)\n```\n"), [("docs/c.md", 1)]);
    }
}
