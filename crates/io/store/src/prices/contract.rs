//! What a database must do for prices. The texts are checked before.

use domain::Timestamp;

use crate::audit::NewAuditEntry;
use crate::keys::Answer;

/// Most versions in one answer.
pub const PRICE_VERSIONS_PER_PAGE_MAX: u32 = 1000;

/// Longest reason.
pub const PRICE_REASON_CHARS_MAX: usize = 500;

/// A text to be kept, as a version or as the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrices {
    /// When.
    pub at: Timestamp,
    /// Who said he did it.
    pub by: Option<String>,
    /// Why, of a version; where it comes from, of a draft.
    pub reason: String,
    /// How many rows it has.
    pub rows: u32,
    /// The book.
    pub text: String,
}

/// A version that is or was in force, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceVersion {
    /// Counted from 1.
    pub number: u32,
    /// When it came into force.
    pub taken_at: Timestamp,
    /// Who said he did it.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
    /// How many rows it has.
    pub rows: u32,
}

/// What waits for somebody to approve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceDraft {
    /// Its number among all drafts; never used twice.
    pub number: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who said he did it.
    pub by: Option<String>,
    /// Where it comes from.
    pub source: String,
    /// How many rows it has.
    pub rows: u32,
    /// The book.
    pub text: String,
}

/// The prices in a database. What it has answered to lasts.
pub trait PriceRecords: Send + Sync {
    /// Adds a version under the next number, and the entry to the audit: both or none. Where `draft` is given, that draft
    /// goes with it. Gives the number; `None`, and nothing done, if the newest version is not `after` (0 for none).
    fn add<'a>(
        &'a self,
        prices: &'a NewPrices,
        after: u32,
        draft: Option<i64>,
        entry: &'a NewAuditEntry,
    ) -> Answer<'a, Option<u32>>;

    /// Up to `count` versions (at most [`PRICE_VERSIONS_PER_PAGE_MAX`]), the newest first, of those before `before`.
    fn versions(&self, before: Option<u32>, count: u32) -> Answer<'_, Vec<PriceVersion>>;

    /// The text of a version.
    fn text(&self, number: u32) -> Answer<'_, Option<String>>;

    /// Puts this draft in the place of the one there was, or none, and adds the entry to the audit: both or none. Gives its
    /// number.
    fn draft_again<'a>(
        &'a self,
        prices: Option<&'a NewPrices>,
        entry: &'a NewAuditEntry,
    ) -> Answer<'a, Option<i64>>;

    /// The draft, if there is one.
    fn draft(&self) -> Answer<'_, Option<PriceDraft>>;
}
