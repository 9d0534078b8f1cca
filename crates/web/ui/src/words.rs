//! Every word of the page, as data: a key that the compiler knows, and what it says in each language.
//!
//! `{name}` in a phrase is replaced by what is given under that name. Two pseudo-languages show what a real one would break: one two fifths longer
//! with accents, one written from right to left.

use view::page::Broken;
use view::{Refusal, VaultRefusal};

macro_rules! words {
    ($($key:ident: $english:literal,)*) => {
        /// One phrase.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word { $($key,)* }

        impl Word {
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$key,)*];

            fn english(self) -> &'static str {
                match self { $(Self::$key => $english,)* }
            }
        }
    };
}

words! {
    Treehouse: "Treehouse",
    Opening: "Opening your messages…",
    // sign-up
    WelcomeTitle: "Private chats for you and the people you know",
    WelcomeText: "What you write is scrambled on your device and unscrambled only on theirs. Not even this server can read it.",
    YourName: "Your name",
    YourNameHint: "Your friends see it. The server does not.",
    Username: "Username",
    UsernameHint: "Letters and digits. Nobody can find you by it: you decide who gets your link.",
    SignUp: "Create account",
    SigningUp: "Creating your account…",
    Invited: "You were invited to this server.",
    // coming back
    HaveAccount: "I already have an account",
    RestoreTitle: "Bring your account back",
    RestoreText: "Type your 12 words, or choose the file that holds them.",
    RestoreWordsHint: "In their order, with spaces between them or each on its own line.",
    Restore: "Bring it back",
    Restoring: "Looking for your account…",
    RestoreFile: "Choose the file",
    RestoreOldDevice: "Your old device is signed out then. It keeps what it holds.",
    RestoreElsewhere: "This file is for {name}. Open that address and choose the file there.",
    Restored: "Welcome back, {name}. Your chats follow as your friends come online.",
    // shared computer
    SharedComputer: "This is a shared computer: keep nothing",
    SharedHint: "All goes when this tab is closed or loaded again. Only your 12 words bring the account back.",
    SharedOn: "This is a shared computer: nothing is kept here. All goes when the first tab is closed or loaded again.",
    SharedEnded: "The tab that held everything was closed. Nothing of it is left on this computer.",
    // first run
    CardEncryptedTitle: "What “encrypted” means here",
    CardEncryptedIs: "Only you and the people in a chat can read it. Not this server, not your school, not the people who made Treehouse.",
    CardEncryptedIsNot: "It does not check who someone is, and it cannot stop them from keeping or showing what you send.",
    CardEncryptedSo: "So nobody is watching over a chat. If something feels wrong, keep the messages and tell someone you trust.",
    Understood: "OK, got it",
    BirthTitle: "When were you born?",
    BirthText: "It stays on this device and sets careful defaults. Nobody else is told.",
    Month: "Month",
    Year: "Year",
    Save: "Save",
    SkipBirth: "Rather not say",
    // list
    Chats: "Chats",
    SearchEverything: "Search names and messages",
    NoChatsTitle: "No chats yet",
    NoChatsText: "Give your link to a friend, or open the one they gave you.",
    AddFriend: "Add a friend",
    NewGroup: "New group",
    Settings: "Settings",
    ArchivedCount: "Archived ({n})",
    Requests: "Contact requests",
    RequestFrom: "Someone used your link “{label}”",
    RequestOut: "Waiting for the owner of a link",
    CompareEmoji: "On the phone or in person, do you both see {emoji}?",
    Accept: "Accept",
    Decline: "Decline",
    InvitationFrom: "{name} invites you to a group of {n}",
    InvitationKnown: "You know {n} of them.",
    Join: "Join",
    Draft: "Draft:",
    You: "You",
    Photo: "Photo",
    Video: "Video",
    VoiceNote: "Voice message",
    File: "File",
    Poll: "Poll",
    ContactCard: "Contact",
    Sticker: "Sticker",
    DeletedMessage: "This message was deleted",
    UnreadCount: "{n} unread",
    MarkedUnread: "Marked as unread",
    Mentioned: "You were mentioned",
    Pinned: "Pinned",
    Muted: "Muted",
    Yesterday: "Yesterday",
    Today: "Today",
    // chat menu
    Menu: "More",
    Back: "Back",
    Close: "Close",
    Cancel: "Cancel",
    PinChat: "Pin to the top",
    UnpinChat: "Unpin",
    Archive: "Archive",
    Unarchive: "Move back to chats",
    MarkUnread: "Mark as unread",
    Mute: "Mute",
    Unmute: "Unmute",
    MuteHour: "For an hour",
    MuteDay: "Until tomorrow",
    MuteWeek: "For a week",
    MuteAlways: "Until I turn it back on",
    Block: "Block",
    Unblock: "Unblock",
    BlockSure: "Block {name}? You will not see what they send, and they are not told.",
    LeaveGroup: "Leave group",
    LeaveSure: "Leave {name}? What was said stays on this device. Someone in it must invite you to come back.",
    DeleteChat: "Delete chat from this device",
    DeleteChatSure: "Delete all messages of this chat from this device? The others keep theirs.",
    More: "Show more",
    MediaAndFiles: "Photos and files",
    ShelfMedia: "Photos and videos",
    ShelfFiles: "Files",
    ShelfVoice: "Voice messages",
    ShelfLinks: "Links",
    ShowInChat: "Show in chat",
    ChatTakes: "{messages} messages, {size} of files, {held} of it on this device",
    MetMyLink: "They used your link “{label}” on {time}.",
    MetTheirLink: "You used their link on {time}.",
    MetGroup: "You met in a group.",
    NameIsTheirs: "They chose the name “{name}” themselves. Only @{username} is theirs for certain.",
    ChatMenu: "{name}: more",
    MutedUntil: "Muted until {time}",
    JumpToDate: "Jump to a date",
    Disappearing: "Disappearing messages",
    DisappearingOff: "Off: messages stay",
    Hour: "1 hour",
    Day: "1 day",
    Week: "1 week",
    FourWeeks: "4 weeks",
    WhoCanSee: "Who can see this?",
    WhoTwo: "You and {name}. Nobody else: not this server, not the people who run it.",
    WhoGroup: "The {n} people in this group. Nobody else: not this server, not the people who run it.",
    WhoDevice: "Anyone who can unlock your device, or theirs.",
    WhoKeeps: "Each of them can keep a copy, photograph the screen, or show it to someone.",
    WhoServer: "The server knows that your account exists and when you are online. It keeps no list of who talks to whom.",
    WhoEncrypted: "Every message in this chat was encrypted on the sender’s device and checked on yours.",
    // conversation
    WriteMessage: "Write a message",
    Send: "Send",
    SaveEdit: "Save",
    Attach: "Attach",
    TakePhoto: "Take a photo",
    PhotoOrVideo: "Photo or video",
    SendAsFile: "File, exactly as it is",
    SendAsFileHint: "Keeps every byte, with place and camera details",
    MakePoll: "Poll",
    ShareContact: "My contact card",
    Emoji: "Emoji",
    RecordVoice: "Record a voice message",
    SendRecording: "Send voice message",
    DiscardRecording: "Discard",
    Recording: "Recording {time}",
    NoMicrophone: "The microphone cannot be used. Allow it for this page, then try again.",
    Caption: "Add a caption",
    AltText: "Describe it for people who cannot see it",
    AltHint: "What is on it?",
    RemoveFile: "Remove {name}",
    FilesMost: "One message takes at most {n} files.",
    AsFile: "Send as file",
    DropHere: "Drop files here to send them",
    SearchEmoji: "Search emoji",
    MoreEmoji: "More emoji",
    EmojiSmileys: "Smileys",
    EmojiPeople: "People",
    EmojiNature: "Animals and nature",
    EmojiFood: "Food and drink",
    EmojiPlaces: "Travel and places",
    EmojiActivities: "Activities",
    EmojiObjects: "Objects",
    EmojiSymbols: "Symbols",
    EmojiFlags: "Flags",
    MentionWho: "Mention someone",
    ReplyingTo: "Replying to {name}",
    Editing: "Editing your message",
    Queued: "Waiting for a connection",
    Uploading: "Sending {percent} %",
    Sent: "Sent",
    ReadBy: "Read by {n} of {m}",
    Read: "Read",
    Failed: "Not sent",
    Retry: "Try again",
    Discard: "Remove",
    Edited: "edited",
    Forwarded: "Forwarded",
    Reply: "Reply",
    React: "React",
    Edit: "Edit",
    Copy: "Copy text",
    Copied: "Copied",
    Forward: "Forward",
    ForwardTo: "Forward to…",
    ForwardDone: "Forwarded",
    ForwardMost: "Five chats at a time: what spreads fast is seldom checked.",
    SearchNames: "Search names",
    ShareTo: "Send to…",
    NothingShared: "There is nothing to send. Share it again from the other app.",
    Select: "Select messages",
    SelectOne: "Select: {text}",
    SelectedCount: "{n} selected",
    SearchChat: "Search in this chat",
    FoundAt: "{n} of {m}",
    FoundOlder: "Earlier",
    FoundNewer: "Later",
    NewBelow: "New messages",
    CancelUpload: "Stop sending",
    PinMessage: "Pin in chat",
    UnpinMessage: "Unpin",
    Info: "Message info",
    Delete: "Delete",
    DeleteQuestion: "Delete?",
    DeleteHereHint: "It goes from this device. The others keep theirs.",
    DeleteForAll: "Delete for everyone",
    DeleteForMe: "Delete on this device",
    DeleteHint: "Others may have seen or kept it already.",
    JumpToNewest: "Newest messages",
    Earlier: "Loading earlier messages…",
    Beginning: "This is the beginning of your chat. Only the people in it can read it.",
    ChatEnded: "You are no longer part of this chat.",
    ChatWaiting: "{name} has not answered yet. What you write now waits.",
    ChatBroken: "This chat is being repaired. What you write waits until then.",
    ChatReturning: "Your account is back. What you write waits until someone in this chat is online.",
    YouBlocked: "You blocked {name}.",
    Download: "Download",
    NotSaved: "This file cannot be fetched now. Try again when you are online.",
    OpenPicture: "Open picture",
    Votes: "Votes: {n}",
    NothingYet: "Nothing yet.",
    ClosePoll: "Close poll",
    PollClosed: "Poll closed",
    PollQuestion: "Question",
    PollOption: "Answer {n}",
    PollAddOption: "Add an answer",
    PollSeveral: "Allow more than one answer",
    SentAt: "Sent",
    ReceivedByServer: "Stamped by the server",
    ReadByList: "Read by",
    VanishesAt: "Disappears",
    NobodyYet: "Nobody yet",
    Provable: "Its sender was proved before it was shown.",
    // friends
    FriendsTitle: "Add a friend",
    YourLink: "Your link",
    YourLinkText: "Whoever has it can ask to be your contact, once, within 7 days. Give it only to people you know.",
    MakeLink: "Make a link",
    LinkFor: "Who is it for?",
    LinkForHint: "Only you see this. It tells you whose request it is.",
    CopyLink: "Copy link",
    ShareLink: "Share",
    ShowQr: "Show QR code",
    RevokeLink: "Stop this link",
    OpenLink: "Open a friend’s link",
    PasteLink: "Paste the link here",
    ScanQr: "Scan a QR code",
    ScanPicture: "Choose a picture of a code",
    ScanHint: "Point the camera at the code.",
    NoCamera: "The camera cannot be used. Allow it for this page, or choose a picture of the code.",
    NoCode: "There is no code in this picture.",
    Ask: "Ask to be contacts",
    AskSent: "Asked. You can chat when they accept.",
    LinkUses: "{n} use left, until {time}",
    // groups
    GroupName: "Group name",
    GroupMembers: "Members",
    GroupMemberCount: "{n} members",
    ChooseMembers: "Who should be invited?",
    NoContacts: "You have no contacts yet. Add a friend first.",
    CreateGroup: "Create group",
    GroupInvites: "Everyone is asked first: nobody is put into a group without a yes.",
    Admin: "Admin",
    NotYetHere: "Invited, not here yet",
    MakeAdmin: "Make admin",
    TakeAdmin: "Remove as admin",
    MemberMenu: "{name}: more",
    WriteTo: "Write to {name}",
    RemoveMember: "Remove from group",
    RemoveSure: "Remove {name} from the group?",
    AddMembers: "Invite more",
    Description: "What is this group about?",
    // keeping the account safe
    SafeTitle: "Keep this account safe",
    SafeCard: "If this device is lost or emptied, 12 words on paper bring your account back.",
    SafeUnchecked: "You have 12 words. Check that you wrote them down.",
    SafeBegin: "Keep it safe",
    SafeCheckButton: "Check my words",
    SafeLater: "Later",
    SafeTwelve: "Your 12 words",
    SafeComesBack: "What comes back: your name, your contacts and your groups.",
    SafeStaysAway: "What does not come with them yet: old messages. They stay on the devices that have them.",
    SafeWhoHas: "Whoever has the words has your account. Show them to nobody.",
    SafeShow: "Show my 12 words",
    SafeFile: "Save as a file",
    SafeFileHint: "The file holds the same words. Print it, or keep it where nobody else looks.",
    SafeFileSaved: "Saved. Keep the file where nobody else looks.",
    SafeWrite: "Write them on paper, in this order.",
    SafeWritten: "I wrote them down",
    SafeCheckTitle: "Check your paper",
    SafeCheckText: "Type these three words as they stand on it.",
    SafeWordNumber: "Word {n}",
    SafeCheck: "Check",
    SafeAgain: "See the words again",
    SafeDoneTitle: "Your account is safe",
    SafeDone: "Keep the paper. With it you come back on any device.",
    SafeWaiting: "The server does not have your account yet. Until it has, the words open nothing.",
    SafeStored: "Kept on the server, last on {time}.",
    SafeLeftOut: "There was no room for {n} people you know from groups or met last.",
    ChatComingBack: "Coming back…",
    FullLine: "This device has no room left. Nothing is lost: new messages wait until there is room.",
    // logging out
    LogOut: "Log out",
    LogOutText: "Deletes everything that Treehouse keeps in this browser.",
    LogOutLost: "All messages and files in this browser will be deleted. Your friends keep theirs.",
    LogOutNoWords: "You have no 12 words. Without them this account is gone for good.",
    LogOutUnsaved: "Your last changes are not on the server yet. Wait a moment before you go.",
    LogOutWords: "Your 12 words bring back your name, contacts and groups. Be sure that you have them.",
    LogOutWordsFirst: "Get my 12 words first",
    LogOutNow: "Delete all and log out",
    LoggingOut: "Deleting everything…",
    LoggedOut: "You are logged out. Everything that Treehouse kept in this browser was deleted.",
    // settings
    Profile: "Your name",
    Receipts: "Let others see when I have read",
    Typing: "Show when I am writing, and when others are",
    IsWriting: "{name} is writing…",
    AreWriting: "{name} and {other} are writing…",
    SeveralWriting: "{n} people are writing…",
    Notifications: "Notifications",
    NotifyText: "While Treehouse is closed, this device can show that something is waiting for you: no name, no words. For that, this server and your browser's maker learn when to wake this device.",
    NotifyAllow: "Allow notifications",
    NotifyStop: "Turn notifications off",
    NotifyIsOn: "Notifications are on for this device.",
    NotifyRefused: "Your browser was told not to show notifications of this page. To change that, open the sign beside the address, allow notifications, and load the page again.",
    NotifyNotHere: "This browser cannot show notifications of a closed page here. A private window never can; on an iPhone or iPad, add Treehouse to the home screen first.",
    NotifyNoServer: "There is no connection, or this server sends no notifications.",
    NotifyFailed: "Your browser does not reach its notification service just now. Try again later.",
    SomethingWaits: "Something is waiting for you.",
    Appearance: "Appearance",
    ThemeSystem: "As on this device",
    ThemeLight: "Light",
    ThemeDark: "Dark",
    TextSize: "Text size",
    Blocked: "Blocked people",
    NobodyBlocked: "Nobody is blocked.",
    Storage: "Storage",
    StorageText: "{messages} messages, {size} of files",
    PersistRefused: "This browser may delete your messages when space runs low. Install Treehouse, and keep your 12 words.",
    PersistInstall: "This browser may delete your messages when space runs low. Install Treehouse to prevent that.",
    PassphraseLock: "Passphrase",
    PassphraseText: "Asked for each time Treehouse opens on this device. Nobody can bring it back if you forget it.",
    PassphraseSet: "Set a passphrase",
    PassphraseRemove: "Remove the passphrase",
    Passphrase: "Passphrase",
    PassphraseAgain: "Once more",
    PassphraseDiffers: "The two are not the same.",
    Locked: "Treehouse is locked",
    Unlock: "Unlock",
    Offline: "No connection. You can go on reading and writing: it is sent later.",
    Connecting: "Connecting…",
    UpdateReady: "A new version is ready.",
    Reload: "Reload",
    NothingFound: "Nothing found.",
    FoundChats: "Chats",
    FoundContacts: "Contacts",
    FoundMessages: "Messages",
    // viewer
    ZoomIn: "Zoom in",
    ZoomOut: "Zoom out",
    Play: "Play",
    Pause: "Pause",
    // refusals
    RefusedUsernameShape: "A username has 3 to 32 letters, digits, dots, dashes or underscores and begins with a letter.",
    RefusedUsernameTaken: "{name} is taken here. Choose another.",
    RefusedInvite: "This server takes invited people only. Open the invitation link you were given.",
    RefusedInviteSpent: "This invitation was used or has expired. Ask for a new one.",
    RefusedLinkShape: "This is not a Treehouse link. Copy the whole link.",
    RefusedLinkElsewhere: "This link belongs to another server. Contacts are on one server for now.",
    RefusedLinkYours: "This is your own link. Send it to a friend.",
    RefusedLinkSpent: "This link was used up or has expired. Ask for a new one.",
    RefusedAlreadyContact: "{name} is your contact already.",
    RefusedNotAdmin: "Only an admin of the group can do this.",
    RefusedLastAdmin: "You are the last admin. Make someone else admin first.",
    RefusedEnded: "You are no longer part of this chat.",
    RefusedBlocked: "You blocked {name}. Unblock them first.",
    RefusedGroupFull: "A group has at most {n} members.",
    RefusedNameTaken: "You have a chat with this name already. Choose another.",
    RefusedTooLong: "This is too long for one message. Send it as a file.",
    RefusedFile: "{name} cannot be read. Choose it again.",
    RefusedClean: "The hidden details of {name} (place, camera) cannot be removed. Send it as a file to keep every byte.",
    RefusedFileTooLarge: "{name} is too large: at most {n} GiB.",
    RefusedDiskFull: "This device has no room left. Make room and try again: nothing is lost.",
    RefusedDamaged: "What is stored in this browser is damaged.",
    RefusedNeedsConnection: "This needs a connection. Try again when you are online.",
    RefusedServer: "The server could not do this now. Try again later.",
    RefusedPassphrase: "This passphrase is not the right one.",
    RefusedWordsCount: "These are {n} words. There must be 12: look at your paper and write all of them.",
    RefusedWordsUnknown: "Word {n} is not spelled like any of the words we use. Look how it is written.",
    RefusedWordsMistyped: "One word is wrong, or two changed places. Compare each with your paper.",
    RefusedNotTheWords: "These are not your words. Compare them with your paper.",
    RefusedNotAFile: "This is not the file with your 12 words. Choose the one you saved, or type the words.",
    RefusedNoWords: "This account has no 12 words yet.",
    RefusedNothingKept: "This server keeps nothing for these words. Is your account on another one?",
    RefusedVaultDamaged: "What the server kept for you was changed, so nothing was taken from it. Ask the person who runs it.",
    RefusedVaultTooNew: "Your account was kept by a newer Treehouse. Load this page anew and try again.",
    RefusedOtherHistory: "The server shows your account otherwise than it was kept. Nothing was changed. Ask the person who runs it.",
    RefusedReplaced: "Your account is on another device now. You can still read here, but nothing new is sent or fetched.",
    RefusedOther: "That did not work. Try again.",
    // what this browser cannot do
    BrokenElsewhere: "Treehouse is open in another window of this browser. Use that one, or close it and load this page again.",
    BrokenUnsupported: "This browser cannot keep messages safely. Use a newer one, outside of a private window, over HTTPS.",
    BrokenKeyLost: "The key to the messages in this browser is gone, and without it nobody can open them.",
    BrokenTooNew: "The messages in this browser were written by a newer Treehouse. Load the page again.",
    BrokenFull: "There is no room left on this device. Make room and load the page again: nothing is lost.",
    BrokenDamaged: "The messages in this browser are damaged and cannot be opened.",
    BrokenOther: "Treehouse could not start in this browser. Load the page again.",
    BrokenTooOld: "This browser is too old for Treehouse: use a newer one.",
    LacksFiles: "This browser cannot show photos, films and voice messages here. Everything else works.",
    // for those who hear the page
    ArrivedFrom: "{name}: {text}",
    ArrivedMany: "{n} new messages",
    FoundCount: "{n} found",
    PhotoOf: "Photo {n} of {m}",
    NextPhoto: "Next photo",
    PreviousPhoto: "Previous photo",
    Messages: "Messages",
}

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
