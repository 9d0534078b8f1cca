//! Rust source with its comments and literals blanked, so that rules meet code only, and which of its lines are tests.

/// The same text with every comment, string and character literal turned into spaces; lines stay where they are.
pub fn scrub(source: &str) -> String {
    let mut rest = source;
    let mut out = String::with_capacity(source.len());
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let blank = literal_or_comment(rest, before);
        let (taken, keep) = if blank == 0 { (first.len_utf8(), true) } else { (blank, false) };
        let (piece, after) = rest.split_at(taken);
        if keep {
            out.push(first);
        } else {
            out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        before = piece.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    out
}

/// How many bytes of a comment or literal `rest` begins with.
fn literal_or_comment(rest: &str, before: char) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    let in_a_name = before.is_alphanumeric() || before == '_';
    if !in_a_name {
        let prefix = rest.len() - rest.trim_start_matches(['b', 'c']).len();
        if prefix <= 1 && rest[prefix..].starts_with('r') {
            let hashes = rest[prefix + 1..].bytes().take_while(|byte| *byte == b'#').count();
            let open = prefix + 1 + hashes;
            if rest[open..].starts_with('"') {
                let close = format!("\"{}", "#".repeat(hashes));
                return rest[open + 1..].find(&close).map_or(rest.len(), |at| open + 1 + at + close.len());
            }
        }
    }
    match rest.as_bytes() {
        [b'"', ..] => quoted(rest, b'"'),
        // A lifetime has no closing quote where a character's would be.
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        [b'\'', ..] => {
            let mut chars = rest.char_indices().skip(1);
            match (chars.next(), chars.next()) {
                (Some(_), Some((at, '\''))) => at + 1,
                _ => 0,
            }
        }
        _ => 0,
    }
}

fn quoted(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (at, depth) = (at + 2, depth + 1),
            Some(b"*/") => {
                (at, depth) = (at + 2, depth - 1);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

/// Where the item beginning at `from` in scrubbed source ends: after its closing brace, or after a semicolon if it has no body.
pub fn item_end(code: &str, from: usize) -> usize {
    let mut depth = Depth::default();
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth.brackets += 1,
            b')' | b']' => depth.brackets = depth.brackets.saturating_sub(1),
            b'{' => depth.braces += 1,
            b'}' => {
                depth.braces = depth.braces.saturating_sub(1);
                if depth.braces == 0 {
                    return at + 1;
                }
            }
            b';' if depth.braces == 0 && depth.brackets == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[derive(Default)]
struct Depth {
    braces: usize,
    brackets: usize,
}

/// Which lines of scrubbed source belong to items that only tests compile.
pub fn test_lines(code: &str) -> Vec<bool> {
    let mut lines = vec![false; code.lines().count()];
    let mut from = 0;
    while let Some(at) = ["#[cfg(test)]", "#[cfg(all(test", "#[test]"].iter().filter_map(|mark| code[from..].find(mark)).min() {
        let begin = from + at;
        // The attribute's own brackets are balanced, so the item's end is the first one outside of them.
        let end = item_end(code, begin);
        let first = line_of(code, begin) - 1;
        let last = line_of(code, end.saturating_sub(1));
        lines[first..last.min(code.lines().count())].fill(true);
        from = end.max(begin + 1);
    }
    lines
}

/// The line, counted from 1, of a place in a text.
pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Every place in scrubbed source where `word` stands as a whole word.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let bytes = code.as_bytes();
        !part_of_name(at.checked_sub(1).and_then(|before| bytes.get(before))) && !part_of_name(bytes.get(at + word.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let source = "let a = \"x.unwrap() \\\" {\"; // .unwrap()\n/* { /* nested */ } */ let b = r#\"{ \" \"#;\nlet c = '{'; let d = b'\\''; f::<'a>();";
        let code = scrub(source);
        assert_eq!(code.lines().count(), 3);
        assert!(!code.contains("unwrap") && !code.contains('{') && !code.contains('}'));
        assert!(code.contains("let a =") && code.contains("let b =") && code.contains("let d =") && code.contains("f::<'a>();"));
    }

    #[test]
    fn a_name_that_ends_like_a_raw_string_is_no_string() {
        assert_eq!(scrub("for r in a { br(r) }"), "for r in a { br(r) }");
    }

    #[test]
    fn only_the_item_under_the_attribute_is_a_test() {
        let code = "fn a() {}\n#[cfg(test)]\nfn b() {\n    c();\n}\nfn d() {}\n#[cfg(test)]\nmod tests;\nfn e() {}\n";
        let tests: Vec<_> = test_lines(code).iter().enumerate().filter(|(_, test)| **test).map(|(line, _)| line + 1).collect();
        assert_eq!(tests, [2, 3, 4, 5, 7, 8]);
    }

    #[test]
    fn code_without_tests_has_no_test_lines() {
        assert!(!test_lines("fn a() {\n    #[inline]\n    fn b() {}\n}\n").contains(&true));
    }
}
