//! Who is mentioned: a person writes `@username`, a message holds a link to the account (docs/spec/content.md, section 3).

use crate::client::{Fault, Turn};
use rusqlite::params;
use std::collections::BTreeMap;
use wire::AccountId;
use wire::content::{Mention, Text};

/// Who is mentioned in a text as it was sent.
pub(crate) fn mentions(text: &str) -> Vec<Mention> {
    // Most texts mention nobody: looking is cheaper than copying.
    if text.contains("](treehouse:u/") { Text::markdown(text).mentions() } else { vec![] }
}

/// A text in which each mention is `@` and a name.
///
/// # Errors
/// Those of `name`.
pub(crate) fn shown_as<E>(text: &str, mut name: impl FnMut(&Mention, &str) -> Result<String, E>) -> Result<String, E> {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for mention in mentions(text) {
        let (before, label) = (text.get(from..mention.label.start.saturating_sub(1)), text.get(mention.label.clone()));
        let (Some(before), Some(label)) = (before, label) else { continue };
        shown.push_str(before);
        shown.push('@');
        shown.push_str(&name(&mention, label)?);
        // The label, `](`, the account's URI and `)`.
        from = mention.label.end + "](".len() + wire::content::account_uri(&mention.account).len() + ")".len();
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    Ok(shown)
}

/// A text without links to accounts: what is searched, and what is passed on to people who do not know them.
pub(crate) fn plain(text: &str) -> String {
    let labelled = shown_as(text, |_, label| Ok::<_, std::convert::Infallible>(label.trim_start_matches('@').to_owned()));
    labelled.unwrap_or_else(|never| match never {})
}

fn of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Puts links in the place of `@name` for each name that is known.
fn linked(text: &str, known: &BTreeMap<String, AccountId>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find('@') {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        before = head.chars().next_back().or(before);
        let word = tail.get(1..).unwrap_or_default();
        let length = word.find(|c| !of_name(c)).unwrap_or(word.len());
        // A full stop behind a name ends the sentence; a sign before it makes it an address.
        let found = (1..=length).rev().find_map(|end| {
            let ends_well = end == length || word.get(end..length).is_some_and(|tail| tail.chars().all(|c| matches!(c, '.' | '-' | '_')));
            let name = word.get(..end).filter(|_| ends_well)?;
            known.get(&name.to_ascii_lowercase()).map(|account| (name, *account))
        });
        match found.filter(|_| !before.is_some_and(|c| of_name(c) || c == '[')) {
            Some((name, account)) => {
                out.push_str(&Text::mention(&account, name));
                rest = word.get(name.len()..).unwrap_or_default();
            }
            None => {
                out.push('@');
                rest = word;
            }
        }
        before = out.chars().next_back();
    }
    out.push_str(rest);
    out
}

impl Turn<'_> {
    /// What a person wrote, with members of the chat mentioned by their accounts.
    pub fn with_mentions(&self, chat: i64, text: &str) -> Result<String, Fault> {
        if !text.contains('@') {
            return Ok(text.to_owned());
        }
        let mut known: BTreeMap<String, AccountId> = self
            .db
            .prepare_cached(
                "SELECT DISTINCT c.username, c.account FROM member m JOIN contact c ON c.account = m.account
                 WHERE m.chat = ?1 AND c.confirmed = 1 AND c.username IS NOT NULL",
            )?
            .query_map(params![chat], |row| Ok((row.get(0)?, AccountId(row.get(1)?))))?
            .collect::<Result<_, _>>()?;
        if let Some(own) = crate::account::Account::load(self.db)? {
            known.insert(own.username.clone(), own.id());
        }
        Ok(linked(text, &known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> BTreeMap<String, AccountId> {
        [("bob", 1), ("ann.b", 2)].map(|(name, byte)| (name.to_owned(), AccountId([byte; 32]))).into()
    }

    #[test]
    fn members_are_linked_and_shown_by_the_name_one_knows() {
        let sent = linked("Hi @bob, and @Ann.b. Not @carol", &known());
        let who: Vec<AccountId> = mentions(&sent).into_iter().map(|mention| mention.account).collect();
        assert_eq!(who, [AccountId([1; 32]), AccountId([2; 32])]);
        assert_eq!(plain(&sent), "Hi @bob, and @Ann.b. Not @carol");
        let renamed = shown_as(&sent, |mention, _| Ok::<_, ()>(format!("n{}", mention.account.0[0])));
        assert_eq!(renamed.unwrap(), "Hi @n1, and @n2. Not @carol");
    }

    #[test]
    fn addresses_and_longer_names_are_no_mentions() {
        for text in ["me@bob", "bob@bob.example", "@bobby", "@", "@@", "a@", "@.bob", "é@", "[@bob](x)"] {
            assert_eq!(linked(text, &known()), text);
        }
        assert_eq!(mentions(&linked("(@bob) @bob", &known())).len(), 2);
    }

    #[test]
    fn a_text_that_only_looks_like_a_mention_stays_as_it_is() {
        let text = "[a](treehouse:u/12) ](treehouse:u/";
        assert_eq!(plain(text), text);
    }
}
