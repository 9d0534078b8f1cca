//! "Keep it first?": asked once before something goes that one may need later.

use super::{Failure, device};
use crate::shell::{Shell, now};
use view::{KeepHint, KeepWhy, Query, View};

/// # Errors
/// Something should be kept before it goes, and nobody said `--anyway`: the words name both ways on.
pub fn keep_first(shell: &Shell, named: &str, chat: i64, going: Vec<i64>, anyway: bool) -> Result<(), Failure> {
    let hint = if anyway { None } else { hint(shell, chat, going)? };
    let Some(hint) = hint.filter(KeepHint::asks) else { return Ok(()) };
    let why = match hint.why {
        Some(KeepWhy::Blocked) => "You blocked somebody here.",
        Some(KeepWhy::Reported) => "You reported something here.",
        Some(KeepWhy::Noticed) | None => "Something here stood out.",
    };
    let older = match hint.older {
        0 => String::new(),
        older => format!(" There are {older} older ones: after these you are asked about them."),
    };
    Err(Failure::Said(format!(
        "{why} It may help later, and then it is gone. Keep it first: `treehouse keep {named} {}`.{older} To go on without, say it again with --anyway.",
        ids(&hint)
    )))
}

/// What would be worth keeping of a chat, as words for `treehouse keep`.
pub fn worth_keeping(shell: &Shell, chat: i64) -> Result<Option<String>, Failure> {
    Ok(hint(shell, chat, vec![])?.filter(KeepHint::asks).map(|hint| ids(&hint)))
}

/// What can be kept of a chat and is not kept yet, whether or not something happened in it: the newest.
pub fn keepable(shell: &Shell, chat: i64) -> Result<KeepHint, Failure> {
    Ok(hint(shell, chat, vec![])?.unwrap_or_default())
}

fn hint(shell: &Shell, chat: i64, going: Vec<i64>) -> Result<Option<KeepHint>, Failure> {
    let view = shell.home.client.ask(now(), Query::KeepHint { chat, going }).map_err(|fault| device(&fault))?;
    Ok(match view {
        View::KeepHint(hint) => Some(hint),
        _ => None,
    })
}

fn ids(hint: &KeepHint) -> String {
    hint.messages.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
}
