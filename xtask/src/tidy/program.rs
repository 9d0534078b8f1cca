//! Documents tell people to type only what the program understands: every `treehouse` command and flag in them, against its help.

use super::Finding;
use super::markdown::code;
use super::tree::Tree;
use crate::house::answer;
use std::path::Path;
use std::process::Command;

/// What the program answers to a command followed by `--help`.
pub trait Help {
    fn help(&self, command: &[&str]) -> Option<String>;
}

pub struct Built<'a>(pub &'a Path);

impl Help for Built<'_> {
    fn help(&self, command: &[&str]) -> Option<String> {
        answer(Command::new(self.0).args(command).arg("--help"))
    }
}

pub fn check(tree: &Tree, program: &impl Help) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in tree.documents() {
        for code in code(&document.text) {
            if let Some(call) = call(code.text)
                && let Some(what) = fault(&call, program)
            {
                findings.push(Finding::new(&document.path, code.line, what));
            }
        }
    }
    findings
}

/// The words after the program's name, if this is a call of it.
fn call(code: &str) -> Option<Vec<&str>> {
    let words: Vec<_> = code.split_whitespace().collect();
    let begins =
        words.windows(2).position(|pair| is_program(pair[0]) && (is_name(pair[1]) || pair[1].starts_with("--")) && !is_program(pair[1]))?;
    let rest = words[begins + 1..].iter().copied();
    Some(rest.take_while(|word| !["&&", "||", ";", ">", ">>", "<", "#", "\\"].contains(word)).collect())
}

fn is_program(word: &str) -> bool {
    word == "treehouse" || ["bin/treehouse", "release/treehouse", "debug/treehouse", "./treehouse"].iter().any(|path| word.ends_with(path))
}

/// Commands are lower-case words, alternatives between bars; what people fill in is not.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(|c| c.is_ascii_lowercase() || "-|".contains(c))
}

fn fault(call: &[&str], program: &impl Help) -> Option<String> {
    match walk(call, program) {
        Ok(()) => None,
        Err(Fault::Unknown(path)) => Some(format!("`treehouse {}` does not exist", path.join(" "))),
        Err(Fault::NoFlag(path, flag)) => Some(format!("`treehouse {}` has no `--{flag}`", path.join(" "))),
        Err(Fault::NoHelp(path)) => Some(format!("`treehouse {} --help` answers nothing", path.join(" "))),
    }
}

enum Fault<'a> {
    Unknown(Vec<&'a str>),
    NoFlag(Vec<&'a str>, &'a str),
    NoHelp(Vec<&'a str>),
}

/// Follows a call from command to subcommand until its arguments begin.
fn walk<'a>(call: &[&'a str], program: &impl Help) -> Result<(), Fault<'a>> {
    let ask = |path: &[&'a str]| program.help(path).ok_or_else(|| Fault::NoHelp(path.to_vec()));
    let mut path: Vec<&str> = Vec::new();
    let mut help = ask(&path)?;
    // How deep we were where a bracket opened: `requests [accept ID | decline ID]`.
    let mut bracket = None;
    let mut arguments_follow = false;
    for written in call {
        if written.starts_with('[') && bracket.is_none() {
            bracket = Some(path.len());
        }
        let word = written.trim_matches(['[', ']', '(', ')', ',', '.', '…']);
        if word == "|" {
            // A pipe into another program, unless it separates what stands in brackets.
            let Some(depth) = bracket else { return Ok(()) };
            path.truncate(depth);
            help = ask(&path)?;
            arguments_follow = false;
        } else if let Some(flag) = word.strip_prefix("--") {
            let flag = flag.split(['=', '[', '|', ']']).next().unwrap_or_default();
            if !flag.is_empty() && !has_flag(&help, flag) {
                return Err(Fault::NoFlag(path, flag));
            }
        } else if !arguments_follow && is_name(word) && !subcommands(&help).is_empty() {
            let mut alternatives = word.split('|');
            if let Some(missing) = alternatives.clone().find(|name| !subcommands(&help).contains(name)) {
                path.push(missing);
                return Err(Fault::Unknown(path));
            }
            path.extend(alternatives.next());
            help = ask(&path)?;
        } else {
            arguments_follow = true;
        }
        if written.ends_with(']') {
            bracket = None;
        }
    }
    Ok(())
}

/// The names below `Commands:`, which are indented by two.
fn subcommands(help: &str) -> Vec<&str> {
    let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = below.take_while(|line| line.is_empty() || line.starts_with(' '));
    listed.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?.split_whitespace().next()).collect()
}

fn has_flag(help: &str, flag: &str) -> bool {
    let flag = format!("--{flag}");
    help.match_indices(&flag).any(|(at, _)| !help[at + flag.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Printed;

    impl Help for Printed {
        fn help(&self, command: &[&str]) -> Option<String> {
            let text = match command {
                [] => {
                    "Usage: treehouse COMMAND\n\nCommands:\n  serve     Run a server\n            for people\n  requests  List them\n  send      Send\n\nOptions:\n      --home <DIR>\n"
                }
                ["serve"] => "Options:\n      --data <DIR>\n",
                ["requests"] => "Commands:\n  accept   Accept\n  decline  Decline\n\nOptions:\n      --json\n",
                ["send"] | ["requests", _] => "Arguments:\n  [TEXT]...\n\nOptions:\n      --file <PATH>\n",
                _ => return None,
            };
            Some(text.to_owned())
        }
    }

    fn found(document: &str) -> Vec<String> {
        check(&Tree::of(&[("README.md", document)]), &Printed).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn what_the_help_lists_passes() {
        let document = "`treehouse`, `treehouse --home DIR`, `treehouse requests [accept ID | decline ID]`, `treehouse serve …`, a treehouse in a tree\n\
            ```\nTREEHOUSE_HOME=alice treehouse send bob hello there --file cat.jpg # sends\nExecStart=/usr/local/bin/treehouse serve --data /var/lib/treehouse\n\
            sudo -u treehouse treehouse serve --data /var/lib/treehouse\ntreehouse requests --json | jq\nchown treehouse /var/lib/treehouse\n```\n";
        assert_eq!(found(document), Vec::<String>::new());
    }

    #[test]
    fn a_command_that_does_not_exist_is_found() {
        assert_eq!(found("`treehouse fly`"), ["`treehouse fly` does not exist"]);
        assert_eq!(found("`treehouse requests [accept ID | ignore ID]`"), ["`treehouse requests ignore` does not exist"]);
        assert_eq!(found("`treehouse serve|fly`"), ["`treehouse fly` does not exist"]);
    }

    #[test]
    fn a_program_that_does_not_answer_is_found() {
        struct Broken;
        impl Help for Broken {
            fn help(&self, _: &[&str]) -> Option<String> {
                None
            }
        }
        assert_eq!(check(&Tree::of(&[("README.md", "`treehouse serve`")]), &Broken).len(), 1);
    }

    #[test]
    fn a_flag_that_does_not_exist_is_found() {
        assert_eq!(found("```\ntreehouse serve --dat DIR\n```"), ["`treehouse serve` has no `--dat`"]);
        assert_eq!(found("`treehouse requests accept ID [--json]`"), ["`treehouse requests accept` has no `--json`"]);
    }
}
