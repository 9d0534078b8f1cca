//! Markdown as people write it in chats, parsed into a tree: nothing of it can ever be markup of the page.

/// A piece of text within a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Text(String),
    Bold(Vec<Span>),
    Italic(Vec<Span>),
    Struck(Vec<Span>),
    Code(String),
    /// Only http and https. `text` is what stands there, `url` where it leads.
    Link {
        text: String,
        url: String,
    },
    /// Somebody of the chat.
    Mention {
        name: String,
        account: String,
    },
    Break,
}

/// A piece that stands on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Paragraph(Vec<Span>),
    Quote(Vec<Span>),
    Code(String),
    List { ordered: bool, items: Vec<Vec<Span>> },
}

/// What a mention's link begins with: `[@name](treehouse:u/ACCOUNT)`.
const MENTION: &str = "treehouse:u/";
/// Marks inside marks at most: deeper is text.
const DEPTH_MAX: usize = 8;
/// Bytes of an address behind a name: what people share is shorter, and servers refuse longer ones.
const URL_MAX: usize = 2048;

/// What is drawn of a message at first: two screens of a phone. So many letters,
const LETTERS_MAX: usize = 3000;
/// and so many pieces, each an element of the page at least: lines, marks, links.
const PIECES_MAX: usize = 150;

/// Letters of a message in one line; more fit into no line that is shown, and all that is read out is read to its end.
const PLAIN_LETTERS_MAX: usize = 400;
/// Bytes of a message that are looked at for it.
const PLAIN_BYTES_MAX: usize = 4096;

pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("```") {
            let mut code = Vec::new();
            for line in lines.by_ref() {
                if line.trim_start().starts_with("```") {
                    break;
                }
                code.push(line);
            }
            blocks.push(Block::Code(code.join("\n")));
        } else if let Some(quoted) = line.strip_prefix('>') {
            let mut quote = vec![quoted.trim_start()];
            while let Some(more) = lines.peek().and_then(|line| line.strip_prefix('>')) {
                quote.push(more.trim_start());
                lines.next();
            }
            blocks.push(Block::Quote(spans(&quote.join("\n"), 0)));
        } else if let Some((ordered, first)) = item(line) {
            let mut items = vec![spans(first, 0)];
            while let Some((_, more)) = lines.peek().and_then(|line| item(line)).filter(|(same, _)| *same == ordered) {
                items.push(spans(more, 0));
                lines.next();
            }
            blocks.push(Block::List { ordered, items });
        } else if !line.trim().is_empty() {
            let mut paragraph = vec![line];
            while let Some(more) = lines.peek().filter(|line| is_plain(line)) {
                paragraph.push(more);
                lines.next();
            }
            blocks.push(Block::Paragraph(spans(&paragraph.join("\n"), 0)));
        }
    }
    blocks
}

fn is_plain(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('>') && !line.trim_start().starts_with("```") && item(line).is_none()
}

/// The text of a list's line, and whether the list is numbered.
fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(rest) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some((false, rest));
    }
    let (number, rest) = line.split_once(". ")?;
    (!number.is_empty() && number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((true, rest))
}

fn spans(text: &str, depth: usize) -> Vec<Span> {
    let mut out = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    let mut before = ' ';
    let mut open = Open::default();
    while let Some(letter) = rest.chars().next() {
        let found = if depth < DEPTH_MAX { special(rest, before, depth, &mut open) } else { None };
        match found {
            Some((span, length)) => {
                if !plain.is_empty() {
                    out.push(Span::Text(std::mem::take(&mut plain)));
                }
                out.push(span);
                before = rest[..length].chars().next_back().unwrap_or(' ');
                rest = &rest[length..];
            }
            None => {
                plain.push(letter);
                before = letter;
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    if !plain.is_empty() {
        out.push(Span::Text(plain));
    }
    out
}

/// What was looked for in this text and need not be looked for from each of its beginnings.
#[derive(Default)]
struct Open {
    /// Marks that do not end any more.
    marks: [bool; MARKS.len()],
    addresses: Ends,
}

/// Where the next address ends, as bytes from there to the end of the text; zero: none does any more.
#[derive(Default)]
struct Ends(Option<usize>);

impl Ends {
    /// Where the address at the beginning of `tail` ends. Each letter of a text is looked at once, however many addresses begin before it.
    fn next(&mut self, tail: &str) -> Option<usize> {
        let left = match self.0 {
            Some(left) if left <= tail.len() => left,
            _ => {
                let end = tail.find(|letter: char| letter == ')' || letter.is_whitespace());
                #[cfg(test)]
                tests::LOOKED.with(|looked| looked.set(looked.get() + end.unwrap_or(tail.len())));
                end.map_or(0, |end| tail.len() - end)
            }
        };
        self.0 = Some(left);
        (left > 0).then(|| tail.len() - left).filter(|end| *end <= URL_MAX)
    }
}

type Wrap = fn(Vec<Span>) -> Span;
const MARKS: [(&str, Wrap); 5] = [("**", Span::Bold), ("__", Span::Bold), ("~~", Span::Struck), ("*", Span::Italic), ("_", Span::Italic)];

/// A mark at the beginning of `rest`, and how many bytes it takes.
fn special(rest: &str, before: char, depth: usize, open: &mut Open) -> Option<(Span, usize)> {
    if rest.starts_with('\n') {
        return Some((Span::Break, 1));
    }
    if let Some(inner) = rest.strip_prefix('`') {
        let end = inner.find('`').filter(|end| *end > 0)?;
        return Some((Span::Code(inner[..end].to_owned()), end + 2));
    }
    // A mark within a word is part of it: some_long_name.
    if !before.is_alphanumeric() {
        for ((mark, wrap), open) in MARKS.iter().zip(&mut open.marks) {
            if let Some(inner) = rest.strip_prefix(mark).filter(|inner| !*open && !inner.starts_with(char::is_whitespace)) {
                match closing(inner, mark) {
                    Some(end) => return Some((wrap(spans(&inner[..end], depth + 1)), end + 2 * mark.len())),
                    None => *open = true,
                }
            }
        }
    }
    if let Some(found) = named_link(rest, &mut open.addresses) {
        return Some(found);
    }
    if !before.is_alphanumeric() { bare_link(rest) } else { None }
}

/// Where a mark ends: not beside a blank, and not in front of a letter.
fn closing(inner: &str, mark: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = inner[from..].find(mark).map(|at| at + from) {
        let (head, tail) = (&inner[..at], &inner[at + mark.len()..]);
        let good = at > 0 && !head.ends_with(char::is_whitespace) && !tail.starts_with(char::is_alphanumeric);
        // `*` must not end at the first half of `**`.
        if good && !(mark.len() == 1 && (tail.starts_with(mark) || head.ends_with(mark))) {
            return Some(at);
        }
        from = at + mark.len();
    }
    None
}

/// `[text](url)`. A text that looks like another address than where it leads is a trap: then the address itself is shown.
fn named_link(rest: &str, ends: &mut Ends) -> Option<(Span, usize)> {
    let inner = rest.strip_prefix('[')?;
    let text = &inner[..inner.find(['[', ']', '\n'])?];
    let tail = inner[text.len()..].strip_prefix("](")?;
    let url = &tail[..ends.next(tail)?];
    if !tail[url.len()..].starts_with(')') {
        return None;
    }
    let length = 1 + text.len() + 2 + url.len() + 1;
    if let Some(account) = url.strip_prefix(MENTION) {
        let hex = account.len() == 64 && account.bytes().all(|byte| byte.is_ascii_hexdigit());
        return hex.then(|| (Span::Mention { name: text.to_owned(), account: account.to_owned() }, length));
    }
    if !is_web(url) {
        return None;
    }
    let honest = !text.contains("://") && !text.contains("www.") && !text.contains('.') && !text.trim().is_empty();
    let text = if honest { format!("{} ({})", seen(text), host(url)) } else { seen(url) };
    Some((Span::Link { text, url: url.to_owned() }, length))
}

fn bare_link(rest: &str) -> Option<(Span, usize)> {
    if !is_web(rest) {
        return None;
    }
    let end = rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '"')).unwrap_or(rest.len());
    // A full stop ends the sentence, not the address.
    let url = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '*', '_', '~']);
    (url.len() > "https://".len()).then(|| (Span::Link { text: seen(url), url: url.to_owned() }, url.len()))
}

/// Without what cannot be seen or turns the direction of reading: in an address it hides where that leads.
fn seen(text: &str) -> String {
    let unseen = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().filter(|letter| !unseen(*letter)).collect()
}

fn is_web(url: &str) -> bool {
    let at = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    at.starts_with("https://") || at.starts_with("http://")
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    // Browsers read `\` as `/` here.
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// The beginning of a message, as far as it is drawn at first, and whether that is all.
pub fn beginning(blocks: Vec<Block>) -> (Vec<Block>, bool) {
    let mut room = Room { letters: LETTERS_MAX, pieces: PIECES_MAX, all: true };
    let mut out = Vec::new();
    for block in blocks {
        if !room.takes_piece() {
            break;
        }
        out.push(match block {
            Block::Paragraph(inner) => Block::Paragraph(room.spans(inner)),
            Block::Quote(inner) => Block::Quote(room.spans(inner)),
            Block::Code(inner) => Block::Code(room.lines(inner)),
            Block::List { ordered, items } => {
                let items = items.into_iter().map_while(|item| room.takes_piece().then(|| room.spans(item))).collect();
                Block::List { ordered, items }
            }
        });
    }
    (out, room.all)
}

/// What there is still room for.
struct Room {
    letters: usize,
    pieces: usize,
    /// Nothing was left out yet.
    all: bool,
}

impl Room {
    fn takes_piece(&mut self) -> bool {
        let takes = self.all && self.letters > 0 && self.pieces > 0;
        self.all = takes;
        self.pieces = self.pieces.saturating_sub(1);
        takes
    }

    fn spans(&mut self, inner: Vec<Span>) -> Vec<Span> {
        let mut out = Vec::new();
        for span in inner {
            if !self.takes_piece() {
                break;
            }
            out.push(match span {
                Span::Text(text) => Span::Text(self.letters(text)),
                Span::Bold(inner) => Span::Bold(self.spans(inner)),
                Span::Italic(inner) => Span::Italic(self.spans(inner)),
                Span::Struck(inner) => Span::Struck(self.spans(inner)),
                Span::Code(text) => Span::Code(self.lines(text)),
                Span::Link { text, url } => Span::Link { text: self.letters(text), url },
                span @ (Span::Mention { .. } | Span::Break) => span,
            });
        }
        out
    }

    fn letters(&mut self, text: String) -> String {
        match cut(&text, self.letters) {
            Some(shorter) => {
                self.all = false;
                shorter
            }
            None => {
                self.letters -= text.chars().count();
                text
            }
        }
    }

    /// Each line is a piece.
    fn lines(&mut self, text: String) -> String {
        match text.match_indices('\n').nth(self.pieces) {
            Some((at, _)) => {
                let lines = self.letters(text[..at].to_owned());
                self.all = false;
                lines
            }
            None => {
                self.pieces -= text.matches('\n').count();
                self.letters(text)
            }
        }
    }
}

/// The first letters of a text, if it has more.
fn cut(text: &str, letters: usize) -> Option<String> {
    let (at, _) = text.char_indices().nth(letters)?;
    Some(format!("{}…", &text[..at]))
}

/// The same as one plain line, for lists and notices: of a long message its beginning.
pub fn plain(text: &str) -> String {
    let short = &text[..text.floor_char_boundary(PLAIN_BYTES_MAX)];
    let line = one_line(short);
    match cut(&line, PLAIN_LETTERS_MAX) {
        Some(shorter) => shorter,
        None if short.len() < text.len() => format!("{line}…"),
        None => line,
    }
}

fn one_line(text: &str) -> String {
    fn of(spans: &[Span], out: &mut String) {
        for span in spans {
            match span {
                Span::Text(text) | Span::Code(text) | Span::Link { text, .. } => out.push_str(text),
                Span::Mention { name, .. } => out.push_str(name),
                Span::Bold(inner) | Span::Italic(inner) | Span::Struck(inner) => of(inner, out),
                Span::Break => out.push(' '),
            }
        }
    }
    let mut out = String::new();
    for block in parse(text) {
        if !out.is_empty() {
            out.push(' ');
        }
        match block {
            Block::Paragraph(spans) | Block::Quote(spans) => of(&spans, &mut out),
            Block::Code(code) => out.push_str(&code.replace('\n', " ")),
            Block::List { items, .. } => {
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        out.push_str(", ");
                    }
                    of(item, &mut out);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// As long as a message can be.
    const LONG: usize = 64 * 1024;

    thread_local! {
        /// Bytes in which ends of addresses were looked for.
        pub(super) static LOOKED: Cell<usize> = const { Cell::new(0) };
    }

    fn text(text: &str) -> Span {
        Span::Text(text.into())
    }

    fn line(source: &str) -> Vec<Span> {
        match parse(source).as_slice() {
            [Block::Paragraph(spans)] => spans.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn marks_make_bold_italic_struck_and_code() {
        assert_eq!(line("a **b** c"), [text("a "), Span::Bold(vec![text("b")]), text(" c")]);
        assert_eq!(line("*b*"), [Span::Italic(vec![text("b")])]);
        assert_eq!(line("~~b~~"), [Span::Struck(vec![text("b")])]);
        assert_eq!(line("`a*b*`"), [Span::Code("a*b*".into())]);
        assert_eq!(line("**a *b* c**"), [Span::Bold(vec![text("a "), Span::Italic(vec![text("b")]), text(" c")])]);
    }

    #[test]
    fn what_is_no_mark_stays_as_it_was_written() {
        for plain in
            ["some_long_name", "2 * 3 * 4", "a ** b", "*", "**", "[a](b", "5*", "snake_case_and_more", "<script>alert(1)</script>", "a`"]
        {
            assert_eq!(line(plain), [text(plain)], "{plain}");
        }
    }

    #[test]
    fn links_lead_where_they_say() {
        let link = |text: &str, url: &str| Span::Link { text: text.into(), url: url.into() };
        assert_eq!(line("see https://a.example/x."), [text("see "), link("https://a.example/x", "https://a.example/x"), text(".")]);
        assert_eq!(line("[here](https://a.example)"), [link("here (a.example)", "https://a.example")]);
        // A text that pretends to be another address.
        assert_eq!(line("[https://bank.example](https://evil.example)"), [link("https://evil.example", "https://evil.example")]);
        assert_eq!(line("[bank.example](https://evil.example)"), [link("https://evil.example", "https://evil.example")]);
        assert_eq!(line("[a](https://bank.example@evil.example/)"), [link("a (evil.example)", "https://bank.example@evil.example/")]);
        // What turns the direction of reading is not shown, and a backslash hides nothing.
        let turned = "https://evil.example/\u{202e}moc.knab";
        assert_eq!(line(turned), [link("https://evil.example/moc.knab", turned)]);
        assert_eq!(line("[a](https://evil.example\\@bank.example/)"), [link("a (evil.example)", "https://evil.example\\@bank.example/")]);
        for plain in ["[a](javascript:alert(1))", "javascript:alert(1)", "[a](data:text/html,x)", "https://"] {
            assert!(!line(plain).iter().any(|span| matches!(span, Span::Link { .. })), "{plain}");
        }
    }

    #[test]
    fn mentions_name_an_account() {
        let account = "ab".repeat(32);
        let source = format!("hi [@bob](treehouse:u/{account})!");
        assert_eq!(line(&source), [text("hi "), Span::Mention { name: "@bob".into(), account }, text("!")]);
        assert_eq!(line("[@bob](treehouse:u/xyz)"), [text("[@bob](treehouse:u/xyz)")]);
    }

    #[test]
    fn lists_quotes_and_code_stand_on_their_own() {
        let blocks = parse("hello\n- a\n- b\n1. c\n> q\n> r\n```\nlet x;\n  y\n```\nend");
        assert_eq!(blocks.len(), 6);
        assert_eq!(blocks[1], Block::List { ordered: false, items: vec![vec![text("a")], vec![text("b")]] });
        assert_eq!(blocks[2], Block::List { ordered: true, items: vec![vec![text("c")]] });
        assert_eq!(blocks[3], Block::Quote(vec![text("q"), Span::Break, text("r")]));
        assert_eq!(blocks[4], Block::Code("let x;\n  y".into()));
    }

    #[test]
    fn any_text_is_parsed_in_time_and_to_an_end() {
        // Looking for each end from each beginning would take minutes.
        let bits = [
            "*", "[", "**a", "`", "> ", "_a_", "*a ", "**a ", "~~a ", "[a](b ", "[a](", "[a]", "` a ", "*a _b ", "- *a\n", "😀", "https://",
        ];
        for bit in bits {
            let bad = bit.repeat(LONG / bit.len());
            parse(&bad);
            plain(&bad);
        }
    }

    #[test]
    fn the_end_of_an_address_is_looked_for_once_and_not_from_each_beginning() {
        for bit in ["[a](", "[a](b ", "[a](b) ", "[a](https://a.example/"] {
            LOOKED.set(0);
            parse(&bit.repeat(LONG / bit.len()));
            let looked = LOOKED.get();
            assert!(0 < looked && looked <= LONG, "{looked} for {bit}");
        }
    }

    #[test]
    fn an_address_behind_a_name_has_an_end_in_sight() {
        let link = |bytes: usize| format!("[a](https://{})", "x".repeat(bytes - "https://".len()));
        let is_named = |source: &str| matches!(line(source).as_slice(), [Span::Link { url, .. }] if url.len() <= URL_MAX);
        assert!(is_named(&link(URL_MAX)));
        assert!(!is_named(&link(URL_MAX + 1)));
    }

    #[test]
    fn a_message_is_drawn_as_far_as_people_write() {
        fn pieces(spans: &[Span]) -> usize {
            let inside = |span: &Span| match span {
                Span::Bold(inner) | Span::Italic(inner) | Span::Struck(inner) => 1 + pieces(inner),
                Span::Code(text) => 1 + text.matches('\n').count(),
                _ => 1,
            };
            spans.iter().map(inside).sum()
        }
        fn all(block: &Block) -> usize {
            match block {
                Block::Paragraph(inner) | Block::Quote(inner) => 1 + pieces(inner),
                Block::Code(text) => 1 + text.matches('\n').count(),
                Block::List { items, .. } => 1 + items.iter().map(|item| 1 + pieces(item)).sum::<usize>(),
            }
        }
        let letters = |blocks: &[Block]| format!("{blocks:?}").matches('😀').count();
        for bit in
            ["- *a\n", "- *a*\n", "*a* ", "😀", "> a\n", "> a\n\n", "a\n", "`a`", "1. a\n- b\n", "https://a.example ", "**a *b* c** "]
        {
            let (drawn, is_all) = beginning(parse(&bit.repeat(LONG / bit.len())));
            let count: usize = drawn.iter().map(all).sum();
            assert!(!is_all && !drawn.is_empty() && count <= PIECES_MAX && letters(&drawn) <= LETTERS_MAX, "{count} for {bit}");
        }
        let (code, is_all) = beginning(parse(&format!("```\n{}", "\n".repeat(LONG))));
        assert!(!is_all && code.iter().map(all).sum::<usize>() <= PIECES_MAX);
        for short in ["", "a", "- a\n- b\n\n```\nx\n```", &"a ".repeat(LETTERS_MAX / 2), &"- a\n".repeat(PIECES_MAX / 2 - 1)] {
            assert_eq!(beginning(parse(short)), (parse(short), true), "{short}");
        }
    }

    #[test]
    fn one_plain_line_for_lists() {
        assert_eq!(plain("**a** b\n\n- c\n- d"), "a b c, d");
        let long = plain(&"😀".repeat(LONG / 4));
        assert_eq!(long, format!("{}…", "😀".repeat(PLAIN_LETTERS_MAX)));
        // What has no letters at its beginning is not the same as nothing.
        assert_eq!(plain(&format!("{}a", "\n".repeat(LONG))), "…");
    }
}
