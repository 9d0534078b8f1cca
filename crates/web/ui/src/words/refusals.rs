//! Why something did not happen, for a person: every refusal in the words of the page.

use crate::words::Word;
use crate::words::care::CareWord;
use crate::words::locale::Locale;
use crate::words::team::TeamWord;
use view::page::Broken;
use view::{Refusal, ReportRefusal, VaultRefusal};

impl Locale {
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
            NotAsSaid { name } => one(Word::RefusedNotAsSaid, name),
            FileTooLarge { name, limit } => self.say_with(Word::RefusedFileTooLarge, &[("name", name), ("n", &(limit >> 30).to_string())]),
            DiskFull => self.say(Word::RefusedDiskFull),
            DiskReadOnly | DataDamaged => self.say(Word::RefusedDamaged),
            NotReady { .. } => self.say(Word::RefusedNeedsConnection),
            ServerRefused { why: view::Why::Restricted } => self.say(TeamWord::RefusedRestricted),
            ServerRefused { why: view::Why::AccountClosed } => self.say(TeamWord::RefusedAccountClosed),
            ServerRefused { .. } | WrongServer { .. } => self.say(Word::RefusedServer),
            WrongPassphrase => self.say(Word::RefusedPassphrase),
            Vault(why) => self.vault_refusal(why),
            Report(why) => self.report_refusal(why),
            ExpiryTooShort { days } => self.say_with(CareWord::RefusedTooShort, &[("n", &days.to_string())]),
            PrivatePicture => self.say(CareWord::RefusedPrivate),
            NoPicture => self.say(CareWord::RefusedNoPicture),
            TakenBefore => self.say(CareWord::RefusedTaken),
            NobodyTrusted => self.say(CareWord::RefusedNobody),
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

    fn report_refusal(self, why: &ReportRefusal) -> String {
        match why {
            ReportRefusal::NoBox => self.say(Word::RefusedNoBox),
            ReportRefusal::BoxExists => self.say(Word::RefusedBoxExists),
            ReportRefusal::PassphraseShort { min } => self.say_with(Word::RefusedPassphraseShort, &[("n", &min.to_string())]),
            ReportRefusal::NotProvable { .. } => self.say(Word::RefusedNotProvable),
            ReportRefusal::NothingChosen => self.say(Word::RefusedNothingChosen),
            ReportRefusal::TooMuch => self.say(Word::RefusedTooMuch),
            ReportRefusal::NoDesk => self.say(Word::RefusedNoDesk),
            ReportRefusal::NoSuchKept { .. } => self.say(Word::RefusedNoSuchKept),
            ReportRefusal::Damaged => self.say(Word::RefusedKeptDamaged),
            ReportRefusal::NothingSaid => self.say(Word::RefusedNothingSaid),
            ReportRefusal::NoPictures => self.say(Word::RefusedNoPictures),
            ReportRefusal::BadCode => self.say(TeamWord::RefusedCode),
            ReportRefusal::PoliceFirst => self.say(TeamWord::DeskHeld),
            ReportRefusal::NotInReport => self.say(TeamWord::RefusedNotInReport),
            ReportRefusal::OfTheTeam => self.say(TeamWord::RefusedOfTheTeam),
            ReportRefusal::NoReturn => self.say(TeamWord::DeskNoReturn),
            ReportRefusal::DeskCode => self.say(Word::RefusedDeskCode),
            ReportRefusal::NotInDesk => self.say(Word::RefusedNotInDesk),
            ReportRefusal::NotForYou => self.say(CareWord::RefusedNotForYou),
            ReportRefusal::AboutTheTeam => self.say(Word::RefusedAboutTeam),
            ReportRefusal::NoEnd => self.say(TeamWord::RefusedNoEnd),
            ReportRefusal::ScreenshotsFull { limit } => self.say_with(CareWord::RefusedScreenshots, &[("n", &limit.to_string())]),
            ReportRefusal::NoSuchReport { number } => self.say_with(Word::RefusedNoSuchReport, &[("name", number)]),
        }
    }
}
