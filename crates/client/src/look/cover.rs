//! What is before a message until it is asked for: a curtain before the first picture of somebody known only online, and for those under 16 a mask
//! over links and handles of such people. Computed when one looks; that somebody looked behind it is noted nowhere.
//!
//! Whatever another person says, and whatever they call themselves, a file or a group, goes into a view through [`Mask::over`] alone.

use super::Hit;
use crate::account::Account;
use crate::client::{Client, Fault};
use crate::settings;
use rusqlite::{OptionalExtension as _, params};
use safety::age::Band;
use safety::elsewhere;
use view::{
    Bubble, ChatDetail, ChatKind, ChatLine, ContactRow, FileRow, Happened, InfoRow, Knows, Pause, Role, SearchRow, Sender, StorageRow,
    Switch,
};
use wire::content::Class;
use wire::{AccountId, Millis};

/// Between words that are looked at together: no word and no number goes on after it.
const APART: &str = "\u{b}";

/// For the looking of one question.
pub(super) struct Cover {
    band: Band,
    /// Pictures are looked at by this device first: for those under 18 whoever sent them, as a private picture comes from people one knows as well.
    looks: bool,
}

/// Whether links and handles are hidden in what one person says in one chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mask {
    Off,
    On,
}

impl Mask {
    /// Hides what leads elsewhere in texts that are shown together, as the question and the answers of a poll: the name of an app may stand in one, and
    /// the name on it in another. `names`: words that lead nowhere though they look like it. Whether anything was hidden.
    fn over(self, texts: &mut [&mut String], names: &[&str]) -> bool {
        if self == Self::Off {
            return false;
        }
        let whole: Vec<String> = texts.iter().map(|text| text.replace(APART, " ")).collect();
        let Some(hidden) = elsewhere::hide(&whole.join(APART), names) else { return false };
        for (text, hidden) in texts.iter_mut().zip(hidden.split(APART)) {
            **text = hidden.to_owned();
        }
        true
    }

    fn over_file(self, file: &mut FileRow) -> bool {
        let mut texts = vec![&mut file.name];
        texts.extend(&mut file.alt);
        self.over(&mut texts, &[])
    }

    fn over_name(self, name: &mut Option<String>) {
        name.iter_mut().for_each(|name| {
            self.over(&mut [name], &[]);
        });
    }
}

impl Client {
    pub(super) fn cover(&self, now: Millis) -> Result<Cover, Fault> {
        let band = settings::band(&self.db, now)?;
        Ok(Cover { band, looks: band.is_under_18() || settings::chosen(&self.db)?.looks == Switch::On })
    }

    pub(super) fn covered_lines(&self, now: Millis) -> Result<Vec<ChatLine>, Fault> {
        let cover = self.cover(now)?;
        let mut lines = self.chat_lines()?;
        lines.iter_mut().try_for_each(|line| self.cover_line(&cover, line))?;
        Ok(lines)
    }

    pub(super) fn covered_line(&self, now: Millis, chat: i64) -> Result<Option<ChatLine>, Fault> {
        let mut line = self.one_line(chat)?;
        line.iter_mut().try_for_each(|line| self.cover_line(&self.cover(now)?, line))?;
        Ok(line)
    }

    pub(super) fn covered_detail(&self, now: Millis, chat: i64) -> Result<Option<ChatDetail>, Fault> {
        let mut detail = self.chat_detail(chat)?;
        detail.iter_mut().try_for_each(|detail| self.cover_detail(&self.cover(now)?, detail))?;
        Ok(detail)
    }

    pub(super) fn covered_contacts(&self, cover: &Cover) -> Result<Vec<ContactRow>, Fault> {
        let mut contacts = self.contacts()?;
        for contact in &mut contacts {
            // Whoever shares groups alone with one is met in no chat of two.
            self.mask(cover, contact.chat.unwrap_or_default(), &contact.account)?.over_name(&mut contact.display_name);
        }
        Ok(contacts)
    }

    pub(super) fn covered_storage(&self, now: Millis) -> Result<Vec<StorageRow>, Fault> {
        let (cover, mut rows) = (self.cover(now)?, self.storage()?);
        rows.iter_mut().try_for_each(|row| self.cover_group(&cover, row.chat, &mut [&mut row.name]))?;
        Ok(rows)
    }

    pub(super) fn covered_info(&self, now: Millis, chat: i64, message: i64) -> Result<Option<InfoRow>, Fault> {
        let Some(mut info) = self.info(chat, message)? else { return Ok(None) };
        // As it stands in the chat.
        if let Some(mut bubble) = self.bubble_shown(message)? {
            self.cover_one(&self.cover(now)?, &mut bubble)?;
            info.message = bubble.row;
        }
        Ok(Some(info))
    }

    pub(super) fn covered(&self, cover: &Cover, mut bubbles: Vec<Bubble>) -> Result<Vec<Bubble>, Fault> {
        for bubble in &mut bubbles {
            self.cover_one(cover, bubble)?;
        }
        Ok(bubbles)
    }

    pub(super) fn cover_one(&self, cover: &Cover, bubble: &mut Bubble) -> Result<(), Fault> {
        let chat = bubble.row.chat;
        if let Some(quote) = bubble.reply.as_mut().filter(|quote| !quote.sender.me) {
            self.mask_text(cover, chat, &quote.sender.account, &mut quote.text)?;
            self.cover_sender(cover, chat, &mut quote.sender)?;
        }
        if let Some(happened) = &mut bubble.row.happened {
            self.cover_happened(cover, chat, happened)?;
        }
        let Some(account) = AccountId::from_hex(&bubble.sender.account).filter(|_| !bubble.row.mine) else { return Ok(()) };
        let pictures = bubble.files.iter().any(|file| file.kind.is_seen());
        bubble.look = pictures && cover.looks;
        let masks = cover.band.is_under_16();
        let online = (pictures || masks) && self.is_only_online(cover, chat, &account)?;
        if pictures && online {
            bubble.curtain = self.first_picture(chat, &account)? == Some(bubble.row.id);
        }
        if masks && online {
            Mask::On.over_name(&mut bubble.sender.display_name);
            bubble.masked = mask_said(bubble);
        }
        Ok(())
    }

    pub(super) fn cover_detail(&self, cover: &Cover, detail: &mut ChatDetail) -> Result<(), Fault> {
        let chat = detail.line.row.id;
        // Whoever may change them has them as they are in the fields: else the mask would be saved in their place.
        let own = (detail.role == Role::Admin).then(|| (detail.line.row.name.clone(), detail.line.row.description.clone()));
        self.cover_line(cover, &mut detail.line)?;
        if let Some((name, description)) = own {
            (detail.line.row.name, detail.line.row.description) = (name, description);
        }
        if let Some(pinned) = &mut detail.pinned {
            self.cover_one(cover, pinned)?;
        }
        for member in detail.members.iter_mut().filter(|member| !member.me) {
            self.mask(cover, chat, &member.row.account)?.over_name(&mut member.display_name);
        }
        let said = matches!(detail.knows, Some(Knows::Online | Knows::Unsure));
        if cover.band.is_under_18() {
            let pictures = "SELECT EXISTS (SELECT 1 FROM file f JOIN message m ON m.id = f.message
                                           WHERE f.chat = ?1 AND m.mine = 1 AND f.class IN (?2, ?3))";
            let found = params![chat, Class::Photo as i64, Class::Video as i64];
            let first = said && !self.db.prepare_cached(pictures)?.query_row(found, |row| row.get::<_, bool>(0))?;
            detail.pause = if first { Pause::All } else { Pause::Private };
        }
        Ok(())
    }

    pub(super) fn cover_line(&self, cover: &Cover, line: &mut ChatLine) -> Result<(), Fault> {
        let chat = line.row.id;
        match line.peer.clone() {
            Some(peer) => self.mask(cover, chat, &peer)?.over_name(&mut line.display_name),
            None => {
                let mut texts = vec![&mut line.row.name];
                texts.extend(&mut line.row.description);
                self.cover_group(cover, chat, &mut texts)?;
            }
        }
        if let Some(happened) = &mut line.row.last_happened {
            self.cover_happened(cover, chat, happened)?;
        }
        if let Some(happened) = line.last.as_mut().and_then(|last| last.happened.as_mut()) {
            self.cover_happened(cover, chat, happened)?;
        }
        let Some(last) = line.last.as_mut().filter(|last| !last.sender.me) else { return Ok(()) };
        self.mask_text(cover, chat, &last.sender.account, &mut last.text)?;
        self.cover_sender(cover, chat, &mut last.sender)?;
        if line.row.last_text.is_some() {
            line.row.last_text = Some(last.text.clone());
        }
        Ok(())
    }

    pub(super) fn cover_found(&self, cover: &Cover, hit: Hit) -> Result<SearchRow, Fault> {
        let Hit { mut row, mine, account } = hit;
        if !mine {
            self.mask_text(cover, row.chat, &account.to_string(), &mut row.text)?;
        }
        self.cover_group(cover, row.chat, &mut [&mut row.chat_name])?;
        Ok(row)
    }

    pub(super) fn mask_text(&self, cover: &Cover, chat: i64, account: &str, text: &mut String) -> Result<(), Fault> {
        self.mask(cover, chat, account)?.over(&mut [text], &[]);
        Ok(())
    }

    fn mask(&self, cover: &Cover, chat: i64, account: &str) -> Result<Mask, Fault> {
        let Some(account) = AccountId::from_hex(account).filter(|_| cover.band.is_under_16()) else { return Ok(Mask::Off) };
        Ok(if self.is_only_online(cover, chat, &account)? { Mask::On } else { Mask::Off })
    }

    fn cover_sender(&self, cover: &Cover, chat: i64, sender: &mut Sender) -> Result<(), Fault> {
        if !sender.me && sender.display_name.is_some() {
            self.mask(cover, chat, &sender.account)?.over_name(&mut sender.display_name);
        }
        Ok(())
    }

    fn cover_happened(&self, cover: &Cover, chat: i64, happened: &mut Happened) -> Result<(), Fault> {
        if let Happened::Renamed { by, name } = happened
            && !by.me
        {
            self.mask_text(cover, chat, &by.account, name)?;
        }
        senders(happened).into_iter().try_for_each(|sender| self.cover_sender(cover, chat, sender))
    }

    /// What a group is called and what is said of it: by whom is not known, so as soon as one of its members is known only online.
    fn cover_group(&self, cover: &Cover, chat: i64, texts: &mut [&mut String]) -> Result<(), Fault> {
        if !cover.band.is_under_16() {
            return Ok(());
        }
        // Most say nothing that could be hidden: then nobody has to be asked about.
        let mut hidden: Vec<String> = texts.iter().map(|text| (**text).clone()).collect();
        if !Mask::On.over(&mut hidden.iter_mut().collect::<Vec<_>>(), &[]) {
            return Ok(());
        }
        let own = Account::load(&self.db)?.map(|own| own.id());
        let members = "SELECT DISTINCT m.account FROM member m JOIN chat h ON h.id = m.chat WHERE h.id = ?1 AND h.kind = 'group'";
        let members: Vec<AccountId> =
            self.db.prepare_cached(members)?.query_map([chat], |row| row.get(0).map(AccountId))?.collect::<Result<_, _>>()?;
        for account in members.into_iter().filter(|account| Some(*account) != own) {
            if self.is_only_online(cover, chat, &account)? {
                texts.iter_mut().zip(hidden).for_each(|(text, hidden)| **text = hidden);
                break;
            }
        }
        Ok(())
    }

    /// Whether somebody counts as known only online: as it was said, and under 18 as long as nothing was said. Then whoever came by a link may be
    /// anybody, and so may a member of a group who is no contact, about whom nobody is asked.
    fn is_only_online(&self, cover: &Cover, chat: i64, account: &AccountId) -> Result<bool, Fault> {
        let (knows, kind) = self.stance(chat, account)?;
        Ok(match knows {
            Some(Knows::InLife) => false,
            Some(Knows::Online | Knows::Unsure) => true,
            None => cover.band.is_under_18() && (kind == ChatKind::Two || !self.is_contact(account)?),
        })
    }

    fn is_contact(&self, account: &AccountId) -> Result<bool, Fault> {
        let contact = "SELECT EXISTS (SELECT 1 FROM contact WHERE account = ?1 AND chat IS NOT NULL)";
        Ok(self.db.prepare_cached(contact)?.query_row([account.0], |row| row.get(0))?)
    }

    /// How somebody is known, and in what kind of chat one meets them here.
    pub(super) fn stance(&self, chat: i64, account: &AccountId) -> Result<(Option<Knows>, ChatKind), Fault> {
        let found: Option<(String, Option<String>)> = self
            .db
            .prepare_cached("SELECT h.kind, (SELECT knows FROM contact WHERE account = ?2) FROM chat h WHERE h.id = ?1")?
            .query_row(params![chat, account.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((kind, knows)) = found else { return Ok((None, ChatKind::Group)) };
        Ok((knows.and_then(|name| crate::chat::knows(&name)), ChatKind::named(&kind).ok_or(Fault::Stored)?))
    }

    /// The first message with a picture that somebody sent in a chat.
    fn first_picture(&self, chat: i64, account: &AccountId) -> Result<Option<i64>, Fault> {
        let first = "SELECT min(m.id) FROM file f JOIN message m ON m.id = f.message WHERE f.chat = ?1 AND m.account = ?2 AND f.class IN (?3, ?4, ?5)";
        let found = params![chat, account.0, Class::Photo as i64, Class::Video as i64, Class::Sticker as i64];
        Ok(self.db.prepare_cached(first)?.query_row(found, |row| row.get(0))?)
    }
}

/// All that somebody says in one message. Whether anything was hidden.
fn mask_said(bubble: &mut Bubble) -> bool {
    let mask = Mask::On;
    let names: Vec<&str> = bubble.mentions.iter().map(|mention| mention.name.as_str()).collect();
    let mut masked = mask.over(&mut [&mut bubble.row.text], &names);
    bubble.marked_text.iter_mut().for_each(|text| masked |= mask.over(&mut [text], &names));
    bubble.row.file.iter_mut().for_each(|file| masked |= mask.over_file(file));
    bubble.files.iter_mut().for_each(|file| masked |= mask.over_file(&mut file.row));
    if let Some(poll) = &mut bubble.poll {
        let mut texts = vec![&mut poll.question];
        texts.extend(poll.options.iter_mut().map(|option| &mut option.text));
        masked |= mask.over(&mut texts, &[]);
    }
    if let Some(card) = &mut bubble.card {
        // It leads to somebody else, whatever name stands on it.
        elsewhere::HIDDEN.clone_into(&mut card.name);
        card.link.clear();
        masked = true;
    }
    masked
}

/// Everybody who is named in what happened.
fn senders(happened: &mut Happened) -> Vec<&mut Sender> {
    match happened {
        Happened::Added { by, who } | Happened::Removed { by, who } | Happened::MadeAdmin { by, who } | Happened::TookAdmin { by, who } => {
            let mut all: Vec<&mut Sender> = who.iter_mut().collect();
            all.push(by);
            all
        }
        Happened::Left { who } => who.iter_mut().collect(),
        Happened::Joined { who: one }
        | Happened::NewDevice { who: one }
        | Happened::Renamed { by: one, .. }
        | Happened::Timer { by: one, .. } => {
            vec![one]
        }
        Happened::NotShown | Happened::GoesOnElsewhere | Happened::RecordsLost => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Config;
    use view::{Card, Choice, FileItem, Held, MessageKind, MessageRow, MessageState, PollOption, PollRow, Quote};

    const TWO: i64 = 1;
    const GROUP: i64 = 2;
    /// A contact of whom nothing was said, one who is known in life, one who is known online, and somebody of the group who is no contact.
    const UNSAID: u8 = 1;
    const IN_LIFE: u8 = 2;
    const ONLINE: u8 = 3;
    const STRANGER: u8 = 4;
    const WAY: &str = "snap cool_guy99";
    const HIDDEN: &str = "snap •••";

    fn cover(band: Band) -> Cover {
        Cover { band, looks: band.is_under_18() }
    }

    fn client() -> Client {
        let client = Client::new(crate::store::open_in_memory().unwrap(), Config::default());
        let chat = "INSERT INTO chat (id, kind, state, previous_c, made, name) VALUES (?1, ?2, 'active', x'', 1, ?3)";
        client.db.execute(chat, params![TWO, "two", None::<String>]).unwrap();
        client.db.execute(chat, params![GROUP, "group", WAY]).unwrap();
        let met = "INSERT INTO contact (account, username, chat, knows, met) VALUES (?1, 'x', ?2, ?3, 1)";
        for (account, chat, knows) in
            [(UNSAID, Some(TWO), None), (IN_LIFE, Some(7), Some("in_life")), (ONLINE, Some(8), Some("online")), (STRANGER, None, None)]
        {
            client.db.execute(met, params![[account; 32], chat, knows]).unwrap();
        }
        client
    }

    fn join(client: &Client, account: u8) {
        let member =
            "INSERT INTO member (chat, leaf, account, client, leaf_public, cert, since, entered) VALUES (?1, ?2, ?3, x'', x'', x'', 1, 1)";
        client.db.execute(member, params![GROUP, account, [account; 32]]).unwrap();
    }

    fn sender(account: u8) -> Sender {
        Sender { account: AccountId([account; 32]).to_string(), name: "x".into(), display_name: Some(WAY.into()), me: false }
    }

    fn file() -> FileRow {
        FileRow {
            name: WAY.into(),
            media_type: "image/png".into(),
            bytes: 1,
            width: None,
            height: None,
            duration_ms: None,
            alt: Some(WAY.into()),
            original: false,
            sha256: String::new(),
            held: Held::None,
        }
    }

    /// A message with everything that somebody can say, each of which leads elsewhere.
    fn said(chat: i64, account: u8) -> Bubble {
        let row = MessageRow {
            id: 1,
            chat,
            sender: "x".into(),
            mine: false,
            kind: MessageKind::Poll,
            text: WAY.into(),
            happened: Some(Happened::Renamed { by: sender(account), name: WAY.into() }),
            sent_ms: 1,
            state: MessageState::Received,
            edited: false,
            forwarded: false,
            reply_to: None,
            reactions: vec![],
            file: Some(file()),
            expires_ms: None,
            unread: false,
        };
        let option = |text: &str| PollOption { text: text.into(), votes: 0, mine: false, by: vec![] };
        let options = vec![option("cool_guy99"), option("something else")];
        Bubble {
            row,
            sender: sender(account),
            delivery: None,
            marked_text: Some(WAY.into()),
            mentions: vec![],
            reply: Some(Quote { message: 2, sender: sender(account), kind: MessageKind::Text, text: WAY.into() }),
            files: vec![FileItem { position: 0, kind: MessageKind::Photo, row: file(), blob: "00".into(), thumbnail: None }],
            poll: Some(PollRow { question: "my snap?".into(), choice: Choice::One, options, voters: 0, closed: false }),
            card: Some(Card { name: "cool_guy99".into(), link: "https://chat.example/c#x".into() }),
            reactions: vec![],
            pinned: false,
            curtain: false,
            look: false,
            masked: false,
            private: None,
            care: None,
        }
    }

    /// Every text of it that is shown.
    fn texts(bubble: &Bubble) -> Vec<String> {
        let mut all = vec![bubble.row.text.clone(), bubble.sender.display_name.clone().unwrap()];
        all.extend(bubble.marked_text.clone());
        let quote = bubble.reply.as_ref().unwrap();
        all.extend([quote.text.clone(), quote.sender.display_name.clone().unwrap()]);
        for file in bubble.row.file.iter().chain(bubble.files.iter().map(|file| &file.row)) {
            all.extend([file.name.clone(), file.alt.clone().unwrap()]);
        }
        if let Some(Happened::Renamed { by, name }) = &bubble.row.happened {
            all.extend([name.clone(), by.display_name.clone().unwrap()]);
        }
        all
    }

    fn covered(client: &Client, band: Band, chat: i64, account: u8) -> Bubble {
        let mut bubble = said(chat, account);
        client.cover_one(&cover(band), &mut bubble).unwrap();
        bubble
    }

    #[test]
    fn nothing_that_somebody_known_only_online_says_leads_elsewhere_under_16() {
        let client = client();
        for account in [UNSAID, ONLINE] {
            let found = covered(&client, Band::From13, TWO, account);
            assert!(found.masked);
            for text in texts(&found) {
                assert_eq!(text, HIDDEN);
            }
            let poll = found.poll.as_ref().unwrap();
            let answers: Vec<&str> = poll.options.iter().map(|option| option.text.as_str()).collect();
            assert_eq!((poll.question.as_str(), answers), ("my snap?", vec!["•••", "something else"]));
            let card = found.card.as_ref().unwrap();
            assert_eq!((card.name.as_str(), card.link.as_str()), ("•••", ""));
        }
        for (band, account) in [(Band::From13, IN_LIFE), (Band::From16, ONLINE), (Band::Adult, ONLINE)] {
            let found = covered(&client, band, TWO, account);
            assert!(!found.masked && found.card.unwrap().link.starts_with("https://"), "{band:?}");
            assert_eq!(found.row.text, WAY);
        }
    }

    #[test]
    fn a_member_of_a_group_of_whom_nothing_is_known_counts_as_known_only_online() {
        let client = client();
        for (account, wanted) in [(STRANGER, true), (UNSAID, false), (IN_LIFE, false), (ONLINE, true)] {
            assert_eq!(covered(&client, Band::From13, GROUP, account).masked, wanted, "{account}");
        }
        let online = |band: Band, account: u8| client.is_only_online(&cover(band), GROUP, &AccountId([account; 32])).unwrap();
        assert!(online(Band::From16, STRANGER) && online(Band::Unsaid, STRANGER), "a curtain for who is under 18, or did not say");
        assert!(!online(Band::Adult, STRANGER) && online(Band::Adult, ONLINE));
    }

    #[test]
    fn the_name_of_a_group_is_hidden_once_somebody_in_it_is_known_only_online() {
        let client = client();
        let named = |band: Band| {
            let mut name = WAY.to_owned();
            client.cover_group(&cover(band), GROUP, &mut [&mut name]).unwrap();
            name
        };
        join(&client, IN_LIFE);
        assert_eq!(named(Band::From13), WAY);
        join(&client, STRANGER);
        assert_eq!((named(Band::From13), named(Band::From16)), (HIDDEN.to_owned(), WAY.to_owned()));
        // Its name and what is said of it are read together.
        let (mut name, mut about) = ("my snap".to_owned(), "cool_guy99".to_owned());
        client.cover_group(&cover(Band::From13), GROUP, &mut [&mut name, &mut about]).unwrap();
        assert_eq!((name.as_str(), about.as_str()), ("my snap", "•••"));
    }
}
