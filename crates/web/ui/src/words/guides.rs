//! What people can read about being safe, as data: for children, for those who work with them, for families. Plain words; a test counts them.
//!
//! A card that speaks of what encryption, or an app, or a person is good for says as much of the risk: as many lines.

/// A page of help or of what to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guide {
    Help,
    Talk,
    Families,
    Apps,
    Signs,
    Moving,
}

pub struct Card {
    pub title: &'static str,
    /// A question that the child answers first.
    pub ask: Option<&'static str>,
    pub good: &'static [&'static str],
    pub risk: &'static [&'static str],
    pub so: &'static [&'static str],
}

/// An app, and who can read what is said in it. Read on `date` in `source`.
pub struct App {
    pub name: &'static str,
    pub private: Private,
    pub what: &'static str,
    pub date: &'static str,
    pub source: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Private {
    Always,
    Partly,
    Never,
}

impl Guide {
    pub const ALL: [Self; 6] = [Self::Help, Self::Talk, Self::Families, Self::Apps, Self::Signs, Self::Moving];

    /// Its address, which needs no account.
    pub fn path(self) -> &'static str {
        match self {
            Self::Help => "/help",
            Self::Talk => "/talk",
            Self::Families => "/families",
            Self::Apps => "/know/apps",
            Self::Signs => "/know/signs",
            Self::Moving => "/know/moving",
        }
    }

    pub fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guide| guide.path() == path.trim_end_matches('/'))
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Help => "Help",
            Self::Talk => "Three talks for people who work with children",
            Self::Families => "For families",
            Self::Apps => "Which apps are encrypted?",
            Self::Signs => "What grooming can look like",
            Self::Moving => "When someone wants to move you to a private app",
        }
    }

    pub fn cards(self) -> &'static [Card] {
        match self {
            Self::Help => &[],
            Self::Talk => TALK,
            Self::Families => FAMILIES,
            Self::Apps => APP_CARDS,
            Self::Signs => SIGNS,
            Self::Moving => MOVING,
        }
    }
}

const TALK: &[Card] = &[
    Card {
        title: "1. Who can see it? (10 minutes)",
        ask: Some("Ask first: “When you send a message, who do you think can read it?” Wait. There is no wrong answer."),
        good: &[
            "Encrypted means that only the people in the chat can read it.",
            "Thieves, firms and the school cannot look in. That keeps your own things yours.",
        ],
        risk: &[
            "No one can step in either. No one is there to notice for you.",
            "The other person can still keep a copy or show it to someone.",
        ],
        so: &[
            "Try it: draw a chat of two friends. Who is inside? Who is outside?",
            "End with: “Who would you tell if a chat made you feel bad?” Write down one name.",
        ],
    },
    Card {
        title: "2. Good secrets and bad secrets (10 minutes)",
        ask: Some("Ask first: “What is a secret that feels good? What is one that feels bad?” Let them talk."),
        good: &[
            "A good secret, like a party, ends soon and makes someone glad.",
            "Being private is fine. A diary is private, and it hurts no one.",
        ],
        risk: &[
            "A bad secret has no end and makes you feel small or scared.",
            "“Don’t tell your mum” is a sign, even when it is said in a kind way.",
        ],
        so: &[
            "Try it: read out five secrets. Hands up for good, hands down for bad.",
            "End with: “You may always tell a bad secret. You will not be in trouble.”",
        ],
    },
    Card {
        title: "3. When someone asks for more (10 minutes)",
        ask: Some("Ask first: “A friend from a game asks for a photo. What could you say?” Write down all answers."),
        good: &["Most people you meet in a game just want to play.", "A real friend hears “no” and stays nice."],
        risk: &["Some people ask for a picture, then for more, then for money.", "Some people are not who they say they are."],
        so: &[
            "Try it: in pairs, say “no” in three ways. Which one felt good?",
            "End with: “If you already sent something, it is not your fault. We help. We are not cross.”",
            "Never ask to see the picture. Thank them, ask if they are safe now, and tell your lead.",
        ],
    },
];

const FAMILIES: &[Card] = &[
    Card {
        title: "It is fine not to know how every app works",
        ask: None,
        good: &[
            "Your child knows the app. You know people. You need both.",
            "You can ask: “Show me how it works. Who do you talk to?”",
            "Private chats let a child talk with friends and with you in peace.",
        ],
        risk: &[
            "No one can look into an encrypted chat. That means no one can warn you.",
            "Reading along in secret breaks trust, and it is easy to get round.",
            "Anger makes children hide things. Then nobody can help them.",
        ],
        so: &["Say it once a month: “Whatever happened, you can come to me. I will not take your phone.”"],
    },
    Card {
        title: "If your child tells you something",
        ask: None,
        good: &[
            "Say thank you. It took courage.",
            "Stay calm. Ask what they need right now.",
            "Keep the messages. They can help the police.",
        ],
        risk: &[
            "Do not blame them. They did not make this happen.",
            "Do not promise to keep it secret. You may need help too.",
            "Do not look at nude pictures, copy them or pass them on.",
        ],
        so: &["Ask if they are safe now. Then use Help on this page. It has numbers for adults too."],
    },
];

const APP_CARDS: &[Card] = &[Card {
    title: "What that tells you, and what not",
    ask: None,
    good: &["Encrypted apps keep out thieves and firms.", "They are good for talk with people you know."],
    risk: &[
        "In an encrypted chat nobody can notice that something is wrong.",
        "Encrypted does not mean that the other person is who they say.",
    ],
    so: &["Apps change. Look at the date, and look it up again if it is old."],
}];

const SIGNS: &[Card] = &[
    Card {
        title: "How it can begin",
        ask: None,
        good: &[
            "A kind person has time. They do not push.",
            "A kind person is glad when you have other friends.",
            "A kind person does not mind if your family knows them.",
        ],
        risk: &[
            "Someone is very nice very fast. They say no one gets you like they do.",
            "They want to be your only friend. They say bad things about the others.",
            "They ask you to keep them secret.",
        ],
        so: &["One sign alone may mean nothing. More than one, or a bad feeling, is a reason to talk to someone."],
    },
    Card {
        title: "What can come next",
        ask: None,
        good: &[
            "A real friend asks what you did today, not if you are alone.",
            "A real gift has no price.",
            "A real friend takes “no” for an answer.",
        ],
        risk: &[
            "They ask if you are alone, or if someone checks your phone.",
            "They give you things, and then you owe them.",
            "They talk about bodies, ask for pictures, or want to see you on camera.",
        ],
        so: &[
            "It can be someone online, and it can be someone you know well.",
            "It is never your fault. You can stop at any time, even if you said yes before.",
        ],
    },
];

const MOVING: &[Card] = &[Card {
    title: "“Do you have another app? It is easier to talk there.”",
    ask: None,
    good: &[
        "Friends change apps too. It can be harmless.",
        "You can ask why. A friend has a plain answer.",
        "You can say: “I stay here.” That is enough.",
    ],
    risk: &[
        "Some people move to a place where no one can see, or where messages vanish.",
        "Some do it soon, before you know them.",
        "Some say that this app is watched, or that your family must not know.",
    ],
    so: &[
        "You do not have to move. You need not say why.",
        "If you moved already, it is not your fault. You can come back, block them, and tell someone.",
    ],
}];

pub const APPS: &[App] = &[
    App {
        name: "Signal",
        private: Private::Always,
        what: "All chats and calls.",
        date: "2026-04-01",
        source: "https://guptadeepak.com/tools/top-5-secure-messaging-apps-2026/",
    },
    App {
        name: "WhatsApp",
        private: Private::Always,
        what: "All chats and calls. Copies in the cloud only if you turn that on.",
        date: "2026-04-01",
        source: "https://guptadeepak.com/tools/top-5-secure-messaging-apps-2026/",
    },
    App {
        name: "iMessage",
        private: Private::Partly,
        what: "Between Apple devices. Not text messages to other phones.",
        date: "2026-04-01",
        source: "https://guptadeepak.com/tools/top-5-secure-messaging-apps-2026/",
    },
    App {
        name: "Messenger",
        private: Private::Always,
        what: "Chats and calls, since the end of 2023.",
        date: "2023-12-07",
        source: "https://vimarsana.com/article/messenger-adds-default-end-to-encryption-20231207448776",
    },
    App {
        name: "Telegram",
        private: Private::Partly,
        what: "Only in a “secret chat” that you start yourself. Not in groups.",
        date: "2026-04-01",
        source: "https://guptadeepak.com/tools/top-5-secure-messaging-apps-2026/",
    },
    App {
        name: "Snapchat",
        private: Private::Partly,
        what: "Pictures that you snap. Not what you type.",
        date: "2026-11-26",
        source: "https://www.comparitech.com/blog/vpn-privacy/is-snapchat-encrypted/",
    },
    App {
        name: "Discord",
        private: Private::Partly,
        what: "Calls. Not what you type.",
        date: "2026-05-20",
        source: "https://www.gblock.app/articles/discord-dave-e2ee-voice-video-default-may-2026",
    },
    App {
        name: "Instagram",
        private: Private::Never,
        what: "It could be turned on before. That ended in May 2026.",
        date: "2026-05-08",
        source: "https://askleo.com/end-to-end-encryption-was-removed-from-instagram-should-you-care/",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use safety::readability::{GRADE, LONGEST, read};

    /// All that a person reads of a card, a line each.
    fn text(card: &Card) -> String {
        let parts = [card.ask.as_slice(), card.good, card.risk, card.so].concat();
        format!("{}\n{}", card.title, parts.join("\n"))
    }

    fn cards() -> impl Iterator<Item = &'static Card> {
        Guide::ALL.into_iter().flat_map(|guide| guide.cards())
    }

    #[test]
    fn every_card_is_easy_to_read() {
        for card in cards() {
            let reading = read(&text(card));
            assert!(reading.longest <= LONGEST, "{}: a sentence of {} words", card.title, reading.longest);
            assert!(reading.words < 50 || reading.grade() <= GRADE, "{}: grade {:.1}", card.title, reading.grade());
        }
    }

    #[test]
    fn every_card_says_as_much_of_the_good_as_of_the_risk() {
        for card in cards() {
            assert_eq!(card.good.len(), card.risk.len(), "{}", card.title);
            assert!(!card.good.is_empty() && !card.so.is_empty(), "{}", card.title);
        }
    }

    #[test]
    fn every_app_has_a_date_and_a_source() {
        for app in APPS {
            assert!(app.date.len() == 10 && app.date.starts_with("202") && app.source.starts_with("https://"), "{}", app.name);
            assert!(read(app.what).longest <= LONGEST, "{}", app.name);
        }
    }

    #[test]
    fn every_guide_has_an_address_of_its_own() {
        for guide in Guide::ALL {
            assert_eq!(Guide::of_path(guide.path()), Some(guide));
            assert_eq!(Guide::of_path(&format!("{}/", guide.path())), Some(guide));
        }
        for none in ["/", "", "/app", "/know", "/helpers"] {
            assert_eq!(Guide::of_path(none), None);
        }
    }

    #[test]
    fn the_three_talks_begin_with_a_question_and_end_with_a_name_to_turn_to() {
        assert_eq!(TALK.len(), 3);
        assert!(TALK.iter().all(|card| card.ask.is_some_and(|ask| ask.starts_with("Ask first") && ask.contains('?'))));
    }
}
