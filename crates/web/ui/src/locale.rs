//! The languages of the page: how a word is said in each, with its gaps filled, and why something did not happen.

use crate::words::Word;
use view::page::Broken;
use view::{Refusal, VaultRefusal};

/// A language of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Locale {
    #[default]
    English,
    /// Longer, with accents: what does not stretch shows.
    Expanded,
    /// From right to left.
    Mirrored,
}

impl Locale {
    /// By its name in `?lang=`.
    pub fn named(name: &str) -> Self {
        match name {
            "en-XA" => Self::Expanded,
            "ar-XB" => Self::Mirrored,
            _ => Self::English,
        }
    }

    /// As `lang` says it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Expanded => "en-XA",
            Self::Mirrored => "ar-XB",
        }
    }

    pub fn direction(self) -> &'static str {
        if self == Self::Mirrored { "rtl" } else { "ltr" }
    }

    pub fn say(self, word: Word) -> String {
        self.say_with(word, &[])
    }

    /// A phrase with its gaps filled.
    pub fn say_with(self, word: Word, gaps: &[(&str, &str)]) -> String {
        let mut said = match self {
            Self::English => word.english().to_owned(),
            Self::Expanded => expanded(word.english()),
            Self::Mirrored => format!("\u{202e}{}\u{202c}", word.english()),
        };
        for (name, value) in gaps {
            // What is filled in may be a name of either direction: isolated, it does not turn the phrase around.
            let value = if self == Self::Mirrored { format!("\u{202c}\u{2068}{value}\u{2069}\u{202e}") } else { (*value).to_owned() };
            said = said.replace(&format!("{{{name}}}"), &value);
        }
        said
    }

    /// Why the page does not work here.
    pub fn broken(self, why: Broken) -> String {
        self.say(match why {
            Broken::OpenElsewhere => Word::BrokenElsewhere,
            Broken::Unsupported => Word::BrokenUnsupported,
            Broken::KeyLost => Word::BrokenKeyLost,
            Broken::TooNew => Word::BrokenTooNew,
            Broken::Full => Word::BrokenFull,
            Broken::Damaged => Word::BrokenDamaged,
            Broken::Other => Word::BrokenOther,
        })
    }

    /// Why something did not happen, for a person.
    pub fn refusal(self, refusal: &Refusal) -> String {
        use Refusal::*;
        let one = |word, name: &str| self.say_with(word, &[("name", name)]);
        match refusal {
            UsernameShape => self.say(Word::RefusedUsernameShape),
            UsernameTaken { username } => one(Word::RefusedUsernameTaken, username),
            InviteNeeded => self.say(Word::RefusedInvite),
            InviteSpent => self.say(Word::RefusedInviteSpent),
            LinkShape => self.say(Word::RefusedLinkShape),
            LinkElsewhere { .. } => self.say(Word::RefusedLinkElsewhere),
            LinkIsYours => self.say(Word::RefusedLinkYours),
            LinkSpent => self.say(Word::RefusedLinkSpent),
            AlreadyContact { name } => one(Word::RefusedAlreadyContact, name),
            NotAdmin => self.say(Word::RefusedNotAdmin),
            LastAdmin => self.say(Word::RefusedLastAdmin),
            ChatEnded => self.say(Word::RefusedEnded),
            Blocked { name } => one(Word::RefusedBlocked, name),
            GroupFull { limit } => self.say_with(Word::RefusedGroupFull, &[("n", &limit.to_string())]),
            NameTaken { .. } => self.say(Word::RefusedNameTaken),
            TooLong { .. } => self.say(Word::RefusedTooLong),
            FileUnreadable { name, .. } | FileChanged { name } => one(Word::RefusedFile, name),
            CannotClean { name } => one(Word::RefusedClean, name),
            FileTooLarge { name, limit } => self.say_with(Word::RefusedFileTooLarge, &[("name", name), ("n", &(limit >> 30).to_string())]),
            DiskFull => self.say(Word::RefusedDiskFull),
            DiskReadOnly | DataDamaged => self.say(Word::RefusedDamaged),
            NotReady { .. } => self.say(Word::RefusedNeedsConnection),
            ServerRefused { .. } | WrongServer { .. } => self.say(Word::RefusedServer),
            WrongPassphrase => self.say(Word::RefusedPassphrase),
            Vault(why) => self.vault_refusal(why),
            _ => self.say(Word::RefusedOther),
        }
    }

    fn vault_refusal(self, why: &VaultRefusal) -> String {
        let number = |word, n: u32| self.say_with(word, &[("n", &n.to_string())]);
        match why {
            VaultRefusal::Count { found } => number(Word::RefusedWordsCount, *found),
            VaultRefusal::Unknown { number: word } => number(Word::RefusedWordsUnknown, *word),
            VaultRefusal::Mistyped => self.say(Word::RefusedWordsMistyped),
            VaultRefusal::NotTheWords => self.say(Word::RefusedNotTheWords),
            VaultRefusal::NotAFile => self.say(Word::RefusedNotAFile),
            VaultRefusal::NotKept => self.say(Word::RefusedNoWords),
            VaultRefusal::NothingThere { .. } => self.say(Word::RefusedNothingKept),
            VaultRefusal::Damaged => self.say(Word::RefusedVaultDamaged),
            VaultRefusal::TooNew => self.say(Word::RefusedVaultTooNew),
            VaultRefusal::OtherHistory => self.say(Word::RefusedOtherHistory),
            VaultRefusal::Replaced => self.say(Word::RefusedReplaced),
        }
    }
}

/// How long a phrase becomes, as translations do.
const LONGER_PERCENT: usize = 140;

/// Each vowel twice and with an accent; what stands in braces stays as it is.
fn expanded(phrase: &str) -> String {
    let mut out = String::from("[");
    let mut inside = false;
    for letter in phrase.chars() {
        inside = (inside || letter == '{') && letter != '}';
        let accented = match letter {
            'a' => "áá",
            'e' => "éé",
            'i' => "íí",
            'o' => "óó",
            'u' => "úú",
            'A' => "ÁÁ",
            'E' => "ÉÉ",
            'O' => "ÓÓ",
            _ => "",
        };
        if inside || accented.is_empty() { out.push(letter) } else { out.push_str(accented) }
    }
    // Phrases with few vowels grow as much as the others.
    let short = (phrase.chars().count() * LONGER_PERCENT).div_ceil(100).saturating_sub(out.chars().count() + 1);
    out.extend(std::iter::repeat_n('~', short));
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_said_in_every_language_with_its_gaps_filled() {
        for word in Word::ALL {
            for locale in [Locale::English, Locale::Expanded, Locale::Mirrored] {
                let gaps = ["n", "m", "name", "label", "emoji", "time", "percent", "messages", "size", "text", "held", "username", "other"]
                    .map(|name| (name, "7"));
                let said = locale.say_with(*word, &gaps);
                assert!(!said.trim().is_empty() && !said.contains('{') && !said.contains('}'), "{word:?}: {said}");
            }
        }
    }

    #[test]
    fn every_phrase_of_the_long_language_is_two_fifths_longer_and_leaves_gaps_alone() {
        for word in Word::ALL {
            let (short, long) = (word.english(), Locale::Expanded.say(*word));
            assert!(long.chars().count() * 100 >= short.chars().count() * LONGER_PERCENT, "{long}");
        }
        let said = Locale::Expanded.say(Word::InvitationFrom);
        assert!(said.contains("{name}") && said.contains("{n}"), "{said}");
    }

    #[test]
    fn every_language_says_by_its_tag_which_it_is() {
        for locale in [Locale::English, Locale::Expanded, Locale::Mirrored] {
            assert_eq!(Locale::named(locale.tag()), locale);
        }
    }

    #[test]
    fn languages_are_known_by_name_and_have_a_direction() {
        for (name, locale, direction) in
            [("en-XA", Locale::Expanded, "ltr"), ("ar-XB", Locale::Mirrored, "rtl"), ("", Locale::English, "ltr")]
        {
            assert_eq!((Locale::named(name), locale.direction()), (locale, direction));
        }
    }

    #[test]
    fn refusals_are_said_in_plain_words_without_a_command() {
        let name = || "bob".to_owned();
        for refusal in
            [Refusal::LinkShape, Refusal::UsernameTaken { username: name() }, Refusal::CannotClean { name: name() }, Refusal::NotSentYet]
        {
            let said = Locale::English.refusal(&refusal);
            assert!(said.ends_with('.') && !said.contains("treehouse ") && !said.contains("--"), "{said}");
        }
    }
}
