//! The words with which a person is asked to keep something first, says that a picture is private, and turns to somebody whom they trust: said as
//! `words.rs` is.

use crate::words::words;

words! { CareWord:
    // before something goes
    WhyBlocked: "You blocked someone here.",
    WhyReported: "You reported something here.",
    WhyNoticed: "Something stood out here.",
    FirstText: "What you keep stays, with its proof. Only you see it. What goes is gone.",
    FirstCount: "Messages to keep: {n}",
    KeepAndGo: "Keep, then go on",
    GoOn: "Go on without keeping",
    BlockFirst: "Keep what was said first? Messages: {n}. Blocking deletes nothing.",
    KeepThenBlock: "Keep, then block",
    // kept messages in a report
    FromKept: "From what you keep",
    FromKeptText: "Messages you keep from this chat can go with it, also those that are gone.",
    FromKeptNone: "You keep nothing from this chat.",
    // a private picture
    PrivateLine: "This is a private picture",
    PrivateText: "From now on this device does not show, save or pass on the picture. That stays so. You can still keep and report it. You will not have to send it to anyone.",
    PrivateMine: "This is me",
    PrivateChild: "This is a child",
    PrivateHere: "A private picture. It is not shown here.",
    PrivateSize: "Size",
    PrivateHash: "SHA-256",
    GetFile: "Get the file for {text}",
    GetFileText: "The picture is saved once on this device, as it was sent. It is not shown, and nobody else gets it.",
    GiveRemove: "You give it to {text} yourself. Trained people look at it there, and pass on a code for it.",
    GiveDown: "You give it to {text} yourself. It makes a code for it, and the picture stays on your device.",
    HelpsStop: "It helps stop it on many apps and sites. It cannot take it out of private chats.",
    SaveFile: "Save the file",
    FileSaved: "Saved once. Look for it where your browser saves files.",
    // somebody to turn to
    TrustedTitle: "A trusted adult",
    TrustedText: "Only you see this. You can share a report with them. In Help, one tap tells them that you need to talk.",
    TrustedNobody: "Nobody",
    TrustedOption: "{name}, whom you trust",
    NeedTalk: "I need to talk",
    NeedTalkText: "One tap tells {name}: “I need to talk.” Nothing from your chats goes with it.",
    NeedTalkNone: "Choose a trusted adult in the settings. Then one tap here tells them.",
    NeedTalkDone: "{name} is told.",
    // what whoever is turned to reads first
    CareTitle: "First",
    CareThank: "Thank them.",
    CareBlame: "Don’t blame.",
    CareSecret: "Don’t promise to keep it secret.",
    CarePictures: "Don’t ask for or look at pictures.",
    CareSafe: "Ask if they are safe now.",
    CareMessage: "Show the message",
    CareReport: "Read the report",
    ReadTitle: "A report for you",
    ReadSave: "Save the sealed file",
    // refusals
    RefusedTooShort: "With someone you know only online, messages stay at least {n} days.",
    RefusedPrivate: "This is a private picture. This device does not show it or pass it on.",
    RefusedNoPicture: "There is no picture in this message.",
    RefusedTaken: "The file was saved once already. Look where you saved it.",
    RefusedNobody: "Choose a trusted adult in the settings first.",
    RefusedNotForYou: "This report does not open for you.",
}
