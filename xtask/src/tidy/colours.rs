//! Colours of the page have names, in one place.

use super::Finding;
use super::tree::Tree;

const STYLE: &str = "crates/web/ui/page/style/";
const NAMES: &str = "crates/web/ui/page/tokens.css";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.files().filter(|file| file.path.starts_with(STYLE));
    let lines = files.flat_map(|file| file.text.lines().enumerate().map(move |(at, line)| (file, at, line)));
    let coloured = lines.filter(|(_, _, line)| line.split_once(": ").is_some_and(|(_, value)| names_a_colour(value)));
    coloured.map(|(file, at, _)| Finding::new(&file.path, at + 1, format!("a colour: it gets a name in {NAMES}"))).collect()
}

/// `#` and hexadecimal digits, or a function of numbers.
fn names_a_colour(value: &str) -> bool {
    let hex = value.split('#').skip(1).any(|rest| rest.chars().take_while(char::is_ascii_hexdigit).count() >= 3);
    hex || ["rgb(", "rgba(", "hsl("].iter().any(|function| value.contains(function))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, line: &str) -> usize {
        check(&Tree::of(&[(path, line)])).len()
    }

    #[test]
    fn a_name_is_no_colour() {
        assert_eq!(found(STYLE, "    color: var(--ink);"), 0);
        assert_eq!(found(STYLE, "#page > main {"), 0);
    }

    #[test]
    fn colours_have_their_own_file() {
        assert_eq!(found(NAMES, "    --ink: #15201a;"), 0);
    }

    #[test]
    fn a_colour_of_its_own_is_found() {
        assert_eq!(found(STYLE, "    color: #fff;"), 1);
        assert_eq!(found(STYLE, "    background: rgb(0 0 0 / 50%);"), 1);
    }
}
