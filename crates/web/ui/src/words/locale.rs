//! The languages of the page: how a word is said in each, with its gaps filled.

use crate::words::Phrase;

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

    pub fn say(self, word: impl Phrase) -> String {
        self.say_with(word, &[])
    }

    /// A text that is data of its own, such as a guide's.
    pub fn read(self, english: &str) -> String {
        self.turned(english)
    }

    fn turned(self, english: &str) -> String {
        match self {
            Self::English => english.to_owned(),
            Self::Expanded => expanded(english),
            Self::Mirrored => format!("\u{202e}{english}\u{202c}"),
        }
    }

    /// A phrase with its gaps filled.
    pub fn say_with(self, word: impl Phrase, gaps: &[(&str, &str)]) -> String {
        let mut said = self.turned(word.english());
        for (name, value) in gaps {
            // What is filled in may be a name of either direction: isolated, it does not turn the phrase around. Nor does one that was made to.
            let value: String = value.chars().filter(|letter| !turns(*letter)).collect();
            let value = match self {
                Self::Mirrored => format!("\u{202c}\u{2068}{value}\u{2069}\u{202e}"),
                _ if value.chars().any(is_right_to_left) => format!("\u{2068}{value}\u{2069}"),
                _ => value,
            };
            said = said.replace(&format!("{{{name}}}"), &value);
        }
        said
    }
}

/// Marks, overrides and isolates of direction, and ends of those (Unicode Standard Annex 9).
fn turns(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Hebrew, Arabic and what is written like them.
fn is_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
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
    use crate::words::Word;
    use crate::words::care::CareWord;
    use crate::words::cautions::Caution;
    use crate::words::happened::Line;
    use crate::words::team::TeamWord;
    use safety::readability::{GRADE, LONGEST};
    use view::Refusal;

    #[test]
    fn no_name_turns_a_sentence_around() {
        let said = |name: &str| Locale::English.say_with(Word::ReplyingTo, &[("name", name)]);
        assert_eq!(said("\u{202e}yrollaM\u{2069}\u{200f}"), said("yrollaM"));
        // One that is written from the right stands by itself.
        assert!(said("\u{5d0}\u{5d1}").contains("\u{2068}\u{5d0}\u{5d1}\u{2069}"));
    }

    #[test]
    fn every_phrase_is_said_in_every_language_with_its_gaps_filled() {
        for word in Word::ALL {
            is_said(*word);
        }
        for caution in Caution::ALL {
            is_said(*caution);
        }
        for word in TeamWord::ALL {
            is_said(*word);
        }
        for word in CareWord::ALL {
            is_said(*word);
        }
        for line in Line::ALL {
            is_said(*line);
        }
    }

    fn is_said(word: impl Phrase + std::fmt::Debug) {
        for locale in [Locale::English, Locale::Expanded, Locale::Mirrored] {
            let gaps = [
                "n", "m", "name", "label", "emoji", "time", "percent", "messages", "size", "text", "held", "username", "other", "number",
                "word", "c", "r", "t", "a", "b", "at", "length",
            ]
            .map(|name| (name, "7"));
            let said = locale.say_with(word, &gaps);
            assert!(!said.trim().is_empty() && !said.contains('{') && !said.contains('}'), "{word:?}: {said}");
        }
    }

    /// The words of each card that people are shown, a line each: on the good, on the risk, and the rest.
    fn cards() -> Vec<(&'static str, Vec<Word>, Vec<Word>, Vec<Word>)> {
        use Word::*;
        vec![
            ("first run", vec![CardEncryptedIs], vec![CardEncryptedIsNot], vec![CardEncryptedTitle, CardEncryptedSo]),
            (
                "threatened",
                vec![],
                vec![],
                vec![ThreatTitle, ThreatNotYou, ThreatTalk, ThreatThen, ThreatStop, ThreatPay, ThreatKeep, ThreatBlock],
            ),
            (
                "help",
                vec![],
                vec![],
                vec![QuickExitHint, HelpDangerText, HelpTalkText, HelpCallLog, HelpReportText, HelpImageText, HelpRegionHint],
            ),
            ("pictures of a screen", vec![ShotsGood], vec![ShotsNever], vec![ShotsTitle, ShotsHere]),
            ("known online", vec![], vec![], vec![KnowTitle, KnowText, KnowCareful]),
            ("settings", vec![], vec![], vec![OurReceipts, OurBlock, OurWho, OurHelp, OurLinks]),
        ]
    }

    #[test]
    fn every_card_of_words_is_easy_to_read_and_says_as_much_of_the_good_as_of_the_risk() {
        for (name, good, risk, rest) in cards() {
            assert_eq!(good.len(), risk.len(), "{name}");
            let said: Vec<String> =
                [good, risk, rest].concat().into_iter().map(|word| Locale::English.say_with(word, &[("name", "Sam")])).collect();
            let reading = safety::readability::read(&said.join("\n"));
            assert!(reading.longest <= LONGEST, "{name}: a sentence of {} words", reading.longest);
            assert!(reading.words < 50 || reading.grade() <= GRADE, "{name}: grade {:.1}", reading.grade());
        }
    }

    /// Everything of one kind that is read in one go, by the beginning of its names.
    fn read_together<P: Phrase + Copy + std::fmt::Debug>(all: &[P], begins: &str) {
        let gaps = [("name", "Sam"), ("n", "2"), ("m", "3"), ("text", "hi"), ("number", "7"), ("word", "x"), ("other", "Kim")];
        let of: Vec<_> = all.iter().filter(|word| format!("{word:?}").starts_with(begins)).collect();
        assert!(!of.is_empty(), "{begins}");
        let said: Vec<String> = of.iter().map(|word| Locale::English.say_with(**word, &gaps)).collect();
        let reading = safety::readability::read(&said.join("\n"));
        assert!(reading.longest <= LONGEST, "{begins}: a sentence of {} words", reading.longest);
        assert!(reading.words < 50 || reading.grade() <= GRADE, "{begins}: grade {:.1}", reading.grade());
    }

    #[test]
    fn words_of_reports_of_telling_and_of_what_stands_out_are_easy_to_read() {
        for begins in ["Report", "Beside", "Keep", "Kept"] {
            read_together(Word::ALL, begins);
        }
        for begins in ["Tell", "Own"] {
            read_together(TeamWord::ALL, begins);
        }
        for begins in ["Kid", "Adult", ""] {
            read_together(Caution::ALL, begins);
        }
    }

    /// The first word of a name: phrases that share it are mostly of one screen.
    fn kind(name: &str) -> &str {
        let next = name.char_indices().skip(1).find(|(_, letter)| letter.is_uppercase());
        next.map_or(name, |(at, _)| &name[..at])
    }

    fn kinds_read_together<P: Phrase + Copy + std::fmt::Debug>(all: &[P]) {
        let names: std::collections::BTreeSet<String> = all.iter().map(|word| kind(&format!("{word:?}")).to_owned()).collect();
        for name in names {
            read_together(all, &name);
        }
    }

    #[test]
    fn no_sentence_of_the_page_has_more_than_18_words_and_what_is_of_one_kind_is_easy_to_read() {
        kinds_read_together(Word::ALL);
        kinds_read_together(TeamWord::ALL);
        kinds_read_together(CareWord::ALL);
        kinds_read_together(Caution::ALL);
        kinds_read_together(Line::ALL);
    }

    #[test]
    fn no_phrase_promises_to_hide_who_one_is_and_words_of_the_trade_stay_with_the_team() {
        let of = |name: String, said: &str| (name, said.to_lowercase());
        let all = Word::ALL.iter().map(|word| of(format!("{word:?}"), word.english()));
        let all = all.chain(TeamWord::ALL.iter().map(|word| of(format!("{word:?}"), word.english())));
        let all = all.chain(Caution::ALL.iter().map(|word| of(format!("{word:?}"), word.english())));
        let all = all.chain(CareWord::ALL.iter().map(|word| of(format!("{word:?}"), word.english())));
        for (name, said) in all {
            assert!(!said.contains("anonym"), "{name}: {said}");
            let trade = ["exhibit", "compartment", "custody", "metadata"];
            assert!(name.starts_with("Desk") || !trade.iter().any(|word| said.contains(word)), "{name}: {said}");
        }
    }

    #[test]
    fn words_of_care_are_easy_to_read() {
        let said: Vec<String> =
            CareWord::ALL.iter().map(|word| Locale::English.say_with(*word, &[("name", "Sam"), ("text", "Take It Down")])).collect();
        let reading = safety::readability::read(&said.join("\n"));
        assert!(reading.longest <= LONGEST && reading.grade() <= GRADE, "{} words, grade {:.1}", reading.longest, reading.grade());
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
