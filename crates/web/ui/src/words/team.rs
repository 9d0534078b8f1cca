//! Words of telling the safety team something, and of that team's own screens: part of the list in `words.rs`.

/// Puts them behind a list.
macro_rules! with_team {
    ($words:ident! { $($before:tt)* }) => {
        $words! {
            $($before)*
            // telling without an account
            TellTitle: "Tell the safety team",
            TellLink: "Tell us something without an account",
            TellText: "For parents, teachers and friends. You need no account, and you need not give your name.",
            TellProof: "It is read as your own words. Nothing in it can be proved.",
            TellMayTell: "They may need to tell someone else to keep a person safe. This is not watched all the time.",
            TellSealed: "It is scrambled on this device. The server cannot read it.",
            TellWords: "Say it in your own words",
            TellWordsHint: "Who did what, when, and in which app or chat? A name on this server helps.",
            TellPictures: "Pictures of a screen",
            TellNever: "Never send a private picture of someone under 18. Say in words what it shows.",
            TellPolice: "The safety team does not see pictures. Only the police can open them. So write down what they say, and keep the originals.",
            TellChoose: "Choose up to {n}",
            TellPicture: "Picture {n}",
            TellReach: "How can they reach you? You need not say.",
            TellReachHint: "A name and a phone number, or an email address.",
            TellNoTeam: "This server has no safety team, so nothing can be sent from here.",
            TellHelp: "Help shows who else you can turn to.",
            TellGone: "Nothing of it is kept on this device. Write the number down.",
            // the safety team's screens
            DeskTitle: "Reports",
            DeskInSettings: "For members of the safety team",
            DeskOutside: "The person who runs this server makes you a member. Give them your account key, and paste the line that they give you.",
            DeskAccount: "Your account key",
            DeskLine: "Your line",
            DeskJoin: "Join the team",
            DeskFew: "Only {n} of {m} members read this so far. If that device is lost, so are the reports. Ask the others to open this page.",
            DeskEmpty: "No reports",
            DeskEmptyText: "What people tell the safety team is shown here.",
            DeskAgain: "Look again",
            DeskUnopened: "Not opened yet",
            DeskOpen: "Open",
            DeskPolice: "Police told first",
            DeskClosed: "Closed",
            DeskRefused: "Refused",
            DeskHolds: "Every check holds. Messages: {n}, not opened: {m}",
            DeskFails: "Something in it does not hold",
            DeskUnprovable: "Nothing in it can be proved: written without an account",
            DeskNoPictures: "Pictures are never shown here.",
            DeskTeam: "What the team did",
            DeskLooked: "opened it",
            DeskNoted: "noted",
            DeskHeld: "The police were told first. Do nothing that the reported person could see until it is open again.",
            DeskNote: "A note for the team",
            DeskNoteHint: "It cannot be taken back.",
            DeskAddNote: "Add the note",
            DeskSetOpen: "Open again",
            DeskSetPolice: "The police were told first",
            DeskSetClosed: "Close the report",
            DeskSetRefused: "Refuse it",
            DeskClose: "Close an account",
            DeskCloseText: "The person who runs this server can do it with this line. The owner of the account sees it.",
            DeskSave: "Save the sealed file",
        }
    };
}

pub(super) use with_team;
