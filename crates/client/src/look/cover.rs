//! What is before a message until it is asked for: a curtain before the first picture of somebody known only online, and for those under 16 a mask
//! over links and handles of such people. Computed when one looks; that somebody looked behind it is noted nowhere.

use super::Hit;
use crate::client::{Client, Fault};
use crate::settings;
use rusqlite::{OptionalExtension as _, params};
use safety::age::Band;
use safety::elsewhere;
use view::{Bubble, ChatDetail, ChatKind, ChatLine, Knows, MessageKind, Pause, SearchRow, Switch};
use wire::content::Class;
use wire::{AccountId, Millis};

/// For the looking of one question.
pub(super) struct Cover {
    band: Band,
    /// Pictures are looked at by this device first: for those under 18 whoever sent them, as a private picture comes from people one knows as well.
    looks: bool,
}

impl Cover {
    fn curtains(&self, knows: Option<Knows>, kind: ChatKind) -> bool {
        match knows {
            Some(Knows::InLife) => false,
            Some(Knows::Online | Knows::Unsure) => true,
            // Not said yet: whoever came by a link may be anybody. People of a group are not asked about.
            None => kind == ChatKind::Two && self.band.is_under_18(),
        }
    }

    fn masks(&self, knows: Option<Knows>, kind: ChatKind) -> bool {
        self.band.is_under_16() && self.curtains(knows, kind)
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

    pub(super) fn covered(&self, cover: &Cover, mut bubbles: Vec<Bubble>) -> Result<Vec<Bubble>, Fault> {
        for bubble in &mut bubbles {
            self.cover_one(cover, bubble)?;
        }
        Ok(bubbles)
    }

    pub(super) fn cover_one(&self, cover: &Cover, bubble: &mut Bubble) -> Result<(), Fault> {
        if let Some(quote) = bubble.reply.as_mut().filter(|quote| !quote.sender.me) {
            self.mask_text(cover, bubble.row.chat, &quote.sender.account, &mut quote.text)?;
        }
        let Some(account) = AccountId::from_hex(&bubble.sender.account).filter(|_| !bubble.row.mine) else { return Ok(()) };
        let pictures = bubble.files.iter().any(|file| matches!(file.kind, MessageKind::Photo | MessageKind::Video | MessageKind::Sticker));
        if !pictures && !cover.band.is_under_16() {
            return Ok(());
        }
        bubble.look = pictures && cover.looks;
        let (knows, kind) = self.stance(bubble.row.chat, &account)?;
        if pictures && cover.curtains(knows, kind) {
            bubble.curtain = self.first_picture(bubble.row.chat, &account)? == Some(bubble.row.id);
        }
        if cover.masks(knows, kind) {
            let names: Vec<&str> = bubble.mentions.iter().map(|mention| mention.name.as_str()).collect();
            let marked = bubble.marked_text.as_deref().and_then(|text| elsewhere::hide(text, &names));
            if let Some(text) = elsewhere::hide(&bubble.row.text, &names) {
                bubble.row.text = text;
                bubble.marked_text = bubble.marked_text.take().map(|text| marked.unwrap_or(text));
                bubble.masked = true;
            }
        }
        Ok(())
    }

    pub(super) fn cover_detail(&self, cover: &Cover, detail: &mut ChatDetail) -> Result<(), Fault> {
        self.cover_line(cover, &mut detail.line)?;
        if let Some(pinned) = &mut detail.pinned {
            self.cover_one(cover, pinned)?;
        }
        let said = matches!(detail.knows, Some(Knows::Online | Knows::Unsure));
        if cover.band.is_under_18() {
            let pictures = "SELECT EXISTS (SELECT 1 FROM file f JOIN message m ON m.id = f.message
                                           WHERE f.chat = ?1 AND m.mine = 1 AND f.class IN (?2, ?3))";
            let found = params![detail.line.row.id, Class::Photo as i64, Class::Video as i64];
            let first = said && !self.db.prepare_cached(pictures)?.query_row(found, |row| row.get::<_, bool>(0))?;
            detail.pause = if first { Pause::All } else { Pause::Private };
        }
        Ok(())
    }

    pub(super) fn cover_line(&self, cover: &Cover, line: &mut ChatLine) -> Result<(), Fault> {
        let Some(last) = line.last.as_mut().filter(|last| !last.sender.me) else { return Ok(()) };
        self.mask_text(cover, line.row.id, &last.sender.account, &mut last.text)?;
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
        Ok(row)
    }

    pub(super) fn mask_text(&self, cover: &Cover, chat: i64, account: &str, text: &mut String) -> Result<(), Fault> {
        let Some(account) = AccountId::from_hex(account).filter(|_| cover.band.is_under_16()) else { return Ok(()) };
        let (knows, kind) = self.stance(chat, &account)?;
        if let Some(hidden) = cover.masks(knows, kind).then(|| elsewhere::hide(text, &[])).flatten() {
            *text = hidden;
        }
        Ok(())
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
