//! Where prices are changed: checks a text, has the database keep it, puts it in force. Control side only; whoever rates a
//! call reads the book in memory.

use std::sync::Arc;

use domain::Timestamp;
use ledger::prices::{Book, difference, needs_reason, read};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::contract::{NewPrices, PRICE_REASON_CHARS_MAX, PriceDraft, PriceRecords, PriceVersion};
use super::flaw::PriceError;
use super::shown::{ComparedPrices, SetPrices, StandingPrices, change_json};
use crate::audit::NewAuditEntry;
use crate::error::StoreError;
use crate::heard::Heard;
use crate::switches::SWITCH_NAME_CHARS_MAX;
use crate::who::Who;
use crate::words::line;

/// Changes that an entry of the audit shows; it says how many there are.
const AUDITED_CHANGES_MAX: usize = 20;

/// Changes prices.
pub struct PriceDesk {
    records: Box<dyn PriceRecords>,
    book: Heard<Book>,
    /// The kinds of providers that rows may be for.
    kinds: Vec<String>,
    /// Held over a change: memory and database end with the same.
    present: Mutex<Present>,
}

struct Present {
    /// The newest version; `None` where there is none, and the catalogue's draft prices stand in.
    version: Option<PriceVersion>,
    text: String,
}

/// A change somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceWish {
    /// Why; needed where prices change by much.
    pub reason: Option<String>,
    /// The version that he has seen; another has come meanwhile if it is not in force.
    pub after: Option<u32>,
    /// By whom.
    pub who: Who,
}

impl PriceDesk {
    /// Reads the newest version and opens the desk. Where there is none, the text and the book of `stand_in` are in force: what
    /// a catalogue knows.
    pub async fn open(
        records: Box<dyn PriceRecords>,
        kinds: Vec<String>,
        stand_in: impl FnOnce() -> (String, Book),
    ) -> Result<Self, PriceError> {
        let newest = records.versions(None, 1).await?.pop();
        let (text, book) = match &newest {
            None => stand_in(),
            Some(PriceVersion { number, .. }) => {
                let text = records.text(*number).await?.ok_or(PriceError::NoVersion(*number))?;
                // Kinds are not looked at: what was good when it was kept must not stop a later start.
                let book = read(&text, &[]).map_err(|problems| unreadable(*number, problems))?;
                (text, book.numbered(*number))
            }
        };
        let (book, present) = (Heard::new(book), Mutex::new(Present { version: newest, text }));
        Ok(Self { records, book, kinds, present })
    }

    /// The book that is in force.
    pub fn book(&self) -> Arc<Book> {
        self.book.get()
    }

    /// Gives `hearer` the book that is in force, and each one that takes its place.
    pub fn hear(&self, hearer: impl Fn(Arc<Book>) + Send + Sync + 'static) {
        self.book.hear(hearer);
    }

    /// Other prices of the catalogue, because other providers are configured. Nothing happens where a version is in force.
    pub async fn stand_in(&self, stand_in: impl FnOnce() -> (String, Book)) {
        let mut present = self.present.lock().await;
        if present.version.is_none() {
            let (text, book) = stand_in();
            if present.text != text {
                self.book.set(book);
                present.text = text;
            }
        }
    }

    /// What is in force.
    pub async fn standing(&self) -> StandingPrices {
        let present = self.present.lock().await;
        StandingPrices { version: present.version.clone(), text: present.text.clone(), book: self.book.get() }
    }

    /// All versions, the newest first.
    pub async fn versions(&self, before: Option<u32>, count: u32) -> Result<Vec<PriceVersion>, StoreError> {
        self.records.versions(before, count).await
    }

    /// The text of a version; of the catalogue's prices, if they are in force, as version 0.
    pub async fn text(&self, number: u32) -> Result<String, PriceError> {
        let present = self.present.lock().await;
        if present.version.as_ref().map_or(0, |version| version.number) == number {
            return Ok(present.text.clone());
        }
        drop(present);
        self.records.text(number).await?.ok_or(PriceError::NoVersion(number))
    }

    /// The book of a version: what was sold by it costs today what it cost then.
    pub async fn book_of(&self, number: u32) -> Result<Arc<Book>, PriceError> {
        let standing = self.book.get();
        if standing.version() == number {
            return Ok(standing);
        }
        let text = self.text(number).await?;
        let book = read(&text, &[]).map_err(|problems| unreadable(number, problems))?;
        Ok(Arc::new(book.numbered(number)))
    }

    /// What a text would change; nothing is kept.
    pub async fn check(&self, text: &str) -> Result<ComparedPrices, PriceError> {
        let next = self.read(text)?;
        let before = self.book.get();
        Ok(ComparedPrices { changes: difference(&before, &next), rows: next.rows().len() })
    }

    /// What differs between two versions.
    pub async fn compare(&self, from: u32, to: u32) -> Result<ComparedPrices, PriceError> {
        let (before, after) = (self.book_of(from).await?, self.book_of(to).await?);
        Ok(ComparedPrices { changes: difference(&before, &after), rows: after.rows().len() })
    }

    /// Puts a text in force as the next version.
    pub async fn set(&self, text: String, wish: PriceWish, now: Timestamp) -> Result<SetPrices, PriceError> {
        self.put_in_force(text, None, wish, now).await
    }

    /// Puts the draft in force. `number` is that of the draft that was looked at.
    pub async fn approve(
        &self,
        number: Option<i64>,
        wish: PriceWish,
        now: Timestamp,
    ) -> Result<SetPrices, PriceError> {
        let draft = self.draft().await?.ok_or(PriceError::NoDraft)?;
        if let Some(expected) = number.filter(|number| *number != draft.number) {
            return Err(PriceError::OtherDraft { expected, found: draft.number });
        }
        self.put_in_force(draft.text, Some((draft.number, draft.source)), wish, now).await
    }

    /// The draft, if there is one.
    pub async fn draft(&self) -> Result<Option<PriceDraft>, StoreError> {
        self.records.draft().await
    }

    /// Keeps a text as the draft: nobody is priced by it. Gives its number and what it would change.
    pub async fn keep_draft(
        &self,
        text: String,
        source: &str,
        who: Who,
        now: Timestamp,
    ) -> Result<(i64, ComparedPrices), PriceError> {
        let source = line(source, PRICE_REASON_CHARS_MAX).ok_or(PriceError::BadReason)?;
        let compared = self.check(&text).await?;
        let after = json!({ "rows": compared.rows, "source": source }).to_string();
        let prices = NewPrices { at: now, by: by(&who)?, reason: source, rows: compared.rows as u32, text };
        let entry = entry("prices.draft", "draft", Value::Null.to_string(), after, &prices, who);
        let number = self.records.draft_again(Some(&prices), &entry).await?;
        Ok((number.expect("a draft that is kept has a number"), compared))
    }

    /// Throws the draft away.
    pub async fn drop_draft(&self, who: Who, now: Timestamp) -> Result<(), PriceError> {
        let draft = self.draft().await?.ok_or(PriceError::NoDraft)?;
        let before = json!({ "draft": draft.number, "rows": draft.rows, "source": draft.source }).to_string();
        let none = NewPrices { at: now, by: by(&who)?, reason: String::new(), rows: 0, text: String::new() };
        let entry = entry("prices.drop_draft", "draft", before, Value::Null.to_string(), &none, who);
        self.records.draft_again(None, &entry).await?;
        Ok(())
    }

    fn read(&self, text: &str) -> Result<Book, PriceError> {
        let kinds: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
        read(text, &kinds).map_err(PriceError::Bad)
    }

    async fn put_in_force(
        &self,
        text: String,
        draft: Option<(i64, String)>,
        wish: PriceWish,
        now: Timestamp,
    ) -> Result<SetPrices, PriceError> {
        let next = self.read(&text)?;
        let mut present = self.present.lock().await;
        let found = present.version.as_ref().map_or(0, |version| version.number);
        if let Some(expected) = wish.after.filter(|expected| *expected != found) {
            return Err(PriceError::Moved { expected, found });
        }
        let changes = difference(&self.book.get(), &next);
        if found > 0 && changes.is_empty() && present.text == text {
            return Err(PriceError::Same(found));
        }
        let given = wish.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        // What the catalogue says was never approved: nobody has to say why his own prices differ from it.
        if found > 0 && given.is_none() && needs_reason(&changes) {
            return Err(PriceError::NeedsReason(changes));
        }
        let reason = match (given, &draft) {
            (Some(reason), _) => line(reason, PRICE_REASON_CHARS_MAX).ok_or(PriceError::BadReason)?,
            (None, Some((_, source))) => {
                format!("approved: {source}").chars().take(PRICE_REASON_CHARS_MAX).collect()
            }
            (None, None) => "set".to_owned(),
        };
        let rows = next.rows().len() as u32;
        let prices = NewPrices { at: now, by: by(&wish.who)?, reason, rows, text };
        let after = json!({
            "version": found + 1,
            "rows": rows,
            "change_count": changes.len(),
            "changes": changes.iter().take(AUDITED_CHANGES_MAX).map(change_json).collect::<Vec<_>>(),
        });
        let before = json!({ "version": found }).to_string();
        let action = if draft.is_some() { "prices.approve" } else { "prices.set" };
        let subject = format!("version {}", found + 1);
        let entry = entry(action, &subject, before, after.to_string(), &prices, wish.who);
        let draft = draft.map(|(number, _)| number);
        let number = self.records.add(&prices, found, draft, &entry).await?;
        let number = number.ok_or(PriceError::Moved { expected: found, found: found + 1 })?;
        self.book.set(next.numbered(number));
        let NewPrices { at, by, reason, rows, text } = prices;
        let version = PriceVersion { number, taken_at: at, by, reason, rows };
        *present = Present { version: Some(version.clone()), text };
        Ok(SetPrices { version, changes })
    }
}

impl std::fmt::Debug for PriceDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PriceDesk").finish_non_exhaustive()
    }
}

fn entry(
    action: &'static str,
    subject: &str,
    before: String,
    after: String,
    prices: &NewPrices,
    who: Who,
) -> NewAuditEntry {
    NewAuditEntry {
        organisation: None,
        at: prices.at,
        actor: who.actor,
        by: prices.by.clone(),
        action,
        subject: format!("prices, {subject}"),
        before,
        after,
        reason: prices.reason.clone(),
        request_id: who.request_id,
    }
}

fn unreadable(number: u32, mut problems: Vec<ledger::prices::Problem>) -> PriceError {
    PriceError::Unreadable { number, problem: problems.swap_remove(0) }
}

fn by(who: &Who) -> Result<Option<String>, PriceError> {
    match &who.by {
        None => Ok(None),
        Some(name) => line(name, SWITCH_NAME_CHARS_MAX).map(Some).ok_or(PriceError::BadName),
    }
}

#[cfg(test)]
mod tests;
